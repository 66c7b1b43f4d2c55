/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of pictures as files: what is refused, what is kept in the cache, how much memory it takes. */
#include "config.h"

#include "dataset-small.h"
#include "us-bank.h"
#include "us-dataset-private.h"
#include "us-prior.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>

#define SIZE 64

/* ---- what is refused ---- */

typedef struct
{
  const char *says;
  int         code;
  UsDtype     picture_dtype, value_dtype;
  gsize       picture_shape[4];
  guint       n_picture_dims;
  gsize       value_shape[2];
  double      first;              /* of the values */
  const char *picture_name;
} Refusal;

static const Refusal refusals[] = {
  { "no array “imgs”; expected “imgs” and “latents_values”, found: pictures, latents_values", US_FORMAT_ERROR_MISSING,
    US_DTYPE_U8, US_DTYPE_F64, { 4, 2, 2 }, 3, { 4, 2 }, 0, "pictures" },
  { "array “imgs” holds float32; expected uint8", US_FORMAT_ERROR_UNSUPPORTED,
    US_DTYPE_F32, US_DTYPE_F64, { 4, 2, 2 }, 3, { 4, 2 }, 0, "imgs" },
  { "array “latents_values” holds int64; expected float64", US_FORMAT_ERROR_UNSUPPORTED,
    US_DTYPE_U8, US_DTYPE_I64, { 4, 2, 2 }, 3, { 4, 2 }, 0, "imgs" },
  { "array “imgs” has the shape (4, 4); expected (pictures, height, width)", US_FORMAT_ERROR_SHAPE,
    US_DTYPE_U8, US_DTYPE_F64, { 4, 4 }, 2, { 4, 2 }, 0, "imgs" },
  { "array “imgs” has the shape (4, 2, 2, 2); expected", US_FORMAT_ERROR_SHAPE,
    US_DTYPE_U8, US_DTYPE_F64, { 4, 2, 2, 2 }, 4, { 4, 2 }, 0, "imgs" },
  { "array “imgs” has the shape (4, 0, 2); expected", US_FORMAT_ERROR_SHAPE,
    US_DTYPE_U8, US_DTYPE_F64, { 4, 0, 2 }, 3, { 4, 2 }, 0, "imgs" },
  { "array “imgs” has 3 pictures, “latents_values” has 4 rows", US_FORMAT_ERROR_SHAPE,
    US_DTYPE_U8, US_DTYPE_F64, { 3, 2, 2 }, 3, { 4, 2 }, 0, "imgs" },
  { "array “latents_values” has the shape (4, 0); expected (pictures, factors)", US_FORMAT_ERROR_SHAPE,
    US_DTYPE_U8, US_DTYPE_F64, { 4, 2, 2 }, 3, { 4, 0 }, 0, "imgs" },
  { "array “latents_values” has the shape (4, 70); expected (pictures, factors), at most 64", US_FORMAT_ERROR_SHAPE,
    US_DTYPE_U8, US_DTYPE_F64, { 4, 2, 2 }, 3, { 4, 70 }, 0, "imgs" },
  { "row 1, column 1 is not a finite number", US_FORMAT_ERROR_VALUE,
    US_DTYPE_U8, US_DTYPE_F64, { 4, 2, 2 }, 3, { 4, 2 }, NAN, "imgs" },
  { "3 × 2 = 6 combinations, expected each once, but there are 4 rows", US_FORMAT_ERROR_SHAPE,
    US_DTYPE_U8, US_DTYPE_F64, { 4, 2, 2 }, 3, { 4, 2 }, 7, "imgs" },
};

static void
write_arrays (const char    *path,
              const Refusal *what,
              UsArray      **pictures,
              UsArray      **values)
{
  const char *const names[] = { what->picture_name, "latents_values" };
  g_autoptr(GError) error = NULL;

  *pictures = us_array_new (what->picture_dtype, what->n_picture_dims, what->picture_shape);
  *values = us_array_new (what->value_dtype, 2, what->value_shape);
  if (what->value_dtype == US_DTYPE_F64 && what->value_shape[1] == 2)
    for (gsize i = 0; i < 8; i++)
      ((double *) (*values)->data)[i] = i == 0 ? what->first : i % 2 == 0 ? (double) (i / 4) : (double) (i / 2 % 2);
  us_npz_write (path, 2, names, (UsArray *[]) { *pictures, *values }, TRUE, &error);
  g_assert_no_error (error);
}

static void
test_refused (void)
{
  const Refusal fine = { NULL, 0, US_DTYPE_U8, US_DTYPE_F64, { 4, 2, 2 }, 3, { 4, 2 }, 0, "imgs" };
  g_autofree char *good = in_folder ("good.npz");
  g_autoptr(UsArray) good_pictures = NULL, good_values = NULL;

  /* What each of them changes is all that is wrong. */
  write_arrays (good, &fine, &good_pictures, &good_values);
  open_set (good);

  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *name = g_strdup_printf ("refused-%zu.npz", i), *path = in_folder (name);
      g_autoptr(UsArray) pictures = NULL, values = NULL;

      write_arrays (path, &refusals[i], &pictures, &values);
      assert_refused (path, refusals[i].code, refusals[i].says);
    }
}

static void
test_refused_grids (void)
{
  const gsize n = 4;
  const struct { const char *says; int code; double values[8]; } cases[] = {
    { "rows 2 and 4 are the same combination", US_FORMAT_ERROR_VALUE, { 0, 0, 0, 1, 1, 0, 0, 1 } },
    { "no factor varies", US_FORMAT_ERROR_VALUE, { 1, 2, 1, 2, 1, 2, 1, 2 } },
    { "4 × 1 = 4", 0, { 0, 0, 1, 0, 2, 0, 3, 0 } },
  };
  const char *const names[] = { "imgs", "latents_values" };
  g_autoptr(UsArray) pictures = us_array_new (US_DTYPE_U8, 3, (gsize[]) { n, 2, 2 });

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strdup_printf ("grid-%zu.npz", i), *path = in_folder (name);
      g_autoptr(UsArray) values = us_array_new (US_DTYPE_F64, 2, (gsize[]) { n, 2 });
      g_autoptr(GError) error = NULL;

      memcpy (values->data, cases[i].values, sizeof cases[i].values);
      us_npz_write (path, 2, names, (UsArray *[]) { pictures, values }, FALSE, &error);
      g_assert_no_error (error);
      if (i < 2)
        assert_refused (path, cases[i].code, cases[i].says);
      else
        open_set (path);
    }
}

/* Of an array with a header of our own. */
static void
write_members (const char *path,
               guint       n_members,
               ...)       /* name, type and shape for the header, bytes after it */
{
  int code = 0;
  zip_t *zip = zip_open (path, ZIP_CREATE | ZIP_TRUNCATE, &code);
  va_list args;

  va_start (args, n_members);
  for (guint i = 0; i < n_members; i++)
    {
      const char *name = va_arg (args, const char *), *header = va_arg (args, const char *);
      gsize n_bytes = va_arg (args, gsize);
      gsize length = strlen (header);
      guint8 *bytes = g_malloc0 (10 + length + n_bytes);

      memcpy (bytes, "\x93NUMPY\x01\x00", 8);
      bytes[8] = (guint8) length;
      memcpy (bytes + 10, header, length);
      for (gsize b = 0; strcmp (name, "latents_values.npy") == 0 && b < n_bytes / 8; b++)
        ((guint8 *) bytes)[10 + length + 8 * b + 7] = b > 0 ? 0x3f : 0;   /* 0.0 and 0.0078… */
      g_assert_cmpint (zip_file_add (zip, name, zip_source_buffer (zip, bytes, 10 + length + n_bytes, 1), 0), >=, 0);
    }
  va_end (args);
  g_assert_cmpint (zip_close (zip), ==, 0);
}

static void
test_refused_members (void)
{
#define PICTURES_OK "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2), }\n"
#define VALUES_OK "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }\n"
  const struct { const char *pictures, *values, *classes; int code; const char *says; } cases[] = {
    { "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 2), }\n", VALUES_OK, NULL,
      US_FORMAT_ERROR_UNSUPPORTED, "array “imgs” is in column-major order" },
    { PICTURES_OK, "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 1), }\n", NULL,
      US_FORMAT_ERROR_UNSUPPORTED, "array “latents_values” is in column-major order" },
    { "{'descr': '|O', 'fortran_order': False, 'shape': (2, 2, 2), }\n", VALUES_OK, NULL,
      US_FORMAT_ERROR_UNSUPPORTED, "never opened" },
    { "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2000000, 2000000), }\n", VALUES_OK, NULL,
      US_FORMAT_ERROR_TRUNCATED, "only 8 bytes follow" },
    { PICTURES_OK, VALUES_OK, "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }\n",
      US_FORMAT_ERROR_SHAPE, "array “latents_classes” has the shape (1, 2); expected that of “latents_values”, (2, 1)" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strdup_printf ("members-%zu.npz", i), *path = in_folder (name);

      write_members (path, cases[i].classes != NULL ? 3 : 2, "imgs.npy", cases[i].pictures, (gsize) 8,
                     "latents_values.npy", cases[i].values, (gsize) 16, "latents_classes.npy",
                     cases[i].classes, (gsize) 2);
      assert_refused (path, cases[i].code, cases[i].says);
    }
}

/* One wrong byte among the pictures: the checksum says so, and nothing stays behind. */
static void
test_checksum (void)
{
  const Refusal fine = { NULL, 0, US_DTYPE_U8, US_DTYPE_F64, { 4, 40, 40 }, 3, { 4, 2 }, 0, "imgs" };
  g_autofree char *path = in_folder ("checksum.npz"), *text = NULL;
  g_autoptr(UsArray) pictures = NULL, values = NULL;
  const char *const names[] = { "imgs", "latents_values" };
  g_autoptr(GError) error = NULL;
  gsize length;

  write_arrays (path, &fine, &pictures, &values);
  us_npz_write (path, 2, names, (UsArray *[]) { pictures, values }, FALSE, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  text[1000] ^= 1;
  g_assert_true (g_file_set_contents (path, text, length, NULL));
  assert_refused (path, US_FORMAT_ERROR_SYNTAX, "CRC");
}

static void
test_missing (void)
{
  g_autofree char *path = in_folder ("nowhere.npz"), *empty = in_folder ("empty.npz"), *text = in_folder ("text.npz");
  g_autoptr(GError) error = NULL;

  g_assert_null (us_dataset_open (path, NULL, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (us_dataset_open (folder, NULL, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  g_assert_true (g_file_set_contents (empty, "", 0, NULL));
  assert_refused (empty, US_FORMAT_ERROR_SYNTAX, "empty");
  g_assert_true (g_file_set_contents (text, "no zip at all", -1, NULL));
  assert_refused (text, US_FORMAT_ERROR_SYNTAX, "zip");
}

/* ---- the cache ---- */

static void
test_cache (void)
{
  g_autofree char *path = in_folder ("cached.npz");
  g_autoptr(GError) error = NULL;
  FixtureSet set = small_set ();
  UsDatasetCache cache;
  UsDatasetKey key;

  fixture_write_set (path, &set);
  us_dataset_key_init (&key, path, &error);
  g_assert_no_error (error);
  g_assert_false (us_dataset_cache_open (&cache, &key));
  us_dataset_cache_make (&key, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (us_dataset_cache_open (&cache, &key));
  g_assert_cmpuint (cache.bits, ==, 1);
  g_assert_cmpuint (cache.stride, ==, 8);       /* 35 bits */
  g_assert_cmpuint (cache.grid.n_rows, ==, 12);
  us_dataset_cache_clear (&cache);

  /* Of another size or time it is another file. */
  key.mtime_ns++;
  g_assert_false (us_dataset_cache_open (&cache, &key));
  key.mtime_ns--;
  key.n_bytes++;
  g_assert_false (us_dataset_cache_open (&cache, &key));
  us_dataset_key_clear (&key);
}

/* A damaged cache is not used, whatever the damage; what is wrong only in a picture cannot be seen. */
static void
test_damaged_cache (void)
{
  g_autofree char *path = in_folder ("damaged.npz"), *name = NULL, *cached = NULL, *whole = NULL, *sum = NULL;
  g_autoptr(GError) error = NULL;
  FixtureSet set = small_set ();
  gsize order[12], length, n_refused = 0;
  UsDatasetCache cache;
  UsDatasetKey key;

  for (gsize i = 0; i < 12; i++)
    order[i] = 11 - i;
  set.order = order;
  fixture_write_set (path, &set);
  us_dataset_key_init (&key, path, &error);
  us_dataset_cache_make (&key, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, key.path, -1);
  name = g_strdup_printf ("%.32s.pictures", sum);
  cached = g_build_filename (folder, "cache", "understudy", "datasets", name, NULL);
  g_assert_true (g_file_get_contents (cached, &whole, &length, NULL));

  for (gsize i = 0; i < length * 2; i++)
    {
      g_autofree char *copy = g_memdup2 (whole, length);

      if (i < length)
        copy[i] ^= 1 << i % 8;
      g_assert_true (g_file_set_contents_full (cached, copy, i < length ? length : i - length, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
      if (us_dataset_cache_open (&cache, &key))
        {
          g_assert_cmpuint (i, <, length);
          us_dataset_cache_clear (&cache);
        }
      else
        {
          n_refused++;
        }
    }
  g_assert_cmpuint (n_refused, >, length);
  us_dataset_key_clear (&key);

  /* The next one who opens it makes it anew. */
  assert_all_rows (open_set (path), &set, 1);
}

static void
stop_half_way (guint64  done,
               guint64  total,
               gpointer data)
{
  g_assert_cmpuint (done, <=, total);
  if (done * 2 > total)
    g_atomic_int_set ((gint *) data, 1);
}

/* Large enough that there is something between beginning and end. */
static void
draw_nothing (const double *values,
              guint8       *pixels)
{
  memset (pixels, 0, SIZE * SIZE);
  pixels[(gsize) values[0] % (SIZE * SIZE)] = 1;
}

static double *
count_up (gsize n)
{
  double *levels = g_new (double, n);

  for (gsize i = 0; i < n; i++)
    levels[i] = (double) i;
  return levels;
}

static FixtureSet
large_set (const double *levels,
           gsize         n,
           gsize         m)
{
  return (FixtureSet) {
    .n_factors = 2, .n = { n, m }, .levels = { levels, levels },
    .height = SIZE, .width = SIZE, .draw = draw_nothing,
  };
}

static void
test_cancel (void)
{
  g_autofree char *path = in_folder ("cancelled.npz");
  g_autofree double *levels = count_up (100);
  FixtureSet set = large_set (levels, 100, 20);
  g_autoptr(GError) error = NULL;
  guint cached = n_cached (FALSE);
  gint cancelled = 1;

  fixture_write_set (path, &set);
  g_assert_null (us_dataset_open (path, NULL, NULL, &cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  cancelled = 0;
  g_assert_null (us_dataset_open (path, stop_half_way, &cancelled, &cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (n_cached (FALSE), ==, cached);
  g_assert_cmpuint (n_cached (TRUE), ==, 0);
  assert_all_rows (open_set (path), &set, 1);
}

/* A limit on the size of files does what a full disk does. */
static void
test_full_disk (void)
{
  g_autofree char *path = in_folder ("full.npz");
  g_autofree double *levels = count_up (100);
  FixtureSet set = large_set (levels, 100, 21);
  g_autoptr(GError) error = NULL;
  guint cached = n_cached (FALSE);
  struct rlimit before, limit;

  fixture_write_set (path, &set);
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  limit = before;
  limit.rlim_cur = 300000;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_assert_null (us_dataset_open (path, NULL, NULL, NULL, &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  g_assert_nonnull (error);
  g_assert_cmpint (error->domain, ==, G_IO_ERROR);
  g_assert_cmpuint (n_cached (FALSE), ==, cached);
  g_assert_cmpuint (n_cached (TRUE), ==, 0);
  open_set (path);
}

/* 210 MB of pictures pass through a few. */
static void
test_memory (void)
{
#if defined(__SANITIZE_ADDRESS__)
  g_test_skip ("sanitizers keep what was freed");
#else
  g_autofree char *path = in_folder ("large.npz");
  g_autofree double *levels = count_up (256);
  FixtureSet set = large_set (levels, 256, 200);
  struct rusage before, after;
  gint64 start;

  fixture_write_set (path, &set);
  getrusage (RUSAGE_SELF, &before);
  start = g_get_monotonic_time ();
  open_set (path);
  getrusage (RUSAGE_SELF, &after);
  g_test_message ("%zu MB of pictures: peak from %ld to %ld KB in %.2f s", fixture_set_rows (&set) * SIZE * SIZE / 1000000,
                  before.ru_maxrss, after.ru_maxrss, (double) (g_get_monotonic_time () - start) / 1e6);
  g_assert_cmpint (after.ru_maxrss - before.ru_maxrss, <, 16 * 1024);
  g_unlink (path);
#endif
}

/* Truncated and flipped anywhere: opened or refused with words, and what was opened can be looked up. */
static void
test_fuzz (void)
{
  g_autofree char *path = in_folder ("fuzz.npz"), *whole = NULL;
  FixtureSet set = small_set ();
  gsize length, n_opened = 0;

  fixture_write_set (path, &set);
  g_assert_true (g_file_get_contents (path, &whole, &length, NULL));
  for (gsize turn = 0; turn < 300; turn++)
    {
      g_autofree char *copy = g_memdup2 (whole, length);
      g_autoptr(GError) error = NULL;
      const UsSimulator *simulator;
      gsize keep = length;
      UsRng rng;

      us_rng_init (&rng, 11, US_RNG_TEST, turn);
      if (turn % 5 == 0)
        keep = us_rng_below (&rng, length);
      for (gsize i = 0; turn % 5 != 0 && i <= turn % 3; i++)
        copy[us_rng_below (&rng, length)] ^= 1 << us_rng_below (&rng, 8);
      /* Another time stamp each turn: another file. */
      g_assert_true (g_file_set_contents_full (path, copy, keep, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
      simulator = us_dataset_open (path, NULL, NULL, NULL, &error);
      if (simulator != NULL)
        {
          g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
          g_autofree float *out = g_new (float, us_output_n_values (&simulator->outputs[0]) * 10);
          g_autofree double *theta = g_new (double, simulator->n_parameters * 10);

          n_opened++;
          us_simulate_rows (prior, 0, 1, 0, 10, theta, out, &error);
          g_assert_no_error (error);
        }
      else
        {
          g_assert_nonnull (error);
          g_assert_cmpuint (strlen (error->message), >, 20);
        }
      g_assert_cmpuint (n_cached (TRUE), ==, 0);
    }
  g_test_message ("%zu of 300 could be opened", n_opened);
  g_assert_cmpuint (n_opened, >, 20);
  g_assert_cmpuint (n_opened, <, 280);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  make_folder ();

  /* First: what is measured is the peak of the process. */
  g_test_add_func ("/dataset-file/memory", test_memory);
  g_test_add_func ("/dataset-file/refused", test_refused);
  g_test_add_func ("/dataset-file/refused-grids", test_refused_grids);
  g_test_add_func ("/dataset-file/refused-members", test_refused_members);
  g_test_add_func ("/dataset-file/checksum", test_checksum);
  g_test_add_func ("/dataset-file/missing", test_missing);
  g_test_add_func ("/dataset-file/cache", test_cache);
  g_test_add_func ("/dataset-file/damaged-cache", test_damaged_cache);
  g_test_add_func ("/dataset-file/cancel", test_cancel);
  g_test_add_func ("/dataset-file/full-disk", test_full_disk);
  g_test_add_func ("/dataset-file/fuzz", test_fuzz);

  return run_in_folder ();
}
