/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A crescent that lies in one of two places: sharp, curved, and twice. */
#include "config.h"

#include "standard-tasks.h"

#include <math.h>

#define RADIUS 0.1
#define SPREAD 0.01
#define OFFSET 0.25

/* A point of the crescent at θ = 0. */
static void
crescent (UsRng  *rng,
          double *p)            /* (2) */
{
  double angle = us_rng_range (rng, -G_PI_2, G_PI_2);
  double radius = RADIUS + SPREAD * us_rng_normal (rng);

  p[0] = radius * cos (angle) + OFFSET;
  p[1] = radius * sin (angle);
}

/* θ turned by -45°: x = p + (-|z₀|, z₁). */
static void
turn (const double *theta,
      double       *z)
{
  z[0] = (theta[0] + theta[1]) * G_SQRT2 / 2;
  z[1] = (theta[1] - theta[0]) * G_SQRT2 / 2;
}

static UsSimStatus
simulate (const UsSimulator *self,
          const double      *theta,
          guint              output,
          UsRng             *rng,
          float             *out)
{
  double p[2], z[2];

  crescent (rng, p);
  turn (theta, z);
  out[0] = (float) (p[0] - fabs (z[0]));
  out[1] = (float) (p[1] + z[1]);
  return US_SIM_OK;
}

#define COORDINATE(n) \
  { .name = "theta" #n, .label = "Coordinate " #n, .symbol = "theta" #n, .unit = "", .lower = -1, .upper = 1, \
    .prior = { US_DISTRIBUTION_UNIFORM, -1.0, 1.0, 0.0 }, .source = "sbi-benchmark" }

static const UsParameter parameters[] = { COORDINATE (1), COORDINATE (2) };

static const UsOutput outputs[] = {
  { .id = "data", .label = "Data", .kind = US_OUTPUT_SERIES, .height = 2, .width = 1, .channels = 1,
    .x_label = "Coordinate", .x_unit = "", .y_label = "Value", .y_unit = "", .x_lower = 1, .x_upper = 2,
    .y_lower = -2, .y_upper = 2, .lower = -2, .upper = 2 },
};

static const UsSimulator simulator = {
  .id = "two_moons", .version = 1, .title = "Two moons", .summary = "A crescent in one of two places.",
  .parameters = parameters, .n_parameters = 2, .outputs = outputs, .n_outputs = 1, .run = simulate,
};

/* The crescent's density f(r) / (π r) at x - (-|z₀|, z₁). */
static double
log_posterior (const float  *x,
               const double *theta)
{
  double z[2], u, v, radius;

  turn (theta, z);
  u = (double) x[0] + fabs (z[0]) - OFFSET;
  v = (double) x[1] - z[1];
  radius = hypot (u, v);
  if (!(u > 0))
    return -INFINITY;
  return standard_task_log_prior (&simulator, theta) - 0.5 * pow ((radius - RADIUS) / SPREAD, 2) - log (radius);
}

/* θ → p is a turn and a fold, which keep areas, and the prior is flat: p as it is drawn, unfolded to
 * either side, is the posterior; what lies outside the prior's square, or beyond the fold, is refused. */
static gboolean
reference (const float *x,
           gsize        count,
           guint64      seed,
           double      *theta,
           double      *clipped)
{
  UsRng rng;
  gsize done = 0;

  us_rng_init (&rng, seed, US_RNG_EVALUATE, 0);
  for (gsize tries = 0; done < count && tries < 1000 * (count + 1000); tries++)
    {
      double p[2], z[2], *to = theta + 2 * done;

      crescent (&rng, p);
      z[0] = p[0] - (double) x[0];
      z[1] = (double) x[1] - p[1];
      if (z[0] < 0)
        continue;
      if (us_rng_uniform (&rng) < 0.5)
        z[0] = -z[0];
      to[0] = (z[0] - z[1]) * G_SQRT2 / 2;
      to[1] = (z[0] + z[1]) * G_SQRT2 / 2;
      if (fabs (to[0]) <= 1 && fabs (to[1]) <= 1)
        done++;
    }
  *clipped = 0;
  return done == count;
}

static const float published[][2] = {
  { -0.6396706f, 0.16234657f }, { -0.5676688f, -0.33194834f }, { 0.0030109584f, -0.6457662f },
  { -0.25049388f, 0.633055f }, { -0.66463584f, -0.42604533f },
};

const StandardTask standard_task_two_moons = {
  .simulator = &simulator, .published = published[0], .n_published = G_N_ELEMENTS (published),
  .log_posterior = log_posterior, .reference = reference,
};
