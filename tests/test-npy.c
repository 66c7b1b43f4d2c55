/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE    /* memmem */
#include "config.h"

#include "us-error.h"
#include "us-file.h"
#include "us-npy.h"
#include "us-rng.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* core-numpy-*.npz come from NumPy, see core-numpy.py beside them. */
static const char *const packings[] = { "core-numpy-stored.npz", "core-numpy-deflated.npz" };

static char *
data_path (const char *name)
{
  return g_build_filename (US_TEST_DATA, name, NULL);
}

static UsNpz *
open_data (const char *name)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = data_path (name);
  UsNpz *npz = us_npz_open (path, &error);

  g_assert_no_error (error);
  return npz;
}

/* A path in the folder for temporary files where nothing stands. */
static char *
temporary_path (void)
{
  g_autofree char *folder = g_dir_make_tmp ("us-npy-XXXXXX", NULL);

  return g_build_filename (folder, "file", NULL);
}

static void
remove_temporary (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  g_remove (path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);    /* nothing else was left behind */
}

/* A new file each time: some file systems flush one that is cut and written anew. */
static void
put_contents (const char   *path,
              const guint8 *data,
              gsize         n)
{
  FILE *file;

  g_remove (path);
  file = g_fopen (path, "wb");

  g_assert_cmpuint (fwrite (data, 1, n, file), ==, n);
  g_assert_cmpint (fclose (file), ==, 0);
}

/* bytes of a .npy of version 1.0 with this dictionary and so many 0 bytes behind */
static GBytes *
make_npy (const char *dictionary,
          gsize       n_zeros)
{
  GByteArray *bytes = g_byte_array_new ();
  guint8 length[2] = { strlen (dictionary) & 0xff, (guint8) (strlen (dictionary) >> 8) };

  g_byte_array_append (bytes, (const guint8 *) "\x93NUMPY\x01\x00", 8);
  g_byte_array_append (bytes, length, 2);
  g_byte_array_append (bytes, (const guint8 *) dictionary, (guint) strlen (dictionary));
  for (gsize i = 0; i < n_zeros; i++)
    g_byte_array_append (bytes, (const guint8 *) "", 1);
  return g_byte_array_free_to_bytes (bytes);
}

/* Reading what NumPy wrote */

static void
assert_sequence (UsArray *array,
                 double   offset)
{
  g_autoptr(UsArray) wide = us_array_convert (array, US_DTYPE_F64);

  g_assert_cmpuint (wide->n_elements, ==, 24);
  for (gsize i = 0; i < 24; i++)
    g_assert_cmpfloat (((double *) wide->data)[i], ==, 5.0 * i + offset);
}

static void
test_numpy_types (void)
{
  static const struct { const char *code; UsDtype dtype; } types[] = {
    { "f4", US_DTYPE_F32 }, { "f8", US_DTYPE_F64 }, { "i1", US_DTYPE_I8 }, { "i2", US_DTYPE_I16 },
    { "i4", US_DTYPE_I32 }, { "i8", US_DTYPE_I64 }, { "u1", US_DTYPE_U8 }, { "u2", US_DTYPE_U16 },
    { "u4", US_DTYPE_U32 }, { "u8", US_DTYPE_U64 },
  };

  for (guint p = 0; p < G_N_ELEMENTS (packings); p++)
    {
      g_autoptr(UsNpz) npz = open_data (packings[p]);

      for (guint t = 0; t < G_N_ELEMENTS (types); t++)
        for (int big = 0; big < 2; big++)
          {
            g_autoptr(GError) error = NULL;
            g_autofree char *name = g_strdup_printf ("%s_%s", big ? "big" : "little", types[t].code);
            g_autoptr(UsArray) array = us_npz_read (npz, name, 0, &error);

            g_assert_no_error (error);
            g_assert_cmpint (array->dtype, ==, types[t].dtype);
            g_assert_cmpuint (array->n_dims, ==, 3);
            g_assert_true (array->shape[0] == 2 && array->shape[1] == 3 && array->shape[2] == 4);
            assert_sequence (array, types[t].code[0] == 'u' ? 0.0 : -50.0);
          }
    }
}

static void
test_numpy_kinds (void)
{
  for (guint p = 0; p < G_N_ELEMENTS (packings); p++)
    {
      g_autoptr(UsNpz) npz = open_data (packings[p]);
      g_autoptr(UsArray) flags = us_npz_read (npz, "bool", 0, NULL);
      g_autoptr(UsArray) fortran_2 = us_npz_read (npz, "fortran_2", 0, NULL);
      g_autoptr(UsArray) fortran_3 = us_npz_read (npz, "fortran_3", 0, NULL);
      g_autoptr(UsArray) scalar = us_npz_read (npz, "scalar", 0, NULL);
      g_autoptr(UsArray) vector = us_npz_read (npz, "vector", 0, NULL);
      g_autoptr(UsArray) empty = us_npz_read (npz, "empty", 0, NULL);
      const double *v = vector->data;

      g_assert_cmpint (flags->dtype, ==, US_DTYPE_BOOL);
      for (gsize i = 0; i < 24; i++)
        g_assert_cmpuint (((guint8 *) flags->data)[i], ==, i % 3 == 0);
      assert_sequence (fortran_2, -50.0);
      assert_sequence (fortran_3, -50.0);
      g_assert_cmpuint (scalar->n_dims, ==, 0);
      g_assert_cmpfloat (*(double *) scalar->data, ==, -2.5);
      g_assert_true (v[0] == 1e300 && signbit (v[1]) && isnan (v[2]) && isinf (v[3]));
      g_assert_cmpuint (empty->n_elements, ==, 0);
      g_assert_cmpuint (empty->shape[2], ==, 2);
    }
}

static void
test_numpy_names (void)
{
  static const char *const expected[] = { "a0", "β", "", "a long name, with 𝛼", NULL };
  static const char *const expected_big[] = { "x", "café", NULL };

  for (guint p = 0; p < G_N_ELEMENTS (packings); p++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(UsNpz) npz = open_data (packings[p]);
      g_auto(GStrv) members = us_npz_names (npz);
      g_auto(GStrv) names = us_npz_read_strings (npz, "names", &error);
      g_auto(GStrv) names_big = us_npz_read_strings (npz, "names_big", &error);

      g_assert_no_error (error);
      g_assert_true (g_strv_equal ((const char *const *) names, expected));
      g_assert_true (g_strv_equal ((const char *const *) names_big, expected_big));
      g_assert_true (g_strv_contains ((const char *const *) members, "fortran_3"));
      g_assert_true (us_npz_has (npz, "scalar"));
      g_assert_false (us_npz_has (npz, "scalar.npy"));
    }
}

static void
test_numpy_describe (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsNpz) npz = open_data (packings[1]);
  gsize shape[US_ARRAY_MAX_DIMS];
  guint n_dims;
  UsDtype dtype;

  g_assert_true (us_npz_describe (npz, "rows", &dtype, &n_dims, shape, &error));
  g_assert_cmpint (dtype, ==, US_DTYPE_U8);
  g_assert_cmpuint (n_dims, ==, 2);
  g_assert_true (shape[0] == 1000 && shape[1] == 7);
  g_assert_false (us_npz_describe (npz, "nothing", &dtype, &n_dims, shape, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING);
}

static void
assert_refused (UsNpz         *npz,
                const char    *name,
                UsFormatError  code)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (us_npz_read (npz, name, 0, &error));
  g_assert_error (error, US_FORMAT_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, name));
  g_assert_nonnull (strstr (error->message, ".npz"));
}

static void
test_numpy_refused (void)
{
  g_autoptr(UsNpz) npz = open_data (packings[0]);
  g_autoptr(UsNpz) pickled = open_data ("core-numpy-object.npz");
  g_autoptr(GError) text = NULL;
  g_autoptr(GError) large = NULL;
  g_autoptr(UsArray) theta = us_npz_read (pickled, "theta", 0, NULL);

  assert_refused (npz, "complex", US_FORMAT_ERROR_UNSUPPORTED);
  assert_refused (npz, "half", US_FORMAT_ERROR_UNSUPPORTED);
  assert_refused (npz, "record", US_FORMAT_ERROR_UNSUPPORTED);
  assert_refused (npz, "names", US_FORMAT_ERROR_UNSUPPORTED);
  assert_refused (npz, "missing", US_FORMAT_ERROR_MISSING);
  assert_refused (pickled, "x", US_FORMAT_ERROR_UNSUPPORTED);
  g_assert_cmpuint (theta->n_elements, ==, 3);
  g_assert_null (us_npz_read_strings (npz, "vector", &text));
  g_assert_error (text, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED);
  g_assert_null (us_npz_read (npz, "rows", 6999, &large));
  g_assert_error (large, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE);
}

static void
assert_rows (UsNpz *npz,
             gsize  first,
             gsize  count)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsArray) rows = us_npz_read_rows (npz, "rows", first, count, &error);

  g_assert_no_error (error);
  g_assert_true (rows->shape[0] == count && rows->shape[1] == 7);
  for (gsize i = 0; i < rows->n_elements; i++)
    g_assert_cmpuint (((guint8 *) rows->data)[i], ==, (first * 7 + i) % 251);
}

static void
test_rows (void)
{
  for (guint p = 0; p < G_N_ELEMENTS (packings); p++)
    {
      g_autoptr(UsNpz) npz = open_data (packings[p]);
      g_autoptr(GError) beyond = NULL;
      g_autoptr(GError) overflow = NULL;
      g_autoptr(GError) scalar = NULL;
      g_autoptr(UsArray) middle = NULL;
      UsRng rng;

      for (gsize first = 0; first < 1000; first += 100)    /* forward, to the end */
        assert_rows (npz, first, 100);
      assert_rows (npz, 0, 1000);
      assert_rows (npz, 1000, 0);
      assert_rows (npz, 990, 10);
      us_rng_init (&rng, 1, US_RNG_TEST, 0);
      for (int i = 0; i < 100; i++)                        /* back and forth */
        {
          gsize first = us_rng_below (&rng, 1000);

          assert_rows (npz, first, us_rng_below (&rng, 1001 - first));
        }

      g_assert_null (us_npz_read_rows (npz, "rows", 990, 11, &beyond));
      g_assert_error (beyond, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
      g_assert_null (us_npz_read_rows (npz, "rows", 2, G_MAXSIZE, &overflow));
      g_assert_error (overflow, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
      g_assert_null (us_npz_read_rows (npz, "scalar", 0, 1, &scalar));
      g_assert_error (scalar, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);

      /* column-major and big-endian alike */
      middle = us_npz_read_rows (npz, "fortran_3", 1, 1, NULL);
      for (gsize i = 0; i < 12; i++)
        g_assert_cmpint (((gint16 *) middle->data)[i], ==, 5 * (12 + (int) i) - 50);
    }
}

/* Headers */

static void
test_headers_read (void)
{
  static const char *const good[] = {
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
    "{'shape': (2,3,), 'fortran_order': False, 'descr': '=f4'}",
    "  { \"descr\" : \"<f4\" ,\n\"fortran_order\":False, \"shape\":(2L, 3L) }  \n",
    "{'descr': '<f4', 'fortran_order': True, 'shape': (6,), }",
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GBytes) bytes = make_npy (good[i], 24);
      g_autoptr(UsArray) array = us_npy_parse (bytes, "good.npy", 0, &error);

      g_assert_no_error (error);
      g_assert_cmpuint (array->n_elements, ==, 6);
    }
}

static void
test_headers_refused (void)
{
  static const struct { const char *dictionary; UsFormatError code; } bad[] = {
    { "", US_FORMAT_ERROR_SYNTAX },
    { "{}", US_FORMAT_ERROR_SYNTAX },
    { "{'descr': '<f4', 'fortran_order': False}", US_FORMAT_ERROR_SYNTAX },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)", US_FORMAT_ERROR_SYNTAX },
    { "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2, 3)}", US_FORMAT_ERROR_SYNTAX },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3)}", US_FORMAT_ERROR_SYNTAX },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (2.5, 3)}", US_FORMAT_ERROR_SYNTAX },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': 6}", US_FORMAT_ERROR_SYNTAX },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'shape': (3,)}", US_FORMAT_ERROR_SYNTAX },
    { "{'descr': __import__('os').system('x'), 'fortran_order': False, 'shape': (2, 3)}", US_FORMAT_ERROR_SYNTAX },
    { "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3)}", US_FORMAT_ERROR_UNSUPPORTED },
    { "{'descr': '|O', 'fortran_order': False, 'shape': (2, 3)}", US_FORMAT_ERROR_UNSUPPORTED },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", US_FORMAT_ERROR_UNSUPPORTED },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (7,)}", US_FORMAT_ERROR_TRUNCATED },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}", US_FORMAT_ERROR_TRUNCATED },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", US_FORMAT_ERROR_TRUNCATED },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999,)}", US_FORMAT_ERROR_SYNTAX },
    { "{'descr': '<U9223372036854775807', 'fortran_order': False, 'shape': (2,)}", US_FORMAT_ERROR_UNSUPPORTED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GBytes) bytes = make_npy (bad[i].dictionary, 24);

      g_assert_null (us_npy_parse (bytes, "bad.npy", 0, &error));
      g_assert_error (error, US_FORMAT_ERROR, (int) bad[i].code);
      g_assert_true (g_str_has_prefix (error->message, "bad.npy: "));
    }
}

/* Versions 2 and 3 have four bytes of length, version 4 does not exist. */
static void
test_versions (void)
{
  static const char dictionary[] = "{'descr': '<i4', 'fortran_order': False, 'shape': (1,)}\n";

  for (guint8 version = 0; version <= 4; version++)
    {
      g_autoptr(GByteArray) array = g_byte_array_new ();
      g_autoptr(GBytes) bytes = NULL;
      g_autoptr(GError) error = NULL;
      g_autoptr(UsArray) read = NULL;
      guint32 length = sizeof dictionary - 1, value = 77;

      g_byte_array_append (array, (const guint8 *) "\x93NUMPY", 6);
      g_byte_array_append (array, &version, 1);
      g_byte_array_append (array, (const guint8 *) "", 1);
      g_byte_array_append (array, (const guint8 *) &length, version == 1 ? 2 : 4);
      g_byte_array_append (array, (const guint8 *) dictionary, length);
      g_byte_array_append (array, (const guint8 *) &value, 4);
      bytes = g_bytes_new (array->data, array->len);
      read = us_npy_parse (bytes, "v.npy", 0, &error);
      if (version >= 1 && version <= 3)
        {
          g_assert_no_error (error);
          g_assert_cmpint (*(gint32 *) read->data, ==, 77);
        }
      else
        {
          g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED);
        }
    }
}

/* A bool that is neither 0 nor 1 is 1. */
static void
test_bool_bytes (void)
{
  g_autoptr(GBytes) zeros = make_npy ("{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}", 2);
  g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (zeros, NULL), g_bytes_get_size (zeros));
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(UsArray) array = NULL;

  data[g_bytes_get_size (zeros) - 1] = 200;
  bytes = g_bytes_new (data, g_bytes_get_size (zeros));
  array = us_npy_parse (bytes, "b.npy", 0, NULL);
  g_assert_cmpuint (((guint8 *) array->data)[0], ==, 0);
  g_assert_cmpuint (((guint8 *) array->data)[1], ==, 1);
}

/* Damage: an error or an array, never more */

static void
test_npy_damaged (void)
{
  g_autoptr(GBytes) whole = make_npy ("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }", 12);
  const guint8 *data = g_bytes_get_data (whole, NULL);
  gsize n = g_bytes_get_size (whole);
  UsRng rng;

  for (gsize length = 0; length < n; length++)
    {
      g_autofree guint8 *copy = g_memdup2 (data, length);    /* of this size, for the sanitizer */
      g_autoptr(GBytes) cut = g_bytes_new_static (copy, length);
      g_autoptr(GError) error = NULL;

      g_assert_null (us_npy_parse (cut, "cut.npy", 0, &error));
      g_assert_nonnull (error);
      g_assert_true (error->domain == US_FORMAT_ERROR);
    }

  us_rng_init (&rng, 2, US_RNG_TEST, 0);
  for (int i = 0; i < 20000; i++)
    {
      g_autofree guint8 *copy = g_memdup2 (data, n);
      g_autoptr(GBytes) bytes = NULL;
      g_autoptr(GError) error = NULL;
      g_autoptr(UsArray) array = NULL;

      for (int k = 0; k <= i % 3; k++)
        copy[us_rng_below (&rng, n)] = (guint8) us_rng_u32 (&rng);
      bytes = g_bytes_new_static (copy, n);
      array = us_npy_parse (bytes, "flipped.npy", 1 << 20, &error);
      g_assert_true ((array == NULL) == (error != NULL));
    }
}

/* Everything that can be asked of a file that may be damaged. */
static void
use_everything (const char *path)
{
  g_autoptr(GError) open_error = NULL;
  g_autoptr(UsNpz) npz = us_npz_open (path, &open_error);
  g_auto(GStrv) names = NULL;

  g_assert_true ((npz == NULL) == (open_error != NULL));
  if (npz == NULL)
    return;

  names = us_npz_names (npz);
  for (gsize i = 0; names[i] != NULL; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GError) rows_error = NULL;
      g_autoptr(GError) text_error = NULL;
      g_autoptr(UsArray) array = us_npz_read (npz, names[i], 1 << 20, &error);
      g_autoptr(UsArray) rows = us_npz_read_rows (npz, names[i], 1, 2, &rows_error);
      g_auto(GStrv) texts = us_npz_read_strings (npz, names[i], &text_error);

      g_assert_true ((array == NULL) == (error != NULL));
      g_assert_true ((rows == NULL) == (rows_error != NULL));
      g_assert_true ((texts == NULL) == (text_error != NULL));
    }
}

static void
write_small_npz (const char *path,
                 gboolean    compress)
{
  static const gsize shape[] = { 4, 3 };
  static const char *const names[] = { "theta", "x" };
  g_autoptr(UsArray) theta = us_array_new (US_DTYPE_F64, 2, shape);
  g_autoptr(UsArray) x = us_array_new (US_DTYPE_U8, 2, shape);
  UsArray *arrays[] = { theta, x };
  g_autoptr(GError) error = NULL;

  for (gsize i = 0; i < 12; i++)
    {
      ((double *) theta->data)[i] = i / 3.0;
      ((guint8 *) x->data)[i] = (guint8) (i * 20);
    }
  us_npz_write (path, 2, names, arrays, compress, &error);
  g_assert_no_error (error);
}

static void
test_npz_damaged (void)
{
  g_autofree char *path = temporary_path ();

  for (int compress = 0; compress < 2; compress++)
    {
      g_autoptr(GBytes) whole = NULL;
      const guint8 *data;
      gsize n;
      UsRng rng;

      write_small_npz (path, compress);
      whole = us_file_read (path, 1 << 20, NULL);
      data = g_bytes_get_data (whole, &n);
      for (gsize length = 0; length < n; length++)
        {
          g_autoptr(GError) error = NULL;

          put_contents (path, data, length);
          g_assert_null (us_npz_open (path, &error));
          g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX);
        }

      us_rng_init (&rng, 3, US_RNG_TEST, (guint64) compress);
      for (gsize i = 0; i < 3000; i++)
        {
          g_autofree guint8 *copy = g_memdup2 (data, n);

          copy[i < n ? i : us_rng_below (&rng, n)] ^= (guint8) (1 + us_rng_below (&rng, 255));
          put_contents (path, copy, n);
          use_everything (path);
        }
    }
  remove_temporary (path);
}

/* One flipped bit among the elements is found by the checksum. */
static void
test_checksum (void)
{
  g_autofree char *path = temporary_path ();
  g_autofree char *contents = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) rows_error = NULL;
  g_autoptr(UsNpz) npz = NULL;
  char *header;
  gsize n;

  write_small_npz (path, FALSE);
  g_assert_true (g_file_get_contents (path, &contents, &n, NULL));
  header = memmem (contents, n, "\x93NUMPY", 6);
  header[128 + 10] ^= 1;    /* the header has 128 bytes */
  g_assert_true (g_file_set_contents (path, contents, (gssize) n, NULL));
  npz = us_npz_open (path, NULL);
  g_assert_null (us_npz_read (npz, "theta", 0, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX);
  g_assert_null (us_npz_read_rows (npz, "theta", 0, 4, &rows_error));
  g_assert_error (rows_error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX);
  remove_temporary (path);
}

/* Writing */

static void
test_npy_round_trip (void)
{
  g_autofree char *path = temporary_path ();
  static const gsize shape[] = { 5, 1, 3 };

  for (UsDtype dtype = US_DTYPE_F32; dtype <= US_DTYPE_BOOL; dtype++)
    for (guint n_dims = 0; n_dims <= 3; n_dims++)
      {
        g_autoptr(GError) error = NULL;
        g_autoptr(UsArray) array = us_array_new (dtype, n_dims, shape);
        g_autoptr(UsArray) back = NULL;
        UsRng rng;

        us_rng_init (&rng, 4, US_RNG_TEST, dtype);
        for (gsize i = 0; i < us_array_n_bytes (array); i++)
          ((guint8 *) array->data)[i] = (guint8) (dtype == US_DTYPE_BOOL ? us_rng_u32 (&rng) & 1 : us_rng_u32 (&rng));
        g_assert_true (us_npy_write (path, array, &error));
        back = us_npy_read (path, 0, &error);
        g_assert_no_error (error);
        g_assert_cmpint (back->dtype, ==, dtype);
        g_assert_cmpuint (back->n_dims, ==, n_dims);
        g_assert_cmpmem (back->data, us_array_n_bytes (back), array->data, us_array_n_bytes (array));
      }
  remove_temporary (path);
}

/* Byte for byte what numpy.save (1.24) writes for numpy.float32 ([[1, 2]]). */
static void
test_npy_bytes (void)
{
  static const gsize shape[] = { 1, 2 };
  g_autofree char *path = temporary_path ();
  g_autofree char *expected_header = g_strdup_printf ("\x93NUMPY%c%c%c%c%-117s\n", 1, 'v', 'v', 'h',
                                                      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }");
  g_autofree char *contents = NULL;
  g_autoptr(UsArray) array = us_array_new (US_DTYPE_F32, 2, shape);
  gsize n;

  ((float *) array->data)[0] = 1.0f;
  ((float *) array->data)[1] = 2.0f;
  g_assert_true (us_npy_write (path, array, NULL));
  g_assert_true (g_file_get_contents (path, &contents, &n, NULL));
  g_assert_cmpuint (n, ==, 128 + 8);
  expected_header[7] = 0;
  expected_header[8] = 118;
  expected_header[9] = 0;
  g_assert_cmpmem (contents, 128, expected_header, 128);
  g_assert_cmpmem (contents + 128, 8, "\0\0\x80\x3f\0\0\0\x40", 8);
  remove_temporary (path);
}

static void
test_npz_round_trip (void)
{
  g_autofree char *path = temporary_path ();

  for (int compress = 0; compress < 2; compress++)
    {
      g_autoptr(GBytes) once = NULL;
      g_autoptr(GBytes) again = NULL;
      g_autoptr(UsNpz) npz = NULL;
      g_autoptr(UsArray) theta = NULL;
      g_autoptr(UsArray) x = NULL;
      g_auto(GStrv) names = NULL;

      write_small_npz (path, compress);
      once = us_file_read (path, 1 << 20, NULL);
      write_small_npz (path, compress);
      again = us_file_read (path, 1 << 20, NULL);
      g_assert_true (g_bytes_equal (once, again));    /* no date, no random name inside */

      npz = us_npz_open (path, NULL);
      names = us_npz_names (npz);
      g_assert_cmpuint (g_strv_length (names), ==, 2);
      theta = us_npz_read (npz, "theta", 0, NULL);
      x = us_npz_read (npz, "x", 0, NULL);
      for (gsize i = 0; i < 12; i++)
        {
          g_assert_cmpfloat (((double *) theta->data)[i], ==, i / 3.0);
          g_assert_cmpuint (((guint8 *) x->data)[i], ==, i * 20);
        }
    }
  remove_temporary (path);
}

/* The disk runs full: the old file stays, nothing else does. */
static void
test_npz_full (void)
{
  static const gsize shape[] = { 1 << 18 };
  static const char *const names[] = { "x" };
  g_autofree char *path = temporary_path ();
  g_autoptr(UsArray) x = us_array_new (US_DTYPE_U8, 1, shape);
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) before = NULL;
  g_autoptr(GBytes) after = NULL;
  struct rlimit old, small;
  void (*old_handler) (int);

  write_small_npz (path, FALSE);
  before = us_file_read (path, 1 << 20, NULL);

  old_handler = signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &old), ==, 0);
  small = (struct rlimit) { 100000, old.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  g_assert_false (us_npz_write (path, 1, names, &x, FALSE, &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &old), ==, 0);
  signal (SIGXFSZ, old_handler);

  g_assert_nonnull (error);
  g_assert_true (error->domain == G_IO_ERROR);
  after = us_file_read (path, 1 << 20, NULL);
  g_assert_true (g_bytes_equal (before, after));
  remove_temporary (path);
}

static void
test_refused_paths (void)
{
  g_autoptr(GError) missing = NULL;
  g_autoptr(GError) folder = NULL;
  g_autoptr(GError) nowhere = NULL;
  g_autoptr(GError) device = NULL;
  g_autoptr(UsArray) x = us_array_new (US_DTYPE_U8, 0, NULL);
  static const char *const names[] = { "x" };

  g_assert_null (us_npz_open ("/no/such/file.npz", &missing));
  g_assert_error (missing, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_null (us_npz_open (g_get_tmp_dir (), &folder));
  g_assert_error (folder, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  g_assert_false (us_npz_write ("/no/such/file.npz", 1, names, &x, FALSE, &nowhere));
  g_assert_error (nowhere, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_false (us_npz_write ("/dev/null", 1, names, &x, FALSE, &device));
  g_assert_error (device, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE);
}

/* Larger files by NumPy, where they are at hand: rows in pieces are the whole,
 * and the number of set pixels is what numpy counted. */
static void
test_shared (void)
{
  static const struct { const char *file; gsize n, step; guint64 sum; } sets[] = {
    { "dsprites_like_240_stored.npz", 240, 7, 41738 },
    { "dsprites_real_320.npz", 320, 100, 77010 },
    { "dsprites_like_46080.npz", 46080, 5000, 8030166 },
  };

  for (guint k = 0; k < G_N_ELEMENTS (sets); k++)
    {
      g_autofree char *path = g_build_filename (US_TEST_SHARED_DATA, "dsprites", sets[k].file, NULL);
      g_autoptr(GError) error = NULL;
      g_autoptr(UsNpz) npz = NULL;
      g_autoptr(UsArray) last = NULL;
      gsize shape[US_ARRAY_MAX_DIMS];
      guint64 sum = 0;
      UsDtype dtype;
      guint n_dims;

      if (!g_file_test (path, G_FILE_TEST_EXISTS))
        {
          g_test_skip ("the shared data are not here");
          return;
        }

      npz = us_npz_open (path, &error);
      g_assert_true (us_npz_describe (npz, "imgs", &dtype, &n_dims, shape, &error));
      g_assert_true (dtype == US_DTYPE_U8 && n_dims == 3);
      g_assert_true (shape[0] == sets[k].n && shape[1] == 64 && shape[2] == 64);
      for (gsize first = 0; first < shape[0]; first += sets[k].step)
        {
          gsize count = MIN (sets[k].step, shape[0] - first);
          g_autoptr(UsArray) rows = us_npz_read_rows (npz, "imgs", first, count, &error);

          g_assert_no_error (error);
          for (gsize i = 0; i < rows->n_elements; i++)
            sum += ((guint8 *) rows->data)[i];
        }
      g_assert_cmpuint (sum, ==, sets[k].sum);
      last = us_npz_read_rows (npz, "latents_values", shape[0] - 1, 1, &error);
      g_assert_no_error (error);
      g_assert_cmpfloat (((double *) last->data)[0], ==, 1.0);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/npy/numpy/types", test_numpy_types);
  g_test_add_func ("/npy/numpy/kinds", test_numpy_kinds);
  g_test_add_func ("/npy/numpy/names", test_numpy_names);
  g_test_add_func ("/npy/numpy/describe", test_numpy_describe);
  g_test_add_func ("/npy/numpy/refused", test_numpy_refused);
  g_test_add_func ("/npy/rows", test_rows);
  g_test_add_func ("/npy/headers/read", test_headers_read);
  g_test_add_func ("/npy/headers/refused", test_headers_refused);
  g_test_add_func ("/npy/headers/versions", test_versions);
  g_test_add_func ("/npy/bool-bytes", test_bool_bytes);
  g_test_add_func ("/npy/damaged/npy", test_npy_damaged);
  g_test_add_func ("/npy/damaged/npz", test_npz_damaged);
  g_test_add_func ("/npy/damaged/checksum", test_checksum);
  g_test_add_func ("/npy/write/npy", test_npy_round_trip);
  g_test_add_func ("/npy/write/bytes", test_npy_bytes);
  g_test_add_func ("/npy/write/npz", test_npz_round_trip);
  g_test_add_func ("/npy/write/full", test_npz_full);
  g_test_add_func ("/npy/refused-paths", test_refused_paths);
  g_test_add_func ("/npy/shared", test_shared);

  return g_test_run ();
}
