/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-contest.h"

#include "us-error.h"
#include "us-fit.h"

#include <glib/gi18n-lib.h>
#include <math.h>

/* N rows, K mechanisms, V values of a row. */

#define USUAL_ROWS   500
#define USUAL_STARTS 4
#define USUAL_DRAWS  4000
#define FRESH_ROWS   (G_GUINT64_CONSTANT (1) << 40)
#define N_CRITERIA   (US_N_JUDGES - US_JUDGE_AIC)
#define BLOCK        16         /* rows between two looks at what is to be reported */

static const struct { const char *id, *label; } judges[US_N_JUDGES] = {
  [US_JUDGE_NETWORK] = { "network", N_("Network") },
  [US_JUDGE_AIC] = { "aic", "AIC" },
  [US_JUDGE_AICC] = { "aicc", "AICc" },
  [US_JUDGE_BIC] = { "bic", "BIC" },
  [US_JUDGE_EVIDENCE] = { "evidence", N_("Evidence") },
};

const char *
us_judge_id (UsJudge judge)
{
  g_return_val_if_fail ((guint) judge < US_N_JUDGES, NULL);

  return judges[judge].id;
}

const char *
us_judge_label (UsJudge judge)
{
  g_return_val_if_fail ((guint) judge < US_N_JUDGES, NULL);

  return judges[judge].label;
}

typedef struct
{
  const UsTask           *task;
  const UsContestOptions *options;
  UsContest              *contest;
  const float            *x;            /* (N, V) */
  gsize                   first, last;  /* rows of this block */
  GCancellable           *cancellable;
  gint                    n_failed;
} FitJob;

/* Of one row and one mechanism: twice the negative logarithm of what each judge goes by. */
static void
fit_mechanism (FitJob       *job,
               gsize         row,
               gsize         k,
               const double *observed,
               double        criteria[N_CRITERIA])
{
  const UsFitOptions options = { .n_starts = job->options->n_starts > 0 ? job->options->n_starts : USUAL_STARTS,
                                 .seed = row, .evidence = job->options->evidence,
                                 .n_draws = job->options->n_draws > 0 ? job->options->n_draws : USUAL_DRAWS };
  g_autoptr(UsFit) fit = us_fit_new (us_task_prior (job->task, k), observed, &options, job->cancellable, NULL);

  for (int i = 0; i < N_CRITERIA; i++)
    criteria[i] = INFINITY;
  if (fit == NULL)
    {
      g_atomic_int_inc (&job->n_failed);
      return;
    }
  criteria[US_JUDGE_AIC - US_JUDGE_AIC] = fit->aic;
  criteria[US_JUDGE_AICC - US_JUDGE_AIC] = fit->aicc;
  criteria[US_JUDGE_BIC - US_JUDGE_AIC] = fit->bic;
  if (job->options->evidence && fit->no_evidence == NULL)
    criteria[US_JUDGE_EVIDENCE - US_JUDGE_AIC] = -2 * fit->log_evidence;
}

static void
fit_row (gpointer data,
         gsize    chunk,
         guint    worker)
{
  FitJob *job = data;
  gsize row = job->first + chunk, V = us_task_n_values (job->task), K = job->contest->n_classes;
  g_autofree double *observed = g_new (double, V), *criteria = g_new (double, K * N_CRITERIA);
  g_autofree double *of_judge = g_new (double, K);

  for (gsize i = 0; i < V; i++)
    observed[i] = (double) job->x[row * V + i];
  for (gsize k = 0; k < K; k++)
    fit_mechanism (job, row, k, observed, criteria + k * N_CRITERIA);
  for (int i = 0; i < N_CRITERIA; i++)
    {
      double *p = job->contest->p[US_JUDGE_AIC + i];
      gboolean any = FALSE;

      if (p == NULL)
        continue;
      for (gsize k = 0; k < K; k++)
        {
          of_judge[k] = criteria[k * N_CRITERIA + (gsize) i];
          any |= isfinite (of_judge[k]);
        }
      us_fit_weights (K, of_judge, p + row * K);
      /* none could be fitted: nothing is decided */
      for (gsize k = 0; !any && k < K; k++)
        p[row * K + k] = NAN;
    }
}

static gboolean
run_fits (FitJob   *job,
          void    (*progress) (gsize done, gsize count, gpointer data),
          gpointer  data,
          GError  **error)
{
  g_autoptr(UsPool) pool = us_pool_new (job->options->n_workers, 0);
  gsize n = job->contest->n_rows;

  for (job->first = 0; job->first < n; job->first = job->last)
    {
      job->last = MIN (job->first + BLOCK, n);
      us_pool_run (pool, job->last - job->first, fit_row, job);
      if (g_cancellable_set_error_if_cancelled (job->cancellable, error))
        return FALSE;
      if (progress != NULL)
        progress (job->last, n, data);
    }
  job->contest->n_failed = (gsize) job->n_failed;
  return TRUE;
}

static gboolean
check (const UsTask           *task,
       const UsPredictor      *predictor,
       const UsContestOptions *options,
       GError                **error)
{
  gsize K = us_task_n_targets (task);
  const UsHead *head = us_predictor_head (predictor);
  gboolean fits = head->kind == US_HEAD_CLASSES && head->n_targets == K
                  && us_predictor_n_values (predictor) == us_task_n_values (task);

  for (gsize k = 0; fits && k < K; k++)
    fits = g_strcmp0 (us_predictor_class_name (predictor, k), us_task_names (task)[k]) == 0;
  if (!fits)
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                           "The network was not trained to tell these simulators apart");
      return FALSE;
    }
  for (gsize k = 0; (options->fits || options->evidence) && k < K; k++)
    if (us_task_output (task, k) != 0)
      {
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                     "“%s” is fitted to its first output only: name the other in its id (SIM:OUTPUT)",
                     us_task_names (task)[k]);
        return FALSE;
      }
  return TRUE;
}

UsContest *
us_contest_new (const UsTask           *task,
                const UsPredictor      *predictor,
                const UsContestOptions *options,
                void                  (*progress) (gsize done, gsize count, gpointer data),
                gpointer                data,
                GCancellable           *cancellable,
                GError                **error)
{
  g_autoptr(UsContest) self = g_new0 (UsContest, 1);
  g_autofree float *x = NULL;
  FitJob job = { .task = task, .options = options, .contest = self, .cancellable = cancellable };
  gsize N, K;

  g_return_val_if_fail (task != NULL && predictor != NULL && options != NULL, NULL);

  if (!check (task, predictor, options, error))
    return NULL;
  N = self->n_rows = options->n_rows > 0 ? options->n_rows : USUAL_ROWS;
  K = self->n_classes = us_task_n_targets (task);
  self->truth = g_new (guint32, N);
  x = g_new (float, N * us_task_n_values (task));
  if (!us_task_simulate (task, FRESH_ROWS, N, options->n_workers, x, NULL, self->truth, NULL, NULL, NULL, error))
    return NULL;
  for (int j = 0; j < US_N_JUDGES; j++)
    if (j == US_JUDGE_NETWORK || (j == US_JUDGE_EVIDENCE ? options->evidence : options->fits))
      self->p[j] = g_new (double, N * K);
  us_predictor_answer (predictor, N, x, self->p[US_JUDGE_NETWORK]);
  job.x = x;
  if ((options->fits || options->evidence) && !run_fits (&job, progress, data, error))
    return NULL;
  for (int j = 0; j < US_N_JUDGES; j++)
    if (self->p[j] != NULL)
      {
        self->selections[j] = us_selection_new (N, K, us_task_names (task), self->p[j], self->truth);
        self->against[j] = us_selection_compare (N, K, self->p[US_JUDGE_NETWORK], self->p[j], self->truth);
      }
  return g_steal_pointer (&self);
}

void
us_contest_free (UsContest *self)
{
  if (self == NULL)
    return;
  for (int j = 0; j < US_N_JUDGES; j++)
    {
      g_free (self->p[j]);
      us_selection_free (self->selections[j]);
    }
  g_free (self->truth);
  g_free (self);
}
