/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-evaluate-drawings.h"

#include "us-error.h"
#include "us-file.h"
#include "us-ingest-private.h"
#include "us-sort.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define MAX_FILE_BYTES ((gsize) 256 << 20)

/* What every drawing is measured with. */
typedef struct
{
  UsPlayer       *player;
  UsIngestTarget  target;       /* path: the file at hand */
  guint           curve;        /* the output in which distances are taken */
  UsDrawingsEvaluation *into;
} Judge;

static void
score_free (UsDrawingScore *self)
{
  g_free (self->file);
  g_free (self->key_id);
  g_free (self->word);
  g_free (self->note);
  g_free (self->inferred);
  g_free (self->fitted);
  g_free (self);
}

void
us_drawings_evaluation_free (UsDrawingsEvaluation *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->scores, g_ptr_array_unref);
  g_free (self);
}

/* The first output of one of two kinds with one channel; -1: none. */
static gssize
find_output (const UsSimulator *simulator,
             UsOutputKind       kind)
{
  for (gsize i = 0; i < simulator->n_outputs; i++)
    if (simulator->outputs[i].kind == kind && simulator->outputs[i].channels == 1)
      return (gssize) i;
  return -1;
}

static char *
text_member (JsonObject *object,
             const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return g_strdup (node != NULL && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : "");
}

static gboolean
is_single_valued (JsonNode *drawing)
{
  JsonNode *node = JSON_NODE_HOLDS_OBJECT (drawing)
                   ? json_object_get_member (json_node_get_object (drawing), "single_valued") : NULL;

  return node != NULL && json_node_get_value_type (node) == G_TYPE_BOOLEAN && json_node_get_boolean (node);
}

/* Between the simulator's series at theta and the drawing's. */
static double
distance (const Judge  *judge,
          const double *theta,
          const float  *drawn)          /* (T) */
{
  const UsSimulator *simulator = judge->target.simulator;
  gsize n = judge->into->n_columns;
  g_autofree float *series = g_new (float, n);
  double sum = 0;
  UsRng rng;

  us_rng_init (&rng, 0, US_RNG_SIMULATOR, 0);
  if (simulator->run (simulator, theta, judge->curve, &rng, series) != US_SIM_OK)
    return NAN;
  for (gsize i = 0; i < n; i++)
    sum += ((double) series[i] - drawn[i]) * ((double) series[i] - drawn[i]);
  return sqrt (sum / n);
}

static gboolean
refuse (const Judge *judge,
        gsize        index,
        const char  *what,
        GError     **error)
{
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE, "%s, drawing %" G_GSIZE_FORMAT ": %s",
               judge->target.path, index, what);
  return FALSE;
}

static gboolean
judge_drawing (const Judge  *judge,
               JsonObject   *drawing,
               gboolean      y_up,
               gsize         index,
               GError      **error)
{
  const UsSimulator *simulator = judge->target.simulator;
  gsize n = simulator->n_parameters;
  g_autoptr(UsObservation) observation = us_observation_from_drawing (&judge->target, drawing, y_up, index, error);
  g_autoptr(UsObservation) drawn = NULL;
  g_autoptr(UsInference) inference = NULL;
  double fitted[US_MAX_PARAMETERS];
  UsDrawingScore *score;

  if (observation == NULL
      || (drawn = us_observation_from_polyline (simulator, judge->curve, observation->n_points, observation->xy, error)) == NULL)
    return FALSE;
  if (!simulator->fit (simulator, observation->n_points, observation->xy, fitted))
    return refuse (judge, index, "marked single_valued, but its points determine no curve", error);
  if ((inference = us_player_infer (judge->player, observation->x, error)) == NULL)
    return FALSE;

  score = g_new0 (UsDrawingScore, 1);
  g_ptr_array_add (judge->into->scores, score);
  score->file = g_path_get_basename (judge->target.path);
  score->index = index;
  score->key_id = text_member (drawing, "key_id");
  score->word = text_member (drawing, "word");
  score->note = g_strdup (observation->note);
  score->inferred = g_memdup2 (inference->mean, n * sizeof (double));
  score->fitted = g_memdup2 (fitted, n * sizeof (double));
  score->rms = distance (judge, score->inferred, drawn->x);
  score->rms_fit = distance (judge, score->fitted, drawn->x);
  if (!isfinite (score->rms) || !isfinite (score->rms_fit))
    return refuse (judge, index, "the simulator cannot be run at the parameters read from it", error);
  score->ratio = score->rms_fit > 0 ? score->rms / score->rms_fit : score->rms > 0 ? INFINITY : 1;
  return TRUE;
}

static gboolean
judge_file (Judge         *judge,
            const char    *path,
            GCancellable  *cancellable,
            GError       **error)
{
  g_autoptr(GBytes) bytes = us_file_read (path, MAX_FILE_BYTES, error);
  g_autoptr(JsonNode) root = bytes != NULL ? us_ingest_parse_json (bytes, path, error) : NULL;
  g_autofree char *format = NULL, *axis = NULL;
  JsonNode *list;

  if (root == NULL)
    return FALSE;
  judge->target.path = path;
  format = text_member (json_node_get_object (root), "format");
  axis = text_member (json_node_get_object (root), "y_axis");
  list = json_object_get_member (json_node_get_object (root), "drawings");
  if (!g_str_equal (format, "strokes-1") || list == NULL || !JSON_NODE_HOLDS_ARRAY (list))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX,
                   "%s: not a file of drawings; expected the format “strokes-1” and a list “drawings”", path);
      return FALSE;
    }

  for (guint i = 0; i < json_array_get_length (json_node_get_array (list)); i++)
    {
      JsonNode *drawing = json_array_get_element (json_node_get_array (list), i);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (!is_single_valued (drawing))
        judge->into->n_left_out++;
      else if (!judge_drawing (judge, json_node_get_object (drawing), g_str_equal (axis, "up"), i, error))
        return FALSE;
    }
  return TRUE;
}

static int
compare_paths (const void *a,
               const void *b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The *.json of a folder, sorted: the order of a listing is not the same everywhere. */
static GPtrArray *
list_files (const char  *folder,
            GError     **error)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, error);
  g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  if (dir == NULL)
    return NULL;
  for (const char *name; (name = g_dir_read_name (dir)) != NULL; )
    if (g_str_has_suffix (name, ".json"))
      g_ptr_array_add (paths, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (paths, compare_paths);
  return g_steal_pointer (&paths);
}

/* Of the member at `offset` of all scores. */
static double
median (const GPtrArray *scores,
        gsize            offset,
        double          *greatest)
{
  gsize n = scores->len;
  g_autofree double *values = g_new (double, n);

  for (gsize i = 0; i < n; i++)
    values[i] = G_STRUCT_MEMBER (double, scores->pdata[i], offset);
  us_sort_doubles (n, values);
  if (greatest != NULL)
    *greatest = values[n - 1];
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static double
pixels_of (const UsSimulator *simulator,
           guint              output)
{
  gssize picture = simulator->outputs[output].kind == US_OUTPUT_IMAGE ? (gssize) output
                                                                      : find_output (simulator, US_OUTPUT_IMAGE);
  const UsOutput *o = picture >= 0 ? &simulator->outputs[picture] : NULL;

  return o != NULL ? o->height / (o->y_upper - o->y_lower) : NAN;
}

UsDrawingsEvaluation *
us_evaluate_drawings (UsSimvae      *model,
                      const char    *folder,
                      GCancellable  *cancellable,
                      GError       **error)
{
  const UsSimulator *simulator = us_simvae_simulator (model);
  guint output = us_simvae_output (model);
  gssize curve = find_output (simulator, US_OUTPUT_SERIES);
  g_autoptr(UsDrawingsEvaluation) self = NULL;
  g_autoptr(UsPlayer) player = NULL;
  g_autoptr(GPtrArray) paths = NULL;
  Judge judge;

  if (curve < 0 || simulator->fit == NULL)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                   "“%s” has no curve that a drawing could be compared with", simulator->title);
      return NULL;
    }
  if ((paths = list_files (folder, error)) == NULL)
    return NULL;

  self = g_new0 (UsDrawingsEvaluation, 1);
  self->n_parameters = simulator->n_parameters;
  self->n_columns = us_output_n_values (&simulator->outputs[curve]);
  self->pixels = pixels_of (simulator, output);
  self->scores = g_ptr_array_new_with_free_func ((GDestroyNotify) score_free);
  player = us_player_new (model, 1, NULL);
  judge = (Judge) { player, { simulator, output, &simulator->outputs[output], NULL }, (guint) curve, self };
  for (guint i = 0; i < paths->len; i++)
    if (!judge_file (&judge, paths->pdata[i], cancellable, error))
      return NULL;

  if (self->scores->len == 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                   "%s: no drawing marked “single_valued” (files *.json: %u, other drawings in them: %" G_GSIZE_FORMAT ")",
                   folder, paths->len, self->n_left_out);
      return NULL;
    }
  self->median_ratio = median (self->scores, G_STRUCT_OFFSET (UsDrawingScore, ratio), &self->worst_ratio);
  self->median_rms = median (self->scores, G_STRUCT_OFFSET (UsDrawingScore, rms), NULL);
  self->median_rms_fit = median (self->scores, G_STRUCT_OFFSET (UsDrawingScore, rms_fit), NULL);
  return g_steal_pointer (&self);
}

/* -- files ------------------------------------------------------------- */

static void
add_text (GString    *csv,
          const char *text)
{
  g_string_append_c (csv, '"');
  for (; *text != '\0'; text++)
    {
      if (*text == '"')
        g_string_append_c (csv, '"');
      g_string_append_c (csv, *text);
    }
  g_string_append (csv, "\",");
}

/* What is not finite is left empty. */
static void
add_number (GString *csv,
            double   value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (isfinite (value))
    g_string_append (csv, us_dtoa (buffer, value));
  g_string_append_c (csv, ',');
}

static gboolean
write_rows (const UsDrawingsEvaluation *self,
            const UsSimulator          *simulator,
            const char                 *path,
            GError                    **error)
{
  g_autoptr(GString) csv = g_string_new ("file,drawing,key_id,word,rms,rms_fit,ratio,rms_pixels,rms_fit_pixels,");

  for (gsize p = 0; p < self->n_parameters; p++)
    g_string_append_printf (csv, "z_%s,", simulator->parameters[p].name);
  for (gsize p = 0; p < self->n_parameters; p++)
    g_string_append_printf (csv, "fit_%s,", simulator->parameters[p].name);
  g_string_append (csv, "note\n");

  for (guint i = 0; i < self->scores->len; i++)
    {
      const UsDrawingScore *score = self->scores->pdata[i];

      add_text (csv, score->file);
      g_string_append_printf (csv, "%" G_GSIZE_FORMAT ",", score->index);
      add_text (csv, score->key_id);
      add_text (csv, score->word);
      add_number (csv, score->rms);
      add_number (csv, score->rms_fit);
      add_number (csv, score->ratio);
      add_number (csv, score->rms * self->pixels);
      add_number (csv, score->rms_fit * self->pixels);
      for (gsize p = 0; p < self->n_parameters; p++)
        add_number (csv, score->inferred[p]);
      for (gsize p = 0; p < self->n_parameters; p++)
        add_number (csv, score->fitted[p]);
      add_text (csv, score->note);
      csv->str[csv->len - 1] = '\n';
    }
  return us_file_replace (path, csv->str, csv->len, error);
}

static JsonObject *
summary (const UsDrawingsEvaluation *self)
{
  const struct { const char *name; double value; } members[] = {
    { "median_ratio", self->median_ratio }, { "worst_ratio", self->worst_ratio },
    { "median_rms", self->median_rms }, { "median_rms_fit", self->median_rms_fit },
    { "median_rms_pixels", self->median_rms * self->pixels },
    { "median_rms_fit_pixels", self->median_rms_fit * self->pixels },
  };
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "drawings", self->scores->len);
  json_object_set_int_member (object, "left_out", (gint64) self->n_left_out);
  json_object_set_int_member (object, "columns", (gint64) self->n_columns);
  for (gsize m = 0; m < G_N_ELEMENTS (members); m++)
    if (isfinite (members[m].value))
      json_object_set_double_member (object, members[m].name, members[m].value);
    else
      json_object_set_null_member (object, members[m].name);        /* JSON has no infinity */
  return object;
}

static gboolean
write_summary (const UsDrawingsEvaluation *self,
               const char                 *path,
               GError                    **error)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autoptr(JsonNode) root = NULL;
  g_autofree char *text = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      root = json_node_init_object (json_node_alloc (), NULL);
      json_node_take_object (root, json_object_new ());
    }
  else
    {
      if (!json_parser_load_from_file (parser, path, error))
        return FALSE;
      root = json_parser_steal_root (parser);
      if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX, "%s: not a JSON object", path);
          return FALSE;
        }
    }
  json_object_set_object_member (json_node_get_object (root), "drawings", summary (self));
  text = json_to_string (root, TRUE);
  return us_file_replace (path, text, strlen (text), error);
}

gboolean
us_drawings_evaluation_write (const UsDrawingsEvaluation *self,
                              const UsSimvae             *model,
                              const char                 *folder,
                              GError                    **error)
{
  g_autofree char *rows = g_build_filename (folder, "drawings.csv", NULL);
  g_autofree char *metrics = g_build_filename (folder, "metrics.json", NULL);

  if (g_mkdir_with_parents (folder, 0777) != 0)
    {
      us_file_set_error (error, errno, "Cannot make the folder “%s”", folder);
      return FALSE;
    }
  return write_rows (self, us_simvae_simulator (model), rows, error) && write_summary (self, metrics, error);
}
