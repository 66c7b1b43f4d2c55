/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-network.h"

/* The slow obvious twin of UsRun: every layer in double, one loop each, taken
 * from the definitions and sharing no code with src/nn but the convolution's
 * own twin.  x: (B, H, W, C); y: (B, H', W', C').  state is updated in training mode. */
void us_reference_forward (const UsNetwork *network,
                           const double    *parameters,
                           double          *state,
                           UsRunMode        mode,
                           gsize            batch,
                           const double    *x,
                           double          *y);
