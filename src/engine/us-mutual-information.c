/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mutual information by histograms, as disentanglement_lib computes it (Locatello et
 * al. 2019, evaluation/metrics/{utils,mig}.py): numpy.histogram's equal-width bins
 * over each column's own range, numpy.digitize on all edges but the last, scikit-learn's
 * mutual_info_score. */
#include "config.h"

#include "us-evaluate.h"

#include <math.h>

/* n rows, K bins. */

/* Which bin (0 .. K-1) each value falls into. */
static void
discretise (gsize         n,
            const double *values,
            gsize         stride,
            gsize         n_bins,
            guint        *bin)          /* (n) */
{
  double lower = INFINITY, upper = -INFINITY, step;
  g_autofree double *edges = g_new (double, n_bins);

  for (gsize i = 0; i < n; i++)
    {
      lower = MIN (lower, values[i * stride]);
      upper = MAX (upper, values[i * stride]);
    }
  /* numpy widens an empty range by one half each way */
  if (lower == upper)
    {
      lower -= 0.5;
      upper += 0.5;
    }
  step = (upper - lower) / n_bins;
  for (gsize k = 0; k < n_bins; k++)
    edges[k] = k * step + lower;
  for (gsize i = 0; i < n; i++)
    {
      gsize low = 0, high = n_bins;

      /* the last edge that is not above the value */
      while (high - low > 1)
        {
          gsize middle = (low + high) / 2;

          if (edges[middle] <= values[i * stride])
            low = middle;
          else
            high = middle;
        }
      bin[i] = low;
    }
}

double
us_mutual_information (gsize         n,
                       const double *a,
                       gsize         stride_a,
                       const double *b,
                       gsize         stride_b,
                       gsize         n_bins)
{
  g_autofree guint *bin_a = g_new (guint, n);
  g_autofree guint *bin_b = g_new (guint, n);
  g_autofree gsize *joint = g_new0 (gsize, n_bins * n_bins);
  g_autofree gsize *count_a = g_new0 (gsize, n_bins);
  g_autofree gsize *count_b = g_new0 (gsize, n_bins);
  double information = 0;

  g_return_val_if_fail (n > 0 && n_bins > 0, NAN);

  discretise (n, a, stride_a, n_bins, bin_a);
  discretise (n, b, stride_b, n_bins, bin_b);
  for (gsize i = 0; i < n; i++)
    {
      joint[bin_a[i] * n_bins + bin_b[i]]++;
      count_a[bin_a[i]]++;
      count_b[bin_b[i]]++;
    }
  for (gsize i = 0; i < n_bins; i++)
    for (gsize j = 0; j < n_bins; j++)
      {
        double c = joint[i * n_bins + j];

        if (c > 0)
          information += c / n * (log (c) + log (n) - log (count_a[i]) - log (count_b[j]));
      }
  return MAX (information, 0.0);
}

double
us_mutual_information_gap (gsize         n_parameters,
                           const double *information,
                           const double *entropy)
{
  double sum = 0;
  gsize n = 0;

  for (gsize factor = 0; factor < n_parameters; factor++)
    {
      double top = 0, second = 0;

      /* a parameter that does not vary has nothing to be told */
      if (!(entropy[factor] > 0))
        continue;
      for (gsize latent = 0; latent < n_parameters; latent++)
        {
          double value = information[latent * n_parameters + factor];

          if (value > top)
            {
              second = top;
              top = value;
            }
          else
            second = MAX (second, value);
        }
      sum += (top - second) / entropy[factor];
      n++;
    }
  return n > 0 ? sum / n : NAN;
}
