/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-learnt.h"
#include "us-mailbox.h"
#include "us-mechanism-results.h"

G_BEGIN_DECLS

/* What the worker is about. */
typedef enum
{
  US_MECHANISM_SIMULATING,      /* what the data are compared with */
  US_MECHANISM_FITTING,         /* the mechanisms themselves */
} UsMechanismPhase;

/**
 * UsMechanismRequest:
 *
 * What is asked: a posterior or a predictor, and data.  References are taken, strings and options copied.
 */
typedef struct
{
  guint         serial;         /* comes back in the letters */
  UsPosterior  *posterior;      /* one of them, the other NULL */
  UsPredictor  *predictor;
  UsAttributor *attributor;     /* of the posterior, or NULL: to be made */
  gsize         rows;           /* simulations to compare with; 0: the default */
  const char   *data_path;
  const UsMeasurementsOptions *options;         /* or NULL */
} UsMechanismRequest;

/* What comes back, several times a request. */
typedef struct
{
  guint              serial;
  gboolean           working;   /* more letters follow */
  UsMechanismPhase   phase;
  double             fraction;  /* 0 .. 1 */
  UsAttributor      *attributor;        /* or NULL */
  UsMechanismResult *result;    /* or NULL: none yet */
  GError            *error;     /* or NULL */
} UsMechanismLetter;

void us_mechanism_letter_free (UsMechanismLetter *self);

/**
 * UsMechanismWorker:
 *
 * Reads data, compares, asks the network and fits on a thread of its own.  The newest request wins.
 * Made, fed and freed on the main thread.
 */
typedef struct _UsMechanismWorker UsMechanismWorker;

UsMechanismWorker *us_mechanism_worker_new    (UsMailbox                *mailbox);
/* Cancels and joins. */
void               us_mechanism_worker_free   (UsMechanismWorker        *self);
void               us_mechanism_worker_ask    (UsMechanismWorker        *self,
                                               const UsMechanismRequest *request);
/* Gives up what is at work; no letter comes of it. */
void               us_mechanism_worker_cancel (UsMechanismWorker        *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsMechanismLetter, us_mechanism_letter_free)

G_END_DECLS
