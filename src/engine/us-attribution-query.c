/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One query: all distances, the nearest rows, their weights. */
#include "config.h"

#include "us-attribution-private.h"

#include "us-error.h"
#include "us-sort.h"

#include <float.h>
#include <gio/gio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define B US_ATTRIBUTION_BLOCK
#define CHUNK 256                       /* blocks a worker takes at a time */
#define SEGMENT ((gsize) 1000000 / B)   /* blocks between two reports of progress */
#define SAMPLE 16384                    /* distances that tell where the nearest rows end */
#define LIGHTEST 1e-6                   /* of a Gaussian's weights, beside the nearest row's */
#define STEPS 100                       /* of bisections */

typedef struct
{
  const UsAttribution *self;
  const float         *whitened;
  gsize                first, n;        /* blocks */
  float               *out;
} Search;

static void
search_chunk (gpointer data,
              gsize    chunk,
              guint    worker)
{
  const Search *search = data;
  gsize s_count = search->self->n_summaries, first = chunk * CHUNK;

  search->self->kernel (search->self->blocks + (search->first + first) * s_count * B,
                        MIN (CHUNK, search->n - first), s_count, search->whitened, search->out + first * B);
}

void
us_attribution_search (const UsAttribution *self,
                       const float         *whitened,
                       gsize                first,
                       gsize                n,
                       UsPool              *pool,
                       float               *out)
{
  Search search = { self, whitened, first, n, out };

  us_pool_run (pool, (n + CHUNK - 1) / CHUNK, search_chunk, &search);
}

/* -- the nearest --------------------------------------------------------- */

static int
compare_candidates (const void *a,
                    const void *b)
{
  const UsCandidate *x = a, *y = b;

  if (x->squared != y->squared)
    return x->squared < y->squared ? -1 : 1;
  return (x->index > y->index) - (x->index < y->index);
}

GArray *
us_attribution_nearest (gsize        n,
                        const float *squared,
                        gsize        wanted)
{
  gsize stride = n / SAMPLE + 1, n_sample = (n + stride - 1) / stride;
  g_autofree float *sample = g_new (float, n_sample);
  GArray *found = g_array_sized_new (FALSE, FALSE, sizeof (UsCandidate), MIN (n, 2 * wanted + 64));
  double rank = (double) wanted / stride;

  for (gsize i = 0; i < n_sample; i++)
    sample[i] = squared[i * stride];
  us_sort_floats (n_sample, sample);
  /* Few rows beyond those wanted: three standard errors of the sample's rank; if still too few, twice as far. */
  for (double place = rank + 3 * sqrt (rank) + 3;; place *= 2)
    {
      float limit = place < n_sample ? sample[(gsize) place] : INFINITY;

      g_array_set_size (found, 0);
      for (gsize i = 0; i < n; i++)
        if (squared[i] <= limit)
          {
            UsCandidate candidate = { squared[i], (guint32) i };

            g_array_append_val (found, candidate);
          }
      if (found->len >= MIN (wanted, n) || place >= n_sample)
        break;
    }
  qsort (found->data, found->len, sizeof (UsCandidate), compare_candidates);
  return found;
}

/* -- weights --------------------------------------------------------------- */

/* Sums of the first k excesses e over the nearest row's squared distance, and of their squares, so that
 * c - e, which is the weight (c = b² - d²₁), is never a difference of great numbers. */
typedef struct
{
  gsize   m;
  double *excess;       /* (m) */
  double *sum;          /* (m + 1) of the first k */
  double *square;       /* (m + 1) */
} Excess;

static double
epanechnikov_ess (const Excess *x,
                  gsize         k,
                  double        c)
{
  double first = k * c - x->sum[k], second = k * c * c - 2 * c * x->sum[k] + x->square[k];

  return second > 0 ? first * first / second : k;
}

/* The least c whose effective size is ess, and how many rows are inside; 0: not among these. */
static gsize
epanechnikov_for_ess (const Excess *x,
                      gboolean      all,
                      double        ess,
                      double       *c)
{
  gsize low = 0, high = x->m;
  double from, to;

  /* The effective size rises with c.  With c the excess of row k, rows 0 .. k-1 weigh. */
  while (low < high)
    {
      gsize k = low + (high - low) / 2;

      if (epanechnikov_ess (x, k, x->excess[k]) >= ess)
        high = k;
      else
        low = k + 1;
    }
  if (low == x->m && !all)
    return 0;
  from = low > 0 ? x->excess[low - 1] : 0;
  to = low < x->m ? x->excess[low] : MAX (4 * from, DBL_MIN);
  /* all rows: towards equal weights, which alone reach n */
  for (guint i = 0; low == x->m && i < STEPS && epanechnikov_ess (x, low, to) < ess; i++)
    to *= 2;
  for (guint i = 0; i < STEPS; i++)
    {
      double middle = from + (to - from) / 2;

      if (epanechnikov_ess (x, low, middle) >= ess)
        to = middle;
      else
        from = middle;
    }
  *c = to;
  return low;
}

/* Effective size of weights exp (-t e); *light: what the last one weighs. */
static double
gaussian_ess (const Excess *x,
              double        t,
              double       *light)
{
  double first = 0, second = 0, w = 1;

  for (gsize k = 0; k < x->m; k++)
    {
      w = exp (-t * x->excess[k]);
      if (w < LIGHTEST)
        break;
      first += w;
      second += w * w;
    }
  *light = w;
  return first * first / second;
}

/* The t = 1/2b² whose effective size is ess, by false position (Illinois) in log t and log size, both nearly
 * straight; FALSE: rows beyond these would weigh too. */
static gboolean
gaussian_for_ess (const Excess *x,
                  gboolean      all,
                  double        ess,
                  double       *t)
{
  double nearest = 0, light, from, to, over, under, aim = log (ess);
  int side = 0;

  for (gsize k = x->m; k-- > 0 && x->excess[k] > 0;)
    nearest = x->excess[k];
  *t = 0;
  if (!(nearest > 0))
    return all;                 /* all are tied */
  to = log (50 / nearest);      /* only the nearest weigh */
  from = to - log (1e12);       /* all weigh alike */
  over = log (gaussian_ess (x, exp (from), &light)) - aim;
  under = log (gaussian_ess (x, exp (to), &light)) - aim;
  if (over < 0)
    return all;                 /* even alike they are too few */
  *t = exp (to);
  for (guint i = 0; i < STEPS && under < 0 && to - from > 1e-12; i++)
    {
      double middle = i % 8 == 7 ? (from + to) / 2 : (from * under - to * over) / (under - over);
      double miss = log (gaussian_ess (x, exp (middle), &light)) - aim;

      *t = exp (middle);
      if (fabs (miss) < 1e-6)
        break;
      if (miss > 0)
        {
          from = middle;
          over = miss;
          under *= side > 0 ? 0.5 : 1;
          side = 1;
        }
      else
        {
          to = middle;
          under = miss;
          over *= side < 0 ? 0.5 : 1;
          side = -1;
        }
    }
  return all || (gaussian_ess (x, *t, &light) > 0 && light < LIGHTEST);
}

static gsize
weigh_epanechnikov (const Excess *x,
                    gboolean      all,
                    double        nearest,      /* squared distance */
                    gsize         k,
                    double        ess,
                    double       *weights,
                    double       *bandwidth)
{
  gboolean chosen = k == 0;
  double c = 0;

  if (chosen)
    k = epanechnikov_for_ess (x, all, ess, &c);
  else if (k < x->m)
    c = x->excess[k];
  else if (all)
    {
      k = x->m;
      c = MAX (x->excess[k - 1] * (1 + 1e-3), DBL_MIN);
    }
  else
    return 0;
  for (gsize i = 0; i < k; i++)
    weights[i] = MAX (c - x->excess[i], 0);
  /* Ties at the edge weigh nothing, unless all are tied: then all of them weigh the same. */
  while (k > 1 && weights[k - 1] <= 0 && weights[0] > 0)
    k--;
  while (k > 0 && weights[0] <= 0 && chosen && k < x->m && x->excess[k] <= 0)
    k++;
  for (gsize i = k; i-- > 0 && weights[0] <= 0;)
    weights[i] = 1;
  *bandwidth = sqrt (nearest + c);
  return k;
}

static gsize
weigh_gaussian (const Excess *x,
                gboolean      all,
                gsize         k,
                double        ess,
                double       *weights,
                double       *bandwidth)
{
  double t;
  gsize n = 0;

  if (k > 0 && k > x->m)
    {
      if (!all)
        return 0;
      k = x->m;
    }
  if (k > 0)
    t = x->excess[k - 1] > 0 ? log (100) / x->excess[k - 1] : 0;
  else if (!gaussian_for_ess (x, all, ess, &t))
    return 0;
  for (; n < (k > 0 ? k : x->m); n++)
    {
      weights[n] = exp (-t * x->excess[n]);
      if (weights[n] < LIGHTEST)
        break;
    }
  *bandwidth = t > 0 ? sqrt (0.5 / t) : INFINITY;
  return n;
}

gsize
us_attribution_weigh (gsize                       m,
                      const UsCandidate          *candidates,
                      gboolean                    all,
                      const UsAttributionOptions *options,
                      double                      ess,
                      double                     *weights,
                      double                     *bandwidth)
{
  Excess x = { m, g_new (double, m), g_new (double, m + 1), g_new (double, m + 1) };
  double nearest = candidates[0].squared;
  gsize n;

  x.sum[0] = x.square[0] = 0;
  for (gsize k = 0; k < m; k++)
    {
      x.excess[k] = (double) candidates[k].squared - nearest;
      x.sum[k + 1] = x.sum[k] + x.excess[k];
      x.square[k + 1] = x.square[k] + x.excess[k] * x.excess[k];
    }
  if (options->kernel == US_ATTRIBUTION_GAUSSIAN)
    n = weigh_gaussian (&x, all, options->k, ess, weights, bandwidth);
  else
    n = weigh_epanechnikov (&x, all, nearest, options->k, ess, weights, bandwidth);
  g_free (x.excess);
  g_free (x.sum);
  g_free (x.square);
  return n;
}

/* -- the query ------------------------------------------------------------- */

void
us_attribution_distances (const UsAttribution *self,
                          const float         *whitened,
                          UsPool              *pool,
                          float               *distances)
{
  g_autofree float *squared = g_new (float, self->n_blocks * B);

  us_attribution_search (self, whitened, 0, self->n_blocks, pool, squared);
  for (gsize i = 0; i < self->n; i++)
    distances[i] = sqrtf (squared[i]);
}

/* FALSE: cancelled. */
static gboolean
search_all (const UsAttribution        *self,
            const float                *whitened,
            const UsAttributionOptions *options,
            UsPool                     *pool,
            const gint                 *cancelled,
            float                      *squared)
{
  for (gsize first = 0; first < self->n_blocks; first += SEGMENT)
    {
      gsize n = MIN (SEGMENT, self->n_blocks - first);

      if (cancelled != NULL && g_atomic_int_get (cancelled))
        return FALSE;
      us_attribution_search (self, whitened, first, n, pool, squared + first * B);
      if (options->progress != NULL)
        options->progress ((double) (first + n) / self->n_blocks, options->data);
    }
  return TRUE;
}

static UsMatches *
matches_new (const UsAttribution *self,
             gsize                n,
             const UsCandidate   *candidates,
             const double        *weights,
             double               bandwidth,
             float               *whitened)     /* taken */
{
  gsize p_count = self->n_parameters;
  UsMatches *matches = g_new0 (UsMatches, 1);
  double sum = 0, squares = 0;

  matches->n = n;
  matches->n_parameters = p_count;
  matches->n_summaries = self->n_summaries;
  matches->row = g_new (gsize, n);
  matches->index = g_new (gsize, n);
  matches->distance = g_new (double, n);
  matches->weight = g_new (double, n);
  matches->theta = g_new (double, MAX (n * p_count, 1));
  matches->whitened = whitened;
  matches->bandwidth = bandwidth;
  for (gsize k = 0; k < n; k++)
    sum += weights[k];
  for (gsize k = 0; k < n; k++)
    {
      gsize i = candidates[k].index;

      matches->index[k] = i;
      matches->row[k] = us_attribution_bank_row (self, i);
      matches->distance[k] = sqrt (candidates[k].squared);
      matches->weight[k] = weights[k] / sum;
      squares += matches->weight[k] * matches->weight[k];
      memcpy (matches->theta + k * p_count, self->theta + i * p_count, p_count * sizeof (double));
    }
  matches->ess = 1 / squares;
  return matches;
}

double
us_attribution_default_ess (const UsAttribution *self,
                            gboolean             adjusted)
{
  double best = pow (self->n, 4.0 / (self->rank + 4.0)) / 4;
  double plain = MIN (MAX (best, 100), self->n / 10.0);
  double chosen = adjusted ? MIN (MAX (4 * plain, 5.0 * (self->rank + 1)), self->n / 4.0) : plain;

  return MAX (chosen, MIN (8, self->n));
}

UsMatches *
us_attribution_query (const UsAttribution        *self,
                      const float                *h,
                      const UsAttributionOptions *options,
                      UsPool                     *pool,
                      const gint                 *cancelled,
                      GError                    **error)
{
  const UsAttributionOptions defaults = { 0 };
  g_autofree float *whitened = NULL, *squared = NULL;
  double ess;

  g_return_val_if_fail (self != NULL && h != NULL, NULL);

  options = options != NULL ? options : &defaults;
  ess = MIN (options->ess > 0 ? options->ess : us_attribution_default_ess (self, FALSE), self->n);
  whitened = g_new (float, self->n_summaries);
  if (!us_attribution_whiten (self, h, whitened))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE, "a summary of the observation is not a finite number");
      return NULL;
    }
  squared = g_new (float, self->n_blocks * B);
  if (!search_all (self, whitened, options, pool, cancelled, squared))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
      return NULL;
    }
  /* A kernel's effective size is half its rows or more where they lie evenly. */
  for (gsize wanted = options->k > 0 ? options->k + 1 : (gsize) (2 * ess) + 16;; wanted *= 4)
    {
      g_autoptr(GArray) found = us_attribution_nearest (self->n, squared, wanted);
      g_autofree double *weights = g_new (double, found->len);
      const UsCandidate *candidates = (const UsCandidate *) found->data;
      double bandwidth;
      gsize n = us_attribution_weigh (found->len, candidates, found->len == self->n, options, ess, weights, &bandwidth);

      if (n > 0)
        return matches_new (self, n, candidates, weights, bandwidth, g_steal_pointer (&whitened));
    }
}

void
us_matches_free (UsMatches *self)
{
  if (self == NULL)
    return;
  g_free (self->row);
  g_free (self->index);
  g_free (self->distance);
  g_free (self->weight);
  g_free (self->theta);
  g_free (self->whitened);
  g_free (self);
}
