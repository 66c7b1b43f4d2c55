/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole networks: the fast float run against the double twin (forward), and
 * against central differences of the twin (backward). */
#pragma once

#include "us-isa.h"
#include "us-network.h"
#include "us-nn-reference.h"

#include <math.h>
#include <string.h>

static inline double *
widen (const float *x,
       gsize        n)
{
  double *wide = g_new (double, MAX (n, 1));

  for (gsize i = 0; i < n; i++)
    wide[i] = (double) x[i];
  return wide;
}

static inline float *
random_floats (gsize   n,
               UsRng  *rng)
{
  float *x = g_new (float, MAX (n, 1));

  for (gsize i = 0; i < n; i++)
    x[i] = (float) us_rng_normal (rng);
  return x;
}

/* Weights with biases, scales and statistics that are not their initial 0 and 1. */
static inline UsWeights *
random_weights (UsNetwork *network,
                guint64    seed)
{
  UsWeights *w = us_weights_new (network, seed);
  const UsNetworkTensor *table;
  gsize n;
  UsRng rng;

  us_rng_init (&rng, seed, US_RNG_TEST, 99);
  table = us_network_parameter_table (network, &n);
  for (gsize t = 0; t < n; t++)
    if (table[t].n_dims == 1)
      for (gsize i = 0; i < table[t].n_elements; i++)
        w->parameters[table[t].offset + i] += (float) (0.2 * us_rng_normal (&rng));
  for (gsize i = 0; i < us_network_n_state (network); i++)
    w->state[i] = w->state[i] * (float) us_rng_range (&rng, 0.5, 1.5) + (float) us_rng_range (&rng, 0.0, 0.3);
  return w;
}

typedef struct
{
  UsNetwork *network;
  gsize      batch, n_in, n_out, n_parameters, n_state;
  UsRunMode  mode;
  double    *parameters, *state, *x, *dy;
} Twin;

static inline double
twin_value (const Twin *t)
{
  g_autofree double *state = g_memdup2 (t->state, MAX (t->n_state, 1) * sizeof (double));
  g_autofree double *y = g_new (double, t->n_out);
  double sum = 0;

  us_reference_forward (t->network, t->parameters, state, t->mode, t->batch, t->x, y);
  for (gsize i = 0; i < t->n_out; i++)
    sum += t->dy[i] * y[i];
  return sum;
}

static inline double
twin_slope (const Twin *t,
            double     *value)
{
  const double h = 1e-6;
  double middle = *value, up, down;

  *value = middle + h;
  up = twin_value (t);
  *value = middle - h;
  down = twin_value (t);
  *value = middle;
  return (up - down) / (2 * h);
}

static inline void
assert_close (const char *what,
              const char *json,
              gsize       i,
              double      got,
              double      wanted,
              double      tolerance)
{
  if (!(fabs (got - wanted) <= tolerance))
    g_error ("%s[%" G_GSIZE_FORMAT "]: got %.9g, wanted %.9g ± %.3g; %s", what, i, got, wanted, tolerance, json);
}

static inline double
largest (const float *x,
         gsize        n)
{
  double most = 0;

  for (gsize i = 0; i < n; i++)
    most = MAX (most, fabs ((double) x[i]));
  return most;
}

/* A few elements of each gradient, always the first and the last. */
static inline void
check_slopes (const char  *what,
              const char  *json,
              const Twin  *twin,
              double      *values,
              const float *gradient,
              gsize        n,
              gsize        n_checks,
              UsRng       *rng)
{
  double scale = largest (gradient, n);

  for (gsize k = 0; k < MIN (n_checks, n); k++)
    {
      gsize i = n_checks >= n ? k : k == 0 ? 0 : k == 1 ? n - 1 : (gsize) us_rng_below (rng, n);

      assert_close (what, json, i, (double) gradient[i], twin_slope (twin, &values[i]), 3e-4 * scale + 1e-4);
    }
}

/* Forward and backward of one network in one mode. */
static inline void
check_network (UsNetwork *network,
               gsize      batch,
               UsRunMode  mode,
               gboolean   input_gradient,
               guint64    seed,
               gsize      n_checks)
{
  g_autofree char *json = us_network_to_json (network);
  g_autoptr(UsWeights) weights = random_weights (network, seed);
  g_autoptr(UsPool) pool = us_pool_new (2, 0);
  g_autoptr(UsRun) run = us_run_new (network, batch, mode, input_gradient, pool);
  gsize h, w, c, n_in, n_out, n_parameters = us_network_n_parameters (network), n_tensors;
  const UsNetworkTensor *table = us_network_parameter_table (network, &n_tensors);
  g_autofree float *x = NULL, *dy = NULL, *gradient = NULL;
  g_autofree double *y = NULL, *state = NULL;
  const float *got, *dx;
  UsRng rng;
  Twin twin;

  us_rng_init (&rng, seed, US_RNG_TEST, 1);
  us_network_input_shape (network, &h, &w, &c);
  n_in = batch * h * w * c;
  us_network_output_shape (network, &h, &w, &c);
  n_out = batch * h * w * c;
  x = random_floats (n_in, &rng);
  dy = random_floats (n_out, &rng);
  gradient = g_new (float, n_parameters + 1);
  gradient[n_parameters] = 1e9f;

  twin = (Twin) { network, batch, n_in, n_out, n_parameters, us_network_n_state (network), mode,
                  widen (weights->parameters, n_parameters), widen (weights->state, us_network_n_state (network)),
                  widen (x, n_in), widen (dy, n_out) };
  y = g_new (double, n_out);
  state = g_memdup2 (twin.state, MAX (twin.n_state, 1) * sizeof (double));
  us_reference_forward (network, twin.parameters, state, mode, batch, twin.x, y);

  /* A step before the one that counts: what it leaves behind must not show. */
  {
    g_autoptr(UsWeights) other = us_weights_copy (weights);

    us_run_load (run, other);
    us_run_forward (run, x);
    if (mode != US_RUN_INFERENCE)
      us_run_backward (run, dy, mode == US_RUN_TRAINING ? gradient : NULL);
    for (gsize i = 0; i < n_parameters; i++)
      gradient[i] = 1e9f;     /* what is not overwritten shows */
  }
  us_run_load (run, weights);
  got = us_run_forward (run, x);
  {
    g_autofree float *wanted = g_new (float, n_out);
    double scale;

    for (gsize i = 0; i < n_out; i++)
      wanted[i] = (float) y[i];
    scale = largest (wanted, n_out);
    for (gsize i = 0; i < n_out; i++)
      assert_close ("output", json, i, (double) got[i], y[i], 5e-5 * scale + 1e-6);
  }
  for (gsize i = 0; i < twin.n_state; i++)
    assert_close ("state", json, i, (double) weights->state[i], state[i], 5e-5 * fabs (state[i]) + 5e-5);
  g_assert_cmpint (us_run_find_nonfinite (run, FALSE), ==, -1);

  if (mode != US_RUN_INFERENCE)
    {
      dx = us_run_backward (run, dy, mode == US_RUN_TRAINING ? gradient : NULL);
      g_assert_cmpint (us_run_find_nonfinite (run, TRUE), ==, -1);
      g_assert_true ((dx != NULL) == (input_gradient || mode == US_RUN_FROZEN));
      if (dx != NULL)
        check_slopes ("input", json, &twin, twin.x, dx, n_in, n_checks, &rng);
      if (mode == US_RUN_TRAINING)
        for (gsize t = 0; t < n_tensors; t++)
          check_slopes (table[t].name, json, &twin, twin.parameters + table[t].offset, gradient + table[t].offset,
                        table[t].n_elements, n_checks, &rng);
      g_assert_cmpfloat (gradient[n_parameters], ==, 1e9f);
    }
  g_free (twin.parameters);
  g_free (twin.state);
  g_free (twin.x);
  g_free (twin.dy);
}

static inline void
check_layers (gsize          h,
              gsize          w,
              gsize          c,
              const UsLayer *layers,
              gsize          n)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsNetwork) network = us_network_new (h, w, c, layers, n, &error);

  g_assert_no_error (error);
  for (UsRunMode mode = US_RUN_INFERENCE; mode <= US_RUN_FROZEN; mode++)
    {
      check_network (network, 5, mode, FALSE, 7, 6);
      check_network (network, 3, mode, TRUE, 8, 6);
    }
}
