/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a start to a peak of the likelihood. */
#include "config.h"

#include "us-fit-private.h"

#include "us-noise.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <gsl/gsl_multimin.h>
#include <math.h>
#include <string.h>

/* Q free parameters, R residuals, C channels. */

#define REFUSED       1e100     /* the objective where the simulator refuses: no step goes there */
#define STEP          1e-3      /* of derivatives, in standard deviations of the prior */
#define SQUARES       80        /* iterations of Levenberg and Marquardt */
#define ROUNDS        4         /* channels' sizes and curve by turns */
#define SIMPLEX_STEPS 150       /* a dimension */
#define SIMPLEX_SIZE  1e-5
#define GRADIENT      40        /* iterations of Broyden, Fletcher, Goldfarb and Shanno */

/* -- simplex ------------------------------------------------------------- */

typedef struct
{
  UsFitFunc func;
  gpointer  data;
} Call;

static double
call (const gsl_vector *x,
      void             *data)
{
  const Call *self = data;
  double value = self->func (gsl_vector_const_ptr (x, 0), self->data);

  return isfinite (value) ? value : REFUSED;
}

double
us_fit_simplex (gsize         n,
                double       *x,
                const double *steps,
                UsFitFunc     func,
                gpointer      data)
{
  Call self = { func, data };
  gsl_multimin_function function = { .f = call, .n = n, .params = &self };
  gsl_multimin_fminimizer *minimizer = gsl_multimin_fminimizer_alloc (gsl_multimin_fminimizer_nmsimplex2, n);
  gsl_vector_view start = gsl_vector_view_array (x, n);
  gsl_vector_const_view step = gsl_vector_const_view_array (steps, n);
  double least;

  gsl_multimin_fminimizer_set (minimizer, &function, &start.vector, &step.vector);
  for (gsize i = 0; i < SIMPLEX_STEPS * n; i++)
    if (gsl_multimin_fminimizer_iterate (minimizer) != GSL_SUCCESS ||
        gsl_multimin_fminimizer_size (minimizer) < SIMPLEX_SIZE)
      break;
  least = gsl_multimin_fminimizer_minimum (minimizer);
  memcpy (x, gsl_vector_const_ptr (gsl_multimin_fminimizer_x (minimizer), 0), n * sizeof *x);
  gsl_multimin_fminimizer_free (minimizer);
  return least;
}

/* -- any likelihood ------------------------------------------------------ */

static double
minus_log_likelihood (const double *v,
                      gpointer      data)
{
  UsFitProblem *self = data;
  double theta[US_MAX_PARAMETERS];

  if (g_cancellable_is_cancelled (self->cancellable))
    return REFUSED;
  us_fit_to_theta (self, v, theta);
  return -us_fit_log_likelihood (self, theta, NULL);
}

static double
objective (const gsl_vector *v,
           void             *data)
{
  double value = minus_log_likelihood (gsl_vector_const_ptr (v, 0), data);

  return isfinite (value) ? value : REFUSED;
}

static void
gradient (const gsl_vector *v,
          void             *data,
          gsl_vector       *g)
{
  UsFitProblem *self = data;
  double at[US_MAX_PARAMETERS];

  memcpy (at, gsl_vector_const_ptr (v, 0), self->n_free * sizeof *at);
  for (gsize q = 0; q < self->n_free; q++)
    {
      double middle = at[q], above, below;

      at[q] = middle + STEP;
      above = minus_log_likelihood (at, self);
      at[q] = middle - STEP;
      below = minus_log_likelihood (at, self);
      at[q] = middle;
      gsl_vector_set (g, q, isfinite (above) && isfinite (below) ? (above - below) / (2 * STEP) : 0);
    }
}

static void
objective_and_gradient (const gsl_vector *v,
                        void             *data,
                        double           *value,
                        gsl_vector       *g)
{
  *value = objective (v, data);
  gradient (v, data, g);
}

static void
descend (UsFitProblem *self,
         double       *v)
{
  gsl_multimin_function_fdf function = {
    .f = objective, .df = gradient, .fdf = objective_and_gradient, .n = self->n_free, .params = self,
  };
  gsl_multimin_fdfminimizer *minimizer = gsl_multimin_fdfminimizer_alloc (gsl_multimin_fdfminimizer_vector_bfgs2,
                                                                          self->n_free);
  gsl_vector_view start = gsl_vector_view_array (v, self->n_free);
  double before = objective (&start.vector, self);

  gsl_multimin_fdfminimizer_set (minimizer, &function, &start.vector, 0.05, 0.1);
  for (guint i = 0; i < GRADIENT; i++)
    if (gsl_multimin_fdfminimizer_iterate (minimizer) != GSL_SUCCESS ||
        gsl_multimin_test_gradient (minimizer->gradient, 1e-4) == GSL_SUCCESS)
      break;
  if (gsl_multimin_fdfminimizer_minimum (minimizer) < before)
    memcpy (v, gsl_vector_const_ptr (minimizer->x, 0), self->n_free * sizeof *v);
  gsl_multimin_fdfminimizer_free (minimizer);
}

static void
climb_any (UsFitProblem *self,
           double       *v)
{
  double steps[US_MAX_PARAMETERS];

  /* a simplex can fall flat: begun again, smaller */
  for (double step = 0.5; step > 0.01; step /= 5)
    {
      for (gsize q = 0; q < self->n_free; q++)
        steps[q] = step;
      us_fit_simplex (self->n_free, v, steps, minus_log_likelihood, self);
    }
  descend (self, v);
}

/* -- squares ------------------------------------------------------------- */

/* Only the mechanism's parameters move; errors are measured in sizes that stand still. */
typedef struct
{
  UsFitProblem *problem;
  double        start[US_MAX_PARAMETERS];       /* (Q) */
  gsize         n_moving;                       /* the first of them */
  gsize         n_residuals;
  double       *sigma;                          /* (C) */
} Squares;

static gboolean
fill_residuals (Squares    *self,
                const double *v,        /* (Q) */
                gsl_vector *residuals)
{
  UsFitProblem *problem = self->problem;
  double theta[US_MAX_PARAMETERS];
  gsize at = 0;

  us_fit_to_theta (problem, v, theta);
  if (g_cancellable_is_cancelled (problem->cancellable) || !us_fit_problem_run (problem, theta))
    return FALSE;
  for (gsize i = 0; i < problem->n_values; i++)
    if (!isnan (problem->observed[i]))
      gsl_vector_set (residuals, at++,
                      (problem->expected[i] - problem->observed[i]) / self->sigma[i % problem->n_channels]);
  return TRUE;
}

static int
residuals_at (const gsl_vector *x,
              void             *data,
              gsl_vector       *residuals)
{
  Squares *self = data;
  double v[US_MAX_PARAMETERS];

  memcpy (v, self->start, sizeof v);
  memcpy (v, gsl_vector_const_ptr (x, 0), self->n_moving * sizeof *v);
  /* far from everything: the step is refused */
  if (!fill_residuals (self, v, residuals))
    gsl_vector_set_all (residuals, 1e30);
  return GSL_SUCCESS;
}

static int
jacobian_at (const gsl_vector *x,
             void             *data,
             gsl_matrix       *jacobian)        /* (R, moving) */
{
  Squares *self = data;
  double v[US_MAX_PARAMETERS];
  gsl_vector *above = gsl_vector_alloc (self->n_residuals), *below = gsl_vector_alloc (self->n_residuals);

  memcpy (v, self->start, sizeof v);
  memcpy (v, gsl_vector_const_ptr (x, 0), self->n_moving * sizeof *v);
  for (gsize q = 0; q < self->n_moving; q++)
    {
      gsl_vector_view column = gsl_matrix_column (jacobian, q);
      double middle = v[q];
      gboolean known;

      v[q] = middle + STEP;
      known = fill_residuals (self, v, above);
      v[q] = middle - STEP;
      known = known && fill_residuals (self, v, below);
      v[q] = middle;
      gsl_vector_set_zero (&column.vector);
      if (!known)
        continue;
      gsl_vector_memcpy (&column.vector, above);
      gsl_vector_sub (&column.vector, below);
      gsl_vector_scale (&column.vector, 1 / (2 * STEP));
    }
  gsl_vector_free (above);
  gsl_vector_free (below);
  return GSL_SUCCESS;
}

static void
descend_squares (Squares *self,
                 double  *v)
{
  gsl_multifit_nlinear_parameters parameters = gsl_multifit_nlinear_default_parameters ();
  gsl_multifit_nlinear_fdf fdf = {
    .f = residuals_at, .df = jacobian_at, .n = self->n_residuals, .p = self->n_moving, .params = self,
  };
  gsl_multifit_nlinear_workspace *workspace;
  gsl_vector_view start = gsl_vector_view_array (v, self->n_moving);
  int info;

  parameters.scale = gsl_multifit_nlinear_scale_more;
  parameters.solver = gsl_multifit_nlinear_solver_qr;
  workspace = gsl_multifit_nlinear_alloc (gsl_multifit_nlinear_trust, &parameters, fdf.n, fdf.p);
  memcpy (self->start, v, sizeof self->start);
  /* no progress is no error here: the caller compares */
  if (gsl_multifit_nlinear_init (&start.vector, &fdf, workspace) == GSL_SUCCESS)
    {
      gsl_multifit_nlinear_driver (SQUARES, 1e-10, 1e-10, 1e-12, NULL, NULL, &info, workspace);
      memcpy (v, gsl_vector_const_ptr (gsl_multifit_nlinear_position (workspace), 0), self->n_moving * sizeof *v);
    }
  gsl_multifit_nlinear_free (workspace);
}

/* Of noise that is a parameter: the channel sizes at hand, inside its bounds. */
static void
set_noise (const UsFitProblem *problem,
           const double       *sigma,   /* (C) */
           double             *theta)
{
  for (gsize p = problem->n_mechanism; p < problem->simulator->n_parameters; p++)
    {
      const UsParameter *parameter = &problem->simulator->parameters[p];
      double size = sigma[p - problem->n_mechanism];

      if (us_prior_distribution (problem->search, p)->kind != US_DISTRIBUTION_FIXED && !isnan (size))
        theta[p] = CLAMP (size, parameter->lower, parameter->upper);
    }
}

static void
climb_squares (UsFitProblem *problem,
               double       *theta)
{
  g_autofree double *sigma = g_new (double, problem->n_channels);
  Squares self = { .problem = problem, .n_residuals = problem->n_observed, .sigma = sigma };
  guint rounds = problem->n_channels > 1 ? ROUNDS : 1;
  double v[US_MAX_PARAMETERS] = { 0 };

  while (self.n_moving < problem->n_free && problem->free[self.n_moving] < problem->n_mechanism)
    self.n_moving++;
  for (guint round = 0; round < rounds && us_fit_problem_run (problem, theta); round++)
    {
      us_fit_sigmas (problem, sigma);
      us_fit_from_theta (problem, theta, v);
      if (self.n_moving > 0 && self.n_moving <= self.n_residuals)
        descend_squares (&self, v);
      us_fit_to_theta (problem, v, theta);
      if (us_fit_problem_run (problem, theta))
        {
          us_fit_sigmas (problem, sigma);
          set_noise (problem, sigma, theta);
        }
    }
}

double
us_fit_climb (UsFitProblem *self,
              double       *theta)
{
  double tried[US_MAX_PARAMETERS], v[US_MAX_PARAMETERS] = { 0 }, before, after;

  memcpy (tried, theta, self->simulator->n_parameters * sizeof *theta);
  memcpy (self->theta, theta, self->simulator->n_parameters * sizeof *theta);
  before = us_fit_log_likelihood (self, theta, NULL);
  if (self->n_free == 0)
    return before;
  if (self->least_squares)
    climb_squares (self, tried);
  else
    {
      us_fit_from_theta (self, tried, v);
      climb_any (self, v);
      us_fit_to_theta (self, v, tried);
    }
  after = us_fit_log_likelihood (self, tried, NULL);
  if (!(after > before))
    return before;
  memcpy (theta, tried, self->simulator->n_parameters * sizeof *theta);
  return after;
}
