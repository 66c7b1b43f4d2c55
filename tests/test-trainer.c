/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simvae-fixture.h"

#include "us-evaluate.h"

/* What the two steps of Eq. 3 and 4 must beat: a decoder that always gives the mean curve (loss 1 on
 * series brought to spread 1) and an encoder that always answers the prior's middle (rms
 * 1/sqrt(12) = 28.9 % of the range). */
static void
test_learns (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE);
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .seed = 3, .samples = 30000, .n_workers = 2 };
  g_autoptr(UsSimvae) model = fixture_train (&config);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsEvaluation) evaluation = us_evaluate (model, 4000, 11, 2, NULL, &error);
  const UsSimvaeRecord *record = us_simvae_record (model);
  const UsHistoryPoint *first, *last;

  g_assert_no_error (error);
  first = &g_array_index (record->history[0], UsHistoryPoint, 0);
  last = &g_array_index (record->history[0], UsHistoryPoint, record->history[0]->len - 1);
  g_assert_cmpfloat (last->held_out, <, 0.01);
  g_assert_cmpfloat (last->loss, <, first->loss);
  g_assert_cmpuint (last->samples, ==, record->samples[0]);

  for (gsize p = 0; p < evaluation->n_parameters; p++)
    {
      g_test_message ("parameter %zu: rmse %.4f of the range, coverage %.3f", p, evaluation->rmse_share[p],
                      evaluation->coverage[p]);
      g_assert_cmpfloat (evaluation->rmse_share[p], <, 0.03);
      g_assert_cmpfloat (evaluation->r2[p], >, 0.97);
      /* 0.9 within four standard errors of 938 calibration and 4000 evaluation draws */
      g_assert_cmpfloat (fabs (evaluation->coverage[p] - 0.9), <, 4 * sqrt (0.09 / 938 + 0.09 / 4000));
    }
  g_assert_cmpfloat (evaluation->mig, >, 0.4);
  g_assert_cmpfloat (evaluation->rms_both, <, 0.1);
  g_test_message ("mig %.3f of %.3f, rms decoder %.4f both %.4f simulator %.4f", evaluation->mig,
                  evaluation->mig_truth, evaluation->rms_decoder, evaluation->rms_both, evaluation->rms_simulator);
}

/* µ and σ: the spread must be told as well. */
static void
test_learns_sigma (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE);
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .seed = 4, .samples = 30000, .n_workers = 2 };
  g_autoptr(UsSimvae) model = NULL;
  g_autoptr(UsEvaluation) evaluation = NULL;
  g_autoptr(GError) error = NULL;

  preset.kl_weight = 1e-4;
  model = fixture_train (&config);
  evaluation = us_evaluate (model, 2000, 11, 2, NULL, &error);
  g_assert_no_error (error);
  for (gsize p = 0; p < evaluation->n_parameters; p++)
    {
      g_assert_cmpfloat (evaluation->rmse_share[p], <, 0.05);
      g_assert_cmpfloat (fabs (evaluation->coverage[p] - 0.9), <, 4 * sqrt (0.09 / 938 + 0.09 / 2000));
    }
}

static void
test_workers (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (TRUE);
  UsTrainerConfig config = { .prior = prior, .preset = &preset, .seed = 5, .samples = 160 };
  g_autofree char *alone = NULL;

  for (guint workers = 1; workers <= 4; workers++)
    {
      g_autoptr(UsSimvae) model = NULL;
      g_autofree char *digest = NULL;

      config.n_workers = workers;
      model = fixture_train (&config);
      digest = fixture_digest (model);
      if (alone == NULL)
        alone = g_steal_pointer (&digest);
      else
        g_assert_cmpstr (digest, ==, alone);
    }

  /* and another seed is another model */
  {
    g_autoptr(UsSimvae) model = NULL;
    g_autofree char *digest = NULL;

    config.seed = 6;
    model = fixture_train (&config);
    digest = fixture_digest (model);
    g_assert_cmpstr (digest, !=, alone);
  }
}

/* A budget in minutes is kept, and the draws that it became make the same model again. */
static void
test_minutes (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE);
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .seed = 8, .minutes = 0.04, .n_workers = 1 };
  gint64 before = g_get_monotonic_time ();
  g_autoptr(UsSimvae) timed = fixture_train (&config);
  double seconds = (g_get_monotonic_time () - before) / 1e6;
  const UsSimvaeRecord *record = us_simvae_record (timed);
  g_autoptr(UsSimvae) again = NULL;
  g_autofree char *a = fixture_digest (timed), *b = NULL;

  /* a loose bound: machines that run tests are busy */
  g_test_message ("%.2f s of 2.4; %" G_GUINT64_FORMAT " + %" G_GUINT64_FORMAT " draws", seconds,
                  record->samples[0], record->samples[1]);
  g_assert_cmpfloat (seconds, <, 4 * 2.4 + 5);
  g_assert_nonnull (strstr (record->command, "--samples"));

  config.minutes = 0;
  config.samples = record->samples[0];
  config.encoder_samples = record->samples[1];
  again = fixture_train (&config);
  b = fixture_digest (again);
  g_assert_cmpstr (a, ==, b);
}

static void
wait_for_state (UsTrainer      *trainer,
                UsTrainerState  state)
{
  for (int i = 0; i < 3000; i++)
    {
      UsTrainerProgress progress;

      us_trainer_get_progress (trainer, &progress);
      if (progress.state == state)
        return;
      g_usleep (10000);
    }
  g_assert_not_reached ();
}

static void
count_changed (UsTrainer *trainer,
               gpointer   data)
{
  ++*(guint *) data;
}

static void
test_pause_and_stop (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE);
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autofree char *checkpoint = g_strconcat (path, ".checkpoint", NULL);
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .samples = 100000000, .path = path, .n_workers = 1 };
  UsTrainer *trainer = us_trainer_new (&config);
  UsTrainerProgress progress;
  g_autoptr(GError) error = NULL;
  g_autoptr(UsSimvae) snapshot = NULL;
  g_autoptr(UsSimvae) saved = NULL;
  guint changed = 0;
  guint64 samples;

  g_signal_connect (trainer, "changed", G_CALLBACK (count_changed), &changed);
  us_trainer_get_progress (trainer, &progress);
  g_assert_cmpint (progress.state, ==, US_TRAINER_IDLE);
  us_trainer_start (trainer);
  wait_for_state (trainer, US_TRAINER_RUNNING);
  g_usleep (300000);

  /* asleep: nothing moves, and what was learnt is on the disk */
  us_trainer_pause (trainer);
  wait_for_state (trainer, US_TRAINER_PAUSED);
  us_trainer_get_progress (trainer, &progress);
  samples = progress.samples;
  g_assert_cmpuint (samples, >, 0);
  g_assert_true (g_file_test (checkpoint, G_FILE_TEST_EXISTS));
  g_usleep (100000);
  us_trainer_get_progress (trainer, &progress);
  g_assert_cmpuint (progress.samples, ==, samples);

  us_trainer_resume (trainer);
  wait_for_state (trainer, US_TRAINER_RUNNING);
  g_usleep (300000);
  snapshot = us_trainer_get_model (trainer);
  g_assert_nonnull (snapshot);
  g_assert_false (us_simvae_has_encoder (snapshot));

  us_trainer_stop (trainer);
  us_trainer_join (trainer);
  us_trainer_get_progress (trainer, &progress);
  g_assert_cmpint (progress.state, ==, US_TRAINER_STOPPED);
  g_assert_cmpuint (progress.samples, >, samples);
  g_assert_null (us_trainer_get_error (trainer));
  saved = us_simvae_load (path, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_test (checkpoint, G_FILE_TEST_EXISTS));

  /* `changed` comes on this thread, when its loop turns */
  g_assert_cmpuint (changed, ==, 0);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (changed, >, 0);
  g_assert_finalize_object (trainer);
  fixture_remove_folder (folder);
}

/* Dropped while it runs: ends, leaves a checkpoint, no model. */
static void
test_dispose (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE);
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autofree char *checkpoint = g_strconcat (path, ".checkpoint", NULL);
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .samples = 100000000, .path = path, .n_workers = 2 };
  UsTrainer *trainer = us_trainer_new (&config);

  us_trainer_start (trainer);
  wait_for_state (trainer, US_TRAINER_RUNNING);
  g_usleep (200000);
  g_object_run_dispose (G_OBJECT (trainer));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (trainer);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (checkpoint, G_FILE_TEST_EXISTS));
  fixture_remove_folder (folder);
}

static void
test_cancelled (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE);
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .samples = 100000, .n_workers = 1 };
  g_autoptr(UsTrainer) trainer = us_trainer_new (&config);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (us_trainer_run (trainer, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (us_trainer_get_error (trainer));
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* Settings beyond reason: stops, says where, keeps the best weights. */
static void
test_not_finite (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE);
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .seed = 77, .samples = 64 * 2000,
                             .path = path, .n_workers = 1 };
  g_autoptr(UsTrainer) trainer = NULL;
  g_autoptr(UsSimvae) model = NULL;
  g_autoptr(UsSimvae) saved = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *a = NULL, *b = NULL;
  UsTrainerProgress progress;

  /* a negative decay: weights grow by a third each step, after some time for a held-out measurement */
  preset.adam[0].weight_decay = -60;
  preset.adam[0].final_fraction = 1;
  trainer = us_trainer_new (&config);
  g_assert_false (us_trainer_run (trainer, NULL, &error));
  g_assert_error (error, US_TRAIN_ERROR, US_TRAIN_ERROR_NOT_FINITE);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "step 1"));
  g_assert_nonnull (strstr (error->message, "seed 77"));
  us_trainer_get_progress (trainer, &progress);
  g_assert_cmpint (progress.state, ==, US_TRAINER_FAILED);
  g_assert_error (us_trainer_get_error (trainer), US_TRAIN_ERROR, US_TRAIN_ERROR_NOT_FINITE);

  model = us_trainer_get_model (trainer);
  g_assert_nonnull (model);
  g_clear_error (&error);
  saved = us_simvae_load (path, &error);
  g_assert_no_error (error);
  a = fixture_digest (model);
  b = fixture_digest (saved);
  g_assert_cmpstr (a, ==, b);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  fixture_remove_folder (folder);
}

/* A learning rate beyond reason blows up a layer at once: which one is said, and nothing is kept. */
static void
test_not_finite_at_once (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE);
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .seed = 77, .samples = 64 * 2000, .n_workers = 1 };
  g_autoptr(UsTrainer) trainer = NULL;
  g_autoptr(GError) error = NULL;

  preset.adam[0].learning_rate = 1e30;
  preset.adam[0].warmup_steps = 1;
  trainer = us_trainer_new (&config);
  g_assert_false (us_trainer_run (trainer, NULL, &error));
  g_assert_error (error, US_TRAIN_ERROR, US_TRAIN_ERROR_NOT_FINITE);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "layer "));
  g_assert_nonnull (strstr (error->message, "of the decoder"));
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_four_rows (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (TRUE);
  UsTrainerConfig config = { .prior = prior, .preset = &preset, .samples = 16, .n_workers = 1 };
  g_autoptr(UsSimvae) model = fixture_train (&config);
  g_autoptr(UsFourRows) rows = us_four_rows_new (model, 6, 1);
  g_autoptr(UsFourRows) again = us_four_rows_new (model, 6, 1);
  gsize n = 6 * 64 * 64;

  g_assert_cmpuint (rows->n_values, ==, 64 * 64);
  g_assert_nonnull (rows->both);
  g_assert_cmpmem (rows->x, n * sizeof (float), again->x, n * sizeof (float));
  g_assert_cmpmem (rows->both, n * sizeof (float), again->both, n * sizeof (float));
  for (gsize i = 0; i < n; i++)
    g_assert_true (isfinite (rows->decoded[i]) && isfinite (rows->simulated[i]) && rows->x[i] >= 0 && rows->x[i] <= 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/trainer/learns", test_learns);
  g_test_add_func ("/trainer/learns-sigma", test_learns_sigma);
  g_test_add_func ("/trainer/workers", test_workers);
  g_test_add_func ("/trainer/minutes", test_minutes);
  g_test_add_func ("/trainer/pause-and-stop", test_pause_and_stop);
  g_test_add_func ("/trainer/dispose", test_dispose);
  g_test_add_func ("/trainer/cancelled", test_cancelled);
  g_test_add_func ("/trainer/not-finite", test_not_finite);
  g_test_add_func ("/trainer/not-finite-at-once", test_not_finite_at_once);
  g_test_add_func ("/trainer/four-rows", test_four_rows);
  return g_test_run ();
}
