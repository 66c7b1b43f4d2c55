/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simvae-fixture.h"

#include "us-training-private.h"

#include "us-error.h"

#include <signal.h>
#include <unistd.h>

#define N_ITERATIONS 12

/* Trains from where it stands to the end of both steps. */
static char *
train_to_end (UsTraining *training)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsSimvae) model = NULL;
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
  model = us_training_model (training, &record, TRUE);
  us_simvae_record_clear (&record);
  return fixture_digest (model);
}

/* Saved after each iteration of both steps, loaded into a fresh one, trained to the end. */
static void
test_cut_points (gconstpointer data)
{
  gboolean conv = GPOINTER_TO_INT (data);
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (conv);
  UsTrainerConfig config = { .prior = prior, .output = conv ? 0 : 1, .preset = &preset, .seed = 9, .samples = 1 };
  g_autoptr(UsPool) pool = us_pool_new (2, 0);
  g_autoptr(UsPool) other_pool = us_pool_new (1, 0);
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "cut", NULL);
  g_autofree char *undisturbed = NULL;
  g_autofree char *settings = NULL;
  g_autoptr(UsTraining) walker = NULL;
  g_autoptr(GError) error = NULL;
  const double seconds[2] = { 1.5, 2.5 };

  preset.batch = 8;
  if (!conv)
    preset.kl_weight = 1e-3;         /* σ head: the reparametrisation's stream too */
  {
    g_autoptr(UsTraining) whole = us_training_new (&config, pool, &error);

    g_assert_no_error (error);
    us_training_begin (whole, 1, N_ITERATIONS);
    undisturbed = train_to_end (whole);
    settings = us_training_settings (whole, &config);
  }

  walker = us_training_new (&config, pool, &error);
  g_assert_no_error (error);
  us_training_begin (walker, 1, N_ITERATIONS);
  for (guint cut = 0; cut < 2 * N_ITERATIONS; cut += conv ? 3 : 1)
    {
      g_autoptr(UsTraining) resumed = us_training_new (&config, other_pool, &error);
      g_autofree char *digest = NULL;
      double loaded[2] = { 0, 0 };

      for (guint i = 0; cut > 0 && i < (conv ? 3 : 1); i++)
        {
          if (walker->iteration == N_ITERATIONS)
            {
              us_training_finish_step (walker);
              us_training_begin (walker, 2, N_ITERATIONS);
            }
          us_training_advance (walker, 0, &error);
          g_assert_no_error (error);
        }
      us_training_save_checkpoint (walker, settings, seconds, path, &error);
      g_assert_no_error (error);
      us_training_load_checkpoint (resumed, settings, loaded, path, &error);
      g_assert_no_error (error);
      g_assert_cmpfloat (loaded[1], ==, 2.5);
      g_assert_cmpuint (resumed->history[walker->step - 1]->len, ==, walker->history[walker->step - 1]->len);
      digest = train_to_end (resumed);
      g_assert_cmpstr (digest, ==, undisturbed);
    }
  fixture_remove_folder (folder);
}

static UsTrainerConfig
killed_config (UsPrior        *prior,
               const UsPreset *preset,
               const char     *path)
{
  return (UsTrainerConfig) { .prior = prior, .output = 1, .preset = preset, .seed = 12, .samples = 64 * 300, .path = path,
                             .n_workers = 2, .checkpoint_seconds = 1e-6, .resume = TRUE };
}

static gpointer
kill_later (gpointer data)
{
  g_usleep (GPOINTER_TO_UINT (data));
  kill (getpid (), SIGKILL);
  return NULL;
}

/* In a process of its own: saves all the time, and is killed whatever it is doing. */
static void
test_killed_child (void)
{
  const char *path = g_getenv ("US_TEST_KILLED_PATH"), *delay = g_getenv ("US_TEST_KILLED_DELAY");
  g_autoptr(UsPrior) prior = NULL;
  UsPreset preset = fixture_preset (FALSE);
  UsTrainerConfig config;

  if (path == NULL || delay == NULL)
    {
      g_test_skip ("runs inside /checkpoint/killed");
      return;
    }
  prior = fixture_prior ("fourier");
  config = killed_config (prior, &preset, path);
  g_thread_unref (g_thread_new ("kill", kill_later, GUINT_TO_POINTER (g_ascii_strtoull (delay, NULL, 10))));
  us_simvae_unref (fixture_train (&config));
}

static void
test_killed (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE);
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autofree char *checkpoint = g_strconcat (path, ".checkpoint", NULL);
  UsTrainerConfig config = killed_config (prior, &preset, NULL);
  g_autoptr(UsSimvae) whole = fixture_train (&config);
  g_autofree char *undisturbed = fixture_digest (whole);
  g_autoptr(GRand) random = g_rand_new_with_seed (5);
  guint killed = 0;

  g_setenv ("US_TEST_KILLED_PATH", path, TRUE);
  for (int round = 0; round < 5; round++)
    {
      g_autofree char *delay = g_strdup_printf ("%d", g_rand_int_range (random, 20000, 500000));

      g_setenv ("US_TEST_KILLED_DELAY", delay, TRUE);
      g_test_trap_subprocess ("/checkpoint/killed/subprocess", 0, 0);
      killed += !g_test_trap_has_passed ();
    }
  g_unsetenv ("US_TEST_KILLED_PATH");
  g_assert_cmpuint (killed, >, 0);

  /* the last one, to the end: the same bits as if nothing had happened */
  {
    g_autoptr(UsTrainer) trainer = NULL;
    g_autoptr(UsSimvae) model = NULL;
    g_autofree char *digest = NULL;
    g_autoptr(GError) error = NULL;
    UsTrainerProgress progress;
    gboolean had_checkpoint = g_file_test (checkpoint, G_FILE_TEST_EXISTS);

    config.path = path;
    trainer = us_trainer_new (&config);
    us_trainer_run (trainer, NULL, &error);
    g_assert_no_error (error);
    us_trainer_get_progress (trainer, &progress);
    g_test_message ("killed %u times, resumed from sample %" G_GUINT64_FORMAT, killed, progress.resumed_from);
    if (had_checkpoint)
      g_assert_cmpuint (progress.resumed_from, >, 0);
    model = us_trainer_get_model (trainer);
    digest = fixture_digest (model);
    g_assert_cmpstr (digest, ==, undisturbed);
    g_assert_false (g_file_test (checkpoint, G_FILE_TEST_EXISTS));
    while (g_main_context_iteration (NULL, FALSE))
      ;
  }
  fixture_remove_folder (folder);
}

/* Leaves a checkpoint of a training that was cut short. */
static void
make_checkpoint (const UsTrainerConfig *config)
{
  g_autoptr(UsTrainer) trainer = us_trainer_new (config);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (us_trainer_run (trainer, cancellable, &error));
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
expect_refusal (const UsTrainerConfig *config,
                GQuark                 domain,
                int                    code,
                const char            *word)
{
  g_autoptr(UsTrainer) trainer = us_trainer_new (config);
  g_autoptr(GError) error = NULL;

  g_assert_false (us_trainer_run (trainer, NULL, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, domain, code);
  g_assert_nonnull (strstr (error->message, word));
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_other_settings (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE), wider = preset;
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autofree char *checkpoint = g_strconcat (path, ".checkpoint", NULL);
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .seed = 12, .samples = 64 * 20, .path = path,
                             .n_workers = 1, .resume = TRUE };
  UsTrainerConfig other;
  g_autofree char *bytes = NULL;
  gsize length;

  make_checkpoint (&config);
  g_assert_true (g_file_test (checkpoint, G_FILE_TEST_EXISTS));

  other = config;
  other.seed = 13;
  expect_refusal (&other, US_TRAIN_ERROR, US_TRAIN_ERROR_CHECKPOINT, "seed is 12 there and 13 here");
  other = config;
  other.samples = 64 * 21;
  expect_refusal (&other, US_TRAIN_ERROR, US_TRAIN_ERROR_CHECKPOINT, "samples");
  other = config;
  other.samples = 0;
  other.minutes = 1;
  expect_refusal (&other, US_TRAIN_ERROR, US_TRAIN_ERROR_CHECKPOINT, "minutes");
  other = config;
  wider.width = 65;
  other.preset = &wider;
  expect_refusal (&other, US_TRAIN_ERROR, US_TRAIN_ERROR_CHECKPOINT, "width");
  other = config;
  other.output = 0;
  expect_refusal (&other, US_TRAIN_ERROR, US_TRAIN_ERROR_CHECKPOINT, "output");

  /* half a file */
  g_assert_true (g_file_get_contents (checkpoint, &bytes, &length, NULL));
  g_assert_true (g_file_set_contents (checkpoint, bytes, length / 2, NULL));
  expect_refusal (&config, US_FORMAT_ERROR, US_FORMAT_ERROR_TRUNCATED, "checkpoint");

  /* without resume an old one does not matter */
  config.resume = FALSE;
  us_simvae_unref (fixture_train (&config));
  fixture_remove_folder (folder);
}

/* A disk that takes nothing: said, tried again, and the training ends well. */
static void
test_cannot_write (gconstpointer data)
{
  gboolean full = GPOINTER_TO_INT (data);
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE);
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autofree char *checkpoint = g_strconcat (path, ".checkpoint", NULL);
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .seed = 12, .samples = 64 * 200, .path = path,
                             .n_workers = 1, .checkpoint_seconds = 1e-6 };
  g_autoptr(UsTrainer) trainer = us_trainer_new (&config);
  g_autoptr(UsSimvae) saved = NULL;
  g_autoptr(GError) error = NULL;
  UsTrainerProgress progress;

  if (full)
    {
      if (!g_file_test ("/dev/full", G_FILE_TEST_EXISTS))
        {
          g_test_skip ("no /dev/full here");
          return;
        }
      g_assert_cmpint (symlink ("/dev/full", checkpoint), ==, 0);
    }
  else
    g_assert_cmpint (g_mkdir (checkpoint, 0700), ==, 0);
  us_trainer_run (trainer, NULL, &error);
  g_assert_no_error (error);
  us_trainer_get_progress (trainer, &progress);
  g_assert_cmpint (progress.state, ==, US_TRAINER_DONE);
  g_test_message ("%s", progress.warning);
  g_assert_cmpstr (progress.warning, !=, "");
  saved = us_simvae_load (path, &error);
  g_assert_no_error (error);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  fixture_remove_folder (folder);
}

/* The model itself cannot be saved: an error, and the model is still there to be saved elsewhere. */
static void
test_cannot_save (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE);
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "missing", "model.safetensors", NULL);
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .samples = 64, .path = path, .n_workers = 1 };
  g_autoptr(UsTrainer) trainer = us_trainer_new (&config);
  g_autoptr(UsSimvae) model = NULL;
  g_autoptr(GError) error = NULL;
  UsTrainerProgress progress;

  g_assert_false (us_trainer_run (trainer, NULL, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, "missing"));
  us_trainer_get_progress (trainer, &progress);
  g_assert_cmpint (progress.state, ==, US_TRAINER_FAILED);
  model = us_trainer_get_model (trainer);
  g_assert_true (us_simvae_has_encoder (model));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  fixture_remove_folder (folder);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/checkpoint/cut-points/dense-sigma", GINT_TO_POINTER (FALSE), test_cut_points);
  g_test_add_data_func ("/checkpoint/cut-points/conv-augmented", GINT_TO_POINTER (TRUE), test_cut_points);
  g_test_add_func ("/checkpoint/killed", test_killed);
  g_test_add_func ("/checkpoint/killed/subprocess", test_killed_child);
  g_test_add_func ("/checkpoint/other-settings", test_other_settings);
  g_test_add_data_func ("/checkpoint/cannot-write/full", GINT_TO_POINTER (TRUE), test_cannot_write);
  g_test_add_data_func ("/checkpoint/cannot-write/folder", GINT_TO_POINTER (FALSE), test_cannot_write);
  g_test_add_func ("/checkpoint/cannot-save", test_cannot_save);
  return g_test_run ();
}
