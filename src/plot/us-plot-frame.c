/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-plot-private.h"

#include <glib/gi18n-lib.h>
#include <pango/pangocairo.h>

static void
clear_text (gpointer data)
{
  g_object_unref (((UsPlotText *) data)->layout);
}

static void
clear_prepared (gpointer data)
{
  if (data != NULL)
    us_prepared_unref (data);
}

/* Unhinted metrics: the same arrangement at every scale, and in files. */
static PangoContext *
new_context (void)
{
  PangoContext *context = pango_font_map_create_context (pango_cairo_font_map_get_default ());
  cairo_font_options_t *options = cairo_font_options_create ();

  cairo_font_options_set_hint_metrics (options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_hint_style (options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_antialias (options, CAIRO_ANTIALIAS_GRAY);
  pango_cairo_context_set_font_options (context, options);
  pango_cairo_context_set_resolution (context, 96.0);
  pango_context_set_round_glyph_positions (context, FALSE);
  cairo_font_options_destroy (options);
  return context;
}

PangoLayout *
us_plot_frame_layout (const UsPlotFrame *self,
                      const char        *markup,
                      const char        *plain,
                      double             factor,
                      PangoWeight        weight,
                      double            *width,
                      double            *height)
{
  PangoLayout *layout = pango_layout_new (self->pango);
  PangoFontDescription *font = pango_font_description_copy (self->font);
  int w, h;

  if (pango_font_description_get_size_is_absolute (font))
    pango_font_description_set_absolute_size (font, pango_font_description_get_size (font) * factor);
  else
    pango_font_description_set_size (font, (int) (pango_font_description_get_size (font) * factor));
  pango_font_description_set_weight (font, weight);
  pango_layout_set_font_description (layout, font);
  pango_font_description_free (font);

  if (markup != NULL)
    pango_layout_set_markup (layout, markup, -1);
  else
    pango_layout_set_text (layout, plain, -1);
  pango_layout_get_size (layout, &w, &h);
  if (width != NULL)
    *width = (double) w / PANGO_SCALE;
  if (height != NULL)
    *height = (double) h / PANGO_SCALE;
  return layout;
}

const char *
us_plot_empty_message (const UsPlot *self)
{
  return self->empty_message != NULL ? self->empty_message : _("Nothing to show yet");
}

/* ---- preparing ---------------------------------------------------------- */

static void
prepare_layers (UsPlotFrame *self,
                UsPlotFrame *previous)
{
  for (guint i = 0; i < self->plot->layers->len; i++)
    {
      UsLayer *layer = g_ptr_array_index (self->plot->layers, i);
      UsPrepared *made = NULL;

      for (guint k = 0; previous != NULL && made == NULL && k < previous->prepared->len; k++)
        {
          UsPrepared *old = us_plot_frame_prepared (previous, k);

          if (us_prepared_is_for (old, layer, self->scales, self->area.width, self->area.height, self->options.scale,
                                  self->vector))
            made = us_prepared_ref (old);
        }
      if (made == NULL)
        made = us_prepared_new (layer, self->scales, self->area.width, self->area.height, self->options.scale,
                                self->vector);
      g_ptr_array_add (self->prepared, made);
    }
}

static void
prepare_grid (UsPlotFrame *self)
{
  const UsLayer *grid = self->grid;
  gsize size = grid->height * grid->width * grid->channels;
  guint replicate = self->vector ? (guint) CLAMP (512 / MAX (MAX (grid->height, grid->width), 1), 1, 16) : 1;

  self->cells = g_new0 (cairo_surface_t *, grid->rows * grid->columns);
  for (gsize i = 0; i < grid->rows * grid->columns; i++)
    if (size > 0 && isfinite (grid->pixels[i * size]))
      self->cells[i] = us_picture_surface (grid->pixels + i * size, grid->height, grid->width, grid->channels,
                                           grid->map, grid->from, grid->to, replicate);
}

/* ---- lifetime ----------------------------------------------------------- */

UsPlotFrame *
us_plot_frame_new_for (UsPlot              *plot,
                       const UsPlotOptions *options,
                       UsPlotFrame         *previous,
                       gboolean             vector)
{
  UsPlotFrame *self;

  g_return_val_if_fail (plot != NULL && options != NULL, NULL);
  g_return_val_if_fail (options->width > 0 && options->height > 0, NULL);

  self = g_new0 (UsPlotFrame, 1);
  self->plot = us_plot_ref (plot);
  self->options = *options;
  self->font = options->font != NULL ? pango_font_description_copy (options->font)
                                     : pango_font_description_from_string ("Sans 10");
  self->options.font = self->font;
  if (pango_font_description_get_size (self->font) <= 0)
    pango_font_description_set_size (self->font, 10 * PANGO_SCALE);
  if (!(self->options.scale > 0))
    self->options.scale = 1.0;
  self->vector = vector;
  self->pango = previous != NULL ? g_object_ref (previous->pango) : new_context ();
  self->texts = g_array_new (FALSE, FALSE, sizeof (UsPlotText));
  g_array_set_clear_func (self->texts, clear_text);
  self->legend = g_array_new (FALSE, FALSE, sizeof (UsLegendEntry));
  self->prepared = g_ptr_array_new_with_free_func (clear_prepared);

  us_plot_frame_arrange (self);
  if (self->has_area)
    prepare_layers (self, previous);
  if (self->grid != NULL)
    prepare_grid (self);
  return self;
}

UsPlotFrame *
us_plot_frame_new (UsPlot              *plot,
                   const UsPlotOptions *options,
                   UsPlotFrame         *previous)
{
  return us_plot_frame_new_for (plot, options, previous, FALSE);
}

void
us_plot_frame_free (UsPlotFrame *self)
{
  if (self == NULL)
    return;
  if (self->cells != NULL)
    for (gsize i = 0; i < self->grid->rows * self->grid->columns; i++)
      g_clear_pointer (&self->cells[i], cairo_surface_destroy);
  g_free (self->cells);
  g_array_unref (self->texts);
  g_array_unref (self->legend);
  g_ptr_array_unref (self->prepared);
  for (guint axis = 0; axis < 2; axis++)
    us_ticks_free (self->ticks[axis]);
  us_ticks_free (self->bar_ticks);
  g_object_unref (self->pango);
  pango_font_description_free (self->font);
  us_plot_unref (self->plot);
  g_free (self);
}

void
us_plot_render (UsPlot              *plot,
                cairo_t             *cr,
                const UsPlotOptions *options,
                const double        *hover)
{
  g_autoptr(UsPlotFrame) frame = us_plot_frame_new (plot, options, NULL);

  g_return_if_fail (frame != NULL && cr != NULL);

  us_plot_frame_paint (frame, cr);
  if (hover != NULL)
    us_plot_frame_paint_hover (frame, cr, hover[0], hover[1]);
}

/* ---- geometry ----------------------------------------------------------- */

gboolean
us_plot_frame_get_area (const UsPlotFrame *self,
                        cairo_rectangle_t *area)
{
  g_return_val_if_fail (self != NULL, FALSE);

  if (area != NULL)
    *area = self->area;
  return self->has_area;
}

void
us_plot_frame_get_scale (const UsPlotFrame *self,
                         UsAxis             axis,
                         UsScale           *scale)
{
  g_return_if_fail (self != NULL && axis <= US_AXIS_Y && scale != NULL);

  *scale = self->scales[axis];
}

void
us_plot_frame_to_pixel (const UsPlotFrame *self,
                        double             x,
                        double             y,
                        double            *px,
                        double            *py)
{
  g_return_if_fail (self != NULL && px != NULL && py != NULL);

  *px = self->area.x + us_scale_map (&self->scales[US_AXIS_X], x) * self->area.width;
  *py = self->area.y + (1.0 - us_scale_map (&self->scales[US_AXIS_Y], y)) * self->area.height;
}

void
us_plot_frame_to_data (const UsPlotFrame *self,
                       double             px,
                       double             py,
                       double            *x,
                       double            *y)
{
  g_return_if_fail (self != NULL && x != NULL && y != NULL);

  *x = us_scale_unmap (&self->scales[US_AXIS_X], (px - self->area.x) / self->area.width);
  *y = us_scale_unmap (&self->scales[US_AXIS_Y], 1.0 - (py - self->area.y) / self->area.height);
}

guint
us_plot_frame_digits (const UsPlotFrame *self,
                      UsAxis             axis,
                      double             value)
{
  const UsScale *scale = &self->scales[axis];
  double length = axis == US_AXIS_X ? self->area.width : self->area.height;
  double pixel = scale->kind == US_SCALE_LOG ? fabs (value) * log (scale->upper / scale->lower) / length
                                             : (scale->upper - scale->lower) / length;

  if (value == 0.0 || !(pixel > 0))
    return 3;
  return (guint) CLAMP (ceil (log10 (fabs (value) / pixel)) + 1.0, 3.0, 9.0);
}

char *
us_plot_frame_value (const UsPlotFrame *self,
                     UsAxis             axis,
                     double             value)
{
  const UsPlotAxis *how = &self->plot->axes[axis];
  g_autofree char *number = NULL;

  if (how->categories != NULL && value > -0.5 && value < how->n_categories - 0.5)
    return g_strdup (how->categories[(guint) lround (value)]);

  number = us_format_plain (value, us_plot_frame_digits (self, axis, value));
  if (how->unit[0] == '\0' || g_str_equal (how->unit, "1"))
    return g_steal_pointer (&number);
  return g_strdup_printf ("%s\xc2\xa0%s", number, how->unit);
}
