/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-run-private.h"

#include <math.h>
#include <string.h>

/* Layers that make one point of the points of a series.
 *
 * T points, F heads, C channels of the result. */

/* --- last: y[0, 0, c] = x[0, T − 1, c] ----------------------------------- */

static void
last_forward_sample (UsOp  *op,
                     gsize  n)
{
  const UsTensor *x = us_op_x (op);

  memcpy (us_tensor_at (us_op_y (op), n, 0, 0), us_tensor_at (x, n, 0, x->width - 1), x->channels * sizeof (float));
}

static void
last_backward_sample (UsOp  *op,
                      gsize  n)
{
  const UsTensor *dx = us_op_dx (op);

  memset (us_tensor_at (dx, n, 0, 0), 0, (dx->width - 1) * dx->channels * sizeof (float));
  memcpy (us_tensor_at (dx, n, 0, dx->width - 1), us_tensor_at (us_op_dy (op), n, 0, 0), dx->channels * sizeof (float));
}

US_DEFINE_SAMPLE_OP (last)

/* --- pool: y[c] = Σ_t w[t, head of c] x[t, F + c] ------------------------ */

static gsize
n_weights (const UsOp *op)
{
  return MAX (op->layer.factor, 1);
}

void
us_op_pool_plan (UsOp *op)
{
  us_arena_ask (&op->run->arena, &op->gates, op->run->batch * us_op_x (op)->width * n_weights (op));
}

/* (T, F) of one sample, or (T, 1). */
static float *
weights_of (const UsOp *op,
            gsize       n)
{
  return op->gates + n * us_op_x (op)->width * n_weights (op);
}

/* Weights of one head, `heads` apart: softmax of its scores, or all alike without scores.  0 where masked. */
static void
head_weights (UsOp  *op,
              gsize  n,
              gsize  head)
{
  const UsTensor *x = us_op_x (op);
  gsize heads = n_weights (op);
  float *w = weights_of (op, n) + head, most = -INFINITY;
  gboolean scored = op->layer.factor > 0;
  double sum = 0.0;

  for (gsize t = 0; scored && t < x->width; t++)
    if (us_op_counts (op, n, t))
      {
        float score = us_tensor_at (x, n, 0, t)[head];

        /* not a number stays so: it must be found, not hidden */
        if (score > most || isnan (score))
          most = score;
      }
  for (gsize t = 0; t < x->width; t++)
    {
      w[t * heads] = !us_op_counts (op, n, t) ? 0.0f : scored ? expf (us_tensor_at (x, n, 0, t)[head] - most) : 1.0f;
      sum += (double) w[t * heads];
    }
  for (gsize t = 0; sum != 0.0 && t < x->width; t++)
    w[t * heads] = (float) ((double) w[t * heads] / sum);
}

static void
pool_forward_sample (UsOp  *op,
                     gsize  n)
{
  const UsTensor *x = us_op_x (op);
  gsize heads = n_weights (op), channels = us_op_y (op)->channels, each = channels / heads;
  const float *w = weights_of (op, n);
  float *y = us_tensor_at (us_op_y (op), n, 0, 0);

  for (gsize f = 0; f < heads; f++)
    head_weights (op, n, f);
  memset (y, 0, channels * sizeof *y);
  for (gsize t = 0; t < x->width; t++)
    {
      const float *value = us_tensor_at (x, n, 0, t) + op->layer.factor;

      for (gsize f = 0; f < heads; f++)
        if (w[t * heads + f] != 0.0f)
          for (gsize c = f * each; c < (f + 1) * each; c++)
            y[c] += w[t * heads + f] * value[c];
    }
}

/* With s_t = Σ_c dy_c x[t, c]: the score's gradient is w_t (s_t − Σ w s). */
static void
scores_gradient (UsOp  *op,
                 gsize  n,
                 gsize  head,
                 gsize  each)
{
  const UsTensor *x = us_op_x (op), *dx = us_op_dx (op);
  gsize heads = n_weights (op);
  const float *w = weights_of (op, n) + head, *dy = us_tensor_at (us_op_dy (op), n, 0, 0) + head * each;
  double mean = 0.0;

  for (gsize t = 0; t < x->width; t++)
    {
      const float *value = us_tensor_at (x, n, 0, t) + heads + head * each;
      float s = 0.0f;

      for (gsize c = 0; w[t * heads] != 0.0f && c < each; c++)
        s += dy[c] * value[c];
      us_tensor_at (dx, n, 0, t)[head] = s;
      mean += (double) w[t * heads] * (double) s;
    }
  for (gsize t = 0; t < x->width; t++)
    {
      float *ds = us_tensor_at (dx, n, 0, t) + head;

      *ds = w[t * heads] * (*ds - (float) mean);
    }
}

static void
pool_backward_sample (UsOp  *op,
                      gsize  n)
{
  const UsTensor *dx = us_op_dx (op);
  gsize heads = n_weights (op), each = us_op_y (op)->channels / heads;
  const float *w = weights_of (op, n), *dy = us_tensor_at (us_op_dy (op), n, 0, 0);

  for (gsize t = 0; t < dx->width; t++)
    {
      float *to = us_tensor_at (dx, n, 0, t) + op->layer.factor;

      for (gsize f = 0; f < heads; f++)
        for (gsize c = f * each; c < (f + 1) * each; c++)
          to[c] = w[t * heads + f] * dy[c];
    }
  for (gsize f = 0; f < op->layer.factor; f++)
    scores_gradient (op, n, f, each);
}

US_DEFINE_SAMPLE_OP (pool)
