/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-array.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64    /* a cache line, and the widest vector register */

static const struct
{
  gsize       size;
  const char *name;
} dtypes[] = {
  [US_DTYPE_F32]  = { 4, "float32" },
  [US_DTYPE_F64]  = { 8, "float64" },
  [US_DTYPE_U8]   = { 1, "uint8" },
  [US_DTYPE_I8]   = { 1, "int8" },
  [US_DTYPE_I16]  = { 2, "int16" },
  [US_DTYPE_U16]  = { 2, "uint16" },
  [US_DTYPE_I32]  = { 4, "int32" },
  [US_DTYPE_U32]  = { 4, "uint32" },
  [US_DTYPE_I64]  = { 8, "int64" },
  [US_DTYPE_U64]  = { 8, "uint64" },
  [US_DTYPE_BOOL] = { 1, "bool" },
};

gsize
us_dtype_size (UsDtype dtype)
{
  g_return_val_if_fail (dtype < G_N_ELEMENTS (dtypes), 0);

  return dtypes[dtype].size;
}

const char *
us_dtype_name (UsDtype dtype)
{
  g_return_val_if_fail (dtype < G_N_ELEMENTS (dtypes), NULL);

  return dtypes[dtype].name;
}

gboolean
us_dtype_count (UsDtype      dtype,
                guint        n_dims,
                const gsize *shape,
                gsize       *n_elements,
                gsize       *n_bytes)
{
  gsize product = 1;    /* of the dimensions that are not 0: (0, 2^40, 2^40) is no array either */
  gsize bytes;
  gboolean empty = FALSE;

  g_return_val_if_fail (dtype < G_N_ELEMENTS (dtypes), FALSE);
  g_return_val_if_fail (n_dims <= US_ARRAY_MAX_DIMS, FALSE);
  g_return_val_if_fail (n_dims == 0 || shape != NULL, FALSE);

  for (guint i = 0; i < n_dims; i++)
    {
      if (shape[i] == 0)
        empty = TRUE;
      else if (!g_size_checked_mul (&product, product, shape[i]))
        return FALSE;
    }

  if (!g_size_checked_mul (&bytes, product, dtypes[dtype].size) || bytes > G_MAXSSIZE - ALIGNMENT)
    return FALSE;

  *n_elements = empty ? 0 : product;
  *n_bytes = empty ? 0 : bytes;
  return TRUE;
}

UsArray *
us_array_try_new (UsDtype      dtype,
                  guint        n_dims,
                  const gsize *shape)
{
  UsArray *self;
  gsize n_elements, n_bytes;
  void *data = NULL;

  g_return_val_if_fail (dtype < G_N_ELEMENTS (dtypes), NULL);
  g_return_val_if_fail (n_dims <= US_ARRAY_MAX_DIMS, NULL);

  if (!us_dtype_count (dtype, n_dims, shape, &n_elements, &n_bytes))
    return NULL;
  if (posix_memalign (&data, ALIGNMENT, MAX (n_bytes, ALIGNMENT)) != 0)
    return NULL;
  memset (data, 0, MAX (n_bytes, ALIGNMENT));

  self = g_new0 (UsArray, 1);
  self->dtype = dtype;
  self->n_dims = n_dims;
  for (guint i = 0; i < n_dims; i++)
    self->shape[i] = shape[i];
  self->n_elements = n_elements;
  self->data = data;
  g_atomic_ref_count_init (&self->ref_count);

  return self;
}

UsArray *
us_array_new (UsDtype      dtype,
              guint        n_dims,
              const gsize *shape)
{
  UsArray *self = us_array_try_new (dtype, n_dims, shape);

  if (self == NULL)
    g_error ("No memory for an array of %u dimensions of %s", n_dims, us_dtype_name (dtype));

  return self;
}

UsArray *
us_array_ref (UsArray *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
us_array_unref (UsArray *self)
{
  g_return_if_fail (self != NULL);

  if (g_atomic_ref_count_dec (&self->ref_count))
    {
      free (self->data);
      g_free (self);
    }
}

char *
us_shape_to_string (guint        n_dims,
                    const gsize *shape)
{
  GString *text = g_string_new ("(");

  for (guint i = 0; i < n_dims; i++)
    g_string_append_printf (text, "%s%" G_GSIZE_FORMAT, i > 0 ? ", " : "", shape[i]);
  g_string_append (text, n_dims == 1 ? ",)" : ")");

  return g_string_free (text, FALSE);
}

char *
us_array_shape_to_string (const UsArray *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return us_shape_to_string (self->n_dims, self->shape);
}

gsize
us_array_n_bytes (const UsArray *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_elements * us_dtype_size (self->dtype);
}

/* Conversion goes through a small block of one of three wide types, which hold
 * every element type exactly: 11 loads and 33 stores instead of 121 loops. */

#define BLOCK 512

typedef enum { WIDE_DOUBLE, WIDE_SIGNED, WIDE_UNSIGNED } Wide;

typedef union
{
  double  d[BLOCK];
  gint64  s[BLOCK];
  guint64 u[BLOCK];
} WideBlock;

#define LOAD(type, member, kind)                        \
  {                                                     \
    const type *from = (const type *) data + first;     \
    for (gsize i = 0; i < n; i++)                       \
      block->member[i] = from[i];                       \
    return kind;                                        \
  }

static Wide
load_block (WideBlock  *block,
            UsDtype     dtype,
            const void *data,
            gsize       first,
            gsize       n)
{
  switch (dtype)
    {
    case US_DTYPE_F32:  LOAD (float, d, WIDE_DOUBLE)
    case US_DTYPE_F64:  LOAD (double, d, WIDE_DOUBLE)
    case US_DTYPE_U8:   LOAD (guint8, s, WIDE_SIGNED)
    case US_DTYPE_I8:   LOAD (gint8, s, WIDE_SIGNED)
    case US_DTYPE_I16:  LOAD (gint16, s, WIDE_SIGNED)
    case US_DTYPE_U16:  LOAD (guint16, s, WIDE_SIGNED)
    case US_DTYPE_I32:  LOAD (gint32, s, WIDE_SIGNED)
    case US_DTYPE_U32:  LOAD (guint32, s, WIDE_SIGNED)
    case US_DTYPE_I64:  LOAD (gint64, s, WIDE_SIGNED)
    case US_DTYPE_U64:  LOAD (guint64, u, WIDE_UNSIGNED)
    case US_DTYPE_BOOL: LOAD (guint8, s, WIDE_SIGNED)
    default:            g_assert_not_reached ();
    }
}

/* Integers saturate: a cast out of range would be undefined.  NaN becomes 0.
 * (double) maximum may round up to the power of two above it, hence ">=". */
#define STORE_INTEGER(type, minimum, maximum)                                   \
  {                                                                             \
    type *to = (type *) data + first;                                           \
    for (gsize i = 0; i < n; i++)                                               \
      if (wide == WIDE_DOUBLE)                                                  \
        to[i] = isnan (block->d[i]) ? 0                                         \
                : block->d[i] >= (double) (maximum) ? (maximum)                 \
                : block->d[i] <= (double) (minimum) ? (minimum)                 \
                : (type) block->d[i];                                           \
      else if (wide == WIDE_UNSIGNED)                                           \
        to[i] = (type) MIN (block->u[i], (guint64) (maximum));                  \
      else if (block->s[i] < 0)                                                 \
        to[i] = (type) MAX (block->s[i], (gint64) (minimum));                   \
      else                                                                      \
        to[i] = (type) MIN ((guint64) block->s[i], (guint64) (maximum));        \
    break;                                                                      \
  }

#define STORE_WIDE(type, expression)                                            \
  {                                                                             \
    type *to = (type *) data + first;                                           \
    if (wide == WIDE_DOUBLE)                                                    \
      for (gsize i = 0; i < n; i++)                                             \
        to[i] = (type) (block->d[i] expression);                                \
    else if (wide == WIDE_SIGNED)                                               \
      for (gsize i = 0; i < n; i++)                                             \
        to[i] = (type) (block->s[i] expression);                                \
    else                                                                        \
      for (gsize i = 0; i < n; i++)                                             \
        to[i] = (type) (block->u[i] expression);                                \
    break;                                                                      \
  }

static void
store_block (const WideBlock *block,
             Wide             wide,
             UsDtype          dtype,
             void            *data,
             gsize            first,
             gsize            n)
{
  switch (dtype)
    {
    case US_DTYPE_F32:  STORE_WIDE (float, )
    case US_DTYPE_F64:  STORE_WIDE (double, )
    case US_DTYPE_BOOL: STORE_WIDE (guint8, != 0)
    case US_DTYPE_U8:   STORE_INTEGER (guint8, 0, G_MAXUINT8)
    case US_DTYPE_I8:   STORE_INTEGER (gint8, G_MININT8, G_MAXINT8)
    case US_DTYPE_I16:  STORE_INTEGER (gint16, G_MININT16, G_MAXINT16)
    case US_DTYPE_U16:  STORE_INTEGER (guint16, 0, G_MAXUINT16)
    case US_DTYPE_I32:  STORE_INTEGER (gint32, G_MININT32, G_MAXINT32)
    case US_DTYPE_U32:  STORE_INTEGER (guint32, 0, G_MAXUINT32)
    case US_DTYPE_I64:  STORE_INTEGER (gint64, G_MININT64, G_MAXINT64)
    case US_DTYPE_U64:  STORE_INTEGER (guint64, 0, G_MAXUINT64)
    default:            g_assert_not_reached ();
    }
}

UsArray *
us_array_convert (UsArray *self,
                  UsDtype  dtype)
{
  UsArray *converted;
  WideBlock block;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (dtype < G_N_ELEMENTS (dtypes), NULL);

  if (self->dtype == dtype)
    return us_array_ref (self);

  converted = us_array_new (dtype, self->n_dims, self->shape);
  for (gsize first = 0; first < self->n_elements; first += BLOCK)
    {
      gsize n = MIN (BLOCK, self->n_elements - first);
      Wide wide = load_block (&block, self->dtype, self->data, first, n);

      store_block (&block, wide, dtype, converted->data, first, n);
    }

  return converted;
}

gsize
us_array_find_nonfinite (const UsArray *self)
{
  g_return_val_if_fail (self != NULL, G_MAXSIZE);

  if (self->dtype == US_DTYPE_F32)
    {
      const float *values = self->data;    /* (n_elements) */

      for (gsize i = 0; i < self->n_elements; i++)
        if (!isfinite (values[i]))
          return i;
    }
  else if (self->dtype == US_DTYPE_F64)
    {
      const double *values = self->data;    /* (n_elements) */

      for (gsize i = 0; i < self->n_elements; i++)
        if (!isfinite (values[i]))
          return i;
    }

  return G_MAXSIZE;
}
