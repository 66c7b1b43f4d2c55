/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attribution against double arithmetic written here, an exact posterior, and distributions that are known. */
#include "us-attribution.h"

#include "us-error.h"
#include "us-rng.h"
#include "us-two-sample.h"
#include "us-sort.h"

#include <gio/gio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void
fill_normal (gsize   n,
             float  *values,
             guint64 seed)
{
  UsRng rng;

  us_rng_init (&rng, seed, US_RNG_TEST, 0);
  for (gsize i = 0; i < n; i++)
    values[i] = (float) us_rng_normal (&rng);
}

static UsAttribution *
make (gsize         n,
      gsize         s_count,
      const float  *h,
      gsize         p_count,
      const double *theta,
      UsPool       *pool)
{
  g_autoptr(GError) error = NULL;
  UsAttribution *attribution = us_attribution_new (n, s_count, h, p_count, theta, 0, pool, NULL, NULL, NULL, &error);

  g_assert_no_error (error);
  return attribution;
}

static UsMatches *
ask (const UsAttribution        *attribution,
     const float                *h,
     const UsAttributionOptions *options,
     UsPool                     *pool)
{
  g_autoptr(GError) error = NULL;
  UsMatches *matches = us_attribution_query (attribution, h, options, pool, NULL, &error);

  g_assert_no_error (error);
  return matches;
}

/* -- distances ---------------------------------------------------------------- */

/* a (n, n) x = b by elimination with pivots; both are overwritten. */
static void
solve (gsize   n,
       double *a,
       double *b)
{
  for (gsize c = 0; c < n; c++)
    {
      gsize pivot = c;

      for (gsize r = c + 1; r < n; r++)
        if (fabs (a[r * n + c]) > fabs (a[pivot * n + c]))
          pivot = r;
      for (gsize j = 0; j < n; j++)
        {
          double t = a[c * n + j];

          a[c * n + j] = a[pivot * n + j];
          a[pivot * n + j] = t;
        }
      {
        double t = b[c];

        b[c] = b[pivot];
        b[pivot] = t;
      }
      for (gsize r = c + 1; r < n; r++)
        {
          double f = a[r * n + c] / a[c * n + c];

          for (gsize j = c; j < n; j++)
            a[r * n + j] -= f * a[c * n + j];
          b[r] -= f * b[c];
        }
    }
  for (gsize c = n; c-- > 0;)
    {
      for (gsize j = c + 1; j < n; j++)
        b[c] -= a[c * n + j] * b[j];
      b[c] /= a[c * n + c];
    }
}

/* Full whitening makes Mahalanobis' distance: the covariance of the rows, inverted by elimination. */
static void
test_distances (void)
{
  enum { N = 1037, S = 7 };             /* not whole blocks */
  g_autofree float *raw = g_new (float, N * S), *h = g_new (float, N * S), *distances = g_new (float, N);
  double mean[S] = { 0 }, covariance[S * S] = { 0 };
  float query[S] = { 3, -5, 8, 0.5f, 10, -1, 400 }, whitened[S];
  g_autoptr(UsPool) pool = us_pool_new (2, 0);
  g_autoptr(UsAttribution) attribution = NULL;

  fill_normal (N * S, raw, 1);
  for (gsize i = 0; i < N; i++)
    for (gsize s = 0; s < S; s++)       /* correlated, of very different sizes */
      h[i * S + s] = (raw[i * S + s] + 0.7f * raw[i * S + (s + 1) % S]) * powf (10, (float) s - 3) + s;
  for (gsize i = 0; i < N; i++)
    for (gsize s = 0; s < S; s++)
      mean[s] += h[i * S + s] / (double) N;
  for (gsize i = 0; i < N; i++)
    for (gsize a = 0; a < S; a++)
      for (gsize b = 0; b < S; b++)
        covariance[a * S + b] += (h[i * S + a] - mean[a]) * (h[i * S + b] - mean[b]) / N;
  attribution = make (N, S, h, 0, NULL, pool);
  g_assert_cmpuint (us_attribution_rank (attribution), ==, S);
  g_assert_true (us_attribution_whiten (attribution, query, whitened));
  us_attribution_distances (attribution, whitened, pool, distances);
  for (gsize i = 0; i < N; i++)
    {
      double a[S * S], difference[S], solved[S], squared = 0;

      memcpy (a, covariance, sizeof a);
      for (gsize s = 0; s < S; s++)
        solved[s] = difference[s] = (double) h[i * S + s] - query[s];
      solve (S, a, solved);
      for (gsize s = 0; s < S; s++)
        squared += difference[s] * solved[s];
      g_assert_cmpfloat_with_epsilon (distances[i], sqrt (squared), 1e-4 * sqrt (squared));
    }
}

/* The rows of the bank themselves: at distance 0 from what is asked, and first. */
static void
test_own_row (void)
{
  enum { N = 500, S = 3 };
  g_autofree float *h = g_new (float, N * S);
  g_autofree double *theta = g_new (double, N);
  g_autoptr(UsAttribution) attribution = NULL;

  fill_normal (N * S, h, 2);
  for (gsize i = 0; i < N; i++)
    theta[i] = i;
  attribution = make (N, S, h, 1, theta, NULL);
  for (gsize i = 0; i < N; i += 37)
    {
      g_autoptr(UsMatches) matches = ask (attribution, h + i * S, NULL, NULL);

      g_assert_cmpuint (matches->row[0], ==, i);
      g_assert_cmpfloat (matches->theta[0], ==, i);
      g_assert_cmpfloat (matches->distance[0], <, 1e-5);
      for (gsize k = 1; k < matches->n; k++)
        g_assert_cmpfloat (matches->distance[k], >=, matches->distance[k - 1]);
    }
}

/* The same bits whoever works: 1, 2, 5 workers and none. */
static void
test_workers (void)
{
  enum { N = 30000, S = 6 };
  static const guint workers[] = { 1, 2, 5 };
  g_autofree float *h = g_new (float, N * S);
  g_autofree double *theta = g_new (double, N);
  const float query[S] = { 0.3f, -1, 0.5f, 2, -0.2f, 0 };
  g_autoptr(UsAttribution) alone = NULL;
  g_autoptr(UsMatches) expected = NULL;
  UsUsual usual;

  fill_normal (N * S, h, 3);
  for (gsize i = 0; i < N; i++)
    theta[i] = sin (i);
  alone = make (N, S, h, 1, theta, NULL);
  expected = ask (alone, query, NULL, NULL);
  g_assert_true (us_attribution_usual (alone, query, NULL, &usual));
  for (gsize w = 0; w < G_N_ELEMENTS (workers); w++)
    {
      g_autoptr(UsPool) pool = us_pool_new (workers[w], 0);
      g_autoptr(UsAttribution) attribution = make (N, S, h, 1, theta, pool);
      g_autoptr(UsMatches) matches = ask (attribution, query, NULL, pool);
      UsUsual own;

      g_assert_true (us_attribution_usual (attribution, query, pool, &own));
      g_assert_cmpmem (&usual, sizeof usual, &own, sizeof own);
      g_assert_cmpmem (expected->row, expected->n * sizeof (gsize), matches->row, matches->n * sizeof (gsize));
      g_assert_cmpmem (expected->weight, expected->n * sizeof (double), matches->weight, matches->n * sizeof (double));
      g_assert_cmpmem (expected->whitened, sizeof query, matches->whitened, sizeof query);
    }
}

/* -- weights ------------------------------------------------------------------- */

/* All that is said of weights, against all distances sorted. */
static void
check_weights (const UsAttribution        *attribution,
               const UsMatches            *matches,
               const UsAttributionOptions *options,
               double                      ess)
{
  gsize n = us_attribution_n_rows (attribution);
  g_autofree float *distances = g_new (float, n);
  double sum = 0, squares = 0, b = matches->bandwidth, first;

  us_attribution_distances (attribution, matches->whitened, NULL, distances);
  us_sort_floats (n, distances);
  for (gsize k = 0; k < matches->n; k++)
    {
      /* the nearest rows, none left out */
      g_assert_cmpfloat_with_epsilon (matches->distance[k], distances[k], 1e-6 * distances[k]);
      sum += matches->weight[k];
      squares += matches->weight[k] * matches->weight[k];
    }
  g_assert_cmpfloat_with_epsilon (sum, 1, 1e-9);
  g_assert_cmpfloat_with_epsilon (matches->ess, 1 / squares, 1e-9 / squares);
  if (options->k > 0)
    g_assert_cmpuint (matches->n, ==, options->k);
  else
    g_assert_cmpfloat_with_epsilon (matches->ess, ess, 1e-4 * ess);
  first = matches->distance[0];
  for (gsize k = 0; k < matches->n; k++)
    {
      double d = matches->distance[k], ratio = matches->weight[k] / matches->weight[0];

      if (options->kernel == US_ATTRIBUTION_GAUSSIAN)
        g_assert_cmpfloat_with_epsilon (ratio, exp (-(d * d - first * first) / (2 * b * b)), 1e-6);
      else
        g_assert_cmpfloat_with_epsilon (ratio, (b * b - d * d) / (b * b - first * first), 1e-6);
    }
  if (matches->n < n && options->kernel == US_ATTRIBUTION_GAUSSIAN && options->k == 0)
    g_assert_cmpfloat (exp ((first * first - distances[matches->n] * distances[matches->n]) / (2 * b * b)), <, 1.01e-6);
  if (matches->n < n && options->kernel == US_ATTRIBUTION_EPANECHNIKOV)
    g_assert_cmpfloat (distances[matches->n], >=, b * (1 - 1e-6));
}

static void
test_weights (void)
{
  static const gsize sizes[] = { 40, 1000, 50000 };
  static const double wanted[] = { 1.5, 10, 33, 700, 40000 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (gsize s_count = 1; s_count <= 9; s_count += 4)
      {
        gsize n = sizes[i];
        g_autofree float *h = g_new (float, n * s_count), *query = g_new (float, s_count);
        g_autoptr(UsAttribution) attribution = NULL;

        fill_normal (n * s_count, h, 4 + i);
        fill_normal (s_count, query, 40 + i);
        attribution = make (n, s_count, h, 0, NULL, NULL);
        for (guint far = 0; far < 2; far++)
          {
            query[0] += 6 * far;
            for (guint kernel = 0; kernel < 2; kernel++)
              for (gsize w = 0; w < G_N_ELEMENTS (wanted); w++)
                {
                  const UsAttributionOptions options = { .kernel = kernel, .ess = wanted[w] };
                  const UsAttributionOptions rows = { .kernel = kernel, .k = (gsize) MIN (wanted[w] + 1, n - 1) };
                  g_autoptr(UsMatches) by_ess = ask (attribution, query, &options, NULL);
                  g_autoptr(UsMatches) by_rows = ask (attribution, query, &rows, NULL);

                  check_weights (attribution, by_ess, &options, MIN (wanted[w], n));
                  check_weights (attribution, by_rows, &rows, NAN);
                }
          }
      }
}

/* Equal rows: all that are nearest, with equal weights, and no endless search. */
static void
test_ties (void)
{
  enum { N = 1000 };
  g_autofree float *h = g_new (float, N);
  g_autoptr(UsAttribution) attribution = NULL;
  const float query = 3;

  for (gsize i = 0; i < N; i++)
    h[i] = (float) (i % 5);
  attribution = make (N, 1, h, 0, NULL, NULL);
  for (guint kernel = 0; kernel < 2; kernel++)
    {
      const UsAttributionOptions options = { .kernel = kernel, .ess = 20 };
      g_autoptr(UsMatches) matches = ask (attribution, &query, &options, NULL);

      g_assert_cmpuint (matches->n, ==, N / 5);
      for (gsize k = 0; k < matches->n; k++)
        {
          g_assert_cmpuint (matches->row[k], ==, 5 * k + 3);
          g_assert_cmpfloat_with_epsilon (matches->weight[k], 5.0 / N, 1e-12);
        }
    }
}

/* -- the posterior --------------------------------------------------------------- */

/* θ ~ N(0, I), x = A θ + σ ε: the exact posterior is normal, Λ = I + AᵀA/σ², mean Λ⁻¹Aᵀx/σ². */
#define LG_P 2
#define LG_S 3
#define LG_SIGMA 0.5
static const double lg_a[LG_S * LG_P] = { 1, 0.4, -0.3, 0.8, 0.5, 0.5 };

static void
lg_draw (guint64 seed,
         gsize   row,
         double *theta,
         float  *x)
{
  UsRng rng;

  us_rng_init (&rng, seed, US_RNG_TEST, row);
  for (gsize p = 0; p < LG_P; p++)
    theta[p] = us_rng_normal (&rng);
  for (gsize s = 0; s < LG_S; s++)
    x[s] = (float) (lg_a[s * LG_P] * theta[0] + lg_a[s * LG_P + 1] * theta[1] + LG_SIGMA * us_rng_normal (&rng));
}

static void
lg_posterior (const float *x,
              double      *mean,        /* (P) */
              double      *sd)
{
  double precision[LG_P * LG_P] = { 1, 0, 0, 1 };

  memset (mean, 0, LG_P * sizeof (double));
  for (gsize s = 0; s < LG_S; s++)
    for (gsize p = 0; p < LG_P; p++)
      {
        mean[p] += lg_a[s * LG_P + p] * x[s] / (LG_SIGMA * LG_SIGMA);
        for (gsize q = 0; q < LG_P; q++)
          precision[p * LG_P + q] += lg_a[s * LG_P + p] * lg_a[s * LG_P + q] / (LG_SIGMA * LG_SIGMA);
      }
  for (gsize p = 0; p < LG_P; p++)
    {
      double copy[LG_P * LG_P], unit[LG_P] = { 0 };

      memcpy (copy, precision, sizeof copy);
      unit[p] = 1;
      solve (LG_P, copy, unit);
      sd[p] = sqrt (unit[p]);
    }
  solve (LG_P, precision, mean);
}

static UsAttribution *
lg_bank (gsize   n,
         UsPool *pool)
{
  g_autofree double *theta = g_new (double, n * LG_P);
  g_autofree float *x = g_new (float, n * LG_S);

  for (gsize i = 0; i < n; i++)
    lg_draw (5, i, theta + i * LG_P, x + i * LG_S);
  return make (n, LG_S, x, LG_P, theta, pool);
}

/* Root mean square errors of means (in posterior sd) and of sd (relative), over observations. */
static void
lg_errors (const UsAttribution *attribution,
           gboolean             adjust,
           double               ess,
           double              *of_mean,
           double              *of_sd)
{
  enum { OBSERVATIONS = 40 };
  const UsAttributionOptions options = { .ess = ess };

  *of_mean = *of_sd = 0;
  for (gsize i = 0; i < OBSERVATIONS; i++)
    {
      double theta[LG_P], mean[LG_P], sd[LG_P];
      float x[LG_S];
      g_autoptr(UsMatches) matches = NULL;

      lg_draw (6, i, theta, x);
      lg_posterior (x, mean, sd);
      matches = ask (attribution, x, &options, NULL);
      if (adjust)
        {
          UsMatches *adjusted = us_matches_adjust (matches, attribution, NULL, NULL, NULL);

          us_matches_free (matches);
          matches = adjusted;
        }
      for (gsize p = 0; p < LG_P; p++)
        {
          double mean_error = (us_matches_mean (matches, p) - mean[p]) / sd[p];
          double sd_error = us_matches_sd (matches, p) / sd[p] - 1;

          *of_mean += mean_error * mean_error / (OBSERVATIONS * LG_P);
          *of_sd += sd_error * sd_error / (OBSERVATIONS * LG_P);
        }
    }
  *of_mean = sqrt (*of_mean);
  *of_sd = sqrt (*of_sd);
}

/* Sliced Wasserstein distance of weighted rows and exact draws, in posterior standard deviations, over observations. */
static double
lg_wasserstein (const UsAttribution *attribution,
                UsPool              *pool)
{
  enum { OBSERVATIONS = 10, DRAWS = 4000 };
  g_autofree double *exact = g_new (double, DRAWS * LG_P);
  double sum = 0;

  for (gsize i = 0; i < OBSERVATIONS; i++)
    {
      double theta[LG_P], mean[LG_P], sd[LG_P], correlation = 0, precision[LG_P * LG_P] = { 1, 0, 0, 1 };
      float x[LG_S];
      g_autoptr(UsMatches) matches = NULL;
      UsRng rng;

      lg_draw (7, i, theta, x);
      lg_posterior (x, mean, sd);
      for (gsize s = 0; s < LG_S; s++)
        for (gsize k = 0; k < LG_P * LG_P; k++)
          precision[k] += lg_a[s * LG_P + k / LG_P] * lg_a[s * LG_P + k % LG_P] / (LG_SIGMA * LG_SIGMA);
      correlation = -precision[1] / sqrt (precision[0] * precision[3]);
      us_rng_init (&rng, 8, US_RNG_TEST, i);
      for (gsize d = 0; d < DRAWS; d++)
        {
          double a = us_rng_normal (&rng), b = us_rng_normal (&rng);

          exact[d * LG_P] = a;
          exact[d * LG_P + 1] = correlation * a + sqrt (1 - correlation * correlation) * b;
        }
      matches = ask (attribution, x, NULL, pool);
      for (gsize k = 0; k < matches->n; k++)
        for (gsize p = 0; p < LG_P; p++)
          matches->theta[k * LG_P + p] = (matches->theta[k * LG_P + p] - mean[p]) / sd[p];
      sum += us_wasserstein_sliced (matches->n, matches->theta, matches->weight, DRAWS, exact, NULL, LG_P, 20, i, NULL);
    }
  return sum / OBSERVATIONS;
}

/* As the bank grows and the default's K/N falls, mean, spread and the whole distribution go to the exact ones. */
static void
test_consistency (void)
{
  static const gsize sizes[] = { 1000, 10000, 100000, 1000000 };
  g_autoptr(UsPool) pool = us_pool_new (2, 0);
  double last_mean = INFINITY, last_sd = INFINITY, last_share = 1, last_distance = INFINITY;

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr(UsAttribution) attribution = lg_bank (sizes[i], pool);
      double of_mean, of_sd, share = us_attribution_default_ess (attribution, FALSE) / sizes[i];
      double distance = lg_wasserstein (attribution, pool);

      lg_errors (attribution, FALSE, 0, &of_mean, &of_sd);
      g_test_message ("%zu rows, K/N %.4f: mean off by %.3f sd, sd by %.3f, Wasserstein %.3f sd", sizes[i], share, of_mean,
                      of_sd, distance);
      g_assert_cmpfloat (of_mean, <, last_mean);
      g_assert_cmpfloat (of_sd, <, last_sd);
      g_assert_cmpfloat (share, <, last_share);
      g_assert_cmpfloat (distance, <, last_distance);
      last_mean = of_mean;
      last_sd = of_sd;
      last_share = share;
      last_distance = distance;
    }
  /* K is about 670: 0.039 and 0.027 of chance alone */
  g_assert_cmpfloat (last_mean, <, 0.08);
  g_assert_cmpfloat (last_sd, <, 0.06);
  g_assert_cmpfloat (last_distance, <, 0.1);
}

/* The posterior is linear in x with one spread: adjusted, even wide weights are right but for chance, where
 * without they are far off. */
static void
test_adjusted_gaussian (void)
{
  g_autoptr(UsAttribution) attribution = lg_bank (20000, NULL);
  double plain_mean, plain_sd, mean, sd;

  lg_errors (attribution, FALSE, 4000, &plain_mean, &plain_sd);
  lg_errors (attribution, TRUE, 4000, &mean, &sd);
  g_test_message ("plain %.3f %.3f, adjusted %.3f %.3f", plain_mean, plain_sd, mean, sd);
  /* standard errors of 4,000: 0.016 of the mean, and more where x lies at the edge of its rows; 0.011 of the sd */
  g_assert_cmpfloat (mean, <, 0.035);
  g_assert_cmpfloat (sd, <, 0.03);
  g_assert_cmpfloat (plain_mean, >, 5 * mean);
  g_assert_cmpfloat (plain_sd, >, 5 * sd);
}

/* Without noise the adjusted rows are all the answer; within bounds they stay; what is not to be adjusted is not. */
static void
test_adjusted_exact (void)
{
  enum { N = 2000, S = 4, P = 3 };
  g_autofree float *h = g_new (float, N * S);
  g_autofree double *theta = g_new (double, N * P);
  const float query[S] = { 0.5f, -0.2f, 1.1f, 0.1f };
  const double lower[P] = { -INFINITY, -1, NAN }, upper[P] = { INFINITY, 3, 5 }, narrow[P] = { -0.1, 0, 0 };
  const UsAttributionOptions options = { .ess = 300 };
  double expected = 2, logit = 0.3;
  g_autoptr(UsAttribution) attribution = NULL;
  g_autoptr(UsMatches) matches = NULL, adjusted = NULL;
  g_autoptr(GError) error = NULL;

  fill_normal (N * S, h, 7);
  for (gsize i = 0; i < N; i++)
    {
      double place = 0.3;

      theta[i * P] = 2;
      for (gsize s = 0; s < S; s++)
        {
          theta[i * P] += (s + 1.0) * h[i * S + s];
          place += (1 - 0.5 * s) * h[i * S + s];
        }
      theta[i * P + 1] = -1 + 4 / (1 + exp (-place));
      theta[i * P + 2] = (double) (i % 5);
    }
  for (gsize s = 0; s < S; s++)
    {
      expected += (s + 1.0) * query[s];
      logit += (1 - 0.5 * s) * query[s];
    }
  attribution = make (N, S, h, P, theta, NULL);
  matches = ask (attribution, query, &options, NULL);
  adjusted = us_matches_adjust (matches, attribution, lower, upper, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (us_matches_sd (matches, 0), >, 0.5);
  g_assert_true (adjusted->adjusted && !matches->adjusted);
  for (gsize k = 0; k < adjusted->n; k++)
    {
      g_assert_cmpfloat_with_epsilon (adjusted->theta[k * P], expected, 1e-3);
      g_assert_cmpfloat_with_epsilon (adjusted->theta[k * P + 1], -1 + 4 / (1 + exp (-logit)), 1e-3);
      g_assert_cmpfloat (adjusted->theta[k * P + 2], ==, matches->theta[k * P + 2]);
      g_assert_cmpfloat (adjusted->weight[k], ==, matches->weight[k]);
    }
  g_assert_null (us_matches_adjust (matches, attribution, narrow, upper, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
}

/* An observation at the edge, far from its rows: a plain line would leave the bounds. */
static void
test_adjusted_bounds (void)
{
  enum { N = 5000 };
  g_autofree float *h = g_new (float, N);
  g_autofree double *theta = g_new (double, N);
  const double lower = 0, upper = 1;
  const float query = 3;
  g_autoptr(UsAttribution) attribution = NULL;
  g_autoptr(UsMatches) matches = NULL, adjusted = NULL, free_ones = NULL;
  gsize n_outside = 0;
  UsRng rng;

  us_rng_init (&rng, 8, US_RNG_TEST, 0);
  for (gsize i = 0; i < N; i++)
    {
      theta[i] = us_rng_uniform (&rng);
      h[i] = (float) (2 * theta[i] + 0.3 * us_rng_normal (&rng));
    }
  attribution = make (N, 1, h, 1, theta, NULL);
  matches = ask (attribution, &query, NULL, NULL);
  adjusted = us_matches_adjust (matches, attribution, &lower, &upper, NULL);
  free_ones = us_matches_adjust (matches, attribution, NULL, NULL, NULL);
  for (gsize k = 0; k < adjusted->n; k++)
    {
      g_assert_true (adjusted->theta[k] >= 0 && adjusted->theta[k] <= 1);
      n_outside += free_ones->theta[k] > 1;
    }
  g_assert_cmpuint (n_outside, >, adjusted->n / 4);
}

/* -- quantiles, draws, agreement ----------------------------------------------------- */

static void
test_summaries (void)
{
  double theta[] = { 5, 1, 2, 4 }, weight[] = { 0.4, 0.3, 0.2, 0.1 };
  UsMatches matches = { .n = 4, .n_parameters = 1, .theta = theta, .weight = weight };
  const double level[] = { 0, 0.15, 0.4, 0.275, 0.55, 0.8, 1 };
  double quantile[G_N_ELEMENTS (level)], mean = 5 * 0.4 + 0.3 + 0.4 + 0.4, draws[20000];
  gsize count[6] = { 0 };

  g_assert_cmpfloat_with_epsilon (us_matches_mean (&matches, 0), mean, 1e-12);
  g_assert_cmpfloat_with_epsilon (us_matches_sd (&matches, 0),
                                  sqrt (25 * 0.4 + 0.3 + 4 * 0.2 + 16 * 0.1 - mean * mean), 1e-12);
  us_matches_quantiles (&matches, 0, G_N_ELEMENTS (level), level, quantile);
  /* steps end at 0.3, 0.5, 0.6, 1: their middles at 0.15, 0.4, 0.55, 0.8 */
  g_assert_cmpfloat (quantile[0], ==, 1);
  g_assert_cmpfloat_with_epsilon (quantile[1], 1, 1e-12);
  g_assert_cmpfloat_with_epsilon (quantile[2], 2, 1e-12);
  g_assert_cmpfloat_with_epsilon (quantile[3], 1.5, 1e-12);
  g_assert_cmpfloat_with_epsilon (quantile[4], 4, 1e-12);
  g_assert_cmpfloat_with_epsilon (quantile[5], 5, 1e-12);
  g_assert_cmpfloat (quantile[6], ==, 5);
  us_matches_resample (&matches, G_N_ELEMENTS (draws), 3, draws);
  for (gsize i = 0; i < G_N_ELEMENTS (draws); i++)
    count[(gsize) draws[i]]++;
  for (gsize k = 0; k < 4; k++)         /* five standard errors */
    g_assert_cmpfloat_with_epsilon (count[(gsize) theta[k]] / (double) G_N_ELEMENTS (draws), weight[k], 0.018);
  g_assert_cmpuint (count[0] + count[3], ==, 0);
}

static void
test_agreement (void)
{
  enum { N = 20000 };
  g_autofree double *theta = g_new (double, 2 * N), *weight = g_new (double, N), *samples = g_new (double, 2 * N);
  UsMatches matches = { .n = N, .n_parameters = 2, .theta = theta, .weight = weight };
  UsAgreement agreement[2];
  UsRng rng;

  us_rng_init (&rng, 9, US_RNG_TEST, 0);
  for (gsize i = 0; i < N; i++)
    {
      double z = us_rng_normal (&rng);

      weight[i] = 1.0 / N;
      samples[2 * i] = z;
      samples[2 * i + 1] = 7 + 3 * z;
      theta[2 * i] = z + 1;                     /* one sd away */
      theta[2 * i + 1] = 7 + 6 * z;             /* twice as wide */
    }
  us_matches_agreement (&matches, N, samples, agreement);
  g_assert_cmpfloat_with_epsilon (agreement[0].wasserstein, 1, 0.02);
  g_assert_cmpfloat_with_epsilon (agreement[0].shift, 1, 0.02);
  g_assert_cmpfloat_with_epsilon (agreement[0].spread, 1, 0.02);
  /* intervals of ±1.645: shifted by one of 2 × 1.645 + 1 */
  g_assert_cmpfloat_with_epsilon (agreement[0].overlap, (3.29 - 1) / (3.29 + 1), 0.02);
  /* ∫ |2 q - q| = E|z| = √(2/π) */
  g_assert_cmpfloat_with_epsilon (agreement[1].wasserstein, sqrt (2 / G_PI), 0.02);
  g_assert_cmpfloat_with_epsilon (agreement[1].spread, 2, 0.02);
  g_assert_cmpfloat_with_epsilon (agreement[1].overlap, 0.5, 0.02);
  us_matches_agreement (&matches, N, theta, agreement);
  g_assert_cmpfloat (agreement[0].wasserstein, <, 1e-9);
  g_assert_cmpfloat_with_epsilon (agreement[0].overlap, 1, 1e-9);
}

/* -- the door -------------------------------------------------------------------------- */

static void
count_calls (double   fraction,
             gpointer data)
{
  g_assert_true (fraction > 0 && fraction <= 1);
  ++*(guint *) data;
}

static void
test_bad_input (void)
{
  enum { N = 100, S = 2 };
  g_autofree float *h = g_new (float, N * S);
  g_autofree double *theta = g_new0 (double, N);
  const float no_number[S] = { 0, INFINITY }, query[S] = { 0, 0 };
  const gint cancelled = TRUE;
  guint n_calls = 0;
  const UsAttributionOptions options = { .progress = count_calls, .data = &n_calls };
  g_autoptr(UsAttribution) attribution = NULL;
  g_autoptr(UsMatches) matches = NULL;
  g_autoptr(GError) error = NULL;

  fill_normal (N * S, h, 13);
  h[7 * S + 1] = NAN;
  theta[9] = INFINITY;
  attribution = make (N, S, h, 1, theta, NULL);
  g_assert_cmpuint (us_attribution_n_rows (attribution), ==, N - 2);
  g_assert_cmpuint (us_attribution_n_left_out (attribution), ==, 2);
  g_assert_cmpuint (us_attribution_first_left_out (attribution), ==, 7);
  matches = ask (attribution, h + 99 * S, &options, NULL);
  g_assert_cmpuint (matches->row[0], ==, 99);           /* the bank's own number */
  g_assert_cmpuint (matches->index[0], ==, 97);
  g_assert_cmpuint (n_calls, ==, 1);
  g_assert_null (us_attribution_query (attribution, no_number, NULL, NULL, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_clear_error (&error);
  g_assert_null (us_attribution_query (attribution, query, NULL, NULL, &cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_null (us_attribution_new (N, S, h, 0, NULL, 0, NULL, NULL, NULL, &cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_null (us_attribution_new (12, S, h, 0, NULL, 0, NULL, NULL, NULL, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
  g_clear_error (&error);
  for (gsize i = 0; i < N * S; i++)
    h[i] = 0.1f;
  g_assert_null (us_attribution_new (N, S, h, 0, NULL, 0, NULL, NULL, NULL, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/attribution/distances", test_distances);
  g_test_add_func ("/attribution/own-row", test_own_row);
  g_test_add_func ("/attribution/workers", test_workers);
  g_test_add_func ("/attribution/weights", test_weights);
  g_test_add_func ("/attribution/ties", test_ties);
  g_test_add_func ("/attribution/consistency", test_consistency);
  g_test_add_func ("/attribution/adjusted/gaussian", test_adjusted_gaussian);
  g_test_add_func ("/attribution/adjusted/exact", test_adjusted_exact);
  g_test_add_func ("/attribution/adjusted/bounds", test_adjusted_bounds);
  g_test_add_func ("/attribution/summaries", test_summaries);
  g_test_add_func ("/attribution/agreement", test_agreement);
  g_test_add_func ("/attribution/bad-input", test_bad_input);
  return g_test_run ();
}
