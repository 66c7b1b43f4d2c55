/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-swatch.h"

#include <adwaita.h>

#define SIZE 12

struct _UsSwatch
{
  GtkWidget parent_instance;

  int       colour;
};

enum
{
  PROP_0,
  PROP_COLOUR,
};

G_DEFINE_FINAL_TYPE (UsSwatch, us_swatch, GTK_TYPE_WIDGET)

static void
us_swatch_snapshot (GtkWidget   *widget,
                    GtkSnapshot *snapshot)
{
  UsSwatch *self = US_SWATCH (widget);
  gboolean dark = adw_style_manager_get_dark (adw_style_manager_get_default ());
  UsColour c = us_colour_get (dark ? US_THEME_DARK : US_THEME_LIGHT, self->colour);
  graphene_rect_t area = GRAPHENE_RECT_INIT (0, 0, gtk_widget_get_width (widget), gtk_widget_get_height (widget));
  GskRoundedRect round;

  gsk_rounded_rect_init_from_rect (&round, &area, 3);
  gtk_snapshot_push_rounded_clip (snapshot, &round);
  gtk_snapshot_append_color (snapshot, &(GdkRGBA) { c.red, c.green, c.blue, 1 }, &area);
  gtk_snapshot_pop (snapshot);
}

static void
us_swatch_measure (GtkWidget      *widget,
                   GtkOrientation  orientation,
                   int             for_size,
                   int            *minimum,
                   int            *natural,
                   int            *minimum_baseline,
                   int            *natural_baseline)
{
  *minimum = *natural = SIZE;
}

static void
us_swatch_set_property (GObject      *object,
                        guint         id,
                        const GValue *value,
                        GParamSpec   *pspec)
{
  if (id != PROP_COLOUR)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  US_SWATCH (object)->colour = g_value_get_int (value);
  gtk_widget_queue_draw (GTK_WIDGET (object));
}

static void
us_swatch_class_init (UsSwatchClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->set_property = us_swatch_set_property;
  widget_class->snapshot = us_swatch_snapshot;
  widget_class->measure = us_swatch_measure;
  g_object_class_install_property (object_class, PROP_COLOUR,
    g_param_spec_int ("colour", NULL, NULL, US_COLOUR_MUTED, US_N_COLOURS, US_COLOUR_FOREGROUND,
                      G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
us_swatch_init (UsSwatch *self)
{
  self->colour = US_COLOUR_FOREGROUND;
  gtk_widget_set_valign (GTK_WIDGET (self), GTK_ALIGN_CENTER);
  gtk_widget_set_halign (GTK_WIDGET (self), GTK_ALIGN_CENTER);
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (gtk_widget_queue_draw), self,
                           G_CONNECT_SWAPPED);
}
