/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-simvae-private.h"

#include "us-error.h"

#include <math.h>
#include <string.h>

#define ENDLESS 0.999           /* the latent of a prior without ends is its distribution function */

struct _UsSimvae
{
  gatomicrefcount ref_count;

  /* owned */
  UsPrior        *prior;
  UsWeights      *decoder;
  UsWeights      *encoder;        /* or NULL */
  UsCalibration  *calibration;
  UsSimvaeRecord  record;

  guint           output;
  UsLossKind      loss;
  UsChannelScale  scale;
};

void
us_simvae_record_init (UsSimvaeRecord *record)
{
  memset (record, 0, sizeof *record);
  for (int s = 0; s < 2; s++)
    record->history[s] = g_array_new (FALSE, FALSE, sizeof (UsHistoryPoint));
}

void
us_simvae_record_copy (UsSimvaeRecord       *to,
                       const UsSimvaeRecord *from)
{
  *to = *from;
  to->preset = g_strdup (from->preset);
  to->program_version = g_strdup (from->program_version);
  to->created = g_strdup (from->created);
  to->command = g_strdup (from->command);
  for (int s = 0; s < 2; s++)
    to->history[s] = g_array_copy (from->history[s]);
}

void
us_simvae_record_clear (UsSimvaeRecord *record)
{
  g_clear_pointer (&record->preset, g_free);
  g_clear_pointer (&record->program_version, g_free);
  g_clear_pointer (&record->created, g_free);
  g_clear_pointer (&record->command, g_free);
  for (int s = 0; s < 2; s++)
    g_clear_pointer (&record->history[s], g_array_unref);
}

UsSimvae *
us_simvae_new (const UsSimvaeParts *parts)
{
  UsSimvae *self = g_new0 (UsSimvae, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->prior = us_prior_ref (parts->prior);
  self->output = parts->output;
  self->decoder = us_weights_ref (parts->decoder);
  if (parts->encoder != NULL)
    self->encoder = us_weights_ref (parts->encoder);
  self->loss = parts->loss;
  self->scale = parts->scale;
  us_simvae_record_copy (&self->record, parts->record);
  self->calibration = parts->calibration != NULL ? us_calibration_copy (parts->calibration)
                                                 : us_calibration_new_prior (us_simvae_n_parameters (self));
  return self;
}

UsSimvae *
us_simvae_ref (UsSimvae *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
us_simvae_unref (UsSimvae *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  us_prior_unref (self->prior);
  us_weights_unref (self->decoder);
  g_clear_pointer (&self->encoder, us_weights_unref);
  us_calibration_free (self->calibration);
  us_simvae_record_clear (&self->record);
  g_free (self);
}

void
us_simvae_get_parts (const UsSimvae *self,
                     UsSimvaeParts  *parts)
{
  *parts = (UsSimvaeParts) {
    .prior = self->prior,
    .output = self->output,
    .decoder = self->decoder,
    .encoder = self->encoder,
    .loss = self->loss,
    .scale = self->scale,
    .record = &self->record,
    .calibration = self->calibration,
  };
}

const UsSimulator *
us_simvae_simulator (const UsSimvae *self)
{
  return us_prior_simulator (self->prior);
}

UsPrior *
us_simvae_prior (const UsSimvae *self)
{
  return self->prior;
}

guint
us_simvae_output (const UsSimvae *self)
{
  return self->output;
}

const UsSimvaeRecord *
us_simvae_record (const UsSimvae *self)
{
  return &self->record;
}

gboolean
us_simvae_has_encoder (const UsSimvae *self)
{
  return self->encoder != NULL;
}

gboolean
us_simvae_is_anonymous (const UsSimvae *self)
{
  return us_method_anonymous (self->record.method);
}

gboolean
us_simvae_is_noisy (const UsSimvae *self)
{
  return self->loss == US_LOSS_GAUSSIAN_NLL;
}

gboolean
us_simvae_check_named (const UsSimvae  *self,
                       GError         **error)
{
  if (!us_simvae_is_anonymous (self))
    return TRUE;
  g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                       "a model trained as a β-VAE: its latents have no names, so that no parameter can be set or "
                       "read; what it tells of the parameters is measured by “understudy-cli evaluate”");
  return FALSE;
}

UsWeights *
us_simvae_decoder (const UsSimvae *self)
{
  return self->decoder;
}

UsWeights *
us_simvae_encoder (const UsSimvae *self)
{
  return self->encoder;
}

const UsCalibration *
us_simvae_calibration (const UsSimvae *self)
{
  return self->calibration;
}

gsize
us_simvae_n_values (const UsSimvae *self)
{
  return us_output_n_values (&us_simvae_simulator (self)->outputs[self->output]);
}

gsize
us_simvae_n_parameters (const UsSimvae *self)
{
  return us_simvae_simulator (self)->n_parameters;
}

gboolean
us_simvae_has_sigma (const UsSimvae *self)
{
  gsize h, w, c, in_h, in_w, in_c;

  if (self->encoder == NULL)
    return FALSE;
  us_network_input_shape (self->decoder->network, &in_h, &in_w, &in_c);
  us_network_output_shape (self->encoder->network, &h, &w, &c);
  return c == 2 * in_c;
}

guint
us_simvae_n_answers (const UsSimvae *self)
{
  gsize h, w, c;

  if (self->encoder == NULL)
    return 1;
  us_network_output_shape (self->encoder->network, &h, &w, &c);
  return w;
}

void
us_answers_clamp (const UsPrior *prior,
                  gsize          count,
                  double        *z)
{
  gsize p_count = us_prior_simulator (prior)->n_parameters;

  for (gsize p = 0; p < p_count; p++)
    {
      UsDistributionKind kind = us_prior_distribution (prior, p)->kind;
      double end = kind == US_DISTRIBUTION_NORMAL || kind == US_DISTRIBUTION_LOG_NORMAL ? ENDLESS : 1;

      for (gsize i = 0; i < count; i++)
        z[i * p_count + p] = CLAMP (z[i * p_count + p], -end, end);
    }
}

double
us_rms_difference (gsize        n,
                   const float *a,
                   const float *b)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    {
      double d = (double) a[i] - b[i];

      sum += d * d;
    }
  return sqrt (sum / n);
}

double
us_log_score (gsize        n,
              const float *x,
              const float *mean,
              const float *sd)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    {
      double u = ((double) x[i] - mean[i]) / sd[i];

      sum += log (sd[i]) + 0.5 * u * u;
    }
  return sum / n + 0.5 * log (2 * G_PI);
}
