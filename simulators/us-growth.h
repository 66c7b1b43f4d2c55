/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the family of growth curves shares, so that its members are candidates for the same data: start and
 * capacity, the two outputs and their grid. */
#pragma once

#include "us-closed-form.h"

#include <glib/gi18n-lib.h>

#define US_GROWTH_T 41          /* 0 to 20 h, two an hour */
#define US_GROWTH_LAST 20.0

/* Log-normal of a median and a spread of the logarithm, inside the bounds. */
#define US_GROWTH_PARAMETER(name_, label_, symbol_, unit_, lower_, upper_, log_median_, spread_) \
  { \
    .name = name_, .label = label_, .symbol = symbol_, .unit = unit_, .lower = lower_, .upper = upper_, \
    .prior = { US_DISTRIBUTION_LOG_NORMAL, log_median_, spread_, 0.0 }, \
    .source = "weakly informative, holds the yeast of Carlson (1913)" \
  }

/* medians of about 15 and 500: 95 % of N0 in 3 … 72, of K in 154 … 1620. */
#define US_GROWTH_START \
  US_GROWTH_PARAMETER ("N0", N_("Start"), "N₀", "", 0.01, 1e4, 2.7, 0.8)
#define US_GROWTH_CAPACITY \
  US_GROWTH_PARAMETER ("K", N_("Capacity"), "K", "", 1.0, 1e5, 6.2, 0.6)

enum { US_GROWTH_SIZE, US_GROWTH_RATE, US_GROWTH_N_OUTPUTS };

#define US_GROWTH_OUTPUT(id_, label_, unit_, lower_, upper_) \
  { \
    .id = id_, .label = label_, .kind = US_OUTPUT_SERIES, .height = US_GROWTH_T, .width = 1, .channels = 1, \
    .x_label = N_("Time"), .x_unit = "h", .y_label = label_, .y_unit = unit_, \
    .x_lower = 0.0, .x_upper = US_GROWTH_LAST, .y_lower = lower_, .y_upper = upper_, \
    .lower = lower_, .upper = upper_, .at_lower = 0.0, .at_upper = 1e4 \
  }

#define US_GROWTH_OUTPUTS \
  { \
    US_GROWTH_OUTPUT ("size", N_("Size"), "", 0.0, 1000.0), \
    US_GROWTH_OUTPUT ("rate", N_("Growth rate"), "1/h", -50.0, 150.0), \
  }
