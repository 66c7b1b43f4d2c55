/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-vec-private.h"

/* Each function walks n floats as a matrix of whole periods plus a remainder
 * shorter than one. */

/* Vectors summed side by side, so that one addition need not wait for the last. */
#define SEVERAL 4

US_INLINE void
sums_of_columns (double      *s1,
                 double      *s2,
                 const float *x,
                 const float *shift,
                 gsize        n_rows,
                 gsize        period,
                 guint        n_vectors)
{
  Vec mid[SEVERAL], sum[SEVERAL] = { { 0 } }, squares[SEVERAL] = { { 0 } };

  for (guint k = 0; k < n_vectors; k++)
    mid[k] = vec_load (shift + k * US_VECTOR);
  for (gsize r = 0; r < n_rows; r++)
    for (guint k = 0; k < n_vectors; k++)
      {
        Vec v = vec_load (x + r * period + k * US_VECTOR) - mid[k];

        sum[k] += v;
        squares[k] += v * v;
      }
  for (guint k = 0; k < n_vectors; k++)
    for (guint l = 0; l < US_VECTOR; l++)
      {
        s1[k * US_VECTOR + l] += (double) sum[k][l];
        s2[k * US_VECTOR + l] += (double) squares[k][l];
      }
}

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

      for (; j + SEVERAL * US_VECTOR <= period; j += SEVERAL * US_VECTOR)
        sums_of_columns (s1 + j, s2 + j, x + r0 * period + j, shift + j, r1 - r0, period, SEVERAL);
      for (; j + US_VECTOR <= period; j += US_VECTOR)
        sums_of_columns (s1 + j, s2 + j, x + r0 * period + j, shift + j, r1 - r0, period, 1);
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

US_INLINE void
gradient_sums_of_columns (double      *s1,
                          double      *s2,
                          const float *dy,
                          const float *x,
                          const float *a,
                          const float *b,
                          const float *mean,
                          gsize        n_rows,
                          gsize        period,
                          float        slope,
                          guint        n_vectors)
{
  Vec scale[SEVERAL], offset[SEVERAL], mid[SEVERAL], sum[SEVERAL] = { { 0 } }, products[SEVERAL] = { { 0 } };
  Vec leak = (Vec) { 0 } + slope, zero = { 0 };

  for (guint k = 0; k < n_vectors; k++)
    {
      scale[k] = vec_load (a + k * US_VECTOR);
      offset[k] = vec_load (b + k * US_VECTOR);
      mid[k] = vec_load (mean + k * US_VECTOR);
    }
  for (gsize r = 0; r < n_rows; r++)
    for (guint k = 0; k < n_vectors; k++)
      {
        Vec v = vec_load (x + r * period + k * US_VECTOR);
        Vec g = vec_load (dy + r * period + k * US_VECTOR);

        g = vec_select ((VecI) (scale[k] * v + offset[k] > zero), g, leak * g);
        sum[k] += g;
        products[k] += g * (v - mid[k]);
      }
  for (guint k = 0; k < n_vectors; k++)
    for (guint l = 0; l < US_VECTOR; l++)
      {
        s1[k * US_VECTOR + l] += (double) sum[k][l];
        s2[k * US_VECTOR + l] += (double) products[k][l];
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

  for (gsize r0 = 0; r0 < rows; r0 += US_VEC_RUN)
    {
      gsize r1 = MIN (r0 + US_VEC_RUN, rows);
      gsize j = 0;

      for (; j + SEVERAL * US_VECTOR <= period; j += SEVERAL * US_VECTOR)
        gradient_sums_of_columns (s1 + j, s2 + j, dy + r0 * period + j, x + r0 * period + j, a + j, b + j, mean + j,
                                  r1 - r0, period, slope, SEVERAL);
      for (; j + US_VECTOR <= period; j += US_VECTOR)
        gradient_sums_of_columns (s1 + j, s2 + j, dy + r0 * period + j, x + r0 * period + j, a + j, b + j, mean + j,
                                  r1 - r0, period, slope, 1);
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
