/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-isa.h"

G_BEGIN_DECLS

/*
 * The innermost loops of the convolutions: one source, compiled once for each
 * instruction set, handed out as a table.  They allocate nothing, check
 * nothing and know no threads.
 */

/* A stretch of the reduction that is contiguous in the input map: where it
 * begins, seen from the pixel, in floats; how many floats. */
typedef struct
{
  gssize offset;
  gsize  length;
} UsRun1d;

/* y[r][0 .. cols) = epilogue (Σ_k a[r][k] b[k][·]) for rows r given by address. */
typedef struct
{
  const float *const *a;          /* (n_rows) */
  float *const       *y;          /* (n_rows) */
  gsize               n_rows;
  const UsRun1d      *runs;       /* the reduction, in order */
  gsize               n_runs;
  const float        *b;          /* (K, width) one packed panel, 64-byte aligned; width: cols in whole vectors */
  gsize               cols;       /* 1 .. panel */
  gsize               y_offset;   /* added to each y */
  const float        *bias;       /* (cols) or NULL; not used when accumulating */
  gboolean            accumulate; /* y += */
  int                 activation; /* 0 none, 1 ReLU, 2 leaky ReLU */
  float               slope;
} UsGemmCall;

/* y[r][·] = Σ_k a[r][k] (b[0] + b[1])[k][·]; with one b, (K, width) from `ahead` on are fetched meanwhile. */
typedef struct
{
  const float *a;                 /* (n_rows, K), a_row floats from one row to the next */
  gsize        a_row;
  float       *y;                 /* (n_rows, width), width = vectors · vector */
  gsize        n_rows;
  gsize        length;            /* of the reduction: K */
  const float *ahead;             /* what will be read next; need not exist */
  const float *b[2];              /* (K, width) each, aligned to a vector; the second may be NULL */
  float       *kept;              /* (K, width) with two of them: their sum is left here; or NULL */
  gsize        vectors;
  gboolean     accumulate;        /* y += */
} UsGemmSumsCall;

/* g[r][c] += Σ_pixels a[pixel][r] b[pixel][c]: gradients of weights.  Either
 * side is read where it is, or from a packed copy. */
typedef struct
{
  const float *const *a, *const *b;   /* (n_lines) address of the first pixel of each line */
  gsize               n_lines;
  gsize               width;          /* pixels a line */
  gsize               a_step, b_step; /* floats from one pixel to the next */
  gsize               a_offset, b_offset;  /* added to each line */
  gsize               a_tile;         /* floats from one tile of rows to the next */
  gsize               n_rows;         /* r: a tile of them is contiguous at each pixel */
  float              *g;              /* (n_rows, panel) */
  gsize               vectors;        /* of the panel that hold something */
} UsOuterCall;

typedef enum
{
  US_WINOGRAD_INPUT,             /* n × n -> n × n:  Bᵀ d B */
  US_WINOGRAD_OUTPUT,            /* n × n -> m × m:  Aᵀ M A */
  US_WINOGRAD_WEIGHTS,           /* r × r -> n × n:  G g Gᵀ */
  US_WINOGRAD_OUTPUT_GRADIENT,   /* m × m -> n × n:  A dy Aᵀ */
  US_WINOGRAD_WEIGHTS_GRADIENT,  /* n × n -> r × r:  Gᵀ dU G */
} UsWinogradTransform;

/* One tile, for n_channels channels side by side, whole vectors of them; m, r of
 * F(m, r): 2 or 4, 2 or 3.  Bias and activation: with US_WINOGRAD_OUTPUT only. */
typedef struct
{
  UsWinogradTransform transform;
  guint               m, r;
  const float        *in;
  gsize               in_row, in_column;     /* floats from one element of the tile to the next */
  float              *out;
  gsize               out_row, out_column;
  gsize               n_channels;
  const float        *bias;                  /* of the outputs: (n_channels) or NULL */
  int                 activation;
  float               slope;
} UsWinogradCall;

typedef struct
{
  UsIsa isa;
  gsize vector;                   /* floats in a vector */
  gsize panel;                    /* columns of a panel of weights */
  gsize tile;                     /* rows that are worked on at a time */

  void (*gemm)   (const UsGemmCall *call);
  void (*gemm_sums) (const UsGemmSumsCall *call);
  void (*outer)  (const UsOuterCall *call);
  void (*winograd) (const UsWinogradCall *call);
  /* y += x */
  void (*add)    (float       *y,
                  const float *x,
                  gsize        n);
  /* sums[c] += Σ_r x[r · stride + c] */
  void (*column_sums) (float       *sums,
                       const float *x,
                       gsize        n_rows,
                       gsize        stride,
                       gsize        n_columns);
} UsKernels;

/* isa must be one that the processor has. */
const UsKernels *us_kernels_get (UsIsa isa);

const UsKernels *us_kernels_plain  (void);
const UsKernels *us_kernels_avx2   (void);
const UsKernels *us_kernels_avx512 (void);

G_END_DECLS
