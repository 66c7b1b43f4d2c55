/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "noisy-fixture.h"
#include "simvae-fixture.h"

#include "us-error.h"
#include "us-evaluate.h"
#include "us-reading.h"
#include "us-refine.h"
#include "us-repeats.h"
#include "us-training-private.h"

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

/* --- the same bits ------------------------------------------------------------------- */

static UsTraining *
new_training (const UsTrainerConfig *config,
              UsPool                *pool)
{
  g_autoptr(GError) error = NULL;
  UsTraining *training = us_training_new (config, pool, &error);

  g_assert_no_error (error);
  return training;
}

static char *
train_to_end (UsTraining *training)
{
  g_autoptr(UsSimvae) model = NULL;
  g_autoptr(GError) error = NULL;
  UsSimvaeRecord record;

  while (training->step < 3)
    {
      while (training->iteration < training->total[training->step - 1])
        {
          us_training_advance (training, 0, &error);
          g_assert_no_error (error);
        }
      us_training_finish_step (training);
      if (training->step == 1)
        us_training_begin (training, 2, N_ITERATIONS);
    }
  us_simvae_record_init (&record);
  record.method = training->method;
  model = us_training_model (training, &record, TRUE);
  g_assert_true (us_simvae_is_noisy (model));
  us_simvae_record_clear (&record);
  return fixture_digest (model);
}

/* Every method, with one worker and with three; stopped in each of its iterations and gone on with. */
static void
test_same_bits (gconstpointer data)
{
  g_autoptr(UsPrior) prior = noisy_prior ();
  g_autoptr(GError) error = NULL;
  UsTrainerConfig config = { .prior = prior, .preset = us_preset_find ("quick", &error), .seed = 9, .samples = 1,
                             .width = 8, .labelled_share = 0.3, .method = GPOINTER_TO_INT (data) };
  g_autoptr(UsPool) one = us_pool_new (1, 0), three = us_pool_new (3, 0), two = us_pool_new (2, 0);
  g_autoptr(UsTraining) walker = new_training (&config, three);
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "cut", NULL), *undisturbed = NULL;
  g_autofree char *settings = us_training_settings (walker, &config);
  const double seconds[2] = { 1, 2 };

  {
    g_autoptr(UsTraining) whole = new_training (&config, one);

    us_training_begin (whole, us_training_first_step (whole), N_ITERATIONS);
    undisturbed = train_to_end (whole);
  }
  us_training_begin (walker, us_training_first_step (walker), N_ITERATIONS);
  for (;;)
    {
      g_autoptr(UsTraining) resumed = new_training (&config, two);
      g_autofree char *digest = NULL;
      double loaded[2];

      us_training_save_checkpoint (walker, settings, seconds, path, &error);
      g_assert_no_error (error);
      us_training_load_checkpoint (resumed, settings, loaded, path, &error);
      g_assert_no_error (error);
      digest = train_to_end (resumed);
      g_assert_cmpstr (digest, ==, undisturbed);
      if (walker->iteration == N_ITERATIONS)
        {
          us_training_finish_step (walker);
          if (walker->step == 3)
            break;
          us_training_begin (walker, 2, N_ITERATIONS);
        }
      us_training_advance (walker, 0, &error);
      g_assert_no_error (error);
    }
  fixture_remove_folder (folder);
}

/* --- the kinds of output -------------------------------------------------------------- */

typedef struct
{
  UsSimulator simulator;
  UsOutput    output;
} Kind;

static const UsSimulator *quiet;          /* what the next one adds noise to */

static UsSimStatus
run_with_noise (const UsSimulator *self,
                const double      *theta,
                guint              output,
                UsRng             *rng,
                float             *out)
{
  UsSimStatus status = quiet->run (quiet, theta, output, rng, out);

  for (gsize i = 0; i < us_output_n_values (&self->outputs[0]); i++)
    out[i] += 0.1 * us_rng_normal (rng);
  return status;
}

/* A known simulator's first output, noisy. */
static void
add_noise (Kind       *kind,
           const char *id)
{
  g_autoptr(GError) error = NULL;

  quiet = us_registry_find (id, &error);
  g_assert_no_error (error);
  kind->simulator = *quiet;
  kind->output = quiet->outputs[0];
  kind->output.noisy = TRUE;
  kind->simulator.outputs = &kind->output;
  kind->simulator.n_outputs = 1;
  kind->simulator.run = run_with_noise;
  kind->simulator.run_augmented = NULL;
}

/* Plots of curves, pictures in colours and without, with a kind and an angle, several answers, channels of their own:
 * each preset's decoder gives twice the channels, and learns. */
static void
test_kinds (gconstpointer data)
{
  Kind kind;
  gsize n_presets;
  const UsPreset *presets = us_preset_list (&n_presets);

  add_noise (&kind, data);
  for (gsize i = 0; i < n_presets; i++)
    {
      g_autoptr(UsPrior) prior = us_prior_new_default (&kind.simulator);
      g_autoptr(GError) error = NULL;
      UsTrainerConfig config = { .prior = prior, .preset = &presets[i], .seed = 2, .samples = 1, .width = 16 };
      g_autoptr(UsPool) pool = us_pool_new (2, 0);
      g_autoptr(UsTraining) training = new_training (&config, pool);
      g_autoptr(UsSimvae) model = NULL;
      g_autoptr(UsPlayer) player = NULL;
      gsize h, w, c, n = us_output_n_values (&kind.output);
      g_autofree float *mean = g_new (float, 2 * n), *sd = g_new (float, 2 * n), *again = g_new (float, n);
      g_autofree double *theta = g_new (double, 2 * kind.simulator.n_parameters);
      UsSimvaeRecord record;

      us_network_output_shape (training->networks[US_DECODER], &h, &w, &c);
      g_assert_cmpuint (h, ==, kind.output.height);
      g_assert_cmpuint (w, ==, kind.output.width);
      g_assert_cmpuint (c, ==, 2 * kind.output.channels);
      if (i > 0 && !g_str_equal (presets[i].id, "paper"))
        continue;               /* shapes of one kind */

      for (guint step = 1; step <= 2; step++)
        {
          us_training_begin (training, step, 3);
          for (gsize k = 0; k < 3; k++)
            {
              us_training_advance (training, 0, &error);
              g_assert_no_error (error);
            }
          us_training_finish_step (training);
        }
      g_assert_true (isfinite (training->held_out_errors[US_BUDGET_SIMULATOR]));
      us_simvae_record_init (&record);
      model = us_training_model (training, &record, TRUE);
      us_simvae_record_clear (&record);

      /* two at once are as each alone, the spread positive, and all that reads an answer goes through */
      player = us_player_new (model, 2, NULL);
      us_simulate_rows (prior, 0, 4, 0, 2, theta, mean, &error);
      g_assert_no_error (error);
      us_player_encode (player, 2, mean, theta, NULL);
      us_player_decode_spread (player, 2, theta, mean, sd);
      us_player_decode (player, 1, theta + kind.simulator.n_parameters, again);
      g_assert_cmpfloat (us_rms_difference (n, mean + n, again), <, 1e-5);
      for (gsize k = 0; k < 2 * n; k++)
        g_assert_true (isfinite (mean[k]) && sd[k] > 0);
    }
}

/* --- files ------------------------------------------------------------------------- */

/* A decoder of twice the channels is one of mean and spread because the file says so, and only then. */
static void
test_file (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  const UsLayer layers[] = { { .kind = US_LAYER_DENSE, .out = 2 * 64, .bias = TRUE },
                             { .kind = US_LAYER_RESHAPE, .height = 64, .width = 1, .channels = 2 } };
  g_autoptr(UsNetwork) network = fixture_network (1, 1, 11, layers, 2);
  g_autoptr(UsWeights) decoder = us_weights_new (network, 1);
  g_autoptr(UsSimvae) model = NULL, loaded = NULL, refused = NULL;
  g_autoptr(GError) error = NULL;
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "m.safetensors", NULL);
  const double theta[11] = { 0.1, -0.2, 0.05 };
  float x[64], sd[64], again[64], again_sd[64];
  g_autoptr(UsPlayer) player = NULL, other = NULL;
  UsSimvaeRecord record;
  UsSimvaeParts parts = { .prior = prior, .output = 1, .decoder = decoder, .loss = US_LOSS_GAUSSIAN_NLL,
                          .scale = { 1, { 0.25 }, { 3 } }, .record = &record };

  g_assert_cmpuint (us_output_n_values (&us_prior_simulator (prior)->outputs[1]), ==, 64);
  us_simvae_record_init (&record);
  model = us_simvae_new (&parts);
  us_simvae_save (model, path, &error);
  g_assert_no_error (error);
  loaded = us_simvae_load (path, &error);
  g_assert_no_error (error);
  g_assert_true (us_simvae_is_noisy (loaded));
  player = us_player_new (model, 1, NULL);
  other = us_player_new (loaded, 1, NULL);
  us_player_decode_spread (player, 1, theta, x, sd);
  us_player_decode_spread (other, 1, theta, again, again_sd);
  g_assert_cmpmem (x, sizeof x, again, sizeof again);
  g_assert_cmpmem (sd, sizeof sd, again_sd, sizeof again_sd);
  /* by hand: the bias is 0, features are the latents */
  for (gsize t = 0; t < 64; t += 21)
    {
      double mean = 0, log_variance = 0, z[11];

      us_prior_to_latent (prior, theta, z);
      for (gsize p = 0; p < 11; p++)
        {
          gsize n;
          const UsNetworkTensor *table = us_network_parameter_table (network, &n);
          gboolean by_row = table[0].shape[0] == 11;

          mean += z[p] * decoder->parameters[table[0].offset + (by_row ? p * 128 + 2 * t : 2 * t * 11 + p)];
          log_variance += z[p] * decoder->parameters[table[0].offset + (by_row ? p * 128 + 2 * t + 1 : (2 * t + 1) * 11 + p)];
        }
      g_assert_cmpfloat_with_epsilon (x[t], 0.25 + 3 * mean, 1e-5);
      g_assert_cmpfloat_with_epsilon (sd[t], 3 * sqrt (exp (log_variance) + 1e-6), 1e-5);
    }

  /* without the word it is a decoder that does not fit */
  {
    g_autoptr(UsSafetensors) file = us_safetensors_read (path, 1 << 20, &error);

    g_assert_no_error (error);
    us_safetensors_set_metadata (file, "values", "linear");
    us_safetensors_write (file, path, &error);
    g_assert_no_error (error);
  }
  refused = us_simvae_load (path, &error);
  g_assert_null (refused);
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH);
  us_simvae_record_clear (&record);
  fixture_remove_folder (folder);
}

/* Models from before there was a spread. */
static void
test_old_files (void)
{
  static const char *const shipped[] = { "box", "dsprites", "fourier", "polygon", "rlc" };

  for (gsize i = 0; i < G_N_ELEMENTS (shipped); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *name = g_strconcat (shipped[i], ".safetensors", NULL);
      g_autofree char *path = g_build_filename (US_TEST_SOURCE_ROOT, "data", "models", name, NULL);
      g_autoptr(UsSimvae) model = us_simvae_load (path, &error);
      g_autoptr(UsPlayer) player = NULL;
      g_autofree float *x = NULL, *sd = NULL;
      double theta[US_MAX_PARAMETERS], z[US_MAX_PARAMETERS] = { 0 };

      g_assert_no_error (error);
      g_assert_false (us_simvae_is_noisy (model));
      player = us_player_new (model, 1, NULL);
      x = g_new (float, us_simvae_n_values (model));
      sd = g_new (float, us_simvae_n_values (model));
      us_prior_from_latent (us_simvae_prior (model), z, theta);
      us_player_decode_spread (player, 1, theta, x, sd);
      for (gsize k = 0; k < us_simvae_n_values (model); k++)
        g_assert_cmpfloat (sd[k], ==, 0);
    }
}

/* --- what is refused ------------------------------------------------------------------ */

static void
test_refinement (void)
{
  g_autoptr(UsPrior) prior = noisy_prior (), plain = fixture_prior ("fourier");
  g_autoptr(UsSimvae) model = train (US_METHOD_SIMVAE, 640);
  g_autoptr(UsReader) reader = us_reader_new (model);
  g_autoptr(UsReading) reading = NULL;
  g_autoptr(UsEvaluation) evaluation = NULL;
  g_autoptr(GError) error = NULL;
  UsObservation *observation = g_new0 (UsObservation, 1);
  UsRng rng;

  g_assert_nonnull (us_refine_refusal (prior, 0));
  g_assert_null (us_refine_refusal (plain, 0));
  evaluation = us_evaluate_full (model, &(UsEvaluateConfig) { .n_pairs = 10, .refine = TRUE }, NULL, &error);
  g_assert_null (evaluation);
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH);
  g_clear_error (&error);

  /* read all the same, with the mean of runs beside it */
  observation->n_values = NOISY_POINTS;
  observation->x = g_new (float, NOISY_POINTS);
  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  noisy_run (&noisy_simulator, (const double[]) { 1, -1, 0.2 }, 0, &rng, observation->x);
  us_reader_set_refine (reader, TRUE);
  reading = us_reader_read (reader, observation, FALSE, &error);
  g_assert_no_error (error);
  g_assert_null (reading->refined);
  g_assert_nonnull (reading->inference->spread);
  for (gsize t = 0; t < NOISY_POINTS; t++)
    {
      const double *theta = reading->inference->mean;

      g_assert_cmpfloat (fabs (reading->inference->simulated[t] - noisy_mean (theta, t)), <,
                         5 * noisy_sd (theta, t) / sqrt (US_REPEATS_ONE));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/noisy/repeats", test_repeats);
  g_test_add_func ("/noisy/repeats/quiet", test_repeats_quiet);
  g_test_add_func ("/noisy/learns", test_learns);
  for (guint i = 0; i < US_N_METHODS; i++)
    {
      g_autofree char *path = g_strconcat ("/noisy/same-bits/", us_method_id (i), NULL);

      g_test_add_data_func (path, GINT_TO_POINTER (i), test_same_bits);
    }
  g_test_add_data_func ("/noisy/kinds/plot", "fourier", test_kinds);
  g_test_add_data_func ("/noisy/kinds/colours", "box", test_kinds);
  g_test_add_data_func ("/noisy/kinds/shapes", "dsprites", test_kinds);
  g_test_add_data_func ("/noisy/kinds/answers", "polygon", test_kinds);
  g_test_add_data_func ("/noisy/kinds/channels", "rlc", test_kinds);
  g_test_add_func ("/noisy/file", test_file);
  g_test_add_func ("/noisy/file/old", test_old_files);
  g_test_add_func ("/noisy/refinement", test_refinement);
  return g_test_run ();
}
