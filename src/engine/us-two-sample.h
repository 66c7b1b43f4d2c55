/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-pool.h"
#include <glib.h>

G_BEGIN_DECLS

/* How far two samples of a distribution are from each other.  N rows, D dimensions; a row is (D).
 * All is a function of its arguments alone, seed included: the same bits for any number of
 * workers, and with pool NULL.  A value that is not finite gives NaN. */

#define US_C2ST_FOLDS 5

/**
 * us_c2st:
 *
 * Classifier two-sample test (Lopez-Paz, Oquab 2017) in the form that the field compares by
 * (Lueckmann et al. 2021): both samples z-scored by the first, a perceptron of two hidden layers of
 * 10 D units with ReLU learns to tell them apart, by Adam at 0.001 on batches of 200 until ten epochs
 * bring the loss no 0.0001 down; the accuracy on the rows that it did not see, averaged over `folds`
 * parts.  0.5: cannot be told apart; 1: no overlap.
 *
 * Both samples should be of one size: the larger one's share is what guessing reaches.
 * With n rows in all, the standard error of what indistinguishable samples give is 0.5 / √n.
 *
 * Returns: the accuracy; NaN for a value that is not finite.
 */
double us_c2st               (gsize         n_a,
                              const double *a,          /* (n_a, D) */
                              gsize         n_b,
                              const double *b,          /* (n_b, D) */
                              gsize         dims,
                              guint         folds,      /* at least 2, at most n_a + n_b */
                              guint64       seed,
                              UsPool       *pool);      /* folds are shared out; or NULL */

/**
 * us_wasserstein_1d:
 *
 * The Wasserstein-1 distance ∫ |F(t) − G(t)| dt of two weighted samples, in their unit.
 * Weights are not negative and need not add up to one.
 */
double us_wasserstein_1d     (gsize         n_a,
                              const double *a,          /* (n_a) */
                              const double *weight_a,   /* (n_a), or NULL: alike */
                              gsize         n_b,
                              const double *b,          /* (n_b) */
                              const double *weight_b);  /* (n_b), or NULL */

/**
 * us_wasserstein_sliced:
 *
 * The mean of us_wasserstein_1d() over projections on `n_directions` random directions of
 * length one (Rabin et al. 2011).  Columns of different units: scale them first.
 */
double us_wasserstein_sliced (gsize         n_a,
                              const double *a,          /* (n_a, D) */
                              const double *weight_a,   /* (n_a), or NULL */
                              gsize         n_b,
                              const double *b,          /* (n_b, D) */
                              const double *weight_b,   /* (n_b), or NULL */
                              gsize         dims,
                              guint         n_directions,
                              guint64       seed,
                              UsPool       *pool);

/* The median heuristic: the median Euclidean distance between two rows, over at most 1,000 of them
 * drawn by seed.  1 when more than half of the distances are zero; NaN for a value that is not finite. */
double us_mmd_bandwidth      (gsize         n,
                              const double *x,          /* (n, D) */
                              gsize         dims,
                              guint64       seed);

/**
 * us_mmd:
 *
 * Squared maximum mean discrepancy (Gretton et al. 2012) under exp (−|x − y|² / 2 ℓ²):
 * the unbiased estimate, which may be below zero.  Of a sample of one row, which has
 * no pair, its own term is left out: a number to compare with others like it, no estimate.
 */
double us_mmd                (gsize         n_a,
                              const double *a,          /* (n_a, D) */
                              gsize         n_b,
                              const double *b,          /* (n_b, D) */
                              gsize         dims,
                              double        bandwidth,  /* ℓ > 0 */
                              UsPool       *pool);

/**
 * us_mmd_permuted:
 *
 * Do both samples come from one distribution?  The statistic is us_mmd(), its null that of
 * rows dealt anew: p = (1 + how many of the permuted are as large) / (1 + n_permutations),
 * uniform when they do.
 *
 * Returns: p; NaN for a value that is not finite.
 */
double us_mmd_permuted       (gsize         n_a,
                              const double *a,          /* (n_a, D), n_a ≥ 2 */
                              gsize         n_b,
                              const double *b,          /* (n_b, D), n_b ≥ 2 */
                              gsize         dims,
                              double        bandwidth,
                              guint         n_permutations,
                              guint64       seed,
                              UsPool       *pool,
                              double       *statistic); /* or NULL */

/**
 * us_mmd_simulated:
 *
 * Could what was observed have been simulated?  The statistic is us_mmd() of the observed rows
 * (one, or some) and the reference ones; its null that of `n_null` sets of as many
 * simulated rows that are not among the reference: p = (1 + how many are as large) / (1 + n_null).
 *
 * Returns: p; NaN for a value that is not finite.
 */
double us_mmd_simulated      (gsize         n_observed,
                              const double *observed,   /* (n_observed, D) */
                              gsize         n_null,
                              const double *null_sets,  /* (n_null, n_observed, D) */
                              gsize         n_reference,
                              const double *reference,  /* (n_reference, D), n_reference ≥ 2 */
                              gsize         dims,
                              double        bandwidth,
                              UsPool       *pool,
                              double       *statistic); /* or NULL */

G_END_DECLS
