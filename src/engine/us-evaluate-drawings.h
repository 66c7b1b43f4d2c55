/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simvae.h"

G_BEGIN_DECLS

/* P parameters, T columns: the points of the simulator's series. */

/**
 * UsDrawingScore:
 *
 * One drawing by hand: how near the simulator comes to it, run on what the
 * model inferred and on the least-squares fit, the best that any inference could do.
 */
typedef struct
{
  char   *file;               /* base name */
  gsize   index;              /* in the file, from 0 */
  char   *key_id, *word;      /* as the file has them; "" where it does not */
  char   *note;               /* what was done to the drawing */
  double *inferred, *fitted;  /* (P) in the parameters' units */
  double  rms, rms_fit;       /* over T columns, in the units of y */
  double  ratio;              /* rms / rms_fit: 1 is perfect; ∞ for a drawing that the fit meets exactly */
} UsDrawingScore;

/**
 * UsDrawingsEvaluation:
 *
 * What a folder of drawings says of a model.  Const once made.
 */
typedef struct
{
  gsize      n_parameters, n_columns;
  gsize      n_left_out;      /* drawings that are not marked single_valued: no function of x */
  double     pixels;          /* of the picture, to one unit of y; NaN: the simulator has no picture */
  GPtrArray *scores;          /* of UsDrawingScore, by file name and index */
  double     median_ratio, worst_ratio;
  double     median_rms, median_rms_fit;
} UsDrawingsEvaluation;

/* All drawings marked `single_valued` in the *.json of a folder ("strokes-1"), each brought into the field as
 * us_observation_load() does.  One thread; cancellable between drawings.  Errors: US_FORMAT_ERROR_UNSUPPORTED (the
 * simulator has no series or no fit), _MISSING (no encoder, no such drawing), those of a damaged file, naming it;
 * G_IO_ERROR_CANCELLED. */
UsDrawingsEvaluation *us_evaluate_drawings            (UsSimvae      *model,
                                                       const char    *folder,
                                                       GCancellable  *cancellable,
                                                       GError       **error);
/* drawings.csv, a row a drawing, into an existing or new folder; the medians as "drawings" into the metrics.json
 * that us_evaluation_write() left there, or into a new one. */
gboolean              us_drawings_evaluation_write    (const UsDrawingsEvaluation *self,
                                                       const UsSimvae             *model,
                                                       const char                 *folder,
                                                       GError                    **error);
void                  us_drawings_evaluation_free     (UsDrawingsEvaluation *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsDrawingsEvaluation, us_drawings_evaluation_free)

G_END_DECLS
