/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regression adjustment: Blum, François 2010, equations 5 and 8, with ridge regressions in place of networks. */
#include "config.h"

#include "us-attribution-private.h"

#include "us-error.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* K rows, S summaries, P parameters. */

#define N_RIDGES 27             /* half a decade apart, up to the greatest eigenvalue */
#define EDGE 1e-9               /* of a range: how near its ends a draw may count as lying */
#define WIDEST 10.0             /* that a residual is stretched, or shrunk, by */

/* A weighted design, its directions found once, for fits of many columns. */
typedef struct
{
  gsize         n, s_count;
  double        ess;
  const double *weight;         /* (K) */
  double       *x;              /* (K, S) from the weighted mean */
  double       *here;           /* (S) the observation, likewise */
  double       *value;          /* (S) eigenvalues of the weighted covariance, */
  double       *vector;         /* (S, S) its eigenvectors as columns */
  double       *beta, *c;       /* (S) scratch */
} Design;

static void
design_clear (Design *design)
{
  g_free (design->x);
  g_free (design->here);
  g_free (design->value);
  g_free (design->vector);
  g_free (design->beta);
  g_free (design->c);
}

static void
find_directions (Design *design)
{
  gsize s_count = design->s_count;
  g_autofree double *covariance = g_new0 (double, s_count * s_count);

  for (gsize k = 0; k < design->n; k++)
    cblas_dsyr (CblasRowMajor, CblasUpper, (int) s_count, design->weight[k], design->x + k * s_count, 1,
                covariance, (int) s_count);
  for (gsize i = 0; i < s_count; i++)
    for (gsize j = 0; j < i; j++)
      covariance[i * s_count + j] = covariance[j * s_count + i];
  us_attribution_eigen (s_count, covariance, design->value, design->vector);
}

static void
design_init (Design              *design,
             const UsMatches     *matches,
             const UsAttribution *attribution)
{
  gsize n = matches->n, s_count = matches->n_summaries;
  g_autofree float *row = g_new (float, s_count);
  g_autofree double *mean = g_new0 (double, s_count);

  *design = (Design) { n, s_count, matches->ess, matches->weight, g_new (double, n * s_count), g_new (double, s_count),
                       g_new (double, s_count), g_new (double, s_count * s_count), g_new (double, s_count),
                       g_new (double, s_count) };
  for (gsize k = 0; k < n; k++)
    {
      us_attribution_get_row (attribution, matches->index[k], row);
      for (gsize s = 0; s < s_count; s++)
        {
          design->x[k * s_count + s] = row[s];
          mean[s] += matches->weight[k] * row[s];
        }
    }
  for (gsize k = 0; k < n; k++)
    for (gsize s = 0; s < s_count; s++)
      design->x[k * s_count + s] -= mean[s];
  for (gsize s = 0; s < s_count; s++)
    design->here[s] = matches->whitened[s] - mean[s];
  find_directions (design);
}

/* The ridge of the least generalised cross-validation error (Golub, Heath, Wahba 1979), the mean counted as one
 * degree of freedom more; c (S): products of the directions with y, total: weighted variance of y. */
static double
choose_ridge (const Design *design,
              const double *c,
              double        total)
{
  double greatest = MAX (design->value[0], 1e-300), best = INFINITY, chosen = greatest * 1e2;

  for (int r = 0; r < N_RIDGES; r++)
    {
      double ridge = greatest * pow (10, 2 - 0.5 * r), rss = total, freedom = 1, left, error;

      for (gsize s = 0; s < design->s_count; s++)
        {
          double value = MAX (design->value[s], 0), sum = value + ridge;

          rss -= c[s] * c[s] * (value + 2 * ridge) / (sum * sum);
          freedom += value / sum;
        }
      left = 1 - freedom / design->ess;
      if (left < 0.1)
        break;                  /* weaker ones use up the rows */
      error = MAX (rss, 0) / (left * left);
      if (error < best)
        {
          best = error;
          chosen = ridge;
        }
    }
  return chosen;
}

/* Weighted ridge fit of y (K): fitted (K), and at the observation. */
static double
fit_column (Design       *design,
            const double *y,
            double       *fitted)
{
  gsize n = design->n, s_count = design->s_count;
  double mean = 0, total = 0, here = 0, ridge;

  for (gsize k = 0; k < n; k++)
    mean += design->weight[k] * y[k];
  memset (design->beta, 0, s_count * sizeof (double));
  for (gsize k = 0; k < n; k++)
    {
      double centred = y[k] - mean;

      total += design->weight[k] * centred * centred;
      cblas_daxpy ((int) s_count, design->weight[k] * centred, design->x + k * s_count, 1, design->beta, 1);
    }
  cblas_dgemv (CblasRowMajor, CblasTrans, (int) s_count, (int) s_count, 1.0, design->vector, (int) s_count,
               design->beta, 1, 0.0, design->c, 1);
  ridge = choose_ridge (design, design->c, total);
  for (gsize s = 0; s < s_count; s++)
    design->c[s] /= MAX (design->value[s], 0) + ridge;
  cblas_dgemv (CblasRowMajor, CblasNoTrans, (int) s_count, (int) s_count, 1.0, design->vector, (int) s_count,
               design->c, 1, 0.0, design->beta, 1);
  for (gsize k = 0; k < n; k++)
    fitted[k] = mean + cblas_ddot ((int) s_count, design->x + k * s_count, 1, design->beta, 1);
  here = mean + cblas_ddot ((int) s_count, design->here, 1, design->beta, 1);
  return here;
}

/* -- the range --------------------------------------------------------------- */

static double
to_free (double theta,
         double lower,
         double upper)
{
  double edge = EDGE * (upper - lower);

  if (isfinite (lower) && isfinite (upper))
    {
      theta = CLAMP (theta, lower + edge, upper - edge);
      return log ((theta - lower) / (upper - theta));
    }
  if (isfinite (lower))
    return log (MAX (theta - lower, DBL_MIN));
  if (isfinite (upper))
    return -log (MAX (upper - theta, DBL_MIN));
  return theta;
}

static double
from_free (double phi,
           double lower,
           double upper)
{
  if (isfinite (lower) && isfinite (upper))
    return CLAMP (lower + (upper - lower) / (1 + exp (-phi)), lower, upper);
  if (isfinite (lower))
    return lower + exp (phi);
  if (isfinite (upper))
    return upper - exp (-phi);
  return phi;
}

/* y (K) becomes the adjusted values. */
static void
adjust_column (Design *design,
               double *y)
{
  gsize n = design->n;
  g_autofree double *fitted = g_new (double, n), *residual = g_new (double, n), *spread = g_new (double, n);
  double here = fit_column (design, y, fitted), variance = 0, spread_here;

  for (gsize k = 0; k < n; k++)
    {
      residual[k] = y[k] - fitted[k];
      variance += design->weight[k] * residual[k] * residual[k];
    }
  for (gsize k = 0; k < n; k++)
    y[k] = log (MAX (residual[k] * residual[k], 1e-8 * variance) + DBL_MIN);
  spread_here = fit_column (design, y, spread);
  for (gsize k = 0; k < n; k++)
    {
      double ratio = exp (0.5 * (spread_here - spread[k]));

      y[k] = here + residual[k] * CLAMP (ratio, 1 / WIDEST, WIDEST);
    }
}

/* FALSE: it stays as it is. */
static gboolean
is_adjusted (const UsMatches *self,
             gsize            p,
             double           lower,
             double           upper)
{
  if (isnan (lower) || isnan (upper) || !(lower < upper))
    return FALSE;
  for (gsize k = 1; k < self->n; k++)
    if (self->theta[k * self->n_parameters + p] != self->theta[p])
      return TRUE;
  return FALSE;
}

static gboolean
check_bounds (const UsMatches  *self,
              gsize             p,
              double            lower,
              double            upper,
              GError          **error)
{
  for (gsize k = 0; k < self->n; k++)
    {
      double theta = self->theta[k * self->n_parameters + p];

      if (theta < lower || theta > upper)
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE, "row %" G_GSIZE_FORMAT ", parameter %"
                       G_GSIZE_FORMAT ": %g is outside %g to %g", self->row[k], p + 1, theta, lower, upper);
          return FALSE;
        }
    }
  return TRUE;
}

static UsMatches *
copy_matches (const UsMatches *self)
{
  UsMatches *copy = g_memdup2 (self, sizeof *self);

  copy->row = g_memdup2 (self->row, self->n * sizeof (gsize));
  copy->index = g_memdup2 (self->index, self->n * sizeof (gsize));
  copy->distance = g_memdup2 (self->distance, self->n * sizeof (double));
  copy->weight = g_memdup2 (self->weight, self->n * sizeof (double));
  copy->theta = g_memdup2 (self->theta, MAX (self->n * self->n_parameters, 1) * sizeof (double));
  copy->whitened = g_memdup2 (self->whitened, self->n_summaries * sizeof (float));
  copy->adjusted = TRUE;
  return copy;
}

UsMatches *
us_matches_adjust (const UsMatches     *self,
                   const UsAttribution *attribution,
                   const double        *lower,
                   const double        *upper,
                   GError             **error)
{
  gsize p_count, n;
  g_autofree double *y = NULL;
  UsMatches *adjusted;
  Design design;

  g_return_val_if_fail (self != NULL && attribution != NULL && !self->adjusted, NULL);
  g_return_val_if_fail (self->n_summaries == attribution->n_summaries, NULL);

  p_count = self->n_parameters;
  n = self->n;
  for (gsize p = 0; p < p_count; p++)
    if (lower != NULL && upper != NULL && !check_bounds (self, p, lower[p], upper[p], error))
      return NULL;
  adjusted = copy_matches (self);
  y = g_new (double, n);
  design_init (&design, self, attribution);
  for (gsize p = 0; p < p_count; p++)
    {
      double from = lower != NULL ? lower[p] : -INFINITY, to = upper != NULL ? upper[p] : INFINITY;

      if (!is_adjusted (self, p, from, to))
        continue;
      for (gsize k = 0; k < n; k++)
        y[k] = to_free (self->theta[k * p_count + p], from, to);
      adjust_column (&design, y);
      for (gsize k = 0; k < n; k++)
        adjusted->theta[k * p_count + p] = from_free (y[k], from, to);
    }
  design_clear (&design);
  return adjusted;
}
