/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-run-private.h"

#include <cblas.h>

/* Layers for pictures of things that stand somewhere: what is said of a row and
 * what is said of a column are told by two rows of positions, to which the same
 * weights go.  N side of the picture. */

/* --- cross: y[0, j, i C + c] = y[1, i, j C + c] = x[i, j, c] -------------- */

static void
cross_forward_sample (UsOp  *op,
                      gsize  n)
{
  const UsTensor *x = us_op_x (op), *y = us_op_y (op);
  gsize c = x->channels, deep = y->channels;

  for (gsize i = 0; i < x->height; i++)
    {
      const float *from = us_tensor_at (x, n, i, 0);
      float *row = us_tensor_at (y, n, 1, i);
      float *column = us_tensor_at (y, n, 0, 0) + i * c;

      for (gsize j = 0; j < x->width; j++, from += c, row += c, column += deep)
        for (gsize k = 0; k < c; k++)
          row[k] = column[k] = from[k];
    }
}

static void
cross_backward_sample (UsOp  *op,
                       gsize  n)
{
  const UsTensor *dx = us_op_dx (op), *dy = us_op_dy (op);
  gsize c = dx->channels, deep = dy->channels;

  for (gsize i = 0; i < dx->height; i++)
    {
      float *to = us_tensor_at (dx, n, i, 0);
      const float *row = us_tensor_at (dy, n, 1, i);
      const float *column = us_tensor_at (dy, n, 0, 0) + i * c;

      for (gsize j = 0; j < dx->width; j++, to += c, row += c, column += deep)
        for (gsize k = 0; k < c; k++)
          to[k] = row[k] + column[k];
    }
}

US_DEFINE_SAMPLE_OP (cross)

/* --- outer: y[i, j, c] = Σ_f x[1, i, c F + f] x[0, j, c F + f] ------------ */

/* Channel c of (N, N, C) packed as (N, N), or back. */
static void
plane_move (const UsTensor *t,
            gsize           n,
            gsize           channel,
            float          *plane,
            gboolean        pack)
{
  for (gsize i = 0; i < t->height; i++)
    {
      float *row = us_tensor_at (t, n, i, 0) + channel;

      for (gsize j = 0; j < t->width; j++, plane++)
        if (pack)
          *plane = row[j * t->channels];
        else
          row[j * t->channels] = *plane;
    }
}

static void
outer_forward_sample (UsOp  *op,
                      gsize  n)
{
  const UsTensor *x = us_op_x (op), *y = us_op_y (op);
  int side = (int) x->width, f = (int) op->layer.factor, ld = (int) x->channels;
  float plane[US_NETWORK_MAX_CROSS * US_NETWORK_MAX_CROSS];

  for (gsize c = 0; c < y->channels; c++)
    {
      const float *columns = us_tensor_at (x, n, 0, 0) + c * op->layer.factor;
      const float *rows = us_tensor_at (x, n, 1, 0) + c * op->layer.factor;

      cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, side, side, f, 1.0f, rows, ld, columns, ld,
                   0.0f, plane, side);
      plane_move (y, n, c, plane, FALSE);
    }
}

static void
outer_backward_sample (UsOp  *op,
                       gsize  n)
{
  const UsTensor *x = us_op_x (op), *dx = us_op_dx (op), *dy = us_op_dy (op);
  int side = (int) x->width, f = (int) op->layer.factor, ld = (int) x->channels, ldd = (int) dx->channels;
  float plane[US_NETWORK_MAX_CROSS * US_NETWORK_MAX_CROSS];

  for (gsize c = 0; c < dy->channels; c++)
    {
      gsize at = c * op->layer.factor;

      plane_move (dy, n, c, plane, TRUE);
      cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, side, f, side, 1.0f, plane, side,
                   us_tensor_at (x, n, 1, 0) + at, ld, 0.0f, us_tensor_at (dx, n, 0, 0) + at, ldd);
      cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, side, f, side, 1.0f, plane, side,
                   us_tensor_at (x, n, 0, 0) + at, ld, 0.0f, us_tensor_at (dx, n, 1, 0) + at, ldd);
    }
}

US_DEFINE_SAMPLE_OP (outer)
