/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-network-private.h"

#include "us-error.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

/* Which members a kind has; one table drives writing and reading. */
enum
{
  HAS_OUT = 1 << 0,
  HAS_KERNEL = 1 << 1,       /* kernel, stride, pad */
  HAS_BIAS = 1 << 2,
  HAS_SLOPE = 1 << 3,
  HAS_FACTOR = 1 << 4,
  HAS_SHAPE = 1 << 5,
  HAS_GAIN = 1 << 6,
  HAS_MASK = 1 << 7,         /* where there is one */
  HAS_HEADS = 1 << 8,        /* factor, which may be 0 */
};

static guint
members_of (UsLayerKind kind)
{
  switch (kind)
    {
    case US_LAYER_DENSE:
      return HAS_OUT | HAS_BIAS | HAS_GAIN;
    case US_LAYER_CONV:
    case US_LAYER_CONV_TRANSPOSED:
      return HAS_OUT | HAS_KERNEL | HAS_BIAS | HAS_GAIN;
    case US_LAYER_LEAKY_RELU:
      return HAS_SLOPE;
    case US_LAYER_RESHAPE:
      return HAS_SHAPE;
    case US_LAYER_DEPTH_TO_SPACE:
    case US_LAYER_UPSAMPLE:
    case US_LAYER_AVERAGE_POOL:
    case US_LAYER_ROWS:
    case US_LAYER_UNFOLD:
    case US_LAYER_OUTER:
      return HAS_FACTOR;
    case US_LAYER_GRU:
      return HAS_OUT | HAS_GAIN | HAS_MASK;
    case US_LAYER_POOL:
      return HAS_HEADS | HAS_MASK;
    default:
      return 0;
    }
}

/* --- writing ----------------------------------------------------------- */

static void
add_int (JsonBuilder *b,
         const char  *name,
         gsize        value)
{
  json_builder_set_member_name (b, name);
  json_builder_add_int_value (b, (gint64) value);
}

static void
add_float (JsonBuilder *b,
           const char  *name,
           float        value)
{
  json_builder_set_member_name (b, name);
  json_builder_add_double_value (b, (double) value);
}

static void
add_triple (JsonBuilder *b,
            const char  *name,
            gsize        height,
            gsize        width,
            gsize        channels)
{
  json_builder_set_member_name (b, name);
  json_builder_begin_array (b);
  json_builder_add_int_value (b, (gint64) height);
  json_builder_add_int_value (b, (gint64) width);
  json_builder_add_int_value (b, (gint64) channels);
  json_builder_end_array (b);
}

static void
add_layer (JsonBuilder   *b,
           const UsLayer *l)
{
  guint has = members_of (l->kind);

  json_builder_begin_object (b);
  json_builder_set_member_name (b, "kind");
  json_builder_add_string_value (b, us_layer_kind_name (l->kind));
  if (has & HAS_OUT)
    add_int (b, "out", l->out);
  if (has & HAS_KERNEL)
    {
      add_int (b, "kernel", l->kernel);
      add_int (b, "stride", l->stride);
      add_int (b, "pad", l->pad);
    }
  if (has & HAS_BIAS)
    {
      json_builder_set_member_name (b, "bias");
      json_builder_add_boolean_value (b, l->bias);
    }
  if (has & HAS_SLOPE)
    add_float (b, "slope", l->slope);
  if (has & (HAS_FACTOR | HAS_HEADS))
    add_int (b, "factor", l->factor);
  if ((has & HAS_MASK) && l->mask > 0)
    add_int (b, "mask", l->mask);
  if (has & HAS_SHAPE)
    add_triple (b, "shape", l->height, l->width, l->channels);
  if ((has & HAS_GAIN) && l->init_gain != 0.0f)
    add_float (b, "init_gain", l->init_gain);
  json_builder_end_object (b);
}

char *
us_network_to_json (const UsNetwork *self)
{
  g_autoptr(JsonBuilder) b = json_builder_new ();
  g_autoptr(JsonNode) root = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  json_builder_begin_object (b);
  add_triple (b, "input", self->shapes[0].height, self->shapes[0].width, self->shapes[0].channels);
  json_builder_set_member_name (b, "layers");
  json_builder_begin_array (b);
  for (gsize i = 0; i < self->n_layers; i++)
    add_layer (b, &self->layers[i]);
  json_builder_end_array (b);
  json_builder_end_object (b);
  root = json_builder_get_root (b);
  return json_to_string (root, FALSE);
}

/* --- reading ----------------------------------------------------------- */

static gboolean
value_error (GError    **error,
             const char *where,
             const char *name,
             const char *expected)
{
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE, "Network, %s: “%s” is not %s", where, name, expected);
  return FALSE;
}

static gboolean
node_int (JsonNode   *node,
          const char *where,
          const char *name,
          gint64      lowest,
          gint64      highest,
          gsize      *value,
          GError    **error)
{
  gint64 n = 0;

  if (node == NULL)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING, "Network, %s: “%s” is missing", where, name);
      return FALSE;
    }
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64
      || (n = json_node_get_int (node)) < lowest || n > highest)
    {
      g_autofree char *expected = g_strdup_printf ("a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                                                   lowest, highest);

      return value_error (error, where, name, expected);
    }
  *value = (gsize) n;
  return TRUE;
}

static gboolean
node_float (JsonNode   *node,
            const char *where,
            const char *name,
            float       limit,
            float      *value,
            GError    **error)
{
  double v = NAN;

  if (JSON_NODE_HOLDS_VALUE (node)
      && (json_node_get_value_type (node) == G_TYPE_DOUBLE || json_node_get_value_type (node) == G_TYPE_INT64))
    v = json_node_get_double (node);
  if (!isfinite (v) || fabs (v) > (double) limit)
    {
      g_autofree char *expected = g_strdup_printf ("a number within ±%g", (double) limit);

      return value_error (error, where, name, expected);
    }
  *value = (float) v;
  return TRUE;
}

static gboolean
node_triple (JsonNode   *node,
             const char *where,
             const char *name,
             gsize       triple[3],
             GError    **error)
{
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node) || json_array_get_length (json_node_get_array (node)) != 3)
    return value_error (error, where, name, "an array of three whole numbers (height, width, channels)");
  array = json_node_get_array (node);
  for (guint i = 0; i < 3; i++)
    if (!node_int (json_array_get_element (array, i), where, name, 1, (gint64) US_NETWORK_MAX_CHANNELS,
                   &triple[i], error))
      return FALSE;
  return TRUE;
}

/* Every member must belong to the kind: a misspelt one would change the network in silence. */
static gboolean
check_members (JsonObject *object,
               guint       has,
               const char *where,
               GError    **error)
{
  static const struct { const char *name; guint flag; } known[] = {
    { "out", HAS_OUT }, { "kernel", HAS_KERNEL }, { "stride", HAS_KERNEL }, { "pad", HAS_KERNEL },
    { "bias", HAS_BIAS }, { "slope", HAS_SLOPE }, { "factor", HAS_FACTOR }, { "shape", HAS_SHAPE },
    { "init_gain", HAS_GAIN }, { "mask", HAS_MASK }, { "factor", HAS_HEADS },
  };
  JsonObjectIter iter;
  const char *member;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &member, NULL))
    {
      gboolean fits = g_str_equal (member, "kind");

      for (guint i = 0; i < G_N_ELEMENTS (known); i++)
        fits |= (has & known[i].flag) != 0 && g_str_equal (member, known[i].name);
      if (!fits)
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                       "Network, %s: “%s” does not belong there", where, member);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
read_sizes (JsonObject *object,
            guint       has,
            const char *where,
            UsLayer    *l,
            GError    **error)
{
  gsize kernel = 0, stride = 0, pad = 0, factor = 0, mask = 0, triple[3] = { 0 };

  if ((has & HAS_OUT)
      && !node_int (json_object_get_member (object, "out"), where, "out", 1, (gint64) US_NETWORK_MAX_CHANNELS,
                    &l->out, error))
    return FALSE;
  if ((has & HAS_KERNEL)
      && (!node_int (json_object_get_member (object, "kernel"), where, "kernel", 1, US_NETWORK_MAX_KERNEL, &kernel, error)
          || !node_int (json_object_get_member (object, "stride"), where, "stride", 1, US_NETWORK_MAX_KERNEL, &stride, error)
          || !node_int (json_object_get_member (object, "pad"), where, "pad", 0, US_NETWORK_MAX_KERNEL - 1, &pad, error)))
    return FALSE;
  if ((has & HAS_FACTOR)
      && !node_int (json_object_get_member (object, "factor"), where, "factor", 1, US_NETWORK_MAX_KERNEL, &factor, error))
    return FALSE;
  if ((has & HAS_HEADS)
      && !node_int (json_object_get_member (object, "factor"), where, "factor", 0, (gint64) US_NETWORK_MAX_CHANNELS,
                    &factor, error))
    return FALSE;
  if ((has & HAS_MASK) && json_object_has_member (object, "mask")
      && !node_int (json_object_get_member (object, "mask"), where, "mask", 1, (gint64) US_NETWORK_MAX_CHANNELS,
                    &mask, error))
    return FALSE;
  if ((has & HAS_SHAPE)
      && !node_triple (json_object_get_member (object, "shape"), where, "shape", triple, error))
    return FALSE;
  l->kernel = (guint) kernel;
  l->stride = (guint) stride;
  l->pad = (guint) pad;
  l->factor = (guint) factor;
  l->mask = (guint) mask;
  l->height = triple[0];
  l->width = triple[1];
  l->channels = triple[2];
  return TRUE;
}

static gboolean
read_layer (JsonNode *node,
            gsize     index,
            UsLayer  *l,
            GError  **error)
{
  g_autofree char *where = g_strdup_printf ("layer %" G_GSIZE_FORMAT, index);
  JsonObject *object;
  JsonNode *kind;
  guint has;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return value_error (error, "layers", where, "an object");
  object = json_node_get_object (node);
  kind = json_object_get_member (object, "kind");
  if (kind == NULL || !JSON_NODE_HOLDS_VALUE (kind) || json_node_get_value_type (kind) != G_TYPE_STRING)
    return value_error (error, where, "kind", "a text");
  if (!us_layer_kind_from_name (json_node_get_string (kind), &l->kind))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                   "Network, %s: “%s” is not a kind of layer known here", where, json_node_get_string (kind));
      return FALSE;
    }

  has = members_of (l->kind);
  if (!check_members (object, has, where, error) || !read_sizes (object, has, where, l, error))
    return FALSE;
  if (has & HAS_BIAS)
    {
      JsonNode *bias = json_object_get_member (object, "bias");

      if (bias == NULL || !JSON_NODE_HOLDS_VALUE (bias) || json_node_get_value_type (bias) != G_TYPE_BOOLEAN)
        return value_error (error, where, "bias", "true or false");
      l->bias = json_node_get_boolean (bias);
    }
  if (has & HAS_SLOPE)
    {
      JsonNode *slope = json_object_get_member (object, "slope");

      if (slope == NULL)
        return value_error (error, where, "slope", "given");
      if (!node_float (slope, where, "slope", 1.0f, &l->slope, error))
        return FALSE;
    }
  if ((has & HAS_GAIN) && json_object_has_member (object, "init_gain")
      && !node_float (json_object_get_member (object, "init_gain"), where, "init_gain", 1e6f, &l->init_gain, error))
    return FALSE;
  return TRUE;
}

static gboolean
check_top (JsonObject *object,
           GError    **error)
{
  JsonObjectIter iter;
  const char *member;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &member, NULL))
    if (!g_str_equal (member, "input") && !g_str_equal (member, "layers"))
      {
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                     "Network: “%s” does not belong there", member);
        return FALSE;
      }
  return TRUE;
}

UsNetwork *
us_network_from_json (const char  *json,
                      GError     **error)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  g_autoptr(GError) local = NULL;
  g_autofree UsLayer *layers = NULL;
  JsonObject *object;
  JsonNode *root, *list;
  JsonArray *array;
  gsize input[3], n;

  g_return_val_if_fail (json != NULL, NULL);

  if (!json_parser_load_from_data (parser, json, -1, &local))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX, "Network: not JSON: %s", local->message);
      return NULL;
    }
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      value_error (error, "top", "network", "an object");
      return NULL;
    }
  object = json_node_get_object (root);
  list = json_object_get_member (object, "layers");
  if (!check_top (object, error)
      || !node_triple (json_object_get_member (object, "input"), "top", "input", input, error))
    return NULL;
  if (list == NULL || !JSON_NODE_HOLDS_ARRAY (list))
    {
      value_error (error, "top", "layers", "an array");
      return NULL;
    }

  array = json_node_get_array (list);
  n = json_array_get_length (array);
  if (n > US_NETWORK_MAX_LAYERS)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE,
                   "Network: %" G_GSIZE_FORMAT " layers are more than %d", n, US_NETWORK_MAX_LAYERS);
      return NULL;
    }
  layers = g_new0 (UsLayer, MAX (n, 1));
  for (gsize i = 0; i < n; i++)
    if (!read_layer (json_array_get_element (array, (guint) i), i, &layers[i], error))
      return NULL;
  return us_network_new (input[0], input[1], input[2], layers, n, error);
}
