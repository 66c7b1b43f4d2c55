/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What first-order kinetics share: exponentials that keep their digits, and the tables of the simulators with doses. */
#pragma once

#include "us-closed-form.h"

#include <glib/gi18n-lib.h>

/* ∫₀ᵗ e^(−ks) ds, also for k near 0 and below it. */
static inline double
us_kinetics_faded (double k,
                   double t)
{
  const double x = k * t;

  return fabs (x) < 1e-8 ? t * (1.0 - 0.5 * x) : -expm1 (-x) / k;
}

/* ∫₀ᵗ e^(−a(t−s)) e^(−bs) ds = (e^(−bt) − e^(−at)) / (a − b), also for a near b: what a second stage of the rate a
 * holds of what leaves a first one of the rate b. */
static inline double
us_kinetics_passed (double a,
                    double b,
                    double t)
{
  return a > b ? exp (-b * t) * us_kinetics_faded (a - b, t) : exp (-a * t) * us_kinetics_faded (b - a, t);
}

/* Two compartments: rates of leaving the first for good, for the second, and of coming back → the exponents α > β of
 * what is in the first after a bolus and the share of the α part there. */
typedef struct
{
  double k10, k12, k21;         /* 1/h */
  double alpha, beta;           /* 1/h */
  double fast;                  /* (α − k21) / (α − β): 0 … 1 */
} UsTwoCompartments;

static inline UsTwoCompartments
us_two_compartments (double clearance,
                     double v1,
                     double q,
                     double v2)
{
  UsTwoCompartments two = { .k10 = clearance / v1, .k12 = q / v1, .k21 = q / v2 };
  const double uneven = two.k10 + two.k12 - two.k21;
  /* α − β as a sum of squares; α − k21 and k21 − β have the product k12 k21, so neither is ever a small difference */
  const double apart = hypot (uneven, 2.0 * sqrt (two.k12 * two.k21));
  const double above = uneven > 0.0 ? 0.5 * (uneven + apart) : 2.0 * two.k12 * two.k21 / (apart - uneven);

  two.alpha = two.k21 + above;
  two.beta = two.k10 * two.k21 / two.alpha;
  two.fast = above / apart;
  return two;
}

/* Log-normal of a median and a spread of the logarithm, inside the bounds. */
#define US_KINETICS_PARAMETER(name_, label_, symbol_, unit_, lower_, upper_, log_median_, spread_, source_) \
  { \
    .name = name_, .label = label_, .symbol = symbol_, .unit = unit_, .lower = lower_, .upper = upper_, \
    .prior = { US_DISTRIBUTION_LOG_NORMAL, log_median_, spread_, 0.0 }, .source = source_ \
  }

/* Known, not inferred: fixed unless somebody says otherwise. */
#define US_KINETICS_DOSE(unit_, value_, source_) \
  { \
    .name = "dose", .label = N_("Dose"), .symbol = "D", .unit = unit_, .lower = 1e-3, .upper = 1e4, \
    .prior = { US_DISTRIBUTION_FIXED, value_, 0.0, 0.0 }, .source = source_ \
  }

/* A series from 0 on; what is measured has no channel_info. */
#define US_KINETICS_OUTPUT(id_, label_, unit_, points_, last_, upper_, channels_, info_) \
  { \
    .id = id_, .label = label_, .kind = US_OUTPUT_SERIES, .height = points_, .width = 1, .channels = channels_, \
    .x_label = N_("Time"), .x_unit = "h", .y_label = label_, .y_unit = unit_, .x_lower = 0.0, .x_upper = last_, \
    .y_lower = 0.0, .y_upper = upper_, .lower = 0.0, .upper = upper_, .channel_info = info_, \
    .at_lower = 0.0, .at_upper = 1e4 \
  }

#define US_KINETICS_CHANNEL(id_, label_, unit_, upper_) \
  { .id = id_, .label = label_, .unit = unit_, .lower = 0.0, .upper = upper_ }
