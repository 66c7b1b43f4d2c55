/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simulator.h"

G_BEGIN_DECLS

/* N values of an output, R runs of the simulator at one place, each with a stream of its own. */

#define US_REPEATS_MANY 8       /* R where thousands of places are looked at */
#define US_REPEATS_ONE  64      /* R of one place that is looked at, and its most */

/**
 * us_repeats_run:
 * @n_runs: R, at most US_REPEATS_ONE
 * @row: streams (seed, US_RNG_REPEAT) belong to it
 * @mean: (N) of the runs
 * @variance: (N) of them, over R − 1; of an output that is not noisy 0
 *
 * What a noisy output is on average, and how widely it spreads.  One that is not noisy is run once.
 * Any thread; allocates.
 *
 * Returns: FALSE: the simulator does not run there, and mean is not filled
 */
gboolean us_repeats_run     (const UsSimulator *simulator,
                             guint              output,
                             const double      *theta,        /* (P) */
                             guint              n_runs,
                             guint64            seed,
                             guint64            row,
                             float             *mean,
                             float             *variance);
/* What the mean of R runs misses of the true one, as a mean square over the N values: expected, and so to be taken
 * from a squared distance to it; what remains is unbiased, and may be below zero. */
double   us_repeats_excess  (gsize              n,
                             const float       *variance,
                             guint              n_runs);
/* RMS of x − the mean of R runs, without that. */
double   us_repeats_rms     (gsize              n,
                             const float       *x,
                             const float       *mean,
                             const float       *variance,
                             guint              n_runs);
/* The logarithm of the true spread of a normal value, unbiased, from its sample variance over R − 1, R > 1, of
 * which `least` squared is the least. */
double   us_repeats_log_spread (double          variance,
                             guint              n_runs,
                             double             least);

G_END_DECLS
