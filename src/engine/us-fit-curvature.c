/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How sharp a peak is. */
#include "config.h"

#include "us-fit-private.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <string.h>

/* n coordinates, inside -1 .. 1. */

#define FIRST_STEP 0.01
#define LEAST_STEP 1e-5         /* less is lost in the rounding of single precision */
#define MOST_STEP  0.2
#define RISE       0.05         /* of the function over a step: a third of a standard deviation */
#define TOO_FLAT   0.02
#define TOO_STEEP  0.15

/* How much func rises at a step to both sides of z, on average. */
static double
rise_over (gsize         n,
           const double *z,
           gsize         i,
           double        step,
           double        least,
           UsFitFunc     func,
           gpointer      data)
{
  double at[US_MAX_PARAMETERS], sum = 0;

  memcpy (at, z, n * sizeof *at);
  for (int side = -1; side <= 1; side += 2)
    {
      at[i] = z[i] + side * step;
      sum += func (at, data) - least;
    }
  return sum / 2;
}

/* A step that tells something and stays inside; 0: there is none. */
static double
choose_step (gsize         n,
             const double *z,
             gsize         i,
             double        least,
             UsFitFunc     func,
             gpointer      data)
{
  double room = 1 - fabs (z[i]), step = MIN (FIRST_STEP, room / 2);

  for (guint turn = 0; turn < 20; turn++)
    {
      double rise, wanted;

      /* an end of the range, or of what the simulator can have made: on its far side all is impossible */
      if (step < LEAST_STEP)
        return room > 10 * LEAST_STEP && isfinite (rise_over (n, z, i, LEAST_STEP, least, func, data)) ? LEAST_STEP : 0;
      rise = rise_over (n, z, i, step, least, func, data);
      if (rise > TOO_FLAT && rise < TOO_STEEP)
        return step;
      if (rise <= TOO_FLAT && (step >= MOST_STEP || step >= 0.99 * room))
        return step;
      /* as a parabola would have it, but no leap */
      wanted = rise > 0 && isfinite (rise) ? step * sqrt (RISE / rise) : rise > 0 ? step / 8 : step * 4;
      step = MIN (MIN (CLAMP (wanted, step / 30, step * 30), MOST_STEP), room);
    }
  return step;
}

void
us_fit_curvature (gsize         n,
                  const double *z,
                  UsFitFunc     func,
                  gpointer      data,
                  gboolean     *bound,
                  double       *hessian)
{
  double step[US_MAX_PARAMETERS], at[US_MAX_PARAMETERS], least = func (z, data);

  memset (hessian, 0, n * n * sizeof *hessian);
  memcpy (at, z, n * sizeof *at);
  for (gsize i = 0; i < n; i++)
    {
      step[i] = choose_step (n, z, i, least, func, data);
      bound[i] = step[i] <= 0;
      if (!bound[i])
        hessian[i * n + i] = 2 * rise_over (n, z, i, step[i], least, func, data) / (step[i] * step[i]);
    }
  for (gsize i = 0; i < n; i++)
    for (gsize j = 0; j < i; j++)
      {
        double sum = 0;

        if (bound[i] || bound[j])
          continue;
        /* half steps: where two parameters do the same, both together are far */
        for (int a = -1; a <= 1; a += 2)
          for (int b = -1; b <= 1; b += 2)
            {
              at[i] = z[i] + a * step[i] / 2;
              at[j] = z[j] + b * step[j] / 2;
              sum += a * b * func (at, data);
            }
        at[i] = z[i];
        at[j] = z[j];
        hessian[i * n + j] = hessian[j * n + i] = sum / (step[i] * step[j]);
      }
}

gboolean
us_fit_invert (gsize           n,
               const double   *matrix,
               const gboolean *bound,
               double         *inverse,
               double         *log_det)
{
  gsize free[US_MAX_PARAMETERS], m = 0;
  gboolean positive = TRUE;
  gsl_matrix *a;

  memset (inverse, 0, n * n * sizeof *inverse);
  for (gsize i = 0; i < n; i++)
    if (!bound[i])
      free[m++] = i;
  if (m == 0)
    return FALSE;
  a = gsl_matrix_alloc (m, m);
  for (gsize i = 0; i < m; i++)
    for (gsize j = 0; j < m; j++)
      {
        gsl_matrix_set (a, i, j, matrix[free[i] * n + free[j]]);
        positive = positive && isfinite (matrix[free[i] * n + free[j]]);
      }
  positive = positive && gsl_linalg_cholesky_decomp1 (a) == GSL_SUCCESS;
  for (gsize i = 0; positive && i < m; i++)
    positive = gsl_matrix_get (a, i, i) > 0;
  if (positive)
    {
      if (log_det != NULL)
        *log_det = 0;
      for (gsize i = 0; i < m && log_det != NULL; i++)
        *log_det += 2 * log (gsl_matrix_get (a, i, i));
      gsl_linalg_cholesky_invert (a);
      for (gsize i = 0; i < m; i++)
        for (gsize j = 0; j < m; j++)
          inverse[free[i] * n + free[j]] = gsl_matrix_get (a, i, j);
    }
  gsl_matrix_free (a);
  return positive;
}
