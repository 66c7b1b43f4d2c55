/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-ingest-private.h"

#include "us-error.h"
#include "us-sort.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <math.h>
#include <stdlib.h>

/* H × W × C the output; pictures are w × h pixels, values 0 .. 1. */

#define MAX_SIDE 8192

/* Luminance of Rec. 709 for one channel; the channels themselves for three. */
typedef struct
{
  gsize  width, height, channels;
  float *values;                       /* (h, w, channels) */
} Picture;

static void
picture_free (Picture *self)
{
  g_free (self->values);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Picture, picture_free)

static void
take_pixel (const guchar *pixel,
            gboolean      alpha,
            float         background,
            gsize         channels,
            float        *out)
{
  float a = alpha ? pixel[3] / 255.0f : 1.0f, rgb[3];

  for (int c = 0; c < 3; c++)
    rgb[c] = a * pixel[c] / 255.0f + (1 - a) * background;
  if (channels == 1)
    out[0] = 0.2126f * rgb[0] + 0.7152f * rgb[1] + 0.0722f * rgb[2];
  else
    for (gsize c = 0; c < channels; c++)
      out[c] = rgb[MIN (c, 2)];
}

/* What shows through transparent pixels: the opposite of what is drawn. */
static float
choose_background (GdkPixbuf *pixbuf)
{
  const guchar *pixels = gdk_pixbuf_read_pixels (pixbuf);
  int stride = gdk_pixbuf_get_rowstride (pixbuf);
  double sum = 0, weight = 0;

  for (int y = 0; y < gdk_pixbuf_get_height (pixbuf); y++)
    for (int x = 0; x < gdk_pixbuf_get_width (pixbuf); x++)
      {
        const guchar *p = pixels + (gsize) y * stride + 4 * (gsize) x;

        sum += p[3] * (0.2126 * p[0] + 0.7152 * p[1] + 0.0722 * p[2]);
        weight += p[3] * 255.0;
      }
  return weight > 0 && sum / weight > 0.5 ? 0 : 1;
}

static Picture *
picture_from_pixbuf (GdkPixbuf *pixbuf,
                     gsize      channels)
{
  gboolean alpha = gdk_pixbuf_get_has_alpha (pixbuf);
  const guchar *pixels = gdk_pixbuf_read_pixels (pixbuf);
  int stride = gdk_pixbuf_get_rowstride (pixbuf), bytes = gdk_pixbuf_get_n_channels (pixbuf);
  float background = alpha ? choose_background (pixbuf) : 0;
  Picture *self = g_new0 (Picture, 1);

  self->width = gdk_pixbuf_get_width (pixbuf);
  self->height = gdk_pixbuf_get_height (pixbuf);
  self->channels = channels;
  self->values = g_new (float, self->width * self->height * channels);
  for (gsize y = 0; y < self->height; y++)
    for (gsize x = 0; x < self->width; x++)
      take_pixel (pixels + y * stride + x * bytes, alpha, background, channels,
                  self->values + (y * self->width + x) * channels);
  return self;
}

/* The paper that it is drawn on: the median of the border, of one channel. */
static float
border_median (const Picture *self,
               gsize          channel)
{
  g_autofree float *border = g_new (float, 2 * (self->width + self->height));
  gsize n = 0;

  for (gsize x = 0; x < self->width; x++)
    {
      border[n++] = self->values[x * self->channels + channel];
      border[n++] = self->values[((self->height - 1) * self->width + x) * self->channels + channel];
    }
  for (gsize y = 0; y < self->height; y++)
    {
      border[n++] = self->values[y * self->width * self->channels + channel];
      border[n++] = self->values[(y * self->width + self->width - 1) * self->channels + channel];
    }
  us_sort_floats (n, border);
  return border[n / 2];
}

/* Mean of the picture over [left, right) × [top, bottom), in its pixels, of one channel; outside: paper. */
static double
area_mean (const Picture *self,
           gsize          channel,
           double         left,
           double         right,
           double         top,
           double         bottom,
           double         paper)
{
  double sum = 0, inside = 0, area = (right - left) * (bottom - top);
  double x0 = MAX (left, 0), x1 = MIN (right, self->width), y0 = MAX (top, 0), y1 = MIN (bottom, self->height);

  for (gsize y = y0; y < y1; y++)
    for (gsize x = x0; x < x1; x++)
      {
        double w = (MIN (x + 1.0, x1) - MAX (x, x0)) * (MIN (y + 1.0, y1) - MAX (y, y0));

        sum += w * self->values[(y * self->width + x) * self->channels + channel];
        inside += w;
      }
  return (sum + MAX (area - inside, 0) * paper) / area;
}

/* Whole picture into H × W, proportions kept, the rest filled with paper. */
static void
resample (const Picture  *self,
          const UsOutput *output,
          float          *out)          /* (H, W, C) */
{
  double scale = MAX ((double) self->width / output->width, (double) self->height / output->height);
  double left = (self->width - scale * output->width) / 2, top = (self->height - scale * output->height) / 2;

  for (gsize c = 0; c < output->channels; c++)
    {
      double paper = border_median (self, c);

      for (gsize y = 0; y < output->height; y++)
        for (gsize x = 0; x < output->width; x++)
          out[(y * output->width + x) * output->channels + c]
            = area_mean (self, c, left + x * scale, left + (x + 1) * scale,
                         top + y * scale, top + (y + 1) * scale, paper);
    }
}

/* Light lines on a dark ground, as strong as the simulator draws them. */
static void
normalise_ink (UsObservation *observation,
               float          paper,
               gboolean       resized)
{
  float *x = observation->x;
  g_autofree float *sorted = NULL;
  float strongest;

  if (paper > 0.5f)
    {
      for (gsize i = 0; i < observation->n_values; i++)
        x[i] = 1 - x[i];
      paper = 1 - paper;
      us_observation_add_note (observation, "inverted (dark on light)");
    }
  /* grey paper, and lines that became faint by scaling down, are brought to 0 and 1 */
  sorted = g_memdup2 (x, observation->n_values * sizeof (float));
  us_sort_floats (observation->n_values, sorted);
  strongest = sorted[(observation->n_values - 1) * 995 / 1000];
  if ((resized || paper > 0.1f) && strongest > paper + 0.04f && (paper > 0.02f || strongest < 0.9f))
    {
      for (gsize i = 0; i < observation->n_values; i++)
        x[i] = CLAMP ((x[i] - paper) / (strongest - paper), 0, 1);
      us_observation_add_note (observation, "contrast stretched");
    }
}

/* GIF is the one format here that moves. */
static gboolean
is_animated (GdkPixbufFormat *format,
             const char      *path)
{
  g_autofree char *name = gdk_pixbuf_format_get_name (format);
  g_autoptr(GdkPixbufAnimation) animation = NULL;

  if (g_strcmp0 (name, "gif") != 0)
    return FALSE;
  animation = gdk_pixbuf_animation_new_from_file (path, NULL);
  return animation != NULL && !gdk_pixbuf_animation_is_static_image (animation);
}

static GdkPixbuf *
load_pixbuf (const UsIngestTarget *target,
             gboolean             *animated,
             GError              **error)
{
  g_autoptr(GdkPixbuf) pixbuf = NULL;
  g_autoptr(GError) why = NULL;
  GdkPixbufFormat *format;
  int width = 0, height = 0;

  /* Sizes from the header alone, before memory is taken for the pixels. */
  format = gdk_pixbuf_get_file_info (target->path, &width, &height);
  if (format == NULL)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                   "%s: neither an image (PNG, JPEG, …), nor .npy, .npz, .csv or a JSON drawing", target->path);
      return NULL;
    }
  if (width > MAX_SIDE || height > MAX_SIDE)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE,
                   "%s: %d × %d pixels; at most %d × %d are read", target->path, width, height, MAX_SIDE, MAX_SIDE);
      return NULL;
    }
  /* whole or not at all: a picture cut short is an error here */
  pixbuf = gdk_pixbuf_new_from_file (target->path, &why);
  if (pixbuf == NULL)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX, "%s: %s", target->path, why->message);
      return NULL;
    }
  *animated = is_animated (format, target->path);
  return gdk_pixbuf_apply_embedded_orientation (pixbuf);
}

UsObservation *
us_observation_from_image (const UsIngestTarget *target,
                           GError              **error)
{
  const UsOutput *output = target->output;
  gboolean animated = FALSE, resized;
  g_autoptr(GdkPixbuf) pixbuf = NULL;
  g_autoptr(Picture) picture = NULL;
  UsObservation *self;

  if (output->kind != US_OUTPUT_IMAGE)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                   "%s: an image (or an unknown kind of file), but “%s” is a series of %" G_GSIZE_FORMAT " points: "
                   "give a .csv, an .npy or a drawing", target->path, output->label, output->height);
      return NULL;
    }
  pixbuf = load_pixbuf (target, &animated, error);
  if (pixbuf == NULL)
    return NULL;

  picture = picture_from_pixbuf (pixbuf, output->channels);
  self = us_observation_alloc (target);
  resized = picture->width != output->width || picture->height != output->height;
  if (animated)
    us_observation_add_note (self, "first picture of an animation");
  if (gdk_pixbuf_get_has_alpha (pixbuf))
    us_observation_add_note (self, "transparency filled");
  if (resized)
    us_observation_add_note (self, "resized from %" G_GSIZE_FORMAT " × %" G_GSIZE_FORMAT,
                             picture->width, picture->height);
  resample (picture, output, self->x);
  if (output->channels == 1)
    normalise_ink (self, border_median (picture, 0), resized);
  return self;
}
