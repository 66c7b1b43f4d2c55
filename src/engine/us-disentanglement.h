/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-prior.h"

G_BEGIN_DECLS

/**
 * UsDisentanglement:
 *
 * Disentanglement and accuracy told apart, modulo the simulator's symmetry;
 * n pairs (V true, Z inferred), P parameters.  Each answer is compared with V*,
 * the member of V's class closest to it.  Since the alignment alone makes any
 * answer look good, each score is beside or relative to what answers reach that
 * were dealt out to the wrong rows and then aligned as well (chance).  The formulas:
 * README.md in this folder.
 */
typedef struct
{
  gsize     n, n_parameters;
  gboolean *discrete;          /* (P) the prior is: counted, not measured */
  double   *closest;           /* (n, P) V*, units */

  /* Z against V*, (P) each; NaN for discrete ones */
  double   *rmse, *bias, *median_error;          /* units */
  double   *rmse_share;        /* of the prior's range, in latents */
  double   *slope;             /* of Z over V*, in latents */
  /* (P) share of right answers; NaN where not discrete */
  double   *right, *right_chance;

  /* Accuracy, (P): is z_p v_p?  1 - mean square error over the variance of the classes; for
   * discrete ones (right - most frequent) / (1 - most frequent).  1 right, 0 knows nothing, may be negative. */
  double   *accuracy, *accuracy_chance;
  /* Information, (P) 0..1: is V* told by the whole of Z, under whatever names and axes?  Share
   * of the variance that a quadratic read-out explains on pairs it was not fitted to, above chance.  NaN for
   * discrete ones, and when there are too few pairs. */
  double   *information;
  /* Disentanglement, 0..1: of what the best latent tells about a factor, the share that no other tells.
   * NaN when next to nothing is told. */
  double    disentanglement, disentanglement_truth;  /* of Z; of V* itself: factors may depend on each other */
  double   *separation;        /* (P, P) row latent, column factor: mutual information above chance over
                                * entropy above chance, 0..1 */

  /* By 20 bins, nats: MIM(Z, V*), of wrong pairs, MIM(V*, V*), H(V*), and their gaps */
  double   *aligned_information, *chance_information, *truth_information;     /* (P, P) */
  double   *entropy;                                                          /* (P) */
  double    mig, mig_chance, mig_truth;

  /* means over the parameters that vary and have the score */
  double    mean_accuracy, mean_accuracy_chance, mean_information;
} UsDisentanglement;

/* v, z (n, P) in units, n ≥ 2, rows independent of each other.  No symmetry stated: V* = V.  Any thread. */
UsDisentanglement *us_disentanglement_new  (const UsPrior     *prior,
                                            gsize              n,
                                            const double      *v,
                                            const double      *z);
void               us_disentanglement_free (UsDisentanglement *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsDisentanglement, us_disentanglement_free)

G_END_DECLS
