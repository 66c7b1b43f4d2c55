/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UsArena:
 *
 * One block of zeroed floats for everything that a run needs: first every
 * buffer is asked for, then the block is taken and the pointers are filled in.
 * On huge pages where the system gives them.
 */
typedef struct
{
  GArray *requests;     /* of where the pointer goes, and its offset */
  gsize   n_floats;
  void   *block;
  gsize   block_bytes;
  float  *base;
} UsArena;

void us_arena_init   (UsArena *self);
/* *where, which must not move, is set by commit to n floats, 64-byte aligned. */
void us_arena_ask    (UsArena  *self,
                      float   **where,
                      gsize     n);
void us_arena_commit (UsArena *self);
void us_arena_clear  (UsArena *self);

/* Zeroed and 64-byte aligned; free with us_floats_free(). */
float *us_floats_new  (gsize n);
void   us_floats_free (float *floats);

G_END_DECLS
