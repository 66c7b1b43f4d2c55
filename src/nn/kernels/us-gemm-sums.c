/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-kernels-private.h"
#include "us-vector.h"

/*
 * A matrix product whose weights are one panel, or the sum of two that is made
 * on the way: those of Winograd's F(2, 2) at one point.  For few rows that costs
 * less than to read the sums, of which there are 9 for every 4 weights.
 */
US_INLINE void
tile (const UsGemmSumsCall *call,
      gsize                 row,
      gsize                 rows,
      gsize                 vectors,
      guint                 terms,
      gboolean              keep,
      gboolean              fetch)
{
  Vec acc[US_TILE][US_PANEL_VECTORS];
  const float *b0 = call->b[0], *b1 = call->b[1];
  const float *a = call->a + row * call->a_row;
  float *y = call->y + row * vectors * US_VECTOR;
  float *kept = call->kept;
  const float *p[US_TILE];

#pragma GCC unroll 16
  for (gsize r = 0; r < rows; r++)
    {
      p[r] = a + r * call->a_row;
#pragma GCC unroll 16
      for (gsize v = 0; v < vectors; v++)
        acc[r][v] = call->accumulate ? vec_load (y + (r * vectors + v) * US_VECTOR) : (Vec) { 0 };
    }

  for (gsize k = 0; k < call->length; k++)
    {
      Vec w[US_PANEL_VECTORS];

      if (fetch)
#pragma GCC unroll 16
        for (gsize line = 0; line < vectors * US_VECTOR; line += 16)
          __builtin_prefetch (call->ahead + k * vectors * US_VECTOR + line);
#pragma GCC unroll 16
      for (gsize v = 0; v < vectors; v++)
        {
          gsize i = (k * vectors + v) * US_VECTOR;

          w[v] = *(const Vec *) (b0 + i);
          if (terms > 1)
            w[v] += *(const Vec *) (b1 + i);
          if (keep)
            *(Vec *) (kept + i) = w[v];
        }
#pragma GCC unroll 16
      for (gsize r = 0; r < rows; r++)
#pragma GCC unroll 16
        for (gsize v = 0; v < vectors; v++)
          acc[r][v] += w[v] * p[r][k];
    }

#pragma GCC unroll 16
  for (gsize r = 0; r < rows; r++)
#pragma GCC unroll 16
    for (gsize v = 0; v < vectors; v++)
      vec_store (y + (r * vectors + v) * US_VECTOR, acc[r][v]);
}

US_INLINE void
tiles (const UsGemmSumsCall *call,
       gsize                 row,
       gsize                 rows,
       gsize                 vectors,
       guint                 terms,
       gboolean              keep,
       gboolean              fetch)
{
  switch (rows)
    {
    case 6: tile (call, row, 6, vectors, terms, keep, fetch); break;
    case 5: tile (call, row, 5, vectors, terms, keep, fetch); break;
    case 4: tile (call, row, 4, vectors, terms, keep, fetch); break;
    case 3: tile (call, row, 3, vectors, terms, keep, fetch); break;
    case 2: tile (call, row, 2, vectors, terms, keep, fetch); break;
    case 1: tile (call, row, 1, vectors, terms, keep, fetch); break;
    default: break;
    }
}

/* A last tile of one or two rows would wait for its own sums: then all get
 * nearly the same.  The first keeps what is to be kept, and fetches ahead. */
US_INLINE void
panel (const UsGemmSumsCall *call,
       gsize                 vectors,
       guint                 terms,
       gboolean              keep)
{
  gsize n_tiles = (call->n_rows + US_TILE - 1) / US_TILE;
  gsize left = call->n_rows % US_TILE;
  gsize size = left == 1 || left == 2 ? (call->n_rows + n_tiles - 1) / n_tiles : US_TILE;

  tiles (call, 0, MIN (size, call->n_rows), vectors, terms, keep, terms == 1);
  for (gsize row = size; row < call->n_rows; row += size)
    tiles (call, row, MIN (size, call->n_rows - row), vectors, terms, FALSE, FALSE);
}

US_INLINE void
all_panels (const UsGemmSumsCall *call,
            guint                 terms,
            gboolean              keep)
{
  switch (call->vectors)
    {
    case 1: panel (call, 1, terms, keep); break;
    case 2: panel (call, 2, terms, keep); break;
#if US_PANEL_VECTORS > 2
    case 3: panel (call, 3, terms, keep); break;
    case 4: panel (call, 4, terms, keep); break;
#endif
    default: break;
    }
}

void
US_K (us_kernel_gemm_sums) (const UsGemmSumsCall *call)
{
  if (call->b[1] == NULL)
    all_panels (call, 1, FALSE);
  else if (call->kept == NULL)
    all_panels (call, 2, FALSE);
  else
    all_panels (call, 2, TRUE);
}
