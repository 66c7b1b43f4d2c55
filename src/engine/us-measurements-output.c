/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A measured series laid on the points of an output. */
#include "config.h"

#include "us-measurements.h"

#include "us-error.h"

#include <glib/gi18n.h>
#include <math.h>

/* T times, C value columns. */

/* Of the output's range: how far a measured time may lie from the point it is. */
#define TIME_TOLERANCE 1e-6
#define ROUNDING       1e-12    /* of a time */

static gssize
column_named (const UsMeasurements *self,
              const UsOutput       *output,
              gsize                 channel)
{
  UsChannel info = us_output_channel (output, channel);

  for (gsize c = 0; c < self->n_columns; c++)
    if ((info.id != NULL && g_ascii_strcasecmp (self->names[c], info.id) == 0) ||
        (info.label != NULL && g_ascii_strcasecmp (self->names[c], info.label) == 0))
      return c;
  return -1;
}

/* columns (C): of each channel, by ids or labels where all of them are there, else in order. */
static void
match_channels (const UsMeasurements *self,
                const UsOutput       *output,
                gsize                *columns)
{
  gboolean all = TRUE;

  for (gsize c = 0; c < output->channels; c++)
    all = all && column_named (self, output, c) >= 0;
  for (gsize c = 0; c < output->channels; c++)
    columns[c] = all ? (gsize) column_named (self, output, c) : c;
}

/* The point of the output that is nearest to a time, or -1: none is near enough. */
static gssize
point_at (const UsOutput *output,
          double          time)
{
  double first = us_output_x (output, 0), last = us_output_x (output, output->height - 1);
  double least = TIME_TOLERANCE * fabs (last - first) + ROUNDING * fabs (time);
  gssize nearest = -1;

  for (gsize t = 0; t < output->height; t++)
    {
      double away = fabs (us_output_x (output, t) - time);

      if (away <= least)
        {
          least = away;
          nearest = t;
        }
    }
  return nearest;
}

static gboolean
take_value (const UsMeasurements *self,
            const UsOutput       *output,
            gsize                 row,
            gsize                 column,
            gboolean              mask_bad,
            float                *x,
            gsize                *observed,
            GError              **error)
{
  double value = self->values[row * self->n_columns + column];

  *x = value;
  if (isnan (value))
    return TRUE;
  if (output->counts && value < 0)
    {
      *x = NAN;
      if (mask_bad)
        return TRUE;
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                   _("%s, line %zu (“%s”): %g; a count cannot be below zero. Mend it, or have such cells "
                     "taken as not observed"), self->origin, self->lines[row], self->names[column], value);
      return FALSE;
    }
  (*observed)++;
  return TRUE;
}

/* Nothing was observed at that time; positive: what is below zero counts as that. */
static gboolean
is_empty (const UsMeasurements *self,
          gsize                 row,
          gboolean              positive)
{
  for (gsize c = 0; c < self->n_columns; c++)
    {
      double value = self->values[row * self->n_columns + c];

      if (!isnan (value) && !(positive && value < 0))
        return FALSE;
    }
  return TRUE;
}

gboolean
us_measurements_to_output (const UsMeasurements *self,
                           const UsOutput       *output,
                           gsize                 least,
                           gboolean              mask_bad,
                           float                *x,
                           GError              **error)
{
  gsize C = output->channels, observed = 0;
  gssize before = -1;
  g_autofree gsize *columns = g_new (gsize, C);

  g_return_val_if_fail (output->kind == US_OUTPUT_SERIES, FALSE);

  if (self->n_columns != C)
    {
      g_autofree char *names = g_strjoinv ("”, “", self->names);

      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                   _("%s: %zu columns of numbers (“%s”); “%s” has %zu. Choose columns"),
                   self->origin, self->n_columns, names, output->label, C);
      return FALSE;
    }
  match_channels (self, output, columns);
  for (gsize i = 0; i < output->height * C; i++)
    x[i] = NAN;
  for (gsize i = 0; i < self->n_times; i++)
    {
      gssize t = point_at (output, self->times[i]);

      /* what is run at the times of observations has no point where none was made */
      if (t <= before && is_empty (self, i, mask_bad && output->counts))
        continue;
      /* both rise: a point that is taken would lose its value without a word */
      if (t <= before)
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                       _("%s, line %zu: %s %g is none of the %zu points of “%s” (%g … %g %s). "
                         "A model for these times is trained on the data's own times"), self->origin, self->lines[i],
                       self->time_name, self->times[i], output->height, output->label, us_output_x (output, 0),
                       us_output_x (output, output->height - 1), output->x_unit);
          return FALSE;
        }
      before = t;
      for (gsize c = 0; c < C; c++)
        if (!take_value (self, output, i, columns[c], mask_bad, &x[t * C + c], &observed, error))
          return FALSE;
    }
  if (observed >= least)
    return TRUE;
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
               _("%s: %zu values were observed; expected %zu or more"), self->origin, observed,
               least);
  return FALSE;
}
