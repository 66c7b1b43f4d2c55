/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-attributor-plots.h"

#include "us-draw-density.h"
#include "us-series-plot.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* V values, T points, C channels, P parameters, K matches. */

#define LINES 60                /* matches that are drawn, unless told */
#define SHEET 7                 /* pictures beside the data's */
#define POINTS 181              /* of a density */
#define PRIOR_ROWS 2000         /* of the bank, where no formula is known */
#define FAINTEST 0.12
#define STRONGEST 0.8

static const UsOutput *
output_of (const UsAttributed *self)
{
  UsPosterior *posterior = us_attributor_posterior (self->attributor);
  const UsSimulator *simulator = us_posterior_simulator (posterior);

  return simulator != NULL ? &simulator->outputs[us_posterior_output (posterior)] : NULL;
}

gsize
us_attributed_n_series (const UsAttributed *self)
{
  const UsOutput *output = output_of (self);

  return output != NULL && output->kind == US_OUTPUT_SERIES ? us_series_n_plots (output) : 1;
}

static gsize
n_lines (const UsAttributed *self,
         gsize               n)
{
  return MIN (n > 0 ? n : LINES, self->matches->n);
}

/* -- the data ------------------------------------------------------------------- */

/* Points of one curve in plot `which`: of a table without a simulator its values in order. */
typedef struct
{
  const UsOutput *output;       /* or NULL */
  gsize           n_points, n_curves, stride, first;
} Curves;

static Curves
curves_of (const UsAttributed *self,
           gsize               which)
{
  const UsOutput *output = output_of (self);

  if (output == NULL)
    return (Curves) { NULL, us_posterior_n_values (us_attributor_posterior (self->attributor)), 1, 1, 0 };
  if (output->channel_info != NULL)
    return (Curves) { output, output->height, 1, output->channels, which };
  return (Curves) { output, output->height, output->channels, output->channels, 0 };
}

/* A row's curves one after the other, a gap after each; x, y (n_curves (n_points + 1)). */
static void
trace (const Curves *curves,
       const float  *values,
       double       *x,
       double       *y)
{
  for (gsize c = 0; c < curves->n_curves; c++)
    {
      for (gsize t = 0; t < curves->n_points; t++)
        {
          *x++ = curves->output != NULL ? us_output_x (curves->output, t) : t + 1.0;
          *y++ = values[t * curves->stride + curves->first + c];
        }
      *x++ = NAN;
      *y++ = NAN;
    }
}

static gsize
trace_length (const Curves *curves)
{
  return curves->n_curves * (curves->n_points + 1);
}

/* Matches of shade s, 0 the faintest, of n that are drawn: they are in order of weight. */
static void
shade_range (gsize  n,
             guint  shade,
             gsize *first,
             gsize *end)
{
  *first = n * (US_ATTRIBUTED_SHADES - 1 - shade) / US_ATTRIBUTED_SHADES;
  *end = n * (US_ATTRIBUTED_SHADES - shade) / US_ATTRIBUTED_SHADES;
}

static void
add_shade (UsPlot             *plot,
           const UsAttributed *self,
           const Curves       *curves,
           gsize               n,
           guint               shade)
{
  gsize first, end, length = trace_length (curves);
  g_autofree double *x = NULL, *y = NULL;
  double weight = 0;

  shade_range (n, shade, &first, &end);
  x = g_new (double, MAX ((end - first) * length, 1));
  y = g_new (double, MAX ((end - first) * length, 1));
  for (gsize k = first; k < end; k++)
    {
      trace (curves, us_attributor_x (self->attributor, self->matches->row[k]), x + (k - first) * length,
             y + (k - first) * length);
      weight += self->matches->weight[k] / self->matches->weight[0] / (end - first);
    }
  us_plot_add_line (plot, shade == US_ATTRIBUTED_SHADES - 1 ? _("Matched simulations") : NULL,
                    &(UsPlotStyle) { .colour = 1, .width = 1, .opacity = CLAMP (STRONGEST * weight, FAINTEST, STRONGEST) },
                    (end - first) * length, x, y);
}

static void
add_row (UsPlot            *plot,
         const char        *name,
         const UsPlotStyle *style,
         const Curves      *curves,
         const float       *values,
         gboolean           points)
{
  gsize length = trace_length (curves);
  g_autofree double *x = g_new (double, length), *y = g_new (double, length);

  trace (curves, values, x, y);
  if (points)
    us_plot_add_scatter (plot, name, style, length, x, y);
  else
    us_plot_add_line (plot, name, style, length, x, y);
}

static UsPlot *
plot_sheet (const UsAttributed *self,
            const UsOutput     *output,
            gssize              pinned)
{
  gsize n = us_output_n_values (output), heaviest = MIN (SHEET, self->matches->n);
  gsize shown = heaviest + (pinned >= (gssize) heaviest);       /* one that is lighter comes last */
  g_autofree float *pixels = g_new (float, (shown + 1) * n);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  UsPlot *plot = us_plot_new (NULL);

  memcpy (pixels, self->x, n * sizeof (float));
  g_ptr_array_add (names, g_strdup (_("Data")));
  for (gsize k = 0; k < shown; k++)
    {
      gsize match = k < heaviest ? k : (gsize) pinned;

      memcpy (pixels + (k + 1) * n, us_attributor_x (self->attributor, self->matches->row[match]), n * sizeof (float));
      g_ptr_array_add (names, g_strdup_printf ((gssize) match == pinned ? "● %.2g %%" : "%.2g %%",
                                               100 * self->matches->weight[match]));
    }
  g_ptr_array_add (names, NULL);
  us_plot_add_image_grid (plot, NULL, 1, shown + 1, output->height, output->width, output->channels, pixels,
                          US_COLOUR_MAP_GREY, output->lower, output->upper, NULL, (const char *const *) names->pdata);
  return plot;
}

UsPlot *
us_attributed_plot_series (const UsAttributed *self,
                           gsize               which,
                           gsize               n,
                           gssize              pinned)
{
  const UsOutput *output = output_of (self);
  Curves curves = curves_of (self, which);
  UsPlot *plot;

  g_return_val_if_fail (which < us_attributed_n_series (self) && pinned < (gssize) self->matches->n, NULL);

  if (output != NULL && output->kind == US_OUTPUT_IMAGE)
    return plot_sheet (self, output, pinned);
  if (output != NULL)
    plot = us_series_plot_new (output, which, NULL);
  else
    {
      plot = us_plot_new (NULL);
      us_plot_set_axis (plot, US_AXIS_X, _("Value number"), NULL, US_SCALE_LINEAR);
      us_plot_set_axis (plot, US_AXIS_Y, _("Value"), NULL, US_SCALE_LINEAR);
    }
  for (guint shade = 0; shade < US_ATTRIBUTED_SHADES; shade++)
    add_shade (plot, self, &curves, n_lines (self, n), shade);
  if (pinned >= 0)
    add_row (plot, _("Pinned simulation"), &(UsPlotStyle) { .colour = 2, .width = 2.5 }, &curves,
             us_attributor_x (self->attributor, self->matches->row[pinned]), FALSE);
  add_row (plot, _("Data"), &(UsPlotStyle) { .colour = US_COLOUR_FOREGROUND, .width = 6, .opacity = 1 }, &curves,
           self->x, TRUE);
  us_plot_set_legend_visible (plot, TRUE);
  return plot;
}

gssize
us_attributed_match_at (const UsAttributed *self,
                        gsize               n,
                        guint               layer,
                        gsize               index)
{
  Curves curves = curves_of (self, 0);
  gsize first, end, match;

  if (layer >= US_ATTRIBUTED_SHADES || us_attributed_n_series (self) == 0)
    return -1;
  shade_range (n_lines (self, n), layer, &first, &end);
  match = first + index / trace_length (&curves);
  return match < end ? (gssize) match : -1;
}

/* -- densities ---------------------------------------------------------------------- */

/* Which of the simulator's parameters it is, or -1. */
static gssize
own_parameter (const UsAttributed *self,
               gsize               p)
{
  UsPosterior *posterior = us_attributor_posterior (self->attributor);
  UsPrior *prior = us_posterior_prior (posterior);

  return prior != NULL ? us_simulator_parameter_index (us_prior_simulator (prior), us_posterior_name (posterior, p)) : -1;
}

/* Its prior spans decades, and so do the draws. */
static gboolean
spans_decades (const UsAttributed *self,
               gsize               p)
{
  gssize own = own_parameter (self, p);
  const UsDistribution *distribution;
  double least = INFINITY, greatest = 0;

  if (own < 0)
    return FALSE;
  distribution = us_prior_distribution (us_posterior_prior (us_attributor_posterior (self->attributor)), (gsize) own);
  if (distribution->kind != US_DISTRIBUTION_LOG_UNIFORM && distribution->kind != US_DISTRIBUTION_LOG_NORMAL)
    return FALSE;
  for (gsize k = 0; k < self->matches->n; k++)
    {
      least = MIN (least, self->matches->theta[k * self->matches->n_parameters + p]);
      greatest = MAX (greatest, self->matches->theta[k * self->matches->n_parameters + p]);
    }
  return least > 0 && greatest > 20 * least;
}

/* The prior's formula, or the bank's rows, over the x; of decades x holds logarithms. */
static void
prior_density (const UsAttributed *self,
               gsize               p,
               gboolean            decades,
               double              lower,
               double              upper,
               const double       *x,
               double             *y)
{
  const UsAttribution *rows = us_attributor_summaries (self->attributor);
  gssize own = own_parameter (self, p);
  gsize n = MIN (PRIOR_ROWS, us_attribution_n_rows (rows));
  g_autofree double *theta = NULL;
  g_autofree UsWeightedDraw *draws = NULL;

  if (own >= 0)
    {
      UsPrior *prior = us_posterior_prior (us_attributor_posterior (self->attributor));

      for (gsize g = 0; g < POINTS; g++)
        {
          double value = decades ? pow (10, x[g]) : x[g];

          y[g] = us_prior_density (prior, (gsize) own, value) * (decades ? value * M_LN10 : 1);
        }
      return;
    }
  theta = g_new (double, n);
  for (gsize i = 0; i < n; i++)
    {
      gsize row = us_attribution_bank_row (rows, (gsize) ((double) i * us_attribution_n_rows (rows) / n));

      theta[i] = us_attributor_theta (self->attributor, row)[p];
    }
  draws = us_weighted_draws_new (n, theta, 1, NULL, FALSE);
  us_weighted_draws_density (n, draws, lower, upper, POINTS, x, y);
}

static void
name_axes (UsPlot             *plot,
           const UsAttributed *self,
           gsize               p,
           gboolean            decades)
{
  UsPosterior *posterior = us_attributor_posterior (self->attributor);
  const UsSimulator *simulator = us_posterior_simulator (posterior);
  gssize own = own_parameter (self, p);

  us_plot_set_axis (plot, US_AXIS_X, own >= 0 ? _(simulator->parameters[own].label) : us_posterior_name (posterior, p),
                    own >= 0 ? simulator->parameters[own].unit : NULL, decades ? US_SCALE_LOG : US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, decades ? _("Density a decade") : _("Density"), NULL, US_SCALE_LINEAR);
}

/* The densities of one parameter, drawn. */
typedef struct
{
  UsPlot  *plot;
  gboolean decades;
  double   x[POINTS];           /* where they are computed, */
  double   at[POINTS];          /* and drawn */
  double   lower, upper;        /* of the draws */
} Marginal;

static void
add_density (Marginal             *marginal,
             const char           *name,
             UsPlotStyle           style,
             gboolean              filled,
             gsize                 n,
             const UsWeightedDraw *draws)
{
  double y[POINTS], zero[POINTS] = { 0 };

  us_weighted_draws_density (n, draws, marginal->lower, marginal->upper, POINTS, marginal->x, y);
  if (filled)
    us_plot_add_band (marginal->plot, NULL, &(UsPlotStyle) { .colour = style.colour }, POINTS, marginal->at, zero, y);
  us_plot_add_line (marginal->plot, name, &style, POINTS, marginal->at, y);
}

UsPlot *
us_attributed_plot_marginal (const UsAttributed *self,
                             gsize               p,
                             gssize              pinned)
{
  const UsMatches *matches = self->matches;
  gsize p_count = matches->n_parameters;
  g_autofree UsWeightedDraw *network = NULL, *weighted = NULL;
  Marginal marginal = { .plot = us_plot_new (NULL) };
  double y[POINTS], from, to;

  g_return_val_if_fail (p < p_count && pinned < (gssize) matches->n, marginal.plot);

  marginal.decades = spans_decades (self, p);
  network = us_weighted_draws_new (self->n_samples, self->samples + p, p_count, NULL, marginal.decades);
  weighted = us_weighted_draws_new (matches->n, matches->theta + p, p_count, matches->weight, marginal.decades);
  us_posterior_range (us_attributor_posterior (self->attributor), p, &marginal.lower, &marginal.upper);
  if (marginal.decades)
    {
      marginal.lower = marginal.lower > 0 ? log10 (marginal.lower) : -INFINITY;
      marginal.upper = log10 (marginal.upper);
    }
  from = MIN (us_weighted_draws_quantile (self->n_samples, network, 0.002), us_weighted_draws_quantile (matches->n, weighted, 0.002));
  to = MAX (us_weighted_draws_quantile (self->n_samples, network, 0.998), us_weighted_draws_quantile (matches->n, weighted, 0.998));
  from = MAX (from - 0.15 * (to - from), marginal.lower);
  to = MIN (to + 0.15 * (to - from), marginal.upper);
  for (gsize g = 0; g < POINTS; g++)
    {
      marginal.x[g] = from + (to - from) * g / (POINTS - 1);
      marginal.at[g] = marginal.decades ? pow (10, marginal.x[g]) : marginal.x[g];
    }
  name_axes (marginal.plot, self, p, marginal.decades);
  prior_density (self, p, marginal.decades, marginal.lower, marginal.upper, marginal.x, y);
  us_plot_add_line (marginal.plot, _("Prior"), &(UsPlotStyle) { .colour = US_COLOUR_MUTED, .dash = US_DASH_DASHED }, POINTS,
                    marginal.at, y);
  add_density (&marginal, _("Matched simulations"), (UsPlotStyle) { .colour = 1 }, TRUE, matches->n, weighted);
  add_density (&marginal, _("Network’s posterior"), (UsPlotStyle) { .colour = 3, .width = 2 }, FALSE, self->n_samples,
               network);
  if (pinned >= 0)
    us_plot_add_rule (marginal.plot, _("Pinned simulation"), &(UsPlotStyle) { .colour = 2, .width = 2 }, US_AXIS_X,
                      matches->theta[pinned * p_count + p]);
  us_plot_set_range (marginal.plot, US_AXIS_Y, 0, NAN);
  us_plot_set_legend_visible (marginal.plot, p == 0);
  return marginal.plot;
}
