/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-plot-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "us-file.h"

/* Tables of the numbers behind a plot: RFC 4180, a point for the decimals,
 * each number the shortest text that reads back as the same double. */

static void
add_text (GString    *out,
          const char *text)
{
  if (strpbrk (text, ",\"\r\n") == NULL)
    {
      g_string_append (out, text);
      return;
    }
  g_string_append_c (out, '"');
  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '"')
        g_string_append_c (out, '"');
      g_string_append_c (out, *p);
    }
  g_string_append_c (out, '"');
}

/* What is not a number is an empty field. */
static void
add_number (GString *out,
            double   value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  if (isfinite (value))
    g_string_append (out, us_dtoa (text, value));
}

static void
add_axis_name (GString          *out,
               const UsPlotAxis *axis,
               const char       *fallback)
{
  g_autofree char *name = us_format_label (axis->label, axis->unit);

  add_text (out, name[0] != '\0' ? name : fallback);
}

/* A picture's number as it was given: a float's shortest text. */
static void
add_float (GString *out,
           float    value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  if (isfinite (value))
    g_string_append (out, g_ascii_formatd (text, sizeof text, "%.9g", value));
}

static void
add_heat_map (GString       *out,
              const UsPlot  *plot,
              const UsLayer *layer)
{
  const UsPlotAxis *x = &plot->axes[US_AXIS_X], *y = &plot->axes[US_AXIS_Y];
  double extent[4];

  us_layer_extent (layer, extent);
  add_text (out, layer->name);
  for (gsize column = 0; column < layer->columns; column++)
    {
      g_string_append_c (out, ',');
      if (x->categories != NULL && column < x->n_categories)
        add_text (out, x->categories[column]);
      else
        add_number (out, extent[0] + (column + 0.5) * (extent[1] - extent[0]) / layer->columns);
    }
  g_string_append_c (out, '\n');
  for (gsize row = 0; row < layer->rows; row++)
    {
      if (y->categories != NULL && row < y->n_categories)
        add_text (out, y->categories[row]);
      else
        add_number (out, extent[2] + (row + 0.5) * (extent[3] - extent[2]) / layer->rows);
      for (gsize column = 0; column < layer->columns; column++)
        {
          g_string_append_c (out, ',');
          add_number (out, layer->values[row * layer->columns + column]);
        }
      g_string_append_c (out, '\n');
    }
}

/* Rows of pixels; the channels of a colour picture side by side. */
static void
add_pixels (GString     *out,
            const float *pixels,
            gsize        rows,
            gsize        columns)
{
  for (gsize row = 0; row < rows; row++)
    {
      for (gsize column = 0; column < columns; column++)
        {
          if (column > 0)
            g_string_append_c (out, ',');
          add_float (out, pixels[row * columns + column]);
        }
      g_string_append_c (out, '\n');
    }
}

/* One picture after another, each with its place: row, column, y, then pixels. */
static void
add_image_grid (GString       *out,
                const UsLayer *layer)
{
  gsize line = layer->width * layer->channels;

  g_string_append (out, "row,column,y");
  for (gsize i = 0; i < line; i++)
    g_string_append_printf (out, ",p%" G_GSIZE_FORMAT, i);
  g_string_append_c (out, '\n');
  for (gsize cell = 0; cell < layer->rows * layer->columns; cell++)
    for (gsize y = 0; y < layer->height; y++)
      {
        gsize row = cell / layer->columns, column = cell % layer->columns;

        if (layer->row_labels != NULL)
          add_text (out, layer->row_labels[row]);
        else
          g_string_append_printf (out, "%" G_GSIZE_FORMAT, row);
        g_string_append_c (out, ',');
        if (layer->column_labels != NULL)
          add_text (out, layer->column_labels[column]);
        else
          g_string_append_printf (out, "%" G_GSIZE_FORMAT, column);
        g_string_append_printf (out, ",%" G_GSIZE_FORMAT, y);
        for (gsize i = 0; i < line; i++)
          {
            g_string_append_c (out, ',');
            add_float (out, layer->pixels[(cell * layer->height + y) * line + i]);
          }
        g_string_append_c (out, '\n');
      }
}

static gboolean
is_series (const UsLayer *layer)
{
  return layer->kind <= US_LAYER_BARS;
}

static gboolean
same_x (const UsLayer *a,
        const UsLayer *b)
{
  if (a->n != b->n)
    return FALSE;
  if (a->x == NULL && b->x == NULL)
    return TRUE;
  for (gsize i = 0; i < a->n; i++)
    {
      double first = us_layer_x (a, i), second = us_layer_x (b, i);

      if (first != second && !(isnan (first) && isnan (second)))
        return FALSE;
    }
  return TRUE;
}

static char *
column_name (const UsPlot  *plot,
             const UsLayer *layer,
             guint          index)
{
  if (layer->name[0] != '\0')
    return g_strdup (layer->name);
  if (plot->axes[US_AXIS_Y].label[0] != '\0')
    return us_format_label (plot->axes[US_AXIS_Y].label, plot->axes[US_AXIS_Y].unit);
  return g_strdup_printf ("y%u", index);
}

/* One x, a column for each layer, two for a band. */
static void
add_wide (GString      *out,
          const UsPlot *plot,
          GPtrArray    *series)
{
  const UsLayer *first = g_ptr_array_index (series, 0);

  add_axis_name (out, &plot->axes[US_AXIS_X], "x");
  for (guint k = 0; k < series->len; k++)
    {
      const UsLayer *layer = g_ptr_array_index (series, k);
      g_autofree char *name = column_name (plot, layer, k);

      g_string_append_c (out, ',');
      if (layer->upper != NULL)
        {
          g_autofree char *lower = g_strdup_printf (_("%s (lower)"), name);
          g_autofree char *upper = g_strdup_printf (_("%s (upper)"), name);

          add_text (out, lower);
          g_string_append_c (out, ',');
          add_text (out, upper);
        }
      else
        add_text (out, name);
    }
  g_string_append_c (out, '\n');

  for (gsize i = 0; i < first->n; i++)
    {
      add_number (out, us_layer_x (first, i));
      for (guint k = 0; k < series->len; k++)
        {
          const UsLayer *layer = g_ptr_array_index (series, k);

          g_string_append_c (out, ',');
          add_number (out, layer->y[i]);
          if (layer->upper != NULL)
            {
              g_string_append_c (out, ',');
              add_number (out, layer->upper[i]);
            }
        }
      g_string_append_c (out, '\n');
    }
}

static void
add_long (GString      *out,
          const UsPlot *plot,
          GPtrArray    *series)
{
  g_string_append (out, "layer,");
  add_axis_name (out, &plot->axes[US_AXIS_X], "x");
  g_string_append_c (out, ',');
  add_axis_name (out, &plot->axes[US_AXIS_Y], "y");
  g_string_append (out, ",upper\n");
  for (guint k = 0; k < series->len; k++)
    {
      const UsLayer *layer = g_ptr_array_index (series, k);
      g_autofree char *name = column_name (plot, layer, k);

      for (gsize i = 0; i < layer->n; i++)
        {
          add_text (out, name);
          g_string_append_c (out, ',');
          add_number (out, us_layer_x (layer, i));
          g_string_append_c (out, ',');
          add_number (out, layer->y[i]);
          g_string_append_c (out, ',');
          if (layer->upper != NULL)
            add_number (out, layer->upper[i]);
          g_string_append_c (out, '\n');
        }
    }
}

char *
us_plot_to_csv (const UsPlot *self)
{
  g_autoptr(GString) out = g_string_new (NULL);
  g_autoptr(GPtrArray) series = g_ptr_array_new ();
  gboolean shared = TRUE;

  g_return_val_if_fail (self != NULL, NULL);

  for (guint i = 0; i < self->layers->len; i++)
    {
      const UsLayer *layer = us_plot_layer (self, i);

      if (!is_series (layer))
        continue;
      g_ptr_array_add (series, (gpointer) layer);
      shared = shared && same_x (g_ptr_array_index (series, 0), layer);
    }
  if (series->len > 0)
    (shared ? add_wide : add_long) (out, self, series);

  /* Tables of different kinds are set apart by an empty line. */
  for (guint i = 0; i < self->layers->len; i++)
    {
      const UsLayer *layer = us_plot_layer (self, i);

      if (layer->kind < US_LAYER_HEAT_MAP || layer->kind > US_LAYER_IMAGE_GRID)
        continue;
      if (out->len > 0)
        g_string_append_c (out, '\n');
      if (layer->kind == US_LAYER_HEAT_MAP)
        add_heat_map (out, self, layer);
      else if (layer->kind == US_LAYER_IMAGE)
        add_pixels (out, layer->pixels, layer->height, layer->width * layer->channels);
      else
        add_image_grid (out, layer);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}
