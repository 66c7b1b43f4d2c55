/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "us-mutual-information.h"

#include "us-rng.h"

#include <math.h>
#include <string.h>

/* n rows, F factors, L latents. */

#define N_BINS US_INFORMATION_BINS

/* dSprites' four ordered factors on their grid, as indices. */
static const guint grid[4] = { 6, 40, 32, 32 };

static double *
grid_factors (gsize n)
{
  double *v = g_new (double, n * 4);
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  for (gsize i = 0; i < n; i++)
    for (gsize f = 0; f < 4; f++)
      v[4 * i + f] = -1 + 2.0 * us_rng_below (&rng, grid[f]) / (grid[f] - 1);
  return v;
}

static double *
uniform_columns (gsize   n,
                 gsize   n_columns,
                 guint64 row)
{
  double *v = g_new (double, n * n_columns);
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_TEST, row);
  for (gsize i = 0; i < n * n_columns; i++)
    v[i] = us_rng_range (&rng, -1, 1);
  return v;
}

/* Discrete factors are counted by their values: 1, log 20 / log 40, and for 32 places in 20 bins of the code's
 * range 12 bins of two places and 8 of one: (¾ log 16 + ¼ log 32) / log 32 = 0.85.  Mean 0.8780: what 20 bins
 * leave of dSprites' four factors when the code is perfect. */
static void
test_dsprites_ceiling (void)
{
  const gsize n = 46080;
  g_autofree double *v = g_new (double, n * 4);
  const gboolean discrete[4] = { TRUE, TRUE, TRUE, TRUE };
  const double expected[4] = { 1, log (20) / log (40), 0.85, 0.85 };
  g_autoptr(UsFactors) factors = NULL;
  g_autoptr(UsInformation) histogram = NULL;

  /* a Latin arrangement: each value of each factor as often as it should be, pairs nearly so */
  for (gsize i = 0; i < n; i++)
    {
      const gsize at[4] = { i % 6, (i / 6) % 40, (i / 240) % 32, (i / 7 + i / 7680) % 32 };

      for (gsize f = 0; f < 4; f++)
        v[4 * i + f] = -1 + 2.0 * at[f] / (grid[f] - 1);
    }
  factors = us_factors_new (n, 4, v, discrete, N_BINS);
  histogram = us_information_new_histogram (factors, 4, v, v, NULL, N_BINS);
  for (gsize f = 0; f < 4; f++)
    {
      g_assert_cmpuint (factors->n_classes[f], ==, grid[f]);
      g_assert_cmpfloat_with_epsilon (factors->entropy[f], log (grid[f]), 2e-4);
      g_assert_cmpfloat_with_epsilon (histogram->truth[f * 4 + f] / factors->entropy[f], expected[f], 2e-4);
    }
  g_test_message ("top information over entropy, mean of four: %.4f",
                  (expected[0] + expected[1] + expected[2] + expected[3]) / 4);
  g_assert_cmpfloat_with_epsilon ((expected[0] + expected[1] + expected[2] + expected[3]) / 4, 0.8780, 1e-4);
  g_assert_true (isnan (histogram->mig_equivalent));
}

/* The same from 10,000 draws: chance takes a little more.  Chen's estimator has no bins of the code. */
static void
test_dsprites_draws (void)
{
  const gsize n = 10000;
  g_autofree double *v = grid_factors (n);
  const gboolean discrete[4] = { TRUE, TRUE, TRUE, TRUE };
  g_autoptr(UsFactors) factors = us_factors_new (n, 4, v, discrete, N_BINS);
  g_autoptr(UsInformation) histogram = us_information_new_histogram (factors, 4, v, v, v, N_BINS);
  g_autoptr(UsInformation) chen
    = us_information_new_chen (factors, 4, v, NULL, v, v, us_information_width (n, 2), NULL);

  g_test_message ("perfect code, 10,000 draws: 20 bins %.4f, Chen %.4f", histogram->mig, chen->mig);
  g_assert_cmpfloat_with_epsilon (histogram->mig, 0.878 - 0.009, 4e-3);
  g_assert_cmpfloat (histogram->mig, ==, histogram->mig_truth);
  g_assert_cmpfloat (histogram->mig, ==, histogram->mig_equivalent);
  g_assert_cmpfloat (histogram->mig, <, 0.878);
  g_assert_cmpfloat (chen->mig, >, 0.97);
  g_assert_cmpfloat (chen->mig, <=, 1);
  g_assert_cmpfloat (chen->mig, ==, chen->mig_truth);
  /* all that a factor is, to the last nat: 0.0056 resolves neighbours 0.05 apart */
  for (gsize f = 0; f < 4; f++)
    g_assert_cmpfloat_with_epsilon (chen->information[f * 4 + f] / factors->entropy[f], 1, 2e-4);
}

/* The slow twin: H(v) - H(v|z) by sums over all rows on a fine grid. */
static double
chen_twin (const UsFactors *factors,
           gsize            factor,
           gsize            n_latents,
           gsize            latent,
           const double    *mean,
           const double    *sd,
           double           width)
{
  const double step = width / 20;
  double told = 0;

  for (double z = -8; z < 8; z += step)
    {
      double of_class[64] = { 0 }, all = 0;

      for (gsize i = 0; i < factors->n; i++)
        {
          double s = hypot (sd[i * n_latents + latent], width), u = (z - mean[i * n_latents + latent]) / s;
          double value = fabs (u) < 9 ? exp (-0.5 * u * u) / (s * sqrt (2 * G_PI)) / factors->n : 0;

          of_class[factors->label[i * factors->n_factors + factor]] += value;
          all += value;
        }
      for (gsize c = 0; c < factors->n_classes[factor]; c++)
        if (of_class[c] > 0)
          told += of_class[c] * log (of_class[c] / all) * step;
    }
  return factors->entropy[factor] + told;
}

/* As Chen et al. compute it: samples of each q(z|x), - log of the mixture over all rows and over those of the
 * class, each entropy a mean over samples; standard error in se. */
static double
chen_by_samples (const UsFactors *factors,
                 gsize            factor,
                 gsize            n_latents,
                 gsize            latent,
                 const double    *mean,
                 const double    *sd,
                 double           width,
                 guint            n_samples,
                 double          *se)
{
  gsize n = factors->n;
  double sum = 0, squares = 0, total = (double) n * n_samples;
  UsRng rng;

  us_rng_init (&rng, 5, US_RNG_TEST, latent);
  for (gsize i = 0; i < n; i++)
    for (guint sample = 0; sample < n_samples; sample++)
      {
        double z = mean[i * n_latents + latent] + hypot (sd[i * n_latents + latent], width) * us_rng_normal (&rng);
        double all = 0, same = 0, difference;
        gsize n_same = 0;

        for (gsize k = 0; k < n; k++)
          {
            double s = hypot (sd[k * n_latents + latent], width), u = (z - mean[k * n_latents + latent]) / s;
            double value = exp (-0.5 * u * u) / s;

            all += value;
            if (factors->label[k * factors->n_factors + factor] == factors->label[i * factors->n_factors + factor])
              {
                same += value;
                n_same++;
              }
          }
        difference = log (same / n_same) - log (all / n);
        sum += difference;
        squares += difference * difference;
      }
  *se = sqrt ((squares / total - sum / total * (sum / total)) / total);
  return sum / total;
}

/* Widths over three decades at once. */
static void
test_chen_twin (void)
{
  const gsize n = 150;
  const double width = 0.02;
  g_autofree double *v = uniform_columns (n, 2, 0);
  g_autofree double *mean = uniform_columns (n, 3, 1);
  g_autofree double *sd = uniform_columns (n, 3, 2);
  g_autoptr(UsFactors) factors = NULL;
  double information[6];

  for (gsize i = 0; i < n; i++)
    {
      for (gsize j = 0; j < 3; j++)
        sd[3 * i + j] = pow (10, -1.75 + 1.75 * sd[3 * i + j]);
      mean[3 * i] = v[2 * i];
      mean[3 * i + 1] = 0.5 * v[2 * i + 1] - 0.2;
      sd[3 * i + 1] = 0;
    }
  factors = us_factors_new (n, 2, v, NULL, 7);
  us_information_chen (factors, 3, mean, sd, width, NULL, information);
  for (gsize latent = 0; latent < 3; latent++)
    for (gsize f = 0; f < 2; f++)
      {
        double twin = chen_twin (factors, f, 3, latent, mean, sd, width);

        double se, by_samples = chen_by_samples (factors, f, 3, latent, mean, sd, width, 20, &se);

        g_test_message ("latent %" G_GSIZE_FORMAT " factor %" G_GSIZE_FORMAT ": %.8f, twin %.8f, by samples %.4f (%.4f)",
                        latent, f, information[latent * 2 + f], twin, by_samples, se);
        g_assert_cmpfloat_with_epsilon (information[latent * 2 + f], twin, 1e-4);
        g_assert_cmpfloat_with_epsilon (information[latent * 2 + f], by_samples, 3 * se);
      }
}

/* Two classes, one Gaussian each, 2 d apart: log 2 less the entropy of the class given z,
 * the mean of log (1 + exp (-2 m (m + u))) over u ~ N(0, 1), m = d / s. */
static void
test_chen_closed_form (void)
{
  const gsize n = 1000;
  g_autofree double *v = g_new (double, n);
  g_autofree double *sd = g_new (double, n);
  const gboolean discrete[1] = { TRUE };
  const double d = 0.3, s = 0.25, width = 0.01;
  g_autoptr(UsFactors) factors = NULL;
  double information, expected = log (2), total = hypot (s, width);

  for (gsize i = 0; i < n; i++)
    {
      v[i] = i % 2 == 0 ? -d : d;
      sd[i] = s;
    }
  factors = us_factors_new (n, 1, v, discrete, N_BINS);
  us_information_chen (factors, 1, v, sd, width, NULL, &information);
  for (double u = -9; u < 9; u += 1e-3)
    expected -= 1e-3 * exp (-0.5 * u * u) / sqrt (2 * G_PI) * log1p (exp (-2 * d / total * (d / total + u)));
  g_test_message ("two Gaussians: %.8f, by quadrature %.8f", information, expected);
  g_assert_cmpfloat_with_epsilon (information, expected, 1e-5);
}

/* An answer that does not depend on the factor tells nothing, but for the scarcity of rows; one that is
 * the factor tells all but what blurring takes.  At the stated width both cost about the same. */
static void
test_width (void)
{
  const gsize n = 10000;
  g_autofree double *v = uniform_columns (n, 2, 0);
  g_autoptr(UsFactors) factors = us_factors_new (n, 2, v, NULL, N_BINS);
  g_autofree double *same = g_new0 (double, 2 * n);
  double information[4], width = us_information_width (n, 2), lost, feigned;

  us_information_chen (factors, 2, v, NULL, width, NULL, information);
  lost = factors->entropy[0] - information[0];
  feigned = information[1];
  g_test_message ("width %.5f: lost %.4f, feigned %.4f nats of %.4f", width, lost, feigned, factors->entropy[0]);
  g_assert_cmpfloat_with_epsilon (width, 2 / 358.0, 1e-6);
  g_assert_cmpfloat_with_epsilon (lost, 1.806 * width * N_BINS / 2, 0.02);
  g_assert_cmpfloat_with_epsilon (feigned / lost, 1, 0.15);

  us_information_chen (factors, 2, same, NULL, width, NULL, information);
  for (int k = 0; k < 4; k++)
    g_assert_cmpfloat_with_epsilon (information[k], 0, 1e-4);
}

/* Noise that the means do not show is shown by σ; many workers give the same bits; wide ones cost no more. */
static void
test_sigma (void)
{
  const gsize n = 10000;
  g_autofree double *v = uniform_columns (n, 4, 0);
  g_autofree double *sd = g_new (double, 4 * n);
  g_autoptr(UsFactors) factors = us_factors_new (n, 4, v, NULL, N_BINS);
  g_autoptr(UsPool) pool = us_pool_new (3, 0);
  double width = us_information_width (n, 2), last = 1;

  for (double s = 0.003; s < 2; s *= 3)
    {
      g_autoptr(UsInformation) chen = NULL, again = NULL;

      for (gsize i = 0; i < 4 * n; i++)
        sd[i] = s;
      chen = us_information_new_chen (factors, 4, v, sd, v, NULL, width, NULL);
      again = us_information_new_chen (factors, 4, v, sd, v, NULL, width, pool);
      g_test_message ("σ %.3f: MIG %.4f; ceilings %.4f, as unsure %.4f", s, chen->mig, chen->mig_truth,
                      chen->mig_truth_sd);
      g_assert_cmpmem (chen->information, 16 * sizeof (double), again->information, 16 * sizeof (double));
      g_assert_cmpfloat (chen->mig, <, last);
      g_assert_cmpfloat (chen->mig, <, chen->mig_truth);
      g_assert_cmpfloat (chen->mig, ==, chen->mig_truth_sd);
      last = chen->mig;
    }
  g_assert_cmpfloat (last, <, 0.1);
}

static void
test_gap (void)
{
  /* three latents, two factors and one that does not vary */
  const double information[9] = { 1.0, 0.2, 0, 0.5, 0.1, 0, 0.8, 2.0, 0 }, entropy[3] = { 2, 4, 0 };
  const gboolean left_out[3] = { FALSE, TRUE, FALSE };
  double gap[3];

  g_assert_cmpfloat_with_epsilon (us_information_gap (3, 3, information, entropy, gap), (0.1 + 0.45) / 2, 1e-15);
  g_assert_cmpfloat_with_epsilon (gap[0], 0.1, 1e-15);
  g_assert_cmpfloat_with_epsilon (gap[1], 0.45, 1e-15);
  g_assert_true (isnan (gap[2]));
  g_assert_cmpfloat_with_epsilon (us_information_mean_gap (3, gap, left_out), 0.1, 1e-15);
  g_assert_true (isnan (us_information_mean_gap (1, gap + 2, NULL)));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/information/dsprites-ceiling", test_dsprites_ceiling);
  g_test_add_func ("/information/dsprites-draws", test_dsprites_draws);
  g_test_add_func ("/information/chen-twin", test_chen_twin);
  g_test_add_func ("/information/chen-closed-form", test_chen_closed_form);
  g_test_add_func ("/information/width", test_width);
  g_test_add_func ("/information/sigma", test_sigma);
  g_test_add_func ("/information/gap", test_gap);
  return g_test_run ();
}
