/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-prior.h"

#include "us-error.h"

#include <math.h>

#define MAX_RETRIES 100

/* Index of the first value that is not finite, or n. */
static gsize
find_nonfinite (const float *x,         /* (n) */
                gsize        n)
{
  float sum = 0.0f;             /* of zeros; one NaN makes it NaN */
  gsize i = 0;

  for (gsize k = 0; k < n; k++)
    sum += x[k] * 0.0f;
  if (sum == 0.0f)
    return n;
  while (i < n && isfinite (x[i]))
    i++;

  return i;
}

static gboolean
simulate_row (const UsPrior  *prior,
              guint           output,
              guint64         seed,
              guint64         row,
              double         *theta,    /* (P) */
              float          *x,        /* (n), or NULL */
              gsize           n,
              GError        **error)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  UsRng prior_rng, rng;
  UsSimStatus status = US_SIM_RETRY;
  gsize bad;

  us_rng_init (&prior_rng, seed, US_RNG_PRIOR, row);
  us_rng_init (&rng, seed, US_RNG_SIMULATOR, row);

  for (guint try = 0; try < MAX_RETRIES && status == US_SIM_RETRY; try++)
    {
      if (!us_prior_sample (prior, &prior_rng, theta))
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                       "%s: the prior hardly ever meets the constraint (%s): row %" G_GUINT64_FORMAT
                       " of seed %" G_GUINT64_FORMAT,
                       simulator->id, simulator->constraint, row, seed);
          return FALSE;
        }
      status = x != NULL ? simulator->run (simulator, theta, output, &rng, x) : US_SIM_OK;
    }

  if (status != US_SIM_OK)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                   status == US_SIM_RETRY
                   ? "%s: no draw stayed in the simulator's domain: row %" G_GUINT64_FORMAT
                     " of seed %" G_GUINT64_FORMAT
                   : "%s: the simulator failed: row %" G_GUINT64_FORMAT " of seed %" G_GUINT64_FORMAT,
                   simulator->id, row, seed);
      return FALSE;
    }
  if (x == NULL || (bad = find_nonfinite (x, n)) == n)
    return TRUE;

  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
               "%s: value %" G_GSIZE_FORMAT " of output “%s” is not finite: row %" G_GUINT64_FORMAT
               " of seed %" G_GUINT64_FORMAT,
               simulator->id, bad, simulator->outputs[output].id, row, seed);
  return FALSE;
}

gboolean
us_simulate_rows (const UsPrior  *prior,
                  guint           output,
                  guint64         seed,
                  guint64         first,
                  gsize           count,
                  double         *theta,
                  float          *x,
                  GError        **error)
{
  const UsSimulator *simulator;
  gsize n;

  g_return_val_if_fail (prior != NULL, FALSE);
  g_return_val_if_fail (theta != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  simulator = us_prior_simulator (prior);
  g_return_val_if_fail (output < simulator->n_outputs, FALSE);

  n = us_output_n_values (&simulator->outputs[output]);
  for (gsize i = 0; i < count; i++)
    if (!simulate_row (prior, output, seed, first + i, theta + i * simulator->n_parameters,
                       x != NULL ? x + i * n : NULL, n, error))
      return FALSE;

  return TRUE;
}
