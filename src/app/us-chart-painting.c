/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-chart-painting.h"

#include <math.h>

struct _UsChartPainting
{
  UsPlotOptions         options;
  PangoFontDescription *font;           /* of options; or NULL */
  UsScreenImage        *image;          /* NULL: not painted, or taken */
};

UsChartPainting *
us_chart_painting_new (const UsPlotOptions *options)
{
  UsChartPainting *self = g_new0 (UsChartPainting, 1);

  self->options = *options;
  if (options->font != NULL)
    self->options.font = self->font = pango_font_description_copy (options->font);
  return self;
}

void
us_chart_painting_free (UsChartPainting *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->font, pango_font_description_free);
  g_clear_pointer (&self->image, us_screen_image_free);
  g_free (self);
}

void
us_chart_painting_paint (UsChartPainting *self,
                         UsPlot          *plot)
{
  double scale = self->options.scale > 0 ? self->options.scale : 1;
  cairo_surface_t *surface;
  cairo_t *cr;

  us_screen_image_free (self->image);
  self->image = us_screen_image_new ((int) (self->options.width * scale), (int) (self->options.height * scale));
  surface = us_screen_image_get_surface (self->image);
  cairo_surface_set_device_scale (surface, scale, scale);
  cr = cairo_create (surface);
  us_plot_render (plot, cr, &self->options, NULL);
  cairo_destroy (cr);
  cairo_surface_set_device_scale (surface, 1, 1);
}

/* NaN is the whole range. */
static gboolean
same_end (double a,
          double b)
{
  return a == b || (isnan (a) && isnan (b));
}

static gboolean
same_options (const UsPlotOptions *a,
              const UsPlotOptions *b)
{
  return a->width == b->width && a->height == b->height && a->scale == b->scale && a->theme == b->theme &&
         a->ground == b->ground && a->corner == b->corner &&
         same_end (a->view.x0, b->view.x0) && same_end (a->view.x1, b->view.x1) &&
         same_end (a->view.y0, b->view.y0) && same_end (a->view.y1, b->view.y1) &&
         (a->font == b->font || (a->font != NULL && b->font != NULL && pango_font_description_equal (a->font, b->font)));
}

UsScreenImage *
us_chart_painting_take (UsChartPainting     *self,
                        const UsPlotOptions *options)
{
  return same_options (&self->options, options) ? g_steal_pointer (&self->image) : NULL;
}
