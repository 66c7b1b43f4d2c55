/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-prior.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* P parameters, T points, C channels, N = T C values. */

typedef struct
{
  guint    n_starts;            /* local searches; 0: 10 */
  guint    n_screened;          /* draws of the prior from the best of which they begin; 0: by the number of parameters */
  guint64  seed;
  gboolean evidence;            /* by importance sampling, some ten thousand runs more */
  guint    n_draws;             /* for it; 0: 8,000 */
} UsFitOptions;

/**
 * UsFit:
 *
 * A maximum-likelihood fit of one simulator to one observed series.  Formulas
 * in README.md, "Fits".  Const once made; one owner.
 */
typedef struct
{
  const UsSimulator *simulator;
  gsize     n_parameters;       /* P */
  gsize     n_values;           /* N */
  gsize     n_observed;         /* of them not NaN */
  gsize     n_free;             /* k: parameters that were fitted, the noise's included */
  double   *theta;              /* (P) */
  double   *sd;                 /* (P) standard errors; NaN: fixed, discrete, at a bound, or not determined by the data */
  gboolean *at_bound;           /* (P) the search ended where the prior ends, or what can have given the data */
  gboolean  determined;         /* curvature is positive in all directions that are free */
  gsize     n_channels;
  double   *sigma;              /* (C) of noise that the simulator does not have, root mean squares; NULL: it has its own */
  double   *predicted;          /* (N) without noise */
  double   *expected;           /* (N) what is expected to be observed (reporting, delay, weekdays applied) */
  double    rms;                /* of observed less expected */
  double    log_likelihood;
  double    aic, aicc, bic;     /* aicc: INFINITY where there are too few values for it */
  guint     n_starts;
  guint     n_agreed;           /* of them ended within 0.1 of the best log likelihood */
  guint     n_runs, n_refused;  /* of the simulator; those that it refused */

  /* The evidence, under the simulator's prior. */
  const char *no_evidence;      /* why there is none, translated; NULL: there is */
  double    log_evidence;
  double    log_evidence_sd;    /* of its sampling */
  double    effective_draws;
  double    log_evidence_laplace;       /* NaN: no peak inside the prior */
  double   *posterior_mean, *posterior_sd;      /* (P) by the same draws; NULL without */
} UsFit;

/* How a mechanism is fitted: a simulator with a stage of noise (us-noise.h) by its own likelihood; one
 * without, by normal errors of unknown size, one for each channel.  observed (N) of the first output, NaN = not
 * observed.  Errors: US_FORMAT_ERROR_UNSUPPORTED: the likelihood cannot be computed (a stochastic mechanism;
 * noise without density); SHAPE: no more values than a fit needs; VALUE: no draw of the prior can have produced
 * the values; G_IO_ERROR_CANCELLED.  Same seed, same bits. Any thread. */
UsFit *us_fit_new     (const UsPrior       *prior,
                       const double        *observed,
                       const UsFitOptions  *options,    /* NULL: the defaults */
                       GCancellable        *cancellable,
                       GError             **error);
void   us_fit_free    (UsFit               *self);
/* Akaike weights, or with BIC's or twice negative log evidences the posterior probabilities of equally likely mechanisms:
 * exp (−(c − least)/2), normalised.  criteria (n); not finite counts as 0, unless all are: then nothing
 * is known, and all weigh alike. */
void   us_fit_weights (gsize                n,
                       const double        *criteria,
                       double              *weights);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsFit, us_fit_free)

G_END_DECLS
