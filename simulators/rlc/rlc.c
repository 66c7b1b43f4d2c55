/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resistor, inductor and capacitor in series; the voltage across the resistor: rlc.md. */
#include "config.h"

#include "us-simulator.h"

#include <glib/gi18n-lib.h>
#include <math.h>

extern const UsSimulator us_simulator_rlc;

/* T frequencies, evenly spaced in the logarithm from the first to the last. */
#define T 128
#define FIRST 50.0              /* Hz */
#define LAST 5e6                /* Hz */
#define RATIO 1.0948889651276872        /* (LAST / FIRST)^(1 / (T - 1)) */

#define R_MIN 0.3               /* Ω: less than 10 / 30, what the smallest √(L/C) and the largest Q need */
#define R_MAX 1e5
#define L_MIN 0.1               /* mH */
#define L_MAX 100.0
#define C_MIN 1.0               /* nF */
#define C_MAX 1000.0
#define Q_MIN 0.1
#define Q_MAX 30.0
#define HENRY 1e-3              /* of the parameter's unit, mH */
#define FARAD 1e-9              /* likewise, nF */

#define GAIN_MIN -110.0         /* dB: Q = 30, four decades from the resonance */

enum { R, L, C, P };

static double
resonance_hz (const UsSimulator *self,
              const double      *theta)
{
  return 1.0 / (2.0 * G_PI * sqrt (theta[L] * HENRY * (theta[C] * FARAD)));
}

static double
quality (const UsSimulator *self,
         const double      *theta)
{
  return sqrt (theta[L] * HENRY / (theta[C] * FARAD)) / theta[R];
}

/* H = 1 / (1 + jx), x = (ωL − 1/(ωC)) / R = Q (f/f0 − f0/f). */
static UsSimStatus
rlc_run (const UsSimulator *self,
         const double      *theta,
         guint              output,
         UsRng             *rng,
         float             *out)        /* (T, 2) gain, phase */
{
  const double q = quality (self, theta);
  double share = FIRST / resonance_hz (self, theta);    /* f / f0 */

  if (output != 0)
    return US_SIM_FAILED;

  for (gsize t = 0; t < T; t++)
    {
      const double x = q * (share - 1.0 / share);

      out[2 * t] = (float) (-10.0 * log10 (1.0 + x * x));
      out[2 * t + 1] = (float) -atan (x);
      share *= RATIO;
    }

  return US_SIM_OK;
}

static gboolean
rlc_accepts (const UsSimulator *self,
             const double      *theta)
{
  const double q = quality (self, theta);

  /* All members of a class have the same Q but for rounding. */
  return q >= Q_MIN * (1.0 - 1e-9) && q <= Q_MAX * (1.0 + 1e-9);
}

static double
log_uniform (UsRng *rng,
             double lower,
             double upper)
{
  return CLAMP (exp (us_rng_range (rng, log (lower), log (upper))), lower, upper);
}

/* R = √(L/C) / Q: what rejection from log-uniform R, L and C would accept, without rejecting. */
static void
rlc_draw (const UsSimulator *self,
          UsRng             *rng,
          double            *theta)
{
  theta[L] = log_uniform (rng, L_MIN, L_MAX);
  theta[C] = log_uniform (rng, C_MIN, C_MAX);
  theta[R] = sqrt (theta[L] * HENRY / (theta[C] * FARAD)) / log_uniform (rng, Q_MIN, Q_MAX);
  theta[R] = CLAMP (theta[R], R_MIN, R_MAX);
}

static double
rlc_log_density (const UsSimulator *self,
                 const double      *theta)
{
  return -log (theta[R] * theta[L] * theta[C]) - log (log (L_MAX / L_MIN)) - log (log (C_MAX / C_MIN))
         - log (log (Q_MAX / Q_MIN));
}

/* How a class runs: ln θ = ln θ₀ + direction · ln s. */
static const double direction[P] = { [R] = -1.0, [L] = -1.0, [C] = 1.0 };

/* The interval of ln s that keeps all three inside their bounds; 0 is in it. */
static void
scaling_interval (const UsSimulator *self,
                  const double      *theta,
                  double            *lower,
                  double            *upper)
{
  *lower = -INFINITY;
  *upper = INFINITY;
  for (gsize i = 0; i < P; i++)
    {
      const double down = log (self->parameters[i].lower / theta[i]);   /* ≤ 0 */
      const double up = log (self->parameters[i].upper / theta[i]);     /* ≥ 0 */

      *lower = MAX (*lower, direction[i] > 0.0 ? down : -up);
      *upper = MIN (*upper, direction[i] > 0.0 ? up : -down);
    }
  *lower = MIN (*lower, 0.0);
  *upper = MAX (*upper, 0.0);
}

static void
scale (const UsSimulator *self,
       const double      *theta,
       double             log_s,
       double            *scaled)
{
  const double s = exp (log_s);

  for (gsize i = 0; i < P; i++)
    {
      const double value = direction[i] > 0.0 ? theta[i] * s : theta[i] / s;

      scaled[i] = CLAMP (value, self->parameters[i].lower, self->parameters[i].upper);      /* rounding */
    }
}

/* The prior's density along a class, in ln s, is constant. */
static void
rlc_random_equivalent (const UsSimulator *self,
                       const double      *theta,
                       UsRng             *rng,
                       double            *equivalent)
{
  double lower, upper;

  scaling_interval (self, theta, &lower, &upper);
  scale (self, theta, us_rng_range (rng, lower, upper), equivalent);
}

/* Latents are affine in ln θ: the squared distance is a parabola in ln s. */
static void
rlc_closest_equivalent (const UsSimulator *self,
                        const double      *theta,
                        const double      *reference,
                        double            *closest)
{
  double slope = 0.0, curvature = 0.0, lower, upper;

  for (gsize i = 0; i < P; i++)
    {
      const UsDistribution *prior = &self->parameters[i].prior;
      const double per_log = 2.0 / log (prior->b / prior->a);   /* latent per ln θ */

      slope += per_log * per_log * direction[i] * log (reference[i] / theta[i]);
      curvature += per_log * per_log;
    }
  scaling_interval (self, theta, &lower, &upper);
  scale (self, theta, CLAMP (slope / curvature, lower, upper), closest);
}

#define COMPONENT(name_, label_, unit_, lower_, upper_) \
  { \
    .name = name_, .label = label_, .symbol = name_, .unit = unit_, \
    .lower = lower_, .upper = upper_, \
    .prior = { US_DISTRIBUTION_LOG_UNIFORM, lower_, upper_, 0.0 }, \
    .source = "chosen: resonances over three decades, Q from 0.1 to 30; rlc.md" \
  }

static const UsParameter parameters[P] = {
  [R] = COMPONENT ("R", N_("Resistance"), "Ω", R_MIN, R_MAX),
  [L] = COMPONENT ("L", N_("Inductance"), "mH", L_MIN, L_MAX),
  [C] = COMPONENT ("C", N_("Capacitance"), "nF", C_MIN, C_MAX),
};

static const UsChannel channels[] = {
  { .id = "gain", .label = N_("Gain"), .unit = "dB", .lower = GAIN_MIN, .upper = 0.0 },
  { .id = "phase", .label = N_("Phase"), .unit = "rad", .lower = -G_PI_2, .upper = G_PI_2 },
};

static const UsOutput outputs[] = {
  {
    .id = "bode", .label = N_("Bode plot"), .kind = US_OUTPUT_SERIES,
    .height = T, .width = 1, .channels = G_N_ELEMENTS (channels),
    .x_label = N_("Frequency"), .x_unit = "Hz", .y_label = N_("Gain, phase"), .y_unit = "dB, rad",
    .x_lower = FIRST, .x_upper = LAST, .y_lower = GAIN_MIN, .y_upper = G_PI_2,
    .lower = GAIN_MIN, .upper = G_PI_2,
    .channel_info = channels,
    .x_logarithmic = TRUE,
  },
};

static const UsDerived derived[] = {
  { "f0", N_("Resonance frequency"), "f₀", "Hz", TRUE, resonance_hz },
  { "Q", N_("Quality factor"), "Q", "", TRUE, quality },
};

const UsSimulator us_simulator_rlc = {
  .id = "rlc",
  .version = 1,
  .title = N_("RLC circuit"),
  .summary = N_("Gain and phase over frequency of a resistor, an inductor and a capacitor in series."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = rlc_run,
  .accepts = rlc_accepts,
  .constraint = N_("the quality factor √(L/C) / R lies between 0.1 and 30"),
  .draw = rlc_draw,
  .log_density = rlc_log_density,
  .random_equivalent = rlc_random_equivalent,
  .closest_equivalent = rlc_closest_equivalent,
  .symmetry = N_("R/s, L/s and C·s give the same curves for any s: only f₀ and Q can be told"),
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
