/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Posteriors of series with gaps, held to the exact ones of linear-gaussian given the values that are left. */
#include "config.h"

#include "us-error.h"
#include "us-linear-gaussian.h"
#include "us-posterior-refine.h"
#include "us-two-sample.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* P parameters, V values. */

#define P     3
#define V     16
#define DRAWS 2000

static const UsPosteriorTuning small = { .members = 2, .width = 48, .blocks = 1, .n_summaries = 8, .transforms = 1, .bins = 8,
                                         .epochs = 40 };

static const UsSimulator *
the_simulator (void)
{
  const UsSimulator *simulator = us_registry_find ("linear-gaussian", NULL);

  g_assert_nonnull (simulator);
  return simulator;
}

static UsPosterior *
train (UsMissing   missing,
       gsize       n,
       guint       n_workers,
       GError    **error)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (the_simulator ());
  const UsPosteriorConfig config = { .prior = prior, .samples = n, .seed = 3, .n_workers = n_workers, .tuning = small,
                                     .missing = missing };

  return us_posterior_train (&config, NULL, NULL, NULL, error);
}

static void
observe (float *x)
{
  const double theta[P] = { 0.8, -0.6, 1.1 };
  UsRng rng;

  us_rng_init (&rng, 8, US_RNG_TEST, 0);
  g_assert_cmpint (the_simulator ()->run (the_simulator (), theta, 0, &rng, x), ==, US_SIM_OK);
}

/* Distance of the model's draws, given one, to draws of the exact posterior, and of those to others of their kind, in its standard deviations. */
static double
distance_to_exact (const UsPosterior *model,
                   const float       *given,
                   const float       *x,
                   double            *noise)
{
  UsLinearGaussian exact;
  g_autofree double *truth = g_new (double, 2 * DRAWS * P);
  g_autofree double *draws = g_new (double, DRAWS * P);

  us_linear_gaussian_posterior (V, NULL, x, &exact);
  g_assert_true (us_posterior_sample (model, given, DRAWS, 5, draws, NULL));
  for (gsize i = 0; i < 2 * DRAWS; i++)
    {
      UsRng rng;

      us_rng_init (&rng, 12, US_RNG_TEST, i);
      us_linear_gaussian_draw (&exact, &rng, truth + i * P);
    }
  for (gsize i = 0; i < 2 * DRAWS * P; i++)
    truth[i] /= sqrt (exact.covariance[i % P * (P + 1)]);
  for (gsize i = 0; i < DRAWS * P; i++)
    draws[i] /= sqrt (exact.covariance[i % P * (P + 1)]);
  *noise = us_wasserstein_sliced (DRAWS, truth, NULL, DRAWS, truth + DRAWS * P, NULL, P, 32, 1, NULL);
  return us_wasserstein_sliced (DRAWS, truth, NULL, DRAWS, draws, NULL, P, 32, 1, NULL);
}

/* Complete, with holes, cut short, of a single value: each time the posterior of what is there.  A model of complete series
 * that is given the mean for what is missing is farther off. */
static void
test_exact (void)
{
  static const char *const patterns[] = { "................", ".x..xx...x.....x", "......xxxxxxxxxx", "xxxxxxx.xxxxxxxx" };
  g_autoptr(GError) error = NULL;
  g_autoptr(UsPosterior) model = train ((UsMissing) { .gaps = 0.3, .cut = 0.5 }, 8000, 1, &error);
  g_autoptr(UsPosterior) blind = train ((UsMissing) { .gaps = 0.0 }, 3000, 1, &error);
  float x[V], complete[V], filled[V];

  g_assert_no_error (error);
  g_assert_true (us_posterior_takes_gaps (model));
  observe (complete);
  for (gsize k = 0; k < G_N_ELEMENTS (patterns); k++)
    {
      double noise, distance, naive;

      for (gsize v = 0; v < V; v++)
        {
          x[v] = patterns[k][v] == 'x' ? NAN : complete[v];
          filled[v] = patterns[k][v] == 'x' ? 0.0f : complete[v];
        }
      distance = distance_to_exact (model, x, x, &noise);
      naive = distance_to_exact (blind, filled, x, &noise);
      g_test_message ("%s: %.3f from the exact posterior (noise %.3f), %.3f filled", patterns[k], distance, noise, naive);
      g_assert_cmpfloat (distance, <, 0.25);
      /* where much is missing */
      if (k > 1)
        g_assert_cmpfloat (distance, <, 0.8 * naive);
    }
}

static void
test_file (void)
{
  g_autofree char *folder = g_dir_make_tmp ("us-gaps-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.safetensors", NULL);
  g_autoptr(UsPosterior) model = train ((UsMissing) { .gaps = 0.2 }, 300, 1, NULL);
  g_autoptr(UsPosterior) three = train ((UsMissing) { .gaps = 0.2 }, 300, 3, NULL);
  g_autoptr(UsPosterior) again = NULL;
  double a[10 * P], b[10 * P];
  float x[V];
  gsize first;

  observe (x);
  x[0] = x[9] = NAN;
  g_assert_true (us_posterior_save (model, path, NULL));
  again = us_posterior_load (path, NULL);
  g_assert_nonnull (again);
  g_assert_true (us_posterior_takes_gaps (again));
  g_assert_cmpfloat (us_posterior_record (again)->missing.gaps, ==, 0.2);
  g_assert_true (us_posterior_sample (model, x, 10, 1, a, NULL));
  g_assert_true (us_posterior_sample (again, x, 10, 1, b, NULL));
  g_assert_cmpmem (a, sizeof a, b, sizeof b);
  g_assert_true (us_posterior_sample (three, x, 10, 1, b, NULL));
  g_assert_cmpmem (a, sizeof a, b, sizeof b);
  /* a gap is not outside of anything */
  g_assert_cmpuint (us_posterior_n_outside (model, x, &first), ==, 0);
  g_remove (path);
  g_rmdir (folder);
}

static void
test_refused (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsPosterior) model = train ((UsMissing) { .gaps = 0.2 }, 100, 1, NULL);
  g_autoptr(UsPosterior) complete = train ((UsMissing) { .gaps = 0.0 }, 100, 1, NULL);
  g_autoptr(UsPosterior) early = NULL;
  g_autofree double *theta = g_new (double, 100);
  g_autofree float *rows = g_new (float, 200);
  UsPosteriorConfig table = { .theta = theta, .x = rows, .n_rows = 100, .n_parameters = 1, .n_values = 2, .tuning = small,
                              .missing = { .cut = 0.5 } };
  double draws[P];
  float x[V];

  observe (x);
  g_assert_false (us_posterior_takes_gaps (complete));
  x[4] = NAN;
  g_assert_false (us_posterior_sample (complete, x, 1, 1, draws, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_clear_error (&error);
  x[4] = INFINITY;
  g_assert_false (us_posterior_sample (model, x, 1, 1, draws, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_clear_error (&error);
  for (gsize v = 0; v < V; v++)
    x[v] = NAN;
  g_assert_false (us_posterior_sample (model, x, 1, 1, draws, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "nothing was observed"));
  g_clear_error (&error);

  /* of series that end early, what is missing within is refused; the note says what was trained */
  early = train ((UsMissing) { .cut = 0.5 }, 100, 1, NULL);
  g_assert_true (g_strv_length (us_posterior_record (early)->notes) > 0);
  g_assert_nonnull (strstr (us_posterior_record (early)->notes[0], "up to 0.5"));
  observe (x);
  x[V - 2] = x[V - 1] = NAN;
  g_assert_true (us_posterior_sample (early, x, 1, 1, draws, &error));
  g_assert_no_error (error);
  x[5] = NAN;
  g_assert_false (us_posterior_sample (early, x, 1, 1, draws, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "value 6 "));
  g_clear_error (&error);

  g_assert_null (train ((UsMissing) { .gaps = 0.9 }, 100, 1, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_clear_error (&error);
  for (gsize i = 0; i < 200; i++)
    rows[i] = theta[i / 2] = (double) i;
  g_assert_null (us_posterior_train (&table, NULL, NULL, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
}

/* Refined for a series with gaps: what it lacks is learnt nothing of. */
static void
test_refined (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsPosterior) model = train ((UsMissing) { .gaps = 0.3 }, 500, 1, NULL);
  g_autoptr(UsPosterior) refined = NULL;
  UsPosteriorRefineConfig config = { .model = model, .rounds = 2, .simulations = 1200, .seed = 2, .n_workers = 1, .tuning = small };
  double before, after, noise;
  float x[V];

  observe (x);
  x[2] = x[3] = x[11] = x[14] = NAN;
  config.x = x;
  refined = us_posterior_refine (&config, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  before = distance_to_exact (model, x, x, &noise);
  after = distance_to_exact (refined, x, x, &noise);
  g_test_message ("%.3f before, %.3f refined (noise %.3f)", before, after, noise);
  g_assert_cmpfloat (after, <, before);
  g_assert_cmpfloat (after, <, 0.25);
  /* the other gaps are not this observation */
  x[4] = NAN;
  g_assert_false (us_posterior_holds_for (refined, x));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/posterior-gaps/exact", test_exact);
  g_test_add_func ("/posterior-gaps/file", test_file);
  g_test_add_func ("/posterior-gaps/refused", test_refused);
  g_test_add_func ("/posterior-gaps/refined", test_refined);
  return g_test_run ();
}
