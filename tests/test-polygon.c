/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "simulator-fixture.h"
#include "us-prior.h"

#include <math.h>
#include <string.h>

/* P parameters: x, y of N corners. */
#define N 4
#define P (2 * N)
#define SIZE 64
#define N_ORDERS 24             /* N! */

static const UsSimulator *
polygon (void)
{
  return fixture_simulator ("polygon");
}

static void
draw (const double *theta,
      float        *out)        /* (SIZE, SIZE) */
{
  fixture_simulate (polygon (), theta, out);
}

/* A rectangle in closed form: y counts from the bottom, row 0 is at the top. */
static void
test_where (void)
{
  const double theta[P] = { 10.5, 4.5, 40.5, 4.5, 40.5, 20.5, 10.5, 20.5 };
  float out[SIZE * SIZE];

  draw (theta, out);
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++)
      {
        /* Of the pixel centre from the border, inside or outside. */
        const double x = j + 0.5, y = SIZE - i - 0.5;
        const double beyond_x = MAX (10.5 - x, x - 40.5), beyond_y = MAX (4.5 - y, y - 20.5);
        const double d = beyond_x <= 0.0 && beyond_y <= 0.0 ? -MAX (beyond_x, beyond_y)
                         : hypot (MAX (beyond_x, 0.0), MAX (beyond_y, 0.0));

        g_assert_cmpfloat_with_epsilon (out[i * SIZE + j], CLAMP (1.25 - d, 0.0, 1.0), 1e-5);
      }
  g_assert_cmpfloat (out[(SIZE - 5) * SIZE + 20], ==, 1.0f);
  g_assert_cmpfloat (out[4 * SIZE + 20], ==, 0.0f);
}

/* All orders of N corners, the first being the order itself. */
static void
all_orders (guint8 orders[N_ORDERS][N])
{
  guint n = 0;

  for (guint code = 0; code < 256; code++)
    {
      const guint8 order[N] = { code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6 };
      guint seen = 0;

      for (guint k = 0; k < N; k++)
        seen |= 1u << order[k];
      if (seen == 15)
        memcpy (orders[n++], order, sizeof order);
    }
  g_assert_cmpuint (n, ==, N_ORDERS);
}

static void
reorder (const double *theta,
         const guint8 *order,
         double       *reordered)
{
  for (guint k = 0; k < N; k++)
    {
      reordered[2 * k] = theta[2 * order[k]];
      reordered[2 * k + 1] = theta[2 * order[k] + 1];
    }
}

/* Of 24 orders 8 draw the same bytes, as turning and turning round a ring of four do; the others
 * draw other pictures. */
static void
test_orders (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (polygon ());
  guint8 orders[N_ORDERS][N];

  all_orders (orders);
  for (guint row = 0; row < 300; row++)
    {
      double theta[P], other[P];
      float picture[SIZE * SIZE], again[SIZE * SIZE];
      guint same = 0;
      UsRng rng;

      us_rng_init (&rng, 2, US_RNG_TEST, row);
      us_prior_sample (prior, &rng, theta);
      draw (theta, picture);
      for (guint k = 0; k < N_ORDERS; k++)
        {
          /* Opposite corners stay opposite. */
          const gboolean expected = (orders[k][0] ^ orders[k][2]) == 2;
          gboolean equal;

          reorder (theta, orders[k], other);
          draw (other, again);
          equal = memcmp (picture, again, sizeof picture) == 0;
          g_assert_true (equal == expected);
          same += equal;
        }
      g_assert_cmpuint (same, ==, 8);
    }
}

static double
distance (const double *one,
          const double *other)
{
  double sum = 0.0;

  for (guint k = 0; k < P; k++)
    sum += (one[k] - other[k]) * (one[k] - other[k]);
  return sqrt (sum);
}

/* Among all orders that draw the same bytes, found by drawing.  One prior for all: pixels are latents. */
static void
test_closest (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (polygon ());
  guint8 orders[N_ORDERS][N];
  guint chosen[N_ORDERS] = { 0 }, n_chosen = 0;

  all_orders (orders);
  for (guint row = 0; row < 300; row++)
    {
      double theta[P], reference[P], closest[P], member[P], best = INFINITY;
      float picture[SIZE * SIZE], again[SIZE * SIZE];
      guint which = 0;
      UsRng rng;

      us_rng_init (&rng, 3, US_RNG_TEST, row);
      us_prior_sample (prior, &rng, theta);
      us_prior_sample (prior, &rng, reference);
      draw (theta, picture);
      for (guint k = 0; k < N_ORDERS; k++)
        {
          reorder (theta, orders[k], member);
          draw (member, again);
          if (memcmp (picture, again, sizeof picture) == 0 && distance (member, reference) < best)
            {
              best = distance (member, reference);
              which = k;
            }
        }
      polygon ()->closest_equivalent (polygon (), theta, reference, closest);
      g_assert_cmpfloat_with_epsilon (distance (closest, reference), best, 1e-12);
      reorder (theta, orders[which], member);
      g_assert_cmpmem (closest, sizeof closest, member, sizeof member);
      n_chosen += chosen[which]++ == 0;
    }
  g_assert_cmpuint (n_chosen, ==, 8);
}

static void
test_random (void)
{
  const double theta[P] = { 10.0, 11.0, 50.0, 12.0, 45.0, 55.0, 8.0, 40.0 };
  guint8 orders[N_ORDERS][N];
  guint count[N_ORDERS] = { 0 };
  const guint n = 8000;
  UsRng rng;

  all_orders (orders);
  us_rng_init (&rng, 4, US_RNG_TEST, 0);
  for (guint i = 0; i < n; i++)
    {
      double member[P], expected[P];

      polygon ()->random_equivalent (polygon (), theta, &rng, member);
      for (guint k = 0; k < N_ORDERS; k++)
        {
          reorder (theta, orders[k], expected);
          count[k] += memcmp (member, expected, sizeof member) == 0;
        }
    }
  /* 1,000 each, standard error √(8000 · 1/8 · 7/8) = 29.6. */
  for (guint k = 0; k < N_ORDERS; k++)
    g_assert_true ((orders[k][0] ^ orders[k][2]) == 2 ? abs ((int) count[k] - 1000) < 135 : count[k] == 0);
}

/* What a pen draws along the outline is the outline. */
static void
test_draw_polyline (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (polygon ());

  for (guint row = 0; row < 50; row++)
    {
      double xy[P + 2];
      float picture[SIZE * SIZE], drawn[SIZE * SIZE];
      UsRng rng;

      us_rng_init (&rng, 5, US_RNG_TEST, row);
      us_prior_sample (prior, &rng, xy);
      xy[P] = xy[0], xy[P + 1] = xy[1];
      draw (xy, picture);
      g_assert_true (polygon ()->draw_polyline (polygon (), 0, N + 1, xy, drawn));
      for (guint k = 0; k < SIZE * SIZE; k++)
        g_assert_cmpfloat_with_epsilon (drawn[k], picture[k], 1e-4);

      /* Lifted after the third corner: its two sides are missing. */
      xy[P - 2] = NAN;
      g_assert_true (polygon ()->draw_polyline (polygon (), 0, N + 1, xy, drawn));
      g_assert_true (memcmp (drawn, picture, sizeof drawn) != 0);
      g_assert_cmpfloat (drawn[(int) (SIZE - xy[P + 1]) * SIZE + (int) xy[P]], >, 0.2f);
    }
  g_assert_false (polygon ()->draw_polyline (polygon (), 1, 0, NULL, NULL));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/polygon/where", test_where);
  g_test_add_func ("/polygon/orders", test_orders);
  g_test_add_func ("/polygon/closest", test_closest);
  g_test_add_func ("/polygon/random", test_random);
  g_test_add_func ("/polygon/draw-polyline", test_draw_polyline);

  return g_test_run ();
}
