/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * A residual network over rows of numbers, plain or masked: what conditions a flow, and what sums up a table's row.
 *
 *   a = in Win + context Wc + b;  each block: a += dropout (gelu (gelu (a) W1 + b1)) W2 + b2;  out = a Wout + bout
 *
 * Nothing stands between the residual stream and the output, so that a linear dependence is learnt as such.
 *
 * R rows, I inputs, X values of context, W width, O outputs.  With G = I groups (masked; Germain, Gregor, Murray,
 * Larochelle 2015) input i is of group i, hidden unit j of group j G / W, and outputs are G blocks of O / G: block g
 * depends on the context and on inputs before g alone.  Parameters are one block of floats.
 */
typedef struct
{
  gsize n_in, n_context, width, n_blocks, n_out;
  gsize n_groups;            /* 0: not masked; else n_in, with width ≥ n_groups and n_out a multiple of it */
} UsResidualShape;

typedef struct
{
  const char *name;          /* "in", "context", "bias", "block.w1", …, static */
  gsize       block;         /* of which block, where the name begins with "block." */
  gsize       shape[2];      /* bias: (1, n) */
  gsize       offset;
} UsResidualTensor;

gsize us_residual_n_parameters (const UsResidualShape *shape);
gsize us_residual_n_tensors    (const UsResidualShape *shape);
void  us_residual_tensor       (const UsResidualShape *shape,
                                gsize                  index,
                                UsResidualTensor      *tensor);
/* From streams (seed, US_RNG_INIT, stream + tensor); out_gain: of the last layer, 0 begins with zero outputs. */
void  us_residual_init         (const UsResidualShape *shape,
                                float                 *parameters,
                                guint64                seed,
                                guint64                stream,
                                double                 out_gain);

/**
 * UsResidualRun:
 *
 * The network at work on up to max_rows rows; all memory is taken at creation.  One thread; same bits whatever
 * ran before.
 */
typedef struct _UsResidualRun UsResidualRun;

UsResidualRun *us_residual_run_new  (const UsResidualShape *shape,
                                     gsize                  max_rows);
void           us_residual_run_free (UsResidualRun *self);

/* in (R, I), context (R, X), or (1, X) for all rows where one_context, out (R, O).
 * dropout: share of a block's inner units that is silenced, by the stream (seed, US_RNG_AUGMENT, step); 0: none.
 * in and context are borrowed until backward. */
void us_residual_run_forward  (UsResidualRun *self,
                               const float   *parameters,
                               gsize          rows,
                               const float   *in,
                               const float   *context,
                               gboolean       one_context,
                               double         dropout,
                               guint64        seed,
                               guint64        step,
                               float         *out);
/* Group by group, for sampling: begin, then for g = 0 .. G-1 the block g of outputs, once inputs before g are in
 * `in`.  All groups together cost as much as one forward pass. */
void us_residual_run_group    (UsResidualRun *self,
                               const float   *parameters,
                               gsize          rows,
                               const float   *in,
                               const float   *context,
                               gboolean       one_context,
                               gsize          group,
                               float         *out);
/* After forward over the same rows with all contexts given: gradient (parameters) and dcontext (R, X) or NULL are
 * added to, din (R, I) or NULL is overwritten. */
void us_residual_run_backward (UsResidualRun *self,
                               const float   *parameters,
                               const float   *dout,
                               float         *gradient,
                               float         *din,
                               float         *dcontext);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsResidualRun, us_residual_run_free)

G_END_DECLS
