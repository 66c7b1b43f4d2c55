/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-training-private.h"

#include "us-error.h"

#include <math.h>
#include <string.h>

/* B batch, P parameters, F features, N values. */

#define ROWS_A_CHUNK 4
#define SCALE_ROWS   256

static float *
new_floats (gsize n)
{
  return g_aligned_alloc0 (MAX (n, 1), sizeof (float), 64);
}

static gsize
n_chunks (gsize rows)
{
  return (rows + ROWS_A_CHUNK - 1) / ROWS_A_CHUNK;
}

void
us_training_batch_init (UsTraining *self,
                        UsBatch    *batch,
                        gsize       rows)
{
  batch->theta = g_new0 (double, rows * self->n_parameters);
  batch->z = new_floats (rows * self->n_parameters);
  batch->features = new_floats (rows * self->n_features);
  batch->x = new_floats (rows * self->n_values);
  batch->input = new_floats (rows * self->n_values);
  batch->errors = g_new0 (GError *, n_chunks (rows));
}

void
us_training_batch_clear (UsTraining *self,
                         UsBatch    *batch,
                         gsize       rows)
{
  for (gsize i = 0; batch->errors != NULL && i < n_chunks (rows); i++)
    g_clear_error (&batch->errors[i]);
  g_clear_pointer (&batch->theta, g_free);
  g_clear_pointer (&batch->z, g_aligned_free);
  g_clear_pointer (&batch->features, g_aligned_free);
  g_clear_pointer (&batch->x, g_aligned_free);
  g_clear_pointer (&batch->input, g_aligned_free);
  g_clear_pointer (&batch->errors, g_free);
}

/* What the encoder sees of row i: some rows as a hand would have drawn them. */
static gboolean
make_input (UsTraining  *self,
            UsBatch     *batch,
            gsize        i,
            GError     **error)
{
  const UsSimulator *simulator = self->simulator;
  float *input = batch->input + i * self->n_values;
  UsRng rng;
  double strength;

  us_rng_init (&rng, self->seed, US_RNG_AUGMENT, batch->first + i);
  if (us_rng_uniform (&rng) >= self->preset.augmented_share)
    {
      memcpy (input, batch->x + i * self->n_values, self->n_values * sizeof (float));
      return TRUE;
    }
  strength = self->preset.augmentation * us_rng_uniform (&rng);
  if (simulator->run_augmented (simulator, batch->theta + i * self->n_parameters, self->output, strength,
                                &rng, input) != US_SIM_OK)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                   "%s: row %" G_GUINT64_FORMAT " of seed %" G_GUINT64_FORMAT " could not be augmented",
                   simulator->id, batch->first + i, self->seed);
      return FALSE;
    }
  us_channel_scale_apply (&self->scale, input, input, self->n_values);
  return TRUE;
}

/* Latents of what was drawn beyond the prior: the same straight line. */
static void
beyond (const UsTraining *self,
        const double     *theta,
        double           *z)
{
  for (gsize p = 0; p < self->n_parameters; p++)
    {
      const UsDistribution *d = us_prior_distribution (self->prior, p);

      if (d->kind == US_DISTRIBUTION_UNIFORM && d->b > d->a)
        z[p] = (2 * theta[p] - d->a - d->b) / (d->b - d->a);
    }
}

static void
simulate_chunk (gpointer data,
                gsize    chunk,
                guint    worker)
{
  UsBatchWork *work = data;
  UsTraining *self = work->training;
  UsBatch *batch = work->batch;
  gsize p_count = self->n_parameters;
  gsize at = chunk * ROWS_A_CHUNK, end = MIN (work->rows, at + ROWS_A_CHUNK);

  if (self->bank != NULL)
    us_training_bank_rows (self, batch, at, end - at, batch->theta + at * p_count, batch->x + at * self->n_values);
  else if (!us_simulate_rows (batch->wide ? self->wide_prior : self->prior, self->output, self->seed, batch->first + at,
                              end - at, batch->theta + at * p_count, batch->x + at * self->n_values,
                              &batch->errors[chunk]))
    return;
  for (gsize i = at; i < end; i++)
    {
      double z[US_MAX_PARAMETERS];

      us_prior_to_latent (self->prior, batch->theta + i * p_count, z);
      if (batch->wide)
        beyond (self, batch->theta + i * p_count, z);
      for (gsize p = 0; p < p_count; p++)
        batch->z[i * p_count + p] = z[p];
      us_code_from_latent (&self->code, self->prior, z, batch->features + i * self->n_features);
      us_channel_scale_apply (&self->scale, batch->x + i * self->n_values, batch->x + i * self->n_values,
                              self->n_values);
      if (batch->augment && !make_input (self, batch, i, &batch->errors[chunk]))
        return;
    }
}

static gboolean
take_errors (UsBatch  *batch,
             gsize     rows,
             GError  **error)
{
  gboolean ok = TRUE;

  for (gsize c = 0; c < n_chunks (rows); c++)
    if (batch->errors[c] != NULL)
      {
        if (ok)
          g_propagate_error (error, g_steal_pointer (&batch->errors[c]));
        else
          g_clear_error (&batch->errors[c]);
        ok = FALSE;
      }
  return ok;
}

UsPoolGroup *
us_training_batch_begin (UsTraining *self,
                         UsBatch    *batch,
                         guint64     first)
{
  UsBatchWork *work = self->work + (batch - self->batches);

  batch->first = first;
  batch->augment = self->step == 2 && self->augment;
  batch->wide = self->step == 1 && self->wide_prior != NULL;
  us_training_bank_place (self, batch);
  *work = (UsBatchWork) { self, batch, self->preset.batch };
  return us_pool_begin (self->pool, n_chunks (work->rows), simulate_chunk, work);
}

gboolean
us_training_batch_finish (UsTraining   *self,
                          UsBatch      *batch,
                          UsPoolGroup  *group,
                          GError      **error)
{
  us_pool_finish (group);
  return take_errors (batch, self->preset.batch, error);
}

gboolean
us_training_held_out_make (UsTraining  *self,
                           GError     **error)
{
  UsBatchWork work = { self, &self->held_out, US_HELD_OUT_ROWS };
  gint64 before = g_get_monotonic_time ();

  us_training_batch_init (self, &self->held_out, US_HELD_OUT_ROWS);
  self->held_out.first = US_ROWS_HELD_OUT;
  us_training_bank_place (self, &self->held_out);
  us_pool_run (self->pool, n_chunks (US_HELD_OUT_ROWS), simulate_chunk, &work);
  self->simulations_per_s = US_HELD_OUT_ROWS * 1e6 / MAX (g_get_monotonic_time () - before, 1);
  return take_errors (&self->held_out, US_HELD_OUT_ROWS, error);
}

UsPrior *
us_training_stretch_prior (UsPrior *prior,
                           double   edge)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  g_autofree UsDistribution *stretched = g_new (UsDistribution, simulator->n_parameters);
  gboolean any = FALSE;

  /* draws that respect a constraint, or are the rows of a table, are the simulator's own affair */
  if (!(edge > 1) || simulator->draw != NULL || simulator->accepts != NULL)
    return NULL;
  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      UsDistribution *d = &stretched[p];

      *d = *us_prior_distribution (prior, p);
      if (d->kind == US_DISTRIBUTION_UNIFORM && !simulator->parameters[p].circular)
        {
          double extra = (edge - 1) * (d->b - d->a) / 2;

          d->a = MAX (d->a - extra, simulator->parameters[p].lower);
          d->b = MIN (d->b + extra, simulator->parameters[p].upper);
          any = TRUE;
        }
    }
  return any ? us_prior_new (simulator, stretched, NULL) : NULL;
}

/* Over a fixed set of draws. */
gboolean
us_training_measure_scale (UsTraining  *self,
                           GError     **error)
{
  g_autofree double *theta = NULL;
  g_autofree float *x = NULL;

  us_channel_scale_init (&self->scale);
  if (self->simulator->outputs[self->output].kind == US_OUTPUT_IMAGE)
    return TRUE;

  theta = g_new (double, SCALE_ROWS * self->n_parameters);
  x = g_new (float, SCALE_ROWS * self->n_values);
  if (self->bank != NULL)
    us_training_bank_rows (self, &(UsBatch) { .part = US_BANK_TAUGHT }, 0, SCALE_ROWS, theta, x);
  else if (!us_simulate_rows (self->prior, self->output, self->seed, US_ROWS_SCALE, SCALE_ROWS, theta, x, error))
    return FALSE;
  us_channel_scale_measure (&self->scale, &self->simulator->outputs[self->output], x, SCALE_ROWS * self->n_values);
  return TRUE;
}
