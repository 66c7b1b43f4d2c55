/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-evidence.h"

#include "us-repeats.h"
#include "us-simvae-private.h"

#include <math.h>
#include <string.h>

/* n pairs, P parameters, N values. */

#define N_PAIRS 10000
#define SEED    1

/* Srivastava, Rosenberg, Gutfreund, Cox 2019, arXiv 1911.08051, Table 1. */
static const UsPublishedScore published[] = {
  { "fourier", 0.76, 1 },
  { "dsprites", 0.32, 1 },
  { "box", 0.56, 0.82 },
  { "rlc", 0.13, 0.07 },
  { "polygon", 0, 0 },
};

const UsPublishedScore *
us_published_score (const char *simulator_id)
{
  for (gsize i = 0; i < G_N_ELEMENTS (published); i++)
    if (strcmp (published[i].simulator, simulator_id) == 0)
      return &published[i];
  return NULL;
}

static int
compare_worse (gconstpointer a,
               gconstpointer b,
               gpointer      data)
{
  const double *rms = data;
  gsize i = *(const gsize *) a, j = *(const gsize *) b;

  /* ties by row, so that the order is always the same */
  if (rms[i] != rms[j])
    return rms[i] > rms[j] ? -1 : 1;
  return i < j ? -1 : i > j;
}

/* Rows on which the simulator ran, worst first; how many. */
static gsize
rank_rows (const UsEvaluation *evaluation,
           gsize              *rows)    /* (n) out */
{
  gsize m = 0;

  for (gsize i = 0; i < evaluation->n_pairs; i++)
    if (isfinite (evaluation->rms_simulator_of[i]))
      rows[m++] = i;
  g_qsort_with_data (rows, m, sizeof *rows, compare_worse, evaluation->rms_simulator_of);
  return m;
}

/* The pictures of one row, made again from its seed. */
static gboolean
fill_case (const UsEvidence *self,
           UsWorstCase      *worst,
           guint64           seed,
           gsize             row,
           UsPlayer         *player,
           GError          **error)
{
  const UsSimulator *simulator = us_simvae_simulator (self->model);
  gsize p_count = simulator->n_parameters, n = us_simvae_n_values (self->model);
  guint output = us_simvae_output (self->model);
  g_autofree float *variance = g_new (float, n);

  worst->row = row;
  worst->theta = g_new (double, p_count);
  worst->answer = g_memdup2 (self->evaluation->z + row * p_count, p_count * sizeof (double));
  worst->x = g_new (float, n);
  worst->decoded = g_new (float, n);
  worst->simulated = g_new0 (float, n);
  if (!us_simulate_rows (us_simvae_prior (self->model), output, seed, US_ROWS_EVALUATION + row, 1, worst->theta,
                         worst->x, error))
    return FALSE;
  us_player_decode (player, 1, worst->answer, worst->decoded);
  us_repeats_run (simulator, output, worst->answer, US_REPEATS_ONE, seed, US_ROWS_AGAIN + row, worst->simulated, variance);
  if (simulator->outputs[output].noisy)
    us_repeats_run (simulator, output, worst->theta, US_REPEATS_ONE, seed, US_ROWS_EVALUATION + row, worst->x, variance);
  worst->rms_both = us_rms_difference (n, worst->decoded, worst->x);
  worst->rms_simulator = us_rms_difference (n, worst->simulated, worst->x);
  return TRUE;
}

static gboolean
find_worst (UsEvidence *self,
            guint64     seed,
            gsize       n_worst,
            GError    **error)
{
  g_autofree gsize *rows = g_new (gsize, self->evaluation->n_pairs);
  g_autoptr(UsPlayer) player = us_player_new (self->model, 1, NULL);

  n_worst = MIN (n_worst, rank_rows (self->evaluation, rows));
  self->worst = g_new0 (UsWorstCase, n_worst);
  for (; self->n_worst < n_worst; self->n_worst++)
    if (!fill_case (self, &self->worst[self->n_worst], seed, rows[self->n_worst], player, error))
      {
        self->n_worst++;        /* half filled: to be freed */
        return FALSE;
      }
  return TRUE;
}

/* How much has been learnt at all. */
static void
set_shares (UsEvidence *self)
{
  const double rms[US_BUDGET_N_CURVES] = {
    [US_BUDGET_DECODER] = self->evaluation->rms_decoder,
    [US_BUDGET_BOTH] = self->evaluation->rms_both,
    [US_BUDGET_SIMULATOR] = self->evaluation->rms_simulator,
  };

  for (int c = 0; c < US_BUDGET_N_CURVES; c++)
    self->budget->curve[c].share = rms[c] / self->evaluation->rms_chance;
}

UsEvidence *
us_evidence_new (UsSimvae               *model,
                 const UsEvaluateConfig *config,
                 gsize                   n_worst,
                 GCancellable           *cancellable,
                 GError                **error)
{
  const UsEvaluateConfig standard = { .n_pairs = N_PAIRS, .seed = SEED };
  g_autoptr(UsEvidence) self = g_new0 (UsEvidence, 1);
  gint64 start = g_get_monotonic_time ();

  g_atomic_ref_count_init (&self->ref_count);
  self->model = us_simvae_ref (model);
  self->published = us_published_score (us_simvae_simulator (model)->id);
  self->budget = us_error_budget_new (us_simvae_record (model));
  if (config == NULL)
    config = &standard;
  self->evaluation = us_evaluate_full (model, config, cancellable, error);
  if (self->evaluation != NULL)
    set_shares (self);
  if (self->evaluation == NULL || !find_worst (self, config->seed, n_worst, error))
    return NULL;
  self->seconds = (g_get_monotonic_time () - start) / 1e6;
  return g_steal_pointer (&self);
}

UsEvidence *
us_evidence_ref (UsEvidence *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
us_evidence_unref (UsEvidence *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  for (gsize k = 0; k < self->n_worst; k++)
    {
      g_free (self->worst[k].theta);
      g_free (self->worst[k].answer);
      g_free (self->worst[k].x);
      g_free (self->worst[k].decoded);
      g_free (self->worst[k].simulated);
    }
  g_free (self->worst);
  g_clear_pointer (&self->evaluation, us_evaluation_free);
  g_clear_pointer (&self->budget, us_error_budget_free);
  us_simvae_unref (self->model);
  g_free (self);
}
