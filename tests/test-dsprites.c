/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "simulator-fixture.h"
#include "us-npy.h"
#include "us-prior.h"

#include <math.h>
#include <string.h>

#define P 5
#define SIZE 64
#define TURN (2.0 * G_PI)

enum { SHAPE, SCALE, ORIENTATION, POS_X, POS_Y };

static const UsSimulator *
dsprites (void)
{
  return fixture_simulator ("dsprites");
}

static void
draw (const double *theta,
      float        *out)        /* (SIZE, SIZE) */
{
  fixture_simulate (dsprites (), theta, out);
}

/* Frames of the animation that the publishers show: all shapes, scales, orientations and positions,
 * one changing at a time.  Read in place. */
static void
test_genuine (void)
{
  const char *path = US_TEST_SHARED_DATA "/dsprites/dsprites_real_320.npz";
  g_autoptr(GError) error = NULL;
  g_autoptr(UsNpz) npz = NULL;
  g_autoptr(UsArray) images = NULL;
  g_autoptr(UsArray) latents = NULL;
  const guint8 *wanted;
  const double *values;
  guint exact[4] = { 0 }, frames[4] = { 0 }, worst = 0, wrong = 0, set = 0;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("the genuine images are not here");
      return;
    }
  npz = us_npz_open (path, &error);
  g_assert_no_error (error);
  images = us_npz_read (npz, "imgs", 0, &error);
  g_assert_no_error (error);
  latents = us_npz_read (npz, "latents_values", 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (images->dtype, ==, US_DTYPE_U8);
  g_assert_cmpint (latents->dtype, ==, US_DTYPE_F64);
  g_assert_cmpuint (images->n_elements, ==, 320 * SIZE * SIZE);
  g_assert_cmpuint (latents->n_elements, ==, 320 * (1 + P));
  wanted = images->data;
  values = latents->data;

  for (guint frame = 0; frame < 320; frame++)
    {
      const double *theta = values + frame * (1 + P) + 1;       /* after the colour */
      const guint shape = (guint) theta[SHAPE];
      float out[SIZE * SIZE];
      guint different = 0;

      us_simulator_check (dsprites (), theta, &error);
      g_assert_no_error (error);
      draw (theta, out);
      for (gsize k = 0; k < SIZE * SIZE; k++)
        {
          different += (out[k] > 0.5f) != (wanted[frame * SIZE * SIZE + k] != 0);
          set += wanted[frame * SIZE * SIZE + k] != 0;
        }
      frames[shape]++;
      exact[shape] += different == 0;
      worst = MAX (worst, different);
      wrong += different;
    }
  g_test_message ("exact: %u of %u squares, %u of %u ellipses, %u of %u hearts; worst %u pixels; %u of %u set pixels",
                  exact[1], frames[1], exact[2], frames[2], exact[3], frames[3], worst, wrong, set);
  g_assert_cmpuint (exact[1], ==, frames[1]);
  g_assert_cmpuint (exact[1] + exact[2] + exact[3], >=, 316);
  g_assert_cmpuint (worst, <=, 2);
}

/* Binary, of the shape's area, at the shape's place, wherever it is. */
static void
test_area (void)
{
  /* At scale 1: side², π a b, and of the heart curve 0.6 · 0.6625 · 180 π with u = 9.6 sin³ t. */
  const double area[] = { 0.0, 4.0 * 9.598 * 9.598, G_PI * 12.772 * 7.212, 0.6 * 0.6625 * 180.0 * G_PI };
  g_autoptr(UsPrior) prior = us_prior_new_default (dsprites ());
  double ratio[4] = { 0.0 };
  guint count[4] = { 0 };

  for (guint row = 0; row < 600; row++)
    {
      double theta[P], sum = 0.0, cx = 0.0, cy = 0.0, up;
      float out[SIZE * SIZE];
      guint shape;
      UsRng rng;

      us_rng_init (&rng, 2, US_RNG_TEST, row);
      us_prior_sample (prior, &rng, theta);
      draw (theta, out);
      shape = (guint) theta[SHAPE];
      for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++)
          {
            const float value = out[i * SIZE + j];

            g_assert_true (value == 0.0f || value == 1.0f);
            sum += value;
            cx += value * (j + 0.5);
            cy += value * (i + 0.5);
            g_assert_true (value == 0.0f || (i > 0 && i < SIZE - 1 && j > 0 && j < SIZE - 1));
          }
      ratio[shape] += sum / (area[shape] * theta[SCALE] * theta[SCALE]);
      count[shape]++;
      g_assert_cmpfloat_with_epsilon (sum / (area[shape] * theta[SCALE] * theta[SCALE]), 1.0, 0.12);
      /* The heart curve's centre of area is 5/6 of its unit above its origin. */
      up = shape == 3 ? theta[SCALE] * (1.44 + 0.6625 * 5.0 / 6.0) : 0.0;
      g_assert_cmpfloat_with_epsilon (cx / sum, 16.0 + 32.0 * theta[POS_X] - up * sin (theta[ORIENTATION]), 0.5);
      g_assert_cmpfloat_with_epsilon (cy / sum, 16.0 + 32.0 * theta[POS_Y] - up * cos (theta[ORIENTATION]), 0.5);
    }
  for (guint shape = 1; shape <= 3; shape++)
    g_assert_cmpfloat_with_epsilon (ratio[shape] / count[shape], 1.0, 0.01);
}

static guint
n_different (const double *one,
             const double *other)
{
  float a[SIZE * SIZE], b[SIZE * SIZE];
  guint n = 0;

  draw (one, a);
  draw (other, b);
  for (gsize k = 0; k < SIZE * SIZE; k++)
    n += a[k] != b[k];
  return n;
}

/* Which turns leave the picture as it is: of a square 90°, of an ellipse 180°, of a heart 360°; half of
 * them does not, nor does any other parameter. */
static void
test_turns (void)
{
  const double period[] = { 0.0, TURN / 4.0, TURN / 2.0, TURN };
  g_autoptr(UsPrior) prior = us_prior_new_default (dsprites ());

  for (guint row = 0; row < 300; row++)
    {
      double theta[P], other[P];
      UsRng rng;

      us_rng_init (&rng, 3, US_RNG_TEST, row);
      us_prior_sample (prior, &rng, theta);
      theta[ORIENTATION] *= 0.25;
      theta[SHAPE] = 1 + row % 3;
      memcpy (other, theta, sizeof theta);
      other[ORIENTATION] += period[1 + row % 3];
      g_assert_cmpuint (n_different (theta, other), ==, 0);
      other[ORIENTATION] = theta[ORIENTATION] + period[1 + row % 3] / 2.0;
      g_assert_cmpuint (n_different (theta, other), >, 5);
      for (guint k = 0; k < P; k++)
        {
          memcpy (other, theta, sizeof theta);
          other[k] = k == SHAPE ? 1.0 + (row + 1) % 3 : k == ORIENTATION ? theta[k] + 0.3 : fabs (theta[k] - 0.1);
          g_assert_cmpuint (n_different (theta, other), >, 0);
        }
    }
}

/* Anticlockwise: a heart's tip points down, after a quarter turn to the right. */
static void
test_orientation (void)
{
  double theta[P] = { 3.0, 1.0, 0.0, 0.5, 0.5 };
  float out[SIZE * SIZE];

  draw (theta, out);
  g_assert_cmpfloat (out[38 * SIZE + 32], ==, 1.0f);
  g_assert_cmpfloat (out[24 * SIZE + 31], ==, 0.0f);
  theta[ORIENTATION] = TURN / 4.0;
  draw (theta, out);
  g_assert_cmpfloat (out[32 * SIZE + 38], ==, 1.0f);
  g_assert_cmpfloat (out[32 * SIZE + 24], ==, 0.0f);
}

/* By trying all turns: the nearest may lie outside the bounds, never farther than half a period from the reference. */
static void
test_closest (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (dsprites ());
  const double period[] = { 0.0, TURN / 4.0, TURN / 2.0, TURN };
  guint outside = 0;

  for (guint row = 0; row < 600; row++)
    {
      double theta[P], reference[P], closest[P], best = INFINITY, distance;
      UsRng rng;

      us_rng_init (&rng, 4, US_RNG_TEST, row);
      us_prior_sample (prior, &rng, theta);
      us_prior_sample (prior, &rng, reference);
      if (row % 20 == 0)
        theta[ORIENTATION] = row % 40 == 0 ? 0.0 : TURN;
      for (int k = -8; k <= 8; k++)
        best = MIN (best, fabs (theta[ORIENTATION] + k * period[(int) theta[SHAPE]] - reference[ORIENTATION]));
      dsprites ()->closest_equivalent (dsprites (), theta, reference, closest);
      distance = fabs (closest[ORIENTATION] - reference[ORIENTATION]);
      g_assert_cmpfloat_with_epsilon (distance, best, 1e-12);
      g_assert_cmpfloat (distance, <=, period[(int) theta[SHAPE]] / 2.0 + 1e-12);
      g_assert_cmpuint (n_different (theta, closest), ==, 0);
      outside += closest[ORIENTATION] < 0.0 || closest[ORIENTATION] > TURN;
      closest[ORIENTATION] = theta[ORIENTATION];
      g_assert_cmpmem (closest, sizeof closest, theta, sizeof theta);
    }
  g_assert_cmpuint (outside, >, 0);
}

/* 2π is 0, and a heart at 3 is no heart elsewhere. */
static void
test_ends (void)
{
  const double heart[P] = { 3.0, 0.7, 0.0, 0.3, 0.6 }, end[P] = { 3.0, 0.7, TURN, 0.3, 0.6 };
  const double middle[P] = { 3.0, 0.7, 3.0, 0.3, 0.6 }, little[P] = { 3.0, 0.7, 0.01, 0.3, 0.6 };
  double closest[P], member[P];
  UsRng rng;

  g_assert_cmpuint (n_different (heart, end), ==, 0);
  dsprites ()->closest_equivalent (dsprites (), heart, end, closest);
  g_assert_cmpfloat (closest[ORIENTATION], ==, TURN);
  dsprites ()->closest_equivalent (dsprites (), end, heart, closest);
  g_assert_cmpfloat (closest[ORIENTATION], ==, 0.0);
  dsprites ()->closest_equivalent (dsprites (), little, end, closest);
  g_assert_cmpfloat_with_epsilon (closest[ORIENTATION], TURN + 0.01, 1e-12);
  dsprites ()->closest_equivalent (dsprites (), middle, end, closest);
  g_assert_cmpfloat_with_epsilon (closest[ORIENTATION], TURN + 3.0, 1e-12);

  us_rng_init (&rng, 5, US_RNG_TEST, 0);
  for (guint k = 0; k < 20; k++)
    {
      dsprites ()->random_equivalent (dsprites (), middle, &rng, member);
      g_assert_cmpmem (member, sizeof member, middle, sizeof middle);
    }
}

/* The four turns of a square and the two of an ellipse, equally often. */
static void
test_random (void)
{
  for (guint shape = 1; shape <= 2; shape++)
    {
      const guint n = shape == 1 ? 4 : 2;
      const double theta[P] = { shape, 0.7, 5.5, 0.3, 0.6 };
      guint count[4] = { 0 };
      UsRng rng;

      us_rng_init (&rng, 6, US_RNG_TEST, shape);
      for (guint k = 0; k < 8000; k++)
        {
          double member[P];

          dsprites ()->random_equivalent (dsprites (), theta, &rng, member);
          g_assert_cmpfloat_with_epsilon (remainder (member[ORIENTATION] - 5.5, TURN / n), 0.0, 1e-12);
          count[(guint) (member[ORIENTATION] / (TURN / n))]++;
        }
      /* 4.5 standard errors, at most √(8000 / 4). */
      for (guint k = 0; k < n; k++)
        g_assert_true (abs ((int) count[k] - 8000 / (int) n) < 200);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/dsprites/genuine", test_genuine);
  g_test_add_func ("/dsprites/area", test_area);
  g_test_add_func ("/dsprites/turns", test_turns);
  g_test_add_func ("/dsprites/orientation", test_orientation);
  g_test_add_func ("/dsprites/closest", test_closest);
  g_test_add_func ("/dsprites/ends", test_ends);
  g_test_add_func ("/dsprites/random", test_random);

  return g_test_run ();
}
