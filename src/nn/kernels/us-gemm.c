/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-kernels-private.h"
#include "us-vector.h"

/*
 * A tile of `rows` pixels by `vectors` of output channels lives in registers;
 * the inputs are read where they are, one address a pixel, and the weights come
 * from a packed panel.  With constant rows and vectors all loops over them
 * unroll, and each step of k is rows·vectors multiply-adds.
 */
US_INLINE void
tile (const UsGemmCall   *call,
      const float *const *a,
      float *const       *y,
      const Vec          *bias,
      gsize               rows,
      gsize               vectors,
      gboolean            partial)
{
  Vec acc[US_TILE][US_PANEL_VECTORS];
  const float *b = call->b;
  gsize last = call->cols - (vectors - 1) * US_VECTOR;

#pragma GCC unroll 16
  for (gsize r = 0; r < rows; r++)
#pragma GCC unroll 16
    for (gsize v = 0; v < vectors; v++)
      if (!call->accumulate)
        acc[r][v] = bias[v];
      else if (partial && v + 1 == vectors)
        acc[r][v] = vec_load_part (y[r] + call->y_offset + v * US_VECTOR, last);
      else
        acc[r][v] = vec_load (y[r] + call->y_offset + v * US_VECTOR);

  for (gsize i = 0; i < call->n_runs; i++)
    {
      const float *p[US_TILE];
      gsize length = call->runs[i].length;

#pragma GCC unroll 16
      for (gsize r = 0; r < rows; r++)
        p[r] = a[r] + call->runs[i].offset;
      for (gsize k = 0; k < length; k++, b += vectors * US_VECTOR)
        {
          Vec w[US_PANEL_VECTORS];

#pragma GCC unroll 16
          for (gsize v = 0; v < vectors; v++)
            w[v] = *(const Vec *) (b + v * US_VECTOR);
#pragma GCC unroll 16
          for (gsize r = 0; r < rows; r++)
#pragma GCC unroll 16
            for (gsize v = 0; v < vectors; v++)
              acc[r][v] += w[v] * p[r][k];
        }
    }

  if (call->activation != 0)
    {
      float slope = call->activation == 1 ? 0.0f : call->slope;

#pragma GCC unroll 16
      for (gsize r = 0; r < rows; r++)
#pragma GCC unroll 16
        for (gsize v = 0; v < vectors; v++)
          {
            Vec x = acc[r][v];

            acc[r][v] = vec_select (x > 0.0f, x, x * slope);
          }
    }

#pragma GCC unroll 16
  for (gsize r = 0; r < rows; r++)
#pragma GCC unroll 16
    for (gsize v = 0; v < vectors; v++)
      if (partial && v + 1 == vectors)
        vec_store_part (y[r] + call->y_offset + v * US_VECTOR, last, acc[r][v]);
      else
        vec_store (y[r] + call->y_offset + v * US_VECTOR, acc[r][v]);
}

/* All rows of a panel of `vectors` vectors. */
US_INLINE void
panel (const UsGemmCall *call,
       const Vec        *bias,
       gsize             vectors,
       gboolean          partial)
{
  gsize row = 0;

  for (; row + US_TILE <= call->n_rows; row += US_TILE)
    tile (call, call->a + row, call->y + row, bias, US_TILE, vectors, partial);
  switch (call->n_rows - row)
    {
    case 5: tile (call, call->a + row, call->y + row, bias, 5, vectors, partial); break;
    case 4: tile (call, call->a + row, call->y + row, bias, 4, vectors, partial); break;
    case 3: tile (call, call->a + row, call->y + row, bias, 3, vectors, partial); break;
    case 2: tile (call, call->a + row, call->y + row, bias, 2, vectors, partial); break;
    case 1: tile (call, call->a + row, call->y + row, bias, 1, vectors, partial); break;
    default: break;
    }
}

#define PANELS(n) \
  case n: \
    if (partial) \
      panel (call, bias, n, TRUE); \
    else \
      panel (call, bias, n, FALSE); \
    break;

void
US_K (us_kernel_gemm) (const UsGemmCall *call)
{
  float buffer[US_PANEL_VECTORS * US_VECTOR] __attribute__ ((aligned (64))) = { 0 };
  const Vec *bias = (const Vec *) buffer;
  gboolean partial = call->cols % US_VECTOR != 0;

  if (call->bias != NULL)
    memcpy (buffer, call->bias, call->cols * sizeof (float));
  switch ((call->cols + US_VECTOR - 1) / US_VECTOR)
    {
    PANELS (1)
    PANELS (2)
#if US_PANEL_VECTORS > 2
    PANELS (3)
    PANELS (4)
#endif
    default:
      break;
    }
}
