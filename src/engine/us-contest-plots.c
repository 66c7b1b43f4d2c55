/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-contest-plots.h"

#include <glib/gi18n.h>
#include <math.h>

/* B bins, K mechanisms. */

UsPlot *
us_contest_plot_reliability (const UsContest *self,
                             const char      *title)
{
  UsPlot *plot;

  g_return_val_if_fail (self != NULL, NULL);

  plot = us_plot_new (title);
  us_plot_set_axis (plot, US_AXIS_X, _("Stated probability"), NULL, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, _("Share that was so"), NULL, US_SCALE_LINEAR);
  us_plot_set_range (plot, US_AXIS_X, 0, 1);
  us_plot_set_range (plot, US_AXIS_Y, 0, 1);
  us_plot_add_slope (plot, NULL, &(UsPlotStyle) { .colour = US_COLOUR_MUTED, .dash = US_DASH_DASHED }, 0, 1);
  for (int j = 0; j < US_N_JUDGES; j++)
    {
      const UsPlotStyle style = { .colour = 1 + j };
      double stated[US_SELECTION_BINS], seen[US_SELECTION_BINS], lower[US_SELECTION_BINS], upper[US_SELECTION_BINS];
      gsize n = 0;

      for (gsize b = 0; self->selections[j] != NULL && b < US_SELECTION_BINS; b++)
        {
          const UsReliabilityBin *bin = &self->selections[j]->bins[b];

          if (bin->count == 0)
            continue;
          stated[n] = bin->stated;
          seen[n] = bin->seen;
          lower[n] = bin->seen_lower;
          upper[n++] = bin->seen_upper;
        }
      if (n == 0)
        continue;
      if (j == US_JUDGE_NETWORK)
        us_plot_add_band (plot, NULL, &style, n, stated, lower, upper);
      us_plot_add_line (plot, _(us_judge_label ((UsJudge) j)), &style, n, stated, seen);
      us_plot_add_scatter (plot, NULL, &style, n, stated, seen);
    }
  return plot;
}

UsPlot *
us_selection_plot_confusion (const UsSelection *self,
                             const char        *title)
{
  gsize K;
  g_autofree double *shares = NULL;
  UsPlot *plot;

  g_return_val_if_fail (self != NULL, NULL);

  K = self->n_classes;
  shares = g_new (double, K * K);
  for (gsize k = 0; k < K; k++)
    {
      double total = 0;

      for (gsize c = 0; c < K; c++)
        total += (double) us_selection_count (self, k, c);
      for (gsize c = 0; c < K; c++)
        shares[k * K + c] = total > 0 ? (double) us_selection_count (self, k, c) / total : NAN;
    }
  plot = us_plot_new (title);
  us_plot_set_axis (plot, US_AXIS_X, _("Taken for"), NULL, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, _("Simulated by"), NULL, US_SCALE_LINEAR);
  us_plot_set_categories (plot, US_AXIS_X, (const char *const *) self->names);
  us_plot_set_categories (plot, US_AXIS_Y, (const char *const *) self->names);
  us_plot_add_heat_map (plot, _("Share"), NULL, K, K, shares, US_COLOUR_MAP_SEQUENTIAL, 0, 1, TRUE);
  return plot;
}
