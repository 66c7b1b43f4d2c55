/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-mailbox.h"
#include "us-preview.h"
#include "us-reading.h"

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

/* What comes back; on failure reading is NULL and error set. */
typedef struct
{
  UsSimvae      *model;         /* it was asked of */
  char          *path;          /* the file that was read, or NULL */
  UsReading     *reading;
  GError        *error;
  gdouble        milliseconds;  /* from drawing to answer, on the worker */
} UsInferLetter;

void           us_infer_letter_free  (UsInferLetter *letter);

/* preview: borrowed, outlives the worker's use (the session's). Letters go to mailbox. */
UsInferWorker *us_infer_worker_new    (UsPreview *preview,
                                       UsMailbox *mailbox);
void           us_infer_worker_close  (UsInferWorker *self);
/* From the next request on, each answer is also refined in the simulator. */
void           us_infer_worker_set_refine (UsInferWorker *self,
                                       gboolean       refine);
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
