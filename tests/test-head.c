/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-head.h"
#include "us-rng.h"

#include <math.h>
#include <string.h>

/* Heads: losses against their definitions, gradients against differences. */

static const UsHead heads[] = {
  { US_HEAD_MEAN, 3, 0, { 0 } },
  { US_HEAD_QUANTILES, 2, 5, { 0.05, 0.2, 0.5, 0.7, 0.9 } },
  { US_HEAD_QUANTILES, 3, 1, { 0.8 } },
  { US_HEAD_QUANTILES, 1, 4, { 0.1, 0.3, 0.6, 0.9 } },
  { US_HEAD_CLASSES, 4, 0, { 0 } },
};

#define ROWS 70

typedef struct
{
  float   out[ROWS * 16], targets[ROWS * 4];
  guint32 classes[ROWS];
} Rows;

static Rows *
make_rows (guint64 seed)
{
  Rows *rows = g_new (Rows, 1);
  UsRng rng;

  us_rng_init (&rng, seed, US_RNG_TEST, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (rows->out); i++)
    rows->out[i] = (float) us_rng_normal (&rng);
  for (gsize i = 0; i < G_N_ELEMENTS (rows->targets); i++)
    rows->targets[i] = (float) us_rng_normal (&rng);
  for (gsize i = 0; i < ROWS; i++)
    rows->classes[i] = (guint32) us_rng_below (&rng, 4);
  return rows;
}

/* Each loss from the answers that the head gives, by its definition. */
static void
test_definition (void)
{
  g_autofree Rows *rows = make_rows (1);

  for (gsize h = 0; h < G_N_ELEMENTS (heads); h++)
    {
      const UsHead *head = &heads[h];
      gsize O = us_head_n_outputs (head), D = head->n_targets, L = head->n_levels;
      g_autofree double *answer = g_new (double, ROWS * O);
      double per_row[ROWS], wanted = 0, got;

      us_head_answer (head, ROWS, rows->out, 1, answer);
      for (gsize r = 0; r < ROWS; r++)
        for (gsize d = 0; d < D; d++)
          if (head->kind == US_HEAD_MEAN)
            wanted += pow (answer[r * D + d] - (double) rows->targets[r * D + d], 2) / (double) (ROWS * D);
          else if (head->kind == US_HEAD_CLASSES)
            wanted -= d == rows->classes[r] ? log (answer[r * D + d]) / ROWS : 0;
          else
            for (gsize i = 0; i < L; i++)
              {
                double e = (double) rows->targets[r * D + d] - answer[(r * D + d) * L + i];

                wanted += MAX (head->levels[i] * e, (head->levels[i] - 1) * e) / (double) (ROWS * D * L);
                /* they cannot cross */
                g_assert_true (i == 0 || answer[(r * D + d) * L + i] > answer[(r * D + d) * L + i - 1]);
              }
      got = us_head_loss (head, ROWS, rows->out, rows->targets, rows->classes, NULL, per_row, NULL);
      g_assert_cmpfloat_with_epsilon (got, wanted, 1e-12);
    }
}

static void
test_gradient (void)
{
  g_autofree Rows *rows = make_rows (2);

  for (gsize h = 0; h < G_N_ELEMENTS (heads); h++)
    {
      const UsHead *head = &heads[h];
      gsize O = us_head_n_outputs (head);
      g_autofree float *gradient = g_new (float, ROWS * O);
      double per_row[ROWS];
      gsize bad = 0;

      us_head_loss (head, ROWS, rows->out, rows->targets, rows->classes, gradient, per_row, NULL);
      for (gsize i = 0; i < 20 * O; i++)
        {
          float keep = rows->out[i], up, down;
          double slope;

          up = rows->out[i] = keep + 1e-3f;
          slope = us_head_loss (head, ROWS, rows->out, rows->targets, rows->classes, NULL, per_row, NULL);
          down = rows->out[i] = keep - 1e-3f;
          slope -= us_head_loss (head, ROWS, rows->out, rows->targets, rows->classes, NULL, per_row, NULL);
          rows->out[i] = keep;
          slope /= (double) up - (double) down;
          /* the pinball loss has corners: a step may cross one */
          bad += fabs (slope - (double) gradient[i]) > 1e-6 + 2e-3 * fabs (slope);
        }
      g_assert_cmpuint (bad, <=, head->kind == US_HEAD_QUANTILES ? O : 0);
    }
}

static void
test_same_bits (void)
{
  g_autofree Rows *rows = make_rows (3);

  for (gsize h = 0; h < G_N_ELEMENTS (heads); h++)
    {
      gsize O = us_head_n_outputs (&heads[h]);
      g_autofree float *one = g_new (float, ROWS * O), *many = g_new (float, ROWS * O);
      double per_row[ROWS];
      g_autoptr(UsPool) pool = us_pool_new (3, 0);
      double a = us_head_loss (&heads[h], ROWS, rows->out, rows->targets, rows->classes, one, per_row, NULL);
      double b = us_head_loss (&heads[h], ROWS, rows->out, rows->targets, rows->classes, many, per_row, pool);

      g_assert_cmpmem (&a, sizeof a, &b, sizeof b);
      g_assert_cmpmem (one, ROWS * O * sizeof *one, many, ROWS * O * sizeof *many);
    }
}

/* Classes drawn from softmax (z), told z three times too large, or too small: the temperature says so. */
static void
test_temperature (void)
{
  const UsHead head = { US_HEAD_CLASSES, 3, 0, { 0 } };
  const gsize n = 20000;
  g_autofree float *out = g_new (float, n * 3);
  g_autofree guint32 *classes = g_new (guint32, n);
  UsRng rng;

  for (double scale = 1.0 / 3; scale < 4; scale *= 3)
    {
      us_rng_init (&rng, 4, US_RNG_TEST, 0);
      for (gsize r = 0; r < n; r++)
        {
          float z[3];
          double p[3], u = us_rng_uniform (&rng);

          for (gsize k = 0; k < 3; k++)
            z[k] = (float) (1.5 * us_rng_normal (&rng));
          us_head_answer (&head, 1, z, 1, p);
          classes[r] = u < p[0] ? 0 : u < p[0] + p[1] ? 1 : 2;
          for (gsize k = 0; k < 3; k++)
            out[r * 3 + k] = (float) scale * z[k];
        }
      g_assert_cmpfloat_with_epsilon (us_head_temperature (&head, n, out, classes) / scale, 1, 0.05);
    }
}

/* What is not a number is not hidden; what is huge is not infinite. */
static void
test_special (void)
{
  float huge[4] = { 3e38f, -3e38f, 0, 1 }, gradient[12], targets[4] = { 0 };
  guint32 class = 0;
  double per_row[1];

  g_assert_cmpfloat (us_head_loss (&heads[4], 1, huge, NULL, &class, gradient, per_row, NULL), ==, 0);
  class = 1;
  g_assert_true (isfinite (us_head_loss (&heads[4], 1, huge, NULL, &class, gradient, per_row, NULL)));
  huge[2] = NAN;
  g_assert_true (isnan (us_head_loss (&heads[4], 1, huge, NULL, &class, gradient, per_row, NULL)));
  g_assert_true (isnan (us_head_loss (&heads[0], 1, huge, targets, NULL, gradient, per_row, NULL)));
  g_assert_true (isnan (us_head_loss (&heads[3], 1, huge, targets, NULL, gradient, per_row, NULL)));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/head/definition", test_definition);
  g_test_add_func ("/head/gradient", test_gradient);
  g_test_add_func ("/head/same-bits", test_same_bits);
  g_test_add_func ("/head/temperature", test_temperature);
  g_test_add_func ("/head/special", test_special);
  return g_test_run ();
}
