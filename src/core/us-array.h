/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define US_ARRAY_MAX_DIMS 8

/**
 * UsDtype:
 *
 * Element types, little-endian in memory and in files.
 */
typedef enum
{
  US_DTYPE_F32,
  US_DTYPE_F64,
  US_DTYPE_U8,
  US_DTYPE_I8,
  US_DTYPE_I16,
  US_DTYPE_U16,
  US_DTYPE_I32,
  US_DTYPE_U32,
  US_DTYPE_I64,
  US_DTYPE_U64,
  US_DTYPE_BOOL,
} UsDtype;

gsize       us_dtype_size (UsDtype dtype);
const char *us_dtype_name (UsDtype dtype);     /* "float32", "uint8", ... */
/* Elements and bytes of a shape; FALSE when they do not fit in memory's range. */
gboolean    us_dtype_count (UsDtype      dtype,
                            guint        n_dims,
                            const gsize *shape,
                            gsize       *n_elements,
                            gsize       *n_bytes);

/**
 * UsArray:
 *
 * A dense row-major array.  Reference counted (atomic); the contents may be
 * written only by whoever made it, until it is shared.
 */
typedef struct
{
  UsDtype dtype;
  guint   n_dims;                       /* 0 (a scalar) to US_ARRAY_MAX_DIMS */
  gsize   shape[US_ARRAY_MAX_DIMS];
  gsize   n_elements;                   /* product of the shape; 1 for a scalar */
  void   *data;                         /* (n_elements), 64-byte aligned */

  /*< private >*/
  gatomicrefcount ref_count;
} UsArray;

/* Zeroed.  NULL when the product of sizes overflows or memory cannot be had. */
UsArray *us_array_try_new (UsDtype      dtype,
                           guint        n_dims,
                           const gsize *shape);
/* Aborts when memory cannot be had: for sizes that the program itself chose. */
UsArray *us_array_new     (UsDtype      dtype,
                           guint        n_dims,
                           const gsize *shape);
UsArray *us_array_ref     (UsArray *self);
void     us_array_unref   (UsArray *self);

/* "(2, 64, 64)", "(3,)", "()"; free with g_free. */
char    *us_shape_to_string       (guint          n_dims,
                                   const gsize   *shape);
char    *us_array_shape_to_string (const UsArray *self);
gsize    us_array_n_bytes         (const UsArray *self);
/* A new array with converted elements (ref'd self when the type is the same).
 * Towards integers: fractions are cut off, what is out of range saturates, NaN
 * is 0.  Towards bool: 0 or 1.  Aborts when memory cannot be had. */
UsArray *us_array_convert         (UsArray *self,
                                   UsDtype  dtype);
/* Flat index of the first element that is not finite, or G_MAXSIZE. */
gsize    us_array_find_nonfinite  (const UsArray *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsArray, us_array_unref)

G_END_DECLS
