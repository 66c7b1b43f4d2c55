/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-findings.h"
#include "us-posterior-evidence.h"
#include "us-selection-evidence.h"

G_BEGIN_DECLS

/* Whether what was learnt from mechanisms is to be believed, in words, tables and figures.  Any thread, no GTK. */

/* How often the intervals of a group of targets (a quantity; all points of a series) hold the truth. */
typedef struct
{
  char    *name, *label, *unit;
  gboolean series;              /* of many points: of one row they are not independent */
  gsize    n_levels;            /* intervals, the widest first */
  double  *stated, *inside;     /* (n_levels) mass, and share of held-out truths inside */
  double   rmse, r2;            /* of the middle */
  gsize    n;                   /* truths; of a series the first point's are kept below */
  double  *truth, *middle;      /* (n) of a quantity; NULL of a series */
} UsIntervalGroup;

/* Of a predictor of quantities or of the future, on simulations that it was not trained on. */
typedef struct
{
  gsize            n_rows;
  gsize            n_groups;
  UsIntervalGroup *groups;
  gboolean         has_intervals;       /* FALSE: its head tells means only */
} UsIntervalEvidence;

/* progress: of simulations, or NULL.  Errors: those of us_mechanism_task_new() and us_task_simulate(). */
UsIntervalEvidence *us_interval_evidence_new     (const UsPredictor          *predictor,
                                                  gsize                       n_rows,
                                                  guint64                     seed,
                                                  guint                       n_workers,
                                                  void                      (*progress) (gsize done, gsize count, gpointer data),
                                                  gpointer                    data,
                                                  const gint                 *cancelled,
                                                  GError                    **error);
void                us_interval_evidence_free    (UsIntervalEvidence         *self);

UsFindings         *us_findings_of_posterior     (const UsPosteriorEvidence  *evidence);
UsFindings         *us_findings_of_selection     (const UsSelectionEvidence  *evidence);
UsFindings         *us_findings_of_intervals     (const UsIntervalEvidence   *evidence);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsIntervalEvidence, us_interval_evidence_free)

G_END_DECLS
