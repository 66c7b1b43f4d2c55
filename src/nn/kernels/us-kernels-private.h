/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-kernels.h"
#include "us-vector.h"

/* Sixteen registers hold 6 × 2 sums, two weights and an input; thirty-two hold 6 × 4. */
#define US_TILE 6
#if US_VECTOR == 16
#define US_PANEL_VECTORS 4
#else
#define US_PANEL_VECTORS 2
#endif

void US_K (us_kernel_gemm)        (const UsGemmCall *call);
void US_K (us_kernel_gemm_sums)   (const UsGemmSumsCall *call);
void US_K (us_kernel_outer)       (const UsOuterCall *call);
void US_K (us_kernel_winograd)    (const UsWinogradCall *call);
void US_K (us_kernel_add)         (float       *y,
                                   const float *x,
                                   gsize        n);
void US_K (us_kernel_column_sums) (float       *sums,
                                   const float *x,
                                   gsize        n_rows,
                                   gsize        stride,
                                   gsize        n_columns);
