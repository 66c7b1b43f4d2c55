/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * UsEvidencePage:
 *
 * Whether to believe the model: Table 1 for it, what its answers tell, how right each is, how the
 * errors fell, and where it is worst.  Measured in the background whenever a model is opened or
 * a training ends.  Property "session" (UsSession), write-only, once.
 */
#define US_TYPE_EVIDENCE_PAGE (us_evidence_page_get_type ())
G_DECLARE_FINAL_TYPE (UsEvidencePage, us_evidence_page, US, EVIDENCE_PAGE, AdwBin)

/* How many pairs the next measurement takes, for a first impression and in all. */
void     us_evidence_page_set_pairs (UsEvidencePage *self,
                                     gsize           first,
                                     gsize           all);
/* Everything that was measured of the model at hand is shown. */
gboolean us_evidence_page_is_done   (UsEvidencePage *self);

G_END_DECLS
