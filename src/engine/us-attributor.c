/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-attributor.h"

#include "us-bank.h"
#include "us-csv.h"
#include "us-error.h"
#include "us-posterior-private.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#define ROWS 20000              /* simulated, unless told */
#define DATA_ROWS 20000         /* at most, that are compared by their values */
#define DATA_VALUES 1024        /* beyond so many they are not */
#define SAMPLES 4000
#define READ_ROWS 4096
#define CHUNK 256               /* rows a worker takes */
#define ROUND 64                /* chunks between two looks at `cancelled` */

struct _UsAttributor
{
  gatomicrefcount  ref_count;
  UsPosterior     *posterior;
  char            *bank;                /* or NULL */
  gsize            n, n_parameters, n_values;
  double          *theta;               /* (N, P) units */
  float           *x;                   /* (N, V) */
  UsAttribution   *summaries;
  UsAttribution   *data;                /* or NULL */
  guint            n_workers;
  int              niceness;
};

/* What a preparation goes through, with its share of the time. */
typedef struct
{
  UsAttributor          *self;
  UsPool                *pool;
  UsAttributionProgress  progress;
  gpointer               data;
  const gint            *cancelled;
  double                 from, to;
  GMutex                 lock;
  guint64                seed;
  gsize                  first;         /* row of the round */
  gsize                  failed;        /* the earliest row that failed, so that the error is always the same */
  GError                *error;
  float                 *h;             /* (N, S) */
  double                *u;             /* (N, P) in the model's coordinates */
} Work;

static void
report (double   fraction,
        gpointer data)
{
  Work *work = data;

  if (work->progress != NULL)
    work->progress (work->from + fraction * (work->to - work->from), work->data);
}

static gboolean
check_cancelled (const gint  *cancelled,
                 GError     **error)
{
  if (cancelled == NULL || !g_atomic_int_get (cancelled))
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  return FALSE;
}

/* Rows in rounds of chunks. */
static gboolean
run_rounds (Work       *work,
            UsPoolFunc  func,
            GError    **error)
{
  gsize n = work->self->n;

  for (work->first = 0; work->first < n; work->first += ROUND * CHUNK)
    {
      if (!check_cancelled (work->cancelled, error))
        return FALSE;
      us_pool_run (work->pool, MIN (ROUND, (n - work->first + CHUNK - 1) / CHUNK), func, work);
      if (work->error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&work->error));
          return FALSE;
        }
      report (MIN (1, (double) (work->first + ROUND * CHUNK) / n), work);
    }
  return TRUE;
}

/* -- the rows ---------------------------------------------------------------- */

static gboolean
take_memory (UsAttributor  *self,
             GError       **error)
{
  gsize bytes;

  if (g_size_checked_mul (&bytes, self->n, self->n_values) && g_size_checked_mul (&bytes, bytes, sizeof (float)))
    self->x = g_try_malloc (bytes);
  self->theta = g_try_new (double, self->n * self->n_parameters);
  if (self->x != NULL && self->theta != NULL)
    return TRUE;
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE,
               _("%zu rows of %zu values do not fit into memory"), self->n, self->n_values);
  return FALSE;
}

/* columns (P): where the bank has the model's parameters. */
static gboolean
find_columns (const UsAttributor  *self,
              const UsBank        *bank,
              gsize               *columns,
              GError             **error)
{
  for (gsize p = 0; p < self->n_parameters; p++)
    {
      const char *name = us_posterior_name (self->posterior, p);

      for (columns[p] = 0; columns[p] < us_bank_n_parameters (bank); columns[p]++)
        if (g_str_equal (us_bank_name (bank, columns[p]), name))
          break;
      if (columns[p] == us_bank_n_parameters (bank))
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                       _("%s: the model's parameter “%s” is not in this table"), self->bank, name);
          return FALSE;
        }
    }
  if (us_bank_n_values (bank) == self->n_values)
    return TRUE;
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
               _("%s has %zu values a row; the model takes %zu"), self->bank,
               us_bank_n_values (bank), self->n_values);
  return FALSE;
}

static gboolean
read_bank (Work        *work,
           gsize        rows,
           GError     **error)
{
  UsAttributor *self = work->self;
  gsize p_count = self->n_parameters, all;
  g_autofree gsize *columns = g_new (gsize, p_count);
  g_autofree double *theta = NULL;
  g_autoptr(UsBank) bank = us_bank_open (self->bank, error);

  if (bank == NULL || !find_columns (self, bank, columns, error))
    return FALSE;
  self->n = rows > 0 ? MIN (rows, us_bank_n_rows (bank)) : us_bank_n_rows (bank);
  all = us_bank_n_parameters (bank);
  theta = g_new (double, READ_ROWS * all);
  if (!take_memory (self, error))
    return FALSE;
  for (gsize first = 0; first < self->n; first += READ_ROWS)
    {
      gsize count = MIN (READ_ROWS, self->n - first);

      if (!check_cancelled (work->cancelled, error)
          || !us_bank_read_raw (bank, first, count, theta, self->x + first * self->n_values, error))
        return FALSE;
      for (gsize i = 0; i < count; i++)
        for (gsize p = 0; p < p_count; p++)
          self->theta[(first + i) * p_count + p] = theta[i * all + columns[p]];
      report ((double) (first + count) / self->n, work);
    }
  return TRUE;
}

static void
simulate_chunk (gpointer data,
                gsize    chunk,
                guint    worker)
{
  Work *work = data;
  UsAttributor *self = work->self;
  const UsPrior *prior = self->posterior->prior;
  const UsSimulator *simulator = us_prior_simulator (prior);
  gsize first = work->first + chunk * CHUNK, count = MIN (CHUNK, self->n - first);
  g_autofree double *theta = g_new (double, count * simulator->n_parameters);
  g_autoptr(GError) error = NULL;

  if (!us_simulate_rows (prior, self->posterior->output, work->seed, first, count, theta,
                         self->x + first * self->n_values, &error))
    {
      g_mutex_lock (&work->lock);
      if (work->error == NULL || first < work->failed)
        {
          g_clear_error (&work->error);
          work->error = g_steal_pointer (&error);
          work->failed = first;
        }
      g_mutex_unlock (&work->lock);
      return;
    }
  us_posterior_targets (self->posterior, count, theta, self->theta + first * self->n_parameters);
}

static gboolean
simulate (Work     *work,
          gsize     rows,
          GError  **error)
{
  UsAttributor *self = work->self;
  const UsPrior *prior = self->posterior->prior;

  if (prior == NULL)
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                           _("the model was trained on a table without a simulator: choose the table of simulations"));
      return FALSE;
    }
  self->n = rows > 0 ? rows : ROWS;
  return take_memory (self, error) && run_rounds (work, simulate_chunk, error);
}

/* -- what is compared ----------------------------------------------------------- */

static gboolean
row_is_finite (const UsAttributor *self,
               gsize               row)
{
  for (gsize p = 0; p < self->n_parameters; p++)
    if (!isfinite (self->theta[row * self->n_parameters + p]))
      return FALSE;
  for (gsize v = 0; v < self->n_values; v++)
    if (!isfinite (self->x[row * self->n_values + v]))
      return FALSE;
  return TRUE;
}

/* Runs of finite rows; the others get NaN, by which they are left out. */
static void
summarise_chunk (gpointer data,
                 gsize    chunk,
                 guint    worker)
{
  Work *work = data;
  UsAttributor *self = work->self;
  gsize first = work->first + chunk * CHUNK, end = MIN (first + CHUNK, self->n);
  gsize s_count = us_posterior_n_summaries (self->posterior), p_count = self->n_parameters;

  for (gsize row = first; row < end;)
    {
      gsize next = row;

      while (next < end && row_is_finite (self, next))
        next++;
      if (next > row)
        us_posterior_summaries (self->posterior, next - row, self->x + row * self->n_values, work->h + row * s_count);
      for (gsize i = row; i < next; i++)
        for (gsize p = 0; p < p_count; p++)
          us_coordinate_to (&self->posterior->coordinates[p], self->posterior->prior, self->theta[i * p_count + p],
                            &work->u[i * p_count + p], NULL);
      for (; next < end && !row_is_finite (self, next); next++)
        {
          for (gsize s = 0; s < s_count; s++)
            work->h[next * s_count + s] = NAN;
          for (gsize p = 0; p < p_count; p++)
            work->u[next * p_count + p] = NAN;
        }
      row = next;
    }
}

static gboolean
prepare_summaries (Work     *work,
                   GError  **error)
{
  UsAttributor *self = work->self;
  gsize s_count = us_posterior_n_summaries (self->posterior);
  gboolean done;

  work->h = g_new (float, self->n * s_count);
  work->u = g_new (double, self->n * self->n_parameters);
  done = run_rounds (work, summarise_chunk, error);
  if (done)
    {
      work->from = work->to;
      work->to = 0.8;
      self->summaries = us_attribution_new (self->n, s_count, work->h, self->n_parameters, work->u, 0, work->pool,
                                            report, work, work->cancelled, error);
      done = self->summaries != NULL;
    }
  g_free (work->h);
  g_free (work->u);
  return done;
}

/* Rows evenly through the bank, by their values. */
static gboolean
prepare_data (Work     *work,
              GError  **error)
{
  UsAttributor *self = work->self;
  gsize n = MIN (self->n, DATA_ROWS);
  g_autofree float *x = NULL;
  g_autoptr(GError) local = NULL;

  if (self->n_values > DATA_VALUES)
    return TRUE;
  x = g_new (float, n * self->n_values);
  for (gsize i = 0; i < n; i++)
    memcpy (x + i * self->n_values, self->x + (gsize) ((double) i * self->n / n) * self->n_values,
            self->n_values * sizeof (float));
  self->data = us_attribution_new (n, self->n_values, x, 0, NULL, 0, work->pool, report, work, work->cancelled, &local);
  if (self->data != NULL || !g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return TRUE;                /* values that cannot be compared leave the summaries */
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

UsAttributor *
us_attributor_new (UsPosterior              *posterior,
                   const UsAttributorConfig *config,
                   UsAttributionProgress     progress,
                   gpointer                  data,
                   const gint               *cancelled,
                   GError                  **error)
{
  g_autoptr(UsAttributor) self = NULL;
  g_autoptr(UsPool) pool = NULL;
  Work work = { 0 };
  gboolean done;

  g_return_val_if_fail (posterior != NULL && config != NULL, NULL);

  self = g_new0 (UsAttributor, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->posterior = us_posterior_ref (posterior);
  self->bank = g_strdup (config->bank);
  self->n_parameters = us_posterior_n_parameters (posterior);
  self->n_values = us_posterior_n_values (posterior);
  self->n_workers = config->n_workers;
  self->niceness = config->niceness;
  pool = us_pool_new (config->n_workers, config->niceness);
  work = (Work) { .self = self, .pool = pool, .progress = progress, .data = data, .cancelled = cancelled, .to = 0.2,
                  .seed = config->seed };
  g_mutex_init (&work.lock);
  done = config->bank != NULL ? read_bank (&work, config->rows, error) : simulate (&work, config->rows, error);
  work.from = 0.2;
  work.to = 0.4;
  done = done && prepare_summaries (&work, error);
  work.from = 0.8;
  work.to = 1;
  done = done && prepare_data (&work, error);
  g_mutex_clear (&work.lock);
  return done ? g_steal_pointer (&self) : NULL;
}

UsAttributor *
us_attributor_ref (UsAttributor *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
us_attributor_unref (UsAttributor *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_pointer (&self->summaries, us_attribution_free);
  g_clear_pointer (&self->data, us_attribution_free);
  us_posterior_unref (self->posterior);
  g_free (self->bank);
  g_free (self->theta);
  g_free (self->x);
  g_free (self);
}

UsPosterior *
us_attributor_posterior (const UsAttributor *self)
{
  return self->posterior;
}

const UsAttribution *
us_attributor_summaries (const UsAttributor *self)
{
  return self->summaries;
}

gsize
us_attributor_n_rows (const UsAttributor *self)
{
  return us_attribution_n_rows (self->summaries);
}

gsize
us_attributor_n_left_out (const UsAttributor *self)
{
  return us_attribution_n_left_out (self->summaries);
}

const float *
us_attributor_x (const UsAttributor *self,
                 gsize               row)
{
  g_return_val_if_fail (row < self->n, NULL);

  return self->x + row * self->n_values;
}

const double *
us_attributor_theta (const UsAttributor *self,
                     gsize               row)
{
  g_return_val_if_fail (row < self->n, NULL);

  return self->theta + row * self->n_parameters;
}

const char *
us_attributor_bank (const UsAttributor *self)
{
  return self->bank;
}

/* -- one observation ---------------------------------------------------------------- */

/* Parameters of matches in the parameters' units: as the bank has them, or back from the coordinates. */
static void
to_units (const UsAttributor *self,
          UsMatches          *matches)
{
  gsize p_count = self->n_parameters;

  for (gsize k = 0; k < matches->n; k++)
    for (gsize p = 0; p < p_count; p++)
      matches->theta[k * p_count + p] = matches->adjusted
        ? us_coordinate_from (&self->posterior->coordinates[p], self->posterior->prior, matches->theta[k * p_count + p])
        : self->theta[matches->row[k] * p_count + p];
}

static UsMatches *
find_matches (const UsAttributor        *self,
              const float               *h,
              const UsAttributedOptions *options,
              UsPool                    *pool,
              const gint                *cancelled,
              GError                   **error)
{
  const UsAttributionOptions query = {
    .kernel = options->kernel, .k = options->k,
    .ess = options->ess > 0 ? options->ess : us_attribution_default_ess (self->summaries, options->adjust),
  };
  UsMatches *matches = us_attribution_query (self->summaries, h, &query, pool, cancelled, error);

  if (matches != NULL && options->adjust)
    {
      UsMatches *adjusted = us_matches_adjust (matches, self->summaries, NULL, NULL, error);

      us_matches_free (matches);
      matches = adjusted;
    }
  if (matches != NULL)
    to_units (self, matches);
  return matches;
}

/* Mean and central 90 % of each parameter: out (P, 3). */
static void
measure_intervals (const UsMatches *matches,
                   double          *out)
{
  static const double level[2] = { 0.05, 0.95 };

  for (gsize p = 0; p < matches->n_parameters; p++)
    {
      out[3 * p] = us_matches_mean (matches, p);
      us_matches_quantiles (matches, p, 2, level, out + 3 * p + 1);
    }
}

static void
measure_agreement (UsAttributed *answer)
{
  gsize p_count = answer->matches->n_parameters, n = answer->n_samples;
  g_autofree double *weight = g_new (double, n);
  const UsMatches draws = { .n = n, .n_parameters = p_count, .theta = answer->samples, .weight = weight };

  for (gsize i = 0; i < n; i++)
    weight[i] = 1.0 / n;
  answer->matched = g_new (double, 3 * p_count);
  answer->network = g_new (double, 3 * p_count);
  answer->agreement = g_new0 (UsAgreement, p_count);
  measure_intervals (answer->matches, answer->matched);
  measure_intervals (&draws, answer->network);
  us_matches_agreement (answer->matches, n, answer->samples, answer->agreement);
}

UsAttributed *
us_attributor_answer (UsAttributor              *self,
                      const float               *x,
                      const UsAttributedOptions *options,
                      const gint                *cancelled,
                      GError                   **error)
{
  const UsAttributedOptions defaults = { 0 };
  gint64 start = g_get_monotonic_time ();
  g_autoptr(UsPool) pool = us_pool_new (self->n_workers, self->niceness);
  g_autofree float *h = g_new (float, us_posterior_n_summaries (self->posterior));
  g_autoptr(UsAttributed) answer = g_new0 (UsAttributed, 1);

  g_return_val_if_fail (self != NULL && x != NULL, NULL);

  options = options != NULL ? options : &defaults;
  g_atomic_ref_count_init (&answer->ref_count);
  answer->attributor = us_attributor_ref (self);
  for (gsize v = 0; v < self->n_values; v++)
    if (isnan (x[v]))
      {
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     _("value %zu of the observation (from 1) is missing: simulations are matched by complete series"), v + 1);
        return NULL;
      }
  if (!us_posterior_holds_for (self->posterior, x))
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                           _("this posterior was refined for another observation: ask the one that it was refined from"));
      return NULL;
    }
  answer->x = g_memdup2 (x, self->n_values * sizeof (float));
  answer->n_samples = options->n_samples > 0 ? options->n_samples : SAMPLES;
  answer->samples = g_new (double, answer->n_samples * self->n_parameters);
  if (!us_posterior_sample (self->posterior, x, answer->n_samples, options->seed, answer->samples, error)
      || !check_cancelled (cancelled, error))
    return NULL;
  us_posterior_summaries (self->posterior, 1, x, h);
  answer->matches = find_matches (self, h, options, pool, cancelled, error);
  if (answer->matches == NULL)
    return NULL;
  us_attribution_usual (self->summaries, h, pool, &answer->summaries);
  answer->has_data = self->data != NULL && us_attribution_usual (self->data, x, pool, &answer->data);
  answer->level = us_usual_level (&answer->summaries, answer->has_data ? &answer->data : NULL);
  answer->sentence = us_usual_sentence (&answer->summaries, answer->has_data ? &answer->data : NULL);
  measure_agreement (answer);
  answer->seconds = (g_get_monotonic_time () - start) / 1e6;
  return g_steal_pointer (&answer);
}

UsAttributed *
us_attributed_ref (UsAttributed *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
us_attributed_unref (UsAttributed *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_pointer (&self->matches, us_matches_free);
  us_attributor_unref (self->attributor);
  g_free (self->x);
  g_free (self->sentence);
  g_free (self->samples);
  g_free (self->matched);
  g_free (self->network);
  g_free (self->agreement);
  g_free (self);
}

gboolean
us_attributed_write (const UsAttributed *self,
                     gsize               n,
                     const char         *path,
                     GError            **error)
{
  const UsMatches *matches = self->matches;
  gsize p_count = matches->n_parameters, n_columns = 4 + p_count;
  gsize rows = n > 0 ? MIN (n, matches->n) : matches->n;
  g_autofree const char **names = g_new0 (const char *, n_columns + 1);
  g_autofree double *values = g_new (double, rows * n_columns);

  names[0] = "rank";
  names[1] = "row";
  names[2] = "weight";
  names[3] = "distance";
  for (gsize p = 0; p < p_count; p++)
    names[4 + p] = us_posterior_name (self->attributor->posterior, p);
  for (gsize k = 0; k < rows; k++)
    {
      double *row = values + k * n_columns;

      row[0] = k + 1;
      row[1] = matches->row[k];
      row[2] = matches->weight[k];
      row[3] = matches->distance[k];
      memcpy (row + 4, matches->theta + k * p_count, p_count * sizeof (double));
    }
  return us_csv_write (path, rows, n_columns, names, values, error);
}
