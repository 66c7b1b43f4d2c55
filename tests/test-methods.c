/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simvae-fixture.h"

#include "us-training-private.h"

#include "us-error.h"
#include "us-evaluate-anonymous.h"

#define BATCH        16
#define N_ITERATIONS 12

/* Small enough that an iteration takes a millisecond. */
static UsPreset
small_preset (void)
{
  UsPreset preset = fixture_preset (FALSE);

  preset.batch = BATCH;
  preset.width = 24;
  return preset;
}

static UsTraining *
new_training (const UsTrainerConfig *config,
              UsPool                *pool)
{
  g_autoptr(GError) error = NULL;
  UsTraining *training = us_training_new (config, pool, &error);

  g_assert_no_error (error);
  return training;
}

static void
advance (UsTraining *training)
{
  g_autoptr(GError) error = NULL;

  us_training_advance (training, 0, &error);
  g_assert_no_error (error);
}

static char *
train_to_end (UsTraining *training)
{
  g_autoptr(UsSimvae) model = NULL;
  UsSimvaeRecord record;

  while (training->step < 3)
    {
      while (training->iteration < training->total[training->step - 1])
        advance (training);
      us_training_finish_step (training);
      if (training->step == 1)
        us_training_begin (training, 2, N_ITERATIONS);
    }
  us_simvae_record_init (&record);
  record.method = training->method;
  model = us_training_model (training, &record, TRUE);
  us_simvae_record_clear (&record);
  return fixture_digest (model);
}

static void
drain_main_context (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* --- names ------------------------------------------------------------------- */

static void
test_names (void)
{
  UsMethod method = US_METHOD_BETA_VAE;

  for (guint i = 0; i < US_N_METHODS; i++)
    {
      UsMethod found = US_N_METHODS;

      g_assert_true (us_method_from_id (us_method_id (i), &found));
      g_assert_cmpuint (found, ==, i);
      g_assert_cmpstr (us_method_title (i), !=, "");
      g_assert_cmpstr (us_method_summary (i), !=, "");
    }
  g_assert_false (us_method_from_id ("gan", &method));
  g_assert_false (us_method_from_id (NULL, &method));
  g_assert_cmpint (method, ==, US_METHOD_BETA_VAE);
}

/* --- gradients --------------------------------------------------------------- */

static double
loss_of (UsTraining    *t,
         UsLesson       lesson,
         const UsBatch *batch)
{
  for (guint i = 0; i < 2; i++)
    if (t->learners[i].weights != NULL)
      us_run_load (t->learners[i].run, t->learners[i].weights);
  switch (lesson)
    {
    case US_LESSON_DECODER:
      return us_training_decoder_pass (t, batch);
    case US_LESSON_ENCODER:
      return us_training_encoder_pass (t, batch);
    case US_LESSON_SUPERVISED:
      return us_training_supervised_pass (t, batch);
    case US_LESSON_JOINT:
      return us_training_joint_pass (t, batch);
    default:
      g_assert_not_reached ();
    }
}

/* Of one tensor: along the gradient the loss must change by its length. */
static void
check_tensor (UsTraining            *t,
              UsLesson               lesson,
              UsLearner             *learner,
              const UsNetworkTensor *tensor,
              const float           *gradient,
              const UsBatch         *batch)
{
  float *w = learner->weights->parameters + tensor->offset;
  const float *g = gradient + tensor->offset;
  g_autofree float *kept = g_memdup2 (w, tensor->n_elements * sizeof (float));
  double length = 0, h = 2e-3, up, down;

  for (gsize i = 0; i < tensor->n_elements; i++)
    length += (double) g[i] * g[i];
  length = sqrt (length);
  g_assert_cmpfloat (length, >, 1e-6);
  for (gsize i = 0; i < tensor->n_elements; i++)
    w[i] = kept[i] + h * g[i] / length;
  up = loss_of (t, lesson, batch);
  for (gsize i = 0; i < tensor->n_elements; i++)
    w[i] = kept[i] - h * g[i] / length;
  down = loss_of (t, lesson, batch);
  memcpy (w, kept, tensor->n_elements * sizeof (float));
  g_test_message ("%s: %g, by differences %g", tensor->name, length, (up - down) / (2 * h));
  g_assert_cmpfloat (fabs ((up - down) / (2 * h) - length), <, 0.02 * length + 1e-4);
}

typedef struct
{
  const char *name;
  UsMethod    method;
  guint       step;
  guint64     iteration;
  UsLesson    lesson;
  const char *simulator;
  double      kl_weight;
} GradientCase;

static const GradientCase gradient_cases[] = {
  { "decoder", US_METHOD_SIMVAE, 1, 0, US_LESSON_DECODER, "fourier", 0 },
  { "encoder", US_METHOD_SIMVAE, 2, 0, US_LESSON_ENCODER, "fourier", 0 },
  { "encoder-sigma", US_METHOD_SIMVAE, 2, 0, US_LESSON_ENCODER, "fourier", 0.01 },
  { "supervised", US_METHOD_SUPERVISED, 2, 0, US_LESSON_SUPERVISED, "fourier", 0 },
  { "joint", US_METHOD_BETA_VAE, 2, 0, US_LESSON_JOINT, "fourier", 0 },
  { "start", US_METHOD_UNSUPERVISED_START, 1, 0, US_LESSON_JOINT, "fourier", 0 },
  { "labelled", US_METHOD_SEMI_SUPERVISED, 2, 9, US_LESSON_DECODER, "fourier", 0 },
  { "unlabelled", US_METHOD_SEMI_SUPERVISED, 2, 0, US_LESSON_ENCODER, "fourier", 0 },
};

static void
test_gradient (gconstpointer data)
{
  const GradientCase *c = data;
  g_autoptr(UsPrior) prior = fixture_prior (c->simulator);
  UsPreset preset = small_preset ();
  UsTrainerConfig config = { .prior = prior, .output = 1, .method = c->method, .preset = &preset, .seed = 5,
                             .kl_weight = c->kl_weight, .samples = 1 };
  g_autoptr(UsPool) pool = us_pool_new (1, 0);
  g_autoptr(UsTraining) t = NULL;
  g_autoptr(GError) error = NULL;
  UsBatch *batch;

  preset.edge_penalty = 0;
  t = new_training (&config, pool);
  us_training_begin (t, us_training_first_step (t), 40);
  if (us_training_first_step (t) < c->step)
    {
      us_training_finish_step (t);
      us_training_begin (t, c->step, 40);
    }
  t->iteration = c->iteration;
  g_assert_cmpint (us_training_lesson (t), ==, c->lesson);
  batch = &t->batches[0];
  us_training_batch_finish (t, batch, us_training_batch_begin (t, batch, US_ROWS_OF_STEP (c->step)), &error);
  g_assert_no_error (error);

  loss_of (t, c->lesson, batch);
  for (guint i = 0; i < 2; i++)
    if (us_training_teaches (c->lesson, i))
      {
        UsLearner *learner = &t->learners[i];
        gsize n, n_all = us_network_n_parameters (learner->weights->network);
        const UsNetworkTensor *table = us_network_parameter_table (learner->weights->network, &n);
        g_autofree float *gradient = NULL;

        loss_of (t, c->lesson, batch);
        gradient = g_memdup2 (learner->gradient, n_all * sizeof (float));
        for (gsize k = 0; k < n; k++)
          check_tensor (t, c->lesson, learner, &table[k], gradient, batch);
      }
}

/* Classes by cross-entropy, circles by their points, and the gradient of both. */
static void
test_supervised_loss (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("dsprites");
  UsTraining t = { 0 };
  gsize n;
  g_autofree float *answers = NULL, *features = NULL, *gradient = NULL;
  double z[US_MAX_PARAMETERS], loss;

  us_code_init (&t.code, us_prior_simulator (prior));
  n = t.n_features = t.n_code = t.code.n_features;
  t.n_parameters = t.code.n_parameters;
  g_assert_cmpuint (n, >, t.n_parameters);
  answers = g_new (float, 3 * n);
  features = g_new (float, 3 * n);
  gradient = g_new (float, 3 * n);
  for (gsize i = 0; i < 3; i++)
    {
      for (gsize p = 0; p < t.n_parameters; p++)
        z[p] = -0.9 + 0.37 * ((i * 5 + p * 3) % 6);
      us_code_from_latent (&t.code, prior, z, features + i * n);
      for (gsize k = 0; k < n; k++)
        answers[i * n + k] = 0.2 * ((i * 7 + k * 5) % 11) - 1;
    }
  loss = us_training_supervised_loss (&t, 3, answers, features, gradient);
  g_assert_cmpfloat (loss, >, 0);
  for (gsize k = 0; k < 3 * n; k++)
    {
      float kept = answers[k];
      double up, down;

      answers[k] = kept + 0.01f;
      up = us_training_supervised_loss (&t, 3, answers, features, NULL);
      answers[k] = kept - 0.01f;
      down = us_training_supervised_loss (&t, 3, answers, features, NULL);
      answers[k] = kept;
      g_assert_cmpfloat (fabs ((up - down) / 0.02 - gradient[k]), <, 1e-4);
    }

  /* the right answers, classes far apart: nothing is left */
  for (gsize k = 0; k < 3 * n; k++)
    answers[k] = features[k];
  for (gsize i = 0; i < 3; i++)
    for (gsize p = 0; p < t.n_parameters; p++)
      if (t.code.parts[p].kind == US_CODE_CLASSES)
        for (gsize k = 0; k < t.code.parts[p].n; k++)
          answers[i * n + t.code.parts[p].first + k] *= 30;
  g_assert_cmpfloat (us_training_supervised_loss (&t, 3, answers, features, NULL), <, 1e-9);
}

/* --- the divergence ---------------------------------------------------------- */

/* ∫ q log (q / p), by the trapezium rule. */
static double
integrate (double mu,
           double sigma,
           double variance)
{
  double sum = 0, step = sigma / 200;

  for (int i = -2400; i <= 2400; i++)
    {
      double z = mu + i * step, u = (z - mu) / sigma;
      double log_q = -0.5 * u * u - log (sigma), log_p = -0.5 * z * z / variance - 0.5 * log (variance);

      sum += exp (log_q) / sqrt (2 * G_PI) * (log_q - log_p) * step;
    }
  return sum;
}

static void
test_divergence (void)
{
  const double mu[4] = { 0, 0.7, -1.3, 2 }, sigma[4] = { 1, 0.2, 1.6, 0.05 };
  const double variances[2] = { 1, 1.0 / 3 };
  UsTraining t = { .n_features = 2 };
  float code[8];

  /* two rows of two latents: µ, µ, log σ, log σ */
  for (int i = 0; i < 2; i++)
    for (int k = 0; k < 2; k++)
      {
        code[4 * i + k] = mu[2 * i + k];
        code[4 * i + 2 + k] = log (sigma[2 * i + k]);
      }
  for (int v = 0; v < 2; v++)
    {
      double wanted = 0;

      for (int k = 0; k < 4; k++)
        wanted += integrate (mu[k], sigma[k], variances[v]) / 2;
      g_assert_cmpfloat_with_epsilon (us_training_divergence (&t, code, 2, variances[v]), wanted, 1e-5 * wanted);
    }
  memset (code, 0, sizeof code);
  g_assert_cmpfloat_with_epsilon (us_training_divergence (&t, code, 2, 1), 0, 1e-12);
}

/* --- all of them ------------------------------------------------------------- */

static void
test_workers (gconstpointer data)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = small_preset ();
  UsTrainerConfig config = { .prior = prior, .output = 1, .method = GPOINTER_TO_INT (data), .preset = &preset, .seed = 5,
                             .samples = BATCH * 40 };
  g_autofree char *alone = NULL;

  for (guint workers = 1; workers <= 3; workers += 2)
    {
      g_autoptr(UsSimvae) model = NULL;
      g_autofree char *digest = NULL;

      config.n_workers = workers;
      model = fixture_train (&config);
      g_assert_cmpint (us_simvae_record (model)->method, ==, config.method);
      digest = fixture_digest (model);
      if (alone == NULL)
        alone = g_steal_pointer (&digest);
      else
        g_assert_cmpstr (digest, ==, alone);
    }
  {
    g_autoptr(UsSimvae) model = NULL;
    g_autofree char *digest = NULL;

    config.method = US_METHOD_SIMVAE;
    model = fixture_train (&config);
    digest = fixture_digest (model);
    if (GPOINTER_TO_INT (data) == US_METHOD_SIMVAE)
      g_assert_cmpstr (digest, ==, alone);
    else
      g_assert_cmpstr (digest, !=, alone);
  }
}

static void
begin_first (UsTraining *t)
{
  us_training_begin (t, us_training_first_step (t), N_ITERATIONS);
}

/* Saved after each iteration, loaded into a fresh one, trained to the end. */
static void
test_cut_points (gconstpointer data)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = small_preset ();
  UsTrainerConfig config = { .prior = prior, .output = 1, .method = GPOINTER_TO_INT (data), .preset = &preset, .seed = 9,
                             .samples = 1, .labelled_share = 0.3 };
  g_autoptr(UsPool) pool = us_pool_new (2, 0);
  g_autoptr(UsPool) other_pool = us_pool_new (1, 0);
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "cut", NULL), *undisturbed = NULL, *settings = NULL;
  g_autoptr(UsTraining) walker = NULL;
  const double seconds[2] = { 1.5, 2.5 };

  {
    g_autoptr(UsTraining) whole = new_training (&config, pool);

    begin_first (whole);
    undisturbed = train_to_end (whole);
    settings = us_training_settings (whole, &config);
  }
  walker = new_training (&config, pool);
  begin_first (walker);
  for (;;)
    {
      g_autoptr(UsTraining) resumed = new_training (&config, other_pool);
      g_autoptr(GError) error = NULL;
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
      advance (walker);
    }
  fixture_remove_folder (folder);
}

/* A checkpoint of one method does not go on as another. */
static void
test_other_method (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = small_preset ();
  UsTrainerConfig config = { .prior = prior, .output = 1, .method = US_METHOD_BETA_VAE, .preset = &preset, .samples = 1 };
  UsTrainerConfig other = config;
  g_autoptr(UsPool) pool = us_pool_new (1, 0);
  g_autoptr(UsTraining) a = new_training (&config, pool);
  g_autoptr(UsTraining) b = NULL;
  g_autoptr(UsTraining) c = NULL;
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "cut", NULL);
  g_autofree char *settings = us_training_settings (a, &config), *b_settings = NULL, *c_settings = NULL;
  g_autoptr(GError) error = NULL;
  double seconds[2] = { 0, 0 };

  begin_first (a);
  us_training_save_checkpoint (a, settings, seconds, path, &error);
  g_assert_no_error (error);

  other.beta = 2;
  b = new_training (&other, pool);
  b_settings = us_training_settings (b, &other);
  g_assert_false (us_training_load_checkpoint (b, b_settings, seconds, path, &error));
  g_assert_error (error, US_TRAIN_ERROR, US_TRAIN_ERROR_CHECKPOINT);
  g_assert_nonnull (strstr (error->message, "beta is 4 there and 2 here"));
  g_clear_error (&error);

  other.method = US_METHOD_SIMVAE;
  c = new_training (&other, pool);
  c_settings = us_training_settings (c, &other);
  g_assert_false (us_training_load_checkpoint (c, c_settings, seconds, path, &error));
  g_assert_error (error, US_TRAIN_ERROR, US_TRAIN_ERROR_CHECKPOINT);
  g_assert_nonnull (strstr (error->message, "method is beta-vae there and not set here"));
  fixture_remove_folder (folder);
}

/* --- one by one -------------------------------------------------------------- */

/* Where one x has one z, the right answers are learnt. */
static void
test_supervised_learns (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE);
  UsTrainerConfig config = { .prior = prior, .output = 1, .method = US_METHOD_SUPERVISED, .preset = &preset, .seed = 3,
                             .samples = 30000, .n_workers = 2 };
  g_autoptr(UsSimvae) model = fixture_train (&config);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsEvaluation) evaluation = us_evaluate (model, 2000, 11, 2, NULL, &error);

  g_assert_no_error (error);
  for (gsize p = 0; p < evaluation->n_parameters; p++)
    {
      g_test_message ("parameter %zu: rmse %.4f of the range", p, evaluation->rmse_share[p]);
      g_assert_cmpfloat (evaluation->rmse_share[p], <, 0.03);
    }
}

/* A weak divergence: eleven latents are enough for eleven coefficients, whatever they are called. */
static void
test_beta_vae (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE);
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  UsTrainerConfig config = { .prior = prior, .output = 1, .method = US_METHOD_BETA_VAE, .beta = 0.01, .preset = &preset,
                             .seed = 3, .samples = 30000, .path = path, .n_workers = 2 };
  g_autoptr(UsSimvae) trained = fixture_train (&config);
  g_autoptr(UsSimvae) model = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(UsAnonymousEvaluation) evaluation = NULL;
  g_autoptr(UsEvaluation) refused = NULL;
  g_autoptr(UsFourRows) rows = NULL;
  g_autoptr(UsPlayer) player = NULL;
  const UsSimvaeRecord *record;

  model = us_simvae_load (path, &error);
  g_assert_no_error (error);
  record = us_simvae_record (model);
  g_assert_true (us_simvae_is_anonymous (model));
  g_assert_cmpuint (record->samples[0], ==, 0);
  g_assert_cmpuint (record->samples[1], ==, (60000 + 63) / 64 * 64);
  g_assert_nonnull (strstr (record->command, "--method beta-vae --beta 0.01"));

  evaluation = us_evaluate_anonymous (model, &(UsEvaluateConfig) { .n_pairs = 2000, .seed = 11, .n_workers = 2 },
                                      NULL, &error);
  g_assert_no_error (error);
  g_test_message ("told %.4f, mig %.3f, rms %.4f", evaluation->mean_told, evaluation->histogram->mig,
                  evaluation->rms_both);
  g_assert_cmpuint (evaluation->n_latents, ==, 11);
  g_assert_cmpfloat (evaluation->mean_told, >, 0.9);
  /* axes are mixed: nothing told it which */
  g_assert_cmpfloat (evaluation->histogram->mig, <, 0.5);

  refused = us_evaluate (model, 100, 11, 1, NULL, &error);
  g_assert_null (refused);
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH);
  g_clear_error (&error);
  rows = us_four_rows_new (model, 4, 1);
  g_assert_null (rows->decoded);
  g_assert_null (rows->simulated);
  g_assert_cmpfloat (us_rms_difference (4 * rows->n_values, rows->both, rows->x), <, 0.6);
  player = us_player_new (model, 1, NULL);
  g_assert_null (us_player_infer (player, rows->x, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH);
  fixture_remove_folder (folder);
}

/* A joint lesson looks at outputs alone. */
static void
test_blind (gconstpointer data)
{
  UsMethod method = GPOINTER_TO_INT (data);
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = small_preset ();
  UsTrainerConfig config = { .prior = prior, .output = 1, .method = method, .preset = &preset, .seed = 5, .samples = 1 };
  g_autoptr(UsPool) pool = us_pool_new (1, 0);
  g_autoptr(UsTraining) t = new_training (&config, pool);
  g_autoptr(GError) error = NULL;
  g_autofree float *before = NULL;
  UsBatch *batch = &t->batches[0];
  UsLearner *encoder = &t->learners[US_ENCODER];
  UsLesson lesson;
  double loss;

  begin_first (t);
  if (method == US_METHOD_SEMI_SUPERVISED)
    {
      us_training_finish_step (t);
      us_training_begin (t, 2, N_ITERATIONS);
    }
  lesson = us_training_lesson (t);
  us_training_batch_finish (t, batch, us_training_batch_begin (t, batch, US_ROWS_OF_STEP (t->step)), &error);
  g_assert_no_error (error);
  loss = loss_of (t, lesson, batch);
  before = g_memdup2 (encoder->gradient, us_network_n_parameters (encoder->weights->network) * sizeof (float));
  for (gsize i = 0; i < BATCH * t->n_parameters; i++)
    {
      batch->theta[i] = NAN;
      batch->z[i] = NAN;
    }
  for (gsize i = 0; i < BATCH * t->n_features; i++)
    batch->features[i] = NAN;
  g_assert_cmpfloat (loss_of (t, lesson, batch), ==, loss);
  g_assert_cmpmem (before, us_network_n_parameters (encoder->weights->network) * sizeof (float),
                   encoder->gradient, us_network_n_parameters (encoder->weights->network) * sizeof (float));
}

/* What is handed over: every layer but the first, which is drawn afresh. */
static void
test_hand_over (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = small_preset ();
  UsTrainerConfig config = { .prior = prior, .output = 1, .method = US_METHOD_UNSUPERVISED_START, .preset = &preset,
                             .seed = 5, .samples = 1 };
  g_autoptr(UsPool) pool = us_pool_new (1, 0);
  g_autoptr(UsTraining) t = new_training (&config, pool);
  g_autoptr(UsWeights) learnt = NULL;
  g_autoptr(UsWeights) fresh = NULL;
  gsize n;
  const UsNetworkTensor *table = us_network_parameter_table (t->networks[US_DECODER], &n);

  us_training_begin (t, 1, 40);
  g_assert_cmpuint (t->start, ==, 10);
  for (int i = 0; i < 9; i++)
    advance (t);
  g_assert_true (us_training_is_anonymous (t));
  g_assert_null (us_training_model (t, NULL, FALSE));
  t->iteration = 10;        /* as if the last one had been */
  learnt = us_weights_copy (t->learners[US_DECODER].average);
  us_training_hand_over (t);
  t->iteration = 10;
  fresh = us_weights_new (t->networks[US_DECODER], t->seed);
  g_assert_false (us_training_is_anonymous (t));
  g_assert_cmpint (us_training_lesson (t), ==, US_LESSON_DECODER);
  for (gsize i = 0; i < n; i++)
    {
      const UsWeights *from = g_str_has_prefix (table[i].name, "0.") ? fresh : learnt;

      g_assert_cmpmem (t->learners[US_DECODER].weights->parameters + table[i].offset, table[i].n_elements * sizeof (float),
                       from->parameters + table[i].offset, table[i].n_elements * sizeof (float));
    }
}

/* Stopped while its decoder knows no names: said, and a checkpoint is left. */
static void
test_too_soon (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = small_preset ();
  char *folder = fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autofree char *checkpoint = g_strconcat (path, ".checkpoint", NULL);
  UsTrainerConfig config = { .prior = prior, .output = 1, .method = US_METHOD_UNSUPERVISED_START, .preset = &preset,
                             .samples = 100000000, .path = path, .n_workers = 1 };
  g_autoptr(UsTrainer) trainer = us_trainer_new (&config);
  g_autoptr(GError) error = NULL;

  us_trainer_stop (trainer);
  g_assert_false (us_trainer_run (trainer, NULL, &error));
  g_assert_error (error, US_TRAIN_ERROR, US_TRAIN_ERROR_TOO_SOON);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (checkpoint, G_FILE_TEST_EXISTS));
  drain_main_context ();
  fixture_remove_folder (folder);
}

/* A tenth of the rows, spread evenly. */
static void
test_labelled_share (void)
{
  UsTraining t = { .method = US_METHOD_SEMI_SUPERVISED, .labelled_share = 0.1, .step = 2 };
  guint n = 0;

  for (t.iteration = 0; t.iteration < 1000; t.iteration++)
    n += us_training_lesson (&t) == US_LESSON_DECODER;
  g_assert_cmpuint (n, ==, 100);
  g_assert_cmpuint (us_training_n_labelled (&t, 1000), ==, 100);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/methods/names", test_names);
  for (gsize i = 0; i < G_N_ELEMENTS (gradient_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/methods/gradient/", gradient_cases[i].name, NULL);

      g_test_add_data_func (path, &gradient_cases[i], test_gradient);
    }
  g_test_add_func ("/methods/supervised-loss", test_supervised_loss);
  g_test_add_func ("/methods/divergence", test_divergence);
  for (guint m = 0; m < US_N_METHODS; m++)
    {
      g_autofree char *workers = g_strconcat ("/methods/workers/", us_method_id (m), NULL);
      g_autofree char *cuts = g_strconcat ("/methods/cut-points/", us_method_id (m), NULL);

      g_test_add_data_func (workers, GUINT_TO_POINTER (m), test_workers);
      g_test_add_data_func (cuts, GUINT_TO_POINTER (m), test_cut_points);
    }
  g_test_add_func ("/methods/other-method", test_other_method);
  g_test_add_func ("/methods/supervised-learns", test_supervised_learns);
  g_test_add_func ("/methods/beta-vae", test_beta_vae);
  g_test_add_data_func ("/methods/blind/beta-vae", GUINT_TO_POINTER (US_METHOD_BETA_VAE), test_blind);
  g_test_add_data_func ("/methods/blind/start", GUINT_TO_POINTER (US_METHOD_UNSUPERVISED_START), test_blind);
  g_test_add_data_func ("/methods/blind/unlabelled", GUINT_TO_POINTER (US_METHOD_SEMI_SUPERVISED), test_blind);
  g_test_add_func ("/methods/hand-over", test_hand_over);
  g_test_add_func ("/methods/too-soon", test_too_soon);
  g_test_add_func ("/methods/labelled-share", test_labelled_share);
  return g_test_run ();
}
