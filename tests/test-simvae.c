/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simvae-fixture.h"

#include "us-error.h"
#include "us-simvae-private.h"

/* Untrained: files and players do not care. */
static UsSimvae *
new_model (gboolean conv,
           gboolean with_encoder,
           double   kl_weight)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (conv);
  guint output = conv ? 0 : 1;
  g_autoptr(UsNetwork) decoder_network = NULL;
  g_autoptr(UsNetwork) encoder_network = NULL;
  g_autoptr(UsWeights) decoder = NULL;
  g_autoptr(UsWeights) encoder = NULL;
  g_autoptr(UsCalibration) calibration = us_calibration_new_prior (11);
  UsSimvaeRecord record;
  UsHistoryPoint point = { 64, 0.5, 0.25, NAN };
  UsSimvae *model;

  preset.kl_weight = kl_weight;
  decoder_network = preset.decoder (&preset, us_prior_simulator (prior), output);
  encoder_network = preset.encoder (&preset, us_prior_simulator (prior), output);
  decoder = us_weights_new (decoder_network, 1);
  encoder = us_weights_new (encoder_network, 2);
  us_simvae_record_init (&record);
  record.preset = g_strdup ("tiny");
  record.seed = G_GUINT64_CONSTANT (18446744073709551557);
  record.command = g_strdup ("understudy-cli train simvae “fourier”");
  record.samples[0] = 1000;
  record.samples[1] = 2000;
  record.seconds[1] = 1.25;
  g_array_append_val (record.history[0], point);
  point.held_out = 0.125;
  g_array_append_val (record.history[0], point);
  model = us_simvae_new (&(UsSimvaeParts) {
    .prior = prior, .output = output, .decoder = decoder, .encoder = with_encoder ? encoder : NULL,
    .loss = US_LOSS_MSE, .scale = { 1, { conv ? 0 : 0.1 }, { conv ? 1 : 0.7 } }, .record = &record, .calibration = calibration,
  });
  us_simvae_record_clear (&record);
  return model;
}

static void
test_round_trip (gconstpointer data)
{
  gboolean with_encoder = GPOINTER_TO_INT (data);
  g_autoptr(UsSimvae) model = new_model (TRUE, with_encoder, 0);
  g_autoptr(UsSimvae) loaded = NULL;
  g_autoptr(GError) error = NULL;
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "m.safetensors", NULL);
  g_autofree char *a = NULL, *b = NULL, *pa = NULL, *pb = NULL;
  const UsSimvaeRecord *ra = us_simvae_record (model), *rb;

  us_simvae_save (model, path, &error);
  g_assert_no_error (error);
  loaded = us_simvae_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (us_simvae_has_encoder (loaded), ==, with_encoder);
  a = fixture_digest (model);
  b = fixture_digest (loaded);
  g_assert_cmpstr (a, ==, b);
  pa = us_prior_to_json (us_simvae_prior (model));
  pb = us_prior_to_json (us_simvae_prior (loaded));
  g_assert_cmpstr (pa, ==, pb);
  g_assert_cmpuint (us_simvae_output (loaded), ==, us_simvae_output (model));

  rb = us_simvae_record (loaded);
  g_assert_cmpstr (ra->preset, ==, rb->preset);
  g_assert_cmpstr (ra->command, ==, rb->command);
  g_assert_cmpuint (ra->seed, ==, rb->seed);
  g_assert_cmpuint (rb->samples[1], ==, 2000);
  g_assert_cmpfloat (rb->seconds[1], ==, 1.25);
  g_assert_cmpuint (rb->history[0]->len, ==, 2);
  g_assert_true (isnan (g_array_index (rb->history[0], UsHistoryPoint, 0).held_out));
  g_assert_cmpfloat (g_array_index (rb->history[0], UsHistoryPoint, 1).held_out, ==, 0.125);
  fixture_remove_folder (folder);
}

typedef enum
{
  OTHER_FILE,
  OTHER_SIMULATOR,
  UNKNOWN_SIMULATOR,
  OTHER_VERSION,
  OTHER_FORMAT_VERSION,
  UNKNOWN_OUTPUT,
  NO_PRIOR,
  BAD_PRIOR,
  BAD_NETWORK,
  OTHER_NETWORK,
  MISSING_TENSOR,
  WRONG_SHAPE,
  NOT_FINITE,
  BAD_CALIBRATION,
  BAD_SCALE,
} Damage;

static const struct
{
  Damage      damage;
  int         code;
  const char *word;
} damages[] = {
  { OTHER_FILE, US_FORMAT_ERROR_MISMATCH, "not a SimVAE" },
  { OTHER_SIMULATOR, US_FORMAT_ERROR_MISMATCH, "box" },
  { UNKNOWN_SIMULATOR, US_FORMAT_ERROR_MISMATCH, "perpetuum" },
  { OTHER_VERSION, US_FORMAT_ERROR_MISMATCH, "version 999" },
  { OTHER_FORMAT_VERSION, US_FORMAT_ERROR_MISMATCH, "newer" },
  { UNKNOWN_OUTPUT, US_FORMAT_ERROR_MISMATCH, "sound" },
  { NO_PRIOR, US_FORMAT_ERROR_MISSING, "prior" },
  { BAD_PRIOR, -1, "prior" },
  { BAD_NETWORK, -1, "encoder" },
  { OTHER_NETWORK, US_FORMAT_ERROR_MISMATCH, "decoder" },
  { MISSING_TENSOR, US_FORMAT_ERROR_MISMATCH, "tensor" },
  { WRONG_SHAPE, US_FORMAT_ERROR_MISMATCH, "does not fit" },
  { NOT_FINITE, US_FORMAT_ERROR_VALUE, "not a finite number" },
  { BAD_CALIBRATION, -1, "calibration" },
  { BAD_SCALE, US_FORMAT_ERROR_VALUE, "scale" },
};

/* A copy of a file, with one thing changed. */
static void
damage_file (const char *from,
             const char *to,
             Damage      damage)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsSafetensors) file = us_safetensors_read (from, 0, &error);
  g_autoptr(UsSafetensors) copy = us_safetensors_new ();
  g_auto(GStrv) keys = us_safetensors_list_metadata (file);
  g_auto(GStrv) names = us_safetensors_list (file);
  static const char *const values[][2] = {
    [OTHER_FILE] = { "format", "pt" }, [OTHER_SIMULATOR] = { "simulator", "box" },
    [UNKNOWN_SIMULATOR] = { "simulator", "perpetuum" }, [OTHER_VERSION] = { "simulator_version", "999" },
    [OTHER_FORMAT_VERSION] = { "format_version", "2" }, [UNKNOWN_OUTPUT] = { "output", "sound" },
    [NO_PRIOR] = { "prior", NULL }, [BAD_PRIOR] = { "prior", "{\"c0\":" }, [BAD_NETWORK] = { "encoder", "[]" },
    [OTHER_NETWORK] = { "decoder", "{\"input\":[1,1,4],\"layers\":[]}" },
    [BAD_CALIBRATION] = { "calibration", "{\"level\":0.9,\"error\":[0],\"sd\":[1],\"half\":[1],\"unusual\":[]}" },
    [BAD_SCALE] = { "scale", "0 0" },
  };

  for (gsize i = 0; keys[i] != NULL; i++)
    {
      const char *value = us_safetensors_get_metadata (file, keys[i]);

      if (damage < G_N_ELEMENTS (values) && g_strcmp0 (keys[i], values[damage][0]) == 0)
        value = values[damage][1];
      if (value != NULL)
        us_safetensors_set_metadata (copy, keys[i], value);
    }
  for (gsize i = 0; names[i] != NULL; i++)
    {
      UsArray *array = us_safetensors_get (file, names[i]);
      g_autoptr(UsArray) changed = us_array_new (array->dtype, array->n_dims, array->shape);

      memcpy (changed->data, array->data, us_array_n_bytes (array));
      if (i == 1 && damage == MISSING_TENSOR)
        continue;
      if (i == 1 && damage == NOT_FINITE)
        ((float *) changed->data)[2] = NAN;
      if (i == 1 && damage == WRONG_SHAPE)
        {
          gsize n = array->n_elements + 1;

          g_clear_pointer (&changed, us_array_unref);
          changed = us_array_new (US_DTYPE_F32, 1, &n);
        }
      us_safetensors_add (copy, names[i], changed);
    }
  us_safetensors_write (copy, to, &error);
  g_assert_no_error (error);
}

static void
test_bad_files (void)
{
  g_autoptr(UsSimvae) model = new_model (TRUE, TRUE, 0);
  g_autoptr(GError) error = NULL;
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "m.safetensors", NULL);
  g_autofree char *bad = g_build_filename (folder, "bad.safetensors", NULL);
  g_autofree char *bytes = NULL;
  gsize length;

  us_simvae_save (model, path, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (damages); i++)
    {
      damage_file (path, bad, damages[i].damage);
      g_assert_null (us_simvae_load (bad, &error));
      g_test_message ("%s", error->message);
      g_assert_true (error->domain == US_FORMAT_ERROR);
      if (damages[i].code >= 0)
        g_assert_cmpint (error->code, ==, damages[i].code);
      g_assert_nonnull (strstr (error->message, "bad.safetensors"));
      g_assert_nonnull (strstr (error->message, damages[i].word));
      g_clear_error (&error);
    }

  /* cut short anywhere */
  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  for (gsize cut = 0; cut < length; cut += 1 + length / 40)
    {
      g_assert_true (g_file_set_contents (bad, bytes, cut, NULL));
      g_assert_null (us_simvae_load (bad, &error));
      g_assert_nonnull (error);
      g_clear_error (&error);
    }
  g_assert_null (us_simvae_load (folder, &error));
  g_clear_error (&error);
  g_remove (bad);
  g_assert_null (us_simvae_load (bad, &error));
  g_assert_true (error->domain != US_FORMAT_ERROR);
  g_clear_error (&error);

  /* a disk that takes nothing */
  g_assert_false (us_simvae_save (model, "/dev/full", &error));
  g_assert_nonnull (strstr (error->message, "/dev/full"));
  fixture_remove_folder (folder);
}

/* One row, several at once, more than a batch: the same answers. */
static void
test_player (gconstpointer data)
{
  gboolean conv = GPOINTER_TO_INT (data);
  g_autoptr(UsSimvae) model = new_model (conv, TRUE, conv ? 0 : 1e-3);
  g_autoptr(UsPlayer) one = us_player_new (model, 1, NULL);
  g_autoptr(UsPool) pool = us_pool_new (2, 0);
  g_autoptr(UsPlayer) many = us_player_new (model, 8, pool);
  gsize n = us_simvae_n_values (model);
  double theta[21 * 11], again[21 * 11], sd[21 * 11], lower[21 * 11], upper[21 * 11];
  g_autofree float *x = g_new (float, 21 * n);
  g_autofree float *y = g_new (float, n);
  UsRng rng;

  us_rng_init (&rng, 3, US_RNG_TEST, 0);
  for (gsize i = 0; i < 21; i++)
    us_prior_sample (us_simvae_prior (model), &rng, theta + 11 * i);
  us_player_decode (many, 21, theta, x);
  for (gsize i = 0; i < 21; i++)
    {
      us_player_decode (one, 1, theta + 11 * i, y);
      g_assert_cmpfloat (us_rms_difference (n, y, x + i * n), <, 1e-5);
    }

  us_player_encode (many, 21, x, again, sd);
  us_player_encode_interval (many, 21, x, theta, lower, upper);
  for (gsize i = 0; i < 21; i++)
    {
      double mean[11], spread[11];

      us_player_encode (one, 1, x + i * n, mean, spread);
      for (gsize p = 0; p < 11; p++)
        {
          gsize at = 11 * i + p;

          g_assert_cmpfloat_with_epsilon (mean[p], again[at], 1e-5);
          g_assert_cmpfloat_with_epsilon (spread[p], sd[at], 1e-4);
          g_assert_cmpfloat (theta[at], ==, again[at]);
          /* inside the prior, whatever the weights */
          g_assert_cmpfloat (fabs (mean[p]), <=, 0.25);
          g_assert_true (lower[at] >= -0.25 && lower[at] <= theta[at] && upper[at] >= theta[at] && upper[at] <= 0.25);
        }
    }
}

/* Parameters outside the prior are clamped to it. */
static void
test_clamped (void)
{
  g_autoptr(UsSimvae) model = new_model (TRUE, FALSE, 0);
  g_autoptr(UsPlayer) player = us_player_new (model, 1, NULL);
  gsize n = us_simvae_n_values (model);
  double inside[11] = { 0.25 }, outside[11] = { 0.9 };
  g_autofree float *a = g_new (float, n), *b = g_new (float, n);

  us_player_decode (player, 1, inside, a);
  us_player_decode (player, 1, outside, b);
  g_assert_cmpmem (a, n * sizeof (float), b, n * sizeof (float));
}

static void
test_infer (void)
{
  g_autoptr(UsSimvae) model = new_model (TRUE, TRUE, 0);
  g_autoptr(UsSimvae) half = new_model (TRUE, FALSE, 0);
  g_autoptr(UsPlayer) player = us_player_new (model, 1, NULL);
  g_autoptr(UsPlayer) lame = us_player_new (half, 1, NULL);
  g_autoptr(UsInference) inference = NULL;
  g_autoptr(GError) error = NULL;
  gsize n = us_simvae_n_values (model);
  g_autofree float *x = g_new0 (float, n);
  g_autofree float *again = g_new0 (float, n);

  inference = us_player_infer (player, x, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (inference->level, ==, 0.9);
  for (gsize p = 0; p < 11; p++)
    g_assert_true (inference->lower[p] <= inference->mean[p] && inference->mean[p] <= inference->upper[p]
                   && inference->sd[p] > 0);
  us_player_decode (player, 1, inference->mean, again);
  g_assert_cmpfloat (us_rms_difference (n, again, inference->decoded), <, 1e-6);
  g_assert_cmpfloat_with_epsilon (us_rms_difference (n, x, inference->simulated), inference->rms_simulator, 1e-12);

  x[7] = INFINITY;
  g_assert_null (us_player_infer (player, x, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_clear_error (&error);
  x[7] = 0;
  g_assert_null (us_player_infer (lame, x, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING);
}

/* -- calibration ------------------------------------------------------- */

#define N_FIT  20000
#define N_TEST 20000

/* Residuals that are normal with a spread that grows with the error. */
static void
draw_residuals (guint64  stream,
                gsize    n,
                double   lowest,
                double   highest,
                double  *error,
                double  *residual)       /* (n, 2) */
{
  UsRng rng;

  us_rng_init (&rng, 9, US_RNG_TEST, stream);
  for (gsize i = 0; i < n; i++)
    {
      error[i] = us_rng_range (&rng, lowest, highest);
      residual[2 * i] = 0.1 * error[i] * us_rng_normal (&rng);
      residual[2 * i + 1] = 0.02 * us_rng_normal (&rng);
    }
}

static void
test_calibration (void)
{
  g_autofree double *errors = g_new (double, 2 * N_FIT);
  g_autofree double *residuals = g_new (double, 4 * N_FIT);
  double rms[1001];
  gsize inside[2] = { 0, 0 }, inside_odd = 0;
  g_autoptr(UsCalibration) fitted = NULL;
  g_autoptr(UsCalibration) again = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *json = NULL;
  double sd[2], half[2], wide[2];

  /* clean draws with errors 0.1 .. 0.2, augmented ones up to 1 */
  draw_residuals (1, N_FIT, 0.1, 0.2, errors, residuals);
  draw_residuals (2, N_FIT, 0.1, 1.0, errors + N_FIT, residuals + 2 * N_FIT);
  for (int i = 0; i <= 1000; i++)
    rms[i] = (1000 - i) / 1000.0;
  fitted = us_calibration_fit (2, 0.9, &(UsResiduals) { N_FIT, errors, residuals },
                               &(UsResiduals) { N_FIT, errors + N_FIT, residuals + 2 * N_FIT }, rms, 1001);

  /* fresh draws: nine in ten inside, for both kinds, and both parameters */
  draw_residuals (3, N_TEST, 0.1, 0.2, errors, residuals);
  draw_residuals (4, N_TEST, 0.25, 0.95, errors + N_TEST, residuals + 2 * N_TEST);
  for (gsize i = 0; i < N_TEST; i++)
    {
      us_calibration_spread (fitted, errors[i], NULL, sd, half);
      for (int p = 0; p < 2; p++)
        inside[p] += fabs (residuals[2 * i + p]) <= half[p];
      us_calibration_spread (fitted, errors[N_TEST + i], NULL, sd, half);
      inside_odd += fabs (residuals[2 * (N_TEST + i)]) <= half[0];
    }
  g_test_message ("covered %.4f %.4f %.4f", inside[0] / (double) N_TEST, inside[1] / (double) N_TEST,
                  inside_odd / (double) N_TEST);
  for (int p = 0; p < 2; p++)
    g_assert_cmpfloat (fabs (inside[p] / (double) N_TEST - 0.9), <, 4 * sqrt (0.09 / N_TEST + 0.09 / N_FIT));
  /* eight bins across a span over which the spread grows fourfold: a little off is their nature */
  g_assert_cmpfloat (fabs (inside_odd / (double) N_TEST - 0.9), <, 0.01);

  /* the odder, the wider, without end; the other parameter stays */
  us_calibration_spread (fitted, 0.15, NULL, sd, half);
  g_assert_cmpfloat_with_epsilon (sd[0], 0.015, 0.002);
  g_assert_cmpfloat_with_epsilon (half[0], 1.645 * 0.015, 0.002);
  us_calibration_spread (fitted, 0.8, NULL, sd, wide);
  g_assert_cmpfloat (wide[0], >, 4 * half[0]);
  us_calibration_spread (fitted, 10, NULL, sd, half);
  g_assert_cmpfloat (half[0], >, 8 * wide[0]);
  for (gsize b = 1; b < fitted->n_bins; b++)
    g_assert_cmpfloat (fitted->half[2 * b], >=, fitted->half[2 * b - 2]);
  /* a σ of the encoder's own scales both */
  us_calibration_spread (fitted, 0.8, (const double[]) { 2, 2 }, sd, half);
  g_assert_cmpfloat_with_epsilon (half[0], 2 * wide[0], 1e-12);

  g_assert_cmpfloat_with_epsilon (us_calibration_unusual (fitted, 0.25), 0.25, 1e-9);
  g_assert_cmpfloat (us_calibration_unusual (fitted, 5), ==, 1);
  g_assert_cmpfloat (us_calibration_unusual (fitted, -1), ==, 0);

  json = us_calibration_to_json (fitted);
  again = us_calibration_from_json (json, 2, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->n_bins, ==, fitted->n_bins);
  for (gsize i = 0; i < 2 * fitted->n_bins; i++)
    g_assert_cmpfloat_with_epsilon (again->half[i], fitted->half[i], 1e-12);
  g_assert_null (us_calibration_from_json (json, 3, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
}

/* Few draws, none augmented, and all the same. */
static void
test_calibration_small (void)
{
  const double error[3] = { 0.5, 0.5, 0.5 }, residual[3] = { 0.1, -0.1, 0.1 };
  double rms[1] = { 0.5 }, sd, half;
  g_autoptr(UsCalibration) fitted = us_calibration_fit (1, 0.9, &(UsResiduals) { 3, error, residual },
                                                        &(UsResiduals) { 0, NULL, NULL }, rms, 1);
  g_autoptr(UsCalibration) prior = us_calibration_new_prior (1);

  us_calibration_spread (fitted, 0.1, NULL, &sd, &half);
  g_assert_cmpfloat_with_epsilon (half, 0.1, 1e-12);
  us_calibration_spread (prior, 123, NULL, &sd, &half);
  g_assert_cmpfloat_with_epsilon (half, 0.9, 1e-12);
  g_assert_true (isnan (us_calibration_unusual (prior, 1)));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/simvae/round-trip/whole", GINT_TO_POINTER (TRUE), test_round_trip);
  g_test_add_data_func ("/simvae/round-trip/decoder", GINT_TO_POINTER (FALSE), test_round_trip);
  g_test_add_func ("/simvae/bad-files", test_bad_files);
  g_test_add_data_func ("/simvae/player/image", GINT_TO_POINTER (TRUE), test_player);
  g_test_add_data_func ("/simvae/player/series-sigma", GINT_TO_POINTER (FALSE), test_player);
  g_test_add_func ("/simvae/clamped", test_clamped);
  g_test_add_func ("/simvae/infer", test_infer);
  g_test_add_func ("/simvae/calibration", test_calibration);
  g_test_add_func ("/simvae/calibration-small", test_calibration_small);
  return g_test_run ();
}
