/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-draw-density.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* N draws, G places. */

#define REACH 5.0               /* of a kernel, in its widths */

static int
compare_draws (const void *a,
               const void *b)
{
  const UsWeightedDraw *x = a, *y = b;

  return (x->value > y->value) - (x->value < y->value);
}

UsWeightedDraw *
us_weighted_draws_new (gsize         n,
                       const double *values,
                       gsize         stride,
                       const double *weight,
                       gboolean      decades)
{
  UsWeightedDraw *draws = g_new (UsWeightedDraw, n);

  for (gsize i = 0; i < n; i++)
    draws[i] = (UsWeightedDraw) { decades ? log10 (MAX (values[i * stride], DBL_MIN)) : values[i * stride],
                                  weight != NULL ? weight[i] : 1.0 / n };
  qsort (draws, n, sizeof (UsWeightedDraw), compare_draws);
  return draws;
}

double
us_weighted_draws_quantile (gsize                 n,
                            const UsWeightedDraw *draws,
                            double                level)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    if ((sum += draws[i].weight) >= level)
      return draws[i].value;
  return draws[n - 1].value;
}

/* Silverman's rule for as many draws as the weights are worth. */
static double
width_of (gsize                 n,
          const UsWeightedDraw *draws)
{
  double mean = 0, variance = 0, squares = 0, spread;

  for (gsize i = 0; i < n; i++)
    {
      mean += draws[i].weight * draws[i].value;
      squares += draws[i].weight * draws[i].weight;
    }
  for (gsize i = 0; i < n; i++)
    variance += draws[i].weight * (draws[i].value - mean) * (draws[i].value - mean);
  spread = (us_weighted_draws_quantile (n, draws, 0.75) - us_weighted_draws_quantile (n, draws, 0.25)) / 1.34;
  spread = spread > 0 ? MIN (spread, sqrt (variance)) : sqrt (variance);
  return 0.9 * spread * pow (squares, 0.2);
}

static void
add_kernel (double        at,
            double        weight,
            double        width,
            gsize         n_places,
            const double *x,
            double       *y)
{
  if (!isfinite (at) || at < x[0] - REACH * width || at > x[n_places - 1] + REACH * width)
    return;
  for (gsize g = 0; g < n_places; g++)
    {
      double z = (x[g] - at) / width;

      if (fabs (z) < REACH)
        y[g] += weight * exp (-0.5 * z * z);
    }
}

void
us_weighted_draws_density (gsize                 n,
                           const UsWeightedDraw *draws,
                           double                lower,
                           double                upper,
                           gsize                 n_places,
                           const double         *x,
                           double               *y)
{
  double width = MAX (width_of (n, draws), (x[n_places - 1] - x[0]) / n_places);

  memset (y, 0, n_places * sizeof (double));
  if (!(width > 0))
    return;
  for (gsize i = 0; i < n; i++)
    {
      double weight = draws[i].weight / (width * sqrt (2 * G_PI));

      add_kernel (draws[i].value, weight, width, n_places, x, y);
      add_kernel (2 * lower - draws[i].value, weight, width, n_places, x, y);
      add_kernel (2 * upper - draws[i].value, weight, width, n_places, x, y);
    }
}
