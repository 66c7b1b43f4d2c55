/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predator and prey: lotka-volterra.md. */
#include "config.h"

#include "us-ode.h"
#include "us-simulator.h"

#include <float.h>
#include <glib/gi18n-lib.h>
#include <math.h>

extern const UsSimulator us_simulator_lotka_volterra;

enum { ALPHA, BETA, GAMMA, DELTA, PREY, PREDATOR, P };
enum { BOTH, ONLY_PREY, ONLY_PREDATOR, N_OUTPUTS };

#define T 41                    /* 0 to 20 years, two a year */
#define LAST 20.0
#define TOLERANCE 1e-9          /* of a step, in logarithms: relative, of the animals */
#define TURNS 512               /* points of the orbit, for its period */

/* Of the logarithms, which never leave what is possible. */
static void
rates (double        t,
       const double *y,         /* ln prey, ln predator */
       const void   *data,
       double       *dydt)
{
  const double *theta = data;

  dydt[0] = theta[ALPHA] - theta[BETA] * exp (y[1]);
  dydt[1] = theta[DELTA] * exp (y[0]) - theta[GAMMA];
}

static gboolean
store (const double *y,         /* (2) logarithms */
       guint         output,
       float        *out)       /* (C) */
{
  const double prey = exp (y[0]), predator = exp (y[1]);

  if (!(prey <= FLT_MAX && predator <= FLT_MAX))
    return FALSE;
  if (output != ONLY_PREDATOR)
    *out++ = (float) prey;
  if (output != ONLY_PREY)
    *out = (float) predator;
  return TRUE;
}

static void
begin (UsOde        *ode,
       const double *theta)
{
  const double start[] = { log (theta[PREY]), log (theta[PREDATOR]) };
  const double absolute[] = { TOLERANCE, TOLERANCE };

  us_ode_init (ode, rates, theta, 2, 0.0, start, DBL_EPSILON, absolute);
}

static UsSimStatus
volterra_run_at (const UsSimulator *self,
                 const double      *theta,
                 guint              output,
                 gsize              n_times,
                 const double      *times,
                 UsRng             *rng,
                 float             *out)        /* (n_times, C) */
{
  const UsOutput *of;
  UsOde ode;

  if (output >= N_OUTPUTS)
    return US_SIM_FAILED;
  of = &self->outputs[output];
  begin (&ode, theta);
  for (gsize t = 0; t < n_times; t++)
    {
      double y[2];

      if (!(times[t] >= of->at_lower && times[t] <= of->at_upper))
        return US_SIM_FAILED;
      if (us_ode_at (&ode, times[t], y) != US_SIM_OK || !store (y, output, out + t * of->channels))
        return US_SIM_RETRY;
    }
  return US_SIM_OK;
}

static UsSimStatus
volterra_run (const UsSimulator *self,
              const double      *theta,
              guint              output,
              UsRng             *rng,
              float             *out)           /* (T, C) */
{
  double times[T];

  if (output >= N_OUTPUTS)
    return US_SIM_FAILED;
  for (gsize t = 0; t < T; t++)
    times[t] = us_output_x (&self->outputs[output], t);
  return volterra_run_at (self, theta, output, T, times, rng, out);
}

/* ---- what follows ---- */

static double
prey_at_rest (const UsSimulator *self,
              const double      *theta)
{
  return theta[GAMMA] / theta[DELTA];
}

static double
predator_at_rest (const UsSimulator *self,
                  const double      *theta)
{
  return theta[ALPHA] / theta[BETA];
}

static double
small_period (const UsSimulator *self,
              const double      *theta)
{
  return 2.0 * G_PI / sqrt (theta[ALPHA] * theta[GAMMA]);
}

/* e^x − x − 1: how far from rest, in units of a rate. */
static double
excess (double x)
{
  return expm1 (x) - x;
}

/* How far from rest the orbit is in the direction (c, s) of ln prey and ln predator: γ e(ρc) + α e(ρs) is what the
 * orbit keeps.  Convex in ρ and nothing at 0, so that Newton's method comes down on it from beyond. */
static double
orbit_radius (double alpha,
              double gamma,
              double level,
              double c,
              double s)
{
  double low = 0.0, high = 1.0;

  while (gamma * excess (high * c) + alpha * excess (high * s) < level)
    {
      low = high;
      high *= 2.0;
    }
  for (guint k = 0; k < 100; k++)
    {
      const double off = gamma * excess (high * c) + alpha * excess (high * s) - level;
      const double slope = gamma * c * expm1 (high * c) + alpha * s * expm1 (high * s);
      const double next = high - off / slope;

      if (!(next > low && next < high))
        break;
      high = next;
    }
  return high;
}

/* Once around: the angle around the point of rest, in logarithms, as the variable, where the sum over equal angles
 * converges faster than any power. */
static double
period (const UsSimulator *self,
        const double      *theta)
{
  const double alpha = theta[ALPHA], gamma = theta[GAMMA];
  const double level = gamma * excess (log (theta[PREY] * theta[DELTA] / gamma))
                       + alpha * excess (log (theta[PREDATOR] * theta[BETA] / alpha));
  double sum = 0.0;

  if (!(level > 1e-12 * (alpha + gamma)))
    return small_period (self, theta);
  for (guint k = 0; k < TURNS; k++)
    {
      const double c = cos (2.0 * G_PI * k / TURNS), s = sin (2.0 * G_PI * k / TURNS);
      const double radius = orbit_radius (alpha, gamma, level, c, s);

      sum += radius / (gamma * c * expm1 (radius * c) + alpha * s * expm1 (radius * s));
    }
  return 2.0 * G_PI * sum / TURNS;
}

/* ---- the table ---- */

/* Log-normal of a median and a spread of the logarithm, inside the bounds. */
#define PARAMETER(name_, label_, symbol_, unit_, lower_, upper_, log_median_, spread_) \
  { \
    .name = name_, .label = label_, .symbol = symbol_, .unit = unit_, .lower = lower_, .upper = upper_, \
    .prior = { US_DISTRIBUTION_LOG_NORMAL, log_median_, spread_, 0.0 }, \
    .source = "weakly informative, holds lynx and hare of the Hudson Bay (Howard 2009, Carpenter 2018)" \
  }

static const UsParameter parameters[P] = {
  /* medians of about 0.7 and 0.7 a year, 0.03 a thousand and year, 20 and 10 thousand */
  [ALPHA] = PARAMETER ("alpha", N_("Growth of the prey"), "α", "1/yr", 0.01, 10.0, -0.36, 0.4),
  [BETA] = PARAMETER ("beta", N_("Prey taken by each predator"), "β", "1/yr", 1e-5, 1.0, -3.5, 0.5),
  [GAMMA] = PARAMETER ("gamma", N_("Loss of predators"), "γ", "1/yr", 0.01, 10.0, -0.36, 0.4),
  [DELTA] = PARAMETER ("delta", N_("Growth of predators by each prey"), "δ", "1/yr", 1e-5, 1.0, -3.5, 0.5),
  [PREY] = PARAMETER ("prey0", N_("Prey at first"), "x₀", "10³", 0.01, 1e4, 3.0, 0.7),
  [PREDATOR] = PARAMETER ("predator0", N_("Predators at first"), "y₀", "10³", 0.01, 1e4, 2.3, 0.7),
};

#define UPPER 250.0             /* thousands, for display */

static const UsChannel channels[] = {
  { .id = "prey", .label = N_("Prey"), .unit = "10³", .lower = 0.0, .upper = UPPER },
  { .id = "predator", .label = N_("Predators"), .unit = "10³", .lower = 0.0, .upper = UPPER },
};

#define OUTPUT(id_, label_, channels_, info_) \
  { \
    .id = id_, .label = label_, .kind = US_OUTPUT_SERIES, .height = T, .width = 1, .channels = channels_, \
    .x_label = N_("Time"), .x_unit = "yr", .y_label = label_, .y_unit = "10³", .x_lower = 0.0, .x_upper = LAST, \
    .y_lower = 0.0, .y_upper = UPPER, .lower = 0.0, .upper = UPPER, .channel_info = info_, \
    .at_lower = 0.0, .at_upper = 1000.0 \
  }

static const UsOutput outputs[N_OUTPUTS] = {
  [BOTH] = OUTPUT ("populations", N_("Populations"), G_N_ELEMENTS (channels), channels),
  [ONLY_PREY] = OUTPUT ("prey", N_("Prey"), 1, NULL),
  [ONLY_PREDATOR] = OUTPUT ("predator", N_("Predators"), 1, NULL),
};

static const UsDerived derived[] = {
  { "prey_rest", N_("Prey, mean over a cycle"), "x̄", "10³", TRUE, prey_at_rest },
  { "predator_rest", N_("Predators, mean over a cycle"), "ȳ", "10³", TRUE, predator_at_rest },
  { "period", N_("Period"), "T", "yr", TRUE, period },
  { "small_period", N_("Period of small cycles"), "T₀", "yr", TRUE, small_period },
};

const UsSimulator us_simulator_lotka_volterra = {
  .id = "lotka-volterra",
  .version = 1,
  .title = N_("Predator and prey"),
  .summary = N_("Two populations, of which one lives on the other: cycles without an end (Lotka, Volterra)."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = N_OUTPUTS,
  .run = volterra_run,
  .run_at = volterra_run_at,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
