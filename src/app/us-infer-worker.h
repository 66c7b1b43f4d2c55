/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-ingest-scale.h"
#include "us-ingest.h"
#include "us-mailbox.h"
#include "us-preview.h"
#include "us-simvae.h"

G_BEGIN_DECLS

/**
 * UsInferWorker:
 *
 * Turns drawings and opened data into parameters on the preview slot, the
 * newest request only.  It keeps the network ready between two requests, so
 * that a moving pen costs one encoding and two reconstructions.  Made, fed and closed
 * on the main thread.
 */
typedef struct _UsInferWorker UsInferWorker;

/* What comes back; on failure inference is NULL and error set. */
typedef struct
{
  UsSimvae      *model;         /* it was made with */
  char          *path;          /* the file that was read, or NULL */
  UsObservation *observation;
  UsInference   *inference;     /* of the observation; of images: as scaled; of series: undone */
  UsIngestScale  scale;         /* what it takes for the prior to hold the drawing, */
  gboolean       scaled;        /* and whether it was done; not so with what is not a drawing */
  float         *simulated;     /* (N) the simulator at the drawing's own height; NULL: not scaled, or out of its bounds */
  gsize          n_others;      /* answers that the simulator cannot tell from this one; 0: it has no symmetry */
  double        *others;        /* (n_others, P) */
  double        *others_rms;    /* (n_others, C) of the simulator run on each, from the data */
  GError        *error;
  gdouble        milliseconds;  /* from drawing to answer, on the worker */
} UsInferLetter;

void           us_infer_letter_free  (UsInferLetter *letter);
/* Of one channel: values (N) from the data. */
double         us_infer_letter_channel_rms (const UsInferLetter *letter,
                                            gsize                channel,
                                            const float         *values);

/* preview: borrowed, outlives the worker's use (the session's). Letters go to mailbox. */
UsInferWorker *us_infer_worker_new    (UsPreview *preview,
                                       UsMailbox *mailbox);
void           us_infer_worker_close  (UsInferWorker *self);
/* xy (n_points, 2), taken over.  scaled: brought into the prior first, where that can be undone. */
void           us_infer_worker_draw   (UsInferWorker *self,
                                       UsSimvae      *model,
                                       gboolean       scaled,
                                       gsize          n_points,
                                       double        *xy);
/* The file's contents, read on the worker. */
void           us_infer_worker_open   (UsInferWorker *self,
                                       UsSimvae      *model,
                                       gboolean       scaled,
                                       const char    *path,
                                       gsize          index);
/* Data that are no drawing, copied: the same with a newer model. */
void           us_infer_worker_repeat (UsInferWorker *self,
                                       UsSimvae      *model,
                                       const UsObservation *observation);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsInferLetter, us_infer_letter_free)

G_END_DECLS
