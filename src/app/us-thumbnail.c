/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-thumbnail.h"

#include <cairo.h>
#include <string.h>

#define SERIES_HEIGHT 64
#define SERIES_WIDTH 96

void
us_thumbnail_size (const UsOutput *output,
                   gsize          *height,
                   gsize          *width,
                   gsize          *channels)
{
  gboolean image = output->kind == US_OUTPUT_IMAGE;

  *height = image ? output->height : SERIES_HEIGHT;
  *width = image ? output->width : SERIES_WIDTH;
  *channels = image ? output->channels : 1;
}

/* T points, C channels: one curve each, over its channel's own range. */
static void
draw_series (const UsOutput *output,
             const float    *x,
             cairo_t        *cr)
{
  gsize T = output->height, C = output->channels;

  cairo_set_line_width (cr, 1.5);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  for (gsize c = 0; c < C; c++)
    {
      UsChannel channel = us_output_channel (output, c);
      double range = channel.upper - channel.lower;

      for (gsize t = 0; t < T; t++)
        {
          double share = range > 0 ? (x[t * C + c] - channel.lower) / range : 0.5;

          cairo_line_to (cr, (t + 0.5) * SERIES_WIDTH / T,
                         2 + (1 - share) * (SERIES_HEIGHT - 4));
        }
      cairo_stroke (cr);
    }
}

void
us_thumbnail_render (const UsOutput *output,
                     const float    *x,
                     float          *pixels)
{
  cairo_surface_t *surface;
  cairo_t *cr;
  const guchar *data;
  int stride;

  if (output->kind == US_OUTPUT_IMAGE)
    {
      memcpy (pixels, x, us_output_n_values (output) * sizeof *pixels);
      return;
    }
  surface = cairo_image_surface_create (CAIRO_FORMAT_A8, SERIES_WIDTH, SERIES_HEIGHT);
  cr = cairo_create (surface);
  draw_series (output, x, cr);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  data = cairo_image_surface_get_data (surface);
  stride = cairo_image_surface_get_stride (surface);
  for (gsize i = 0; i < SERIES_HEIGHT; i++)
    for (gsize j = 0; j < SERIES_WIDTH; j++)
      pixels[i * SERIES_WIDTH + j] = output->lower +
        (output->upper - output->lower) * data[i * stride + j] / 255.0;
  cairo_surface_destroy (surface);
}
