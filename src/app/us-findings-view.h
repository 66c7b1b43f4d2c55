/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "us-findings.h"

G_BEGIN_DECLS

/**
 * UsFindingsView:
 *
 * Shows findings: a widget a frame, so that no frame is long, then the figures, painted on a thread of its own.  Findings
 * of the same make take the place of those before, and nothing else moves.  Main thread only.
 */
#define US_TYPE_FINDINGS_VIEW (us_findings_view_get_type ())
G_DECLARE_FINAL_TYPE (UsFindingsView, us_findings_view, US, FINDINGS_VIEW, AdwBin)

/* Takes a reference; NULL: nothing is to be shown. */
void     us_findings_view_set     (UsFindingsView *self,
                                   UsFindings     *findings);
/* All of it is shown, figures too. */
gboolean us_findings_view_is_done (UsFindingsView *self);

G_END_DECLS
