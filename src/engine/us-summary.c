/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-summary-private.h"

#include "us-error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VALUES     ((gsize) 1 << 24)
#define SCALE_ROWS     4096     /* of x that scales are measured on */
#define DENSE_VALUES   256      /* of a series that a dense network takes */
#define TAME           5.0      /* spreads, beyond which values go on in the logarithm */
#define LOG_SPREAD     0.5      /* of the logarithm, from which on it is the better view */
#define LOG_SKEWNESS   2.0
#define LOG_COUNT      20.0     /* largest count, from which on */
#define WILD           2.0      /* standard deviation over half the central 68 %: tails that would hide the rest */

static const char *const kind_names[] = { "choose", "dense", "convolution", "recurrent", "deep-set" };

const char *
us_summary_kind_name (UsSummaryKind kind)
{
  g_return_val_if_fail ((guint) kind < G_N_ELEMENTS (kind_names), NULL);

  return kind_names[kind];
}

gboolean
us_summary_kind_from_name (const char    *name,
                           UsSummaryKind *kind)
{
  g_return_val_if_fail (kind != NULL, FALSE);

  for (guint i = US_SUMMARY_DENSE; i < G_N_ELEMENTS (kind_names); i++)
    if (g_strcmp0 (name, kind_names[i]) == 0)
      {
        *kind = (UsSummaryKind) i;
        return TRUE;
      }
  return FALSE;
}

void
us_summary_config_output (UsSummaryConfig *config,
                          const UsOutput  *output)
{
  g_return_if_fail (config != NULL && output != NULL);

  config->height = output->height;
  config->width = output->width;
  config->channels = output->channels;
  config->times = output->x_values;
  config->counts = output->counts;
}

gsize
us_summary_default_size (gsize n_targets)
{
  return CLAMP (2 * n_targets, 4, 64);
}

/* --- what follows from the configuration ------------------------------- */

static gboolean
is_table (const UsSummaryConfig *c)
{
  return c->height == 1 && c->width == 1;
}

static gboolean
check_config (const UsSummaryConfig *c,
              GError               **error)
{
  if (c->height < 1 || c->width < 1 || c->channels < 1 || c->height > MAX_VALUES || c->width > MAX_VALUES / c->height
      || c->channels > MAX_VALUES / (c->height * c->width))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                   "(%" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT ") values are none, or more than %"
                   G_GSIZE_FORMAT, c->height, c->width, c->channels, MAX_VALUES);
      return FALSE;
    }
  if (!(c->missing.gaps >= 0 && c->missing.gaps <= 0.5) || !(c->missing.cut >= 0 && c->missing.cut <= 0.95))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                   "A share of gaps of %g is not within 0 to 0.5, or a cut of %g not within 0 to 0.95",
                   c->missing.gaps, c->missing.cut);
      return FALSE;
    }
  for (gsize t = 0; c->times != NULL && t < c->height; t++)
    if (!isfinite (c->times[t]) || (t > 0 && c->times[t] <= c->times[t - 1]))
      {
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     "The time of point %" G_GSIZE_FORMAT " (%g) does not follow the one before", t + 1, c->times[t]);
        return FALSE;
      }
  return TRUE;
}

static UsSummaryKind
choose_kind (const UsSummaryConfig *c)
{
  if (is_table (c))
    return c->unordered ? US_SUMMARY_DEEP_SET : US_SUMMARY_DENSE;
  if (c->width > 1)
    return US_SUMMARY_CONVOLUTION;
  if (c->unordered)
    return US_SUMMARY_DEEP_SET;
  return c->height * c->channels <= DENSE_VALUES ? US_SUMMARY_DENSE : US_SUMMARY_CONVOLUTION;
}

/* A series is padded until it can be halved while it is longer than a dozen points. */
static gsize
padded (gsize points)
{
  gsize unit = 1;

  while (points / unit > 16)
    unit *= 2;
  return (points + unit - 1) / unit * unit;
}

static void
set_input_shape (UsSummary *self)
{
  const UsSummaryConfig *c = &self->config;
  gsize per_point = self->n_channels * (self->masks ? 2 : 1);

  self->in_height = 1;
  switch (c->kind)
    {
    case US_SUMMARY_DENSE:
      self->in_width = 1;
      self->in_channels = self->n_values * (self->masks ? 2 : 1);
      break;

    case US_SUMMARY_CONVOLUTION:
      if (c->width > 1)
        {
          self->in_height = c->height;
          self->in_width = c->width;
          self->in_channels = per_point;
          break;
        }
      self->has_time = c->times != NULL;
      self->in_width = padded (self->n_points);
      self->in_channels = per_point + self->has_time;
      break;

    default:
      self->has_time = !c->unordered;
      self->in_width = self->n_points;
      self->in_channels = per_point + self->has_time;
      if (self->masks)
        {
          gboolean any = self->n_channels > 1;

          self->mask_channel = (guint) (self->n_channels * 2 + any);
          self->in_channels += any + 1;
        }
    }
}

static void
set_stamps (UsSummary *self)
{
  double first = 0, last = (double) (self->n_points - 1);

  if (self->times != NULL)
    {
      first = self->times[0];
      last = self->times[self->n_points - 1];
    }
  self->stamps = g_new0 (float, self->n_points);
  for (gsize t = 0; t < self->n_points && last > first; t++)
    self->stamps[t] = (float) (2 * ((self->times != NULL ? self->times[t] : (double) t) - first) / (last - first) - 1);
}

gsize
us_summary_count_scales (const UsSummaryConfig *config)
{
  UsSummaryKind kind = config->kind == US_SUMMARY_CHOOSE ? choose_kind (config) : config->kind;

  if (kind == US_SUMMARY_DENSE)
    return config->height * config->width * config->channels;
  return is_table (config) ? 1 : config->channels;
}

UsSummary *
us_summary_alloc (const UsSummaryConfig *config,
                  GError               **error)
{
  UsSummary *self;

  if (!check_config (config, error))
    return NULL;
  self = g_new0 (UsSummary, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->config = *config;
  if (config->kind == US_SUMMARY_CHOOSE)
    self->config.kind = choose_kind (config);
  /* neither a table nor a picture has points in time */
  if (is_table (config) || config->width > 1)
    self->config.times = NULL;
  if (self->config.times != NULL)
    self->times = g_memdup2 (config->times, config->height * sizeof (double));
  self->config.times = self->times;
  if (self->config.features == 0)
    self->config.features = self->config.kind == US_SUMMARY_DENSE ? 128 : 64;
  self->n_points = is_table (config) ? config->channels : config->height * config->width;
  self->n_channels = is_table (config) ? 1 : config->channels;
  self->n_values = self->n_points * self->n_channels;
  self->masks = config->missing.gaps > 0 || config->missing.cut > 0;
  self->n_scales = us_summary_count_scales (config);
  self->scales = g_new0 (UsValueScale, self->n_scales);
  set_input_shape (self);
  set_stamps (self);
  return self;
}

void
us_summary_unref (UsSummary *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->times);
  g_free (self->scales);
  g_free (self->stamps);
  g_free (self);
}

UsSummaryKind
us_summary_kind (const UsSummary *self)
{
  g_return_val_if_fail (self != NULL, US_SUMMARY_CHOOSE);

  return self->config.kind;
}

gsize
us_summary_n_values (const UsSummary *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_values;
}

gsize
us_summary_n_inputs (const UsSummary *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->in_height * self->in_width * self->in_channels;
}

gboolean
us_summary_takes_missing (const UsSummary *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->masks;
}

gboolean
us_summary_is_constant (const UsSummary *self,
                        gsize            value)
{
  g_return_val_if_fail (self != NULL && value < self->n_values, FALSE);

  return self->scales[value % self->n_scales].constant;
}

/* --- scales ------------------------------------------------------------ */

static double
transformed (const UsValueScale *scale,
             double              x)
{
  switch (scale->transform)
    {
    case US_TRANSFORM_LOG1P:
      return log1p (MAX (x, 0));
    case US_TRANSFORM_LOG:
      return log (MAX (x, scale->floor));
    default:
      return x;
    }
}

static int
compare (gconstpointer a,
         gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* Mean, standard deviation and skewness of v (n). */
static void
moments (const double *v,
         gsize         n,
         double       *mean,
         double       *sd,
         double       *skewness)
{
  double m = 0, m2 = 0, m3 = 0;

  for (gsize i = 0; i < n; i++)
    m += v[i] / (double) n;
  for (gsize i = 0; i < n; i++)
    {
      double d = v[i] - m;

      m2 += d * d / (double) n;
      m3 += d * d * d / (double) n;
    }
  *mean = m;
  *sd = sqrt (m2);
  *skewness = m2 > 0 ? m3 / (m2 * sqrt (m2)) : 0;
}

void
us_value_scale_measure (UsValueScale *scale,
                        gboolean      counts,
                        gboolean      logarithm_allowed,
                        double       *v,
                        gsize         n)
{
  double mean, sd, skewness, log_mean, log_sd, unused, half;
  g_autofree double *logs = g_new (double, n);
  UsValueScale logarithm = { .transform = counts ? US_TRANSFORM_LOG1P : US_TRANSFORM_LOG, .floor = 1 };

  moments (v, n, &mean, &sd, &skewness);
  qsort (v, n, sizeof *v, compare);
  *scale = (UsValueScale) { .floor = 1, .offset = mean, .scale = 1, .constant = !(sd > 1e-9 * (fabs (mean) + 1e-30)) };
  if (scale->constant)
    return;
  if (v[0] > 0 && !counts)
    logarithm.floor = 0.5 * v[0];
  for (gsize i = 0; i < n; i++)
    logs[i] = transformed (&logarithm, v[i]);
  moments (logs, n, &log_mean, &log_sd, &unused);
  if (logarithm_allowed && (counts ? v[n - 1] > LOG_COUNT && log_sd > LOG_SPREAD
                                   : v[0] > 0 && log_sd > LOG_SPREAD && skewness > LOG_SKEWNESS))
    {
      *scale = logarithm;
      mean = log_mean;
      sd = log_sd;
      memcpy (v, logs, n * sizeof *v);     /* as ordered as v was */
    }
  half = 0.5 * (v[(gsize) (0.8413 * (double) (n - 1))] - v[(gsize) (0.1587 * (double) (n - 1))]);
  if (half > 0 && sd > WILD * half)
    {
      mean = v[n / 2];
      sd = half;
    }
  scale->offset = mean;
  scale->scale = sd;
}

UsSummary *
us_summary_new (const UsSummaryConfig *config,
                gsize                  n_rows,
                const float           *x,
                GError               **error)
{
  g_autoptr(UsSummary) self = NULL;
  g_autofree double *v = NULL;
  gsize rows = MIN (n_rows, SCALE_ROWS), each;

  g_return_val_if_fail (config != NULL && x != NULL && n_rows > 0, NULL);

  if ((self = us_summary_alloc (config, error)) == NULL)
    return NULL;
  for (gsize i = 0; i < n_rows * self->n_values; i++)
    if (!isfinite (x[i]))
      {
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     "Row %" G_GSIZE_FORMAT ", value %" G_GSIZE_FORMAT " is not a finite number",
                     i / self->n_values + 1, i % self->n_values + 1);
        return NULL;
      }

  /* a channel of many points: some of its values from every row */
  each = self->n_values / self->n_scales;
  v = g_new (double, rows * MIN (each, 64));
  for (gsize u = 0; u < self->n_scales; u++)
    {
      gsize n = 0, step = (each + 63) / 64;

      for (gsize r = 0; r < rows; r++)
        {
          const float *row = x + (r * n_rows / rows) * self->n_values;

          for (gsize k = r % step; k < each; k += step)
            v[n++] = (double) row[k * self->n_scales + u];
        }
      us_value_scale_measure (&self->scales[u], config->counts, TRUE, v, n);
    }
  return g_steal_pointer (&self);
}

double
us_value_scale_apply (const UsValueScale *self,
                      double              x)
{
  return (transformed (self, x) - self->offset) / self->scale;
}

double
us_value_scale_undo (const UsValueScale *self,
                     double              v)
{
  double x = v * self->scale + self->offset;

  switch (self->transform)
    {
    case US_TRANSFORM_LOG1P:
      return expm1 (x);
    case US_TRANSFORM_LOG:
      return exp (x);
    default:
      return x;
    }
}

/* --- values at work ---------------------------------------------------- */

static float
scaled (const UsSummary *self,
        gsize            value,
        float            x)
{
  const UsValueScale *scale = &self->scales[value % self->n_scales];
  double v = us_value_scale_apply (scale, (double) x);

  /* what never changed says nothing */
  if (scale->constant)
    return 0.0f;
  if (fabs (v) > TAME)
    v = copysign (TAME * (1 + log (fabs (v) / TAME)), v);
  return (float) v;
}

/* Values side by side, then masks. */
static void
prepare_dense (const UsSummary *self,
               const float     *x,
               float           *input)
{
  for (gsize i = 0; i < self->n_values; i++)
    {
      gboolean there = !isnan (x[i]);

      input[i] = there ? scaled (self, i, x[i]) : 0.0f;
      if (self->masks)
        input[self->n_values + i] = there;
    }
}

static void
prepare_points (const UsSummary *self,
                const float     *x,
                float           *input)
{
  gsize c = self->n_channels, n_there = 0;
  float share;

  memset (input, 0, us_summary_n_inputs (self) * sizeof *input);
  for (gsize t = 0; t < self->n_points; t++)
    {
      float *point = input + t * self->in_channels;
      gboolean any = FALSE;
      gsize at = c;

      for (gsize k = 0; k < c; k++)
        {
          gboolean there = !isnan (x[t * c + k]);

          point[k] = there ? scaled (self, t * c + k, x[t * c + k]) : 0.0f;
          any |= there;
          if (self->masks)
            point[at++] = there;
        }
      if (self->mask_channel > at)
        point[at++] = any;
      if (self->has_time)
        point[at] = self->stamps[t];
      n_there += any;
    }
  if (self->mask_channel == 0)
    return;
  /* how many there are is lost when they are pooled: each point says it */
  share = (float) (2 * (double) n_there / (double) self->n_points - 1);
  for (gsize t = 0; t < self->n_points; t++)
    input[(t + 1) * self->in_channels - 1] = share;
}

void
us_summary_prepare (const UsSummary *self,
                    gsize            rows,
                    const float     *x,
                    float           *input)
{
  gsize n_inputs;

  g_return_if_fail (self != NULL && x != NULL && input != NULL);

  n_inputs = us_summary_n_inputs (self);
  for (gsize r = 0; r < rows; r++)
    if (self->config.kind == US_SUMMARY_DENSE)
      prepare_dense (self, x + r * self->n_values, input + r * n_inputs);
    else
      prepare_points (self, x + r * self->n_values, input + r * n_inputs);
}

void
us_missing_draw (const UsMissing *missing,
                 gsize            n_points,
                 gsize            n_channels,
                 gboolean         may_end,
                 UsRng           *rng,
                 float           *x)
{
  gsize length = n_points, kept, n_left = 0;
  float kept_value;
  double share;
  gboolean whole_points;

  g_return_if_fail (missing != NULL && rng != NULL && x != NULL);

  share = us_rng_range (rng, 0, 2 * missing->gaps);
  /* channels may miss a point together or each for itself */
  whole_points = n_channels == 1 || us_rng_uniform (rng) < 0.5;
  if (may_end && missing->cut > 0 && us_rng_uniform (rng) < 0.75)
    length = (gsize) ceil ((double) length * (1 - missing->cut * us_rng_uniform (rng)));
  kept = (gsize) us_rng_below (rng, length * n_channels);
  kept_value = x[kept];
  for (gsize t = 0; t < n_points; t++)
    {
      gboolean gap = us_rng_uniform (rng) < share;

      for (gsize k = 0; k < n_channels; k++)
        {
          if (k > 0 && !whole_points)
            gap = us_rng_uniform (rng) < share;
          if (gap || t >= length)
            x[t * n_channels + k] = NAN;
          else
            n_left++;
        }
    }
  if (n_left == 0)
    x[kept] = kept_value;
}

void
us_summary_draw_missing (const UsSummary *self,
                         UsRng           *rng,
                         float           *x)
{
  g_return_if_fail (self != NULL && rng != NULL && x != NULL);

  if (self->masks)
    us_missing_draw (&self->config.missing, self->n_points, self->n_channels, !is_table (&self->config), rng, x);
}

gboolean
us_summary_check (const UsSummary  *self,
                  const float      *x,
                  GError          **error)
{
  gsize n_there = 0;

  g_return_val_if_fail (self != NULL && x != NULL, FALSE);

  for (gsize i = 0; i < self->n_values; i++)
    {
      g_autofree char *where = NULL;

      if (!isnan (x[i]) && isfinite (x[i]) && !(self->config.counts && x[i] < 0))
        {
          n_there++;
          continue;
        }
      if (isnan (x[i]) && self->masks)
        continue;
      where = self->n_channels > 1 ? g_strdup_printf ("Point %" G_GSIZE_FORMAT ", channel %" G_GSIZE_FORMAT,
                                                      i / self->n_channels + 1, i % self->n_channels + 1)
                                   : g_strdup_printf ("Point %" G_GSIZE_FORMAT, i + 1);
      if (isnan (x[i]))
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     "%s is missing, and this network was trained without gaps", where);
      else if (isinf (x[i]))
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE, "%s is not a finite number", where);
      else
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE, "%s is %g, but a count cannot be below zero",
                     where, (double) x[i]);
      return FALSE;
    }
  if (n_there > 0)
    return TRUE;
  g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE, "Nothing was observed: all points are missing");
  return FALSE;
}
