/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * UsReadOut:
 *
 * A line of text with numbers that change while something moves: centred, wrapped where
 * there is no room, its digits of one width.  Unlike a GtkLabel it asks for a new layout of
 * the window only when the text needs more or fewer lines than before.
 *
 * In markup: `<object class="UsReadOut">`; property `text`.
 */
#define US_TYPE_READ_OUT (us_read_out_get_type ())
G_DECLARE_FINAL_TYPE (UsReadOut, us_read_out, US, READ_OUT, GtkWidget)

/* NULL empties. */
void        us_read_out_set_text (UsReadOut  *self,
                                  const char *text);
const char *us_read_out_get_text (UsReadOut  *self);

G_END_DECLS
