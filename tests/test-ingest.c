/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simvae-fixture.h"

#include "us-error.h"
#include "us-ingest.h"
#include "us-npy.h"

#include <gdk-pixbuf/gdk-pixbuf.h>

#define SIZE 64

static char *folder;

static char *
file (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static const UsSimulator *
simulator (const char *id)
{
  const UsSimulator *found = us_registry_find (id, NULL);

  g_assert_nonnull (found);
  return found;
}

static UsObservation *
load (const char *id,
      guint       output,
      const char *name,
      gsize       index)
{
  g_autofree char *path = file (name);
  g_autoptr(GError) error = NULL;
  UsObservation *observation = us_observation_load (simulator (id), output, path, index, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (observation->origin, ==, name);
  for (gsize i = 0; i < observation->n_values; i++)
    g_assert_true (isfinite (observation->x[i]));
  return observation;
}

static void
refuse (const char *id,
        guint       output,
        const char *name,
        gsize       index,
        int         code,
        const char *word)
{
  g_autofree char *path = file (name);
  g_autoptr(GError) error = NULL;

  g_assert_null (us_observation_load (simulator (id), output, path, index, &error));
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, name));
  g_assert_nonnull (strstr (error->message, word));
  if (code >= 0)
    g_assert_error (error, US_FORMAT_ERROR, code);
}

static void
write_text (const char *name,
            const char *text)
{
  g_autofree char *path = file (name);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* -- images ------------------------------------------------------------ */

/* A picture of `size` pixels with a line of `ink` on `paper`, along the diagonal downwards, `thick` pixels. */
static void
write_picture (const char *name,
               int         width,
               int         height,
               int         ink,
               int         paper,
               int         alpha)         /* of the paper */
{
  g_autofree char *path = file (name);
  g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, alpha < 255, 8, width, height);
  guchar *pixels = gdk_pixbuf_get_pixels (pixbuf);
  int stride = gdk_pixbuf_get_rowstride (pixbuf), bytes = gdk_pixbuf_get_n_channels (pixbuf);
  double thick = MAX (width, height) / 40.0;

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      {
        gboolean line = fabs ((double) x / width - (double) y / height) * MIN (width, height) < thick;
        guchar *p = pixels + y * stride + x * bytes;

        p[0] = p[1] = p[2] = line ? ink : paper;
        if (bytes == 4)
          p[3] = line ? 255 : alpha;
      }
  g_assert_true (gdk_pixbuf_save (pixbuf, path, "png", NULL, NULL));
}

static double
sum (const UsObservation *o)
{
  double total = 0;

  for (gsize i = 0; i < o->n_values; i++)
    total += o->x[i];
  return total;
}

static void
test_images (void)
{
  g_autoptr(UsObservation) same = NULL;
  g_autoptr(UsObservation) inverted = NULL;
  g_autoptr(UsObservation) large = NULL;
  g_autoptr(UsObservation) wide = NULL;
  g_autoptr(UsObservation) clear = NULL;
  g_autoptr(UsObservation) colour = NULL;

  write_picture ("light.png", SIZE, SIZE, 255, 0, 255);
  write_picture ("dark.png", SIZE, SIZE, 0, 255, 255);
  write_picture ("large.png", 900, 900, 30, 230, 255);
  write_picture ("wide.png", 400, 100, 0, 255, 255);
  write_picture ("clear.png", SIZE, SIZE, 0, 77, 0);

  same = load ("fourier", 0, "light.png", 0);
  g_assert_cmpstr (same->note, ==, "");
  g_assert_cmpfloat (same->x[0], ==, 1);
  g_assert_cmpfloat (same->x[10 * SIZE + 40], ==, 0);

  /* dark on light, and on nothing: the same picture */
  inverted = load ("fourier", 0, "dark.png", 0);
  g_assert_nonnull (strstr (inverted->note, "inverted"));
  clear = load ("fourier", 0, "clear.png", 0);
  for (gsize i = 0; i < SIZE * SIZE; i++)
    {
      g_assert_cmpfloat_with_epsilon (inverted->x[i], same->x[i], 1e-6);
      g_assert_cmpfloat_with_epsilon (clear->x[i], same->x[i], 1e-6);
    }

  /* scaled by area, grey paper to 0, line to 1 */
  large = load ("fourier", 0, "large.png", 0);
  g_assert_nonnull (strstr (large->note, "resized from 900 × 900"));
  g_assert_cmpfloat (large->x[20 * SIZE + 20], >, 0.9);
  g_assert_cmpfloat (large->x[10 * SIZE + 40], <, 0.02);
  g_assert_cmpfloat_with_epsilon (sum (large) / sum (same), 1, 0.35);

  /* proportions kept: a quarter high, in the middle */
  wide = load ("fourier", 0, "wide.png", 0);
  for (gsize x = 0; x < SIZE; x++)
    g_assert_cmpfloat (wide->x[10 * SIZE + x], <, 0.02);
  g_assert_cmpfloat (wide->x[24 * SIZE + 1] + wide->x[25 * SIZE + 3], >, 0.3);

  /* three channels are left as they are */
  colour = load ("box", 0, "dark.png", 0);
  g_assert_cmpuint (colour->n_values, ==, SIZE * SIZE * 3);
  g_assert_cmpfloat (colour->x[3 * (10 * SIZE + 40)], ==, 1);
}

static void
test_bad_images (void)
{
  g_autofree char *png = file ("light.png"), *cut = file ("cut.png"), *huge = file ("huge.png");
  g_autofree char *bytes = NULL;
  gsize length;
  g_autoptr(UsObservation) dot = NULL;

  write_picture ("light.png", SIZE, SIZE, 255, 0, 255);
  g_assert_true (g_file_get_contents (png, &bytes, &length, NULL));

  /* a header that promises a picture beyond all bounds: said before memory is taken */
  bytes[16] = bytes[17] = 0;
  bytes[18] = (char) 0x75;
  g_assert_true (g_file_set_contents (huge, bytes, length, NULL));
  refuse ("fourier", 0, "huge.png", 0, -1, "huge.png");

  g_clear_pointer (&bytes, g_free);
  g_assert_true (g_file_get_contents (png, &bytes, &length, NULL));
  g_assert_true (g_file_set_contents (cut, bytes, length / 2, NULL));
  refuse ("fourier", 0, "cut.png", 0, US_FORMAT_ERROR_SYNTAX, "cut.png");

  write_text ("empty.png", "");
  refuse ("fourier", 0, "empty.png", 0, US_FORMAT_ERROR_TRUNCATED, "empty");
  write_text ("words.png", "this is no picture at all");
  refuse ("fourier", 0, "words.png", 0, US_FORMAT_ERROR_UNSUPPORTED, "neither an image");
  refuse ("fourier", 0, "absent.png", 0, -1, "absent.png");
  refuse ("fourier", 1, "light.png", 0, US_FORMAT_ERROR_UNSUPPORTED, "series of 64 points");
  write_picture ("long.png", 8200, 1, 0, 255, 255);
  refuse ("fourier", 0, "long.png", 0, US_FORMAT_ERROR_TOO_LARGE, "8200 × 1");

  /* one pixel is a picture */
  write_picture ("dot.png", 1, 1, 255, 255, 255);
  dot = load ("fourier", 0, "dot.png", 0);
  g_assert_cmpfloat (sum (dot), <, 1);
}

/* -- arrays ------------------------------------------------------------ */

static void
write_npy (const char  *name,
           UsDtype      dtype,
           guint        n_dims,
           const gsize *shape,
           double       value,
           gsize        at,
           double       there)
{
  g_autofree char *path = file (name);
  g_autoptr(UsArray) array = us_array_new (dtype, n_dims, shape);

  for (gsize i = 0; i < array->n_elements; i++)
    {
      double v = i == at ? there : value;

      if (dtype == US_DTYPE_F32)
        ((float *) array->data)[i] = v;
      else if (dtype == US_DTYPE_F64)
        ((double *) array->data)[i] = v;
      else
        ((guint8 *) array->data)[i] = v;
    }
  if (g_str_has_suffix (name, ".npz"))
    {
      const char *names[] = { "x" };
      UsArray *arrays[] = { array };

      g_assert_true (us_npz_write (path, 1, names, arrays, TRUE, NULL));
    }
  else
    g_assert_true (us_npy_write (path, array, NULL));
}

static void
test_arrays (void)
{
  g_autoptr(UsObservation) flat = NULL;
  g_autoptr(UsObservation) third = NULL;
  g_autoptr(UsObservation) bytes = NULL;
  g_autoptr(UsObservation) series = NULL;

  write_npy ("flat.npy", US_DTYPE_F32, 2, (const gsize[]) { 64, 64 }, 0.25, 70, 0.5);
  flat = load ("fourier", 0, "flat.npy", 0);
  g_assert_cmpfloat (flat->x[70], ==, 0.5f);
  g_assert_cmpfloat (flat->x[71], ==, 0.25f);

  write_npy ("bank.npz", US_DTYPE_F64, 4, (const gsize[]) { 3, 64, 64, 1 }, 0.25, 2 * 4096 + 5, 1);
  third = load ("fourier", 0, "bank.npz", 2);
  g_assert_cmpfloat (third->x[5], ==, 1);
  g_assert_nonnull (strstr (third->note, "2 of 3"));
  refuse ("fourier", 0, "bank.npz", 3, US_FORMAT_ERROR_MISSING, "holds 3");

  write_npy ("bytes.npy", US_DTYPE_U8, 3, (const gsize[]) { 64, 64, 3 }, 255, 0, 0);
  bytes = load ("box", 0, "bytes.npy", 0);
  g_assert_cmpfloat (bytes->x[0], ==, 0);
  g_assert_cmpfloat (bytes->x[1], ==, 1);

  write_npy ("series.npy", US_DTYPE_F32, 1, (const gsize[]) { 64 }, 0.25, 0, -1);
  series = load ("fourier", 1, "series.npy", 0);
  g_assert_cmpfloat (series->x[0], ==, -1);

  write_npy ("small.npy", US_DTYPE_F32, 2, (const gsize[]) { 32, 64 }, 0, 0, 0);
  refuse ("fourier", 0, "small.npy", 0, US_FORMAT_ERROR_SHAPE, "expected (64, 64, 1)");
  write_npy ("nan.npy", US_DTYPE_F32, 2, (const gsize[]) { 64, 64 }, 0, 9, NAN);
  refuse ("fourier", 0, "nan.npy", 0, US_FORMAT_ERROR_VALUE, "not finite");
  write_text ("text.npy", "not an array");
  refuse ("fourier", 0, "text.npy", 0, -1, "text.npy");
  write_text ("text.npz", "not a zip");
  refuse ("fourier", 0, "text.npz", 0, -1, "text.npz");
}

/* An RLC circuit measured at points of its own: f from 50 Hz to 5 MHz, 400 of them, given in any order. */
static void
write_bode (const char *name,
            const char *header,
            double      f_factor,
            double      phase_factor,
            gboolean    phase_first)
{
  g_autoptr(GString) text = g_string_new (header);
  const double f0 = 5032.921210448704, q = 3.1622776601683795;  /* 100 Ω, 10 mH, 100 nF */

  for (int i = 0; i < 400; i++)
    {
      double f = 50 * pow (1e5, i * 151 % 400 / 399.0), v = q * (f / f0 - f0 / f);
      double gain = -10 * log10 (1 + v * v), phase = -atan (v) * phase_factor;

      g_string_append_printf (text, "%.12g,%.12g,%.12g\n", f * f_factor, phase_first ? phase : gain,
                              phase_first ? gain : phase);
    }
  write_text (name, text->str);
}

/* As the simulator has it, but for what interpolation costs. */
static void
assert_bode (const char *name)
{
  static const double theta[] = { 100, 10, 100 };
  const UsSimulator *rlc = simulator ("rlc");
  g_autoptr(UsObservation) observation = load ("rlc", 0, name, 0);
  float truth[256];
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_SIMULATOR, 0);
  g_assert_cmpint (rlc->run (rlc, theta, 0, &rng, truth), ==, US_SIM_OK);
  g_assert_cmpuint (observation->n_values, ==, 256);
  for (gsize i = 0; i < 256; i++)
    g_assert_cmpfloat_with_epsilon (observation->x[i], truth[i], i % 2 == 0 ? 0.05 : 0.01);
}

static void
test_channels (void)
{
  g_autoptr(UsObservation) noted = NULL;
  g_autoptr(GError) error = NULL;
  const double line[] = { 50, 0, 5e6, -40 };

  write_bode ("plain.csv", "", 1, 1, FALSE);
  assert_bode ("plain.csv");
  write_bode ("named.csv", "Frequency (Hz),Phase measured,Gain (dB)\n", 1, 1, TRUE);
  assert_bode ("named.csv");
  write_bode ("units.csv", "f_kHz,gain_dB,phase [deg]\n", 1e-3, 180 / G_PI, FALSE);
  assert_bode ("units.csv");
  noted = load ("rlc", 0, "units.csv", 0);
  g_assert_nonnull (strstr (noted->note, "“f_kHz” taken as Hz; “phase [deg]” taken as rad; interpolated from 400 rows"));
  write_bode ("omega.csv", "x (rad/s),gain,phase\n", 2 * G_PI, 1, FALSE);
  assert_bode ("omega.csv");
  /* Columns that are called otherwise: their order counts. */
  write_bode ("order.csv", "a,b,c\n", 1, 1, FALSE);
  assert_bode ("order.csv");

  write_text ("narrow.csv", "f (kHz),gain,phase\n1,0,0\n100,-10,0\n");
  refuse ("rlc", 0, "narrow.csv", 0, US_FORMAT_ERROR_VALUE,
          "column 1 (“f (kHz)”): covers 1000 … 1e+05 Hz; expected 50 … 5e+06 Hz");
  write_text ("volts.csv", "f,gain (V),phase\n50,0,0\n5e6,-10,0\n");
  refuse ("rlc", 0, "volts.csv", 0, US_FORMAT_ERROR_VALUE, "column 2 (“gain (V)”): “V” cannot be read as “dB”");
  write_text ("turn.csv", "f,gain,phase\n50,0,90\n5e6,-10,-90\n");
  refuse ("rlc", 0, "turn.csv", 0, US_FORMAT_ERROR_VALUE, "line 2, column 3 (“phase”): 90; expected -1.571 … 1.571 rad");
  write_text ("zero.csv", "f,gain,phase\n0,0,0\n5e6,-10,0\n");
  refuse ("rlc", 0, "zero.csv", 0, US_FORMAT_ERROR_VALUE, "line 2, column 1 (“f”): 0; expected more than 0");
  write_text ("half.csv", "f,gain\n50,0\n5e6,-10\n");
  refuse ("rlc", 0, "half.csv", 0, US_FORMAT_ERROR_MISSING,
          "no column “Phase” among its 2 columns of numbers; expected Frequency (Hz), Gain (dB), Phase (rad)");
  write_text ("lone.csv", "f,gain,phase\n50,0,0\n");
  refuse ("rlc", 0, "lone.csv", 0, US_FORMAT_ERROR_SHAPE, "two or more");
  /* A line says nothing of the second channel. */
  g_assert_null (us_observation_from_polyline (simulator ("rlc"), 0, 2, line, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED);
}

static void
test_csv (void)
{
  g_autoptr(GString) text = g_string_new ("x,y\n");
  g_autoptr(UsObservation) inside = NULL;
  g_autoptr(UsObservation) outside = NULL;
  g_autoptr(UsObservation) series = NULL;
  double theta[11];

  /* the first cosine, in field units: as it is */
  for (int i = 0; i <= 100; i++)
    g_string_append_printf (text, "%.6f,%.6f\n", i / 100.0, 0.2 * cos (2 * G_PI * i / 100.0));
  write_text ("curve.csv", text->str);
  inside = load ("fourier", 0, "curve.csv", 0);
  g_assert_cmpstr (inside->note, ==, "");
  g_assert_cmpuint (inside->n_points, ==, 101);
  g_assert_true (simulator ("fourier")->fit (simulator ("fourier"), inside->n_points, inside->xy, theta));
  g_assert_cmpfloat_with_epsilon (theta[us_simulator_parameter_index (simulator ("fourier"), "a1")], 0.2, 5e-3);

  /* the same in other units: scaled */
  g_string_assign (text, "year;rate\n");
  for (int i = 0; i <= 100; i++)
    g_string_append_printf (text, "%d;%.6f\n", 1900 + i, 500 + 20 * cos (2 * G_PI * i / 100.0));
  write_text ("units.csv", text->str);
  outside = load ("fourier", 0, "units.csv", 0);
  g_assert_nonnull (strstr (outside->note, "scaled to the width"));
  g_assert_true (simulator ("fourier")->fit (simulator ("fourier"), outside->n_points, outside->xy, theta));
  /* 40 high on 100 wide: the field is 2 high on 1 wide, so ±0.4, brought to 0.9 of the prior's 0.25 */
  g_assert_cmpfloat_with_epsilon (theta[us_simulator_parameter_index (simulator ("fourier"), "a1")], 0.225, 5e-3);

  g_string_assign (text, "");
  for (int i = 0; i < 64; i++)
    g_string_append_printf (text, "%.6f\n", i / 100.0);
  write_text ("series.csv", text->str);
  series = load ("fourier", 1, "series.csv", 0);
  g_assert_cmpfloat_with_epsilon (series->x[63], 0.63, 1e-6);
  refuse ("fourier", 0, "series.csv", 0, US_FORMAT_ERROR_SHAPE, "expected two");
  write_text ("short.csv", "1\n2\n3\n");
  refuse ("fourier", 1, "short.csv", 0, US_FORMAT_ERROR_SHAPE, "64 rows");
  write_text ("bad.csv", "x,y\n0,0\n1,n/b\n");
  refuse ("fourier", 0, "bad.csv", 0, US_FORMAT_ERROR_VALUE, "n/b");
  /* group names and flags are left out, dates where there is another x */
  write_text ("groups.csv", "day,group,cases,flag,date\n0,a,1,y,2020-01-01\n10,a,3,n,2020-01-11\n20,b,2,n,2020-01-21\n");
  g_clear_pointer (&outside, us_observation_free);
  outside = load ("fourier", 0, "groups.csv", 0);
  g_assert_nonnull (strstr (outside->note, "“cases” over “day”; scaled"));
  g_assert_cmpfloat_with_epsilon (outside->xy[2], 0.5, 1e-12);
  write_text ("dates.csv", "date,cases,remark\n2020-01-01,1,\n2020-01-11,3,rain\n2020-01-21,2,\n");
  g_clear_pointer (&outside, us_observation_free);
  outside = load ("fourier", 0, "dates.csv", 0);
  g_assert_nonnull (strstr (outside->note, "“cases” over “date”"));
  g_assert_cmpfloat_with_epsilon (outside->xy[2], 0.5, 1e-12);
  write_text ("many.csv", "day,date,in_bed,convalescent\n0,1978-01-22,3,0\n1,1978-01-23,8,0\n");
  refuse ("fourier", 0, "many.csv", 0, US_FORMAT_ERROR_SHAPE, "3 columns of numbers (“day”, “in_bed”, “convalescent”)");
  write_text ("broken.csv", "day,group,cases\n0,a,1\n1,a,two\n");
  refuse ("fourier", 0, "broken.csv", 0, US_FORMAT_ERROR_VALUE, "line 3, column 3 (“cases”): “two” is not a number");
  write_text ("words.csv", "who,what\na,b\n");
  refuse ("fourier", 0, "words.csv", 0, US_FORMAT_ERROR_VALUE, "line 2, column 1 (“who”): “a” is not a number");
  write_text ("one.csv", "x,y\n0.5,0\n");
  refuse ("fourier", 0, "one.csv", 0, US_FORMAT_ERROR_SHAPE, "two points");
  refuse ("box", 0, "curve.csv", 0, US_FORMAT_ERROR_UNSUPPORTED, "does not draw lines");
}

/* -- drawings ---------------------------------------------------------- */

static void
test_strokes (void)
{
  g_autoptr(UsObservation) first = NULL;
  g_autoptr(UsObservation) second = NULL;
  g_autoptr(UsObservation) published = NULL;
  g_autoptr(UsObservation) line = NULL;

  write_text ("d.json", "{\"format\":\"strokes-1\",\"canvas\":256,\"y_axis\":\"down\",\"drawings\":[\n"
                        "{\"strokes\":[{\"x\":[0,100],\"y\":[10,0]}]},\n"
                        "{\"strokes\":[{\"x\":[0,50],\"y\":[0,0]},{\"x\":[60,100],\"y\":[20,20]}]}]}");
  first = load ("fourier", 0, "d.json", 0);
  g_assert_cmpuint (first->n_points, ==, 2);
  /* y down: the line rises; over the whole width; 10 high on 100 wide is ±0.1 of the field */
  g_assert_cmpfloat_with_epsilon (first->xy[0], 0, 1e-12);
  g_assert_cmpfloat_with_epsilon (first->xy[2], 1, 1e-12);
  g_assert_cmpfloat_with_epsilon (first->xy[1], -0.1, 1e-12);
  g_assert_cmpfloat_with_epsilon (first->xy[3], 0.1, 1e-12);
  g_assert_cmpfloat (sum (first), >, 20);
  second = load ("fourier", 0, "d.json", 1);
  g_assert_cmpuint (second->n_points, ==, 5);
  g_assert_true (isnan (second->xy[4]));

  write_text ("d.ndjson", "{\"word\":\"line\",\"drawing\":[[[0,100],[0,10]]]}\n\n"
                          "{\"word\":\"line\",\"drawing\":[[[0,100],[10,0]]]}\n");
  published = load ("fourier", 0, "d.ndjson", 1);
  g_assert_cmpmem (published->x, SIZE * SIZE * sizeof (float), first->x, SIZE * SIZE * sizeof (float));
  line = load ("fourier", 1, "d.ndjson", 1);
  g_assert_cmpfloat_with_epsilon (line->x[0], -0.1, 1e-6);

  refuse ("fourier", 0, "d.json", 2, US_FORMAT_ERROR_MISSING, "holds 2");
  refuse ("fourier", 0, "d.ndjson", 2, US_FORMAT_ERROR_MISSING, "holds 2");
  write_text ("cut.json", "{\"drawings\":[{\"strokes\":[{\"x\":[0,100],\"y\":[10");
  refuse ("fourier", 0, "cut.json", 0, US_FORMAT_ERROR_SYNTAX, "not JSON");
  write_text ("uneven.json", "{\"drawings\":[{\"strokes\":[{\"x\":[0,100],\"y\":[10]}]}]}");
  refuse ("fourier", 0, "uneven.json", 0, US_FORMAT_ERROR_VALUE, "same length");
  write_text ("words.json", "{\"drawings\":[{\"strokes\":[{\"x\":[0,\"a\"],\"y\":[10,null]}]}]}");
  refuse ("fourier", 0, "words.json", 0, US_FORMAT_ERROR_VALUE, "not a number");
  write_text ("else.json", "{\"hello\": 1}");
  refuse ("fourier", 0, "else.json", 0, US_FORMAT_ERROR_VALUE, "neither");
  write_text ("list.json", "[1, 2]");
  refuse ("fourier", 0, "list.json", 0, US_FORMAT_ERROR_SYNTAX, "object");
  write_text ("none.json", "{\"drawing\":[]}");
  refuse ("fourier", 0, "none.json", 0, US_FORMAT_ERROR_SHAPE, "two points");
  refuse ("box", 0, "d.json", 0, US_FORMAT_ERROR_UNSUPPORTED, "does not draw lines");
  {
    /* nested beyond reason: refused, not followed down */
    g_autoptr(GString) deep = g_string_new ("{\"drawing\":");

    for (int i = 0; i < 200000; i++)
      g_string_append_c (deep, '[');
    write_text ("deep.json", deep->str);
    refuse ("fourier", 0, "deep.json", 0, US_FORMAT_ERROR_SYNTAX, "nested");
  }
}

/* Real ones: all load; those that are a function of x keep their best fit inside the prior. */
static void
test_drawings (void)
{
  static const char *const words[] = { "line", "mountain", "river", "squiggle", "stairs", "circle" };
  const UsSimulator *fourier = simulator ("fourier");
  g_autoptr(UsPrior) prior = us_prior_new_default (fourier);

  for (gsize w = 0; w < G_N_ELEMENTS (words); w++)
    {
      g_autofree char *path = g_strdup_printf ("%s/drawings/quickdraw_%s.json", US_TEST_SHARED_DATA, words[w]);

      if (!g_file_test (path, G_FILE_TEST_EXISTS))
        {
          g_test_skip ("no drawings beside the checkout");
          return;
        }
      for (gsize i = 0; i < 13; i++)
        {
          g_autoptr(GError) error = NULL;
          g_autoptr(UsObservation) o = us_observation_load (fourier, 0, path, i, &error);
          double theta[11], lower, upper;

          g_assert_no_error (error);
          if (!fourier->fit (fourier, o->n_points, o->xy, theta))
            continue;
          for (gsize p = 0; p < 11; p++)
            {
              us_prior_range (prior, p, &lower, &upper);
              g_assert_cmpfloat (theta[p], >=, lower);
              g_assert_cmpfloat (theta[p], <=, upper);
            }
        }
    }
}

static void
test_polyline (void)
{
  const double xy[] = { 0, -0.5, 1, 0.5 }, point[] = { 0.5, 0 };
  g_autoptr(GError) error = NULL;
  g_autoptr(UsObservation) drawn = us_observation_from_polyline (simulator ("fourier"), 0, 2, xy, &error);
  g_autoptr(UsObservation) series = us_observation_from_polyline (simulator ("fourier"), 1, 2, xy, &error);

  g_assert_no_error (error);
  /* as the pen went: nothing is scaled */
  g_assert_cmpmem (drawn->xy, sizeof xy, xy, sizeof xy);
  g_assert_cmpfloat_with_epsilon (series->x[32], (32.5 / 64) - 0.5, 1e-6);
  g_assert_null (us_observation_from_polyline (simulator ("fourier"), 0, 1, point, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
}

int
main (int   argc,
      char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = fixture_folder ();

  g_test_add_func ("/ingest/images", test_images);
  g_test_add_func ("/ingest/bad-images", test_bad_images);
  g_test_add_func ("/ingest/arrays", test_arrays);
  g_test_add_func ("/ingest/csv", test_csv);
  g_test_add_func ("/ingest/channels", test_channels);
  g_test_add_func ("/ingest/strokes", test_strokes);
  g_test_add_func ("/ingest/drawings", test_drawings);
  g_test_add_func ("/ingest/polyline", test_polyline);
  status = g_test_run ();
  fixture_remove_folder (folder);
  return status;
}
