/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-safetensors.h"

#include "us-error.h"
#include "us-file.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define MAX_HEADER ((guint64) 100 << 20)     /* as the reference implementation */
#define MAX_HEAD ((guint64) 64 << 20)        /* where only the header is wanted, at once */
#define MAX_DEPTH 4                          /* tensor { "shape": [ … ] } needs 3 */
#define DEFAULT_MAX_BYTES ((gsize) 4 << 30)

#if G_BYTE_ORDER != G_LITTLE_ENDIAN
#error "Elements are little-endian in memory and in files"
#endif

struct _UsSafetensors
{
  GPtrArray  *names;        /* of tensors, owned, in file order */
  GHashTable *tensors;      /* name -> UsArray */
  GPtrArray  *keys;         /* of metadata, owned, in file order */
  GHashTable *metadata;     /* key -> value */
};

/* One tensor of a header that is being read. */
typedef struct
{
  const char *name;         /* borrowed from the JSON */
  UsDtype     dtype;
  guint       n_dims;
  gsize       shape[US_ARRAY_MAX_DIMS];
  gsize       n_bytes;
  guint64     begin, end;   /* bytes of the data section */
} Entry;

static const struct
{
  const char *name;
  UsDtype     dtype;
} dtypes[] = {
  { "F32", US_DTYPE_F32 }, { "F64", US_DTYPE_F64 }, { "U8", US_DTYPE_U8 }, { "I8", US_DTYPE_I8 },
  { "I16", US_DTYPE_I16 }, { "U16", US_DTYPE_U16 }, { "I32", US_DTYPE_I32 }, { "U32", US_DTYPE_U32 },
  { "I64", US_DTYPE_I64 }, { "U64", US_DTYPE_U64 }, { "BOOL", US_DTYPE_BOOL },
};

UsSafetensors *
us_safetensors_new (void)
{
  UsSafetensors *self = g_new0 (UsSafetensors, 1);

  self->names = g_ptr_array_new_with_free_func (g_free);
  self->tensors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) us_array_unref);
  self->keys = g_ptr_array_new_with_free_func (g_free);
  self->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return self;
}

void
us_safetensors_free (UsSafetensors *self)
{
  if (self == NULL)
    return;

  g_ptr_array_unref (self->names);
  g_hash_table_unref (self->tensors);
  g_ptr_array_unref (self->keys);
  g_hash_table_unref (self->metadata);
  g_free (self);
}

void
us_safetensors_set_metadata (UsSafetensors *self,
                             const char    *key,
                             const char    *value)
{
  g_return_if_fail (self != NULL && key != NULL && value != NULL);
  g_return_if_fail (g_utf8_validate (key, -1, NULL) && g_utf8_validate (value, -1, NULL));

  if (!g_hash_table_contains (self->metadata, key))
    g_ptr_array_add (self->keys, g_strdup (key));
  g_hash_table_insert (self->metadata, g_strdup (key), g_strdup (value));
}

const char *
us_safetensors_get_metadata (UsSafetensors *self,
                             const char    *key)
{
  g_return_val_if_fail (self != NULL && key != NULL, NULL);

  return g_hash_table_lookup (self->metadata, key);
}

static char **
list_strings (GPtrArray *strings)
{
  char **list = g_new0 (char *, strings->len + 1);

  for (guint i = 0; i < strings->len; i++)
    list[i] = g_strdup (g_ptr_array_index (strings, i));
  return list;
}

char **
us_safetensors_list_metadata (UsSafetensors *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return list_strings (self->keys);
}

void
us_safetensors_add (UsSafetensors *self,
                    const char    *name,
                    UsArray       *array)
{
  g_return_if_fail (self != NULL && name != NULL && array != NULL);
  g_return_if_fail (g_utf8_validate (name, -1, NULL) && strcmp (name, "__metadata__") != 0);

  if (!g_hash_table_contains (self->tensors, name))
    g_ptr_array_add (self->names, g_strdup (name));
  g_hash_table_insert (self->tensors, g_strdup (name), us_array_ref (array));
}

UsArray *
us_safetensors_get (UsSafetensors *self,
                    const char    *name)
{
  g_return_val_if_fail (self != NULL && name != NULL, NULL);

  return g_hash_table_lookup (self->tensors, name);
}

char **
us_safetensors_list (UsSafetensors *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return list_strings (self->names);
}

/* Reading */

static gboolean
fail (GError        **error,
      UsFormatError   code,
      const char     *path,
      const char     *format,
      ...) G_GNUC_PRINTF (4, 5);

static gboolean
fail (GError        **error,
      UsFormatError   code,
      const char     *path,
      const char     *format,
      ...)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, US_FORMAT_ERROR, code, "%s: %s", shown, text);

  return FALSE;
}

/* The parser calls itself for each level: a header of a million brackets must
 * not reach it. */
static gboolean
depth_is_bounded (const char *json,
                  gsize       length)
{
  gboolean in_string = FALSE;
  guint depth = 0;

  for (gsize i = 0; i < length; i++)
    {
      if (in_string && json[i] == '\\')
        i++;
      else if (json[i] == '"')
        in_string = !in_string;
      else if (!in_string && (json[i] == '{' || json[i] == '[') && ++depth > MAX_DEPTH)
        return FALSE;
      else if (!in_string && (json[i] == '}' || json[i] == ']') && depth > 0)
        depth--;
    }

  return TRUE;
}

/* A whole number that is not negative, from an array of them. */
static gboolean
get_size (JsonArray *array,
          guint      i,
          guint64   *size)
{
  JsonNode *node = json_array_get_element (array, i);

  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64
      || json_node_get_int (node) < 0)
    return FALSE;
  *size = (guint64) json_node_get_int (node);
  return TRUE;
}

static JsonArray *
get_array (JsonObject *object,
           const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static gboolean
parse_dtype (Entry       *entry,
             JsonObject  *object,
             const char  *path,
             GError     **error)
{
  JsonNode *node = json_object_get_member (object, "dtype");
  const char *text;

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return fail (error, US_FORMAT_ERROR_SYNTAX, path, _("tensor “%s” has no dtype"), entry->name);

  text = json_node_get_string (node);
  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (strcmp (dtypes[i].name, text) == 0)
      {
        entry->dtype = dtypes[i].dtype;
        return TRUE;
      }

  return fail (error, US_FORMAT_ERROR_UNSUPPORTED, path,
               _("tensor “%s” is of type “%.20s”, which is not read here"), entry->name, text);
}

static gboolean
parse_entry (Entry       *entry,
             JsonNode    *node,
             const char  *path,
             GError     **error)
{
  JsonObject *object;
  JsonArray *shape, *offsets;
  gsize n_elements;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, US_FORMAT_ERROR_SYNTAX, path, _("tensor “%s” is not described by an object"), entry->name);
  object = json_node_get_object (node);
  if (!parse_dtype (entry, object, path, error))
    return FALSE;

  shape = get_array (object, "shape");
  if (shape == NULL)
    return fail (error, US_FORMAT_ERROR_SYNTAX, path, _("tensor “%s” has no shape"), entry->name);
  if (json_array_get_length (shape) > US_ARRAY_MAX_DIMS)
    return fail (error, US_FORMAT_ERROR_UNSUPPORTED, path, _("tensor “%s” has %u dimensions; at most %d are read"),
                 entry->name, json_array_get_length (shape), US_ARRAY_MAX_DIMS);
  entry->n_dims = json_array_get_length (shape);
  for (guint i = 0; i < entry->n_dims; i++)
    {
      guint64 size;

      if (!get_size (shape, i, &size))
        return fail (error, US_FORMAT_ERROR_SYNTAX, path, _("tensor “%s”: dimension %u is not a whole number"),
                     entry->name, i + 1);
      entry->shape[i] = (gsize) size;
    }

  offsets = get_array (object, "data_offsets");
  if (offsets == NULL || json_array_get_length (offsets) != 2
      || !get_size (offsets, 0, &entry->begin) || !get_size (offsets, 1, &entry->end))
    return fail (error, US_FORMAT_ERROR_SYNTAX, path, _("tensor “%s”: data_offsets are not two whole numbers"), entry->name);

  if (!us_dtype_count (entry->dtype, entry->n_dims, entry->shape, &n_elements, &entry->n_bytes)
      || entry->end < entry->begin || entry->end - entry->begin != entry->n_bytes)
    {
      g_autofree char *text = us_shape_to_string (entry->n_dims, entry->shape);

      return fail (error, US_FORMAT_ERROR_SHAPE, path,
                   _("tensor “%s” of shape %s does not fill its bytes %" PRIu64 " to %" PRIu64),
                   entry->name, text, entry->begin, entry->end);
    }

  return TRUE;
}

static gboolean
parse_metadata (UsSafetensors  *self,
                JsonNode       *node,
                const char     *path,
                GError        **error)
{
  JsonObjectIter iter;
  const char *key;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, US_FORMAT_ERROR_SYNTAX, path, _("__metadata__ is not an object"));

  json_object_iter_init_ordered (&iter, json_node_get_object (node));
  while (json_object_iter_next_ordered (&iter, &key, &value))
    {
      if (!JSON_NODE_HOLDS_VALUE (value) || json_node_get_value_type (value) != G_TYPE_STRING)
        return fail (error, US_FORMAT_ERROR_SYNTAX, path, _("__metadata__: “%s” is not a text"), key);
      us_safetensors_set_metadata (self, key, json_node_get_string (value));
    }

  return TRUE;
}

static int
compare_entries (gconstpointer a,
                 gconstpointer b)
{
  const Entry *x = a, *y = b;

  if (x->begin != y->begin)
    return x->begin < y->begin ? -1 : 1;
  return (x->end > y->end) - (x->end < y->end);    /* empty tensors first */
}

/* entries: sorted by place.  Together they are all of the data, once. */
static gboolean
check_coverage (GArray      *entries,
                guint64      data_length,
                const char  *path,
                GError     **error)
{
  guint64 at = 0;

  g_array_sort (entries, compare_entries);
  for (guint i = 0; i < entries->len; i++)
    {
      const Entry *entry = &g_array_index (entries, Entry, i);

      if (entry->end > data_length)
        return fail (error, US_FORMAT_ERROR_TRUNCATED, path,
                     _("tensor “%s” ends at byte %" PRIu64 " of the data, which has %" PRIu64),
                     entry->name, entry->end, data_length);
      if (entry->begin != at)
        return fail (error, US_FORMAT_ERROR_SYNTAX, path,
                     _("tensor “%s” begins at byte %" PRIu64 " of the data, expected %" PRIu64),
                     entry->name, entry->begin, at);
      at = entry->end;
    }

  if (at != data_length)
    return fail (error, US_FORMAT_ERROR_SYNTAX, path,
                 _("%" PRIu64 " bytes at the end belong to no tensor"), data_length - at);
  return TRUE;
}

static JsonParser *
read_header (UsFileReader  *reader,
             guint64        most,
             const char    *path,
             GError       **error)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  g_autoptr(GError) json_error = NULL;
  g_autofree char *json = NULL;
  guint64 length;

  if (us_file_reader_left (reader) < sizeof length)
    {
      fail (error, US_FORMAT_ERROR_TRUNCATED, path, _("too short for a safetensors file"));
      return NULL;
    }
  if (!us_file_reader_read (reader, &length, sizeof length, error))
    return NULL;
  if (length > most || length > us_file_reader_left (reader))
    {
      fail (error, length > most ? US_FORMAT_ERROR_SYNTAX : US_FORMAT_ERROR_TRUNCATED, path,
            _("the header should have %" PRIu64 " bytes, the file has %" PRIu64 " after its length"),
            length, us_file_reader_left (reader));
      return NULL;
    }

  json = g_malloc (length + 1);
  if (!us_file_reader_read (reader, json, length, error))
    return NULL;
  json[length] = '\0';
  if (length == 0 || json[0] != '{' || !g_utf8_validate_len (json, length, NULL)
      || !depth_is_bounded (json, length))
    {
      fail (error, US_FORMAT_ERROR_SYNTAX, path, _("the header is not the JSON object of a safetensors file"));
      return NULL;
    }
  if (!json_parser_load_from_data (parser, json, (gssize) length, &json_error))
    {
      fail (error, US_FORMAT_ERROR_SYNTAX, path, _("the header is not JSON: %s"), json_error->message);
      return NULL;
    }
  if (json_parser_get_root (parser) == NULL || !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    {
      fail (error, US_FORMAT_ERROR_SYNTAX, path, _("the header is not a JSON object"));
      return NULL;
    }

  return g_steal_pointer (&parser);
}

static gboolean
read_tensors (UsSafetensors  *self,
              UsFileReader   *reader,
              GArray         *entries,
              const char     *path,
              GError        **error)
{
  for (guint i = 0; i < entries->len; i++)
    {
      const Entry *entry = &g_array_index (entries, Entry, i);
      g_autoptr(UsArray) array = us_array_try_new (entry->dtype, entry->n_dims, entry->shape);

      if (array == NULL)
        return fail (error, US_FORMAT_ERROR_TOO_LARGE, path, _("no memory for tensor “%s”"), entry->name);
      if (!us_file_reader_read (reader, array->data, entry->n_bytes, error))
        return FALSE;
      if (entry->dtype == US_DTYPE_BOOL)
        for (gsize k = 0; k < array->n_elements; k++)
          ((guint8 *) array->data)[k] = ((guint8 *) array->data)[k] != 0;
      us_safetensors_add (self, entry->name, array);
    }

  return TRUE;
}

/* max_bytes 0: the header only. */
static UsSafetensors *
read_file (const char  *path,
           gsize        max_bytes,
           GError     **error)
{
  g_autoptr(UsSafetensors) self = us_safetensors_new ();
  g_autoptr(GArray) entries = g_array_new (FALSE, TRUE, sizeof (Entry));
  g_autoptr(UsFileReader) reader = NULL;
  g_autoptr(JsonParser) parser = NULL;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  reader = us_file_reader_new (path, error);
  if (reader == NULL)
    return NULL;
  if (max_bytes > 0 && us_file_reader_left (reader) > max_bytes)
    {
      fail (error, US_FORMAT_ERROR_TOO_LARGE, path, _("%" PRIu64 " bytes are more than is allowed here"),
            us_file_reader_left (reader));
      return NULL;
    }

  parser = read_header (reader, max_bytes > 0 ? MAX_HEADER : MAX_HEAD, path, error);
  if (parser == NULL)
    return NULL;

  json_object_iter_init_ordered (&iter, json_node_get_object (json_parser_get_root (parser)));
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      Entry entry = { .name = name };

      if (strcmp (name, "__metadata__") == 0)
        {
          if (!parse_metadata (self, node, path, error))
            return NULL;
          continue;
        }
      if (!parse_entry (&entry, node, path, error))
        return NULL;
      g_array_append_val (entries, entry);
    }

  if (!check_coverage (entries, us_file_reader_left (reader), path, error)
      || (max_bytes > 0 && !read_tensors (self, reader, entries, path, error)))
    return NULL;

  return g_steal_pointer (&self);
}

UsSafetensors *
us_safetensors_read (const char  *path,
                     gsize        max_bytes,
                     GError     **error)
{
  g_return_val_if_fail (path != NULL, NULL);

  return read_file (path, max_bytes > 0 ? max_bytes : DEFAULT_MAX_BYTES, error);
}

UsSafetensors *
us_safetensors_read_head (const char  *path,
                          GError     **error)
{
  g_return_val_if_fail (path != NULL, NULL);

  return read_file (path, 0, error);
}

/* Writing */

/* Wide elements first, otherwise as added: every tensor is then aligned to its
 * element in the file, which has no room for padding. */
static GPtrArray *
order_by_width (UsSafetensors *self)
{
  GPtrArray *ordered = g_ptr_array_new ();

  for (gsize width = 8; width > 0; width /= 2)
    for (guint i = 0; i < self->names->len; i++)
      {
        char *name = g_ptr_array_index (self->names, i);

        if (us_dtype_size (us_safetensors_get (self, name)->dtype) == width)
          g_ptr_array_add (ordered, name);
      }

  return ordered;
}

static void
add_tensor (JsonBuilder   *builder,
            const UsArray *array,
            guint64        begin)
{
  const char *dtype = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (dtypes[i].dtype == array->dtype)
      dtype = dtypes[i].name;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "dtype");
  json_builder_add_string_value (builder, dtype);
  json_builder_set_member_name (builder, "shape");
  json_builder_begin_array (builder);
  for (guint i = 0; i < array->n_dims; i++)
    json_builder_add_int_value (builder, (gint64) array->shape[i]);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "data_offsets");
  json_builder_begin_array (builder);
  json_builder_add_int_value (builder, (gint64) begin);
  json_builder_add_int_value (builder, (gint64) (begin + us_array_n_bytes (array)));
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

/* The header, padded with spaces so that the data begin at a multiple of 8. */
static char *
make_header (UsSafetensors *self,
             GPtrArray     *ordered,
             gsize         *length)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonGenerator) generator = json_generator_new ();
  g_autoptr(JsonNode) root = NULL;
  g_autofree char *json = NULL;
  guint64 begin = 0;
  char *header;
  gsize n;

  json_builder_begin_object (builder);
  if (self->keys->len > 0)
    {
      json_builder_set_member_name (builder, "__metadata__");
      json_builder_begin_object (builder);
      for (guint i = 0; i < self->keys->len; i++)
        {
          const char *key = g_ptr_array_index (self->keys, i);

          json_builder_set_member_name (builder, key);
          json_builder_add_string_value (builder, us_safetensors_get_metadata (self, key));
        }
      json_builder_end_object (builder);
    }
  for (guint i = 0; i < ordered->len; i++)
    {
      const UsArray *array = us_safetensors_get (self, g_ptr_array_index (ordered, i));

      json_builder_set_member_name (builder, g_ptr_array_index (ordered, i));
      add_tensor (builder, array, begin);
      begin += us_array_n_bytes (array);
    }
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json = json_generator_to_data (generator, &n);

  *length = (n + 7) / 8 * 8;
  header = g_malloc (*length);
  memset (header, ' ', *length);
  memcpy (header, json, n);
  return header;
}

gboolean
us_safetensors_write (UsSafetensors  *self,
                      const char     *path,
                      GError        **error)
{
  g_autoptr(GPtrArray) ordered = NULL;
  g_autoptr(UsFileWriter) writer = NULL;
  g_autofree char *header = NULL;
  guint64 header_length;
  gsize length;

  g_return_val_if_fail (self != NULL && path != NULL, FALSE);

  ordered = order_by_width (self);
  header = make_header (self, ordered, &length);
  header_length = length;
  if (header_length > MAX_HEADER)
    return fail (error, US_FORMAT_ERROR_TOO_LARGE, path, _("names and metadata take more than 100 MiB"));

  writer = us_file_writer_new (path, error);
  if (writer == NULL
      || !us_file_writer_write (writer, &header_length, sizeof header_length, error)
      || !us_file_writer_write (writer, header, length, error))
    return FALSE;
  for (guint i = 0; i < ordered->len; i++)
    {
      const UsArray *array = us_safetensors_get (self, g_ptr_array_index (ordered, i));

      if (!us_file_writer_write (writer, array->data, us_array_n_bytes (array), error))
        return FALSE;
    }

  return us_file_writer_commit (writer, error);
}
