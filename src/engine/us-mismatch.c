/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-mismatch.h"

#include <math.h>

/* N rows. */

typedef struct
{
  double mean, sd;              /* and the standard error of the mean */
  double square;                /* mean of squares */
} Moments;

static Moments
moments_of (gsize         n,
            const double *values)
{
  Moments self = { 0 };
  double square = 0;

  for (gsize i = 0; i < n; i++)
    {
      self.mean += values[i] / n;
      self.square += values[i] * values[i] / n;
    }
  for (gsize i = 0; i < n; i++)
    square += (values[i] - self.mean) * (values[i] - self.mean);
  self.sd = sqrt (square / (n - 1.0) / n);
  return self;
}

/* Standard error of mean (a) + sign mean (b). */
static double
sd_of_both (gsize           n_a,
            const double   *a,
            const Moments  *moments_a,
            const double   *b,
            const Moments  *moments_b,
            double          sign,
            gboolean        paired)
{
  g_autofree double *both = NULL;

  if (!paired)
    return hypot (moments_a->sd, moments_b->sd);
  both = g_new (double, n_a);
  for (gsize i = 0; i < n_a; i++)
    both[i] = a[i] + sign * b[i];
  return moments_of (n_a, both).sd;
}

/* sign 1: ratios at rows of P are log q/p; −1: at rows of Q.  lost (N): what TV is the mean of. */
static void
measure_distance (gsize         n,
                  const double *ratio,
                  double        sign,
                  double       *lost,
                  Moments      *tv,
                  double       *affinity)
{
  *affinity = 0;
  for (gsize i = 0; i < n; i++)
    {
      lost[i] = fmax (-expm1 (sign * ratio[i]), 0);
      if (isnan (ratio[i]))
        lost[i] = NAN;          /* fmax would hide it */
      *affinity += exp (sign * ratio[i] / 2) / n;
    }
  *tv = moments_of (n, lost);
}

void
us_mismatch_measure (gsize         n_p,
                     const double *loss_p,
                     const double *ratio_p,
                     gsize         n_q,
                     const double *loss_q,
                     const double *ratio_q,
                     gboolean      paired,
                     double        loss_bound,
                     UsMismatch   *self)
{
  g_autofree double *lost_p = g_new (double, n_p), *lost_q = g_new (double, n_q);
  Moments p, q, tv_p, tv_q;
  double affinity_p, affinity_q;

  g_return_if_fail (n_p >= 2 && n_q >= 2 && (!paired || n_p == n_q));

  p = moments_of (n_p, loss_p);
  q = moments_of (n_q, loss_q);
  measure_distance (n_p, ratio_p, 1, lost_p, &tv_p, &affinity_p);
  measure_distance (n_q, ratio_q, -1, lost_q, &tv_q, &affinity_q);
  *self = (UsMismatch) {
    .risk_p = p.mean, .risk_p_sd = p.sd, .risk_q = q.mean, .risk_q_sd = q.sd,
    .mismatch = q.mean - p.mean, .mismatch_sd = sd_of_both (n_q, loss_q, &q, loss_p, &p, -1, paired),
    .tv = (tv_p.mean + tv_q.mean) / 2, .tv_sd = sd_of_both (n_p, lost_p, &tv_p, lost_q, &tv_q, 1, paired) / 2,
  };
  /* no affinity is above 1, but an estimate of it may be */
  self->hellinger = sqrt (2 - 2 * fmin ((affinity_p + affinity_q) / 2, 1));
  if (isnan (affinity_p + affinity_q))
    self->hellinger = NAN;
  self->bound_tv = loss_bound * self->tv;
  self->bound_hellinger = self->hellinger * sqrt (2 * (p.square + q.square));
  self->bound = isnan (self->tv) ? NAN : fmin (self->bound_tv, self->bound_hellinger);
}
