/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of sets of pictures share: a folder of their own with the cache in it, a small set. */
#pragma once

#include "dataset-fixture.h"
#include "us-dataset.h"
#include "us-error.h"
#include "us-npy.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

static char *folder;            /* of this run: files, and the cache in "cache" */

static inline char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static inline guint
n_cached (gboolean litter)
{
  g_autofree char *path = g_build_filename (folder, "cache", "understudy", "datasets", NULL);
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  guint n = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    n += g_str_has_prefix (name, ".us-") == litter;
  return n;
}

static inline const UsSimulator *
open_set (const char *path)
{
  g_autoptr(GError) error = NULL;
  const UsSimulator *simulator = us_dataset_open (path, NULL, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (simulator);
  return simulator;
}

static inline void
look (const UsSimulator *simulator,
      const double      *theta,
      float             *out)
{
  g_autoptr(GError) error = NULL;
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  us_simulator_check (simulator, theta, &error);
  g_assert_no_error (error);
  g_assert_cmpint (simulator->run (simulator, theta, 0, &rng, out), ==, US_SIM_OK);
}

/* ---- a set of three factors, of pictures whose bits do not fill bytes ---- */

enum { H = 5, W = 7 };

static const double kinds[] = { 2, 3, 4 }, heights[] = { -1.5, 0, 0.25, 4 }, one[] = { 8 };

/* Each combination has bits of its own. */
static inline void
draw_bits (const double *values,
           guint8       *pixels)
{
  guint32 word = (guint32) (values[0] * 977) * 2654435761u ^ (guint32) (int) (values[2] * 64 + 999) * 40503u;

  for (gsize i = 0; i < H * W; i++)
    pixels[i] = word >> (i % 32) & 1;
}

static inline void
draw_bright_bits (const double *values,
                  guint8       *pixels)
{
  draw_bits (values, pixels);
  for (gsize i = 0; i < H * W; i++)
    pixels[i] *= 255;
}

static inline FixtureSet
small_set (void)
{
  return (FixtureSet) {
    .n_factors = 3, .n = { 3, 1, 4 }, .levels = { kinds, one, heights },
    .height = H, .width = W, .draw = draw_bits,
  };
}

/* The values of a row without those that never vary. */
static inline void
theta_of (const FixtureSet *set,
          gsize             row,
          double           *values,     /* (K) */
          double           *theta)      /* (P) */
{
  fixture_set_values (set, row, values);
  for (gsize k = 0, p = 0; k < set->n_factors; k++)
    if (set->n[k] > 1)
      theta[p++] = values[k];
}

static inline void
assert_all_rows (const UsSimulator *simulator,
                 const FixtureSet  *set,
                 float              white)
{
  const gsize n = set->height * set->width * MAX (set->channels, 1);
  g_autofree float *out = g_new (float, n);
  g_autofree guint8 *pixels = g_new (guint8, n);
  double values[FIXTURE_MAX_K], theta[FIXTURE_MAX_K];

  for (gsize row = 0; row < fixture_set_rows (set); row++)
    {
      theta_of (set, row, values, theta);
      set->draw (values, pixels);
      look (simulator, theta, out);
      for (gsize i = 0; i < n; i++)
        g_assert_cmpfloat (out[i], ==, (float) pixels[i] / white);
    }
}

static inline void
assert_refused (const char *path,
                int         code,
                const char *says)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *name = g_path_get_basename (path);
  guint cached = n_cached (FALSE);

  g_assert_null (us_dataset_open (path, NULL, NULL, NULL, &error));
  g_test_message ("%s", error != NULL ? error->message : "?");
  g_assert_error (error, US_FORMAT_ERROR, code);
  g_assert_nonnull (strstr (error->message, says));
  g_assert_nonnull (strstr (error->message, name));
  g_assert_cmpuint (n_cached (FALSE), ==, cached);
  g_assert_cmpuint (n_cached (TRUE), ==, 0);
}

static inline void
remove_tree (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        remove_tree (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

static inline int
run_in_folder (void)
{
  int status = g_test_run ();

  remove_tree (folder);
  g_free (folder);
  return status;
}

/* Before the tests are added. */
static inline void
make_folder (void)
{
  g_autofree char *cache = NULL;

  folder = g_dir_make_tmp ("us-dataset-XXXXXX", NULL);
  cache = in_folder ("cache");
  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_unsetenv ("UNDERSTUDY_DATASETS");
}
