/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "us-code.h"

#include <math.h>
#include <string.h>

static const char *const kinds[] = { "Square", "Ellipse", "Heart" };
static const UsParameter parameters[] = {
  { .name = "kind", .lower = 1, .upper = 3, .prior = { US_DISTRIBUTION_DISCRETE, 1, 3, 0 }, .classes = kinds },
  { .name = "size", .lower = 0.5, .upper = 1, .prior = { US_DISTRIBUTION_UNIFORM, 0.5, 1, 0 } },
  { .name = "angle", .lower = 0, .upper = 6, .prior = { US_DISTRIBUTION_UNIFORM, 0, 6, 0 }, .circular = TRUE },
};
static const UsSimulator thing = { .id = "thing", .parameters = parameters, .n_parameters = 3 };
static const UsSimulator plain = { .id = "plain", .parameters = parameters + 1, .n_parameters = 1 };

static void
test_layout (void)
{
  UsCode code;

  us_code_init (&code, &thing);
  g_assert_cmpuint (code.n_features, ==, 6);
  g_assert_false (code.straight);
  g_assert_cmpuint (code.parts[0].n, ==, 3);
  g_assert_cmpuint (code.parts[1].first, ==, 3);
  g_assert_cmpuint (code.parts[2].first, ==, 4);
  us_code_init (&code, &plain);
  g_assert_cmpuint (code.n_features, ==, 1);
  g_assert_true (code.straight);
}

static void
test_round_trip (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (&thing);
  UsCode code;

  us_code_init (&code, &thing);
  for (int i = 0; i < 500; i++)
    {
      UsRng rng;
      double theta[3], z[3], again[3], back[3];
      float f[6];

      us_rng_init (&rng, 7, US_RNG_TEST, i);
      g_assert_true (us_prior_sample (prior, &rng, theta));
      us_prior_to_latent (prior, theta, z);
      us_code_from_latent (&code, prior, z, f);
      for (int k = 0; k < 3; k++)
        g_assert_cmpfloat (f[k], ==, k == (int) theta[0] - 1 ? 1 : 0);
      g_assert_cmpfloat (f[3], ==, (float) z[1]);
      g_assert_cmpfloat_with_epsilon (f[4], cos (2 * G_PI * theta[2] / 6), 1e-6);
      g_assert_cmpfloat_with_epsilon (f[5], sin (2 * G_PI * theta[2] / 6), 1e-6);
      us_code_to_latent (&code, prior, f, again);
      us_prior_from_latent (prior, again, back);
      for (int p = 0; p < 3; p++)
        g_assert_cmpfloat_with_epsilon (back[p], theta[p], 1e-5);
    }
}

/* The end of a turn is its beginning. */
static void
test_circle (void)
{
  UsCode code;

  us_code_init (&code, &thing);
  g_assert_cmpfloat_with_epsilon (us_code_latent_error (&code, 2, 0.95, -0.95), -0.1, 1e-12);
  g_assert_cmpfloat_with_epsilon (us_code_latent_error (&code, 2, -0.95, 0.95), 0.1, 1e-12);
  g_assert_cmpfloat_with_epsilon (us_code_latent_error (&code, 2, 0.3, 0.1), 0.2, 1e-12);
  g_assert_cmpfloat_with_epsilon (us_code_latent_error (&code, 1, 0.95, -0.95), 1.9, 1e-12);
}

/* Σ w f (answers), its gradient beside differences. */
static double
weighed (const UsCode *code,
         const float  *answers,
         const float  *w)
{
  float f[6];
  double sum = 0;

  us_code_squash (code, answers, f);
  for (int k = 0; k < 6; k++)
    sum += w[k] * f[k];
  return sum;
}

static void
test_squash (void)
{
  UsCode code;

  us_code_init (&code, &thing);
  for (int i = 0; i < 50; i++)
    {
      UsRng rng;
      float answers[6], w[6], f[6], g[6];

      us_rng_init (&rng, 9, US_RNG_TEST, i);
      for (int k = 0; k < 6; k++)
        {
          answers[k] = us_rng_normal (&rng);
          w[k] = us_rng_normal (&rng);
        }
      /* a direction that is far enough from the middle to differentiate in single precision */
      answers[4] += answers[4] < 0 ? -1 : 1;
      us_code_squash (&code, answers, f);
      g_assert_cmpfloat_with_epsilon (f[0] + f[1] + f[2], 1, 1e-6);
      g_assert_cmpfloat (f[3], ==, answers[3]);
      g_assert_cmpfloat_with_epsilon (hypotf (f[4], f[5]), 1, 1e-6);
      memcpy (g, w, sizeof g);
      us_code_squash_backward (&code, answers, f, g);
      for (int k = 0; k < 6; k++)
        {
          float up[6], down[6];
          const float h = 1e-2f;

          memcpy (up, answers, sizeof up);
          memcpy (down, answers, sizeof down);
          up[k] += h;
          down[k] -= h;
          g_assert_cmpfloat_with_epsilon (g[k], (weighed (&code, up, w) - weighed (&code, down, w)) / (2 * (double) h), 2e-3);
        }
    }
}

/* Answers that say nothing: finite all the same. */
static void
test_nothing (void)
{
  float answers[6] = { 1e30f, -1e30f, 0, 0, 0, 0 }, f[6], g[6] = { 1, 1, 1, 1, 1, 1 };
  UsCode code;

  us_code_init (&code, &thing);
  us_code_squash (&code, answers, f);
  us_code_squash_backward (&code, answers, f, g);
  for (int k = 0; k < 6; k++)
    g_assert_true (isfinite (f[k]) && isfinite (g[k]));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/code/layout", test_layout);
  g_test_add_func ("/code/round-trip", test_round_trip);
  g_test_add_func ("/code/circle", test_circle);
  g_test_add_func ("/code/squash", test_squash);
  g_test_add_func ("/code/nothing", test_nothing);
  return g_test_run ();
}
