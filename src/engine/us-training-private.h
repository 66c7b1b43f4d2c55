/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simvae-private.h"
#include "us-trainer.h"

G_BEGIN_DECLS

/* B batch, P parameters, F features of the code, N values of the output, M of the decoder: N, or 2 N of a noisy
 * output. */

typedef struct _UsTrainingBank UsTrainingBank;

/* Rows of a bank, shuffled once: those that are never trained on, those whose parameters may be
 * looked at, and the others (semi-supervised). */
typedef enum
{
  US_BANK_HELD_OUT,
  US_BANK_TAUGHT,
  US_BANK_UNTAUGHT,
  US_BANK_N_PARTS
} UsBankPart;

/**
 * UsBatch:
 *
 * One batch of fresh draws.
 */
typedef struct
{
  guint64  first;          /* row of the stream */
  UsBankPart part;         /* of the bank, when there is one */
  guint64  first_of_part;  /* row of that part's own stream */
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

/* One network that learns. */
typedef struct
{
  UsWeights *weights;      /* the ones that are trained */
  UsWeights *average;      /* their running average: what is kept; = weights without one */
  UsWeights *best;         /* of average, at the lowest held-out loss */
  UsAdam    *adam;
  float     *gradient;
  UsRun     *run;          /* of weights, training */
} UsLearner;

/* What one iteration teaches. */
typedef enum
{
  US_LESSON_DECODER,       /* Eq. 3 */
  US_LESSON_ENCODER,       /* Eq. 4 */
  US_LESSON_SUPERVISED,    /* Eq. 5 */
  US_LESSON_JOINT,         /* both networks at once, as a variational autoencoder */
} UsLesson;

enum
{
  US_DECODER,
  US_ENCODER,
  US_START_ENCODER,        /* of the unsupervised start alone; thrown away after it */
  US_N_NETWORKS
};

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
  const UsSimulator *simulator;
  guint              output;
  UsPreset           preset;               /* by value: with the width in force */
  guint64            seed;
  UsCode             code;
  gsize              n_parameters, n_features, n_values, n_code;   /* n_code: K F, or 2 F with σ */
  gboolean           noisy;                /* of the output: the decoder gives mean and log variance */
  gsize              n_answers;            /* K */
  UsAnswers         *answers;              /* NULL: K is 1 */
  UsChannelScale     scale;
  gboolean           augment;              /* the simulator can, and the preset wants it */
  UsPool            *pool;                 /* borrowed */
  UsNetwork         *networks[US_N_NETWORKS];      /* decoder, encoder, the start's encoder or NULL */
  UsMethod           method;
  double             divergence_weight;    /* of a joint lesson: β/N, or 1/N at the start */
  double             labelled_share;       /* of the rows of step 2, semi-supervised */
  double             start_share;          /* of step 1 that the unsupervised start takes */
  UsTrainingBank    *bank;                 /* owned: rows from the disk; NULL: fresh draws */

  /* position */
  guint              step;                 /* 1, 2; 3: both done */
  guint64            iteration;            /* of this step */
  guint64            total[2];             /* iterations planned; 0: not yet */

  /* the step at hand */
  guint64            start;                /* iterations of step 1 that are the unsupervised start's */
  UsLearner          learners[2];          /* decoder, encoder; all NULL: does not learn now */
  double             best_held_out;
  UsRun             *frozen;               /* of the decoder, what the encoder's lessons go through */
  UsLoss            *losses[2];            /* of step 1 and joint lessons, of step 2 */
  float             *output_gradient;      /* (B, M) */
  float             *drawn;                /* (B, F) with σ: a draw of what the encoder gives */
  float             *features;             /* (B, F) what the frozen decoder is told of it */
  float             *features_gradient;    /* (B, F) */
  float             *noise;                /* (B, F) of the reparametrisation */
  float             *code_gradient;        /* (B, n_code), or (B, 2 F) of a joint lesson */
  UsBatch            batches[2];           /* this one and the next */
  UsBatchWork        work[2];
  UsPoolGroup       *next;                 /* simulating next_batch meanwhile; or NULL */
  UsBatch           *next_batch;

  /* finished step 1 */
  UsWeights         *decoder;

  /* held-out draws, (n_held_out, ·) in batches of US_HELD_OUT_BATCH */
  UsBatch            held_out;
  float             *held_out_mean;        /* (n_held_out, N) of repeated runs, as the networks take it; NULL: not noisy */
  float             *held_out_variance;    /* (n_held_out, N) */
  UsLoss            *held_out_loss;
  UsRun             *held_out_runs[US_N_NETWORKS];     /* inference */
  float             *held_out_features;    /* (US_HELD_OUT_BATCH, F) */
  double            *held_out_rms;         /* (P) latent rms of µ − z at the last measurement */
  double            *held_out_answers;     /* (US_HELD_OUT_BATCH, P) latents that the encoder gave the first rows */
  float             *held_out_again;       /* (US_HELD_OUT_BATCH, N) the simulator run on them, or the mean of runs */
  float             *held_out_again_variance;      /* (US_HELD_OUT_BATCH, N) */
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
/* Uniform parameters stretched about their middle, as far as the simulator is
 * defined; NULL: nothing to stretch. */
UsPrior    *us_training_stretch_prior (UsPrior  *prior,
                                       double    edge);
gboolean    us_training_held_out_make (UsTraining  *self,
                                       GError     **error);
gboolean    us_training_measure_scale (UsTraining  *self,
                                       GError     **error);

/* The error budget of the held-out draws, into held_out_errors: us-training-errors.c.  Begin, then for each
 * row the encoder's answer and for each batch the decoder's output, then end. */
void        us_training_errors_init   (UsTraining   *self);
/* Of a noisy output, once the held-out draws are there: what the simulator gives of them on average. */
void        us_training_errors_expect (UsTraining   *self);
void        us_training_errors_clear  (UsTraining   *self);
void        us_training_errors_begin  (UsTraining   *self);
void        us_training_errors_answer (UsTraining   *self,
                                       gsize         row,
                                       const double *z);        /* (P) */
void        us_training_errors_output (UsTraining   *self,
                                       gsize         first,
                                       const float  *output);   /* (US_HELD_OUT_BATCH, M) as the network gives it */
void        us_training_errors_end    (UsTraining   *self);

/* What the methods differ in: us-training-method.c. */
/* Settings and networks. */
void        us_training_set_method    (UsTraining            *self,
                                       const UsTrainerConfig *config);
/* 1, or 2 where both networks learn at once. */
guint       us_training_first_step    (const UsTraining      *self);
/* The networks at hand agree on latents that are nobody's parameters. */
gboolean    us_training_is_anonymous  (const UsTraining      *self);
/* Of the first iterations of step 2, those whose rows carry their parameters (semi-supervised). */
guint64     us_training_n_labelled    (const UsTraining      *self,
                                       guint64                iterations);
/* Of the iteration at hand. */
UsLesson    us_training_lesson        (const UsTraining      *self);
gboolean    us_training_teaches       (UsLesson               lesson,
                                       guint                  network);
void        us_training_learners_begin (UsTraining           *self,
                                        guint                 step,
                                        guint64               total);
void        us_training_learners_clear (UsTraining           *self);
/* The unsupervised start has had its share, and hand_over() is due. */
gboolean    us_training_start_is_over (const UsTraining      *self);
void        us_training_hand_over     (UsTraining            *self);

/* Rows of a bank in place of fresh draws: us-training-bank.c. */
UsTrainingBank *us_training_bank_new  (const UsTraining      *self,
                                       const char            *path,
                                       GError               **error);
void        us_training_bank_free     (UsTrainingBank        *bank);
/* Which rows of the bank a batch stands for, from its first row in the stream. */
void        us_training_bank_place    (const UsTraining      *self,
                                       UsBatch               *batch);
/* Rows at .. at + count - 1 of the batch: theta (count, P), x (count, N) in units. */
void        us_training_bank_rows     (const UsTraining      *self,
                                       const UsBatch         *batch,
                                       gsize                  at,
                                       gsize                  count,
                                       double                *theta,
                                       float                 *x);
/* What must agree for a training to go on: rows and a checksum. */
char       *us_training_bank_describe (const UsTrainingBank  *bank,
                                       gsize                  n_parameters,
                                       gsize                  n_values);
/* Where k (below n) goes in that shuffle of n: a permutation. */
gsize       us_training_shuffled      (guint64                seed,
                                       guint64                shuffle,
                                       gsize                  n,
                                       gsize                  k);

/* Mean loss of the averaged weights on the held-out draws, and what else they say: us-training-held-out.c. */
double      us_training_held_out      (UsTraining  *self);

/* The arithmetic of one iteration on a batch: us-training-pass.c, us-training-joint.c.  Loss; gradient filled when it is finite. */
double      us_training_decoder_pass  (UsTraining    *self,
                                       const UsBatch *batch);
double      us_training_encoder_pass  (UsTraining    *self,
                                       const UsBatch *batch);
double      us_training_supervised_pass (UsTraining    *self,
                                         const UsBatch *batch);
double      us_training_joint_pass    (UsTraining    *self,
                                       const UsBatch *batch);
/* Eq. 5 of answers (rows, n_code) and what is right (rows, F): mean over rows and parameters of the squared error
 * of what tells a parameter; of a kind of thing, the cross-entropy.  gradient (rows, F) or NULL. */
double      us_training_supervised_loss (const UsTraining *self,
                                         gsize             rows,
                                         const float      *answers,
                                         const float      *features,
                                         float            *gradient);
/* Mean over the rows of the divergence of N(µ, σ²) from N(0, variance); code (rows, 2 F): µ, log σ. */
double      us_training_divergence    (const UsTraining *self,
                                       const float      *code,
                                       gsize             rows,
                                       double            variance);
/* The same of one batch, and z = µ + σ ε into `drawn`; row: of the stream of ε. */
double      us_training_draw_answers  (UsTraining       *self,
                                       const float      *code,
                                       guint64           row,
                                       double            variance);
/* Gradient of D + divergence_weight × divergence with respect to µ and log σ, into code_gradient;
 * dz (B, F): of D with respect to `drawn`. */
void        us_training_answers_gradient (UsTraining    *self,
                                       const float      *code,
                                       const float      *dz,
                                       double            divergence_weight,
                                       double            variance);
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
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsTrainingBank, us_training_bank_free)

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
