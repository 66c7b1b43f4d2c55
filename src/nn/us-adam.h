/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-pool.h"
#include <glib.h>

G_BEGIN_DECLS

/**
 * UsAdam:
 *
 * Adam (Kingma, Ba 2015, Algorithm 1) and AdamW (Loshchilov, Hutter 2019:
 * decay decoupled), with the global gradient norm clipped.
 */
typedef struct
{
  double learning_rate;      /* peak */
  double beta1, beta2, epsilon;
  double weight_decay;       /* decoupled; 0: Adam */
  double clip_norm;          /* 0: no clipping */
  guint64 warmup_steps;      /* linear: step s, from 0, has (s + 1) / warmup_steps of the peak */
  guint64 total_steps;       /* cosine from the peak to final_fraction of it; 0: constant */
  double final_fraction;
} UsAdamConfig;

#define US_ADAM_CONFIG_DEFAULT \
  { .learning_rate = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .final_fraction = 0.0 }

typedef struct
{
  UsAdamConfig config;
  gsize        n;            /* parameters */
  float       *m, *v;        /* (n) moments */
  guint64      step;         /* steps taken */

  /*< private >*/
  double      *square_sums;  /* of the gradient, chunk by chunk */
} UsAdam;

UsAdam  *us_adam_new  (gsize               n,
                       const UsAdamConfig *config);
void     us_adam_free (UsAdam *self);
/* The rate that step number `step` (from 0) uses. */
double   us_adam_learning_rate (const UsAdamConfig *config,
                                guint64             step);
/* One step.  Returns the gradient's norm before clipping (double, fixed
 * order); when it is not finite nothing is changed. */
double   us_adam_step (UsAdam      *self,
                       float       *parameters,       /* (n) */
                       const float *gradient,         /* (n) */
                       UsPool      *pool);

/* average = decay * average + (1 - decay) * parameters: the weights that are
 * kept (Polyak averaging). */
void     us_ema_update (float       *average,
                        const float *parameters,
                        gsize        n,
                        double       decay,
                        UsPool      *pool);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsAdam, us_adam_free)

G_END_DECLS
