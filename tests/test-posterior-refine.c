/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Posteriors refined for one observation, held to the exact one of linear-gaussian. */
#include "config.h"

#include "us-attributor.h"
#include "us-error.h"
#include "us-linear-gaussian.h"
#include "us-posterior-evidence.h"
#include "us-posterior-private.h"
#include "us-posterior-refine.h"
#include "us-two-sample.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* P parameters, V values. */

#define P     3
#define V     16
#define DRAWS 2000

#define ROUNDS      4
#define SIMULATIONS 800

static const UsPosteriorTuning small = { .members = 2, .width = 32, .blocks = 1, .n_summaries = 8, .transforms = 1, .bins = 8,
                                         .epochs = 60 };

static const UsSimulator *
the_simulator (void)
{
  const UsSimulator *simulator = us_registry_find ("linear-gaussian", NULL);

  g_assert_nonnull (simulator);
  return simulator;
}

static UsPosterior *
amortised (gsize n)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (the_simulator ());
  g_autoptr(GError) error = NULL;
  const UsPosteriorConfig config = { .prior = prior, .samples = n, .seed = 3, .n_workers = 1, .tuning = small };
  UsPosterior *model = us_posterior_train (&config, NULL, NULL, NULL, &error);

  g_assert_no_error (error);
  return model;
}

/* Two standard deviations out, where few draws of the prior are. */
static void
observe (float *x)
{
  const double theta[P] = { 1.8, -1.5, 1.6 };
  UsRng rng;

  us_rng_init (&rng, 8, US_RNG_TEST, 0);
  g_assert_cmpint (the_simulator ()->run (the_simulator (), theta, 0, &rng, x), ==, US_SIM_OK);
}

/* Distance to draws of the exact posterior, in its standard deviations. */
static double
distance_to_exact (const UsPosterior *model,
                   const float       *x)
{
  UsLinearGaussian exact;
  g_autofree double *truth = g_new (double, DRAWS * P);
  g_autofree double *draws = g_new (double, DRAWS * P);

  us_linear_gaussian_posterior (V, NULL, x, &exact);
  g_assert_true (us_posterior_sample (model, x, DRAWS, 5, draws, NULL));
  for (gsize i = 0; i < DRAWS; i++)
    {
      UsRng rng;

      us_rng_init (&rng, 12, US_RNG_TEST, i);
      us_linear_gaussian_draw (&exact, &rng, truth + i * P);
    }
  for (gsize i = 0; i < DRAWS * P; i++)
    {
      truth[i] /= sqrt (exact.covariance[i % P * (P + 1)]);
      draws[i] /= sqrt (exact.covariance[i % P * (P + 1)]);
    }
  return us_wasserstein_sliced (DRAWS, truth, NULL, DRAWS, draws, NULL, P, 32, 1, NULL);
}

static gsize n_told;

static void
on_round (const UsPosteriorRound *round,
          gpointer                data)
{
  n_told++;
  g_assert_cmpuint (round->round, ==, n_told);
  g_test_message ("round %zu: %zu rows, acceptance %.3g, contraction %.3f, moved %.3f (noise %.3f)", round->round, round->n_rows,
                  round->acceptance, round->contraction, round->distance, round->noise);
}

static UsPosteriorRefineConfig
config_for (UsPosterior *model,
            const float *x)
{
  return (UsPosteriorRefineConfig) { .model = model, .x = x, .rounds = ROUNDS, .simulations = SIMULATIONS, .seed = 2, .n_workers = 1,
                                     .tuning = small };
}

/* Neither judged over other data, nor asked about them beside simulations. */
static void
check_refused_for_others (UsPosterior *refined,
                          const float *x,
                          const float *other)
{
  const UsAttributorConfig config = { .rows = 500, .n_workers = 1 };
  const UsAttributedOptions options = { .n_samples = 100 };
  g_autoptr(UsAttributor) attributor = NULL;
  g_autoptr(UsAttributed) answer = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_null (us_posterior_evidence_new (refined, NULL, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "refined for one observation"));
  g_clear_error (&error);

  attributor = us_attributor_new (refined, &config, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (us_attributor_answer (attributor, other, &options, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "another observation"));
  g_clear_error (&error);
  answer = us_attributor_answer (attributor, x, &options, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (answer);
}

/* Closer to the truth than what it began from, the same bits for 1 and 3 workers, and back from a file. */
static void
test_closer (void)
{
  g_autoptr(UsPosterior) model = amortised (300);
  g_autoptr(UsPosterior) refined = NULL;
  g_autoptr(UsPosterior) again = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("us-refine-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.safetensors", NULL);
  UsPosteriorRefineConfig config;
  const UsPosteriorRound *first, *last;
  double before, after, a[20 * P], b[20 * P];
  float x[V], other[V];

  observe (x);
  config = config_for (model, x);
  n_told = 0;
  refined = us_posterior_refine (&config, on_round, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_told, ==, ROUNDS);
  before = distance_to_exact (model, x);
  after = distance_to_exact (refined, x);
  g_test_message ("distance to the exact posterior: %.3f amortised, %.3f refined", before, after);
  g_assert_cmpfloat (after, <, 0.7 * before);
  g_assert_cmpfloat (after, <, 0.3);

  /* the history of it */
  g_assert_cmpuint (us_posterior_record (refined)->rounds->len, ==, ROUNDS);
  first = &g_array_index (us_posterior_record (refined)->rounds, UsPosteriorRound, 0);
  last = &g_array_index (us_posterior_record (refined)->rounds, UsPosteriorRound, ROUNDS - 1);
  g_assert_cmpfloat (last->acceptance, <, first->acceptance);
  g_assert_cmpuint (last->n_rows, >, SIMULATIONS);
  g_assert_cmpuint (last->n_rows, <=, ROUNDS * SIMULATIONS);

  /* for this one alone */
  memcpy (other, x, sizeof x);
  g_assert_true (us_posterior_holds_for (refined, other));
  other[3] += 0.1f;
  g_assert_false (us_posterior_holds_for (refined, other));
  g_assert_true (us_posterior_holds_for (model, other));
  config.x = other;
  config.model = refined;
  g_assert_null (us_posterior_refine (&config, NULL, NULL, NULL, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_clear_error (&error);

  check_refused_for_others (refined, x, other);

  g_assert_true (us_posterior_save (refined, path, NULL));
  again = us_posterior_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (us_posterior_observation (again), sizeof x, x, sizeof x);
  g_assert_cmpuint (us_posterior_record (again)->rounds->len, ==, ROUNDS);
  g_assert_cmpmem (us_posterior_record (again)->rounds->data, ROUNDS * sizeof *first, us_posterior_record (refined)->rounds->data,
                   ROUNDS * sizeof *first);
  g_assert_true (us_posterior_sample (refined, x, 20, 1, a, NULL));
  g_assert_true (us_posterior_sample (again, x, 20, 1, b, NULL));
  g_assert_cmpmem (a, sizeof a, b, sizeof b);
  g_clear_pointer (&again, us_posterior_unref);

  config = config_for (model, x);
  config.n_workers = 3;
  again = us_posterior_refine (&config, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (us_posterior_sample (again, x, 20, 1, b, NULL));
  g_assert_cmpmem (a, sizeof a, b, sizeof b);
  g_remove (path);
  g_rmdir (folder);
}

/* Sums of neighbours, well measured: the posterior is a thin line across the prior. */
static UsSimStatus
sums_run (const UsSimulator *self,
          const double      *theta,
          guint              output,
          UsRng             *rng,
          float             *out)
{
  if (theta[0] + theta[1] + theta[2] > 2.5)
    return US_SIM_RETRY;
  for (gsize v = 0; v < 2; v++)
    out[v] = (float) (theta[v] + theta[v + 1] + 0.05 * us_rng_normal (rng));
  return US_SIM_OK;
}

#define PARAMETER(n) { .name = n, .label = n, .symbol = n, .unit = "", .lower = -1, .upper = 1, \
                       .prior = { US_DISTRIBUTION_UNIFORM, -1.0, 1.0, 0.0 }, .source = "test" }
static const UsParameter sums_parameters[P] = { PARAMETER ("a"), PARAMETER ("b"), PARAMETER ("c") };
static const UsOutput sums_output = { .id = "sums", .label = "Sums", .kind = US_OUTPUT_SERIES, .height = 2, .width = 1, .channels = 1,
                                      .x_label = "x", .x_unit = "", .y_label = "y", .y_unit = "", .x_upper = 1, .y_lower = -2,
                                      .y_upper = 2, .lower = -2, .upper = 2 };
static const UsSimulator sums = { .id = "sums", .version = 1, .title = "Sums", .summary = "Sums.", .parameters = sums_parameters,
                                  .n_parameters = P, .outputs = &sums_output, .n_outputs = 1, .run = sums_run };

/* The same where the prior is cut by a constraint: its own share of the product is not what the cut takes. */
static gboolean
sums_accepts (const UsSimulator *self,
              const double      *theta)
{
  return theta[0] > theta[2];
}

static const UsSimulator ordered = { .id = "ordered", .version = 1, .title = "Sums", .summary = "Sums.", .parameters = sums_parameters,
                                     .n_parameters = P, .outputs = &sums_output, .n_outputs = 1, .run = sums_run,
                                     .accepts = sums_accepts, .constraint = "a > c" };

/* n draws of the prior that are inside, one by one: the slow twin.  Returns their share. */
static double
draw_plainly (const UsTruncation *truncation,
              const UsPrior      *prior,
              gsize               n,
              double             *theta)
{
  enum { BLOCK = 2048 };
  g_autofree double *block = g_new (double, BLOCK * P);
  gboolean inside[BLOCK];
  gsize n_found = 0, n_tried = 0, n_inside = 0;

  while (n_found < n)
    {
      for (gsize i = 0; i < BLOCK; i++)
        {
          UsRng rng;

          us_rng_init (&rng, 99, US_RNG_TEST, n_tried++);
          g_assert_true (us_prior_sample (prior, &rng, block + i * P));
        }
      us_truncation_test (truncation, BLOCK, block, inside);
      for (gsize i = 0; i < BLOCK; i++)
        {
          n_inside += inside[i];
          if (inside[i] && n_found < n)
            memcpy (theta + n_found++ * P, block + i * P, P * sizeof (double));
        }
    }
  return (double) n_inside / (double) n_tried;
}

/* Draws of the cut prior against the twin's, by rejection and by weights. */
static void
compare_draws (const UsSimulator *simulator,
               const float       *x,
               gsize              n_rows)
{
  enum { N = 800 };
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  const UsPosteriorConfig config = { .prior = prior, .samples = n_rows, .seed = 3, .n_workers = 1, .tuning = small };
  g_autoptr(UsPosterior) model = NULL;
  g_autoptr(UsTruncation) truncation = NULL;
  g_autoptr(GError) error = NULL;
  const gsize targets[P] = { 0, 1, 2 };
  g_autofree double *drawn = g_new (double, N * P);
  g_autofree double *plain = g_new (double, N * P);
  double acceptance, share;
  gboolean resampled;

  model = us_posterior_train (&config, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  truncation = us_truncation_new (prior, x, P, targets);
  g_assert_true (us_truncation_add (truncation, model, 4, &error));
  g_assert_true (us_truncation_draw (truncation, N, 7, NULL, NULL, drawn, &acceptance, &resampled, &error));
  g_assert_false (resampled);
  share = draw_plainly (truncation, prior, N, plain);
  g_test_message ("acceptance %.4f, by the twin %.4f", acceptance, share);
  g_assert_cmpfloat (fabs (acceptance / share - 1.0), <, 0.2);
  for (guint by_weights = 0; by_weights < 2; by_weights++)
    {
      gboolean inside[N];
      double c2st;

      if (by_weights)
        g_assert_true (us_truncation_resample (truncation, N, 8, NULL, NULL, drawn, &error));
      us_truncation_test (truncation, N, drawn, inside);
      for (gsize i = 0; i < N; i++)
        g_assert_true (inside[i]);
      c2st = us_c2st (N, drawn, N, plain, P, US_C2ST_FOLDS, 1, NULL);
      g_test_message ("%s: C2ST %.3f", by_weights ? "by weights" : "by rejection", c2st);
      g_assert_cmpfloat (c2st, <, 0.5 + 4.0 * 0.5 / sqrt (2.0 * N));
    }
}

static void
test_truncation (void)
{
  float x[V];

  observe (x);
  compare_draws (the_simulator (), x, 1000);
  compare_draws (&sums, (const float[]) { 0.2f, -0.1f }, 3000);
  compare_draws (&ordered, (const float[]) { 0.3f, -0.2f }, 3000);
}

/* Draws that leave the simulator's domain are drawn again, of a thin posterior too. */
static void
test_retry (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (&sums);
  const UsPosteriorConfig training = { .prior = prior, .samples = 600, .seed = 3, .n_workers = 1, .tuning = small };
  g_autoptr(UsPosterior) model = us_posterior_train (&training, NULL, NULL, NULL, NULL);
  g_autoptr(UsPosterior) refined = NULL;
  g_autoptr(GError) error = NULL;
  const float x[2] = { 1.7f, 1.7f };
  UsPosteriorRefineConfig config = config_for (model, x);
  g_autofree double *theta = g_new (double, DRAWS * P);
  double mean = 0.0;

  config.rounds = 2;
  config.simulations = 400;
  refined = us_posterior_refine (&config, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (us_posterior_sample (refined, x, DRAWS, 5, theta, NULL));
  for (gsize i = 0; i < DRAWS; i++)
    mean += (theta[i * P] + theta[i * P + 1]) / DRAWS;
  g_test_message ("mean of the first sum %.3f (1.7 but for the prior's edge)", mean);
  g_assert_cmpfloat (fabs (mean - 1.7), <, 0.06);
}

static void
on_round_cancel (const UsPosteriorRound *round,
                 gpointer                data)
{
  g_atomic_int_set ((gint *) data, 1);
}

static void
test_refused (void)
{
  g_autoptr(UsPosterior) model = amortised (100);
  g_autoptr(UsPosterior) plain = NULL;
  g_autoptr(UsPosterior) none = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree double *theta = g_new (double, 100);
  g_autofree float *rows = g_new (float, 200);
  UsPosteriorRefineConfig config;
  UsPosteriorConfig table = { .theta = theta, .x = rows, .n_rows = 100, .n_parameters = 1, .n_values = 2, .tuning = small };
  gint cancelled = 0;
  float x[V];
  UsRng rng;

  /* of a table there is no simulator */
  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  for (gsize i = 0; i < 100; i++)
    {
      theta[i] = us_rng_normal (&rng);
      rows[2 * i] = (float) (theta[i] + us_rng_normal (&rng));
      rows[2 * i + 1] = (float) us_rng_normal (&rng);
    }
  table.tuning.epochs = 2;
  plain = us_posterior_train (&table, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  observe (x);
  config = config_for (plain, x);
  none = us_posterior_refine (&config, NULL, NULL, NULL, NULL, &error);
  g_assert_null (none);
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING);
  g_assert_nonnull (strstr (error->message, "table of simulations"));
  g_clear_error (&error);

  /* a value that is not there, of a model that takes complete series */
  config = config_for (model, x);
  x[2] = NAN;
  none = us_posterior_refine (&config, NULL, NULL, NULL, NULL, &error);
  g_assert_null (none);
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_clear_error (&error);

  /* more rows than can be counted */
  observe (x);
  config.simulations = G_MAXSIZE / 4;
  none = us_posterior_refine (&config, NULL, NULL, NULL, NULL, &error);
  g_assert_null (none);
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE);
  g_clear_error (&error);
  config.simulations = SIMULATIONS;

  /* stopped before anything, and after the first round */
  cancelled = 1;
  none = us_posterior_refine (&config, NULL, NULL, NULL, &cancelled, &error);
  g_assert_null (none);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  cancelled = 0;
  n_told = 0;
  config.tuning.epochs = 2;
  none = us_posterior_refine (&config, on_round_cancel, NULL, &cancelled, &cancelled, &error);
  g_assert_null (none);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/posterior-refine/closer", test_closer);
  g_test_add_func ("/posterior-refine/truncation", test_truncation);
  g_test_add_func ("/posterior-refine/retry", test_retry);
  g_test_add_func ("/posterior-refine/refused", test_refused);
  return g_test_run ();
}
