/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attribute: which simulations are most like the data, and what they say of them. */
#include "config.h"

#include "us-cli.h"

#include "us-attributor-plots.h"
#include "us-json.h"
#include "us-posterior-data.h"

#include <math.h>
#include <stdio.h>

/* P parameters. */

#define FIGURE_WIDTH 760
#define FIGURE_HEIGHT 300
#define TOP 50

static const char *const level_names[] = { "usual", "unusual", "unlike-any" };
static const char *const level_titles[] = {
  "Data that are usual among the simulations", "Data that are unusual among the simulations",
  "No simulation resembles these data",
};

static void
on_prepared (double   fraction,
             gpointer data)
{
  g_autofree char *text = g_strdup_printf ("Preparing the simulations: %.0f %%", 100 * fraction);

  us_cli_progress (text);
}

/* --- words ------------------------------------------------------------------- */

static void
print_words (const UsAttributed *answer,
             gsize               top)
{
  const UsMatches *matches = answer->matches;
  UsPosterior *posterior = us_attributor_posterior (answer->attributor);
  const char *bank = us_attributor_bank (answer->attributor);
  gsize left_out = us_attributor_n_left_out (answer->attributor);

  printf ("%s\n\n", answer->sentence);
  printf ("%-16s %12s %12s %12s   %12s %12s   %8s %8s\n", "parameter", "simulations", "lower", "upper",
          "network from", "to", "distance", "overlap");
  for (gsize p = 0; p < matches->n_parameters; p++)
    {
      const double *matched = answer->matched + 3 * p, *network = answer->network + 3 * p;

      printf ("%-16s %12.5g %12.5g %12.5g   %12.5g %12.5g   %8.2f %8.2f\n", us_posterior_name (posterior, p),
              matched[0], matched[1], matched[2], network[1], network[2], answer->agreement[p].wasserstein,
              answer->agreement[p].overlap);
    }
  printf ("\nMean and central 90 %% of the matched simulations%s, and of the network’s posterior; the distance between both "
          "(Wasserstein) in the network’s standard deviations.\n",
          matches->adjusted ? ", adjusted by regression" : "");
  printf ("%zu simulations of %zu weigh anything, worth %.0f equal ones; %zu written.\n", matches->n,
          us_attributor_n_rows (answer->attributor), matches->ess, MIN (top, matches->n));
  if (bank == NULL)
    printf ("They were made anew from the model’s prior.\n");
  if (left_out > 0)
    printf ("%zu rows of %s have values that are not finite and were left out, the first of them row %zu.\n", left_out,
            bank != NULL ? bank : "those",
            us_attribution_first_left_out (us_attributor_summaries (answer->attributor)) + 1);
}

static void
add_usual (JsonBuilder   *builder,
           const char    *name,
           const UsUsual *usual)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  us_json_number (builder, "distance", usual->distance);
  us_json_number (builder, "typical", usual->typical);
  us_json_number (builder, "farthest", usual->farthest);
  us_json_number (builder, "nearer", usual->nearer);
  us_json_number (builder, "p_distance", usual->p_distance);
  us_json_number (builder, "mmd", usual->mmd);
  us_json_number (builder, "p_mmd", usual->p_mmd);
  us_json_number (builder, "held_out", usual->n_held_out);
  us_json_text (builder, "level", level_names[usual->level]);
  json_builder_end_object (builder);
}

static void
add_parameter (JsonBuilder        *builder,
               const UsAttributed *answer,
               gsize               p)
{
  const UsAgreement *agreement = &answer->agreement[p];
  const double *matched = answer->matched + 3 * p, *network = answer->network + 3 * p;

  json_builder_set_member_name (builder, us_posterior_name (us_attributor_posterior (answer->attributor), p));
  json_builder_begin_object (builder);
  us_json_number (builder, "mean", matched[0]);
  us_json_number (builder, "sd", us_matches_sd (answer->matches, p));
  us_json_number (builder, "lower", matched[1]);
  us_json_number (builder, "upper", matched[2]);
  us_json_number (builder, "network_mean", network[0]);
  us_json_number (builder, "network_lower", network[1]);
  us_json_number (builder, "network_upper", network[2]);
  us_json_number (builder, "wasserstein", agreement->wasserstein);
  us_json_number (builder, "overlap", agreement->overlap);
  us_json_number (builder, "shift", agreement->shift);
  us_json_number (builder, "spread", agreement->spread);
  json_builder_end_object (builder);
}

static void
print_json (const UsAttributed *answer)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  us_json_text (builder, "level", level_names[answer->level]);
  us_json_text (builder, "sentence", answer->sentence);
  add_usual (builder, "summaries", &answer->summaries);
  if (answer->has_data)
    add_usual (builder, "data", &answer->data);
  us_json_number (builder, "rows", us_attributor_n_rows (answer->attributor));
  us_json_number (builder, "left_out", us_attributor_n_left_out (answer->attributor));
  us_json_number (builder, "matched", answer->matches->n);
  us_json_number (builder, "ess", answer->matches->ess);
  us_json_number (builder, "bandwidth", answer->matches->bandwidth);
  us_json_number (builder, "seconds", answer->seconds);
  json_builder_set_member_name (builder, "adjusted");
  json_builder_add_boolean_value (builder, answer->matches->adjusted);
  json_builder_set_member_name (builder, "parameters");
  json_builder_begin_object (builder);
  for (gsize p = 0; p < answer->matches->n_parameters; p++)
    add_parameter (builder, answer, p);
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  us_cli_print_json (builder, FALSE);
}

/* The data with the simulations laid over them, then each parameter. */
static gboolean
write_figure (const UsAttributed *answer,
              gsize               top,
              const char         *path,
              GError            **error)
{
  g_autoptr(GPtrArray) plots = g_ptr_array_new_with_free_func ((GDestroyNotify) us_plot_unref);

  for (gsize i = 0; i < us_attributed_n_series (answer); i++)
    g_ptr_array_add (plots, us_attributed_plot_series (answer, i, top, -1));
  us_plot_set_title (plots->pdata[0], level_titles[answer->level]);
  for (gsize p = 0; p < answer->matches->n_parameters; p++)
    g_ptr_array_add (plots, us_attributed_plot_marginal (answer, p, -1));
  return us_plot_export_column (plots->len, (UsPlot *const *) plots->pdata, path, FIGURE_WIDTH, FIGURE_HEIGHT,
                                US_THEME_PRINT, error);
}

/* --- the command ----------------------------------------------------------------- */

typedef struct
{
  UsCliSeries series;
  char    *bank, *data, *out, *figure, *kernel;
  char    *rows, *top, *k, *samples, *seed, *jobs;
  double   ess;
  gboolean adjust, json;
} Options;

static void
options_clear (Options *options)
{
  char **texts[] = { &options->bank, &options->data, &options->out, &options->figure, &options->kernel, &options->rows,
                     &options->top, &options->k, &options->samples, &options->seed, &options->jobs };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (*texts[i]);
  us_cli_series_clear (&options->series);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse_number (const char *option,
              const char *text,
              guint64     lower,
              guint64     upper,
              guint64     otherwise,
              guint64    *value,
              GError    **error)
{
  *value = otherwise;
  return text == NULL || us_cli_parse_u64 (option, text, lower, upper, value, error);
}

static gboolean
parse_options (const Options       *options,
               UsAttributorConfig  *config,
               UsAttributedOptions *how,
               gsize               *top,
               GError             **error)
{
  guint64 rows, shown, k, samples, seed, jobs;

  if (!parse_number ("--rows", options->rows, 100, G_MAXUINT32 - 1, 0, &rows, error)
      || !parse_number ("--top", options->top, 1, 10000000, TOP, &shown, error)
      || !parse_number ("--neighbours", options->k, 2, G_MAXUINT32 - 1, 0, &k, error)
      || !parse_number ("--samples", options->samples, 100, 10000000, 0, &samples, error)
      || !parse_number ("--seed", options->seed, 0, G_MAXUINT64, 0, &seed, error)
      || !parse_number ("--jobs", options->jobs, 1, 1024, 0, &jobs, error))
    return FALSE;
  if (options->data == NULL)
    return us_cli_misused (error, "--data is missing: a CSV with the observation");
  if (options->out == NULL)
    return us_cli_misused (error, "--out is missing: a .csv file for the matched simulations");
  if (!(options->ess >= 0 && options->ess < 1e9))
    return us_cli_misused (error, "--ess: expected a number above 0");
  if (options->kernel != NULL && !g_str_equal (options->kernel, "epanechnikov") && !g_str_equal (options->kernel, "gaussian"))
    return us_cli_misused (error, "--kernel %s: there are epanechnikov and gaussian", options->kernel);
  *config = (UsAttributorConfig) { .bank = options->bank, .rows = rows, .seed = seed, .n_workers = (guint) jobs };
  *how = (UsAttributedOptions) {
    .kernel = g_strcmp0 (options->kernel, "gaussian") == 0 ? US_ATTRIBUTION_GAUSSIAN : US_ATTRIBUTION_EPANECHNIKOV,
    .ess = options->ess, .k = k, .adjust = options->adjust, .n_samples = samples, .seed = seed,
  };
  *top = shown;
  return TRUE;
}

static UsAttributed *
answer_data (const Options             *options,
             const char                *model,
             const UsAttributorConfig  *config,
             const UsAttributedOptions *how,
             const gint                *stop,
             GError                   **error)
{
  g_autoptr(UsPosterior) posterior = us_posterior_load (model, error);
  g_autoptr(UsAttributor) attributor = NULL;
  g_autofree float *x = NULL;
  g_autofree char *note = NULL;
  UsMeasurementsOptions series = us_cli_series_options (&options->series);

  if (posterior == NULL)
    return NULL;
  x = g_new (float, us_posterior_n_values (posterior));
  if (!us_posterior_read_data (posterior, options->data, -1, &series, x, &note, error))
    return NULL;
  us_cli_series_remark (note);
  attributor = us_attributor_new (posterior, config, on_prepared, NULL, stop, error);
  us_cli_progress (NULL);
  return attributor != NULL ? us_attributor_answer (attributor, x, how, stop, error) : NULL;
}

static gboolean
run_attribute (int           argc,
               char        **argv,
               GCancellable *cancellable,
               GError      **error)
{
  g_auto(Options) options = { .bank = NULL };
  const GOptionEntry entries[] = {
    { "bank", 'b', 0, G_OPTION_ARG_FILENAME, &options.bank,
      "Simulations to compare with (default: made anew from the model's prior)", "BANK" },
    { "rows", 0, 0, G_OPTION_ARG_STRING, &options.rows, "The first rows of the bank (default all), or how many are made anew "
      "(default 20000)", "N" },
    { "data", 'd', 0, G_OPTION_ARG_FILENAME, &options.data, "The observation", "FILE" },
    US_CLI_SERIES_ENTRIES (options.series),
    { "top", 'k', 0, G_OPTION_ARG_STRING, &options.top, "How many simulations are written and drawn, the heaviest (default 50)",
      "K" },
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &options.out, "Rank, row, weight, distance and parameters of the matched simulations",
      "FILE.csv" },
    { "figure", 0, 0, G_OPTION_ARG_FILENAME, &options.figure, "Data with the simulations over it, and what they say of each "
      "parameter", "FILE.svg|pdf|png" },
    { "adjust", 0, 0, G_OPTION_ARG_NONE, &options.adjust, "Adjust the parameters by regression (Blum, François 2010)", NULL },
    { "kernel", 0, 0, G_OPTION_ARG_STRING, &options.kernel, "epanechnikov (default) or gaussian", "KERNEL" },
    { "ess", 0, 0, G_OPTION_ARG_DOUBLE, &options.ess, "Effective sample size that the bandwidth is chosen for", "E" },
    { "neighbours", 0, 0, G_OPTION_ARG_STRING, &options.k, "So many simulations, instead", "K" },
    { "samples", 0, 0, G_OPTION_ARG_STRING, &options.samples, "Draws of the network's posterior to compare (default 4000)", "N" },
    { "seed", 's', 0, G_OPTION_ARG_STRING, &options.seed, "Of draws and of what is made anew (default 0)", "S" },
    { "jobs", 'j', 0, G_OPTION_ARG_STRING, &options.jobs, "Workers (default all processors)", "J" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print one JSON object", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(UsAttributed) answer = NULL;
  UsAttributorConfig config;
  UsAttributedOptions how;
  gint stop = 0;
  gulong handler;
  gsize top = TOP;

  if (!us_cli_parse (&us_cli_command_attribute, entries, &argc, &argv, 1, error)
      || !parse_options (&options, &config, &how, &top, error))
    return FALSE;
  handler = g_cancellable_connect (cancellable, G_CALLBACK (us_cli_set_flag), &stop, NULL);
  answer = answer_data (&options, argv[1], &config, &how, &stop, error);
  g_cancellable_disconnect (cancellable, handler);
  if (answer == NULL
      || !us_attributed_write (answer, top, options.out, error)
      || (options.figure != NULL && !write_figure (answer, top, options.figure, error)))
    return FALSE;
  if (options.json)
    print_json (answer);
  else
    print_words (answer, top);
  return TRUE;
}

const UsCliCommand us_cli_command_attribute = {
  "attribute", "MODEL --data FILE --out FILE.csv",
  "Finds the simulations that the network holds most like the data.", run_attribute,
};
