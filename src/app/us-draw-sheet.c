/* SPDX-License-Identifier: GPL-3.0-or-later */
/* N values of the output, D draws. */
#include "config.h"

#include "us-draw-sheet.h"

#include "us-series-plot.h"
#include "us-sort.h"

#include <glib/gi18n.h>
#include <stdlib.h>

void
us_draw_sheet_free (UsDrawSheet *self)
{
  for (gsize i = 0; i < self->n_plots; i++)
    us_plot_unref (self->plots[i]);
  g_free (self->plots);
  g_clear_error (&self->error);
  g_free (self);
}

static UsPlot *
plot_images (const UsOutput *output,
             gsize           rows,
             gsize           columns,
             const float    *x)                 /* (D, N) */
{
  UsPlot *plot = us_plot_new (NULL);

  us_plot_add_image_grid (plot, _("Draws"), rows, columns, output->height, output->width,
                          output->channels, x, US_COLOUR_MAP_GREY, output->lower, output->upper,
                          NULL, NULL);
  return plot;
}

/* Plot `which` of us_series_n_plots (), every draw in it. */
static UsPlot *
plot_series (const UsOutput *output,
             gsize           which,
             gsize           n_draws,
             const float    *x)                 /* (D, T, C) */
{
  UsPlot *plot = us_series_plot_new (output, which, NULL);
  UsChannel channel = us_output_channel (output, which);

  us_plot_set_range (plot, US_AXIS_Y, channel.lower, channel.upper);
  us_plot_set_legend_visible (plot, FALSE);
  for (gsize d = 0; d < n_draws; d++)
    {
      g_autofree char *name = g_strdup_printf (_("Draw %zu"), d + 1);

      us_series_plot_add (plot, output, which, name,
                          &(UsPlotStyle) { .colour = 1 + d % US_N_COLOURS, .width = 1, .opacity = 0.7 },
                          x + d * us_output_n_values (output));
    }
  return plot;
}

UsDrawSheet *
us_draw_sheet_new (UsPrior    *prior,
                   guint       output_index,
                   guint64     seed,
                   gsize       rows,
                   gsize       columns,
                   const gint *cancelled)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  const UsOutput *output = &simulator->outputs[output_index];
  gsize N = us_output_n_values (output), n_draws = rows * columns;
  g_autofree float *x = g_new (float, n_draws * N);
  g_autofree double *theta = g_new (double, simulator->n_parameters);
  g_autofree double *times = g_new (double, n_draws);
  g_autoptr(UsDrawSheet) self = g_new0 (UsDrawSheet, 1);

  self->n_draws = n_draws;
  for (gsize d = 0; d < n_draws; d++)
    {
      gint64 start;

      if (cancelled != NULL && g_atomic_int_get (cancelled))
        return NULL;
      start = g_get_monotonic_time ();
      if (!us_simulate_rows (prior, output_index, seed, d, 1, theta, x + d * N, &self->error))
        return g_steal_pointer (&self);
      times[d] = g_get_monotonic_time () - start;
    }
  us_sort_doubles (n_draws, times);
  self->run_us = times[n_draws / 2];
  self->n_plots = output->kind == US_OUTPUT_SERIES && output->channel_info != NULL ? output->channels : 1;
  self->plots = g_new (UsPlot *, self->n_plots);
  if (output->kind == US_OUTPUT_IMAGE)
    self->plots[0] = plot_images (output, rows, columns, x);
  else
    for (gsize i = 0; i < self->n_plots; i++)
      self->plots[i] = plot_series (output, i, n_draws, x);
  return g_steal_pointer (&self);
}
