/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-posterior.h"
#include "us-predictor-task.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define US_TYPE_LEARNING (us_learning_get_type ())
G_DECLARE_FINAL_TYPE (UsLearning, us_learning, US, LEARNING, GObject)

/**
 * UsLearning:
 *
 * The job that learns from mechanisms: simulates, trains a posterior or a predictor on a thread of its own, and
 * writes its file.  The session has one; it can be started again when it has ended.  Main thread, but where said otherwise.
 *
 * Signal "changed" (): there are news; at most ten times a second, and once at the end.
 */
typedef enum
{
  US_LEARNING_POSTERIOR,
  US_LEARNING_QUANTITIES,
  US_LEARNING_FORECAST,
  US_LEARNING_SELECTION,
  US_N_LEARNING_KINDS,
} UsLearningKind;

typedef enum
{
  US_LEARNING_IDLE,
  US_LEARNING_RUNNING,
  US_LEARNING_DONE,
  US_LEARNING_STOPPED,               /* by the user: nothing is kept */
  US_LEARNING_FAILED,
} UsLearningState;

/* Copied. */
typedef struct
{
  UsLearningKind     kind;
  UsPrior *const    *priors;         /* (n_priors): which simulators; one, of a selection several */
  gsize              n_priors;
  guint              output;         /* of a posterior: which output is observed; otherwise the first one is */
  const char *const *hidden;         /* quantities: series that nobody measures, NULL-terminated; or NULL */
  double             horizon;        /* forecast */
  double             gaps;           /* mean share of points that data may miss */
  guint64            samples;        /* simulations */
  guint64            seed;
  double             minutes;        /* at most; 0: no limit */
  guint              n_workers;      /* 0: all processors */
  int                niceness;
  const char        *path;           /* of the file; NULL: us_learning_dup_usual_path() */
} UsLearningConfig;

typedef struct
{
  UsLearningState state;
  UsLearningKind  kind;
  guint64         simulated, samples;   /* rows */
  gsize           epoch, n_epochs;      /* 0 and 0: not yet, not known */
  double          fraction;             /* of the training that follows the simulation; it may end early */
  double          seconds, seconds_left;/* of the training; NaN: not known */
  double          loss, held_out;       /* NaN: not yet */
} UsLearningProgress;

UsLearning  *us_learning_new           (void);
/* The thread begins; FALSE: it is at work already. */
gboolean     us_learning_start         (UsLearning             *self,
                                        const UsLearningConfig *config);
/* "changed" follows, with the state STOPPED. */
void         us_learning_stop          (UsLearning             *self);
/* After stop: waits for the thread. */
void         us_learning_join          (UsLearning             *self);

void         us_learning_get_progress  (UsLearning             *self,
                                        UsLearningProgress     *progress);
/* A copy of the curve so far, of UsPosteriorPoint; free with g_array_unref. */
GArray      *us_learning_dup_history   (UsLearning             *self);
/* When FAILED; otherwise NULL. */
const GError *us_learning_get_error    (UsLearning             *self);
/* What was learnt, when DONE: one of them, borrowed until the next start; and its file. */
UsPosterior *us_learning_get_posterior (UsLearning             *self);
UsPredictor *us_learning_get_predictor (UsLearning             *self);
const char  *us_learning_get_path      (UsLearning             *self);

/* $XDG_DATA_HOME/understudy/training/SIMULATOR-KIND-NUMBER.safetensors, the number of what was asked: mechanisms,
 * times, priors, output, hidden series, horizon, gaps; g_free. */
char        *us_learning_dup_usual_path (const UsLearningConfig *config);
/* What a kind learns, in a word: "Posterior".  Translated. */
const char  *us_learning_kind_title    (UsLearningKind          kind);

G_END_DECLS
