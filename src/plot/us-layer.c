/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-plot-private.h"

#include <string.h>

UsLayer *
us_layer_new (UsLayerKind        kind,
              const char        *name,
              const UsPlotStyle *style)
{
  UsLayer *self = g_new0 (UsLayer, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->kind = kind;
  self->name = g_strdup (name != NULL ? name : "");
  self->unit = g_strdup ("");
  self->asked_lower = self->asked_upper = NAN;
  if (style != NULL)
    self->style = *style;
  return self;
}

UsLayer *
us_layer_ref (UsLayer *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
us_layer_unref (UsLayer *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->name);
  g_free (self->unit);
  g_free (self->x);
  g_free (self->y);
  g_free (self->upper);
  g_free (self->values);
  g_free (self->pixels);
  g_strfreev (self->row_labels);
  g_strfreev (self->column_labels);
  g_free (self);
}

UsLayer *
us_layer_like (const UsLayer *other)
{
  UsLayer *self = us_layer_new (other->kind, other->name, &other->style);

  g_free (self->unit);
  self->unit = g_strdup (other->unit);
  self->asked_width = other->asked_width;
  self->rows = other->rows;
  self->columns = other->columns;
  self->height = other->height;
  self->width = other->width;
  self->channels = other->channels;
  self->map = other->map;
  self->asked_lower = other->asked_lower;
  self->asked_upper = other->asked_upper;
  self->smooth = other->smooth;
  self->cell_labels = other->cell_labels;
  self->has_extent = other->has_extent;
  memcpy (self->extent, other->extent, sizeof self->extent);
  self->row_labels = g_strdupv (other->row_labels);
  self->column_labels = g_strdupv (other->column_labels);
  self->axis = other->axis;
  self->a = other->a;
  self->b = other->b;
  return self;
}

void
us_layer_extent (const UsLayer *self,
                 double         extent[4])
{
  gsize rows = self->kind == US_LAYER_HEAT_MAP ? self->rows : self->height;
  gsize columns = self->kind == US_LAYER_HEAT_MAP ? self->columns : self->width;

  if (self->has_extent)
    memcpy (extent, self->extent, sizeof self->extent);
  else
    {
      extent[0] = -0.5;
      extent[1] = (double) columns - 0.5;
      extent[2] = -0.5;
      extent[3] = (double) rows - 0.5;
    }
}

static void
include (UsLayer *self,
         UsAxis   axis,
         double   value)
{
  if (!isfinite (value))
    return;
  self->bounds[axis][0] = MIN (self->bounds[axis][0], value);
  self->bounds[axis][1] = MAX (self->bounds[axis][1], value);
  if (value > 0)
    self->least_positive[axis] = MIN (self->least_positive[axis], value);
}

/* Bars want room for half a bar at both ends, and stand on 0. */
static void
complete_bars (UsLayer *self)
{
  double gap = INFINITY;

  for (gsize i = 1; i < self->n; i++)
    {
      double distance = fabs (us_layer_x (self, i) - us_layer_x (self, i - 1));

      if (distance > 0)
        gap = MIN (gap, distance);
    }
  self->bar_width = self->asked_width > 0 ? self->asked_width : 0.8 * (isfinite (gap) ? gap : 1.0);
  if (self->bounds[US_AXIS_X][0] <= self->bounds[US_AXIS_X][1])
    {
      include (self, US_AXIS_X, self->bounds[US_AXIS_X][0] - self->bar_width / 2.0);
      include (self, US_AXIS_X, self->bounds[US_AXIS_X][1] + self->bar_width / 2.0);
      include (self, US_AXIS_Y, 0.0);
    }
}

static void
complete_series (UsLayer *self)
{
  self->rising = TRUE;
  for (gsize i = 0; i < self->n; i++)
    {
      double x = us_layer_x (self, i), y = self->y[i];
      double upper = self->upper != NULL ? self->upper[i] : y;

      if (!isfinite (x) || (i > 0 && !(x >= us_layer_x (self, i - 1))))
        self->rising = FALSE;
      if (!isfinite (x) || !isfinite (y) || !isfinite (upper))
        continue;
      include (self, US_AXIS_X, x);
      include (self, US_AXIS_Y, y);
      include (self, US_AXIS_Y, upper);
    }
  if (self->kind == US_LAYER_BARS)
    complete_bars (self);
}

/* The limits of the colours, from the numbers where none were given. */
static void
complete_colours (UsLayer *self)
{
  gsize n = self->kind == US_LAYER_HEAT_MAP ? self->rows * self->columns
          : self->kind == US_LAYER_IMAGE    ? self->height * self->width * self->channels
                                            : self->rows * self->columns * self->height * self->width * self->channels;
  double lower = INFINITY, upper = -INFINITY;

  for (gsize i = 0; i < n; i++)
    {
      double value = self->kind == US_LAYER_HEAT_MAP ? self->values[i] : self->pixels[i];

      if (!isfinite (value))
        continue;
      lower = MIN (lower, value);
      upper = MAX (upper, value);
    }
  self->from = isfinite (self->asked_lower) ? self->asked_lower : lower;
  self->to = isfinite (self->asked_upper) ? self->asked_upper : upper;
  if (lower <= upper)
    {
      double extent[4];

      us_layer_extent (self, extent);
      for (guint i = 0; i < 4; i++)
        include (self, i / 2, extent[i]);
    }

  /* Zero has the middle colour. */
  if (self->map == US_COLOUR_MAP_DIVERGING && !isfinite (self->asked_lower) && !isfinite (self->asked_upper))
    {
      self->to = MAX (fabs (lower), fabs (upper));
      self->from = -self->to;
    }
  if (!isfinite (self->from) || !isfinite (self->to) || !(self->from < self->to))
    {
      double middle = isfinite (self->from) ? self->from : 0.0;

      self->from = middle - 0.5;
      self->to = middle + 0.5;
    }
}

void
us_layer_complete (UsLayer *self)
{
  for (guint axis = 0; axis < 2; axis++)
    {
      self->bounds[axis][0] = INFINITY;
      self->bounds[axis][1] = -INFINITY;
      self->least_positive[axis] = INFINITY;
    }

  switch (self->kind)
    {
    case US_LAYER_LINE:
    case US_LAYER_BAND:
    case US_LAYER_SCATTER:
    case US_LAYER_BARS:
      complete_series (self);
      break;
    case US_LAYER_HEAT_MAP:
    case US_LAYER_IMAGE:
    case US_LAYER_IMAGE_GRID:
      complete_colours (self);
      break;
    case US_LAYER_RULE:
      include (self, self->axis, self->a);
      break;
    case US_LAYER_TEXT:
      include (self, US_AXIS_X, self->a);
      include (self, US_AXIS_Y, self->b);
      break;
    case US_LAYER_SLOPE:
    default:
      break;
    }
}

gboolean
us_layer_is_empty (const UsLayer *self)
{
  return self->bounds[US_AXIS_X][0] > self->bounds[US_AXIS_X][1] ||
         self->bounds[US_AXIS_Y][0] > self->bounds[US_AXIS_Y][1];
}
