/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-estimate-row.h"
#include "us-colour.h"
#include "us-quantity.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* An interval as wide as that, as a share of the value, has two ends worth naming. */
#define WIDE 0.5

/* --- the bar --------------------------------------------------------------- */

#define US_TYPE_INTERVAL_BAR (us_interval_bar_get_type ())
G_DECLARE_FINAL_TYPE (UsIntervalBar, us_interval_bar, US, INTERVAL_BAR, GtkWidget)

/* Places 0..1 on the support; NaN: nothing to show. */
struct _UsIntervalBar
{
  GtkWidget parent_instance;
  double    mean, lower, upper;
};

G_DEFINE_FINAL_TYPE (UsIntervalBar, us_interval_bar, GTK_TYPE_WIDGET)

static void
us_interval_bar_snapshot (GtkWidget   *widget,
                          GtkSnapshot *snapshot)
{
  UsIntervalBar *self = US_INTERVAL_BAR (widget);
  UsTheme theme = adw_style_manager_get_dark (adw_style_manager_get_default ()) ? US_THEME_DARK : US_THEME_LIGHT;
  UsColour track = us_colour_grid (theme), mark = us_colour_get (theme, 1);
  double width = gtk_widget_get_width (widget), middle = gtk_widget_get_height (widget) / 2.0;
  GdkRGBA colour = { track.red, track.green, track.blue, 1 };

  gtk_snapshot_append_color (snapshot, &colour, &GRAPHENE_RECT_INIT (0, middle - 1, width, 2));
  if (!isfinite (self->mean))
    return;
  colour = (GdkRGBA) { mark.red, mark.green, mark.blue, 0.45 };
  gtk_snapshot_append_color (snapshot, &colour,
                             &GRAPHENE_RECT_INIT (self->lower * width, middle - 4,
                                                  MAX ((self->upper - self->lower) * width, 2), 8));
  colour.alpha = 1;
  gtk_snapshot_append_color (snapshot, &colour, &GRAPHENE_RECT_INIT (self->mean * (width - 3), middle - 7, 3, 14));
}

static void
us_interval_bar_measure (GtkWidget      *widget,
                         GtkOrientation  orientation,
                         int             for_size,
                         int            *minimum,
                         int            *natural,
                         int            *minimum_baseline,
                         int            *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 48 : 18;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 160 : 18;
}

static void
us_interval_bar_class_init (UsIntervalBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->snapshot = us_interval_bar_snapshot;
  widget_class->measure = us_interval_bar_measure;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
us_interval_bar_init (UsIntervalBar *self)
{
  self->mean = NAN;
}

/* --- the row ---------------------------------------------------------------- */

struct _UsEstimateRow
{
  GtkListBoxRow  parent_instance;

  /* owned */
  UsPrior       *prior;

  /* children */
  UsIntervalBar *bar;
  GtkLabel      *number;

  gsize          parameter;
};

G_DEFINE_FINAL_TYPE (UsEstimateRow, us_estimate_row, GTK_TYPE_LIST_BOX_ROW)

/* "-0.1" with the sign that typographers use; "-0.0" without: what is left of it says nothing. */
static char *
with_minus (const char *text)
{
  if (*text == '-' && strspn (text + 1, "0.,") == strlen (text + 1))
    return g_strdup (text + 1);
  return *text == '-' ? g_strconcat ("\u2212", text + 1, NULL) : g_strdup (text);
}

char *
us_estimate_to_string (double mean,
                       double lower,
                       double upper)
{
  double half = (upper - lower) / 2;
  g_autofree char *plain = NULL, *value = NULL;
  int digits;

  if (!isfinite (mean))
    return g_strdup ("–");
  if (!(half > 0))
    {
      plain = g_strdup_printf ("%.6g", mean);
      return with_minus (plain);
    }
  /* Two digits of the half width: what the interval is worth. */
  digits = CLAMP (1 - (int) floor (log10 (half)), 0, 12);
  plain = g_strdup_printf ("%.*f", digits, mean);
  value = with_minus (plain);
  return g_strdup_printf ("%s ± %.*f", value, digits, half);
}

/* Over decades an interval is not symmetric: "61.2 (13.1 … 665)". */
static char *
format_ends (double mean,
             double lower,
             double upper)
{
  g_autofree char *middle = us_quantity_format (mean, "");
  g_autofree char *from = us_quantity_format (lower, "");
  g_autofree char *to = us_quantity_format (upper, "");

  return g_strdup_printf ("%s (%s … %s)", middle, from, to);
}

/* Where a value stands on the prior's support, 0..1. */
static double
place (UsEstimateRow *self,
       double         value)
{
  double lower, upper;

  us_prior_range (self->prior, self->parameter, &lower, &upper);
  if (us_prior_distribution (self->prior, self->parameter)->kind == US_DISTRIBUTION_LOG_UNIFORM && lower > 0)
    return CLAMP (log (MAX (value, lower) / lower) / log (upper / lower), 0, 1);
  return upper > lower ? CLAMP ((value - lower) / (upper - lower), 0, 1) : 0.5;
}

void
us_estimate_row_set (UsEstimateRow *self,
                     double         mean,
                     double         lower,
                     double         upper)
{
  us_estimate_row_set_scaled (self, mean, lower, upper, 1, 0);
}

void
us_estimate_row_set_scaled (UsEstimateRow *self,
                            double         mean,
                            double         lower,
                            double         upper,
                            double         scale,
                            double         shift)
{
  const UsParameter *parameter = &us_prior_simulator (self->prior)->parameters[self->parameter];
  gboolean ends = us_prior_distribution (self->prior, self->parameter)->kind == US_DISTRIBUTION_LOG_UNIFORM
                  && isfinite (mean) && upper - lower > WIDE * mean;
  g_autofree char *number = ends ? format_ends (mean / scale + shift, lower / scale + shift, upper / scale + shift)
                                 : us_estimate_to_string (mean / scale + shift, lower / scale + shift,
                                                          upper / scale + shift);
  g_autofree char *text = NULL, *described = NULL;

  self->bar->mean = isfinite (mean) ? place (self, mean) : NAN;
  self->bar->lower = isfinite (mean) ? place (self, lower) : 0;
  self->bar->upper = isfinite (mean) ? place (self, upper) : 0;
  gtk_widget_queue_draw (GTK_WIDGET (self->bar));
  text = *parameter->unit != '\0' ? g_strdup_printf ("%s %s", number, parameter->unit) : g_steal_pointer (&number);
  gtk_label_set_text (self->number, text);
  described = g_strdup_printf ("%s %s", _(parameter->label), text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, described, -1);
}

static void
us_estimate_row_dispose (GObject *object)
{
  UsEstimateRow *self = US_ESTIMATE_ROW (object);

  g_clear_pointer (&self->prior, us_prior_unref);

  G_OBJECT_CLASS (us_estimate_row_parent_class)->dispose (object);
}

static void
us_estimate_row_class_init (UsEstimateRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = us_estimate_row_dispose;
}

static void
us_estimate_row_init (UsEstimateRow *self)
{
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (self), FALSE);
  gtk_list_box_row_set_selectable (GTK_LIST_BOX_ROW (self), FALSE);
}

GtkWidget *
us_estimate_row_new (UsPrior      *prior,
                     gsize         parameter,
                     GtkSizeGroup *names,
                     GtkSizeGroup *numbers)
{
  UsEstimateRow *self = g_object_new (US_TYPE_ESTIMATE_ROW, NULL);
  const UsParameter *p = &us_prior_simulator (prior)->parameters[parameter];
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  g_autofree char *title = g_strdup_printf ("%s  %s", p->symbol, _(p->label));
  GtkWidget *name = gtk_label_new (title);

  self->prior = us_prior_ref (prior);
  self->parameter = parameter;
  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_size_group_add_widget (names, name);
  self->bar = g_object_new (US_TYPE_INTERVAL_BAR, "hexpand", TRUE, "valign", GTK_ALIGN_CENTER, NULL);
  self->number = GTK_LABEL (gtk_label_new (NULL));
  gtk_label_set_xalign (self->number, 1);
  gtk_label_set_width_chars (self->number, 16);
  gtk_label_set_selectable (self->number, TRUE);
  gtk_widget_add_css_class (GTK_WIDGET (self->number), "numeric");
  gtk_size_group_add_widget (numbers, GTK_WIDGET (self->number));
  gtk_widget_set_margin_start (box, 12);
  gtk_widget_set_margin_end (box, 12);
  gtk_widget_set_margin_top (box, 6);
  gtk_widget_set_margin_bottom (box, 6);
  gtk_box_append (GTK_BOX (box), name);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->bar));
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->number));
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (self), box);
  us_estimate_row_set (self, NAN, NAN, NAN);
  return GTK_WIDGET (self);
}
