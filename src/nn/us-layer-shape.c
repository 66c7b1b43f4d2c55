/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-run-private.h"

#include <string.h>

/* Layers that move numbers: reshape and other copies, coordinate channels,
 * depth to space, upsampling, average pooling. */

/* --- copies ------------------------------------------------------------ */

/* The same number of floats a sample in the same order, whatever the shapes. */
void
us_tensor_copy (const UsTensor *to,
                const UsTensor *from,
                gsize           first,
                gsize           count)
{
  gsize to_row = to->width * to->channels, from_row = from->width * from->channels;
  gsize n_floats = to->height * to_row;

  if (to->halo == 0 && from->halo == 0)
    {
      memcpy (us_tensor_at (to, first, 0, 0), us_tensor_at (from, first, 0, 0), count * n_floats * sizeof (float));
      return;
    }
  for (gsize n = first; n < first + count; n++)
    for (gsize done = 0; done < n_floats;)
      {
        /* as far as both rows reach */
        gsize to_at = done % to_row, from_at = done % from_row;
        gsize run = MIN (to_row - to_at, from_row - from_at);

        memcpy (us_tensor_at (to, n, done / to_row, 0) + to_at,
                us_tensor_at (from, n, done / from_row, 0) + from_at, run * sizeof (float));
        done += run;
      }
}

static void
copy_forward_chunk (gpointer data,
                    gsize    chunk,
                    guint    worker)
{
  UsOp *op = data;
  gsize first = chunk * op->group;

  us_tensor_copy (us_op_y (op), us_op_x (op), first, MIN (op->group, op->run->batch - first));
}

static void
copy_backward_chunk (gpointer data,
                     gsize    chunk,
                     guint    worker)
{
  UsOp *op = data;
  gsize first = chunk * op->group;

  us_tensor_copy (us_op_dx (op), us_op_dy (op), first, MIN (op->group, op->run->batch - first));
}

static void
copy_forward (UsOp *op)
{
  us_op_split (op, copy_forward_chunk);
}

static void
copy_backward (UsOp *op)
{
  if (us_op_dx (op) != NULL)
    us_op_split (op, copy_backward_chunk);
}

const UsOpClass us_op_copy = { NULL, copy_forward, copy_backward };

/* --- coordinates: y = (x, column, row), pixel centres on -1 .. 1 ------- */

static inline float
centre (gsize i,
        float spacing)
{
  return ((float) i + 0.5f) * spacing - 1.0f;
}

static void
coords_forward_sample (UsOp  *op,
                       gsize  n)
{
  const UsTensor *x = us_op_x (op), *y = us_op_y (op);
  gsize c = x->channels;
  float across = 2.0f / (float) x->width, down = 2.0f / (float) x->height;

  for (gsize i = 0; i < x->height; i++)
    {
      const float *from = us_tensor_at (x, n, i, 0);
      float *to = us_tensor_at (y, n, i, 0);
      float row = centre (i, down);

      for (gsize j = 0; j < x->width; j++, from += c, to += c + 2)
        {
          for (gsize k = 0; k < c; k++)
            to[k] = from[k];
          to[c] = centre (j, across);
          to[c + 1] = row;
        }
    }
}

static void
coords_backward_sample (UsOp  *op,
                        gsize  n)
{
  const UsTensor *dx = us_op_dx (op), *dy = us_op_dy (op);
  gsize c = dx->channels;

  for (gsize i = 0; i < dx->height; i++)
    {
      const float *from = us_tensor_at (dy, n, i, 0);
      float *to = us_tensor_at (dx, n, i, 0);

      for (gsize j = 0; j < dx->width; j++, from += c + 2, to += c)
        for (gsize k = 0; k < c; k++)
          to[k] = from[k];
    }
}

US_DEFINE_SAMPLE_OP (coords)

/* --- depth to space: y[i r + a, j r + b, c] = x[i, j, (a r + b) C + c] -- */

/* Row a of a pixel's block is r C floats that lie together on both sides. */
static void
depth_to_space_move (const UsTensor *shallow,
                     const UsTensor *deep,
                     gsize           n,
                     gsize           r,
                     gboolean        forward)
{
  gsize run = r * shallow->channels;

  for (gsize i = 0; i < deep->height; i++)
    for (gsize a = 0; a < r; a++)
      {
        float *wide = us_tensor_at (shallow, n, i * r + a, 0);
        float *narrow = us_tensor_at (deep, n, i, 0) + a * run;

        for (gsize j = 0; j < deep->width; j++, wide += run, narrow += deep->channels)
          {
            if (forward)
              memcpy (wide, narrow, run * sizeof (float));
            else
              memcpy (narrow, wide, run * sizeof (float));
          }
      }
}

static void
depth_to_space_forward_sample (UsOp  *op,
                               gsize  n)
{
  depth_to_space_move (us_op_y (op), us_op_x (op), n, op->layer.factor, TRUE);
}

static void
depth_to_space_backward_sample (UsOp  *op,
                                gsize  n)
{
  depth_to_space_move (us_op_dy (op), us_op_dx (op), n, op->layer.factor, FALSE);
}

US_DEFINE_SAMPLE_OP (depth_to_space)

/* --- upsampling and pooling are each other's adjoint ------------------- */

/* large[i, j] = scale small[i / r, j / r] */
static void
spread (const UsTensor *large,
        const UsTensor *small,
        gsize           n,
        gsize           r,
        float           scale)
{
  gsize c = large->channels;

  for (gsize i = 0; i < large->height; i++)
    {
      float *to = us_tensor_at (large, n, i, 0);
      const float *from = us_tensor_at (small, n, i / r, 0);

      for (gsize j = 0; j < small->width; j++, from += c)
        for (gsize b = 0; b < r; b++, to += c)
          for (gsize k = 0; k < c; k++)
            to[k] = scale * from[k];
    }
}

/* small[i, j] = scale Σ large over the block */
static void
gather (const UsTensor *small,
        const UsTensor *large,
        gsize           n,
        gsize           r,
        float           scale)
{
  gsize c = large->channels;

  for (gsize i = 0; i < small->height; i++)
    for (gsize j = 0; j < small->width; j++)
      {
        float *to = us_tensor_at (small, n, i, j);

        for (gsize k = 0; k < c; k++)
          to[k] = 0.0f;
        for (gsize a = 0; a < r; a++)
          for (gsize b = 0; b < r; b++)
            {
              const float *from = us_tensor_at (large, n, i * r + a, j * r + b);

              for (gsize k = 0; k < c; k++)
                to[k] += from[k];
            }
        for (gsize k = 0; k < c; k++)
          to[k] *= scale;
      }
}

static void
upsample_forward_sample (UsOp  *op,
                         gsize  n)
{
  spread (us_op_y (op), us_op_x (op), n, op->layer.factor, 1.0f);
}

static void
upsample_backward_sample (UsOp  *op,
                          gsize  n)
{
  gather (us_op_dx (op), us_op_dy (op), n, op->layer.factor, 1.0f);
}

US_DEFINE_SAMPLE_OP (upsample)

static void
average_pool_forward_sample (UsOp  *op,
                             gsize  n)
{
  float r = (float) op->layer.factor;

  gather (us_op_y (op), us_op_x (op), n, op->layer.factor, 1.0f / (r * r));
}

static void
average_pool_backward_sample (UsOp  *op,
                              gsize  n)
{
  float r = (float) op->layer.factor;

  spread (us_op_dx (op), us_op_dy (op), n, op->layer.factor, 1.0f / (r * r));
}

US_DEFINE_SAMPLE_OP (average_pool)
