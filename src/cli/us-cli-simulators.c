/* SPDX-License-Identifier: GPL-3.0-or-later */
/* simulators, describe, simulate. */
#include "config.h"

#include "us-bank.h"
#include "us-cli.h"
#include "us-file.h"
#include "us-json.h"
#include "us-prior.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- simulators --------------------------------------------------------- */

static gboolean
run_simulators (int           argc,
                char        **argv,
                GCancellable *cancellable,
                GError      **error)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print one JSON object", NULL },
    G_OPTION_ENTRY_NULL,
  };
  gsize n;
  const UsSimulator *const *list = us_registry_list (&n);
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  int width = 0;

  if (!us_cli_parse (&us_cli_command_simulators, entries, &argc, &argv, 0, error))
    return FALSE;
  for (gsize i = 0; i < n; i++)
    width = MAX (width, (int) strlen (list[i]->id));
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "simulators");
  json_builder_begin_array (builder);
  for (gsize i = 0; i < n; i++)
    {
      if (!json)
        printf ("%-*s  %s: %s\n", width, list[i]->id, list[i]->title, list[i]->summary);
      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "id");
      json_builder_add_string_value (builder, list[i]->id);
      json_builder_set_member_name (builder, "version");
      json_builder_add_int_value (builder, list[i]->version);
      json_builder_set_member_name (builder, "title");
      json_builder_add_string_value (builder, list[i]->title);
      json_builder_set_member_name (builder, "summary");
      json_builder_add_string_value (builder, list[i]->summary);
      json_builder_set_member_name (builder, "n_parameters");
      json_builder_add_int_value (builder, list[i]->n_parameters);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  if (json)
    us_cli_print_json (builder, FALSE);
  return TRUE;
}

const UsCliCommand us_cli_command_simulators = {
  "simulators", "[--json]", "Lists the simulators.", run_simulators,
};

/* --- describe ------------------------------------------------------------ */

static void
describe_parameter (JsonBuilder       *builder,
                    const UsParameter *parameter)
{
  g_autofree char *prior = us_distribution_to_string (&parameter->prior);

  json_builder_begin_object (builder);
  us_json_text (builder, "name", parameter->name);
  us_json_text (builder, "label", parameter->label);
  us_json_text (builder, "symbol", parameter->symbol);
  us_json_text (builder, "unit", parameter->unit);
  us_json_number (builder, "lower", parameter->lower);
  us_json_number (builder, "upper", parameter->upper);
  us_json_text (builder, "prior", prior);
  us_json_text (builder, "source", parameter->source);
  json_builder_end_object (builder);
}

static void
describe_output (JsonBuilder    *builder,
                 const UsOutput *output)
{
  json_builder_begin_object (builder);
  us_json_text (builder, "id", output->id);
  us_json_text (builder, "label", output->label);
  us_json_text (builder, "kind", output->kind == US_OUTPUT_IMAGE ? "image" : "series");
  json_builder_set_member_name (builder, "shape");
  json_builder_begin_array (builder);
  json_builder_add_int_value (builder, output->height);
  if (output->kind == US_OUTPUT_IMAGE)
    json_builder_add_int_value (builder, output->width);
  json_builder_add_int_value (builder, output->channels);
  json_builder_end_array (builder);
  us_json_text (builder, "x_label", output->x_label);
  us_json_text (builder, "x_unit", output->x_unit);
  us_json_text (builder, "y_label", output->y_label);
  us_json_text (builder, "y_unit", output->y_unit);
  if (output->channel_info != NULL)
    {
      json_builder_set_member_name (builder, "channels");
      json_builder_begin_array (builder);
      for (gsize c = 0; c < output->channels; c++)
        {
          json_builder_begin_object (builder);
          us_json_text (builder, "id", output->channel_info[c].id);
          us_json_text (builder, "label", output->channel_info[c].label);
          us_json_text (builder, "unit", output->channel_info[c].unit);
          json_builder_end_object (builder);
        }
      json_builder_end_array (builder);
    }
  json_builder_end_object (builder);
}

static void
describe_derived (JsonBuilder       *builder,
                  const UsSimulator *simulator)
{
  json_builder_set_member_name (builder, "derived");
  json_builder_begin_array (builder);
  for (gsize d = 0; d < simulator->n_derived; d++)
    {
      json_builder_begin_object (builder);
      us_json_text (builder, "name", simulator->derived[d].name);
      us_json_text (builder, "label", simulator->derived[d].label);
      us_json_text (builder, "symbol", simulator->derived[d].symbol);
      us_json_text (builder, "unit", simulator->derived[d].unit);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

#define N_FIELDS 7

/* What a prior says, in few digits; of a log-normal one also where its middle lies. */
static char *
describe_prior (const UsDistribution *prior)
{
  const char *kind = us_distribution_kind_name (prior->kind);

  switch (prior->kind)
    {
    case US_DISTRIBUTION_LOG_NORMAL:
      return g_strdup_printf ("%s:%.4g:%.4g (median %.3g)", kind, prior->a, prior->b, exp (prior->a));
    case US_DISTRIBUTION_FIXED:
      return g_strdup_printf ("%s:%.4g", kind, prior->a);
    case US_DISTRIBUTION_TRIANGULAR:
      return g_strdup_printf ("%s:%.4g:%.4g:%.4g", kind, prior->a, prior->b, prior->c);
    case US_DISTRIBUTION_UNIFORM:
    case US_DISTRIBUTION_LOG_UNIFORM:
    case US_DISTRIBUTION_NORMAL:
    case US_DISTRIBUTION_DISCRETE:
    default:
      return g_strdup_printf ("%s:%.4g:%.4g", kind, prior->a, prior->b);
    }
}

/* rows (N_FIELDS each) under each other, as wide as the widest, letters counted and not bytes. */
static void
print_fields (GPtrArray *cells)
{
  glong widths[N_FIELDS] = { 0 };

  for (guint i = 0; i < cells->len; i++)
    widths[i % N_FIELDS] = MAX (widths[i % N_FIELDS], g_utf8_strlen (cells->pdata[i], -1));
  for (guint i = 0; i < cells->len; i++)
    {
      gboolean last = i % N_FIELDS == N_FIELDS - 1;

      printf ("%s", (const char *) cells->pdata[i]);
      printf ("%*s", last ? 0 : (int) (widths[i % N_FIELDS] - g_utf8_strlen (cells->pdata[i], -1)) + 2, "");
      if (last)
        putchar ('\n');
    }
}

static void
print_parameters (const UsSimulator *simulator)
{
  static const char *const heads[N_FIELDS] = { "name", "symbol", "unit", "lower", "upper", "prior", "meaning" };
  g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < N_FIELDS; i++)
    g_ptr_array_add (cells, g_strdup (heads[i]));
  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      const UsParameter *parameter = &simulator->parameters[p];

      g_ptr_array_add (cells, g_strdup (parameter->name));
      g_ptr_array_add (cells, g_strdup (parameter->symbol));
      g_ptr_array_add (cells, g_strdup (parameter->unit));
      g_ptr_array_add (cells, g_strdup_printf ("%g", parameter->lower));
      g_ptr_array_add (cells, g_strdup_printf ("%g", parameter->upper));
      g_ptr_array_add (cells, describe_prior (&parameter->prior));
      g_ptr_array_add (cells, g_strdup (parameter->label));
    }
  print_fields (cells);
}

static void
print_output (const UsOutput *output)
{
  printf ("output %s: %s, ", output->id, output->label);
  if (output->kind == US_OUTPUT_SERIES)
    printf ("%" G_GSIZE_FORMAT " points, %s %g … %g %s, %" G_GSIZE_FORMAT " %s\n", output->height, output->x_label,
            us_output_x (output, 0), us_output_x (output, output->height - 1), output->x_unit, output->channels,
            output->channels == 1 ? "channel" : "channels");
  else
    printf ("%" G_GSIZE_FORMAT " × %" G_GSIZE_FORMAT " × %" G_GSIZE_FORMAT "\n", output->height, output->width,
            output->channels);
}

static void
print_description (const UsSimulator *simulator)
{
  printf ("%s (%s, version %u)\n%s\n\n", simulator->title, simulator->id, simulator->version, simulator->summary);
  print_parameters (simulator);
  if (simulator->constraint != NULL)
    printf ("\nConstraint: %s\n", simulator->constraint);
  if (simulator->symmetry != NULL)
    printf ("\nAlike: %s\n", simulator->symmetry);
  for (gsize d = 0; d < simulator->n_derived; d++)
    printf ("%s%s: %s%s%s\n", d == 0 ? "\n" : "", simulator->derived[d].name, simulator->derived[d].label,
            *simulator->derived[d].unit != '\0' ? ", " : "", simulator->derived[d].unit);
  putchar ('\n');
  for (gsize o = 0; o < simulator->n_outputs; o++)
    print_output (&simulator->outputs[o]);
}

static gboolean
run_describe (int           argc,
              char        **argv,
              GCancellable *cancellable,
              GError      **error)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print one JSON object", NULL },
    G_OPTION_ENTRY_NULL,
  };
  const UsSimulator *simulator;
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  if (!us_cli_parse (&us_cli_command_describe, entries, &argc, &argv, 1, error)
      || (simulator = us_registry_find (argv[1], error)) == NULL)
    return FALSE;
  if (!json)
    {
      print_description (simulator);
      return TRUE;
    }
  json_builder_begin_object (builder);
  us_json_text (builder, "id", simulator->id);
  json_builder_set_member_name (builder, "version");
  json_builder_add_int_value (builder, simulator->version);
  us_json_text (builder, "title", simulator->title);
  us_json_text (builder, "summary", simulator->summary);
  us_json_text (builder, "constraint", simulator->constraint);
  us_json_text (builder, "symmetry", simulator->symmetry);
  json_builder_set_member_name (builder, "parameters");
  json_builder_begin_array (builder);
  for (gsize p = 0; p < simulator->n_parameters; p++)
    describe_parameter (builder, &simulator->parameters[p]);
  json_builder_end_array (builder);
  describe_derived (builder, simulator);
  json_builder_set_member_name (builder, "outputs");
  json_builder_begin_array (builder);
  for (gsize o = 0; o < simulator->n_outputs; o++)
    describe_output (builder, &simulator->outputs[o]);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  us_cli_print_json (builder, FALSE);
  return TRUE;
}

const UsCliCommand us_cli_command_describe = {
  "describe", "SIM [--json]", "Says what a simulator takes and gives: parameters, units, priors, outputs.",
  run_describe,
};

/* --- simulate ------------------------------------------------------------ */

UsPrior *
us_cli_prior (const UsSimulator  *simulator,
              char              **texts,
              GError            **error)
{
  g_autofree UsDistribution *distributions = g_new (UsDistribution, simulator->n_parameters);

  if (texts == NULL)
    return us_prior_new_default (simulator);
  for (gsize p = 0; p < simulator->n_parameters; p++)
    distributions[p] = simulator->parameters[p].prior;
  for (gsize i = 0; texts[i] != NULL; i++)
    if (!us_distribution_parse (simulator, texts[i], distributions, error))
      return NULL;
  return us_prior_new (simulator, distributions, error);
}

UsPrior *
us_cli_prior_own (const UsSimulator  *simulator,
                  char              **texts,
                  gboolean           *used,
                  GError            **error)
{
  g_autoptr(GPtrArray) own = g_ptr_array_new ();

  for (gsize i = 0; texts != NULL && texts[i] != NULL; i++)
    {
      g_autofree char *name = g_strndup (texts[i], strcspn (texts[i], "="));

      if (us_simulator_parameter_index (simulator, name) < 0)
        continue;
      used[i] = TRUE;
      g_ptr_array_add (own, texts[i]);
    }
  g_ptr_array_add (own, NULL);
  return us_cli_prior (simulator, own->len > 1 ? (char **) own->pdata : NULL, error);
}

gboolean
us_cli_priors_used (char           **texts,
                    const gboolean  *used,
                    GError         **error)
{
  for (gsize i = 0; texts != NULL && texts[i] != NULL; i++)
    if (!used[i])
      return us_cli_misused (error, "--prior %s: none of the simulators has such a parameter", texts[i]);
  return TRUE;
}

gboolean
us_cli_output (const UsSimulator  *simulator,
               const char         *id,
               guint              *output,
               GError            **error)
{
  gssize index = id != NULL ? us_simulator_output_index (simulator, id) : 0;

  if (index < 0)
    {
      g_autoptr(GString) known = g_string_new (NULL);

      for (gsize o = 0; o < simulator->n_outputs; o++)
        g_string_append_printf (known, "%s%s", o > 0 ? ", " : "", simulator->outputs[o].id);
      return us_cli_misused (error, "--output %s: %s gives %s", id, simulator->id, known->str);
    }
  *output = index;
  return TRUE;
}

static void
on_simulated (guint64  done,
              guint64  count,
              gpointer data)
{
  const gint64 *start = data;
  double seconds = (g_get_monotonic_time () - *start) / 1e6;
  g_autofree char *left = us_cli_duration (done > 0 ? seconds * (count - done) / done : 0);
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " runs, %.0f a second, %s left",
                                           done, count, seconds > 0 ? done / seconds : 0, left);

  us_cli_progress (text);
}

static gboolean
run_simulate (int           argc,
              char        **argv,
              GCancellable *cancellable,
              GError      **error)
{
  g_autofree char *count_text = NULL, *seed_text = NULL, *out = NULL, *output_id = NULL, *jobs_text = NULL;
  g_auto(GStrv) prior_texts = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "count", 'n', 0, G_OPTION_ARG_STRING, &count_text, "Number of runs", "N" },
    { "seed", 's', 0, G_OPTION_ARG_STRING, &seed_text, "Seed (default 0)", "S" },
    { "prior", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &prior_texts, "Another prior for a parameter", "NAME=KIND:A:B" },
    { "output", 0, 0, G_OPTION_ARG_STRING, &output_id, "Which output (default the first)", "ID" },
    { "jobs", 'j', 0, G_OPTION_ARG_STRING, &jobs_text, "Workers (default all processors)", "J" },
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &out, "The bank: FILE.npz or a folder", "BANK" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print one JSON object", NULL },
    G_OPTION_ENTRY_NULL,
  };
  const UsSimulator *simulator;
  g_autoptr(UsPrior) prior = NULL;
  guint64 count, seed, jobs;
  guint output;
  gint stop = 0;
  gint64 start = g_get_monotonic_time ();
  gulong handler;
  gboolean done;

  if (!us_cli_parse (&us_cli_command_simulate, entries, &argc, &argv, 1, error)
      || !us_cli_parse_u64 ("--count", count_text, 1, 1000000000, &count, error)
      || !us_cli_parse_u64 ("--seed", seed_text != NULL ? seed_text : "0", 0, G_MAXUINT64, &seed, error)
      || !us_cli_parse_u64 ("--jobs", jobs_text != NULL ? jobs_text : "0", 0, 1024, &jobs, error))
    return FALSE;
  if (out == NULL)
    return us_cli_misused (error, "--out is missing: FILE.npz or a folder for the bank");
  if ((simulator = us_registry_find (argv[1], error)) == NULL
      || !us_cli_output (simulator, output_id, &output, error)
      || (prior = us_cli_prior (simulator, prior_texts, error)) == NULL)
    return FALSE;
  handler = g_cancellable_connect (cancellable, G_CALLBACK (us_cli_set_flag), &stop, NULL);
  done = us_bank_simulate (prior, output, seed, count, jobs, out, on_simulated, &start, &stop, error);
  g_cancellable_disconnect (cancellable, handler);
  us_cli_progress (NULL);
  if (done && json)
    {
      g_autoptr(JsonBuilder) builder = json_builder_new ();

      json_builder_begin_object (builder);
      us_json_text (builder, "bank", out);
      us_json_text (builder, "simulator", simulator->id);
      json_builder_set_member_name (builder, "count");
      json_builder_add_int_value (builder, count);
      json_builder_set_member_name (builder, "seed");
      json_builder_add_int_value (builder, seed);
      us_json_number (builder, "seconds", (g_get_monotonic_time () - start) / 1e6);
      json_builder_end_object (builder);
      us_cli_print_json (builder, FALSE);
    }
  else if (done)
    printf ("%s: %" G_GUINT64_FORMAT " runs of %s\n", out, count, simulator->id);
  return done;
}

const UsCliCommand us_cli_command_simulate = {
  "simulate", "SIM --count N --seed S --out BANK", "Runs a simulator on draws from its prior and writes a bank.",
  run_simulate,
};
