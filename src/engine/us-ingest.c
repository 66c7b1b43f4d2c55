/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-ingest-private.h"

#include "us-error.h"
#include "us-file.h"
#include "us-prior.h"

#include <math.h>
#include <string.h>

/* H × W × C the output, T points of a series. */

#define MAX_JSON_BYTES ((gsize) 256 << 20)
#define FIELD_SHARE    0.9       /* of the field's height, and of the prior, that a drawing may take */

UsObservation *
us_observation_alloc (const UsIngestTarget *target)
{
  UsObservation *self = g_new0 (UsObservation, 1);

  self->n_values = us_output_n_values (target->output);
  self->x = g_new0 (float, self->n_values);
  self->origin = target->path != NULL ? g_path_get_basename (target->path) : g_strdup ("drawing");
  self->note = g_strdup ("");
  return self;
}

void
us_observation_free (UsObservation *self)
{
  if (self == NULL)
    return;
  g_free (self->x);
  g_free (self->xy);
  g_free (self->origin);
  g_free (self->note);
  g_free (self);
}

void
us_observation_add_note (UsObservation *self,
                         const char    *format,
                         ...)
{
  g_autofree char *clause = NULL;
  char *note;
  va_list arguments;

  va_start (arguments, format);
  clause = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (*clause == '\0')
    return;
  note = *self->note == '\0' ? g_strdup (clause) : g_strconcat (self->note, "; ", clause, NULL);
  g_free (self->note);
  self->note = note;
}

/* -- polylines --------------------------------------------------------- */

static gboolean
is_point (const double *p)
{
  return isfinite (p[0]) && isfinite (p[1]);
}

gboolean
us_ingest_sample_line (gsize         n_points,
                       const double *xy,
                       double        x_first,
                       double        x_step,
                       gsize         t_count,
                       double       *y)
{
  gsize first = t_count, last = 0;
  g_autofree guint *count = g_new0 (guint, t_count);

  memset (y, 0, t_count * sizeof *y);
  for (gsize k = 0; k + 1 < n_points; k++)
    {
      const double *p = xy + 2 * k, *q = p + 2;
      const double *left = p[0] <= q[0] ? p : q, *right = p[0] <= q[0] ? q : p;
      double from, to;

      if (!is_point (p) || !is_point (q) || left[0] == right[0])
        continue;
      from = MAX (0, ceil ((left[0] - x_first) / x_step - 1e-9));
      to = MIN (t_count - 1.0, floor ((right[0] - x_first) / x_step + 1e-9));
      for (double t = from; t <= to; t++)
        {
          double u = (x_first + t * x_step - left[0]) / (right[0] - left[0]);

          y[(gsize) t] += left[1] + CLAMP (u, 0, 1) * (right[1] - left[1]);
          count[(gsize) t]++;
        }
    }
  for (gsize t = 0; t < t_count; t++)
    if (count[t] > 0)
      {
        y[t] /= count[t];
        first = MIN (first, t);
        last = t;
      }
  if (first == t_count)
    return FALSE;
  for (gsize t = 0, known = first, next; t < t_count; t++)
    {
      if (count[t] > 0)
        known = t;
      for (next = t; next < last && count[next] == 0; next++)
        ;
      /* across a gap: linear; past the ends: level */
      if (count[t] == 0 && t > first && t < last)
        y[t] = y[known] + (y[next] - y[known]) * (t - known) / (next - known);
      else if (count[t] == 0)
        y[t] = t < first ? y[first] : y[last];
    }
  return TRUE;
}

/* A drawn curve as a series: the same in each channel. */
static void
sample_polyline (const UsOutput *output,
                 gsize           n_points,
                 const double   *xy,
                 float          *x)          /* (T, C) */
{
  g_autofree double *y = g_new (double, output->height);
  double step = output->height > 1 ? (output->x_upper - output->x_lower) / (output->height - 1) : 1;

  us_ingest_sample_line (n_points, xy, output->x_lower, step, output->height, y);
  for (gsize t = 0; t < output->height; t++)
    for (gsize c = 0; c < output->channels; c++)
      x[t * output->channels + c] = y[t];
}

UsObservation *
us_ingest_draw (const UsIngestTarget *target,
                gsize                 n_points,
                const double         *xy,
                GError              **error)
{
  UsObservation *self;
  gsize n_good = 0;

  for (gsize i = 0; i < n_points; i++)
    n_good += is_point (xy + 2 * i);
  if (n_good < 2)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                   "%s: a line needs at least two points, this one has %" G_GSIZE_FORMAT,
                   target->path != NULL ? target->path : "drawing", n_good);
      return NULL;
    }
  if (target->output->kind == US_OUTPUT_SERIES && target->output->channel_info != NULL)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                   "%s: a line is not all that “%s” gives; give a table with a column for x and for each of %"
                   G_GSIZE_FORMAT " channels", target->path != NULL ? target->path : "drawing",
                   target->simulator->title, target->output->channels);
      return NULL;
    }
  if (target->output->kind == US_OUTPUT_IMAGE && target->simulator->draw_polyline == NULL)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                   "%s: “%s” does not draw lines; give an image of %" G_GSIZE_FORMAT " × %" G_GSIZE_FORMAT " pixels",
                   target->path != NULL ? target->path : "drawing", target->simulator->title,
                   target->output->width, target->output->height);
      return NULL;
    }

  self = us_observation_alloc (target);
  self->n_points = n_points;
  self->xy = g_memdup2 (xy, n_points * 2 * sizeof (double));
  if (target->output->kind == US_OUTPUT_SERIES)
    sample_polyline (target->output, n_points, xy, self->x);
  else if (!target->simulator->draw_polyline (target->simulator, target->index, n_points, xy, self->x))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                   "%s: “%s” cannot draw this line", target->path != NULL ? target->path : "drawing",
                   target->simulator->title);
      us_observation_free (self);
      return NULL;
    }
  return self;
}

UsObservation *
us_observation_from_polyline (const UsSimulator  *simulator,
                              guint               output,
                              gsize               n_points,
                              const double       *xy,
                              GError            **error)
{
  UsIngestTarget target = { simulator, output, &simulator->outputs[output], NULL };

  return us_ingest_draw (&target, n_points, xy, error);
}

/* How far beyond FIELD_SHARE of the prior the best fit lies: 1 when it does not. */
static double
excess_of_fit (const UsIngestTarget *target,
               gsize                 n_points,
               const double         *xy)
{
  const UsSimulator *simulator = target->simulator;
  g_autoptr(UsPrior) prior = NULL;
  double theta[US_MAX_PARAMETERS], excess = 1;

  if (simulator->fit == NULL || !simulator->fit (simulator, n_points, xy, theta))
    return 1;
  prior = us_prior_new_default (simulator);
  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      double lower, upper, half;

      us_prior_range (prior, p, &lower, &upper);
      half = (upper - lower) / 2;
      if (half > 0 && isfinite (half))
        excess = MAX (excess, fabs (theta[p] - (lower + half)) / (FIELD_SHARE * half));
    }
  return excess;
}

char *
us_ingest_fit_into_field (const UsIngestTarget *target,
                          gsize                 n_points,
                          double               *xy)
{
  const UsOutput *output = target->output;
  double low[2] = { INFINITY, INFINITY }, high[2] = { -INFINITY, -INFINITY };
  double field_width = output->x_upper - output->x_lower, field_height = output->y_upper - output->y_lower;
  double middle = (output->y_lower + output->y_upper) / 2;
  double x_scale, y_scale, shrink = 1;

  for (gsize i = 0; i < n_points; i++)
    for (int axis = 0; is_point (xy + 2 * i) && axis < 2; axis++)
      {
        low[axis] = MIN (low[axis], xy[2 * i + axis]);
        high[axis] = MAX (high[axis], xy[2 * i + axis]);
      }
  /* a line straight up has no width to scale by */
  x_scale = high[0] > low[0] ? field_width / (high[0] - low[0])
                             : field_height * FIELD_SHARE / MAX (high[1] - low[1], 1e-300);
  if (output->kind == US_OUTPUT_IMAGE)
    y_scale = x_scale / (field_width / output->width) * (field_height / output->height);
  else
    y_scale = x_scale / field_width * field_height;
  if ((high[1] - low[1]) * y_scale > FIELD_SHARE * field_height)
    shrink = FIELD_SHARE * field_height / ((high[1] - low[1]) * y_scale);

  for (gsize i = 0; i < n_points; i++)
    if (is_point (xy + 2 * i))
      {
        xy[2 * i] = high[0] > low[0] ? output->x_lower + (xy[2 * i] - low[0]) * x_scale
                                     : (output->x_lower + output->x_upper) / 2;
        xy[2 * i + 1] = middle + (xy[2 * i + 1] - (low[1] + high[1]) / 2) * y_scale * shrink;
      }

  /* Where the simulator can say which parameters fit best: low enough for the prior to hold them.
   * A few times, since a fit need not be linear. */
  for (int round = 0; round < 4; round++)
    {
      double excess = excess_of_fit (target, n_points, xy);

      if (excess <= 1 + 1e-9)
        break;
      shrink /= excess;
      for (gsize i = 0; i < n_points; i++)
        if (is_point (xy + 2 * i))
          xy[2 * i + 1] = middle + (xy[2 * i + 1] - middle) / excess;
    }
  return shrink < 0.9995
         ? g_strdup_printf ("scaled to the width of the field, height to %.0f %% of true proportion", 100 * shrink)
         : g_strdup ("scaled to the width of the field, true to proportion");
}

/* -- files ------------------------------------------------------------- */

static gboolean
has_suffix (const char *path,
            const char *suffix)
{
  g_autofree char *folded = g_ascii_strdown (path, -1);

  return g_str_has_suffix (folded, suffix);
}

/* JSON by its first character, whatever the file is called. */
static gboolean
looks_like_json (GBytes *bytes)
{
  gsize n;
  const char *text = g_bytes_get_data (bytes, &n);

  for (gsize i = 0; i < MIN (n, 64); i++)
    if (!g_ascii_isspace (text[i]))
      return text[i] == '{' || text[i] == '[';
  return FALSE;
}

static gboolean
begins_with (GBytes     *bytes,
             const char *magic,
             gsize       length)
{
  gsize n;
  const char *data = g_bytes_get_data (bytes, &n);

  return n >= length && memcmp (data, magic, length) == 0;
}

UsObservation *
us_observation_load (const UsSimulator  *simulator,
                     guint               output,
                     const char         *path,
                     gsize               index,
                     GError            **error)
{
  UsIngestTarget target = { simulator, output, &simulator->outputs[output], path };
  g_autoptr(GBytes) bytes = us_file_read (path, MAX_JSON_BYTES, error);

  if (bytes == NULL)
    return NULL;
  if (g_bytes_get_size (bytes) == 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TRUNCATED, "%s: the file is empty", path);
      return NULL;
    }
  /* by content where it tells, by name where it does not */
  if (begins_with (bytes, "\x93NUMPY", 6) || begins_with (bytes, "PK\x03\x04", 4)
      || has_suffix (path, ".npy") || has_suffix (path, ".npz"))
    return us_observation_from_npy (&target, index, error);
  if (has_suffix (path, ".csv") || has_suffix (path, ".tsv") || has_suffix (path, ".txt"))
    return us_observation_from_csv (&target, index, error);
  if (has_suffix (path, ".json") || has_suffix (path, ".ndjson") || looks_like_json (bytes))
    return us_observation_from_json (&target, bytes, index, error);
  return us_observation_from_image (&target, error);
}
