/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-simvae-private.h"

#include "us-error.h"
#include "us-repeats.h"

#include <math.h>
#include <string.h>

/* n draws, P parameters, D derived quantities, N values, B rows a batch; K = P or D. */

#define BATCH 64
#define LEVEL 0.9
#define ROWS_A_CHUNK 4
#define N_DERIVED 512        /* draws: the ends of a 90 % interval to about 1.5 % of the cases */

typedef struct
{
  UsSimvae *model;
  guint64   seed, first;       /* row of the stream */
  gsize     count;
  double    augmentation;      /* 0: as simulated */
  gboolean  derived;           /* residuals of the derived quantities, not of the parameters */
  double   *theta;             /* (B, P) */
  double   *answer;            /* (B, P) inferred */
  float    *x;                 /* (B, N) */
  float    *again;             /* (B, N) S(answer), of a noisy output the mean of runs */
  float    *variance;          /* (B, N) of them */
  gboolean *failed;            /* (B) */
  GError   *errors[BATCH / ROWS_A_CHUNK];
} Work;

static void
simulate_chunk (gpointer data,
                gsize    chunk,
                guint    worker)
{
  Work *work = data;
  UsPrior *prior = us_simvae_prior (work->model);
  const UsSimulator *simulator = us_prior_simulator (prior);
  guint output = us_simvae_output (work->model);
  gsize p_count = simulator->n_parameters, n = us_simvae_n_values (work->model);
  gsize at = chunk * ROWS_A_CHUNK, count = MIN (ROWS_A_CHUNK, work->count - at);

  if (!us_simulate_rows (prior, output, work->seed, work->first + at, count, work->theta + at * p_count,
                         work->x + at * n, &work->errors[chunk]))
    return;
  for (gsize i = at; work->augmentation > 0 && i < at + count; i++)
    {
      UsRng rng;

      us_rng_init (&rng, work->seed, US_RNG_AUGMENT, work->first + i);
      if (simulator->run_augmented (simulator, work->theta + i * p_count, output, work->augmentation, &rng,
                                    work->x + i * n) != US_SIM_OK)
        g_set_error (&work->errors[chunk], US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     "%s: row %" G_GUINT64_FORMAT " of seed %" G_GUINT64_FORMAT " could not be augmented",
                     simulator->id, work->first + i, work->seed);
      if (work->errors[chunk] != NULL)
        return;
    }
}

static void
simulate_answers (gpointer data,
                  gsize    chunk,
                  guint    worker)
{
  Work *work = data;
  const UsSimulator *simulator = us_simvae_simulator (work->model);
  gsize p_count = simulator->n_parameters, n = us_simvae_n_values (work->model);
  gsize at = chunk * ROWS_A_CHUNK, count = MIN (ROWS_A_CHUNK, work->count - at);

  for (gsize i = at; i < at + count; i++)
    work->failed[i] = !us_repeats_run (simulator, us_simvae_output (work->model), work->answer + i * p_count,
                                       US_REPEATS_MANY, work->seed, US_ROWS_AGAIN + work->first + i,
                                       work->again + i * n, work->variance + i * n);
}

/* How far row i's answer is from the truth: (P) latents, over σ when the encoder gives one. */
static void
latent_residual (const Work   *work,
                 const UsCode *code,
                 gsize         i,
                 const double *z,               /* (P) */
                 const double *sigma,           /* (P) */
                 double       *residual)        /* (P) */
{
  gsize p_count = us_simvae_n_parameters (work->model);
  double truth[US_MAX_PARAMETERS];

  us_prior_to_latent (us_simvae_prior (work->model), work->theta + i * p_count, truth);
  for (gsize p = 0; p < p_count; p++)
    residual[p] = us_code_latent_error (code, p, z[p], truth[p])
                  / (us_simvae_has_sigma (work->model) ? sigma[p] : 1.0);
}

/* The same of what follows from them: (D) units, decades where it spans decades. */
static void
derived_residual (const Work *work,
                  gsize       i,
                  double     *residual)         /* (D) */
{
  const UsSimulator *simulator = us_simvae_simulator (work->model);
  gsize p_count = simulator->n_parameters;

  for (gsize d = 0; d < simulator->n_derived; d++)
    residual[d] = us_derived_compared (simulator, d, work->answer + i * p_count)
                  - us_derived_compared (simulator, d, work->theta + i * p_count);
}

/* n answers of one kind: error (n), residual (n, K); rms (n) of S(Z) − x, the failed ones left out. */
static gboolean
collect (Work          *work,
         UsPlayer      *player,
         UsPool        *pool,
         gsize          n,
         double        *error_of,
         double        *residual,
         double        *rms,
         gsize         *n_rms,
         GCancellable  *cancellable,
         GError       **error)
{
  UsPrior *prior = us_simvae_prior (work->model);
  gsize p_count = us_simvae_n_parameters (work->model), n_values = us_simvae_n_values (work->model);
  UsCode code;
  g_autofree double *z = g_new (double, BATCH * p_count);
  g_autofree double *sigma = g_new (double, BATCH * p_count);
  g_autofree float *decoded = g_new (float, BATCH * n_values);

  us_code_init (&code, us_simvae_simulator (work->model));
  for (gsize done = 0; done < n; done += BATCH, work->first += BATCH)
    {
      gsize n_chunks;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      work->count = MIN (BATCH, n - done);
      n_chunks = (work->count + ROWS_A_CHUNK - 1) / ROWS_A_CHUNK;
      us_pool_run (pool, n_chunks, simulate_chunk, work);
      for (gsize c = 0; c < n_chunks; c++)
        if (work->errors[c] != NULL)
          {
            g_propagate_error (error, g_steal_pointer (&work->errors[c]));
            for (gsize d = c + 1; d < n_chunks; d++)
              g_clear_error (&work->errors[d]);
            return FALSE;
          }

      us_player_encode_latent (player, work->count, work->x, z, sigma);
      us_answers_clamp (prior, work->count, z);
      us_player_decode_latent (player, work->count, z, decoded, NULL);
      for (gsize i = 0; i < work->count; i++)
        us_prior_from_latent (prior, z + i * p_count, work->answer + i * p_count);
      us_pool_run (pool, n_chunks, simulate_answers, work);

      for (gsize i = 0; i < work->count; i++)
        {
          error_of[done + i] = us_rms_difference (n_values, decoded + i * n_values, work->x + i * n_values);
          if (work->derived)
            derived_residual (work, i, residual + (done + i) * us_simvae_simulator (work->model)->n_derived);
          else
            latent_residual (work, &code, i, z + i * p_count, sigma + i * p_count, residual + (done + i) * p_count);
          if (!work->failed[i])
            rms[(*n_rms)++] = us_repeats_rms (n_values, work->x + i * n_values, work->again + i * n_values,
                                              work->variance + i * n_values, US_REPEATS_MANY);
        }
    }
  return TRUE;
}

/* Draws n clean ones and as many augmented, or none where augmentation is 0, and fits. */
static UsCalibration *
calibrate (UsSimvae      *model,
           gboolean       derived,
           gsize          n,
           guint64        seed,
           double         augmentation,
           UsPool        *pool,
           GCancellable  *cancellable,
           GError       **error)
{
  const UsSimulator *simulator = us_simvae_simulator (model);
  gsize p_count = simulator->n_parameters, n_values = us_simvae_n_values (model);
  gsize k_count = derived ? simulator->n_derived : p_count;
  gsize n_augmented = augmentation > 0 ? n : 0, n_rms = 0;
  g_autoptr(UsPlayer) player = us_player_new (model, BATCH, pool);
  g_autofree double *errors = g_new (double, n + n_augmented);
  g_autofree double *residuals = g_new (double, (n + n_augmented) * k_count);
  g_autofree double *rms = g_new (double, n + n_augmented);
  g_autofree double *theta = g_new (double, BATCH * p_count);
  g_autofree double *answer = g_new (double, BATCH * p_count);
  g_autofree float *x = g_new (float, BATCH * n_values);
  g_autofree float *again = g_new (float, BATCH * n_values);
  g_autofree float *variance = g_new (float, BATCH * n_values);
  g_autofree gboolean *failed = g_new (gboolean, BATCH);
  Work work = {
    .model = model, .seed = seed, .first = US_ROWS_CALIBRATION, .derived = derived, .theta = theta,
    .answer = answer, .x = x, .again = again, .variance = variance, .failed = failed,
  };

  if (!collect (&work, player, pool, n, errors, residuals, rms, &n_rms, cancellable, error))
    return NULL;
  if (n_augmented > 0)
    {
      /* What a drawing is compared with is drawings: their errors alone say what is unusual. */
      work.augmentation = augmentation;
      n_rms = 0;
      if (!collect (&work, player, pool, n, errors + n, residuals + n * k_count, rms, &n_rms, cancellable, error))
        return NULL;
    }
  return us_calibration_fit (k_count, LEVEL,
                             &(UsResiduals) { n, errors, residuals },
                             &(UsResiduals) { n_augmented, errors + n, residuals + n * k_count },
                             rms, n_rms);
}

UsCalibration *
us_simvae_calibrate (UsSimvae      *model,
                     gsize          n,
                     guint64        seed,
                     double         augmentation,
                     double         augmented_share,
                     UsPool        *pool,
                     GCancellable  *cancellable,
                     GError       **error)
{
  gboolean augmented = augmented_share > 0 && us_simvae_simulator (model)->run_augmented != NULL;

  g_return_val_if_fail (us_simvae_has_encoder (model) && n > 0, NULL);

  return calibrate (model, FALSE, n, seed, augmented ? augmentation : 0, pool, cancellable, error);
}

UsCalibration *
us_simvae_calibrate_derived (UsSimvae  *model,
                             GError   **error)
{
  const UsSimulator *simulator = us_simvae_simulator (model);

  g_return_val_if_fail (us_simvae_has_encoder (model) && simulator->n_derived > 0, NULL);

  return calibrate (model, TRUE, N_DERIVED, us_simvae_record (model)->seed, simulator->run_augmented != NULL ? 1 : 0,
                    NULL, NULL, error);
}
