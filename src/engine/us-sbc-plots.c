/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-sbc-plots.h"

#include <glib/gi18n.h>
#include <math.h>

/* M simulations, P parameters, B bins, K places. */

#define RULE_STYLE (&(UsPlotStyle) { .colour = US_COLOUR_MUTED, .dash = US_DASH_DASHED })
#define BAND_STYLE (&(UsPlotStyle) { .colour = US_COLOUR_MUTED, .opacity = 0.25 })

static const UsDash dashes[] = { US_DASH_SOLID, US_DASH_DASHED, US_DASH_DOTTED };

/* Colours come round; then the dashes tell them apart. */
static UsPlotStyle
style_of (gsize p)
{
  return (UsPlotStyle) { .colour = 1 + p % US_N_COLOURS, .dash = dashes[p / US_N_COLOURS % G_N_ELEMENTS (dashes)] };
}

static char *
band_name (const UsSbc *self)
{
  return g_strdup_printf (_("%.0f %% band"), 100 * self->level);
}

UsPlot *
us_sbc_plot_ranks (const UsSbc      *self,
                   const UsSbcRanks *ranks,
                   const char       *title)
{
  gsize n = ranks->n_bins;
  g_autofree double *x = g_new (double, n);
  g_autofree double *height = g_new (double, n);
  g_autofree double *edge = g_new (double, 2 * n);
  g_autofree double *lower = g_new (double, 2 * n);
  g_autofree double *upper = g_new (double, 2 * n);
  g_autofree char *name = g_strdup_printf (_("%.0f %% of each bin"), 100 * self->level);
  UsPlot *plot = us_plot_new (title);

  for (gsize b = 0; b < n; b++)
    {
      x[b] = (b + 0.5) / n;
      height[b] = ranks->count[b] / ranks->expected[b];
      for (gsize side = 0; side < 2; side++)
        {
          edge[2 * b + side] = (double) (b + side) / n;
          lower[2 * b + side] = ranks->lower[b] / ranks->expected[b];
          upper[2 * b + side] = ranks->upper[b] / ranks->expected[b];
        }
    }
  us_plot_set_axis (plot, US_AXIS_X, ranks == self->density ? _("Share of samples that are denser")
                                                            : _("Share of samples below the truth"),
                    NULL, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, _("Simulations, over expected"), NULL, US_SCALE_LINEAR);
  us_plot_set_range (plot, US_AXIS_X, 0, 1);
  us_plot_set_range (plot, US_AXIS_Y, 0, NAN);
  us_plot_add_bars (plot, _("Ranks"), &(UsPlotStyle) { .colour = 1, .opacity = 0.7 }, n, x, height, 0.9 / n);
  us_plot_add_band (plot, name, BAND_STYLE, 2 * n, edge, lower, upper);
  us_plot_add_rule (plot, NULL, RULE_STYLE, US_AXIS_Y, 1);
  us_plot_set_legend_visible (plot, TRUE);
  return plot;
}

/* A function of place less the place itself, from 0 to 1, where all agree. */
static void
add_difference (UsPlot            *plot,
                const UsEcdfBand  *band,
                const guint       *counts,
                const char        *name,
                const UsPlotStyle *style)
{
  gsize k_count = band->n_points;
  g_autofree double *x = g_new0 (double, k_count + 2);
  g_autofree double *y = g_new0 (double, k_count + 2);

  x[k_count + 1] = 1;
  for (gsize k = 0; k < k_count; k++)
    {
      x[k + 1] = band->z[k];
      y[k + 1] = (double) counts[k] / band->n - band->z[k];
    }
  us_plot_add_line (plot, name, style, k_count + 2, x, y);
}

static void
add_band (const UsSbc *self,
          UsPlot      *plot,
          gboolean     difference)
{
  const UsEcdfBand *band = self->band;
  gsize k_count = band->n_points;
  g_autofree double *x = g_new0 (double, k_count + 2);
  g_autofree double *lower = g_new0 (double, k_count + 2);
  g_autofree double *upper = g_new0 (double, k_count + 2);
  g_autofree char *name = band_name (self);

  x[k_count + 1] = 1;
  lower[k_count + 1] = upper[k_count + 1] = difference ? 0 : 1;
  for (gsize k = 0; k < k_count; k++)
    {
      double base = difference ? band->z[k] : 0;

      x[k + 1] = band->z[k];
      lower[k + 1] = (double) band->lower[k] / band->n - base;
      upper[k + 1] = (double) band->upper[k] / band->n - base;
    }
  us_plot_add_band (plot, name, BAND_STYLE, k_count + 2, x, lower, upper);
}

UsPlot *
us_sbc_plot_functions (const UsSbc       *self,
                       const char *const *names,
                       const char        *title)
{
  UsPlot *plot = us_plot_new (title);

  us_plot_set_axis (plot, US_AXIS_X, _("Share of samples below the truth"), NULL, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, _("Share of simulations, less expected"), NULL, US_SCALE_LINEAR);
  us_plot_set_range (plot, US_AXIS_X, 0, 1);
  us_plot_set_legend_visible (plot, TRUE);
  add_band (self, plot, TRUE);
  us_plot_add_rule (plot, NULL, RULE_STYLE, US_AXIS_Y, 0);
  for (gsize p = 0; p < self->n_parameters; p++)
    if (self->ranks[p].verdict != US_SBC_NOT_JUDGED)
      {
        UsPlotStyle style = style_of (p);

        add_difference (plot, self->band, self->ranks[p].below, names[p], &style);
      }
  return plot;
}

UsPlot *
us_sbc_plot_coverage (const UsSbc       *self,
                      const char *const *names,
                      const char        *title)
{
  const UsEcdfBand *band = self->band;
  gsize k_count = band->n_points;
  g_autofree double *y = g_new (double, k_count);
  UsPlot *plot = us_plot_new (title);

  us_plot_set_axis (plot, US_AXIS_X, _("Posterior mass of the region"), NULL, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, _("How often the truth is inside"), NULL, US_SCALE_LINEAR);
  us_plot_set_range (plot, US_AXIS_X, 0, 1);
  us_plot_set_range (plot, US_AXIS_Y, 0, 1);
  us_plot_set_equal (plot, TRUE);
  us_plot_set_legend_visible (plot, TRUE);
  add_band (self, plot, FALSE);
  us_plot_add_slope (plot, NULL, RULE_STYLE, 0, 1);
  for (gsize p = 0; p <= self->n_parameters; p++)
    {
      const UsSbcRanks *ranks = p < self->n_parameters ? &self->ranks[p] : self->density;
      UsPlotStyle style = p < self->n_parameters ? style_of (p) : (UsPlotStyle) { .colour = US_COLOUR_FOREGROUND };

      if (ranks == NULL || ranks->verdict == US_SBC_NOT_JUDGED)
        continue;
      for (gsize k = 0; k < k_count; k++)
        y[k] = (double) ranks->covered[k] / band->n;
      us_plot_add_line (plot, p < self->n_parameters ? names[p] : _("Highest density, all together"), &style, k_count,
                        band->z, y);
    }
  return plot;
}

UsPlot *
us_sbc_plot_recovery (const UsSbc *self,
                      gsize        parameter,
                      const char  *name,
                      const char  *unit,
                      const char  *title)
{
  const UsSbcRecovery *recovery = &self->recovery[parameter];
  g_autofree char *truth = g_strdup_printf (_("True %s"), name);
  g_autofree char *mean = g_strdup_printf (_("Posterior mean of %s"), name);
  UsPlot *plot = us_plot_new (title);

  us_plot_set_axis (plot, US_AXIS_X, truth, unit, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, mean, unit, US_SCALE_LINEAR);
  us_plot_set_equal (plot, TRUE);
  us_plot_add_slope (plot, NULL, RULE_STYLE, 0, 1);
  us_plot_add_scatter (plot, name, &(UsPlotStyle) { .colour = 1 }, self->n_simulations, recovery->truth,
                       recovery->mean);
  return plot;
}

UsPlot *
us_sbc_plot_contraction (const UsSbc *self,
                         gsize        parameter,
                         const char  *title)
{
  const UsSbcRecovery *recovery = &self->recovery[parameter];
  UsPlot *plot = us_plot_new (title);

  us_plot_set_axis (plot, US_AXIS_X, _("Contraction, 1 − posterior over prior variance"), NULL, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, _("z-score, (mean − truth) / posterior sd"), NULL, US_SCALE_LINEAR);
  us_plot_set_range (plot, US_AXIS_X, NAN, 1);
  us_plot_add_rule (plot, NULL, RULE_STYLE, US_AXIS_Y, 0);
  us_plot_add_rule (plot, NULL, RULE_STYLE, US_AXIS_Y, -2);
  us_plot_add_rule (plot, NULL, RULE_STYLE, US_AXIS_Y, 2);
  us_plot_add_scatter (plot, _("Simulations"), &(UsPlotStyle) { .colour = 1 }, self->n_simulations,
                       recovery->contraction, recovery->z_score);
  return plot;
}

void
us_predictive_band_draw (const UsPredictiveBand *self,
                         UsPlot                 *plot,
                         const double           *x,
                         int                     colour)
{
  for (gsize q = self->n_levels; q-- > 0;)
    {
      gsize at = q * self->n_values;
      g_autofree char *name = g_strdup_printf (_("%.0f %% of what is predicted"), 100 * self->levels[q]);

      us_plot_add_band (plot, name, &(UsPlotStyle) { .colour = colour }, self->n_values, x, self->lower + at,
                        self->upper + at);
    }
  us_plot_add_line (plot, _("Median of what is predicted"), &(UsPlotStyle) { .colour = colour }, self->n_values, x,
                    self->median);
}
