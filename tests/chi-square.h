/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether counts are what a distribution says. */
#pragma once

#include <glib.h>
#include <gsl/gsl_cdf.h>

/* Pearson's statistic over cells of at least 20 expected; the upper tail's probability. */
static inline double
chi_square (gsize         n_cells,
            const double *expected,     /* (n_cells) shares */
            const guint  *count,        /* (n_cells) */
            guint         n)
{
  double statistic = 0.0, share = 0.0, rest = 1.0, seen = 0.0, total = 0.0;
  guint degrees = 0;

  for (gsize k = 0; k < n_cells; k++)
    {
      share += expected[k];
      seen += count[k];
      if (share * n >= 20.0 && rest - share > 20.0 / n)
        {
          statistic += (seen - n * share) * (seen - n * share) / (n * share);
          degrees++;
          rest -= share;
          total += seen;
          share = seen = 0.0;
        }
    }
  /* what is left and whatever lies beyond the cells */
  statistic += (n - total - n * rest) * (n - total - n * rest) / (n * rest);
  return degrees == 0 ? 1.0 : gsl_cdf_chisq_Q (statistic, degrees);
}
