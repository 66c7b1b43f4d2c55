/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-run-private.h"

#include <string.h>

/* Convolution and transposed convolution: UsConv does the work; here are the
 * plan, the fused activation's gradient and the folded batch norm. */

void
us_op_conv_plan (UsOp *op)
{
  UsRun *run = op->run;
  UsBuffer *in = us_run_buffer (run, op->in), *out = us_run_buffer (run, op->out);
  UsConvShape shape = {
    .batch = run->batch,
    .in_height = in->data.height, .in_width = in->data.width, .in_channels = in->data.channels,
    .out_height = out->data.height, .out_width = out->data.width, .out_channels = out->data.channels,
    .kernel = op->layer.kernel, .stride = op->layer.stride, .pad = op->layer.pad,
    .transposed = op->layer.kind == US_LAYER_CONV_TRANSPOSED,
  };
  UsConvFlags flags = US_CONV_FORWARD;

  if (run->mode == US_RUN_TRAINING)
    flags |= US_CONV_BACKWARD_WEIGHTS;
  if (in->needs_grad)
    flags |= US_CONV_BACKWARD_DATA;
  op->conv = us_conv_new (&shape, flags);
  in->data.halo = MAX (in->data.halo, us_conv_input_halo (op->conv));
  out->data.halo = MAX (out->data.halo, us_conv_output_halo (op->conv));
}

static gsize
n_rows (const UsOp *op)
{
  return (gsize) op->layer.kernel * op->layer.kernel * us_op_x (op)->channels;
}

static void
conv_load (UsOp *op)
{
  if (op->norm_index != G_MAXSIZE)
    us_op_fold (op, n_rows (op), op->layer.out);
  else
    {
      op->weight = op->run->weights->parameters + us_op_parameter_offset (op, op->index, 0);
      op->bias = op->layer.bias ? op->run->weights->parameters + us_op_parameter_offset (op, op->index, 1) : NULL;
    }
  us_conv_set_weights (op->conv, op->weight, op->run->pool);
}

static void
conv_forward (UsOp *op)
{
  int activation = op->slope == 1.0f ? 0 : op->slope == 0.0f ? 1 : 2;

  us_conv_forward (op->conv, us_op_x (op), op->bias, activation, op->slope, us_op_y (op), op->run->pool);
}

#define CLEAR_FLOATS 65536

static void
clear_chunk (gpointer data,
             gsize    chunk,
             guint    worker)
{
  UsOp *op = data;
  gsize n = n_rows (op) * op->layer.out, first = chunk * CLEAR_FLOATS;
  float *dw = op->run->gradient + us_op_parameter_offset (op, op->index, 0);

  memset (dw + first, 0, MIN (CLEAR_FLOATS, n - first) * sizeof (float));
}

static void
conv_backward (UsOp *op)
{
  UsRun *run = op->run;

  us_op_mask_gradient (op);
  if (run->gradient != NULL)
    {
      float *dw = run->gradient + us_op_parameter_offset (op, op->index, 0);
      float *dbias = op->layer.bias ? run->gradient + us_op_parameter_offset (op, op->index, 1) : NULL;

      /* UsConv adds. */
      us_pool_run (run->pool, (n_rows (op) * op->layer.out + CLEAR_FLOATS - 1) / CLEAR_FLOATS, clear_chunk, op);
      if (dbias != NULL)
        memset (dbias, 0, op->layer.out * sizeof (float));
      us_conv_backward_weights (op->conv, us_op_x (op), us_op_dy (op), dw, dbias, run->pool);
    }
  if (us_op_dx (op) != NULL)
    us_conv_backward_data (op->conv, us_op_dy (op), us_op_dx (op), run->pool);
}

const UsOpClass us_op_conv = { conv_load, conv_forward, conv_backward };
