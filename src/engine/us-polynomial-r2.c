/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much of one set of columns is told by another: least squares on half of the rows, judged on the other. */
#include "config.h"

#include "us-polynomial-r2.h"

#include <math.h>
#include <string.h>

/* n rows, L inputs, Q outputs, M terms of the polynomial. */

#define ROWS_A_TERM  5            /* fewer would fit chance */
#define MAX_TERMS    256
#define RIDGE        1e-9         /* of the rows: keeps columns that do not vary from dividing by zero */

static gsize
count_terms (gsize    n_inputs,
             gboolean quadratic)
{
  return 1 + n_inputs + (quadratic ? n_inputs * (n_inputs + 1) / 2 : 0);
}

static void
fill_terms (gsize         n_inputs,
            gboolean      quadratic,
            const double *x,            /* (L) */
            double       *term)         /* (M) */
{
  *term++ = 1;
  for (gsize i = 0; i < n_inputs; i++)
    *term++ = x[i];
  if (quadratic)
    for (gsize i = 0; i < n_inputs; i++)
      for (gsize j = i; j < n_inputs; j++)
        *term++ = x[i] * x[j];
}

/* Cholesky: the lower triangle of a (M, M) becomes its factor. */
static void
factorise (double *a,
           gsize   m)
{
  for (gsize j = 0; j < m; j++)
    {
      double pivot = a[j * m + j];

      for (gsize k = 0; k < j; k++)
        pivot -= a[j * m + k] * a[j * m + k];
      a[j * m + j] = pivot = sqrt (MAX (pivot, G_MINDOUBLE));
      for (gsize i = j + 1; i < m; i++)
        {
          double value = a[i * m + j];

          for (gsize k = 0; k < j; k++)
            value -= a[i * m + k] * a[j * m + k];
          a[i * m + j] = value / pivot;
        }
    }
}

/* b (M, Q) becomes the solution. */
static void
solve (const double *factor,
       gsize         m,
       gsize         n_outputs,
       double       *b)
{
  for (gsize q = 0; q < n_outputs; q++)
    {
      for (gsize i = 0; i < m; i++)
        {
          for (gsize k = 0; k < i; k++)
            b[i * n_outputs + q] -= factor[i * m + k] * b[k * n_outputs + q];
          b[i * n_outputs + q] /= factor[i * m + i];
        }
      for (gsize i = m; i-- > 0; )
        {
          for (gsize k = i + 1; k < m; k++)
            b[i * n_outputs + q] -= factor[k * m + i] * b[k * n_outputs + q];
          b[i * n_outputs + q] /= factor[i * m + i];
        }
    }
}

gboolean
us_polynomial_r2 (gsize         n,
             gsize         n_inputs,
             const double *x,
             gsize         n_outputs,
             const double *y,
             double       *r2)
{
  gboolean quadratic = count_terms (n_inputs, TRUE) <= MAX_TERMS && n / 2 >= ROWS_A_TERM * count_terms (n_inputs, TRUE);
  gsize m = count_terms (n_inputs, quadratic), n_fit = (n + 1) / 2;
  g_autofree double *a = g_new0 (double, m * m);
  g_autofree double *b = g_new0 (double, m * n_outputs);
  g_autofree double *term = g_new (double, m);
  g_autofree double *mean = g_new0 (double, n_outputs);
  g_autofree double *error = g_new0 (double, n_outputs);
  g_autofree double *variance = g_new0 (double, n_outputs);

  if (n / 2 < ROWS_A_TERM * m)
    return FALSE;

  for (gsize i = 0; i < n; i += 2)
    {
      fill_terms (n_inputs, quadratic, x + i * n_inputs, term);
      for (gsize j = 0; j < m; j++)
        {
          for (gsize k = 0; k <= j; k++)
            a[j * m + k] += term[j] * term[k];
          for (gsize q = 0; q < n_outputs; q++)
            b[j * n_outputs + q] += term[j] * y[i * n_outputs + q];
        }
      for (gsize q = 0; q < n_outputs; q++)
        mean[q] += y[i * n_outputs + q] / n_fit;
    }
  for (gsize j = 0; j < m; j++)
    a[j * m + j] += RIDGE * n_fit;
  factorise (a, m);
  solve (a, m, n_outputs, b);

  for (gsize i = 1; i < n; i += 2)
    {
      fill_terms (n_inputs, quadratic, x + i * n_inputs, term);
      for (gsize q = 0; q < n_outputs; q++)
        {
          double value = 0, truth = y[i * n_outputs + q];

          for (gsize j = 0; j < m; j++)
            value += term[j] * b[j * n_outputs + q];
          error[q] += (value - truth) * (value - truth);
          variance[q] += (truth - mean[q]) * (truth - mean[q]);
        }
    }
  for (gsize q = 0; q < n_outputs; q++)
    r2[q] = variance[q] > 0 ? MAX (1 - error[q] / variance[q], 0.0) : NAN;
  return TRUE;
}
