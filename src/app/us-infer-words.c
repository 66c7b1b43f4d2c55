/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-infer-words.h"

#include "us-file.h"

#include <glib/gi18n.h>
#include <math.h>

/* This near to an end of its prior, as a share of it, a parameter counts as lying there. */
#define EDGE 0.005

/* "a₁, b₂": what the encoder would have put further out had its prior let it; NULL: nothing. */
static char *
list_edges (const UsInferLetter *letter)
{
  UsPrior *prior = us_simvae_prior (letter->model);
  const UsSimulator *simulator = us_simvae_simulator (letter->model);
  g_autoptr(GString) list = g_string_new (NULL);

  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      double lower, upper, mean = letter->inference->mean[p];

      us_prior_range (prior, p, &lower, &upper);
      if (upper > lower && MIN (mean - lower, upper - mean) < EDGE * (upper - lower))
        g_string_append_printf (list, "%s%s", list->len > 0 ? ", " : "", simulator->parameters[p].symbol);
    }
  return list->len > 0 ? g_strdup (list->str) : NULL;
}

/* How far to believe it, in two or three sentences. */
char *
us_infer_words_fit (const UsInferLetter *letter)
{
  const UsInference *inference = letter->inference;
  double closer = 100 * inference->unusual;
  g_autofree char *edges = list_edges (letter);
  g_autoptr(GString) text = g_string_new (NULL);

  if (!isfinite (closer))
    g_string_append (text, _("How closely this model fits its own simulator was not measured, so that nothing can be "
                             "said about how unusual these data are."));
  else if (closer > 99)
    /* xgettext:no-c-format */
    g_string_append (text, _("Unlike anything that the simulator makes: more than 99 % of its own data are fitted more "
                             "closely. Look at the reconstruction before you believe the numbers."));
  else if (closer > 90)
    g_string_append_printf (text, _("A poorer fit than usual: %.0f %% of the simulator’s own data are fitted more "
                                    "closely. Read the numbers with care."), closer);
  else
    g_string_append_printf (text, _("Fits as the simulator’s own data do: %.0f %% of them are fitted more closely, "
                                    "%.0f %% less closely."), closer, 100 - closer);
  if (edges != NULL)
    g_string_append_printf (text, _(" At the edge of the prior, perhaps truly beyond it: %s."), edges);
  g_string_append_printf (text, _(" For data that the simulator made, each interval holds the true value in %.0f of 100 "
                                  "cases."), 100 * inference->level);
  return g_strdup (text->str);
}

char *
us_infer_words_work (const UsInferLetter *letter)
{
  const char *note = letter->observation->note;

  if (note != NULL && *note != '\0')
    return g_strdup_printf (_("Data %s. Read in %.1f ms."), note, letter->milliseconds);
  return g_strdup_printf (_("Read in %.1f ms."), letter->milliseconds);
}

/* "−0.25", with the sign that typographers use. */
static char *
format_number (double value)
{
  return g_strdup_printf (signbit (value) ? "\u2212%.2f" : "%.2f", fabs (value));
}

/* What was done to the drawing before it was read. */
static char *
describe_scale (const UsIngestScale *scale)
{
  g_autofree char *by = format_number (fabs (scale->shift));
  double percent = 100 * scale->scale;

  if (scale->shift == 0)
    return g_strdup_printf (_("Read at %.0f %% of its height."), percent);
  if (scale->scale == 1)
    return g_strdup_printf (scale->shift > 0 ? _("Read %s lower.") : _("Read %s higher."), by);
  return g_strdup_printf (scale->shift > 0 ? _("Read %s lower and at %.0f %% of its height.")
                                           : _("Read %s higher and at %.0f %% of its height."), by, percent);
}

static char *
describe_scaled (const char *done,
                 const char *symbol,
                 const char *fitted,
                 const char *limit)
{
  return g_strdup_printf (_("%s Its %s is about %s, the prior ends at %s. Numbers and curves here are those of the "
                            "drawing as it stands."), done, symbol, fitted, limit);
}

char *
us_infer_words_scale (const UsInferLetter *letter)
{
  const UsIngestScale *scale = &letter->scale;
  const UsSimulator *simulator = us_simvae_simulator (letter->model);
  g_autofree char *done = NULL, *fitted = NULL, *limit = NULL;
  const char *symbol;

  if (letter->observation->xy == NULL)
    return g_strdup (_("Only drawings are scaled; these data are read as they are."));
  if (!scale->possible)
    return g_strdup (_("Read as it stands: no height brings it into the prior."));
  if (us_ingest_scale_is_identity (scale))
    return g_strdup (_("Read as it stands: the prior holds it."));

  symbol = simulator->parameters[scale->parameter].symbol;
  fitted = format_number (scale->fitted);
  limit = format_number (scale->limit);
  if (!letter->scaled)
    return g_strdup_printf (_("Read as it stands, though the prior does not hold it: %s is about %s, its prior ends at "
                              "%s."), symbol, fitted, limit);
  done = describe_scale (scale);
  return describe_scaled (done, symbol, fitted, limit);
}

char *
us_infer_words_scale_room (void)
{
  const UsIngestScale scale = { .scale = 0.5, .shift = -0.5 };
  g_autofree char *done = describe_scale (&scale), *longest = format_number (-0.25);

  return describe_scaled (done, "a\u2085", longest, longest);
}

/* A value that was read, of the data as they stand. */
static double
in_own_height (const UsInferLetter *letter,
               gsize                parameter,
               double               value)
{
  return letter->scaled ? us_ingest_scale_undo (&letter->scale, parameter, value) : value;
}

char *
us_infer_words_csv (const UsInferLetter *letter)
{
  const UsSimulator *simulator = us_simvae_simulator (letter->model);
  const UsInference *inference = letter->inference;
  g_autoptr(GString) text = g_string_new ("parameter,unit,mean,sd,lower,upper\n");

  for (gsize p = 0; p < inference->n_parameters; p++)
    {
      const double values[] = {
        in_own_height (letter, p, inference->mean[p]),
        letter->scaled ? inference->sd[p] / letter->scale.scale : inference->sd[p],
        in_own_height (letter, p, inference->lower[p]),
        in_own_height (letter, p, inference->upper[p]),
      };

      g_string_append_printf (text, "%s,%s", simulator->parameters[p].name, simulator->parameters[p].unit);
      for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
        {
          char buffer[G_ASCII_DTOSTR_BUF_SIZE];

          g_string_append_printf (text, ",%s", us_dtoa (buffer, values[i]));
        }
      g_string_append_c (text, '\n');
    }
  return g_strdup (text->str);
}
