/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-run-private.h"

void
us_activation_of_layer (const UsLayer *layer,
                        UsActivation  *activation,
                        float         *slope)
{
  *slope = 0.0f;
  switch (layer->kind)
    {
    case US_LAYER_RELU:
      *activation = US_ACTIVATION_LEAKY_RELU;
      break;
    case US_LAYER_LEAKY_RELU:
      *activation = US_ACTIVATION_LEAKY_RELU;
      *slope = layer->slope;
      break;
    case US_LAYER_TANH:
      *activation = US_ACTIVATION_TANH;
      break;
    case US_LAYER_SIGMOID:
      *activation = US_ACTIVATION_SIGMOID;
      break;
    case US_LAYER_SOFTPLUS:
      *activation = US_ACTIVATION_SOFTPLUS;
      break;
    case US_LAYER_GELU:
      *activation = US_ACTIVATION_GELU;
      break;
    default:
      g_assert_not_reached ();
    }
}

gboolean
us_activation_needs_input (const UsLayer *layer)
{
  return layer->kind == US_LAYER_GELU || (layer->kind == US_LAYER_LEAKY_RELU && layer->slope < 0.0f);
}

/* Halos may be swept over, in one long run, when all maps have the same and
 * what stands there stays zero. */
static UsSpan
whole_span (const UsOp     *op,
            gsize           chunk,
            const UsTensor *t)
{
  UsSpan span = { .first = chunk * op->group, .n_runs = 1 };

  span.count = MIN (op->group, t->batch - span.first);
  span.length = span.count * us_tensor_sample_stride (t);
  return span;
}

static float *
start_of (const UsSpan   *span,
          const UsTensor *t,
          gsize           run,
          gboolean        whole)
{
  return whole ? t->data + span->first * us_tensor_sample_stride (t) : us_span_at (span, t, run);
}

/* Forward: kept NULL. */
static void
apply (UsOp           *op,
       gsize           chunk,
       const UsTensor *to,
       const UsTensor *from,
       const UsTensor *kept)
{
  const UsVec *vec = op->run->vec;
  /* f (0) = 0; the slope of GELU, which would be left in x, is a half there */
  gboolean zero_stays = kept != NULL
                        || (op->activation != US_ACTIVATION_SIGMOID && op->activation != US_ACTIVATION_SOFTPLUS
                            && !op->keeps_slope);
  gboolean whole = zero_stays && to->halo == from->halo && (kept == NULL || kept->halo == to->halo);
  gboolean halo = to->halo > 0 || from->halo > 0 || (kept != NULL && kept->halo > 0);
  UsSpan span = whole ? whole_span (op, chunk, to) : us_span (op, chunk, to, halo);
  gsize n = whole ? span.length : span.length * to->channels;

  for (gsize r = 0; r < span.n_runs; r++)
    {
      float *y = start_of (&span, to, r, whole), *x = start_of (&span, from, r, whole);
      const float *k = kept != NULL ? start_of (&span, kept, r, whole) : NULL;

      if (kept == NULL && op->keeps_slope)
        vec->gelu_keep_slope (y, x, n);
      else if (kept == NULL)
        vec->activate[op->activation] (y, x, n, op->slope);
      else if (op->keeps_slope)
        vec->multiply (y, x, k, n);
      else
        vec->activate_backward[op->activation] (y, x, k, n, op->slope);
    }
}

static void
forward_chunk (gpointer data,
               gsize    chunk,
               guint    worker)
{
  UsOp *op = data;

  apply (op, chunk, us_op_y (op), us_op_x (op), NULL);
}

static void
backward_chunk (gpointer data,
                gsize    chunk,
                guint    worker)
{
  UsOp *op = data;

  apply (op, chunk, us_op_dx (op), us_op_dy (op),
         op->needs_input ? us_op_x (op) : us_op_y (op));
}

static void
activation_forward (UsOp *op)
{
  us_op_split (op, forward_chunk);
}

static void
activation_backward (UsOp *op)
{
  if (us_op_dx (op) != NULL)
    us_op_split (op, backward_chunk);
}

const UsOpClass us_op_activation = { NULL, activation_forward, activation_backward };

/* --- fused ------------------------------------------------------------- */

static void
mask_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  UsOp *op = data;

  apply (op, chunk, us_op_dy (op), us_op_dy (op), us_op_y (op));
}

void
us_op_mask_gradient (UsOp *op)
{
  g_assert (op->activation == US_ACTIVATION_LEAKY_RELU);
  if (op->slope != 1.0f)
    us_op_split (op, mask_chunk);
}
