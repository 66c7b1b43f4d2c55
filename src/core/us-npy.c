/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-npy-private.h"

#include "us-error.h"
#include "us-file.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

/* The format: numpy/lib/format.py, "NPY format", versions 1.0 to 3.0. */

#define MAGIC "\x93NUMPY"
#define MAGIC_BYTES 6
#define MAX_DICTIONARY 65536
#define TRANSPOSE_TILE 32

#if G_BYTE_ORDER != G_LITTLE_ENDIAN
#error "Elements are little-endian in memory and in files"
#endif

static const struct
{
  const char *code;             /* kind and bytes of an element */
  UsDtype     dtype;
} codes[] = {
  { "f4", US_DTYPE_F32 }, { "f8", US_DTYPE_F64 }, { "u1", US_DTYPE_U8 }, { "i1", US_DTYPE_I8 },
  { "i2", US_DTYPE_I16 }, { "u2", US_DTYPE_U16 }, { "i4", US_DTYPE_I32 }, { "u4", US_DTYPE_U32 },
  { "i8", US_DTYPE_I64 }, { "u8", US_DTYPE_U64 }, { "b1", US_DTYPE_BOOL },
};

gboolean
us_npy_fail (GError     **error,
             int          code,
             const char  *name,
             const char  *format,
             ...)
{
  g_autofree char *shown = g_filename_display_name (name);
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, US_FORMAT_ERROR, code, "%s: %s", shown, text);

  return FALSE;
}

/* The dictionary: a Python literal with three keys, in any order.  A cursor
 * steps through it; each step returns FALSE where the text is another. */

static void
skip_spaces (const char **at)
{
  while (**at == ' ' || **at == '\t' || **at == '\n' || **at == '\r')
    (*at)++;
}

static gboolean
take (const char **at,
      char         c)
{
  skip_spaces (at);
  if (**at != c)
    return FALSE;
  (*at)++;
  return TRUE;
}

static gboolean
take_word (const char **at,
           const char  *word)
{
  skip_spaces (at);
  if (!g_str_has_prefix (*at, word))
    return FALSE;
  *at += strlen (word);
  return TRUE;
}

/* A quoted text without escapes, which no key and no type has. */
static gboolean
take_string (const char **at,
             char        *buffer,
             gsize        size)
{
  const char *end;
  char quote;

  skip_spaces (at);
  quote = **at;
  if (quote != '\'' && quote != '"')
    return FALSE;
  end = strchr (*at + 1, quote);
  if (end == NULL || (gsize) (end - *at) > size)
    return FALSE;
  g_strlcpy (buffer, *at + 1, (gsize) (end - *at));
  *at = end + 1;
  return TRUE;
}

static gboolean
take_size (const char **at,
           gsize       *size)
{
  char *end;
  guint64 value;

  skip_spaces (at);
  if (!g_ascii_isdigit (**at))
    return FALSE;
  value = g_ascii_strtoull (*at, &end, 10);
  *at = end + (*end == 'L');    /* Python 2 wrote long integers so */
  *size = (gsize) value;
  return value <= G_MAXSSIZE;
}

static gboolean
take_shape (const char  **at,
            UsNpyHeader  *header,
            const char   *name,
            GError      **error)
{
  if (!take (at, '('))
    return us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, name, _("the shape is not a tuple"));

  while (!take (at, ')'))
    {
      if (header->n_dims == US_ARRAY_MAX_DIMS)
        return us_npy_fail (error, US_FORMAT_ERROR_UNSUPPORTED, name,
                            _("more than %d dimensions are not read"), US_ARRAY_MAX_DIMS);
      if (!take_size (at, &header->shape[header->n_dims]))
        return us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, name, _("dimension %u is not a size"), header->n_dims + 1);
      header->n_dims++;
      if (take (at, ','))
        continue;
      if (take (at, ')'))
        break;
      return us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, name, _("the shape is not a tuple"));
    }

  return TRUE;
}

static gboolean
parse_type (UsNpyHeader  *header,
            const char   *type,
            const char   *name,
            GError      **error)
{
  const char *code = type;
  gboolean big = *type == '>';

  if (strchr ("<>|=", *type) != NULL && *type != '\0')
    code++;

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (strcmp (codes[i].code, code) == 0)
      {
        header->dtype = codes[i].dtype;
        header->item_bytes = us_dtype_size (header->dtype);
        header->swap = big && header->item_bytes > 1;
        return TRUE;
      }

  if (*code == 'O')
    return us_npy_fail (error, US_FORMAT_ERROR_UNSUPPORTED, name,
                        _("holds Python objects (a pickle), which are never opened: they may run anything"));
  if (*code == 'U')
    {
      const char *at = code + 1;
      gsize n;

      if (take_size (&at, &n) && *at == '\0' && g_size_checked_mul (&header->item_bytes, n, 4))
        {
          header->is_text = TRUE;
          header->swap = big;
          return TRUE;
        }
    }

  return us_npy_fail (error, US_FORMAT_ERROR_UNSUPPORTED, name,
                      _("elements of type “%s” are not read; expected real numbers, integers or bool"), type);
}

static gboolean
parse_dictionary (UsNpyHeader  *header,
                  const char   *at,
                  const char   *name,
                  GError      **error)
{
  gboolean has_type = FALSE, has_order = FALSE, has_shape = FALSE;
  char key[16], type[32];

  if (!take (&at, '{'))
    return us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, name, _("the header is not a dictionary"));

  while (!take (&at, '}'))
    {
      if (!take_string (&at, key, sizeof key) || !take (&at, ':'))
        return us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, name, _("the header is not a dictionary of known keys"));

      if (strcmp (key, "descr") == 0)
        {
          if (take (&at, '['))
            return us_npy_fail (error, US_FORMAT_ERROR_UNSUPPORTED, name, _("records of several fields are not read"));
          if (!take_string (&at, type, sizeof type))
            return us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, name, _("the type of the elements is not a text"));
          if (!g_utf8_validate (type, -1, NULL))
            return us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, name, _("the type of the elements is not a text"));
          if (!parse_type (header, type, name, error))
            return FALSE;
          has_type = TRUE;
        }
      else if (strcmp (key, "fortran_order") == 0)
        {
          header->fortran = take_word (&at, "True");
          if (!header->fortran && !take_word (&at, "False"))
            return us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, name, _("fortran_order is neither True nor False"));
          has_order = TRUE;
        }
      else if (strcmp (key, "shape") == 0 && !has_shape)
        {
          if (!take_shape (&at, header, name, error))
            return FALSE;
          has_shape = TRUE;
        }
      else
        {
          return us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, name, _("the header is not a dictionary of known keys"));
        }

      if (!take (&at, ',') && *at != '}')
        return us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, name, _("the header is not a dictionary"));
    }

  if (!has_type || !has_order || !has_shape)
    return us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, name, _("the header lacks descr, fortran_order or shape"));
  return TRUE;
}

/* Elements and bytes of the shape, and whether the source can hold them. */
static gboolean
check_size (UsNpyHeader        *header,
            const UsNpySource  *source,
            GError            **error)
{
  gsize bytes_as_u8;

  if (!us_dtype_count (US_DTYPE_U8, header->n_dims, header->shape, &header->n_elements, &bytes_as_u8)
      || !g_size_checked_mul (&header->n_bytes, header->n_elements, header->item_bytes)
      || header->n_bytes > source->n_bytes - header->header_bytes)
    {
      g_autofree char *shape = us_shape_to_string (header->n_dims, header->shape);

      return us_npy_fail (error, US_FORMAT_ERROR_TRUNCATED, source->name,
                          _("an array of shape %s is announced, but only %" PRIu64 " bytes follow"),
                          shape, source->n_bytes - header->header_bytes);
    }

  return TRUE;
}

gboolean
us_npy_read_header (UsNpyHeader        *header,
                    const UsNpySource  *source,
                    GError            **error)
{
  g_autofree char *dictionary = NULL;
  guint8 start[12];             /* magic, version, length */
  gsize start_bytes, length;

  memset (header, 0, sizeof *header);
  if (source->n_bytes < 10)
    return us_npy_fail (error, US_FORMAT_ERROR_TRUNCATED, source->name, _("too short for a NumPy file"));
  if (!source->read (source->source, start, 8, error))
    return FALSE;
  if (memcmp (start, MAGIC, MAGIC_BYTES) != 0)
    return us_npy_fail (error, US_FORMAT_ERROR_SYNTAX, source->name, _("is not a NumPy file: it does not begin with \\x93NUMPY"));
  if (start[6] < 1 || start[6] > 3)
    return us_npy_fail (error, US_FORMAT_ERROR_UNSUPPORTED, source->name,
                        _("version %u.%u of the NumPy format is not read; 1 to 3 are"), start[6], start[7]);

  start_bytes = start[6] == 1 ? 10 : 12;
  if (source->n_bytes < start_bytes)
    return us_npy_fail (error, US_FORMAT_ERROR_TRUNCATED, source->name, _("too short for a NumPy file"));
  if (!source->read (source->source, start + 8, start_bytes - 8, error))
    return FALSE;
  length = start[8] | (gsize) start[9] << 8;
  if (start[6] > 1)
    length |= (gsize) start[10] << 16 | (gsize) start[11] << 24;

  if (length > source->n_bytes - start_bytes)
    return us_npy_fail (error, US_FORMAT_ERROR_TRUNCATED, source->name,
                        _("a header of %zu bytes is announced, but only %" PRIu64 " follow"),
                        length, source->n_bytes - start_bytes);
  if (length > MAX_DICTIONARY)
    return us_npy_fail (error, US_FORMAT_ERROR_UNSUPPORTED, source->name,
                        _("a header of %zu bytes is longer than that of an array of numbers"), length);

  dictionary = g_malloc (length + 1);
  if (!source->read (source->source, dictionary, length, error))
    return FALSE;
  dictionary[length] = '\0';
  header->header_bytes = start_bytes + length;

  return parse_dictionary (header, dictionary, source->name, error)
         && check_size (header, source, error);
}

gboolean
us_npy_refuse_text (const UsNpyHeader  *header,
                    const char         *name,
                    GError            **error)
{
  if (header->is_text)
    return us_npy_fail (error, US_FORMAT_ERROR_UNSUPPORTED, name, _("holds text; expected numbers"));
  return TRUE;
}

void
us_npy_normalise (const UsNpyHeader *header,
                  void              *data,
                  gsize              n)
{
  if (header->swap && header->item_bytes == 2)
    for (gsize i = 0; i < n; i++)
      ((guint16 *) data)[i] = GUINT16_SWAP_LE_BE (((guint16 *) data)[i]);
  else if (header->swap && header->item_bytes == 4)
    for (gsize i = 0; i < n; i++)
      ((guint32 *) data)[i] = GUINT32_SWAP_LE_BE (((guint32 *) data)[i]);
  else if (header->swap && header->item_bytes == 8)
    for (gsize i = 0; i < n; i++)
      ((guint64 *) data)[i] = GUINT64_SWAP_LE_BE (((guint64 *) data)[i]);

  if (!header->is_text && header->dtype == US_DTYPE_BOOL)
    for (gsize i = 0; i < n; i++)
      ((guint8 *) data)[i] = ((guint8 *) data)[i] != 0;
}

/* to (rows, columns) from from (columns, rows), in tiles that stay in cache. */
static void
transpose (char       *to,
           const char *from,
           gsize       rows,
           gsize       columns,
           gsize       size)
{
  for (gsize r0 = 0; r0 < rows; r0 += TRANSPOSE_TILE)
    for (gsize c0 = 0; c0 < columns; c0 += TRANSPOSE_TILE)
      for (gsize r = r0; r < MIN (rows, r0 + TRANSPOSE_TILE); r++)
        for (gsize c = c0; c < MIN (columns, c0 + TRANSPOSE_TILE); c++)
          memcpy (to + (r * columns + c) * size, from + (c * rows + r) * size, size);
}

/* Column-major (n0, n1, …) is row-major (…, n1, n0).  Its last axis is brought
 * to the front; what remains behind it is again such an array, n0 times. */
static gboolean
from_fortran (UsArray *array)
{
  gsize size = us_dtype_size (array->dtype);
  gsize n_bytes = us_array_n_bytes (array);
  g_autofree char *copy = NULL;
  gsize blocks = 1, inner = array->n_elements;

  if (n_bytes == 0)
    return TRUE;
  copy = g_try_malloc (n_bytes);
  if (copy == NULL)
    return FALSE;

  for (guint d = 0; d + 1 < array->n_dims; d++)
    {
      /* blocks of (inner / n, n) become (n, inner / n) */
      gsize n = array->shape[d], rest = inner / n;

      memcpy (copy, array->data, n_bytes);
      for (gsize b = 0; b < blocks; b++)
        transpose ((char *) array->data + b * inner * size, copy + b * inner * size, n, rest, size);
      blocks *= n;
      inner = rest;
    }

  return TRUE;
}

UsArray *
us_npy_read_elements (const UsNpyHeader  *header,
                      const UsNpySource  *source,
                      gsize               max_bytes,
                      GError            **error)
{
  g_autoptr(UsArray) array = NULL;

  if (!us_npy_refuse_text (header, source->name, error))
    return NULL;
  if (max_bytes == 0)
    max_bytes = US_NPY_DEFAULT_MAX_BYTES;
  if (header->n_bytes <= max_bytes)
    array = us_array_try_new (header->dtype, header->n_dims, header->shape);
  if (array == NULL)
    {
      g_autofree char *shape = us_shape_to_string (header->n_dims, header->shape);

      us_npy_fail (error, US_FORMAT_ERROR_TOO_LARGE, source->name,
                   _("an array of shape %s takes %zu bytes, more than is allowed or there"),
                   shape, header->n_bytes);
      return NULL;
    }

  if (!source->read (source->source, array->data, header->n_bytes, error))
    return NULL;
  us_npy_normalise (header, array->data, array->n_elements);
  if (header->fortran && !from_fortran (array))
    {
      us_npy_fail (error, US_FORMAT_ERROR_TOO_LARGE, source->name, _("no memory to turn column-major into row-major order"));
      return NULL;
    }

  return g_steal_pointer (&array);
}

typedef struct
{
  const guint8 *at;
  gsize         left;
} Cursor;

static gboolean
read_from_bytes (gpointer   source,
                 void      *data,
                 gsize      n,
                 GError   **error)
{
  Cursor *cursor = source;

  g_assert (n <= cursor->left);    /* every length was compared with n_bytes */
  if (n > 0)
    memcpy (data, cursor->at, n);
  cursor->at += n;
  cursor->left -= n;
  return TRUE;
}

static gboolean
read_from_file (gpointer   source,
                void      *data,
                gsize      n,
                GError   **error)
{
  return us_file_reader_read (source, data, n, error);
}

static UsArray *
read_source (const UsNpySource  *source,
             gsize               max_bytes,
             GError            **error)
{
  UsNpyHeader header;

  if (!us_npy_read_header (&header, source, error))
    return NULL;
  return us_npy_read_elements (&header, source, max_bytes, error);
}

UsArray *
us_npy_parse (GBytes      *bytes,
              const char  *name,
              gsize        max_bytes,
              GError     **error)
{
  Cursor cursor;

  g_return_val_if_fail (bytes != NULL && name != NULL, NULL);

  cursor.at = g_bytes_get_data (bytes, &cursor.left);
  return read_source (&(UsNpySource) { read_from_bytes, &cursor, cursor.left, name }, max_bytes, error);
}

UsArray *
us_npy_read (const char  *path,
             gsize        max_bytes,
             GError     **error)
{
  g_autoptr(UsFileReader) reader = NULL;

  g_return_val_if_fail (path != NULL, NULL);

  reader = us_file_reader_new (path, error);
  if (reader == NULL)
    return NULL;
  return read_source (&(UsNpySource) { read_from_file, reader, us_file_reader_left (reader), path }, max_bytes, error);
}

GBytes *
us_npy_make_header (const UsArray *array)
{
  GString *text = g_string_new (NULL);
  g_autofree char *shape = us_array_shape_to_string (array);
  const char *code = NULL;
  gsize padded;

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (codes[i].dtype == array->dtype)
      code = codes[i].code;

  g_string_append_len (text, MAGIC "\x01\x00..", 10);
  g_string_append_printf (text, "{'descr': '%c%s', 'fortran_order': False, 'shape': %s, }",
                          us_dtype_size (array->dtype) > 1 ? '<' : '|', code, shape);
  /* Spaces and a newline, so that the elements begin at a multiple of 64. */
  padded = (text->len + 1 + 63) / 64 * 64;
  while (text->len + 1 < padded)
    g_string_append_c (text, ' ');
  g_string_append_c (text, '\n');
  text->str[8] = (char) ((padded - 10) & 0xff);
  text->str[9] = (char) ((padded - 10) >> 8);

  return g_string_free_to_bytes (text);
}

gboolean
us_npy_write (const char     *path,
              const UsArray  *array,
              GError        **error)
{
  g_autoptr(UsFileWriter) writer = NULL;
  g_autoptr(GBytes) header = NULL;

  g_return_val_if_fail (path != NULL && array != NULL, FALSE);

  header = us_npy_make_header (array);
  writer = us_file_writer_new (path, error);
  return writer != NULL
         && us_file_writer_write (writer, g_bytes_get_data (header, NULL), g_bytes_get_size (header), error)
         && us_file_writer_write (writer, array->data, us_array_n_bytes (array), error)
         && us_file_writer_commit (writer, error);
}
