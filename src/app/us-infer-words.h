/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-infer-worker.h"

G_BEGIN_DECLS

/* An answer in words; each is freed with g_free. */

/* How far to believe it and what it was compared with, in two or three sentences. */
char *us_infer_words_fit   (const UsReading *reading);
/* What was done to the data, and how long it took.  The letter holds a reading. */
char *us_infer_words_work  (const UsInferLetter *letter);
/* Whether the prior holds the drawing, and at which height it was read. */
char *us_infer_words_scale (const UsReading *reading);
/* As long as that can get, to keep room for it. */
char *us_infer_words_scale_room (void);
/* Which parameters these data cannot tell apart, and how many answers are as good; NULL: the simulator has no
 * symmetry. */
char *us_infer_words_symmetry (const UsReading *reading);
/* One of reading->others, with its RMS: "R 82.1 Ω, L 5.15 mH, C 416 nF: RMS 0.074 dB, 0.0084 rad". */
char *us_infer_words_other (const UsReading *reading,
                            gsize            which);
/* The answer as the simulator refined it, or that it did not run. */
char *us_infer_words_refined (const UsReading *reading);
/* The columns of a table that holds a series, "frequency (Hz), gain (dB), phase (rad)", and their range. */
char *us_infer_words_columns (const UsOutput *output);
/* What may be done on the empty field; drawable: with the pen. */
const char *us_infer_words_hint (const UsOutput *output,
                                 gboolean        drawable);

G_END_DECLS
