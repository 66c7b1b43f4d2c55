/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-prior.h"

G_BEGIN_DECLS

/* n rows, P parameters; parameters in their own units unless they are called latents. */

/* The member of each row's class closest to the same row of z; v itself where the simulator states no symmetry. */
void us_symmetry_closest (const UsPrior *prior,
                          gsize          n,
                          const double  *v,            /* (n, P) */
                          const double  *z,            /* (n, P) */
                          double        *closest);     /* (n, P) */
/* As us_prior_to_latent(), but of a circular parameter that the prior has uniform, what lies a turn outside the
 * bounds is a turn outside -1 .. 1, and not their end. */
void us_symmetry_to_latent (const UsPrior *prior,
                            const double  *theta,      /* (P) */
                            double        *latent);    /* (P) */
/* V̄: a random member of each row's class, from the stream (seed, US_RNG_SHUFFLE, first + i). */
void us_symmetry_draw    (const UsPrior *prior,
                          guint64        seed,
                          guint64        first,
                          gsize          n,
                          const double  *v,            /* (n, P) */
                          double        *equivalent);  /* (n, P) */
/**
 * us_symmetry_spread:
 *
 * The variance of the classes: the answer `centre` that, given to every row
 * alike, lies closest to v's classes (Fréchet's mean of the quotient space,
 * found by turns: align, average), and the mean square distance from it, by
 * parameter.  What an answer is worth that knows nothing.  Without symmetry:
 * mean and variance.
 */
void us_symmetry_spread  (const UsPrior *prior,
                          gsize          n,
                          const double  *v,            /* (n, P) */
                          double        *centre,       /* (P) latents */
                          double        *spread);      /* (P) latents squared */
/**
 * us_symmetry_others:
 *
 * Members of theta's class other than theta, distinct, as far apart in latents as random draws (seed) offer: of a
 * few all, of a continuum a spread over it.  others (max, P), rising by the first parameter that differs; all:
 * whether the class has no more.
 *
 * Returns: how many, 0 without symmetry
 */
gsize us_symmetry_others (const UsPrior *prior,
                          const double  *theta,        /* (P) inside the bounds, accepted */
                          guint64        seed,
                          gsize          max,
                          double        *others,       /* (max, P) */
                          gboolean      *all);

G_END_DECLS
