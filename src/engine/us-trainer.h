/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-bank.h"
#include "us-method.h"
#include "us-preset.h"

G_BEGIN_DECLS

/* What is taken where a configuration says 0. */
#define US_TRAINER_BETA           4.0
#define US_TRAINER_LABELLED_SHARE 0.1
#define US_TRAINER_START_SHARE    0.25    /* of step 1's draws, the unsupervised start's */

typedef struct
{
  UsPrior        *prior;           /* says the simulator too */
  guint           output;
  UsMethod        method;          /* 0: SimVAE */
  double          kl_weight;       /* of the divergence of q(z|x) from the prior, with the reparametrisation; 0: the
                                    * preset's, which is none.  Not for β-VAE and the supervised inverse */
  double          beta;            /* β-VAE: times the divergence in nats, beside the loss summed over the values;
                                    * 0: US_TRAINER_BETA */
  double          labelled_share;  /* semi-supervised: of the rows of step 2 that carry their parameters, below 1; 0:
                                    * US_TRAINER_LABELLED_SHARE */
  const char     *bank;            /* rows from there instead of fresh draws, shuffled anew each time round; NULL */
  const UsPreset *preset;
  gsize           width;           /* 0: the preset's */
  guint64         seed;
  double          minutes;         /* budget of both steps; 0: the preset's */
  guint64         samples;         /* draws of each step instead of minutes; 0: minutes */
  guint64         encoder_samples; /* of step 2, with samples; 0: as many as step 1 */
  const char     *path;            /* model file; the checkpoint is PATH.checkpoint; NULL: nothing is saved */
  gboolean        resume;          /* go on from the checkpoint when there is one */
  guint           n_workers;       /* 0: all processors */
  int             niceness;        /* of the workers */
  double          checkpoint_seconds;   /* 0: 60 */
  const char     *command;         /* for the record, with samples; NULL, or with minutes: one is made
                                    * that gives the same model again */
} UsTrainerConfig;

typedef enum
{
  US_TRAINER_IDLE,
  US_TRAINER_RUNNING,
  US_TRAINER_PAUSED,
  US_TRAINER_DONE,
  US_TRAINER_STOPPED,              /* by the user; the model so far is kept */
  US_TRAINER_FAILED,
} UsTrainerState;

typedef struct
{
  UsTrainerState state;
  UsMethod       method;
  guint          step;             /* 1 or 2 */
  guint64        samples, total_samples;    /* of this step */
  double         fraction;         /* of the whole, 0..1 */
  double         seconds, seconds_left;
  double         samples_per_s;
  double         simulations_per_s;         /* what the simulator alone delivers on the workers */
  double         loss, held_out;   /* newest; NaN: not yet */
  double         learning_rate;
  guint64        resumed_from;     /* samples; 0: a fresh start */
  char           warning[256];     /* the last checkpoint could not be written: why; "" when all is well */
} UsTrainerProgress;

/* Rows for the four-row comparison, n draws each, packed (n, N):
 * x = S(V), decoded = G(V), simulated = S(Z), both = G(Z) with Z = µ(S(V));
 * the last two are NULL before step 2.  Of latents without names both = G(µ(S(V))) alone. */
typedef struct
{
  gsize  n, n_values;
  float *x, *decoded, *simulated, *both;
} UsFourRows;

void us_four_rows_free (UsFourRows *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsFourRows, us_four_rows_free)

#define US_TYPE_TRAINER (us_trainer_get_type ())
G_DECLARE_FINAL_TYPE (UsTrainer, us_trainer, US, TRAINER, GObject)

/**
 * UsTrainer:
 *
 * Training as a job on a thread of its own, over its own compute pool.  Signal
 * `changed` (no arguments) is emitted on the thread-default main context of
 * the thread that made it, at most ten times a second.
 *
 * A budget in minutes becomes a number of draws: a second of training is measured
 * and thrown away, the draws of the step are fixed and recorded, so that
 * the cosine schedule ends on time and the same draws make the same bits.  Step 2 is planned
 * when it begins, on the time that is left.  Should the machine slow down meanwhile, the
 * draws stay and seconds_left says that it takes longer.
 *
 * A checkpoint that cannot be written (full disk) does not stop the training: it is
 * said in `warning` and tried again.  Disposing stops without a model file, with a checkpoint.
 */
UsTrainer *us_trainer_new     (const UsTrainerConfig *config);       /* copied */
/* Synchronous: the terminal, tests, and what start() runs on its thread.
 * Errors: G_IO_ERROR_CANCELLED; US_TRAIN_ERROR_NOT_FINITE with layer, step and
 * seed; those of files. */
gboolean   us_trainer_run     (UsTrainer     *self,
                               GCancellable  *cancellable,
                               GError       **error);
void       us_trainer_start   (UsTrainer     *self);                 /* returns at once */
void       us_trainer_pause   (UsTrainer     *self);                 /* checkpoint, then sleep */
void       us_trainer_resume  (UsTrainer     *self);
void       us_trainer_stop    (UsTrainer     *self);                 /* keep what is learnt, save, end;
                                                                     * the checkpoint stays, to go on from */
void       us_trainer_join    (UsTrainer     *self);                 /* after stop: waits */
void       us_trainer_get_progress (UsTrainer         *self,
                                    UsTrainerProgress *progress);    /* any thread */
const GError *us_trainer_get_error (UsTrainer *self);                /* when FAILED; else NULL */
/* Newest weights as a model (a new reference), refreshed at least each
 * second of training; NULL before the first. */
UsSimvae  *us_trainer_get_model (UsTrainer *self);
/* A copy of the history so far. */
GArray    *us_trainer_get_history (UsTrainer *self,
                                   guint      step);                 /* of UsHistoryPoint */
/* Any thread; computes with the newest model. n ≤ 16. */
UsFourRows *us_four_rows_new  (UsSimvae  *model,
                               gsize      n,
                               guint64    seed);

/* What a bank says of itself.  Simulator and output; errors: it does not say, or neither is known. */
const UsSimulator *us_trainer_bank_simulator (const UsBank       *bank,
                                              guint              *output,
                                              GError            **error);
/* The prior that it was drawn from; NULL without an error: it does not say. */
UsPrior           *us_trainer_bank_prior     (const UsBank       *bank,
                                              const UsSimulator  *simulator,
                                              GError            **error);

#define US_TRAIN_ERROR (us_train_error_quark ())
GQuark us_train_error_quark (void);
typedef enum
{
  US_TRAIN_ERROR_NOT_FINITE,
  US_TRAIN_ERROR_CHECKPOINT,       /* the checkpoint belongs to other settings */
  US_TRAIN_ERROR_TOO_SOON,         /* stopped before there was anything to keep: go on from the checkpoint */
} UsTrainError;

G_END_DECLS
