/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-plot-private.h"

#include <string.h>

/* ---- lifetime ----------------------------------------------------------- */

UsPlot *
us_plot_new (const char *title)
{
  UsPlot *self = g_new0 (UsPlot, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->title = g_strdup (title != NULL ? title : "");
  self->layers = g_ptr_array_new_with_free_func ((GDestroyNotify) us_layer_unref);
  self->axes_visible = TRUE;
  self->legend_visible = TRUE;
  for (guint axis = 0; axis < 2; axis++)
    {
      self->axes[axis].label = g_strdup ("");
      self->axes[axis].unit = g_strdup ("");
      self->axes[axis].lower = self->axes[axis].upper = NAN;
    }
  return self;
}

UsPlot *
us_plot_copy (const UsPlot *self)
{
  UsPlot *copy;

  g_return_val_if_fail (self != NULL, NULL);

  copy = us_plot_new (self->title);
  copy->empty_message = g_strdup (self->empty_message);
  copy->equal = self->equal;
  copy->axes_visible = self->axes_visible;
  copy->legend_visible = self->legend_visible;
  copy->next_colour = self->next_colour;
  for (guint axis = 0; axis < 2; axis++)
    {
      const UsPlotAxis *from = &self->axes[axis];

      us_plot_set_axis (copy, axis, from->label, from->unit, from->kind);
      us_plot_set_range (copy, axis, from->lower, from->upper);
      us_plot_set_reversed (copy, axis, from->reversed);
      us_plot_set_categories (copy, axis, (const char *const *) from->categories);
    }
  for (guint i = 0; i < self->layers->len; i++)
    g_ptr_array_add (copy->layers, us_layer_ref (g_ptr_array_index (self->layers, i)));
  return copy;
}

UsPlot *
us_plot_ref (UsPlot *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
us_plot_unref (UsPlot *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->title);
  g_free (self->empty_message);
  for (guint axis = 0; axis < 2; axis++)
    {
      g_free (self->axes[axis].label);
      g_free (self->axes[axis].unit);
      g_strfreev (self->axes[axis].categories);
    }
  g_ptr_array_unref (self->layers);
  g_free (self);
}

/* ---- the whole ---------------------------------------------------------- */

static void
set_text (char      **text,
          const char *value)
{
  char *copy = g_strdup (value != NULL ? value : "");

  g_free (*text);
  *text = copy;
}

void
us_plot_set_title (UsPlot     *self,
                   const char *title)
{
  g_return_if_fail (self != NULL);

  set_text (&self->title, title);
}

const char *
us_plot_get_title (const UsPlot *self)
{
  g_return_val_if_fail (self != NULL, "");

  return self->title;
}

void
us_plot_set_empty_message (UsPlot     *self,
                           const char *message)
{
  char *copy = g_strdup (message);

  g_return_if_fail (self != NULL);

  g_free (self->empty_message);
  self->empty_message = copy;
}

const char *
us_plot_get_empty_message (const UsPlot *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->empty_message;
}

void
us_plot_set_axis (UsPlot      *self,
                  UsAxis       axis,
                  const char  *label,
                  const char  *unit,
                  UsScaleKind  kind)
{
  g_return_if_fail (self != NULL && axis <= US_AXIS_Y);

  set_text (&self->axes[axis].label, label);
  set_text (&self->axes[axis].unit, unit);
  self->axes[axis].kind = kind;
}

void
us_plot_set_range (UsPlot *self,
                   UsAxis  axis,
                   double  lower,
                   double  upper)
{
  g_return_if_fail (self != NULL && axis <= US_AXIS_Y);

  self->axes[axis].lower = lower;
  self->axes[axis].upper = upper;
}

void
us_plot_set_reversed (UsPlot   *self,
                      UsAxis    axis,
                      gboolean  reversed)
{
  g_return_if_fail (self != NULL && axis <= US_AXIS_Y);

  self->axes[axis].reversed = reversed;
}

void
us_plot_set_categories (UsPlot            *self,
                        UsAxis             axis,
                        const char *const *names)
{
  char **copy = g_strdupv ((char **) names);

  g_return_if_fail (self != NULL && axis <= US_AXIS_Y);

  g_strfreev (self->axes[axis].categories);
  self->axes[axis].categories = copy;
  self->axes[axis].n_categories = copy != NULL ? g_strv_length (copy) : 0;
}

void
us_plot_set_equal (UsPlot   *self,
                   gboolean  equal)
{
  g_return_if_fail (self != NULL);

  self->equal = equal;
}

void
us_plot_set_axes_visible (UsPlot   *self,
                          gboolean  visible)
{
  g_return_if_fail (self != NULL);

  self->axes_visible = visible;
}

void
us_plot_set_legend_visible (UsPlot   *self,
                            gboolean  visible)
{
  g_return_if_fail (self != NULL);

  self->legend_visible = visible;
}

/* ---- layers ------------------------------------------------------------- */

static double *
copy_doubles (const double *values,
              gsize         n)
{
  return values != NULL ? g_memdup2 (values, n * sizeof *values) : NULL;
}

static guint
add (UsPlot  *self,
     UsLayer *layer)
{
  gboolean pictured = layer->kind >= US_LAYER_HEAT_MAP && layer->kind <= US_LAYER_IMAGE_GRID;

  /* References are grey, words are ink, unless told; data take the next of the palette. */
  if (layer->style.colour == US_COLOUR_AUTO)
    {
      if (layer->kind == US_LAYER_RULE || layer->kind == US_LAYER_SLOPE)
        layer->style.colour = US_COLOUR_MUTED;
      else if (layer->kind == US_LAYER_TEXT || pictured)
        layer->style.colour = US_COLOUR_FOREGROUND;
      else
        layer->style.colour = (int) (self->next_colour++ % US_N_COLOURS) + 1;
    }
  us_layer_complete (layer);
  g_ptr_array_add (self->layers, layer);
  return self->layers->len - 1;
}

static guint
add_series (UsPlot            *self,
            UsLayerKind        kind,
            const char        *name,
            const UsPlotStyle *style,
            gsize              n,
            const double      *x,
            const double      *y,
            const double      *upper,
            double             width)
{
  UsLayer *layer = us_layer_new (kind, name, style);

  layer->n = n;
  layer->x = copy_doubles (x, n);
  layer->y = copy_doubles (y, n);
  layer->upper = copy_doubles (upper, n);
  layer->asked_width = width;
  return add (self, layer);
}

guint
us_plot_add_line (UsPlot            *self,
                  const char        *name,
                  const UsPlotStyle *style,
                  gsize              n,
                  const double      *x,
                  const double      *y)
{
  g_return_val_if_fail (self != NULL && (n == 0 || y != NULL), 0);

  return add_series (self, US_LAYER_LINE, name, style, n, x, y, NULL, 0);
}

guint
us_plot_add_band (UsPlot            *self,
                  const char        *name,
                  const UsPlotStyle *style,
                  gsize              n,
                  const double      *x,
                  const double      *lower,
                  const double      *upper)
{
  g_return_val_if_fail (self != NULL && (n == 0 || (lower != NULL && upper != NULL)), 0);

  return add_series (self, US_LAYER_BAND, name, style, n, x, lower, upper, 0);
}

guint
us_plot_add_scatter (UsPlot            *self,
                     const char        *name,
                     const UsPlotStyle *style,
                     gsize              n,
                     const double      *x,
                     const double      *y)
{
  g_return_val_if_fail (self != NULL && (n == 0 || y != NULL), 0);

  return add_series (self, US_LAYER_SCATTER, name, style, n, x, y, NULL, 0);
}

guint
us_plot_add_bars (UsPlot            *self,
                  const char        *name,
                  const UsPlotStyle *style,
                  gsize              n,
                  const double      *x,
                  const double      *height,
                  double             width)
{
  g_return_val_if_fail (self != NULL && (n == 0 || height != NULL), 0);

  return add_series (self, US_LAYER_BARS, name, style, n, x, height, NULL, width);
}

guint
us_plot_add_heat_map (UsPlot       *self,
                      const char   *name,
                      const char   *unit,
                      gsize         rows,
                      gsize         columns,
                      const double *values,
                      UsColourMap   map,
                      double        lower,
                      double        upper,
                      gboolean      cell_labels)
{
  UsLayer *layer;

  g_return_val_if_fail (self != NULL && (rows * columns == 0 || values != NULL), 0);

  layer = us_layer_new (US_LAYER_HEAT_MAP, name, NULL);
  set_text (&layer->unit, unit);
  layer->rows = rows;
  layer->columns = columns;
  layer->values = copy_doubles (values, rows * columns);
  layer->map = map;
  layer->asked_lower = lower;
  layer->asked_upper = upper;
  layer->cell_labels = cell_labels;
  /* Row 0 on top, unless the caller places the matrix in data units. */
  self->axes[US_AXIS_Y].reversed = TRUE;
  return add (self, layer);
}

guint
us_plot_add_image (UsPlot      *self,
                   const char  *name,
                   gsize        height,
                   gsize        width,
                   gsize        channels,
                   const float *pixels,
                   UsColourMap  map,
                   double       lower,
                   double       upper,
                   gboolean     smooth)
{
  UsLayer *layer;

  g_return_val_if_fail (self != NULL && (channels == 1 || channels == 3), 0);
  g_return_val_if_fail (height * width == 0 || pixels != NULL, 0);

  layer = us_layer_new (US_LAYER_IMAGE, name, NULL);
  layer->height = height;
  layer->width = width;
  layer->channels = channels;
  layer->pixels = g_memdup2 (pixels, height * width * channels * sizeof *pixels);
  layer->map = map;
  layer->asked_lower = lower;
  layer->asked_upper = upper;
  layer->smooth = smooth;
  self->axes[US_AXIS_Y].reversed = TRUE;
  return add (self, layer);
}

guint
us_plot_add_image_grid (UsPlot            *self,
                        const char        *name,
                        gsize              rows,
                        gsize              columns,
                        gsize              height,
                        gsize              width,
                        gsize              channels,
                        const float       *pixels,
                        UsColourMap        map,
                        double             lower,
                        double             upper,
                        const char *const *row_labels,
                        const char *const *column_labels)
{
  UsLayer *layer;

  g_return_val_if_fail (self != NULL && (channels == 1 || channels == 3), 0);
  g_return_val_if_fail (rows * columns * height * width == 0 || pixels != NULL, 0);
  g_return_val_if_fail (row_labels == NULL || g_strv_length ((char **) row_labels) == rows, 0);
  g_return_val_if_fail (column_labels == NULL || g_strv_length ((char **) column_labels) == columns, 0);

  layer = us_layer_new (US_LAYER_IMAGE_GRID, name, NULL);
  layer->rows = rows;
  layer->columns = columns;
  layer->height = height;
  layer->width = width;
  layer->channels = channels;
  layer->pixels = g_memdup2 (pixels, rows * columns * height * width * channels * sizeof *pixels);
  layer->map = map;
  layer->asked_lower = lower;
  layer->asked_upper = upper;
  layer->row_labels = g_strdupv ((char **) row_labels);
  layer->column_labels = g_strdupv ((char **) column_labels);
  return add (self, layer);
}

guint
us_plot_add_rule (UsPlot            *self,
                  const char        *name,
                  const UsPlotStyle *style,
                  UsAxis             axis,
                  double             value)
{
  UsLayer *layer;

  g_return_val_if_fail (self != NULL && axis <= US_AXIS_Y, 0);

  layer = us_layer_new (US_LAYER_RULE, name, style);
  layer->axis = axis;
  layer->a = value;
  return add (self, layer);
}

guint
us_plot_add_slope (UsPlot            *self,
                   const char        *name,
                   const UsPlotStyle *style,
                   double             intercept,
                   double             slope)
{
  UsLayer *layer;

  g_return_val_if_fail (self != NULL && isfinite (intercept) && isfinite (slope), 0);

  layer = us_layer_new (US_LAYER_SLOPE, name, style);
  layer->a = intercept;
  layer->b = slope;
  return add (self, layer);
}

guint
us_plot_add_text (UsPlot            *self,
                  const char        *text,
                  const UsPlotStyle *style,
                  double             x,
                  double             y)
{
  UsLayer *layer;

  g_return_val_if_fail (self != NULL && text != NULL, 0);

  layer = us_layer_new (US_LAYER_TEXT, text, style);
  layer->a = x;
  layer->b = y;
  return add (self, layer);
}

/* ---- new numbers -------------------------------------------------------- */

static void
replace (UsPlot  *self,
         guint    i,
         UsLayer *layer)
{
  us_layer_complete (layer);
  us_layer_unref (g_ptr_array_index (self->layers, i));
  g_ptr_array_index (self->layers, i) = layer;
}

void
us_plot_set_data (UsPlot       *self,
                  guint         layer,
                  gsize         n,
                  const double *x,
                  const double *y,
                  const double *upper)
{
  const UsLayer *old;
  UsLayer *made;

  g_return_if_fail (self != NULL && layer < self->layers->len && (n == 0 || y != NULL));
  old = us_plot_layer (self, layer);
  g_return_if_fail (old->kind <= US_LAYER_BARS);
  g_return_if_fail (n == 0 || (old->kind == US_LAYER_BAND) == (upper != NULL));

  made = us_layer_like (old);
  made->n = n;
  made->x = copy_doubles (x, n);
  made->y = copy_doubles (y, n);
  made->upper = copy_doubles (upper, n);
  replace (self, layer, made);
}

void
us_plot_set_values (UsPlot       *self,
                    guint         layer,
                    const double *values)
{
  const UsLayer *old;
  UsLayer *made;

  g_return_if_fail (self != NULL && layer < self->layers->len && values != NULL);
  old = us_plot_layer (self, layer);
  g_return_if_fail (old->kind == US_LAYER_HEAT_MAP);

  made = us_layer_like (old);
  made->values = copy_doubles (values, old->rows * old->columns);
  replace (self, layer, made);
}

void
us_plot_set_pixels (UsPlot      *self,
                    guint        layer,
                    const float *pixels)
{
  const UsLayer *old;
  UsLayer *made;
  gsize n;

  g_return_if_fail (self != NULL && layer < self->layers->len && pixels != NULL);
  old = us_plot_layer (self, layer);
  g_return_if_fail (old->kind == US_LAYER_IMAGE || old->kind == US_LAYER_IMAGE_GRID);

  n = old->height * old->width * old->channels;
  if (old->kind == US_LAYER_IMAGE_GRID)
    n *= old->rows * old->columns;
  made = us_layer_like (old);
  made->pixels = g_memdup2 (pixels, n * sizeof *pixels);
  replace (self, layer, made);
}

void
us_plot_set_extent (UsPlot *self,
                    guint   layer,
                    double  x0,
                    double  x1,
                    double  y0,
                    double  y1)
{
  const UsLayer *old;
  UsLayer *made;
  gsize n;

  g_return_if_fail (self != NULL && layer < self->layers->len);
  g_return_if_fail (isfinite (x0) && isfinite (x1) && isfinite (y0) && isfinite (y1) && x0 != x1 && y0 != y1);
  old = us_plot_layer (self, layer);
  g_return_if_fail (old->kind == US_LAYER_HEAT_MAP || old->kind == US_LAYER_IMAGE);

  made = us_layer_like (old);
  n = old->height * old->width * old->channels;
  made->values = old->values != NULL ? copy_doubles (old->values, old->rows * old->columns) : NULL;
  made->pixels = old->pixels != NULL ? g_memdup2 (old->pixels, n * sizeof *old->pixels) : NULL;
  made->has_extent = TRUE;
  made->extent[0] = x0;
  made->extent[1] = x1;
  made->extent[2] = y0;
  made->extent[3] = y1;
  /* Now y is a quantity, and those rise. */
  self->axes[US_AXIS_Y].reversed = FALSE;
  replace (self, layer, made);
}

/* ---- what is in it ------------------------------------------------------ */

guint
us_plot_get_n_layers (const UsPlot *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->layers->len;
}

const char *
us_plot_get_layer_name (const UsPlot *self,
                        guint         layer)
{
  g_return_val_if_fail (self != NULL && layer < self->layers->len, "");

  return us_plot_layer (self, layer)->name;
}

const char *
us_plot_get_axis_label (const UsPlot *self,
                        UsAxis        axis)
{
  g_return_val_if_fail (self != NULL && axis <= US_AXIS_Y, "");

  return self->axes[axis].label;
}

gboolean
us_plot_is_empty (const UsPlot *self)
{
  g_return_val_if_fail (self != NULL, TRUE);

  for (guint i = 0; i < self->layers->len; i++)
    {
      const UsLayer *layer = us_plot_layer (self, i);

      /* References alone show nothing. */
      if (layer->kind <= US_LAYER_IMAGE_GRID && !us_layer_is_empty (layer))
        return FALSE;
    }
  return TRUE;
}

const UsLayer *
us_plot_get_grid (const UsPlot *self)
{
  for (guint i = 0; i < self->layers->len; i++)
    if (us_plot_layer (self, i)->kind == US_LAYER_IMAGE_GRID)
      return us_plot_layer (self, i);
  return NULL;
}

const UsLayer *
us_plot_get_heat_map (const UsPlot *self)
{
  for (guint i = 0; i < self->layers->len; i++)
    if (us_plot_layer (self, i)->kind == US_LAYER_HEAT_MAP)
      return us_plot_layer (self, i);
  return NULL;
}

void
us_plot_get_full_scale (const UsPlot *self,
                    UsAxis        axis,
                    UsScale      *scale)
{
  const UsPlotAxis *how = &self->axes[axis];
  double lower = INFINITY, upper = -INFINITY, positive = INFINITY;
  gboolean tight = FALSE, bars = FALSE;
  UsScale nice;

  g_return_if_fail (self != NULL && scale != NULL);

  for (guint i = 0; i < self->layers->len; i++)
    {
      const UsLayer *layer = us_plot_layer (self, i);

      if (layer->bounds[axis][0] > layer->bounds[axis][1])
        continue;
      lower = MIN (lower, layer->bounds[axis][0]);
      upper = MAX (upper, layer->bounds[axis][1]);
      positive = MIN (positive, layer->least_positive[axis]);
      tight |= layer->kind == US_LAYER_HEAT_MAP || layer->kind == US_LAYER_IMAGE;
      bars |= layer->kind == US_LAYER_BARS;
    }
  if (how->kind == US_SCALE_LOG)
    lower = positive;
  if (how->categories != NULL)
    {
      lower = MIN (lower, -0.5);
      upper = MAX (upper, how->n_categories - 0.5);
      tight = TRUE;
    }

  us_scale_init (scale, how->kind, isfinite (how->lower) ? how->lower : lower,
                 isfinite (how->upper) ? how->upper : upper);

  /* Quantities up the page are rounded outward with a little air; what runs along x keeps its ends, unless it
   * is a cloud of points. */
  nice = *scale;
  if (!tight && axis == US_AXIS_Y)
    {
      if (how->kind == US_SCALE_LINEAR && !bars)
        {
          double air = 0.02 * (nice.upper - nice.lower);

          nice.lower -= nice.lower >= 0 && nice.lower < air ? nice.lower : air;
          nice.upper += air;
        }
      us_scale_nice (&nice);
    }
  else if (!tight)
    {
      gboolean points = FALSE;

      for (guint i = 0; i < self->layers->len; i++)
        points |= us_plot_layer (self, i)->kind == US_LAYER_SCATTER;
      if (points)
        us_scale_nice (&nice);
      else if (how->kind == US_SCALE_LINEAR)
        {
          /* 999.9 is 1000 to the eye: let the axis end on its tick. */
          double span = nice.upper - nice.lower, step = us_ticks_step (span, 8);
          double low = floor (nice.lower / step) * step, high = ceil (nice.upper / step) * step;

          if (nice.lower - low < 0.012 * span)
            nice.lower = low;
          if (high - nice.upper < 0.012 * span)
            nice.upper = high;
        }
    }
  if (!isfinite (how->lower))
    scale->lower = nice.lower;
  if (!isfinite (how->upper))
    scale->upper = nice.upper;
  scale->reversed = how->reversed;
}
