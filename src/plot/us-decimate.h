/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Millions of points to what a screen can show.  Pure functions on pixel
 * coordinates; N points, W columns.
 */

/* A point in pixels; NaN y lifts the pen. */
typedef struct
{
  float x, y;
} UsPoint;

/* A function of the index that yields pixels; NaN where there is no place. */
typedef void (*UsDecimateMap) (gpointer  data,
                               gsize     index,
                               double   *x,
                               double   *y);

/* Appends to out (of UsPoint) what a line through the n points paints. Within
 * each column of pitch pixels it keeps the first, lowest, highest and last point, so
 * that no peak is lost; elsewhere every point.  x need not rise: a column
 * ends whenever x leaves it. */
void us_decimate_line    (gsize          first,
                          gsize          last,
                          double         pitch,
                          UsDecimateMap  map,
                          gpointer       data,
                          GArray        *out);

/* Painted share, 0..255, of each pixel by n discs of the given radius, laid over each
 * other: 1 - (1 - opacity)^count; with opacity 0 it grows with the logarithm of the
 * count, so that both a lone point and the shape of the crowd are seen.
 * out (height, stride), zeroed first; pixels are 1/scale wide. */
void us_decimate_density (gsize          n,
                          UsDecimateMap  map,
                          gpointer       data,
                          double         radius,
                          double         opacity,
                          double         scale,
                          guint          width,
                          guint          height,
                          gsize          stride,
                          guint8        *out);

G_END_DECLS
