/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-refine.h"

#include <glib/gi18n.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>
#include <string.h>

/* P parameters, Q ≤ P free ones, H × W × C the output, N = H W C values, R residuals. */

#define SHIFT      3.0          /* GSL's steps are relative: latents are moved away from 0 … */
#define STEP       0.01         /* … so that a step is 0.03 of them, a pixel of 64: less does not turn a black or white one */
#define LAST_STEP  0.002        /* in the end, where outputs are smooth */
#define COARSEST   4
#define TURNS      6            /* of an angle */
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
  double             step;                      /* relative, for derivatives */
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
  parameters.h_df = self->step;
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

/* z moves on where that is nearer to x; returns the RMS there. */
static double
descend_if_nearer (Refine *self,
                   double *z,
                   double  least)
{
  double tried[US_MAX_PARAMETERS], rms;

  memcpy (tried, z, sizeof tried);
  descend (self, tried);
  rms = rms_at (self, tried);
  if (!(rms < least))
    return least;
  memcpy (z, tried, sizeof tried);
  return rms;
}

/* A search can be caught in another kind of thing, or with an angle far from where it belongs, all else fitted to
 * that: it begins from each kind (parameter from `p` on) and each sixth of a turn. */
static void
descend_from_others (Refine       *self,
                     gsize         p,
                     const double *start,
                     double       *z,
                     double       *least)
{
  const UsSimulator *simulator = self->simulator;
  const UsParameter *parameter = &simulator->parameters[p];
  double other[US_MAX_PARAMETERS], theta[US_MAX_PARAMETERS];

  if (p == simulator->n_parameters)
    {
      double rms;

      memcpy (other, start, sizeof other);
      rms = descend_if_nearer (self, other, INFINITY);
      if (rms < *least)
        {
          *least = rms;
          memcpy (z, other, sizeof other);
        }
      return;
    }

  descend_from_others (self, p + 1, start, z, least);
  memcpy (other, start, sizeof other);
  us_prior_from_latent (self->prior, start, theta);
  for (double kind = parameter->lower; parameter->classes != NULL && kind <= parameter->upper; kind++)
    if (kind != theta[p] && us_prior_density (self->prior, p, kind) > 0)
      {
        double latent[US_MAX_PARAMETERS], changed[US_MAX_PARAMETERS];

        memcpy (changed, theta, sizeof changed);
        changed[p] = kind;
        us_prior_to_latent (self->prior, changed, latent);
        other[p] = latent[p];
        descend_from_others (self, p + 1, other, z, least);
      }
  for (guint t = 1; parameter->circular && t < TURNS; t++)
    {
      other[p] = inside (self, p, start[p] + 2.0 * t / TURNS);
      descend_from_others (self, p + 1, other, z, least);
    }
}

/* Pixels a side of the first blocks. */
static gsize
coarsest (const UsOutput *output)
{
  gsize block = output->kind == US_OUTPUT_IMAGE ? COARSEST : 1;

  while (output->height % block != 0 || output->width % block != 0)
    block /= 2;
  return block;
}

const char *
us_refine_refusal (const UsPrior *prior,
                   guint          output)
{
  if (!us_prior_simulator (prior)->outputs[output].noisy)
    return NULL;
  return _("This output is noisy: the run of the simulator that lies nearest to the data would be near by its noise, not by "
           "its parameters. The encoder’s answer stands as it is.");
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
  double best[US_MAX_PARAMETERS] = { 0 }, start[US_MAX_PARAMETERS];
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

  memcpy (start, best, sizeof start);
  self.block = coarsest (shape);
  self.step = STEP;
  if (self.n_free > 0 && isfinite (least) && least > 0)
    descend_from_others (&self, 0, start, best, &least);
  for (self.block /= 2; self.block >= 1 && self.n_free > 0 && isfinite (least) && least > 0; self.block /= 2)
    least = descend_if_nearer (&self, best, least);
  self.block = 1;
  self.step = LAST_STEP;
  if (self.n_free > 0 && isfinite (least) && least > 0)
    least = descend_if_nearer (&self, best, least);
  memcpy (z, best, simulator->n_parameters * sizeof *z);
  if (runs != NULL)
    *runs = self.runs;
  g_free (self.again);
  return least;
}
