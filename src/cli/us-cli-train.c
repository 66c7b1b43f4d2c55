/* SPDX-License-Identifier: GPL-3.0-or-later */
/* train simvae; other things to train are asked of their own files. */
#include "config.h"

#include "us-cli.h"
#include "us-trainer.h"

#include <math.h>
#include <stdio.h>

typedef struct
{
  char    *out;
  char    *preset;
  char    *minutes;
  char    *samples;
  char    *encoder_samples;
  char    *seed;
  char    *output;
  char    *width;
  char    *jobs;
  double   checkpoint_seconds;
  char    *method;
  char    *kl_weight;
  char    *beta;
  char    *labelled_share;
  char    *bank;
  char   **priors;
  gboolean resume;
  gboolean json;
} TrainOptions;

static void
train_options_clear (TrainOptions *options)
{
  g_free (options->out);
  g_free (options->preset);
  g_free (options->minutes);
  g_free (options->samples);
  g_free (options->encoder_samples);
  g_free (options->seed);
  g_free (options->output);
  g_free (options->width);
  g_free (options->jobs);
  g_free (options->method);
  g_free (options->kl_weight);
  g_free (options->beta);
  g_free (options->labelled_share);
  g_free (options->bank);
  g_strfreev (options->priors);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TrainOptions, train_options_clear)

typedef struct
{
  UsTrainer    *trainer;
  GCancellable *cancellable;
  GMainLoop    *loop;
  GError       *error;
  gboolean      done;
  UsMethod      method;
} TrainJob;

/* What learns in a step. */
static const char *
step_name (UsMethod method,
           guint    step)
{
  if (method == US_METHOD_BETA_VAE)
    return "decoder and encoder";
  if (step == 1)
    return "decoder";
  return method == US_METHOD_SEMI_SUPERVISED ? "encoder, decoder" : "encoder";
}

/* A line a third of a second: what the Train page shows. */
static gboolean
on_tick (gpointer data)
{
  TrainJob *job = data;
  UsTrainerProgress progress;
  g_autofree char *left = NULL;
  g_autofree char *text = NULL;
  g_autofree char *held_out = NULL;

  us_trainer_get_progress (job->trainer, &progress);
  if (progress.state != US_TRAINER_RUNNING || progress.step == 0)
    return G_SOURCE_CONTINUE;
  left = us_cli_duration (progress.seconds_left);
  held_out = isnan (progress.held_out) ? g_strdup ("") : g_strdup_printf (", held out %.5g", progress.held_out);
  text = g_strdup_printf ("step %u of 2 (%s): %5.1f %%, loss %.5g%s, %.0f draws/s, %s left", progress.step,
                          step_name (job->method, progress.step), 100 * progress.fraction, progress.loss,
                          held_out, progress.samples_per_s, left);
  us_cli_progress (text);
  return G_SOURCE_CONTINUE;
}

static gboolean
quit_loop (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

static gpointer
train_thread (gpointer data)
{
  TrainJob *job = data;

  job->done = us_trainer_run (job->trainer, NULL, &job->error);
  g_idle_add (quit_loop, job->loop);
  return NULL;
}

/* An interrupt keeps what is learnt. */
static void
on_cancelled (GCancellable *cancellable,
              gpointer      trainer)
{
  us_trainer_stop (trainer);
}

char *
us_cli_command_line (int    argc,
                     char **argv)
{
  g_autoptr(GString) text = g_string_new ("understudy-cli");

  for (int i = 0; i < argc; i++)
    {
      g_autofree char *quoted = g_regex_match_simple ("^[A-Za-z0-9_./:=+-]+$", argv[i], 0, 0)
                                ? g_strdup (argv[i]) : g_shell_quote (argv[i]);

      g_string_append_printf (text, " %s", quoted);
    }
  return g_strdup (text->str);
}

static gboolean
run_job (UsTrainerConfig *config,
         GCancellable    *cancellable,
         gboolean         json,
         GError         **error)
{
  g_autoptr(UsTrainer) trainer = us_trainer_new (config);
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  TrainJob job = { trainer, cancellable, loop, NULL, FALSE, config->method };
  guint tick = g_timeout_add (330, on_tick, &job);
  gulong handler = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), trainer, NULL);
  GThread *thread = g_thread_new ("train", train_thread, &job);
  UsTrainerProgress progress;

  g_main_loop_run (loop);
  g_thread_join (thread);
  g_cancellable_disconnect (cancellable, handler);
  g_source_remove (tick);
  us_cli_progress (NULL);
  us_trainer_get_progress (trainer, &progress);
  if (!job.done)
    {
      g_propagate_error (error, job.error);
      return FALSE;
    }
  if (json)
    {
      g_autoptr(JsonBuilder) builder = json_builder_new ();

      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "model");
      json_builder_add_string_value (builder, config->path);
      json_builder_set_member_name (builder, "state");
      json_builder_add_string_value (builder, progress.state == US_TRAINER_STOPPED ? "stopped" : "done");
      json_builder_set_member_name (builder, "seconds");
      json_builder_add_double_value (builder, progress.seconds);
      json_builder_set_member_name (builder, "loss");
      json_builder_add_double_value (builder, progress.loss);
      json_builder_set_member_name (builder, "held_out");
      json_builder_add_double_value (builder, isnan (progress.held_out) ? progress.loss : progress.held_out);
      json_builder_end_object (builder);
      us_cli_print_json (builder, FALSE);
    }
  else
    printf ("%s: %s after %.0f s, held-out loss %.6g\n", config->path,
            progress.state == US_TRAINER_STOPPED ? "stopped" : "trained", progress.seconds, progress.held_out);
  return TRUE;
}

static gboolean
check_numbers (const TrainOptions *options,
               UsTrainerConfig    *config,
               GError            **error)
{
  guint64 width, jobs;

  if (options->minutes != NULL && options->samples != NULL)
    return us_cli_misused (error, "--minutes and --samples exclude each other");
  if (options->minutes != NULL)
    {
      char *end;

      config->minutes = g_ascii_strtod (options->minutes, &end);
      if (*end != '\0' || !(config->minutes > 0 && config->minutes <= 100000))
        return us_cli_misused (error, "--minutes %s: expected a number above 0, at most 100000", options->minutes);
    }
  if (options->samples != NULL
      && !us_cli_parse_u64 ("--samples", options->samples, 1, G_GUINT64_CONSTANT (1000000000000), &config->samples, error))
    return FALSE;
  if (options->encoder_samples != NULL && options->samples == NULL)
    return us_cli_misused (error, "--encoder-samples goes with --samples");
  if (options->encoder_samples != NULL
      && !us_cli_parse_u64 ("--encoder-samples", options->encoder_samples, 1, G_GUINT64_CONSTANT (1000000000000),
                            &config->encoder_samples, error))
    return FALSE;
  if (!us_cli_parse_u64 ("--seed", options->seed != NULL ? options->seed : "0", 0, G_MAXUINT64, &config->seed, error)
      || !us_cli_parse_u64 ("--width", options->width != NULL ? options->width : "0", 0, 4096, &width, error)
      || !us_cli_parse_u64 ("--jobs", options->jobs != NULL ? options->jobs : "0", 0, 1024, &jobs, error))
    return FALSE;
  if (!(options->checkpoint_seconds >= 0 && options->checkpoint_seconds <= 86400))
    return us_cli_misused (error, "--checkpoint-seconds: expected a number from 0 (the default) to 86400");
  config->width = width;
  config->n_workers = jobs;
  return TRUE;
}

static gboolean
parse_number (const char *option,
              const char *text,
              double      most,
              double     *value,
              GError    **error)
{
  char *end;

  if (text == NULL)
    return TRUE;
  *value = g_ascii_strtod (text, &end);
  if (end == text || *end != '\0' || !(*value > 0 && *value <= most))
    return us_cli_misused (error, "%s %s: expected a number above 0, at most %g", option, text, most);
  return TRUE;
}

/* An option that another method would not look at is a misunderstanding. */
static gboolean
check_method (const TrainOptions *options,
              UsTrainerConfig    *config,
              GError            **error)
{
  if (options->method != NULL && !us_method_from_id (options->method, &config->method))
    {
      g_autoptr(GString) known = g_string_new (NULL);

      for (guint i = 0; i < US_N_METHODS; i++)
        g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", us_method_id (i));
      return us_cli_misused (error, "--method %s: expected one of %s", options->method, known->str);
    }
  if (!parse_number ("--kl-weight", options->kl_weight, 1e6, &config->kl_weight, error)
      || !parse_number ("--beta", options->beta, 1e6, &config->beta, error)
      || !parse_number ("--labelled-share", options->labelled_share, 0.999, &config->labelled_share, error))
    return FALSE;
  if (options->beta != NULL && config->method != US_METHOD_BETA_VAE)
    return us_cli_misused (error, "--beta goes with --method beta-vae");
  if (options->labelled_share != NULL && config->method != US_METHOD_SEMI_SUPERVISED)
    return us_cli_misused (error, "--labelled-share goes with --method semi-supervised");
  if (options->kl_weight != NULL
      && (config->method == US_METHOD_BETA_VAE || config->method == US_METHOD_SUPERVISED))
    return us_cli_misused (error, "--kl-weight: --method %s has no divergence to weigh%s", us_method_id (config->method),
                           config->method == US_METHOD_BETA_VAE ? " but by --beta" : "");
  return TRUE;
}

/* Simulator, output and prior: as given, else as the bank says, else the usual ones. */
static gboolean
choose_task (const TrainOptions *options,
             const char         *id,            /* or NULL */
             UsTrainerConfig    *config,
             UsPrior           **prior,
             GError            **error)
{
  g_autoptr(UsBank) bank = NULL;
  const UsSimulator *simulator = NULL;

  if (options->bank != NULL && (bank = us_bank_open (options->bank, error)) == NULL)
    return FALSE;
  if (id != NULL)
    simulator = us_registry_find (id, error);
  else
    simulator = us_trainer_bank_simulator (bank, &config->output, error);
  if (simulator == NULL
      || ((id != NULL || options->output != NULL)
          && !us_cli_output (simulator, options->output, &config->output, error))
      || (bank != NULL && !us_bank_check (bank, simulator, config->output, error)))
    return FALSE;
  if (bank != NULL && options->priors == NULL)
    {
      g_autoptr(GError) local = NULL;

      *prior = us_trainer_bank_prior (bank, simulator, &local);
      if (local != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
    }
  if (*prior == NULL)
    *prior = us_cli_prior (simulator, options->priors, error);
  config->prior = *prior;
  return *prior != NULL;
}

static gboolean
run_train (int           argc,
           char        **argv,
           GCancellable *cancellable,
           GError      **error)
{
  g_auto(TrainOptions) options = { NULL };
  g_autofree char *command = us_cli_command_line (argc, argv);
  const GOptionEntry entries[] = {
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &options.out, "The model file", "MODEL.safetensors" },
    { "preset", 0, 0, G_OPTION_ARG_STRING, &options.preset, "paper, quick, standard (default) or best", "NAME" },
    { "minutes", 'm', 0, G_OPTION_ARG_STRING, &options.minutes, "Budget of both steps (default the preset's)", "M" },
    { "samples", 'n', 0, G_OPTION_ARG_STRING, &options.samples, "Draws of each step instead of minutes", "N" },
    { "encoder-samples", 0, 0, G_OPTION_ARG_STRING, &options.encoder_samples,
      "With --samples: draws of step 2 (default as many as of step 1)", "N" },
    { "seed", 's', 0, G_OPTION_ARG_STRING, &options.seed, "Seed (default 0)", "S" },
    { "method", 0, 0, G_OPTION_ARG_STRING, &options.method,
      "simvae (default), supervised, beta-vae, unsupervised-start or semi-supervised", "ID" },
    { "kl-weight", 0, 0, G_OPTION_ARG_STRING, &options.kl_weight,
      "Draw answers from µ and σ, and weigh their divergence from the prior (default: µ alone)", "W" },
    { "beta", 0, 0, G_OPTION_ARG_STRING, &options.beta, "Of beta-vae (default 4)", "B" },
    { "labelled-share", 0, 0, G_OPTION_ARG_STRING, &options.labelled_share,
      "Of semi-supervised: share of rows that carry their parameters (default 0.1)", "S" },
    { "bank", 0, 0, G_OPTION_ARG_FILENAME, &options.bank,
      "Train on stored rows instead of fresh draws; SIM may then be left out", "BANK" },
    { "prior", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &options.priors, "Another prior for a parameter", "NAME=KIND:A:B" },
    { "output", 0, 0, G_OPTION_ARG_STRING, &options.output, "Which output (default the first)", "ID" },
    { "width", 0, 0, G_OPTION_ARG_STRING, &options.width, "Channels of the widest layer (default the preset's)", "C" },
    { "jobs", 'j', 0, G_OPTION_ARG_STRING, &options.jobs, "Workers (default all processors)", "J" },
    { "checkpoint-seconds", 0, 0, G_OPTION_ARG_DOUBLE, &options.checkpoint_seconds,
      "Time between two checkpoints (default 60)", "S" },
    { "resume", 0, 0, G_OPTION_ARG_NONE, &options.resume, "Go on from MODEL.checkpoint when there is one", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print one JSON object", NULL },
    G_OPTION_ENTRY_NULL,
  };
  UsTrainerConfig config = { NULL };
  g_autoptr(UsPrior) prior = NULL;

  if (argc >= 2 && g_str_equal (argv[1], "posterior"))
    return us_cli_train_posterior (argc, argv, command, cancellable, error);
  if (argc >= 2 && (g_str_equal (argv[1], "forecast") || g_str_equal (argv[1], "selection")
                    || g_str_equal (argv[1], "quantities")))
    return us_cli_train_predictor (argc, argv, command, cancellable, error);
  if (argc < 2 || !g_str_equal (argv[1], "simvae"))
    {
      if (argc >= 2 && (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h")))
        return us_cli_parse (&us_cli_command_train, entries, &argc, &argv, 0, error);
      return us_cli_misused (error, "train what? This version trains: simvae, posterior");
    }
  if (!us_cli_parse (&us_cli_command_train, entries, &argc, &argv, -1, error)
      || !check_numbers (&options, &config, error)
      || !check_method (&options, &config, error))
    return FALSE;
  if (argc != 3 && !(argc == 2 && options.bank != NULL))
    return us_cli_misused (error, "train takes: %s (got %d words)", us_cli_command_train.arguments, argc - 1);
  if (options.out == NULL)
    return us_cli_misused (error, "--out is missing: the model file to write, ending in .safetensors");
  if ((config.preset = us_preset_find (options.preset != NULL ? options.preset : "standard", error)) == NULL
      || !choose_task (&options, argc == 3 ? argv[2] : NULL, &config, &prior, error))
    return FALSE;
  config.bank = options.bank;
  config.path = options.out;
  config.resume = options.resume;
  config.checkpoint_seconds = options.checkpoint_seconds;
  config.command = command;
  return run_job (&config, cancellable, options.json, error);
}

const UsCliCommand us_cli_command_train = {
  "train", "simvae|posterior|quantities|forecast|selection SIM… --out MODEL",
  "Trains, from simulations alone, a SimVAE (a decoder that is the simulator, an encoder that inverts it) or a predictor: posterior, quantities, forecast, choice of mechanism.",
  run_train,
};
