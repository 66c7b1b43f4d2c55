/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Grey pictures inside figures as grey PNG: cairo writes three bytes a pixel. */
#include "config.h"

#include "us-cli-reproduce-private.h"

#include <string.h>

/* H height, W width. */

typedef struct
{
  const guint8 *at;
  gsize         left;
} Reader;

static cairo_status_t
read_some (void          *closure,
           unsigned char *data,
           unsigned int   length)
{
  Reader *reader = closure;

  if (length > reader->left)
    return CAIRO_STATUS_READ_ERROR;
  memcpy (data, reader->at, length);
  reader->at += length;
  reader->left -= length;
  return CAIRO_STATUS_SUCCESS;
}

/* ISO 3309, as the PNG specification has it, annex D. */
static guint32
crc (const guint8 *data,
     gsize         n)
{
  guint32 value = 0xffffffff;

  for (gsize i = 0; i < n; i++)
    {
      value ^= data[i];
      for (int bit = 0; bit < 8; bit++)
        value = value & 1 ? 0xedb88320 ^ (value >> 1) : value >> 1;
    }
  return ~value;
}

static void
put_u32 (GByteArray *to,
         guint32     value)
{
  guint32 big = GUINT32_TO_BE (value);

  g_byte_array_append (to, (const guint8 *) &big, sizeof big);
}

static void
put_chunk (GByteArray   *to,
           const char   *type,
           const guint8 *data,
           gsize         n)
{
  gsize start;

  put_u32 (to, (guint32) n);
  start = to->len;
  g_byte_array_append (to, (const guint8 *) type, 4);
  if (n > 0)
    g_byte_array_append (to, data, (guint) n);
  put_u32 (to, crc (to->data + start, to->len - start));
}

static GByteArray *
deflate (const GByteArray *raw)
{
  g_autoptr(GZlibCompressor) compressor = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9);
  g_autoptr(GInputStream) memory = g_memory_input_stream_new_from_data (raw->data, raw->len, NULL);
  g_autoptr(GInputStream) stream = g_converter_input_stream_new (memory, G_CONVERTER (compressor));
  GByteArray *packed = g_byte_array_new ();
  guint8 buffer[4096];
  gssize n;

  while ((n = g_input_stream_read (stream, buffer, sizeof buffer, NULL, NULL)) > 0)
    g_byte_array_append (packed, buffer, (guint) n);
  return packed;
}

/* One byte a pixel, each row behind a zero: no filter.  NULL: not grey, or not opaque. */
static GByteArray *
take_grey (cairo_surface_t *surface)
{
  int width = cairo_image_surface_get_width (surface), height = cairo_image_surface_get_height (surface);
  int stride = cairo_image_surface_get_stride (surface);
  const guint8 *data = cairo_image_surface_get_data (surface);
  g_autoptr(GByteArray) raw = g_byte_array_new ();
  gboolean opaque = cairo_image_surface_get_format (surface) == CAIRO_FORMAT_RGB24;

  for (int i = 0; i < height; i++)
    {
      const guint32 *row = (const guint32 *) (gconstpointer) (data + (gsize) i * stride);

      g_byte_array_append (raw, (const guint8 *) "", 1);
      for (int j = 0; j < width; j++)
        {
          guint8 red = row[j] >> 16 & 0xff, green = row[j] >> 8 & 0xff, blue = row[j] & 0xff;

          if (red != green || green != blue || (!opaque && row[j] >> 24 != 0xff))
            return NULL;
          g_byte_array_append (raw, &red, 1);
        }
    }
  return g_steal_pointer (&raw);
}

static GByteArray *
make_png (cairo_surface_t  *surface,
          const GByteArray *raw)
{
  g_autoptr(GByteArray) header = g_byte_array_new (), packed = deflate (raw);
  const guint8 kind[] = { 8, 0, 0, 0, 0 };      /* bits, grey, and no choice in the rest */
  GByteArray *png = g_byte_array_new ();

  put_u32 (header, (guint32) cairo_image_surface_get_width (surface));
  put_u32 (header, (guint32) cairo_image_surface_get_height (surface));
  g_byte_array_append (header, kind, sizeof kind);
  g_byte_array_append (png, (const guint8 *) "\x89PNG\r\n\x1a\n", 8);
  put_chunk (png, "IHDR", header->data, header->len);
  put_chunk (png, "IDAT", packed->data, packed->len);
  put_chunk (png, "IEND", NULL, 0);
  return png;
}

gboolean
us_reproduce_shorten_png (const GMatchInfo *match,
                          GString          *result,
                          gpointer          data)
{
  g_autofree char *prefix = g_match_info_fetch (match, 1), *text = g_match_info_fetch (match, 2), *again = NULL;
  g_autofree guint8 *old = NULL;
  g_autoptr(GByteArray) raw = NULL, png = NULL;
  cairo_surface_t *surface;
  gsize length;

  old = g_base64_decode (text, &length);
  surface = cairo_image_surface_create_from_png_stream (read_some, &(Reader) { old, length });
  if (cairo_surface_status (surface) == CAIRO_STATUS_SUCCESS)
    raw = take_grey (surface);
  if (raw != NULL)
    {
      png = make_png (surface, raw);
      again = g_base64_encode (png->data, png->len);
    }
  cairo_surface_destroy (surface);
  g_string_append (result, prefix);
  g_string_append (result, again != NULL && strlen (again) < strlen (text) ? again : text);
  return FALSE;
}
