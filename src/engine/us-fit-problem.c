/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a fit asks: coordinates, bounds and the likelihood. */
#include "config.h"

#include "us-fit-private.h"

#include "us-error.h"
#include "us-noise.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* P parameters, Q of them free and continuous, N = T C values. */

#define PRIOR_DRAWS  400        /* for the spread of each parameter */
#define FLOAT_SHARE  1e-7       /* outputs are single precision: no fit is known to be closer */
#define TAIL         12.0       /* sds of a log-normal prior: as far as its search goes where the bound is 0 */

/* -- coordinates --------------------------------------------------------- */

/* As far as a fit may go: the prior's support, of the noise what its definition bears; evenly in the value or its logarithm,
 * as the prior has it. */
static UsDistribution
searched (const UsDistribution *prior,
          const UsParameter    *parameter,
          gboolean              noise)
{
  double lower = parameter->lower, upper = parameter->upper;

  switch (prior->kind)
    {
    case US_DISTRIBUTION_UNIFORM:
    case US_DISTRIBUTION_TRIANGULAR:
      return (UsDistribution) { US_DISTRIBUTION_UNIFORM, noise ? lower : prior->a, noise ? upper : prior->b, 0 };
    case US_DISTRIBUTION_LOG_UNIFORM:
      if (noise && lower > 0)
        return (UsDistribution) { US_DISTRIBUTION_LOG_UNIFORM, lower, upper, 0 };
      return *prior;
    case US_DISTRIBUTION_NORMAL:
      return (UsDistribution) { US_DISTRIBUTION_UNIFORM, lower, upper, 0 };
    case US_DISTRIBUTION_LOG_NORMAL:
      return (UsDistribution) { US_DISTRIBUTION_LOG_UNIFORM, MAX (lower, exp (prior->a - TAIL * prior->b)), upper, 0 };
    case US_DISTRIBUTION_DISCRETE:
    case US_DISTRIBUTION_FIXED:
    default:
      return *prior;
    }
}

static gboolean
make_search (UsFitProblem *self,
             GError      **error)
{
  UsDistribution wide[US_MAX_PARAMETERS];

  for (gsize p = 0; p < self->simulator->n_parameters; p++)
    {
      const UsDistribution *prior = us_prior_distribution (self->prior, p);

      wide[p] = searched (prior, &self->simulator->parameters[p], p >= self->n_mechanism);
      if (prior->kind == US_DISTRIBUTION_DISCRETE)
        self->discrete[self->n_discrete++] = p;
      else if (prior->kind != US_DISTRIBUTION_FIXED)
        self->free[self->n_free++] = p;
      if (p >= self->n_mechanism && (self->n_free == 0 || self->free[self->n_free - 1] != p))
        self->least_squares = FALSE;    /* the size of errors is not theirs to tell */
    }
  self->search = us_prior_new (self->simulator, wide, error);
  return self->search != NULL;
}

void
us_fit_from_theta (const UsFitProblem *self,
                   const double       *theta,
                   double             *v)
{
  double z[US_MAX_PARAMETERS];

  us_prior_to_latent (self->search, theta, z);
  for (gsize q = 0; q < self->n_free; q++)
    v[q] = asin (CLAMP (z[self->free[q]], -1.0, 1.0)) / self->spread[q];
}

void
us_fit_to_theta (const UsFitProblem *self,
                 const double       *v,
                 double             *theta)
{
  double z[US_MAX_PARAMETERS];

  us_prior_to_latent (self->search, self->theta, z);
  for (gsize q = 0; q < self->n_free; q++)
    z[self->free[q]] = sin (v[q] * self->spread[q]);
  us_prior_from_latent (self->search, z, theta);
  for (gsize d = 0; d < self->n_discrete; d++)
    theta[self->discrete[d]] = self->theta[self->discrete[d]];
}

double
us_fit_stretch (const UsFitProblem *problem,
                gsize               p,
                double              theta)
{
  const UsDistribution *range = us_prior_distribution (problem->search, p);

  return range->kind == US_DISTRIBUTION_LOG_UNIFORM ? theta * log (range->b / range->a) / 2 : (range->b - range->a) / 2;
}

static void
measure_spread (UsFitProblem *self)
{
  double mean[US_MAX_PARAMETERS] = { 0 }, square[US_MAX_PARAMETERS] = { 0 };

  for (gsize q = 0; q < self->n_free; q++)
    self->spread[q] = 1;
  for (gsize i = 0; i < PRIOR_DRAWS; i++)
    {
      double theta[US_MAX_PARAMETERS], u[US_MAX_PARAMETERS];
      UsRng rng;

      us_rng_init (&rng, 0, US_RNG_PRIOR, i);
      us_prior_sample (self->prior, &rng, theta);
      us_fit_from_theta (self, theta, u);
      for (gsize q = 0; q < self->n_free; q++)
        {
          mean[q] += u[q] / PRIOR_DRAWS;
          square[q] += u[q] * u[q] / PRIOR_DRAWS;
        }
      memcpy (self->theta, theta, self->simulator->n_parameters * sizeof *theta);
    }
  for (gsize q = 0; q < self->n_free; q++)
    self->spread[q] = MAX (sqrt (MAX (square[q] - mean[q] * mean[q], 0)), 1e-9);
}

/* -- the likelihood ------------------------------------------------------ */

gboolean
us_fit_problem_run (UsFitProblem *self,
                    const double *theta)
{
  const UsSimulator *simulator = self->simulator;
  UsRng rng;

  self->n_runs++;
  us_rng_init (&rng, 0, US_RNG_SIMULATOR, 0);
  if ((simulator->accepts != NULL && !simulator->accepts (simulator, theta)) ||
      simulator->run (simulator, theta, self->output, &rng, self->out) != US_SIM_OK)
    {
      self->n_refused++;
      return FALSE;
    }
  for (gsize i = 0; i < self->n_values; i++)
    if (!isfinite (self->out[i]))
      {
        self->n_refused++;
        return FALSE;
      }
  for (gsize i = 0; i < self->n_values; i++)
    self->mean[i] = self->out[i];
  if (self->has_noise)
    us_noise_expected (simulator, theta, self->n_values, self->mean, self->expected);
  else
    memcpy (self->expected, self->mean, self->n_values * sizeof *self->mean);
  return TRUE;
}

gsize
us_fit_sigmas (const UsFitProblem *self,
               double             *sigma)
{
  gsize c_count = self->n_channels, n_known = 0;

  for (gsize c = 0; c < c_count; c++)
    {
      double square = 0;
      gsize n = 0;

      for (gsize i = c; i < self->n_values; i += c_count)
        if (!isnan (self->observed[i]))
          {
            square += (self->observed[i] - self->expected[i]) * (self->observed[i] - self->expected[i]);
            n++;
          }
      sigma[c] = n > 0 ? MAX (sqrt (square / n), self->least_sigma) : NAN;
      n_known += n > 0;
    }
  return n_known;
}

/* Normal errors, their sizes the likeliest ones. */
static double
profile_log_likelihood (const UsFitProblem *self,
                        double             *sigma)      /* (C) out */
{
  double sum = 0;

  us_fit_sigmas (self, sigma);
  for (gsize i = 0; i < self->n_values; i++)
    {
      double size = sigma[i % self->n_channels], r = (self->observed[i] - self->expected[i]) / size;

      if (!isnan (self->observed[i]))
        sum -= r * r / 2 + log (size) + log (2 * G_PI) / 2;
    }
  return sum;
}

double
us_fit_log_likelihood (UsFitProblem *self,
                       const double *theta,
                       double       *sigma)
{
  double value;

  if (!us_fit_problem_run (self, theta))
    return -INFINITY;
  if (self->has_noise)
    value = us_noise_log_likelihood (self->simulator, theta, self->n_values, self->observed, self->mean);
  else
    {
      g_autofree double *own = sigma == NULL ? g_new (double, self->n_channels) : NULL;

      value = profile_log_likelihood (self, sigma != NULL ? sigma : own);
    }
  return isnan (value) ? -INFINITY : value;
}

/* -- beginning and end --------------------------------------------------- */

static gboolean
check_likelihood (UsFitProblem *self,
                  GError      **error)
{
  const UsSimulator *simulator = self->simulator;

  if (self->has_noise && !us_noise_has_density (simulator))
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                 _("“%s” cannot be fitted: its noise has no density; add one of normal, poisson, negative-binomial"),
                 simulator->id);
  else if (simulator->outputs[self->output].noisy)
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                 _("“%s” cannot be fitted: its course is left to chance, and how likely it is cannot be computed"),
                 simulator->id);
  else
    return TRUE;
  return FALSE;
}

gboolean
us_fit_problem_init (UsFitProblem   *self,
                     const UsPrior  *prior,
                     const double   *observed,
                     GCancellable   *cancellable,
                     GError        **error)
{
  const UsSimulator *simulator = us_prior_simulator (prior), *base = us_noise_base (simulator);
  double most = 0;

  *self = (UsFitProblem) { .simulator = simulator, .prior = prior, .observed = observed, .cancellable = cancellable };
  self->has_noise = base != NULL;
  self->n_mechanism = base != NULL ? base->n_parameters : simulator->n_parameters;
  self->output = base != NULL ? us_noise_true_output (simulator) : 0;
  self->least_squares = base == NULL || strcmp (simulator->id + us_noise_base_length (simulator->id), "+normal") == 0;
  self->n_values = us_output_n_values (&simulator->outputs[0]);
  self->n_channels = simulator->outputs[0].channels;
  for (gsize i = 0; i < self->n_values; i++)
    if (!isnan (observed[i]))
      {
        most = MAX (most, fabs (observed[i]));
        self->n_observed++;
      }
  self->least_sigma = MAX (FLOAT_SHARE * most, G_MINDOUBLE / FLOAT_SHARE);
  if (!check_likelihood (self, error) || !make_search (self, error))
    return FALSE;
  self->out = g_new (float, self->n_values);
  self->mean = g_new (double, self->n_values);
  self->expected = g_new (double, self->n_values);
  measure_spread (self);
  return TRUE;
}

void
us_fit_problem_clear (UsFitProblem *self)
{
  g_clear_pointer (&self->search, us_prior_unref);
  g_free (self->out);
  g_free (self->mean);
  g_free (self->expected);
}
