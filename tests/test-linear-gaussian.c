/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mechanism whose posterior is a formula: the formula against Bayes' theorem, and against its own simulations. */
#include "config.h"

#include "simulator-fixture.h"
#include "us-linear-gaussian.h"
#include "us-prior.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <string.h>

#define P US_LINEAR_GAUSSIAN_P
#define T 16

static const UsSimulator *
linear_gaussian (void)
{
  return fixture_simulator ("linear-gaussian");
}

/* What nobody measures, against reference.csv. */
static void
test_reference (void)
{
  g_autofree char *path = g_build_filename (US_TEST_SOURCE_ROOT, "simulators", "linear-gaussian", "reference.csv", NULL);
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;
  g_autoptr(GError) error = NULL;
  guint n = 0;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  g_assert_cmpstr (lines[0], ==, "output,index,value,x0,v,a");
  for (char **line = lines + 1; *line != NULL; line++)
    {
      g_auto(GStrv) fields = g_strsplit (*line, ",", -1);
      double theta[P];
      float x[T];
      UsRng rng;

      for (gsize p = 0; p < P; p++)
        theta[p] = g_ascii_strtod (fields[3 + p], NULL);
      g_assert_cmpstr (fields[0], ==, "1");
      us_rng_init (&rng, 1, US_RNG_TEST, 0);
      g_assert_cmpint (linear_gaussian ()->run (linear_gaussian (), theta, 1, &rng, x), ==, US_SIM_OK);
      g_assert_cmpfloat_with_epsilon (x[g_ascii_strtoull (fields[1], NULL, 10)], g_ascii_strtod (fields[2], NULL), 2e-6);
      n++;
    }
  g_assert_cmpuint (n, ==, 9 * T);
}

/* Measured is true and noise of a metre. */
static void
test_noise (void)
{
  const double theta[P] = { 0.5, -1, 2 };
  float truth[T];
  double mean = 0, square = 0, next = 0;
  enum { RUNS = 3000 };
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  linear_gaussian ()->run (linear_gaussian (), theta, 1, &rng, truth);
  for (gsize r = 0; r < RUNS; r++)
    {
      float x[T];

      us_rng_init (&rng, 2, US_RNG_TEST, r);
      linear_gaussian ()->run (linear_gaussian (), theta, 0, &rng, x);
      for (gsize i = 0; i < T; i++)
        {
          double e = (double) x[i] - (double) truth[i];

          mean += e / (RUNS * T);
          square += e * e / (RUNS * T);
          if (i > 0)
            next += e * ((double) x[i - 1] - (double) truth[i - 1]) / (RUNS * (T - 1));
        }
    }
  g_assert_cmpfloat_with_epsilon (mean, 0, 4 / sqrt (RUNS * T));
  g_assert_cmpfloat_with_epsilon (square, 1, 4 * sqrt (2.0 / (RUNS * T)));
  g_assert_cmpfloat_with_epsilon (next, 0, 4 / sqrt (RUNS * (T - 1)));
}

static void
test_times (void)
{
  const double theta[P] = { 0.5, -1, 2 };
  double times[T];
  float x[T], again[T];
  UsRng rng;

  for (gsize i = 0; i < T; i++)
    times[i] = us_output_x (&linear_gaussian ()->outputs[0], i);
  g_assert_cmpfloat (times[T - 1], ==, 2);
  for (guint output = 0; output < 2; output++)
    {
      us_rng_init (&rng, 3, US_RNG_TEST, 0);
      linear_gaussian ()->run (linear_gaussian (), theta, output, &rng, x);
      us_rng_init (&rng, 3, US_RNG_TEST, 0);
      linear_gaussian ()->run_at (linear_gaussian (), theta, output, T, times, &rng, again);
      g_assert_cmpmem (x, sizeof x, again, sizeof again);
    }
}

/* log N(θ; mean, covariance), by GSL. */
static double
log_normal_density (const UsLinearGaussian *posterior,
                    const double           *theta)
{
  double factor[P * P], difference[P], log_determinant = 0, square = 0;
  gsl_matrix_view l = gsl_matrix_view_array (factor, P, P);
  gsl_vector_view d = gsl_vector_view_array (difference, P);
  double solved[P];
  gsl_vector_view s = gsl_vector_view_array (solved, P);

  memcpy (factor, posterior->covariance, sizeof factor);
  for (gsize p = 0; p < P; p++)
    difference[p] = theta[p] - posterior->mean[p];
  gsl_linalg_cholesky_decomp1 (&l.matrix);
  gsl_linalg_cholesky_solve (&l.matrix, &d.vector, &s.vector);
  for (gsize p = 0; p < P; p++)
    {
      square += difference[p] * solved[p];
      log_determinant += 2 * log (factor[p * P + p]);
    }
  return -0.5 * (square + log_determinant + P * log (2 * G_PI));
}

/* Bayes: log p(θ) + log p(x|θ) − log p(θ|x) is log p(x), whatever θ. */
static void
assert_bayes (gsize         n,
              const double *times,        /* (n), or NULL */
              const float  *x)
{
  UsLinearGaussian posterior;

  us_linear_gaussian_posterior (n, times, x, &posterior);
  for (gsize r = 0; r < 20; r++)
    {
      double theta[P], total = 0;
      UsRng rng;

      us_rng_init (&rng, 4, US_RNG_TEST, r);
      for (gsize p = 0; p < P; p++)
        {
          theta[p] = 2 * us_rng_normal (&rng);
          total += -0.5 * theta[p] * theta[p] - 0.5 * log (2 * G_PI);
        }
      for (gsize i = 0; i < n; i++)
        if (!isnan (x[i]))
          {
            double t = times != NULL ? times[i] : 2.0 * (double) i / 15;
            double e = (double) x[i] - theta[0] - theta[1] * t - theta[2] * t * t / 2;

            total += -0.5 * e * e - 0.5 * log (2 * G_PI);
          }
      g_assert_cmpfloat_with_epsilon (total - log_normal_density (&posterior, theta), posterior.log_evidence, 1e-9);
    }
}

static void
test_posterior (void)
{
  const double theta[P] = { 0.7, -1.2, 1.9 }, times[5] = { -1, 0.1, 0.5, 3, 4 };
  float x[T], other[5], nothing[T];
  UsLinearGaussian posterior;
  UsRng rng;

  us_rng_init (&rng, 5, US_RNG_TEST, 0);
  linear_gaussian ()->run (linear_gaussian (), theta, 0, &rng, x);
  assert_bayes (T, NULL, x);
  assert_bayes (3, NULL, x);
  x[0] = x[7] = x[15] = NAN;
  assert_bayes (T, NULL, x);
  linear_gaussian ()->run_at (linear_gaussian (), theta, 0, 5, times, &rng, other);
  assert_bayes (5, times, other);

  /* Nothing observed, nothing learnt. */
  for (gsize i = 0; i < T; i++)
    nothing[i] = NAN;
  us_linear_gaussian_posterior (T, NULL, nothing, &posterior);
  for (gsize p = 0; p < P; p++)
    for (gsize q = 0; q < P; q++)
      g_assert_cmpfloat_with_epsilon (posterior.covariance[p * P + q], p == q ? 1 : 0, 1e-15);
  g_assert_cmpfloat_with_epsilon (posterior.log_evidence, 0, 1e-15);
}

/* Draws have the mean and covariance that are stated. */
static void
test_draws (void)
{
  const double theta[P] = { 0.7, -1.2, 1.9 };
  enum { N = 40000 };
  UsLinearGaussian posterior;
  double mean[P] = { 0 }, moment[P * P] = { 0 };
  float x[T];

  fixture_simulate (linear_gaussian (), theta, x);
  us_linear_gaussian_posterior (T, NULL, x, &posterior);
  for (gsize r = 0; r < N; r++)
    {
      double draw[P];
      UsRng rng;

      us_rng_init (&rng, 6, US_RNG_TEST, r);
      us_linear_gaussian_draw (&posterior, &rng, draw);
      for (gsize p = 0; p < P; p++)
        mean[p] += draw[p] / N;
      for (gsize p = 0; p < P; p++)
        for (gsize q = 0; q < P; q++)
          moment[p * P + q] += (draw[p] - posterior.mean[p]) * (draw[q] - posterior.mean[q]) / N;
    }
  for (gsize p = 0; p < P; p++)
    {
      g_assert_cmpfloat_with_epsilon (mean[p], posterior.mean[p], 4 * sqrt (posterior.covariance[p * P + p] / N));
      for (gsize q = 0; q < P; q++)
        g_assert_cmpfloat_with_epsilon (moment[p * P + q], posterior.covariance[p * P + q],
                                        4 * sqrt (2.0 / N * posterior.covariance[p * P + p] * posterior.covariance[q * P + q]));
    }
}

/* Of θ from the prior and x from θ, θ stands anywhere among draws given x: ranks are uniform. */
static void
test_ranks (void)
{
  enum { ROWS = 4000, BINS = 10 };
  g_autoptr(UsPrior) prior = us_prior_new_default (linear_gaussian ());
  guint counts[P][BINS] = { { 0 } };

  for (gsize row = 0; row < ROWS; row++)
    {
      UsLinearGaussian posterior;
      double theta[P], draw[P];
      guint rank[P] = { 0 };
      float x[T];
      UsRng rng;

      g_assert_true (us_simulate_rows (prior, 0, 7, row, 1, theta, x, NULL));
      us_linear_gaussian_posterior (T, NULL, x, &posterior);
      us_rng_init (&rng, 8, US_RNG_TEST, row);
      for (gsize k = 0; k < BINS - 1; k++)
        {
          us_linear_gaussian_draw (&posterior, &rng, draw);
          for (gsize p = 0; p < P; p++)
            rank[p] += draw[p] < theta[p];
        }
      for (gsize p = 0; p < P; p++)
        counts[p][rank[p]]++;
    }
  for (gsize p = 0; p < P; p++)
    {
      double chi = 0;

      for (gsize b = 0; b < BINS; b++)
        chi += pow (counts[p][b] - (double) ROWS / BINS, 2) / ((double) ROWS / BINS);
      g_assert_cmpfloat (gsl_cdf_chisq_Q (chi, BINS - 1), >, 1e-4);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/linear-gaussian/reference", test_reference);
  g_test_add_func ("/linear-gaussian/noise", test_noise);
  g_test_add_func ("/linear-gaussian/times", test_times);
  g_test_add_func ("/linear-gaussian/posterior", test_posterior);
  g_test_add_func ("/linear-gaussian/draws", test_draws);
  g_test_add_func ("/linear-gaussian/ranks", test_ranks);
  return g_test_run ();
}
