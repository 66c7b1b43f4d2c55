/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Anti-aliased lines by exact distance.  First a field of squared distances
 * from each pixel centre to the nearest segment, then the ink that a pen of
 * some width leaves at that distance:
 *
 *   intensity = ink · clamp (½ + width / 2 − distance, 0, 1)
 *
 * H rows (row 0 at the top), W columns.  Coordinates are pixels: x to the
 * right, y down, pixel (i, j) has its centre at (j + ½, i + ½).  Nothing is
 * allocated; the field is the picture's own memory.  The arithmetic is IEEE
 * single precision without contraction in a fixed order: the same bits on
 * every machine. */

/* Narrower fields are not supported: four pixels are done at once. */
#define US_RASTER_MIN_WIDTH 4

/* Farther than any pixel can see: what begin fills in. */
#define US_RASTER_FAR 1e30f

/* How far the ink of a line of this width reaches: what segment needs. */
#define US_RASTER_REACH(line_width) (0.5 * (line_width) + 0.5)

void us_raster_begin    (float        *field,        /* (H, W), out */
                         gsize         height,
                         gsize         width);       /* ≥ US_RASTER_MIN_WIDTH */

/* The distance to one more segment, exact within `reach` of it; farther off
 * the field may keep a larger value than the true one.  A point is a segment of length 0.
 * Coordinates that are not finite, or beyond 1e6: nothing is drawn. */
void us_raster_segment  (float        *field,        /* (H, W) */
                         gsize         height,
                         gsize         width,
                         double        reach,
                         double        x0,
                         double        y0,
                         double        x1,
                         double        y1);

void us_raster_polyline (float        *field,        /* (H, W) */
                         gsize         height,
                         gsize         width,
                         double        reach,
                         gsize         n_points,
                         const double *x,            /* (n_points); a NaN lifts the pen */
                         const double *y);           /* (n_points) */

/* A drawing in units of a field (its x_lower, x_upper at the left and right edge, y_lower, y_upper
 * at the bottom and top edge).  A pair that is not finite lifts the pen; a stroke of one point is a dot. */
void us_raster_strokes  (float        *pixels,       /* (H, W) */
                         gsize         height,
                         gsize         width,
                         double        reach,
                         gsize         n_points,
                         const double *xy,           /* (n_points, 2) */
                         const double *field);       /* (4) x_lower, x_upper, y_lower, y_upper */

/* Distances to ink, in place. */
void us_raster_ink      (float        *field,        /* (H, W) */
                         gsize         height,
                         gsize         width,
                         double        line_width,
                         double        ink);         /* 0..1 */

/* Pixels whose centre lies inside a closed polygon of corners in order become 1 - what they were: on
 * a field of 0 the polygon is 1, and where it covers itself twice 0 again.  Corners may lie outside
 * the field; with one that is not finite nothing is drawn. */
void us_raster_fill     (float        *field,        /* (H, W) */
                         gsize         height,
                         gsize         width,
                         gsize         n_corners,
                         const double *x,            /* (n_corners) */
                         const double *y);           /* (n_corners) */

G_END_DECLS
