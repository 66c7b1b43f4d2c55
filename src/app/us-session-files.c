/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session's SimVAE, read from a file and written to one, on workers. */
#include "config.h"

#include "us-session-private.h"

static void
load_thread (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  GError *error = NULL;
  UsSimvae *model = us_simvae_load (task_data, &error);

  if (model == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, model, (GDestroyNotify) us_simvae_unref);
}

/* Takes what the worker has read, unless a newer open or the end of the session came first. */
static void
on_loaded (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  UsSession *self = US_SESSION (source);
  g_autoptr(GTask) outer = data;
  g_autoptr(UsSimvae) model = NULL;
  g_autoptr(GError) error = NULL;

  model = g_task_propagate_pointer (G_TASK (result), &error);
  if (self->open_cancellable == g_task_get_cancellable (G_TASK (result)))
    g_clear_object (&self->open_cancellable);
  if (model == NULL)
    {
      g_task_return_error (outer, g_steal_pointer (&error));
      return;
    }

  us_session_set_follows_training (self, FALSE);
  us_session_set_simulator (self, us_simvae_simulator (model));
  us_session_set_output (self, us_simvae_output (model));
  us_session_set_prior (self, us_simvae_prior (model));
  us_session_take_model (self, model, g_task_get_task_data (G_TASK (result)), FALSE);
  g_task_return_boolean (outer, TRUE);
}

void
us_session_open_async (UsSession           *self,
                       const char          *path,
                       GAsyncReadyCallback  callback,
                       gpointer             data)
{
  g_autoptr(GTask) task = NULL;
  GTask *outer;

  g_return_if_fail (US_IS_SESSION (self));
  g_return_if_fail (path != NULL);

  g_cancellable_cancel (self->open_cancellable);
  g_clear_object (&self->open_cancellable);
  self->open_cancellable = g_cancellable_new ();

  outer = g_task_new (self, NULL, callback, data);
  g_task_set_source_tag (outer, us_session_open_async);
  task = g_task_new (self, self->open_cancellable, on_loaded, outer);
  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_run_in_thread (task, load_thread);
}

gboolean
us_session_open_finish (UsSession     *self,
                        GAsyncResult  *result,
                        GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

typedef struct
{
  UsSimvae *model;
  char     *path;
} SaveJob;

static void
save_job_free (SaveJob *job)
{
  us_simvae_unref (job->model);
  g_free (job->path);
  g_free (job);
}

static void
save_thread (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  SaveJob *job = task_data;
  GError *error = NULL;

  if (!us_simvae_save (job->model, job->path, &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
on_saved (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  UsSession *self = US_SESSION (source);
  g_autoptr(GTask) outer = data;
  SaveJob *job = g_task_get_task_data (G_TASK (result));
  GError *error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    {
      g_task_return_error (outer, error);
      return;
    }
  /* Training may have moved on while the worker wrote. */
  if (job->model == self->model)
    us_session_take_model (self, self->model, job->path, FALSE);
  g_task_return_boolean (outer, TRUE);
}

void
us_session_save_async (UsSession           *self,
                       const char          *path,
                       GAsyncReadyCallback  callback,
                       gpointer             data)
{
  g_autoptr(GTask) task = NULL;
  GTask *outer;
  SaveJob *job;

  g_return_if_fail (US_IS_SESSION (self));
  g_return_if_fail (path != NULL);
  g_return_if_fail (self->model != NULL);

  job = g_new0 (SaveJob, 1);
  job->model = us_simvae_ref (self->model);
  job->path = g_strdup (path);
  outer = g_task_new (self, NULL, callback, data);
  g_task_set_source_tag (outer, us_session_save_async);
  task = g_task_new (self, NULL, on_saved, outer);
  g_task_set_task_data (task, job, (GDestroyNotify) save_job_free);
  g_task_run_in_thread (task, save_thread);
}

gboolean
us_session_save_finish (UsSession     *self,
                        GAsyncResult  *result,
                        GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
