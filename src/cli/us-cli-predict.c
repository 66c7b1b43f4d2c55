/* SPDX-License-Identifier: GPL-3.0-or-later */
/* train forecast, train selection, train quantities; and infer with what they made. */
#include "config.h"

#include "us-cli.h"
#include "us-file.h"
#include "us-json.h"
#include "us-measurements.h"
#include "us-predictor-task.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* M simulators, V values of a row, D targets, L levels, K classes. */

#define USUAL_ROWS 200000

static const UsCliCommand forecast = {
  "train forecast", "SIM… --horizon H --out MODEL", "Trains the quantiles of what will be observed after the last point.", NULL,
};
static const UsCliCommand selection = {
  "train selection", "SIM SIM… --out MODEL", "Trains the probability of each simulator, given an observation.", NULL,
};
static const UsCliCommand quantities = {
  "train quantities", "SIM --out MODEL", "Trains parameters, what follows from them, and outputs that nobody measures.", NULL,
};

typedef struct
{
  UsCliSeries series;
  char    *data, *out, *output, *samples, *minutes, *epochs, *seed, *jobs, *kind, *gaps, *cut, *odds, *horizon, *head;
  char   **hidden, **priors;
  gboolean json;
} PredictOptions;

static void
predict_options_clear (PredictOptions *options)
{
  char **texts[] = { &options->data, &options->out, &options->output, &options->samples, &options->minutes, &options->epochs, &options->seed,
                     &options->jobs, &options->kind, &options->gaps, &options->cut, &options->odds, &options->horizon,
                     &options->head };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (*texts[i]);
  us_cli_series_clear (&options->series);
  g_strfreev (options->hidden);
  g_strfreev (options->priors);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PredictOptions, predict_options_clear)

/* --- options ----------------------------------------------------------- */

/* text NULL: *value stays. */
static gboolean
parse_number (const char *option,
              const char *text,
              double      lower,
              double      upper,
              double     *value,
              GError    **error)
{
  char *end;

  if (text == NULL)
    return TRUE;
  *value = g_ascii_strtod (text, &end);
  if (end == text || *end != '\0' || !(*value >= lower && *value <= upper))
    return us_cli_misused (error, "%s %s: expected a number from %g to %g", option, text, lower, upper);
  return TRUE;
}

/* "1:2:5", one for each class. */
static double *
parse_odds (const char *text,
            gsize       n,
            GError    **error)
{
  g_auto(GStrv) parts = g_strsplit (text, ":", -1);
  g_autofree double *odds = g_new (double, n);

  if (g_strv_length (parts) != n)
    {
      us_cli_misused (error, "--odds %s: expected %" G_GSIZE_FORMAT " numbers, one for each simulator, as in 1:1", text, n);
      return NULL;
    }
  for (gsize k = 0; k < n; k++)
    if (!parse_number ("--odds", parts[k], 1e-9, 1e9, &odds[k], error))
      return NULL;
  return g_steal_pointer (&odds);
}

static gboolean
parse_config (const PredictOptions *options,
              UsPredictorConfig    *config,
              guint64              *n_rows,
              GError              **error)
{
  guint64 jobs, epochs = 0;

  if (options->kind != NULL && !us_summary_kind_from_name (options->kind, &config->summary.kind))
    return us_cli_misused (error, "--network %s: expected dense, convolution, recurrent or deep-set", options->kind);
  if (options->head != NULL && (!us_head_kind_from_name (options->head, &config->head) || config->head == US_HEAD_CLASSES))
    return us_cli_misused (error, "--head %s: expected mean or quantiles", options->head);
  if (!parse_number ("--gaps", options->gaps, 0, 0.5, &config->summary.missing.gaps, error)
      || !parse_number ("--cut", options->cut, 0, 0.95, &config->summary.missing.cut, error)
      || !parse_number ("--minutes", options->minutes, 1e-3, 100000, &config->minutes, error)
      || !us_cli_parse_u64 ("--seed", options->seed != NULL ? options->seed : "0", 0, G_MAXUINT64, &config->seed, error)
      || !us_cli_parse_u64 ("--jobs", options->jobs != NULL ? options->jobs : "0", 0, 1024, &jobs, error)
      || (options->epochs != NULL && !us_cli_parse_u64 ("--epochs", options->epochs, 1, 100000, &epochs, error))
      || (options->samples != NULL
          && !us_cli_parse_u64 ("--samples", options->samples, 50, G_GUINT64_CONSTANT (1000000000), n_rows, error)))
    return FALSE;
  config->n_workers = (guint) jobs;
  config->epochs = (gsize) epochs;
  return TRUE;
}

/* --- training ---------------------------------------------------------- */

static void
on_progress (const UsPredictorProgress *progress,
             gpointer                   data)
{
  g_autofree char *text = NULL;

  if (progress->simulated > 0)
    text = g_strdup_printf ("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " rows simulated", progress->simulated,
                            *(const guint64 *) data);
  else
    {
      g_autofree char *left = us_cli_duration (progress->seconds_left);

      text = g_strdup_printf ("epoch %" G_GSIZE_FORMAT " of at most %" G_GSIZE_FORMAT ": loss %.5g, held out %.5g, %s left",
                              progress->epoch, progress->n_epochs, progress->loss, progress->held_out, left);
    }
  us_cli_progress (text);
}

static void
print_training (const UsPredictor *self,
                const char        *path,
                gboolean           json)
{
  const UsPredictorRecord *record = us_predictor_record (self);
  g_autoptr(JsonBuilder) builder = NULL;

  if (!json)
    {
      printf ("%s: trained on %" G_GSIZE_FORMAT " rows in %.0f s, held-out loss %.6g (epoch %" G_GSIZE_FORMAT " of %"
              G_GSIZE_FORMAT ")\n", path, record->n_rows, record->seconds, record->held_out, record->best_epoch,
              record->n_epochs);
      if (!isnan (record->error_rate))
        printf ("Of held-out rows %.2f %% are put to the wrong simulator; temperature %.3f.\n", 100 * record->error_rate,
                us_predictor_temperature (self));
      if (!isnan (record->coverage))
        printf ("The outermost quantiles hold %.2f %% of held-out values.\n", 100 * record->coverage);
      return;
    }
  builder = json_builder_new ();
  json_builder_begin_object (builder);
  us_json_text (builder, "model", path);
  us_json_text (builder, "task", record->task);
  us_json_number (builder, "rows", (double) record->n_rows);
  us_json_number (builder, "seconds", record->seconds);
  us_json_number (builder, "epochs", (double) record->n_epochs);
  us_json_number (builder, "best_epoch", (double) record->best_epoch);
  us_json_number (builder, "held_out", record->held_out);
  us_json_number (builder, "coverage", record->coverage);
  us_json_number (builder, "error_rate", record->error_rate);
  us_json_number (builder, "temperature", us_predictor_temperature (self));
  json_builder_end_object (builder);
  us_cli_print_json (builder, FALSE);
}

static gboolean
train (const UsTask            *task,
       const PredictOptions    *options,
       const UsPredictorConfig *config,
       guint64                  n_rows,
       GCancellable            *cancellable,
       GError                 **error)
{
  g_autoptr(UsPredictor) predictor = NULL;
  gint cancelled = 0;
  gulong handler = g_cancellable_connect (cancellable, G_CALLBACK (us_cli_set_flag), &cancelled, NULL);

  predictor = us_task_train (task, (gsize) n_rows, config, on_progress, &n_rows, &cancelled, error);
  g_cancellable_disconnect (cancellable, handler);
  us_cli_progress (NULL);
  if (predictor == NULL || !us_predictor_save (predictor, options->out, error))
    return FALSE;
  print_training (predictor, options->out, options->json);
  return TRUE;
}

/* The simulators named, each with its prior. */
static GPtrArray *
find_priors (int                    n,
             char                 **ids,
             const PredictOptions  *options,
             GError               **error)
{
  g_autoptr(GPtrArray) priors = g_ptr_array_new_with_free_func ((GDestroyNotify) us_prior_unref);
  g_autofree gboolean *used = g_new0 (gboolean, options->priors != NULL ? g_strv_length (options->priors) : 1);

  for (int i = 0; i < n; i++)
    {
      const UsSimulator *simulator = options->data == NULL ? us_registry_find (ids[i], error)
                                     : us_cli_series_simulator (&options->series, ids[i], options->data, i == 0, error);
      UsPrior *prior = simulator != NULL ? us_cli_prior_own (simulator, options->priors, used, error) : NULL;

      if (prior == NULL)
        return NULL;
      g_ptr_array_add (priors, prior);
    }
  if (!us_cli_priors_used (options->priors, used, error))
    return NULL;
  return g_steal_pointer (&priors);
}

static gboolean
check_use (const UsTaskConfig   *task,
           const PredictOptions *options,
           int                   n,
           GError              **error)
{
  if (options->out == NULL)
    return us_cli_misused (error, "--out is missing: the model file to write, ending in .safetensors");
  if (n < (task->kind == US_TASK_SELECTION ? 2 : 1) || (task->kind == US_TASK_QUANTITIES && n > 1))
    return us_cli_misused (error, "%s takes: %s (got %d simulators)",
                           task->kind == US_TASK_SELECTION ? selection.name : task->kind == US_TASK_FORECAST ? forecast.name
                           : quantities.name,
                           task->kind == US_TASK_SELECTION ? selection.arguments : task->kind == US_TASK_FORECAST
                           ? forecast.arguments : quantities.arguments, n);
  if (task->kind == US_TASK_FORECAST && options->horizon == NULL)
    return us_cli_misused (error, "--horizon is missing: how far beyond the last point, in units of the time axis");
  return TRUE;
}

gboolean
us_cli_train_predictor (int           argc,
                        char        **argv,
                        const char   *command,
                        GCancellable *cancellable,
                        GError      **error)
{
  g_auto(PredictOptions) options = { .out = NULL };
  const GOptionEntry entries[] = {
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &options.out, "The model file", "MODEL.safetensors" },
    { "data", 'd', 0, G_OPTION_ARG_FILENAME, &options.data,
      "Run the simulators at the times of this measured series (with --time, --where …)", "FILE.csv" },
    US_CLI_SERIES_ENTRIES (options.series),
    { "horizon", 0, 0, G_OPTION_ARG_STRING, &options.horizon, "Of forecast: how far beyond the last point", "H" },
    { "odds", 0, 0, G_OPTION_ARG_STRING, &options.odds, "Of selection: prior odds of the simulators (default all alike)", "A:B:…" },
    { "hidden", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.hidden, "Of quantities: a series that nobody measures", "OUTPUT" },
    { "head", 0, 0, G_OPTION_ARG_STRING, &options.head, "Of quantities: quantiles (default) or mean", "HEAD" },
    { "output", 0, 0, G_OPTION_ARG_STRING, &options.output, "What is observed (default the first output)", "ID" },
    { "network", 0, 0, G_OPTION_ARG_STRING, &options.kind,
      "dense, convolution, recurrent or deep-set (default by the series' length)", "KIND" },
    { "gaps", 0, 0, G_OPTION_ARG_STRING, &options.gaps, "Mean share of points that data may miss (default 0)", "G" },
    { "cut", 0, 0, G_OPTION_ARG_STRING, &options.cut, "Largest share of the series that data may miss at its end (default 0)", "C" },
    { "samples", 'n', 0, G_OPTION_ARG_STRING, &options.samples, "Simulations (default 200000)", "N" },
    { "minutes", 'm', 0, G_OPTION_ARG_STRING, &options.minutes, "Train no longer than that", "M" },
    { "epochs", 0, 0, G_OPTION_ARG_STRING, &options.epochs, "Rounds through the simulations at most", "E" },
    { "seed", 's', 0, G_OPTION_ARG_STRING, &options.seed, "Seed (default 0)", "S" },
    { "prior", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &options.priors, "Another prior for a parameter", "NAME=KIND:A:B" },
    { "jobs", 'j', 0, G_OPTION_ARG_STRING, &options.jobs, "Workers (default all processors)", "J" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print one JSON object", NULL },
    G_OPTION_ENTRY_NULL,
  };
  const char *what = argc >= 2 ? argv[1] : "";
  const UsPredictorRecord record = { .command = (char *) command };
  UsPredictorConfig config = { .head = US_HEAD_QUANTILES, .record = &record };
  UsTaskConfig task = { .kind = US_TASK_QUANTITIES };
  g_autoptr(GPtrArray) priors = NULL;
  g_autoptr(UsTask) made = NULL;
  g_autofree double *odds = NULL;
  guint64 n_rows = USUAL_ROWS;
  const UsCliCommand *self = &quantities;

  if (g_str_equal (what, "forecast"))
    self = &forecast;
  else if (g_str_equal (what, "selection"))
    self = &selection;
  task.kind = self == &forecast ? US_TASK_FORECAST : self == &selection ? US_TASK_SELECTION : US_TASK_QUANTITIES;
  if (!us_cli_parse (self, entries, &argc, &argv, -1, error) || !check_use (&task, &options, argc - 2, error)
      || !parse_config (&options, &config, &n_rows, error)
      || !parse_number ("--horizon", options.horizon, 1e-12, 1e12, &task.horizon, error)
      || (options.odds != NULL && (odds = parse_odds (options.odds, (gsize) (argc - 2), error)) == NULL)
      || (priors = find_priors (argc - 2, argv + 2, &options, error)) == NULL)
    return FALSE;
  config.odds = odds;
  task.priors = (UsPrior *const *) priors->pdata;
  task.n_priors = priors->len;
  task.output = options.output;
  task.hidden = (const char *const *) options.hidden;
  task.logarithms = config.head == US_HEAD_MEAN;
  task.seed = config.seed;
  if ((made = us_task_new (&task, error)) == NULL)
    return FALSE;
  return train (made, &options, &config, n_rows, cancellable, error);
}

/* --- infer ------------------------------------------------------------- */

static void
append_number (GString *text,
               double   value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (text, isnan (value) ? "" : us_dtoa (buffer, value));
}

static void
append_name (GString    *text,
             const char *name)
{
  if (strpbrk (name, ",;\"\n") == NULL)
    {
      g_string_append (text, name);
      return;
    }
  g_string_append_c (text, '"');
  for (; *name != '\0'; name++)
    g_string_append (text, *name == '"' ? "\"\"" : (char[2]) { *name, '\0' });
  g_string_append_c (text, '"');
}

/* simulator,probability; or name,at,unit and a column for each quantile or the mean. */
static char *
answer_to_csv (const UsPredictor *self,
               const double      *answer)
{
  const UsHead *head = us_predictor_head (self);
  gsize each = head->kind == US_HEAD_QUANTILES ? head->n_levels : 1;
  GString *text = g_string_new (head->kind == US_HEAD_CLASSES ? "simulator,probability" : "name,at,unit");

  if (head->kind == US_HEAD_MEAN)
    g_string_append (text, ",mean");
  for (gsize i = 0; i < head->n_levels; i++)
    {
      g_string_append (text, ",q");
      append_number (text, head->levels[i]);
    }
  g_string_append_c (text, '\n');
  for (gsize d = 0; d < head->n_targets; d++)
    {
      if (head->kind == US_HEAD_CLASSES)
        append_name (text, us_predictor_class_name (self, d));
      else
        {
          append_name (text, us_predictor_target (self, d)->name);
          g_string_append_c (text, ',');
          append_number (text, us_predictor_target (self, d)->at);
          g_string_append_c (text, ',');
          append_name (text, us_predictor_target (self, d)->unit);
        }
      for (gsize i = 0; i < each; i++)
        {
          g_string_append_c (text, ',');
          append_number (text, answer[d * each + i]);
        }
      g_string_append_c (text, '\n');
    }
  return g_string_free (text, FALSE);
}

static void
print_answer_json (const UsPredictor    *self,
                   const UsMeasurements *data,
                   const double         *answer)
{
  const UsHead *head = us_predictor_head (self);
  gsize each = head->kind == US_HEAD_QUANTILES ? head->n_levels : 1;
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  us_json_text (builder, "task", us_predictor_record (self)->task);
  if (head->kind == US_HEAD_QUANTILES)
    us_json_numbers (builder, "levels", head->levels, head->n_levels);
  json_builder_set_member_name (builder, head->kind == US_HEAD_CLASSES ? "probabilities" : "answers");
  if (head->kind == US_HEAD_CLASSES)
    json_builder_begin_object (builder);
  else
    json_builder_begin_array (builder);
  for (gsize d = 0; d < head->n_targets; d++)
    {
      const UsPredictorTarget *target;

      if (head->kind == US_HEAD_CLASSES)
        {
          us_json_number (builder, us_predictor_class_name (self, d), answer[d]);
          continue;
        }
      target = us_predictor_target (self, d);
      json_builder_begin_object (builder);
      us_json_text (builder, "name", target->name);
      us_json_number (builder, "at", target->at);
      us_json_text (builder, "unit", target->unit);
      if (head->kind == US_HEAD_QUANTILES)
        us_json_numbers (builder, "quantiles", answer + d * each, each);
      else
        us_json_number (builder, "mean", answer[d]);
      json_builder_end_object (builder);
    }
  if (head->kind == US_HEAD_CLASSES)
    json_builder_end_object (builder);
  else
    json_builder_end_array (builder);
  json_builder_set_member_name (builder, "remarks");
  json_builder_begin_array (builder);
  for (char **remark = data->remarks; *remark != NULL; remark++)
    json_builder_add_string_value (builder, *remark);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  us_cli_print_json (builder, FALSE);
}

static void
print_answer (const UsPredictor    *self,
              const UsMeasurements *data,
              const double         *answer)
{
  const UsHead *head = us_predictor_head (self);
  gsize each = head->kind == US_HEAD_QUANTILES ? head->n_levels : 1;

  if (head->kind == US_HEAD_CLASSES)
    printf ("%-32s %12s\n", "simulator", "probability");
  else
    {
      printf ("%-16s %10s", "quantity", "at");
      for (gsize i = 0; i < head->n_levels; i++)
        printf (" %9.4g %%", 100 * head->levels[i]);
      printf ("%s  unit\n", head->kind == US_HEAD_MEAN ? "        mean" : "");
    }
  for (gsize d = 0; d < head->n_targets; d++)
    if (head->kind == US_HEAD_CLASSES)
      printf ("%-32s %12.4g\n", us_predictor_class_name (self, d), answer[d]);
    else
      {
        const UsPredictorTarget *target = us_predictor_target (self, d);

        printf ("%-16s ", target->name);
        if (isnan (target->at))
          printf ("%10s", "");
        else
          printf ("%10.5g", target->at);
        for (gsize i = 0; i < each; i++)
          printf (" %11.5g", answer[d * each + i]);
        printf ("  %s\n", target->unit);
      }
  for (char **remark = data->remarks; *remark != NULL; remark++)
    printf ("%s\n", *remark);
}

gboolean
us_cli_infer_predictor (const char         *path,
                        const char         *data,
                        const UsCliSeries  *series,
                        const char         *out,
                        gboolean            json,
                        GError            **error)
{
  UsMeasurementsOptions options = us_cli_series_options (series);
  g_autoptr(UsPredictor) self = us_predictor_load (path, error);
  g_autoptr(UsMeasurements) measured = NULL;
  g_autofree float *x = NULL;
  g_autofree double *answer = NULL;
  g_autofree char *text = NULL;

  if (self == NULL)
    return FALSE;
  if (us_predictor_observed (self) == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "%s: trained on a plain table, not on a series", path);
      return FALSE;
    }
  x = g_new (float, us_predictor_n_values (self));
  answer = g_new (double, us_head_n_answers (us_predictor_head (self)));
  if ((measured = us_measurements_read (data, &options, error)) == NULL
      || !us_measurements_to_output (measured, us_predictor_observed (self), 1, series->mask_bad, x, error))
    return FALSE;
  if (!us_summary_check (us_predictor_summary (self), x, error))
    {
      g_prefix_error (error, "%s: ", data);
      return FALSE;
    }
  us_predictor_answer (self, 1, x, answer);
  text = answer_to_csv (self, answer);
  if (!us_file_replace (out, text, strlen (text), error))
    return FALSE;
  if (json)
    print_answer_json (self, measured, answer);
  else
    print_answer (self, measured, answer);
  return TRUE;
}
