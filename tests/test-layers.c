/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-network.h"
#include "us-rng.h"
#include "vec/us-vec.h"

#include <math.h>
#include <string.h>

/* The elementwise functions, for each instruction set that this processor has,
 * against libm in double; and layers with known answers. */

static UsIsa
last_isa (void)
{
  return us_isa_detect ();
}

/* --- accuracy ---------------------------------------------------------- */

typedef double (*Exact) (double x);

static double
exact_sigmoid (double x)
{
  return 1 / (1 + exp (-x));
}

static double
exact_softplus (double x)
{
  return x > 0 ? x + log1p (exp (-x)) : log1p (exp (x));
}

static double
exact_gelu (double x)
{
  return 0.5 * x * erfc (-x / G_SQRT2);
}

static double
slope_tanh (double x)
{
  return 1 / (cosh (x) * cosh (x));
}

static double
slope_sigmoid (double x)
{
  return exact_sigmoid (x) * exact_sigmoid (-x);
}

static double
slope_gelu (double x)
{
  return 0.5 * erfc (-x / G_SQRT2) + x * exp (-0.5 * x * x) / sqrt (2 * G_PI);
}

static const struct
{
  UsActivation kind;
  const char  *name;
  Exact        value, slope;
  double       relative, absolute;      /* of the value: |error| <= relative |exact| + absolute */
  double       slope_absolute;
} functions[] = {
  { US_ACTIVATION_TANH, "tanh", tanh, slope_tanh, 3e-7, 0, 4e-7 },
  { US_ACTIVATION_SIGMOID, "sigmoid", exact_sigmoid, slope_sigmoid, 3e-7, 1e-37, 2e-7 },
  { US_ACTIVATION_SOFTPLUS, "softplus", exact_softplus, exact_sigmoid, 3e-7, 1e-37, 3e-7 },
  { US_ACTIVATION_GELU, "gelu", exact_gelu, slope_gelu, 5e-6, 1e-35, 4e-7 },
};

#define N_POINTS 40001

static void
check_gelu_keep_slope (const UsVec *vec,
                       const float *x,
                       const float *y,
                       const float *slope)
{
  g_autofree float *both = g_memdup2 (x, N_POINTS * sizeof (float)), *value = g_new (float, N_POINTS);

  vec->gelu_keep_slope (value, both, N_POINTS);
  for (gsize i = 0; i < N_POINTS; i++)
    {
      g_assert_cmpfloat_with_epsilon (value[i], y[i], 1e-6f * fabsf (y[i]) + 1e-37f);
      g_assert_cmpfloat_with_epsilon (both[i], slope[i], 3e-7f);
    }
}

static void
test_accuracy (void)
{
  g_autofree float *x = g_new (float, N_POINTS), *y = g_new (float, N_POINTS), *dx = g_new (float, N_POINTS);
  g_autofree float *ones = g_new (float, N_POINTS);

  /* Evenly from -100 to 100, and each magnitude down to 1e-10 as often. */
  for (gsize i = 0; i < N_POINTS; i++)
    {
      double u = (double) i / (N_POINTS - 1) * 2 - 1;

      x[i] = i % 2 == 0 ? (float) (100 * u) : (float) copysign (pow (10, 12 * fabs (u) - 10), u);
      ones[i] = 1;
    }
  for (UsIsa isa = US_ISA_PLAIN; isa <= last_isa (); isa++)
    for (gsize f = 0; f < G_N_ELEMENTS (functions); f++)
      {
        const UsVec *vec = us_vec_get (isa);
        double worst = 0, worst_slope = 0;

        vec->activate[functions[f].kind] (y, x, N_POINTS, 0);
        vec->activate_backward[functions[f].kind] (dx, ones, functions[f].kind == US_ACTIVATION_GELU ? x : y, N_POINTS, 0);
        if (functions[f].kind == US_ACTIVATION_GELU)
          check_gelu_keep_slope (vec, x, y, dx);
        for (gsize i = 0; i < N_POINTS; i++)
          {
            double exact = functions[f].value ((double) x[i]), slope = functions[f].slope ((double) x[i]);
            double error = fabs ((double) y[i] - exact);

            worst = MAX (worst, error / (fabs (exact) + 1e-30));
            worst_slope = MAX (worst_slope, fabs ((double) dx[i] - slope));
            if (!(error <= functions[f].relative * fabs (exact) + functions[f].absolute)
                || !(fabs ((double) dx[i] - slope) <= functions[f].slope_absolute))
              g_error ("%s %s (%.9g): %.9g for %.9g, slope %.9g for %.9g", us_isa_name (isa), functions[f].name,
                       (double) x[i], (double) y[i], exact, (double) dx[i], slope);
          }
        g_test_message ("%s %s: relative %.2g, slope %.2g", us_isa_name (isa), functions[f].name, worst, worst_slope);
      }
}

/* What is not a number stays so; the infinite goes where it belongs. */
static void
test_special (void)
{
  for (UsIsa isa = US_ISA_PLAIN; isa <= last_isa (); isa++)
    for (guint f = 0; f < US_N_ACTIVATIONS; f++)
      {
        const UsVec *vec = us_vec_get (isa);
        float x[17] = { NAN, INFINITY, -INFINITY, 0 }, y[17], dy[17], dx[17];

        for (gsize i = 4; i < 17; i++)
          x[i] = NAN;
        for (gsize i = 0; i < 17; i++)
          dy[i] = NAN;
        vec->activate[f] (y, x, 17, 0.5f);
        g_assert_true (isnan (y[0]) && isnan (y[16]));
        vec->activate_backward[f] (dx, dy, x, 17, 0.5f);
        for (gsize i = 0; i < 17; i++)
          g_assert_true (isnan (dx[i]));
        if (f == US_ACTIVATION_TANH)
          g_assert_true (y[1] == 1.0f && y[2] == -1.0f && y[3] == 0.0f);
        if (f == US_ACTIVATION_SIGMOID)
          g_assert_true (y[1] == 1.0f && y[2] >= 0.0f && y[2] < 1e-37f && y[3] == 0.5f);
        if (f == US_ACTIVATION_LEAKY_RELU)
          g_assert_true (isinf (y[1]) && isinf (y[2]) && y[2] < 0 && y[3] == 0.0f);
      }
}

/* --- sums -------------------------------------------------------------- */

/* Every length and period, against plain double sums; bytes after the end untouched. */
static void
test_norm_sums (void)
{
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  for (UsIsa isa = US_ISA_PLAIN; isa <= last_isa (); isa++)
    for (gsize trial = 0; trial < 300; trial++)
      {
        gsize period = 1 + us_rng_below (&rng, 90), n = 1 + us_rng_below (&rng, 5000);
        g_autofree float *x = g_new (float, n), *dy = g_new (float, n), *dx = g_new (float, n + 1);
        g_autofree float *a = g_new (float, period), *b = g_new (float, period), *mean = g_new (float, period);
        g_autofree double *s = g_new0 (double, 4 * period), *exact = g_new0 (double, 4 * period);
        float slope = trial % 3 == 0 ? 1.0f : 0.2f;
        const UsVec *vec = us_vec_get (isa);

        for (gsize j = 0; j < period; j++)
          {
            a[j] = (float) us_rng_normal (&rng);
            b[j] = (float) us_rng_normal (&rng);
            mean[j] = (float) us_rng_normal (&rng);
          }
        for (gsize i = 0; i < n; i++)
          {
            x[i] = (float) us_rng_normal (&rng);
            dy[i] = (float) us_rng_normal (&rng);
          }
        for (gsize i = 0; i < n; i++)
          {
            gsize j = i % period;
            double d = (double) x[i] - (double) mean[j];
            double g = (double) a[j] * (double) x[i] + (double) b[j] > 0 ? (double) dy[i] : (double) slope * (double) dy[i];

            exact[j] += d;
            exact[period + j] += d * d;
            exact[2 * period + j] += g;
            exact[3 * period + j] += g * d;
          }
        vec->norm_sums (s, s + period, x, mean, n, period);
        vec->norm_gradient_sums (s + 2 * period, s + 3 * period, dy, x, a, b, mean, n, period, slope);
        for (gsize j = 0; j < 4 * period; j++)
          g_assert_cmpfloat_with_epsilon (s[j], exact[j], 1e-4 * (1 + sqrt ((double) n / (double) period)));

        dx[n] = 5;
        vec->norm_backward (dx, dy, x, a, b, mean, a, n, period, slope);
        for (gsize i = 0; i < n; i++)
          {
            gsize j = i % period;
            double g = (double) a[j] * (double) x[i] + (double) b[j] > 0 ? (double) dy[i] : (double) slope * (double) dy[i];

            g_assert_cmpfloat_with_epsilon ((double) dx[i], (double) a[j] * g + (double) mean[j] * (double) x[i] + (double) a[j], 1e-5);
          }
        g_assert_cmpfloat (dx[n], ==, 5);
      }
}

static void
test_column_sums (void)
{
  float x[130 * 40];
  double sums[37], exact[37];
  UsRng rng;

  us_rng_init (&rng, 2, US_RNG_TEST, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (x); i++)
    x[i] = (float) us_rng_normal (&rng);
  for (UsIsa isa = US_ISA_PLAIN; isa <= last_isa (); isa++)
    {
      for (gsize j = 0; j < 37; j++)
        {
          sums[j] = exact[j] = (double) j;
          for (gsize r = 0; r < 130; r++)
            exact[j] += (double) x[r * 40 + j];
        }
      us_vec_get (isa)->column_sums (sums, x, 130, 40, 37);
      for (gsize j = 0; j < 37; j++)
        g_assert_cmpfloat_with_epsilon (sums[j], exact[j], 1e-4);
    }
}

/* --- layers with known answers ----------------------------------------- */

static const float *
forward (UsRun          *run,
         UsWeights      *weights,
         const float    *x)
{
  us_run_load (run, weights);
  return us_run_forward (run, x);
}

static void
test_moves (void)
{
  const UsLayer coords = { .kind = US_LAYER_COORDS };
  const UsLayer deep = { .kind = US_LAYER_DEPTH_TO_SPACE, .factor = 2 };
  const UsLayer pool = { .kind = US_LAYER_AVERAGE_POOL, .factor = 2 };
  const UsLayer up = { .kind = US_LAYER_UPSAMPLE, .factor = 2 };
  const struct
  {
    UsLayer layer;
    gsize   h, w, c, n_out;
    float   y[12];
  } cases[] = {
    { coords, 2, 2, 1, 12, { 1, -0.5f, -0.5f, 2, 0.5f, -0.5f, 3, -0.5f, 0.5f, 4, 0.5f, 0.5f } },
    { deep, 1, 1, 4, 4, { 1, 2, 3, 4 } },
    { deep, 1, 2, 4, 8, { 1, 2, 5, 6, 3, 4, 7, 8 } },
    { pool, 2, 2, 1, 1, { 2.5f } },
    { pool, 2, 2, 2, 2, { 4, 5 } },
    { up, 1, 2, 1, 8, { 1, 1, 2, 2, 1, 1, 2, 2 } },
  };
  const float x[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(UsNetwork) network = us_network_new (cases[i].h, cases[i].w, cases[i].c, &cases[i].layer, 1, NULL);
      g_autoptr(UsWeights) weights = us_weights_new (network, 1);
      g_autoptr(UsRun) run = us_run_new (network, 1, US_RUN_INFERENCE, FALSE, NULL);
      const float *y = forward (run, weights, x);

      for (gsize k = 0; k < cases[i].n_out; k++)
        g_assert_cmpfloat (y[k], ==, cases[i].y[k]);
    }
}

/* A mean a thousand times the spread: the variance must not cancel away. */
static void
test_norm_far_mean (void)
{
  const UsLayer layer = { .kind = US_LAYER_BATCH_NORM };
  g_autoptr(UsNetwork) network = us_network_new (8, 8, 3, &layer, 1, NULL);
  g_autoptr(UsWeights) weights = us_weights_new (network, 1);
  g_autoptr(UsRun) run = us_run_new (network, 16, US_RUN_TRAINING, FALSE, NULL);
  g_autofree float *x = g_new (float, 16 * 64 * 3);
  const float *y;
  UsRng rng;

  us_rng_init (&rng, 3, US_RNG_TEST, 0);
  for (gsize i = 0; i < 16 * 64 * 3; i++)
    x[i] = (float) (1000 + us_rng_normal (&rng));
  y = forward (run, weights, x);
  for (gsize c = 0; c < 3; c++)
    {
      double mean = 0, square = 0;

      for (gsize i = 0; i < 16 * 64; i++)
        {
          mean += (double) y[i * 3 + c] / (16 * 64);
          square += (double) y[i * 3 + c] * (double) y[i * 3 + c] / (16 * 64);
        }
      g_assert_cmpfloat_with_epsilon (mean, 0, 2e-3);
      g_assert_cmpfloat_with_epsilon (square, 1, 2e-3);
    }
  /* a tenth of the way from 0 and 1 */
  g_assert_cmpfloat_with_epsilon ((double) weights->state[0], 100, 0.1);
  g_assert_cmpfloat_with_epsilon ((double) weights->state[3], 1, 0.02);
}

/* Sums of a batch norm at work: Σ dx = 0 and Σ x dx = 0 in each channel
 * (shifting or scaling the input changes nothing). */
static void
test_norm_invariants (void)
{
  const UsLayer layer = { .kind = US_LAYER_BATCH_NORM };
  g_autoptr(UsNetwork) network = us_network_new (5, 7, 22, &layer, 1, NULL);
  g_autoptr(UsWeights) weights = us_weights_new (network, 1);
  g_autoptr(UsRun) run = us_run_new (network, 6, US_RUN_TRAINING, TRUE, NULL);
  const gsize n = 6 * 35 * 22;
  g_autofree float *x = g_new (float, n), *dy = g_new (float, n);
  float gradient[44];
  const float *dx;
  UsRng rng;

  us_rng_init (&rng, 4, US_RNG_TEST, 0);
  for (gsize i = 0; i < n; i++)
    {
      x[i] = (float) us_rng_normal (&rng);
      dy[i] = (float) us_rng_normal (&rng);
    }
  forward (run, weights, x);
  dx = us_run_backward (run, dy, gradient);
  for (gsize c = 0; c < 22; c++)
    {
      double sum = 0, product = 0;

      for (gsize i = c; i < n; i += 22)
        {
          sum += (double) dx[i];
          product += (double) dx[i] * (double) x[i];
        }
      g_assert_cmpfloat_with_epsilon (sum, 0, 1e-4);
      g_assert_cmpfloat_with_epsilon (product, 0, 1e-2);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/layers/accuracy", test_accuracy);
  g_test_add_func ("/layers/special", test_special);
  g_test_add_func ("/layers/norm-sums", test_norm_sums);
  g_test_add_func ("/layers/column-sums", test_column_sums);
  g_test_add_func ("/layers/moves", test_moves);
  g_test_add_func ("/layers/norm-far-mean", test_norm_far_mean);
  g_test_add_func ("/layers/norm-invariants", test_norm_invariants);
  return g_test_run ();
}
