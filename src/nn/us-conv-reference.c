/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-conv.h"

#include <string.h>

/* The definition, written down: every pair of an input pixel and an output
 * pixel that a tap of the kernel joins. */
typedef struct
{
  gsize n;                       /* sample */
  gsize in, out;                 /* pixel, counted over the batch */
  gsize tap;
} Pair;

typedef void (*PairFunc) (const UsConvShape *shape,
                          const Pair        *pair,
                          gpointer           data);

/* Position in the larger map that tap k of pixel i of the smaller meets, or -1. */
static gssize
meet (gsize i,
      guint k,
      const UsConvShape *shape,
      gsize size)
{
  gssize at = (gssize) (i * shape->stride + k) - (gssize) shape->pad;

  return at >= 0 && at < (gssize) size ? at : -1;
}

static void
for_each_pair (const UsConvShape *s,
               PairFunc           func,
               gpointer           data)
{
  gsize small_h = s->transposed ? s->in_height : s->out_height;
  gsize small_w = s->transposed ? s->in_width : s->out_width;
  gsize large_h = s->transposed ? s->out_height : s->in_height;
  gsize large_w = s->transposed ? s->out_width : s->in_width;

  for (gsize n = 0; n < s->batch; n++)
    for (gsize y = 0; y < small_h; y++)
      for (gsize x = 0; x < small_w; x++)
        for (guint ky = 0; ky < s->kernel; ky++)
          for (guint kx = 0; kx < s->kernel; kx++)
            {
              gssize ly = meet (y, ky, s, large_h);
              gssize lx = meet (x, kx, s, large_w);
              gsize small = (n * small_h + y) * small_w + x;
              gsize large;
              Pair pair;

              if (ly < 0 || lx < 0)
                continue;
              large = (n * large_h + (gsize) ly) * large_w + (gsize) lx;
              pair = (Pair) { n, s->transposed ? small : large, s->transposed ? large : small, ky * s->kernel + kx };
              func (s, &pair, data);
            }
}

typedef struct
{
  const double *x, *dy, *w;
  double       *y, *dx, *dw;
} Arrays;

static void
forward_pair (const UsConvShape *s,
              const Pair        *pair,
              gpointer           data)
{
  const Arrays *arrays = data;

  for (gsize i = 0; i < s->in_channels; i++)
    for (gsize o = 0; o < s->out_channels; o++)
      arrays->y[pair->out * s->out_channels + o] += arrays->x[pair->in * s->in_channels + i]
                                                    * arrays->w[(pair->tap * s->in_channels + i) * s->out_channels + o];
}

static void
data_pair (const UsConvShape *s,
           const Pair        *pair,
           gpointer           data)
{
  const Arrays *arrays = data;

  for (gsize i = 0; i < s->in_channels; i++)
    for (gsize o = 0; o < s->out_channels; o++)
      arrays->dx[pair->in * s->in_channels + i] += arrays->dy[pair->out * s->out_channels + o]
                                                   * arrays->w[(pair->tap * s->in_channels + i) * s->out_channels + o];
}

static void
weights_pair (const UsConvShape *s,
              const Pair        *pair,
              gpointer           data)
{
  const Arrays *arrays = data;

  for (gsize i = 0; i < s->in_channels; i++)
    for (gsize o = 0; o < s->out_channels; o++)
      arrays->dw[(pair->tap * s->in_channels + i) * s->out_channels + o]
        += arrays->x[pair->in * s->in_channels + i] * arrays->dy[pair->out * s->out_channels + o];
}

void
us_conv_reference_forward (const UsConvShape *shape,
                           const double      *x,
                           const double      *w,
                           const double      *bias,
                           double            *y)
{
  Arrays arrays = { .x = x, .w = w, .y = y };
  gsize pixels = shape->batch * shape->out_height * shape->out_width;

  for (gsize i = 0; i < pixels * shape->out_channels; i++)
    y[i] = bias != NULL ? bias[i % shape->out_channels] : 0.0;
  for_each_pair (shape, forward_pair, &arrays);
}

void
us_conv_reference_backward_data (const UsConvShape *shape,
                                 const double      *dy,
                                 const double      *w,
                                 double            *dx)
{
  Arrays arrays = { .dy = dy, .w = w, .dx = dx };
  gsize pixels = shape->batch * shape->in_height * shape->in_width;

  memset (dx, 0, pixels * shape->in_channels * sizeof (double));
  for_each_pair (shape, data_pair, &arrays);
}

void
us_conv_reference_backward_weights (const UsConvShape *shape,
                                    const double      *x,
                                    const double      *dy,
                                    double            *dw,
                                    double            *dbias)
{
  Arrays arrays = { .x = x, .dy = dy, .dw = dw };
  gsize pixels = shape->batch * shape->out_height * shape->out_width;

  for_each_pair (shape, weights_pair, &arrays);
  if (dbias != NULL)
    for (gsize i = 0; i < pixels * shape->out_channels; i++)
      dbias[i % shape->out_channels] += dy[i];
}
