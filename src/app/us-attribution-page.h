/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "us-attributor.h"

G_BEGIN_DECLS

/**
 * UsAttributionPage:
 *
 * Real data with the simulations over it that a posterior model holds most like it: how unusual
 * the data are, said first; what the matched simulations say of each parameter beside what the
 * network says; the matches in a table.  Model and data are those of the session's UsLearnt, which it follows;
 * it works while it is to be seen.  Property "session" (UsSession), write-only, once.
 */
#define US_TYPE_ATTRIBUTION_PAGE (us_attribution_page_get_type ())
G_DECLARE_FINAL_TYPE (UsAttributionPage, us_attribution_page, US, ATTRIBUTION_PAGE, AdwBin)

/* Becomes the session's. */
void          us_attribution_page_open_model (UsAttributionPage *self,
                                              const char        *path);
/* There is a posterior, or one is being read for this page. */
gboolean      us_attribution_page_has_model  (UsAttributionPage *self);
/* NULL: simulations made anew from the model's prior. */
void          us_attribution_page_set_bank   (UsAttributionPage *self,
                                              const char        *path);
void          us_attribution_page_open_data  (UsAttributionPage *self,
                                              const char        *path);
/* How many simulations are made anew, or read; 0: the default. */
void          us_attribution_page_set_rows   (UsAttributionPage *self,
                                              gsize              rows);
/* What is shown; NULL: nothing. */
UsAttributed *us_attribution_page_get_answer (UsAttributionPage *self);         /* borrowed */
/* The answer's figures are shown too, and nothing is at work. */
gboolean      us_attribution_page_is_done    (UsAttributionPage *self);
/* A match in a colour of its own, 0 the heaviest; -1: none. */
void          us_attribution_page_pin        (UsAttributionPage *self,
                                              gssize             match);

G_END_DECLS
