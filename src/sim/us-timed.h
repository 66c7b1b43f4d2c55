/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simulator.h"

G_BEGIN_DECLS

/* T points in time (or whatever the x of the series is). */

/**
 * A simulator whose series lie where somebody measured: a table made at run time of one that offers
 * `run_at`, of the same parameters, prior, symmetries and derived quantities.  Its first output is the chosen
 * one at the T times; the base's other series over the same axis follow at the same times (what nobody
 * measured).  The id is the base's, ":" and the output where that is not the base's first, and "@" with the times
 * where they are not the base's own grid:
 *
 *     growth-logistic@0,1,2.5      lotka-volterra:prey@0,1,2      lotka-volterra:prey
 *
 * Tables live as long as the program and are interned: the same id gives the same pointer, so that priors,
 * banks and models take them as they take those of the registry.  Any thread.
 */
#define US_TIMED_MAX_TIMES 4096

/* times (n) strictly increasing, finite, within what the model allows; NULL and 0: the base's own grid.  A
 * base that is itself of this kind stands for what it is made of.  Errors: US_FORMAT_ERROR_VALUE, TOO_LARGE,
 * SHAPE about the times, UNSUPPORTED where the base cannot. */
const UsSimulator *us_timed_new   (const UsSimulator  *base,
                                   gsize               output,
                                   const double       *times,
                                   gsize               n,
                                   GError            **error);
/* The same from what follows the base's id: "", "@0,1,2.5", ":prey", ":prey@0,1,2.5".  Errors also:
 * US_FORMAT_ERROR_SYNTAX, MISSING (no such output; names the known ones). */
const UsSimulator *us_timed_parse (const UsSimulator  *base,
                                   const char         *suffix,
                                   GError            **error);
/* How many characters of an id are the base's. */
gsize              us_timed_base_length (const char   *id);
/* What a table was made of and, if not NULL, which of the base's outputs its own are: (n_outputs), borrowed.
 * NULL: not one of this kind. */
const UsSimulator *us_timed_base  (const UsSimulator  *self,
                                   const gsize       **outputs);

G_END_DECLS
