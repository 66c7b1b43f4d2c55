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

/**
 * us_bank_open:
 *
 * Checks before anything is read: `theta` and `x` are there, are numbers, have
 * the same N and at least one row, and names (where given) are P.  Errors: G_IO_ERROR,
 * US_FORMAT_ERROR_*, with file and member.  One thread at a time.
 */
UsBank     *us_bank_open         (const char    *path,
                                  GError       **error);
void        us_bank_close        (UsBank        *self);
gsize       us_bank_n_rows       (const UsBank  *self);
gsize       us_bank_n_parameters (const UsBank  *self);
gsize       us_bank_n_values     (const UsBank  *self);     /* of x, a row */
/* x's dimensions after the first; shape: (US_ARRAY_MAX_DIMS).  Returns how many. */
guint       us_bank_x_shape      (const UsBank  *self,
                                  gsize         *shape);
/* (P), borrowed; "theta1", "theta2", … where the bank has none. */
const char *us_bank_name         (const UsBank  *self,
                                  gsize          parameter);
/* bank.json as it stands, or NULL. */
const char *us_bank_meta         (const UsBank  *self);
/* Rows first .. first+count-1, converted.  A value that is not finite:
 * US_FORMAT_ERROR_VALUE with its row. */
gboolean    us_bank_read         (UsBank        *self,
                                  gsize          first,
                                  gsize          count,
                                  double        *theta,     /* (count, P), or NULL */
                                  float         *x,         /* (count, n), or NULL */
                                  GError       **error);
/* The same, values that are not finite included: for those who look for them and say what they do. */
gboolean    us_bank_read_raw     (UsBank        *self,
                                  gsize          first,
                                  gsize          count,
                                  double        *theta,     /* (count, P), or NULL */
                                  float         *x,         /* (count, n), or NULL */
                                  GError       **error);
/* Could this be a bank of that simulator's output?  Names and shape agree, and
 * the metadata where there are any; US_FORMAT_ERROR_MISMATCH or SHAPE says what does not. */
gboolean    us_bank_check        (const UsBank       *self,
                                  const UsSimulator  *simulator,
                                  guint               output,
                                  GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsBank, us_bank_close)

G_END_DECLS
