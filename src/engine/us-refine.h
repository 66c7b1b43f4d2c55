/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-prior.h"

G_BEGIN_DECLS

/**
 * us_refine_refusal:
 *
 * The nearest single run of a noisy simulator is near by its noise, not by its parameters: there is nothing
 * to be gained from a search for it.
 *
 * Returns: NULL, or a translated sentence that says why answers on this output are not refined
 */
const char *us_refine_refusal (const UsPrior *prior,
                               guint          output);

/* P parameters, N values of the output. */

/**
 * us_refine:
 * @prior: says the simulator too; answers stay inside of it
 * @output: which output x is
 * @x: (N) what is to be met, in the simulator's units
 * @z: (P) latents: where to begin; the refined ones
 * @runs: (out) (optional): of the simulator that it took
 *
 * A hybrid run: the encoder's answer is the start, and the simulator itself, not its emulator, has the
 * last word.  Least squares by Levenberg and Marquardt (GSL) with differences of whole simulator runs for
 * derivatives; of pictures first over blocks of 4 × 4 and 2 × 2 pixels, where shapes that do not overlap yet
 * still feel each other.  It begins from each kind where parameters are classes, and from each sixth of a turn of
 * angles; whole numbers and fixed parameters stay as they are.  Never worse than the start: what does not come nearer to x is not taken.  For outputs that are not noisy (us_refine_refusal()).  Any thread; allocates.
 *
 * Returns: the RMS of S(θ(z)) − x; NaN: the simulator does not run on the start
 */
double us_refine (const UsPrior *prior,
                  guint          output,
                  const float   *x,
                  double        *z,
                  guint         *runs);

G_END_DECLS
