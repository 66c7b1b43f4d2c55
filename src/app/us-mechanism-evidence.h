/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "us-mechanism-evidence-worker.h"

G_BEGIN_DECLS

/**
 * UsMechanismEvidence:
 *
 * Whether the session's posterior or predictor (UsLearnt) is to be believed: simulation-based calibration, coverage and recovery
 * of a posterior; a choice of mechanism beside AIC and the evidence; what intervals of quantities and forecasts hold.
 * Measures by itself when it is first to be seen with a network, and again when it is told to.
 * Property "session" (UsSession), write-only, once.
 */
#define US_TYPE_MECHANISM_EVIDENCE (us_mechanism_evidence_get_type ())
G_DECLARE_FINAL_TYPE (UsMechanismEvidence, us_mechanism_evidence, US, MECHANISM_EVIDENCE, AdwBin)

/* With n simulations, of a choice of mechanism so many that are fitted too; what is at work is given up. */
void                us_mechanism_evidence_measure         (UsMechanismEvidence *self,
                                                           gsize                n);
/* What was measured before stays. */
void                us_mechanism_evidence_stop            (UsMechanismEvidence *self);
/* A table of simulations (NPZ) that a posterior was not trained on, to be asked about: at once. */
void                us_mechanism_evidence_set_bank        (UsMechanismEvidence *self,
                                                           const char          *path);
/* What is shown; NULL: nothing.  Borrowed. */
UsMechanismVerdict *us_mechanism_evidence_get_verdict     (UsMechanismEvidence *self);
/* All of it is shown, and nothing is at work. */
gboolean            us_mechanism_evidence_is_done         (UsMechanismEvidence *self);

G_END_DECLS
