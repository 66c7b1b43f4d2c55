/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-predictor-task.h"

#include "us-predictor-private.h"

#include "us-error.h"

#include <math.h>
#include <string.h>

/* M simulators, P parameters, T points, C channels, F points of the future, D targets, V = T C. */

#define MAX_RETRIES 100
#define MAX_FUTURE  64          /* points of a forecast */
#define CHUNK       16          /* rows */
#define BLOCK       2048        /* rows between two looks at what is to be reported */

struct _UsTask
{
  UsTaskKind  kind;
  UsPrior   **priors;           /* (M), owned */
  gsize       n_priors;
  guint      *outputs;          /* (M): which of each simulator's is observed */
  char      **names;            /* (M) */
  gboolean    logarithms;
  guint64     seed;
  double      horizon;
  UsOutput   *observed;         /* owned */
  GArray     *targets;          /* of UsPredictorTarget, texts owned */
  guint      *hidden;           /* (n_hidden) outputs */
  gsize       n_hidden;
  gsize       n_points;         /* of a run: T, or T + F */
  gsize       n_future;         /* F */
  double     *times;            /* (T + F) where it is run, or NULL: its own points */
};

static void
clear_target (gpointer data)
{
  UsPredictorTarget *target = data;

  g_free ((char *) target->name);
  g_free ((char *) target->label);
  g_free ((char *) target->unit);
}

static void
add_target (UsTask     *self,
            const char *name,
            const char *label,
            const char *unit,
            double      at,
            double      lower,
            double      upper)
{
  const UsPredictorTarget plain = { name, label, unit, at, lower, upper };
  UsPredictorTarget target;

  us_predictor_target_copy (&target, &plain);
  g_array_append_val (self->targets, target);
}

/* --- what is observed -------------------------------------------------- */

static const UsSimulator *
simulator_of (const UsTask *self,
              gsize         m)
{
  return us_prior_simulator (self->priors[m]);
}

static gboolean
is_same_series (const UsOutput *a,
                const UsOutput *b)
{
  if (b->kind != US_OUTPUT_SERIES || a->height != b->height || a->channels != b->channels)
    return FALSE;
  for (gsize t = 0; t < a->height; t++)
    if (fabs (us_output_x (a, t) - us_output_x (b, t)) > 1e-9 * fabs (a->x_upper - a->x_lower))
      return FALSE;
  return TRUE;
}

static gboolean
find_outputs (UsTask             *self,
              const UsTaskConfig *config,
              GError            **error)
{
  const UsOutput *first = NULL;

  for (gsize m = 0; m < self->n_priors; m++)
    {
      const UsSimulator *simulator = simulator_of (self, m);
      const char *id = config->output != NULL ? config->output : first != NULL ? first->id : simulator->outputs[0].id;
      gssize index = us_simulator_output_index (simulator, id);

      if (index < 0)
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING, "“%s” has no output “%s”", simulator->id, id);
          return FALSE;
        }
      self->outputs[m] = (guint) index;
      self->names[m] = g_strdup (simulator->id);
      if (first == NULL)
        first = &simulator->outputs[index];
      if (first->kind != US_OUTPUT_SERIES)
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                       "Output “%s” of “%s” is a picture; predictors are trained on series", id, simulator->id);
          return FALSE;
        }
      if (!is_same_series (first, &simulator->outputs[index]))
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                       "“%s” and “%s” do not give “%s” at the same points: name the same times for both (SIM@0,1,2)",
                       simulator_of (self, 0)->id, simulator->id, id);
          return FALSE;
        }
    }
  self->observed = us_predictor_output_copy (first);
  for (gsize m = 1; m < self->n_priors; m++)
    self->observed->counts &= simulator_of (self, m)->outputs[self->outputs[m]].counts;
  return TRUE;
}

/* --- what is asked ----------------------------------------------------- */

static void
add_quantities (UsTask *self)
{
  const UsSimulator *simulator = simulator_of (self, 0);

  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      const UsParameter *parameter = &simulator->parameters[p];
      double lower, upper;

      /* an angle and a kind have no middle */
      if (us_prior_distribution (self->priors[0], p)->kind == US_DISTRIBUTION_FIXED || parameter->circular
          || parameter->classes != NULL)
        continue;
      us_prior_range (self->priors[0], p, &lower, &upper);
      add_target (self, parameter->name, parameter->label, parameter->unit, NAN, lower, upper);
    }
  for (gsize d = 0; d < simulator->n_derived; d++)
    {
      const UsDerived *derived = &simulator->derived[d];
      gboolean logarithm = self->logarithms && derived->logarithmic;
      g_autofree char *name = g_strconcat (logarithm ? "log10_" : "", derived->name, NULL);

      add_target (self, name, derived->label, logarithm ? "" : derived->unit, NAN, -INFINITY, INFINITY);
    }
}

static void
add_points (UsTask         *self,
            const UsOutput *output,
            gsize           n,
            double        (*at) (const UsTask *self, const UsOutput *output, gsize t))
{
  for (gsize t = 0; t < n; t++)
    for (gsize c = 0; c < output->channels; c++)
      {
        UsChannel channel = us_output_channel (output, c);

        add_target (self, channel.id, channel.label, channel.unit, at (self, output, t),
                    output->counts ? 0 : -INFINITY, INFINITY);
      }
}

static double
own_point (const UsTask   *self,
           const UsOutput *output,
           gsize           t)
{
  return us_output_x (output, t);
}

static double
later_point (const UsTask   *self,
             const UsOutput *output,
             gsize           t)
{
  gsize first = self->n_points - self->n_future;

  return self->times != NULL ? self->times[first + t]
                             : us_output_x (&simulator_of (self, 0)->outputs[self->outputs[0]], first + t);
}

static gboolean
add_hidden (UsTask             *self,
            const char *const  *ids,
            GError            **error)
{
  const UsSimulator *simulator = simulator_of (self, 0);

  for (; ids != NULL && *ids != NULL; ids++)
    {
      gssize index = us_simulator_output_index (simulator, *ids);

      if (index < 0 || simulator->outputs[index].kind != US_OUTPUT_SERIES || (guint) index == self->outputs[0])
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                       "“%s” has no other series “%s” that could be predicted", simulator->id, *ids);
          return FALSE;
        }
      self->hidden = g_renew (guint, self->hidden, self->n_hidden + 1);
      self->hidden[self->n_hidden++] = (guint) index;
      add_points (self, &simulator->outputs[index], simulator->outputs[index].height, own_point);
    }
  return TRUE;
}

/* --- the future -------------------------------------------------------- */

static gboolean
all_run_at (const UsTask *self)
{
  for (gsize m = 0; m < self->n_priors; m++)
    if (simulator_of (self, m)->run_at == NULL)
      return FALSE;
  return TRUE;
}

/* Later points at the pace of the last two, or as many as there may be. */
static gboolean
run_on (UsTask  *self,
        GError **error)
{
  gsize T = self->observed->height;
  double last = us_output_x (self->observed, T - 1);
  double step = T > 1 ? last - us_output_x (self->observed, T - 2) : self->horizon;

  for (gsize m = 0; m < self->n_priors; m++)
    {
      const UsOutput *output = &simulator_of (self, m)->outputs[self->outputs[m]];

      if (output->at_upper > output->at_lower && last + self->horizon > output->at_upper)
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                       "A horizon of %g ends at %g %s, but “%s” runs to %g only", self->horizon, last + self->horizon,
                       output->x_unit, simulator_of (self, m)->id, output->at_upper);
          return FALSE;
        }
    }
  /* the horizon is reached, whatever the step */
  self->n_future = (gsize) CLAMP (floor (self->horizon / step * (1 + 1e-9)), 1, MAX_FUTURE);
  step = self->horizon / (double) self->n_future;
  self->n_points = T + self->n_future;
  self->times = g_new (double, self->n_points);
  for (gsize t = 0; t < self->n_points; t++)
    self->times[t] = t < T ? us_output_x (self->observed, t) : last + step * (double) (t - T + 1);
  return TRUE;
}

/* The end of the series is its future. */
static gboolean
cut_off (UsTask  *self,
         GError **error)
{
  UsOutput *observed = self->observed;
  gsize T = observed->height, seen = T;
  double end = us_output_x (observed, T - 1) - self->horizon;
  double *x = g_new (double, T);

  for (gsize t = 0; t < T; t++)
    x[t] = us_output_x (observed, t);
  while (seen > 0 && x[seen - 1] > end + 1e-9 * fabs (self->horizon))
    seen--;
  if (seen < 2)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                   "A horizon of %g leaves nothing of the series from %g to %g to look at", self->horizon, x[0], x[T - 1]);
      g_free (x);
      return FALSE;
    }
  self->n_future = T - seen;
  self->n_points = T;
  observed->height = seen;
  observed->x_upper = x[seen - 1];
  g_free ((double *) observed->x_values);
  observed->x_values = x;
  return TRUE;
}

static gboolean
add_future (UsTask  *self,
            GError **error)
{
  if (!(self->horizon > 0) || !isfinite (self->horizon))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE, "A horizon of %g is not above zero", self->horizon);
      return FALSE;
    }
  if (!(all_run_at (self) ? run_on (self, error) : cut_off (self, error)))
    return FALSE;
  add_points (self, self->observed, self->n_future, later_point);
  return TRUE;
}

UsTask *
us_task_new (const UsTaskConfig  *config,
             GError             **error)
{
  g_autoptr(UsTask) self = g_new0 (UsTask, 1);
  gsize M;

  g_return_val_if_fail (config != NULL && config->n_priors > 0, NULL);

  M = config->n_priors;
  self->kind = config->kind;
  self->n_priors = M;
  self->seed = config->seed;
  self->horizon = config->kind == US_TASK_FORECAST ? config->horizon : NAN;
  self->logarithms = config->logarithms;
  self->priors = g_new0 (UsPrior *, M);
  self->outputs = g_new0 (guint, M);
  self->names = g_new0 (char *, M + 1);
  self->targets = g_array_new (FALSE, TRUE, sizeof (UsPredictorTarget));
  g_array_set_clear_func (self->targets, clear_target);
  for (gsize m = 0; m < M; m++)
    self->priors[m] = us_prior_ref (config->priors[m]);
  if (!find_outputs (self, config, error))
    return NULL;
  self->n_points = self->observed->height;
  if (config->kind == US_TASK_FORECAST && !add_future (self, error))
    return NULL;
  if (config->kind == US_TASK_QUANTITIES)
    {
      add_quantities (self);
      if (!add_hidden (self, config->hidden, error))
        return NULL;
    }
  if ((config->kind == US_TASK_SELECTION && M < 2) || (config->kind == US_TASK_QUANTITIES && M != 1))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                   M < 2 ? "A selection wants two simulators at least" : "Quantities are those of one simulator");
      return NULL;
    }
  return g_steal_pointer (&self);
}

void
us_task_free (UsTask *self)
{
  if (self == NULL)
    return;
  for (gsize m = 0; m < self->n_priors; m++)
    g_clear_pointer (&self->priors[m], us_prior_unref);
  g_free (self->priors);
  g_free (self->outputs);
  g_strfreev (self->names);
  us_predictor_output_free (self->observed);
  g_clear_pointer (&self->targets, g_array_unref);
  g_free (self->hidden);
  g_free (self->times);
  g_free (self);
}

const UsOutput *
us_task_observed (const UsTask *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->observed;
}

gsize
us_task_n_values (const UsTask *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return us_output_n_values (self->observed);
}

gsize
us_task_n_targets (const UsTask *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->kind == US_TASK_SELECTION ? self->n_priors : self->targets->len;
}

const UsPredictorTarget *
us_task_targets (const UsTask *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->targets->len > 0 ? (const UsPredictorTarget *) (gpointer) self->targets->data : NULL;
}

const char *const *
us_task_names (const UsTask *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return (const char *const *) self->names;
}

/* --- rows -------------------------------------------------------------- */

typedef struct
{
  const UsTask *task;
  guint64       first;
  gsize         count;
  float        *x;
  double       *targets;
  guint32      *classes;
  GMutex        lock;
  guint64       bad_row;        /* the first that failed, so that the message does not depend on the workers */
  GError       *error;
} RowsJob;

/* theta (P) of a row and its run; `start` is the stream as that run began, for its other outputs. */
static UsSimStatus
run_row (const UsTask *self,
         gsize         m,
         guint64       row,
         double       *theta,
         UsRng        *start,
         float        *out)            /* (n_points, C) */
{
  const UsSimulator *simulator = simulator_of (self, m);
  UsSimStatus status = US_SIM_RETRY;
  UsRng prior_rng, rng;

  us_rng_init (&prior_rng, self->seed, US_RNG_PRIOR, row);
  us_rng_init (&rng, self->seed, US_RNG_SIMULATOR, row);
  for (guint try = 0; try < MAX_RETRIES && status == US_SIM_RETRY; try++)
    {
      if (!us_prior_sample (self->priors[m], &prior_rng, theta))
        return US_SIM_RETRY;
      *start = rng;
      status = self->times != NULL
               ? simulator->run_at (simulator, theta, self->outputs[m], self->n_points, self->times, &rng, out)
               : simulator->run (simulator, theta, self->outputs[m], &rng, out);
    }
  return status;
}

/* y: (D); scratch is as long as the longest hidden series. */
static UsSimStatus
quantities (const UsTask *self,
            const double *theta,
            const UsRng  *start,
            float        *scratch,
            double       *y)
{
  const UsSimulator *simulator = simulator_of (self, 0);

  for (gsize p = 0; p < simulator->n_parameters; p++)
    if (us_prior_distribution (self->priors[0], p)->kind != US_DISTRIBUTION_FIXED
        && !simulator->parameters[p].circular && simulator->parameters[p].classes == NULL)
      *y++ = theta[p];
  for (gsize d = 0; d < simulator->n_derived; d++)
    *y++ = self->logarithms ? us_derived_compared (simulator, d, theta) : simulator->derived[d].value (simulator, theta);
  for (gsize k = 0; k < self->n_hidden; k++)
    {
      gsize n = us_output_n_values (&simulator->outputs[self->hidden[k]]);
      UsRng rng = *start;
      UsSimStatus status = simulator->run (simulator, theta, self->hidden[k], &rng, scratch);

      if (status != US_SIM_OK)
        return status;
      for (gsize i = 0; i < n; i++)
        *y++ = (double) scratch[i];
    }
  return US_SIM_OK;
}

/* NULL: all is well; else what is wrong with the row. */
static const char *
simulate_row (const UsTask *self,
              guint64       row,
              float        *scratch,
              float        *x,          /* (V) */
              double       *y,          /* (D), or NULL */
              guint32      *class)      /* or NULL */
{
  gsize m = row % self->n_priors, V = us_task_n_values (self), D = self->targets->len;
  double theta[US_MAX_PARAMETERS];
  UsRng start;
  UsSimStatus status = run_row (self, m, row, theta, &start, scratch);

  if (status != US_SIM_OK)
    return status == US_SIM_RETRY ? "no draw stayed in its domain" : "the simulator failed";
  memcpy (x, scratch, V * sizeof *x);
  if (class != NULL)
    *class = (guint32) m;
  if (self->kind == US_TASK_FORECAST)
    for (gsize i = 0; i < D; i++)
      y[i] = (double) scratch[V + i];
  if (self->kind == US_TASK_QUANTITIES && quantities (self, theta, &start, scratch, y) != US_SIM_OK)
    return "an output that is to be predicted could not be run";
  for (gsize i = 0; i < V; i++)
    if (!isfinite (x[i]))
      return "an observed value is not finite";
  for (gsize i = 0; y != NULL && i < D; i++)
    if (!isfinite (y[i]))
      return "a value to be predicted is not finite";
  return NULL;
}

static gsize
scratch_values (const UsTask *self)
{
  gsize most = self->n_points * self->observed->channels;

  for (gsize k = 0; k < self->n_hidden; k++)
    most = MAX (most, us_output_n_values (&simulator_of (self, 0)->outputs[self->hidden[k]]));
  return most;
}

static void
rows_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  RowsJob *job = data;
  const UsTask *self = job->task;
  gsize V = us_task_n_values (self), D = self->targets->len;
  g_autofree float *scratch = g_new (float, scratch_values (self));

  for (gsize i = chunk * CHUNK; i < MIN ((chunk + 1) * CHUNK, job->count); i++)
    {
      const char *wrong = simulate_row (self, job->first + i, scratch, job->x + i * V,
                                        job->targets != NULL ? job->targets + i * D : NULL,
                                        job->classes != NULL ? job->classes + i : NULL);

      if (wrong == NULL)
        continue;
      g_mutex_lock (&job->lock);
      if (job->error == NULL || job->first + i < job->bad_row)
        {
          g_clear_error (&job->error);
          job->bad_row = job->first + i;
          g_set_error (&job->error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                       "%s: %s: row %" G_GUINT64_FORMAT " of seed %" G_GUINT64_FORMAT,
                       simulator_of (self, (job->first + i) % self->n_priors)->id, wrong, job->first + i, self->seed);
        }
      g_mutex_unlock (&job->lock);
      return;
    }
}

gboolean
us_task_simulate (const UsTask   *self,
                  guint64         first,
                  gsize           count,
                  guint           n_workers,
                  float          *x,
                  double         *targets,
                  guint32        *classes,
                  void          (*progress) (gsize done, gsize count, gpointer data),
                  gpointer        data,
                  const gint     *cancelled,
                  GError        **error)
{
  g_autoptr(UsPool) pool = NULL;
  RowsJob job = { .task = self };
  gsize V, D;

  g_return_val_if_fail (self != NULL && x != NULL, FALSE);
  g_return_val_if_fail ((targets != NULL) == (self->kind != US_TASK_SELECTION), FALSE);

  V = us_task_n_values (self);
  D = self->targets->len;
  pool = us_pool_new (n_workers, 0);
  g_mutex_init (&job.lock);
  for (gsize done = 0; done < count && job.error == NULL; done += BLOCK)
    {
      if (cancelled != NULL && g_atomic_int_get (cancelled) != 0)
        {
          g_set_error_literal (&job.error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled");
          break;
        }
      job.first = first + done;
      job.count = MIN (BLOCK, count - done);
      job.x = x + done * V;
      job.targets = targets != NULL ? targets + done * D : NULL;
      job.classes = classes != NULL ? classes + done : NULL;
      us_pool_run (pool, (job.count + CHUNK - 1) / CHUNK, rows_chunk, &job);
      if (progress != NULL)
        progress (done + job.count, count, data);
    }
  g_mutex_clear (&job.lock);
  if (job.error == NULL)
    return TRUE;
  g_propagate_error (error, job.error);
  return FALSE;
}

/* --- training ---------------------------------------------------------- */

typedef struct
{
  UsPredictorProgressFunc progress;
  gpointer                data;
} Reporter;

static void
on_simulated (gsize    done,
              gsize    count,
              gpointer data)
{
  const Reporter *reporter = data;
  UsPredictorProgress progress = { .loss = NAN, .held_out = NAN, .seconds_left = NAN, .simulated = done };

  if (reporter->progress != NULL)
    reporter->progress (&progress, reporter->data);
}

static void
fill_record (const UsTask      *self,
             UsPredictorRecord *record)
{
  static const char *const names[] = { "quantities", "forecast", "selection" };

  record->task = g_strdup (names[self->kind]);
  record->horizon = self->horizon;
  record->simulators = g_new0 (char *, self->n_priors + 1);
  record->priors = g_new0 (char *, self->n_priors + 1);
  for (gsize m = 0; m < self->n_priors; m++)
    {
      record->simulators[m] = g_strdup_printf ("%s %u", simulator_of (self, m)->id, simulator_of (self, m)->version);
      record->priors[m] = us_prior_to_json (self->priors[m]);
    }
}

UsPredictor *
us_task_train (const UsTask             *self,
               gsize                     n_rows,
               const UsPredictorConfig  *config,
               UsPredictorProgressFunc   progress,
               gpointer                  data,
               const gint               *cancelled,
               GError                  **error)
{
  UsPredictorConfig full;
  UsPredictorRecord record = { 0 };
  Reporter reporter = { progress, data };
  g_autofree float *x = NULL;
  g_autofree double *targets = NULL;
  g_autofree guint32 *classes = NULL;
  UsPredictor *predictor = NULL;

  g_return_val_if_fail (self != NULL && config != NULL && n_rows > 0, NULL);

  full = *config;
  full.head = self->kind == US_TASK_SELECTION ? US_HEAD_CLASSES : self->kind == US_TASK_FORECAST ? US_HEAD_QUANTILES
              : config->head;
  full.n_rows = n_rows;
  full.n_targets = us_task_n_targets (self);
  full.info = us_task_targets (self);
  full.class_names = us_task_names (self);
  full.observed = self->observed;
  us_summary_config_output (&full.summary, self->observed);
  x = g_try_new (float, n_rows * us_task_n_values (self));
  if (self->kind == US_TASK_SELECTION)
    classes = g_try_new (guint32, n_rows);
  else
    targets = g_try_new (double, n_rows * full.n_targets);
  if (x == NULL || (classes == NULL && targets == NULL))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE,
                   "%" G_GSIZE_FORMAT " rows do not fit in memory", n_rows);
      return NULL;
    }
  if (!us_task_simulate (self, 0, n_rows, config->n_workers, x, targets, classes, on_simulated, &reporter, cancelled, error))
    return NULL;
  full.x = x;
  full.targets = targets;
  full.classes = classes;
  fill_record (self, &record);
  record.command = config->record != NULL ? config->record->command : NULL;
  full.record = &record;
  predictor = us_predictor_train (&full, progress, data, cancelled, error);
  g_free (record.task);
  g_strfreev (record.simulators);
  g_strfreev (record.priors);
  return predictor;
}
