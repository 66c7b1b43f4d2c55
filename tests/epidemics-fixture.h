/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of epidemics share: parameters by name, values at a time. */
#pragma once

#include "simulator-fixture.h"
#include "us-prior.h"

static inline double
get (const UsSimulator *simulator,
     const double      *theta,
     const char        *name,
     double             otherwise)
{
  const gssize i = us_simulator_parameter_index (simulator, name);

  return i < 0 ? otherwise : theta[i];
}

static inline void
set (const UsSimulator *simulator,
     double            *theta,
     const char        *name,
     double             value)
{
  const gssize i = us_simulator_parameter_index (simulator, name);

  if (i >= 0)
    theta[i] = value;
}

/* The middle of the prior, with what is given. */
static inline void
about (const UsSimulator *simulator,
       double             r0,
       double             infectious,
       double             initial,
       double             population,
       double            *theta)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  const double z[US_MAX_PARAMETERS] = { 0 };

  us_prior_from_latent (prior, z, theta);
  set (simulator, theta, "R0", r0);
  set (simulator, theta, "infectious", infectious);
  set (simulator, theta, "initial", initial);
  set (simulator, theta, "introduction", 0.0);
  set (simulator, theta, "population", population);
  set (simulator, theta, "latent", 3.0);
  set (simulator, theta, "immunity", 60.0);
}

static inline void
draw (const UsSimulator *simulator,
      guint              row,
      double            *theta)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  UsRng rng;

  us_rng_init (&rng, 51, US_RNG_PRIOR, row);
  g_assert_true (us_prior_sample (prior, &rng, theta));
}

static inline guint
output_of (const UsSimulator *simulator,
           const char        *id)
{
  const gssize output = us_simulator_output_index (simulator, id);

  g_assert_cmpint (output, >=, 0);
  return (guint) output;
}

static inline double
derived_of (const UsSimulator *simulator,
            const char        *name,
            const double      *theta)
{
  for (gsize d = 0; d < simulator->n_derived; d++)
    if (g_str_equal (simulator->derived[d].name, name))
      return simulator->derived[d].value (simulator, theta);
  g_assert_not_reached ();
}

static inline void
run_at (const UsSimulator *simulator,
        const double      *theta,
        const char        *output,
        gsize              n,
        const double      *times,
        float             *out)
{
  UsRng rng;

  us_rng_init (&rng, 52, US_RNG_SIMULATOR, 0);
  g_assert_cmpint (simulator->run_at (simulator, theta, output_of (simulator, output), n, times, &rng, out), ==,
                   US_SIM_OK);
}

static inline double
value_at (const UsSimulator *simulator,
          const double      *theta,
          const char        *output,
          double             t)
{
  float value;

  run_at (simulator, theta, output, 1, &t, &value);
  return value;
}
