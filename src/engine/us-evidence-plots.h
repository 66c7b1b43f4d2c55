/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-evidence.h"
#include "us-plot.h"

G_BEGIN_DECLS

/* The figures of the evidence, the same for the window, the terminal and the report.  Any thread. */

/**
 * UsEvidenceMatrix:
 * @US_MATRIX_ANSWERS: MIM(Z, V)
 * @US_MATRIX_TRUTH: MIM(V, V), or MIM(V̄, V) where the simulator has a symmetry
 */
typedef enum
{
  US_MATRIX_ANSWERS,
  US_MATRIX_TRUTH,
} UsEvidenceMatrix;

/* By 20 bins, both on one colour range.  bits: instead of nats.  title: NULL for none. */
UsPlot *us_evidence_plot_information (const UsEvidence   *self,
                                      UsEvidenceMatrix    which,
                                      gboolean            bits,
                                      const char         *title);
/* Errors against draws, both logarithmic; empty with a message when nothing was recorded. */
UsPlot *us_evidence_plot_budget      (const UsEvidence   *self,
                                      const char         *title);
/* Of an image: one plot of all, a row a case (input, decoder, simulator).  Of a series: one plot for
 * each case and for each of us_series_n_plots (). */
gsize   us_evidence_n_worst_plots    (const UsEvidence   *self);
UsPlot *us_evidence_plot_worst       (const UsEvidence   *self,
                                      gsize               index);

G_END_DECLS
