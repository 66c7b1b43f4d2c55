/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-latency.h"
#include "us-sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
us_latency_clear (UsLatency *self)
{
  memset (self, 0, sizeof *self);
}

void
us_latency_ask (UsLatency *self,
                guint64    serial,
                gint64     time_us)
{
  guint place;

  /* Nobody answers any more: the oldest is given up. */
  if (self->n_pending == US_LATENCY_PENDING)
    {
      self->first = (self->first + 1) % US_LATENCY_PENDING;
      self->n_pending--;
    }
  place = (self->first + self->n_pending++) % US_LATENCY_PENDING;
  self->pending[place].serial = serial;
  self->pending[place].time_us = time_us;
}

void
us_latency_answer (UsLatency *self,
                   guint64    serial,
                   gint64     time_us)
{
  while (self->n_pending > 0 && self->pending[self->first].serial <= serial)
    {
      self->kept_ms[self->n_kept++ % US_LATENCY_KEPT] =
        (time_us - self->pending[self->first].time_us) / 1000.0;
      self->first = (self->first + 1) % US_LATENCY_PENDING;
      self->n_pending--;
    }
}

void
us_latency_measure (const UsLatency *self,
                    UsLatencyStats  *stats)
{
  guint n = MIN (self->n_kept, US_LATENCY_KEPT);
  g_autofree float *sorted = g_memdup2 (self->kept_ms, n * sizeof *sorted);

  memset (stats, 0, sizeof *stats);
  if (n == 0)
    return;
  us_sort_floats (n, sorted);
  stats->n = n;
  stats->median_ms = sorted[n / 2];
  stats->p99_ms = sorted[MIN (n - 1, (guint) ceil (0.99 * n))];
  stats->max_ms = sorted[n - 1];
}
