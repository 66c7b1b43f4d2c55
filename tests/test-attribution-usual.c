/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How unusual data are: distributions that are known, and outliers made on purpose. */
#include "us-attribution.h"

#include "us-rng.h"
#include "us-sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void
fill_normal (gsize   n,
             float  *values,
             guint64 seed)
{
  UsRng rng;

  us_rng_init (&rng, seed, US_RNG_TEST, 0);
  for (gsize i = 0; i < n; i++)
    values[i] = (float) us_rng_normal (&rng);
}

static UsAttribution *
make (gsize        n,
      gsize        s_count,
      const float *h)
{
  g_autoptr(GError) error = NULL;
  UsAttribution *attribution = us_attribution_new (n, s_count, h, 0, NULL, 0, NULL, NULL, NULL, NULL, &error);

  g_assert_no_error (error);
  return attribution;
}

/* Kolmogorov's distance to the uniform distribution; sorts. */
static double
uniform_distance (gsize   n,
                  double *p)
{
  double worst = 0;

  us_sort_doubles (n, p);
  for (gsize i = 0; i < n; i++)
    worst = MAX (worst, MAX (fabs (p[i] - (double) i / n), fabs (p[i] - (i + 1.0) / n)));
  return worst;
}

/* New draws of the bank's distribution (skewed, correlated): uniform p, few called unusual. */
static void
test_usual (void)
{
  enum { N = 6000, S = 4, OBSERVATIONS = 500 };
  g_autofree float *h = g_new (float, (N + OBSERVATIONS) * S);
  g_autofree double *p_distance = g_new (double, OBSERVATIONS), *p_mmd = g_new (double, OBSERVATIONS);
  g_autoptr(UsAttribution) attribution = NULL;
  gsize levels[3] = { 0 };
  double of_distance, of_mmd;

  fill_normal ((N + OBSERVATIONS) * S, h, 10);
  for (gsize i = 0; i < N + OBSERVATIONS; i++)
    {
      h[i * S] = expf (h[i * S]);
      h[i * S + 1] += h[i * S];
    }
  attribution = make (N, S, h);
  for (gsize i = 0; i < OBSERVATIONS; i++)
    {
      UsUsual usual;

      g_assert_true (us_attribution_usual (attribution, h + (N + i) * S, NULL, &usual));
      p_distance[i] = usual.p_distance;
      p_mmd[i] = usual.p_mmd;
      levels[usual.level]++;
      g_assert_cmpuint (usual.n_held_out, ==, 1000);
    }
  of_distance = uniform_distance (OBSERVATIONS, p_distance);
  of_mmd = uniform_distance (OBSERVATIONS, p_mmd);
  g_test_message ("distances to uniform %.3f %.3f; %zu unusual, %zu unlike any", of_distance, of_mmd,
                  levels[US_UNUSUAL], levels[US_UNLIKE_ANY]);
  /* Two samples, 500 against 1,000: 1.95 √(1/500 + 1/1000) is Kolmogorov's 0.1 % */
  g_assert_cmpfloat (of_distance, <, 0.107);
  g_assert_cmpfloat (of_mmd, <, 0.107);
  g_assert_cmpuint (levels[US_UNUSUAL], <, 45);
  g_assert_cmpuint (levels[US_UNLIKE_ANY], <, 10);
}

/* Far off; off in a direction in which the bank does not vary; off in a column that is constant. */
static void
test_outlier (void)
{
  enum { N = 3000, S = 4 };
  g_autofree float *h = g_new (float, N * S);
  g_autoptr(UsAttribution) attribution = NULL;
  const float inside[S] = { 0.5f, -0.5f, 0, 4 }, far[S] = { 30, 0, 30, 4 }, off[S] = { 0.5f, -0.5f, 0.2f, 4 },
              other[S] = { 0.5f, -0.5f, 0, 4.2f }, no_number[S] = { 0, NAN, 0, 4 };
  g_autofree char *sentence = NULL, *of_data = NULL, *usual_sentence = NULL;
  UsUsual usual, fine;

  fill_normal (N * S, h, 11);
  for (gsize i = 0; i < N; i++)
    {
      h[i * S + 2] = h[i * S] + h[i * S + 1];
      h[i * S + 3] = 4;
    }
  attribution = make (N, S, h);
  g_assert_cmpuint (us_attribution_rank (attribution), ==, 2);
  g_assert_true (us_attribution_usual (attribution, inside, NULL, &fine));
  g_assert_cmpint (fine.level, ==, US_USUAL);
  usual_sentence = us_usual_sentence (&fine, NULL);
  g_assert_nonnull (strstr (usual_sentence, "usual"));
  g_assert_true (us_attribution_usual (attribution, far, NULL, &usual));
  g_assert_cmpint (usual.level, ==, US_UNLIKE_ANY);
  sentence = us_usual_sentence (&usual, NULL);
  g_assert_true (g_str_has_prefix (sentence, "No simulation resembles"));
  g_assert_true (us_attribution_usual (attribution, off, NULL, &usual));
  g_assert_cmpint (usual.level, ==, US_UNLIKE_ANY);
  g_assert_true (us_attribution_usual (attribution, other, NULL, &usual));
  g_assert_cmpint (usual.level, ==, US_UNLIKE_ANY);
  g_assert_false (us_attribution_usual (attribution, no_number, NULL, &usual));
  /* usual to the network, but not in themselves */
  g_assert_cmpint (us_usual_level (&fine, &usual), ==, US_UNLIKE_ANY);
  of_data = us_usual_sentence (&fine, &usual);
  g_assert_nonnull (strstr (of_data, "their values"));
}

/* Two looks at the same data: what is just enough for one is not for both. */
static void
test_two_looks (void)
{
  UsUsual usual = { .distance = 1, .typical = 1, .farthest = 3, .p = 0.4, .level = US_USUAL };
  UsUsual just = { .distance = 3, .typical = 1, .farthest = 3, .p = 0.004, .level = US_UNLIKE_ANY }, sure = just, beyond = just;

  sure.p = 0.002;
  beyond.distance = 5;
  g_assert_cmpint (us_usual_level (&just, NULL), ==, US_UNLIKE_ANY);
  g_assert_cmpint (us_usual_level (&just, &usual), ==, US_UNUSUAL);
  g_assert_cmpint (us_usual_level (&usual, &just), ==, US_UNUSUAL);
  g_assert_cmpint (us_usual_level (&usual, &sure), ==, US_UNLIKE_ANY);
  g_assert_cmpint (us_usual_level (&beyond, &usual), ==, US_UNLIKE_ANY);
}

/* Near enough, but where next to no simulation lies: the sentence has the share that made them so. */
static void
test_sentence_of_discrepancy (void)
{
  const UsUsual usual = { .distance = 1, .typical = 1, .farthest = 3, .nearer = 0.4, .p_distance = 0.6, .mmd = 1,
                          .p_mmd = 0.002, .p = 0.004, .n_held_out = 1000, .level = US_UNLIKE_ANY };
  g_autofree char *sentence = us_usual_sentence (&usual, NULL);

  g_assert_nonnull (strstr (sentence, "than 99.8 % of 1000"));
}

/* Several observations at once: uniform where they are the bank's, small where they are shifted or narrower. */
static void
test_mmd (void)
{
  enum { N = 4000, S = 2, M = 30, TESTS = 60 };
  g_autofree float *h = g_new (float, (N + TESTS * M) * S);
  g_autofree double *p = g_new (double, TESTS);
  g_autoptr(UsAttribution) attribution = NULL;
  float *own = h + N * S;
  double mmd;

  fill_normal ((N + TESTS * M) * S, h, 12);
  attribution = make (N, S, h);
  for (gsize i = 0; i < TESTS; i++)
    p[i] = us_attribution_mmd_test (attribution, M, own + i * M * S, 99, i, NULL);
  g_assert_cmpfloat (uniform_distance (TESTS, p), <, 0.25);     /* Kolmogorov's 0.1 % of 60 */
  for (gsize i = 0; i < M * S; i++)
    own[i] = 0.1f * own[i];
  g_assert_cmpfloat (us_attribution_mmd_test (attribution, M, own, 99, 1, &mmd), ==, 0.01);
  g_assert_cmpfloat (mmd, >, 0);
  for (gsize i = 0; i < M * S; i++)
    own[i] = 10 * own[i] + 1;
  g_assert_cmpfloat (us_attribution_mmd_test (attribution, M, own, 99, 1, NULL), ==, 0.01);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/attribution-usual/inside", test_usual);
  g_test_add_func ("/attribution-usual/outlier", test_outlier);
  g_test_add_func ("/attribution-usual/sentence-of-discrepancy", test_sentence_of_discrepancy);
  g_test_add_func ("/attribution-usual/two-looks", test_two_looks);
  g_test_add_func ("/attribution-usual/mmd", test_mmd);
  return g_test_run ();
}
