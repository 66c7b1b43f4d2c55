/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "us-colour.h"

G_BEGIN_DECLS

/**
 * UsImageView:
 *
 * One small picture, crisp: square pixels by nearest neighbour, its proportions kept,
 * centred.  Made for pictures that follow a slider at 60 Hz: an update
 * enlarges the picture once, and the renderer copies it as it is.  Main thread only.
 *
 * In markup: `<object class="UsImageView">`; properties `label` (what a screen reader calls
 * it) and `empty-message`.
 */
#define US_TYPE_IMAGE_VIEW (us_image_view_get_type ())
G_DECLARE_FINAL_TYPE (UsImageView, us_image_view, US, IMAGE_VIEW, GtkWidget)

/* Paints over the picture; picture: where it stands in the widget. */
typedef void (*UsImageViewOverlay) (UsImageView           *view,
                                    GtkSnapshot           *snapshot,
                                    const graphene_rect_t *picture,
                                    gpointer               user_data);

GtkWidget *us_image_view_new         (void);
/* pixels (height, width, channels), copied, row 0 on top, channels 1 or 3; lower
 * and upper become black and white (or the ends of the colour map).  NULL empties. */
void       us_image_view_set_pixels  (UsImageView *self,
                                      const float *pixels,
                                      gsize        height,
                                      gsize        width,
                                      gsize        channels,
                                      double       lower,
                                      double       upper);
/* For pictures of one channel; US_COLOUR_MAP_GREY at first.  Signed differences:
 * US_COLOUR_MAP_DIVERGING with lower = -upper. */
void       us_image_view_set_map     (UsImageView *self,
                                      UsColourMap  map);
void       us_image_view_set_label   (UsImageView *self,
                                      const char  *label);
void       us_image_view_set_overlay (UsImageView        *self,
                                      UsImageViewOverlay  overlay,
                                      gpointer            user_data,
                                      GDestroyNotify      destroy);
/* FALSE while it is empty. */
gboolean   us_image_view_get_picture (UsImageView     *self,
                                      graphene_rect_t *picture);

G_END_DECLS
