/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-simvae-private.h"

#include "us-dataset.h"
#include "us-error.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#define MAX_BYTES ((gsize) 1 << 30)

static gboolean
take_block (UsSafetensors         *file,
            const char            *prefix,
            const UsNetworkTensor *table,
            gsize                  n,
            float                 *block,
            GError               **error)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *name = g_strconcat (prefix, table[i].name, NULL);
      UsArray *array = us_safetensors_get (file, name);
      gboolean fits;
      gsize bad;

      if (array == NULL)
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                       "tensor “%s” of the architecture is missing", name);
          return FALSE;
        }
      fits = array->dtype == US_DTYPE_F32 && array->n_dims == table[i].n_dims;
      for (guint d = 0; fits && d < table[i].n_dims; d++)
        fits = array->shape[d] == table[i].shape[d];
      if (!fits)
        {
          g_autofree char *shape = us_array_shape_to_string (array);

          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                       "tensor “%s” is %s %s, which does not fit the architecture", name,
                       us_dtype_name (array->dtype), shape);
          return FALSE;
        }
      bad = us_array_find_nonfinite (array);
      if (bad != G_MAXSIZE)
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                       "entry %" G_GSIZE_FORMAT " of tensor “%s” is not a finite number", bad + 1, name);
          return FALSE;
        }
      memcpy (block + table[i].offset, array->data, table[i].n_elements * sizeof (float));
    }
  return TRUE;
}

gboolean
us_safetensors_fits_network (UsSafetensors    *file,
                             const UsNetwork  *network,
                             GError          **error)
{
  g_auto(GStrv) names = us_safetensors_list (file);
  gsize n = 0;

  for (gsize i = 0; names[i] != NULL; i++)
    n += us_safetensors_get (file, names[i])->n_elements;
  if (us_network_n_parameters (network) <= n)
    return TRUE;
  g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                       "the tensors are fewer than the architecture needs");
  return FALSE;
}

gboolean
us_safetensors_get_weights (UsSafetensors  *file,
                            const char     *prefix,
                            UsWeights      *weights,
                            GError        **error)
{
  gsize n;
  const UsNetworkTensor *table = us_network_parameter_table (weights->network, &n);

  if (!take_block (file, prefix, table, n, weights->parameters, error))
    return FALSE;
  table = us_network_state_table (weights->network, &n);
  return take_block (file, prefix, table, n, weights->state, error);
}

static const char *
need (UsSafetensors  *file,
      const char     *key,
      GError        **error)
{
  const char *value = us_safetensors_get_metadata (file, key);

  if (value == NULL)
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                 "no “%s” in the metadata: not a model of this program", key);
  return value;
}

static gboolean
parse_pair (const char *text,
            double     *a,
            double     *b)
{
  char *end;

  if (text == NULL)
    return FALSE;
  *a = g_ascii_strtod (text, &end);
  if (end == text || *end != ' ')
    return FALSE;
  text = end + 1;
  *b = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && isfinite (*a) && isfinite (*b);
}

static double
number_or_nan (JsonArray *array,
               guint      index)
{
  JsonNode *node = index < json_array_get_length (array) ? json_array_get_element (array, index) : NULL;

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_double (node) : NAN;
}

/* A record for the eye: what cannot be read is left out. */
static void
read_history (const char *json,
              GArray     *history[2])
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  JsonNode *root;

  if (json == NULL || !json_parser_load_from_data (parser, json, -1, NULL))
    return;
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_ARRAY (root) || json_array_get_length (json_node_get_array (root)) != 2)
    return;
  for (guint s = 0; s < 2; s++)
    {
      JsonNode *node = json_array_get_element (json_node_get_array (root), s);
      JsonArray *points = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

      for (guint i = 0; points != NULL && i < json_array_get_length (points); i++)
        {
          JsonNode *element = json_array_get_element (points, i);
          JsonArray *numbers = JSON_NODE_HOLDS_ARRAY (element) ? json_node_get_array (element) : NULL;
          double samples = numbers != NULL ? number_or_nan (numbers, 0) : NAN;
          UsHistoryPoint point;

          if (!(samples >= 0 && samples < 1e18))
            continue;
          point.samples = (guint64) samples;
          point.seconds = number_or_nan (numbers, 1);
          point.loss = number_or_nan (numbers, 2);
          point.held_out = number_or_nan (numbers, 3);
          for (guint c = 0; c < US_BUDGET_N_CURVES; c++)
            point.rms[c] = number_or_nan (numbers, 4 + c);
          g_array_append_val (history[s], point);
        }
    }
}

static void
read_record (UsSafetensors  *file,
             UsSimvaeRecord *record)
{
  const char *seed = us_safetensors_get_metadata (file, "seed");
  double samples[2];

  if (!us_method_from_id (us_safetensors_get_metadata (file, "method"), &record->method))
    record->method = US_METHOD_SIMVAE;
  record->preset = g_strdup (us_safetensors_get_metadata (file, "preset"));
  record->program_version = g_strdup (us_safetensors_get_metadata (file, "program_version"));
  record->created = g_strdup (us_safetensors_get_metadata (file, "created"));
  record->command = g_strdup (us_safetensors_get_metadata (file, "command"));
  record->seed = seed != NULL ? g_ascii_strtoull (seed, NULL, 10) : 0;
  if (parse_pair (us_safetensors_get_metadata (file, "samples"), &samples[0], &samples[1]))
    for (int s = 0; s < 2; s++)
      record->samples[s] = samples[s] >= 0 && samples[s] < 1e18 ? (guint64) samples[s] : 0;
  if (!parse_pair (us_safetensors_get_metadata (file, "seconds"), &record->seconds[0], &record->seconds[1]))
    record->seconds[0] = record->seconds[1] = 0;
  read_history (us_safetensors_get_metadata (file, "history"), record->history);
}

/* A set of pictures is known by its contents, wherever it lies now. */
static const UsSimulator *
find_simulator (const char  *id,
                guint64      version,
                const char  *path,
                GError     **error)
{
  const UsSimulator *simulator;

  if (us_dataset_is_id (id))
    return us_dataset_find (id, (guint) version, path, error);
  simulator = us_registry_find (id, NULL);
  if (simulator == NULL)
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                 "a model of the simulator “%s”, which this program does not have", id);
  return simulator;
}

static const UsSimulator *
read_simulator (UsSafetensors  *file,
                const char     *path,
                guint          *output,
                GError        **error)
{
  const char *format = us_safetensors_get_metadata (file, "format");
  const char *format_version, *id, *version, *output_id;
  const UsSimulator *simulator;
  gssize index;

  if (g_strcmp0 (format, US_SIMVAE_FORMAT) != 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "a safetensors file, but not a SimVAE of this program (format “%s” instead of “%s”)",
                   format != NULL ? format : "", US_SIMVAE_FORMAT);
      return NULL;
    }
  if ((format_version = need (file, "format_version", error)) == NULL
      || (id = need (file, "simulator", error)) == NULL
      || (version = need (file, "simulator_version", error)) == NULL
      || (output_id = need (file, "output", error)) == NULL)
    return NULL;
  if (strcmp (format_version, US_SIMVAE_FORMAT_VERSION) != 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "written in format %s by a newer program; this one reads %s", format_version, US_SIMVAE_FORMAT_VERSION);
      return NULL;
    }
  simulator = find_simulator (id, g_ascii_strtoull (version, NULL, 10), path, error);
  if (simulator == NULL)
    return NULL;
  if (g_ascii_strtoull (version, NULL, 10) != simulator->version)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "trained on version %s of the simulator “%s”; this program has version %u, "
                   "whose outputs differ: train again", version, id, simulator->version);
      return NULL;
    }
  index = us_simulator_output_index (simulator, output_id);
  if (index < 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "the simulator “%s” has no output “%s”", id, output_id);
      return NULL;
    }
  *output = index;
  return simulator;
}

/* A network with its weights; n_in, n_out (0: any) are what model and simulator need. */
static UsWeights *
read_network (UsSafetensors  *file,
              const char     *key,
              const char     *prefix,
              gsize           n_in,
              gsize           n_out,
              GError        **error)
{
  const char *json = need (file, key, error);
  g_autoptr(UsNetwork) network = json != NULL ? us_network_from_json (json, error) : NULL;
  g_autoptr(UsWeights) weights = NULL;
  gsize h, w, c, got_in, got_out;

  if (network == NULL)
    {
      g_prefix_error (error, "%s: ", key);
      return NULL;
    }
  us_network_input_shape (network, &h, &w, &c);
  got_in = h * w * c;
  us_network_output_shape (network, &h, &w, &c);
  got_out = h * w * c;
  if (got_in != n_in || (n_out != 0 && got_out != n_out))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "the %s takes %" G_GSIZE_FORMAT " values and gives %" G_GSIZE_FORMAT
                   ", which does not fit the simulator", key, got_in, got_out);
      return NULL;
    }
  if (!us_safetensors_fits_network (file, network, error))
    return NULL;
  weights = us_weights_new (network, 0);
  if (!us_safetensors_get_weights (file, prefix, weights, error))
    return NULL;
  return g_steal_pointer (&weights);
}

static UsSimvae *
read_model (UsSafetensors  *file,
            const char     *path,
            GError        **error)
{
  guint output = 0;
  const UsSimulator *simulator = read_simulator (file, path, &output, error);
  const char *prior_json, *calibration_json, *values;
  g_autoptr(UsPrior) prior = NULL;
  g_autoptr(UsWeights) decoder = NULL;
  g_autoptr(UsWeights) encoder = NULL;
  g_autoptr(UsCalibration) calibration = NULL;
  UsSimvaeRecord record;
  UsSimvae *model;
  UsSimvaeParts parts = { 0 };
  UsCode code;
  gsize n_values;

  if (simulator == NULL
      || (prior_json = need (file, "prior", error)) == NULL
      || (calibration_json = need (file, "calibration", error)) == NULL
      || (values = need (file, "values", error)) == NULL)
    return NULL;
  prior = us_prior_from_json (simulator, prior_json, error);
  if (prior == NULL)
    return NULL;
  calibration = us_calibration_from_json (calibration_json, simulator->n_parameters, error);
  if (calibration == NULL)
    return NULL;
  if (!us_channel_scale_parse (&parts.scale, &simulator->outputs[output], us_safetensors_get_metadata (file, "scale")))
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                           "“scale” of the metadata is not an offset and a positive scale, for all values or each channel");
      return NULL;
    }

  us_code_init (&code, simulator);
  n_values = us_output_n_values (&simulator->outputs[output]);
  if (strcmp (values, US_SIMVAE_GAUSSIAN) == 0)
    parts.loss = US_LOSS_GAUSSIAN_NLL;
  else
    parts.loss = strcmp (values, US_SIMVAE_LOGITS) == 0 ? US_LOSS_BCE : US_LOSS_MSE;
  decoder = read_network (file, "decoder", "decoder.", code.n_features,
                          parts.loss == US_LOSS_GAUSSIAN_NLL ? 2 * n_values : n_values, error);
  if (decoder == NULL)
    return NULL;
  if (us_safetensors_get_metadata (file, "encoder") != NULL)
    {
      gsize h, w, c;

      encoder = read_network (file, "encoder", "encoder.", n_values, 0, error);
      if (encoder == NULL)
        return NULL;
      us_network_output_shape (encoder->network, &h, &w, &c);
      /* several answers, or one with its spread */
      if (h != 1 || w > US_MAX_ANSWERS || (c != code.n_features && !(w == 1 && c == 2 * code.n_features)))
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                       "the encoder gives %" G_GSIZE_FORMAT " numbers for %" G_GSIZE_FORMAT " features of the parameters",
                       h * w * c, code.n_features);
          return NULL;
        }
    }

  us_simvae_record_init (&record);
  read_record (file, &record);
  parts.prior = prior;
  parts.output = output;
  parts.decoder = decoder;
  parts.encoder = encoder;
  parts.record = &record;
  parts.calibration = calibration;
  model = us_simvae_new (&parts);
  us_simvae_record_clear (&record);
  return model;
}

UsSimvae *
us_simvae_load (const char  *path,
                GError     **error)
{
  g_autoptr(UsSafetensors) file = us_safetensors_read (path, MAX_BYTES, error);
  UsSimvae *model;

  if (file == NULL)
    return NULL;
  model = read_model (file, path, error);
  if (model == NULL)
    g_prefix_error (error, "%s: ", path);
  return model;
}
