/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-plot.h"
#include "us-simvae.h"

G_BEGIN_DECLS

/**
 * UsExploreLab:
 *
 * The work behind the Explore page, without a widget: a model decoded at one
 * place, the true simulator run there, their difference; and the traversal strips.
 * Keeps a player from one call to the next.  Used by one thread at a time;
 * atomic reference count.
 */
typedef struct _UsExploreLab UsExploreLab;

/* N = H W C values of the output; all in the output's units. */
typedef struct
{
  guint64         serial;       /* of the request */
  const UsOutput *output;
  gsize           n_values;
  float          *decoded;      /* (N) G(θ) */
  float          *spread;       /* (N) its standard deviations; NULL: the model is not noisy */
  float          *simulated;    /* (N) S(θ), of a noisy output the mean of US_REPEATS_ONE runs; NULL when the
                                 * simulator refused */
  float          *run;          /* (N) one run of a noisy output, always of the same stream; NULL otherwise */
  float          *difference;   /* decoder − simulator: of an image (H, W), mean over channels; of a
                                 * series (T, C); or NULL */
  char           *refusal;      /* why, when simulated is NULL */
  double          rms, largest; /* of decoder − simulator over all values; the RMS without what a mean of runs misses */
  double         *channel_rms, *channel_largest;        /* (C) the same of each channel, where they
                                 * mean different things; or NULL */
  double          decode_ms, simulate_ms;       /* of one run */
} UsExplorePicture;

typedef struct
{
  UsPlot *plot;
  double  ratio;                /* height / width that fits it */
  gsize   n_outside;            /* pictures left empty: their place is outside the simulator's domain */
} UsExploreStrips;

UsExploreLab     *us_explore_lab_new      (void);
UsExploreLab     *us_explore_lab_ref      (UsExploreLab *self);
void              us_explore_lab_unref    (UsExploreLab *self);

/* theta (P), inside the prior. */
UsExplorePicture *us_explore_lab_picture  (UsExploreLab *self,
                                           UsSimvae     *model,
                                           const double *theta,
                                           guint64       serial);
/* NULL is allowed. */
void              us_explore_picture_free (UsExplorePicture *picture);
/* One row of n_columns pictures for each parameter that is not fixed: it goes from the
 * lower to the upper end of its prior, the others stay at theta.  Of a noisy model the mean, with its band; of its
 * pictures the spread in a row below, white where it is widest.  Places that the simulator
 * does not accept stay empty.  with_simulator: under each row the same of the true simulator.  NULL when cancelled (polled, may be NULL). */
UsExploreStrips  *us_explore_lab_strips   (UsExploreLab *self,
                                           UsSimvae     *model,
                                           const double *theta,
                                           gsize         n_columns,
                                           gboolean      with_simulator,
                                           const gint   *cancelled);
void              us_explore_strips_free  (UsExploreStrips *strips);

/* Whether both have the same sliders: of one simulator, output and prior.  NULL has none. */
gboolean          us_explore_same_latents (UsSimvae    *a,
                                           UsSimvae    *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsExploreLab, us_explore_lab_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsExplorePicture, us_explore_picture_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsExploreStrips, us_explore_strips_free)

G_END_DECLS
