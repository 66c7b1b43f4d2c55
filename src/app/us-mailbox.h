/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UsMailbox:
 *
 * How a worker hands a result to a widget: one letter box, the newest letter
 * wins.  A letter that was not read when the next one came is freed.  Made and
 * closed on the main thread by the widget; workers hold references.
 */
typedef struct _UsMailbox UsMailbox;

/* Main thread.  owner: still alive, since it closes the box when disposed.
 * letter: now the callee's, to be freed or kept. */
typedef void (*UsMailboxFunc) (gpointer owner,
                               gpointer letter);

UsMailbox *us_mailbox_new   (gpointer        owner,
                             UsMailboxFunc   func,
                             GDestroyNotify  free_letter);
UsMailbox *us_mailbox_ref   (UsMailbox      *self);
void       us_mailbox_unref (UsMailbox      *self);
/* Any thread.  Takes letter; func follows on the main thread ahead of the next frame. */
void       us_mailbox_post  (UsMailbox      *self,
                             gpointer        letter);
/* Main thread: no func is called any more; drops the owner's reference. */
void       us_mailbox_close (UsMailbox      *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsMailbox, us_mailbox_unref)

G_END_DECLS
