/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-colour.h"
#include "us-simulator.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* T points of a series, H, W, C of an image. */

/**
 * UsCanvasSheet:
 *
 * One output laid over a UsCanvas' field: what a network or a file gave.  A plain struct, all zero: nothing.
 * Main thread.
 */
typedef struct
{
  float      *values;           /* (H, W, C) or (T, C), owned; NULL: nothing */
  GdkTexture *texture;          /* of images; NULL: not made yet */
  double      scale, shift;     /* its y is scale (y − shift) of the field's */
} UsCanvasSheet;

void us_canvas_sheet_clear    (UsCanvasSheet         *self);
/* output: borrowed; values: of it, copied; NULL: nothing.  scale > 0. */
void us_canvas_sheet_set      (UsCanvasSheet         *self,
                               const UsOutput        *output,
                               const float           *values,
                               double                 scale,
                               double                 shift);
/* Colours have changed: the next snapshot paints anew. */
void us_canvas_sheet_recolour (UsCanvasSheet         *self);
/* field: where the output's field lies, pixels.  An image's texture has the output's own few pixels, and GTK stretches
 * it: other than a picture of the screen's size (us-screen-image.h) it costs next to nothing to hand on each frame. */
void us_canvas_sheet_snapshot (UsCanvasSheet         *self,
                               const UsOutput        *output,
                               GtkSnapshot           *snapshot,
                               const graphene_rect_t *field,
                               UsColour               colour,
                               double                 opacity);
/* Units of the field → pixels. */
void us_canvas_sheet_to_pixel (const UsOutput        *output,
                               const graphene_rect_t *field,
                               double                 x,
                               double                 y,
                               double                *px,
                               double                *py);

G_END_DECLS
