/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The program's settings, a new reference, or NULL when the schema is neither
 * installed nor beside the program in its build folder: then nothing is remembered. */
GSettings *us_settings_new (void);

G_END_DECLS
