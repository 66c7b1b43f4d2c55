/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-colour.h"
#include "us-scale.h"

#include <math.h>

/* ---- scales -------------------------------------------------------------- */

static void
test_scale_round_trip (void)
{
  static const struct
  {
    UsScaleKind kind;
    double      lower, upper;
    gboolean    reversed;
  } cases[] = {
    { US_SCALE_LINEAR, -3, 7, FALSE }, { US_SCALE_LINEAR, 1e9, 1e9 + 1, TRUE }, { US_SCALE_LOG, 1e-8, 1e5, FALSE },
    { US_SCALE_LOG, 0.2, 0.9, TRUE }, { US_SCALE_LINEAR, -1e-12, 1e-12, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      UsScale scale;

      us_scale_init (&scale, cases[i].kind, cases[i].lower, cases[i].upper);
      scale.reversed = cases[i].reversed;
      g_assert_cmpfloat_with_epsilon (us_scale_map (&scale, cases[i].lower), cases[i].reversed ? 1 : 0, 1e-9);
      g_assert_cmpfloat_with_epsilon (us_scale_map (&scale, cases[i].upper), cases[i].reversed ? 0 : 1, 1e-9);
      for (double t = -0.5; t <= 1.5; t += 0.125)
        g_assert_cmpfloat_with_epsilon (us_scale_map (&scale, us_scale_unmap (&scale, t)), t, 1e-6);
    }
}

static void
test_scale_no_place (void)
{
  UsScale log_scale, linear;

  us_scale_init (&log_scale, US_SCALE_LOG, 1, 10);
  us_scale_init (&linear, US_SCALE_LINEAR, 0, 1);
  g_assert_true (isnan (us_scale_map (&log_scale, 0)));
  g_assert_true (isnan (us_scale_map (&log_scale, -1)));
  g_assert_true (isnan (us_scale_map (&log_scale, NAN)));
  g_assert_true (isnan (us_scale_map (&linear, INFINITY)));
  /* The middle of a log scale is the geometric mean. */
  g_assert_cmpfloat_with_epsilon (us_scale_unmap (&log_scale, 0.5), sqrt (10), 1e-12);
}

/* Whatever is asked for, what comes can be drawn. */
static void
test_scale_repairs (void)
{
  static const double ends[] = { -INFINITY, -1e308, -5, -1e-300, 0, 1e-300, 3, 3, 1e308, INFINITY, NAN };

  for (guint kind = 0; kind < 2; kind++)
    for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
      for (guint k = 0; k < G_N_ELEMENTS (ends); k++)
        {
          UsScale scale;
          g_autoptr(UsTicks) ticks = NULL;

          us_scale_init (&scale, kind, ends[i], ends[k]);
          g_assert_true (isfinite (scale.lower) && isfinite (scale.upper));
          g_assert_cmpfloat (scale.lower, <, scale.upper);
          g_assert_true (isfinite (scale.upper - scale.lower));
          if (kind == US_SCALE_LOG)
            g_assert_cmpfloat (scale.lower, >, 0);
          ticks = us_ticks_new (&scale, 6);
          g_assert_cmpuint (ticks->n_major, <=, 200);
        }
}

/* The value under the pointer stays there, also on a log scale. */
static void
test_scale_zoom (void)
{
  for (guint kind = 0; kind < 2; kind++)
    for (double at = 0.0; at <= 1.0; at += 0.25)
      {
        UsScale scale;
        double value;

        us_scale_init (&scale, kind, 1, 1000);
        value = us_scale_unmap (&scale, at);
        us_scale_zoom (&scale, at, 0.5, 0.0);
        g_assert_cmpfloat_with_epsilon (us_scale_map (&scale, value), at, 1e-9);
        us_scale_zoom (&scale, at, 2.0, 0.0);
        g_assert_cmpfloat_with_epsilon (scale.lower, 1, 1e-9);
        g_assert_cmpfloat_with_epsilon (scale.upper, 1000, 1e-6);
        us_scale_zoom (&scale, 0.5, 1.0, 1.0);
        g_assert_cmpfloat_with_epsilon (scale.lower, 1000, 1e-6);
      }
}

static void
test_scale_zoom_ends (void)
{
  UsScale scale;

  us_scale_init (&scale, US_SCALE_LINEAR, 0, 1);
  for (guint i = 0; i < 10000; i++)
    us_scale_zoom (&scale, 0.3, 0.5, 0.0);
  g_assert_cmpfloat (scale.upper - scale.lower, >, 0);
  us_scale_init (&scale, US_SCALE_LOG, 1, 10);
  for (guint i = 0; i < 10000; i++)
    us_scale_zoom (&scale, 0.3, 2.0, 0.0);
  g_assert_true (isfinite (scale.upper) && scale.lower > 0);
}

/* ---- ticks --------------------------------------------------------------- */

static void
test_ticks_step (void)
{
  g_assert_cmpfloat_with_epsilon (us_ticks_step (10, 5), 2, 1e-12);
  g_assert_cmpfloat_with_epsilon (us_ticks_step (1, 5), 0.2, 1e-12);
  g_assert_cmpfloat_with_epsilon (us_ticks_step (1, 10), 0.1, 1e-12);
  g_assert_cmpfloat_with_epsilon (us_ticks_step (365, 7), 50, 1e-9);
  g_assert_cmpfloat_with_epsilon (us_ticks_step (3e-7, 6), 5e-8, 1e-18);
}

/* Over random intervals: rising, inside, evenly spaced at 1, 2 or 5, about as many as
 * asked, as many labels as ticks, no label twice. */
static void
test_ticks_random (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (11);

  for (guint trial = 0; trial < 4000; trial++)
    {
      double size = pow (10, g_rand_double_range (rand, -9, 9)), lower = size * g_rand_double_range (rand, -1, 1);
      UsScale scale;
      g_autoptr(UsTicks) ticks = NULL;
      guint target = (guint) g_rand_int_range (rand, 3, 11);
      double step, lead;

      us_scale_init (&scale, US_SCALE_LINEAR, lower, lower + size * g_rand_double_range (rand, 0.01, 1));
      ticks = us_ticks_new (&scale, target);
      g_assert_cmpuint (ticks->n_major, >=, 2);
      g_assert_cmpuint (ticks->n_major, <=, 2 * target);
      g_assert_cmpuint (g_strv_length (ticks->labels), ==, ticks->n_major);
      step = ticks->major[1] - ticks->major[0];
      lead = step / pow (10, floor (log10 (step) + 1e-6));
      g_assert_true (fabs (lead - 1) < 1e-4 || fabs (lead - 2) < 1e-4 || fabs (lead - 5) < 1e-4);
      for (guint i = 0; i < ticks->n_major; i++)
        {
          double position = us_scale_map (&scale, ticks->major[i]);

          g_assert_true (position > -1e-6 && position < 1 + 1e-6);
          if (i == 0)
            continue;
          g_assert_cmpfloat_with_epsilon (ticks->major[i] - ticks->major[i - 1], step, step * 1e-4);
          g_assert_cmpstr (ticks->labels[i], !=, ticks->labels[i - 1]);
        }
    }
}

static void
assert_labels (UsScaleKind kind,
               double      lower,
               double      upper,
               guint       target,
               const char *expected)
{
  UsScale scale;
  g_autoptr(UsTicks) ticks = NULL;
  g_autofree char *joined = NULL;

  us_scale_init (&scale, kind, lower, upper);
  ticks = us_ticks_new (&scale, target);
  joined = g_strjoinv (" ", ticks->labels);
  g_assert_cmpstr (joined, ==, expected);
}

static void
test_ticks_labels (void)
{
  assert_labels (US_SCALE_LINEAR, 0, 1, 5, "0 0.2 0.4 0.6 0.8 1.0");
  assert_labels (US_SCALE_LINEAR, -1, 1, 4, "−1.0 −0.5 0 0.5 1.0");
  assert_labels (US_SCALE_LINEAR, 0, 240000, 5, "0 50\u202f000 100\u202f000 150\u202f000 200\u202f000");
  assert_labels (US_SCALE_LINEAR, 0, 2e7, 4, "0 0.5×10<sup>7</sup> 1.0×10<sup>7</sup> 1.5×10<sup>7</sup> 2.0×10<sup>7</sup>");
  assert_labels (US_SCALE_LINEAR, 0, 2e-5, 2, "0 1×10<sup>−5</sup> 2×10<sup>−5</sup>");
  assert_labels (US_SCALE_LOG, 1e-3, 1, 6, "0.001 0.01 0.1 1");
  assert_labels (US_SCALE_LOG, 1e-6, 1, 8, "10<sup>−6</sup> 10<sup>−5</sup> 10<sup>−4</sup> 10<sup>−3</sup> 10<sup>−2</sup> "
                 "10<sup>−1</sup> 10<sup>0</sup>");
  assert_labels (US_SCALE_LOG, 1, 10, 5, "1 2 5 10");
}

static void
test_ticks_log (void)
{
  UsScale scale;
  g_autoptr(UsTicks) ticks = NULL;

  us_scale_init (&scale, US_SCALE_LOG, 0.5, 2000);
  ticks = us_ticks_new (&scale, 6);
  g_assert_cmpuint (ticks->n_major, ==, 4);               /* 1, 10, 100, 1000 */
  /* 0.5…0.9; 2…9 of three decades; 2000 itself */
  g_assert_cmpuint (ticks->n_minor, ==, 5 + 3 * 8 + 1);
  for (guint i = 1; i < ticks->n_minor; i++)
    g_assert_cmpfloat (ticks->minor[i], >, ticks->minor[i - 1]);
}

/* A log axis is never left without numbers, however short or long. */
static void
test_ticks_log_random (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (12);

  for (guint trial = 0; trial < 4000; trial++)
    {
      double lower = pow (10, g_rand_double_range (rand, -30, 30));
      UsScale scale;
      g_autoptr(UsTicks) ticks = NULL;

      us_scale_init (&scale, US_SCALE_LOG, lower, lower * pow (10, g_rand_double_range (rand, 0.02, 40)));
      ticks = us_ticks_new (&scale, 7);
      g_assert_cmpuint (ticks->n_major, >=, 2);
      g_assert_cmpuint (ticks->n_major, <=, 15);
      for (guint i = 0; i < ticks->n_major; i++)
        g_assert_true (us_scale_map (&scale, ticks->major[i]) > -1e-6 && us_scale_map (&scale, ticks->major[i]) < 1 + 1e-6);
    }
}

static void
test_nice (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (13);

  for (guint trial = 0; trial < 2000; trial++)
    for (guint kind = 0; kind < 2; kind++)
      {
        double size = pow (10, g_rand_double_range (rand, -6, 6));
        UsScale scale, nice;

        us_scale_init (&scale, kind, size, size * g_rand_double_range (rand, 1.5, 1e4));
        nice = scale;
        us_scale_nice (&nice);
        /* Holds what it held, and wastes little. */
        g_assert_cmpfloat (nice.lower, <=, scale.lower * (1 + 1e-9));
        g_assert_cmpfloat (nice.upper, >=, scale.upper * (1 - 1e-9));
        g_assert_cmpfloat (us_scale_map (&scale, nice.upper) - us_scale_map (&scale, nice.lower), <, 1.7);
      }
}

/* ---- numbers ------------------------------------------------------------- */

static void
test_format (void)
{
  static const struct
  {
    double      value;
    guint       digits;
    const char *markup, *plain;
  } cases[] = {
    { 0, 3, "0", "0" },
    { -0.0, 3, "0", "0" },
    { 1, 3, "1", "1" },
    { -0.0123, 3, "−0.0123", "−0.0123" },
    { 9.996, 3, "10", "10" },
    { 12.5, 3, "12.5", "12.5" },
    { 123456, 3, "123\u202f456", "123\u202f456" },
    { -12500, 3, "−12\u202f500", "−12\u202f500" },
    { 1.2e-7, 3, "1.2×10<sup>−7</sup>", "1.2×10^−7" },
    { 6.02214e23, 4, "6.022×10<sup>23</sup>", "6.022×10^23" },
    { NAN, 3, "–", "–" },
    { -INFINITY, 3, "−∞", "−∞" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *markup = us_format_markup (cases[i].value, cases[i].digits);
      g_autofree char *plain = us_format_plain (cases[i].value, cases[i].digits);

      g_assert_cmpstr (markup, ==, cases[i].markup);
      g_assert_cmpstr (plain, ==, cases[i].plain);
    }
}

static void
test_label (void)
{
  static const struct
  {
    const char *label, *unit, *expected;
  } cases[] = {
    { "Time", "s", "Time (s)" }, { "Loss", "1", "Loss" }, { "Loss", "", "Loss" }, { "Loss", NULL, "Loss" },
    { NULL, "mV", "mV" }, { NULL, NULL, "" }, { "", "1", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *label = us_format_label (cases[i].label, cases[i].unit);

      g_assert_cmpstr (label, ==, cases[i].expected);
    }
}

/* ---- colours -------------------------------------------------------------- */

typedef struct
{
  double l, a, b;
} Lab;

static double
to_linear (double c)
{
  return c <= 0.04045 ? c / 12.92 : pow ((c + 0.055) / 1.055, 2.4);
}

static double
lab_f (double t)
{
  return t > 216.0 / 24389.0 ? cbrt (t) : (24389.0 / 27.0 * t + 16.0) / 116.0;
}

/* CIELAB of what an eye with the deficiency m sees; Machado et al. (2009), table 1, severity 1. */
static Lab
seen (UsColour     c,
      const double m[9])
{
  double rgb[3] = { to_linear (c.red), to_linear (c.green), to_linear (c.blue) }, s[3], x, y, z;

  for (guint i = 0; i < 3; i++)
    s[i] = CLAMP (m[3 * i] * rgb[0] + m[3 * i + 1] * rgb[1] + m[3 * i + 2] * rgb[2], 0.0, 1.0);
  x = lab_f ((0.4124564 * s[0] + 0.3575761 * s[1] + 0.1804375 * s[2]) / 0.95047);
  y = lab_f (0.2126729 * s[0] + 0.7151522 * s[1] + 0.0721750 * s[2]);
  z = lab_f ((0.0193339 * s[0] + 0.1191920 * s[1] + 0.9503041 * s[2]) / 1.08883);
  return (Lab) { 116 * y - 16, 500 * (x - y), 200 * (y - z) };
}

static const double eyes[4][9] = {
  { 1, 0, 0, 0, 1, 0, 0, 0, 1 },
  { 0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998 },
  { 0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881 },
  { 1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900 },
};

static void
test_palette (void)
{
  for (guint theme = 0; theme < 3; theme++)
    for (int i = 1; i <= US_N_COLOURS; i++)
      {
        /* WCAG 2.1, 1.4.11: graphics 3:1. */
        g_assert_cmpfloat (us_colour_contrast (us_colour_get (theme, i), us_colour_ground (theme)), >=, 3.0);
        for (int k = 1; k < i; k++)
          for (guint eye = 0; eye < G_N_ELEMENTS (eyes); eye++)
            {
              Lab a = seen (us_colour_get (theme, i), eyes[eye]), b = seen (us_colour_get (theme, k), eyes[eye]);
              double distance = sqrt ((a.l - b.l) * (a.l - b.l) + (a.a - b.a) * (a.a - b.a) + (a.b - b.b) * (a.b - b.b));

              /* 2.3 is just noticeable side by side (Mahy et al. 1994); thin lines need several times that. */
              g_assert_cmpfloat (distance, >=, i <= 4 ? 20.0 : 15.0);
            }
      }
  for (guint theme = 0; theme < 3; theme++)
    {
      /* Texts: 4.5:1. */
      g_assert_cmpfloat (us_colour_contrast (us_colour_foreground (theme), us_colour_ground (theme)), >=, 4.5);
      g_assert_cmpfloat (us_colour_contrast (us_colour_axis (theme), us_colour_ground (theme)), >=, 4.5);
      g_assert_cmpfloat (us_colour_contrast (us_colour_get (theme, US_COLOUR_MUTED), us_colour_ground (theme)), >=, 3.0);
    }
}

static void
test_colour_maps (void)
{
  /* matplotlib's viridis at 0, 1/4, 1/2, 3/4 and 1. */
  static const guint32 viridis[] = { 0x440154, 0x3b528b, 0x21918c, 0x5ec962, 0xfde725 };
  double last = -1;

  for (guint i = 0; i < G_N_ELEMENTS (viridis); i++)
    {
      UsColour c = us_colour_map (US_COLOUR_MAP_SEQUENTIAL, i / 4.0);

      g_assert_cmpfloat_with_epsilon (c.red, (viridis[i] >> 16) / 255.0, 0.02);
      g_assert_cmpfloat_with_epsilon (c.green, (viridis[i] >> 8 & 255) / 255.0, 0.02);
      g_assert_cmpfloat_with_epsilon (c.blue, (viridis[i] & 255) / 255.0, 0.03);
    }
  for (double t = 0; t <= 1; t += 1.0 / 64)
    {
      Lab low = seen (us_colour_map (US_COLOUR_MAP_DIVERGING, t), eyes[0]);
      Lab high = seen (us_colour_map (US_COLOUR_MAP_DIVERGING, 1 - t), eyes[0]);
      double lightness = seen (us_colour_map (US_COLOUR_MAP_SEQUENTIAL, t), eyes[0]).l;

      /* Lightness rises all the way; the two signs weigh the same. */
      g_assert_cmpfloat (lightness, >, last);
      last = lightness;
      g_assert_cmpfloat_with_epsilon (low.l, high.l, 0.7);
      g_assert_cmpfloat_with_epsilon (hypot (low.a, low.b), hypot (high.a, high.b), 1.5);
    }
  g_assert_cmphex (us_colour_map_table (US_COLOUR_MAP_GREY)[128], ==, 0xff808080u);
  g_assert_cmphex (us_colour_map_table (US_COLOUR_MAP_SEQUENTIAL)[255] >> 24, ==, 0xff);
  g_assert_cmpfloat (us_colour_map (US_COLOUR_MAP_GREY, 7).red, ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scale/round-trip", test_scale_round_trip);
  g_test_add_func ("/scale/no-place", test_scale_no_place);
  g_test_add_func ("/scale/repairs", test_scale_repairs);
  g_test_add_func ("/scale/zoom", test_scale_zoom);
  g_test_add_func ("/scale/zoom-ends", test_scale_zoom_ends);
  g_test_add_func ("/scale/nice", test_nice);
  g_test_add_func ("/ticks/step", test_ticks_step);
  g_test_add_func ("/ticks/random", test_ticks_random);
  g_test_add_func ("/ticks/labels", test_ticks_labels);
  g_test_add_func ("/ticks/log", test_ticks_log);
  g_test_add_func ("/ticks/log-random", test_ticks_log_random);
  g_test_add_func ("/format/number", test_format);
  g_test_add_func ("/format/label", test_label);
  g_test_add_func ("/colour/palette", test_palette);
  g_test_add_func ("/colour/maps", test_colour_maps);
  return g_test_run ();
}
