/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A mass on a spring, damped and driven: oscillator.md. */
#include "config.h"

#include "us-kinetics.h"

extern const UsSimulator us_simulator_oscillator;

enum { F0, Q, DRIVE, F_DRIVE, X0, P };
enum { DISPLACEMENT, VELOCITY, RESONANCE };

#define T 161                   /* 0 to 20 s, eight a second */
#define LAST 20.0
#define F_POINTS 128
#define F_FIRST 0.05            /* Hz */
#define F_LAST 8.0

/* The steady swing at the driving frequency w: R cos (wt − φ) as R cos φ and R sin φ. */
static void
steady (const double *theta,
        double        w,        /* 1/s */
        double       *real,
        double       *imaginary)
{
  const double w0 = 2.0 * G_PI * theta[F0];
  const double stiff = w0 * w0 - w * w, damping = w0 * w / theta[Q];
  const double share = theta[DRIVE] / (stiff * stiff + damping * damping);

  *real = share * stiff;
  *imaginary = share * damping;
}

/* The free swing: its two solutions, even and odd, times their fading: e^(−gt) cos w₁t and e^(−gt) sin w₁t / w₁, or
 * what they become where it is damped too much to swing. */
static void
swing (double  w0,
       double  g,               /* w₀ / 2Q */
       double  t,
       double *even,
       double *odd)             /* s */
{
  const double square = (w0 - g) * (w0 + g), w1 = sqrt (fabs (square));

  if (square > 0.0)
    {
      *even = exp (-g * t) * cos (w1 * t);
      *odd = exp (-g * t) * (w1 * t < 1e-8 ? t : sin (w1 * t) / w1);
    }
  else
    {
      const double slow = exp (-w0 * w0 / (g + w1) * t);

      *even = 0.5 * (slow + exp (-(g + w1) * t));
      *odd = slow * us_kinetics_faded (2.0 * w1, t);
    }
}

static void
oscillator (const double *theta,
            guint         output,
            double        x,            /* s, or Hz */
            double       *value)
{
  const double w0 = 2.0 * G_PI * theta[F0], g = 0.5 * w0 / theta[Q];
  double real, imaginary;

  if (output == RESONANCE)
    {
      steady (theta, 2.0 * G_PI * x, &real, &imaginary);
      value[0] = hypot (real, imaginary);
      value[1] = atan2 (imaginary, real);
    }
  else
    {
      const double w = 2.0 * G_PI * theta[F_DRIVE], c = cos (w * x), s = sin (w * x);
      double even, odd, place, speed;

      /* from rest at x₀: what the steady swing does not have at time 0 swings freely */
      steady (theta, w, &real, &imaginary);
      swing (w0, g, x, &even, &odd);
      place = theta[X0] - real;
      speed = -w * imaginary;
      *value = output == DISPLACEMENT
               ? real * c + imaginary * s + place * even + (speed + g * place) * odd
               : w * (imaginary * c - real * s) + speed * even - (g * speed + w0 * w0 * place) * odd;
    }
}

US_CLOSED_FORM (oscillator, oscillator)

/* ---- what follows ---- */

static double
period (const UsSimulator *self,
        const double      *theta)
{
  return 1.0 / theta[F0];
}

/* Where the steady swing is largest; 0: the more slowly it is driven the larger. */
static double
resonance (const UsSimulator *self,
           const double      *theta)
{
  const double bend = 1.0 - 0.5 / (theta[Q] * theta[Q]);

  return bend > 0.0 ? theta[F0] * sqrt (bend) : 0.0;
}

static double
amplitude (const UsSimulator *self,
           const double      *theta)
{
  double real, imaginary;

  steady (theta, 2.0 * G_PI * theta[F_DRIVE], &real, &imaginary);
  return hypot (real, imaginary);
}

/* Half a turn at most: behind the drive. */
static double
lag (const UsSimulator *self,
     const double      *theta)
{
  double real, imaginary;

  steady (theta, 2.0 * G_PI * theta[F_DRIVE], &real, &imaginary);
  return atan2 (imaginary, real) * 180.0 / G_PI;
}

/* To 1/e of the amplitude, of a swing that is left alone. */
static double
fading (const UsSimulator *self,
        const double      *theta)
{
  return theta[Q] / (G_PI * theta[F0]);
}

/* ---- the table ---- */

#define PARAMETER(name_, label_, symbol_, unit_, lower_, upper_, kind_, a_, b_) \
  { \
    .name = name_, .label = label_, .symbol = symbol_, .unit = unit_, .lower = lower_, .upper = upper_, \
    .prior = { kind_, a_, b_, 0.0 }, \
    .source = "chosen: some turns in the observed time, from hardly a swing to a bell; oscillator.md" \
  }

static const UsParameter parameters[P] = {
  [F0] = PARAMETER ("f0", N_("Own frequency"), "f₀", "Hz", 0.01, 100.0, US_DISTRIBUTION_LOG_UNIFORM, 0.2, 2.0),
  [Q] = PARAMETER ("Q", N_("Quality factor"), "Q", "", 0.05, 1e4, US_DISTRIBUTION_LOG_UNIFORM, 0.4, 40.0),
  [DRIVE] = PARAMETER ("drive", N_("Drive"), "a", "m/s²", 0.0, 1e3, US_DISTRIBUTION_LOG_UNIFORM, 0.3, 10.0),
  [F_DRIVE] = PARAMETER ("f_drive", N_("Frequency of the drive"), "f", "Hz", 0.01, 100.0,
                         US_DISTRIBUTION_LOG_UNIFORM, 0.2, 2.0),
  [X0] = PARAMETER ("x0", N_("Displacement at first"), "x₀", "m", -100.0, 100.0, US_DISTRIBUTION_UNIFORM, -2.0, 2.0),
};

static const UsChannel response[] = {
  { .id = "amplitude", .label = N_("Amplitude"), .unit = "m", .lower = 0.0, .upper = 10.0 },
  { .id = "lag", .label = N_("Lag"), .unit = "rad", .lower = 0.0, .upper = G_PI },
};

#define MOTION(id_, label_, unit_, limit_) \
  { \
    .id = id_, .label = label_, .kind = US_OUTPUT_SERIES, .height = T, .width = 1, .channels = 1, \
    .x_label = N_("Time"), .x_unit = "s", .y_label = label_, .y_unit = unit_, .x_lower = 0.0, .x_upper = LAST, \
    .y_lower = -limit_, .y_upper = limit_, .lower = -limit_, .upper = limit_, .at_lower = 0.0, .at_upper = 1e4 \
  }

static const UsOutput outputs[] = {
  [DISPLACEMENT] = MOTION ("displacement", N_("Displacement"), "m", 5.0),
  [VELOCITY] = MOTION ("velocity", N_("Velocity"), "m/s", 20.0),
  [RESONANCE] = {
    .id = "resonance", .label = N_("Resonance"), .kind = US_OUTPUT_SERIES,
    .height = F_POINTS, .width = 1, .channels = G_N_ELEMENTS (response),
    .x_label = N_("Frequency of the drive"), .x_unit = "Hz", .y_label = N_("Amplitude, lag"), .y_unit = "m, rad",
    .x_lower = F_FIRST, .x_upper = F_LAST, .y_lower = 0.0, .y_upper = 10.0, .lower = 0.0, .upper = 10.0,
    .channel_info = response, .x_logarithmic = TRUE, .at_lower = 0.0, .at_upper = 1e6,
  },
};

static const UsDerived derived[] = {
  { "period", N_("Own period"), "T₀", "s", TRUE, period },
  { "f_resonance", N_("Resonance frequency"), "fᵣ", "Hz", FALSE, resonance },
  { "amplitude", N_("Steady amplitude"), "R", "m", TRUE, amplitude },
  { "lag", N_("Lag behind the drive"), "φ", "°", FALSE, lag },
  { "fading", N_("Fading time of free swings"), "τ", "s", TRUE, fading },
};

const UsSimulator us_simulator_oscillator = {
  .id = "oscillator",
  .version = 1,
  .title = N_("Driven oscillator"),
  .summary = N_("A mass on a spring, damped and driven: it swings in at its own frequency and goes on at that of the drive."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = oscillator_run,
  .run_at = oscillator_run_at,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
