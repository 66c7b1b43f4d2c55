/* SPDX-License-Identifier: GPL-3.0-or-later */
/* infer: parameters from data, as the page Infer reads them. */
#include "config.h"

#include "us-cli.h"
#include "us-csv.h"
#include "us-file.h"
#include "us-json.h"
#include "us-posterior.h"
#include "us-predictor.h"
#include "us-reading.h"
#include "us-refine.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* P parameters, C channels of the output. */

/* --- samples ------------------------------------------------------------- */

/* Draws from the model's normal approximation, cut to the prior; of the data as they stand.  (n_samples, P) */
static double *
draw_samples (const UsReading *reading,
              gsize            n_samples,
              guint64          seed)
{
  const UsInference *inference = reading->inference;
  gsize P = inference->n_parameters;
  double *samples = g_new (double, n_samples * P);

  for (gsize s = 0; s < n_samples; s++)
    {
      UsRng rng;

      us_rng_init (&rng, seed, US_RNG_LATENT, s);
      for (gsize p = 0; p < P; p++)
        {
          double lower, upper, value;

          us_prior_range (us_simvae_prior (reading->model), p, &lower, &upper);
          for (guint attempt = 0;; attempt++)
            {
              value = inference->mean[p] + inference->sd[p] * us_rng_normal (&rng);
              if ((value >= lower && value <= upper) || attempt == 100)
                break;
            }
          samples[s * P + p] = us_reading_in_own_height (reading, p, CLAMP (value, lower, upper));
        }
    }
  return samples;
}

static gboolean
write_samples (const UsReading  *reading,
               gsize             n_samples,
               guint64           seed,
               const char       *path,
               GError          **error)
{
  const UsSimulator *simulator = us_simvae_simulator (reading->model);
  g_autofree double *samples = draw_samples (reading, n_samples, seed);
  g_autofree const char **names = g_new (const char *, simulator->n_parameters);

  for (gsize p = 0; p < simulator->n_parameters; p++)
    names[p] = simulator->parameters[p].name;
  return us_csv_write (path, n_samples, simulator->n_parameters, names, samples, error);
}

/* --- JSON ------------------------------------------------------------------ */

static void
add_estimate (JsonBuilder *builder,
              const char  *name,
              double       mean,
              double       sd,
              double       lower,
              double       upper)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  us_json_number (builder, "mean", mean);
  us_json_number (builder, "sd", sd);
  us_json_number (builder, "lower", lower);
  us_json_number (builder, "upper", upper);
  json_builder_end_object (builder);
}

/* "equivalents": every one with its parameters and the RMS of the simulator run on it. */
static void
add_others (JsonBuilder     *builder,
            const UsReading *reading)
{
  const UsSimulator *simulator = us_simvae_simulator (reading->model);
  const UsOutput *output = &simulator->outputs[us_simvae_output (reading->model)];
  gsize P = simulator->n_parameters, C = output->channels;

  json_builder_set_member_name (builder, "equivalents_are_all");
  json_builder_add_boolean_value (builder, reading->others_are_all);
  json_builder_set_member_name (builder, "equivalents");
  json_builder_begin_array (builder);
  for (gsize m = 0; m < reading->n_others; m++)
    {
      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "parameters");
      json_builder_begin_object (builder);
      for (gsize p = 0; p < P; p++)
        us_json_number (builder, simulator->parameters[p].name, reading->others[m * P + p]);
      json_builder_end_object (builder);
      json_builder_set_member_name (builder, "rms_simulator");
      json_builder_begin_array (builder);
      for (gsize c = 0; c < C; c++)
        json_builder_add_double_value (builder, reading->others_rms[m * C + c]);
      json_builder_end_array (builder);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

/* "scaled": what was done to a drawing that the prior cannot hold. */
static void
add_scale (JsonBuilder     *builder,
           const UsReading *reading)
{
  json_builder_set_member_name (builder, "scaled");
  if (!reading->scaled)
    {
      json_builder_add_null_value (builder);
      return;
    }
  json_builder_begin_object (builder);
  us_json_number (builder, "height", reading->scale.scale);
  us_json_number (builder, "shift", reading->scale.shift);
  json_builder_end_object (builder);
}

/* "refined": parameters and RMS when the simulator has the last word; null: not asked for. */
static void
add_refined (JsonBuilder     *builder,
             const UsReading *reading)
{
  const UsSimulator *simulator = us_simvae_simulator (reading->model);

  json_builder_set_member_name (builder, "refined");
  if (reading->refined == NULL)
    {
      json_builder_add_null_value (builder);
      return;
    }
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "parameters");
  json_builder_begin_object (builder);
  for (gsize p = 0; p < simulator->n_parameters; p++)
    us_json_number (builder, simulator->parameters[p].name, us_reading_in_own_height (reading, p, reading->refined[p]));
  json_builder_end_object (builder);
  us_json_number (builder, "rms_simulator", reading->rms_refined);
  json_builder_set_member_name (builder, "simulator_runs");
  json_builder_add_int_value (builder, reading->n_runs);
  json_builder_end_object (builder);
}

static void
print_json (const UsReading *reading)
{
  const UsSimulator *simulator = us_simvae_simulator (reading->model);
  const UsInference *inference = reading->inference;
  const char *note = reading->observation->note;
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "simulator");
  json_builder_add_string_value (builder, simulator->id);
  us_json_number (builder, "level", inference->level);
  json_builder_set_member_name (builder, "parameters");
  json_builder_begin_object (builder);
  for (gsize p = 0; p < inference->n_parameters; p++)
    add_estimate (builder, simulator->parameters[p].name,
                  us_reading_in_own_height (reading, p, inference->mean[p]),
                  inference->sd[p] / (reading->scaled ? reading->scale.scale : 1),
                  us_reading_in_own_height (reading, p, inference->lower[p]),
                  us_reading_in_own_height (reading, p, inference->upper[p]));
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "derived");
  json_builder_begin_object (builder);
  for (gsize d = 0; d < reading->n_derived; d++)
    add_estimate (builder, simulator->derived[d].name, reading->derived[d].value, reading->derived[d].sd,
                  reading->derived[d].lower, reading->derived[d].upper);
  json_builder_end_object (builder);
  us_json_number (builder, "rms_decoder", inference->rms_decoder);
  us_json_number (builder, "rms_simulator", inference->rms_simulator);
  us_json_number (builder, "unusual", inference->unusual);
  json_builder_set_member_name (builder, "compared_with");
  json_builder_add_string_value (builder, simulator->run_augmented != NULL ? "held-out draws, augmented" : "held-out draws");
  add_refined (builder, reading);
  add_scale (builder, reading);
  add_others (builder, reading);
  json_builder_set_member_name (builder, "note");
  json_builder_add_string_value (builder, note != NULL ? note : "");
  json_builder_end_object (builder);
  us_cli_print_json (builder, FALSE);
}

/* --- words ------------------------------------------------------------------- */

static void
print_estimate (const char *name,
                double      mean,
                double      lower,
                double      upper,
                const char *unit)
{
  printf ("%-10s %12.5g ", name, mean);
  if (isfinite (lower))
    printf ("%12.5g %12.5g  %s\n", lower, upper, unit);
  else
    printf ("%12s %12s  %s\n", "-", "-", unit);
}

static void
print_estimates (const UsReading *reading)
{
  const UsSimulator *simulator = us_simvae_simulator (reading->model);
  const UsInference *inference = reading->inference;

  printf ("%-10s %12s %12s %12s  %s\n", "parameter", "mean", "lower", "upper", "unit");
  for (gsize p = 0; p < inference->n_parameters; p++)
    print_estimate (simulator->parameters[p].name, us_reading_in_own_height (reading, p, inference->mean[p]),
                    us_reading_in_own_height (reading, p, inference->lower[p]),
                    us_reading_in_own_height (reading, p, inference->upper[p]), simulator->parameters[p].unit);
  if (reading->n_derived > 0)
    printf ("derived\n");
  for (gsize d = 0; d < reading->n_derived; d++)
    print_estimate (simulator->derived[d].name, reading->derived[d].value, reading->derived[d].lower,
                    reading->derived[d].upper, simulator->derived[d].unit);
}

/* A line for each other member of the answer's class. */
static void
print_others (const UsReading *reading)
{
  const UsSimulator *simulator = us_simvae_simulator (reading->model);
  const UsOutput *output = &simulator->outputs[us_simvae_output (reading->model)];
  gsize P = simulator->n_parameters, C = output->channels;

  if (simulator->random_equivalent == NULL)
    return;
  if (reading->n_others == 0)
    {
      printf (reading->others_are_all ? "\nNo other parameters give the same output as these (elsewhere: %s).\n"
              : "\nOthers are as good (%s), but these are outside of what the simulator accepts: they cannot be given.\n",
              simulator->symmetry);
      return;
    }
  printf ("\n%s, and no data can tell %s from the above (%s).\nEach was run again in the simulator:\n",
          reading->n_others == 1 ? "One other answer is as good" : reading->others_are_all
          ? "These other answers are as good" : "Countless other answers are as good, these among them",
          reading->n_others == 1 ? "it" : "them", simulator->symmetry);
  for (gsize p = 0; p < P; p++)
    printf ("%12s", simulator->parameters[p].name);
  printf ("   RMS of the simulator\n");
  for (gsize m = 0; m < reading->n_others; m++)
    {
      for (gsize p = 0; p < P; p++)
        printf ("%12.5g", reading->others[m * P + p]);
      for (gsize c = 0; c < C; c++)
        printf ("%s%.4g%s%s", c == 0 ? "   " : ", ", reading->others_rms[m * C + c],
                output->channel_info != NULL && *output->channel_info[c].unit != '\0' ? " " : "",
                output->channel_info != NULL ? output->channel_info[c].unit : "");
      printf ("\n");
    }
}

/* What was done to a drawing that the prior cannot hold, or would have to be. */
static void
print_scale (const UsReading *reading)
{
  const UsIngestScale *scale = &reading->scale;
  const UsParameter *parameter = &us_simvae_simulator (reading->model)->parameters[scale->parameter];

  if (us_ingest_scale_is_identity (scale))
    return;
  if (!reading->scaled)
    {
      printf ("Read as it stands, though the prior does not hold it: %s is about %.4g, its prior ends at %.4g.\n",
              parameter->name, scale->fitted, scale->limit);
      return;
    }
  printf ("The drawing was read ");
  if (scale->scale < 1)
    printf ("at %.4g %% of its height", 100 * scale->scale);
  if (scale->shift != 0)
    printf ("%s%.4g %s", scale->scale < 1 ? ", " : "", fabs (scale->shift), scale->shift > 0 ? "lower" : "higher");
  printf (", because its %s is about %.4g and the prior\nends at %.4g; the numbers are those of the drawing as it "
          "stands.\n", parameter->name, scale->fitted, scale->limit);
}

static void
print_refined (const UsReading *reading)
{
  const UsSimulator *simulator = us_simvae_simulator (reading->model);

  if (reading->refined == NULL)
    return;
  printf ("\nRefined in the simulator, in %u runs of it; it then misses the data%s by RMS %.4g:\n", reading->n_runs,
          reading->scaled ? " as read" : "", reading->rms_refined);
  for (gsize p = 0; p < simulator->n_parameters; p++)
    printf ("%-10s %12.5g %25s  %s\n", simulator->parameters[p].name,
            us_reading_in_own_height (reading, p, reading->refined[p]), "", simulator->parameters[p].unit);
}

static void
print_words (const UsReading *reading)
{
  const UsSimulator *simulator = us_simvae_simulator (reading->model);
  const UsInference *inference = reading->inference;
  const char *note = reading->observation->note;

  print_estimates (reading);
  print_refined (reading);
  print_others (reading);
  printf ("\nIntervals hold the true value in %.0f %% of simulated cases%s.\n", 100 * inference->level,
          reading->n_derived > 0 ? "; those of derived quantities were measured on their own, on 512 held-out draws" : "");
  printf ("The simulator run on the means misses the data by RMS %.4g, the decoder by %.4g;\n",
          inference->rms_simulator, inference->rms_decoder);
  if (isfinite (inference->unusual))
    printf ("%.0f %% of simulated data%s are reconstructed better.\n", 100 * inference->unusual,
            simulator->run_augmented != NULL ? ", drawn as by an unsteady hand," : "");
  else
    printf ("how unusual that is was not measured.\n");
  print_scale (reading);
  if (note != NULL && *note != '\0')
    printf ("Done to the data first: %s.\n", note);
}

/* --- the command ----------------------------------------------------------------- */

static gboolean
write_table (const UsReading  *reading,
             const char       *path,
             GError          **error)
{
  g_autofree char *text = us_reading_to_csv (reading);

  return us_file_replace (path, text, strlen (text), error);
}

static gboolean
run_infer (int           argc,
           char        **argv,
           GCancellable *cancellable,
           GError      **error)
{
  g_autofree char *data = NULL, *out = NULL, *figure = NULL, *table = NULL;
  g_autofree char *samples_text = NULL, *seed_text = NULL, *index_text = NULL;
  g_auto(UsCliSeries) series = { NULL };
  gboolean json = FALSE, as_it_stands = FALSE, refine = FALSE;
  const GOptionEntry entries[] = {
    { "data", 'd', 0, G_OPTION_ARG_FILENAME, &data, "An image, CSV, npy/npz or drawing", "FILE" },
    { "index", 0, 0, G_OPTION_ARG_STRING, &index_text, "Which drawing or row of the file, from 0", "I" },
    US_CLI_SERIES_ENTRIES (series),
    { "as-it-stands", 0, 0, G_OPTION_ARG_NONE, &as_it_stands, "Do not scale a drawing that the prior cannot hold", NULL },
    { "refine", 0, 0, G_OPTION_ARG_NONE, &refine, "Let the simulator itself refine the answer", NULL },
    { "samples", 'n', 0, G_OPTION_ARG_STRING, &samples_text, "Samples to write (default 1000)", "N" },
    { "seed", 's', 0, G_OPTION_ARG_STRING, &seed_text, "Seed of the samples (default 0)", "S" },
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &out,
      "Samples, a column a parameter, in its unit; of a SimVAE each parameter by itself", "FILE.csv" },
    { "table", 't', 0, G_OPTION_ARG_FILENAME, &table,
      "Parameters, derived quantities, intervals and equally good answers", "FILE.csv" },
    { "figure", 0, 0, G_OPTION_ARG_FILENAME, &figure, "Data, decoder and simulator side by side", "FILE.png|svg|pdf" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print one JSON object", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(UsSimvae) model = NULL;
  g_autoptr(UsReader) reader = NULL;
  g_autoptr(UsReading) reading = NULL;
  UsObservation *observation;
  guint64 n_samples, seed, index;

  if (!us_cli_parse (&us_cli_command_infer, entries, &argc, &argv, 1, error)
      || !us_cli_parse_u64 ("--samples", samples_text != NULL ? samples_text : "1000", 1, 10000000, &n_samples, error)
      || !us_cli_parse_u64 ("--seed", seed_text != NULL ? seed_text : "0", 0, G_MAXUINT64, &seed, error)
      || !us_cli_parse_u64 ("--index", index_text != NULL ? index_text : "0", 0, G_MAXUINT32, &index, error))
    return FALSE;
  if (data == NULL)
    return us_cli_misused (error, "--data is missing: an image, a CSV, an .npy/.npz or a drawing");
  if (out == NULL)
    return us_cli_misused (error, "--out is missing: a .csv file for the samples");
  if (us_posterior_is_file (argv[1]))
    {
      if (as_it_stands || refine || table != NULL || figure != NULL)
        return us_cli_misused (error, "--as-it-stands, --refine, --table and --figure go with a SimVAE; %s is a posterior", argv[1]);
      return us_cli_infer_posterior (argv[1], data, index_text != NULL ? (gssize) index : -1, &series, n_samples, seed, out,
                                     json, error);
    }
  if (us_predictor_is_file (argv[1]))
    {
      if (as_it_stands || refine || table != NULL || figure != NULL)
        return us_cli_misused (error, "--as-it-stands, --refine, --table and --figure go with a SimVAE; %s is a predictor", argv[1]);
      return us_cli_infer_predictor (argv[1], data, &series, out, json, error);
    }
  if (series.time != NULL || series.columns != NULL || series.where != NULL || series.sort || series.mask_bad)
    return us_cli_misused (error, "--time, --column, --where, --sort and --mask-bad go with a posterior or a predictor");
  if ((model = us_simvae_load (argv[1], error)) == NULL || !us_simvae_check_named (model, error))
    return FALSE;
  if (refine && us_refine_refusal (us_simvae_prior (model), us_simvae_output (model)) != NULL)
    return us_cli_misused (error, "--refine: %s", us_refine_refusal (us_simvae_prior (model), us_simvae_output (model)));
  observation = us_observation_load (us_simvae_simulator (model), us_simvae_output (model), data, index, error);
  if (observation == NULL)
    return FALSE;
  reader = us_reader_new (model);
  us_reader_set_refine (reader, refine);
  if ((reading = us_reader_read (reader, observation, !as_it_stands, error)) == NULL)
    return FALSE;
  if (!write_samples (reading, n_samples, seed, out, error)
      || (table != NULL && !write_table (reading, table, error))
      || (figure != NULL && !us_cli_write_inference (model, reading->observation, reading->inference, figure, error)))
    return FALSE;
  if (json)
    print_json (reading);
  else
    print_words (reading);
  return TRUE;
}

const UsCliCommand us_cli_command_infer = {
  "infer", "MODEL --data FILE --out FILE.csv", "Reads parameters, with intervals, from data.", run_infer,
};
