/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-rng.h"
#include "us-two-sample.h"
#include "us-sort.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* n rows (n, dims) of N(shift, scale²), independent; the shift along the first axis only. */
static double *
normal_rows (gsize   n,
             gsize   dims,
             double  shift,
             double  scale,
             guint64 seed)
{
  double *x = g_new (double, n * dims);

  for (gsize i = 0; i < n; i++)
    {
      UsRng rng;

      us_rng_init (&rng, seed, US_RNG_TEST, i);
      for (gsize d = 0; d < dims; d++)
        x[i * dims + d] = (d == 0 ? shift : 0.0) + scale * us_rng_normal (&rng);
    }
  return x;
}

/* Four standard errors of an accuracy p on n rows, and what a learner may lose on the way. */
static double
accuracy_tolerance (double p,
                    gsize  n)
{
  return 4 * sqrt (p * (1 - p) / (double) n);
}

static void
test_c2st_same (void)
{
  const gsize dims[] = { 1, 2, 5 };

  for (gsize k = 0; k < G_N_ELEMENTS (dims); k++)
    {
      g_autofree double *a = normal_rows (1500, dims[k], 3, 7, 10 * k + 1);
      g_autofree double *b = normal_rows (1500, dims[k], 3, 7, 10 * k + 2);

      g_assert_cmpfloat_with_epsilon (us_c2st (1500, a, 1500, b, dims[k], US_C2ST_FOLDS, 1, NULL), 0.5,
                                      accuracy_tolerance (0.5, 3000));
    }
}

static void
test_c2st_shift (void)
{
  const double shifts[] = { 0.5, 1, 2 };

  /* Equal spheres d apart: the best classifier cuts half-way, right in Φ(d/2) of all cases. */
  for (gsize k = 0; k < G_N_ELEMENTS (shifts); k++)
    {
      g_autofree double *a = normal_rows (2000, 3, 0, 1, 3);
      g_autofree double *b = normal_rows (2000, 3, shifts[k], 1, 4);
      double bayes = gsl_cdf_ugaussian_P (shifts[k] / 2);
      double found = us_c2st (2000, a, 2000, b, 3, US_C2ST_FOLDS, 1, NULL);

      g_assert_cmpfloat_with_epsilon (found, bayes, accuracy_tolerance (bayes, 4000) + 0.01);
    }
}

static void
test_c2st_spread (void)
{
  g_autofree double *a = normal_rows (3000, 1, 0, 1, 5);
  g_autofree double *b = normal_rows (3000, 1, 0, 2, 6);
  /* Densities meet at |x| = √(8 ln 2 / 3): no straight cut would find it. */
  double edge = sqrt (8 * G_LN2 / 3);
  double bayes = 0.5 * (2 * gsl_cdf_ugaussian_P (edge) - 1 + 2 * gsl_cdf_ugaussian_Q (edge / 2));

  g_assert_cmpfloat_with_epsilon (us_c2st (3000, a, 3000, b, 1, US_C2ST_FOLDS, 1, NULL), bayes,
                                  accuracy_tolerance (bayes, 6000) + 0.01);
}

static void
test_c2st_invariants (void)
{
  g_autoptr(UsPool) pool = us_pool_new (3, 0);
  g_autofree double *a = normal_rows (301, 2, 0, 1, 7);
  g_autofree double *b = normal_rows (300, 2, 0.7, 1, 8);
  double alone = us_c2st (301, a, 300, b, 2, US_C2ST_FOLDS, 9, NULL);

  g_assert_cmpfloat (us_c2st (301, a, 300, b, 2, US_C2ST_FOLDS, 9, pool), ==, alone);
  g_assert_cmpfloat (us_c2st (301, a, 300, b, 2, US_C2ST_FOLDS, 10, pool), !=, alone);
  /* Units are the first sample's own: another scale gives the same bits. */
  for (gsize i = 0; i < 602; i++)
    a[i] *= 4096;
  for (gsize i = 0; i < 600; i++)
    b[i] *= 4096;
  g_assert_cmpfloat (us_c2st (301, a, 300, b, 2, US_C2ST_FOLDS, 9, NULL), ==, alone);
}

static void
test_c2st_edges (void)
{
  g_autofree double *a = normal_rows (200, 2, 0, 1, 11);
  g_autofree double *b = normal_rows (200, 2, 50, 1, 12);

  g_assert_cmpfloat (us_c2st (200, a, 200, b, 2, US_C2ST_FOLDS, 1, NULL), >, 0.98);
  /* A column without spread, of equal value: nothing to be told by it. */
  for (gsize i = 0; i < 200; i++)
    a[2 * i] = b[2 * i] = 1;
  g_assert_cmpfloat_with_epsilon (us_c2st (200, a, 200, b, 2, US_C2ST_FOLDS, 1, NULL), 0.5,
                                  accuracy_tolerance (0.5, 400));
  /* … and of another value, all is told. */
  for (gsize i = 0; i < 200; i++)
    b[2 * i] = 3;
  g_assert_cmpfloat (us_c2st (200, a, 200, b, 2, US_C2ST_FOLDS, 1, NULL), >, 0.98);
  b[17] = NAN;
  g_assert_true (isnan (us_c2st (200, a, 200, b, 2, US_C2ST_FOLDS, 1, NULL)));
  b[17] = 0;
  a[3] = INFINITY;
  g_assert_true (isnan (us_c2st (200, a, 200, b, 2, US_C2ST_FOLDS, 1, NULL)));
}

/* --- Wasserstein ------------------------------------------------------- */

/* The n quantiles of N(mean, scale²) at (i + ½) / n: no chance in them. */
static double *
normal_quantiles (gsize  n,
                  double mean,
                  double scale)
{
  double *x = g_new (double, n);

  for (gsize i = 0; i < n; i++)
    x[i] = mean + scale * gsl_cdf_ugaussian_Pinv (((double) i + 0.5) / (double) n);
  return x;
}

static void
test_wasserstein_normals (void)
{
  g_autofree double *a = normal_quantiles (5000, 0, 1);
  g_autofree double *shifted = normal_quantiles (3000, 1.5, 1);
  g_autofree double *wider = normal_quantiles (4000, 0, 3);

  /* E |F⁻¹ − G⁻¹|: the shift; and |σ − 1| E |Z| = |σ − 1| √(2/π). */
  g_assert_cmpfloat_with_epsilon (us_wasserstein_1d (5000, a, NULL, 3000, shifted, NULL), 1.5, 1e-3);
  g_assert_cmpfloat_with_epsilon (us_wasserstein_1d (5000, a, NULL, 4000, wider, NULL), 2 * sqrt (2 / G_PI), 2e-3);
}

static void
test_wasserstein_small (void)
{
  const double a[] = { 3, 0 }, b[] = { 1 }, twice[] = { 3, 0, 0 }, weight[] = { 1, 2 }, both[] = { 2, 0 };
  const double nothing[] = { 0, 0 }, negative[] = { 2, -1 }, hole[] = { 1, NAN };

  g_assert_cmpfloat_with_epsilon (us_wasserstein_1d (2, a, NULL, 1, b, NULL), 1.5, 1e-15);
  g_assert_cmpfloat_with_epsilon (us_wasserstein_1d (2, a, weight, 1, b, NULL),
                                  us_wasserstein_1d (3, twice, NULL, 1, b, NULL), 1e-15);
  /* A weight of zero is a row that is not there. */
  g_assert_cmpfloat_with_epsilon (us_wasserstein_1d (2, a, both, 1, b, NULL), 2, 1e-15);
  g_assert_cmpfloat_with_epsilon (us_wasserstein_1d (1, b, NULL, 2, a, weight),
                                  us_wasserstein_1d (2, a, weight, 1, b, NULL), 1e-15);
  g_assert_cmpfloat_with_epsilon (us_wasserstein_1d (2, a, NULL, 2, a, NULL), 0, 1e-15);
  g_assert_true (isnan (us_wasserstein_1d (2, a, nothing, 1, b, NULL)));
  g_assert_true (isnan (us_wasserstein_1d (2, a, negative, 1, b, NULL)));
  g_assert_true (isnan (us_wasserstein_1d (2, hole, NULL, 1, b, NULL)));
}

static void
test_wasserstein_sliced (void)
{
  g_autoptr(UsPool) pool = us_pool_new (3, 0);
  const double origin[3] = { 0, 0, 0 }, point[3] = { 1, -2, 2 };
  double alone = us_wasserstein_sliced (1, origin, NULL, 1, point, NULL, 3, 4000, 5, NULL);

  /* |v·u| of a direction u is uniform on 0 … |v| in three dimensions (Archimedes): mean |v|/2. */
  g_assert_cmpfloat_with_epsilon (alone, 1.5, 4 * 3 / sqrt (12 * 4000));
  /* |cos| of a uniform angle: 2/π. */
  g_assert_cmpfloat_with_epsilon (us_wasserstein_sliced (1, origin, NULL, 1, point, NULL, 2, 4000, 6, NULL),
                                  sqrt (5) * 2 / G_PI, 4 * sqrt (5) * 0.308 / sqrt (4000));
  g_assert_cmpfloat (us_wasserstein_sliced (1, origin, NULL, 1, point, NULL, 3, 4000, 5, pool), ==, alone);
  /* One dimension has but one direction. */
  g_assert_cmpfloat_with_epsilon (us_wasserstein_sliced (3, point, NULL, 1, origin, NULL, 1, 7, 1, NULL),
                                  us_wasserstein_1d (3, point, NULL, 1, origin, NULL), 1e-12);
}

/* --- maximum mean discrepancy ------------------------------------------ */

static double
mean_kernel (gsize         n_a,
             const double *a,
             gsize         n_b,
             const double *b,
             gsize         dims,
             double        bandwidth,
             gboolean      same)
{
  double total = 0;
  gsize count = 0;

  for (gsize i = 0; i < n_a; i++)
    for (gsize j = 0; j < n_b; j++)
      {
        double square = 0;

        if (same && i == j)
          continue;
        for (gsize d = 0; d < dims; d++)
          square += pow (a[i * dims + d] - b[j * dims + d], 2);
        total += exp (-square / (2 * bandwidth * bandwidth));
        count++;
      }
  return count > 0 ? total / (double) count : 0;
}

static void
test_mmd_twin (void)
{
  const gsize n_b = 143, dims = 3;

  for (gsize n_a = 1; n_a < 200; n_a += 99)
    {
      g_autoptr(UsPool) pool = us_pool_new (3, 0);
      g_autofree double *a = normal_rows (n_a, dims, 0, 1, 20);
      g_autofree double *b = normal_rows (n_b, dims, 1, 1, 21);
      double expected = mean_kernel (n_a, a, n_a, a, dims, 1.3, TRUE) + mean_kernel (n_b, b, n_b, b, dims, 1.3, TRUE)
                        - 2 * mean_kernel (n_a, a, n_b, b, dims, 1.3, FALSE);
      double found = us_mmd (n_a, a, n_b, b, dims, 1.3, NULL);

      g_assert_cmpfloat_with_epsilon (found, expected, 1e-12);
      g_assert_cmpfloat (us_mmd (n_a, a, n_b, b, dims, 1.3, pool), ==, found);
    }
}

static void
test_mmd_normals (void)
{
  const gsize n = 60, repeats = 300, dims = 2;
  const double width = 1.5, shift = 0.8;
  double mean = 0, square = 0;
  /* E k(x, y) of two normals m apart is (ℓ²/(ℓ²+2))^(D/2) exp (−m²/(2 (ℓ²+2))). */
  double spread = width * width + 2;
  double expected = 2 * pow (width * width / spread, 0.5 * (double) dims) * (1 - exp (-shift * shift / (2 * spread)));

  for (gsize r = 0; r < repeats; r++)
    {
      g_autofree double *a = normal_rows (n, dims, 0, 1, 1000 + r);
      g_autofree double *b = normal_rows (n, dims, shift, 1, 2000 + r);
      double mmd = us_mmd (n, a, n, b, dims, width, NULL);

      mean += mmd / (double) repeats;
      square += mmd * mmd / (double) repeats;
    }
  g_assert_cmpfloat_with_epsilon (mean, expected, 4 * sqrt ((square - mean * mean) / (double) repeats));
}

/* Kolmogorov's distance of p-values from a uniform distribution on the steps 1/m … 1. */
static double
distance_from_uniform (gsize   n,
                       double *p)
{
  double most = 0;

  us_sort_doubles (n, p);
  for (gsize i = 0; i < n; i++)
    if (i + 1 == n || p[i + 1] > p[i])
      most = MAX (most, fabs ((double) (i + 1) / (double) n - p[i]));
  return most;
}

static void
test_mmd_permuted (void)
{
  enum { REPEATS = 250 };
  double p[REPEATS], shifted = 0;

  for (gsize r = 0; r < REPEATS; r++)
    {
      g_autofree double *a = normal_rows (20, 2, 0, 1, 3000 + r);
      g_autofree double *b = normal_rows (30, 2, 0, 1, 4000 + r);
      g_autofree double *c = normal_rows (30, 2, 1.5, 1, 5000 + r);

      p[r] = us_mmd_permuted (20, a, 30, b, 2, 1.2, 99, r, NULL, NULL);
      shifted += us_mmd_permuted (20, a, 30, c, 2, 1.2, 99, r, NULL, NULL) <= 0.05;
    }
  /* 1.95 / √n: one in a thousand. */
  g_assert_cmpfloat (distance_from_uniform (REPEATS, p), <, 1.95 / sqrt (REPEATS));
  g_assert_cmpfloat (shifted, >, 0.95 * REPEATS);
}

static void
test_mmd_permuted_bits (void)
{
  g_autoptr(UsPool) pool = us_pool_new (3, 0);
  g_autofree double *a = normal_rows (100, 2, 0, 1, 40);
  g_autofree double *b = normal_rows (150, 2, 0.4, 1, 41);
  double statistic, again, p = us_mmd_permuted (100, a, 150, b, 2, 1.2, 49, 3, NULL, &statistic);

  g_assert_cmpfloat (us_mmd_permuted (100, a, 150, b, 2, 1.2, 49, 3, pool, &again), ==, p);
  g_assert_cmpfloat (again, ==, statistic);
  g_assert_cmpfloat_with_epsilon (us_mmd (100, a, 150, b, 2, 1.2, NULL), statistic, 1e-12);
  a[5] = NAN;
  g_assert_true (isnan (us_mmd_permuted (100, a, 150, b, 2, 1.2, 49, 3, NULL, &statistic)));
  g_assert_true (isnan (statistic));
}

static void
test_mmd_simulated (void)
{
  enum { REPEATS = 250 };
  g_autofree double *reference = normal_rows (300, 2, 0, 1, 50);

  for (gsize rows = 1; rows <= 3; rows += 2)
    {
      g_autofree double *far = normal_rows (rows, 2, 6, 1, 51);
      g_autofree double *null_sets = NULL;
      double p[REPEATS], statistic;

      for (gsize r = 0; r < REPEATS; r++)
        {
          g_autofree double *observed = normal_rows (rows, 2, 0, 1, 6000 + r);
          g_autofree double *sets = normal_rows (99 * rows, 2, 0, 1, 7000 + r);

          p[r] = us_mmd_simulated (rows, observed, 99, sets, 300, reference, 2, 1.2, NULL, NULL);
        }
      g_assert_cmpfloat (distance_from_uniform (REPEATS, p), <, 1.95 / sqrt (REPEATS));

      /* What is far from all that was simulated is as far as p can say. */
      null_sets = normal_rows (99 * rows, 2, 0, 1, 52);
      g_assert_cmpfloat (us_mmd_simulated (rows, far, 99, null_sets, 300, reference, 2, 1.2, NULL, &statistic), ==, 0.01);
      g_assert_cmpfloat (statistic, ==, us_mmd (rows, far, 300, reference, 2, 1.2, NULL));
    }
}

static void
test_bandwidth (void)
{
  const double x[] = { 0, 0, 3, 4, 0, 10 };      /* distances 5, 10, √45 */
  const double alike[] = { 2, 2, 2, 2, 5 };
  g_autofree double *rows = normal_rows (3000, 1, 0, 1, 60);

  g_assert_cmpfloat_with_epsilon (us_mmd_bandwidth (3, x, 2, 1), sqrt (45), 1e-12);
  g_assert_cmpfloat (us_mmd_bandwidth (5, alike, 1, 1), ==, 1);
  /* The median of |x − y| is √2 times that of |z|; 1,000 rows drawn from 3,000. */
  g_assert_cmpfloat_with_epsilon (us_mmd_bandwidth (3000, rows, 1, 1), G_SQRT2 * 0.6745, 0.1);
  rows[2999] = NAN;
  g_assert_true (isnan (us_mmd_bandwidth (3000, rows, 1, 1)));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/two-sample/c2st/same", test_c2st_same);
  g_test_add_func ("/two-sample/c2st/shift", test_c2st_shift);
  g_test_add_func ("/two-sample/c2st/spread", test_c2st_spread);
  g_test_add_func ("/two-sample/c2st/invariants", test_c2st_invariants);
  g_test_add_func ("/two-sample/c2st/edges", test_c2st_edges);
  g_test_add_func ("/two-sample/wasserstein/normals", test_wasserstein_normals);
  g_test_add_func ("/two-sample/wasserstein/small", test_wasserstein_small);
  g_test_add_func ("/two-sample/wasserstein/sliced", test_wasserstein_sliced);
  g_test_add_func ("/two-sample/mmd/twin", test_mmd_twin);
  g_test_add_func ("/two-sample/mmd/normals", test_mmd_normals);
  g_test_add_func ("/two-sample/mmd/permuted", test_mmd_permuted);
  g_test_add_func ("/two-sample/mmd/permuted-bits", test_mmd_permuted_bits);
  g_test_add_func ("/two-sample/mmd/simulated", test_mmd_simulated);
  g_test_add_func ("/two-sample/mmd/bandwidth", test_bandwidth);
  return g_test_run ();
}
