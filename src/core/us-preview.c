/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-preview.h"

typedef struct
{
  UsPreviewFunc  func;       /* NULL: no request */
  gpointer       data;
  GDestroyNotify destroy;
} Request;

struct _UsPreview
{
  GThread *thread;
  GMutex   mutex;
  GCond    changed;          /* slot filled, run ended, or quit */

  /* under mutex */
  Request  slot;
  gboolean running;
  gboolean quit;

  gint     cancelled;        /* atomic */
};

static void
request_destroy (Request *request)
{
  if (request->func != NULL && request->destroy != NULL)
    request->destroy (request->data);
}

static gpointer
preview_main (gpointer user_data)
{
  UsPreview *self = user_data;

  g_mutex_lock (&self->mutex);
  for (;;)
    {
      Request request;

      while (self->slot.func == NULL && !self->quit)
        g_cond_wait (&self->changed, &self->mutex);
      if (self->quit)
        break;

      request = self->slot;
      self->slot = (Request) { NULL, NULL, NULL };
      self->running = TRUE;
      g_atomic_int_set (&self->cancelled, 0);
      g_mutex_unlock (&self->mutex);

      request.func (request.data, &self->cancelled);
      request_destroy (&request);

      g_mutex_lock (&self->mutex);
      self->running = FALSE;
      g_cond_broadcast (&self->changed);
    }
  g_mutex_unlock (&self->mutex);

  return NULL;
}

UsPreview *
us_preview_new (const char *name)
{
  UsPreview *self = g_new0 (UsPreview, 1);

  g_mutex_init (&self->mutex);
  g_cond_init (&self->changed);
  self->thread = g_thread_new (name != NULL ? name : "us-preview", preview_main, self);

  return self;
}

void
us_preview_free (UsPreview *self)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->mutex);
  self->quit = TRUE;
  g_atomic_int_set (&self->cancelled, 1);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->mutex);

  g_thread_join (self->thread);
  request_destroy (&self->slot);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

void
us_preview_submit (UsPreview      *self,
                   UsPreviewFunc   func,
                   gpointer        data,
                   GDestroyNotify  destroy)
{
  Request replaced;

  g_return_if_fail (self != NULL);
  g_return_if_fail (func != NULL);

  g_mutex_lock (&self->mutex);
  replaced = self->slot;
  self->slot = (Request) { func, data, destroy };
  if (self->running)
    g_atomic_int_set (&self->cancelled, 1);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->mutex);

  request_destroy (&replaced);    /* not under the lock: it may call back */
}

void
us_preview_drain (UsPreview *self)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (g_thread_self () != self->thread);

  g_mutex_lock (&self->mutex);
  while (self->slot.func != NULL || self->running)
    g_cond_wait (&self->changed, &self->mutex);
  g_mutex_unlock (&self->mutex);
}
