/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-canvas-sheet.h"

#include <math.h>

void
us_canvas_sheet_clear (UsCanvasSheet *self)
{
  g_clear_pointer (&self->values, g_free);
  g_clear_object (&self->texture);
}

void
us_canvas_sheet_set (UsCanvasSheet  *self,
                     const UsOutput *output,
                     const float    *values,
                     double          scale,
                     double          shift)
{
  us_canvas_sheet_clear (self);
  self->scale = scale;
  self->shift = shift;
  if (values != NULL && output != NULL)
    self->values = g_memdup2 (values, us_output_n_values (output) * sizeof *values);
}

void
us_canvas_sheet_recolour (UsCanvasSheet *self)
{
  g_clear_object (&self->texture);
}

void
us_canvas_sheet_to_pixel (const UsOutput        *output,
                          const graphene_rect_t *field,
                          double                 x,
                          double                 y,
                          double                *px,
                          double                *py)
{
  *px = field->origin.x + field->size.width * (x - output->x_lower) / (output->x_upper - output->x_lower);
  *py = field->origin.y + field->size.height * (output->y_upper - y) / (output->y_upper - output->y_lower);
}

/* Light on dark as the network sees it becomes ink on paper: RGB is kept, one channel becomes
 * opacity of the given colour. */
static GdkTexture *
make_texture (const UsOutput *o,
              const float    *values,
              UsColour        colour,
              double          opacity)
{
  gsize n = o->height * o->width;
  guchar *data = g_malloc (n * 4);
  g_autoptr(GBytes) bytes = g_bytes_new_take (data, n * 4);
  double span = o->upper > o->lower ? o->upper - o->lower : 1;

  for (gsize i = 0; i < n; i++)
    {
      const float *p = values + i * o->channels;
      double first = CLAMP ((p[0] - o->lower) / span, 0, 1);
      double rgb[3] = { colour.red, colour.green, colour.blue };
      double alpha = opacity * (o->channels == 3 ? 1 : first);

      if (o->channels == 3)
        for (guint c = 0; c < 3; c++)
          rgb[c] = CLAMP ((p[c] - o->lower) / span, 0, 1);
      for (guint c = 0; c < 3; c++)
        data[4 * i + c] = lround (255 * rgb[c]);
      data[4 * i + 3] = lround (255 * alpha);
    }
  return gdk_memory_texture_new (o->width, o->height, GDK_MEMORY_R8G8B8A8, bytes, o->width * 4);
}

/* The curve of a series, over the field. */
static void
paint_series (const UsCanvasSheet   *self,
              const UsOutput        *o,
              cairo_t               *cr,
              const graphene_rect_t *field,
              UsColour               colour)
{
  cairo_set_source_rgba (cr, colour.red, colour.green, colour.blue, 0.9);
  cairo_set_line_width (cr, MAX (2.5, field->size.width / 120));
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  for (gsize c = 0; c < o->channels; c++)
    {
      for (gsize t = 0; t < o->height; t++)
        {
          double px, py;

          us_canvas_sheet_to_pixel (o, field, us_output_x (o, t),
                                    self->values[t * o->channels + c] / self->scale + self->shift, &px, &py);
          cairo_line_to (cr, px, py);
        }
      cairo_stroke (cr);
    }
}

static void
snapshot_image (UsCanvasSheet         *self,
                const UsOutput        *o,
                GtkSnapshot           *snapshot,
                const graphene_rect_t *field,
                UsColour               colour,
                double                 opacity)
{
  graphene_rect_t place = *field;
  double left, top, bottom;

  us_canvas_sheet_to_pixel (o, field, o->x_lower, o->y_upper / self->scale + self->shift, &left, &top);
  us_canvas_sheet_to_pixel (o, field, o->x_lower, o->y_lower / self->scale + self->shift, &left, &bottom);
  place.origin.y = top;
  place.size.height = bottom - top;
  if (self->texture == NULL)
    self->texture = make_texture (o, self->values, colour, opacity);
  gtk_snapshot_push_clip (snapshot, field);
  gtk_snapshot_append_texture (snapshot, self->texture, &place);
  gtk_snapshot_pop (snapshot);
}

void
us_canvas_sheet_snapshot (UsCanvasSheet         *self,
                          const UsOutput        *output,
                          GtkSnapshot           *snapshot,
                          const graphene_rect_t *field,
                          UsColour               colour,
                          double                 opacity)
{
  cairo_t *cr;

  if (self->values == NULL)
    return;
  if (output->kind == US_OUTPUT_IMAGE)
    {
      snapshot_image (self, output, snapshot, field, colour, opacity);
      return;
    }
  cr = gtk_snapshot_append_cairo (snapshot, field);
  paint_series (self, output, cr, field, colour);
  cairo_destroy (cr);
}
