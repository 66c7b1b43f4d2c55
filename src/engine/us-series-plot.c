/* SPDX-License-Identifier: GPL-3.0-or-later */
/* T points, C channels. */
#include "config.h"

#include "us-series-plot.h"

#include "us-simvae.h"

#include <glib/gi18n.h>

#define ROOM 0.04               /* of the range, beyond each end */

gsize
us_series_n_plots (const UsOutput *output)
{
  return output->channel_info != NULL ? output->channels : 1;
}

const char *
us_series_plot_id (const UsOutput *output,
                   gsize           which)
{
  return output->channel_info != NULL ? output->channel_info[which].id : "";
}

static const char *
translated (const char *text)
{
  return text != NULL && *text != '\0' ? _(text) : text;
}

UsPlot *
us_series_plot_new (const UsOutput *output,
                    gsize           which,
                    const char     *title)
{
  UsChannel channel = us_output_channel (output, which);
  UsPlot *plot = us_plot_new (title);

  us_plot_set_axis (plot, US_AXIS_X, translated (output->x_label), output->x_unit,
                    output->x_logarithmic ? US_SCALE_LOG : US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, translated (channel.label), channel.unit, US_SCALE_LINEAR);
  if (output->x_logarithmic)
    us_plot_set_range (plot, US_AXIS_X, output->x_lower, output->x_upper);
  return plot;
}

void
us_series_plot_fix_range (UsPlot         *plot,
                          const UsOutput *output,
                          gsize           which)
{
  UsChannel channel = us_output_channel (output, which);
  double room = output->channel_info != NULL ? ROOM * (channel.upper - channel.lower) : 0;

  us_plot_set_range (plot, US_AXIS_Y, channel.lower - room, channel.upper + room);
}

void
us_series_plot_add (UsPlot            *plot,
                    const UsOutput    *output,
                    gsize              which,
                    const char        *name,
                    const UsPlotStyle *style,
                    const float       *values)
{
  gsize T = output->height, C = output->channels;
  gsize first = output->channel_info != NULL ? which : 0;
  gsize end = output->channel_info != NULL ? which + 1 : C;
  g_autofree double *x = g_new (double, T);
  g_autofree double *y = g_new (double, T);

  for (gsize t = 0; t < T; t++)
    x[t] = us_output_x (output, t);
  for (gsize c = first; c < end; c++)
    {
      for (gsize t = 0; t < T; t++)
        y[t] = values[t * C + c];
      us_plot_add_line (plot, c == first ? name : NULL, style, T, x, y);
    }
}

void
us_series_plot_add_band (UsPlot            *plot,
                         const UsOutput    *output,
                         gsize              which,
                         const char        *name,
                         const UsPlotStyle *style,
                         const float       *mean,
                         const float       *sd)
{
  gsize T = output->height, C = output->channels;
  gsize first = output->channel_info != NULL ? which : 0;
  gsize end = output->channel_info != NULL ? which + 1 : C;
  g_autofree double *x = g_new (double, T);
  g_autofree double *lower = g_new (double, T);
  g_autofree double *upper = g_new (double, T);

  for (gsize t = 0; t < T; t++)
    x[t] = us_output_x (output, t);
  for (gsize c = first; c < end; c++)
    {
      for (gsize t = 0; t < T; t++)
        {
          double half = US_BAND_WIDTH * sd[t * C + c];

          lower[t] = mean[t * C + c] - half;
          upper[t] = mean[t * C + c] + half;
        }
      us_plot_add_band (plot, c == first ? name : NULL, style, T, x, lower, upper);
    }
}
