/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unpacks the pictures of a set, in one pass through the zip and in bounded memory, into the
 * file that us-dataset-cache.c describes.  N pictures of n = H W C values. */
#include "config.h"

#include "us-dataset-private.h"

#include "us-error.h"
#include "us-file.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/statvfs.h>

#define PICTURES     "imgs"
#define CLASSES      "latents_classes"
#define CHUNK_BYTES  ((gsize) 1 << 20)
#define SPARE_BYTES  ((guint64) 1 << 20)

/* Pictures on their way into the cache. */
typedef struct
{
  const UsDatasetKey *key;
  UsNpz              *npz;
  UsDatasetGrid       grid;
  gsize               height, width, channels;
  gsize               n_values;
  guint               bits;
  guint8              on;               /* the value of a set bit: 0 until one was met */
  gsize               stride;
  guint64             hash;
  UsFileWriter       *writer;
  UsDatasetProgress   progress;
  gpointer            data;
  const gint         *cancelled;
} Import;

static gboolean
check_pictures (Import  *self,
                GError **error)
{
  const char *path = self->key->path;
  gsize shape[US_ARRAY_MAX_DIMS];
  gboolean column_major;
  UsDtype dtype;
  guint n_dims;

  if (!us_npz_describe (self->npz, PICTURES, &dtype, &n_dims, shape, error)
      || !us_npz_is_column_major (self->npz, PICTURES, &column_major, error))
    return FALSE;
  if (dtype != US_DTYPE_U8 && dtype != US_DTYPE_BOOL)
    return us_dataset_refuse (error, US_FORMAT_ERROR_UNSUPPORTED, path, _("array “%s” holds %s; expected uint8"),
                              PICTURES, us_dtype_name (dtype));
  if (column_major)
    return us_dataset_refuse (error, US_FORMAT_ERROR_UNSUPPORTED, path,
                              _("array “%s” is in column-major order; expected row-major, as NumPy writes it"), PICTURES);
  if ((n_dims != 3 && n_dims != 4) || shape[1] < 1 || shape[1] > US_DATASET_MAX_SIDE || shape[2] < 1 || shape[2] > US_DATASET_MAX_SIDE
      || (n_dims == 4 && shape[3] != 1 && shape[3] != 3))
    {
      g_autofree char *text = us_shape_to_string (n_dims, shape);

      return us_dataset_refuse (error, US_FORMAT_ERROR_SHAPE, path,
                                _("array “%s” has the shape %s; expected (pictures, height, width) or (pictures, height, "
                                  "width, channels) with 1 or 3 channels and at most %d pixels a side"),
                                PICTURES, text, US_DATASET_MAX_SIDE);
    }
  if (shape[0] != self->grid.n_rows)
    return us_dataset_refuse (error, US_FORMAT_ERROR_SHAPE, path,
                              _("array “%s” has %zu pictures, “%s” has %zu rows"), PICTURES, shape[0],
                              "latents_values", self->grid.n_rows);
  self->height = shape[1];
  self->width = shape[2];
  self->channels = n_dims == 4 ? shape[3] : 1;
  self->n_values = self->height * self->width * self->channels;
  return TRUE;
}

/* Not needed, but what contradicts itself is not to be trusted. */
static gboolean
check_classes (Import  *self,
               GError **error)
{
  gsize shape[US_ARRAY_MAX_DIMS];
  UsDtype dtype;
  guint n_dims;

  if (!us_npz_has (self->npz, CLASSES))
    return TRUE;
  if (!us_npz_describe (self->npz, CLASSES, &dtype, &n_dims, shape, error))
    return FALSE;
  if (n_dims != 2 || shape[0] != self->grid.n_rows || shape[1] != self->grid.n_factors)
    {
      g_autofree char *text = us_shape_to_string (n_dims, shape);

      return us_dataset_refuse (error, US_FORMAT_ERROR_SHAPE, self->key->path,
                                _("array “%s” has the shape %s; expected that of “%s”, (%zu, %zu)"), CLASSES, text,
                                "latents_values", self->grid.n_rows, self->grid.n_factors);
    }
  return TRUE;
}

static gboolean
check_members (Import  *self,
               GError **error)
{
  const char *const needed[] = { PICTURES, "latents_values" };

  for (gsize i = 0; i < G_N_ELEMENTS (needed); i++)
    if (!us_npz_has (self->npz, needed[i]))
      {
        g_auto(GStrv) names = us_npz_names (self->npz);
        g_autofree char *known = g_strjoinv (", ", names);

        return us_dataset_refuse (error, US_FORMAT_ERROR_MISSING, self->key->path,
                                  _("there is no array “%s”; expected “imgs” and “latents_values”, found: %s"),
                                  needed[i], *known != '\0' ? known : "–");
      }
  return TRUE;
}

/* Before half a gigabyte is written that cannot be finished. */
static gboolean
check_space (const Import  *self,
             const char    *folder,
             GError       **error)
{
  guint64 wanted = (guint64) self->grid.n_rows * (self->stride + sizeof (guint32)) + SPARE_BYTES;
  struct statvfs info;

  if (statvfs (folder, &info) == 0 && (guint64) info.f_bavail * info.f_frsize < wanted)
    {
      g_autofree char *wanted_text = g_format_size (wanted);
      g_autofree char *free_text = g_format_size ((guint64) info.f_bavail * info.f_frsize);
      g_autofree char *shown = g_filename_display_name (folder);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                   _("The pictures take %s in “%s”, where %s are free"), wanted_text, shown, free_text);
      return FALSE;
    }
  return TRUE;
}

/* Words of 64 bits: what a bit more or less changes, and their order.  Not against malice. */
static guint64
hash_words (guint64     hash,
            const void *data,
            gsize       n_bytes)         /* a multiple of US_DATASET_WORD */
{
  for (gsize i = 0; i < n_bytes; i += US_DATASET_WORD)
    {
      guint64 word;

      memcpy (&word, (const char *) data + i, US_DATASET_WORD);
      hash = (hash ^ GUINT64_FROM_LE (word)) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
      hash ^= hash >> 29;
    }
  return hash;
}

/* n values of 0 and `on` into n bits.  FALSE: there is another. */
static gboolean
pack_bits (guint8       *bits,
           const guint8 *values,
           gsize         n,
           guint8       *on)
{
  const guint64 ones = G_GUINT64_CONSTANT (0x0101010101010101);

  for (gsize i = 0; i < n; i += 8)
    {
      guint64 word = 0, set;

      memcpy (&word, values + i, MIN (n - i, 8));
      word = GUINT64_FROM_LE (word);
      if (word == 0)
        {
          bits[i / 8] = 0;
          continue;
        }
      set = word & ones;
      if (*on == 0)
        *on = word == set ? 1 : 255;
      if (word != set * *on)
        return FALSE;
      /* Bit 8 k goes to bit 56 + k: no two of the products meet. */
      bits[i / 8] = (guint8) (set * G_GUINT64_CONSTANT (0x0102040810204080) >> 56);
    }
  return TRUE;
}

static gboolean
pack_picture (Import       *self,
              const guint8 *values,     /* (n) */
              guint8       *packed)     /* (stride), of zeros */
{
  if (self->bits == 1)
    return pack_bits (packed, values, self->n_values, &self->on);
  memcpy (packed, values, self->n_values);
  return TRUE;
}

/* One pass.  many: set when there are more values than two, which ends it. */
static gboolean
write_pictures (Import    *self,
                gboolean  *many,
                GError   **error)
{
  const gsize n_rows = self->grid.n_rows;
  const gsize at_once = CLAMP (CHUNK_BYTES / self->n_values, 1, n_rows);
  g_autofree guint8 *packed = g_malloc0 (at_once * self->stride);

  *many = FALSE;
  for (gsize first = 0; first < n_rows; first += at_once)
    {
      const gsize count = MIN (at_once, n_rows - first);
      g_autoptr(UsArray) read = NULL;

      if (us_dataset_cancelled (self->cancelled, error)
          || (read = us_npz_read_rows (self->npz, PICTURES, first, count, error)) == NULL)
        return FALSE;
      for (gsize i = 0; i < count; i++)
        if (!pack_picture (self, (const guint8 *) read->data + i * self->n_values, packed + i * self->stride))
          {
            *many = TRUE;
            return TRUE;
          }
      self->hash = hash_words (self->hash, packed, count * self->stride);
      if (!us_file_writer_write (self->writer, packed, count * self->stride, error))
        return FALSE;
      if (self->progress != NULL)
        self->progress (first + count, n_rows, self->data);
    }
  return TRUE;
}

static GVariant *
make_header (const Import *self,
             guint32       fingerprint)
{
  GVariantBuilder names, levels;

  g_variant_builder_init (&names, G_VARIANT_TYPE ("as"));
  g_variant_builder_init (&levels, G_VARIANT_TYPE ("aad"));
  for (gsize k = 0; k < self->grid.n_factors; k++)
    {
      const UsDatasetFactor *factor = &self->grid.factors[k];

      g_variant_builder_add (&names, "s", factor->name != NULL ? factor->name : "");
      g_variant_builder_add_value (&levels, g_variant_new_fixed_array (G_VARIANT_TYPE_DOUBLE, factor->levels,
                                                                       factor->n, sizeof (double)));
    }
  return g_variant_ref_sink (g_variant_new ("(@ayxxuttttubasaad)", g_variant_new_bytestring (self->key->path),
                                            (gint64) self->key->n_bytes, self->key->mtime_ns, fingerprint,
                                            (guint64) self->grid.n_rows, (guint64) self->height,
                                            (guint64) self->width, (guint64) self->channels, self->bits,
                                            self->grid.rows != NULL, &names, &levels));
}

/* Grid into the fingerprint, which leaves out where the file lies and when it was written. */
static guint32
make_fingerprint (const Import *self)
{
  const guint64 shape[] = { self->grid.n_rows, self->height, self->width, self->channels, self->bits };
  guint64 hash = hash_words (self->hash, shape, sizeof shape);

  for (gsize k = 0; k < self->grid.n_factors; k++)
    hash = hash_words (hash, self->grid.factors[k].levels, self->grid.factors[k].n * sizeof (double));
  for (gsize i = 0; self->grid.rows != NULL && i < self->grid.n_rows; i++)
    {
      guint64 row = self->grid.rows[i];

      hash = hash_words (hash, &row, sizeof row);
    }
  return MAX ((guint32) (hash >> 32), 1);
}

static gboolean
write_end (Import  *self,
           GError **error)
{
  g_autoptr(GVariant) header = make_header (self, make_fingerprint (self));
  UsDatasetTrailer trailer = { g_variant_get_size (header), US_DATASET_MAGIC };

  return (self->grid.rows == NULL
          || us_file_writer_write (self->writer, self->grid.rows, self->grid.n_rows * sizeof (guint32), error))
         && us_file_writer_write (self->writer, g_variant_get_data (header), trailer.header_bytes, error)
         && us_file_writer_write (self->writer, &trailer, sizeof trailer, error);
}

/* With one bit a value, or at the second try with eight. */
static gboolean
write_cache (Import      *self,
             const char  *path,
             guint        bits,
             gboolean    *many,
             GError     **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  gboolean done;

  self->bits = bits;
  self->on = 0;
  self->hash = 0;
  self->stride = us_dataset_stride (self->n_values, bits);
  if (!check_space (self, folder, error) || (self->writer = us_file_writer_new (path, error)) == NULL)
    return FALSE;
  done = write_pictures (self, many, error)
         && (*many || (write_end (self, error) && us_file_writer_commit (self->writer, error)));
  g_clear_pointer (&self->writer, us_file_writer_free);
  return done;
}

static gboolean
import (Import  *self,
        GError **error)
{
  g_autofree char *path = us_dataset_cache_path (self->key);
  g_autofree char *folder = g_path_get_dirname (path);
  gboolean many;

  self->npz = us_npz_open (self->key->path, error);
  if (self->npz == NULL
      || !check_members (self, error)
      || !us_dataset_grid_read (&self->grid, self->npz, self->key->path, self->cancelled, error)
      || !check_pictures (self, error)
      || !check_classes (self, error))
    return FALSE;

  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      us_file_set_error (error, errno, _("Cannot make the folder “%s”"), folder);
      return FALSE;
    }
  us_dataset_cache_tidy (folder);
  return write_cache (self, path, 1, &many, error)
         && (!many || write_cache (self, path, 8, &many, error));
}

gboolean
us_dataset_cache_make (const UsDatasetKey  *key,
                       UsDatasetProgress    progress,
                       gpointer             data,
                       const gint          *cancelled,
                       GError             **error)
{
  Import self = { .key = key, .progress = progress, .data = data, .cancelled = cancelled };
  gboolean done = import (&self, error);

  us_dataset_grid_clear (&self.grid);
  g_clear_pointer (&self.npz, us_npz_close);
  return done;
}
