/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-run-private.h"

#include <math.h>

/*
 * Batch normalisation (Ioffe, Szegedy 2015) with the following (leaky) ReLU:
 *   y = leaky (a x + b), a = scale / sqrt (variance + eps), b = shift - a mean
 * With batch statistics: one pass for the sums, one for y; backward likewise,
 *   dx = a (g - Σg / N - (x - mean) Σ g (x - mean) / (N (variance + eps))).
 * Sums are taken a chunk of samples at a time, in short float runs added in
 * double, about the first pixel of the batch (a mean far from zero would
 * cancel), and added over the chunks in order.
 */

#define FULL_PERIOD 64
#define BLOCK_CHANNELS 64

static gsize
n_channels (const UsOp *op)
{
  return us_op_x (op)->channels;
}

void
us_op_norm_plan (UsOp *op)
{
  const UsTensor *t = us_op_x (op);
  gsize c = t->channels;
  gsize repeats = c >= FULL_PERIOD ? 1 : MIN ((FULL_PERIOD + c - 1) / c, t->width);
  UsArena *arena = &op->run->arena;

  op->period = c * repeats;
  us_arena_ask (arena, &op->a, op->period);
  us_arena_ask (arena, &op->b, op->period);
  us_arena_ask (arena, &op->c, op->period);
  us_arena_ask (arena, &op->d, op->period);
  us_arena_ask (arena, &op->mean, op->period);
  us_arena_ask (arena, &op->rstd, c);
  us_arena_ask (arena, (float **) (gpointer) &op->sums, 2 * op->n_groups * 2 * op->period);
}

static void
split_channels (UsOp       *op,
                UsPoolFunc  func)
{
  us_pool_run (op->run->pool, (n_channels (op) + BLOCK_CHANNELS - 1) / BLOCK_CHANNELS, func, op);
}

/* The two sums of channel c over all chunks. */
static void
total (const UsOp *op,
       gsize       c,
       double     *s1,
       double     *s2)
{
  *s1 = *s2 = 0.0;
  for (gsize g = 0; g < op->n_groups; g++)
    {
      const double *sums = op->sums + g * 2 * op->period;

      for (gsize j = c; j < op->period; j += n_channels (op))
        {
          *s1 += sums[j];
          *s2 += sums[op->period + j];
        }
    }
}

static void
repeat (const UsOp *op,
        float      *coefficients,
        gsize       c,
        float       value)
{
  for (gsize j = c; j < op->period; j += n_channels (op))
    coefficients[j] = value;
}

static void
set_affine (UsOp   *op,
            gsize   c,
            double  mean,
            double  variance)
{
  const float *parameters = op->run->weights->parameters;
  double rstd = 1.0 / sqrt (variance + US_BATCH_NORM_EPSILON);
  double a = (double) parameters[us_op_parameter_offset (op, op->index, 0) + c] * rstd;

  op->rstd[c] = (float) rstd;
  repeat (op, op->mean, c, (float) mean);
  repeat (op, op->a, c, (float) a);
  repeat (op, op->b, c, (float) ((double) parameters[us_op_parameter_offset (op, op->index, 1) + c] - a * mean));
}

/* --- forward ----------------------------------------------------------- */

static void
sums_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  UsOp *op = data;
  const UsTensor *x = us_op_x (op);
  UsSpan span = us_span (op, chunk, x, x->halo > 0);
  double *sums = op->sums + chunk * 2 * op->period;

  for (gsize j = 0; j < 2 * op->period; j++)
    sums[j] = 0.0;
  for (gsize r = 0; r < span.n_runs; r++)
    op->run->vec->norm_sums (sums, sums + op->period, us_span_at (&span, x, r), op->mean,
                             span.length * x->channels, op->period);
}

static void
statistics_chunk (gpointer data,
                  gsize    chunk,
                  guint    worker)
{
  UsOp *op = data;
  const UsTensor *x = us_op_x (op);
  double n = (double) (x->batch * x->height * x->width);
  float *running_mean = op->run->weights->state + us_op_state_offset (op, op->index, 0);
  float *running_variance = op->run->weights->state + us_op_state_offset (op, op->index, 1);
  gsize last = MIN ((chunk + 1) * BLOCK_CHANNELS, n_channels (op));

  for (gsize c = chunk * BLOCK_CHANNELS; c < last; c++)
    {
      double s1, s2, mean, variance, unbiased;

      total (op, c, &s1, &s2);
      mean = (double) op->mean[c] + s1 / n;
      variance = MAX (s2 / n - (s1 / n) * (s1 / n), 0.0);
      if (isnan (s2))
        variance = s2;
      unbiased = variance * n / MAX (n - 1.0, 1.0);
      set_affine (op, c, mean, variance);
      running_mean[c] = (float) ((1.0 - US_BATCH_NORM_MOMENTUM) * (double) running_mean[c]
                                 + US_BATCH_NORM_MOMENTUM * mean);
      running_variance[c] = (float) ((1.0 - US_BATCH_NORM_MOMENTUM) * (double) running_variance[c]
                                     + US_BATCH_NORM_MOMENTUM * unbiased);
    }
}

static void
apply_chunk (gpointer data,
             gsize    chunk,
             guint    worker)
{
  UsOp *op = data;
  const UsTensor *x = us_op_x (op), *y = us_op_y (op);
  UsSpan span = us_span (op, chunk, x, x->halo > 0 || y->halo > 0);

  for (gsize r = 0; r < span.n_runs; r++)
    op->run->vec->norm_apply (us_span_at (&span, y, r), us_span_at (&span, x, r), op->a, op->b,
                              span.length * x->channels, op->period, op->slope);
}

static void
norm_forward (UsOp *op)
{
  if (op->run->mode == US_RUN_TRAINING)
    {
      const float *pixel = us_tensor_at (us_op_x (op), 0, 0, 0);

      for (gsize c = 0; c < n_channels (op); c++)
        repeat (op, op->mean, c, pixel[c]);
      us_op_split (op, sums_chunk);
      split_channels (op, statistics_chunk);
    }
  us_op_split (op, apply_chunk);
}

/* --- backward ---------------------------------------------------------- */

static void
gradient_sums_chunk (gpointer data,
                     gsize    chunk,
                     guint    worker)
{
  UsOp *op = data;
  const UsTensor *x = us_op_x (op), *dy = us_op_dy (op);
  UsSpan span = us_span (op, chunk, x, x->halo > 0 || dy->halo > 0);
  double *sums = op->sums + chunk * 2 * op->period;

  for (gsize j = 0; j < 2 * op->period; j++)
    sums[j] = 0.0;
  for (gsize r = 0; r < span.n_runs; r++)
    op->run->vec->norm_gradient_sums (sums, sums + op->period, us_span_at (&span, dy, r), us_span_at (&span, x, r),
                                      op->a, op->b, op->mean, span.length * x->channels, op->period, op->slope);
}

static void
coefficients_chunk (gpointer data,
                    gsize    chunk,
                    guint    worker)
{
  UsOp *op = data;
  const UsTensor *x = us_op_x (op);
  double n = (double) (x->batch * x->height * x->width);
  float *dscale = op->run->gradient + us_op_parameter_offset (op, op->index, 0);
  float *dshift = op->run->gradient + us_op_parameter_offset (op, op->index, 1);
  gsize last = MIN ((chunk + 1) * BLOCK_CHANNELS, n_channels (op));

  for (gsize i = chunk * BLOCK_CHANNELS; i < last; i++)
    {
      double s1, s2, c, rstd = (double) op->rstd[i], a = (double) op->a[i];

      total (op, i, &s1, &s2);
      dscale[i] = (float) (s2 * rstd);
      dshift[i] = (float) s1;
      c = -a * rstd * rstd * s2 / n;
      repeat (op, op->c, i, (float) c);
      repeat (op, op->d, i, (float) (-a * s1 / n - c * (double) op->mean[i]));
    }
}

static void
backward_chunk (gpointer data,
                gsize    chunk,
                guint    worker)
{
  UsOp *op = data;
  const UsTensor *x = us_op_x (op), *dy = us_op_dy (op), *dx = us_op_dx (op);
  UsSpan span = us_span (op, chunk, x, x->halo > 0 || dy->halo > 0 || dx->halo > 0);

  for (gsize r = 0; r < span.n_runs; r++)
    op->run->vec->norm_backward (us_span_at (&span, dx, r), us_span_at (&span, dy, r), us_span_at (&span, x, r),
                                 op->a, op->b, op->c, op->d, span.length * x->channels, op->period, op->slope);
}

static void
norm_backward (UsOp *op)
{
  /* Frozen: c and d stay zero, dx = a g. */
  if (op->run->mode == US_RUN_TRAINING)
    {
      us_op_split (op, gradient_sums_chunk);
      split_channels (op, coefficients_chunk);
    }
  if (us_op_dx (op) != NULL)
    us_op_split (op, backward_chunk);
}

static void
norm_load (UsOp *op)
{
  const float *state = op->run->weights->state;

  if (op->run->mode == US_RUN_TRAINING)
    return;
  for (gsize c = 0; c < n_channels (op); c++)
    set_affine (op, c, (double) state[us_op_state_offset (op, op->index, 0) + c],
                (double) state[us_op_state_offset (op, op->index, 1) + c]);
}

const UsOpClass us_op_norm = { norm_load, norm_forward, norm_backward };

/* --- folded into the weights before it --------------------------------- */

void
us_op_fold_plan (UsOp  *op,
                 gsize  n_rows,
                 gsize  n_columns)
{
  if (op->norm_index == G_MAXSIZE)
    return;
  us_arena_ask (&op->run->arena, &op->folded_weight, n_rows * n_columns);
  us_arena_ask (&op->run->arena, &op->folded_bias, n_columns);
  us_arena_ask (&op->run->arena, &op->folded_scale, n_columns);
}

void
us_op_fold (UsOp  *op,
            gsize  n_rows,
            gsize  n_columns)
{
  const float *parameters = op->run->weights->parameters, *state = op->run->weights->state;
  const float *weight = parameters + us_op_parameter_offset (op, op->index, 0);
  const float *bias = op->layer.bias ? parameters + us_op_parameter_offset (op, op->index, 1) : NULL;
  const float *scale = parameters + us_op_parameter_offset (op, op->norm_index, 0);
  const float *shift = parameters + us_op_parameter_offset (op, op->norm_index, 1);
  const float *mean = state + us_op_state_offset (op, op->norm_index, 0);
  const float *variance = state + us_op_state_offset (op, op->norm_index, 1);
  gsize n_norm = op->run->network->shapes[op->norm_index].channels;

  for (gsize j = 0; j < n_columns; j++)
    {
      gsize c = j % n_norm;
      double a = (double) scale[c] / sqrt ((double) variance[c] + US_BATCH_NORM_EPSILON);
      double before = bias != NULL ? (double) bias[j] : 0.0;

      op->folded_bias[j] = (float) (a * (before - (double) mean[c]) + (double) shift[c]);
      op->folded_scale[j] = (float) a;
    }
  for (gsize i = 0; i < n_rows; i++)
    for (gsize j = 0; j < n_columns; j++)
      op->folded_weight[i * n_columns + j] = weight[i * n_columns + j] * op->folded_scale[j];
  op->weight = op->folded_weight;
  op->bias = op->folded_bias;
}
