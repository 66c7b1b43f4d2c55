/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-disentanglement.h"
#include "us-mutual-information.h"
#include "us-simvae.h"

G_BEGIN_DECLS

/* How well a derived quantity is told; of its logarithm to base 10 when it is logarithmic. */
typedef struct
{
  double  rmse, bias;
  double  r2, slope;             /* of Z's over V's */
  gsize   n_left_out;            /* pairs where either is not finite */
} UsDerivedScore;

/**
 * UsSpreadScore:
 * @log_score: mean over pairs and values of −log N(S(V); mean, sd²) with the decoder's mean and spread at V, nats
 *   a value, in the output's units
 * @log_score_truth: the same with the simulator's own mean and spread there, of US_REPEATS_MANY runs and without
 *   the bias of so few; exact where values are normal, and then the entropy that no forecast beats
 * @coverage: share of the values inside the decoder's band of @level
 * @rms_standard: RMS of (S(V) − mean) / sd: 1 where the spread is right
 *
 * What the spread of a noisy output's decoder is worth.
 */
typedef struct
{
  double log_score, log_score_truth;
  double level, coverage;
  double rms_standard;
} UsSpreadScore;

/**
 * UsEvaluation:
 *
 * What held-out draws say of a model; P parameters, n pairs (V true, Z inferred),
 * D derived quantities of the simulator.
 */
typedef struct
{
  gsize   n_pairs, n_parameters, n_bins;
  double *v, *z;                 /* (n, P) in the parameters' units */
  double *equivalent;            /* (n, P) V̄, random members of V's classes; NULL without symmetry */

  /* by histogram, in latents; borrowed from `histogram` */
  double *mutual_information;    /* (P, P) MIM(Z, V): row latent, column factor, nats */
  double *truth_information;     /* (P, P) MIM(V, V) */
  double *entropy;               /* (P) H(V), nats, same bins; of a discrete parameter: of its values */
  double  mig, mig_truth;        /* mean over factors of (top − second) / H; of V with itself */
  UsInformation *histogram;
  UsInformation *chen;           /* with the calibrated σ of each answer */

  double *rmse;                  /* (P) in units */
  double *rmse_share;            /* (P) of the prior's range */
  double *bias, *r2, *slope;     /* (P) Z against V as drawn; modulo symmetry: `modulo` */
  UsDisentanglement *modulo;

  gsize   n_derived;
  double *derived_v, *derived_z; /* (n, D) in the quantities' units */
  UsDerivedScore *derived;       /* (D) */

  double *coverage;              /* (P) share of V inside the interval */
  double  level;
  /* Of a noisy output means are compared: the decoder's, and those of US_REPEATS_MANY runs, less what they miss. */
  double  rms_decoder;           /* G(V) against S(V) */
  double  rms_both;              /* G(Z) against S(V) */
  double  rms_simulator;         /* S(Z) against S(V) */
  double  rms_chance;            /* S(Z) against S(V) of another pair */
  gsize   n_failed;              /* Z on which the simulator does not run: not in the last two */
  double  rms_noise;             /* S(V) against its own mean; 0: the output is not noisy */
  double *rms_simulator_of;      /* (n) of each pair, S(Z) against S(V); NaN where it does not run */
  UsSpreadScore *spread;         /* NULL: the model gives none */
} UsEvaluation;

/* fraction: 0 .. 1, not falling; on the thread that evaluates, a few dozen times at most. */
typedef void (*UsEvaluateProgress) (double   fraction,
                                    gpointer data);

typedef struct
{
  gsize              n_pairs;
  guint64            seed;
  guint              n_workers;  /* 0: all processors */
  int                niceness;   /* of the workers */
  gboolean           refine;     /* each answer in the simulator (us_refine()): Z is then that, and what is said
                                  * of intervals, σ and Chen's gap holds a fortiori */
  UsEvaluateProgress progress;   /* or NULL */
  gpointer           data;       /* for progress */
} UsEvaluateConfig;

/* Errors: no encoder (US_FORMAT_ERROR_MISSING), latents without names (US_FORMAT_ERROR_MISMATCH: see
 * us-evaluate-anonymous.h), refinement of a noisy output (US_FORMAT_ERROR_MISMATCH), the simulator's, cancelled. */
UsEvaluation *us_evaluate_full   (UsSimvae               *model,
                                  const UsEvaluateConfig *config,
                                  GCancellable           *cancellable,
                                  GError                **error);
UsEvaluation *us_evaluate        (UsSimvae      *model,
                                  gsize          n_pairs,
                                  guint64        seed,
                                  guint          n_workers,
                                  GCancellable  *cancellable,
                                  GError       **error);
/* metrics.json and pairs.csv into an existing or new folder.  Columns v_NAME, z_NAME of parameters; c_NAME of the
 * member of V's class closest to Z, when there is a symmetry; v_NAME, z_NAME of derived quantities. */
gboolean      us_evaluation_write (const UsEvaluation *self,
                                  const UsSimvae      *model,
                                  const char          *folder,
                                  GError             **error);
void          us_evaluation_free (UsEvaluation *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsEvaluation, us_evaluation_free)

G_END_DECLS
