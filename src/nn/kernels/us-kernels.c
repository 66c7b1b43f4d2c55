/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-kernels.h"

const UsKernels *
us_kernels_get (UsIsa isa)
{
#ifdef US_HAVE_X86_KERNELS
  if (isa == US_ISA_AVX512)
    return us_kernels_avx512 ();
  if (isa == US_ISA_AVX2)
    return us_kernels_avx2 ();
#endif
  return us_kernels_plain ();
}
