/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-chart.h"

G_BEGIN_DECLS

/* Shows n > 0 plots one below the other in a box whose first child is a UsChart: charts
 * for the others come and go, called and as high as the first.  Main thread. */
void us_chart_column_set_plots (GtkBox        *box,
                                gsize          n,
                                UsPlot *const *plots);  /* (n) */
/* The first chart alone, empty. */
void us_chart_column_clear     (GtkBox        *box);

G_END_DECLS
