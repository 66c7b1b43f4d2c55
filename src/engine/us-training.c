/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-training-private.h"

#include "us-error.h"

#include <math.h>
#include <string.h>

/* B batch, P parameters, N values, M of the decoder, L = n_code: P, or 2 P with σ. */

#define HISTORY_POINTS  200       /* a step */
#define HELD_OUT_POINTS 40
#define HELD_OUT_DRAWS  (8 * US_HELD_OUT_ROWS)   /* trained on at least, between two measurements */

G_DEFINE_QUARK (us-train-error-quark, us_train_error)

static guint
usable_levels (const UsPreset *preset,
               guint           step,
               const UsOutput *output)
{
  gsize h = output->height, w = output->width;
  guint levels = 1;

  /* a pyramid averages 2 × 2: images only, as long as they can be halved */
  if (output->kind != US_OUTPUT_IMAGE)
    return 1;
  for (; levels < preset->n_levels[step - 1] && h % 2 == 0 && w % 2 == 0; levels++)
    {
      h /= 2;
      w /= 2;
    }
  return levels;
}

static UsLoss *
new_loss (const UsTraining *self,
          guint             step,
          gsize             batch)
{
  const UsOutput *output = &self->simulator->outputs[self->output];

  return us_loss_new (self->preset.loss, batch, output->height, output->width, output->channels,
                      usable_levels (&self->preset, step, output), self->preset.level_weights);
}

UsTraining *
us_training_new (const UsTrainerConfig  *config,
                 UsPool                 *pool,
                 GError                **error)
{
  g_autoptr(UsTraining) self = g_new0 (UsTraining, 1);
  gsize h, w, c;

  self->prior = us_prior_ref (config->prior);
  self->simulator = us_prior_simulator (config->prior);
  self->output = config->output;
  self->preset = us_preset_for (config->preset, us_prior_simulator (config->prior), config->output);
  if (config->width > 0)
    self->preset.width = config->width;
  self->wide_prior = us_training_stretch_prior (self->prior, self->preset.edge);
  self->seed = config->seed;
  self->pool = pool;
  self->n_parameters = self->simulator->n_parameters;
  us_code_init (&self->code, self->simulator);
  self->n_features = self->code.n_features;
  self->n_values = us_output_n_values (&self->simulator->outputs[self->output]);
  self->augment = self->simulator->run_augmented != NULL
                  && self->preset.augmentation > 0 && self->preset.augmented_share > 0;
  for (int s = 0; s < 2; s++)
    self->history[s] = g_array_new (FALSE, FALSE, sizeof (UsHistoryPoint));
  self->last_loss = self->last_held_out = NAN;

  /* logits only make sense for values between 0 and 1 */
  if (self->simulator->outputs[self->output].kind != US_OUTPUT_IMAGE)
    self->preset.loss = US_LOSS_MSE;
  self->noisy = self->simulator->outputs[self->output].noisy;
  if (self->noisy)
    self->preset.loss = US_LOSS_GAUSSIAN_NLL;

  us_training_set_method (self, config);
  us_network_output_shape (self->networks[US_ENCODER], &h, &w, &c);
  self->n_code = h * w * c;
  us_training_answers_init (self);

  if (config->bank != NULL)
    {
      self->bank = us_training_bank_new (self, config->bank, error);
      if (self->bank == NULL)
        return NULL;
      g_clear_pointer (&self->wide_prior, us_prior_unref);
    }
  if (!us_training_measure_scale (self, error))
    return NULL;
  for (int i = 0; i < 2; i++)
    us_training_batch_init (self, &self->batches[i], self->preset.batch);
  if (!us_training_held_out_make (self, error))
    return NULL;
  self->held_out_features = g_new0 (float, US_HELD_OUT_BATCH * self->n_features);
  self->held_out_rms = g_new0 (double, self->n_parameters);
  us_training_errors_init (self);
  us_training_errors_expect (self);
  for (int s = 0; s < US_N_NETWORKS; s++)
    if (self->networks[s] != NULL)
      self->held_out_runs[s] = us_run_new (self->networks[s], US_HELD_OUT_BATCH, US_RUN_INFERENCE, FALSE, pool);
  self->output_gradient = g_aligned_alloc0 (self->preset.batch * (self->noisy ? 2 : 1) * self->n_values, sizeof (float), 64);
  self->drawn = g_aligned_alloc0 (self->preset.batch * self->n_features, sizeof (float), 64);
  self->features = g_aligned_alloc0 (self->preset.batch * self->n_features, sizeof (float), 64);
  self->features_gradient = g_aligned_alloc0 (self->preset.batch * self->n_features, sizeof (float), 64);
  self->noise = g_aligned_alloc0 (self->preset.batch * self->n_features, sizeof (float), 64);
  self->code_gradient = g_aligned_alloc0 (self->preset.batch * MAX (self->n_code, 2 * self->n_features), sizeof (float), 64);
  return g_steal_pointer (&self);
}

/* Drops the batch that is being simulated. */
static void
drain (UsTraining *self)
{
  g_autoptr(GError) ignored = NULL;

  if (self->next != NULL)
    us_training_batch_finish (self, self->next_batch, g_steal_pointer (&self->next), &ignored);
}

static void
clear_step (UsTraining *self)
{
  drain (self);
  for (int s = 0; s < 2; s++)
    g_clear_pointer (&self->losses[s], us_loss_free);
  g_clear_pointer (&self->held_out_loss, us_loss_free);
  g_clear_pointer (&self->frozen, us_run_free);
  us_training_learners_clear (self);
}

void
us_training_free (UsTraining *self)
{
  if (self == NULL)
    return;
  clear_step (self);
  for (int i = 0; i < 2; i++)
    {
      us_training_batch_clear (self, &self->batches[i], self->preset.batch);
      g_clear_pointer (&self->history[i], g_array_unref);
    }
  for (int i = 0; i < US_N_NETWORKS; i++)
    {
      g_clear_pointer (&self->held_out_runs[i], us_run_free);
      g_clear_pointer (&self->networks[i], us_network_unref);
    }
  us_training_batch_clear (self, &self->held_out, US_HELD_OUT_ROWS);
  g_clear_pointer (&self->decoder, us_weights_unref);
  g_clear_pointer (&self->output_gradient, g_aligned_free);
  g_clear_pointer (&self->drawn, g_aligned_free);
  g_clear_pointer (&self->features, g_aligned_free);
  g_clear_pointer (&self->features_gradient, g_aligned_free);
  g_clear_pointer (&self->noise, g_aligned_free);
  g_clear_pointer (&self->code_gradient, g_aligned_free);
  us_training_answers_clear (self);
  g_free (self->held_out_features);
  g_free (self->held_out_rms);
  us_training_errors_clear (self);
  g_clear_pointer (&self->bank, us_training_bank_free);
  g_clear_pointer (&self->prior, us_prior_unref);
  g_clear_pointer (&self->wide_prior, us_prior_unref);
  g_free (self);
}

void
us_training_begin (UsTraining *self,
                   guint       step,
                   guint64     total)
{
  clear_step (self);
  self->step = step;
  self->iteration = 0;
  self->total[step - 1] = total;
  self->best_held_out = INFINITY;
  self->loss_sum = 0;
  self->loss_count = 0;
  self->last_loss = self->last_held_out = NAN;
  g_array_set_size (self->history[step - 1], 0);

  us_training_learners_begin (self, step, total);
  for (guint i = 0; i < 2; i++)
    self->losses[i] = new_loss (self, i + 1, self->preset.batch);
  self->held_out_loss = new_loss (self, us_training_is_anonymous (self) ? 1 : step, US_HELD_OUT_BATCH);
  if (step == 2 && !us_training_is_anonymous (self) && self->method != US_METHOD_SUPERVISED)
    {
      self->frozen = us_run_new (self->networks[US_DECODER], self->preset.batch, US_RUN_FROZEN, TRUE, self->pool);
      us_run_load (self->frozen, self->learners[US_DECODER].weights != NULL ? self->learners[US_DECODER].weights
                                                                            : self->decoder);
    }
}

/* batches[iteration % 2] is there when this returns; the next one is under way. */
static gboolean
next_batch (UsTraining  *self,
            GError     **error)
{
  gsize b = self->preset.batch;
  guint64 row = US_ROWS_OF_STEP (self->step) + self->iteration * b;
  UsBatch *now = &self->batches[self->iteration % 2], *then = &self->batches[(self->iteration + 1) % 2];

  if (self->next == NULL)
    self->next = us_training_batch_begin (self, now, row);
  if (!us_training_batch_finish (self, now, g_steal_pointer (&self->next), error))
    return FALSE;
  self->next = us_training_batch_begin (self, then, row + b);
  self->next_batch = then;
  return TRUE;
}

static void
update_average (UsTraining *self,
                UsLearner  *learner)
{
  UsNetwork *network = learner->weights->network;
  /* the first averages forget the random start sooner */
  double decay = MIN (self->preset.average_decay, (1.0 + self->iteration) / (10.0 + self->iteration));

  if (learner->average == learner->weights)
    return;
  us_ema_update (learner->average->parameters, learner->weights->parameters, us_network_n_parameters (network),
                 decay, self->pool);
  if (us_network_n_state (network) > 0)
    us_ema_update (learner->average->state, learner->weights->state, us_network_n_state (network), decay, self->pool);
}

static void
keep_best (UsTraining *self)
{
  for (guint i = 0; i < 2; i++)
    {
      UsLearner *learner = &self->learners[i];

      if (learner->weights == NULL)
        continue;
      memcpy (learner->best->parameters, learner->average->parameters,
              us_network_n_parameters (learner->weights->network) * sizeof (float));
      memcpy (learner->best->state, learner->average->state,
              us_network_n_state (learner->weights->network) * sizeof (float));
    }
}

static gboolean
is_power_of_two (guint64 n)
{
  return n > 0 && (n & (n - 1)) == 0;
}

/* A point of the history; less often, and at the end, the held-out loss: the best
 * weights are kept.  Counted in iterations, so that the same draws keep the same weights. */
static void
keep_record (UsTraining *self,
             double      seconds)
{
  guint64 total = self->total[self->step - 1], every = MAX (total / HISTORY_POINTS, 1);
  guint64 measure = MAX (total / HELD_OUT_POINTS, HELD_OUT_DRAWS / self->preset.batch) / every * every;
  gboolean last = self->iteration == total;
  UsHistoryPoint point;

  if (!last && self->iteration % every != 0)
    return;
  point.samples = self->iteration * self->preset.batch;
  point.seconds = seconds;
  point.loss = self->loss_sum / MAX (self->loss_count, 1);
  point.held_out = NAN;
  for (int c = 0; c < US_BUDGET_N_CURVES; c++)
    point.rms[c] = NAN;
  self->loss_sum = 0;
  self->loss_count = 0;
  /* at first after each doubling: errors are read over the logarithm of the draws */
  if (last || self->iteration % MAX (measure, every) == 0
      || (is_power_of_two (self->iteration / every) && self->iteration * self->preset.batch >= HELD_OUT_DRAWS))
    {
      point.held_out = us_training_held_out (self);
      self->last_held_out = point.held_out;
      memcpy (point.rms, self->held_out_errors, sizeof point.rms);
      if (point.held_out < self->best_held_out)
        {
          self->best_held_out = point.held_out;
          keep_best (self);
        }
    }
  g_array_append_val (self->history[self->step - 1], point);
}

static double
teach (UsTraining    *self,
       UsLesson       lesson,
       const UsBatch *batch)
{
  switch (lesson)
    {
    case US_LESSON_DECODER:
      return us_training_decoder_pass (self, batch);
    case US_LESSON_ENCODER:
      return us_training_encoder_pass (self, batch);
    case US_LESSON_SUPERVISED:
      return us_training_supervised_pass (self, batch);
    case US_LESSON_JOINT:
      return us_training_joint_pass (self, batch);
    default:
      g_assert_not_reached ();
    }
}

/* Adam's step of one network; FALSE: the gradient is not finite. */
static gboolean
take_step (UsTraining *self,
           guint       network)
{
  UsLearner *learner = &self->learners[network];

  if (!isfinite (us_adam_step (learner->adam, learner->weights->parameters, learner->gradient, self->pool)))
    return FALSE;
  us_run_load (learner->run, learner->weights);
  /* the encoder goes on through the decoder as it is now */
  if (network == US_DECODER && self->frozen != NULL)
    us_run_load (self->frozen, learner->weights);
  update_average (self, learner);
  return TRUE;
}

static gboolean
iterate (UsTraining  *self,
         GError     **error)
{
  UsLesson lesson = us_training_lesson (self);
  double loss;

  if (!next_batch (self, error))
    return FALSE;
  loss = teach (self, lesson, &self->batches[self->iteration % 2]);
  if (!isfinite (loss))
    {
      us_training_set_nonfinite (self, "The loss", FALSE, error);
      return FALSE;
    }
  for (guint i = 0; i < 2; i++)
    if (us_training_teaches (lesson, i) && !take_step (self, i))
      {
        us_training_set_nonfinite (self, "The gradient", TRUE, error);
        return FALSE;
      }
  self->iteration++;
  self->last_loss = loss;
  /* in step 2 the history is the encoder's */
  if (self->step == 1 || us_training_teaches (lesson, US_ENCODER))
    {
      self->loss_sum += loss;
      self->loss_count++;
    }
  return TRUE;
}

gboolean
us_training_advance (UsTraining  *self,
                     double       seconds,
                     GError     **error)
{
  if (!iterate (self, error))
    return FALSE;
  keep_record (self, seconds);
  if (us_training_start_is_over (self))
    us_training_hand_over (self);
  return TRUE;
}

gboolean
us_training_measure (UsTraining  *self,
                     double       seconds,
                     double      *seconds_per_iteration,
                     GError     **error)
{
  gint64 begin, end = g_get_monotonic_time () + (gint64) (seconds * 1e6);
  guint64 n = 0;

  /* the first iterations touch memory for the first time: not counted */
  for (int i = 0; i < 2; i++)
    if (!iterate (self, error))
      return FALSE;
  begin = g_get_monotonic_time ();
  do
    {
      if (!iterate (self, error))
        return FALSE;
      n++;
    }
  while (g_get_monotonic_time () < end);
  *seconds_per_iteration = (g_get_monotonic_time () - begin) / 1e6 / n;
  return TRUE;
}

void
us_training_finish_step (UsTraining *self)
{
  if (self->step == 1)
    {
      g_clear_pointer (&self->decoder, us_weights_unref);
      self->decoder = us_weights_copy (self->learners[US_DECODER].best);
    }
  drain (self);
  if (self->step == 2)
    self->step = 3;
}

/* What is kept of a network: NULL when there is none yet. */
static UsWeights *
kept (UsTraining *self,
      guint       network,
      gboolean    best)
{
  const UsLearner *learner = &self->learners[network];

  if (learner->weights != NULL)
    return us_weights_copy (best ? learner->best : learner->average);
  return network == US_DECODER && self->decoder != NULL ? us_weights_ref (self->decoder) : NULL;
}

UsSimvae *
us_training_model (UsTraining           *self,
                   const UsSimvaeRecord *record,
                   gboolean              best)
{
  g_autoptr(UsWeights) decoder = NULL;
  g_autoptr(UsWeights) encoder = NULL;
  g_autoptr(UsCalibration) calibration = NULL;
  UsSimvaeParts parts = {
    .prior = self->prior,
    .output = self->output,
    .loss = self->preset.loss,
    .scale = self->scale,
    .record = record,
  };

  /* until it was handed over, a plain VAE's decoder does not know the parameters' names */
  if (self->step == 1 && us_training_is_anonymous (self))
    return NULL;
  parts.decoder = decoder = kept (self, US_DECODER, best);
  parts.encoder = encoder = kept (self, US_ENCODER, best);

  /* until the real calibration: what the held-out draws say, as if it were normal */
  if (self->step >= 2 && self->n_code == self->n_answers * self->n_features && isfinite (self->last_held_out))
    {
      calibration = us_calibration_new_prior (self->n_parameters);
      for (gsize p = 0; p < self->n_parameters; p++)
        {
          calibration->sd[p] = MIN (self->held_out_rms[p], calibration->sd[p]);
          calibration->half[p] = MIN (1.645 * self->held_out_rms[p], calibration->half[p]);
        }
      parts.calibration = calibration;
    }
  return us_simvae_new (&parts);
}
