/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances between samples that are computed, not learnt: Wasserstein and maximum mean discrepancy. */
#include "config.h"

#include "us-two-sample.h"

#include "us-rng.h"
#include "us-sort.h"

#include <math.h>
#include <string.h>

/* N rows, D dimensions, S ways of dealing the rows to two samples. */

#define MEDIAN_ROWS 1000
#define BLOCK_ROWS  64       /* of the kernel's matrix, for one worker */

/* --- Wasserstein ------------------------------------------------------- */

typedef struct
{
  double value, weight;
} Atom;

static int
compare_atoms (const void *a,
               const void *b)
{
  const Atom *p = a, *q = b;

  return (p->value > q->value) - (p->value < q->value);
}

/* Atoms in rising order; their weights add up to `sign`.  FALSE: not finite, or weightless. */
static gboolean
fill_atoms (gsize         n,
            const double *value,
            gsize         stride,
            const double *weight,
            double        sign,
            Atom         *atoms)
{
  double total = 0;

  for (gsize i = 0; i < n; i++)
    {
      atoms[i].value = value[i * stride];
      atoms[i].weight = weight != NULL ? weight[i] : 1.0;
      if (!isfinite (atoms[i].value) || !isfinite (atoms[i].weight) || atoms[i].weight < 0)
        return FALSE;
      total += atoms[i].weight;
    }
  for (gsize i = 0; i < n; i++)
    atoms[i].weight *= sign / total;
  return total > 0;
}

static double
wasserstein (gsize         n_a,
             const double *a,
             const double *weight_a,
             gsize         n_b,
             const double *b,
             const double *weight_b)
{
  g_autofree Atom *atoms = g_new (Atom, n_a + n_b);
  double difference = 0, total = 0;

  if (!fill_atoms (n_a, a, 1, weight_a, 1.0, atoms) || !fill_atoms (n_b, b, 1, weight_b, -1.0, atoms + n_a))
    return NAN;
  qsort (atoms, n_a + n_b, sizeof *atoms, compare_atoms);
  /* F − G is a staircase with a step at each atom. */
  for (gsize i = 0; i + 1 < n_a + n_b; i++)
    {
      difference += atoms[i].weight;
      total += fabs (difference) * (atoms[i + 1].value - atoms[i].value);
    }
  return total;
}

double
us_wasserstein_1d (gsize         n_a,
                   const double *a,
                   const double *weight_a,
                   gsize         n_b,
                   const double *b,
                   const double *weight_b)
{
  g_return_val_if_fail (n_a > 0 && a != NULL && n_b > 0 && b != NULL, NAN);

  return wasserstein (n_a, a, weight_a, n_b, b, weight_b);
}

typedef struct
{
  gsize         n_a, n_b, dims;
  const double *a, *b, *weight_a, *weight_b;
  guint64       seed;
  double       *distance;     /* (directions) */
} Slices;

static void
project (gsize         n,
         const double *x,
         gsize         dims,
         const double *direction,
         double       *to)
{
  for (gsize i = 0; i < n; i++)
    {
      to[i] = 0;
      for (gsize d = 0; d < dims; d++)
        to[i] += x[i * dims + d] * direction[d];
    }
}

static void
slice_chunk (gpointer data,
             gsize    chunk,
             guint    worker)
{
  Slices *slices = data;
  g_autofree double *direction = g_new (double, slices->dims);
  g_autofree double *a = g_new (double, slices->n_a);
  g_autofree double *b = g_new (double, slices->n_b);
  double square = 0;
  UsRng rng;

  us_rng_init (&rng, slices->seed, US_RNG_EVALUATE, chunk);
  for (gsize d = 0; d < slices->dims; d++)
    {
      direction[d] = us_rng_normal (&rng);
      square += direction[d] * direction[d];
    }
  for (gsize d = 0; d < slices->dims; d++)
    direction[d] /= sqrt (square);
  project (slices->n_a, slices->a, slices->dims, direction, a);
  project (slices->n_b, slices->b, slices->dims, direction, b);
  slices->distance[chunk] = wasserstein (slices->n_a, a, slices->weight_a, slices->n_b, b, slices->weight_b);
}

double
us_wasserstein_sliced (gsize         n_a,
                       const double *a,
                       const double *weight_a,
                       gsize         n_b,
                       const double *b,
                       const double *weight_b,
                       gsize         dims,
                       guint         n_directions,
                       guint64       seed,
                       UsPool       *pool)
{
  Slices slices = { n_a, n_b, dims, a, b, weight_a, weight_b, seed, NULL };
  double total = 0;

  g_return_val_if_fail (n_a > 0 && a != NULL && n_b > 0 && b != NULL && dims > 0 && n_directions > 0, NAN);

  slices.distance = g_new0 (double, n_directions);
  us_pool_run (pool, n_directions, slice_chunk, &slices);
  for (guint k = 0; k < n_directions; k++)
    total += slices.distance[k] / n_directions;
  g_free (slices.distance);
  return total;
}

/* --- maximum mean discrepancy ------------------------------------------ */

static double
square_distance (const double *x,
                 const double *y,
                 gsize         dims)
{
  double total = 0;

  for (gsize d = 0; d < dims; d++)
    total += (x[d] - y[d]) * (x[d] - y[d]);
  return total;
}

static gboolean
all_finite (gsize         n,
            const double *x)
{
  for (gsize i = 0; i < n; i++)
    if (!isfinite (x[i]))
      return FALSE;
  return TRUE;
}

double
us_mmd_bandwidth (gsize         n,
                  const double *x,
                  gsize         dims,
                  guint64       seed)
{
  g_autofree gsize *row = NULL;
  g_autofree double *distance = NULL;
  gsize used = MIN (n, MEDIAN_ROWS), k = 0;
  UsRng rng;

  g_return_val_if_fail (n >= 2 && x != NULL && dims > 0, NAN);
  if (!all_finite (n * dims, x))
    return NAN;

  row = g_new (gsize, n);
  for (gsize i = 0; i < n; i++)
    row[i] = i;
  us_rng_init (&rng, seed, US_RNG_EVALUATE, 0);
  for (gsize i = 0; i < used && used < n; i++)
    {
      gsize j = i + us_rng_below (&rng, n - i), kept = row[i];

      row[i] = row[j];
      row[j] = kept;
    }

  distance = g_new (double, used * (used - 1) / 2);
  for (gsize i = 0; i < used; i++)
    for (gsize j = 0; j < i; j++)
      distance[k++] = square_distance (x + row[i] * dims, x + row[j] * dims, dims);
  us_sort_doubles (k, distance);
  return distance[k / 2] > 0 ? sqrt (distance[k / 2]) : 1.0;
}

static double
kernel (const double *x,
        const double *y,
        gsize         dims,
        double        bandwidth)
{
  return exp (-0.5 * square_distance (x, y, dims) / (bandwidth * bandwidth));
}

/* Sums of k(i, j) over pairs i ≠ j for each dealing s; u_is is 1 for what is in its first sample.
 * Blocks of rows do not depend on the workers. */
typedef struct
{
  double within;              /* Σ u_i k(i, j) u_j */
  double any;                 /* Σ u_i k(i, j) */
  double all;                 /* Σ k(i, j) */
} Sums;

typedef struct
{
  gsize         n, dims, n_dealings;
  const double *x;            /* (N, D) */
  const double *first;        /* (N, S) u */
  double        bandwidth;
  Sums         *partial;      /* (blocks, S) */
} Pairs;

static void
pairs_chunk (gpointer data,
             gsize    chunk,
             guint    worker)
{
  Pairs *pairs = data;
  gsize n_dealings = pairs->n_dealings, end = MIN ((chunk + 1) * BLOCK_ROWS, pairs->n);
  Sums *sums = pairs->partial + chunk * n_dealings;
  g_autofree double *product = g_new (double, n_dealings);       /* Σ_{j<i} k(i, j) u_j */

  for (gsize i = chunk * BLOCK_ROWS; i < end; i++)
    {
      const double *u = pairs->first + i * n_dealings;
      double row = 0;

      memset (product, 0, n_dealings * sizeof *product);
      for (gsize j = 0; j < i; j++)
        {
          double k = kernel (pairs->x + i * pairs->dims, pairs->x + j * pairs->dims, pairs->dims, pairs->bandwidth);
          const double *other = pairs->first + j * n_dealings;

          row += k;
          for (gsize s = 0; s < n_dealings; s++)
            product[s] += k * other[s];
        }
      for (gsize s = 0; s < n_dealings; s++)
        {
          sums[s].within += 2 * u[s] * product[s];
          sums[s].any += u[s] * row + product[s];
          sums[s].all += 2 * row;
        }
    }
}

/* The statistic of each dealing of the rows (N, D) to n_a and n_b = N − n_a of them. */
static void
fill_mmd (gsize         n_a,
          gsize         n,
          const double *x,
          gsize         dims,
          double        bandwidth,
          gsize         n_dealings,
          const double *first,         /* (N, S) */
          UsPool       *pool,
          double       *mmd)           /* (S) */
{
  gsize n_blocks = (n + BLOCK_ROWS - 1) / BLOCK_ROWS;
  g_autofree Sums *partial = g_new0 (Sums, n_blocks * n_dealings);
  Pairs pairs = { n, dims, n_dealings, x, first, bandwidth, partial };
  double a = (double) n_a, b = (double) (n - n_a);

  us_pool_run (pool, n_blocks, pairs_chunk, &pairs);
  for (gsize s = 0; s < n_dealings; s++)
    {
      Sums sum = { 0, 0, 0 };

      for (gsize k = 0; k < n_blocks; k++)
        {
          sum.within += partial[k * n_dealings + s].within;
          sum.any += partial[k * n_dealings + s].any;
          sum.all += partial[k * n_dealings + s].all;
        }
      mmd[s] = -2 * (sum.any - sum.within) / (a * b);
      if (n_a > 1)
        mmd[s] += sum.within / (a * (a - 1));
      if (n - n_a > 1)
        mmd[s] += (sum.all - 2 * sum.any + sum.within) / (b * (b - 1));
    }
}

/* Both samples below each other. */
static double *
join (gsize         n_a,
      const double *a,
      gsize         n_b,
      const double *b,
      gsize         dims)
{
  double *x = g_new (double, (n_a + n_b) * dims);

  memcpy (x, a, n_a * dims * sizeof *x);
  memcpy (x + n_a * dims, b, n_b * dims * sizeof *x);
  return x;
}

double
us_mmd (gsize         n_a,
        const double *a,
        gsize         n_b,
        const double *b,
        gsize         dims,
        double        bandwidth,
        UsPool       *pool)
{
  g_autofree double *x = NULL;
  g_autofree double *first = NULL;
  double mmd;

  g_return_val_if_fail (n_a > 0 && a != NULL && n_b > 0 && b != NULL && dims > 0 && bandwidth > 0, NAN);

  x = join (n_a, a, n_b, b, dims);
  if (!all_finite ((n_a + n_b) * dims, x))
    return NAN;
  first = g_new0 (double, n_a + n_b);
  for (gsize i = 0; i < n_a; i++)
    first[i] = 1;
  fill_mmd (n_a, n_a + n_b, x, dims, bandwidth, 1, first, pool, &mmd);
  return mmd;
}

double
us_mmd_permuted (gsize         n_a,
                 const double *a,
                 gsize         n_b,
                 const double *b,
                 gsize         dims,
                 double        bandwidth,
                 guint         n_permutations,
                 guint64       seed,
                 UsPool       *pool,
                 double       *statistic)
{
  gsize n = n_a + n_b, n_dealings = 1 + (gsize) n_permutations, as_large = 0;
  g_autofree double *x = NULL;
  g_autofree double *first = NULL;
  g_autofree double *mmd = NULL;
  g_autofree gsize *order = NULL;

  g_return_val_if_fail (n_a > 1 && a != NULL && n_b > 1 && b != NULL && dims > 0 && bandwidth > 0, NAN);
  g_return_val_if_fail (n_permutations > 0, NAN);

  x = join (n_a, a, n_b, b, dims);
  if (!all_finite (n * dims, x))
    {
      if (statistic != NULL)
        *statistic = NAN;
      return NAN;
    }

  /* Dealing 0 is the one that was given. */
  first = g_new0 (double, n * n_dealings);
  order = g_new (gsize, n);
  for (gsize i = 0; i < n; i++)
    order[i] = i;
  for (gsize s = 0; s < n_dealings; s++)
    {
      UsRng rng;

      us_rng_init (&rng, seed, US_RNG_SHUFFLE, s);
      for (gsize i = 0; i < n_a; i++)
        {
          if (s > 0)
            {
              gsize j = i + us_rng_below (&rng, n - i), kept = order[i];

              order[i] = order[j];
              order[j] = kept;
            }
          first[order[i] * n_dealings + s] = 1;
        }
    }
  mmd = g_new (double, n_dealings);
  fill_mmd (n_a, n, x, dims, bandwidth, n_dealings, first, pool, mmd);
  for (gsize s = 1; s < n_dealings; s++)
    as_large += mmd[s] >= mmd[0];
  if (statistic != NULL)
    *statistic = mmd[0];
  return (1.0 + (double) as_large) / (double) n_dealings;
}

/* --- against what simulations give ------------------------------------- */

typedef struct
{
  gsize         n_rows, n_reference, dims;
  const double *observed;     /* (n_rows, D) */
  const double *null_sets;    /* (n_null, n_rows, D) */
  const double *reference;    /* (n_reference, D) */
  double        bandwidth;
  double       *mmd;          /* (1 + n_null): the observed, then the simulated sets; less what all share */
} Simulated;

static void
simulated_chunk (gpointer data,
                 gsize    chunk,
                 guint    worker)
{
  Simulated *self = data;
  gsize n = self->n_rows, dims = self->dims;
  const double *rows = chunk == 0 ? self->observed : self->null_sets + (chunk - 1) * n * dims;
  double across = 0, within = 0;

  for (gsize i = 0; i < n; i++)
    {
      for (gsize j = 0; j < self->n_reference; j++)
        across += kernel (rows + i * dims, self->reference + j * dims, dims, self->bandwidth);
      for (gsize j = 0; j < i; j++)
        within += 2 * kernel (rows + i * dims, rows + j * dims, dims, self->bandwidth);
    }
  self->mmd[chunk] = -2 * across / ((double) n * (double) self->n_reference);
  if (n > 1)
    self->mmd[chunk] += within / ((double) n * (double) (n - 1));
}

double
us_mmd_simulated (gsize         n_observed,
                  const double *observed,
                  gsize         n_null,
                  const double *null_sets,
                  gsize         n_reference,
                  const double *reference,
                  gsize         dims,
                  double        bandwidth,
                  UsPool       *pool,
                  double       *statistic)
{
  Simulated self = { n_observed, n_reference, dims, observed, null_sets, reference, bandwidth, NULL };
  gsize as_large = 0;
  double p;

  g_return_val_if_fail (n_observed > 0 && observed != NULL && n_null > 0 && null_sets != NULL, NAN);
  g_return_val_if_fail (n_reference > 1 && reference != NULL && dims > 0 && bandwidth > 0, NAN);

  if (statistic != NULL)
    *statistic = NAN;
  if (!all_finite (n_observed * dims, observed) || !all_finite (n_null * n_observed * dims, null_sets)
      || !all_finite (n_reference * dims, reference))
    return NAN;
  self.mmd = g_new (double, 1 + n_null);
  us_pool_run (pool, 1 + n_null, simulated_chunk, &self);
  for (gsize s = 1; s <= n_null; s++)
    as_large += self.mmd[s] >= self.mmd[0];
  p = (1.0 + (double) as_large) / (double) (1 + n_null);
  g_free (self.mmd);
  if (statistic != NULL)
    *statistic = us_mmd (n_observed, observed, n_reference, reference, dims, bandwidth, pool);
  return p;
}
