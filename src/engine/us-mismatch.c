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

/* sign 1: ratios at rows of P are log q/p; −1: at rows of Q. */
static void
measure_distance (gsize         n,
                  const double *ratio,
                  double        sign,
                  Moments      *tv,
                  double       *affinity)
{
  g_autofree double *lost = g_new (double, n);

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
                     double        loss_bound,
                     UsMismatch   *self)
{
  Moments p, q, tv_p, tv_q;
  double affinity_p, affinity_q;

  g_return_if_fail (n_p >= 2 && n_q >= 2);

  p = moments_of (n_p, loss_p);
  q = moments_of (n_q, loss_q);
  measure_distance (n_p, ratio_p, 1, &tv_p, &affinity_p);
  measure_distance (n_q, ratio_q, -1, &tv_q, &affinity_q);
  *self = (UsMismatch) {
    .risk_p = p.mean, .risk_p_sd = p.sd, .risk_q = q.mean, .risk_q_sd = q.sd,
    .mismatch = q.mean - p.mean, .mismatch_sd = hypot (p.sd, q.sd),
    .tv = (tv_p.mean + tv_q.mean) / 2, .tv_sd = hypot (tv_p.sd, tv_q.sd) / 2,
  };
  /* no affinity is above 1, but an estimate of it may be */
  self->hellinger = sqrt (2 - 2 * fmin ((affinity_p + affinity_q) / 2, 1));
  if (isnan (affinity_p + affinity_q))
    self->hellinger = NAN;
  self->bound_tv = loss_bound * self->tv;
  self->bound_hellinger = self->hellinger * sqrt (2 * (p.square + q.square));
  self->bound = isnan (self->tv) ? NAN : fmin (self->bound_tv, self->bound_hellinger);
}
