/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-rng.h"

G_BEGIN_DECLS

/* Random numbers of the distributions that stochastic simulators and noise need.  By inversion or exact
 * rejection, no normal approximation; as many words of the stream as it takes.  Any thread, no allocation. */

/* Marsaglia, Tsang (2000): mean shape · scale.  shape > 0. */
double us_draw_gamma             (UsRng *rng, double shape, double scale);
/* Hörmann (1993), PTRS from a mean of 10 on.  0 for a mean of 0; mean up to 1e12. */
double us_draw_poisson           (UsRng *rng, double mean);
/* Hörmann (1993), BTRS from n p (or n (1 - p)) of 10 on.  n a whole number up to 1e12, p in 0 .. 1. */
double us_draw_binomial          (UsRng *rng, double n, double p);
/* Variance mean + mean² / size.  size > 0. */
double us_draw_negative_binomial (UsRng *rng, double mean, double size);

/* ln Γ (x), x > 0: lgamma () without its global sign. */
double us_log_gamma              (double x);

G_END_DECLS
