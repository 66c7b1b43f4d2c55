/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-plot.h"
#include "us-predictive-band.h"
#include "us-sbc.h"

G_BEGIN_DECLS

/* The figures of calibration, the same for the window, the terminal and the report.  Any thread.
 * title: NULL for none.  name, unit: of the parameter. */

/* Counts of ranks over what is expected, each bin's binomial interval behind; ranks: of a parameter, or the density's. */
UsPlot *us_sbc_plot_ranks       (const UsSbc            *self,
                                 const UsSbcRanks       *ranks,
                                 const char             *title);
/* The empirical distribution function of the ranks less the uniform one, all parameters, in the band that holds
 * each of them as a whole with the level's probability.  names: (P), NULL-terminated. */
UsPlot *us_sbc_plot_functions   (const UsSbc            *self,
                                 const char *const      *names,
                                 const char             *title);
/* How often the truth is inside regions of the posterior, against the mass they claim. */
UsPlot *us_sbc_plot_coverage    (const UsSbc            *self,
                                 const char *const      *names,
                                 const char             *title);
/* Posterior means against the truth. */
UsPlot *us_sbc_plot_recovery    (const UsSbc            *self,
                                 gsize                   parameter,
                                 const char             *name,
                                 const char             *unit,
                                 const char             *title);
/* z-scores against contraction, a dot a simulation. */
UsPlot *us_sbc_plot_contraction (const UsSbc            *self,
                                 gsize                   parameter,
                                 const char             *title);
/* Adds the bands, the last level first (levels rise), and the median at x (N) to a plot whose axes are set. */
void    us_predictive_band_draw (const UsPredictiveBand *self,
                                 UsPlot                 *plot,
                                 const double           *x,
                                 int                     colour);

G_END_DECLS
