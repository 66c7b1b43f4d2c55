/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "us-channel-scale.h"

#include <math.h>

static const UsChannel channels[] = {
  { "gain", "Gain", "dB", -100, 0 },
  { "phase", "Phase", "rad", -2, 2 },
};
static const UsOutput bode = {
  .id = "bode", .kind = US_OUTPUT_SERIES, .height = 50, .width = 1, .channels = 2, .channel_info = channels,
};
static const UsOutput alike = { .id = "curve", .kind = US_OUTPUT_SERIES, .height = 50, .width = 1, .channels = 2 };
static const UsOutput image = { .id = "plot", .kind = US_OUTPUT_IMAGE, .height = 10, .width = 10, .channels = 1 };

/* Channel 0 alternates between -70 and -30, channel 1 between -0.5 and 0.1. */
static void
fill (float *x)
{
  for (gsize i = 0; i < 50; i++)
    {
      x[2 * i] = i % 2 == 0 ? -70 : -30;
      x[2 * i + 1] = i % 2 == 0 ? 0.1f : -0.5f;
    }
}

static void
test_measure (void)
{
  UsChannelScale scale;
  float x[100], y[100];

  fill (x);
  us_channel_scale_measure (&scale, &bode, x, 100);
  g_assert_cmpuint (scale.n, ==, 2);
  g_assert_cmpfloat_with_epsilon (scale.offset[0], -50, 1e-9);
  g_assert_cmpfloat_with_epsilon (scale.scale[0], 20, 1e-9);
  g_assert_cmpfloat_with_epsilon (scale.offset[1], -0.2, 1e-7);
  g_assert_cmpfloat_with_epsilon (scale.scale[1], 0.3, 1e-7);

  us_channel_scale_apply (&scale, y, x, 100);
  for (gsize i = 0; i < 100; i++)
    g_assert_cmpfloat_with_epsilon (fabsf (y[i]), 1, 1e-5);
  us_channel_scale_undo (&scale, y, 100);
  for (gsize i = 0; i < 100; i++)
    g_assert_cmpfloat_with_epsilon (y[i], x[i], 1e-5);

  us_channel_scale_measure (&scale, &alike, x, 100);
  g_assert_cmpuint (scale.n, ==, 1);
  g_assert_cmpfloat_with_epsilon (scale.offset[0], -25.1, 1e-5);

  us_channel_scale_measure (&scale, &image, x, 100);
  us_channel_scale_apply (&scale, y, x, 100);
  g_assert_cmpmem (x, sizeof x, y, sizeof y);

  for (gsize i = 0; i < 100; i++)
    x[i] = 3;
  us_channel_scale_measure (&scale, &bode, x, 100);
  g_assert_cmpfloat (scale.scale[0], ==, 1);
}

static void
test_text (void)
{
  static const char *const bad[] = {
    NULL, "", "0", "0 0", "0 -1", "0 nan", "inf 1", "0 1 2", "0 1 0 1 0 1", "0,1", "a b", "0 1 0 0",
    "0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1",
  };
  UsChannelScale scale, again;
  float x[100];
  g_autofree char *text = NULL;

  fill (x);
  us_channel_scale_measure (&scale, &bode, x, 100);
  text = us_channel_scale_to_text (&scale);
  g_assert_true (us_channel_scale_parse (&again, &bode, text));
  g_assert_cmpuint (again.n, ==, 2);
  for (int c = 0; c < 2; c++)
    {
      g_assert_cmpfloat (again.offset[c], ==, scale.offset[c]);
      g_assert_cmpfloat (again.scale[c], ==, scale.scale[c]);
    }
  g_assert_true (us_channel_scale_parse (&again, &bode, "0 1"));
  g_assert_cmpuint (again.n, ==, 1);
  g_assert_false (us_channel_scale_parse (&again, &image, text));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (us_channel_scale_parse (&again, &bode, bad[i]));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/channel-scale/measure", test_measure);
  g_test_add_func ("/channel-scale/text", test_text);
  return g_test_run ();
}
