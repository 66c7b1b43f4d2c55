/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conditional spline flow, its splines and its masked networks. */
#include "config.h"

#include "us-flow.h"
#include "us-memory.h"
#include "us-rng.h"
#include "us-spline.h"

#include <math.h>
#include <string.h>

/* R rows, P numbers, X context, K bins. */

#define MAX_ROWS 64

static float *
normals (gsize   n,
         double  sd,
         guint64 row)
{
  float *x = us_floats_new (n);
  UsRng rng;

  us_rng_init (&rng, 11, US_RNG_TEST, row);
  for (gsize i = 0; i < n; i++)
    x[i] = (float) (sd * us_rng_normal (&rng));
  return x;
}

/* --- splines ----------------------------------------------------------------- */

static void
test_spline_identity (void)
{
  float p[3 * 8 - 1] = { 0 };
  double log_slope;

  for (double x = -5.0; x <= 5.0; x += 0.37)
    {
      g_assert_cmpfloat_with_epsilon (us_spline_forward (p, 8, 4.0, x, &log_slope), x, 1e-6);
      g_assert_cmpfloat_with_epsilon (log_slope, 0.0, 1e-6);
    }
}

/* Monotone, onto, its inverse undoes it, and the slope is that of finite differences. */
static void
test_spline_shape (void)
{
  for (guint trial = 0; trial < 20; trial++)
    {
      guint K = 2 + trial;
      float *p = normals (us_spline_n_parameters (K), 2.0, trial);
      double before = -4.0, log_slope, unused, inverse_slope;

      for (guint i = 1; i < 400; i++)
        {
          double x = -4.0 + 8.0 * i / 400.0, e = 1e-6;
          double y = us_spline_forward (p, K, 4.0, x, &log_slope);
          double difference = (us_spline_forward (p, K, 4.0, x + e, &unused)
                               - us_spline_forward (p, K, 4.0, x - e, &unused)) / (2.0 * e);

          g_assert_cmpfloat (y, >, before);
          g_assert_cmpfloat (fabs (log (difference) - log_slope), <, 0.02);
          g_assert_cmpfloat_with_epsilon (us_spline_inverse (p, K, 4.0, y, &inverse_slope), x, 1e-7);
          g_assert_cmpfloat (fabs (inverse_slope - log_slope), <, 1e-4);
          before = y;
        }
      g_assert_cmpfloat (before, <, 4.0);
      g_assert_cmpfloat (us_spline_forward (p, K, 4.0, 4.5, &log_slope), ==, 4.5);
      g_assert_cmpfloat (us_spline_inverse (p, K, 4.0, -7.0, NULL), ==, -7.0);
      us_floats_free (p);
    }
}

/* Derivatives of 0.7 y - 1.3 log f' by finite differences; softmax runs in float, hence the step. */
static void
test_spline_backward (void)
{
  for (guint trial = 0; trial < 12; trial++)
    {
      guint K = 3 + trial;
      gsize n = us_spline_n_parameters (K);
      float *p = normals (n, 1.0, 100 + trial), *dp = us_floats_new (n);
      double x = -3.7 + 0.66 * trial, log_slope, y, dx, e = 1e-5, high, low;

      dx = us_spline_backward (p, K, 4.0, x, 0.7, -1.3, dp);
      y = us_spline_forward (p, K, 4.0, x + e, &log_slope);
      high = 0.7 * y - 1.3 * log_slope;
      y = us_spline_forward (p, K, 4.0, x - e, &log_slope);
      low = 0.7 * y - 1.3 * log_slope;
      g_assert_cmpfloat (fabs ((high - low) / (2.0 * e) - dx), <, 1e-4 * (1.0 + fabs (dx)));
      for (gsize i = 0; i < n; i++)
        {
          float kept = p[i], h = 4e-3f;

          p[i] = kept + h;
          y = us_spline_forward (p, K, 4.0, x, &log_slope);
          high = 0.7 * y - 1.3 * log_slope;
          p[i] = kept - h;
          y = us_spline_forward (p, K, 4.0, x, &log_slope);
          low = 0.7 * y - 1.3 * log_slope;
          p[i] = kept;
          g_assert_cmpfloat (fabs ((high - low) / (2.0 * (double) h) - (double) dp[i]), <,
                             3e-3 * (1.0 + fabs ((double) dp[i])));
        }
      us_floats_free (p);
      us_floats_free (dp);
    }
}

/* --- flows ------------------------------------------------------------------------ */

static const UsFlowShape shapes[] = {
  { 1, 3, 1, 12, 1, 5, 4.0, 1 },
  { 2, 3, 2, 16, 1, 6, 4.0, 2 },
  { 3, 2, 1, 10, 2, 8, 3.0, 3 },
  { 7, 4, 3, 24, 2, 4, 4.0, 4 },
};

/* Weights that are far from the identity. */
static float *
weights_for (const UsFlowShape *shape)
{
  gsize n = us_flow_n_parameters (shape);
  float *w = us_floats_new (n), *noise = normals (n, 0.08, shape->order_seed);

  us_flow_init (shape, w, 5, 0);
  for (gsize i = 0; i < n; i++)
    w[i] += w[i] != 0.0f ? noise[i] : 0.0f;
  us_floats_free (noise);
  return w;
}

static void
test_flow_inverse (void)
{
  for (gsize k = 0; k < G_N_ELEMENTS (shapes); k++)
    {
      const UsFlowShape *s = &shapes[k];
      g_autoptr(UsFlowRun) run = us_flow_run_new (s, MAX_ROWS);
      float *w = weights_for (s), *z = normals (MAX_ROWS * s->n_theta, 1.0, 7);
      float *context = normals (MAX_ROWS * s->n_context, 1.0, 8), *u = us_floats_new (MAX_ROWS * s->n_theta);
      double log_density[MAX_ROWS], one[MAX_ROWS];

      us_flow_run_sample (run, w, MAX_ROWS, z, context, FALSE, u);
      us_flow_run_log_density (run, w, MAX_ROWS, u, context, FALSE, 0.0, 0, 0, log_density);
      for (gsize i = 0; i < MAX_ROWS * s->n_theta; i++)
        g_assert_cmpfloat (fabsf (us_flow_run_z (run)[i] - z[i]), <, 1e-2f);

      /* one context for all rows is that context in each row */
      for (gsize r = 1; r < MAX_ROWS; r++)
        memcpy (context + r * s->n_context, context, s->n_context * sizeof (float));
      us_flow_run_log_density (run, w, MAX_ROWS, u, context, FALSE, 0.0, 0, 0, log_density);
      us_flow_run_log_density (run, w, MAX_ROWS, u, context, TRUE, 0.0, 0, 0, one);
      for (gsize r = 0; r < MAX_ROWS; r++)
        g_assert_cmpfloat (fabs (one[r] - log_density[r]), <, 2e-3);
      us_floats_free (w);
      us_floats_free (z);
      us_floats_free (context);
      us_floats_free (u);
    }
}

static double
loss_at (UsFlowRun   *run,
         const float *w,
         const float *u,
         const float *context,
         double       dropout)
{
  double log_density[MAX_ROWS], loss = 0.0;

  us_flow_run_log_density (run, w, MAX_ROWS, u, context, FALSE, dropout, 3, 17, log_density);
  for (gsize r = 0; r < MAX_ROWS; r++)
    loss -= log_density[r] / MAX_ROWS;
  return loss;
}

/* Along random directions of weights and of context: the sum over many weights rises above rounding in float. */
static void
test_flow_backward (void)
{
  for (gsize k = 0; k < 2 * G_N_ELEMENTS (shapes); k++)
    {
      const UsFlowShape *s = &shapes[k / 2];
      double dropout = k % 2 == 0 ? 0.0 : 0.25;
      g_autoptr(UsFlowRun) run = us_flow_run_new (s, MAX_ROWS);
      gsize n = us_flow_n_parameters (s), n_context = MAX_ROWS * s->n_context;
      float *w = weights_for (s), *u = normals (MAX_ROWS * s->n_theta, 1.0, 7), *context = normals (n_context, 1.0, 8);
      float *gradient = us_floats_new (n), *dcontext = us_floats_new (n_context);

      loss_at (run, w, u, context, dropout);
      us_flow_run_backward (run, w, 1.0 / MAX_ROWS, gradient, dcontext);
      for (guint trial = 0; trial < 6; trial++)
        {
          gboolean of_context = trial >= 4;
          gsize length = of_context ? n_context : n;
          float *direction = normals (length, 1.0, 50 + trial), *at = of_context ? context : w;
          const float *slope = of_context ? dcontext : gradient;
          double expected = 0.0, norm = 0.0, e, difference = 0.0;
          float *there = us_floats_new (length);

          /* towards the gradient too, so that the derivative is not small by chance */
          for (gsize i = 0; i < length; i++)
            norm += (double) slope[i] * (double) slope[i];
          for (gsize i = 0; i < length; i++)
            {
              if (at[i] == 0.0f && slope[i] == 0.0f)
                direction[i] = 0.0f;         /* masked, or a bias that nothing depends on */
              direction[i] = 0.3f * direction[i] + slope[i] * (float) (sqrt ((double) length / norm));
              expected += (double) direction[i] * (double) slope[i];
            }
          e = 6e-5 / sqrt ((double) length);
          /* fourth order */
          for (int side = -2; side <= 2; side++)
            {
              static const double weights[] = { 1.0 / 12, -8.0 / 12, 0, 8.0 / 12, -1.0 / 12 };

              if (side == 0)
                continue;
              for (gsize i = 0; i < length; i++)
                there[i] = at[i] + (float) (side * e * 10) * direction[i];
              difference += weights[side + 2] * loss_at (run, of_context ? w : there, u, of_context ? there : context, dropout);
            }
          difference /= e * 10;
          g_assert_cmpfloat (fabs (difference - expected), <, 5e-3 * (fabs (expected) + 0.02));
          us_floats_free (direction);
          us_floats_free (there);
        }
      us_floats_free (w);
      us_floats_free (u);
      us_floats_free (context);
      us_floats_free (gradient);
      us_floats_free (dcontext);
    }
}

/* The density integrates to one: trapezoids over a line, over a square. */
static void
test_flow_integral (void)
{
  enum { N = 1200, M = 300 };

  for (gsize k = 0; k < 2; k++)
    {
      const UsFlowShape *s = &shapes[k];
      gsize per_side = k == 0 ? N : M, total = k == 0 ? N : M * M;
      double reach = 12.0, step = 2.0 * reach / (double) per_side, sum = 0.0;
      g_autoptr(UsFlowRun) run = us_flow_run_new (s, per_side);
      float *w = weights_for (s), *context = normals (s->n_context, 1.0, 8), *u = us_floats_new (per_side * s->n_theta);
      g_autofree double *log_density = g_new (double, per_side);

      for (gsize first = 0; first < total; first += per_side)
        {
          for (gsize i = 0; i < per_side; i++)
            {
              u[i * s->n_theta] = (float) (-reach + ((double) i + 0.5) * step);
              if (s->n_theta == 2)
                u[i * 2 + 1] = (float) (-reach + ((double) (first / per_side) + 0.5) * step);
            }
          us_flow_run_log_density (run, w, per_side, u, context, TRUE, 0.0, 0, 0, log_density);
          for (gsize i = 0; i < per_side; i++)
            sum += exp (log_density[i]) * pow (step, (double) s->n_theta);
        }
      g_assert_cmpfloat (fabs (sum - 1.0), <, k == 0 ? 1e-3 : 2e-2);
      us_floats_free (w);
      us_floats_free (context);
      us_floats_free (u);
    }
}

/* Number i is not told of numbers after it: changing the last in the order changes its own factor alone. */
static void
test_flow_is_autoregressive (void)
{
  UsResidualShape shape = { .n_in = 5, .n_context = 2, .width = 23, .n_blocks = 2, .n_out = 15, .n_groups = 5 };
  g_autoptr(UsResidualRun) run = us_residual_run_new (&shape, 1);
  float *w = us_floats_new (us_residual_n_parameters (&shape)), *in = normals (5, 1.0, 1), *context = normals (2, 1.0, 2);
  float before[15], after[15];

  us_residual_init (&shape, w, 9, 0, 1.0);
  us_residual_run_forward (run, w, 1, in, context, FALSE, 0.0, 0, 0, before);
  for (gsize i = 0; i < 5; i++)
    {
      float kept = in[i];

      in[i] += 1.0f;
      us_residual_run_forward (run, w, 1, in, context, FALSE, 0.0, 0, 0, after);
      for (gsize o = 0; o < 15; o++)
        if (o / 3 <= i)
          g_assert_cmpfloat (after[o], ==, before[o]);
        else
          g_assert_cmpfloat (after[o], !=, before[o]);
      in[i] = kept;
    }
  us_floats_free (w);
  us_floats_free (in);
  us_floats_free (context);
}

/* An untrained flow is nearly the standard normal, whatever the context. */
static void
test_flow_start (void)
{
  const UsFlowShape s = { 3, 4, 2, 32, 2, 8, 4.0, 1 };
  g_autoptr(UsFlowRun) run = us_flow_run_new (&s, MAX_ROWS);
  float *w = us_floats_new (us_flow_n_parameters (&s)), *u = normals (MAX_ROWS * 3, 1.0, 1);
  float *context = normals (MAX_ROWS * 4, 1.0, 2);
  double log_density[MAX_ROWS], mean = 0.0;

  us_flow_init (&s, w, 1, 0);
  us_flow_run_log_density (run, w, MAX_ROWS, u, context, FALSE, 0.0, 0, 0, log_density);
  for (gsize r = 0; r < MAX_ROWS; r++)
    {
      double normal = -3.0 * 0.91893853320467274;

      for (gsize i = 0; i < 3; i++)
        normal -= 0.5 * (double) u[r * 3 + i] * (double) u[r * 3 + i];
      mean += fabs (log_density[r] - normal) / MAX_ROWS;
    }
  g_assert_cmpfloat (mean, <, 0.5);
  us_floats_free (w);
  us_floats_free (u);
  us_floats_free (context);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/spline/identity", test_spline_identity);
  g_test_add_func ("/spline/shape", test_spline_shape);
  g_test_add_func ("/spline/backward", test_spline_backward);
  g_test_add_func ("/flow/inverse", test_flow_inverse);
  g_test_add_func ("/flow/backward", test_flow_backward);
  g_test_add_func ("/flow/integral", test_flow_integral);
  g_test_add_func ("/flow/autoregressive", test_flow_is_autoregressive);
  g_test_add_func ("/flow/start", test_flow_start);
  return g_test_run ();
}
