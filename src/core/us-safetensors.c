/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-safetensors.h"

#include "us-error.h"
#include "us-file.h"

#include <json-glib/json-glib.h>
#include <string.h>

/* The format: 8 bytes, little-endian, the header's length; the header, JSON
 * padded with spaces; the tensors one after another.  Every tensor names its
 * byte range within what follows the header. */

#define LENGTH_BYTES 8
#define MAX_HEADER (100u << 20)
#define DEFAULT_MAX_BYTES (G_GUINT64_CONSTANT (4) << 30)
#define METADATA "__metadata__"

typedef struct
{
  char    *name;
  UsArray *array;
} Tensor;

struct _UsSafetensors
{
  GPtrArray  *tensors;          /* of Tensor, in file order */
  GHashTable *by_name;          /* name → Tensor, borrowed */
  GPtrArray  *keys;             /* of char *, in the order of setting */
  GHashTable *metadata;         /* char * → char * */
};

static const struct
{
  const char *name;
  UsDtype     dtype;
} type_names[] = {
  { "F32", US_DTYPE_F32 }, { "F64", US_DTYPE_F64 }, { "U8", US_DTYPE_U8 },   { "I8", US_DTYPE_I8 },
  { "I16", US_DTYPE_I16 }, { "U16", US_DTYPE_U16 }, { "I32", US_DTYPE_I32 }, { "U32", US_DTYPE_U32 },
  { "I64", US_DTYPE_I64 }, { "U64", US_DTYPE_U64 }, { "BOOL", US_DTYPE_BOOL },
};

static void
tensor_free (gpointer data)
{
  Tensor *tensor = data;

  g_free (tensor->name);
  us_array_unref (tensor->array);
  g_free (tensor);
}

UsSafetensors *
us_safetensors_new (void)
{
  UsSafetensors *self = g_new0 (UsSafetensors, 1);

  self->tensors = g_ptr_array_new_with_free_func (tensor_free);
  self->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  self->keys = g_ptr_array_new_with_free_func (g_free);
  self->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
us_safetensors_free (UsSafetensors *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->by_name);
  g_ptr_array_unref (self->tensors);
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

  if (g_hash_table_replace (self->metadata, g_strdup (key), g_strdup (value)))
    g_ptr_array_add (self->keys, g_strdup (key));
}

const char *
us_safetensors_get_metadata (UsSafetensors *self,
                             const char    *key)
{
  g_return_val_if_fail (self != NULL && key != NULL, NULL);

  return g_hash_table_lookup (self->metadata, key);
}

char **
us_safetensors_list_metadata (UsSafetensors *self)
{
  char **keys = g_new0 (char *, self->keys->len + 1);

  for (guint i = 0; i < self->keys->len; i++)
    keys[i] = g_strdup (self->keys->pdata[i]);
  return keys;
}

void
us_safetensors_add (UsSafetensors *self,
                    const char    *name,
                    UsArray       *array)
{
  Tensor *tensor;

  g_return_if_fail (self != NULL && name != NULL && array != NULL);
  g_return_if_fail (!g_str_equal (name, METADATA) && !g_hash_table_contains (self->by_name, name));

  tensor = g_new0 (Tensor, 1);
  tensor->name = g_strdup (name);
  tensor->array = us_array_ref (array);
  g_ptr_array_add (self->tensors, tensor);
  g_hash_table_insert (self->by_name, tensor->name, tensor);
}

UsArray *
us_safetensors_get (UsSafetensors *self,
                    const char    *name)
{
  Tensor *tensor = g_hash_table_lookup (self->by_name, name);

  return tensor != NULL ? tensor->array : NULL;
}

char **
us_safetensors_list (UsSafetensors *self)
{
  char **names = g_new0 (char *, self->tensors->len + 1);

  for (guint i = 0; i < self->tensors->len; i++)
    names[i] = g_strdup (((Tensor *) self->tensors->pdata[i])->name);
  return names;
}

/* --- writing --------------------------------------------------------------- */

static char *
make_header (UsSafetensors *self)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonGenerator) generator = json_generator_new ();
  g_autoptr(JsonNode) root = NULL;
  gsize offset = 0;

  json_builder_begin_object (builder);
  if (self->keys->len > 0)
    {
      json_builder_set_member_name (builder, METADATA);
      json_builder_begin_object (builder);
      for (guint i = 0; i < self->keys->len; i++)
        {
          json_builder_set_member_name (builder, self->keys->pdata[i]);
          json_builder_add_string_value (builder, g_hash_table_lookup (self->metadata, self->keys->pdata[i]));
        }
      json_builder_end_object (builder);
    }
  for (guint i = 0; i < self->tensors->len; i++)
    {
      const Tensor *tensor = self->tensors->pdata[i];
      gsize end = offset + us_array_n_bytes (tensor->array);
      const char *type = NULL;

      for (gsize t = 0; t < G_N_ELEMENTS (type_names); t++)
        if (type_names[t].dtype == tensor->array->dtype)
          type = type_names[t].name;
      json_builder_set_member_name (builder, tensor->name);
      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "dtype");
      json_builder_add_string_value (builder, type);
      json_builder_set_member_name (builder, "shape");
      json_builder_begin_array (builder);
      for (guint d = 0; d < tensor->array->n_dims; d++)
        json_builder_add_int_value (builder, (gint64) tensor->array->shape[d]);
      json_builder_end_array (builder);
      json_builder_set_member_name (builder, "data_offsets");
      json_builder_begin_array (builder);
      json_builder_add_int_value (builder, (gint64) offset);
      json_builder_add_int_value (builder, (gint64) end);
      json_builder_end_array (builder);
      json_builder_end_object (builder);
      offset = end;
    }
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  return json_generator_to_data (generator, NULL);
}

gboolean
us_safetensors_write (UsSafetensors  *self,
                      const char     *path,
                      GError        **error)
{
  g_autofree char *header = make_header (self);
  gsize header_bytes = (strlen (header) + 7) / 8 * 8;
  guint64 length = GUINT64_TO_LE ((guint64) header_bytes);
  g_autoptr(GByteArray) bytes = NULL;

  gsize total = LENGTH_BYTES + header_bytes;

  for (guint i = 0; i < self->tensors->len; i++)
    total += us_array_n_bytes (((Tensor *) self->tensors->pdata[i])->array);
  if (total > G_MAXUINT)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE, "%s: %" G_GSIZE_FORMAT
                   " bytes are more than can be written at once", path, total);
      return FALSE;
    }
  bytes = g_byte_array_sized_new ((guint) total);
  g_byte_array_append (bytes, (const guint8 *) &length, LENGTH_BYTES);
  g_byte_array_append (bytes, (const guint8 *) header, (guint) strlen (header));
  /* Tensors begin at a multiple of eight: the header is padded with spaces. */
  while (bytes->len < LENGTH_BYTES + header_bytes)
    g_byte_array_append (bytes, (const guint8 *) " ", 1);
  for (guint i = 0; i < self->tensors->len; i++)
    {
      const Tensor *tensor = self->tensors->pdata[i];

      g_byte_array_append (bytes, tensor->array->data, (guint) us_array_n_bytes (tensor->array));
    }
  return us_file_replace (path, bytes->data, bytes->len, error);
}

/* --- reading ---------------------------------------------------------------- */

typedef struct
{
  const char   *path;
  const guint8 *data;           /* what follows the header */
  gsize         n_bytes;
} Reader;

static gboolean G_GNUC_PRINTF (4, 5)
refuse (const Reader  *reader,
        UsFormatError  code,
        GError       **error,
        const char    *format,
        ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, US_FORMAT_ERROR, code, "%s: %s", reader->path, text);
  return FALSE;
}

/* The whole numbers ≥ 0 of an array member; FALSE when it is not one, or too long. */
static gboolean
read_sizes (JsonObject *object,
            const char *name,
            guint       max,
            gsize      *sizes,
            guint      *n)
{
  JsonNode *node = json_object_get_member (object, name);
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  array = json_node_get_array (node);
  if (json_array_get_length (array) > max)
    return FALSE;
  *n = json_array_get_length (array);
  for (guint i = 0; i < *n; i++)
    {
      JsonNode *element = json_array_get_element (array, i);

      if (json_node_get_value_type (element) != G_TYPE_INT64 || json_node_get_int (element) < 0)
        return FALSE;
      sizes[i] = (gsize) json_node_get_int (element);
    }
  return TRUE;
}

static gboolean
find_dtype (JsonObject *object,
            UsDtype    *dtype)
{
  JsonNode *node = json_object_get_member (object, "dtype");

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return FALSE;
  for (gsize t = 0; t < G_N_ELEMENTS (type_names); t++)
    if (g_str_equal (type_names[t].name, json_node_get_string (node)))
      {
        *dtype = type_names[t].dtype;
        return TRUE;
      }
  return FALSE;
}

/* A tensor whose header has been checked. */
typedef struct
{
  const char *name;             /* borrowed from the JSON */
  UsDtype     dtype;
  guint       n_dims;
  gsize       shape[US_ARRAY_MAX_DIMS];
  gsize       begin, end;
} Entry;

static gboolean
read_entry (const Reader  *reader,
            const char    *name,
            JsonNode      *node,
            Entry         *entry,
            GError       **error)
{
  gsize offsets[2], bytes;
  guint n_offsets = 0;
  JsonObject *object;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return refuse (reader, US_FORMAT_ERROR_SYNTAX, error, "tensor “%s” is not described by an object", name);
  object = json_node_get_object (node);
  entry->name = name;
  if (!find_dtype (object, &entry->dtype))
    return refuse (reader, US_FORMAT_ERROR_UNSUPPORTED, error,
                   "tensor “%s” is of a type that is not read here (F32, F64, integers, BOOL are)", name);
  if (!read_sizes (object, "shape", US_ARRAY_MAX_DIMS, entry->shape, &entry->n_dims))
    return refuse (reader, US_FORMAT_ERROR_SHAPE, error, "tensor “%s” has no shape of at most %d whole numbers", name,
                   US_ARRAY_MAX_DIMS);
  if (!read_sizes (object, "data_offsets", 2, offsets, &n_offsets) || n_offsets != 2 || offsets[0] > offsets[1])
    return refuse (reader, US_FORMAT_ERROR_SYNTAX, error, "tensor “%s” has no pair of rising data_offsets", name);
  if (offsets[1] > reader->n_bytes)
    return refuse (reader, US_FORMAT_ERROR_TRUNCATED, error,
                   "tensor “%s” ends at byte %" G_GSIZE_FORMAT " of the data, the file holds %" G_GSIZE_FORMAT, name,
                   offsets[1], reader->n_bytes);
  bytes = us_dtype_size (entry->dtype);
  for (guint d = 0; d < entry->n_dims; d++)
    if (!g_size_checked_mul (&bytes, bytes, entry->shape[d]))
      return refuse (reader, US_FORMAT_ERROR_TOO_LARGE, error, "tensor “%s” is larger than any memory", name);
  entry->begin = offsets[0];
  entry->end = offsets[1];
  if (bytes != offsets[1] - offsets[0])
    return refuse (reader, US_FORMAT_ERROR_SHAPE, error,
                   "tensor “%s” has %" G_GSIZE_FORMAT " bytes, its shape and type want %" G_GSIZE_FORMAT, name,
                   offsets[1] - offsets[0], bytes);
  return TRUE;
}

static int
compare_entries (const void *a,
                 const void *b)
{
  const Entry *x = a, *y = b;

  if (x->begin != y->begin)
    return x->begin < y->begin ? -1 : 1;
  return x->end < y->end ? -1 : x->end > y->end;
}

/* Byte ranges must follow one another without gap or overlap to the file's end. */
static gboolean
check_ranges (const Reader  *reader,
              GArray        *entries,   /* of Entry; gets sorted */
              GError       **error)
{
  gsize at = 0;

  g_array_sort (entries, compare_entries);
  for (guint i = 0; i < entries->len; i++)
    {
      const Entry *entry = &g_array_index (entries, Entry, i);

      if (entry->begin != at)
        return refuse (reader, US_FORMAT_ERROR_SYNTAX, error,
                       "tensor “%s” begins at byte %" G_GSIZE_FORMAT " of the data, expected %" G_GSIZE_FORMAT,
                       entry->name, entry->begin, at);
      at = entry->end;
    }
  if (at != reader->n_bytes)
    return refuse (reader, US_FORMAT_ERROR_SYNTAX, error,
                   "%" G_GSIZE_FORMAT " bytes of data belong to no tensor", reader->n_bytes - at);
  return TRUE;
}

static gboolean
read_metadata (UsSafetensors *self,
               const Reader  *reader,
               JsonNode      *node,
               GError       **error)
{
  JsonObject *object;
  JsonObjectIter iter;
  const char *key;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return refuse (reader, US_FORMAT_ERROR_SYNTAX, error, METADATA " is not an object");
  object = json_node_get_object (node);
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &key, &value))
    {
      if (json_node_get_value_type (value) != G_TYPE_STRING)
        return refuse (reader, US_FORMAT_ERROR_SYNTAX, error, METADATA " “%s” is not a string", key);
      us_safetensors_set_metadata (self, key, json_node_get_string (value));
    }
  return TRUE;
}

static gboolean
read_tensors (UsSafetensors *self,
              const Reader  *reader,
              GArray        *entries,   /* of Entry, checked */
              GError       **error)
{
  for (guint i = 0; i < entries->len; i++)
    {
      const Entry *entry = &g_array_index (entries, Entry, i);
      g_autoptr(UsArray) array = us_array_try_new (entry->dtype, entry->n_dims, entry->shape);

      if (array == NULL)
        return refuse (reader, US_FORMAT_ERROR_TOO_LARGE, error, "no memory for tensor “%s”", entry->name);
      if (entry->end > entry->begin)
        memcpy (array->data, reader->data + entry->begin, entry->end - entry->begin);
      us_safetensors_add (self, entry->name, array);
    }
  return TRUE;
}

static gboolean
read_header (UsSafetensors *self,
             const Reader  *reader,
             JsonObject    *header,
             GError       **error)
{
  g_autoptr(GArray) entries = g_array_new (FALSE, TRUE, sizeof (Entry));
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, header);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      Entry entry = { NULL };

      if (g_str_equal (name, METADATA))
        {
          if (!read_metadata (self, reader, node, error))
            return FALSE;
          continue;
        }
      if (!read_entry (reader, name, node, &entry, error))
        return FALSE;
      g_array_append_val (entries, entry);
    }
  return check_ranges (reader, entries, error) && read_tensors (self, reader, entries, error);
}

UsSafetensors *
us_safetensors_read (const char  *path,
                     gsize        max_bytes,
                     GError     **error)
{
  g_autoptr(UsSafetensors) self = us_safetensors_new ();
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autoptr(GError) json_error = NULL;
  g_autoptr(GBytes) bytes = us_file_read (path, max_bytes > 0 ? max_bytes : DEFAULT_MAX_BYTES, error);
  Reader reader = { .path = path };
  const guint8 *data;
  gsize n;
  guint64 header_bytes;

  if (bytes == NULL)
    return NULL;
  data = g_bytes_get_data (bytes, &n);
  if (n < LENGTH_BYTES)
    {
      refuse (&reader, US_FORMAT_ERROR_TRUNCATED, error,
              "%" G_GSIZE_FORMAT " bytes are too few for a safetensors file", n);
      return NULL;
    }
  memcpy (&header_bytes, data, LENGTH_BYTES);
  header_bytes = GUINT64_FROM_LE (header_bytes);
  if (header_bytes > MAX_HEADER || header_bytes > n - LENGTH_BYTES)
    {
      refuse (&reader, header_bytes > MAX_HEADER ? US_FORMAT_ERROR_SYNTAX : US_FORMAT_ERROR_TRUNCATED, error,
              "its header would have %" G_GUINT64_FORMAT " bytes, the file has %" G_GSIZE_FORMAT
              ": not a safetensors file, or cut off", header_bytes, n);
      return NULL;
    }
  reader.data = data + LENGTH_BYTES + header_bytes;
  reader.n_bytes = n - LENGTH_BYTES - header_bytes;
  if (header_bytes == 0 || data[LENGTH_BYTES] != '{'
      || !json_parser_load_from_data (parser, (const char *) data + LENGTH_BYTES, (gssize) header_bytes, &json_error)
      || json_parser_get_root (parser) == NULL || !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    {
      refuse (&reader, US_FORMAT_ERROR_SYNTAX, error, "its header is not a JSON object%s%s",
              json_error != NULL ? ": " : "", json_error != NULL ? json_error->message : "");
      return NULL;
    }
  if (!read_header (self, &reader, json_node_get_object (json_parser_get_root (parser)), error))
    return NULL;
  return g_steal_pointer (&self);
}
