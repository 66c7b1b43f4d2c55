/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Part “series”: real measurements: how unusual they are, which mechanism, what parameters, beside the textbook. */
#include "config.h"

#include "us-cli-reproduce-sgnn-private.h"
#include "us-attributor-plots.h"
#include "us-error.h"
#include "us-file.h"
#include "us-fit.h"
#include "us-sbc-plots.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* P parameters, T times, C channels, V = T C values, S draws. */

#define MAX_CANDIDATES 3
#define MAX_KNOWN      4
#define N_DRAWS        400
#define N_LINES        25

/* What others found. */
typedef struct
{
  const char *parameter;
  double      value;
} Known;

typedef struct
{
  const char *id, *file, *title;
  const char *source;           /* who measured, and under which terms the numbers are */
  gboolean    shipped;          /* the numbers may stand beside the picture */
  const char *columns[3];       /* NULL-terminated */
  const char *where;
  double      origin;           /* taken off the times */
  double      latest;           /* times beyond are left out; 0: none */
  const char *candidates[MAX_CANDIDATES];       /* NAME[:OUTPUT]+NOISE; the first is the one whose posterior is learnt */
  const char *priors[8];        /* NULL-terminated */
  Known       known[MAX_KNOWN];
  const char *known_source;
  gsize       n_subjects;       /* further ones, all fitted; 0: none */
} Case;

static const Case cases[] = {
  { .id = "yeast", .file = "yeast_carlson_1913.csv", .title = "Yeast in a vessel, 1913", .shipped = TRUE,
    .source = "T. Carlson 1913, as reprinted by R. Pearl 1927",
    .candidates = { "growth-logistic+normal", "growth-gompertz+normal", "growth-exponential+normal" },
    .known = { { "K", 663 }, { "r", 0.547 } }, .known_source = "logistic, Pearl 1927" },
  { .id = "indomethacin", .file = "indomethacin_iv.csv", .title = "Indomethacin into a vein", .shipped = TRUE,
    .source = "K. C. Kwan and others 1976; data set Indometh of R (GPL-2 or GPL-3); subject 1 of six",
    .columns = { "conc_ug_per_mL" }, .where = "subject=1", .n_subjects = 6,
    .candidates = { "pk-two-bolus+multiplicative", "pk-one-bolus+multiplicative" } },
  { .id = "theophylline", .file = "theophylline_oral.csv", .title = "Theophylline by mouth", .shipped = TRUE,
    .source = "R. Upton, in Boeckmann, Sheiner, Beal 1994; data set Theoph of R (GPL-2 or GPL-3); subject 1 of twelve",
    .columns = { "conc_mg_per_L" }, .where = "subject=1", .priors = { "dose=fixed:4.02" },
    .candidates = { "pk-one-oral+normal", "pk-two-oral+normal" },
    .known = { { "ka", 1.57 }, { "CL", 0.0402 } }, .known_source = "mean of twelve subjects, Pinheiro and Bates 2000" },
  { .id = "influenza", .file = "influenza_school_1978.csv", .title = "Influenza in a boarding school, 1978",
    .source = "British Medical Journal 1978, from reconhub/outbreaks (GPL-2 or later); in bed, a prevalence, among 763 boys",
    .columns = { "in_bed" }, .candidates = { "sir:prevalence+negative-binomial", "seir:prevalence+negative-binomial" },
    .known = { { "R0", 3.6 }, { "infectious", 2.2 } }, .known_source = "SIR by least squares, Murray 1989: R₀ 3.6 to 3.8" },
  { .id = "hagelloch", .file = "measles_hagelloch_1861.csv", .title = "Measles in Hagelloch, 1861",
    .source = "A. Pfeilsticker 1863, from reconhub/outbreaks (GPL-2 or later); onsets of prodrome among about 188 children",
    .columns = { "new_prodrome" }, .latest = 60, .candidates = { "seir+negative-binomial", "sir+negative-binomial" },
    .priors = { "population=fixed:188", "introduction=uniform:-14:14", "initial=log-uniform:1:5" },
    .known = { { "latent", 10 } }, .known_source = "from infection to prodrome about ten days, Pfeilsticker 1863" },
  { .id = "lombardia", .file = "covid19_lombardia_2020.csv", .title = "COVID-19 in Lombardia, first wave",
    .source = "Dipartimento della Protezione Civile, pcm-dpc/COVID-19 (CC BY 4.0); new cases; lockdown on day 14, tests grew",
    .columns = { "new_cases" }, .latest = 60,
    .candidates = { "seir-control+reporting+delay+negative-binomial", "seir+reporting+delay+negative-binomial" },
    .priors = { "population=fixed:10030000", "introduction=uniform:-60:-5", "initial=log-uniform:1:100", "control_day=fixed:14",
                "reporting=uniform:0.02:0.5" },
    .known = { { "R0", 3.1 } }, .known_source = "Cereda and others 2020: 2.9 to 3.2" },
  { .id = "lynx-hare", .file = "lynx_hare_hudson_bay_1900_1920.csv", .title = "Lynx and hare, 1900 to 1920",
    .source = "Hudson’s Bay Company, from stan-dev/example-models (BSD-3, CC BY); years count from 1900", .origin = 1900,
    .columns = { "hare_thousands", "lynx_thousands" },
    .candidates = { "lotka-volterra+multiplicative", "lotka-volterra+normal" },
    .known = { { "alpha", 0.55 }, { "beta", 0.028 }, { "gamma", 0.80 }, { "delta", 0.024 } }, .known_source = "Carpenter 2018, log-normal errors" },
};

/* What is at work on one series. */
typedef struct
{
  const Case     *of;
  UsMeasurements *data;
  UsPosterior    *model;
  UsAttributor   *attributor;
  UsAttributed   *answer;
  const UsOutput *output;       /* T, C */
  float          *x;            /* (V) */
  UsFit          *fits[MAX_CANDIDATES];
  char           *failures[MAX_CANDIDATES];
} Work;

static void
work_clear (Work *work)
{
  g_clear_pointer (&work->data, us_measurements_free);
  g_clear_pointer (&work->answer, us_attributed_unref);
  g_clear_pointer (&work->attributor, us_attributor_unref);
  g_clear_pointer (&work->model, us_posterior_unref);
  g_free (work->x);
  for (gsize c = 0; c < MAX_CANDIDATES; c++)
    {
      g_clear_pointer (&work->fits[c], us_fit_free);
      g_free (work->failures[c]);
    }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, work_clear)

/* ---- data ------------------------------------------------------------------------- */

/* Among the shipped ones, or in the folder that was named; NULL: neither has it. */
static char *
find_file (const UsSgnn *self,
           const Case   *of)
{
  const char *const roots[] = { US_PKGDATADIR, US_SOURCE_DATADIR };

  for (gsize i = 0; of->shipped && i < G_N_ELEMENTS (roots); i++)
    {
      g_autofree char *path = g_build_filename (roots[i], "series", of->file, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&path);
    }
  if (self->data != NULL)
    {
      g_autofree char *path = g_build_filename (self->data, of->file, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&path);
    }
  return NULL;
}

static UsMeasurements *
read_data (const Case  *of,
           const char  *where,
           const char  *path,
           GError     **error)
{
  const UsMeasurementsOptions options = { .values = of->columns[0] != NULL ? of->columns : NULL, .where = where };
  UsMeasurements *data = us_measurements_read (path, &options, error);

  for (gsize t = 0; data != NULL && t < data->n_times; t++)
    {
      data->times[t] -= of->origin;
      if (of->latest > 0 && data->times[t] > of->latest)
        data->n_times = t;
    }
  return data;
}

/* "growth-logistic+normal" at the times of the data. */
static char *
timed_id (const char           *candidate,
          const UsMeasurements *data)
{
  gsize base = strcspn (candidate, "+");
  GString *id = g_string_new_len (candidate, (gssize) base);

  for (gsize t = 0; t < data->n_times; t++)
    {
      char buffer[G_ASCII_DTOSTR_BUF_SIZE];

      g_string_append_printf (id, "%c%s", t == 0 ? '@' : ',', us_dtoa (buffer, data->times[t]));
    }
  g_string_append (id, candidate + base);
  return g_string_free (id, FALSE);
}

static UsFit *
fit (const UsSgnn         *self,
     const Case           *of,
     const char           *candidate,
     const UsMeasurements *data,
     GError              **error)
{
  const UsFitOptions options = { .seed = self->seed, .n_starts = self->quick ? 4 : 0 };
  g_autofree char *id = timed_id (candidate, data);
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

/* ---- how unusual; which mechanism --------------------------------------------------- */

static gboolean
ask (UsSgnn  *self,
     Work    *work,
     GError **error)
{
  const Case *of = work->of;
  g_autofree char *name = g_strconcat ("series-", of->id, NULL), *id = timed_id (of->candidates[0], work->data);
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
  double aic[MAX_CANDIDATES], weight[MAX_CANDIDATES];
  gsize n = 0;

  for (; n < MAX_CANDIDATES && work->of->candidates[n] != NULL; n++)
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
known_value (const Case *of,
             const char *parameter)
{
  for (gsize i = 0; i < MAX_KNOWN; i++)
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
      g_autoptr(UsMeasurements) data = read_data (work->of, where, path, error);
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
    us_sgnn_in_short (self, "%s: %s.%s", work->of->title, text->str,
                      work->answer->level == US_UNLIKE_ANY ? " No simulation resembles these data: the estimates are not to be believed." : "");
}

static gboolean
do_case (UsSgnn      *self,
         const Case  *of,
         const char  *path,
         GError     **error)
{
  g_auto(Work) work = { .of = of };
  double inside;

  if ((work.data = read_data (of, of->where, path, error)) == NULL || !ask (self, &work, error))
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

  us_sgnn_say (self, "For each series a posterior of its first candidate is learnt from simulations at the measured times. What is said first is how unusual "
               "the data are among all that this simulator and prior can give: where no simulation resembles them, the estimates that "
               "follow are not to be believed, however narrow.");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = find_file (self, &cases[i]);
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
