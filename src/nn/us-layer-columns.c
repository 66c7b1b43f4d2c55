/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-run-private.h"

#include <string.h>

/* Layers for networks that go along the columns of a picture: the columns are
 * the positions, all that stands in one column is its channels, and a
 * convolution over positions is an unfolding followed by a convolution of 1 × 1. */

/* --- columns: y[0, j, i C + c] = x[i, j, c], and its inverse, rows ------- */

/* deep (1, W, H C), tall (H, W, C). */
static void
columns_move (const UsTensor *deep,
              const UsTensor *tall,
              gsize           n,
              gboolean        to_deep)
{
  gsize c = tall->channels;

  for (gsize i = 0; i < tall->height; i++)
    {
      float *row = us_tensor_at (tall, n, i, 0);
      float *column = us_tensor_at (deep, n, 0, 0) + i * c;

      for (gsize j = 0; j < tall->width; j++, row += c, column += deep->channels)
        for (gsize k = 0; k < c; k++)
          if (to_deep)
            column[k] = row[k];
          else
            row[k] = column[k];
    }
}

static void
columns_forward_sample (UsOp  *op,
                        gsize  n)
{
  columns_move (us_op_y (op), us_op_x (op), n, TRUE);
}

static void
columns_backward_sample (UsOp  *op,
                         gsize  n)
{
  columns_move (us_op_dy (op), us_op_dx (op), n, FALSE);
}

US_DEFINE_SAMPLE_OP (columns)

static void
rows_forward_sample (UsOp  *op,
                     gsize  n)
{
  columns_move (us_op_x (op), us_op_y (op), n, FALSE);
}

static void
rows_backward_sample (UsOp  *op,
                      gsize  n)
{
  columns_move (us_op_dx (op), us_op_dy (op), n, TRUE);
}

US_DEFINE_SAMPLE_OP (rows)

/* --- unfold: y[i, j, t C + c] = x[i, j + t − K / 2, c], zero outside ------ */

static void
unfold_forward_sample (UsOp  *op,
                       gsize  n)
{
  const UsTensor *x = us_op_x (op), *y = us_op_y (op);
  gssize width = (gssize) x->width, kernel = (gssize) op->layer.factor, half = kernel / 2;
  gsize c = x->channels;

  for (gsize i = 0; i < x->height; i++)
    {
      const float *from = us_tensor_at (x, n, i, 0);
      float *to = us_tensor_at (y, n, i, 0);

      for (gssize j = 0; j < width; j++)
        for (gssize t = 0; t < kernel; t++, to += c)
          {
            gssize at = j + t - half;

            if (at >= 0 && at < width)
              memcpy (to, from + at * (gssize) c, c * sizeof *to);
            else
              memset (to, 0, c * sizeof *to);
          }
    }
}

static void
unfold_backward_sample (UsOp  *op,
                        gsize  n)
{
  const UsTensor *dx = us_op_dx (op), *dy = us_op_dy (op);
  gssize width = (gssize) dx->width, kernel = (gssize) op->layer.factor, half = kernel / 2;
  gsize c = dx->channels;

  for (gsize i = 0; i < dx->height; i++)
    {
      const float *from = us_tensor_at (dy, n, i, 0);

      for (gssize at = 0; at < width; at++)
        {
          float *to = us_tensor_at (dx, n, i, (gsize) at);

          memset (to, 0, c * sizeof *to);
          /* Tap t of position j = at − t + K / 2 read this one. */
          for (gssize t = 0; t < kernel; t++)
            {
              gssize j = at - t + half;
              const float *tap = from + (j * kernel + t) * (gssize) c;

              if (j >= 0 && j < width)
                for (gsize k = 0; k < c; k++)
                  to[k] += tap[k];
            }
        }
    }
}

US_DEFINE_SAMPLE_OP (unfold)
