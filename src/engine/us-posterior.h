/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-prior.h"
#include "us-summary.h"
#include <gio/gio.h>

G_BEGIN_DECLS

/* N rows of a bank, P parameters, V values of x a row, S summaries. */

/**
 * UsPosterior:
 *
 * The posterior p (θ | x), learnt from simulations alone (neural posterior estimation: Papamakarios, Murray 2016;
 * Greenberg, Nonnenmacher, Macke 2019): an ensemble of members, each a summary network and a conditional spline flow
 * (us-flow.h), averaged as densities.  θ is held in coordinates in which its prior has no edge, so that no draw leaves
 * it.  Const once made; atomic reference count; any thread.  One .safetensors file holds it all.
 */
typedef struct _UsPosterior UsPosterior;

/* What is tuned; 0 everywhere: what the size of the table asks for. */
typedef struct
{
  gsize  members;            /* of the ensemble */
  gsize  width, blocks;      /* of the networks */
  gsize  n_summaries;
  gsize  transforms;
  guint  bins;
  gsize  batch;
  double learning_rate;
  double dropout;            /* below 0: none */
  double weight_decay;       /* below 0: none */
  gsize  epochs;             /* at most */
} UsPosteriorTuning;

typedef struct
{
  const char     *bank;            /* rows from there, or: */
  UsPrior        *prior;           /* fresh draws; with a bank, instead of what the bank says */
  guint           output;
  guint64         samples;         /* fresh draws; 0: 10,000.  With a bank: its first rows; 0: all */

  const double   *theta;           /* (n_rows, P) or NULL: rows in memory instead of either */
  const float    *x;               /* (n_rows, V) */
  gsize           n_rows, n_parameters, n_values;

  const char *const *targets;      /* names of parameters, or of quantities that the simulator derives, NULL-terminated; NULL: all parameters */
  UsMissing       missing;         /* values that observations may lack: drawn anew for each row in each epoch; of series and tables */
  gboolean        drop_bad_rows;   /* rows with a value that is not finite are left out and counted, not refused */
  guint64         seed;
  double          minutes;         /* at most; 0: no limit but the defaults' */
  guint           n_workers;       /* 0: all processors */
  int             niceness;
  UsPosteriorTuning tuning;
  const char     *command;         /* for the record, or NULL */
} UsPosteriorConfig;

typedef struct
{
  double  fraction;          /* 0..1, a guess while training may still end early */
  double  seconds, seconds_left;
  gsize   epoch;             /* the furthest member's */
  double  loss, held_out;    /* -log q (θ | x), mean over rows and members, in coordinates; NaN: not yet */
  guint64 simulated;         /* rows, while these are made */
} UsPosteriorProgress;

typedef void (*UsPosteriorProgressFunc) (const UsPosteriorProgress *progress,
                                         gpointer                   data);

typedef struct
{
  gsize  epoch;
  double loss, held_out;     /* means over the members that trained */
} UsPosteriorPoint;

/* One round of us_posterior_refine (). */
typedef struct
{
  gsize    round;            /* from 1 */
  gsize    n_rows;           /* trained on: all that lie inside the round's truncation */
  double   acceptance;       /* share of the prior's draws (that its constraint leaves) inside the truncation: how far it is narrowed */
  gboolean resampled;        /* proposals were drawn from the posterior and weighted: too few draws of the prior were inside */
  double   contraction;      /* mean over parameters of 1 - variance / variance of the prior */
  double   distance;         /* sliced Wasserstein distance to the posterior of the round before, in standard deviations of this one */
  double   noise;            /* the same of two sets of draws of this posterior: what no distance is below */
  double   held_out;         /* of its training */
  double   seconds;
} UsPosteriorRound;

/* How it came about. */
typedef struct
{
  guint64  seed;
  gsize    n_rows;           /* trained on, held-out ones included */
  gsize    n_dropped;        /* bad rows that were left out */
  double   seconds;
  double   held_out;         /* mean over members of their best -log q on rows held out */
  char    *program_version, *created, *command;
  char    *bank;             /* SHA-256 of its θ and x as trained on */
  UsMissing missing;         /* what was drawn at random */
  char   **notes;            /* what was done to the table, in sentences: columns dropped, coordinates chosen */
  GArray  *history;          /* of UsPosteriorPoint */
  GArray  *rounds;           /* of UsPosteriorRound; empty unless refined */
} UsPosteriorRecord;

/**
 * us_posterior_train:
 *
 * Synchronous.  Same configuration and rows, same bits, whatever the number of workers (unless minutes cut it).
 * progress, or NULL: called on this thread, about once an epoch.  cancelled, or NULL: read atomically; non-zero ends with
 * G_IO_ERROR_CANCELLED.
 *
 * Errors: those of banks; US_FORMAT_ERROR_VALUE: not finite values (row, column; how many rows), no column of
 * x that changes, a parameter that does not; US_FORMAT_ERROR_MISSING: an unknown target; US_FORMAT_ERROR_SHAPE: fewer
 * than 50 rows.
 */
UsPosterior *us_posterior_train       (const UsPosteriorConfig *config,
                                       UsPosteriorProgressFunc  progress,
                                       gpointer                 data,
                                       const gint              *cancelled,
                                       GError                 **error);

UsPosterior *us_posterior_ref         (UsPosterior *self);
void         us_posterior_unref       (UsPosterior *self);

gsize        us_posterior_n_parameters (const UsPosterior *self);
gsize        us_posterior_n_values     (const UsPosterior *self);
gsize        us_posterior_n_summaries  (const UsPosterior *self);
const char  *us_posterior_name         (const UsPosterior *self,
                                        gsize              parameter);
/* x's dimensions in the bank after the first; shape: (US_ARRAY_MAX_DIMS).  Returns how many. */
guint        us_posterior_x_shape      (const UsPosterior *self,
                                        gsize             *shape);
/* Where the rows came from: borrowed, NULL for a plain table. */
const UsSimulator *us_posterior_simulator (const UsPosterior *self);
UsPrior     *us_posterior_prior        (const UsPosterior *self);
guint        us_posterior_output       (const UsPosterior *self);
const UsPosteriorRecord *us_posterior_record (const UsPosterior *self);
/* (V) the one observation that a refined posterior holds for, borrowed; NULL: for any. */
const float *us_posterior_observation (const UsPosterior *self);
/* FALSE: refined for another observation than x (V). */
gboolean     us_posterior_holds_for   (const UsPosterior *self,
                                       const float       *x);
/* Between which values draws of a parameter lie; infinite where nothing bounds them. */
void         us_posterior_range        (const UsPosterior *self,
                                        gsize              parameter,
                                        double            *lower,
                                        double            *upper);

/* Whether an observation may lack values (NaN): of a model that knows only series which end early (record: cut, no gaps) those
 * at the end; of a refined one, whatever this says, those that its own observation lacks. */
gboolean     us_posterior_takes_gaps  (const UsPosterior *self);

/* Draws theta (n, P) from q (θ | x), x (V; NaN: not observed), in the parameters' units; draw i belongs to (seed, i), so that the first draws
 * are the same whatever n.  Error: US_FORMAT_ERROR_VALUE: x has a value that is
 * not finite, or lacks one that the training never lacked, or all. */
gboolean     us_posterior_sample       (const UsPosterior *self,
                                        const float       *x,
                                        gsize              n,
                                        guint64            seed,
                                        double            *theta,
                                        GError           **error);
/* How many quantities the simulator derives of what is inferred (UsSimulator.derived): all, or 0 where a parameter is neither
 * inferred nor fixed. */
gsize        us_posterior_n_derived   (const UsPosterior *self);
/* derived (n, n_derived) of draws theta (n, P): draws of their posterior.  Where a quantity is not defined it may be infinite. */
void         us_posterior_derive      (const UsPosterior *self,
                                       gsize              n,
                                       const double      *theta,
                                       double            *derived);
/* targets (n, P): what is inferred, of all the simulator's parameters theta (n, Q). */
void         us_posterior_targets     (const UsPosterior *self,
                                       gsize              n,
                                       const double      *theta,
                                       double            *targets);
/* out (n): log q (θ | x), per unit of the parameters; -INFINITY outside. */
gboolean     us_posterior_log_density  (const UsPosterior *self,
                                        const float       *x,
                                        gsize              n,
                                        const double      *theta,      /* (n, P) */
                                        double            *out,
                                        GError           **error);
/* h (rows, S): what the networks hold for the essence of x (rows, V). */
void         us_posterior_summaries    (const UsPosterior *self,
                                        gsize              rows,
                                        const float       *x,
                                        float             *h);
/* Values of x (V) that lie outside of all that was simulated: how many, and the first one's index. */
gsize        us_posterior_n_outside    (const UsPosterior *self,
                                        const float       *x,
                                        gsize             *first);

gboolean     us_posterior_save         (const UsPosterior *self,
                                        const char        *path,
                                        GError           **error);
/* Errors: those of us_safetensors_read; US_FORMAT_ERROR_MISMATCH, VALUE, each naming the file. */
UsPosterior *us_posterior_load         (const char        *path,
                                        GError           **error);
/* Is this file a posterior?  FALSE too when it cannot be read. */
gboolean     us_posterior_is_file      (const char        *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsPosterior, us_posterior_unref)

G_END_DECLS
