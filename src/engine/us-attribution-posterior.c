/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weighted rows as an approximate posterior. */
#include "config.h"

#include "us-attribution.h"

#include "us-rng.h"
#include "us-two-sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAIL 0.05               /* beyond either end of the central interval */

typedef struct
{
  double value, weight;
} Weighted;

static int
compare_weighted (const void *a,
                  const void *b)
{
  const Weighted *x = a, *y = b;

  return (x->value > y->value) - (x->value < y->value);
}

double
us_matches_mean (const UsMatches *self,
                 gsize            p)
{
  double sum = 0;

  g_return_val_if_fail (p < self->n_parameters, NAN);

  for (gsize k = 0; k < self->n; k++)
    sum += self->weight[k] * self->theta[k * self->n_parameters + p];
  return sum;
}

double
us_matches_sd (const UsMatches *self,
               gsize            p)
{
  double mean = us_matches_mean (self, p), sum = 0;

  for (gsize k = 0; k < self->n; k++)
    {
      double d = self->theta[k * self->n_parameters + p] - mean;

      sum += self->weight[k] * d * d;
    }
  return sqrt (sum);
}

/* values: sorted here. */
static void
quantiles_of (Weighted     *values,
              gsize         n_values,
              gsize         n,
              const double *level,
              double       *quantile)
{
  g_autofree double *middle = g_new (double, n_values);
  double sum = 0;

  qsort (values, n_values, sizeof (Weighted), compare_weighted);
  for (gsize k = 0; k < n_values; k++)
    {
      middle[k] = sum + values[k].weight / 2;
      sum += values[k].weight;
    }
  for (gsize i = 0; i < n; i++)
    {
      double wanted = level[i] * sum;
      gsize low = 0, high = n_values;

      while (low < high)
        {
          gsize k = low + (high - low) / 2;

          if (middle[k] < wanted)
            low = k + 1;
          else
            high = k;
        }
      if (low == 0 || low == n_values)
        quantile[i] = values[low == 0 ? 0 : n_values - 1].value;
      else
        quantile[i] = values[low - 1].value + (values[low].value - values[low - 1].value)
                      * (wanted - middle[low - 1]) / MAX (middle[low] - middle[low - 1], 1e-300);
    }
}

void
us_matches_quantiles (const UsMatches *self,
                      gsize            p,
                      gsize            n,
                      const double    *level,
                      double          *quantile)
{
  g_autofree Weighted *values = g_new (Weighted, self->n);

  g_return_if_fail (p < self->n_parameters);

  for (gsize k = 0; k < self->n; k++)
    values[k] = (Weighted) { self->theta[k * self->n_parameters + p], self->weight[k] };
  quantiles_of (values, self->n, n, level, quantile);
}

void
us_matches_resample (const UsMatches *self,
                     gsize            n,
                     guint64          seed,
                     double          *theta)
{
  g_autofree double *sums = g_new (double, self->n);
  double sum = 0;

  for (gsize k = 0; k < self->n; k++)
    sums[k] = sum += self->weight[k];
  for (gsize i = 0; i < n; i++)
    {
      gsize low = 0, high = self->n - 1;
      double wanted;
      UsRng rng;

      us_rng_init (&rng, seed, US_RNG_EVALUATE, i);
      wanted = us_rng_uniform (&rng) * sum;
      while (low < high)
        {
          gsize k = low + (high - low) / 2;

          if (sums[k] <= wanted)
            low = k + 1;
          else
            high = k;
        }
      memcpy (theta + i * self->n_parameters, self->theta + low * self->n_parameters,
              self->n_parameters * sizeof (double));
    }
}

static double
overlap_of (const double *a,    /* (2) */
            const double *b)
{
  double both = MIN (a[1], b[1]) - MAX (a[0], b[0]), either = MAX (a[1], b[1]) - MIN (a[0], b[0]);

  if (either <= 0)
    return 1;                   /* the same point */
  return MAX (both, 0) / either;
}

static void
agree_on (const UsMatches *self,
          gsize            p,
          gsize            n,
          const double    *samples,
          UsAgreement     *agreement)
{
  static const double ends[2] = { TAIL, 1 - TAIL };
  gsize p_count = self->n_parameters;
  g_autofree double *own = g_new (double, self->n), *theirs = g_new (double, n);
  g_autofree Weighted *values = g_new (Weighted, n);
  double own_range[2], their_range[2], mean = 0, variance = 0, sd;

  for (gsize k = 0; k < self->n; k++)
    own[k] = self->theta[k * p_count + p];
  for (gsize i = 0; i < n; i++)
    {
      theirs[i] = samples[i * p_count + p];
      values[i] = (Weighted) { theirs[i], 1.0 / n };
      mean += theirs[i] / n;
    }
  for (gsize i = 0; i < n; i++)
    variance += (theirs[i] - mean) * (theirs[i] - mean) / n;
  sd = variance > 0 ? sqrt (variance) : NAN;
  us_matches_quantiles (self, p, 2, ends, own_range);
  quantiles_of (values, n, 2, ends, their_range);
  agreement->wasserstein = us_wasserstein_1d (self->n, own, self->weight, n, theirs, NULL) / sd;
  agreement->overlap = overlap_of (own_range, their_range);
  agreement->shift = (us_matches_mean (self, p) - mean) / sd;
  agreement->spread = us_matches_sd (self, p) / sd;
}

void
us_matches_agreement (const UsMatches *self,
                      gsize            n,
                      const double    *samples,
                      UsAgreement     *agreement)
{
  g_return_if_fail (n > 0 && samples != NULL);

  for (gsize p = 0; p < self->n_parameters; p++)
    agree_on (self, p, n, samples, &agreement[p]);
}
