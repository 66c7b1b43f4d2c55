/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-run-private.h"

#include <math.h>
#include <string.h>

gsize
us_run_batch (const UsRun *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->batch;
}

void
us_run_free (UsRun *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; self->ops != NULL && i < self->ops->len; i++)
    us_conv_free (g_array_index (self->ops, UsOp, i).conv);
  g_clear_pointer (&self->ops, g_array_unref);
  g_clear_pointer (&self->buffers, g_array_unref);
  g_clear_pointer (&self->weights, us_weights_unref);
  g_clear_pointer (&self->network, us_network_unref);
  us_arena_clear (&self->arena);
  g_free (self);
}

void
us_run_load (UsRun     *self,
             UsWeights *weights)
{
  g_return_if_fail (self != NULL && weights != NULL);
  g_return_if_fail (weights->network == self->network
                    || (us_network_n_parameters (weights->network) == us_network_n_parameters (self->network)
                        && us_network_n_state (weights->network) == us_network_n_state (self->network)));

  us_weights_ref (weights);
  g_clear_pointer (&self->weights, us_weights_unref);
  self->weights = weights;
  for (guint i = 0; i < self->ops->len; i++)
    {
      UsOp *op = &g_array_index (self->ops, UsOp, i);

      if (op->class->load != NULL)
        op->class->load (op);
    }
}

/* --- a step ------------------------------------------------------------ */

typedef struct
{
  UsTensor to, from;
  gsize    group;
} CopyJob;

static void
copy_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  CopyJob *job = data;
  gsize first = chunk * job->group;

  us_tensor_copy (&job->to, &job->from, first, MIN (job->group, job->to.batch - first));
}

/* Between the caller's packed array and a buffer with its halo. */
static void
copy_packed (UsRun          *self,
             const UsTensor *tensor,
             float          *packed,
             gboolean        in)
{
  UsTensor flat = *tensor;
  gsize n_floats = tensor->height * tensor->width * tensor->channels;
  CopyJob job;

  flat.data = packed;
  flat.halo = 0;
  job.to = in ? *tensor : flat;
  job.from = in ? flat : *tensor;
  job.group = MIN (tensor->batch, MAX (32768 / n_floats, 1));
  us_pool_run (self->pool, (tensor->batch + job.group - 1) / job.group, copy_chunk, &job);
}

const float *
us_run_forward (UsRun       *self,
                const float *x)
{
  g_return_val_if_fail (self != NULL && x != NULL, NULL);
  g_return_val_if_fail (self->weights != NULL, NULL);

  copy_packed (self, &us_run_buffer (self, 0)->data, (float *) x, TRUE);
  for (guint i = 0; i < self->ops->len; i++)
    {
      UsOp *op = &g_array_index (self->ops, UsOp, i);

      if (!op->skip)
        op->class->forward (op);
    }
  return us_run_buffer (self, self->output)->data.data;
}

const float *
us_run_backward (UsRun       *self,
                 const float *dy,
                 float       *gradient)
{
  UsBuffer *input, *output;

  g_return_val_if_fail (self != NULL && dy != NULL, NULL);
  g_return_val_if_fail (self->mode != US_RUN_INFERENCE && self->weights != NULL, NULL);
  g_return_val_if_fail ((gradient != NULL) == (self->mode == US_RUN_TRAINING), NULL);

  input = us_run_buffer (self, 0);
  output = us_run_buffer (self, self->output);
  if (output->grad.data == NULL)
    return NULL;

  self->gradient = gradient;
  copy_packed (self, &output->grad, (float *) dy, TRUE);
  for (guint i = self->ops->len; i-- > 0;)
    {
      UsOp *op = &g_array_index (self->ops, UsOp, i);

      if (!op->skip && op->class->backward != NULL && us_run_buffer (self, op->out)->needs_grad)
        op->class->backward (op);
    }
  self->gradient = NULL;

  if (self->packed_input_gradient == NULL)
    return input->grad.data;
  copy_packed (self, &input->grad, self->packed_input_gradient, FALSE);
  return self->packed_input_gradient;
}

static gboolean
all_finite (const UsTensor *t)
{
  gsize n = us_tensor_n_floats (t);

  for (gsize i = 0; i < n; i++)
    if (!isfinite (t->data[i]))
      return FALSE;
  return TRUE;
}

gssize
us_run_find_nonfinite (const UsRun *self,
                       gboolean     gradients)
{
  g_return_val_if_fail (self != NULL, -1);

  /* Buffers stand in the order of the layers.  Backward goes the other way:
   * there the culprit is the last. */
  for (guint k = 0; k < self->buffers->len; k++)
    {
      UsBuffer *b = us_run_buffer (self, gradients ? self->buffers->len - 1 - k : k);
      const UsTensor *t = gradients ? &b->grad : &b->data;

      if (b->layer != G_MAXSIZE && t->data != NULL && !all_finite (t))
        return (gssize) b->layer;
    }
  return -1;
}
