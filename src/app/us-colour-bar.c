/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-colour-bar.h"

#define N_STOPS 17
#define HEIGHT 6

struct _UsColourBar
{
  GtkWidget parent_instance;

  int       map;
};

enum
{
  PROP_0,
  PROP_MAP,
};

G_DEFINE_FINAL_TYPE (UsColourBar, us_colour_bar, GTK_TYPE_WIDGET)

static void
us_colour_bar_measure (GtkWidget      *widget,
                       GtkOrientation  orientation,
                       int             for_size,
                       int            *minimum,
                       int            *natural,
                       int            *minimum_baseline,
                       int            *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 24 : HEIGHT;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 96 : HEIGHT;
}

static void
us_colour_bar_snapshot (GtkWidget   *widget,
                        GtkSnapshot *snapshot)
{
  UsColourBar *self = US_COLOUR_BAR (widget);
  graphene_rect_t area = GRAPHENE_RECT_INIT (0, 0, gtk_widget_get_width (widget),
                                             gtk_widget_get_height (widget));
  GskColorStop stops[N_STOPS];
  GskRoundedRect round;

  for (int i = 0; i < N_STOPS; i++)
    {
      double at = (double) i / (N_STOPS - 1);
      UsColour c = us_colour_map (self->map, at);

      stops[i] = (GskColorStop) { at, { c.red, c.green, c.blue, 1 } };
    }
  gsk_rounded_rect_init_from_rect (&round, &area, HEIGHT / 2.0);
  gtk_snapshot_push_rounded_clip (snapshot, &round);
  gtk_snapshot_append_linear_gradient (snapshot, &area, &area.origin,
                                       &GRAPHENE_POINT_INIT (area.size.width, 0), stops, N_STOPS);
  gtk_snapshot_pop (snapshot);
}

static void
us_colour_bar_set_property (GObject      *object,
                            guint         id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  UsColourBar *self = US_COLOUR_BAR (object);

  if (id == PROP_MAP)
    {
      self->map = g_value_get_int (value);
      gtk_widget_queue_draw (GTK_WIDGET (self));
    }
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
us_colour_bar_class_init (UsColourBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->set_property = us_colour_bar_set_property;
  widget_class->measure = us_colour_bar_measure;
  widget_class->snapshot = us_colour_bar_snapshot;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
  g_object_class_install_property (G_OBJECT_CLASS (klass), PROP_MAP,
    g_param_spec_int ("map", NULL, NULL, US_COLOUR_MAP_SEQUENTIAL, US_COLOUR_MAP_GREY,
                      US_COLOUR_MAP_DIVERGING, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
}

static void
us_colour_bar_init (UsColourBar *self)
{
  self->map = US_COLOUR_MAP_DIVERGING;
}
