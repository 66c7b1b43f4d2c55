/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-array.h"

#include <math.h>

static const UsDtype all[] = {
  US_DTYPE_F32, US_DTYPE_F64, US_DTYPE_U8, US_DTYPE_I8, US_DTYPE_I16, US_DTYPE_U16,
  US_DTYPE_I32, US_DTYPE_U32, US_DTYPE_I64, US_DTYPE_U64, US_DTYPE_BOOL,
};

static void
test_new (void)
{
  static const gsize shape[] = { 3, 5, 7 };

  for (guint k = 0; k < G_N_ELEMENTS (all); k++)
    {
      g_autoptr(UsArray) array = us_array_new (all[k], 3, shape);
      g_autoptr(UsArray) same = us_array_ref (array);
      g_autofree char *text = us_array_shape_to_string (array);
      const guint8 *bytes = array->data;

      g_assert_cmpuint (array->n_elements, ==, 105);
      g_assert_cmpuint (us_array_n_bytes (array), ==, 105 * us_dtype_size (all[k]));
      g_assert_cmpuint ((gsize) array->data % 64, ==, 0);
      g_assert_cmpstr (text, ==, "(3, 5, 7)");
      g_assert_true (same == array);
      for (gsize i = 0; i < us_array_n_bytes (array); i++)
        g_assert_cmpuint (bytes[i], ==, 0);
    }
}

static void
test_scalar_and_empty (void)
{
  static const gsize empty_shape[] = { 4, 0, 2 };
  static const gsize one[] = { 6 };
  g_autoptr(UsArray) scalar = us_array_new (US_DTYPE_F64, 0, NULL);
  g_autoptr(UsArray) empty = us_array_new (US_DTYPE_F32, 3, empty_shape);
  g_autoptr(UsArray) vector = us_array_new (US_DTYPE_U8, 1, one);
  g_autofree char *scalar_text = us_array_shape_to_string (scalar);
  g_autofree char *empty_text = us_array_shape_to_string (empty);
  g_autofree char *vector_text = us_array_shape_to_string (vector);

  g_assert_cmpuint (scalar->n_elements, ==, 1);
  g_assert_cmpstr (scalar_text, ==, "()");
  g_assert_cmpuint (empty->n_elements, ==, 0);
  g_assert_nonnull (empty->data);
  g_assert_cmpstr (empty_text, ==, "(4, 0, 2)");
  g_assert_cmpstr (vector_text, ==, "(6,)");
}

static void
test_overflow (void)
{
  static const gsize square[] = { G_MAXSIZE / 2, 3 };
  static const gsize bytes[] = { G_MAXSIZE / 4 };
  static const gsize hidden[] = { 0, G_MAXSIZE / 2, 3 };

  g_assert_null (us_array_try_new (US_DTYPE_U8, 2, square));
  g_assert_null (us_array_try_new (US_DTYPE_F64, 1, bytes));
  g_assert_null (us_array_try_new (US_DTYPE_U8, 3, hidden));
}

/* Every pair of types agrees on values that all of them can hold. */
static void
test_convert_pairs (void)
{
  static const gsize shape[] = { 1031 };    /* more than two blocks, not a multiple */

  for (guint a = 0; a < G_N_ELEMENTS (all); a++)
    for (guint b = 0; b < G_N_ELEMENTS (all); b++)
      {
        g_autoptr(UsArray) source = us_array_new (US_DTYPE_F64, 1, shape);
        g_autoptr(UsArray) first = NULL;
        g_autoptr(UsArray) second = NULL;
        g_autoptr(UsArray) back = NULL;
        gboolean binary = all[a] == US_DTYPE_BOOL || all[b] == US_DTYPE_BOOL;

        for (gsize i = 0; i < shape[0]; i++)
          ((double *) source->data)[i] = (double) (i * 37 % (binary ? 2 : 128));
        first = us_array_convert (source, all[a]);
        second = us_array_convert (first, all[b]);
        back = us_array_convert (second, US_DTYPE_F64);
        g_assert_cmpint (second->dtype, ==, all[b]);
        g_assert_cmpmem (back->data, us_array_n_bytes (back), source->data, us_array_n_bytes (source));
      }
}

static void
test_convert_edges (void)
{
  static const double values[] = { -1e300, -129.0, -128.7, -1.5, -0.0, 0.4, 127.9, 255.2, 256.0, 1e300, NAN, INFINITY };
  static const gint8 as_i8[] = { -128, -128, -128, -1, 0, 0, 127, 127, 127, 127, 0, 127 };
  static const guint8 as_u8[] = { 0, 0, 0, 0, 0, 0, 127, 255, 255, 255, 0, 255 };
  static const guint8 as_bool[] = { 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1 };
  static const gsize shape[] = { G_N_ELEMENTS (values) };
  static const gsize two[] = { 2 };
  g_autoptr(UsArray) source = us_array_new (US_DTYPE_F64, 1, shape);
  g_autoptr(UsArray) i8 = NULL;
  g_autoptr(UsArray) u8 = NULL;
  g_autoptr(UsArray) flags = NULL;
  g_autoptr(UsArray) i64 = NULL;
  g_autoptr(UsArray) big = us_array_new (US_DTYPE_U64, 1, two);
  g_autoptr(UsArray) clamped = NULL;
  g_autoptr(UsArray) small = us_array_new (US_DTYPE_I64, 1, two);
  g_autoptr(UsArray) unsigned_small = NULL;

  memcpy (source->data, values, sizeof values);
  i8 = us_array_convert (source, US_DTYPE_I8);
  u8 = us_array_convert (source, US_DTYPE_U8);
  flags = us_array_convert (source, US_DTYPE_BOOL);
  i64 = us_array_convert (source, US_DTYPE_I64);
  g_assert_cmpmem (i8->data, sizeof as_i8, as_i8, sizeof as_i8);
  g_assert_cmpmem (u8->data, sizeof as_u8, as_u8, sizeof as_u8);
  g_assert_cmpmem (flags->data, sizeof as_bool, as_bool, sizeof as_bool);
  g_assert_cmpint (((gint64 *) i64->data)[0], ==, G_MININT64);
  g_assert_cmpint (((gint64 *) i64->data)[9], ==, G_MAXINT64);

  ((guint64 *) big->data)[0] = G_MAXUINT64;
  ((guint64 *) big->data)[1] = 5;
  clamped = us_array_convert (big, US_DTYPE_I64);
  g_assert_cmpint (((gint64 *) clamped->data)[0], ==, G_MAXINT64);
  g_assert_cmpint (((gint64 *) clamped->data)[1], ==, 5);

  ((gint64 *) small->data)[0] = -7;
  ((gint64 *) small->data)[1] = G_MAXINT64;
  unsigned_small = us_array_convert (small, US_DTYPE_U64);
  g_assert_cmpuint (((guint64 *) unsigned_small->data)[0], ==, 0);
  g_assert_cmpuint (((guint64 *) unsigned_small->data)[1], ==, G_MAXINT64);
}

static void
test_nonfinite (void)
{
  static const gsize shape[] = { 9 };
  g_autoptr(UsArray) f32 = us_array_new (US_DTYPE_F32, 1, shape);
  g_autoptr(UsArray) f64 = us_array_new (US_DTYPE_F64, 1, shape);
  g_autoptr(UsArray) i32 = us_array_new (US_DTYPE_I32, 1, shape);

  g_assert_cmpuint (us_array_find_nonfinite (f32), ==, G_MAXSIZE);
  g_assert_cmpuint (us_array_find_nonfinite (f64), ==, G_MAXSIZE);
  ((float *) f32->data)[8] = -INFINITY;
  ((double *) f64->data)[4] = NAN;
  ((double *) f64->data)[7] = NAN;
  ((gint32 *) i32->data)[3] = -1;    /* the bits of a NaN are none in an integer */
  g_assert_cmpuint (us_array_find_nonfinite (f32), ==, 8);
  g_assert_cmpuint (us_array_find_nonfinite (f64), ==, 4);
  g_assert_cmpuint (us_array_find_nonfinite (i32), ==, G_MAXSIZE);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/array/new", test_new);
  g_test_add_func ("/array/scalar-and-empty", test_scalar_and_empty);
  g_test_add_func ("/array/overflow", test_overflow);
  g_test_add_func ("/array/convert-pairs", test_convert_pairs);
  g_test_add_func ("/array/convert-edges", test_convert_edges);
  g_test_add_func ("/array/nonfinite", test_nonfinite);

  return g_test_run ();
}
