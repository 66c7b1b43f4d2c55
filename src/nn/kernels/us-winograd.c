/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-kernels-private.h"
#include "us-vector.h"
#include "us-winograd-tables.h"

/*
 * out (p, p) = T in (q, q) Tᵀ for each of many channels at once; T (p, q), or
 * its transpose given as (q, p).  The matrices are constants: after unrolling,
 * zeros vanish and ones are plain additions.
 */
US_INLINE Vec
combine (const float *t,
         gsize        row,
         gsize        q,
         gsize        row_step,
         gsize        column_step,
         const Vec   *in)
{
  Vec sum = { 0 };
  gboolean first = TRUE;

#pragma GCC unroll 8
  for (gsize k = 0; k < q; k++)
    {
      float c = t[row * row_step + k * column_step];

      if (c == 0.0f)
        continue;
      if (first && c == 1.0f)
        sum = in[k];
      else if (first && c == -1.0f)
        sum = -in[k];
      else if (first)
        sum = in[k] * c;
      else if (c == 1.0f)
        sum += in[k];
      else if (c == -1.0f)
        sum -= in[k];
      else
        sum += in[k] * c;
      first = FALSE;
    }
  return sum;
}

/* One addition an element: the compiler would rather work out all p² + q²
 * offsets beforehand, and then has no registers to hold them. */
#define KEEP_ADDING(pointer) __asm__ ("" : "+r" (pointer))

US_INLINE void
sandwich (const UsWinogradCall *call,
          const float          *t,
          gsize                 p,
          gsize                 q,
          gboolean              transposed,
          gboolean              epilogue)
{
  gsize row_step = transposed ? 1 : q;
  gsize column_step = transposed ? p : 1;
  gsize in_row = call->in_row, in_column = call->in_column;
  gsize out_row = call->out_row, out_column = call->out_column;
  float slope = call->activation == 0 ? 1.0f : call->activation == 1 ? 0.0f : call->slope;

  for (gsize c = 0; c < call->n_channels; c += US_VECTOR)
    {
      Vec half[6 * 6];         /* (p, q) */
      Vec bias = { 0 };
      const float *first_in = call->in + c;
      float *first_out = call->out + c;

      if (epilogue && call->bias != NULL)
        bias = vec_load (call->bias + c);
#pragma GCC unroll 8
      for (gsize j = 0; j < q; j++, first_in += in_column)
        {
          const float *from = first_in;
          Vec column[6];

#pragma GCC unroll 8
          for (gsize i = 0; i < q; i++, from += in_row)
            {
              KEEP_ADDING (from);
              column[i] = vec_load (from);
            }
#pragma GCC unroll 8
          for (gsize i = 0; i < p; i++)
            half[i * q + j] = combine (t, i, q, row_step, column_step, column);
        }
#pragma GCC unroll 8
      for (gsize i = 0; i < p; i++, first_out += out_row)
        {
          float *to = first_out;

#pragma GCC unroll 8
          for (gsize j = 0; j < p; j++, to += out_column)
            {
              Vec x = combine (t, j, q, row_step, column_step, half + i * q);

              KEEP_ADDING (to);
              if (epilogue)
                {
                  x += bias;
                  x = vec_select (x > 0.0f, x, x * slope);
                }
              vec_store (to, x);
            }
        }
    }
}

#define TRANSFORMS(name, m, r) \
  case US_WINOGRAD_INPUT: sandwich (call, name##_bt, m + r - 1, m + r - 1, FALSE, FALSE); break; \
  case US_WINOGRAD_OUTPUT: sandwich (call, name##_at, m, m + r - 1, FALSE, TRUE); break; \
  case US_WINOGRAD_WEIGHTS: sandwich (call, name##_g, m + r - 1, r, FALSE, FALSE); break; \
  case US_WINOGRAD_OUTPUT_GRADIENT: sandwich (call, name##_at, m + r - 1, m, TRUE, FALSE); break; \
  case US_WINOGRAD_WEIGHTS_GRADIENT: sandwich (call, name##_g, r, m + r - 1, TRUE, FALSE); break; \
  default: break;

static void
transform_f22 (const UsWinogradCall *call)
{
  switch (call->transform)
    {
    TRANSFORMS (f22, 2, 2)
    }
}

static void
transform_f42 (const UsWinogradCall *call)
{
  switch (call->transform)
    {
    TRANSFORMS (f42, 4, 2)
    }
}

static void
transform_f23 (const UsWinogradCall *call)
{
  switch (call->transform)
    {
    TRANSFORMS (f23, 2, 3)
    }
}

static void
transform_f43 (const UsWinogradCall *call)
{
  switch (call->transform)
    {
    TRANSFORMS (f43, 4, 3)
    }
}

void
US_K (us_kernel_winograd) (const UsWinogradCall *call)
{
  if (call->r == 2)
    {
      if (call->m == 2)
        transform_f22 (call);
      else
        transform_f42 (call);
    }
  else if (call->m == 2)
    transform_f23 (call);
  else
    transform_f43 (call);
}
