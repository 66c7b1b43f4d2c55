/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-ecdf-band.h"

#include <glib.h>

G_BEGIN_DECLS

/* M simulations, L samples of the posterior of each, P parameters, B bins, K places, n = L + 1 ranks. */

/**
 * UsSbcVerdict:
 * @US_SBC_FINE: nothing speaks against it
 * @US_SBC_OVER_CONFIDENT: intervals are too narrow
 * @US_SBC_UNDER_CONFIDENT: intervals are too wide
 * @US_SBC_TOO_LOW: answers lie below the truth
 * @US_SBC_TOO_HIGH: answers lie above the truth
 * @US_SBC_OTHER: not calibrated, though neither shifted nor too wide or narrow on the whole
 * @US_SBC_NOT_JUDGED: a parameter that does not vary
 *
 * Flags: what is biased can be over-confident too.
 */
typedef enum
{
  US_SBC_FINE = 0,
  US_SBC_OVER_CONFIDENT = 1 << 0,
  US_SBC_UNDER_CONFIDENT = 1 << 1,
  US_SBC_TOO_LOW = 1 << 2,
  US_SBC_TOO_HIGH = 1 << 3,
  US_SBC_OTHER = 1 << 4,
  US_SBC_NOT_JUDGED = 1 << 5,
} UsSbcVerdict;

/* Ranks of the truth among the samples; uniform on 0 .. L for an exact posterior. */
typedef struct
{
  guint   *rank;                /* (M) */
  gsize    n_bins;
  guint   *count;               /* (B) */
  double  *expected;            /* (B) */
  guint   *lower, *upper;       /* (B) each bin's own binomial interval of the level */
  guint   *below;               /* (K) ranks below each place of the band */
  guint   *covered;             /* (K) truths inside the region of the posterior's mass z; of parameters central
                                 * intervals, of densities regions of highest density */
  double   p_band;              /* of the empirical distribution function as a whole, exact */
  double   p_bins;              /* chi-square of the bins */
  double   p_coverage;          /* of `covered` as a whole, exact */
  double   shift;               /* how far the truth lies above the answers, in posterior standard deviations */
  double   narrowness;          /* how much wider intervals would have to be: 1 right, above 1 over-confident */
  double   p_shift, p_narrowness;
  double   p;                   /* all tests of the verdict together (Bonferroni) */
  UsSbcVerdict verdict;
} UsSbcRanks;

/* How well a parameter is found. */
typedef struct
{
  double  *truth, *mean, *sd;   /* (M) theta; mean and standard deviation of its samples */
  double  *z_score;             /* (M) (mean − theta) / sd; NaN where sd is 0 */
  double  *contraction;         /* (M) 1 − sd² / prior variance */
  double   mean_contraction;    /* 0: nothing is learnt; 1: all */
  double   prior_variance;
  double   rmse, bias;          /* of mean − theta */
  double   r2;                  /* 1 − rmse² / variance of theta */
} UsSbcRecovery;

/**
 * UsSbc:
 *
 * Simulation-based calibration (Cook, Gelman, Rubin 2006; Talts et al. 2018,
 * arXiv 1804.06788), expected coverage and recovery of a posterior, from plain arrays.
 * Rows are set first, by any threads, each row by one; then us_sbc_measure ()
 * once; const from then on.
 */
typedef struct
{
  gsize          n_simulations; /* M as set, rows left out not counted */
  gsize          n_left_out;    /* rows with values that are not finite */
  gsize          first_left_out;        /* the first of them, when there are any */
  gsize          n_samples, n_parameters;
  double         level;
  UsEcdfBand    *band;          /* for ranks and coverage alike */
  UsSbcRanks    *ranks;         /* (P) */
  UsSbcRecovery *recovery;      /* (P) */
  UsSbcRanks    *density;       /* ranks by log density, densest first: high where the truth lies far out; NULL:
                                 * no log densities were given.  Its shift and narrowness speak of no parameter */
  UsSbcVerdict   verdict;       /* all flags found */

  /*< private >*/
  guint64        seed;
  gsize          n_rows;
  guint8        *row_state;     /* (n_rows) */
  guint         *row_rank;      /* (n_rows, P + 1) */
  double        *row_theta, *row_mean, *row_sd; /* (n_rows, P) */
} UsSbc;

/* seed: for ranks of samples equal to the truth, which are drawn among their places. n_samples > 1. */
UsSbc    *us_sbc_new      (gsize          n_simulations,
                           gsize          n_samples,
                           gsize          n_parameters,
                           guint64        seed);
void      us_sbc_free     (UsSbc         *self);
/* samples (L, P), independent draws of the posterior given what theta (P) produced.  log_density (L) of the samples
 * and of theta under that posterior; NULL (for all rows alike): not known. */
void      us_sbc_set_row  (UsSbc         *self,
                           gsize          row,
                           const double  *theta,
                           const double  *samples,
                           const double  *log_density,
                           double         log_density_truth);
/* level of the bands and of all verdicts together: 0.95.  prior_variance (P): NULL, or of theta under the prior;
 * NULL: as the rows have it.  Errors: US_FORMAT_ERROR_SHAPE: fewer than 20 rows that are finite. */
gboolean  us_sbc_measure  (UsSbc         *self,
                           double         level,
                           const double  *prior_variance,
                           GError       **error);
/* Everything at once: theta (M, P), samples (M, L, P), log_density NULL or (M, L), log_density_truth (M) with it. */
UsSbc    *us_sbc_compute  (gsize          n_simulations,
                           gsize          n_samples,
                           gsize          n_parameters,
                           const double  *theta,
                           const double  *samples,
                           const double  *log_density,
                           const double  *log_density_truth,
                           double         level,
                           guint64        seed,
                           GError       **error);
/* How often the truth lies inside the region of posterior mass `mass`; of a parameter the central interval. */
double    us_sbc_coverage (const UsSbc      *self,
                           const UsSbcRanks *ranks,
                           double            mass);
/* "over-confident: intervals should be 1.43 times as wide (p < 0.001)"; g_free. */
char     *us_sbc_words    (const UsSbc      *self,
                           const UsSbcRanks *ranks);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsSbc, us_sbc_free)

G_END_DECLS
