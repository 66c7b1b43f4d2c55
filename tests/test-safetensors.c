/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-error.h"
#include "us-file.h"
#include "us-rng.h"
#include "us-safetensors.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

static char *
temporary_path (void)
{
  g_autofree char *folder = g_dir_make_tmp ("us-safetensors-XXXXXX", NULL);

  return g_build_filename (folder, "model.safetensors", NULL);
}

static void
remove_temporary (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  g_remove (path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* A new file each time: some file systems flush one that is cut and written anew. */
static void
put_contents (const char *path,
              const void *data,
              gsize       n)
{
  FILE *file;

  g_remove (path);
  file = g_fopen (path, "wb");
  g_assert_cmpuint (fwrite (data, 1, n, file), ==, n);
  g_assert_cmpint (fclose (file), ==, 0);
}

/* A file of this header and so many bytes of data: 0, 1, 2, … */
static void
put_file (const char *path,
          const char *header,
          gsize       header_length,
          gsize       n_data)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();
  guint64 length = header_length;

  g_byte_array_append (bytes, (const guint8 *) &length, 8);
  g_byte_array_append (bytes, (const guint8 *) header, (guint) header_length);
  for (gsize i = 0; i < n_data; i++)
    g_byte_array_append (bytes, &(guint8) { (guint8) i }, 1);
  put_contents (path, bytes->data, bytes->len);
}

static UsSafetensors *
make_example (void)
{
  static const gsize shapes[][3] = { { 2, 3, 4 }, { 7 }, { 3, 0 } };
  UsSafetensors *model = us_safetensors_new ();
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  for (UsDtype dtype = US_DTYPE_F32; dtype <= US_DTYPE_BOOL; dtype++)
    for (guint n_dims = 0; n_dims <= 3; n_dims++)
      {
        g_autofree char *name = g_strdup_printf ("layer “%s”.%u", us_dtype_name (dtype), n_dims);
        g_autoptr(UsArray) array = us_array_new (dtype, n_dims, n_dims > 0 ? shapes[3 - n_dims] : NULL);

        for (gsize i = 0; i < us_array_n_bytes (array); i++)
          ((guint8 *) array->data)[i] = (guint8) (us_rng_u32 (&rng) & (dtype == US_DTYPE_BOOL ? 1 : 0xff));
        us_safetensors_add (model, name, array);
      }
  us_safetensors_set_metadata (model, "simulator", "fourier");
  us_safetensors_set_metadata (model, "history", "{\"loss\": [1, 2],\n\t\"β\": \"\\\\\"}");
  us_safetensors_set_metadata (model, "", "empty key");
  us_safetensors_set_metadata (model, "simulator", "box");

  return model;
}

static void
test_round_trip (void)
{
  g_autofree char *path = temporary_path ();
  g_autoptr(GError) error = NULL;
  g_autoptr(UsSafetensors) model = make_example ();
  g_autoptr(UsSafetensors) back = NULL, head = NULL;
  g_auto(GStrv) names = us_safetensors_list (model);
  g_auto(GStrv) back_names = NULL;
  g_auto(GStrv) keys = us_safetensors_list_metadata (model);
  g_auto(GStrv) back_keys = NULL;

  g_assert_true (us_safetensors_write (model, path, &error));
  back = us_safetensors_read (path, 0, &error);
  g_assert_no_error (error);

  back_names = us_safetensors_list (back);
  g_assert_cmpuint (g_strv_length (names), ==, 44);
  g_assert_cmpuint (g_strv_length (back_names), ==, 44);
  for (gsize i = 0; names[i] != NULL; i++)
    {
      const UsArray *a = us_safetensors_get (model, names[i]);
      const UsArray *b = us_safetensors_get (back, names[i]);

      g_assert_nonnull (b);
      g_assert_true (a->dtype == b->dtype && a->n_dims == b->n_dims);
      for (guint d = 0; d < a->n_dims; d++)
        g_assert_cmpuint (a->shape[d], ==, b->shape[d]);
      g_assert_cmpmem (a->data, us_array_n_bytes (a), b->data, us_array_n_bytes (b));
    }

  back_keys = us_safetensors_list_metadata (back);
  g_assert_true (g_strv_equal ((const char *const *) keys, (const char *const *) back_keys));
  for (gsize i = 0; keys[i] != NULL; i++)
    g_assert_cmpstr (us_safetensors_get_metadata (model, keys[i]), ==, us_safetensors_get_metadata (back, keys[i]));
  g_assert_cmpstr (us_safetensors_get_metadata (back, "simulator"), ==, "box");
  g_assert_null (us_safetensors_get_metadata (back, "nothing"));
  g_assert_null (us_safetensors_get (back, "nothing"));

  head = us_safetensors_read_head (path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (us_safetensors_get_metadata (head, "simulator"), ==, "box");
  g_assert_null (us_safetensors_get (head, names[0]));
  remove_temporary (path);
}

/* Where only the header is wanted, a long one is refused before memory is taken; a file that ends too early is, too. */
static void
test_head (void)
{
  static const char short_header[] = "{\"a\":{\"dtype\":\"U8\",\"shape\":[9],\"data_offsets\":[0,9]}}";
  const guint64 length = (guint64) 65 << 20;
  g_autofree char *path = temporary_path (), *text = g_malloc (5 << 20);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsSafetensors) head = NULL;

  /* the length says it, little of it is there: SYNTAX is of what is too long, TRUNCATED of what is not there */
  put_contents (path, (const guint8 *) &length, sizeof length);
  g_assert_null (us_safetensors_read_head (path, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX);
  g_clear_error (&error);

  /* longer than most */
  memset (text, ' ', 5 << 20);
  memcpy (text, "{}", 2);
  put_file (path, text, 5 << 20, 0);
  head = us_safetensors_read_head (path, &error);
  g_assert_no_error (error);
  g_assert_nonnull (head);

  put_file (path, short_header, strlen (short_header), 8);
  g_assert_null (us_safetensors_read_head (path, &error));
  g_assert_nonnull (error);
  remove_temporary (path);
}

/* What is written twice is the same, and what is read and written again too. */
static void
test_same_bytes (void)
{
  g_autofree char *path = temporary_path ();
  g_autoptr(UsSafetensors) model = make_example ();
  g_autoptr(UsSafetensors) back = NULL;
  g_autoptr(GBytes) first = NULL;
  g_autoptr(GBytes) second = NULL;
  guint64 header_length;

  g_assert_true (us_safetensors_write (model, path, NULL));
  first = us_file_read (path, 1 << 20, NULL);
  memcpy (&header_length, g_bytes_get_data (first, NULL), 8);
  g_assert_cmpuint (header_length % 8, ==, 0);
  back = us_safetensors_read (path, 0, NULL);
  g_assert_true (us_safetensors_write (back, path, NULL));
  second = us_file_read (path, 1 << 20, NULL);
  g_assert_true (g_bytes_equal (first, second));
  remove_temporary (path);
}

/* A file put together by the format's own description. */
static void
test_by_hand (void)
{
  static const char header[] =
    "{\"__metadata__\":{\"format\":\"pt\"},"
    "\"late\":{\"dtype\":\"U8\",\"shape\":[2,1],\"data_offsets\":[4,6]},"
    "\"early\":{\"dtype\":\"I16\",\"shape\":[2],\"data_offsets\":[0,4]},"
    "\"none\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]},"
    "\"flag\":{\"dtype\":\"BOOL\",\"shape\":[],\"data_offsets\":[6,7]}}   ";
  g_autofree char *path = temporary_path ();
  g_autoptr(GError) error = NULL;
  g_autoptr(UsSafetensors) model = NULL;
  g_auto(GStrv) names = NULL;
  static const char *const order[] = { "early", "none", "late", "flag", NULL };

  put_file (path, header, strlen (header), 7);
  model = us_safetensors_read (path, 0, &error);
  g_assert_no_error (error);
  names = us_safetensors_list (model);
  g_assert_true (g_strv_equal ((const char *const *) names, order));
  g_assert_cmpint (((gint16 *) us_safetensors_get (model, "early")->data)[1], ==, 0x0302);
  g_assert_cmpint (((guint8 *) us_safetensors_get (model, "late")->data)[1], ==, 5);
  g_assert_cmpint (((guint8 *) us_safetensors_get (model, "flag")->data)[0], ==, 1);    /* was 6 */
  g_assert_cmpuint (us_safetensors_get (model, "none")->n_elements, ==, 0);
  g_assert_cmpstr (us_safetensors_get_metadata (model, "format"), ==, "pt");
  remove_temporary (path);
}

static void
test_refused (void)
{
#define TENSOR(dtype, shape, offsets) "{\"t\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}}"
  static const struct { const char *header; UsFormatError code; } bad[] = {
    { "", US_FORMAT_ERROR_SYNTAX },
    { "[]", US_FORMAT_ERROR_SYNTAX },
    { "{", US_FORMAT_ERROR_SYNTAX },
    { "{}", US_FORMAT_ERROR_SYNTAX },    /* 8 bytes belong to nobody */
    { "{\"t\": 5}", US_FORMAT_ERROR_SYNTAX },
    { "{\"__metadata__\": 5}", US_FORMAT_ERROR_SYNTAX },
    { "{\"__metadata__\": {\"a\": 5}}", US_FORMAT_ERROR_SYNTAX },
    { "{\"__metadata__\": {\"a\": {}}}", US_FORMAT_ERROR_SYNTAX },
    { "{\"\xff\": 5}", US_FORMAT_ERROR_SYNTAX },
    { TENSOR ("5", "[8]", "[0,8]"), US_FORMAT_ERROR_SYNTAX },
    { TENSOR ("\"F16\"", "[4]", "[0,8]"), US_FORMAT_ERROR_UNSUPPORTED },
    { TENSOR ("\"U8\"", "8", "[0,8]"), US_FORMAT_ERROR_SYNTAX },
    { TENSOR ("\"U8\"", "[8.0]", "[0,8]"), US_FORMAT_ERROR_SYNTAX },
    { TENSOR ("\"U8\"", "[-8]", "[0,8]"), US_FORMAT_ERROR_SYNTAX },
    { TENSOR ("\"U8\"", "[[8]]", "[0,8]"), US_FORMAT_ERROR_SYNTAX },
    { TENSOR ("\"U8\"", "[1,1,1,1,1,1,1,1,8]", "[0,8]"), US_FORMAT_ERROR_UNSUPPORTED },
    { TENSOR ("\"U8\"", "[8]", "[0]"), US_FORMAT_ERROR_SYNTAX },
    { TENSOR ("\"U8\"", "[8]", "[0,8,8]"), US_FORMAT_ERROR_SYNTAX },
    { TENSOR ("\"U8\"", "[8]", "[8,0]"), US_FORMAT_ERROR_SHAPE },
    { TENSOR ("\"U8\"", "[7]", "[0,8]"), US_FORMAT_ERROR_SHAPE },
    { TENSOR ("\"U8\"", "[4294967296,4294967296]", "[0,0]"), US_FORMAT_ERROR_SHAPE },
    { TENSOR ("\"F64\"", "[2305843009213693953]", "[0,8]"), US_FORMAT_ERROR_SHAPE },
    { TENSOR ("\"U8\"", "[9]", "[0,9]"), US_FORMAT_ERROR_TRUNCATED },
    { TENSOR ("\"U8\"", "[1000000000000]", "[0,1000000000000]"), US_FORMAT_ERROR_TRUNCATED },
    { TENSOR ("\"U8\"", "[7]", "[1,8]"), US_FORMAT_ERROR_SYNTAX },    /* a gap */
    { TENSOR ("\"U8\"", "[7]", "[0,7]"), US_FORMAT_ERROR_SYNTAX },    /* a rest */
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[0,5]},"
      "\"b\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[3,8]}}", US_FORMAT_ERROR_SYNTAX },
  };
#undef TENSOR
  g_autofree char *path = temporary_path ();

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;

      put_file (path, bad[i].header, strlen (bad[i].header), 8);
      g_assert_null (us_safetensors_read (path, 0, &error));
      g_assert_error (error, US_FORMAT_ERROR, (int) bad[i].code);
      g_assert_true (g_str_has_prefix (error->message, path));
    }
  remove_temporary (path);
}

/* Lengths that lie, and brackets deep enough to overrun a parser's stack. */
static void
test_hostile (void)
{
  static const guint64 lengths[] = { 9, 1 << 20, (guint64) 101 << 20, G_MAXINT64, G_MAXUINT64 };
  const gsize depth = 5000000;
  g_autofree char *path = temporary_path ();
  g_autofree char *deep = g_malloc (depth);
  g_autoptr(GError) deep_error = NULL;
  g_autoptr(GError) large = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autoptr(GError) error = NULL;
      char bytes[16] = "........{}      ";

      memcpy (bytes, &lengths[i], 8);
      put_contents (path, bytes, sizeof bytes);
      g_assert_null (us_safetensors_read (path, 0, &error));
      g_assert_true (error->domain == US_FORMAT_ERROR);
    }

  memset (deep, '[', depth);
  memcpy (deep, "{\"a\":", 5);
  put_file (path, deep, depth, 0);
  g_assert_null (us_safetensors_read (path, 0, &deep_error));
  g_assert_error (deep_error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX);

  g_assert_null (us_safetensors_read (path, 1000, &large));
  g_assert_error (large, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE);
  remove_temporary (path);
}

static void
test_damaged (void)
{
  static const gsize shape[] = { 3, 2 };
  g_autofree char *path = temporary_path ();
  g_autoptr(UsSafetensors) model = us_safetensors_new ();
  g_autoptr(UsArray) weights = us_array_new (US_DTYPE_F32, 2, shape);
  g_autoptr(UsArray) flags = us_array_new (US_DTYPE_BOOL, 1, shape);
  g_autoptr(GBytes) whole = NULL;
  const guint8 *data;
  UsRng rng;
  gsize n;

  us_safetensors_add (model, "w", weights);
  us_safetensors_add (model, "f", flags);
  us_safetensors_set_metadata (model, "key", "value");
  g_assert_true (us_safetensors_write (model, path, NULL));
  whole = us_file_read (path, 1 << 20, NULL);
  data = g_bytes_get_data (whole, &n);

  for (gsize length = 0; length < n; length++)
    {
      g_autoptr(GError) error = NULL;

      put_contents (path, data, length);
      g_assert_null (us_safetensors_read (path, 0, &error));
      g_assert_true (error->domain == US_FORMAT_ERROR);
    }

  us_rng_init (&rng, 2, US_RNG_TEST, 0);
  for (gsize i = 0; i < 5000; i++)
    {
      g_autofree guint8 *copy = g_memdup2 (data, n);
      g_autoptr(GError) error = NULL;
      g_autoptr(UsSafetensors) read = NULL;

      for (gsize k = 0; k <= i % 2; k++)
        copy[us_rng_below (&rng, n)] = (guint8) (i % 3 > 0 ? 32 + us_rng_below (&rng, 96) : us_rng_u32 (&rng));
      put_contents (path, copy, n);
      read = us_safetensors_read (path, 1 << 20, &error);
      g_assert_true ((read == NULL) == (error != NULL));
    }
  remove_temporary (path);
}

static void
test_paths (void)
{
  g_autoptr(GError) missing = NULL;
  g_autoptr(GError) nowhere = NULL;
  g_autoptr(UsSafetensors) empty = us_safetensors_new ();
  g_autoptr(UsSafetensors) back = NULL;
  g_autofree char *path = temporary_path ();

  g_assert_null (us_safetensors_read ("/no/such.safetensors", 0, &missing));
  g_assert_error (missing, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_false (us_safetensors_write (empty, "/no/such.safetensors", &nowhere));
  g_assert_error (nowhere, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  g_assert_true (us_safetensors_write (empty, path, NULL));
  back = us_safetensors_read (path, 0, NULL);
  g_assert_nonnull (back);
  remove_temporary (path);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/safetensors/round-trip", test_round_trip);
  g_test_add_func ("/safetensors/head", test_head);
  g_test_add_func ("/safetensors/same-bytes", test_same_bytes);
  g_test_add_func ("/safetensors/by-hand", test_by_hand);
  g_test_add_func ("/safetensors/refused", test_refused);
  g_test_add_func ("/safetensors/hostile", test_hostile);
  g_test_add_func ("/safetensors/damaged", test_damaged);
  g_test_add_func ("/safetensors/paths", test_paths);

  return g_test_run ();
}
