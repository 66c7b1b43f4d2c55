/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-plot.h"
#include "us-posterior.h"
#include "us-predictive-band.h"
#include "us-sbc.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* M simulations, L samples of the posterior of each, P parameters, D derived quantities, Q = P + D, V values of x. */

/* What calibration speaks of: a parameter, or what follows from all of them; its decimal logarithm where it spans decades. */
typedef struct
{
  char       *name;             /* "R0", column of tables */
  char       *label;            /* "R₀" or "log₁₀ R₀", for figures */
  const char *unit;             /* "" of logarithms */
  gboolean    logarithmic;
  gboolean    derived;
} UsPosteriorQuantity;

/* One simulation, shown: its observation and what the posterior expects. */
typedef struct
{
  double           *theta;      /* (P) */
  float            *x;          /* (V) */
  UsPredictiveBand *band;       /* of 50 and 90 % of runs at parameters drawn from the posterior */
} UsPosteriorCase;

/**
 * UsPosteriorEvidence:
 *
 * Whether a posterior is to be believed: on simulations that it was not trained on, from the prior that it was trained
 * on.  Const once made; one owner; any thread.
 */
typedef struct
{
  UsPosterior         *model;
  gsize                n_quantities;    /* Q */
  UsPosteriorQuantity *quantities;      /* (Q): parameters, then derived */
  UsSbc               *sbc;             /* of quantities; density of all parameters together */
  double               log_density;     /* mean of log q (θ | x), per unit of the parameters */
  gsize                n_cases;
  UsPosteriorCase     *cases;           /* series only */
  double               inside[2];       /* share of the cases' values inside the bands of 50 and 90 % */
  double               seconds;
} UsPosteriorEvidence;

typedef struct
{
  gsize       n_simulations;    /* 0: 500 */
  gsize       n_samples;        /* 0: 255, so that ranks fall into equal bins */
  guint64     seed;
  const char *bank;             /* rows that were not trained on; NULL: new runs of the simulator */
  gsize       first_row;        /* of the bank */
  gsize       n_cases;          /* 0: 6 */
  double      level;            /* 0: 0.95 */
  guint       n_workers;        /* 0: all processors */
  void      (*progress) (gsize done, gsize count, gpointer data);       /* or NULL; on this thread */
  gpointer    data;
} UsPosteriorEvidenceConfig;

/* Errors: US_FORMAT_ERROR_UNSUPPORTED: no bank is given and the posterior knows no simulator; MISMATCH: a bank of another
 * shape; VALUE: the model was refined for one observation; those of simulation, banks, us_sbc_measure(); cancelled. */
UsPosteriorEvidence *us_posterior_evidence_new   (UsPosterior                     *model,
                                                  const UsPosteriorEvidenceConfig *config,
                                                  GCancellable                    *cancellable,
                                                  GError                         **error);
void                 us_posterior_evidence_free  (UsPosteriorEvidence             *self);
/* What is expected of a channel of a case, and what was simulated. */
UsPlot              *us_posterior_evidence_plot_case (const UsPosteriorEvidence   *self,
                                                  gsize                            index,
                                                  gsize                            channel);
/* metrics.json, recovery.csv (truth, mean, sd and rank of each quantity, a row a simulation) and figures, SVG, into a
 * folder that is made. */
gboolean             us_posterior_evidence_write (const UsPosteriorEvidence       *self,
                                                  const char                      *folder,
                                                  GError                         **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsPosteriorEvidence, us_posterior_evidence_free)

G_END_DECLS
