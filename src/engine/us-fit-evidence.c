/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The evidence: the likelihood's mean under the prior, by importance sampling from what is adapted to it. */
#include "config.h"

#include "us-fit-private.h"

#include "us-distribution.h"

#include <glib/gi18n.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <string.h>

/* P parameters, Q of them free and continuous: z (Q) their latents of the search, in which they lie evenly or with even
 * logarithms, -1 .. 1.  S draws. */

#define N_DRAWS      8000
#define ADAPT_ROUNDS 6
#define ADAPT_DRAWS  10         /* effective ones, a dimension, that a round is to have; weights are evened out for it … */
#define LEAST_POWER  1e-3       /* … to no less than this */
#define ADAPT_SHARE  4          /* of the draws, each round: one in so many */
#define MOST_PEAKS   3
#define FREEDOM      5.0        /* of Student's t: its tails are heavier than any posterior's */
#define FROM_PRIOR   0.1        /* share of draws from the prior itself: weights stay bounded */
#define APART        0.2        /* peaks nearer than this, in each latent, are one; in spreads of the prior */
#define EDGE         (1 - 1e-9)
#define FIRST_WIDTH  0.2        /* where there is no curvature to go by; likewise */
#define FIRST_STEP   0.1        /* likewise */
#define LEAST_DRAWS  100        /* effective: fewer are no evidence */
#define ACCEPTED_OF  20000      /* draws, for a constraint's share of the prior */

typedef struct
{
  double  centre[US_MAX_PARAMETERS];    /* (Q) */
  double *chol;                         /* (Q, Q) lower */
  double  log_det;                      /* of chol */
  double  share;
} Part;

typedef struct
{
  UsFitProblem *problem;
  gsize         q_count;
  double        theta[US_MAX_PARAMETERS];       /* (P) discrete and fixed ones stand here */
  double        log_accepted;   /* the prior's own mass that the constraint lets through */
  double        width[US_MAX_PARAMETERS];       /* (Q) of a part of which nothing is known */
  Part          parts[MOST_PEAKS];
  gsize         n_parts;
} Sampler;

/* One round of draws. */
typedef struct
{
  gsize   n;
  double *z;                    /* (S, Q) */
  double *theta;                /* (S, P) */
  double *log_weight;           /* (S) */
} Draws;

/* -- prior and posterior in latents -------------------------------------- */

/* log dθ/dz of parameter p */
static double
log_stretch (const UsFitProblem *problem,
             gsize               p,
             double              theta)
{
  return log (us_fit_stretch (problem, p, theta));
}

/* Of the free parameters' latents; what is discrete has been drawn by its own probability. */
static double
log_prior (const Sampler *self,
           const double  *theta)
{
  const UsFitProblem *problem = self->problem;
  double value = us_prior_log_density (problem->prior, theta) - self->log_accepted;

  for (gsize q = 0; q < self->q_count; q++)
    value += log_stretch (problem, problem->free[q], theta[problem->free[q]]);
  for (gsize d = 0; d < problem->n_discrete; d++)
    value -= log (us_prior_density (problem->prior, problem->discrete[d], theta[problem->discrete[d]]));
  return value;
}

static gboolean
theta_of (const Sampler *self,
          const double  *z,     /* (Q) */
          double        *theta)
{
  double all[US_MAX_PARAMETERS];

  for (gsize q = 0; q < self->q_count; q++)
    if (!(fabs (z[q]) < EDGE))
      return FALSE;
  us_prior_to_latent (self->problem->search, self->theta, all);
  for (gsize q = 0; q < self->q_count; q++)
    all[self->problem->free[q]] = z[q];
  us_prior_from_latent (self->problem->search, all, theta);
  for (gsize d = 0; d < self->problem->n_discrete; d++)
    theta[self->problem->discrete[d]] = self->theta[self->problem->discrete[d]];
  return TRUE;
}

/* theta (P) and log prior of z are filled in; -INFINITY where there is none. */
static double
log_posterior (const Sampler *self,
               const double  *z,
               double        *theta,
               double        *prior)
{
  *prior = -INFINITY;
  if (!theta_of (self, z, theta))
    return -INFINITY;
  *prior = log_prior (self, theta);
  return isfinite (*prior) ? *prior + us_fit_log_likelihood (self->problem, theta, NULL) : -INFINITY;
}

static double
minus_log_posterior (const double *z,
                     gpointer      data)
{
  double theta[US_MAX_PARAMETERS], prior;

  return -log_posterior (data, z, theta, &prior);
}

/* Of a product of priors that a constraint cuts: which share it leaves.  A simulator's own density is whole. */
static double
log_share_accepted (const UsPrior *prior)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  gsize accepted = 0;

  if (simulator->accepts == NULL || (us_prior_is_default (prior) && simulator->log_density != NULL))
    return 0;
  for (gsize i = 0; i < ACCEPTED_OF; i++)
    {
      double theta[US_MAX_PARAMETERS];
      UsRng rng;

      us_rng_init (&rng, 1, US_RNG_PRIOR, i);
      for (gsize p = 0; p < simulator->n_parameters; p++)
        theta[p] = us_distribution_draw (us_prior_distribution (prior, p), &simulator->parameters[p], &rng);
      accepted += simulator->accepts (simulator, theta);
    }
  return log ((double) MAX (accepted, 1) / ACCEPTED_OF);
}

/* -- proposal ------------------------------------------------------------ */

/* chol of a covariance (Q, Q), which is lost; a diagonal one where it is not positive. */
static void
set_shape (Part         *part,
           gsize         q_count,
           const double *width,         /* (Q) */
           double       *covariance)
{
  gsl_matrix_view a = gsl_matrix_view_array (covariance, q_count, q_count);
  gboolean good = TRUE;

  for (gsize i = 0; i < q_count * q_count; i++)
    good = good && isfinite (covariance[i]);
  good = good && gsl_linalg_cholesky_decomp1 (&a.matrix) == 0;
  for (gsize i = 0; i < q_count && good; i++)
    good = covariance[i * q_count + i] > 0;
  part->log_det = 0;
  for (gsize i = 0; i < q_count; i++)
    {
      for (gsize j = 0; j < q_count; j++)
        part->chol[i * q_count + j] = good ? (j <= i ? covariance[i * q_count + j] : 0) : (i == j) * width[i];
      part->log_det += log (part->chol[i * q_count + i]);
    }
}

/* Student's t of z. */
static double
log_density_of (const Part   *part,
                gsize         q_count,
                const double *z)
{
  double y[US_MAX_PARAMETERS], square = 0;

  for (gsize i = 0; i < q_count; i++)
    {
      y[i] = z[i] - part->centre[i];
      for (gsize j = 0; j < i; j++)
        y[i] -= part->chol[i * q_count + j] * y[j];
      y[i] /= part->chol[i * q_count + i];
      square += y[i] * y[i];
    }
  return gsl_sf_lngamma ((FREEDOM + q_count) / 2) - gsl_sf_lngamma (FREEDOM / 2) -
         (double) q_count / 2 * log (FREEDOM * G_PI) - part->log_det -
         (FREEDOM + q_count) / 2 * log1p (square / FREEDOM);
}

static double
density_of_parts (const Sampler *self,
                  const double  *z)
{
  double sum = 0;

  for (gsize k = 0; k < self->n_parts; k++)
    sum += self->parts[k].share * exp (log_density_of (&self->parts[k], self->q_count, z));
  return sum;
}

static void
draw_proposal (const Sampler *self,
               UsRng         *rng,
               double        *z)
{
  double u = us_rng_uniform (rng), y[US_MAX_PARAMETERS], square = 0;
  gsize k = 0;

  if (u < FROM_PRIOR)
    {
      double theta[US_MAX_PARAMETERS], all[US_MAX_PARAMETERS];

      us_prior_sample (self->problem->prior, rng, theta);
      us_prior_to_latent (self->problem->search, theta, all);
      for (gsize q = 0; q < self->q_count; q++)
        z[q] = all[self->problem->free[q]];
      return;
    }
  u = (u - FROM_PRIOR) / (1 - FROM_PRIOR);
  while (k + 1 < self->n_parts && u >= self->parts[k].share)
    u -= self->parts[k++].share;
  for (gsize q = 0; q < self->q_count; q++)
    y[q] = us_rng_normal (rng);
  for (gsize i = 0; i < (gsize) FREEDOM; i++)
    {
      double normal = us_rng_normal (rng);

      square += normal * normal;
    }
  for (gsize i = 0; i < self->q_count; i++)
    {
      double sum = 0;

      for (gsize j = 0; j <= i; j++)
        sum += self->parts[k].chol[i * self->q_count + j] * y[j];
      z[i] = self->parts[k].centre[i] + sum * sqrt (FREEDOM / square);
    }
}

static gboolean
is_known (const Sampler *self,
          const double  *z)
{
  for (gsize k = 0; k < self->n_parts; k++)
    {
      double most = 0;

      for (gsize q = 0; q < self->q_count; q++)
        most = MAX (most, fabs (z[q] - self->parts[k].centre[q]) / self->problem->spread[q]);
      if (most < APART)
        return TRUE;
    }
  return FALSE;
}

/* A part at the peak where its centre is, with the peak's curvature; its Laplace approximation or NaN. */
static double
shape_part (Sampler *self,
            Part    *part,
            double   least)
{
  gsize q_count = self->q_count, n_bound = 0;
  g_autofree double *hessian = g_new (double, q_count * q_count);
  g_autofree double *inverse = g_new (double, q_count * q_count);
  gboolean bound[US_MAX_PARAMETERS], peaked;
  double log_det = 0;

  us_fit_curvature (q_count, part->centre, minus_log_posterior, self, bound, hessian);
  peaked = us_fit_invert (q_count, hessian, bound, inverse, &log_det);
  for (gsize q = 0; q < q_count; q++)
    if (bound[q])
      {
        inverse[q * q_count + q] = self->width[q] * self->width[q];
        n_bound++;
      }
  part->chol = g_new0 (double, q_count * q_count);
  set_shape (part, q_count, self->width, inverse);
  return peaked && n_bound == 0 ? -least + q_count * log (2 * G_PI) / 2 - log_det / 2 : NAN;
}

/* A fit may go further than the prior: a hundredth of its support away from its ends. */
static void
move_inside (const UsFitProblem *problem,
             const double       *peak,
             double             *theta)
{
  gsize p_count = problem->simulator->n_parameters;

  memcpy (theta, peak, p_count * sizeof *theta);
  for (gsize p = 0; p < p_count; p++)
    {
      double lower, upper;

      us_prior_range (problem->prior, p, &lower, &upper);
      if (theta[p] <= lower || theta[p] >= upper)
        {
          double z[US_MAX_PARAMETERS], moved[US_MAX_PARAMETERS];

          us_prior_to_latent (problem->prior, theta, z);
          z[p] *= 0.99;
          us_prior_from_latent (problem->prior, z, moved);
          theta[p] = moved[p];
        }
    }
}

/* The peaks of likelihood times prior that lie apart; Laplace's approximation at the first. */
static double
make_parts (Sampler      *self,
            gsize         n_peaks,
            const double *peaks)        /* (n_peaks, P) */
{
  gsize q_count = self->q_count, p_count = self->problem->simulator->n_parameters;
  double laplace = NAN, steps[US_MAX_PARAMETERS];

  for (gsize q = 0; q < q_count; q++)
    steps[q] = FIRST_STEP * self->problem->spread[q];
  for (gsize i = 0; i < n_peaks && self->n_parts < MOST_PEAKS; i++)
    {
      Part *part = &self->parts[self->n_parts];
      double all[US_MAX_PARAMETERS], theta[US_MAX_PARAMETERS], least, here;

      move_inside (self->problem, peaks + i * p_count, theta);
      us_prior_to_latent (self->problem->search, theta, all);
      for (gsize q = 0; q < q_count; q++)
        part->centre[q] = CLAMP (all[self->problem->free[q]], -0.9999, 0.9999);
      least = us_fit_simplex (q_count, part->centre, steps, minus_log_posterior, self);
      if (is_known (self, part->centre) || !(least < 1e99))
        continue;
      here = shape_part (self, part, least);
      if (self->n_parts++ == 0)
        laplace = here;
    }
  if (self->n_parts == 0)
    {
      Part *part = &self->parts[self->n_parts++];

      /* nowhere: all draws begin in the middle */
      memset (part->centre, 0, sizeof part->centre);
      part->chol = g_new0 (double, q_count * q_count);
      for (gsize q = 0; q < q_count; q++)
        {
          part->chol[q * q_count + q] = self->problem->spread[q];
          part->log_det += log (self->problem->spread[q]);
        }
    }
  for (gsize k = 0; k < self->n_parts; k++)
    self->parts[k].share = 1.0 / self->n_parts;
  return laplace;
}

/* -- draws --------------------------------------------------------------- */

static Draws *
draws_new (Sampler *self,
           gsize    n,
           guint64  seed,
           guint64  first)      /* row of the stream */
{
  const UsFitProblem *problem = self->problem;
  gsize p_count = problem->simulator->n_parameters;
  Draws *draws = g_new0 (Draws, 1);

  draws->n = n;
  draws->z = g_new (double, n * self->q_count);
  draws->theta = g_new0 (double, n * p_count);
  draws->log_weight = g_new (double, n);
  for (gsize s = 0; s < n; s++)
    {
      double *z = draws->z + s * self->q_count, theta[US_MAX_PARAMETERS], prior;
      UsRng rng;

      us_rng_init (&rng, seed, US_RNG_EVALUATE, first + s);
      for (gsize d = 0; d < problem->n_discrete; d++)
        {
          gsize p = problem->discrete[d];

          self->theta[p] = us_distribution_draw (us_prior_distribution (problem->prior, p),
                                                 &problem->simulator->parameters[p], &rng);
        }
      draw_proposal (self, &rng, z);
      draws->log_weight[s] = g_cancellable_is_cancelled (problem->cancellable) ? -INFINITY
                                                                               : log_posterior (self, z, theta, &prior);
      if (isfinite (draws->log_weight[s]))
        {
          draws->log_weight[s] -= log (FROM_PRIOR * exp (prior) + (1 - FROM_PRIOR) * density_of_parts (self, z));
          memcpy (draws->theta + s * p_count, theta, p_count * sizeof *theta);
        }
    }
  return draws;
}

static void
draws_free (Draws *draws)
{
  g_free (draws->z);
  g_free (draws->theta);
  g_free (draws->log_weight);
  g_free (draws);
}

/* Weights that sum to 1, from log weights times `power`; returns the log of their mean, -INFINITY: all are nothing. */
static double
normalise (const Draws *draws,
           double       power,
           double      *weight, /* (S) */
           double      *effective)
{
  double most = -INFINITY, sum = 0, square = 0;

  for (gsize s = 0; s < draws->n; s++)
    most = MAX (most, draws->log_weight[s]);
  *effective = 0;
  if (!isfinite (most))
    return -INFINITY;
  for (gsize s = 0; s < draws->n; s++)
    sum += weight[s] = exp (power * (draws->log_weight[s] - most));
  for (gsize s = 0; s < draws->n; s++)
    {
      weight[s] /= sum;
      square += weight[s] * weight[s];
    }
  *effective = 1 / square;
  return power * most + log (sum / draws->n);
}

/* How much of each draw's weight part k is held to have made, the prior aside. */
static double
own_weights (const Sampler *self,
             gsize          k,
             const Draws   *draws,
             const double  *weight,     /* (S) */
             double        *own)        /* (S) out */
{
  gsize q_count = self->q_count;
  double sum = 0;

  for (gsize s = 0; s < draws->n; s++)
    {
      const double *z = draws->z + s * q_count;
      double parts = density_of_parts (self, z);

      own[s] = 0;
      if (weight[s] > 0 && parts > 0)
        own[s] = weight[s] * self->parts[k].share * exp (log_density_of (&self->parts[k], q_count, z)) / parts;
      sum += own[s];
    }
  return sum;
}

/* Centre and shape of one part to those of its draws. */
static void
adapt_part (Part         *part,
            gsize         q_count,
            const double *width,        /* (Q) */
            const Draws  *draws,
            const double *own,          /* (S) */
            double        sum)
{
  g_autofree double *covariance = g_new0 (double, q_count * q_count);

  memset (part->centre, 0, sizeof part->centre);
  for (gsize s = 0; s < draws->n; s++)
    for (gsize q = 0; q < q_count; q++)
      part->centre[q] += own[s] / sum * draws->z[s * q_count + q];
  for (gsize s = 0; s < draws->n; s++)
    for (gsize i = 0; i < q_count && own[s] > 0; i++)
      for (gsize j = 0; j < q_count; j++)
        covariance[i * q_count + j] += own[s] / sum * (draws->z[s * q_count + i] - part->centre[i]) *
                                       (draws->z[s * q_count + j] - part->centre[j]);
  set_shape (part, q_count, width, covariance);
}

/* The parts become what the draws say (population Monte Carlo; Cappé et al. 2008).  A part to which next to
 * nothing fell keeps its place, and a hundredth of the draws. */
static void
adapt (Sampler     *self,
       const Draws *draws)
{
  gsize k_count = self->n_parts;
  g_autofree double *weight = g_new (double, draws->n);
  g_autofree double *own = g_new (double, draws->n * k_count);
  double effective, sums[MOST_PEAKS], total = 0;

  if (!isfinite (normalise (draws, 1, weight, &effective)))
    return;
  for (double power = 0.7; effective < ADAPT_DRAWS * self->q_count && power > LEAST_POWER; power *= 0.7)
    normalise (draws, power, weight, &effective);
  for (gsize k = 0; k < k_count; k++)
    total += sums[k] = own_weights (self, k, draws, weight, own + k * draws->n);
  if (!(total > 0))
    return;
  for (gsize k = 0; k < k_count; k++)
    {
      if (sums[k] * effective > 3 * self->q_count)
        adapt_part (&self->parts[k], self->q_count, self->width, draws, own + k * draws->n, sums[k]);
      self->parts[k].share = (sums[k] / total + 0.01) / (1 + 0.01 * k_count);
    }
}

static void
fill_posterior (UsFit        *fit,
                const Draws  *draws,
                const double *weight)
{
  gsize p_count = fit->n_parameters;

  fit->posterior_mean = g_new0 (double, p_count);
  fit->posterior_sd = g_new0 (double, p_count);
  for (gsize s = 0; s < draws->n; s++)
    for (gsize p = 0; p < p_count; p++)
      fit->posterior_mean[p] += weight[s] * draws->theta[s * p_count + p];
  for (gsize s = 0; s < draws->n; s++)
    for (gsize p = 0; p < p_count; p++)
      {
        double away = draws->theta[s * p_count + p] - fit->posterior_mean[p];

        fit->posterior_sd[p] += weight[s] * away * away;
      }
  for (gsize p = 0; p < p_count; p++)
    fit->posterior_sd[p] = sqrt (fit->posterior_sd[p]);
}

void
us_fit_evidence (UsFit              *fit,
                 UsFitProblem       *problem,
                 gsize               n_peaks,
                 const double       *peaks,
                 const UsFitOptions *options)
{
  Sampler self = { .problem = problem, .q_count = problem->n_free };
  gsize n = options->n_draws > 0 ? options->n_draws : N_DRAWS;
  g_autofree double *weight = g_new (double, n);
  Draws *draws;

  fit->no_evidence = !problem->has_noise ? _("the size of the errors has no prior")
                     : problem->n_free == 0 ? _("no parameter is free") : NULL;
  if (fit->no_evidence != NULL)
    return;
  self.log_accepted = log_share_accepted (problem->prior);
  for (gsize q = 0; q < self.q_count; q++)
    self.width[q] = FIRST_WIDTH * problem->spread[q];
  memcpy (self.theta, peaks, fit->n_parameters * sizeof *peaks);
  fit->log_evidence_laplace = make_parts (&self, n_peaks, peaks);
  /* one round more than is kept: draws that shaped what they are weighed by would flatter it */
  for (guint round = 0; round < ADAPT_ROUNDS; round++)
    {
      draws = draws_new (&self, n / ADAPT_SHARE, options->seed, round * (guint64) n);
      adapt (&self, draws);
      draws_free (draws);
    }
  draws = draws_new (&self, n, options->seed, ADAPT_ROUNDS * (guint64) n);
  fit->log_evidence = normalise (draws, 1, weight, &fit->effective_draws);
  if (fit->effective_draws < LEAST_DRAWS)
    fit->no_evidence = _("too few draws carry weight");
  else
    fill_posterior (fit, draws, weight);
  fit->log_evidence_sd = fit->effective_draws > 0 ? sqrt (MAX (1 / fit->effective_draws - 1.0 / n, 0)) : NAN;
  draws_free (draws);
  for (gsize k = 0; k < self.n_parts; k++)
    g_free (self.parts[k].chol);
}
