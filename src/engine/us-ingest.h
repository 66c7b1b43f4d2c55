/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simulator.h"
#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * UsObservation:
 *
 * Data from outside brought into a simulator's output: (H, W, C) as the network takes it,
 * and what was done to it, in words.
 */
typedef struct
{
  gsize   n_values;
  float  *x;                /* (N) */
  gsize   n_points;
  double *xy;               /* (n_points, 2) field units, when it is a drawing or a series; or NULL */
  char   *origin;           /* file name or "drawing" */
  char   *note;             /* "resized from 120 × 80; inverted (dark on light)"; "" when nothing was done */
} UsObservation;

/* By content and extension: image (PNG, JPEG… by gdk-pixbuf; any size up to
 * 8192², scaled; light background is inverted where the simulator draws light on dark),
 * .npy/.npz of the output's shape, CSV of two columns (x, y: drawn by the
 * simulator's draw_polyline, axes scaled into the field when outside it) or one column
 * (a series of the output's length); for a series whose channels mean different things a table of x
 * and each channel, over any points that cover the range, units as the header says; JSON/NDJSON strokes (Quick, Draw!).
 * index: which drawing or row of a file with several.  Errors name file, place, what was expected. */
UsObservation *us_observation_load      (const UsSimulator  *simulator,
                                         guint               output,
                                         const char         *path,
                                         gsize               index,
                                         GError            **error);
/* xy (n_points, 2) in field units; NaN pair lifts the pen. */
UsObservation *us_observation_from_polyline (const UsSimulator *simulator,
                                         guint               output,
                                         gsize               n_points,
                                         const double       *xy,
                                         GError            **error);
void           us_observation_free      (UsObservation *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsObservation, us_observation_free)

G_END_DECLS
