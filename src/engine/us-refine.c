/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-refine.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>
#include <string.h>

/* P parameters, Q ≤ P free ones, H × W × C the output, N = H W C values, R residuals. */

#define SHIFT      3.0          /* GSL's steps are relative: latents are moved away from 0 … */
#define STEP       0.004        /* … so that a step is 0.012 of them, a third of a pixel of 64 */
#define ITERATIONS 6            /* at each size of block */
#define TOLERANCE  1e-6

typedef struct
{
  const UsPrior     *prior;
  const UsSimulator *simulator;
  const UsOutput    *output;
  guint              output_index;
  const float       *x;                         /* (N) */
  double             start[US_MAX_PARAMETERS];  /* (P) latents */
  gsize              free[US_MAX_PARAMETERS];   /* (Q) which parameters move */
  gsize              n_free;
  gsize              block;                     /* pixels a side that are taken together */
  float             *again;                     /* (N) */
  guint              runs;
} Refine;

static gboolean
is_free (const UsPrior     *prior,
         const UsParameter *parameter,
         gsize              p)
{
  UsDistributionKind kind = us_prior_distribution (prior, p)->kind;

  return parameter->classes == NULL && kind != US_DISTRIBUTION_DISCRETE && kind != US_DISTRIBUTION_FIXED;
}

/* Of an angle the turn inside the prior, of anything else the nearest value. */
static double
inside (const Refine *self,
        gsize         p,
        double        z)
{
  if (self->simulator->parameters[p].circular)
    return z - 2 * floor ((z + 1) / 2);
  return CLAMP (z, -1.0, 1.0);
}

static gboolean
simulate (Refine       *self,
          const double *z)
{
  double theta[US_MAX_PARAMETERS];
  UsRng rng;

  us_prior_from_latent (self->prior, z, theta);
  if (self->simulator->accepts != NULL && !self->simulator->accepts (self->simulator, theta))
    return FALSE;
  us_rng_init (&rng, 0, US_RNG_SIMULATOR, 0);
  self->runs++;
  return self->simulator->run (self->simulator, theta, self->output_index, &rng, self->again) == US_SIM_OK;
}

static gsize
n_residuals (const Refine *self)
{
  return us_output_n_values (self->output) / (self->block * self->block);
}

/* Sums of differences over blocks, each divided by the block's side: of the noise of pixels the same size. */
static void
fill_residuals (const Refine *self,
                gsl_vector   *residuals)
{
  const UsOutput *output = self->output;
  gsize block = self->block, rows = output->height / block, columns = output->width / block;
  gsize channels = output->channels, at = 0;

  for (gsize i = 0; i < rows; i++)
    for (gsize j = 0; j < columns; j++)
      for (gsize c = 0; c < channels; c++, at++)
        {
          double sum = 0;

          for (gsize a = 0; a < block; a++)
            for (gsize b = 0; b < block; b++)
              {
                gsize k = ((i * block + a) * output->width + j * block + b) * channels + c;

                sum += (double) self->again[k] - self->x[k];
              }
          gsl_vector_set (residuals, at, sum / block);
        }
}

static int
residuals_at (const gsl_vector *u,
              void             *data,
              gsl_vector       *residuals)
{
  Refine *self = data;
  double z[US_MAX_PARAMETERS];

  memcpy (z, self->start, sizeof z);
  for (gsize q = 0; q < self->n_free; q++)
    z[self->free[q]] = inside (self, self->free[q], gsl_vector_get (u, q) - SHIFT);
  if (simulate (self, z))
    fill_residuals (self, residuals);
  else
    /* far from everything: the step is refused */
    gsl_vector_set_all (residuals, 10.0);
  return GSL_SUCCESS;
}

static double
rms_at (Refine       *self,
        const double *z)
{
  gsize n = us_output_n_values (self->output);
  double sum = 0;

  if (!simulate (self, z))
    return NAN;
  for (gsize k = 0; k < n; k++)
    sum += ((double) self->again[k] - self->x[k]) * ((double) self->again[k] - self->x[k]);
  return sqrt (sum / n);
}

/* A few steps at one size of block, from z. */
static void
descend (Refine *self,
         double *z)
{
  gsl_multifit_nlinear_parameters parameters = gsl_multifit_nlinear_default_parameters ();
  gsl_multifit_nlinear_fdf fdf = {
    .f = residuals_at, .n = n_residuals (self), .p = self->n_free, .params = self,
  };
  gsl_multifit_nlinear_workspace *workspace;
  gsl_vector *u;
  int info;

  if (fdf.n < fdf.p)
    return;
  parameters.scale = gsl_multifit_nlinear_scale_levenberg;
  parameters.solver = gsl_multifit_nlinear_solver_cholesky;
  parameters.fdtype = GSL_MULTIFIT_NLINEAR_CTRDIFF;
  parameters.h_df = STEP;
  workspace = gsl_multifit_nlinear_alloc (gsl_multifit_nlinear_trust, &parameters, fdf.n, fdf.p);
  u = gsl_vector_alloc (self->n_free);
  for (gsize q = 0; q < self->n_free; q++)
    gsl_vector_set (u, q, z[self->free[q]] + SHIFT);
  memcpy (self->start, z, sizeof self->start);
  /* no progress is no error here: the caller compares */
  if (gsl_multifit_nlinear_init (u, &fdf, workspace) == GSL_SUCCESS)
    {
      gsl_multifit_nlinear_driver (ITERATIONS, TOLERANCE, TOLERANCE, TOLERANCE, NULL, NULL, &info, workspace);
      for (gsize q = 0; q < self->n_free; q++)
        {
          double to = gsl_vector_get (gsl_multifit_nlinear_position (workspace), q) - SHIFT;

          if (isfinite (to))
            z[self->free[q]] = inside (self, self->free[q], to);
        }
    }
  gsl_vector_free (u);
  gsl_multifit_nlinear_free (workspace);
}

double
us_refine (const UsPrior *prior,
           guint          output,
           const float   *x,
           double        *z,
           guint         *runs)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  const UsOutput *shape = &simulator->outputs[output];
  Refine self = { .prior = prior, .simulator = simulator, .output = shape, .output_index = output, .x = x };
  static gsize quiet = 0;
  double best[US_MAX_PARAMETERS] = { 0 }, tried[US_MAX_PARAMETERS] = { 0 };
  gboolean image = shape->kind == US_OUTPUT_IMAGE;
  double least;

  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      best[p] = inside (&self, p, z[p]);
      if (is_free (prior, &simulator->parameters[p], p))
        self.free[self.n_free++] = p;
    }
  /* GSL's own handler ends the program; what does not converge is compared here */
  if (g_once_init_enter (&quiet))
    {
      gsl_set_error_handler_off ();
      g_once_init_leave (&quiet, 1);
    }
  self.again = g_new (float, us_output_n_values (shape));
  least = rms_at (&self, best);

  memcpy (tried, best, sizeof tried);
  for (gsize block = image ? 4 : 1; block >= 1 && self.n_free > 0 && isfinite (least) && least > 0; block /= 2)
    {
      double rms;

      if (image && (shape->height % block != 0 || shape->width % block != 0))
        continue;
      self.block = block;
      descend (&self, tried);
      rms = rms_at (&self, tried);
      if (rms < least)
        {
          least = rms;
          memcpy (best, tried, sizeof best);
        }
      else if (block <= 2)
        memcpy (tried, best, sizeof tried);
    }
  memcpy (z, best, simulator->n_parameters * sizeof *z);
  if (runs != NULL)
    *runs = self.runs;
  g_free (self.again);
  return least;
}
