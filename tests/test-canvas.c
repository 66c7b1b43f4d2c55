/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drawing by the gesture, in the output's units; undo, redo, clear; what stands for an estimate. */
#include "config.h"

#include "us-canvas.h"
#include "us-estimate-row.h"
#include "us-simvae.h"
#include "ui-fixture.h"

#include <math.h>

typedef struct
{
  GtkWidget      *window;
  UsCanvas       *canvas;
  GtkGesture     *drag;
  const UsOutput *output;
  int             n_changed;
} Fixture;

static void
count (Fixture *f)
{
  f->n_changed++;
}

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  const UsSimulator *simulator = us_registry_find ("fourier", NULL);
  g_autoptr(GListModel) controllers = NULL;

  f->output = &simulator->outputs[GPOINTER_TO_UINT (data)];
  f->canvas = US_CANVAS (us_canvas_new ());
  f->window = gtk_window_new ();
  gtk_window_set_default_size (GTK_WINDOW (f->window), 500, 400);
  gtk_window_set_child (GTK_WINDOW (f->window), GTK_WIDGET (f->canvas));
  us_canvas_set_output (f->canvas, f->output, TRUE);
  g_signal_connect_swapped (f->canvas, "changed", G_CALLBACK (count), f);
  gtk_window_present (GTK_WINDOW (f->window));
  gtk_test_widget_wait_for_draw (f->window);
  controllers = gtk_widget_observe_controllers (GTK_WIDGET (f->canvas));
  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr(GtkEventController) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_GESTURE_DRAG (controller))
        f->drag = GTK_GESTURE (controller);
    }
  g_assert_nonnull (f->drag);
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  gtk_window_destroy (GTK_WINDOW (f->window));
}

static void
dot (Fixture *f,
     double   x,
     double   y)
{
  g_signal_emit_by_name (f->drag, "drag-begin", x, y);
  g_signal_emit_by_name (f->drag, "drag-end", 0.0, 0.0);
}

/* The field is a square in the middle: its middle and corners have known units. */
static void
test_units (Fixture       *f,
            gconstpointer  data)
{
  double w = gtk_widget_get_width (GTK_WIDGET (f->canvas)), h = gtk_widget_get_height (GTK_WIDGET (f->canvas));
  double side = MIN (w, h);
  g_autofree double *xy = NULL;
  gsize n;

  dot (f, w / 2, h / 2);
  dot (f, (w - side) / 2, (h - side) / 2);
  dot (f, w + 50, h + 50);              /* outside: the nearest corner */
  xy = us_canvas_dup_points (f->canvas, &n);
  g_assert_cmpuint (n, ==, 5);          /* three points, two lifts of the pen */
  g_assert_cmpuint (us_canvas_n_points (f->canvas), ==, 3);
  g_assert_cmpfloat_with_epsilon (xy[0], 0.5, 1e-9);
  g_assert_cmpfloat_with_epsilon (xy[1], 0.0, 1e-9);
  g_assert_true (isnan (xy[2]) && isnan (xy[3]));
  g_assert_cmpfloat_with_epsilon (xy[4], f->output->x_lower, 1e-9);
  g_assert_cmpfloat_with_epsilon (xy[5], 1.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (xy[8], f->output->x_upper, 1e-9);
  g_assert_cmpfloat_with_epsilon (xy[9], -1.0, 1e-9);
}

static void
test_undo (Fixture       *f,
           gconstpointer  data)
{
  const double xy[] = { 0.1, 0.2, 0.3, 0.4, NAN, NAN, 0.5, 0.6 };
  g_autofree double *back = NULL;
  gsize n;
  int changes;

  g_assert_false (us_canvas_can_undo (f->canvas));
  us_canvas_undo (f->canvas);
  us_canvas_redo (f->canvas);
  g_assert_cmpint (f->n_changed, ==, 0);

  dot (f, 200, 200);
  dot (f, 210, 210);
  us_canvas_set_points (f->canvas, 4, xy);
  g_assert_cmpuint (us_canvas_n_points (f->canvas), ==, 3);
  us_canvas_clear (f->canvas);
  g_assert_cmpuint (us_canvas_n_points (f->canvas), ==, 0);

  us_canvas_undo (f->canvas);           /* the clearing */
  back = us_canvas_dup_points (f->canvas, &n);
  g_assert_cmpuint (n, ==, 4);
  for (int i = 0; i < 8; i++)
    g_assert_true (back[i] == xy[i] || (isnan (back[i]) && isnan (xy[i])));
  us_canvas_undo (f->canvas);           /* the points that were set, as one */
  g_assert_cmpuint (us_canvas_n_points (f->canvas), ==, 2);
  us_canvas_undo (f->canvas);
  us_canvas_undo (f->canvas);
  g_assert_cmpuint (us_canvas_n_points (f->canvas), ==, 0);
  g_assert_false (us_canvas_can_undo (f->canvas));
  us_canvas_redo (f->canvas);
  us_canvas_redo (f->canvas);
  us_canvas_redo (f->canvas);
  g_assert_cmpuint (us_canvas_n_points (f->canvas), ==, 3);

  /* A new stroke leaves nothing to do again; a field of its own nothing to undo. */
  dot (f, 220, 220);
  g_assert_false (us_canvas_can_redo (f->canvas));
  changes = f->n_changed;
  us_canvas_set_output (f->canvas, f->output, FALSE);
  g_assert_cmpint (f->n_changed, >, changes);
  g_assert_false (us_canvas_can_undo (f->canvas));

  /* Not to be drawn on. */
  dot (f, 200, 200);
  g_assert_cmpuint (us_canvas_n_points (f->canvas), ==, 0);
}

/* Pictures and overlays of both kinds paint, in both themes. */
static void
test_paint (Fixture       *f,
            gconstpointer  data)
{
  gsize n = us_output_n_values (f->output);
  g_autofree float *values = g_new (float, n);
  AdwStyleManager *manager = adw_style_manager_get_default ();

  for (gsize i = 0; i < n; i++)
    values[i] = (float) i / n;
  us_canvas_set_picture (f->canvas, values);
  us_canvas_set_overlay (f->canvas, US_CANVAS_DECODER, values);
  us_canvas_set_overlay (f->canvas, US_CANVAS_SIMULATOR, values);
  gtk_test_widget_wait_for_draw (f->window);
  adw_style_manager_set_color_scheme (manager, ADW_COLOR_SCHEME_FORCE_DARK);
  us_canvas_show_overlay (f->canvas, US_CANVAS_SIMULATOR, FALSE);
  gtk_test_widget_wait_for_draw (f->window);
  adw_style_manager_set_color_scheme (manager, ADW_COLOR_SCHEME_DEFAULT);
  us_canvas_set_overlay (f->canvas, US_CANVAS_DECODER, NULL);
  gtk_test_widget_wait_for_draw (f->window);
}

/* How many pixels of row y (units) are of neither ground nor grid, as painted: coloured. */
static guint
count_coloured (Fixture *f,
                double   y)
{
  int width = gtk_widget_get_width (GTK_WIDGET (f->canvas)), height = gtk_widget_get_height (GTK_WIDGET (f->canvas));
  int row = height / 2.0 - y * MIN (width, height) / 2;
  g_autoptr(GdkPaintable) paintable = NULL;
  GtkSnapshot *snapshot = gtk_snapshot_new ();
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
  cairo_t *cr = cairo_create (surface);
  GskRenderNode *node;
  guint n = 0;

  gtk_test_widget_wait_for_draw (f->window);
  paintable = gtk_widget_paintable_new (GTK_WIDGET (f->canvas));
  gdk_paintable_snapshot (paintable, snapshot, width, height);
  node = gtk_snapshot_free_to_node (snapshot);
  gsk_render_node_draw (node, cr);
  cairo_surface_flush (surface);
  for (int x = 0; x < width; x++)
    {
      const guchar *p = cairo_image_surface_get_data (surface) + row * cairo_image_surface_get_stride (surface) + 4 * x;

      n += MAX (p[0], MAX (p[1], p[2])) - MIN (p[0], MIN (p[1], p[2])) > 64;
    }
  gsk_render_node_unref (node);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  return n;
}

/* What was read of y' = scale (y − shift) is laid over y, and nowhere outside the field. */
static void
test_scaled_overlay (Fixture       *f,
                     gconstpointer  data)
{
  gsize n = us_output_n_values (f->output);
  g_autofree float *values = g_new0 (float, n);
  int side = MIN (gtk_widget_get_width (GTK_WIDGET (f->canvas)), gtk_widget_get_height (GTK_WIDGET (f->canvas)));

  /* a level line at y' = 0.2 */
  for (gsize i = 0; i < n; i++)
    values[i] = f->output->kind == US_OUTPUT_SERIES ? 0.2 : i / f->output->width == 25;
  us_canvas_set_overlay (f->canvas, US_CANVAS_DECODER, values);
  g_assert_cmpuint (count_coloured (f, 0.2), >, side * 0.9);
  g_assert_cmpuint (count_coloured (f, 0.5), ==, 0);
  us_canvas_set_scaled_overlay (f->canvas, US_CANVAS_DECODER, values, 0.5, 0.1);
  g_assert_cmpuint (count_coloured (f, 0.5), >, side * 0.9);
  g_assert_cmpuint (count_coloured (f, 0.2), ==, 0);
  us_canvas_set_scaled_overlay (f->canvas, US_CANVAS_DECODER, values, 0.1, 0);
  for (double y = -0.95; y < 1; y += 0.05)
    g_assert_cmpuint (count_coloured (f, y), ==, 0);
}

/* As many digits as the interval is worth. */
static void
test_estimate (void)
{
  static const struct
  {
    double      mean, lower, upper;
    const char *text;
  } cases[] = {
    { 0.12345, 0.11945, 0.12745, "0.1235 ± 0.0040" },
    { -0.0541, -0.0711, -0.0371, "−0.054 ± 0.017" },
    { 12.3456, 10.3456, 14.3456, "12.3 ± 2.0" },
    { 1234.5, 1134.5, 1334.5, "1234 ± 100" },
    { -0.0003, -0.0113, 0.0107, "0.000 ± 0.011" },
    { 0.5, 0.5, 0.5, "0.5" },
    { -2, -2, -2, "−2" },
    { NAN, NAN, NAN, "–" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = us_estimate_to_string (cases[i].mean, cases[i].lower, cases[i].upper);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
#define ADD(path, output, function) \
  g_test_add (path, Fixture, GUINT_TO_POINTER (output), set_up, function, tear_down)
  ADD ("/canvas/units", 0, test_units);
  ADD ("/canvas/undo", 0, test_undo);
  ADD ("/canvas/paint-image", 0, test_paint);
  ADD ("/canvas/paint-series", 1, test_paint);
  ADD ("/canvas/scaled-overlay-image", 0, test_scaled_overlay);
  ADD ("/canvas/scaled-overlay-series", 1, test_scaled_overlay);
  g_test_add_func ("/estimate/digits", test_estimate);
  return g_test_run ();
}
