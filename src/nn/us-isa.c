/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-isa.h"

static const char *const isa_names[] = { "plain", "avx2", "avx512" };

const char *
us_isa_name (UsIsa isa)
{
  g_return_val_if_fail ((guint) isa < G_N_ELEMENTS (isa_names), NULL);

  return isa_names[isa];
}

gboolean
us_isa_from_name (const char *name,
                  UsIsa      *isa)
{
  for (guint i = 0; i < G_N_ELEMENTS (isa_names); i++)
    if (g_strcmp0 (name, isa_names[i]) == 0)
      {
        *isa = (UsIsa) i;
        return TRUE;
      }
  return FALSE;
}

UsIsa
us_isa_detect (void)
{
#if defined(__x86_64__) || defined(__i386__)
  /* These ask the operating system too whether it saves the wide registers. */
  __builtin_cpu_init ();
  if (__builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512vl")
      && __builtin_cpu_supports ("avx512dq") && __builtin_cpu_supports ("avx512bw"))
    return US_ISA_AVX512;
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    return US_ISA_AVX2;
#endif
  return US_ISA_PLAIN;
}

UsIsa
us_isa_get (void)
{
  static gsize chosen = 0;     /* UsIsa + 1 */

  if (g_once_init_enter (&chosen))
    {
      UsIsa isa = us_isa_detect ();
      UsIsa wanted;

      /* Lowering only: what the processor lacks cannot be asked for. */
      if (us_isa_from_name (g_getenv ("US_ISA"), &wanted) && wanted < isa)
        isa = wanted;
      g_once_init_leave (&chosen, (gsize) isa + 1);
    }
  return (UsIsa) (chosen - 1);
}
