/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-read-out.h"

struct _UsReadOut
{
  GtkWidget    parent_instance;

  PangoLayout *layout;          /* owned */
};

enum
{
  PROP_0,
  PROP_TEXT,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UsReadOut, us_read_out, GTK_TYPE_WIDGET)

/* Height in pixels when the text is width pixels wide; width < 0: in one line. */
static int
height_for (UsReadOut *self,
            int        width)
{
  int height;

  pango_layout_set_width (self->layout, width < 0 ? -1 : width * PANGO_SCALE);
  pango_layout_get_pixel_size (self->layout, NULL, &height);
  return height;
}

void
us_read_out_set_text (UsReadOut  *self,
                      const char *text)
{
  GtkWidget *widget = GTK_WIDGET (self);
  int room = gtk_widget_get_width (widget), before, width, height;

  g_return_if_fail (US_IS_READ_OUT (self));

  text = text != NULL ? text : "";
  if (g_str_equal (pango_layout_get_text (self->layout), text))
    return;
  before = height_for (self, room);
  pango_layout_set_text (self->layout, text, -1);
  height = height_for (self, room);
  pango_layout_get_pixel_size (self->layout, &width, NULL);
  if (height == before && width <= room)
    gtk_widget_queue_draw (widget);
  else
    gtk_widget_queue_resize (widget);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TEXT]);
}

const char *
us_read_out_get_text (UsReadOut *self)
{
  g_return_val_if_fail (US_IS_READ_OUT (self), NULL);

  return pango_layout_get_text (self->layout);
}

static void
us_read_out_measure (GtkWidget      *widget,
                     GtkOrientation  orientation,
                     int             for_size,
                     int            *minimum,
                     int            *natural,
                     int            *minimum_baseline,
                     int            *natural_baseline)
{
  UsReadOut *self = US_READ_OUT (widget);

  if (orientation == GTK_ORIENTATION_VERTICAL)
    {
      *minimum = *natural = height_for (self, for_size);
      return;
    }
  /* Every word may stand in a line of its own. */
  height_for (self, 0);
  pango_layout_get_pixel_size (self->layout, minimum, NULL);
  height_for (self, -1);
  pango_layout_get_pixel_size (self->layout, natural, NULL);
}

static GtkSizeRequestMode
us_read_out_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
us_read_out_snapshot (GtkWidget   *widget,
                      GtkSnapshot *snapshot)
{
  UsReadOut *self = US_READ_OUT (widget);
  GdkRGBA colour;

  height_for (self, gtk_widget_get_width (widget));
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &colour);
  gtk_snapshot_append_layout (snapshot, self->layout, &colour);
}

static void
us_read_out_css_changed (GtkWidget         *widget,
                         GtkCssStyleChange *change)
{
  GTK_WIDGET_CLASS (us_read_out_parent_class)->css_changed (widget, change);
  pango_layout_context_changed (US_READ_OUT (widget)->layout);
  gtk_widget_queue_resize (widget);
}

static void
us_read_out_system_setting_changed (GtkWidget        *widget,
                                    GtkSystemSetting  setting)
{
  GTK_WIDGET_CLASS (us_read_out_parent_class)->system_setting_changed (widget, setting);
  pango_layout_context_changed (US_READ_OUT (widget)->layout);
  gtk_widget_queue_resize (widget);
}

static void
us_read_out_get_property (GObject    *object,
                          guint       id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  if (id == PROP_TEXT)
    g_value_set_string (value, us_read_out_get_text (US_READ_OUT (object)));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
us_read_out_set_property (GObject      *object,
                          guint         id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  if (id == PROP_TEXT)
    us_read_out_set_text (US_READ_OUT (object), g_value_get_string (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
us_read_out_finalize (GObject *object)
{
  g_object_unref (US_READ_OUT (object)->layout);

  G_OBJECT_CLASS (us_read_out_parent_class)->finalize (object);
}

static void
us_read_out_class_init (UsReadOutClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = us_read_out_get_property;
  object_class->set_property = us_read_out_set_property;
  object_class->finalize = us_read_out_finalize;
  widget_class->measure = us_read_out_measure;
  widget_class->get_request_mode = us_read_out_get_request_mode;
  widget_class->snapshot = us_read_out_snapshot;
  widget_class->css_changed = us_read_out_css_changed;
  widget_class->system_setting_changed = us_read_out_system_setting_changed;

  properties[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, "",
                                               G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  gtk_widget_class_set_css_name (widget_class, "label");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_LABEL);
}

static void
us_read_out_init (UsReadOut *self)
{
  g_autoptr(PangoAttrList) attributes = pango_attr_list_new ();

  pango_attr_list_insert (attributes, pango_attr_font_features_new ("tnum=1"));
  self->layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), "");
  pango_layout_set_attributes (self->layout, attributes);
  pango_layout_set_alignment (self->layout, PANGO_ALIGN_CENTER);
  pango_layout_set_wrap (self->layout, PANGO_WRAP_WORD);
}
