/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-loss.h"
#include "us-rng.h"

#include <math.h>
#include <string.h>

/* Each loss on each pyramid against a slow twin in double, and its gradient
 * against central differences of the twin. */

typedef struct
{
  UsLossKind kind;
  gsize      batch, h, w, c, n_levels;
} Case;

static double
term (UsLossKind kind,
      double     p,
      double     log_variance,
      double     t)
{
  switch (kind)
    {
    case US_LOSS_MSE:
      return (p - t) * (p - t);
    case US_LOSS_L1:
      return fabs (p - t);
    case US_LOSS_BCE:
      return (p > 0 ? p + log1p (exp (-p)) : log1p (exp (p))) - t * p;
    default:
      return 0.5 * (log (exp (log_variance) + 1e-6) + (t - p) * (t - p) / (exp (log_variance) + 1e-6));
    }
}

/* The loss of one sample. */
static double
twin (const Case   *k,
      const double *weights,
      const double *p,
      const double *t)
{
  gsize h = k->h, w = k->w, c = k->c, n = h * w * c;
  g_autofree double *a = g_new (double, n), *b = g_new (double, n);
  double loss = 0;

  for (gsize i = 0; i < n; i++)
    {
      gsize at = k->kind == US_LOSS_GAUSSIAN_NLL ? i / c * 2 * c + i % c : i;

      loss += weights[0] * term (k->kind, p[at], k->kind == US_LOSS_GAUSSIAN_NLL ? p[at + c] : 0, t[i]) / (double) n;
      a[i] = k->kind == US_LOSS_BCE ? 1 / (1 + exp (-p[at])) : p[at];
      b[i] = t[i];
    }
  for (gsize l = 1; l < k->n_levels; l++)
    {
      gsize down = h > 1 ? 2 : 1, across = w > 1 ? 2 : 1, h2 = h / down, w2 = w / across;
      double sum = 0;

      /* in place is safe: what is written was read before */
      for (gsize i = 0; i < h2; i++)
        for (gsize j = 0; j < w2; j++)
          for (gsize m = 0; m < c; m++)
            {
              double pa = 0, pb = 0;

              for (gsize y = 0; y < down; y++)
                for (gsize x = 0; x < across; x++)
                  {
                    gsize from = ((i * down + y) * w + j * across + x) * c + m;

                    pa += a[from] / (double) (down * across);
                    pb += b[from] / (double) (down * across);
                  }
              a[(i * w2 + j) * c + m] = pa;
              b[(i * w2 + j) * c + m] = pb;
            }
      h = h2;
      w = w2;
      for (gsize i = 0; i < h * w * c; i++)
        sum += term (k->kind == US_LOSS_L1 ? US_LOSS_L1 : US_LOSS_MSE, a[i], 0, b[i]);
      loss += weights[l] * sum / (double) (h * w * c);
    }
  return loss;
}

static void
check (const Case   *k,
       const double *weights,
       UsPool       *pool,
       guint64       seed)
{
  gsize n = k->h * k->w * k->c, n_p = k->kind == US_LOSS_GAUSSIAN_NLL ? 2 * n : n;
  g_autoptr(UsLoss) loss = us_loss_new (k->kind, k->batch, k->h, k->w, k->c, k->n_levels, weights);
  g_autofree float *p = g_new (float, k->batch * n_p), *t = g_new (float, k->batch * n);
  g_autofree float *gradient = g_new (float, k->batch * n_p + 1);
  g_autofree double *per_sample = g_new (double, k->batch), *wide_p = g_new (double, n_p), *wide_t = g_new (double, n);
  double value, mean = 0, largest = 0;
  UsRng rng;

  us_rng_init (&rng, seed, US_RNG_TEST, 0);
  for (gsize i = 0; i < k->batch * n_p; i++)
    p[i] = (float) us_rng_normal (&rng);
  for (gsize i = 0; i < k->batch * n; i++)
    t[i] = (float) us_rng_uniform (&rng);
  gradient[k->batch * n_p] = 7;
  value = us_loss_evaluate (loss, p, t, gradient, per_sample, pool);
  g_assert_cmpfloat (gradient[k->batch * n_p], ==, 7);
  g_assert_cmpfloat (value, ==, us_loss_evaluate (loss, p, t, NULL, NULL, NULL));
  for (gsize i = 0; i < k->batch * n_p; i++)
    largest = MAX (largest, fabs ((double) gradient[i]));

  for (gsize b = 0; b < k->batch; b++)
    {
      double exact;

      for (gsize i = 0; i < n_p; i++)
        wide_p[i] = (double) p[b * n_p + i];
      for (gsize i = 0; i < n; i++)
        wide_t[i] = (double) t[b * n + i];
      exact = twin (k, weights, wide_p, wide_t);
      g_assert_cmpfloat_with_epsilon (per_sample[b], exact, 2e-6 * (1 + fabs (exact)));
      mean += exact / (double) k->batch;
      for (gsize trial = 0; trial < 12; trial++)
        {
          gsize i = us_rng_below (&rng, n_p);
          double middle = wide_p[i], up, down, slope;

          wide_p[i] = middle + 1e-6;
          up = twin (k, weights, wide_p, wide_t);
          wide_p[i] = middle - 1e-6;
          down = twin (k, weights, wide_p, wide_t);
          wide_p[i] = middle;
          slope = (up - down) / 2e-6 / (double) k->batch;
          if (!(fabs (slope - (double) gradient[b * n_p + i]) <= 1e-5 * largest + 1e-8))
            g_error ("kind %d, %" G_GSIZE_FORMAT "×%" G_GSIZE_FORMAT "×%" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT
                     " levels: gradient[%" G_GSIZE_FORMAT "] %.9g for %.9g",
                     k->kind, k->h, k->w, k->c, k->n_levels, i, (double) gradient[b * n_p + i], slope);
        }
    }
  g_assert_cmpfloat_with_epsilon (value, mean, 2e-6 * (1 + fabs (mean)));
}

static void
test_kind (gconstpointer data)
{
  const gsize shapes[][4] = {
    /* h, w, c, levels */
    { 1, 1, 1, 1 }, { 1, 1, 22, 1 }, { 8, 8, 1, 1 }, { 64, 64, 1, 5 }, { 64, 64, 3, 2 }, { 16, 16, 1, 5 },
    { 7, 9, 2, 3 }, { 5, 5, 1, 3 }, { 1, 37, 1, 4 }, { 37, 1, 2, 6 }, { 4, 4, 5, 8 }, { 33, 20, 17, 4 },
  };
  const double weights[US_LOSS_MAX_LEVELS] = { 1, 2, 0.5, 8, 3, 1, 0, 1.5 };
  g_autoptr(UsPool) pool = us_pool_new (3, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      Case k = { (UsLossKind) GPOINTER_TO_INT (data), 3, shapes[i][0], shapes[i][1], shapes[i][2], shapes[i][3] };

      check (&k, weights, pool, i);
    }
}

/* Chosen by hand: one pixel on, one expected elsewhere; at the level where both
 * fall into one pixel nothing is left. */
static void
test_by_hand (void)
{
  const double weights[] = { 1, 1, 1 };
  g_autoptr(UsLoss) loss = us_loss_new (US_LOSS_MSE, 1, 4, 4, 1, 3, weights);
  float p[16] = { [0] = 1 }, t[16] = { [15] = 1 }, gradient[16];
  double value = us_loss_evaluate (loss, p, t, gradient, NULL, NULL);

  /* 2/16 + 2 (1/4)²/4 + 0 */
  g_assert_cmpfloat_with_epsilon (value, 0.125 + 0.03125, 1e-7);
  /* 2/16 + 2 · 1/4 · 1/4 · 1/4 */
  g_assert_cmpfloat_with_epsilon ((double) gradient[0], 0.125 + 0.03125, 1e-7);
  g_assert_cmpfloat_with_epsilon ((double) gradient[1], 0.03125, 1e-7);
  g_assert_cmpfloat_with_epsilon ((double) gradient[2], 0.0, 1e-9);
  g_assert_cmpfloat_with_epsilon ((double) gradient[15], -0.15625, 1e-7);

  us_loss_set_weights (loss, (const double[]) { 0, 0, 1 });
  g_assert_cmpfloat (us_loss_evaluate (loss, p, t, gradient, NULL, NULL), ==, 0.0);
}

static void
test_extremes (void)
{
  g_autoptr(UsLoss) bce = us_loss_new (US_LOSS_BCE, 1, 1, 1, 2, 1, NULL);
  g_autoptr(UsLoss) mse = us_loss_new (US_LOSS_MSE, 1, 1, 1, 2, 1, NULL);
  float gradient[2];

  /* far logits neither overflow nor lose the linear part */
  g_assert_cmpfloat_with_epsilon (us_loss_evaluate (bce, (float[]) { 1000, -1000 }, (float[]) { 0, 0 }, gradient, NULL, NULL),
                                  500, 1e-3);
  g_assert_cmpfloat_with_epsilon ((double) gradient[0], 0.5, 1e-6);
  g_assert_cmpfloat_with_epsilon ((double) gradient[1], 0, 1e-6);
  g_assert_true (isnan (us_loss_evaluate (mse, (float[]) { NAN, 1 }, (float[]) { 0, 0 }, gradient, NULL, NULL)));
  g_assert_true (isnan (gradient[0]));
  g_assert_true (isnan (us_loss_evaluate (bce, (float[]) { NAN, 1 }, (float[]) { 0, 0 }, NULL, NULL, NULL)));
}

/* However certain or uncertain a spread says it is: finite, never below the least, and it can come back. */
static void
test_spread (void)
{
  const float far[] = { -1000, -50, -13.8f, 0, 20, 60 };
  g_autoptr(UsLoss) loss = us_loss_new (US_LOSS_GAUSSIAN_NLL, 1, 1, 1, 1, 1, NULL);
  float gradient[2];

  for (gsize i = 0; i < G_N_ELEMENTS (far); i++)
    {
      double sigma = us_loss_spread ((double) far[i]);
      double value = us_loss_evaluate (loss, (float[]) { 0.5f, far[i] }, (float[]) { 0 }, gradient, NULL, NULL);

      g_assert_cmpfloat (sigma, >=, US_LOSS_LEAST_SPREAD);
      g_assert_cmpfloat_with_epsilon (value, 0.5 * (2 * log (sigma) + 0.25 / (sigma * sigma)),
                                      2e-5 * (1 + fabs (value)));
      g_assert_true (isfinite (gradient[0]) && isfinite (gradient[1]));
    }
  /* at the least spread, an error half as large as the scale calls for a wider one */
  us_loss_evaluate (loss, (float[]) { 0.5f, (float) US_LOSS_LEAST_LOG_VARIANCE }, (float[]) { 0 }, gradient, NULL, NULL);
  g_assert_cmpfloat ((double) gradient[1], <, -1e4);
  g_assert_true (isnan (us_loss_evaluate (loss, (float[]) { NAN, 0 }, (float[]) { 0 }, gradient, NULL, NULL)));
  g_assert_true (isnan (us_loss_evaluate (loss, (float[]) { 0, NAN }, (float[]) { 0 }, gradient, NULL, NULL)));
}

static void
test_same_bits (void)
{
  const Case k = { US_LOSS_BCE, 37, 32, 32, 3, 4 };
  const gsize n = 37 * 32 * 32 * 3;
  g_autofree float *p = g_new (float, n), *t = g_new (float, n), *one = g_new (float, n), *many = g_new (float, n);
  g_autoptr(UsLoss) loss = us_loss_new (k.kind, k.batch, k.h, k.w, k.c, k.n_levels, NULL);
  double value;
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  for (gsize i = 0; i < n; i++)
    {
      p[i] = (float) us_rng_normal (&rng);
      t[i] = (float) us_rng_uniform (&rng);
    }
  value = us_loss_evaluate (loss, p, t, one, NULL, NULL);
  for (guint n_workers = 1; n_workers < 5; n_workers++)
    {
      g_autoptr(UsPool) pool = us_pool_new (n_workers, 0);

      g_assert_cmpfloat (us_loss_evaluate (loss, p, t, many, NULL, pool), ==, value);
      g_assert_cmpmem (one, n * sizeof (float), many, n * sizeof (float));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/loss/mse", GINT_TO_POINTER (US_LOSS_MSE), test_kind);
  g_test_add_data_func ("/loss/l1", GINT_TO_POINTER (US_LOSS_L1), test_kind);
  g_test_add_data_func ("/loss/bce", GINT_TO_POINTER (US_LOSS_BCE), test_kind);
  g_test_add_data_func ("/loss/gaussian-nll", GINT_TO_POINTER (US_LOSS_GAUSSIAN_NLL), test_kind);
  g_test_add_func ("/loss/by-hand", test_by_hand);
  g_test_add_func ("/loss/extremes", test_extremes);
  g_test_add_func ("/loss/spread", test_spread);
  g_test_add_func ("/loss/same-bits", test_same_bits);
  return g_test_run ();
}
