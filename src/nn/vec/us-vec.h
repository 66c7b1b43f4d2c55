/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-isa.h"

G_BEGIN_DECLS

/*
 * Passes over memory that are not matrix products: activations, batch norm,
 * losses, the optimiser.  Plain loops, built once for each instruction set and
 * chosen at run time.  Nothing here allocates or checks; every function may
 * work in place (output == input), but not on arrays that overlap otherwise.
 *
 * `period` functions see n floats whose per-channel coefficients repeat every
 * `period` floats (a multiple of the number of channels, so that few channels
 * still fill a vector).  slope is that of the leaky ReLU that is fused: 1 none,
 * 0 ReLU.
 */

typedef enum
{
  US_ACTIVATION_LEAKY_RELU,     /* ReLU: slope 0 */
  US_ACTIVATION_TANH,
  US_ACTIVATION_SIGMOID,
  US_ACTIVATION_SOFTPLUS,
  US_ACTIVATION_GELU,
  US_N_ACTIVATIONS
} UsActivation;

typedef struct
{
  float one_minus_beta1, one_minus_beta2;     /* rounded once: 1 - (float) 0.999 is off by 5e-5 of itself */
  float rate;              /* learning rate / (1 - beta1^t) */
  float inverse_root;      /* 1 / sqrt (1 - beta2^t) */
  float epsilon;
  float decay;             /* learning rate * weight decay */
  float scale;             /* of the gradient: clipping */
} UsVecAdam;

typedef struct
{
  /* y = f (x) */
  void   (*activate[US_N_ACTIVATIONS])          (float *y, const float *x, gsize n, float slope);
  /* dx = dy f'; kept: x for GELU, y for the others */
  void   (*activate_backward[US_N_ACTIVATIONS]) (float *dx, const float *dy, const float *kept, gsize n, float slope);

  /* y = GELU (x); x = its slope there, so that backward is a product */
  void   (*gelu_keep_slope) (float *y, float *x, gsize n);
  void   (*multiply)   (float *y, const float *a, const float *b, gsize n);
  void   (*add)        (float *y, const float *a, const float *b, gsize n);
  void   (*copy_scale) (float *y, const float *x, float scale, gsize n);
  /* y = leaky (y + bias) for each of n_rows rows of n floats, stride apart */
  void   (*bias)       (float *y, const float *bias, gsize n_rows, gsize stride, gsize n, float slope);
  /* sums[j] += Σ_rows x[row][j] */
  void   (*column_sums) (double *sums, const float *x, gsize n_rows, gsize stride, gsize n);

  /* s1 += Σ (x - shift), s2 += Σ (x - shift)²; s1, s2, shift: (period) */
  void   (*norm_sums)  (double *s1, double *s2, const float *x, const float *shift, gsize n, gsize period);
  /* y = leaky (a x + b) */
  void   (*norm_apply) (float *y, const float *x, const float *a, const float *b, gsize n, gsize period, float slope);
  /* g = dy leaky' (a x + b): s1 += Σ g, s2 += Σ g (x - mean) */
  void   (*norm_gradient_sums) (double *s1, double *s2, const float *dy, const float *x, const float *a,
                                const float *b, const float *mean, gsize n, gsize period, float slope);
  /* dx = a g + c x + d */
  void   (*norm_backward) (float *dx, const float *dy, const float *x, const float *a, const float *b,
                           const float *c, const float *d, gsize n, gsize period, float slope);

  /* Sums of a loss over n elements.  gradient (or NULL): scale times the derivative;
   * difference (or NULL): what coarser levels of the pyramid compare (p - t; σ(p) - t;
   * mean - t). */
  double (*loss_mse) (float *gradient, float *difference, const float *p, const float *t, gsize n, float scale);
  double (*loss_l1)  (float *gradient, float *difference, const float *p, const float *t, gsize n, float scale);
  double (*loss_bce) (float *gradient, float *difference, const float *p, const float *t, gsize n, float scale);
  /* one pixel after another: p (2C) mean, log variance; t (C); least: what is added to each variance, its logarithm */
  double (*loss_nll) (float *gradient, float *difference, const float *p, const float *t,
                      gsize n_pixels, gsize channels, float least, float scale);
  /* Σ d² or Σ |d|; d replaced by scale times the derivative */
  double (*level_mse) (float *d, gsize n, float scale);
  double (*level_l1)  (float *d, gsize n, float scale);
  /* gradient += up σ' with σ (p) = difference + t */
  void   (*bce_chain) (float *gradient, const float *up, const float *difference, const float *t, gsize n);

  /* Between levels of a pyramid, one map of `channels`: coarse (height, width) = mean over
   * down × across pixels of fine (…, fine_width); fine += that mean's share of coarse. */
  void   (*average_down) (float *coarse, const float *fine, gsize height, gsize width, gsize fine_width,
                          guint down, guint across, gsize channels);
  void   (*spread_up)    (float *fine, const float *coarse, gsize height, gsize width, gsize fine_width,
                          guint down, guint across, gsize channels);

  double (*square_sum) (const float *x, gsize n);
  void   (*adam)       (float *p, float *m, float *v, const float *g, gsize n, const UsVecAdam *a);
  /* average += weight (x - average) */
  void   (*average)    (float *average, const float *x, gsize n, float weight);
} UsVec;

const UsVec *us_vec_get         (UsIsa isa);
const UsVec *us_vec_plain       (void);
const UsVec *us_vec_avx2        (void);
const UsVec *us_vec_avx512      (void);

G_END_DECLS
