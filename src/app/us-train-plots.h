/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-plot.h"
#include "us-trainer.h"

G_BEGIN_DECLS

/* What the Train page shows of a SimVAE in training.  Any thread. */

/* first, second: of UsHistoryPoint, steps 1 and 2. */
UsPlot  *us_train_plot_losses (const char       *title,
                               GArray           *first,
                               GArray           *second);
/* Simulator and decoder side by side: (n) plots, each a reference; g_free. */
UsPlot **us_train_plot_rows   (const UsOutput   *output,
                               const UsFourRows *rows,
                               gsize            *n);

G_END_DECLS
