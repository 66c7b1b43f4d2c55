/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-bank.h"
#include "us-error.h"
#include "us-npy.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

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

/* Rows come back as they were made, from both forms, from any place; and so do names, shape, metadata. */
static void
test_read (Fixture       *f,
           gconstpointer  data)
{
  enum { ROWS = 70, P = 11, T = 64 };
  static const char *const forms[] = { "bank.npz", "bank" };
  const UsSimulator *simulator = us_prior_simulator (f->prior);
  double theta[ROWS * P];
  float x[ROWS * T];

  g_assert_true (us_simulate_rows (f->prior, 1, 9, 0, ROWS, theta, x, NULL));
  for (gsize k = 0; k < G_N_ELEMENTS (forms); k++)
    {
      g_autofree char *path = g_build_filename (f->folder, forms[k], NULL);
      g_autoptr(UsBank) bank = NULL;
      g_autoptr(GError) error = NULL;
      g_autoptr(GError) mismatch = NULL;
      double theta_read[ROWS * P];
      float x_read[ROWS * T];
      gsize shape[US_ARRAY_MAX_DIMS];

      simulate (f, path, 1, ROWS, 2);
      bank = us_bank_open (path, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (us_bank_n_rows (bank), ==, ROWS);
      g_assert_cmpuint (us_bank_n_parameters (bank), ==, P);
      g_assert_cmpuint (us_bank_n_values (bank), ==, T);
      g_assert_cmpuint (us_bank_x_shape (bank, shape), ==, 2);
      g_assert_true (shape[0] == T && shape[1] == 1);
      for (gsize i = 0; i < P; i++)
        g_assert_cmpstr (us_bank_name (bank, i), ==, simulator->parameters[i].name);
      g_assert_nonnull (strstr (us_bank_meta (bank), "\"seed\":\"9\""));

      us_bank_read (bank, 0, ROWS, theta_read, x_read, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (theta, sizeof theta, theta_read, sizeof theta_read);
      g_assert_cmpmem (x, sizeof x, x_read, sizeof x_read);
      g_assert_true (us_bank_read (bank, 60, 3, theta_read, x_read, &error));
      g_assert_cmpmem (theta + 60 * P, 3 * P * sizeof *theta, theta_read, 3 * P * sizeof *theta);
      g_assert_cmpmem (x + 60 * T, 3 * T * sizeof *x, x_read, 3 * T * sizeof *x);
      g_assert_true (us_bank_read (bank, 1, 2, NULL, x_read, &error));
      g_assert_true (us_bank_read (bank, ROWS, 0, theta_read, NULL, &error));

      g_assert_true (us_bank_check (bank, simulator, 1, &error));
      g_assert_false (us_bank_check (bank, simulator, 0, &mismatch));
      g_assert_error (mismatch, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH);
      g_assert_nonnull (strstr (mismatch->message, "holds the output “curve”, not “plot”"));
      g_clear_error (&mismatch);
      g_assert_false (us_bank_check (bank, us_registry_find ("box", NULL), 0, &mismatch));
      g_assert_nonnull (strstr (mismatch->message, "is a bank of the simulator “fourier”, not “box”"));
    }
}

/* Writes theta (rows, columns) and x (x_rows, 2) of float64 without names or metadata. */
static void
write_foreign (const char   *path,
               gsize         rows,
               gsize         columns,
               gsize         x_rows,
               const double *bad_at)
{
  static const char *const names[] = { "theta", "x" };
  g_autoptr(UsArray) theta = us_array_new (US_DTYPE_F32, 2, (gsize[]) { rows, columns });
  g_autoptr(UsArray) x = us_array_new (US_DTYPE_F64, 2, (gsize[]) { x_rows, 2 });
  g_autoptr(GError) error = NULL;

  for (gsize i = 0; i < x->n_elements; i++)
    ((double *) x->data)[i] = i / 4.0;
  if (bad_at != NULL)
    ((double *) x->data)[(gsize) *bad_at] = NAN;
  us_npz_write (path, 2, names, (UsArray *[]) { theta, x }, TRUE, &error);
  g_assert_no_error (error);
}

/* Banks that others made: other types, no names, compressed; and what is wrong with some. */
static void
test_foreign (Fixture       *f,
              gconstpointer  data)
{
  static const struct { gsize rows, columns, x_rows; double bad_at; const char *message; gint code; } cases[] = {
    { 5, 3, 4, -1, "“theta” has 5 rows, “x” has 4", US_FORMAT_ERROR_SHAPE },
    { 5, 65, 5, -1, "“theta” has the shape (5, 65); expected rows of 1 to 64 parameters", US_FORMAT_ERROR_SHAPE },
    { 0, 3, 0, -1, "is empty: “theta” has the shape (0, 3), “x” (0, 2)", US_FORMAT_ERROR_SHAPE },
    { 5, 3, 5, 7, "“x”, row 3: value 1 is not finite", US_FORMAT_ERROR_VALUE },
  };
  g_autofree char *path = g_build_filename (f->folder, "foreign.npz", NULL);
  double theta[5 * 65];
  float x[5 * 2];

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(UsBank) bank = NULL;

      write_foreign (path, cases[i].rows, cases[i].columns, cases[i].x_rows,
                     cases[i].bad_at >= 0 ? &cases[i].bad_at : NULL);
      bank = us_bank_open (path, &error);
      g_assert_true (bank == NULL || cases[i].bad_at >= 0);
      if (bank != NULL)
        {
          g_assert_cmpstr (us_bank_name (bank, 2), ==, "theta3");
          g_assert_null (us_bank_meta (bank));
          /* Rows before the bad one are good. */
          g_assert_true (us_bank_read (bank, 0, 3, theta, x, &error));
          g_assert_cmpfloat (x[5], ==, 1.25f);
          g_assert_false (us_bank_read (bank, 2, 3, theta, x, &error));
        }
      g_assert_error (error, US_FORMAT_ERROR, cases[i].code);
      g_assert_nonnull (strstr (error->message, "foreign.npz”"));
      g_assert_nonnull (strstr (error->message, cases[i].message));
    }
}

static void
test_open_negatives (Fixture       *f,
                     gconstpointer  data)
{
  g_autofree char *path = g_build_filename (f->folder, "bank.npz", NULL);
  g_autofree char *none = g_build_filename (f->folder, "none.npz", NULL);
  g_autofree char *lonely = g_build_filename (f->folder, "lonely.npz", NULL);
  static const char *const theta_only[] = { "theta" };
  g_autoptr(UsArray) theta = us_array_new (US_DTYPE_F64, 2, (gsize[]) { 2, 2 });
  g_autoptr(GBytes) whole = NULL;
  g_autoptr(GError) missing = NULL;
  g_autoptr(GError) nothing = NULL;
  g_autoptr(GError) empty_folder = NULL;

  g_assert_null (us_bank_open (none, &nothing));
  g_assert_nonnull (strstr (nothing->message, "none.npz"));
  g_assert_null (us_bank_open (f->folder, &empty_folder));
  g_assert_nonnull (strstr (empty_folder->message, "theta.npy"));
  g_assert_true (us_npz_write (lonely, 1, theta_only, (UsArray *[]) { theta }, FALSE, NULL));
  g_assert_null (us_bank_open (lonely, &missing));
  g_assert_error (missing, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING);
  g_assert_nonnull (strstr (missing->message, "has no array “x”"));

  /* Cut anywhere: an error, never a crash, never wrong rows. */
  simulate (f, path, 1, 20, 1);
  whole = contents (path);
  for (gsize length = 0; length < g_bytes_get_size (whole); length += 997)
    {
      g_autoptr(GError) error = NULL;

      g_assert_true (g_file_set_contents (path, g_bytes_get_data (whole, NULL), (gssize) length, NULL));
      g_assert_null (us_bank_open (path, &error));
      g_assert_nonnull (error);
    }
}

/* Metadata of any shape: used where they make sense, refused by check where they do not. */
static void
test_metadata (Fixture       *f,
               gconstpointer  data)
{
  static const struct { const char *text, *message; } cases[] = {
    { "{}", NULL },
    { "{\"simulator\":{},\"version\":[],\"output\":null,\"prior\":7}",
      "its metadata do not name simulator, version and output as a bank's do" },
    { "[1]", "its metadata are no JSON object" },
    { "not JSON", "its metadata are no JSON object" },
    { "{\"simulator\":\"box\"}", "is a bank of the simulator “box”, not “fourier”" },
    { "{\"version\":7}", "was made by version 7 of “fourier”; this is version 1" },
    { "{\"prior\":{\"a\":{},\"b\":{},\"c\":{},\"d\":{},\"e\":{},\"f\":{},\"g\":{},\"h\":{},\"i\":{},\"j\":{},\"k\":{}}}",
      "its parameter 1 is “a”, that of “fourier” is “c0”" },
  };
  g_autofree char *path = g_build_filename (f->folder, "bank", NULL);
  g_autofree char *meta = g_build_filename (path, "bank.json", NULL);

  simulate (f, path, 1, 3, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(UsBank) bank = NULL;
      g_autoptr(GError) error = NULL;

      g_file_set_contents (meta, cases[i].text, -1, NULL);
      bank = us_bank_open (path, &error);
      g_assert_no_error (error);
      g_assert_true (us_bank_check (bank, us_prior_simulator (f->prior), 1, &error) == (cases[i].message == NULL));
      if (cases[i].message != NULL)
        g_assert_nonnull (strstr (error->message, cases[i].message));
    }
}

int
main (int    argc,
      char **argv)
{
  static const struct { const char *path; void (*func) (Fixture *f, gconstpointer data); } tests[] = {
    { "/bank-read/rows", test_read },
    { "/bank-read/foreign", test_foreign },
    { "/bank-read/open-negatives", test_open_negatives },
    { "/bank-read/metadata", test_metadata },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].func, tear_down);

  return g_test_run ();
}
