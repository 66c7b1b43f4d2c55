/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-refine.h"

#include <math.h>
#include <string.h>

/* Largest difference of latents, over the parameters. */
static double
distance (const UsSimulator *simulator,
          const double      *z,
          const double      *truth)
{
  double most = 0;

  for (gsize p = 0; p < simulator->n_parameters; p++)
    most = MAX (most, fabs (z[p] - truth[p]));
  return most;
}

/* From a few pixels away back to where the picture was made. */
static void
back_to_truth (const char *id,
               double      away,
               gsize       n,
               double      share,
               double      near)
{
  g_autoptr(GError) error = NULL;
  const UsSimulator *simulator = us_registry_find (id, &error);
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  gsize n_values = us_output_n_values (&simulator->outputs[0]), back = 0;
  g_autofree float *x = g_new (float, n_values);
  g_autofree float *again = g_new (float, n_values);

  for (gsize i = 0; i < n; i++)
    {
      double theta[US_MAX_PARAMETERS], truth[US_MAX_PARAMETERS], z[US_MAX_PARAMETERS], start[US_MAX_PARAMETERS];
      double begun = 0, rms;
      guint runs = 0;
      UsRng rng;

      g_assert_true (us_simulate_rows (prior, 0, 7, i, 1, theta, x, &error));
      us_prior_to_latent (prior, theta, truth);
      us_rng_init (&rng, 3, US_RNG_EVALUATE, i);
      for (gsize p = 0; p < simulator->n_parameters; p++)
        z[p] = CLAMP (truth[p] + away * us_rng_normal (&rng), -1, 1);
      memcpy (start, z, sizeof z);
      us_prior_from_latent (prior, z, theta);
      if (simulator->accepts != NULL && !simulator->accepts (simulator, theta))
        {
          g_assert_true (isnan (us_refine (prior, 0, x, z, NULL)));
          g_assert_cmpmem (z, simulator->n_parameters * sizeof *z, start, simulator->n_parameters * sizeof *z);
          back++;
          continue;
        }
      g_assert_cmpint (simulator->run (simulator, theta, 0, &rng, again), ==, US_SIM_OK);
      for (gsize k = 0; k < n_values; k++)
        begun += ((double) again[k] - x[k]) * ((double) again[k] - x[k]);
      rms = us_refine (prior, 0, x, z, &runs);
      /* never worse, inside the prior, at a bounded cost */
      g_assert_cmpfloat (rms, <=, sqrt (begun / n_values) + 1e-9);
      for (gsize p = 0; p < simulator->n_parameters; p++)
        g_assert_true (z[p] >= -1 && z[p] <= 1);
      g_assert_cmpuint (runs, <, 1500);
      back += distance (simulator, z, truth) < near;
    }
  g_test_message ("%s: %zu of %zu back", id, back, n);
  g_assert_cmpuint (back, >=, (gsize) (share * n));
}

static void
test_box (void)
{
  back_to_truth ("box", 0.03, 40, 0.9, 1e-3);
}

static void
test_polygon (void)
{
  back_to_truth ("polygon", 0.03, 40, 0.85, 2e-3);
}

static void
test_fourier (void)
{
  back_to_truth ("fourier", 0.02, 40, 0.85, 5e-3);
}

/* Nothing to gain: the truth stays what it is; of the wrong kind, or half a turn away, it is found again. */
static void
test_kinds (void)
{
  g_autoptr(GError) error = NULL;
  const UsSimulator *simulator = us_registry_find ("dsprites", &error);
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  g_autofree float *x = g_new (float, us_output_n_values (&simulator->outputs[0]));
  guint back = 0;

  for (gsize i = 0; i < 10; i++)
    {
      double theta[US_MAX_PARAMETERS], truth[US_MAX_PARAMETERS], z[US_MAX_PARAMETERS];

      g_assert_true (us_simulate_rows (prior, 0, 11, i, 1, theta, x, &error));
      us_prior_to_latent (prior, theta, truth);
      memcpy (z, truth, sizeof z);
      g_assert_cmpfloat (us_refine (prior, 0, x, z, NULL), ==, 0);
      g_assert_cmpmem (z, simulator->n_parameters * sizeof *z, truth, simulator->n_parameters * sizeof *z);
      z[0] = truth[0] > 0 ? -1 : 1;
      z[2] = truth[2] > 0 ? truth[2] - 1 : truth[2] + 1;
      us_refine (prior, 0, x, z, NULL);
      back += z[0] == truth[0] && fabs (z[1] - truth[1]) < 0.1 && fabs (z[3] - truth[3]) < 0.02;
    }
  g_test_message ("%u of 10 back", back);
  g_assert_cmpuint (back, >=, 8);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/refine/box", test_box);
  g_test_add_func ("/refine/polygon", test_polygon);
  g_test_add_func ("/refine/fourier", test_fourier);
  g_test_add_func ("/refine/kinds", test_kinds);

  return g_test_run ();
}
