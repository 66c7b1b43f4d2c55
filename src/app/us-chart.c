/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-chart-private.h"

#include <glib/gi18n.h>
#include <math.h>

/*
 * The base picture is made again only when plot, size, theme or
 * zoom have changed; the read-out and the rubber band are drawn over it.
 */

G_DEFINE_FINAL_TYPE (UsChart, us_chart, GTK_TYPE_WIDGET)
G_DEFINE_BOXED_TYPE (UsPlot, us_plot, us_plot_ref, us_plot_unref)

#define NATURAL_WIDTH  420
#define NATURAL_HEIGHT 280
#define LEAST_WIDTH    160
#define LEAST_HEIGHT   110

/* A screen reader is told of new numbers at most this often. */
#define DESCRIBE_EVERY_MS 400

enum
{
  PROP_0,
  PROP_PLOT,
  PROP_EMPTY_MESSAGE,
  PROP_MENU_VISIBLE,
  PROP_FILE_NAME,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

/* ---- picture ------------------------------------------------------------- */

/* What was prepared is for another plot, size or look. */
static void
forget (UsChart *self)
{
  g_clear_pointer (&self->image, us_screen_image_free);
  self->frame_is_old = TRUE;
}

static void
invalidate (UsChart *self)
{
  forget (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
on_dark_changed_cb (UsChart *self)
{
  g_clear_pointer (&self->frame, us_plot_frame_free);
  invalidate (self);
}

static void
fill_options (UsChart       *self,
              UsPlotOptions *options)
{
  GtkWidget *widget = GTK_WIDGET (self);

  *options = (UsPlotOptions) {
    .width = gtk_widget_get_width (widget),
    .height = gtk_widget_get_height (widget),
    .scale = gtk_widget_get_scale_factor (widget),
    .theme = adw_style_manager_get_dark (adw_style_manager_get_default ()) ? US_THEME_DARK : US_THEME_LIGHT,
    .view = self->view,
    .font = pango_context_get_font_description (gtk_widget_get_pango_context (widget)),
    .corner = gtk_widget_get_visible (self->menu_button) ? 30.0 : 0.0,
  };
}

static void
make_image (UsChart             *self,
            const UsPlotOptions *options)
{
  cairo_surface_t *surface;
  cairo_t *cr;

  self->image = us_screen_image_new ((int) (options->width * options->scale), (int) (options->height * options->scale));
  surface = us_screen_image_get_surface (self->image);
  cairo_surface_set_device_scale (surface, options->scale, options->scale);
  cr = cairo_create (surface);
  us_plot_frame_paint (self->frame, cr);
  cairo_destroy (cr);
  cairo_surface_set_device_scale (surface, 1, 1);
}

/* An old frame is kept for what changed neither is asked again. */
UsPlotFrame *
us_chart_get_frame (UsChart *self)
{
  UsPlotOptions options;
  UsPlotFrame *frame;

  if (self->frame != NULL && !self->frame_is_old)
    return self->frame;
  fill_options (self, &options);
  if (options.width < 1 || options.height < 1)
    return NULL;
  frame = us_plot_frame_new (self->plot, &options, self->frame);
  us_plot_frame_free (self->frame);
  self->frame = frame;
  self->frame_is_old = FALSE;
  return self->frame;
}

static void
ensure_image (UsChart *self)
{
  UsPlotOptions options;

  if (self->image != NULL || us_chart_get_frame (self) == NULL)
    return;
  fill_options (self, &options);
  make_image (self, &options);
}

/* ---- view ---------------------------------------------------------------- */

static void
limit (const UsPlot *plot,
       UsAxis        axis,
       double       *lower,
       double       *upper)
{
  UsScale full;
  double from, to;

  if (!isfinite (*lower) || !isfinite (*upper))
    return;
  us_plot_get_full_scale (plot, axis, &full);
  full.reversed = FALSE;
  from = us_scale_map (&full, *lower);
  to = us_scale_map (&full, *upper);
  if (!isfinite (from) || !isfinite (to) || to - from >= 0.9999)
    {
      *lower = *upper = NAN;
      return;
    }
  /* Back inside, as long as before. */
  if (from < 0.0)
    to -= from, from = 0.0;
  if (to > 1.0)
    from -= to - 1.0, to = 1.0;
  *lower = us_scale_unmap (&full, from);
  *upper = us_scale_unmap (&full, to);
}

void
us_chart_set_view (UsChart          *self,
                   const UsPlotView *view)
{
  UsPlotView wanted = *view;

  limit (self->plot, US_AXIS_X, &wanted.x0, &wanted.x1);
  limit (self->plot, US_AXIS_Y, &wanted.y0, &wanted.y1);
  self->view = wanted;
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "chart.reset-zoom", isfinite (wanted.x0) || isfinite (wanted.y0));
  invalidate (self);
}

void
us_chart_zoom_at (UsChart *self,
                  double   x,
                  double   y,
                  double   factor)
{
  UsPlotFrame *frame = us_chart_get_frame (self);
  cairo_rectangle_t area;
  UsPlotView view = self->view;
  UsScale scale;
  gboolean beside_x, beside_y;

  if (frame == NULL || !us_plot_frame_get_area (frame, &area))
    return;
  /* Over the numbers of one axis: only that one. */
  beside_y = x < area.x;
  beside_x = y > area.y + area.height;
  if (!beside_y || beside_x)
    {
      us_plot_frame_get_scale (frame, US_AXIS_X, &scale);
      us_scale_zoom (&scale, CLAMP ((x - area.x) / area.width, 0.0, 1.0), factor, 0.0);
      view.x0 = scale.lower;
      view.x1 = scale.upper;
    }
  if (!beside_x || beside_y)
    {
      us_plot_frame_get_scale (frame, US_AXIS_Y, &scale);
      us_scale_zoom (&scale, CLAMP (1.0 - (y - area.y) / area.height, 0.0, 1.0), factor, 0.0);
      view.y0 = scale.lower;
      view.y1 = scale.upper;
    }
  us_chart_set_view (self, &view);
}

void
us_chart_pan (UsChart          *self,
              const UsPlotView *from,
              double            dx,
              double            dy)
{
  UsPlotFrame *frame = us_chart_get_frame (self);
  cairo_rectangle_t area;
  UsPlotView view = *from;
  UsScale scale;

  if (frame == NULL || !us_plot_frame_get_area (frame, &area))
    return;
  if (isfinite (view.x0))
    {
      us_plot_frame_get_scale (frame, US_AXIS_X, &scale);
      scale.lower = view.x0;
      scale.upper = view.x1;
      us_scale_zoom (&scale, 0.5, 1.0, -dx / area.width);
      view.x0 = scale.lower;
      view.x1 = scale.upper;
    }
  if (isfinite (view.y0))
    {
      us_plot_frame_get_scale (frame, US_AXIS_Y, &scale);
      scale.lower = view.y0;
      scale.upper = view.y1;
      us_scale_zoom (&scale, 0.5, 1.0, dy / area.height);
      view.y0 = scale.lower;
      view.y1 = scale.upper;
    }
  us_chart_set_view (self, &view);
}

void
us_chart_reset_zoom (UsChart *self)
{
  g_return_if_fail (US_IS_CHART (self));

  us_chart_set_view (self, &US_PLOT_VIEW_ALL);
}

/* ---- for screen readers --------------------------------------------------- */

static gboolean
describe (gpointer data)
{
  UsChart *self = data;
  g_autofree char *summary = us_plot_summary (self->plot);

  self->describe_source = 0;
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, summary, -1);
  return G_SOURCE_REMOVE;
}

static void
name_accessible (UsChart *self)
{
  const char *title = us_plot_get_title (self->plot);

  if (title[0] == '\0')
    title = us_plot_get_axis_label (self->plot, US_AXIS_Y);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  title[0] != '\0' ? title : _("Chart"), -1);
  if (self->describe_source == 0)
    self->describe_source = g_timeout_add (DESCRIBE_EVERY_MS, describe, self);
}

/* ---- plot ---------------------------------------------------------------- */

static gboolean
same_axes (const UsPlot *a,
           const UsPlot *b)
{
  for (guint axis = 0; axis < 2; axis++)
    {
      UsScale first, second;

      us_plot_get_full_scale (a, axis, &first);
      us_plot_get_full_scale (b, axis, &second);
      if (first.kind != second.kind ||
          g_strcmp0 (us_plot_get_axis_label (a, axis), us_plot_get_axis_label (b, axis)) != 0)
        return FALSE;
    }
  return TRUE;
}

/* An empty plot without words of its own gets those of the chart. */
static UsPlot *
own_plot (UsChart *self,
          UsPlot  *plot)
{
  g_autoptr(UsPlot) copy = NULL;

  if (plot != NULL && (!us_plot_is_empty (plot) || us_plot_get_empty_message (plot) != NULL || self->empty_message == NULL))
    return us_plot_ref (plot);
  copy = plot != NULL ? us_plot_copy (plot) : us_plot_new (NULL);
  us_plot_set_empty_message (copy, self->empty_message);
  return g_steal_pointer (&copy);
}

void
us_chart_set_plot (UsChart *self,
                   UsPlot  *plot)
{
  g_autoptr(UsPlot) old = NULL;
  gboolean keep;

  g_return_if_fail (US_IS_CHART (self));

  if (plot == self->plot)
    return;
  old = g_steal_pointer (&self->plot);
  self->plot = own_plot (self, plot);
  keep = plot != NULL && same_axes (old, plot);
  us_chart_set_view (self, keep ? &self->view : &US_PLOT_VIEW_ALL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "chart.copy-numbers", !us_plot_is_empty (self->plot));
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "chart.copy-picture", !us_plot_is_empty (self->plot));
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "chart.save", !us_plot_is_empty (self->plot));
  name_accessible (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PLOT]);
}

UsChartPainting *
us_chart_begin_painting (UsChart *self)
{
  UsPlotOptions options;

  g_return_val_if_fail (US_IS_CHART (self), NULL);

  fill_options (self, &options);
  return options.width < 1 || options.height < 1 ? NULL : us_chart_painting_new (&options);
}

void
us_chart_set_painted (UsChart         *self,
                      UsPlot          *plot,
                      UsChartPainting *painting)
{
  UsPlotOptions options;

  us_chart_set_plot (self, plot);
  /* In its place may stand a copy with words of the chart's own. */
  if (painting == NULL || self->plot != plot || self->image != NULL)
    return;
  fill_options (self, &options);
  self->image = us_chart_painting_take (painting, &options);
}

UsPlot *
us_chart_get_plot (UsChart *self)
{
  g_return_val_if_fail (US_IS_CHART (self), NULL);

  return self->plot;
}

/* ---- widget -------------------------------------------------------------- */

static void
us_chart_measure (GtkWidget      *widget,
                  GtkOrientation  orientation,
                  int             for_size,
                  int            *minimum,
                  int            *natural,
                  int            *minimum_baseline,
                  int            *natural_baseline)
{
  gboolean wide = orientation == GTK_ORIENTATION_HORIZONTAL;
  int ignored;

  /* GTK wants every child measured before it is allocated. */
  gtk_widget_measure (US_CHART (widget)->menu_button, orientation, -1, &ignored, &ignored, NULL, NULL);
  *minimum = wide ? LEAST_WIDTH : LEAST_HEIGHT;
  *natural = wide ? NATURAL_WIDTH : NATURAL_HEIGHT;
  *minimum_baseline = *natural_baseline = -1;
}

static void
us_chart_size_allocate (GtkWidget *widget,
                        int        width,
                        int        height,
                        int        baseline)
{
  UsChart *self = US_CHART (widget);
  int w, h, ignored;

  gtk_widget_measure (self->menu_button, GTK_ORIENTATION_HORIZONTAL, -1, &ignored, &w, NULL, NULL);
  gtk_widget_measure (self->menu_button, GTK_ORIENTATION_VERTICAL, w, &ignored, &h, NULL, NULL);
  gtk_widget_size_allocate (self->menu_button, &(GtkAllocation) { width - w - 2, 0, w, h }, -1);
  if (self->context_menu != NULL)
    gtk_popover_present (GTK_POPOVER (self->context_menu));
  if (self->image == NULL ||
      us_screen_image_get_width (self->image) != width * gtk_widget_get_scale_factor (widget) ||
      us_screen_image_get_height (self->image) != height * gtk_widget_get_scale_factor (widget))
    forget (self);
}

static void
snapshot_overlay (UsChart     *self,
                  GtkSnapshot *snapshot)
{
  int width = gtk_widget_get_width (GTK_WIDGET (self)), height = gtk_widget_get_height (GTK_WIDGET (self));
  UsPlotFrame *frame;
  cairo_t *cr;

  if (self->banding)
    {
      GdkRGBA fill = { 0.3f, 0.5f, 0.9f, 0.18f }, edge = { 0.3f, 0.5f, 0.9f, 0.9f };
      graphene_rect_t band = GRAPHENE_RECT_INIT ((float) MIN (self->drag_x, self->drag_to_x),
                                                 (float) MIN (self->drag_y, self->drag_to_y),
                                                 (float) fabs (self->drag_to_x - self->drag_x),
                                                 (float) fabs (self->drag_to_y - self->drag_y));
      GskRoundedRect outline;

      gtk_snapshot_append_color (snapshot, &fill, &band);
      gsk_rounded_rect_init_from_rect (&outline, &band, 0);
      gtk_snapshot_append_border (snapshot, &outline, (float[4]) { 1, 1, 1, 1 }, (GdkRGBA[4]) { edge, edge, edge, edge });
    }
  else if (isfinite (self->hover_x) && !self->panning && (frame = us_chart_get_frame (self)) != NULL)
    {
      cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
      us_plot_frame_paint_hover (frame, cr, self->hover_x, self->hover_y);
      cairo_destroy (cr);
    }
  if (gtk_widget_has_visible_focus (GTK_WIDGET (self)))
    {
      GdkRGBA ring = { 0.3f, 0.55f, 0.95f, 0.7f };
      GskRoundedRect outline;

      gsk_rounded_rect_init_from_rect (&outline, &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height), 6);
      gtk_snapshot_append_border (snapshot, &outline, (float[4]) { 2, 2, 2, 2 }, (GdkRGBA[4]) { ring, ring, ring, ring });
    }
}

static void
us_chart_snapshot (GtkWidget   *widget,
                   GtkSnapshot *snapshot)
{
  UsChart *self = US_CHART (widget);

  ensure_image (self);
  if (self->image == NULL)
    return;
  us_screen_image_append (self->image, widget, snapshot,
                          &GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (widget),
                                               (float) gtk_widget_get_height (widget)));
  snapshot_overlay (self, snapshot);
  gtk_widget_snapshot_child (widget, self->menu_button, snapshot);
}

static void
us_chart_css_changed (GtkWidget         *widget,
                      GtkCssStyleChange *change)
{
  GTK_WIDGET_CLASS (us_chart_parent_class)->css_changed (widget, change);
  forget (US_CHART (widget));
}

static void
us_chart_get_property (GObject    *object,
                       guint       prop_id,
                       GValue     *value,
                       GParamSpec *pspec)
{
  UsChart *self = US_CHART (object);

  switch (prop_id)
    {
    case PROP_PLOT:
      g_value_set_boxed (value, self->plot);
      break;
    case PROP_EMPTY_MESSAGE:
      g_value_set_string (value, self->empty_message);
      break;
    case PROP_MENU_VISIBLE:
      g_value_set_boolean (value, gtk_widget_get_visible (self->menu_button));
      break;
    case PROP_FILE_NAME:
      g_value_set_string (value, self->file_name);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
us_chart_set_property (GObject      *object,
                       guint         prop_id,
                       const GValue *value,
                       GParamSpec   *pspec)
{
  UsChart *self = US_CHART (object);

  switch (prop_id)
    {
    case PROP_PLOT:
      us_chart_set_plot (self, g_value_get_boxed (value));
      break;
    case PROP_EMPTY_MESSAGE:
      g_free (self->empty_message);
      self->empty_message = g_value_dup_string (value);
      if (us_plot_get_n_layers (self->plot) == 0)
        us_chart_set_plot (self, NULL);
      break;
    case PROP_MENU_VISIBLE:
      gtk_widget_set_visible (self->menu_button, g_value_get_boolean (value));
      invalidate (self);
      break;
    case PROP_FILE_NAME:
      g_free (self->file_name);
      self->file_name = g_value_dup_string (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
us_chart_dispose (GObject *object)
{
  UsChart *self = US_CHART (object);

  g_clear_handle_id (&self->describe_source, g_source_remove);
  g_clear_pointer (&self->menu_button, gtk_widget_unparent);
  g_clear_pointer (&self->context_menu, gtk_widget_unparent);
  g_clear_object (&self->chooser);
  g_clear_pointer (&self->image, us_screen_image_free);
  g_clear_pointer (&self->frame, us_plot_frame_free);
  G_OBJECT_CLASS (us_chart_parent_class)->dispose (object);
}

static void
us_chart_finalize (GObject *object)
{
  UsChart *self = US_CHART (object);

  g_clear_pointer (&self->plot, us_plot_unref);
  g_free (self->empty_message);
  g_free (self->file_name);
  g_free (self->save_ending);
  G_OBJECT_CLASS (us_chart_parent_class)->finalize (object);
}

static void
us_chart_class_init (UsChartClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = us_chart_get_property;
  object_class->set_property = us_chart_set_property;
  object_class->dispose = us_chart_dispose;
  object_class->finalize = us_chart_finalize;
  widget_class->measure = us_chart_measure;
  widget_class->size_allocate = us_chart_size_allocate;
  widget_class->snapshot = us_chart_snapshot;
  widget_class->css_changed = us_chart_css_changed;

  props[PROP_PLOT] = g_param_spec_boxed ("plot", NULL, NULL, US_TYPE_PLOT, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  props[PROP_EMPTY_MESSAGE] = g_param_spec_string ("empty-message", NULL, NULL, NULL,
                                                   G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  props[PROP_MENU_VISIBLE] = g_param_spec_boolean ("menu-visible", NULL, NULL, TRUE,
                                                   G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  props[PROP_FILE_NAME] = g_param_spec_string ("file-name", NULL, NULL, NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  us_chart_install_actions (widget_class);
  us_chart_install_keys (widget_class);
  gtk_widget_class_set_css_name (widget_class, "chart");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
us_chart_init (UsChart *self)
{
  self->plot = us_plot_new (NULL);
  self->view = US_PLOT_VIEW_ALL;
  self->hover_x = self->hover_y = NAN;
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);

  us_chart_init_menu (self);
  us_chart_init_input (self);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "chart.reset-zoom", FALSE);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "chart.copy-numbers", FALSE);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "chart.copy-picture", FALSE);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "chart.save", FALSE);
  name_accessible (self);
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (on_dark_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect (self, "notify::scale-factor", G_CALLBACK (on_dark_changed_cb), NULL);
}

GtkWidget *
us_chart_new (void)
{
  return g_object_new (US_TYPE_CHART, NULL);
}
