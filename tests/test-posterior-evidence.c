/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a posterior is to be believed: one that is, and the same one asked about data that it was not trained for. */
#include "config.h"

#include "us-error.h"
#include "us-json.h"
#include "us-npy.h"
#include "us-posterior-evidence.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* M rows, P parameters, V values. */

#define ROWS 1000
#define ASKED 200

static char *folder;

/* θ ~ N (0, 1) twice, x_v = θ_v + offset + N (0, noise²), from row `first` of a stream. */
static void
fill (gsize   first,
      gsize   n,
      double  noise,
      double  offset,
      double *theta,            /* (n, 2) */
      float  *x)                /* (n, 2) */
{
  for (gsize i = 0; i < n; i++)
    {
      UsRng rng;

      us_rng_init (&rng, 4, US_RNG_TEST, first + i);
      for (gsize p = 0; p < 2; p++)
        {
          theta[2 * i + p] = us_rng_normal (&rng);
          x[2 * i + p] = theta[2 * i + p] + offset + noise * us_rng_normal (&rng);
        }
    }
}

/* Trained once, for x = θ + N (0, 0.5²). */
static UsPosterior *
posterior (void)
{
  static UsPosterior *model = NULL;
  g_autofree double *theta = g_new (double, 2 * ROWS);
  g_autofree float *x = g_new (float, 2 * ROWS);
  g_autoptr(GError) error = NULL;
  UsPosteriorConfig config = {
    .theta = theta, .x = x, .n_rows = ROWS, .n_parameters = 2, .n_values = 2, .seed = 5, .n_workers = 1,
    .tuning = { .members = 2, .width = 32, .blocks = 1, .n_summaries = 4, .bins = 8, .transforms = 2, .epochs = 40 },
  };

  if (model == NULL)
    {
      fill (0, ROWS, 0.5, 0, theta, x);
      model = us_posterior_train (&config, NULL, NULL, NULL, &error);
      g_assert_no_error (error);
    }
  return model;
}

static char *
write_bank (const char *name,
            double      noise,
            double      offset,
            gsize       columns)
{
  g_autoptr(UsArray) theta = us_array_new (US_DTYPE_F64, 2, (gsize[]) { ASKED, 2 });
  g_autoptr(UsArray) x = us_array_new (US_DTYPE_F32, 2, (gsize[]) { ASKED, columns });
  const char *const names[] = { "theta", "x" };
  char *path = g_build_filename (folder, name, NULL);
  g_autofree float *all = g_new0 (float, ASKED * 2);

  fill (ROWS, ASKED, noise, offset, theta->data, all);
  for (gsize i = 0; i < ASKED; i++)
    for (gsize v = 0; v < columns; v++)
      ((float *) x->data)[i * columns + v] = all[2 * i + v % 2];
  g_assert_true (us_npz_write (path, 2, names, (UsArray *[]) { theta, x }, FALSE, NULL));
  return path;
}

static UsPosteriorEvidence *
ask (double noise,
     double offset)
{
  g_autofree char *bank = write_bank ("asked.npz", noise, offset, 2);
  g_autoptr(GError) error = NULL;
  UsPosteriorEvidence *self = us_posterior_evidence_new (posterior (), &(UsPosteriorEvidenceConfig) {
                                                         .bank = bank, .n_workers = 2, .n_samples = 127 }, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (self);
  return self;
}

/* The exact posterior is N (0.8 x, 0.2): contraction 0.8; log density of the truth on average −½ log (2πe 0.2) each. */
static void
test_right (void)
{
  g_autoptr(UsPosteriorEvidence) self = ask (0.5, 0);

  g_assert_cmpuint (self->sbc->n_simulations, ==, ASKED);
  g_assert_cmpuint (self->n_quantities, ==, 2);
  for (gsize p = 0; p < 2; p++)
    {
      g_assert_cmpint (self->sbc->ranks[p].verdict, ==, US_SBC_FINE);
      g_assert_cmpfloat_with_epsilon (self->sbc->recovery[p].mean_contraction, 0.8, 0.06);
    }
  g_assert_cmpint (self->sbc->density->verdict, ==, US_SBC_FINE);
  g_assert_cmpfloat_with_epsilon (self->log_density, -log (2 * G_PI * G_E * 0.2), 0.25);
  g_assert_cmpuint (self->n_cases, ==, 0);
}

/* Data of three times the noise: intervals are too narrow.  Data that lie too high: answers do too. */
static void
test_wrong (void)
{
  g_autoptr(UsPosteriorEvidence) noisy = ask (1.5, 0);
  g_autoptr(UsPosteriorEvidence) shifted = ask (0.5, 0.8);

  for (gsize p = 0; p < 2; p++)
    {
      g_assert_true (noisy->sbc->ranks[p].verdict & US_SBC_OVER_CONFIDENT);
      g_assert_true (shifted->sbc->ranks[p].verdict & US_SBC_TOO_HIGH);
    }
  g_assert_true (noisy->sbc->density->verdict & US_SBC_OVER_CONFIDENT);
}

static void
test_files (void)
{
  g_autoptr(UsPosteriorEvidence) self = ask (1.5, 0);
  g_autofree char *out = g_build_filename (folder, "evidence", NULL);
  g_autofree char *metrics = g_build_filename (out, "metrics.json", NULL);
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autoptr(GError) error = NULL;
  JsonObject *root, *first;
  static const char *const files[] = { "recovery.csv", "calibration.svg", "coverage.svg", "ranks-together.svg" };

  g_assert_true (us_posterior_evidence_write (self, out, &error));
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (out, files[i], NULL);

      g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
    }
  g_assert_true (json_parser_load_from_file (parser, metrics, &error));
  root = json_node_get_object (json_parser_get_root (parser));
  g_assert_cmpstr (json_object_get_string_member (root, "kind"), ==, "posterior");
  g_assert_cmpint (json_object_get_int_member (root, "simulations"), ==, ASKED);
  g_assert_false (json_object_get_boolean_member (root, "calibrated"));
  first = json_object_get_object_member (json_object_get_object_member (root, "parameters"),
                                         us_posterior_name (posterior (), 0));
  g_assert_cmpstr (json_array_get_string_element (json_object_get_array_member (first, "faults"), 0), ==, "over-confident");
  g_assert_cmpfloat (json_object_get_double_member (first, "coverage_90"), ==,
                     us_sbc_coverage (self->sbc, &self->sbc->ranks[0], 0.9));
}

static void
test_errors (void)
{
  g_autofree char *wide = write_bank ("wide.npz", 0.5, 0, 3);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *bank = write_bank ("again.npz", 0.5, 0, 2);
  g_autoptr(GError) error = NULL;

  g_assert_null (us_posterior_evidence_new (posterior (), NULL, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED);
  g_clear_error (&error);
  g_assert_null (us_posterior_evidence_new (posterior (), &(UsPosteriorEvidenceConfig) { .bank = wide }, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH);
  g_clear_error (&error);
  g_cancellable_cancel (cancellable);
  g_assert_null (us_posterior_evidence_new (posterior (), &(UsPosteriorEvidenceConfig) { .bank = bank }, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* Of a simulator: its own runs, derived quantities too, and what the posterior expects laid over the data. */
static void
test_simulator (void)
{
  g_autoptr(GError) error = NULL;
  const UsSimulator *simulator = us_registry_find ("growth-logistic@0,3,6,9,12,18+normal", &error);
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  UsPosteriorConfig config = {
    .prior = prior, .samples = 300, .seed = 5, .n_workers = 1,
    .tuning = { .members = 1, .width = 16, .blocks = 1, .n_summaries = 4, .bins = 4, .transforms = 1, .epochs = 3 },
  };
  g_autoptr(UsPosterior) model = us_posterior_train (&config, NULL, NULL, NULL, &error);
  const UsPosteriorEvidenceConfig asked = { .n_simulations = 40, .n_samples = 31, .n_cases = 2, .seed = 1, .n_workers = 1 };
  UsPosteriorEvidenceConfig two = asked;
  g_autoptr(UsPosteriorEvidence) self = NULL;
  g_autoptr(UsPosteriorEvidence) again = NULL;
  g_autofree char *out = g_build_filename (folder, "simulator", NULL);
  g_autofree char *band = g_build_filename (out, "predictive-2.svg", NULL);

  g_assert_no_error (error);
  two.n_workers = 2;
  self = us_posterior_evidence_new (model, &asked, NULL, &error);
  g_assert_no_error (error);
  again = us_posterior_evidence_new (model, &two, NULL, &error);
  g_assert_cmpuint (self->n_quantities, ==, 4 + 3);
  g_assert_true (self->quantities[4].derived);
  g_assert_cmpstr (self->quantities[4].name, ==, "doubling_time");
  /* log t₂ = log log 2 − log r: the same ranks, the other way round */
  g_assert_cmpstr (self->quantities[1].label, ==, "log₁₀ r");
  for (gsize m = 0; m < 40; m++)
    {
      g_assert_cmpuint (self->sbc->ranks[4].rank[m] + self->sbc->ranks[1].rank[m], ==, 31);
      g_assert_cmpuint (self->sbc->ranks[4].rank[m], ==, again->sbc->ranks[4].rank[m]);
    }
  g_assert_cmpuint (self->n_cases, ==, 2);
  g_assert_cmpfloat (self->inside[1], >, 0.5);
  g_assert_true (us_posterior_evidence_write (self, out, &error));
  g_assert_true (g_file_test (band, G_FILE_TEST_IS_REGULAR));
}

static void
remove_folder (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inside = g_build_filename (path, name, NULL);

      if (g_file_test (inside, G_FILE_TEST_IS_DIR))
        remove_folder (inside);
      else
        g_remove (inside);
    }
  g_rmdir (path);
}

int
main (int    argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("posterior-evidence-XXXXXX", NULL);
  g_test_add_func ("/posterior-evidence/right", test_right);
  g_test_add_func ("/posterior-evidence/wrong", test_wrong);
  g_test_add_func ("/posterior-evidence/files", test_files);
  g_test_add_func ("/posterior-evidence/errors", test_errors);
  g_test_add_func ("/posterior-evidence/simulator", test_simulator);
  status = g_test_run ();
  us_posterior_unref (posterior ());
  remove_folder (folder);
  g_free (folder);
  return status;
}
