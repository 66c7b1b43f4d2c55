/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-infer-worker.h"
#include "us-plot.h"

G_BEGIN_DECLS

/* Plot `which` of us_series_n_plots (): the data of a series and what decoder and simulator make of
 * the parameters read, each with its RMS from the data.  The letter holds an inference. */
UsPlot *us_infer_curves_new (const UsInferLetter *letter,
                             gsize                which,
                             gboolean             decoder,      /* shown? */
                             gboolean             simulator);

G_END_DECLS
