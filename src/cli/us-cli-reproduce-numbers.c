/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report's numbers: numbers.json, and its tables as CSV. */
#include "config.h"

#include "us-cli-reproduce-private.h"
#include "us-file.h"
#include "us-json.h"

#include <math.h>
#include <string.h>

/* ---- JSON -------------------------------------------------------------------- */

static void
integer (JsonBuilder *builder,
         const char  *name,
         guint64      value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, (gint64) value);
}

static void
boolean (JsonBuilder *builder,
         const char  *name,
         gboolean     value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

static void
gap (JsonBuilder         *builder,
     const char          *name,
     const UsEvaluation  *evaluation,
     const UsInformation *information)
{
  UsReproduceGap self = us_reproduce_gap (evaluation, information);

  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  us_json_number (builder, "mig", self.mig);
  us_json_number (builder, "truth", self.truth);
  us_json_number (builder, "equivalent", self.equivalent);
  json_builder_end_object (builder);
}

static void
add_measures (JsonBuilder        *builder,
              const UsEvaluation *evaluation,
              const UsSimulator  *simulator)
{
  const UsDisentanglement *modulo = evaluation->modulo;

  gap (builder, "mig_20_bins", evaluation, evaluation->histogram);
  gap (builder, "mig_chen", evaluation, evaluation->chen);
  us_json_number (builder, "accuracy", modulo->mean_accuracy);
  us_json_number (builder, "information", modulo->mean_information);
  us_json_number (builder, "disentanglement", modulo->disentanglement);
  us_json_number (builder, "disentanglement_truth", modulo->disentanglement_truth);
  us_json_number (builder, "rms_decoder", evaluation->rms_decoder);
  us_json_number (builder, "rms_both", evaluation->rms_both);
  us_json_number (builder, "rms_simulator", evaluation->rms_simulator);
  us_json_number (builder, "rms_chance", evaluation->rms_chance);
  integer (builder, "failed", evaluation->n_failed);
  json_builder_set_member_name (builder, "parameters");
  json_builder_begin_array (builder);
  for (gsize p = 0; p < evaluation->n_parameters; p++)
    {
      json_builder_begin_object (builder);
      us_json_text (builder, "name", simulator->parameters[p].name);
      us_json_text (builder, "unit", simulator->parameters[p].unit);
      us_json_number (builder, "accuracy", modulo->accuracy[p]);
      us_json_number (builder, "information", modulo->information[p]);
      us_json_number (builder, "rmse", modulo->rmse[p]);
      us_json_number (builder, "median_error", modulo->median_error[p]);
      us_json_number (builder, "slope", modulo->slope[p]);
      us_json_number (builder, "right", modulo->right[p]);
      us_json_number (builder, "coverage", evaluation->coverage[p]);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "derived");
  json_builder_begin_array (builder);
  for (gsize d = 0; d < evaluation->n_derived; d++)
    {
      json_builder_begin_object (builder);
      us_json_text (builder, "name", simulator->derived[d].name);
      us_json_number (builder, "slope", evaluation->derived[d].slope);
      us_json_number (builder, "r2", evaluation->derived[d].r2);
      us_json_number (builder, "rmse", evaluation->derived[d].rmse);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
add_checks (JsonBuilder           *builder,
            const UsReproducePart *part)
{
  json_builder_set_member_name (builder, "wanted");
  json_builder_begin_array (builder);
  for (guint c = 0; c < part->checks->len; c++)
    {
      const UsReproduceCheck *check = &g_array_index (part->checks, UsReproduceCheck, c);
      g_autofree char *wanted = us_reproduce_wanted (check);

      json_builder_begin_object (builder);
      us_json_text (builder, "what", check->what);
      us_json_text (builder, "wanted", wanted);
      us_json_number (builder, "measured", check->value);
      boolean (builder, "reached", check->reached);
      us_json_number (builder, "missing", check->missing);
      us_json_number (builder, "refined", check->refined);
      boolean (builder, "refined_reached", check->refined_reached);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
add_part (JsonBuilder           *builder,
          const UsReproducePart *part)
{
  const UsSimvaeRecord *record = us_simvae_record (part->model);
  const UsPublishedScore *published = part->evidence->published;
  const UsInformation *histogram = part->evidence->evaluation->histogram;

  json_builder_begin_object (builder);
  us_json_text (builder, "simulator", part->simulator->id);
  us_json_text (builder, "model", part->origin);
  us_json_text (builder, "model_command", record->command);
  us_json_text (builder, "preset", record->preset);
  integer (builder, "seed", record->seed);
  us_json_number (builder, "training_seconds", record->seconds[0] + record->seconds[1]);
  us_json_number (builder, "published_mig", published != NULL ? published->mig : NAN);
  us_json_number (builder, "published_truth", published != NULL ? published->mig_truth : NAN);
  json_builder_set_member_name (builder, "compared_with_published");
  json_builder_add_int_value (builder, us_reproduce_compare (part));
  us_json_number (builder, "corner_error", us_reproduce_corners (part, part->evidence->evaluation));
  add_checks (builder, part);
  add_measures (builder, part->evidence->evaluation, part->simulator);
  json_builder_set_member_name (builder, "refined");
  json_builder_begin_object (builder);
  us_json_number (builder, "corner_error", us_reproduce_corners (part, part->refined));
  add_measures (builder, part->refined, part->simulator);
  json_builder_end_object (builder);
  us_json_matrix (builder, "mim", histogram->information, histogram->n_factors);
  us_json_matrix (builder, "mim_truth", histogram->truth, histogram->n_factors);
  us_json_matrix (builder, "mim_equivalent", histogram->equivalent, histogram->n_factors);
  json_builder_set_member_name (builder, "comparison");
  json_builder_begin_array (builder);
  for (guint r = 0; r < part->rivals->len; r++)
    {
      const UsReproduceRival *rival = part->rivals->pdata[r];
      const UsSimvaeRecord *how = us_simvae_record (rival->model);

      json_builder_begin_object (builder);
      us_json_text (builder, "method", us_method_id (rival->method));
      us_json_text (builder, "preset", how->preset);
      us_json_text (builder, "command", how->command);
      us_json_number (builder, "training_seconds", how->seconds[0] + how->seconds[1]);
      us_json_number (builder, "mig_20_bins", rival->scores.mig_bins);
      us_json_number (builder, "mig_chen", rival->scores.mig_chen);
      us_json_number (builder, "accuracy", rival->scores.accuracy);
      us_json_number (builder, "information", rival->scores.information);
      us_json_number (builder, "disentanglement", rival->scores.disentanglement);
      us_json_number (builder, "rms_both", rival->scores.rms_both);
      us_json_number (builder, "rms_simulator", rival->scores.rms_simulator);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  us_json_number (builder, "seconds_training", part->train_s);
  us_json_number (builder, "seconds_measuring", part->measure_s);
  us_json_number (builder, "seconds_comparison", part->rivals_s);
  us_json_number (builder, "seconds_figures", part->figures_s);
  json_builder_end_object (builder);
}

static char *
make_json (const UsReproduction *self)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonNode) root = NULL;

  json_builder_begin_object (builder);
  us_json_text (builder, "command", self->command);
  us_json_text (builder, "version", US_VERSION);
  boolean (builder, "quick", self->quick || self->n_draws > 0);
  integer (builder, "pairs", self->n_pairs);
  json_builder_set_member_name (builder, "simulators");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->parts->len; i++)
    add_part (builder, self->parts->pdata[i]);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}

/* ---- CSV ----------------------------------------------------------------------- */

/* One field and what follows it; what is not finite is empty: missing. */
static void
field (GString *csv,
       double   value,
       char     end)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  if (isfinite (value))
    g_string_append (csv, us_dtoa (digits, value));
  g_string_append_c (csv, end);
}

static char *
make_table_1 (const UsReproduction *self)
{
  g_autoptr(GString) csv = g_string_new ("simulator,published_mig,published_truth,mig_20_bins,truth_20_bins,equivalent_20_bins,mig_chen,"
                                         "truth_chen,equivalent_chen,nearer_than_published,wanted_reached,wanted\n");

  for (guint i = 0; i < self->parts->len; i++)
    {
      const UsReproducePart *part = self->parts->pdata[i];
      const UsEvaluation *evaluation = part->evidence->evaluation;
      const UsPublishedScore *published = part->evidence->published;
      const UsReproduceGap gaps[] = { us_reproduce_gap (evaluation, evaluation->histogram),
                                      us_reproduce_gap (evaluation, evaluation->chen) };
      guint reached = 0;

      for (guint c = 0; c < part->checks->len; c++)
        reached += g_array_index (part->checks, UsReproduceCheck, c).reached;
      g_string_append_printf (csv, "%s,", part->simulator->id);
      field (csv, published != NULL ? published->mig : NAN, ',');
      field (csv, published != NULL ? published->mig_truth : NAN, ',');
      for (gsize g = 0; g < G_N_ELEMENTS (gaps); g++)
        {
          field (csv, gaps[g].mig, ',');
          field (csv, gaps[g].truth, ',');
          field (csv, gaps[g].equivalent, ',');
        }
      g_string_append_printf (csv, "%d,%u,%u\n", us_reproduce_compare (part), reached, part->checks->len);
    }
  return g_strdup (csv->str);
}

static char *
make_accuracy (const UsReproduction *self)
{
  g_autoptr(GString) csv = g_string_new ("simulator,parameter,unit,accuracy,information,rmse,median_error,slope,right,coverage\n");

  for (guint i = 0; i < self->parts->len; i++)
    {
      const UsReproducePart *part = self->parts->pdata[i];
      const UsEvaluation *evaluation = part->evidence->evaluation;
      const UsDisentanglement *modulo = evaluation->modulo;

      for (gsize p = 0; p < evaluation->n_parameters; p++)
        {
          g_string_append_printf (csv, "%s,%s,%s,", part->simulator->id, part->simulator->parameters[p].name,
                                  part->simulator->parameters[p].unit);
          field (csv, modulo->accuracy[p], ',');
          field (csv, modulo->information[p], ',');
          field (csv, modulo->rmse[p], ',');
          field (csv, modulo->median_error[p], ',');
          field (csv, modulo->slope[p], ',');
          field (csv, modulo->right[p], ',');
          field (csv, evaluation->coverage[p], '\n');
        }
    }
  return g_strdup (csv->str);
}

static char *
make_comparison (const UsReproduction *self)
{
  g_autoptr(GString) csv = g_string_new ("simulator,method,mig_20_bins,mig_chen,accuracy,information,disentanglement,rms_both,rms_simulator\n");

  for (guint i = 0; i < self->parts->len; i++)
    {
      const UsReproducePart *part = self->parts->pdata[i];

      for (guint r = 0; r < part->rivals->len; r++)
        {
          const UsReproduceRival *rival = part->rivals->pdata[r];
          const UsReproduceScores *scores = &rival->scores;

          g_string_append_printf (csv, "%s,%s,", part->simulator->id, us_method_id (rival->method));
          field (csv, scores->mig_bins, ',');
          field (csv, scores->mig_chen, ',');
          field (csv, scores->accuracy, ',');
          field (csv, scores->information, ',');
          field (csv, scores->disentanglement, ',');
          field (csv, scores->rms_both, ',');
          field (csv, scores->rms_simulator, '\n');
        }
    }
  return g_strdup (csv->str);
}

gboolean
us_reproduce_write_numbers (UsReproduction  *self,
                            GError         **error)
{
  g_autofree char *json = make_json (self), *table_1 = make_table_1 (self);
  g_autofree char *accuracy = make_accuracy (self), *comparison = make_comparison (self);
  const struct { const char *name, *text; } files[] = {
    { "numbers.json", json }, { "table-1.csv", table_1 }, { "accuracy.csv", accuracy }, { "comparison.csv", comparison },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (self->out, files[i].name, NULL);

      if (!us_file_replace (path, files[i].text, strlen (files[i].text), error))
        return FALSE;
    }
  return TRUE;
}
