/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-method.h"
#include "us-network.h"
#include "us-prior.h"
#include <gio/gio.h>

G_BEGIN_DECLS

/* B batch, P parameters, H × W × C the output (N = H W C values).
 * G decoder, µ encoder, S simulator, V true parameters, Z inferred ones. */

/**
 * UsSimvae:
 *
 * A trained (or half trained) SimVAE: decoder, encoder, simulator, prior,
 * training record.  Const once made; atomic reference count; any thread.  One
 * .safetensors file holds it all.
 */
typedef struct _UsSimvae UsSimvae;

/**
 * UsBudgetCurve:
 *
 * The errors of reconstruction that are kept while training, of a noisy output those of the means:
 * @US_BUDGET_DECODER: G(V) against S(V)
 * @US_BUDGET_BOTH: G(Z) against S(V), Z the encoder's answer to S(V)
 * @US_BUDGET_SIMULATOR: S(Z) against S(V)
 */
typedef enum
{
  US_BUDGET_DECODER,
  US_BUDGET_BOTH,
  US_BUDGET_SIMULATOR,
  US_BUDGET_N_CURVES
} UsBudgetCurve;

typedef struct
{
  guint64 samples;          /* draws seen in this step so far */
  double  seconds;          /* of training, pauses not counted */
  double  loss;             /* training loss, mean since the last record */
  double  held_out;         /* the same on held-out draws; NaN when not measured here */
  double  rms[US_BUDGET_N_CURVES];      /* of held-out draws, in the output's units; NaN when not measured here */
} UsHistoryPoint;

typedef struct
{
  UsMethod method;          /* how it was trained; a file that does not say: SimVAE */
  char    *preset;          /* "best" */
  guint64  seed;
  char    *program_version;
  char    *created;         /* ISO 8601, UTC */
  char    *command;         /* makes it again */
  guint64  samples[2];      /* planned draws of step 1 and 2 */
  double   seconds[2];
  GArray  *history[2];      /* of UsHistoryPoint */
} UsSimvaeRecord;

UsSimvae           *us_simvae_ref       (UsSimvae *self);
void                us_simvae_unref     (UsSimvae *self);
/* Errors: those of us_safetensors_read, and US_FORMAT_ERROR_MISMATCH (unknown
 * simulator, other version, tensors that do not fit the architecture),
 * US_FORMAT_ERROR_VALUE (weights not finite), each naming the file. */
UsSimvae           *us_simvae_load      (const char  *path,
                                         GError     **error);
gboolean            us_simvae_save      (UsSimvae    *self,
                                         const char  *path,
                                         GError     **error);
const UsSimulator  *us_simvae_simulator (const UsSimvae *self);
UsPrior            *us_simvae_prior     (const UsSimvae *self);      /* borrowed */
guint               us_simvae_output    (const UsSimvae *self);
const UsSimvaeRecord *us_simvae_record  (const UsSimvae *self);
gboolean            us_simvae_has_encoder (const UsSimvae *self);
/* Its latents are nobody's parameters (us_method_anonymous()): nothing can be decoded from parameters or
 * encoded to them; see us_player_encode_anonymous(). */
gboolean            us_simvae_is_anonymous (const UsSimvae *self);
/* Its decoder gives a mean and a spread: of an output that is noisy. */
gboolean            us_simvae_is_noisy  (const UsSimvae *self);
/* FALSE, with an error that says so (US_FORMAT_ERROR_MISMATCH), when it is. */
gboolean            us_simvae_check_named (const UsSimvae  *self,
                                           GError         **error);
UsWeights          *us_simvae_decoder   (const UsSimvae *self);      /* borrowed */
UsWeights          *us_simvae_encoder   (const UsSimvae *self);      /* borrowed, or NULL */

/* The band that is shown of a decoder's spread: the central 90 % of a normal distribution, in standard deviations. */
#define US_BAND_LEVEL 0.9
#define US_BAND_WIDTH 1.6448536269514722

/**
 * UsPlayer:
 *
 * A model at work on one thread: decode and encode up to `batch` rows a call
 * with nothing allocated.  pool may be NULL.
 */
typedef struct _UsPlayer UsPlayer;

UsPlayer *us_player_new     (UsSimvae *model,
                             gsize     batch,
                             UsPool   *pool);
void      us_player_free    (UsPlayer *self);
UsSimvae *us_player_model   (UsPlayer *self);                        /* borrowed */
/* theta (count, P) in the parameters' units, clamped to the prior's support;
 * x (count, N) in the simulator's units. */
void      us_player_decode  (UsPlayer     *self,
                             gsize         count,
                             const double *theta,
                             float        *x);
/* The same with the spread, standard deviations sd (count, N) in the simulator's units: 0 where the model is not
 * noisy.  x is the mean then, as wherever a decoder's output is spoken of. */
void      us_player_decode_spread (UsPlayer     *self,
                             gsize         count,
                             const double *theta,
                             float        *x,
                             float        *sd);
/* x (count, N) → theta (count, P) and the standard deviation of each, sd
 * (count, P) or NULL, both in the parameters' units. */
void      us_player_encode  (UsPlayer     *self,
                             gsize         count,
                             const float  *x,
                             double       *theta,
                             double       *sd);

/* The same with the central interval of 0.9 of each, inside the prior: lower, upper (count, P). */
void      us_player_encode_interval (UsPlayer    *self,
                             gsize        count,
                             const float *x,
                             double      *theta,
                             double      *lower,
                             double      *upper);

/* Of a model whose latents have no names.  x (count, N) in units → mean and standard deviation of the latents,
 * (count, L) each, and the decoder's output at the mean (count, N) in units; each may be NULL. */
gsize     us_player_n_latents        (const UsPlayer *self);
void      us_player_encode_anonymous (UsPlayer     *self,
                             gsize        count,
                             const float *x,
                             double      *mean,
                             double      *sd,
                             float       *decoded);

/**
 * UsInference:
 *
 * One observation turned into parameters: everything that the page shows and
 * the CSV holds.
 */
typedef struct
{
  gsize   n_parameters;
  double *mean;             /* (P) */
  double *sd;               /* (P) */
  double *lower, *upper;    /* (P) central interval of `level`, inside the prior */
  double  level;            /* 0.9 */
  gsize   n_values;
  float  *decoded;          /* (N) G(mean) */
  float  *spread;           /* (N) its standard deviations; NULL: the model is not noisy */
  float  *simulated;        /* (N) S(mean), of a noisy output the mean of US_REPEATS_ONE runs */
  double  rms_decoder;      /* of decoded − x, in the output's units */
  double  rms_simulator;    /* of simulated − x, less what a mean of so many runs misses */
  double  unusual;          /* 0..1: share of held-out draws (drawn by a hand's rules where the
                             * simulator has them) whose rms_simulator is smaller; NaN: not measured */
} UsInference;

/* Encodes, reconstructs by decoder and by simulator.  Errors: no encoder. */
UsInference *us_player_infer   (UsPlayer     *self,
                                const float  *x,          /* (N) */
                                GError      **error);
void         us_inference_free (UsInference *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsSimvae, us_simvae_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsPlayer, us_player_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsInference, us_inference_free)

G_END_DECLS
