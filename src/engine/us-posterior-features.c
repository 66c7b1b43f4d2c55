/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the networks see of x, and the coordinates in which they see θ. */
#include "config.h"

#include "us-posterior-private.h"

#include "us-error.h"

#include <glib/gi18n-lib.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_erf.h>
#include <math.h>
#include <string.h>

/* N rows, V values of x, F features. */

#define SKEW_NORMAL     0.7      /* below both: a column is taken as it is */
#define KURTOSIS_NORMAL 4.5      /* 3: normal */
#define REACH           10.0     /* of standardised values: beyond, tails are tamed */
#define BOTH_UP_TO      256      /* columns: with more each gives one feature */

void
us_posterior_note (GPtrArray  *notes,
                   const char *format,
                   ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (notes, g_strdup_vprintf (format, args));
  va_end (args);
}

double
us_probit (double p)
{
  return gsl_cdf_ugaussian_Pinv (p);
}

double
us_normal_cdf (double u)
{
  return gsl_cdf_ugaussian_P (u);
}

/* --- features ------------------------------------------------------------------ */

static double
raw_value (const UsFeature *f,
           double           x)
{
  guint k = 1;
  double t;

  if (f->kind == US_FEATURE_LINEAR)
    return x;
  if (f->kind == US_FEATURE_TAMED)
    return asinh ((x - f->centre) / f->spread);
  /* piecewise linear between knots; outside, on at the slope of the middle, in the logarithm */
  if (x < f->knots[0])
    return f->scores[0] - log1p ((f->knots[0] - x) / f->spread);
  if (x > f->knots[f->n_knots - 1])
    return f->scores[f->n_knots - 1] + log1p ((x - f->knots[f->n_knots - 1]) / f->spread);
  while (k + 1 < f->n_knots && x > f->knots[k])
    k++;
  t = (x - f->knots[k - 1]) / (f->knots[k] - f->knots[k - 1]);
  return f->scores[k - 1] + t * (f->scores[k] - f->scores[k - 1]);
}

static int
compare_doubles (const void *a,
                 const void *b)
{
  double one = *(const double *) a, other = *(const double *) b;

  return (one > other) - (one < other);
}

typedef struct
{
  double mean, sd, skew, kurtosis;
  double lower, upper;
} Moments;

static Moments
moments_of (gsize         n,
            const double *v)
{
  Moments m = { .lower = v[0], .upper = v[0] };
  double s2 = 0.0, s3 = 0.0, s4 = 0.0;

  for (gsize i = 0; i < n; i++)
    {
      m.mean += v[i] / (double) n;
      m.lower = MIN (m.lower, v[i]);
      m.upper = MAX (m.upper, v[i]);
    }
  for (gsize i = 0; i < n; i++)
    {
      double d = v[i] - m.mean;

      s2 += d * d / (double) n;
      s3 += d * d * d / (double) n;
      s4 += d * d * d * d / (double) n;
    }
  m.sd = sqrt (s2);
  m.skew = s2 > 0.0 ? s3 / (s2 * m.sd) : 0.0;
  m.kurtosis = s2 > 0.0 ? s4 / (s2 * s2) : 3.0;
  return m;
}

/* Knots at quantiles that are evenly spaced in the normal score, equal ones joined. */
static gboolean
measure_ranks (UsFeature    *f,
               gsize         n,
               const double *sorted)
{
  double reach = MIN (3.0, us_probit (1.0 - 0.5 / (double) n));

  f->kind = US_FEATURE_RANK;
  f->n_knots = 0;
  for (guint k = 0; k < US_FEATURE_KNOTS; k++)
    {
      double score = reach * (2.0 * k / (US_FEATURE_KNOTS - 1) - 1.0);
      double place = us_normal_cdf (score) * (double) n - 0.5;
      gsize i = (gsize) CLAMP (place, 0.0, (double) (n - 1));
      double rest = CLAMP (place - (double) i, 0.0, 1.0);
      double knot = sorted[i] + rest * (sorted[MIN (i + 1, n - 1)] - sorted[i]);

      if (f->n_knots > 0 && knot <= f->knots[f->n_knots - 1])
        continue;
      f->knots[f->n_knots] = knot;
      f->scores[f->n_knots++] = score;
    }
  f->spread = f->n_knots > 1 ? (f->knots[f->n_knots - 1] - f->knots[0]) / 4.0 : 1.0;
  return f->n_knots >= 3;
}

static void
standardise (UsFeature    *f,
             gsize         n,
             const double *values)
{
  double sum = 0.0, squares = 0.0;

  for (gsize i = 0; i < n; i++)
    sum += raw_value (f, values[i]);
  f->mean = sum / (double) n;
  for (gsize i = 0; i < n; i++)
    {
      double d = raw_value (f, values[i]) - f->mean;

      squares += d * d;
    }
  f->scale = sqrt (squares / (double) n);
  if (!(f->scale > 0.0))
    f->scale = 1.0;
}

static void
add_features (UsFeatures   *self,
              gsize         column,
              gsize         n,
              double       *values,     /* (N), sorted here */
              gboolean      both)
{
  Moments m = moments_of (n, values);
  gboolean wild = MAX (m.upper - m.mean, m.mean - m.lower) > REACH * m.sd;
  gboolean odd = fabs (m.skew) > SKEW_NORMAL || m.kurtosis > KURTOSIS_NORMAL;
  UsFeature *f = &self->features[self->n_features];

  qsort (values, n, sizeof (double), compare_doubles);
  *f = (UsFeature) { .kind = US_FEATURE_LINEAR, .column = column };
  if (wild)
    {
      f->kind = US_FEATURE_TAMED;
      f->centre = values[n / 2];
      f->spread = (values[n - 1 - n / 4] - values[n / 4]) / 1.349;
      if (!(f->spread > 0.0))
        f->spread = m.sd;
    }
  standardise (f, n, values);
  self->n_features++;
  if (!odd || !both)
    return;
  f = &self->features[self->n_features];
  *f = (UsFeature) { .column = column };
  if (!measure_ranks (f, n, values))
    return;
  standardise (f, n, values);
  self->n_features++;
}

gboolean
us_features_measure (UsFeatures  *self,
                     gsize        n_rows,
                     gsize        n_values,
                     const float *x,
                     GPtrArray   *notes,
                     GError     **error)
{
  g_autofree double *values = g_new (double, n_rows);
  gsize n_constant = 0, first_constant = 0;

  *self = (UsFeatures) { .n_values = n_values };
  self->features = g_new0 (UsFeature, 2 * n_values);
  self->lower = g_new (float, n_values);
  self->upper = g_new (float, n_values);
  for (gsize v = 0; v < n_values; v++)
    {
      self->lower[v] = self->upper[v] = x[v];
      for (gsize r = 0; r < n_rows; r++)
        {
          float value = x[r * n_values + v];

          values[r] = (double) value;
          self->lower[v] = MIN (self->lower[v], value);
          self->upper[v] = MAX (self->upper[v], value);
        }
      if (self->lower[v] == self->upper[v])
        {
          if (n_constant++ == 0)
            first_constant = v;
          continue;
        }
      add_features (self, v, n_rows, values, n_values <= BOTH_UP_TO);
    }
  if (self->n_features == 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                   _("“x”: no column changes from row to row (column 1 is %g in all rows): nothing can be learnt"),
                   (double) x[0]);
      return FALSE;
    }
  if (n_constant == 1)
    us_posterior_note (notes, _("Column %" G_GSIZE_FORMAT " of “x” is %g in all rows and was left out."),
                       first_constant + 1, (double) self->lower[first_constant]);
  else if (n_constant > 1)
    us_posterior_note (notes, _("%" G_GSIZE_FORMAT " columns of “x” have the same value in all rows and were left out, the "
                                "first of them column %" G_GSIZE_FORMAT " (%g)."),
                       n_constant, first_constant + 1, (double) self->lower[first_constant]);
  return TRUE;
}

void
us_features_clear (UsFeatures *self)
{
  g_clear_pointer (&self->features, g_free);
  g_clear_pointer (&self->lower, g_free);
  g_clear_pointer (&self->upper, g_free);
}

void
us_features_apply (const UsFeatures *self,
                   gsize             rows,
                   const float      *x,
                   float            *out)
{
  for (gsize r = 0; r < rows; r++)
    for (gsize i = 0; i < self->n_features; i++)
      {
        const UsFeature *f = &self->features[i];

        out[r * self->n_features + i] =
          (float) ((raw_value (f, (double) x[r * self->n_values + f->column]) - f->mean) / f->scale);
      }
}
