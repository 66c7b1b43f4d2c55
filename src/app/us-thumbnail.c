/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-thumbnail.h"

#include "us-simvae.h"

#include <cairo.h>
#include <string.h>

#define SERIES_HEIGHT 64
#define SERIES_WIDTH 96
#define BAND_OPACITY 0.35

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

/* Value of point t of a channel, on the picture. */
static void
line_to (const UsOutput *output,
         gsize           c,
         gsize           t,
         double          value,
         cairo_t        *cr)
{
  UsChannel channel = us_output_channel (output, c);
  double range = channel.upper - channel.lower;
  double share = range > 0 ? (value - channel.lower) / range : 0.5;

  cairo_line_to (cr, (t + 0.5) * SERIES_WIDTH / output->height, 2 + (1 - share) * (SERIES_HEIGHT - 4));
}

/* T points, C channels: one curve each, over its channel's own range, and its band where there is a spread. */
static void
draw_series (const UsOutput *output,
             const float    *x,
             const float    *sd,        /* or NULL */
             cairo_t        *cr)
{
  gsize T = output->height, C = output->channels;

  cairo_set_line_width (cr, 1.5);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  for (gsize c = 0; c < C; c++)
    {
      for (gsize t = 0; sd != NULL && t < T; t++)
        line_to (output, c, t, x[t * C + c] - US_BAND_WIDTH * sd[t * C + c], cr);
      for (gsize t = T; sd != NULL && t-- > 0; )
        line_to (output, c, t, x[t * C + c] + US_BAND_WIDTH * sd[t * C + c], cr);
      cairo_set_source_rgba (cr, 0, 0, 0, BAND_OPACITY);
      cairo_fill (cr);
      cairo_set_source_rgba (cr, 0, 0, 0, 1);
      for (gsize t = 0; t < T; t++)
        line_to (output, c, t, x[t * C + c], cr);
      cairo_stroke (cr);
    }
}

void
us_thumbnail_render (const UsOutput *output,
                     const float    *x,
                     float          *pixels)
{
  us_thumbnail_render_spread (output, x, NULL, pixels);
}

void
us_thumbnail_render_spread (const UsOutput *output,
                            const float    *x,
                            const float    *sd,
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
  draw_series (output, x, sd, cr);
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
