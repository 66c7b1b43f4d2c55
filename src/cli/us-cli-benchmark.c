/* SPDX-License-Identifier: GPL-3.0-or-later */
/* benchmark: one JSON object a line, named as the scripts name it that measure PyTorch. */
#include "config.h"

#include "us-benchmark.h"
#include "us-cli.h"
#include "us-isa.h"
#include "us-pool.h"
#include "us-sort.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
print_result (const UsBenchmarkResult *result,
              gpointer                 data)
{
  const gboolean *json = data;
  g_autoptr(JsonBuilder) builder = NULL;
  const struct { const char *name; double value; } members[] = {
    { "ms", result->ms }, { "ms_min", result->ms_min }, { "ms_p99", result->ms_p99 }, { "per_s", result->per_s },
  };

  if (!*json)
    {
      printf ("%-24s %-16s %2u threads, batch %3" G_GSIZE_FORMAT "  median %9.3f ms  p99 %9.3f ms  %11.0f /s\n",
              result->bench, result->variant, result->threads, result->batch, result->ms, result->ms_p99, result->per_s);
      fflush (stdout);
      return;
    }
  builder = json_builder_new ();
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "bench");
  json_builder_add_string_value (builder, result->bench);
  json_builder_set_member_name (builder, "variant");
  json_builder_add_string_value (builder, result->variant);
  json_builder_set_member_name (builder, "engine");
  json_builder_add_string_value (builder, "understudy-" US_VERSION);
  json_builder_set_member_name (builder, "threads");
  json_builder_add_int_value (builder, result->threads);
  json_builder_set_member_name (builder, "batch");
  json_builder_add_int_value (builder, result->batch);
  json_builder_set_member_name (builder, "n");
  json_builder_add_int_value (builder, result->n);
  for (gsize m = 0; m < G_N_ELEMENTS (members); m++)
    {
      json_builder_set_member_name (builder, members[m].name);
      json_builder_add_double_value (builder, members[m].value);
    }
  json_builder_end_object (builder);
  us_cli_print_json (builder, FALSE);
}

/* The processor's name, for whoever reads the figures later. */
static char *
processor_name (void)
{
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  if (g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL))
    {
      lines = g_strsplit (text, "\n", -1);
      for (gsize i = 0; lines[i] != NULL; i++)
        if (g_str_has_prefix (lines[i], "model name") && strchr (lines[i], ':') != NULL)
          return g_strdup (g_strstrip (strchr (lines[i], ':') + 1));
    }
  return g_strdup ("unknown");
}

static void
print_machine (gboolean json,
               guint    threads)
{
  g_autofree char *processor = processor_name ();
  g_autoptr(JsonBuilder) builder = NULL;

  if (!json)
    {
      printf ("%s, %u threads of %u, kernels for %s, understudy %s\n", processor, threads, g_get_num_processors (),
              us_isa_name (us_isa_get ()), US_VERSION);
      return;
    }
  builder = json_builder_new ();
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "bench");
  json_builder_add_string_value (builder, "env");
  json_builder_set_member_name (builder, "engine");
  json_builder_add_string_value (builder, "understudy-" US_VERSION);
  json_builder_set_member_name (builder, "processor");
  json_builder_add_string_value (builder, processor);
  json_builder_set_member_name (builder, "processors");
  json_builder_add_int_value (builder, g_get_num_processors ());
  json_builder_set_member_name (builder, "threads");
  json_builder_add_int_value (builder, threads);
  json_builder_set_member_name (builder, "isa");
  json_builder_add_string_value (builder, us_isa_name (us_isa_get ()));
  json_builder_end_object (builder);
  us_cli_print_json (builder, FALSE);
}

/* --- simulators ----------------------------------------------------------- */

#define ROWS_A_CHUNK 16
#define CHUNKS_A_CALL 16

typedef struct
{
  UsPrior *prior;
  guint    output;
  guint64  first;
  double  *theta;
  float   *x;
  gsize    n_values;
} SimulateJob;

static void
simulate_chunk (gpointer data,
                gsize    chunk,
                guint    worker)
{
  SimulateJob *job = data;
  gsize row = chunk * ROWS_A_CHUNK;
  gsize n_parameters = us_prior_simulator (job->prior)->n_parameters;
  g_autoptr(GError) error = NULL;

  if (!us_simulate_rows (job->prior, job->output, 1, job->first + row, ROWS_A_CHUNK, job->theta + row * n_parameters,
                         job->x + row * job->n_values, &error))
    g_printerr ("%s\n", error->message);
}

/* Runs of one simulator, as the trainer asks for them. */
static void
benchmark_simulator (const UsSimulator *simulator,
                     guint              output,
                     guint              threads,
                     double             seconds,
                     gboolean           json)
{
  g_autoptr(UsPool) pool = us_pool_new (threads, 0);
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  g_autoptr(GArray) times = g_array_new (FALSE, FALSE, sizeof (double));
  g_autofree char *variant = g_strdup_printf ("%s-%s", simulator->id, simulator->outputs[output].id);
  gsize rows = ROWS_A_CHUNK * CHUNKS_A_CALL;
  gsize n_values = us_output_n_values (&simulator->outputs[output]);
  g_autofree double *theta = g_new (double, rows * simulator->n_parameters);
  g_autofree float *x = g_new (float, rows * n_values);
  SimulateJob job = { prior, output, 0, theta, x, n_values };
  gint64 end = g_get_monotonic_time () + (gint64) (seconds * G_USEC_PER_SEC);
  UsBenchmarkResult result;

  us_pool_run (pool, CHUNKS_A_CALL, simulate_chunk, &job);
  while (times->len < 5 || g_get_monotonic_time () < end)
    {
      gint64 start = g_get_monotonic_time ();
      double ms;

      job.first += rows;
      us_pool_run (pool, CHUNKS_A_CALL, simulate_chunk, &job);
      ms = (g_get_monotonic_time () - start) / 1e3;
      g_array_append_val (times, ms);
    }
  us_sort_doubles (times->len, (double *) times->data);
  result = (UsBenchmarkResult) {
    .bench = "simulate", .variant = variant, .threads = threads, .batch = rows, .n = times->len,
    .ms = g_array_index (times, double, times->len / 2),
    .ms_min = g_array_index (times, double, 0),
    .ms_p99 = g_array_index (times, double, (guint) (0.99 * (times->len - 1))),
  };
  result.per_s = rows / result.ms * 1e3;
  print_result (&result, &json);
}

static gboolean
wanted (char      **names,
        const char *name)
{
  return names == NULL || names[0] == NULL || g_strv_contains ((const char *const *) names, name);
}

static gboolean
run_benchmark (int           argc,
               char        **argv,
               GCancellable *cancellable,
               GError      **error)
{
  g_autofree char *threads_text = NULL;
  g_auto(GStrv) names = NULL;
  double seconds = 2;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "threads", 't', 0, G_OPTION_ARG_STRING, &threads_text, "Workers (default all processors)", "T" },
    { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds, "How long each is measured (default 2)", "S" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print one JSON object a line", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &names, NULL, "NAME" },
    G_OPTION_ENTRY_NULL,
  };
  gsize n;
  const UsSimulator *const *simulators = us_registry_list (&n);
  guint64 threads;
  gboolean any = FALSE;

  if (!us_cli_parse (&us_cli_command_benchmark, entries, &argc, &argv, 0, error)
      || !us_cli_parse_u64 ("--threads", threads_text != NULL ? threads_text : "0", 0, 1024, &threads, error))
    return FALSE;
  if (!(seconds > 0 && seconds < 3600))
    return us_cli_misused (error, "--seconds: expected a number above 0, below 3600");
  if (threads == 0)
    threads = g_get_num_processors ();
  print_machine (json, threads);
  if (wanted (names, "simulate"))
    {
      any = TRUE;
      for (gsize i = 0; i < n && !g_cancellable_is_cancelled (cancellable); i++)
        for (guint o = 0; o < simulators[i]->n_outputs; o++)
          benchmark_simulator (simulators[i], o, threads, seconds, json);
    }
  if (wanted (names, "attribution_query") && !g_cancellable_is_cancelled (cancellable))
    {
      any = TRUE;
      us_cli_benchmark_attribution (threads, seconds, print_result, &json);
    }
  if (us_benchmark_run ((const char *const *) names, threads, seconds, print_result, &json, cancellable) > 0)
    any = TRUE;
  if (!any && !g_cancellable_is_cancelled (cancellable))
    return us_cli_misused (error, "no benchmark of that name; there are: simulate, attribution_query, gen_train, enc_through_frozen_gen, "
                           "gen_latency, enc_latency, and variants such as C256");
  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}

const UsCliCommand us_cli_command_benchmark = {
  "benchmark", "[NAME…]", "Measures simulators and networks on this machine.", run_benchmark,
};
