/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encoders that give several answers, of which the nearest counts. */
#include "simvae-fixture.h"

#include "us-training-private.h"

#include "us-code.h"
#include "us-error.h"

#define K 3

static UsNetwork *
several_encoder (const UsPreset    *preset,
                 const UsSimulator *simulator,
                 guint              output)
{
  const UsOutput *o = &simulator->outputs[output];
  gsize n = us_preset_n_answers (preset);
  const UsLayer layers[] = {
    { .kind = US_LAYER_DENSE, .out = preset->width, .bias = TRUE },
    { .kind = US_LAYER_GELU },
    { .kind = US_LAYER_DENSE, .bias = TRUE, .out = n * simulator->n_parameters },
    { .kind = US_LAYER_RESHAPE, .height = 1, .width = n, .channels = simulator->n_parameters },
  };

  return fixture_network (o->height, o->width, o->channels, layers, G_N_ELEMENTS (layers));
}

static UsPreset
several_preset (void)
{
  UsPreset preset = fixture_preset (FALSE);

  preset.encoder = several_encoder;
  preset.n_answers = K;
  return preset;
}

/* Each takes one kind; one alone, or too few, leave the kinds to the softmax. */
static void
test_take (void)
{
  static const char *const kinds[] = { "Square", "Ellipse", "Heart" };
  static const UsParameter parameters[] = {
    { .name = "kind", .lower = 1, .upper = 3, .prior = { US_DISTRIBUTION_DISCRETE, 1, 3, 0 }, .classes = kinds },
    { .name = "size", .lower = 0.5, .upper = 1, .prior = { US_DISTRIBUTION_UNIFORM, 0.5, 1, 0 } },
    { .name = "angle", .lower = 0, .upper = 6, .prior = { US_DISTRIBUTION_UNIFORM, 0, 6, 0 }, .circular = TRUE },
  };
  const UsSimulator thing = { .id = "thing", .parameters = parameters, .n_parameters = 3 };
  const float raw[6] = { 0.3f, 0.2f, 0.1f, -0.4f, 0.02f, 0.01f };
  float answers[6], features[6], angles[6];
  UsCode code;

  us_code_init (&code, &thing);
  us_code_take_answer (&code, 0, 1, raw, answers);
  g_assert_cmpmem (answers, sizeof answers, raw, sizeof raw);
  us_code_take_answer (&code, 1, 2, raw, answers);
  for (int k = 0; k < 3; k++)
    g_assert_cmpfloat (answers[k], ==, raw[k]);
  for (guint k = 0; k < 6; k++)
    {
      us_code_take_answer (&code, k, 6, raw, answers);
      us_code_squash (&code, answers, features);
      for (guint c = 0; c < 3; c++)
        g_assert_cmpfloat_with_epsilon (features[c], c == k % 3 ? 1 : 0, 1e-6);
      angles[k] = atan2f (features[5], features[4]);
    }
  /* the two of one kind begin at opposite angles */
  for (guint k = 0; k < 3; k++)
    g_assert_cmpfloat (fabs (remainder (angles[k] - angles[k + 3], 2 * G_PI)), >, 2.5);
}

/* Of each row one answer learns; it is the nearest but for the few that explore. */
static void
test_one_learns (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  g_autoptr(UsPool) pool = us_pool_new (1, 0);
  g_autoptr(GError) error = NULL;
  UsPreset preset = several_preset ();
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .seed = 5, .samples = 1 };
  g_autoptr(UsTraining) training = us_training_new (&config, pool, &error);
  gsize n = us_prior_simulator (prior)->n_parameters, nearest = 0, rows = 0;

  g_assert_no_error (error);
  us_training_begin (training, 1, 20);
  for (int i = 0; i < 20; i++)
    us_training_advance (training, 0, &error);
  us_training_finish_step (training);
  us_training_begin (training, 2, 20);
  for (int i = 0; i < 20; i++)
    {
      const UsBatch *batch = &training->batches[i % 2];
      g_autofree guint *learnt = NULL;

      us_training_advance (training, 0, &error);
      g_assert_no_error (error);
      learnt = g_new (guint, preset.batch);
      for (gsize b = 0; b < preset.batch; b++)
        {
          guint n_learning = 0;

          for (guint k = 0; k < K; k++)
            {
              const float *gradient = training->code_gradient + (b * K + k) * n;
              double sum = 0;

              for (gsize f = 0; f < n; f++)
                sum += fabs (gradient[f]);
              if (sum > 0)
                {
                  learnt[b] = k;
                  n_learning++;
                }
            }
          g_assert_cmpuint (n_learning, ==, 1);
        }
      /* the same batch again by the same weights, without exploring */
      us_training_choose (training, training->frozen, training->losses[1], preset.batch,
                          us_run_forward (training->learners[1].run, batch->x), batch->x, training->features,
                          training->answers->which);
      for (gsize b = 0; b < preset.batch; b++)
        nearest += training->answers->which[b] == learnt[b];
      rows += preset.batch;
    }
  /* 5 % explore, and one step later a few others are nearest */
  g_assert_cmpuint (nearest, >, rows * 8 / 10);
  g_assert_cmpuint (nearest, <, rows);
}

/* The same bits on any number of workers; kept by the file; the player gives the nearest of the three. */
static void
test_player (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  g_autoptr(GError) error = NULL;
  UsPreset preset = several_preset ();
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .seed = 5, .samples = 4000 };
  g_autoptr(UsSimvae) model = NULL;
  g_autoptr(UsSimvae) again = NULL;
  g_autoptr(UsSimvae) loaded = NULL;
  g_autoptr(UsPlayer) player = NULL;
  g_autoptr(UsRun) encoder = NULL;
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "m.safetensors", NULL);
  g_autofree char *digest = NULL;
  g_autofree char *other = NULL;
  const UsSimulator *simulator = us_prior_simulator (prior);
  gsize p_count = simulator->n_parameters, n_values = us_output_n_values (&simulator->outputs[1]), not_first = 0;
  g_autofree float *x = g_new (float, n_values);
  g_autofree float *scaled = g_new (float, n_values);
  g_autofree float *decoded = g_new (float, n_values);
  UsSimvaeParts parts;
  UsCode code;

  config.n_workers = 1;
  model = fixture_train (&config);
  config.n_workers = 3;
  again = fixture_train (&config);
  digest = fixture_digest (model);
  other = fixture_digest (again);
  g_assert_cmpstr (digest, ==, other);
  g_assert_true (us_simvae_save (model, path, &error));
  loaded = us_simvae_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (us_simvae_n_answers (loaded), ==, K);
  g_assert_false (us_simvae_has_sigma (loaded));

  us_code_init (&code, simulator);
  us_simvae_get_parts (loaded, &parts);
  player = us_player_new (loaded, 4, NULL);
  encoder = us_run_new (us_simvae_encoder (loaded)->network, 1, US_RUN_INFERENCE, FALSE, NULL);
  us_run_load (encoder, us_simvae_encoder (loaded));
  for (int i = 0; i < 50; i++)
    {
      double theta[US_MAX_PARAMETERS], z[US_MAX_PARAMETERS], candidate[US_MAX_PARAMETERS], given = INFINITY;
      double least = INFINITY;
      gsize best = 0;
      g_autofree float *answers = NULL;

      g_assert_true (us_simulate_rows (prior, 1, 77, i, 1, theta, x, &error));
      us_player_encode_latent (player, 1, x, z, NULL);
      us_channel_scale_apply (&parts.scale, scaled, x, n_values);
      answers = g_memdup2 (us_run_forward (encoder, scaled), K * p_count * sizeof (float));
      for (gsize k = 0; k < K; k++)
        {
          float answer[US_MAX_PARAMETERS];
          double error_k;

          us_code_take_answer (&code, k, K, answers + k * p_count, answer);
          for (gsize p = 0; p < p_count; p++)
            candidate[p] = CLAMP (answer[p], -1, 1);
          us_player_decode_latent (player, 1, candidate, decoded, NULL);
          error_k = us_rms_difference (n_values, decoded, x);
          if (error_k < least)
            {
              least = error_k;
              best = k;
            }
        }
      not_first += best != 0;
      for (gsize p = 0; p < p_count; p++)
        z[p] = CLAMP (z[p], -1, 1);
      us_player_decode_latent (player, 1, z, decoded, NULL);
      given = us_rms_difference (n_values, decoded, x);
      g_assert_cmpfloat (given, <=, least + 1e-5);
    }
  /* or the test shows nothing */
  g_assert_cmpuint (not_first, >, 5);
  fixture_remove_folder (folder);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/answers/take", test_take);
  g_test_add_func ("/answers/one-learns", test_one_learns);
  g_test_add_func ("/answers/player", test_player);

  return g_test_run ();
}
