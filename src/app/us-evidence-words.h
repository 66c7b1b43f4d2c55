/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-evidence.h"

G_BEGIN_DECLS

/* What the evidence means, for those who know no machine learning.  Each is freed with g_free; translated. */

/* "MIG is 0.98; perfect answers would reach 0.99 …": how good it is, in a sentence or two. */
char *us_evidence_words_verdict  (const UsEvidence *self);
/* What each score means, a paragraph a score, Pango markup. */
char *us_evidence_words_scores   (const UsEvidence *self);
/* What the matrices show. */
char *us_evidence_words_matrices (const UsEvidence *self);
/* How to read the table of parameters. */
char *us_evidence_words_accuracy (const UsEvidence *self);
/* Does it converge, would more time help, and what is the weakest part; Pango markup. */
char *us_evidence_words_budget   (const UsEvidence *self);
char *us_evidence_words_worst    (const UsEvidence *self);

G_END_DECLS
