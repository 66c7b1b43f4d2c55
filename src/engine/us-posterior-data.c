/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An observation from a file, as a posterior model takes it. */
#include "config.h"

#include "us-attributor.h"

#include "us-csv.h"
#include "us-error.h"
#include "us-ingest.h"
#include "us-measurements.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* V values. */

static gboolean
is_one_of (const char        *path,
           const char *const *endings)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  for (gsize i = 0; endings[i] != NULL; i++)
    if (g_str_has_suffix (lower, endings[i]))
      return TRUE;
  return FALSE;
}

/* One row, or one column, of V numbers.  FALSE without an error: the table has another shape. */
static gboolean
take_plain (const UsCsv *table,
            gsize        n,
            float       *x)
{
  if (!(table->n_rows == 1 && table->n_columns == n) && !(table->n_columns == 1 && table->n_rows == n))
    return FALSE;
  for (gsize v = 0; v < n; v++)
    x[v] = (float) table->values[v];
  return TRUE;
}

static gboolean
read_plain (const char  *path,
            gsize        n,
            float       *x,
            GError     **error)
{
  g_autoptr(UsCsv) table = us_csv_read (path, error);

  if (table == NULL)
    return FALSE;
  if (take_plain (table, n, x))
    return TRUE;
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
               _("%s has %" G_GSIZE_FORMAT " rows and %" G_GSIZE_FORMAT " columns; the model takes one row, or one column, "
                 "of %" G_GSIZE_FORMAT " numbers"), path, table->n_rows, table->n_columns, n);
  return FALSE;
}

static gboolean
read_series (const UsOutput *output,
             const char     *path,
             gsize           n,
             float          *x,
             GError        **error)
{
  g_autoptr(UsCsv) table = us_csv_read_table (path, error);
  g_autoptr(UsMeasurements) series = NULL;

  if (table == NULL)
    return FALSE;
  /* what has no room for times is the values alone */
  if (table->n_missing == 0 && take_plain (table, n, x) && (n > 1 || table->n_columns == 1))
    return TRUE;
  series = us_measurements_read (path, NULL, error);
  return series != NULL && us_measurements_to_output (series, output, 1, FALSE, x, error);
}

static gboolean
read_picture (const UsSimulator *simulator,
              guint              output,
              const char        *path,
              gsize              n,
              float             *x,
              GError           **error)
{
  UsObservation *observation = us_observation_load (simulator, output, path, 0, error);

  if (observation == NULL)
    return FALSE;
  memcpy (x, observation->x, n * sizeof (float));
  us_observation_free (observation);
  return TRUE;
}

/* A gap is told with its place, in words of the series where there are any. */
static gboolean
check_gaps (const UsOutput  *output,            /* or NULL */
            const char      *path,
            gsize            n,
            const float     *x,
            GError         **error)
{
  gsize n_missing = 0, first = n;

  for (gsize v = 0; v < n; v++)
    if (!isfinite (x[v]))
      {
        n_missing++;
        first = MIN (first, v);
      }
  if (n_missing == 0)
    return TRUE;
  if (output != NULL && output->kind == US_OUTPUT_SERIES)
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                 _("%s: %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " values are missing, the first at %s %g. This model takes "
                   "complete series: train one of a simulator at the times that were measured (SIMULATOR@TIMES)."),
                 path, n_missing, n, output->x_label != NULL ? output->x_label : "x",
                 us_output_x (output, first / output->channels));
  else
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                 _("%s: %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " values are missing, the first is number %" G_GSIZE_FORMAT),
                 path, n_missing, n, first + 1);
  return FALSE;
}

gboolean
us_attributor_read_data (UsPosterior  *posterior,
                         const char   *path,
                         float        *x,
                         GError      **error)
{
  static const char *const tables[] = { ".csv", ".tsv", ".txt", NULL };
  const UsSimulator *simulator = us_posterior_simulator (posterior);
  gsize n = us_posterior_n_values (posterior);
  const UsOutput *output = simulator != NULL ? &simulator->outputs[us_posterior_output (posterior)] : NULL;
  gboolean done;

  g_return_val_if_fail (path != NULL && x != NULL, FALSE);

  if (output == NULL)
    done = read_plain (path, n, x, error);
  else if (output->kind == US_OUTPUT_SERIES && is_one_of (path, tables))
    done = read_series (output, path, n, x, error);
  else
    done = read_picture (simulator, us_posterior_output (posterior), path, n, x, error);
  return done && check_gaps (output, path, n, x, error);
}
