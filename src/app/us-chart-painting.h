/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-plot.h"
#include "us-screen-image.h"

G_BEGIN_DECLS

/**
 * UsChartPainting:
 *
 * A plot painted for a chart by another thread.  A chart paints by itself, when it is next
 * drawn, whatever it is given; a hundred small pictures take the main thread longer than a
 * frame lasts.  So: us_chart_begin_painting () on the main thread, us_chart_painting_paint ()
 * on a worker, us_chart_set_painted () on the main thread.  One thread at a time.
 */
typedef struct _UsChartPainting UsChartPainting;

/* options: copied, with its font. */
UsChartPainting     *us_chart_painting_new         (const UsPlotOptions *options);
/* NULL is allowed. */
void                 us_chart_painting_free        (UsChartPainting     *self);
void                 us_chart_painting_paint       (UsChartPainting     *self,
                                                    UsPlot              *plot);
/* What was painted; NULL unless it was painted for these options.  Transfer: full, once. */
UsScreenImage       *us_chart_painting_take        (UsChartPainting     *self,
                                                    const UsPlotOptions *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsChartPainting, us_chart_painting_free)

G_END_DECLS
