/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The innermost loop of a query: bound by memory, once it is a vector a load. */
#include "config.h"

#include "us-attribution-private.h"

#include "us-isa.h"

#define B US_ATTRIBUTION_BLOCK

/* One body for each width.  The difference first, then its square: |a|² - 2ab + |b|² by a matrix product would
 * lose all digits of rows that are near, which are the ones that matter. */
#define DEFINE_DISTANCES(name, lanes, attributes)                                     \
attributes static void                                                                \
name (const float *blocks,                                                            \
      gsize        n_blocks,                                                          \
      gsize        n_summaries,                                                       \
      const float *query,                                                             \
      float       *out)                                                               \
{                                                                                     \
  typedef float Lanes __attribute__ ((vector_size ((lanes) * 4), may_alias));         \
  typedef float LanesU __attribute__ ((vector_size ((lanes) * 4), may_alias, aligned (4))); \
                                                                                      \
  for (gsize b = 0; b < n_blocks; b++)                                                \
    {                                                                                 \
      const Lanes *row = (const Lanes *) (blocks + b * n_summaries * B);              \
      Lanes sum[B / (lanes)] = { 0 };                                                 \
                                                                                      \
      for (gsize s = 0; s < n_summaries; s++, row += B / (lanes))                     \
        _Pragma ("GCC unroll 8")                                                      \
        for (int v = 0; v < B / (lanes); v++)                                         \
          {                                                                           \
            Lanes d = row[v] - query[s];                                              \
                                                                                      \
            sum[v] += d * d;                                                          \
          }                                                                           \
      _Pragma ("GCC unroll 8")                                                        \
      for (int v = 0; v < B / (lanes); v++)                                           \
        *(LanesU *) (out + b * B + v * (lanes)) = sum[v];                             \
    }                                                                                 \
}

DEFINE_DISTANCES (distances_plain, 4, )
#if defined(__x86_64__)
DEFINE_DISTANCES (distances_avx2, 8, __attribute__ ((target ("avx2,fma"))))
DEFINE_DISTANCES (distances_avx512, 16, __attribute__ ((target ("avx512f,avx512vl,avx512dq,avx512bw,fma"))))
#endif

UsDistanceKernel
us_distance_kernel_get (void)
{
#if defined(__x86_64__)
  if (us_isa_get () == US_ISA_AVX512)
    return distances_avx512;
  if (us_isa_get () == US_ISA_AVX2)
    return distances_avx2;
#endif
  return distances_plain;
}
