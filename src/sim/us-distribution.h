/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simulator.h"

G_BEGIN_DECLS

/* One parameter's prior.  Where a `UsParameter` is asked for, its hard bounds
 * cut normal and log-normal distributions.  All but check and parse need a
 * distribution that passed the check.  Any thread; nothing is kept. */

/* "uniform", "log-uniform", "normal", "log-normal", "triangular", "discrete", "fixed" */
const char *us_distribution_kind_name  (UsDistributionKind     kind);
gboolean    us_distribution_kind_parse (const char            *name,
                                        UsDistributionKind    *kind);
/* How many of a, b, c the kind uses: the first ones. */
guint       us_distribution_n_numbers  (UsDistributionKind     kind);
gboolean    us_distribution_equal      (const UsDistribution  *one,
                                        const UsDistribution  *other);

/* Errors: US_FORMAT_ERROR_VALUE: bounds crossed, outside the parameter's
 * bounds, not finite, sd ≤ 0, nearly nothing inside the bounds; names parameter and numbers. */
gboolean    us_distribution_check      (const UsDistribution  *self,
                                        const UsParameter     *parameter,
                                        GError               **error);
/* "uniform:-0.2:0.2"; free with g_free. */
char       *us_distribution_to_string  (const UsDistribution  *self);
/* "a1=uniform:-0.2:0.2" as on the command line; changes one entry of
 * distributions (P) when all is well.  Errors say what was expected. */
gboolean    us_distribution_parse      (const UsSimulator     *simulator,
                                        const char            *text,
                                        UsDistribution        *distributions,
                                        GError               **error);

/* Smallest and largest value that can be drawn. */
void        us_distribution_support    (const UsDistribution  *self,
                                        const UsParameter     *parameter,
                                        double                *lower,
                                        double                *upper);
/* Density; the probability of the value for discrete and fixed ones. */
double      us_distribution_density    (const UsDistribution  *self,
                                        const UsParameter     *parameter,
                                        double                 value);
double      us_distribution_draw       (const UsDistribution  *self,
                                        const UsParameter     *parameter,
                                        UsRng                 *rng);
/* The latent: see UsPrior. */
double      us_distribution_to_latent  (const UsDistribution  *self,
                                        const UsParameter     *parameter,
                                        double                 value);
double      us_distribution_from_latent (const UsDistribution *self,
                                        const UsParameter     *parameter,
                                        double                 z);

G_END_DECLS
