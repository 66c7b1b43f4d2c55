/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-distribution.h"

G_BEGIN_DECLS

/* P parameters. */

/**
 * UsPrior:
 *
 * One distribution per parameter and the simulator's constraint.  Maps θ to a
 * latent z in -1 .. 1 and back, so that no sample can leave the prior: affine
 * in θ for uniform, triangular and discrete priors, affine in log θ for
 * log-uniform; by the cumulative distribution for (cut) normal and log-normal
 * ones; fixed parameters map to 0.  Const after construction, atomic reference count.
 */
typedef struct _UsPrior UsPrior;

UsPrior *us_prior_new_default (const UsSimulator *simulator);
/* distributions: (P).  Errors: US_FORMAT_ERROR_VALUE: bounds crossed, outside
 * the parameter's bounds, not finite, sd ≤ 0; names parameter and numbers. */
UsPrior *us_prior_new         (const UsSimulator     *simulator,
                               const UsDistribution  *distributions,
                               GError               **error);
UsPrior *us_prior_ref         (UsPrior *self);
void     us_prior_unref       (UsPrior *self);
const UsSimulator    *us_prior_simulator    (const UsPrior *self);
const UsDistribution *us_prior_distribution (const UsPrior *self, gsize parameter);

/* No distribution was changed: draws are the simulator's own. */
gboolean us_prior_is_default  (const UsPrior *self);
/* A draw that the constraint accepts.  FALSE when 10,000 tries were refused. */
gboolean us_prior_sample      (const UsPrior *self,
                               UsRng         *rng,
                               double        *theta);      /* (P) */
void     us_prior_to_latent   (const UsPrior *self,
                               const double  *theta,
                               double        *z);          /* (P), -1..1; outside the prior: its nearest end */
void     us_prior_from_latent (const UsPrior *self,
                               const double  *z,           /* clamped to -1..1 */
                               double        *theta);
/* Marginal density of one parameter, for plots; unnormalised by the constraint.
 * Of a discrete or fixed parameter: the probability. */
double   us_prior_density     (const UsPrior *self,
                               gsize          parameter,
                               double         value);
/* -INFINITY outside.  The default prior's own density where the simulator
 * states it; otherwise the product, unnormalised by the constraint. */
double   us_prior_log_density (const UsPrior *self,
                               const double  *theta);
void     us_prior_range       (const UsPrior *self,
                               gsize          parameter,
                               double        *lower,
                               double        *upper);      /* of the support */
/* {"a1":{"kind":"uniform","a":…}} and back (strict: each parameter once, each
 * kind's numbers, nothing else; US_FORMAT_ERROR_SYNTAX, MISSING, MISMATCH or VALUE). */
char    *us_prior_to_json     (const UsPrior *self);
UsPrior *us_prior_from_json   (const UsSimulator  *simulator,
                               const char         *json,
                               GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsPrior, us_prior_unref)

/**
 * us_simulate_rows:
 *
 * Rows first .. first+count-1 of the stream `seed`: draws θ from the prior
 * (stream (seed, US_RNG_PRIOR, row)), runs the simulator (stream (seed,
 * US_RNG_SIMULATOR, row)).  RETRY draws again from the same row's streams, at
 * most 100 times.  Without x nothing is run: θ is each row's first draw.
 * A value that is not finite, or FAILED: FALSE with the row and the seed in the
 * error (US_FORMAT_ERROR_VALUE).  Any thread; no allocation.
 */
gboolean us_simulate_rows (const UsPrior *prior,
                           guint          output,
                           guint64        seed,
                           guint64        first,
                           gsize          count,
                           double        *theta,           /* (count, P) */
                           float         *x,               /* (count, H, W, C), or NULL */
                           GError       **error);

G_END_DECLS
