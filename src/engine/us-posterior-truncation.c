/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The prior cut to where the posterior of one observation can be (Deistler, Goncalves, Macke 2022): what is drawn there
 * has the prior's own density up to a constant, so that plain maximum likelihood goes on being right. */
#include "config.h"

#include "us-posterior-private.h"

#include "us-error.h"
#include "us-rng.h"
#include "us-sort.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* Q parameters of the simulator, P of them targets, V values of x, C cuts. */

#define DRAWS       10000        /* of a posterior, for its cut */
#define LEFT_OUT    1e-4         /* of its mass */
#define CHUNK       256
#define LEAST_CHUNKS 16
#define MARGIN      0.02         /* of the range of the draws: how far a box goes beyond them */
#define LOW         0.02         /* share of draws of the box that are inside: with less the posterior's own draws are weighted */
#define POOL        32           /* of those so many for each that is wanted */
#define LEAST_WANTED 256         /* a few that are drawn again are picked from as many as these would be */
#define MOST_CHUNKS 4096         /* of a wave of draws */
#define PLAIN       4096         /* draws that tell how much of the product the prior's constraint leaves */
#define INFLATION   2.0          /* their latents so many times as wide: weights of a uniform target stay within e^(r²/8) */
#define TRIES       100000       /* of one parameter to fall into its interval */
#define MOST_DRAWS  ((gsize) 1 << 26)

typedef struct
{
  UsPosterior *model;
  double       least;            /* log density */
} Cut;

struct _UsTruncation
{
  const UsPrior *prior;          /* borrowed, as x and targets */
  const float   *x;
  gsize          n_targets;
  const gsize   *targets;        /* (P) */
  gboolean       product;        /* the prior is one of independent parameters, but for a constraint */
  double         accepted;       /* share of that product which the constraint leaves */
  double        *lower, *upper;  /* (Q): the box of all cuts */
  GArray        *cuts;           /* of Cut */
};

static void
cut_clear (gpointer data)
{
  us_posterior_unref (((Cut *) data)->model);
}

/* Share of the product of a prior's distributions that its constraint leaves. */
static double
share_accepted (const UsPrior *prior)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  g_autofree double *theta = g_new (double, simulator->n_parameters);
  gsize n = 0;

  if (simulator->accepts == NULL)
    return 1.0;
  for (gsize i = 0; i < PLAIN; i++)
    {
      UsRng rng;

      us_rng_init (&rng, 0, US_RNG_PRIOR, i);
      for (gsize q = 0; q < simulator->n_parameters; q++)
        theta[q] = us_distribution_draw (us_prior_distribution (prior, q), &simulator->parameters[q], &rng);
      n += simulator->accepts (simulator, theta);
    }
  return (double) MAX (n, 1) / PLAIN;
}

UsTruncation *
us_truncation_new (const UsPrior *prior,
                   const float   *x,
                   gsize          n_targets,
                   const gsize   *targets)
{
  UsTruncation *self = g_new0 (UsTruncation, 1);
  const UsSimulator *simulator = us_prior_simulator (prior);

  self->prior = prior;
  self->x = x;
  self->n_targets = n_targets;
  self->targets = targets;
  self->product = simulator->draw == NULL || !us_prior_is_default (prior);
  self->accepted = self->product ? share_accepted (prior) : 1.0;
  self->lower = g_new (double, simulator->n_parameters);
  self->upper = g_new (double, simulator->n_parameters);
  for (gsize q = 0; q < simulator->n_parameters; q++)
    us_prior_range (prior, q, &self->lower[q], &self->upper[q]);
  self->cuts = g_array_new (FALSE, FALSE, sizeof (Cut));
  g_array_set_clear_func (self->cuts, cut_clear);
  return self;
}

void
us_truncation_free (UsTruncation *self)
{
  if (self == NULL)
    return;
  g_free (self->lower);
  g_free (self->upper);
  g_array_unref (self->cuts);
  g_free (self);
}

/* The box of the draws, a little larger, within what there was; whole numbers keep their cells. */
static void
narrow_box (UsTruncation *self,
            gsize         n,
            const double *theta)         /* (n, P) */
{
  gsize P = self->n_targets;

  for (gsize p = 0; p < P; p++)
    {
      gsize q = self->targets[p];
      double low = theta[p], high = theta[p], margin;

      for (gsize i = 1; i < n; i++)
        {
          low = MIN (low, theta[i * P + p]);
          high = MAX (high, theta[i * P + p]);
        }
      margin = MARGIN * (high - low);
      self->lower[q] = MAX (self->lower[q], low - margin);
      self->upper[q] = MIN (self->upper[q], high + margin);
    }
}

gboolean
us_truncation_add (UsTruncation  *self,
                   UsPosterior   *model,
                   guint64        seed,
                   GError       **error)
{
  g_autofree double *theta = g_new (double, DRAWS * self->n_targets);
  g_autofree double *density = g_new (double, DRAWS);
  Cut cut = { .model = us_posterior_ref (model) };

  g_return_val_if_fail (us_posterior_n_parameters (model) == self->n_targets, FALSE);

  if (!us_posterior_sample (model, self->x, DRAWS, seed, theta, error)
      || !us_posterior_log_density (model, self->x, DRAWS, theta, density, error))
    {
      us_posterior_unref (model);
      return FALSE;
    }
  qsort (density, DRAWS, sizeof (double), us_compare_doubles);
  cut.least = density[(gsize) (LEFT_OUT * DRAWS)];
  narrow_box (self, DRAWS, theta);
  g_array_append_val (self->cuts, cut);
  return TRUE;
}

static gboolean
in_box (const UsTruncation *self,
        const double       *theta)         /* (Q) */
{
  for (gsize p = 0; p < self->n_targets; p++)
    {
      gsize q = self->targets[p];

      if (!(theta[q] >= self->lower[q] && theta[q] <= self->upper[q]))
        return FALSE;
    }
  return TRUE;
}

void
us_truncation_test (const UsTruncation *self,
                    gsize               n,
                    const double       *theta,
                    gboolean           *inside)
{
  gsize P = self->n_targets, Q = us_prior_simulator (self->prior)->n_parameters, n_left = 0;
  g_autofree gsize *left = g_new (gsize, n + 1);
  g_autofree double *targets = g_new (double, n * P + 1);
  g_autofree double *density = g_new (double, n + 1);

  for (gsize i = 0; i < n; i++)
    if ((inside[i] = in_box (self, theta + i * Q)))
      left[n_left++] = i;
  /* the newest is the narrowest */
  for (guint c = self->cuts->len; c-- > 0 && n_left > 0;)
    {
      const Cut *cut = &g_array_index (self->cuts, Cut, c);
      gsize still = 0;

      for (gsize k = 0; k < n_left; k++)
        for (gsize p = 0; p < P; p++)
          targets[k * P + p] = theta[left[k] * Q + self->targets[p]];
      us_posterior_log_proposal (cut->model, self->x, n_left, targets, 1.0, density);
      for (gsize k = 0; k < n_left; k++)
        if ((inside[left[k]] = density[k] >= cut->least))
          left[still++] = left[k];
      n_left = still;
    }
}

/* --- draws of the prior that are inside ----------------------------------------------- */

typedef struct
{
  const UsTruncation *self;
  guint64   seed;
  gsize     first;               /* candidate */
  double   *theta;               /* (chunks CHUNK, Q) */
  gboolean *inside;              /* (chunks CHUNK) */
  guint64  *tries;               /* (chunks, Q): draws of each parameter until it was in the box */
  const gint *cancelled;
} Wave;

static gboolean
is_stopped (const gint *cancelled)
{
  return cancelled != NULL && g_atomic_int_get (cancelled) != 0;
}

/* One draw of a product prior in the box, parameter by parameter; what each took is added to tries (Q). */
static gboolean
draw_in_box (const UsTruncation *self,
             UsRng              *rng,
             double             *theta,
             guint64            *tries)
{
  const UsSimulator *simulator = us_prior_simulator (self->prior);

  for (gsize q = 0; q < simulator->n_parameters; q++)
    {
      guint n = 0;

      do
        theta[q] = us_distribution_draw (us_prior_distribution (self->prior, q), &simulator->parameters[q], rng);
      while (++n < TRIES && !(theta[q] >= self->lower[q] && theta[q] <= self->upper[q]));
      tries[q] += n;
      if (n == TRIES)
        return FALSE;
    }
  return simulator->accepts == NULL || simulator->accepts (simulator, theta);
}

static void
draw_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  Wave *wave = data;
  const UsTruncation *self = wave->self;
  gsize Q = us_prior_simulator (self->prior)->n_parameters, n = 0;
  double *theta = wave->theta + chunk * CHUNK * Q;
  gboolean *inside = wave->inside + chunk * CHUNK, drawn[CHUNK];
  gsize place[CHUNK];
  g_autofree double *packed = g_new (double, CHUNK * Q);
  gboolean packed_inside[CHUNK];

  for (gsize i = 0; i < CHUNK; i++)
    {
      UsRng rng;

      us_rng_init (&rng, wave->seed, US_RNG_PRIOR, wave->first + chunk * CHUNK + i);
      drawn[i] = self->product ? draw_in_box (self, &rng, theta + i * Q, wave->tries + chunk * Q)
                 : us_prior_sample (self->prior, &rng, theta + i * Q);
      inside[i] = FALSE;
      if (is_stopped (wave->cancelled))
        return;
      if (!drawn[i])
        continue;
      memcpy (packed + n * Q, theta + i * Q, Q * sizeof (double));
      place[n++] = i;
    }
  us_truncation_test (self, n, packed, packed_inside);
  for (gsize k = 0; k < n; k++)
    inside[place[k]] = packed_inside[k];
}

static gboolean
is_cancelled (const gint *cancelled,
              GError    **error)
{
  if (!is_stopped (cancelled))
    return FALSE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  return TRUE;
}

/* Share of the prior in the box, by how long it took to draw there n_drawn times. */
static double
mass_of_box (gsize          Q,
             const guint64 *tries,         /* (Q) */
             gsize          n_drawn)
{
  double mass = 1.0;

  for (gsize q = 0; q < Q; q++)
    mass *= tries[q] > 0 ? (double) n_drawn / (double) tries[q] : 1.0;
  return mass;
}

/* How many were found; fewer than n: they are too rare.  acceptance: of all draws of the prior. */
static gsize
reject (const UsTruncation *self,
        gsize               n,
        guint64             seed,
        UsPool             *pool,
        const gint         *cancelled,
        double             *theta,
        double             *acceptance)
{
  gsize Q = us_prior_simulator (self->prior)->n_parameters, n_found = 0, n_chunks = CLAMP (2 * n / CHUNK, LEAST_CHUNKS, MOST_CHUNKS);
  gsize n_drawn = 0, n_inside = 0;
  g_autofree double *drawn = g_new (double, n_chunks * CHUNK * Q);
  g_autofree gboolean *inside = g_new (gboolean, n_chunks * CHUNK);
  g_autofree guint64 *tries = g_new0 (guint64, n_chunks * Q);
  g_autofree guint64 *all_tries = g_new0 (guint64, Q);
  Wave wave = { .self = self, .seed = seed, .theta = drawn, .inside = inside, .tries = tries,
                .cancelled = cancelled };

  while (n_found < n && n_drawn < MOST_DRAWS)
    {
      us_pool_run (pool, n_chunks, draw_chunk, &wave);
      if (is_stopped (cancelled))
        return 0;
      wave.first = n_drawn += n_chunks * CHUNK;
      for (gsize i = 0; i < n_chunks * CHUNK; i++)
        {
          n_inside += inside[i];
          if (inside[i] && n_found < n)
            memcpy (theta + n_found++ * Q, drawn + i * Q, Q * sizeof (double));
        }
      for (gsize i = 0; i < n_chunks * Q; i++)
        {
          all_tries[i % Q] += tries[i];
          tries[i] = 0;
        }
      *acceptance = MIN (mass_of_box (Q, all_tries, n_drawn) * (double) n_inside / (double) n_drawn / self->accepted, 1.0);
      if (self->product && (double) n_inside < LOW * (double) n_drawn)
        break;
    }
  return n_found;
}

/* --- draws of the posterior, weighted ---------------------------------------------------- */

typedef struct
{
  const UsTruncation *self;
  guint64  seed;
  gsize    n;
  double  *theta;                /* (n, Q) */
  double  *weight;               /* (n): logarithms */
  const gint *cancelled;
} Weighting;

/* Log density of the targets under the prior, but for a constant. */
static double
log_prior (const UsTruncation *self,
           const double       *theta)      /* (Q) */
{
  const UsSimulator *simulator = us_prior_simulator (self->prior);
  double sum = 0.0;

  if (simulator->accepts != NULL && !simulator->accepts (simulator, theta))
    return -INFINITY;
  for (gsize p = 0; p < self->n_targets; p++)
    {
      gsize q = self->targets[p];

      sum += log (us_distribution_density (us_prior_distribution (self->prior, q), &simulator->parameters[q], theta[q]));
    }
  return sum;
}

static void
weigh_chunk (gpointer data,
             gsize    chunk,
             guint    worker)
{
  Weighting *job = data;
  const UsTruncation *self = job->self;
  const UsSimulator *simulator = us_prior_simulator (self->prior);
  const UsPosterior *model = g_array_index (self->cuts, Cut, self->cuts->len - 1).model;
  gsize P = self->n_targets, Q = simulator->n_parameters, first = chunk * CHUNK, n = MIN (CHUNK, job->n - first);
  g_autofree double *targets = g_new (double, CHUNK * P);
  double proposal[CHUNK];
  gboolean inside[CHUNK];

  for (gsize i = 0; i < n; i++)
    job->weight[first + i] = -INFINITY;
  if (is_stopped (job->cancelled))
    return;
  us_posterior_propose (model, self->x, n, job->seed + chunk, INFLATION, targets);
  us_posterior_log_proposal (model, self->x, n, targets, INFLATION, proposal);
  for (gsize i = 0; i < n; i++)
    {
      double *theta = job->theta + (first + i) * Q;
      UsRng rng;

      /* what is not asked for comes from the prior */
      us_rng_init (&rng, job->seed, US_RNG_PRIOR, first + i);
      for (gsize q = 0; q < Q; q++)
        theta[q] = us_distribution_draw (us_prior_distribution (self->prior, q), &simulator->parameters[q], &rng);
      for (gsize p = 0; p < P; p++)
        theta[self->targets[p]] = targets[i * P + p];
    }
  us_truncation_test (self, n, job->theta + first * Q, inside);
  for (gsize i = 0; i < n; i++)
    job->weight[first + i] = inside[i] ? log_prior (self, job->theta + (first + i) * Q) - proposal[i] : -INFINITY;
}

/* Systematic resampling: draw k is where the running sum of weights passes (k + u) / n. */
gboolean
us_truncation_resample (const UsTruncation *self,
                        gsize               n,
                        guint64             seed,
                        UsPool             *pool,
                        const gint         *cancelled,
                        double             *theta,
                        GError            **error)
{
  gsize Q = us_prior_simulator (self->prior)->n_parameters, from = 0, pool_size, n_numbers;
  g_autofree double *candidates = NULL, *weight = NULL;
  Weighting job = { .self = self, .seed = seed, .cancelled = cancelled };
  double most = -INFINITY, sum = 0.0, running, offset;
  UsRng rng;

  if (g_size_checked_mul (&pool_size, MAX (n, LEAST_WANTED), POOL) && g_size_checked_mul (&n_numbers, pool_size, Q))
    {
      candidates = g_try_new (double, n_numbers);
      weight = g_try_new (double, pool_size);
    }
  if (candidates == NULL || weight == NULL)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE, _("%zu rows of %zu values do not fit into memory"), n, POOL * Q);
      return FALSE;
    }
  job.n = pool_size;
  job.theta = candidates;
  job.weight = weight;
  us_pool_run (pool, (pool_size + CHUNK - 1) / CHUNK, weigh_chunk, &job);
  if (is_cancelled (cancelled, error))
    return FALSE;
  for (gsize i = 0; i < pool_size; i++)
    most = MAX (most, weight[i]);
  if (!isfinite (most))
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                           _("the posterior of this observation has no draw that the prior allows: "
                             "there is nothing to refine"));
      return FALSE;
    }
  for (gsize i = 0; i < pool_size; i++)
    sum += weight[i] = exp (weight[i] - most);
  us_rng_init (&rng, seed, US_RNG_SHUFFLE, 0);
  offset = us_rng_uniform (&rng);
  running = weight[0];
  for (gsize k = 0; k < n; k++)
    {
      while (running < sum * ((double) k + offset) / (double) n && from + 1 < pool_size)
        running += weight[++from];
      memcpy (theta + k * Q, candidates + from * Q, Q * sizeof (double));
    }
  return TRUE;
}

gboolean
us_truncation_draw (const UsTruncation *self,
                    gsize               n,
                    guint64             seed,
                    UsPool             *pool,
                    const gint         *cancelled,
                    double             *theta,
                    double             *acceptance,
                    gboolean           *resampled,
                    GError            **error)
{
  gsize n_found = reject (self, n, seed, pool, cancelled, theta, acceptance);

  *resampled = n_found < n;
  if (is_cancelled (cancelled, error))
    return FALSE;
  if (n_found == n)
    return TRUE;
  if (self->product)
    return us_truncation_resample (self, n, seed, pool, cancelled, theta, error);
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
               _("only %zu of %zu draws of the prior lie where this observation's posterior is: it is "
                 "too narrow to be refined by drawing from this prior"), n_found, MOST_DRAWS);
  return FALSE;
}
