/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-attributor.h"
#include "us-plot.h"

G_BEGIN_DECLS

/* What the simulations say of an observation, as plots for page and terminal.  Any thread. */

/* Lines of matched simulations are joined by gaps into so many layers, the heaviest last. */
#define US_ATTRIBUTED_SHADES 6

/* How many plots the data take: one for each channel that means something of its own. */
gsize    us_attributed_n_series    (const UsAttributed *self);
/* The data, and the n (0: 60) heaviest matches under it, each as opaque as it is heavy; of pictures a sheet of both.
 * pinned: a match in a colour of its own, or -1.  An adjusted match is drawn as it was simulated. */
UsPlot  *us_attributed_plot_series (const UsAttributed *self,
                                    gsize               which,
                                    gsize               n,
                                    gssize              pinned);
/* Which match (0: the heaviest) a point of such a plot belongs to, or -1: the data, or what was pinned. */
gssize   us_attributed_match_at    (const UsAttributed *self,
                                    gsize               n,
                                    guint               layer,
                                    gsize               index);
/* Densities of parameter p: the prior, the network's posterior, the weighted simulations.  pinned: marked. */
UsPlot  *us_attributed_plot_marginal (const UsAttributed *self,
                                    gsize               p,
                                    gssize              pinned);

G_END_DECLS
