/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictors and the simulations that they stand on. */
#include "config.h"

#include "us-mechanism-task.h"

#include "us-error.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* N rows, V values, O of them observed, S summaries, D targets. */

#define MOST_VALUES 512         /* compared as they stand */
#define FIRST_ROW   (G_GUINT64_CONSTANT (7) << 40)      /* far from what anybody trains on */

GPtrArray *
us_mechanism_priors_new (const UsPredictor  *predictor,
                         GError            **error)
{
  const UsPredictorRecord *record = us_predictor_record (predictor);
  g_autoptr(GPtrArray) priors = g_ptr_array_new_with_free_func ((GDestroyNotify) us_prior_unref);

  if (record->simulators == NULL || record->priors == NULL || us_predictor_observed (predictor) == NULL)
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                           _("this model was trained on a plain table: it knows no simulator"));
      return NULL;
    }
  for (gsize m = 0; record->simulators[m] != NULL; m++)
    {
      const char *space = strrchr (record->simulators[m], ' ');
      g_autofree char *id = space != NULL ? g_strndup (record->simulators[m], space - record->simulators[m])
                                          : g_strdup (record->simulators[m]);
      const UsSimulator *simulator = us_registry_find (id, error);
      UsPrior *prior = simulator != NULL ? us_prior_from_json (simulator, record->priors[m], error) : NULL;

      if (prior == NULL)
        return NULL;
      g_ptr_array_add (priors, prior);
    }
  return g_steal_pointer (&priors);
}

/* The output that has a channel of this name, or NULL. */
static const char *
output_of_channel (const UsSimulator *simulator,
                   const char        *name)
{
  for (gsize o = 0; o < simulator->n_outputs; o++)
    for (gsize c = 0; c < simulator->outputs[o].channels; c++)
      if (g_strcmp0 (us_output_channel (&simulator->outputs[o], c).id, name) == 0)
        return simulator->outputs[o].id;
  return NULL;
}

/* The other outputs that were asked for: targets at places are named like their channels. */
static GPtrArray *
hidden_outputs (const UsPredictor *predictor,
                const UsSimulator *simulator)
{
  GPtrArray *ids = g_ptr_array_new ();

  for (gsize d = 0; d < us_predictor_head (predictor)->n_targets; d++)
    {
      const UsPredictorTarget *target = us_predictor_target (predictor, d);
      const char *id = isfinite (target->at) ? output_of_channel (simulator, target->name) : NULL;

      if (id != NULL && !g_ptr_array_find_with_equal_func (ids, id, g_str_equal, NULL))
        g_ptr_array_add (ids, (gpointer) id);
    }
  g_ptr_array_add (ids, NULL);
  return ids;
}

UsTask *
us_mechanism_task_new (const UsPredictor  *predictor,
                       guint64             seed,
                       GError            **error)
{
  const UsPredictorRecord *record = us_predictor_record (predictor);
  const UsHead *head = us_predictor_head (predictor);
  g_autoptr(GPtrArray) priors = us_mechanism_priors_new (predictor, error), hidden = NULL;
  g_autoptr(UsTask) task = NULL;
  UsTaskConfig config = { .kind = US_TASK_QUANTITIES, .seed = seed, .horizon = record->horizon };

  if (priors == NULL)
    return NULL;
  if (head->kind == US_HEAD_CLASSES)
    config.kind = US_TASK_SELECTION;
  else if (g_strcmp0 (record->task, "forecast") == 0)
    config.kind = US_TASK_FORECAST;
  else
    {
      hidden = hidden_outputs (predictor, us_prior_simulator (priors->pdata[0]));
      config.hidden = (const char *const *) hidden->pdata;
      config.logarithms = head->kind == US_HEAD_MEAN;
    }
  config.priors = (UsPrior *const *) priors->pdata;
  config.n_priors = priors->len;
  config.output = us_predictor_observed (predictor)->id;
  task = us_task_new (&config, error);
  if (task == NULL)
    return NULL;
  if (us_task_n_values (task) == us_predictor_n_values (predictor) && us_task_n_targets (task) == head->n_targets)
    return g_steal_pointer (&task);
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
               _("the simulators give %zu values and %zu answers now; this model was trained on %zu and %zu"),
               us_task_n_values (task), us_task_n_targets (task), us_predictor_n_values (predictor), head->n_targets);
  return NULL;
}

/* --- how unusual data are --------------------------------------------------------------------- */

typedef struct
{
  UsAttributionProgress progress;
  gpointer              data;
} Reporter;

static void
on_simulated (gsize    done,
              gsize    count,
              gpointer data)
{
  const Reporter *reporter = data;

  if (reporter->progress != NULL)
    reporter->progress (0.7 * done / count, reporter->data);
}

/* What was not observed is not seen in the simulations either. */
static void
mask_rows (gsize        n_rows,
           gsize        n_values,
           const float *x,
           float       *rows)
{
  for (gsize i = 0; i < n_rows; i++)
    for (gsize v = 0; v < n_values; v++)
      if (isnan (x[v]))
        rows[i * n_values + v] = NAN;
}

/* Only the observed values, in place; returns how many. */
static gsize
pack_observed (gsize        n_rows,
               gsize        n_values,
               const float *x,
               float       *rows)
{
  gsize n_observed = 0, at = 0;

  for (gsize v = 0; v < n_values; v++)
    n_observed += !isnan (x[v]);
  for (gsize i = 0; i < n_rows; i++)
    for (gsize v = 0; v < n_values; v++)
      if (!isnan (x[v]))
        rows[at++] = rows[i * n_values + v];
  return n_observed;
}

static gboolean
look (gsize         n_rows,
      gsize         n_summaries,
      const float  *rows,
      const float  *one,
      const gint   *cancelled,
      UsUsual      *usual,
      GError      **error)
{
  g_autoptr(UsAttribution) among = us_attribution_new (n_rows, n_summaries, rows, 0, NULL, 0, NULL, NULL, NULL, cancelled, error);

  return among != NULL && us_attribution_usual (among, one, NULL, usual);
}

char *
us_mechanism_unusual (const UsPredictor      *predictor,
                      const float            *x,
                      gsize                   n_rows,
                      UsAttributionProgress   progress,
                      gpointer                data,
                      const gint             *cancelled,
                      UsUsualLevel           *level,
                      GError                **error)
{
  g_autoptr(UsTask) task = us_mechanism_task_new (predictor, 1, error);
  gsize V = us_predictor_n_values (predictor), S = us_predictor_n_summaries (predictor), n_observed;
  gsize D = us_predictor_head (predictor)->n_targets;
  gboolean classes = us_predictor_head (predictor)->kind == US_HEAD_CLASSES, has_data;
  g_autofree float *rows = NULL, *h = NULL, *own_h = NULL, *own_x = NULL;
  g_autofree double *targets = NULL;
  Reporter reporter = { progress, data };
  UsUsual summaries, values;

  if (task == NULL)
    return NULL;
  rows = g_new (float, n_rows * V);
  targets = classes ? NULL : g_new (double, n_rows * D);
  if (!us_task_simulate (task, FIRST_ROW, n_rows, 0, rows, targets, NULL, on_simulated, &reporter, cancelled, error))
    return NULL;
  mask_rows (n_rows, V, x, rows);
  h = g_new (float, n_rows * S);
  own_h = g_new (float, S);
  us_predictor_summaries (predictor, n_rows, rows, h);
  us_predictor_summaries (predictor, 1, x, own_h);
  if (!look (n_rows, S, h, own_h, cancelled, &summaries, error))
    return NULL;
  if (progress != NULL)
    progress (0.85, data);
  own_x = g_memdup2 (x, V * sizeof (float));
  n_observed = pack_observed (n_rows, V, x, rows);
  pack_observed (1, V, x, own_x);
  has_data = n_observed <= MOST_VALUES && look (n_rows, n_observed, rows, own_x, cancelled, &values, NULL);
  if (cancelled != NULL && g_atomic_int_get (cancelled))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled");
      return NULL;
    }
  *level = us_usual_level (&summaries, has_data ? &values : NULL);
  return us_usual_sentence (&summaries, has_data ? &values : NULL);
}
