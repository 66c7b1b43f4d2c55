/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growth that slows early or late, as its exponent says: growth-richards.md. */
#include "config.h"

#include "us-growth.h"

extern const UsSimulator us_simulator_growth_richards;

enum { N0, R, K, NU, P };

static void
richards (const double *theta,
          guint         output,
          double        t,
          double       *value)
{
  const double nu = theta[NU];
  const double start = nu * log (theta[K] / theta[N0]);         /* ln (K/N₀)^ν */
  const double fade = -theta[R] * nu * t;
  /* ln (K/N)^ν, from (K/N)^ν − 1 = ((K/N₀)^ν − 1) e^(−rνt), each way by differences that keep their digits */
  const double to_go = start >= 0.0 ? log1p (expm1 (start) * exp (fade)) : start + log1p (expm1 (-start) * -expm1 (fade));
  const double n = theta[K] * exp (-to_go / nu);

  *value = output == US_GROWTH_SIZE ? n : theta[R] * n * -expm1 (-to_go);
}

US_CLOSED_FORM (richards, richards)

static double
doubling_time (const UsSimulator *self,
               const double      *theta)
{
  return G_LN2 / theta[R];
}

/* When growth is fastest, at K (1 + ν)^(−1/ν); 0: from the start on it slows. */
static double
inflection (const UsSimulator *self,
            const double      *theta)
{
  const double excess = expm1 (theta[NU] * log (theta[K] / theta[N0]));         /* (K/N₀)^ν − 1 */

  return excess > theta[NU] ? log (excess / theta[NU]) / (theta[R] * theta[NU]) : 0.0;
}

static double
fastest (const UsSimulator *self,
         const double      *theta)
{
  const double nu = theta[NU];

  return theta[R] * theta[K] * exp (-log1p (nu) / nu) * nu / (1.0 + nu);
}

static double
bend (const UsSimulator *self,
      const double      *theta)
{
  return 100.0 * exp (-log1p (theta[NU]) / theta[NU]);
}

static const UsParameter parameters[P] = {
  [N0] = US_GROWTH_START,
  /* about ln 0.4: 95 % in 0.12 … 1.3 per hour, as the logistic curve */
  [R] = US_GROWTH_PARAMETER ("r", N_("Growth rate"), "r", "1/h", 1e-3, 5.0, -0.92, 0.6),
  [K] = US_GROWTH_CAPACITY,
  /* around the logistic curve, 1: 95 % in 0.25 … 3.9 */
  [NU] = US_GROWTH_PARAMETER ("nu", N_("Shape"), "ν", "", 0.02, 10.0, 0.0, 0.7),
};

static const UsOutput outputs[] = US_GROWTH_OUTPUTS;

static const UsDerived derived[] = {
  { "doubling_time", N_("First doubling time, far below the capacity"), "t₂", "h", TRUE, doubling_time },
  { "inflection", N_("Time of fastest growth"), "tᵢ", "h", FALSE, inflection },
  { "fastest", N_("Fastest growth"), "Ṅ", "1/h", TRUE, fastest },
  { "bend", N_("Size at fastest growth, share of the capacity"), "Nᵢ/K", "%", FALSE, bend },
};

const UsSimulator us_simulator_growth_richards = {
  .id = "growth-richards",
  .version = 1,
  .title = N_("Richards growth"),
  .summary = N_("An S whose bend may lie early or late: logistic for ν = 1, Gompertz as ν goes to 0."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = richards_run,
  .run_at = richards_run_at,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
