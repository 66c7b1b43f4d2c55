/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a posterior says of measured data: its parameters and what follows from them, beside the prior, and what it predicts
 * beside the data. */
#include "config.h"

#include "us-mechanism-results.h"

#include "us-draw-density.h"
#include "us-predictive-band.h"
#include "us-quantity.h"
#include "us-sbc-plots.h"
#include "us-series-plot.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* M draws, N of the prior, P parameters, Q quantities: parameters, then what is derived of them; V values, T points,
 * C channels. */

#define N_DRAWS     4000
#define N_PRIOR     4000
#define N_RUNS      400         /* of the simulator, for what is predicted */
#define POINTS      181         /* of a density */
#define DECADES     20.0        /* greatest over least, from which on a logarithm is shown */
#define MAX_CHARTS  16
#define BAND_HEIGHT 340
#define MARGINAL_HEIGHT 220

static const double levels[2] = { 0.5, 0.95 };

typedef struct
{
  const char *name, *label, *unit;
  gssize      own;              /* the simulator's parameter, or -1 */
  gboolean    logarithmic;      /* may span decades */
  double      lower, upper;     /* bounds; infinite: none */
} Quantity;

typedef struct
{
  UsPosterior       *posterior;
  const UsSimulator *simulator; /* or NULL */
  const UsPrior     *prior;     /* or NULL */
  const gint        *cancelled;
  gsize              p_count, q_count;
  Quantity          *quantities;        /* (Q) */
  gssize             from[US_MAX_PARAMETERS];   /* of each of the simulator's parameters: which inferred one; -1: fixed */
  gboolean           complete;          /* all of them are known: the simulator can be run */
  gsize              n_draws;
  const double      *theta;             /* (M, P) */
  double            *draws;             /* (M, Q) */
  double            *prior_draws;       /* (N, Q), or NULL */
  UsPredictiveBand  *posterior_ends, *prior_ends;       /* of each quantity; the latter or NULL */
} Work;

static gboolean
is_cancelled (const Work *work)
{
  return work->cancelled != NULL && g_atomic_int_get (work->cancelled);
}

/* --- quantities -------------------------------------------------------------------------- */

/* Whether the simulator can be run on a draw, and how. */
static void
find_parameters (Work *work)
{
  work->complete = work->simulator != NULL && work->prior != NULL;
  for (gsize q = 0; work->complete && q < work->simulator->n_parameters; q++)
    {
      work->from[q] = -1;
      for (gsize p = 0; p < work->p_count; p++)
        if (strcmp (us_posterior_name (work->posterior, p), work->simulator->parameters[q].name) == 0)
          work->from[q] = (gssize) p;
      if (work->from[q] < 0 && us_prior_distribution (work->prior, q)->kind != US_DISTRIBUTION_FIXED)
        work->complete = FALSE;
    }
}

/* theta (P) of a draw to all of the simulator's parameters. */
static void
fill_parameters (const Work   *work,
                 const double *theta,
                 double       *all)
{
  for (gsize q = 0; q < work->simulator->n_parameters; q++)
    all[q] = work->from[q] >= 0 ? theta[work->from[q]] : us_prior_distribution (work->prior, q)->a;
}

/* One that is inferred: a parameter, or what follows from several and was learnt directly. */
static void
describe_target (const Work *work,
                 gsize       p)
{
  const UsSimulator *simulator = work->simulator;
  Quantity *quantity = &work->quantities[p];

  quantity->name = quantity->label = us_posterior_name (work->posterior, p);
  quantity->unit = "";
  quantity->own = simulator != NULL ? us_simulator_parameter_index (simulator, quantity->name) : -1;
  us_posterior_range (work->posterior, p, &quantity->lower, &quantity->upper);
  for (gsize d = 0; simulator != NULL && quantity->own < 0 && d < simulator->n_derived; d++)
    if (strcmp (simulator->derived[d].name, quantity->name) == 0)
      {
        quantity->label = _(simulator->derived[d].label);
        quantity->unit = simulator->derived[d].unit;
        quantity->logarithmic = simulator->derived[d].logarithmic;
      }
  if (quantity->own < 0)
    return;
  quantity->label = _(simulator->parameters[quantity->own].label);
  quantity->unit = simulator->parameters[quantity->own].unit;
  if (work->prior != NULL)
    {
      UsDistributionKind kind = us_prior_distribution (work->prior, (gsize) quantity->own)->kind;

      quantity->logarithmic = kind == US_DISTRIBUTION_LOG_UNIFORM || kind == US_DISTRIBUTION_LOG_NORMAL;
    }
}

static void
name_quantities (Work *work)
{
  const UsSimulator *simulator = work->simulator;
  gsize d_count = us_posterior_n_derived (work->posterior);

  work->q_count = work->p_count + d_count;
  work->quantities = g_new0 (Quantity, work->q_count);
  for (gsize p = 0; p < work->p_count; p++)
    describe_target (work, p);
  for (gsize d = 0; d < d_count; d++)
    work->quantities[work->p_count + d] = (Quantity) {
      .name = simulator->derived[d].name, .label = _(simulator->derived[d].label), .unit = simulator->derived[d].unit,
      .own = -1, .logarithmic = simulator->derived[d].logarithmic, .lower = -INFINITY, .upper = INFINITY,
    };
}

static void
fill_draws (Work *work)
{
  gsize d_count = work->q_count - work->p_count;

  work->draws = g_new (double, work->n_draws * work->q_count);
  for (gsize m = 0; m < work->n_draws; m++)
    {
      double *row = work->draws + m * work->q_count;

      memcpy (row, work->theta + m * work->p_count, work->p_count * sizeof (double));
      if (d_count > 0)
        us_posterior_derive (work->posterior, 1, row, row + work->p_count);
    }
  work->posterior_ends = us_predictive_band_new (work->n_draws, work->q_count, work->draws, G_N_ELEMENTS (levels), levels);
}

static void
fill_prior (Work *work)
{
  double theta[US_MAX_PARAMETERS];

  if (work->prior == NULL)
    return;
  work->prior_draws = g_new (double, N_PRIOR * work->q_count);
  for (gsize n = 0; n < N_PRIOR; n++)
    {
      double *row = work->prior_draws + n * work->q_count;
      UsRng rng;

      us_rng_init (&rng, 0, US_RNG_PRIOR, n);
      if (!us_prior_sample (work->prior, &rng, theta))
        {
          g_clear_pointer (&work->prior_draws, g_free);
          return;
        }
      us_posterior_targets (work->posterior, 1, theta, row);
      if (work->q_count > work->p_count)
        us_posterior_derive (work->posterior, 1, row, row + work->p_count);
    }
  work->prior_ends = us_predictive_band_new (N_PRIOR, work->q_count, work->prior_draws, G_N_ELEMENTS (levels), levels);
}

static double
end_of (const Work             *work,
        const UsPredictiveBand *ends,
        gsize                   q,
        gsize                   level,
        gboolean                upper)
{
  return (upper ? ends->upper : ends->lower)[level * work->q_count + q];
}

static void
add_table (const Work *work,
           UsFindings *findings)
{
  const char *const header[] = { _("Quantity"), _("Median"), _("Central 50 %"), _("Central 95 %"),
                                 work->prior_ends != NULL ? _("Prior, central 95 %") : NULL, NULL };
  UsFindingsSection *section = us_findings_add_section (findings, _("What is inferred"), NULL);

  us_findings_set_header (section, header);
  for (gsize q = 0; q < work->q_count; q++)
    {
      const char *unit = work->quantities[q].unit;
      const UsPredictiveBand *ends = work->posterior_ends;
      double lower = end_of (work, ends, q, 1, FALSE), upper = end_of (work, ends, q, 1, TRUE);

      us_findings_add_cell (section, g_strdup (work->quantities[q].label));
      us_findings_add_cell (section, us_quantity_format_inside (ends->median[q], lower, upper, unit));
      us_findings_add_cell (section, us_quantity_format_range (end_of (work, ends, q, 0, FALSE),
                                                               end_of (work, ends, q, 0, TRUE), unit));
      us_findings_add_cell (section, us_quantity_format_range (lower, upper, unit));
      if (work->prior_ends != NULL)
        us_findings_add_cell (section, us_quantity_format_range (end_of (work, work->prior_ends, q, 1, FALSE),
                                                                 end_of (work, work->prior_ends, q, 1, TRUE), unit));
    }
}

static char *
table_to_csv (const Work *work)
{
  GString *text = g_string_new ("quantity,unit,median,lower_50,upper_50,lower_95,upper_95,prior_lower_95,prior_upper_95\n");

  for (gsize q = 0; q < work->q_count; q++)
    {
      us_mechanism_csv_text (text, work->quantities[q].name);
      g_string_append_c (text, ',');
      us_mechanism_csv_text (text, work->quantities[q].unit);
      g_string_append_c (text, ',');
      us_mechanism_csv_number (text, work->posterior_ends->median[q]);
      for (gsize level = 0; level < 2; level++)
        for (int upper = 0; upper < 2; upper++)
          {
            g_string_append_c (text, ',');
            us_mechanism_csv_number (text, end_of (work, work->posterior_ends, q, level, upper));
          }
      for (int upper = 0; upper < 2; upper++)
        {
          g_string_append_c (text, ',');
          if (work->prior_ends != NULL)
            us_mechanism_csv_number (text, end_of (work, work->prior_ends, q, 1, upper));
        }
      g_string_append_c (text, '\n');
    }
  return g_string_free (text, FALSE);
}

static char *
draws_to_csv (const Work *work)
{
  GString *text = g_string_new (NULL);

  for (gsize q = 0; q < work->q_count; q++)
    {
      g_string_append (text, q > 0 ? "," : "");
      us_mechanism_csv_text (text, work->quantities[q].name);
    }
  for (gsize i = 0; i < work->n_draws * work->q_count; i++)
    {
      g_string_append (text, i % work->q_count > 0 ? "," : "\n");
      us_mechanism_csv_number (text, work->draws[i]);
    }
  g_string_append_c (text, '\n');
  return g_string_free (text, FALSE);
}

/* --- densities ------------------------------------------------------------------------------- */

static gboolean
spans_decades (const Work *work,
               gsize       q)
{
  double lower = end_of (work, work->posterior_ends, q, 1, FALSE), upper = end_of (work, work->posterior_ends, q, 1, TRUE);

  return work->quantities[q].logarithmic && lower > 0 && upper > DECADES * lower;
}

/* Of rows (n, Q); a quantity may not be defined everywhere.  *count: how many are left. */
static UsWeightedDraw *
finite_draws (const Work   *work,
              gsize         n,
              const double *rows,
              gsize         q,
              gboolean      decades,
              gsize        *count)
{
  g_autofree double *values = g_new (double, n);

  *count = 0;
  for (gsize i = 0; i < n; i++)
    if (isfinite (rows[i * work->q_count + q]))
      values[(*count)++] = rows[i * work->q_count + q];
  return us_weighted_draws_new (*count, values, 1, NULL, decades);
}

/* Of the prior at x, by its formula where it has one. */
static void
prior_density (const Work   *work,
               gsize         q,
               gboolean      decades,
               double        lower,
               double        upper,
               const double *x,
               double       *y)
{
  if (work->quantities[q].own < 0)
    {
      gsize n;
      g_autofree UsWeightedDraw *draws = finite_draws (work, N_PRIOR, work->prior_draws, q, decades, &n);

      memset (y, 0, POINTS * sizeof (double));
      if (n > 0)
        us_weighted_draws_density (n, draws, lower, upper, POINTS, x, y);
      return;
    }
  for (gsize g = 0; g < POINTS; g++)
    {
      double value = decades ? pow (10, x[g]) : x[g];

      y[g] = us_prior_density (work->prior, (gsize) work->quantities[q].own, value) * (decades ? value * M_LN10 : 1);
    }
}

static UsPlot *
plot_marginal (const Work *work,
               gsize       q)
{
  const Quantity *quantity = &work->quantities[q];
  gboolean decades = spans_decades (work, q);
  gsize n;
  g_autofree UsWeightedDraw *draws = finite_draws (work, work->n_draws, work->draws, q, decades, &n);
  double lower = quantity->lower, upper = quantity->upper, from, to;
  double x[POINTS], at[POINTS], y[POINTS], zero[POINTS] = { 0 };
  UsPlot *plot = us_plot_new (NULL);

  if (decades)
    {
      lower = lower > 0 ? log10 (lower) : -INFINITY;
      upper = upper > 0 ? log10 (upper) : INFINITY;
    }
  if (n == 0)
    return plot;
  from = us_weighted_draws_quantile (n, draws, 0.002);
  to = us_weighted_draws_quantile (n, draws, 0.998);
  from = MAX (from - 0.2 * (to - from), lower);
  to = MIN (to + 0.2 * (to - from), upper);
  for (gsize g = 0; g < POINTS; g++)
    {
      x[g] = from + (to - from) * g / (POINTS - 1);
      at[g] = decades ? pow (10, x[g]) : x[g];
    }
  us_plot_set_axis (plot, US_AXIS_X, quantity->label, quantity->unit, decades ? US_SCALE_LOG : US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, decades ? _("Density a decade") : _("Density"), NULL, US_SCALE_LINEAR);
  us_plot_set_range (plot, US_AXIS_Y, 0, NAN);
  us_plot_set_legend_visible (plot, q == 0);
  if (work->prior_draws != NULL)
    {
      prior_density (work, q, decades, lower, upper, x, y);
      us_plot_add_line (plot, _("Prior"), &(UsPlotStyle) { .colour = US_COLOUR_MUTED, .dash = US_DASH_DASHED }, POINTS, at, y);
    }
  us_weighted_draws_density (n, draws, lower, upper, POINTS, x, y);
  us_plot_add_band (plot, NULL, &(UsPlotStyle) { .colour = 1 }, POINTS, at, zero, y);
  us_plot_add_line (plot, _("Posterior"), &(UsPlotStyle) { .colour = 1, .width = 2 }, POINTS, at, y);
  us_plot_add_rule (plot, _("Median"), &(UsPlotStyle) { .colour = 1, .dash = US_DASH_DOTTED }, US_AXIS_X,
                    work->posterior_ends->median[q]);
  return plot;
}

static void
add_marginals (const Work *work,
               UsFindings *findings)
{
  UsFindingsSection *section = us_findings_add_section (findings,
    work->prior_draws != NULL ? _("Each quantity, beside what was believed before the data") : _("Each quantity"), NULL);

  for (gsize q = 0; q < MIN (work->q_count, MAX_CHARTS) && !is_cancelled (work); q++)
    {
      g_autofree char *name = g_strdup_printf ("posterior-%s", work->quantities[q].name);

      us_findings_add_figure (section, plot_marginal (work, q), name, MARGINAL_HEIGHT, FALSE);
    }
}

/* --- what is predicted ---------------------------------------------------------------------------- */

/* Runs at parameters from the posterior, with the instrument's noise where the simulator has any; NULL: cancelled. */
static UsPredictiveBand *
predict (const Work     *work,
         const UsOutput *output,
         guint           index)
{
  gsize v_count = us_output_n_values (output), n = MIN (N_RUNS, work->n_draws);
  g_autofree double *runs = g_new (double, n * v_count);
  g_autofree float *out = g_new (float, v_count);

  for (gsize m = 0; m < n; m++)
    {
      double theta[US_MAX_PARAMETERS];
      gboolean known;
      UsRng rng;

      if (is_cancelled (work))
        return NULL;
      fill_parameters (work, work->theta + m * work->p_count, theta);
      us_rng_init (&rng, 0, US_RNG_EVALUATE, m);
      known = us_simulator_check (work->simulator, theta, NULL)
              && work->simulator->run (work->simulator, theta, index, &rng, out) == US_SIM_OK;
      for (gsize v = 0; v < v_count; v++)
        runs[m * v_count + v] = known ? out[v] : NAN;
    }
  return us_predictive_band_new (n, v_count, runs, G_N_ELEMENTS (levels), levels);
}

/* One channel of a band, and of the data, into a plot. */
static void
draw_channel (UsPlot                 *plot,
              const UsOutput         *output,
              gsize                   channel,
              const UsPredictiveBand *band,
              const float            *data,
              gboolean                alone)
{
  gsize t_count = output->height, n = band->n_values;
  g_autofree double *x = g_new (double, t_count);
  g_autofree double *y = g_new (double, t_count);
  g_autofree double *ends = g_new (double, 5 * t_count);
  UsPredictiveBand shown = { .n_values = t_count, .n_levels = 2, .levels = band->levels, .median = ends,
                             .lower = ends + t_count, .upper = ends + 3 * t_count };

  for (gsize t = 0; t < t_count; t++)
    {
      gsize at = t * output->channels + channel;

      x[t] = us_output_x (output, t);
      y[t] = data[at];
      shown.median[t] = band->median[at];
      for (gsize q = 0; q < 2; q++)
        {
          shown.lower[q * t_count + t] = band->lower[q * n + at];
          shown.upper[q * t_count + t] = band->upper[q * n + at];
        }
    }
  us_predictive_band_draw (&shown, plot, x, alone ? 1 : 1 + (int) (channel % US_N_COLOURS));
  us_plot_add_scatter (plot, _("Data"), &(UsPlotStyle) { .colour = US_COLOUR_FOREGROUND, .width = 6, .opacity = 1 }, t_count, x,
                       y);
}

static char *
words_inside (const UsPredictiveBand *band,
              const float            *data)
{
  gsize n = band->n_values, n_observed = 0;
  g_autofree double *x = g_new (double, n);
  double inside[2];

  for (gsize v = 0; v < n; v++)
    {
      x[v] = data[v];
      n_observed += isfinite (x[v]);
    }
  for (gsize q = 0; q < 2; q++)
    inside[q] = us_predictive_band_inside (band, q, x) * n_observed;
  return g_strdup_printf (_("The simulator run at %d draws of the posterior: of %zu values %.0f lie inside the band of 95 %%, "
                            "and %.0f inside that of 50 %%. Far fewer would mean that the mechanism does not describe the "
                            "data."),
                          N_RUNS, n_observed, inside[1], inside[0]);
}

static void
add_prediction (const Work  *work,
                const float *x,
                UsFindings  *findings)
{
  guint index = us_posterior_output (work->posterior);
  const UsOutput *output = work->simulator != NULL ? &work->simulator->outputs[index] : NULL;
  g_autoptr(UsPredictiveBand) band = NULL;
  UsFindingsSection *section;

  if (output == NULL || output->kind != US_OUTPUT_SERIES)
    return;
  if (!work->complete)
    {
      us_findings_add_section (findings, _("What it predicts"),
                               g_strdup (_("This posterior is of some of the mechanism’s parameters only: the simulator "
                                           "cannot be run on it.")));
      return;
    }
  band = predict (work, output, index);
  if (band == NULL)
    return;
  section = us_findings_add_section (findings, _("What it predicts, and the data"), words_inside (band, x));
  for (gsize which = 0; which < us_series_n_plots (output); which++)
    {
      UsPlot *plot = us_series_plot_new (output, which, NULL);
      gboolean alone = output->channel_info != NULL || output->channels == 1;
      g_autofree char *name = g_strdup_printf ("prediction-%s", us_series_plot_id (output, which));

      for (gsize c = alone ? which : 0; c < (alone ? which + 1 : output->channels); c++)
        draw_channel (plot, output, c, band, x, alone);
      us_mechanism_pad_x (plot, output, us_output_x (output, output->height - 1));
      us_plot_set_legend_visible (plot, TRUE);
      us_findings_add_figure (section, plot, name, BAND_HEIGHT, TRUE);
    }
}

/* --- all of it ----------------------------------------------------------------------------------------- */

/* Where there are no simulations to compare with: at least what lies beyond all of them. */
static UsFindings *
begin_without_simulations (const Work  *work,
                           const float *x,
                           char        *words)
{
  gsize first, n = us_posterior_n_outside (work->posterior, x, &first);

  if (n > 0)
    return us_findings_new (US_FINDINGS_BAD,
      g_strdup_printf (_("Of %zu values %zu lie outside of all that was simulated, the first of them number %zu. What follows is "
                         "not to be believed."), us_posterior_n_values (work->posterior), n, first + 1), words);
  for (gsize v = 0; v < us_posterior_n_values (work->posterior); v++)
    if (isnan (x[v]))
      return us_findings_new (US_FINDINGS_PLAIN,
        g_strdup (_("Each value that was observed lies within what was simulated. How unusual they are together can be told of "
                    "complete series only.")), words);
  return us_findings_new (US_FINDINGS_PLAIN,
    g_strdup (_("Each value lies within what was simulated. How unusual they are together can be said only beside the "
                "simulations: choose them on the page Attribution.")), words);
}

static UsFindings *
begin (const Work   *work,
       UsAttributed *attributed,
       const float  *x,
       const char   *note)
{
  static const UsFindingsMood moods[] = { US_FINDINGS_PLAIN, US_FINDINGS_DOUBTFUL, US_FINDINGS_BAD };
  g_autofree char *from = g_strdup_printf (_("%zu draws of a posterior that was learnt from %zu simulations."), work->n_draws,
                                           us_posterior_record (work->posterior)->n_rows);
  char *words = note != NULL ? g_strdup_printf ("%s\n%s", note, from) : g_strdup (from);

  if (attributed == NULL)
    return begin_without_simulations (work, x, words);
  return us_findings_new (moods[attributed->level], g_strdup (attributed->sentence), words);
}

static void
work_clear (Work *work)
{
  g_free (work->quantities);
  g_free (work->draws);
  g_free (work->prior_draws);
  g_clear_pointer (&work->posterior_ends, us_predictive_band_free);
  g_clear_pointer (&work->prior_ends, us_predictive_band_free);
}

UsMechanismResult *
us_mechanism_result_new_posterior (UsPosterior  *posterior,
                                   UsAttributed *attributed,
                                   const float  *x,
                                   const char   *note,
                                   const gint   *cancelled,
                                   GError      **error)
{
  Work work = { .posterior = posterior, .simulator = us_posterior_simulator (posterior), .prior = us_posterior_prior (posterior),
                .cancelled = cancelled, .p_count = us_posterior_n_parameters (posterior), .n_draws = N_DRAWS };
  g_autofree double *own = NULL;
  UsMechanismResult *result;

  if (attributed != NULL)
    {
      work.n_draws = attributed->n_samples;
      work.theta = attributed->samples;
    }
  else
    {
      work.theta = own = g_new (double, N_DRAWS * work.p_count);
      if (!us_posterior_sample (posterior, x, N_DRAWS, 0, own, error))
        return NULL;
    }
  find_parameters (&work);
  name_quantities (&work);
  fill_draws (&work);
  fill_prior (&work);
  result = us_mechanism_result_new (begin (&work, attributed, x, note));
  add_table (&work, result->findings);
  add_prediction (&work, x, result->findings);
  add_marginals (&work, result->findings);
  result->table = table_to_csv (&work);
  result->draws = draws_to_csv (&work);
  work_clear (&work);
  if (cancelled == NULL || !g_atomic_int_get (cancelled))
    return result;
  us_mechanism_result_unref (result);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled");
  return NULL;
}
