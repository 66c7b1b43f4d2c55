/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matched rows are a posterior in the limit: the larger the bank and the smaller their share of it, the nearer they come
 * to the exact one; to that given the summary, where it is not sufficient. */
#include "config.h"

#include "us-consistency.h"

#include <math.h>

enum { SIZES = 3, OBSERVATIONS = 4 };

static const gsize sizes[SIZES] = { 1000, 10000, 100000 };

static void
measure (UsConsistencySummary summary,
         gsize              most_c2st,
         UsConsistency       *results)      /* (SIZES) */
{
  for (gsize i = 0; i < SIZES; i++)
    {
      const UsConsistency *r = &results[i];

      g_assert_true (us_consistency_measure (summary, sizes[i], OBSERVATIONS, most_c2st, 5, NULL, NULL, &results[i], NULL));
      g_test_message ("%zu rows, %.0f matched (%.4f): W %.3f, adjusted %.3f, chance %.3f, from p(θ|x) %.3f, C2ST %.3f, adjusted %.3f",
                      sizes[i], r->k, r->share, r->wasserstein, r->wasserstein_adjusted, r->wasserstein_chance,
                      r->wasserstein_full, r->c2st, r->c2st_adjusted);
    }
}

static void
test_sufficient (void)
{
  UsConsistency r[SIZES];

  measure (US_CONSISTENCY_SUFFICIENT, 1000, r);
  for (gsize i = 1; i < SIZES; i++)
    {
      g_assert_cmpfloat (r[i].k, >, r[i - 1].k);
      g_assert_cmpfloat (r[i].share, <, r[i - 1].share);
      g_assert_cmpfloat (r[i].wasserstein, <, 0.75 * r[i - 1].wasserstein);
      g_assert_cmpfloat (r[i].c2st, <, r[i - 1].c2st);
    }
  g_assert_cmpfloat (r[0].wasserstein, >, 1);
  g_assert_cmpfloat (r[SIZES - 1].wasserstein, <, 0.35);
  /* Linear and of one spread: adjustment takes away the bias of a small bank too. */
  g_assert_cmpfloat (r[0].wasserstein_adjusted, <, 0.2);
  g_assert_cmpfloat (r[SIZES - 1].wasserstein_adjusted, <, 1.2 * r[SIZES - 1].wasserstein_chance);
}

static void
test_not_sufficient (void)
{
  UsConsistency r[SIZES];

  measure (US_CONSISTENCY_MEAN, 0, r);
  for (gsize i = 1; i < SIZES; i++)
    g_assert_cmpfloat (r[i].wasserstein, <, 0.8 * r[i - 1].wasserstein);
  g_assert_cmpfloat (r[SIZES - 1].wasserstein, <, 0.06);
  /* No bank makes up for what the summary has lost. */
  g_assert_cmpfloat (r[SIZES - 1].wasserstein_full, >, 0.9 * r[1].wasserstein_full);
  g_assert_cmpfloat (r[SIZES - 1].wasserstein_full, >, 0.5);
  g_assert_true (isnan (r[0].c2st));
}

static void
test_workers (void)
{
  g_autoptr(UsPool) pool = us_pool_new (3, 0);
  UsConsistency one, three;

  g_assert_true (us_consistency_measure (US_CONSISTENCY_SUFFICIENT, 1000, 1, 200, 5, NULL, NULL, &one, NULL));
  g_assert_true (us_consistency_measure (US_CONSISTENCY_SUFFICIENT, 1000, 1, 200, 5, pool, NULL, &three, NULL));
  g_assert_cmpmem (&one, sizeof one, &three, sizeof three);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/consistency/sufficient", test_sufficient);
  g_test_add_func ("/consistency/not-sufficient", test_not_sufficient);
  g_test_add_func ("/consistency/workers", test_workers);
  return g_test_run ();
}
