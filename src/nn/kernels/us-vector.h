/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <string.h>

/*
 * Vectors of the compiler's own extension.  US_VECTOR, set by the build, is how
 * many floats the instruction set holds: 4, 8 or 16.
 */
#define US_PASTE_(a, b) a##b
#define US_PASTE(a, b) US_PASTE_ (a, b)
/* name_avx2 and so on, one for each build of a file */
#define US_K(name) US_PASTE (name##_, US_KERNEL_ISA)

typedef float Vec __attribute__ ((vector_size (US_VECTOR * 4), may_alias));
typedef float VecU __attribute__ ((vector_size (US_VECTOR * 4), may_alias, aligned (4)));

typedef gint32 VecI __attribute__ ((vector_size (US_VECTOR * 4), may_alias));

#define US_INLINE static inline __attribute__ ((always_inline))

US_INLINE Vec
vec_load (const float *p)
{
  return *(const VecU *) p;
}

US_INLINE void
vec_store (float *p,
           Vec    v)
{
  *(VecU *) p = v;
}

/* n < US_VECTOR floats; the rest of the vector is zero. */
US_INLINE Vec
vec_load_part (const float *p,
               gsize        n)
{
  float buffer[US_VECTOR] __attribute__ ((aligned (US_VECTOR * 4))) = { 0 };

  memcpy (buffer, p, n * sizeof (float));
  return *(const Vec *) buffer;
}

US_INLINE void
vec_store_part (float *p,
                gsize  n,
                Vec    v)
{
  float buffer[US_VECTOR] __attribute__ ((aligned (US_VECTOR * 4)));

  *(Vec *) buffer = v;
  memcpy (p, buffer, n * sizeof (float));
}

/* mask ? a : b, mask all ones or all zeros in each place. */
US_INLINE Vec
vec_select (VecI mask,
            Vec  a,
            Vec  b)
{
  return (Vec) ((mask & (VecI) a) | (~mask & (VecI) b));
}
