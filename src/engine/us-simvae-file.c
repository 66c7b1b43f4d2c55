/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-simvae-private.h"

#include "us-file.h"
#include "us-json.h"
#include "us-safetensors.h"

#include <math.h>
#include <string.h>

static void
add_block (UsSafetensors         *file,
           const char            *prefix,
           const UsNetworkTensor *table,
           gsize                  n,
           const float           *block)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr(UsArray) array = us_array_new (US_DTYPE_F32, table[i].n_dims, table[i].shape);
      g_autofree char *name = g_strconcat (prefix, table[i].name, NULL);

      memcpy (array->data, block + table[i].offset, table[i].n_elements * sizeof (float));
      us_safetensors_add (file, name, array);
    }
}

void
us_safetensors_add_weights (UsSafetensors   *file,
                            const char      *prefix,
                            const UsWeights *weights)
{
  gsize n;
  const UsNetworkTensor *table = us_network_parameter_table (weights->network, &n);

  add_block (file, prefix, table, n, weights->parameters);
  table = us_network_state_table (weights->network, &n);
  add_block (file, prefix, table, n, weights->state);
}

/* Numbers as JSON writes them; null stands for "not measured". */
static char *
history_to_json (GArray *const history[2])
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonNode) root = NULL;

  json_builder_begin_array (builder);
  for (int s = 0; s < 2; s++)
    {
      json_builder_begin_array (builder);
      for (guint i = 0; i < history[s]->len; i++)
        {
          const UsHistoryPoint *point = &g_array_index (history[s], UsHistoryPoint, i);

          json_builder_begin_array (builder);
          json_builder_add_int_value (builder, (gint64) point->samples);
          json_builder_add_double_value (builder, round (point->seconds * 1000) / 1000);
          json_builder_add_double_value (builder, isfinite (point->loss) ? point->loss : 0);
          us_json_number (builder, NULL, point->held_out);
          /* where nothing was held out, there is none of these either */
          for (int c = 0; isfinite (point->held_out) && c < US_BUDGET_N_CURVES; c++)
            us_json_number (builder, NULL, point->rms[c]);
          json_builder_end_array (builder);
        }
      json_builder_end_array (builder);
    }
  json_builder_end_array (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

static void
set_pair (UsSafetensors *file,
          const char    *key,
          double         a,
          double         b)
{
  char at[G_ASCII_DTOSTR_BUF_SIZE], bt[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *text = g_strconcat (us_dtoa (at, a), " ", us_dtoa (bt, b), NULL);

  us_safetensors_set_metadata (file, key, text);
}

static void
set_metadata (UsSafetensors       *file,
              const UsSimvaeParts *parts)
{
  const UsSimulator *simulator = us_prior_simulator (parts->prior);
  const UsSimvaeRecord *record = parts->record;
  g_autofree char *version = g_strdup_printf ("%u", simulator->version);
  g_autofree char *seed = g_strdup_printf ("%" G_GUINT64_FORMAT, record->seed);
  g_autofree char *samples = g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
                                              record->samples[0], record->samples[1]);
  g_autofree char *prior = us_prior_to_json (parts->prior);
  g_autofree char *decoder = us_network_to_json (parts->decoder->network);
  g_autofree char *scale = us_channel_scale_to_text (&parts->scale);
  g_autofree char *history = history_to_json (record->history);
  g_autofree char *calibration = us_calibration_to_json (parts->calibration);

  us_safetensors_set_metadata (file, "format", US_SIMVAE_FORMAT);
  us_safetensors_set_metadata (file, "format_version", US_SIMVAE_FORMAT_VERSION);
  us_safetensors_set_metadata (file, "simulator", simulator->id);
  us_safetensors_set_metadata (file, "simulator_version", version);
  us_safetensors_set_metadata (file, "output", simulator->outputs[parts->output].id);
  us_safetensors_set_metadata (file, "prior", prior);
  us_safetensors_set_metadata (file, "decoder", decoder);
  if (parts->encoder != NULL)
    {
      g_autofree char *encoder = us_network_to_json (parts->encoder->network);

      us_safetensors_set_metadata (file, "encoder", encoder);
    }
  us_safetensors_set_metadata (file, "values", parts->loss == US_LOSS_BCE ? US_SIMVAE_LOGITS
                                               : parts->loss == US_LOSS_GAUSSIAN_NLL ? US_SIMVAE_GAUSSIAN : "linear");
  us_safetensors_set_metadata (file, "scale", scale);
  us_safetensors_set_metadata (file, "method", us_method_id (record->method));
  us_safetensors_set_metadata (file, "preset", record->preset != NULL ? record->preset : "");
  us_safetensors_set_metadata (file, "seed", seed);
  us_safetensors_set_metadata (file, "samples", samples);
  set_pair (file, "seconds", record->seconds[0], record->seconds[1]);
  us_safetensors_set_metadata (file, "history", history);
  us_safetensors_set_metadata (file, "calibration", calibration);
  us_safetensors_set_metadata (file, "program_version", record->program_version != NULL ? record->program_version : "");
  us_safetensors_set_metadata (file, "created", record->created != NULL ? record->created : "");
  us_safetensors_set_metadata (file, "command", record->command != NULL ? record->command : "");
}

gboolean
us_simvae_save (UsSimvae    *self,
                const char  *path,
                GError     **error)
{
  g_autoptr(UsSafetensors) file = us_safetensors_new ();
  UsSimvaeParts parts;

  us_simvae_get_parts (self, &parts);
  set_metadata (file, &parts);
  us_safetensors_add_weights (file, "decoder.", parts.decoder);
  if (parts.encoder != NULL)
    us_safetensors_add_weights (file, "encoder.", parts.encoder);
  return us_safetensors_write (file, path, error);
}
