/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-repeats.h"

#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <string.h>

/* N values, R runs. */

gboolean
us_repeats_run (const UsSimulator *simulator,
                guint              output,
                const double      *theta,
                guint              n_runs,
                guint64            seed,
                guint64            row,
                float             *mean,
                float             *variance)
{
  gsize n = us_output_n_values (&simulator->outputs[output]);
  guint runs = simulator->outputs[output].noisy ? n_runs : 1;
  g_autofree float *x = NULL;
  g_autofree double *sum = NULL, *squares = NULL;

  g_return_val_if_fail (n_runs >= 1 && n_runs <= US_REPEATS_ONE, FALSE);

  x = g_new (float, n);
  sum = g_new0 (double, n);
  squares = g_new0 (double, n);
  for (guint r = 0; r < runs; r++)
    {
      UsRng rng;

      us_rng_init (&rng, seed, US_RNG_REPEAT, row * US_REPEATS_ONE + r);
      if (simulator->run (simulator, theta, output, &rng, x) != US_SIM_OK)
        return FALSE;
      /* Welford: values far from zero keep their spread */
      for (gsize i = 0; i < n; i++)
        {
          double before = x[i] - sum[i];

          sum[i] += before / (r + 1);
          squares[i] += before * (x[i] - sum[i]);
        }
    }
  for (gsize i = 0; i < n; i++)
    {
      mean[i] = sum[i];
      variance[i] = runs > 1 ? squares[i] / (runs - 1) : 0;
    }
  return TRUE;
}

double
us_repeats_excess (gsize        n,
                   const float *variance,
                   guint        n_runs)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += variance[i];
  return sum / ((double) n * n_runs);
}

/* (R − 1) s²/σ² is χ² of R − 1 degrees of freedom k: E log s² = log σ² + ψ(k/2) − log (k/2). */
double
us_repeats_log_spread (double variance,
                       guint  n_runs,
                       double least)
{
  double half = (n_runs - 1) / 2.0;
  double log_spread = variance > 0 ? 0.5 * (log (variance) - gsl_sf_psi (half) + log (half)) : -INFINITY;

  return MAX (log_spread, log (least));
}

double
us_repeats_rms (gsize        n,
                const float *x,
                const float *mean,
                const float *variance,
                guint        n_runs)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += ((double) x[i] - mean[i]) * ((double) x[i] - mean[i]);
  sum = sum / n - us_repeats_excess (n, variance, n_runs);
  return sqrt (MAX (sum, 0));
}
