/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "kernels/us-kernels.h"
#include "us-conv.h"

G_BEGIN_DECLS

/*
 * Everything that a convolution does to maps is one operation, from an input
 * map to an output map:
 *
 *   out[phase + out_step · g] = Σ_taps in[in_step · g + tap] · w[tap]
 *
 * for g over a grid.  A convolution with stride s has in_step s, one phase and
 * all taps.  Its transpose (and its data gradient) has out_step s and s × s
 * phases, each with the taps that meet that phase: a stride-1 convolution.
 */

/* Part of the reduction: contiguous in the input, from tap (dy, dx), channel
 * `channel` on.  The j-th float belongs to kernel column kx + kx_step · tap. */
typedef struct
{
  gssize dy, dx;
  gsize  channel;
  gsize  length;
  guint  ky, kx;
  int    kx_step;
} UsConvRun;

typedef struct
{
  gsize      py, px;           /* first output pixel */
  gsize      height, width;    /* of the grid */
  UsConvRun *runs;             /* (n_runs) owned */
  gsize      n_runs;
  gsize     *blocks;           /* (n_blocks + 1) first run of each block of the reduction; owned */
  gsize      n_blocks;
  gsize      reduction;        /* Σ length */
  gsize      packed;           /* where its weights begin */
  gsize      offsets;          /* where its offsets begin */
} UsConvPhase;

/* A stride-1 convolution of r × r taps within an operation: which pixels of the
 * input, which of the output, which taps of the kernel. */
typedef struct
{
  gssize in_y, in_x;           /* input pixel of the first tap at grid 0; steps are in_step */
  gsize  out_y, out_x;         /* output pixel at grid 0; steps are out_step */
  int    ky, kx, k_step;       /* kernel index of the first tap, and from one tap to the next */
} UsConvPart;

/* Winograd F(m, r): (us-conv-winograd.c).  Output phases with a sum over sources
 * each: parts[phase · n_sources + source]. */
typedef struct
{
  guint       m, r, n;
  gsize       grid_height, grid_width;
  gsize       n_phases, n_sources;
  UsConvPart *parts;
  gsize       reduction;       /* n_sources · in_channels */
  gsize       block;           /* tiles at a time */
  gboolean    sums;            /* F(2, 2) with weights that are added up on the way */
  float      *v;               /* few tiles: all of them transformed; NULL: by blocks of tiles */
} UsConvWinograd;

typedef struct
{
  gsize        in_channels, out_channels;
  gsize        in_height, in_width, out_height, out_width;
  gsize        in_step, out_step;
  gsize        halo;           /* that the input needs */
  gsize        w_in, w_out;    /* strides in w (K, K, Cin, Cout) of in and out channel */
  UsConvPhase *phases;         /* (n_phases) owned */
  gsize        n_phases;
  gboolean     scatter;        /* few output channels: us-conv-scatter.c */
  UsConvWinograd *winograd;    /* NULL: direct sums; owned */
  guint        kernel, pad;
  float       *packed;         /* weights in panels, owned */
  UsRun1d     *offsets;        /* runs as seen in the map of this call; owned */
} UsConvOp;

struct _UsConv
{
  UsConvShape      shape;
  UsConvFlags      flags;
  const UsKernels *kernels;

  UsConvOp        *forward;    /* NULL when not asked for */
  UsConvOp        *backward;

  UsConvWinograd  *weights;    /* for the gradient of the weights; NULL: direct sums */
  gsize            n_partials; /* of the gradient of the weights */
  float           *partials;   /* (n_partials, K, K, Cin, Cout), or NULL when 1 */
  float           *bias_sums;  /* (B, Cout) */
};

/* us-conv-op.c */
UsConvOp *us_conv_op_new    (const UsConv *self,
                             gboolean      transposed,   /* phases */
                             gboolean      backward);    /* channels change places */
void      us_conv_op_free   (UsConvOp *op);
void      us_conv_op_pack   (const UsConv *self,
                             UsConvOp     *op,
                             const float  *w,
                             UsPool       *pool);
void      us_conv_op_run    (const UsConv   *self,
                             UsConvOp       *op,
                             const UsTensor *in,
                             const float    *bias,
                             int             activation,
                             float           slope,
                             UsTensor       *out,
                             UsPool         *pool);

/* us-conv-scatter.c */
gboolean  us_conv_scatter_fits (const UsConv   *self,
                                const UsConvOp *op);
void      us_conv_scatter_pack (const UsConv *self,
                                UsConvOp     *op,
                                const float  *w);
void      us_conv_scatter_run  (const UsConv   *self,
                                const UsConvOp *op,
                                const UsTensor *in,
                                const float    *bias,
                                int             activation,
                                float           slope,
                                UsTensor       *out,
                                UsPool         *pool);

/* us-conv-winograd.c */
UsConvWinograd *us_conv_winograd_new  (const UsConv   *self,
                                       const UsConvOp *op);    /* NULL when it does not fit or pay */
gsize           us_conv_winograd_n_tiles (const UsConv         *self,
                                          const UsConvWinograd *w);  /* over the batch */
void            us_conv_winograd_free (UsConvWinograd *winograd);
gsize           us_conv_winograd_packed (const UsConv   *self,
                                         const UsConvOp *op);  /* floats */
void            us_conv_winograd_pack (const UsConv *self,
                                       UsConvOp     *op,
                                       const float  *w,
                                       UsPool       *pool);
void            us_conv_winograd_run  (const UsConv   *self,
                                       const UsConvOp *op,
                                       const UsTensor *in,
                                       const float    *bias,
                                       int             activation,
                                       float           slope,
                                       UsTensor       *out,
                                       UsPool         *pool);

/* us-conv-winograd-weights.c */
UsConvWinograd *us_conv_winograd_weights_new (const UsConv *self);
gsize           us_conv_winograd_n_partials  (const UsConv *self);
void            us_conv_winograd_run_weights (UsConv         *self,
                                              const UsTensor *x,
                                              const UsTensor *dy,
                                              float          *to,    /* dw, or the partial sums */
                                              UsPool         *pool);

/* us-conv-weights.c */
gsize     us_conv_n_partials (const UsConv *self);
void      us_conv_run_weights (UsConv         *self,
                               const UsTensor *x,
                               const UsTensor *dy,
                               float          *dw,
                               UsPool         *pool);
void      us_conv_run_bias    (UsConv         *self,
                               const UsTensor *dy,
                               float          *dbias,
                               UsPool         *pool);

/* us-conv.c: this thread's own memory, 64-byte aligned, kept for the next call. */
float    *us_conv_scratch       (gsize n_floats);
float    *us_conv_alloc_floats  (gsize n_floats);        /* zeroed; us_conv_free_floats */
void      us_conv_free_floats   (float *floats);

static inline gsize
us_conv_round_up (gsize n,
                  gsize to)
{
  return (n + to - 1) / to * to;
}

/* Distance between the matrices of two points, each n floats: a cache line more
 * than a multiple of one, so that the n² places that a tile writes at once do
 * not fall on the same sets of the cache. */
static inline gsize
us_conv_point_stride (gsize n)
{
  return us_conv_round_up (n, 128) + 16;
}

G_END_DECLS
