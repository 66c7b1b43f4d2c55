/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-learning-view.h"
#include "us-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * UsMechanismGroup:
 *
 * The rows in which it is chosen what is learnt from mechanisms — a posterior, hidden quantities, a forecast, the choice
 * among several —, from how many simulations, for which data and with which noise; and the buttons that start and stop it.
 */
#define US_TYPE_MECHANISM_GROUP (us_mechanism_group_get_type ())
G_DECLARE_FINAL_TYPE (UsMechanismGroup, us_mechanism_group, US, MECHANISM_GROUP, AdwBin)

/* Once; view: where draws, curve and record are shown. */
void us_mechanism_group_set_session (UsMechanismGroup *self,
                                     UsSession        *session,
                                     UsLearningView   *view);
void us_mechanism_group_set_kind    (UsMechanismGroup *self,
                                     UsLearningKind    kind);
/* What was changed last has been checked (for tests). */
gboolean us_mechanism_group_is_settled (UsMechanismGroup *self);

G_END_DECLS
