/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Banks as they are read: us-bank-simulate.c makes them. */
#include "config.h"

#include "us-bank.h"

#include "us-bank-private.h"
#include "us-error.h"
#include "us-file.h"
#include "us-npy.h"

#include <glib/gi18n-lib.h>
#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include <zip.h>

/* N rows, P parameters, n values of x a row. */

#define META_BYTES_MAX (1024 * 1024)

struct _UsBank
{
  char    *path;
  UsNpz   *npz;                         /* NULL: a folder, its arrays are held whole */
  UsArray *theta;                       /* (N, P), of a folder */
  UsArray *x;                           /* (N, …), of a folder */
  gsize    n_rows;
  gsize    n_parameters;
  gsize    n_values;
  guint    n_dims;                      /* of x, after the first */
  gsize    shape[US_ARRAY_MAX_DIMS];    /* (n_dims) */
  char   **names;                       /* (P), NULL-terminated */
  gboolean names_made_up;
  char    *meta;                        /* or NULL */
};

/* “FILE”: and what follows. */
static gboolean G_GNUC_PRINTF (4, 5)
refuse (const UsBank  *self,
        GError       **error,
        UsFormatError  code,
        const char    *format,
        ...)
{
  g_autofree char *what = NULL;
  g_autofree char *shown = g_filename_display_name (self->path);
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, US_FORMAT_ERROR, code, "“%s”: %s", shown, what);

  return FALSE;
}

/* A small text member: of a zip or of the folder.  NULL without an error: there is none. */
static char *
read_meta (const UsBank  *self,
           GError       **error)
{
  g_autofree char *path = g_build_filename (self->path, US_BANK_META, NULL);
  g_autoptr(GBytes) bytes = NULL;
  g_autofree char *text = NULL;
  zip_stat_t stat;
  zip_file_t *file;
  zip_t *zip;

  if (self->npz == NULL)
    {
      if (!g_file_test (path, G_FILE_TEST_EXISTS))
        return NULL;
      bytes = us_file_read (path, META_BYTES_MAX, error);
      return bytes != NULL ? g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)) : NULL;
    }

  zip = zip_open (self->path, ZIP_RDONLY, NULL);
  if (zip == NULL)
    return NULL;
  if (zip_stat (zip, US_BANK_META, 0, &stat) == 0 && (stat.valid & ZIP_STAT_SIZE) && stat.size <= META_BYTES_MAX &&
      (file = zip_fopen (zip, US_BANK_META, 0)) != NULL)
    {
      text = g_malloc0 (stat.size + 1);
      if (zip_fread (file, text, stat.size) != (zip_int64_t) stat.size)
        g_clear_pointer (&text, g_free);
      zip_fclose (file);
    }
  zip_discard (zip);

  return g_steal_pointer (&text);
}

/* An array of the folder, as the type that it is read as. */
static UsArray *
read_whole (const UsBank  *self,
            const char    *name,
            UsDtype        dtype,
            GError       **error)
{
  g_autofree char *file = g_strconcat (name, ".npy", NULL);
  g_autofree char *path = g_build_filename (self->path, file, NULL);
  g_autoptr(UsArray) array = us_npy_read (path, 0, error);

  return array != NULL ? us_array_convert (array, dtype) : NULL;
}

/* Shape of a member, from its header or from the array in memory. */
static gboolean
describe (UsBank      *self,
          const char  *name,
          UsArray     *array,
          guint       *n_dims,
          gsize       *shape,           /* (US_ARRAY_MAX_DIMS) */
          GError     **error)
{
  UsDtype dtype;

  if (self->npz != NULL)
    {
      if (!us_npz_has (self->npz, name))
        return refuse (self, error, US_FORMAT_ERROR_MISSING, _("has no array “%s”"), name);
      return us_npz_describe (self->npz, name, &dtype, n_dims, shape, error);
    }

  *n_dims = array->n_dims;
  memcpy (shape, array->shape, sizeof array->shape);
  return TRUE;
}

static gboolean
check_shapes (UsBank  *self,
              GError **error)
{
  guint n_theta = 0, n_x = 0;
  gsize theta[US_ARRAY_MAX_DIMS] = { 0 }, x[US_ARRAY_MAX_DIMS] = { 0 };
  g_autofree char *theta_text = NULL;
  g_autofree char *x_text = NULL;

  if (!describe (self, US_BANK_THETA, self->theta, &n_theta, theta, error) ||
      !describe (self, US_BANK_X, self->x, &n_x, x, error))
    return FALSE;

  theta_text = us_shape_to_string (n_theta, theta);
  x_text = us_shape_to_string (n_x, x);
  if (n_theta != 2 || theta[1] == 0 || theta[1] > US_MAX_PARAMETERS)
    return refuse (self, error, US_FORMAT_ERROR_SHAPE,
                   _("“theta” has the shape %s; expected rows of 1 to %d parameters"), theta_text, US_MAX_PARAMETERS);
  if (n_x < 2)
    return refuse (self, error, US_FORMAT_ERROR_SHAPE, _("“x” has the shape %s; expected rows of values"), x_text);
  if (theta[0] != x[0])
    return refuse (self, error, US_FORMAT_ERROR_SHAPE,
                   "“theta” has %" G_GSIZE_FORMAT " rows, “x” has %" G_GSIZE_FORMAT, theta[0], x[0]);

  self->n_rows = theta[0];
  self->n_parameters = theta[1];
  self->n_dims = n_x - 1;
  self->n_values = 1;
  for (guint i = 0; i < self->n_dims; i++)
    {
      self->shape[i] = x[i + 1];
      self->n_values *= x[i + 1];       /* the reader checked that the product fits */
    }
  if (self->n_rows == 0 || self->n_values == 0)
    return refuse (self, error, US_FORMAT_ERROR_SHAPE, _("is empty: “theta” has the shape %s, “x” %s"),
                   theta_text, x_text);

  return TRUE;
}

/* Names of the metadata's prior, in their order; none when their number is not P. */
static void
names_of_meta (const UsBank *self,
               GPtrArray    *names)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  JsonObjectIter iter;
  JsonObject *prior;
  JsonNode *node;
  const char *name;

  if (self->meta == NULL || !json_parser_load_from_data (parser, self->meta, -1, NULL))
    return;
  node = json_parser_get_root (parser);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return;
  node = json_object_get_member (json_node_get_object (node), "prior");
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return;
  prior = json_node_get_object (node);
  if (json_object_get_size (prior) != self->n_parameters)
    return;

  json_object_iter_init_ordered (&iter, prior);
  while (json_object_iter_next_ordered (&iter, &name, NULL))
    g_ptr_array_add (names, g_strdup (name));
}

/* From the array of names, else from the metadata's prior, else made up. */
static gboolean
find_names (UsBank  *self,
            GError **error)
{
  GPtrArray *names;

  if (self->npz != NULL && us_npz_has (self->npz, US_BANK_NAMES))
    {
      self->names = us_npz_read_strings (self->npz, US_BANK_NAMES, error);
      if (self->names == NULL)
        return FALSE;
      if (g_strv_length (self->names) != self->n_parameters)
        return refuse (self, error, US_FORMAT_ERROR_SHAPE,
                       "“theta_names” has %u names for %" G_GSIZE_FORMAT " parameters",
                       g_strv_length (self->names), self->n_parameters);
      return TRUE;
    }

  names = g_ptr_array_new ();
  names_of_meta (self, names);
  self->names_made_up = names->len == 0;
  for (gsize i = 0; self->names_made_up && i < self->n_parameters; i++)
    g_ptr_array_add (names, g_strdup_printf ("theta%" G_GSIZE_FORMAT, i + 1));
  g_ptr_array_add (names, NULL);
  self->names = (char **) g_ptr_array_free (names, FALSE);

  return TRUE;
}

/**
 * us_bank_open:
 * @path: an .npz, or a folder of .npy files
 * @error: return location
 *
 * Returns: (transfer full): the bank, or %NULL
 */
UsBank *
us_bank_open (const char  *path,
              GError     **error)
{
  g_autoptr(UsBank) self = NULL;
  g_autoptr(GError) local = NULL;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  self = g_new0 (UsBank, 1);
  self->path = g_strdup (path);
  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      if ((self->theta = read_whole (self, US_BANK_THETA, US_DTYPE_F64, error)) == NULL ||
          (self->x = read_whole (self, US_BANK_X, US_DTYPE_F32, error)) == NULL)
        return NULL;
    }
  else if ((self->npz = us_npz_open (path, error)) == NULL)
    return NULL;

  self->meta = read_meta (self, &local);
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  if (!check_shapes (self, error) || !find_names (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

void
us_bank_close (UsBank *self)
{
  if (self == NULL)
    return;

  g_clear_pointer (&self->npz, us_npz_close);
  g_clear_pointer (&self->theta, us_array_unref);
  g_clear_pointer (&self->x, us_array_unref);
  g_strfreev (self->names);
  g_free (self->meta);
  g_free (self->path);
  g_free (self);
}

gsize
us_bank_n_rows (const UsBank *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_rows;
}

gsize
us_bank_n_parameters (const UsBank *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_parameters;
}

gsize
us_bank_n_values (const UsBank *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_values;
}

guint
us_bank_x_shape (const UsBank *self,
                 gsize        *shape)
{
  g_return_val_if_fail (self != NULL && shape != NULL, 0);

  memcpy (shape, self->shape, sizeof self->shape);
  return self->n_dims;
}

const char *
us_bank_name (const UsBank *self,
              gsize         parameter)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (parameter < self->n_parameters, NULL);

  return self->names[parameter];
}

const char *
us_bank_meta (const UsBank *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->meta;
}

/* Rows of one member as dtype: (count, row). */
static gboolean
read_rows (UsBank      *self,
           const char  *name,
           UsArray     *whole,          /* of a folder, in dtype */
           gsize        first,
           gsize        count,
           gsize        row,            /* values a row */
           UsDtype      dtype,
           gboolean     raw,            /* values that are not finite are no error */
           void        *out,
           GError     **error)
{
  const gsize size = us_dtype_size (dtype);
  g_autoptr(UsArray) rows = NULL;
  g_autoptr(UsArray) converted = NULL;

  if (whole != NULL)
    memcpy (out, (const char *) whole->data + first * row * size, count * row * size);
  else
    {
      rows = us_npz_read_rows (self->npz, name, first, count, error);
      if (rows == NULL)
        return FALSE;
      converted = us_array_convert (rows, dtype);
      memcpy (out, converted->data, count * row * size);
    }

  for (gsize i = 0; !raw && i < count * row; i++)
    if (!isfinite (dtype == US_DTYPE_F64 ? ((const double *) out)[i] : (double) ((const float *) out)[i]))
      return refuse (self, error, US_FORMAT_ERROR_VALUE,
                     "“%s”, row %" G_GSIZE_FORMAT ": value %" G_GSIZE_FORMAT " is not finite",
                     name, first + i / row, i % row);

  return TRUE;
}

/* A member of the metadata: its value, or otherwise when it is missing; FALSE: of another type. */
static gboolean
meta_string (JsonObject  *object,
             const char  *name,
             const char  *otherwise,
             const char **value)
{
  JsonNode *node = json_object_get_member (object, name);

  *value = node == NULL ? otherwise
           : JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
           ? json_node_get_string (node) : NULL;
  return *value != NULL;
}

static gboolean
meta_integer (JsonObject *object,
              const char *name,
              gint64      otherwise,
              gint64     *value)
{
  JsonNode *node = json_object_get_member (object, name);

  *value = otherwise;
  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;
  *value = json_node_get_int (node);
  return TRUE;
}

/* The metadata's claims, where there are any. */
static gboolean
check_meta (const UsBank       *self,
            const UsSimulator  *simulator,
            const UsOutput     *output,
            GError            **error)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  JsonNode *root;
  JsonObject *object;
  const char *id = NULL, *output_id = NULL;
  gint64 version = 0;

  if (self->meta == NULL)
    return TRUE;
  if (!json_parser_load_from_data (parser, self->meta, -1, NULL) ||
      (root = json_parser_get_root (parser)) == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return refuse (self, error, US_FORMAT_ERROR_SYNTAX, _("its metadata are no JSON object"));

  object = json_node_get_object (root);
  if (!meta_string (object, "simulator", simulator->id, &id) ||
      !meta_string (object, "output", output->id, &output_id) ||
      !meta_integer (object, "version", simulator->version, &version))
    return refuse (self, error, US_FORMAT_ERROR_SYNTAX,
                   _("its metadata do not name simulator, version and output as a bank's do"));
  if (!g_str_equal (id, simulator->id))
    return refuse (self, error, US_FORMAT_ERROR_MISMATCH, _("is a bank of the simulator “%s”, not “%s”"),
                   id, simulator->id);
  if (version != simulator->version)
    return refuse (self, error, US_FORMAT_ERROR_MISMATCH,
                   "was made by version %" G_GINT64_FORMAT " of “%s”; this is version %u",
                   version, simulator->id, simulator->version);
  if (!g_str_equal (output_id, output->id))
    return refuse (self, error, US_FORMAT_ERROR_MISMATCH, _("holds the output “%s”, not “%s”"), output_id, output->id);

  return TRUE;
}

gboolean
us_bank_check (const UsBank       *self,
               const UsSimulator  *simulator,
               guint               output,
               GError            **error)
{
  const UsOutput *wanted;

  g_return_val_if_fail (self != NULL && simulator != NULL, FALSE);
  g_return_val_if_fail (output < simulator->n_outputs, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  wanted = &simulator->outputs[output];
  if (!check_meta (self, simulator, wanted, error))
    return FALSE;
  if (self->n_parameters != simulator->n_parameters)
    return refuse (self, error, US_FORMAT_ERROR_MISMATCH,
                   "has %" G_GSIZE_FORMAT " parameters, “%s” has %" G_GSIZE_FORMAT,
                   self->n_parameters, simulator->id, simulator->n_parameters);
  for (gsize i = 0; i < self->n_parameters; i++)
    if (!self->names_made_up && !g_str_equal (self->names[i], simulator->parameters[i].name))
      return refuse (self, error, US_FORMAT_ERROR_MISMATCH,
                     "its parameter %" G_GSIZE_FORMAT " is “%s”, that of “%s” is “%s”",
                     i + 1, self->names[i], simulator->id, simulator->parameters[i].name);
  if (self->n_values != us_output_n_values (wanted))
    return refuse (self, error, US_FORMAT_ERROR_SHAPE,
                   "a row of “x” has %" G_GSIZE_FORMAT " values; output “%s” has %" G_GSIZE_FORMAT,
                   self->n_values, wanted->id, us_output_n_values (wanted));

  return TRUE;
}

static gboolean
read_both (UsBank   *self,
           gsize     first,
           gsize     count,
           gboolean  raw,
           double   *theta,
           float    *x,
           GError  **error)
{
  if (count == 0)
    return TRUE;
  return (theta == NULL || read_rows (self, US_BANK_THETA, self->theta, first, count, self->n_parameters,
                                      US_DTYPE_F64, raw, theta, error)) &&
         (x == NULL || read_rows (self, US_BANK_X, self->x, first, count, self->n_values, US_DTYPE_F32, raw, x, error));
}

gboolean
us_bank_read (UsBank  *self,
              gsize    first,
              gsize    count,
              double  *theta,
              float   *x,
              GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (first <= self->n_rows && count <= self->n_rows - first, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return read_both (self, first, count, FALSE, theta, x, error);
}

gboolean
us_bank_read_raw (UsBank  *self,
                  gsize    first,
                  gsize    count,
                  double  *theta,
                  float   *x,
                  GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (first <= self->n_rows && count <= self->n_rows - first, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return read_both (self, first, count, TRUE, theta, x, error);
}
