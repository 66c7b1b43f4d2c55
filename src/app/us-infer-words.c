/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-infer-words.h"

#include "us-file.h"
#include "us-quantity.h"

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

      if (simulator->parameters[p].circular || simulator->parameters[p].classes != NULL)
        continue;
      us_prior_range (prior, p, &lower, &upper);
      if (us_prior_distribution (prior, p)->kind == US_DISTRIBUTION_LOG_UNIFORM && lower > 0)
        {
          lower = log (lower);
          upper = log (upper);
          mean = log (mean);
        }
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

char *
us_infer_words_symmetry (const UsInferLetter *letter)
{
  const UsSimulator *simulator = us_simvae_simulator (letter->model);

  if (simulator->random_equivalent == NULL || simulator->symmetry == NULL)
    return NULL;
  /* Translators: %s is a sentence, "any order of the corners gives the same picture" */
  return g_strdup_printf (_("No data can tell these parameters apart from all others: %s. The parameters above are one "
                            "of many equally good answers; what can be told is what these have in common."),
                          _(simulator->symmetry));
}

char *
us_infer_words_other (const UsInferLetter *letter,
                      gsize                which)
{
  const UsSimulator *simulator = us_simvae_simulator (letter->model);
  const UsOutput *output = &simulator->outputs[us_simvae_output (letter->model)];
  gsize P = simulator->n_parameters, C = output->channels;
  g_autoptr(GString) theta = g_string_new (NULL);
  g_autoptr(GString) rms = g_string_new (NULL);

  for (gsize p = 0; p < P; p++)
    {
      const UsParameter *parameter = &simulator->parameters[p];
      g_autofree char *value = us_quantity_format (letter->others[which * P + p], parameter->unit);

      g_string_append_printf (theta, "%s%s %s", p > 0 ? ", " : "", parameter->symbol, value);
    }
  for (gsize c = 0; c < C; c++)
    {
      g_autofree char *value = us_quantity_format_error (letter->others_rms[which * C + c],
                                                         us_output_channel (output, c).unit);

      g_string_append_printf (rms, "%s%s", c > 0 ? ", " : "", value);
    }
  /* Translators: parameters, then how far the simulator run on them is from the data */
  return g_strdup_printf (_("%s: RMS %s"), theta->str, rms->str);
}

char *
us_infer_words_columns (const UsOutput *output)
{
  g_autofree char *first = us_quantity_format (output->x_lower, output->x_unit);
  g_autofree char *last = us_quantity_format (output->x_upper, output->x_unit);
  g_autoptr(GString) list = g_string_new (NULL);

  for (gsize i = 0; i <= output->channels; i++)
    {
      const char *label = i == 0 ? output->x_label : output->channel_info[i - 1].label;
      const char *unit = i == 0 ? output->x_unit : output->channel_info[i - 1].unit;

      g_string_append_printf (list, "%s%s", i > 0 ? ", " : "", _(label));
      if (*unit != '\0')
        g_string_append_printf (list, " (%s)", unit);
    }
  return g_strdup_printf (_("%s\n\nAt any points from %s to %s; other units are read where the header names them."),
                          list->str, first, last);
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
