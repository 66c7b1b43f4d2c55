/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-error-budget.h"
#include "us-evaluate.h"

G_BEGIN_DECLS

/* P parameters, N values of the output. */

/**
 * UsPublishedScore:
 *
 * What Table 1 of the SimVAE paper says of a simulator (Srivastava, Rosenberg,
 * Gutfreund, Cox 2019, arXiv 1911.08051): MIG of its model and, in brackets
 * there, of the ground truth.
 */
typedef struct
{
  const char *simulator;        /* id */
  double      mig, mig_truth;
} UsPublishedScore;

/* NULL: the paper does not have it. */
const UsPublishedScore *us_published_score (const char *simulator_id);

/* A pair whose answer, run again in the simulator, is far from the data. */
typedef struct
{
  gsize   row;                  /* of the evaluation's pairs */
  double *theta, *answer;       /* (P) V and Z, in the parameters' units */
  float  *x;                    /* (N) S(V); of a noisy output here and below the mean of US_REPEATS_ONE runs */
  float  *decoded;              /* (N) G(Z) */
  float  *simulated;            /* (N) S(Z) */
  double  rms_both, rms_simulator;      /* of decoded and of simulated against x, output's units */
} UsWorstCase;

/**
 * UsEvidence:
 *
 * Everything that page and report say of a model: measures on held-out pairs,
 * how the errors fell in training, where it is worst, and what was published.
 * Const once made; atomic reference count; any thread.
 */
typedef struct
{
  gatomicrefcount         ref_count;
  UsSimvae               *model;
  UsEvaluation           *evaluation;   /* MIM, MIG and ceilings, accuracy modulo symmetry, derived quantities,
                                         * errors, coverage */
  UsErrorBudget          *budget;
  const UsPublishedScore *published;    /* NULL: not in the paper */
  gsize                   n_worst;
  UsWorstCase            *worst;        /* (n_worst) worst first, by rms_simulator; answers on which the simulator
                                         * does not run are counted in the evaluation, not shown */
  double                  seconds;      /* that it took */
} UsEvidence;

/* config: NULL for 10,000 pairs.  n_worst: at most.  Errors: no encoder, the simulator's, cancelled. */
UsEvidence *us_evidence_new   (UsSimvae               *model,
                               const UsEvaluateConfig *config,
                               gsize                   n_worst,
                               GCancellable           *cancellable,
                               GError                **error);
UsEvidence *us_evidence_ref   (UsEvidence             *self);
void        us_evidence_unref (UsEvidence             *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsEvidence, us_evidence_unref)

G_END_DECLS
