/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the data of `linear-gaussian` say of its parameters, in closed form: what networks and attribution are held to. */
#pragma once

#include "us-rng.h"

G_BEGIN_DECLS

#define US_LINEAR_GAUSSIAN_P 3

/* The posterior of (x0, v, a) under the simulator's own prior: a normal distribution.  Any thread. */
typedef struct
{
  double mean[US_LINEAR_GAUSSIAN_P];
  double covariance[US_LINEAR_GAUSSIAN_P * US_LINEAR_GAUSSIAN_P];
  double log_evidence;          /* log p(x): of the observed values, the parameters integrated out */
} UsLinearGaussian;

/* times (n) in s, or NULL: the simulator's own (n of them at most its 16); x (n) in m, NaN where nothing was observed. */
void us_linear_gaussian_posterior (gsize                   n,
                                   const double           *times,
                                   const float            *x,
                                   UsLinearGaussian       *posterior);
/* One draw of it. */
void us_linear_gaussian_draw      (const UsLinearGaussian *posterior,
                                   UsRng                  *rng,
                                   double                 *theta);      /* (P) */

G_END_DECLS
