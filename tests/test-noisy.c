/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "noisy-fixture.h"
#include "simvae-fixture.h"

#include "us-evaluate.h"
#include "us-repeats.h"
#include "us-training-private.h"

#include <json-glib/json-glib.h>

#define N_ITERATIONS 20

static UsPrior *
noisy_prior (void)
{
  return us_prior_new_default (&noisy_simulator);
}

/* --- runs again and again ------------------------------------------------------ */

/* Means and variances of many rows against the closed form, within four standard errors. */
static void
test_repeats (void)
{
  const double theta[NOISY_N] = { 1.5, -0.5, 0.3 };
  const guint runs = US_REPEATS_MANY, n_rows = 2000;
  float mean[NOISY_POINTS], variance[NOISY_POINTS], again[NOISY_POINTS], again_variance[NOISY_POINTS];
  double sum[NOISY_POINTS] = { 0 }, sum_variance[NOISY_POINTS] = { 0 }, log_spread = 0, excess = 0;

  for (guint64 row = 0; row < n_rows; row++)
    {
      g_assert_true (us_repeats_run (&noisy_simulator, 0, theta, runs, 3, row, mean, variance));
      for (gsize t = 0; t < NOISY_POINTS; t++)
        {
          sum[t] += mean[t] / n_rows;
          sum_variance[t] += variance[t] / n_rows;
          log_spread += us_repeats_log_spread (variance[t], runs, 1e-6) / (n_rows * NOISY_POINTS);
        }
      for (gsize t = 0; t < NOISY_POINTS; t++)
        again[t] = noisy_mean (theta, t);
      excess += (us_rms_difference (NOISY_POINTS, mean, again) * us_rms_difference (NOISY_POINTS, mean, again)
                 - us_repeats_excess (NOISY_POINTS, variance, runs)) / n_rows;
    }
  for (gsize t = 0; t < NOISY_POINTS; t++)
    {
      double sd = noisy_sd (theta, t), error = sd / sqrt (n_rows * runs);

      g_assert_cmpfloat_with_epsilon (sum[t], noisy_mean (theta, t), 4 * error);
      g_assert_cmpfloat_with_epsilon (sum_variance[t] / (sd * sd), 1, 4 * sqrt (2.0 / (n_rows * (runs - 1))));
    }
  /* log s of k degrees of freedom has about the variance 1/(2 k) */
  g_assert_cmpfloat_with_epsilon (log_spread + 0.5 * log (2 * G_PI) + 0.5, noisy_entropy (theta),
                                  4 / sqrt (2.0 * (runs - 1) * n_rows * NOISY_POINTS));
  /* against the true mean nothing is left once what a mean of so few misses is taken off */
  g_assert_cmpfloat (fabs (excess), <, 4 * 0.09 / runs * sqrt (2.0 / (n_rows * NOISY_POINTS)));

  /* the same streams, and others */
  us_repeats_run (&noisy_simulator, 0, theta, runs, 3, n_rows - 1, again, again_variance);
  g_assert_cmpmem (mean, sizeof mean, again, sizeof again);
  g_assert_cmpmem (variance, sizeof variance, again_variance, sizeof again_variance);
  us_repeats_run (&noisy_simulator, 0, theta, runs, 3, 1, again, again_variance);
  g_assert_cmpfloat (again[3], !=, mean[3]);
}

static UsSimStatus
refuses (const UsSimulator *self,
         const double      *theta,
         guint              output,
         UsRng             *rng,
         float             *out)
{
  return US_SIM_RETRY;
}

/* One that is not noisy is run once, and its variance is nothing. */
static void
test_repeats_quiet (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsSimulator broken = noisy_simulator;
  double theta[US_MAX_PARAMETERS] = { 0.1, 0.2 };
  gsize n = us_output_n_values (&us_prior_simulator (prior)->outputs[1]);
  g_autofree float *mean = g_new (float, n), *variance = g_new (float, n), *x = g_new (float, n);
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  us_prior_simulator (prior)->run (us_prior_simulator (prior), theta, 1, &rng, x);
  g_assert_true (us_repeats_run (us_prior_simulator (prior), 1, theta, US_REPEATS_ONE, 1, 0, mean, variance));
  g_assert_cmpmem (mean, n * sizeof (float), x, n * sizeof (float));
  for (gsize i = 0; i < n; i++)
    g_assert_cmpfloat (variance[i], ==, 0);
  g_assert_cmpfloat (us_repeats_excess (n, variance, US_REPEATS_ONE), ==, 0);
  g_assert_cmpfloat (us_repeats_log_spread (0, US_REPEATS_ONE, 0.5), ==, log (0.5));

  broken.run = refuses;
  g_assert_false (us_repeats_run (&broken, 0, (const double[]) { 0, 0, 0.1 }, 4, 1, 0, mean, variance));
}

/* --- what is learnt ---------------------------------------------------------------- */

/* Decoder and encoder of the shape that anyone gets, small. */
static UsSimvae *
train (UsMethod method,
       guint64  samples)
{
  g_autoptr(UsPrior) prior = noisy_prior ();
  g_autoptr(GError) error = NULL;
  UsTrainerConfig config = { .prior = prior, .preset = us_preset_find ("quick", &error), .seed = 5, .samples = samples,
                             .width = 32, .n_workers = 2, .method = method };

  g_assert_no_error (error);
  return fixture_train (&config);
}

/* The encoder tells parameters of the mean and of the spread, and nearly as well as can be: squared errors over the
 * least variance of an unbiased answer.  The prior's ends take some of them off. */
static void
check_answers (const UsEvaluation *evaluation)
{
  double excess[NOISY_N] = { 0 };

  for (gsize i = 0; i < evaluation->n_pairs; i++)
    {
      const double *v = evaluation->v + i * NOISY_N, *z = evaluation->z + i * NOISY_N;
      double bound[NOISY_N];

      noisy_bound (v, bound);
      for (gsize p = 0; p < NOISY_N; p++)
        {
          double d = p == NOISY_WIDTH ? log (z[p] / v[p]) : z[p] - v[p];

          excess[p] += d * d / bound[p] / evaluation->n_pairs;
        }
    }
  for (gsize p = 0; p < NOISY_N; p++)
    {
      g_test_message ("%s: squared error %.3f of the least variance, coverage %.3f", noisy_parameters[p].name, excess[p],
                      evaluation->coverage[p]);
      g_assert_cmpfloat (excess[p], >, 0.6);
      g_assert_cmpfloat (excess[p], <, p == NOISY_WIDTH ? 2.6 : 1.2);
      g_assert_cmpfloat (fabs (evaluation->coverage[p] - 0.9), <, 0.04);
    }
}

/* Mean and spread against the closed form, over the prior; nats beside the entropy. */
static void
test_learns (void)
{
  g_autoptr(UsSimvae) model = train (US_METHOD_SIMVAE, 100000);
  g_autoptr(UsPrior) prior = noisy_prior ();
  g_autoptr(UsPlayer) player = us_player_new (model, 64, NULL);
  g_autoptr(UsEvaluation) evaluation = NULL;
  g_autoptr(GError) error = NULL;
  const gsize n = 2000;
  g_autofree double *theta = g_new (double, n * NOISY_N);
  g_autofree float *x = g_new (float, n * NOISY_POINTS), *mean = g_new (float, n * NOISY_POINTS);
  g_autofree float *sd = g_new (float, n * NOISY_POINTS);
  double squares = 0, log_ratio = 0, bias = 0, noise = 0, score = 0, entropy = 0, inside = 0, N = n * NOISY_POINTS;

  g_assert_true (us_simvae_is_noisy (model));
  us_simulate_rows (prior, 0, 99, 0, n, theta, x, &error);
  g_assert_no_error (error);
  us_player_decode_spread (player, n, theta, mean, sd);
  for (gsize i = 0; i < n; i++)
    {
      const double *v = theta + i * NOISY_N;

      for (gsize t = 0; t < NOISY_POINTS; t++)
        {
          gsize at = i * NOISY_POINTS + t;
          double d = mean[at] - noisy_mean (v, t), truth = noisy_sd (v, t), r = log (sd[at] / truth);

          squares += d * d / N;
          noise += truth * truth / N;
          bias += r / N;
          log_ratio += r * r / N;
          inside += (fabs (x[at] - mean[at]) <= US_BAND_WIDTH * sd[at]) / N;
        }
      score += us_log_score (NOISY_POINTS, x + i * NOISY_POINTS, mean + i * NOISY_POINTS, sd + i * NOISY_POINTS) / n;
      entropy += noisy_entropy (v) / n;
    }
  g_test_message ("mean: RMS %.4f of a noise of %.4f; spread: RMS of its logarithm %.4f, bias %.4f; band of 90 %%: %.4f; "
                  "log score %.4f, entropy %.4f nats a value", sqrt (squares), sqrt (noise), sqrt (log_ratio), bias,
                  inside, score, entropy);
  g_assert_cmpfloat (sqrt (squares), <, 0.1 * sqrt (noise));
  g_assert_cmpfloat (sqrt (log_ratio), <, 0.1);
  g_assert_cmpfloat (fabs (bias), <, 0.03);
  g_assert_cmpfloat (fabs (inside - 0.9), <, 0.01);
  /* a draw's score has a standard deviation of √½ about the entropy */
  g_assert_cmpfloat (score - entropy, <, 0.02 + 4 * sqrt (0.5 / N));
  g_assert_cmpfloat (score - entropy, >, -4 * sqrt (0.5 / N));

  /* what the evaluation says of it, on its own draws */
  evaluation = us_evaluate (model, 4000, 11, 2, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("evaluation: decoder's mean %.4f, both %.4f, simulator %.4f, chance %.4f, noise %.4f; log score %.4f "
                  "(truth %.4f), coverage %.4f, standard %.4f; R² %.4f %.4f %.4f", evaluation->rms_decoder,
                  evaluation->rms_both, evaluation->rms_simulator, evaluation->rms_chance, evaluation->rms_noise,
                  evaluation->spread->log_score, evaluation->spread->log_score_truth, evaluation->spread->coverage,
                  evaluation->spread->rms_standard, evaluation->r2[0], evaluation->r2[1], evaluation->r2[2]);
  g_assert_cmpfloat_with_epsilon (evaluation->rms_decoder, sqrt (squares), 0.25 * sqrt (squares));
  g_assert_cmpfloat_with_epsilon (evaluation->rms_noise / sqrt (noise), 1, 0.05);
  /* both of other draws: the width's logarithm alone has a standard deviation of 0.46 */
  g_assert_cmpfloat_with_epsilon (evaluation->spread->log_score_truth, entropy, 4 * 0.46 * sqrt (1.0 / n + 1.0 / 4000));
  g_assert_cmpfloat (evaluation->spread->log_score - evaluation->spread->log_score_truth, <, 0.03);
  g_assert_cmpfloat (evaluation->spread->log_score - evaluation->spread->log_score_truth, >, -0.02);
  g_assert_cmpfloat (fabs (evaluation->spread->coverage - 0.9), <, 0.01);
  g_assert_cmpfloat (fabs (evaluation->spread->rms_standard - 1), <, 0.05);
  check_answers (evaluation);
  g_assert_cmpfloat (evaluation->rms_simulator, <, evaluation->rms_noise);
  g_assert_cmpfloat (evaluation->rms_chance, >, 2 * evaluation->rms_noise);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/noisy/repeats", test_repeats);
  g_test_add_func ("/noisy/repeats/quiet", test_repeats_quiet);
  g_test_add_func ("/noisy/learns", test_learns);
  return g_test_run ();
}
