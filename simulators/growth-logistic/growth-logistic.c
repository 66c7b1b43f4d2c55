/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growth that slows in proportion to what is there already: growth-logistic.md. */
#include "config.h"

#include "us-growth.h"

extern const UsSimulator us_simulator_growth_logistic;

enum { N0, R, K, P };

static void
logistic (const double *theta,
          guint         output,
          double        t,
          double       *value)
{
  /* N / K by the form that cannot overflow */
  const double share = 1.0 / (1.0 + (theta[K] / theta[N0] - 1.0) * exp (-theta[R] * t));

  *value = output == US_GROWTH_SIZE ? theta[K] * share : theta[R] * theta[K] * share * (1.0 - share);
}

US_CLOSED_FORM (logistic, logistic)

static double
doubling_time (const UsSimulator *self,
               const double      *theta)
{
  return G_LN2 / theta[R];
}

/* When growth is fastest, at half the capacity; 0: from the start on it slows. */
static double
inflection (const UsSimulator *self,
            const double      *theta)
{
  return theta[K] > 2.0 * theta[N0] ? log (theta[K] / theta[N0] - 1.0) / theta[R] : 0.0;
}

static double
fastest (const UsSimulator *self,
         const double      *theta)
{
  return 0.25 * theta[R] * theta[K];
}

static const UsParameter parameters[P] = {
  [N0] = US_GROWTH_START,
  /* about ln 0.4: 95 % in 0.12 … 1.3 per hour */
  [R] = US_GROWTH_PARAMETER ("r", N_("Growth rate"), "r", "1/h", 1e-3, 5.0, -0.92, 0.6),
  [K] = US_GROWTH_CAPACITY,
};

static const UsOutput outputs[] = US_GROWTH_OUTPUTS;

static const UsDerived derived[] = {
  { "doubling_time", N_("First doubling time, far below the capacity"), "t₂", "h", TRUE, doubling_time },
  { "inflection", N_("Time of fastest growth"), "tᵢ", "h", FALSE, inflection },
  { "fastest", N_("Fastest growth"), "Ṅ", "1/h", TRUE, fastest },
};

const UsSimulator us_simulator_growth_logistic = {
  .id = "growth-logistic",
  .version = 1,
  .title = N_("Logistic growth"),
  .summary = N_("Growth in proportion to what is there and to the room that is left: an S with its bend at half the capacity."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = logistic_run,
  .run_at = logistic_run_at,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
