/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact draws: whole distributions against GSL's probabilities. */
#include "config.h"

#include "chi-square.h"
#include "us-draw.h"

#include <gsl/gsl_randist.h>
#include <math.h>

#define CELLS 4096

static void
check_counts (double     (*draw) (UsRng *, double, double),
              double     (*mass) (guint, double, double),
              double       a,
              double       b,
              guint        row)
{
  const guint n = 100000;
  g_autofree guint *count = g_new0 (guint, CELLS);
  g_autofree double *expected = g_new (double, CELLS);
  guint outside = 0;
  double p;
  UsRng rng;

  us_rng_init (&rng, 21, US_RNG_TEST, row);
  for (guint i = 0; i < n; i++)
    {
      const double k = draw (&rng, a, b);

      g_assert_true (k >= 0.0 && k == floor (k));
      if (k < CELLS)
        count[(gsize) k]++;
      else
        outside++;
    }
  g_assert_cmpuint (outside, <, n / 1000);
  for (guint k = 0; k < CELLS; k++)
    expected[k] = mass (k, a, b);
  p = chi_square (CELLS, expected, count, n);
  g_test_message ("%g, %g: p = %.3f", a, b, p);
  g_assert_cmpfloat (p, >, 1e-4);
}

static double
draw_poisson (UsRng *rng, double mean, double unused)
{
  return us_draw_poisson (rng, mean);
}

static double
poisson_mass (guint k, double mean, double unused)
{
  return gsl_ran_poisson_pdf (k, mean);
}

static double
binomial_mass (guint k, double n, double p)
{
  return gsl_ran_binomial_pdf (k, p, (guint) n);
}

static double
negative_binomial_mass (guint k, double mean, double size)
{
  return gsl_ran_negative_binomial_pdf (k, size / (size + mean), size);
}

static void
test_draws (void)
{
  const double means[] = { 0.01, 0.7, 5.0, 9.99, 10.0, 10.5, 33.0, 250.0, 2000.0 };
  const double binomials[][2] = { { 1, 0.3 }, { 7, 0.5 }, { 19, 0.5 }, { 21, 0.5 }, { 40, 0.27 }, { 763, 0.004 },
                                  { 763, 0.2 }, { 763, 0.97 }, { 4000, 0.5 }, { 1000, 0.995 } };
  const double negatives[][2] = { { 3.0, 0.4 }, { 3.0, 5.0 }, { 40.0, 1.5 }, { 200.0, 30.0 } };
  guint row = 0;
  UsRng rng;

  for (guint i = 0; i < G_N_ELEMENTS (means); i++)
    check_counts (draw_poisson, poisson_mass, means[i], 0.0, row++);
  for (guint i = 0; i < G_N_ELEMENTS (binomials); i++)
    check_counts (us_draw_binomial, binomial_mass, binomials[i][0], binomials[i][1], row++);
  for (guint i = 0; i < G_N_ELEMENTS (negatives); i++)
    check_counts (us_draw_negative_binomial, negative_binomial_mass, negatives[i][0], negatives[i][1], row++);

  us_rng_init (&rng, 22, US_RNG_TEST, 0);
  g_assert_cmpfloat (us_draw_poisson (&rng, 0.0), ==, 0.0);
  g_assert_cmpfloat (us_draw_binomial (&rng, 12.0, 0.0), ==, 0.0);
  g_assert_cmpfloat (us_draw_binomial (&rng, 12.0, 1.0), ==, 12.0);
  g_assert_cmpfloat (us_draw_binomial (&rng, 0.0, 0.5), ==, 0.0);
  g_assert_cmpfloat (us_draw_negative_binomial (&rng, 0.0, 3.0), ==, 0.0);
}

/* Large numbers: mean and variance; gamma also in shape. */
static void
test_large_draws (void)
{
  const guint n = 40000;
  double p = 0.0, pp = 0.0, b = 0.0, bb = 0.0;
  UsRng rng;

  us_rng_init (&rng, 23, US_RNG_TEST, 0);
  for (guint i = 0; i < n; i++)
    {
      const double one = (us_draw_poisson (&rng, 3e7) - 3e7) / sqrt (3e7);
      const double other = (us_draw_binomial (&rng, 1e8, 0.03) - 3e6) / sqrt (3e6 * 0.97);

      p += one / n, pp += one * one / n, b += other / n, bb += other * other / n;
    }
  g_assert_cmpfloat_with_epsilon (p, 0.0, 4.5 / sqrt (n));
  g_assert_cmpfloat_with_epsilon (b, 0.0, 4.5 / sqrt (n));
  g_assert_cmpfloat_with_epsilon (pp, 1.0, 4.5 * sqrt (2.0 / n));
  g_assert_cmpfloat_with_epsilon (bb, 1.0, 4.5 * sqrt (2.0 / n));

  for (guint s = 0; s < 4; s++)
    {
      const double shape = ((double[]) { 0.05, 0.6, 1.0, 30.0 })[s];
      guint count[50] = { 0 };
      double even[50];

      for (guint i = 0; i < n; i++)
        {
          const double share = gsl_cdf_gamma_P (us_draw_gamma (&rng, shape, 2.5), shape, 2.5);

          count[MIN ((guint) (50.0 * share), 49)]++;
        }
      for (guint k = 0; k < 50; k++)
        even[k] = 0.02;
      g_assert_cmpfloat (chi_square (50, even, count, n), >, 1e-4);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/draw/small", test_draws);
  g_test_add_func ("/draw/large", test_large_draws);

  return g_test_run ();
}
