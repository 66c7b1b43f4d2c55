/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The user's language for both programs, before anything is said: the installed catalogue, or that
 * of the build folder where the program was never installed.  Main thread, once. */
void us_locale_init (void);

G_END_DECLS
