/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-plot.h"
#include "us-reading.h"

G_BEGIN_DECLS

/* Plot `which` of us_series_n_plots (): the data of a series and what decoder and simulator make of
 * the parameters read, each with its RMS from the data.  Any thread. */
UsPlot *us_infer_curves_new (const UsReading *reading,
                             gsize            which,
                             gboolean         decoder,
                             gboolean         simulator);

G_END_DECLS
