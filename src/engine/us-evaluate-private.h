/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-evaluate.h"

G_BEGIN_DECLS

UsEvaluation *us_evaluation_alloc   (const UsSimulator *simulator,
                                     gsize              n_pairs);
/* Everything that follows from v and z.  latent, sd (n, P): the answers as Gaussians, latents. */
gboolean      us_evaluation_measure (UsEvaluation      *self,
                                     const UsPrior     *prior,
                                     guint64            seed,
                                     const double      *latent,
                                     const double      *sd,
                                     UsPool            *pool,
                                     GCancellable      *cancellable,
                                     GError           **error);

G_END_DECLS
