/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-pool.h"
#include <glib.h>

G_BEGIN_DECLS

/**
 * UsLossKind:
 * @US_LOSS_MSE: mean over elements of (p - t)^2
 * @US_LOSS_L1: mean of |p - t|
 * @US_LOSS_BCE: mean binary cross-entropy; p are logits, t in 0..1
 * @US_LOSS_GAUSSIAN_NLL: p holds a mean µ and a log variance s per element, (…, 2 C): first
 *   C channels the mean; mean of ½ (log σ² + (t - µ)² / σ²), σ² = exp s + US_LOSS_LEAST_SPREAD²
 */
typedef enum
{
  US_LOSS_MSE,
  US_LOSS_L1,
  US_LOSS_BCE,
  US_LOSS_GAUSSIAN_NLL,
} UsLossKind;

#define US_LOSS_MAX_LEVELS 8

/* What never varies has no density: no spread is told below this. */
#define US_LOSS_LEAST_SPREAD 1e-3
#define US_LOSS_LEAST_LOG_VARIANCE (-13.815510557964274)        /* its square's logarithm */

/**
 * UsLoss:
 *
 * A loss over maps, optionally summed over a pyramid: level 0 is the map
 * itself, level l+1 is level l averaged over 2×2 pixels (an odd last row or
 * column is left out; a map one pixel high or wide stays so and is averaged
 * over 1×2 or 2×1); the loss is Σ_l weights[l] loss(level l), each a mean over
 * its own pixels.  A thin curve gives no gradient where it does
 * not overlap; its blurred copies do.  With BCE the logits go through the
 * sigmoid first and levels ≥ 1 compare probabilities by MSE.
 * With GAUSSIAN_NLL levels ≥ 1 compare the means by MSE.
 */
typedef struct _UsLoss UsLoss;

/* n_levels 1: no pyramid.  Errors are the caller's. */
UsLoss  *us_loss_new   (UsLossKind    kind,
                        gsize         batch,
                        gsize         height,
                        gsize         width,
                        gsize         channels,       /* of the target */
                        gsize         n_levels,
                        const double *weights);       /* (n_levels), or NULL: all 1 */
void     us_loss_free  (UsLoss *self);
void     us_loss_set_weights (UsLoss       *self,
                              const double *weights); /* annealing */
/* σ of an element whose log variance is s. */
double   us_loss_spread      (double        s);
/* p: (B, H, W, C) or (B, H, W, 2C) for the NLL.  t: (B, H, W, C).
 * gradient: like p, overwritten, or NULL.  per_sample: (B) or NULL.
 * Returns the mean over the batch; sums in double, in a fixed order. */
double   us_loss_evaluate (UsLoss      *self,
                           const float *p,
                           const float *t,
                           float       *gradient,
                           double      *per_sample,
                           UsPool      *pool);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsLoss, us_loss_free)

G_END_DECLS
