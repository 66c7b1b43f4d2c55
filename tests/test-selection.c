/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-rng.h"
#include "us-selection.h"

#include <math.h>
#include <string.h>

/* What is said of a choice, of probabilities that are right and of such that are wrong in a known way. */

#define N 20000

static const char *const names[] = { "a", "b", "c" };

/* Right probabilities of three classes, sharpened to the power of `power`; the truth drawn from the right ones. */
static void
draw (double   power,
      double  *p,            /* (N, 3) */
      guint32 *truth)        /* (N) */
{
  for (gsize i = 0; i < N; i++, p += 3)
    {
      double sum = 0, u, total = 0;
      UsRng rng;

      us_rng_init (&rng, 1, US_RNG_TEST, i);
      for (gsize k = 0; k < 3; k++)
        sum += p[k] = exp (1.5 * us_rng_normal (&rng));
      u = us_rng_uniform (&rng) * sum;
      truth[i] = u < p[0] ? 0 : u < p[0] + p[1] ? 1 : 2;
      for (gsize k = 0; k < 3; k++)
        total += p[k] = pow (p[k] / sum, power);
      for (gsize k = 0; k < 3; k++)
        p[k] /= total;
    }
}

static void
test_known (void)
{
  const double p[] = { 0.7, 0.2, 0.1, 0.2, 0.5, 0.3, 0.4, 0.35, 0.25, NAN, 0.5, 0.5 };
  const guint32 truth[] = { 0, 2, 1, 0 };
  g_autoptr(UsSelection) self = us_selection_new (4, 3, names, p, truth);

  g_assert_cmpuint (us_selection_count (self, 0, 0), ==, 1);
  g_assert_cmpuint (us_selection_count (self, 2, 1), ==, 1);
  g_assert_cmpuint (us_selection_count (self, 1, 0), ==, 1);
  g_assert_true (self->n_wrong == 3 && self->n_undecided == 1);
  g_assert_cmpfloat (self->error_rate, ==, 0.75);
  g_assert_cmpfloat_with_epsilon (self->log_loss, -(log (0.7) + log (0.3) + log (0.35)) / 3, 1e-12);
  g_assert_cmpfloat_with_epsilon (self->brier, (0.09 + 0.04 + 0.01 + 0.04 + 0.25 + 0.49 + 0.16 + 0.4225 + 0.0625) / 3, 1e-12);
  g_assert_cmpuint (self->bins[2].count, ==, 3);
  g_assert_cmpfloat_with_epsilon (self->bins[2].stated, 0.65 / 3, 1e-12);
  g_assert_cmpfloat (self->bins[2].seen, ==, 0);
  g_assert_true (self->bins[9].count == 0 && isnan (self->bins[9].seen));
  /* Wilson, of 0 of 3 */
  g_assert_cmpfloat_with_epsilon (self->bins[2].seen_upper, 0.5615, 1e-4);
}

/* Right ones pass, over- and underconfident ones are told apart. */
static void
test_calibration (void)
{
  g_autofree double *p = g_new (double, N * 3);
  g_autofree guint32 *truth = g_new (guint32, N);
  double best = 0;

  for (double power = 0.5; power < 3; power *= 2)
    {
      g_autoptr(UsSelection) self = NULL;

      draw (power, p, truth);
      self = us_selection_new (N, 3, names, p, truth);
      g_test_message ("power %g: log loss %.4f, entropy %.4f, z %.1f, calibration error %.4f", power, self->log_loss,
                      self->entropy, self->calibration_z, self->calibration_error);
      /* sharpening changes no choice */
      g_assert_true (power == 0.5 || self->error_rate == best);
      best = self->error_rate;
      if (power == 1)
        {
          gsize outside = 0;

          g_assert_cmpfloat (fabs (self->calibration_z), <, 3.5);
          g_assert_cmpfloat (self->calibration_error, <, 0.01);
          for (gsize b = 0; b < US_SELECTION_BINS; b++)
            outside += self->bins[b].stated < self->bins[b].seen_lower || self->bins[b].stated > self->bins[b].seen_upper;
          g_assert_cmpuint (outside, <=, 2);
        }
      else
        {
          g_assert_cmpfloat (power > 1 ? self->calibration_z : -self->calibration_z, >, 10);
          g_assert_cmpfloat (self->calibration_error, >, 0.05);
        }
    }
}

/* McNemar: nine to one of ten is 22 / 1024; the same twice is 1. */
static void
test_compare (void)
{
  double a[22], b[22];
  guint32 truth[11] = { 0 };

  for (gsize i = 0; i < 11; i++)
    {
      gboolean a_right = i < 9 || i == 10, b_right = i >= 9;

      a[2 * i] = a_right ? 0.9 : 0.2;
      a[2 * i + 1] = 1 - a[2 * i];
      b[2 * i] = b_right ? 0.9 : 0.2;
      b[2 * i + 1] = 1 - b[2 * i];
    }
  g_assert_cmpfloat_with_epsilon (us_selection_compare (11, 2, a, b, truth), 22.0 / 1024, 1e-12);
  g_assert_cmpfloat (us_selection_compare (11, 2, a, a, truth), ==, 1);
}

static void
test_json (void)
{
  const double p[] = { 0.7, 0.2, 0.1, 0.2, 0.5, 0.3 };
  const guint32 truth[] = { 0, 2 };
  g_autoptr(UsSelection) self = us_selection_new (2, 3, names, p, truth);
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonNode) root = NULL;
  g_autofree char *text = NULL;

  us_selection_write (self, builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  g_assert_nonnull (strstr (text, "\"confusion\":[[1,0,0],[0,0,0],[0,1,0]]"));
  g_assert_nonnull (strstr (text, "\"error_rate\":0.5"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/selection/known", test_known);
  g_test_add_func ("/selection/calibration", test_calibration);
  g_test_add_func ("/selection/compare", test_compare);
  g_test_add_func ("/selection/json", test_json);
  return g_test_run ();
}
