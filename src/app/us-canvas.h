/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simulator.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * UsCanvas:
 *
 * A field to draw on with mouse or stylus: strokes in the units of a
 * simulator's output, over a picture (what was opened), under tinted
 * reconstructions.  Main thread.
 *
 * Signal "changed": the drawing is another one (each move of the pen, undo, clear).
 */
#define US_TYPE_CANVAS (us_canvas_get_type ())
G_DECLARE_FINAL_TYPE (UsCanvas, us_canvas, US, CANVAS, GtkWidget)

typedef enum
{
  US_CANVAS_DECODER,
  US_CANVAS_SIMULATOR,
  US_CANVAS_N_OVERLAYS,
} UsCanvasOverlay;

/* Of the chart palette, for legends. */
#define US_CANVAS_DECODER_COLOUR   1
#define US_CANVAS_SIMULATOR_COLOUR 2

GtkWidget *us_canvas_new         (void);
/* Whose field it is: its ranges become the canvas's, its drawing is cleared.
 * drawable FALSE: the pen does nothing (simulators that do not plot a line).
 * Emits "changed", and there is nothing to undo. */
void       us_canvas_set_output  (UsCanvas       *self,
                                  const UsOutput *output,      /* borrowed, static; NULL: none */
                                  gboolean        drawable);
/* Strokes, set points and clear, one after another; pictures are gone with them. */
void       us_canvas_undo        (UsCanvas       *self);
void       us_canvas_redo        (UsCanvas       *self);
void       us_canvas_clear       (UsCanvas       *self);
gboolean   us_canvas_can_undo    (UsCanvas       *self);
gboolean   us_canvas_can_redo    (UsCanvas       *self);
gsize      us_canvas_n_points    (UsCanvas       *self);
/* (n_points, 2) in the output's units, a NaN pair between strokes; g_free. */
double    *us_canvas_dup_points  (UsCanvas       *self,
                                  gsize          *n_points);
/* Replaces drawing and picture: one thing to undo.  Emits "changed". */
void       us_canvas_set_points  (UsCanvas       *self,
                                  gsize           n_points,
                                  const double   *xy);
/* A picture (or series) under the pen, (H, W, C) of the output; NULL: none. */
void       us_canvas_set_picture (UsCanvas       *self,
                                  const float    *pixels);
/* A reconstruction over it, (H, W, C); NULL: none. */
void       us_canvas_set_overlay (UsCanvas       *self,
                                  UsCanvasOverlay which,
                                  const float    *pixels);
/* The same of a drawing that was brought into the prior, y' = scale (y − shift): shown where it belongs. */
void       us_canvas_set_scaled_overlay (UsCanvas *self,
                                  UsCanvasOverlay which,
                                  const float    *pixels,
                                  double          scale,
                                  double          shift);
void       us_canvas_show_overlay (UsCanvas      *self,
                                  UsCanvasOverlay which,
                                  gboolean        visible);

G_END_DECLS
