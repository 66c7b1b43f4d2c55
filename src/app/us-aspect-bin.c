/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-aspect-bin.h"

struct _UsAspectBin
{
  GtkWidget  parent_instance;

  GtkWidget *child;             /* or NULL */
  double     ratio;
  int        max_height;
};

enum
{
  PROP_0,
  PROP_CHILD,
  PROP_RATIO,
  PROP_MAX_HEIGHT,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UsAspectBin, us_aspect_bin, GTK_TYPE_WIDGET)

void
us_aspect_bin_set_ratio (UsAspectBin *self,
                         double       ratio)
{
  g_return_if_fail (US_IS_ASPECT_BIN (self));

  if (self->ratio == ratio)
    return;
  self->ratio = ratio;
  gtk_widget_queue_resize (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RATIO]);
}

static void
us_aspect_bin_measure (GtkWidget      *widget,
                       GtkOrientation  orientation,
                       int             for_size,
                       int            *minimum,
                       int            *natural,
                       int            *minimum_baseline,
                       int            *natural_baseline)
{
  UsAspectBin *self = US_ASPECT_BIN (widget);

  *minimum = *natural = 0;
  if (self->child == NULL || !gtk_widget_should_layout (self->child))
    return;
  gtk_widget_measure (self->child, orientation, for_size, minimum, natural, NULL, NULL);
  if (orientation == GTK_ORIENTATION_HORIZONTAL || for_size < 0)
    return;
  /* The least too: a scrolled window gives no more than that. */
  *natural = for_size * self->ratio;
  if (self->max_height > 0)
    *natural = MIN (*natural, self->max_height);
  *minimum = *natural = MAX (*minimum, *natural);
}

static void
us_aspect_bin_size_allocate (GtkWidget *widget,
                             int        width,
                             int        height,
                             int        baseline)
{
  UsAspectBin *self = US_ASPECT_BIN (widget);

  if (self->child != NULL && gtk_widget_should_layout (self->child))
    gtk_widget_size_allocate (self->child, &(GtkAllocation) { 0, 0, width, height }, -1);
}

static GtkSizeRequestMode
us_aspect_bin_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
us_aspect_bin_get_property (GObject    *object,
                            guint       id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  UsAspectBin *self = US_ASPECT_BIN (object);

  switch (id)
    {
    case PROP_CHILD:
      g_value_set_object (value, self->child);
      break;
    case PROP_RATIO:
      g_value_set_double (value, self->ratio);
      break;
    case PROP_MAX_HEIGHT:
      g_value_set_int (value, self->max_height);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
us_aspect_bin_set_property (GObject      *object,
                            guint         id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  UsAspectBin *self = US_ASPECT_BIN (object);

  switch (id)
    {
    case PROP_CHILD:
      g_clear_pointer (&self->child, gtk_widget_unparent);
      self->child = g_value_get_object (value);
      if (self->child != NULL)
        gtk_widget_set_parent (self->child, GTK_WIDGET (self));
      break;
    case PROP_RATIO:
      us_aspect_bin_set_ratio (self, g_value_get_double (value));
      break;
    case PROP_MAX_HEIGHT:
      self->max_height = g_value_get_int (value);
      gtk_widget_queue_resize (GTK_WIDGET (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
us_aspect_bin_dispose (GObject *object)
{
  g_clear_pointer (&US_ASPECT_BIN (object)->child, gtk_widget_unparent);

  G_OBJECT_CLASS (us_aspect_bin_parent_class)->dispose (object);
}

static void
us_aspect_bin_class_init (UsAspectBinClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = us_aspect_bin_get_property;
  object_class->set_property = us_aspect_bin_set_property;
  object_class->dispose = us_aspect_bin_dispose;
  widget_class->measure = us_aspect_bin_measure;
  widget_class->size_allocate = us_aspect_bin_size_allocate;
  widget_class->get_request_mode = us_aspect_bin_get_request_mode;

  properties[PROP_CHILD] = g_param_spec_object ("child", NULL, NULL, GTK_TYPE_WIDGET, flags);
  properties[PROP_RATIO] = g_param_spec_double ("ratio", NULL, NULL, 0, G_MAXDOUBLE, 1, flags);
  properties[PROP_MAX_HEIGHT] = g_param_spec_int ("max-height", NULL, NULL, 0, G_MAXINT, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
us_aspect_bin_init (UsAspectBin *self)
{
  self->ratio = 1;
}
