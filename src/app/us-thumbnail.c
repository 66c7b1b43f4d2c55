/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-thumbnail.h"

#include "us-simvae.h"

#include <cairo.h>
#include <math.h>
#include <string.h>

#define SERIES_HEIGHT 64
#define SERIES_WIDTH 96
#define BAND_OPACITY 0.35
#define LEAST_SHARE 0.4         /* of its range that a draw alone fills, or it gets one of its own */

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

/* What lies between the bottom and the top of the picture. */
typedef struct
{
  double lower, upper;
} Range;

/* Point t of a series and a value there, on the picture.  Points lie evenly but where somebody says where they lie. */
static void
line_to (const UsOutput *output,
         const Range    *range,
         gsize           t,
         double          value,
         cairo_t        *cr)
{
  const double height = range->upper - range->lower, length = output->x_upper - output->x_lower;
  const double share = height > 0 ? (value - range->lower) / height : 0.5;
  double x = (t + 0.5) * SERIES_WIDTH / output->height;

  if (output->x_values != NULL && length > 0)
    x = 1 + (output->x_values[t] - output->x_lower) / length * (SERIES_WIDTH - 2);
  cairo_line_to (cr, x, 2 + (1 - share) * (SERIES_HEIGHT - 4));
}

/* The range of a channel; of one draw alone, that of the draw where it would be lost in it, or outside. */
static Range
range_of (const UsOutput *output,
          gsize           c,
          const float    *x)            /* (T, C), or NULL */
{
  const UsChannel channel = us_output_channel (output, c);
  Range own = { channel.lower, channel.upper }, range = own;

  if (x == NULL)
    return own;
  /* channels of the same kind keep their proportion */
  range.lower = channel.lower == 0 ? 0 : INFINITY;
  range.upper = -INFINITY;
  for (gsize k = 0; k < output->channels; k++)
    {
      const UsChannel other = us_output_channel (output, k);

      if (other.lower != channel.lower || other.upper != channel.upper || strcmp (other.unit, channel.unit) != 0)
        continue;
      for (gsize t = 0; t < output->height; t++)
        {
          range.lower = MIN (range.lower, x[t * output->channels + k]);
          range.upper = MAX (range.upper, x[t * output->channels + k]);
        }
    }
  if (range.lower >= own.lower && range.upper <= own.upper
      && range.upper - range.lower >= LEAST_SHARE * (own.upper - own.lower))
    return own;
  return range;
}

/* T points, C channels: one curve each, over its channel's range, and its band where there is a spread. */
static void
draw_series (const UsOutput *output,
             const float    *x,
             const float    *sd,        /* or NULL */
             gboolean        alone,
             cairo_t        *cr)
{
  gsize T = output->height, C = output->channels;

  cairo_set_line_width (cr, 1.5);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  for (gsize c = 0; c < C; c++)
    {
      const Range range = range_of (output, c, alone ? x : NULL);

      for (gsize t = 0; sd != NULL && t < T; t++)
        line_to (output, &range, t, x[t * C + c] - US_BAND_WIDTH * sd[t * C + c], cr);
      for (gsize t = T; sd != NULL && t-- > 0; )
        line_to (output, &range, t, x[t * C + c] + US_BAND_WIDTH * sd[t * C + c], cr);
      cairo_set_source_rgba (cr, 0, 0, 0, BAND_OPACITY);
      cairo_fill (cr);
      cairo_set_source_rgba (cr, 0, 0, 0, 1);
      for (gsize t = 0; t < T; t++)
        line_to (output, &range, t, x[t * C + c], cr);
      cairo_stroke (cr);
    }
}

static void
render (const UsOutput *output,
        const float    *x,
        const float    *sd,             /* or NULL */
        gboolean        alone,
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
  draw_series (output, x, sd, alone, cr);
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

void
us_thumbnail_render (const UsOutput *output,
                     const float    *x,
                     float          *pixels)
{
  render (output, x, NULL, FALSE, pixels);
}

void
us_thumbnail_render_alone (const UsOutput *output,
                           const float    *x,
                           float          *pixels)
{
  render (output, x, NULL, TRUE, pixels);
}

void
us_thumbnail_render_spread (const UsOutput *output,
                            const float    *x,
                            const float    *sd,
                            float          *pixels)
{
  render (output, x, sd, FALSE, pixels);
}
