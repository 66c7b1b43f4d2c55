/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-predictor-task.h"
#include "us-selection.h"
#include <gio/gio.h>

G_BEGIN_DECLS

/* N rows, K mechanisms. */

/* Who says which mechanism it was. */
typedef enum
{
  US_JUDGE_NETWORK,
  US_JUDGE_AIC,              /* Akaike weights of maximum-likelihood fits (us-fit.h) */
  US_JUDGE_AICC,
  US_JUDGE_BIC,
  US_JUDGE_EVIDENCE,         /* marginal likelihoods by importance sampling: the best that can be, but for their own noise */
  US_N_JUDGES,
} UsJudge;

/* "network", "aic", "aicc", "bic", "evidence" */
const char *us_judge_id    (UsJudge judge);
/* "Network", "AIC" …, translatable */
const char *us_judge_label (UsJudge judge);

typedef struct
{
  gsize    n_rows;           /* 0: 500 */
  gboolean fits;             /* AIC, AICc and BIC as well: a fit of each mechanism to each row */
  gboolean evidence;         /* and the evidence, some ten thousand runs each */
  guint    n_starts;         /* of a fit; 0: 4 */
  guint    n_draws;          /* for an evidence; 0: 4,000 */
  guint    n_workers;        /* 0: all */
} UsContestOptions;

/**
 * UsContest:
 *
 * Judges of the same fresh rows, whose mechanism is known.  Plain data, one owner.
 */
typedef struct
{
  gsize        n_rows, n_classes;
  guint32     *truth;                    /* (N) */
  double      *p[US_N_JUDGES];           /* (N, K), or NULL: was not asked */
  UsSelection *selections[US_N_JUDGES];  /* or NULL */
  double       against[US_N_JUDGES];     /* McNemar's p of the network's errors against this judge's */
  gsize        n_failed;                 /* fits that could not be made: their mechanism gets no weight */
} UsContest;

/* predictor: trained on the same task, whose rows from 2^40 on it has not seen.  progress, or NULL: rows that are done.
 * Errors: US_FORMAT_ERROR_MISMATCH: not a predictor of this task; UNSUPPORTED: fits, of what is not the simulators' first
 * output; those of the simulators; G_IO_ERROR_CANCELLED.  Same rows and options, same bits. */
UsContest *us_contest_new  (const UsTask           *task,
                            const UsPredictor      *predictor,
                            const UsContestOptions *options,
                            void                  (*progress) (gsize done, gsize count, gpointer data),
                            gpointer                data,
                            GCancellable           *cancellable,
                            GError                **error);
void       us_contest_free (UsContest              *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsContest, us_contest_free)

G_END_DECLS
