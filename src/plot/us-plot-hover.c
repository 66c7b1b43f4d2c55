/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-plot-private.h"

#include <pango/pangocairo.h>
#include <string.h>

/*
 * What stands under the pointer, found in the data themselves, not in what
 * was thinned out for painting.
 */

#define REACH      28.0         /* pixels from the pointer to a point that is still meant */
#define MOST_HITS  32
#define MOST_ROWS  10

static gboolean
inside (const UsPlotFrame *self,
        double             px,
        double             py)
{
  return self->has_area && px >= self->area.x && px <= self->area.x + self->area.width && py >= self->area.y &&
         py <= self->area.y + self->area.height;
}

static gboolean
drawable (const UsPlotFrame *self,
          const UsLayer     *layer,
          gsize              i,
          UsPlotHit         *hit)
{
  hit->index = i;
  hit->x = us_layer_x (layer, i);
  hit->y = layer->y[i];
  hit->value = layer->upper != NULL ? layer->upper[i] : NAN;
  us_plot_frame_to_pixel (self, hit->x, hit->y, &hit->px, &hit->py);
  return isfinite (hit->px) && isfinite (hit->py) && (layer->upper == NULL || isfinite (hit->value));
}

/* By x alone: outward from where the pointer would stand in a rising x. */
static gboolean
find_rising (const UsPlotFrame *self,
             const UsLayer     *layer,
             double             px,
             UsPlotHit         *hit)
{
  gsize low = 0, high = layer->n;
  double x, y, best = INFINITY;
  gboolean found = FALSE;

  us_plot_frame_to_data (self, px, self->area.y, &x, &y);
  while (low < high)
    {
      gsize middle = low + (high - low) / 2;

      if (us_layer_x (layer, middle) < x)
        low = middle + 1;
      else
        high = middle;
    }

  for (gsize i = low; i < layer->n; i++)
    {
      UsPlotHit here = *hit;

      if (drawable (self, layer, i, &here))
        {
          best = fabs (here.px - px);
          *hit = here;
          found = TRUE;
          break;
        }
    }
  for (gsize i = low; i-- > 0;)
    {
      UsPlotHit here = *hit;
      gboolean there = drawable (self, layer, i, &here);

      if (fabs (here.px - px) >= best)
        break;
      if (there)
        {
          *hit = here;
          found = TRUE;
          break;
        }
    }
  /* Few points are meant from afar. */
  return found && (fabs (hit->px - px) <= REACH || layer->n < 40);
}

static gboolean
find_nearest (const UsPlotFrame *self,
              const UsLayer     *layer,
              double             px,
              double             py,
              UsPlotHit         *hit)
{
  double best = REACH * REACH, x0, x1, y0, y1;
  gboolean found = FALSE;

  /* Most are told to be far by their data alone. */
  us_plot_frame_to_data (self, px - REACH, py - REACH, &x0, &y0);
  us_plot_frame_to_data (self, px + REACH, py + REACH, &x1, &y1);
  for (gsize i = 0; i < layer->n; i++)
    {
      UsPlotHit here = *hit;
      double distance, x = us_layer_x (layer, i), y = layer->y[i];

      if (!(x >= MIN (x0, x1) && x <= MAX (x0, x1) && (layer->upper != NULL || (y >= MIN (y0, y1) && y <= MAX (y0, y1)))))
        continue;
      if (!drawable (self, layer, i, &here))
        continue;
      distance = (here.px - px) * (here.px - px) + (here.py - py) * (here.py - py);
      if (distance < best)
        {
          best = distance;
          *hit = here;
          found = TRUE;
        }
    }
  return found;
}

static gboolean
find_cell (const UsPlotFrame *self,
           const UsLayer     *layer,
           double             px,
           double             py,
           UsPlotHit         *hit)
{
  gboolean matrix = layer->kind == US_LAYER_HEAT_MAP;
  gsize rows = matrix ? layer->rows : layer->height, columns = matrix ? layer->columns : layer->width;
  double extent[4], x, y, column, row;

  us_layer_extent (layer, extent);
  us_plot_frame_to_data (self, px, py, &x, &y);
  column = floor ((x - extent[0]) / (extent[1] - extent[0]) * columns);
  row = floor ((y - extent[2]) / (extent[3] - extent[2]) * rows);
  if (!(column >= 0 && row >= 0 && column < columns && row < rows))
    return FALSE;
  hit->index = (gsize) row * columns + (gsize) column;
  hit->x = extent[0] + (column + 0.5) * (extent[1] - extent[0]) / columns;
  hit->y = extent[2] + (row + 0.5) * (extent[3] - extent[2]) / rows;
  hit->value = matrix ? layer->values[hit->index] : layer->pixels[hit->index * layer->channels];
  us_plot_frame_to_pixel (self, hit->x, hit->y, &hit->px, &hit->py);
  return isfinite (hit->value);
}

static gboolean
find_picture (const UsPlotFrame *self,
              double             px,
              double             py,
              UsPlotHit         *hit)
{
  const UsLayer *grid = self->grid;
  double column = floor ((px - self->cell.x) / self->pitch_x), row = floor ((py - self->cell.y) / self->pitch_y);
  double x, y;
  gsize pixel;

  if (!(column >= 0 && row >= 0 && column < grid->columns && row < grid->rows))
    return FALSE;
  x = (px - self->cell.x - column * self->pitch_x) / self->cell.width * grid->width;
  y = (py - self->cell.y - row * self->pitch_y) / self->cell.height * grid->height;
  if (!(x >= 0 && y >= 0 && x < grid->width && y < grid->height))
    return FALSE;
  hit->index = (gsize) row * grid->columns + (gsize) column;
  hit->x = floor (x);
  hit->y = floor (y);
  pixel = (hit->index * grid->height + (gsize) y) * grid->width + (gsize) x;
  hit->value = grid->pixels[pixel * grid->channels];
  hit->px = px;
  hit->py = py;
  return isfinite (hit->value);
}

guint
us_plot_frame_find (const UsPlotFrame *self,
                    double             px,
                    double             py,
                    guint              max,
                    UsPlotHit         *hits)
{
  guint n = 0;

  g_return_val_if_fail (self != NULL && (max == 0 || hits != NULL), 0);

  for (guint i = 0; i < self->plot->layers->len && n < max; i++)
    {
      const UsLayer *layer = us_plot_layer (self->plot, i);
      UsPlotHit hit = { .layer = i, .value = NAN };
      gboolean found = FALSE;

      if (layer == self->grid)
        found = find_picture (self, px, py, &hit);
      else if (self->grid == NULL && inside (self, px, py) && !us_layer_is_empty (layer))
        switch (layer->kind)
          {
          case US_LAYER_LINE:
          case US_LAYER_BAND:
          case US_LAYER_BARS:
            found = layer->rising ? find_rising (self, layer, px, &hit) : find_nearest (self, layer, px, py, &hit);
            break;
          case US_LAYER_SCATTER:
            found = find_nearest (self, layer, px, py, &hit);
            break;
          case US_LAYER_HEAT_MAP:
          case US_LAYER_IMAGE:
            found = find_cell (self, layer, px, py, &hit);
            break;
          case US_LAYER_IMAGE_GRID:
          case US_LAYER_RULE:
          case US_LAYER_SLOPE:
          case US_LAYER_TEXT:
          default:
            break;
          }
      if (found)
        hits[n++] = hit;
    }
  return n;
}

/* ---- in words ------------------------------------------------------------- */

/* "label value", or the value alone. */
static char *
named (const char *name,
       const char *value)
{
  return name[0] != '\0' ? g_strdup_printf ("%s  %s", name, value) : g_strdup (value);
}

static char *
cell_words (const UsPlotFrame *self,
            const UsLayer     *layer,
            const UsPlotHit   *hit)
{
  g_autofree char *number = us_format_plain (hit->value, 4);
  const char *unit = g_str_equal (layer->unit, "1") ? "" : layer->unit;
  g_autoptr(GString) text = g_string_new (NULL);

  if (layer->kind != US_LAYER_HEAT_MAP && layer->channels == 3)
    {
      gsize pixel = hit->index * 3;

      if (layer == self->grid)
        pixel = ((hit->index * layer->height + (gsize) hit->y) * layer->width + (gsize) hit->x) * 3;
      for (guint k = 0; k < 3; k++)
        {
          g_autofree char *part = us_format_plain (layer->pixels[pixel + k], 3);

          g_string_append_printf (text, "%s%s", k > 0 ? ", " : "", part);
        }
    }
  else
    g_string_append_printf (text, "%s%s%s", number, unit[0] != '\0' ? "\xc2\xa0" : "", unit);
  return named (layer->name, text->str);
}

static char *
axis_words (const UsPlotFrame *self,
            UsAxis             axis,
            double             value)
{
  g_autofree char *number = us_plot_frame_value (self, axis, value);

  return named (self->plot->axes[axis].label, number);
}

/* First the place, then a line for each hit; the n lines of the hits start at *offset. */
static GPtrArray *
words (const UsPlotFrame *self,
       const UsPlotHit   *hits,
       guint              n,
       guint             *offset)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);
  const UsLayer *first = us_plot_layer (self->plot, hits[0].layer);

  if (self->grid != NULL)
    {
      gsize row = hits[0].index / self->grid->columns, column = hits[0].index % self->grid->columns;

      if (self->grid->row_labels != NULL)
        g_ptr_array_add (lines, g_strdup (self->grid->row_labels[row]));
      if (self->grid->column_labels != NULL)
        g_ptr_array_add (lines, g_strdup (self->grid->column_labels[column]));
    }
  else
    {
      g_ptr_array_add (lines, axis_words (self, US_AXIS_X, hits[0].x));
      if (first->kind == US_LAYER_HEAT_MAP || first->kind == US_LAYER_IMAGE)
        g_ptr_array_add (lines, axis_words (self, US_AXIS_Y, hits[0].y));
    }

  *offset = lines->len;
  for (guint i = 0; i < n; i++)
    {
      const UsLayer *layer = us_plot_layer (self->plot, hits[i].layer);
      const char *name = layer->name[0] != '\0' ? layer->name : self->plot->axes[US_AXIS_Y].label;
      g_autofree char *y = NULL;

      if (layer->kind >= US_LAYER_HEAT_MAP)
        {
          g_ptr_array_add (lines, cell_words (self, layer, &hits[i]));
          continue;
        }
      y = us_plot_frame_value (self, US_AXIS_Y, hits[i].y);
      if (layer->upper != NULL)
        {
          g_autofree char *upper = us_plot_frame_value (self, US_AXIS_Y, hits[i].value);
          g_autofree char *both = g_strdup_printf ("%s \xe2\x80\xa6 %s", y, upper);

          g_ptr_array_add (lines, named (name, both));
        }
      else
        g_ptr_array_add (lines, named (name, y));
    }
  return lines;
}

/* Hits that belong together: those at the x of the nearest one, nearest first. */
static guint
gather (const UsPlotFrame *self,
        double             px,
        double             py,
        UsPlotHit         *hits)
{
  UsPlotHit all[MOST_HITS];
  guint n = us_plot_frame_find (self, px, py, MOST_HITS, all), best = 0, kept = 0;
  gboolean clouds = FALSE;

  if (n == 0)
    return 0;
  for (guint i = 0; i < n; i++)
    clouds |= us_plot_layer (self->plot, all[i].layer)->kind == US_LAYER_SCATTER;
  for (guint i = 1; i < n; i++)
    {
      double here = clouds ? hypot (all[i].px - px, all[i].py - py) : fabs (all[i].px - px);
      double least = clouds ? hypot (all[best].px - px, all[best].py - py) : fabs (all[best].px - px);

      if (here < least)
        best = i;
    }
  hits[kept++] = all[best];
  for (guint i = 0; i < n && kept < MOST_ROWS; i++)
    if (i != best && fabs (all[i].px - all[best].px) < 0.75)
      hits[kept++] = all[i];
  /* In the order of the legend. */
  for (guint i = 1; i < kept; i++)
    for (guint k = i; k > 0 && hits[k].layer < hits[k - 1].layer; k--)
      {
        UsPlotHit swap = hits[k];

        hits[k] = hits[k - 1];
        hits[k - 1] = swap;
      }
  return kept;
}

char *
us_plot_frame_describe (const UsPlotFrame *self,
                        double             px,
                        double             py)
{
  UsPlotHit hits[MOST_HITS];
  g_autoptr(GPtrArray) lines = NULL;
  guint n, offset;

  g_return_val_if_fail (self != NULL, NULL);

  n = gather (self, px, py, hits);
  if (n == 0)
    return NULL;
  lines = words (self, hits, n, &offset);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **) lines->pdata);
}

/* ---- painted -------------------------------------------------------------- */

static void
source (cairo_t  *cr,
        UsColour  colour,
        double    opacity)
{
  cairo_set_source_rgba (cr, colour.red, colour.green, colour.blue, opacity);
}

/* The points meant, and the line through their x. */
static void
paint_marks (const UsPlotFrame *self,
             const UsPlotHit   *hits,
             guint              n,
             cairo_t           *cr)
{
  const UsLayer *first = us_plot_layer (self->plot, hits[0].layer);
  double at = floor (hits[0].px) + 0.5;

  if (first->kind <= US_LAYER_BARS && first->kind != US_LAYER_SCATTER)
    {
      source (cr, us_colour_axis (self->options.theme), 0.6);
      cairo_set_line_width (cr, 1.0);
      cairo_move_to (cr, at, self->area.y);
      cairo_line_to (cr, at, self->area.y + self->area.height);
      cairo_stroke (cr);
    }
  for (guint i = 0; i < n; i++)
    {
      const UsLayer *layer = us_plot_layer (self->plot, hits[i].layer);

      if (layer->kind > US_LAYER_BARS || layer->kind == US_LAYER_BAND || !inside (self, hits[i].px, hits[i].py))
        continue;
      cairo_arc (cr, hits[i].px, hits[i].py, 4.5, 0, 2 * G_PI);
      source (cr, us_colour_ground (self->options.theme), 1.0);
      cairo_fill_preserve (cr);
      source (cr, us_colour_get (self->options.theme, layer->style.colour), 1.0);
      cairo_set_line_width (cr, 2.0);
      cairo_stroke (cr);
    }
}

static void
paint_cell_mark (const UsPlotFrame *self,
                 const UsPlotHit   *hit,
                 cairo_t           *cr)
{
  const UsLayer *layer = us_plot_layer (self->plot, hit->layer);
  double x0, y0, x1, y1, extent[4];
  gsize rows, columns;

  if (layer == self->grid)
    {
      x0 = self->cell.x + (hit->index % layer->columns) * self->pitch_x;
      y0 = self->cell.y + (hit->index / layer->columns) * self->pitch_y;
      x1 = x0 + self->cell.width;
      y1 = y0 + self->cell.height;
    }
  else
    {
      rows = layer->kind == US_LAYER_HEAT_MAP ? layer->rows : layer->height;
      columns = layer->kind == US_LAYER_HEAT_MAP ? layer->columns : layer->width;
      us_layer_extent (layer, extent);
      us_plot_frame_to_pixel (self, hit->x - 0.5 * (extent[1] - extent[0]) / columns,
                              hit->y - 0.5 * (extent[3] - extent[2]) / rows, &x0, &y0);
      us_plot_frame_to_pixel (self, hit->x + 0.5 * (extent[1] - extent[0]) / columns,
                              hit->y + 0.5 * (extent[3] - extent[2]) / rows, &x1, &y1);
    }
  /* Two tones, seen on every colour. */
  cairo_rectangle (cr, MIN (x0, x1) + 0.5, MIN (y0, y1) + 0.5, fabs (x1 - x0) - 1.0, fabs (y1 - y0) - 1.0);
  cairo_set_source_rgb (cr, 0, 0, 0);
  cairo_set_line_width (cr, 3.0);
  cairo_stroke_preserve (cr);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_set_line_width (cr, 1.5);
  cairo_stroke (cr);
}

static void
rounded (cairo_t *cr,
         double   x,
         double   y,
         double   width,
         double   height,
         double   radius)
{
  cairo_new_sub_path (cr);
  cairo_arc (cr, x + width - radius, y + radius, radius, -G_PI / 2, 0);
  cairo_arc (cr, x + width - radius, y + height - radius, radius, 0, G_PI / 2);
  cairo_arc (cr, x + radius, y + height - radius, radius, G_PI / 2, G_PI);
  cairo_arc (cr, x + radius, y + radius, radius, G_PI, 3 * G_PI / 2);
  cairo_close_path (cr);
}

/* "10^−7" as it is set: raised.  The words come escaped out of this. */
static char *
raised (const char *plain)
{
  g_autofree char *escaped = g_markup_escape_text (plain, -1);
  const char *power = strstr (escaped, "\xc3\x97" "10^");
  const char *digits;
  gsize n;

  if (power == NULL)
    return g_steal_pointer (&escaped);
  digits = power + strlen ("\xc3\x97" "10^");
  n = g_str_has_prefix (digits, "\xe2\x88\x92") ? 3 : 0;
  n += strspn (digits + n, "0123456789");
  return g_strdup_printf ("%.*s<sup>%.*s</sup>%s", (int) (digits - 1 - escaped), escaped, (int) n, digits, digits + n);
}

static void
paint_box (const UsPlotFrame *self,
           const UsPlotHit   *hits,
           guint              n,
           double             px,
           double             py,
           cairo_t           *cr)
{
  guint offset;
  g_autoptr(GPtrArray) lines = words (self, hits, n, &offset);
  g_autoptr(GPtrArray) layouts = g_ptr_array_new_with_free_func (g_object_unref);
  double width = 0.0, height = 0.0, line = 0.0, x, y, w, h, swatch;
  gboolean swatches = us_plot_layer (self->plot, hits[0].layer)->kind <= US_LAYER_BARS;

  for (guint i = 0; i < lines->len; i++)
    {
      g_autofree char *markup = raised (g_ptr_array_index (lines, i));
      PangoLayout *layout = us_plot_frame_layout (self, markup, NULL, 0.9,
                                                  i < offset ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL, &w, &h);

      g_ptr_array_add (layouts, layout);
      width = MAX (width, w + (swatches && i >= offset ? 14.0 : 0.0));
      line = MAX (line, h + 1.0);
    }
  width += 18.0;
  height = line * lines->len + 12.0;

  /* Beside the pointer, where there is room. */
  x = px + 16.0;
  if (x + width > self->options.width - 4.0)
    x = px - 16.0 - width;
  x = floor (CLAMP (x, 4.0, MAX (self->options.width - width - 4.0, 4.0)));
  y = py - height - 12.0;
  if (y < 4.0)
    y = py + 18.0;
  y = floor (CLAMP (y, 4.0, MAX (self->options.height - height - 4.0, 4.0)));

  rounded (cr, x + 0.5, y + 0.5, width, height, 6.0);
  source (cr, us_colour_ground (self->options.theme), 0.95);
  cairo_fill_preserve (cr);
  source (cr, us_colour_axis (self->options.theme), 0.45);
  cairo_set_line_width (cr, 1.0);
  cairo_stroke (cr);
  for (guint i = 0; i < layouts->len; i++)
    {
      swatch = 0.0;
      if (swatches && i >= offset)
        {
          const UsLayer *layer = us_plot_layer (self->plot, hits[i - offset].layer);

          swatch = 14.0;
          source (cr, us_colour_get (self->options.theme, layer->style.colour), 1.0);
          cairo_arc (cr, x + 13.5, y + 6.0 + line * (i + 0.5), 4.0, 0, 2 * G_PI);
          cairo_fill (cr);
        }
      source (cr, us_colour_foreground (self->options.theme), 1.0);
      cairo_move_to (cr, x + 9.0 + swatch, y + 6.0 + line * i);
      pango_cairo_show_layout (cr, g_ptr_array_index (layouts, i));
    }
}

void
us_plot_frame_paint_hover (const UsPlotFrame *self,
                           cairo_t           *cr,
                           double             x,
                           double             y)
{
  UsPlotHit hits[MOST_HITS];
  guint n;

  g_return_if_fail (self != NULL && cr != NULL);

  n = gather (self, x, y, hits);
  if (n == 0)
    return;
  cairo_save (cr);
  if (us_plot_layer (self->plot, hits[0].layer)->kind >= US_LAYER_HEAT_MAP)
    paint_cell_mark (self, &hits[0], cr);
  else
    paint_marks (self, hits, n, cr);
  paint_box (self, hits, n, x, y, cr);
  cairo_restore (cr);
}
