/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A posterior as a file: tensors by name, everything else as one JSON object of the metadata. */
#include "config.h"

#include "us-posterior-private.h"

#include "us-error.h"
#include "us-json.h"
#include "us-memory.h"
#include "us-safetensors.h"

#include <math.h>
#include <string.h>

/* --- writing ------------------------------------------------------------------------ */

static void
put_size (JsonBuilder *b,
          const char  *name,
          gsize        value)
{
  json_builder_set_member_name (b, name);
  json_builder_add_int_value (b, (gint64) value);
}

static void
put_begin (JsonBuilder *b,
           const char  *name)
{
  json_builder_set_member_name (b, name);
  json_builder_begin_array (b);
}

static void
put_strings (JsonBuilder *b,
             const char  *name,
             char       **strings)
{
  put_begin (b, name);
  for (gsize i = 0; strings != NULL && strings[i] != NULL; i++)
    json_builder_add_string_value (b, strings[i]);
  json_builder_end_array (b);
}

/* An infinite end is null. */
static void
put_coordinates (JsonBuilder       *b,
                 const UsPosterior *self)
{
  put_begin (b, "coordinates");
  for (gsize p = 0; p < self->n_parameters; p++)
    {
      const UsCoordinate *c = &self->coordinates[p];

      json_builder_begin_object (b);
      put_size (b, "kind", c->kind);
      put_size (b, "logarithmic", c->logarithmic);
      put_size (b, "whole", c->whole);
      put_size (b, "parameter", c->parameter);
      us_json_number (b, "lower", c->lower);
      us_json_number (b, "upper", c->upper);
      us_json_number (b, "mean", c->mean);
      us_json_number (b, "scale", c->scale);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

static void
put_features (JsonBuilder       *b,
              const UsPosterior *self)
{
  const UsFeatures *features = &self->features;

  put_begin (b, "features");
  for (gsize i = 0; i < features->n_features; i++)
    {
      const UsFeature *f = &features->features[i];

      json_builder_begin_object (b);
      put_size (b, "kind", f->kind);
      put_size (b, "column", f->column);
      us_json_number (b, "centre", f->centre);
      us_json_number (b, "spread", f->spread);
      us_json_number (b, "mean", f->mean);
      us_json_number (b, "scale", f->scale);
      us_json_numbers (b, "knots", f->knots, f->n_knots);
      us_json_numbers (b, "scores", f->scores, f->n_knots);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

static void
put_members (JsonBuilder       *b,
             const UsPosterior *self)
{
  put_begin (b, "members");
  for (gsize m = 0; m < self->n_members; m++)
    {
      const UsMemberShape *s = &self->shapes[m];
      g_autofree char *seed = g_strdup_printf ("%" G_GUINT64_FORMAT, s->flow.order_seed);

      json_builder_begin_object (b);
      us_json_number (b, "share", self->shares[m]);
      put_size (b, "summary_width", s->summary.width);
      put_size (b, "summary_blocks", s->summary.n_blocks);
      put_size (b, "summaries", s->summary.n_out);
      put_size (b, "transforms", s->flow.n_transforms);
      put_size (b, "width", s->flow.width);
      put_size (b, "blocks", s->flow.n_blocks);
      put_size (b, "bins", s->flow.n_bins);
      us_json_number (b, "bound", s->flow.bound);
      us_json_text (b, "order_seed", seed);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

static void
put_turns (JsonBuilder       *b,
           const UsPosterior *self)
{
  gsize L = self->n_parameters + self->features.n_features;

  /* the identity is not told */
  put_begin (b, "turns");
  for (guint t = 1; t < self->turns->len; t++)
    {
      const UsSymmetry *g = g_ptr_array_index (self->turns, t);

      json_builder_begin_array (b);
      for (gsize s = 0; s < L; s++)
        json_builder_add_int_value (b, g->sign[s] * (gint64) (g->from[s] + 1));
      json_builder_end_array (b);
    }
  json_builder_end_array (b);
}

static void
put_history (JsonBuilder       *b,
             const UsPosterior *self)
{
  put_begin (b, "history");
  for (guint i = 0; i < self->record.history->len; i++)
    {
      const UsPosteriorPoint *p = &g_array_index (self->record.history, UsPosteriorPoint, i);

      json_builder_begin_array (b);
      json_builder_add_int_value (b, (gint64) p->epoch);
      us_json_number (b, NULL, p->loss);
      us_json_number (b, NULL, p->held_out);
      json_builder_end_array (b);
    }
  json_builder_end_array (b);
}

static void
put_rounds (JsonBuilder       *b,
            const UsPosterior *self)
{
  put_begin (b, "rounds");
  for (guint i = 0; i < self->record.rounds->len; i++)
    {
      const UsPosteriorRound *r = &g_array_index (self->record.rounds, UsPosteriorRound, i);

      json_builder_begin_object (b);
      put_size (b, "round", r->round);
      put_size (b, "rows", r->n_rows);
      put_size (b, "resampled", r->resampled);
      us_json_number (b, "acceptance", r->acceptance);
      us_json_number (b, "contraction", r->contraction);
      us_json_number (b, "distance", r->distance);
      us_json_number (b, "noise", r->noise);
      us_json_number (b, "held_out", r->held_out);
      us_json_number (b, "seconds", r->seconds);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

static char *
to_json (const UsPosterior *self)
{
  g_autoptr(JsonBuilder) b = json_builder_new ();
  g_autoptr(JsonNode) root = NULL;

  json_builder_begin_object (b);
  put_strings (b, "names", self->names);
  put_begin (b, "x_shape");
  for (guint d = 0; d < self->n_dims; d++)
    json_builder_add_int_value (b, (gint64) self->x_shape[d]);
  json_builder_end_array (b);
  put_coordinates (b, self);
  put_features (b, self);
  put_members (b, self);
  put_turns (b, self);
  put_size (b, "rows", self->record.n_rows);
  put_size (b, "dropped_rows", self->record.n_dropped);
  us_json_number (b, "seconds", self->record.seconds);
  us_json_number (b, "held_out", self->record.held_out);
  us_json_number (b, "gaps", self->record.missing.gaps);
  us_json_number (b, "cut", self->record.missing.cut);
  put_strings (b, "notes", self->record.notes);
  put_history (b, self);
  put_rounds (b, self);
  json_builder_end_object (b);
  root = json_builder_get_root (b);
  return json_to_string (root, FALSE);
}

/* Calls func for each tensor of one network. */
static gboolean
each_tensor (UsSafetensors          *file,
             const char             *prefix,
             const UsResidualShape  *shape,
             float                  *weights,
             UsPosteriorTensorFunc   func,
             GError                **error)
{
  for (gsize i = 0; i < us_residual_n_tensors (shape); i++)
    {
      UsResidualTensor t;
      g_autofree char *name = NULL;

      us_residual_tensor (shape, i, &t);
      if (t.shape[0] == 0)
        continue;
      name = g_str_has_prefix (t.name, "block.")
             ? g_strdup_printf ("%sblock%" G_GSIZE_FORMAT "%s", prefix, t.block, t.name + strlen ("block"))
             : g_strconcat (prefix, t.name, NULL);
      if (!func (file, name, &t, weights + t.offset, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
us_posterior_each_tensor (UsSafetensors         *file,
                          UsPosterior           *self,
                          gsize                  m,
                          UsPosteriorTensorFunc  func,
                          GError               **error)
{
  const UsMemberShape *shape = &self->shapes[m];
  g_autofree char *prefix = g_strdup_printf ("member%" G_GSIZE_FORMAT ".summary.", m);
  float *weights = self->weights[m];
  UsResidualShape conditioner;

  if (!each_tensor (file, prefix, &shape->summary, weights, func, error))
    return FALSE;
  weights += us_residual_n_parameters (&shape->summary);
  us_flow_conditioner (&shape->flow, &conditioner);
  for (gsize t = 0; t < shape->flow.n_transforms; t++)
    {
      g_autofree char *name = g_strdup_printf ("member%" G_GSIZE_FORMAT ".flow%" G_GSIZE_FORMAT ".", m, t);

      if (!each_tensor (file, name, &conditioner, weights, func, error))
        return FALSE;
      weights += us_residual_n_parameters (&conditioner);
    }
  return TRUE;
}

static gboolean
add_tensor (UsSafetensors          *file,
            const char             *name,
            const UsResidualTensor *tensor,
            float                  *values,
            GError                **error)
{
  g_autoptr(UsArray) array = us_array_new (US_DTYPE_F32, 2, tensor->shape);

  memcpy (array->data, values, array->n_elements * sizeof (float));
  us_safetensors_add (file, name, array);
  return TRUE;
}

static void
add_floats (UsSafetensors *file,
            const char    *name,
            const float   *values,
            gsize          n)
{
  g_autoptr(UsArray) array = us_array_new (US_DTYPE_F32, 1, &n);

  memcpy (array->data, values, n * sizeof (float));
  us_safetensors_add (file, name, array);
}

gboolean
us_posterior_save (const UsPosterior *self,
                   const char        *path,
                   GError           **error)
{
  g_autoptr(UsSafetensors) file = us_safetensors_new ();
  g_autofree char *json = NULL;
  g_autofree char *seed = NULL;

  g_return_val_if_fail (self != NULL && path != NULL, FALSE);

  json = to_json (self);
  seed = g_strdup_printf ("%" G_GUINT64_FORMAT, self->record.seed);
  us_safetensors_set_metadata (file, "kind", US_POSTERIOR_KIND);
  us_safetensors_set_metadata (file, "format_version", US_POSTERIOR_FORMAT_VERSION);
  us_safetensors_set_metadata (file, "posterior", json);
  us_safetensors_set_metadata (file, "seed", seed);
  us_safetensors_set_metadata (file, "bank", self->record.bank != NULL ? self->record.bank : "");
  us_safetensors_set_metadata (file, "program_version",
                               self->record.program_version != NULL ? self->record.program_version : "");
  us_safetensors_set_metadata (file, "created", self->record.created != NULL ? self->record.created : "");
  us_safetensors_set_metadata (file, "command", self->record.command != NULL ? self->record.command : "");
  if (self->prior != NULL)
    {
      const UsSimulator *simulator = us_prior_simulator (self->prior);
      g_autofree char *prior = us_prior_to_json (self->prior);
      g_autofree char *version = g_strdup_printf ("%u", simulator->version);

      us_safetensors_set_metadata (file, "simulator", simulator->id);
      us_safetensors_set_metadata (file, "simulator_version", version);
      us_safetensors_set_metadata (file, "output", simulator->outputs[self->output].id);
      us_safetensors_set_metadata (file, "prior", prior);
    }
  add_floats (file, "x.lower", self->features.lower, self->n_values);
  add_floats (file, "x.upper", self->features.upper, self->n_values);
  if (self->observation != NULL)
    add_floats (file, "x.observation", self->observation, self->n_values);
  for (gsize m = 0; m < self->n_members; m++)
    us_posterior_each_tensor (file, (UsPosterior *) self, m, add_tensor, NULL);
  return us_safetensors_write (file, path, error);
}
