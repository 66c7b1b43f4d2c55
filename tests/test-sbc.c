/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "us-sbc-plots.h"

#include "us-error.h"
#include "us-rng.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <string.h>

/* M simulations, L samples each. */

/* -- the band ------------------------------------------------------------ */

typedef gboolean (*Event) (const UsEcdfBand *band,
                           const guint      *counts,
                           gconstpointer     data);

/* The probability of an event by going through all ways in which N values can fall between the places. */
static double
enumerate (const UsEcdfBand *band,
           gsize             k,
           guint             so_far,
           double            log_p,
           guint            *counts,
           Event             event,
           gconstpointer     data)
{
  double step, sum = 0;

  step = (k < band->n_points ? band->z[k] : 1) - (k > 0 ? band->z[k - 1] : 0);
  if (k == band->n_points)
    {
      guint left = band->n - so_far;

      log_p += left * log (step) - gsl_sf_lnfact (left) + gsl_sf_lnfact (band->n);
      return event (band, counts, data) ? exp (log_p) : 0;
    }
  for (guint d = 0; so_far + d <= band->n; d++)
    {
      counts[k] = so_far + d;
      sum += enumerate (band, k + 1, so_far + d, log_p + d * log (step) - gsl_sf_lnfact (d), counts, event, data);
    }
  return sum;
}

static gboolean
is_inside (const UsEcdfBand *band,
           const guint      *counts,
           gconstpointer     data)
{
  for (gsize k = 0; k < band->n_points; k++)
    if (counts[k] < band->lower[k] || counts[k] > band->upper[k])
      return FALSE;
  return TRUE;
}

static double
least_tail (const UsEcdfBand *band,
            const guint      *counts)
{
  double least = 1;

  for (gsize k = 0; k < band->n_points; k++)
    {
      double below = gsl_cdf_binomial_P (counts[k], band->z[k], band->n);
      double above = counts[k] > 0 ? gsl_cdf_binomial_Q (counts[k] - 1, band->z[k], band->n) : 1;

      least = MIN (least, 2 * MIN (below, above));
    }
  return least;
}

static gboolean
as_unlikely (const UsEcdfBand *band,
             const guint      *counts,
             gconstpointer     data)
{
  return least_tail (band, counts) <= *(const double *) data * (1 + 1e-7);
}

/* Probability and p-values against the sum over all outcomes. */
static void
test_band_exact (void)
{
  static const gsize sizes[][3] = { { 7, 0, 3 }, { 9, 10, 4 }, { 12, 7, 3 }, { 1, 0, 2 } };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      gsize n = sizes[i][0];
      g_autoptr(UsEcdfBand) band = us_ecdf_band_new (n, sizes[i][1], sizes[i][2], 0.8);
      guint counts[8];
      UsRng rng;

      g_assert_cmpfloat_with_epsilon (enumerate (band, 0, 0, 0, counts, is_inside, NULL), band->probability, 1e-10);
      g_assert_cmpfloat (band->probability, >=, 0.8);
      us_rng_init (&rng, 1, US_RNG_TEST, i);
      for (int t = 0; t < 20; t++)
        {
          guint seen[8];
          double least;

          for (gsize k = 0; k < band->n_points; k++)
            seen[k] = (k > 0 ? seen[k - 1] : 0) + us_rng_below (&rng, n - (k > 0 ? seen[k - 1] : 0) + 1);
          least = least_tail (band, seen);
          if (least < 1)
            g_assert_cmpfloat_with_epsilon (us_ecdf_band_p_value (band, seen),
                                            enumerate (band, 0, 0, 0, counts, as_unlikely, &least), 1e-9);
        }
    }
}

/* The band holds its level as a whole, and intervals made for each place alone do not. */
static void
test_band_level (void)
{
  static const gsize sizes[][2] = { { 100, 0 }, { 250, 64 } };
  const gsize n_runs = 4000;

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      gsize n = sizes[i][0], ranks = sizes[i][1], outside = 0, small = 0, pointwise = 0;
      g_autoptr(UsEcdfBand) band = us_ecdf_band_new (n, ranks, 100, 0.95);
      g_autofree double *values = g_new (double, n);
      g_autofree guint *counts = g_new (guint, band->n_points);
      double outside_rate = 1 - band->probability;

      g_assert_cmpuint (band->n_points, ==, ranks > 0 ? ranks - 1 : 100);
      for (gsize run = 0; run < n_runs; run++)
        {
          UsRng rng;
          double p;

          us_rng_init (&rng, 2 + i, US_RNG_TEST, run);
          for (gsize m = 0; m < n; m++)
            values[m] = ranks > 0 ? (us_rng_below (&rng, ranks) + 0.5) / ranks : us_rng_uniform (&rng);
          us_ecdf_band_count (band, values, counts);
          outside += !is_inside (band, counts, NULL);
          p = us_ecdf_band_p_value (band, counts);
          small += p <= 0.05;
          /* outside and a small p-value are the same thing */
          g_assert_true (is_inside (band, counts, NULL) == (p > outside_rate + 1e-9));
          pointwise += least_tail (band, counts) < 0.05;
        }
      g_assert_cmpfloat (band->probability, <, 0.96);
      g_assert_cmpfloat (fabs ((double) outside / n_runs - outside_rate), <, 4 * sqrt (0.05 * 0.95 / n_runs));
      g_assert_cmpuint (small, <=, n_runs * 0.05 + 4 * sqrt (0.05 * 0.95 * n_runs));
      g_assert_cmpuint (pointwise, >, n_runs * 0.25);
    }
}

/* -- calibration --------------------------------------------------------- */

/* x = theta + noise of this sd, theta standard normal: the posterior is normal with mean x / (1 + sd²) and
 * variance sd² / (1 + sd²). */
#define NOISE 0.8

typedef struct
{
  double shift;                 /* of the answers, in posterior sd */
  double width;                 /* of the answers, times what it should be */
  gsize  n_simulations, n_samples;
  gboolean density;
} Wrong;

static UsSbc *
conjugate (const Wrong *wrong,
           guint64      seed)
{
  gsize l_count = wrong->n_samples;
  g_autoptr(UsSbc) self = us_sbc_new (wrong->n_simulations, l_count, 1, seed);
  g_autofree double *samples = g_new (double, l_count);
  g_autofree double *density = g_new (double, l_count);
  double sd = NOISE / sqrt (1 + NOISE * NOISE);
  GError *error = NULL;

  for (gsize m = 0; m < wrong->n_simulations; m++)
    {
      double theta, mean;
      UsRng rng;

      us_rng_init (&rng, seed, US_RNG_TEST, m);
      theta = us_rng_normal (&rng);
      mean = (theta + NOISE * us_rng_normal (&rng)) / (1 + NOISE * NOISE) + wrong->shift * sd;
      for (gsize l = 0; l < l_count; l++)
        {
          double q = us_rng_normal (&rng);

          samples[l] = mean + wrong->width * sd * q;
          density[l] = -q * q / 2;
        }
      theta -= mean;
      us_sbc_set_row (self, m, &(double) { theta + mean }, samples, wrong->density ? density : NULL,
                      -theta * theta / (2 * wrong->width * wrong->width * sd * sd));
    }
  g_assert_true (us_sbc_measure (self, 0.95, &(double) { 1 }, &error));
  g_assert_no_error (error);
  return g_steal_pointer (&self);
}

/* An exact posterior is called fine but for the stated rate. */
static void
test_exact (void)
{
  const Wrong exact = { 0, 1, 200, 63, TRUE };
  const gsize n_runs = 300;
  gsize refused = 0, by_band = 0, by_bins = 0, by_coverage = 0, by_shift = 0, by_width = 0;
  double most = 0.05 * n_runs + 4 * sqrt (0.05 * 0.95 * n_runs);

  for (gsize run = 0; run < n_runs; run++)
    {
      g_autoptr(UsSbc) sbc = conjugate (&exact, 100 + run);

      refused += sbc->verdict != US_SBC_FINE;
      by_band += sbc->ranks[0].p_band < 0.05;
      by_bins += sbc->ranks[0].p_bins < 0.05;
      by_coverage += sbc->ranks[0].p_coverage < 0.05;
      by_shift += sbc->ranks[0].p_shift < 0.05;
      by_width += sbc->ranks[0].p_narrowness < 0.05;
    }
  g_test_message ("of %" G_GSIZE_FORMAT ": refused %" G_GSIZE_FORMAT "; p < 0.05: band %" G_GSIZE_FORMAT
                  ", bins %" G_GSIZE_FORMAT ", coverage %" G_GSIZE_FORMAT ", shift %" G_GSIZE_FORMAT
                  ", width %" G_GSIZE_FORMAT, n_runs, refused, by_band, by_bins, by_coverage, by_shift, by_width);
  g_assert_cmpfloat (refused, <, most);
  g_assert_cmpuint (refused, >, 0);
  g_assert_cmpfloat (by_band, <, most);
  g_assert_cmpfloat (by_bins, <, most);
  g_assert_cmpfloat (by_coverage, <, most);
  g_assert_cmpfloat (by_shift, <, most);
  g_assert_cmpfloat (by_width, <, most);
  g_assert_cmpuint (MIN (by_shift, by_width), >, 0.01 * n_runs);
}

static void
assert_always (const Wrong *wrong,
               UsSbcVerdict expected,
               double       shift,
               double       narrowness)
{
  for (gsize run = 0; run < 20; run++)
    {
      g_autoptr(UsSbc) sbc = conjugate (wrong, 1000 + run);
      g_autofree char *words = us_sbc_words (sbc, &sbc->ranks[0]);

      g_assert_cmpint (sbc->ranks[0].verdict, ==, expected);
      g_assert_cmpfloat_with_epsilon (sbc->ranks[0].shift, shift, 0.25);
      g_assert_cmpfloat_with_epsilon (sbc->ranks[0].narrowness, narrowness, 0.2);
      if (expected & US_SBC_OVER_CONFIDENT)
        g_assert_nonnull (strstr (words, "over-confident: intervals should be 1."));
      if (expected & US_SBC_UNDER_CONFIDENT)
        g_assert_nonnull (strstr (words, "under-confident: intervals need be only 0."));
      if (expected & (US_SBC_TOO_LOW | US_SBC_TOO_HIGH))
        g_assert_nonnull (strstr (words, "biased: answers lie 0."));
      g_assert_cmpint (sbc->density->verdict, ==, expected & US_SBC_UNDER_CONFIDENT ? US_SBC_UNDER_CONFIDENT
                                                                                    : US_SBC_OVER_CONFIDENT);
    }
}

/* Ranks cannot lie beyond the outermost sample: q is cut near ±Φ⁻¹(½/(L + 1)), which hardly matters at L = 255. */
static void
test_wrong (void)
{
  assert_always (&(Wrong) { 0, 0.7, 400, 255, TRUE }, US_SBC_OVER_CONFIDENT, 0, 1 / 0.7);
  assert_always (&(Wrong) { 0, 1.5, 400, 255, TRUE }, US_SBC_UNDER_CONFIDENT, 0, 1 / 1.5);
  assert_always (&(Wrong) { -0.6, 1, 800, 255, TRUE }, US_SBC_TOO_LOW, 0.6, 1);
  assert_always (&(Wrong) { 0.6, 1, 800, 255, TRUE }, US_SBC_TOO_HIGH, -0.6, 1);
  assert_always (&(Wrong) { 0.6, 0.7, 800, 255, TRUE }, US_SBC_TOO_HIGH | US_SBC_OVER_CONFIDENT, -0.6 / 0.7, 1 / 0.7);
}

/* Central intervals of mass c hold the truth with probability 2 Φ(w Φ⁻¹((1 + c)/2)) − 1 where they are w times too wide. */
static void
test_coverage (void)
{
  static const double widths[] = { 1, 0.7, 1.5 };

  for (gsize i = 0; i < G_N_ELEMENTS (widths); i++)
    {
      g_autoptr(UsSbc) sbc = conjugate (&(Wrong) { 0, widths[i], 4000, 399, TRUE }, 5);

      for (double mass = 0.1; mass < 0.95; mass += 0.2)
        {
          double truth = 2 * gsl_cdf_ugaussian_P (widths[i] * gsl_cdf_ugaussian_Pinv ((1 + mass) / 2)) - 1;
          double error = 4 * sqrt (truth * (1 - truth) / 4000) + 0.005;

          g_assert_cmpfloat_with_epsilon (us_sbc_coverage (sbc, &sbc->ranks[0], mass), truth, error);
          /* of one normal the densest region is the central one */
          g_assert_cmpfloat_with_epsilon (us_sbc_coverage (sbc, sbc->density, mass), truth, error);
        }
      g_assert_true ((sbc->ranks[0].p_coverage < 1e-6) == (widths[i] != 1));
      for (gsize k = 0; k < sbc->band->n_points; k++)
        g_assert_cmpuint (sbc->ranks[0].covered[k], ==,
                          (guint) round (4000 * us_sbc_coverage (sbc, &sbc->ranks[0], sbc->band->z[k])));
    }
}

static void
test_recovery (void)
{
  g_autoptr(UsSbc) sbc = conjugate (&(Wrong) { 0, 1, 3000, 199, FALSE }, 6);
  const UsSbcRecovery *recovery = &sbc->recovery[0];
  double posterior = NOISE * NOISE / (1 + NOISE * NOISE), square = 0;

  g_assert_null (sbc->density);
  g_assert_cmpfloat_with_epsilon (recovery->mean_contraction, 1 - posterior, 0.003);
  g_assert_cmpfloat_with_epsilon (recovery->rmse, sqrt (posterior), 4 * sqrt (posterior / 2 / 3000));
  g_assert_cmpfloat_with_epsilon (recovery->r2, 1 - posterior, 0.04);
  g_assert_cmpfloat_with_epsilon (recovery->bias, 0, 4 * sqrt (posterior / 3000));
  for (gsize m = 0; m < 3000; m++)
    square += recovery->z_score[m] * recovery->z_score[m] / 3000;
  g_assert_cmpfloat_with_epsilon (square, 1, 4 * sqrt (2.0 / 3000) + 0.02);
}

/* Two parameters, correlated 0.9 in truth, answered as if they were independent: each of them is right. */
static void
test_dependence (void)
{
  for (int right = 0; right < 2; right++)
    {
      const gsize m_count = 300, l_count = 99;
      g_autoptr(UsSbc) sbc = us_sbc_new (m_count, l_count, 2, 1);
      double r = 0.9, s = sqrt (1 - r * r), own = right ? r : 0, rest = right ? s : 1;
      g_autofree double *samples = g_new (double, 2 * l_count);
      g_autofree double *density = g_new (double, l_count);

      for (gsize m = 0; m < m_count; m++)
        {
          double theta[2], truth;
          UsRng rng;

          us_rng_init (&rng, 7, US_RNG_TEST, m);
          theta[0] = us_rng_normal (&rng);
          theta[1] = r * theta[0] + s * us_rng_normal (&rng);
          for (gsize l = 0; l < l_count; l++)
            {
              double a = us_rng_normal (&rng), b = us_rng_normal (&rng);

              samples[2 * l] = a;
              samples[2 * l + 1] = own * a + rest * b;
              density[l] = -(a * a + b * b) / 2;
            }
          truth = (theta[1] - own * theta[0]) / rest;
          us_sbc_set_row (sbc, m, theta, samples, density, -(theta[0] * theta[0] + truth * truth) / 2);
        }
      g_assert_true (us_sbc_measure (sbc, 0.95, NULL, NULL));
      g_assert_cmpint (sbc->ranks[0].verdict, ==, US_SBC_FINE);
      g_assert_cmpint (sbc->ranks[1].verdict, ==, US_SBC_FINE);
      g_assert_cmpint (sbc->density->verdict == US_SBC_FINE, ==, right);
    }
}

/* The truth is -1 or 1, the answer a standard normal: mean and spread are right, the shape is not.  A parameter that
 * is the same always is not judged; one of four kinds, answered by its prior, is right. */
static void
test_shape_and_ties (void)
{
  const gsize m_count = 300, l_count = 99;
  g_autoptr(UsSbc) sbc = NULL;
  g_autofree double *theta = g_new (double, m_count * 3);
  g_autofree double *samples = g_new (double, m_count * l_count * 3);
  g_autofree char *words = NULL;
  g_autofree char *fixed = NULL;
  g_autofree char *fine = NULL;

  for (gsize m = 0; m < m_count; m++)
    {
      UsRng rng;

      us_rng_init (&rng, 8, US_RNG_TEST, m);
      theta[3 * m] = us_rng_below (&rng, 2) > 0 ? 1 : -1;
      theta[3 * m + 1] = 4;
      theta[3 * m + 2] = us_rng_below (&rng, 4);
      for (gsize l = 0; l < l_count; l++)
        {
          double *sample = samples + (m * l_count + l) * 3;

          sample[0] = us_rng_normal (&rng);
          sample[1] = 4;
          sample[2] = us_rng_below (&rng, 4);
        }
    }
  sbc = us_sbc_compute (m_count, l_count, 3, theta, samples, NULL, NULL, 0.95, 1, NULL);
  g_assert_cmpint (sbc->ranks[0].verdict, ==, US_SBC_OTHER);
  g_assert_cmpint (sbc->ranks[1].verdict, ==, US_SBC_NOT_JUDGED);
  g_assert_cmpint (sbc->ranks[2].verdict, ==, US_SBC_FINE);
  g_assert_cmpint (sbc->verdict, ==, US_SBC_OTHER);
  words = us_sbc_words (sbc, &sbc->ranks[0]);
  fixed = us_sbc_words (sbc, &sbc->ranks[1]);
  fine = us_sbc_words (sbc, &sbc->ranks[2]);
  g_assert_cmpstr (words, ==, "not calibrated: the shape of the posterior is wrong (p < 0.001)");
  g_assert_cmpstr (fixed, ==, "not judged: it does not vary");
  g_assert_true (g_str_has_prefix (fine, "calibrated as far as can be seen (p = "));
}

/* What is not finite is counted, and too little is refused. */
static void
test_not_finite (void)
{
  const gsize m_count = 25, l_count = 9;
  g_autoptr(UsSbc) sbc = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree double *theta = g_new0 (double, m_count);
  g_autofree double *samples = g_new0 (double, m_count * l_count);
  UsRng rng;

  us_rng_init (&rng, 9, US_RNG_TEST, 0);
  for (gsize i = 0; i < m_count; i++)
    theta[i] = us_rng_normal (&rng);
  for (gsize i = 0; i < m_count * l_count; i++)
    samples[i] = us_rng_normal (&rng);
  theta[11] = NAN;
  samples[4 * l_count + 3] = INFINITY;
  sbc = us_sbc_compute (m_count, l_count, 1, theta, samples, NULL, NULL, 0.95, 1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (sbc->n_simulations, ==, 23);
  g_assert_cmpuint (sbc->n_left_out, ==, 2);
  g_assert_cmpuint (sbc->first_left_out, ==, 4);
  for (gsize i = 0; i < 4; i++)
    theta[i] = NAN;
  g_assert_null (us_sbc_compute (m_count, l_count, 1, theta, samples, NULL, NULL, 0.95, 1, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
  g_assert_nonnull (strstr (error->message, "there are 19 (6 were not finite)"));
}

static void
test_plots (void)
{
  g_autoptr(UsSbc) sbc = conjugate (&(Wrong) { 0, 1, 100, 50, TRUE }, 10);
  const char *const names[] = { "µ", NULL };
  UsPlot *plots[] = {
    us_sbc_plot_ranks (sbc, &sbc->ranks[0], "Ranks"), us_sbc_plot_ranks (sbc, sbc->density, NULL),
    us_sbc_plot_functions (sbc, names, NULL), us_sbc_plot_coverage (sbc, names, NULL),
    us_sbc_plot_recovery (sbc, 0, "µ", "m", NULL), us_sbc_plot_contraction (sbc, 0, NULL),
  };

  for (gsize i = 0; i < G_N_ELEMENTS (plots); i++)
    {
      g_autofree char *csv = us_plot_to_csv (plots[i]);

      g_assert_false (us_plot_is_empty (plots[i]));
      g_assert_cmpuint (strlen (csv), >, 100);
      us_plot_unref (plots[i]);
    }
}

/* -- predictive band ----------------------------------------------------- */

static void
test_predictive (void)
{
  const gsize n_draws = 101;
  const double levels[] = { 0.5, 0.9 };
  double draws[101 * 3], x[] = { 60, NAN, 96 };
  g_autoptr(UsPredictiveBand) band = NULL;
  g_autoptr(UsPlot) plot = us_plot_new (NULL);

  /* 0 .. 100 in some order; the same with one gap; and one value only */
  for (gsize s = 0; s < n_draws; s++)
    {
      draws[3 * s] = (s * 37) % 101;
      draws[3 * s + 1] = (s * 37) % 101 == 100 ? NAN : (double) ((s * 37) % 101);
      draws[3 * s + 2] = (s * 11) % 101;
    }
  band = us_predictive_band_new (n_draws, 3, draws, 2, levels);
  g_assert_cmpuint (band->n_not_finite, ==, 1);
  g_assert_cmpfloat_with_epsilon (band->median[0], 50, 1e-9);
  g_assert_cmpfloat_with_epsilon (band->median[1], 49.5, 1e-9);
  g_assert_cmpfloat_with_epsilon (band->lower[0], 25, 1e-9);
  g_assert_cmpfloat_with_epsilon (band->upper[0], 75, 1e-9);
  g_assert_cmpfloat_with_epsilon (band->lower[3], 5, 1e-9);
  g_assert_cmpfloat_with_epsilon (band->upper[3], 95, 1e-9);
  g_assert_cmpfloat_with_epsilon (us_predictive_band_inside (band, 0, x), 0.5, 1e-9);
  x[2] = 95;
  g_assert_cmpfloat_with_epsilon (us_predictive_band_inside (band, 1, x), 1, 1e-9);
  x[0] = x[2] = NAN;
  g_assert_true (isnan (us_predictive_band_inside (band, 1, x)));
  us_predictive_band_draw (band, plot, x + 0, 1);
  g_assert_cmpuint (us_plot_get_n_layers (plot), ==, 3);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sbc/band-exact", test_band_exact);
  g_test_add_func ("/sbc/band-level", test_band_level);
  g_test_add_func ("/sbc/exact", test_exact);
  g_test_add_func ("/sbc/wrong", test_wrong);
  g_test_add_func ("/sbc/coverage", test_coverage);
  g_test_add_func ("/sbc/recovery", test_recovery);
  g_test_add_func ("/sbc/dependence", test_dependence);
  g_test_add_func ("/sbc/shape-and-ties", test_shape_and_ties);
  g_test_add_func ("/sbc/not-finite", test_not_finite);
  g_test_add_func ("/sbc/plots", test_plots);
  g_test_add_func ("/sbc/predictive", test_predictive);
  return g_test_run ();
}
