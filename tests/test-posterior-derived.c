/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quantities that follow from the parameters: of draws of a posterior, and learnt directly. */
#include "config.h"

#include "us-error.h"
#include "us-posterior-evidence.h"
#include "us-posterior-refine.h"
#include "us-sort.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define DRAWS 4000

static const UsPosteriorTuning small = { .members = 2, .width = 48, .blocks = 1, .n_summaries = 8, .transforms = 1, .bins = 8,
                                         .epochs = 60 };

static const UsSimulator *
the_simulator (void)
{
  const UsSimulator *simulator = us_registry_find ("decay-one", NULL);

  g_assert_nonnull (simulator);
  g_assert_cmpuint (simulator->n_derived, >, 0);
  return simulator;
}

static UsPosterior *
train (const char *const    *targets,
       const UsDistribution *distributions,
       gsize                 n,
       GError              **error)
{
  g_autoptr(UsPrior) prior = distributions != NULL ? us_prior_new (the_simulator (), distributions, error)
                             : us_prior_new_default (the_simulator ());
  const UsPosteriorConfig config = { .prior = prior, .samples = n, .seed = 3, .n_workers = 1, .tuning = small, .targets = targets };

  g_assert_nonnull (prior);
  return us_posterior_train (&config, NULL, NULL, NULL, error);
}

static void
observe (const UsPosterior *model,
         float             *x)
{
  g_autofree double *theta = g_new (double, the_simulator ()->n_parameters);
  g_autoptr(UsPrior) prior = us_prior_new_default (the_simulator ());

  g_assert_true (us_simulate_rows (prior, us_posterior_output (model), 77, 0, 1, theta, x, NULL));
}

/* Parameter and derived quantity are one to one here: ln 2 / k. */
static void
test_draws (void)
{
  const UsSimulator *simulator = the_simulator ();
  gssize k = us_simulator_parameter_index (simulator, "k");
  g_autoptr(UsPosterior) model = train (NULL, NULL, 200, NULL);
  gsize P = simulator->n_parameters, D = simulator->n_derived;
  g_autofree float *x = g_new (float, us_posterior_n_values (model));
  g_autofree double *theta = g_new (double, 50 * P);
  g_autofree double *derived = g_new (double, 50 * D);

  g_assert_cmpint (k, >=, 0);
  g_assert_cmpuint (us_posterior_n_derived (model), ==, D);
  observe (model, x);
  g_assert_true (us_posterior_sample (model, x, 50, 1, theta, NULL));
  us_posterior_derive (model, 50, theta, derived);
  for (gsize i = 0; i < 50; i++)
    {
      gboolean found = FALSE;

      for (gsize d = 0; d < D; d++)
        {
          g_assert_cmpfloat (derived[i * D + d], ==, simulator->derived[d].value (simulator, theta + i * P));
          found = found || fabs (derived[i * D + d] * theta[i * P + (gsize) k] / G_LN2 - 1.0) < 1e-12;
        }
      g_assert_true (found);
    }
}

/* What is fixed is filled in; where something is left to chance there is nothing to derive. */
static void
test_subsets (void)
{
  const UsSimulator *simulator = the_simulator ();
  g_autofree UsDistribution *distributions = g_new (UsDistribution, simulator->n_parameters);
  const char *one[] = { "k", NULL };
  g_autoptr(UsPosterior) part = train (one, NULL, 100, NULL);
  g_autoptr(UsPosterior) fixed = NULL;
  double k = 0.31, derived[8];
  gsize half_life = 0;

  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      distributions[p] = simulator->parameters[p].prior;
      if (strcmp (simulator->parameters[p].name, "k") != 0)
        distributions[p] = (UsDistribution) { US_DISTRIBUTION_FIXED,
                                              0.5 * (simulator->parameters[p].lower + simulator->parameters[p].upper), 0, 0 };
    }
  g_assert_cmpuint (us_posterior_n_derived (part), ==, 0);
  fixed = train (NULL, distributions, 100, NULL);
  g_assert_cmpuint (us_posterior_n_parameters (fixed), ==, 1);
  g_assert_cmpuint (us_posterior_n_derived (fixed), ==, simulator->n_derived);
  us_posterior_derive (fixed, 1, &k, derived);
  while (strcmp (simulator->derived[half_life].name, "half_life") != 0)
    half_life++;
  g_assert_cmpfloat (fabs (derived[half_life] - G_LN2 / k), <, 1e-12);
}

/* Learnt directly, it has the quantiles that draws of the parameters give it. */
static void
test_target (void)
{
  const char *targets[] = { "half_life", NULL }, *unknown[] = { "third_life", NULL };
  const UsSimulator *simulator = the_simulator ();
  gsize P = simulator->n_parameters, D = simulator->n_derived, half_life = 0;
  g_autoptr(GError) error = NULL;
  g_autoptr(UsPosterior) direct = train (targets, NULL, 5000, &error);
  g_autoptr(UsPosterior) joint = train (NULL, NULL, 5000, NULL);
  g_autoptr(UsPosterior) again = NULL;
  g_autoptr(UsPosteriorEvidence) evidence = NULL;
  g_autofree char *folder = g_dir_make_tmp ("us-derived-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.safetensors", NULL);
  g_autofree float *x = g_new (float, us_posterior_n_values (joint));
  g_autofree double *theta = g_new (double, DRAWS * P);
  g_autofree double *derived = g_new (double, DRAWS * D);
  g_autofree double *a = g_new (double, DRAWS);
  g_autofree double *b = g_new (double, DRAWS);
  const UsPosteriorEvidenceConfig config = { .n_simulations = 60, .n_samples = 63, .n_workers = 1 };
  UsPosteriorRefineConfig refine = { .model = direct, .x = x, .rounds = 1, .simulations = 100, .n_workers = 1 };

  g_assert_no_error (error);
  g_assert_cmpstr (us_posterior_name (direct, 0), ==, "half_life");
  while (strcmp (simulator->derived[half_life].name, "half_life") != 0)
    half_life++;
  observe (joint, x);
  g_assert_true (us_posterior_sample (direct, x, DRAWS, 1, a, NULL));
  g_assert_true (us_posterior_sample (joint, x, DRAWS, 2, theta, NULL));
  us_posterior_derive (joint, DRAWS, theta, derived);
  for (gsize i = 0; i < DRAWS; i++)
    b[i] = derived[i * D + half_life];
  us_sort_doubles (DRAWS, a);
  us_sort_doubles (DRAWS, b);
  for (guint q = 10; q <= 90; q += 20)
    {
      double one = a[q * DRAWS / 100], other = b[q * DRAWS / 100], width = b[90 * DRAWS / 100] - b[10 * DRAWS / 100];

      g_test_message ("%u %%: %.4g learnt, %.4g of draws", q, one, other);
      g_assert_cmpfloat (fabs (one - other), <, 0.25 * width);
    }

  g_assert_true (us_posterior_save (direct, path, NULL));
  again = us_posterior_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (us_posterior_name (again, 0), ==, "half_life");
  evidence = us_posterior_evidence_new (again, &config, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (evidence);
  g_assert_cmpuint (evidence->n_quantities, ==, 1);
  g_assert_true (evidence->quantities[0].derived);
  g_assert_cmpint (evidence->quantities[0].logarithmic, ==, simulator->derived[half_life].logarithmic);
  g_assert_nonnull (strstr (evidence->quantities[0].label, simulator->derived[half_life].symbol));

  g_assert_null (us_posterior_refine (&refine, NULL, NULL, NULL, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED);
  g_clear_error (&error);
  g_assert_null (train (unknown, NULL, 100, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING);
  g_assert_nonnull (strstr (error->message, "half_life"));
  g_remove (path);
  g_rmdir (folder);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/posterior-derived/draws", test_draws);
  g_test_add_func ("/posterior-derived/subsets", test_subsets);
  g_test_add_func ("/posterior-derived/target", test_target);
  return g_test_run ();
}
