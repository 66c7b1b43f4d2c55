/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simvae-private.h"
#include "us-trainer.h"

G_BEGIN_DECLS

/* B batch, P parameters, F features of the code, N values of the output. */

/**
 * UsBatch:
 *
 * One batch of fresh draws.
 */
typedef struct
{
  guint64  first;          /* row of the stream */
  double  *theta;          /* (B, P) */
  float   *z;              /* (B, P) latents */
  float   *features;       /* (B, F) what the decoder is told */
  float   *x;              /* (B, N) S(z), scaled as the networks take it */
  float   *input;          /* (B, N) what the encoder sees: x, some rows augmented */
  gboolean augment;        /* fill input */
  gboolean wide;           /* drawn from the stretched prior */
  GError **errors;         /* (chunks) */
} UsBatch;

typedef struct _UsTraining UsTraining;

/* Scratch for an encoder of several answers. */
typedef struct
{
  float  *features;        /* (B, F) of the answers tried */
  double *error;           /* (B) of them */
  double *least;           /* (B) */
  guint  *which;           /* (B) the answer chosen */
} UsAnswers;

/* What a chunk of simulations needs to know. */
typedef struct
{
  UsTraining *training;
  UsBatch    *batch;
  gsize       rows;
} UsBatchWork;

/**
 * UsTraining:
 *
 * The arithmetic of the two steps, without threads of its own, clocks or
 * files: the same settings give the same bits.  One thread.  UsTrainer decides
 * when to go on, to save, to stop.
 */
struct _UsTraining
{
  /* settings */
  UsPrior           *prior;                /* owned */
  UsPrior           *wide_prior;           /* owned: what step 1 draws from; NULL: the prior */
  gboolean           constrained;          /* step 2 draws from it too */
  const UsSimulator *simulator;
  guint              output;
  UsPreset           preset;               /* by value: with the width in force */
  guint64            seed;
  UsCode             code;
  gsize              n_parameters, n_features, n_values, n_code;   /* n_code: K F, or 2 F with σ */
  gsize              n_answers;            /* K */
  UsAnswers         *answers;              /* NULL: K is 1 */
  UsChannelScale     scale;
  gboolean           augment;              /* the simulator can, and the preset wants it */
  UsPool            *pool;                 /* borrowed */
  UsNetwork         *networks[2];          /* decoder, encoder */

  /* position */
  guint              step;                 /* 1, 2; 3: both done */
  guint64            iteration;            /* of this step */
  guint64            total[2];             /* iterations planned; 0: not yet */

  /* the step at hand */
  UsWeights         *weights;              /* the ones that are trained */
  UsWeights         *average;              /* their running average: what is kept; = weights without one */
  UsWeights         *best;                 /* of average, at the lowest held-out loss */
  double             best_held_out;
  UsAdam            *adam;
  float             *gradient;
  UsRun             *run;                  /* of weights, training */
  UsRun             *frozen;               /* of the decoder, step 2 */
  UsLoss            *loss;
  float             *output_gradient;      /* (B, N) */
  float             *drawn;                /* (B, F) with σ: a draw of what the encoder gives */
  float             *features;             /* (B, F) what the frozen decoder is told of it */
  float             *features_gradient;    /* (B, F) */
  float             *noise;                /* (B, F) of the reparametrisation */
  float             *code_gradient;        /* (B, n_code) */
  UsBatch            batches[2];           /* this one and the next */
  UsBatchWork        work[2];
  UsPoolGroup       *next;                 /* simulating next_batch meanwhile; or NULL */
  UsBatch           *next_batch;

  /* finished step 1 */
  UsWeights         *decoder;

  /* held-out draws, (n_held_out, ·) in batches of US_HELD_OUT_BATCH */
  UsBatch            held_out;
  UsLoss            *held_out_loss;
  UsRun             *held_out_runs[2];     /* inference */
  float             *held_out_features;    /* (US_HELD_OUT_BATCH, F) */
  double            *held_out_rms;         /* (P) latent rms of µ − z at the last measurement */
  double            *held_out_answers;     /* (US_HELD_OUT_BATCH, P) latents that the encoder gave the first rows */
  float             *held_out_again;       /* (US_HELD_OUT_BATCH, N) the simulator run on them */
  gboolean          *held_out_failed;      /* (US_HELD_OUT_BATCH) it does not run on them */
  double             held_out_errors[US_BUDGET_N_CURVES];    /* at the last measurement; NaN: not measured */
  double             simulations_per_s;    /* while the held-out draws were made */

  /* what is shown */
  GArray            *history[2];           /* of UsHistoryPoint */
  double             loss_sum;             /* since the last point */
  guint64            loss_count;
  double             last_loss, last_held_out;
};

#define US_HELD_OUT_BATCH 64
#define US_HELD_OUT_ROWS  256

/* Errors: the simulator's on the first draws; a preset that does not fit. */
UsTraining *us_training_new       (const UsTrainerConfig *config,
                                   UsPool                *pool,
                                   GError               **error);
void        us_training_free      (UsTraining            *self);
/* Fresh weights for the step; total: iterations.  The last step's best weights are
 * the decoder from here on. */
void        us_training_begin     (UsTraining            *self,
                                   guint                  step,
                                   guint64                total);
/* Seconds one iteration takes, measured on what is thrown away: at most `seconds` of it. */
gboolean    us_training_measure   (UsTraining            *self,
                                   double                 seconds,
                                   double                *seconds_per_iteration,
                                   GError               **error);
/* One iteration.  seconds: so far, for the history.  Errors: US_TRAIN_ERROR_NOT_FINITE, the simulator's. */
gboolean    us_training_advance   (UsTraining            *self,
                                   double                 seconds,
                                   GError               **error);
/* Closes the step: best weights become the decoder, or the encoder of the model. */
void        us_training_finish_step (UsTraining          *self);
/* The weights at hand as a model; record may be NULL. */
UsSimvae   *us_training_model     (UsTraining            *self,
                                   const UsSimvaeRecord  *record,
                                   gboolean               best);
/* Nominal cost of an iteration of the step, FLOP. */
double      us_training_cost      (const UsTraining      *self,
                                   guint                  step);

/* Batches: us-training-batch.c */
void        us_training_batch_init   (UsTraining *self,
                                      UsBatch    *batch,
                                      gsize       rows);
void        us_training_batch_clear  (UsTraining *self,
                                      UsBatch    *batch,
                                      gsize       rows);
UsPoolGroup *us_training_batch_begin (UsTraining *self,
                                      UsBatch    *batch,
                                      guint64     first);
/* Waits; FALSE with the first row's error. */
gboolean    us_training_batch_finish (UsTraining  *self,
                                      UsBatch     *batch,
                                      UsPoolGroup *group,
                                      GError     **error);
/* Not all that the parameters' priors allow may be drawn. */
gboolean    us_training_is_constrained (const UsSimulator *simulator);
/* Uniform parameters stretched about their middle, as far as the simulator is
 * defined; under a constraint, the prior with its rare corners drawn more often;
 * NULL: nothing to stretch. */
UsPrior    *us_training_stretch_prior (UsPrior  *prior,
                                       double    edge);
gboolean    us_training_held_out_make (UsTraining  *self,
                                       GError     **error);
double      us_training_held_out      (UsTraining  *self);
gboolean    us_training_measure_scale (UsTraining  *self,
                                       GError     **error);

/* The error budget of the held-out draws, into held_out_errors: us-training-errors.c.  Begin, then for each
 * row the encoder's answer and for each batch the decoder's output, then end. */
void        us_training_errors_init   (UsTraining   *self);
void        us_training_errors_clear  (UsTraining   *self);
void        us_training_errors_begin  (UsTraining   *self);
void        us_training_errors_answer (UsTraining   *self,
                                       gsize         row,
                                       const double *z);        /* (P) */
void        us_training_errors_output (UsTraining   *self,
                                       gsize         first,
                                       const float  *output);   /* (US_HELD_OUT_BATCH, N) as the network gives it */
void        us_training_errors_end    (UsTraining   *self);

/* The arithmetic of one iteration on a batch: us-training-pass.c.  Loss; gradient filled when it is finite. */
double      us_training_decoder_pass  (UsTraining    *self,
                                       const UsBatch *batch);
double      us_training_encoder_pass  (UsTraining    *self,
                                       const UsBatch *batch);
/* Sets US_TRAIN_ERROR_NOT_FINITE: what, and the layer where it began. */
void        us_training_set_nonfinite (UsTraining    *self,
                                       const char    *what,
                                       gboolean       gradients,
                                       GError       **error);

/* Checkpoints: us-training-checkpoint.c.  settings: "key=value" lines that must agree. */
char       *us_training_settings        (const UsTraining      *self,
                                         const UsTrainerConfig *config);
gboolean    us_training_save_checkpoint (UsTraining            *self,
                                         const char            *settings,
                                         const double           seconds[2],
                                         const char            *path,
                                         GError               **error);
/* Into a new UsTraining.  Errors: those of the file; US_TRAIN_ERROR_CHECKPOINT. */
gboolean    us_training_load_checkpoint (UsTraining            *self,
                                         const char            *settings,
                                         double                 seconds[2],
                                         const char            *path,
                                         GError               **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsTraining, us_training_free)

/* -- several answers: us-training-answers.c ---------------------------- */

void us_training_answers_init    (UsTraining *self);
void us_training_answers_clear   (UsTraining *self);
/* Of `rows` codes (rows, n_code) the answers whose decoded outputs are nearest to x (rows, N): features
 * (rows, F), and their numbers which (rows).  decoder and loss: of batches of `rows`. */
void us_training_choose          (UsTraining  *self,
                                  UsRun       *decoder,
                                  UsLoss      *loss,
                                  gsize        rows,
                                  const float *code,
                                  const float *x,
                                  float       *features,
                                  guint       *which);
/* The answers (B, F) that learn from this batch, as the encoder gave them. */
void us_training_choose_answers  (UsTraining  *self,
                                  const float *code,
                                  const float *x,
                                  float       *answers);
/* gradient (B, F) of those → self->code_gradient. */
void us_training_scatter_answers (UsTraining  *self,
                                  const float *gradient);

G_END_DECLS
