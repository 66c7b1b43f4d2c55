/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-plot-private.h"

#include <string.h>

/*
 * Where everything goes.  All margins come from measured texts, so that
 * nothing is cut off in any language or font.
 */

#define PAD          10.0       /* to the edge of the picture */
#define GAP          6.0        /* between a text and what it belongs to */
#define TITLE_SIZE   1.08
#define LABEL_SIZE   0.95
#define TICK_SIZE    0.86
#define LEGEND_SIZE  0.90
#define SAMPLE       18.0       /* of a line in the legend */
#define BAR_WIDTH    12.0
#define LEAST_AREA   24.0

/* Below this there is no room for title, legend and the names of the axes. */
#define COMPACT_WIDTH  200.0
#define COMPACT_HEIGHT 120.0

typedef struct
{
  double left, right, top, bottom;
} Margins;

/* Takes the layout. */
static void
put (UsPlotFrame *self,
     PangoLayout *layout,
     double       x,
     double       y,
     gboolean     upright,
     UsColour     colour)
{
  UsPlotText text = { layout, x, y, upright, FALSE, colour };

  g_array_append_val (self->texts, text);
}

static void
limit_width (PangoLayout *layout,
             double       width,
             double      *measured)
{
  int w, h;

  pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
  pango_layout_set_width (layout, (int) (MAX (width, 1.0) * PANGO_SCALE));
  pango_layout_get_size (layout, &w, &h);
  if (measured != NULL)
    *measured = (double) w / PANGO_SCALE;
}

static gboolean
is_compact (const UsPlotFrame *self)
{
  return self->options.width < COMPACT_WIDTH || self->options.height < COMPACT_HEIGHT;
}

static UsColour
ink (const UsPlotFrame *self)
{
  return us_colour_foreground (self->options.theme);
}

static UsColour
axis_ink (const UsPlotFrame *self)
{
  return us_colour_axis (self->options.theme);
}

/* ---- legend -------------------------------------------------------------- */

static gboolean
in_legend (const UsLayer *layer)
{
  if (layer->name[0] == '\0')
    return FALSE;
  if (layer->kind == US_LAYER_RULE || layer->kind == US_LAYER_SLOPE)
    return TRUE;
  return layer->kind <= US_LAYER_BARS && !us_layer_is_empty (layer);
}

static gboolean
wants_legend (const UsPlot *plot)
{
  guint named = 0;

  for (guint i = 0; i < plot->layers->len; i++)
    named += in_legend (us_plot_layer (plot, i));
  /* One name alone says what the axis says already. */
  return plot->legend_visible && (named >= 2 || (named == 1 && plot->axes[US_AXIS_Y].label[0] == '\0'));
}

/* In rows above the area, from x on; returns their height. */
static double
arrange_legend (UsPlotFrame *self,
                double       x,
                double       y,
                double       width,
                double       most_height,
                gboolean     measure)
{
  double at = 0.0, row = 0.0, row_height = 0.0;

  if (!wants_legend (self->plot) || is_compact (self))
    return 0.0;

  for (guint i = 0; i < self->plot->layers->len; i++)
    {
      const UsLayer *layer = us_plot_layer (self->plot, i);
      UsLegendEntry entry = { i, 0, 0 };
      PangoLayout *layout;
      double w, h;

      if (!in_legend (layer))
        continue;
      layout = us_plot_frame_layout (self, NULL, layer->name, LEGEND_SIZE, PANGO_WEIGHT_NORMAL, &w, &h);
      if (SAMPLE + GAP + w > width)
        limit_width (layout, width - SAMPLE - GAP, &w);
      row_height = h + 3.0;
      if (at > 0.0 && at + SAMPLE + GAP + w > width)
        {
          at = 0.0;
          row += row_height;
        }
      /* What has no room is in the read-out and the tables. */
      if (measure || row + row_height > most_height)
        g_object_unref (layout);
      else
        {
          entry.x = x + at;
          entry.y = y + row + h / 2.0;
          g_array_append_val (self->legend, entry);
          put (self, layout, entry.x + SAMPLE + GAP, y + row, FALSE, ink (self));
        }
      at += SAMPLE + GAP + w + 16.0;
    }
  return MIN (row + row_height, floor (most_height / row_height) * row_height) + 4.0;
}

/* ---- ticks --------------------------------------------------------------- */

static double
tick_extent (const UsPlotFrame *self,
             const char        *markup,
             const char        *plain,
             gboolean           height)
{
  double w, h;
  PangoLayout *layout = us_plot_frame_layout (self, markup, plain, TICK_SIZE, PANGO_WEIGHT_NORMAL, &w, &h);

  g_object_unref (layout);
  return height ? h : w;
}

/* What names of categories may take of the picture. */
static double
name_room (const UsPlotFrame *self,
           UsAxis             axis)
{
  return MAX (0.34 * (axis == US_AXIS_X ? self->options.height : self->options.width), 12.0);
}

static double
widest (const UsPlotFrame *self,
        UsAxis             axis)
{
  const UsTicks *ticks = self->ticks[axis];
  const UsPlotAxis *how = &self->plot->axes[axis];
  double width = 0.0;

  for (guint i = 0; how->categories != NULL && i < how->n_categories; i++)
    width = MAX (width, tick_extent (self, NULL, how->categories[i], FALSE));
  for (guint i = 0; ticks != NULL && how->categories == NULL && i < ticks->n_major; i++)
    width = MAX (width, tick_extent (self, ticks->labels[i], NULL, FALSE));
  /* Names may be long; numbers never are. */
  return how->categories != NULL ? MIN (width, name_room (self, axis)) : width;
}

/* As many as fit without touching. */
static void
choose_x_ticks (UsPlotFrame *self,
                double       width)
{
  guint target = (guint) CLAMP (width / 64.0, 2.0, 12.0);

  for (;; target--)
    {
      UsTicks *ticks;
      double last_end = -INFINITY;
      gboolean touching = FALSE;

      us_ticks_free (self->ticks[US_AXIS_X]);
      ticks = self->ticks[US_AXIS_X] = us_ticks_new (&self->scales[US_AXIS_X], target);
      for (guint i = 0; i < ticks->n_major && !touching; i++)
        {
          guint k = self->scales[US_AXIS_X].reversed ? ticks->n_major - 1 - i : i;
          double at = us_scale_map (&self->scales[US_AXIS_X], ticks->major[k]) * width;
          double half = tick_extent (self, ticks->labels[k], NULL, FALSE) / 2.0;

          touching = at - half < last_end + 10.0;
          last_end = at + half;
        }
      if (!touching || target <= 2)
        return;
    }
}

static void
choose_y_ticks (UsPlotFrame *self,
                double       height)
{
  double line = tick_extent (self, NULL, "0", TRUE) * 1.15;

  for (guint target = (guint) CLAMP (height / 42.0, 2.0, 10.0);; target--)
    {
      UsTicks *ticks;
      double last = -INFINITY;
      gboolean touching = FALSE;

      us_ticks_free (self->ticks[US_AXIS_Y]);
      ticks = self->ticks[US_AXIS_Y] = us_ticks_new (&self->scales[US_AXIS_Y], target);
      for (guint i = 0; i < ticks->n_major && !touching; i++)
        {
          double at = us_scale_map (&self->scales[US_AXIS_Y], ticks->major[i]) * height;

          touching = fabs (at - last) < line;
          last = at;
        }
      if (!touching)
        return;
      if (target <= 2)
        break;
    }
  /* No room for two numbers: the first and the last, or one. */
  {
    UsTicks *ticks = self->ticks[US_AXIS_Y];

    for (guint i = 1; i + (height > 2.0 * line ? 1 : 0) < ticks->n_major; i++)
      ticks->labels[i][0] = '\0';
  }
}

/* Names under the columns of a matrix stand upright where they would touch. */
static gboolean
upright_categories (const UsPlotFrame *self,
                    double             width)
{
  double span = self->scales[US_AXIS_X].upper - self->scales[US_AXIS_X].lower;

  return widest (self, US_AXIS_X) + 6.0 > width / MAX (span, 1.0);
}

static void
put_tick (UsPlotFrame *self,
          UsAxis       axis,
          double       value,
          const char  *markup,
          const char  *plain,
          gboolean     upright)
{
  double position = us_scale_map (&self->scales[axis], value), w, h, px, py;
  double reach = self->plot->axes[axis].categories != NULL ? GAP : US_TICK_LENGTH + 4.0, room = name_room (self, axis);
  PangoLayout *layout;

  if (!(position >= -1e-6 && position <= 1.0 + 1e-6))
    return;
  layout = us_plot_frame_layout (self, markup, plain, TICK_SIZE, PANGO_WEIGHT_NORMAL, &w, &h);
  /* one that lies has all the room up to the next */
  if (axis == US_AXIS_X && !upright)
    room = MAX (room, self->area.width / MAX (self->scales[axis].upper - self->scales[axis].lower, 1.0) - 6.0);
  if (plain != NULL && w > room)
    limit_width (layout, room, &w);
  px = self->area.x + position * self->area.width;
  py = self->area.y + (1.0 - position) * self->area.height;
  if (axis == US_AXIS_Y)
    put (self, layout, self->area.x - reach - w, py - h / 2.0, FALSE, axis_ink (self));
  else if (upright)
    put (self, layout, px - h / 2.0, self->area.y + self->area.height + reach + w, TRUE, axis_ink (self));
  else
    put (self, layout, px - w / 2.0, self->area.y + self->area.height + reach - 2.0, FALSE, axis_ink (self));
}

static void
put_ticks (UsPlotFrame *self,
           UsAxis       axis,
           gboolean     upright)
{
  const UsPlotAxis *how = &self->plot->axes[axis];
  const UsTicks *ticks = self->ticks[axis];
  double last = -INFINITY;

  if (how->categories == NULL)
    {
      for (guint i = 0; i < ticks->n_major; i++)
        put_tick (self, axis, ticks->major[i], ticks->labels[i], NULL, FALSE);
      return;
    }
  /* Every k-th name when the lines themselves would touch. */
  for (guint i = 0; i < how->n_categories; i++)
    {
      double at = us_scale_map (&self->scales[axis], i) * (axis == US_AXIS_X ? self->area.width : self->area.height);
      double need = axis == US_AXIS_X && !upright ? 0.0 : tick_extent (self, NULL, how->categories[i], TRUE) * 0.9;

      if (fabs (at - last) < need)
        continue;
      last = at;
      put_tick (self, axis, i, NULL, how->categories[i], upright);
    }
}

/* ---- colour bar ---------------------------------------------------------- */

static double
colour_bar_width (UsPlotFrame *self,
                  double       height)
{
  UsScale scale;
  double width = 0.0, h = 0.0;
  g_autofree char *label = NULL;

  self->bar_layer = us_plot_get_heat_map (self->plot);
  if (self->bar_layer == NULL || us_layer_is_empty (self->bar_layer) || is_compact (self))
    {
      self->bar_layer = NULL;
      return 0.0;
    }
  us_scale_init (&scale, US_SCALE_LINEAR, self->bar_layer->from, self->bar_layer->to);
  g_clear_pointer (&self->bar_ticks, us_ticks_free);
  self->bar_ticks = us_ticks_new (&scale, (guint) CLAMP (height / 48.0, 2.0, 8.0));
  for (guint i = 0; i < self->bar_ticks->n_major; i++)
    width = MAX (width, tick_extent (self, self->bar_ticks->labels[i], NULL, FALSE));
  label = us_format_label (self->bar_layer->name, self->bar_layer->unit);
  if (label[0] != '\0')
    h = tick_extent (self, NULL, label, TRUE) * LABEL_SIZE / TICK_SIZE + GAP;
  return 16.0 + BAR_WIDTH + US_TICK_LENGTH + 3.0 + width + h;
}

static void
put_colour_bar (UsPlotFrame *self)
{
  UsScale scale;
  double width = 0.0, w, h;
  g_autofree char *label = us_format_label (self->bar_layer->name, self->bar_layer->unit);
  PangoLayout *layout;

  us_scale_init (&scale, US_SCALE_LINEAR, self->bar_layer->from, self->bar_layer->to);
  self->bar = (cairo_rectangle_t) { self->area.x + self->area.width + 16.0, self->area.y, BAR_WIDTH, self->area.height };
  for (guint i = 0; i < self->bar_ticks->n_major; i++)
    {
      double y = self->bar.y + (1.0 - us_scale_map (&scale, self->bar_ticks->major[i])) * self->bar.height;

      layout = us_plot_frame_layout (self, self->bar_ticks->labels[i], NULL, TICK_SIZE, PANGO_WEIGHT_NORMAL, &w, &h);
      width = MAX (width, w);
      put (self, layout, self->bar.x + BAR_WIDTH + US_TICK_LENGTH + 3.0, y - h / 2.0, FALSE, axis_ink (self));
    }
  if (label[0] == '\0')
    return;
  layout = us_plot_frame_layout (self, NULL, label, LABEL_SIZE, PANGO_WEIGHT_NORMAL, &w, &h);
  if (w > self->area.height)
    limit_width (layout, self->area.height, &w);
  put (self, layout, self->bar.x + BAR_WIDTH + US_TICK_LENGTH + 3.0 + width + GAP,
       self->bar.y + (self->bar.height + w) / 2.0, TRUE, ink (self));
}

/* ---- cells --------------------------------------------------------------- */

/* All with the same decimals, as many as have room; FALSE: none has. */
static gboolean
cell_layouts (UsPlotFrame   *self,
              const UsLayer *layer,
              double         width,
              double         height,
              GPtrArray     *layouts)
{
  double largest = MAX (fabs (layer->from), fabs (layer->to)), w, h;
  int wanted = largest > 0 ? CLAMP (2 - (int) floor (log10 (largest)), 0, 4) : 0;

  for (int decimals = wanted; decimals >= MAX (wanted - 1, 0); decimals--)
    {
      gboolean fits = TRUE;

      g_ptr_array_set_size (layouts, 0);
      for (gsize i = 0; i < layer->rows * layer->columns && fits; i++)
        {
          g_autoptr(GString) number = g_string_new (NULL);
          char text[G_ASCII_DTOSTR_BUF_SIZE], pattern[16];

          g_snprintf (pattern, sizeof pattern, "%%.%df", decimals);
          if (isfinite (layer->values[i]))
            us_format_append (number, g_ascii_formatd (text, sizeof text, pattern, layer->values[i]));
          g_ptr_array_add (layouts, us_plot_frame_layout (self, NULL, number->str, 0.74, PANGO_WEIGHT_NORMAL, &w, &h));
          fits = w <= width && h <= height;
        }
      if (fits)
        return TRUE;
    }
  return FALSE;
}

/* The number in each cell, when all of them have room. */
static void
put_cell_labels (UsPlotFrame *self)
{
  for (guint k = 0; k < self->plot->layers->len; k++)
    {
      const UsLayer *layer = us_plot_layer (self->plot, k);
      g_autoptr(GPtrArray) layouts = g_ptr_array_new_with_free_func (g_object_unref);
      double extent[4], x0, x1, y0, y1;
      gsize n = layer->rows * layer->columns;

      if (layer->kind != US_LAYER_HEAT_MAP || !layer->cell_labels || n == 0 || n > 2500)
        continue;
      us_layer_extent (layer, extent);
      us_plot_frame_to_pixel (self, extent[0], extent[2], &x0, &y0);
      us_plot_frame_to_pixel (self, extent[1], extent[3], &x1, &y1);
      if (!cell_layouts (self, layer, fabs (x1 - x0) / layer->columns - 4.0, fabs (y1 - y0) / layer->rows, layouts))
        continue;

      for (gsize i = 0; i < n; i++)
        {
          PangoLayout *layout = g_ptr_array_index (layouts, i);
          UsColour cell = us_colour_map (layer->map, (layer->values[i] - layer->from) / (layer->to - layer->from));
          UsColour white = { 1, 1, 1 }, black = { 0.08, 0.08, 0.08 };
          gboolean dark = us_colour_contrast (cell, white) > us_colour_contrast (cell, black);
          int width, height;

          pango_layout_get_size (layout, &width, &height);
          put (self, g_object_ref (layout),
               x0 + (x1 - x0) * ((i % layer->columns) + 0.5) / layer->columns - 0.5 * width / PANGO_SCALE,
               y0 + (y1 - y0) * ((i / layer->columns) + 0.5) / layer->rows - 0.5 * height / PANGO_SCALE,
               FALSE, dark ? white : black);
          g_array_index (self->texts, UsPlotText, self->texts->len - 1).in_area = TRUE;
        }
    }
}

/* Words beside points: to the right, or to the left where the edge is near. */
static void
put_words (UsPlotFrame *self)
{
  for (guint i = 0; i < self->plot->layers->len; i++)
    {
      const UsLayer *layer = us_plot_layer (self->plot, i);
      PangoLayout *layout;
      double x, y, w, h;

      if (layer->kind != US_LAYER_TEXT)
        continue;
      us_plot_frame_to_pixel (self, layer->a, layer->b, &x, &y);
      if (!(x >= self->area.x && x <= self->area.x + self->area.width && y >= self->area.y &&
            y <= self->area.y + self->area.height))
        continue;
      layout = us_plot_frame_layout (self, NULL, layer->name, LEGEND_SIZE, PANGO_WEIGHT_NORMAL, &w, &h);
      x += x + GAP + w > self->area.x + self->area.width ? -GAP - w : GAP;
      y = CLAMP (y - h - 2.0, self->area.y, self->area.y + self->area.height - h);
      put (self, layout, x, y, FALSE, us_colour_get (self->options.theme, layer->style.colour));
      g_array_index (self->texts, UsPlotText, self->texts->len - 1).in_area = TRUE;
    }
}

/* ---- the parts together --------------------------------------------------- */

/* Title at the top left; returns where the rest begins. */
static double
put_title (UsPlotFrame *self,
           double       x,
           gboolean     measure)
{
  PangoLayout *layout;
  double h;

  if (self->plot->title[0] == '\0' || is_compact (self))
    return PAD;
  layout = us_plot_frame_layout (self, NULL, self->plot->title, TITLE_SIZE, PANGO_WEIGHT_BOLD, NULL, &h);
  limit_width (layout, self->options.width - x - PAD - self->options.corner, NULL);
  if (measure)
    g_object_unref (layout);
  else
    put (self, layout, x, PAD - 2.0, FALSE, ink (self));
  return PAD + h + GAP;
}

static void
put_message (UsPlotFrame *self)
{
  double w, h, top = put_title (self, PAD, FALSE);
  PangoLayout *layout = us_plot_frame_layout (self, NULL, us_plot_empty_message (self->plot), 1.0, PANGO_WEIGHT_NORMAL,
                                              &w, &h);
  int width, height;

  pango_layout_set_width (layout, (int) (MAX (self->options.width - 2 * PAD, 1.0) * PANGO_SCALE));
  pango_layout_set_wrap (layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_alignment (layout, PANGO_ALIGN_CENTER);
  pango_layout_get_size (layout, &width, &height);
  put (self, layout, PAD, (top + self->options.height - PAD - (double) height / PANGO_SCALE) / 2.0, FALSE,
       us_colour_get (self->options.theme, US_COLOUR_MUTED));
}

static void
put_axis_label (UsPlotFrame *self,
                UsAxis       axis,
                const char  *label,
                double       edge)
{
  double w, h;
  PangoLayout *layout;

  if (label[0] == '\0')
    return;
  layout = us_plot_frame_layout (self, NULL, label, LABEL_SIZE, PANGO_WEIGHT_NORMAL, &w, &h);
  if (axis == US_AXIS_X)
    {
      double room = self->options.width - 2 * PAD;

      if (w > room)
        limit_width (layout, room, &w);
      put (self, layout, CLAMP (self->area.x + (self->area.width - w) / 2.0, PAD, MAX (self->options.width - PAD - w, PAD)),
           edge, FALSE, ink (self));
    }
  else
    {
      double room = self->options.height - 2 * PAD;

      if (w > room)
        limit_width (layout, room, &w);
      put (self, layout, edge,
           CLAMP (self->area.y + (self->area.height + w) / 2.0, PAD + w, MAX (self->options.height - PAD, PAD + w)), TRUE,
           ink (self));
    }
}

/* Shrinks the area so that one unit is as long on both axes; keeps its middle. */
static void
make_equal (UsPlotFrame *self)
{
  double span_x = self->scales[US_AXIS_X].upper - self->scales[US_AXIS_X].lower;
  double span_y = self->scales[US_AXIS_Y].upper - self->scales[US_AXIS_Y].lower;
  double unit;

  if (self->scales[US_AXIS_X].kind == US_SCALE_LOG && self->scales[US_AXIS_Y].kind == US_SCALE_LOG)
    {
      span_x = log (self->scales[US_AXIS_X].upper / self->scales[US_AXIS_X].lower);
      span_y = log (self->scales[US_AXIS_Y].upper / self->scales[US_AXIS_Y].lower);
    }
  unit = MIN (self->area.width / span_x, self->area.height / span_y);
  self->area.x += (self->area.width - unit * span_x) / 2.0;
  self->area.width = unit * span_x;
  self->area.height = unit * span_y;
}

static void
apply_view (UsScale *scale,
            double   lower,
            double   upper)
{
  gboolean reversed = scale->reversed;

  if (!isfinite (lower) && !isfinite (upper))
    return;
  us_scale_init (scale, scale->kind, isfinite (lower) ? lower : scale->lower, isfinite (upper) ? upper : scale->upper);
  scale->reversed = reversed;
}

static void
arrange_axes (UsPlotFrame *self)
{
  const UsPlot *plot = self->plot;
  double width = self->options.width, height = self->options.height, x_edge = 0.0, tick_height;
  gboolean compact = is_compact (self);
  g_autofree char *x_label = compact ? g_strdup ("") : us_format_label (plot->axes[0].label, plot->axes[0].unit);
  g_autofree char *y_label = compact ? g_strdup ("") : us_format_label (plot->axes[1].label, plot->axes[1].unit);
  Margins m = { PAD, PAD + 4.0, PAD, PAD };
  gboolean upright = FALSE;

  tick_height = tick_extent (self, NULL, "0", TRUE);

  /* Each margin depends on the others' outcome: twice round settles it. */
  for (guint round = 0; round < 2; round++)
    {
      double room = MAX (width - m.left - m.right, LEAST_AREA);

      m.top = put_title (self, m.left, TRUE);
      m.top += arrange_legend (self, 0, 0, room, height / 3.0, TRUE);
      if (compact || (plot->title[0] == '\0' && !wants_legend (plot)))
        m.top += tick_height / 2.0 - 2.0;

      m.bottom = PAD;
      if (plot->axes_visible)
        {
          if (plot->axes[US_AXIS_X].categories == NULL)
            choose_x_ticks (self, room);
          else
            upright = upright_categories (self, room);
          m.bottom += US_TICK_LENGTH + 2.0 + (upright ? widest (self, US_AXIS_X) + 2.0 : tick_height);
        }
      x_edge = m.bottom - PAD;
      if (x_label[0] != '\0')
        m.bottom += GAP / 2.0 + tick_height * LABEL_SIZE / TICK_SIZE;

      room = MAX (height - m.top - m.bottom, LEAST_AREA);
      m.left = PAD;
      if (plot->axes_visible)
        {
          if (plot->axes[US_AXIS_Y].categories == NULL)
            choose_y_ticks (self, room);
          m.left += widest (self, US_AXIS_Y) + US_TICK_LENGTH + 4.0;
        }
      if (y_label[0] != '\0')
        m.left += tick_height * LABEL_SIZE / TICK_SIZE + GAP;
      m.right = PAD + 4.0 + colour_bar_width (self, room);

      /* The last number under the axis may reach beyond it. */
      if (plot->axes_visible && plot->axes[US_AXIS_X].categories == NULL && self->ticks[US_AXIS_X]->n_major > 0)
        {
          UsTicks *ticks = self->ticks[US_AXIS_X];
          guint last = self->scales[US_AXIS_X].reversed ? 0 : ticks->n_major - 1;
          double half = tick_extent (self, ticks->labels[last], NULL, FALSE) / 2.0;
          double beyond = (1.0 - us_scale_map (&self->scales[US_AXIS_X], ticks->major[last])) * (width - m.left - m.right);

          m.right = MAX (m.right, half - beyond + 4.0);
        }
    }

  self->area = (cairo_rectangle_t) { m.left, m.top, MAX (width - m.left - m.right, LEAST_AREA),
                                     MAX (height - m.top - m.bottom, LEAST_AREA) };
  if (plot->equal)
    make_equal (self);
  /* On whole pixels: crisp axes. */
  self->area.width = floor (self->area.x + self->area.width + 0.5) - floor (self->area.x + 0.5);
  self->area.height = floor (self->area.y + self->area.height + 0.5) - floor (self->area.y + 0.5);
  self->area.x = floor (self->area.x + 0.5);
  self->area.y = floor (self->area.y + 0.5);
  self->has_area = TRUE;

  {
    double left = plot->equal ? self->area.x : m.left, right = PAD + 4.0;
    double top = put_title (self, left, FALSE);

    /* over a narrow square it may need more lines than there is room for: then from the margin on */
    if (arrange_legend (self, 0, 0, width - left - right, height / 3.0, TRUE)
        > arrange_legend (self, 0, 0, width - m.left - right, height / 3.0, TRUE))
      left = m.left;
    arrange_legend (self, left, top, width - left - right, height / 3.0, FALSE);
  }
  if (plot->axes_visible)
    {
      /* Making it equal, or the last round, may have taken room. */
      if (plot->axes[US_AXIS_X].categories == NULL)
        choose_x_ticks (self, self->area.width);
      if (plot->axes[US_AXIS_Y].categories == NULL && plot->equal)
        choose_y_ticks (self, self->area.height);
      put_ticks (self, US_AXIS_X, upright);
      put_ticks (self, US_AXIS_Y, FALSE);
    }
  put_axis_label (self, US_AXIS_X, x_label, self->area.y + self->area.height + x_edge + GAP / 2.0);
  put_axis_label (self, US_AXIS_Y, y_label, self->area.x - m.left + PAD - 2.0);
  if (self->bar_layer != NULL)
    put_colour_bar (self);
  put_cell_labels (self);
  put_words (self);
}

/* Small pictures in rows and columns, as large as the room allows. */
static void
arrange_grid (UsPlotFrame *self)
{
  const UsLayer *grid = self->grid;
  double top = put_title (self, PAD, FALSE), left = 0.0, above = 0.0, gap, cell_w, cell_h, w, h;
  double room_x, room_y, unit;

  for (gsize i = 0; grid->row_labels != NULL && i < grid->rows; i++)
    {
      g_autoptr(PangoLayout) layout = us_plot_frame_layout (self, NULL, grid->row_labels[i], LEGEND_SIZE,
                                                            PANGO_WEIGHT_NORMAL, &w, &h);

      left = MAX (left, w + GAP);
    }
  for (gsize i = 0; grid->column_labels != NULL && i < grid->columns; i++)
    above = MAX (above, tick_extent (self, NULL, grid->column_labels[i], TRUE) + 2.0);
  left = MIN (left, self->options.width / 2.0);

  room_x = MAX (self->options.width - 2 * PAD - left, 1.0);
  room_y = MAX (self->options.height - top - PAD - above, 1.0);
  gap = CLAMP (MIN (room_x / grid->columns, room_y / grid->rows) * 0.06, 1.0, 6.0);
  unit = MIN ((room_x - gap * (grid->columns - 1)) / ((double) grid->columns * grid->width),
              (room_y - gap * (grid->rows - 1)) / ((double) grid->rows * grid->height));
  unit = MAX (unit, 1e-3);
  cell_w = unit * grid->width;
  cell_h = unit * grid->height;
  /* Whole pixels, where there are many. */
  if (!self->vector && cell_w >= 16.0 && cell_h >= 16.0)
    {
      cell_w = floor (cell_w);
      cell_h = floor (cell_h);
      gap = floor (gap);
    }
  self->pitch_x = cell_w + gap;
  self->pitch_y = cell_h + gap;
  self->cell = (cairo_rectangle_t) { PAD + left + floor (MAX (room_x + gap - self->pitch_x * grid->columns, 0.0) / 2.0),
                                     floor (top + above), cell_w, cell_h };

  for (gsize i = 0; grid->row_labels != NULL && i < grid->rows; i++)
    {
      PangoLayout *layout = us_plot_frame_layout (self, NULL, grid->row_labels[i], LEGEND_SIZE, PANGO_WEIGHT_NORMAL, &w, &h);

      if (w > left - GAP + 0.5)
        limit_width (layout, left - GAP, &w);
      put (self, layout, self->cell.x - GAP - w, self->cell.y + i * self->pitch_y + (cell_h - h) / 2.0, FALSE, ink (self));
    }
  for (gsize i = 0; grid->column_labels != NULL && i < grid->columns; i++)
    {
      PangoLayout *layout = us_plot_frame_layout (self, NULL, grid->column_labels[i], TICK_SIZE, PANGO_WEIGHT_NORMAL, &w, &h);

      if (w > self->pitch_x)
        limit_width (layout, self->pitch_x - 2.0, &w);
      put (self, layout, self->cell.x + i * self->pitch_x + (cell_w - w) / 2.0, self->cell.y - h - 1.0, FALSE,
           axis_ink (self));
    }
}

void
us_plot_frame_arrange (UsPlotFrame *self)
{
  const UsPlotView *view = &self->options.view;

  if (us_plot_is_empty (self->plot))
    {
      put_message (self);
      return;
    }
  self->grid = us_plot_get_grid (self->plot);
  if (self->grid != NULL)
    {
      arrange_grid (self);
      return;
    }

  us_plot_get_full_scale (self->plot, US_AXIS_X, &self->scales[US_AXIS_X]);
  us_plot_get_full_scale (self->plot, US_AXIS_Y, &self->scales[US_AXIS_Y]);
  apply_view (&self->scales[US_AXIS_X], view->x0, view->x1);
  apply_view (&self->scales[US_AXIS_Y], view->y0, view->y1);
  arrange_axes (self);
}
