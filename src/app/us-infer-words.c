/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-infer-words.h"

#include "us-quantity.h"

#include <glib/gi18n.h>
#include <math.h>

/* This near to an end of its prior, as a share of it, a parameter counts as lying there. */
#define EDGE 0.005

/* "a₁, b₂": what the encoder would have put further out had its prior let it; NULL: nothing. */
static char *
list_edges (const UsReading *reading)
{
  UsPrior *prior = us_simvae_prior (reading->model);
  const UsSimulator *simulator = us_simvae_simulator (reading->model);
  g_autoptr(GString) list = g_string_new (NULL);

  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      double lower, upper, mean = reading->inference->mean[p];

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

/* With what the fit is compared: a hand that has drawn is not blamed for being one. */
static const char *
describe_peers (const UsReading *reading)
{
  return us_simvae_simulator (reading->model)->run_augmented != NULL
         ? _("the simulator’s own data, drawn as by an unsteady hand (other line widths, gaps, wobble, noise),")
         : _("the simulator’s own data");
}

char *
us_infer_words_fit (const UsReading *reading)
{
  double closer = 100 * reading->inference->unusual;
  const char *peers = describe_peers (reading);
  g_autofree char *edges = list_edges (reading);
  g_autoptr(GString) text = g_string_new (NULL);

  if (!isfinite (closer))
    g_string_append (text, _("How closely this model fits its own simulator was not measured, so that nothing can be "
                             "said about how unusual these data are."));
  else if (closer > 99)
    /* Translators: %s is "the simulator’s own data", perhaps with how they were drawn */
    g_string_append_printf (text, _("Unlike anything that the simulator makes: more than 99 %% of %s are fitted more "
                                    "closely. Look at the reconstruction before you believe the numbers."), peers);
  else if (closer > 90)
    g_string_append_printf (text, _("A poorer fit than usual: %.0f %% of %s are fitted more closely. Read the numbers "
                                    "with care."), closer, peers);
  else
    g_string_append_printf (text, _("Fits as well as is usual: %.0f %% of %s are fitted more closely, %.0f %% less "
                                    "closely."), closer, peers, 100 - closer);
  if (edges != NULL)
    g_string_append_printf (text, _(" At the edge of the prior, perhaps truly beyond it: %s."), edges);
  g_string_append_printf (text, _(" For data that the simulator made, each interval holds the true value in %.0f of 100 "
                                  "cases."), 100 * reading->inference->level);
  return g_strdup (text->str);
}

char *
us_infer_words_work (const UsInferLetter *letter)
{
  const char *note = letter->reading->observation->note;

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
us_infer_words_scale (const UsReading *reading)
{
  const UsIngestScale *scale = &reading->scale;
  const UsSimulator *simulator = us_simvae_simulator (reading->model);
  g_autofree char *done = NULL, *fitted = NULL, *limit = NULL;
  const char *symbol;

  if (reading->observation->xy == NULL)
    return g_strdup (_("Only drawings are scaled; these data are read as they are."));
  if (!scale->possible)
    return g_strdup (_("Read as it stands: no height brings it into the prior."));
  if (us_ingest_scale_is_identity (scale))
    return g_strdup (_("Read as it stands: the prior holds it."));

  symbol = simulator->parameters[scale->parameter].symbol;
  fitted = format_number (scale->fitted);
  limit = format_number (scale->limit);
  if (!reading->scaled)
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
us_infer_words_symmetry (const UsReading *reading)
{
  const UsSimulator *simulator = us_simvae_simulator (reading->model);
  const char *why = simulator->symmetry;

  if (simulator->random_equivalent == NULL || why == NULL)
    return NULL;
  if (reading->n_others == 0 && !reading->others_are_all)
    return g_strdup_printf (_("No data can tell parameters of this simulator from others that are as good: %s. Those above "
                              "are outside of what it accepts, so that the others cannot be given."), _(why));
  if (reading->n_others == 0)
    /* Translators: %s is a sentence, "any order of the corners gives the same picture" */
    return g_strdup_printf (_("Some answers of this simulator have others that are as good (%s). This one has none."),
                            _(why));
  if (reading->others_are_all)
    return g_strdup_printf (ngettext ("No data can tell the parameters above from the set below: %1$s. Both answers are "
                                      "equally good; their average is none.",
                                      "No data can tell the parameters above from the %2$d sets below: %1$s. All these "
                                      "answers are equally good; their average is none.", reading->n_others),
                            _(why), (int) reading->n_others);
  return g_strdup_printf (_("No data can tell the parameters above from countless others: %s. %d of them, spread over all "
                            "that are possible, are below. All are equally good; what can be told is what they have in "
                            "common."), _(why), (int) reading->n_others);
}

char *
us_infer_words_other (const UsReading *reading,
                      gsize            which)
{
  const UsSimulator *simulator = us_simvae_simulator (reading->model);
  const UsOutput *output = &simulator->outputs[us_simvae_output (reading->model)];
  gsize P = simulator->n_parameters, C = output->channels;
  g_autoptr(GString) theta = g_string_new (NULL);
  g_autoptr(GString) rms = g_string_new (NULL);

  for (gsize p = 0; p < P; p++)
    {
      const UsParameter *parameter = &simulator->parameters[p];
      g_autofree char *value = us_quantity_format (reading->others[which * P + p], parameter->unit);

      g_string_append_printf (theta, "%s%s %s", p > 0 ? ", " : "", parameter->symbol, value);
    }
  for (gsize c = 0; c < C; c++)
    {
      g_autofree char *value = us_quantity_format_error (reading->others_rms[which * C + c],
                                                         us_output_channel (output, c).unit);

      g_string_append_printf (rms, "%s%s", c > 0 ? ", " : "", value);
    }
  /* Translators: parameters, then how far the simulator run on them is from the data */
  return g_strdup_printf (_("%s: RMS %s"), theta->str, rms->str);
}

char *
us_infer_words_refined (const UsReading *reading)
{
  const UsSimulator *simulator = us_simvae_simulator (reading->model);
  g_autoptr(GString) theta = g_string_new (NULL);
  g_autofree char *rms = NULL;

  if (!isfinite (reading->rms_refined))
    return g_strdup (_("The simulator does not run on this answer."));
  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      const UsParameter *parameter = &simulator->parameters[p];
      g_autofree char *value = us_quantity_format (us_reading_in_own_height (reading, p, reading->refined[p]), parameter->unit);

      g_string_append_printf (theta, "%s%s %s", p > 0 ? ", " : "", parameter->symbol, value);
    }
  rms = us_quantity_format_error (reading->rms_refined, "");
  /* Translators: how often, how far, parameters */
  return g_strdup_printf (_("After %u runs of the simulator it misses the data by RMS %s: %s. The intervals above are the "
                            "encoder’s."), reading->n_runs, rms, theta->str);
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

const char *
us_infer_words_hint (const UsOutput *output,
                     gboolean        drawable)
{
  /* What is drawn is a function of x, or what a pen leaves behind. */
  gboolean curve = output->kind == US_OUTPUT_SERIES || output->traces;

  return drawable && curve ? _("Draw a curve here, from left to right,\nor drop a picture or table")
         : drawable ? _("Draw an outline here,\nor drop a picture")
         : output->kind == US_OUTPUT_IMAGE ? _("Drop a picture here, or open one")
         : _("Drop a table here, or open one");
}
