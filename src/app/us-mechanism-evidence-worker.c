/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-mechanism-evidence-worker.h"

#include "us-preview.h"

#define SEED 1
#define CHOICES 4000            /* simulations that a choice of mechanism is asked about; fewer of them are fitted too */

typedef struct
{
  guint         serial;
  UsPosterior  *posterior;      /* one of them; nothing is asked where both are NULL */
  UsPredictor  *predictor;
  gsize         n;
  char         *bank;
  UsMailbox    *mailbox;
  GCancellable *cancellable;
  const gint   *cancelled;
} Job;

struct _UsMechanismEvidenceWorker
{
  UsPreview    *preview;
  UsMailbox    *mailbox;
  GCancellable *cancellable;    /* of the newest request, or NULL */
};

UsMechanismVerdict *
us_mechanism_verdict_ref (UsMechanismVerdict *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
us_mechanism_verdict_unref (UsMechanismVerdict *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  us_posterior_evidence_free (self->posterior);
  us_selection_evidence_free (self->selection);
  us_interval_evidence_free (self->intervals);
  g_clear_pointer (&self->findings, us_findings_unref);
  g_free (self);
}

void
us_mechanism_evidence_letter_free (UsMechanismEvidenceLetter *self)
{
  g_clear_pointer (&self->verdict, us_mechanism_verdict_unref);
  g_clear_error (&self->error);
  g_free (self);
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_clear_pointer (&job->posterior, us_posterior_unref);
  g_clear_pointer (&job->predictor, us_predictor_unref);
  g_clear_pointer (&job->mailbox, us_mailbox_unref);
  g_clear_object (&job->cancellable);
  g_free (job->bank);
  g_free (job);
}

/* --- on the worker's thread ------------------------------------------------------------------ */

static void
post (Job                *job,
      double              fraction,
      UsMechanismVerdict *verdict,      /* taken over */
      GError             *error)        /* taken over */
{
  UsMechanismEvidenceLetter *letter = g_new0 (UsMechanismEvidenceLetter, 1);

  *letter = (UsMechanismEvidenceLetter) { .serial = job->serial, .working = verdict == NULL && error == NULL,
                                          .fraction = fraction, .verdict = verdict, .error = error };
  if (g_atomic_int_get (job->cancelled) || g_cancellable_is_cancelled (job->cancellable))
    us_mechanism_evidence_letter_free (letter);
  else
    us_mailbox_post (job->mailbox, letter);
}

static void
on_progress (gsize    done,
             gsize    count,
             gpointer data)
{
  Job *job = data;

  /* a newer request has taken the slot */
  if (g_atomic_int_get (job->cancelled))
    g_cancellable_cancel (job->cancellable);
  post (job, (double) done / count, NULL, NULL);
}

/* One processor is left to who looks at something else meanwhile. */
static guint
workers (void)
{
  return MAX (1, g_get_num_processors () - 1);
}

static void
measure_posterior (Job                 *job,
                   UsMechanismVerdict  *verdict,
                   GError             **error)
{
  const UsPosteriorEvidenceConfig config = {
    .n_simulations = job->n, .seed = SEED, .bank = job->bank, .n_workers = workers (), .progress = on_progress, .data = job,
  };

  verdict->posterior = us_posterior_evidence_new (job->posterior, &config, job->cancellable, error);
  if (verdict->posterior != NULL)
    verdict->findings = us_findings_of_posterior (verdict->posterior);
}

static void
measure_predictor (Job                 *job,
                   UsMechanismVerdict  *verdict,
                   GError             **error)
{
  const UsSelectionConfig config = {
    .n_rows = MAX (CHOICES, job->n), .n_fitted = job->n, .seed = SEED, .n_workers = workers (), .progress = on_progress,
    .data = job,
  };

  if (us_predictor_head (job->predictor)->kind == US_HEAD_CLASSES)
    {
      verdict->selection = us_selection_evidence_new (job->predictor, &config, job->cancellable, error);
      if (verdict->selection != NULL)
        verdict->findings = us_findings_of_selection (verdict->selection);
      return;
    }
  verdict->intervals = us_interval_evidence_new (job->predictor, job->n, SEED, workers (), on_progress, job, job->cancelled, error);
  if (verdict->intervals != NULL)
    verdict->findings = us_findings_of_intervals (verdict->intervals);
}

static void
measure (gpointer    data,
         const gint *cancelled)
{
  Job *job = data;
  UsMechanismVerdict *verdict;
  GError *error = NULL;

  job->cancelled = cancelled;
  if (job->posterior == NULL && job->predictor == NULL)
    return;
  verdict = g_new0 (UsMechanismVerdict, 1);
  g_atomic_ref_count_init (&verdict->ref_count);
  if (job->posterior != NULL)
    measure_posterior (job, verdict, &error);
  else
    measure_predictor (job, verdict, &error);
  if (error != NULL)
    g_clear_pointer (&verdict, us_mechanism_verdict_unref);
  post (job, 1, verdict, error);
}

/* --- on the main thread ------------------------------------------------------------------------- */

UsMechanismEvidenceWorker *
us_mechanism_evidence_worker_new (UsMailbox *mailbox)
{
  UsMechanismEvidenceWorker *self = g_new0 (UsMechanismEvidenceWorker, 1);

  self->preview = us_preview_new ("verdict");
  self->mailbox = us_mailbox_ref (mailbox);
  return self;
}

void
us_mechanism_evidence_worker_cancel (UsMechanismEvidenceWorker *self)
{
  if (self->cancellable == NULL)
    return;
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  /* an empty request takes the slot, so that what is at work sees its flag */
  us_preview_submit (self->preview, measure, g_new0 (Job, 1), job_free);
}

void
us_mechanism_evidence_worker_free (UsMechanismEvidenceWorker *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  us_preview_free (self->preview);
  us_mailbox_unref (self->mailbox);
  g_clear_object (&self->cancellable);
  g_free (self);
}

void
us_mechanism_evidence_worker_measure (UsMechanismEvidenceWorker *self,
                                      guint                      serial,
                                      UsPosterior               *posterior,
                                      UsPredictor               *predictor,
                                      gsize                      n,
                                      const char                *bank)
{
  Job *job = g_new0 (Job, 1);

  job->serial = serial;
  job->posterior = posterior != NULL ? us_posterior_ref (posterior) : NULL;
  job->predictor = predictor != NULL ? us_predictor_ref (predictor) : NULL;
  job->n = n;
  job->bank = g_strdup (bank);
  job->mailbox = us_mailbox_ref (self->mailbox);
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  job->cancellable = g_object_ref (self->cancellable);
  us_preview_submit (self->preview, measure, job, job_free);
}
