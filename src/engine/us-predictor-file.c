/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-predictor-private.h"

#include "us-error.h"
#include "us-file.h"
#include "us-json.h"
#include "us-simvae-private.h"

#include <math.h>
#include <string.h>

/* D targets, L levels, K classes. */

#define MAX_BYTES ((gsize) 1 << 30)

static const char *const prefixes[US_PREDICTOR_N_PARTS] = { "summary.", "head." };
static const char *const network_keys[US_PREDICTOR_N_PARTS] = { "summary_network", "head_network" };

/* --- writing ----------------------------------------------------------- */

static char *
builder_text (JsonBuilder *builder)
{
  g_autoptr(JsonNode) root = json_builder_get_root (builder);

  return json_to_string (root, FALSE);
}

static char *
targets_to_json (const UsPredictor *self)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (gsize d = 0; d < self->head.n_targets; d++)
    {
      const UsPredictorTarget *t = &self->targets[d];

      json_builder_begin_object (builder);
      us_json_text (builder, "name", t->name);
      us_json_text (builder, "label", t->label);
      us_json_text (builder, "unit", t->unit);
      us_json_number (builder, "at", t->at);
      us_json_number (builder, "lower", t->lower);
      us_json_number (builder, "upper", t->upper);
      json_builder_set_member_name (builder, "scale");
      us_value_scale_write (&self->scales[d], builder);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  return builder_text (builder);
}

static char *
classes_to_json (const UsPredictor *self)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "names");
  json_builder_begin_array (builder);
  for (gsize k = 0; k < self->head.n_targets; k++)
    json_builder_add_string_value (builder, self->class_names[k]);
  json_builder_end_array (builder);
  us_json_numbers (builder, "weights", self->class_weights, self->head.n_targets);
  us_json_number (builder, "temperature", self->temperature);
  json_builder_end_object (builder);
  return builder_text (builder);
}

static char *
observed_to_json (const UsOutput *output)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  us_json_text (builder, "id", output->id);
  us_json_text (builder, "label", output->label);
  us_json_text (builder, "x_label", output->x_label);
  us_json_text (builder, "x_unit", output->x_unit);
  us_json_text (builder, "y_label", output->y_label);
  us_json_text (builder, "y_unit", output->y_unit);
  json_builder_set_member_name (builder, "x");
  json_builder_begin_array (builder);
  for (gsize t = 0; t < output->height; t++)
    us_json_number (builder, NULL, us_output_x (output, t));
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "channels");
  json_builder_begin_array (builder);
  for (gsize c = 0; c < output->channels; c++)
    {
      UsChannel channel = us_output_channel (output, c);

      json_builder_begin_object (builder);
      us_json_text (builder, "id", channel.id);
      us_json_text (builder, "label", channel.label);
      us_json_text (builder, "unit", channel.unit);
      us_json_number (builder, "lower", channel.lower);
      us_json_number (builder, "upper", channel.upper);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "counts");
  json_builder_add_boolean_value (builder, output->counts);
  json_builder_end_object (builder);
  return builder_text (builder);
}

static char *
texts_to_json (char **texts)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (char **text = texts; text != NULL && *text != NULL; text++)
    json_builder_add_string_value (builder, *text);
  json_builder_end_array (builder);
  return builder_text (builder);
}

static char *
record_to_json (const UsPredictorRecord *record)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autofree char *seed = g_strdup_printf ("%" G_GUINT64_FORMAT, record->seed);

  json_builder_begin_object (builder);
  us_json_text (builder, "seed", seed);
  us_json_number (builder, "rows", (double) record->n_rows);
  us_json_number (builder, "epochs", (double) record->n_epochs);
  us_json_number (builder, "best_epoch", (double) record->best_epoch);
  us_json_number (builder, "seconds", record->seconds);
  us_json_number (builder, "held_out", record->held_out);
  us_json_number (builder, "coverage", record->coverage);
  us_json_number (builder, "error_rate", record->error_rate);
  us_json_number (builder, "horizon", record->horizon);
  json_builder_end_object (builder);
  return builder_text (builder);
}

static void
take_metadata (UsSafetensors *file,
               const char    *key,
               char          *value)        /* freed */
{
  us_safetensors_set_metadata (file, key, value != NULL ? value : "");
  g_free (value);
}

gboolean
us_predictor_save (const UsPredictor *self,
                   const char        *path,
                   GError           **error)
{
  g_autoptr(UsSafetensors) file = us_safetensors_new ();
  const UsPredictorRecord *record;

  g_return_val_if_fail (self != NULL && path != NULL, FALSE);

  record = &self->record;
  us_safetensors_set_metadata (file, "format", US_PREDICTOR_FORMAT);
  us_safetensors_set_metadata (file, "format_version", US_PREDICTOR_FORMAT_VERSION);
  us_safetensors_set_metadata (file, "kind", US_PREDICTOR_KIND);
  us_safetensors_set_metadata (file, "head", us_head_kind_name (self->head.kind));
  us_safetensors_set_metadata (file, "task", record->task);
  us_safetensors_set_metadata (file, "program_version", record->program_version != NULL ? record->program_version : "");
  us_safetensors_set_metadata (file, "created", record->created != NULL ? record->created : "");
  us_safetensors_set_metadata (file, "command", record->command != NULL ? record->command : "");
  take_metadata (file, "simulators", texts_to_json (record->simulators));
  take_metadata (file, "priors", texts_to_json (record->priors));
  take_metadata (file, "record", record_to_json (record));
  take_metadata (file, "summary", us_summary_to_json (self->summary));
  if (self->head.kind == US_HEAD_CLASSES)
    take_metadata (file, "classes", classes_to_json (self));
  else
    take_metadata (file, "targets", targets_to_json (self));
  if (self->head.kind == US_HEAD_QUANTILES)
    {
      g_autoptr(JsonBuilder) builder = json_builder_new ();

      us_json_numbers (builder, NULL, self->head.levels, self->head.n_levels);
      take_metadata (file, "levels", builder_text (builder));
    }
  if (self->observed != NULL)
    take_metadata (file, "observed", observed_to_json (self->observed));
  for (int i = 0; i < US_PREDICTOR_N_PARTS; i++)
    {
      take_metadata (file, network_keys[i], us_network_to_json (self->weights[i]->network));
      us_safetensors_add_weights (file, prefixes[i], self->weights[i]);
    }
  return us_safetensors_write (file, path, error);
}

/* --- reading ----------------------------------------------------------- */

static gboolean
refuse (GError    **error,
        const char *key)
{
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE, "“%s” of the metadata is not what it should be", key);
  return FALSE;
}

static const char *
need (UsSafetensors  *file,
      const char     *key,
      GError        **error)
{
  const char *value = us_safetensors_get_metadata (file, key);

  if (value == NULL)
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                 "no “%s” in the metadata: not a predictor of this program", key);
  return value;
}

/* Owned parser, or NULL. */
static JsonParser *
parse (UsSafetensors  *file,
       const char     *key,
       JsonNodeType    type,
       GError        **error)
{
  const char *text = need (file, key, error);
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  JsonNode *root;

  if (text == NULL)
    return NULL;
  if (!json_parser_load_from_data (parser, text, -1, NULL) || (root = json_parser_get_root (parser)) == NULL
      || json_node_get_node_type (root) != type)
    {
      refuse (error, key);
      return NULL;
    }
  return g_steal_pointer (&parser);
}

static JsonObject *
top_object (JsonParser *parser)
{
  return json_node_get_object (json_parser_get_root (parser));
}

static JsonArray *
top_array (JsonParser *parser)
{
  return json_node_get_array (json_parser_get_root (parser));
}

/* NaN: no number there; null stands for what is not finite. */
static double
number_at (JsonNode *node)
{
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || (json_node_get_value_type (node) != G_TYPE_DOUBLE && json_node_get_value_type (node) != G_TYPE_INT64))
    return NAN;
  return json_node_get_double (node);
}

static double
member_number (JsonObject *object,
               const char *name)
{
  return number_at (json_object_get_member (object, name));
}

/* Borrowed; NULL: no text there. */
static const char *
text_at (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
         ? json_node_get_string (node) : NULL;
}

static const char *
member_text (JsonObject *object,
             const char *name)
{
  return text_at (json_object_get_member (object, name));
}

/* Borrowed; NULL: no array there of `least` to `most` elements. */
static JsonArray *
member_array (JsonObject *object,
              const char *name,
              guint       least,
              guint       most)
{
  JsonNode *node = json_object_get_member (object, name);
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  return array != NULL && json_array_get_length (array) >= least && json_array_get_length (array) <= most ? array : NULL;
}

static gboolean
read_levels (UsSafetensors  *file,
             UsHead         *head,
             GError        **error)
{
  g_autoptr(JsonParser) parser = parse (file, "levels", JSON_NODE_ARRAY, error);
  JsonArray *array;

  if (parser == NULL)
    return FALSE;
  array = top_array (parser);
  head->n_levels = json_array_get_length (array);
  if (head->n_levels < 1 || head->n_levels > US_HEAD_MAX_LEVELS)
    return refuse (error, "levels");
  for (gsize i = 0; i < head->n_levels; i++)
    {
      head->levels[i] = number_at (json_array_get_element (array, (guint) i));
      if (!(head->levels[i] > (i > 0 ? head->levels[i - 1] : 0) && head->levels[i] < 1))
        return refuse (error, "levels");
    }
  return TRUE;
}

static gboolean
read_target (UsPredictor *self,
             gsize        d,
             JsonNode    *node)
{
  JsonObject *object = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  UsPredictorTarget target;

  if (object == NULL || member_text (object, "name") == NULL || *member_text (object, "name") == '\0')
    return FALSE;
  target = (UsPredictorTarget) { member_text (object, "name"), member_text (object, "label"), member_text (object, "unit"),
                                 member_number (object, "at"), member_number (object, "lower"),
                                 member_number (object, "upper") };
  if (isnan (target.lower))
    target.lower = -INFINITY;
  if (isnan (target.upper))
    target.upper = INFINITY;
  us_predictor_target_copy (&self->targets[d], &target);
  return target.lower <= target.upper && us_value_scale_read (&self->scales[d], json_object_get_member (object, "scale"));
}

static UsPredictor *
read_targets (UsSafetensors  *file,
              UsHead         *head,
              GError        **error)
{
  g_autoptr(JsonParser) parser = parse (file, "targets", JSON_NODE_ARRAY, error);
  g_autoptr(UsPredictor) self = NULL;

  if (parser == NULL)
    return NULL;
  head->n_targets = json_array_get_length (top_array (parser));
  if (head->n_targets < 1 || head->n_targets > US_PREDICTOR_MAX_TARGETS)
    {
      refuse (error, "targets");
      return NULL;
    }
  self = us_predictor_alloc (head);
  for (gsize d = 0; d < head->n_targets; d++)
    if (!read_target (self, d, json_array_get_element (top_array (parser), (guint) d)))
      {
        refuse (error, "targets");
        return NULL;
      }
  return g_steal_pointer (&self);
}

static UsPredictor *
read_classes (UsSafetensors  *file,
              UsHead         *head,
              GError        **error)
{
  g_autoptr(JsonParser) parser = parse (file, "classes", JSON_NODE_OBJECT, error);
  g_autoptr(UsPredictor) self = NULL;
  JsonArray *names, *weights;
  guint K;

  if (parser == NULL)
    return NULL;
  names = member_array (top_object (parser), "names", 2, US_PREDICTOR_MAX_CLASSES);
  K = names != NULL ? json_array_get_length (names) : 0;
  weights = member_array (top_object (parser), "weights", K, K);
  if (names == NULL || weights == NULL)
    {
      refuse (error, "classes");
      return NULL;
    }
  head->n_targets = K;
  self = us_predictor_alloc (head);
  self->temperature = member_number (top_object (parser), "temperature");
  for (guint k = 0; k < K; k++)
    {
      const char *name = text_at (json_array_get_element (names, k));
      double weight = number_at (json_array_get_element (weights, k));

      if (name == NULL || *name == '\0' || !(isfinite (weight) && weight > 0)
          || !(self->temperature >= 1e-3 && self->temperature <= 1e3))
        {
          refuse (error, "classes");
          return NULL;
        }
      self->class_names[k] = g_strdup (name);
      self->class_weights[k] = weight;
    }
  return g_steal_pointer (&self);
}

/* The output that the file speaks of: its points are where it says. */
static UsOutput *
read_observed (UsSafetensors   *file,
               const UsSummary *summary,
               GError         **error)
{
  g_autoptr(JsonParser) parser = parse (file, "observed", JSON_NODE_OBJECT, error);
  g_autofree double *x = NULL;
  g_autofree UsChannel *channels = NULL;
  static const char *const texts[] = { "id", "label", "x_label", "x_unit", "y_label", "y_unit" };
  const char *words[G_N_ELEMENTS (texts)];
  JsonObject *object;
  JsonArray *points, *names;
  JsonNode *counts;
  UsOutput output;
  guint T, C;

  if (parser == NULL)
    return NULL;
  object = top_object (parser);
  points = member_array (object, "x", 1, 1 << 24);
  names = member_array (object, "channels", 1, 1 << 24);
  T = points != NULL ? json_array_get_length (points) : 0;
  C = names != NULL ? json_array_get_length (names) : 0;
  counts = json_object_get_member (object, "counts");
  if ((gsize) T * C != us_summary_n_values (summary) || counts == NULL || !JSON_NODE_HOLDS_VALUE (counts)
      || json_node_get_value_type (counts) != G_TYPE_BOOLEAN)
    goto wrong;
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    if ((words[i] = member_text (object, texts[i])) == NULL)
      goto wrong;
  x = g_new (double, T);
  for (guint t = 0; t < T; t++)
    {
      x[t] = number_at (json_array_get_element (points, t));
      if (!isfinite (x[t]) || (t > 0 && x[t] <= x[t - 1]))
        goto wrong;
    }
  channels = g_new0 (UsChannel, C);
  for (guint c = 0; c < C; c++)
    {
      JsonNode *node = json_array_get_element (names, c);
      JsonObject *channel = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

      if (channel == NULL)
        goto wrong;
      channels[c] = (UsChannel) { member_text (channel, "id"), member_text (channel, "label"),
                                  member_text (channel, "unit"), member_number (channel, "lower"),
                                  member_number (channel, "upper") };
      if (channels[c].id == NULL || channels[c].label == NULL || channels[c].unit == NULL
          || !(channels[c].lower <= channels[c].upper))
        goto wrong;
    }
  output = (UsOutput) { .id = words[0], .label = words[1], .kind = US_OUTPUT_SERIES, .height = T, .width = 1, .channels = C,
                        .x_label = words[2], .x_unit = words[3], .y_label = words[4], .y_unit = words[5],
                        .x_lower = x[0], .x_upper = x[T - 1], .y_lower = channels[0].lower,
                        .y_upper = channels[0].upper, .lower = channels[0].lower, .upper = channels[0].upper,
                        .channel_info = channels, .x_values = x, .counts = json_node_get_boolean (counts) };
  return us_predictor_output_copy (&output);

wrong:
  refuse (error, "observed");
  return NULL;
}

/* A record for the eye: what cannot be read is left out. */
static char **
read_texts (UsSafetensors *file,
            const char    *key)
{
  g_autoptr(JsonParser) parser = parse (file, key, JSON_NODE_ARRAY, NULL);
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; parser != NULL && i < json_array_get_length (top_array (parser)); i++)
    {
      const char *text = text_at (json_array_get_element (top_array (parser), i));

      if (text != NULL)
        g_ptr_array_add (texts, g_strdup (text));
    }
  g_ptr_array_add (texts, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&texts), FALSE);
}

static gsize
count_of (JsonObject *object,
          const char *name)
{
  double value = member_number (object, name);

  return value >= 0 && value < 1e15 ? (gsize) value : 0;
}

static void
read_record (UsSafetensors     *file,
             UsPredictorRecord *record)
{
  g_autoptr(JsonParser) parser = parse (file, "record", JSON_NODE_OBJECT, NULL);
  JsonObject *object;

  record->program_version = g_strdup (us_safetensors_get_metadata (file, "program_version"));
  record->created = g_strdup (us_safetensors_get_metadata (file, "created"));
  record->command = g_strdup (us_safetensors_get_metadata (file, "command"));
  record->task = g_strdup (us_safetensors_get_metadata (file, "task"));
  record->simulators = read_texts (file, "simulators");
  record->priors = read_texts (file, "priors");
  if (parser == NULL)
    return;
  object = top_object (parser);
  record->seed = member_text (object, "seed") != NULL ? g_ascii_strtoull (member_text (object, "seed"), NULL, 10) : 0;
  record->n_rows = count_of (object, "rows");
  record->n_epochs = count_of (object, "epochs");
  record->best_epoch = count_of (object, "best_epoch");
  record->seconds = member_number (object, "seconds");
  record->held_out = member_number (object, "held_out");
  record->coverage = member_number (object, "coverage");
  record->error_rate = member_number (object, "error_rate");
  record->horizon = member_number (object, "horizon");
}

/* A network with its weights, of so many inputs and outputs (0: any). */
static UsWeights *
read_network (UsSafetensors  *file,
              int             part,
              gsize           n_in,
              gsize           n_out,
              GError        **error)
{
  const char *json = need (file, network_keys[part], error);
  g_autoptr(UsNetwork) network = json != NULL ? us_network_from_json (json, error) : NULL;
  g_autoptr(UsWeights) weights = NULL;
  gsize h, w, c, got_in;

  if (network == NULL)
    {
      g_prefix_error (error, "%s: ", network_keys[part]);
      return NULL;
    }
  us_network_input_shape (network, &h, &w, &c);
  got_in = h * w * c;
  us_network_output_shape (network, &h, &w, &c);
  if (got_in != n_in || h != 1 || w != 1 || (n_out != 0 && c != n_out))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "%s takes %" G_GSIZE_FORMAT " values and gives %" G_GSIZE_FORMAT ", which does not fit the rest",
                   network_keys[part], got_in, h * w * c);
      return NULL;
    }
  if (!us_safetensors_fits_network (file, network, error))
    return NULL;
  weights = us_weights_new (network, 0);
  if (!us_safetensors_get_weights (file, prefixes[part], weights, error))
    return NULL;
  return g_steal_pointer (&weights);
}

static gboolean
read_head (UsSafetensors  *file,
           UsHead         *head,
           GError        **error)
{
  const char *format = us_safetensors_get_metadata (file, "format"), *version, *kind;

  if (g_strcmp0 (format, US_PREDICTOR_FORMAT) != 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "a safetensors file, but not a predictor of this program (format “%s” instead of “%s”)",
                   format != NULL ? format : "", US_PREDICTOR_FORMAT);
      return FALSE;
    }
  if ((version = need (file, "format_version", error)) == NULL || (kind = need (file, "head", error)) == NULL)
    return FALSE;
  if (strcmp (version, US_PREDICTOR_FORMAT_VERSION) != 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "written in format %s by a newer program; this one reads %s", version, US_PREDICTOR_FORMAT_VERSION);
      return FALSE;
    }
  if (!us_head_kind_from_name (kind, &head->kind))
    return refuse (error, "head");
  return head->kind != US_HEAD_QUANTILES || read_levels (file, head, error);
}

static UsPredictor *
read_predictor (UsSafetensors  *file,
                GError        **error)
{
  UsHead head = { 0 };
  g_autoptr(UsPredictor) self = NULL;
  const char *summary;
  gsize S;

  if (!read_head (file, &head, error))
    return NULL;
  self = head.kind == US_HEAD_CLASSES ? read_classes (file, &head, error) : read_targets (file, &head, error);
  if (self == NULL || (summary = need (file, "summary", error)) == NULL
      || (self->summary = us_summary_from_json (summary, error)) == NULL)
    return NULL;
  if (us_safetensors_get_metadata (file, "observed") != NULL
      && (self->observed = read_observed (file, self->summary, error)) == NULL)
    return NULL;
  self->weights[0] = read_network (file, 0, us_summary_n_inputs (self->summary), 0, error);
  if (self->weights[0] == NULL)
    return NULL;
  us_network_output_shape (self->weights[0]->network, NULL, NULL, &S);
  self->weights[1] = read_network (file, 1, S, us_head_n_outputs (&self->head), error);
  if (self->weights[1] == NULL)
    return NULL;
  read_record (file, &self->record);
  return g_steal_pointer (&self);
}

UsPredictor *
us_predictor_load (const char  *path,
                   GError     **error)
{
  g_autoptr(UsSafetensors) file = NULL;
  UsPredictor *self;

  g_return_val_if_fail (path != NULL, NULL);

  if ((file = us_safetensors_read (path, MAX_BYTES, error)) == NULL)
    return NULL;
  if ((self = read_predictor (file, error)) == NULL)
    g_prefix_error (error, "%s: ", path);
  return self;
}

gboolean
us_predictor_is_file (const char *path)
{
  g_autoptr(UsSafetensors) file = us_safetensors_read_head (path, NULL);

  return file != NULL && g_strcmp0 (us_safetensors_get_metadata (file, "kind"), US_PREDICTOR_KIND) == 0;
}
