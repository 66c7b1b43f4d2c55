/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-decimate.h"

#include <math.h>
#include <string.h>

typedef struct
{
  gsize   n;
  gint64  column;
  UsPoint first, least, most, last;
  gsize   least_at, most_at;
} Column;

static void
column_flush (Column *column,
              GArray *out)
{
  UsPoint points[4];
  guint n = 0;
  gboolean least_before = column->least_at < column->most_at;

  if (column->n == 0)
    return;

  /* In the order in which they came; equal ones once. */
  points[n++] = column->first;
  points[n++] = least_before ? column->least : column->most;
  points[n++] = least_before ? column->most : column->least;
  points[n++] = column->last;
  for (guint i = 0; i < n; i++)
    if (i == 0 || points[i].x != points[i - 1].x || points[i].y != points[i - 1].y)
      g_array_append_val (out, points[i]);
  column->n = 0;
}

void
us_decimate_line (gsize          first,
                  gsize          last,
                  double         pitch,
                  UsDecimateMap  map,
                  gpointer       data,
                  GArray        *out)
{
  Column column = { 0 };
  gboolean pen_up = TRUE;

  g_return_if_fail (pitch > 0 && out != NULL);

  for (gsize i = first; i < last; i++)
    {
      double x, y;
      UsPoint point;
      gint64 here;

      map (data, i, &x, &y);
      if (!isfinite (x) || !isfinite (y))
        {
          /* One pen-up mark for a run of gaps. */
          column_flush (&column, out);
          if (!pen_up)
            g_array_append_val (out, ((UsPoint) { NAN, NAN }));
          pen_up = TRUE;
          continue;
        }

      pen_up = FALSE;
      point = (UsPoint) { (float) x, (float) y };
      here = (gint64) floor (x / pitch);
      if (column.n > 0 && here != column.column)
        column_flush (&column, out);
      if (column.n == 0)
        {
          column.column = here;
          column.first = column.least = column.most = point;
          column.least_at = column.most_at = i;
        }
      else if (point.y < column.least.y)
        column.least = point, column.least_at = i;
      else if (point.y > column.most.y)
        column.most = point, column.most_at = i;
      column.last = point;
      column.n++;
    }
  column_flush (&column, out);
}

/* Counts to cover by a disc: the share of each neighbour that it covers, at 4 x 4 samples. */
static float *
disc_kernel (double radius,
             int   *reach)
{
  int half = (int) ceil (radius);
  int side = 2 * half + 1;
  float *kernel = g_new0 (float, (gsize) side * side);

  for (int y = 0; y < side; y++)
    for (int x = 0; x < side; x++)
      {
        guint inside = 0;

        for (guint s = 0; s < 16; s++)
          inside += hypot (x - half + (s % 4 - 1.5) / 4.0, y - half + (s / 4 - 1.5) / 4.0) <= radius;
        kernel[y * side + x] = inside / 16.0f;
      }
  *reach = half;
  return kernel;
}

void
us_decimate_density (gsize          n,
                     UsDecimateMap  map,
                     gpointer       data,
                     double         radius,
                     double         opacity,
                     double         scale,
                     guint          width,
                     guint          height,
                     gsize          stride,
                     guint8        *out)
{
  int reach;
  g_autofree float *kernel = disc_kernel (radius * scale, &reach);
  g_autofree float *cover = g_new0 (float, (gsize) width * height);     /* (height, width) */
  g_autofree guint32 *counts = g_new0 (guint32, (gsize) width * height);
  double transparency = log1p (-CLAMP (opacity, 0.0, 0.999)), most = 0.0;

  for (gsize i = 0; i < n; i++)
    {
      double x, y;

      map (data, i, &x, &y);
      x *= scale;
      y *= scale;
      if (x >= 0 && y >= 0 && x < width && y < height)
        counts[(gsize) y * width + (gsize) x]++;
    }

  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++)
      {
        guint32 count = counts[(gsize) y * width + x];

        if (count == 0)
          continue;
        for (int ky = MAX (-reach, -(int) y); ky <= MIN (reach, (int) (height - 1 - y)); ky++)
          for (int kx = MAX (-reach, -(int) x); kx <= MIN (reach, (int) (width - 1 - x)); kx++)
            cover[(gsize) ((int) y + ky) * width + (gsize) ((int) x + kx)] +=
              count * kernel[(ky + reach) * (2 * reach + 1) + kx + reach];
      }

  for (gsize i = 0; i < (gsize) width * height; i++)
    most = MAX (most, (double) cover[i]);

  for (guint y = 0; y < height; y++)
    {
      memset (out + y * stride, 0, width);
      for (guint x = 0; x < width; x++)
        {
          double count = cover[(gsize) y * width + x];
          double share = opacity > 0.0 ? -expm1 (count * transparency) : 0.95 * log1p (count) / log1p (MAX (most, 3.0));

          if (count > 0.0)
            out[y * stride + x] = (guint8) lround (255.0 * share);
        }
    }
}
