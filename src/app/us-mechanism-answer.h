/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "us-mechanism-results.h"

G_BEGIN_DECLS

/**
 * UsMechanismAnswer:
 *
 * What the session's posterior or predictor says of the session's data (UsLearnt): how unusual they are, said first; then
 * parameters beside the prior and what is predicted beside the data, or what nobody measured, or what comes next, or which
 * mechanism it was, beside maximum-likelihood fits.  Works while it is to be seen.
 * Property "session" (UsSession), write-only, once.
 */
#define US_TYPE_MECHANISM_ANSWER (us_mechanism_answer_get_type ())
G_DECLARE_FINAL_TYPE (UsMechanismAnswer, us_mechanism_answer, US, MECHANISM_ANSWER, AdwBin)

/* How many simulations data are compared with; 0: the default. */
void               us_mechanism_answer_set_rows   (UsMechanismAnswer *self,
                                                   gsize              rows);
/* What is shown; NULL: nothing.  Borrowed. */
UsMechanismResult *us_mechanism_answer_get_result (UsMechanismAnswer *self);
/* All of it is shown, and nothing is at work. */
gboolean           us_mechanism_answer_is_done    (UsMechanismAnswer *self);
/* As CSV, what is shown; draws: of the posterior.  Written on a thread of its own, whatever is shown meanwhile. */
void               us_mechanism_answer_save_async  (UsMechanismAnswer    *self,
                                                    const char           *path,
                                                    gboolean              draws,
                                                    GAsyncReadyCallback   callback,
                                                    gpointer              data);
gboolean           us_mechanism_answer_save_finish (UsMechanismAnswer    *self,
                                                    GAsyncResult         *result,
                                                    GError              **error);

G_END_DECLS
