/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The unpacked pictures of a set: a file of the user's cache folder, made by us-dataset-import.c
 * and mapped from then on.  N pictures of n = H W C values.
 *
 *     pictures  (N, stride)  1 or 8 bits a value, lowest bit first, zeros up to a multiple of 8 bytes
 *     rows      (N) guint32  where the grid's rows are not in order
 *     header    US_DATASET_HEADER,    a GVariant, in the byte order of the machine
 *     trailer   UsDatasetTrailer
 *
 * It is known by the path, size and time of the file that it was made of; one that does not fit is made anew. */
#include "config.h"

#include "us-dataset-private.h"

#include "us-error.h"
#include "us-file.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_HEADER   ((gsize) 16 << 20)
#define SUFFIX       ".pictures"
#define LITTER_AGE   (24 * 3600)        /* s after which what an ended program was writing is removed */

/* ---- where ---- */

static char *
cache_folder (void)
{
  return g_build_filename (g_get_user_cache_dir (), "understudy", "datasets", NULL);
}

char *
us_dataset_cache_path (const UsDatasetKey *key)
{
  g_autofree char *folder = cache_folder ();
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, key->path, -1);
  g_autofree char *name = g_strdup_printf ("%.32s" SUFFIX, sum);

  return g_build_filename (folder, name, NULL);
}

gboolean
us_dataset_key_init (UsDatasetKey  *key,
                     const char    *path,
                     GError       **error)
{
  g_autoptr(UsFileReader) reader = NULL;
  struct stat info;

  memset (key, 0, sizeof *key);
  key->path = g_canonicalize_filename (path, NULL);
  if (!g_utf8_validate (key->path, -1, NULL))
    return us_dataset_refuse (error, US_FORMAT_ERROR_UNSUPPORTED, path, _("the path is not Unicode; rename it"));
  /* Missing files, folders and pipes get the same words as everywhere. */
  reader = us_file_reader_new (key->path, error);
  if (reader == NULL)
    return FALSE;
  if (stat (key->path, &info) != 0)
    {
      us_file_set_error (error, errno, _("Cannot read “%s”"), key->path);
      return FALSE;
    }
  key->n_bytes = (guint64) info.st_size;
  key->mtime_ns = (gint64) info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
  return TRUE;
}

void
us_dataset_key_clear (UsDatasetKey *key)
{
  g_clear_pointer (&key->path, g_free);
}

/* ---- reading ---- */

gsize
us_dataset_stride (gsize n_values,
                   guint bits)
{
  return ((n_values * bits + 7) / 8 + US_DATASET_WORD - 1) / US_DATASET_WORD * US_DATASET_WORD;
}

/* Everything that a picture is looked up by must be possible: the file may be anybody's. */
static gboolean
take_header (UsDatasetCache      *cache,
             GVariant            *header,
             const UsDatasetKey  *key,
             gsize                data_bytes)
{
  g_autoptr(GVariant) path = NULL, names = NULL, levels = NULL;
  guint64 n_rows, height, width, channels;
  gint64 n_bytes, mtime_ns;
  guint32 fingerprint, bits;
  gboolean has_rows;
  double points = 1;

  g_variant_get (header, "(@ayxxuttttub@as@aad)", &path, &n_bytes, &mtime_ns, &fingerprint, &n_rows,
                 &height, &width, &channels, &bits, &has_rows, &names, &levels);
  if (strcmp (g_variant_get_bytestring (path), key->path) != 0
      || (guint64) n_bytes != key->n_bytes || mtime_ns != key->mtime_ns)
    return FALSE;
  if (n_rows < 2 || n_rows >= G_MAXUINT32 || height < 1 || height > US_DATASET_MAX_SIDE || width < 1 || width > US_DATASET_MAX_SIDE
      || (channels != 1 && channels != 3) || (bits != 1 && bits != 8) || fingerprint == 0)
    return FALSE;
  cache->stride = us_dataset_stride (height * width * channels, bits);
  if (data_bytes != n_rows * cache->stride + (has_rows ? n_rows * sizeof (guint32) : 0))
    return FALSE;

  cache->grid.n_rows = n_rows;
  cache->height = height;
  cache->width = width;
  cache->channels = channels;
  cache->bits = bits;
  cache->fingerprint = fingerprint;
  if (g_variant_n_children (levels) < 1 || g_variant_n_children (levels) > US_DATASET_MAX_FACTORS
      || g_variant_n_children (names) != g_variant_n_children (levels))
    return FALSE;
  for (gsize k = 0; k < g_variant_n_children (levels); k++)
    {
      UsDatasetFactor *factor = &cache->grid.factors[k];
      g_autoptr(GVariant) child = g_variant_get_child_value (levels, k);
      g_autoptr(GVariant) name = g_variant_get_child_value (names, k);
      gsize n;
      const double *numbers = g_variant_get_fixed_array (child, &n, sizeof (double));

      factor->name = *g_variant_get_string (name, NULL) != '\0' ? g_variant_dup_string (name, NULL) : NULL;
      factor->levels = g_memdup2 (numbers, n * sizeof (double));
      factor->n = n;
      cache->grid.n_factors = k + 1;
      points *= (double) n;
      for (gsize i = 0; i < n; i++)
        if (!isfinite (numbers[i]) || (i > 0 && numbers[i] <= numbers[i - 1]))
          return FALSE;
    }
  return points == (double) n_rows;
}

static gboolean
take_rows (UsDatasetCache *cache,
           const guint8   *bytes)
{
  const guint32 *rows = (const guint32 *) bytes;

  for (gsize i = 0; i < cache->grid.n_rows; i++)
    if (rows[i] >= cache->grid.n_rows)
      return FALSE;
  /* The grid owns its rows. */
  cache->grid.rows = g_memdup2 (rows, cache->grid.n_rows * sizeof (guint32));
  return TRUE;
}

/* NULL: no whole header stands at the end.  data_bytes: what is before it. */
static GVariant *
read_header (GMappedFile *map,
             gsize       *data_bytes)
{
  const guint8 *bytes = (const guint8 *) g_mapped_file_get_contents (map);
  const gsize length = g_mapped_file_get_length (map);
  g_autoptr(GBytes) header_bytes = NULL;
  g_autoptr(GVariant) header = NULL;
  UsDatasetTrailer trailer;

  if (length < sizeof trailer)
    return NULL;
  memcpy (&trailer, bytes + length - sizeof trailer, sizeof trailer);
  if (memcmp (trailer.magic, US_DATASET_MAGIC, sizeof trailer.magic) != 0 || trailer.header_bytes > MAX_HEADER
      || trailer.header_bytes > length - sizeof trailer)
    return NULL;
  *data_bytes = length - sizeof trailer - trailer.header_bytes;

  /* A copy: what is checked must not change, and may need to be aligned. */
  header_bytes = g_bytes_new (bytes + *data_bytes, trailer.header_bytes);
  header = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (US_DATASET_HEADER), header_bytes, FALSE));
  return g_variant_is_normal_form (header) ? g_steal_pointer (&header) : NULL;
}

static gboolean
take_map (UsDatasetCache      *cache,
          const UsDatasetKey  *key)
{
  gsize data_bytes;
  g_autoptr(GVariant) header = read_header (cache->map, &data_bytes);

  if (header == NULL || !take_header (cache, header, key, data_bytes))
    return FALSE;

  cache->pictures = (const guint8 *) g_mapped_file_get_contents (cache->map);
  return data_bytes == cache->grid.n_rows * cache->stride
         || take_rows (cache, cache->pictures + cache->grid.n_rows * cache->stride);
}

gboolean
us_dataset_cache_open (UsDatasetCache      *cache,
                       const UsDatasetKey  *key)
{
  g_autofree char *path = us_dataset_cache_path (key);

  memset (cache, 0, sizeof *cache);
  cache->map = g_mapped_file_new (path, FALSE, NULL);
  if (cache->map != NULL && take_map (cache, key))
    return TRUE;
  us_dataset_cache_clear (cache);
  return FALSE;
}

void
us_dataset_cache_clear (UsDatasetCache *cache)
{
  us_dataset_grid_clear (&cache->grid);
  g_clear_pointer (&cache->map, g_mapped_file_unref);
  memset (cache, 0, sizeof *cache);
}

/* ---- tidying ---- */

/* The file that a cache was made of is gone or another by now.  What cannot be read is of no use either. */
static gboolean
is_stale (const char *path)
{
  g_autoptr(GMappedFile) map = g_mapped_file_new (path, FALSE, NULL);
  g_autoptr(GVariant) header = NULL;
  g_autoptr(GVariant) source = NULL;
  gint64 n_bytes, mtime_ns;
  UsDatasetKey now;
  gsize data_bytes;
  gboolean same;

  if (map == NULL || (header = read_header (map, &data_bytes)) == NULL)
    return TRUE;
  source = g_variant_get_child_value (header, 0);
  g_variant_get_child (header, 1, "x", &n_bytes);
  g_variant_get_child (header, 2, "x", &mtime_ns);
  same = us_dataset_key_init (&now, g_variant_get_bytestring (source), NULL)
         && now.n_bytes == (guint64) n_bytes && now.mtime_ns == mtime_ns;
  us_dataset_key_clear (&now);
  return !same;
}

/* Half a gigabyte each: what nobody can use any more, and what a program that was ended in the
 * middle of its work has left there. */
void
us_dataset_cache_tidy (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      GStatBuf info;

      if (g_lstat (path, &info) != 0 || !S_ISREG (info.st_mode))
        continue;
      if (g_str_has_suffix (name, SUFFIX) ? is_stale (path)
                                          : g_str_has_prefix (name, ".us-")
                                            && g_get_real_time () / G_USEC_PER_SEC - (gint64) info.st_mtime > LITTER_AGE)
        g_unlink (path);
    }
}
