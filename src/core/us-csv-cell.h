/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What one cell of a table says: core's own, for us-csv.c. */

typedef enum
{
  US_CSV_CELL_READ,             /* or missing */
  US_CSV_CELL_NONE,             /* some other text */
  US_CSV_CELL_MIXED,            /* a decimal comma where others have a point, or the reverse */
} UsCsvCell;

/* What separates digits in a column: '.' or ',', from the first number that has one; 0 before.
 * "1,234" alone may also be 1234: until another number proves that commas are
 * decimal, the first such one is remembered. */
typedef struct
{
  char     mark;
  gboolean proven;
  gsize    line;                /* of the first number with a mark */
  gsize    grouped_line;        /* 0: none */
  char     first[16], grouped[16];
} UsCsvDecimal;

gboolean  us_csv_cell_is_missing   (const char   *text);
/* text is changed and changed back.  NaN for what is missing. */
UsCsvCell us_csv_cell_parse_number (char         *text,
                                    gsize         line,
                                    UsCsvDecimal *decimal,
                                    double       *value);
/* "1918-11-11", "1918-11-11T11:00", "…:30.5Z", "…+01:00": days, of any one origin. */
gboolean  us_csv_cell_parse_date   (const char   *text,
                                    double       *days);

G_END_DECLS
