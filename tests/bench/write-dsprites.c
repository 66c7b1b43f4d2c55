/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes all 737,280 pictures of dSprites as they are published, redrawn by our simulator (which
 * misses a published picture by two pixels at most), to open them by hand:
 *
 *     write-dsprites FILE.npz
 *     /usr/bin/time -v understudy-cli describe dataset:FILE.npz
 */
#include "config.h"

#include "dataset-fixture.h"
#include "us-simulator.h"

#include <math.h>
#include <stdio.h>

enum { SIZE = 64, K = 6 };

static void
draw (const double *values,
      guint8       *pixels)
{
  const UsSimulator *simulator = us_registry_find ("dsprites", NULL);
  float out[SIZE * SIZE];
  UsRng rng;

  us_rng_init (&rng, 0, US_RNG_TEST, 0);
  g_assert_cmpint (simulator->run (simulator, values + 1, 0, &rng, out), ==, US_SIM_OK);
  for (gsize i = 0; i < SIZE * SIZE; i++)
    pixels[i] = out[i] > 0.5f;
}

static double *
spaced (gsize  n,
        double first,
        double last)
{
  double *levels = g_new (double, n);

  for (gsize i = 0; i < n; i++)
    levels[i] = n > 1 ? first + (last - first) * (double) i / (double) (n - 1) : first;
  return levels;
}

int
main (int    argc,
      char **argv)
{
  g_autofree double *color = spaced (1, 1, 1), *shape = spaced (3, 1, 3), *scale = spaced (6, 0.5, 1);
  g_autofree double *orientation = spaced (40, 0, 2 * G_PI), *position = spaced (32, 0, 1);
  const FixtureSet set = {
    .n_factors = K, .n = { 1, 3, 6, 40, 32, 32 },
    .levels = { color, shape, scale, orientation, position, position },
    .height = SIZE, .width = SIZE, .draw = draw,
  };

  if (argc != 2)
    {
      fprintf (stderr, "Usage: write-dsprites FILE.npz\n");
      return 2;
    }
  fixture_write_set (argv[1], &set);
  return 0;
}
