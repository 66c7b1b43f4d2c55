/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-network.h"
#include "us-simulator.h"

G_BEGIN_DECLS

/* T points, C channels, V = H W C values of a row as they come, N numbers of a row as the network
 * sees it, S summaries. */

/**
 * UsSummaryKind:
 * @US_SUMMARY_CHOOSE: dense for tables and short series, convolution for pictures and long series
 * @US_SUMMARY_DENSE: every value is a number of its own
 * @US_SUMMARY_CONVOLUTION: along the series, or over the picture
 * @US_SUMMARY_RECURRENT: a GRU that steps over what is missing
 * @US_SUMMARY_DEEP_SET: each point by itself, then pooled over those that were observed: order does not
 *   matter but by the time stamp
 */
typedef enum
{
  US_SUMMARY_CHOOSE,
  US_SUMMARY_DENSE,
  US_SUMMARY_CONVOLUTION,
  US_SUMMARY_RECURRENT,
  US_SUMMARY_DEEP_SET,
} UsSummaryKind;

/* "dense", "convolution", "recurrent", "deep-set" */
const char *us_summary_kind_name      (UsSummaryKind  kind);
gboolean    us_summary_kind_from_name (const char    *name,
                                       UsSummaryKind *kind);

/* Missing values as they are drawn for training; all zero: none. */
typedef struct
{
  double gaps;               /* mean share of points that are missing at random, 0 .. 0.5: each row has a share
                              * of its own, evenly from 0 to twice that */
  double cut;                /* the series may end early: after a share of its points evenly from 1 - cut to 1,
                              * 0 .. 0.95; in one row of four it is whole */
} UsMissing;

typedef struct
{
  UsSummaryKind kind;
  gsize         height, width, channels;   /* a picture (H, W, C), a series (T, 1, C), a table (1, 1, V) */
  const double *times;       /* (T) where the points of a series lie; NULL: evenly */
  gboolean      unordered;   /* the points are repeated measurements: no time stamp */
  gboolean      counts;      /* values are counts */
  UsMissing     missing;
  gsize         features;    /* of the hidden layers; 0: as the kind has it */
} UsSummaryConfig;

/**
 * UsSummary:
 *
 * How a row of values becomes what a network sees, and the network that makes
 * S summaries of it.  Values are brought to mean 0 and spread 1: of a table
 * and of a dense network each for itself, otherwise channel by channel; first
 * the logarithm where counts, or positive values, spread over decades; beyond
 * five spreads it goes on in the logarithm, so that one wild value does not
 * drown the rest.  Where values may be missing there is a mask beside them.
 * Const after construction; atomic reference count; any thread.
 */
typedef struct _UsSummary UsSummary;

/* Of an output: shape, times, counts; kind and missing as they are in *config. */
void       us_summary_config_output (UsSummaryConfig *config,
                                     const UsOutput  *output);
/* x: (n_rows, V), complete; some thousand rows are enough: scales are measured on them.
 * Errors: US_FORMAT_ERROR_VALUE: a value is not finite (row and column). */
UsSummary *us_summary_new           (const UsSummaryConfig *config,
                                     gsize                  n_rows,
                                     const float           *x,
                                     GError               **error);
void       us_summary_unref         (UsSummary *self);

UsSummaryKind us_summary_kind       (const UsSummary *self);
gsize      us_summary_n_values      (const UsSummary *self);      /* V */
gsize      us_summary_n_inputs      (const UsSummary *self);      /* N */
/* Whether it was made for missing values. */
gboolean   us_summary_takes_missing (const UsSummary *self);
/* Value number `value` never changed in the rows that were measured. */
gboolean   us_summary_is_constant   (const UsSummary *self,
                                     gsize            value);
/* S of a network for so many targets, when nothing else is said: twice as many, 4 .. 64. */
gsize      us_summary_default_size  (gsize n_targets);
/* (H', W', C') -> (1, 1, S), N = H' W' C'; the summaries come out of a linear layer. */
UsNetwork *us_summary_network       (const UsSummary *self,
                                     gsize            n_summaries);

/* x: (rows, V), NaN where missing -> input: (rows, N).  Allocates nothing. */
void       us_summary_prepare       (const UsSummary *self,
                                     gsize            rows,
                                     const float     *x,
                                     float           *input);
/* Sets NaN in x (T, C) where a draw of what is missing says so; at least one value is left.  may_end: whether the points
 * are a series, which may end early.  Allocates nothing. */
void       us_missing_draw          (const UsMissing *missing,
                                     gsize            n_points,
                                     gsize            n_channels,
                                     gboolean         may_end,
                                     UsRng           *rng,
                                     float           *x);
/* Sets NaN where this row's draw is missing; at least one point is left. x: (V).  Allocates nothing. */
void       us_summary_draw_missing  (const UsSummary *self,
                                     UsRng           *rng,
                                     float           *x);
/* An observation at the door, x: (V).  US_FORMAT_ERROR_VALUE: infinite, a count below zero, nothing
 * observed at all; missing values where the training had none.  Points and channels count from 1. */
gboolean   us_summary_check         (const UsSummary  *self,
                                     const float      *x,
                                     GError          **error);

char      *us_summary_to_json       (const UsSummary  *self);
/* Strict; sizes are checked before memory is taken. */
UsSummary *us_summary_from_json     (const char       *json,
                                     GError          **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsSummary, us_summary_unref)

G_END_DECLS
