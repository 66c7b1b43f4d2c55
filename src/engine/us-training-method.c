/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who learns what, and when: everything in which the methods differ, but for the arithmetic. */
#include "config.h"

#include "us-training-private.h"

#include <math.h>
#include <string.h>

/* F features, N values. */

#define CONTINUE_RATE 0.1         /* of step 1's learning rate: a trained decoder goes on learning gently */

void
us_training_set_method (UsTraining            *self,
                        const UsTrainerConfig *config)
{
  self->method = config->method;
  self->labelled_share = config->labelled_share > 0 ? config->labelled_share : US_TRAINER_LABELLED_SHARE;
  self->start_share = config->method == US_METHOD_UNSUPERVISED_START ? US_TRAINER_START_SHARE : 0;
  if (config->kl_weight > 0)
    self->preset.kl_weight = config->kl_weight;

  /* an instrument gives each output once: no second drawing of the same parameters */
  self->augment = self->augment && config->bank == NULL
                  && (config->method == US_METHOD_SIMVAE || config->method == US_METHOD_SUPERVISED
                      || config->method == US_METHOD_UNSUPERVISED_START);

  /* The bound of Kingma, Welling 2014, divided by the number of values, so that its first part is the loss that
   * all methods have.  β as in Higgins et al. 2017.  MSE stands for a Gaussian of variance ½. */
  self->divergence_weight = 1.0 / self->n_values;
  if (config->method == US_METHOD_BETA_VAE)
    {
      self->divergence_weight *= config->beta > 0 ? config->beta : US_TRAINER_BETA;
      self->preset.kl_weight = self->divergence_weight;
    }
  else if (config->method == US_METHOD_SUPERVISED)
    {
      /* one answer: this is what the others are compared with */
      self->preset.kl_weight = 0;
      self->preset.n_answers = 0;
    }

  self->networks[US_DECODER] = self->preset.decoder (&self->preset, self->simulator, self->output);
  self->networks[US_ENCODER] = self->preset.encoder (&self->preset, self->simulator, self->output);
  if (self->start_share > 0)
    {
      UsPreset start = self->preset;

      start.kl_weight = self->divergence_weight;
      self->networks[US_START_ENCODER] = self->preset.encoder (&start, self->simulator, self->output);
    }
}

guint
us_training_first_step (const UsTraining *self)
{
  return self->method == US_METHOD_BETA_VAE ? 2 : 1;
}

/* -- lessons ----------------------------------------------------------- */

gboolean
us_training_is_anonymous (const UsTraining *self)
{
  return us_method_anonymous (self->method)
         || (self->step == 1 && self->learners[US_ENCODER].weights != NULL);
}

guint64
us_training_n_labelled (const UsTraining *self,
                        guint64           iterations)
{
  return self->method == US_METHOD_SEMI_SUPERVISED ? (guint64) floor (iterations * self->labelled_share) : 0;
}

UsLesson
us_training_lesson (const UsTraining *self)
{
  if (us_training_is_anonymous (self))
    return US_LESSON_JOINT;
  if (self->step == 1)
    return US_LESSON_DECODER;
  if (self->method == US_METHOD_SUPERVISED)
    return US_LESSON_SUPERVISED;
  if (us_training_n_labelled (self, self->iteration + 1) > us_training_n_labelled (self, self->iteration))
    return US_LESSON_DECODER;
  return US_LESSON_ENCODER;
}

gboolean
us_training_teaches (UsLesson lesson,
                     guint    network)
{
  return lesson == US_LESSON_JOINT || (network == US_DECODER) == (lesson == US_LESSON_DECODER);
}

double
us_training_cost (const UsTraining *self,
                  guint             step)
{
  double decoder = us_network_flop (self->networks[US_DECODER]), encoder = us_network_flop (self->networks[US_ENCODER]);
  double cost;

  /* forward, gradient of weights, gradient of inputs; the frozen decoder has no middle one */
  if (self->method == US_METHOD_BETA_VAE)
    cost = step == 1 ? 0 : 3 * (decoder + encoder);
  else if (step == 1)
    cost = 3 * (decoder + self->start_share * encoder);
  else if (self->method == US_METHOD_SUPERVISED)
    cost = 3 * encoder;
  else if (self->method == US_METHOD_SEMI_SUPERVISED)
    cost = self->labelled_share * 3 * decoder + (1 - self->labelled_share) * (3 * encoder + 2 * decoder);
  else
    cost = 3 * encoder + 2 * decoder;
  return self->preset.batch * cost;
}

/* -- learners ---------------------------------------------------------- */

/* weights: taken.  total: steps that this learner will take. */
static void
learner_init (UsTraining         *self,
              guint               which,
              UsWeights          *weights,
              const UsAdamConfig *adam,
              guint64             total,
              gboolean            input_gradient)
{
  UsLearner *learner = &self->learners[which];
  gsize n = us_network_n_parameters (weights->network);
  UsAdamConfig config = *adam;

  /* a short training cannot spend all of it on warming up */
  config.total_steps = total;
  config.warmup_steps = MIN (config.warmup_steps, total / 50);
  learner->weights = weights;
  learner->average = self->preset.average_decay > 0 ? us_weights_copy (weights) : us_weights_ref (weights);
  learner->best = us_weights_copy (weights);
  learner->adam = us_adam_new (n, &config);
  learner->gradient = g_aligned_alloc0 (n, sizeof (float), 64);
  learner->run = us_run_new (weights->network, self->preset.batch, US_RUN_TRAINING, input_gradient, self->pool);
  us_run_load (learner->run, weights);
}

static void
learner_clear (UsLearner *learner)
{
  g_clear_pointer (&learner->run, us_run_free);
  g_clear_pointer (&learner->weights, us_weights_unref);
  g_clear_pointer (&learner->average, us_weights_unref);
  g_clear_pointer (&learner->best, us_weights_unref);
  g_clear_pointer (&learner->adam, us_adam_free);
  g_clear_pointer (&learner->gradient, g_aligned_free);
}

void
us_training_learners_clear (UsTraining *self)
{
  for (guint i = 0; i < 2; i++)
    learner_clear (&self->learners[i]);
}

static UsWeights *
fresh (UsTraining *self,
       guint       network)
{
  return us_weights_new (self->networks[network], self->seed + network);
}

void
us_training_learners_begin (UsTraining *self,
                            guint       step,
                            guint64     total)
{
  const UsAdamConfig *adam = self->preset.adam;

  self->start = step == 1 ? (guint64) floor (total * self->start_share) : 0;
  if (self->method == US_METHOD_BETA_VAE || self->start > 0)
    {
      guint64 steps = self->start > 0 ? self->start : total;
      guint encoder = self->start > 0 ? US_START_ENCODER : US_ENCODER;

      learner_init (self, US_DECODER, fresh (self, US_DECODER), &adam[0], steps, TRUE);
      learner_init (self, US_ENCODER, fresh (self, encoder), &adam[1], steps, FALSE);
    }
  else if (step == 1)
    learner_init (self, US_DECODER, fresh (self, US_DECODER), &adam[0], total, FALSE);
  else
    {
      guint64 labelled = us_training_n_labelled (self, total);

      if (self->method == US_METHOD_SEMI_SUPERVISED)
        {
          UsAdamConfig gentle = adam[0];

          gentle.learning_rate *= CONTINUE_RATE;
          learner_init (self, US_DECODER, us_weights_copy (self->decoder), &gentle, MAX (labelled, 1), FALSE);
        }
      learner_init (self, US_ENCODER, fresh (self, US_ENCODER), &adam[1], total - labelled, FALSE);
    }
}

gboolean
us_training_start_is_over (const UsTraining *self)
{
  return self->step == 1 && self->learners[US_ENCODER].weights != NULL && self->iteration >= self->start;
}

/* From the plain VAE to Eq. 3.  What the decoder's layers know of how outputs look is kept.  The first layer is
 * drawn afresh: it read latents that have no names, in no order and on no axes of the parameters', and
 * there is nothing from which their relation to the parameters could be told without using labels twice. */
void
us_training_hand_over (UsTraining *self)
{
  UsNetwork *network = self->networks[US_DECODER];
  UsWeights *weights = fresh (self, US_DECODER);
  const UsWeights *learnt = self->learners[US_DECODER].average;
  gsize n;
  const UsNetworkTensor *table = us_network_parameter_table (network, &n);
  gsize prefix = n > 0 ? strcspn (table[0].name, ".") + 1 : 0;

  for (gsize i = 0; i < n; i++)
    if (strncmp (table[i].name, table[0].name, prefix) != 0)
      memcpy (weights->parameters + table[i].offset, learnt->parameters + table[i].offset,
              table[i].n_elements * sizeof (float));
  memcpy (weights->state, learnt->state, us_network_n_state (network) * sizeof (float));

  us_training_learners_clear (self);
  learner_init (self, US_DECODER, weights, &self->preset.adam[0], self->total[0] - self->start, FALSE);
  self->best_held_out = INFINITY;
  self->loss_sum = 0;
  self->loss_count = 0;
  self->last_loss = self->last_held_out = NAN;
}
