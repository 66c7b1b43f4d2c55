/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-train-plots.h"

#include "us-series-plot.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

static void
add_history (UsPlot     *plot,
             GArray     *history,
             double      offset,
             const char *training_name,
             const char *held_out_name,
             int         colour)
{
  g_autofree double *x = g_new (double, history->len + 1);
  g_autofree double *loss = g_new (double, history->len + 1);
  g_autofree double *held_out = g_new (double, history->len + 1);
  gsize n_held_out = 0;
  g_autofree double *held_out_x = g_new (double, history->len + 1);

  for (guint i = 0; i < history->len; i++)
    {
      const UsHistoryPoint *point = &g_array_index (history, UsHistoryPoint, i);

      x[i] = offset + point->samples;
      loss[i] = point->loss;
      if (isfinite (point->held_out))
        {
          held_out_x[n_held_out] = x[i];
          held_out[n_held_out++] = point->held_out;
        }
    }
  if (history->len > 0)
    us_plot_add_line (plot, training_name, &(UsPlotStyle) { .colour = colour, .opacity = 0.6 }, history->len, x, loss);
  if (n_held_out > 0)
    us_plot_add_line (plot, held_out_name, &(UsPlotStyle) { .colour = colour, .width = 2.5, .dash = US_DASH_DASHED },
                      n_held_out, held_out_x, held_out);
}

/* A likelihood's logarithm may be of either sign, a distance is not. */
static gboolean
falls_below_zero (GArray *history)
{
  for (guint i = 0; i < history->len; i++)
    {
      const UsHistoryPoint *point = &g_array_index (history, UsHistoryPoint, i);

      if (point->loss < 0 || point->held_out < 0)
        return TRUE;
    }
  return FALSE;
}

/* first, second: of UsHistoryPoint, steps 1 and 2. */
UsPlot *
us_train_plot_losses (const char *title,
                      GArray     *first,
                      GArray     *second)
{
  g_autoptr(UsPlot) plot = us_plot_new (title);
  double offset = first->len > 0 ? g_array_index (first, UsHistoryPoint, first->len - 1).samples : 0;

  us_plot_set_axis (plot, US_AXIS_X, _("Draws"), NULL, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, _("Loss"), NULL,
                    falls_below_zero (first) || falls_below_zero (second) ? US_SCALE_LINEAR : US_SCALE_LOG);
  add_history (plot, first, 0, _("Decoder, training"), _("Decoder, held out"), 1);
  add_history (plot, second, offset, _("Encoder, training"), _("Encoder, held out"), 2);
  if (second->len > 0)
    us_plot_add_rule (plot, NULL, &(UsPlotStyle) { .colour = US_COLOUR_MUTED, .dash = US_DASH_DOTTED }, US_AXIS_X, offset);
  return g_steal_pointer (&plot);
}

/* Four rows of pictures; rows 3 and 4 are empty until there is an encoder. */
static UsPlot *
plot_images (const UsOutput   *output,
             const UsFourRows *rows)
{
  const char *const labels[] = { _("X(V) simulator"), _("X̄(V) decoder"), _("X(Z) simulator"), _("X̄(Z) decoder") };
  const float *const parts[] = { rows->x, rows->decoded, rows->simulated, rows->both };
  const char *shown[G_N_ELEMENTS (parts) + 1] = { NULL };
  g_autoptr(UsPlot) plot = us_plot_new (_("Simulator and decoder, side by side"));
  g_autofree float *pixels = g_new (float, G_N_ELEMENTS (parts) * rows->n * rows->n_values);
  guint n_rows = 0;

  for (guint r = 0; r < G_N_ELEMENTS (parts); r++)
    if (parts[r] != NULL)
      {
        memcpy (pixels + n_rows * rows->n * rows->n_values, parts[r], rows->n * rows->n_values * sizeof *pixels);
        shown[n_rows++] = labels[r];
      }
  us_plot_add_image_grid (plot, NULL, n_rows, rows->n, output->height, output->width, output->channels, pixels,
                          US_COLOUR_MAP_GREY, output->lower, output->upper, shown, NULL);
  return g_steal_pointer (&plot);
}

/* Series: the first draw, all four curves in one field, of each channel that means something else. */
static UsPlot *
plot_series (const UsOutput   *output,
             const UsFourRows *rows,
             gsize             which)
{
  const char *const labels[] = { _("X(V) simulator"), _("X̄(V) decoder"), _("X(Z) simulator"), _("X̄(Z) decoder") };
  const float *const parts[] = { rows->x, rows->decoded, rows->simulated, rows->both };
  UsPlot *plot = us_series_plot_new (output, which, which == 0 ? _("Simulator and decoder, one draw") : NULL);

  for (guint r = 0; r < G_N_ELEMENTS (parts); r++)
    {
      if (parts[r] == NULL)
        continue;
      /* The simulator's lines whole, the decoder's dashed over them. */
      us_series_plot_add (plot, output, which, labels[r],
                          &(UsPlotStyle) { .colour = 1 + r / 2 % 2, .dash = r % 2 ? US_DASH_DASHED : US_DASH_SOLID,
                                           .width = 2, .opacity = r % 2 ? 1 : 0.6 }, parts[r]);
    }
  return plot;
}

UsPlot **
us_train_plot_rows (const UsOutput   *output,
                    const UsFourRows *rows,
                    gsize            *n)
{
  gboolean image = output->kind == US_OUTPUT_IMAGE;
  UsPlot **plots;

  *n = image ? 1 : us_series_n_plots (output);
  plots = g_new (UsPlot *, *n);
  for (gsize i = 0; i < *n; i++)
    plots[i] = image ? plot_images (output, rows) : plot_series (output, rows, i);
  return plots;
}
