/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-conv.h"
#include "us-memory.h"
#include "us-network-private.h"
#include "vec/us-vec.h"

G_BEGIN_DECLS

/*
 * How a run is planned.  Layers become ops over buffers.  A buffer is the value
 * between two ops, with its gradient; an op that works in place has the same
 * buffer before and after.  What is elementwise is fused with what made it.
 *
 * Gradients: an op overwrites that of its input.  A kept value (push) has two
 * readers: the next op overwrites its gradient, and the push, which backward
 * meets last, adds that of the sum.  For that the gradient of a sum made in
 * place must survive until then (`preserved`): nothing upstream of it works in
 * place on gradients.
 *
 * B batch, H height, W width, C channels, F features.
 */

typedef struct _UsOp UsOp;

typedef struct
{
  UsTensor data;
  UsTensor grad;           /* data NULL: nobody needs it */
  gsize    layer;          /* whose output it is first; G_MAXSIZE: the input */
  gssize   producer;       /* index of the first op that writes it; -1: the input */
  gssize   same;           /* data and gradient are those of this other buffer, or -1 */
  gssize   same_grad;      /* the gradient is that of this other buffer, or -1 */
  gboolean kept;           /* a push reads it later: not to be changed */
  gboolean needs_value;    /* its producer reads it going backward */
  gboolean needs_grad;
  gboolean preserved;
  gboolean packed;         /* must have no halo */
} UsBuffer;

typedef struct
{
  void (*load)     (UsOp *op);     /* NULL: nothing to pack */
  void (*forward)  (UsOp *op);
  void (*backward) (UsOp *op);     /* NULL: nothing to do */
} UsOpClass;

struct _UsOp
{
  const UsOpClass *class;
  UsRun    *run;
  UsLayer   layer;
  gsize     index;             /* of the layer in the network; G_MAXSIZE: a copy that the plan put in */
  gsize     in, out;           /* buffers */
  gsize     other;             /* add: the kept buffer; push: the sum's buffer */
  gboolean  skip;              /* a copy between buffers that turned out to be the same memory */

  UsActivation activation;
  gboolean  needs_input;       /* the activation's backward reads x, not y */
  gboolean  keeps_slope;       /* GELU: forward leaves its slope in x, which nobody else reads */
  float     slope;             /* of the fused leaky ReLU; 1: none */

  gsize     norm_index;        /* of the batch norm folded into the weights, or G_MAXSIZE */
  UsConv   *conv;              /* owned */
  float    *weight, *bias;     /* borrowed from the weights, or folded (in the arena) */
  float    *folded_weight, *folded_bias, *folded_scale;

  gsize     group, n_groups;   /* samples a chunk, chunks; depend on the shape alone */

  /* batch norm; (period) repeats (C) until a vector is full */
  gsize     period;
  float    *a, *b, *c, *d, *mean;    /* (period) coefficients */
  float    *rstd;                    /* (C) */
  double   *sums;                    /* (n_groups, 2, period) */

  float    *gates;                   /* GRU: (B, T, 4 H), going backward their gradients; pool: (B, T, heads) weights */
  float    *carry;                   /* GRU: (B, H) gradient of the state */
};

struct _UsRun
{
  UsNetwork   *network;        /* owned */
  UsWeights   *weights;        /* owned */
  UsPool      *pool;           /* borrowed */
  const UsVec *vec;
  gsize        batch;
  UsRunMode    mode;
  UsArena      arena;
  GArray      *buffers;        /* of UsBuffer */
  GArray      *ops;            /* of UsOp */
  float       *gradient;       /* (P) of the step, borrowed while backward runs */
  float       *packed_input_gradient;  /* (B, H, W, C), or NULL: the buffer has no halo */
  gsize        output;         /* buffer */
};

static inline UsBuffer *
us_run_buffer (const UsRun *run,
               gsize        index)
{
  return &g_array_index (run->buffers, UsBuffer, index);
}

static inline UsTensor *
us_op_x (const UsOp *op)
{
  return &us_run_buffer (op->run, op->in)->data;
}

static inline UsTensor *
us_op_y (const UsOp *op)
{
  return &us_run_buffer (op->run, op->out)->data;
}

/* NULL when nobody needs it. */
static inline UsTensor *
us_op_dx (const UsOp *op)
{
  UsTensor *t = &us_run_buffer (op->run, op->in)->grad;

  return t->data != NULL ? t : NULL;
}

static inline UsTensor *
us_op_dy (const UsOp *op)
{
  return &us_run_buffer (op->run, op->out)->grad;
}

static inline void
us_op_split (UsOp       *op,
             UsPoolFunc  func)
{
  us_pool_run (op->run->pool, op->n_groups, func, op);
}

/* An op whose two directions work on one sample at a time: NAME_forward_sample
 * and NAME_backward_sample (op, n) make us_op_NAME. */

typedef void (*UsSampleFunc) (UsOp  *op,
                              gsize  n);

static inline void
us_op_each_sample (UsOp         *op,
                   gsize         chunk,
                   UsSampleFunc  func)
{
  gsize last = MIN ((chunk + 1) * op->group, op->run->batch);

  for (gsize n = chunk * op->group; n < last; n++)
    func (op, n);
}

#define US_DEFINE_SAMPLE_OP(name)                                                  \
  static void                                                                   \
  name##_forward_chunk (gpointer data, gsize chunk, guint worker)               \
  {                                                                             \
    us_op_each_sample (data, chunk, name##_forward_sample);                           \
  }                                                                             \
  static void                                                                   \
  name##_backward_chunk (gpointer data, gsize chunk, guint worker)              \
  {                                                                             \
    us_op_each_sample (data, chunk, name##_backward_sample);                          \
  }                                                                             \
  static void                                                                   \
  name##_forward (UsOp *op)                                                     \
  {                                                                             \
    us_op_split (op, name##_forward_chunk);                                     \
  }                                                                             \
  static void                                                                   \
  name##_backward (UsOp *op)                                                    \
  {                                                                             \
    if (us_op_dx (op) != NULL)                                                  \
      us_op_split (op, name##_backward_chunk);                                  \
  }                                                                             \
  const UsOpClass us_op_##name = { NULL, name##_forward, name##_backward };

/**
 * UsSpan:
 *
 * The samples of one chunk as runs of floats that lie together: one run where
 * no map has a halo, a row of a map each where one has.
 */
typedef struct
{
  gsize first;      /* sample */
  gsize count;      /* samples */
  gsize rows;       /* runs a sample; 0: all in one run */
  gsize n_runs;
  gsize length;     /* pixels in a run */
} UsSpan;

/* t: one of the op's maps; halo: whether any of them has one. */
static inline UsSpan
us_span (const UsOp     *op,
         gsize           chunk,
         const UsTensor *t,
         gboolean        halo)
{
  UsSpan span = { .first = chunk * op->group };

  span.count = MIN (op->group, t->batch - span.first);
  span.rows = halo ? t->height : 0;
  span.n_runs = halo ? span.count * t->height : 1;
  span.length = halo ? t->width : span.count * t->height * t->width;
  return span;
}

static inline float *
us_span_at (const UsSpan   *span,
            const UsTensor *t,
            gsize           run)
{
  if (span->rows == 0)
    return us_tensor_at (t, span->first, 0, 0);
  return us_tensor_at (t, span->first + run / span->rows, run % span->rows, 0);
}

/* us-layer-dense.c */
extern const UsOpClass us_op_dense;
/* us-layer-conv.c */
extern const UsOpClass us_op_conv;
void us_op_conv_plan (UsOp *op);
/* us-layer-norm.c */
extern const UsOpClass us_op_norm;
void us_op_norm_plan (UsOp *op);
/* Asks for the memory of a folded batch norm; fills it in. */
void us_op_fold_plan (UsOp *op, gsize n_rows, gsize n_columns);
/* weight' = weight a, bias' = a (bias - mean) + shift, a = scale / sqrt (variance + eps);
 * the columns of weight are the outputs, whose channel is column % C */
void us_op_fold      (UsOp  *op,
                      gsize  n_rows,
                      gsize  n_columns);
/* us-layer-activation.c */
extern const UsOpClass us_op_activation;
void us_activation_of_layer (const UsLayer *layer,
                             UsActivation  *activation,
                             float         *slope);
/* Whether backward reads the input; the output of the others tells enough (that of
 * a leaky ReLU with a negative slope does not). */
gboolean us_activation_needs_input (const UsLayer *layer);
/* Masks dy in place by the fused leaky ReLU of op. */
void us_op_mask_gradient (UsOp *op);
/* us-layer-shape.c */
extern const UsOpClass us_op_copy;
extern const UsOpClass us_op_coords;
extern const UsOpClass us_op_depth_to_space;
extern const UsOpClass us_op_upsample;
extern const UsOpClass us_op_average_pool;
/* us-layer-columns.c */
extern const UsOpClass us_op_columns;
extern const UsOpClass us_op_rows;
extern const UsOpClass us_op_unfold;
/* us-layer-cross.c */
extern const UsOpClass us_op_cross;
extern const UsOpClass us_op_outer;
/* us-layer-gru.c */
extern const UsOpClass us_op_gru;
void us_op_gru_plan (UsOp *op);
/* us-layer-pool.c */
extern const UsOpClass us_op_last;
extern const UsOpClass us_op_pool;
void us_op_pool_plan (UsOp *op);
/* us-layer-residual.c */
extern const UsOpClass us_op_push;
extern const UsOpClass us_op_add;

/* Whether point t of sample n counts: the mask is a channel of the network's input. */
static inline gboolean
us_op_counts (const UsOp *op,
              gsize       n,
              gsize       t)
{
  const UsTensor *input = &us_run_buffer (op->run, 0)->data;

  return op->layer.mask == 0
         || us_tensor_at (input, n, t / input->width, t % input->width)[op->layer.mask - 1] > 0.5f;
}

/* Between packed arrays and tensors; us-layer-shape.c. */
void us_tensor_copy (const UsTensor *to,
                     const UsTensor *from,
                     gsize           first,
                     gsize           count);

/* Pointers into the blocks; layer: index in the network, row: of its tensors. */
static inline gsize
us_op_parameter_offset (const UsOp *op,
                        gsize       layer,
                        gsize       row)
{
  const UsNetwork *n = op->run->network;

  return g_array_index (n->parameters, UsNetworkTensor, n->first_parameter[layer] + row).offset;
}

static inline gsize
us_op_state_offset (const UsOp *op,
                    gsize       layer,
                    gsize       row)
{
  const UsNetwork *n = op->run->network;

  return g_array_index (n->state, UsNetworkTensor, n->first_state[layer] + row).offset;
}

G_END_DECLS
