/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stepper: closed forms, GSL's own steppers at their tightest, invariants, and what it must refuse. */
#include "config.h"

#include "us-ode.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>
#include <string.h>

static const double tiny[US_ODE_MAX_STATES] = { 1e-14, 1e-14, 1e-14, 1e-14 };

/* ---- problems ---- */

static void
decay (double        t,
       const double *y,
       const void   *data,
       double       *dydt)
{
  dydt[0] = -*(const double *) data * y[0];
}

/* A pendulum's small swings, w a second. */
static void
swing (double        t,
       const double *y,
       const void   *data,
       double       *dydt)
{
  const double w = *(const double *) data;

  dydt[0] = w * y[1];
  dydt[1] = -w * y[0];
}

/* Of t alone: a polynomial of degree 7, which a method of order 8 integrates as it is. */
static void
polynomial (double        t,
            const double *y,
            const void   *data,
            double       *dydt)
{
  dydt[0] = 8 * pow (t, 7) - 3 * t * t + 1;
}

/* Predator and prey, rates alpha .. delta. */
static void
volterra (double        t,
          const double *y,
          const void   *data,
          double       *dydt)
{
  const double *r = data;

  dydt[0] = (r[0] - r[1] * y[1]) * y[0];
  dydt[1] = (r[3] * y[0] - r[2]) * y[1];
}

/* Its slopes' slopes, for GSL's implicit methods. */
static int
volterra_gsl (double        t,
              const double  y[],
              double        dydt[],
              void         *data)
{
  volterra (t, y, data, dydt);
  return GSL_SUCCESS;
}

static int
volterra_jacobian (double        t,
                   const double  y[],
                   double       *dfdy,
                   double        dfdt[],
                   void         *data)
{
  const double *r = data;

  dfdy[0] = r[0] - r[1] * y[1];
  dfdy[1] = -r[1] * y[0];
  dfdy[2] = r[3] * y[1];
  dfdy[3] = r[3] * y[0] - r[2];
  dfdt[0] = dfdt[1] = 0;
  return GSL_SUCCESS;
}

/* Third body between earth and moon (Arenstorf): a closed orbit with close passages. */
#define ORBIT_PERIOD 17.0652165601579625588917206249

static void
orbit (double        t,
       const double *y,
       const void   *data,
       double       *dydt)
{
  const double mu = 0.012277471, nu = 1 - mu;
  const double d1 = pow ((y[0] + mu) * (y[0] + mu) + y[1] * y[1], 1.5);
  const double d2 = pow ((y[0] - nu) * (y[0] - nu) + y[1] * y[1], 1.5);

  dydt[0] = y[2];
  dydt[1] = y[3];
  dydt[2] = y[0] + 2 * y[3] - nu * (y[0] + mu) / d1 - mu * (y[0] - nu) / d2;
  dydt[3] = y[1] - 2 * y[2] - nu * y[1] / d1 - mu * y[1] / d2;
}

/* Ends at t = 1 for y(0) = 1. */
static void
blow_up (double        t,
         const double *y,
         const void   *data,
         double       *dydt)
{
  dydt[0] = y[0] * y[0];
}

/* Not a number from t = 1 on. */
static void
cliff (double        t,
       const double *y,
       const void   *data,
       double       *dydt)
{
  dydt[0] = t < 1 ? 1 : NAN;
}

/* ---- closed forms ---- */

static void
test_decay (void)
{
  const double k = 0.7, y0 = 3;
  UsOde ode;
  double y, worst = 0;

  us_ode_init (&ode, decay, &k, 1, 0, &y0, 1e-13, (double[]) { 0 });
  for (guint t = 0; t <= 400; t++)
    {
      g_assert_cmpint (us_ode_at (&ode, t / 10.0, &y), ==, US_SIM_OK);
      worst = MAX (worst, fabs (y / (3 * exp (-k * t / 10)) - 1));
    }
  g_test_message ("to e^-28: relative error %.2g in %u steps", worst, ode.n_steps);
  g_assert_cmpfloat (worst, <, 1e-11);
}

/* The error follows the tolerance, and few steps do; halving points come out of interpolation. */
static void
test_swing (void)
{
  static const double tolerances[] = { 1e-4, 1e-6, 1e-8, 1e-10, 1e-12 };
  const double w = 2 * G_PI, y0[] = { 0, 1 };

  for (guint k = 0; k < G_N_ELEMENTS (tolerances); k++)
    {
      const double absolute[] = { tolerances[k], tolerances[k] };
      UsOde ode;
      double y[2], worst = 0;

      us_ode_init (&ode, swing, &w, 2, 0, y0, tolerances[k], absolute);
      for (guint t = 0; t <= 1000; t++)
        {
          g_assert_cmpint (us_ode_at (&ode, t / 100.0, y), ==, US_SIM_OK);
          worst = MAX (worst, hypot (y[0] - sin (w * t / 100), y[1] - cos (w * t / 100)));
        }
      g_test_message ("tolerance %g: error %.2g after 10 turns, %u steps, %u slopes", tolerances[k], worst, ode.n_steps,
                      ode.n_rates);
      g_assert_cmpfloat (worst, <, 100 * tolerances[k]);
      /* a step of order 8: some four a turn at 10⁻⁴, ten times as many at 10⁻¹² */
      g_assert_cmpfloat (ode.n_steps, <, 10 * 4.5 * pow (1e-4 / tolerances[k], 1.0 / 8));
    }
}

/* Exact up to rounding: at ends of steps by the order of the method, between them by that of the interpolation. */
static void
test_polynomial (void)
{
  const double y0 = -2;
  UsOde ode;
  double y;

  us_ode_init (&ode, polynomial, NULL, 1, 0, &y0, 1e-6, (double[]) { 1e-6 });
  for (guint k = 0; k <= 200; k++)
    {
      const double t = k / 100.0;

      g_assert_cmpint (us_ode_at (&ode, t, &y), ==, US_SIM_OK);
      if (t == ode.t)
        g_assert_cmpfloat_with_epsilon (y, pow (t, 8) - t * t * t + t - 2, 1e-12);
      /* 8! / 8! of the eighth power is left, times the step's eighth over 10^4 or so. */
      g_assert_cmpfloat_with_epsilon (y, pow (t, 8) - t * t * t + t - 2, 3e-5);
    }
}

/* ---- GSL ---- */

static const double rates[] = { 0.55, 0.028, 0.80, 0.024 };

static void
solve_gsl (const gsl_odeiv2_step_type *type,
           const double               *start,   /* (2) */
           guint                       n,
           double                     *y)       /* (n, 2) at 1 .. n */
{
  gsl_odeiv2_system system = { volterra_gsl, volterra_jacobian, 2, (void *) rates };
  gsl_odeiv2_driver *driver = gsl_odeiv2_driver_alloc_y_new (&system, type, 1e-6, 1e-13, 1e-13);
  double t = 0, state[2] = { start[0], start[1] };

  for (guint k = 0; k < n; k++)
    {
      g_assert_cmpint (gsl_odeiv2_driver_apply (driver, &t, k + 1, state), ==, GSL_SUCCESS);
      memcpy (y + 2 * k, state, sizeof state);
    }
  gsl_odeiv2_driver_free (driver);
}

/* Sixty years of hare and lynx: ten digits as GSL's explicit method of order 8 has them.  Its multistep method
 * adds up errors of its own, a few hundred thousand times the tolerance of a step where numbers of animals get small. */
static void
test_gsl (void)
{
  static const double starts[][2] = { { 34, 5.9 }, { 1, 100 }, { 0.01, 1 }, { 200, 1 } };

  for (guint s = 0; s < G_N_ELEMENTS (starts); s++)
    {
      double explicit[2 * 60], multistep[2 * 60], y[2];
      double worst = 0, worst_multistep = 0;
      UsOde ode;

      solve_gsl (gsl_odeiv2_step_rk8pd, starts[s], 60, explicit);
      solve_gsl (gsl_odeiv2_step_msbdf, starts[s], 60, multistep);
      us_ode_init (&ode, volterra, rates, 2, 0, starts[s], 1e-13, tiny);
      for (guint k = 0; k < 60; k++)
        {
          g_assert_cmpint (us_ode_at (&ode, k + 1, y), ==, US_SIM_OK);
          for (guint i = 0; i < 2; i++)
            {
              worst = MAX (worst, fabs (y[i] / explicit[2 * k + i] - 1));
              worst_multistep = MAX (worst_multistep, fabs (y[i] / multistep[2 * k + i] - 1));
            }
        }
      g_test_message ("from %g, %g: rk8pd within %.2g, msbdf within %.2g; %u steps", starts[s][0], starts[s][1], worst,
                      worst_multistep, ode.n_steps);
      g_assert_cmpfloat (worst, <, 1e-9);
      g_assert_cmpfloat (worst_multistep, <, 1e-5);
    }
}

/* ---- invariants ---- */

/* δ x − γ ln x + β y − α ln y stays. */
static void
test_conserved (void)
{
  const double start[] = { 34, 5.9 };
  UsOde ode;
  double y[2], first = 0, worst = 0;

  us_ode_init (&ode, volterra, rates, 2, 0, start, 1e-12, tiny);
  for (guint t = 0; t <= 2000; t++)
    {
      double v;

      g_assert_cmpint (us_ode_at (&ode, t / 2.0, y), ==, US_SIM_OK);
      v = rates[3] * y[0] - rates[2] * log (y[0]) + rates[1] * y[1] - rates[0] * log (y[1]);
      if (t == 0)
        first = v;
      worst = MAX (worst, fabs (v - first));
    }
  g_test_message ("over 1,000 years within %.2g", worst);
  g_assert_cmpfloat (worst, <, 1e-9);
}

/* Back where it began, after four passages that multiply errors by millions. */
static void
test_orbit (void)
{
  const double start[] = { 0.994, 0, 0, -2.00158510637908252240537862224 };
  UsOde ode;
  double y[4];

  us_ode_init (&ode, orbit, NULL, 4, 0, start, 1e-13, tiny);
  g_assert_cmpint (us_ode_at (&ode, ORBIT_PERIOD, y), ==, US_SIM_OK);
  g_test_message ("missed by %.2g, %u steps", hypot (y[0] - start[0], y[1]), ode.n_steps);
  g_assert_cmpfloat (hypot (y[0] - start[0], y[1]), <, 1e-6);
}

/* A value does not depend on which others are asked for; the same again gives the same bytes. */
static void
test_alone (void)
{
  const double start[] = { 34, 5.9 };
  UsOde ode;
  double all[2 * 301], y[2];

  us_ode_init (&ode, volterra, rates, 2, 0, start, 1e-8, tiny);
  for (guint t = 0; t <= 300; t++)
    g_assert_cmpint (us_ode_at (&ode, t / 10.0, all + 2 * t), ==, US_SIM_OK);
  g_assert_cmpmem (all, sizeof start, start, sizeof start);
  for (guint t = 0; t <= 300; t += 7)
    {
      us_ode_init (&ode, volterra, rates, 2, 0, start, 1e-8, tiny);
      g_assert_cmpint (us_ode_at (&ode, t / 10.0, y), ==, US_SIM_OK);
      g_assert_cmpmem (y, sizeof y, all + 2 * t, sizeof y);
      /* twice the same time */
      g_assert_cmpint (us_ode_at (&ode, t / 10.0, y), ==, US_SIM_OK);
      g_assert_cmpmem (y, sizeof y, all + 2 * t, sizeof y);
    }
}

/* From another time than 0, and a solution that does not move. */
static void
test_offset (void)
{
  const double k = 0.5, y0 = 2, rest[] = { 0.80 / 0.024, 0.55 / 0.028 };
  UsOde ode;
  double y[2];

  us_ode_init (&ode, decay, &k, 1, -1000, &y0, 1e-12, tiny);
  g_assert_cmpint (us_ode_at (&ode, -998, y), ==, US_SIM_OK);
  g_assert_cmpfloat_with_epsilon (y[0], 2 * exp (-1), 1e-11);

  us_ode_init (&ode, volterra, rates, 2, 0, rest, 1e-10, tiny);
  g_assert_cmpint (us_ode_at (&ode, 1e6, y), ==, US_SIM_OK);
  g_assert_cmpfloat_with_epsilon (y[0], rest[0], 1e-6);
}

/* ---- what it must refuse ---- */

static void
test_refused (void)
{
  const double one = 1, fast = 1e9;
  double y;
  UsOde ode;

  us_ode_init (&ode, blow_up, NULL, 1, 0, &one, 1e-10, tiny);
  g_assert_cmpint (us_ode_at (&ode, 0.99, &y), ==, US_SIM_OK);
  g_assert_cmpfloat_with_epsilon (y, 100, 1e-6);
  g_assert_cmpint (us_ode_at (&ode, 1.01, &y), ==, US_SIM_RETRY);
  g_assert_cmpstr (ode.failure, ==, "steps too short for the digits of a number");
  /* and stays refused */
  g_assert_cmpint (us_ode_at (&ode, 1.02, &y), ==, US_SIM_RETRY);

  us_ode_init (&ode, cliff, NULL, 1, 0, &one, 1e-10, tiny);
  g_assert_cmpint (us_ode_at (&ode, 0.5, &y), ==, US_SIM_OK);
  g_assert_cmpfloat_with_epsilon (y, 1.5, 1e-12);
  g_assert_cmpint (us_ode_at (&ode, 2, &y), ==, US_SIM_RETRY);
  g_assert_nonnull (ode.failure);

  us_ode_init (&ode, cliff, NULL, 1, 1.5, &one, 1e-10, tiny);
  g_assert_cmpint (us_ode_at (&ode, 2, &y), ==, US_SIM_RETRY);
  g_assert_cmpstr (ode.failure, ==, "not finite at the start");

  /* stiff: a billion steps would do */
  us_ode_init (&ode, decay, &fast, 1, 0, &one, 1e-8, tiny);
  g_assert_cmpint (us_ode_at (&ode, 10, &y), ==, US_SIM_RETRY);
  g_assert_cmpstr (ode.failure, ==, "more steps than permitted");
  g_assert_cmpuint (ode.n_steps, ==, ode.max_steps + 1);

  us_ode_init (&ode, decay, &one, 1, 0, &one, 1e-8, tiny);
  ode.max_steps = 3;
  g_assert_cmpint (us_ode_at (&ode, 100, &y), ==, US_SIM_RETRY);
  g_assert_cmpstr (ode.failure, ==, "more steps than permitted");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gsl_set_error_handler_off ();

  g_test_add_func ("/ode/decay", test_decay);
  g_test_add_func ("/ode/swing", test_swing);
  g_test_add_func ("/ode/polynomial", test_polynomial);
  g_test_add_func ("/ode/gsl", test_gsl);
  g_test_add_func ("/ode/conserved", test_conserved);
  g_test_add_func ("/ode/orbit", test_orbit);
  g_test_add_func ("/ode/alone", test_alone);
  g_test_add_func ("/ode/offset", test_offset);
  g_test_add_func ("/ode/refused", test_refused);

  return g_test_run ();
}
