/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ten means, each seen once through noise as wide as its prior. */
#include "config.h"

#include "standard-tasks.h"

#include <math.h>

#define DIMS     10
#define VARIANCE 0.1            /* of the prior and of the noise alike */

static UsSimStatus
simulate (const UsSimulator *self,
          const double      *theta,
          guint              output,
          UsRng             *rng,
          float             *out)
{
  for (gsize d = 0; d < DIMS; d++)
    out[d] = (float) (theta[d] + sqrt (VARIANCE) * us_rng_normal (rng));
  return US_SIM_OK;
}

/* Eight standard deviations hold all but 1e-15 of the prior. */
#define MEAN(n) \
  { .name = "theta" #n, .label = "Mean " #n, .symbol = "theta" #n, .unit = "", .lower = -2.53, .upper = 2.53, \
    .prior = { US_DISTRIBUTION_NORMAL, 0.0, 0.31622776601683794, 0.0 }, .source = "sbi-benchmark" }

static const UsParameter parameters[DIMS] = {
  MEAN (1), MEAN (2), MEAN (3), MEAN (4), MEAN (5), MEAN (6), MEAN (7), MEAN (8), MEAN (9), MEAN (10),
};

static const UsOutput outputs[] = {
  { .id = "data", .label = "Data", .kind = US_OUTPUT_SERIES, .height = DIMS, .width = 1, .channels = 1,
    .x_label = "Dimension", .x_unit = "", .y_label = "Value", .y_unit = "", .x_lower = 1, .x_upper = DIMS,
    .y_lower = -4, .y_upper = 4, .lower = -4, .upper = 4 },
};

static const UsSimulator simulator = {
  .id = "gaussian_linear", .version = 1, .title = "Gaussian linear", .summary = "Ten means seen through noise.",
  .parameters = parameters, .n_parameters = DIMS, .outputs = outputs, .n_outputs = 1, .run = simulate,
};

static double
log_posterior (const float  *x,
               const double *theta)
{
  double total = standard_task_log_prior (&simulator, theta);

  for (gsize d = 0; d < DIMS; d++)
    total -= 0.5 * pow ((double) x[d] - theta[d], 2) / VARIANCE;
  return total;
}

/* Prior and noise weigh the same: N(x / 2, variance / 2). */
static gboolean
reference (const float *x,
           gsize        count,
           guint64      seed,
           double      *theta,
           double      *clipped)
{
  for (gsize i = 0; i < count; i++)
    {
      UsRng rng;

      us_rng_init (&rng, seed, US_RNG_EVALUATE, i);
      for (gsize d = 0; d < DIMS; d++)
        theta[i * DIMS + d] = 0.5 * (double) x[d] + sqrt (0.5 * VARIANCE) * us_rng_normal (&rng);
    }
  *clipped = 0;
  return TRUE;
}

static const float published[][DIMS] = {
  { 1.0471346f, 0.5566712f, -0.23618454f, 0.027879834f, -1.0051446f,
    -0.007930746f, 0.06117077f, -0.29286885f, -0.38539964f, 0.2449614f },
  { -0.106687605f, -0.8015651f, -0.07332335f, 0.4009537f, 0.62297356f,
    -0.18687348f, 0.7087778f, 0.1921165f, 0.6718195f, 0.097826496f },
  { 0.46684834f, -1.0391812f, -0.4221986f, -0.043471217f, 0.06795333f,
    0.44685173f, 0.034785576f, -0.48691356f, -0.14388148f, -0.60066223f },
  { 0.26986307f, -0.8764679f, -0.80710757f, -0.62243676f, -0.29644397f,
    0.18969943f, -1.2106322f, 0.080149904f, -0.05710575f, -0.6485255f },
  { 0.086261556f, 0.23511642f, -0.12244874f, -0.23736775f, -0.14382003f,
    -0.59807384f, 0.5410164f, 0.35587752f, 0.45564276f, 0.33464402f },
};

const StandardTask standard_task_gaussian_linear = {
  .simulator = &simulator, .published = published[0], .n_published = G_N_ELEMENTS (published),
  .log_posterior = log_posterior, .reference = reference,
};
