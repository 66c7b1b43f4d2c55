/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-ingest-private.h"

#include "us-csv.h"
#include "us-error.h"
#include "us-npy.h"

#include <math.h>
#include <string.h>

/* H × W × C the output, T points of a series. */

#define MAX_BYTES ((gsize) 1 << 30)

/* -- .npy and .npz ----------------------------------------------------- */

/* Whether the last dimensions are the output's; rows: the product of those before. */
static gboolean
shape_fits (const UsArray  *array,
            const UsOutput *output,
            gsize          *rows)
{
  gsize wanted[3], n = 0;
  gboolean series = output->kind == US_OUTPUT_SERIES;

  wanted[n++] = output->height;
  if (!series)
    wanted[n++] = output->width;
  wanted[n++] = output->channels;
  for (int with_channels = 1; with_channels >= 0; with_channels--)
    {
      guint dims = with_channels ? n : n - 1;
      gboolean fits = array->n_dims == dims || array->n_dims == dims + 1;

      if (!with_channels && output->channels != 1)
        break;
      for (guint d = 0; fits && d < dims; d++)
        fits = array->shape[array->n_dims - dims + d] == wanted[d];
      if (fits)
        {
          *rows = array->n_dims == dims ? 1 : array->shape[0];
          return TRUE;
        }
    }
  return FALSE;
}

static UsObservation *
take_row (const UsIngestTarget *target,
          UsArray              *array,
          gsize                 index,
          GError              **error)
{
  const UsOutput *output = target->output;
  g_autoptr(UsArray) floats = NULL;
  UsObservation *self;
  gsize rows = 0, n = us_output_n_values (output);

  if (!shape_fits (array, output, &rows))
    {
      g_autofree char *shape = us_array_shape_to_string (array);

      if (output->kind == US_OUTPUT_SERIES)
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                     "%s: shape %s; expected (%" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT "), or several of them",
                     target->path, shape, output->height, output->channels);
      else
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                     "%s: shape %s; expected (%" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT
                     "), or several of them", target->path, shape, output->height, output->width, output->channels);
      return NULL;
    }
  if (index >= rows)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                   "%s: no number %" G_GSIZE_FORMAT ", it holds %" G_GSIZE_FORMAT " (counted from 0)",
                   target->path, index, rows);
      return NULL;
    }
  floats = us_array_convert (array, US_DTYPE_F32);
  self = us_observation_alloc (target);
  memcpy (self->x, (const float *) floats->data + index * n, n * sizeof (float));
  if (output->kind == US_OUTPUT_IMAGE && array->dtype == US_DTYPE_U8)
    {
      gboolean bytes = FALSE;

      for (gsize i = 0; i < array->n_elements && !bytes; i++)
        bytes = ((const guint8 *) array->data)[i] > 1;
      for (gsize i = 0; bytes && i < n; i++)
        self->x[i] /= 255;
      us_observation_add_note (self, "%s", bytes ? "0 … 255 taken as 0 … 1" : "");
    }
  for (gsize i = 0; i < n; i++)
    if (!isfinite (self->x[i]))
      {
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     "%s: value %" G_GSIZE_FORMAT " of number %" G_GSIZE_FORMAT " is not finite",
                     target->path, i, index);
        us_observation_free (self);
        return NULL;
      }
  if (rows > 1)
    us_observation_add_note (self, "number %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT, index, rows);
  return self;
}

/* The member that holds outputs: "x" as in a bank, else the only one. */
static UsArray *
read_member (const UsIngestTarget *target,
             GError              **error)
{
  g_autoptr(UsNpz) npz = us_npz_open (target->path, error);
  g_auto(GStrv) names = NULL;

  if (npz == NULL)
    return NULL;
  if (us_npz_has (npz, "x"))
    return us_npz_read (npz, "x", MAX_BYTES, error);
  names = us_npz_names (npz);
  if (g_strv_length (names) != 1)
    {
      g_autofree char *list = g_strjoinv (", ", names);

      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                   "%s: no member “x”; it has: %s", target->path, list);
      return NULL;
    }
  return us_npz_read (npz, names[0], MAX_BYTES, error);
}

UsObservation *
us_observation_from_npy (const UsIngestTarget *target,
                         gsize                 index,
                         GError              **error)
{
  g_autofree char *head = NULL;
  g_autoptr(UsArray) array = NULL;
  gsize length = 0;
  gboolean zip;

  if (!g_file_get_contents (target->path, &head, &length, error))
    return NULL;
  zip = length >= 2 && head[0] == 'P' && head[1] == 'K';
  array = zip ? read_member (target, error) : us_npy_read (target->path, MAX_BYTES, error);
  return array != NULL ? take_row (target, array, index, error) : NULL;
}

/* -- CSV --------------------------------------------------------------- */

/* The columns that hold numbers, or were meant to: all of a table of one or two. Group names,
 * flags and comments are left out; dates too, unless they are all that x can be. */
static GArray *
choose_columns (const UsCsv *csv)
{
  GArray *chosen = g_array_new (FALSE, FALSE, sizeof (gsize));
  gsize n_dates = 0, date = 0;

  for (gsize c = 0; c < csv->n_columns; c++)
    if (csv->kinds[c] == US_CSV_DATE)
      {
        n_dates++;
        date = c;
      }
    else if (csv->n_columns <= 2 || us_csv_means_numbers (csv, c))
      g_array_append_val (chosen, c);
  if (chosen->len == 1 && n_dates == 1)
    g_array_prepend_val (chosen, date);
  return chosen;
}

static char *
list_names (const UsCsv  *csv,
            const GArray *columns)      /* of gsize */
{
  g_autoptr(GString) list = g_string_new (NULL);

  for (guint i = 0; i < columns->len; i++)
    g_string_append_printf (list, "%s“%s”", i > 0 ? ", " : "", csv->names[g_array_index (columns, gsize, i)]);
  return g_strdup (list->str);
}

/* Columns x and y as a line: as they are when inside the field, else scaled into it. */
static UsObservation *
take_points (const UsIngestTarget *target,
             const UsCsv          *csv,
             const GArray         *columns,     /* two */
             GError              **error)
{
  const UsOutput *output = target->output;
  g_autofree double *xy = g_new (double, 2 * csv->n_rows);
  gboolean inside = TRUE;
  double lowest = INFINITY, highest = -INFINITY;
  UsObservation *self;
  g_autofree char *note = NULL;

  for (gsize i = 0; i < csv->n_rows; i++)
    {
      double x = csv->values[i * csv->n_columns + g_array_index (columns, gsize, 0)];
      double y = csv->values[i * csv->n_columns + g_array_index (columns, gsize, 1)];

      xy[2 * i] = x;
      xy[2 * i + 1] = y;
      if (isnan (x) || isnan (y))
        continue;
      inside = inside && x >= output->x_lower && x <= output->x_upper && y >= output->y_lower && y <= output->y_upper;
      lowest = MIN (lowest, x);
      highest = MAX (highest, x);
    }
  /* a line over less than half of the field is in other units, too */
  if (!inside || highest - lowest < 0.5 * (output->x_upper - output->x_lower))
    note = us_ingest_fit_into_field (target, csv->n_rows, xy);
  self = us_ingest_draw (target, csv->n_rows, xy, error);
  if (self != NULL && csv->n_columns > 2)
    us_observation_add_note (self, "“%s” over “%s”", csv->names[g_array_index (columns, gsize, 1)],
                             csv->names[g_array_index (columns, gsize, 0)]);
  if (self != NULL && note != NULL)
    us_observation_add_note (self, "%s", note);
  return self;
}

static UsObservation *
take_series (const UsIngestTarget *target,
             const UsCsv          *csv,
             const GArray         *columns,     /* (C) */
             GError              **error)
{
  const UsOutput *output = target->output;
  UsObservation *self;

  if (output->kind != US_OUTPUT_SERIES || csv->n_rows != output->height || columns->len != output->channels)
    {
      g_autofree char *names = list_names (csv, columns);

      if (output->kind == US_OUTPUT_SERIES)
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                     "%s: %" G_GSIZE_FORMAT " rows of %u columns of numbers (%s); expected two columns (x, y), or %"
                     G_GSIZE_FORMAT " rows of %" G_GSIZE_FORMAT, target->path, csv->n_rows, columns->len, names,
                     output->height, output->channels);
      else
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                     "%s: %u columns of numbers (%s); expected two, x and y of a line",
                     target->path, columns->len, names);
      return NULL;
    }
  self = us_observation_alloc (target);
  for (gsize i = 0; i < self->n_values; i++)
    {
      self->x[i] = csv->values[i / columns->len * csv->n_columns + g_array_index (columns, gsize, i % columns->len)];
      if (isnan (self->x[i]))
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                       "%s, line %" G_GSIZE_FORMAT ": a value is missing; a series needs all %" G_GSIZE_FORMAT,
                       target->path, csv->first_line + i / columns->len, self->n_values);
          us_observation_free (self);
          return NULL;
        }
    }
  return self;
}

/* Its points and its channels' meanings are known: a table may have points of its own. */
static gboolean
has_channels (const UsOutput *output)
{
  return output->kind == US_OUTPUT_SERIES && output->channel_info != NULL;
}

UsObservation *
us_observation_from_csv (const UsIngestTarget *target,
                         gsize                 index,
                         GError              **error)
{
  g_autoptr(UsCsv) csv = us_csv_read_table (target->path, error);
  g_autoptr(GArray) columns = NULL;

  if (csv == NULL)
    return NULL;
  columns = choose_columns (csv);
  for (guint i = 0; i < columns->len; i++)
    if (!us_csv_require_numbers (csv, g_array_index (columns, gsize, i), error))
      return NULL;
  if (has_channels (target->output) && !(columns->len == target->output->channels && csv->n_rows == target->output->height))
    return us_ingest_take_channels (target, csv, columns, error);
  if (columns->len == 2 && !(target->output->kind == US_OUTPUT_SERIES && target->output->channels == 2))
    return take_points (target, csv, columns, error);
  return take_series (target, csv, columns, error);
}
