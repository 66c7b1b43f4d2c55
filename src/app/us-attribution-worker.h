/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-attributor-plots.h"
#include "us-chart-painting.h"
#include "us-learnt.h"
#include "us-mailbox.h"

G_BEGIN_DECLS

/* What a request was about when it failed. */
typedef enum
{
  US_ATTRIBUTION_FAILED_SIMULATIONS,
  US_ATTRIBUTION_FAILED_DATA,
} UsAttributionFailure;

/**
 * UsAttributionRequest:
 *
 * All that the page wants to know, with what is known already: an attributor that is NULL is made.  Strings and options
 * are copied, references taken.
 */
typedef struct
{
  guint         serial;         /* comes back in the letters */
  UsPosterior  *posterior;
  const char   *bank;           /* NULL: simulations made anew */
  UsAttributor *attributor;     /* of that model and bank, or NULL */
  gsize         rows;           /* of the simulations; 0: all, or the default */
  const char   *data_path;      /* NULL: none yet */
  const UsMeasurementsOptions *options;         /* how it is read, or NULL */
  gboolean      adjust;
} UsAttributionRequest;

/* What comes back, several times a request; each holds all that is known by then. */
typedef struct
{
  guint                serial;
  UsAttributor        *attributor;      /* or NULL */
  UsAttributed        *answer;          /* or NULL */
  char                *note;            /* what is to be known of the data, a sentence a line; or NULL */
  GPtrArray           *plots;           /* of UsPlot: the data's, then each parameter's; NULL: not asked for */
  GPtrArray           *paintings;       /* of UsChartPainting or NULL, one a plot */
  gboolean             working;         /* more letters follow */
  double               fraction;        /* of preparing the simulations, 0 .. 1 */
  GError              *error;           /* or NULL */
  UsAttributionFailure failure;
} UsAttributionLetter;

void us_attribution_letter_free (UsAttributionLetter *self);

/**
 * UsAttributionWorker:
 *
 * Simulates, searches and paints on a thread of its own.  The newest request wins.
 * Made, fed and freed on the main thread.
 */
typedef struct _UsAttributionWorker UsAttributionWorker;

UsAttributionWorker *us_attribution_worker_new   (UsMailbox                  *mailbox);
/* Cancels and joins. */
void                 us_attribution_worker_free  (UsAttributionWorker        *self);
void                 us_attribution_worker_ask   (UsAttributionWorker        *self,
                                                  const UsAttributionRequest *request);
/* Plots of an answer, painted where a painting is given.  paintings: of UsChartPainting or NULL; taken. */
void                 us_attribution_worker_paint (UsAttributionWorker        *self,
                                                  guint                       serial,
                                                  UsAttributed               *answer,
                                                  gssize                      pinned,
                                                  GPtrArray                  *paintings);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsAttributionLetter, us_attribution_letter_free)

G_END_DECLS
