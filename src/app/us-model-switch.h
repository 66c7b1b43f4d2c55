/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * UsModelSwitch:
 *
 * Two pages in the place of one: what the session's SimVAE model says, and what its posterior or predictor says.
 * The one that was opened or trained last is shown; where there are both, a switch on top chooses.
 *
 * Properties: "session" (UsSession), once, after the pages; "simvae", "mechanism" (GtkWidget, in markup).
 */
#define US_TYPE_MODEL_SWITCH (us_model_switch_get_type ())
G_DECLARE_FINAL_TYPE (UsModelSwitch, us_model_switch, US, MODEL_SWITCH, AdwBin)

/* TRUE: what the posterior or predictor says. */
gboolean us_model_switch_get_mechanism (UsModelSwitch *self);
void     us_model_switch_set_mechanism (UsModelSwitch *self,
                                        gboolean       mechanism);

G_END_DECLS
