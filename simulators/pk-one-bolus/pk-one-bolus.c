/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One compartment, the dose at once: pk-one-bolus.md. */
#include "config.h"

#include "us-kinetics.h"

extern const UsSimulator us_simulator_pk_one_bolus;

enum { CL, V, DOSE, P };

#define SOURCE "weakly informative, holds indomethacin (Kwan et al. 1976)"

static void
bolus (const double *theta,
       guint         output,
       double        t,
       double       *value)
{
  const double k = theta[CL] / theta[V];

  if (output == 0)
    *value = theta[DOSE] / theta[V] * exp (-k * t);
  else
    {
      value[0] = theta[DOSE] * exp (-k * t);
      value[1] = theta[DOSE] * -expm1 (-k * t);
    }
}

US_CLOSED_FORM (bolus, bolus)

static double
half_life (const UsSimulator *self,
           const double      *theta)
{
  return G_LN2 * theta[V] / theta[CL];
}

static double
area (const UsSimulator *self,
      const double      *theta)
{
  return theta[DOSE] / theta[CL];
}

static const UsParameter parameters[P] = {
  /* a median of about 10 L/h */
  [CL] = US_KINETICS_PARAMETER ("CL", N_("Clearance"), "CL", "L/h", 1e-3, 1e4, 2.3, 0.8, SOURCE),
  /* a median of about 15 L */
  [V] = US_KINETICS_PARAMETER ("V", N_("Volume"), "V", "L", 1e-2, 1e5, 2.7, 0.8, SOURCE),
  [DOSE] = US_KINETICS_DOSE ("mg", 25.0, "of the indomethacin data"),
};

static const UsChannel amounts[] = {
  US_KINETICS_CHANNEL ("body", N_("In the body"), "mg", 25.0),
  US_KINETICS_CHANNEL ("eliminated", N_("Eliminated"), "mg", 25.0),
};

static const UsOutput outputs[] = {
  US_KINETICS_OUTPUT ("concentration", N_("Concentration"), "mg/L", 33, 8.0, 5.0, 1, NULL),
  US_KINETICS_OUTPUT ("amounts", N_("Amounts"), "mg", 33, 8.0, 25.0, 2, amounts),
};

static const UsDerived derived[] = {
  { "half_life", N_("Half-life"), "t½", "h", TRUE, half_life },
  { "auc", N_("Area under the concentration"), "AUC", "mg·h/L", TRUE, area },
};

const UsSimulator us_simulator_pk_one_bolus = {
  .id = "pk-one-bolus",
  .version = 1,
  .title = N_("Bolus, one compartment"),
  .summary = N_("A drug injected at once that spreads evenly and leaves in proportion to its concentration."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = bolus_run,
  .run_at = bolus_run_at,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
