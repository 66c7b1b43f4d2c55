/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-pool.h"

G_BEGIN_DECLS

/* N rows of a bank, S summaries, P parameters, K matched rows. */

/**
 * UsAttribution:
 *
 * Which simulations are most like an observation, and what they say of it: back-to-simulation
 * attribution (Dudley, Eisenberg 2025).  Works on plain arrays: summaries h(x) of the rows of a
 * bank, and their parameters.  As N grows and K/N falls, the weighted rows go to p(θ | h(x)), which
 * is p(θ | x) where h is sufficient.
 *
 * Distances are Euclidean between whitened summaries: centred, divided by each one's standard
 * deviation, turned to the eigenvectors of the correlation matrix, and each of these divided by
 * the root of its eigenvalue, or of 1e-6 of the greatest where it is smaller.  So directions in which
 * the bank does not vary add nothing among its rows, and much for an observation off them.
 *
 * Const once made; one owner.  Everything has the same bits for any number of workers.
 */
typedef struct _UsAttribution UsAttribution;

typedef void (*UsAttributionProgress) (double   fraction,
                                       gpointer data);

/**
 * us_attribution_new:
 * @h: (N, S); rows that are not finite here or in theta are left out, and counted
 * @theta: (N, P), in any coordinates; NULL when P is 0
 * @n_held_out: rows whose distances to the others say what is usual; 0: 1,000, or all when there are fewer
 * @pool: (nullable): also for every query of the same thread
 * @cancelled: (nullable): read atomically
 *
 * Copies both.  Takes seconds for 1,000,000 × 64, most of them for the held-out rows.
 *
 * Returns: (nullable): or US_FORMAT_ERROR_SHAPE (fewer than 16 finite rows, more than 1,024
 *   summaries), US_FORMAT_ERROR_TOO_LARGE (2^32 rows or more), US_FORMAT_ERROR_VALUE (all rows are alike), G_IO_ERROR_CANCELLED
 */
UsAttribution *us_attribution_new   (gsize                  n_rows,
                                     gsize                  n_summaries,
                                     const float           *h,
                                     gsize                  n_parameters,
                                     const double          *theta,
                                     gsize                  n_held_out,
                                     UsPool                *pool,
                                     UsAttributionProgress  progress,
                                     gpointer               data,
                                     const gint            *cancelled,
                                     GError               **error);
void           us_attribution_free  (UsAttribution *self);

gsize us_attribution_n_rows       (const UsAttribution *self);  /* finite ones */
gsize us_attribution_n_left_out   (const UsAttribution *self);
/* The row of the bank that was left out first; N when none was. */
gsize us_attribution_first_left_out (const UsAttribution *self);
/* Directions in which the bank varies, of S. */
gsize us_attribution_rank         (const UsAttribution *self);
/* Which row of the bank finite row i was. */
gsize us_attribution_bank_row     (const UsAttribution *self,
                                   gsize                i);

/* h (S) to whitened coordinates (S).  FALSE: not finite. */
gboolean us_attribution_whiten    (const UsAttribution *self,
                                   const float         *h,
                                   float               *whitened);
/* To every finite row: (n_rows), not squared. */
void     us_attribution_distances (const UsAttribution *self,
                                   const float         *whitened,       /* (S) */
                                   UsPool              *pool,
                                   float               *distances);

/**
 * UsAttributionKernel:
 * @US_ATTRIBUTION_EPANECHNIKOV: 1 - (d/b)², 0 beyond the bandwidth b
 * @US_ATTRIBUTION_GAUSSIAN: exp (-d²/2b²); rows below 1e-6 of the nearest are left out
 */
typedef enum
{
  US_ATTRIBUTION_EPANECHNIKOV,
  US_ATTRIBUTION_GAUSSIAN,
} UsAttributionKernel;

/* All zero for the defaults. */
typedef struct
{
  UsAttributionKernel   kernel;
  double                ess;            /* effective sample size (Σw)²/Σw² that the bandwidth is chosen for; at most N */
  gsize                 k;              /* when above 0, in its place: so many rows; b is the distance of the next
                                         * (Gaussian: row k weighs a hundredth of row 1) */
  UsAttributionProgress progress;       /* or NULL: each 1,000,000 rows, on the calling thread */
  gpointer              data;
} UsAttributionOptions;

/* What is aimed at unless told: N^(4/(d+4))/4, d the rank, in the power of the least error of a kernel mean and with
 * bias and chance about equal on a normal posterior; at least 100, at most N/10, never below 8.  For rows that are
 * to be adjusted, which takes the bias away: four times that, at least 5 (d + 1), at most N/4. */
double us_attribution_default_ess (const UsAttribution *self,
                                   gboolean             adjusted);

/**
 * UsMatches:
 *
 * The matched rows of one observation, heaviest first; an approximate posterior.  Const once made; one owner.
 */
typedef struct
{
  gsize   n;                    /* K */
  gsize   n_parameters;
  gsize   n_summaries;
  gsize  *row;                  /* (K) of the bank */
  gsize  *index;                /* (K) among the finite rows */
  double *distance;             /* (K) rising */
  double *weight;               /* (K) their sum is 1 */
  double *theta;                /* (K, P) as given, or adjusted */
  float  *whitened;             /* (S) the observation's */
  double  bandwidth;
  double  ess;                  /* reached */
  gboolean adjusted;
} UsMatches;

/**
 * us_attribution_query:
 * @h: (S) of the observation
 * @options: (nullable)
 *
 * Exact search over all rows.
 *
 * Returns: (nullable): or US_FORMAT_ERROR_VALUE (h is not finite), G_IO_ERROR_CANCELLED
 */
UsMatches *us_attribution_query (const UsAttribution        *self,
                                 const float                *h,
                                 const UsAttributionOptions *options,
                                 UsPool                     *pool,
                                 const gint                 *cancelled,
                                 GError                    **error);
void       us_matches_free      (UsMatches *self);

/**
 * us_matches_adjust:
 * @lower, @upper: (P) of the parameters' range, infinite for none; NULL: none at all; NaN, or both the same: this
 *   parameter stays as it is (a whole number, a fixed one)
 *
 * Regression adjustment (Blum, François 2010, Non-linear regression models for approximate Bayesian
 * computation, Statistics and Computing 20): each parameter, as the logit (logarithm) of its place in its
 * bounds so that nothing leaves them, becomes m(h) + (θ - m(h_i)) σ(h)/σ(h_i), with m and log σ²
 * weighted local-linear fits.  Both are ridge regressions whose strength is that of the least
 * generalised cross-validation error, so that few rows do not determine many directions.
 *
 * Returns: (nullable): the same rows and weights with other theta; NULL: a theta is not inside its
 *   bounds, US_FORMAT_ERROR_VALUE
 */
UsMatches *us_matches_adjust    (const UsMatches     *self,
                                 const UsAttribution *attribution,
                                 const double        *lower,
                                 const double        *upper,
                                 GError             **error);

/* Of the weighted rows, parameter p. */
double us_matches_mean      (const UsMatches *self,
                             gsize            p);
double us_matches_sd        (const UsMatches *self,
                             gsize            p);
/* Quantiles at level (n), rising or not; linear between the middles of the rows' steps. */
void   us_matches_quantiles (const UsMatches *self,
                             gsize            p,
                             gsize            n,
                             const double    *level,
                             double          *quantile);
/* Draws rows in proportion to their weights, stream (seed, draw): theta (n, P). */
void   us_matches_resample  (const UsMatches *self,
                             gsize            n,
                             guint64          seed,
                             double          *theta);

/* How well the weighted rows and samples of a posterior agree on one parameter. */
typedef struct
{
  double wasserstein;           /* first, in standard deviations of the samples; NaN when they do not vary */
  double overlap;               /* of the central 90 % intervals: intersection over union, 0 .. 1 */
  double shift;                 /* of the means, in the same standard deviations, signed */
  double spread;                /* sd of the rows over that of the samples */
} UsAgreement;

/* samples (n, P) in the coordinates of theta; agreement (P). */
void us_matches_agreement (const UsMatches *self,
                           gsize            n,
                           const double    *samples,
                           UsAgreement     *agreement);

/**
 * UsUsualLevel:
 * @US_USUAL: one simulation in twenty or more is as far from the others
 * @US_UNUSUAL: fewer are
 * @US_UNLIKE_ANY: one in 200 or fewer, or half as far again as any: no simulation resembles this
 */
typedef enum
{
  US_USUAL,
  US_UNUSUAL,
  US_UNLIKE_ANY,
} UsUsualLevel;

/**
 * UsUsual:
 *
 * Where an observation stands among simulated ones: the distance to its fifth-nearest row, and the
 * maximum mean discrepancy (Gretton et al. 2012; mean of three inverse multiquadric kernels) between it
 * and the bank, each among the same of held-out rows.  In-distribution p-values are uniform.
 */
typedef struct
{
  double       distance;        /* to the fifth-nearest row, whitened */
  double       typical;         /* the held-out rows' median, */
  double       farthest;        /* and greatest */
  double       nearer;          /* share of held-out rows nearer than that, 0 .. 1 */
  double       p_distance;      /* (1 + held-out rows as far) / (1 + held-out rows) */
  double       mmd;             /* squared */
  double       p_mmd;
  double       p;               /* of both: twice the smaller, at most 1 */
  gsize        n_held_out;
  UsUsualLevel level;
} UsUsual;

/* FALSE: h is not finite. */
gboolean us_attribution_usual    (const UsAttribution *self,
                                  const float         *h,               /* (S) */
                                  UsPool              *pool,
                                  UsUsual             *usual);
/* The same question of m observations at once: whether they were drawn as the bank's rows were.  Null: m rows
 * drawn from the bank, n_null times, stream (seed, draw).  mmd: or NULL.  NaN: h is not finite. */
double   us_attribution_mmd_test (const UsAttribution *self,
                                  gsize                m,
                                  const float         *h,               /* (m, S) */
                                  gsize                n_null,
                                  guint64              seed,
                                  double              *mmd);
/* One or two plain sentences, translated.  summaries: by what the network looks at; data: by the data themselves
 * (an attribution whose summaries are the values); either may be NULL.  g_free. */
char        *us_usual_sentence   (const UsUsual       *summaries,
                                  const UsUsual       *data);
/* Of both together: two looks, so that either alone must be twice as sure; what lies half as far again as any is sure enough. */
UsUsualLevel us_usual_level      (const UsUsual       *summaries,
                                  const UsUsual       *data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsAttribution, us_attribution_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsMatches, us_matches_free)

G_END_DECLS
