/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growth whose rate decays by itself: growth-gompertz.md. */
#include "config.h"

#include "us-growth.h"

extern const UsSimulator us_simulator_growth_gompertz;

enum { N0, R, K, P };

static void
gompertz (const double *theta,
          guint         output,
          double        t,
          double       *value)
{
  const double to_go = log (theta[K] / theta[N0]) * exp (-theta[R] * t);        /* ln K/N */
  const double n = theta[K] * exp (-to_go);

  *value = output == US_GROWTH_SIZE ? n : theta[R] * n * to_go;
}

US_CLOSED_FORM (gompertz, gompertz)

/* A share r ln K/N₀ an hour at first; when that shrinks, never: 0. */
static double
doubling_time (const UsSimulator *self,
               const double      *theta)
{
  const double to_go = log (theta[K] / theta[N0]);      /* from which ln 2 is taken */

  return to_go > G_LN2 ? -log1p (-G_LN2 / to_go) / theta[R] : 0.0;
}

/* When growth is fastest, at K/e; 0: from the start on it slows. */
static double
inflection (const UsSimulator *self,
            const double      *theta)
{
  const double to_go = log (theta[K] / theta[N0]);

  return to_go > 1.0 ? log (to_go) / theta[R] : 0.0;
}

static double
fastest (const UsSimulator *self,
         const double      *theta)
{
  return theta[R] * theta[K] / G_E;
}

static const UsParameter parameters[P] = {
  [N0] = US_GROWTH_START,
  /* about ln 0.3: 95 % in 0.092 … 0.97 per hour */
  [R] = US_GROWTH_PARAMETER ("r", N_("Slowing rate"), "r", "1/h", 1e-3, 5.0, -1.2, 0.6),
  [K] = US_GROWTH_CAPACITY,
};

static const UsOutput outputs[] = US_GROWTH_OUTPUTS;

static const UsDerived derived[] = {
  { "doubling_time", N_("First doubling time"), "t₂", "h", FALSE, doubling_time },
  { "inflection", N_("Time of fastest growth"), "tᵢ", "h", FALSE, inflection },
  { "fastest", N_("Fastest growth"), "Ṅ", "1/h", TRUE, fastest },
};

const UsSimulator us_simulator_growth_gompertz = {
  .id = "growth-gompertz",
  .version = 1,
  .title = N_("Gompertz growth"),
  /* xgettext:no-c-format */
  .summary = N_("Growth whose rate decays by itself: an S with its bend early, at 37 % of the capacity."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = gompertz_run,
  .run_at = gompertz_run_at,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
