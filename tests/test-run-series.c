/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks of series with masked points: run-fixture.h's checks, and what is masked is not there. */
#include "config.h"

#include "run-fixture.h"

/* Series, with and without a mask; alone, stacked, and with what may work in place round them. */
static void
test_series (void)
{
  const UsLayer recurrent[] = {
    { .kind = US_LAYER_TANH },
    { .kind = US_LAYER_GRU, .out = 7, .mask = 2 },
    { .kind = US_LAYER_TANH },
    { .kind = US_LAYER_GRU, .out = 5 },
    { .kind = US_LAYER_LAST },
    { .kind = US_LAYER_GELU },
    { .kind = US_LAYER_DENSE, .out = 3, .bias = TRUE },
  };
  const UsLayer set[] = {
    { .kind = US_LAYER_CONV, .out = 8, .kernel = 1, .stride = 1, .bias = TRUE },
    { .kind = US_LAYER_GELU },
    { .kind = US_LAYER_CONV, .out = 9, .kernel = 1, .stride = 1, .bias = TRUE },
    { .kind = US_LAYER_POOL, .factor = 3, .mask = 3 },
    { .kind = US_LAYER_GELU },
    { .kind = US_LAYER_DENSE, .out = 4, .bias = TRUE },
  };
  const UsLayer mean[] = { { .kind = US_LAYER_POOL, .mask = 1 } };
  const UsLayer states[] = { { .kind = US_LAYER_GRU, .out = 4, .mask = 1 } };
  const UsLayer between[] = {
    { .kind = US_LAYER_CONV, .out = 6, .kernel = 3, .stride = 1, .pad = 1, .bias = TRUE },
    { .kind = US_LAYER_PUSH },
    { .kind = US_LAYER_GRU, .out = 6, .mask = 1 },
    { .kind = US_LAYER_ADD },
    { .kind = US_LAYER_GRU, .out = 4 },
    { .kind = US_LAYER_CONV, .out = 5, .kernel = 3, .stride = 1, .pad = 1 },
    { .kind = US_LAYER_POOL, .factor = 1 },
  };

  for (gsize points = 1; points <= 9; points += 4)
    {
      check_layers (1, points, 3, recurrent, G_N_ELEMENTS (recurrent));
      check_layers (1, points, 3, set, G_N_ELEMENTS (set));
      check_layers (1, points, 3, mean, G_N_ELEMENTS (mean));
      check_layers (1, points, 3, states, G_N_ELEMENTS (states));
      check_layers (1, points, 3, between, G_N_ELEMENTS (between));
    }
  /* more samples than are taken through time together */
  {
    g_autoptr(UsNetwork) network = us_network_new (1, 6, 3, recurrent, G_N_ELEMENTS (recurrent), NULL);

    check_network (network, 37, US_RUN_TRAINING, TRUE, 3, 12);
  }
}

/* What is masked cannot be told from what is not there. */
static void
test_masked_points (void)
{
  const UsLayer layers[] = {
    { .kind = US_LAYER_GRU, .out = 6, .mask = 2 },
    { .kind = US_LAYER_POOL, .factor = 2, .mask = 2 },
  };
  g_autoptr(UsNetwork) whole = us_network_new (1, 6, 2, layers, 2, NULL), part = us_network_new (1, 3, 2, layers, 2, NULL);
  g_autoptr(UsWeights) weights = us_weights_new (whole, 5);
  g_autoptr(UsRun) a = us_run_new (whole, 1, US_RUN_INFERENCE, FALSE, NULL);
  g_autoptr(UsRun) b = us_run_new (part, 1, US_RUN_INFERENCE, FALSE, NULL);
  const float x[] = { 9, 0, 1, 1, NAN, 0, 2, 1, -1, 1, 7, 0 }, y[] = { 1, 1, 2, 1, -1, 1 };
  const float none[] = { 9, 0, 1, 0, 3, 0, 2, 0, -1, 0, 7, 0 };
  const float *got, *wanted;

  us_run_load (a, weights);
  us_run_load (b, weights);
  got = us_run_forward (a, x);
  wanted = us_run_forward (b, y);
  for (gsize i = 0; i < 4; i++)
    g_assert_cmpfloat_with_epsilon (got[i], wanted[i], 1e-6f);
  got = us_run_forward (a, none);
  for (gsize i = 0; i < 4; i++)
    g_assert_cmpfloat (got[i], ==, 0);
}

/* 40 samples of 11 points through everything: value, input's and weights' gradients. */
static void
test_series_same_bits (void)
{
  const UsLayer layers[] = {
    { .kind = US_LAYER_CONV, .out = 24, .kernel = 1, .stride = 1, .bias = TRUE },
    { .kind = US_LAYER_GELU },
    { .kind = US_LAYER_GRU, .out = 32, .mask = 4 },
    { .kind = US_LAYER_POOL, .factor = 4, .mask = 4 },
    { .kind = US_LAYER_DENSE, .out = 3, .bias = TRUE },
  };
  g_autoptr(UsNetwork) network = us_network_new (1, 11, 4, layers, G_N_ELEMENTS (layers), NULL);
  g_autoptr(UsWeights) weights = random_weights (network, 2);
  gsize n = us_network_n_parameters (network);
  g_autofree float *x = NULL, *dy = NULL, *first = NULL;
  UsRng rng;

  us_rng_init (&rng, 6, US_RNG_TEST, 0);
  x = random_floats (40 * 44, &rng);
  dy = random_floats (40 * 3, &rng);
  for (guint n_workers = 1; n_workers <= 5; n_workers++)
    {
      g_autoptr(UsPool) pool = us_pool_new (n_workers, 0);
      g_autoptr(UsRun) run = us_run_new (network, 40, US_RUN_TRAINING, TRUE, pool);
      g_autofree float *all = g_new (float, 40 * 3 + 40 * 44 + n);

      us_run_load (run, weights);
      memcpy (all, us_run_forward (run, x), 40 * 3 * sizeof (float));
      memcpy (all + 40 * 3, us_run_backward (run, dy, all + 40 * 47), 40 * 44 * sizeof (float));
      if (first == NULL)
        first = g_steal_pointer (&all);
      else
        g_assert_cmpmem (all, (40 * 47 + n) * sizeof (float), first, (40 * 47 + n) * sizeof (float));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/run-series/against-twin", test_series);
  g_test_add_func ("/run-series/masked-points", test_masked_points);
  g_test_add_func ("/run-series/same-bits", test_series_same_bits);
  return g_test_run ();
}
