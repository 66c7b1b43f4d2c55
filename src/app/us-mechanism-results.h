/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-attributor.h"
#include "us-findings.h"
#include "us-fit.h"
#include "us-measurements.h"
#include "us-predictor.h"

G_BEGIN_DECLS

/* What a posterior or a predictor says of measured data, put into words, tables and figures.  Any thread, no GTK. */

/* M draws, P parameters, V values of an observation. */

/**
 * UsMechanismResult:
 *
 * Findings, and what is saved of them.  Atomic reference count; const once made.
 */
typedef struct
{
  gatomicrefcount ref_count;
  UsFindings *findings;
  char       *table;            /* as CSV: a row a quantity, or a mechanism */
  char       *draws;            /* as CSV: of the posterior, a column a parameter; NULL: none */
} UsMechanismResult;

/* Maximum-likelihood fits of the mechanisms that a network chooses between. */
typedef struct
{
  gsize    n_classes;           /* K */
  UsFit  **fit;                 /* (K), NULL: that one cannot be fitted, */
  char   **why;                 /* (K) and why; NULL: it was */
} UsMechanismFits;

/* progress: as each is begun, 0 .. 1, or NULL.  NULL: cancelled, or the errors of us_mechanism_priors_new(). */
UsMechanismFits   *us_mechanism_fits_new             (const UsPredictor    *predictor,
                                                      const float          *x,
                                                      void                (*progress) (double fraction, gpointer data),
                                                      gpointer              data,
                                                      GCancellable         *cancellable,
                                                      GError              **error);
void               us_mechanism_fits_free            (UsMechanismFits      *self);

/* attributed: of these data; NULL: the model knows no simulations.  x (V).  note: on the data, or NULL.  cancelled: NULL or
 * read atomically.  NULL: cancelled, or the errors of us_posterior_sample(). */
UsMechanismResult *us_mechanism_result_new_posterior (UsPosterior         *posterior,
                                                      UsAttributed        *attributed,
                                                      const float         *x,
                                                      const char          *note,
                                                      const gint          *cancelled,
                                                      GError             **error);
/* x (V), NaN where nothing was observed.  unusual: how unusual the data are, or NULL: why that cannot be said is in
 * no_unusual.  fits: of a choice of mechanism, or NULL: not made, and why not is in no_fits, NULL: not yet. */
UsMechanismResult *us_mechanism_result_new_predictor (UsPredictor          *predictor,
                                                      const UsMeasurements *data,
                                                      const float          *x,
                                                      const char           *unusual,
                                                      UsUsualLevel          level,
                                                      const char           *no_unusual,
                                                      const UsMechanismFits *fits,
                                                      const char           *no_fits);
UsMechanismResult *us_mechanism_result_ref           (UsMechanismResult    *self);
void               us_mechanism_result_unref         (UsMechanismResult    *self);

/* For those who make them.  findings: taken. */
UsMechanismResult *us_mechanism_result_new           (UsFindings           *findings);
/* So much beyond the first point of a series, and beyond `last`, that dots at the ends are whole. */
void   us_mechanism_pad_x      (UsPlot         *plot,
                                const UsOutput *output,
                                double          last);
void   us_mechanism_csv_number (GString    *text,
                                double      value);             /* "" where it is not finite */
void   us_mechanism_csv_text   (GString    *text,
                                const char *value);             /* quoted where that is needed */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsMechanismFits, us_mechanism_fits_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsMechanismResult, us_mechanism_result_unref)

G_END_DECLS
