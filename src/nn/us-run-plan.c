/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-run-private.h"

#include <cblas.h>

/* Floats of a chunk of an elementwise pass: 64 KB, a fair part of the second-level cache. */
#define CHUNK_FLOATS 16384

typedef struct
{
  UsRun    *run;
  gsize     current;     /* buffer */
  GArray   *stack;       /* of gsize: indices of push ops */
  gboolean *done;        /* (n_layers) fused with an earlier one */
} Plan;

/* --- building blocks --------------------------------------------------- */

static gsize
add_buffer (Plan             *plan,
            const UsMapShape *shape,
            gsize             layer)
{
  UsRun *run = plan->run;
  UsBuffer b = { .layer = layer, .producer = (gssize) run->ops->len, .same = -1, .same_grad = -1 };

  b.data = (UsTensor) { NULL, run->batch, shape->height, shape->width, shape->channels, 0 };
  g_array_append_val (run->buffers, b);
  return run->buffers->len - 1;
}

/* An op from the current buffer to `out`, which becomes the current one. */
static UsOp *
add_op (Plan            *plan,
        const UsOpClass *class,
        gsize            index,
        gsize            out)
{
  UsRun *run = plan->run;
  UsOp op = { .class = class, .run = run, .index = index, .in = plan->current, .out = out,
              .slope = 1.0f, .norm_index = G_MAXSIZE };
  const UsBuffer *in = us_run_buffer (run, op.in);
  const UsTensor *x = &in->data, *y = &us_run_buffer (run, out)->data;
  gsize n_floats = MAX (x->height * x->width * x->channels, y->height * y->width * y->channels);

  if (index != G_MAXSIZE)
    op.layer = run->network->layers[index];
  op.group = MIN (run->batch, MAX (CHUNK_FLOATS / n_floats, 1));
  op.n_groups = (run->batch + op.group - 1) / op.group;
  us_run_buffer (run, out)->needs_grad |= in->needs_grad;
  g_array_append_val (run->ops, op);
  plan->current = out;
  return &g_array_index (run->ops, UsOp, run->ops->len - 1);
}

static gboolean
may_work_in_place (Plan *plan)
{
  const UsBuffer *b = us_run_buffer (plan->run, plan->current);

  return !b->kept && !b->needs_value;
}

/* Copies the current buffer to one of another shape or without a halo; where
 * both turn out to be the same memory layout the copy is skipped. */
static void
add_copy (Plan             *plan,
          const UsMapShape *shape,
          gsize             index,
          gboolean          packed)
{
  const UsBuffer *in = us_run_buffer (plan->run, plan->current);
  gboolean untouchable = in->kept || in->needs_value;
  gsize layer = index != G_MAXSIZE ? index : in->layer;
  gsize out = add_buffer (plan, shape, layer);
  UsBuffer *b = us_run_buffer (plan->run, out);

  b->needs_value = untouchable;
  b->packed = packed;
  add_op (plan, &us_op_copy, index, out);
}

/* Takes a following batch norm (when its statistics stand still) and a
 * following (leaky) ReLU into `op`.  through_reshape: for dense layers, whose
 * outputs keep their order. */
static void
fuse (Plan     *plan,
      UsOp     *op,
      gboolean  norms,
      gboolean  through_reshape)
{
  const UsNetwork *network = plan->run->network;

  for (gsize j = op->index + 1; j < network->n_layers; j++)
    {
      const UsLayer *l = &network->layers[j];

      if (l->kind == US_LAYER_RESHAPE && through_reshape)
        continue;
      if (l->kind == US_LAYER_BATCH_NORM && norms && op->norm_index == G_MAXSIZE)
        {
          op->norm_index = j;
          plan->done[j] = TRUE;
          continue;
        }
      if (l->kind == US_LAYER_RELU || (l->kind == US_LAYER_LEAKY_RELU && l->slope >= 0.0f))
        {
          op->slope = l->kind == US_LAYER_RELU ? 0.0f : l->slope;
          plan->done[j] = TRUE;
        }
      break;
    }
}

/* --- layers ------------------------------------------------------------ */

static void
plan_dense (Plan  *plan,
            gsize  index)
{
  UsRun *run = plan->run;
  const UsMapShape *in = &run->network->shapes[index];
  UsOp *op;
  gsize out;

  if (in->height * in->width > 1)
    add_copy (plan, in, G_MAXSIZE, TRUE);
  out = add_buffer (plan, &run->network->shapes[index + 1], index);
  op = add_op (plan, &us_op_dense, index, out);
  us_run_buffer (run, out)->needs_grad |= run->mode == US_RUN_TRAINING;
  fuse (plan, op, run->mode != US_RUN_TRAINING, TRUE);
  us_run_buffer (run, out)->needs_value = op->slope != 1.0f && run->mode != US_RUN_INFERENCE;
  us_op_fold_plan (op, in->height * in->width * in->channels, op->layer.out);
}

static void
plan_conv (Plan  *plan,
           gsize  index)
{
  UsRun *run = plan->run;
  gsize out = add_buffer (plan, &run->network->shapes[index + 1], index);
  UsOp *op = add_op (plan, &us_op_conv, index, out);

  us_run_buffer (run, out)->needs_grad |= run->mode == US_RUN_TRAINING;
  fuse (plan, op, run->mode != US_RUN_TRAINING, FALSE);
  us_run_buffer (run, out)->needs_value = op->slope != 1.0f && run->mode != US_RUN_INFERENCE;
  us_op_conv_plan (op);
  us_op_fold_plan (op, (gsize) op->layer.kernel * op->layer.kernel * us_op_x (op)->channels, op->layer.out);
}

static void
plan_norm (Plan  *plan,
           gsize  index)
{
  UsRun *run = plan->run;
  const UsMapShape *shape = &run->network->shapes[index];
  gsize out = add_buffer (plan, shape, index);
  UsOp *op = add_op (plan, &us_op_norm, index, out);

  us_run_buffer (run, out)->needs_grad |= run->mode == US_RUN_TRAINING;
  fuse (plan, op, FALSE, FALSE);
  us_op_norm_plan (op);
}

static void
plan_activation (Plan  *plan,
                 gsize  index)
{
  UsRun *run = plan->run;
  const UsLayer *l = &run->network->layers[index];
  gboolean backward = run->mode != US_RUN_INFERENCE;
  gboolean alone = may_work_in_place (plan);
  gboolean in_place = alone && !(us_activation_needs_input (l) && backward);
  gsize out = in_place ? plan->current : add_buffer (plan, &run->network->shapes[index], index);
  UsOp *op;

  op = add_op (plan, &us_op_activation, index, out);
  us_activation_of_layer (l, &op->activation, &op->slope);
  op->needs_input = us_activation_needs_input (l);
  op->keeps_slope = l->kind == US_LAYER_GELU && backward && alone;
  us_run_buffer (run, out)->needs_value = backward && !op->needs_input;
}

static void
plan_add (Plan  *plan,
          gsize  index)
{
  UsRun *run = plan->run;
  gsize push = g_array_index (plan->stack, gsize, plan->stack->len - 1);
  gsize kept = g_array_index (run->ops, UsOp, push).in;
  gboolean in_place = may_work_in_place (plan);
  gsize out = in_place ? plan->current : add_buffer (plan, &run->network->shapes[index], index);
  UsOp *op;

  g_array_set_size (plan->stack, plan->stack->len - 1);
  if (in_place)
    {
      gssize b = (gssize) out;

      /* Through copies, which may turn out to share memory. */
      do
        {
          UsBuffer *buffer = us_run_buffer (run, (gsize) b);
          const UsOp *producer = buffer->producer >= 0 ? &g_array_index (run->ops, UsOp, buffer->producer) : NULL;

          buffer->preserved = TRUE;
          b = producer != NULL && producer->class == &us_op_copy ? (gssize) producer->in : -1;
        }
      while (b >= 0);
    }
  op = add_op (plan, &us_op_add, index, out);
  op->other = kept;
  us_run_buffer (run, out)->needs_grad |= us_run_buffer (run, kept)->needs_grad;
  g_array_index (run->ops, UsOp, push).other = out;
}

/* What reads the mask needs the network's input as it was. */
static void
keep_mask (Plan          *plan,
           const UsLayer *layer)
{
  if (layer->mask > 0)
    us_run_buffer (plan->run, 0)->needs_value = TRUE;
}

static void
plan_gru (Plan  *plan,
          gsize  index)
{
  UsRun *run = plan->run;
  gsize out;

  out = add_buffer (plan, &run->network->shapes[index + 1], index);
  us_run_buffer (run, out)->needs_value = TRUE;
  us_op_gru_plan (add_op (plan, &us_op_gru, index, out));
  us_run_buffer (run, out)->needs_grad |= run->mode == US_RUN_TRAINING;
}

static void
plan_pool (Plan  *plan,
           gsize  index)
{
  UsRun *run = plan->run;

  us_op_pool_plan (add_op (plan, &us_op_pool, index, add_buffer (plan, &run->network->shapes[index + 1], index)));
}

static void
plan_layer (Plan  *plan,
            gsize  index)
{
  UsRun *run = plan->run;
  const UsMapShape *out = &run->network->shapes[index + 1];

  switch (run->network->layers[index].kind)
    {
    case US_LAYER_DENSE:
      plan_dense (plan, index);
      break;
    case US_LAYER_CONV:
    case US_LAYER_CONV_TRANSPOSED:
      plan_conv (plan, index);
      break;
    case US_LAYER_BATCH_NORM:
      plan_norm (plan, index);
      break;
    case US_LAYER_RESHAPE:
      add_copy (plan, out, index, FALSE);
      break;
    case US_LAYER_COORDS:
      add_op (plan, &us_op_coords, index, add_buffer (plan, out, index));
      break;
    case US_LAYER_DEPTH_TO_SPACE:
      add_op (plan, &us_op_depth_to_space, index, add_buffer (plan, out, index));
      break;
    case US_LAYER_UPSAMPLE:
      add_op (plan, &us_op_upsample, index, add_buffer (plan, out, index));
      break;
    case US_LAYER_AVERAGE_POOL:
      add_op (plan, &us_op_average_pool, index, add_buffer (plan, out, index));
      break;
    case US_LAYER_COLUMNS:
      add_op (plan, &us_op_columns, index, add_buffer (plan, out, index));
      break;
    case US_LAYER_ROWS:
      add_op (plan, &us_op_rows, index, add_buffer (plan, out, index));
      break;
    case US_LAYER_UNFOLD:
      add_op (plan, &us_op_unfold, index, add_buffer (plan, out, index));
      break;
    case US_LAYER_CROSS:
      add_op (plan, &us_op_cross, index, add_buffer (plan, out, index));
      break;
    case US_LAYER_OUTER:
      us_run_buffer (run, plan->current)->needs_value = TRUE;
      add_op (plan, &us_op_outer, index, add_buffer (plan, out, index));
      break;
    case US_LAYER_GRU:
      plan_gru (plan, index);
      break;
    case US_LAYER_LAST:
      add_op (plan, &us_op_last, index, add_buffer (plan, out, index));
      break;
    case US_LAYER_POOL:
      plan_pool (plan, index);
      break;
    case US_LAYER_PUSH:
      {
        gsize op = run->ops->len;

        us_run_buffer (run, plan->current)->kept = TRUE;
        add_op (plan, &us_op_push, index, plan->current);
        g_array_append_val (plan->stack, op);
      }
      break;
    case US_LAYER_ADD:
      plan_add (plan, index);
      break;
    default:
      plan_activation (plan, index);
      break;
    }
}

/* --- memory ------------------------------------------------------------ */

static gboolean
is_elementwise (const UsOp *op)
{
  return (op->class == &us_op_norm || op->class == &us_op_activation) && op->in != op->out;
}

/* Before and after an elementwise op between convolutions, so that its gradient
 * can be made in place. */
static void
equalise_halos (UsRun *run)
{
  for (guint i = 0; i < run->ops->len; i++)
    {
      UsOp *op = &g_array_index (run->ops, UsOp, i);
      UsBuffer *in = us_run_buffer (run, op->in), *out = us_run_buffer (run, op->out);
      gboolean from_copy = in->producer >= 0
                           && g_array_index (run->ops, UsOp, in->producer).class == &us_op_copy;

      if (is_elementwise (op) && out->data.halo > 0 && !from_copy && in->needs_grad)
        in->data.halo = out->data.halo = MAX (in->data.halo, out->data.halo);
    }
}

/* Which copies are not needed, and which gradients may share memory. */
static void
share_memory (UsRun *run)
{
  for (guint i = 0; i < run->ops->len; i++)
    {
      UsOp *op = &g_array_index (run->ops, UsOp, i);
      UsBuffer *in = us_run_buffer (run, op->in), *out = us_run_buffer (run, op->out);

      if (op->class == &us_op_copy && in->data.halo == 0 && out->data.halo == 0)
        {
          op->skip = TRUE;
          out->same = (gssize) op->in;
        }
      else if (is_elementwise (op) && in->needs_grad && in->data.halo == out->data.halo && !out->preserved)
        out->same_grad = (gssize) op->in;
    }
}

static void
ask_memory (UsRun *run)
{
  for (guint i = 0; i < run->buffers->len; i++)
    {
      UsBuffer *b = us_run_buffer (run, i);
      gsize n = us_tensor_n_floats (&b->data);

      g_assert (!b->packed || b->data.halo == 0);
      b->grad = b->data;
      if (b->same >= 0)
        continue;
      us_arena_ask (&run->arena, &b->data.data, n);
      if (b->needs_grad && b->same_grad < 0)
        us_arena_ask (&run->arena, &b->grad.data, n);
    }
  if (us_run_buffer (run, 0)->needs_grad && us_run_buffer (run, 0)->data.halo > 0)
    {
      const UsTensor *t = &us_run_buffer (run, 0)->data;

      us_arena_ask (&run->arena, &run->packed_input_gradient, t->batch * t->height * t->width * t->channels);
    }
}

/* Buffers that share point back to earlier ones, so one pass is enough. */
static void
resolve_memory (UsRun *run)
{
  for (guint i = 0; i < run->buffers->len; i++)
    {
      UsBuffer *b = us_run_buffer (run, i);

      if (b->same >= 0)
        b->data.data = us_run_buffer (run, (gsize) b->same)->data.data;
      if (b->same >= 0 || b->same_grad >= 0)
        b->grad.data = us_run_buffer (run, (gsize) MAX (b->same, b->same_grad))->grad.data;
    }
}

/* The pool splits the work; a BLAS that splits it again would only get in the way. */
static void
one_blas_thread (void)
{
  static gsize once = 0;

  if (g_once_init_enter (&once))
    {
      openblas_set_num_threads (1);
      g_once_init_leave (&once, 1);
    }
}

UsRun *
us_run_new (UsNetwork *network,
            gsize      batch,
            UsRunMode  mode,
            gboolean   input_gradient,
            UsPool    *pool)
{
  UsRun *run;
  Plan plan;

  g_return_val_if_fail (network != NULL && batch > 0, NULL);

  one_blas_thread ();
  run = g_new0 (UsRun, 1);
  run->network = us_network_ref (network);
  run->pool = pool;
  run->vec = us_vec_get (us_isa_get ());
  run->batch = batch;
  run->mode = mode;
  us_arena_init (&run->arena);
  /* Sized once: the arena keeps pointers into both. */
  run->buffers = g_array_sized_new (FALSE, TRUE, sizeof (UsBuffer), (guint) (2 * network->n_layers + 4));
  run->ops = g_array_sized_new (FALSE, TRUE, sizeof (UsOp), (guint) (2 * network->n_layers + 4));

  plan = (Plan) { .run = run, .stack = g_array_new (FALSE, FALSE, sizeof (gsize)),
                  .done = g_new0 (gboolean, network->n_layers + 1) };
  plan.current = add_buffer (&plan, &network->shapes[0], G_MAXSIZE);
  us_run_buffer (run, 0)->producer = -1;
  us_run_buffer (run, 0)->needs_grad = mode == US_RUN_FROZEN || (mode == US_RUN_TRAINING && input_gradient);
  for (gsize i = 0; i < network->n_layers; i++)
    keep_mask (&plan, &network->layers[i]);
  for (gsize i = 0; i < network->n_layers; i++)
    if (!plan.done[i])
      plan_layer (&plan, i);
  add_copy (&plan, &network->shapes[network->n_layers], G_MAXSIZE, TRUE);
  run->output = plan.current;

  equalise_halos (run);
  share_memory (run);
  ask_memory (run);
  us_arena_commit (&run->arena);
  resolve_memory (run);
  g_array_unref (plan.stack);
  g_free (plan.done);
  return run;
}
