/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-predictor.h"

G_BEGIN_DECLS

/* M simulators, T points, C channels, F points of the future, D targets, V = T C values of a row. */

/**
 * UsTaskKind:
 * @US_TASK_QUANTITIES: of one simulator: its parameters, what follows from them, and outputs that nobody measures
 * @US_TASK_FORECAST: what will be observed until `horizon` after the last point
 * @US_TASK_SELECTION: which of the simulators made the observation
 */
typedef enum
{
  US_TASK_QUANTITIES,
  US_TASK_FORECAST,
  US_TASK_SELECTION,
} UsTaskKind;

typedef struct
{
  UsTaskKind      kind;
  UsPrior *const *priors;          /* (M); of several a row comes from each in turn */
  gsize           n_priors;
  const char     *output;          /* id of what is observed, a series; NULL: the first of the first simulator */
  const char *const *hidden;       /* quantities: ids of series that are predicted as well, NULL-terminated; or NULL */
  gboolean        logarithms;      /* quantities that span decades as log10, whose mean means more: us_derived_compared() */
  double          horizon;         /* forecast: above 0, in units of x */
  guint64         seed;
} UsTaskConfig;

/**
 * UsTask:
 *
 * What is simulated to train a predictor: which rows, and what of them is told and what is asked.  A forecast beyond the
 * grid runs the simulators at later times, in one run with those observed; where a simulator cannot
 * (no `run_at`) the end of its own series is the future.  Const once made.
 */
typedef struct _UsTask UsTask;

/* Errors: US_FORMAT_ERROR_MISSING: no such output; MISMATCH: the simulators do not share it (which, and what
 * differs); UNSUPPORTED: no series; VALUE: a horizon that leaves nothing, or is beyond what the model allows. */
UsTask     *us_task_new          (const UsTaskConfig  *config,
                                  GError             **error);
void        us_task_free         (UsTask              *self);
const UsOutput *us_task_observed (const UsTask        *self);
gsize       us_task_n_values     (const UsTask        *self);       /* V */
/* D, or M of a selection. */
gsize       us_task_n_targets    (const UsTask        *self);
const UsPredictorTarget *us_task_targets (const UsTask *self);      /* (D), or NULL */
/* Names of the simulators, (M), NULL-terminated. */
const char *const *us_task_names (const UsTask        *self);

/* Rows first .. first+count-1 of the stream: the same for any number of workers.  x: (count, V);
 * targets: (count, D), or NULL of a selection; classes: (count), or NULL.  progress, or NULL: on this thread.
 * Errors: US_FORMAT_ERROR_VALUE with simulator, row and seed; G_IO_ERROR_CANCELLED. */
gboolean    us_task_simulate     (const UsTask   *self,
                                  guint64         first,
                                  gsize           count,
                                  guint           n_workers,        /* 0: all */
                                  float          *x,
                                  double         *targets,
                                  guint32        *classes,
                                  void          (*progress) (gsize done, gsize count, gpointer data),
                                  gpointer        data,
                                  const gint     *cancelled,
                                  GError        **error);

/**
 * us_task_train:
 *
 * Simulates n_rows and trains: of a selection the classes, of a forecast quantiles, of quantities whatever
 * head says.  config: what is not of the rows (head, summary's kind, features and gaps, odds, epochs, seed …);
 * the rest is filled in.  Errors: those of us_task_simulate() and us_predictor_train().
 */
UsPredictor *us_task_train       (const UsTask             *self,
                                  gsize                     n_rows,
                                  const UsPredictorConfig  *config,
                                  UsPredictorProgressFunc   progress,
                                  gpointer                  data,
                                  const gint               *cancelled,
                                  GError                  **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsTask, us_task_free)

G_END_DECLS
