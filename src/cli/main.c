/* SPDX-License-Identifier: GPL-3.0-or-later */
/* understudy-cli: the engine from a terminal.  Exit status 0 done, 1 failed, 2 misused. */
#include "config.h"

#include "us-cli.h"
#include "us-dataset.h"
#include "us-locale.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static const UsCliCommand *const commands[] = {
  &us_cli_command_simulators,
  &us_cli_command_describe,
  &us_cli_command_simulate,
  &us_cli_command_train,
  &us_cli_command_decode,
  &us_cli_command_infer,
  &us_cli_command_refine,
  &us_cli_command_attribute,
  &us_cli_command_fit,
  &us_cli_command_evaluate,
  &us_cli_command_reproduce,
  &us_cli_command_benchmark,
};

static void
print_usage (FILE *stream)
{
  fprintf (stream, "Usage: understudy-cli COMMAND …   (understudy-cli COMMAND --help for its options)\n\n");
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    fprintf (stream, "  %s %s\n      %s\n", commands[i]->name, commands[i]->arguments, commands[i]->summary);
}

/* The terminal's interrupt asks the running command to end in good order; a
 * second one ends the process at once.  The handler only writes to a pipe: OpenBLAS has made
 * threads before main begins, so that blocking the signals and waiting for them is not possible. */
static int signal_pipe[2];

static void
on_signal (int number)
{
  int saved = errno;
  guint8 byte = (guint8) number;

  if (write (signal_pipe[1], &byte, 1) < 0)
    _exit (128 + number);
  errno = saved;
}

static gpointer
wait_for_signals (gpointer data)
{
  GCancellable *cancellable = data;
  guint8 number;

  for (guint times = 0; read (signal_pipe[0], &number, 1) == 1; times++)
    {
      if (times > 0)
        _exit (128 + number);
      fputs ("\nStopping in good order; interrupt again to quit at once.\n", stderr);
      g_cancellable_cancel (cancellable);
    }
  return NULL;
}

static void
catch_signals (GCancellable *cancellable)
{
  struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

  if (!g_unix_open_pipe (signal_pipe, FD_CLOEXEC, NULL))
    return;
  sigemptyset (&action.sa_mask);
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  g_thread_unref (g_thread_new ("signals", wait_for_signals, cancellable));
}

/* A set of pictures that is opened for the first time is unpacked, whatever command names it. */
static void
on_unpacked (guint64  done,
             guint64  total,
             gpointer data)
{
  g_autofree char *text = g_strdup_printf ("unpacking %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " pictures", done, total);

  us_cli_progress (done < total ? text : NULL);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  gint cancelled = 0;

  us_locale_init ();
  g_set_prgname ("understudy-cli");
  if (argc < 2 || g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h"))
    {
      print_usage (argc < 2 ? stderr : stdout);
      return argc < 2 ? US_CLI_MISUSED : US_CLI_DONE;
    }
  if (g_str_equal (argv[1], "--version"))
    {
      puts (US_VERSION);
      return US_CLI_DONE;
    }

  g_cancellable_connect (cancellable, G_CALLBACK (us_cli_set_flag), &cancelled, NULL);
  us_dataset_set_monitor (on_unpacked, NULL, &cancelled);
  catch_signals (cancellable);
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (argv[1], commands[i]->name))
      {
        if (commands[i]->run (argc - 1, argv + 1, cancellable, &error))
          return US_CLI_DONE;
        us_cli_progress (NULL);
        fprintf (stderr, "understudy-cli: %s\n", error->message);
        return g_error_matches (error, US_CLI_ERROR, US_CLI_ERROR_MISUSED) ? US_CLI_MISUSED : US_CLI_FAILED;
      }
  fprintf (stderr, "understudy-cli: no command “%s”\n\n", argv[1]);
  print_usage (stderr);
  return US_CLI_MISUSED;
}
