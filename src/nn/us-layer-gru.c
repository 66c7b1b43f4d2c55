/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-run-private.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/* A gated recurrent unit (Cho et al. 2014), the reset gate after the product (cuDNN):
 *   r = σ (x W_r + h U_r + b_r)            z = σ (x W_z + h U_z + b_z)
 *   n = tanh (x W_n + b_n + r (h U_n + b_u))   h' = (1 − z) n + z h
 * W (C, 3 H) and U (H, 3 H) hold r, z, n side by side, b (4 H) r, z, n, u.
 * A chunk takes its samples through all points; chunks depend on the shape alone.
 *
 * B batch, T points, C channels, H states. */

#define GROUP   16        /* samples that are taken through time together */
#define N_PARTS 7         /* of the weights' gradient: three gates of W, three of U, the biases */

void
us_op_gru_plan (UsOp *op)
{
  UsRun *run = op->run;
  gsize points = us_op_y (op)->width, h = op->layer.out;

  op->group = MIN (run->batch, GROUP);
  op->n_groups = (run->batch + op->group - 1) / op->group;
  us_arena_ask (&run->arena, &op->gates, run->batch * points * 4 * h);
  us_arena_ask (&run->arena, &op->carry, run->batch * h);
}

static const float *
parameters (const UsOp *op,
            gsize       row)
{
  return op->run->weights->parameters + us_op_parameter_offset (op, op->index, row);
}

/* (4 H) of one point of one sample. */
static float *
gates_at (const UsOp *op,
          gsize       n,
          gsize       t)
{
  return op->gates + (n * us_op_y (op)->width + t) * 4 * op->layer.out;
}

static const float *
state_before (const UsOp *op,
              gsize       n,
              gsize       t)
{
  return t > 0 ? us_tensor_at (us_op_y (op), n, 0, t - 1) : NULL;
}

/* --- forward ----------------------------------------------------------- */

/* What the input says to the gates, at all points at once. */
static void
input_to_gates (UsOp  *op,
                gsize  n)
{
  const UsTensor *x = us_op_x (op);
  int points = (int) x->width, c = (int) x->channels, h = (int) op->layer.out;
  float *g = gates_at (op, n, 0);

  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, points, 3 * h, c, 1.0f, us_tensor_at (x, n, 0, 0), c,
               parameters (op, 0), 3 * h, 0.0f, g, 4 * h);
  op->run->vec->bias (g, parameters (op, 2), (gsize) points, (gsize) (4 * h), (gsize) (3 * h), 1.0f);
}

/* What the states of `count` samples say: gates r and z are added to, u is set. */
static void
state_to_gates (UsOp  *op,
                gsize  first,
                gsize  count,
                gsize  t)
{
  const UsTensor *y = us_op_y (op);
  int m = (int) count, h = (int) op->layer.out;
  int ld_h = (int) us_tensor_sample_stride (y), ld_g = (int) (y->width * 4 * op->layer.out);
  const float *u = parameters (op, 1), *before = state_before (op, first, t);
  float *g = gates_at (op, first, t);

  if (before == NULL)
    {
      for (gsize n = 0; n < count; n++)
        memset (g + n * (gsize) ld_g + 3 * h, 0, (gsize) h * sizeof *g);
      return;
    }
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, m, 2 * h, h, 1.0f, before, ld_h, u, 3 * h, 1.0f, g, ld_g);
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, m, h, h, 1.0f, before, ld_h, u + 2 * h, 3 * h,
               0.0f, g + 3 * h, ld_g);
}

/* Leaves r, z, n, u in the gates' place. */
static void
new_state (UsOp  *op,
           gsize  n,
           gsize  t)
{
  gsize h = op->layer.out;
  const UsVec *vec = op->run->vec;
  const float *before = state_before (op, n, t), *bias = parameters (op, 2) + 3 * h;
  float *y = us_tensor_at (us_op_y (op), n, 0, t), *g = gates_at (op, n, t);
  float *r = g, *z = g + h, *new = g + 2 * h, *u = g + 3 * h;

  if (!us_op_counts (op, n, t))
    {
      if (before != NULL)
        memcpy (y, before, h * sizeof *y);
      else
        memset (y, 0, h * sizeof *y);
      return;
    }
  vec->activate[US_ACTIVATION_SIGMOID] (g, g, 2 * h, 0.0f);
  for (gsize j = 0; j < h; j++)
    {
      u[j] += bias[j];
      new[j] += r[j] * u[j];
    }
  vec->activate[US_ACTIVATION_TANH] (new, new, h, 0.0f);
  if (before == NULL)
    for (gsize j = 0; j < h; j++)
      y[j] = (1.0f - z[j]) * new[j];
  else
    for (gsize j = 0; j < h; j++)
      y[j] = new[j] + z[j] * (before[j] - new[j]);
}

static void
forward_chunk (gpointer data,
               gsize    chunk,
               guint    worker)
{
  UsOp *op = data;
  gsize first = chunk * op->group, count = MIN (op->group, op->run->batch - first);
  gsize points = us_op_y (op)->width;

  for (gsize n = first; n < first + count; n++)
    input_to_gates (op, n);
  for (gsize t = 0; t < points; t++)
    {
      state_to_gates (op, first, count, t);
      for (gsize n = first; n < first + count; n++)
        new_state (op, n, t);
    }
}

static void
gru_forward (UsOp *op)
{
  us_op_split (op, forward_chunk);
}

/* --- backward: through time, then the weights -------------------------- */

/* The gates' place takes the gradients of what goes into r, z, n, u; dh (H) that
 * of the state before, as far as z hands it on. */
static void
state_gradient (UsOp  *op,
                gsize  n,
                gsize  t,
                float *dh)
{
  gsize h = op->layer.out;
  const float *before = state_before (op, n, t), *dy = us_tensor_at (us_op_dy (op), n, 0, t);
  float *r = gates_at (op, n, t), *z = r + h, *new = r + 2 * h, *u = r + 3 * h;

  for (gsize j = 0; j < h; j++)
    dh[j] += dy[j];
  if (!us_op_counts (op, n, t))
    {
      memset (r, 0, 4 * h * sizeof *r);
      return;
    }
  for (gsize j = 0; j < h; j++)
    {
      float was = before != NULL ? before[j] : 0.0f;
      float d = dh[j] * (1.0f - z[j]) * (1.0f - new[j] * new[j]);
      float keep = z[j];

      z[j] = dh[j] * (was - new[j]) * keep * (1.0f - keep);
      new[j] = d;
      dh[j] *= keep;
      d *= r[j];
      r[j] = d * u[j] * (1.0f - r[j]);
      u[j] = d;
    }
}

static void
backward_chunk (gpointer data,
                gsize    chunk,
                guint    worker)
{
  UsOp *op = data;
  const UsTensor *x = us_op_x (op), *dx = us_op_dx (op);
  gsize first = chunk * op->group, count = MIN (op->group, op->run->batch - first), h = op->layer.out;
  int m = (int) count, hi = (int) h, points = (int) x->width, c = (int) x->channels, ld_g = points * 4 * hi;
  const float *u = parameters (op, 1);
  float *dh = op->carry + first * h;

  memset (dh, 0, count * h * sizeof *dh);
  for (gsize t = x->width; t-- > 0;)
    {
      const float *g = gates_at (op, first, t);

      for (gsize n = 0; n < count; n++)
        state_gradient (op, first + n, t, dh + n * h);
      if (t == 0)
        break;
      cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, m, hi, 2 * hi, 1.0f, g, ld_g, u, 3 * hi, 1.0f, dh, hi);
      cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, m, hi, hi, 1.0f, g + 3 * h, ld_g, u + 2 * h, 3 * hi,
                   1.0f, dh, hi);
    }
  for (gsize n = first; dx != NULL && n < first + count; n++)
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, points, c, 3 * hi, 1.0f, gates_at (op, n, 0), 4 * hi,
                 parameters (op, 0), 3 * hi, 0.0f, us_tensor_at (dx, n, 0, 0), c);
}

/* dW = x' dg of a gate: its H columns, over all samples. */
static void
input_weights (UsOp  *op,
               gsize  gate)
{
  const UsTensor *x = us_op_x (op);
  gsize h = op->layer.out;
  float *dw = op->run->gradient + us_op_parameter_offset (op, op->index, 0) + gate * h;

  for (gsize n = 0; n < x->batch; n++)
    cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, (int) x->channels, (int) h, (int) x->width, 1.0f,
                 us_tensor_at (x, n, 0, 0), (int) x->channels, gates_at (op, n, 0) + gate * h, (int) (4 * h),
                 n > 0 ? 1.0f : 0.0f, dw, (int) (3 * h));
}

/* dU = h' dg, the state one point earlier; gate n's product is u. */
static void
state_weights (UsOp  *op,
               gsize  gate)
{
  const UsTensor *y = us_op_y (op);
  gsize h = op->layer.out;
  float *du = op->run->gradient + us_op_parameter_offset (op, op->index, 1) + gate * h;

  for (gsize j = 0; y->width == 1 && j < h; j++)
    memset (du + j * 3 * h, 0, h * sizeof *du);
  for (gsize n = 0; y->width > 1 && n < y->batch; n++)
    cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, (int) h, (int) h, (int) (y->width - 1), 1.0f,
                 us_tensor_at (y, n, 0, 0), (int) h, gates_at (op, n, 1) + (gate < 2 ? gate : 3) * h, (int) (4 * h),
                 n > 0 ? 1.0f : 0.0f, du, (int) (3 * h));
}

#define SUMS 256

static void
biases (UsOp *op)
{
  gsize n = 4 * op->layer.out, rows = us_op_y (op)->batch * us_op_y (op)->width;
  float *db = op->run->gradient + us_op_parameter_offset (op, op->index, 2);

  for (gsize first = 0; first < n; first += SUMS)
    {
      double sums[SUMS] = { 0 };
      gsize count = MIN (SUMS, n - first);

      op->run->vec->column_sums (sums, op->gates + first, rows, n, count);
      for (gsize j = 0; j < count; j++)
        db[first + j] = (float) sums[j];
    }
}

static void
weights_chunk (gpointer data,
               gsize    chunk,
               guint    worker)
{
  UsOp *op = data;

  if (chunk < 3)
    input_weights (op, chunk);
  else if (chunk < 6)
    state_weights (op, chunk - 3);
  else
    biases (op);
}

static void
gru_backward (UsOp *op)
{
  us_op_split (op, backward_chunk);
  if (op->run->gradient != NULL)
    us_pool_run (op->run->pool, N_PARTS, weights_chunk, op);
}

const UsOpClass us_op_gru = { NULL, gru_forward, gru_backward };
