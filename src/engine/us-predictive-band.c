/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-predictive-band.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

/* S simulations, N values, Q levels. */

static double
quantile (gsize         n,
          const double *sorted,
          double        share)
{
  return n > 0 ? gsl_stats_quantile_from_sorted_data (sorted, 1, n, share) : NAN;
}

UsPredictiveBand *
us_predictive_band_new (gsize         n_draws,
                        gsize         n_values,
                        const double *draws,
                        gsize         n_levels,
                        const double *levels)
{
  UsPredictiveBand *self;
  g_autofree double *column = g_new (double, n_draws + 1);

  g_return_val_if_fail (draws != NULL && (levels != NULL || n_levels == 0), NULL);

  self = g_new0 (UsPredictiveBand, 1);
  self->n_values = n_values;
  self->n_levels = n_levels;
  self->levels = g_memdup2 (levels, n_levels * sizeof *levels);
  self->median = g_new (double, n_values);
  self->lower = g_new (double, n_levels * n_values);
  self->upper = g_new (double, n_levels * n_values);
  for (gsize i = 0; i < n_values; i++)
    {
      gsize n = 0;

      for (gsize s = 0; s < n_draws; s++)
        if (isfinite (draws[s * n_values + i]))
          column[n++] = draws[s * n_values + i];
      self->n_not_finite += n_draws - n;
      gsl_sort (column, 1, n);
      self->median[i] = quantile (n, column, 0.5);
      for (gsize q = 0; q < n_levels; q++)
        {
          self->lower[q * n_values + i] = quantile (n, column, (1 - levels[q]) / 2);
          self->upper[q * n_values + i] = quantile (n, column, (1 + levels[q]) / 2);
        }
    }
  return self;
}

void
us_predictive_band_free (UsPredictiveBand *self)
{
  if (self == NULL)
    return;
  g_free (self->levels);
  g_free (self->median);
  g_free (self->lower);
  g_free (self->upper);
  g_free (self);
}

double
us_predictive_band_inside (const UsPredictiveBand *self,
                           gsize                   level,
                           const double           *x)
{
  gsize n = 0, inside = 0;

  g_return_val_if_fail (self != NULL && level < self->n_levels && x != NULL, NAN);

  for (gsize i = 0; i < self->n_values; i++)
    {
      gsize at = level * self->n_values + i;

      if (isnan (x[i]) || isnan (self->lower[at]))
        continue;
      n++;
      inside += x[i] >= self->lower[at] && x[i] <= self->upper[at];
    }
  return n > 0 ? (double) inside / n : NAN;
}
