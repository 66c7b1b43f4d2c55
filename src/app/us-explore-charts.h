/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-explore-job.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * UsExploreCharts:
 *
 * Decoder and simulator of a series, and their difference: one pair of charts a plot
 * (us_series_n_plots ()), painted by the job's worker.  Main thread.
 */
#define US_TYPE_EXPLORE_CHARTS (us_explore_charts_get_type ())
G_DECLARE_FINAL_TYPE (UsExploreCharts, us_explore_charts, US, EXPLORE_CHARTS, GtkBox)

/* output: a series, borrowed, static. */
void us_explore_charts_set_output (UsExploreCharts *self,
                                   const UsOutput  *output);
/* Asks the job to paint for all charts. */
void us_explore_charts_paint      (UsExploreCharts *self,
                                   UsExploreJob    *job);
void us_explore_charts_show       (UsExploreCharts *self,
                                   UsExploreView   *view);

G_END_DECLS
