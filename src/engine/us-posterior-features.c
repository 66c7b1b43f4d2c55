/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the networks see of x, and the coordinates in which they see θ. */
#include "config.h"

#include "us-posterior-private.h"

#include "us-error.h"
#include "us-sort.h"

#include <glib/gi18n-lib.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_erf.h>
#include <math.h>
#include <string.h>

/* N rows, V values of x, F features. */

#define SKEW_NORMAL     0.7      /* below both: a column is taken as it is */
#define KURTOSIS_NORMAL 4.5      /* 3: normal */
#define REACH           10.0     /* of standardised values: beyond, tails are tamed */
#define BOTH_UP_TO      256      /* columns: with more each gives one feature, of its own */
#define ALIKE_ROWS      4000
#define ALIKE_DISTANCE  1.95     /* of Kolmogorov and Smirnov: one pair in a thousand of the same distribution is farther */
#define POOLED          1000000  /* values */

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

/* What a column's distribution asks for. */
typedef struct
{
  gsize    like;             /* the first column of the same distribution; itself */
  gboolean constant;
  gboolean wild;             /* far tails */
  gboolean odd;              /* skewed, or of another shape than a normal one */
} Character;

/* Largest distance of two empirical distribution functions; a, b (n) sorted. */
static double
kolmogorov (gsize         n,
            const double *a,
            const double *b)
{
  gsize i = 0, j = 0;
  double most = 0.0;

  while (i < n && j < n)
    {
      double v = MIN (a[i], b[j]);

      while (i < n && a[i] <= v)
        i++;
      while (j < n && b[j] <= v)
        j++;
      most = MAX (most, fabs ((double) i - (double) j) / (double) n);
    }
  return most;
}

/* Columns that nothing tells apart share their features: were each measured by itself, the difference would be noise,
 * and would hide that they mean the same. */
static void
find_alike (gsize        n_rows,
            gsize        n_values,
            const float *x,
            Character   *characters)
{
  gsize n = MIN (n_rows, ALIKE_ROWS);
  double limit = ALIKE_DISTANCE * sqrt (2.0 / (double) n);
  g_autofree double *sorted = g_new (double, n * n_values);

  for (gsize v = 0; v < n_values; v++)
    {
      for (gsize r = 0; r < n; r++)
        sorted[v * n + r] = (double) x[r * n_values + v];
      us_sort_doubles (n, sorted + v * n);
      for (gsize o = 0; o < v && !characters[v].constant && characters[v].like == v; o++)
        if (characters[o].like == o && !characters[o].constant && kolmogorov (n, sorted + o * n, sorted + v * n) < limit)
          characters[v].like = o;
    }
}

/* Values of all columns that are like `column`; of very many every so-many-th row.  Returns how many. */
static gsize
pool_values (const Character *characters,
             gsize            column,
             gsize            n_rows,
             gsize            n_values,
             const float     *x,
             double         **values)
{
  gsize n_like = 0, n = 0, stride;

  for (gsize v = 0; v < n_values; v++)
    n_like += characters[v].like == column;
  stride = MAX (n_like * n_rows / POOLED, 1);
  *values = g_new (double, n_like * (n_rows / stride + 1));
  for (gsize v = 0; v < n_values; v++)
    for (gsize r = 0; characters[v].like == column && r < n_rows; r += stride)
      (*values)[n++] = (double) x[r * n_values + v];
  return n;
}

static void
judge_column (Character    *c,
              gsize         n,
              const double *values)
{
  Moments m = moments_of (n, values);

  c->wild = MAX (m.upper - m.mean, m.mean - m.lower) > REACH * m.sd;
  c->odd = fabs (m.skew) > SKEW_NORMAL || m.kurtosis > KURTOSIS_NORMAL;
}

/* Measures the features of a column from the values (n, sorted here) of all that are like it; returns how many: 1 or 2. */
static guint
measure_column (UsFeature       *f,
                gsize            column,
                gsize            n,
                double          *values,
                const Character *character)
{
  us_sort_doubles (n, values);
  f[0] = (UsFeature) { .kind = US_FEATURE_LINEAR, .column = column };
  if (character->wild)
    {
      f[0].kind = US_FEATURE_TAMED;
      f[0].centre = values[n / 2];
      f[0].spread = (values[n - 1 - n / 4] - values[n / 4]) / 1.349;
      if (!(f[0].spread > 0.0))
        f[0].spread = moments_of (n, values).sd;
    }
  standardise (&f[0], n, values);
  f[1] = (UsFeature) { .column = column };
  if (!character->odd || !measure_ranks (&f[1], n, values))
    return 1;
  standardise (&f[1], n, values);
  return 2;
}

static void
measure_all (UsFeatures      *self,
             Character       *characters,
             gsize            n_rows,
             const float     *x)
{
  gsize V = self->n_values;
  g_autofree gsize *first = g_new (gsize, V);
  g_autofree guint *count = g_new (guint, V);

  for (gsize v = 0; v < V; v++)
    {
      UsFeature *f = &self->features[self->n_features];

      if (characters[v].constant)
        continue;
      first[v] = self->n_features;
      if (characters[v].like == v)
        {
          g_autofree double *values = NULL;
          gsize n = pool_values (characters, v, n_rows, V, x, &values);

          judge_column (&characters[v], n, values);
          characters[v].odd = characters[v].odd && V <= BOTH_UP_TO;
          count[v] = measure_column (f, v, n, values, &characters[v]);
        }
      else
        {
          count[v] = count[characters[v].like];
          for (guint k = 0; k < count[v]; k++)
            {
              f[k] = self->features[first[characters[v].like] + k];
              f[k].column = v;
            }
        }
      self->n_features += count[v];
    }
}

gboolean
us_features_measure (UsFeatures  *self,
                     gsize        n_rows,
                     gsize        n_values,
                     const float *x,
                     gboolean     masks,
                     GPtrArray   *notes,
                     GError     **error)
{
  g_autofree Character *characters = g_new0 (Character, n_values);
  gsize n_constant = 0, first_constant = 0;

  *self = (UsFeatures) { .n_values = n_values };
  self->features = g_new0 (UsFeature, 3 * n_values + 1);
  self->lower = g_new (float, n_values);
  self->upper = g_new (float, n_values);
  for (gsize v = 0; v < n_values; v++)
    {
      self->lower[v] = self->upper[v] = x[v];
      for (gsize r = 0; r < n_rows; r++)
        {
          self->lower[v] = MIN (self->lower[v], x[r * n_values + v]);
          self->upper[v] = MAX (self->upper[v], x[r * n_values + v]);
        }
      characters[v].like = v;
      characters[v].constant = self->lower[v] == self->upper[v];
      if (characters[v].constant && n_constant++ == 0)
        first_constant = v;
    }
  if (n_values <= BOTH_UP_TO)
    find_alike (n_rows, n_values, x, characters);
  measure_all (self, characters, n_rows, x);
  if (self->n_features == 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                   _("“x”: no column changes from row to row (column 1 is %g in all rows): nothing can be learnt"),
                   (double) x[0]);
      return FALSE;
    }
  for (gsize v = 0; masks && v < n_values; v++)
    if (!characters[v].constant)
      self->features[self->n_features++] = (UsFeature) { .kind = US_FEATURE_MASK, .column = v, .scale = 1.0 };
  if (n_constant == 1)
    us_posterior_note (notes, _("Column %zu of “x” is %g in all rows and was left out."),
                       first_constant + 1, (double) self->lower[first_constant]);
  else if (n_constant > 1)
    us_posterior_note (notes, _("%zu columns of “x” have the same value in all rows and were left out, the "
                                "first of them column %zu (%g)."),
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
        float value = x[r * self->n_values + f->column];

        out[r * self->n_features + i] = f->kind == US_FEATURE_MASK ? isnan (value) : isnan (value) ? 0.0f
                                        : (float) ((raw_value (f, (double) value) - f->mean) / f->scale);
      }
}

void
us_features_mask (const UsFeatures *self,
                  const float      *x,
                  float            *out)
{
  for (gsize i = 0; i < self->n_features; i++)
    if (isnan (x[self->features[i].column]))
      out[i] = self->features[i].kind == US_FEATURE_MASK ? 1.0f : 0.0f;
}
