/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-kernels-private.h"
#include "us-vector.h"

/* Sums over pixels of outer products: rows contiguous floats at each pixel of
 * one map, a packed panel of the other.  The sum stays in registers. */
US_INLINE void
tile (const UsOuterCall *call,
      gsize              first,
      gsize              rows,
      gsize              vectors)
{
  Vec acc[US_TILE][US_PANEL_VECTORS];
  const float *b = call->b;
  float *g = call->g + first * US_PANEL_VECTORS * US_VECTOR;
  gsize step = call->a_step;

#pragma GCC unroll 16
  for (gsize r = 0; r < rows; r++)
#pragma GCC unroll 16
    for (gsize v = 0; v < vectors; v++)
      acc[r][v] = *(const Vec *) (g + (r * US_PANEL_VECTORS + v) * US_VECTOR);

  for (gsize line = 0; line < call->n_lines; line++)
    {
      const float *a = call->lines[line] + call->a_offset + first;

      for (gsize x = 0; x < call->width; x++, a += step, b += US_PANEL_VECTORS * US_VECTOR)
        {
          Vec w[US_PANEL_VECTORS];

#pragma GCC unroll 16
          for (gsize v = 0; v < vectors; v++)
            w[v] = *(const Vec *) (b + v * US_VECTOR);
#pragma GCC unroll 16
          for (gsize r = 0; r < rows; r++)
#pragma GCC unroll 16
            for (gsize v = 0; v < vectors; v++)
              acc[r][v] += w[v] * a[r];
        }
    }

#pragma GCC unroll 16
  for (gsize r = 0; r < rows; r++)
#pragma GCC unroll 16
    for (gsize v = 0; v < vectors; v++)
      *(Vec *) (g + (r * US_PANEL_VECTORS + v) * US_VECTOR) = acc[r][v];
}

US_INLINE void
panel (const UsOuterCall *call,
       gsize              vectors)
{
  gsize row = 0;

  for (; row + US_TILE <= call->n_rows; row += US_TILE)
    tile (call, row, US_TILE, vectors);
  switch (call->n_rows - row)
    {
    case 5: tile (call, row, 5, vectors); break;
    case 4: tile (call, row, 4, vectors); break;
    case 3: tile (call, row, 3, vectors); break;
    case 2: tile (call, row, 2, vectors); break;
    case 1: tile (call, row, 1, vectors); break;
    default: break;
    }
}

void
US_K (us_kernel_outer) (const UsOuterCall *call)
{
  switch (call->vectors)
    {
    case 1: panel (call, 1); break;
    case 2: panel (call, 2); break;
#if US_PANEL_VECTORS > 2
    case 3: panel (call, 3); break;
    case 4: panel (call, 4); break;
#endif
    default: break;
    }
}

void
US_K (us_kernel_column_sums) (float       *sums,
                              const float *x,
                              gsize        n_rows,
                              gsize        stride,
                              gsize        n_columns)
{
  gsize c = 0;

  for (; c + US_VECTOR <= n_columns; c += US_VECTOR)
    {
      Vec acc = vec_load (sums + c);

      for (gsize r = 0; r < n_rows; r++)
        acc += vec_load (x + r * stride + c);
      vec_store (sums + c, acc);
    }
  for (; c < n_columns; c++)
    for (gsize r = 0; r < n_rows; r++)
      sums[c] += x[r * stride + c];
}
