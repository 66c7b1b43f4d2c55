/* SPDX-License-Identifier: GPL-3.0-or-later */
/* decode, evaluate: a trained model at work. */
#include "config.h"

#include "us-cli.h"
#include "us-evaluate.h"
#include "us-evaluate-drawings.h"
#include "us-posterior.h"
#include "us-predictor.h"
#include "us-repeats.h"
#include "us-simvae.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- decode -------------------------------------------------------------- */

/* "a1=0.2": sets one entry of theta; the others stay at the prior's middle. */
static gboolean
set_parameter (UsPrior     *prior,
               const char  *text,
               double      *theta,
               GError     **error)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  const char *equals = strchr (text, '=');
  g_autofree char *name = equals != NULL ? g_strndup (text, equals - text) : NULL;
  gssize p;
  double lower, upper, value;
  char *end;

  if (name == NULL)
    return us_cli_misused (error, "--set %s: expected NAME=VALUE", text);
  p = us_simulator_parameter_index (simulator, name);
  if (p < 0)
    return us_cli_misused (error, "--set %s: %s has no parameter “%s” (understudy-cli describe %s)", text,
                           simulator->id, name, simulator->id);
  value = g_ascii_strtod (equals + 1, &end);
  if (end == equals + 1 || *end != '\0' || !isfinite (value))
    return us_cli_misused (error, "--set %s: “%s” is not a number", text, equals + 1);
  us_prior_range (prior, p, &lower, &upper);
  if (value < lower || value > upper)
    return us_cli_misused (error, "--set %s: the model was trained for %s from %g to %g%s%s", text, name, lower, upper,
                           *simulator->parameters[p].unit != '\0' ? " " : "", simulator->parameters[p].unit);
  theta[p] = value;
  return TRUE;
}

static gboolean
run_decode (int           argc,
            char        **argv,
            GCancellable *cancellable,
            GError      **error)
{
  g_auto(GStrv) settings = NULL;
  g_autofree char *out = NULL;
  gboolean json = FALSE, simulate = FALSE;
  const GOptionEntry entries[] = {
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &settings, "A parameter's value (others: the middle of the prior)", "NAME=VALUE" },
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &out, "png, svg, pdf (a picture), npy or csv (the numbers)", "FILE" },
    { "simulator", 0, 0, G_OPTION_ARG_NONE, &simulate, "Run the simulator itself instead of the decoder", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print one JSON object", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(UsSimvae) model = NULL;
  g_autoptr(UsPlayer) player = NULL;
  g_autofree double *theta = NULL, *middle = NULL;
  g_autofree float *x = NULL, *sd = NULL, *truth = NULL, *variance = NULL;
  g_autofree char *title = NULL;
  const UsSimulator *simulator;
  const UsOutput *output;
  gsize n;
  double rms;

  if (!us_cli_parse (&us_cli_command_decode, entries, &argc, &argv, 1, error))
    return FALSE;
  if (out == NULL)
    return us_cli_misused (error, "--out is missing: a .png, .svg, .pdf, .npy or .csv file");
  if ((model = us_simvae_load (argv[1], error)) == NULL || !us_simvae_check_named (model, error))
    return FALSE;
  simulator = us_simvae_simulator (model);
  output = &simulator->outputs[us_simvae_output (model)];
  theta = g_new (double, simulator->n_parameters);
  middle = g_new0 (double, simulator->n_parameters);
  us_prior_from_latent (us_simvae_prior (model), middle, theta);
  for (gsize i = 0; settings != NULL && settings[i] != NULL; i++)
    if (!set_parameter (us_simvae_prior (model), settings[i], theta, error))
      return FALSE;
  if (!us_simulator_check (simulator, theta, error))
    return FALSE;

  /* Both, so that the distance between them can be said. */
  n = us_output_n_values (output);
  x = g_new (float, n);
  sd = g_new (float, n);
  truth = g_new (float, n);
  variance = g_new (float, n);
  player = us_player_new (model, 1, NULL);
  us_player_decode_spread (player, 1, theta, x, sd);
  if (!us_repeats_run (simulator, us_simvae_output (model), theta, US_REPEATS_ONE, 0, 0, truth, variance))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s cannot be run at these parameters", simulator->id);
      return FALSE;
    }
  rms = us_repeats_rms (n, x, truth, variance, US_REPEATS_ONE);
  for (gsize i = 0; simulate && i < n; i++)
    {
      x[i] = truth[i];
      sd[i] = sqrtf (variance[i]);
    }
  title = g_strdup_printf ("%s, %s", simulator->title, simulate ? "simulator" : "decoder");
  if (!(output->noisy ? us_cli_write_spread (output, x, sd, title, out, error)
                      : us_cli_write_field (output, x, title, out, error)))
    return FALSE;
  if (json)
    {
      g_autoptr(JsonBuilder) builder = json_builder_new ();

      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "file");
      json_builder_add_string_value (builder, out);
      json_builder_set_member_name (builder, "rms_decoder_simulator");
      json_builder_add_double_value (builder, rms);
      json_builder_set_member_name (builder, "parameters");
      json_builder_begin_object (builder);
      for (gsize p = 0; p < simulator->n_parameters; p++)
        {
          json_builder_set_member_name (builder, simulator->parameters[p].name);
          json_builder_add_double_value (builder, theta[p]);
        }
      json_builder_end_object (builder);
      json_builder_end_object (builder);
      us_cli_print_json (builder, FALSE);
    }
  else
    printf ("%s: RMS between decoder and simulator %.4g%s\n", out, rms,
            output->noisy ? ", of their means (" G_STRINGIFY (US_REPEATS_ONE) " runs)" : "");
  return TRUE;
}

const UsCliCommand us_cli_command_decode = {
  "decode", "MODEL --set NAME=VALUE… --out FILE", "Plays the decoder at chosen parameters.", run_decode,
};

/* --- evaluate ------------------------------------------------------------ */

/* Answers beside what V itself reaches, and a random member of its class. */
static void
print_gaps (const char          *estimator,
            const UsInformation *information)
{
  printf ("%-32s %9.4f %9.4f ", estimator, information->mig, information->mig_truth);
  if (information->equivalent != NULL)
    printf ("%9.4f\n", information->mig_equivalent);
  else
    printf ("%9s\n", "-");
}

/* Of a noisy output. */
static void
print_spread (const UsEvaluation *evaluation)
{
  const UsSpreadScore *spread = evaluation->spread;

  if (evaluation->rms_noise > 0)
    printf ("Of the means, each of %d runs less what so few miss; the noise itself has the RMS %.5g\n", US_REPEATS_MANY,
            evaluation->rms_noise);
  if (spread != NULL)
    printf ("Spread of the decoder: log score %.5g nats a value (the simulator's own mean and spread %.5g), "
            "%.2f %% of the values in its band of %.0f %%, RMS of standardised values %.4f\n", spread->log_score,
            spread->log_score_truth, 100 * spread->coverage, 100 * spread->level, spread->rms_standard);
}

static void
print_evaluation (UsSimvae           *model,
                  const UsEvaluation *evaluation)
{
  const UsSimulator *simulator = us_simvae_simulator (model);
  const UsDisentanglement *modulo = evaluation->modulo;

  printf ("%-10s %12s %12s %9s %9s %9s\n", "parameter", "RMSE", "% of range", "R²", "slope", "coverage");
  for (gsize p = 0; p < evaluation->n_parameters; p++)
    printf ("%-10s %12.5g %12.3f %9.5f %9.4f %9.3f\n", simulator->parameters[p].name, evaluation->rmse[p],
            100 * evaluation->rmse_share[p], evaluation->r2[p], evaluation->slope[p], evaluation->coverage[p]);
  printf ("\n%-32s %9s %9s %9s\n", "mutual-information gap", "answers", "V itself", "any like V");
  print_gaps ("means, 20 bins", evaluation->histogram);
  print_gaps ("Chen et al. 2018", evaluation->chen);
  printf ("\nModulo symmetry (%s): accuracy %.5f (chance %.3f), information %.5f, disentanglement %.4f (V aligned: %.4f)\n",
          simulator->symmetry != NULL ? simulator->symmetry : "none", modulo->mean_accuracy,
          modulo->mean_accuracy_chance, modulo->mean_information, modulo->disentanglement,
          modulo->disentanglement_truth);
  for (gsize p = 0; p < evaluation->n_parameters; p++)
    if (modulo->discrete[p])
      printf ("%-10s right %.4f (chance %.4f)\n", simulator->parameters[p].name, modulo->right[p],
              modulo->right_chance[p]);
    else if (simulator->symmetry != NULL)       /* otherwise as above */
      printf ("%-10s accuracy %9.5f  RMSE %11.5g  median error %11.5g  slope %8.4f\n", simulator->parameters[p].name,
              modulo->accuracy[p], modulo->rmse[p], modulo->median_error[p], modulo->slope[p]);
  for (gsize d = 0; d < evaluation->n_derived; d++)
    printf ("%s%-10s R² %9.5f  slope %8.4f  RMSE %11.5g%s\n", d == 0 ? "\n" : "", simulator->derived[d].name,
            evaluation->derived[d].r2, evaluation->derived[d].slope, evaluation->derived[d].rmse,
            simulator->derived[d].logarithmic ? " decades" : "");
  printf ("\n%" G_GSIZE_FORMAT " pairs\n", evaluation->n_pairs);
  printf ("RMS error of the output: decoder %.5g, decoder after encoder %.5g, simulator after encoder %.5g (chance %.5g)\n",
          evaluation->rms_decoder, evaluation->rms_both, evaluation->rms_simulator, evaluation->rms_chance);
  print_spread (evaluation);
}

static void
print_drawings (const UsDrawingsEvaluation *drawings)
{
  const char *unit = isfinite (drawings->pixels) ? "pixels" : "units of y";
  double scale = isfinite (drawings->pixels) ? drawings->pixels : 1;

  printf ("\n%-32s %8s %12s %12s %8s\n", "drawing", "number", "simulator", "best fit", "ratio");
  for (guint i = 0; i < drawings->scores->len; i++)
    {
      const UsDrawingScore *score = drawings->scores->pdata[i];

      printf ("%-32s %8" G_GSIZE_FORMAT " %12.4f %12.4f %8.4f\n", score->file, score->index, scale * score->rms,
              scale * score->rms_fit, score->ratio);
    }
  printf ("%-32s %8u %12.4f %12.4f %8.4f\n", "median", drawings->scores->len, scale * drawings->median_rms,
          scale * drawings->median_rms_fit, drawings->median_ratio);
  printf ("RMS distance to the drawn curve over %" G_GSIZE_FORMAT " columns, in %s: of the simulator run on what the model\n"
          "inferred, and of the least-squares fit.  %" G_GSIZE_FORMAT " drawings that are no function of x were left out.\n",
          drawings->n_columns, unit, drawings->n_left_out);
}

static gboolean
run_evaluate (int           argc,
              char        **argv,
              GCancellable *cancellable,
              GError      **error)
{
  g_autofree char *out = NULL, *drawings_folder = NULL, *pairs_text = NULL, *seed_text = NULL, *jobs_text = NULL;
  g_autofree char *bank = NULL, *fits_text = NULL;
  gboolean json = FALSE, refine = FALSE;
  const GOptionEntry entries[] = {
    { "pairs", 'n', 0, G_OPTION_ARG_STRING, &pairs_text, "Held-out pairs (default 10000; of a posterior 500)", "N" },
    { "fits", 'f', 0, G_OPTION_ARG_STRING, &fits_text, "Of a selection: pairs that are fitted by all mechanisms (default 200)", "N" },
    { "bank", 'b', 0, G_OPTION_ARG_FILENAME, &bank, "Of a posterior: rows that it was not trained on", "BANK" },
    { "seed", 's', 0, G_OPTION_ARG_STRING, &seed_text, "Seed of the held-out draws (default 1)", "S" },
    { "jobs", 'j', 0, G_OPTION_ARG_STRING, &jobs_text, "Workers (default all processors)", "J" },
    { "refine", 0, 0, G_OPTION_ARG_NONE, &refine, "Let the simulator itself refine each answer first", NULL },
    { "drawings", 'd', 0, G_OPTION_ARG_FILENAME, &drawings_folder,
      "Also drawings by hand: *.json marked single_valued, beside their best fit", "FOLDER" },
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &out, "Folder for metrics.json, pairs.csv and drawings.csv", "FOLDER" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print metrics.json", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(UsSimvae) model = NULL;
  g_autoptr(UsEvaluation) evaluation = NULL;
  g_autoptr(UsDrawingsEvaluation) drawings = NULL;
  guint64 pairs, seed, jobs, fits;

  if (!us_cli_parse (&us_cli_command_evaluate, entries, &argc, &argv, 1, error)
      || !us_cli_parse_u64 ("--pairs", pairs_text != NULL ? pairs_text : "10000", 100, 10000000, &pairs, error)
      || !us_cli_parse_u64 ("--seed", seed_text != NULL ? seed_text : "1", 0, G_MAXUINT64, &seed, error)
      || !us_cli_parse_u64 ("--jobs", jobs_text != NULL ? jobs_text : "0", 0, 1024, &jobs, error)
      || !us_cli_parse_u64 ("--fits", fits_text != NULL ? fits_text : "200", 1, 1000000, &fits, error))
    return FALSE;
  if (out == NULL)
    return us_cli_misused (error, "--out is missing: a folder for metrics.json and pairs.csv");
  if (us_predictor_is_file (argv[1]))
    return us_cli_evaluate_selection (argv[1], pairs, fits, seed, jobs, out, json, cancellable, error);
  if (us_posterior_is_file (argv[1]))
    return us_cli_evaluate_posterior (argv[1], bank, pairs_text != NULL ? pairs : 0, seed, jobs, out, json, cancellable,
                                      error);
  if ((model = us_simvae_load (argv[1], error)) == NULL)
    return FALSE;
  if (us_simvae_is_anonymous (model))
    return us_cli_evaluate_anonymous (model, &(UsEvaluateConfig) { .n_pairs = pairs, .seed = seed, .n_workers = jobs },
                                      cancellable, out, json, error);
  /* Quick, and says at once when the folder is not what it should be. */
  if (drawings_folder != NULL
      && (drawings = us_evaluate_drawings (model, drawings_folder, cancellable, error)) == NULL)
    return FALSE;
  evaluation = us_evaluate_full (model, &(UsEvaluateConfig) { .n_pairs = pairs, .seed = seed, .n_workers = jobs,
                                                              .refine = refine }, cancellable, error);
  if (evaluation == NULL
      || !us_evaluation_write (evaluation, model, out, error)
      || (drawings != NULL && !us_drawings_evaluation_write (drawings, model, out, error)))
    return FALSE;
  if (json)
    return us_cli_print_metrics (out, error);
  print_evaluation (model, evaluation);
  if (drawings != NULL)
    print_drawings (drawings);
  return TRUE;
}

const UsCliCommand us_cli_command_evaluate = {
  "evaluate", "MODEL [--drawings FOLDER] --out FOLDER", "Measures a model on held-out draws: mutual information, errors, coverage.",
  run_evaluate,
};
