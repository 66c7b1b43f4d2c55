/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-plot.h"
#include "us-simulator.h"

G_BEGIN_DECLS

/* The curves of a series as plots: where its channels mean different things, one plot a channel,
 * each with its own label, unit and range; else one plot of them all.  x is logarithmic where
 * the points are even in its logarithm.  Any thread. */

/* How many plots that are. */
gsize   us_series_n_plots       (const UsOutput    *output);
/* "gain", or "" where one plot holds all. */
const char *us_series_plot_id   (const UsOutput    *output,
                                 gsize              which);
/* An empty one with its axes; y follows the data. */
UsPlot *us_series_plot_new      (const UsOutput    *output,
                                 gsize              which,
                                 const char        *title);     /* or NULL */
/* y shows what the output can be, and a little more: a line along its end is whole. */
void    us_series_plot_fix_range (UsPlot           *plot,
                                 const UsOutput    *output,
                                 gsize              which);
void    us_series_plot_add      (UsPlot            *plot,
                                 const UsOutput    *output,
                                 gsize              which,
                                 const char        *name,
                                 const UsPlotStyle *style,
                                 const float       *values);    /* (T, C) */
/* The band in which the central US_BAND_LEVEL of normal values lies, under what is added afterwards. */
void    us_series_plot_add_band (UsPlot            *plot,
                                 const UsOutput    *output,
                                 gsize              which,
                                 const char        *name,
                                 const UsPlotStyle *style,
                                 const float       *mean,       /* (T, C) */
                                 const float       *sd);        /* (T, C) */

G_END_DECLS
