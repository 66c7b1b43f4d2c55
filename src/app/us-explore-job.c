/* SPDX-License-Identifier: GPL-3.0-or-later */
/* P parameters; a series has T points and C channels. */
#include "config.h"

#include "us-explore-job.h"

#include "us-pool.h"

#include <glib/gi18n.h>

/* Strips may wait, the picture may not. */
#define STRIPS_NICENESS 5

struct _UsExploreJob
{
  UsExploreLab    *lab;
  UsSimvae        *model;
  UsMailbox       *mailbox;
  double          *theta;       /* (P) */
  UsChartPainting *paintings[US_EXPLORE_N_PLOTS];
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
  return self;
}

void
us_explore_job_paint (UsExploreJob    *self,
                      guint            which,
                      UsChartPainting *painting)
{
  us_chart_painting_free (self->paintings[which]);
  self->paintings[which] = painting;
}

static void
job_free (gpointer data)
{
  UsExploreJob *self = data;

  for (guint i = 0; i < US_EXPLORE_N_PLOTS; i++)
    us_chart_painting_free (self->paintings[i]);
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
  for (guint i = 0; i < US_EXPLORE_N_PLOTS; i++)
    {
      g_clear_pointer (&view->plots[i], us_plot_unref);
      us_chart_painting_free (view->paintings[i]);
    }
  g_free (view);
}

/* x, y of one curve a channel. */
static void
add_curves (UsPlot            *plot,
            const UsOutput    *output,
            gsize              C,
            const float       *values,          /* (T, C) */
            const char        *name,
            const UsPlotStyle *style)
{
  gsize T = output->height;
  g_autofree double *x = g_new (double, T);
  g_autofree double *y = g_new (double, T);

  for (gsize c = 0; c < C; c++)
    {
      for (gsize t = 0; t < T; t++)
        {
          x[t] = output->x_lower + (output->x_upper - output->x_lower) * t / MAX (T - 1, 1);
          y[t] = values[t * C + c];
        }
      us_plot_add_line (plot, c == 0 ? name : NULL, style, T, x, y);
    }
}

static UsPlot *
plot_curves (const UsExplorePicture *picture)
{
  const UsOutput *output = picture->output;
  UsPlot *plot = us_plot_new (NULL);

  us_plot_set_axis (plot, US_AXIS_X, output->x_label, output->x_unit, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, output->y_label, output->y_unit, US_SCALE_LINEAR);
  us_plot_set_range (plot, US_AXIS_Y, output->lower, output->upper);
  if (picture->simulated != NULL)
    add_curves (plot, output, output->channels, picture->simulated, _("Simulator"),
                &(UsPlotStyle) { .colour = US_COLOUR_FOREGROUND, .dash = US_DASH_DASHED });
  add_curves (plot, output, output->channels, picture->decoded, _("Decoder"),
              &(UsPlotStyle) { .colour = 1, .width = 2 });
  return plot;
}

/* Its values are a mean over channels: one curve. */
static UsPlot *
plot_difference (const UsExplorePicture *picture)
{
  const UsOutput *output = picture->output;
  double half = (output->upper - output->lower) / 2;
  UsPlot *plot = us_plot_new (NULL);

  us_plot_set_axis (plot, US_AXIS_X, output->x_label, output->x_unit, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, _("Decoder − simulator"), output->y_unit, US_SCALE_LINEAR);
  us_plot_set_range (plot, US_AXIS_Y, -half / 4, half / 4);
  us_plot_add_rule (plot, NULL, NULL, US_AXIS_Y, 0);
  if (picture->difference != NULL)
    add_curves (plot, output, 1, picture->difference, NULL, &(UsPlotStyle) { .colour = 2 });
  return plot;
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
    {
      view->plots[US_EXPLORE_CURVES] = plot_curves (view->picture);
      view->plots[US_EXPLORE_DIFFERENCE] = plot_difference (view->picture);
      for (guint i = 0; i < US_EXPLORE_N_PLOTS; i++)
        if (self->paintings[i] != NULL)
          {
            us_chart_painting_paint (self->paintings[i], view->plots[i]);
            view->paintings[i] = g_steal_pointer (&self->paintings[i]);
          }
    }
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
  if (self->paintings[0] != NULL)
    {
      us_chart_painting_paint (self->paintings[0], strips->plot);
      sheet->painting = g_steal_pointer (&self->paintings[0]);
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
