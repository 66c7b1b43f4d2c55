/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-evidence-plots.h"

#include "us-series-plot.h"
#include "us-simvae-private.h"

#include <glib/gi18n.h>
#include <math.h>

/* P parameters, N values of the output, K worst cases. */

#define WRITTEN 12              /* a matrix of at most so many rows has its numbers in its cells */

static const UsSimulator *
simulator_of (const UsEvidence *self)
{
  return us_simvae_simulator (self->model);
}

static const UsOutput *
output_of (const UsEvidence *self)
{
  return &simulator_of (self)->outputs[us_simvae_output (self->model)];
}

/* -- mutual information ------------------------------------------------- */

static const double *
matrix_of (const UsEvidence *self,
           UsEvidenceMatrix  which)
{
  const UsInformation *histogram = self->evaluation->histogram;

  if (which == US_MATRIX_ANSWERS)
    return histogram->information;
  return histogram->equivalent != NULL ? histogram->equivalent : histogram->truth;
}

/* The greatest entry of both, so that the same colour means the same. */
static double
greatest (const UsEvidence *self)
{
  gsize n = self->evaluation->n_parameters;
  double top = 0;

  for (int which = 0; which < 2; which++)
    for (gsize i = 0; i < n * n; i++)
      top = MAX (top, matrix_of (self, which)[i]);
  return top;
}

UsPlot *
us_evidence_plot_information (const UsEvidence *self,
                              UsEvidenceMatrix  which,
                              gboolean          bits,
                              const char       *title)
{
  const UsSimulator *simulator = simulator_of (self);
  gsize n = simulator->n_parameters;
  double unit = bits ? M_LN2 : 1;
  g_autofree double *values = g_memdup2 (matrix_of (self, which), n * n * sizeof (double));
  g_autofree const char **names = g_new0 (const char *, n + 1);
  UsPlot *plot = us_plot_new (title);

  for (gsize p = 0; p < n; p++)
    names[p] = simulator->parameters[p].symbol;
  for (gsize i = 0; i < n * n; i++)
    values[i] /= unit;
  us_plot_set_axis (plot, US_AXIS_X, _("True parameter V"), NULL, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, which == US_MATRIX_ANSWERS ? _("Answer Z")
                                     : self->evaluation->histogram->equivalent != NULL ? _("Equally right V̄")
                                                                                       : _("True parameter V"),
                    NULL, US_SCALE_LINEAR);
  us_plot_set_categories (plot, US_AXIS_X, names);
  us_plot_set_categories (plot, US_AXIS_Y, names);
  us_plot_set_equal (plot, TRUE);
  us_plot_add_heat_map (plot, _("Mutual information"), bits ? _("bit") : _("nat"), n, n, values,
                        US_COLOUR_MAP_SEQUENTIAL, 0, greatest (self) / unit, n <= WRITTEN);
  return plot;
}

/* -- the error budget --------------------------------------------------- */

UsPlot *
us_evidence_plot_budget (const UsEvidence *self,
                         const char       *title)
{
  static const UsDash dashes[US_BUDGET_N_CURVES] = { US_DASH_SOLID, US_DASH_DASHED, US_DASH_DOTTED };
  const UsOutput *output = output_of (self);
  UsPlot *plot = us_plot_new (title);

  us_plot_set_axis (plot, US_AXIS_X, _("Draws of the step"), NULL, US_SCALE_LOG);
  /* one root mean square over channels that may mean different things has no unit */
  us_plot_set_axis (plot, US_AXIS_Y, _("RMS error"), output->kind == US_OUTPUT_SERIES && output->channel_info == NULL
                                                     ? output->y_unit : NULL, US_SCALE_LOG);
  us_plot_set_legend_visible (plot, TRUE);
  us_plot_set_empty_message (plot, _("How the errors fell was not recorded when this model was trained"));
  for (int c = 0; c < US_BUDGET_N_CURVES; c++)
    {
      const UsErrorCurve *curve = &self->budget->curve[c];
      const UsPlotStyle line = { .colour = c + 1, .dash = dashes[c] }, dot = { .colour = c + 1, .width = 5 };

      if (curve->n == 1)
        us_plot_add_scatter (plot, us_budget_curve_name (c), &dot, curve->n, curve->draws, curve->rms);
      else if (curve->n > 1)
        us_plot_add_line (plot, us_budget_curve_name (c), &line, curve->n, curve->draws, curve->rms);
    }
  return plot;
}

/* -- the worst cases ---------------------------------------------------- */

gsize
us_evidence_n_worst_plots (const UsEvidence *self)
{
  const UsOutput *output = output_of (self);

  if (self->n_worst == 0)
    return 0;
  return output->kind == US_OUTPUT_IMAGE ? 1 : self->n_worst * us_series_n_plots (output);
}

static char *
case_label (const UsWorstCase *worst,
            gsize              index)
{
  return g_strdup_printf ("%" G_GSIZE_FORMAT ": %.3g", index + 1, worst->rms_simulator);
}

static UsPlot *
plot_images (const UsEvidence *self)
{
  const UsOutput *output = output_of (self);
  gsize n = us_output_n_values (output), k_count = self->n_worst;
  g_autofree float *pixels = g_new (float, k_count * 3 * n);
  g_auto(GStrv) rows = g_new0 (char *, k_count + 1);
  const char *const columns[] = { _("Data"), _("Decoder"), _("Simulator"), NULL };
  UsPlot *plot = us_plot_new (NULL);

  for (gsize k = 0; k < k_count; k++)
    {
      const UsWorstCase *worst = &self->worst[k];
      const float *three[] = { worst->x, worst->decoded, worst->simulated };

      rows[k] = case_label (worst, k);
      for (int i = 0; i < 3; i++)
        memcpy (pixels + (3 * k + i) * n, three[i], n * sizeof (float));
    }
  us_plot_add_image_grid (plot, _("Worst cases"), k_count, 3, output->height, output->width, output->channels, pixels,
                          US_COLOUR_MAP_GREY, output->lower, output->upper, (const char *const *) rows, columns);
  return plot;
}

static UsPlot *
plot_curves (const UsEvidence *self,
             gsize             k,
             gsize             which)
{
  const UsOutput *output = output_of (self);
  const UsWorstCase *worst = &self->worst[k];
  g_autofree char *label = case_label (worst, k);
  g_autofree char *title = g_strdup_printf (_("Case %s"), label);
  UsPlot *plot = us_series_plot_new (output, which, title);

  us_series_plot_add (plot, output, which, _("Data"), &(UsPlotStyle) { .colour = US_COLOUR_FOREGROUND, .width = 3,
                                                                       .opacity = 0.4 }, worst->x);
  us_series_plot_add (plot, output, which, _("Decoder"), &(UsPlotStyle) { .colour = 1 }, worst->decoded);
  us_series_plot_add (plot, output, which, _("Simulator"), &(UsPlotStyle) { .colour = 2, .dash = US_DASH_DASHED },
                      worst->simulated);
  us_plot_set_legend_visible (plot, TRUE);
  return plot;
}

UsPlot *
us_evidence_plot_worst (const UsEvidence *self,
                        gsize             index)
{
  const UsOutput *output = output_of (self);
  gsize n = us_series_n_plots (output);

  g_return_val_if_fail (index < us_evidence_n_worst_plots (self), NULL);

  return output->kind == US_OUTPUT_IMAGE ? plot_images (self) : plot_curves (self, index / n, index % n);
}
