/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-attribution.h"
#include "us-posterior.h"

G_BEGIN_DECLS

/* N rows of the bank, P parameters, V values of x, S summaries, K matched rows, M draws. */

/**
 * UsAttributor:
 *
 * A posterior model beside simulations, ready to be asked which of them resemble an
 * observation: their summaries by the model's own networks, and the values themselves.  Const once
 * made; atomic reference count; any thread.
 */
typedef struct _UsAttributor UsAttributor;

typedef struct
{
  const char *bank;             /* a table with the model's parameters and values; NULL: simulated anew from its prior */
  gsize       rows;             /* the first of the bank, or how many to simulate; 0: all, or 20,000 */
  guint64     seed;             /* of what is simulated */
  guint       n_workers;        /* 0: all processors */
  int         niceness;
} UsAttributorConfig;

/**
 * us_attributor_new:
 * @progress: (nullable): on this thread
 * @cancelled: (nullable): read atomically
 *
 * Rows with a value that is not finite are left out, as training leaves them out, and counted.
 *
 * Returns: (nullable): or the errors of banks; US_FORMAT_ERROR_MISSING: a parameter of the model is not in
 *   the bank, or the model knows no simulator and no bank is given; US_FORMAT_ERROR_SHAPE: other values,
 *   too few rows; G_IO_ERROR_CANCELLED
 */
UsAttributor *us_attributor_new   (UsPosterior              *posterior,
                                   const UsAttributorConfig *config,
                                   UsAttributionProgress     progress,
                                   gpointer                  data,
                                   const gint               *cancelled,
                                   GError                  **error);
UsAttributor *us_attributor_ref   (UsAttributor *self);
void          us_attributor_unref (UsAttributor *self);

UsPosterior         *us_attributor_posterior (const UsAttributor *self);        /* borrowed */
const UsAttribution *us_attributor_summaries (const UsAttributor *self);        /* borrowed */
/* Rows that are compared with, and how many of the bank were left out. */
gsize                us_attributor_n_rows    (const UsAttributor *self);
gsize                us_attributor_n_left_out (const UsAttributor *self);
/* Of the bank: x (V) and theta (P), borrowed. */
const float         *us_attributor_x         (const UsAttributor *self,
                                              gsize               row);
const double        *us_attributor_theta     (const UsAttributor *self,
                                              gsize               row);
/* "bank.npz", or NULL: simulated anew. */
const char          *us_attributor_bank      (const UsAttributor *self);

/* All zero for the defaults. */
typedef struct
{
  UsAttributionKernel kernel;
  double              ess;
  gsize               k;                /* as in UsAttributionOptions */
  gboolean            adjust;           /* regression adjustment, in the coordinates in which the model holds θ */
  gsize               n_samples;        /* draws of the network's posterior; 0: 4,000 */
  guint64             seed;             /* of these draws */
} UsAttributedOptions;

/**
 * UsAttributed:
 *
 * What the simulations say of one observation: how unusual it is, the matched rows, what they imply, and
 * what the network says itself.  Const once made; atomic reference count.
 */
typedef struct
{
  gatomicrefcount ref_count;
  UsAttributor   *attributor;
  float          *x;                    /* (V) */
  UsUsual         summaries;
  UsUsual         data;
  gboolean        has_data;             /* FALSE: too many values to be compared as they stand */
  UsUsualLevel    level;                /* of both */
  char           *sentence;             /* translated */
  UsMatches      *matches;              /* theta in the parameters' units; adjusted where that was asked for */
  gsize           n_samples;
  double         *samples;              /* (M, P) the network's */
  double         *matched;              /* (P, 3) mean and central 90 % of the weighted matches, */
  double         *network;              /* (P, 3) and of the samples */
  UsAgreement    *agreement;            /* (P) of both */
  double          seconds;
} UsAttributed;

UsAttributed *us_attributor_answer (UsAttributor              *self,
                                    const float               *x,               /* (V) */
                                    const UsAttributedOptions *options,         /* or NULL */
                                    const gint                *cancelled,
                                    GError                   **error);
UsAttributed *us_attributed_ref    (UsAttributed *self);
void          us_attributed_unref  (UsAttributed *self);

/* The first n matches (0: all) as a table: rank, row of the bank from 0, weight, distance, each parameter.
 * Errors: those of the file. */
gboolean      us_attributed_write  (const UsAttributed *self,
                                    gsize               n,
                                    const char         *path,
                                    GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsAttributor, us_attributor_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsAttributed, us_attributed_unref)

G_END_DECLS
