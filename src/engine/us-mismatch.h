/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* P: the simulator that was trained on, Q: another one, that stands for the world.  N rows (θ, x) of either. */

/**
 * UsMismatch:
 *
 * The risk of a predictor in a world that is not its simulator (Dudley, Eisenberg 2025): risk under Q is the best
 * possible risk under P, the predictor's excess there, and what the mismatch adds,
 *
 *     R_Q(f) = R_P(best) + [ R_P(f) − R_P(best) ] + [ R_Q(f) − R_P(f) ].
 *
 * The last term is bounded by how far P and Q are apart, whatever f is:
 *
 *     |R_Q(f) − R_P(f)| ≤ B · TV (P, Q)                         loss between 0 and B
 *     |R_Q(f) − R_P(f)| ≤ H · √( 2 E_P loss² + 2 E_Q loss² )       H² = 2 − 2 ∫ √(p q), by Cauchy and Schwarz
 *
 * TV is the total variation distance of the joint distributions of θ and x, half the integral of |p − q|; H the Hellinger distance.
 * Both are estimated from log density ratios at rows of P and of Q: TV as the mean of E_P (1 − q/p)₊ and E_Q (1 − p/q)₊, each of which
 * is TV; the affinity ∫ √(p q) as the mean of E_P √(q/p) and E_Q √(p/q).  Weights are bounded by 1 for TV.
 */
typedef struct
{
  double risk_p, risk_p_sd;     /* of the predictor, with standard errors */
  double risk_q, risk_q_sd;
  double mismatch, mismatch_sd; /* risk_q − risk_p */
  double tv, tv_sd;             /* 0 … 1 */
  double hellinger;             /* H, 0 … √2 */
  double bound_tv;              /* B · TV */
  double bound_hellinger;       /* NaN where an E loss² is not finite */
  double bound;                 /* the smaller one */
} UsMismatch;

/**
 * us_mismatch_measure:
 * @n_p, @n_q: at least 2
 * @loss_p: (N_P) of the predictor at rows of P
 * @ratio_p: (N_P) log q − log p of the joint density there; −∞: impossible under Q
 * @loss_q, @ratio_q: (N_Q) likewise at rows of Q; ratio ∞: impossible under P
 * @paired: row i of P and row i of Q are of one stream (N_P = N_Q), so that what is common to them counts in no difference:
 *   standard errors of the mismatch and of TV are of the pairs
 * @loss_bound: B, the largest loss there can be
 *
 * A ratio that is NaN makes TV, H and the bounds NaN.  Any thread.
 */
void us_mismatch_measure (gsize         n_p,
                          const double *loss_p,
                          const double *ratio_p,
                          gsize         n_q,
                          const double *loss_q,
                          const double *ratio_q,
                          gboolean      paired,
                          double        loss_bound,
                          UsMismatch   *self);

G_END_DECLS
