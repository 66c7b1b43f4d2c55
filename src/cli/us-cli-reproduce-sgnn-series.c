/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Part “series”: real measurements: how unusual they are, which mechanism, what parameters, beside the textbook. */
#include "config.h"

#include "us-cli-reproduce-sgnn-series-private.h"
#include "us-attributor-plots.h"
#include "us-fit.h"
#include "us-sbc-plots.h"

#include <math.h>
#include <string.h>

/* P parameters, T times, C channels, V = T C values, S draws. */

#define N_DRAWS        400
#define N_LINES        25

/* What is at work on one series. */
typedef struct
{
  const UsSgnnSeries *of;
  UsMeasurements     *data;
  UsPosterior        *model;
  UsAttributor       *attributor;
  UsAttributed       *answer;
  const UsOutput     *output;   /* T, C */
  float              *x;        /* (V) */
  UsFit              *fits[US_SGNN_MAX_CANDIDATES];
  char               *failures[US_SGNN_MAX_CANDIDATES];
} Work;

static void
work_clear (Work *work)
{
  g_clear_pointer (&work->data, us_measurements_free);
  g_clear_pointer (&work->answer, us_attributed_unref);
  g_clear_pointer (&work->attributor, us_attributor_unref);
  g_clear_pointer (&work->model, us_posterior_unref);
  g_free (work->x);
  for (gsize c = 0; c < US_SGNN_MAX_CANDIDATES; c++)
    {
      g_clear_pointer (&work->fits[c], us_fit_free);
      g_free (work->failures[c]);
    }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, work_clear)

/* ---- how unusual; which mechanism --------------------------------------------------- */

static UsFit *
fit (const UsSgnn         *self,
     const UsSgnnSeries   *of,
     const char           *candidate,
     const UsMeasurements *data,
     GError              **error)
{
  const UsFitOptions options = { .seed = self->seed, .n_starts = self->quick ? 4 : 0 };
  g_autofree char *id = us_sgnn_series_id (candidate, data);
  g_autoptr(UsPrior) prior = us_sgnn_prior (id, of->priors, error);
  const UsOutput *output = prior != NULL ? &us_prior_simulator (prior)->outputs[0] : NULL;
  gsize n = output != NULL ? us_output_n_values (output) : 0;
  g_autofree float *x = g_new (float, n);
  g_autofree double *observed = g_new (double, n);

  if (prior == NULL || !us_measurements_to_output (data, output, 2, FALSE, x, error))
    return NULL;
  for (gsize i = 0; i < n; i++)
    observed[i] = x[i];
  return us_fit_new (prior, observed, &options, self->cancellable, error);
}

static gboolean
ask (UsSgnn  *self,
     Work    *work,
     GError **error)
{
  const UsSgnnSeries *of = work->of;
  g_autofree char *name = g_strconcat ("series-", of->id, NULL), *id = us_sgnn_series_id (of->candidates[0], work->data);
  const UsAttributorConfig config = { .rows = us_sgnn_rows (self, 10000, 3000), .seed = self->seed + 1, .n_workers = self->n_workers };
  const UsAttributedOptions options = { .seed = self->seed, .n_samples = 2000 };

  work->model = us_sgnn_posterior (self, name, id, of->priors, us_sgnn_rows (self, 5000, 1000), error);
  if (work->model == NULL)
    return FALSE;
  work->output = &us_posterior_simulator (work->model)->outputs[0];
  work->x = g_new (float, us_output_n_values (work->output));
  if (!us_measurements_to_output (work->data, work->output, 2, FALSE, work->x, error))
    return FALSE;
  us_sgnn_progress (self, "%s: simulations like it", of->id);
  work->attributor = us_attributor_new (work->model, &config, NULL, NULL, &self->cancelled, error);
  work->answer = work->attributor != NULL ? us_attributor_answer (work->attributor, work->x, &options, &self->cancelled, error) : NULL;
  return work->answer != NULL;
}

static gboolean
compare (UsSgnn  *self,
         Work    *work,
         GError **error)
{
  static const UsReportColumn columns[] = {
    { "mechanism", FALSE }, { "fitted parameters", TRUE }, { "log L", TRUE }, { "AIC", TRUE }, { "AIC weight", TRUE }, { "BIC", TRUE },
  };
  g_autofree char *id = g_strdup_printf ("series-%s-fits", work->of->id);
  double aic[US_SGNN_MAX_CANDIDATES], weight[US_SGNN_MAX_CANDIDATES];
  gsize n = 0;

  for (; n < US_SGNN_MAX_CANDIDATES && work->of->candidates[n] != NULL; n++)
    {
      g_autoptr(GError) local = NULL;

      us_sgnn_progress (self, "%s: %s is fitted", work->of->id, work->of->candidates[n]);
      work->fits[n] = fit (self, work->of, work->of->candidates[n], work->data, &local);
      if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return FALSE;
      if (work->fits[n] == NULL)
        work->failures[n] = g_strdup (local->message);
      aic[n] = work->fits[n] != NULL ? work->fits[n]->aic : INFINITY;
    }
  us_fit_weights (n, aic, weight);
  us_sgnn_table_begin (self, id, "Maximum-likelihood fits of the candidates.", G_N_ELEMENTS (columns), columns);
  for (gsize c = 0; c < n; c++)
    {
      const UsFit *one = work->fits[c];

      us_sgnn_cell (self, US_REPORT_PLAIN, "%s%s%s", work->of->candidates[c], one == NULL ? ": not fitted, " : "",
                    one == NULL ? work->failures[c] : "");
      us_sgnn_value (self, one != NULL ? (double) one->n_free : NAN, 0);
      us_sgnn_value (self, one != NULL ? one->log_likelihood : NAN, 2);
      us_sgnn_value (self, one != NULL ? one->aic : NAN, 2);
      us_sgnn_value (self, one != NULL ? weight[c] : NAN, 3);
      us_sgnn_value (self, one != NULL ? one->bic : NAN, 2);
    }
  return us_sgnn_table_end (self, error);
}

/* ---- what parameters -------------------------------------------------------------------- */

static double
known_value (const UsSgnnSeries *of,
             const char         *parameter)
{
  for (gsize i = 0; i < US_SGNN_MAX_KNOWN; i++)
    if (g_strcmp0 (of->known[i].parameter, parameter) == 0)
      return of->known[i].value;
  return NAN;
}

static gboolean
estimate (UsSgnn  *self,
          Work    *work,
          GError **error)
{
  static const UsReportColumn columns[] = {
    { "parameter", FALSE }, { "unit", FALSE }, { "posterior mean", TRUE }, { "5 %", TRUE }, { "95 %", TRUE }, { "maximum likelihood", TRUE },
    { "± standard error", TRUE }, { "textbook", TRUE },
  };
  const UsSimulator *simulator = us_posterior_simulator (work->model);
  const UsFit *first = work->fits[0];
  g_autofree char *id = g_strdup_printf ("series-%s", work->of->id);
  g_autofree char *caption = g_strdup_printf ("The network’s posterior of %s beside maximum likelihood%s%s.", work->of->candidates[0],
                                              work->of->known_source != NULL ? "; textbook: " : "",
                                              work->of->known_source != NULL ? work->of->known_source : "");

  us_sgnn_table_begin (self, id, caption, G_N_ELEMENTS (columns), columns);
  for (gsize p = 0; p < us_posterior_n_parameters (work->model); p++)
    {
      const char *name = us_posterior_name (work->model, p);
      gssize own = us_simulator_parameter_index (simulator, name);
      const double *network = work->answer->network + 3 * p;
      double known = known_value (work->of, name);
      g_autofree char *number = g_strdup_printf ("%s.%s", work->of->id, name), *lower = g_strconcat (number, ".q05", NULL),
                      *upper = g_strconcat (number, ".q95", NULL), *likely = g_strconcat (number, ".likelihood", NULL);

      us_sgnn_cell (self, US_REPORT_PLAIN, "%s (%s)", simulator->parameters[own].label, simulator->parameters[own].symbol);
      us_sgnn_cell (self, US_REPORT_PLAIN, "%s", simulator->parameters[own].unit);
      for (gsize i = 0; i < 3; i++)
        us_sgnn_rough (self, network[i]);
      us_sgnn_rough (self, first != NULL ? first->theta[own] : NAN);
      us_sgnn_rough (self, first != NULL ? first->sd[own] : NAN);
      us_sgnn_rough (self, known);
      us_sgnn_number (self, number, network[0]);
      us_sgnn_number (self, lower, network[1]);
      us_sgnn_number (self, upper, network[2]);
      us_sgnn_number (self, likely, first != NULL ? first->theta[own] : NAN);
    }
  return us_sgnn_table_end (self, error);
}

/* Runs at parameters drawn from the posterior; what the prior fixes stands where it is. */
static UsPredictiveBand *
predict (const UsSgnn *self,
         const Work   *work)
{
  static const double levels[2] = { 0.5, 0.9 };
  const UsSimulator *simulator = us_posterior_simulator (work->model);
  const UsPrior *prior = us_posterior_prior (work->model);
  gsize v_count = us_output_n_values (work->output), p_count = us_posterior_n_parameters (work->model);
  g_autofree double *draws = g_new (double, N_DRAWS * v_count);
  g_autofree float *x = g_new (float, v_count);

  for (gsize s = 0; s < N_DRAWS; s++)
    {
      double theta[US_MAX_PARAMETERS];
      gboolean known;
      UsRng rng;

      for (gsize p = 0; p < simulator->n_parameters; p++)
        theta[p] = us_prior_distribution (prior, p)->a;
      for (gsize p = 0; p < p_count; p++)
        theta[us_simulator_parameter_index (simulator, us_posterior_name (work->model, p))] = work->answer->samples[s * p_count + p];
      us_rng_init (&rng, self->seed, US_RNG_EVALUATE, s);
      known = us_simulator_check (simulator, theta, NULL) && simulator->run (simulator, theta, 0, &rng, x) == US_SIM_OK;
      for (gsize v = 0; v < v_count; v++)
        draws[s * v_count + v] = known ? x[v] : NAN;
    }
  return us_predictive_band_new (N_DRAWS, v_count, draws, G_N_ELEMENTS (levels), levels);
}

static UsPlot *
plot_band (const Work             *work,
           const UsPredictiveBand *band,
           gsize                   channel)
{
  gsize t_count = work->output->height, c_count = work->output->channels;
  UsChannel info = us_output_channel (work->output, channel);
  g_autofree double *x = g_new (double, t_count), *y = g_new (double, t_count), *ends = g_new (double, 5 * t_count);
  UsPredictiveBand shown = { .n_values = t_count, .n_levels = 2, .levels = band->levels, .median = ends, .lower = ends + t_count,
                             .upper = ends + 3 * t_count };
  UsPlot *plot = us_plot_new ("What the posterior predicts, and the data");

  for (gsize t = 0; t < t_count; t++)
    {
      gsize at = t * c_count + channel;

      x[t] = us_output_x (work->output, t);
      y[t] = work->x[at];
      shown.median[t] = band->median[at];
      for (gsize q = 0; q < 2; q++)
        {
          shown.lower[q * t_count + t] = band->lower[q * band->n_values + at];
          shown.upper[q * t_count + t] = band->upper[q * band->n_values + at];
        }
    }
  us_plot_set_axis (plot, US_AXIS_X, work->output->x_label, work->output->x_unit, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, info.label, info.unit, US_SCALE_LINEAR);
  us_plot_set_legend_visible (plot, TRUE);
  us_predictive_band_draw (&shown, plot, x, 1);
  us_plot_add_scatter (plot, "Data", &(UsPlotStyle) { .colour = US_COLOUR_FOREGROUND, .width = 5 }, t_count, x, y);
  return plot;
}

/* Matched simulations beside what the posterior predicts; numbers only of data that may be given away. */
static gboolean
draw (UsSgnn  *self,
      Work    *work,
      double  *inside,          /* of 90 % */
      GError **error)
{
  g_autofree char *id = g_strdup_printf ("series-%s", work->of->id);
  g_autofree char *caption = g_strdup_printf ("%s. Left: the data over the simulations that the network holds most like them, as strong as they weigh. "
                                              "Right: bands that hold 50 and 90 %% of what the posterior predicts, value by value.", work->of->title);
  g_autoptr(UsPredictiveBand) band = predict (self, work);
  g_autofree double *observed = g_new (double, band->n_values);
  UsPlot *plots[4];
  gsize n = 0, n_series = us_attributed_n_series (work->answer);

  for (gsize v = 0; v < band->n_values; v++)
    observed[v] = work->x[v];
  *inside = us_predictive_band_inside (band, 1, observed);
  for (gsize c = 0; c < MIN (work->output->channels, 2); c++)
    {
      plots[n++] = us_attributed_plot_series (work->answer, MIN (c, n_series - 1), N_LINES, -1);
      plots[n++] = plot_band (work, band, c);
    }
  return us_sgnn_figure (self, id, caption, caption, n, plots, 2, 520, 360, work->of->shipped, error);
}

/* ---- several subjects --------------------------------------------------------------------- */

/* The same network, asked of everybody. */
static gboolean
ask_subjects (UsSgnn      *self,
              Work        *work,
              const char  *path,
              GError     **error)
{
  static const UsReportColumn columns[] = {
    { "subject", FALSE }, { "AIC of two compartments", TRUE }, { "of one", TRUE }, { "clearance by the network, L/h", TRUE }, { "± sd", TRUE },
    { "by maximum likelihood", TRUE },
  };
  g_autofree char *id = g_strdup_printf ("series-%s-subjects", work->of->id);
  gsize p_count = us_posterior_n_parameters (work->model), better = 0;
  g_autofree double *theta = g_new (double, N_DRAWS * p_count);
  g_autofree float *x = g_new (float, us_output_n_values (work->output));

  us_sgnn_table_begin (self, id, "All subjects: fits of both candidates, and one network asked of each.", G_N_ELEMENTS (columns), columns);
  for (gsize s = 1; s <= work->of->n_subjects; s++)
    {
      g_autofree char *where = g_strdup_printf ("subject=%" G_GSIZE_FORMAT, s);
      g_autoptr(UsMeasurements) data = us_sgnn_series_read (work->of, where, path, error);
      g_autoptr(UsFit) two = data != NULL ? fit (self, work->of, work->of->candidates[0], data, error) : NULL;
      g_autoptr(UsFit) one = two != NULL ? fit (self, work->of, work->of->candidates[1], data, error) : NULL;
      double mean = 0, square = 0;

      if (one == NULL || !us_measurements_to_output (data, work->output, 2, FALSE, x, error)
          || !us_posterior_sample (work->model, x, N_DRAWS, self->seed + s, theta, error))
        return FALSE;
      for (gsize i = 0; i < N_DRAWS; i++)
        mean += theta[i * p_count] / N_DRAWS;
      for (gsize i = 0; i < N_DRAWS; i++)
        square += (theta[i * p_count] - mean) * (theta[i * p_count] - mean) / (N_DRAWS - 1);
      better += two->aic < one->aic;
      us_sgnn_cell (self, US_REPORT_PLAIN, "%" G_GSIZE_FORMAT, s);
      us_sgnn_value (self, two->aic, 2);
      us_sgnn_value (self, one->aic, 2);
      us_sgnn_rough (self, mean);
      us_sgnn_rough (self, sqrt (square));
      us_sgnn_rough (self, two->theta[us_simulator_parameter_index (two->simulator, us_posterior_name (work->model, 0))]);
    }
  us_sgnn_want (self, "indomethacin: subjects of six in whom two compartments beat one by AIC", (double) better, 0, US_WANT_AT_LEAST, 6);
  return us_sgnn_table_end (self, error);
}

/* ---- all of it ------------------------------------------------------------------------------ */

/* Whether the network's central 90 % hold what is known: as words for the head of the page. */
static void
add_verdict (UsSgnn *self,
             Work   *work,
             double  inside)
{
  g_autoptr(GString) text = g_string_new (NULL);

  for (gsize p = 0; p < us_posterior_n_parameters (work->model); p++)
    {
      const char *name = us_posterior_name (work->model, p);
      const double *network = work->answer->network + 3 * p;
      double known = known_value (work->of, name);

      if (!isnan (known))
        g_string_append_printf (text, "%s%s %.3g (90 %%: %.3g to %.3g; textbook %.3g)", text->len > 0 ? ", " : "", name, network[0], network[1],
                                network[2], known);
    }
  us_sgnn_say (self, "%s%s%.0f %% of the values lie inside the band of 90 %%.", text->str, text->len > 0 ? ". " : "", 100 * inside);
  if (text->len > 0)
    us_sgnn_in_short (self, "%s: %s%s.", work->of->title,
                      work->answer->level == US_UNLIKE_ANY ? "no simulation resembles these data, and the estimates are not to be believed: "
                      : work->answer->level == US_UNUSUAL ? "unusual among the simulations, to be believed with care: " : "", text->str);
}

static gboolean
do_case (UsSgnn              *self,
         const UsSgnnSeries  *of,
         const char          *path,
         GError             **error)
{
  g_auto(Work) work = { .of = of };
  double inside;

  if ((work.data = us_sgnn_series_read (of, of->where, path, error)) == NULL || !ask (self, &work, error))
    return FALSE;
  us_sgnn_heading (self, of->title);
  us_sgnn_say (self, "%s.", of->source);
  for (char **remark = work.data->remarks; *remark != NULL; remark++)
    us_sgnn_say (self, "%s", *remark);
  /* before any estimate */
  if (work.answer->level == US_USUAL)
    us_sgnn_say (self, "%s", work.answer->sentence);
  else
    us_sgnn_notice (self, "%s", work.answer->sentence);
  if (!compare (self, &work, error) || !estimate (self, &work, error) || !draw (self, &work, &inside, error))
    return FALSE;
  add_verdict (self, &work, inside);
  return of->n_subjects == 0 || ask_subjects (self, &work, path, error);
}

gboolean
us_sgnn_part_series (UsSgnn  *self,
                     GError **error)
{
  g_autoptr(GString) missing = g_string_new (NULL);
  gsize n;
  const UsSgnnSeries *cases = us_sgnn_series_list (&n);

  us_sgnn_say (self, "For each series a posterior of its first candidate is learnt from simulations at the measured times. What is said first is how unusual "
               "the data are among all that this simulator and prior can give: where no simulation resembles them, the estimates that "
               "follow are not to be believed, however narrow.");
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *path = us_sgnn_series_find (self, &cases[i]);
      g_autoptr(GError) local = NULL;

      if (path == NULL)
        {
          g_string_append_printf (missing, "%s%s", missing->len > 0 ? ", " : "", cases[i].file);
          continue;
        }
      us_sgnn_progress (self, "%s", cases[i].title);
      if (do_case (self, &cases[i], path, &local))
        continue;
      if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return FALSE;
      us_sgnn_notice (self, "%s could not be analysed to its end: %s", cases[i].title, local->message);
      us_sgnn_in_short (self, "%s could not be analysed to its end: %s", cases[i].title, local->message);
    }
  if (missing->len > 0)
    us_sgnn_say (self, "Not there, and left out: %s. They are not part of Understudy; --data FOLDER names where they are.", missing->str);
  return TRUE;
}
