/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-attribution-worker.h"

#include "us-posterior-data.h"

#include "us-preview.h"

#define NICENESS 5
#define PARAMETERS 12           /* marginals that are drawn */

typedef struct
{
  UsAttributionRequest ask;     /* its pointers owned here */
  UsMailbox    *mailbox;
  UsAttributed *answer;         /* to be painted, or found */
  char         *note;           /* on the data */
  gssize        pinned;
  GPtrArray    *plots, *paintings;
  const gint   *cancelled;
} Job;

struct _UsAttributionWorker
{
  UsPreview *preview;
  UsMailbox *mailbox;
};

void
us_attribution_letter_free (UsAttributionLetter *self)
{
  g_clear_pointer (&self->answer, us_attributed_unref);
  g_clear_pointer (&self->attributor, us_attributor_unref);
  g_clear_pointer (&self->plots, g_ptr_array_unref);
  g_clear_pointer (&self->paintings, g_ptr_array_unref);
  g_clear_error (&self->error);
  g_free (self->note);
  g_free (self);
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free ((char *) job->ask.bank);
  g_free ((char *) job->ask.data_path);
  us_measurements_options_free ((UsMeasurementsOptions *) job->ask.options);
  g_clear_pointer (&job->ask.posterior, us_posterior_unref);
  g_clear_pointer (&job->ask.attributor, us_attributor_unref);
  g_clear_pointer (&job->answer, us_attributed_unref);
  g_free (job->note);
  g_clear_pointer (&job->plots, g_ptr_array_unref);
  g_clear_pointer (&job->paintings, g_ptr_array_unref);
  us_mailbox_unref (job->mailbox);
  g_free (job);
}

/* --- on the worker's thread --------------------------------------------------------- */

static void
post (Job                 *job,
      gboolean             working,
      double               fraction,
      GError              *error,               /* taken over */
      UsAttributionFailure failure)
{
  UsAttributionLetter *letter = g_new0 (UsAttributionLetter, 1);

  letter->serial = job->ask.serial;
  letter->attributor = job->ask.attributor != NULL ? us_attributor_ref (job->ask.attributor) : NULL;
  letter->answer = job->answer != NULL ? us_attributed_ref (job->answer) : NULL;
  letter->note = g_strdup (job->note);
  letter->plots = g_steal_pointer (&job->plots);
  letter->paintings = g_steal_pointer (&job->paintings);
  letter->working = working;
  letter->fraction = fraction;
  letter->error = error;
  letter->failure = failure;
  us_mailbox_post (job->mailbox, letter);
}

static void
on_progress (double   fraction,
             gpointer data)
{
  Job *job = data;

  if (!g_atomic_int_get (job->cancelled))
    post (job, TRUE, fraction, NULL, 0);
}

/* TRUE: it failed, which was told, or somebody wants something newer. */
static gboolean
has_failed (Job                 *job,
            gboolean             done,
            GError              *error,
            UsAttributionFailure failure)
{
  if (g_atomic_int_get (job->cancelled))
    {
      g_clear_error (&error);
      return TRUE;
    }
  if (!done)
    post (job, FALSE, 0, error, failure);
  return !done;
}

static void
find_out (gpointer    data,
          const gint *cancelled)
{
  Job *job = data;
  UsAttributionRequest *ask = &job->ask;
  g_autofree float *x = NULL;
  GError *error = NULL;

  job->cancelled = cancelled;
  /* what is wrong with the data is said before anybody waits for simulations */
  if (ask->data_path != NULL)
    {
      gboolean done;

      x = g_new (float, us_posterior_n_values (ask->posterior));
      done = us_posterior_read_data (ask->posterior, ask->data_path, -1, ask->options, x, &job->note, &error);
      if (has_failed (job, done, error, US_ATTRIBUTION_FAILED_DATA))
        return;
    }
  /* a table's model waits for its table to be chosen */
  if (ask->attributor == NULL && (ask->bank != NULL || us_posterior_prior (ask->posterior) != NULL))
    {
      const UsAttributorConfig config = { .bank = ask->bank, .rows = ask->rows, .niceness = NICENESS };

      ask->attributor = us_attributor_new (ask->posterior, &config, on_progress, job, cancelled, &error);
      if (has_failed (job, ask->attributor != NULL, error, US_ATTRIBUTION_FAILED_SIMULATIONS))
        return;
    }
  if (ask->attributor != NULL && x != NULL)
    {
      const UsAttributedOptions options = { .adjust = ask->adjust };

      job->answer = us_attributor_answer (ask->attributor, x, &options, cancelled, &error);
      if (has_failed (job, job->answer != NULL, error, US_ATTRIBUTION_FAILED_DATA))
        return;
    }
  post (job, FALSE, 1, NULL, 0);
}

static void
paint (gpointer    data,
       const gint *cancelled)
{
  Job *job = data;
  gsize n_series = us_attributed_n_series (job->answer);
  gsize n = n_series + MIN (job->answer->matches->n_parameters, PARAMETERS);

  job->cancelled = cancelled;
  job->plots = g_ptr_array_new_with_free_func ((GDestroyNotify) us_plot_unref);
  for (gsize i = 0; i < n && !g_atomic_int_get (cancelled); i++)
    {
      g_ptr_array_add (job->plots, i < n_series ? us_attributed_plot_series (job->answer, i, 0, job->pinned)
                                                : us_attributed_plot_marginal (job->answer, i - n_series, job->pinned));
      if (i < job->paintings->len && job->paintings->pdata[i] != NULL)
        us_chart_painting_paint (job->paintings->pdata[i], job->plots->pdata[i]);
    }
  if (!g_atomic_int_get (cancelled))
    post (job, FALSE, 1, NULL, 0);
}

/* --- on the main thread --------------------------------------------------------------- */

UsAttributionWorker *
us_attribution_worker_new (UsMailbox *mailbox)
{
  UsAttributionWorker *self = g_new0 (UsAttributionWorker, 1);

  self->preview = us_preview_new ("attribution");
  self->mailbox = us_mailbox_ref (mailbox);
  return self;
}

void
us_attribution_worker_free (UsAttributionWorker *self)
{
  us_preview_free (self->preview);
  us_mailbox_unref (self->mailbox);
  g_free (self);
}

void
us_attribution_worker_ask (UsAttributionWorker        *self,
                           const UsAttributionRequest *request)
{
  Job *job = g_new0 (Job, 1);

  job->ask = *request;
  job->ask.bank = g_strdup (request->bank);
  job->ask.data_path = g_strdup (request->data_path);
  job->ask.options = us_measurements_options_copy (request->options);
  us_posterior_ref (request->posterior);
  if (request->attributor != NULL)
    us_attributor_ref (request->attributor);
  job->mailbox = us_mailbox_ref (self->mailbox);
  us_preview_submit (self->preview, find_out, job, job_free);
}

void
us_attribution_worker_paint (UsAttributionWorker *self,
                             guint                serial,
                             UsAttributed        *answer,
                             gssize               pinned,
                             GPtrArray           *paintings)
{
  Job *job = g_new0 (Job, 1);

  job->ask.serial = serial;
  job->answer = us_attributed_ref (answer);
  job->pinned = pinned;
  job->paintings = paintings;
  job->mailbox = us_mailbox_ref (self->mailbox);
  us_preview_submit (self->preview, paint, job, job_free);
}
