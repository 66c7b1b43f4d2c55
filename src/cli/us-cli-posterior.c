/* SPDX-License-Identifier: GPL-3.0-or-later */
/* train posterior, and infer with such a model. */
#include "config.h"

#include "us-cli.h"
#include "us-csv.h"
#include "us-json.h"
#include "us-posterior-data.h"
#include "us-sort.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* P parameters, V values of an observation, M observations of a file. */

/* --- train posterior -------------------------------------------------------------- */

static void
on_progress (const UsPosteriorProgress *p,
             gpointer                   data)
{
  g_autofree char *left = isfinite (p->seconds_left) ? us_cli_duration (p->seconds_left) : NULL;
  g_autofree char *text = NULL;

  if (p->epoch == 0)
    text = g_strdup_printf ("%" G_GUINT64_FORMAT " rows simulated", p->simulated);
  else
    text = g_strdup_printf ("epoch %" G_GSIZE_FORMAT ": loss %.4f, held out %.4f%s%s%s", p->epoch, p->loss, p->held_out,
                            left != NULL ? ", at most " : "", left != NULL ? left : "", left != NULL ? " left" : "");
  us_cli_progress (text);
}

static void
print_trained (const UsPosterior *model,
               const char        *path,
               gboolean           json)
{
  const UsPosteriorRecord *record = us_posterior_record (model);

  if (json)
    {
      g_autoptr(JsonBuilder) b = json_builder_new ();

      json_builder_begin_object (b);
      us_json_text (b, "model", path);
      us_json_text (b, "kind", "posterior");
      us_json_number (b, "rows", (double) record->n_rows);
      us_json_number (b, "dropped_rows", (double) record->n_dropped);
      us_json_number (b, "seconds", record->seconds);
      us_json_number (b, "held_out", record->held_out);
      json_builder_set_member_name (b, "notes");
      json_builder_begin_array (b);
      for (gsize i = 0; record->notes[i] != NULL; i++)
        json_builder_add_string_value (b, record->notes[i]);
      json_builder_end_array (b);
      json_builder_end_object (b);
      us_cli_print_json (b, FALSE);
      return;
    }
  for (gsize i = 0; record->notes[i] != NULL; i++)
    printf ("%s\n", record->notes[i]);
  printf ("%s: the posterior of %" G_GSIZE_FORMAT " parameters, learnt from %" G_GSIZE_FORMAT " rows in %.0f s, held-out "
          "loss %.4g\n", path, us_posterior_n_parameters (model), record->n_rows, record->seconds, record->held_out);
}

typedef struct
{
  UsCliSeries series;
  char    *data, *out, *bank, *samples, *minutes, *seed, *jobs, *output, *gaps, *cut;
  char   **targets, **priors;
  gboolean drop_bad_rows, json;
} Options;

static void
options_clear (Options *o)
{
  us_cli_series_clear (&o->series);
  g_free (o->data);
  g_free (o->out);
  g_free (o->bank);
  g_free (o->samples);
  g_free (o->minutes);
  g_free (o->seed);
  g_free (o->jobs);
  g_free (o->output);
  g_free (o->gaps);
  g_free (o->cut);
  g_strfreev (o->targets);
  g_strfreev (o->priors);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* What the measured series lacks, the model is trained to do without. */
static gboolean
ask_data_for_gaps (const Options     *o,
                   const UsSimulator *simulator,
                   UsPosteriorConfig *config,
                   GError           **error)
{
  const UsOutput *output = &simulator->outputs[config->output];
  UsMeasurementsOptions options = us_cli_series_options (&o->series);
  g_autoptr(UsMeasurements) series = us_measurements_read (o->data, &options, error);
  gsize n = us_output_n_values (output), n_missing = 0;
  g_autofree float *x = g_new (float, n);

  if (series == NULL || !us_measurements_to_output (series, output, 1, o->series.mask_bad, x, error))
    return FALSE;
  for (gsize v = 0; v < n; v++)
    n_missing += isnan (x[v]);
  config->missing.gaps = MIN ((double) n_missing / (double) n, 0.5);
  return TRUE;
}

static gboolean
parse_share (const char *option,
             const char *text,           /* or NULL: 0 */
             double      most,
             double     *share,
             GError    **error)
{
  char *end;

  if (text == NULL)
    return TRUE;
  *share = g_ascii_strtod (text, &end);
  if (end == text || *end != '\0' || !(*share >= 0.0 && *share <= most))
    return us_cli_misused (error, "%s %s: expected a number from 0 to %g", option, text, most);
  return TRUE;
}

static gboolean
check_numbers (const Options     *o,
               UsPosteriorConfig *config,
               GError           **error)
{
  guint64 jobs;

  if (o->minutes != NULL)
    {
      char *end;

      config->minutes = g_ascii_strtod (o->minutes, &end);
      if (end == o->minutes || *end != '\0' || !(config->minutes > 0 && config->minutes <= 100000))
        return us_cli_misused (error, "--minutes %s: expected a number above 0, at most 100000", o->minutes);
    }
  if (!parse_share ("--gaps", o->gaps, 0.5, &config->missing.gaps, error)
      || !parse_share ("--cut", o->cut, 0.95, &config->missing.cut, error))
    return FALSE;
  if ((o->samples != NULL && !us_cli_parse_u64 ("--samples", o->samples, 50, 1000000000, &config->samples, error))
      || !us_cli_parse_u64 ("--seed", o->seed != NULL ? o->seed : "0", 0, G_MAXUINT64, &config->seed, error)
      || !us_cli_parse_u64 ("--jobs", o->jobs != NULL ? o->jobs : "0", 0, 1024, &jobs, error))
    return FALSE;
  config->n_workers = (guint) jobs;
  return TRUE;
}

static gboolean
choose_source (const Options     *o,
               const char        *id,          /* or NULL */
               UsPosteriorConfig *config,
               UsPrior          **prior,
               GError           **error)
{
  const UsSimulator *simulator;

  if (id == NULL && o->bank == NULL)
    return us_cli_misused (error, "train posterior of what? Name a simulator, or give a table by --bank");
  if (id == NULL && (o->priors != NULL || o->output != NULL))
    return us_cli_misused (error, "--prior and --output go with a simulator");
  if (o->out == NULL)
    return us_cli_misused (error, "--out is missing: the model file to write, ending in .safetensors");
  config->bank = o->bank;
  if (id == NULL && o->data != NULL)
    return us_cli_misused (error, "--data says at which times a simulator is run: name one");
  if (id == NULL)
    return TRUE;
  simulator = o->data != NULL ? us_cli_series_simulator (&o->series, id, o->data, TRUE, error) : us_registry_find (id, error);
  if (simulator == NULL || !us_cli_output (simulator, o->output, &config->output, error)
      || (*prior = us_cli_prior (simulator, o->priors, error)) == NULL)
    return FALSE;
  config->prior = *prior;
  return o->data == NULL || o->gaps != NULL || ask_data_for_gaps (o, simulator, config, error);
}

gboolean
us_cli_train_posterior (int           argc,
                        char        **argv,
                        const char   *command,
                        GCancellable *cancellable,
                        GError      **error)
{
  g_auto(Options) o = { .out = NULL };
  const GOptionEntry entries[] = {
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &o.out, "The model file", "MODEL.safetensors" },
    { "bank", 0, 0, G_OPTION_ARG_FILENAME, &o.bank,
      "Rows (theta, x) from a file: any simulator's; SIM may then be left out", "BANK" },
    { "samples", 'n', 0, G_OPTION_ARG_STRING, &o.samples, "Simulations (default 10000; of a bank: its first rows, all)", "N" },
    { "minutes", 'm', 0, G_OPTION_ARG_STRING, &o.minutes, "End training after that time at the latest", "M" },
    { "data", 'd', 0, G_OPTION_ARG_FILENAME, &o.data,
      "Run the simulator at the times of this measured series (with --time, --where …)", "FILE.csv" },
    US_CLI_SERIES_ENTRIES (o.series),
    { "gaps", 0, 0, G_OPTION_ARG_STRING, &o.gaps, "Mean share of values that data may miss (default: what --data lacks, else 0)", "G" },
    { "cut", 0, 0, G_OPTION_ARG_STRING, &o.cut, "Data may end early, by at most that share (default 0)", "C" },
    { "target", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o.targets, "Infer this parameter, or quantity that follows from them (again for more; default all parameters)", "NAME" },
    { "drop-bad-rows", 0, 0, G_OPTION_ARG_NONE, &o.drop_bad_rows, "Leave out rows that are not finite, and say how many", NULL },
    { "prior", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &o.priors, "Another prior for a parameter", "NAME=KIND:A:B" },
    { "output", 0, 0, G_OPTION_ARG_STRING, &o.output, "Which output (default the first)", "ID" },
    { "seed", 's', 0, G_OPTION_ARG_STRING, &o.seed, "Seed (default 0)", "S" },
    { "jobs", 'j', 0, G_OPTION_ARG_STRING, &o.jobs, "Workers (default all processors)", "J" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &o.json, "Print one JSON object", NULL },
    G_OPTION_ENTRY_NULL,
  };
  UsPosteriorConfig config = { NULL };
  g_autoptr(UsPrior) prior = NULL;
  g_autoptr(UsPosterior) model = NULL;
  gint cancelled = 0;
  gulong handler;

  if (!us_cli_parse (&us_cli_command_train, entries, &argc, &argv, -1, error)
      || !check_numbers (&o, &config, error))
    return FALSE;
  if (argc > 3)
    return us_cli_misused (error, "train posterior takes: [SIM] (got %d words)", argc - 2);
  if (!choose_source (&o, argc == 3 ? argv[2] : NULL, &config, &prior, error))
    return FALSE;
  config.targets = (const char *const *) o.targets;
  config.drop_bad_rows = o.drop_bad_rows;
  config.command = command;
  handler = g_cancellable_connect (cancellable, G_CALLBACK (us_cli_set_flag), &cancelled, NULL);
  model = us_posterior_train (&config, on_progress, NULL, &cancelled, error);
  g_cancellable_disconnect (cancellable, handler);
  us_cli_progress (NULL);
  if (model == NULL || !us_posterior_save (model, o.out, error))
    return FALSE;
  print_trained (model, o.out, o.json);
  return TRUE;
}

/* --- infer ---------------------------------------------------------------------------- */

typedef struct
{
  double mean, sd, q05, q50, q95;
} Marginal;

static double
quantile (const double *sorted,
          gsize         n,
          double        share)
{
  double place = share * (double) (n - 1);
  gsize i = (gsize) place;

  return sorted[i] + (place - (double) i) * (sorted[MIN (i + 1, n - 1)] - sorted[i]);
}

static Marginal
measure_marginal (const double *theta,
                  gsize         n,
                  gsize         P,
                  gsize         p)
{
  g_autofree double *v = g_new (double, n);
  Marginal m = { 0 };

  for (gsize i = 0; i < n; i++)
    {
      v[i] = theta[i * P + p];
      m.mean += v[i] / (double) n;
    }
  for (gsize i = 0; i < n; i++)
    m.sd += (v[i] - m.mean) * (v[i] - m.mean);
  m.sd = n > 1 ? sqrt (m.sd / (double) (n - 1)) : 0.0;
  us_sort_doubles (n, v);
  m.q05 = quantile (v, n, 0.05);
  m.q50 = quantile (v, n, 0.5);
  m.q95 = quantile (v, n, 0.95);
  return m;
}

static void
add_marginal (JsonBuilder *b,
              const char  *name,
              Marginal     m)
{
  json_builder_set_member_name (b, name);
  json_builder_begin_object (b);
  us_json_number (b, "mean", m.mean);
  us_json_number (b, "sd", m.sd);
  us_json_number (b, "q05", m.q05);
  us_json_number (b, "median", m.q50);
  us_json_number (b, "q95", m.q95);
  json_builder_end_object (b);
}

static void
print_marginal (const char *name,
                Marginal    m)
{
  printf ("%-16s %12.5g %12.4g %12.5g %12.5g %12.5g\n", name, m.mean, m.sd, m.q05, m.q50, m.q95);
}

/* Draws (n, D) of what the simulator derives of the parameters; NULL: nothing. */
static double *
derive (const UsPosterior *model,
        gsize              n,
        const double      *theta)        /* (n, P) */
{
  gsize D = us_posterior_n_derived (model);
  double *derived;

  if (D == 0)
    return NULL;
  derived = g_new (double, n * D);
  us_posterior_derive (model, n, theta, derived);
  return derived;
}

static void
print_json (const UsPosterior *model,
            const float       *x,
            gsize              n,
            const double      *theta,
            gsize              n_outside)
{
  g_autoptr(JsonBuilder) b = json_builder_new ();
  gsize P = us_posterior_n_parameters (model), D = us_posterior_n_derived (model);
  g_autofree double *derived = derive (model, n, theta);

  json_builder_begin_object (b);
  us_json_text (b, "kind", "posterior");
  us_json_number (b, "samples", (double) n);
  us_json_number (b, "values_outside", (double) n_outside);
  if (us_posterior_observation (model) != NULL)
    {
      json_builder_set_member_name (b, "refined_for_this_observation");
      json_builder_add_boolean_value (b, us_posterior_holds_for (model, x));
    }
  json_builder_set_member_name (b, "parameters");
  json_builder_begin_object (b);
  for (gsize p = 0; p < P; p++)
    add_marginal (b, us_posterior_name (model, p), measure_marginal (theta, n, P, p));
  json_builder_end_object (b);
  json_builder_set_member_name (b, "derived");
  json_builder_begin_object (b);
  for (gsize d = 0; d < D; d++)
    add_marginal (b, us_posterior_simulator (model)->derived[d].name, measure_marginal (derived, n, D, d));
  json_builder_end_object (b);
  json_builder_end_object (b);
  us_cli_print_json (b, FALSE);
}

static void
print_words (const UsPosterior *model,
             const float       *x,
             gsize              n,
             const double      *theta,
             gsize              n_outside,
             gsize              first_outside)
{
  const UsPosteriorRecord *record = us_posterior_record (model);
  gsize P = us_posterior_n_parameters (model), D = us_posterior_n_derived (model);
  g_autofree double *derived = derive (model, n, theta);

  printf ("%-16s %12s %12s %12s %12s %12s\n", "parameter", "mean", "sd", "5 %", "50 %", "95 %");
  for (gsize p = 0; p < P; p++)
    print_marginal (us_posterior_name (model, p), measure_marginal (theta, n, P, p));
  if (D > 0)
    printf ("\nwhat follows from them\n");
  for (gsize d = 0; d < D; d++)
    {
      const UsDerived *quantity = &us_posterior_simulator (model)->derived[d];
      g_autofree char *name = quantity->unit[0] != '\0' ? g_strdup_printf ("%s / %s", quantity->name, quantity->unit)
                              : g_strdup (quantity->name);

      print_marginal (name, measure_marginal (derived, n, D, d));
    }
  printf ("\n%" G_GSIZE_FORMAT " draws from the posterior given this observation, learnt from %" G_GSIZE_FORMAT " simulations; "
          "no draw leaves the prior.\n", n, record->n_rows);
  if (us_posterior_observation (model) != NULL && us_posterior_holds_for (model, x))
    printf ("The model was refined for this observation in %u rounds; it holds for no other.\n", record->rounds->len);
  if (n_outside > 0)
    printf ("Careful: %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " values lie outside of everything that was simulated (the first is "
            "value %" G_GSIZE_FORMAT ", counted from 1): the answer extrapolates.\n", n_outside,
            us_posterior_n_values (model), first_outside + 1);
}

gboolean
us_cli_infer_posterior (const char *model_path,
                        const char *data,
                        gssize      index,
                        const UsCliSeries *series,
                        gsize       n_samples,
                        guint64     seed,
                        const char *out,
                        gboolean    json,
                        GError    **error)
{
  g_autoptr(UsPosterior) model = us_posterior_load (model_path, error);
  g_autofree float *x = NULL;
  g_autofree double *theta = NULL;
  g_autofree const char **names = NULL;
  g_autofree char *note = NULL;
  UsMeasurementsOptions options;
  gsize P, n_outside, first_outside = 0;

  if (model == NULL)
    return FALSE;
  P = us_posterior_n_parameters (model);
  x = g_new (float, us_posterior_n_values (model));
  options = us_cli_series_options (series);
  if (!us_posterior_read_data (model, data, index, &options, x, &note, error))
    return FALSE;
  us_cli_series_remark (note);
  theta = g_new (double, n_samples * P);
  if (!us_posterior_sample (model, x, n_samples, seed, theta, error))
    {
      g_prefix_error (error, "%s: ", data);
      return FALSE;
    }
  names = g_new (const char *, P);
  for (gsize p = 0; p < P; p++)
    names[p] = us_posterior_name (model, p);
  if (!us_csv_write (out, n_samples, P, names, theta, error))
    return FALSE;
  n_outside = us_posterior_n_outside (model, x, &first_outside);
  if (!us_posterior_holds_for (model, x))
    fprintf (stderr, "Careful: %s was refined for another observation and holds for that one only. Of this one its answer means nothing: "
                       "take the model that it was refined from.\n", model_path);
  if (json)
    print_json (model, x, n_samples, theta, n_outside);
  else
    print_words (model, x, n_samples, theta, n_outside, first_outside);
  return TRUE;
}
