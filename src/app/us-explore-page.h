/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "us-latency.h"
#include "us-plot.h"

G_BEGIN_DECLS

/**
 * UsExplorePage:
 *
 * A named slider for each latent, the decoder's output beside the true
 * simulator's, and the traversal strips.  Property "session" (UsSession), set once by the window.
 */
#define US_TYPE_EXPLORE_PAGE (us_explore_page_get_type ())
G_DECLARE_FINAL_TYPE (UsExplorePage, us_explore_page, US, EXPLORE_PAGE, AdwBin)

/* explore.play (stateful), explore.randomise, explore.reset */
GActionGroup *us_explore_page_get_actions         (UsExplorePage *self);      /* borrowed */
/* From a slider's value to the picture of it, or of a newer one, in the window. */
void          us_explore_page_get_latency_stats   (UsExplorePage  *self,
                                                   UsLatencyStats *stats);
void          us_explore_page_reset_latency_stats (UsExplorePage  *self);
/* For tests: the adjustment in units of parameter, and whether all that was asked for is shown. */
void          us_explore_page_set_value           (UsExplorePage  *self,
                                                   gsize           parameter,
                                                   double          value);
double        us_explore_page_get_value           (UsExplorePage  *self,
                                                   gsize           parameter);
gboolean      us_explore_page_is_settled          (UsExplorePage  *self);

G_END_DECLS
