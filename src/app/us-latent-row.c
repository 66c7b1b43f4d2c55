/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-latent-row.h"

#include <glib/gi18n.h>
#include <math.h>

struct _UsLatentRow
{
  GtkListBoxRow  parent_instance;

  GtkAdjustment *number;        /* in units; owned */
  GtkAdjustment *slider;        /* the same, or log10 of it; owned */
  gboolean       logarithmic;
  gboolean       discrete;
  gboolean       syncing;       /* one of the two follows the other */
  gboolean       odd;           /* so many pictures of it were taken */
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UsLatentRow, us_latent_row, GTK_TYPE_LIST_BOX_ROW)

double
us_latent_row_get_value (UsLatentRow *self)
{
  g_return_val_if_fail (US_IS_LATENT_ROW (self), 0);

  return gtk_adjustment_get_value (self->number);
}

void
us_latent_row_set_value (UsLatentRow *self,
                         double       value)
{
  g_return_if_fail (US_IS_LATENT_ROW (self));

  gtk_adjustment_set_value (self->number, self->discrete ? round (value) : value);
}

double
us_latent_row_get_position (UsLatentRow *self)
{
  double lower, upper;

  g_return_val_if_fail (US_IS_LATENT_ROW (self), 0);

  lower = gtk_adjustment_get_lower (self->slider);
  upper = gtk_adjustment_get_upper (self->slider);
  return upper > lower ? (gtk_adjustment_get_value (self->slider) - lower) / (upper - lower) : 0.5;
}

void
us_latent_row_set_position (UsLatentRow *self,
                            double       position)
{
  double lower, upper, value;

  g_return_if_fail (US_IS_LATENT_ROW (self));

  lower = gtk_adjustment_get_lower (self->slider);
  upper = gtk_adjustment_get_upper (self->slider);
  value = lower + position * (upper - lower);
  us_latent_row_set_value (self, self->logarithmic ? pow (10, value) : value);
}

/* Keeps the logarithmic slider and the number together. */
static void
on_number_changed (UsLatentRow *self)
{
  if (self->logarithmic && !self->syncing)
    {
      self->syncing = TRUE;
      gtk_adjustment_set_value (self->slider, log10 (gtk_adjustment_get_value (self->number)));
      self->syncing = FALSE;
    }
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
on_slider_changed (UsLatentRow *self)
{
  if (self->syncing)
    return;
  self->syncing = TRUE;
  us_latent_row_set_value (self, pow (10, gtk_adjustment_get_value (self->slider)));
  self->syncing = FALSE;
}

/* So many decimals that a thousandth of the range shows. */
static guint
n_digits (double   range,
          gboolean discrete)
{
  if (discrete || range <= 0)
    return discrete ? 0 : 3;
  return CLAMP (3 - (int) floor (log10 (range)), 0, 9);
}

static void
make_adjustments (UsLatentRow          *self,
                  const UsDistribution *distribution,
                  double                lower,
                  double                upper)
{
  double step;

  self->discrete = distribution->kind == US_DISTRIBUTION_DISCRETE;
  self->logarithmic = (distribution->kind == US_DISTRIBUTION_LOG_UNIFORM ||
                       distribution->kind == US_DISTRIBUTION_LOG_NORMAL) && lower > 0;
  step = self->discrete ? 1 : (upper - lower) / 100;
  self->number = g_object_ref_sink (gtk_adjustment_new ((lower + upper) / 2, lower, upper,
                                                        step, self->discrete ? 1 : 10 * step, 0));
  if (self->logarithmic)
    {
      double decades = log10 (upper / lower);

      gtk_adjustment_set_value (self->number, sqrt (lower * upper));
      self->slider = g_object_ref_sink (gtk_adjustment_new (log10 (lower) + decades / 2,
                                                            log10 (lower), log10 (upper),
                                                            decades / 100, decades / 10, 0));
      g_signal_connect_object (self->slider, "value-changed", G_CALLBACK (on_slider_changed), self,
                               G_CONNECT_SWAPPED);
    }
  else
    self->slider = g_object_ref (self->number);
  g_signal_connect_object (self->number, "value-changed", G_CALLBACK (on_number_changed), self,
                           G_CONNECT_SWAPPED);
}

static GtkWidget *
make_name (const UsParameter *parameter)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *label = gtk_label_new (_(parameter->label));
  GtkWidget *symbol = gtk_label_new (parameter->symbol);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 14);
  gtk_label_set_xalign (GTK_LABEL (symbol), 0);
  gtk_widget_add_css_class (symbol, "caption");
  gtk_widget_add_css_class (symbol, "dim-label");
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), symbol);
  gtk_widget_set_valign (box, GTK_ALIGN_CENTER);
  return box;
}

/* What rounds to zero has no sign; GTK thinks of that only up to four digits. */
static gboolean
on_output (GtkSpinButton *spin)
{
  g_autofree char *text = g_strdup_printf ("%.*f", (int) gtk_spin_button_get_digits (spin),
                                           gtk_spin_button_get_value (spin));
  const char *shown = *text == '-' && strpbrk (text, "123456789") == NULL ? text + 1 : text;

  if (!g_str_equal (shown, gtk_editable_get_text (GTK_EDITABLE (spin))))
    gtk_editable_set_text (GTK_EDITABLE (spin), shown);
  return TRUE;
}

GtkWidget *
us_latent_row_new (UsPrior      *prior,
                   gsize         parameter,
                   GtkSizeGroup *names,
                   GtkSizeGroup *numbers)
{
  UsLatentRow *self = g_object_new (US_TYPE_LATENT_ROW, NULL);
  const UsParameter *p = &us_prior_simulator (prior)->parameters[parameter];
  gboolean has_unit = p->unit != NULL && *p->unit != '\0' && strcmp (p->unit, "1") != 0;
  g_autofree char *accessible = NULL, *tooltip = NULL;
  GtkWidget *box, *name, *scale, *spin;
  double lower, upper;

  us_prior_range (prior, parameter, &lower, &upper);
  make_adjustments (self, us_prior_distribution (prior, parameter), lower, upper);

  box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 9);
  gtk_widget_set_margin_start (box, 12);
  gtk_widget_set_margin_end (box, 9);
  gtk_widget_set_margin_top (box, 3);
  gtk_widget_set_margin_bottom (box, 3);
  name = make_name (p);
  gtk_size_group_add_widget (names, name);
  gtk_box_append (GTK_BOX (box), name);

  scale = gtk_scale_new (GTK_ORIENTATION_HORIZONTAL, self->slider);
  gtk_scale_set_draw_value (GTK_SCALE (scale), FALSE);
  gtk_widget_set_hexpand (scale, TRUE);
  gtk_widget_set_size_request (scale, 90, -1);
  gtk_box_append (GTK_BOX (box), scale);

  spin = gtk_spin_button_new (NULL, 0, n_digits (upper - lower, self->discrete));
  g_signal_connect (spin, "output", G_CALLBACK (on_output), NULL);
  gtk_spin_button_set_adjustment (GTK_SPIN_BUTTON (spin), self->number);
  gtk_editable_set_width_chars (GTK_EDITABLE (spin), 6);
  gtk_editable_set_max_width_chars (GTK_EDITABLE (spin), 7);
  gtk_spin_button_set_numeric (GTK_SPIN_BUTTON (spin), TRUE);
  gtk_widget_set_valign (spin, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (spin, "numeric");
  gtk_size_group_add_widget (numbers, spin);
  gtk_box_append (GTK_BOX (box), spin);
  if (has_unit)
    {
      GtkWidget *unit = gtk_label_new (p->unit);

      gtk_widget_add_css_class (unit, "dim-label");
      gtk_box_append (GTK_BOX (box), unit);
    }

  accessible = has_unit ? g_strdup_printf ("%s (%s)", _(p->label), p->unit)
                        : g_strdup (_(p->label));
  gtk_accessible_update_property (GTK_ACCESSIBLE (scale),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, accessible, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (spin),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, accessible, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, accessible, -1);
  /* Translators: name, symbol, lower and upper end, unit */
  tooltip = g_strdup_printf (_("%s, %s: %g to %g %s"), _(p->label), p->symbol, lower, upper,
                             has_unit ? p->unit : "");
  gtk_widget_set_tooltip_text (name, g_strchomp (tooltip));

  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (self), box);
  gtk_widget_set_sensitive (GTK_WIDGET (self), upper > lower);
  return GTK_WIDGET (self);
}

/* GTK 4.8 stops asking what has changed when it has found thirty rectangles, and paints
 * the whole page.  A knob, its fill and its number, cut into bands by the pictures beside
 * them, are nearly as many: so a row in which something moves has changed as one.  It is
 * in a clip, wider than itself, that is never that of the time before. */
static void
us_latent_row_snapshot (GtkWidget   *widget,
                        GtkSnapshot *snapshot)
{
  UsLatentRow *self = US_LATENT_ROW (widget);
  GtkSnapshot *row = gtk_snapshot_new ();
  g_autoptr(GskRenderNode) node = NULL, clip = NULL;
  graphene_rect_t bounds;

  GTK_WIDGET_CLASS (us_latent_row_parent_class)->snapshot (widget, row);
  node = gtk_snapshot_free_to_node (row);
  if (node == NULL)
    return;
  self->odd = !self->odd;
  gsk_render_node_get_bounds (node, &bounds);
  graphene_rect_inset (&bounds, self->odd ? -1 : -2, -1);
  clip = gsk_clip_node_new (node, &bounds);
  gtk_snapshot_append_node (snapshot, clip);
}

static void
us_latent_row_dispose (GObject *object)
{
  UsLatentRow *self = US_LATENT_ROW (object);

  g_clear_object (&self->number);
  g_clear_object (&self->slider);

  G_OBJECT_CLASS (us_latent_row_parent_class)->dispose (object);
}

static void
us_latent_row_class_init (UsLatentRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = us_latent_row_dispose;
  GTK_WIDGET_CLASS (klass)->snapshot = us_latent_row_snapshot;
  signals[CHANGED] = g_signal_new ("changed", US_TYPE_LATENT_ROW, G_SIGNAL_RUN_LAST, 0,
                                   NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
us_latent_row_init (UsLatentRow *self)
{
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (self), FALSE);
  gtk_widget_set_focusable (GTK_WIDGET (self), FALSE);
}
