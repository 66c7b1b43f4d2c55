/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Banks, observations and true posteriors of the standard tasks, and the distance of two tables of samples:
 *
 *     standard-tasks TASK --count N --seed S --out BANK.npz
 *     standard-tasks TASK --observation K --out X.csv
 *     standard-tasks TASK --reference K [--count N] [--seed S] --out SAMPLES.csv
 *     standard-tasks TASK --refine K --rounds R --count N [--seed S] --out SAMPLES.csv
 *     standard-tasks c2st A.csv B.csv [--seed S]
 *     standard-tasks list
 */
#include "config.h"

#include "standard-tasks.h"

#include "us-csv.h"
#include "us-posterior-refine.h"
#include "us-prior.h"
#include "us-two-sample.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#define DRAWS 10000

static int
say (GError *error)
{
  fprintf (stderr, "standard-tasks: %s\n", error->message);
  return 1;
}

static int
write_observation (const StandardTask *task,
                   guint               k,
                   const char         *out,
                   GError            **error)
{
  gsize n = standard_task_n_values (task);
  g_auto(GStrv) names = g_new0 (char *, n + 1);
  g_autofree float *x = g_new (float, n);
  g_autofree double *values = g_new (double, n);

  standard_task_observation (task, k, x);
  for (gsize i = 0; i < n; i++)
    {
      names[i] = g_strdup_printf ("x%" G_GSIZE_FORMAT, i + 1);
      values[i] = (double) x[i];
    }
  return us_csv_write (out, 1, n, (const char *const *) names, values, error) ? 0 : say (*error);
}

static int
write_reference (const StandardTask *task,
                 guint               k,
                 gsize               count,
                 guint64             seed,
                 const char         *out,
                 GError            **error)
{
  gsize n_parameters = task->simulator->n_parameters;
  g_autofree float *x = g_new (float, standard_task_n_values (task));
  g_autofree double *theta = g_new (double, count * n_parameters);
  g_autofree const char **names = g_new0 (const char *, n_parameters + 1);
  double clipped;

  standard_task_observation (task, k, x);
  if (!task->reference (x, count, seed, theta, &clipped))
    {
      fprintf (stderr, "standard-tasks: nothing in the prior gives observation %u of %s\n", k, task->simulator->id);
      return 1;
    }
  if (clipped > 0)
    fprintf (stderr, "standard-tasks: %s, observation %u: %.2g of the proposals were denser than the grid allows for\n",
             task->simulator->id, k, clipped);
  for (gsize i = 0; i < n_parameters; i++)
    names[i] = task->simulator->parameters[i].name;
  return us_csv_write (out, count, n_parameters, names, theta, error) ? 0 : say (*error);
}

/* Columns by their names where both have the same, by their order otherwise. */
static int
print_c2st (const char *path_a,
            const char *path_b,
            guint64     seed,
            GError    **error)
{
  g_autoptr(UsCsv) a = us_csv_read (path_a, error);
  g_autoptr(UsCsv) b = a != NULL ? us_csv_read (path_b, error) : NULL;
  g_autoptr(UsPool) pool = us_pool_new (0, 0);
  g_autofree double *ordered = NULL;
  gboolean named = TRUE;

  if (b == NULL)
    return say (*error);
  if (a->n_columns != b->n_columns)
    {
      fprintf (stderr, "standard-tasks: %" G_GSIZE_FORMAT " columns against %" G_GSIZE_FORMAT "\n", a->n_columns, b->n_columns);
      return 1;
    }
  for (gsize c = 0; c < a->n_columns; c++)
    named &= us_csv_column (b, a->names[c]) >= 0;
  ordered = g_new (double, b->n_rows * b->n_columns);
  for (gsize c = 0; c < a->n_columns; c++)
    {
      gsize from = named ? (gsize) us_csv_column (b, a->names[c]) : c;

      for (gsize i = 0; i < b->n_rows; i++)
        ordered[i * b->n_columns + c] = b->values[i * b->n_columns + from];
    }
  printf ("%.4f\n", us_c2st (a->n_rows, a->values, b->n_rows, ordered, a->n_columns, US_C2ST_FOLDS, seed, pool));
  return 0;
}

static int
misused (void)
{
  fprintf (stderr, "Usage: standard-tasks TASK --count N [--seed S] --out BANK.npz\n"
                   "       standard-tasks TASK --observation K --out X.csv\n"
                   "       standard-tasks TASK --reference K [--count N] [--seed S] --out SAMPLES.csv\n"
                   "       standard-tasks TASK --refine K --rounds R --count N [--seed S] [--jobs J] --out SAMPLES.csv\n"
                   "       standard-tasks c2st A.csv B.csv [--seed S]\n"
                   "       standard-tasks list\n");
  return 2;
}

static void
on_round (const UsPosteriorRound *round,
          gpointer                data)
{
  printf ("round %" G_GSIZE_FORMAT ": %" G_GSIZE_FORMAT " rows, acceptance %.2g%s, contraction %.3f, distance %.3f (noise %.3f), "
          "held out %.3f, %.0f s\n", round->round, round->n_rows, round->acceptance, round->resampled ? " (resampled)" : "",
          round->contraction, round->distance, round->noise, round->held_out, round->seconds);
  fflush (stdout);
}

/* R rounds in all: a posterior from `count` draws of the prior, refined R - 1 times. */
static int
write_refined (const StandardTask *task,
               guint               k,
               guint               rounds,
               gsize               count,
               guint64             seed,
               guint               jobs,
               const char         *out,
               GError            **error)
{
  gsize P = task->simulator->n_parameters;
  g_autoptr(UsPrior) prior = us_prior_new_default (task->simulator);
  g_autofree float *x = g_new (float, standard_task_n_values (task));
  g_autofree double *theta = g_new (double, DRAWS * P);
  g_autofree const char **names = g_new0 (const char *, P + 1);
  const UsPosteriorConfig training = { .prior = prior, .samples = count, .seed = seed, .n_workers = jobs };
  UsPosteriorRefineConfig refining = { .x = x, .rounds = rounds - 1, .simulations = count, .seed = seed, .n_workers = jobs };
  g_autoptr(UsPosterior) model = NULL;

  if (rounds < 2)
    return misused ();
  standard_task_observation (task, k, x);
  refining.model = model = us_posterior_train (&training, NULL, NULL, NULL, error);
  if (model != NULL)
    model = us_posterior_refine (&refining, on_round, NULL, NULL, NULL, error);
  us_posterior_unref (refining.model);
  if (model == NULL || !us_posterior_sample (model, x, DRAWS, seed, theta, error))
    return say (*error);
  for (gsize p = 0; p < P; p++)
    names[p] = task->simulator->parameters[p].name;
  return us_csv_write (out, DRAWS, P, names, theta, error) ? 0 : say (*error);
}

static int
print_list (void)
{
  gsize n;
  const StandardTask *const *tasks = standard_task_list (&n);

  for (gsize i = 0; i < n; i++)
    printf ("%s\n", tasks[i]->simulator->id);
  return 0;
}

int
main (int   argc,
      char *argv[])
{
  gint64 count = 0, seed = 1;
  int observation = 0, of = 0, refined = 0, rounds = 0, jobs = 0;
  g_autofree char *out = NULL;
  const GOptionEntry entries[] = {
    { "count", 'n', 0, G_OPTION_ARG_INT64, &count, "Rows", "N" },
    { "seed", 's', 0, G_OPTION_ARG_INT64, &seed, "Seed", "S" },
    { "observation", 0, 0, G_OPTION_ARG_INT, &observation, "Write observation K", "K" },
    { "reference", 0, 0, G_OPTION_ARG_INT, &of, "Write draws of the posterior of observation K", "K" },
    { "refine", 0, 0, G_OPTION_ARG_INT, &refined, "Write draws of the posterior refined for observation K", "K" },
    { "rounds", 0, 0, G_OPTION_ARG_INT, &rounds, "Rounds of --count simulations each, the first of them from the prior", "R" },
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &jobs, "Workers (default all processors)", "J" },
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &out, "File", "FILE" },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new ("TASK | list | c2st A B");
  g_autoptr(GError) error = NULL;
  const StandardTask *task;

  setlocale (LC_NUMERIC, "C");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc < 2 || count < 0 || observation < 0 || of < 0
      || refined < 0 || rounds < 0 || jobs < 0)
    return misused ();
  if (argc == 2 && strcmp (argv[1], "list") == 0)
    return print_list ();
  if (argc == 4 && strcmp (argv[1], "c2st") == 0)
    return print_c2st (argv[2], argv[3], (guint64) seed, &error);

  task = standard_task_find (argv[1]);
  if (task == NULL || argc != 2 || out == NULL)
    return misused ();
  if (observation > 0)
    return write_observation (task, (guint) observation, out, &error);
  if (of > 0)
    return write_reference (task, (guint) of, count > 0 ? (gsize) count : DRAWS, (guint64) seed, out, &error);
  if (count == 0)
    return misused ();
  if (refined > 0)
    return write_refined (task, (guint) refined, (guint) rounds, (gsize) count, (guint64) seed, (guint) jobs, out, &error);
  return standard_task_write_bank (task, (guint64) count, (guint64) seed, out, &error) ? 0 : say (error);
}
