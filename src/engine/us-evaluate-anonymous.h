/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-evaluate.h"

G_BEGIN_DECLS

/**
 * UsAnonymousEvaluation:
 *
 * What held-out draws say of a model whose latents have no names (β-VAE): n pairs, P factors V,
 * L latents.  Errors, slopes and accuracy would need names; what is in the latents does not.
 */
typedef struct
{
  gsize          n_pairs, n_factors, n_latents;
  double        *v;             /* (n, P) in units */
  double        *mean, *sd;     /* (n, L) of q(z|x) */
  UsInformation *histogram;     /* of the means */
  UsInformation *chen;          /* with the encoder's own σ */
  double        *told;          /* (P) R² of a quadratic polynomial of all latents, adjusted for chance (README.md,
                                 * `information`); NaN: discrete, or V is one of several under a symmetry */
  double         mean_told;     /* NaN: none */
  double         rms_both;      /* G(µ(x)) against x, in the output's units */
} UsAnonymousEvaluation;

/* config: n_pairs, seed, workers, niceness.  Errors: not such a model (US_FORMAT_ERROR_MISMATCH),
 * the simulator's, cancelled. */
UsAnonymousEvaluation *us_evaluate_anonymous       (UsSimvae                    *model,
                                                    const UsEvaluateConfig      *config,
                                                    GCancellable                *cancellable,
                                                    GError                     **error);
/* metrics.json and pairs.csv (v_NAME, latent_1 …) into an existing or new folder. */
gboolean               us_anonymous_evaluation_write (const UsAnonymousEvaluation *self,
                                                      const UsSimvae              *model,
                                                      const char                  *folder,
                                                      GError                     **error);
void                   us_anonymous_evaluation_free (UsAnonymousEvaluation      *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsAnonymousEvaluation, us_anonymous_evaluation_free)

G_END_DECLS
