/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two compartments, the dose at once into the first: pk-two-bolus.md. */
#include "config.h"

#include "us-kinetics.h"

extern const UsSimulator us_simulator_pk_two_bolus;

enum { CL, V1, Q, V2, DOSE, P };

#define SOURCE "weakly informative, holds indomethacin (Kwan et al. 1976)"

/* The rates of theta's two compartments. */
static UsTwoCompartments
compartments (const double *theta)
{
  return us_two_compartments (theta[CL], theta[V1], theta[Q], theta[V2]);
}

static void
bolus (const double *theta,
       guint         output,
       double        t,
       double       *value)
{
  const UsTwoCompartments two = compartments (theta);
  const double fast = theta[DOSE] * two.fast, slow = theta[DOSE] - fast;
  const double central = fast * exp (-two.alpha * t) + slow * exp (-two.beta * t);

  if (output == 0)
    *value = central / theta[V1];
  else
    {
      value[0] = central;
      value[1] = theta[DOSE] * two.k12 * us_kinetics_passed (two.alpha, two.beta, t);
      value[2] = two.k10 * (fast * us_kinetics_faded (two.alpha, t) + slow * us_kinetics_faded (two.beta, t));
    }
}

US_CLOSED_FORM (bolus, bolus)

static double
half_life (const UsSimulator *self,
           const double      *theta)
{
  return G_LN2 / compartments (theta).beta;
}

static double
fast_half_life (const UsSimulator *self,
                const double      *theta)
{
  return G_LN2 / compartments (theta).alpha;
}

static double
steady_volume (const UsSimulator *self,
               const double      *theta)
{
  return theta[V1] + theta[V2];
}

static double
residence (const UsSimulator *self,
           const double      *theta)
{
  return (theta[V1] + theta[V2]) / theta[CL];
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
  /* a median of about 10 L */
  [V1] = US_KINETICS_PARAMETER ("V1", N_("Central volume"), "V₁", "L", 1e-2, 1e5, 2.3, 0.8, SOURCE),
  /* a median of about 5 L/h */
  [Q] = US_KINETICS_PARAMETER ("Q", N_("Exchange between the volumes"), "Q", "L/h", 1e-3, 1e4, 1.6, 0.8, SOURCE),
  /* a median of about 15 L */
  [V2] = US_KINETICS_PARAMETER ("V2", N_("Peripheral volume"), "V₂", "L", 1e-2, 1e5, 2.7, 0.8, SOURCE),
  [DOSE] = US_KINETICS_DOSE ("mg", 25.0, "of the indomethacin data"),
};

static const UsChannel amounts[] = {
  US_KINETICS_CHANNEL ("central", N_("Central"), "mg", 25.0),
  US_KINETICS_CHANNEL ("peripheral", N_("Peripheral"), "mg", 25.0),
  US_KINETICS_CHANNEL ("eliminated", N_("Eliminated"), "mg", 25.0),
};

static const UsOutput outputs[] = {
  US_KINETICS_OUTPUT ("concentration", N_("Concentration"), "mg/L", 33, 8.0, 5.0, 1, NULL),
  US_KINETICS_OUTPUT ("amounts", N_("Amounts"), "mg", 33, 8.0, 25.0, 3, amounts),
};

static const UsDerived derived[] = {
  { "half_life", N_("Terminal half-life"), "t½", "h", TRUE, half_life },
  { "half_life_fast", N_("Half-life of the first phase"), "t½₁", "h", TRUE, fast_half_life },
  { "V_steady", N_("Volume at steady state"), "Vₛₛ", "L", TRUE, steady_volume },
  { "residence", N_("Mean residence time"), "MRT", "h", TRUE, residence },
  { "auc", N_("Area under the concentration"), "AUC", "mg·h/L", TRUE, area },
};

const UsSimulator us_simulator_pk_two_bolus = {
  .id = "pk-two-bolus",
  .version = 1,
  .title = N_("Bolus, two compartments"),
  .summary = N_("A drug injected at once that leaves the blood both for good and for a second volume, from which it comes back."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = bolus_run,
  .run_at = bolus_run_at,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
