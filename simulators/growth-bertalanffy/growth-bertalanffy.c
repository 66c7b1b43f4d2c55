/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growth by the surface, loss by the volume: growth-bertalanffy.md. */
#include "config.h"

#include "us-growth.h"

extern const UsSimulator us_simulator_growth_bertalanffy;

enum { N0, R, K, P };

static void
bertalanffy (const double *theta,
             guint         output,
             double        t,
             double       *value)
{
  /* Lengths, as shares of the last one: W = L³. */
  const double length = 1.0 - (1.0 - cbrt (theta[N0] / theta[K])) * exp (-theta[R] * t);

  *value = output == US_GROWTH_SIZE ? theta[K] * length * length * length
                                    : 3.0 * theta[R] * theta[K] * length * length * (1.0 - length);
}

US_CLOSED_FORM (bertalanffy, bertalanffy)

/* From N₀ to 2 N₀; 0: it does not come to that. */
static double
doubling_time (const UsSimulator *self,
               const double      *theta)
{
  const double length = cbrt (theta[N0] / theta[K]), twice = cbrt (2.0) * length;

  return twice < 1.0 ? log ((1.0 - length) / (1.0 - twice)) / theta[R] : 0.0;
}

/* When growth is fastest, at 8/27 of the capacity; 0: from the start on it slows. */
static double
inflection (const UsSimulator *self,
            const double      *theta)
{
  const double to_go = 3.0 * (1.0 - cbrt (theta[N0] / theta[K]));

  return to_go > 1.0 ? log (to_go) / theta[R] : 0.0;
}

static double
fastest (const UsSimulator *self,
         const double      *theta)
{
  return 4.0 / 9.0 * theta[R] * theta[K];
}

static const UsParameter parameters[P] = {
  [N0] = US_GROWTH_START,
  /* about ln 0.2: 95 % in 0.062 … 0.65 per hour */
  [R] = US_GROWTH_PARAMETER ("r", N_("Approach rate"), "r", "1/h", 1e-3, 5.0, -1.6, 0.6),
  [K] = US_GROWTH_CAPACITY,
};

static const UsOutput outputs[] = US_GROWTH_OUTPUTS;

static const UsDerived derived[] = {
  { "doubling_time", N_("First doubling time"), "t₂", "h", FALSE, doubling_time },
  { "inflection", N_("Time of fastest growth"), "tᵢ", "h", FALSE, inflection },
  { "fastest", N_("Fastest growth"), "Ṅ", "1/h", TRUE, fastest },
};

const UsSimulator us_simulator_growth_bertalanffy = {
  .id = "growth-bertalanffy",
  .version = 1,
  .title = N_("Von Bertalanffy growth"),
  /* xgettext:no-c-format */
  .summary = N_("Growth by the surface and loss by the volume: fast at first, an S with its bend at 30 % of the last weight."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = bertalanffy_run,
  .run_at = bertalanffy_run_at,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
