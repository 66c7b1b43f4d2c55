/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-array.h"

G_BEGIN_DECLS

/**
 * UsSafetensors:
 *
 * The .safetensors container: a JSON header (8-byte length first), then raw
 * little-endian tensors.  `__metadata__` maps strings to strings.  Reading
 * checks that header, offsets, shapes and file length agree before any memory
 * is taken; overlapping or missing byte ranges are refused.
 */
typedef struct _UsSafetensors UsSafetensors;

UsSafetensors *us_safetensors_new   (void);
/* Header and tensors are read whole; max_bytes bounds the file (0: 4 GiB). */
UsSafetensors *us_safetensors_read  (const char     *path,
                                     gsize           max_bytes,
                                     GError        **error);
/* The header alone, of at most 64 MiB (large posteriors have long metadata): metadata, no tensors. */
UsSafetensors *us_safetensors_read_head (const char *path,
                                     GError        **error);
gboolean       us_safetensors_write (UsSafetensors  *self,
                                     const char     *path,
                                     GError        **error);
void           us_safetensors_free  (UsSafetensors *self);

void           us_safetensors_set_metadata (UsSafetensors *self,
                                            const char    *key,
                                            const char    *value);
const char    *us_safetensors_get_metadata (UsSafetensors *self,
                                            const char    *key);   /* NULL when absent */
char         **us_safetensors_list_metadata (UsSafetensors *self); /* g_strfreev */
void           us_safetensors_add   (UsSafetensors *self,
                                     const char    *name,
                                     UsArray       *array);        /* takes a reference */
/* Borrowed, NULL when absent. */
UsArray       *us_safetensors_get   (UsSafetensors *self,
                                     const char    *name);
char         **us_safetensors_list  (UsSafetensors *self);         /* names, in file order; g_strfreev */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsSafetensors, us_safetensors_free)

G_END_DECLS
