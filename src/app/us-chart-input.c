/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-chart-private.h"

#include <math.h>

/* Pointer and keys: read-out, zoom, pan. */

#define WHEEL_STEP   1.2
#define KEY_STEP     1.4
#define PAN_PIXELS   40.0
/* A drag shorter than this is a click; a band thinner than this keeps the other axis. */
#define LEAST_DRAG   6.0
#define LEAST_BAND   14.0

static void
on_motion_cb (UsChart *self,
              double   x,
              double   y)
{
  self->hover_x = x;
  self->hover_y = y;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
on_leave_cb (UsChart *self)
{
  self->hover_x = self->hover_y = NAN;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* In a page that scrolls, the wheel belongs to the page, unless the chart has
 * the focus or Ctrl is held. */
static gboolean
wheel_is_ours (UsChart                  *self,
               GtkEventControllerScroll *scroll)
{
  GdkModifierType state = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (scroll));

  return (state & GDK_CONTROL_MASK) != 0 || gtk_widget_has_focus (GTK_WIDGET (self)) ||
         gtk_widget_get_ancestor (GTK_WIDGET (self), GTK_TYPE_SCROLLED_WINDOW) == NULL;
}

static gboolean
on_scroll_cb (GtkEventControllerScroll *scroll,
              double                    dx,
              double                    dy,
              UsChart                  *self)
{
  UsPlotFrame *frame = us_chart_get_frame (self);

  if (frame == NULL || !us_plot_frame_get_area (frame, NULL) || !isfinite (self->hover_x) || !wheel_is_ours (self, scroll))
    return GDK_EVENT_PROPAGATE;
  us_chart_zoom_at (self, self->hover_x, self->hover_y, pow (WHEEL_STEP, CLAMP (dy, -5.0, 5.0)));
  return GDK_EVENT_STOP;
}

/* ---- drags --------------------------------------------------------------- */

static void
on_drag_begin_cb (GtkGestureDrag *drag,
                  double          x,
                  double          y,
                  UsChart        *self)
{
  guint button = gtk_gesture_single_get_current_button (GTK_GESTURE_SINGLE (drag));
  GdkModifierType state = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (drag));
  UsPlotFrame *frame = us_chart_get_frame (self);

  self->banding = self->panning = FALSE;
  if (frame == NULL || !us_plot_frame_get_area (frame, NULL) || (button != GDK_BUTTON_PRIMARY && button != GDK_BUTTON_MIDDLE))
    {
      gtk_gesture_set_state (GTK_GESTURE (drag), GTK_EVENT_SEQUENCE_DENIED);
      return;
    }
  gtk_widget_grab_focus (GTK_WIDGET (self));
  self->panning = button == GDK_BUTTON_MIDDLE || (state & GDK_SHIFT_MASK) != 0;
  self->drag_view = self->view;
  self->drag_x = x;
  self->drag_y = y;
}

static void
on_drag_update_cb (GtkGestureDrag *drag,
                   double          dx,
                   double          dy,
                   UsChart        *self)
{
  UsPlotFrame *frame = us_chart_get_frame (self);
  cairo_rectangle_t area;

  if (frame == NULL || !us_plot_frame_get_area (frame, &area))
    return;
  if (self->panning)
    {
      us_chart_pan (self, &self->drag_view, dx, dy);
      return;
    }
  if (!self->banding && hypot (dx, dy) < LEAST_DRAG)
    return;
  self->banding = TRUE;
  self->drag_x = CLAMP (self->drag_x, area.x, area.x + area.width);
  self->drag_y = CLAMP (self->drag_y, area.y, area.y + area.height);
  self->drag_to_x = CLAMP (self->drag_x + dx, area.x, area.x + area.width);
  self->drag_to_y = CLAMP (self->drag_y + dy, area.y, area.y + area.height);
  /* A band along one axis spans the other. */
  if (fabs (self->drag_to_y - self->drag_y) < LEAST_BAND && fabs (self->drag_to_x - self->drag_x) > LEAST_BAND)
    self->drag_to_y = self->drag_y;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
zoom_to_band (UsChart *self)
{
  double x0, x1, y0, y1;
  UsPlotFrame *frame = us_chart_get_frame (self);
  UsPlotView view = self->view;
  gboolean wide = fabs (self->drag_to_x - self->drag_x) >= LEAST_BAND;
  gboolean tall = fabs (self->drag_to_y - self->drag_y) >= LEAST_BAND;

  us_plot_frame_to_data (frame, self->drag_x, self->drag_y, &x0, &y0);
  us_plot_frame_to_data (frame, self->drag_to_x, self->drag_to_y, &x1, &y1);
  if (wide)
    {
      view.x0 = MIN (x0, x1);
      view.x1 = MAX (x0, x1);
    }
  if (tall)
    {
      view.y0 = MIN (y0, y1);
      view.y1 = MAX (y0, y1);
    }
  if (wide || tall)
    us_chart_set_view (self, &view);
}

static void
on_drag_end_cb (GtkGestureDrag *drag,
                double          dx,
                double          dy,
                UsChart        *self)
{
  if (self->banding && us_chart_get_frame (self) != NULL)
    zoom_to_band (self);
  self->banding = self->panning = FALSE;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
on_drag_cancel_cb (UsChart *self)
{
  self->banding = self->panning = FALSE;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
on_pressed_cb (GtkGestureClick *click,
               int              n_press,
               double           x,
               double           y,
               UsChart         *self)
{
  guint button = gtk_gesture_single_get_current_button (GTK_GESTURE_SINGLE (click));

  if (button == GDK_BUTTON_SECONDARY)
    {
      us_chart_show_menu (self, x, y);
      gtk_gesture_set_state (GTK_GESTURE (click), GTK_EVENT_SEQUENCE_CLAIMED);
    }
  else if (button == GDK_BUTTON_PRIMARY && n_press == 2)
    us_chart_reset_zoom (self);
}

void
us_chart_init_input (UsChart *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *scroll = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);
  GtkGesture *drag = gtk_gesture_drag_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  g_signal_connect_swapped (motion, "enter", G_CALLBACK (on_motion_cb), self);
  g_signal_connect_swapped (motion, "motion", G_CALLBACK (on_motion_cb), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (on_leave_cb), self);
  g_signal_connect (scroll, "scroll", G_CALLBACK (on_scroll_cb), self);

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (drag), 0);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (on_drag_begin_cb), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (on_drag_update_cb), self);
  g_signal_connect (drag, "drag-end", G_CALLBACK (on_drag_end_cb), self);
  g_signal_connect_swapped (drag, "cancel", G_CALLBACK (on_drag_cancel_cb), self);

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), 0);
  g_signal_connect (click, "pressed", G_CALLBACK (on_pressed_cb), self);

  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  gtk_widget_add_controller (GTK_WIDGET (self), scroll);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
}

/* ---- keys ---------------------------------------------------------------- */

/* args: (dd), pixels right and down that the window onto the data moves. */
static gboolean
pan_key (GtkWidget *widget,
         GVariant  *args,
         gpointer   unused)
{
  UsChart *self = US_CHART (widget);
  double dx, dy;

  /* Nothing to pan over: the key goes on to the page. */
  if (!isfinite (self->view.x0) && !isfinite (self->view.y0))
    return FALSE;
  g_variant_get (args, "(dd)", &dx, &dy);
  us_chart_pan (self, &self->view, -dx, -dy);
  return TRUE;
}

/* args: d, the factor; 0 shows all. */
static gboolean
zoom_key (GtkWidget *widget,
          GVariant  *args,
          gpointer   unused)
{
  UsChart *self = US_CHART (widget);
  UsPlotFrame *frame = us_chart_get_frame (self);
  double factor = g_variant_get_double (args);
  cairo_rectangle_t area;

  if (frame == NULL || !us_plot_frame_get_area (frame, &area))
    return FALSE;
  if (factor == 0.0)
    us_chart_reset_zoom (self);
  else
    us_chart_zoom_at (self, area.x + area.width / 2.0, area.y + area.height / 2.0, factor);
  return TRUE;
}

static gboolean
menu_key (GtkWidget *widget,
          GVariant  *args,
          gpointer   unused)
{
  us_chart_show_menu (US_CHART (widget), gtk_widget_get_width (widget) / 2.0, gtk_widget_get_height (widget) / 2.0);
  return TRUE;
}

void
us_chart_install_keys (GtkWidgetClass *widget_class)
{
  static const struct
  {
    guint  key;
    double factor;
  } zooms[] = {
    { GDK_KEY_plus, 1.0 / KEY_STEP }, { GDK_KEY_equal, 1.0 / KEY_STEP }, { GDK_KEY_KP_Add, 1.0 / KEY_STEP },
    { GDK_KEY_minus, KEY_STEP }, { GDK_KEY_KP_Subtract, KEY_STEP }, { GDK_KEY_0, 0.0 }, { GDK_KEY_KP_0, 0.0 },
  };
  static const struct
  {
    guint  key;
    double dx, dy;
  } pans[] = {
    { GDK_KEY_Left, -PAN_PIXELS, 0 }, { GDK_KEY_Right, PAN_PIXELS, 0 },
    { GDK_KEY_Up, 0, -PAN_PIXELS }, { GDK_KEY_Down, 0, PAN_PIXELS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (zooms); i++)
    {
      gtk_widget_class_add_binding (widget_class, zooms[i].key, 0, zoom_key, "d", zooms[i].factor);
      gtk_widget_class_add_binding (widget_class, zooms[i].key, GDK_SHIFT_MASK, zoom_key, "d", zooms[i].factor);
    }
  for (guint i = 0; i < G_N_ELEMENTS (pans); i++)
    gtk_widget_class_add_binding (widget_class, pans[i].key, 0, pan_key, "(dd)", pans[i].dx, pans[i].dy);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, menu_key, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Menu, 0, menu_key, NULL);
}
