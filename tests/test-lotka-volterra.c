/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predator and prey: GSL's solution, what the orbit keeps, and its period. */
#include "config.h"

#include "equation-fixture.h"
#include "us-prior.h"

enum { ALPHA, BETA, GAMMA, DELTA, PREY, PREDATOR, P };

static const double hudson_bay[P] = { 0.55, 0.028, 0.80, 0.024, 34, 5.9 };

static const UsSimulator *
volterra (void)
{
  return fixture_simulator ("lotka-volterra");
}

static void
sample (guint   row,
        double *theta)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (volterra ());
  UsRng rng;

  us_rng_init (&rng, 41, US_RNG_PRIOR, row);
  g_assert_true (us_prior_sample (prior, &rng, theta));
}

static void
rates (double        t,
       const double *y,
       const double *theta,
       double       *dydt)
{
  dydt[0] = (theta[ALPHA] - theta[BETA] * y[1]) * y[0];
  dydt[1] = (theta[DELTA] * y[0] - theta[GAMMA]) * y[1];
}

/* Draws of the prior, each of the three outputs, relative to each population. */
static void
test_gsl (void)
{
  double times[41], y[82], worst = 0;
  float both[82], prey[41], predator[41];

  for (guint t = 0; t < 41; t++)
    times[t] = t / 2.0;
  for (guint row = 0; row < 100; row++)
    {
      double theta[P];

      sample (row, theta);
      fixture_solve (rates, theta, 2, theta + PREY, 41, times, y);
      fixture_run_at (volterra (), theta, 0, 41, times, both);
      fixture_run_at (volterra (), theta, 1, 41, times, prey);
      fixture_run_at (volterra (), theta, 2, 41, times, predator);
      for (guint t = 0; t < 41; t++)
        {
          /* GSL errs by 10⁻¹³ of a thousand; relative errors of a few animals in a billion thousand are its own. */
          for (guint i = 0; i < 2; i++)
            if (y[2 * t + i] > 1e-4)
              worst = MAX (worst, fabs (both[2 * t + i] / y[2 * t + i] - 1));
          g_assert_cmpfloat (both[2 * t], ==, prey[t]);
          g_assert_cmpfloat (both[2 * t + 1], ==, predator[t]);
        }
    }
  g_test_message ("within %.2g", worst);
  g_assert_cmpfloat (worst, <, 4e-7);
}

/* What the orbit keeps, over 1000 years, to the digits of a float. */
static void
test_conserved (void)
{
  double times[501];
  float x[1002];

  for (guint t = 0; t < 501; t++)
    times[t] = 2 * t;
  for (guint row = 0; row < 20; row++)
    {
      double theta[P], first = 0;

      sample (row, theta);
      fixture_run_at (volterra (), theta, 0, 501, times, x);
      for (guint t = 0; t < 501; t++)
        {
          const double u = theta[DELTA] * x[2 * t] / theta[GAMMA], v = theta[BETA] * x[2 * t + 1] / theta[ALPHA];
          const double kept = theta[GAMMA] * (u - log (u)) + theta[ALPHA] * (v - log (v));

          g_assert_cmpfloat (x[2 * t], >, 0);
          g_assert_cmpfloat (x[2 * t + 1], >, 0);
          if (t == 0)
            first = kept;
          g_assert_cmpfloat_with_epsilon (kept / first, 1, 2e-6);
        }
    }
}

/* After a period all is as it was, and not before; the means over it are those at rest; small cycles have the small period. */
static void
test_period (void)
{
  for (guint row = 0; row < 100; row++)
    {
      double theta[P], t, times[1001], mean[2] = { 0 };
      float x[2002];

      sample (row, theta);
      t = fixture_derived (volterra (), "period", theta);
      g_assert_cmpfloat (t, >, fixture_derived (volterra (), "small_period", theta));
      for (guint k = 0; k <= 1000; k++)
        times[k] = t * k / 1000;
      fixture_run_at (volterra (), theta, 0, 1001, times, x);
      for (guint k = 0; k < 1000; k++)
        {
          for (guint i = 0; i < 2; i++)
            mean[i] += x[2 * k + i] / 1000;
          g_assert_true (k < 10 || k > 990 || fabs (log (x[2 * k] / x[0])) + fabs (log (x[2 * k + 1] / x[1])) > 1e-4);
        }
      g_assert_cmpfloat_with_epsilon (x[2000] / theta[PREY], 1, 1e-5);
      g_assert_cmpfloat_with_epsilon (x[2001] / theta[PREDATOR], 1, 1e-5);
      /* equal steps around a cycle sum up as well as any; peaks of violent ones are narrow */
      g_assert_cmpfloat_with_epsilon (mean[0] / fixture_derived (volterra (), "prey_rest", theta), 1, 1e-4);
      g_assert_cmpfloat_with_epsilon (mean[1] / fixture_derived (volterra (), "predator_rest", theta), 1, 1e-4);

      theta[PREY] = theta[GAMMA] / theta[DELTA] * 1.001;
      theta[PREDATOR] = theta[ALPHA] / theta[BETA];
      g_assert_cmpfloat_with_epsilon (fixture_derived (volterra (), "period", theta)
                                      / (2 * G_PI / sqrt (theta[ALPHA] * theta[GAMMA])), 1, 1e-6);
      theta[PREY] = theta[GAMMA] / theta[DELTA];
      g_assert_cmpfloat_with_epsilon (fixture_derived (volterra (), "period", theta)
                                      / (2 * G_PI / sqrt (theta[ALPHA] * theta[GAMMA])), 1, 1e-12);
    }
  /* The lynx's ten years. */
  g_test_message ("Hudson Bay: %.2f years", fixture_derived (volterra (), "period", hudson_bay));
  g_assert_cmpfloat_with_epsilon (fixture_derived (volterra (), "period", hudson_bay), 10.3, 0.5);
}

/* Prey alone does not tell β from y₀, as the description says. */
static void
test_prey_alone (void)
{
  double theta[P], times[] = { 0, 1, 2, 5, 10, 20 };
  float x[6], y[6];

  memcpy (theta, hudson_bay, sizeof theta);
  fixture_run_at (volterra (), theta, 1, 6, times, x);
  theta[BETA] *= 2;
  theta[PREDATOR] /= 2;
  fixture_run_at (volterra (), theta, 1, 6, times, y);
  for (guint t = 0; t < 6; t++)
    g_assert_cmpfloat_with_epsilon (x[t] / y[t], 1, 1e-6);
}

/* The hardest corners end, one way or the other, in a time that can be waited for. */
static void
test_extremes (void)
{
  guint reached = 0;

  for (guint corner = 0; corner < 64; corner++)
    {
      const double end = 1000;
      double theta[P];
      float x[2];
      UsSimStatus status;
      UsRng rng;

      for (guint i = 0; i < P; i++)
        theta[i] = corner >> i & 1 ? volterra ()->parameters[i].upper : volterra ()->parameters[i].lower;
      us_rng_init (&rng, 1, US_RNG_TEST, 0);
      status = volterra ()->run_at (volterra (), theta, 0, 1, &end, &rng, x);
      g_assert_cmpint (status, !=, US_SIM_FAILED);
      reached += status == US_SIM_OK;
    }
  g_test_message ("%u of 64 corners reach 1000 years", reached);
  g_assert_cmpuint (reached, >, 16);
}

static void
test_priors (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (volterra ());
  double z[P];

  us_prior_to_latent (prior, hudson_bay, z);
  for (guint i = 0; i < P; i++)
    g_assert_cmpfloat (fabs (z[i]), <, 0.9);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/lotka-volterra/gsl", test_gsl);
  g_test_add_func ("/lotka-volterra/conserved", test_conserved);
  g_test_add_func ("/lotka-volterra/period", test_period);
  g_test_add_func ("/lotka-volterra/prey-alone", test_prey_alone);
  g_test_add_func ("/lotka-volterra/extremes", test_extremes);
  g_test_add_func ("/lotka-volterra/priors", test_priors);

  return g_test_run ();
}
