/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-adam.h"
#include "us-rng.h"

#include <math.h>
#include <string.h>

#define N 100003

/* Algorithm 1 of Kingma and Ba with decoupled decay and clipping, in double. */
typedef struct
{
  double *p, *m, *v;
  gsize   t;
} Twin;

static void
twin_step (Twin               *twin,
           const UsAdamConfig *c,
           const float        *g,
           gsize               n,
           double              rate)
{
  double norm = 0, scale = 1;

  for (gsize i = 0; i < n; i++)
    norm += (double) g[i] * (double) g[i];
  norm = sqrt (norm);
  if (c->clip_norm > 0 && norm > c->clip_norm)
    scale = c->clip_norm / norm;
  twin->t++;
  for (gsize i = 0; i < n; i++)
    {
      double gradient = scale * (double) g[i], m, v;

      twin->m[i] = c->beta1 * twin->m[i] + (1 - c->beta1) * gradient;
      twin->v[i] = c->beta2 * twin->v[i] + (1 - c->beta2) * gradient * gradient;
      m = twin->m[i] / (1 - pow (c->beta1, (double) twin->t));
      v = twin->v[i] / (1 - pow (c->beta2, (double) twin->t));
      twin->p[i] -= rate * (m / (sqrt (v) + c->epsilon) + c->weight_decay * twin->p[i]);
    }
}

static double
rate_of (gsize step)
{
  /* warm-up over 4 to 0.01, cosine to a tenth of it at 20 */
  if (step < 4)
    return 0.01 * (double) (step + 1) / 4;
  return 0.01 * (0.1 + 0.9 * 0.5 * (1 + cos (G_PI * (double) (step - 4) / 16)));
}

static void
test_twin (void)
{
  UsAdamConfig config = US_ADAM_CONFIG_DEFAULT;
  g_autoptr(UsPool) pool = us_pool_new (2, 0);
  g_autoptr(UsAdam) adam = NULL;
  g_autofree float *p = g_new (float, N + 1), *g = g_new (float, N);
  g_autofree double *buffer = g_new0 (double, 3 * N);
  Twin twin = { buffer, buffer + N, buffer + 2 * N, 0 };
  UsRng rng;

  config.learning_rate = 0.01;
  config.weight_decay = 0.1;
  config.clip_norm = 250;
  config.warmup_steps = 4;
  config.total_steps = 20;
  config.final_fraction = 0.1;
  adam = us_adam_new (N, &config);
  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  for (gsize i = 0; i < N; i++)
    twin.p[i] = (double) (p[i] = (float) us_rng_normal (&rng));
  p[N] = 3;
  for (gsize step = 0; step < 20; step++)
    {
      double norm, exact = 0;

      /* clipped in every other step */
      for (gsize i = 0; i < N; i++)
        {
          g[i] = (float) (us_rng_normal (&rng) * (step % 2 == 0 ? 1.0 : 0.1));
          exact += (double) g[i] * (double) g[i];
        }
      g_assert_cmpfloat_with_epsilon (us_adam_learning_rate (&config, step), rate_of (step), 1e-15);
      norm = us_adam_step (adam, p, g, pool);
      g_assert_cmpfloat_with_epsilon (norm, sqrt (exact), 1e-9 * norm);
      g_assert_true ((norm > config.clip_norm) == (step % 2 == 0));
      twin_step (&twin, &config, g, N, rate_of (step));
    }
  g_assert_cmpuint (adam->step, ==, 20);
  for (gsize i = 0; i < N; i++)
    {
      g_assert_cmpfloat_with_epsilon ((double) p[i], twin.p[i], 3e-6);
      g_assert_cmpfloat_with_epsilon ((double) adam->m[i], twin.m[i], 1e-6);
      g_assert_cmpfloat_with_epsilon ((double) adam->v[i], twin.v[i], 1e-6);
    }
  g_assert_cmpfloat (p[N], ==, 3);
}

static void
test_schedule (void)
{
  UsAdamConfig config = US_ADAM_CONFIG_DEFAULT;

  g_assert_cmpfloat (us_adam_learning_rate (&config, 0), ==, 1e-3);
  g_assert_cmpfloat (us_adam_learning_rate (&config, 1000000), ==, 1e-3);
  config.total_steps = 100;
  config.final_fraction = 0.25;
  g_assert_cmpfloat (us_adam_learning_rate (&config, 0), ==, 1e-3);
  g_assert_cmpfloat_with_epsilon (us_adam_learning_rate (&config, 50), 0.625e-3, 1e-12);
  g_assert_cmpfloat (us_adam_learning_rate (&config, 100), ==, 0.25e-3);
  g_assert_cmpfloat (us_adam_learning_rate (&config, 5000), ==, 0.25e-3);
}

/* ½ Σ k (x - c)², stiffness over three decades */
static void
test_quadratic (void)
{
  UsAdamConfig config = US_ADAM_CONFIG_DEFAULT;
  g_autoptr(UsAdam) adam = NULL;
  float x[50] = { 0 }, g[50];

  config.learning_rate = 0.05;
  config.total_steps = 2000;
  adam = us_adam_new (50, &config);
  for (gsize step = 0; step < 2000; step++)
    {
      for (gsize i = 0; i < 50; i++)
        g[i] = (float) pow (10, (double) i * 3 / 49) * (x[i] - (float) i / 10);
      us_adam_step (adam, x, g, NULL);
    }
  for (gsize i = 0; i < 50; i++)
    g_assert_cmpfloat_with_epsilon ((double) x[i], (double) i / 10, 1e-3);
}

/* The first step has the size of the rate, whatever the gradient's. */
static void
test_first_step (void)
{
  UsAdamConfig config = US_ADAM_CONFIG_DEFAULT;
  g_autoptr(UsAdam) adam = us_adam_new (3, &config);
  float p[3] = { 1, 2, 3 };

  us_adam_step (adam, p, (float[]) { 100, -1e-3f, 0 }, NULL);
  g_assert_cmpfloat_with_epsilon ((double) p[0], 0.999, 1e-6);
  g_assert_cmpfloat_with_epsilon ((double) p[1], 2.001, 1e-6);
  g_assert_cmpfloat (p[2], ==, 3);
}

static void
test_nonfinite (void)
{
  UsAdamConfig config = US_ADAM_CONFIG_DEFAULT;
  g_autoptr(UsAdam) adam = us_adam_new (40, &config);
  float p[40], before[40], g[40];

  for (gsize i = 0; i < 40; i++)
    p[i] = g[i] = (float) i;
  us_adam_step (adam, p, g, NULL);
  memcpy (before, p, sizeof p);
  for (gsize bad = 0; bad < 40; bad++)
    for (gsize kind = 0; kind < 2; kind++)
      {
        g[bad] = kind == 0 ? NAN : INFINITY;
        g_assert_false (isfinite (us_adam_step (adam, p, g, NULL)));
        g_assert_cmpmem (p, sizeof p, before, sizeof before);
        g_assert_cmpuint (adam->step, ==, 1);
        g[bad] = 1;
      }
  /* the largest floats do not overflow the norm */
  g[0] = g[1] = 3e38f;
  g_assert_true (isfinite (us_adam_step (adam, p, g, NULL)));
}

static void
test_average (void)
{
  g_autoptr(UsPool) pool = us_pool_new (2, 0);
  g_autofree float *average = g_new0 (float, N), *p = g_new (float, N);

  for (gsize i = 0; i < N; i++)
    p[i] = (float) i / N;
  for (gsize step = 0; step < 3; step++)
    us_ema_update (average, p, N, 0.75, pool);
  for (gsize i = 0; i < N; i++)
    g_assert_cmpfloat_with_epsilon ((double) average[i], (1 - 0.75 * 0.75 * 0.75) * (double) p[i], 1e-6);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/adam/twin", test_twin);
  g_test_add_func ("/adam/schedule", test_schedule);
  g_test_add_func ("/adam/quadratic", test_quadratic);
  g_test_add_func ("/adam/first-step", test_first_step);
  g_test_add_func ("/adam/nonfinite", test_nonfinite);
  g_test_add_func ("/adam/average", test_average);
  return g_test_run ();
}
