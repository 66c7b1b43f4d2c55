/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

G_DEFINE_QUARK (us-cli-error-quark, us_cli_error)

gboolean
us_cli_misused (GError    **error,
                const char *format,
                ...)
{
  va_list args;
  g_autofree char *text = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, US_CLI_ERROR, US_CLI_ERROR_MISUSED, text);
  return FALSE;
}

gboolean
us_cli_parse (const UsCliCommand  *command,
              const GOptionEntry  *entries,
              int                 *argc,
              char              ***argv,
              int                  n_positional,
              GError             **error)
{
  g_autoptr(GOptionContext) context = g_option_context_new (command->arguments);
  g_autoptr(GError) parse_error = NULL;
  g_autofree char *name = g_strdup_printf ("understudy-cli %s", command->name);
  gboolean want_help = FALSE;
  const GOptionEntry help[] = {
    { "help", 'h', 0, G_OPTION_ARG_NONE, &want_help, "Show this help", NULL },
    G_OPTION_ENTRY_NULL,
  };

  g_option_context_set_summary (context, command->summary);
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_add_main_entries (context, help, NULL);
  g_option_context_add_main_entries (context, entries, NULL);
  g_set_prgname (name);
  if (!g_option_context_parse (context, argc, argv, &parse_error))
    return us_cli_misused (error, "%s: %s", command->name, parse_error->message);
  if (want_help)
    {
      g_autofree char *text = g_option_context_get_help (context, TRUE, NULL);

      fputs (text, stdout);
      exit (US_CLI_DONE);
    }
  if (n_positional >= 0 && *argc - 1 != n_positional)
    return us_cli_misused (error, "%s takes: %s (got %d words where it wants %d)",
                           command->name, command->arguments, *argc - 1, n_positional);
  return TRUE;
}

gboolean
us_cli_parse_u64 (const char *option,
                  const char *text,
                  guint64     lower,
                  guint64     upper,
                  guint64    *value,
                  GError    **error)
{
  g_autoptr(GError) parse_error = NULL;

  if (text == NULL)
    return us_cli_misused (error, "%s is missing: a whole number from %" G_GUINT64_FORMAT " to %"
                           G_GUINT64_FORMAT, option, lower, upper);
  if (!g_ascii_string_to_unsigned (text, 10, lower, upper, value, &parse_error))
    return us_cli_misused (error, "%s %s: expected a whole number from %" G_GUINT64_FORMAT " to %"
                           G_GUINT64_FORMAT, option, text, lower, upper);
  return TRUE;
}

void
us_cli_print_json (JsonBuilder *builder,
                   gboolean     pretty)
{
  g_autoptr(JsonGenerator) generator = json_generator_new ();
  g_autoptr(JsonNode) root = json_builder_get_root (builder);
  g_autofree char *text = NULL;

  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, pretty);
  text = json_generator_to_data (generator, NULL);
  puts (text);
  fflush (stdout);
}

void
us_cli_set_flag (GCancellable *cancellable,
                 gint         *flag)
{
  g_atomic_int_set (flag, 1);
}

void
us_cli_progress (const char *text)
{
  static gint64 last;
  static gboolean open_line;
  gboolean terminal = isatty (STDERR_FILENO);
  gint64 now = g_get_monotonic_time ();

  if (terminal)
    {
      if (text != NULL)
        fprintf (stderr, "\r\033[K%s", text);
      else if (open_line)
        fputc ('\n', stderr);
      open_line = text != NULL;
    }
  else if (text != NULL && (last == 0 || now - last >= 10 * G_USEC_PER_SEC))
    {
      fprintf (stderr, "%s\n", text);
      last = now;
    }
  if (text == NULL)
    last = 0;
  fflush (stderr);
}

gboolean
us_cli_print_metrics (const char *folder,
                      GError    **error)
{
  g_autofree char *path = g_build_filename (folder, "metrics.json", NULL);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, error))
    return FALSE;
  g_print ("%s%s", text, g_str_has_suffix (text, "\n") ? "" : "\n");
  return TRUE;
}

char *
us_cli_duration (double seconds)
{
  long total = lround (MAX (seconds, 0));

  if (total < 60)
    return g_strdup_printf ("%ld s", total);
  if (total < 3600)
    return g_strdup_printf ("%ld min %ld s", total / 60, total % 60);
  return g_strdup_printf ("%ld h %ld min", total / 3600, total / 60 % 60);
}
