/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * UsScreenImage:
 *
 * Pixels that are ready for the screen, painted once and shown many times.  A renderer
 * that draws on a GPU gets a texture, made when it first asks.  Where GTK draws by
 * software it gets a cairo surface: GTK 4.8 would otherwise take each texture of the
 * window through floating-point numbers and back whenever anything moves, 8 ns a pixel,
 * even of those that have been scrolled away.  Shown by the main thread; until
 * then any one thread may paint on it.
 */
typedef struct _UsScreenImage UsScreenImage;

/* In device pixels, at least 1 x 1; transparent at first. */
UsScreenImage   *us_screen_image_new         (int width,
                                              int height);
void             us_screen_image_free        (UsScreenImage *self);
int              us_screen_image_get_width   (const UsScreenImage *self);
int              us_screen_image_get_height  (const UsScreenImage *self);
/* To paint on (flushed and marked dirty by whoever writes past cairo), before it is first shown. */
cairo_surface_t *us_screen_image_get_surface (UsScreenImage *self);
/* Shows it in area of widget. */
void             us_screen_image_append      (UsScreenImage         *self,
                                              GtkWidget             *widget,
                                              GtkSnapshot           *snapshot,
                                              const graphene_rect_t *area);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsScreenImage, us_screen_image_free)

G_END_DECLS
