/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simulator.h"

G_BEGIN_DECLS

/* T times, C value columns. */

/**
 * UsMeasurementsOptions:
 *
 * What to take of a table.  All of it may be NULL or FALSE: the time is then the column so named
 * (time, t, day, hour, week, month, year, minute, second, date), else the first of numbers; the values
 * are all the other columns of numbers.  Text columns, and a column of dates beside a time of numbers, are left out.
 */
typedef struct
{
  const char        *time;          /* name of the column */
  const char *const *values;        /* names, NULL-terminated */
  const char        *where;         /* "subject=3": only rows whose column holds that; several with commas */
  gboolean           sort;          /* rows out of order are put in order, instead of refused */
  gboolean           mask_bad;      /* cells that cannot be (below zero where values are counts, text among
                                     * numbers) are taken as not observed, instead of refused */
  gboolean           from_zero;     /* times are counted from the first one: calendar years, where a model begins at 0 */
} UsMeasurementsOptions;

/**
 * UsMeasurements:
 *
 * A measured series: times in order, each once; what was not observed is NaN.  `remarks` says in
 * sentences what was done and what is to be known ("2 of 14 values are missing …"); nothing is
 * dropped or filled without one.
 */
typedef struct
{
  gsize    n_times, n_columns;
  double  *times;           /* (T), strictly increasing */
  double  *values;          /* (T, C) */
  char    *time_name;       /* as the header says it */
  char   **names;           /* (C), NULL-terminated */
  gsize   *lines;           /* (T): of the file, from 1 */
  gsize    n_missing;       /* cells of values that are NaN */
  char    *origin;          /* file name */
  char   **remarks;         /* NULL-terminated, translated */
} UsMeasurements;

/**
 * us_measurements_read:
 * @options: (nullable):
 *
 * Reads a CSV (us_csv_read_table()).  Refused, with file, line and column: a cell that is not a number, a time
 * that is missing, twice the same or out of order (several subjects in one table want `where`, which the
 * message says), no row at all, a column that is not there.  Any thread.
 *
 * Errors: US_FORMAT_ERROR_*, those of the file.
 */
UsMeasurements *us_measurements_read  (const char                  *path,
                                       const UsMeasurementsOptions *options,
                                       GError                     **error);
void            us_measurements_free  (UsMeasurements              *self);

/**
 * us_measurements_to_output:
 * @x: (out caller-allocates): (T', C) of the output; NaN where nothing was observed
 *
 * Lays the series on an output's points: each time at which something was observed must be one of them (to 1e-6 of the
 * range) and no two the same one, others count as not observed; one column for each channel, by id or label, else in order.
 * Refused: a time that is none of the output's, a count below zero (unless @mask_bad), fewer than @least observed values.
 *
 * Errors: US_FORMAT_ERROR_MISMATCH, VALUE, SHAPE, with line and column.
 */
gboolean        us_measurements_to_output (const UsMeasurements *self,
                                           const UsOutput       *output,
                                           gsize                 least,
                                           gboolean              mask_bad,
                                           float                *x,
                                           GError              **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsMeasurements, us_measurements_free)

G_END_DECLS
