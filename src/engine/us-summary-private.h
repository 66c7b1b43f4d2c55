/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-summary.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* P points, C channels of a point, V = P C values; U scales: V, or C. */

typedef enum
{
  US_TRANSFORM_NONE,
  US_TRANSFORM_LOG1P,        /* counts: log (1 + x) */
  US_TRANSFORM_LOG,          /* log (max (x, floor)) */
} UsTransform;

/* How one value, or one channel's values, are brought to mean 0 and spread 1. */
typedef struct
{
  UsTransform transform;
  double      floor;         /* of the logarithm, > 0 */
  double      offset, scale; /* > 0 */
  gboolean    constant;      /* never changed */
} UsValueScale;

/* v: (n), used up; counts: as counts; logarithm: whether it may be taken. */
void   us_value_scale_measure (UsValueScale       *self,
                               gboolean            counts,
                               gboolean            logarithm,
                               double             *v,
                               gsize               n);
double us_value_scale_apply   (const UsValueScale *self,
                               double              x);
/* The value that is seen as v; of a logarithm above its floor. */
double us_value_scale_undo    (const UsValueScale *self,
                               double              v);
/* ["log1p", floor, offset, scale] and back; FALSE: it is none. */
void     us_value_scale_write (const UsValueScale *self,
                               JsonBuilder        *builder);
gboolean us_value_scale_read  (UsValueScale       *self,
                               JsonNode           *node);

struct _UsSummary
{
  gatomicrefcount ref_count;
  UsSummaryConfig config;    /* kind chosen, features filled in, times owned */
  double         *times;     /* (T) or NULL */
  gsize           n_points, n_channels, n_values;
  gsize           n_scales;
  UsValueScale   *scales;    /* (U) */
  gboolean        masks;

  /* the network's input: (in_height, in_width, in_channels), channels as they come:
   * values (C), masks (C), and of recurrent and deep sets: any (1, where C > 1), time (1), share (1) */
  gsize           in_height, in_width, in_channels;
  guint           mask_channel;      /* from 1, of GRU and pool; 0: none */
  gboolean        has_time;
  float          *stamps;    /* (P) −1 .. 1, where has_time */
};

/* U.  The sizes must be checked. */
gsize      us_summary_count_scales (const UsSummaryConfig *config);
/* Everything that follows from config and n_scales; config.times is copied.  Errors: US_FORMAT_ERROR_SHAPE, VALUE. */
UsSummary *us_summary_alloc (const UsSummaryConfig *config,
                             GError               **error);

G_END_DECLS
