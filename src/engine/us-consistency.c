/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-consistency.h"

#include "us-attribution.h"
#include "us-linear-gaussian.h"
#include "us-prior.h"
#include "us-two-sample.h"

#include <math.h>
#include <string.h>

/* N rows, P parameters, S summaries, T points of x. */
#define P          US_LINEAR_GAUSSIAN_P
#define T          16
#define SIGMA      1.0          /* the simulator's noise */
#define BLOCK      10000
#define EXACT      10000        /* draws that stand for the limit */
#define DIRECTIONS 50

static gsize
n_summaries (UsConsistencySummary summary)
{
  return summary == US_CONSISTENCY_SUFFICIENT ? P : 1;
}

static double
mean_of (const float *x)
{
  double mean = 0;

  for (gsize i = 0; i < T; i++)
    mean += (double) x[i] / T;
  return mean;
}

static void
summarise (UsConsistencySummary  summary,
           const float          *x,
           float                *h)          /* (S) */
{
  UsLinearGaussian posterior;

  if (summary == US_CONSISTENCY_MEAN)
    {
      h[0] = (float) mean_of (x);
      return;
    }
  /* The posterior's mean is an invertible map of the sufficient Dᵀ x. */
  us_linear_gaussian_posterior (T, NULL, x, &posterior);
  for (gsize p = 0; p < P; p++)
    h[p] = (float) posterior.mean[p];
}

/* The mean of x is one measurement gᵀ θ + σ/√T ε: θ and it are normal together. */
static void
limit_given_mean (const UsSimulator *simulator,
                  const float       *x,
                  UsLinearGaussian  *limit)
{
  double g[P], square = SIGMA * SIGMA / T;

  for (gsize p = 0; p < P; p++)
    {
      double theta[P] = { 0 };
      float column[T];
      UsRng rng;

      us_rng_init (&rng, 0, US_RNG_TEST, 0);
      theta[p] = 1;
      simulator->run (simulator, theta, 1, &rng, column);
      g[p] = mean_of (column);
      square += g[p] * g[p];
    }
  for (gsize p = 0; p < P; p++)
    {
      limit->mean[p] = g[p] * mean_of (x) / square;
      for (gsize q = 0; q < P; q++)
        limit->covariance[p * P + q] = (p == q ? 1.0 : 0.0) - g[p] * g[q] / square;
    }
  limit->log_evidence = NAN;
}

/* Coordinates in which the limit is a standard normal distribution: L⁻¹ (θ − µ), L Lᵀ the covariance. */
static double *
standardised (const UsLinearGaussian *limit,
              gsize                   n,
              const double           *theta)         /* (n, P) */
{
  double factor[P * P];
  double *z = g_new (double, n * P);

  memcpy (factor, limit->covariance, sizeof factor);
  for (gsize j = 0; j < P; j++)
    {
      for (gsize k = 0; k < j; k++)
        factor[j * P + j] -= factor[j * P + k] * factor[j * P + k];
      factor[j * P + j] = sqrt (factor[j * P + j]);
      for (gsize i = j + 1; i < P; i++)
        {
          for (gsize k = 0; k < j; k++)
            factor[i * P + j] -= factor[i * P + k] * factor[j * P + k];
          factor[i * P + j] /= factor[j * P + j];
        }
    }
  for (gsize r = 0; r < n; r++)
    for (gsize i = 0; i < P; i++)
      {
        double value = theta[r * P + i] - limit->mean[i];

        for (gsize k = 0; k < i; k++)
          value -= factor[i * P + k] * z[r * P + k];
        z[r * P + i] = value / factor[i * P + i];
      }
  return z;
}

static double *
standard_normals (gsize   n,
                  guint64 seed)
{
  double *z = g_new (double, n * P);
  UsRng rng;

  us_rng_init (&rng, seed, US_RNG_TEST, 0);
  for (gsize i = 0; i < n * P; i++)
    z[i] = us_rng_normal (&rng);
  return z;
}

static double
distance (const UsLinearGaussian *limit,
          const UsMatches        *matches,
          const double           *exact,             /* (EXACT, P) */
          UsPool                 *pool)
{
  g_autofree double *z = standardised (limit, matches->n, matches->theta);

  return us_wasserstein_sliced (matches->n, z, matches->weight, EXACT, exact, NULL, P, DIRECTIONS, 1, pool);
}

/* Rows kept with the probability of their weight over the largest: distributed as the weighted ones, and none twice, which
 * would tell on itself.  As many exact draws beside them. */
static double
tell_apart (const UsLinearGaussian *limit,
            const UsMatches        *matches,
            const double           *exact,
            gsize                   most,
            UsPool                 *pool)
{
  g_autofree double *theta = g_new (double, matches->n * P);
  g_autofree double *z = NULL;
  gsize n = 0;
  UsRng rng;

  if (most == 0)
    return NAN;
  us_rng_init (&rng, 2, US_RNG_TEST, 1);
  for (gsize k = 0; k < matches->n && n < most; k++)
    if (us_rng_uniform (&rng) < matches->weight[k] / matches->weight[0])
      memcpy (theta + n++ * P, matches->theta + k * P, P * sizeof *theta);
  z = standardised (limit, n, theta);
  return us_c2st (n, exact, n, z, P, US_C2ST_FOLDS, 1, pool);
}

static UsAttribution *
make_bank (const UsPrior        *prior,
           UsConsistencySummary  summary,
           gsize                 n_rows,
           guint64               seed,
           UsPool               *pool,
           const gint           *cancelled,
           GError              **error)
{
  gsize s = n_summaries (summary);
  g_autofree double *theta = g_new (double, n_rows * P);
  g_autofree float *h = g_new (float, n_rows * s);
  g_autofree float *x = g_new (float, BLOCK * T);

  for (gsize first = 0; first < n_rows; first += BLOCK)
    {
      gsize count = MIN (BLOCK, n_rows - first);

      if (!us_simulate_rows (prior, 0, seed, first, count, theta + first * P, x, error))
        return NULL;
      for (gsize i = 0; i < count; i++)
        summarise (summary, x + i * T, h + (first + i) * s);
    }
  return us_attribution_new (n_rows, s, h, P, theta, 100, pool, NULL, NULL, cancelled, error);
}

gboolean
us_consistency_measure (UsConsistencySummary  summary,
                        gsize                 n_rows,
                        gsize                 n_observations,
                        gsize                 most_c2st,
                        guint64               seed,
                        UsPool               *pool,
                        const gint           *cancelled,
                        UsConsistency        *result,
                        GError              **error)
{
  const UsSimulator *simulator = us_registry_find ("linear-gaussian", NULL);
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  g_autoptr(UsAttribution) attribution = NULL;
  g_autofree double *exact = standard_normals (EXACT, 1);
  double each = 1 / (double) n_observations;

  g_return_val_if_fail (most_c2st <= EXACT && n_observations > 0, FALSE);

  memset (result, 0, sizeof *result);
  attribution = make_bank (prior, summary, n_rows, seed, pool, cancelled, error);
  if (attribution == NULL)
    return FALSE;
  for (gsize k = 0; k < n_observations; k++)
    {
      const UsAttributionOptions wider = { .ess = us_attribution_default_ess (attribution, TRUE) };
      g_autoptr(UsMatches) matches = NULL;
      g_autoptr(UsMatches) wide = NULL;
      g_autoptr(UsMatches) adjusted = NULL;
      g_autofree double *chance = NULL;
      UsLinearGaussian limit, full;
      double theta[P];
      float x[T], h[P];

      if (!us_simulate_rows (prior, 0, seed + 1, k, 1, theta, x, error))
        return FALSE;
      us_linear_gaussian_posterior (T, NULL, x, &full);
      limit = full;
      if (summary == US_CONSISTENCY_MEAN)
        limit_given_mean (simulator, x, &limit);
      summarise (summary, x, h);
      if ((matches = us_attribution_query (attribution, h, NULL, pool, cancelled, error)) == NULL
          || (wide = us_attribution_query (attribution, h, &wider, pool, cancelled, error)) == NULL
          || (adjusted = us_matches_adjust (wide, attribution, NULL, NULL, error)) == NULL)
        return FALSE;

      chance = standard_normals ((gsize) matches->ess, 100 + k);
      result->k += each * (double) matches->n;
      result->ess += each * matches->ess;
      result->share += each * (double) matches->n / (double) n_rows;
      result->wasserstein += each * distance (&limit, matches, exact, pool);
      result->wasserstein_adjusted += each * distance (&limit, adjusted, exact, pool);
      result->wasserstein_full += each * distance (&full, matches, exact, pool);
      result->wasserstein_chance += each * us_wasserstein_sliced ((gsize) matches->ess, chance, NULL, EXACT, exact, NULL,
                                                                  P, DIRECTIONS, 1, pool);
      result->c2st += each * tell_apart (&limit, matches, exact, most_c2st, pool);
      result->c2st_adjusted += each * tell_apart (&limit, adjusted, exact, most_c2st, pool);
    }
  return TRUE;
}
