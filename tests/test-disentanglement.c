/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Codes whose worth is known, and what the measures say of them. */
#include "us-disentanglement.h"
#include "us-polynomial-r2.h"
#include "us-symmetry.h"

#include <math.h>
#include <string.h>

/* n pairs, P parameters. */

#define N 10000

static UsSimStatus
no_run (const UsSimulator *self,
        const double      *theta,
        guint              output,
        UsRng             *rng,
        float             *out)
{
  return US_SIM_FAILED;
}

/* --- four plain parameters ------------------------------------------------ */

#define PLAIN(name_) { .name = name_, .lower = -1, .upper = 1, .prior = { US_DISTRIBUTION_UNIFORM, -1, 1 } }

static const UsParameter plain_parameters[4] = { PLAIN ("a"), PLAIN ("b"), PLAIN ("c"), PLAIN ("d") };

static const UsSimulator plain = { .id = "plain", .parameters = plain_parameters, .n_parameters = 4, .run = no_run };

/* --- a and b in any order, c ---------------------------------------------- */

static void
either_order (const UsSimulator *self,
              const double      *theta,
              UsRng             *rng,
              double            *equivalent)
{
  gboolean swap = us_rng_below (rng, 2) == 1;

  equivalent[0] = theta[swap ? 1 : 0];
  equivalent[1] = theta[swap ? 0 : 1];
  equivalent[2] = theta[2];
}

static void
closest_order (const UsSimulator *self,
               const double      *theta,
               const double      *reference,
               double            *closest)
{
  /* the longer sum of products is the shorter distance */
  gboolean swap = (theta[0] - theta[1]) * (reference[0] - reference[1]) < 0;
  double first = theta[swap ? 1 : 0], second = theta[swap ? 0 : 1];

  closest[0] = first;
  closest[1] = second;
  closest[2] = theta[2];
}

static const UsSimulator unordered = {
  .id = "unordered", .parameters = plain_parameters, .n_parameters = 3, .run = no_run,
  .random_equivalent = either_order, .closest_equivalent = closest_order, .symmetry = "a and b in any order",
};

/* --- a kind, and an angle that some kinds repeat --------------------------- */

static const UsParameter kind_parameters[2] = {
  { .name = "kind", .lower = 0, .upper = 2, .prior = { US_DISTRIBUTION_DISCRETE, 0, 2 } },
  { .name = "angle", .unit = "°", .lower = 0, .upper = 360, .prior = { US_DISTRIBUTION_UNIFORM, 0, 360 } },
};

static double
period (double kind)
{
  return kind < 0.5 ? 90 : kind < 1.5 ? 180 : 360;
}

static void
any_turn (const UsSimulator *self,
          const double      *theta,
          UsRng             *rng,
          double            *equivalent)
{
  double p = period (theta[0]);

  equivalent[0] = theta[0];
  equivalent[1] = fmod (theta[1], p) + p * us_rng_below (rng, (guint64) (360 / p));
}

static void
closest_turn (const UsSimulator *self,
              const double      *theta,
              const double      *reference,
              double            *closest)
{
  double p = period (theta[0]), best = INFINITY;

  closest[0] = theta[0];
  for (double angle = fmod (theta[1], p); angle <= 360; angle += p)
    if (fabs (angle - reference[1]) < best)
      {
        best = fabs (angle - reference[1]);
        closest[1] = angle;
      }
}

static const UsSimulator kinds = {
  .id = "kinds", .parameters = kind_parameters, .n_parameters = 2, .run = no_run,
  .random_equivalent = any_turn, .closest_equivalent = closest_turn, .symmetry = "squares 90°, ellipses 180°",
};

/* --- helpers --------------------------------------------------------------- */

static double *
draws (const UsSimulator *simulator,
       guint64            first)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  double *v = g_new (double, N * simulator->n_parameters);

  for (gsize i = 0; i < N; i++)
    {
      UsRng rng;

      us_rng_init (&rng, 1, US_RNG_TEST, first + i);
      g_assert_true (us_prior_sample (prior, &rng, v + i * simulator->n_parameters));
    }
  return v;
}

static UsDisentanglement *
measure (const UsSimulator *simulator,
         const double      *v,
         const double      *z,
         const char        *what)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  UsDisentanglement *self = us_disentanglement_new (prior, N, v, z);

  g_test_message ("%-9s %-16s accuracy %7.4f (chance %7.4f)  information %6.4f  disentanglement %6.4f of %6.4f  "
                  "MIG %6.4f (chance %6.4f, truth %6.4f)", simulator->id, what, self->mean_accuracy,
                  self->mean_accuracy_chance, self->mean_information, self->disentanglement,
                  self->disentanglement_truth, self->mig, self->mig_chance, self->mig_truth);
  return self;
}

static double
clamped_normal (UsRng  *rng,
                double  at,
                double  sd)
{
  double value = at + sd * us_rng_normal (rng);

  return CLAMP (value, -1.0, 1.0);
}

/* --- without symmetry ------------------------------------------------------ */

static void
test_perfect (void)
{
  g_autofree double *v = draws (&plain, 0);
  g_autoptr(UsDisentanglement) d = measure (&plain, v, v, "perfect");

  g_assert_cmpfloat (d->mean_accuracy, ==, 1);
  g_assert_cmpfloat (d->mean_information, >, 0.99999);
  g_assert_cmpfloat (d->disentanglement, >, 0.995);
  g_assert_cmpfloat (d->disentanglement, ==, d->disentanglement_truth);
  /* wrong rows of the same spread: twice the variance */
  g_assert_cmpfloat_with_epsilon (d->mean_accuracy_chance, -1, 0.05);
  g_assert_cmpfloat (d->mig, ==, d->mig_truth);
  g_assert_cmpfloat (d->mig_chance, <, 0.005);
  for (gsize p = 0; p < 4; p++)
    {
      g_assert_cmpfloat (d->rmse[p], ==, 0);
      g_assert_cmpfloat_with_epsilon (d->slope[p], 1, 1e-12);
      g_assert_true (isnan (d->right[p]));
    }
}

/* Names mixed up: everything told, each by one latent, and not one of them right. */
static void
test_permuted (void)
{
  g_autofree double *v = draws (&plain, 0);
  g_autofree double *z = g_new (double, N * 4);
  g_autoptr(UsDisentanglement) d = NULL;

  for (gsize i = 0; i < N; i++)
    for (gsize p = 0; p < 4; p++)
      z[4 * i + p] = (p % 2 == 0 ? 1 : -1) * v[4 * i + (p + 1) % 4];
  d = measure (&plain, v, z, "permuted");
  g_assert_cmpfloat (d->mean_accuracy, <, -0.9);
  g_assert_cmpfloat (d->mean_information, >, 0.99999);
  g_assert_cmpfloat (d->disentanglement, >, 0.995);
}

/* Pairs of parameters turned by 45°: invertible, and each latent tells of two. */
static void
test_rotated (void)
{
  g_autofree double *v = draws (&plain, 0);
  g_autofree double *z = g_new (double, N * 4);
  g_autoptr(UsDisentanglement) d = NULL;

  for (gsize i = 0; i < N; i++)
    for (gsize p = 0; p < 4; p += 2)
      {
        z[4 * i + p] = (v[4 * i + p] + v[4 * i + p + 1]) / 2;
        z[4 * i + p + 1] = (v[4 * i + p] - v[4 * i + p + 1]) / 2;
      }
  d = measure (&plain, v, z, "rotated");
  g_assert_cmpfloat (d->mean_accuracy, <, 0.5);
  g_assert_cmpfloat (d->mean_information, >, 0.99999);
  g_assert_cmpfloat (d->disentanglement, <, 0.05);
  g_assert_cmpfloat (d->disentanglement_truth, >, 0.995);
}

/* A bent scale is told and apart, and not accurate. */
static void
test_bent (void)
{
  g_autofree double *v = draws (&plain, 0);
  g_autofree double *z = g_new (double, N * 4);
  g_autoptr(UsDisentanglement) d = NULL;

  for (gsize i = 0; i < 4 * N; i++)
    z[i] = (v[i] + 1) * (v[i] + 1) / 2 - 1;
  d = measure (&plain, v, z, "bent");
  g_assert_cmpfloat (d->mean_accuracy, <, 0.7);
  g_assert_cmpfloat (d->mean_information, >, 0.95);
  g_assert_cmpfloat (d->disentanglement, >, 0.99);
}

/* Noise costs accuracy and information as it should, and no disentanglement, while MIG mixes them up.
 * R² = 1 - s²/(1/3), no clamping at s ≤ 0.1 to speak of. */
static void
test_noisy (void)
{
  g_autofree double *v = draws (&plain, 0);
  g_autofree double *z = g_new (double, N * 4);
  double last_mig = 1;

  for (double s = 0.025; s < 0.15; s *= 2)
    {
      g_autoptr(UsDisentanglement) d = NULL;
      g_autofree char *what = g_strdup_printf ("noise %.3f", s);
      UsRng rng;

      us_rng_init (&rng, 2, US_RNG_TEST, 0);
      for (gsize i = 0; i < 4 * N; i++)
        z[i] = clamped_normal (&rng, v[i], s);
      d = measure (&plain, v, z, what);
      g_assert_cmpfloat_with_epsilon (d->mean_accuracy, 1 - 3 * s * s, 0.01);
      g_assert_cmpfloat_with_epsilon (d->mean_information, 1 - 3 * s * s, 0.02);
      g_assert_cmpfloat (d->disentanglement, >, 0.99);
      g_assert_cmpfloat_with_epsilon (d->rmse[0], s, 0.1 * s);
      g_assert_cmpfloat_with_epsilon (d->rmse_share[0], d->rmse[0] / 2, 1e-12);
      /* median of |N(0, s)| */
      g_assert_cmpfloat_with_epsilon (d->median_error[0], 0.6745 * s, 0.1 * s);
      g_assert_cmpfloat (d->mig, <, last_mig - 0.05);
      last_mig = d->mig;
    }
}

/* One number for all: nothing is told, and there is nothing to be told apart.  One collapsed latent of four: a quarter less. */
static void
test_collapsed (void)
{
  g_autofree double *v = draws (&plain, 0);
  g_autofree double *z = g_new0 (double, N * 4);
  g_autoptr(UsDisentanglement) all = measure (&plain, v, z, "collapsed");
  g_autoptr(UsDisentanglement) one = NULL;

  g_assert_cmpfloat_with_epsilon (all->mean_accuracy, 0, 1e-3);
  g_assert_cmpfloat_with_epsilon (all->mean_information, 0, 1e-3);
  g_assert_true (isnan (all->disentanglement));
  g_assert_cmpfloat (all->mig, ==, 0);

  for (gsize i = 0; i < N; i++)
    memcpy (z + 4 * i, v + 4 * i, 3 * sizeof (double));
  one = measure (&plain, v, z, "one collapsed");
  g_assert_cmpfloat_with_epsilon (one->mean_accuracy, 0.75, 1e-3);
  g_assert_cmpfloat_with_epsilon (one->mean_information, 0.75, 5e-3);
  g_assert_cmpfloat (one->disentanglement, >, 0.99);
}

/* Answers to other questions. */
static void
test_random (void)
{
  g_autofree double *v = draws (&plain, 0);
  g_autofree double *z = draws (&plain, 1000000);
  g_autoptr(UsDisentanglement) d = measure (&plain, v, z, "random");

  g_assert_cmpfloat_with_epsilon (d->mean_accuracy, -1, 0.05);
  g_assert_cmpfloat_with_epsilon (d->mean_accuracy, d->mean_accuracy_chance, 0.05);
  g_assert_cmpfloat_with_epsilon (d->mean_information, 0, 0.005);
  g_assert_true (isnan (d->disentanglement));
}

/* --- with symmetry ---------------------------------------------------------- */

/* Whatever member is answered is right, though the plain R² calls half of them wrong. */
static void
test_member (void)
{
  g_autofree double *v = draws (&unordered, 0);
  g_autofree double *z = g_new (double, N * 3);
  g_autofree double *sorted = g_new (double, N * 3);
  g_autoptr(UsPrior) prior = us_prior_new_default (&unordered);
  g_autoptr(UsDisentanglement) d = NULL, s = NULL;
  double plain_error = 0;
  gsize swapped = 0;

  us_symmetry_draw (prior, 1, 0, N, v, z);
  for (gsize i = 0; i < N; i++)
    {
      plain_error += (z[3 * i] - v[3 * i]) * (z[3 * i] - v[3 * i]) / N;
      swapped += z[3 * i] != v[3 * i];
      sorted[3 * i] = MIN (v[3 * i], v[3 * i + 1]);
      sorted[3 * i + 1] = MAX (v[3 * i], v[3 * i + 1]);
      sorted[3 * i + 2] = v[3 * i + 2];
    }
  g_assert_cmpfloat_with_epsilon ((double) swapped / N, 0.5, 0.02);
  g_assert_cmpfloat_with_epsilon (1 - 3 * plain_error, 0, 0.05);

  d = measure (&unordered, v, z, "any member");
  g_assert_cmpmem (d->closest, 3 * N * sizeof (double), z, 3 * N * sizeof (double));
  g_assert_cmpfloat (d->mean_accuracy, ==, 1);
  g_assert_cmpfloat (d->mean_information, >, 0.99999);
  g_assert_cmpfloat (d->disentanglement, >, 0.99);

  /* the lesser first: right too; least and greatest depend on each other, in the truth as in the answer */
  s = measure (&unordered, v, sorted, "sorted");
  g_assert_cmpfloat (s->mean_accuracy, ==, 1);
  g_assert_cmpfloat (s->disentanglement, <, 0.95);
  g_assert_cmpfloat (s->disentanglement, ==, s->disentanglement_truth);
}

/* The average of the class: no member, and the plain R² prefers it to every right answer. */
static void
test_average (void)
{
  g_autofree double *v = draws (&unordered, 0);
  g_autofree double *z = g_new (double, N * 3);
  g_autoptr(UsDisentanglement) d = NULL;
  double plain_error = 0;

  for (gsize i = 0; i < N; i++)
    {
      z[3 * i] = z[3 * i + 1] = (v[3 * i] + v[3 * i + 1]) / 2;
      z[3 * i + 2] = v[3 * i + 2];
      plain_error += (z[3 * i] - v[3 * i]) * (z[3 * i] - v[3 * i]) / N;
    }
  g_assert_cmpfloat_with_epsilon (1 - 3 * plain_error, 0.5, 0.02);

  /* error E (a - b)² / 4 = 1/6 over the variance 2/9 of the least (or greatest) of two on -1 .. 1; standard
   * errors 1.2 % and 1.4 % of 0.75 */
  d = measure (&unordered, v, z, "average");
  g_assert_cmpfloat_with_epsilon (d->accuracy[0], 0.25, 0.04);
  g_assert_cmpfloat_with_epsilon (d->accuracy[1], 0.25, 0.04);
  g_assert_cmpfloat (d->accuracy[2], ==, 1);
  /* each of the two tells what the other tells */
  g_assert_cmpfloat (d->separation[0], ==, d->separation[3]);
  g_assert_cmpfloat (d->disentanglement, <, 0.9);
}

/* Alignment flatters answers to other questions; against chance it does not. */
static void
test_flattery (void)
{
  g_autofree double *v = draws (&unordered, 0);
  g_autofree double *z = draws (&unordered, 1000000);
  g_autoptr(UsDisentanglement) d = measure (&unordered, v, z, "random");
  double error = 0, variance = 0;

  for (gsize i = 0; i < N; i++)
    {
      double e = z[3 * i] - d->closest[3 * i];

      error += e * e / N;
      variance += d->closest[3 * i] * d->closest[3 * i] / N;
    }
  /* E |z - v*|² = 2/3 - E |a - b| E |a' - b'| / 2 = 2/3 - 2/9, over the variance 1/3 of v*: -1/3, not -1;
   * and a slope, where there is nothing to see */
  g_assert_cmpfloat_with_epsilon (1 - error / variance, -1.0 / 3, 0.03);
  g_assert_cmpfloat (d->slope[0], >, 0.3);
  g_assert_cmpfloat (d->aligned_information[0], >, 0.05);

  g_assert_cmpfloat_with_epsilon (d->accuracy[0], 1 - (2.0 / 3 - 2.0 / 9) / (2.0 / 9), 0.1);
  g_assert_cmpfloat_with_epsilon (d->accuracy[0], d->accuracy_chance[0], 0.05);
  g_assert_cmpfloat_with_epsilon (d->mean_information, 0, 0.02);
  g_assert_true (isnan (d->disentanglement));
}

/* Noise on a right answer: what is lost is what the noise is, modulo symmetry as without it. */
static void
test_noisy_member (void)
{
  g_autofree double *v = draws (&unordered, 0);
  g_autofree double *z = g_new (double, N * 3);
  g_autoptr(UsPrior) prior = us_prior_new_default (&unordered);
  g_autoptr(UsDisentanglement) d = NULL;
  UsRng rng;

  us_symmetry_draw (prior, 1, 0, N, v, z);
  us_rng_init (&rng, 2, US_RNG_TEST, 0);
  for (gsize i = 0; i < 3 * N; i++)
    z[i] = clamped_normal (&rng, z[i], 0.05);
  d = measure (&unordered, v, z, "noisy member");
  g_assert_cmpfloat_with_epsilon (d->accuracy[0], 1 - 0.0025 / (2.0 / 9), 0.003);
  g_assert_cmpfloat_with_epsilon (d->accuracy[2], 1 - 0.0025 * 3, 0.002);
  g_assert_cmpfloat (d->disentanglement, >, 0.98);
}

/* The variance of the classes in closed form: least and greatest of two on -1 .. 1 have mean ∓ 1/3, variance
 * 2/9 (standard error 1.2 %). */
static void
test_spread (void)
{
  g_autofree double *v = draws (&unordered, 0);
  g_autofree double *k = draws (&kinds, 0);
  g_autoptr(UsPrior) prior = us_prior_new_default (&unordered);
  g_autoptr(UsPrior) prior_kinds = us_prior_new_default (&kinds);
  double centre[3], spread[3];

  us_symmetry_spread (prior, N, v, centre, spread);
  g_assert_cmpfloat_with_epsilon (fabs (centre[0]), 1.0 / 3, 0.02);
  g_assert_cmpfloat_with_epsilon (centre[0] + centre[1], 0, 0.02);
  g_assert_cmpfloat_with_epsilon (spread[0], 2.0 / 9, 0.008);
  g_assert_cmpfloat_with_epsilon (spread[1], 2.0 / 9, 0.008);
  g_assert_cmpfloat_with_epsilon (spread[2], 1.0 / 3, 0.01);

  /* a third each of 90°, 180° and 360° wide, latents of 180° */
  us_symmetry_spread (prior_kinds, N, k, centre, spread);
  g_assert_cmpfloat_with_epsilon (spread[1], (0.25 + 1 + 4) / 3 / 12, 0.005);
}

/* --- discrete --------------------------------------------------------------- */

static void
test_kinds (void)
{
  g_autofree double *v = draws (&kinds, 0);
  g_autofree double *z = g_new (double, N * 2);
  g_autoptr(UsPrior) prior = us_prior_new_default (&kinds);
  g_autoptr(UsDisentanglement) right = NULL, wrong = NULL, one = NULL;
  UsRng rng;

  us_symmetry_draw (prior, 1, 0, N, v, z);
  right = measure (&kinds, v, z, "any turn");
  g_assert_true (right->discrete[0]);
  g_assert_false (right->discrete[1]);
  g_assert_cmpfloat (right->right[0], ==, 1);
  g_assert_cmpfloat_with_epsilon (right->right_chance[0], 1.0 / 3, 0.02);
  g_assert_cmpfloat (right->mean_accuracy, >, 1 - 1e-12);
  g_assert_true (isnan (right->rmse[0]));
  g_assert_true (isnan (right->information[0]));
  g_assert_cmpfloat (right->information[1], >, 0.99);
  g_assert_cmpfloat (right->disentanglement, >, 0.98);

  /* every fifth kind replaced by any: 1 - 1/5 · 2/3 are right; over the best constant answer, 4/5 */
  us_rng_init (&rng, 2, US_RNG_TEST, 0);
  for (gsize i = 0; i < N; i++)
    if (us_rng_below (&rng, 5) == 0)
      z[2 * i] = us_rng_below (&rng, 3);
  wrong = measure (&kinds, v, z, "some kinds wrong");
  g_assert_cmpfloat_with_epsilon (wrong->right[0], 1 - 2.0 / 15, 0.01);
  g_assert_cmpfloat_with_epsilon (wrong->accuracy[0], 0.8, 0.02);
  g_assert_cmpfloat (wrong->accuracy[1], >, 1 - 1e-12);

  /* always the same */
  for (gsize i = 0; i < N; i++)
    z[2 * i] = 1;
  one = measure (&kinds, v, z, "one kind");
  g_assert_cmpfloat_with_epsilon (one->right[0], 1.0 / 3, 0.02);
  g_assert_cmpfloat (one->accuracy[0], <=, 0);
  g_assert_cmpfloat (one->accuracy[0], >, -0.03);
}

/* --- the simulators that state a symmetry ------------------------------------- */

/* Any member of the class is as good as V itself; another row's is not. */
static void
test_simulator (gconstpointer data)
{
  const UsSimulator *simulator = data;
  const gsize n = 2000, p_count = simulator->n_parameters;
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  g_autofree double *v = draws (simulator, 0);
  g_autofree double *z = g_new (double, n * p_count);
  g_autoptr(UsDisentanglement) d = NULL, wrong = NULL;

  us_symmetry_draw (prior, 1, 0, n, v, z);
  d = us_disentanglement_new (prior, n, v, z);
  wrong = us_disentanglement_new (prior, n, v, v + n * p_count);
  g_test_message ("%s: a member: accuracy %.6f, information %.4f, disentanglement %.4f of %.4f; another row: %.3f, "
                  "%.4f, %.4f", simulator->id, d->mean_accuracy, d->mean_information, d->disentanglement,
                  d->disentanglement_truth, wrong->mean_accuracy, wrong->mean_information, wrong->disentanglement);
  for (gsize p = 0; p < p_count; p++)
    g_assert_cmpfloat (d->accuracy[p], >, 1 - 1e-6);
  g_assert_cmpfloat (d->mean_information, >, 0.999);
  g_assert_cmpfloat_with_epsilon (d->disentanglement, d->disentanglement_truth, 1e-3);
  g_assert_cmpfloat (wrong->mean_accuracy, <, 0.1);
  g_assert_cmpfloat_with_epsilon (wrong->mean_accuracy, wrong->mean_accuracy_chance, 0.15);
  g_assert_cmpfloat (wrong->mean_information, <, 0.05);
}

/* --- the read-out ------------------------------------------------------------ */

static void
test_read_out (void)
{
  const gsize n = 400;
  g_autofree double *x = g_new (double, n * 3);
  g_autofree double *y = g_new (double, n * 3);
  double r2[3];
  UsRng rng;

  us_rng_init (&rng, 3, US_RNG_TEST, 0);
  for (gsize i = 0; i < n; i++)
    {
      for (gsize j = 0; j < 3; j++)
        x[3 * i + j] = us_rng_range (&rng, -1, 1);
      x[3 * i + 2] = 0.25;               /* never varies */
      y[3 * i] = 2 + x[3 * i] * x[3 * i + 1] - 3 * x[3 * i + 1];
      y[3 * i + 1] = x[3 * i] + us_rng_normal (&rng) / sqrt (3.0);      /* half signal, half noise */
      y[3 * i + 2] = us_rng_normal (&rng);
    }
  g_assert_true (us_polynomial_r2 (n, 3, x, 3, y, r2));
  g_assert_cmpfloat (r2[0], >, 1 - 1e-9);
  g_assert_cmpfloat_with_epsilon (r2[1], 0.5, 0.1);
  g_assert_cmpfloat (r2[2], >=, 0);
  g_assert_cmpfloat (r2[2], <, 0.02);
  /* too few rows for products, then for anything */
  g_assert_true (us_polynomial_r2 (60, 3, x, 3, y, r2));
  g_assert_cmpfloat (r2[0], <, 1 - 1e-3);
  g_assert_false (us_polynomial_r2 (30, 3, x, 3, y, r2));
}

/* An angle is as good just below a whole turn as just above 0: an error of 0.05 rad either way, brought back
 * into the bounds, costs what 0.05 rad costs; an answer that knows nothing gains nothing by standing at an end. */
static void
test_circular (void)
{
  enum { SHAPE, SCALE, ORIENTATION };
  const UsSimulator *dsprites = us_registry_find ("dsprites", NULL);
  gsize p_count = dsprites->n_parameters;
  g_autofree double *v = draws (dsprites, 0);
  g_autofree double *z = g_memdup2 (v, N * p_count * sizeof *v);
  g_autofree double *end = g_memdup2 (v, N * p_count * sizeof *v);
  g_autoptr(UsDisentanglement) close = NULL;
  g_autoptr(UsDisentanglement) ignorant = NULL;

  for (gsize i = 0; i < N; i++)
    {
      double *angle = z + i * p_count + ORIENTATION;

      *angle += i % 2 == 0 ? 0.05 : -0.05;
      *angle -= 2 * G_PI * floor (*angle / (2 * G_PI));
      end[i * p_count + ORIENTATION] = 2 * G_PI;
    }
  close = measure (dsprites, v, z, "turned");
  g_assert_cmpfloat_with_epsilon (close->rmse[ORIENTATION], 0.05, 1e-9);
  g_assert_cmpfloat (close->accuracy[ORIENTATION], >, 0.995);
  ignorant = measure (dsprites, v, end, "at an end");
  g_assert_cmpfloat (ignorant->accuracy[ORIENTATION], <, 0.05);
}

int
main (int   argc,
      char *argv[])
{
  gsize n;
  const UsSimulator *const *list = us_registry_list (&n);

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/disentanglement/perfect", test_perfect);
  g_test_add_func ("/disentanglement/permuted", test_permuted);
  g_test_add_func ("/disentanglement/rotated", test_rotated);
  g_test_add_func ("/disentanglement/bent", test_bent);
  g_test_add_func ("/disentanglement/noisy", test_noisy);
  g_test_add_func ("/disentanglement/collapsed", test_collapsed);
  g_test_add_func ("/disentanglement/random", test_random);
  g_test_add_func ("/disentanglement/member", test_member);
  g_test_add_func ("/disentanglement/average", test_average);
  g_test_add_func ("/disentanglement/flattery", test_flattery);
  g_test_add_func ("/disentanglement/noisy-member", test_noisy_member);
  g_test_add_func ("/disentanglement/spread", test_spread);
  g_test_add_func ("/disentanglement/kinds", test_kinds);
  g_test_add_func ("/disentanglement/circular", test_circular);
  g_test_add_func ("/disentanglement/read-out", test_read_out);
  for (gsize i = 0; i < n; i++)
    if (list[i]->closest_equivalent != NULL)
      {
        g_autofree char *path = g_strdup_printf ("/disentanglement/simulator/%s", list[i]->id);

        g_test_add_data_func (path, list[i], test_simulator);
      }
  return g_test_run ();
}
