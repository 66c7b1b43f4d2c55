/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-training-private.h"

#include <math.h>

/* P parameters, F features, N values. */

/* Answers of one batch as the decoder takes them, the nearest of several, and how far they are from the truth. */
static void
read_answers (UsTraining  *self,
              gsize        first,
              const float *code,          /* (US_HELD_OUT_BATCH, n_code) */
              double      *squares)       /* (P) added to */
{
  const float *truth = self->held_out.z + first * self->n_parameters;

  if (self->n_answers > 1)
    us_training_choose (self, self->held_out_runs[US_DECODER], self->held_out_loss, US_HELD_OUT_BATCH, code,
                        self->held_out.x + first * self->n_values, self->held_out_features, self->answers->which);
  for (gsize i = 0; i < US_HELD_OUT_BATCH; i++)
    {
      float *answer = self->held_out_features + i * self->n_features;
      double z[US_MAX_PARAMETERS];

      if (self->n_answers == 1)
        us_code_squash (&self->code, code + i * self->n_code, answer);
      us_code_to_latent (&self->code, self->prior, answer, z);
      us_training_errors_answer (self, first + i, z);
      for (gsize p = 0; p < self->n_parameters; p++)
        {
          double e = us_code_latent_error (&self->code, p, z[p], truth[i * self->n_parameters + p]);

          squares[p] += e * e;
        }
    }
}

/* Latents without names: µ as it is. */
static void
read_anonymous (UsTraining  *self,
                const float *code)        /* (US_HELD_OUT_BATCH, 2 F) */
{
  gsize n = self->n_features;

  for (gsize i = 0; i < US_HELD_OUT_BATCH; i++)
    for (gsize k = 0; k < n; k++)
      self->held_out_features[i * n + k] = code[i * 2 * n + k];
}

/* What the lessons make less of, on µ in place of draws: of Eq. 3 D[S(z), G(z)], of Eq. 4 D[S(z), G(µ(S(z)))],
 * Eq. 5, or the bound of a joint lesson. */
double
us_training_held_out (UsTraining *self)
{
  gsize n = self->n_values;
  gboolean anonymous = us_training_is_anonymous (self), encodes = self->step == 2 || anonymous;
  guint which = self->step == 2 ? US_ENCODER : US_START_ENCODER;
  gboolean supervised = self->step == 2 && self->method == US_METHOD_SUPERVISED;
  double squares[US_MAX_PARAMETERS] = { 0 }, sum = 0;

  us_training_errors_begin (self);
  us_run_load (self->held_out_runs[US_DECODER], self->learners[US_DECODER].weights != NULL
                                                ? self->learners[US_DECODER].average : self->decoder);
  if (encodes)
    us_run_load (self->held_out_runs[which], self->learners[US_ENCODER].average);
  for (gsize first = 0; first < US_HELD_OUT_ROWS; first += US_HELD_OUT_BATCH)
    {
      const float *x = self->held_out.x + first * n, *told = self->held_out.features + first * self->n_features;
      const float *code = encodes ? us_run_forward (self->held_out_runs[which], x) : NULL, *output;

      if (anonymous)
        {
          read_anonymous (self, code);
          sum += self->divergence_weight * us_training_divergence (self, code, US_HELD_OUT_BATCH, 1);
        }
      else if (encodes)
        read_answers (self, first, code, squares);
      if (supervised)
        sum += us_training_supervised_loss (self, US_HELD_OUT_BATCH, code, told, NULL);
      output = us_run_forward (self->held_out_runs[US_DECODER], encodes ? self->held_out_features : told);
      if (!supervised)
        sum += us_loss_evaluate (self->held_out_loss, output, x, NULL, NULL, self->pool);
      us_training_errors_output (self, first, output);
    }
  us_training_errors_end (self);
  for (gsize p = 0; encodes && !anonymous && p < self->n_parameters; p++)
    self->held_out_rms[p] = sqrt (squares[p] / US_HELD_OUT_ROWS);
  return sum / (US_HELD_OUT_ROWS / US_HELD_OUT_BATCH);
}
