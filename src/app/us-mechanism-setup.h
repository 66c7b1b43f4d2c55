/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-learning.h"
#include "us-measurements.h"

G_BEGIN_DECLS

/* M simulators, V values of an observation. */

/* What was chosen in the window. */
typedef struct
{
  UsLearningKind       kind;
  UsPrior             *prior;          /* of the simulator as it stands in the gallery */
  guint                output;         /* of it, what is observed */
  const UsSimulator *const *others;    /* (n_others) selection: what it is compared with */
  gsize                n_others;
  const char          *stages;         /* of noise: "reporting+poisson"; NULL: none */
  const UsMeasurements *series;        /* at its times; NULL: the simulator's own */
  gboolean             mask_bad;
  const char *const   *hidden;         /* quantities; NULL-terminated, or NULL */
  double               horizon;        /* forecast */
} UsMechanismAsked;

/* Beside which rows of the window an error belongs. */
typedef enum
{
  US_MECHANISM_DATA,
  US_MECHANISM_NOISE,
  US_MECHANISM_TASK,
} UsMechanismPlace;

/**
 * UsMechanismSetup:
 *
 * The simulators with noise and at the times of the data, with their priors, and the data laid on what they put out:
 * all that a UsLearning needs.  Any thread.
 */
typedef struct
{
  GPtrArray *priors;                   /* (M) of UsPrior, the chosen simulator's first */
  guint      output;                   /* of the first one, what is observed */
  float     *x;                        /* (V), NaN where not observed; NULL: no data */
  gsize      n_observed;
  double     gaps;                     /* share of the V values that are missing */
} UsMechanismSetup;

/* Errors: those of noise, times and data, of which *where says the place. */
UsMechanismSetup *us_mechanism_setup_new      (const UsMechanismAsked *asked,
                                               UsMechanismPlace       *where,
                                               GError                **error);
void              us_mechanism_setup_free     (UsMechanismSetup       *self);
const UsOutput   *us_mechanism_setup_observed (const UsMechanismSetup *self);

/* Could both have made the same observation?  The output of `other` that is meant by `output` of `simulator`, or -1. */
gssize            us_mechanism_shared_output  (const UsSimulator      *simulator,
                                               guint                   output,
                                               const UsSimulator      *other);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsMechanismSetup, us_mechanism_setup_free)

G_END_DECLS
