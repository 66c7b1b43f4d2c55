/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-sbc-private.h"

#include "us-error.h"
#include "us-rng.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* M simulations, L samples of the posterior of each, P parameters. */

#define LEAST_ROWS 20

enum { ROW_EMPTY, ROW_SET, ROW_NOT_FINITE };

UsSbc *
us_sbc_new (gsize   n_simulations,
            gsize   n_samples,
            gsize   n_parameters,
            guint64 seed)
{
  UsSbc *self;

  g_return_val_if_fail (n_samples > 1 && n_samples < G_MAXINT32 && n_parameters > 0, NULL);

  self = g_new0 (UsSbc, 1);
  self->n_rows = n_simulations;
  self->n_samples = n_samples;
  self->n_parameters = n_parameters;
  self->seed = seed;
  self->row_state = g_new0 (guint8, n_simulations);
  self->row_rank = g_new0 (guint, n_simulations * (n_parameters + 1));
  self->row_theta = g_new0 (double, n_simulations * n_parameters);
  self->row_mean = g_new0 (double, n_simulations * n_parameters);
  self->row_sd = g_new0 (double, n_simulations * n_parameters);
  self->ranks = g_new0 (UsSbcRanks, n_parameters);
  self->recovery = g_new0 (UsSbcRecovery, n_parameters);
  return self;
}

void
us_sbc_free (UsSbc *self)
{
  if (self == NULL)
    return;
  for (gsize p = 0; p < self->n_parameters; p++)
    {
      UsSbcRecovery *recovery = &self->recovery[p];

      us_sbc_ranks_clear (&self->ranks[p]);
      g_free (recovery->truth);
      g_free (recovery->mean);
      g_free (recovery->sd);
      g_free (recovery->z_score);
      g_free (recovery->contraction);
    }
  if (self->density != NULL)
    us_sbc_ranks_clear (self->density);
  g_free (self->density);
  g_free (self->ranks);
  g_free (self->recovery);
  g_clear_pointer (&self->band, us_ecdf_band_free);
  g_free (self->row_state);
  g_free (self->row_rank);
  g_free (self->row_theta);
  g_free (self->row_mean);
  g_free (self->row_sd);
  g_free (self);
}

static gboolean
all_finite (gsize         n,
            const double *values)
{
  for (gsize i = 0; i < n; i++)
    if (!isfinite (values[i]))
      return FALSE;
  return TRUE;
}

/* How many come before the truth, a draw among those that equal it. */
static guint
rank_among (gsize  n_before,
            gsize  n_equal,
            UsRng *rng)
{
  return n_before + (n_equal > 0 ? us_rng_below (rng, n_equal + 1) : 0);
}

static void
set_parameter (UsSbc        *self,
               gsize         row,
               gsize         p,
               double        truth,
               const double *samples,   /* (L, P) from this parameter on */
               UsRng        *rng)
{
  gsize stride = self->n_parameters, at = row * stride + p, n_before = 0, n_equal = 0;
  double mean = 0, square = 0;

  for (gsize l = 0; l < self->n_samples; l++)
    {
      double value = samples[l * stride], delta = value - mean;

      n_before += value < truth;
      n_equal += value == truth;
      mean += delta / (l + 1);
      square += delta * (value - mean);
    }
  self->row_rank[row * (stride + 1) + p] = rank_among (n_before, n_equal, rng);
  self->row_theta[at] = truth;
  self->row_mean[at] = mean;
  self->row_sd[at] = sqrt (square / (self->n_samples - 1));
}

void
us_sbc_set_row (UsSbc        *self,
                gsize         row,
                const double *theta,
                const double *samples,
                const double *log_density,
                double        log_density_truth)
{
  gsize p_count = self->n_parameters, l_count = self->n_samples, n_before = 0, n_equal = 0;
  UsRng rng;

  g_return_if_fail (self != NULL && row < self->n_rows && theta != NULL && samples != NULL);
  g_return_if_fail (self->band == NULL);

  /* a density of nothing is a fact (the truth outside of the posterior); NaN is none */
  self->row_state[row] = ROW_NOT_FINITE;
  if (!all_finite (p_count, theta) || !all_finite (l_count * p_count, samples))
    return;
  for (gsize l = 0; log_density != NULL && l < l_count; l++)
    if (isnan (log_density[l]))
      return;
  if (log_density != NULL && isnan (log_density_truth))
    return;

  us_rng_init (&rng, self->seed, US_RNG_EVALUATE, row);
  for (gsize p = 0; p < p_count; p++)
    set_parameter (self, row, p, theta[p], samples + p, &rng);
  self->row_rank[row * (p_count + 1) + p_count] = G_MAXUINT;
  if (log_density != NULL)
    {
      for (gsize l = 0; l < l_count; l++)
        {
          n_before += log_density[l] > log_density_truth;
          n_equal += log_density[l] == log_density_truth;
        }
      self->row_rank[row * (p_count + 1) + p_count] = rank_among (n_before, n_equal, &rng);
    }
  self->row_state[row] = ROW_SET;
}

/* -- recovery ------------------------------------------------------------ */

/* By turns (Welford 1962): of equal values exactly 0. */
static double
variance (gsize         n,
          const double *values)
{
  double mean = 0, square = 0;

  for (gsize i = 0; i < n; i++)
    {
      double delta = values[i] - mean;

      mean += delta / (i + 1);
      square += delta * (values[i] - mean);
    }
  return square / (n - 1);
}

static void
measure_recovery (UsSbcRecovery *self,
                  gsize          n)
{
  double square = 0, spread = variance (n, self->truth);

  self->z_score = g_new (double, n);
  self->contraction = g_new (double, n);
  for (gsize i = 0; i < n; i++)
    {
      double error = self->mean[i] - self->truth[i];

      self->z_score[i] = self->sd[i] > 0 ? error / self->sd[i] : NAN;
      self->contraction[i] = self->prior_variance > 0 ? 1 - self->sd[i] * self->sd[i] / self->prior_variance : NAN;
      self->mean_contraction += self->contraction[i] / n;
      self->bias += error / n;
      square += error * error / n;
    }
  self->rmse = sqrt (square);
  self->r2 = spread > 0 ? 1 - square / spread : NAN;
}

/* -- all of it ----------------------------------------------------------- */

static gsize
count_rows (UsSbc *self)
{
  gsize n = 0;

  self->n_left_out = 0;
  for (gsize row = 0; row < self->n_rows; row++)
    {
      n += self->row_state[row] == ROW_SET;
      if (self->row_state[row] == ROW_NOT_FINITE && self->n_left_out++ == 0)
        self->first_left_out = row;
    }
  return n;
}

static void
gather_ranks (const UsSbc *self,
              gsize        column,
              UsSbcRanks  *ranks)
{
  gsize m = 0;

  ranks->rank = g_new (guint, self->n_simulations);
  for (gsize row = 0; row < self->n_rows; row++)
    if (self->row_state[row] == ROW_SET)
      ranks->rank[m++] = self->row_rank[row * (self->n_parameters + 1) + column];
}

static void
gather_recovery (const UsSbc   *self,
                 gsize          p,
                 UsSbcRecovery *recovery)
{
  gsize m = 0;

  recovery->truth = g_new (double, self->n_simulations);
  recovery->mean = g_new (double, self->n_simulations);
  recovery->sd = g_new (double, self->n_simulations);
  for (gsize row = 0; row < self->n_rows; row++)
    if (self->row_state[row] == ROW_SET)
      {
        gsize at = row * self->n_parameters + p;

        recovery->truth[m] = self->row_theta[at];
        recovery->mean[m] = self->row_mean[at];
        recovery->sd[m++] = self->row_sd[at];
      }
}

static gboolean
has_density (const UsSbc *self)
{
  for (gsize row = 0; row < self->n_rows; row++)
    if (self->row_state[row] == ROW_SET &&
        self->row_rank[row * (self->n_parameters + 1) + self->n_parameters] == G_MAXUINT)
      return FALSE;
  return TRUE;
}

gboolean
us_sbc_measure (UsSbc         *self,
                double         level,
                const double  *prior_variance,
                GError       **error)
{
  gsize n_judged = 0;

  g_return_val_if_fail (self != NULL && self->band == NULL && level > 0 && level < 1, FALSE);

  self->level = level;
  self->n_simulations = count_rows (self);
  if (self->n_simulations < LEAST_ROWS)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                   _("calibration needs at least %d simulations with finite answers; there are %zu"
                     " (%zu were not finite)"), LEAST_ROWS, self->n_simulations, self->n_left_out);
      return FALSE;
    }

  self->band = us_ecdf_band_new (self->n_simulations, self->n_samples + 1, US_SBC_PLACES, level);
  for (gsize p = 0; p < self->n_parameters; p++)
    {
      UsSbcRecovery *recovery = &self->recovery[p];

      gather_recovery (self, p, recovery);
      recovery->prior_variance = prior_variance != NULL ? prior_variance[p]
                                                        : variance (self->n_simulations, recovery->truth);
      measure_recovery (recovery, self->n_simulations);
      gather_ranks (self, p, &self->ranks[p]);
      if (!(recovery->prior_variance > 0))
        self->ranks[p].verdict = US_SBC_NOT_JUDGED;
      else
        n_judged++;
    }
  if (has_density (self))
    {
      self->density = g_new0 (UsSbcRanks, 1);
      gather_ranks (self, self->n_parameters, self->density);
      n_judged++;
    }

  /* several verdicts share the chance of a false one */
  for (gsize p = 0; p < self->n_parameters; p++)
    us_sbc_ranks_measure (&self->ranks[p], self, p, (1 - level) / MAX (n_judged, 1));
  if (self->density != NULL)
    us_sbc_ranks_measure (self->density, self, self->n_parameters, (1 - level) / n_judged);
  for (gsize p = 0; p < self->n_parameters; p++)
    self->verdict |= self->ranks[p].verdict & ~US_SBC_NOT_JUDGED;
  if (self->density != NULL)
    self->verdict |= self->density->verdict;
  return TRUE;
}

UsSbc *
us_sbc_compute (gsize          n_simulations,
                gsize          n_samples,
                gsize          n_parameters,
                const double  *theta,
                const double  *samples,
                const double  *log_density,
                const double  *log_density_truth,
                double         level,
                guint64        seed,
                GError       **error)
{
  g_autoptr(UsSbc) self = us_sbc_new (n_simulations, n_samples, n_parameters, seed);

  for (gsize m = 0; m < n_simulations; m++)
    us_sbc_set_row (self, m, theta + m * n_parameters, samples + m * n_samples * n_parameters,
                    log_density != NULL ? log_density + m * n_samples : NULL,
                    log_density != NULL ? log_density_truth[m] : 0);
  if (!us_sbc_measure (self, level, NULL, error))
    return NULL;
  return g_steal_pointer (&self);
}
