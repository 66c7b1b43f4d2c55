/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "chain.h"

#include <math.h>
#include <string.h>

#define ADAPT_EVERY 200
#define FIRST_STEP  0.05        /* along each axis, before anything is known */

typedef struct
{
  gsize   n;                    /* P */
  double *factor;               /* (P, P) lower triangle: a step is scale · factor · normal */
  double  scale;
  double *mean, *moment;        /* (P), (P, P) of what was visited */
  double  visits;
} Walk;

static void
remember (Walk         *walk,
          const double *theta)
{
  walk->visits++;
  for (gsize i = 0; i < walk->n; i++)
    walk->mean[i] += (theta[i] - walk->mean[i]) / walk->visits;
  for (gsize i = 0; i < walk->n; i++)
    for (gsize j = 0; j <= i; j++)
      walk->moment[i * walk->n + j] += ((theta[i] - walk->mean[i]) * (theta[j] - walk->mean[j])
                                        - walk->moment[i * walk->n + j]) / walk->visits;
}

/* Cholesky of the visited covariance; a little on the diagonal keeps every direction alive. */
static void
take_shape (Walk *walk)
{
  gsize n = walk->n;

  for (gsize j = 0; j < n; j++)
    {
      double pivot = walk->moment[j * n + j] * (1 + 1e-6) + 1e-12;

      for (gsize k = 0; k < j; k++)
        pivot -= walk->factor[j * n + k] * walk->factor[j * n + k];
      walk->factor[j * n + j] = pivot = sqrt (MAX (pivot, 1e-12));
      for (gsize i = j + 1; i < n; i++)
        {
          double value = walk->moment[i * n + j];

          for (gsize k = 0; k < j; k++)
            value -= walk->factor[i * n + k] * walk->factor[j * n + k];
          walk->factor[i * n + j] = value / pivot;
        }
    }
}

double
chain_run (ChainDensity  density,
           gconstpointer data,
           ChainFlip     flip,
           gsize         n_parameters,
           const double *start,
           gsize         warm_up,
           gsize         count,
           gsize         thin,
           UsRng        *rng,
           double       *theta)
{
  gsize n = n_parameters, taken = 0, recent = 0;
  g_autofree double *at = g_memdup2 (start, n * sizeof *start);
  g_autofree double *to = g_new (double, n);
  g_autofree double *z = g_new (double, n);
  g_autofree double *factor = g_new0 (double, n * n);
  g_autofree double *mean = g_new0 (double, n);
  g_autofree double *moment = g_new0 (double, n * n);
  Walk walk = { n, factor, 1, mean, moment, 0 };
  double here = density (data, at);

  g_assert (isfinite (here));
  for (gsize i = 0; i < n; i++)
    factor[i * n + i] = FIRST_STEP;

  for (gsize step = 0; step < warm_up + count * thin; step++)
    {
      double there;
      gboolean accept;

      for (gsize i = 0; i < n; i++)
        z[i] = us_rng_normal (rng);
      for (gsize i = 0; i < n; i++)
        {
          to[i] = at[i];
          for (gsize j = 0; j <= i; j++)
            to[i] += walk.scale * factor[i * n + j] * z[j];
        }
      there = density (data, to);
      accept = log (1 - us_rng_uniform (rng)) < there - here;
      if (accept)
        {
          memcpy (at, to, n * sizeof *at);
          here = there;
        }

      if (step < warm_up)
        {
          remember (&walk, at);
          recent += accept;
          if ((step + 1) % ADAPT_EVERY == 0)
            {
              /* About a quarter of the steps should be taken (Roberts, Gelman, Gilks 1997). */
              if (step + 1 == 5 * ADAPT_EVERY)
                walk.scale = 2.38 / sqrt ((double) n);
              if (step + 1 >= 5 * ADAPT_EVERY)
                take_shape (&walk);
              walk.scale *= exp ((double) recent / ADAPT_EVERY - 0.25);
              recent = 0;
            }
        }
      else
        {
          taken += accept;
          if (flip != NULL)
            {
              flip (rng, at);
              here = density (data, at);
            }
          if ((step - warm_up + 1) % thin == 0)
            memcpy (theta + (step - warm_up) / thin * n, at, n * sizeof *at);
        }
    }
  return (double) taken / (double) (count * thin);
}

double
chain_r_hat (gsize         n_chains,
             gsize         count,
             gsize         n_parameters,
             const double *theta)
{
  gsize half = count / 2, m = 2 * n_chains;
  double worst = 0;

  for (gsize p = 0; p < n_parameters; p++)
    {
      double grand = 0, within = 0, between = 0;
      g_autofree double *means = g_new0 (double, m);

      for (gsize k = 0; k < m; k++)
        {
          const double *part = theta + (k / 2 * count + k % 2 * half) * n_parameters + p;
          double square = 0;

          for (gsize i = 0; i < half; i++)
            means[k] += part[i * n_parameters] / (double) half;
          for (gsize i = 0; i < half; i++)
            square += pow (part[i * n_parameters] - means[k], 2);
          within += square / (double) (half - 1) / (double) m;
          grand += means[k] / (double) m;
        }
      for (gsize k = 0; k < m; k++)
        between += pow (means[k] - grand, 2) / (double) (m - 1);
      worst = MAX (worst, sqrt (((double) (half - 1) / (double) half * within + between) / within));
    }
  return worst;
}
