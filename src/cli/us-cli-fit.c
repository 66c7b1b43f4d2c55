/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fit: maximum-likelihood fits of mechanisms to one measured series, beside each other. */
#include "config.h"

#include "us-cli.h"
#include "us-error.h"
#include "us-fit.h"
#include "us-json.h"
#include "us-measurements.h"
#include "us-noise.h"
#include "us-plot.h"
#include "us-timed.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* M mechanisms, P parameters, N values. */

#define LEAST_OBSERVED 2

typedef struct
{
  char              *id;                /* as it was asked for */
  const UsSimulator *simulator;         /* at the times of the data, with its noise */
  UsFit             *fit;               /* NULL: failure says why */
  GError            *failure;
} Candidate;

typedef struct
{
  UsMeasurements *data;
  gsize           n;                    /* M */
  Candidate      *candidates;
  double         *aic, *aicc, *bic, *evidence;  /* (M) weights */
  gboolean        has_evidence;
} Comparison;

static void
comparison_free (Comparison *self)
{
  for (gsize m = 0; m < self->n; m++)
    {
      g_free (self->candidates[m].id);
      g_clear_pointer (&self->candidates[m].fit, us_fit_free);
      g_clear_error (&self->candidates[m].failure);
    }
  g_free (self->candidates);
  g_free (self->aic);
  g_free (self->aicc);
  g_free (self->bic);
  g_free (self->evidence);
  g_clear_pointer (&self->data, us_measurements_free);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Comparison, comparison_free)

/* --- fitting ------------------------------------------------------------- */

/* NAME[:OUTPUT][@TIMES][+NOISE]: times are the data's where none are said, noise is `noise` where none is said. */
static const UsSimulator *
find_instance (const char            *id,
               const char            *noise,
               const UsMeasurements  *data,
               GError               **error)
{
  gsize length = us_noise_base_length (id);
  g_autofree char *name = g_strndup (id, length);
  const UsSimulator *simulator = us_registry_find (name, error);

  if (simulator != NULL && strchr (name, '@') == NULL)
    simulator = us_timed_new (simulator, 0, data->times, data->n_times, error);
  if (simulator == NULL)
    return NULL;
  if (id[length] == '+')
    noise = id + length + 1;
  return noise != NULL && strcmp (noise, "none") != 0 ? us_noise_new (simulator, noise, error) : simulator;
}

static UsFit *
fit_one (Candidate          *candidate,
         const char         *noise,
         char              **priors,
         gboolean           *used,
         const UsMeasurements *data,
         const UsFitOptions *options,
         GCancellable       *cancellable,
         GError            **error)
{
  g_autoptr(UsPrior) prior = NULL;
  g_autofree float *x = NULL;
  g_autofree double *observed = NULL;
  const UsOutput *output;
  gsize n;

  candidate->simulator = find_instance (candidate->id, noise, data, error);
  if (candidate->simulator == NULL
      || (prior = us_cli_prior_own (candidate->simulator, priors, used, error)) == NULL)
    return NULL;
  output = &candidate->simulator->outputs[0];
  n = us_output_n_values (output);
  x = g_new (float, n);
  observed = g_new (double, n);
  if (!us_measurements_to_output (data, output, LEAST_OBSERVED, FALSE, x, error))
    return NULL;
  for (gsize i = 0; i < n; i++)
    observed[i] = x[i];
  return us_fit_new (prior, observed, options, cancellable, error);
}

static gboolean
fit_all (Comparison         *self,
         const char         *noise,
         char              **priors,
         const UsFitOptions *options,
         GCancellable       *cancellable,
         GError            **error)
{
  g_autofree gboolean *used = g_new0 (gboolean, priors != NULL ? g_strv_length (priors) : 1);
  gsize n_fitted = 0;

  for (gsize m = 0; m < self->n; m++)
    {
      Candidate *candidate = &self->candidates[m];

      candidate->fit = fit_one (candidate, noise, priors, used, self->data, options, cancellable, &candidate->failure);
      if (g_error_matches (candidate->failure, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        {
          g_propagate_error (error, g_steal_pointer (&candidate->failure));
          return FALSE;
        }
      n_fitted += candidate->fit != NULL;
    }
  if (n_fitted > 0)
    return us_cli_priors_used (priors, used, error);
  g_propagate_error (error, g_steal_pointer (&self->candidates[0].failure));
  return FALSE;
}

static void
weigh (Comparison *self)
{
  g_autofree double *criteria = g_new (double, 4 * self->n);
  gsize M = self->n;

  self->aic = g_new (double, M);
  self->aicc = g_new (double, M);
  self->bic = g_new (double, M);
  self->evidence = g_new (double, M);
  for (gsize m = 0; m < M; m++)
    {
      const UsFit *fit = self->candidates[m].fit;
      gboolean known = fit != NULL && fit->no_evidence == NULL;

      criteria[m] = fit != NULL ? fit->aic : INFINITY;
      criteria[M + m] = fit != NULL ? fit->aicc : INFINITY;
      criteria[2 * M + m] = fit != NULL ? fit->bic : INFINITY;
      criteria[3 * M + m] = known ? -2 * fit->log_evidence : INFINITY;
      self->has_evidence |= known;
    }
  us_fit_weights (M, criteria, self->aic);
  us_fit_weights (M, criteria + M, self->aicc);
  us_fit_weights (M, criteria + 2 * M, self->bic);
  us_fit_weights (M, criteria + 3 * M, self->evidence);
}

/* --- JSON ------------------------------------------------------------------ */

static void
add_parameters (JsonBuilder *builder,
                const UsFit *fit)
{
  json_builder_set_member_name (builder, "parameters");
  json_builder_begin_object (builder);
  for (gsize p = 0; p < fit->n_parameters; p++)
    {
      const UsParameter *parameter = &fit->simulator->parameters[p];

      json_builder_set_member_name (builder, parameter->name);
      json_builder_begin_object (builder);
      us_json_number (builder, "value", fit->theta[p]);
      us_json_number (builder, "standard_error", fit->sd[p]);
      json_builder_set_member_name (builder, "at_bound");
      json_builder_add_boolean_value (builder, fit->at_bound[p]);
      us_json_text (builder, "unit", parameter->unit);
      if (fit->posterior_mean != NULL)
        {
          us_json_number (builder, "posterior_mean", fit->posterior_mean[p]);
          us_json_number (builder, "posterior_sd", fit->posterior_sd[p]);
        }
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "derived");
  json_builder_begin_object (builder);
  for (gsize d = 0; d < fit->simulator->n_derived; d++)
    us_json_number (builder, fit->simulator->derived[d].name, fit->simulator->derived[d].value (fit->simulator, fit->theta));
  json_builder_end_object (builder);
}

static void
add_evidence (JsonBuilder *builder,
              const UsFit *fit,
              double       probability)
{
  json_builder_set_member_name (builder, "evidence");
  json_builder_begin_object (builder);
  us_json_number (builder, "log", fit->no_evidence == NULL ? fit->log_evidence : NAN);
  us_json_number (builder, "log_sd", fit->no_evidence == NULL ? fit->log_evidence_sd : NAN);
  us_json_number (builder, "log_laplace", fit->log_evidence_laplace);
  us_json_number (builder, "effective_draws", fit->effective_draws);
  us_json_number (builder, "probability", fit->no_evidence == NULL ? probability : NAN);
  us_json_text (builder, "none", fit->no_evidence);
  json_builder_end_object (builder);
}

static void
add_fit (JsonBuilder      *builder,
         const Comparison *self,
         gsize             m)
{
  const UsFit *fit = self->candidates[m].fit;

  json_builder_begin_object (builder);
  us_json_text (builder, "name", self->candidates[m].id);
  us_json_text (builder, "failed", fit == NULL ? self->candidates[m].failure->message : NULL);
  if (fit != NULL)
    {
      us_json_text (builder, "simulator", fit->simulator->id);
      add_parameters (builder, fit);
      us_json_numbers (builder, "sigma", fit->sigma, fit->sigma != NULL ? fit->n_channels : 0);
      us_json_number (builder, "n_fitted", fit->n_free);
      us_json_number (builder, "rms", fit->rms);
      us_json_number (builder, "log_likelihood", fit->log_likelihood);
      us_json_number (builder, "aic", fit->aic);
      us_json_number (builder, "aicc", fit->aicc);
      us_json_number (builder, "bic", fit->bic);
      us_json_number (builder, "weight_aic", self->aic[m]);
      us_json_number (builder, "weight_aicc", self->aicc[m]);
      us_json_number (builder, "weight_bic", self->bic[m]);
      add_evidence (builder, fit, self->evidence[m]);
      json_builder_set_member_name (builder, "determined");
      json_builder_add_boolean_value (builder, fit->determined);
      us_json_number (builder, "searches", fit->n_starts);
      us_json_number (builder, "searches_agreed", fit->n_agreed);
      us_json_number (builder, "simulator_runs", fit->n_runs);
      us_json_number (builder, "simulator_refusals", fit->n_refused);
      us_json_numbers (builder, "expected", fit->expected, fit->n_values);
    }
  json_builder_end_object (builder);
}

static void
print_json (const Comparison *self)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  us_json_text (builder, "data", self->data->origin);
  us_json_numbers (builder, "times", self->data->times, self->data->n_times);
  json_builder_set_member_name (builder, "remarks");
  json_builder_begin_array (builder);
  for (gsize i = 0; self->data->remarks[i] != NULL; i++)
    json_builder_add_string_value (builder, self->data->remarks[i]);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "fits");
  json_builder_begin_array (builder);
  for (gsize m = 0; m < self->n; m++)
    add_fit (builder, self, m);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  us_cli_print_json (builder, FALSE);
}

/* --- words ----------------------------------------------------------------- */

static void
print_table (const Comparison *self,
             int               width)
{
  printf ("%-*s %2s %11s %9s %9s %9s %7s %7s %7s", width, "mechanism", "k", "log L", "AIC", "AICc", "BIC", "w(AIC)",
          "w(AICc)", "w(BIC)");
  printf (self->has_evidence ? " %12s %7s\n" : "\n", "log evidence", "P");
  for (gsize m = 0; m < self->n; m++)
    {
      const UsFit *fit = self->candidates[m].fit;

      if (fit == NULL)
        {
          printf ("%-*s not fitted: %s\n", width, self->candidates[m].id, self->candidates[m].failure->message);
          continue;
        }
      printf ("%-*s %2zu %11.3f %9.2f ", width, self->candidates[m].id, fit->n_free, fit->log_likelihood, fit->aic);
      if (isfinite (fit->aicc))
        printf ("%9.2f", fit->aicc);
      else
        printf ("%9s", "-");
      printf (" %9.2f %7.3f %7.3f %7.3f", fit->bic, self->aic[m], self->aicc[m], self->bic[m]);
      if (self->has_evidence && fit->no_evidence == NULL)
        printf (" %12.2f %7.3f", fit->log_evidence, self->evidence[m]);
      printf ("\n");
    }
}

static void
print_fit (const Candidate *candidate)
{
  const UsFit *fit = candidate->fit;

  printf ("\n%s: misses the data by RMS %.4g\n", candidate->id, fit->rms);
  for (gsize p = 0; p < fit->n_parameters; p++)
    {
      const UsParameter *parameter = &fit->simulator->parameters[p];

      printf ("  %-12s %12.6g", parameter->name, fit->theta[p]);
      if (!isnan (fit->sd[p]))
        printf (" ± %-10.3g", fit->sd[p]);
      else
        printf ("   %-10s", fit->at_bound[p] ? "at bound" : "-");
      printf (" %s\n", parameter->unit);
    }
  for (gsize c = 0; fit->sigma != NULL && c < fit->n_channels; c++)
    printf ("  %-12s %12.6g              %s\n", "sigma", fit->sigma[c],
            us_output_channel (&fit->simulator->outputs[0], c).unit);
  for (gsize d = 0; d < fit->simulator->n_derived; d++)
    printf ("  %-12s %12.6g              %s\n", fit->simulator->derived[d].name,
            fit->simulator->derived[d].value (fit->simulator, fit->theta), fit->simulator->derived[d].unit);
  if (!fit->determined)
    printf ("  The data do not determine these parameters: other values fit as well.\n");
  if (2 * fit->n_agreed < fit->n_starts)
    printf ("  Only %u of %u searches ended here: a better fit may have been missed (--starts).\n", fit->n_agreed,
            fit->n_starts);
  if (fit->no_evidence != NULL && fit->log_evidence_sd >= 0)
    printf ("  No evidence: %s.\n", fit->no_evidence);
}

static void
print_words (const Comparison *self)
{
  int width = 9;

  for (gsize m = 0; m < self->n; m++)
    width = MAX (width, (int) strlen (self->candidates[m].id));
  for (gsize i = 0; self->data->remarks[i] != NULL; i++)
    printf ("%s\n", self->data->remarks[i]);
  print_table (self, width);
  for (gsize m = 0; m < self->n; m++)
    if (self->candidates[m].fit != NULL)
      print_fit (&self->candidates[m]);
  printf ("\n± is a standard error of the likelihood's curvature; k counts the noise's parameters.\n");
}

/* --- figure ---------------------------------------------------------------- */

static gboolean
write_figure (const Comparison  *self,
              const char        *path,
              GError           **error)
{
  const UsMeasurements *data = self->data;
  g_autoptr(UsPlot) plot = us_plot_new (data->origin);
  g_autofree double *y = g_new (double, data->n_times);

  us_plot_set_axis (plot, US_AXIS_X, data->time_name, NULL, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, data->n_columns == 1 ? data->names[0] : NULL, NULL, US_SCALE_LINEAR);
  us_plot_set_legend_visible (plot, TRUE);
  for (gsize c = 0; c < data->n_columns; c++)
    {
      for (gsize t = 0; t < data->n_times; t++)
        y[t] = data->values[t * data->n_columns + c];
      us_plot_add_scatter (plot, data->names[c], &(UsPlotStyle) { .colour = US_COLOUR_FOREGROUND, .width = 5 },
                           data->n_times, data->times, y);
    }
  for (gsize m = 0; m < self->n; m++)
    {
      const UsFit *fit = self->candidates[m].fit;
      gsize n = fit != NULL ? fit->n_values / fit->n_channels : 0;
      g_autofree double *x = g_new (double, n);
      g_autofree double *curve = g_new (double, n);

      for (gsize c = 0; fit != NULL && c < fit->n_channels; c++)
        {
          for (gsize t = 0; t < n; t++)
            {
              x[t] = us_output_x (&fit->simulator->outputs[0], t);
              curve[t] = fit->expected[t * fit->n_channels + c];
            }
          us_plot_add_line (plot, c == 0 ? self->candidates[m].id : NULL,
                            &(UsPlotStyle) { .colour = 1 + m % US_N_COLOURS, .dash = c % 3 }, n, x, curve);
        }
    }
  return us_plot_export (plot, path, 640, 400, US_THEME_LIGHT, error);
}

/* --- the command ------------------------------------------------------------- */

static gboolean
run_fit (int           argc,
         char        **argv,
         GCancellable *cancellable,
         GError      **error)
{
  g_autofree char *path = NULL, *noise = NULL, *figure = NULL;
  g_autofree char *starts_text = NULL, *seed_text = NULL;
  g_auto(GStrv) priors = NULL;
  g_auto(UsCliSeries) series = { NULL };
  gboolean json = FALSE, evidence = FALSE, done;
  double zero = 0;
  const GOptionEntry entries[] = {
    { "data", 'd', 0, G_OPTION_ARG_FILENAME, &path, "A table with a column of times", "FILE.csv" },
    US_CLI_SERIES_ENTRIES (series),
    { "zero", 'z', 0, G_OPTION_ARG_DOUBLE, &zero, "The time that is 0 for the mechanism (default 0)", "TIME" },
    { "noise", 'n', 0, G_OPTION_ARG_STRING, &noise,
      "For all that name none: normal (default), multiplicative, poisson, negative-binomial, reporting+…; none: normal "
      "errors outside of the prior", "STAGES" },
    { "prior", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &priors, "Changes the prior of whoever has this parameter",
      "NAME=KIND:A:B" },
    { "evidence", 'e', 0, G_OPTION_ARG_NONE, &evidence, "The evidence too, and each mechanism's probability by it", NULL },
    { "starts", 0, 0, G_OPTION_ARG_STRING, &starts_text, "Searches (default 10)", "N" },
    { "seed", 's', 0, G_OPTION_ARG_STRING, &seed_text, "Seed of where they begin (default 0)", "S" },
    { "figure", 0, 0, G_OPTION_ARG_FILENAME, &figure, "Data and fits", "FILE.svg|pdf|png|csv" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print one JSON object", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(Comparison) self = g_new0 (Comparison, 1);
  UsMeasurementsOptions options;
  guint64 n_starts, seed;

  if (!us_cli_parse (&us_cli_command_fit, entries, &argc, &argv, -1, error)
      || !us_cli_parse_u64 ("--starts", starts_text != NULL ? starts_text : "10", 1, 10000, &n_starts, error)
      || !us_cli_parse_u64 ("--seed", seed_text != NULL ? seed_text : "0", 0, G_MAXUINT64, &seed, error))
    return FALSE;
  if (argc < 2)
    return us_cli_misused (error, "which mechanisms? understudy-cli simulators lists them");
  if (!isfinite (zero))
    return us_cli_misused (error, "--zero: expected a time, a finite number");
  if (path == NULL)
    return us_cli_misused (error, "--data is missing: a CSV with a column of times");
  options = us_cli_series_options (&series);
  self->data = us_measurements_read (path, &options, error);
  if (self->data == NULL)
    return FALSE;
  for (gsize t = 0; t < self->data->n_times; t++)
    self->data->times[t] -= zero;
  self->n = argc - 1;
  self->candidates = g_new0 (Candidate, self->n);
  for (gsize m = 0; m < self->n; m++)
    self->candidates[m].id = g_strdup (argv[m + 1]);
  done = fit_all (self, noise != NULL ? noise : "normal", priors,
                  &(UsFitOptions) { .n_starts = n_starts, .seed = seed, .evidence = evidence }, cancellable, error);
  if (!done)
    return FALSE;
  weigh (self);
  if (figure != NULL && !write_figure (self, figure, error))
    return FALSE;
  if (json)
    print_json (self);
  else
    print_words (self);
  return TRUE;
}

const UsCliCommand us_cli_command_fit = {
  "fit", "SIM… --data FILE.csv", "Fits mechanisms to a measured series and compares them by AIC, AICc, BIC and evidence.",
  run_fit,
};
