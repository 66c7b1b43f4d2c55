/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whitening: sums in double, in chunks that do not depend on the workers, added up in their order. */
#include "config.h"

#include "us-attribution-private.h"

#include "us-error.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#define B US_ATTRIBUTION_BLOCK
#define ROWS 512                /* of a product at a time; whole blocks */
#define GROUPS 64               /* at most, of rows with sums of their own */
#define FLOOR 1e-6              /* of the greatest eigenvalue */

typedef struct
{
  UsAttribution *self;
  const float   *h;             /* (n_given, S) */
  gsize          group_rows;    /* a multiple of ROWS */
  double        *sums;          /* (groups, S) */
  double        *products;      /* (groups, S, S) upper triangles */
  double       **rows;          /* (workers) (ROWS, S) centred rows, */
  double       **turned;        /* (workers) (ROWS, S) and turned */
  guint          n_workers;
} Space;

static const float *
given_row (const Space *space,
           gsize        i)
{
  gsize row = space->self->row != NULL ? space->self->row[i] : i;

  return space->h + row * space->self->n_summaries;
}

static double *
scratch (double **where,
         gsize    n)
{
  if (*where == NULL)
    *where = g_new (double, n);
  return *where;
}

static void
sum_group (gpointer data,
           gsize    group,
           guint    worker)
{
  Space *space = data;
  gsize s_count = space->self->n_summaries;
  gsize end = MIN ((group + 1) * space->group_rows, space->self->n);
  double *sum = space->sums + group * s_count;

  for (gsize i = group * space->group_rows; i < end; i++)
    {
      const float *h = given_row (space, i);

      for (gsize s = 0; s < s_count; s++)
        sum[s] += h[s];
    }
}

/* Rows first .. first + count - 1, centred, not scaled. */
static double *
centred_rows (Space *space,
              gsize  first,
              gsize  count,
              guint  worker)
{
  gsize s_count = space->self->n_summaries;
  double *rows = scratch (&space->rows[worker], ROWS * s_count);

  for (gsize i = 0; i < count; i++)
    {
      const float *h = given_row (space, first + i);

      for (gsize s = 0; s < s_count; s++)
        rows[i * s_count + s] = h[s] - space->self->centre[s];
    }
  return rows;
}

static void
multiply_group (gpointer data,
                gsize    group,
                guint    worker)
{
  Space *space = data;
  gsize s_count = space->self->n_summaries;
  gsize end = MIN ((group + 1) * space->group_rows, space->self->n);

  for (gsize first = group * space->group_rows; first < end; first += ROWS)
    {
      gsize count = MIN (ROWS, end - first);
      const double *rows = centred_rows (space, first, count, worker);

      cblas_dsyrk (CblasRowMajor, CblasUpper, CblasTrans, (int) s_count, (int) count, 1.0, rows, (int) s_count,
                   1.0, space->products + group * s_count * s_count, (int) s_count);
    }
}

/* ROWS rows into their blocks. */
static void
turn_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  Space *space = data;
  UsAttribution *self = space->self;
  gsize s_count = self->n_summaries, first = chunk * ROWS, count = MIN (ROWS, self->n - first);
  double *rows = centred_rows (space, first, count, worker);
  double *turned = scratch (&space->turned[worker], ROWS * s_count);

  for (gsize i = 0; i < count; i++)
    for (gsize s = 0; s < s_count; s++)
      rows[i * s_count + s] /= self->scale[s];
  cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, (int) count, (int) s_count, (int) s_count, 1.0, rows,
               (int) s_count, self->matrix, (int) s_count, 0.0, turned, (int) s_count);
  for (gsize i = 0; i < count; i++)
    {
      float *block = self->blocks + (first + i) / B * s_count * B + (first + i) % B;

      for (gsize s = 0; s < s_count; s++)
        block[s * B] = (float) turned[i * s_count + s];
    }
}

/* Columns that do not vary get the size that the others vary by, or their own: an observation off them is off. */
static gboolean
find_scales (UsAttribution *self,
             const double  *covariance)
{
  gsize s_count = self->n_summaries, n_varying = 0;
  double mean = 0;

  for (gsize s = 0; s < s_count; s++)
    {
      double sd = sqrt (covariance[s * s_count + s]);

      /* what rounding to floats alone makes */
      self->scale[s] = sd > 1e-6 * fabs (self->centre[s]) && sd > 0 ? sd : 0;
      n_varying += self->scale[s] > 0;
      mean += self->scale[s];
    }
  for (gsize s = 0; s < s_count && n_varying > 0; s++)
    if (!(self->scale[s] > 0))
      self->scale[s] = MAX (fabs (self->centre[s]), mean / n_varying);
  return n_varying > 0;
}

/* Eigenvectors of the correlation matrix over the roots of their eigenvalues. */
static void
find_matrix (UsAttribution *self,
             double        *covariance) /* (S, S) whole; overwritten */
{
  gsize s_count = self->n_summaries;
  g_autofree double *vectors = g_new (double, s_count * s_count), *values = g_new (double, s_count);

  for (gsize i = 0; i < s_count; i++)
    for (gsize j = 0; j < s_count; j++)
      covariance[i * s_count + j] /= self->scale[i] * self->scale[j];
  us_attribution_eigen (s_count, covariance, values, vectors);
  for (gsize j = 0; j < s_count; j++)
    {
      double least = FLOOR * values[0];

      self->rank += values[j] > least;
      for (gsize i = 0; i < s_count; i++)
        self->matrix[i * s_count + j] = vectors[i * s_count + j] / sqrt (MAX (values[j], least));
    }
}

static gboolean
fit_space (Space   *space,
           gsize    n_groups,
           UsPool  *pool,
           GError **error)
{
  UsAttribution *self = space->self;
  gsize s_count = self->n_summaries, square = s_count * s_count;
  g_autofree double *covariance = g_new0 (double, square);

  us_pool_run (pool, n_groups, sum_group, space);
  for (gsize g = 0; g < n_groups; g++)
    for (gsize s = 0; s < s_count; s++)
      self->centre[s] += space->sums[g * s_count + s] / self->n;
  us_pool_run (pool, n_groups, multiply_group, space);
  for (gsize g = 0; g < n_groups; g++)
    for (gsize i = 0; i < s_count; i++)
      for (gsize j = i; j < s_count; j++)
        covariance[i * s_count + j] += space->products[g * square + i * s_count + j] / self->n;
  for (gsize i = 0; i < s_count; i++)
    for (gsize j = 0; j < i; j++)
      covariance[i * s_count + j] = covariance[j * s_count + i];
  if (!find_scales (self, covariance))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                   "all %" G_GSIZE_FORMAT " rows are alike: there is nothing to compare", self->n);
      return FALSE;
    }
  find_matrix (self, covariance);
  return TRUE;
}

gboolean
us_attribution_make_space (UsAttribution  *self,
                           const float    *h,
                           UsPool         *pool,
                           GError        **error)
{
  gsize s_count = self->n_summaries, n_chunks = (self->n + ROWS - 1) / ROWS;
  gsize chunks_a_group = (n_chunks + GROUPS - 1) / GROUPS;
  gsize n_groups = (n_chunks + chunks_a_group - 1) / chunks_a_group;
  Space space = { .self = self, .h = h, .group_rows = chunks_a_group * ROWS,
                  .n_workers = pool != NULL ? us_pool_n_workers (pool) : 1 };
  gboolean done;

  self->centre = g_new0 (double, s_count);
  self->scale = g_new0 (double, s_count);
  self->matrix = g_new0 (double, s_count * s_count);
  self->n_blocks = (self->n + B - 1) / B;
  us_arena_ask (&self->arena, &self->blocks, self->n_blocks * s_count * B);
  us_arena_commit (&self->arena);
  space.sums = g_new0 (double, n_groups * s_count);
  space.products = g_new0 (double, n_groups * s_count * s_count);
  space.rows = g_new0 (double *, space.n_workers);
  space.turned = g_new0 (double *, space.n_workers);
  done = fit_space (&space, n_groups, pool, error);
  if (done)
    us_pool_run (pool, n_chunks, turn_chunk, &space);
  for (guint w = 0; w < space.n_workers; w++)
    {
      g_free (space.rows[w]);
      g_free (space.turned[w]);
    }
  g_free (space.rows);
  g_free (space.turned);
  g_free (space.sums);
  g_free (space.products);
  return done;
}

gboolean
us_attribution_whiten (const UsAttribution *self,
                       const float         *h,
                       float               *whitened)
{
  gsize s_count = self->n_summaries;
  g_autofree double *sum = g_new0 (double, s_count);

  for (gsize i = 0; i < s_count; i++)
    {
      double value = (h[i] - self->centre[i]) / self->scale[i];

      if (!isfinite (h[i]))
        return FALSE;
      for (gsize j = 0; j < s_count; j++)
        sum[j] += value * self->matrix[i * s_count + j];
    }
  /* finite even where the observation lies at the end of floats */
  for (gsize j = 0; j < s_count; j++)
    whitened[j] = (float) CLAMP (sum[j], -1e15, 1e15);
  return TRUE;
}

void
us_attribution_get_row (const UsAttribution *self,
                        gsize                i,
                        float               *whitened)
{
  const float *block = self->blocks + i / B * self->n_summaries * B + i % B;

  for (gsize s = 0; s < self->n_summaries; s++)
    whitened[s] = block[s * B];
}
