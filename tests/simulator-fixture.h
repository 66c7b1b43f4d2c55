/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the simulators' tests share: one of them by name, and one run. */
#pragma once

#include "us-simulator.h"

/* Static; it must be known. */
static inline const UsSimulator *
fixture_simulator (const char *id)
{
  g_autoptr(GError) error = NULL;
  const UsSimulator *simulator = us_registry_find (id, &error);

  g_assert_no_error (error);
  return simulator;
}

/* theta (P) → out (H, W, C) or (T, C), which must succeed.  Always the same stream. */
static inline void
fixture_simulate (const UsSimulator *simulator,
                  const double      *theta,
                  float             *out)
{
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  g_assert_cmpint (simulator->run (simulator, theta, 0, &rng, out), ==, US_SIM_OK);
}
