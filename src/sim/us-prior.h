/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simulator.h"

G_BEGIN_DECLS

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

/* "a1=uniform:-0.2:0.2" as on the command line; changes one entry of
 * distributions (P).  Errors say what was expected. */
gboolean us_distribution_parse (const UsSimulator  *simulator,
                                const char         *text,
                                UsDistribution     *distributions,
                                GError            **error);
char    *us_distribution_to_string (const UsDistribution *self);     /* "uniform:-0.2:0.2" */
const char *us_distribution_kind_name (UsDistributionKind kind);

/* A draw that the constraint accepts.  FALSE when 10,000 tries were refused. */
gboolean us_prior_sample      (const UsPrior *self,
                               UsRng         *rng,
                               double        *theta);      /* (P) */
void     us_prior_to_latent   (const UsPrior *self,
                               const double  *theta,
                               double        *z);          /* (P), -1..1; outside the prior: beyond ±1 only by clamping */
void     us_prior_from_latent (const UsPrior *self,
                               const double  *z,           /* clamped to -1..1 */
                               double        *theta);
/* Marginal density of one parameter, for plots; unnormalised by the constraint. */
double   us_prior_density     (const UsPrior *self,
                               gsize          parameter,
                               double         value);
double   us_prior_log_density (const UsPrior *self,
                               const double  *theta);      /* -INFINITY outside */
void     us_prior_range       (const UsPrior *self,
                               gsize          parameter,
                               double        *lower,
                               double        *upper);      /* of the support */
/* {"a1":{"kind":"uniform","a":…}} and back (strict). */
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
 * US_RNG_SIMULATOR, row)).  RETRY draws again from the same row's stream, at most 100 times.
 * A value that is not finite, or FAILED: FALSE with the row and the seed in the error.
 * Any thread; no allocation.
 */
gboolean us_simulate_rows (const UsPrior *prior,
                           guint          output,
                           guint64        seed,
                           guint64        first,
                           gsize          count,
                           double        *theta,           /* (count, P) */
                           float         *x,               /* (count, H, W, C), or NULL */
                           GError       **error);

/**
 * UsBankMeta, us_bank_write(), us_bank_open():
 *
 * A bank on disk: an .npz (or a folder of .npy files) with arrays `theta`
 * (N, P) float64 and `x` (N, …) float32, `theta_names`, and `bank.json` metadata (simulator,
 * version, priors, seed).  Rows are written as they come, in bounded memory.
 */
gboolean us_bank_simulate (const UsPrior   *prior,
                           guint            output,
                           guint64          seed,
                           guint64          count,
                           guint            n_workers,      /* 0: all */
                           const char      *path,           /* FILE.npz or a folder */
                           void           (*progress) (guint64 done, guint64 count, gpointer data),
                           gpointer         data,
                           const gint      *cancelled,      /* or NULL */
                           GError         **error);

G_END_DECLS
