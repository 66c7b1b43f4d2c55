/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-vec-math.h"
#include "us-vec-private.h"

/* Terms are written a run at a time into a small buffer and summed from there:
 * the loop over the elements stays without a reduction, and the order of the
 * sum does not depend on the instruction set's width. */
#define RUN 256

static double
sum_run (const float *terms,
         gsize        n)
{
  float lanes[16] = { 0 };
  double sum = 0.0;
  gsize i = 0;

  for (; i + 16 <= n; i += 16)
    for (guint l = 0; l < 16; l++)
      lanes[l] += terms[i + l];
  for (; i < n; i++)
    sum += (double) terms[i];
  for (guint l = 0; l < 16; l++)
    sum += (double) lanes[l];
  return sum;
}

static double
loss_mse (float       *gradient,
          float       *difference,
          const float *p,
          const float *t,
          gsize        n,
          float        scale)
{
  float terms[RUN];
  double sum = 0.0;

  for (gsize i = 0; i < n; i += RUN)
    {
      gsize m = MIN (RUN, n - i);

#pragma GCC ivdep
      for (gsize j = 0; j < m; j++)
        terms[j] = (p[i + j] - t[i + j]) * (p[i + j] - t[i + j]);
      if (gradient != NULL)
#pragma GCC ivdep
        for (gsize j = 0; j < m; j++)
          gradient[i + j] = 2.0f * scale * (p[i + j] - t[i + j]);
      if (difference != NULL)
#pragma GCC ivdep
        for (gsize j = 0; j < m; j++)
          difference[i + j] = p[i + j] - t[i + j];
      sum += sum_run (terms, m);
    }
  return sum;
}

US_INLINE float
sign_of (float d)
{
  float s = d > 0.0f ? 1.0f : d < 0.0f ? -1.0f : 0.0f * d;

  return s;
}

static double
loss_l1 (float       *gradient,
         float       *difference,
         const float *p,
         const float *t,
         gsize        n,
         float        scale)
{
  float terms[RUN];
  double sum = 0.0;

  for (gsize i = 0; i < n; i += RUN)
    {
      gsize m = MIN (RUN, n - i);

#pragma GCC ivdep
      for (gsize j = 0; j < m; j++)
        terms[j] = math_abs (p[i + j] - t[i + j]);
      if (gradient != NULL)
#pragma GCC ivdep
        for (gsize j = 0; j < m; j++)
          gradient[i + j] = scale * sign_of (p[i + j] - t[i + j]);
      if (difference != NULL)
#pragma GCC ivdep
        for (gsize j = 0; j < m; j++)
          difference[i + j] = p[i + j] - t[i + j];
      sum += sum_run (terms, m);
    }
  return sum;
}

/* log (1 + e^p) - t p, by e = e^{-|p|} for both the loss and its derivative σ (p) - t. */
static double
loss_bce (float       *gradient,
          float       *difference,
          const float *p,
          const float *t,
          gsize        n,
          float        scale)
{
  float terms[RUN], residual[RUN];
  double sum = 0.0;

  for (gsize i = 0; i < n; i += RUN)
    {
      gsize m = MIN (RUN, n - i);

#pragma GCC ivdep
      for (gsize j = 0; j < m; j++)
        {
          float v = p[i + j];
          float e = math_exp (-math_abs (v));
          float s = 1.0f / (1.0f + e);

          terms[j] = (v > 0.0f ? v : 0.0f * v) - t[i + j] * v + math_log1p (e);
          residual[j] = (v > 0.0f ? s : e * s) - t[i + j];
        }
      if (gradient != NULL)
#pragma GCC ivdep
        for (gsize j = 0; j < m; j++)
          gradient[i + j] = scale * residual[j];
      if (difference != NULL)
        memcpy (difference + i, residual, m * sizeof (float));
      sum += sum_run (terms, m);
    }
  return sum;
}

static double
loss_nll (float       *gradient,
          float       *difference,
          const float *p,
          const float *t,
          gsize        n_pixels,
          gsize        channels,
          float        least,
          float        scale)
{
  float terms[RUN];
  double sum = 0.0;

  for (gsize i = 0; i < n_pixels; i++, p += 2 * channels, t += channels)
    for (gsize c = 0; c < channels; c += RUN)
      {
        gsize m = MIN (RUN, channels - c);
        const float *mean = p + c, *log_variance = p + channels + c, *target = t + c;
        float *to_mean = gradient != NULL ? gradient + i * 2 * channels + c : NULL;

#pragma GCC ivdep
        for (gsize j = 0; j < m; j++)
          {
            float d = mean[j] - target[j];
            float l = least + math_softplus (log_variance[j] - least);     /* log σ² */

            terms[j] = 0.5f * (l + d * d * math_exp (-l));
          }
        if (gradient != NULL)
#pragma GCC ivdep
          for (gsize j = 0; j < m; j++)
            {
              float d = mean[j] - target[j];
              float l = least + math_softplus (log_variance[j] - least);
              float w = math_exp (-l);

              to_mean[j] = scale * d * w;
              to_mean[channels + j] = 0.5f * scale * (1.0f - d * d * w) * math_exp (log_variance[j] - l);
            }
        if (difference != NULL)
#pragma GCC ivdep
          for (gsize j = 0; j < m; j++)
            difference[i * channels + c + j] = mean[j] - target[j];
        sum += sum_run (terms, m);
      }
  return sum;
}

static double
level_mse (float *d,
           gsize  n,
           float  scale)
{
  float terms[RUN];
  double sum = 0.0;

  for (gsize i = 0; i < n; i += RUN)
    {
      gsize m = MIN (RUN, n - i);

      for (gsize j = 0; j < m; j++)
        {
          terms[j] = d[i + j] * d[i + j];
          d[i + j] = 2.0f * scale * d[i + j];
        }
      sum += sum_run (terms, m);
    }
  return sum;
}

static double
level_l1 (float *d,
          gsize  n,
          float  scale)
{
  float terms[RUN];
  double sum = 0.0;

  for (gsize i = 0; i < n; i += RUN)
    {
      gsize m = MIN (RUN, n - i);

      for (gsize j = 0; j < m; j++)
        {
          terms[j] = math_abs (d[i + j]);
          d[i + j] = scale * sign_of (d[i + j]);
        }
      sum += sum_run (terms, m);
    }
  return sum;
}

static void
bce_chain (float       *gradient,
           const float *up,
           const float *difference,
           const float *t,
           gsize        n)
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    {
      float q = difference[i] + t[i];

      gradient[i] += up[i] * (q * (1.0f - q));
    }
}

/* --- pyramid ----------------------------------------------------------- */

static void
average_row (float       *coarse,
             const float *top,
             const float *bottom,
             gsize        width,
             guint        across,
             gsize        c)
{
  if (across == 2 && c == 1)
    {
#pragma GCC ivdep
      for (gsize j = 0; j < width; j++)
        coarse[j] = 0.25f * ((top[2 * j] + top[2 * j + 1]) + (bottom[2 * j] + bottom[2 * j + 1]));
      return;
    }
  /* Always four are added: with one row or column each is met twice. */
  for (gsize j = 0; j < width; j++, top += across * c, bottom += across * c, coarse += c)
#pragma GCC ivdep
    for (gsize k = 0; k < c; k++)
      coarse[k] = 0.25f * ((top[k] + top[k + (across - 1) * c]) + (bottom[k] + bottom[k + (across - 1) * c]));
}

static void
average_down (float       *coarse,
              const float *fine,
              gsize        height,
              gsize        width,
              gsize        fine_width,
              guint        down,
              guint        across,
              gsize        c)
{
  for (gsize i = 0; i < height; i++)
    {
      const float *top = fine + i * down * fine_width * c;

      average_row (coarse + i * width * c, top, top + (down - 1) * fine_width * c, width, across, c);
    }
}

static void
spread_up (float       *fine,
           const float *coarse,
           gsize        height,
           gsize        width,
           gsize        fine_width,
           guint        down,
           guint        across,
           gsize        c)
{
  float share = 1.0f / (float) (down * across);

  for (gsize i = 0; i < height * down; i++)
    {
      float *to = fine + i * fine_width * c;
      const float *from = coarse + i / down * width * c;

      if (across == 2 && c == 1)
        {
#pragma GCC ivdep
          for (gsize j = 0; j < width; j++)
            {
              to[2 * j] += share * from[j];
              to[2 * j + 1] += share * from[j];
            }
          continue;
        }
      for (gsize j = 0; j < width; j++, from += c)
        for (guint b = 0; b < across; b++, to += c)
#pragma GCC ivdep
          for (gsize k = 0; k < c; k++)
            to[k] += share * from[k];
    }
}

void
US_K (us_vec_losses) (UsVec *vec)
{
  vec->loss_mse = loss_mse;
  vec->loss_l1 = loss_l1;
  vec->loss_bce = loss_bce;
  vec->loss_nll = loss_nll;
  vec->level_mse = level_mse;
  vec->level_l1 = level_l1;
  vec->bce_chain = bce_chain;
  vec->average_down = average_down;
  vec->spread_up = spread_up;
}
