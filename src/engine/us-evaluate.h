/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-mutual-information.h"
#include "us-simvae.h"

G_BEGIN_DECLS

/**
 * UsEvaluation:
 *
 * What held-out draws say of a model; P parameters, n pairs (V true, Z inferred).
 */
typedef struct
{
  gsize   n_pairs, n_parameters, n_bins;
  double *v, *z;                 /* (n, P) in the parameters' units */
  double *mutual_information;    /* (P, P) MIM(Z, V): row latent, column factor, nats */
  double *truth_information;     /* (P, P) MIM(V, V) */
  double *entropy;               /* (P) H(V), nats, same bins */
  double  mig, mig_truth;        /* mean over factors of (top − second) / H; of V with itself */
  double *rmse;                  /* (P) in units */
  double *rmse_share;            /* (P) of the prior's range */
  double *bias, *r2, *slope;     /* (P) */
  double *coverage;              /* (P) share of V inside the interval */
  double  level;
  double  rms_decoder;           /* G(V) against S(V) */
  double  rms_both;              /* G(Z) against S(V) */
  double  rms_simulator;         /* S(Z) against S(V) */
} UsEvaluation;

UsEvaluation *us_evaluate        (UsSimvae      *model,
                                  gsize          n_pairs,
                                  guint64        seed,
                                  guint          n_workers,
                                  GCancellable  *cancellable,
                                  GError       **error);
/* metrics.json and pairs.csv (columns v_NAME, z_NAME) into an existing or new folder. */
gboolean      us_evaluation_write (const UsEvaluation *self,
                                  const UsSimvae      *model,
                                  const char          *folder,
                                  GError             **error);
void          us_evaluation_free (UsEvaluation *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsEvaluation, us_evaluation_free)

G_END_DECLS
