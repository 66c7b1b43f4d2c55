/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-loss.h"

#include "us-isa.h"
#include "us-memory.h"
#include "vec/us-vec.h"

#include <math.h>
#include <string.h>

/*
 * Level 0 is compared by the loss itself; what coarser levels compare is linear
 * in a difference d (p - t, σ (p) - t or mean - t), so only d is averaged down.
 * The gradient comes back by the adjoint: each pixel hands its parents' share
 * (one over the number of children) to its children.
 */

typedef struct
{
  gsize  height, width;      /* of the level */
  gsize  offset;             /* of its map in a sample's scratch */
  guint  down, across;       /* children a pixel has: 2, or 1 where the finer level is one pixel wide */
} Level;

struct _UsLoss
{
  UsLossKind kind;
  gsize      batch, channels;
  gsize      n_levels;
  Level      levels[US_LOSS_MAX_LEVELS];
  double     weights[US_LOSS_MAX_LEVELS];
  gsize      up_offset;         /* of the map on which BCE and NLL gather the coarser levels' gradient */
  gsize      scratch_stride;    /* floats a sample */
  float     *scratch;           /* (B, Σ_l H_l W_l C) differences, then their gradients; with one level none */
  double    *per_sample;        /* (B) */
  gsize      group;             /* samples a chunk */
};

typedef struct
{
  UsLoss      *self;
  const UsVec *vec;
  const float *p, *t;
  float       *gradient;
} Job;

static gsize
level_floats (const UsLoss *self,
              gsize         level)
{
  return self->levels[level].height * self->levels[level].width * self->channels;
}

UsLoss *
us_loss_new (UsLossKind    kind,
             gsize         batch,
             gsize         height,
             gsize         width,
             gsize         channels,
             gsize         n_levels,
             const double *weights)
{
  UsLoss *self;
  gsize offset = 0;

  g_return_val_if_fail (batch > 0 && height > 0 && width > 0 && channels > 0, NULL);
  g_return_val_if_fail (n_levels >= 1 && n_levels <= US_LOSS_MAX_LEVELS, NULL);

  self = g_new0 (UsLoss, 1);
  self->kind = kind;
  self->batch = batch;
  self->channels = channels;
  self->n_levels = n_levels;
  for (gsize l = 0; l < n_levels; l++)
    {
      Level *level = &self->levels[l];

      *level = (Level) { height, width, 0, 1, 1 };
      if (l > 0)
        {
          const Level *finer = level - 1;

          level->down = finer->height > 1 ? 2 : 1;
          level->across = finer->width > 1 ? 2 : 1;
          level->height = finer->height / level->down;
          level->width = finer->width / level->across;
        }
      level->offset = offset;
      offset += level_floats (self, l);
    }
  us_loss_set_weights (self, weights);
  self->up_offset = offset;
  if (kind == US_LOSS_BCE || kind == US_LOSS_GAUSSIAN_NLL)
    offset += level_floats (self, 0);
  self->scratch_stride = n_levels > 1 ? (offset + 15) / 16 * 16 : 0;
  self->scratch = us_floats_new (batch * self->scratch_stride);
  self->per_sample = g_new0 (double, batch);
  self->group = MIN (batch, MAX (16384 / level_floats (self, 0), 1));
  return self;
}

void
us_loss_free (UsLoss *self)
{
  if (self == NULL)
    return;
  us_floats_free (self->scratch);
  g_free (self->per_sample);
  g_free (self);
}

void
us_loss_set_weights (UsLoss       *self,
                     const double *weights)
{
  g_return_if_fail (self != NULL);

  for (gsize l = 0; l < self->n_levels; l++)
    self->weights[l] = weights != NULL ? weights[l] : 1.0;
}

double
us_loss_spread (double s)
{
  return sqrt (exp (MIN (s, 80.0)) + US_LOSS_LEAST_SPREAD * US_LOSS_LEAST_SPREAD);
}

/* --- the pyramid ------------------------------------------------------- */

/* coarse = mean over the children; an odd last row or column of the finer map is left out */
static void
average_down (const Job   *job,
              float       *maps,
              const Level *level)
{
  const Level *finer = level - 1;

  job->vec->average_down (maps + level->offset, maps + finer->offset, level->height, level->width,
                          finer->width, level->down, level->across, job->self->channels);
}

/* to += each pixel's share of its parent; to: a map of the level before */
static void
spread_up (const Job   *job,
           float       *to,
           const float *from,
           const Level *level)
{
  job->vec->spread_up (to, from, level->height, level->width, (level - 1)->width, level->down, level->across,
                       job->self->channels);
}

/* --- one sample -------------------------------------------------------- */

/* Derivative of the mean over the batch, of one element of a level. */
static float
scale_of (const UsLoss *self,
          gsize         level)
{
  return (float) (self->weights[level] / ((double) self->batch * (double) level_floats (self, level)));
}

static double
finest (const Job   *job,
        float       *gradient,
        float       *difference,
        const float *p,
        const float *t)
{
  const UsLoss *self = job->self;
  gsize n = level_floats (self, 0);
  float scale = scale_of (self, 0);

  switch (self->kind)
    {
    case US_LOSS_MSE:
      return job->vec->loss_mse (gradient, difference, p, t, n, scale);
    case US_LOSS_L1:
      return job->vec->loss_l1 (gradient, difference, p, t, n, scale);
    case US_LOSS_BCE:
      return job->vec->loss_bce (gradient, difference, p, t, n, scale);
    case US_LOSS_GAUSSIAN_NLL:
      return job->vec->loss_nll (gradient, difference, p, t, n / self->channels, self->channels,
                                 (float) US_LOSS_LEAST_LOG_VARIANCE, scale);
    default:
      g_assert_not_reached ();
    }
}

/* Adds what the coarser levels say, gathered on the finest grid in `up`. */
static void
join_gradient (const Job   *job,
               float       *gradient,
               const float *up,
               const float *difference,
               const float *t)
{
  const UsLoss *self = job->self;
  gsize n = level_floats (self, 0), c = self->channels;

  if (self->kind == US_LOSS_BCE)
    job->vec->bce_chain (gradient, up, difference, t, n);
  else
    for (gsize i = 0; i < n / c; i++)
      for (gsize k = 0; k < c; k++)
        gradient[i * 2 * c + k] += up[i * c + k];
}

static void
coarser (const Job   *job,
         float       *gradient,
         float       *maps,
         const float *t,
         double      *loss)
{
  const UsLoss *self = job->self;
  const Level *levels = self->levels;
  gboolean chain = self->kind == US_LOSS_BCE || self->kind == US_LOSS_GAUSSIAN_NLL;

  for (gsize l = 1; l < self->n_levels; l++)
    average_down (job, maps, &levels[l]);
  for (gsize l = 1; l < self->n_levels; l++)
    {
      gsize n = level_floats (self, l);
      double sum = (self->kind == US_LOSS_L1 ? job->vec->level_l1
                                             : job->vec->level_mse) (maps + levels[l].offset, n, scale_of (self, l));

      *loss += self->weights[l] * sum / (double) n;
    }
  if (gradient == NULL)
    return;
  for (gsize l = self->n_levels - 1; l > 1; l--)
    spread_up (job, maps + levels[l - 1].offset, maps + levels[l].offset, &levels[l]);
  if (!chain)
    {
      spread_up (job, gradient, maps + levels[1].offset, &levels[1]);
      return;
    }
  memset (maps + self->up_offset, 0, level_floats (self, 0) * sizeof (float));
  spread_up (job, maps + self->up_offset, maps + levels[1].offset, &levels[1]);
  join_gradient (job, gradient, maps + self->up_offset, maps, t);
}

static void
sample (const Job *job,
        gsize      n)
{
  UsLoss *self = job->self;
  gsize n_floats = level_floats (self, 0);
  gsize p_stride = self->kind == US_LOSS_GAUSSIAN_NLL ? 2 * n_floats : n_floats;
  const float *p = job->p + n * p_stride, *t = job->t + n * n_floats;
  float *gradient = job->gradient != NULL ? job->gradient + n * p_stride : NULL;
  float *maps = self->n_levels > 1 ? self->scratch + n * self->scratch_stride : NULL;
  double loss;

  loss = self->weights[0] * finest (job, gradient, maps, p, t) / (double) n_floats;
  if (self->n_levels > 1)
    coarser (job, gradient, maps, t, &loss);
  self->per_sample[n] = loss;
}

static void
chunk_of_samples (gpointer data,
                  gsize    chunk,
                  guint    worker)
{
  Job *job = data;
  gsize last = MIN ((chunk + 1) * job->self->group, job->self->batch);

  for (gsize n = chunk * job->self->group; n < last; n++)
    sample (job, n);
}

double
us_loss_evaluate (UsLoss      *self,
                  const float *p,
                  const float *t,
                  float       *gradient,
                  double      *per_sample,
                  UsPool      *pool)
{
  Job job;
  double sum = 0.0;

  g_return_val_if_fail (self != NULL && p != NULL && t != NULL, NAN);

  job = (Job) { self, us_vec_get (us_isa_get ()), p, t, gradient };
  us_pool_run (pool, (self->batch + self->group - 1) / self->group, chunk_of_samples, &job);
  for (gsize n = 0; n < self->batch; n++)
    sum += self->per_sample[n];
  if (per_sample != NULL)
    memcpy (per_sample, self->per_sample, self->batch * sizeof (double));
  return sum / (double) self->batch;
}
