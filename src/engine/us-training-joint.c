/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What SimVAE is compared with: both networks at once, and the encoder told the right answers. */
#include "config.h"

#include "us-training-private.h"

#include <math.h>
#include <string.h>

/* B batch, P parameters, F features, N values. */

/* The bound of Kingma, Welling 2014 with β (Higgins et al. 2017), over N: D[x, G(z)] + w KL, z = µ(x) + σ(x) ε.
 * Nothing but outputs is looked at.  The latents are standard normal, and go to the decoder as they are. */
double
us_training_joint_pass (UsTraining    *self,
                        const UsBatch *batch)
{
  UsLearner *decoder = &self->learners[US_DECODER], *encoder = &self->learners[US_ENCODER];
  const float *code = us_run_forward (encoder->run, batch->x);
  double divergence = us_training_draw_answers (self, code, batch->first, 1);
  const float *y = us_run_forward (decoder->run, self->drawn);
  double loss = us_loss_evaluate (self->losses[0], y, batch->x, self->output_gradient, NULL, self->pool);

  loss += self->divergence_weight * divergence;
  if (isfinite (loss))
    {
      const float *dz = us_run_backward (decoder->run, self->output_gradient, decoder->gradient);

      us_training_answers_gradient (self, code, dz, self->divergence_weight, 1);
      us_run_backward (encoder->run, self->code_gradient, encoder->gradient);
    }
  return loss;
}

/* Cross-entropy of one kind of thing: f is 1 for the right one. */
static double
cross_entropy (gsize        n,
               const float *answers,
               const float *f,
               float       *gradient,     /* or NULL */
               float        scale)
{
  double top = answers[0], sum = 0, loss = 0;

  for (gsize k = 1; k < n; k++)
    top = MAX (top, answers[k]);
  for (gsize k = 0; k < n; k++)
    sum += exp (answers[k] - top);
  for (gsize k = 0; k < n; k++)
    {
      double log_share = answers[k] - top - log (sum);

      loss -= f[k] * log_share;
      if (gradient != NULL)
        gradient[k] = scale * (exp (log_share) - f[k]);
    }
  return loss;
}

double
us_training_supervised_loss (const UsTraining *self,
                             gsize             rows,
                             const float      *answers,
                             const float      *features,
                             float            *gradient)
{
  float scale = 1.0 / (rows * self->n_parameters);
  double sum = 0;

  for (gsize i = 0; i < rows; i++)
    for (gsize p = 0; p < self->n_parameters; p++)
      {
        const UsCodePart *part = &self->code.parts[p];
        const float *a = answers + i * self->n_code + part->first;
        const float *f = features + i * self->n_features + part->first;
        float *g = gradient != NULL ? gradient + i * self->n_features + part->first : NULL;

        if (part->kind == US_CODE_CLASSES)
          sum += cross_entropy (part->n, a, f, g, scale);
        else
          for (gsize k = 0; k < part->n; k++)
            {
              double e = (double) a[k] - f[k];

              sum += e * e;
              if (g != NULL)
                g[k] = 2 * scale * e;
            }
      }
  return sum / (rows * self->n_parameters);
}

/* Eq. 5: |µ(S(z)) − z|².  Where several z give the same S(z), the least is at their average. */
double
us_training_supervised_pass (UsTraining    *self,
                             const UsBatch *batch)
{
  UsLearner *encoder = &self->learners[US_ENCODER];
  const float *answers = us_run_forward (encoder->run, batch->augment ? batch->input : batch->x);
  double loss = us_training_supervised_loss (self, self->preset.batch, answers, batch->features, self->code_gradient);

  if (isfinite (loss))
    us_run_backward (encoder->run, self->code_gradient, encoder->gradient);
  return loss;
}
