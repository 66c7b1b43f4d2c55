/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-vec-private.h"

/* Each function walks n floats as a matrix of whole periods plus a remainder
 * shorter than one. */

static void
norm_sums (double      *s1,
           double      *s2,
           const float *x,
           const float *shift,
           gsize        n,
           gsize        period)
{
  gsize rows = n / period;
  gsize rest = n % period;

  for (gsize r0 = 0; r0 < rows; r0 += US_VEC_RUN)
    {
      gsize r1 = MIN (r0 + US_VEC_RUN, rows);
      gsize j = 0;

      for (; j + US_VECTOR <= period; j += US_VECTOR)
        {
          Vec mid = vec_load (shift + j), sum = { 0 }, squares = { 0 };

          for (gsize r = r0; r < r1; r++)
            {
              Vec v = vec_load (x + r * period + j) - mid;

              sum += v;
              squares += v * v;
            }
          for (guint l = 0; l < US_VECTOR; l++)
            {
              s1[j + l] += (double) sum[l];
              s2[j + l] += (double) squares[l];
            }
        }
      for (; j < period; j++)
        for (gsize r = r0; r < r1; r++)
          {
            double v = (double) (x[r * period + j] - shift[j]);

            s1[j] += v;
            s2[j] += v * v;
          }
    }
  x += rows * period;
  for (gsize j = 0; j < rest; j++)
    {
      double v = (double) (x[j] - shift[j]);

      s1[j] += v;
      s2[j] += v * v;
    }
}

static void
norm_apply (float       *y,
            const float *x,
            const float *a,
            const float *b,
            gsize        n,
            gsize        period,
            float        slope)
{
  for (gsize i = 0; i < n; i += period)
    {
      gsize m = MIN (period, n - i);

#pragma GCC ivdep
      for (gsize j = 0; j < m; j++)
        {
          float v = a[j] * x[i + j] + b[j];

          y[i + j] = v > 0.0f ? v : slope * v;
        }
    }
}

static void
norm_gradient_sums (double      *s1,
                    double      *s2,
                    const float *dy,
                    const float *x,
                    const float *a,
                    const float *b,
                    const float *mean,
                    gsize        n,
                    gsize        period,
                    float        slope)
{
  gsize rows = n / period;
  gsize rest = n % period;
  Vec leak = (Vec) { 0 } + slope, zero = { 0 };

  for (gsize r0 = 0; r0 < rows; r0 += US_VEC_RUN)
    {
      gsize r1 = MIN (r0 + US_VEC_RUN, rows);
      gsize j = 0;

      for (; j + US_VECTOR <= period; j += US_VECTOR)
        {
          Vec scale = vec_load (a + j), offset = vec_load (b + j), mid = vec_load (mean + j);
          Vec sum = { 0 }, products = { 0 };

          for (gsize r = r0; r < r1; r++)
            {
              Vec v = vec_load (x + r * period + j);
              Vec g = vec_load (dy + r * period + j);

              g = vec_select ((VecI) (scale * v + offset > zero), g, leak * g);
              sum += g;
              products += g * (v - mid);
            }
          for (guint l = 0; l < US_VECTOR; l++)
            {
              s1[j + l] += (double) sum[l];
              s2[j + l] += (double) products[l];
            }
        }
      for (; j < period; j++)
        for (gsize r = r0; r < r1; r++)
          {
            float v = x[r * period + j];
            float g = dy[r * period + j];

            g = a[j] * v + b[j] > 0.0f ? g : slope * g;
            s1[j] += (double) g;
            s2[j] += (double) (g * (v - mean[j]));
          }
    }
  x += rows * period;
  dy += rows * period;
  for (gsize j = 0; j < rest; j++)
    {
      float g = a[j] * x[j] + b[j] > 0.0f ? dy[j] : slope * dy[j];

      s1[j] += (double) g;
      s2[j] += (double) (g * (x[j] - mean[j]));
    }
}

static void
norm_backward (float       *dx,
               const float *dy,
               const float *x,
               const float *a,
               const float *b,
               const float *c,
               const float *d,
               gsize        n,
               gsize        period,
               float        slope)
{
  for (gsize i = 0; i < n; i += period)
    {
      gsize m = MIN (period, n - i);

#pragma GCC ivdep
      for (gsize j = 0; j < m; j++)
        {
          float v = x[i + j];
          float g = dy[i + j];

          g = a[j] * v + b[j] > 0.0f ? g : slope * g;
          dx[i + j] = a[j] * g + (c[j] * v + d[j]);
        }
    }
}

void
US_K (us_vec_norm) (UsVec *vec)
{
  vec->norm_sums = norm_sums;
  vec->norm_apply = norm_apply;
  vec->norm_gradient_sums = norm_gradient_sums;
  vec->norm_backward = norm_backward;
}
