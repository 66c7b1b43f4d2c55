/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-evaluate.h"

#include "us-csv.h"
#include "us-file.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

static void
number (JsonBuilder *builder,
        const char  *name,
        double       value)
{
  if (name != NULL)
    json_builder_set_member_name (builder, name);
  /* JSON has no NaN */
  if (isfinite (value))
    json_builder_add_double_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
numbers (JsonBuilder  *builder,
         const char   *name,
         const double *values,
         gsize         n)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (gsize i = 0; i < n; i++)
    number (builder, NULL, values[i]);
  json_builder_end_array (builder);
}

static void
matrix (JsonBuilder  *builder,
        const char   *name,
        const double *values,
        gsize         n)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (gsize i = 0; i < n; i++)
    {
      json_builder_begin_array (builder);
      for (gsize j = 0; j < n; j++)
        number (builder, NULL, values[i * n + j]);
      json_builder_end_array (builder);
    }
  json_builder_end_array (builder);
}

static void
text (JsonBuilder *builder,
      const char  *name,
      const char  *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value != NULL ? value : "");
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
  text (builder, "simulator", simulator->id);
  text (builder, "output", simulator->outputs[us_simvae_output (model)].id);
  text (builder, "preset", record->preset);
  text (builder, "command", record->command);
  json_builder_set_member_name (builder, "pairs");
  json_builder_add_int_value (builder, (gint64) self->n_pairs);
  json_builder_set_member_name (builder, "bins");
  json_builder_add_int_value (builder, (gint64) self->n_bins);
  number (builder, "mig", self->mig);
  number (builder, "mig_truth", self->mig_truth);
  number (builder, "rms_decoder", self->rms_decoder);
  number (builder, "rms_both", self->rms_both);
  number (builder, "rms_simulator", self->rms_simulator);
  number (builder, "level", self->level);
  json_builder_set_member_name (builder, "parameters");
  json_builder_begin_array (builder);
  for (gsize p = 0; p < n; p++)
    json_builder_add_string_value (builder, simulator->parameters[p].name);
  json_builder_end_array (builder);
  numbers (builder, "rmse", self->rmse, n);
  numbers (builder, "rmse_share", self->rmse_share, n);
  numbers (builder, "bias", self->bias, n);
  numbers (builder, "r2", self->r2, n);
  numbers (builder, "slope", self->slope, n);
  numbers (builder, "coverage", self->coverage, n);
  numbers (builder, "entropy", self->entropy, n);
  matrix (builder, "mutual_information", self->mutual_information, n);
  matrix (builder, "truth_information", self->truth_information, n);
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}

static gboolean
write_pairs (const UsEvaluation *self,
             const UsSimvae     *model,
             const char         *path,
             GError            **error)
{
  const UsSimulator *simulator = us_simvae_simulator (model);
  gsize n = self->n_parameters;
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autofree double *values = g_new (double, self->n_pairs * 2 * n);

  for (gsize p = 0; p < n; p++)
    g_ptr_array_add (names, g_strconcat ("v_", simulator->parameters[p].name, NULL));
  for (gsize p = 0; p < n; p++)
    g_ptr_array_add (names, g_strconcat ("z_", simulator->parameters[p].name, NULL));
  for (gsize i = 0; i < self->n_pairs; i++)
    for (gsize p = 0; p < n; p++)
      {
        values[i * 2 * n + p] = self->v[i * n + p];
        values[i * 2 * n + n + p] = self->z[i * n + p];
      }
  return us_csv_write (path, self->n_pairs, 2 * n, (const char *const *) names->pdata, values, error);
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
