/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What decays at two rates: decay-two.md. */
#include "config.h"

#include "us-kinetics.h"

extern const UsSimulator us_simulator_decay_two;

enum { A, SHARE, K, RATIO, P };

static void
decay (const double *theta,
       guint         output,
       double        t,
       double       *value)
{
  const double fast = theta[A] * theta[SHARE] * exp (-theta[K] * theta[RATIO] * t);
  const double slow = theta[A] * (1.0 - theta[SHARE]) * exp (-theta[K] * t);

  if (output == 0)
    *value = fast + slow;
  else if (output == 1)
    *value = theta[K] * (theta[RATIO] * fast + slow);
  else
    {
      value[0] = fast;
      value[1] = slow;
    }
}

US_CLOSED_FORM (decay, decay)

static double
fast_rate (const UsSimulator *self,
           const double      *theta)
{
  return theta[K] * theta[RATIO];
}

static double
half_life (const UsSimulator *self,
           const double      *theta)
{
  return G_LN2 / theta[K];
}

static double
fast_half_life (const UsSimulator *self,
                const double      *theta)
{
  return G_LN2 / (theta[K] * theta[RATIO]);
}

static double
area (const UsSimulator *self,
      const double      *theta)
{
  return theta[A] * (theta[SHARE] / theta[RATIO] + 1.0 - theta[SHARE]) / theta[K];
}

static const UsParameter parameters[P] = {
  [A] = {
    .name = "A", .label = N_("Start"), .symbol = "A", .unit = "", .lower = 0.0001, .upper = 10000.0,
    .prior = { US_DISTRIBUTION_LOG_UNIFORM, 0.1, 10.0, 0.0 }, .source = "chosen: two decades around 1"
  },
  [SHARE] = {
    .name = "share", .label = N_("Share of the fast part"), .symbol = "φ", .unit = "", .lower = 0.0, .upper = 1.0,
    .prior = { US_DISTRIBUTION_UNIFORM, 0.05, 0.95, 0.0 }, .source = "chosen: both parts are there"
  },
  [K] = {
    .name = "k", .label = N_("Slow rate"), .symbol = "k", .unit = "1/h", .lower = 0.0001, .upper = 100.0,
    .prior = { US_DISTRIBUTION_LOG_UNIFORM, 0.02, 1.0, 0.0 }, .source = "chosen: as long as what is observed, or some times faster"
  },
  [RATIO] = {
    .name = "ratio", .label = N_("Fast rate, in slow ones"), .symbol = "q", .unit = "", .lower = 1.0, .upper = 1000.0,
    .prior = { US_DISTRIBUTION_LOG_UNIFORM, 2.0, 50.0, 0.0 }, .source = "chosen: rates that can be told apart; above 1: which is the fast one is no question"
  },
};

static const UsChannel parts[] = {
  US_KINETICS_CHANNEL ("fast", N_("Fast part"), "", 10.0),
  US_KINETICS_CHANNEL ("slow", N_("Slow part"), "", 10.0),
};

static const UsOutput outputs[] = {
  US_KINETICS_OUTPUT ("signal", N_("Signal"), "", 41, 10.0, 10.0, 1, NULL),
  US_KINETICS_OUTPUT ("rate", N_("Rate of decay"), "1/h", 41, 10.0, 10.0, 1, NULL),
  US_KINETICS_OUTPUT ("parts", N_("Parts"), "", 41, 10.0, 10.0, 2, parts),
};

static const UsDerived derived[] = {
  { "k_fast", N_("Fast rate"), "k₁", "1/h", TRUE, fast_rate },
  { "half_life", N_("Half-life of the slow part"), "t½", "h", TRUE, half_life },
  { "half_life_fast", N_("Half-life of the fast part"), "t½₁", "h", TRUE, fast_half_life },
  { "area", N_("Area under the curve"), "∫", "h", TRUE, area },
};

const UsSimulator us_simulator_decay_two = {
  .id = "decay-two",
  .version = 1,
  .title = N_("Decay at two rates"),
  .summary = N_("A fast and a slow exponential: what disappears by two ways or from two places."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = decay_run,
  .run_at = decay_run_at,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
