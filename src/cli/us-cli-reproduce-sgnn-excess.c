/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Part “excess”: how the risk of a predictor falls to that of the best possible one as it sees more simulations. */
#include "config.h"

#include "us-cli-reproduce-sgnn-private.h"
#include "us-excess-risk.h"
#include "us-linear-gaussian.h"

#include <math.h>

/* K sizes, M held-out rows, P parameters, D targets, V values. */

#define P          US_LINEAR_GAUSSIAN_P
#define V          16
#define FIRST_ROW  (G_GUINT64_CONSTANT (8) << 40)       /* far from what is trained on */

static const gsize sizes[] = { 100, 300, 1000, 3000, 10000, 30000, 100000 };

#define K G_N_ELEMENTS (sizes)

/* Squared errors summed over the parameters, in units of their prior, which is the same for all: N(0, 1). */
static void
measure (const UsPredictor *model,
         gsize              n,
         const double      *theta,      /* (M, P) */
         const float       *x,          /* (M, V) */
         UsExcessRisk      *risk)
{
  gsize d_count = us_head_n_answers (us_predictor_head (model));
  g_autofree double *answer = g_new (double, n * d_count), *loss = g_new0 (double, n), *best = g_new0 (double, n);

  us_predictor_answer (model, n, x, answer);
  for (gsize i = 0; i < n; i++)
    {
      UsLinearGaussian exact;

      us_linear_gaussian_posterior (V, NULL, x + i * V, &exact);
      for (gsize p = 0; p < P; p++)
        {
          double own = answer[i * d_count + p] - theta[i * P + p], least = exact.mean[p] - theta[i * P + p];

          loss[i] += own * own;
          best[i] += least * least;
        }
    }
  us_excess_risk_measure (n, loss, best, risk);
}

static gboolean
draw (UsSgnn             *self,
      gsize               n_sizes,
      const double       *rows,         /* (n_sizes) */
      const UsExcessRisk *risk,
      double              trace,
      GError            **error)
{
  UsPlot *plots[2] = { us_plot_new ("Risk"), us_plot_new ("Excess risk") };
  double y[4][K];

  for (gsize k = 0; k < n_sizes; k++)
    {
      y[0][k] = risk[k].risk;
      y[1][k] = risk[k].excess;
      y[2][k] = fmax (risk[k].excess - 2 * risk[k].excess_sd, 1e-4);
      y[3][k] = risk[k].excess + 2 * risk[k].excess_sd;
    }
  for (gsize i = 0; i < 2; i++)
    us_plot_set_axis (plots[i], US_AXIS_X, "Simulations", NULL, US_SCALE_LOG);
  us_plot_set_axis (plots[0], US_AXIS_Y, "Mean squared error, three parameters", NULL, US_SCALE_LINEAR);
  us_plot_set_range (plots[0], US_AXIS_Y, 0, NAN);
  us_plot_add_line (plots[0], "Network", &(UsPlotStyle) { .colour = 1 }, n_sizes, rows, y[0]);
  us_plot_add_rule (plots[0], "Bayes-optimal, exact", &(UsPlotStyle) { .colour = 3, .dash = US_DASH_DASHED }, US_AXIS_Y, trace);
  us_plot_set_axis (plots[1], US_AXIS_Y, "Risk above the Bayes-optimal", NULL, US_SCALE_LOG);
  us_plot_add_band (plots[1], "± 2 standard errors", &(UsPlotStyle) { .colour = 1 }, n_sizes, rows, y[2], y[3]);
  us_plot_add_line (plots[1], "Network", &(UsPlotStyle) { .colour = 1 }, n_sizes, rows, y[1]);
  us_plot_set_legend_visible (plots[0], TRUE);
  us_plot_set_legend_visible (plots[1], TRUE);
  return us_sgnn_figure (self, "excess-risk", "Risk of the network falls to the exact Bayes risk as it sees more simulations; the excess in logarithms.",
                         "Accelerated motion: mean squared error of the network’s posterior means over held-out simulations, beside the Bayes-optimal "
                         "one, and their difference, row by row.", 2, plots, 2, 520, 380, TRUE, error);
}

gboolean
us_sgnn_part_excess (UsSgnn  *self,
                     GError **error)
{
  static const UsReportColumn columns[] = {
    { "simulations", TRUE }, { "risk", TRUE }, { "±", TRUE }, { "best, same rows", TRUE }, { "excess", TRUE }, { "±", TRUE }, { "share of the best, %", TRUE },
  };
  const char *const id = "linear-gaussian";
  gsize most = us_sgnn_rows (self, sizes[K - 1], 10000), n = us_sgnn_count (self, 20000, 5000, 200), n_sizes = 0;
  g_autoptr(UsPrior) prior = us_sgnn_prior (id, NULL, error);
  g_autofree double *theta = g_new (double, n * P);
  g_autofree float *x = g_new (float, n * V);
  UsLinearGaussian exact;
  UsExcessRisk risk[K];
  double rows[K], trace = 0, rate;

  if (prior == NULL || !us_simulate_rows (prior, 0, self->seed, FIRST_ROW, n, theta, x, error))
    return FALSE;
  us_linear_gaussian_posterior (V, NULL, x, &exact);
  for (gsize p = 0; p < P; p++)
    trace += exact.covariance[p * P + p];
  for (; n_sizes < K && sizes[n_sizes] <= most; n_sizes++)
    {
      g_autofree char *name = g_strdup_printf ("excess-%" G_GSIZE_FORMAT, sizes[n_sizes]);
      g_autofree char *number = g_strdup_printf ("excess.%" G_GSIZE_FORMAT, sizes[n_sizes]);
      g_autoptr(UsPredictor) model = us_sgnn_predictor (self, name, US_TASK_QUANTITIES, US_HEAD_MEAN, 1, &id, NULL, sizes[n_sizes], error);

      if (model == NULL)
        return FALSE;
      measure (model, n, theta, x, &risk[n_sizes]);
      rows[n_sizes] = (double) sizes[n_sizes];
      us_sgnn_number (self, number, risk[n_sizes].excess);
    }
  rate = us_excess_risk_rate (n_sizes, rows, risk);
  us_sgnn_say (self, "The task whose posterior is a formula (sixteen noisy positions under constant acceleration): the Bayes-optimal answer is known, and so is "
               "its risk, the trace of the posterior covariance, %.4f. A network that learns the posterior mean from N simulations can only "
               "be worse; by how much, is its synthetic excess risk. Measured on %" G_GSIZE_FORMAT " held-out simulations, the same for all.",
               trace, n);
  if (!isnan (rate))
    us_sgnn_say (self, "From one size to the next the excess falls as N^%.2f (least squares in logarithms). It does not go below zero but by chance.",
                 rate);
  us_sgnn_table_begin (self, "excess-risk", "Risk of the network and of the Bayes-optimal predictor on the same rows.", G_N_ELEMENTS (columns), columns);
  for (gsize k = 0; k < n_sizes; k++)
    {
      us_sgnn_value (self, rows[k], 0);
      us_sgnn_value (self, risk[k].risk, 4);
      us_sgnn_value (self, risk[k].risk_sd, 4);
      us_sgnn_value (self, risk[k].best, 4);
      us_sgnn_value (self, risk[k].excess, 4);
      us_sgnn_value (self, risk[k].excess_sd, 4);
      us_sgnn_value (self, 100 * risk[k].excess / risk[k].best, 1);
    }
  us_sgnn_number (self, "rate", rate);
  us_sgnn_number (self, "bayes_risk", trace);
  us_sgnn_want (self, "excess risk at the most simulations, share of the Bayes risk in per cent", 100 * risk[n_sizes - 1].excess / risk[n_sizes - 1].best, 2,
                US_WANT_AT_MOST, 1);
  us_sgnn_in_short (self, "Convergence: with %.0f simulations the network’s risk is %.1f %% above the least possible, with %.0f it is %.2f %%.", rows[0],
                    100 * risk[0].excess / risk[0].best, rows[n_sizes - 1], 100 * risk[n_sizes - 1].excess / risk[n_sizes - 1].best);
  return us_sgnn_table_end (self, error) && draw (self, n_sizes, rows, risk, trace, error);
}
