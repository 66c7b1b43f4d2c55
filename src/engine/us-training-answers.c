/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-training-private.h"

#include <math.h>
#include <string.h>

/* B rows, F features, N values, K answers: an encoder of a many-to-one simulator gives several, and the
 * one whose picture is nearest counts: no answer has to be the mean of two that are both right. */

#define EXPLORE 0.05      /* of the rows another answer learns, so that none is left behind for good */

/* The nearest answer of each row: features (B, F), and which of them (B). */
void
us_training_choose (UsTraining  *self,
                    UsRun       *decoder,
                    UsLoss      *loss,
                    gsize        rows,
                    const float *code,
                    const float *x,
                    float       *features,
                    guint       *which)
{
  gsize n = self->n_features;
  float *tried = self->answers->features;
  double *error = self->answers->error, *least = self->answers->least;

  for (guint k = 0; k < self->n_answers; k++)
    {
      for (gsize i = 0; i < rows; i++)
        {
          us_code_take_answer (&self->code, k, self->n_answers, code + i * self->n_code + k * n, tried + i * n);
          us_code_squash (&self->code, tried + i * n, tried + i * n);
        }
      us_loss_evaluate (loss, us_run_forward (decoder, tried), x, NULL, error, self->pool);
      for (gsize i = 0; i < rows; i++)
        if (k == 0 || error[i] < least[i])
          {
            least[i] = error[i];
            which[i] = k;
            memcpy (features + i * n, tried + i * n, n * sizeof (float));
          }
    }
}

/* For training: answers (B, F) before they are squashed. */
void
us_training_choose_answers (UsTraining  *self,
                            const float *code,
                            const float *x,
                            float       *answers)
{
  gsize n = self->n_features;
  guint *which = self->answers->which;

  us_training_choose (self, self->frozen, self->losses[1], self->preset.batch, code, x, self->features, which);
  for (gsize i = 0; i < self->preset.batch; i++)
    {
      UsRng rng;

      us_rng_init (&rng, self->seed, US_RNG_LATENT, self->iteration * self->preset.batch + i);
      if (us_rng_uniform (&rng) < EXPLORE)
        which[i] = us_rng_below (&rng, self->n_answers);
      us_code_take_answer (&self->code, which[i], self->n_answers, code + i * self->n_code + which[i] * n,
                           answers + i * n);
    }
}

/* gradient (B, F) of the answers chosen → (B, K F). */
void
us_training_scatter_answers (UsTraining  *self,
                             const float *gradient)
{
  gsize n = self->n_features;

  if (self->n_answers == 1)
    {
      memcpy (self->code_gradient, gradient, self->preset.batch * n * sizeof (float));
      return;
    }
  memset (self->code_gradient, 0, self->preset.batch * self->n_code * sizeof (float));
  for (gsize i = 0; i < self->preset.batch; i++)
    memcpy (self->code_gradient + i * self->n_code + self->answers->which[i] * n, gradient + i * n,
            n * sizeof (float));
}

void
us_training_answers_init (UsTraining *self)
{
  gsize rows = MAX (self->preset.batch, US_HELD_OUT_BATCH);

  self->n_answers = us_preset_n_answers (&self->preset);
  if (self->n_answers == 1)
    return;
  self->answers = g_new0 (UsAnswers, 1);
  self->answers->features = g_aligned_alloc0 (rows * self->n_features, sizeof (float), 64);
  self->answers->error = g_new0 (double, rows);
  self->answers->least = g_new0 (double, rows);
  self->answers->which = g_new0 (guint, rows);
}

void
us_training_answers_clear (UsTraining *self)
{
  if (self->answers == NULL)
    return;
  g_aligned_free (self->answers->features);
  g_free (self->answers->error);
  g_free (self->answers->least);
  g_free (self->answers->which);
  g_clear_pointer (&self->answers, g_free);
}
