/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The evidence: one object, its figures, and how the errors fell. */
#include "simvae-fixture.h"

#include "us-error.h"
#include "us-evaluate-private.h"
#include "us-evidence-plots.h"
#include "us-training-private.h"

/* n pairs, P parameters. */

/* -- slopes ------------------------------------------------------------- */

/* A record whose simulator error is that of `law` at 2^10 … 2^(9 + n) draws of step 2. */
static UsErrorBudget *
budget_of (guint   n,
           double (*law) (double draws))
{
  UsSimvaeRecord record;
  UsErrorBudget *budget;

  us_simvae_record_init (&record);
  for (guint i = 0; i < n; i++)
    {
      UsHistoryPoint point = { .samples = (guint64) (1024 * pow (2, i / 4.0)), .held_out = NAN, .rms = { NAN, NAN, NAN } };

      g_array_append_val (record.history[1], point);       /* nothing measured here */
      point.rms[US_BUDGET_SIMULATOR] = law (point.samples);
      g_array_append_val (record.history[1], point);
    }
  budget = us_error_budget_new (&record);
  us_simvae_record_clear (&record);
  return budget;
}

static double
root_law (double draws)
{
  return 3 / sqrt (draws);
}

static double
rising_law (double draws)
{
  return pow (draws, 0.25);
}

/* 1 % up and down about a level. */
static double
noise_law (double draws)
{
  return 0.1 * (1 + 0.01 * sin (draws));
}

/* Falls, then stands: only the last factor of four speaks. */
static double
floor_law (double draws)
{
  return draws < 1024 * 16 ? 100 / draws : 100 / 16384.0;
}

static void
test_slopes (void)
{
  const struct { double (*law) (double); UsErrorTrend trend; double slope; const char *word; } cases[] = {
    { root_law, US_TREND_FALLING, -0.5, "71 %" },          /* 2^-0.5 */
    { rising_law, US_TREND_RISING, 0.25, "harm" },
    { noise_law, US_TREND_LEVEL, NAN, "little" },
    { floor_law, US_TREND_LEVEL, 0, "little" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(UsErrorBudget) budget = budget_of (30, cases[i].law);
      const UsErrorCurve *curve = &budget->curve[US_BUDGET_SIMULATOR];
      g_autofree char *words = us_error_curve_to_words (curve, US_BUDGET_SIMULATOR);

      g_assert_cmpuint (curve->n, ==, 30);
      g_assert_cmpuint (curve->step, ==, 2);
      g_assert_cmpint (curve->trend, ==, cases[i].trend);
      if (isfinite (cases[i].slope))
        g_assert_cmpfloat_with_epsilon (curve->slope, cases[i].slope, 1e-3);
      g_assert_nonnull (strstr (words, cases[i].word));
      g_assert_cmpuint (budget->curve[US_BUDGET_DECODER].n, ==, 0);
    }
}

/* Level because nothing has been learnt yet is not the same as level because all has been. */
static void
test_plateau (void)
{
  g_autoptr(UsErrorBudget) budget = budget_of (30, noise_law);
  UsErrorCurve *curve = &budget->curve[US_BUDGET_SIMULATOR];
  g_autofree char *unknown = us_error_curve_to_words (curve, US_BUDGET_SIMULATOR), *plateau = NULL, *learnt = NULL;

  g_assert_true (isnan (curve->share));
  g_assert_nonnull (strstr (unknown, "little"));
  curve->share = 0.68;
  plateau = us_error_curve_to_words (curve, US_BUDGET_SIMULATOR);
  g_assert_nonnull (strstr (plateau, "plateau"));
  g_assert_nonnull (strstr (plateau, "68 %"));
  curve->share = 0.05;
  learnt = us_error_curve_to_words (curve, US_BUDGET_SIMULATOR);
  g_assert_cmpstr (learnt, ==, unknown);
}

static void
test_too_few (void)
{
  g_autoptr(UsErrorBudget) few = budget_of (3, root_law);
  g_autoptr(UsErrorBudget) none = budget_of (0, root_law);
  g_autofree char *words = us_error_curve_to_words (&few->curve[US_BUDGET_SIMULATOR], US_BUDGET_SIMULATOR);

  g_assert_cmpint (few->curve[US_BUDGET_SIMULATOR].trend, ==, US_TREND_UNKNOWN);
  g_assert_true (isnan (few->curve[US_BUDGET_SIMULATOR].slope));
  g_assert_nonnull (strstr (words, "too few"));
  g_assert_false (us_error_budget_is_empty (few));
  g_assert_true (us_error_budget_is_empty (none));
}

/* -- what training records ---------------------------------------------- */

static double
least (const UsErrorCurve *curve)
{
  double low = INFINITY;

  for (gsize i = 0; i < curve->n; i++)
    low = MIN (low, curve->rms[i]);
  return low;
}

static double
rms_of (gsize        n,
        const float *a,
        const float *b)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
  return sqrt (sum / n);
}

static UsSimvae *
train_curve (const char *path)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE);
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .seed = 5, .samples = 64 * 256, .n_workers = 1,
                             .path = path };

  return fixture_train (&config);
}

/* The model that is kept is the one of the least held-out loss, here also of the least error: its errors on the same
 * draws, by the player and the simulator, are the ones on record. */
static void
test_recorded (void)
{
  g_autoptr(UsSimvae) model = train_curve (NULL);
  g_autoptr(UsErrorBudget) budget = us_error_budget_new (us_simvae_record (model));
  g_autoptr(UsPlayer) player = us_player_new (model, US_HELD_OUT_BATCH, NULL);
  const UsSimulator *simulator = us_simvae_simulator (model);
  gsize p_count = simulator->n_parameters, n = us_simvae_n_values (model), rows = US_HELD_OUT_ROWS;
  g_autofree double *v = g_new (double, rows * p_count);
  g_autofree double *z = g_new (double, rows * p_count);
  g_autofree float *x = g_new (float, rows * n);
  g_autofree float *out = g_new (float, rows * n);
  g_autoptr(GError) error = NULL;

  us_simulate_rows (us_simvae_prior (model), 1, 5, US_ROWS_HELD_OUT, rows, v, x, &error);
  g_assert_no_error (error);
  us_player_decode (player, rows, v, out);
  g_assert_cmpfloat_with_epsilon (rms_of (rows * n, out, x), least (&budget->curve[US_BUDGET_DECODER]), 1e-6);
  us_player_encode (player, rows, x, z, NULL);
  us_player_decode (player, rows, z, out);
  /* the player keeps answers within the prior */
  g_assert_cmpfloat_with_epsilon (rms_of (rows * n, out, x), least (&budget->curve[US_BUDGET_BOTH]),
                                  0.02 * least (&budget->curve[US_BUDGET_BOTH]));
  for (gsize i = 0; i < US_HELD_OUT_BATCH; i++)
    {
      UsRng rng;

      us_rng_init (&rng, 5, US_RNG_EVALUATE, i);
      g_assert_cmpint (simulator->run (simulator, z + i * p_count, 1, &rng, out + i * n), ==, US_SIM_OK);
    }
  {
    const UsErrorCurve *both = &budget->curve[US_BUDGET_BOTH], *simulated = &budget->curve[US_BUDGET_SIMULATOR];
    gsize best = 0;

    g_assert_cmpuint (both->n, ==, simulated->n);
    for (gsize i = 0; i < both->n; i++)
      best = both->rms[i] < both->rms[best] ? i : best;
    g_assert_cmpfloat_with_epsilon (rms_of (US_HELD_OUT_BATCH * n, out, x), simulated->rms[best], 1e-6);
  }
  /* after 32 iterations, 64, 128 …, so that the logarithm is spread over */
  g_assert_cmpuint (budget->curve[US_BUDGET_DECODER].n, ==, 8);
  g_assert_cmpfloat (budget->curve[US_BUDGET_DECODER].draws[0], ==, 64 * 32);
  g_assert_cmpfloat (budget->curve[US_BUDGET_DECODER].draws[7], ==, 64 * 256);
}

static void
assert_same_curves (const UsErrorBudget *a,
                    const UsErrorBudget *b,
                    double               tolerance)
{
  for (int c = 0; c < US_BUDGET_N_CURVES; c++)
    {
      g_assert_cmpuint (a->curve[c].n, ==, b->curve[c].n);
      for (gsize i = 0; i < a->curve[c].n; i++)
        {
          g_assert_cmpfloat (a->curve[c].draws[i], ==, b->curve[c].draws[i]);
          g_assert_cmpfloat_with_epsilon (a->curve[c].rms[i], b->curve[c].rms[i], tolerance);
        }
    }
}

/* In the file of the model; a file of before, whose points have four numbers, says that nothing was recorded. */
static void
test_files (void)
{
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "m.safetensors", NULL);
  g_autoptr(UsSimvae) model = train_curve (path);
  g_autoptr(UsSimvae) loaded = NULL;
  g_autoptr(UsSimvae) old = NULL;
  g_autoptr(UsSafetensors) file = NULL;
  g_autoptr(UsErrorBudget) here = NULL;
  g_autoptr(UsErrorBudget) there = NULL;
  g_autoptr(UsErrorBudget) before = NULL;
  g_autoptr(GError) error = NULL;

  loaded = us_simvae_load (path, &error);
  g_assert_no_error (error);
  here = us_error_budget_new (us_simvae_record (model));
  there = us_error_budget_new (us_simvae_record (loaded));
  g_assert_cmpuint (there->curve[US_BUDGET_SIMULATOR].n, >, 4);
  assert_same_curves (here, there, 1e-15);

  file = us_safetensors_read (path, G_MAXSIZE, &error);
  g_assert_no_error (error);
  us_safetensors_set_metadata (file, "history", "[[[64,0.1,0.5,0.4],[128,0.2,0.3,null]],[[64,0.1,0.5,0.4]]]");
  us_safetensors_write (file, path, &error);
  g_assert_no_error (error);
  old = us_simvae_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (us_simvae_record (old)->history[0]->len, ==, 2);
  before = us_error_budget_new (us_simvae_record (old));
  g_assert_true (us_error_budget_is_empty (before));
  fixture_remove_folder (folder);
}

/* Saved in the middle of each step, gone on with elsewhere: the same budget to the bit. */
static void
test_resumed (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE);
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .seed = 9, .samples = 1 };
  g_autoptr(UsPool) pool = us_pool_new (2, 0);
  g_autoptr(UsTraining) whole = NULL;
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "cut", NULL);
  g_autofree char *settings = NULL;
  g_autoptr(GError) error = NULL;
  const double seconds[2] = { 0, 0 };
  const guint n = 96, cut = 70;

  whole = us_training_new (&config, pool, &error);
  g_assert_no_error (error);
  settings = us_training_settings (whole, &config);
  for (guint step = 1; step <= 2; step++)
    {
      g_autoptr(UsTraining) resumed = us_training_new (&config, NULL, &error);
      double loaded[2];

      us_training_begin (whole, step, n);
      for (guint i = 0; i < n; i++)
        {
          if (i == cut)
            us_training_save_checkpoint (whole, settings, seconds, path, &error);
          us_training_advance (whole, 0, &error);
          g_assert_no_error (error);
        }
      us_training_load_checkpoint (resumed, settings, loaded, path, &error);
      g_assert_no_error (error);
      while (resumed->iteration < n)
        us_training_advance (resumed, 0, &error);
      g_assert_cmpuint (resumed->history[step - 1]->len, ==, n);
      for (guint i = 0; i < n; i++)
        {
          const UsHistoryPoint *a = &g_array_index (whole->history[step - 1], UsHistoryPoint, i);
          const UsHistoryPoint *b = &g_array_index (resumed->history[step - 1], UsHistoryPoint, i);

          g_assert_cmpmem (a->rms, sizeof a->rms, b->rms, sizeof b->rms);
          g_assert_true (isfinite (a->rms[step == 1 ? US_BUDGET_DECODER : US_BUDGET_SIMULATOR]) == isfinite (a->held_out));
        }
      us_training_finish_step (whole);
    }
  fixture_remove_folder (folder);
}

/* -- the object --------------------------------------------------------- */

typedef struct
{
  double last;
  guint  count;
} Progress;

static void
on_progress (double   fraction,
             gpointer data)
{
  Progress *progress = data;

  g_assert_cmpfloat (fraction, >=, progress->last);
  g_assert_cmpfloat (fraction, <=, 1);
  progress->last = fraction;
  progress->count++;
}

static void
test_object (void)
{
  g_autoptr(UsSimvae) model = train_curve (NULL);
  Progress progress = { 0 };
  const UsEvaluateConfig config = { .n_pairs = 300, .seed = 3, .n_workers = 2, .progress = on_progress, .data = &progress };
  g_autoptr(GError) error = NULL;
  g_autoptr(UsEvidence) evidence = us_evidence_new (model, &config, 5, NULL, &error);
  const UsEvaluation *evaluation;
  double top = 0, squares = 0;

  g_assert_no_error (error);
  evaluation = evidence->evaluation;
  g_assert_cmpfloat (progress.last, ==, 1);
  g_assert_cmpuint (progress.count, >, 3);
  g_assert_cmpfloat (evidence->published->mig, ==, 0.76);
  g_assert_cmpuint (evidence->n_worst, ==, 5);
  for (gsize i = 0; i < 300; i++)
    {
      top = MAX (top, evaluation->rms_simulator_of[i]);
      squares += evaluation->rms_simulator_of[i] * evaluation->rms_simulator_of[i];
    }
  g_assert_cmpfloat_with_epsilon (sqrt (squares / 300), evaluation->rms_simulator, 1e-12);
  g_assert_cmpfloat_with_epsilon (evidence->worst[0].rms_simulator, top, 1e-12);
  for (gsize k = 0; k < 5; k++)
    {
      const UsWorstCase *worst = &evidence->worst[k];

      g_assert_cmpmem (worst->theta, 11 * sizeof (double), evaluation->v + worst->row * 11, 11 * sizeof (double));
      g_assert_cmpmem (worst->answer, 11 * sizeof (double), evaluation->z + worst->row * 11, 11 * sizeof (double));
      g_assert_cmpfloat_with_epsilon (worst->rms_simulator, evaluation->rms_simulator_of[worst->row], 1e-12);
      g_assert_true (k == 0 || worst->rms_simulator <= evidence->worst[k - 1].rms_simulator);
      g_assert_cmpfloat (worst->rms_both, >, 0);
    }
}

static void
cancel_at_half (double   fraction,
                gpointer data)
{
  if (fraction > 0.3)
    g_cancellable_cancel (data);
}

static void
test_cancelled (void)
{
  g_autoptr(UsSimvae) model = train_curve (NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  const UsEvaluateConfig config = { .n_pairs = 2000, .n_workers = 1, .progress = cancel_at_half, .data = cancellable };
  g_autoptr(GError) error = NULL;

  g_assert_null (us_evidence_new (model, &config, 5, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_no_encoder (void)
{
  g_autoptr(UsSimvae) model = train_curve (NULL);
  g_autoptr(UsSimvae) half = NULL;
  g_autoptr(GError) error = NULL;
  UsSimvaeParts parts;

  us_simvae_get_parts (model, &parts);
  parts.encoder = NULL;
  half = us_simvae_new (&parts);
  g_assert_null (us_evidence_new (half, NULL, 5, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING);
}

static void
test_published (void)
{
  g_assert_cmpfloat (us_published_score ("box")->mig_truth, ==, 0.82);
  g_assert_cmpfloat (us_published_score ("rlc")->mig, ==, 0.13);
  g_assert_null (us_published_score ("pendulum"));
}

/* -- figures ------------------------------------------------------------ */

/* Answers that are the truth, and answers whose first two are exchanged. */
static void
replace_by_code (UsEvidence *evidence,
                 gboolean    swapped)
{
  UsPrior *prior = us_simvae_prior (evidence->model);
  const UsSimulator *simulator = us_prior_simulator (prior);
  gsize n = 2000, p_count = simulator->n_parameters;
  UsEvaluation *evaluation = us_evaluation_alloc (simulator, n);
  g_autofree double *latent = g_new (double, n * p_count);
  g_autofree double *sd = g_new0 (double, n * p_count);
  g_autoptr(GError) error = NULL;
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  for (gsize i = 0; i < n; i++)
    {
      double *z = latent + i * p_count;

      for (gsize p = 0; p < p_count; p++)
        z[p] = us_rng_range (&rng, -1, 1);
      us_prior_from_latent (prior, z, evaluation->v + i * p_count);
      if (swapped)
        {
          double first = z[0];

          z[0] = z[1];
          z[1] = first;
        }
      us_prior_from_latent (prior, z, evaluation->z + i * p_count);
    }
  us_evaluation_measure (evaluation, prior, 1, latent, sd, NULL, NULL, &error);
  g_assert_no_error (error);
  us_evaluation_free (evidence->evaluation);
  evidence->evaluation = evaluation;
}

/* The body of a matrix's CSV, without the names of its axes. */
static char *
matrix_of (const UsEvidence *evidence,
           UsEvidenceMatrix  which,
           gboolean          bits)
{
  g_autoptr(UsPlot) plot = us_evidence_plot_information (evidence, which, bits, "t");

  return us_plot_to_csv (plot);
}

static double
first_number (const char *csv)
{
  const char *row = strchr (csv, '\n');

  return g_ascii_strtod (strchr (row, ',') + 1, NULL);
}

static void
test_matrices (void)
{
  g_autoptr(UsSimvae) model = train_curve (NULL);
  const UsEvaluateConfig config = { .n_pairs = 100, .n_workers = 1 };
  g_autoptr(GError) error = NULL;
  g_autoptr(UsEvidence) evidence = us_evidence_new (model, &config, 2, NULL, &error);
  g_autofree char *perfect = NULL, *truth = NULL, *bits = NULL, *swapped = NULL, *summary = NULL;
  g_autoptr(UsPlot) plot = NULL;

  g_assert_no_error (error);
  replace_by_code (evidence, FALSE);
  perfect = matrix_of (evidence, US_MATRIX_ANSWERS, FALSE);
  truth = matrix_of (evidence, US_MATRIX_TRUTH, FALSE);
  g_assert_cmpstr (perfect, ==, truth);
  g_assert_cmpfloat (evidence->evaluation->mig, >, 0.9);
  /* 20 equal bins of a flat prior: log 20, or log₂ 20 */
  g_assert_cmpfloat_with_epsilon (first_number (perfect), log (20), 0.02);
  bits = matrix_of (evidence, US_MATRIX_ANSWERS, TRUE);
  g_assert_cmpfloat_with_epsilon (first_number (bits), log2 (20), 0.03);
  g_assert_nonnull (strstr (perfect, us_simvae_simulator (model)->parameters[10].symbol));

  replace_by_code (evidence, TRUE);
  swapped = matrix_of (evidence, US_MATRIX_ANSWERS, FALSE);
  g_assert_cmpfloat (first_number (swapped), <, 0.3);
  plot = us_evidence_plot_information (evidence, US_MATRIX_ANSWERS, FALSE, "Who tells what");
  summary = us_plot_summary (plot);
  g_assert_nonnull (strstr (summary, "Who tells what"));
}

static void
test_figures (void)
{
  g_autoptr(UsSimvae) model = train_curve (NULL);
  const UsEvaluateConfig config = { .n_pairs = 100, .n_workers = 1 };
  g_autoptr(GError) error = NULL;
  g_autoptr(UsEvidence) evidence = us_evidence_new (model, &config, 3, NULL, &error);
  g_autoptr(UsPlot) budget = us_evidence_plot_budget (evidence, NULL);
  g_autoptr(UsPlot) worst = NULL;

  g_assert_cmpuint (us_plot_get_n_layers (budget), ==, US_BUDGET_N_CURVES);
  for (guint c = 0; c < US_BUDGET_N_CURVES; c++)
    g_assert_cmpstr (us_plot_get_layer_name (budget, c), ==, us_budget_curve_name (c));
  g_assert_cmpuint (us_evidence_n_worst_plots (evidence), ==, 3);
  worst = us_evidence_plot_worst (evidence, 2);
  g_assert_cmpuint (us_plot_get_n_layers (worst), ==, 3);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/evidence/slopes", test_slopes);
  g_test_add_func ("/evidence/plateau", test_plateau);
  g_test_add_func ("/evidence/too-few", test_too_few);
  g_test_add_func ("/evidence/recorded", test_recorded);
  g_test_add_func ("/evidence/files", test_files);
  g_test_add_func ("/evidence/resumed", test_resumed);
  g_test_add_func ("/evidence/object", test_object);
  g_test_add_func ("/evidence/cancelled", test_cancelled);
  g_test_add_func ("/evidence/no-encoder", test_no_encoder);
  g_test_add_func ("/evidence/published", test_published);
  g_test_add_func ("/evidence/matrices", test_matrices);
  g_test_add_func ("/evidence/figures", test_figures);
  return g_test_run ();
}
