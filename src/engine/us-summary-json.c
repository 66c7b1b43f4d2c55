/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-summary-private.h"

#include "us-error.h"
#include "us-json.h"

#include <math.h>
#include <string.h>

#define MAX_FEATURES 65536

static const char *const transform_names[] = {
  [US_TRANSFORM_NONE] = "none",
  [US_TRANSFORM_LOG1P] = "log1p",
  [US_TRANSFORM_LOG] = "log",
};

/* --- writing ----------------------------------------------------------- */

static void
add_bool (JsonBuilder *builder,
          const char  *name,
          gboolean     value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

static void
add_int (JsonBuilder *builder,
         const char  *name,
         gsize        value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, (gint64) value);
}

void
us_value_scale_write (const UsValueScale *self,
                      JsonBuilder        *builder)
{
  json_builder_begin_array (builder);
  json_builder_add_string_value (builder, self->constant ? "constant" : transform_names[self->transform]);
  us_json_number (builder, NULL, self->floor);
  us_json_number (builder, NULL, self->offset);
  us_json_number (builder, NULL, self->scale);
  json_builder_end_array (builder);
}

char *
us_summary_to_json (const UsSummary *self)
{
  g_autoptr(JsonBuilder) builder = NULL;
  g_autoptr(JsonNode) root = NULL;
  const UsSummaryConfig *c;

  g_return_val_if_fail (self != NULL, NULL);

  c = &self->config;
  builder = json_builder_new ();
  json_builder_begin_object (builder);
  us_json_text (builder, "kind", us_summary_kind_name (c->kind));
  add_int (builder, "height", c->height);
  add_int (builder, "width", c->width);
  add_int (builder, "channels", c->channels);
  add_int (builder, "features", c->features);
  add_bool (builder, "unordered", c->unordered);
  add_bool (builder, "counts", c->counts);
  us_json_number (builder, "gaps", c->missing.gaps);
  us_json_number (builder, "cut", c->missing.cut);
  if (self->times != NULL)
    us_json_numbers (builder, "times", self->times, c->height);
  json_builder_set_member_name (builder, "scales");
  json_builder_begin_array (builder);
  for (gsize u = 0; u < self->n_scales; u++)
    us_value_scale_write (&self->scales[u], builder);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

/* --- reading ----------------------------------------------------------- */

static gboolean
refuse (GError    **error,
        const char *what)
{
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE, "The summary of the file: “%s” is missing or wrong", what);
  return FALSE;
}

static double
node_number (JsonNode *node)
{
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || (json_node_get_value_type (node) != G_TYPE_DOUBLE && json_node_get_value_type (node) != G_TYPE_INT64))
    return NAN;
  return json_node_get_double (node);
}

static gboolean
read_size (JsonObject  *object,
           const char  *name,
           gsize       *value,
           GError     **error)
{
  double v = node_number (json_object_get_member (object, name));

  if (!(v >= 1 && v <= (1 << 24)) || v != floor (v))
    return refuse (error, name);
  *value = (gsize) v;
  return TRUE;
}

static gboolean
read_number (JsonObject  *object,
             const char  *name,
             double      *value,
             GError     **error)
{
  *value = node_number (json_object_get_member (object, name));
  return isfinite (*value) || refuse (error, name);
}

static gboolean
read_bool (JsonObject  *object,
           const char  *name,
           gboolean    *value,
           GError     **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return refuse (error, name);
  *value = json_node_get_boolean (node);
  return TRUE;
}

static const char *
node_text (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
         ? json_node_get_string (node) : NULL;
}

/* Borrowed; NULL: no such array of n elements. */
static JsonArray *
array_of (JsonNode *node,
          gsize     n)
{
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  return array != NULL && json_array_get_length (array) == n ? array : NULL;
}

gboolean
us_value_scale_read (UsValueScale *scale,
                     JsonNode     *node)
{
  JsonArray *array = array_of (node, 4);
  const char *name;
  gboolean known = FALSE;

  if (array == NULL || (name = node_text (json_array_get_element (array, 0))) == NULL)
    return FALSE;
  scale->constant = strcmp (name, "constant") == 0;
  for (guint i = 0; i < G_N_ELEMENTS (transform_names); i++)
    if (strcmp (name, transform_names[i]) == 0)
      {
        scale->transform = (UsTransform) i;
        known = TRUE;
      }
  scale->floor = node_number (json_array_get_element (array, 1));
  scale->offset = node_number (json_array_get_element (array, 2));
  scale->scale = node_number (json_array_get_element (array, 3));
  return (known || scale->constant) && isfinite (scale->floor) && scale->floor > 0 && isfinite (scale->offset)
         && isfinite (scale->scale) && scale->scale > 0;
}

/* times: (height), taken from the text, or NULL. */
static gboolean
read_config (JsonObject       *object,
             UsSummaryConfig  *config,
             double          **times,
             GError          **error)
{
  JsonNode *node = json_object_get_member (object, "times");

  if (!us_summary_kind_from_name (node_text (json_object_get_member (object, "kind")), &config->kind))
    return refuse (error, "kind");
  if (!read_size (object, "height", &config->height, error)
      || !read_size (object, "width", &config->width, error)
      || !read_size (object, "channels", &config->channels, error)
      || !read_size (object, "features", &config->features, error)
      || !read_bool (object, "unordered", &config->unordered, error)
      || !read_bool (object, "counts", &config->counts, error)
      || !read_number (object, "gaps", &config->missing.gaps, error)
      || !read_number (object, "cut", &config->missing.cut, error))
    return FALSE;
  if (node == NULL)
    return TRUE;
  if (array_of (node, config->height) == NULL)
    return refuse (error, "times");
  config->times = *times = g_new (double, config->height);
  for (gsize t = 0; t < config->height; t++)
    (*times)[t] = node_number (json_array_get_element (json_node_get_array (node), (guint) t));
  return TRUE;
}

UsSummary *
us_summary_from_json (const char  *json,
                      GError     **error)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  g_autoptr(GError) local = NULL;
  g_autoptr(UsSummary) self = NULL;
  g_autofree double *times = NULL;
  UsSummaryConfig config = { 0 };
  JsonObject *object;
  JsonArray *scales;
  JsonNode *root;

  g_return_val_if_fail (json != NULL, NULL);

  if (!json_parser_load_from_data (parser, json, -1, &local))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX, "The summary of the file is not JSON: %s", local->message);
      return NULL;
    }
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      refuse (error, "summary");
      return NULL;
    }
  object = json_node_get_object (root);
  if (!read_config (object, &config, &times, error))
    return NULL;
  if (config.features > MAX_FEATURES)
    {
      refuse (error, "features");
      return NULL;
    }
  scales = array_of (json_object_get_member (object, "scales"), us_summary_count_scales (&config));
  if (scales == NULL)
    {
      refuse (error, "scales");
      return NULL;
    }
  if ((self = us_summary_alloc (&config, error)) == NULL)
    return NULL;
  for (gsize u = 0; u < self->n_scales; u++)
    if (!us_value_scale_read (&self->scales[u], json_array_get_element (scales, (guint) u)))
      {
        refuse (error, "scales");
        return NULL;
      }
  return g_steal_pointer (&self);
}
