/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-canvas.h"

#include "us-canvas-sheet.h"
#include "us-colour.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* A stroke: points (x, y) in the output's units. */
typedef struct
{
  double x, y;
} Point;

struct _UsCanvas
{
  GtkWidget       parent_instance;

  /* borrowed */
  const UsOutput *output;

  /* owned */
  GPtrArray      *strokes;              /* of GArray of Point */
  GPtrArray      *past, *future;        /* of GPtrArray as strokes is; a stroke is shared and never changed again */
  UsCanvasSheet   picture;
  UsCanvasSheet   overlays[US_CANVAS_N_OVERLAYS];

  gboolean        drawable;
  gboolean        drawing;              /* the pen is down */
  gboolean        shown[US_CANVAS_N_OVERLAYS];
};

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UsCanvas, us_canvas, GTK_TYPE_WIDGET)

/* --- themes ---------------------------------------------------------------- */

static UsTheme
theme (void)
{
  return adw_style_manager_get_dark (adw_style_manager_get_default ()) ? US_THEME_DARK : US_THEME_LIGHT;
}

static void
on_theme_cb (UsCanvas *self)
{
  us_canvas_sheet_recolour (&self->picture);
  for (guint o = 0; o < US_CANVAS_N_OVERLAYS; o++)
    us_canvas_sheet_recolour (&self->overlays[o]);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* --- where the field lies ------------------------------------------------ */

static double
field_aspect (UsCanvas *self)
{
  if (self->output == NULL || self->output->kind != US_OUTPUT_IMAGE)
    return 1.0;
  return (double) self->output->width / self->output->height;
}

/* The field, centred, as large as fits. */
static void
field_rect (UsCanvas        *self,
            graphene_rect_t *rect)
{
  double width = gtk_widget_get_width (GTK_WIDGET (self));
  double height = gtk_widget_get_height (GTK_WIDGET (self));
  double w = MIN (width, height * field_aspect (self));
  double h = w / field_aspect (self);

  graphene_rect_init (rect, (width - w) / 2, (height - h) / 2, w, h);
}

static Point
point_at (UsCanvas *self,
          double    px,
          double    py)
{
  const UsOutput *o = self->output;
  graphene_rect_t rect;
  double u, v;

  field_rect (self, &rect);
  u = CLAMP ((px - rect.origin.x) / MAX (rect.size.width, 1), 0, 1);
  v = CLAMP ((py - rect.origin.y) / MAX (rect.size.height, 1), 0, 1);
  return (Point) { o->x_lower + u * (o->x_upper - o->x_lower), o->y_upper - v * (o->y_upper - o->y_lower) };
}

/* --- strokes ------------------------------------------------------------- */

gsize
us_canvas_n_points (UsCanvas *self)
{
  gsize n = 0;

  for (guint s = 0; s < self->strokes->len; s++)
    n += ((GArray *) self->strokes->pdata[s])->len;
  return n;
}

static void
changed (UsCanvas *self)
{
  gsize n = us_canvas_n_points (self);
  g_autofree char *text = g_strdup_printf (ngettext ("%zu point", "%zu points", n), n);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static GArray *
last_stroke (UsCanvas *self)
{
  return self->strokes->pdata[self->strokes->len - 1];
}

static void
add_point (UsCanvas *self,
           double    px,
           double    py)
{
  GArray *stroke = last_stroke (self);
  Point point = point_at (self, px, py);

  if (stroke->len > 0)
    {
      Point before = g_array_index (stroke, Point, stroke->len - 1);

      if (before.x == point.x && before.y == point.y)
        return;
    }
  g_array_append_val (stroke, point);
}

/* The drawing as it is now becomes something to go back to. */
static void
remember (UsCanvas *self)
{
  GPtrArray *before = self->strokes;

  g_ptr_array_set_size (self->future, 0);
  g_ptr_array_add (self->past, before);
  self->strokes = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  for (guint s = 0; s < before->len; s++)
    g_ptr_array_add (self->strokes, g_array_ref (before->pdata[s]));
}

gboolean
us_canvas_can_undo (UsCanvas *self)
{
  return self->past->len > 0;
}

gboolean
us_canvas_can_redo (UsCanvas *self)
{
  return self->future->len > 0;
}

static void
clear_sheets (UsCanvas *self)
{
  us_canvas_sheet_clear (&self->picture);
  for (guint o = 0; o < US_CANVAS_N_OVERLAYS; o++)
    us_canvas_sheet_clear (&self->overlays[o]);
}

static void
step (UsCanvas  *self,
      GPtrArray *from,
      GPtrArray *to)
{
  if (from->len == 0 || self->drawing)
    return;
  g_ptr_array_add (to, self->strokes);
  self->strokes = g_ptr_array_steal_index (from, from->len - 1);
  clear_sheets (self);
  changed (self);
}

void
us_canvas_undo (UsCanvas *self)
{
  step (self, self->past, self->future);
}

void
us_canvas_redo (UsCanvas *self)
{
  step (self, self->future, self->past);
}

void
us_canvas_clear (UsCanvas *self)
{
  self->drawing = FALSE;
  if (self->strokes->len > 0)
    {
      remember (self);
      g_ptr_array_set_size (self->strokes, 0);
    }
  clear_sheets (self);
  changed (self);
}

double *
us_canvas_dup_points (UsCanvas *self,
                      gsize    *n_points)
{
  gsize n = us_canvas_n_points (self) + self->strokes->len;
  double *xy = g_new (double, 2 * MAX (n, 1));
  gsize k = 0;

  for (guint s = 0; s < self->strokes->len; s++)
    {
      GArray *stroke = self->strokes->pdata[s];

      for (guint i = 0; i < stroke->len; i++, k++)
        {
          xy[2 * k] = g_array_index (stroke, Point, i).x;
          xy[2 * k + 1] = g_array_index (stroke, Point, i).y;
        }
      /* Between strokes the pen is lifted. */
      if (s + 1 < self->strokes->len)
        {
          xy[2 * k] = xy[2 * k + 1] = NAN;
          k++;
        }
    }
  *n_points = k;
  return xy;
}

void
us_canvas_set_points (UsCanvas     *self,
                      gsize         n_points,
                      const double *xy)
{
  GArray *stroke = NULL;

  self->drawing = FALSE;
  remember (self);
  g_ptr_array_set_size (self->strokes, 0);
  clear_sheets (self);
  for (gsize k = 0; k < n_points; k++)
    {
      Point point = { xy[2 * k], xy[2 * k + 1] };

      if (!isfinite (point.x) || !isfinite (point.y))
        {
          stroke = NULL;
          continue;
        }
      if (stroke == NULL)
        {
          stroke = g_array_new (FALSE, FALSE, sizeof (Point));
          g_ptr_array_add (self->strokes, stroke);
        }
      g_array_append_val (stroke, point);
    }
  changed (self);
}

/* --- the pen ------------------------------------------------------------- */

static void
on_drag_begin_cb (UsCanvas *self,
                  double    x,
                  double    y)
{
  if (!self->drawable || self->output == NULL)
    return;
  us_canvas_sheet_clear (&self->picture);
  remember (self);
  g_ptr_array_add (self->strokes, g_array_new (FALSE, FALSE, sizeof (Point)));
  self->drawing = TRUE;
  add_point (self, x, y);
  changed (self);
}

/* GTK merges the moves of one frame; a fast curve would lose half its points
 * without the event's history. */
static void
add_history (UsCanvas   *self,
             GtkGesture *gesture)
{
  GdkEvent *event = gtk_gesture_get_last_event (gesture, gtk_gesture_get_last_updated_sequence (gesture));
  GtkNative *native = gtk_widget_get_native (GTK_WIDGET (self));
  g_autofree GdkTimeCoord *history = NULL;
  guint n = 0;
  double shift_x, shift_y;

  if (event == NULL || native == NULL || gdk_event_get_event_type (event) != GDK_MOTION_NOTIFY)
    return;
  history = gdk_event_get_history (event, &n);
  gtk_native_get_surface_transform (native, &shift_x, &shift_y);
  for (guint i = 0; i < n; i++)
    {
      double x, y;

      if (!(history[i].flags & GDK_AXIS_FLAG_X) || !(history[i].flags & GDK_AXIS_FLAG_Y))
        continue;
      if (gtk_widget_translate_coordinates (GTK_WIDGET (native), GTK_WIDGET (self), history[i].axes[GDK_AXIS_X] - shift_x,
                                            history[i].axes[GDK_AXIS_Y] - shift_y, &x, &y))
        add_point (self, x, y);
    }
}

static void
on_drag_update_cb (UsCanvas       *self,
                   double          offset_x,
                   double          offset_y,
                   GtkGestureDrag *gesture)
{
  double x, y;

  if (!self->drawing || !gtk_gesture_drag_get_start_point (gesture, &x, &y))
    return;
  add_history (self, GTK_GESTURE (gesture));
  add_point (self, x + offset_x, y + offset_y);
  changed (self);
}

static void
on_drag_end_cb (UsCanvas *self,
                double    offset_x,
                double    offset_y)
{
  if (!self->drawing)
    return;
  self->drawing = FALSE;
  changed (self);
}

/* --- pictures ------------------------------------------------------------ */

static UsColour
overlay_colour (UsCanvasOverlay which)
{
  return us_colour_get (theme (), which == US_CANVAS_DECODER ? US_CANVAS_DECODER_COLOUR : US_CANVAS_SIMULATOR_COLOUR);
}

void
us_canvas_set_picture (UsCanvas    *self,
                       const float *pixels)
{
  us_canvas_sheet_set (&self->picture, self->output, pixels, 1, 0);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
us_canvas_set_overlay (UsCanvas        *self,
                       UsCanvasOverlay  which,
                       const float     *pixels)
{
  us_canvas_set_scaled_overlay (self, which, pixels, 1, 0);
}

void
us_canvas_set_scaled_overlay (UsCanvas        *self,
                              UsCanvasOverlay  which,
                              const float     *pixels,
                              double           scale,
                              double           shift)
{
  g_return_if_fail (scale > 0);

  us_canvas_sheet_set (&self->overlays[which], self->output, pixels, scale, shift);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
us_canvas_show_overlay (UsCanvas        *self,
                        UsCanvasOverlay  which,
                        gboolean         visible)
{
  self->shown[which] = visible;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
us_canvas_set_output (UsCanvas       *self,
                      const UsOutput *output,
                      gboolean        drawable)
{
  self->output = output;
  self->drawable = drawable && output != NULL;
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), self->drawable ? "crosshair" : NULL);
  us_canvas_clear (self);
  /* Another field: what was drawn on the last one cannot come back. */
  g_ptr_array_set_size (self->past, 0);
  g_ptr_array_set_size (self->future, 0);
}

/* --- painting ------------------------------------------------------------ */

static void
paint_axes (UsCanvas              *self,
            cairo_t               *cr,
            const graphene_rect_t *rect)
{
  UsColour grid = us_colour_grid (theme ());
  const UsOutput *o = self->output;
  double px, py;

  cairo_set_source_rgb (cr, grid.red, grid.green, grid.blue);
  cairo_set_line_width (cr, 1);
  for (guint i = 1; i < 4; i++)
    {
      double x = floor (rect->origin.x + rect->size.width * i / 4) + 0.5;
      double y = floor (rect->origin.y + rect->size.height * i / 4) + 0.5;

      cairo_move_to (cr, x, rect->origin.y);
      cairo_line_to (cr, x, rect->origin.y + rect->size.height);
      cairo_move_to (cr, rect->origin.x, y);
      cairo_line_to (cr, rect->origin.x + rect->size.width, y);
    }
  cairo_stroke (cr);
  /* Zero is the line that the eye looks for. */
  if (o->y_lower < 0 && o->y_upper > 0)
    {
      UsColour axis = us_colour_axis (theme ());

      us_canvas_sheet_to_pixel (o, rect, o->x_lower, 0, &px, &py);
      cairo_set_source_rgba (cr, axis.red, axis.green, axis.blue, 0.5);
      cairo_move_to (cr, rect->origin.x, floor (py) + 0.5);
      cairo_line_to (cr, rect->origin.x + rect->size.width, floor (py) + 0.5);
      cairo_stroke (cr);
    }
}

static void
paint_strokes (UsCanvas              *self,
               cairo_t               *cr,
               const graphene_rect_t *rect)
{
  UsColour ink = us_colour_foreground (theme ());

  cairo_set_source_rgba (cr, ink.red, ink.green, ink.blue, 0.85);
  cairo_set_line_width (cr, MAX (2.0, rect->size.width / 160));
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  for (guint s = 0; s < self->strokes->len; s++)
    {
      GArray *stroke = self->strokes->pdata[s];

      for (guint i = 0; i < stroke->len; i++)
        {
          const Point *point = &g_array_index (stroke, Point, i);
          double px, py;

          us_canvas_sheet_to_pixel (self->output, rect, point->x, point->y, &px, &py);
          cairo_line_to (cr, px, py);
        }
      /* A stroke of one point is a dot. */
      if (stroke->len == 1)
        cairo_rel_line_to (cr, 0.01, 0);
      cairo_stroke (cr);
    }
}

static void
us_canvas_snapshot (GtkWidget   *widget,
                    GtkSnapshot *snapshot)
{
  UsCanvas *self = US_CANVAS (widget);
  UsColour ground = us_colour_ground (theme ());
  graphene_rect_t rect;
  cairo_t *cr;

  field_rect (self, &rect);
  gtk_snapshot_append_color (snapshot, &(GdkRGBA) { ground.red, ground.green, ground.blue, 1 }, &rect);
  if (self->output == NULL)
    return;
  cr = gtk_snapshot_append_cairo (snapshot, &rect);
  paint_axes (self, cr, &rect);
  cairo_destroy (cr);
  us_canvas_sheet_snapshot (&self->picture, self->output, snapshot, &rect, us_colour_foreground (theme ()), 1.0);
  for (guint o = 0; o < US_CANVAS_N_OVERLAYS; o++)
    if (self->shown[o])
      us_canvas_sheet_snapshot (&self->overlays[o], self->output, snapshot, &rect, overlay_colour (o),
                                self->output->channels == 3 ? 0.5 : 0.9);
  /* The pen's own line stays in sight: it is thinner than what is laid under it. */
  cr = gtk_snapshot_append_cairo (snapshot, &rect);
  paint_strokes (self, cr, &rect);
  cairo_destroy (cr);
}

static GtkSizeRequestMode
us_canvas_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_CONSTANT_SIZE;
}

static void
us_canvas_measure (GtkWidget      *widget,
                   GtkOrientation  orientation,
                   int             for_size,
                   int            *minimum,
                   int            *natural,
                   int            *minimum_baseline,
                   int            *natural_baseline)
{
  *minimum = 192;
  *natural = 384;
}

/* --- object -------------------------------------------------------------- */

static void
us_canvas_dispose (GObject *object)
{
  UsCanvas *self = US_CANVAS (object);

  g_clear_pointer (&self->strokes, g_ptr_array_unref);
  g_clear_pointer (&self->past, g_ptr_array_unref);
  g_clear_pointer (&self->future, g_ptr_array_unref);
  clear_sheets (self);

  G_OBJECT_CLASS (us_canvas_parent_class)->dispose (object);
}

static void
us_canvas_class_init (UsCanvasClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = us_canvas_dispose;
  widget_class->snapshot = us_canvas_snapshot;
  widget_class->measure = us_canvas_measure;
  widget_class->get_request_mode = us_canvas_get_request_mode;
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 0);
  gtk_widget_class_set_css_name (widget_class, "canvas");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
us_canvas_init (UsCanvas *self)
{
  GtkGesture *drag = gtk_gesture_drag_new ();

  self->strokes = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  self->past = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  self->future = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  self->shown[US_CANVAS_DECODER] = TRUE;
  self->shown[US_CANVAS_SIMULATOR] = TRUE;
  /* A stylus draws as well as the first mouse button. */
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (drag), GDK_BUTTON_PRIMARY);
  g_signal_connect_swapped (drag, "drag-begin", G_CALLBACK (on_drag_begin_cb), self);
  g_signal_connect_swapped (drag, "drag-update", G_CALLBACK (on_drag_update_cb), self);
  g_signal_connect_swapped (drag, "drag-end", G_CALLBACK (on_drag_end_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (on_theme_cb), self,
                           G_CONNECT_SWAPPED);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Drawing canvas"), -1);
}

GtkWidget *
us_canvas_new (void)
{
  return g_object_new (US_TYPE_CANVAS, NULL);
}
