/* SPDX-License-Identifier: GPL-3.0-or-later */
/* refine: a posterior made better for one observation, by more simulations of it. */
#include "config.h"

#include "us-cli.h"
#include "us-json.h"
#include "us-posterior-data.h"
#include "us-posterior-refine.h"

#include <math.h>
#include <stdio.h>

/* V values of the observation, R rounds. */

typedef struct
{
  guint    rounds;
  gboolean json;
} Shown;

static void
on_round (const UsPosteriorRound *r,
          gpointer                data)
{
  const Shown *shown = data;

  us_cli_progress (NULL);
  if (shown->json)
    return;
  if (r->round == 1)
    printf ("%-7s %8s %12s %12s %10s %10s %10s %8s\n", "round", "rows", "prior left", "contraction", "moved by",
            "of noise", "held out", "seconds");
  printf ("%3" G_GSIZE_FORMAT "/%-3u %8" G_GSIZE_FORMAT " %11.2g%s %12.4f %10.3f %10.3f %10.4f %8.0f\n", r->round, shown->rounds,
          r->n_rows, r->acceptance, r->resampled ? "*" : " ", r->contraction, r->distance, r->noise, r->held_out, r->seconds);
  fflush (stdout);
}

static void
on_progress (const UsPosteriorProgress *p,
             gpointer                   data)
{
  g_autofree char *text = NULL;

  if (p->epoch > 0)
    text = g_strdup_printf ("epoch %" G_GSIZE_FORMAT ": loss %.4f, held out %.4f", p->epoch, p->loss, p->held_out);
  us_cli_progress (text);
}

static void
print_json (const UsPosterior *model,
            const char        *path)
{
  const GArray *rounds = us_posterior_record (model)->rounds;
  g_autoptr(JsonBuilder) b = json_builder_new ();

  json_builder_begin_object (b);
  us_json_text (b, "model", path);
  us_json_text (b, "kind", "posterior");
  json_builder_set_member_name (b, "rounds");
  json_builder_begin_array (b);
  for (guint i = 0; i < rounds->len; i++)
    {
      const UsPosteriorRound *r = &g_array_index (rounds, UsPosteriorRound, i);

      json_builder_begin_object (b);
      us_json_number (b, "round", (double) r->round);
      us_json_number (b, "rows", (double) r->n_rows);
      us_json_number (b, "acceptance", r->acceptance);
      json_builder_set_member_name (b, "resampled");
      json_builder_add_boolean_value (b, r->resampled);
      us_json_number (b, "contraction", r->contraction);
      us_json_number (b, "distance", r->distance);
      us_json_number (b, "noise", r->noise);
      us_json_number (b, "held_out", r->held_out);
      us_json_number (b, "seconds", r->seconds);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
  json_builder_end_object (b);
  us_cli_print_json (b, FALSE);
}

/* Whether it has come to rest, in words. */
static void
print_words (const UsPosterior *model,
             const char        *path)
{
  const GArray *rounds = us_posterior_record (model)->rounds;
  const UsPosteriorRound *r = &g_array_index (rounds, UsPosteriorRound, rounds->len - 1);
  gboolean rests = r->distance < 2.0 * r->noise + 0.05, resampled = FALSE;

  for (guint i = 0; i < rounds->len; i++)
    resampled = resampled || g_array_index (rounds, UsPosteriorRound, i).resampled;
  printf ("\n“moved by”: distance between this round's posterior and the last one's, in its standard deviations; “of noise”: the same "
            "between two sets of draws of one posterior.\n");
  if (resampled)
    printf ("* Proposals were drawn from the posterior and weighted: too few draws of the prior lie where it is.\n");
  printf (rests ? "The last round moved the posterior by no more than noise does: more rounds would change little.\n"
          : "The last round still moved the posterior: more rounds or more simulations may change it.\n");
  printf ("%s: holds for this observation only.\n", path);
}

typedef struct
{
  UsCliSeries series;
  char *data, *x, *out, *index, *rounds, *simulations, *seed, *jobs;
} Options;

static void
options_clear (Options *o)
{
  us_cli_series_clear (&o->series);
  g_free (o->data);
  g_free (o->x);
  g_free (o->out);
  g_free (o->index);
  g_free (o->rounds);
  g_free (o->simulations);
  g_free (o->seed);
  g_free (o->jobs);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
check_options (const Options           *o,
               UsPosteriorRefineConfig *config,
               gssize                  *index,
               GError                 **error)
{
  guint64 rounds, simulations, jobs, number;

  if ((o->data == NULL) == (o->x == NULL))
    return us_cli_misused (error, "the observation is missing, or there are two: give one file by --data (or --x)");
  if (o->out == NULL)
    return us_cli_misused (error, "--out is missing: the model file to write, ending in .safetensors");
  if (!us_cli_parse_u64 ("--rounds", o->rounds != NULL ? o->rounds : "5", 1, 1000, &rounds, error)
      || !us_cli_parse_u64 ("--simulations", o->simulations != NULL ? o->simulations : "1000", 50, 10000000, &simulations, error)
      || !us_cli_parse_u64 ("--seed", o->seed != NULL ? o->seed : "0", 0, G_MAXUINT64, &config->seed, error)
      || !us_cli_parse_u64 ("--jobs", o->jobs != NULL ? o->jobs : "0", 0, 1024, &jobs, error)
      || !us_cli_parse_u64 ("--index", o->index != NULL ? o->index : "0", 0, G_MAXUINT32, &number, error))
    return FALSE;
  config->rounds = (guint) rounds;
  config->simulations = (gsize) simulations;
  config->n_workers = (guint) jobs;
  *index = o->index != NULL ? (gssize) number : -1;
  return TRUE;
}

static gboolean
refine (const Options           *o,
        const char              *model_path,
        gssize                   index,
        UsPosteriorRefineConfig *config,
        gboolean                 json,
        GCancellable            *cancellable,
        GError                 **error)
{
  const char *data = o->data != NULL ? o->data : o->x;
  UsMeasurementsOptions series = us_cli_series_options (&o->series);
  g_autoptr(UsPosterior) start = us_posterior_load (model_path, error);
  g_autoptr(UsPosterior) model = NULL;
  g_autofree float *x = NULL;
  g_autofree char *note = NULL;
  Shown shown = { config->rounds, json };
  gint cancelled = 0;
  gulong handler;

  if (start == NULL)
    return FALSE;
  x = g_new (float, us_posterior_n_values (start));
  if (!us_posterior_read_data (start, data, index, &series, x, &note, error))
    return FALSE;
  us_cli_series_remark (note);
  config->model = start;
  config->x = x;
  handler = g_cancellable_connect (cancellable, G_CALLBACK (us_cli_set_flag), &cancelled, NULL);
  model = us_posterior_refine (config, on_round, on_progress, &shown, &cancelled, error);
  g_cancellable_disconnect (cancellable, handler);
  us_cli_progress (NULL);
  if (model == NULL || !us_posterior_save (model, o->out, error))
    return FALSE;
  if (json)
    print_json (model, o->out);
  else
    print_words (model, o->out);
  return TRUE;
}

static gboolean
run_refine (int           argc,
            char        **argv,
            GCancellable *cancellable,
            GError      **error)
{
  g_auto(Options) o = { .out = NULL };
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "data", 'd', 0, G_OPTION_ARG_FILENAME, &o.data, "The observation: a series, a picture, an .npy", "FILE" },
    { "x", 0, 0, G_OPTION_ARG_FILENAME, &o.x, "The same", "FILE" },
    { "index", 0, 0, G_OPTION_ARG_STRING, &o.index, "Which observation of the file, from 0", "K" },
    US_CLI_SERIES_ENTRIES (o.series),
    { "rounds", 'r', 0, G_OPTION_ARG_STRING, &o.rounds, "Rounds (default 5)", "R" },
    { "simulations", 'n', 0, G_OPTION_ARG_STRING, &o.simulations, "Simulations of each round (default 1000)", "N" },
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &o.out, "The refined model", "MODEL.safetensors" },
    { "seed", 's', 0, G_OPTION_ARG_STRING, &o.seed, "Seed (default 0)", "S" },
    { "jobs", 'j', 0, G_OPTION_ARG_STRING, &o.jobs, "Workers (default all processors)", "J" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print one JSON object", NULL },
    G_OPTION_ENTRY_NULL,
  };
  UsPosteriorRefineConfig config = { NULL };
  g_autofree char *command = us_cli_command_line (argc, argv);
  gssize index = -1;

  if (!us_cli_parse (&us_cli_command_refine, entries, &argc, &argv, 1, error) || !check_options (&o, &config, &index, error))
    return FALSE;
  config.command = command;
  return refine (&o, argv[1], index, &config, json, cancellable, error);
}

const UsCliCommand us_cli_command_refine = {
  "refine", "MODEL --data FILE --out MODEL2", "Spends further simulations on one observation, round by round.", run_refine,
};
