/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* N values, K places. */

/**
 * UsEcdfBand:
 *
 * Between which counts the empirical distribution function of N independent
 * uniform values stays at K places *all at once*, with a stated probability
 * (Säilynoja, Bürkner, Vehtari 2022, Statistics and Computing 32:32,
 * arXiv 2103.10522).  At each place the pointwise interval of a binomial, all
 * of one width gamma; gamma is the largest with which the probability, computed
 * exactly, is at least `level`.  Const once made: any thread.
 */
typedef struct
{
  gsize    n;                   /* N */
  gsize    n_points;            /* K */
  double  *z;                   /* (K) rising, inside 0 .. 1 */
  double   level;               /* asked for */
  double   probability;         /* reached: at least level, and more where counts are few */
  double   gamma;               /* each interval leaves out at most this */
  guint   *lower, *upper;       /* (K) counts, both still inside */

  /*< private >*/
  double  *tail;                /* (K, N + 1) two-sided pointwise p-value of each count */
  double  *log_factorial;       /* (N + 1) */
} UsEcdfBand;

/* n_ranks: the values are whole ranks 0 .. n_ranks - 1, all equally likely, and z lies where ranks
 * divide: z = k / n_ranks; 0: they are continuous.  n_points: at most; N > 0; 0 < level < 1. */
UsEcdfBand *us_ecdf_band_new     (gsize             n,
                                  gsize             n_ranks,
                                  gsize             n_points,
                                  double            level);
void        us_ecdf_band_free    (UsEcdfBand       *self);
/* The probability that N uniform values have somewhere a count at least as unlikely, at its place, as
 * the unlikeliest of these; exact.  counts (K): how many values are below z. */
double      us_ecdf_band_p_value (const UsEcdfBand *self,
                                  const guint      *counts);
/* How many of values (N), in 0 .. 1, are below each z, into counts (K). */
void        us_ecdf_band_count   (const UsEcdfBand *self,
                                  const double     *values,
                                  guint            *counts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsEcdfBand, us_ecdf_band_free)

G_END_DECLS
