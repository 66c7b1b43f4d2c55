/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UsCsvKind:
 * @US_CSV_NUMBER: every cell is a number or missing
 * @US_CSV_DATE: every cell is an ISO 8601 date, with or without a time, or missing; its values are
 *   days since the column's first one
 * @US_CSV_TEXT: some cell is neither; its values are NaN
 */
typedef enum
{
  US_CSV_NUMBER,
  US_CSV_DATE,
  US_CSV_TEXT,
} UsCsvKind;

typedef struct _UsCsvColumn UsCsvColumn;

/**
 * UsCsv:
 *
 * A table.  UTF-8 (a BOM is skipped), comma, semicolon or tab (told from the
 * first line), LF or CRLF, quoted fields; an empty field, "NA" or "NaN" is
 * missing.  A first line in which any field is neither a number nor a date nor
 * missing is the header; without one the columns are c1, c2, …
 *
 * Digits are separated by a point or by a comma, the same in the whole file (a
 * comma between commas must be quoted).  A file in which every comma could as
 * well mark thousands ("1,234") is refused.  Empty lines are skipped.  At most
 * 65,536 columns, 4,096 bytes a field, 1 GiB a file; of text 16 million cells
 * and 64 MiB of different strings.
 */
typedef struct
{
  gsize    n_rows;
  gsize    n_columns;
  char   **names;          /* (n_columns), NULL-terminated */
  double  *values;         /* (n_rows, n_columns), row-major; NaN = missing, or text */
  gsize    first_line;     /* line of the file, from 1, at which row 0 stands */
  gsize    n_missing;
  UsCsvKind *kinds;        /* (n_columns) */
  const char ***text;      /* (n_columns): (n_rows) as they stand, NULL = missing; NULL for columns of numbers */

  /*< private >*/
  char    *name;           /* of the file, for messages */
  UsCsvColumn  *columns;   /* (n_columns) */
  GStringChunk *strings;
} UsCsv;

/* Numbers (and dates) only: a column of text is an error as us_csv_require_numbers() says. */
UsCsv   *us_csv_read   (const char  *path,
                        GError     **error);
UsCsv   *us_csv_parse  (const char  *text,
                        gssize       length,
                        const char  *name,
                        GError     **error);
/* Any table; who asks for numbers of a column calls us_csv_require_numbers() first. */
UsCsv   *us_csv_read_table      (const char  *path,
                                 GError     **error);
UsCsv   *us_csv_parse_table     (const char  *text,
                                 gssize       length,
                                 const char  *name,
                                 GError     **error);
void     us_csv_free            (UsCsv       *self);
/* Index of the first column of that name (case matters), or -1. */
gssize   us_csv_column          (const UsCsv *self,
                                 const char  *name);
/* A cell that is none: US_FORMAT_ERROR_VALUE, "FILE, line 118, column 3 (“cases”): “n/a” is not a
 * number" (or a date, where the column began with dates).  Infinities are refused likewise. */
gboolean us_csv_require_numbers (const UsCsv *self,
                                 gsize        column,
                                 GError     **error);
/* Its first cell that is not missing is a number: numbers are meant, whatever follows. */
gboolean us_csv_means_numbers   (const UsCsv *self,
                                 gsize        column);

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
