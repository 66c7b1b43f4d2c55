/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-excess-risk.h"

#include <math.h>

/* N held-out rows, K sizes of a training set. */

void
us_excess_risk_measure (gsize         n,
                        const double *loss,
                        const double *best,
                        UsExcessRisk *self)
{
  double risk = 0, optimum = 0, square = 0, square_best = 0, square_excess = 0;

  g_return_if_fail (n >= 2);

  for (gsize i = 0; i < n; i++)
    {
      risk += loss[i] / n;
      optimum += best[i] / n;
    }
  for (gsize i = 0; i < n; i++)
    {
      double a = loss[i] - risk, b = best[i] - optimum;

      square += a * a;
      square_best += b * b;
      square_excess += (a - b) * (a - b);
    }
  *self = (UsExcessRisk) {
    .n = n,
    .risk = risk, .risk_sd = sqrt (square / (n - 1.0) / n),
    .best = optimum, .best_sd = sqrt (square_best / (n - 1.0) / n),
    .excess = risk - optimum, .excess_sd = sqrt (square_excess / (n - 1.0) / n),
  };
}

double
us_excess_risk_rate (gsize               n,
                     const double       *rows,
                     const UsExcessRisk *excess)
{
  double sx = 0, sy = 0, sxx = 0, sxy = 0, count = 0;

  for (gsize k = 0; k < n; k++)
    if (excess[k].excess > 2 * excess[k].excess_sd && excess[k].excess > 0)
      {
        double x = log (rows[k]), y = log (excess[k].excess);

        count++;
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
      }
  return count < 2 ? NAN : (count * sxy - sx * sy) / (count * sxx - sx * sx);
}
