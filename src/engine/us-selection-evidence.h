/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-fit.h"
#include "us-plot.h"
#include "us-predictor.h"
#include "us-selection.h"

G_BEGIN_DECLS

/* N observations, K mechanisms. */

/**
 * UsChooser:
 * @US_CHOOSER_NETWORK: the classifier, by its probabilities
 * @US_CHOOSER_AIC: the fit of the least AIC; Akaike weights
 * @US_CHOOSER_AICC: likewise
 * @US_CHOOSER_BIC: likewise
 * @US_CHOOSER_EVIDENCE: the greatest evidence; Bayes' own choice, which no other can better on average
 */
typedef enum
{
  US_CHOOSER_NETWORK,
  US_CHOOSER_AIC,
  US_CHOOSER_AICC,
  US_CHOOSER_BIC,
  US_CHOOSER_EVIDENCE,
  US_N_CHOOSERS
} UsChooser;

/**
 * UsSelectionEvidence:
 *
 * A classifier of mechanisms beside maximum-likelihood fits of each and the exact evidence, on simulations that it
 * was not trained on, its mechanisms equally likely.  Const once made; one owner.
 */
typedef struct
{
  gsize          n_classes;     /* K */
  char         **names;         /* (K) ids of the simulators, NULL-terminated */
  UsSelection   *network;       /* on all N observations */
  char          *no_fits;       /* why there are none; NULL: there are */
  gsize          n_fitted;
  UsSelection   *scores[US_N_CHOOSERS];         /* on the same few observations, the network too; NULL without fits */
  double         p_same[US_N_CHOOSERS];         /* of the network being wrong as often as this one (McNemar, exact) */
  gsize          n_uncertain;   /* of these: some mechanism's evidence is uncertain, its draws carry little weight */
  double         bayes_error;   /* mean of 1 − the greatest probability by evidence: the error of the best possible choice */
  double         bayes_log_loss; /* likewise, the mean entropy */
  double         seconds;
} UsSelectionEvidence;

typedef struct
{
  gsize    n_rows;              /* 0: 10,000 */
  gsize    n_fitted;            /* of them fitted; 0: 200 */
  guint    n_draws;             /* for each evidence; 0: 2,000 */
  guint64  seed;
  guint    n_workers;           /* 0: all processors */
  void   (*progress) (gsize done, gsize count, gpointer data);  /* of fitted observations; or NULL; on this thread */
  gpointer data;
} UsSelectionConfig;

/* Errors: US_FORMAT_ERROR_MISMATCH: a predictor of something else; those of simulation; cancelled.  Mechanisms
 * whose likelihood cannot be computed: no error, no_fits says so. */
UsSelectionEvidence *us_selection_evidence_new   (const UsPredictor         *model,
                                                  const UsSelectionConfig   *config,
                                                  GCancellable              *cancellable,
                                                  GError                   **error);
void                 us_selection_evidence_free  (UsSelectionEvidence       *self);
const char          *us_chooser_name             (UsChooser                  chooser);  /* "AIC"; translated */
const char          *us_chooser_id               (UsChooser                  chooser);  /* "aic" */
/* Shares of each row's mechanism. */
UsPlot              *us_selection_plot_confusion (const UsSelectionEvidence *self,
                                                  UsChooser                  chooser);
/* How often a choice is right against how sure it was. */
UsPlot              *us_selection_plot_reliability (const UsSelectionEvidence *self);
/* metrics.json and figures, SVG, into a folder that is made. */
gboolean             us_selection_evidence_write (const UsSelectionEvidence *self,
                                                  const char                *folder,
                                                  GError                   **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsSelectionEvidence, us_selection_evidence_free)

G_END_DECLS
