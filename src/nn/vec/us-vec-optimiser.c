/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-vec-private.h"

#include <math.h>

static double
square_sum (const float *x,
            gsize        n)
{
  double sums[8] = { 0 };
  gsize i = 0;

  /* In double: the square of any float is finite there. */
  for (; i + 8 <= n; i += 8)
    for (guint l = 0; l < 8; l++)
      sums[l] += (double) x[i + l] * (double) x[i + l];
  for (; i < n; i++)
    sums[0] += (double) x[i] * (double) x[i];
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

static void
adam (float           *p,
      float           *m,
      float           *v,
      const float     *g,
      gsize            n,
      const UsVecAdam *a)
{
  const UsVecAdam k = *a;

#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    {
      float gradient = k.scale * g[i];
      float first = m[i] + k.one_minus_beta1 * (gradient - m[i]);
      float second = v[i] + k.one_minus_beta2 * (gradient * gradient - v[i]);

      m[i] = first;
      v[i] = second;
      p[i] -= k.rate * first / (sqrtf (second) * k.inverse_root + k.epsilon) + k.decay * p[i];
    }
}

static void
average_update (float       *average,
                const float *x,
                gsize        n,
                float        weight)
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    average[i] = average[i] + weight * (x[i] - average[i]);
}

void
US_K (us_vec_optimiser) (UsVec *vec)
{
  vec->square_sum = square_sum;
  vec->adam = adam;
  vec->average = average_update;
}
