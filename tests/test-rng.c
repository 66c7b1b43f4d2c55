/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-rng.h"
#include "us-sort.h"

#include <math.h>
#include <stdlib.h>

/* Tolerances are standard errors of the statistic under the true distribution:
 * with fixed seeds a test gives the same answer for ever, and 4 of them would
 * be passed by a right generator but for one seed in 16,000. */
#define SIGMAS 4.0
#define N 1000000

/* The kat_vectors of Random123 (Salmon et al., D. E. Shaw Research), the lines
 * "philox4x32 10": counter, key, result. */
static void
test_known_answers (void)
{
  static const struct
  {
    guint32 counter[4], key[2], out[4];
  } known[] = {
    { { 0, 0, 0, 0 }, { 0, 0 },
      { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
    { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff }, { 0xffffffff, 0xffffffff },
      { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
    { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 },
      { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    {
      guint32 out[4];

      us_rng_philox (out, known[i].counter, known[i].key);
      g_assert_cmpmem (out, sizeof out, known[i].out, sizeof known[i].out);
    }
}

/* The layout of a stream is part of every saved run. */
static void
test_layout (void)
{
  const guint64 seed = G_GUINT64_CONSTANT (0x299f31d0a4093822);
  const guint64 row = G_GUINT64_CONSTANT (0x0370734413198a2e);
  const guint32 key[2] = { 0xa4093822, 0x299f31d0 };
  UsRng rng, twin;

  us_rng_init (&rng, seed, US_RNG_TEST, row);
  twin = rng;
  for (guint32 block = 0; block < 3; block++)
    {
      const guint32 counter[4] = { block, US_RNG_TEST, 0x13198a2e, 0x03707344 };
      guint32 out[4];

      us_rng_philox (out, counter, key);
      for (int i = 0; i < 4; i++)
        g_assert_cmpuint (us_rng_u32 (&rng), ==, out[i]);
      for (int i = 0; i < 4; i += 2)
        g_assert_cmpuint (us_rng_u64 (&twin), ==, out[i] | (guint64) out[i + 1] << 32);
    }
}

static void
test_copy_is_state (void)
{
  UsRng rng, copy;

  us_rng_init (&rng, 1, US_RNG_TEST, 2);
  us_rng_u32 (&rng);
  us_rng_normal (&rng);
  copy = rng;
  for (int i = 0; i < 1000; i++)
    g_assert_cmpfloat (us_rng_normal (&rng), ==, us_rng_normal (&copy));
}

/* Kolmogorov-Smirnov: sqrt (n) D exceeds 1.95 once in 1,000 (Smirnov 1948). */
static void
assert_ks (double *values,
           gsize   n,
           double (*cdf) (double x))
{
  double worst = 0.0;

  us_sort_doubles (n, values);
  for (gsize i = 0; i < n; i++)
    {
      double f = cdf (values[i]);

      worst = MAX (worst, MAX (f - (double) i / n, (double) (i + 1) / n - f));
    }
  g_assert_cmpfloat (sqrt ((double) n) * worst, <, 1.95);
}

static double
uniform_cdf (double x)
{
  return x;
}

static double
normal_cdf (double x)
{
  return 0.5 * erfc (-x * M_SQRT1_2);
}

static void
test_uniform (void)
{
  g_autofree double *values = g_new (double, N);
  double sum = 0.0, squares = 0.0, lagged = 0.0;
  UsRng rng;

  us_rng_init (&rng, 20260701, US_RNG_TEST, 0);
  for (gsize i = 0; i < N; i++)
    {
      double x = values[i] = us_rng_uniform (&rng);

      g_assert_true (x >= 0.0 && x < 1.0);
      sum += x;
      squares += (x - 0.5) * (x - 0.5);
      lagged += i > 0 ? (x - 0.5) * (values[i - 1] - 0.5) : 0.0;
    }
  /* variance of x 1/12, of (x - 1/2)^2 1/180, of a product of two 1/144 */
  g_assert_cmpfloat (fabs (sum / N - 0.5), <, SIGMAS * sqrt (1.0 / 12.0 / N));
  g_assert_cmpfloat (fabs (squares / N - 1.0 / 12.0), <, SIGMAS * sqrt (1.0 / 180.0 / N));
  g_assert_cmpfloat (fabs (lagged / N), <, SIGMAS * sqrt (1.0 / 144.0 / N));
  assert_ks (values, N, uniform_cdf);
}

static void
test_normal (void)
{
  g_autofree double *values = g_new (double, N);
  double m[5] = { 0 };
  gsize beyond_3 = 0;
  UsRng rng;

  us_rng_init (&rng, 20260702, US_RNG_TEST, 0);
  for (gsize i = 0; i < N; i++)
    {
      double x = values[i] = us_rng_normal (&rng);

      for (int k = 1; k <= 4; k++)
        m[k] += pow (x, k) / N;
      beyond_3 += fabs (x) > 3.0;
    }
  /* variances of x, x^2, x^3, x^4: 1, 3 - 1, 15, 105 - 9 */
  g_assert_cmpfloat (fabs (m[1]), <, SIGMAS * sqrt (1.0 / N));
  g_assert_cmpfloat (fabs (m[2] - 1.0), <, SIGMAS * sqrt (2.0 / N));
  g_assert_cmpfloat (fabs (m[3]), <, SIGMAS * sqrt (15.0 / N));
  g_assert_cmpfloat (fabs (m[4] - 3.0), <, SIGMAS * sqrt (96.0 / N));
  /* a binomial count */
  {
    double p = erfc (3.0 * M_SQRT1_2);

    g_assert_cmpfloat (fabs ((double) beyond_3 - N * p), <, SIGMAS * sqrt (N * p * (1.0 - p)));
  }
  assert_ks (values, N, normal_cdf);
}

/* The value belongs to the fraction that was drawn: erfc inverts it. */
static void
test_normal_inverts (void)
{
  UsRng rng;

  us_rng_init (&rng, 3, US_RNG_TEST, 0);
  for (int i = 0; i < 100000; i++)
    {
      UsRng twin = rng;
      double x = us_rng_normal (&rng);
      double u = ((double) (us_rng_u64 (&twin) >> 12) + 0.5) * 0x1p-52;
      double tail = MIN (u, 1.0 - u);

      g_assert_cmpfloat (fabs (0.5 * erfc (fabs (x) * M_SQRT1_2) / tail - 1.0), <, 1e-13);
      g_assert_true ((x < 0.0) == (u < 0.5));
    }
}

static void
test_below (void)
{
  static const guint64 sizes[] = { 1, 2, 3, 7, 10, 1000 };
  UsRng rng;

  us_rng_init (&rng, 4, US_RNG_TEST, 0);
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      guint64 n = sizes[s];
      g_autofree guint *seen = g_new0 (guint, n);
      double chi2 = 0.0, expected = (double) N / n;

      for (gsize i = 0; i < N; i++)
        {
          guint64 x = us_rng_below (&rng, n);

          g_assert_cmpuint (x, <, n);
          seen[x]++;
        }
      for (guint64 k = 0; k < n; k++)
        chi2 += (seen[k] - expected) * (seen[k] - expected) / expected;
      /* chi-squared of n - 1 degrees: mean n - 1, variance 2 (n - 1) */
      g_assert_cmpfloat (fabs (chi2 - (n - 1.0)), <=, 5.0 * sqrt (2.0 * (n - 1.0)));
    }
}

/* Three quarters of 2^64: without rejection the lower half would come up twice
 * as often as the rest.  A fair third must lie below a third of n. */
static void
test_below_large (void)
{
  const guint64 n = G_GUINT64_CONSTANT (3) << 62;
  gsize low = 0, multiples = 0;
  UsRng rng;

  us_rng_init (&rng, 5, US_RNG_TEST, 0);
  for (gsize i = 0; i < N; i++)
    {
      guint64 x = us_rng_below (&rng, n);

      g_assert_cmpuint (x, <, n);
      low += x < n / 3;
      multiples += x % 3 == 0;
    }
  g_assert_cmpfloat (fabs (low / (double) N - 1.0 / 3.0), <, SIGMAS * sqrt (2.0 / 9.0 / N));
  g_assert_cmpfloat (fabs (multiples / (double) N - 1.0 / 3.0), <, SIGMAS * sqrt (2.0 / 9.0 / N));
}

static void
test_range (void)
{
  UsRng rng;

  us_rng_init (&rng, 6, US_RNG_TEST, 0);
  for (int i = 0; i < 10000; i++)
    {
      double x = us_rng_range (&rng, -3.0, 5.0);

      g_assert_true (x >= -3.0 && x < 5.0);
    }
  g_assert_cmpfloat (us_rng_range (&rng, 2.5, 2.5), ==, 2.5);
}

/* Neighbours in row, seed and purpose: the same word of each stream is one more
 * random sequence, without correlation to its neighbour. */
static void
test_streams (void)
{
  for (int what = 0; what < 4; what++)
    {
      g_autofree double *values = g_new (double, N);
      double lagged = 0.0;

      for (guint64 i = 0; i < N; i++)
        {
          UsRng rng;

          us_rng_init (&rng,
                       what == 1 ? i : what == 3 ? i << 32 : 7,
                       what == 2 ? (guint32) i : US_RNG_TEST,
                       what == 0 ? i : 0);
          values[i] = us_rng_uniform (&rng);
          lagged += i > 0 ? (values[i] - 0.5) * (values[i - 1] - 0.5) : 0.0;
        }
      g_assert_cmpfloat (fabs (lagged / N), <, SIGMAS * sqrt (1.0 / 144.0 / N));
      assert_ks (values, N, uniform_cdf);
    }
}

/* Whole streams next to each other share no word position with the same value
 * more often than chance: 4 x 10^6 comparisons of 32 bits meet 0.001 times. */
static void
test_streams_differ (void)
{
  UsRng base;

  us_rng_init (&base, 1, US_RNG_PRIOR, 1);
  for (int what = 0; what < 4; what++)
    {
      UsRng a = base, b;
      int equal = 0;

      us_rng_init (&b, what == 0 ? 2 : 1, what == 1 ? US_RNG_SIMULATOR : US_RNG_PRIOR,
                   what == 2 ? 2 : what == 3 ? G_GUINT64_CONSTANT (0x100000001) : 1);
      for (gsize i = 0; i < N; i++)
        equal += us_rng_u32 (&a) == us_rng_u32 (&b);
      g_assert_cmpint (equal, <=, 1);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rng/known-answers", test_known_answers);
  g_test_add_func ("/rng/layout", test_layout);
  g_test_add_func ("/rng/copy-is-state", test_copy_is_state);
  g_test_add_func ("/rng/uniform", test_uniform);
  g_test_add_func ("/rng/normal", test_normal);
  g_test_add_func ("/rng/normal-inverts", test_normal_inverts);
  g_test_add_func ("/rng/below", test_below);
  g_test_add_func ("/rng/below-large", test_below_large);
  g_test_add_func ("/rng/range", test_range);
  g_test_add_func ("/rng/streams", test_streams);
  g_test_add_func ("/rng/streams-differ", test_streams_differ);

  return g_test_run ();
}
