/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Writes aside (same folder), flushes to the disk, renames over path: a crash
 * or a full disk leaves the old file whole and no litter.  Errors: G_IO_ERROR
 * with the path and the system's reason. */
gboolean us_file_replace (const char    *path,
                          const void    *data,
                          gsize          length,
                          GError       **error);

/* Reads a whole file of at most max_bytes; longer: US_FORMAT_ERROR_TOO_LARGE. */
GBytes  *us_file_read    (const char    *path,
                          gsize          max_bytes,
                          GError       **error);

/* 0.1 -> "0.1": the shortest decimal text that reads back as the same double,
 * always with a point, never the locale's comma.  buffer: G_ASCII_DTOSTR_BUF_SIZE. */
char    *us_dtoa         (char   *buffer,
                          double  value);

G_END_DECLS
