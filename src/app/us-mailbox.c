/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-mailbox.h"

struct _UsMailbox
{
  gint            ref_count;      /* atomic */
  GMutex          lock;
  gpointer        letter;         /* newest unread; guarded by lock */
  gboolean        posted;         /* a source is on its way; guarded by lock */
  GMainContext   *home;           /* borrowed: the default context */
  GDestroyNotify  free_letter;
  /* Main thread only. */
  gpointer        owner;          /* NULL once closed */
  UsMailboxFunc   func;
};

UsMailbox *
us_mailbox_new (gpointer        owner,
                UsMailboxFunc   func,
                GDestroyNotify  free_letter)
{
  UsMailbox *self = g_new0 (UsMailbox, 1);

  g_atomic_int_set (&self->ref_count, 1);
  g_mutex_init (&self->lock);
  self->home = g_main_context_default ();
  self->owner = owner;
  self->func = func;
  self->free_letter = free_letter;
  return self;
}

UsMailbox *
us_mailbox_ref (UsMailbox *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
us_mailbox_unref (UsMailbox *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  if (self->letter != NULL && self->free_letter != NULL)
    self->free_letter (self->letter);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static gboolean
deliver (gpointer data)
{
  UsMailbox *self = data;
  gpointer letter;

  g_mutex_lock (&self->lock);
  letter = g_steal_pointer (&self->letter);
  self->posted = FALSE;
  g_mutex_unlock (&self->lock);

  if (self->owner != NULL && letter != NULL)
    self->func (self->owner, letter);
  else if (letter != NULL && self->free_letter != NULL)
    self->free_letter (letter);
  return G_SOURCE_REMOVE;
}

void
us_mailbox_post (UsMailbox *self,
                 gpointer   letter)
{
  gpointer unread;
  gboolean ring;

  g_mutex_lock (&self->lock);
  unread = self->letter;
  self->letter = letter;
  ring = !self->posted;
  self->posted = TRUE;
  g_mutex_unlock (&self->lock);

  if (unread != NULL && self->free_letter != NULL)
    self->free_letter (unread);
  if (ring)
    {
      g_autoptr(GSource) source = g_idle_source_new ();

      /* Before the frame clock paints (GDK_PRIORITY_REDRAW), or a picture would lag one frame. */
      g_source_set_priority (source, G_PRIORITY_DEFAULT);
      g_source_set_callback (source, deliver, us_mailbox_ref (self),
                             (GDestroyNotify) us_mailbox_unref);
      g_source_attach (source, self->home);
    }
}

void
us_mailbox_close (UsMailbox *self)
{
  self->owner = NULL;
  us_mailbox_unref (self);
}
