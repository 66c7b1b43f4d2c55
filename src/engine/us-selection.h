/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* N rows, K classes (mechanisms), B bins. */

#define US_SELECTION_BINS 10

/* Probabilities between lower and upper, each class of each row counting for itself. */
typedef struct
{
  double lower, upper;
  gsize  count;
  double stated;             /* mean of the probabilities; NaN: none */
  double seen;               /* share of them that were true */
  double seen_lower, seen_upper;   /* 95 % interval of it (Wilson 1927) */
} UsReliabilityBin;

/**
 * UsSelection:
 *
 * How well a choice between mechanisms does on rows whose mechanism is known, however it was made: by a classifier,
 * by Akaike weights, by evidences.  Plain data, one owner.
 */
typedef struct
{
  gsize   n_rows, n_classes;
  char  **names;             /* (K), NULL-terminated */
  gsize  *confusion;         /* (K, K): row the truth, column the choice */
  gsize   n_wrong, n_undecided;    /* undecided: the probabilities are not numbers; counted as wrong, in no column */
  double  error_rate, error_sd;    /* standard error */
  double  log_loss, log_loss_sd;   /* mean of -log p (truth), nats; p at least 1e-12 */
  double  entropy;           /* mean of -Σ p log p: what the log loss is when the probabilities are right */
  double  calibration_z;     /* (log_loss - entropy) over the standard error of the difference: beyond ±3 they are not */
  double  brier;             /* mean of Σ (p - truth)² */
  double  calibration_error; /* mean of |stated - seen| over the bins, weighed by count */
  UsReliabilityBin bins[US_SELECTION_BINS];
} UsSelection;

/**
 * us_selection_new:
 *
 * p: (N, K), each row summing to 1 (it is normalised otherwise).  truth: (N) below K.  names: (K).
 */
UsSelection *us_selection_new  (gsize               n_rows,
                                gsize               n_classes,
                                const char *const  *names,
                                const double       *p,
                                const guint32      *truth);
void         us_selection_free (UsSelection        *self);
/* Of the class in row `truth`: how often it was taken for `choice`. */
gsize        us_selection_count (const UsSelection *self,
                                gsize               truth,
                                gsize               choice);
/* Whether a makes fewer errors than b on the same rows: McNemar's exact test, two-sided, of those that only one of
 * them gets wrong.  p_a, p_b: (N, K). */
double       us_selection_compare (gsize            n_rows,
                                gsize               n_classes,
                                const double       *p_a,
                                const double       *p_b,
                                const guint32      *truth);
/* An object: names, confusion, rates, bins. */
void         us_selection_write (const UsSelection *self,
                                JsonBuilder        *builder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsSelection, us_selection_free)

G_END_DECLS
