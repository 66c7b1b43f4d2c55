/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-head.h"
#include "us-prior.h"
#include "us-summary.h"

G_BEGIN_DECLS

/* N rows, V values of x a row, S summaries, D targets, L levels, K classes. */

/**
 * UsPredictor:
 *
 * What a network that was trained on simulations alone says of an observation: the mean of some
 * targets, their quantiles, or the probability of classes (which simulator made it).  A summary network (us-summary.h)
 * and a head (us-head.h).  Const once made; atomic reference count; any thread.  One .safetensors file holds it all.
 */
typedef struct _UsPredictor UsPredictor;

/* One thing to be told: a parameter, what follows from it, a value at a later or an unseen place. */
typedef struct
{
  const char *name;          /* "r", "doubling_time", "size": a column of tables */
  const char *label, *unit;
  double      at;            /* where along the series' x; NaN: nowhere */
  double      lower, upper;  /* answers are kept inside; infinite: anything */
} UsPredictorTarget;

/* How it came about. */
typedef struct
{
  guint64  seed;
  gsize    n_rows;           /* trained on, held-out ones included */
  gsize    n_epochs, best_epoch;
  double   seconds;
  double   held_out;         /* loss of the weights that were kept, on rows held out */
  double   coverage;         /* of quantiles: share of held-out targets between the outermost two; NaN */
  double   error_rate;       /* of classes: share of held-out rows whose likeliest class is not theirs; NaN */
  char    *program_version, *created, *command;
  char    *task;             /* in a word: "targets", "forecast", "selection", "table" */
  char   **simulators;       /* "id version", NULL-terminated */
  char   **priors;           /* as us_prior_to_json() has them, one for each simulator */
  double   horizon;          /* of a forecast; NaN */
} UsPredictorRecord;

typedef struct
{
  double  fraction, seconds, seconds_left;
  gsize   epoch, n_epochs;
  double  loss, held_out;    /* NaN: not yet */
  guint64 simulated;         /* rows, while these are made; then 0 */
} UsPredictorProgress;

typedef void (*UsPredictorProgressFunc) (const UsPredictorProgress *progress,
                                         gpointer                   data);

/**
 * UsPredictorConfig:
 *
 * Rows in memory, complete: gaps are drawn at training time as `summary` says.  What is 0 or NULL is chosen.
 */
typedef struct
{
  UsHeadKind     head;
  gsize          n_rows;
  const float   *x;                  /* (N, V) */
  const double  *targets;            /* (N, D), or NULL of classes */
  const guint32 *classes;            /* (N), or NULL */
  gsize          n_targets;          /* D, or K */
  const UsPredictorTarget *info;     /* (D), or NULL: "target1", … */
  const char *const *class_names;    /* (K), or NULL */
  const double  *odds;               /* (K) prior odds of the classes; NULL: all alike */
  const double  *levels;             /* (L) rising; NULL: 0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975 */
  gsize          n_levels;
  UsSummaryConfig summary;
  const UsOutput *observed;          /* what is observed, for who lays data on it; NULL: a plain table */
  gsize          n_summaries;
  gsize          batch, epochs;
  double         learning_rate;
  guint64        seed;
  double         minutes;            /* at most, which then depends on the machine; 0: no limit */
  guint          n_workers;          /* 0: all processors */
  int            niceness;
  const UsPredictorRecord *record;   /* command, task, simulators, priors, horizon are copied; or NULL */
} UsPredictorConfig;

/**
 * us_predictor_train:
 *
 * Synchronous.  A tenth of the rows is held out; the weights that were best on them are kept, and training ends when
 * they have not become better for long.  Same rows and configuration, same bits, whatever the number of workers.
 * progress, or NULL: called on this thread, after each epoch.  cancelled, or NULL: read atomically.
 *
 * Errors: US_FORMAT_ERROR_VALUE: a value or target is not finite, a class out of range (row and column);
 * US_FORMAT_ERROR_SHAPE: fewer than 50 rows; G_IO_ERROR_CANCELLED; US_TRAIN_ERROR_NOT_FINITE with layer, step and seed.
 */
UsPredictor *us_predictor_train       (const UsPredictorConfig *config,
                                       UsPredictorProgressFunc  progress,
                                       gpointer                 data,
                                       const gint              *cancelled,
                                       GError                 **error);

UsPredictor *us_predictor_ref         (UsPredictor *self);
void         us_predictor_unref       (UsPredictor *self);

const UsHead *us_predictor_head       (const UsPredictor *self);
const UsSummary *us_predictor_summary (const UsPredictor *self);
gsize        us_predictor_n_values    (const UsPredictor *self);
gsize        us_predictor_n_summaries (const UsPredictor *self);
const UsPredictorTarget *us_predictor_target (const UsPredictor *self,
                                       gsize              target);
const char  *us_predictor_class_name  (const UsPredictor *self,
                                       gsize              class);
double       us_predictor_temperature (const UsPredictor *self);
/* The series that it takes, or NULL. */
const UsOutput *us_predictor_observed (const UsPredictor *self);
const UsPredictorRecord *us_predictor_record (const UsPredictor *self);

/* x: (rows, V), NaN where missing -> answer: (rows, D), (rows, D, L) or (rows, K), in the targets' units; us_summary_check()
 * is the door for what comes from outside. */
void         us_predictor_answer      (const UsPredictor *self,
                                       gsize              rows,
                                       const float       *x,
                                       double            *answer);
/* h: (rows, S): what the network holds for the essence of x. */
void         us_predictor_summaries   (const UsPredictor *self,
                                       gsize              rows,
                                       const float       *x,
                                       float             *h);

gboolean     us_predictor_save        (const UsPredictor *self,
                                       const char        *path,
                                       GError           **error);
/* Errors: those of us_safetensors_read(); US_FORMAT_ERROR_MISMATCH, MISSING, VALUE, each naming the file. */
UsPredictor *us_predictor_load        (const char        *path,
                                       GError           **error);
/* Is this file a predictor?  FALSE too when it cannot be read. */
gboolean     us_predictor_is_file     (const char        *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsPredictor, us_predictor_unref)

G_END_DECLS
