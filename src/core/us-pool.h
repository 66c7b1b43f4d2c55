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
 * busy machine does not collapse.  Thread: `us_pool_run` may be called from
 * one thread at a time (the job that owns the pool).
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

/* Runs func for each chunk, this thread included; returns when all are done.
 * self NULL: runs them here, in order, as worker 0. */
void    us_pool_run         (UsPool     *self,
                             gsize       n_chunks,
                             UsPoolFunc  func,
                             gpointer    data);

/* A group of background chunks (simulations for a later step): idle workers
 * take them whenever us_pool_run leaves them nothing to do.  One group at a
 * time.  finish helps with what is left, waits, frees the group. */
UsPoolGroup *us_pool_begin  (UsPool     *self,
                             gsize       n_chunks,
                             UsPoolFunc  func,
                             gpointer    data);
void         us_pool_finish (UsPoolGroup *group);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsPool, us_pool_free)

/**
 * UsPreview:
 *
 * One thread, one slot: what follows a slider or a pen.  A newer request
 * replaces the queued one (which is destroyed unrun) and cancels the running
 * one through its GCancellable-like flag.
 */
typedef struct _UsPreview UsPreview;

/* cancelled: set to non-zero (atomically) when a newer request waits. */
typedef void (*UsPreviewFunc) (gpointer    data,
                               const gint *cancelled);

UsPreview *us_preview_new    (const char *name);
void       us_preview_free   (UsPreview *self);          /* cancels, drops, joins */
/* Any thread.  data is freed with destroy on the preview thread (after the
 * run) or on the calling thread (when replaced unrun). */
void       us_preview_submit (UsPreview      *self,
                              UsPreviewFunc   func,
                              gpointer        data,
                              GDestroyNotify  destroy);
/* Waits until the slot is empty and nothing runs (tests, shutdown). */
void       us_preview_drain  (UsPreview *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsPreview, us_preview_free)

G_END_DECLS
