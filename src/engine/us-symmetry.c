/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-symmetry.h"

#include <math.h>
#include <string.h>

/* n rows, P parameters. */

#define N_STARTS     5            /* the prior's centre and the first rows: turns find local minima */
#define MAX_TURNS    30
#define N_SEARCH     2000         /* rows that the search is made with */
#define SETTLED      1e-9         /* relative gain of a turn below which it ends */
#define N_CANDIDATES 256          /* random members of a class, of which the farthest apart are kept */
#define SAME         1e-4         /* distance in latents (2 is the whole prior) below which two are one answer */

void
us_symmetry_closest (const UsPrior *prior,
                     gsize          n,
                     const double  *v,
                     const double  *z,
                     double        *closest)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  gsize p_count = simulator->n_parameters;

  if (simulator->closest_equivalent == NULL)
    {
      memcpy (closest, v, n * p_count * sizeof (double));
      return;
    }
  for (gsize i = 0; i < n; i++)
    simulator->closest_equivalent (simulator, v + i * p_count, z + i * p_count, closest + i * p_count);
}

void
us_symmetry_to_latent (const UsPrior *prior,
                       const double  *theta,
                       double        *latent)
{
  const UsSimulator *simulator = us_prior_simulator (prior);

  us_prior_to_latent (prior, theta, latent);
  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      const UsDistribution *d = us_prior_distribution (prior, p);

      if (simulator->parameters[p].circular && d->kind == US_DISTRIBUTION_UNIFORM)
        latent[p] = 2 * (theta[p] - d->a) / (d->b - d->a) - 1;
    }
}

void
us_symmetry_draw (const UsPrior *prior,
                  guint64        seed,
                  guint64        first,
                  gsize          n,
                  const double  *v,
                  double        *equivalent)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  gsize p_count = simulator->n_parameters;

  if (simulator->random_equivalent == NULL)
    {
      memcpy (equivalent, v, n * p_count * sizeof (double));
      return;
    }
  for (gsize i = 0; i < n; i++)
    {
      UsRng rng;

      us_rng_init (&rng, seed, US_RNG_SHUFFLE, first + i);
      simulator->random_equivalent (simulator, v + i * p_count, &rng, equivalent + i * p_count);
    }
}

/* Aligns n rows to `centre`.  Gives the members' mean and, about `centre`, the mean square by parameter;
 * returns the sum of the latter. */
static double
align_to (const UsPrior *prior,
          gsize          n,
          const double  *v,
          const double  *centre,        /* (P) latents */
          double        *mean,          /* (P) */
          double        *spread)        /* (P) */
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  gsize p_count = simulator->n_parameters;
  double reference[US_MAX_PARAMETERS], closest[US_MAX_PARAMETERS], latent[US_MAX_PARAMETERS];
  double sum = 0;

  us_prior_from_latent (prior, centre, reference);
  memset (mean, 0, p_count * sizeof (double));
  memset (spread, 0, p_count * sizeof (double));
  for (gsize i = 0; i < n; i++)
    {
      us_symmetry_closest (prior, 1, v + i * p_count, reference, closest);
      us_symmetry_to_latent (prior, closest, latent);
      for (gsize p = 0; p < p_count; p++)
        {
          mean[p] += latent[p] / n;
          spread[p] += (latent[p] - centre[p]) * (latent[p] - centre[p]) / n;
        }
    }
  for (gsize p = 0; p < p_count; p++)
    sum += spread[p];
  return sum;
}

void
us_symmetry_spread (const UsPrior *prior,
                    gsize          n,
                    const double  *v,
                    double        *centre,
                    double        *spread)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  gsize p_count = simulator->n_parameters, n_search = MIN (n, N_SEARCH);
  gboolean symmetric = simulator->closest_equivalent != NULL;
  double best = INFINITY, at[US_MAX_PARAMETERS], mean[US_MAX_PARAMETERS], by[US_MAX_PARAMETERS];

  g_return_if_fail (n > 0);

  for (gsize start = 0; symmetric && start < MIN (N_STARTS, n + 1); start++)
    {
      double last = INFINITY;

      if (start == 0)
        memset (at, 0, sizeof at);
      else
        us_prior_to_latent (prior, v + (start - 1) * p_count, at);
      for (int turn = 0; turn < MAX_TURNS; turn++)
        {
          double now = align_to (prior, n_search, v, at, mean, by);

          if (now < best)
            {
              best = now;
              memcpy (centre, at, p_count * sizeof (double));
            }
          if (!(now < last * (1 - SETTLED)))
            break;
          last = now;
          memcpy (at, mean, p_count * sizeof (double));
        }
    }
  /* with all rows; once more about their own mean */
  if (!symmetric)
    memset (centre, 0, p_count * sizeof (double));
  align_to (prior, n, v, centre, mean, spread);
  memcpy (centre, mean, p_count * sizeof (double));
  align_to (prior, n, v, centre, mean, spread);
}

/* Of two answers in latents; the short way round where a parameter is circular. */
static double
distance (const UsSimulator *simulator,
          const double      *a,
          const double      *b)
{
  double square = 0;

  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      double d = a[p] - b[p];

      if (simulator->parameters[p].circular)
        d -= 2 * rint (d / 2);
      square += d * d;
    }
  return sqrt (square);
}

static int
compare_rows (gconstpointer a,
              gconstpointer b,
              gpointer      p_count)
{
  const double *x = a, *y = b;

  for (gsize p = 0; p < GPOINTER_TO_SIZE (p_count); p++)
    if (x[p] != y[p])
      return x[p] < y[p] ? -1 : 1;
  return 0;
}

gsize
us_symmetry_others (const UsPrior *prior,
                    const double  *theta,
                    guint64        seed,
                    gsize          max,
                    double        *others,
                    gboolean      *all)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  gsize P = simulator->n_parameters, n = 0;
  g_autofree double *candidate = g_new (double, N_CANDIDATES * P);
  g_autofree double *latent = g_new (double, N_CANDIDATES * P);
  g_autofree double *nearest = g_new (double, N_CANDIDATES);
  double taken[US_MAX_PARAMETERS];
  UsRng rng;

  *all = TRUE;
  if (simulator->random_equivalent == NULL)
    return 0;
  us_rng_init (&rng, seed, US_RNG_SHUFFLE, 0);
  for (gsize k = 0; k < N_CANDIDATES; k++)
    {
      simulator->random_equivalent (simulator, theta, &rng, candidate + k * P);
      us_symmetry_to_latent (prior, candidate + k * P, latent + k * P);
      nearest[k] = INFINITY;
    }
  us_symmetry_to_latent (prior, theta, taken);
  /* Time and again the one farthest from all that were taken before. */
  for (;;)
    {
      gsize farthest = 0;

      for (gsize k = 0; k < N_CANDIDATES; k++)
        {
          nearest[k] = MIN (nearest[k], distance (simulator, latent + k * P, taken));
          if (nearest[k] > nearest[farthest])
            farthest = k;
        }
      *all = nearest[farthest] < SAME;
      if (*all || n == max)
        break;
      memcpy (others + n++ * P, candidate + farthest * P, P * sizeof (double));
      memcpy (taken, latent + farthest * P, P * sizeof (double));
    }
  g_qsort_with_data (others, n, P * sizeof (double), compare_rows, GSIZE_TO_POINTER (P));
  return n;
}
