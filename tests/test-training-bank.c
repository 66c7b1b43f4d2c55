/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simvae-fixture.h"

#include "us-training-private.h"

#include "us-error.h"
#include "us-npy.h"

#define BATCH  16
#define N_ROWS 1100

static UsPreset
small_preset (void)
{
  UsPreset preset = fixture_preset (FALSE);

  preset.batch = BATCH;
  preset.width = 24;
  return preset;
}

/* A bank of the Fourier curve in a folder of its own. */
static char *
make_bank (const UsPrior *prior,
           guint64        seed,
           guint64        count)
{
  char *folder = fixture_folder ();
  g_autoptr(GError) error = NULL;

  us_bank_simulate (prior, 1, seed, count, 1, folder, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  return folder;
}

/* Rewrites θ: every row that `which` says gets another row's. */
static void
exchange_parameters (const char     *folder,
                     const gboolean *which)     /* (N_ROWS) */
{
  g_autofree char *path = g_build_filename (folder, "theta.npy", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsArray) theta = us_npy_read (path, 0, &error);
  double *rows;
  gsize p_count;

  g_assert_no_error (error);
  rows = theta->data;
  p_count = theta->shape[1];
  for (gsize i = 0; i < N_ROWS; i++)
    if (which[i])
      for (gsize p = 0; p < p_count; p++)
        rows[i * p_count + p] = 0.001 * ((i * 7 + p) % 200);
  us_npy_write (path, theta, &error);
  g_assert_no_error (error);
}

static char *
train (const UsPrior *prior,
       const char    *bank,
       UsMethod       method,
       guint          workers,
       guint64        samples)
{
  UsPreset preset = small_preset ();
  UsTrainerConfig config = { .prior = (UsPrior *) prior, .output = 1, .method = method, .preset = &preset, .seed = 5,
                             .samples = samples, .bank = bank, .labelled_share = method == US_METHOD_SEMI_SUPERVISED ? 0.3 : 0,
                             .n_workers = workers };
  g_autoptr(UsSimvae) model = fixture_train (&config);

  return fixture_digest (model);
}

static void
test_shuffle (void)
{
  const gsize sizes[] = { 1, 2, 3, 5, 16, 17, 1000, 4097 };

  for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      gsize n = sizes[s], fixed = 0;
      g_autofree gboolean *seen = g_new0 (gboolean, n);

      for (gsize k = 0; k < n; k++)
        {
          gsize to = us_training_shuffled (7, 3, n, k);

          g_assert_cmpuint (to, <, n);
          g_assert_false (seen[to]);
          seen[to] = TRUE;
          fixed += to == us_training_shuffled (7, 4, n, k);
        }
      /* another shuffle agrees in one place, on average (Poisson): in more than ten next to never */
      if (n >= 16)
        g_assert_cmpuint (fixed, <, 11);
    }
}

/* Each time round every row once, the held-out ones never, and another order. */
static void
test_epochs (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = small_preset ();
  char *folder = make_bank (prior, 3, N_ROWS);
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .seed = 5, .samples = 1, .bank = folder };
  g_autoptr(UsPool) pool = us_pool_new (2, 0);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsTraining) t = us_training_new (&config, pool, &error);
  gsize rest = N_ROWS - US_HELD_OUT_ROWS;
  g_autoptr(GHashTable) held_out = g_hash_table_new (g_double_hash, g_double_equal);
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_double_hash, g_double_equal, g_free, NULL);
  gboolean same_order = TRUE;
  g_autofree double *first_round = g_new (double, rest);

  g_assert_no_error (error);
  g_assert_false (t->augment);
  for (gsize i = 0; i < US_HELD_OUT_ROWS; i++)
    g_assert_true (g_hash_table_add (held_out, &t->held_out.theta[i * t->n_parameters]));
  us_training_begin (t, 1, 200);
  for (gsize row = 0; row < 2 * rest; row++)
    {
      UsBatch *batch = &t->batches[0];
      double *theta;

      if (row % BATCH == 0)
        {
          us_training_batch_finish (t, batch, us_training_batch_begin (t, batch, row), &error);
          g_assert_no_error (error);
        }
      theta = batch->theta + row % BATCH * t->n_parameters;
      g_assert_false (g_hash_table_contains (held_out, theta));
      if (row < rest)
        first_round[row] = *theta;
      else
        same_order = same_order && first_round[row - rest] == *theta;
      if (row % rest == 0)
        g_hash_table_remove_all (seen);
      g_assert_true (g_hash_table_add (seen, g_memdup2 (theta, sizeof *theta)));
    }
  g_assert_false (same_order);
  fixture_remove_folder (folder);
}

static void
test_workers (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  char *folder = make_bank (prior, 3, N_ROWS), *other = make_bank (prior, 4, N_ROWS);
  g_autofree char *alone = train (prior, folder, US_METHOD_SIMVAE, 1, 1600);
  g_autofree char *three = train (prior, folder, US_METHOD_SIMVAE, 3, 1600);
  g_autofree char *another = train (prior, other, US_METHOD_SIMVAE, 1, 1600);
  g_autofree char *fresh = train (prior, NULL, US_METHOD_SIMVAE, 1, 1600);

  g_assert_cmpstr (alone, ==, three);
  g_assert_cmpstr (alone, !=, another);
  g_assert_cmpstr (alone, !=, fresh);
  fixture_remove_folder (folder);
  fixture_remove_folder (other);
}

/* Parameters of rows that carry none change nothing, from the first step to the model; those of the others do. */
static void
test_hidden (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  char *folder = make_bank (prior, 3, N_ROWS);
  gsize rest = N_ROWS - US_HELD_OUT_ROWS, taught = (gsize) floor (rest * 0.3);
  g_autofree gboolean *hidden = g_new0 (gboolean, N_ROWS), *shown = g_new0 (gboolean, N_ROWS);
  g_autofree char *before = train (prior, folder, US_METHOD_SEMI_SUPERVISED, 1, 1600), *after = NULL, *last = NULL;

  for (gsize k = US_HELD_OUT_ROWS; k < N_ROWS; k++)
    (k < US_HELD_OUT_ROWS + taught ? shown : hidden)[us_training_shuffled (5, 0, N_ROWS, k)] = TRUE;

  exchange_parameters (folder, hidden);
  after = train (prior, folder, US_METHOD_SEMI_SUPERVISED, 1, 1600);
  g_assert_cmpstr (before, ==, after);
  exchange_parameters (folder, shown);
  last = train (prior, folder, US_METHOD_SEMI_SUPERVISED, 1, 1600);
  g_assert_cmpstr (before, !=, last);
  fixture_remove_folder (folder);
}

static void
expect_refusal (UsPrior    *prior,
                guint       output,
                const char *bank,
                const char *word)
{
  UsPreset preset = small_preset ();
  UsTrainerConfig config = { .prior = prior, .output = output, .preset = &preset, .samples = 160, .bank = bank,
                             .n_workers = 1 };
  g_autoptr(UsTrainer) trainer = us_trainer_new (&config);
  g_autoptr(GError) error = NULL;

  g_assert_false (us_trainer_run (trainer, NULL, &error));
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, word));
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_refusals (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  g_autoptr(UsPrior) rlc = fixture_prior ("rlc");
  g_autoptr(UsPrior) narrow = NULL;
  UsDistribution distributions[US_MAX_PARAMETERS];
  char *folder = make_bank (prior, 3, N_ROWS), *few = make_bank (prior, 3, 1000);
  g_autofree char *meta = g_build_filename (folder, "bank.json", NULL);
  g_autoptr(GError) error = NULL;

  for (gsize p = 0; p < us_prior_simulator (prior)->n_parameters; p++)
    {
      distributions[p] = *us_prior_distribution (prior, p);
      distributions[p].a /= 2;
      distributions[p].b /= 2;
    }
  narrow = us_prior_new (us_prior_simulator (prior), distributions, &error);
  g_assert_no_error (error);

  expect_refusal (prior, 1, few, "1000 rows are too few");
  expect_refusal (rlc, 0, folder, "fourier");
  expect_refusal (prior, 0, folder, "curve");
  expect_refusal (narrow, 1, folder, "another prior");
  expect_refusal (prior, 1, "/nonexistent/bank", "/nonexistent/bank");
  /* where the bank does not say its prior, its rows do */
  g_assert_cmpint (g_remove (meta), ==, 0);
  expect_refusal (narrow, 1, folder, "outside the prior");
  fixture_remove_folder (folder);
  fixture_remove_folder (few);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/training-bank/shuffle", test_shuffle);
  g_test_add_func ("/training-bank/epochs", test_epochs);
  g_test_add_func ("/training-bank/workers", test_workers);
  g_test_add_func ("/training-bank/hidden", test_hidden);
  g_test_add_func ("/training-bank/refusals", test_refusals);
  return g_test_run ();
}
