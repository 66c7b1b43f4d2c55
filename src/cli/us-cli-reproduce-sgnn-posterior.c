/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Part “posterior”: parameters recovered from noisy series, calibration, and a network's posterior against the exact one. */
#include "config.h"

#include "us-cli-reproduce-sgnn-private.h"
#include "us-linear-gaussian.h"
#include "us-posterior-evidence.h"
#include "us-sbc-plots.h"
#include "us-two-sample.h"

#include <math.h>
#include <string.h>

/* P parameters, Q quantities, V values, M held-out rows. */

#define P          US_LINEAR_GAUSSIAN_P
#define V          16
#define FIRST_ROW  (G_GUINT64_CONSTANT (6) << 40)       /* far from what is trained on */
#define N_DRAWS    2000                                 /* of each posterior that is told apart */
#define N_MEANS    400
#define EPIDEMIC   "sir:prevalence@0,1,2,3,4,5,6,7,8,9,10,11,12,13+negative-binomial"

static void
on_measured (gsize    done,
             gsize    count,
             gpointer data)
{
  us_sgnn_progress (data, "%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " simulations", done, count);
}

/* ---- calibration of any posterior ----------------------------------------------- */

static gboolean
add_table (UsSgnn                    *self,
           const UsPosteriorEvidence *evidence,
           const char                *id,
           const char                *caption,
           GError                   **error)
{
  static const UsReportColumn columns[] = {
    { "quantity", FALSE }, { "R² of the mean", TRUE }, { "contraction", TRUE }, { "inside 50 %", TRUE }, { "inside 90 %", TRUE },
    { "calibration", FALSE },
  };
  const UsSbc *sbc = evidence->sbc;
  double worst = 0;

  us_sgnn_table_begin (self, id, caption, G_N_ELEMENTS (columns), columns);
  for (gsize q = 0; q <= evidence->n_quantities; q++)
    {
      gboolean together = q == evidence->n_quantities;
      const UsSbcRanks *ranks = together ? sbc->density : &sbc->ranks[q];
      g_autofree char *words = us_sbc_words (sbc, ranks);
      double inside = us_sbc_coverage (sbc, ranks, 0.9);

      if (!together && ranks->verdict == US_SBC_NOT_JUDGED)
        continue;
      us_sgnn_cell (self, US_REPORT_PLAIN, "%s", together ? "all together" : evidence->quantities[q].label);
      us_sgnn_value (self, together ? NAN : sbc->recovery[q].r2, 3);
      us_sgnn_value (self, together ? NAN : sbc->recovery[q].mean_contraction, 3);
      us_sgnn_value (self, us_sbc_coverage (sbc, ranks, 0.5), 3);
      us_sgnn_value (self, inside, 3);
      us_sgnn_cell (self, ranks->verdict == US_SBC_FINE ? US_REPORT_GOOD : US_REPORT_BAD, "%s", words);
      if (!together && !evidence->quantities[q].derived)
        worst = MAX (worst, fabs (inside - 0.9));
    }
  {
    g_autofree char *name = g_strconcat (id, ".worst_coverage_90", NULL);

    us_sgnn_number (self, name, worst);
  }
  return us_sgnn_table_end (self, error);
}

static gboolean
add_figures (UsSgnn                    *self,
             const UsPosteriorEvidence *evidence,
             const char                *id,
             const char                *title,
             gsize                      n_shown,
             const gsize               *shown,          /* (n_shown) quantities */
             GError                   **error)
{
  const UsSbc *sbc = evidence->sbc;
  g_autofree const char **labels = g_new0 (const char *, evidence->n_quantities + 1);
  g_autofree UsPlot **plots = g_new (UsPlot *, 2 * n_shown);
  g_autofree char *recovery = g_strdup_printf ("%s-recovery", id), *calibration = g_strdup_printf ("%s-calibration", id);
  g_autofree char *recovered = g_strdup_printf ("%s: posterior means against the truth above, z-scores of the truth against contraction "
                                                "below (0: as wide as the prior, 1: known exactly); each dot is a simulation that was "
                                                "not trained on.", title);
  g_autofree char *calibrated = g_strdup_printf ("%s: distribution of the truth's ranks less the uniform one, with the band that holds "
                                                 "the whole curve with 95 %% probability; and how often the truth lies inside "
                                                 "intervals against what they claim.", title);
  UsPlot *both[2];

  for (gsize q = 0; q < evidence->n_quantities; q++)
    labels[q] = evidence->quantities[q].label;
  for (gsize i = 0; i < n_shown; i++)
    {
      const UsPosteriorQuantity *quantity = &evidence->quantities[shown[i]];

      plots[i] = us_sbc_plot_recovery (sbc, shown[i], quantity->label, quantity->unit, NULL);
      plots[n_shown + i] = us_sbc_plot_contraction (sbc, shown[i], quantity->label);
    }
  both[0] = us_sbc_plot_functions (sbc, labels, "Calibration");
  both[1] = us_sbc_plot_coverage (sbc, labels, "Expected coverage");
  return us_sgnn_figure (self, recovery, recovered, recovered, 2 * n_shown, plots, n_shown, 1080.0 / n_shown, 300, FALSE, error)
         && us_sgnn_figure (self, calibration, calibrated, calibrated, 2, both, 2, 520, 380, TRUE, error);
}

static UsPosteriorEvidence *
measure (UsSgnn       *self,
         UsPosterior  *model,
         GError      **error)
{
  const UsPosteriorEvidenceConfig config = { .n_simulations = us_sgnn_count (self, 500, 150, 60), .seed = self->seed + 1,
                                             .n_workers = self->n_workers, .progress = on_measured, .data = self };

  return us_posterior_evidence_new (model, &config, self->cancellable, error);
}

/* ---- an epidemic ------------------------------------------------------------------- */

static gboolean
recover_epidemic (UsSgnn  *self,
                  GError **error)
{
  static const gsize shown[] = { 0, 1, 3 };     /* R0, infectious, introduction */
  gsize rows = us_sgnn_rows (self, 10000, 2000);
  g_autoptr(UsPosterior) model = us_sgnn_posterior (self, "sir-posterior", EPIDEMIC, NULL, rows, error);
  g_autoptr(UsPosteriorEvidence) evidence = model != NULL ? measure (self, model, error) : NULL;

  if (evidence == NULL)
    return FALSE;
  us_sgnn_heading (self, "An epidemic from 14 noisy days");
  us_sgnn_say (self, "SIR in a school of 763: how many are infectious on each of 14 days, with negative-binomial noise. R₀, the infectious period, "
               "the number of first cases, the day they came and the size of the noise are drawn from wide priors and are all to be "
               "told. The network has seen %" G_GSIZE_FORMAT " simulations; it is judged on %" G_GSIZE_FORMAT " others. Where quantities "
               "span decades their logarithms are judged.", rows, evidence->sbc->n_simulations);
  us_sgnn_number (self, "sir.r2.R0", evidence->sbc->recovery[0].r2);
  us_sgnn_number (self, "sir.log_density", evidence->log_density);
  return add_table (self, evidence, "posterior-sir", "SIR, prevalence with noise: recovery and calibration. “Contraction”: 1 − posterior "
                    "variance over prior variance, mean over simulations.", error)
         && add_figures (self, evidence, "posterior-sir", "SIR", G_N_ELEMENTS (shown), shown, error);
}

/* ---- against the exact posterior ------------------------------------------------------ */

/* Lower triangle L of covariance = L Lᵀ. */
static void
factorise (const double *covariance,
           double       *l)             /* (P, P) */
{
  memset (l, 0, P * P * sizeof *l);
  for (gsize i = 0; i < P; i++)
    for (gsize j = 0; j <= i; j++)
      {
        double sum = covariance[i * P + j];

        for (gsize k = 0; k < j; k++)
          sum -= l[i * P + k] * l[j * P + k];
        l[i * P + j] = i == j ? sqrt (sum) : sum / l[j * P + j];
      }
}

static double
exact_log_density (const UsLinearGaussian *exact,
                   const double           *theta)
{
  double l[P * P], z[P], sum = -0.5 * P * log (2 * G_PI);

  factorise (exact->covariance, l);
  for (gsize i = 0; i < P; i++)
    {
      z[i] = theta[i] - exact->mean[i];
      for (gsize k = 0; k < i; k++)
        z[i] -= l[i * P + k] * z[k];
      z[i] /= l[i * P + i];
      sum -= log (l[i * P + i]) + 0.5 * z[i] * z[i];
    }
  return sum;
}

/* Mean of log p − log q over rows of both: the Kullback-Leibler divergence of network from exact posterior. */
static gboolean
measure_divergence (const UsPosterior *model,
                    gsize              n,
                    const double      *theta,           /* (n, P) */
                    const float       *x,               /* (n, V) */
                    double            *mean,
                    double            *sd,
                    GError           **error)
{
  g_autofree double *q = g_new (double, n);
  double square = 0;

  *mean = 0;
  for (gsize i = 0; i < n; i++)
    {
      UsLinearGaussian exact;

      if (!us_posterior_log_density (model, x + i * V, 1, theta + i * P, &q[i], error))
        return FALSE;
      us_linear_gaussian_posterior (V, NULL, x + i * V, &exact);
      q[i] = exact_log_density (&exact, theta + i * P) - q[i];
      *mean += q[i] / n;
    }
  for (gsize i = 0; i < n; i++)
    square += (q[i] - *mean) * (q[i] - *mean);
  *sd = sqrt (square / (n - 1.0) / n);
  return TRUE;
}

/* Mean accuracy of a classifier between draws of both, over the first n observations. */
static gboolean
tell_apart (UsSgnn            *self,
            const UsPosterior *model,
            gsize              n,
            const float       *x,               /* (n, V) */
            double            *c2st,
            GError           **error)
{
  g_autoptr(UsPool) pool = us_pool_new (self->n_workers, 0);
  g_autofree double *a = g_new (double, N_DRAWS * P), *b = g_new (double, N_DRAWS * P);

  *c2st = 0;
  for (gsize i = 0; i < n; i++)
    {
      UsLinearGaussian exact;
      UsRng rng;

      us_sgnn_progress (self, "telling apart posterior %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT, i + 1, n);
      us_linear_gaussian_posterior (V, NULL, x + i * V, &exact);
      us_rng_init (&rng, self->seed, US_RNG_EVALUATE, FIRST_ROW + i);
      for (gsize k = 0; k < N_DRAWS; k++)
        us_linear_gaussian_draw (&exact, &rng, a + k * P);
      if (!us_posterior_sample (model, x + i * V, N_DRAWS, self->seed + i, b, error))
        return FALSE;
      *c2st += us_c2st (N_DRAWS, a, N_DRAWS, b, P, US_C2ST_FOLDS, self->seed, pool) / n;
      if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return FALSE;
    }
  return TRUE;
}

/* Means and standard deviations of both, for the first n observations. */
static gboolean
compare_moments (UsSgnn            *self,
                 const UsPosterior *model,
                 gsize              n,
                 const float       *x,
                 GError           **error)
{
  const UsSimulator *simulator = us_posterior_simulator (model);
  UsPlot *plots[2] = { us_plot_new ("Posterior means"), us_plot_new ("Posterior standard deviations") };
  g_autofree double *values = g_new (double, 3 * P * n), *draws = g_new (double, N_MEANS * P);
  double *of_exact = values, *of_network = values + P * n, *ratio = values + 2 * P * n;

  for (gsize i = 0; i < n; i++)
    {
      UsLinearGaussian exact;

      us_linear_gaussian_posterior (V, NULL, x + i * V, &exact);
      if (!us_posterior_sample (model, x + i * V, N_MEANS, self->seed + i, draws, error))
        return FALSE;
      for (gsize p = 0; p < P; p++)
        {
          double mean = 0, square = 0;

          for (gsize k = 0; k < N_MEANS; k++)
            mean += draws[k * P + p] / N_MEANS;
          for (gsize k = 0; k < N_MEANS; k++)
            square += (draws[k * P + p] - mean) * (draws[k * P + p] - mean) / (N_MEANS - 1);
          of_exact[p * n + i] = exact.mean[p];
          of_network[p * n + i] = mean;
          ratio[p * n + i] = sqrt (square / exact.covariance[p * P + p]);
        }
    }
  us_plot_set_axis (plots[0], US_AXIS_X, "Exact mean", "m, m/s, m/s²", US_SCALE_LINEAR);
  us_plot_set_axis (plots[0], US_AXIS_Y, "Network’s mean", "m, m/s, m/s²", US_SCALE_LINEAR);
  us_plot_add_slope (plots[0], NULL, &(UsPlotStyle) { .colour = US_COLOUR_MUTED, .dash = US_DASH_DASHED }, 0, 1);
  us_plot_set_axis (plots[1], US_AXIS_X, "Exact mean", "m, m/s, m/s²", US_SCALE_LINEAR);
  us_plot_set_axis (plots[1], US_AXIS_Y, "Network’s sd / exact sd", NULL, US_SCALE_LINEAR);
  us_plot_set_range (plots[1], US_AXIS_Y, 0.5, 1.5);
  us_plot_add_rule (plots[1], NULL, &(UsPlotStyle) { .colour = US_COLOUR_MUTED, .dash = US_DASH_DASHED }, US_AXIS_Y, 1);
  for (gsize p = 0; p < P; p++)
    for (gsize k = 0; k < 2; k++)
      us_plot_add_scatter (plots[k], simulator->parameters[p].symbol, &(UsPlotStyle) { .colour = (int) p + 1, .width = 4 }, n,
                           of_exact + p * n, (k == 0 ? of_network : ratio) + p * n);
  us_plot_set_legend_visible (plots[0], TRUE);
  us_plot_set_legend_visible (plots[1], TRUE);
  return us_sgnn_figure (self, "posterior-exact", "Means of the network's posterior against the exact ones: on the diagonal. Ratio of "
                         "standard deviations: near one.", "Accelerated motion: the network's posterior beside the exact one, means and "
                         "standard deviations (the ratio scatters by 3.5 % already because the network's comes from 400 draws).",
                         2, plots, 2, 520, 380, TRUE, error);
}

static gboolean
recover_motion (UsSgnn  *self,
                GError **error)
{
  static const gsize shown[] = { 0, 1, 2 };
  gsize rows = us_sgnn_rows (self, 10000, 2000), n = us_sgnn_count (self, 1000, 200, 60);
  gsize n_apart = us_sgnn_count (self, 5, 2, 1);
  g_autoptr(UsPosterior) model = us_sgnn_posterior (self, "linear-gaussian-posterior", "linear-gaussian", NULL, rows, error);
  g_autoptr(UsPosteriorEvidence) evidence = model != NULL ? measure (self, model, error) : NULL;
  g_autofree double *theta = g_new (double, n * P);
  g_autofree float *x = g_new (float, n * V);
  double divergence, sd, c2st;

  if (evidence == NULL
      || !us_simulate_rows (us_posterior_prior (model), 0, self->seed, FIRST_ROW, n, theta, x, error)
      || !measure_divergence (model, n, theta, x, &divergence, &sd, error)
      || !tell_apart (self, model, n_apart, x, &c2st, error))
    return FALSE;
  us_sgnn_heading (self, "Accelerated motion: against the exact posterior");
  us_sgnn_say (self, "Position of a thing under constant acceleration, sixteen times, with an error of known size: linear and normal, so that the "
               "exact posterior is a formula. %" G_GSIZE_FORMAT " simulations.", rows);
  us_sgnn_say (self, "The network's posterior q lies %.4f ± %.4f nats from the exact one p (Kullback-Leibler divergence, the mean of log p − log q "
               "over %" G_GSIZE_FORMAT " simulations that it has not seen: its excess risk under the logarithmic loss). A classifier that "
               "is to tell draws of both apart is right in %.1f %% of cases (C2ST, mean of %" G_GSIZE_FORMAT " observations; 50 %%: they "
               "cannot be told apart).", divergence, sd, n, 100 * c2st, n_apart);
  us_sgnn_number (self, "linear_gaussian.divergence", divergence);
  us_sgnn_number (self, "linear_gaussian.divergence_sd", sd);
  us_sgnn_number (self, "linear_gaussian.c2st", c2st);
  us_sgnn_want (self, "accelerated motion: C2ST against the exact posterior", c2st, 3, US_WANT_AT_MOST, 0.53);
  us_sgnn_in_short (self, "Posteriors: a classifier tells the network's from the exact one in %.1f %% of cases (50 %%: not at all), after %"
                    G_GSIZE_FORMAT " simulations.", 100 * c2st, rows);
  return add_table (self, evidence, "posterior-linear-gaussian", "Accelerated motion: recovery and calibration.", error)
         && compare_moments (self, model, MIN (n, 100), x, error)
         && add_figures (self, evidence, "posterior-linear-gaussian", "Accelerated motion", G_N_ELEMENTS (shown), shown, error);
}

gboolean
us_sgnn_part_posterior (UsSgnn  *self,
                        GError **error)
{
  return recover_motion (self, error) && recover_epidemic (self, error);
}
