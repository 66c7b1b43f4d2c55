/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UsPreview:
 *
 * One thread, one slot: what follows a slider or a pen.  A newer request
 * replaces the queued one (which is destroyed unrun) and cancels the running
 * one through its GCancellable-like flag.  The main thread is never blocked
 * by submit.
 */
typedef struct _UsPreview UsPreview;

/* cancelled: non-zero (g_atomic_int_get) when a newer request waits or the
 * preview closes: return soon, and publish nothing. */
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
/* Waits until the slot is empty and nothing runs (tests, shutdown).  Not from
 * inside a request. */
void       us_preview_drain  (UsPreview *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsPreview, us_preview_free)

G_END_DECLS
