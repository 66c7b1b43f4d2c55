/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "us-chart-painting.h"

G_BEGIN_DECLS

/**
 * UsChart:
 *
 * Shows a UsPlot: read-out under the pointer, zoom (wheel, rubber band, + - 0),
 * pan (middle button, Shift and drag, arrow keys), a menu (its button, right click,
 * Shift+F10) that saves and copies picture and numbers.  Repaints only when
 * the plot, the size or the theme has changed.  Main thread only.
 *
 * In markup: `<object class="UsChart">`; properties `plot` (boxed UsPlot),
 * `empty-message` (string), `menu-visible` (boolean), `file-name` (string: what a saved
 * picture is called at first, without ending).
 */
#define US_TYPE_CHART (us_chart_get_type ())
G_DECLARE_FINAL_TYPE (UsChart, us_chart, US, CHART, GtkWidget)

#define US_TYPE_PLOT (us_plot_get_type ())
GType      us_plot_get_type   (void);

GtkWidget *us_chart_new        (void);
/* Takes a reference; NULL empties the chart.  A plot whose axes have the same names keeps
 * the zoom that the user chose. */
void       us_chart_set_plot   (UsChart *self,
                                UsPlot  *plot);
UsPlot    *us_chart_get_plot   (UsChart *self);
void       us_chart_reset_zoom (UsChart *self);
/* What another thread needs to paint a plot as this chart would now; NULL before it has a size. */
UsChartPainting *us_chart_begin_painting (UsChart         *self);
/* us_chart_set_plot () with what was painted of it; painting: borrowed, may be NULL.  A chart that
 * has changed its size or look since then paints by itself. */
void             us_chart_set_painted    (UsChart         *self,
                                          UsPlot          *plot,
                                          UsChartPainting *painting);

G_END_DECLS
