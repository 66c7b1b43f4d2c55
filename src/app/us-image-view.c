/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-image-view.h"

#include "us-screen-image.h"

#include <glib/gi18n.h>
#include <math.h>

/*
 * GTK 4.8 has no nearest-neighbour filter for textures, so the picture is
 * enlarged here, by whole device pixels: 64 x 64 to 384 x 384 takes 0.1 ms,
 * and the renderer copies it as it is.
 */

struct _UsImageView
{
  GtkWidget parent_instance;

  /* owned */
  guint32            *colours;      /* (height, width), as the renderer wants them; NULL: empty */
  float              *pixels;       /* (height, width, channels) */
  gsize               height, width, channels;
  double              lower, upper;
  UsColourMap         map;
  char               *label;
  char               *empty_message;
  UsImageViewOverlay  overlay;
  gpointer            overlay_data;
  GDestroyNotify      overlay_destroy;

  /* cached */
  UsScreenImage      *image;            /* enlarged; NULL: to be made */
};

G_DEFINE_FINAL_TYPE (UsImageView, us_image_view, GTK_TYPE_WIDGET)

#define NATURAL_SIDE 192
#define LEAST_SIDE   48

enum
{
  PROP_0,
  PROP_LABEL,
  PROP_EMPTY_MESSAGE,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

/* ---- colours ------------------------------------------------------------- */

static guint32
level (double value,
       double lower,
       double factor)
{
  double position = (value - lower) * factor;

  return (guint32) (CLAMP (position, 0.0, 255.0) + 0.5);
}

/* What is not finite is left out: the ground shows through. */
static void
colour_pixels (UsImageView *self)
{
  const guint32 *table = us_colour_map_table (self->map);
  double factor = 255.0 / (self->upper - self->lower);
  gsize n = self->height * self->width;

  for (gsize i = 0; i < n; i++)
    {
      const float *pixel = self->pixels + i * self->channels;

      if (!isfinite (pixel[0]) || (self->channels == 3 && !(isfinite (pixel[1]) && isfinite (pixel[2]))))
        self->colours[i] = 0;
      else if (self->channels == 1)
        self->colours[i] = table[level (pixel[0], self->lower, factor)];
      else
        self->colours[i] = 0xff000000u | level (pixel[0], self->lower, factor) << 16 |
                           level (pixel[1], self->lower, factor) << 8 | level (pixel[2], self->lower, factor);
    }
  g_clear_pointer (&self->image, us_screen_image_free);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* ---- geometry ------------------------------------------------------------ */

/* Size in device pixels: whole multiples where that costs little of the room. */
static void
fit (UsImageView *self,
     int         *width,
     int         *height)
{
  int scale = gtk_widget_get_scale_factor (GTK_WIDGET (self));
  double room_x = gtk_widget_get_width (GTK_WIDGET (self)) * scale;
  double room_y = gtk_widget_get_height (GTK_WIDGET (self)) * scale;
  double factor = MIN (room_x / (double) self->width, room_y / (double) self->height);

  if (factor >= 4.0)
    factor = floor (factor);
  *width = MAX ((int) floor (factor * (double) self->width), 1);
  *height = MAX ((int) floor (factor * (double) self->height), 1);
}

gboolean
us_image_view_get_picture (UsImageView     *self,
                           graphene_rect_t *picture)
{
  int scale, width, height;

  g_return_val_if_fail (US_IS_IMAGE_VIEW (self), FALSE);

  if (self->colours == NULL)
    return FALSE;
  scale = gtk_widget_get_scale_factor (GTK_WIDGET (self));
  fit (self, &width, &height);
  if (picture != NULL)
    graphene_rect_init (picture,
                        (float) ((gtk_widget_get_width (GTK_WIDGET (self)) * scale - width) / 2) / (float) scale,
                        (float) ((gtk_widget_get_height (GTK_WIDGET (self)) * scale - height) / 2) / (float) scale,
                        (float) width / (float) scale, (float) height / (float) scale);
  return TRUE;
}

static void
enlarge (UsImageView *self,
         int          width,
         int          height)
{
  g_autofree gsize *columns = g_new (gsize, width);
  cairo_surface_t *surface;
  guint32 *out;                 /* (height, stride) */
  gsize stride, last = G_MAXSIZE;

  us_screen_image_free (self->image);
  self->image = us_screen_image_new (width, height);
  surface = us_screen_image_get_surface (self->image);
  out = (guint32 *) cairo_image_surface_get_data (surface);
  stride = (gsize) cairo_image_surface_get_stride (surface) / sizeof *out;
  cairo_surface_flush (surface);
  for (int x = 0; x < width; x++)
    columns[x] = (gsize) x * self->width / (gsize) width;
  for (int y = 0; y < height; y++)
    {
      gsize row = (gsize) y * self->height / (gsize) height;
      guint32 *line = out + (gsize) y * stride;

      if (row == last)
        memcpy (line, line - stride, (gsize) width * sizeof *line);
      else
        for (int x = 0; x < width; x++)
          line[x] = self->colours[row * self->width + columns[x]];
      last = row;
    }
  cairo_surface_mark_dirty (surface);
}

/* ---- public -------------------------------------------------------------- */

void
us_image_view_set_pixels (UsImageView *self,
                          const float *pixels,
                          gsize        height,
                          gsize        width,
                          gsize        channels,
                          double       lower,
                          double       upper)
{
  g_return_if_fail (US_IS_IMAGE_VIEW (self));
  g_return_if_fail (pixels == NULL || ((channels == 1 || channels == 3) && height > 0 && width > 0));
  g_return_if_fail (pixels == NULL || (height <= 8192 && width <= 8192));

  if (pixels == NULL)
    {
      g_clear_pointer (&self->colours, g_free);
      g_clear_pointer (&self->pixels, g_free);
      g_clear_pointer (&self->image, us_screen_image_free);
      self->height = self->width = 0;
      gtk_widget_queue_draw (GTK_WIDGET (self));
      return;
    }
  if (self->pixels == NULL || height != self->height || width != self->width || channels != self->channels)
    {
      g_free (self->pixels);
      g_free (self->colours);
      self->pixels = g_new (float, height * width * channels);
      self->colours = g_new (guint32, height * width);
      self->height = height;
      self->width = width;
      self->channels = channels;
    }
  memcpy (self->pixels, pixels, height * width * channels * sizeof *pixels);
  self->lower = lower;
  self->upper = upper > lower ? upper : lower + 1.0;
  colour_pixels (self);
}

void
us_image_view_set_map (UsImageView *self,
                       UsColourMap  map)
{
  g_return_if_fail (US_IS_IMAGE_VIEW (self));

  self->map = map;
  if (self->colours != NULL)
    colour_pixels (self);
}

void
us_image_view_set_label (UsImageView *self,
                         const char  *label)
{
  char *copy = g_strdup (label);

  g_return_if_fail (US_IS_IMAGE_VIEW (self));

  g_free (self->label);
  self->label = copy;
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, label != NULL ? label : _("Picture"), -1);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LABEL]);
}

void
us_image_view_set_overlay (UsImageView        *self,
                           UsImageViewOverlay  overlay,
                           gpointer            user_data,
                           GDestroyNotify      destroy)
{
  g_return_if_fail (US_IS_IMAGE_VIEW (self));

  if (self->overlay_destroy != NULL)
    self->overlay_destroy (self->overlay_data);
  self->overlay = overlay;
  self->overlay_data = user_data;
  self->overlay_destroy = destroy;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* ---- widget -------------------------------------------------------------- */

static void
us_image_view_measure (GtkWidget      *widget,
                       GtkOrientation  orientation,
                       int             for_size,
                       int            *minimum,
                       int            *natural,
                       int            *minimum_baseline,
                       int            *natural_baseline)
{
  *minimum = LEAST_SIDE;
  *natural = NATURAL_SIDE;
  *minimum_baseline = *natural_baseline = -1;
}

static void
snapshot_message (UsImageView *self,
                  GtkSnapshot *snapshot)
{
  GtkWidget *widget = GTK_WIDGET (self);
  g_autoptr(PangoLayout) layout = NULL;
  GdkRGBA colour;
  int width = gtk_widget_get_width (widget), height;

  if (self->empty_message == NULL || self->empty_message[0] == '\0' || width < 16)
    return;
  layout = gtk_widget_create_pango_layout (widget, self->empty_message);
  pango_layout_set_width (layout, (width - 12) * PANGO_SCALE);
  pango_layout_set_wrap (layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_alignment (layout, PANGO_ALIGN_CENTER);
  pango_layout_get_pixel_size (layout, NULL, &height);
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &colour);
  colour.alpha *= 0.55f;
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (6, (float) MAX ((gtk_widget_get_height (widget) - height) / 2, 0)));
  gtk_snapshot_append_layout (snapshot, layout, &colour);
  gtk_snapshot_restore (snapshot);
}

static void
us_image_view_snapshot (GtkWidget   *widget,
                        GtkSnapshot *snapshot)
{
  UsImageView *self = US_IMAGE_VIEW (widget);
  graphene_rect_t picture;
  int width, height;

  if (!us_image_view_get_picture (self, &picture))
    {
      snapshot_message (self, snapshot);
      return;
    }
  fit (self, &width, &height);
  if (self->image == NULL || us_screen_image_get_width (self->image) != width ||
      us_screen_image_get_height (self->image) != height)
    enlarge (self, width, height);
  us_screen_image_append (self->image, widget, snapshot, &picture);
  if (self->overlay != NULL)
    self->overlay (self, snapshot, &picture, self->overlay_data);
}

static void
us_image_view_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  UsImageView *self = US_IMAGE_VIEW (object);

  switch (prop_id)
    {
    case PROP_LABEL:
      g_value_set_string (value, self->label);
      break;
    case PROP_EMPTY_MESSAGE:
      g_value_set_string (value, self->empty_message);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
us_image_view_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  UsImageView *self = US_IMAGE_VIEW (object);

  switch (prop_id)
    {
    case PROP_LABEL:
      us_image_view_set_label (self, g_value_get_string (value));
      break;
    case PROP_EMPTY_MESSAGE:
      g_free (self->empty_message);
      self->empty_message = g_value_dup_string (value);
      gtk_widget_queue_draw (GTK_WIDGET (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
us_image_view_dispose (GObject *object)
{
  UsImageView *self = US_IMAGE_VIEW (object);
  GDestroyNotify destroy = g_steal_pointer (&self->overlay_destroy);

  if (destroy != NULL)
    destroy (self->overlay_data);
  self->overlay = NULL;
  g_clear_pointer (&self->image, us_screen_image_free);
  G_OBJECT_CLASS (us_image_view_parent_class)->dispose (object);
}

static void
us_image_view_finalize (GObject *object)
{
  UsImageView *self = US_IMAGE_VIEW (object);

  g_free (self->colours);
  g_free (self->pixels);
  g_free (self->label);
  g_free (self->empty_message);
  G_OBJECT_CLASS (us_image_view_parent_class)->finalize (object);
}

static void
us_image_view_class_init (UsImageViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = us_image_view_get_property;
  object_class->set_property = us_image_view_set_property;
  object_class->dispose = us_image_view_dispose;
  object_class->finalize = us_image_view_finalize;
  widget_class->measure = us_image_view_measure;
  widget_class->snapshot = us_image_view_snapshot;

  props[PROP_LABEL] = g_param_spec_string ("label", NULL, NULL, NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  props[PROP_EMPTY_MESSAGE] = g_param_spec_string ("empty-message", NULL, NULL, NULL,
                                                   G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
  gtk_widget_class_set_css_name (widget_class, "imageview");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
us_image_view_init (UsImageView *self)
{
  self->map = US_COLOUR_MAP_GREY;
  self->upper = 1.0;
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Picture"), -1);
}

GtkWidget *
us_image_view_new (void)
{
  return g_object_new (US_TYPE_IMAGE_VIEW, NULL);
}
