/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A posterior read from a file, which may hold anything. */
#include "config.h"

#include "us-posterior-private.h"

#include "us-error.h"
#include "us-memory.h"
#include "us-safetensors.h"

#include <math.h>
#include <string.h>

#define MAX_BYTES ((gsize) 1 << 30)

/* More than any training here makes: what a file may ask for. */
#define MAX_MEMBERS    64
#define MAX_WIDTH      4096
#define MAX_BLOCKS     64
#define MAX_FEATURES   ((gsize) 1 << 20)
#define MAX_HISTORY    100000

static gboolean
refuse (GError     **error,
        const char  *what)
{
  if (error == NULL || *error == NULL)
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE, "“posterior” of the metadata: %s", what);
  return FALSE;
}

static JsonArray *
get_array (JsonObject *object,
           const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static JsonObject *
get_object (JsonArray *array,
            guint      index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/* null is `otherwise`. */
static double
number_of (JsonNode *node,
           double    otherwise)
{
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || (json_node_get_value_type (node) != G_TYPE_DOUBLE && json_node_get_value_type (node) != G_TYPE_INT64))
    return otherwise;
  return json_node_get_double (node);
}

static double
get_number (JsonObject *object,
            const char *name)
{
  return number_of (json_object_get_member (object, name), NAN);
}

static gboolean
get_size (JsonObject *object,
          const char *name,
          gsize       lower,
          gsize       upper,
          gsize      *value)
{
  JsonNode *node = json_object_get_member (object, name);
  gint64 v;

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;
  v = json_node_get_int (node);
  *value = (gsize) v;
  return v >= 0 && (guint64) v >= lower && (guint64) v <= upper;
}

/* NULL-terminated; NULL when one of them is no text. */
static char **
get_strings (JsonObject *object,
             const char *name)
{
  JsonArray *array = get_array (object, name);
  g_auto(GStrv) strings = NULL;

  if (array == NULL)
    return NULL;
  strings = g_new0 (char *, json_array_get_length (array) + 1);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
        return NULL;
      strings[i] = json_node_dup_string (node);
    }
  return g_steal_pointer (&strings);
}

static gboolean
read_shape (UsPosterior *self,
            JsonObject  *object)
{
  JsonArray *shape = get_array (object, "x_shape");
  gsize n_bytes;

  if (shape == NULL || json_array_get_length (shape) < 1 || json_array_get_length (shape) > US_ARRAY_MAX_DIMS)
    return FALSE;
  self->n_dims = json_array_get_length (shape);
  for (guint d = 0; d < self->n_dims; d++)
    {
      double size = number_of (json_array_get_element (shape, d), -1.0);

      if (!(size >= 1.0 && size <= (double) MAX_FEATURES) || size != floor (size))
        return FALSE;
      self->x_shape[d] = (gsize) size;
    }
  return us_dtype_count (US_DTYPE_F32, self->n_dims, self->x_shape, &self->n_values, &n_bytes)
         && self->n_values <= MAX_FEATURES;
}

static gboolean
read_coordinate (const UsPosterior *self,
                 UsCoordinate      *c,
                 JsonObject        *object)
{
  gsize kind, logarithmic, whole, limit = self->prior != NULL ? us_prior_simulator (self->prior)->n_parameters
                                          : US_MAX_PARAMETERS, own = limit;
  gboolean below, above;

  /* beyond the parameters: what is derived of them */
  if (self->prior != NULL)
    limit += us_prior_simulator (self->prior)->n_derived;
  if (object == NULL || !get_size (object, "kind", 0, US_COORDINATE_PRIOR, &kind)
      || !get_size (object, "logarithmic", 0, 1, &logarithmic) || !get_size (object, "whole", 0, 1, &whole)
      || !get_size (object, "parameter", 0, limit - 1, &c->parameter))
    return FALSE;
  c->kind = (UsCoordinateKind) kind;
  c->logarithmic = (gboolean) logarithmic;
  c->whole = (gboolean) whole;
  c->lower = number_of (json_object_get_member (object, "lower"), -INFINITY);
  c->upper = number_of (json_object_get_member (object, "upper"), INFINITY);
  c->mean = get_number (object, "mean");
  c->scale = get_number (object, "scale");
  below = isfinite (c->lower);
  above = isfinite (c->upper);
  if (c->kind == US_COORDINATE_PRIOR && (self->prior == NULL || c->parameter >= own))
    return FALSE;
  return isfinite (c->mean) && isfinite (c->scale) && c->scale > 0.0 && c->lower < c->upper
         && (c->kind != US_COORDINATE_ABOVE || below) && (c->kind != US_COORDINATE_BELOW || above)
         && ((c->kind != US_COORDINATE_BETWEEN && c->kind != US_COORDINATE_PRIOR) || (below && above));
}

static gboolean
read_knots (UsFeature  *f,
            JsonObject *object)
{
  JsonArray *knots = get_array (object, "knots"), *scores = get_array (object, "scores");
  gsize n = knots != NULL ? json_array_get_length (knots) : 0;

  if (scores == NULL || knots == NULL || json_array_get_length (scores) != n || n > US_FEATURE_KNOTS
      || (f->kind == US_FEATURE_RANK && n < 2))
    return FALSE;
  f->n_knots = (guint) n;
  for (guint k = 0; k < n; k++)
    {
      f->knots[k] = number_of (json_array_get_element (knots, k), NAN);
      f->scores[k] = number_of (json_array_get_element (scores, k), NAN);
      if (!isfinite (f->knots[k]) || !isfinite (f->scores[k]) || (k > 0 && !(f->knots[k] > f->knots[k - 1])))
        return FALSE;
    }
  return TRUE;
}

static gboolean
read_feature (const UsPosterior *self,
              UsFeature         *f,
              JsonObject        *object)
{
  gsize kind;

  if (object == NULL || !get_size (object, "kind", 0, US_FEATURE_MASK, &kind)
      || !get_size (object, "column", 0, self->n_values - 1, &f->column))
    return FALSE;
  f->kind = (UsFeatureKind) kind;
  f->centre = get_number (object, "centre");
  f->spread = get_number (object, "spread");
  f->mean = get_number (object, "mean");
  f->scale = get_number (object, "scale");
  return isfinite (f->centre) && isfinite (f->spread) && isfinite (f->mean) && isfinite (f->scale) && f->scale > 0.0
         && (f->kind == US_FEATURE_LINEAR || f->kind == US_FEATURE_MASK || f->spread > 0.0) && read_knots (f, object);
}

static gboolean
read_member (UsPosterior *self,
             gsize        m,
             JsonObject  *object)
{
  UsResidualShape *summary = &self->shapes[m].summary;
  UsFlowShape *flow = &self->shapes[m].flow;
  const char *seed;
  JsonNode *node;
  gsize bins;

  if (object == NULL || !get_size (object, "summary_width", 1, MAX_WIDTH, &summary->width)
      || !get_size (object, "summary_blocks", 0, MAX_BLOCKS, &summary->n_blocks)
      || !get_size (object, "summaries", 1, MAX_WIDTH, &summary->n_out)
      || !get_size (object, "transforms", 1, US_FLOW_MAX_TRANSFORMS, &flow->n_transforms)
      || !get_size (object, "width", 1, MAX_WIDTH, &flow->width)
      || !get_size (object, "blocks", 0, MAX_BLOCKS, &flow->n_blocks)
      || !get_size (object, "bins", 2, 64, &bins)
      || (node = json_object_get_member (object, "order_seed")) == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || (seed = json_node_get_string (node)) == NULL
      || !g_ascii_string_to_unsigned (seed, 10, 0, G_MAXUINT64, &flow->order_seed, NULL))
    return FALSE;
  summary->n_in = self->features.n_features;
  flow->n_theta = self->n_parameters;
  flow->n_context = summary->n_out;
  flow->n_bins = (guint) bins;
  flow->bound = get_number (object, "bound");
  self->shares[m] = get_number (object, "share");
  return isfinite (flow->bound) && flow->bound > 0.0 && isfinite (self->shares[m]) && self->shares[m] >= 0.0;
}

static gboolean
read_features (UsPosterior *self,
               JsonObject  *object)
{
  JsonArray *array = get_array (object, "features");
  gsize n = array != NULL ? json_array_get_length (array) : 0;

  if (n == 0 || n > 3 * self->n_values)
    return FALSE;
  self->features.n_values = self->n_values;
  self->features.n_features = n;
  self->features.features = g_new0 (UsFeature, n);
  for (gsize i = 0; i < n; i++)
    if (!read_feature (self, &self->features.features[i], get_object (array, (guint) i)))
      return FALSE;
  return TRUE;
}

static gboolean
read_members (UsPosterior *self,
              JsonObject  *object)
{
  JsonArray *array = get_array (object, "members");
  gsize n = array != NULL ? json_array_get_length (array) : 0;
  double sum = 0.0;

  if (n == 0 || n > MAX_MEMBERS)
    return FALSE;
  self->shapes = g_new0 (UsMemberShape, n);
  self->weights = g_new0 (float *, n);
  self->shares = g_new0 (double, n);
  self->n_members = n;
  for (gsize m = 0; m < n; m++)
    {
      if (!read_member (self, m, get_object (array, (guint) m)))
        return FALSE;
      sum += self->shares[m];
    }
  return fabs (sum - 1.0) < 1e-6;
}

/* Each a signed permutation of the coordinates and of the features, 1 .. L with a sign. */
static gboolean
read_turn (const UsPosterior *self,
           UsSymmetry        *g,
           JsonNode          *node)
{
  gsize P = self->n_parameters, L = P + self->features.n_features;
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  g_autofree gboolean *seen = g_new0 (gboolean, L);

  if (array == NULL || json_array_get_length (array) != L)
    return FALSE;
  for (gsize s = 0; s < L; s++)
    {
      double value = number_of (json_array_get_element (array, (guint) s), 0.0), size = fabs (value);
      gsize from;

      if (!(size >= 1.0 && size <= (double) L) || size != floor (size))
        return FALSE;
      from = (gsize) size - 1;
      if (seen[from] || (from < P) != (s < P))
        return FALSE;
      seen[from] = TRUE;
      g->from[s] = from;
      g->sign[s] = value < 0.0 ? -1 : 1;
    }
  return TRUE;
}

static gboolean
read_turns (UsPosterior *self,
            JsonObject  *object)
{
  JsonArray *array = get_array (object, "turns");
  gsize L = self->n_parameters + self->features.n_features, n = array != NULL ? json_array_get_length (array) : 0;

  if (array == NULL || n >= US_POSTERIOR_TURNS || (n > 0 && L > US_POSTERIOR_SLOTS))
    return FALSE;
  self->turns = g_ptr_array_new_with_free_func ((GDestroyNotify) us_symmetry_free);
  g_ptr_array_add (self->turns, us_symmetry_new (L));
  for (gsize t = 0; t < n; t++)
    {
      UsSymmetry *g = us_symmetry_new (L);

      g_ptr_array_add (self->turns, g);
      if (!read_turn (self, g, json_array_get_element (array, (guint) t)))
        return FALSE;
    }
  return TRUE;
}

static void
read_round (GArray   *rounds,
            JsonNode *node)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  UsPosteriorRound round = { 0 };
  gsize resampled;

  if (object == NULL || !get_size (object, "round", 1, G_MAXUINT32, &round.round)
      || !get_size (object, "rows", 0, G_MAXINT64, &round.n_rows) || !get_size (object, "resampled", 0, 1, &resampled))
    return;
  round.resampled = (gboolean) resampled;
  round.acceptance = get_number (object, "acceptance");
  round.contraction = get_number (object, "contraction");
  round.distance = get_number (object, "distance");
  round.noise = get_number (object, "noise");
  round.held_out = get_number (object, "held_out");
  round.seconds = get_number (object, "seconds");
  g_array_append_val (rounds, round);
}

/* A record for the eye: what cannot be read is left out. */
static void
read_record (UsPosterior   *self,
             UsSafetensors *file,
             JsonObject    *object)
{
  UsPosteriorRecord *record = &self->record;
  const char *seed = us_safetensors_get_metadata (file, "seed");
  JsonArray *history = get_array (object, "history"), *rounds = get_array (object, "rounds");

  record->seed = seed != NULL ? g_ascii_strtoull (seed, NULL, 10) : 0;
  record->program_version = g_strdup (us_safetensors_get_metadata (file, "program_version"));
  record->created = g_strdup (us_safetensors_get_metadata (file, "created"));
  record->command = g_strdup (us_safetensors_get_metadata (file, "command"));
  record->bank = g_strdup (us_safetensors_get_metadata (file, "bank"));
  if (!get_size (object, "rows", 0, G_MAXINT64, &record->n_rows))
    record->n_rows = 0;
  if (!get_size (object, "dropped_rows", 0, G_MAXINT64, &record->n_dropped))
    record->n_dropped = 0;
  record->seconds = get_number (object, "seconds");
  record->held_out = get_number (object, "held_out");
  record->missing.gaps = get_number (object, "gaps");
  record->missing.cut = get_number (object, "cut");
  if (!(record->missing.gaps >= 0.0) || !(record->missing.cut >= 0.0))
    record->missing = (UsMissing) { 0 };
  record->notes = get_strings (object, "notes");
  if (record->notes == NULL)
    record->notes = g_new0 (char *, 1);
  for (guint i = 0; history != NULL && i < MIN (json_array_get_length (history), MAX_HISTORY); i++)
    {
      JsonNode *node = json_array_get_element (history, i);
      JsonArray *numbers = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
      UsPosteriorPoint point;
      double epoch;

      if (numbers == NULL || json_array_get_length (numbers) != 3)
        continue;
      epoch = number_of (json_array_get_element (numbers, 0), -1.0);
      if (!(epoch >= 0.0 && epoch < 1e9))
        continue;
      point.epoch = (gsize) epoch;
      point.loss = number_of (json_array_get_element (numbers, 1), NAN);
      point.held_out = number_of (json_array_get_element (numbers, 2), NAN);
      g_array_append_val (record->history, point);
    }
  for (guint i = 0; rounds != NULL && i < MIN (json_array_get_length (rounds), MAX_HISTORY); i++)
    read_round (record->rounds, json_array_get_element (rounds, i));
}

static gboolean
from_json (UsPosterior *self,
           JsonObject  *object,
           GError     **error)
{
  JsonArray *coordinates = get_array (object, "coordinates");

  self->names = get_strings (object, "names");
  self->n_parameters = self->names != NULL ? g_strv_length (self->names) : 0;
  if (self->n_parameters == 0 || self->n_parameters > US_MAX_PARAMETERS)
    return refuse (error, "no usable “names”");
  if (!read_shape (self, object))
    return refuse (error, "no usable “x_shape”");
  if (self->prior != NULL
      && us_output_n_values (&us_prior_simulator (self->prior)->outputs[self->output]) != self->n_values)
    return refuse (error, "“x_shape” is not that of the simulator's output");
  if (coordinates == NULL || json_array_get_length (coordinates) != self->n_parameters)
    return refuse (error, "“coordinates” are not one for each parameter");
  self->coordinates = g_new0 (UsCoordinate, self->n_parameters);
  for (gsize p = 0; p < self->n_parameters; p++)
    if (!read_coordinate (self, &self->coordinates[p], get_object (coordinates, (guint) p)))
      return refuse (error, "a coordinate that makes no sense");
  if (!read_features (self, object))
    return refuse (error, "a feature that makes no sense");
  if (!read_members (self, object))
    return refuse (error, "a member that makes no sense");
  if (!read_turns (self, object))
    return refuse (error, "a symmetry that makes no sense");
  return TRUE;
}

static gboolean
take_tensor (UsSafetensors          *file,
             const char             *name,
             const UsResidualTensor *tensor,
             float                  *values,
             GError                **error)
{
  UsArray *array = us_safetensors_get (file, name);
  gsize bad;

  if (array == NULL || array->dtype != US_DTYPE_F32 || array->n_dims != 2 || array->shape[0] != tensor->shape[0]
      || array->shape[1] != tensor->shape[1])
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "tensor “%s” of the architecture is missing or of another shape", name);
      return FALSE;
    }
  bad = us_array_find_nonfinite (array);
  if (bad != G_MAXSIZE)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                   "entry %" G_GSIZE_FORMAT " of tensor “%s” is not a finite number", bad + 1, name);
      return FALSE;
    }
  if (values != NULL)
    memcpy (values, array->data, array->n_elements * sizeof (float));
  return TRUE;
}

/* Before memory is taken for an architecture: does the file hold as many numbers? */
static gboolean
check_size (UsSafetensors       *file,
            const UsMemberShape *shape,
            GError             **error)
{
  g_auto(GStrv) names = us_safetensors_list (file);
  gsize n = 0;

  for (gsize i = 0; names[i] != NULL; i++)
    n += us_safetensors_get (file, names[i])->n_elements;
  if (us_member_n_weights (shape) <= n)
    return TRUE;
  g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                       "the tensors are fewer than the architecture needs");
  return FALSE;
}

static gboolean
take_bounds (UsSafetensors *file,
             const char    *name,
             gsize          n,
             float        **to,
             GError       **error)
{
  UsArray *array = us_safetensors_get (file, name);

  if (array == NULL || array->dtype != US_DTYPE_F32 || array->n_dims != 1 || array->n_elements != n
      || us_array_find_nonfinite (array) != G_MAXSIZE)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH, "tensor “%s” does not fit", name);
      return FALSE;
    }
  *to = g_memdup2 (array->data, n * sizeof (float));
  return TRUE;
}

/* The one observation it holds for, where it was refined; a value that was not observed is NaN. */
static gboolean
take_observation (UsPosterior    *self,
                  UsSafetensors  *file,
                  GError        **error)
{
  UsArray *array = us_safetensors_get (file, "x.observation");
  gboolean good;

  if (array == NULL)
    return TRUE;
  good = array->dtype == US_DTYPE_F32 && array->n_dims == 1 && array->n_elements == self->n_values;
  for (gsize v = 0; good && v < self->n_values; v++)
    good = !isinf (((const float *) array->data)[v]);
  if (!good)
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH, "tensor “x.observation” does not fit");
      return FALSE;
    }
  self->observation = g_memdup2 (array->data, self->n_values * sizeof (float));
  return TRUE;
}

static gboolean
read_prior (UsPosterior    *self,
            UsSafetensors  *file,
            GError        **error)
{
  const char *id = us_safetensors_get_metadata (file, "simulator");
  const char *version = us_safetensors_get_metadata (file, "simulator_version");
  const char *output = us_safetensors_get_metadata (file, "output");
  const char *prior = us_safetensors_get_metadata (file, "prior");
  const UsSimulator *simulator;
  gssize index;

  if (id == NULL)
    return TRUE;
  simulator = us_registry_find (id, error);
  if (simulator == NULL)
    return FALSE;
  index = output != NULL ? us_simulator_output_index (simulator, output) : -1;
  if (version == NULL || g_ascii_strtoull (version, NULL, 10) != simulator->version || index < 0 || prior == NULL)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "trained on version %s, output “%s” of the simulator “%s”; this program has version %u: train again",
                   version != NULL ? version : "?", output != NULL ? output : "?", id, simulator->version);
      return FALSE;
    }
  self->output = (guint) index;
  self->prior = us_prior_from_json (simulator, prior, error);
  return self->prior != NULL;
}

static UsPosterior *
read_model (UsSafetensors  *file,
            GError        **error)
{
  g_autoptr(UsPosterior) self = us_posterior_alloc ();
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  const char *kind = us_safetensors_get_metadata (file, "kind");
  const char *version = us_safetensors_get_metadata (file, "format_version");
  const char *json = us_safetensors_get_metadata (file, "posterior");
  JsonNode *root;

  if (g_strcmp0 (kind, US_POSTERIOR_KIND) != 0 || json == NULL)
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH, "a safetensors file, but not a posterior");
      return NULL;
    }
  if (g_strcmp0 (version, US_POSTERIOR_FORMAT_VERSION) != 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "written in format %s by a newer program; this one reads %s", version != NULL ? version : "?",
                   US_POSTERIOR_FORMAT_VERSION);
      return NULL;
    }
  if (!read_prior (self, file, error))
    return NULL;
  if (!json_parser_load_from_data (parser, json, -1, NULL) || (root = json_parser_get_root (parser)) == NULL
      || !JSON_NODE_HOLDS_OBJECT (root))
    {
      refuse (error, "no JSON object");
      return NULL;
    }
  if (!from_json (self, json_node_get_object (root), error)
      || !take_bounds (file, "x.lower", self->n_values, &self->features.lower, error)
      || !take_bounds (file, "x.upper", self->n_values, &self->features.upper, error)
      || !take_observation (self, file, error))
    return NULL;
  for (gsize v = 0; v < self->n_values; v++)
    if (self->features.lower[v] > self->features.upper[v])
      {
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     "value %" G_GSIZE_FORMAT " of “x.lower” is above that of “x.upper”", v + 1);
        return NULL;
      }
  for (gsize m = 0; m < self->n_members; m++)
    {
      if (!check_size (file, &self->shapes[m], error))
        return NULL;
      self->weights[m] = us_floats_new (us_member_n_weights (&self->shapes[m]));
      if (!us_posterior_each_tensor (file, self, m, take_tensor, error))
        return NULL;
    }
  read_record (self, file, json_node_get_object (root));
  return g_steal_pointer (&self);
}

UsPosterior *
us_posterior_load (const char  *path,
                   GError     **error)
{
  g_autoptr(UsSafetensors) file = NULL;
  UsPosterior *self;

  g_return_val_if_fail (path != NULL, NULL);

  file = us_safetensors_read (path, MAX_BYTES, error);
  if (file == NULL)
    return NULL;
  self = read_model (file, error);
  if (self == NULL)
    g_prefix_error (error, "%s: ", path);
  return self;
}

gboolean
us_posterior_is_file (const char *path)
{
  g_autoptr(UsSafetensors) file = us_safetensors_read_head (path, NULL);

  return file != NULL && g_strcmp0 (us_safetensors_get_metadata (file, "kind"), US_POSTERIOR_KIND) == 0;
}
