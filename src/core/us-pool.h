/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UsPool:
 *
 * The compute pool: `n_workers - 1` threads plus the thread that calls.
 * Work is cut in chunks that do not depend on the number of workers; workers
 * claim chunks, spin for a few microseconds at most, then sleep, so that a
 * busy machine does not collapse: the caller waits only for chunks that a
 * worker has begun, never for a worker to wake.  Thread: one thread at a time
 * (the job that owns the pool) calls run, begin and finish; calling them from
 * inside a chunk is a programming error and aborts.
 */
typedef struct _UsPool UsPool;
typedef struct _UsPoolGroup UsPoolGroup;

/* chunk: 0 .. n_chunks-1.  worker: 0 .. n_workers-1, for a worker's own scratch. */
typedef void (*UsPoolFunc) (gpointer data,
                            gsize    chunk,
                            guint    worker);

/* n_workers 0: as many as there are processors that this process may use.
 * niceness: added to the pool threads' nice value (0 for none), so that a
 * window stays ahead of training. */
UsPool *us_pool_new         (guint n_workers,
                             int   niceness);
void    us_pool_free        (UsPool *self);              /* joins */
guint   us_pool_n_workers   (const UsPool *self);
/* The same for a thread that is no pool's: adds niceness to the nice value of the calling thread. */
void    us_pool_make_nice   (int niceness);

/* Runs func for each chunk, this thread included as worker 0; returns when all
 * are done, and all that they wrote is visible.  At most 2^32-1 chunks.  Takes no
 * memory.  self NULL: runs them here, in order, as worker 0. */
void    us_pool_run         (UsPool     *self,
                             gsize       n_chunks,
                             UsPoolFunc  func,
                             gpointer    data);

/* A group of background chunks (simulations for a later step): idle workers
 * take them, one at a time, whenever us_pool_run leaves them nothing to do.  One
 * group at a time.  finish helps with what is left as worker 0, waits, makes
 * visible what the chunks wrote, and frees the group.  self NULL: finish runs all. */
UsPoolGroup *us_pool_begin  (UsPool     *self,
                             gsize       n_chunks,
                             UsPoolFunc  func,
                             gpointer    data);
void         us_pool_finish (UsPoolGroup *group);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsPool, us_pool_free)

G_END_DECLS
