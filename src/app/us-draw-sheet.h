/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-plot.h"
#include "us-prior.h"

G_BEGIN_DECLS

/* A sheet of draws from a prior: pictures in a grid, or all curves of a series in one
 * chart, one for each channel where channels mean different things.  Any thread. */
typedef struct
{
  gsize    n_plots;             /* 0: failed */
  UsPlot **plots;               /* (n_plots) */
  gsize    n_draws;
  double   run_us;              /* median time of one run, microseconds */
  GError  *error;               /* when there are no plots */
} UsDrawSheet;

/* Draws 0 .. rows*columns-1 of the stream `seed`.  NULL when cancelled (polled; may be NULL). */
UsDrawSheet *us_draw_sheet_new  (UsPrior    *prior,
                                 guint       output,
                                 guint64     seed,
                                 gsize       rows,
                                 gsize       columns,
                                 const gint *cancelled);
void         us_draw_sheet_free (UsDrawSheet *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsDrawSheet, us_draw_sheet_free)

G_END_DECLS
