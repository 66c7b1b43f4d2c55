/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-selection-evidence.h"

#include "us-error.h"
#include "us-pool.h"
#include "us-predictor-task.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* N observations, F of them fitted, K mechanisms, V values of an observation. */

#define N_ROWS    10000
#define N_FITTED  200
#define N_DRAWS   2000
#define FIRST_ROW (G_GUINT64_CONSTANT (5) << 40)        /* far from what anybody trains on */
#define CHUNK     2

/* -- fits ---------------------------------------------------------------- */

typedef struct
{
  const UsSelectionConfig *config;
  GCancellable  *cancellable;
  UsPrior      **priors;                        /* (K), borrowed */
  gsize          n_fitted, n_classes, n_values;
  const float   *x;                             /* (F, V) */
  double        *probabilities[US_N_CHOOSERS];  /* (F, K) */
  gsize          first;                         /* of the rows at work */
  gint           n_uncertain;
  GMutex         lock;
  GError        *error;                         /* the first one; guarded by lock */
} Fits;

/* One observation by all mechanisms. */
static void
fit_row (gpointer data,
         gsize    chunk,
         guint    worker)
{
  Fits *work = data;
  gsize row = work->first + chunk, K = work->n_classes;
  g_autofree double *observed = g_new (double, work->n_values);
  g_autofree double *criteria = g_new (double, US_N_CHOOSERS * K);
  gboolean certain = TRUE;

  if (row >= work->n_fitted)
    return;
  for (gsize v = 0; v < work->n_values; v++)
    observed[v] = work->x[row * work->n_values + v];
  for (gsize k = 0; k < K; k++)
    {
      const UsFitOptions options = {
        .seed = work->config->seed + row, .evidence = TRUE,
        .n_draws = work->config->n_draws > 0 ? work->config->n_draws : N_DRAWS,
      };
      GError *error = NULL;
      g_autoptr(UsFit) fit = us_fit_new (work->priors[k], observed, &options, work->cancellable, &error);

      /* a mechanism that can have made this with no parameters at all: none of the criteria choose it */
      if (fit == NULL && !g_error_matches (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE))
        {
          us_error_keep_first (&work->lock, &work->error, error);
          return;
        }
      g_clear_error (&error);
      criteria[US_CHOOSER_AIC * K + k] = fit != NULL ? fit->aic : INFINITY;
      criteria[US_CHOOSER_AICC * K + k] = fit != NULL ? fit->aicc : INFINITY;
      criteria[US_CHOOSER_BIC * K + k] = fit != NULL ? fit->bic : INFINITY;
      criteria[US_CHOOSER_EVIDENCE * K + k] = fit != NULL ? -2 * fit->log_evidence : INFINITY;
      certain = certain && (fit == NULL || fit->no_evidence == NULL);
    }
  for (gsize c = US_CHOOSER_AIC; c < US_N_CHOOSERS; c++)
    us_fit_weights (K, criteria + c * K, work->probabilities[c] + row * K);
  if (!certain)
    g_atomic_int_inc (&work->n_uncertain);
}

static gboolean
fit_rows (Fits    *work,
          GError **error)
{
  g_autoptr(UsPool) pool = us_pool_new (work->config->n_workers, 0);
  gsize step = CHUNK * us_pool_n_workers (pool);

  for (work->first = 0; work->first < work->n_fitted && work->error == NULL; work->first += step)
    {
      us_pool_run (pool, step, fit_row, work);
      if (work->config->progress != NULL)
        work->config->progress (MIN (work->first + step, work->n_fitted), work->n_fitted, work->config->data);
    }
  if (work->error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&work->error));
  return FALSE;
}

/* What the best possible choice would reach, as the evidences themselves have it. */
static void
measure_bayes (UsSelectionEvidence *self,
               const double        *p)          /* (F, K) */
{
  gsize K = self->n_classes;

  for (gsize i = 0; i < self->n_fitted; i++, p += K)
    {
      double most = 0;

      for (gsize k = 0; k < K; k++)
        most = MAX (most, p[k]);
      self->bayes_error += (1 - most) / self->n_fitted;
    }
  self->bayes_log_loss = self->scores[US_CHOOSER_EVIDENCE]->entropy;
}

static gboolean
compare (UsSelectionEvidence     *self,
         const UsSelectionConfig *config,
         UsPrior                **priors,
         gsize                    n_fitted,
         gsize                    n_values,
         const float             *x,            /* (F, V) */
         const guint32           *classes,      /* (F) */
         const double            *network,      /* (F, K) */
         GCancellable            *cancellable,
         GError                 **error)
{
  Fits work = { .config = config, .cancellable = cancellable, .priors = priors, .n_fitted = n_fitted,
                .n_classes = self->n_classes, .n_values = n_values, .x = x };
  GError *local = NULL;
  gboolean done;

  g_mutex_init (&work.lock);
  for (gsize c = 0; c < US_N_CHOOSERS; c++)
    work.probabilities[c] = g_new0 (double, n_fitted * self->n_classes);
  memcpy (work.probabilities[US_CHOOSER_NETWORK], network, n_fitted * self->n_classes * sizeof *network);
  done = fit_rows (&work, &local);
  if (done)
    {
      self->n_fitted = n_fitted;
      self->n_uncertain = work.n_uncertain;
      for (gsize c = 0; c < US_N_CHOOSERS; c++)
        {
          self->scores[c] = us_selection_new (n_fitted, self->n_classes, (const char *const *) self->names,
                                              work.probabilities[c], classes);
          self->p_same[c] = us_selection_compare (n_fitted, self->n_classes, network, work.probabilities[c], classes);
        }
      measure_bayes (self, work.probabilities[US_CHOOSER_EVIDENCE]);
    }
  else if (g_error_matches (local, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED))
    {
      self->no_fits = g_strdup (local->message);
      g_clear_error (&local);
      done = TRUE;
    }
  else
    g_propagate_error (error, local);
  for (gsize c = 0; c < US_N_CHOOSERS; c++)
    g_free (work.probabilities[c]);
  g_mutex_clear (&work.lock);
  return done;
}

/* -- rows ---------------------------------------------------------------- */

/* The priors that the classifier was trained on. */
static GPtrArray *
read_priors (const UsPredictor *model,
             GError           **error)
{
  const UsPredictorRecord *record = us_predictor_record (model);
  g_autoptr(GPtrArray) priors = g_ptr_array_new_with_free_func ((GDestroyNotify) us_prior_unref);

  if (g_strcmp0 (record->task, "selection") != 0 || record->simulators == NULL || record->priors == NULL)
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                           _("this model does not choose between simulators"));
      return NULL;
    }
  for (gsize k = 0; record->simulators[k] != NULL; k++)
    {
      g_autofree char *id = g_strndup (record->simulators[k], strrchr (record->simulators[k], ' ') - record->simulators[k]);
      const UsSimulator *simulator = us_registry_find (id, error);
      UsPrior *prior = simulator != NULL ? us_prior_from_json (simulator, record->priors[k], error) : NULL;

      if (prior == NULL)
        return NULL;
      g_ptr_array_add (priors, prior);
    }
  return g_steal_pointer (&priors);
}

UsSelectionEvidence *
us_selection_evidence_new (const UsPredictor       *model,
                           const UsSelectionConfig *config,
                           GCancellable            *cancellable,
                           GError                 **error)
{
  g_autoptr(UsSelectionEvidence) self = g_new0 (UsSelectionEvidence, 1);
  g_autoptr(GPtrArray) priors = read_priors (model, error);
  g_autoptr(UsTask) task = NULL;
  g_autofree float *x = NULL;
  g_autofree guint32 *classes = NULL;
  g_autofree double *answer = NULL;
  gsize n, n_fitted, n_values;
  gint64 start = g_get_monotonic_time ();

  if (priors == NULL)
    return NULL;
  n_fitted = config->n_fitted > 0 ? config->n_fitted : N_FITTED;
  n = MAX (config->n_rows > 0 ? config->n_rows : N_ROWS, n_fitted);
  task = us_task_new (&(UsTaskConfig) { .kind = US_TASK_SELECTION, .priors = (UsPrior *const *) priors->pdata,
                                        .n_priors = priors->len, .output = us_predictor_observed (model)->id,
                                        .seed = config->seed }, error);
  if (task == NULL)
    return NULL;
  n_values = us_task_n_values (task);
  self->n_classes = priors->len;
  self->names = g_strdupv ((char **) us_task_names (task));
  x = g_new (float, n * n_values);
  classes = g_new (guint32, n);
  answer = g_new (double, n * self->n_classes);
  if (!us_task_simulate (task, FIRST_ROW, n, config->n_workers, x, NULL, classes, NULL, NULL, NULL, error))
    return NULL;
  us_predictor_answer (model, n, x, answer);
  self->network = us_selection_new (n, self->n_classes, (const char *const *) self->names, answer, classes);
  if (!compare (self, config, (UsPrior **) priors->pdata, n_fitted, n_values, x, classes, answer, cancellable, error))
    return NULL;
  self->seconds = (g_get_monotonic_time () - start) / 1e6;
  return g_steal_pointer (&self);
}

void
us_selection_evidence_free (UsSelectionEvidence *self)
{
  if (self == NULL)
    return;
  g_strfreev (self->names);
  g_free (self->no_fits);
  g_clear_pointer (&self->network, us_selection_free);
  for (gsize c = 0; c < US_N_CHOOSERS; c++)
    g_clear_pointer (&self->scores[c], us_selection_free);
  g_free (self);
}
