/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-vec.h"

const UsVec *
us_vec_get (UsIsa isa)
{
#ifdef US_HAVE_X86_KERNELS
  if (isa == US_ISA_AVX512)
    return us_vec_avx512 ();
  if (isa == US_ISA_AVX2)
    return us_vec_avx2 ();
#endif
  return us_vec_plain ();
}
