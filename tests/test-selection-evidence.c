/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A classifier beside fits and the evidence: whose numbers agree, and who is right how often. */
#include "config.h"

#include "us-error.h"
#include "us-json.h"
#include "us-predictor-task.h"
#include "us-selection-evidence.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* F observations that are fitted, K mechanisms. */

#define FITTED 40

static UsPredictor *
train (UsTaskKind         kind,
       const char *const *ids,
       gsize              n,
       gsize              rows,
       gsize              epochs)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsTask) task = NULL;
  UsPrior *priors[4];
  UsPredictor *model;
  const UsPredictorConfig config = { .head = kind == US_TASK_SELECTION ? US_HEAD_CLASSES : US_HEAD_QUANTILES,
                                     .epochs = epochs, .seed = 3, .n_workers = 1 };

  for (gsize k = 0; k < n; k++)
    {
      const UsSimulator *simulator = us_registry_find (ids[k], &error);

      g_assert_no_error (error);
      priors[k] = us_prior_new_default (simulator);
    }
  task = us_task_new (&(UsTaskConfig) { .kind = kind, .priors = priors, .n_priors = n, .seed = 3 }, &error);
  g_assert_no_error (error);
  model = us_task_train (task, rows, &config, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  for (gsize k = 0; k < n; k++)
    us_prior_unref (priors[k]);
  return model;
}

static const char *const growth[] = { "growth-exponential@0,2,4,6,8,10,12+multiplicative",
                                      "growth-logistic@0,2,4,6,8,10,12+multiplicative" };

static void
test_growth (void)
{
  g_autoptr(UsPredictor) model = train (US_TASK_SELECTION, growth, 2, 3000, 12);
  UsSelectionConfig config = { .n_rows = 1000, .n_fitted = FITTED, .n_draws = 600, .seed = 1, .n_workers = 1 };
  g_autoptr(GError) error = NULL;
  g_autoptr(UsSelectionEvidence) self = us_selection_evidence_new (model, &config, NULL, &error);
  g_autoptr(UsSelectionEvidence) two = NULL;

  g_assert_no_error (error);
  g_assert_null (self->no_fits);
  g_assert_cmpuint (self->n_classes, ==, 2);
  g_assert_cmpuint (self->network->n_rows, ==, 1000);
  for (gsize c = 0; c < US_N_CHOOSERS; c++)
    {
      g_test_message ("%s: wrong %.3f ± %.3f, log loss %.3f", us_chooser_id (c), self->scores[c]->error_rate,
                      self->scores[c]->error_sd, self->scores[c]->log_loss);
      g_assert_cmpuint (self->scores[c]->n_rows, ==, FITTED);
      /* rows come from each in turn */
      g_assert_cmpuint (us_selection_count (self->scores[c], 0, 0) + us_selection_count (self->scores[c], 0, 1), ==,
                        FITTED / 2);
      /* better than chance, whoever */
      g_assert_cmpfloat (self->scores[c]->error_rate, <, 0.4);
    }
  /* the best possible choice: as often wrong as it says itself, and its log loss is its entropy */
  g_test_message ("least error %.3f, least log loss %.3f, %u of %u uncertain", self->bayes_error, self->bayes_log_loss,
                  (guint) self->n_uncertain, FITTED);
  g_assert_cmpfloat_with_epsilon (self->scores[US_CHOOSER_EVIDENCE]->error_rate, self->bayes_error,
                                  4 * sqrt (self->bayes_error * (1 - self->bayes_error) / FITTED));
  g_assert_cmpfloat (fabs (self->scores[US_CHOOSER_EVIDENCE]->calibration_z), <, 4);
  g_assert_cmpfloat (self->bayes_log_loss, <, self->scores[US_CHOOSER_NETWORK]->log_loss + 0.15);
  g_assert_cmpfloat (self->p_same[US_CHOOSER_NETWORK], ==, 1);
  g_assert_cmpuint (self->n_uncertain, <=, FITTED / 4);

  /* the same numbers whoever works */
  config.n_workers = 2;
  two = us_selection_evidence_new (model, &config, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (two->bayes_error, ==, self->bayes_error);
  g_assert_cmpfloat (two->scores[US_CHOOSER_AIC]->log_loss, ==, self->scores[US_CHOOSER_AIC]->log_loss);
  g_assert_cmpfloat (two->network->log_loss, ==, self->network->log_loss);
}

static void
test_files (void)
{
  g_autofree char *folder = g_dir_make_tmp ("selection-XXXXXX", NULL);
  g_autoptr(UsPredictor) model = train (US_TASK_SELECTION, growth, 2, 200, 2);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsSelectionEvidence) self = us_selection_evidence_new (model, &(UsSelectionConfig) { .n_rows = 100,
                                                                   .n_fitted = 4, .n_draws = 200 }, NULL, &error);
  static const char *const files[] = { "metrics.json", "reliability.svg", "confusion-network.svg", "confusion-aic.svg",
                                       "confusion-aicc.svg", "confusion-bic.svg", "confusion-evidence.svg" };
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autofree char *metrics = g_build_filename (folder, "metrics.json", NULL);
  JsonObject *root;

  g_assert_no_error (error);
  g_assert_true (us_selection_evidence_write (self, folder, &error));
  g_assert_true (json_parser_load_from_file (parser, metrics, &error));
  root = json_node_get_object (json_parser_get_root (parser));
  g_assert_cmpstr (json_object_get_string_member (root, "kind"), ==, "selection");
  g_assert_cmpint (json_object_get_int_member (root, "fitted"), ==, 4);
  g_assert_cmpfloat (json_object_get_double_member (root, "bayes_error"), ==, self->bayes_error);
  g_assert_true (json_object_has_member (root, "aic") && json_object_has_member (root, "network_all"));
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (folder, files[i], NULL);

      g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
      g_remove (path);
    }
  g_rmdir (folder);
}

/* A predictor of something else has nothing to choose; a chain of chance has no likelihood that could be computed. */
static void
test_refusals (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(UsPredictor) forecast = train (US_TASK_QUANTITIES, growth, 1, 200, 2);
  g_autoptr(UsPredictor) model = train (US_TASK_SELECTION, growth, 2, 200, 2);
  const UsSelectionConfig config = { .n_rows = 100, .n_fitted = 4, .n_draws = 200 };

  g_assert_null (us_selection_evidence_new (forecast, &config, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH);
  g_clear_error (&error);
  {
    static const char *const chains[] = { "sir-chain+poisson", "sirs-chain+poisson" };
    g_autoptr(UsPredictor) chain = train (US_TASK_SELECTION, chains, 2, 100, 1);
    g_autoptr(UsSelectionEvidence) alone = us_selection_evidence_new (chain, &config, NULL, &error);

    g_assert_no_error (error);
    g_assert_nonnull (strstr (alone->no_fits, "left to chance"));
    g_assert_cmpuint (alone->network->n_rows, ==, 100);
    g_assert_null (alone->scores[US_CHOOSER_AIC]);
  }
  g_cancellable_cancel (cancellable);
  g_assert_null (us_selection_evidence_new (model, &config, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/selection-evidence/growth", test_growth);
  g_test_add_func ("/selection-evidence/files", test_files);
  g_test_add_func ("/selection-evidence/refusals", test_refusals);
  return g_test_run ();
}
