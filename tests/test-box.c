/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "simulator-fixture.h"
#include "us-prior.h"

#include <math.h>

#define SIZE 64

enum { X, Y, W, H };

static const UsSimulator *
box (void)
{
  return fixture_simulator ("box");
}

static void
draw_box (double x, double y, double w, double h,
          float *out)           /* (SIZE, SIZE, 3) */
{
  const double theta[] = { x, y, w, h };

  fixture_simulate (box (), theta, out);
}

/* Green is touched by the box alone where no cross is; row 0 is at the top, y counts from the bottom. */
static void
test_where (void)
{
  float out[SIZE * SIZE * 3];

  draw_box (10.0, 4.0, 20.0, 30.0, out);
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++)
      {
        const gboolean inside = j >= 10 && j < 30 && i >= 64 - 34 && i < 64 - 4;

        g_assert_cmpfloat (out[3 * (i * SIZE + j) + 1], ==, inside ? 0.0f : 1.0f);
        g_assert_cmpfloat (out[3 * (i * SIZE + j)], ==, out[3 * (i * SIZE + j) + 1]);
        if (!inside)
          g_assert_cmpfloat (out[3 * (i * SIZE + j) + 2], ==, 1.0f);
      }
}

/* Coverage: the missing white adds up to the area, wherever the box is. */
static void
test_area (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (box ());

  for (guint row = 0; row < 200; row++)
    {
      double theta[4], area = 0.0, cx = 0.0, cy = 0.0;
      float out[SIZE * SIZE * 3];
      UsRng rng;

      us_rng_init (&rng, 2, US_RNG_TEST, row);
      us_prior_sample (prior, &rng, theta);
      box ()->run (box (), theta, 0, &rng, out);
      for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++)
          {
            const double missing = 1.0 - out[3 * (i * SIZE + j)];

            area += missing;
            cx += missing * (j + 0.5);
            cy += missing * (SIZE - i - 0.5);
          }
      g_assert_cmpfloat_with_epsilon (area, theta[W] * theta[H], 2e-3);
      /* Edge pixels count with their centre, so to a fraction of a pixel. */
      g_assert_cmpfloat_with_epsilon (cx / area, theta[X] + theta[W] / 2.0, 0.05);
      g_assert_cmpfloat_with_epsilon (cy / area, theta[Y] + theta[H] / 2.0, 0.05);
    }
}

/* The cross: blue, in the middle of the box, symmetric, inside even the smallest box. */
static void
test_cross (void)
{
  float out[SIZE * SIZE * 3];
  double blue = 0.0, cx = 0.0, cy = 0.0;

  draw_box (20.3, 30.6, 8.0, 8.0, out);
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++)
      {
        const double b = out[3 * (i * SIZE + j) + 2] - out[3 * (i * SIZE + j)];

        g_assert_cmpfloat (b, >=, 0.0);
        if (b > 0.0)
          {
            g_assert_cmpfloat (fabs (j + 0.5 - 24.3), <, 4.0);
            g_assert_cmpfloat (fabs (i + 0.5 - (64.0 - 34.6)), <, 4.0);
          }
        blue += b;
        cx += b * (j + 0.5);
        cy += b * (i + 0.5);
      }
  g_assert_cmpfloat_with_epsilon (cx / blue, 24.3, 0.03);
  g_assert_cmpfloat_with_epsilon (cy / blue, 64.0 - 34.6, 0.03);
  /* Two strokes of length 4√2 and width 1.5, their crossing counted once, round ends. */
  g_assert_cmpfloat_with_epsilon (blue, 2.0 * 4.0 * sqrt (2.0) * 1.5 - 1.5 * 1.5 + G_PI * 1.5 * 1.5 / 2.0, 1.0);

  /* On a pixel centre the cross is full blue. */
  draw_box (10.5, 10.5, 10.0, 10.0, out);
  g_assert_cmpfloat (out[3 * (48 * SIZE + 15) + 2], ==, 1.0f);
  g_assert_cmpfloat (out[3 * (48 * SIZE + 15)], ==, 0.0f);
}

/* Draws: closed-form moments of w uniform and x uniform in 0 .. 64 - w. */
static void
test_draw (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (box ());
  const guint n = 20000;
  double w = 0.0, ww = 0.0, x = 0.0, xw = 0.0;

  g_assert_true (us_prior_is_default (prior));
  for (guint row = 0; row < n; row++)
    {
      double theta[4];
      UsRng rng;

      us_rng_init (&rng, 3, US_RNG_PRIOR, row);
      g_assert_true (us_prior_sample (prior, &rng, theta));
      g_assert_true (us_simulator_check (box (), theta, NULL));
      w += theta[W] / n;
      ww += theta[W] * theta[W] / n;
      x += theta[X] / n;
      xw += theta[X] * theta[W] / n;
    }
  /* E w = 36, Var w = 56²/12; E x = (64 - 36)/2 = 14; Cov (x, w) = -Var w / 2.  4.5 standard errors. */
  g_assert_cmpfloat_with_epsilon (w, 36.0, 4.5 * 56.0 / sqrt (12.0 * n));
  g_assert_cmpfloat_with_epsilon (ww - w * w, 56.0 * 56.0 / 12.0, 5.0);
  g_assert_cmpfloat_with_epsilon (x, 14.0, 0.4);
  g_assert_cmpfloat_with_epsilon (xw - x * w, -56.0 * 56.0 / 24.0, 5.0);
}

static double
mutual_information (gsize         n,
                    const double *a,    /* (n) */
                    const double *b)    /* (n) */
{
  enum { BINS = 20 };
  double joint[BINS][BINS] = { { 0 } }, pa[BINS] = { 0 }, pb[BINS] = { 0 };
  double a0 = a[0], a1 = a[0], b0 = b[0], b1 = b[0], sum = 0.0;

  for (gsize i = 0; i < n; i++)
    {
      a0 = MIN (a0, a[i]), a1 = MAX (a1, a[i]);
      b0 = MIN (b0, b[i]), b1 = MAX (b1, b[i]);
    }
  for (gsize i = 0; i < n; i++)
    {
      const int p = MIN ((int) ((a[i] - a0) / (a1 - a0) * BINS), BINS - 1);
      const int q = MIN ((int) ((b[i] - b0) / (b1 - b0) * BINS), BINS - 1);

      joint[p][q] += 1.0 / n, pa[p] += 1.0 / n, pb[q] += 1.0 / n;
    }
  for (int p = 0; p < BINS; p++)
    for (int q = 0; q < BINS; q++)
      if (joint[p][q] > 0.0)
        sum += joint[p][q] * log (joint[p][q] / (pa[p] * pb[q]));
  return sum;
}

/* The published ground truth of the mutual-information gap is 0.82: V with itself, 20 bins, 10,000 draws. */
static void
test_ground_truth (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (box ());
  const gsize n = 10000;
  g_autofree double *v = g_new (double, 4 * n); /* (4, n) */
  double gap = 0.0;

  for (guint row = 0; row < n; row++)
    {
      double theta[4];
      UsRng rng;

      us_rng_init (&rng, 4, US_RNG_PRIOR, row);
      us_prior_sample (prior, &rng, theta);
      for (int k = 0; k < 4; k++)
        v[k * n + row] = theta[k];
    }
  for (int k = 0; k < 4; k++)
    {
      const double entropy = mutual_information (n, v + k * n, v + k * n);
      double second = 0.0;

      for (int l = 0; l < 4; l++)
        if (l != k)
          second = MAX (second, mutual_information (n, v + k * n, v + l * n));
      gap += (entropy - second) / entropy / 4.0;
    }
  g_test_message ("mutual-information gap of V with itself: %.4f", gap);
  g_assert_cmpfloat_with_epsilon (gap, 0.82, 0.01);
}

/* A changed prior: by rejection, still inside; and its density. */
static void
test_changed_prior (void)
{
  UsDistribution distributions[4];
  g_autoptr(UsPrior) prior = NULL;
  g_autoptr(UsPrior) own = us_prior_new_default (box ());
  g_autoptr(GError) error = NULL;
  const double inside[] = { 10.0, 12.0, 20.0, 30.0 }, outside[] = { 50.0, 12.0, 20.0, 30.0 };

  for (int k = 0; k < 4; k++)
    distributions[k] = box ()->parameters[k].prior;
  g_assert_true (us_distribution_parse (box (), "w=uniform:40:60", distributions, &error));
  prior = us_prior_new (box (), distributions, &error);
  g_assert_no_error (error);
  g_assert_false (us_prior_is_default (prior));
  for (guint row = 0; row < 2000; row++)
    {
      double theta[4];
      UsRng rng;

      us_rng_init (&rng, 5, US_RNG_PRIOR, row);
      g_assert_true (us_prior_sample (prior, &rng, theta));
      g_assert_true (us_simulator_check (box (), theta, &error));
      g_assert_cmpfloat (theta[W], >=, 40.0);
      g_assert_cmpfloat (theta[X] + theta[W], <=, 64.0);
    }

  /* Own density: 1 / (56² (64 - w) (64 - h)). */
  g_assert_cmpfloat_with_epsilon (us_prior_log_density (own, inside), -log (56.0 * 56.0 * 44.0 * 34.0), 1e-12);
  g_assert_true (isinf (us_prior_log_density (own, outside)));
  g_assert_true (isinf (us_prior_log_density (prior, inside)));
}

static void
test_impossible_prior (void)
{
  UsDistribution distributions[4];
  g_autoptr(UsPrior) prior = NULL;
  g_autoptr(GError) error = NULL;
  double theta[4];

  for (int k = 0; k < 4; k++)
    distributions[k] = box ()->parameters[k].prior;
  g_assert_true (us_distribution_parse (box (), "w=fixed:60", distributions, &error));
  g_assert_true (us_distribution_parse (box (), "x=fixed:5", distributions, &error));
  prior = us_prior_new (box (), distributions, &error);
  g_assert_no_error (error);
  g_assert_false (us_simulate_rows (prior, 0, 17, 3, 1, theta, NULL, &error));
  g_assert_cmpstr (error->message, ==,
                   "box: the prior hardly ever meets the constraint (the box lies inside the field: "
                   "x + w ≤ 64 and y + h ≤ 64): row 3 of seed 17");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/box/where", test_where);
  g_test_add_func ("/box/area", test_area);
  g_test_add_func ("/box/cross", test_cross);
  g_test_add_func ("/box/draw", test_draw);
  g_test_add_func ("/box/ground-truth", test_ground_truth);
  g_test_add_func ("/box/changed-prior", test_changed_prior);
  g_test_add_func ("/box/impossible-prior", test_impossible_prior);

  return g_test_run ();
}
