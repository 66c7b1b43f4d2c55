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

/* One call of us_trainer_run(): belongs to the training thread. */
typedef struct
{
  UsTrainer    *trainer;
  UsTraining   *training;
  UsPool       *pool;
  GCancellable *cancellable;
  char         *settings;
  double        seconds[2];            /* of training, pauses not counted */
  gint64        started, last_clock, last_progress, last_snapshot, next_checkpoint;
  guint64       rate_iteration;        /* where the rate was last measured */
  gint64        rate_clock;
  double        samples_per_s;
} UsTrainerJob;

/* Of a budget in minutes, what is planned with; the rest: start, measuring, calibration, saving. */
#define US_JOB_BUDGET_SHARE 0.95

double    us_job_budget_seconds   (const UsTrainerJob  *job);
/* Of a step, when draws were given instead of minutes. */
guint64   us_job_iterations       (const UsTrainerJob  *job,
                                   guint                step);
/* best: the weights of the lowest held-out loss, not the newest average. */
/* NULL: there is nothing to keep yet. */
UsSimvae *us_job_make_model       (UsTrainerJob        *job,
                                   gboolean             best,
                                   const UsCalibration *calibration);
void      us_job_set_state        (UsTrainerJob        *job,
                                   UsTrainerState       state);
void      us_job_publish_model    (UsTrainerJob        *job,
                                   UsSimvae            *model);
void      us_job_publish_progress (UsTrainerJob        *job,
                                   gint64               now);

/* Any thread: one `changed` on the home context. */
void us_trainer_notify (UsTrainer *self);

G_END_DECLS
