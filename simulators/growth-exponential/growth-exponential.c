/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growth that nothing slows: growth-exponential.md. */
#include "config.h"

#include "us-growth.h"

extern const UsSimulator us_simulator_growth_exponential;

enum { N0, R, P };

static void
exponential (const double *theta,
             guint         output,
             double        t,
             double       *value)
{
  const double n = theta[N0] * exp (theta[R] * t);

  *value = output == US_GROWTH_SIZE ? n : theta[R] * n;
}

US_CLOSED_FORM (exponential, exponential)

static double
doubling_time (const UsSimulator *self,
               const double      *theta)
{
  return G_LN2 / theta[R];
}

static const UsParameter parameters[P] = {
  [N0] = US_GROWTH_START,
  /* about ln 0.2: 95 % in 0.062 … 0.65 per hour; what grows faster has left all scales after a day */
  [R] = US_GROWTH_PARAMETER ("r", N_("Growth rate"), "r", "1/h", 1e-3, 2.0, -1.6, 0.6),
};

static const UsOutput outputs[] = US_GROWTH_OUTPUTS;

static const UsDerived derived[] = {
  { "doubling_time", N_("Doubling time"), "t₂", "h", TRUE, doubling_time },
};

const UsSimulator us_simulator_growth_exponential = {
  .id = "growth-exponential",
  .version = 1,
  .title = N_("Exponential growth"),
  .summary = N_("Growth in proportion to what is there, without an end: the beginning of all the others."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = exponential_run,
  .run_at = exponential_run_at,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
