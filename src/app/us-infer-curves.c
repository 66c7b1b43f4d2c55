/* SPDX-License-Identifier: GPL-3.0-or-later */
/* T points, C channels. */
#include "config.h"

#include "us-infer-curves.h"

#include "us-canvas.h"
#include "us-quantity.h"
#include "us-series-plot.h"

#include <glib/gi18n.h>
#include <math.h>

/* "0.052 dB" of one channel; of all where they mean the same. */
static char *
describe_rms (const UsReading *reading,
              const UsOutput  *output,
              gsize            which,
              const float     *values,          /* (T, C) */
              double           rms)             /* of all */
{
  if (output->channel_info == NULL)
    return g_strdup_printf ("%.3f", rms);
  return us_quantity_format_error (us_reading_channel_rms (reading, which, values),
                                   output->channel_info[which].unit);
}

UsPlot *
us_infer_curves_new (const UsReading *reading,
                     gsize            which,
                     gboolean         decoder,
                     gboolean         simulator)
{
  const UsInference *inference = reading->inference;
  const UsOutput *output = &us_simvae_simulator (reading->model)->outputs[us_simvae_output (reading->model)];
  UsPlot *plot = us_series_plot_new (output, which, which == 0 ? _("Data and reconstructions") : NULL);
  g_autofree char *decoder_rms = describe_rms (reading, output, which, inference->decoded, inference->rms_decoder);
  g_autofree char *simulator_rms = describe_rms (reading, output, which, inference->simulated, inference->rms_simulator);
  g_autofree char *decoder_name = g_strdup_printf (_("Decoder, RMS %s"), decoder_rms);
  g_autofree char *simulator_name = g_strdup_printf (_("Simulator, RMS %s"), simulator_rms);

  us_series_plot_add (plot, output, which, _("Data"),
                      &(UsPlotStyle) { .colour = US_COLOUR_FOREGROUND, .width = 2, .opacity = 0.9 },
                      reading->observation->x);
  if (decoder)
    us_series_plot_add (plot, output, which, decoder_name,
                        &(UsPlotStyle) { .colour = US_CANVAS_DECODER_COLOUR, .width = 2, .opacity = 0.9 },
                        inference->decoded);
  if (simulator)
    us_series_plot_add (plot, output, which, simulator_name,
                        &(UsPlotStyle) { .colour = US_CANVAS_SIMULATOR_COLOUR, .width = 2, .opacity = 0.9,
                                         .dash = output->channel_info != NULL ? US_DASH_DASHED : US_DASH_SOLID },
                        inference->simulated);
  return plot;
}
