/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-contest-plots.h"
#include "us-error.h"

#include <math.h>
#include <string.h>

/* Which growth was it?  The network beside AIC and beside the evidence, on early noisy curves of a strain whose start,
 * rate and capacity are known to a fifth or a third from earlier cultures. */

#define TIMES "@0,2,4,6,8+normal"
#define K     3

static UsTask *
make_task (const char *const ids[K])
{
  UsPrior *priors[K];
  UsTaskConfig config = { .kind = US_TASK_SELECTION, .priors = priors, .n_priors = K, .seed = 1 };
  g_autoptr(GError) error = NULL;
  UsTask *task;

  for (gsize k = 0; k < K; k++)
    {
      const UsSimulator *simulator = us_registry_find (ids[k], &error);
      UsDistribution distributions[US_MAX_PARAMETERS];

      g_assert_no_error (error);
      for (gsize p = 0; p < simulator->n_parameters; p++)
        {
          distributions[p] = simulator->parameters[p].prior;
          if (distributions[p].kind == US_DISTRIBUTION_LOG_NORMAL)
            distributions[p].b *= 0.35;
        }
      priors[k] = us_prior_new (simulator, distributions, &error);
      g_assert_no_error (error);
    }
  task = us_task_new (&config, &error);
  g_assert_no_error (error);
  for (gsize k = 0; k < K; k++)
    us_prior_unref (priors[k]);
  return task;
}

static const char *const growth[K] = { "growth-exponential" TIMES, "growth-logistic" TIMES, "growth-gompertz" TIMES };

static UsPredictor *
train (const UsTask *task,
       gsize         n_rows,
       gsize         epochs)
{
  const UsPredictorConfig how = { .seed = 1, .epochs = epochs, .n_workers = 2, .summary = { .features = 64 } };
  g_autoptr(GError) error = NULL;
  UsPredictor *self = us_task_train (task, n_rows, &how, NULL, NULL, NULL, &error);

  g_assert_no_error (error);
  return self;
}

/* What the figures hold, as their tables say it. */
static void
check_figures (const UsContest *self)
{
  g_autoptr(UsPlot) reliability = us_contest_plot_reliability (self, "Reliability");
  g_autoptr(UsPlot) confusion = us_selection_plot_confusion (self->selections[US_JUDGE_NETWORK], NULL);
  g_autofree char *lines = us_plot_to_csv (reliability), *cells = us_plot_to_csv (confusion);

  g_assert_nonnull (strstr (lines, "AICc"));
  g_assert_null (strstr (lines, "Evidence"));
  g_assert_nonnull (strstr (cells, growth[1]));
}

/* At most half of AIC's errors; probabilities as those that the evidence gives. */
static void
test_growth (void)
{
  g_autoptr(UsTask) task = make_task (growth);
  g_autoptr(UsPredictor) predictor = train (task, 60000, 8);
  const UsContestOptions fits = { .n_rows = 400, .fits = TRUE, .n_workers = 2 };
  const UsContestOptions best = { .n_rows = 60, .evidence = TRUE, .n_workers = 2 };
  g_autoptr(GError) error = NULL;
  g_autoptr(UsContest) a = us_contest_new (task, predictor, &fits, NULL, NULL, NULL, &error), b = NULL;
  double square = 0, worse = 0;

  g_assert_no_error (error);
  for (int j = 0; j < US_N_JUDGES; j++)
    if (a->selections[j] != NULL)
      g_test_message ("%s: error %.4f ± %.4f, log loss %.4f, entropy %.4f, z %.1f, p %.2g", us_judge_id (j),
                      a->selections[j]->error_rate, a->selections[j]->error_sd, a->selections[j]->log_loss,
                      a->selections[j]->entropy, a->selections[j]->calibration_z, a->against[j]);
  g_assert_cmpuint (a->n_failed, ==, 0);
  g_assert_null (a->selections[US_JUDGE_EVIDENCE]);
  g_assert_cmpfloat (a->selections[US_JUDGE_NETWORK]->error_rate, <=, 0.5 * a->selections[US_JUDGE_AIC]->error_rate);
  g_assert_cmpfloat (a->against[US_JUDGE_AIC], <, 1e-6);
  g_assert_cmpfloat (fabs (a->selections[US_JUDGE_NETWORK]->calibration_z), <, 3.5);

  check_figures (a);

  b = us_contest_new (task, predictor, &best, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (b->selections[US_JUDGE_AIC]);
  for (gsize i = 0; i < b->n_rows; i++)
    {
      const double *net = b->p[US_JUDGE_NETWORK] + i * K, *exact = b->p[US_JUDGE_EVIDENCE] + i * K;

      for (gsize k = 0; k < K; k++)
        square += pow (net[k] - exact[k], 2) / (double) (b->n_rows * K);
      worse += (log (exact[b->truth[i]]) - log (net[b->truth[i]])) / (double) b->n_rows;
    }
  g_test_message ("probabilities differ from the evidence's by %.3f, log loss by %.4f nats", sqrt (square), worse);
  g_assert_cmpfloat (sqrt (square), <, 0.1);
  g_assert_cmpfloat (worse, <, 0.05);
}

static void
test_same_bits (void)
{
  g_autoptr(UsTask) task = make_task (growth);
  g_autoptr(UsPredictor) predictor = train (task, 300, 1);
  g_autoptr(UsContest) one = NULL, many = NULL;
  UsContestOptions options = { .n_rows = 20, .fits = TRUE, .n_workers = 1 };

  one = us_contest_new (task, predictor, &options, NULL, NULL, NULL, NULL);
  options.n_workers = 3;
  many = us_contest_new (task, predictor, &options, NULL, NULL, NULL, NULL);
  for (int j = US_JUDGE_NETWORK; j < US_JUDGE_EVIDENCE; j++)
    g_assert_cmpmem (one->p[j], 20 * K * sizeof (double), many->p[j], 20 * K * sizeof (double));
}

static void
test_refused (void)
{
  const char *const others[K] = { "growth-exponential" TIMES, "growth-logistic" TIMES, "growth-richards" TIMES };
  g_autoptr(UsTask) task = make_task (growth), other = make_task (others);
  g_autoptr(UsPredictor) predictor = train (other, 100, 1);
  const UsContestOptions options = { .n_rows = 20, .fits = TRUE, .n_workers = 1 };
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;

  g_assert_null (us_contest_new (task, predictor, &options, NULL, NULL, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH);
  g_clear_error (&error);
  g_cancellable_cancel (cancellable);
  g_assert_null (us_contest_new (other, predictor, &options, NULL, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/contest/growth", test_growth);
  g_test_add_func ("/contest/same-bits", test_same_bits);
  g_test_add_func ("/contest/refused", test_refused);
  return g_test_run ();
}
