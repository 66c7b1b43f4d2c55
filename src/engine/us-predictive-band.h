/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* S simulations of drawn parameters, N values of an observation, Q levels. */

/**
 * UsPredictiveBand:
 *
 * Where values are expected to lie: central intervals, value by value, of
 * simulations at parameters drawn from a posterior (or a prior).  Pointwise: at
 * each value alone.  Const once made: any thread.
 */
typedef struct
{
  gsize    n_values;            /* N */
  gsize    n_levels;            /* Q */
  double  *levels;              /* (Q) */
  double  *median;              /* (N); NaN where no simulation has a finite value */
  double  *lower, *upper;       /* (Q, N) */
  gsize    n_not_finite;        /* values of simulations that were left out */
} UsPredictiveBand;

/* draws (S, N); values that are not finite are left out and counted.  levels (Q) inside 0 .. 1. */
UsPredictiveBand *us_predictive_band_new    (gsize                   n_draws,
                                             gsize                   n_values,
                                             const double           *draws,
                                             gsize                   n_levels,
                                             const double           *levels);
void              us_predictive_band_free   (UsPredictiveBand       *self);
/* The share of the observed values x (N), NaN = not observed, inside the interval of a level; NaN: none observed. */
double            us_predictive_band_inside (const UsPredictiveBand *self,
                                             gsize                   level,
                                             const double           *x);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsPredictiveBand, us_predictive_band_free)

G_END_DECLS
