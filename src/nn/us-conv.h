/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-isa.h"
#include "us-pool.h"
#include "us-tensor.h"

G_BEGIN_DECLS

/**
 * UsConvShape:
 *
 * out = (in + 2 pad - kernel) / stride + 1, floored; transposed:
 * out = (in - 1) stride - 2 pad + kernel.
 * Weights are (K, K, Cin, Cout) for both, the output channel fastest; for a
 * transposed convolution y[i * s - p + k] += x[i] * w[k].  Cross-correlation,
 * as every deep-learning library has it (no flip).
 */
typedef struct
{
  gsize    batch;
  gsize    in_height, in_width, in_channels;
  gsize    out_height, out_width, out_channels;
  guint    kernel, stride, pad;
  gboolean transposed;
} UsConvShape;

/**
 * UsConv:
 *
 * A plan: shape, instruction set, packed weights and scratch, all allocated at
 * creation; the calls below allocate nothing.  Not shared between threads that
 * call at the same time; the work is split over the pool given.
 * Results are the same bits for any number of workers.
 */
typedef struct _UsConv UsConv;

typedef enum
{
  US_CONV_FORWARD = 1 << 0,
  US_CONV_BACKWARD_DATA = 1 << 1,
  US_CONV_BACKWARD_WEIGHTS = 1 << 2,
  US_CONV_EXACT = 1 << 3,            /* direct sums only: no Winograd (tests, twins) */
} UsConvFlags;

UsConv  *us_conv_new  (const UsConvShape *shape,
                       UsConvFlags        flags);
/* With a given instruction set, which the processor must have (tests, twins). */
UsConv  *us_conv_new_for_isa (const UsConvShape *shape,
                              UsConvFlags        flags,
                              UsIsa              isa);
void     us_conv_free (UsConv *self);

/* Halo that the tensors handed to the calls must at least have. */
gsize    us_conv_input_halo  (const UsConv *self);     /* of x and dx */
gsize    us_conv_output_halo (const UsConv *self);     /* of y and dy */

/* Packs (and transforms) the weights: once a step in training, once for all at
 * inference and for a frozen network.  w: (K, K, Cin, Cout). */
void     us_conv_set_weights (UsConv      *self,
                              const float *w,
                              UsPool      *pool);

/* Fused with what follows, when the caller has it to fuse: y = act (conv (x) + bias),
 * act: 0 none, 1 ReLU, 2 leaky ReLU with slope. */
void     us_conv_forward (UsConv         *self,
                          const UsTensor *x,
                          const float    *bias,        /* (Cout) or NULL */
                          int             activation,
                          float           slope,
                          UsTensor       *y,
                          UsPool         *pool);
/* dx = gradient with respect to x (overwritten; its halo stays zero). */
void     us_conv_backward_data (UsConv         *self,
                                const UsTensor *dy,
                                UsTensor       *dx,
                                UsPool         *pool);
/* dw += …, (K, K, Cin, Cout); dbias += … (Cout), or NULL. */
void     us_conv_backward_weights (UsConv         *self,
                                   const UsTensor *x,
                                   const UsTensor *dy,
                                   float          *dw,
                                   float          *dbias,
                                   UsPool         *pool);

/* The slow obvious twin, in double, no pool: the oracle of the tests.  As above,
 * the gradients of weights and bias are added. */
void     us_conv_reference_forward          (const UsConvShape *shape,
                                             const double *x,      /* (B, H, W, Cin), no halo */
                                             const double *w,
                                             const double *bias,   /* or NULL */
                                             double       *y);
void     us_conv_reference_backward_data    (const UsConvShape *shape,
                                             const double *dy,
                                             const double *w,
                                             double       *dx);
void     us_conv_reference_backward_weights (const UsConvShape *shape,
                                             const double *x,
                                             const double *dy,
                                             double       *dw,
                                             double       *dbias);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsConv, us_conv_free)

G_END_DECLS
