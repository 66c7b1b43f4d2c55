/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-evidence-worker.h"

#include "us-pool.h"
#include "us-preview.h"

#include <glib/gi18n.h>

#define FIRST_PAIRS 2000
#define ALL_PAIRS   10000
#define SEED        1
#define N_WORST     4
/* The window, and what follows a slider, stay ahead. */
#define NICENESS    10

struct _UsEvidenceWorker
{
  UsPreview    *preview;        /* owned: nobody else's, since the work is long */
  UsMailbox    *mailbox;        /* owned */
  GCancellable *cancellable;    /* of the newest request, or NULL */
  gsize         first, all;
};

typedef struct
{
  UsSimvae       *model;
  UsMailbox      *mailbox;
  GCancellable   *cancellable;
  gsize           pairs[2];
  int             stage;
  UsEvidenceView *view;         /* newest, or NULL */
} Request;

/* -- views and letters -------------------------------------------------- */

UsEvidenceView *
us_evidence_view_ref (UsEvidenceView *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
us_evidence_view_unref (UsEvidenceView *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  for (int i = 0; i < 4; i++)
    us_plot_unref (self->information[i / 2][i % 2]);
  us_plot_unref (self->budget);
  for (gsize i = 0; i < self->n_worst; i++)
    us_plot_unref (self->worst[i]);
  g_free (self->worst);
  us_evidence_unref (self->evidence);
  g_free (self);
}

static UsEvidenceView *
view_new (UsEvidence *evidence)         /* taken over */
{
  UsEvidenceView *self = g_new0 (UsEvidenceView, 1);
  gboolean symmetric = evidence->evaluation->histogram->equivalent != NULL;

  g_atomic_ref_count_init (&self->ref_count);
  self->evidence = evidence;
  for (int bits = 0; bits < 2; bits++)
    {
      self->information[US_MATRIX_ANSWERS][bits] =
        us_evidence_plot_information (evidence, US_MATRIX_ANSWERS, bits, _("What the answers tell"));
      self->information[US_MATRIX_TRUTH][bits] =
        us_evidence_plot_information (evidence, US_MATRIX_TRUTH, bits,
                                      symmetric ? _("What any equally right answer tells")
                                                : _("What perfect answers tell"));
    }
  self->budget = us_evidence_plot_budget (evidence, NULL);
  self->n_worst = us_evidence_n_worst_plots (evidence);
  self->worst = g_new0 (UsPlot *, self->n_worst + 1);
  for (gsize i = 0; i < self->n_worst; i++)
    self->worst[i] = us_evidence_plot_worst (evidence, i);
  return self;
}

void
us_evidence_letter_free (UsEvidenceLetter *self)
{
  us_simvae_unref (self->model);
  g_clear_pointer (&self->view, us_evidence_view_unref);
  g_clear_error (&self->error);
  g_free (self);
}

/* -- the work ----------------------------------------------------------- */

static void
request_free (gpointer data)
{
  Request *request = data;

  us_simvae_unref (request->model);
  us_mailbox_unref (request->mailbox);
  g_object_unref (request->cancellable);
  g_clear_pointer (&request->view, us_evidence_view_unref);
  g_free (request);
}

static void
post (Request *request,
      gsize    n_pairs,
      double   fraction,
      GError  *error)           /* taken over */
{
  UsEvidenceLetter *letter = g_new0 (UsEvidenceLetter, 1);

  letter->model = us_simvae_ref (request->model);
  letter->view = request->view != NULL ? us_evidence_view_ref (request->view) : NULL;
  letter->n_pairs = n_pairs;
  letter->fraction = fraction;
  letter->error = error;
  us_mailbox_post (request->mailbox, letter);
}

static void
on_progress (double   fraction,
             gpointer data)
{
  Request *request = data;
  double done = request->stage == 0 ? 0 : request->pairs[0];

  if (!g_cancellable_is_cancelled (request->cancellable))
    post (request, request->pairs[request->stage],
          (done + fraction * request->pairs[request->stage]) / (request->pairs[0] + request->pairs[1]), NULL);
}

/* On the preview thread. */
static void
measure (gpointer    data,
         const gint *cancelled)
{
  Request *request = data;

  for (request->stage = 0; request->stage < 2; request->stage++)
    {
      const UsEvaluateConfig config = {
        .n_pairs = request->pairs[request->stage], .seed = SEED, .niceness = NICENESS, .progress = on_progress, .data = request,
      };
      g_autoptr(GError) error = NULL;
      UsEvidence *evidence;

      if (g_cancellable_is_cancelled (request->cancellable))
        return;
      evidence = us_evidence_new (request->model, &config, N_WORST, request->cancellable, &error);
      if (g_cancellable_is_cancelled (request->cancellable))
        {
          g_clear_pointer (&evidence, us_evidence_unref);
          return;
        }
      if (evidence == NULL)
        {
          post (request, 0, 1, g_steal_pointer (&error));
          return;
        }
      g_clear_pointer (&request->view, us_evidence_view_unref);
      request->view = view_new (evidence);
      if (request->stage == 0 && request->pairs[1] > request->pairs[0])
        on_progress (1, request);
      else
        break;
    }
  post (request, 0, 1, NULL);
}

/* -- the main thread ---------------------------------------------------- */

UsEvidenceWorker *
us_evidence_worker_new (UsMailbox *mailbox)
{
  UsEvidenceWorker *self = g_new0 (UsEvidenceWorker, 1);

  self->preview = us_preview_new ("evidence");
  self->mailbox = us_mailbox_ref (mailbox);
  self->first = FIRST_PAIRS;
  self->all = ALL_PAIRS;
  return self;
}

void
us_evidence_worker_free (UsEvidenceWorker *self)
{
  us_evidence_worker_cancel (self);
  us_preview_free (self->preview);
  us_mailbox_unref (self->mailbox);
  g_free (self);
}

void
us_evidence_worker_set_pairs (UsEvidenceWorker *self,
                              gsize             first,
                              gsize             all)
{
  g_return_if_fail (first > 1 && all >= first);

  self->first = first;
  self->all = all;
}

void
us_evidence_worker_measure (UsEvidenceWorker *self,
                            UsSimvae         *model)
{
  Request *request = g_new0 (Request, 1);

  us_evidence_worker_cancel (self);
  self->cancellable = g_cancellable_new ();
  request->model = us_simvae_ref (model);
  request->mailbox = us_mailbox_ref (self->mailbox);
  request->cancellable = g_object_ref (self->cancellable);
  request->pairs[0] = self->first;
  request->pairs[1] = self->all;
  us_preview_submit (self->preview, measure, request, request_free);
}

void
us_evidence_worker_cancel (UsEvidenceWorker *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
}
