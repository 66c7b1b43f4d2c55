/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-pool.h"

G_BEGIN_DECLS

/* n pairs, F factors (true parameters), L latents (an encoder's answers), K bins.
 * Information and entropy in nats.  The formulas: README.md in this folder. */

#define US_INFORMATION_BINS 20          /* disentanglement_lib's */

/**
 * UsFactors:
 *
 * True parameters as the classes that information is counted about: a discrete
 * factor's own values, a continuous one's equal-width bins over its own range
 * (numpy.histogram, numpy.digitize).  Const once made.
 */
typedef struct
{
  gsize   n, n_factors;
  guint  *label;            /* (n, F) 0 .. n_classes - 1 */
  guint  *n_classes;        /* (F) */
  double *entropy;          /* (F) of the labels; 0: does not vary */
} UsFactors;

/* values (n, F); discrete (F), or NULL: all are continuous. */
UsFactors *us_factors_new        (gsize           n,
                                  gsize           n_factors,
                                  const double   *values,
                                  const gboolean *discrete,
                                  gsize           n_bins);
void       us_factors_free       (UsFactors      *self);

/* Two columns, both in equal-width bins over each one's own range (disentanglement_lib:
 * np.histogram, sklearn's mutual_info_score). */
double us_mutual_information     (gsize         n,
                                  const double *a, gsize stride_a,
                                  const double *b, gsize stride_b,
                                  gsize         n_bins);
/* Between the bins of each column of code (n, L) and each factor's classes: information (L, F). */
void   us_information_histogram  (const UsFactors *factors,
                                  gsize            n_latents,
                                  const double    *code,
                                  gsize            n_bins,
                                  double          *information);

/**
 * us_information_chen:
 * @mean: (n, L) of q(z|x)
 * @sd: (n, L) its standard deviations, ≥ 0, or NULL: 0
 * @width: > 0, added to each in quadrature: how finely z is read, us_information_width()
 * @pool: or NULL
 * @information: (L, F)
 *
 * I(z_j; v_k) = H(z_j) - H(z_j|v_k) of Chen et al. 2018, with q(z_j) and q(z_j|v_k = c)
 * the mixtures of the Gaussians of all rows and of those of class c.  The expectation over
 * samples of q(z|x) is taken by quadrature (relative error about 1e-4), so that nothing is drawn.
 */
void   us_information_chen       (const UsFactors *factors,
                                  gsize            n_latents,
                                  const double    *mean,
                                  const double    *sd,
                                  double           width,
                                  UsPool          *pool,
                                  double          *information);
/* The width at which blurring the bins' edges costs as much information as the scarcity of n
 * rows over a range feigns: range / (3.58 √n). */
double us_information_width      (gsize            n,
                                  double           range);

/* (top - second) / entropy of each factor's column of information (L, F): gap (F), NaN where
 * the factor does not vary.  Returns: their mean, NaN when none varies. */
double us_information_gap        (gsize            n_latents,
                                  gsize            n_factors,
                                  const double    *information,
                                  const double    *entropy,
                                  double          *gap);
/* The same of a square matrix, the mean alone. */
double us_mutual_information_gap (gsize            n_parameters,
                                  const double    *information,
                                  const double    *entropy);

/**
 * UsInformation:
 *
 * The matrices of one estimator and, beside each score, what a perfect code
 * reaches: V itself; V̄, a random member of V's class under the simulator's
 * symmetry, as a posterior's own draw would be.
 */
typedef struct
{
  gsize   n_latents, n_factors;
  double *information;      /* (L, F) MIM(Z, V) */
  double *truth;            /* (F, F) MIM(V, V) */
  double *equivalent;       /* (F, F) MIM(V̄, V); NULL without symmetry */
  double *entropy;          /* (F) */
  double *gap, *gap_truth;  /* (F) */
  double *gap_equivalent;   /* (F), NULL without symmetry */
  double  mig, mig_truth;
  double  mig_equivalent;   /* NaN without symmetry */
  double  width;            /* Chen's: of the reading, 0 for histograms */
  double  mig_truth_sd;     /* Chen's: V itself, as unsure as Z (L = F); NaN for histograms or without sd */
} UsInformation;

/* code (n, L), truth (n, F) as the factors were made of, equivalent (n, F) or NULL. */
UsInformation *us_information_new_histogram (const UsFactors *factors,
                                             gsize            n_latents,
                                             const double    *code,
                                             const double    *truth,
                                             const double    *equivalent,
                                             gsize            n_bins);
/* mean, sd (n, L); truth and equivalent in the same coordinates as mean. */
UsInformation *us_information_new_chen      (const UsFactors *factors,
                                             gsize            n_latents,
                                             const double    *mean,
                                             const double    *sd,
                                             const double    *truth,
                                             const double    *equivalent,
                                             double           width,
                                             UsPool          *pool);
void           us_information_free          (UsInformation   *self);
/* Mean of gap over the factors that are not left out (F, or NULL) and vary; NaN: none. */
double         us_information_mean_gap      (gsize            n_factors,
                                             const double    *gap,
                                             const gboolean  *left_out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsFactors, us_factors_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsInformation, us_information_free)

G_END_DECLS
