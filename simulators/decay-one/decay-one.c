/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What decays at one rate: decay-one.md. */
#include "config.h"

#include "us-kinetics.h"

extern const UsSimulator us_simulator_decay_one;

enum { A, K, P };

static void
decay (const double *theta,
       guint         output,
       double        t,
       double       *value)
{
  const double left = theta[A] * exp (-theta[K] * t);

  *value = output == 0 ? left : theta[K] * left;
}

US_CLOSED_FORM (decay, decay)

static double
half_life (const UsSimulator *self,
           const double      *theta)
{
  return G_LN2 / theta[K];
}

static double
area (const UsSimulator *self,
      const double      *theta)
{
  return theta[A] / theta[K];
}

static const UsParameter parameters[P] = {
  [A] = {
    .name = "A", .label = N_("Start"), .symbol = "A", .unit = "", .lower = 0.0001, .upper = 10000.0,
    .prior = { US_DISTRIBUTION_LOG_UNIFORM, 0.1, 10.0, 0.0 }, .source = "chosen: two decades around 1"
  },
  [K] = {
    .name = "k", .label = N_("Rate"), .symbol = "k", .unit = "1/h", .lower = 0.0001, .upper = 100.0,
    .prior = { US_DISTRIBUTION_LOG_UNIFORM, 0.02, 5.0, 0.0 }, .source = "chosen: from a fifth of the observed time to a few points of it, and beyond"
  },
};

static const UsOutput outputs[] = {
  US_KINETICS_OUTPUT ("signal", N_("Signal"), "", 41, 10.0, 10.0, 1, NULL),
  US_KINETICS_OUTPUT ("rate", N_("Rate of decay"), "1/h", 41, 10.0, 10.0, 1, NULL),
};

static const UsDerived derived[] = {
  { "half_life", N_("Half-life"), "t½", "h", TRUE, half_life },
  { "area", N_("Area under the curve"), "A/k", "h", TRUE, area },
};

const UsSimulator us_simulator_decay_one = {
  .id = "decay-one",
  .version = 1,
  .title = N_("Decay at one rate"),
  .summary = N_("What disappears in proportion to what is left: one exponential."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = decay_run,
  .run_at = decay_run_at,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
