/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-bank.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

typedef struct
{
  char    *folder;
  UsPrior *prior;       /* of the Fourier series */
} Fixture;

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  f->folder = g_dir_make_tmp ("us-bank-XXXXXX", &error);
  g_assert_no_error (error);
  f->prior = us_prior_new_default (us_registry_find ("fourier", NULL));
}

static void
remove_all (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_all (child);
    }
  g_remove (path);
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  remove_all (f->folder);
  g_free (f->folder);
  us_prior_unref (f->prior);
}

static guint
count_entries (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static GBytes *
contents (const char *path)
{
  g_autoptr(GError) error = NULL;
  char *data;
  gsize length;

  g_file_get_contents (path, &data, &length, &error);
  g_assert_no_error (error);
  return g_bytes_new_take (data, length);
}

static void
simulate (Fixture    *f,
          const char *path,
          guint       output,
          guint64     count,
          guint       n_workers)
{
  g_autoptr(GError) error = NULL;

  us_bank_simulate (f->prior, output, 9, count, n_workers, path, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
}

/* A folder: the members' bytes, rows as us_simulate_rows makes them. */
static void
test_folder (Fixture       *f,
             gconstpointer  data)
{
  enum { ROWS = 70, P = 11, T = 64 };
  g_autofree char *path = g_build_filename (f->folder, "bank", NULL);
  g_autofree char *theta_path = g_build_filename (path, "theta.npy", NULL);
  g_autofree char *x_path = g_build_filename (path, "x.npy", NULL);
  g_autofree char *names_path = g_build_filename (path, "theta_names.npy", NULL);
  g_autofree char *meta_path = g_build_filename (path, "bank.json", NULL);
  g_autoptr(GBytes) theta_bytes = NULL;
  g_autoptr(GBytes) x_bytes = NULL;
  g_autoptr(GBytes) names = NULL;
  g_autoptr(GBytes) meta = NULL;
  double theta[ROWS * P];
  float x[ROWS * T];
  const char *start;

  simulate (f, path, 1, ROWS, 2);
  g_assert_cmpuint (count_entries (path), ==, 4);
  g_assert_cmpuint (count_entries (f->folder), ==, 1);

  theta_bytes = contents (theta_path);
  x_bytes = contents (x_path);
  names = contents (names_path);
  meta = contents (meta_path);
  g_assert_true (us_simulate_rows (f->prior, 1, 9, 0, ROWS, theta, x, NULL));
  start = g_bytes_get_data (theta_bytes, NULL);
  g_assert_cmpmem (start, 10, "\x93NUMPY\x01\x00\x76\x00", 10);
  g_assert_true (g_str_has_prefix (start + 10, "{'descr': '<f8', 'fortran_order': False, 'shape': (70, 11), }"));
  g_assert_cmpmem (start + 128, g_bytes_get_size (theta_bytes) - 128, theta, sizeof theta);
  start = g_bytes_get_data (x_bytes, NULL);
  g_assert_true (g_str_has_prefix (start + 10, "{'descr': '<f4', 'fortran_order': False, 'shape': (70, 64, 1), }"));
  g_assert_cmpmem (start + 128, g_bytes_get_size (x_bytes) - 128, x, sizeof x);
  start = g_bytes_get_data (names, NULL);
  g_assert_true (g_str_has_prefix (start + 10, "{'descr': '<U2', 'fortran_order': False, 'shape': (11,), }"));
  g_assert_cmpuint (g_bytes_get_size (names), ==, 128 + 11 * 2 * 4);
  g_assert_cmpmem (start + 128, 16, "c\0\0\0" "0\0\0\0" "a\0\0\0" "1\0\0\0", 16);
  g_assert_true (g_str_has_prefix (g_bytes_get_data (meta, NULL), "{\"format\":\"understudy-bank-1\","));
}

/* The same bytes for any number of workers, in both forms. */
static void
test_workers (Fixture       *f,
              gconstpointer  data)
{
  static const guint workers[] = { 1, 2, 5 };
  g_autoptr(GBytes) first_npz = NULL;
  g_autoptr(GBytes) first_x = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (workers); i++)
    {
      g_autofree char *npz = g_strdup_printf ("%s/%u.npz", f->folder, workers[i]);
      g_autofree char *folder = g_strdup_printf ("%s/%u", f->folder, workers[i]);
      g_autofree char *x_path = g_build_filename (folder, "x.npy", NULL);
      g_autoptr(GBytes) npz_bytes = NULL;
      g_autoptr(GBytes) x_bytes = NULL;

      /* More than one block of 8 MiB. */
      simulate (f, npz, 0, 700, workers[i]);
      simulate (f, folder, 0, 700, workers[i]);
      npz_bytes = contents (npz);
      x_bytes = contents (x_path);
      if (first_npz == NULL)
        {
          first_npz = g_steal_pointer (&npz_bytes);
          first_x = g_steal_pointer (&x_bytes);
          continue;
        }
      g_assert_true (g_bytes_equal (first_npz, npz_bytes));
      g_assert_true (g_bytes_equal (first_x, x_bytes));
    }
}

typedef struct
{
  guint64 last;
  guint   calls;
  gint    cancel;
  guint64 cancel_at;
} Progress;

static void
on_progress (guint64  done,
             guint64  count,
             gpointer data)
{
  Progress *progress = data;

  g_assert_cmpuint (done, >, progress->last);
  g_assert_cmpuint (done, <=, count);
  progress->last = done;
  progress->calls++;
  if (progress->cancel_at > 0 && done >= progress->cancel_at)
    g_atomic_int_set (&progress->cancel, 1);
}

static void
test_progress (Fixture       *f,
               gconstpointer  data)
{
  g_autofree char *path = g_build_filename (f->folder, "bank.npz", NULL);
  g_autoptr(GError) error = NULL;
  Progress progress = { 0 };

  g_assert_true (us_bank_simulate (f->prior, 0, 9, 1200, 0, path, on_progress, &progress, &progress.cancel, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (progress.last, ==, 1200);
  g_assert_cmpuint (progress.calls, >, 1);
}

/* Cancelled at the start, between blocks, and before packing: nothing is left, what was there stays. */
static void
test_cancelled (Fixture       *f,
                gconstpointer  data)
{
  static const guint64 at[] = { 0, 1, 700 };
  static const char *const names[] = { "bank.npz", "bank" };

  for (gsize i = 0; i < G_N_ELEMENTS (at); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (names); k++)
      {
        g_autofree char *path = g_build_filename (f->folder, names[k], NULL);
        g_autoptr(GError) error = NULL;
        Progress progress = { .cancel_at = at[i], .cancel = at[i] == 0 };

        /* A folder has nothing left to do after its last row: that one is finished. */
        if (k == 1 && at[i] == 700)
          continue;
        g_assert_false (us_bank_simulate (f->prior, 0, 9, 700, 2, path, on_progress, &progress,
                                          &progress.cancel, &error));
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        g_assert_cmpuint (count_entries (f->folder), ==, 0);
      }
}

static void
test_old_bank_stays (Fixture       *f,
                     gconstpointer  data)
{
  g_autofree char *path = g_build_filename (f->folder, "bank.npz", NULL);
  g_autoptr(GBytes) before = NULL;
  g_autoptr(GBytes) after = NULL;
  g_autoptr(GError) error = NULL;
  Progress progress = { .cancel_at = 1 };

  simulate (f, path, 1, 10, 1);
  before = contents (path);
  g_assert_false (us_bank_simulate (f->prior, 0, 9, 700, 2, path, on_progress, &progress, &progress.cancel, &error));
  after = contents (path);
  g_assert_true (g_bytes_equal (before, after));
  g_assert_cmpuint (count_entries (f->folder), ==, 1);
}

static UsSimStatus
breaks_late (const UsSimulator *self,
             const double      *theta,
             guint              output,
             UsRng             *rng,
             float             *out)
{
  /* The row is in the stream's counter. */
  for (gsize k = 0; k < us_output_n_values (&self->outputs[output]); k++)
    out[k] = 0.0f;
  if (rng->counter[2] >= 600)
    out[3] = NAN;
  return US_SIM_OK;
}

/* The first bad row is named, whichever worker came first; no half bank. */
static void
test_bad_row (Fixture       *f,
              gconstpointer  data)
{
  UsSimulator broken = *us_prior_simulator (f->prior);
  g_autoptr(UsPrior) prior = NULL;
  g_autofree char *path = g_build_filename (f->folder, "bank.npz", NULL);

  broken.run = breaks_late;
  prior = us_prior_new_default (&broken);
  for (guint workers = 1; workers <= 4; workers++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_false (us_bank_simulate (prior, 0, 9, 5000, workers, path, NULL, NULL, NULL, &error));
      g_assert_cmpstr (error->message, ==, "fourier: value 3 of output “plot” is not finite: row 600 of seed 9");
      g_assert_cmpuint (count_entries (f->folder), ==, 0);
    }
}

static void
test_refused_targets (Fixture       *f,
                      gconstpointer  data)
{
  g_autofree char *full = g_build_filename (f->folder, "full", NULL);
  g_autofree char *inside = g_build_filename (full, "letter", NULL);
  g_autofree char *empty = g_build_filename (f->folder, "empty", NULL);
  g_autofree char *npz_folder = g_build_filename (f->folder, "folder.npz", NULL);
  g_autofree char *nowhere = g_build_filename (f->folder, "none", "bank.npz", NULL);
  g_autofree char *slash = g_strconcat (f->folder, "/slash/", NULL);
  g_autoptr(GError) exists = NULL;
  g_autoptr(GError) is_folder = NULL;
  g_autoptr(GError) missing = NULL;

  g_mkdir (full, 0755);
  g_mkdir (empty, 0755);
  g_mkdir (npz_folder, 0755);
  g_file_set_contents (inside, "x", 1, NULL);

  g_assert_false (us_bank_simulate (f->prior, 1, 9, 10, 1, full, NULL, NULL, NULL, &exists));
  g_assert_error (exists, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_assert_true (g_file_test (inside, G_FILE_TEST_EXISTS));
  g_assert_false (us_bank_simulate (f->prior, 1, 9, 10, 1, npz_folder, NULL, NULL, NULL, &is_folder));
  g_assert_error (is_folder, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_assert_false (us_bank_simulate (f->prior, 1, 9, 10, 1, nowhere, NULL, NULL, NULL, &missing));
  g_assert_error (missing, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  simulate (f, empty, 1, 10, 1);
  g_assert_cmpuint (count_entries (empty), ==, 4);
  simulate (f, slash, 1, 10, 1);
  g_assert_cmpuint (count_entries (slash), ==, 4);
}

/* A disk that fills up, here a limit on the size of files: while rows are written (folder), or while they are packed. */
static void
test_full_disk (Fixture       *f,
                gconstpointer  data)
{
  static const char *const names[] = { "bank.npz", "bank" };
  struct rlimit old, small;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &old), ==, 0);
  small = old;
  for (gsize k = 0; k < G_N_ELEMENTS (names); k++)
    for (guint packing = 0; packing < 2; packing++)
      {
        g_autofree char *path = g_build_filename (f->folder, names[k], NULL);
        g_autoptr(GError) error = NULL;

        if (packing && k == 1)
          continue;
        /* 100 rows of 64 × 64 floats fit beside the header; in a zip there are more things. */
        small.rlim_cur = 128 + 100 * 64 * 64 * 4 + (packing ? 0 : -1000);
        g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
        g_assert_false (us_bank_simulate (f->prior, 0, 9, 100, 1, path, NULL, NULL, NULL, &error));
        setrlimit (RLIMIT_FSIZE, &old);
        g_test_message ("%s", error->message);
        g_assert_cmpint (error->domain, ==, G_IO_ERROR);
        g_assert_nonnull (strstr (error->message, f->folder));
        g_assert_cmpuint (count_entries (f->folder), ==, 0);
      }
}

int
main (int    argc,
      char **argv)
{
  static const struct { const char *path; void (*func) (Fixture *f, gconstpointer data); } tests[] = {
    { "/bank/folder", test_folder },
    { "/bank/workers", test_workers },
    { "/bank/progress", test_progress },
    { "/bank/cancelled", test_cancelled },
    { "/bank/old-bank-stays", test_old_bank_stays },
    { "/bank/bad-row", test_bad_row },
    { "/bank/refused-targets", test_refused_targets },
    { "/bank/full-disk", test_full_disk },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].func, tear_down);

  return g_test_run ();
}
