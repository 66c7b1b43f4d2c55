/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-prior.h"

#include "us-error.h"
#include "us-file.h"

#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

/* P parameters. */

/* Draws that a constraint may refuse before the prior is called impossible. */
#define MAX_TRIES 10000

struct _UsPrior
{
  const UsSimulator *simulator;                 /* borrowed: a const table */
  gboolean           is_default;
  gatomicrefcount    ref_count;
  UsDistribution     distributions[];           /* (P) */
};

static UsPrior *
prior_alloc (const UsSimulator    *simulator,
             const UsDistribution *distributions)       /* (P), or NULL: the defaults */
{
  UsPrior *self = g_malloc (sizeof (UsPrior) + simulator->n_parameters * sizeof (UsDistribution));

  self->simulator = simulator;
  self->is_default = TRUE;
  g_atomic_ref_count_init (&self->ref_count);
  for (gsize i = 0; i < simulator->n_parameters; i++)
    {
      const UsDistribution *own = &simulator->parameters[i].prior;

      self->distributions[i] = distributions != NULL ? distributions[i] : *own;
      self->is_default &= us_distribution_equal (&self->distributions[i], own);
    }

  return self;
}

/**
 * us_prior_new_default:
 * @simulator: a const table; must outlive the prior
 *
 * Returns: (transfer full): the simulator's own prior
 */
UsPrior *
us_prior_new_default (const UsSimulator *simulator)
{
  g_return_val_if_fail (simulator != NULL, NULL);
  g_return_val_if_fail (simulator->n_parameters <= US_MAX_PARAMETERS, NULL);

  return prior_alloc (simulator, NULL);
}

/**
 * us_prior_new:
 * @simulator: a const table; must outlive the prior
 * @distributions: (P), copied
 * @error: return location
 *
 * Returns: (transfer full): a prior, or %NULL with US_FORMAT_ERROR_VALUE
 */
UsPrior *
us_prior_new (const UsSimulator     *simulator,
              const UsDistribution  *distributions,
              GError               **error)
{
  g_return_val_if_fail (simulator != NULL && distributions != NULL, NULL);
  g_return_val_if_fail (simulator->n_parameters <= US_MAX_PARAMETERS, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  for (gsize i = 0; i < simulator->n_parameters; i++)
    if (!us_distribution_check (&distributions[i], &simulator->parameters[i], error))
      return NULL;

  return prior_alloc (simulator, distributions);
}

UsPrior *
us_prior_ref (UsPrior *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
us_prior_unref (UsPrior *self)
{
  g_return_if_fail (self != NULL);

  if (g_atomic_ref_count_dec (&self->ref_count))
    g_free (self);
}

const UsSimulator *
us_prior_simulator (const UsPrior *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->simulator;
}

const UsDistribution *
us_prior_distribution (const UsPrior *self,
                       gsize          parameter)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (parameter < self->simulator->n_parameters, NULL);

  return &self->distributions[parameter];
}

gboolean
us_prior_is_default (const UsPrior *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->is_default;
}

/**
 * us_prior_sample:
 * @self: a prior
 * @rng: the stream
 * @theta: (out): (P) a draw that the constraint accepts
 *
 * The default prior draws as the simulator says, if it says so; any other is
 * the product of its distributions, drawn until the constraint accepts.
 *
 * Returns: %FALSE when 10,000 tries were refused; @theta is then the last of them
 */
gboolean
us_prior_sample (const UsPrior *self,
                 UsRng         *rng,
                 double        *theta)
{
  const UsSimulator *simulator;

  g_return_val_if_fail (self != NULL && rng != NULL && theta != NULL, FALSE);

  simulator = self->simulator;
  if (self->is_default && simulator->draw != NULL)
    {
      simulator->draw (simulator, rng, theta);
      return TRUE;
    }

  for (guint try = 0; try < MAX_TRIES; try++)
    {
      for (gsize i = 0; i < simulator->n_parameters; i++)
        theta[i] = us_distribution_draw (&self->distributions[i], &simulator->parameters[i], rng);
      if (simulator->accepts == NULL || simulator->accepts (simulator, theta))
        return TRUE;
    }

  return FALSE;
}

void
us_prior_to_latent (const UsPrior *self,
                    const double  *theta,
                    double        *z)
{
  g_return_if_fail (self != NULL && theta != NULL && z != NULL);

  for (gsize i = 0; i < self->simulator->n_parameters; i++)
    z[i] = us_distribution_to_latent (&self->distributions[i], &self->simulator->parameters[i], theta[i]);
}

void
us_prior_from_latent (const UsPrior *self,
                      const double  *z,
                      double        *theta)
{
  g_return_if_fail (self != NULL && z != NULL && theta != NULL);

  for (gsize i = 0; i < self->simulator->n_parameters; i++)
    theta[i] = us_distribution_from_latent (&self->distributions[i], &self->simulator->parameters[i], z[i]);
}

double
us_prior_density (const UsPrior *self,
                  gsize          parameter,
                  double         value)
{
  g_return_val_if_fail (self != NULL, 0.0);
  g_return_val_if_fail (parameter < self->simulator->n_parameters, 0.0);

  return us_distribution_density (&self->distributions[parameter],
                                  &self->simulator->parameters[parameter], value);
}

double
us_prior_log_density (const UsPrior *self,
                      const double  *theta)
{
  const UsSimulator *simulator;
  double sum = 0.0;

  g_return_val_if_fail (self != NULL && theta != NULL, -INFINITY);

  simulator = self->simulator;
  for (gsize i = 0; i < simulator->n_parameters; i++)
    sum += log (us_prior_density (self, i, theta[i]));
  if (!(sum > -INFINITY) || (simulator->accepts != NULL && !simulator->accepts (simulator, theta)))
    return -INFINITY;

  if (self->is_default && simulator->log_density != NULL)
    return simulator->log_density (simulator, theta);
  return sum;
}

void
us_prior_range (const UsPrior *self,
                gsize          parameter,
                double        *lower,
                double        *upper)
{
  g_return_if_fail (self != NULL && lower != NULL && upper != NULL);
  g_return_if_fail (parameter < self->simulator->n_parameters);

  us_distribution_support (&self->distributions[parameter],
                           &self->simulator->parameters[parameter], lower, upper);
}

/* Members of a distribution's object, in this order. */
static const char *const number_names[] = { "a", "b", "c" };

/**
 * us_prior_to_json:
 * @self: a prior
 *
 * Returns: (transfer full): {"a1":{"kind":"uniform","a":-0.2,"b":0.2},…}; each
 *   number reads back as the same double
 */
char *
us_prior_to_json (const UsPrior *self)
{
  GString *text;

  g_return_val_if_fail (self != NULL, NULL);

  text = g_string_new ("{");
  for (gsize i = 0; i < self->simulator->n_parameters; i++)
    {
      const UsDistribution *distribution = &self->distributions[i];
      const double numbers[] = { distribution->a, distribution->b, distribution->c };

      g_string_append_printf (text, "%s\"%s\":{\"kind\":\"%s\"", i > 0 ? "," : "",
                              self->simulator->parameters[i].name,
                              us_distribution_kind_name (distribution->kind));
      for (guint k = 0; k < us_distribution_n_numbers (distribution->kind); k++)
        {
          char buffer[G_ASCII_DTOSTR_BUF_SIZE];

          g_string_append_printf (text, ",\"%s\":%s", number_names[k], us_dtoa (buffer, numbers[k]));
        }
      g_string_append_c (text, '}');
    }
  g_string_append_c (text, '}');

  return g_string_free (text, FALSE);
}

/* {"kind":"uniform","a":-0.2,"b":0.2} */
static gboolean
read_distribution (const char      *name,
                   JsonNode        *node,
                   UsDistribution  *distribution,
                   GError         **error)
{
  double *const numbers[] = { &distribution->a, &distribution->b, &distribution->c };
  JsonObject *object;
  JsonNode *kind;
  guint n;

  *distribution = (UsDistribution) { 0 };
  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX, _("prior of “%s”: expected an object"), name);
      return FALSE;
    }
  object = json_node_get_object (node);
  kind = json_object_get_member (object, "kind");
  if (kind == NULL || !JSON_NODE_HOLDS_VALUE (kind) || json_node_get_value_type (kind) != G_TYPE_STRING ||
      !us_distribution_kind_parse (json_node_get_string (kind), &distribution->kind))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX,
                   _("prior of “%s”: “kind” is not the name of a distribution"), name);
      return FALSE;
    }

  n = us_distribution_n_numbers (distribution->kind);
  for (guint k = 0; k < n; k++)
    {
      JsonNode *number = json_object_get_member (object, number_names[k]);

      if (number == NULL || !JSON_NODE_HOLDS_VALUE (number) ||
          (json_node_get_value_type (number) != G_TYPE_DOUBLE && json_node_get_value_type (number) != G_TYPE_INT64))
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX,
                       _("prior of “%s”: “%s” is not a number"), name, number_names[k]);
          return FALSE;
        }
      *numbers[k] = json_node_get_double (number);
    }
  if (json_object_get_size (object) != n + 1)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX,
                   _("prior of “%s”: %s has a kind and %u numbers, nothing else"), name,
                   us_distribution_kind_name (distribution->kind), n);
      return FALSE;
    }

  return TRUE;
}

/**
 * us_prior_from_json:
 * @simulator: a const table; must outlive the prior
 * @json: what us_prior_to_json() wrote
 * @error: return location
 *
 * Returns: (transfer full): the prior, or %NULL with US_FORMAT_ERROR_SYNTAX
 *   (no such object), MISSING (a parameter), MISMATCH (one that the simulator
 *   does not have) or VALUE (numbers that are no prior)
 */
UsPrior *
us_prior_from_json (const UsSimulator  *simulator,
                    const char         *json,
                    GError            **error)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  g_autoptr(GError) local = NULL;
  g_autofree UsDistribution *distributions = NULL;
  JsonObject *object;
  JsonObjectIter iter;
  JsonNode *node;
  const char *name;

  g_return_val_if_fail (simulator != NULL && json != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!json_parser_load_from_data (parser, json, -1, &local))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX, _("prior: %s"), local->message);
      return NULL;
    }
  node = json_parser_get_root (parser);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX, _("prior: expected an object"));
      return NULL;
    }

  object = json_node_get_object (node);
  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, NULL))
    if (us_simulator_parameter_index (simulator, name) < 0)
      {
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                     _("prior: “%s” has no parameter “%s”"), simulator->id, name);
        return NULL;
      }

  distributions = g_new0 (UsDistribution, simulator->n_parameters);
  for (gsize i = 0; i < simulator->n_parameters; i++)
    {
      name = simulator->parameters[i].name;
      node = json_object_get_member (object, name);
      if (node == NULL)
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING, _("prior: “%s” is missing"), name);
          return NULL;
        }
      if (!read_distribution (name, node, &distributions[i], error))
        return NULL;
    }

  return us_prior_new (simulator, distributions, error);
}
