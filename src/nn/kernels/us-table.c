/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-kernels-private.h"

#define TABLE(isa) US_PASTE (us_kernels_, isa)
#define ISA_OF_plain US_ISA_PLAIN
#define ISA_OF_avx2 US_ISA_AVX2
#define ISA_OF_avx512 US_ISA_AVX512

const UsKernels *
TABLE (US_KERNEL_ISA) (void)
{
  static const UsKernels table = {
    .isa = US_PASTE (ISA_OF_, US_KERNEL_ISA),
    .vector = US_VECTOR,
    .panel = US_VECTOR * US_PANEL_VECTORS,
    .tile = US_TILE,
    .gemm = US_K (us_kernel_gemm),
    .gemm_sums = US_K (us_kernel_gemm_sums),
    .outer = US_K (us_kernel_outer),
    .winograd = US_K (us_kernel_winograd),
    .add = US_K (us_kernel_add),
    .column_sums = US_K (us_kernel_column_sums),
  };

  return &table;
}
