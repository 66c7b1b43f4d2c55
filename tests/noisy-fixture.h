/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A noisy simulator whose mean and spread are known in closed form: a parabola through the origin, its noise normal
 * and wider the further right, as the third parameter says. */
#pragma once

#include "us-simulator.h"

#include <math.h>

#define NOISY_POINTS 24

enum { NOISY_SLOPE, NOISY_BEND, NOISY_WIDTH, NOISY_N };

static inline double
noisy_x (gsize t)
{
  return (double) t / (NOISY_POINTS - 1);
}

static inline double
noisy_mean (const double *theta,
            gsize         t)
{
  double x = noisy_x (t);

  return theta[NOISY_SLOPE] * x + theta[NOISY_BEND] * x * x;
}

static inline double
noisy_sd (const double *theta,
          gsize         t)
{
  return theta[NOISY_WIDTH] * (0.25 + noisy_x (t));
}

static inline UsSimStatus
noisy_run (const UsSimulator *self,
           const double      *theta,
           guint              output,
           UsRng             *rng,
           float             *out)
{
  for (gsize t = 0; t < NOISY_POINTS; t++)
    out[t] = noisy_mean (theta, t) + noisy_sd (theta, t) * us_rng_normal (rng);
  return US_SIM_OK;
}

static const UsParameter noisy_parameters[] = {
  { .name = "slope", .label = "Slope", .symbol = "s", .unit = "", .lower = -3, .upper = 3,
    .prior = { US_DISTRIBUTION_UNIFORM, -2, 2, 0 }, .source = "chosen" },
  { .name = "bend", .label = "Bend", .symbol = "b", .unit = "", .lower = -3, .upper = 3,
    .prior = { US_DISTRIBUTION_UNIFORM, -2, 2, 0 }, .source = "chosen" },
  { .name = "width", .label = "Width", .symbol = "w", .unit = "", .lower = 0.01, .upper = 1,
    .prior = { US_DISTRIBUTION_LOG_UNIFORM, 0.1, 0.5, 0 }, .source = "chosen" },
};

static const UsOutput noisy_outputs[] = {
  { .id = "curve", .label = "Curve", .kind = US_OUTPUT_SERIES, .height = NOISY_POINTS, .width = 1, .channels = 1,
    .x_label = "x", .x_unit = "", .y_label = "y", .y_unit = "", .x_lower = 0, .x_upper = 1, .y_lower = -5, .y_upper = 5,
    .lower = -5, .upper = 5, .noisy = TRUE },
};

static const UsSimulator noisy_simulator = {
  .id = "noisy-fixture", .version = 1, .title = "Noisy parabola", .summary = "", .parameters = noisy_parameters,
  .n_parameters = NOISY_N, .outputs = noisy_outputs, .n_outputs = 1, .run = noisy_run,
};

/* The least variance that an unbiased answer can have: Cramér, Rao; of the width, of its logarithm. */
static inline void
noisy_bound (const double *theta,
             double       *variance)    /* (NOISY_N) */
{
  double a = 0, b = 0, c = 0;

  for (gsize t = 0; t < NOISY_POINTS; t++)
    {
      double x = noisy_x (t), u = x / noisy_sd (theta, t);

      a += u * u;
      b += u * u * x;
      c += u * u * x * x;
    }
  variance[NOISY_SLOPE] = c / (a * c - b * b);
  variance[NOISY_BEND] = a / (a * c - b * b);
  variance[NOISY_WIDTH] = 1 / (2.0 * NOISY_POINTS);
}

/* Nats a value of a draw at theta, in units: what no forecast beats. */
static inline double
noisy_entropy (const double *theta)
{
  double sum = 0;

  for (gsize t = 0; t < NOISY_POINTS; t++)
    sum += log (noisy_sd (theta, t));
  return sum / NOISY_POINTS + 0.5 * log (2 * G_PI) + 0.5;
}
