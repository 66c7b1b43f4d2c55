/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our stepper beside GSL's at equal accuracy, turn and turn about: 20 years of hare and lynx, a value each half year.
 *
 *     ode-beside-gsl [ROUNDS]
 *
 * For each tolerance: the error against a solution at 10⁻¹³, and microseconds of the processor a solution (the best of the rounds). */
#include "config.h"

#include "us-ode.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define T 41
#define RUNS 200

static const double rates[] = { 0.55, 0.028, 0.80, 0.024 };
static const double start[] = { 34, 5.9 };

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
jacobian (double        t,
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

static void
ours (double  tolerance,
      double *y)        /* (T, 2) */
{
  UsOde ode;

  us_ode_init (&ode, volterra, rates, 2, 0, start, tolerance, (double[]) { tolerance, tolerance });
  for (guint t = 0; t < T; t++)
    if (us_ode_at (&ode, t / 2.0, y + 2 * t) != US_SIM_OK)
      abort ();
}

static void
theirs (const gsl_odeiv2_step_type *type,
        double                      tolerance,
        double                     *y)  /* (T, 2) */
{
  gsl_odeiv2_system system = { volterra_gsl, jacobian, 2, (void *) rates };
  gsl_odeiv2_driver *driver = gsl_odeiv2_driver_alloc_y_new (&system, type, 0.01, tolerance, tolerance);
  double at = 0, state[2] = { start[0], start[1] };

  for (guint t = 0; t < T; t++)
    {
      if (gsl_odeiv2_driver_apply (driver, &at, t / 2.0, state) != GSL_SUCCESS)
        abort ();
      memcpy (y + 2 * t, state, sizeof state);
    }
  gsl_odeiv2_driver_free (driver);
}

static double
error_of (const double *y,
          const double *truth)
{
  double worst = 0;

  for (guint k = 0; k < 2 * T; k++)
    worst = MAX (worst, fabs (y[k] / truth[k] - 1));
  return worst;
}

int
main (int    argc,
      char **argv)
{
  const struct { const char *name; const gsl_odeiv2_step_type *type; } all[] = {
    { "ours", NULL }, { "rk8pd", gsl_odeiv2_step_rk8pd }, { "rkf45", gsl_odeiv2_step_rkf45 },
    { "msadams", gsl_odeiv2_step_msadams }, { "msbdf", gsl_odeiv2_step_msbdf },
  };
  const int rounds = argc > 1 ? atoi (argv[1]) : 5;
  double truth[2 * T], y[2 * T];

  theirs (gsl_odeiv2_step_rk8pd, 1e-13, truth);
  for (double tolerance = 1e-4; tolerance > 1e-11; tolerance *= 1e-2)
    {
      double best[G_N_ELEMENTS (all)], error[G_N_ELEMENTS (all)];

      for (gsize k = 0; k < G_N_ELEMENTS (all); k++)
        best[k] = INFINITY;
      for (int round = 0; round < rounds; round++)
        for (gsize k = 0; k < G_N_ELEMENTS (all); k++)
          {
            const clock_t before = clock ();

            for (guint run = 0; run < RUNS; run++)
              if (all[k].type == NULL)
                ours (tolerance, y);
              else
                theirs (all[k].type, tolerance, y);
            best[k] = MIN (best[k], 1e6 * (double) (clock () - before) / CLOCKS_PER_SEC / RUNS);
            error[k] = error_of (y, truth);
          }
      for (gsize k = 0; k < G_N_ELEMENTS (all); k++)
        g_print ("tolerance %-6g %-8s error %.1e  %8.2f us\n", tolerance, all[k].name, error[k], best[k]);
    }
  return 0;
}
