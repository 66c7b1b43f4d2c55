/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-npy-private.h"

#include "us-error.h"
#include "us-file.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>
#include <zip.h>

#define SKIP_BYTES 65536
#define MAX_TEXTS (1 << 20)
#define MAX_TEXT_BYTES ((gsize) 64 << 20)
/* RFC 1951: 258 bytes of output take at least 2 bits. */
#define DEFLATE_RATIO 1032
/* A fixed date (1980-01-01, the first that a zip knows): same contents, same file. */
#define DOS_DATE (1 << 5 | 1)

/* One member, unpacked from front to back. */
typedef struct
{
  zip_file_t  *file;            /* NULL: none is open */
  char        *name;            /* of the member, without ".npy" */
  char        *label;           /* "FILE, member “NAME”", for messages */
  gboolean     stored;          /* not compressed: can be sought in */
  guint64      n_bytes;         /* unpacked */
  UsNpyHeader  header;
  gsize        row;             /* the next one, for us_npz_read_rows */
} Member;

struct _UsNpz
{
  char     *path;
  guint64   file_bytes;
  zip_t    *zip;
  Member    rows;               /* stays open between forward reads */
  UsArray  *whole;              /* a column-major member that rows are taken from */
  char     *whole_name;
};

static void
set_zip_error (GError      **error,
               zip_error_t  *zip_error,
               const char   *label)
{
  int system = zip_error_system_type (zip_error) == ZIP_ET_SYS ? zip_error_code_system (zip_error) : 0;

  if (system != 0)
    us_file_set_error (error, system, "%s", label);
  else
    us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, label, "%s", zip_error_strerror (zip_error));
}

UsNpz *
us_npz_open (const char  *path,
             GError     **error)
{
  g_autoptr(UsFileReader) reader = NULL;
  UsNpz *self;
  zip_t *zip;
  int code = 0;

  g_return_val_if_fail (path != NULL, NULL);

  /* Missing files, folders and pipes get the same words as everywhere. */
  reader = us_file_reader_new (path, error);
  if (reader == NULL)
    return NULL;

  /* libzip takes an empty file for an archive of nothing. */
  if (us_file_reader_left (reader) == 0)
    {
      us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, path, _("is empty; expected an NPZ (zip) file"));
      return NULL;
    }

  zip = zip_open (path, ZIP_RDONLY, &code);
  if (zip == NULL)
    {
      zip_error_t zip_error;

      zip_error_init_with_code (&zip_error, code);
      us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, path, _("is not a whole NPZ (zip) file: %s"),
                   zip_error_strerror (&zip_error));
      zip_error_fini (&zip_error);
      return NULL;
    }

  self = g_new0 (UsNpz, 1);
  self->path = g_strdup (path);
  self->file_bytes = us_file_reader_left (reader);
  self->zip = zip;

  return self;
}

static void
member_close (Member *member)
{
  if (member->file != NULL)
    zip_fclose (member->file);
  g_free (member->name);
  g_free (member->label);
  memset (member, 0, sizeof *member);
}

void
us_npz_close (UsNpz *self)
{
  if (self == NULL)
    return;

  member_close (&self->rows);
  g_clear_pointer (&self->whole, us_array_unref);
  g_free (self->whole_name);
  zip_discard (self->zip);
  g_free (self->path);
  g_free (self);
}

char **
us_npz_names (UsNpz *self)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new ();
  zip_int64_t n;

  g_return_val_if_fail (self != NULL, NULL);

  n = zip_get_num_entries (self->zip, 0);
  for (zip_int64_t i = 0; i < n; i++)
    {
      const char *name = zip_get_name (self->zip, (zip_uint64_t) i, 0);

      if (name != NULL && g_str_has_suffix (name, ".npy") && g_utf8_validate (name, -1, NULL))
        g_ptr_array_add (names, g_strndup (name, strlen (name) - 4));
    }
  g_ptr_array_add (names, NULL);

  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

static zip_int64_t
locate (UsNpz      *self,
        const char *name)
{
  g_autofree char *file_name = g_strconcat (name, ".npy", NULL);

  return zip_name_locate (self->zip, file_name, 0);
}

gboolean
us_npz_has (UsNpz      *self,
            const char *name)
{
  g_return_val_if_fail (self != NULL && name != NULL, FALSE);

  return locate (self, name) >= 0;
}

/* What the zip announces must be possible in a file of this size. */
static gboolean
check_member (UsNpz             *self,
              const zip_stat_t  *info,
              const char        *label,
              GError           **error)
{
  const zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;

  if ((info->valid & needed) != needed)
    return us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, label, _("the zip does not say how large it is"));
  if ((info->valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && info->encryption_method != ZIP_EM_NONE)
    return us_npy_fail (error, US_FORMAT_ERROR_UNSUPPORTED, label, _("is encrypted"));
  if (info->comp_method != ZIP_CM_STORE && info->comp_method != ZIP_CM_DEFLATE)
    return us_npy_fail (error, US_FORMAT_ERROR_UNSUPPORTED, label,
                        _("is packed by method %u; stored and deflated members are read"), info->comp_method);
  if (info->comp_size > self->file_bytes)
    return us_npy_fail (error, US_FORMAT_ERROR_TRUNCATED, label,
                        _("should take %" PRIu64 " bytes of a file that has %" PRIu64),
                        (guint64) info->comp_size, self->file_bytes);
  if (info->comp_method == ZIP_CM_STORE ? info->size != info->comp_size
                                        : info->size / DEFLATE_RATIO > info->comp_size)
    return us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, label,
                        _("cannot unpack to %" PRIu64 " bytes from %" PRIu64),
                        (guint64) info->size, (guint64) info->comp_size);
  return TRUE;
}

static gboolean
member_read (gpointer   source,
             void      *data,
             gsize      n,
             GError   **error)
{
  Member *member = source;
  char *bytes = data;

  while (n > 0)
    {
      zip_int64_t got = zip_fread (member->file, bytes, n);

      if (got < 0)
        {
          set_zip_error (error, zip_file_get_error (member->file), member->label);
          return FALSE;
        }
      if (got == 0)
        return us_npy_fail (error, US_FORMAT_ERROR_TRUNCATED, member->label,
                            _("ends %zu bytes too early"), n);
      bytes += got;
      n -= (gsize) got;
    }

  return TRUE;
}

/* The last byte is read: nothing may follow, and libzip compares the checksum
 * when it is asked for more. */
static gboolean
member_check_end (Member  *member,
                  GError **error)
{
  char byte;
  zip_int64_t got = zip_fread (member->file, &byte, 1);

  if (got < 0)
    {
      set_zip_error (error, zip_file_get_error (member->file), member->label);
      return FALSE;
    }
  if (got > 0)
    return us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, member->label, _("goes on after the array"));
  return TRUE;
}

/* Opens a member and reads its header; the elements come next. */
static gboolean
member_open (Member      *member,
             UsNpz       *self,
             const char  *name,
             GError     **error)
{
  g_autofree char *shown = g_filename_display_name (self->path);
  zip_int64_t index = locate (self, name);
  UsNpySource source;
  zip_stat_t info;

  memset (member, 0, sizeof *member);
  if (index < 0)
    return us_npy_fail (error, US_FORMAT_ERROR_MISSING, self->path, _("there is no array “%s”"), name);

  member->name = g_strdup (name);
  member->label = g_strdup_printf (_("%s, array “%s”"), shown, name);
  zip_stat_init (&info);
  if (zip_stat_index (self->zip, (zip_uint64_t) index, 0, &info) != 0)
    {
      set_zip_error (error, zip_get_error (self->zip), member->label);
      member_close (member);
      return FALSE;
    }
  if (!check_member (self, &info, member->label, error))
    {
      member_close (member);
      return FALSE;
    }

  member->n_bytes = info.size;
  member->stored = info.comp_method == ZIP_CM_STORE;
  member->file = zip_fopen_index (self->zip, (zip_uint64_t) index, 0);
  if (member->file == NULL)
    {
      set_zip_error (error, zip_get_error (self->zip), member->label);
      member_close (member);
      return FALSE;
    }

  source = (UsNpySource) { member_read, member, member->n_bytes, member->label };
  if (!us_npy_read_header (&member->header, &source, error))
    {
      member_close (member);
      return FALSE;
    }

  return TRUE;
}

gboolean
us_npz_describe (UsNpz       *self,
                 const char  *name,
                 UsDtype     *dtype,
                 guint       *n_dims,
                 gsize       *shape,
                 GError     **error)
{
  Member member;
  gboolean done;

  g_return_val_if_fail (self != NULL && name != NULL, FALSE);

  if (!member_open (&member, self, name, error))
    return FALSE;

  done = us_npy_refuse_text (&member.header, member.label, error);
  if (done)
    {
      if (dtype != NULL)
        *dtype = member.header.dtype;
      if (n_dims != NULL)
        *n_dims = member.header.n_dims;
      if (shape != NULL)
        memcpy (shape, member.header.shape, sizeof member.header.shape);
    }
  member_close (&member);

  return done;
}

gboolean
us_npz_is_column_major (UsNpz       *self,
                        const char  *name,
                        gboolean    *column_major,
                        GError     **error)
{
  Member member;

  g_return_val_if_fail (self != NULL && name != NULL && column_major != NULL, FALSE);

  if (!member_open (&member, self, name, error))
    return FALSE;
  *column_major = member.header.fortran && member.header.n_dims > 1;
  member_close (&member);

  return TRUE;
}

UsArray *
us_npz_read (UsNpz       *self,
             const char  *name,
             gsize        max_bytes,
             GError     **error)
{
  g_autoptr(UsArray) array = NULL;
  UsNpySource source;
  Member member;

  g_return_val_if_fail (self != NULL && name != NULL, NULL);

  if (!member_open (&member, self, name, error))
    return NULL;

  source = (UsNpySource) { member_read, &member, member.n_bytes, member.label };
  array = us_npy_read_elements (&member.header, &source, max_bytes, error);
  if (array != NULL && !member_check_end (&member, error))
    g_clear_pointer (&array, us_array_unref);
  member_close (&member);

  return g_steal_pointer (&array);
}

/* Goes forward to a row of the open member. */
static gboolean
member_skip_to (Member  *member,
                gsize    row,
                gsize    row_bytes,
                GError **error)
{
  guint64 left = (guint64) (row - member->row) * row_bytes;
  g_autofree char *buffer = NULL;

  if (left > SKIP_BYTES && member->stored
      && zip_fseek (member->file, (zip_int64_t) (member->header.header_bytes + (guint64) row * row_bytes), SEEK_SET) == 0)
    left = 0;

  if (left > 0)
    buffer = g_malloc (SKIP_BYTES);
  while (left > 0)
    {
      gsize n = MIN (left, SKIP_BYTES);

      if (!member_read (member, buffer, n, error))
        return FALSE;
      left -= n;
    }
  member->row = row;

  return TRUE;
}

static gboolean
check_rows (const Member  *member,
            gsize          first,
            gsize          count,
            GError       **error)
{
  const UsNpyHeader *header = &member->header;

  if (!us_npy_refuse_text (header, member->label, error))
    return FALSE;
  if (header->n_dims == 0)
    return us_npy_fail (error, US_FORMAT_ERROR_SHAPE, member->label, _("is a single number, it has no rows"));
  if (first > header->shape[0] || count > header->shape[0] - first)
    return us_npy_fail (error, US_FORMAT_ERROR_SHAPE, member->label,
                        _("rows %zu to %zu of %zu were asked for"),
                        first, first + count, header->shape[0]);
  return TRUE;
}

static UsArray *
new_rows (const Member  *member,
          gsize          count,
          GError       **error)
{
  gsize shape[US_ARRAY_MAX_DIMS];
  UsArray *array;

  memcpy (shape, member->header.shape, sizeof shape);
  shape[0] = count;
  array = us_array_try_new (member->header.dtype, member->header.n_dims, shape);
  if (array == NULL)
    us_npy_fail (error, US_FORMAT_ERROR_TOO_LARGE, member->label, _("no memory for %zu rows"), count);

  return array;
}

/* In column-major order a row is all over the member: it is unpacked once. */
static UsArray *
take_rows_of_whole (UsNpz   *self,
                    Member  *member,
                    gsize    first,
                    gsize    count,
                    GError **error)
{
  g_autoptr(UsArray) array = new_rows (member, count, error);
  gsize n_bytes;

  if (array == NULL)
    return NULL;

  if (self->whole == NULL || strcmp (self->whole_name, member->name) != 0)
    {
      g_clear_pointer (&self->whole, us_array_unref);
      g_free (self->whole_name);
      self->whole_name = g_strdup (member->name);
      self->whole = us_npz_read (self, member->name, 0, error);
      if (self->whole == NULL)
        return NULL;
    }

  n_bytes = us_array_n_bytes (array);
  if (n_bytes > 0)
    memcpy (array->data, (const char *) self->whole->data + first * (n_bytes / count), n_bytes);

  return g_steal_pointer (&array);
}

UsArray *
us_npz_read_rows (UsNpz       *self,
                  const char  *name,
                  gsize        first,
                  gsize        count,
                  GError     **error)
{
  g_autoptr(UsArray) array = NULL;
  Member *member;
  gsize row_bytes;

  g_return_val_if_fail (self != NULL && name != NULL, NULL);

  member = &self->rows;
  if (member->file == NULL || strcmp (member->name, name) != 0 || first < member->row)
    {
      member_close (member);
      if (!member_open (member, self, name, error))
        return NULL;
    }
  if (!check_rows (member, first, count, error))
    return NULL;
  if (member->header.fortran && member->header.n_dims > 1)
    return take_rows_of_whole (self, member, first, count, error);

  array = new_rows (member, count, error);
  if (array == NULL)
    return NULL;

  row_bytes = member->header.shape[0] > 0 ? member->header.n_bytes / member->header.shape[0] : 0;
  if (!member_skip_to (member, first, row_bytes, error)
      || !member_read (member, array->data, us_array_n_bytes (array), error)
      || (first + count == member->header.shape[0] && !member_check_end (member, error)))
    {
      member_close (member);    /* nobody knows where it stands now */
      return NULL;
    }
  member->row = first + count;
  us_npy_normalise (&member->header, array->data, array->n_elements);

  return g_steal_pointer (&array);
}

/* Text */

static char **
decode_texts (const Member   *member,
              const guint32  *letters,      /* (n_elements, item_bytes / 4) UCS-4 */
              GError        **error)
{
  gsize n_letters = member->header.item_bytes / 4;
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < member->header.n_elements; i++)
    {
      g_autoptr(GError) bad = NULL;
      char *text = g_ucs4_to_utf8 ((const gunichar *) letters + i * n_letters, (glong) n_letters, NULL, NULL, &bad);

      if (text == NULL || !g_utf8_validate (text, -1, NULL))
        {
          g_free (text);
          us_npy_fail (error, US_FORMAT_ERROR_VALUE, member->label, _("text %zu is not Unicode"), i + 1);
          return NULL;
        }
      g_ptr_array_add (texts, text);
    }
  g_ptr_array_add (texts, NULL);

  return (char **) g_ptr_array_free (g_steal_pointer (&texts), FALSE);
}

static char **
member_read_texts (Member  *member,
                   GError **error)
{
  const UsNpyHeader *header = &member->header;
  g_autofree guint32 *letters = NULL;
  gsize n_letters = header->n_bytes / 4;

  if (!header->is_text)
    {
      us_npy_fail (error, US_FORMAT_ERROR_UNSUPPORTED, member->label, _("holds %s; expected text"), us_dtype_name (header->dtype));
      return NULL;
    }
  if (header->n_dims != 1)
    {
      us_npy_fail (error, US_FORMAT_ERROR_SHAPE, member->label, _("has %u dimensions; expected one"), header->n_dims);
      return NULL;
    }
  if (header->n_elements > MAX_TEXTS || header->n_bytes > MAX_TEXT_BYTES)
    {
      us_npy_fail (error, US_FORMAT_ERROR_TOO_LARGE, member->label,
                   _("%zu texts of %zu letters are more than is read"),
                   header->n_elements, header->item_bytes / 4);
      return NULL;
    }

  letters = g_new (guint32, n_letters + 1);
  if (!member_read (member, letters, header->n_bytes, error) || !member_check_end (member, error))
    return NULL;
  if (header->swap)
    for (gsize i = 0; i < n_letters; i++)
      letters[i] = GUINT32_SWAP_LE_BE (letters[i]);

  return decode_texts (member, letters, error);
}

char **
us_npz_read_strings (UsNpz       *self,
                     const char  *name,
                     GError     **error)
{
  Member member;
  char **texts;

  g_return_val_if_fail (self != NULL && name != NULL, NULL);

  if (!member_open (&member, self, name, error))
    return NULL;
  texts = member_read_texts (&member, error);
  member_close (&member);

  return texts;
}

/* Writing */

static gboolean
add_member (zip_t          *zip,
            const char     *name,
            const UsArray  *array,
            GBytes         *header,
            gboolean        compress)
{
  g_autofree char *file_name = g_strconcat (name, ".npy", NULL);
  zip_buffer_fragment_t fragments[] = {
    { (zip_uint8_t *) g_bytes_get_data (header, NULL), g_bytes_get_size (header) },
    { array->data, us_array_n_bytes (array) },
  };
  zip_source_t *source = zip_source_buffer_fragment (zip, fragments, G_N_ELEMENTS (fragments), 0);
  zip_int64_t index;

  if (source == NULL)
    return FALSE;
  index = zip_file_add (zip, file_name, source, ZIP_FL_ENC_UTF_8);
  if (index < 0)
    {
      zip_source_free (source);
      return FALSE;
    }

  return zip_set_file_compression (zip, (zip_uint64_t) index, compress ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0) == 0
         && zip_file_set_dostime (zip, (zip_uint64_t) index, 0, DOS_DATE, 0) == 0;
}

gboolean
us_npz_write (const char         *path,
              gsize               n_members,
              const char *const  *names,
              UsArray *const     *arrays,
              gboolean            compress,
              GError            **error)
{
  g_autoptr(UsFileWriter) writer = NULL;
  g_autoptr(GPtrArray) headers = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  zip_t *zip;
  int code = 0;

  g_return_val_if_fail (path != NULL && n_members > 0, FALSE);

  writer = us_file_writer_new (path, error);
  if (writer == NULL)
    return FALSE;
  if (us_file_writer_path (writer) == NULL)
    {
      g_autofree char *shown = g_filename_display_name (path);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                   _("Cannot write “%s”: an NPZ must be a regular file"), shown);
      return FALSE;
    }
  zip = zip_open (us_file_writer_path (writer), ZIP_CREATE | ZIP_TRUNCATE, &code);
  if (zip == NULL)
    {
      zip_error_t zip_error;

      zip_error_init_with_code (&zip_error, code);
      set_zip_error (error, &zip_error, path);
      zip_error_fini (&zip_error);
      return FALSE;
    }

  for (gsize i = 0; i < n_members; i++)
    {
      GBytes *header = us_npy_make_header (arrays[i]);

      g_ptr_array_add (headers, header);    /* the zip borrows it until it is closed */
      if (!add_member (zip, names[i], arrays[i], header, compress))
        {
          set_zip_error (error, zip_get_error (zip), path);
          zip_discard (zip);
          return FALSE;
        }
    }

  if (zip_close (zip) != 0)
    {
      set_zip_error (error, zip_get_error (zip), path);
      zip_discard (zip);
      return FALSE;
    }

  return us_file_writer_commit (writer, error);
}
