/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-contest.h"
#include "us-plot.h"

G_BEGIN_DECLS

/* The figures of a choice between mechanisms, the same for the window, the terminal and the report.  Any thread.
 * title: NULL for none. */

/* How often what was said to be so likely was so, a line for each judge, the network's with its interval. */
UsPlot *us_contest_plot_reliability (const UsContest   *self,
                                     const char        *title);
/* Shares of each mechanism's rows by what they were taken for. */
UsPlot *us_selection_plot_confusion (const UsSelection *self,
                                     const char        *title);

G_END_DECLS
