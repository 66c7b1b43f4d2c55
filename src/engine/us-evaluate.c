/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-evaluate.h"

#include "us-error.h"
#include "us-simvae-private.h"

#include <math.h>

/* n pairs, P parameters, N values, B rows a batch. */

#define BATCH        64
#define ROWS_A_CHUNK 4
#define N_BINS       20

typedef struct
{
  UsSimvae *model;
  guint64   seed, first;
  gsize     count;
  double   *v, *z;             /* (B, P) */
  float    *x;                 /* (B, N) S(V) */
  float    *again;             /* (B, N) S(Z) */
  gboolean *failed;            /* (B) S(Z) left its domain */
  GError   *errors[BATCH / ROWS_A_CHUNK];
} Work;

static void
simulate_truth (gpointer data,
                gsize    chunk,
                guint    worker)
{
  Work *work = data;
  gsize at = chunk * ROWS_A_CHUNK, p_count = us_simvae_n_parameters (work->model);

  us_simulate_rows (us_simvae_prior (work->model), us_simvae_output (work->model), work->seed, work->first + at,
                    MIN (ROWS_A_CHUNK, work->count - at), work->v + at * p_count,
                    work->x + at * us_simvae_n_values (work->model), &work->errors[chunk]);
}

static void
simulate_answers (gpointer data,
                  gsize    chunk,
                  guint    worker)
{
  Work *work = data;
  const UsSimulator *simulator = us_simvae_simulator (work->model);
  gsize n = us_simvae_n_values (work->model);

  for (gsize i = chunk * ROWS_A_CHUNK; i < MIN (work->count, (chunk + 1) * ROWS_A_CHUNK); i++)
    {
      UsRng rng;

      us_rng_init (&rng, work->seed, US_RNG_EVALUATE, work->first + i);
      work->failed[i] = simulator->run (simulator, work->z + i * simulator->n_parameters,
                                        us_simvae_output (work->model), &rng, work->again + i * n) != US_SIM_OK;
    }
}

/* Sums of squared differences over all pairs. */
typedef struct
{
  double decoder, both, simulator;
  gsize  n_simulated;
} Squares;

static double
squared (gsize        n,
         const float *a,
         const float *b)
{
  double rms = us_rms_difference (n, a, b);

  return rms * rms;
}

static gboolean
run_pairs (UsEvaluation  *self,
           UsSimvae      *model,
           UsPool        *pool,
           guint64        seed,
           gsize         *inside,          /* (P) */
           Squares       *squares,
           GCancellable  *cancellable,
           GError       **error)
{
  gsize p_count = self->n_parameters, n = us_simvae_n_values (model);
  g_autoptr(UsPlayer) player = us_player_new (model, BATCH, pool);
  g_autofree float *x = g_new (float, BATCH * n);
  g_autofree float *again = g_new (float, BATCH * n);
  g_autofree float *decoded = g_new (float, BATCH * n);
  g_autofree double *lower = g_new (double, BATCH * p_count);
  g_autofree double *upper = g_new (double, BATCH * p_count);
  gboolean failed[BATCH];
  Work work = { .model = model, .seed = seed, .x = x, .again = again, .failed = failed };

  for (gsize done = 0; done < self->n_pairs; done += BATCH)
    {
      gsize n_chunks;
      double *v = self->v + done * p_count, *z = self->z + done * p_count;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      work.first = US_ROWS_EVALUATION + done;
      work.count = MIN (BATCH, self->n_pairs - done);
      work.v = v;
      work.z = z;
      n_chunks = (work.count + ROWS_A_CHUNK - 1) / ROWS_A_CHUNK;
      us_pool_run (pool, n_chunks, simulate_truth, &work);
      for (gsize c = 0; c < n_chunks; c++)
        if (work.errors[c] != NULL)
          {
            g_propagate_error (error, g_steal_pointer (&work.errors[c]));
            for (gsize d = c + 1; d < n_chunks; d++)
              g_clear_error (&work.errors[d]);
            return FALSE;
          }

      us_player_encode_interval (player, work.count, x, z, lower, upper);
      us_pool_run (pool, n_chunks, simulate_answers, &work);
      for (gsize i = 0; i < work.count; i++)
        {
          for (gsize p = 0; p < p_count; p++)
            inside[p] += v[i * p_count + p] >= lower[i * p_count + p] && v[i * p_count + p] <= upper[i * p_count + p];
          if (failed[i])
            continue;
          squares->simulator += squared (n, again + i * n, x + i * n);
          squares->n_simulated++;
        }
      us_player_decode (player, work.count, v, decoded);
      for (gsize i = 0; i < work.count; i++)
        squares->decoder += squared (n, decoded + i * n, x + i * n);
      us_player_decode (player, work.count, z, decoded);
      for (gsize i = 0; i < work.count; i++)
        squares->both += squared (n, decoded + i * n, x + i * n);
    }
  return TRUE;
}

/* How well column p is told: error, bias, determination, slope of Z over V. */
static void
regress (UsEvaluation *self,
         const UsPrior *prior,
         gsize          p)
{
  gsize n = self->n_pairs, stride = self->n_parameters;
  double mean_v = 0, mean_z = 0, vv = 0, vz = 0, ee = 0, lower, upper;

  for (gsize i = 0; i < n; i++)
    {
      mean_v += self->v[i * stride + p] / n;
      mean_z += self->z[i * stride + p] / n;
    }
  for (gsize i = 0; i < n; i++)
    {
      double v = self->v[i * stride + p], z = self->z[i * stride + p];

      vv += (v - mean_v) * (v - mean_v);
      vz += (v - mean_v) * (z - mean_z);
      ee += (z - v) * (z - v);
    }
  us_prior_range (prior, p, &lower, &upper);
  self->rmse[p] = sqrt (ee / n);
  self->rmse_share[p] = upper > lower ? self->rmse[p] / (upper - lower) : 0;
  self->bias[p] = mean_z - mean_v;
  self->r2[p] = vv > 0 ? 1 - ee / vv : NAN;
  self->slope[p] = vv > 0 ? vz / vv : NAN;
}

static UsEvaluation *
evaluation_alloc (gsize n_pairs,
                  gsize n_parameters)
{
  UsEvaluation *self = g_new0 (UsEvaluation, 1);

  self->n_pairs = n_pairs;
  self->n_parameters = n_parameters;
  self->n_bins = N_BINS;
  self->v = g_new0 (double, n_pairs * n_parameters);
  self->z = g_new0 (double, n_pairs * n_parameters);
  self->mutual_information = g_new0 (double, n_parameters * n_parameters);
  self->truth_information = g_new0 (double, n_parameters * n_parameters);
  self->entropy = g_new0 (double, n_parameters);
  self->rmse = g_new0 (double, n_parameters);
  self->rmse_share = g_new0 (double, n_parameters);
  self->bias = g_new0 (double, n_parameters);
  self->r2 = g_new0 (double, n_parameters);
  self->slope = g_new0 (double, n_parameters);
  self->coverage = g_new0 (double, n_parameters);
  return self;
}

void
us_evaluation_free (UsEvaluation *self)
{
  if (self == NULL)
    return;
  g_free (self->v);
  g_free (self->z);
  g_free (self->mutual_information);
  g_free (self->truth_information);
  g_free (self->entropy);
  g_free (self->rmse);
  g_free (self->rmse_share);
  g_free (self->bias);
  g_free (self->r2);
  g_free (self->slope);
  g_free (self->coverage);
  g_free (self);
}

static void
measure_information (UsEvaluation *self)
{
  gsize n = self->n_pairs, stride = self->n_parameters;

  for (gsize factor = 0; factor < stride; factor++)
    {
      for (gsize latent = 0; latent < stride; latent++)
        {
          self->mutual_information[latent * stride + factor]
            = us_mutual_information (n, self->z + latent, stride, self->v + factor, stride, self->n_bins);
          self->truth_information[latent * stride + factor]
            = us_mutual_information (n, self->v + latent, stride, self->v + factor, stride, self->n_bins);
        }
      self->entropy[factor] = self->truth_information[factor * stride + factor];
    }
  self->mig = us_mutual_information_gap (stride, self->mutual_information, self->entropy);
  self->mig_truth = us_mutual_information_gap (stride, self->truth_information, self->entropy);
}

UsEvaluation *
us_evaluate (UsSimvae      *model,
             gsize          n_pairs,
             guint64        seed,
             guint          n_workers,
             GCancellable  *cancellable,
             GError       **error)
{
  gsize p_count = us_simvae_n_parameters (model);
  g_autoptr(UsEvaluation) self = NULL;
  g_autoptr(UsPool) pool = NULL;
  g_autofree gsize *inside = g_new0 (gsize, p_count);
  Squares squares = { 0 };

  g_return_val_if_fail (n_pairs > 0, NULL);

  if (!us_simvae_has_encoder (model))
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                           "this model has a decoder only: its training ended before the encoder was trained");
      return NULL;
    }
  self = evaluation_alloc (n_pairs, p_count);
  pool = us_pool_new (n_workers, 0);
  if (!run_pairs (self, model, pool, seed, inside, &squares, cancellable, error))
    return NULL;

  self->level = us_simvae_calibration (model)->level;
  self->rms_decoder = sqrt (squares.decoder / n_pairs);
  self->rms_both = sqrt (squares.both / n_pairs);
  self->rms_simulator = squares.n_simulated > 0 ? sqrt (squares.simulator / squares.n_simulated) : NAN;
  for (gsize p = 0; p < p_count; p++)
    {
      self->coverage[p] = (double) inside[p] / n_pairs;
      regress (self, us_simvae_prior (model), p);
    }
  measure_information (self);
  return g_steal_pointer (&self);
}
