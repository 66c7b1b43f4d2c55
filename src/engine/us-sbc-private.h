/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-sbc.h"

G_BEGIN_DECLS

#define US_SBC_PLACES 100       /* at which distribution functions are compared */

/* From its rank (M): bins, distribution function, coverage, tests and a verdict whose chance to be false is at most
 * alpha.  column: the parameter, or P of the densities (which sets how verdict is read). */
void us_sbc_ranks_measure (UsSbcRanks  *self,
                           const UsSbc *sbc,
                           gsize        column,
                           double       alpha);
void us_sbc_ranks_clear   (UsSbcRanks  *self);

G_END_DECLS
