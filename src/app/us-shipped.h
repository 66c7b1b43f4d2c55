/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The trained model that comes with the program for a simulator, by its id:
 * installed, or that of the source folder; NULL: there is none.  Transfer full. */
char *us_shipped_model_path (const char *simulator);

G_END_DECLS
