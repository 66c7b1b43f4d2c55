/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-array.h"

G_BEGIN_DECLS

/* Every size is checked against the file before memory is taken; object
 * arrays (pickles) are refused, never unpickled.  Fortran order is turned into
 * row-major; elements become little-endian, and every bool 0 or 1.  max_bytes
 * bounds the memory of one array (0: 4 GiB).  Errors: US_FORMAT_ERROR with file,
 * member and what was expected; G_IO_ERROR from the system. */

UsArray *us_npy_parse (GBytes      *bytes,
                       const char  *name,        /* for messages */
                       gsize        max_bytes,
                       GError     **error);
UsArray *us_npy_read  (const char  *path,
                       gsize        max_bytes,
                       GError     **error);
gboolean us_npy_write (const char     *path,
                       const UsArray  *array,
                       GError        **error);

/**
 * UsNpz:
 *
 * A zip of .npy members, read by name (libzip).  One thread.
 */
typedef struct _UsNpz UsNpz;

UsNpz   *us_npz_open      (const char  *path,
                           GError     **error);
void     us_npz_close     (UsNpz *self);
char   **us_npz_names     (UsNpz *self);                   /* without ".npy"; g_strfreev */
gboolean us_npz_has       (UsNpz      *self,
                           const char *name);
/* Header alone: type and shape, without unpacking the member. */
gboolean us_npz_describe  (UsNpz       *self,
                           const char  *name,
                           UsDtype     *dtype,
                           guint       *n_dims,
                           gsize       *shape,             /* (US_ARRAY_MAX_DIMS) */
                           GError     **error);
/* Header alone: do the rows of a member follow each other?  FALSE in
 * column_major: us_npz_read_rows reads it in bounded memory. */
gboolean us_npz_is_column_major (UsNpz       *self,
                                 const char  *name,
                                 gboolean    *column_major,
                                 GError     **error);
UsArray *us_npz_read      (UsNpz       *self,
                           const char  *name,
                           gsize        max_bytes,
                           GError     **error);
/* Rows first .. first+count-1 of a large member, streamed in bounded memory:
 * reads that go forward go on where the last one stopped, one that goes back
 * begins anew.  A column-major member has no rows in a row: it is unpacked whole
 * (4 GiB at most) and kept. */
UsArray *us_npz_read_rows (UsNpz       *self,
                           const char  *name,
                           gsize        first,
                           gsize        count,
                           GError     **error);

/* Written aside and renamed; same arrays, same bytes.  n_members > 0. */
gboolean us_npz_write     (const char            *path,
                           gsize                  n_members,
                           const char *const     *names,
                           UsArray *const        *arrays,
                           gboolean               compress,
                           GError               **error);

/* Members of text (theta_names): numpy '<U…' arrays of one dimension. */
char   **us_npz_read_strings (UsNpz       *self,
                              const char  *name,
                              GError     **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsNpz, us_npz_close)

G_END_DECLS
