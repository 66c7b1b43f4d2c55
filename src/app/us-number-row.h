/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A row of a boxed list: a title and, at its end, a number that changes.  Returns the number's label. */
GtkLabel *us_number_row_append (GtkListBox *list,
                                const char *title);

/* Numbers in words, for such rows; "–" where there is none.  g_free. */
char     *us_format_loss       (double      loss);
/* Thousands apart by a narrow space, in every locale. */
char     *us_format_count      (double      count);
char     *us_format_duration   (double      seconds);

G_END_DECLS
