/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models of the report: trained by a command that anybody can give, kept, and taken again when that command made them. */
#include "config.h"

#include "us-cli-reproduce-sgnn-private.h"

#include <math.h>
#include <string.h>

gsize
us_sgnn_rows (const UsSgnn *self,
              gsize         usual,
              gsize         quick)
{
  gsize rows = self->quick ? quick : usual;

  return self->rows > 0 ? MIN (rows, (gsize) self->rows) : rows;
}

gsize
us_sgnn_count (const UsSgnn *self,
               gsize         usual,
               gsize         quick,
               gsize         least)
{
  gsize count = self->quick ? quick : usual;

  return self->rows > 0 ? MIN (count, MAX ((gsize) self->rows / 10, least)) : count;
}

UsPrior *
us_sgnn_prior (const char        *id,
               const char *const *priors,
               GError           **error)
{
  const UsSimulator *simulator = us_registry_find (id, error);
  g_autofree gboolean *used = g_new0 (gboolean, priors != NULL ? g_strv_length ((char **) priors) + 1 : 1);

  return simulator != NULL ? us_cli_prior_own (simulator, (char **) priors, used, error) : NULL;
}

void
us_sgnn_model_free (UsSgnnModel *model)
{
  g_free (model->file);
  g_free (model->command);
  g_free (model);
}

void
us_sgnn_progress (const UsSgnn *self,
                  const char   *format,
                  ...)
{
  g_autofree char *text = NULL, *line = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  line = g_strdup_printf ("%s: %s", self->now->part->id, text);
  us_cli_progress (line);
}

/* ---- commands ------------------------------------------------------------------ */

/* Only priors that some simulator has, so that the command can be given as it stands. */
static char *
make_command (const UsSgnn      *self,
              const char        *what,
              gsize              n_ids,
              const char *const *ids,
              const char *const *priors,
              gsize              rows,
              const char        *file)
{
  GString *text = g_string_new ("understudy-cli train ");

  g_string_append (text, what);
  for (gsize i = 0; i < n_ids; i++)
    g_string_append_printf (text, " %s", ids[i]);
  for (gsize i = 0; priors != NULL && priors[i] != NULL; i++)
    {
      g_autofree char *name = g_strndup (priors[i], strcspn (priors[i], "="));
      gboolean known = FALSE;

      for (gsize k = 0; k < n_ids; k++)
        {
          const UsSimulator *simulator = us_registry_find (ids[k], NULL);

          known |= simulator != NULL && us_simulator_parameter_index (simulator, name) >= 0;
        }
      if (known)
        g_string_append_printf (text, " --prior %s", priors[i]);
    }
  g_string_append_printf (text, " --samples %" G_GSIZE_FORMAT " --seed %" G_GUINT64_FORMAT " --out %s", rows, self->seed, file);
  return g_string_free (text, FALSE);
}

static void
note (UsSgnn     *self,
      const char *file,
      const char *command,
      gsize       n_rows,
      double      seconds,
      gboolean    now)
{
  UsSgnnModel *model = g_new0 (UsSgnnModel, 1);

  model->file = g_strdup (file);
  model->command = g_strdup (command);
  model->n_rows = n_rows;
  model->seconds = seconds;
  model->now = now;
  g_ptr_array_add (self->trained, model);
}

/* ---- posteriors ------------------------------------------------------------------ */

/* A model that is there was made by this command and this version: another one may simulate otherwise. */
static gboolean
is_kept (const char *made_by,
         const char *version,
         const char *command)
{
  return g_strcmp0 (made_by, command) == 0 && g_strcmp0 (version, US_VERSION) == 0;
}

static void
on_posterior (const UsPosteriorProgress *progress,
              gpointer                   data)
{
  g_autofree char *left = us_cli_duration (isfinite (progress->seconds_left) ? progress->seconds_left : 0);

  if (progress->epoch == 0)
    us_sgnn_progress (data, "%" G_GUINT64_FORMAT " rows simulated", progress->simulated);
  else
    us_sgnn_progress (data, "posterior, epoch %" G_GSIZE_FORMAT ", held out %.4f, at most %s left", progress->epoch,
                      progress->held_out, left);
}

UsPosterior *
us_sgnn_posterior (UsSgnn            *self,
                   const char        *name,
                   const char        *id,
                   const char *const *priors,
                   gsize              rows,
                   GError           **error)
{
  g_autofree char *file = g_strconcat (name, ".safetensors", NULL);
  g_autofree char *path = g_build_filename (self->models, file, NULL);
  g_autofree char *command = make_command (self, "posterior", 1, &id, priors, rows, file);
  g_autoptr(UsPrior) prior = us_sgnn_prior (id, priors, error);
  g_autoptr(UsPosterior) model = NULL;
  UsPosteriorConfig config = { .prior = prior, .samples = rows, .seed = self->seed, .n_workers = self->n_workers,
                               .command = command };
  gboolean now = FALSE;

  if (prior == NULL)
    return NULL;
  if (us_posterior_is_file (path) && (model = us_posterior_load (path, NULL)) != NULL
      && !is_kept (us_posterior_record (model)->command, us_posterior_record (model)->program_version, command))
    g_clear_pointer (&model, us_posterior_unref);
  if (model == NULL)
    {
      now = TRUE;
      model = us_posterior_train (&config, on_posterior, self, &self->cancelled, error);
      if (model == NULL || !us_posterior_save (model, path, error))
        return NULL;
    }
  note (self, file, command, us_posterior_record (model)->n_rows, us_posterior_record (model)->seconds, now);
  return g_steal_pointer (&model);
}

/* ---- predictors -------------------------------------------------------------------- */

static void
on_predictor (const UsPredictorProgress *progress,
              gpointer                   data)
{
  if (progress->simulated > 0)
    us_sgnn_progress (data, "%" G_GUINT64_FORMAT " rows simulated", progress->simulated);
  else
    us_sgnn_progress (data, "predictor, epoch %" G_GSIZE_FORMAT " of at most %" G_GSIZE_FORMAT ", held out %.5g",
                      progress->epoch, progress->n_epochs, progress->held_out);
}

static UsPredictor *
train (UsSgnn            *self,
       const char        *command,
       UsTaskKind         kind,
       UsHeadKind         head,
       gsize              n_ids,
       const char *const *ids,
       const char *const *priors,
       gsize              rows,
       GError           **error)
{
  g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func ((GDestroyNotify) us_prior_unref);
  const UsPredictorRecord record = { .command = (char *) command };
  const UsPredictorConfig config = { .head = head, .seed = self->seed, .n_workers = self->n_workers, .record = &record };
  UsTaskConfig how = { .kind = kind, .seed = self->seed, .logarithms = head == US_HEAD_MEAN };
  g_autoptr(UsTask) task = NULL;

  for (gsize i = 0; i < n_ids; i++)
    {
      UsPrior *prior = us_sgnn_prior (ids[i], priors, error);

      if (prior == NULL)
        return NULL;
      g_ptr_array_add (made, prior);
    }
  how.priors = (UsPrior *const *) made->pdata;
  how.n_priors = made->len;
  task = us_task_new (&how, error);
  return task != NULL ? us_task_train (task, rows, &config, on_predictor, self, &self->cancelled, error) : NULL;
}

UsPredictor *
us_sgnn_predictor (UsSgnn            *self,
                   const char        *name,
                   UsTaskKind         kind,
                   UsHeadKind         head,
                   gsize              n_ids,
                   const char *const *ids,
                   const char *const *priors,
                   gsize              rows,
                   GError           **error)
{
  g_autofree char *file = g_strconcat (name, ".safetensors", NULL);
  g_autofree char *path = g_build_filename (self->models, file, NULL);
  g_autofree char *command = make_command (self, kind == US_TASK_SELECTION ? "selection" : head == US_HEAD_MEAN
                                           ? "quantities --head mean" : "quantities", n_ids, ids, priors, rows, file);
  g_autoptr(UsPredictor) model = NULL;
  gboolean now = FALSE;

  if (us_predictor_is_file (path) && (model = us_predictor_load (path, NULL)) != NULL
      && !is_kept (us_predictor_record (model)->command, us_predictor_record (model)->program_version, command))
    g_clear_pointer (&model, us_predictor_unref);
  if (model == NULL)
    {
      now = TRUE;
      model = train (self, command, kind, head, n_ids, ids, priors, rows, error);
      if (model == NULL || !us_predictor_save (model, path, error))
        return NULL;
    }
  note (self, file, command, us_predictor_record (model)->n_rows, us_predictor_record (model)->seconds, now);
  return g_steal_pointer (&model);
}
