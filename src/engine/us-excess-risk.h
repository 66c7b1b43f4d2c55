/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* N held-out rows, K sizes of a training set. */

/**
 * UsExcessRisk:
 *
 * What a predictor loses by not being the best there is: mean loss over the same rows of both, and the mean of their differences
 * (Dudley, Eisenberg 2025: the synthetic excess risk).  Differences are taken row by row, so that what the rows themselves
 * are worth drops out of the standard error.
 */
typedef struct
{
  gsize  n;
  double risk, risk_sd;         /* of the predictor, and its standard error */
  double best, best_sd;         /* of the Bayes-optimal predictor */
  double excess, excess_sd;     /* risk − best; below 0 by chance only */
} UsExcessRisk;

/**
 * us_excess_risk_measure:
 * @n: at least 2
 * @loss: (N) of the predictor
 * @best: (N) of the Bayes-optimal predictor, on the same rows
 *
 * Any thread.  Values that are not finite give results that are not.
 */
void     us_excess_risk_measure (gsize              n,
                                 const double      *loss,
                                 const double      *best,
                                 UsExcessRisk      *self);
/**
 * us_excess_risk_rate:
 * @rows: (K) sizes of the training set, above 0
 * @excess: (K) what was measured there
 *
 * The exponent b of excess ≈ a · rows^b by least squares in logarithms, over the points whose excess is more than twice its
 * standard error above 0: −1 where a predictor of fixed size learns as fast as statistics allow.
 *
 * Returns: b; NaN with fewer than two such points.
 */
double   us_excess_risk_rate    (gsize               n,
                                 const double       *rows,
                                 const UsExcessRisk *excess);

G_END_DECLS
