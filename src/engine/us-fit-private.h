/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-fit.h"

G_BEGIN_DECLS

/* P parameters, Q of them free and continuous, T points, C channels, N = T C. */

/* What is asked, and room to answer it.  One thread. */
typedef struct
{
  const UsSimulator *simulator;
  const UsPrior     *prior;
  UsPrior           *search;            /* as wide as fits may go: coordinates in which they are sought */
  gboolean           has_noise;         /* a stage of noise; else normal errors of unknown size */
  gboolean           least_squares;     /* nothing but normal errors: squares are enough */
  gsize              n_mechanism;       /* parameters that are not the noise's */
  guint              output;            /* without noise */
  gsize              n_values, n_channels;
  const double      *observed;          /* (N) */
  gsize              n_observed;
  double             least_sigma;       /* what single precision can tell */
  gsize              free[US_MAX_PARAMETERS];   /* (Q) */
  gsize              n_free;
  gsize              discrete[US_MAX_PARAMETERS];
  gsize              n_discrete;
  double             spread[US_MAX_PARAMETERS]; /* (Q) of the prior, in angles u: z = sin u */
  double             theta[US_MAX_PARAMETERS];  /* (P) those that are not free stand here */
  GCancellable      *cancellable;
  float             *out;               /* (N) */
  double            *mean;              /* (N) of the last run */
  double            *expected;          /* (N) likewise */
  guint              n_runs, n_refused;
} UsFitProblem;

gboolean us_fit_problem_init   (UsFitProblem   *self,
                                const UsPrior  *prior,
                                const double   *observed,
                                GCancellable   *cancellable,
                                GError        **error);
void     us_fit_problem_clear  (UsFitProblem   *self);
/* Fills mean and expected; FALSE where the simulator refuses, or gives what is not finite. */
gboolean us_fit_problem_run    (UsFitProblem   *self,
                                const double   *theta);
/* -INFINITY where it refuses.  sigma (C): NULL, or the size of errors that was taken. */
double   us_fit_log_likelihood (UsFitProblem   *self,
                                const double   *theta,
                                double         *sigma);
/* sizes (C) of the errors of the last run, and how many channels have any. */
gsize    us_fit_sigmas         (const UsFitProblem *self,
                                double         *sigma);
/* Angles over spreads v (Q) ↔ theta (P). */
void     us_fit_to_theta       (const UsFitProblem *self,
                                const double   *v,
                                double         *theta);
void     us_fit_from_theta     (const UsFitProblem *self,
                                const double   *theta,
                                double         *v);

/* dθ/dz of one parameter in the search's latents, which are even in it or in its logarithm. */
double   us_fit_stretch        (const UsFitProblem *self,
                                gsize           p,
                                double          theta);

/* From theta to a nearby peak; returns the log likelihood there. */
double   us_fit_climb          (UsFitProblem   *self,
                                double         *theta);

typedef double (*UsFitFunc)    (const double   *z,
                                gpointer        data);
/* Nelder and Mead from x with these first steps; returns the least value. */
double   us_fit_simplex        (gsize           n,
                                double         *x,
                                const double   *steps,
                                UsFitFunc       func,
                                gpointer        data);
/* Second derivatives (n, n) of func at its least value z, inside -1 .. 1, by differences over steps at which it rises a little
 * (0.05).  bound (n): z is so near to an end, or to where func is infinite, that no step is
 * possible; its row and column are 0. */
void     us_fit_curvature      (gsize           n,
                                const double   *z,
                                UsFitFunc       func,
                                gpointer        data,
                                gboolean       *bound,
                                double         *hessian);
/* inverse (n, n) over the n where bound is FALSE, others 0; FALSE where it is not positive definite.
 * log_det: NULL, or of matrix. */
gboolean us_fit_invert         (gsize           n,
                                const double   *matrix,
                                const gboolean *bound,
                                double         *inverse,
                                double         *log_det);

/* peaks (n_peaks, P): where the likelihood has its own. */
void     us_fit_evidence       (UsFit          *fit,
                                UsFitProblem   *problem,
                                gsize           n_peaks,
                                const double   *peaks,
                                const UsFitOptions *options);

G_END_DECLS
