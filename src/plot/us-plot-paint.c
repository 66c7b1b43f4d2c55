/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-plot-private.h"

#include <pango/pangocairo.h>

static void
set_colour (cairo_t  *cr,
            UsColour  colour,
            double    opacity)
{
  cairo_set_source_rgba (cr, colour.red, colour.green, colour.blue, opacity);
}

/* ---- layers -------------------------------------------------------------- */

static void
paint_scatter (const UsPrepared *prepared,
               cairo_t          *cr)
{
  for (guint i = 0; i < prepared->points->len; i++)
    {
      UsPoint point = g_array_index (prepared->points, UsPoint, i);

      cairo_new_sub_path (cr);
      cairo_arc (cr, point.x, point.y, prepared->radius, 0, 2 * G_PI);
      /* One by one: where they lie over each other it gets darker. */
      cairo_fill (cr);
    }
}

static void
paint_bars (const UsPrepared *prepared,
            cairo_t          *cr)
{
  const UsScale *x_scale = &prepared->scales[US_AXIS_X], *y_scale = &prepared->scales[US_AXIS_Y];
  double zero = us_scale_map (y_scale, 0.0);
  double width = prepared->layer->bar_width;
  double base = (1.0 - (isnan (zero) ? (y_scale->reversed ? 1.0 : 0.0) : zero)) * prepared->height;

  for (guint i = 0; i < prepared->points->len; i++)
    {
      UsPoint point = g_array_index (prepared->points, UsPoint, i);
      double x, left, right;

      if (isnan (point.y))
        continue;
      x = us_scale_unmap (x_scale, point.x / prepared->width);
      left = us_scale_map (x_scale, x - width / 2.0) * prepared->width;
      right = us_scale_map (x_scale, x + width / 2.0) * prepared->width;
      if (isnan (left))
        left = 0.0;
      /* Never thinner than can be seen. */
      if (fabs (right - left) < 1.0)
        left = point.x - 0.5, right = point.x + 0.5;
      cairo_rectangle (cr, left, point.y, right - left, base - point.y);
    }
  cairo_fill (cr);
}

static void
paint_surface (cairo_surface_t *surface,
               double           x,
               double           y,
               double           width,
               double           height,
               gboolean         smooth,
               cairo_t         *cr)
{
  double w = cairo_image_surface_get_width (surface), h = cairo_image_surface_get_height (surface);
  double user = 1.0, unused = 0.0;
  gboolean shrunk;

  if (w < 1 || h < 1 || width == 0.0 || height == 0.0)
    return;
  cairo_user_to_device_distance (cr, &user, &unused);
  shrunk = fabs (width) * fabs (user) < w || fabs (height) * fabs (user) < h;
  cairo_save (cr);
  cairo_rectangle (cr, MIN (x, x + width), MIN (y, y + height), fabs (width), fabs (height));
  cairo_clip (cr);
  cairo_translate (cr, x, y);
  cairo_scale (cr, width / w, height / h);
  cairo_set_source_surface (cr, surface, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), smooth || shrunk ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST);
  cairo_pattern_set_extend (cairo_get_source (cr), CAIRO_EXTEND_PAD);
  cairo_paint (cr);
  cairo_restore (cr);
}

static void
paint_reference (const UsPlotFrame *self,
                 const UsLayer     *layer,
                 cairo_t           *cr)
{
  const UsScale *x = &self->scales[US_AXIS_X], *y = &self->scales[US_AXIS_Y];
  gboolean begun = FALSE;

  cairo_set_line_width (cr, us_layer_line_width (layer));
  us_layer_set_dash (layer, cr);
  if (layer->kind == US_LAYER_RULE)
    {
      double at = us_scale_map (&self->scales[layer->axis], layer->a);

      if (isnan (at))
        return;
      at = layer->axis == US_AXIS_X ? at * self->area.width : (1.0 - at) * self->area.height;
      /* On the middle of a pixel, for a thin line is crisp only there. */
      if (us_layer_line_width (layer) < 1.3 && !self->vector)
        at = floor (at) + 0.5;
      if (layer->axis == US_AXIS_X)
        cairo_move_to (cr, at, 0), cairo_line_to (cr, at, self->area.height);
      else
        cairo_move_to (cr, 0, at), cairo_line_to (cr, self->area.width, at);
    }
  else
    {
      /* On log axes a straight line is bent. */
      guint pieces = x->kind == US_SCALE_LINEAR && y->kind == US_SCALE_LINEAR ? 1 : 64;

      for (guint i = 0; i <= pieces; i++)
        {
          double position = (double) i / pieces;
          double at = us_scale_map (y, layer->a + layer->b * us_scale_unmap (x, position));

          if (isnan (at))
            begun = FALSE;
          else
            {
              (begun ? cairo_line_to : cairo_move_to) (cr, position * self->area.width, (1.0 - at) * self->area.height);
              begun = TRUE;
            }
        }
    }
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);
}

static void
paint_layer (const UsPlotFrame *self,
             guint              i,
             cairo_t           *cr)
{
  const UsPrepared *prepared = us_plot_frame_prepared (self, i);
  const UsLayer *layer = prepared->layer;

  set_colour (cr, us_colour_get (self->options.theme, layer->style.colour), prepared->opacity);
  if (prepared->is_mask)
    {
      cairo_save (cr);
      cairo_scale (cr, 1.0 / prepared->device_scale, 1.0 / prepared->device_scale);
      cairo_mask_surface (cr, prepared->surface, 0, 0);
      cairo_restore (cr);
      return;
    }
  switch (layer->kind)
    {
    case US_LAYER_LINE:
      us_prepared_stroke (prepared, cr);
      break;
    case US_LAYER_BAND:
      us_prepared_fill (prepared, cr);
      break;
    case US_LAYER_SCATTER:
      paint_scatter (prepared, cr);
      break;
    case US_LAYER_BARS:
      paint_bars (prepared, cr);
      break;
    case US_LAYER_HEAT_MAP:
    case US_LAYER_IMAGE:
      if (prepared->surface != NULL)
        paint_surface (prepared->surface, prepared->place[0], prepared->place[1], prepared->place[2],
                       prepared->place[3], layer->smooth, cr);
      break;
    case US_LAYER_RULE:
    case US_LAYER_SLOPE:
      paint_reference (self, layer, cr);
      break;
    case US_LAYER_IMAGE_GRID:
    case US_LAYER_TEXT:
    default:
      break;
    }
}

/* ---- round the layers ----------------------------------------------------- */

static gboolean
has_picture (const UsPlotFrame *self)
{
  for (guint i = 0; i < self->plot->layers->len; i++)
    {
      const UsLayer *layer = us_plot_layer (self->plot, i);

      if (layer->kind == US_LAYER_HEAT_MAP || layer->kind == US_LAYER_IMAGE)
        return TRUE;
    }
  return FALSE;
}

/* The place of a tick on its axis, snapped to the middle of a pixel. */
static double
tick_place (const UsPlotFrame *self,
            UsAxis             axis,
            double             value)
{
  double position = us_scale_map (&self->scales[axis], value);
  double at = axis == US_AXIS_X ? self->area.x + position * self->area.width
                                : self->area.y + (1.0 - position) * self->area.height;

  return self->vector ? at : floor (at) + 0.5;
}

static void
paint_grid (const UsPlotFrame *self,
            cairo_t           *cr)
{
  cairo_set_line_width (cr, 1.0);
  set_colour (cr, us_colour_grid (self->options.theme), 1.0);
  for (guint axis = 0; axis < 2; axis++)
    for (guint i = 0; self->ticks[axis] != NULL && i < self->ticks[axis]->n_major; i++)
      {
        double at = tick_place (self, axis, self->ticks[axis]->major[i]);

        if (axis == US_AXIS_X)
          cairo_move_to (cr, at, self->area.y), cairo_line_to (cr, at, self->area.y + self->area.height);
        else
          cairo_move_to (cr, self->area.x, at), cairo_line_to (cr, self->area.x + self->area.width, at);
      }
  cairo_stroke (cr);
}

static void
paint_tick_marks (const UsPlotFrame *self,
                  UsAxis             axis,
                  const double      *values,
                  guint              n,
                  double             length,
                  cairo_t           *cr)
{
  double half = self->vector ? 0.0 : 0.5;
  double bottom = self->area.y + self->area.height + half, left = self->area.x - half;

  for (guint i = 0; i < n; i++)
    {
      double at = tick_place (self, axis, values[i]);

      if (axis == US_AXIS_X)
        cairo_move_to (cr, at, bottom), cairo_line_to (cr, at, bottom + length);
      else
        cairo_move_to (cr, left, at), cairo_line_to (cr, left - length, at);
    }
}

/* The two axes with their marks; pictures are framed. */
static void
paint_axes (const UsPlotFrame *self,
            gboolean           framed,
            cairo_t           *cr)
{
  double half = self->vector ? 0.0 : 0.5;
  double left = self->area.x - half, bottom = self->area.y + self->area.height + half;

  cairo_set_line_width (cr, 1.0);
  set_colour (cr, us_colour_axis (self->options.theme), framed ? 0.5 : 0.75);
  if (framed)
    cairo_rectangle (cr, left, self->area.y - half, self->area.width + 2 * half, self->area.height + 2 * half);
  else
    {
      cairo_move_to (cr, left, self->area.y);
      cairo_line_to (cr, left, bottom);
      cairo_line_to (cr, self->area.x + self->area.width, bottom);
    }
  for (guint axis = 0; axis < 2; axis++)
    if (self->ticks[axis] != NULL)
      {
        paint_tick_marks (self, axis, self->ticks[axis]->major, self->ticks[axis]->n_major, US_TICK_LENGTH, cr);
        /* On a linear axis the eye divides by itself. */
        if (self->scales[axis].kind == US_SCALE_LOG)
          paint_tick_marks (self, axis, self->ticks[axis]->minor, self->ticks[axis]->n_minor, US_TICK_LENGTH / 2.0, cr);
      }
  cairo_stroke (cr);
}

static void
paint_colour_bar (const UsPlotFrame *self,
                  cairo_t           *cr)
{
  const UsLayer *layer = self->bar_layer;
  const guint32 *table = us_colour_map_table (layer->map);
  cairo_surface_t *strip = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 1, 256);
  double half = self->vector ? 0.0 : 0.5;
  UsScale scale;

  for (guint i = 0; i < 256; i++)
    *(guint32 *) (gpointer) (cairo_image_surface_get_data (strip) +
                             (gsize) i * cairo_image_surface_get_stride (strip)) = table[255 - i];
  cairo_surface_mark_dirty (strip);
  paint_surface (strip, self->bar.x, self->bar.y, self->bar.width, self->bar.height, TRUE, cr);
  cairo_surface_destroy (strip);

  us_scale_init (&scale, US_SCALE_LINEAR, layer->from, layer->to);
  cairo_set_line_width (cr, 1.0);
  set_colour (cr, us_colour_axis (self->options.theme), 0.5);
  cairo_rectangle (cr, self->bar.x - half, self->bar.y - half, self->bar.width + 2 * half, self->bar.height + 2 * half);
  for (guint i = 0; i < self->bar_ticks->n_major; i++)
    {
      double y = self->bar.y + (1.0 - us_scale_map (&scale, self->bar_ticks->major[i])) * self->bar.height;

      if (!self->vector)
        y = CLAMP (floor (y) + 0.5, self->bar.y - 0.5, self->bar.y + self->bar.height + 0.5);
      cairo_move_to (cr, self->bar.x + self->bar.width + half, y);
      cairo_rel_line_to (cr, US_TICK_LENGTH, 0);
    }
  cairo_stroke (cr);
}

static void
paint_sample (const UsPlotFrame   *self,
              const UsLegendEntry *entry,
              cairo_t             *cr)
{
  const UsPrepared *prepared = us_plot_frame_prepared (self, entry->layer);
  const UsLayer *layer = prepared->layer;
  UsColour colour = us_colour_get (self->options.theme, layer->style.colour);

  switch (layer->kind)
    {
    case US_LAYER_BAND:
      set_colour (cr, colour, MAX (prepared->opacity, 0.25));
      cairo_rectangle (cr, entry->x, entry->y - 5.0, 18.0, 10.0);
      cairo_fill (cr);
      break;
    case US_LAYER_BARS:
      set_colour (cr, colour, prepared->opacity);
      cairo_rectangle (cr, entry->x + 3.0, entry->y - 5.0, 12.0, 10.0);
      cairo_fill (cr);
      break;
    case US_LAYER_SCATTER:
      set_colour (cr, colour, 0.9);
      cairo_arc (cr, entry->x + 9.0, entry->y, CLAMP (prepared->radius, 2.5, 4.0), 0, 2 * G_PI);
      cairo_fill (cr);
      break;
    case US_LAYER_LINE:
    case US_LAYER_RULE:
    case US_LAYER_SLOPE:
    case US_LAYER_HEAT_MAP:
    case US_LAYER_IMAGE:
    case US_LAYER_IMAGE_GRID:
    case US_LAYER_TEXT:
    default:
      set_colour (cr, colour, MAX (prepared->opacity, 0.4));
      cairo_set_line_width (cr, us_layer_line_width (layer));
      us_layer_set_dash (layer, cr);
      cairo_move_to (cr, entry->x, entry->y);
      cairo_rel_line_to (cr, 18.0, 0);
      cairo_stroke (cr);
      cairo_set_dash (cr, NULL, 0, 0);
      break;
    }
}

static void
paint_texts (const UsPlotFrame *self,
             gboolean           in_area,
             cairo_t           *cr)
{
  for (guint i = 0; i < self->texts->len; i++)
    {
      const UsPlotText *text = &g_array_index (self->texts, UsPlotText, i);

      if (text->in_area != in_area)
        continue;
      cairo_save (cr);
      set_colour (cr, text->colour, 1.0);
      cairo_translate (cr, text->x, text->y);
      if (text->upright)
        cairo_rotate (cr, -G_PI / 2.0);
      cairo_move_to (cr, 0, 0);
      pango_cairo_show_layout (cr, text->layout);
      cairo_restore (cr);
    }
}

static void
paint_cells (const UsPlotFrame *self,
             cairo_t           *cr)
{
  for (gsize row = 0; row < self->grid->rows; row++)
    for (gsize column = 0; column < self->grid->columns; column++)
      {
        cairo_surface_t *surface = self->cells[row * self->grid->columns + column];
        double x = self->cell.x + column * self->pitch_x, y = self->cell.y + row * self->pitch_y;

        if (surface != NULL)
          paint_surface (surface, x, y, self->cell.width, self->cell.height, self->grid->smooth, cr);
        set_colour (cr, us_colour_axis (self->options.theme), 0.35);
        cairo_set_line_width (cr, 1.0);
        cairo_rectangle (cr, x - 0.5, y - 0.5, self->cell.width + 1.0, self->cell.height + 1.0);
        cairo_stroke (cr);
      }
}

void
us_plot_frame_paint (const UsPlotFrame *self,
                     cairo_t           *cr)
{
  gboolean framed;

  g_return_if_fail (self != NULL && cr != NULL);

  cairo_save (cr);
  if (self->options.ground)
    {
      set_colour (cr, us_colour_ground (self->options.theme), 1.0);
      cairo_rectangle (cr, 0, 0, self->options.width, self->options.height);
      cairo_fill (cr);
    }
  if (self->grid != NULL)
    paint_cells (self, cr);
  if (self->has_area)
    {
      framed = has_picture (self);
      if (!framed && self->plot->axes_visible)
        paint_grid (self, cr);

      cairo_save (cr);
      /* Half a line beyond the area, so that what runs along an axis is not halved. */
      cairo_rectangle (cr, self->area.x - (framed ? 0 : 1), self->area.y - (framed ? 0 : 1),
                       self->area.width + (framed ? 0 : 2), self->area.height + (framed ? 0 : 2));
      cairo_clip (cr);
      cairo_save (cr);
      cairo_translate (cr, self->area.x, self->area.y);
      for (guint i = 0; i < self->prepared->len; i++)
        paint_layer (self, i, cr);
      cairo_restore (cr);
      paint_texts (self, TRUE, cr);
      cairo_restore (cr);

      if (self->plot->axes_visible)
        paint_axes (self, framed, cr);
      if (self->bar_layer != NULL)
        paint_colour_bar (self, cr);
      for (guint i = 0; i < self->legend->len; i++)
        paint_sample (self, &g_array_index (self->legend, UsLegendEntry, i), cr);
    }
  paint_texts (self, FALSE, cr);
  cairo_restore (cr);
}
