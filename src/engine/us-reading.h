/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-ingest-scale.h"
#include "us-ingest.h"
#include "us-simvae.h"

G_BEGIN_DECLS

/* P parameters, D derived quantities, N values and C channels of the output, M members. */

/* A derived quantity of the answer, in its unit. */
typedef struct
{
  double value;
  double sd;
  double lower, upper;          /* of the inference's level; NaN, as sd: not measured */
} UsDerivedReading;

/**
 * UsReading:
 *
 * One observation turned into parameters and all that belongs to an honest answer: what was
 * done to a drawing that the prior cannot hold, what follows from the parameters and how far
 * that can be trusted, and the other answers that are as good.  The page and the terminal
 * show the same.
 */
typedef struct
{
  UsSimvae         *model;          /* it was read with */
  UsObservation    *observation;    /* as the encoder got it; a series at its own height again; xy as it stands */
  UsInference      *inference;      /* of the observation; of images: as scaled; of series: undone */
  UsIngestScale     scale;          /* what it takes for the prior to hold the drawing, */
  gboolean          scaled;         /* and whether it was done; not so with what is not a drawing */
  float            *simulated;      /* (N) the simulator at the drawing's own height; NULL: not scaled, or out of its
                                     * bounds */
  gsize             n_derived;
  UsDerivedReading *derived;        /* (D) of the mean, at the drawing's own height */

  /* Other members of the answer's class: no data tell them from it.  Distinct from it and from each
   * other, as far apart as can be; rising by the first parameter that differs. */
  gsize             n_others;       /* M; 0: the simulator has no symmetry, or the answer no equal */
  gboolean          others_are_all; /* the class has no more members; FALSE also where the answer is outside of what
                                     * the simulator accepts, so that it has no class */
  double           *others;         /* (M, P) units */
  double           *others_rms;     /* (M, C) of the simulator run on each, from the data; units of the channels */

  /* The answer as the simulator itself refines it (us_refine()), where it was asked for. */
  double           *refined;        /* (P) as read, in units; NULL: not asked for */
  double            rms_refined;    /* of the simulator run on it, from the data as read; NaN: it does not run */
  guint             n_runs;         /* of the simulator that it took */
} UsReading;

void   us_reading_free          (UsReading       *self);
/* A value of parameter p as it was read → of the data as they stand. */
double us_reading_in_own_height (const UsReading *self,
                                 gsize            p,
                                 double           value);
/* Of one channel: values (N) from the data. */
double us_reading_channel_rms   (const UsReading *self,
                                 gsize            channel,
                                 const float     *values);
/**
 * us_reading_to_csv:
 *
 * A row for each parameter, each derived quantity and each channel's RMS of the simulator run on the answer
 * ("rms", or "rms_gain"): quantity,unit,mean,sd,lower,upper, then other_1 … other_M.  Of the data as they stand;
 * what was not measured is empty.
 *
 * Returns: the text; free with g_free
 */
char  *us_reading_to_csv        (const UsReading *self);

/**
 * UsReader:
 *
 * A model kept ready to read observations, so that a moving pen costs one encoding and two
 * reconstructions.  The first reading of a model whose simulator derives quantities also measures, on 512
 * held-out draws, how far those can be trusted.  One thread at a time.
 */
typedef struct _UsReader UsReader;

/* model: with an encoder or without; without, reading fails. */
UsReader  *us_reader_new   (UsSimvae      *model);
void       us_reader_free  (UsReader      *self);
/* From now on the simulator refines each answer: tens of milliseconds more.  Not where us_refine_refusal() says why. */
void       us_reader_set_refine (UsReader *self, gboolean refine);
UsSimvae  *us_reader_model (UsReader      *self);            /* borrowed */
/* observation: taken over, on failure too.  scaled: a drawing that the prior cannot hold is brought into it
 * first, where that can be undone.  Errors: those of us_player_infer(), us_observation_from_polyline(), and of the
 * simulator when it fails on held-out draws. */
UsReading *us_reader_read  (UsReader      *self,
                            UsObservation *observation,
                            gboolean       scaled,
                            GError       **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsReading, us_reading_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsReader, us_reader_free)

G_END_DECLS
