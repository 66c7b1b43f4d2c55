/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-decimate.h"
#include "us-plot.h"

#include <time.h>

#define WIDTH  640
#define HEIGHT 400

static UsPlotFrame *
frame_of (UsPlot           *plot,
          const UsPlotView *view,
          UsPlotFrame      *previous)
{
  UsPlotOptions options = { .width = WIDTH, .height = HEIGHT, .scale = 1, .ground = TRUE,
                            .view = view != NULL ? *view : US_PLOT_VIEW_ALL };

  return us_plot_frame_new (plot, &options, previous);
}

static cairo_surface_t *
picture_of (const UsPlotFrame *frame,
            double             hover_x,
            double             hover_y)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
  cairo_t *cr = cairo_create (surface);

  us_plot_frame_paint (frame, cr);
  if (isfinite (hover_x))
    us_plot_frame_paint_hover (frame, cr, hover_x, hover_y);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  return surface;
}

static guint32
pixel (cairo_surface_t *surface,
       double           x,
       double           y)
{
  const guint8 *data = cairo_image_surface_get_data (surface);

  return *(const guint32 *) (gconstpointer) (data + (gsize) y * (gsize) cairo_image_surface_get_stride (surface) +
                                             4 * (gsize) x) & 0xffffff;
}

static guint
distance (guint32  a,
          UsColour b)
{
  return (guint) (abs ((int) (a >> 16) - (int) lround (b.red * 255)) + abs ((int) (a >> 8 & 255) - (int) lround (b.green * 255)) +
                  abs ((int) (a & 255) - (int) lround (b.blue * 255)));
}

static double
thread_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1e3 + now.tv_nsec * 1e-6;
}

/* ---- thinning ------------------------------------------------------------- */

typedef struct
{
  const double *x, *y;
} Points;

static void
map_identity (gpointer  data,
              gsize     i,
              double   *x,
              double   *y)
{
  const Points *points = data;

  *x = points->x[i];
  *y = points->y[i];
}

/* Each column keeps exactly its extremes, its first and its last point. */
static void
test_decimate_columns (void)
{
  const gsize n = 50000;
  g_autofree double *x = g_new (double, n), *y = g_new (double, n);
  g_autoptr(GRand) rand = g_rand_new_with_seed (5);
  g_autoptr(GArray) out = g_array_new (FALSE, FALSE, sizeof (UsPoint));
  Points points = { x, y };
  guint at = 0;

  for (gsize i = 0; i < n; i++)
    {
      x[i] = 300.0 * (double) i / (double) n;
      y[i] = g_rand_double_range (rand, -10, 10);
    }
  us_decimate_line (0, n, 1.0, map_identity, &points, out);
  g_assert_cmpuint (out->len, <=, 4 * 300);

  /* The slow twin: all points, column by column. */
  for (guint column = 0; column < 300; column++)
    {
      float least = INFINITY, most = -INFINITY, low = INFINITY, high = -INFINITY, last = NAN;

      for (gsize i = 0; i < n; i++)
        if ((guint) x[i] == column)
          {
            least = MIN (least, (float) y[i]);
            most = MAX (most, (float) y[i]);
            last = (float) y[i];
          }
      for (; at < out->len && (guint) g_array_index (out, UsPoint, at).x == column; at++)
        {
          low = MIN (low, g_array_index (out, UsPoint, at).y);
          high = MAX (high, g_array_index (out, UsPoint, at).y);
        }
      g_assert_cmpfloat (low, ==, least);
      g_assert_cmpfloat (high, ==, most);
      g_assert_cmpfloat (g_array_index (out, UsPoint, at - 1).y, ==, last);
    }
  g_assert_cmpuint (at, ==, out->len);
}

static void
test_decimate_gaps (void)
{
  const double x[] = { 0, 10, 20, 30, 40, 50, 60 }, y[] = { 1, NAN, NAN, 2, 3, INFINITY, 4 };
  const gboolean pen[] = { TRUE, FALSE, TRUE, TRUE, FALSE, TRUE };
  Points points = { x, y };
  g_autoptr(GArray) out = g_array_new (FALSE, FALSE, sizeof (UsPoint));

  us_decimate_line (0, 7, 1.0, map_identity, &points, out);
  g_assert_cmpuint (out->len, ==, G_N_ELEMENTS (pen));
  for (guint i = 0; i < out->len; i++)
    g_assert_true (isfinite (g_array_index (out, UsPoint, i).y) == pen[i]);
}

static void
test_decimate_density (void)
{
  const double x[] = { 10.5, 10.5, 30.5, -4, NAN }, y[] = { 10.5, 10.5, 30.5, 5, 5 };
  Points points = { x, y };
  g_autofree guint8 *out = g_malloc (64 * 40);
  guint sum = 0;

  us_decimate_density (5, map_identity, &points, 2.0, 0.5, 1.0, 40, 40, 64, out);
  g_assert_cmpuint (out[30 * 64 + 30], ==, 128);          /* one: 1 - 0.5 */
  g_assert_cmpuint (out[10 * 64 + 10], ==, 191);          /* two: 1 - 0.25 */
  g_assert_cmpuint (out[10 * 64 + 14], ==, 0);
  for (guint i = 0; i < 40; i++)
    sum += out[30 * 64 + i];
  g_assert_cmpuint (sum, >, 3 * 128);
  us_decimate_density (5, map_identity, &points, 2.0, 0.0, 1.0, 40, 40, 64, out);
  g_assert_cmpuint (out[10 * 64 + 10], >, out[30 * 64 + 30]);
}

/* ---- geometry ------------------------------------------------------------- */

static void
test_frame_mapping (void)
{
  const double x[] = { 0.01, 1, 100 }, y[] = { -5, 0, 12 };
  g_autoptr(UsPlot) plot = us_plot_new ("Mapping");

  us_plot_set_axis (plot, US_AXIS_X, "Frequency", "Hz", US_SCALE_LOG);
  us_plot_set_axis (plot, US_AXIS_Y, "Gain", "dB", US_SCALE_LINEAR);
  us_plot_add_line (plot, "gain", NULL, 3, x, y);
  for (guint reversed = 0; reversed < 2; reversed++)
    {
      g_autoptr(UsPlotFrame) frame = NULL;
      cairo_rectangle_t area;
      double px, py, back_x, back_y;

      us_plot_set_reversed (plot, US_AXIS_Y, reversed);
      frame = frame_of (plot, NULL, NULL);
      g_assert_true (us_plot_frame_get_area (frame, &area));
      g_assert_true (area.x > 20 && area.y > 20 && area.x + area.width < WIDTH && area.y + area.height < HEIGHT - 20);
      for (guint i = 0; i < 3; i++)
        {
          us_plot_frame_to_pixel (frame, x[i], y[i], &px, &py);
          g_assert_true (px >= area.x - 1e-6 && px <= area.x + area.width + 1e-6);
          g_assert_true (py >= area.y && py <= area.y + area.height);
          us_plot_frame_to_data (frame, px, py, &back_x, &back_y);
          g_assert_cmpfloat_with_epsilon (back_x, x[i], 1e-9 * x[i]);
          g_assert_cmpfloat_with_epsilon (back_y, y[i], 1e-9);
        }
      /* 1 Hz lies halfway between 0.01 and 100. */
      us_plot_frame_to_pixel (frame, 1, 0, &px, &py);
      g_assert_cmpfloat_with_epsilon (px, area.x + area.width / 2, 1e-6);
    }
}

static void
test_frame_view_and_range (void)
{
  const double y[] = { 0, 1, 2, 3 };
  g_autoptr(UsPlot) plot = us_plot_new (NULL);
  UsPlotView view = { 1, 2, NAN, NAN };
  g_autoptr(UsPlotFrame) frame = NULL;
  UsScale scale;

  us_plot_add_line (plot, NULL, NULL, 4, NULL, y);
  us_plot_set_range (plot, US_AXIS_Y, -10, NAN);
  frame = frame_of (plot, &view, NULL);
  us_plot_frame_get_scale (frame, US_AXIS_X, &scale);
  g_assert_cmpfloat (scale.lower, ==, 1);
  g_assert_cmpfloat (scale.upper, ==, 2);
  us_plot_frame_get_scale (frame, US_AXIS_Y, &scale);
  g_assert_cmpfloat (scale.lower, ==, -10);
  g_assert_cmpfloat (scale.upper, >=, 3);
}

static void
test_frame_equal (void)
{
  const double x[] = { 0, 4 }, y[] = { 0, 1 };
  g_autoptr(UsPlot) plot = us_plot_new (NULL);
  g_autoptr(UsPlotFrame) frame = NULL;
  double x0, y0, x1, y1;

  us_plot_add_scatter (plot, NULL, NULL, 2, x, y);
  us_plot_set_equal (plot, TRUE);
  frame = frame_of (plot, NULL, NULL);
  us_plot_frame_to_pixel (frame, 0, 0, &x0, &y0);
  us_plot_frame_to_pixel (frame, 1, 1, &x1, &y1);
  g_assert_cmpfloat_with_epsilon (x1 - x0, y0 - y1, 1.5);
}

/* Nothing outside the picture, in any size, with the longest words: the rim stays ground. */
static void
test_frame_no_clipping (void)
{
  const char *names[] = { "a very long name of a parameter", "short", "ünïcödé", NULL };
  const double y[] = { 1e-7, -123456, 3e5 };
  const double matrix[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

  for (guint kind = 0; kind < 3; kind++)
    for (int width = 120; width <= 900; width += 130)
      for (int height = 90; height <= 700; height += 122)
        {
          g_autoptr(UsPlot) plot = us_plot_new ("A title that is far too long for the picture, whatever its size may be, and more");
          UsPlotOptions options = { .width = width, .height = height, .view = US_PLOT_VIEW_ALL, .ground = TRUE };
          cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
          cairo_t *cr = cairo_create (surface);

          us_plot_set_axis (plot, US_AXIS_X, "A long label of the x axis, in words", "mol/l", US_SCALE_LINEAR);
          us_plot_set_axis (plot, US_AXIS_Y, "A long label of the y axis, in words", "kg m²/s", US_SCALE_LINEAR);
          if (kind == 0)
            {
              us_plot_add_line (plot, "first of several series", NULL, 3, NULL, y);
              us_plot_add_scatter (plot, "second of several series", NULL, 3, NULL, y);
            }
          else if (kind == 1)
            {
              us_plot_set_categories (plot, US_AXIS_X, names);
              us_plot_set_categories (plot, US_AXIS_Y, names);
              us_plot_add_heat_map (plot, "Value", "unit", 3, 3, matrix, US_COLOUR_MAP_SEQUENTIAL, NAN, NAN, TRUE);
            }
          g_test_message ("kind %u, %d x %d", kind, width, height);
          us_plot_render (plot, cr, &options, NULL);
          cairo_surface_flush (surface);
          for (int i = 0; i < width; i++)
            {
              g_assert_cmphex (pixel (surface, i, 0), ==, 0xffffff);
              g_assert_cmphex (pixel (surface, i, height - 1), ==, 0xffffff);
            }
          for (int i = 0; i < height; i++)
            {
              g_assert_cmphex (pixel (surface, 0, i), ==, 0xffffff);
              g_assert_cmphex (pixel (surface, width - 1, i), ==, 0xffffff);
            }
          cairo_destroy (cr);
          cairo_surface_destroy (surface);
        }
}

/* ---- what is painted ------------------------------------------------------- */

static void
test_paint_layers (void)
{
  const double x[] = { 0, 10 }, y[] = { 5, 5 }, low[] = { 1, 1 }, high[] = { 3, 3 };
  UsPlotStyle line = { .colour = 2, .width = 5 }, band = { .colour = 3, .opacity = 1 };
  g_autoptr(UsPlot) plot = us_plot_new (NULL);
  g_autoptr(UsPlotFrame) frame = NULL;
  cairo_surface_t *surface;
  double px, py;

  us_plot_set_range (plot, US_AXIS_Y, 0, 10);
  us_plot_add_line (plot, NULL, &line, 2, x, y);
  us_plot_add_band (plot, NULL, &band, 2, x, low, high);
  us_plot_add_rule (plot, NULL, &(UsPlotStyle) { .colour = 1, .width = 5 }, US_AXIS_X, 2.5);
  frame = frame_of (plot, NULL, NULL);
  surface = picture_of (frame, NAN, NAN);
  us_plot_frame_to_pixel (frame, 6.3, 5, &px, &py);
  g_assert_cmpuint (distance (pixel (surface, px, py), us_colour_get (US_THEME_LIGHT, 2)), <=, 6);
  us_plot_frame_to_pixel (frame, 6.3, 2, &px, &py);
  g_assert_cmpuint (distance (pixel (surface, px, py), us_colour_get (US_THEME_LIGHT, 3)), <=, 6);
  us_plot_frame_to_pixel (frame, 2.5, 8, &px, &py);
  g_assert_cmpuint (distance (pixel (surface, px, py), us_colour_get (US_THEME_LIGHT, 1)), <=, 6);
  us_plot_frame_to_pixel (frame, 6.3, 7.4, &px, &py);
  g_assert_cmphex (pixel (surface, px, py), ==, 0xffffff);
  cairo_surface_destroy (surface);
}

/* Matrix cells stand where the hover says, with row 0 on top; placed in data units y rises. */
static void
test_paint_heat_map (void)
{
  const double values[6] = { 0, 0.2, 0.4, 0.6, 0.8, 1.0 };

  for (guint placed = 0; placed < 3; placed++)
    {
      g_autoptr(UsPlot) plot = us_plot_new (NULL);
      g_autoptr(UsPlotFrame) frame = NULL;
      cairo_surface_t *surface;
      guint layer;

      if (placed == 2)
        us_plot_set_axis (plot, US_AXIS_X, NULL, NULL, US_SCALE_LOG);
      layer = us_plot_add_heat_map (plot, "v", NULL, 2, 3, values, US_COLOUR_MAP_SEQUENTIAL, 0, 1, FALSE);
      if (placed > 0)
        us_plot_set_extent (plot, layer, 10, 40, 0.5, 2.5);
      frame = frame_of (plot, NULL, NULL);
      surface = picture_of (frame, NAN, NAN);
      for (guint i = 0; i < 6; i++)
        {
          double x = i % 3, y = i / 3, px, py;
          UsPlotHit hit;

          if (placed > 0)
            {
              x = 15 + 10 * x;
              y = 1 + y;
            }
          us_plot_frame_to_pixel (frame, x, y, &px, &py);
          g_assert_cmpuint (distance (pixel (surface, px, py), us_colour_map (US_COLOUR_MAP_SEQUENTIAL, values[i])), <=, 6);
          g_assert_cmpuint (us_plot_frame_find (frame, px, py, 1, &hit), ==, 1);
          g_assert_cmpuint (hit.index, ==, i);
          g_assert_cmpfloat (hit.value, ==, values[i]);
        }
      cairo_surface_destroy (surface);
    }
}

static void
test_paint_image_grid (void)
{
  float pixels[2 * 3 * 4];              /* (2, 3, 2, 2) */
  const char *rows[] = { "X(Z)", "X̄(Z)", NULL };
  g_autoptr(UsPlot) plot = us_plot_new (NULL);
  g_autoptr(UsPlotFrame) frame = NULL;
  cairo_surface_t *surface;
  guint black = 0, white = 0;
  g_autofree char *words = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (pixels); i++)
    pixels[i] = i % 4 == 0 ? 1.0f : 0.0f;
  pixels[4] = NAN;                      /* the second picture stays empty */
  us_plot_add_image_grid (plot, "rows", 2, 3, 2, 2, 1, pixels, US_COLOUR_MAP_GREY, 0, 1, rows, NULL);
  frame = frame_of (plot, NULL, NULL);
  surface = picture_of (frame, NAN, NAN);
  g_assert_false (us_plot_frame_get_area (frame, NULL));
  for (guint i = 0; i < WIDTH * HEIGHT; i++)
    {
      guint32 value = pixel (surface, i % WIDTH, i / WIDTH);

      black += value == 0;
      white += value == 0xffffff;
    }
  /* Five pictures, three quarters black. */
  g_assert_cmpuint (black, >, 5 * 3 * 50 * 50);
  g_assert_cmpuint (white, >, 5 * 50 * 50);
  words = us_plot_frame_describe (frame, WIDTH / 2.0, HEIGHT * 0.75);
  g_assert_nonnull (words);
  g_assert_true (g_str_has_prefix (words, "X̄(Z)"));
  cairo_surface_destroy (surface);
}

static void
test_paint_empty (void)
{
  const double nothing[] = { NAN, INFINITY };
  g_autoptr(UsPlot) plot = us_plot_new (NULL);
  g_autoptr(UsPlotFrame) frame = NULL;
  cairo_surface_t *surface;
  guint inked = 0;
  g_autofree char *summary = NULL;

  us_plot_add_line (plot, "gap", NULL, 2, NULL, nothing);
  us_plot_add_line (plot, "none", NULL, 0, NULL, NULL);
  us_plot_add_rule (plot, "reference", NULL, US_AXIS_Y, 1);
  us_plot_set_empty_message (plot, "Press Start");
  g_assert_true (us_plot_is_empty (plot));
  frame = frame_of (plot, NULL, NULL);
  g_assert_false (us_plot_frame_get_area (frame, NULL));
  g_assert_null (us_plot_frame_describe (frame, 100, 100));
  surface = picture_of (frame, 100, 100);
  for (guint i = 0; i < WIDTH * HEIGHT; i++)
    inked += pixel (surface, i % WIDTH, i / WIDTH) != 0xffffff;
  g_assert_cmpuint (inked, >, 50);
  g_assert_cmpuint (inked, <, 5000);
  summary = us_plot_summary (plot);
  g_assert_cmpstr (summary, ==, "Press Start");
  cairo_surface_destroy (surface);
}

/* All that could be odd at once: log axes with zeros and negatives, one point, equal values. */
static void
test_paint_odd_data (void)
{
  const double x[] = { -1, 0, 1, NAN, 10 }, y[] = { 0, -3, 5, 2, 0 };

  for (guint kinds = 0; kinds < 4; kinds++)
    for (gsize n = 0; n <= 5; n++)
      {
        g_autoptr(UsPlot) plot = us_plot_new (NULL);
        g_autoptr(UsPlotFrame) frame = NULL;

        us_plot_set_axis (plot, US_AXIS_X, "x", NULL, kinds & 1);
        us_plot_set_axis (plot, US_AXIS_Y, "y", NULL, kinds >> 1);
        us_plot_add_line (plot, "l", &(UsPlotStyle) { .dash = US_DASH_DOTTED }, n, x, y);
        us_plot_add_band (plot, "b", NULL, n, x, y, y);
        us_plot_add_scatter (plot, "s", NULL, n, x, y);
        us_plot_add_bars (plot, "h", NULL, n, x, y, 0);
        us_plot_add_slope (plot, "identity", NULL, 0, 1);
        us_plot_add_text (plot, "word", NULL, 1, 5);
        frame = frame_of (plot, NULL, NULL);
        for (double at = -50; at < WIDTH + 50; at += 37)
          {
            g_autofree char *words = us_plot_frame_describe (frame, at, at * 0.6);
            cairo_surface_t *surface = at < 0 ? NULL : picture_of (frame, at, at * 0.6);

            g_clear_pointer (&surface, cairo_surface_destroy);
            (void) words;
          }
      }
}

/* ---- read-out -------------------------------------------------------------- */

static void
test_hover_nearest (void)
{
  const double x[] = { 1, 10, 100, 1000 }, y[] = { 0.5, 0.25, NAN, 0.0625 };
  g_autoptr(UsPlot) plot = us_plot_new (NULL);
  g_autoptr(UsPlotFrame) frame = NULL;
  g_autofree char *words = NULL;
  UsPlotHit hit;
  double px, py;

  us_plot_set_axis (plot, US_AXIS_X, "Time", "s", US_SCALE_LOG);
  us_plot_set_axis (plot, US_AXIS_Y, "Loss", "1", US_SCALE_LINEAR);
  us_plot_add_line (plot, "training", NULL, 4, x, y);
  frame = frame_of (plot, NULL, NULL);
  /* On a log axis 4 is nearer to 10 than to 1. */
  us_plot_frame_to_pixel (frame, 4, 0.3, &px, &py);
  g_assert_cmpuint (us_plot_frame_find (frame, px, py, 1, &hit), ==, 1);
  g_assert_cmpuint (hit.index, ==, 1);
  us_plot_frame_to_pixel (frame, 2.5, 0.3, &px, &py);
  g_assert_cmpuint (us_plot_frame_find (frame, px, py, 1, &hit), ==, 1);
  g_assert_cmpuint (hit.index, ==, 0);
  words = us_plot_frame_describe (frame, px, py);
  g_assert_cmpstr (words, ==, "Time  1\u00a0s\ntraining  0.5");
  /* Gaps are never read out. */
  us_plot_frame_to_pixel (frame, 110, 0.1, &px, &py);
  g_assert_cmpuint (us_plot_frame_find (frame, px, py, 1, &hit), ==, 1);
  g_assert_cmpuint (hit.index, !=, 2);
  /* Nor is anything outside the area. */
  g_assert_cmpuint (us_plot_frame_find (frame, 1, 1, 1, &hit), ==, 0);
}

/* The bisection against the slow twin, on uneven x. */
static void
test_hover_twin (void)
{
  const gsize n = 3000;
  g_autofree double *x = g_new (double, n), *y = g_new (double, n);
  g_autoptr(GRand) rand = g_rand_new_with_seed (8);
  g_autoptr(UsPlot) plot = us_plot_new (NULL);
  g_autoptr(UsPlotFrame) frame = NULL;
  cairo_rectangle_t area;

  for (gsize i = 0; i < n; i++)
    {
      x[i] = (i > 0 ? x[i - 1] : 0) + g_rand_double (rand) * g_rand_double (rand);
      y[i] = i % 7 == 3 ? NAN : g_rand_double (rand);
    }
  us_plot_add_line (plot, NULL, NULL, n, x, y);
  frame = frame_of (plot, NULL, NULL);
  g_assert_true (us_plot_frame_get_area (frame, &area));
  for (double px = area.x; px < area.x + area.width; px += 1.7)
    {
      UsPlotHit hit;
      double best = INFINITY, at, unused;

      g_assert_cmpuint (us_plot_frame_find (frame, px, area.y + 5, 1, &hit), ==, 1);
      for (gsize i = 0; i < n; i++)
        if (isfinite (y[i]))
          {
            us_plot_frame_to_pixel (frame, x[i], y[i], &at, &unused);
            best = MIN (best, fabs (at - px));
          }
      g_assert_cmpfloat_with_epsilon (fabs (hit.px - px), best, 1e-9);
    }
}

static void
test_hover_scatter (void)
{
  const double x[] = { 0, 1, 2, 1 }, y[] = { 0, 1, 2, 0 };
  g_autoptr(UsPlot) plot = us_plot_new (NULL);
  g_autoptr(UsPlotFrame) frame = NULL;
  UsPlotHit hit;
  double px, py;

  us_plot_add_scatter (plot, NULL, NULL, 4, x, y);
  frame = frame_of (plot, NULL, NULL);
  us_plot_frame_to_pixel (frame, 1, 0, &px, &py);
  g_assert_cmpuint (us_plot_frame_find (frame, px + 3, py - 4, 1, &hit), ==, 1);
  g_assert_cmpuint (hit.index, ==, 3);
  us_plot_frame_to_pixel (frame, 0.4, 1.6, &px, &py);
  g_assert_cmpuint (us_plot_frame_find (frame, px, py, 1, &hit), ==, 0);
}

/* ---- sharing and summary --------------------------------------------------- */

static void
test_copy_and_update (void)
{
  const double y[] = { 1, 2, 3 }, z[] = { 5, 6, 7 };
  g_autoptr(UsPlot) plot = us_plot_new ("Both");
  g_autoptr(UsPlot) copy = NULL;
  g_autofree char *before = NULL, *after = NULL, *changed = NULL;
  guint layer;

  us_plot_set_axis (plot, US_AXIS_X, "x", "s", US_SCALE_LINEAR);
  us_plot_add_line (plot, "a", NULL, 3, NULL, y);
  layer = us_plot_add_line (plot, "b", NULL, 3, NULL, y);
  before = us_plot_to_csv (plot);
  copy = us_plot_copy (plot);
  us_plot_set_data (copy, layer, 3, NULL, z, NULL);
  after = us_plot_to_csv (plot);
  changed = us_plot_to_csv (copy);
  g_assert_cmpstr (after, ==, before);
  g_assert_cmpstr (changed, ==, "x (s),a,b\n0,1,5\n1,2,6\n2,3,7\n");
  g_assert_cmpstr (us_plot_get_layer_name (copy, layer), ==, "b");
}

static void
test_summary (void)
{
  double y[50], flat[50];
  g_autoptr(UsPlot) plot = us_plot_new ("Loss while learning");
  g_autofree char *summary = NULL;

  for (guint i = 0; i < 50; i++)
    {
      y[i] = exp (-0.1 * i);
      flat[i] = 0.25;
    }
  us_plot_set_axis (plot, US_AXIS_X, "Step", NULL, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, "Loss", "mV", US_SCALE_LOG);
  us_plot_add_line (plot, "training", NULL, 50, NULL, y);
  us_plot_add_line (plot, "target", NULL, 50, NULL, flat);
  summary = us_plot_summary (plot);
  g_assert_cmpstr (summary, ==,
                   "Loss while learning. Step from 0 to 49. Loss from 0.005 to 1 mV, logarithmic. "
                   "training: 50 points, first 1, last 0.00745, least 0.00745, largest 1, falling. "
                   "target: 50 points, first 0.25, last 0.25, least 0.25, largest 0.25, constant.");
}

/* ---- speed ------------------------------------------------------------------ */

/* A million points of each kind: once prepared, painted in less than 10 ms of
 * this thread's time (the limit is generous: 0.2 to 1 ms were measured), and an unchanged layer is not prepared again. */
static void
test_million (void)
{
  const gsize n = 1000000;
  g_autofree double *x = g_new (double, n), *y = g_new (double, n);
  g_autoptr(GRand) rand = g_rand_new_with_seed (9);

  for (gsize i = 0; i < n; i++)
    {
      x[i] = (double) i;
      y[i] = g_rand_double (rand);
    }
  for (guint kind = 0; kind < 3; kind++)
    {
      g_autoptr(UsPlot) plot = us_plot_new (NULL);
      g_autoptr(UsPlot) copy = NULL;
      g_autoptr(UsPlotFrame) frame = NULL;
      g_autoptr(UsPlotFrame) again = NULL;
      double begin, best = INFINITY, prepare, reuse;

      if (kind == 0)
        us_plot_add_line (plot, NULL, NULL, n, x, y);
      else if (kind == 1)
        us_plot_add_band (plot, NULL, NULL, n, x, y, y);
      else
        us_plot_add_scatter (plot, NULL, NULL, n, x, y);
      begin = thread_ms ();
      frame = frame_of (plot, NULL, NULL);
      prepare = thread_ms () - begin;
      for (guint round = 0; round < 5; round++)
        {
          cairo_surface_t *surface;

          begin = thread_ms ();
          surface = picture_of (frame, NAN, NAN);
          best = MIN (best, thread_ms () - begin);
          cairo_surface_destroy (surface);
        }
      copy = us_plot_copy (plot);
      us_plot_set_title (copy, "");
      begin = thread_ms ();
      again = frame_of (copy, NULL, frame);
      reuse = thread_ms () - begin;
      g_test_message ("kind %u: prepared in %.1f ms, painted in %.2f ms, taken over in %.2f ms", kind, prepare, best, reuse);
#ifndef __SANITIZE_ADDRESS__
      g_assert_cmpfloat (best, <, 10.0);
      g_assert_cmpfloat (reuse, <, prepare / 3);
#endif
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/decimate/columns", test_decimate_columns);
  g_test_add_func ("/decimate/gaps", test_decimate_gaps);
  g_test_add_func ("/decimate/density", test_decimate_density);
  g_test_add_func ("/plot/mapping", test_frame_mapping);
  g_test_add_func ("/plot/view-and-range", test_frame_view_and_range);
  g_test_add_func ("/plot/equal", test_frame_equal);
  g_test_add_func ("/plot/no-clipping", test_frame_no_clipping);
  g_test_add_func ("/plot/layers", test_paint_layers);
  g_test_add_func ("/plot/heat-map", test_paint_heat_map);
  g_test_add_func ("/plot/image-grid", test_paint_image_grid);
  g_test_add_func ("/plot/empty", test_paint_empty);
  g_test_add_func ("/plot/odd-data", test_paint_odd_data);
  g_test_add_func ("/plot/hover-nearest", test_hover_nearest);
  g_test_add_func ("/plot/hover-twin", test_hover_twin);
  g_test_add_func ("/plot/hover-scatter", test_hover_scatter);
  g_test_add_func ("/plot/copy-and-update", test_copy_and_update);
  g_test_add_func ("/plot/summary", test_summary);
  g_test_add_func ("/plot/million", test_million);
  return g_test_run ();
}
