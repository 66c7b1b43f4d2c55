/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-mailbox.h"
#include "us-mechanism-verdicts.h"

G_BEGIN_DECLS

/**
 * UsMechanismVerdict:
 *
 * What was measured, and its words.  One of the first three, as the network was.  Atomic reference count; const once made.
 */
typedef struct
{
  gatomicrefcount      ref_count;
  UsPosteriorEvidence *posterior;
  UsSelectionEvidence *selection;
  UsIntervalEvidence  *intervals;
  UsFindings          *findings;
} UsMechanismVerdict;

UsMechanismVerdict *us_mechanism_verdict_ref   (UsMechanismVerdict *self);
void                us_mechanism_verdict_unref (UsMechanismVerdict *self);

/* What comes back, several times a request. */
typedef struct
{
  guint               serial;
  gboolean            working;  /* more letters follow */
  double              fraction; /* 0 .. 1 */
  UsMechanismVerdict *verdict;  /* or NULL */
  GError             *error;    /* or NULL */
} UsMechanismEvidenceLetter;

void us_mechanism_evidence_letter_free (UsMechanismEvidenceLetter *self);

/**
 * UsMechanismEvidenceWorker:
 *
 * Measures on a thread of its own.  The newest request wins.  Made, fed and freed on the main thread.
 */
typedef struct _UsMechanismEvidenceWorker UsMechanismEvidenceWorker;

UsMechanismEvidenceWorker *us_mechanism_evidence_worker_new     (UsMailbox                 *mailbox);
/* Cancels and joins. */
void                       us_mechanism_evidence_worker_free    (UsMechanismEvidenceWorker *self);
/* One of them, the other NULL; references are taken.  n: simulations; of a choice of mechanism those that are fitted too.
 * bank: NULL, or a table of rows that a posterior was not trained on. */
void                       us_mechanism_evidence_worker_measure (UsMechanismEvidenceWorker *self,
                                                                 guint                      serial,
                                                                 UsPosterior               *posterior,
                                                                 UsPredictor               *predictor,
                                                                 gsize                      n,
                                                                 const char                *bank);
/* No letter comes of what is at work. */
void                       us_mechanism_evidence_worker_cancel  (UsMechanismEvidenceWorker *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsMechanismVerdict, us_mechanism_verdict_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsMechanismEvidenceLetter, us_mechanism_evidence_letter_free)

G_END_DECLS
