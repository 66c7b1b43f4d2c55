/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How unusual an observation is among simulated ones: its distance and its discrepancy among theirs. */
#include "config.h"

#include "us-attribution-private.h"

#include "us-rng.h"
#include "us-sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define B US_ATTRIBUTION_BLOCK
#define HELD_OUT 1000           /* unless told */
#define REFERENCES 2000         /* rows that stand for the bank in the discrepancy */
#define NEIGHBOUR 5             /* one row alone may be an outlier too */
#define QUERIES 64              /* that a worker compares with a tile at a time */
#define TILE_FLOATS 4096        /* of the bank that stay in the innermost cache meanwhile, */
#define MAX_TILE 32             /* in at most so many blocks */
#define SEED 20250918           /* which rows are held out */
#define UNUSUAL 0.05
#define UNLIKE_ANY 0.005
#define FAR_BEYOND 1.5          /* times the farthest held-out row */

/* -- distances ------------------------------------------------------------- */

typedef struct
{
  UsAttribution        *self;
  const gsize          *held_out;       /* (n_held_out) finite rows */
  UsAttributionProgress progress;
  gpointer              data;
  const gint           *cancelled;
  gint                  stopped;
  gint                  tiles_done;
  gsize                 tile;           /* blocks */
  gsize                 n_tiles;        /* in all */
  double                percent;        /* reported; of worker 0 */
} HeldOut;

/* The squared distances of the nearest rows so far, rising. */
static void
insert (float *nearest,         /* (n) */
        gsize  n,
        float  squared)
{
  gsize i = n - 1;

  for (; i > 0 && nearest[i - 1] > squared; i--)
    nearest[i] = nearest[i - 1];
  nearest[i] = squared;
}

static void
compare_tile (const UsAttribution *self,
              gsize                first,       /* block */
              gsize                n,
              const float         *query,
              gsize                own,         /* the row that asks: not its own neighbour */
              float               *nearest)     /* (neighbour) */
{
  float squared[MAX_TILE * B];
  gsize k = self->neighbour;

  self->kernel (self->blocks + first * self->n_summaries * B, n, self->n_summaries, query, squared);
  for (gsize block = 0; block < n; block++)
    {
      const float *own_block = squared + block * B;
      gsize row = (first + block) * B, rows = MIN (B, self->n - row);
      gint any = 0;

      /* next to never, once the nearest are known: so this is all that most blocks cost */
      for (gsize i = 0; i < B; i++)
        any |= own_block[i] < nearest[k - 1];
      for (gsize i = 0; any && i < rows; i++)
        if (own_block[i] < nearest[k - 1] && row + i != own)
          insert (nearest, k, own_block[i]);
    }
}

static void
report_tile (HeldOut *work,
             guint    worker)
{
  gint done = g_atomic_int_add (&work->tiles_done, 1) + 1;

  if (work->cancelled != NULL && g_atomic_int_get (work->cancelled))
    g_atomic_int_set (&work->stopped, 1);
  /* worker 0 is the calling thread */
  if (worker == 0 && work->progress != NULL && 100.0 * done >= (work->percent + 1.0) * work->n_tiles)
    {
      work->percent = 100.0 * done / work->n_tiles;
      work->progress ((double) done / work->n_tiles, work->data);
    }
}

static void
held_out_chunk (gpointer data,
                gsize    chunk,
                guint    worker)
{
  HeldOut *work = data;
  UsAttribution *self = work->self;
  gsize s_count = self->n_summaries, k = self->neighbour;
  gsize first = chunk * QUERIES, count = MIN (QUERIES, self->n_held_out - first);
  g_autofree float *query = g_new (float, count * s_count), *nearest = g_new (float, count * k);

  for (gsize q = 0; q < count; q++)
    us_attribution_get_row (self, work->held_out[first + q], query + q * s_count);
  for (gsize i = 0; i < count * k; i++)
    nearest[i] = INFINITY;
  for (gsize block = 0; block < self->n_blocks && !g_atomic_int_get (&work->stopped); block += work->tile)
    {
      for (gsize q = 0; q < count; q++)
        compare_tile (self, block, MIN (work->tile, self->n_blocks - block), query + q * s_count,
                      work->held_out[first + q], nearest + q * k);
      report_tile (work, worker);
    }
  for (gsize q = 0; q < count; q++)
    self->held_out_distance[first + q] = sqrt (nearest[q * k + k - 1]);
}

/* -- discrepancy ------------------------------------------------------------ */

static double
squared_distance (gsize        n,
                  const float *a,
                  const float *b)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
  return sum;
}

/* Inverse multiquadrics of three widths round the median distance: 1 for the same point, and so long in the
 * tail that what is very far still differs from what is far. */
static double
similarity (const UsAttribution *self,
            const float         *a,
            const float         *b)
{
  double squared = squared_distance (self->n_summaries, a, b), c = self->kernel_scale, sum = 0;

  for (double width = 0.25; width <= 4; width *= 4)
    sum += width * c / (width * c + squared);
  return sum / 3;
}

/* With the references, without the row itself where it is one of them (own: its index; n: none). */
static double
mean_similarity (const UsAttribution *self,
                 const float         *whitened,
                 gsize                own)
{
  double sum = 0;
  gsize n = 0;

  for (gsize r = 0; r < self->n_references; r++)
    if (self->reference_index[r] != own)
      {
        sum += similarity (self, whitened, self->references + r * self->n_summaries);
        n++;
      }
  return sum / n;
}

typedef struct
{
  UsAttribution *self;
  const gsize   *held_out;
  double        *sums;          /* (n_references) */
} Discrepancy;

static void
reference_chunk (gpointer data,
                 gsize    r,
                 guint    worker)
{
  Discrepancy *work = data;
  UsAttribution *self = work->self;

  work->sums[r] = mean_similarity (self, self->references + r * self->n_summaries, self->reference_index[r]);
}

static void
discrepancy_chunk (gpointer data,
                   gsize    i,
                   guint    worker)
{
  Discrepancy *work = data;
  UsAttribution *self = work->self;
  g_autofree float *row = g_new (float, self->n_summaries);

  us_attribution_get_row (self, work->held_out[i], row);
  self->held_out_mmd[i] = 1 + self->reference_mean - 2 * mean_similarity (self, row, work->held_out[i]);
}

/* Rows evenly through the bank stand for it; their median distance is the kernel's width. */
static void
choose_references (UsAttribution *self)
{
  gsize n = MIN (REFERENCES, self->n), s_count = self->n_summaries, n_pairs = MIN (n - 1, 1000);
  g_autofree double *squared = g_new (double, n_pairs);

  self->n_references = n;
  self->references = g_new (float, n * s_count);
  self->reference_index = g_new (gsize, n);
  for (gsize r = 0; r < n; r++)
    {
      self->reference_index[r] = (gsize) ((double) r * self->n / n);
      us_attribution_get_row (self, self->reference_index[r], self->references + r * s_count);
    }
  /* each with the one half the bank away, so that neighbours in a sorted bank are not the pairs */
  for (gsize i = 0; i < n_pairs; i++)
    squared[i] = squared_distance (s_count, self->references + i * s_count,
                                   self->references + (i + n / 2) % n * s_count);
  us_sort_doubles (n_pairs, squared);
  self->kernel_scale = MAX (squared[n_pairs / 2], 1e-6 * s_count);
}

static void
measure_discrepancy (UsAttribution *self,
                     const gsize   *held_out,
                     UsPool        *pool)
{
  Discrepancy work = { self, held_out, NULL };

  choose_references (self);
  work.sums = g_new (double, self->n_references);
  us_pool_run (pool, self->n_references, reference_chunk, &work);
  self->reference_mean = 0;
  for (gsize r = 0; r < self->n_references; r++)
    self->reference_mean += work.sums[r] / self->n_references;
  us_pool_run (pool, self->n_held_out, discrepancy_chunk, &work);
  g_free (work.sums);
}

gboolean
us_attribution_make_held_out (UsAttribution        *self,
                              gsize                 n_held_out,
                              UsPool               *pool,
                              UsAttributionProgress progress,
                              gpointer              data,
                              const gint           *cancelled)
{
  g_autofree gsize *held_out = g_new (gsize, self->n);
  gsize n = MIN (n_held_out > 0 ? n_held_out : HELD_OUT, self->n);
  gsize n_chunks = (n + QUERIES - 1) / QUERIES;
  gsize tile = CLAMP (TILE_FLOATS / (self->n_summaries * B), 1, MAX_TILE);
  HeldOut work = { .self = self, .held_out = held_out, .progress = progress, .data = data, .cancelled = cancelled,
                   .tile = tile, .n_tiles = (self->n_blocks + tile - 1) / tile * n_chunks };
  UsRng rng;

  us_rng_init (&rng, SEED, US_RNG_EVALUATE, 0);
  for (gsize i = 0; i < self->n; i++)
    held_out[i] = i;
  for (gsize i = 0; i < n; i++)
    {
      gsize j = i + us_rng_below (&rng, self->n - i), kept = held_out[i];

      held_out[i] = held_out[j];
      held_out[j] = kept;
    }
  self->n_held_out = n;
  self->neighbour = MIN (NEIGHBOUR, self->n - 1);
  self->held_out_distance = g_new (double, n);
  self->held_out_mmd = g_new (double, n);
  us_pool_run (pool, n_chunks, held_out_chunk, &work);
  if (work.stopped)
    return FALSE;
  measure_discrepancy (self, held_out, pool);
  us_sort_doubles (n, self->held_out_distance);
  us_sort_doubles (n, self->held_out_mmd);
  if (progress != NULL)
    progress (1, data);
  return TRUE;
}

/* -- the observation --------------------------------------------------------- */

/* How many of values (n), rising, are below `value`. */
static gsize
n_below (const double *values,
         gsize         n,
         double        value)
{
  gsize low = 0, high = n;

  while (low < high)
    {
      gsize middle = low + (high - low) / 2;

      if (values[middle] < value)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

UsUsualLevel
us_usual_level_of (const UsUsual *usual,
                   guint          n_looks)
{
  double p = n_looks * usual->p;

  if (p <= UNLIKE_ANY || usual->distance > FAR_BEYOND * usual->farthest)
    return US_UNLIKE_ANY;
  return p <= UNUSUAL ? US_UNUSUAL : US_USUAL;
}

gboolean
us_attribution_usual (const UsAttribution *self,
                      const float         *h,
                      UsPool              *pool,
                      UsUsual             *usual)
{
  gsize n = self->n_held_out, below;
  g_autofree float *whitened = g_new (float, self->n_summaries), *squared = NULL;
  g_autoptr(GArray) nearest = NULL;

  if (!us_attribution_whiten (self, h, whitened))
    return FALSE;
  squared = g_new (float, self->n_blocks * B);
  us_attribution_search (self, whitened, 0, self->n_blocks, pool, squared);
  nearest = us_attribution_nearest (self->n, squared, self->neighbour);
  memset (usual, 0, sizeof *usual);
  usual->n_held_out = n;
  usual->distance = sqrt (g_array_index (nearest, UsCandidate, self->neighbour - 1).squared);
  usual->typical = self->held_out_distance[n / 2];
  usual->farthest = self->held_out_distance[n - 1];
  below = n_below (self->held_out_distance, n, usual->distance);
  usual->nearer = (double) below / n;
  usual->p_distance = (1.0 + n - below) / (1.0 + n);
  usual->mmd = 1 + self->reference_mean - 2 * mean_similarity (self, whitened, self->n);
  usual->p_mmd = (1.0 + n - n_below (self->held_out_mmd, n, usual->mmd)) / (1.0 + n);
  usual->p = MIN (1, 2 * MIN (usual->p_distance, usual->p_mmd));
  usual->level = us_usual_level_of (usual, 1);
  return TRUE;
}

/* Of m rows against the bank, unbiased but for the bank's own part, which is the same for all. */
static double
discrepancy_of (const UsAttribution *self,
                gsize                m,
                const float         *whitened,  /* (m, S) */
                const double        *mean)      /* (m) similarity to the bank */
{
  gsize s_count = self->n_summaries;
  double among = 0, between = 0;

  for (gsize i = 0; i < m; i++)
    {
      between += mean[i] / m;
      for (gsize j = 0; j < i; j++)
        among += 2 * similarity (self, whitened + i * s_count, whitened + j * s_count);
    }
  return (m + among) / ((double) m * m) + self->reference_mean - 2 * between;
}

double
us_attribution_mmd_test (const UsAttribution *self,
                         gsize                m,
                         const float         *h,
                         gsize                n_null,
                         guint64              seed,
                         double              *mmd)
{
  gsize s_count = self->n_summaries, as_far = 0;
  g_autofree float *whitened = g_new (float, m * s_count);
  g_autofree double *mean = g_new (double, m);
  double observed;

  g_return_val_if_fail (m > 0 && n_null > 0, NAN);

  for (gsize i = 0; i < m; i++)
    {
      if (!us_attribution_whiten (self, h + i * s_count, whitened + i * s_count))
        return NAN;
      mean[i] = mean_similarity (self, whitened + i * s_count, self->n);
    }
  observed = discrepancy_of (self, m, whitened, mean);
  for (gsize draw = 0; draw < n_null; draw++)
    {
      UsRng rng;

      us_rng_init (&rng, seed, US_RNG_EVALUATE, draw);
      for (gsize i = 0; i < m; i++)
        {
          gsize row = us_rng_below (&rng, self->n);

          us_attribution_get_row (self, row, whitened + i * s_count);
          mean[i] = mean_similarity (self, whitened + i * s_count, row);
        }
      as_far += discrepancy_of (self, m, whitened, mean) >= observed;
    }
  if (mmd != NULL)
    *mmd = observed;
  return (1.0 + as_far) / (1.0 + n_null);
}
