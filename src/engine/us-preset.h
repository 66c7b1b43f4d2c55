/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-adam.h"
#include "us-loss.h"
#include "us-simvae.h"

G_BEGIN_DECLS

/**
 * UsPreset:
 *
 * What a user chooses by one word: `paper`, `quick`, `standard`, `best`.  A
 * const table: shapes are built for the simulator's output at hand.
 */
typedef struct _UsPreset UsPreset;
struct _UsPreset
{
  const char *id;
  const char *title;            /* translatable */
  const char *summary;          /* one sentence, translatable */
  double      minutes;          /* the budget that it is meant for, on two cores */
  gsize       batch;
  double      decoder_share;    /* of the budget spent on step 1 */
  UsLossKind  loss;             /* images; series take MSE where this is BCE */
  gsize       n_levels[2];      /* of the pyramid of copies, for steps 1 and 2; 1: none */
  double      level_weights[US_LOSS_MAX_LEVELS];
  double      edge;             /* step 1 draws uniform parameters this much beyond their prior, as far as the
                                 * simulator is defined, so that the decoder can be trusted up to the border;
                                 * 0 or 1: not at all */
  double      edge_penalty;     /* step 2: times the mean of max (|µ| - edge, 0)^2 is added to the loss */
  UsAdamConfig adam[2];         /* steps 1 and 2; total_steps is filled in by the trainer */
  double      average_decay;    /* of the weights that are kept (EMA); 0: the last ones */
  double      augmentation;     /* greatest strength of what the encoder's input suffers, 0..1 */
  double      augmented_share;  /* of the batch that is augmented */
  gsize       n_answers;        /* of the encoder, of which the nearest counts; 0: one; one with kl_weight > 0 */
  double      kl_weight;        /* 0: µ alone, spread by calibration; else µ and σ, of the divergence from the prior */
  UsNetwork *(*decoder) (const UsPreset *self, const UsSimulator *simulator, guint output);
  UsNetwork *(*encoder) (const UsPreset *self, const UsSimulator *simulator, guint output);
  gsize       width;            /* channels of the widest layer (paper), or of the trunk */
  gsize       depth;            /* residual blocks of each network */
};

const UsPreset *us_preset_list (gsize *n);
/* What a preset means for one output: pictures told by columns and rows take more and smaller
 * steps with narrower nets than plots of curves. */
UsPreset        us_preset_for  (const UsPreset    *self,
                                const UsSimulator *simulator,
                                guint              output);
gsize           us_preset_n_answers (const UsPreset *self);
/* Errors: US_FORMAT_ERROR_MISSING, naming the known ones. */
const UsPreset *us_preset_find (const char  *id,
                                GError     **error);

G_END_DECLS
