/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-kernels-private.h"
#include "us-vector.h"

/*
 * Sums over pixels of outer products.  The sums stay in registers; with few
 * rows there are `ways` sets of them, for pixels in turn, so that additions need
 * not wait for each other.
 */
US_INLINE void
tile (const UsOuterCall *call,
      gsize              first,
      gsize              rows,
      gsize              vectors,
      gsize              ways)
{
  Vec acc[4][US_TILE][US_PANEL_VECTORS];
  float *g = call->g + first * US_PANEL_VECTORS * US_VECTOR;
  gsize a_offset = call->a_offset + first / US_TILE * call->a_tile;
  gsize a_step = call->a_step, b_step = call->b_step;

#pragma GCC unroll 16
  for (gsize s = 0; s < ways; s++)
#pragma GCC unroll 16
    for (gsize r = 0; r < rows; r++)
#pragma GCC unroll 16
      for (gsize v = 0; v < vectors; v++)
        acc[s][r][v] = s == 0 ? *(const Vec *) (g + (r * US_PANEL_VECTORS + v) * US_VECTOR) : (Vec) { 0 };

  for (gsize line = 0; line < call->n_lines; line++)
    {
      const float *a = call->a[line] + a_offset;
      const float *b = call->b[line] + call->b_offset;
      gsize left = call->width;

#define PIXEL(s) \
  { \
    Vec w[US_PANEL_VECTORS]; \
    _Pragma ("GCC unroll 16") \
    for (gsize v = 0; v < vectors; v++) \
      w[v] = vec_load (b + v * US_VECTOR); \
    _Pragma ("GCC unroll 16") \
    for (gsize r = 0; r < rows; r++) \
      _Pragma ("GCC unroll 16") \
      for (gsize v = 0; v < vectors; v++) \
        acc[s][r][v] += w[v] * a[r]; \
    a += a_step; \
    b += b_step; \
  }
      for (; left >= ways; left -= ways)
        {
          PIXEL (0)
          if (ways > 1)
            PIXEL (1)
          if (ways > 2)
            {
              PIXEL (2)
              PIXEL (3)
            }
        }
      for (; left > 0; left--)
        PIXEL (0)
#undef PIXEL
    }

#pragma GCC unroll 16
  for (gsize r = 0; r < rows; r++)
#pragma GCC unroll 16
    for (gsize v = 0; v < vectors; v++)
      {
        Vec sum = acc[0][r][v];

        if (ways > 1)
          sum += acc[1][r][v];
        if (ways > 2)
          sum += acc[2][r][v] + acc[3][r][v];
        *(Vec *) (g + (r * US_PANEL_VECTORS + v) * US_VECTOR) = sum;
      }
}

US_INLINE void
panel (const UsOuterCall *call,
       gsize              vectors)
{
  gsize row = 0;

  for (; row + US_TILE <= call->n_rows; row += US_TILE)
    tile (call, row, US_TILE, vectors, 1);
  switch (call->n_rows - row)
    {
    case 5: tile (call, row, 5, vectors, 1); break;
    case 4: tile (call, row, 4, vectors, 1); break;
    case 3: tile (call, row, 3, vectors, 2); break;
    case 2: tile (call, row, 2, vectors, 2); break;
    case 1: tile (call, row, 1, vectors, 4); break;
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
US_K (us_kernel_add) (float       *y,
                      const float *x,
                      gsize        n)
{
  gsize i = 0;

  for (; i + US_VECTOR <= n; i += US_VECTOR)
    vec_store (y + i, vec_load (y + i) + vec_load (x + i));
  for (; i < n; i++)
    y[i] += x[i];
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
