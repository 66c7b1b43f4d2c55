/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-evaluate-private.h"

#include "us-error.h"
#include "us-refine.h"
#include "us-repeats.h"
#include "us-simvae-private.h"

#include <math.h>
#include <string.h>

/* n pairs, P parameters, N values, B rows a batch. */

#define BATCH          64
#define ROWS_A_CHUNK   4
#define N_REPORTS      40
#define SHARE_OF_PAIRS 0.8      /* of the work, for the progress; the rest is what is computed of them */

typedef struct
{
  UsSimvae *model;
  guint64   seed, first;
  gsize     count;
  double   *v, *z;             /* (B, P) */
  double   *latent;            /* (B, P) of z */
  float    *x;                 /* (B, N) S(V) */
  float    *mean;              /* (B, N) of S(V): x itself, or the mean of runs where the output is noisy */
  float    *variance;          /* (B, N) of those runs */
  float    *again;             /* (B, N) S(Z), likewise */
  float    *again_variance;    /* (B, N) */
  gboolean *failed;            /* (B) S(Z), or S(V) once more, left its domain */
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
refine_answers (gpointer data,
                gsize    chunk,
                guint    worker)
{
  Work *work = data;
  gsize n = us_simvae_n_values (work->model), p_count = us_simvae_n_parameters (work->model);

  for (gsize i = chunk * ROWS_A_CHUNK; i < MIN (work->count, (chunk + 1) * ROWS_A_CHUNK); i++)
    us_refine (us_simvae_prior (work->model), us_simvae_output (work->model), work->x + i * n,
               work->latent + i * p_count, NULL);
}

static void
simulate_answers (gpointer data,
                  gsize    chunk,
                  guint    worker)
{
  Work *work = data;
  const UsSimulator *simulator = us_simvae_simulator (work->model);
  guint output = us_simvae_output (work->model);
  gsize n = us_simvae_n_values (work->model), p_count = simulator->n_parameters;

  for (gsize i = chunk * ROWS_A_CHUNK; i < MIN (work->count, (chunk + 1) * ROWS_A_CHUNK); i++)
    {
      work->failed[i] = !us_repeats_run (simulator, output, work->z + i * p_count, US_REPEATS_MANY, work->seed,
                                         US_ROWS_AGAIN + work->first + i, work->again + i * n,
                                         work->again_variance + i * n);
      if (!simulator->outputs[output].noisy)
        {
          memcpy (work->mean + i * n, work->x + i * n, n * sizeof (float));
          memset (work->variance + i * n, 0, n * sizeof (float));
        }
      else if (!us_repeats_run (simulator, output, work->v + i * p_count, US_REPEATS_MANY, work->seed, work->first + i,
                                work->mean + i * n, work->variance + i * n))
        work->failed[i] = TRUE;
    }
}

/* Sums over all pairs. */
typedef struct
{
  double decoder, both, simulator, chance;      /* squared differences */
  double noise;                /* variances */
  double score, truth, standard;                /* of the spread, of rows */
  gsize  n_simulated, n_chance;
  gsize  n_covered;            /* values */
  gsize *inside;               /* (P) */
  double *latent, *sd;         /* (n, P) answers as Gaussians, latents */
} Sums;

/* Mean square of a and b, without what the means of runs with these variances (NULL: is none) miss. */
static double
squared (gsize        n,
         const float *a,
         const float *a_variance,
         const float *b,
         const float *b_variance)
{
  double rms = us_rms_difference (n, a, b);

  return rms * rms - us_repeats_excess (n, b_variance, US_REPEATS_MANY)
         - (a_variance != NULL ? us_repeats_excess (n, a_variance, US_REPEATS_MANY) : 0);
}

static gboolean
take_errors (Work    *work,
             gsize    n_chunks,
             GError **error)
{
  for (gsize c = 0; c < n_chunks; c++)
    if (work->errors[c] != NULL)
      {
        g_propagate_error (error, g_steal_pointer (&work->errors[c]));
        for (gsize d = c + 1; d < n_chunks; d++)
          g_clear_error (&work->errors[d]);
        return FALSE;
      }
  return TRUE;
}

/* One answer as calibrated: error is the rms of G(Z) - x. */
static void
add_interval (UsSimvae     *model,
              double        error,
              const double *sigma,      /* (P) or NULL */
              const double *v,          /* (P) units */
              const double *latent,     /* (P) */
              double       *sd,         /* (P) out, latents */
              gsize        *inside)     /* (P) counts */
{
  UsPrior *prior = us_simvae_prior (model);
  gsize p_count = us_simvae_n_parameters (model);
  double half[US_MAX_PARAMETERS], end[US_MAX_PARAMETERS], lower[US_MAX_PARAMETERS], upper[US_MAX_PARAMETERS];

  us_calibration_spread (us_simvae_calibration (model), error, sigma, sd, half);
  for (gsize p = 0; p < p_count; p++)
    {
      /* an answer wider than the prior knows no more than the prior */
      sd[p] = MIN (sd[p], 1.0);
      end[p] = CLAMP (latent[p] - half[p], -1.0, 1.0);
    }
  us_prior_from_latent (prior, end, lower);
  for (gsize p = 0; p < p_count; p++)
    end[p] = CLAMP (latent[p] + half[p], -1.0, 1.0);
  us_prior_from_latent (prior, end, upper);
  for (gsize p = 0; p < p_count; p++)
    inside[p] += v[p] >= lower[p] && v[p] <= upper[p];
}

/* S(Z) against S(V), and against the S(V) of another row of the batch. */
static void
add_simulated (const Work *work,
               gsize       n,
               double     *rms,         /* (B) out, NaN: failed */
               Sums       *sums)
{
  for (gsize i = 0; i < work->count; i++)
    {
      gsize j = (i + 1) % work->count;
      double square;

      rms[i] = NAN;
      if (work->failed[i])
        continue;
      square = squared (n, work->again + i * n, work->again_variance + i * n, work->mean + i * n, work->variance + i * n);
      rms[i] = sqrt (MAX (square, 0));
      sums->simulator += square;
      sums->noise += us_repeats_excess (n, work->variance + i * n, 1);
      sums->n_simulated++;
      if (work->count == 1 || work->failed[j])
        continue;
      sums->chance += squared (n, work->again + i * n, work->again_variance + i * n, work->mean + j * n,
                               work->variance + j * n);
      sums->n_chance++;
    }
}

/* G(V), mean and spread, beside what the simulator gave. */
static void
add_decoded (const Work  *work,
             const float *decoded,      /* (B, N) */
             const float *sd,           /* (B, N) */
             Sums        *sums)
{
  const UsSimulator *simulator = us_simvae_simulator (work->model);
  gsize n = us_simvae_n_values (work->model);
  UsSimvaeParts parts;

  us_simvae_get_parts (work->model, &parts);
  for (gsize i = 0; i < work->count; i++)
    {
      const float *x = work->x + i * n;
      double truth = 0, standard = 0;

      if (work->failed[i] && simulator->outputs[parts.output].noisy)
        continue;
      sums->decoder += squared (n, decoded + i * n, NULL, work->mean + i * n, work->variance + i * n);
      if (!us_simvae_is_noisy (work->model))
        continue;
      for (gsize k = 0; k < n; k++)
        {
          double u = ((double) x[k] - decoded[i * n + k]) / sd[i * n + k];

          standard += u * u;
          sums->n_covered += fabs (u) <= US_BAND_WIDTH;
          truth += us_repeats_log_spread (work->variance[i * n + k], US_REPEATS_MANY,
                                          US_LOSS_LEAST_SPREAD * parts.scale.scale[k % parts.scale.n]);
        }
      sums->score += us_log_score (n, x, decoded + i * n, sd + i * n);
      sums->truth += truth / n + 0.5 * log (2 * G_PI) + 0.5;
      sums->standard += standard / n;
    }
}

static gboolean
run_pairs (UsEvaluation           *self,
           UsSimvae               *model,
           UsPool                 *pool,
           const UsEvaluateConfig *config,
           Sums                   *sums,
           GCancellable           *cancellable,
           GError                **error)
{
  gsize p_count = self->n_parameters, n = us_simvae_n_values (model);
  g_autoptr(UsPlayer) player = us_player_new (model, BATCH, pool);
  g_autofree float *x = g_new (float, BATCH * n);
  g_autofree float *again = g_new (float, BATCH * n);
  g_autofree float *mean = g_new (float, BATCH * n), *variance = g_new (float, BATCH * n);
  g_autofree float *again_variance = g_new (float, BATCH * n);
  g_autofree float *decoded = g_new (float, BATCH * n), *spread = g_new (float, BATCH * n);
  g_autofree double *sigma = g_new (double, BATCH * p_count);
  gboolean failed[BATCH], has_sigma = us_simvae_has_sigma (model);
  gsize report = MAX (self->n_pairs / BATCH / N_REPORTS, 1);
  Work work = { .model = model, .seed = config->seed, .x = x, .mean = mean, .variance = variance, .again = again,
                .again_variance = again_variance, .failed = failed };

  for (gsize done = 0; done < self->n_pairs; done += BATCH)
    {
      gsize n_chunks;
      double *latent = sums->latent + done * p_count;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      work.first = US_ROWS_EVALUATION + done;
      work.count = MIN (BATCH, self->n_pairs - done);
      work.v = self->v + done * p_count;
      work.z = self->z + done * p_count;
      n_chunks = (work.count + ROWS_A_CHUNK - 1) / ROWS_A_CHUNK;
      us_pool_run (pool, n_chunks, simulate_truth, &work);
      if (!take_errors (&work, n_chunks, error))
        return FALSE;

      us_player_encode_latent (player, work.count, x, latent, sigma);
      us_answers_clamp (us_simvae_prior (model), work.count, latent);
      work.latent = latent;
      if (config->refine)
        us_pool_run (pool, n_chunks, refine_answers, &work);
      for (gsize i = 0; i < work.count; i++)
        us_prior_from_latent (us_simvae_prior (model), latent + i * p_count, work.z + i * p_count);
      us_pool_run (pool, n_chunks, simulate_answers, &work);
      add_simulated (&work, n, self->rms_simulator_of + done, sums);

      us_player_decode_latent (player, work.count, latent, decoded, NULL);
      for (gsize i = 0; i < work.count; i++)
        {
          double rms = us_rms_difference (n, decoded + i * n, x + i * n);

          if (!failed[i] || !us_simvae_simulator (model)->outputs[us_simvae_output (model)].noisy)
            sums->both += squared (n, decoded + i * n, NULL, mean + i * n, variance + i * n);
          add_interval (model, rms, has_sigma ? sigma + i * p_count : NULL, work.v + i * p_count, latent + i * p_count,
                        sums->sd + (done + i) * p_count, sums->inside);
        }
      us_player_decode_spread (player, work.count, work.v, decoded, spread);
      add_decoded (&work, decoded, spread, sums);
      if (config->progress != NULL && done / BATCH % report == 0)
        config->progress (SHARE_OF_PAIRS * (done + work.count) / self->n_pairs, config->data);
    }
  return TRUE;
}

/* Of the noisy, pairs that failed are in none of the sums. */
static void
take_sums (UsEvaluation *self,
           UsSimvae     *model,
           const Sums   *sums)
{
  gboolean noisy = us_simvae_simulator (model)->outputs[us_simvae_output (model)].noisy;
  gsize n = noisy ? sums->n_simulated : self->n_pairs, n_values = us_simvae_n_values (model);

  self->rms_decoder = sqrt (MAX (sums->decoder, 0) / n);
  self->rms_both = sqrt (MAX (sums->both, 0) / n);
  self->rms_simulator = sums->n_simulated > 0 ? sqrt (MAX (sums->simulator, 0) / sums->n_simulated) : NAN;
  self->rms_chance = sums->n_chance > 0 ? sqrt (MAX (sums->chance, 0) / sums->n_chance) : NAN;
  self->rms_noise = sums->n_simulated > 0 ? sqrt (sums->noise / sums->n_simulated) : 0;
  self->n_failed = self->n_pairs - sums->n_simulated;
  if (!us_simvae_is_noisy (model) || n == 0)
    return;
  self->spread = g_new (UsSpreadScore, 1);
  *self->spread = (UsSpreadScore) {
    .log_score = sums->score / n,
    .log_score_truth = noisy ? sums->truth / n : NAN,
    .level = US_BAND_LEVEL,
    .coverage = (double) sums->n_covered / ((double) n * n_values),
    .rms_standard = sqrt (sums->standard / n),
  };
}

UsEvaluation *
us_evaluate_full (UsSimvae               *model,
                  const UsEvaluateConfig *config,
                  GCancellable           *cancellable,
                  GError                **error)
{
  gsize p_count = us_simvae_n_parameters (model), n_pairs = config->n_pairs;
  g_autoptr(UsEvaluation) self = NULL;
  g_autoptr(UsPool) pool = NULL;
  g_autofree gsize *inside = g_new0 (gsize, p_count);
  g_autofree double *latent = NULL, *sd = NULL;
  Sums sums = { .inside = inside };

  g_return_val_if_fail (n_pairs > 1, NULL);

  if (!us_simvae_check_named (model, error))
    return NULL;
  if (!us_simvae_has_encoder (model))
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                           "this model has a decoder only: its training ended before the encoder was trained");
      return NULL;
    }
  if (config->refine && us_refine_refusal (us_simvae_prior (model), us_simvae_output (model)) != NULL)
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                           us_refine_refusal (us_simvae_prior (model), us_simvae_output (model)));
      return NULL;
    }
  self = us_evaluation_alloc (us_simvae_simulator (model), n_pairs);
  sums.latent = latent = g_new (double, n_pairs * p_count);
  sums.sd = sd = g_new (double, n_pairs * p_count);
  pool = us_pool_new (config->n_workers, config->niceness);
  if (!run_pairs (self, model, pool, config, &sums, cancellable, error))
    return NULL;

  self->level = us_simvae_calibration (model)->level;
  take_sums (self, model, &sums);
  for (gsize p = 0; p < p_count; p++)
    self->coverage[p] = (double) inside[p] / n_pairs;
  if (!us_evaluation_measure (self, us_simvae_prior (model), config->seed, latent, sd, pool, cancellable, error))
    return NULL;
  if (config->progress != NULL)
    config->progress (1, config->data);
  return g_steal_pointer (&self);
}

UsEvaluation *
us_evaluate (UsSimvae      *model,
             gsize          n_pairs,
             guint64        seed,
             guint          n_workers,
             GCancellable  *cancellable,
             GError       **error)
{
  return us_evaluate_full (model, &(UsEvaluateConfig) { .n_pairs = n_pairs, .seed = seed, .n_workers = n_workers },
                           cancellable, error);
}
