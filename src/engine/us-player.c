/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-simvae-private.h"

#include "us-error.h"
#include "us-repeats.h"

#include <math.h>
#include <string.h>

/* B rows of a full batch, P parameters, F features of the code, N values. */

#define TURNS           6         /* of an angle, tried of each of several answers */
#define SIGMA_LOG_LIMIT 10.0      /* |log σ|: keeps exp() finite whatever the encoder says */

struct _UsPlayer
{
  UsSimvae *model;                /* owned */
  gsize     batch;
  UsCode    code;
  gsize     n_parameters, n_values, n_code;    /* n_code: K F, or 2 F with σ */
  gboolean  noisy;                /* decoders give 2 N numbers: means and log variances */
  guint     n_answers;            /* K */
  guint     n_turns;              /* tried of each of several answers */

  /* [0] one row, for sliders; [1] full batches, NULL when batch is 1 */
  UsRun    *decoder[2];
  UsRun    *encoder[2];           /* NULL without encoder */

  /* scratch */
  float    *features;             /* (B, F) */
  float    *x;                    /* (B, N) as the networks take it */
  float    *answers;              /* (B, n_code) */
  float    *both;                 /* (B, 2 N) means and log variances; NULL: not noisy */
  float    *tried;                /* (B, N) decoded answers; NULL: K is 1 */
  float    *tried_sd;             /* (B, N) their spread; NULL likewise, or not noisy */
  float    *nearest;              /* (B, F) */
  double   *least;                /* (B) */
  double   *latent;               /* (B, P) */
  double   *sigma;                /* (B, P) */
  double   *spread;               /* (2, P) sd and half width, latent units */
};

static UsRun *
new_run (UsWeights *weights,
         gsize      batch,
         UsPool    *pool)
{
  UsRun *run = us_run_new (weights->network, batch, US_RUN_INFERENCE, FALSE, pool);

  us_run_load (run, weights);
  return run;
}

UsPlayer *
us_player_new (UsSimvae *model,
               gsize     batch,
               UsPool   *pool)
{
  UsPlayer *self = g_new0 (UsPlayer, 1);
  UsWeights *decoder = us_simvae_decoder (model), *encoder = us_simvae_encoder (model);

  self->model = us_simvae_ref (model);
  self->batch = MAX (batch, 1);
  self->n_parameters = us_simvae_n_parameters (model);
  self->n_values = us_simvae_n_values (model);
  us_code_init (&self->code, us_simvae_simulator (model));
  self->n_answers = us_simvae_n_answers (model);
  self->n_code = self->code.n_features * (us_simvae_has_sigma (model) ? 2 : self->n_answers);
  self->decoder[0] = new_run (decoder, 1, pool);
  if (encoder != NULL)
    self->encoder[0] = new_run (encoder, 1, pool);
  if (self->batch > 1)
    {
      self->decoder[1] = new_run (decoder, self->batch, pool);
      if (encoder != NULL)
        self->encoder[1] = new_run (encoder, self->batch, pool);
    }
  self->features = g_new0 (float, self->batch * self->code.n_features);
  self->x = g_new0 (float, self->batch * self->n_values);
  self->answers = g_new0 (float, self->batch * self->n_code);
  self->noisy = us_simvae_is_noisy (model);
  if (self->noisy)
    self->both = g_new0 (float, 2 * self->batch * self->n_values);
  if (self->n_answers > 1)
    self->tried = g_new0 (float, self->batch * self->n_values);
  if (self->n_answers > 1 && self->noisy)
    self->tried_sd = g_new0 (float, self->batch * self->n_values);
  self->n_turns = 1;
  for (gsize p = 0; p < self->n_parameters; p++)
    if (self->code.parts[p].kind == US_CODE_CIRCULAR)
      self->n_turns = TURNS;
  self->nearest = g_new0 (float, self->batch * self->code.n_features);
  self->least = g_new0 (double, self->batch);
  self->latent = g_new0 (double, self->batch * self->n_parameters);
  self->sigma = g_new0 (double, self->batch * self->n_parameters);
  self->spread = g_new0 (double, 2 * self->n_parameters);
  return self;
}

void
us_player_free (UsPlayer *self)
{
  if (self == NULL)
    return;
  for (int i = 0; i < 2; i++)
    {
      g_clear_pointer (&self->decoder[i], us_run_free);
      g_clear_pointer (&self->encoder[i], us_run_free);
    }
  us_simvae_unref (self->model);
  g_free (self->features);
  g_free (self->x);
  g_free (self->answers);
  g_free (self->both);
  g_free (self->tried);
  g_free (self->tried_sd);
  g_free (self->nearest);
  g_free (self->least);
  g_free (self->latent);
  g_free (self->sigma);
  g_free (self->spread);
  g_free (self);
}

UsSimvae *
us_player_model (UsPlayer *self)
{
  return self->model;
}

/* input has room for a full batch; rows past count are whatever was there before. */
static void
run_rows (UsPlayer *self,
          UsRun   **runs,
          gsize     count,
          gsize     n_in,
          float    *input,
          gsize     n_out,
          float    *output)
{
  /* A few rows one by one; more are worth a padded batch. */
  if (runs[1] != NULL && count > self->batch / 4)
    {
      memcpy (output, us_run_forward (runs[1], input), count * n_out * sizeof (float));
      return;
    }
  for (gsize i = 0; i < count; i++)
    memcpy (output + i * n_out, us_run_forward (runs[0], input + i * n_in), n_out * sizeof (float));
}

/* self->both, means and log variances pixel by pixel → x and sd, or NULL, as the networks take x. */
static void
split (UsPlayer              *self,
       gsize                  count,
       const UsChannelScale  *scale,
       float                 *x,
       float                 *sd)
{
  gsize C = us_simvae_simulator (self->model)->outputs[us_simvae_output (self->model)].channels;
  gsize n = count * self->n_values;

  for (gsize i = 0; i < n; i += C)
    for (gsize c = 0; c < C; c++)
      {
        x[i + c] = self->both[2 * i + c];
        if (sd != NULL)
          sd[i + c] = scale->scale[c % scale->n] * us_loss_spread (self->both[2 * i + C + c]);
      }
}

/* self->features → x, and its spread or NULL, for count ≤ batch. */
static void
decode_rows (UsPlayer *self,
             gsize     count,
             float    *x,
             float    *sd)
{
  UsSimvaeParts parts;
  gsize n = count * self->n_values;

  us_simvae_get_parts (self->model, &parts);
  if (self->noisy)
    {
      run_rows (self, self->decoder, count, self->code.n_features, self->features, 2 * self->n_values, self->both);
      split (self, count, &parts.scale, x, sd);
      us_channel_scale_undo (&parts.scale, x, n);
      return;
    }
  if (sd != NULL)
    memset (sd, 0, n * sizeof (float));
  run_rows (self, self->decoder, count, self->code.n_features, self->features, self->n_values, x);
  if (parts.loss == US_LOSS_BCE)
    for (gsize i = 0; i < n; i++)
      x[i] = 1.0f / (1.0f + expf (-x[i]));
  us_channel_scale_undo (&parts.scale, x, n);
}

void
us_player_decode_latent (UsPlayer     *self,
                         gsize         count,
                         const double *z,
                         float        *x,
                         float        *sd)
{
  for (gsize first = 0; first < count; first += self->batch)
    {
      gsize n = MIN (self->batch, count - first);

      for (gsize i = 0; i < n; i++)
        {
          double clamped[US_MAX_PARAMETERS];

          for (gsize p = 0; p < self->n_parameters; p++)
            clamped[p] = CLAMP (z[(first + i) * self->n_parameters + p], -1.0, 1.0);
          us_code_from_latent (&self->code, us_simvae_prior (self->model), clamped,
                               self->features + i * self->code.n_features);
        }
      decode_rows (self, n, x + first * self->n_values, sd != NULL ? sd + first * self->n_values : NULL);
    }
}

void
us_player_decode_spread (UsPlayer     *self,
                         gsize         count,
                         const double *theta,
                         float        *x,
                         float        *sd)
{
  UsPrior *prior = us_simvae_prior (self->model);
  gsize p_count = self->n_parameters;

  for (gsize first = 0; first < count; first += self->batch)
    {
      gsize n = MIN (self->batch, count - first);

      for (gsize i = 0; i < n; i++)
        us_prior_to_latent (prior, theta + (first + i) * p_count, self->latent + i * p_count);
      us_player_decode_latent (self, n, self->latent, x + first * self->n_values,
                               sd != NULL ? sd + first * self->n_values : NULL);
    }
}

void
us_player_decode (UsPlayer     *self,
                  gsize         count,
                  const double *theta,
                  float        *x)
{
  us_player_decode_spread (self, count, theta, x, NULL);
}

/* Answer k of each row → self->features, its angles turned by a share of a whole turn. */
static void
take_answers (UsPlayer *self,
              gsize     count,
              guint     k,
              double    turn)
{
  gsize n = self->code.n_features;
  float c = cos (2 * G_PI * turn), s = sin (2 * G_PI * turn);

  for (gsize i = 0; i < count; i++)
    {
      float *features = self->features + i * n;

      us_code_take_answer (&self->code, k, self->n_answers, self->answers + i * self->n_code + k * n, features);
      us_code_squash (&self->code, features, features);
      for (gsize p = 0; p < self->n_parameters; p++)
        {
          const UsCodePart *part = &self->code.parts[p];
          float *f = features + part->first;

          /* as it will be used: inside the prior */
          if (part->kind == US_CODE_STRAIGHT)
            f[0] = CLAMP (f[0], -1, 1);
          else if (part->kind == US_CODE_CIRCULAR)
            {
              float x = c * f[0] - s * f[1];

              f[1] = s * f[0] + c * f[1];
              f[0] = x;
            }
        }
    }
}

/* How far row i of what was tried is from x: the distance, of a noisy output how unlikely x is. */
static double
distance (UsPlayer    *self,
          gsize        i,
          const float *x)
{
  gsize n = self->n_values;

  return self->noisy ? us_log_score (n, x, self->tried + i * n, self->tried_sd + i * n)
                     : us_rms_difference (n, self->tried + i * n, x);
}

/* The answer whose decoded output is nearest to the row → self->nearest.  A thing that lies the wrong way
 * round is a trap for an encoder, out of which no small turn leads: large ones are tried here. */
static void
find_nearest (UsPlayer    *self,
              gsize        count,
              const float *rows)        /* (count, N) in the simulator's units */
{
  gsize n = self->code.n_features;

  for (guint k = 0; k < self->n_answers; k++)
    for (guint t = 0; t < self->n_turns; t++)
      {
        take_answers (self, count, k, (double) t / self->n_turns);
        decode_rows (self, count, self->tried, self->tried_sd);
        for (gsize i = 0; i < count; i++)
          {
            double error = distance (self, i, rows + i * self->n_values);

            if (k + t == 0 || error < self->least[i])
              {
                self->least[i] = error;
                memcpy (self->nearest + i * n, self->features + i * n, n * sizeof (float));
              }
          }
      }
}

void
us_player_encode_latent (UsPlayer    *self,
                         gsize        count,
                         const float *x,
                         double      *z,
                         double      *sigma)
{
  UsSimvaeParts parts;
  gsize p_count = self->n_parameters;
  gsize n_features = self->code.n_features;
  gboolean has_sigma = us_simvae_has_sigma (self->model);

  g_return_if_fail (self->encoder[0] != NULL);

  us_simvae_get_parts (self->model, &parts);
  for (gsize first = 0; first < count; first += self->batch)
    {
      gsize n = MIN (self->batch, count - first);
      const float *rows = x + first * self->n_values;

      us_channel_scale_apply (&parts.scale, self->x, rows, n * self->n_values);
      run_rows (self, self->encoder, n, self->n_values, self->x, self->n_code, self->answers);
      if (self->n_answers > 1)
        find_nearest (self, n, rows);
      for (gsize i = 0; i < n; i++)
        {
          const float *answer = self->answers + i * self->n_code;
          gsize at = (first + i) * p_count;

          if (self->n_answers == 1)
            us_code_squash (&self->code, answer, self->nearest + i * n_features);
          us_code_to_latent (&self->code, us_simvae_prior (self->model), self->nearest + i * n_features, z + at);
          for (gsize p = 0; has_sigma && sigma != NULL && p < p_count; p++)
            {
              const UsCodePart *part = &self->code.parts[p];
              double log_sigma = answer[n_features + part->first];

              /* of a point or a class: as wide as the prior */
              sigma[at + p] = part->kind == US_CODE_STRAIGHT
                              ? exp (CLAMP (log_sigma, -SIGMA_LOG_LIMIT, SIGMA_LOG_LIMIT)) : 1;
            }
        }
    }
}

gsize
us_player_n_latents (const UsPlayer *self)
{
  return self->code.n_features;
}

void
us_player_encode_anonymous (UsPlayer    *self,
                            gsize        count,
                            const float *x,
                            double      *mean,
                            double      *sd,
                            float       *decoded)
{
  UsSimvaeParts parts;
  gsize n_latents = self->code.n_features;

  g_return_if_fail (us_simvae_is_anonymous (self->model) && us_simvae_has_sigma (self->model));

  us_simvae_get_parts (self->model, &parts);
  for (gsize first = 0; first < count; first += self->batch)
    {
      gsize n = MIN (self->batch, count - first);

      us_channel_scale_apply (&parts.scale, self->x, x + first * self->n_values, n * self->n_values);
      run_rows (self, self->encoder, n, self->n_values, self->x, self->n_code, self->answers);
      for (gsize i = 0; i < n * n_latents; i++)
        {
          const float *code = self->answers + i / n_latents * self->n_code + i % n_latents;

          self->features[i] = code[0];
          if (mean != NULL)
            mean[first * n_latents + i] = code[0];
          if (sd != NULL)
            sd[first * n_latents + i] = exp (CLAMP (code[n_latents], -SIGMA_LOG_LIMIT, SIGMA_LOG_LIMIT));
        }
      if (decoded != NULL)
        decode_rows (self, n, decoded + first * self->n_values, NULL);
    }
}

/* Standard deviation and interval of one answer in the parameters' units; NULL: not wanted. */
static void
spread_in_units (UsPlayer     *self,
                 const double *z,
                 const double *sigma,
                 double        error,
                 double       *sd,
                 double       *lower,
                 double       *upper)
{
  UsPrior *prior = us_simvae_prior (self->model);
  gsize p_count = self->n_parameters;
  double *latent_sd = self->spread, *half = self->spread + p_count;
  double low[US_MAX_PARAMETERS], high[US_MAX_PARAMETERS];
  double at_low[US_MAX_PARAMETERS], at_high[US_MAX_PARAMETERS];

  us_calibration_spread (us_simvae_calibration (self->model), error,
                         us_simvae_has_sigma (self->model) ? sigma : NULL, latent_sd, half);
  if (sd != NULL)
    {
      /* The slope of θ(z) over ± sd, kept inside the prior: exact where θ is affine in z. */
      for (gsize p = 0; p < p_count; p++)
        {
          low[p] = CLAMP (z[p] - MIN (latent_sd[p], 1.0), -1.0, 1.0);
          high[p] = CLAMP (z[p] + MIN (latent_sd[p], 1.0), -1.0, 1.0);
        }
      us_prior_from_latent (prior, low, at_low);
      us_prior_from_latent (prior, high, at_high);
      for (gsize p = 0; p < p_count; p++)
        sd[p] = high[p] > low[p] ? (at_high[p] - at_low[p]) * latent_sd[p] / (high[p] - low[p]) : 0;
    }
  if (lower != NULL)
    {
      for (gsize p = 0; p < p_count; p++)
        {
          low[p] = CLAMP (z[p] - half[p], -1.0, 1.0);
          high[p] = CLAMP (z[p] + half[p], -1.0, 1.0);
        }
      us_prior_from_latent (prior, low, lower);
      us_prior_from_latent (prior, high, upper);
    }
}

void
us_player_encode (UsPlayer    *self,
                  gsize        count,
                  const float *x,
                  double      *theta,
                  double      *sd)
{
  UsPrior *prior = us_simvae_prior (self->model);
  gsize p_count = self->n_parameters;

  for (gsize first = 0; first < count; first += self->batch)
    {
      gsize n = MIN (self->batch, count - first);
      const float *rows = x + first * self->n_values;

      us_player_encode_latent (self, n, rows, self->latent, self->sigma);
      us_answers_clamp (us_simvae_prior (self->model), n, self->latent);
      for (gsize i = 0; i < n; i++)
        us_prior_from_latent (prior, self->latent + i * p_count, theta + (first + i) * p_count);
      if (sd == NULL)
        continue;

      /* How wide depends on how well the answer reconstructs the input. */
      us_player_decode_latent (self, n, self->latent, self->x, NULL);
      for (gsize i = 0; i < n; i++)
        spread_in_units (self, self->latent + i * p_count, self->sigma + i * p_count,
                         us_rms_difference (self->n_values, self->x + i * self->n_values, rows + i * self->n_values),
                         sd + (first + i) * p_count, NULL, NULL);
    }
}

void
us_player_encode_interval (UsPlayer    *self,
                           gsize        count,
                           const float *x,
                           double      *theta,
                           double      *lower,
                           double      *upper)
{
  UsPrior *prior = us_simvae_prior (self->model);
  gsize p_count = self->n_parameters;

  for (gsize first = 0; first < count; first += self->batch)
    {
      gsize n = MIN (self->batch, count - first);
      const float *rows = x + first * self->n_values;

      us_player_encode_latent (self, n, rows, self->latent, self->sigma);
      us_answers_clamp (us_simvae_prior (self->model), n, self->latent);
      us_player_decode_latent (self, n, self->latent, self->x, NULL);
      for (gsize i = 0; i < n; i++)
        {
          gsize at = (first + i) * p_count;

          us_prior_from_latent (prior, self->latent + i * p_count, theta + at);
          spread_in_units (self, self->latent + i * p_count, self->sigma + i * p_count,
                           us_rms_difference (self->n_values, self->x + i * self->n_values,
                                              rows + i * self->n_values),
                           NULL, lower + at, upper + at);
        }
    }
}

/* The simulator on the answer, always with the same noise; of a noisy output the mean of runs. */
static void
simulate_answer (UsPlayer    *self,
                 const float *x,
                 UsInference *result)
{
  gsize n = self->n_values;
  g_autofree float *variance = g_new (float, n);

  result->rms_simulator = NAN;
  if (us_repeats_run (us_simvae_simulator (self->model), us_simvae_output (self->model), result->mean, US_REPEATS_ONE,
                      0, 0, result->simulated, variance))
    result->rms_simulator = us_repeats_rms (n, x, result->simulated, variance, US_REPEATS_ONE);
  else
    for (gsize i = 0; i < n; i++)
      result->simulated[i] = NAN;
}

UsInference *
us_player_infer (UsPlayer     *self,
                 const float  *x,
                 GError      **error)
{
  gsize p_count = self->n_parameters, n = self->n_values;
  UsInference *result;

  if (!us_simvae_check_named (self->model, error))
    return NULL;
  if (self->encoder[0] == NULL)
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                           "this model has a decoder only: its training ended before the encoder was trained");
      return NULL;
    }
  for (gsize i = 0; i < n; i++)
    if (!isfinite (x[i]))
      {
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     "value %" G_GSIZE_FORMAT " of the observation is not a finite number", i + 1);
        return NULL;
      }

  result = g_new0 (UsInference, 1);
  result->n_parameters = p_count;
  result->n_values = n;
  result->level = us_simvae_calibration (self->model)->level;
  result->mean = g_new0 (double, p_count);
  result->sd = g_new0 (double, p_count);
  result->lower = g_new0 (double, p_count);
  result->upper = g_new0 (double, p_count);
  result->decoded = g_new0 (float, n);
  result->simulated = g_new0 (float, n);

  us_player_encode_latent (self, 1, x, self->latent, self->sigma);
  us_answers_clamp (us_simvae_prior (self->model), 1, self->latent);
  us_prior_from_latent (us_simvae_prior (self->model), self->latent, result->mean);
  if (self->noisy)
    result->spread = g_new (float, n);
  us_player_decode_latent (self, 1, self->latent, result->decoded, result->spread);
  result->rms_decoder = us_rms_difference (n, result->decoded, x);
  spread_in_units (self, self->latent, self->sigma, result->rms_decoder,
                   result->sd, result->lower, result->upper);

  simulate_answer (self, x, result);
  result->unusual = us_calibration_unusual (us_simvae_calibration (self->model), result->rms_simulator);
  return result;
}

void
us_inference_free (UsInference *self)
{
  if (self == NULL)
    return;
  g_free (self->mean);
  g_free (self->sd);
  g_free (self->lower);
  g_free (self->upper);
  g_free (self->decoded);
  g_free (self->spread);
  g_free (self->simulated);
  g_free (self);
}
