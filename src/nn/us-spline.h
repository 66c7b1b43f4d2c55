/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Monotone rational-quadratic splines (Durkan, Bekasov, Murray, Papamakarios, "Neural spline flows", 2019, eqs. 4-8):
 * from -bound .. bound onto itself through K bins, the identity outside, with a slope that is continuous everywhere.
 *
 * K bins; p (3 K - 1): K logits of the bins' widths, K of their heights, K - 1 of the slopes at the inner knots.
 * All zero: the identity.  Plain values, any thread, nothing allocated.
 */

#define US_SPLINE_MAX_BINS 64

static inline gsize
us_spline_n_parameters (guint n_bins)
{
  return 3 * (gsize) n_bins - 1;
}

/* y = f (x); log_slope: log f' (x). */
double us_spline_forward  (const float *p,
                           guint        n_bins,
                           double       bound,
                           double       x,
                           double      *log_slope);
/* x = f⁻¹ (y); log_slope: log f' there, or NULL. */
double us_spline_inverse  (const float *p,
                           guint        n_bins,
                           double       bound,
                           double       y,
                           double      *log_slope);
/* Of a loss whose derivatives by y and by log f' are dy and dlog: dp (3 K - 1), overwritten; returns that by x. */
double us_spline_backward (const float *p,
                           guint        n_bins,
                           double       bound,
                           double       x,
                           double       dy,
                           double       dlog,
                           float       *dp);

G_END_DECLS
