/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-predictor-task.h"
#include "us-selection-evidence.h"

#include <math.h>

/* The bar for a choice between mechanisms: which growth was it?  Early noisy curves of a strain whose start, rate and
 * capacity are known to a fifth or a third from earlier cultures: what AIC cannot make use of. */

#define K      3
#define SPREAD 0.35        /* of the usual priors' spread of the logarithm */

static const char *const growth[K] = { "growth-exponential@0,2,4,6,8+normal", "growth-logistic@0,2,4,6,8+normal",
                                       "growth-gompertz@0,2,4,6,8+normal" };

static UsPrior *
known_strain (const char *id)
{
  g_autoptr(GError) error = NULL;
  const UsSimulator *simulator = us_registry_find (id, &error);
  UsDistribution distributions[US_MAX_PARAMETERS];
  UsPrior *prior;

  g_assert_no_error (error);
  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      distributions[p] = simulator->parameters[p].prior;
      if (distributions[p].kind == US_DISTRIBUTION_LOG_NORMAL)
        distributions[p].b *= SPREAD;
    }
  prior = us_prior_new (simulator, distributions, &error);
  g_assert_no_error (error);
  return prior;
}

static UsPredictor *
train (void)
{
  const UsPredictorConfig how = { .seed = 1, .epochs = 8, .n_workers = 2, .summary = { .features = 64 } };
  UsPrior *priors[K];
  const UsTaskConfig config = { .kind = US_TASK_SELECTION, .priors = priors, .n_priors = K, .seed = 1 };
  g_autoptr(GError) error = NULL;
  g_autoptr(UsTask) task = NULL;
  UsPredictor *model;

  for (gsize k = 0; k < K; k++)
    priors[k] = known_strain (growth[k]);
  task = us_task_new (&config, &error);
  g_assert_no_error (error);
  model = us_task_train (task, 80000, &how, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  for (gsize k = 0; k < K; k++)
    us_prior_unref (priors[k]);
  return model;
}

static void
test_bar (void)
{
  const UsSelectionConfig config = { .n_fitted = 150, .n_draws = 2000, .seed = 5, .n_workers = 2 };
  g_autoptr(UsPredictor) model = train ();
  g_autoptr(GError) error = NULL;
  g_autoptr(UsSelectionEvidence) self = us_selection_evidence_new (model, &config, NULL, &error);
  const UsSelection *network, *aic;

  g_assert_no_error (error);
  g_assert_null (self->no_fits);
  network = self->network;
  aic = self->scores[US_CHOOSER_AIC];
  g_test_message ("network: error %.4f ± %.4f of %u, %.4f of the fitted; log loss %.4f, entropy %.4f, z %.1f; AIC %.4f ± %.4f, p %.2g; "
                  "least error %.4f, least log loss %.4f", network->error_rate, network->error_sd, (guint) network->n_rows,
                  self->scores[US_CHOOSER_NETWORK]->error_rate, network->log_loss, network->entropy, network->calibration_z,
                  aic->error_rate, aic->error_sd, self->p_same[US_CHOOSER_AIC], self->bayes_error, self->bayes_log_loss);
  /* half of AIC's errors; of the few rows that both judged, as far as they can tell */
  g_assert_cmpfloat (self->scores[US_CHOOSER_NETWORK]->error_rate, <=, 0.6 * aic->error_rate);
  g_assert_cmpfloat (network->error_rate, <=, 0.5 * aic->error_rate);
  g_assert_cmpfloat (self->p_same[US_CHOOSER_AIC], <, 1e-3);
  /* a tenth above the least error there is, which these few rows tell to ± 0.012 */
  g_assert_cmpfloat (network->error_rate, <, 1.1 * self->bayes_error + 0.03);
  /* and what it says of itself is so */
  g_assert_cmpfloat (fabs (network->calibration_z), <, 4);
  g_assert_cmpfloat (network->calibration_error, <, 0.02);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/selection-growth/bar", test_bar);
  return g_test_run ();
}
