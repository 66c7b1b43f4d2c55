/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The family of growth curves: their equations by our stepper and by differences, the limits that join them, and
 * what is derived of them. */
#include "config.h"

#include "simulator-fixture.h"
#include "us-ode.h"
#include "us-prior.h"

#include <math.h>

/* The differential equation of a member, in its own parameters. */
typedef double (*Rate) (const double *theta,
                        double        n);

static double
exponential (const double *theta,
             double        n)
{
  return theta[1] * n;
}

static double
logistic (const double *theta,
          double        n)
{
  return theta[1] * n * (1 - n / theta[2]);
}

static double
gompertz (const double *theta,
          double        n)
{
  return theta[1] * n * log (theta[2] / n);
}

static double
richards (const double *theta,
          double        n)
{
  return theta[1] * n * (1 - pow (n / theta[2], theta[3]));
}

/* a N^(2/3) − b N with b = 3 r and a = b K^(1/3). */
static double
bertalanffy (const double *theta,
             double        n)
{
  return 3 * theta[1] * (cbrt (theta[2]) * pow (n, 2.0 / 3.0) - n);
}

static const struct
{
  const char *id;
  Rate        rate;
} members[] = {
  { "growth-exponential", exponential },
  { "growth-logistic", logistic },
  { "growth-gompertz", gompertz },
  { "growth-richards", richards },
  { "growth-bertalanffy", bertalanffy },
};

typedef struct
{
  Rate          rate;
  const double *theta;
} Equation;

static void
rates (double        t,
       const double *y,
       const void   *data,
       double       *dydt)
{
  const Equation *equation = data;

  dydt[0] = equation->rate (equation->theta, y[0]);
}

static void
run_at (const UsSimulator *simulator,
        const double      *theta,
        guint              output,
        gsize              n,
        const double      *times,
        float             *x)
{
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  g_assert_cmpint (simulator->run_at (simulator, theta, output, n, times, &rng, x), ==, US_SIM_OK);
}

static double
derived (const UsSimulator *simulator,
         const char        *name,
         const double      *theta)
{
  for (gsize d = 0; d < simulator->n_derived; d++)
    if (g_str_equal (simulator->derived[d].name, name))
      return simulator->derived[d].value (simulator, theta);
  g_assert_not_reached ();
}

/* Draws of the prior against the integrated equation: both outputs, in single precision. */
static void
test_equations (void)
{
  for (gsize m = 0; m < G_N_ELEMENTS (members); m++)
    {
      const UsSimulator *simulator = fixture_simulator (members[m].id);
      g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
      double worst = 0;

      for (guint row = 0; row < 200; row++)
        {
          double theta[US_MAX_PARAMETERS], y;
          const Equation equation = { members[m].rate, theta };
          float size[41], rate[41];
          UsRng rng;
          UsOde ode;

          us_rng_init (&rng, 21, US_RNG_PRIOR, row);
          g_assert_true (us_prior_sample (prior, &rng, theta));
          g_assert_cmpint (simulator->run (simulator, theta, 0, &rng, size), ==, US_SIM_OK);
          g_assert_cmpint (simulator->run (simulator, theta, 1, &rng, rate), ==, US_SIM_OK);
          us_ode_init (&ode, rates, &equation, 1, 0, theta, 1e-11, (double[]) { 1e-12 });
          for (guint t = 0; t < 41; t++)
            {
              double slope;

              g_assert_cmpint (us_ode_at (&ode, t / 2.0, &y), ==, US_SIM_OK);
              rates (t / 2.0, &y, &equation, &slope);
              worst = MAX (worst, fabs (size[t] / y - 1));
              g_assert_cmpfloat_with_epsilon (rate[t], slope, 1e-6 * (fabs (slope) + theta[1] * y));
            }
        }
      g_test_message ("%s: within %.2g", members[m].id, worst);
      g_assert_cmpfloat (worst, <, 3e-7);
    }
}

/* All start at N₀; those with a capacity end there, from below and from above, and never pass it. */
static void
test_ends (void)
{
  const double times[] = { 0, 1, 10, 1e4 };

  for (gsize m = 1; m < G_N_ELEMENTS (members); m++)
    {
      const double low[] = { 9.6, 0.55, 663, 1.7 }, high[] = { 1000, 0.55, 663, 1.7 };
      float x[4], y[4];

      run_at (fixture_simulator (members[m].id), low, 0, 4, times, x);
      run_at (fixture_simulator (members[m].id), high, 0, 4, times, y);
      g_assert_cmpfloat_with_epsilon (x[0], 9.6, 1e-6);
      g_assert_cmpfloat_with_epsilon (y[0], 1000, 1e-4);
      g_assert_cmpfloat_with_epsilon (x[3], 663, 1e-4);
      g_assert_cmpfloat_with_epsilon (y[3], 663, 1e-4);
      g_assert_true (x[0] < x[1] && x[1] < x[2] && x[2] < x[3]);
      g_assert_true (y[0] > y[1] && y[1] > y[2] && y[2] >= y[3]);
    }
}

/* Richards with ν = 1 is logistic; with ν → 0 and rν = k Gompertz of the rate k, to the first order in ν. */
static void
test_limits (void)
{
  static const double times[] = { 0, 0.5, 1, 2, 4, 8, 12, 16, 20 };
  const gsize n = G_N_ELEMENTS (times);
  float x[9], y[9], z[9];

  for (guint row = 0; row < 100; row++)
    {
      UsRng rng;
      double theta[4];

      us_rng_init (&rng, 22, US_RNG_TEST, row);
      theta[0] = us_rng_range (&rng, 1, 900);
      theta[1] = us_rng_range (&rng, 0.1, 1);
      theta[2] = us_rng_range (&rng, 100, 1000);
      theta[3] = 1;
      for (guint output = 0; output < 2; output++)
        {
          run_at (fixture_simulator ("growth-logistic"), theta, output, n, times, x);
          run_at (fixture_simulator ("growth-richards"), theta, output, n, times, y);
          for (gsize t = 0; t < n; t++)
            g_assert_cmpfloat_with_epsilon (x[t], y[t], 2e-7 * (fabs (x[t]) + 1000));
        }
    }

  {
    const double k[] = { 9.6, 0.2, 663 };
    double previous = INFINITY;

    run_at (fixture_simulator ("growth-gompertz"), k, 0, n, times, x);
    for (double nu = 0.32; nu > 0.015; nu /= 2)
      {
        const double theta[] = { 9.6, 0.2 / nu, 663, nu };
        double worst = 0;

        run_at (fixture_simulator ("growth-richards"), theta, 0, n, times, z);
        for (gsize t = 0; t < n; t++)
          worst = MAX (worst, fabs (z[t] - x[t]));
        /* halved with ν */
        g_assert_cmpfloat (worst, <, 0.6 * previous);
        previous = worst;
      }
    g_assert_cmpfloat (previous, <, 15);
  }
}

/* Few individuals far below the capacity: exponential, all but Bertalanffy and Gompertz, which have no such phase. */
static void
test_early (void)
{
  const double theta[] = { 0.01, 0.5, 1e5, 1 }, times[] = { 0, 2, 4, 8 };
  float x[4], y[4], z[4];

  run_at (fixture_simulator ("growth-exponential"), theta, 0, 4, times, x);
  run_at (fixture_simulator ("growth-logistic"), theta, 0, 4, times, y);
  run_at (fixture_simulator ("growth-richards"), theta, 0, 4, times, z);
  for (guint t = 0; t < 4; t++)
    {
      g_assert_cmpfloat_with_epsilon (y[t], x[t], 1e-4 * x[t]);
      g_assert_cmpfloat_with_epsilon (z[t], x[t], 1e-4 * x[t]);
    }
}

/* The rate at the time of fastest growth is the fastest and no other time's is higher; sizes double in the doubling time. */
static void
test_derived (void)
{
  for (gsize m = 0; m < G_N_ELEMENTS (members); m++)
    {
      const UsSimulator *simulator = fixture_simulator (members[m].id);
      g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
      guint bent = 0;

      for (guint row = 0; row < 100; row++)
        {
          double theta[US_MAX_PARAMETERS], times[2] = { 0 }, t;
          float at[2];
          UsRng rng;

          us_rng_init (&rng, 23, US_RNG_PRIOR, row);
          us_prior_sample (prior, &rng, theta);
          t = derived (simulator, "doubling_time", theta);
          if (m == 0 || m == 2 || m == 4)
            {
              times[1] = t;
              if (t > 0)
                {
                  run_at (simulator, theta, 0, 2, times, at);
                  g_assert_cmpfloat_with_epsilon (at[1] / at[0], 2, 1e-6);
                }
              else
                g_assert_cmpfloat (2 * theta[0], >=, theta[2]);
            }
          else
            g_assert_cmpfloat_with_epsilon (exp (theta[1] * t), 2, 1e-12);
          if (m == 0)
            continue;

          t = derived (simulator, "inflection", theta);
          if (t == 0)
            continue;
          for (double share = 0.9; share < 1.2; share += 0.02)
            {
              times[0] = share * t;
              run_at (simulator, theta, 1, 1, times, at);
              g_assert_cmpfloat (at[0], <=, derived (simulator, "fastest", theta) * (1 + 1e-6));
            }
          run_at (simulator, theta, 1, 1, &t, at);
          g_assert_cmpfloat_with_epsilon (at[0] / derived (simulator, "fastest", theta), 1, 1e-6);
          if (m == 3)
            {
              run_at (simulator, theta, 0, 1, &t, at);
              g_assert_cmpfloat_with_epsilon (at[0] / theta[2], derived (simulator, "bend", theta) / 100, 1e-6);
            }
          bent++;
        }
      g_assert_true (m == 0 || bent > 80);
    }
}

/* What every draw of the priors is inside of, and that they hold the textbook's yeast: its data, least squares, in
 * the middle nine tenths of each. */
static void
test_priors (void)
{
  const double yeast[] = { 9.14, 0.547, 663 };
  const UsSimulator *simulator = fixture_simulator ("growth-logistic");
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);

  for (gsize i = 0; i < 3; i++)
    {
      double z[3];

      us_prior_to_latent (prior, yeast, z);
      g_assert_cmpfloat (fabs (z[i]), <, 0.9);
    }
}

/* What single precision does not hold is a draw to be done again; outside its range it is not asked. */
static void
test_refused (void)
{
  const UsSimulator *simulator = fixture_simulator ("growth-exponential");
  const double theta[] = { 10, 1 }, late[] = { 0, 500 }, early[] = { -1 };
  float x[2];
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  g_assert_cmpint (simulator->run_at (simulator, theta, 0, 2, late, &rng, x), ==, US_SIM_RETRY);
  g_assert_cmpint (simulator->run_at (simulator, theta, 0, 1, early, &rng, x), ==, US_SIM_FAILED);
  g_assert_cmpint (simulator->run_at (simulator, theta, 2, 1, late, &rng, x), ==, US_SIM_FAILED);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/growth/equations", test_equations);
  g_test_add_func ("/growth/ends", test_ends);
  g_test_add_func ("/growth/limits", test_limits);
  g_test_add_func ("/growth/early", test_early);
  g_test_add_func ("/growth/derived", test_derived);
  g_test_add_func ("/growth/priors", test_priors);
  g_test_add_func ("/growth/refused", test_refused);

  return g_test_run ();
}
