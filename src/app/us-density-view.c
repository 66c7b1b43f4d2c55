/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-density-view.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>

#define N_POINTS 65
#define MARGIN 0.08             /* of the range, on both sides */

struct _UsDensityView
{
  GtkWidget parent_instance;

  float     height[N_POINTS];   /* 0..1 */
  gboolean  upright;            /* single values, not a density */
  gboolean  filled;             /* height holds something */
};

G_DEFINE_FINAL_TYPE (UsDensityView, us_density_view, GTK_TYPE_WIDGET)

/* Whole numbers and fixed values stand as bars at the nearest point. */
static void
sample_upright (UsDensityView        *self,
                const UsDistribution *distribution,
                double                x0,
                double                x1)
{
  double first = distribution->a;
  double last = distribution->kind == US_DISTRIBUTION_FIXED ? first : distribution->b;
  double step = MAX (1, (last - first) / N_POINTS);

  for (double value = first; value <= last; value += step)
    {
      int i = x1 > x0 ? (int) ((value - x0) / (x1 - x0) * (N_POINTS - 1) + 0.5) : N_POINTS / 2;

      self->height[CLAMP (i, 0, N_POINTS - 1)] = 1;
    }
}

/* x0, x1: the range, of ln x when over the logarithm; the density is then that of ln x, too. */
static void
sample_density (UsDensityView        *self,
                const UsParameter    *parameter,
                const UsDistribution *distribution,
                gboolean              logarithmic,
                double                x0,
                double                x1)
{
  float highest = 0;

  for (int i = 0; i < N_POINTS; i++)
    {
      double at = x0 + (x1 - x0) * i / (N_POINTS - 1), x = logarithmic ? exp (at) : at;

      self->height[i] = us_distribution_density (distribution, parameter, x) * (logarithmic ? x : 1);
      highest = MAX (highest, self->height[i]);
    }
  for (int i = 0; i < N_POINTS && highest > 0; i++)
    self->height[i] /= highest;
}

void
us_density_view_set (UsDensityView        *self,
                     const UsParameter    *parameter,
                     const UsDistribution *distribution)
{
  g_autofree char *words = NULL;
  gboolean logarithmic;
  double a0, a1, b0, b1, x0, x1, margin;

  g_return_if_fail (US_IS_DENSITY_VIEW (self));

  memset (self->height, 0, sizeof self->height);
  self->filled = distribution != NULL;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  if (distribution == NULL)
    {
      gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                      _("No valid prior"), -1);
      return;
    }

  us_distribution_support (&parameter->prior, parameter, &a0, &a1);
  us_distribution_support (distribution, parameter, &b0, &b1);
  /* Over decades a plain axis would show a spike at its lower end. */
  logarithmic = (distribution->kind == US_DISTRIBUTION_LOG_UNIFORM || distribution->kind == US_DISTRIBUTION_LOG_NORMAL)
                && MIN (a0, b0) > 0;
  x0 = logarithmic ? log (MIN (a0, b0)) : MIN (a0, b0);
  x1 = logarithmic ? log (MAX (a1, b1)) : MAX (a1, b1);
  margin = MARGIN * (x1 - x0);
  x0 -= margin;
  x1 += margin;
  self->upright = distribution->kind == US_DISTRIBUTION_FIXED ||
                  distribution->kind == US_DISTRIBUTION_DISCRETE;
  if (self->upright)
    sample_upright (self, distribution, x0, x1);
  else
    sample_density (self, parameter, distribution, logarithmic, x0, x1);

  words = g_strdup_printf (logarithmic ? _("Prior density of %s between %g and %g, over the logarithm")
                                       : _("Prior density of %s between %g and %g"), _(parameter->label), b0, b1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
}

static void
us_density_view_measure (GtkWidget      *widget,
                         GtkOrientation  orientation,
                         int             for_size,
                         int            *minimum,
                         int            *natural,
                         int            *minimum_baseline,
                         int            *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 48 : 20;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 88 : 28;
}

static void
draw_area (UsDensityView *self,
           cairo_t       *cr,
           double         width,
           double         height)
{
  double base = height - 1;

  cairo_move_to (cr, 0, base);
  for (int i = 0; i < N_POINTS; i++)
    {
      double x = width * i / (N_POINTS - 1);
      double next = width * (i + 1) / (N_POINTS - 1);
      double y = base - (height - 3) * self->height[i];

      /* Steps, so that the edge of a uniform prior is upright. */
      cairo_line_to (cr, x, y);
      cairo_line_to (cr, MIN (next, width), y);
    }
  cairo_line_to (cr, width, base);
  cairo_close_path (cr);
  cairo_fill (cr);
}

static void
draw_upright (UsDensityView *self,
              cairo_t       *cr,
              double         width,
              double         height)
{
  for (int i = 0; i < N_POINTS; i++)
    if (self->height[i] > 0)
      cairo_rectangle (cr, width * i / (N_POINTS - 1) - 1, 2, 2, height - 3);
  cairo_fill (cr);
}

static void
us_density_view_snapshot (GtkWidget   *widget,
                          GtkSnapshot *snapshot)
{
  UsDensityView *self = US_DENSITY_VIEW (widget);
  double width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  GtkStyleContext *context = gtk_widget_get_style_context (widget);
  GdkRGBA text, accent;
  cairo_t *cr;

  gtk_style_context_get_color (context, &text);
  if (!gtk_style_context_lookup_color (context, "accent_color", &accent))
    accent = text;
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  text.alpha *= 0.25;
  gdk_cairo_set_source_rgba (cr, &text);
  cairo_rectangle (cr, 0, height - 1, width, 1);
  cairo_fill (cr);
  if (self->filled)
    {
      accent.alpha *= 0.6;
      gdk_cairo_set_source_rgba (cr, &accent);
      if (self->upright)
        draw_upright (self, cr, width, height);
      else
        draw_area (self, cr, width, height);
    }
  cairo_destroy (cr);
}

static void
us_density_view_class_init (UsDensityViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->measure = us_density_view_measure;
  widget_class->snapshot = us_density_view_snapshot;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
us_density_view_init (UsDensityView *self)
{
}
