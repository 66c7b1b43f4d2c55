/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of pictures as simulators.  N rows, K factors, P of them vary. */
#include "config.h"

#include "dataset-small.h"
#include "us-bank.h"
#include "us-prior.h"

#include <math.h>

#define SIZE 64
#define TURN (2 * G_PI)

static void
test_round_trip (void)
{
  g_autofree char *path = in_folder ("small.npz"), *id = g_strconcat ("dataset:", path, NULL);
  g_autoptr(GError) error = NULL;
  FixtureSet set = small_set ();
  const UsSimulator *simulator;

  fixture_write_set (path, &set);
  simulator = open_set (path);
  g_assert_cmpstr (simulator->id, ==, id);
  g_assert_cmpstr (simulator->title, ==, "small");
  g_assert_cmpuint (simulator->version, !=, 0);
  g_assert_cmpuint (simulator->n_parameters, ==, 2);
  g_assert_cmpstr (simulator->parameters[0].name, ==, "factor1");
  g_assert_cmpstr (simulator->parameters[1].name, ==, "factor3");
  g_assert_cmpfloat (simulator->parameters[1].lower, ==, -1.5);
  g_assert_cmpfloat (simulator->parameters[1].upper, ==, 4);
  g_assert_cmpuint (simulator->outputs[0].height, ==, H);
  g_assert_cmpuint (simulator->outputs[0].width, ==, W);
  g_assert_cmpuint (simulator->outputs[0].channels, ==, 1);
  g_assert_null (simulator->closest_equivalent);
  assert_all_rows (simulator, &set, 1);

  /* Once open it stays, by path and by id. */
  g_assert_true (open_set (path) == simulator);
  g_assert_true (us_registry_find (id, &error) == simulator);
  g_assert_no_error (error);
}

static void
test_order (void)
{
  g_autofree char *path = in_folder ("shuffled.npz");
  FixtureSet set = small_set ();
  gsize order[12];
  UsRng rng;

  us_rng_init (&rng, 5, US_RNG_TEST, 0);
  for (gsize i = 0; i < 12; i++)
    {
      gsize j = us_rng_below (&rng, i + 1);

      order[i] = order[j];
      order[j] = i;
    }
  set.order = order;
  fixture_write_set (path, &set);
  assert_all_rows (open_set (path), &set, 1);
}

static void
test_bright (void)
{
  g_autofree char *path = in_folder ("bright.npz");
  FixtureSet set = small_set ();

  set.draw = draw_bright_bits;
  fixture_write_set (path, &set);
  assert_all_rows (open_set (path), &set, 255);
}

/* Of many values, found out only in the last picture; three channels. */
static void
draw_colours (const double *values,
              guint8       *pixels)
{
  for (gsize i = 0; i < H * W * 3; i++)
    pixels[i] = values[0] < 4 ? i % 2 : (guint8) (i * 7 + values[2] * 4);
}

static void
test_bytes (void)
{
  g_autofree char *path = in_folder ("colours.npz");
  FixtureSet set = small_set ();
  const UsSimulator *simulator;

  set.draw = draw_colours;
  set.channels = 3;
  fixture_write_set (path, &set);
  simulator = open_set (path);
  g_assert_cmpuint (simulator->outputs[0].channels, ==, 3);
  assert_all_rows (simulator, &set, 255);
  g_assert_cmpuint (n_cached (TRUE), ==, 0);
}

/* Between the values the nearest counts, at the ends too. */
static void
test_nearest (void)
{
  g_autofree char *path = in_folder ("nearest.npz");
  FixtureSet set = small_set ();
  const struct { double asked, meant; } cases[] = {
    { -1.5, -1.5 }, { -0.76, -1.5 }, { -0.74, 0 }, { 0.12, 0 }, { 0.13, 0.25 }, { 2.1, 0.25 }, { 2.2, 4 }, { 4, 4 },
  };
  const UsSimulator *simulator;

  fixture_write_set (path, &set);
  simulator = open_set (path);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      double asked[] = { 3, cases[i].asked }, meant[] = { 3, cases[i].meant };
      float a[H * W], b[H * W];

      look (simulator, asked, a);
      look (simulator, meant, b);
      g_assert_cmpmem (a, sizeof a, b, sizeof b);
    }
}

/* ---- what the columns mean ---- */

static void
draw_dsprite (const double *values,
              guint8       *pixels)
{
  const UsSimulator *simulator = us_registry_find ("dsprites", NULL);
  float out[SIZE * SIZE];

  look (simulator, values + 1, out);
  for (gsize i = 0; i < SIZE * SIZE; i++)
    pixels[i] = out[i] > 0.5f;
}

static const double color[] = { 1 }, shape[] = { 1, 2, 3 }, scale[] = { 0.5, 0.8, 1 };
static const double turn_closed[] = { 0, TURN / 4, TURN / 2, 3 * TURN / 4, TURN };
static const double turn_open[] = { 0, TURN / 4, TURN / 2, 3 * TURN / 4 };
static const double place[] = { 0, 0.5, 1 };

static FixtureSet
dsprites_set (gboolean closed)
{
  return (FixtureSet) {
    .n_factors = 6, .n = { 1, 3, 3, closed ? 5 : 4, 3, 3 },
    .levels = { color, shape, scale, closed ? turn_closed : turn_open, place, place },
    .height = SIZE, .width = SIZE, .draw = draw_dsprite,
  };
}

static void
test_dsprites (void)
{
  const UsSimulator *dsprites = us_registry_find ("dsprites", NULL), *simulator;
  g_autofree char *path = in_folder ("dsprites.npz");
  FixtureSet set = dsprites_set (TRUE);

  fixture_write_set (path, &set);
  simulator = open_set (path);
  g_assert_cmpuint (simulator->n_parameters, ==, dsprites->n_parameters);
  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      const UsParameter *mine = &simulator->parameters[p], *known = &dsprites->parameters[p];

      g_assert_cmpstr (mine->name, ==, known->name);
      g_assert_cmpstr (mine->label, ==, known->label);
      g_assert_cmpstr (mine->unit, ==, known->unit);
      g_assert_cmpfloat (mine->lower, ==, known->lower);
      g_assert_cmpfloat (mine->upper, ==, known->upper);
      g_assert_cmpint (mine->prior.kind, ==, known->prior.kind);
      g_assert_true (mine->circular == known->circular);
      g_assert_true ((mine->classes == NULL) == (known->classes == NULL));
    }
  for (gsize i = 0; i < 3; i++)
    g_assert_cmpstr (simulator->parameters[0].classes[i], ==, dsprites->parameters[0].classes[i]);
  assert_all_rows (simulator, &set, 1);
}

/* A grid that stops one step before its turn is full goes on with its first value. */
static void
test_open_turn (void)
{
  g_autofree char *path = in_folder ("turn.npz");
  FixtureSet set = dsprites_set (FALSE);
  const double almost[] = { 3, 1, TURN - 0.1, 0.5, 0.5 }, zero[] = { 3, 1, 0, 0.5, 0.5 };
  const double before[] = { 3, 1, 0.88 * TURN - 0.1, 0.5, 0.5 }, last[] = { 3, 1, 0.75 * TURN, 0.5, 0.5 };
  float a[SIZE * SIZE], b[SIZE * SIZE];
  const UsSimulator *simulator;

  fixture_write_set (path, &set);
  simulator = open_set (path);
  g_assert_true (simulator->parameters[2].circular);
  g_assert_cmpfloat (simulator->parameters[2].upper, ==, TURN);
  look (simulator, almost, a);
  look (simulator, zero, b);
  g_assert_cmpmem (a, sizeof a, b, sizeof b);
  look (simulator, before, a);
  look (simulator, last, b);
  g_assert_cmpmem (a, sizeof a, b, sizeof b);
}

/* Draws are the rows, each as likely; the density is that of the rows spread over what is nearest to them. */
static void
test_draws (void)
{
  g_autofree char *path = in_folder ("draws.npz");
  FixtureSet set = small_set ();
  const UsSimulator *simulator;
  g_autoptr(UsPrior) prior = NULL;
  guint count[3][4] = { { 0 } };
  double sum = 0;

  fixture_write_set (path, &set);
  simulator = open_set (path);
  prior = us_prior_new_default (simulator);
  for (guint64 row = 0; row < 12000; row++)
    {
      double theta[2];
      gsize level = 0;
      UsRng rng;

      us_rng_init (&rng, 9, US_RNG_PRIOR, row);
      g_assert_true (us_prior_sample (prior, &rng, theta));
      while (level < 4 && heights[level] != theta[1])
        level++;
      g_assert_cmpuint (level, <, 4);
      count[(gsize) theta[0] - 2][level]++;
    }
  /* 5 standard errors, √1000 each */
  for (gsize i = 0; i < 12; i++)
    g_assert_cmpint (abs ((int) count[i / 4][i % 4] - 1000), <, 160);

  for (double z = -1.5 + 0.0005; z < 4; z += 0.001)
    for (gsize i = 0; i < 3; i++)
      {
        double theta[] = { kinds[i], z };

        /* what is nearest to 2, 3, 4 inside their bounds */
        sum += (i == 1 ? 1 : 0.5) * 0.001 * exp (us_prior_log_density (prior, theta));
      }
  g_assert_cmpfloat_with_epsilon (sum, 1, 0.002);
}

/* Kinds by their name, values that are no whole numbers in a row, and 360 degrees. */
static void
test_names (void)
{
  static const double odd[] = { 0.5, 7 }, degrees[] = { 0, 90, 180, 270 };
  g_autofree char *path = in_folder ("names.npz");
  const gsize n = 8;
  g_autoptr(UsArray) pictures = us_array_new (US_DTYPE_U8, 3, (gsize[]) { n, 2, 2 });
  g_autoptr(UsArray) values = us_array_new (US_DTYPE_F64, 2, (gsize[]) { n, 2 });
  const char *const names[] = { "imgs", "latents_values" };
  UsArray *const arrays[] = { pictures, values };
  GString *text = fixture_npy_header ("<U5", "2,");
  const guint32 letters[] = { 'L', 'a', 'b', 'e', 'l', 'a', 'n', 'g', 'l', 'e' };
  const UsSimulator *simulator;
  g_autoptr(GError) error = NULL;
  zip_t *zip;
  float out[4];

  for (gsize i = 0; i < n; i++)
    {
      memset ((guint8 *) pictures->data + i * 4, i == 6, 4);
      ((double *) values->data)[2 * i] = odd[i / 4];
      ((double *) values->data)[2 * i + 1] = degrees[i % 4];
    }
  us_npz_write (path, 2, names, arrays, TRUE, &error);
  g_assert_no_error (error);
  g_string_append_len (text, (const char *) letters, sizeof letters);
  zip = zip_open (path, 0, NULL);
  g_assert_cmpint (zip_file_add (zip, "latents_names.npy", zip_source_buffer (zip, text->str, text->len, 0), 0), >=, 0);
  g_assert_cmpint (zip_close (zip), ==, 0);
  g_string_free (text, TRUE);

  simulator = open_set (path);
  g_assert_cmpstr (simulator->parameters[0].name, ==, "Label");
  g_assert_cmpfloat (simulator->parameters[0].lower, ==, 0);
  g_assert_cmpfloat (simulator->parameters[0].upper, ==, 1);
  g_assert_cmpstr (simulator->parameters[0].classes[0], ==, "0.5");
  g_assert_cmpstr (simulator->parameters[0].classes[1], ==, "7");
  g_assert_cmpstr (simulator->parameters[1].unit, ==, "°");
  g_assert_true (simulator->parameters[1].circular);
  g_assert_cmpfloat (simulator->parameters[1].upper, ==, 360);
  look (simulator, (double[]) { 1, 180 }, out);
  g_assert_cmpfloat (out[3], ==, 1);
  look (simulator, (double[]) { 0, 180 }, out);
  g_assert_cmpfloat (out[3], ==, 0);
}

/* ---- in use ---- */

static void
test_workers (void)
{
  g_autofree char *path = in_folder ("workers.npz"), *first = in_folder ("one.npz"), *second = in_folder ("four.npz");
  g_autofree char *a = NULL, *b = NULL;
  FixtureSet set = dsprites_set (TRUE);
  g_autoptr(UsPrior) prior = NULL;
  g_autoptr(UsBank) bank = NULL;
  g_autoptr(GError) error = NULL;
  gsize n_a, n_b;

  fixture_write_set (path, &set);
  prior = us_prior_new_default (open_set (path));
  us_bank_simulate (prior, 0, 3, 500, 1, first, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  us_bank_simulate (prior, 0, 3, 500, 4, second, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (first, &a, &n_a, NULL));
  g_assert_true (g_file_get_contents (second, &b, &n_b, NULL));
  g_assert_cmpmem (a, n_a, b, n_b);
  bank = us_bank_open (first, &error);
  g_assert_no_error (error);
  g_assert_true (us_bank_check (bank, us_prior_simulator (prior), 0, &error));
  g_assert_no_error (error);
}

/* A name that JSON must escape. */
static void
test_odd_name (void)
{
  g_autofree char *path = in_folder ("say \"a\\b\" ü.npz"), *out = in_folder ("odd-bank.npz");
  FixtureSet set = small_set ();
  g_autoptr(UsPrior) prior = NULL;
  g_autoptr(UsBank) bank = NULL;
  g_autoptr(GError) error = NULL;

  fixture_write_set (path, &set);
  prior = us_prior_new_default (open_set (path));
  us_bank_simulate (prior, 0, 3, 20, 1, out, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  bank = us_bank_open (out, &error);
  g_assert_no_error (error);
  us_bank_check (bank, us_prior_simulator (prior), 0, &error);
  g_assert_no_error (error);
}

static void
test_moved (void)
{
  g_autofree char *old = in_folder ("old.npz"), *id = g_strconcat ("dataset:", old, NULL);
  g_autofree char *there = in_folder ("there"), *moved = g_build_filename (there, "old.npz", NULL);
  g_autofree char *renamed = g_build_filename (there, "renamed.npz", NULL);
  g_autofree char *model = g_build_filename (there, "model.safetensors", NULL);
  g_autofree char *new_id = g_strconcat ("dataset:", moved, NULL), *renamed_id = g_strconcat ("dataset:", renamed, NULL);
  g_autoptr(GError) error = NULL;
  FixtureSet set = small_set ();
  g_autofree char *next = in_folder ("next.npz");
  const UsSimulator *simulator;
  guint version, cached;

  set.levels[2] = (double[]) { 1, 2, 3, 5 };      /* contents that no other test has */
  fixture_write_set (old, &set);
  version = open_set (old)->version;
  g_assert_cmpint (g_mkdir (there, 0700), ==, 0);
  g_assert_cmpint (g_rename (old, moved), ==, 0);

  g_assert_null (us_dataset_find (id, version, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING);
  g_assert_nonnull (strstr (error->message, "UNDERSTUDY_DATASETS"));
  g_assert_nonnull (strstr (error->message, old));
  g_clear_error (&error);

  /* By the variable: a folder, or a file of any name; beside the model; open already. */
  g_setenv ("UNDERSTUDY_DATASETS", there, TRUE);
  simulator = us_dataset_find (id, version, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (simulator->id, ==, new_id);
  g_assert_cmpint (g_rename (moved, renamed), ==, 0);
  g_assert_null (us_dataset_find (id, version, NULL, NULL));
  g_setenv ("UNDERSTUDY_DATASETS", renamed, TRUE);
  simulator = us_dataset_find (id, version, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (simulator->id, ==, renamed_id);
  g_unsetenv ("UNDERSTUDY_DATASETS");
  g_assert_true (us_dataset_find (id, version, NULL, &error) == simulator);
  g_assert_cmpint (g_rename (renamed, moved), ==, 0);
  simulator = us_dataset_find (id, version, model, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (simulator->version, ==, version);

  /* What was unpacked for a place where the set is no more goes when the next one comes. */
  g_assert_cmpint (g_unlink (moved), ==, 0);
  cached = n_cached (FALSE);
  set.levels[2] = (double[]) { 1, 2, 3, 7 };
  fixture_write_set (next, &set);
  open_set (next);
  g_assert_cmpuint (n_cached (FALSE), ==, cached);     /* one more and one less */

  /* Another set under the old name is not taken for it. */
  set.draw = draw_bright_bits;
  set.levels[2] = (double[]) { 1, 2, 3, 6 };
  fixture_write_set (old, &set);
  g_assert_null (us_dataset_find (id, version, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH);
  g_test_message ("%s", error->message);
}

static void
test_registry (void)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (us_registry_find ("dataset", &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING);
  g_assert_nonnull (strstr (error->message, "dataset:"));
  g_clear_error (&error);
  g_assert_null (us_registry_find ("dataset:/nowhere/at/all.npz", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* ---- the genuine pictures ---- */

/* Frames that differ from frame `base` in nothing but factor k, each value of it once. */
static gsize
frames_along (const double *values,     /* (320, 6) */
              gsize         base,
              gsize         k,
              gsize        *frames)     /* (320) */
{
  gsize n = 0;

  for (gsize i = 0; i < 320; i++)
    {
      gboolean wanted = TRUE;

      for (gsize j = 0; j < 6; j++)
        wanted &= j == k || values[6 * i + j] == values[6 * base + j];
      for (gsize j = 0; j < n; j++)
        wanted &= values[6 * i + k] != values[6 * frames[j] + k];
      if (wanted)
        frames[n++] = i;
    }
  return n;
}

/* They are a full grid of one factor; the longest of them. */
static void
test_genuine (void)
{
  g_autofree char *path = g_build_filename (US_TEST_SHARED_DATA, "dsprites", "dsprites_real_320.npz", NULL);
  g_autofree char *cut = in_folder ("genuine.npz");
  const char *const names[] = { "imgs", "latents_values" };
  g_autoptr(UsNpz) npz = NULL;
  g_autoptr(UsArray) images = NULL, latents = NULL, some_images = NULL, some_latents = NULL;
  g_autoptr(GError) error = NULL;
  const UsSimulator *simulator;
  const double *values;
  gsize frames[320], n = 0, best = 0, factor = 0;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("the genuine images are not here");
      return;
    }
  assert_refused (path, US_FORMAT_ERROR_SHAPE, "1 × 3 × 6 × 40 × 32 × 32 = 737280 combinations");

  npz = us_npz_open (path, &error);
  images = us_npz_read (npz, "imgs", 0, &error);
  latents = us_npz_read (npz, "latents_values", 0, &error);
  g_assert_no_error (error);
  values = latents->data;
  for (gsize base = 0; base < 320; base++)
    for (gsize k = 1; k < 6; k++)
      if (frames_along (values, base, k, frames) > n)
        {
          n = frames_along (values, base, k, frames);
          best = base;
          factor = k;
        }
  g_test_message ("%zu frames along column %zu", n, factor + 1);
  g_assert_cmpuint (n, >=, 32);
  frames_along (values, best, factor, frames);
  some_images = us_array_new (US_DTYPE_U8, 3, (gsize[]) { n, SIZE, SIZE });
  some_latents = us_array_new (US_DTYPE_F64, 2, (gsize[]) { n, 6 });
  for (gsize i = 0; i < n; i++)
    {
      memcpy ((guint8 *) some_images->data + i * SIZE * SIZE, (guint8 *) images->data + frames[i] * SIZE * SIZE, SIZE * SIZE);
      memcpy ((double *) some_latents->data + 6 * i, values + 6 * frames[i], 6 * sizeof (double));
    }
  us_npz_write (cut, 2, names, (UsArray *[]) { some_images, some_latents }, TRUE, &error);
  g_assert_no_error (error);

  simulator = open_set (cut);
  g_assert_cmpuint (simulator->n_parameters, ==, 1);
  g_assert_cmpstr (simulator->parameters[0].name, ==,
                   ((const char *[]) { "color", "shape", "scale", "orientation", "posX", "posY" })[factor]);
  for (gsize i = 0; i < n; i++)
    {
      float out[SIZE * SIZE];

      look (simulator, values + 6 * frames[i] + factor, out);
      for (gsize j = 0; j < SIZE * SIZE; j++)
        g_assert_cmpfloat (out[j], ==, ((guint8 *) images->data)[frames[i] * SIZE * SIZE + j]);
    }
}

/* The stand-in for the published file, with its pickle. */
static void
test_stand_in (void)
{
  g_autofree char *path = g_build_filename (US_TEST_SHARED_DATA, "dsprites", "dsprites_like_46080.npz", NULL);
  g_autoptr(UsNpz) npz = NULL;
  g_autoptr(GError) error = NULL;
  const UsSimulator *simulator;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("the stand-in is not here");
      return;
    }
  simulator = open_set (path);
  g_assert_cmpuint (simulator->n_parameters, ==, 5);
  npz = us_npz_open (path, &error);
  g_assert_no_error (error);
  for (gsize row = 17; row < 46080; row += 997)
    {
      g_autoptr(UsArray) image = us_npz_read_rows (npz, "imgs", row, 1, &error);
      float out[SIZE * SIZE];
      double theta[5];
      gsize at = row;

      g_assert_no_error (error);
      theta[4] = (double[]) { 0, 4, 9, 13, 18, 22, 27, 31 }[at % 8] / 31;
      theta[3] = (double[]) { 0, 4, 9, 13, 18, 22, 27, 31 }[at / 8 % 8] / 31;
      theta[2] = TURN * (double) (at / 64 % 40) / 39;
      theta[1] = 0.5 + 0.1 * (double) (at / 2560 % 6);
      theta[0] = 1 + (double) (at / 15360);
      theta[2] = MIN (theta[2], simulator->parameters[2].upper);
      theta[1] = MIN (theta[1], simulator->parameters[1].upper);
      look (simulator, theta, out);
      for (gsize j = 0; j < SIZE * SIZE; j++)
        g_assert_cmpfloat (out[j], ==, ((guint8 *) image->data)[j]);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  make_folder ();

  g_test_add_func ("/dataset/round-trip", test_round_trip);
  g_test_add_func ("/dataset/order", test_order);
  g_test_add_func ("/dataset/bright", test_bright);
  g_test_add_func ("/dataset/bytes", test_bytes);
  g_test_add_func ("/dataset/nearest", test_nearest);
  g_test_add_func ("/dataset/dsprites", test_dsprites);
  g_test_add_func ("/dataset/open-turn", test_open_turn);
  g_test_add_func ("/dataset/draws", test_draws);
  g_test_add_func ("/dataset/names", test_names);
  g_test_add_func ("/dataset/workers", test_workers);
  g_test_add_func ("/dataset/odd-name", test_odd_name);
  g_test_add_func ("/dataset/moved", test_moved);
  g_test_add_func ("/dataset/registry", test_registry);
  g_test_add_func ("/dataset/genuine", test_genuine);
  g_test_add_func ("/dataset/stand-in", test_stand_in);

  return run_in_folder ();
}
