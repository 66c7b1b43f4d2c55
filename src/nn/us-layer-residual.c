/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-run-private.h"

/* Push keeps a value, add adds it: y = x + kept.  Backward, add hands dy to x
 * (nothing to do when it worked in place), and push, which comes last, adds dy
 * to the gradient that the layers in between have left. */

/* to = a + b, maps of one shape; halos stay zero */
static void
add_maps (UsOp           *op,
          gsize           chunk,
          const UsTensor *to,
          const UsTensor *a,
          const UsTensor *b)
{
  UsSpan span = us_span (op, chunk, to, to->halo > 0 || a->halo > 0 || b->halo > 0);

  for (gsize r = 0; r < span.n_runs; r++)
    op->run->vec->add (us_span_at (&span, to, r), us_span_at (&span, a, r), us_span_at (&span, b, r),
                       span.length * to->channels);
}

static void
add_forward_chunk (gpointer data,
                   gsize    chunk,
                   guint    worker)
{
  UsOp *op = data;

  add_maps (op, chunk, us_op_y (op), us_op_x (op), &us_run_buffer (op->run, op->other)->data);
}

static void
add_backward_chunk (gpointer data,
                    gsize    chunk,
                    guint    worker)
{
  UsOp *op = data;
  gsize first = chunk * op->group;

  us_tensor_copy (us_op_dx (op), us_op_dy (op), first, MIN (op->group, op->run->batch - first));
}

static void
add_forward (UsOp *op)
{
  us_op_split (op, add_forward_chunk);
}

static void
add_backward (UsOp *op)
{
  if (op->in != op->out && us_op_dx (op) != NULL)
    us_op_split (op, add_backward_chunk);
}

const UsOpClass us_op_add = { NULL, add_forward, add_backward };

static void
push_forward (UsOp *op)
{
}

static void
push_backward_chunk (gpointer data,
                     gsize    chunk,
                     guint    worker)
{
  UsOp *op = data;

  add_maps (op, chunk, us_op_dx (op), us_op_dx (op), &us_run_buffer (op->run, op->other)->grad);
}

static void
push_backward (UsOp *op)
{
  if (us_op_dx (op) != NULL)
    us_op_split (op, push_backward_chunk);
}

const UsOpClass us_op_push = { NULL, push_forward, push_backward };
