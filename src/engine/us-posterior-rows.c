/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows that a posterior is trained on: from a bank, from a simulator, from memory. */
#include "config.h"

#include "us-posterior-private.h"

#include "us-bank.h"
#include "us-error.h"
#include "us-pool.h"
#include "us-trainer.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* N rows, Q parameters of the bank, P targets, V values. */

#define READ_ROWS     4096
#define LEAST_ROWS    50
#define SIMULATE_ROWS 16         /* a chunk of the pool */
#define ROUND_CHUNKS  256

void
us_posterior_rows_clear (UsPosteriorRows *self)
{
  g_clear_pointer (&self->theta, g_free);
  g_clear_pointer (&self->x, g_free);
  g_clear_pointer (&self->names, g_strfreev);
  g_clear_pointer (&self->prior, us_prior_unref);
  g_clear_pointer (&self->parameters, g_free);
  g_clear_pointer (&self->notes, g_ptr_array_unref);
}

/* --- from where ------------------------------------------------------------------- */

static gboolean
is_cancelled (const gint *cancelled,
              GError    **error)
{
  if (cancelled == NULL || g_atomic_int_get (cancelled) == 0)
    return FALSE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  return TRUE;
}

static gboolean
take_memory (UsPosteriorRows *self,
             gsize            n,
             gsize            n_parameters,
             gsize            n_values,
             GError         **error)
{
  gsize bytes;

  self->n_rows = n;
  self->n_parameters = n_parameters;
  self->n_values = n_values;
  if (g_size_checked_mul (&bytes, n, n_values) && g_size_checked_mul (&bytes, bytes, sizeof (float)))
    self->x = g_try_malloc (bytes);
  self->theta = g_try_new (double, n * n_parameters);
  if (self->x != NULL && self->theta != NULL)
    return TRUE;
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE,
               _("%zu rows of %zu values do not fit into memory"), n, n_values);
  return FALSE;
}

static void
name_parameters (UsPosteriorRows *self,
                 const UsBank    *bank,        /* or NULL */
                 const UsPrior   *prior)       /* or NULL */
{
  self->names = g_new0 (char *, self->n_parameters + 1);
  for (gsize p = 0; p < self->n_parameters; p++)
    self->names[p] = bank != NULL ? g_strdup (us_bank_name (bank, p))
                     : prior != NULL ? g_strdup (us_prior_simulator (prior)->parameters[p].name)
                     : g_strdup_printf ("theta%" G_GSIZE_FORMAT, p + 1);
}

/* What the bank says of simulator and prior, where this program knows them; otherwise it is a plain table. */
static void
ask_bank (UsPosteriorRows         *self,
          UsBank                  *bank,
          const UsPosteriorConfig *config)
{
  g_autoptr(GError) local = NULL;
  const UsSimulator *simulator;

  if (config->prior != NULL)
    {
      self->prior = us_prior_ref (config->prior);
      self->output = config->output;
      return;
    }
  simulator = us_trainer_bank_simulator (bank, &self->output, &local);
  if (simulator != NULL && us_bank_check (bank, simulator, self->output, NULL))
    self->prior = us_trainer_bank_prior (bank, simulator, NULL);
}

static gboolean
read_bank (UsPosteriorRows         *self,
           const UsPosteriorConfig *config,
           const gint              *cancelled,
           GError                 **error)
{
  g_autoptr(UsBank) bank = us_bank_open (config->bank, error);
  gsize n;

  if (bank == NULL)
    return FALSE;
  n = us_bank_n_rows (bank);
  if (config->samples > 0)
    n = (gsize) MIN (config->samples, n);
  if (!take_memory (self, n, us_bank_n_parameters (bank), us_bank_n_values (bank), error))
    return FALSE;
  self->n_dims = us_bank_x_shape (bank, self->x_shape);
  ask_bank (self, bank, config);
  name_parameters (self, bank, self->prior);
  for (gsize first = 0; first < n; first += READ_ROWS)
    {
      gsize count = MIN (READ_ROWS, n - first);

      if (is_cancelled (cancelled, error)
          || !us_bank_read_raw (bank, first, count, self->theta + first * self->n_parameters,
                                self->x + first * self->n_values, error))
        return FALSE;
    }
  return TRUE;
}

typedef struct
{
  UsPosteriorRows *rows;
  const UsPrior   *prior;
  guint            output;
  guint64          seed;
  gsize            first;
  GMutex           lock;
  gsize            failed;       /* the earliest chunk that failed, so that the error is always the same */
  GError          *error;
} Simulation;

static void
simulate_chunk (gpointer data,
                gsize    chunk,
                guint    worker)
{
  Simulation *job = data;
  gsize first = job->first + chunk * SIMULATE_ROWS;
  g_autoptr(GError) local = NULL;

  if (first >= job->rows->n_rows)
    return;
  if (us_simulate_rows (job->prior, job->output, job->seed, first, MIN (SIMULATE_ROWS, job->rows->n_rows - first),
                        job->rows->theta + first * job->rows->n_parameters,
                        job->rows->x + first * job->rows->n_values, &local))
    return;
  g_mutex_lock (&job->lock);
  if (first < job->failed)
    {
      job->failed = first;
      g_clear_error (&job->error);
      job->error = g_steal_pointer (&local);
    }
  g_mutex_unlock (&job->lock);
}

static gboolean
simulate (UsPosteriorRows         *self,
          const UsPosteriorConfig *config,
          UsPosteriorProgressFunc  progress,
          gpointer                 data,
          const gint              *cancelled,
          GError                 **error)
{
  const UsSimulator *simulator = us_prior_simulator (config->prior);
  const UsOutput *output = &simulator->outputs[config->output];
  g_autoptr(UsPool) pool = us_pool_new (config->n_workers, config->niceness);
  Simulation job = { .rows = self, .prior = config->prior, .output = config->output, .seed = config->seed,
                     .failed = G_MAXSIZE };
  gsize n = config->samples > 0 ? (gsize) config->samples : 10000;

  if (!take_memory (self, n, simulator->n_parameters, us_output_n_values (output), error))
    return FALSE;
  self->prior = us_prior_ref (config->prior);
  self->output = config->output;
  self->n_dims = output->kind == US_OUTPUT_SERIES ? 2 : 3;
  self->x_shape[0] = output->height;
  self->x_shape[1] = output->kind == US_OUTPUT_SERIES ? output->channels : output->width;
  self->x_shape[2] = output->channels;
  name_parameters (self, NULL, config->prior);
  g_mutex_init (&job.lock);
  for (; job.first < n && job.error == NULL; job.first += ROUND_CHUNKS * SIMULATE_ROWS)
    {
      UsPosteriorProgress p = { .loss = NAN, .held_out = NAN, .simulated = job.first };

      if (is_cancelled (cancelled, error))
        break;
      us_pool_run (pool, ROUND_CHUNKS, simulate_chunk, &job);
      if (progress != NULL)
        progress (&p, data);
    }
  g_mutex_clear (&job.lock);
  if (job.error != NULL)
    {
      g_propagate_error (error, job.error);
      return FALSE;
    }
  return job.first >= n;
}

/* --- what is kept of it ------------------------------------------------------------- */

static gboolean
row_is_finite (const UsPosteriorRows *self,
               gsize                  row,
               const char           **array,
               gsize                 *column)
{
  for (gsize p = 0; p < self->n_parameters; p++)
    if (!isfinite (self->theta[row * self->n_parameters + p]))
      {
        *array = "theta";
        *column = p;
        return FALSE;
      }
  for (gsize v = 0; v < self->n_values; v++)
    if (!isfinite (self->x[row * self->n_values + v]))
      {
        *array = "x";
        *column = v;
        return FALSE;
      }
  return TRUE;
}

static gboolean
drop_bad_rows (UsPosteriorRows *self,
               gboolean         allowed,
               GError         **error)
{
  gsize P = self->n_parameters, V = self->n_values, kept = 0, first = 0, column = 0, first_column = 0;
  const char *array = NULL, *first_array = NULL;

  for (gsize r = 0; r < self->n_rows; r++)
    if (row_is_finite (self, r, &array, &column))
      {
        if (kept != r)
          {
            memcpy (self->theta + kept * P, self->theta + r * P, P * sizeof (double));
            memcpy (self->x + kept * V, self->x + r * V, V * sizeof (float));
          }
        kept++;
      }
    else if (first_array == NULL)
      {
        first_array = array;
        first = r;
        first_column = column;
      }
  self->n_dropped = self->n_rows - kept;
  if (self->n_dropped == 0)
    return TRUE;
  if (!allowed)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                   _("“%s”, row %zu, column %zu (both from 1) is not a finite number; "
                     "%zu of %zu rows have such values: correct them, or leave these rows out "
                     "(--drop-bad-rows)"),
                   first_array, first + 1, first_column + 1, self->n_dropped, self->n_rows);
      return FALSE;
    }
  us_posterior_note (self->notes, _("%zu of %zu rows have values that are not finite and were "
                                    "left out, the first of them row %zu (“%s”, column %zu)."),
                     self->n_dropped, self->n_rows, first + 1, first_array, first_column + 1);
  self->n_rows = kept;
  return TRUE;
}

static gssize
find_name (const UsPosteriorRows *self,
           const char            *name)
{
  for (gsize p = 0; p < self->n_parameters; p++)
    if (g_str_equal (self->names[p], name))
      return (gssize) p;
  /* what the simulator derives comes after its parameters */
  if (self->prior != NULL && us_prior_simulator (self->prior)->n_parameters == self->n_parameters)
    for (gsize d = 0; d < us_prior_simulator (self->prior)->n_derived; d++)
      if (g_str_equal (us_prior_simulator (self->prior)->derived[d].name, name))
        return (gssize) (self->n_parameters + d);
  return -1;
}

/* All that can be a target. */
static char *
list_names (const UsPosteriorRows *self)
{
  const UsSimulator *simulator = self->prior != NULL ? us_prior_simulator (self->prior) : NULL;
  g_autofree char *parameters = g_strjoinv (", ", self->names);
  g_autoptr(GString) text = g_string_new (parameters);

  for (gsize d = 0; simulator != NULL && d < simulator->n_derived; d++)
    g_string_append_printf (text, ", %s", simulator->derived[d].name);
  return g_strdup (text->str);
}

/* Indices of the targets; fixed parameters are none unless asked for by name. */
static gsize *
choose_targets (const UsPosteriorRows *self,
                const char *const     *targets,
                gsize                 *n,
                GError               **error)
{
  gsize most = self->n_parameters + (targets != NULL ? g_strv_length ((char **) targets) : 0);
  g_autofree gsize *chosen = g_new (gsize, most);

  *n = 0;
  for (gsize p = 0; targets == NULL && p < self->n_parameters; p++)
    if (self->prior != NULL && us_prior_distribution (self->prior, p)->kind == US_DISTRIBUTION_FIXED)
      us_posterior_note (self->notes, _("Parameter “%s” is fixed by the prior and is not inferred."), self->names[p]);
    else
      chosen[(*n)++] = p;
  for (gsize i = 0; targets != NULL && targets[i] != NULL; i++)
    {
      gssize p = find_name (self, targets[i]);

      if (p < 0)
        {
          g_autofree char *known = list_names (self);

          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                       _("there is no parameter “%s”; known are: %s"), targets[i], known);
          return NULL;
        }
      for (gsize k = 0; k < *n; k++)
        if (chosen[k] == (gsize) p)
          p = -1;
      if (p >= 0)
        chosen[(*n)++] = (gsize) p;
    }
  if (*n == 0)
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING, _("there is no parameter to infer"));
      return NULL;
    }
  return g_steal_pointer (&chosen);
}

static gboolean
keep_targets (UsPosteriorRows   *self,
              const char *const *targets,
              GError           **error)
{
  const UsSimulator *simulator = self->prior != NULL ? us_prior_simulator (self->prior) : NULL;
  gsize n, Q = self->n_parameters;
  g_autofree double *theta = NULL;
  char **names;

  self->parameters = choose_targets (self, targets, &n, error);
  if (self->parameters == NULL)
    return FALSE;
  names = g_new0 (char *, n + 1);
  for (gsize k = 0; k < n; k++)
    names[k] = g_strdup (self->parameters[k] < Q ? self->names[self->parameters[k]]
                         : simulator->derived[self->parameters[k] - Q].name);
  g_strfreev (self->names);
  self->names = names;
  theta = g_new (double, self->n_rows * n);
  for (gsize r = 0; r < self->n_rows; r++)
    for (gsize k = 0; k < n; k++)
      {
        gsize from = self->parameters[k];
        double value = from < Q ? self->theta[r * Q + from] : us_posterior_target_value (simulator, from, self->theta + r * Q);

        theta[r * n + k] = value;
        if (isfinite (value))
          continue;
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     _("“%s” is not defined for all parameters of the prior (row %zu): infer the parameters; of draws of "
                       "these it is computed where it is"), names[k], r + 1);
        return FALSE;
      }
  g_free (self->theta);
  self->theta = g_steal_pointer (&theta);
  self->n_parameters = n;
  return TRUE;
}

gboolean
us_posterior_rows_load (UsPosteriorRows         *self,
                        const UsPosteriorConfig *config,
                        UsPosteriorProgressFunc  progress,
                        gpointer                 data,
                        const gint              *cancelled,
                        GError                 **error)
{
  *self = (UsPosteriorRows) { .notes = g_ptr_array_new_with_free_func (g_free) };
  if (config->theta != NULL)
    {
      if (!take_memory (self, config->n_rows, config->n_parameters, config->n_values, error))
        return FALSE;
      memcpy (self->theta, config->theta, self->n_rows * self->n_parameters * sizeof (double));
      memcpy (self->x, config->x, self->n_rows * self->n_values * sizeof (float));
      self->n_dims = 1;
      self->x_shape[0] = self->n_values;
      self->prior = config->prior != NULL ? us_prior_ref (config->prior) : NULL;
      self->output = config->output;
      name_parameters (self, NULL, config->prior);
    }
  else if (!(config->bank != NULL ? read_bank (self, config, cancelled, error)
             : simulate (self, config, progress, data, cancelled, error)))
    return FALSE;
  if (!drop_bad_rows (self, config->drop_bad_rows, error))
    return FALSE;
  if (self->n_rows < LEAST_ROWS)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                   _("%zu rows are too few to learn from: at least %d, better thousands"),
                   self->n_rows, LEAST_ROWS);
      return FALSE;
    }
  return keep_targets (self, config->targets, error);
}
