/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "simulator-fixture.h"
#include "us-prior.h"
#include "us-raster.h"

#include <math.h>
#include <string.h>

#define P 11
#define SIZE 64
#define SEGMENTS 256

static const UsSimulator *
fourier (void)
{
  return fixture_simulator ("fourier");
}

/* The definition, by the mathematical library. */
static double
series (const double *theta,
        double        u)
{
  double y = theta[0];

  for (int k = 1; k <= 5; k++)
    y += theta[k] * cos (2.0 * G_PI * k * u) + theta[5 + k] * sin (2.0 * G_PI * k * u);
  return y;
}

static double
distance_to_segment (double x, double y,
                     double x0, double y0,
                     double x1, double y1)
{
  const double dx = x1 - x0, dy = y1 - y0;
  const double length2 = dx * dx + dy * dy;
  const double t = length2 > 0.0 ? CLAMP (((x - x0) * dx + (y - y0) * dy) / length2, 0.0, 1.0) : 0.0;

  return hypot (x - x0 - t * dx, y - y0 - t * dy);
}

/* The slow twin of rasteriser and plot: every pixel against every segment, in double.  NaN lifts the pen. */
static void
plot_slowly (gsize         n_points,
             const double *x,           /* (n_points) pixels */
             const double *y,
             double        width,
             double       *out)         /* (SIZE, SIZE) */
{
  for (gsize i = 0; i < SIZE; i++)
    for (gsize j = 0; j < SIZE; j++)
      {
        double nearest = INFINITY;

        for (gsize k = 0; k + 1 < n_points; k++)
          if (isfinite (x[k]) && isfinite (x[k + 1]))
            nearest = MIN (nearest, distance_to_segment (j + 0.5, i + 0.5, x[k], y[k], x[k + 1], y[k + 1]));
        out[i * SIZE + j] = CLAMP (0.5 + 0.5 * width - nearest, 0.0, 1.0);
      }
}

static double
largest_difference (gsize         n,
                    const float  *a,
                    const double *b)
{
  double worst = 0.0;

  for (gsize k = 0; k < n; k++)
    worst = MAX (worst, fabs (a[k] - b[k]));
  return worst;
}

static void
fourier_plot_slowly (const double *theta,
                     double       *out)
{
  double x[SEGMENTS + 1], y[SEGMENTS + 1];

  for (int i = 0; i <= SEGMENTS; i++)
    {
      x[i] = (double) i * SIZE / SEGMENTS;
      y[i] = (1.0 - series (theta, (double) i / SEGMENTS)) * SIZE / 2.0;
    }
  plot_slowly (SEGMENTS + 1, x, y, 1.5, out);
}

static void
test_plot_against_slow_twin (void)
{
  const UsSimulator *simulator = fourier ();
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  double worst = 0.0;

  for (guint row = 0; row < 60; row++)
    {
      double theta[P], slow[SIZE * SIZE];
      float fast[SIZE * SIZE];
      UsRng rng;

      us_rng_init (&rng, 3, US_RNG_TEST, row);
      us_prior_sample (prior, &rng, theta);
      /* Some far beyond the prior: steep, and mostly outside the field. */
      for (guint k = 0; k < P && row % 3 == 2; k++)
        theta[k] *= 4.0;

      g_assert_cmpint (simulator->run (simulator, theta, 0, &rng, fast), ==, US_SIM_OK);
      fourier_plot_slowly (theta, slow);
      worst = MAX (worst, largest_difference (SIZE * SIZE, fast, slow));
    }
  g_test_message ("largest difference %.3g", worst);
  /* Distances of a few pixels in single precision. */
  g_assert_cmpfloat (worst, <, 2e-5);
}

/* A flat line's picture in closed form. */
static void
test_flat_line (void)
{
  const UsSimulator *simulator = fourier ();
  const double theta[P] = { 0.25 };     /* row 24.0: between pixel centres 23.5 and 24.5 */
  float out[SIZE * SIZE];
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  g_assert_cmpint (simulator->run (simulator, theta, 0, &rng, out), ==, US_SIM_OK);
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++)
      g_assert_cmpfloat_with_epsilon (out[i * SIZE + j],
                                      i == 23 || i == 24 ? 0.75 : 0.0, 1e-6);
}

static void
test_curve (void)
{
  const UsSimulator *simulator = fourier ();
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);

  for (guint row = 0; row < 100; row++)
    {
      double theta[P];
      float out[SIZE];
      UsRng rng;

      us_rng_init (&rng, 4, US_RNG_TEST, row);
      us_prior_sample (prior, &rng, theta);
      g_assert_cmpint (simulator->run (simulator, theta, 1, &rng, out), ==, US_SIM_OK);
      for (int j = 0; j < SIZE; j++)
        g_assert_cmpfloat_with_epsilon (out[j], series (theta, (j + 0.5) / SIZE), 1.2e-7);
    }
}

/* Of any strokes: long, steep, dots, outside, of any width. */
static void
test_raster_against_slow_twin (void)
{
  static const double widths[] = { 0.5, 1.0, 1.5, 3.5 };
  double worst = 0.0;

  for (guint row = 0; row < 80; row++)
    {
      const double width = widths[row % G_N_ELEMENTS (widths)];
      double x[12], y[12], slow[SIZE * SIZE];
      float fast[SIZE * SIZE];
      UsRng rng;

      us_rng_init (&rng, 5, US_RNG_TEST, row);
      for (guint k = 0; k < G_N_ELEMENTS (x); k++)
        {
          x[k] = us_rng_range (&rng, -20.0, 84.0);
          y[k] = us_rng_range (&rng, -20.0, 84.0);
          if (us_rng_uniform (&rng) < 0.2)      /* whole numbers, axis-parallel lines, points */
            x[k] = rint (x[k]), y[k] = k > 0 ? y[k - 1] : rint (y[k]);
          if (k > 0 && us_rng_uniform (&rng) < 0.1)
            x[k] = x[k - 1], y[k] = y[k - 1];
        }
      x[5] = y[5] = NAN;

      us_raster_begin (fast, SIZE, SIZE);
      us_raster_polyline (fast, SIZE, SIZE, US_RASTER_REACH (width), G_N_ELEMENTS (x), x, y);
      us_raster_ink (fast, SIZE, SIZE, width, 1.0);
      plot_slowly (G_N_ELEMENTS (x), x, y, width, slow);
      worst = MAX (worst, largest_difference (SIZE * SIZE, fast, slow));
    }
  g_test_message ("largest difference %.3g", worst);
  g_assert_cmpfloat (worst, <, 1e-4);
}

static void
test_raster_corner_cases (void)
{
  const double x[] = { 10.5, NAN, 20.5, INFINITY, 30.5, 40.5 };
  const double y[] = { 10.5, NAN, 20.5, 1.0, 30.5, 1e300 };
  float field[SIZE * SIZE], narrow[3 * 4];
  double sum = 0.0;

  us_raster_begin (field, SIZE, SIZE);
  us_raster_polyline (field, SIZE, SIZE, US_RASTER_REACH (1.0), G_N_ELEMENTS (x), x, y);
  us_raster_ink (field, SIZE, SIZE, 1.0, 0.5);
  /* Two dots of half ink on pixel centres; the stroke to 1e300 is not drawn. */
  for (gsize k = 0; k < SIZE * SIZE; k++)
    sum += field[k];
  g_assert_cmpfloat_with_epsilon (field[10 * SIZE + 10], 0.5, 1e-6);
  g_assert_cmpfloat_with_epsilon (field[20 * SIZE + 20], 0.5, 1e-6);
  g_assert_cmpfloat_with_epsilon (sum, 1.0, 1e-5);

  /* The narrowest field, a line across it and beyond. */
  us_raster_begin (narrow, 3, 4);
  us_raster_segment (narrow, 3, 4, US_RASTER_REACH (1.0), -100.0, 1.5, 100.0, 1.5);
  us_raster_ink (narrow, 3, 4, 1.0, 1.0);
  for (gsize j = 0; j < 4; j++)
    {
      g_assert_cmpfloat_with_epsilon (narrow[j], 0.0, 1e-6);
      g_assert_cmpfloat_with_epsilon (narrow[4 + j], 1.0, 1e-6);
      g_assert_cmpfloat_with_epsilon (narrow[8 + j], 0.0, 1e-6);
    }
}

/* Polygons of any kind, folded and partly outside: even-odd by rays to the left, one pixel at a time. */
static void
test_raster_fill (void)
{
  for (guint row = 0; row < 60; row++)
    {
      double x[9], y[9];
      float field[SIZE * SIZE] = { 0.0f };
      UsRng rng;

      us_rng_init (&rng, 9, US_RNG_TEST, row);
      for (guint k = 0; k < G_N_ELEMENTS (x); k++)
        {
          x[k] = us_rng_range (&rng, -20.0, 84.0);
          y[k] = us_rng_range (&rng, -20.0, 84.0);
          if (us_rng_uniform (&rng) < 0.3)      /* sides and corners on pixel centres */
            x[k] = rint (x[k]) + 0.25, y[k] = k > 0 && row % 2 ? y[k - 1] : rint (y[k]) + 0.5;
        }
      us_raster_fill (field, SIZE, SIZE, G_N_ELEMENTS (x), x, y);
      for (guint i = 0; i < SIZE; i++)
        for (guint j = 0; j < SIZE; j++)
          {
            gboolean inside = FALSE;

            for (guint k = 0; k < G_N_ELEMENTS (x); k++)
              {
                const guint l = (k + 1) % G_N_ELEMENTS (x);

                if ((y[k] < i + 0.5) != (y[l] < i + 0.5) &&
                    (x[l] - x[k]) * (i + 0.5 - y[k]) / (y[l] - y[k]) + x[k] < j + 0.5)
                  inside = !inside;
              }
            g_assert_cmpfloat (field[i * SIZE + j], ==, inside ? 1.0f : 0.0f);
          }

      /* Twice is never; a corner that is nowhere is no polygon. */
      us_raster_fill (field, SIZE, SIZE, G_N_ELEMENTS (x), x, y);
      x[4] = NAN;
      us_raster_fill (field, SIZE, SIZE, G_N_ELEMENTS (x), x, y);
      for (guint k = 0; k < SIZE * SIZE; k++)
        g_assert_cmpfloat (field[k], ==, 0.0f);
    }
}

/* Drawing the simulator's own polyline gives the simulator's picture. */
static void
test_draw_polyline (void)
{
  const UsSimulator *simulator = fourier ();
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  double theta[P], xy[2 * (SEGMENTS + 1)], slow[SIZE * SIZE];
  float drawn[SIZE * SIZE];
  UsRng rng;

  us_rng_init (&rng, 6, US_RNG_TEST, 0);
  us_prior_sample (prior, &rng, theta);
  for (int i = 0; i <= SEGMENTS; i++)
    {
      xy[2 * i] = (double) i / SEGMENTS;
      xy[2 * i + 1] = series (theta, xy[2 * i]);
    }
  g_assert_true (simulator->draw_polyline (simulator, 0, SEGMENTS + 1, xy, drawn));
  fourier_plot_slowly (theta, slow);
  g_assert_cmpfloat (largest_difference (SIZE * SIZE, drawn, slow), <, 2e-5);

  /* A pen that never came down; and an output that is no picture. */
  xy[0] = NAN;
  g_assert_true (simulator->draw_polyline (simulator, 0, 1, xy, drawn));
  for (gsize k = 0; k < SIZE * SIZE; k++)
    g_assert_cmpfloat (drawn[k], ==, 0.0f);
  g_assert_false (simulator->draw_polyline (simulator, 1, 1, xy, drawn));
}

static void
test_fit (void)
{
  const UsSimulator *simulator = fourier ();
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  const gsize n = 4000;
  g_autofree double *xy = g_new (double, 2 * n);
  double theta[P], found[P];
  UsRng rng;

  us_rng_init (&rng, 7, US_RNG_TEST, 0);
  us_prior_sample (prior, &rng, theta);

  /* Dense and from right to left, the pen slower in the right half: the coefficients themselves,
   * up to the chords' sagitta: y'' h² / 8, y'' ≤ (2π 5)² · 2.5, h < 1 / 1000. */
  for (gsize i = 0; i < n; i++)
    {
      const double s = (double) i / (n - 1);

      xy[2 * i] = 1.0 - pow (s, 1.5);
      xy[2 * i + 1] = series (theta, xy[2 * i]);
    }
  g_assert_true (simulator->fit (simulator, n, xy, found));
  for (int k = 0; k < P; k++)
    g_assert_cmpfloat_with_epsilon (found[k], theta[k], 1e-4);

  /* Not clamped: three times the curve is three times the coefficients. */
  for (gsize i = 0; i < n; i++)
    xy[2 * i + 1] *= 30.0;
  g_assert_true (simulator->fit (simulator, n, xy, found));
  for (int k = 0; k < P; k++)
    g_assert_cmpfloat_with_epsilon (found[k], 30.0 * theta[k], 3e-3);

  /* Least squares: the residual of a line is orthogonal to every harmonic; closed form for the sawtooth
   * 2u - 1 on midpoints tends to b_k = -2 / (πk), a_k = 0, c0 = 0. */
  xy[0] = 0.0, xy[1] = -1.0, xy[2] = 1.0, xy[3] = 1.0;
  g_assert_true (simulator->fit (simulator, 2, xy, found));
  g_assert_cmpfloat_with_epsilon (found[0], 0.0, 1e-12);
  for (int k = 1; k <= 5; k++)
    {
      g_assert_cmpfloat_with_epsilon (found[k], 0.0, 1e-12);
      g_assert_cmpfloat_with_epsilon (found[5 + k], -2.0 / (G_PI * k), 1e-3);
    }

  /* A stroke over a third of the field does not blow up; a dot, a vertical stroke and nothing are no curve. */
  xy[2] = 0.33;
  g_assert_true (simulator->fit (simulator, 2, xy, found));
  for (int k = 0; k < P; k++)
    g_assert_cmpfloat (fabs (found[k]), <, 10.0);
  xy[2] = 0.0;
  g_assert_false (simulator->fit (simulator, 2, xy, found));
  g_assert_false (simulator->fit (simulator, 1, xy, found));
  g_assert_false (simulator->fit (simulator, 0, xy, found));
}

/* What augmentation promises: same curve on average, thicker and thinner, in 0..1, reproducible. */
static void
test_augmented (void)
{
  const UsSimulator *simulator = fourier ();
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  double ink_min = INFINITY, ink_max = 0.0;
  guint different = 0;

  for (guint row = 0; row < 200; row++)
    {
      double theta[P], ink = 0.0, clean_ink = 0.0;
      float clean[SIZE * SIZE], once[SIZE * SIZE], again[SIZE * SIZE];
      UsRng rng;

      us_rng_init (&rng, 8, US_RNG_TEST, row);
      us_prior_sample (prior, &rng, theta);
      simulator->run (simulator, theta, 0, &rng, clean);
      us_rng_init (&rng, 8, US_RNG_AUGMENT, row);
      g_assert_cmpint (simulator->run_augmented (simulator, theta, 0, 1.0, &rng, once), ==, US_SIM_OK);
      us_rng_init (&rng, 8, US_RNG_AUGMENT, row);
      g_assert_cmpint (simulator->run_augmented (simulator, theta, 0, 1.0, &rng, again), ==, US_SIM_OK);
      g_assert_cmpmem (once, sizeof once, again, sizeof again);
      different += memcmp (once, clean, sizeof once) != 0;
      for (gsize k = 0; k < SIZE * SIZE; k++)
        {
          g_assert_true (once[k] >= 0.0f && once[k] <= 1.0f);
          ink += once[k];
          clean_ink += clean[k];
        }
      ink_min = MIN (ink_min, ink / clean_ink);
      ink_max = MAX (ink_max, ink / clean_ink);
    }
  g_assert_cmpuint (different, ==, 200);
  g_test_message ("ink %.2f to %.2f of the clean plot", ink_min, ink_max);
  g_assert_cmpfloat (ink_min, >, 0.3);
  g_assert_cmpfloat (ink_max, >, 1.5);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/fourier/plot/slow-twin", test_plot_against_slow_twin);
  g_test_add_func ("/fourier/plot/flat-line", test_flat_line);
  g_test_add_func ("/fourier/curve", test_curve);
  g_test_add_func ("/fourier/draw-polyline", test_draw_polyline);
  g_test_add_func ("/fourier/fit", test_fit);
  g_test_add_func ("/fourier/augmented", test_augmented);
  g_test_add_func ("/raster/slow-twin", test_raster_against_slow_twin);
  g_test_add_func ("/raster/corner-cases", test_raster_corner_cases);
  g_test_add_func ("/raster/fill", test_raster_fill);

  return g_test_run ();
}
