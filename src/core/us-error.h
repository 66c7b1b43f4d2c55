/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * US_FORMAT_ERROR:
 *
 * Errors about what stands in a file or a text: which file, where in it,
 * and what was expected is in the message.  Errors of the file system
 * itself (missing, read-only, full disk) keep the domain `G_IO_ERROR` or
 * `G_FILE_ERROR`.
 */
#define US_FORMAT_ERROR (us_format_error_quark ())
GQuark us_format_error_quark (void);

/**
 * UsFormatError:
 * @US_FORMAT_ERROR_SYNTAX: the bytes do not follow the format
 * @US_FORMAT_ERROR_TRUNCATED: the file ends before what it announces
 * @US_FORMAT_ERROR_SHAPE: the wrong number of dimensions, rows, columns or pixels
 * @US_FORMAT_ERROR_VALUE: a value is not a number, not finite, or outside its range
 * @US_FORMAT_ERROR_UNSUPPORTED: well formed, but of a kind that is not read here
 * @US_FORMAT_ERROR_TOO_LARGE: would take more memory than is allowed
 * @US_FORMAT_ERROR_MISMATCH: belongs to something else (another simulator, another version)
 * @US_FORMAT_ERROR_MISSING: a member, column or key is not there
 */
typedef enum
{
  US_FORMAT_ERROR_SYNTAX,
  US_FORMAT_ERROR_TRUNCATED,
  US_FORMAT_ERROR_SHAPE,
  US_FORMAT_ERROR_VALUE,
  US_FORMAT_ERROR_UNSUPPORTED,
  US_FORMAT_ERROR_TOO_LARGE,
  US_FORMAT_ERROR_MISMATCH,
  US_FORMAT_ERROR_MISSING,
} UsFormatError;

/* Work shared between threads failed: keeps the first error in *kept, frees later ones.  Takes error over. */
void us_error_keep_first (GMutex  *lock,
                          GError **kept,
                          GError  *error);

G_END_DECLS
