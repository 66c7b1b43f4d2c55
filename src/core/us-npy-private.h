/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-npy.h"

G_BEGIN_DECLS

#define US_NPY_DEFAULT_MAX_BYTES ((gsize) 4 << 30)

/* Reads exactly n bytes, or sets an error. */
typedef gboolean (*UsNpyReadFunc) (gpointer   source,
                                   void      *data,
                                   gsize      n,
                                   GError   **error);

/* Where a .npy comes from: bytes, a file, a member of a zip. */
typedef struct
{
  UsNpyReadFunc  read;
  gpointer       source;
  guint64        n_bytes;       /* that the source holds in all */
  const char    *name;          /* for messages */
} UsNpySource;

typedef struct
{
  gboolean is_text;             /* '<U…'; dtype is then not used */
  UsDtype  dtype;
  gboolean swap;                /* big-endian elements */
  gboolean fortran;
  guint    n_dims;
  gsize    shape[US_ARRAY_MAX_DIMS];
  gsize    n_elements;
  gsize    item_bytes;
  gsize    n_bytes;             /* n_elements * item_bytes; known to be there */
  gsize    header_bytes;        /* before the elements */
} UsNpyHeader;

/* Checks that the elements fit into the source; takes no memory for them. */
gboolean us_npy_read_header   (UsNpyHeader        *header,
                               const UsNpySource  *source,
                               GError            **error);
/* What follows the header; text is refused. */
UsArray *us_npy_read_elements (const UsNpyHeader  *header,
                               const UsNpySource  *source,
                               gsize               max_bytes,
                               GError            **error);
/* Turns n elements as they stand in the file into ours: byte order, 0 and 1. */
void     us_npy_normalise     (const UsNpyHeader  *header,
                               void               *data,
                               gsize               n);
gboolean us_npy_refuse_text   (const UsNpyHeader  *header,
                               const char         *name,
                               GError            **error);
/* Magic, version and dictionary that go before the elements of an array. */
GBytes  *us_npy_make_header   (const UsArray      *array);
/* Sets US_FORMAT_ERROR "NAME: …"; always FALSE. */
gboolean us_npy_fail          (GError            **error,
                               int                 code,
                               const char         *name,
                               const char         *format,
                               ...) G_GNUC_PRINTF (4, 5);

G_END_DECLS
