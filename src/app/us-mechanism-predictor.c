/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a predictor says of measured data: quantities, what is not seen or not yet, which mechanism. */
#include "config.h"

#include "us-mechanism-results.h"

#include "us-quantity.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* D targets, L levels, K mechanisms, T points, C channels. */

#define FAN_HEIGHT  340
#define BARS_HEIGHT 280
#define MOST_ROWS   8           /* of a series in the table */
#define INNER       0.5         /* mass of the narrower interval in the table */

static const UsFindingsMood moods[] = { US_FINDINGS_PLAIN, US_FINDINGS_DOUBTFUL, US_FINDINGS_BAD };

/* --- which mechanism ------------------------------------------------------------------------ */

/* What stands before "@" and "+" of the ids, where that tells them apart. */
static char **
short_names (const UsPredictor *self)
{
  gsize K = us_predictor_head (self)->n_targets;
  char **names = g_new0 (char *, K + 1);
  gboolean alike = FALSE;

  for (gsize k = 0; k < K; k++)
    {
      const char *id = us_predictor_class_name (self, k);

      names[k] = g_strndup (id, strcspn (id, "@+"));
      for (gsize j = 0; j < k; j++)
        alike = alike || g_str_equal (names[j], names[k]);
    }
  if (!alike)
    return names;
  for (gsize k = 0; k < K; k++)
    {
      g_free (names[k]);
      names[k] = g_strdup (us_predictor_class_name (self, k));
    }
  return names;
}

/* AIC or AICc of the fits and their weights; of those that cannot be fitted neither. */
static void
weigh (const UsMechanismFits *fits,
       gboolean               corrected,
       double                *criteria,         /* (K) */
       double                *weights)          /* (K) */
{
  gboolean any = FALSE;

  for (gsize k = 0; k < fits->n_classes; k++)
    {
      criteria[k] = fits->fit[k] == NULL ? INFINITY : corrected ? fits->fit[k]->aicc : fits->fit[k]->aic;
      any = any || isfinite (criteria[k]);
    }
  us_fit_weights (fits->n_classes, criteria, weights);
  for (gsize k = 0; k < fits->n_classes; k++)
    if (!any || fits->fit[k] == NULL)
      weights[k] = NAN;
}

static gsize
greatest (gsize         n,
          const double *values)
{
  gsize best = 0;

  for (gsize k = 1; k < n; k++)
    if (!(values[k] <= values[best]))
      best = isnan (values[k]) ? best : k;
  return best;
}

static char *
words_choice (char                 **names,
              gsize                  K,
              const double          *p,
              const UsMechanismFits *fits,
              const char            *no_fits,           /* why there are none, or NULL */
              const double          *corrected)         /* (K) weights of AICc, or NULL */
{
  gsize best = greatest (K, p), fitted;
  GString *text = g_string_new (NULL);

  g_string_printf (text, _("The network holds %s the likeliest of these, with %.1f %%."), names[best], 100 * p[best]);
  if (fits == NULL && no_fits != NULL)
    {
      g_string_append_c (text, '\n');
      g_string_append_printf (text, _("There are no fits to compare with: %s"), no_fits);
    }
  if (fits == NULL)
    return g_string_free (text, FALSE);
  g_string_append_c (text, ' ');
  fitted = greatest (K, corrected);
  if (isnan (corrected[fitted]))
    g_string_append (text, _("No fit says more: there are too few values for the criteria, or nothing can be fitted."));
  else if (fitted == best)
    g_string_append_printf (text, _("So do maximum-likelihood fits: its AICc weighs %.1f %%."), 100 * corrected[fitted]);
  else
    g_string_append_printf (text, _("Maximum-likelihood fits prefer %s: its AICc weighs %.1f %%."), names[fitted],
                            100 * corrected[fitted]);
  for (gsize k = 0; k < K; k++)
    if (fits->why[k] != NULL)
      g_string_append_printf (text, "\n%s", fits->why[k]);
  return g_string_free (text, FALSE);
}

static UsPlot *
plot_choice (char         **names,
             gsize          K,
             const double  *p,
             const double  *plain,      /* (K) weights of AIC, or NULL */
             const double  *corrected)
{
  UsPlot *plot = us_plot_new (NULL);
  g_autofree double *x = g_new (double, K);
  double width = plain != NULL ? 0.26 : 0.6;

  us_plot_set_axis (plot, US_AXIS_X, _("Mechanism"), NULL, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, _("Probability"), NULL, US_SCALE_LINEAR);
  us_plot_set_categories (plot, US_AXIS_X, (const char *const *) names);
  us_plot_set_range (plot, US_AXIS_X, -0.5, K - 0.5);
  us_plot_set_range (plot, US_AXIS_Y, 0, 1);
  for (gsize k = 0; k < K; k++)
    x[k] = k - (plain != NULL ? width : 0);
  us_plot_add_bars (plot, _("Network"), &(UsPlotStyle) { .colour = 1 }, K, x, p, width);
  if (plain == NULL)
    return plot;
  for (gsize k = 0; k < K; k++)
    x[k] = k;
  us_plot_add_bars (plot, _("Weight by AIC"), &(UsPlotStyle) { .colour = 2 }, K, x, plain, width);
  for (gsize k = 0; k < K; k++)
    x[k] = k + width;
  us_plot_add_bars (plot, _("Weight by AICc"), &(UsPlotStyle) { .colour = 3 }, K, x, corrected, width);
  us_plot_set_legend_visible (plot, TRUE);
  return plot;
}

static char *
share (double value)
{
  return isnan (value) ? g_strdup ("–") : g_strdup_printf (_("%.1f %%"), 100 * value);
}

static char *
criterion (double value)
{
  return isfinite (value) ? g_strdup_printf ("%.1f", value) : g_strdup ("–");
}

static void
add_choice (const UsPredictor     *self,
            const double          *p,
            const UsMechanismFits *fits,
            const char            *no_fits,
            UsMechanismResult     *result)
{
  gsize K = us_predictor_head (self)->n_targets;
  const char *const header[] = { _("Mechanism"), _("Network"), fits != NULL ? "AIC" : NULL, _("Weight by AIC"), "AICc",
                                 _("Weight by AICc"), NULL };
  g_auto(GStrv) names = short_names (self);
  g_autofree double *values = g_new (double, 4 * K);    /* AIC, its weights, AICc, its weights; (K) each */
  double *aic = values, *plain = values + K, *aicc = values + 2 * K, *corrected = values + 3 * K;
  GString *csv = g_string_new ("simulator,probability,aic,aic_weight,aicc,aicc_weight\n");
  UsFindingsSection *section;

  if (fits != NULL)
    {
      weigh (fits, FALSE, aic, plain);
      weigh (fits, TRUE, aicc, corrected);
    }
  section = us_findings_add_section (result->findings, _("Which mechanism"), words_choice (names, K, p, fits, no_fits,
                                                                                               corrected));
  us_findings_set_header (section, header);
  for (gsize k = 0; k < K; k++)
    {
      us_findings_add_cell (section, g_strdup (names[k]));
      us_findings_add_cell (section, share (p[k]));
      us_mechanism_csv_text (csv, us_predictor_class_name (self, k));
      g_string_append_c (csv, ',');
      us_mechanism_csv_number (csv, p[k]);
      for (gsize c = 0; c < 4; c++)
        {
          g_string_append_c (csv, ',');
          if (fits == NULL)
            continue;
          us_findings_add_cell (section, c % 2 == 0 ? criterion (values[c * K + k]) : share (values[c * K + k]));
          us_mechanism_csv_number (csv, values[c * K + k]);
        }
      g_string_append_c (csv, '\n');
    }
  us_findings_add_figure (section, plot_choice (names, K, p, fits != NULL ? plain : NULL, corrected), "mechanisms", BARS_HEIGHT,
                          TRUE);
  result->table = g_string_free (csv, FALSE);
}

/* --- quantities, and what lies at later or unseen places ---------------------------------------- */

/* The answer of a target: its middle, and how many intervals there are around it. */
typedef struct
{
  const UsHead *head;
  const double *answer;         /* (D, L), or (D) */
  gsize         each;           /* L, or 1 */
} Answer;

static double
middle_of (const Answer *self,
           gsize         d)
{
  gsize half = self->each / 2;
  const double *q = self->answer + d * self->each;

  return self->each % 2 == 1 ? q[half] : (q[half - 1] + q[half]) / 2;
}

static double
mass_of (const Answer *self,
         gsize         pair)            /* 0: the outermost */
{
  return self->head->levels[self->each - 1 - pair] - self->head->levels[pair];
}

/* The interval whose mass is nearest to half. */
static gsize
inner_pair (const Answer *self)
{
  gsize best = 0;

  for (gsize pair = 1; pair < self->each / 2; pair++)
    if (fabs (mass_of (self, pair) - INNER) < fabs (mass_of (self, best) - INNER))
      best = pair;
  return best;
}

static void
add_row (const Answer            *self,
         const UsPredictorTarget *target,
         gsize                    d,
         const char              *label,
         UsFindingsSection       *section)
{
  const double *q = self->answer + d * self->each;
  gsize last = self->each - 1, inner = self->each > 1 ? inner_pair (self) : 0;

  us_findings_add_cell (section, g_strdup (label));
  us_findings_add_cell (section, us_quantity_format_inside (middle_of (self, d), q[0], q[last], target->unit));
  if (self->each == 1)
    return;
  us_findings_add_cell (section, us_quantity_format_range (q[inner], q[last - inner], target->unit));
  us_findings_add_cell (section, us_quantity_format_range (q[0], q[last], target->unit));
}

static void
set_header (const Answer      *self,
            UsFindingsSection *section)
{
  g_autofree char *inner = NULL, *outer = NULL;
  const char *header[5] = { _("Quantity"), self->each > 1 ? _("Median") : _("Mean") };

  if (self->each > 1)
    {
      inner = g_strdup_printf (_("Central %.0f %%"), 100 * mass_of (self, inner_pair (self)));
      outer = g_strdup_printf (_("Central %.0f %%"), 100 * mass_of (self, 0));
      header[2] = inner;
      header[3] = outer;
    }
  us_findings_set_header (section, header);
}

/* Those that lie nowhere. */
static void
add_scalars (const UsPredictor *self,
             const Answer      *answer,
             UsFindings        *findings)
{
  UsFindingsSection *section = NULL;

  for (gsize d = 0; d < answer->head->n_targets; d++)
    {
      const UsPredictorTarget *target = us_predictor_target (self, d);

      if (isfinite (target->at))
        continue;
      if (section == NULL)
        {
          section = us_findings_add_section (findings, _("What is inferred"), NULL);
          set_header (answer, section);
        }
      add_row (answer, target, d, *target->label != '\0' ? _(target->label) : target->name, section);
    }
}

/* Measured values of the channel that the targets are of, before what is foretold. */
static void
add_data (const UsPredictor       *self,
          const UsPredictorTarget *target,
          const float             *x,
          UsPlot                  *plot)
{
  const UsOutput *output = us_predictor_observed (self);
  g_autofree double *at = g_new (double, output->height), *y = g_new (double, output->height);
  gsize channel = output->channels;

  for (gsize c = 0; c < output->channels; c++)
    if (g_strcmp0 (us_output_channel (output, c).id, target->name) == 0)
      channel = c;
  if (channel == output->channels)
    return;
  for (gsize t = 0; t < output->height; t++)
    {
      at[t] = us_output_x (output, t);
      y[t] = x[t * output->channels + channel];
    }
  us_plot_add_scatter (plot, _("Data"), &(UsPlotStyle) { .colour = US_COLOUR_FOREGROUND, .width = 6, .opacity = 1 },
                       output->height, at, y);
}

static UsPlot *
plot_fan (const UsPredictor *self,
          const Answer      *answer,
          const gsize       *targets,   /* (n) */
          gsize              n,
          const float       *x)
{
  const UsOutput *output = us_predictor_observed (self);
  const UsPredictorTarget *first = us_predictor_target (self, targets[0]);
  g_autofree double *at = g_new (double, n), *lower = g_new (double, n), *upper = g_new (double, n);
  UsPlot *plot = us_plot_new (NULL);

  us_plot_set_axis (plot, US_AXIS_X, output->x_label != NULL ? _(output->x_label) : "", output->x_unit,
                    output->x_logarithmic ? US_SCALE_LOG : US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, *first->label != '\0' ? _(first->label) : first->name, first->unit, US_SCALE_LINEAR);
  us_plot_set_legend_visible (plot, TRUE);
  for (gsize i = 0; i < n; i++)
    at[i] = us_predictor_target (self, targets[i])->at;
  for (gsize pair = 0; pair < answer->each / 2; pair++)
    {
      g_autofree char *name = g_strdup_printf (_("%.0f %% of what is expected"), 100 * mass_of (answer, pair));

      for (gsize i = 0; i < n; i++)
        {
          lower[i] = answer->answer[targets[i] * answer->each + pair];
          upper[i] = answer->answer[(targets[i] + 1) * answer->each - 1 - pair];
        }
      us_plot_add_band (plot, name, &(UsPlotStyle) { .colour = 1 }, n, at, lower, upper);
    }
  for (gsize i = 0; i < n; i++)
    lower[i] = middle_of (answer, targets[i]);
  us_plot_add_line (plot, answer->each > 1 ? _("Median") : _("Mean"), &(UsPlotStyle) { .colour = 1, .width = 2 }, n, at, lower);
  add_data (self, first, x, plot);
  us_mechanism_pad_x (plot, output, MAX (at[n - 1], us_output_x (output, output->height - 1)));
  return plot;
}

/* A section for each series: its fan, and some of its numbers. */
static void
add_series (const UsPredictor *self,
            const Answer      *answer,
            const float       *x,
            gboolean           forecast,
            UsFindings        *findings)
{
  gsize D = answer->head->n_targets;
  g_autofree gboolean *done = g_new0 (gboolean, D);
  g_autofree gsize *targets = g_new (gsize, D);

  for (gsize d = 0; d < D; d++)
    {
      const UsPredictorTarget *first = us_predictor_target (self, d);
      const char *label = *first->label != '\0' ? _(first->label) : first->name;
      const char *unit = us_predictor_observed (self)->x_unit;
      g_autofree char *title = NULL, *name = g_strdup_printf ("predicted-%s", first->name);
      UsFindingsSection *section;
      gsize n = 0, step;

      if (done[d] || !isfinite (first->at))
        continue;
      for (gsize e = d; e < D; e++)
        if (isfinite (us_predictor_target (self, e)->at) && g_str_equal (us_predictor_target (self, e)->name, first->name))
          {
            targets[n++] = e;
            done[e] = TRUE;
          }
      title = g_strdup_printf (forecast ? _("What comes next: %s") : _("What nobody measured: %s"), label);
      section = us_findings_add_section (findings, title, NULL);
      set_header (answer, section);
      step = (n + MOST_ROWS - 1) / MOST_ROWS;
      for (gsize i = (n - 1) % step; i < n; i += step)
        {
          double at = us_predictor_target (self, targets[i])->at;
          g_autofree char *row = g_strdup_printf (_("%s at %g %s"), label, at, unit != NULL ? unit : "");

          add_row (answer, first, targets[i], row, section);
        }
      us_findings_add_figure (section, plot_fan (self, answer, targets, n, x), name, FAN_HEIGHT, TRUE);
    }
}

static char *
answers_to_csv (const UsPredictor *self,
                const Answer      *answer)
{
  GString *text = g_string_new ("name,at,unit");

  if (answer->each == 1)
    g_string_append (text, ",mean");
  for (gsize i = 0; answer->each > 1 && i < answer->each; i++)
    {
      g_string_append (text, ",q");
      us_mechanism_csv_number (text, answer->head->levels[i]);
    }
  g_string_append_c (text, '\n');
  for (gsize d = 0; d < answer->head->n_targets; d++)
    {
      const UsPredictorTarget *target = us_predictor_target (self, d);

      us_mechanism_csv_text (text, target->name);
      g_string_append_c (text, ',');
      us_mechanism_csv_number (text, target->at);
      g_string_append_c (text, ',');
      us_mechanism_csv_text (text, target->unit);
      for (gsize i = 0; i < answer->each; i++)
        {
          g_string_append_c (text, ',');
          us_mechanism_csv_number (text, answer->answer[d * answer->each + i]);
        }
      g_string_append_c (text, '\n');
    }
  return g_string_free (text, FALSE);
}

/* --- all of it ------------------------------------------------------------------------------------- */

UsMechanismResult *
us_mechanism_result_new_predictor (UsPredictor           *predictor,
                                   const UsMeasurements  *data,
                                   const float           *x,
                                   const char            *unusual,
                                   UsUsualLevel           level,
                                   const char            *no_unusual,
                                   const UsMechanismFits *fits,
                                   const char            *no_fits)
{
  const UsHead *head = us_predictor_head (predictor);
  const UsPredictorRecord *record = us_predictor_record (predictor);
  g_autofree double *numbers = g_new (double, us_head_n_answers (head));
  Answer answer = { head, numbers, head->kind == US_HEAD_QUANTILES ? head->n_levels : 1 };
  g_autofree char *remarks = g_strjoinv ("\n", data->remarks);
  g_autofree char *from = g_strdup_printf (_("A network that was trained on %zu simulations."), record->n_rows);
  char *words = *remarks != '\0' ? g_strdup_printf ("%s\n%s", remarks, from) : g_strdup (from);
  UsMechanismResult *result;

  us_predictor_answer (predictor, 1, x, numbers);
  result = us_mechanism_result_new (unusual != NULL
    ? us_findings_new (moods[level], g_strdup (unusual), words)
    : us_findings_new (US_FINDINGS_PLAIN, g_strdup_printf (_("How unusual these data are cannot be said: %s"), no_unusual), words));
  if (head->kind == US_HEAD_CLASSES)
    {
      add_choice (predictor, numbers, fits, no_fits, result);
      return result;
    }
  add_scalars (predictor, &answer, result->findings);
  add_series (predictor, &answer, x, g_strcmp0 (record->task, "forecast") == 0, result->findings);
  result->table = answers_to_csv (predictor, &answer);
  return result;
}
