/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-fit-private.h"

#include "us-distribution.h"
#include "us-error.h"

#include <glib/gi18n.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <string.h>

/* P parameters, Q of them free and continuous, N = T C values. */

#define N_STARTS       10
#define SCREENED       60       /* draws of the prior, a parameter and one more */
#define AGREES         0.1      /* of log likelihood: the same peak */
#define AT_BOUND       1e-4     /* of the range in latents */
#define LEAST_OBSERVED 2

typedef struct
{
  double theta[US_MAX_PARAMETERS];      /* (P) */
  double log_likelihood;
} Start;

static int
compare_starts (gconstpointer a,
                gconstpointer b)
{
  double one = ((const Start *) a)->log_likelihood, other = ((const Start *) b)->log_likelihood;

  return one > other ? -1 : one < other;
}

/* -- starts -------------------------------------------------------------- */

/* Draws of the prior, the likeliest first; how many of them have a likelihood at all. */
static gsize
screen (UsFitProblem *problem,
        gsize         n,
        guint64       seed,
        Start        *starts)   /* (n) */
{
  gsize possible = 0;

  for (gsize i = 0; i < n && !g_cancellable_is_cancelled (problem->cancellable); i++)
    {
      Start *start = &starts[possible];
      UsRng rng;

      us_rng_init (&rng, seed, US_RNG_PRIOR, i);
      if (!us_prior_sample (problem->prior, &rng, start->theta))
        continue;
      start->log_likelihood = us_fit_log_likelihood (problem, start->theta, NULL);
      possible += start->log_likelihood > -INFINITY;
    }
  qsort (starts, possible, sizeof *starts, compare_starts);
  return possible;
}

/* Each other value of what has only some is tried while that helps. */
static void
climb_discrete (UsFitProblem *problem,
                Start        *start)
{
  gboolean better = problem->n_discrete > 0;

  while (better)
    {
      better = FALSE;
      for (gsize d = 0; d < problem->n_discrete; d++)
        {
          const UsDistribution *range = us_prior_distribution (problem->prior, problem->discrete[d]);

          for (double value = range->a; value <= range->b; value++)
            {
              Start other = *start;

              if (value == start->theta[problem->discrete[d]])
                continue;
              other.theta[problem->discrete[d]] = value;
              other.log_likelihood = us_fit_climb (problem, other.theta);
              if (other.log_likelihood > start->log_likelihood + 1e-6)
                {
                  *start = other;
                  better = TRUE;
                }
            }
        }
    }
}

/* Half of the searches begin at the likeliest draws, the others anywhere. */
static gsize
climb_all (UsFitProblem *problem,
           gsize         n_starts,
           gsize         possible,
           Start        *starts)        /* (possible); the first of them become peaks, highest first */
{
  gsize n = MIN (n_starts, possible);

  for (gsize i = n - n / 2; i < n; i++)
    {
      gsize from = i + (possible - n) * (i + 1 - (n - n / 2)) / MAX (n / 2, 1);
      Start other = starts[from];

      starts[from] = starts[i];
      starts[i] = other;
    }
  for (gsize i = 0; i < n && !g_cancellable_is_cancelled (problem->cancellable); i++)
    starts[i].log_likelihood = us_fit_climb (problem, starts[i].theta);
  qsort (starts, n, sizeof *starts, compare_starts);
  climb_discrete (problem, &starts[0]);
  return n;
}

/* -- standard errors ----------------------------------------------------- */

typedef struct
{
  UsFitProblem *problem;
  const double *theta;          /* (P) the others stand */
} Peak;

/* z: of the search's own coordinates, free ones only */
static double
minus_log_likelihood (const double *z,
                      gpointer      data)
{
  const Peak *self = data;
  const UsFitProblem *problem = self->problem;
  double all[US_MAX_PARAMETERS], theta[US_MAX_PARAMETERS];

  us_prior_to_latent (problem->search, self->theta, all);
  for (gsize q = 0; q < problem->n_free; q++)
    all[problem->free[q]] = z[q];
  us_prior_from_latent (problem->search, all, theta);
  return -us_fit_log_likelihood (self->problem, theta, NULL);
}

static void
measure_errors (UsFit        *fit,
                UsFitProblem *problem)
{
  gsize q_count = problem->n_free;
  Peak peak = { problem, fit->theta };
  double z[US_MAX_PARAMETERS], all[US_MAX_PARAMETERS];
  gboolean bound[US_MAX_PARAMETERS];
  g_autofree double *hessian = g_new (double, q_count * q_count + 1);
  g_autofree double *inverse = g_new (double, q_count * q_count + 1);

  us_prior_to_latent (problem->search, fit->theta, all);
  for (gsize p = 0; p < fit->n_parameters; p++)
    fit->sd[p] = NAN;
  for (gsize q = 0; q < q_count; q++)
    z[q] = all[problem->free[q]];
  us_fit_curvature (q_count, z, minus_log_likelihood, &peak, bound, hessian);
  for (gsize q = 0; q < q_count; q++)
    {
      bound[q] = bound[q] || 1 - fabs (z[q]) < AT_BOUND;
      fit->at_bound[problem->free[q]] = bound[q];
    }
  fit->determined = us_fit_invert (q_count, hessian, bound, inverse, NULL);
  for (gsize q = 0; q < q_count && fit->determined; q++)
    if (!bound[q])
      fit->sd[problem->free[q]] = sqrt (inverse[q * q_count + q]) *
                                  us_fit_stretch (problem, problem->free[q], fit->theta[problem->free[q]]);
}

/* -- the fit ------------------------------------------------------------- */

static void
fill_criteria (UsFit        *fit,
               UsFitProblem *problem)
{
  double k, n = fit->n_observed, square = 0;

  fit->n_free = problem->n_free + problem->n_discrete;
  if (!problem->has_noise)
    {
      fit->sigma = g_new (double, problem->n_channels);
      fit->log_likelihood = us_fit_log_likelihood (problem, fit->theta, fit->sigma);
      fit->n_free += us_fit_sigmas (problem, fit->sigma);
    }
  else
    fit->log_likelihood = us_fit_log_likelihood (problem, fit->theta, NULL);
  fit->predicted = g_memdup2 (problem->mean, problem->n_values * sizeof (double));
  fit->expected = g_memdup2 (problem->expected, problem->n_values * sizeof (double));
  for (gsize i = 0; i < fit->n_values; i++)
    if (!isnan (problem->observed[i]))
      square += (problem->observed[i] - fit->expected[i]) * (problem->observed[i] - fit->expected[i]) / n;
  fit->rms = sqrt (square);
  k = fit->n_free;
  fit->aic = 2 * k - 2 * fit->log_likelihood;
  fit->aicc = n > k + 1 ? fit->aic + 2 * k * (k + 1) / (n - k - 1) : INFINITY;
  fit->bic = k * log (n) - 2 * fit->log_likelihood;
}

static gboolean
fit_problem (UsFit              *fit,
             UsFitProblem       *problem,
             const UsFitOptions *options,
             GError            **error)
{
  gsize p_count = fit->n_parameters, n_starts = options->n_starts > 0 ? options->n_starts : N_STARTS;
  gsize n = MAX (options->n_screened > 0 ? options->n_screened : SCREENED * (problem->n_free + 1), n_starts);
  g_autofree Start *starts = g_new0 (Start, n);
  gsize possible = screen (problem, n, options->seed, starts);

  if (g_cancellable_set_error_if_cancelled (problem->cancellable, error))
    return FALSE;
  if (possible == 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                   _("“%s” can have produced these values with none of %zu"
                     " parameters drawn from its prior"),
                   problem->simulator->id, n);
      return FALSE;
    }
  fit->n_starts = climb_all (problem, n_starts, possible, starts);
  memcpy (fit->theta, starts[0].theta, p_count * sizeof *fit->theta);
  for (gsize i = 0; i < fit->n_starts; i++)
    fit->n_agreed += starts[i].log_likelihood > starts[0].log_likelihood - AGREES;
  measure_errors (fit, problem);
  fill_criteria (fit, problem);
  if (options->evidence)
    {
      g_autofree double *peaks = g_new (double, fit->n_starts * p_count);

      for (gsize i = 0; i < fit->n_starts; i++)
        memcpy (peaks + i * p_count, starts[i].theta, p_count * sizeof *peaks);
      us_fit_evidence (fit, problem, fit->n_starts, peaks, options);
    }
  return !g_cancellable_set_error_if_cancelled (problem->cancellable, error);
}

UsFit *
us_fit_new (const UsPrior       *prior,
            const double        *observed,
            const UsFitOptions  *options,
            GCancellable        *cancellable,
            GError             **error)
{
  static gsize quiet = 0;
  static const UsFitOptions defaults = { 0 };
  g_autoptr(UsFit) fit = NULL;
  UsFitProblem problem;
  gboolean done;

  g_return_val_if_fail (prior != NULL && observed != NULL, NULL);

  /* GSL's own handler ends the program; what does not converge is compared here */
  if (g_once_init_enter (&quiet))
    {
      gsl_set_error_handler_off ();
      g_once_init_leave (&quiet, 1);
    }
  done = us_fit_problem_init (&problem, prior, observed, cancellable, error);
  if (done && problem.n_observed < LEAST_OBSERVED)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                   _("%zu observed values are too few for a fit"), problem.n_observed);
      done = FALSE;
    }
  if (done)
    {
      fit = g_new0 (UsFit, 1);
      fit->simulator = problem.simulator;
      fit->n_parameters = problem.simulator->n_parameters;
      fit->n_values = problem.n_values;
      fit->n_observed = problem.n_observed;
      fit->n_channels = problem.n_channels;
      fit->theta = g_new0 (double, fit->n_parameters);
      fit->sd = g_new0 (double, fit->n_parameters);
      fit->at_bound = g_new0 (gboolean, fit->n_parameters);
      fit->no_evidence = _("not asked for");
      fit->log_evidence = fit->log_evidence_sd = fit->log_evidence_laplace = NAN;
      done = fit_problem (fit, &problem, options != NULL ? options : &defaults, error);
      fit->n_runs = problem.n_runs;
      fit->n_refused = problem.n_refused;
    }
  us_fit_problem_clear (&problem);
  return done ? g_steal_pointer (&fit) : NULL;
}

void
us_fit_free (UsFit *self)
{
  if (self == NULL)
    return;
  g_free (self->theta);
  g_free (self->sd);
  g_free (self->at_bound);
  g_free (self->sigma);
  g_free (self->predicted);
  g_free (self->expected);
  g_free (self->posterior_mean);
  g_free (self->posterior_sd);
  g_free (self);
}

void
us_fit_weights (gsize         n,
                const double *criteria,
                double       *weights)
{
  double least = INFINITY, sum = 0;

  for (gsize i = 0; i < n; i++)
    if (isfinite (criteria[i]))
      least = MIN (least, criteria[i]);
  for (gsize i = 0; i < n; i++)
    {
      weights[i] = isfinite (criteria[i]) ? exp (-(criteria[i] - least) / 2) : 0;
      sum += weights[i];
    }
  for (gsize i = 0; i < n; i++)
    weights[i] = sum > 0 ? weights[i] / sum : 1.0 / n;
}
