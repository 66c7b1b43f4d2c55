/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-spline.h"

#include <math.h>
#include <string.h>

/* K bins. */

#define MIN_SHARE 1e-3           /* of a bin's width and height in the mean bin's */
#define MIN_SLOPE 1e-3
/* softplus (this) = 1 - MIN_SLOPE: zero logits are slope one */
#define SLOPE_OFFSET 0.5397424172369422

typedef struct
{
  float  share[2][US_SPLINE_MAX_BINS];        /* (K) softmax of widths, heights */
  double floor, rest;                         /* a bin's share is floor + rest * softmax */
  guint  bin;
  double x, w, y, h, s;                       /* lower corner, width, height of the bin; s = h / w */
  double d0, d1;                              /* slopes at its ends */
} Bin;

static void
softmax (float       *to,
         const float *logits,
         guint        n)
{
  float most = logits[0], sum = 0.0f;

  for (guint k = 1; k < n; k++)
    most = MAX (most, logits[k]);
  for (guint k = 0; k < n; k++)
    {
      to[k] = expf (logits[k] - most);
      sum += to[k];
    }
  sum = 1.0f / sum;
  for (guint k = 0; k < n; k++)
    to[k] *= sum;
}

static double
softplus (double v)
{
  return v > 30.0 ? v : log1p (exp (v));
}

static double
slope_at (const float *p,
          guint        K,
          guint        knot)
{
  if (knot == 0 || knot == K)
    return 1.0;
  return MIN_SLOPE + softplus ((double) p[2 * K + knot - 1] + SLOPE_OFFSET);
}

/* The bin in which x (axis 0) or y (axis 1) lies, -bound < value < bound. */
static void
find_bin (Bin         *b,
          const float *p,
          guint        K,
          double       bound,
          double       value,
          guint        axis)
{
  double corner[2] = { -bound, -bound }, size[2] = { 0, 0 };

  softmax (b->share[0], p, K);
  softmax (b->share[1], p + K, K);
  b->floor = 2.0 * bound * MIN_SHARE / K;
  b->rest = 2.0 * bound * (1.0 - MIN_SHARE);
  for (b->bin = 0; ; b->bin++)
    {
      for (guint a = 0; a < 2; a++)
        size[a] = b->floor + b->rest * (double) b->share[a][b->bin];
      if (b->bin == K - 1 || value < corner[axis] + size[axis])
        break;
      corner[0] += size[0];
      corner[1] += size[1];
    }
  b->x = corner[0];
  b->y = corner[1];
  b->w = size[0];
  b->h = size[1];
  b->s = size[1] / size[0];
  b->d0 = slope_at (p, K, b->bin);
  b->d1 = slope_at (p, K, b->bin + 1);
}

/* log f' at t, the place in the bin, 0..1 */
static double
log_slope_at (const Bin *b,
              double     t)
{
  double q = t * (1.0 - t);
  double below = b->s + (b->d0 + b->d1 - 2.0 * b->s) * q;
  double above = b->d1 * t * t + 2.0 * b->s * q + b->d0 * (1.0 - t) * (1.0 - t);

  return 2.0 * log (b->s / below) + log (above);
}

double
us_spline_forward (const float *p,
                   guint        n_bins,
                   double       bound,
                   double       x,
                   double      *log_slope)
{
  Bin b;
  double t, q;

  /* written so that NaN goes through */
  if (!(x > -bound && x < bound))
    {
      *log_slope = 0.0;
      return x;
    }
  find_bin (&b, p, n_bins, bound, x, 0);
  t = CLAMP ((x - b.x) / b.w, 0.0, 1.0);
  q = t * (1.0 - t);
  *log_slope = log_slope_at (&b, t);
  return b.y + b.h * (b.s * t * t + b.d0 * q) / (b.s + (b.d0 + b.d1 - 2.0 * b.s) * q);
}

double
us_spline_inverse (const float *p,
                   guint        n_bins,
                   double       bound,
                   double       y,
                   double      *log_slope)
{
  Bin b;
  double u, k, qa, qb, qc, root, t;

  if (!(y > -bound && y < bound))
    {
      if (log_slope != NULL)
        *log_slope = 0.0;
      return y;
    }
  /* The quadratic's root that lies in the bin, in the form that does not cancel (their eq. 29). */
  find_bin (&b, p, n_bins, bound, y, 1);
  u = CLAMP (y - b.y, 0.0, b.h);
  k = b.d0 + b.d1 - 2.0 * b.s;
  qa = b.h * (b.s - b.d0) + u * k;
  qb = b.h * b.d0 - u * k;
  qc = -b.s * u;
  root = sqrt (MAX (qb * qb - 4.0 * qa * qc, 0.0));
  t = CLAMP (2.0 * qc / (-qb - root), 0.0, 1.0);
  if (log_slope != NULL)
    *log_slope = log_slope_at (&b, t);
  return b.x + t * b.w;
}

/* From the derivatives by the sizes of the bins (those below the bin: `below`; itself: `here`) to the logits'. */
static void
softmax_backward (float       *to,
                  const float *share,
                  guint        K,
                  guint        bin,
                  double       scale,
                  double       below,
                  double       here)
{
  double mean = (double) share[bin] * here;

  for (guint k = 0; k < bin; k++)
    mean += (double) share[k] * below;
  for (guint k = 0; k < K; k++)
    to[k] = (float) (scale * (double) share[k] * ((k < bin ? below : k == bin ? here : 0.0) - mean));
}

static float
slope_backward (const float *p,
                guint        K,
                guint        knot,
                double       d)
{
  return (float) (d / (1.0 + exp (-((double) p[2 * K + knot - 1] + SLOPE_OFFSET))));
}

double
us_spline_backward (const float *p,
                    guint        n_bins,
                    double       bound,
                    double       x,
                    double       dy,
                    double       dlog,
                    float       *dp)
{
  Bin b;
  double t, q, r, k, a, d, n, dt, ds, dd0, dd1, dh, dw;

  memset (dp, 0, us_spline_n_parameters (n_bins) * sizeof (float));
  if (!(x > -bound && x < bound))
    return dy;

  /* y = y_k + h a / d, log f' = 2 log s + log n - 2 log d, all of t, s, d0, d1; by t, s, d0, d1 in turn: */
  find_bin (&b, p, n_bins, bound, x, 0);
  t = CLAMP ((x - b.x) / b.w, 0.0, 1.0);
  q = t * (1.0 - t);
  r = 1.0 - 2.0 * t;
  k = b.d0 + b.d1 - 2.0 * b.s;
  a = b.s * t * t + b.d0 * q;
  d = b.s + k * q;
  n = b.d1 * t * t + 2.0 * b.s * q + b.d0 * (1.0 - t) * (1.0 - t);
#define BY(a_v, d_v, n_v) (dy * b.h * ((a_v) * d - a * (d_v)) / (d * d) + dlog * ((n_v) / n - 2.0 * (d_v) / d))
  dt = BY (2.0 * b.s * t + b.d0 * r, k * r, 2.0 * b.d1 * t + 2.0 * b.s * r - 2.0 * b.d0 * (1.0 - t));
  ds = BY (t * t, 1.0 - 2.0 * q, 2.0 * q) + dlog * 2.0 / b.s;
  dd0 = BY (q, q, (1.0 - t) * (1.0 - t));
  dd1 = BY (0.0, q, t * t);
#undef BY

  /* s = h / w, t = (x - x_k) / w */
  dh = dy * a / d + ds / b.w;
  dw = -(ds * b.s + dt * t) / b.w;
  softmax_backward (dp, b.share[0], n_bins, b.bin, b.rest, -dt / b.w, dw);
  softmax_backward (dp + n_bins, b.share[1], n_bins, b.bin, b.rest, dy, dh);
  if (b.bin > 0)
    dp[2 * n_bins + b.bin - 1] = slope_backward (p, n_bins, b.bin, dd0);
  if (b.bin < n_bins - 1)
    dp[2 * n_bins + b.bin] = slope_backward (p, n_bins, b.bin + 1, dd1);
  return dt / b.w;
}
