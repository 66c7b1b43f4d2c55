/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-plot-private.h"

/* Lines and bands as paths of cairo, for the picture and for the masks made ahead of it. */

double
us_layer_line_width (const UsLayer *layer)
{
  gboolean reference = layer->kind == US_LAYER_RULE || layer->kind == US_LAYER_SLOPE;

  return layer->style.width > 0 ? layer->style.width : (reference ? 1.2 : 1.8);
}

void
us_layer_set_dash (const UsLayer *layer,
                   cairo_t       *cr)
{
  double width = us_layer_line_width (layer);
  double dashed[] = { 4.0 + width, 3.0 + width * 0.5 }, dotted[] = { width * 0.9, width * 1.6 + 1.0 };

  switch (layer->style.dash)
    {
    case US_DASH_DASHED:
      cairo_set_dash (cr, dashed, 2, 0);
      break;
    case US_DASH_DOTTED:
      cairo_set_dash (cr, dotted, 2, 0);
      break;
    case US_DASH_SOLID:
    default:
      cairo_set_dash (cr, NULL, 0, 0);
      break;
    }
}

void
us_prepared_stroke (const UsPrepared *prepared,
                    cairo_t          *cr)
{
  const UsPoint *points = (const UsPoint *) (gpointer) prepared->points->data;
  guint n = prepared->points->len, run = 0;
  /* Where columns are full, joins are not seen and cost most. */
  gboolean dense = n > 2.0 * prepared->width;

  cairo_set_line_width (cr, us_layer_line_width (prepared->layer));
  us_layer_set_dash (prepared->layer, cr);
  cairo_set_line_join (cr, dense ? CAIRO_LINE_JOIN_BEVEL : CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap (cr, dense || prepared->layer->style.dash != US_DASH_SOLID ? CAIRO_LINE_CAP_BUTT : CAIRO_LINE_CAP_ROUND);
  if (!prepared->vector)
    cairo_set_antialias (cr, dense ? CAIRO_ANTIALIAS_FAST : CAIRO_ANTIALIAS_GOOD);

  for (guint i = 0; i < n; i++)
    {
      if (isnan (points[i].y))
        {
          run = 0;
          continue;
        }
      if (run == 0)
        {
          cairo_move_to (cr, points[i].x, points[i].y);
          /* A point between two gaps is a dot. */
          if (i + 1 == n || isnan (points[i + 1].y))
            cairo_line_to (cr, points[i].x + 0.01, points[i].y);
        }
      else
        cairo_line_to (cr, points[i].x, points[i].y);
      run++;
    }
  cairo_stroke (cr);
  cairo_set_antialias (cr, CAIRO_ANTIALIAS_DEFAULT);
  cairo_set_dash (cr, NULL, 0, 0);
}

/* Upper ends forward, lower ends back, for each run without gaps. */
void
us_prepared_fill (const UsPrepared *prepared,
                  cairo_t          *cr)
{
  const UsPoint *upper = (const UsPoint *) (gpointer) prepared->points->data;
  const UsPoint *lower = (const UsPoint *) (gpointer) prepared->lower_points->data;
  guint n = prepared->points->len, m = prepared->lower_points->len, i = 0, k = 0;

  while (i < n && k < m)
    {
      guint last;

      cairo_new_sub_path (cr);
      for (; i < n && !isnan (upper[i].y); i++)
        cairo_line_to (cr, upper[i].x, upper[i].y);
      for (last = k; last < m && !isnan (lower[last].y); last++)
        ;
      for (guint back = last; back-- > k;)
        cairo_line_to (cr, lower[back].x, lower[back].y);
      cairo_close_path (cr);
      i++;
      k = last + 1;
    }
  cairo_fill (cr);
}
