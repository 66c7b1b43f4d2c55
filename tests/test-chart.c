/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-chart-private.h"
#include "us-image-view.h"

#include <math.h>
#include <time.h>

#define WIDTH  600
#define HEIGHT 400

typedef struct
{
  GtkWidget *window;
  UsChart   *chart;
} Fixture;

static UsPlot *
sample_plot (void)
{
  double x[200], y[200];
  UsPlot *plot = us_plot_new ("Loss while learning");

  for (guint i = 0; i < 200; i++)
    {
      x[i] = i;
      y[i] = exp (-0.02 * i);
    }
  us_plot_set_axis (plot, US_AXIS_X, "Step", NULL, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, "Loss", NULL, US_SCALE_LOG);
  us_plot_add_line (plot, "training", NULL, 200, x, y);
  return plot;
}

static void
on_painted_cb (GdkFrameClock *clock,
               guint         *n)
{
  ++*n;
}

/* Until two frames were painted; asks again, for a window that is just being
 * mapped may lose the first request. */
static void
settle (GtkWidget *widget)
{
  gint64 end = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;
  GdkFrameClock *clock = NULL;
  gulong handler = 0;
  guint n = 0;

  while (n < 2)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      if (clock == NULL && (clock = gtk_widget_get_frame_clock (widget)) != NULL)
        handler = g_signal_connect (clock, "after-paint", G_CALLBACK (on_painted_cb), &n);
      gtk_widget_queue_draw (widget);
      for (guint i = 0; i < 50 && n < 2; i++)
        if (!g_main_context_iteration (NULL, FALSE))
          g_usleep (1000);
    }
  g_signal_handler_disconnect (clock, handler);
}

static gboolean
stop_waiting (gpointer done)
{
  *(gboolean *) done = TRUE;
  return G_SOURCE_REMOVE;
}

static void
wait_ms (guint ms)
{
  gboolean done = FALSE;

  g_timeout_add (ms, stop_waiting, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

static gpointer
controller (UsChart *chart,
            GType    type)
{
  g_autoptr(GListModel) list = gtk_widget_observe_controllers (GTK_WIDGET (chart));
  gpointer found = NULL;

  for (guint i = 0; i < g_list_model_get_n_items (list); i++)
    {
      g_autoptr(GObject) item = g_list_model_get_item (list, i);

      if (G_TYPE_CHECK_INSTANCE_TYPE (item, type))
        found = item;
    }
  g_assert_nonnull (found);
  return found;
}

static void
set_up (Fixture       *f,
        gconstpointer  unused)
{
  g_autoptr(UsPlot) plot = sample_plot ();

  f->chart = US_CHART (us_chart_new ());
  us_chart_set_plot (f->chart, plot);
  f->window = adw_window_new ();
  gtk_window_set_default_size (GTK_WINDOW (f->window), WIDTH, HEIGHT);
  adw_window_set_content (ADW_WINDOW (f->window), GTK_WIDGET (f->chart));
  gtk_window_present (GTK_WINDOW (f->window));
  settle (GTK_WIDGET (f->chart));
  /* The pointer of the display stands somewhere: let it arrive, and forget it. */
  wait_ms (150);
  g_signal_emit_by_name (controller (f->chart, GTK_TYPE_EVENT_CONTROLLER_MOTION), "leave");
  settle (GTK_WIDGET (f->chart));
}

static void
tear_down (Fixture       *f,
           gconstpointer  unused)
{
  g_object_add_weak_pointer (G_OBJECT (f->chart), (gpointer *) &f->chart);
  gtk_window_destroy (GTK_WINDOW (f->window));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (f->chart);
}

static cairo_surface_t *
picture_of (GtkWidget *widget)
{
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
  g_autoptr(GdkPaintable) paintable = NULL;
  g_autoptr(GtkSnapshot) snapshot = gtk_snapshot_new ();
  g_autoptr(GskRenderNode) node = NULL;
  cairo_t *cr = cairo_create (surface);

  settle (widget);
  paintable = gtk_widget_paintable_new (widget);
  gdk_paintable_snapshot (paintable, snapshot, width, height);
  node = gtk_snapshot_to_node (snapshot);
  g_assert_nonnull (node);
  gsk_render_node_draw (node, cr);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  return surface;
}

static guint32
pixel (cairo_surface_t *surface,
       int              x,
       int              y)
{
  const guint8 *data = cairo_image_surface_get_data (surface);

  return *(const guint32 *) (gconstpointer) (data + y * cairo_image_surface_get_stride (surface) + 4 * x);
}

static guint
count_different (cairo_surface_t *a,
                 cairo_surface_t *b)
{
  guint n = 0;

  for (int y = 0; y < cairo_image_surface_get_height (a); y++)
    for (int x = 0; x < cairo_image_surface_get_width (a); x++)
      n += pixel (a, x, y) != pixel (b, x, y);
  return n;
}

static gboolean
zoomed (Fixture *f)
{
  return isfinite (f->chart->view.x0) || isfinite (f->chart->view.y0);
}

static void
press (GListModel *shortcuts,
       guint       key,
       GtkWidget  *widget)
{
  for (guint i = 0; i < g_list_model_get_n_items (shortcuts); i++)
    {
      g_autoptr(GtkShortcut) shortcut = g_list_model_get_item (shortcuts, i);
      GtkShortcutTrigger *trigger = gtk_shortcut_get_trigger (shortcut);

      if (GTK_IS_KEYVAL_TRIGGER (trigger) && gtk_keyval_trigger_get_keyval (GTK_KEYVAL_TRIGGER (trigger)) == key &&
          gtk_keyval_trigger_get_modifiers (GTK_KEYVAL_TRIGGER (trigger)) == 0)
        {
          gtk_shortcut_action_activate (gtk_shortcut_get_action (shortcut), 0, widget, gtk_shortcut_get_arguments (shortcut));
          return;
        }
    }
  g_assert_not_reached ();
}

/* ---- chart ----------------------------------------------------------------- */

static void
test_accessible (Fixture       *f,
                 gconstpointer  unused)
{
  g_autofree char *summary = us_plot_summary (us_chart_get_plot (f->chart));

  gtk_test_accessible_assert_role (f->chart, GTK_ACCESSIBLE_ROLE_IMG);
  gtk_test_accessible_assert_property (f->chart, GTK_ACCESSIBLE_PROPERTY_LABEL, "Loss while learning");
  wait_ms (600);
  gtk_test_accessible_assert_property (f->chart, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, summary);
}

static void
test_hover (Fixture       *f,
            gconstpointer  unused)
{
  GtkEventController *motion = controller (f->chart, GTK_TYPE_EVENT_CONTROLLER_MOTION);
  cairo_surface_t *before = picture_of (GTK_WIDGET (f->chart)), *during, *after;

  g_signal_emit_by_name (motion, "motion", 300.0, 200.0);
  during = picture_of (GTK_WIDGET (f->chart));
  g_signal_emit_by_name (motion, "leave");
  after = picture_of (GTK_WIDGET (f->chart));
  g_assert_cmpuint (count_different (before, during), >, 1000);
  g_assert_cmpuint (count_different (before, after), ==, 0);
  cairo_surface_destroy (before);
  cairo_surface_destroy (during);
  cairo_surface_destroy (after);
}

static void
test_wheel (Fixture       *f,
            gconstpointer  unused)
{
  GtkEventController *motion = controller (f->chart, GTK_TYPE_EVENT_CONTROLLER_MOTION);
  GtkEventController *scroll = controller (f->chart, GTK_TYPE_EVENT_CONTROLLER_SCROLL);
  cairo_surface_t *before = picture_of (GTK_WIDGET (f->chart)), *during, *after;
  gboolean handled;

  g_assert_false (zoomed (f));
  /* Elsewhere the wheel is not ours. */
  g_signal_emit_by_name (scroll, "scroll", 0.0, -1.0, &handled);
  g_assert_false (handled);
  g_signal_emit_by_name (motion, "motion", 300.0, 200.0);
  for (guint i = 0; i < 4; i++)
    {
      g_signal_emit_by_name (scroll, "scroll", 0.0, -1.0, &handled);
      g_assert_true (handled);
    }
  g_signal_emit_by_name (motion, "leave");
  during = picture_of (GTK_WIDGET (f->chart));
  g_assert_cmpuint (count_different (before, during), >, 1000);
  g_assert_true (zoomed (f));
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (f->chart), "chart.reset-zoom", NULL));
  after = picture_of (GTK_WIDGET (f->chart));
  g_assert_cmpuint (count_different (before, after), ==, 0);
  g_assert_false (zoomed (f));
  cairo_surface_destroy (before);
  cairo_surface_destroy (during);
  cairo_surface_destroy (after);
}

/* By keys, as GTK delivers them. */
static void
test_keys (Fixture       *f,
           gconstpointer  unused)
{
  g_autoptr(GListModel) shortcuts = NULL;
  UsScale before, after;

  shortcuts = G_LIST_MODEL (g_object_ref (controller (f->chart, GTK_TYPE_SHORTCUT_CONTROLLER)));
  us_plot_frame_get_scale (us_chart_get_frame (f->chart), US_AXIS_X, &before);
  press (shortcuts, GDK_KEY_plus, GTK_WIDGET (f->chart));
  g_assert_true (zoomed (f));
  us_plot_frame_get_scale (us_chart_get_frame (f->chart), US_AXIS_X, &after);
  /* Closer by 1.4, about the middle. */
  g_assert_cmpfloat_with_epsilon ((before.upper - before.lower) / (after.upper - after.lower), 1.4, 1e-9);
  g_assert_cmpfloat_with_epsilon (before.upper + before.lower, after.upper + after.lower, 1e-6);
  before = after;
  press (shortcuts, GDK_KEY_Right, GTK_WIDGET (f->chart));
  us_plot_frame_get_scale (us_chart_get_frame (f->chart), US_AXIS_X, &after);
  g_assert_cmpfloat (after.lower, >, before.lower);
  g_assert_cmpfloat_with_epsilon (after.upper - after.lower, before.upper - before.lower, 1e-9);
  for (guint i = 0; i < 50; i++)
    press (shortcuts, GDK_KEY_Right, GTK_WIDGET (f->chart));
  us_plot_frame_get_scale (us_chart_get_frame (f->chart), US_AXIS_X, &after);
  g_assert_cmpfloat_with_epsilon (after.upper, 200, 1e-6);              /* where the data end */
  press (shortcuts, GDK_KEY_minus, GTK_WIDGET (f->chart));
  press (shortcuts, GDK_KEY_0, GTK_WIDGET (f->chart));
  g_assert_false (zoomed (f));
}

/* Zoom keeps the middle of a log axis where it is. */
static void
test_zoom_axes (Fixture       *f,
                  gconstpointer  unused)
{
  UsChart *chart = f->chart;
  cairo_rectangle_t area;
  UsScale full, shown;
  double middle;

  g_assert_true (us_plot_frame_get_area (us_chart_get_frame (chart), &area));
  us_plot_get_full_scale (us_chart_get_plot (chart), US_AXIS_Y, &full);
  middle = us_scale_unmap (&full, 0.5);
  us_chart_zoom_at (chart, area.x + area.width / 2, area.y + area.height / 2, 0.25);
  us_plot_frame_get_scale (us_chart_get_frame (chart), US_AXIS_Y, &shown);
  g_assert_cmpfloat_with_epsilon (us_scale_unmap (&shown, 0.5), middle, 1e-9);
  g_assert_cmpfloat_with_epsilon (log (full.upper / full.lower) / log (shown.upper / shown.lower), 4, 1e-9);

  /* Over the numbers of an axis: that axis alone. */
  us_chart_reset_zoom (chart);
  us_chart_zoom_at (chart, area.x - 10, area.y + area.height / 2, 0.5);
  g_assert_true (isnan (chart->view.x0) && isfinite (chart->view.y0));
  us_chart_reset_zoom (chart);
  us_chart_zoom_at (chart, area.x + 10, area.y + area.height + 10, 0.5);
  g_assert_true (isfinite (chart->view.x0) && isnan (chart->view.y0));
}

static void
test_menu (Fixture       *f,
           gconstpointer  unused)
{
  GtkWidget *popover;

  us_chart_show_menu (f->chart, 100, 100);
  popover = f->chart->context_menu;
  g_assert_true (gtk_widget_get_visible (popover));
  settle (f->window);
  gtk_popover_popdown (GTK_POPOVER (popover));
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (f->chart), "chart.save", "s", ".svg"));
  g_assert_nonnull (f->chart->chooser);
  g_assert_cmpstr (f->chart->save_ending, ==, ".svg");
  g_signal_emit_by_name (f->chart->chooser, "response", GTK_RESPONSE_CANCEL);
  g_assert_null (f->chart->chooser);
}

static void
test_zoom_out_stops (Fixture       *f,
                     gconstpointer  unused)
{
  GtkEventController *motion = controller (f->chart, GTK_TYPE_EVENT_CONTROLLER_MOTION);
  GtkEventController *scroll = controller (f->chart, GTK_TYPE_EVENT_CONTROLLER_SCROLL);
  gboolean handled;

  g_signal_emit_by_name (motion, "motion", 300.0, 200.0);
  for (guint i = 0; i < 400; i++)
    g_signal_emit_by_name (scroll, "scroll", 0.0, -3.0, &handled);
  settle (GTK_WIDGET (f->chart));
  for (guint i = 0; i < 800; i++)
    g_signal_emit_by_name (scroll, "scroll", 0.0, 3.0, &handled);
  g_assert_false (zoomed (f));
}

static void
test_update_keeps_zoom (Fixture       *f,
                        gconstpointer  unused)
{
  GtkEventController *motion = controller (f->chart, GTK_TYPE_EVENT_CONTROLLER_MOTION);
  GtkEventController *scroll = controller (f->chart, GTK_TYPE_EVENT_CONTROLLER_SCROLL);
  g_autoptr(UsPlot) same = sample_plot ();
  g_autoptr(UsPlot) other = us_plot_new ("Other");
  const double y[] = { 1, 2 };
  gboolean handled;

  g_signal_emit_by_name (motion, "motion", 300.0, 200.0);
  g_signal_emit_by_name (scroll, "scroll", 0.0, -1.0, &handled);
  us_chart_set_plot (f->chart, same);
  g_assert_true (zoomed (f));
  g_signal_emit_by_name (scroll, "scroll", 0.0, -1.0, &handled);
  us_plot_add_line (other, NULL, NULL, 2, NULL, y);
  us_chart_set_plot (f->chart, other);
  g_assert_false (zoomed (f));
  g_assert_true (us_chart_get_plot (f->chart) == other);
}

static void
test_empty (Fixture       *f,
            gconstpointer  unused)
{
  cairo_surface_t *full = picture_of (GTK_WIDGET (f->chart)), *empty, *message;

  us_chart_set_plot (f->chart, NULL);
  empty = picture_of (GTK_WIDGET (f->chart));
  g_object_set (f->chart, "empty-message", "Press Start", NULL);
  message = picture_of (GTK_WIDGET (f->chart));
  g_assert_cmpuint (count_different (full, empty), >, 1000);
  g_assert_cmpuint (count_different (empty, message), >, 20);
  gtk_test_accessible_assert_property (f->chart, GTK_ACCESSIBLE_PROPERTY_LABEL, "Chart");
  cairo_surface_destroy (full);
  cairo_surface_destroy (empty);
  cairo_surface_destroy (message);
}

static void
on_text (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  *(char **) data = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (source), result, NULL);
}

static void
test_copy (Fixture       *f,
           gconstpointer  unused)
{
  GdkClipboard *clipboard = gtk_widget_get_clipboard (GTK_WIDGET (f->chart));
  g_autofree char *expected = us_plot_to_csv (us_chart_get_plot (f->chart));
  char *text = NULL;

  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (f->chart), "chart.copy-numbers", NULL));
  gdk_clipboard_read_text_async (clipboard, NULL, on_text, &text);
  while (text == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (text, ==, expected);
  g_free (text);
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (f->chart), "chart.copy-picture", NULL));
  g_assert_true (gdk_content_formats_contain_gtype (gdk_clipboard_get_formats (clipboard), GDK_TYPE_TEXTURE));
}

static void
test_dark (Fixture       *f,
           gconstpointer  unused)
{
  AdwStyleManager *manager = adw_style_manager_get_default ();
  cairo_surface_t *light = picture_of (GTK_WIDGET (f->chart)), *dark, *again;

  adw_style_manager_set_color_scheme (manager, ADW_COLOR_SCHEME_FORCE_DARK);
  dark = picture_of (GTK_WIDGET (f->chart));
  adw_style_manager_set_color_scheme (manager, ADW_COLOR_SCHEME_FORCE_LIGHT);
  again = picture_of (GTK_WIDGET (f->chart));
  g_assert_cmpuint (count_different (light, dark), >, 1000);
  g_assert_cmpuint (count_different (light, again), ==, 0);
  cairo_surface_destroy (light);
  cairo_surface_destroy (dark);
  cairo_surface_destroy (again);
}

static double
thread_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1e3 + now.tv_nsec * 1e-6;
}

/* Least thread time of a snapshot of the widget, which is what a frame costs it. */
static double
snapshot_ms (GtkWidget *widget)
{
  double best = INFINITY;

  for (guint i = 0; i < 20; i++)
    {
      GtkSnapshot *snapshot = gtk_snapshot_new ();
      double begin = thread_ms ();

      GTK_WIDGET_GET_CLASS (widget)->snapshot (widget, snapshot);
      best = MIN (best, thread_ms () - begin);
      g_clear_pointer (&(GskRenderNode *) { gtk_snapshot_free_to_node (snapshot) }, gsk_render_node_unref);
    }
  return best;
}

static void
test_cached (Fixture       *f,
             gconstpointer  unused)
{
  double cost = snapshot_ms (GTK_WIDGET (f->chart));

  g_test_message ("a cached chart costs %.3f ms a frame", cost);
#ifndef __SANITIZE_ADDRESS__
  g_assert_cmpfloat (cost, <, 1.0);
#endif
}

/* ---- image view ------------------------------------------------------------- */

static void
test_image_view (void)
{
  static float pixels[64 * 64];
  GtkWidget *window = adw_window_new (), *view = us_image_view_new ();
  cairo_surface_t *surface;
  graphene_rect_t place;
  double begin, best = INFINITY;

  g_assert_false (us_image_view_get_picture (US_IMAGE_VIEW (view), NULL));
  us_image_view_set_label (US_IMAGE_VIEW (view), "Decoder output");
  gtk_test_accessible_assert_property (view, GTK_ACCESSIBLE_PROPERTY_LABEL, "Decoder output");
  gtk_window_set_default_size (GTK_WINDOW (window), 500, 400);
  adw_window_set_content (ADW_WINDOW (window), view);
  gtk_window_present (GTK_WINDOW (window));
  settle (view);
  for (guint i = 0; i < 64 * 64; i++)
    pixels[i] = (i + i / 64) % 2;
  us_image_view_set_pixels (US_IMAGE_VIEW (view), pixels, 64, 64, 1, 0, 1);
  surface = picture_of (view);
  g_assert_true (us_image_view_get_picture (US_IMAGE_VIEW (view), &place));
  /* Six whole pixels for each, square, in the middle. */
  g_assert_cmpfloat (place.size.width, ==, 384);
  g_assert_cmpfloat (place.size.height, ==, 384);
  g_assert_cmpfloat (place.origin.x, ==, (gtk_widget_get_width (view) - 384) / 2);
  for (guint i = 0; i < 64 * 64; i++)
    for (int corner = 0; corner < 4; corner++)
      g_assert_cmphex (pixel (surface, (int) place.origin.x + (int) (i % 64) * 6 + (corner & 1) * 5,
                              (int) place.origin.y + (int) (i / 64) * 6 + (corner >> 1) * 5) & 0xffffff,
                       ==, (i + i / 64) % 2 ? 0xffffff : 0);
  cairo_surface_destroy (surface);

  /* What a slider costs at 60 Hz: new pixels, new texture. */
  for (guint i = 0; i < 50; i++)
    {
      GtkSnapshot *snapshot = gtk_snapshot_new ();

      begin = thread_ms ();
      us_image_view_set_pixels (US_IMAGE_VIEW (view), pixels, 64, 64, 1, 0, 1);
      GTK_WIDGET_GET_CLASS (view)->snapshot (view, snapshot);
      best = MIN (best, thread_ms () - begin);
      g_clear_pointer (&(GskRenderNode *) { gtk_snapshot_free_to_node (snapshot) }, gsk_render_node_unref);
    }
  g_test_message ("an update costs %.3f ms", best);
#ifndef __SANITIZE_ADDRESS__
  g_assert_cmpfloat (best, <, 1.5);
#endif

  us_image_view_set_map (US_IMAGE_VIEW (view), US_COLOUR_MAP_DIVERGING);
  us_image_view_set_pixels (US_IMAGE_VIEW (view), NULL, 0, 0, 1, 0, 1);
  g_assert_false (us_image_view_get_picture (US_IMAGE_VIEW (view), &place));
  gtk_window_destroy (GTK_WINDOW (window));
}

int
main (int    argc,
      char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_FORCE_LIGHT);
#define ADD(name, function) g_test_add ("/chart/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("accessible", test_accessible);
  ADD ("hover", test_hover);
  ADD ("wheel", test_wheel);
  ADD ("keys", test_keys);
  ADD ("zoom-axes", test_zoom_axes);
  ADD ("menu", test_menu);
  ADD ("zoom-out-stops", test_zoom_out_stops);
  ADD ("update-keeps-zoom", test_update_keeps_zoom);
  ADD ("empty", test_empty);
  ADD ("copy", test_copy);
  ADD ("dark", test_dark);
  ADD ("cached", test_cached);
  g_test_add_func ("/image-view/crisp-and-cheap", test_image_view);
  return g_test_run ();
}
