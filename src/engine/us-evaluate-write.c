/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-evaluate.h"

#include "us-csv.h"
#include "us-file.h"
#include "us-json.h"

#include <errno.h>
#include <string.h>

static void
begin (JsonBuilder *builder,
       const char  *name)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
}

/* One estimator's scores; equivalent ones are null without symmetry. */
static void
information (JsonBuilder         *builder,
             const char          *name,
             const UsInformation *self,
             const gboolean      *discrete,
             gboolean             chen)
{
  gsize n = self->n_factors;

  begin (builder, name);
  if (chen)
    us_json_number (builder, "width", self->width);
  us_json_number (builder, "mig", self->mig);
  us_json_number (builder, "mig_truth", self->mig_truth);
  if (chen)
    us_json_number (builder, "mig_truth_sd", self->mig_truth_sd);
  us_json_number (builder, "mig_equivalent", self->mig_equivalent);
  us_json_number (builder, "mig_ordered", us_information_mean_gap (n, self->gap, discrete));
  us_json_number (builder, "mig_truth_ordered", us_information_mean_gap (n, self->gap_truth, discrete));
  us_json_numbers (builder, "gap", self->gap, n);
  us_json_numbers (builder, "gap_truth", self->gap_truth, n);
  us_json_numbers (builder, "entropy", self->entropy, n);
  us_json_matrix (builder, "information", self->information, n);
  us_json_matrix (builder, "truth", self->truth, n);
  if (self->equivalent != NULL)
    {
      us_json_number (builder, "mig_equivalent_ordered", us_information_mean_gap (n, self->gap_equivalent, discrete));
      us_json_numbers (builder, "gap_equivalent", self->gap_equivalent, n);
      us_json_matrix (builder, "equivalent", self->equivalent, n);
    }
  json_builder_end_object (builder);
}

static void
modulo (JsonBuilder             *builder,
        const UsDisentanglement *self,
        const UsSimulator       *simulator)
{
  gsize n = self->n_parameters;

  begin (builder, "modulo_symmetry");
  us_json_text (builder, "symmetry", simulator->symmetry);
  us_json_number (builder, "accuracy", self->mean_accuracy);
  us_json_number (builder, "accuracy_chance", self->mean_accuracy_chance);
  us_json_number (builder, "information", self->mean_information);
  us_json_number (builder, "disentanglement", self->disentanglement);
  us_json_number (builder, "disentanglement_truth", self->disentanglement_truth);
  us_json_number (builder, "mig", self->mig);
  us_json_number (builder, "mig_chance", self->mig_chance);
  us_json_number (builder, "mig_truth", self->mig_truth);
  us_json_numbers (builder, "accuracy_of", self->accuracy, n);
  us_json_numbers (builder, "accuracy_chance_of", self->accuracy_chance, n);
  us_json_numbers (builder, "information_of", self->information, n);
  us_json_numbers (builder, "right_of", self->right, n);
  us_json_numbers (builder, "right_chance_of", self->right_chance, n);
  us_json_numbers (builder, "rmse", self->rmse, n);
  us_json_numbers (builder, "rmse_share", self->rmse_share, n);
  us_json_numbers (builder, "median_error", self->median_error, n);
  us_json_numbers (builder, "bias", self->bias, n);
  us_json_numbers (builder, "slope", self->slope, n);
  us_json_matrix (builder, "separation", self->separation, n);
  us_json_matrix (builder, "aligned_information", self->aligned_information, n);
  us_json_matrix (builder, "chance_information", self->chance_information, n);
  us_json_matrix (builder, "truth_information", self->truth_information, n);
  json_builder_end_object (builder);
}

static void
derived (JsonBuilder        *builder,
         const UsEvaluation *self,
         const UsSimulator  *simulator)
{
  json_builder_set_member_name (builder, "derived");
  json_builder_begin_array (builder);
  for (gsize d = 0; d < self->n_derived; d++)
    {
      const UsDerivedScore *score = &self->derived[d];

      json_builder_begin_object (builder);
      us_json_text (builder, "name", simulator->derived[d].name);
      us_json_text (builder, "unit", simulator->derived[d].unit);
      json_builder_set_member_name (builder, "logarithmic");
      json_builder_add_boolean_value (builder, simulator->derived[d].logarithmic);
      us_json_number (builder, "r2", score->r2);
      us_json_number (builder, "slope", score->slope);
      us_json_number (builder, "rmse", score->rmse);
      us_json_number (builder, "bias", score->bias);
      json_builder_set_member_name (builder, "left_out");
      json_builder_add_int_value (builder, (gint64) score->n_left_out);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

/* Of a noisy output. */
static void
spread (JsonBuilder         *builder,
        const UsEvaluation  *self)
{
  if (self->rms_noise > 0)
    us_json_number (builder, "rms_noise", self->rms_noise);
  if (self->spread == NULL)
    return;
  begin (builder, "spread");
  us_json_number (builder, "log_score", self->spread->log_score);
  us_json_number (builder, "log_score_truth", self->spread->log_score_truth);
  us_json_number (builder, "level", self->spread->level);
  us_json_number (builder, "coverage", self->spread->coverage);
  us_json_number (builder, "rms_standard", self->spread->rms_standard);
  json_builder_end_object (builder);
}

static JsonNode *
metrics (const UsEvaluation *self,
         const UsSimvae     *model)
{
  const UsSimulator *simulator = us_simvae_simulator (model);
  const UsSimvaeRecord *record = us_simvae_record (model);
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  gsize n = self->n_parameters;

  json_builder_begin_object (builder);
  us_json_text (builder, "simulator", simulator->id);
  us_json_text (builder, "output", simulator->outputs[us_simvae_output (model)].id);
  us_json_text (builder, "preset", record->preset);
  us_json_text (builder, "command", record->command);
  json_builder_set_member_name (builder, "pairs");
  json_builder_add_int_value (builder, (gint64) self->n_pairs);
  json_builder_set_member_name (builder, "bins");
  json_builder_add_int_value (builder, (gint64) self->n_bins);
  us_json_number (builder, "mig", self->mig);
  us_json_number (builder, "mig_truth", self->mig_truth);
  us_json_number (builder, "rms_decoder", self->rms_decoder);
  us_json_number (builder, "rms_both", self->rms_both);
  us_json_number (builder, "rms_simulator", self->rms_simulator);
  us_json_number (builder, "rms_chance", self->rms_chance);
  spread (builder, self);
  json_builder_set_member_name (builder, "failed");
  json_builder_add_int_value (builder, (gint64) self->n_failed);
  us_json_number (builder, "level", self->level);
  json_builder_set_member_name (builder, "parameters");
  json_builder_begin_array (builder);
  for (gsize p = 0; p < n; p++)
    json_builder_add_string_value (builder, simulator->parameters[p].name);
  json_builder_end_array (builder);
  us_json_numbers (builder, "rmse", self->rmse, n);
  us_json_numbers (builder, "rmse_share", self->rmse_share, n);
  us_json_numbers (builder, "bias", self->bias, n);
  us_json_numbers (builder, "r2", self->r2, n);
  us_json_numbers (builder, "slope", self->slope, n);
  us_json_numbers (builder, "coverage", self->coverage, n);
  us_json_numbers (builder, "entropy", self->entropy, n);
  us_json_matrix (builder, "mutual_information", self->mutual_information, n);
  us_json_matrix (builder, "truth_information", self->truth_information, n);
  information (builder, "histogram", self->histogram, self->modulo->discrete, FALSE);
  information (builder, "chen", self->chen, self->modulo->discrete, TRUE);
  modulo (builder, self->modulo, simulator);
  derived (builder, self, simulator);
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}

/* Columns of a block: prefix and name; the next n of `values`, of rows of n_columns. */
static gsize
add_columns (GPtrArray    *names,
             double       *values,
             gsize         n_rows,
             gsize         n_columns,
             gsize         first,
             const char   *prefix,
             gsize         n,
             const char  *(*name) (const UsSimulator *, gsize),
             const UsSimulator *simulator,
             const double *from)        /* (n_rows, n) */
{
  for (gsize p = 0; p < n; p++)
    g_ptr_array_add (names, g_strconcat (prefix, name (simulator, p), NULL));
  for (gsize i = 0; i < n_rows; i++)
    for (gsize p = 0; p < n; p++)
      values[i * n_columns + first + p] = from[i * n + p];
  return first + n;
}

static const char *
parameter_name (const UsSimulator *simulator,
                gsize              p)
{
  return simulator->parameters[p].name;
}

static const char *
derived_name (const UsSimulator *simulator,
              gsize              d)
{
  return simulator->derived[d].name;
}

static gboolean
write_pairs (const UsEvaluation *self,
             const UsSimvae     *model,
             const char         *path,
             GError            **error)
{
  const UsSimulator *simulator = us_simvae_simulator (model);
  gsize n = self->n_parameters, d = self->n_derived, rows = self->n_pairs;
  gboolean symmetric = self->equivalent != NULL;
  gsize n_columns = (symmetric ? 3 : 2) * n + 2 * d, at = 0;
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autofree double *values = g_new (double, rows * n_columns);

  at = add_columns (names, values, rows, n_columns, at, "v_", n, parameter_name, simulator, self->v);
  at = add_columns (names, values, rows, n_columns, at, "z_", n, parameter_name, simulator, self->z);
  if (symmetric)
    at = add_columns (names, values, rows, n_columns, at, "c_", n, parameter_name, simulator, self->modulo->closest);
  at = add_columns (names, values, rows, n_columns, at, "v_", d, derived_name, simulator, self->derived_v);
  at = add_columns (names, values, rows, n_columns, at, "z_", d, derived_name, simulator, self->derived_z);
  return us_csv_write (path, rows, n_columns, (const char *const *) names->pdata, values, error);
}

gboolean
us_evaluation_write (const UsEvaluation *self,
                     const UsSimvae     *model,
                     const char         *folder,
                     GError            **error)
{
  g_autofree char *metrics_path = g_build_filename (folder, "metrics.json", NULL);
  g_autofree char *pairs_path = g_build_filename (folder, "pairs.csv", NULL);
  g_autofree char *json = NULL;
  g_autoptr(JsonNode) root = NULL;

  if (g_mkdir_with_parents (folder, 0777) != 0)
    {
      int code = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", folder, g_strerror (code));
      return FALSE;
    }
  root = metrics (self, model);
  json = json_to_string (root, TRUE);
  return us_file_replace (metrics_path, json, strlen (json), error)
         && write_pairs (self, model, pairs_path, error);
}
