/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes a set of pictures as dSprites is published, in bounded memory: a deflated zip of `metadata` (a
 * pickled object array), `imgs`, `latents_classes`, `latents_values`.  N rows, K factors. */
#pragma once

#include "us-array.h"

#include <string.h>
#include <zip.h>

#define FIXTURE_MAX_K 8

typedef struct
{
  gsize         n_factors;
  gsize         n[FIXTURE_MAX_K];
  const double *levels[FIXTURE_MAX_K];              /* (n) */
  gsize         height, width, channels;            /* channels 0: (N, H, W) */
  void        (*draw) (const double *values,        /* (K) */
                       guint8       *pixels);       /* (H, W, C) */
  const gsize  *order;                              /* (N) point of each row; NULL: the rows in order */
  gboolean      no_metadata;
} FixtureSet;

static inline gsize
fixture_set_rows (const FixtureSet *set)
{
  gsize n = 1;

  for (gsize k = 0; k < set->n_factors; k++)
    n *= set->n[k];
  return n;
}

/* What row i is: level of each factor, the last one fastest. */
static inline void
fixture_set_levels (const FixtureSet *set,
                    gsize             i,
                    gsize            *levels)       /* (K) */
{
  gsize point = set->order != NULL ? set->order[i] : i;

  for (gsize k = set->n_factors; k-- > 0; point /= set->n[k])
    levels[k] = point % set->n[k];
}

static inline void
fixture_set_values (const FixtureSet *set,
                    gsize             i,
                    double           *values)       /* (K) */
{
  gsize levels[FIXTURE_MAX_K];

  fixture_set_levels (set, i, levels);
  for (gsize k = 0; k < set->n_factors; k++)
    values[k] = set->levels[k][levels[k]];
}

/* One member, made while the zip reads it. */
typedef struct
{
  const FixtureSet *set;
  char              what;             /* 'i'mgs, 'c'lasses, 'v'alues */
  gsize             n_rows, row_bytes;
  GString          *header;
  gsize             at;               /* in the header and then the rows */
  guint8           *row;
  gsize             made;             /* which row that is */
  zip_error_t       error;
} FixtureMember;

static inline void
fixture_member_make_row (FixtureMember *self,
                         gsize          i)
{
  double values[FIXTURE_MAX_K];
  gsize levels[FIXTURE_MAX_K];
  gint64 classes[FIXTURE_MAX_K];

  if (self->made == i)
    return;
  self->made = i;
  fixture_set_values (self->set, i, values);
  fixture_set_levels (self->set, i, levels);
  for (gsize k = 0; k < self->set->n_factors; k++)
    classes[k] = (gint64) levels[k];
  if (self->what == 'i')
    self->set->draw (values, self->row);
  else
    memcpy (self->row, self->what == 'v' ? (void *) values : (void *) classes, self->row_bytes);
}

static inline zip_int64_t
fixture_member_callback (void             *state,
                         void             *data,
                         zip_uint64_t      length,
                         zip_source_cmd_t  command)
{
  FixtureMember *self = state;
  const gsize total = self->header->len + self->n_rows * self->row_bytes;
  zip_uint64_t done = 0;

  switch (command)
    {
    case ZIP_SOURCE_OPEN:
      self->at = 0;
      return 0;
    case ZIP_SOURCE_READ:
      while (done < length && self->at < total)
        {
          gsize in_row = self->at >= self->header->len ? (self->at - self->header->len) % self->row_bytes : 0;
          gsize n;

          if (self->at < self->header->len)
            {
              n = MIN (length - done, self->header->len - self->at);
              memcpy ((char *) data + done, self->header->str + self->at, n);
            }
          else
            {
              fixture_member_make_row (self, (self->at - self->header->len) / self->row_bytes);
              n = MIN (length - done, self->row_bytes - in_row);
              memcpy ((char *) data + done, self->row + in_row, n);
            }
          done += n;
          self->at += n;
        }
      return (zip_int64_t) done;
    case ZIP_SOURCE_CLOSE:
      return 0;
    case ZIP_SOURCE_STAT:
      zip_stat_init (data);
      ((zip_stat_t *) data)->size = total;
      ((zip_stat_t *) data)->valid |= ZIP_STAT_SIZE;
      return sizeof (zip_stat_t);
    case ZIP_SOURCE_ERROR:
      return zip_error_to_data (&self->error, data, length);
    case ZIP_SOURCE_FREE:
      g_string_free (self->header, TRUE);
      g_free (self->row);
      g_free (self);
      return 0;
    case ZIP_SOURCE_SUPPORTS:
      return zip_source_make_command_bitmap (ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
                                             ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, -1);
    default:
      zip_error_set (&self->error, ZIP_ER_OPNOTSUPP, 0);
      return -1;
    }
}

static inline GString *
fixture_npy_header (const char *type,
                    const char *shape)
{
  GString *text = g_string_new (NULL);

  g_string_append_len (text, "\x93NUMPY\x01\x00\x00\x00", 10);
  g_string_append_printf (text, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", type, shape);
  while ((text->len + 1) % 64 != 0)
    g_string_append_c (text, ' ');
  g_string_append_c (text, '\n');
  text->str[8] = (char) ((text->len - 10) & 0xff);
  text->str[9] = (char) ((text->len - 10) >> 8);
  return text;
}

static inline void
fixture_add_member (zip_t            *zip,
                    const FixtureSet *set,
                    char              what,
                    const char       *name,
                    const char       *type,
                    const char       *shape,
                    gsize             row_bytes)
{
  FixtureMember *self = g_new0 (FixtureMember, 1);
  zip_source_t *source;
  zip_int64_t index;

  self->set = set;
  self->what = what;
  self->n_rows = fixture_set_rows (set);
  self->row_bytes = row_bytes;
  self->row = g_malloc0 (row_bytes);
  self->made = G_MAXSIZE;
  self->header = fixture_npy_header (type, shape);
  zip_error_init (&self->error);
  source = zip_source_function (zip, fixture_member_callback, self);
  g_assert_nonnull (source);
  index = zip_file_add (zip, name, source, ZIP_FL_ENC_UTF_8);
  g_assert_cmpint (index, >=, 0);
  g_assert_cmpint (zip_set_file_compression (zip, index, ZIP_CM_DEFLATE, 1), ==, 0);
}

/* A pickle that would run a command, were it ever opened. */
static inline void
fixture_add_metadata (zip_t *zip)
{
  static const char pickle[] = "cos\nsystem\n(S'exit 3'\ntR.";
  GString *text = fixture_npy_header ("|O", "");
  gsize length;
  char *bytes;
  zip_source_t *source;

  g_string_append_len (text, pickle, sizeof pickle - 1);
  length = text->len;
  bytes = g_memdup2 (text->str, length);
  g_string_free (text, TRUE);
  /* libzip frees it with free: GLib's memory is the system's since 2.46. */
  source = zip_source_buffer (zip, bytes, length, 1);
  g_assert_cmpint (zip_file_add (zip, "metadata.npy", source, ZIP_FL_ENC_UTF_8), >=, 0);
}

static inline void
fixture_write_set (const char       *path,
                   const FixtureSet *set)
{
  const gsize n = fixture_set_rows (set);
  const gsize values = set->height * set->width * MAX (set->channels, 1);
  g_autofree char *picture_shape = set->channels > 0
    ? g_strdup_printf ("%zu, %zu, %zu, %zu", n, set->height, set->width, set->channels)
    : g_strdup_printf ("%zu, %zu, %zu", n, set->height, set->width);
  g_autofree char *latent_shape = g_strdup_printf ("%zu, %zu", n, set->n_factors);
  int code = 0;
  zip_t *zip = zip_open (path, ZIP_CREATE | ZIP_TRUNCATE, &code);

  g_assert_nonnull (zip);
  if (!set->no_metadata)
    fixture_add_metadata (zip);
  fixture_add_member (zip, set, 'i', "imgs.npy", "|u1", picture_shape, values);
  fixture_add_member (zip, set, 'c', "latents_classes.npy", "<i8", latent_shape, set->n_factors * 8);
  fixture_add_member (zip, set, 'v', "latents_values.npy", "<f8", latent_shape, set->n_factors * 8);
  g_assert_cmpint (zip_close (zip), ==, 0);
}
