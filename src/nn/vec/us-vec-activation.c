/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-vec-math.h"
#include "us-vec-private.h"

/* The loops carry nothing from one element to the next, in place or not; gcc
 * is told so, since it must assume the worst of a write through `y`. */

static void
leaky_relu (float       *y,
            const float *x,
            gsize        n,
            float        slope)
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    y[i] = x[i] > 0.0f ? x[i] : slope * x[i];
}

static void
leaky_relu_backward (float       *dx,
                     const float *dy,
                     const float *y,
                     gsize        n,
                     float        slope)
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    dx[i] = y[i] > 0.0f ? dy[i] : slope * dy[i];
}

static void
tanh_forward (float       *y,
              const float *x,
              gsize        n,
              float        slope)
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    y[i] = math_tanh (x[i]);
}

static void
tanh_backward (float       *dx,
               const float *dy,
               const float *y,
               gsize        n,
               float        slope)
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    dx[i] = dy[i] * (1.0f - y[i] * y[i]);
}

static void
sigmoid_forward (float       *y,
                 const float *x,
                 gsize        n,
                 float        slope)
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    y[i] = math_sigmoid (x[i]);
}

static void
sigmoid_backward (float       *dx,
                  const float *dy,
                  const float *y,
                  gsize        n,
                  float        slope)
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    dx[i] = dy[i] * (y[i] * (1.0f - y[i]));
}

static void
softplus_forward (float       *y,
                  const float *x,
                  gsize        n,
                  float        slope)
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    y[i] = math_softplus (x[i]);
}

/* σ (x) = 1 - e^{-y}; for small y by its series, where the difference cancels. */
static void
softplus_backward (float       *dx,
                   const float *dy,
                   const float *y,
                   gsize        n,
                   float        slope)
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    {
      float v = y[i];
      float series = v * (1.0f - v * (0.5f - v * (1.0f / 6.0f - v * (1.0f / 24.0f))));

      dx[i] = dy[i] * (v < 0.06f ? series : 1.0f - math_exp (-v));
    }
}

static void
gelu_forward (float       *y,
              const float *x,
              gsize        n,
              float        slope)
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    {
      float bell;

      y[i] = x[i] * math_normal_cdf (x[i], &bell);
    }
}

static void
gelu_backward (float       *dx,
               const float *dy,
               const float *x,
               gsize        n,
               float        slope)
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    {
      float bell;
      float cdf = math_normal_cdf (x[i], &bell);

      dx[i] = dy[i] * (cdf + x[i] * bell * 0.39894228f);     /* 1 / sqrt (2π) */
    }
}

static void
gelu_keep_slope (float *y,
                 float *x,
                 gsize  n)
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    {
      float bell, v = x[i];
      float cdf = math_normal_cdf (v, &bell);

      y[i] = v * cdf;
      x[i] = cdf + v * bell * 0.39894228f;
    }
}

static void
multiply (float       *y,
          const float *a,
          const float *b,
          gsize        n)
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    y[i] = a[i] * b[i];
}

static void
add (float       *y,
     const float *a,
     const float *b,
     gsize        n)
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    y[i] = a[i] + b[i];
}

static void
copy_scale (float       *y,
            const float *x,
            float        scale,
            gsize        n)
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    y[i] = scale * x[i];
}

static void
bias_rows (float       *y,
           const float *bias,
           gsize        n_rows,
           gsize        stride,
           gsize        n,
           float        slope)
{
  for (gsize r = 0; r < n_rows; r++)
    {
      float *row = y + r * stride;

#pragma GCC ivdep
      for (gsize i = 0; i < n; i++)
        {
          float v = row[i] + bias[i];

          row[i] = v > 0.0f ? v : slope * v;
        }
    }
}

static void
column_sums (double      *sums,
             const float *x,
             gsize        n_rows,
             gsize        stride,
             gsize        n)
{
  for (gsize r0 = 0; r0 < n_rows; r0 += US_VEC_RUN)
    {
      gsize r1 = MIN (r0 + US_VEC_RUN, n_rows);
      gsize j = 0;

      for (; j + US_VECTOR <= n; j += US_VECTOR)
        {
          Vec sum = { 0 };

          for (gsize r = r0; r < r1; r++)
            sum += vec_load (x + r * stride + j);
          for (guint l = 0; l < US_VECTOR; l++)
            sums[j + l] += (double) sum[l];
        }
      for (; j < n; j++)
        for (gsize r = r0; r < r1; r++)
          sums[j] += (double) x[r * stride + j];
    }
}

void
US_K (us_vec_activations) (UsVec *vec)
{
  vec->activate[US_ACTIVATION_LEAKY_RELU] = leaky_relu;
  vec->activate[US_ACTIVATION_TANH] = tanh_forward;
  vec->activate[US_ACTIVATION_SIGMOID] = sigmoid_forward;
  vec->activate[US_ACTIVATION_SOFTPLUS] = softplus_forward;
  vec->activate[US_ACTIVATION_GELU] = gelu_forward;
  vec->activate_backward[US_ACTIVATION_LEAKY_RELU] = leaky_relu_backward;
  vec->activate_backward[US_ACTIVATION_TANH] = tanh_backward;
  vec->activate_backward[US_ACTIVATION_SIGMOID] = sigmoid_backward;
  vec->activate_backward[US_ACTIVATION_SOFTPLUS] = softplus_backward;
  vec->activate_backward[US_ACTIVATION_GELU] = gelu_backward;
  vec->gelu_keep_slope = gelu_keep_slope;
  vec->multiply = multiply;
  vec->add = add;
  vec->copy_scale = copy_scale;
  vec->bias = bias_rows;
  vec->column_sums = column_sums;
}
