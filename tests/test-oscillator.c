/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The driven oscillator: GSL's solution through all dampings, its resonance, its energy. */
#include "config.h"

#include "equation-fixture.h"
#include "us-prior.h"

enum { F0, Q, DRIVE, F_DRIVE, X0, P };

static const UsSimulator *
oscillator (void)
{
  return fixture_simulator ("oscillator");
}

static void
sample (guint   row,
        double *theta)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (oscillator ());
  UsRng rng;

  us_rng_init (&rng, 51, US_RNG_PRIOR, row);
  g_assert_true (us_prior_sample (prior, &rng, theta));
}

static void
rates (double        t,
       const double *y,
       const double *theta,
       double       *dydt)
{
  const double w0 = 2 * G_PI * theta[F0];

  dydt[0] = y[1];
  dydt[1] = theta[DRIVE] * cos (2 * G_PI * theta[F_DRIVE] * t) - w0 / theta[Q] * y[1] - w0 * w0 * y[0];
}

/* Draws of the prior, then the border between swinging and creeping, from both sides and on it. */
static void
test_gsl (void)
{
  static const double qualities[] = { 0.05, 0.3, 0.49999, 0.4999999999, 0.5, 0.5000000001, 0.50001, 0.7, 100 };
  double times[161], y[322], worst = 0;
  float x[161], v[161];

  for (guint t = 0; t < 161; t++)
    times[t] = t / 8.0;
  for (guint row = 0; row < 200; row++)
    {
      double theta[P], start[2] = { 0 }, scale[2] = { 0 };

      sample (row, theta);
      if (row < 90)
        theta[Q] = qualities[row % 9];
      start[0] = theta[X0];
      fixture_solve (rates, theta, 2, start, 161, times, y);
      fixture_run_at (oscillator (), theta, 0, 161, times, x);
      fixture_run_at (oscillator (), theta, 1, 161, times, v);
      for (guint t = 0; t < 161; t++)
        for (guint i = 0; i < 2; i++)
          scale[i] = MAX (scale[i], fabs (y[2 * t + i]));
      for (guint t = 0; t < 161; t++)
        {
          worst = MAX (worst, fabs (x[t] - y[2 * t]) / scale[0]);
          worst = MAX (worst, fabs (v[t] - y[2 * t + 1]) / scale[1]);
        }
    }
  g_test_message ("within %.2g of the largest", worst);
  g_assert_cmpfloat (worst, <, 1e-7);
}

/* Left alone it loses energy at every moment, and as fast as its fading says. */
static void
test_energy (void)
{
  for (guint row = 0; row < 100; row++)
    {
      double theta[P], times[161], first = 0, last = INFINITY, w0;
      float x[161], v[161];

      sample (row, theta);
      theta[DRIVE] = 0;
      theta[X0] = 1;
      w0 = 2 * G_PI * theta[F0];
      for (guint t = 0; t < 161; t++)
        times[t] = t / 8.0;
      fixture_run_at (oscillator (), theta, 0, 161, times, x);
      fixture_run_at (oscillator (), theta, 1, 161, times, v);
      for (guint t = 0; t < 161; t++)
        {
          const double energy = 0.5 * (v[t] * v[t] + w0 * w0 * x[t] * x[t]);

          g_assert_cmpfloat (energy, <=, last + 1e-6 * first);
          if (t == 0)
            first = energy;
          last = energy;
        }
      if (theta[Q] > 5)
        {
          const double expected = exp (-2 * 20 / fixture_derived (oscillator (), "fading", theta));

          /* it is not lost evenly in a turn: a share 1/Q of it */
          g_assert_cmpfloat (fabs (log (last / first / expected)), <, 1 / theta[Q] + 1e-3);
        }
    }
}

/* When all has swung in: amplitude, lag and response are one; where the response is largest is the resonance. */
static void
test_resonance (void)
{
  for (guint row = 0; row < 200; row++)
    {
      double theta[P], amplitude, lag, f, times[64], real = 0, imaginary = 0, around[3];
      float x[64], response[6];

      sample (row, theta);
      f = theta[F_DRIVE];
      amplitude = fixture_derived (oscillator (), "amplitude", theta);
      lag = fixture_derived (oscillator (), "lag", theta) * G_PI / 180;
      fixture_run_at (oscillator (), theta, 2, 1, &f, response);
      g_assert_cmpfloat_with_epsilon (response[0] / amplitude, 1, 1e-6);
      g_assert_cmpfloat_with_epsilon (response[1], lag, 1e-6);
      g_assert_true (lag >= 0 && lag <= G_PI);

      /* one turn of the drive, 64 points, by its first harmonic */
      for (guint t = 0; t < 64; t++)
        times[t] = (ceil (40 * fixture_derived (oscillator (), "fading", theta) * f + 10) + t / 64.0) / f;
      if (times[63] < 1e4)
        {
          fixture_run_at (oscillator (), theta, 0, 64, times, x);
          for (guint t = 0; t < 64; t++)
            {
              real += x[t] * cos (2 * G_PI * f * times[t]) / 32;
              imaginary += x[t] * sin (2 * G_PI * f * times[t]) / 32;
            }
          g_assert_cmpfloat_with_epsilon (hypot (real, imaginary) / amplitude, 1, 1e-5);
          g_assert_cmpfloat_with_epsilon (atan2 (imaginary, real), lag, 1e-5);
        }

      f = fixture_derived (oscillator (), "f_resonance", theta);
      around[0] = 0.99 * f;
      around[1] = f;
      around[2] = f > 0 ? 1.01 * f : 0.01;
      fixture_run_at (oscillator (), theta, 2, 3, around, response);
      g_assert_true (response[2] >= response[0] && response[2] >= response[4]);
      g_assert_true ((f > 0) == (theta[Q] > G_SQRT2 / 2));

      /* at its own frequency a quarter of a turn behind */
      theta[F_DRIVE] = theta[F0];
      g_assert_cmpfloat_with_epsilon (fixture_derived (oscillator (), "lag", theta), 90, 1e-9);
      g_assert_cmpfloat_with_epsilon (fixture_derived (oscillator (), "amplitude", theta)
                                      / (theta[Q] * theta[DRIVE] / (4 * G_PI * G_PI * theta[F0] * theta[F0])), 1, 1e-12);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/oscillator/gsl", test_gsl);
  g_test_add_func ("/oscillator/energy", test_energy);
  g_test_add_func ("/oscillator/resonance", test_resonance);

  return g_test_run ();
}
