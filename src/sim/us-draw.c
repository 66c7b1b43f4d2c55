/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-draw.h"

#include <math.h>

/* From here on rejection is faster than adding up probabilities one by one. */
#define LARGE_MEAN 10.0

double
us_log_gamma (double x)
{
  int sign;

  return lgamma_r (x, &sign);
}

/* 0 < u < 1: the logarithm exists. */
static double
open_uniform (UsRng *rng)
{
  return us_rng_uniform (rng) + 0x1p-54;
}

double
us_draw_gamma (UsRng  *rng,
               double  shape,
               double  scale)
{
  double boost = 1.0, d, c;

  g_return_val_if_fail (rng != NULL && shape > 0.0, NAN);

  /* Gamma (a) is Gamma (a + 1) · U^(1/a). */
  if (shape < 1.0)
    {
      boost = pow (open_uniform (rng), 1.0 / shape);
      shape += 1.0;
    }
  d = shape - 1.0 / 3.0;
  c = 1.0 / sqrt (9.0 * d);
  for (;;)
    {
      const double x = us_rng_normal (rng), root = 1.0 + c * x, v = root * root * root;

      if (root > 0.0 && log (open_uniform (rng)) < 0.5 * x * x + d - d * v + d * log (v))
        return boost * d * v * scale;
    }
}

/* One uniform number, compared with the probabilities of 0, 1, 2 … as they add up. */
static double
poisson_small (UsRng  *rng,
               double  mean)
{
  double u = us_rng_uniform (rng), p = exp (-mean), k = 0.0;

  /* 110 at a mean of 10 has 1e-66: only rounding leads there */
  while (u >= p && k < 110.0)
    {
      u -= p;
      k += 1.0;
      p *= mean / k;
    }
  return k;
}

/* W. Hörmann, "The transformed rejection method for generating Poisson random variables", Insurance:
 * Mathematics and Economics 12 (1993), algorithm PTRS. */
static double
poisson_large (UsRng  *rng,
               double  mean)
{
  const double b = 0.931 + 2.53 * sqrt (mean), a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2.0);
  const double log_mean = log (mean);

  for (;;)
    {
      const double u = us_rng_uniform (rng) - 0.5, v = open_uniform (rng), us = 0.5 - fabs (u);
      const double k = floor ((2.0 * a / us + b) * u + mean + 0.43);

      if (us >= 0.07 && v <= v_r)
        return k;
      if (k < 0.0 || !(us > 0.0) || (us < 0.013 && v > us))
        continue;
      if (log (v * inverse_alpha / (a / (us * us) + b)) <= k * log_mean - mean - us_log_gamma (k + 1.0))
        return k;
    }
}

double
us_draw_poisson (UsRng  *rng,
                 double  mean)
{
  g_return_val_if_fail (rng != NULL && mean >= 0.0 && mean <= 1e12, NAN);

  if (mean == 0.0)
    return 0.0;
  return mean < LARGE_MEAN ? poisson_small (rng, mean) : poisson_large (rng, mean);
}

static double
binomial_small (UsRng  *rng,
                double  n,
                double  p)      /* at most 0.5 */
{
  const double odds = p / (1.0 - p);
  double u = us_rng_uniform (rng), r = exp (n * log1p (-p)), k = 0.0;

  while (u >= r && k < n && k < 110.0)
    {
      u -= r;
      k += 1.0;
      r *= odds * (n - k + 1.0) / k;
    }
  return k;
}

/* W. Hörmann, "The generation of binomial random variates", Journal of Statistical Computation and
 * Simulation 46 (1993), algorithm BTRS. */
static double
binomial_large (UsRng  *rng,
                double  n,
                double  p)      /* at most 0.5 */
{
  const double q = 1.0 - p, spread = sqrt (n * p * q), b = 1.15 + 2.53 * spread;
  const double a = -0.0873 + 0.0248 * b + 0.01 * p, c = n * p + 0.5, v_r = 0.92 - 4.2 / b;
  const double alpha = (2.83 + 5.1 / b) * spread, log_odds = log (p / q), mode = floor ((n + 1.0) * p);
  const double h = us_log_gamma (mode + 1.0) + us_log_gamma (n - mode + 1.0);

  for (;;)
    {
      const double u = us_rng_uniform (rng) - 0.5, v = open_uniform (rng), us = 0.5 - fabs (u);
      const double k = floor ((2.0 * a / us + b) * u + c);

      if (us >= 0.07 && v <= v_r)
        return k;
      if (k < 0.0 || k > n || !(us > 0.0))
        continue;
      if (log (v * alpha / (a / (us * us) + b))
          <= h - us_log_gamma (k + 1.0) - us_log_gamma (n - k + 1.0) + (k - mode) * log_odds)
        return k;
    }
}

double
us_draw_binomial (UsRng  *rng,
                  double  n,
                  double  p)
{
  double rarer, k;

  g_return_val_if_fail (rng != NULL && n >= 0.0 && n <= 1e12 && p >= 0.0 && p <= 1.0, NAN);

  rarer = MIN (p, 1.0 - p);
  if (n == 0.0 || rarer == 0.0)
    return p > 0.5 ? n : 0.0;
  k = n * rarer < LARGE_MEAN ? binomial_small (rng, n, rarer) : binomial_large (rng, n, rarer);
  return p > 0.5 ? n - k : k;
}

double
us_draw_negative_binomial (UsRng  *rng,
                           double  mean,
                           double  size)
{
  double rate;

  g_return_val_if_fail (rng != NULL && mean >= 0.0 && size > 0.0, NAN);

  if (mean == 0.0)
    return 0.0;
  rate = us_draw_gamma (rng, size, mean / size);
  return us_draw_poisson (rng, MIN (rate, 1e12));
}
