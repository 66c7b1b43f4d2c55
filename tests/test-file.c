/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-error.h"
#include "us-file.h"
#include "us-rng.h"

#include <float.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  char *folder;
  char *path;        /* in folder; not there at first */
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->folder = g_dir_make_tmp ("us-file-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "file.bin", NULL);
}

static guint
count_files (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_autoptr(GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

      g_remove (path);
    }
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->path);
}

static void
assert_contents (const char *path,
                 const char *expected)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = us_file_read (path, 1 << 20, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected, strlen (expected));
}

static void
test_replace (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  struct stat info;
  mode_t mask = umask (0027);

  g_assert_true (us_file_replace (fixture->path, "one", 3, &error));
  g_assert_no_error (error);
  umask (mask);
  assert_contents (fixture->path, "one");
  g_assert_cmpint (stat (fixture->path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0640);

  g_assert_cmpint (chmod (fixture->path, 0600), ==, 0);
  g_assert_true (us_file_replace (fixture->path, "", 0, &error));
  assert_contents (fixture->path, "");
  g_assert_cmpint (stat (fixture->path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  g_assert_cmpuint (count_files (fixture->folder), ==, 1);
}

static void
test_replace_link (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *alias = g_build_filename (fixture->folder, "link", NULL);
  struct stat info;

  g_assert_true (us_file_replace (fixture->path, "old", 3, &error));
  g_assert_cmpint (symlink ("file.bin", alias), ==, 0);
  g_assert_true (us_file_replace (alias, "new", 3, &error));
  g_assert_cmpint (lstat (alias, &info), ==, 0);
  g_assert_true (S_ISLNK (info.st_mode));
  assert_contents (fixture->path, "new");
}

static void
test_replace_refused (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autoptr(GError) missing = NULL;
  g_autoptr(GError) folder = NULL;
  g_autoptr(GError) below_file = NULL;
  g_autofree char *nowhere = g_build_filename (fixture->folder, "no", "such", NULL);
  g_autofree char *below = g_build_filename (fixture->path, "x", NULL);

  g_assert_false (us_file_replace (nowhere, "x", 1, &missing));
  g_assert_error (missing, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (missing->message, nowhere));

  g_assert_false (us_file_replace (fixture->folder, "x", 1, &folder));
  g_assert_error (folder, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);

  g_assert_true (us_file_replace (fixture->path, "x", 1, NULL));
  g_assert_false (us_file_replace (below, "x", 1, &below_file));
  g_assert_error (below_file, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
  g_assert_cmpuint (count_files (fixture->folder), ==, 1);
}

/* A limit on the size of files stands for the disk that runs full midway. */
static void
test_replace_full (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *large = g_malloc0 (1 << 20);
  struct rlimit old, small;
  void (*old_handler) (int);

  g_assert_true (us_file_replace (fixture->path, "old", 3, NULL));

  old_handler = signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &old), ==, 0);
  small = (struct rlimit) { 100000, old.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  g_assert_false (us_file_replace (fixture->path, large, 1 << 20, &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &old), ==, 0);
  signal (SIGXFSZ, old_handler);

  g_assert_nonnull (error);
  g_assert_true (error->domain == G_IO_ERROR);
  g_assert_nonnull (strstr (error->message, fixture->path));
  assert_contents (fixture->path, "old");
  g_assert_cmpuint (count_files (fixture->folder), ==, 1);
}

/* A device is written to, not replaced; /dev/full answers like a full disk. */
static void
test_replace_device (void)
{
  g_autoptr(GError) error = NULL;

  if (!g_file_test ("/dev/full", G_FILE_TEST_EXISTS))
    {
      g_test_skip ("no /dev/full here");
      return;
    }
  g_assert_false (us_file_replace ("/dev/full", "x", 1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_true (us_file_replace ("/dev/null", "x", 1, NULL));
  g_assert_false (g_file_test ("/dev/null", G_FILE_TEST_IS_REGULAR));
}

static void
test_writer (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  UsFileWriter *writer = us_file_writer_new (fixture->path, &error);

  /* given up: as if nothing had been */
  g_assert_true (us_file_writer_write (writer, "half", 4, &error));
  us_file_writer_free (writer);
  g_assert_cmpuint (count_files (fixture->folder), ==, 0);

  writer = us_file_writer_new (fixture->path, &error);
  g_assert_true (us_file_writer_write (writer, "two ", 4, &error));
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
  g_assert_true (us_file_writer_write (writer, "halves", 6, &error));
  g_assert_true (us_file_writer_commit (writer, &error));
  us_file_writer_free (writer);
  assert_contents (fixture->path, "two halves");
  g_assert_cmpuint (count_files (fixture->folder), ==, 1);

  /* someone replaces the file aside by its name */
  writer = us_file_writer_new (fixture->path, &error);
  g_assert_true (us_file_replace (us_file_writer_path (writer), "third", 5, &error));
  g_assert_true (us_file_writer_commit (writer, &error));
  us_file_writer_free (writer);
  g_assert_no_error (error);
  assert_contents (fixture->path, "third");
  g_assert_cmpuint (count_files (fixture->folder), ==, 1);
}

static void
test_read_limits (Fixture       *fixture,
                  gconstpointer  data)
{
  g_autoptr(GError) too_large = NULL;
  g_autoptr(GError) endless = NULL;
  g_autoptr(GError) missing = NULL;
  g_autoptr(GError) folder = NULL;
  g_autoptr(GBytes) whole = NULL;
  g_autoptr(GBytes) proc = NULL;

  g_assert_true (us_file_replace (fixture->path, "0123456789", 10, NULL));
  whole = us_file_read (fixture->path, 10, NULL);
  g_assert_cmpuint (g_bytes_get_size (whole), ==, 10);
  g_assert_null (us_file_read (fixture->path, 9, &too_large));
  g_assert_error (too_large, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE);

  /* no size known beforehand: one that ends, one that does not */
  proc = us_file_read ("/proc/self/status", 1 << 20, NULL);
  g_assert_cmpuint (g_bytes_get_size (proc), >, 100);
  g_assert_null (us_file_read ("/dev/zero", 300000, &endless));
  g_assert_error (endless, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE);

  g_assert_null (us_file_read (fixture->folder, 10, &folder));
  g_assert_error (folder, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  g_remove (fixture->path);
  g_assert_null (us_file_read (fixture->path, 10, &missing));
  g_assert_error (missing, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (missing->message, fixture->path));
}

static void
test_reader (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) device = NULL;
  g_autoptr(UsFileReader) reader = NULL;
  char buffer[8] = "";

  g_assert_true (us_file_replace (fixture->path, "0123456789", 10, NULL));
  reader = us_file_reader_new (fixture->path, &error);
  g_assert_cmpuint (us_file_reader_left (reader), ==, 10);
  g_assert_true (us_file_reader_read (reader, buffer, 7, &error));
  g_assert_cmpstr (buffer, ==, "0123456");
  g_assert_cmpuint (us_file_reader_left (reader), ==, 3);
  g_assert_false (us_file_reader_read (reader, buffer, 5, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TRUNCATED);

  g_assert_null (us_file_reader_new ("/dev/zero", &device));
  g_assert_error (device, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE);
}

static void
test_dtoa (void)
{
  static const struct { double value; const char *text; } known[] = {
    { 0.0, "0" }, { -0.0, "-0" }, { 0.1, "0.1" }, { 1.0 / 3.0, "0.3333333333333333" },
    { 0.1 + 0.2, "0.30000000000000004" }, { 100.0, "100" }, { 1e22, "1e+22" }, { -2.5e-7, "-2.5e-07" },
    { 4.9406564584124654e-324, "5e-324" }, { DBL_MAX, "1.7976931348623157e+308" },
    { NAN, "nan" }, { INFINITY, "inf" }, { -INFINITY, "-inf" },
  };
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];
  UsRng rng;

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    g_assert_cmpstr (us_dtoa (buffer, known[i].value), ==, known[i].text);

  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  for (int i = 0; i < 20000; i++)
    {
      union { guint64 bits; double value; } any = { us_rng_u64 (&rng) };

      if (isfinite (any.value))
        g_assert_cmpfloat (g_ascii_strtod (us_dtoa (buffer, any.value), NULL), ==, any.value);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/file/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("replace", test_replace);
  ADD ("replace-link", test_replace_link);
  ADD ("replace-refused", test_replace_refused);
  ADD ("replace-full", test_replace_full);
  ADD ("writer", test_writer);
  ADD ("read-limits", test_read_limits);
  ADD ("reader", test_reader);
#undef ADD
  g_test_add_func ("/file/replace-device", test_replace_device);
  g_test_add_func ("/file/dtoa", test_dtoa);

  return g_test_run ();
}
