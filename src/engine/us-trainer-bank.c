/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a bank says of itself, for those who set up a training. */
#include "config.h"

#include "us-trainer.h"

#include "us-error.h"

#include <json-glib/json-glib.h>

/* The metadata, or NULL. */
static JsonObject *
read_meta (JsonParser   *parser,
           const UsBank *bank)
{
  const char *meta = us_bank_meta (bank);
  JsonNode *root;

  if (meta == NULL || !json_parser_load_from_data (parser, meta, -1, NULL))
    return NULL;
  root = json_parser_get_root (parser);
  return root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
}

static const char *
get_string (JsonObject *meta,
            const char *name)
{
  JsonNode *node = meta != NULL ? json_object_get_member (meta, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
         ? json_node_get_string (node) : NULL;
}

const UsSimulator *
us_trainer_bank_simulator (const UsBank  *bank,
                           guint         *output,
                           GError       **error)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  JsonObject *meta = read_meta (parser, bank);
  const char *id = get_string (meta, "simulator"), *output_id = get_string (meta, "output");
  const UsSimulator *simulator;
  gssize index;

  if (id == NULL)
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                           "the bank does not say of which simulator it is: name the simulator too");
      return NULL;
    }
  simulator = us_registry_find (id, error);
  if (simulator == NULL)
    return NULL;
  index = output_id != NULL ? us_simulator_output_index (simulator, output_id) : 0;
  if (index < 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "the bank holds the output “%s”, which “%s” does not have", output_id, id);
      return NULL;
    }
  *output = index;
  return simulator;
}

UsPrior *
us_trainer_bank_prior (const UsBank       *bank,
                       const UsSimulator  *simulator,
                       GError            **error)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  JsonObject *meta = read_meta (parser, bank);
  JsonNode *prior = meta != NULL ? json_object_get_member (meta, "prior") : NULL;
  g_autofree char *text = prior != NULL ? json_to_string (prior, FALSE) : NULL;

  return text != NULL ? us_prior_from_json (simulator, text, error) : NULL;
}
