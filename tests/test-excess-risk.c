/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A predictor's risk falls to the Bayes-optimal one as it sees more simulations, and not below it. */
#include "config.h"

#include "us-excess-risk.h"
#include "us-linear-gaussian.h"
#include "us-predictor.h"

#include <math.h>

/* N rows, V values, P parameters. */
#define V        16
#define P        US_LINEAR_GAUSSIAN_P
#define SIZES    3
#define HELD_OUT 4000

static void
test_numbers (void)
{
  const double loss[4] = { 3, 5, 2, 6 }, best[4] = { 1, 2, 1, 4 };
  UsExcessRisk self;

  us_excess_risk_measure (4, loss, best, &self);
  g_assert_cmpfloat_with_epsilon (self.risk, 4, 1e-12);
  g_assert_cmpfloat_with_epsilon (self.best, 2, 1e-12);
  g_assert_cmpfloat_with_epsilon (self.excess, 2, 1e-12);
  /* differences 2, 3, 1, 2: variance 2/3 */
  g_assert_cmpfloat_with_epsilon (self.excess_sd, sqrt (2.0 / 3 / 4), 1e-12);
}

static void
test_rate (void)
{
  const double rows[4] = { 100, 1000, 10000, 100000 };
  UsExcessRisk excess[4] = { { .excess = 1, .excess_sd = 0.01 }, { .excess = 0.1, .excess_sd = 0.01 },
                             { .excess = 0.01, .excess_sd = 0.001 }, { .excess = 0.0005, .excess_sd = 0.001 } };

  /* the last is chance */
  g_assert_cmpfloat_with_epsilon (us_excess_risk_rate (4, rows, excess), -1, 1e-9);
  g_assert_true (isnan (us_excess_risk_rate (1, rows, excess)));
}

static void
measure (gsize         n,
         const double *theta,           /* (HELD_OUT, P) */
         const float  *x,               /* (HELD_OUT, V) */
         UsExcessRisk *self)
{
  const UsSimulator *simulator = us_registry_find ("linear-gaussian", NULL);
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  g_autofree double *targets = g_new (double, n * P), *answer = g_new (double, HELD_OUT * P);
  g_autofree double *loss = g_new0 (double, HELD_OUT), *best = g_new0 (double, HELD_OUT);
  g_autofree float *values = g_new (float, n * V);
  UsPredictorConfig config = { .head = US_HEAD_MEAN, .n_rows = n, .n_targets = P, .seed = 1, .n_workers = 2, .epochs = 30 };
  g_autoptr(GError) error = NULL;
  g_autoptr(UsPredictor) model = NULL;

  us_simulate_rows (prior, 0, 3, 0, n, targets, values, &error);
  g_assert_no_error (error);
  us_summary_config_output (&config.summary, &simulator->outputs[0]);
  config.x = values;
  config.targets = targets;
  model = us_predictor_train (&config, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  us_predictor_answer (model, HELD_OUT, x, answer);
  for (gsize i = 0; i < HELD_OUT; i++)
    {
      UsLinearGaussian exact;

      us_linear_gaussian_posterior (V, NULL, x + i * V, &exact);
      for (gsize p = 0; p < P; p++)
        {
          loss[i] += pow (answer[i * P + p] - theta[i * P + p], 2);
          best[i] += pow (exact.mean[p] - theta[i * P + p], 2);
        }
    }
  us_excess_risk_measure (HELD_OUT, loss, best, self);
}

static void
test_falls (void)
{
  static const gsize sizes[SIZES] = { 100, 1000, 10000 };
  g_autoptr(UsPrior) prior = us_prior_new_default (us_registry_find ("linear-gaussian", NULL));
  g_autofree double *theta = g_new (double, HELD_OUT * P);
  g_autofree float *x = g_new (float, HELD_OUT * V);
  UsLinearGaussian exact;
  UsExcessRisk risk[SIZES];
  double trace = 0;

  g_assert_true (us_simulate_rows (prior, 0, 4, 0, HELD_OUT, theta, x, NULL));
  us_linear_gaussian_posterior (V, NULL, x, &exact);
  for (gsize p = 0; p < P; p++)
    trace += exact.covariance[p * P + p];
  for (gsize k = 0; k < SIZES; k++)
    {
      measure (sizes[k], theta, x, &risk[k]);
      g_test_message ("%zu rows: risk %.4f ± %.4f, best %.4f (exact %.4f), excess %.5f ± %.5f", sizes[k], risk[k].risk, risk[k].risk_sd,
                      risk[k].best, trace, risk[k].excess, risk[k].excess_sd);
      g_assert_cmpfloat (fabs (risk[k].best - trace), <, 4 * risk[k].best_sd);
      g_assert_cmpfloat (risk[k].excess, >, -3 * risk[k].excess_sd);
      if (k > 0)
        g_assert_cmpfloat (risk[k].excess, <, 0.5 * risk[k - 1].excess);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/excess-risk/numbers", test_numbers);
  g_test_add_func ("/excess-risk/rate", test_rate);
  g_test_add_func ("/excess-risk/falls", test_falls);
  return g_test_run ();
}
