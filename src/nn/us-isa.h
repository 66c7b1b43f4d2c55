/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UsIsa:
 *
 * Instruction sets the kernels are built for; chosen at run time from what the
 * processor has, or lowered by the environment variable US_ISA=plain|avx2|avx512.
 */
typedef enum
{
  US_ISA_PLAIN,
  US_ISA_AVX2,
  US_ISA_AVX512,
} UsIsa;

UsIsa       us_isa_get      (void);       /* once; then constant */
UsIsa       us_isa_detect   (void);       /* what the processor has, whatever the environment says */
const char *us_isa_name     (UsIsa isa);
/* FALSE: not a name of an instruction set. */
gboolean    us_isa_from_name (const char *name,
                              UsIsa      *isa);

G_END_DECLS
