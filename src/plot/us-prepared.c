/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-plot-private.h"

#include <string.h>

/*
 * Layers to pixels: all that costs by the number of points is done here, once
 * for each change of data or size, and never while painting.
 */

/* More points than this are laid down as one mask. */
#define MOST_DISCS        1500
#define MOST_DISCS_VECTOR 20000
#define MOST_STROKED      20000

/* Cairo's fixed point ends at 2^23; far outside is as good as there. */
#define FAR 100000.0

typedef struct
{
  const UsPrepared *self;
  const double     *y;
} Mapping;

static double
to_x (const UsPrepared *self,
      double            value)
{
  double x = us_scale_map (&self->scales[US_AXIS_X], value) * self->width;

  return CLAMP (x, -FAR, FAR);      /* NaN stays NaN */
}

static double
to_y (const UsPrepared *self,
      double            value)
{
  double y = (1.0 - us_scale_map (&self->scales[US_AXIS_Y], value)) * self->height;

  return CLAMP (y, -FAR, FAR);
}

static void
map_point (gpointer  data,
           gsize     index,
           double   *x,
           double   *y)
{
  const Mapping *mapping = data;
  const UsLayer *layer = mapping->self->layer;

  *x = to_x (mapping->self, us_layer_x (layer, index));
  *y = to_y (mapping->self, mapping->y[index]);
  /* A band needs both ends. */
  if (layer->upper != NULL && !(isfinite (layer->y[index]) && isfinite (layer->upper[index])))
    *y = NAN;
}

/* First index whose x is not below value. */
static gsize
lower_bound (const UsLayer *layer,
             double         value)
{
  gsize low = 0, high = layer->n;

  while (low < high)
    {
      gsize middle = low + (high - low) / 2;

      if (us_layer_x (layer, middle) < value)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

/* The points that are visible, and one more on each side. */
static void
visible_range (const UsPrepared *self,
               gsize            *first,
               gsize            *last)
{
  const UsLayer *layer = self->layer;

  *first = 0;
  *last = layer->n;
  if (!layer->rising || layer->n == 0)
    return;
  *first = lower_bound (layer, self->scales[US_AXIS_X].lower);
  *last = lower_bound (layer, self->scales[US_AXIS_X].upper);
  *first -= MIN (*first, 1);
  while (*last < layer->n && us_layer_x (layer, *last) <= self->scales[US_AXIS_X].upper)
    ++*last;
  *last = MIN (*last + 1, layer->n);
}

static GArray *
decimated (const UsPrepared *self,
           const double     *y)
{
  Mapping mapping = { self, y };
  GArray *points = g_array_new (FALSE, FALSE, sizeof (UsPoint));
  gsize first, last;

  visible_range (self, &first, &last);
  us_decimate_line (first, last, self->vector ? 0.5 : 1.0 / self->device_scale, map_point, &mapping, points);
  return points;
}

static cairo_surface_t *
new_mask (UsPrepared *self)
{
  int width = (int) ceil (self->width * self->device_scale), height = (int) ceil (self->height * self->device_scale);

  self->is_mask = TRUE;
  self->place[0] = self->place[1] = 0.0;
  self->place[2] = width / self->device_scale;
  self->place[3] = height / self->device_scale;
  return cairo_image_surface_create (CAIRO_FORMAT_A8, MAX (width, 1), MAX (height, 1));
}

/* What is so full that its path takes long is painted once, here. */
static void
flatten (UsPrepared *self,
         void      (*paint) (const UsPrepared *, cairo_t *))
{
  cairo_surface_t *mask;
  cairo_t *cr;

  if (self->vector || self->points->len <= 2.5 * self->width)
    return;
  mask = new_mask (self);
  cr = cairo_create (mask);
  cairo_scale (cr, self->device_scale, self->device_scale);
  paint (self, cr);
  cairo_destroy (cr);
  self->surface = mask;
  g_clear_pointer (&self->points, g_array_unref);
  g_clear_pointer (&self->lower_points, g_array_unref);
}

/* Discs as a mask: opacity as in us_decimate_density(). */
static void
prepare_density (UsPrepared *self,
                 double      opacity)
{
  Mapping mapping = { self, self->layer->y };

  g_clear_pointer (&self->points, g_array_unref);
  self->surface = new_mask (self);
  us_decimate_density (self->layer->n, map_point, &mapping, self->radius, opacity, self->device_scale,
                       (guint) cairo_image_surface_get_width (self->surface),
                       (guint) cairo_image_surface_get_height (self->surface),
                       (gsize) cairo_image_surface_get_stride (self->surface),
                       cairo_image_surface_get_data (self->surface));
  cairo_surface_mark_dirty (self->surface);
  self->opacity = 1.0;
}

static void
prepare_line (UsPrepared *self)
{
  self->points = decimated (self, self->layer->y);
  self->opacity = self->layer->style.opacity > 0 ? self->layer->style.opacity : 1.0;
  self->radius = us_layer_line_width (self->layer) / 2.0;
  /* Back and forth without end: where it goes most says more than a blot. */
  if (!self->layer->rising && self->points->len > MOST_STROKED)
    prepare_density (self, self->layer->style.opacity);
  else
    flatten (self, us_prepared_stroke);
}

static void
prepare_band (UsPrepared *self)
{
  self->lower_points = decimated (self, self->layer->y);
  self->points = decimated (self, self->layer->upper);
  self->opacity = self->layer->style.opacity > 0 ? self->layer->style.opacity : 0.22;
  flatten (self, us_prepared_fill);
}

static void
prepare_scatter (UsPrepared *self)
{
  const UsLayer *layer = self->layer;
  Mapping mapping = { self, layer->y };
  gsize n = 0, most = self->vector ? MOST_DISCS_VECTOR : MOST_DISCS;
  double diameter = layer->style.width;

  self->points = g_array_new (FALSE, FALSE, sizeof (UsPoint));
  for (gsize i = 0; i < layer->n; i++)
    {
      double x, y;

      map_point (&mapping, i, &x, &y);
      if (!(x >= -8 && x <= self->width + 8 && y >= -8 && y <= self->height + 8))
        continue;
      n++;
      if (n <= most)
        g_array_append_val (self->points, ((UsPoint) { (float) x, (float) y }));
    }

  /* Smaller and fainter as they crowd. */
  if (!(diameter > 0))
    diameter = n <= 60 ? 6.0 : (n <= 400 ? 4.6 : (n <= 4000 ? 3.4 : (n <= 40000 ? 2.4 : 1.7)));
  self->radius = diameter / 2.0;
  self->opacity = layer->style.opacity > 0 ? layer->style.opacity
                : n <= 60 ? 0.9 : CLAMP (0.9 * pow (60.0 / n, 0.28), 0.05, 0.9);
  if (n > most)
    prepare_density (self, layer->style.opacity);
}

static void
prepare_bars (UsPrepared *self)
{
  self->points = decimated (self, self->layer->y);
  self->opacity = self->layer->style.opacity > 0 ? self->layer->style.opacity : 0.85;
}

/* ---- pictures ----------------------------------------------------------- */

static guint32
colour_of (const guint32 *table,
           double         value,
           double         lower,
           double         upper)
{
  double position = (value - lower) / (upper - lower);

  /* No number, no paint. */
  if (!isfinite (value))
    return 0;
  return table[(guint) (CLAMP (position, 0.0, 1.0) * 255.0 + 0.5)];
}

static guint32
rgb_of (const float *pixel,
        double       lower,
        double       upper)
{
  guint32 out = 0xff000000u;

  for (guint k = 0; k < 3; k++)
    {
      double position = (pixel[k] - lower) / (upper - lower);

      if (!isfinite (pixel[k]))
        return 0;
      out |= (guint32) (CLAMP (position, 0.0, 1.0) * 255.0 + 0.5) << (16 - 8 * k);
    }
  return out;
}

cairo_surface_t *
us_picture_surface (const float *pixels,
                    gsize        height,
                    gsize        width,
                    gsize        channels,
                    UsColourMap  map,
                    double       lower,
                    double       upper,
                    guint        replicate)
{
  cairo_surface_t *surface =
    cairo_image_surface_create (CAIRO_FORMAT_ARGB32, (int) (width * replicate), (int) (height * replicate));
  guint8 *data = cairo_image_surface_get_data (surface);
  gsize stride = (gsize) cairo_image_surface_get_stride (surface);
  const guint32 *table = us_colour_map_table (map);

  if (data == NULL)
    return surface;
  for (gsize row = 0; row < height; row++)
    {
      guint32 *line = (guint32 *) (gpointer) (data + row * replicate * stride);

      for (gsize column = 0; column < width; column++)
        {
          const float *pixel = pixels + (row * width + column) * channels;
          guint32 colour = channels == 3 ? rgb_of (pixel, lower, upper) : colour_of (table, *pixel, lower, upper);

          for (guint i = 0; i < replicate; i++)
            line[column * replicate + i] = colour;
        }
      for (guint i = 1; i < replicate; i++)
        memcpy ((guint8 *) line + i * stride, line, width * replicate * sizeof *line);
    }
  cairo_surface_mark_dirty (surface);
  return surface;
}

static guint32
cell_colour (const UsLayer *layer,
             gsize          row,
             gsize          column)
{
  const guint32 *table = us_colour_map_table (layer->map);
  gsize index = row * (layer->kind == US_LAYER_HEAT_MAP ? layer->columns : layer->width) + column;

  if (layer->kind == US_LAYER_HEAT_MAP)
    return colour_of (table, layer->values[index], layer->from, layer->to);
  if (layer->channels == 3)
    return rgb_of (layer->pixels + index * 3, layer->from, layer->to);
  return colour_of (table, layer->pixels[index], layer->from, layer->to);
}

/* On a log axis cells are not of one size: each pixel of the area asks for its cell. */
static void
prepare_warped (UsPrepared   *self,
                const double  extent[4],
                gsize         rows,
                gsize         columns)
{
  int width = (int) ceil (self->width * self->device_scale), height = (int) ceil (self->height * self->device_scale);
  guint8 *data;
  gsize stride;

  self->surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, MAX (width, 1), MAX (height, 1));
  data = cairo_image_surface_get_data (self->surface);
  stride = (gsize) cairo_image_surface_get_stride (self->surface);
  self->place[2] = width / self->device_scale;
  self->place[3] = height / self->device_scale;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      {
        double at_x = us_scale_unmap (&self->scales[US_AXIS_X], (x + 0.5) / width);
        double at_y = us_scale_unmap (&self->scales[US_AXIS_Y], 1.0 - (y + 0.5) / height);
        double column = floor ((at_x - extent[0]) / (extent[1] - extent[0]) * columns);
        double row = floor ((at_y - extent[2]) / (extent[3] - extent[2]) * rows);
        guint32 *pixel = (guint32 *) (gpointer) (data + (gsize) y * stride) + x;

        if (column >= 0 && row >= 0 && column < columns && row < rows)
          *pixel = cell_colour (self->layer, (gsize) row, (gsize) column);
      }
  cairo_surface_mark_dirty (self->surface);
}

static void
prepare_picture (UsPrepared *self)
{
  const UsLayer *layer = self->layer;
  gboolean matrix = layer->kind == US_LAYER_HEAT_MAP;
  gsize rows = matrix ? layer->rows : layer->height, columns = matrix ? layer->columns : layer->width;
  double extent[4];
  guint replicate = 1;
  guint8 *data;
  gsize stride;

  us_layer_extent (layer, extent);
  self->opacity = 1.0;
  if (self->scales[US_AXIS_X].kind == US_SCALE_LOG || self->scales[US_AXIS_Y].kind == US_SCALE_LOG)
    {
      prepare_warped (self, extent, rows, columns);
      return;
    }

  self->place[0] = to_x (self, extent[0]);
  self->place[1] = to_y (self, extent[2]);
  self->place[2] = to_x (self, extent[1]) - self->place[0];
  self->place[3] = to_y (self, extent[3]) - self->place[1];

  /* Viewers of files smooth what they enlarge: give them pixels enough. */
  if (self->vector && !layer->smooth)
    replicate = (guint) CLAMP (1024 / MAX (MAX (rows, columns), 1), 1, 32);

  self->surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, (int) (columns * replicate), (int) (rows * replicate));
  data = cairo_image_surface_get_data (self->surface);
  stride = (gsize) cairo_image_surface_get_stride (self->surface);
  if (data == NULL)
    return;
  for (gsize row = 0; row < rows * replicate; row++)
    for (gsize column = 0; column < columns * replicate; column++)
      ((guint32 *) (gpointer) (data + row * stride))[column] = cell_colour (layer, row / replicate, column / replicate);
  cairo_surface_mark_dirty (self->surface);
}

/* ---- lifetime ----------------------------------------------------------- */

UsPrepared *
us_prepared_new (UsLayer       *layer,
                 const UsScale  scales[2],
                 double         width,
                 double         height,
                 double         device_scale,
                 gboolean       vector)
{
  UsPrepared *self = g_new0 (UsPrepared, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->layer = us_layer_ref (layer);
  memcpy (self->scales, scales, sizeof self->scales);
  self->width = width;
  self->height = height;
  self->device_scale = device_scale;
  self->vector = vector;

  switch (layer->kind)
    {
    case US_LAYER_LINE:
      prepare_line (self);
      break;
    case US_LAYER_BAND:
      prepare_band (self);
      break;
    case US_LAYER_SCATTER:
      prepare_scatter (self);
      break;
    case US_LAYER_BARS:
      prepare_bars (self);
      break;
    case US_LAYER_HEAT_MAP:
    case US_LAYER_IMAGE:
      if (!us_layer_is_empty (layer))
        prepare_picture (self);
      break;
    case US_LAYER_IMAGE_GRID:
    case US_LAYER_RULE:
    case US_LAYER_SLOPE:
    case US_LAYER_TEXT:
    default:
      self->opacity = layer->style.opacity > 0 ? layer->style.opacity : 1.0;
      break;
    }
  return self;
}

UsPrepared *
us_prepared_ref (UsPrepared *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
us_prepared_unref (UsPrepared *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  us_layer_unref (self->layer);
  g_clear_pointer (&self->points, g_array_unref);
  g_clear_pointer (&self->lower_points, g_array_unref);
  g_clear_pointer (&self->surface, cairo_surface_destroy);
  g_free (self);
}

static gboolean
same_scale (const UsScale *a,
            const UsScale *b)
{
  return a->kind == b->kind && a->lower == b->lower && a->upper == b->upper && a->reversed == b->reversed;
}

gboolean
us_prepared_is_for (const UsPrepared *self,
                    const UsLayer    *layer,
                    const UsScale     scales[2],
                    double            width,
                    double            height,
                    double            device_scale,
                    gboolean          vector)
{
  return self->layer == layer && self->width == width && self->height == height &&
         self->device_scale == device_scale && self->vector == vector &&
         same_scale (&self->scales[US_AXIS_X], &scales[US_AXIS_X]) &&
         same_scale (&self->scales[US_AXIS_Y], &scales[US_AXIS_Y]);
}
