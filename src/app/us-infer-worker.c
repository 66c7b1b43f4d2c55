/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-infer-worker.h"

struct _UsInferWorker
{
  gatomicrefcount ref_count;
  UsPreview      *preview;      /* borrowed */
  UsMailbox      *mailbox;      /* owned */
  UsReader       *reader;       /* of the preview thread alone */
  gint            refine;       /* atomic: set on the main thread */
};

typedef struct
{
  UsInferWorker *worker;        /* owned, as all that follows */
  UsSimvae      *model;
  gboolean       scaled;        /* wanted */
  double        *xy;            /* a drawing, */
  gsize          n_points;
  char          *path;          /* or a file, */
  gsize          index;
  UsObservation *observation;   /* or data read before */
} Request;

void
us_infer_letter_free (UsInferLetter *letter)
{
  g_clear_pointer (&letter->model, us_simvae_unref);
  g_clear_pointer (&letter->reading, us_reading_free);
  g_clear_error (&letter->error);
  g_free (letter->path);
  g_free (letter);
}

static void
worker_unref (UsInferWorker *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_pointer (&self->reader, us_reader_free);
  us_mailbox_unref (self->mailbox);
  g_free (self);
}

static void
request_free (gpointer data)
{
  Request *request = data;

  worker_unref (request->worker);
  us_simvae_unref (request->model);
  g_clear_pointer (&request->observation, us_observation_free);
  g_free (request->xy);
  g_free (request->path);
  g_free (request);
}

UsInferWorker *
us_infer_worker_new (UsPreview *preview,
                     UsMailbox *mailbox)
{
  UsInferWorker *self = g_new0 (UsInferWorker, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->preview = preview;
  self->mailbox = us_mailbox_ref (mailbox);
  return self;
}

void
us_infer_worker_close (UsInferWorker *self)
{
  worker_unref (self);
}

/* The observation that the request speaks of. */
static UsObservation *
observe (Request  *request,
         GError  **error)
{
  const UsSimulator *simulator = us_simvae_simulator (request->model);
  guint output = us_simvae_output (request->model);

  if (request->observation != NULL)
    return g_steal_pointer (&request->observation);
  if (request->path != NULL)
    return us_observation_load (simulator, output, request->path, request->index, error);
  return us_observation_from_polyline (simulator, output, request->n_points, request->xy, error);
}

/* On the preview thread.  Not cancelled: it is short, and a pen that moves faster than the
 * network must still see answers. */
static void
infer (gpointer    data,
       const gint *cancelled)
{
  Request *request = data;
  UsInferWorker *self = request->worker;
  g_autoptr(UsInferLetter) letter = g_new0 (UsInferLetter, 1);
  gint64 start = g_get_monotonic_time ();
  UsObservation *observation;

  letter->model = us_simvae_ref (request->model);
  letter->path = g_strdup (request->path);
  if (self->reader == NULL || us_reader_model (self->reader) != request->model)
    {
      g_clear_pointer (&self->reader, us_reader_free);
      self->reader = us_reader_new (request->model);
    }
  us_reader_set_refine (self->reader, g_atomic_int_get (&self->refine));
  if ((observation = observe (request, &letter->error)) != NULL)
    letter->reading = us_reader_read (self->reader, observation, request->scaled, &letter->error);
  letter->milliseconds = (g_get_monotonic_time () - start) / 1e3;
  us_mailbox_post (self->mailbox, g_steal_pointer (&letter));
}

void
us_infer_worker_set_refine (UsInferWorker *self,
                            gboolean       refine)
{
  g_atomic_int_set (&self->refine, refine);
}

static Request *
request_new (UsInferWorker *self,
             UsSimvae      *model)
{
  Request *request = g_new0 (Request, 1);

  g_atomic_ref_count_inc (&self->ref_count);
  request->worker = self;
  request->model = us_simvae_ref (model);
  return request;
}

void
us_infer_worker_draw (UsInferWorker *self,
                      UsSimvae      *model,
                      gboolean       scaled,
                      gsize          n_points,
                      double        *xy)
{
  Request *request = request_new (self, model);

  request->scaled = scaled;
  request->n_points = n_points;
  request->xy = xy;
  us_preview_submit (self->preview, infer, request, request_free);
}

void
us_infer_worker_open (UsInferWorker *self,
                      UsSimvae      *model,
                      gboolean       scaled,
                      const char    *path,
                      gsize          index)
{
  Request *request = request_new (self, model);

  request->scaled = scaled;
  request->path = g_strdup (path);
  request->index = index;
  us_preview_submit (self->preview, infer, request, request_free);
}

void
us_infer_worker_repeat (UsInferWorker       *self,
                        UsSimvae            *model,
                        const UsObservation *observation)
{
  Request *request = request_new (self, model);
  UsObservation *copy = g_new0 (UsObservation, 1);

  copy->n_values = observation->n_values;
  copy->x = g_memdup2 (observation->x, observation->n_values * sizeof *observation->x);
  copy->n_points = observation->n_points;
  copy->xy = g_memdup2 (observation->xy, 2 * observation->n_points * sizeof *observation->xy);
  copy->origin = g_strdup (observation->origin);
  copy->note = g_strdup (observation->note);
  request->observation = copy;
  us_preview_submit (self->preview, infer, request, request_free);
}
