/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How near the matched rows of a bank come to the exact posterior of `linear-gaussian`: back-to-simulation attribution is
 * consistent (Dudley, Eisenberg 2025). */
#pragma once

#include "us-pool.h"

G_BEGIN_DECLS

/**
 * UsConsistencySummary:
 * @US_CONSISTENCY_SUFFICIENT: h(x) keeps all that x tells of θ (three numbers): the limit is p(θ | x)
 * @US_CONSISTENCY_MEAN: h(x) is the mean of x: the limit is p(θ | h(x)), which is wider
 */
typedef enum
{
  US_CONSISTENCY_SUFFICIENT,
  US_CONSISTENCY_MEAN,
} UsConsistencySummary;

/* Means over the observations.  Distances are to the exact limit, in coordinates in which that is a standard normal
 * distribution: sliced Wasserstein in its standard deviations. */
typedef struct
{
  double k, ess;               /* rows that were matched; as many as they are worth */
  double share;                /* k / N */
  double wasserstein;
  double wasserstein_adjusted; /* after regression adjustment */
  double wasserstein_chance;   /* of as many exact draws as the rows are worth: what chance alone leaves */
  double wasserstein_full;     /* to p(θ | x), in its own coordinates, whatever the summary */
  double c2st, c2st_adjusted;  /* of rows thinned to equal weight and as many exact draws; NaN when most_c2st is 0 */
} UsConsistency;

/* A bank of n_rows (stream `seed`), asked about n_observations others (stream `seed` + 1), with default options.
 * most_c2st: draws that a classifier is to tell apart, at most 10,000; 0: none.  Same bits for any pool.  Errors: those of
 * us_attribution_new() and its queries; cancelled, or NULL: read atomically, between observations. */
gboolean us_consistency_measure (UsConsistencySummary  summary,
                                 gsize                 n_rows,
                                 gsize                 n_observations,
                                 gsize                 most_c2st,
                                 guint64               seed,
                                 UsPool               *pool,
                                 const gint           *cancelled,
                                 UsConsistency        *result,
                                 GError              **error);

G_END_DECLS
