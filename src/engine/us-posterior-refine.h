/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-posterior.h"

G_BEGIN_DECLS

/* R rounds, N simulations of each, P parameters, V values of x. */

typedef struct
{
  UsPosterior *model;            /* to begin with: it names simulator, prior and targets; borrowed */
  const float *x;                /* (V) the observation; NaN: not observed */
  guint        rounds;           /* R; 0: 5 */
  gsize        simulations;      /* N; 0: 1,000 */
  guint64      seed;
  guint        n_workers;        /* 0: all processors */
  int          niceness;
  UsPosteriorTuning tuning;      /* of each round */
  const char  *command;          /* for the record, or NULL */
} UsPosteriorRefineConfig;

/* After each round. */
typedef void (*UsPosteriorRoundFunc) (const UsPosteriorRound *round,
                                      gpointer                data);

/**
 * us_posterior_refine:
 *
 * Spends R N further simulations on one observation: truncated sequential neural posterior estimation (Deistler,
 * Goncalves, Macke, NeurIPS 2022).  In each round the prior is cut to where log q (θ | x) is above its 10⁻⁴ quantile over
 * draws of the last round's posterior, inside all earlier cuts; N simulations are made there and a new posterior is
 * trained on all simulations of the refinement that lie inside.  These are draws of the cut prior, so that plain maximum
 * likelihood holds, and the cut takes a 10⁻⁴ of the posterior a round.
 *
 * What comes out holds for x alone (us_posterior_observation()).  Its record has the rounds.  Same configuration, same bits,
 * whatever the number of workers.  Synchronous; on_round, progress, or NULL: called on this thread.
 *
 * Errors: US_FORMAT_ERROR_MISSING: the model was trained on a table without a simulator; US_FORMAT_ERROR_VALUE: it was
 * itself refined for another observation, x is not finite, the cut left nothing, the simulator failed; those of
 * us_posterior_train(); US_FORMAT_ERROR_TOO_LARGE: no memory for so many simulations; G_IO_ERROR_CANCELLED.
 */
UsPosterior *us_posterior_refine (const UsPosteriorRefineConfig *config,
                                  UsPosteriorRoundFunc           on_round,
                                  UsPosteriorProgressFunc        progress,
                                  gpointer                       data,
                                  const gint                    *cancelled,
                                  GError                       **error);

G_END_DECLS
