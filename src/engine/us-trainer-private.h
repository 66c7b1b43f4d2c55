/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-training-private.h"

G_BEGIN_DECLS

struct _UsTrainer
{
  GObject            parent_instance;

  /* settings, owned */
  UsTrainerConfig    config;
  char              *checkpoint_path;

  /* the thread that made it */
  GMainContext      *home;
  GThread           *thread;          /* of start(); or NULL */
  GCancellable      *cancellable;     /* cancelled by dispose */
  gint               wakeup_pending;

  /* under the lock */
  GMutex             lock;
  GCond              cond;            /* pause or stop changed */
  gboolean           pause, stop;
  UsTrainerProgress  progress;
  UsSimvae          *model;
  GArray            *history[2];
  GError            *error;
};

/* Any thread: one `changed` on the home context. */
void us_trainer_notify (UsTrainer *self);

G_END_DECLS
