/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Part “r0”: R₀ from short, noisy, early curves: a network that saw simulations alone, maximum likelihood, the growth rate. */
#include "config.h"

#include "us-cli-reproduce-sgnn-private.h"
#include "us-fit.h"
#include "us-sort.h"

#include <math.h>
#include <string.h>

/* M curves, T days, E estimators, D targets, L levels. */

#define T          14
#define EPIDEMIC   "seir@0,1,2,3,4,5,6,7,8,9,10,11,12,13+reporting+negative-binomial"
#define FIRST_ROW  (G_GUINT64_CONSTANT (7) << 40)       /* far from what is trained on */
#define LATENT     4.0          /* d, what is known of the periods: medians, */
#define INFECTIOUS 5.0
#define LEAST_CASES 10
#define LEAST_DAYS  4           /* with cases */
#define N_SHOWN     6
#define LEAST_SHOWN 0.5         /* estimates in figures */
#define MOST_SHOWN  20.0

static const char *const priors[] = {
  "R0=log-uniform:1.2:8", "latent=log-normal:1.3863:0.25", "infectious=log-normal:1.6094:0.25",
  "initial=log-uniform:1:20", "introduction=uniform:-14:0", "population=fixed:1000000", "reporting=uniform:0.05:0.35",
  "dispersion=log-uniform:1:10", NULL,
};
/* What one does who takes the periods as they are known. */
static const char *const priors_known[] = {
  "R0=log-uniform:1.2:8", "latent=fixed:4", "infectious=fixed:5",
  "initial=log-uniform:1:20", "introduction=uniform:-14:0", "population=fixed:1000000", "reporting=fixed:0.2",
  "dispersion=log-uniform:1:10", NULL,
};

typedef enum
{
  BY_NETWORK,
  BY_LIKELIHOOD,
  BY_LIKELIHOOD_KNOWN,
  BY_GROWTH,
  BY_PRIOR,
  N_ESTIMATORS
} Estimator;

static const struct { const char *id, *title; } estimators[N_ESTIMATORS] = {
  [BY_NETWORK] = { "network", "network, median of its posterior" },
  [BY_LIKELIHOOD] = { "likelihood", "maximum likelihood, all parameters" },
  [BY_LIKELIHOOD_KNOWN] = { "likelihood_known", "maximum likelihood, periods and reporting held at their medians" },
  [BY_GROWTH] = { "growth", "growth rate" },
  [BY_PRIOR] = { "prior", "the prior’s median, no data" },
};

typedef struct
{
  UsSgnn  *self;
  gsize    n;                   /* M */
  double  *truth;               /* (M) */
  float   *x;                   /* (M, T) */
  double  *estimate;            /* (E, M); NaN: none */
  double  *lower, *upper;       /* (M) of the network's central 95 % */
  UsPrior *prior, *known;
  gsize    first, step;         /* of the curves at work */
} Work;

static void
work_clear (Work *work)
{
  g_free (work->truth);
  g_free (work->x);
  g_free (work->estimate);
  g_free (work->lower);
  g_free (work->upper);
  g_clear_pointer (&work->prior, us_prior_unref);
  g_clear_pointer (&work->known, us_prior_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, work_clear)

/* ---- the curves ------------------------------------------------------------------- */

/* Who would ask of fewer? The choice looks at the curve alone, so that it takes no side. */
static gboolean
is_asked (const float *x)
{
  double cases = 0;
  gsize days = 0;

  for (gsize t = 0; t < T; t++)
    {
      cases += x[t];
      days += x[t] > 0;
    }
  return cases >= LEAST_CASES && days >= LEAST_DAYS;
}

static gboolean
draw_curves (Work     *work,
             guint64   seed,
             gsize    *n_drawn,
             GError  **error)
{
  gsize p_count = us_prior_simulator (work->prior)->n_parameters;
  g_autofree double *theta = g_new (double, p_count);

  *n_drawn = 0;
  for (gsize i = 0; i < work->n; *n_drawn += 1)
    {
      if (!us_simulate_rows (work->prior, 0, seed, FIRST_ROW + *n_drawn, 1, theta, work->x + i * T, error))
        return FALSE;
      if (is_asked (work->x + i * T))
        work->truth[i++] = theta[0];
    }
  return TRUE;
}

/* ---- growth rate -------------------------------------------------------------------- */

/* The slope of log (cases) over the days from the first case to the highest, days without cases left out; at least
 * three.  Then R₀ = (1 + r/σ)(1 + r/γ): Wallinga and Lipsitch 2007, exponential periods. */
static double
by_growth (const float *x)
{
  gsize first = T, highest = 0, n = 0;
  double st = 0, sy = 0, stt = 0, sty = 0, r;

  for (gsize t = 0; t < T; t++)
    {
      if (x[t] > 0 && first == T)
        first = t;
      if (x[t] > x[highest])
        highest = t;
    }
  for (gsize t = first; t <= highest; t++)
    if (x[t] > 0)
      {
        double y = log (x[t]);

        n++;
        st += t;
        sy += y;
        stt += (double) t * t;
        sty += t * y;
      }
  if (n < 3)
    return NAN;
  r = (n * sty - st * sy) / (n * stt - st * st);
  return fmax (1 + r * LATENT, 0) * fmax (1 + r * INFECTIOUS, 0);
}

/* ---- maximum likelihood ---------------------------------------------------------------- */

static double
by_likelihood (const Work    *work,
               const UsPrior *prior,
               gsize          i)
{
  const UsFitOptions options = { .n_starts = 3, .n_screened = 200, .seed = work->self->seed + i };
  double observed[T];
  g_autoptr(UsFit) fit = NULL;

  for (gsize t = 0; t < T; t++)
    observed[t] = work->x[i * T + t];
  fit = us_fit_new (prior, observed, &options, work->self->cancellable, NULL);
  return fit != NULL ? fit->theta[0] : NAN;
}

static void
fit_one (gpointer data,
         gsize    chunk,
         guint    worker)
{
  Work *work = data;
  gsize i = work->first + chunk;

  if (i >= work->n || g_atomic_int_get (&work->self->cancelled))
    return;
  work->estimate[BY_LIKELIHOOD * work->n + i] = by_likelihood (work, work->prior, i);
  work->estimate[BY_LIKELIHOOD_KNOWN * work->n + i] = by_likelihood (work, work->known, i);
  work->estimate[BY_GROWTH * work->n + i] = by_growth (work->x + i * T);
  work->estimate[BY_PRIOR * work->n + i] = sqrt (us_prior_distribution (work->prior, 0)->a * us_prior_distribution (work->prior, 0)->b);
}

static gboolean
fit_all (Work    *work,
         GError **error)
{
  g_autoptr(UsPool) pool = us_pool_new (work->self->n_workers, 0);

  work->step = 4 * us_pool_n_workers (pool);
  for (work->first = 0; work->first < work->n; work->first += work->step)
    {
      us_pool_run (pool, work->step, fit_one, work);
      us_sgnn_progress (work->self, "%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " curves fitted", MIN (work->first + work->step, work->n),
                        work->n);
      if (g_cancellable_set_error_if_cancelled (work->self->cancellable, error))
        return FALSE;
    }
  return TRUE;
}

/* ---- the network ------------------------------------------------------------------------- */

static void
ask_network (Work              *work,
             const UsPredictor *model)
{
  const UsHead *head = us_predictor_head (model);
  gsize n_answers = us_head_n_answers (head), l_count = head->n_levels;
  g_autofree double *answer = g_new (double, work->n * n_answers);

  /* R0 is the first parameter, and the first target */
  g_assert (strcmp (us_predictor_target (model, 0)->name, "R0") == 0);
  us_predictor_answer (model, work->n, work->x, answer);
  for (gsize i = 0; i < work->n; i++)
    {
      work->estimate[BY_NETWORK * work->n + i] = answer[i * n_answers + l_count / 2];
      work->lower[i] = answer[i * n_answers];
      work->upper[i] = answer[i * n_answers + l_count - 1];
    }
}

/* ---- what comes out ------------------------------------------------------------------------ */

typedef struct
{
  double mean, sd;              /* of |estimate − truth| / truth, and its standard error */
  double median;
  double bias;                  /* mean of (estimate − truth) / truth */
  gsize  n, n_none;
} Errors;

/* Where some estimator has no answer, it gets the prior's median: it has to say something. */
static Errors
measure (const Work *work,
         Estimator   e)
{
  g_autofree double *error = g_new (double, work->n);
  Errors self = { .n = work->n };
  double square = 0;

  for (gsize i = 0; i < work->n; i++)
    {
      double estimate = work->estimate[e * work->n + i];

      if (isnan (estimate))
        {
          self.n_none++;
          estimate = work->estimate[BY_PRIOR * work->n + i];
        }
      error[i] = fabs (estimate - work->truth[i]) / work->truth[i];
      self.mean += error[i] / work->n;
      self.bias += (estimate - work->truth[i]) / work->truth[i] / work->n;
    }
  for (gsize i = 0; i < work->n; i++)
    square += (error[i] - self.mean) * (error[i] - self.mean);
  self.sd = sqrt (square / (work->n - 1.0) / work->n);
  us_sort_doubles (work->n, error);
  self.median = error[work->n / 2];
  return self;
}

static gboolean
add_table (Work         *work,
           const Errors *errors,
           GError      **error)
{
  static const UsReportColumn columns[] = {
    { "R₀ by", FALSE }, { "mean relative error, %", TRUE }, { "± standard error", TRUE }, { "median, %", TRUE }, { "bias, %", TRUE },
    { "curves without answer", TRUE }, { "published mean, %", TRUE },
  };
  static const double published[N_ESTIMATORS] = { 18.6, 44.5, NAN, 35.7, NAN };

  us_sgnn_table_begin (work->self, "r0-errors", "Error |R̂₀ − R₀| / R₀ over the held-out curves. Published: Dudley and Eisenberg 2025, on a task of "
                       "their own, so that only the order compares.", G_N_ELEMENTS (columns), columns);
  for (int e = 0; e < N_ESTIMATORS; e++)
    {
      g_autofree char *name = g_strdup_printf ("mean_relative_error.%s", estimators[e].id);

      us_sgnn_cell (work->self, US_REPORT_PLAIN, "%s", estimators[e].title);
      us_sgnn_value (work->self, 100 * errors[e].mean, 1);
      us_sgnn_value (work->self, 100 * errors[e].sd, 1);
      us_sgnn_value (work->self, 100 * errors[e].median, 1);
      us_sgnn_value (work->self, 100 * errors[e].bias, 1);
      us_sgnn_value (work->self, (double) errors[e].n_none, 0);
      us_sgnn_value (work->self, published[e], 1);
      us_sgnn_number (work->self, name, errors[e].mean);
    }
  return us_sgnn_table_end (work->self, error);
}

static UsPlot *
plot_estimates (const Work *work,
                Estimator   e)
{
  UsPlot *plot = us_plot_new (estimators[e].title);
  g_autofree double *y = g_new (double, work->n);

  /* what lies beyond the axes stands at their end */
  for (gsize i = 0; i < work->n; i++)
    y[i] = CLAMP (work->estimate[e * work->n + i], LEAST_SHOWN, MOST_SHOWN);
  us_plot_set_axis (plot, US_AXIS_X, "True R₀", NULL, US_SCALE_LOG);
  us_plot_set_axis (plot, US_AXIS_Y, "Estimated R₀", NULL, US_SCALE_LOG);
  us_plot_set_range (plot, US_AXIS_X, 1, 10);
  us_plot_set_range (plot, US_AXIS_Y, LEAST_SHOWN, MOST_SHOWN);
  us_plot_add_slope (plot, NULL, &(UsPlotStyle) { .colour = US_COLOUR_MUTED, .dash = US_DASH_DASHED }, 0, 1);
  us_plot_add_scatter (plot, NULL, &(UsPlotStyle) { .colour = e + 1, .width = 3, .opacity = 0.5 }, MIN (work->n, 400), work->truth, y);
  return plot;
}

static UsPlot *
plot_curves (const Work *work)
{
  UsPlot *plot = us_plot_new ("The first six of the curves");
  double day[T], y[T];

  us_plot_set_axis (plot, US_AXIS_X, "Day", "d", US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, "Reported cases", "1/d", US_SCALE_LINEAR);
  for (gsize i = 0; i < MIN (work->n, N_SHOWN); i++)
    {
      g_autofree char *name = g_strdup_printf ("R₀ %.1f, network %.1f", work->truth[i], work->estimate[BY_NETWORK * work->n + i]);

      for (gsize t = 0; t < T; t++)
        {
          day[t] = t;
          y[t] = work->x[i * T + t];
        }
      us_plot_add_line (plot, name, &(UsPlotStyle) { .colour = (int) i + 1 }, T, day, y);
    }
  us_plot_set_legend_visible (plot, TRUE);
  return plot;
}

static gboolean
report (Work    *work,
        gsize    rows,
        gsize    n_drawn,
        GError **error)
{
  UsSgnn *self = work->self;
  Errors errors[N_ESTIMATORS];
  UsPlot *plots[4];
  double inside = 0;

  for (int e = 0; e < N_ESTIMATORS; e++)
    errors[e] = measure (work, e);
  for (gsize i = 0; i < work->n; i++)
    inside += (work->truth[i] >= work->lower[i] && work->truth[i] <= work->upper[i]) / (double) work->n;
  us_sgnn_say (self, "The task, our own. A new pathogen in a city of 1,000,000: SEIR with exponential periods; new cases as reported on %d days, a share of "
               "5 to 35 %% of them (uniform), negative binomial of size 1 to 10 (log-uniform). R₀ is log-uniform from 1.2 to 8; latent and "
               "infectious period are known to a quarter (log-normal, medians 4 and 5 days); 1 to 20 infectious people (log-uniform) "
               "came 0 to 14 days before the first report. %" G_GSIZE_FORMAT " held-out curves, all with at least %d cases, on "
               "at least %d days (%" G_GSIZE_FORMAT " were drawn for them).", T, work->n, LEAST_CASES, LEAST_DAYS, n_drawn);
  us_sgnn_say (self, "The network (quantiles of each parameter, %" G_GSIZE_FORMAT " simulations) answers with the median of R₀; its 95 %% intervals hold "
               "the truth in %.1f %% of cases. Maximum likelihood knows equations and noise exactly, and is bounded by the ends of uniform and "
               "log-uniform priors (R₀ from 1.2 to 8), but asks not how likely periods are: it goes astray where curves say little. Held at their "
               "medians, periods and reported share are three unknowns less, and it does far better. Growth rate: slope of log cases "
               "from the first to the highest day, R₀ = (1 + r/σ)(1 + r/γ) with the medians of the periods. The network’s advantage is that it "
               "was told the prior, here the right one; the last line is what that prior alone achieves.", rows, 100 * inside);
  us_sgnn_number (self, "interval_95_holds", inside);
  us_sgnn_want (self, "R₀: the network's mean relative error over that of maximum likelihood", errors[BY_NETWORK].mean / errors[BY_LIKELIHOOD].mean,
                2, US_WANT_AT_MOST, 0.5);
  us_sgnn_want (self, "R₀: the same over maximum likelihood with periods and reporting held at their medians",
                errors[BY_NETWORK].mean / errors[BY_LIKELIHOOD_KNOWN].mean, 2, US_WANT_AT_MOST, 0.5);
  us_sgnn_in_short (self, "R₀ from 14 noisy early days: mean relative error %.1f %% by the network, %.1f %% by maximum likelihood (%.1f %% when periods and "
                    "reporting are held at their medians), %.1f %% by the growth rate; published on another task: 18.6, 44.5 and 35.7 %%.",
                    100 * errors[BY_NETWORK].mean, 100 * errors[BY_LIKELIHOOD].mean, 100 * errors[BY_LIKELIHOOD_KNOWN].mean,
                    100 * errors[BY_GROWTH].mean);
  plots[0] = plot_curves (work);
  plots[1] = plot_estimates (work, BY_NETWORK);
  plots[2] = plot_estimates (work, BY_LIKELIHOOD);
  plots[3] = plot_estimates (work, BY_GROWTH);
  return add_table (work, errors, error)
         && us_sgnn_figure (self, "r0-estimates", "Six curves; and R₀ as estimated against the truth, by the network, by maximum likelihood, by the "
                            "growth rate: the network's lie nearest to the diagonal.", "Six of the curves, and estimates against the truth (of the "
                            "first 400 curves; what lies beyond 0.5 … 20 stands at the edge).", 4, plots, 2, 520, 380, TRUE, error);
}

gboolean
us_sgnn_part_r0 (UsSgnn  *self,
                 GError **error)
{
  const char *const id = EPIDEMIC;
  gsize rows = us_sgnn_rows (self, 100000, 10000), n_drawn;
  g_auto(Work) work = { .self = self, .n = us_sgnn_count (self, 1000, 100, 20) };
  g_autoptr(UsPredictor) model = us_sgnn_predictor (self, "r0-quantities", US_TASK_QUANTITIES, US_HEAD_QUANTILES, 1, &id, priors, rows, error);

  if (model == NULL || (work.prior = us_sgnn_prior (id, priors, error)) == NULL
      || (work.known = us_sgnn_prior (id, priors_known, error)) == NULL)
    return FALSE;
  work.truth = g_new (double, work.n);
  work.x = g_new (float, work.n * T);
  work.estimate = g_new0 (double, N_ESTIMATORS * work.n);
  work.lower = g_new (double, work.n);
  work.upper = g_new (double, work.n);
  if (!draw_curves (&work, self->seed, &n_drawn, error))
    return FALSE;
  ask_network (&work, model);
  return fit_all (&work, error) && report (&work, rows, n_drawn, error);
}
