/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of pictures as simulators.  N rows, K factors, P of them vary. */
#include "config.h"

#include "dataset-fixture.h"
#include "us-bank.h"
#include "us-dataset-private.h"
#include "us-error.h"
#include "us-file.h"
#include "us-prior.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>

#define SIZE 64
#define TURN (2 * G_PI)

static char *folder;            /* of this run: files, and the cache in "cache" */

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static guint
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

static const UsSimulator *
open_set (const char *path)
{
  g_autoptr(GError) error = NULL;
  const UsSimulator *simulator = us_dataset_open (path, NULL, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (simulator);
  return simulator;
}

static void
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
static void
draw_bits (const double *values,
           guint8       *pixels)
{
  guint32 word = (guint32) (values[0] * 977) * 2654435761u ^ (guint32) (int) (values[2] * 64 + 999) * 40503u;

  for (gsize i = 0; i < H * W; i++)
    pixels[i] = word >> (i % 32) & 1;
}

static void
draw_bright_bits (const double *values,
                  guint8       *pixels)
{
  draw_bits (values, pixels);
  for (gsize i = 0; i < H * W; i++)
    pixels[i] *= 255;
}

static FixtureSet
small_set (void)
{
  return (FixtureSet) {
    .n_factors = 3, .n = { 3, 1, 4 }, .levels = { kinds, one, heights },
    .height = H, .width = W, .draw = draw_bits,
  };
}

/* The values of a row without those that never vary. */
static void
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

static void
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

static void
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

int
main (int    argc,
      char **argv)
{
  g_autofree char *cache = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("us-dataset-XXXXXX", NULL);
  cache = in_folder ("cache");
  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_unsetenv ("UNDERSTUDY_DATASETS");

  /* First: what is measured is the peak of the process. */
  g_test_add_func ("/dataset/memory", test_memory);
  g_test_add_func ("/dataset/round-trip", test_round_trip);
  g_test_add_func ("/dataset/order", test_order);
  g_test_add_func ("/dataset/bright", test_bright);
  g_test_add_func ("/dataset/bytes", test_bytes);
  g_test_add_func ("/dataset/nearest", test_nearest);
  g_test_add_func ("/dataset/dsprites", test_dsprites);
  g_test_add_func ("/dataset/open-turn", test_open_turn);
  g_test_add_func ("/dataset/draws", test_draws);
  g_test_add_func ("/dataset/names", test_names);
  g_test_add_func ("/dataset/refused", test_refused);
  g_test_add_func ("/dataset/refused-grids", test_refused_grids);
  g_test_add_func ("/dataset/refused-members", test_refused_members);
  g_test_add_func ("/dataset/checksum", test_checksum);
  g_test_add_func ("/dataset/missing", test_missing);
  g_test_add_func ("/dataset/cache", test_cache);
  g_test_add_func ("/dataset/damaged-cache", test_damaged_cache);
  g_test_add_func ("/dataset/cancel", test_cancel);
  g_test_add_func ("/dataset/full-disk", test_full_disk);
  g_test_add_func ("/dataset/workers", test_workers);
  g_test_add_func ("/dataset/odd-name", test_odd_name);
  g_test_add_func ("/dataset/moved", test_moved);
  g_test_add_func ("/dataset/registry", test_registry);
  g_test_add_func ("/dataset/fuzz", test_fuzz);
  g_test_add_func ("/dataset/genuine", test_genuine);
  g_test_add_func ("/dataset/stand-in", test_stand_in);
  status = g_test_run ();

  remove_tree (folder);
  g_free (folder);
  return status;
}
