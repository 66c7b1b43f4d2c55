/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-adam.h"

#include "us-isa.h"
#include "us-memory.h"
#include "vec/us-vec.h"

#include <math.h>

/* Floats of a chunk: the sum of squares is taken over chunks in order, so their
 * size must not depend on the number of workers. */
#define CHUNK 32768

typedef struct
{
  const UsVec *vec;
  UsAdam      *adam;
  gsize        n;
  float       *to;
  const float *from;
  UsVecAdam    step;
  float        weight;        /* of the newest in the average */
} Job;

static gsize
n_chunks (gsize n)
{
  return (n + CHUNK - 1) / CHUNK;
}

UsAdam *
us_adam_new (gsize               n,
             const UsAdamConfig *config)
{
  UsAdam *self;

  g_return_val_if_fail (config != NULL, NULL);
  g_return_val_if_fail (config->beta1 >= 0.0 && config->beta1 < 1.0, NULL);
  g_return_val_if_fail (config->beta2 >= 0.0 && config->beta2 < 1.0, NULL);
  g_return_val_if_fail (config->epsilon > 0.0, NULL);

  self = g_new0 (UsAdam, 1);
  self->config = *config;
  self->n = n;
  self->m = us_floats_new (n);
  self->v = us_floats_new (n);
  self->square_sums = g_new0 (double, n_chunks (n) + 1);
  return self;
}

void
us_adam_free (UsAdam *self)
{
  if (self == NULL)
    return;
  us_floats_free (self->m);
  us_floats_free (self->v);
  g_free (self->square_sums);
  g_free (self);
}

double
us_adam_learning_rate (const UsAdamConfig *config,
                       guint64             step)
{
  double progress;

  g_return_val_if_fail (config != NULL, 0.0);

  /* The first step is not lost: it has 1 / warmup_steps of the rate. */
  if (step < config->warmup_steps)
    return config->learning_rate * (double) (step + 1) / (double) config->warmup_steps;
  if (config->total_steps == 0)
    return config->learning_rate;
  if (step >= config->total_steps)
    return config->learning_rate * config->final_fraction;
  progress = (double) (step - config->warmup_steps) / (double) (config->total_steps - config->warmup_steps);
  return config->learning_rate
         * (config->final_fraction + (1.0 - config->final_fraction) * 0.5 * (1.0 + cos (G_PI * progress)));
}

static void
square_sum_chunk (gpointer data,
                  gsize    chunk,
                  guint    worker)
{
  Job *job = data;
  gsize first = chunk * CHUNK;

  job->adam->square_sums[chunk] = job->vec->square_sum (job->from + first, MIN (CHUNK, job->n - first));
}

static void
step_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  Job *job = data;
  gsize first = chunk * CHUNK;

  job->vec->adam (job->to + first, job->adam->m + first, job->adam->v + first, job->from + first,
                  MIN (CHUNK, job->n - first), &job->step);
}

double
us_adam_step (UsAdam      *self,
              float       *parameters,
              const float *gradient,
              UsPool      *pool)
{
  const UsAdamConfig *c;
  Job job;
  double norm = 0.0, rate, t;

  g_return_val_if_fail (self != NULL && parameters != NULL && gradient != NULL, NAN);

  c = &self->config;
  job = (Job) { .vec = us_vec_get (us_isa_get ()), .adam = self, .n = self->n, .to = parameters, .from = gradient };
  us_pool_run (pool, n_chunks (self->n), square_sum_chunk, &job);
  for (gsize i = 0; i < n_chunks (self->n); i++)
    norm += self->square_sums[i];
  norm = sqrt (norm);
  if (!isfinite (norm))
    return norm;

  rate = us_adam_learning_rate (c, self->step);
  t = (double) ++self->step;
  job.step = (UsVecAdam) {
    .one_minus_beta1 = (float) (1.0 - c->beta1),
    .one_minus_beta2 = (float) (1.0 - c->beta2),
    .rate = (float) (rate / (1.0 - pow (c->beta1, t))),
    .inverse_root = (float) (1.0 / sqrt (1.0 - pow (c->beta2, t))),
    .epsilon = (float) c->epsilon,
    .decay = (float) (rate * c->weight_decay),
    .scale = c->clip_norm > 0.0 && norm > c->clip_norm ? (float) (c->clip_norm / norm) : 1.0f,
  };
  us_pool_run (pool, n_chunks (self->n), step_chunk, &job);
  return norm;
}

static void
average_chunk (gpointer data,
               gsize    chunk,
               guint    worker)
{
  Job *job = data;
  gsize first = chunk * CHUNK;

  job->vec->average (job->to + first, job->from + first, MIN (CHUNK, job->n - first), job->weight);
}

void
us_ema_update (float       *average,
               const float *parameters,
               gsize        n,
               double       decay,
               UsPool      *pool)
{
  Job job;

  g_return_if_fail (average != NULL && parameters != NULL);
  g_return_if_fail (decay >= 0.0 && decay <= 1.0);

  job = (Job) { .vec = us_vec_get (us_isa_get ()), .n = n, .to = average, .from = parameters,
                .weight = (float) (1.0 - decay) };
  us_pool_run (pool, n_chunks (n), average_chunk, &job);
}
