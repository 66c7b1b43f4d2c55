/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include "us-pool.h"
#include "us-rng.h"
#include "us-tensor.h"

G_BEGIN_DECLS

/* B batch, H height, W width, C channels, P parameters of the network. */

/**
 * UsLayerKind:
 *
 * The kinds of layer.  Their names in files are those of us_layer_kind_name().
 */
typedef enum
{
  US_LAYER_DENSE,            /* (H, W, C) -> (1, 1, out); flattens its input; weight (H W C, out) */
  US_LAYER_CONV,             /* (H, W, C) -> (H', W', out) */
  US_LAYER_CONV_TRANSPOSED,
  US_LAYER_BATCH_NORM,       /* per channel; eps 1e-5, momentum 0.1 (the running variance is the unbiased one);
                              * running statistics at inference and in a frozen run */
  US_LAYER_RELU,
  US_LAYER_LEAKY_RELU,       /* slope */
  US_LAYER_TANH,
  US_LAYER_SIGMOID,
  US_LAYER_SOFTPLUS,
  US_LAYER_GELU,             /* exact, by erf */
  US_LAYER_RESHAPE,          /* -> (height, width, channels) */
  US_LAYER_COORDS,           /* appends two channels: x and y of the pixel centre, -1 .. 1 */
  US_LAYER_DEPTH_TO_SPACE,   /* (H, W, r r C) -> (H r, W r, C): channel (a r + b) C + c goes to pixel (a, b) of the block */
  US_LAYER_UPSAMPLE,         /* nearest, by r */
  US_LAYER_AVERAGE_POOL,     /* mean over r by r */
  US_LAYER_PUSH,             /* keeps the current value for the matching ADD */
  US_LAYER_ADD,              /* adds what the matching PUSH kept (same shape) */
  US_LAYER_COLUMNS,          /* (H, W, C) -> (1, W, H C): all that stands in a column is its channels */
  US_LAYER_ROWS,             /* (1, W, H C) -> (H, W, C): its inverse, H = factor */
  US_LAYER_UNFOLD,           /* (H, W, C) -> (H, W, K C): each pixel with its neighbours in the row, K = factor,
                              * odd, zeros outside; before a 1 x 1 convolution: one along the row */
  US_LAYER_CROSS,            /* (N, N, C) -> (2, N, N C): row 0 is its columns, row 1 its rows; N <= 128 */
  US_LAYER_OUTER,            /* (2, N, F C) -> (N, N, C): y[i, j, c] = sum over f of x[1, i, c F + f] x[0, j, c F + f],
                              * F = factor: a picture as a sum of products of rows and columns; N <= 128 */
  US_LAYER_GRU,              /* (1, T, C) -> (1, T, out): the states of a gated recurrent unit (us-layer-gru.c) that
                              * begins at 0; a masked point leaves its state as it was */
  US_LAYER_LAST,             /* (1, T, C) -> (1, 1, C): the last point */
  US_LAYER_POOL,             /* (1, T, F + C) -> (1, 1, C): mean over the points, F = factor 0; or, with F heads, each of
                              * C / F channels, weighted by the softmax over the points of the head's score, the first
                              * F channels.  Masked points do not count; of none left it is 0 */
} UsLayerKind;

typedef struct
{
  UsLayerKind kind;
  gsize       out;           /* dense, conv: output features or channels */
  guint       kernel, stride, pad;
  gboolean    bias;          /* dense, conv */
  float       slope;         /* leaky ReLU */
  guint       factor;        /* r of depth-to-space, upsample, average pool; of rows, unfold, outer and pool */
  gsize       height, width, channels;   /* reshape */
  float       init_gain;     /* weights ~ N(0, gain^2 / fan_in); 0: sqrt 2 before a (leaky) ReLU or GELU, 1 else */
  guint       mask;          /* GRU, pool: channel of the network's own input, from 1, that is above 1/2 where its
                              * point counts; 0: all count.  The input then has as many points as the layer */
} UsLayer;

/* "dense", "conv", "conv-transposed", "batch-norm", …, "push", "add" */
const char *us_layer_kind_name      (UsLayerKind kind);
/* FALSE: not the name of a kind. */
gboolean    us_layer_kind_from_name (const char  *name,
                                     UsLayerKind *kind);

/**
 * UsNetwork:
 *
 * A chain of layers with checked shapes and the table of its parameters:
 * const after construction and shared (atomic reference count).  It holds no
 * numbers: those are in UsWeights.
 */
typedef struct _UsNetwork UsNetwork;

typedef struct
{
  char  *name;               /* "3.conv.weight" */
  guint  n_dims;
  gsize  shape[4];
  gsize  offset;             /* in floats, into the block */
  gsize  n_elements;
} UsNetworkTensor;

/* Errors: US_FORMAT_ERROR_SHAPE when a layer does not fit its input (which
 * layer, what it got, what it wants). */
UsNetwork  *us_network_new        (gsize           in_height,
                                   gsize           in_width,
                                   gsize           in_channels,
                                   const UsLayer  *layers,
                                   gsize           n_layers,
                                   GError        **error);
UsNetwork  *us_network_ref        (UsNetwork *self);
void        us_network_unref      (UsNetwork *self);
/* {"input":[64,64,1],"layers":[{"kind":"conv","out":16,…}…]} and back. */
char       *us_network_to_json    (const UsNetwork *self);
UsNetwork  *us_network_from_json  (const char  *json,
                                   GError     **error);
gsize       us_network_n_layers   (const UsNetwork *self);
const UsLayer *us_network_layer   (const UsNetwork *self, gsize index);
void        us_network_input_shape  (const UsNetwork *self, gsize *h, gsize *w, gsize *c);
void        us_network_output_shape (const UsNetwork *self, gsize *h, gsize *w, gsize *c);
/* Trainable block: parameters.  Second block: state (running means, variances). */
gsize       us_network_n_parameters (const UsNetwork *self);
gsize       us_network_n_state      (const UsNetwork *self);
const UsNetworkTensor *us_network_parameter_table (const UsNetwork *self, gsize *n);
const UsNetworkTensor *us_network_state_table     (const UsNetwork *self, gsize *n);
/* Nominal forward FLOP of one sample (a multiply-add counts 2). */
double      us_network_flop       (const UsNetwork *self);

/**
 * UsWeights:
 *
 * The numbers of a network: parameters and state in one aligned block each.
 * Const once shared (snapshots that the preview plays); reference counted.
 */
typedef struct
{
  UsNetwork *network;        /* owned */
  float     *parameters;     /* (us_network_n_parameters) */
  float     *state;          /* (us_network_n_state) */
  /*< private >*/
  gatomicrefcount ref_count;
} UsWeights;

UsWeights *us_weights_new   (UsNetwork *network,
                             guint64    seed);       /* initialised; streams (seed, US_RNG_INIT, tensor) */
UsWeights *us_weights_copy  (const UsWeights *self);
UsWeights *us_weights_ref   (UsWeights *self);
void       us_weights_unref (UsWeights *self);

/**
 * UsRun:
 *
 * A network at work on batches of one size: activations, packed weights,
 * scratch; everything allocated at creation, nothing inside a step.  One
 * thread at a time; work is split over the pool; same bits for any number of
 * workers.
 */
typedef struct _UsRun UsRun;

typedef enum
{
  US_RUN_INFERENCE,          /* forward only, batch norm folded */
  US_RUN_TRAINING,           /* batch statistics; backward to parameters, and to the input if asked */
  US_RUN_FROZEN,             /* running statistics; backward to the input only, always asked for */
} UsRunMode;

UsRun       *us_run_new      (UsNetwork *network,
                              gsize      batch,
                              UsRunMode  mode,
                              gboolean   input_gradient,
                              UsPool    *pool);       /* borrowed, or NULL */
void         us_run_free     (UsRun *self);
gsize        us_run_batch    (const UsRun *self);
/* Packs the weights; borrowed until the next call in training mode (state, the
 * running statistics, is updated in place by us_run_forward there). */
void         us_run_load     (UsRun     *self,
                              UsWeights *weights);
/* x: (B, H, W, C) packed.  Returns (B, H', W', C') packed, owned by the run,
 * valid until the next call. */
const float *us_run_forward  (UsRun       *self,
                              const float *x);
/* dy: like the output.  gradient: (P), overwritten; NULL in frozen mode.
 * Returns the gradient of the input (B, H, W, C) packed, or NULL when not asked for. */
const float *us_run_backward (UsRun       *self,
                              const float *dy,
                              float       *gradient);
/* After a step that was not finite: index of the first layer whose output is not
 * finite, or, with gradients TRUE, of the layer nearest the output whose incoming
 * gradient (or the one it made of it in place) is not finite; or -1.  A fused
 * activation counts with the layer before it. */
gssize       us_run_find_nonfinite (const UsRun *self,
                                    gboolean     gradients);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsNetwork, us_network_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsWeights, us_weights_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsRun, us_run_free)

G_END_DECLS
