/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-training-private.h"

#include <math.h>
#include <string.h>

/* B batch, F features, N values, n_code: F, or 2 F with σ. */

#define PRIOR_VARIANCE  (1.0 / 3) /* of a uniform latent on -1 .. 1 */
#define LOG_SIGMA_LIMIT 10.0f

void
us_training_set_nonfinite (UsTraining  *self,
                           const char  *what,
                           gboolean     gradients,
                           GError     **error)
{
  const char *names[2] = { "decoder", "encoder" };
  UsLesson lesson = us_training_lesson (self);
  gboolean through = lesson == US_LESSON_ENCODER, encoder = us_training_teaches (lesson, US_ENCODER);
  UsRun *runs[2] = { through ? self->frozen : self->learners[US_DECODER].run,
                     encoder ? self->learners[US_ENCODER].run : NULL };
  UsNetwork *networks[2] = { self->networks[US_DECODER],
                             encoder ? self->learners[US_ENCODER].weights->network : NULL };
  g_autofree char *where = NULL;

  /* the first that the numbers flow through: encoder, then decoder; gradients the other way round */
  for (int i = 0; i < 2 && where == NULL; i++)
    {
      int which = (encoder && !gradients) ? 1 - i : i;
      gssize layer = runs[which] != NULL ? us_run_find_nonfinite (runs[which], gradients) : -1;

      if (layer >= 0)
        where = g_strdup_printf ("layer %" G_GSSIZE_FORMAT " (%s) of the %s", layer,
                                 us_layer_kind_name (us_network_layer (networks[which], layer)->kind),
                                 names[which]);
    }
  g_set_error (error, US_TRAIN_ERROR, US_TRAIN_ERROR_NOT_FINITE,
               "%s is not finite in step %u, iteration %" G_GUINT64_FORMAT " (sample %" G_GUINT64_FORMAT
               "), at %s, seed %" G_GUINT64_FORMAT "; the best weights so far are kept",
               what, self->step, self->iteration, self->iteration * self->preset.batch,
               where != NULL ? where : "the loss", self->seed);
}

/* One latent's divergence N(µ, σ²) from N(0, s²): ½ ((µ² + σ²) / s² − 1 − log (σ² / s²))
 * (Kingma, Welling 2014, appendix B). */
static double
divergence_of (double mu,
               double log_sigma,
               double sigma,
               double variance)
{
  return 0.5 * ((mu * mu + sigma * sigma) / variance - 1 - 2.0 * log_sigma + log (variance));
}

double
us_training_divergence (const UsTraining *self,
                        const float      *code,
                        gsize             rows,
                        double            variance)
{
  gsize n = self->n_features;
  double sum = 0;

  for (gsize i = 0; i < rows; i++)
    for (gsize k = 0; k < n; k++)
      {
        float log_sigma = CLAMP (code[i * 2 * n + n + k], -LOG_SIGMA_LIMIT, LOG_SIGMA_LIMIT);

        sum += divergence_of (code[i * 2 * n + k], log_sigma, expf (log_sigma), variance);
      }
  return sum / rows;
}

double
us_training_draw_answers (UsTraining  *self,
                          const float *code,
                          guint64      row,
                          double       variance)
{
  gsize n = self->n_features, n_code = 2 * n;
  double divergence = 0;

  for (gsize i = 0; i < self->preset.batch; i++)
    {
      UsRng rng;

      us_rng_init (&rng, self->seed, US_RNG_LATENT, row + i);
      for (gsize k = 0; k < n; k++)
        {
          float mu = code[i * n_code + k];
          float log_sigma = CLAMP (code[i * n_code + n + k], -LOG_SIGMA_LIMIT, LOG_SIGMA_LIMIT);
          float sigma = expf (log_sigma);

          self->noise[i * n + k] = us_rng_normal (&rng);
          self->drawn[i * n + k] = mu + sigma * self->noise[i * n + k];
          divergence += divergence_of (mu, log_sigma, sigma, variance);
        }
    }
  return divergence / self->preset.batch;
}

void
us_training_answers_gradient (UsTraining  *self,
                              const float *code,
                              const float *dz,
                              double       divergence_weight,
                              double       variance)
{
  gsize n = self->n_features;
  double weight = divergence_weight / self->preset.batch;

  for (gsize i = 0; i < self->preset.batch; i++)
    for (gsize k = 0; k < n; k++)
      {
        gsize at = i * 2 * n + k;
        float log_sigma = code[at + n];
        float sigma = expf (CLAMP (log_sigma, -LOG_SIGMA_LIMIT, LOG_SIGMA_LIMIT));
        float d = dz[i * n + k];

        self->code_gradient[at] = d + weight * code[at] / variance;
        self->code_gradient[at + n] = fabsf (log_sigma) > LOG_SIGMA_LIMIT ? 0
          : d * sigma * self->noise[i * n + k] + weight * (sigma * sigma / variance - 1);
      }
}

/* What µ, a row every `stride` numbers, has gone beyond the edge costs, and how far a point is
 * from its circle; the gradient is added to `gradients`, laid out likewise. */
static double
penalise (UsTraining  *self,
          const float *code,
          float       *gradients,
          gsize        stride)
{
  gsize n = self->preset.batch * self->n_features;
  double edge = MAX (self->preset.edge, 1), slope = self->preset.edge_penalty * 2 / n, sum = 0;

  for (gsize i = 0; i < self->preset.batch; i++)
    for (gsize p = 0; p < self->n_parameters; p++)
      {
        const UsCodePart *part = &self->code.parts[p];
        const float *mu = code + i * stride + part->first;
        float *gradient = gradients + i * stride + part->first;

        if (part->kind == US_CODE_STRAIGHT && fabsf (mu[0]) > edge)
          {
            double over = fabs ((double) mu[0]) - edge;

            sum += over * over;
            gradient[0] += slope * copysign (over, mu[0]);
          }
        else if (part->kind == US_CODE_CIRCULAR)
          {
            double radius = hypot (mu[0], mu[1]), over = radius - 1;

            sum += over * over;
            for (int k = 0; k < 2 && radius > 0; k++)
              gradient[k] += slope * over * mu[k] / radius;
          }
      }
  return self->preset.edge_penalty * sum / n;
}

/* Eq. 3: D[S(z), G(z)]. */
double
us_training_decoder_pass (UsTraining    *self,
                          const UsBatch *batch)
{
  UsLearner *decoder = &self->learners[US_DECODER];
  const float *y = us_run_forward (decoder->run, batch->features);
  double loss = us_loss_evaluate (self->losses[0], y, batch->x, self->output_gradient, NULL, self->pool);

  if (isfinite (loss))
    us_run_backward (decoder->run, self->output_gradient, decoder->gradient);
  return loss;
}

/* Eq. 4: D[S(z), G(µ(S(z)))] through the frozen decoder; z itself stays hidden.  Of several answers
 * the one nearest to S(z) learns. */
double
us_training_encoder_pass (UsTraining    *self,
                          const UsBatch *batch)
{
  UsLearner *encoder = &self->learners[US_ENCODER];
  gsize n = self->n_features;
  gboolean has_sigma = self->preset.kl_weight > 0;
  const float *code = us_run_forward (encoder->run, batch->augment ? batch->input : batch->x);
  double divergence = has_sigma ? us_training_draw_answers (self, code, self->iteration * self->preset.batch,
                                                            PRIOR_VARIANCE) : 0;
  const float *answers = has_sigma || self->n_answers > 1 ? self->drawn : code;
  const float *y;
  double loss;

  if (self->n_answers > 1)
    us_training_choose_answers (self, code, batch->x, self->drawn);
  for (gsize i = 0; i < self->preset.batch; i++)
    us_code_squash (&self->code, answers + i * n, self->features + i * n);
  y = us_run_forward (self->frozen, self->features);
  loss = us_loss_evaluate (self->losses[1], y, batch->x, self->output_gradient, NULL, self->pool);
  if (isfinite (loss))
    {
      float *gradient = self->features_gradient;

      memcpy (gradient, us_run_backward (self->frozen, self->output_gradient, NULL),
              self->preset.batch * n * sizeof (float));
      for (gsize i = 0; i < self->preset.batch; i++)
        us_code_squash_backward (&self->code, answers + i * n, self->features + i * n, gradient + i * n);
      if (has_sigma)
        {
          us_training_answers_gradient (self, code, gradient, self->preset.kl_weight, PRIOR_VARIANCE);
          loss += penalise (self, code, self->code_gradient, self->n_code);
        }
      else
        {
          loss += penalise (self, answers, gradient, n);
          us_training_scatter_answers (self, gradient);
        }
      us_run_backward (encoder->run, self->code_gradient, encoder->gradient);
    }
  return loss + self->preset.kl_weight * divergence;
}
