/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Risk in a world that is not the simulator: against closed forms of the linear model, whose measurements are shifted or
 * noisier than was said. */
#include "config.h"

#include "us-linear-gaussian.h"
#include "us-mismatch.h"
#include "us-simulator.h"

#include <math.h>

/* N rows, V values, P parameters. */
#define N 20000
#define V 16
#define P US_LINEAR_GAUSSIAN_P
#define NEVER 1000              /* a loss that no row has */

/* Of the joint densities of θ and x under Q: x + shift, noise of size `scale`; P: 0 and 1. */
typedef struct
{
  double shift, scale;
} World;

static double
normal_cdf (double z)
{
  return 0.5 * erfc (-z / sqrt (2));
}

/* One row of a world: loss of the posterior mean of the simulator that was said, and log q − log p. */
static void
draw (const UsSimulator *simulator,
      const World       *world,
      const World       *other,
      guint64            row,
      double            *loss,
      double            *ratio)
{
  UsLinearGaussian posterior;
  double theta[P];
  float mean[V], x[V];
  UsRng rng;

  us_rng_init (&rng, 7, US_RNG_TEST, row);
  for (gsize p = 0; p < P; p++)
    theta[p] = us_rng_normal (&rng);
  g_assert_cmpint (simulator->run (simulator, theta, 1, &rng, mean), ==, US_SIM_OK);
  *ratio = 0;
  for (gsize v = 0; v < V; v++)
    {
      double z;

      x[v] = (float) (mean[v] + world->shift + world->scale * us_rng_normal (&rng));
      z = (x[v] - mean[v] - other->shift) / other->scale;
      *ratio -= 0.5 * z * z + log (other->scale);
      z = x[v] - mean[v];
      *ratio += 0.5 * z * z;
    }
  us_linear_gaussian_posterior (V, NULL, x, &posterior);
  *loss = 0;
  for (gsize p = 0; p < P; p++)
    *loss += (posterior.mean[p] - theta[p]) * (posterior.mean[p] - theta[p]);
}

/* most: losses are cut there.  paired: the rows of both worlds are of the same streams. */
static void
measure (World       q,
         double      most,
         gboolean    paired,
         UsMismatch *self)
{
  const UsSimulator *simulator = us_registry_find ("linear-gaussian", NULL);
  const World p = { 0, 1 };
  g_autofree double *values = g_new (double, 4 * N);

  for (gsize i = 0; i < N; i++)
    {
      draw (simulator, &p, &q, i, &values[i], &values[N + i]);
      draw (simulator, &q, &q, paired ? i : N + i, &values[2 * N + i], &values[3 * N + i]);
      values[i] = fmin (values[i], most);
      values[2 * N + i] = fmin (values[2 * N + i], most);
    }
  us_mismatch_measure (N, values, values + N, N, values + 2 * N, values + 3 * N, paired, most, self);
}

/* What a shift of all measurements does to the posterior mean: it is linear in x. */
static double
gain (double shift)
{
  UsLinearGaussian none, all;
  float zero[V] = { 0 }, one[V];
  double square = 0;

  for (gsize v = 0; v < V; v++)
    one[v] = (float) shift;
  us_linear_gaussian_posterior (V, NULL, zero, &none);
  us_linear_gaussian_posterior (V, NULL, one, &all);
  for (gsize p = 0; p < P; p++)
    square += (all.mean[p] - none.mean[p]) * (all.mean[p] - none.mean[p]);
  return square;
}

static void
test_none (void)
{
  UsMismatch self;

  measure ((World) { 0, 1 }, NEVER, FALSE, &self);
  g_assert_cmpfloat_with_epsilon (self.tv, 0, 1e-6);
  g_assert_cmpfloat_with_epsilon (self.hellinger, 0, 1e-3);
  g_assert_cmpfloat (fabs (self.mismatch), <, 4 * self.mismatch_sd);
  g_assert_cmpfloat (self.mismatch_sd, >, 0);
}

/* The same rows in both worlds: as said, nothing differs; shifted, the difference is known better than of other rows. */
static void
test_paired (void)
{
  UsMismatch paired, other;

  measure ((World) { 0, 1 }, NEVER, TRUE, &paired);
  g_assert_cmpfloat (paired.mismatch, ==, 0);
  g_assert_cmpfloat (paired.mismatch_sd, ==, 0);
  g_assert_cmpfloat (paired.tv_sd, ==, 0);
  measure ((World) { 0.2, 1 }, NEVER, TRUE, &paired);
  measure ((World) { 0.2, 1 }, NEVER, FALSE, &other);
  g_test_message ("mismatch %.4f ± %.4f paired, %.4f ± %.4f not (%.4f); TV ± %.4f, ± %.4f", paired.mismatch, paired.mismatch_sd, other.mismatch,
                  other.mismatch_sd, gain (0.2), paired.tv_sd, other.tv_sd);
  g_assert_cmpfloat (fabs (paired.mismatch - gain (0.2)), <, 4 * paired.mismatch_sd);
  g_assert_cmpfloat (paired.mismatch_sd, <, 0.8 * other.mismatch_sd);
  g_assert_cmpfloat (fabs (paired.tv - (2 * normal_cdf (0.1 * sqrt (V)) - 1)), <, 4 * paired.tv_sd);
}

/* Normal distributions δ apart, of one covariance: TV = 2 Φ(δ/2σ) − 1, affinity exp (−δ²/8σ²), δ² = V shift². */
static void
test_shift (void)
{
  static const double shifts[] = { 0.05, 0.2, 0.5 };

  for (gsize i = 0; i < G_N_ELEMENTS (shifts); i++)
    {
      double delta = shifts[i] * sqrt (V);
      UsMismatch self;

      measure ((World) { shifts[i], 1 }, NEVER, FALSE, &self);
      g_test_message ("shift %.2f: TV %.4f ± %.4f (exact %.4f), H %.4f (%.4f), mismatch %.4f ± %.4f (%.4f), bounds %.3f, %.3f", shifts[i],
                      self.tv, self.tv_sd, 2 * normal_cdf (delta / 2) - 1, self.hellinger, sqrt (2 - 2 * exp (-delta * delta / 8)),
                      self.mismatch, self.mismatch_sd, gain (shifts[i]), self.bound_tv, self.bound_hellinger);
      g_assert_cmpfloat (fabs (self.tv - (2 * normal_cdf (delta / 2) - 1)), <, 4 * self.tv_sd);
      g_assert_cmpfloat_with_epsilon (self.hellinger, sqrt (2 - 2 * exp (-delta * delta / 8)), 0.02);
      g_assert_cmpfloat (fabs (self.mismatch - gain (shifts[i])), <, 4 * self.mismatch_sd);
      /* and neither bound may be broken by what it bounds: that by TV is of a loss that is bounded closely */
      g_assert_cmpfloat (gain (shifts[i]), <, self.bound_hellinger);
      g_assert_cmpfloat (self.bound, ==, fmin (self.bound_tv, self.bound_hellinger));
      measure ((World) { shifts[i], 1 }, 0.5, FALSE, &self);
      g_test_message ("loss at most 0.5: mismatch %.4f ± %.4f, bound %.4f", self.mismatch, self.mismatch_sd, self.bound_tv);
      g_assert_cmpfloat (fabs (self.mismatch), <, self.bound_tv);
    }
}

/* Noise s times as large: affinity (2s / (1 + s²))^(V/2). */
static void
test_noise (void)
{
  const double s = 1.2;
  UsMismatch self;

  measure ((World) { 0, s }, NEVER, FALSE, &self);
  g_assert_cmpfloat_with_epsilon (self.hellinger, sqrt (2 - 2 * pow (2 * s / (1 + s * s), V / 2.0)), 0.02);
  g_assert_cmpfloat (self.mismatch, >, 0);
  g_assert_cmpfloat (self.mismatch, <, self.bound);
  g_assert_cmpfloat (self.tv, >, 0.1);
  g_assert_cmpfloat (self.tv, <, self.hellinger);
}

/* Worlds without anything in common; and densities that are not known. */
static void
test_ends (void)
{
  const double loss[3] = { 1, 2, 3 }, other[3] = { 4, 5, 6 }, never[3] = { -INFINITY, -INFINITY, -INFINITY };
  const double always[3] = { INFINITY, INFINITY, INFINITY }, unknown[3] = { 0, NAN, 0 };
  UsMismatch self;

  us_mismatch_measure (3, loss, never, 3, other, always, FALSE, 6, &self);
  g_assert_cmpfloat_with_epsilon (self.tv, 1, 1e-12);
  g_assert_cmpfloat_with_epsilon (self.hellinger, sqrt (2), 1e-12);
  g_assert_cmpfloat_with_epsilon (self.mismatch, 3, 1e-12);
  g_assert_cmpfloat_with_epsilon (self.bound, 6, 1e-12);
  us_mismatch_measure (3, loss, unknown, 3, other, always, FALSE, 6, &self);
  g_assert_true (isnan (self.tv) && isnan (self.hellinger) && isnan (self.bound));
  g_assert_cmpfloat_with_epsilon (self.mismatch, 3, 1e-12);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mismatch/none", test_none);
  g_test_add_func ("/mismatch/paired", test_paired);
  g_test_add_func ("/mismatch/shift", test_shift);
  g_test_add_func ("/mismatch/noise", test_noise);
  g_test_add_func ("/mismatch/ends", test_ends);
  return g_test_run ();
}
