/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-rng.h"

G_BEGIN_DECLS

/* P parameters, M chains of N kept draws. */

typedef double (*ChainDensity) (gconstpointer data,
                                const double *theta);     /* (P) → log density up to a constant */
/* A move that leaves the density as it is (a change of sign), proposed now and then; or NULL. */
typedef void   (*ChainFlip)    (UsRng        *rng,
                                double       *theta);     /* (P) */

/* A random walk (Metropolis 1953) whose steps take the shape of what it has visited while it warms
 * up (Haario, Saksman, Tamminen 2001) and then stay as they are.  start: a point of positive
 * density.  Returns the share of steps taken after the warm-up. */
double chain_run    (ChainDensity  density,
                     gconstpointer data,
                     ChainFlip     flip,
                     gsize         n_parameters,
                     const double *start,         /* (P) */
                     gsize         warm_up,       /* steps */
                     gsize         count,
                     gsize         thin,          /* steps between kept draws */
                     UsRng        *rng,
                     double       *theta);        /* (count, P) */

/* The largest split R-hat (Gelman et al. 2013) of the parameters; 1: chains agree. */
double chain_r_hat  (gsize         n_chains,
                     gsize         count,
                     gsize         n_parameters,
                     const double *theta);        /* (M, N, P) */

G_END_DECLS
