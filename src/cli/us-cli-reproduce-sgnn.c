/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reproduce sgnn: options, the parts one after the other, the report. */
#include "config.h"

#include "us-cli-reproduce-sgnn-private.h"

#include <stdio.h>
#include <string.h>

/* In the order of the page. */
static const UsSgnnPart parts[] = {
  { "posterior", "Latent parameters recovered", us_sgnn_part_posterior },
  { "r0", "R₀ from early curves", us_sgnn_part_r0 },
  { "selection", "Choice of mechanism against AIC, AICc, BIC", us_sgnn_part_selection },
  { "mismatch", "Risk when the simulator is wrong", us_sgnn_part_mismatch },
  { "excess", "Excess risk falls as simulations grow", us_sgnn_part_excess },
  { "attribution", "Attribution goes to the exact posterior", us_sgnn_part_attribution },
  { "series", "Real series", us_sgnn_part_series },
};

static const UsCliCommand reproduce_sgnn = {
  "reproduce", "sgnn --out FOLDER",
  "Measures what is claimed of learning from simulations alone (arXiv 2509.18990), as one page of HTML.", NULL,
};

typedef struct
{
  char    *out, *data, *parts, *seed, *jobs, *rows;
  gboolean quick;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->out);
  g_free (options->data);
  g_free (options->parts);
  g_free (options->seed);
  g_free (options->jobs);
  g_free (options->rows);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static void
sgnn_clear (UsSgnn *self)
{
  g_free (self->out);
  g_free (self->models);
  g_free (self->data);
  g_clear_pointer (&self->results, g_ptr_array_unref);
  g_clear_pointer (&self->trained, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UsSgnn, sgnn_clear)

/* ---- options --------------------------------------------------------------------- */

/* In the page's order, whatever the order asked for. */
static gboolean
choose_parts (UsSgnn      *self,
              const char  *text,
              GError     **error)
{
  g_auto(GStrv) wanted = text != NULL ? g_strsplit (text, ",", -1) : NULL;
  g_autoptr(GString) known = g_string_new (NULL);

  for (gsize k = 0; k < G_N_ELEMENTS (parts); k++)
    g_string_append_printf (known, "%s%s", k > 0 ? ", " : "", parts[k].id);
  for (guint i = 0; wanted != NULL && wanted[i] != NULL; i++)
    {
      gboolean found = FALSE;

      for (gsize k = 0; k < G_N_ELEMENTS (parts); k++)
        found |= g_str_equal (wanted[i], parts[k].id);
      if (!found)
        return us_cli_misused (error, "--parts: there is no part “%s”; there are %s", wanted[i], known->str);
    }
  for (gsize k = 0; k < G_N_ELEMENTS (parts); k++)
    if (wanted == NULL || g_strv_contains ((const char *const *) wanted, parts[k].id))
      g_ptr_array_add (self->results, us_sgnn_result_new (&parts[k]));
  if (self->results->len == 0)
    return us_cli_misused (error, "--parts: names none of %s", known->str);
  return TRUE;
}

static gboolean
take_options (UsSgnn         *self,
              const Options  *options,
              GError        **error)
{
  guint64 jobs;

  if (options->out == NULL)
    return us_cli_misused (error, "--out is missing: a folder for the report");
  if (!us_cli_parse_u64 ("--seed", options->seed != NULL ? options->seed : "1", 0, G_MAXUINT64, &self->seed, error)
      || !us_cli_parse_u64 ("--jobs", options->jobs != NULL ? options->jobs : "0", 0, 1024, &jobs, error)
      || (options->rows != NULL && !us_cli_parse_u64 ("--rows", options->rows, 100, 1000000000, &self->rows, error)))
    return FALSE;
  if (options->data != NULL && !g_file_test (options->data, G_FILE_TEST_IS_DIR))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "--data %s: there is no such folder", options->data);
      return FALSE;
    }
  self->n_workers = (guint) jobs;
  self->quick = options->quick;
  self->out = g_strdup (options->out);
  self->data = g_strdup (options->data);
  self->models = g_build_filename (self->out, "models", NULL);
  return TRUE;
}

/* ---- the work ---------------------------------------------------------------------- */

/* A part that fails says so in the report and the others go on; only being stopped ends all. */
static gboolean
work (UsSgnn   *self,
      GError  **error)
{
  for (guint i = 0; i < self->results->len; i++)
    {
      UsSgnnResult *result = self->results->pdata[i];
      gint64 began = g_get_monotonic_time ();
      g_autoptr(GError) local = NULL;

      self->now = result;
      us_sgnn_progress (self, "begins");
      if (!result->part->run (self, &local))
        {
          if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
            return FALSE;
          result->failure = g_strdup (local->message);
          fprintf (stderr, "%s failed: %s\n", result->part->id, local->message);
        }
      result->seconds = (g_get_monotonic_time () - began) / 1e6;
      /* after each part, so that one can look at it while the next is at work */
      if (!us_sgnn_write_page (self, error) || !us_sgnn_write_numbers (self, error))
        return FALSE;
    }
  return TRUE;
}

static void
print_result (const UsSgnn *self)
{
  for (guint i = 0; i < self->results->len; i++)
    {
      const UsSgnnResult *result = self->results->pdata[i];
      g_autofree char *seconds = us_reproduce_seconds (result->seconds);

      printf ("%s (%s, %s)\n", result->part->title, result->part->id, seconds);
      if (result->failure != NULL)
        printf ("  failed: %s\n", result->failure);
      for (guint k = 0; k < result->short_words->len; k++)
        printf ("  %s\n", (const char *) result->short_words->pdata[k]);
      for (guint c = 0; c < result->checks->len; c++)
        {
          const UsReproduceCheck *check = &g_array_index (result->checks, UsReproduceCheck, c);

          printf ("  %s: %.*f, wanted %s %.*f: %s\n", check->what, (int) check->decimals, check->value,
                  check->want == US_WANT_AT_LEAST ? "at least" : "at most", (int) check->decimals, check->target,
                  check->reached ? "reached" : "missed");
        }
    }
  printf ("%s/index.html\n", self->out);
}

gboolean
us_cli_reproduce_sgnn (int            argc,
                       char         **argv,
                       const char    *command,
                       GCancellable  *cancellable,
                       GError       **error)
{
  g_auto(Options) options = { NULL };
  const GOptionEntry entries[] = {
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &options.out, "Folder of the report", "FOLDER" },
    { "quick", 'q', 0, G_OPTION_ARG_NONE, &options.quick, "All of it coarsely, in under 5 minutes", NULL },
    { "parts", 0, 0, G_OPTION_ARG_STRING, &options.parts, "Only these, separated by commas (default all)", "A,B" },
    { "data", 'd', 0, G_OPTION_ARG_FILENAME, &options.data,
      "Folder with more measured series, read in place: those that it has of the known ones are analysed too", "FOLDER" },
    { "rows", 'n', 0, G_OPTION_ARG_STRING, &options.rows, "At most so many simulations for a training (for trying it out)", "N" },
    { "seed", 's', 0, G_OPTION_ARG_STRING, &options.seed, "Seed (default 1)", "S" },
    { "jobs", 'j', 0, G_OPTION_ARG_STRING, &options.jobs, "Workers (default all processors)", "J" },
    G_OPTION_ENTRY_NULL,
  };
  g_auto(UsSgnn) self = { .command = command, .cancellable = cancellable, .began = g_get_monotonic_time () };
  gulong handler;
  gboolean done;

  self.results = g_ptr_array_new_with_free_func ((GDestroyNotify) us_sgnn_result_free);
  self.trained = g_ptr_array_new_with_free_func ((GDestroyNotify) us_sgnn_model_free);
  if (!us_cli_parse (&reproduce_sgnn, entries, &argc, &argv, 1, error)
      || !take_options (&self, &options, error)
      || !choose_parts (&self, options.parts, error)
      || !us_reproduce_make_folders (self.out, self.models, error))
    return FALSE;
  handler = g_cancellable_connect (cancellable, G_CALLBACK (us_cli_set_flag), &self.cancelled, NULL);
  done = work (&self, error);
  g_cancellable_disconnect (cancellable, handler);
  us_cli_progress (NULL);
  if (done)
    print_result (&self);
  return done;
}
