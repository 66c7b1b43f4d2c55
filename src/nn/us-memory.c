/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LINE 16                       /* floats in a cache line */
#define HUGE_PAGE ((gsize) 2 << 20)

typedef struct
{
  float **where;
  gsize   offset;
} Request;

void
us_arena_init (UsArena *self)
{
  *self = (UsArena) { .requests = g_array_new (FALSE, FALSE, sizeof (Request)) };
}

void
us_arena_ask (UsArena  *self,
              float   **where,
              gsize     n)
{
  Request request = { where, self->n_floats };

  g_assert (self->block == NULL);
  g_array_append_val (self->requests, request);
  /* An odd number of cache lines between buffers whose sizes are powers of two:
   * else their addresses agree in the low twelve bits, and loads from one wait
   * for stores to the other. */
  self->n_floats += (n + LINE - 1) / LINE * LINE + 9 * LINE;
}

void
us_arena_commit (UsArena *self)
{
  self->block_bytes = (self->n_floats * sizeof (float) + 2 * HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
  self->block = mmap (NULL, self->block_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (self->block == MAP_FAILED)
    g_error ("%" G_GSIZE_FORMAT " bytes could not be allocated", self->block_bytes);
  self->base = (float *) (((gsize) self->block + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
#ifdef MADV_HUGEPAGE
  madvise (self->base, self->block_bytes - HUGE_PAGE, MADV_HUGEPAGE);
#endif
  for (guint i = 0; i < self->requests->len; i++)
    {
      Request *request = &g_array_index (self->requests, Request, i);

      *request->where = self->base + request->offset;
    }
  g_array_set_size (self->requests, 0);
}

void
us_arena_clear (UsArena *self)
{
  if (self->block != NULL)
    munmap (self->block, self->block_bytes);
  g_clear_pointer (&self->requests, g_array_unref);
  self->block = NULL;
  self->base = NULL;
}

float *
us_floats_new (gsize n)
{
  void *memory = NULL;
  gsize bytes = (MAX (n, 1) * sizeof (float) + 63) / 64 * 64;

  if (posix_memalign (&memory, 64, bytes) != 0)
    g_error ("%" G_GSIZE_FORMAT " bytes could not be allocated", bytes);
  memset (memory, 0, bytes);
  return memory;
}

void
us_floats_free (float *floats)
{
  free (floats);
}
