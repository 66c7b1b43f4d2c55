/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UsTensor:
 *
 * A view of a batch of maps, (B, H, W, C), channels fastest, with a border of
 * `halo` pixels of zeros round each map, so that convolutions have no border
 * cases.  Whoever allocates zeroes the halo; nobody writes to it after.
 * A plain feature vector is H = W = 1, halo = 0.
 */
typedef struct
{
  float *data;         /* (B, H + 2 halo, W + 2 halo, C), 64-byte aligned */
  gsize  batch;        /* B */
  gsize  height;       /* H */
  gsize  width;        /* W */
  gsize  channels;     /* C */
  gsize  halo;
} UsTensor;

static inline gsize
us_tensor_row_stride (const UsTensor *t)
{
  return (t->width + 2 * t->halo) * t->channels;
}

static inline gsize
us_tensor_sample_stride (const UsTensor *t)
{
  return (t->height + 2 * t->halo) * us_tensor_row_stride (t);
}

static inline gsize
us_tensor_n_floats (const UsTensor *t)
{
  return t->batch * us_tensor_sample_stride (t);
}

/* First float of pixel (y, x) of sample n. */
static inline float *
us_tensor_at (const UsTensor *t,
              gsize           n,
              gsize           y,
              gsize           x)
{
  return t->data + n * us_tensor_sample_stride (t)
         + (y + t->halo) * us_tensor_row_stride (t) + (x + t->halo) * t->channels;
}

G_END_DECLS
