/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UsLatency:
 *
 * How long a wish waits for its picture.  Each wish has a serial number; a picture
 * answers its own wish and every older one that was skipped over, so that a wish
 * that was dropped counts with the full time until something newer was shown.
 * A plain value, one thread.
 */
#define US_LATENCY_PENDING 256
#define US_LATENCY_KEPT 8192

typedef struct
{
  struct
  {
    guint64 serial;
    gint64  time_us;
  }     pending[US_LATENCY_PENDING];    /* a ring */
  guint first, n_pending;
  float kept_ms[US_LATENCY_KEPT];       /* the newest, a ring */
  guint n_kept;                         /* ever; at most US_LATENCY_KEPT are there */
} UsLatency;

typedef struct
{
  guint  n;
  double median_ms, p99_ms, max_ms;     /* 0 when n is 0 */
} UsLatencyStats;

void us_latency_clear   (UsLatency       *self);
void us_latency_ask     (UsLatency       *self,
                         guint64          serial,
                         gint64           time_us);
void us_latency_answer  (UsLatency       *self,
                         guint64          serial,
                         gint64           time_us);
void us_latency_measure (const UsLatency *self,
                         UsLatencyStats  *stats);

G_END_DECLS
