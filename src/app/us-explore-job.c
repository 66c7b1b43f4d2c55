/* SPDX-License-Identifier: GPL-3.0-or-later */
/* P parameters. */
#include "config.h"

#include "us-explore-job.h"

#include "us-pool.h"
#include "us-series-plot.h"

#include <glib/gi18n.h>

/* Strips may wait, the picture may not. */
#define STRIPS_NICENESS 5
#define FADED_BAND 0.08          /* where the simulator says nothing */

struct _UsExploreJob
{
  UsExploreLab    *lab;
  UsSimvae        *model;
  UsMailbox       *mailbox;
  double          *theta;       /* (P) */
  GPtrArray       *paintings;   /* of UsChartPainting or NULL, owned */
  guint64          serial;
  gsize            n_columns;
  gboolean         with_simulator;
};

UsExploreJob *
us_explore_job_new (UsExploreLab *lab,
                    UsSimvae     *model,
                    UsMailbox    *mailbox,
                    const double *theta)
{
  UsExploreJob *self = g_new0 (UsExploreJob, 1);

  self->lab = us_explore_lab_ref (lab);
  self->model = us_simvae_ref (model);
  self->mailbox = us_mailbox_ref (mailbox);
  self->theta = g_memdup2 (theta, us_simvae_simulator (model)->n_parameters * sizeof *theta);
  self->paintings = g_ptr_array_new_with_free_func ((GDestroyNotify) us_chart_painting_free);
  return self;
}

void
us_explore_job_paint (UsExploreJob    *self,
                      guint            which,
                      UsChartPainting *painting)
{
  g_assert (which == self->paintings->len);
  g_ptr_array_add (self->paintings, painting);
}

static void
job_free (gpointer data)
{
  UsExploreJob *self = data;

  g_ptr_array_unref (self->paintings);
  us_explore_lab_unref (self->lab);
  us_simvae_unref (self->model);
  us_mailbox_unref (self->mailbox);
  g_free (self->theta);
  g_free (self);
}

/* ---- the picture ---- */

void
us_explore_view_free (UsExploreView *view)
{
  us_explore_picture_free (view->picture);
  for (gsize i = 0; i < view->n_plots; i++)
    {
      us_plot_unref (view->plots[i]);
      us_chart_painting_free (view->paintings[i]);
    }
  g_free (view->plots);
  g_free (view->paintings);
  g_free (view);
}

static UsPlot *
plot_curves (const UsExplorePicture *picture,
             gsize                   which)
{
  const UsOutput *output = picture->output;
  UsPlot *plot = us_series_plot_new (output, which, NULL);

  us_series_plot_fix_range (plot, output, which);
  if (picture->spread != NULL)
    {
      g_autofree char *name = g_strdup_printf (_("Decoder, %.0f %% of runs"), 100 * US_BAND_LEVEL);

      us_series_plot_add_band (plot, output, which, name,
                               &(UsPlotStyle) { .colour = 1, .opacity = picture->simulated != NULL ? 0 : FADED_BAND },
                               picture->decoded, picture->spread);
    }
  if (picture->run != NULL)
    us_series_plot_add (plot, output, which, _("One run"), &(UsPlotStyle) { .colour = US_COLOUR_MUTED, .width = 1 },
                        picture->run);
  if (picture->simulated != NULL)
    us_series_plot_add (plot, output, which, picture->run != NULL ? _("Simulator, mean") : _("Simulator"),
                        &(UsPlotStyle) { .colour = US_COLOUR_FOREGROUND, .dash = US_DASH_DASHED }, picture->simulated);
  us_series_plot_add (plot, output, which,
                      picture->simulated != NULL ? _("Decoder") : _("Decoder, not to be believed"),
                      &(UsPlotStyle) { .colour = 1, .width = 2,
                                       .opacity = picture->simulated != NULL ? 1 : US_EXPLORE_FADED },
                      picture->decoded);
  return plot;
}

static UsPlot *
plot_difference (const UsExplorePicture *picture,
                 gsize                   which)
{
  const UsOutput *output = picture->output;
  UsChannel channel = us_output_channel (output, which);
  double shown = (channel.upper - channel.lower) / (output->channel_info != NULL ? 32 : 8);
  UsPlot *plot = us_series_plot_new (output, which, NULL);

  us_plot_set_axis (plot, US_AXIS_Y, _("Decoder − simulator"), channel.unit, US_SCALE_LINEAR);
  us_plot_set_range (plot, US_AXIS_Y, -shown, shown);
  us_plot_set_empty_message (plot, _("Nothing to compare with"));
  us_plot_add_rule (plot, NULL, NULL, US_AXIS_Y, 0);
  if (picture->difference != NULL)
    us_series_plot_add (plot, output, which, NULL, &(UsPlotStyle) { .colour = 2 }, picture->difference);
  return plot;
}

static void
make_plots (UsExploreJob  *self,
            UsExploreView *view)
{
  view->n_plots = 2 * us_series_n_plots (view->picture->output);
  view->plots = g_new (UsPlot *, view->n_plots);
  view->paintings = g_new0 (UsChartPainting *, view->n_plots);
  for (gsize i = 0; i < view->n_plots; i++)
    {
      view->plots[i] = i % 2 == 0 ? plot_curves (view->picture, i / 2) : plot_difference (view->picture, i / 2);
      if (i >= self->paintings->len || self->paintings->pdata[i] == NULL)
        continue;
      view->paintings[i] = g_steal_pointer (&self->paintings->pdata[i]);
      us_chart_painting_paint (view->paintings[i], view->plots[i]);
    }
}

/* Preview thread.  Not cancelled: it is short, and a hand that moves faster than
 * the decoder must still see pictures. */
static void
run_view (gpointer    data,
          const gint *cancelled)
{
  UsExploreJob *self = data;
  UsExploreView *view = g_new0 (UsExploreView, 1);

  view->picture = us_explore_lab_picture (self->lab, self->model, self->theta, self->serial);
  if (view->picture->output->kind != US_OUTPUT_IMAGE)
    make_plots (self, view);
  us_mailbox_post (self->mailbox, view);
}

void
us_explore_job_ask_view (UsExploreJob *self,
                         UsPreview    *preview,
                         guint64       serial)
{
  self->serial = serial;
  us_preview_submit (preview, run_view, self, job_free);
}

/* ---- strips ---- */

void
us_explore_sheet_free (UsExploreSheet *sheet)
{
  us_explore_strips_free (sheet->strips);
  us_chart_painting_free (sheet->painting);
  g_free (sheet);
}

/* The thread of the page's own slot. */
static void
run_strips (gpointer    data,
            const gint *cancelled)
{
  static __thread gboolean behind;
  UsExploreJob *self = data;
  UsExploreStrips *strips;
  UsExploreSheet *sheet;

  if (!behind)
    us_pool_make_nice (STRIPS_NICENESS);
  behind = TRUE;
  strips = us_explore_lab_strips (self->lab, self->model, self->theta, self->n_columns,
                                  self->with_simulator, cancelled);
  if (strips == NULL)
    return;
  sheet = g_new0 (UsExploreSheet, 1);
  sheet->strips = strips;
  if (self->paintings->len > 0 && self->paintings->pdata[0] != NULL)
    {
      sheet->painting = g_steal_pointer (&self->paintings->pdata[0]);
      us_chart_painting_paint (sheet->painting, strips->plot);
    }
  us_mailbox_post (self->mailbox, sheet);
}

void
us_explore_job_ask_strips (UsExploreJob *self,
                           UsPreview    *preview,
                           gsize         n_columns,
                           gboolean      with_simulator)
{
  self->n_columns = n_columns;
  self->with_simulator = with_simulator;
  us_preview_submit (preview, run_strips, self, job_free);
}
