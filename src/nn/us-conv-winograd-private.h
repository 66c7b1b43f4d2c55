/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-conv-private.h"

G_BEGIN_DECLS

/* What the two ways to run Winograd's F(m, r) share: by blocks of tiles
 * (us-conv-winograd.c), and by panels of output channels where there are few
 * tiles (us-conv-winograd-few.c). */
typedef struct
{
  const UsConv   *self;
  const UsConvOp *op;
  const UsTensor *in, *out;
  const float    *bias;
  int             activation;
  float           slope;
  gsize           n_tiles;       /* over the batch */
} UsConvWinogradJob;

/* V of tiles first .. first+n: v (point, tile, reduction), v_point floats from one point to the next
 * and v_tile from one tile to the next. */
void     us_conv_winograd_inputs       (const UsConvWinogradJob *job,
                                        gsize                    phase,
                                        gsize                    first,
                                        gsize                    n_tiles,
                                        float                   *v,
                                        gsize                    v_point,
                                        gsize                    v_tile);
/* From products (point, tile, width) for channels column .. column+width to the output. */
void     us_conv_winograd_outputs      (const UsConvWinogradJob *job,
                                        gsize                    phase,
                                        gsize                    first,
                                        gsize                    n_tiles,
                                        gsize                    column,
                                        gsize                    width,
                                        const float             *products,
                                        gsize                    point);

/* us-conv-winograd-few.c */
gboolean us_conv_winograd_few_fits    (gsize n_tiles);
gsize    us_conv_winograd_few_floats  (const UsConvWinograd *w,
                                       gsize                 n_tiles);    /* of V */
void     us_conv_winograd_few_run     (const UsConvWinogradJob *job,
                                       UsPool                  *pool);
gsize    us_conv_winograd_few_packed  (const UsConvOp *op);               /* floats */
/* Weights for F(2, 2) as sums of taps. */
void     us_conv_winograd_sums_pack   (const UsConv *self,
                                       UsConvOp     *op,
                                       const float  *w,
                                       UsPool       *pool);

G_END_DECLS
