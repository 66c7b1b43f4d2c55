/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-screen-image.h"

struct _UsScreenImage
{
  cairo_surface_t *surface;
  GdkTexture      *texture;             /* the same pixels; NULL: nobody asked */
  GskRenderNode   *node;                /* the surface in area; NULL: nobody asked */
  graphene_rect_t  area;
};

UsScreenImage *
us_screen_image_new (int width,
                     int height)
{
  UsScreenImage *self;

  g_return_val_if_fail (width > 0 && height > 0, NULL);

  self = g_new0 (UsScreenImage, 1);
  /* Its own pixels: cairo hands those on to a recording without a copy. */
  self->surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
  return self;
}

void
us_screen_image_free (UsScreenImage *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->node, gsk_render_node_unref);
  g_clear_object (&self->texture);
  cairo_surface_destroy (self->surface);
  g_free (self);
}

int
us_screen_image_get_width (const UsScreenImage *self)
{
  return cairo_image_surface_get_width (self->surface);
}

int
us_screen_image_get_height (const UsScreenImage *self)
{
  return cairo_image_surface_get_height (self->surface);
}

cairo_surface_t *
us_screen_image_get_surface (UsScreenImage *self)
{
  return self->surface;
}

static void
make_texture (UsScreenImage *self)
{
  gsize stride = (gsize) cairo_image_surface_get_stride (self->surface);
  int width = us_screen_image_get_width (self), height = us_screen_image_get_height (self);
  g_autoptr(GBytes) bytes = NULL;

  cairo_surface_flush (self->surface);
  bytes = g_bytes_new_with_free_func (cairo_image_surface_get_data (self->surface), stride * (gsize) height,
                                      (GDestroyNotify) cairo_surface_destroy,
                                      cairo_surface_reference (self->surface));
  self->texture = gdk_memory_texture_new (width, height, GDK_MEMORY_DEFAULT, bytes, stride);
}

static void
make_node (UsScreenImage         *self,
           const graphene_rect_t *area)
{
  cairo_t *cr;

  g_clear_pointer (&self->node, gsk_render_node_unref);
  self->area = *area;
  self->node = gsk_cairo_node_new (area);
  cr = gsk_cairo_node_get_draw_context (self->node);
  cairo_translate (cr, area->origin.x, area->origin.y);
  cairo_scale (cr, area->size.width / us_screen_image_get_width (self),
               area->size.height / us_screen_image_get_height (self));
  cairo_set_source_surface (cr, self->surface, 0, 0);
  /* One pixel to one pixel. */
  cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_NEAREST);
  cairo_paint (cr);
  cairo_destroy (cr);
}

void
us_screen_image_append (UsScreenImage         *self,
                        GtkWidget             *widget,
                        GtkSnapshot           *snapshot,
                        const graphene_rect_t *area)
{
  GtkNative *native = gtk_widget_get_native (widget);

  if (native != NULL && GSK_IS_CAIRO_RENDERER (gtk_native_get_renderer (native)))
    {
      /* The node is kept, so that GTK sees that nothing here has changed. */
      if (self->node == NULL || !graphene_rect_equal (&self->area, area))
        make_node (self, area);
      gtk_snapshot_append_node (snapshot, self->node);
      return;
    }
  if (self->texture == NULL)
    make_texture (self);
  gtk_snapshot_append_texture (snapshot, self->texture, area);
}
