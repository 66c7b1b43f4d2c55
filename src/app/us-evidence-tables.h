/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-evidence.h"
#include "us-table.h"

G_BEGIN_DECLS

/* The tables of the evidence page.  Main thread. */

/* Table 1 of the paper, for this model, with the ceiling beside each score. */
void us_evidence_fill_scores   (UsTable          *table,
                                const UsEvidence *evidence);
/* A row a parameter, and a row a derived quantity. */
void us_evidence_fill_accuracy (UsTable          *table,
                                const UsEvidence *evidence);
/* Of decoder, decoder after encoder, simulator after encoder, in the output's units. */
void us_evidence_fill_errors   (UsTable          *table,
                                const UsEvidence *evidence);
/* A row a parameter, a column a worst case: the closest right parameters (the true ones without symmetry) and the answer. */
void us_evidence_fill_worst    (UsTable          *table,
                                const UsEvidence *evidence);

G_END_DECLS
