/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-evidence-plots.h"
#include "us-mailbox.h"

G_BEGIN_DECLS

/**
 * UsEvidenceView:
 *
 * Evidence with its figures, ready to be shown.  Const once made; atomic reference count.
 */
typedef struct
{
  gatomicrefcount ref_count;
  UsEvidence     *evidence;
  UsPlot         *information[2][2];    /* UsEvidenceMatrix; nats, bits */
  UsPlot         *budget;
  gsize           n_worst;
  UsPlot        **worst;                /* (n_worst) */
} UsEvidenceView;

UsEvidenceView *us_evidence_view_ref     (UsEvidenceView   *self);
void            us_evidence_view_unref   (UsEvidenceView   *self);

/* What comes back, many times a request: the newest view, and how far the next one is. */
typedef struct
{
  UsSimvae       *model;        /* it is about */
  UsEvidenceView *view;         /* NULL: none yet */
  gsize           n_pairs;      /* being measured; 0: all is done, or failed */
  double          fraction;     /* 0 .. 1 of all pairs */
  GError         *error;        /* or NULL */
} UsEvidenceLetter;

void            us_evidence_letter_free  (UsEvidenceLetter *self);

/**
 * UsEvidenceWorker:
 *
 * Measures models on a thread of its own, at low priority: a first impression of
 * few pairs, then of many.  One model at a time, the newest.  Made, fed and freed on the main thread.
 */
typedef struct _UsEvidenceWorker UsEvidenceWorker;

UsEvidenceWorker *us_evidence_worker_new     (UsMailbox        *mailbox);
/* Cancels and joins. */
void              us_evidence_worker_free    (UsEvidenceWorker *self);
/* first: of the impression; 2,000 and 10,000 unless set. */
void              us_evidence_worker_set_pairs (UsEvidenceWorker *self,
                                              gsize             first,
                                              gsize             all);
void              us_evidence_worker_measure (UsEvidenceWorker *self,
                                              UsSimvae         *model);
/* What is at work is thrown away; no letter of it follows but one already posted. */
void              us_evidence_worker_cancel  (UsEvidenceWorker *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsEvidenceLetter, us_evidence_letter_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsEvidenceView, us_evidence_view_unref)

G_END_DECLS
