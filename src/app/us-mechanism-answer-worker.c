/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-mechanism-answer-worker.h"

#include "us-error.h"
#include "us-mechanism-task.h"
#include "us-posterior-data.h"
#include "us-preview.h"

#include <glib/gi18n.h>
#include <math.h>

#define NICENESS       5
#define PREDICTOR_ROWS 5000     /* simulations that data of a predictor are compared with */

typedef struct
{
  UsMechanismRequest ask;       /* its pointers owned here; nothing is asked where both networks are NULL */
  UsMailbox    *mailbox;
  GCancellable *cancellable;
  const gint   *cancelled;
  UsMechanismPhase phase;
  UsMechanismResult *result;
} Job;

struct _UsMechanismWorker
{
  UsPreview    *preview;
  UsMailbox    *mailbox;
  GCancellable *cancellable;    /* of the newest request */
};

void
us_mechanism_letter_free (UsMechanismLetter *self)
{
  g_clear_pointer (&self->attributor, us_attributor_unref);
  g_clear_pointer (&self->result, us_mechanism_result_unref);
  g_clear_error (&self->error);
  g_free (self);
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free ((char *) job->ask.data_path);
  us_measurements_options_free ((UsMeasurementsOptions *) job->ask.options);
  g_clear_pointer (&job->ask.posterior, us_posterior_unref);
  g_clear_pointer (&job->ask.predictor, us_predictor_unref);
  g_clear_pointer (&job->ask.attributor, us_attributor_unref);
  g_clear_pointer (&job->result, us_mechanism_result_unref);
  g_clear_pointer (&job->mailbox, us_mailbox_unref);
  g_clear_object (&job->cancellable);
  g_free (job);
}

/* --- on the worker's thread --------------------------------------------------------------- */

static gboolean
is_cancelled (Job *job)
{
  return g_atomic_int_get (job->cancelled) || g_cancellable_is_cancelled (job->cancellable);
}

static void
post (Job      *job,
      gboolean  working,
      double    fraction,
      GError   *error)          /* taken over */
{
  UsMechanismLetter *letter;

  if (is_cancelled (job))
    {
      g_clear_error (&error);
      return;
    }
  letter = g_new0 (UsMechanismLetter, 1);
  letter->serial = job->ask.serial;
  letter->working = working;
  letter->phase = job->phase;
  letter->fraction = fraction;
  letter->attributor = job->ask.attributor != NULL ? us_attributor_ref (job->ask.attributor) : NULL;
  letter->result = job->result != NULL ? us_mechanism_result_ref (job->result) : NULL;
  letter->error = error;
  us_mailbox_post (job->mailbox, letter);
}

static void
on_progress (double   fraction,
             gpointer data)
{
  post (data, TRUE, fraction, NULL);
}

static gboolean
ask_posterior (Job     *job,
               GError **error)
{
  UsMechanismRequest *ask = &job->ask;
  gsize V = us_posterior_n_values (ask->posterior);
  g_autofree float *x = g_new (float, V);
  g_autofree char *note = NULL;
  g_autoptr(UsAttributed) attributed = NULL;
  gboolean complete = TRUE;

  if (!us_posterior_read_data (ask->posterior, ask->data_path, -1, ask->options, x, &note, error))
    return FALSE;
  /* simulations are compared with complete series only; the posterior may take others */
  for (gsize v = 0; v < V; v++)
    complete = complete && !isnan (x[v]);
  if (complete && ask->attributor == NULL && us_posterior_prior (ask->posterior) != NULL)
    {
      const UsAttributorConfig config = { .rows = ask->rows, .niceness = NICENESS };

      ask->attributor = us_attributor_new (ask->posterior, &config, on_progress, job, job->cancelled, error);
      if (ask->attributor == NULL)
        return FALSE;
    }
  if (complete && ask->attributor != NULL)
    {
      attributed = us_attributor_answer (ask->attributor, x, NULL, job->cancelled, error);
      if (attributed == NULL)
        return FALSE;
    }
  job->result = us_mechanism_result_new_posterior (ask->posterior, attributed, x, note, job->cancelled, error);
  return job->result != NULL;
}

static gboolean
read_series (Job             *job,
             UsMeasurements **data,
             float           *x,
             GError         **error)
{
  UsMechanismRequest *ask = &job->ask;
  const UsOutput *output = us_predictor_observed (ask->predictor);

  if (output == NULL)
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                           _("This model was trained on a plain table: it knows no series that data could be laid on."));
      return FALSE;
    }
  *data = us_measurements_read (ask->data_path, ask->options, error);
  if (*data == NULL
      || !us_measurements_to_output (*data, output, 1, ask->options != NULL && ask->options->mask_bad, x, error))
    return FALSE;
  if (us_summary_check (us_predictor_summary (ask->predictor), x, error))
    return TRUE;
  g_prefix_error (error, "%s: ", (*data)->origin);
  return FALSE;
}

static gboolean
ask_predictor (Job     *job,
               GError **error)
{
  UsPredictor *predictor = job->ask.predictor;
  g_autofree float *x = g_new (float, us_predictor_n_values (predictor));
  g_autofree char *unusual = NULL;
  g_autoptr(UsMeasurements) data = NULL;
  g_autoptr(UsMechanismFits) fits = NULL;
  g_autoptr(GError) own = NULL, no_fits = NULL;
  UsUsualLevel level = US_USUAL;

  if (!read_series (job, &data, x, error))
    return FALSE;
  unusual = us_mechanism_unusual (predictor, x, job->ask.rows > 0 ? job->ask.rows : PREDICTOR_ROWS, on_progress, job,
                                  job->cancelled, &level, &own);
  job->result = us_mechanism_result_new_predictor (predictor, data, x, unusual, level, own != NULL ? own->message : NULL, NULL,
                                                   NULL);
  if (us_predictor_head (predictor)->kind != US_HEAD_CLASSES || is_cancelled (job))
    return TRUE;
  /* what the network says is seen at once; fits take their time */
  job->phase = US_MECHANISM_FITTING;
  fits = us_mechanism_fits_new (predictor, x, on_progress, job, job->cancellable, &no_fits);
  if (is_cancelled (job))
    return TRUE;
  us_mechanism_result_unref (job->result);
  job->result = us_mechanism_result_new_predictor (predictor, data, x, unusual, level, own != NULL ? own->message : NULL, fits,
                                                   no_fits != NULL ? no_fits->message : NULL);
  return TRUE;
}

static void
find_out (gpointer    data,
          const gint *cancelled)
{
  Job *job = data;
  GError *error = NULL;

  job->cancelled = cancelled;
  if (job->ask.posterior != NULL)
    ask_posterior (job, &error);
  else if (job->ask.predictor != NULL)
    ask_predictor (job, &error);
  else
    return;
  post (job, FALSE, 1, error);
}

/* --- on the main thread ----------------------------------------------------------------------- */

UsMechanismWorker *
us_mechanism_worker_new (UsMailbox *mailbox)
{
  UsMechanismWorker *self = g_new0 (UsMechanismWorker, 1);

  self->preview = us_preview_new ("mechanism");
  self->mailbox = us_mailbox_ref (mailbox);
  return self;
}

void
us_mechanism_worker_cancel (UsMechanismWorker *self)
{
  if (self->cancellable == NULL)
    return;
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  /* an empty request takes the slot, so that what is at work sees its flag */
  us_preview_submit (self->preview, find_out, g_new0 (Job, 1), job_free);
}

void
us_mechanism_worker_free (UsMechanismWorker *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  us_preview_free (self->preview);
  us_mailbox_unref (self->mailbox);
  g_clear_object (&self->cancellable);
  g_free (self);
}

void
us_mechanism_worker_ask (UsMechanismWorker        *self,
                         const UsMechanismRequest *request)
{
  Job *job = g_new0 (Job, 1);

  g_return_if_fail ((request->posterior == NULL) != (request->predictor == NULL) && request->data_path != NULL);

  job->ask = *request;
  job->ask.data_path = g_strdup (request->data_path);
  job->ask.options = us_measurements_options_copy (request->options);
  if (request->posterior != NULL)
    us_posterior_ref (request->posterior);
  if (request->predictor != NULL)
    us_predictor_ref (request->predictor);
  if (request->attributor != NULL)
    us_attributor_ref (request->attributor);
  job->mailbox = us_mailbox_ref (self->mailbox);
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  job->cancellable = g_object_ref (self->cancellable);
  us_preview_submit (self->preview, find_out, job, job_free);
}
