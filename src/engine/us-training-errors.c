/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far decoder, decoder after encoder and simulator after encoder are from the held-out draws, in the
 * output's units.  The first two come with the held-out loss for nothing; the simulator runs on the
 * first rows alone, so that training is not slowed.  N values, P parameters. */
#include "config.h"

#include "us-training-private.h"

#include <math.h>

#define ROWS_A_CHUNK 4

void
us_training_errors_init (UsTraining *self)
{
  self->held_out_answers = g_new0 (double, US_HELD_OUT_BATCH * self->n_parameters);
  self->held_out_again = g_new0 (float, US_HELD_OUT_BATCH * self->n_values);
  self->held_out_failed = g_new0 (gboolean, US_HELD_OUT_BATCH);
}

void
us_training_errors_clear (UsTraining *self)
{
  g_free (self->held_out_answers);
  g_free (self->held_out_again);
  g_free (self->held_out_failed);
}

/* What the decoder's output is an answer to. */
static UsBudgetCurve
curve (const UsTraining *self)
{
  return self->step == 1 && !us_training_is_anonymous (self) ? US_BUDGET_DECODER : US_BUDGET_BOTH;
}

void
us_training_errors_begin (UsTraining *self)
{
  for (int c = 0; c < US_BUDGET_N_CURVES; c++)
    self->held_out_errors[c] = NAN;
  self->held_out_errors[curve (self)] = 0;
}

void
us_training_errors_answer (UsTraining   *self,
                           gsize         row,
                           const double *z)
{
  if (row >= US_HELD_OUT_BATCH)
    return;
  for (gsize p = 0; p < self->n_parameters; p++)
    self->held_out_answers[row * self->n_parameters + p] = CLAMP (z[p], -1.0, 1.0);
}

/* Of one row, both as the networks take them: squared differences in units. */
static double
squares (const UsTraining *self,
         gboolean          logits,
         const float      *output,
         const float      *x)
{
  double sum = 0;

  for (gsize i = 0; i < self->n_values; i++)
    {
      float value = logits ? 1.0f / (1.0f + expf (-output[i])) : output[i];
      double d = self->scale.scale[i % self->scale.n] * ((double) value - x[i]);

      sum += d * d;
    }
  return sum;
}

void
us_training_errors_output (UsTraining  *self,
                           gsize        first,
                           const float *output)
{
  gboolean logits = self->preset.loss == US_LOSS_BCE;
  double sum = 0;

  for (gsize i = 0; i < US_HELD_OUT_BATCH; i++)
    sum += squares (self, logits, output + i * self->n_values, self->held_out.x + (first + i) * self->n_values);
  self->held_out_errors[curve (self)] += sum;
}

static void
simulate_chunk (gpointer data,
                gsize    chunk,
                guint    worker)
{
  UsTraining *self = data;

  for (gsize i = chunk * ROWS_A_CHUNK; i < (chunk + 1) * ROWS_A_CHUNK; i++)
    {
      float *again = self->held_out_again + i * self->n_values;
      double theta[US_MAX_PARAMETERS];
      UsRng rng;

      us_prior_from_latent (self->prior, self->held_out_answers + i * self->n_parameters, theta);
      us_rng_init (&rng, self->seed, US_RNG_EVALUATE, self->held_out.first + i);
      self->held_out_failed[i] = self->simulator->run (self->simulator, theta, self->output, &rng, again) != US_SIM_OK;
      if (!self->held_out_failed[i])
        us_channel_scale_apply (&self->scale, again, again, self->n_values);
    }
}

void
us_training_errors_end (UsTraining *self)
{
  UsBudgetCurve which = curve (self);
  gsize n = 0;
  double sum = 0;

  self->held_out_errors[which] = sqrt (self->held_out_errors[which] / ((double) US_HELD_OUT_ROWS * self->n_values));
  /* latents without names are no parameters to run the simulator on */
  if (which == US_BUDGET_DECODER || us_training_is_anonymous (self))
    return;

  us_pool_run (self->pool, US_HELD_OUT_BATCH / ROWS_A_CHUNK, simulate_chunk, self);
  for (gsize i = 0; i < US_HELD_OUT_BATCH; i++)
    if (!self->held_out_failed[i])
      {
        sum += squares (self, FALSE, self->held_out_again + i * self->n_values, self->held_out.x + i * self->n_values);
        n++;
      }
  if (n > 0)
    self->held_out_errors[US_BUDGET_SIMULATOR] = sqrt (sum / ((double) n * self->n_values));
}
