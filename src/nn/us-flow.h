/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-residual.h"

G_BEGIN_DECLS

/*
 * A conditional normalising flow: the density q (u | context) of P numbers, autoregressive (Papamakarios, Pavlakou,
 * Murray 2017) with splines (Durkan, Bekasov, Murray, Papamakarios 2019).
 *
 * T transforms, each with an order of its own of the P numbers; in that order number i becomes
 *   z_i = spline ((u_i - m) e^-s; w),  with m, s and w given by a masked network of the context and of numbers before i;
 * what comes out of the last one is standard normal.  The location and scale let a posterior be far narrower than its
 * prior, the spline gives it any shape; every conditional has a full spline, so that one transform is already universal.
 * All zero at the outputs is the identity.
 *
 * R rows, P numbers, X context, T transforms, K bins.
 */
typedef struct
{
  gsize   n_theta, n_context;
  gsize   n_transforms, width, n_blocks;
  guint   n_bins;
  double  bound;             /* of the splines: beyond it they are the identity */
  guint64 order_seed;        /* orders of the numbers: the first at random, then reversed each time */
} UsFlowShape;

#define US_FLOW_MAX_TRANSFORMS 16

gsize us_flow_n_parameters (const UsFlowShape *shape);
/* Each transform has this network; theirs follow each other in the block. */
void  us_flow_conditioner  (const UsFlowShape *shape,
                            UsResidualShape   *conditioner);
void  us_flow_init         (const UsFlowShape *shape,
                            float             *parameters,
                            guint64            seed,
                            guint64            stream);

/**
 * UsFlowRun:
 *
 * A flow at work on up to max_rows rows: everything is allocated at creation.  One thread; rows are computed
 * by themselves up to the order of sums in a matrix product, which depends on the number of rows alone.
 */
typedef struct _UsFlowRun UsFlowRun;

UsFlowRun *us_flow_run_new  (const UsFlowShape *shape,
                             gsize              max_rows);
void       us_flow_run_free (UsFlowRun *self);

/* log_density (R): log q (u | context).  u (R, P); context (R, X), or (1, X) where one_context; dropout, seed, step as
 * in us_residual_run_forward(). */
void       us_flow_run_log_density (UsFlowRun   *self,
                                    const float *parameters,
                                    gsize        rows,
                                    const float *u,
                                    const float *context,
                                    gboolean     one_context,
                                    double       dropout,
                                    guint64      seed,
                                    guint64      step,
                                    double      *log_density);
/* After log_density: of - scale Σ log q, gradient (parameters) and dcontext (R, X) or NULL, both added to. */
void       us_flow_run_backward    (UsFlowRun   *self,
                                    const float *parameters,
                                    double       scale,
                                    float       *gradient,
                                    float       *dcontext);
/* The inverse: z (R, P) standard normal → u (R, P); may be the same array. */
void       us_flow_run_sample      (UsFlowRun   *self,
                                    const float *parameters,
                                    gsize        rows,
                                    const float *z,
                                    const float *context,
                                    gboolean     one_context,
                                    float       *u);
/* z of the last log_density (R, P). */
const float *us_flow_run_z         (const UsFlowRun *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsFlowRun, us_flow_run_free)

G_END_DECLS
