/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of simulators with differential equations share: GSL's solution at its tightest, which shares no code
 * with closed forms nor with our stepper. */
#pragma once

#include "simulator-fixture.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>
#include <string.h>

/* dy/dt of theta. */
typedef void (*FixtureRates) (double        t,
                              const double *y,
                              const double *theta,
                              double       *dydt);

typedef struct
{
  FixtureRates  rates;
  const double *theta;
} FixtureEquation;

static inline int
fixture_rates (double        t,
               const double  y[],
               double        dydt[],
               void         *data)
{
  const FixtureEquation *equation = data;

  equation->rates (t, y, equation->theta, dydt);
  return GSL_SUCCESS;
}

/* States at increasing times from 0 on, by steps of order 8 that err by 10⁻¹³. */
static inline void
fixture_solve (FixtureRates  rates,
               const double *theta,
               gsize         n_states,
               const double *start,     /* (n_states) */
               gsize         n_times,
               const double *times,
               double       *y)         /* (n_times, n_states) */
{
  FixtureEquation equation = { rates, theta };
  gsl_odeiv2_system system = { fixture_rates, NULL, n_states, &equation };
  gsl_odeiv2_driver *driver = gsl_odeiv2_driver_alloc_y_new (&system, gsl_odeiv2_step_rk8pd, 1e-6, 1e-13, 1e-13);
  double t = 0, state[16];

  g_assert_cmpuint (n_states, <=, G_N_ELEMENTS (state));
  memcpy (state, start, n_states * sizeof *state);
  for (gsize k = 0; k < n_times; k++)
    {
      if (times[k] > t)
        g_assert_cmpint (gsl_odeiv2_driver_apply (driver, &t, times[k], state), ==, GSL_SUCCESS);
      memcpy (y + k * n_states, state, n_states * sizeof *y);
    }
  gsl_odeiv2_driver_free (driver);
}

/* One output at times, which must succeed. */
static inline void
fixture_run_at (const UsSimulator *simulator,
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

static inline double
fixture_derived (const UsSimulator *simulator,
                 const char        *name,
                 const double      *theta)
{
  for (gsize d = 0; d < simulator->n_derived; d++)
    if (g_str_equal (simulator->derived[d].name, name))
      return simulator->derived[d].value (simulator, theta);
  g_error ("%s: nothing derived is called %s", simulator->id, name);
}
