/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-pool.h"

G_BEGIN_DECLS

/* B rows, D targets, L levels, K classes, O numbers that the network gives for a row. */

#define US_HEAD_MAX_LEVELS 33

/**
 * UsHeadKind:
 * @US_HEAD_MEAN: squared error: the network learns the posterior mean; O = D
 * @US_HEAD_QUANTILES: pinball loss (Koenker, Bassett 1978): the quantiles of each target; the middle level as it
 *   is and steps from there that softplus keeps positive, so that they cannot cross; O = D L
 * @US_HEAD_CLASSES: cross-entropy: the probability of each class; O = K
 */
typedef enum
{
  US_HEAD_MEAN,
  US_HEAD_QUANTILES,
  US_HEAD_CLASSES,
} UsHeadKind;

typedef struct
{
  UsHeadKind kind;
  gsize      n_targets;      /* D, or K */
  gsize      n_levels;       /* L; 0 of other kinds */
  double     levels[US_HEAD_MAX_LEVELS];   /* rising, inside 0 .. 1 */
} UsHead;

/* "mean", "quantiles", "classes" */
const char *us_head_kind_name      (UsHeadKind    kind);
gboolean    us_head_kind_from_name (const char   *name,
                                    UsHeadKind   *kind);
gsize       us_head_n_outputs      (const UsHead *self);
/* Numbers of an answer: D, D L or K. */
gsize       us_head_n_answers      (const UsHead *self);
/* out: (rows, O).  answer: (rows, D), (rows, D, L) or (rows, K), probabilities of the outputs over `temperature`. */
void        us_head_answer         (const UsHead *self,
                                    gsize         rows,
                                    const float  *out,
                                    double        temperature,
                                    double       *answer);
/* Mean over rows, and over targets and levels.  gradient: (rows, O), overwritten, or NULL; per_row: (rows).
 * Takes no memory; same bits for any pool. */
double      us_head_loss           (const UsHead  *self,
                                    gsize          rows,
                                    const float   *out,
                                    const float   *targets,      /* (rows, D), or NULL of classes */
                                    const guint32 *classes,      /* (rows), or NULL */
                                    float         *gradient,
                                    double        *per_row,
                                    UsPool        *pool);
/* The temperature for which held-out rows are most likely, 0.05 .. 20: Guo, Pleiss, Sun, Weinberger 2017. */
double      us_head_temperature    (const UsHead  *self,
                                    gsize          rows,
                                    const float   *out,          /* (rows, K) */
                                    const guint32 *classes);

G_END_DECLS
