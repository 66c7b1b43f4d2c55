/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-session.h"

G_BEGIN_DECLS

/* Between us-session.c (state, training) and us-session-files.c (models from files and into them). */

struct _UsSession
{
  GObject            parent_instance;

  /* What is to be learnt. */
  const UsSimulator *simulator;
  guint              output;
  UsPrior           *prior;

  /* What has been learnt. */
  UsSimvae          *model;             /* or NULL */
  char              *path;              /* or NULL */
  char              *title;
  gboolean           unsaved;
  UsLearnt          *learnt;

  /* Work. */
  UsTrainer         *trainer;           /* or NULL */
  gulong             trainer_changed;
  gboolean           trainer_works;     /* running or paused */
  UsLearning        *learning;
  gboolean           learning_works;
  gboolean           training;          /* either of them */
  gboolean           follows_training;
  UsPreview         *preview;
  GCancellable      *open_cancellable;  /* of the newest open, while it works */
  gboolean           shut_down;
};

/* It becomes what has been learnt.  model: a reference is taken; path NULL: it has no file. */
void us_session_take_model (UsSession  *self,
                            UsSimvae   *model,
                            const char *path,
                            gboolean    unsaved);

G_END_DECLS
