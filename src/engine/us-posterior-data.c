/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An observation from a file, as a posterior model takes it. */
#include "config.h"

#include "us-posterior-data.h"

#include "us-csv.h"
#include "us-error.h"
#include "us-ingest.h"
#include "us-npy.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* V values, M observations of a file. */

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

/* Which of the file's observations; below 0: not said. */
static gboolean
choose_one (const char *path,
            gsize       n_observations,
            gssize      index,
            gsize      *chosen,
            GError    **error)
{
  *chosen = index > 0 ? (gsize) index : 0;
  if (index < 0 && n_observations > 1)
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                 _("%s holds %zu observations: choose one by its number, from 0"), path, n_observations);
  else if (*chosen >= n_observations)
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                 _("%s has no observation %zd: it holds %zu, counted from 0"), path, index,
                 n_observations);
  else
    return TRUE;
  return FALSE;
}

/* Rows of V numbers, or one column of them. */
static gboolean
fits (const UsCsv *table,
      gsize        n)
{
  return table->n_columns == n || (table->n_columns == 1 && table->n_rows == n);
}

static gboolean
take_plain (const UsCsv *table,
            const char  *path,
            gsize        n,
            gssize       index,
            float       *x,
            GError     **error)
{
  gsize chosen;

  if (!choose_one (path, table->n_columns == n ? table->n_rows : 1, index, &chosen, error))
    return FALSE;
  for (gsize v = 0; v < n; v++)
    x[v] = (float) table->values[chosen * n + v];
  return TRUE;
}

static gboolean
read_plain (const char  *path,
            gsize        n,
            gssize       index,
            float       *x,
            GError     **error)
{
  g_autoptr(UsCsv) table = us_csv_read (path, error);

  if (table == NULL)
    return FALSE;
  if (fits (table, n))
    return take_plain (table, path, n, index, x, error);
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
               _("%s has %zu rows and %zu columns; the model takes rows, or one column, "
                 "of %zu numbers"), path, table->n_rows, table->n_columns, n);
  return FALSE;
}

static gboolean
read_array (const char  *path,
            gsize        n,
            gssize       index,
            float       *x,
            GError     **error)
{
  g_autoptr(UsArray) array = us_npy_read (path, 0, error), values = NULL;
  g_autofree char *shape = NULL;
  gsize chosen;

  if (array == NULL)
    return FALSE;
  /* one observation of any shape, or rows of observations */
  if (array->n_elements == 0 || (array->n_elements != n && (array->n_dims == 0 || array->n_elements / array->shape[0] != n)))
    {
      shape = us_array_shape_to_string (array);
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                   _("%s holds %s; the model takes %zu values an observation"), path, shape, n);
      return FALSE;
    }
  if (!choose_one (path, array->n_elements / n, index, &chosen, error))
    return FALSE;
  values = us_array_convert (array, US_DTYPE_F32);
  memcpy (x, (const float *) values->data + chosen * n, n * sizeof (float));
  return TRUE;
}

static gboolean
read_series (const UsOutput               *output,
             const char                   *path,
             gsize                         n,
             gssize                        index,
             const UsMeasurementsOptions  *options,
             float                        *x,
             char                        **note,
             GError                      **error)
{
  g_autoptr(UsCsv) table = us_csv_read_table (path, error);
  g_autoptr(UsMeasurements) series = NULL;
  gboolean numbers = table != NULL;

  if (table == NULL)
    return FALSE;
  for (gsize c = 0; c < table->n_columns; c++)
    numbers = numbers && table->kinds[c] == US_CSV_NUMBER;
  /* what has no room for times is the values alone */
  if (numbers && table->n_missing == 0 && fits (table, n) && (n > 2 || table->n_columns == 1))
    return take_plain (table, path, n, index, x, error);
  series = us_measurements_read (path, options, error);
  if (series == NULL
      || !us_measurements_to_output (series, output, 1, options != NULL && options->mask_bad, x, error))
    return FALSE;
  if (note != NULL && series->remarks[0] != NULL)
    *note = g_strjoinv ("\n", series->remarks);
  return TRUE;
}

static gboolean
read_picture (const UsSimulator *simulator,
              guint              output,
              const char        *path,
              gsize              n,
              gssize             index,
              float             *x,
              GError           **error)
{
  UsObservation *observation = us_observation_load (simulator, output, path, index > 0 ? (gsize) index : 0, error);

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
                 _("%s: %zu of %zu values are missing, the first at %s %g. This model takes "
                   "complete series: train one at the times that were measured, or for gaps (--gaps)."),
                 path, n_missing, n, output->x_label != NULL ? output->x_label : "x",
                 us_output_x (output, first / output->channels));
  else
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                 _("%s: %zu of %zu values are missing, the first is number %zu"),
                 path, n_missing, n, first + 1);
  return FALSE;
}

gboolean
us_posterior_read_data (const UsPosterior            *self,
                        const char                   *path,
                        gssize                        index,
                        const UsMeasurementsOptions  *options,
                        float                        *x,
                        char                        **note,
                        GError                      **error)
{
  static const char *const tables[] = { ".csv", ".tsv", ".txt", NULL }, *const arrays[] = { ".npy", NULL };
  const UsSimulator *simulator = us_posterior_simulator (self);
  gsize n = us_posterior_n_values (self);
  const UsOutput *output = simulator != NULL ? &simulator->outputs[us_posterior_output (self)] : NULL;
  gboolean done;

  g_return_val_if_fail (path != NULL && x != NULL, FALSE);

  if (note != NULL)
    *note = NULL;
  if (is_one_of (path, arrays))
    done = read_array (path, n, index, x, error);
  else if (output == NULL)
    done = read_plain (path, n, index, x, error);
  else if (output->kind == US_OUTPUT_SERIES && is_one_of (path, tables))
    done = read_series (output, path, n, index, options, x, note, error);
  else
    done = read_picture (simulator, us_posterior_output (self), path, n, index, x, error);
  /* a refined one takes the gaps of its own observation: told when it is asked */
  if (done && (us_posterior_takes_gaps (self) || us_posterior_observation (self) != NULL || check_gaps (output, path, n, x, error)))
    return TRUE;
  if (note != NULL)
    g_clear_pointer (note, g_free);
  return FALSE;
}
