/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far decoder, decoder after encoder and simulator after encoder are from the held-out draws, in the
 * output's units.  The first two come with the held-out loss for nothing; the simulator runs on the
 * first rows alone, so that training is not slowed.  Of a noisy output means are compared, of decoder and of
 * repeated runs, and what a mean of so many runs misses is taken off.  N values, P parameters, M of the decoder. */
#include "config.h"

#include "us-repeats.h"
#include "us-training-private.h"

#include <math.h>
#include <string.h>

#define ROWS_A_CHUNK 4

void
us_training_errors_init (UsTraining *self)
{
  self->held_out_answers = g_new0 (double, US_HELD_OUT_BATCH * self->n_parameters);
  self->held_out_again = g_new0 (float, US_HELD_OUT_BATCH * self->n_values);
  self->held_out_again_variance = g_new0 (float, US_HELD_OUT_BATCH * self->n_values);
  self->held_out_failed = g_new0 (gboolean, US_HELD_OUT_BATCH);
}

void
us_training_errors_clear (UsTraining *self)
{
  g_free (self->held_out_answers);
  g_free (self->held_out_again);
  g_free (self->held_out_again_variance);
  g_free (self->held_out_failed);
  g_free (self->held_out_mean);
  g_free (self->held_out_variance);
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
  memcpy (self->held_out_answers + row * self->n_parameters, z, self->n_parameters * sizeof *z);
  us_answers_clamp (self->prior, 1, self->held_out_answers + row * self->n_parameters);
}

/* What is expected of held-out row i: S(V), or the mean of repeated runs. */
static const float *
expected (const UsTraining *self,
          gsize             i)
{
  return (self->noisy ? self->held_out_mean : self->held_out.x) + i * self->n_values;
}

/* Of `output` (N) and held-out row i, both as the networks take them: squared differences in units.
 * variance (N): of the runs whose mean `output` is, or NULL. */
static double
squares (const UsTraining *self,
         const float      *output,
         const float      *variance,
         gsize             i)
{
  const float *x = expected (self, i);
  double sum = 0;

  for (gsize k = 0; k < self->n_values; k++)
    {
      double scale = self->scale.scale[k % self->scale.n], d = scale * ((double) output[k] - x[k]), missed = 0;

      if (self->noisy)
        missed = self->held_out_variance[i * self->n_values + k] + (variance != NULL ? variance[k] : 0);
      sum += d * d - missed * scale * scale / US_REPEATS_MANY;
    }
  return sum;
}

/* The decoder's answer as a value of the output: from logits, or of mean and log variance the mean. */
static void
to_values (const UsTraining *self,
           const float      *output,        /* (M) */
           float            *values)        /* (N) */
{
  gsize C = self->simulator->outputs[self->output].channels;

  for (gsize i = 0; i < self->n_values; i++)
    if (self->noisy)
      values[i] = output[i / C * 2 * C + i % C];
    else
      values[i] = self->preset.loss == US_LOSS_BCE ? 1.0f / (1.0f + expf (-output[i])) : output[i];
}

void
us_training_errors_output (UsTraining  *self,
                           gsize        first,
                           const float *output)
{
  gsize stride = (self->noisy ? 2 : 1) * self->n_values;
  g_autofree float *values = g_new (float, self->n_values);
  double sum = 0;

  for (gsize i = 0; i < US_HELD_OUT_BATCH; i++)
    {
      to_values (self, output + i * stride, values);
      sum += squares (self, values, NULL, first + i);
    }
  self->held_out_errors[curve (self)] += sum;
}

/* The simulator at theta as the networks take it; FALSE: it does not run there. */
static gboolean
simulate (UsTraining   *self,
          const double *theta,        /* (P) */
          guint64       row,
          float        *x,            /* (N) */
          float        *variance)     /* (N) */
{
  if (!us_repeats_run (self->simulator, self->output, theta, US_REPEATS_MANY, self->seed, row, x, variance))
    return FALSE;
  us_channel_scale_apply (&self->scale, x, x, self->n_values);
  for (gsize k = 0; k < self->n_values; k++)
    {
      double scale = self->scale.scale[k % self->scale.n];

      variance[k] /= scale * scale;
    }
  return TRUE;
}

static void
expect_chunk (gpointer data,
              gsize    chunk,
              guint    worker)
{
  UsTraining *self = data;

  for (gsize i = chunk * ROWS_A_CHUNK; i < (chunk + 1) * ROWS_A_CHUNK; i++)
    {
      float *mean = self->held_out_mean + i * self->n_values, *variance = self->held_out_variance + i * self->n_values;

      /* where it does not run again, the run there is has to do */
      if (!simulate (self, self->held_out.theta + i * self->n_parameters, self->held_out.first + i, mean, variance))
        {
          memcpy (mean, self->held_out.x + i * self->n_values, self->n_values * sizeof (float));
          memset (variance, 0, self->n_values * sizeof (float));
        }
    }
}

void
us_training_errors_expect (UsTraining *self)
{
  if (!self->noisy)
    return;
  self->held_out_mean = g_new (float, US_HELD_OUT_ROWS * self->n_values);
  self->held_out_variance = g_new (float, US_HELD_OUT_ROWS * self->n_values);
  us_pool_run (self->pool, US_HELD_OUT_ROWS / ROWS_A_CHUNK, expect_chunk, self);
}

static void
simulate_chunk (gpointer data,
                gsize    chunk,
                guint    worker)
{
  UsTraining *self = data;

  for (gsize i = chunk * ROWS_A_CHUNK; i < (chunk + 1) * ROWS_A_CHUNK; i++)
    {
      double theta[US_MAX_PARAMETERS];

      us_prior_from_latent (self->prior, self->held_out_answers + i * self->n_parameters, theta);
      self->held_out_failed[i] = !simulate (self, theta, US_ROWS_AGAIN + i, self->held_out_again + i * self->n_values,
                                            self->held_out_again_variance + i * self->n_values);
    }
}

void
us_training_errors_end (UsTraining *self)
{
  UsBudgetCurve which = curve (self);
  gsize n = 0;
  double sum = 0;

  self->held_out_errors[which] = sqrt (MAX (self->held_out_errors[which], 0)
                                       / ((double) US_HELD_OUT_ROWS * self->n_values));
  /* latents without names are no parameters to run the simulator on */
  if (which == US_BUDGET_DECODER || us_training_is_anonymous (self))
    return;

  us_pool_run (self->pool, US_HELD_OUT_BATCH / ROWS_A_CHUNK, simulate_chunk, self);
  for (gsize i = 0; i < US_HELD_OUT_BATCH; i++)
    if (!self->held_out_failed[i])
      {
        sum += squares (self, self->held_out_again + i * self->n_values,
                        self->held_out_again_variance + i * self->n_values, i);
        n++;
      }
  if (n > 0)
    self->held_out_errors[US_BUDGET_SIMULATOR] = sqrt (MAX (sum, 0) / ((double) n * self->n_values));
}
