/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-chart-painting.h"
#include "us-explore-lab.h"
#include "us-mailbox.h"
#include "us-preview.h"

G_BEGIN_DECLS

/**
 * UsExploreJob:
 *
 * What the Explore page asks of its two slots, and the letters that come back.  All that
 * can be made ready away from the main thread is: plots are built and painted there.
 */
/* How opaque the decoder's picture is where the simulator says nothing. */
#define US_EXPLORE_FADED 0.3

/* What a slider is answered with. */
typedef struct
{
  UsExplorePicture *picture;
  gsize             n_plots;            /* 0 unless it is a series: */
  UsPlot          **plots;              /* (n_plots) for each of us_series_n_plots (): the curves, their difference */
  UsChartPainting **paintings;          /* (n_plots) of these; NULL: nobody asked */
} UsExploreView;

typedef struct
{
  UsExploreStrips *strips;
  UsChartPainting *painting;    /* or NULL */
} UsExploreSheet;

typedef struct _UsExploreJob UsExploreJob;

void          us_explore_view_free      (UsExploreView  *view);
void          us_explore_sheet_free     (UsExploreSheet *sheet);

/* theta (P), copied.  The mailbox gets a UsExploreView or a UsExploreSheet. */
UsExploreJob *us_explore_job_new        (UsExploreLab    *lab,
                                         UsSimvae        *model,
                                         UsMailbox       *mailbox,
                                         const double    *theta);
/* painting: taken, may be NULL; which: of the plots, 0 for strips; in that order. */
void          us_explore_job_paint      (UsExploreJob    *self,
                                         guint            which,
                                         UsChartPainting *painting);
/* Both take self. */
void          us_explore_job_ask_view   (UsExploreJob    *self,
                                         UsPreview       *preview,
                                         guint64          serial);
void          us_explore_job_ask_strips (UsExploreJob    *self,
                                         UsPreview       *preview,
                                         gsize            n_columns,
                                         gboolean         with_simulator);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsExploreView, us_explore_view_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsExploreSheet, us_explore_sheet_free)

G_END_DECLS
