/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * UsTable:
 *
 * A small table of texts and numbers: a header, a first column of names, the rest aligned
 * to the right in digits of one width.  Scrolls sideways where there is no room.  Each cell
 * tells a screen reader its row and column.  Main thread only.
 *
 * In markup: `<object class="UsTable">`; property `label` (what a screen reader calls it).
 */
#define US_TYPE_TABLE (us_table_get_type ())
G_DECLARE_FINAL_TYPE (UsTable, us_table, US, TABLE, GtkWidget)

/* cells (n_rows + 1, n_columns), the header first; copied; "" for an empty cell.  Labels that are there are used again. */
void        us_table_set_cells (UsTable           *self,
                                gsize              n_rows,
                                gsize              n_columns,
                                const char *const *cells);
/* NULL: no such cell. */
const char *us_table_get_cell  (UsTable           *self,
                                gsize              row,         /* 0: the header */
                                gsize              column);

G_END_DECLS
