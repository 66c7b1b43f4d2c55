/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Share of the variance of each column of y (n, Q) that a quadratic polynomial of x's columns (n, L),
 * fitted to the even rows, explains on the odd ones: r2 (Q), at least 0; NaN where a column does not vary.
 * Linear when the rows are too few; FALSE, r2 as it was, when they are too few for that.  Any thread. */
gboolean us_polynomial_r2 (gsize         n,
                           gsize         n_inputs,
                           const double *x,
                           gsize         n_outputs,
                           const double *y,
                           double       *r2);

G_END_DECLS
