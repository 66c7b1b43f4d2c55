/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-prior.h"

G_BEGIN_DECLS

/* N rows, P parameters; a row of x is (H, W, C), or (T, C) of a series. */

/**
 * UsBank:
 *
 * Rows (θ, x) on disk: an .npz, or a folder of .npy files, with arrays `theta`
 * (N, P) float64, `x` (N, …) float32, `theta_names` (P) text, and `bank.json`: simulator
 * and version, output, prior, seed, rows, program version.  The last two may be missing in
 * banks that others made; any numeric element type is read.
 */
typedef struct _UsBank UsBank;

/**
 * us_bank_simulate:
 *
 * Rows 0 .. count-1 of the stream `seed` (us_simulate_rows()) into a new bank: the same
 * bytes for any number of workers.  Bounded memory; written aside and renamed, so that what is
 * cancelled or fails leaves nothing.  An .npz is replaced; a folder that
 * has files in it is refused (G_IO_ERROR_EXISTS).
 *
 * progress: called on this thread, now and then.  cancelled: read atomically;
 * non-zero ends with G_IO_ERROR_CANCELLED.  Errors of us_simulate_rows(),
 * G_IO_ERROR for the files.
 */
gboolean us_bank_simulate (const UsPrior   *prior,
                           guint            output,
                           guint64          seed,
                           guint64          count,
                           guint            n_workers,      /* 0: all */
                           const char      *path,           /* FILE.npz or a folder */
                           void           (*progress) (guint64 done, guint64 count, gpointer data),
                           gpointer         data,
                           const gint      *cancelled,      /* or NULL */
                           GError         **error);

G_END_DECLS
