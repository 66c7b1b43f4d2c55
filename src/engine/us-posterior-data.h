/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-measurements.h"
#include "us-posterior.h"

G_BEGIN_DECLS

/* V values of an observation. */

/**
 * us_posterior_read_data:
 * @index: which observation of a file with several, from 0; below 0: not said, the file has one
 * @options: (nullable): how a measured series is read
 * @x: (out caller-allocates): (V)
 * @note: (out) (optional) (nullable): remarks on what was read, one a line
 *
 * An observation from a file, as the model takes it: of a simulator's series a table with a time column
 * (us_measurements_read()); of its pictures a picture; of any model a table of rows, or one column, of V numbers, or an .npy of
 * (V) or (M, V).  Any thread.
 *
 * Errors: those of these readers; US_FORMAT_ERROR_SHAPE: how many numbers were expected; US_FORMAT_ERROR_VALUE: a gap
 * that this model cannot take (of a refined one us_posterior_sample() tells)
 */
gboolean us_posterior_read_data (const UsPosterior            *self,
                                 const char                   *path,
                                 gssize                        index,
                                 const UsMeasurementsOptions  *options,
                                 float                        *x,
                                 char                        **note,
                                 GError                      **error);

G_END_DECLS
