/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-channel-scale.h"
#include "us-code.h"
#include "us-loss.h"
#include "us-safetensors.h"
#include "us-simvae.h"

G_BEGIN_DECLS

/* P parameters, N values of the output, K bins of the calibration. */

/**
 * UsCalibration:
 *
 * How far the encoder's answers lie from the truth, measured on held-out
 * draws, as a function of how well the answer reconstructs its input: an odd
 * drawing reconstructs badly and gets wider intervals.  In latent units; in
 * units of the encoder's own σ when it gives one.
 */
typedef struct
{
  gsize   n_bins, n_parameters;
  double  level;            /* of the intervals */
  double *error;            /* (K) rising: rms of G(µ(x)) − x at the bins' centres */
  double *sd;               /* (K, P) not falling along K */
  double *half;             /* (K, P) half width of the central interval, likewise */
  gsize   n_quantiles;
  double *unusual;          /* (n_quantiles) rising: equally spaced quantiles of rms_simulator */
} UsCalibration;

/* Held-out answers: what a calibration is fitted to. */
typedef struct
{
  gsize         n;
  const double *error;      /* (n) rms of G(µ(x)) − x */
  const double *residual;   /* (n, P) latent µ − z, over σ when the encoder gives one */
} UsResiduals;

/* The prior's own width: what is known before anything was measured. */
UsCalibration *us_calibration_new_prior (gsize                n_parameters);
/* clean: simulated as they are.  augmented: as a hand would have drawn them, n may be 0.
 * rms (n_rms): of S(Z) − x; sorted in place. */
UsCalibration *us_calibration_fit       (gsize                n_parameters,
                                         double               level,
                                         const UsResiduals   *clean,
                                         const UsResiduals   *augmented,
                                         double              *rms,
                                         gsize                n_rms);
UsCalibration *us_calibration_copy      (const UsCalibration *self);
void           us_calibration_free      (UsCalibration       *self);
/* sigma: (P) or NULL.  sd, half: (P), latent units. */
void           us_calibration_spread    (const UsCalibration *self,
                                         double               error,
                                         const double        *sigma,
                                         double              *sd,
                                         double              *half);
double         us_calibration_unusual   (const UsCalibration *self,
                                         double               rms_simulator);
char          *us_calibration_to_json   (const UsCalibration *self);
UsCalibration *us_calibration_from_json (const char          *json,
                                         gsize                n_parameters,
                                         GError             **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsCalibration, us_calibration_free)

/* What stands in a model file under "format" and "format_version". */
#define US_SIMVAE_FORMAT         "understudy-simvae"
#define US_SIMVAE_FORMAT_VERSION "1"
/* "values" of the decoder: these, or "linear". */
#define US_SIMVAE_LOGITS         "logits"
#define US_SIMVAE_GAUSSIAN       "mean and log variance"

/* Everything that a model is made of; us_simvae_new() refs or copies each. */
typedef struct
{
  UsPrior              *prior;
  guint                 output;
  UsWeights            *decoder;
  UsWeights            *encoder;        /* or NULL */
  UsLossKind            loss;           /* BCE: the decoder gives logits; GAUSSIAN_NLL: mean and log variance, (H, W, 2 C) */
  UsChannelScale        scale;          /* from values to what networks see */
  const UsSimvaeRecord *record;
  const UsCalibration  *calibration;    /* NULL: the prior's width */
} UsSimvaeParts;

UsSimvae            *us_simvae_new         (const UsSimvaeParts *parts);
/* Borrowed views of a model's parts. */
void                 us_simvae_get_parts   (const UsSimvae *self,
                                            UsSimvaeParts  *parts);
const UsCalibration *us_simvae_calibration (const UsSimvae *self);
gsize                us_simvae_n_values    (const UsSimvae *self);
gsize                us_simvae_n_parameters (const UsSimvae *self);
/* The encoder gives µ and log σ rather than µ alone. */
gboolean             us_simvae_has_sigma   (const UsSimvae *self);
/* K: the encoder's output is (1, K, F), or (1, 1, 2 F) with σ. */
guint                us_simvae_n_answers   (const UsSimvae *self);
/* Most answers that an encoder may give. */
#define US_MAX_ANSWERS 32

void                 us_simvae_record_init  (UsSimvaeRecord *record);
void                 us_simvae_record_copy  (UsSimvaeRecord       *to,
                                             const UsSimvaeRecord *from);
void                 us_simvae_record_clear (UsSimvaeRecord *record);

/* Latents instead of parameters.  z (count, P), not clamped; sigma (count, P) or
 * NULL, filled only when the encoder gives it. */
void us_player_encode_latent (UsPlayer    *self,
                              gsize        count,
                              const float *x,
                              double      *z,
                              double      *sigma);
void us_player_decode_latent (UsPlayer     *self,
                              gsize         count,
                              const double *z,
                              float        *x,
                              float        *sd);      /* or NULL */

/* Answers z (count, P) into the prior.  One that has no ends of its own, normal or log-normal, is kept to its central
 * 99.9 %: its bounds are where the simulator ends, decades beyond what was ever drawn. */
void us_answers_clamp         (const UsPrior *prior,
                               gsize          count,
                               double        *z);

/* A network's named tensors, each with the prefix before its name ("decoder."). */
void     us_safetensors_add_weights (UsSafetensors    *file,
                                     const char       *prefix,
                                     const UsWeights  *weights);
/* Before memory is taken for an architecture: does the file hold as many numbers? */
gboolean us_safetensors_fits_network (UsSafetensors    *file,
                                      const UsNetwork  *network,
                                      GError          **error);
/* Errors: MISMATCH when one is missing or of another shape, VALUE when not finite. */
gboolean us_safetensors_get_weights (UsSafetensors    *file,
                                     const char       *prefix,
                                     UsWeights        *weights,
                                     GError          **error);

/* Root mean square of a − b, in double. */
double us_rms_difference (gsize        n,
                          const float *a,
                          const float *b);
/* Mean over the values of −log N(x; mean, sd²), nats. */
double us_log_score      (gsize        n,
                          const float *x,
                          const float *mean,
                          const float *sd);

/* Rows of the streams of one seed, kept apart by purpose. */
#define US_ROWS_OF_STEP(step)  (((guint64) (step) - 1) << 40)    /* training, steps 1 and 2 */
#define US_ROWS_HELD_OUT       (G_GUINT64_CONSTANT (2) << 40)
#define US_ROWS_CALIBRATION    (G_GUINT64_CONSTANT (3) << 40)
#define US_ROWS_EVALUATION     (G_GUINT64_CONSTANT (4) << 40)
#define US_ROWS_SHOWN          (G_GUINT64_CONSTANT (5) << 40)
#define US_ROWS_SCALE          (G_GUINT64_CONSTANT (6) << 40)
#define US_ROWS_AGAIN          (G_GUINT64_CONSTANT (7) << 40)    /* the simulator run on answers */

/* Runs n held-out draws (as many again augmented, when the simulator can) through the
 * model.  Errors: those of the simulator; cancelled. */
UsCalibration *us_simvae_calibrate (UsSimvae      *model,
                                    gsize          n,
                                    guint64        seed,
                                    double         augmentation,
                                    double         augmented_share,
                                    UsPool        *pool,
                                    GCancellable  *cancellable,
                                    GError       **error);
/* The same of the D derived quantities, in their units, or decades where they span decades, instead of
 * latents; K is D, sigma NULL.  Of 512 draws: a fraction of a second.  Any thread. */
UsCalibration *us_simvae_calibrate_derived (UsSimvae  *model,
                                            GError   **error);

G_END_DECLS
