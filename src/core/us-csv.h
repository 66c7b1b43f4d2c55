/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UsCsv:
 *
 * A table of numbers.  UTF-8 (a BOM is skipped), comma, semicolon or tab (told
 * from the first line), LF or CRLF, quoted fields; an empty field, "NA" or
 * "NaN" is missing (NaN).  A first line in which any field is neither a number
 * nor missing is the header; without one the columns are c1, c2, …
 *
 * Digits are separated by a point or by a comma, the same in the whole file (a
 * comma between commas must be quoted).  A file in which every comma could as
 * well mark thousands ("1,234") is refused.  Empty lines are skipped.  At most
 * 65,536 columns, 4,096 bytes a field, 1 GiB a file.
 */
typedef struct
{
  gsize    n_rows;
  gsize    n_columns;
  char   **names;          /* (n_columns), NULL-terminated */
  double  *values;         /* (n_rows, n_columns), row-major; NaN = missing */
  gsize    first_line;     /* line of the file, from 1, at which row 0 stands */
  gsize    n_missing;
} UsCsv;

/* A cell that is not a number: US_FORMAT_ERROR_VALUE, "FILE, line 118, column
 * 3 (“cases”): “n/a” is not a number".  Infinities are refused likewise. */
UsCsv   *us_csv_read   (const char  *path,
                        GError     **error);
UsCsv   *us_csv_parse  (const char  *text,
                        gssize       length,
                        const char  *name,
                        GError     **error);
void     us_csv_free   (UsCsv *self);
/* Index of the first column of that name (case matters), or -1. */
gssize   us_csv_column (const UsCsv *self,
                        const char  *name);

/* values (n_rows, n_columns); NaN is written as an empty field ("NA" in a single
 * column), infinity is refused; names quoted where needed; numbers round-trip.
 * Written aside and renamed. */
gboolean us_csv_write  (const char         *path,
                        gsize               n_rows,
                        gsize               n_columns,
                        const char *const  *names,
                        const double       *values,
                        GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsCsv, us_csv_free)

G_END_DECLS
