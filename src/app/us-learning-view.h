/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-learning.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * UsLearningView:
 *
 * What is seen while a network learns from mechanisms: draws of the mechanism with the data over them, the loss as it
 * falls, and in the end how the network came about.
 */
#define US_TYPE_LEARNING_VIEW (us_learning_view_get_type ())
G_DECLARE_FINAL_TYPE (UsLearningView, us_learning_view, US, LEARNING_VIEW, AdwBin)

/* Draws from the priors (n) at `output` of the first, the first output of the others, and over them x (V), NaN where
 * nothing was observed; NULL: no data.  n 0: nothing to draw. */
void us_learning_view_set_setup    (UsLearningView *self,
                                    gsize           n,
                                    UsPrior *const *priors,
                                    guint           output,
                                    const float    *x);
/* The job whose curve and record are shown; once. */
void us_learning_view_set_learning (UsLearningView *self,
                                    UsLearning     *learning);
/* The draws that are shown are those of the present setup (for tests). */
gboolean us_learning_view_is_settled (UsLearningView *self);

G_END_DECLS
