/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-ecdf-band.h"

#include <math.h>
#include <string.h>

/* N values, K places. */

#define HALVINGS 60
#define NEAR     1.0001         /* gamma is known to this factor */
#define TIE      1e-9           /* relative: counts as far below the middle as above it are alike but for rounding */

static void
fill_places (UsEcdfBand *self,
             gsize       n_ranks,
             gsize       n_points)
{
  gsize most = n_ranks > 0 ? MIN (n_points, n_ranks - 1) : n_points;

  self->z = g_new (double, MAX (most, 1));
  for (gsize k = 1; k <= most; k++)
    {
      double z = k / (most + 1.0);

      if (n_ranks > 0)
        z = round (z * n_ranks) / n_ranks;
      if (z > 0 && z < 1 && (self->n_points == 0 || z > self->z[self->n_points - 1]))
        self->z[self->n_points++] = z;
    }
}

/* tail[x] = min (1, 2 P(X ≤ x), 2 P(X ≥ x)) of a binomial of n and z. */
static void
fill_tail (const UsEcdfBand *self,
           double            z,
           double           *tail)      /* (N + 1) */
{
  const double *lf = self->log_factorial;
  gsize n = self->n;
  double sum = 0;

  for (gsize x = 0; x <= n; x++)
    {
      sum += exp (lf[n] - lf[x] - lf[n - x] + x * log (z) + (n - x) * log1p (-z));
      tail[x] = 2 * sum;
    }
  sum = 0;
  for (gsize x = n + 1; x-- > 0;)
    {
      sum += exp (lf[n] - lf[x] - lf[n - x] + x * log (z) + (n - x) * log1p (-z));
      tail[x] = MIN (MIN (tail[x], 2 * sum), 1);
    }
}

/* The counts of place k whose p-value is above gamma; FALSE: none. */
static gboolean
interval (const UsEcdfBand *self,
          gsize             k,
          double            gamma,
          gsize            *lower,
          gsize            *upper)
{
  const double *tail = self->tail + k * (self->n + 1);
  gsize x = 0, last = self->n;

  while (x <= self->n && !(tail[x] > gamma))
    x++;
  if (x > self->n)
    return FALSE;
  while (!(tail[last] > gamma))
    last--;
  *lower = x;
  *upper = last;
  return TRUE;
}

static double
poisson (const UsEcdfBand *self,
         double            mean,
         gsize             x)
{
  return exp (x * log (mean) - mean - self->log_factorial[x]);
}

/* From how likely each count in old_lower .. old_upper is to how likely each in lower .. upper, `step` further on. */
static void
advance (const UsEcdfBand *self,
         double            step,
         gsize             old_lower,
         gsize             old_upper,
         const double     *old,         /* (old_upper - old_lower + 1) */
         gsize             lower,
         gsize             upper,
         double           *weight,      /* (N + 1) scratch */
         double           *next)        /* (upper - lower + 1) out */
{
  memset (next, 0, (upper - lower + 1) * sizeof *next);
  for (gsize d = 0; old_lower + d <= upper; d++)
    weight[d] = poisson (self, self->n * step, d);
  for (gsize from = old_lower; from <= old_upper; from++)
    for (gsize to = MAX (from, lower); to <= upper; to++)
      next[to - lower] += old[from - old_lower] * weight[to - from];
}

/* The probability that at each place the count's p-value is above gamma.  Counts of N values between the
 * places are a multinomial: independent Poisson numbers, given that they add up to N. */
static double
probability_inside (const UsEcdfBand *self,
                    double            gamma)
{
  gsize n = self->n, old_lower = 0, old_upper = 0;
  g_autofree double *now = g_new0 (double, n + 1);
  g_autofree double *next = g_new (double, n + 1);
  g_autofree double *weight = g_new (double, n + 1);
  double at = 0, sum = 0;

  now[0] = 1;
  for (gsize k = 0; k < self->n_points; k++)
    {
      gsize lower, upper;
      double *swap = now;

      if (!interval (self, k, gamma, &lower, &upper))
        return 0;
      advance (self, self->z[k] - at, old_lower, old_upper, now, lower, upper, weight, next);
      now = next;
      next = swap;
      old_lower = lower;
      old_upper = upper;
      at = self->z[k];
    }
  for (gsize x = old_lower; x <= old_upper; x++)
    sum += now[x - old_lower] * poisson (self, n * (1 - at), n - x);
  return MIN (sum / poisson (self, n, n), 1);
}

/* The largest gamma that keeps the level.  The probability falls in steps: what was tried and found good is kept. */
static void
find_gamma (UsEcdfBand *self)
{
  double good = 0, bad = 1;

  self->probability = 1;
  for (guint i = 0; i < HALVINGS && bad > NEAR * good; i++)
    {
      double gamma = good > 0 ? sqrt (good * bad) : bad / 2, p;

      p = probability_inside (self, gamma);
      if (p >= self->level)
        {
          good = gamma;
          self->probability = p;
        }
      else
        bad = gamma;
    }
  self->gamma = good;
}

UsEcdfBand *
us_ecdf_band_new (gsize  n,
                  gsize  n_ranks,
                  gsize  n_points,
                  double level)
{
  UsEcdfBand *self;

  g_return_val_if_fail (n > 0 && n <= G_MAXINT32 && n_points > 0 && n_ranks != 1, NULL);
  g_return_val_if_fail (level > 0 && level < 1, NULL);

  self = g_new0 (UsEcdfBand, 1);
  self->n = n;
  self->level = level;
  fill_places (self, n_ranks, n_points);
  self->log_factorial = g_new0 (double, n + 1);
  for (gsize x = 1; x <= n; x++)
    self->log_factorial[x] = self->log_factorial[x - 1] + log (x);
  self->tail = g_new (double, self->n_points * (n + 1));
  for (gsize k = 0; k < self->n_points; k++)
    fill_tail (self, self->z[k], self->tail + k * (n + 1));
  find_gamma (self);

  self->lower = g_new0 (guint, self->n_points);
  self->upper = g_new0 (guint, self->n_points);
  for (gsize k = 0; k < self->n_points; k++)
    {
      gsize lower = 0, upper = n;

      interval (self, k, self->gamma, &lower, &upper);
      self->lower[k] = lower;
      self->upper[k] = upper;
    }
  return self;
}

void
us_ecdf_band_free (UsEcdfBand *self)
{
  if (self == NULL)
    return;
  g_free (self->z);
  g_free (self->lower);
  g_free (self->upper);
  g_free (self->tail);
  g_free (self->log_factorial);
  g_free (self);
}

double
us_ecdf_band_p_value (const UsEcdfBand *self,
                      const guint      *counts)
{
  double least = 1;

  g_return_val_if_fail (self != NULL && counts != NULL, NAN);

  for (gsize k = 0; k < self->n_points; k++)
    {
      g_return_val_if_fail (counts[k] <= self->n, NAN);
      least = MIN (least, self->tail[k * (self->n + 1) + counts[k]]);
    }
  /* a count at p = 1 is outside of nothing */
  return least < 1 ? 1 - probability_inside (self, least * (1 + TIE)) : 1;
}

void
us_ecdf_band_count (const UsEcdfBand *self,
                    const double     *values,
                    guint            *counts)
{
  g_return_if_fail (self != NULL && values != NULL && counts != NULL);

  memset (counts, 0, self->n_points * sizeof *counts);
  for (gsize i = 0; i < self->n; i++)
    {
      gsize k = self->n_points;

      while (k > 0 && values[i] < self->z[k - 1])
        counts[--k]++;
    }
}
