/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-raster.h"

#include <math.h>
#include <string.h>

/* Four pixels of one row. */
typedef float V4 __attribute__ ((vector_size (16)));

#define V4_ALL(a) ((V4) { (a), (a), (a), (a) })

static inline V4
v4_load (const float *p)
{
  V4 v;

  memcpy (&v, p, sizeof v);
  return v;
}

static inline void
v4_store (float *p,
          V4     v)
{
  memcpy (p, &v, sizeof v);
}

static inline V4
v4_min (V4 a,
        V4 b)
{
#ifdef __SSE__
  return __builtin_ia32_minps (a, b);
#else
  V4 r;

  for (int k = 0; k < 4; k++)
    r[k] = a[k] < b[k] ? a[k] : b[k];
  return r;
#endif
}

static inline V4
v4_max (V4 a,
        V4 b)
{
#ifdef __SSE__
  return __builtin_ia32_maxps (a, b);
#else
  V4 r;

  for (int k = 0; k < 4; k++)
    r[k] = a[k] > b[k] ? a[k] : b[k];
  return r;
#endif
}

/* A segment from (x0, y0) to (x0 + dx, y0 + dy); t is the place along it, 0..1. */
typedef struct
{
  double x0, y0;
  double dx, dy;
  double per_length2;           /* 1 / (dx² + dy²); 0 for a point */
} Segment;

/* Pixels j .. j+3 of row i: the nearest point of the segment is at
 * t = clamp (p · d / |d|², 0, 1), p from the start to the pixel centre. */
static inline void
nearest_of_four (float         *row,
                 gsize          j,
                 double         row_centre,
                 const Segment *s)
{
  const float x = (float) ((double) j + 0.5 - s->x0);
  const V4 px = V4_ALL (x) + (V4) { 0.0f, 1.0f, 2.0f, 3.0f };
  const V4 dx = V4_ALL ((float) s->dx);
  const V4 dy = V4_ALL ((float) s->dy);
  const V4 tx = px * V4_ALL ((float) (s->dx * s->per_length2));
  const double y = row_centre - s->y0;
  const V4 py = V4_ALL ((float) y);
  const V4 ty = V4_ALL ((float) (y * s->dy * s->per_length2));
  const V4 t = v4_min (v4_max (tx + ty, V4_ALL (0.0f)), V4_ALL (1.0f));
  const V4 ex = px - t * dx;
  const V4 ey = py - t * dy;

  v4_store (row + j, v4_min (v4_load (row + j), ex * ex + ey * ey));
}

/* First and last pixel (of n) with its centre in [lower, upper]; FALSE: none.  One that lies on
 * the border may be left out: there the ink is 0. */
static inline gboolean
pixel_range (double  lower,
             double  upper,
             gsize   n,
             gsize  *first,
             gsize  *last)
{
  lower -= 0.5;
  upper -= 0.5;
  if (!(upper >= 0.0 && lower < (double) n && lower <= upper))
    return FALSE;

  *first = lower < 0.0 ? 0 : (gsize) lower + 1;
  *last = upper < (double) n ? MIN ((gsize) upper, n - 1) : n - 1;
  return *first <= *last;
}

void
us_raster_begin (float *field,
                 gsize  height,
                 gsize  width)
{
  g_return_if_fail (field != NULL);
  g_return_if_fail (width >= US_RASTER_MIN_WIDTH);

  for (gsize k = 0; k < height * width; k++)
    field[k] = US_RASTER_FAR;
}

/* A long segment: in each row only the columns near the part of it that is
 * within reach of the row. */
static void
wide_segment (float         *field,
              gsize          height,
              gsize          width,
              double         reach,
              const Segment *s,
              gsize          first_row,
              gsize          last_row)
{
  for (gsize i = first_row; i <= last_row; i++)
    {
      const double centre = (double) i + 0.5;
      double t0 = 0.0, t1 = 1.0;
      double xa, xb;
      gsize j0, j1;

      if (fabs (s->dy) > 1e-9)
        {
          const double ta = (centre - reach - s->y0) / s->dy;
          const double tb = (centre + reach - s->y0) / s->dy;

          t0 = CLAMP (MIN (ta, tb), 0.0, 1.0);
          t1 = CLAMP (MAX (ta, tb), 0.0, 1.0);
        }
      xa = s->x0 + t0 * s->dx;
      xb = s->x0 + t1 * s->dx;
      if (!pixel_range (MIN (xa, xb) - reach, MAX (xa, xb) + reach, width, &j0, &j1))
        continue;

      for (gsize j = j0; j <= j1; j += 4)
        nearest_of_four (field + i * width, MIN (j, width - 4), centre, s);
    }
}

void
us_raster_segment (float  *field,
                   gsize   height,
                   gsize   width,
                   double  reach,
                   double  x0,
                   double  y0,
                   double  x1,
                   double  y1)
{
  const double far = 1e6;
  Segment s = { x0, y0, x1 - x0, y1 - y0, 0.0 };
  double length2;
  gsize i0, i1, j0, j1;

  g_return_if_fail (field != NULL);
  g_return_if_fail (width >= US_RASTER_MIN_WIDTH);

  if (!(fabs (x0) <= far && fabs (y0) <= far && fabs (x1) <= far && fabs (y1) <= far))
    return;
  if (!pixel_range (MIN (y0, y1) - reach, MAX (y0, y1) + reach, height, &i0, &i1) ||
      !pixel_range (MIN (x0, x1) - reach, MAX (x0, x1) + reach, width, &j0, &j1))
    return;

  length2 = s.dx * s.dx + s.dy * s.dy;
  s.per_length2 = length2 > 1e-24 ? 1.0 / length2 : 0.0;

  if (j1 - j0 >= 8)
    {
      wide_segment (field, height, width, reach, &s, i0, i1);
      return;
    }

  /* Short, as the pieces of a finely cut curve are: one or two vectors a row. */
  for (gsize j = j0; j <= j1; j += 4)
    for (gsize i = i0; i <= i1; i++)
      nearest_of_four (field + i * width, MIN (j, width - 4), (double) i + 0.5, &s);
}

void
us_raster_polyline (float        *field,
                    gsize         height,
                    gsize         width,
                    double        reach,
                    gsize         n_points,
                    const double *x,
                    const double *y)
{
  gboolean down = FALSE;        /* the previous point was one */

  g_return_if_fail (n_points == 0 || (x != NULL && y != NULL));

  for (gsize k = 0; k < n_points; k++)
    {
      const gboolean finite = isfinite (x[k]) && isfinite (y[k]);

      if (finite && down)
        us_raster_segment (field, height, width, reach, x[k - 1], y[k - 1], x[k], y[k]);
      else if (finite && (k + 1 == n_points || !isfinite (x[k + 1]) || !isfinite (y[k + 1])))
        us_raster_segment (field, height, width, reach, x[k], y[k], x[k], y[k]);  /* a dot */
      down = finite;
    }
}

void
us_raster_strokes (float        *pixels,
                   gsize         height,
                   gsize         width,
                   double        reach,
                   gsize         n_points,
                   const double *xy,
                   const double *field)
{
  const double columns = (double) width / (field[1] - field[0]);
  const double rows = (double) height / (field[3] - field[2]);
  const double *previous = NULL;

  g_return_if_fail (n_points == 0 || xy != NULL);

  for (gsize k = 0; k < n_points; k++)
    {
      const double *point = xy + 2 * k;

      if (!isfinite (point[0]) || !isfinite (point[1]))
        {
          previous = NULL;
          continue;
        }
      if (previous == NULL)
        previous = point;
      us_raster_segment (pixels, height, width, reach,
                         (previous[0] - field[0]) * columns, (field[3] - previous[1]) * rows,
                         (point[0] - field[0]) * columns, (field[3] - point[1]) * rows);
      previous = point;
    }
}

void
us_raster_ink (float  *field,
               gsize   height,
               gsize   width,
               double  line_width,
               double  ink)
{
  const float edge = (float) (0.5 + 0.5 * line_width);
  const float full = (float) ink;

  g_return_if_fail (field != NULL);
  g_return_if_fail (line_width > 0.0);

  for (gsize k = 0; k < height * width; k++)
    {
      float a = edge - sqrtf (field[k]);

      a = a > 0.0f ? a : 0.0f;
      a = a < 1.0f ? a : 1.0f;
      field[k] = a * full;
    }
}

/* Each side changes all pixels to the right of it: those inside are changed an odd number of times. */
static void
fill_beside (float  *field,
             gsize   height,
             gsize   width,
             double  x0,
             double  y0,
             double  x1,
             double  y1)
{
  const double top = MIN (y0, y1), bottom = MAX (y0, y1);
  /* Rows whose centre c has top < c <= bottom: a corner on a centre belongs to one of its sides. */
  const double first = floor (top - 0.5) + 1.0, last = floor (bottom - 0.5);

  for (double i = MAX (first, 0.0); i <= MIN (last, (double) height - 1.0); i++)
    {
      const double crossing = x0 + (x1 - x0) * (i + 0.5 - y0) / (y1 - y0);
      const double begin = CLAMP (floor (crossing - 0.5) + 1.0, 0.0, (double) width);
      float *row = field + (gsize) i * width;

      for (gsize j = (gsize) begin; j < width; j++)
        row[j] = 1.0f - row[j];
    }
}

void
us_raster_fill (float        *field,
                gsize         height,
                gsize         width,
                gsize         n_corners,
                const double *x,
                const double *y)
{
  g_return_if_fail (field != NULL);
  g_return_if_fail (n_corners == 0 || (x != NULL && y != NULL));

  for (gsize k = 0; k < n_corners; k++)
    if (!isfinite (x[k]) || !isfinite (y[k]))
      return;
  for (gsize k = 0; k < n_corners; k++)
    {
      const gsize next = k + 1 < n_corners ? k + 1 : 0;

      fill_beside (field, height, width, x[k], y[k], x[next], y[next]);
    }
}
