/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* N draws, G places. */

/* One draw of a quantity; weights of all have the sum 1. */
typedef struct
{
  double value, weight;
} UsWeightedDraw;

/* values: the first of a column, each `stride` after the one before; weight (N) or NULL: all alike.  decades: their decimal
 * logarithms.  (N), rising; g_free. */
UsWeightedDraw *us_weighted_draws_new      (gsize                 n,
                                            const double         *values,
                                            gsize                 stride,
                                            const double         *weight,
                                            gboolean              decades);
/* draws (N) rising. */
double          us_weighted_draws_quantile (gsize                 n,
                                            const UsWeightedDraw *draws,
                                            double                level);
/* Gaussian kernels of Silverman's width (1986) at x (G) rising, what would lie beyond the bounds folded back; not narrower
 * than the places are apart.  y (G). */
void            us_weighted_draws_density  (gsize                 n,
                                            const UsWeightedDraw *draws,
                                            double                lower,
                                            double                upper,
                                            gsize                 n_places,
                                            const double         *x,
                                            double               *y);

G_END_DECLS
