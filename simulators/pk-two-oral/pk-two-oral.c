/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two compartments, the dose by mouth: pk-two-oral.md. */
#include "config.h"

#include "us-kinetics.h"

extern const UsSimulator us_simulator_pk_two_oral;

enum { KA, CL, V1, Q, V2, DOSE, P };

#define SOURCE "weakly informative, holds theophylline (Upton, in Boeckmann et al. 1994)"

/* The rates of theta's two compartments. */
static UsTwoCompartments
compartments (const double *theta)
{
  return us_two_compartments (theta[CL], theta[V1], theta[Q], theta[V2]);
}

static void
oral (const double *theta,
      guint         output,
      double        t,
      double       *value)
{
  const UsTwoCompartments two = compartments (theta);
  const double ka = theta[KA], inflow = theta[DOSE] * ka;
  const double fast = us_kinetics_passed (ka, two.alpha, t), slow = us_kinetics_passed (ka, two.beta, t);
  const double central = inflow * (two.fast * fast + (1.0 - two.fast) * slow);

  if (output == 0)
    *value = central / theta[V1];
  else
    {
      value[0] = theta[DOSE] * exp (-ka * t);
      value[1] = central;
      value[2] = fmax (0.0, inflow * two.k12 / (two.alpha - two.beta) * (slow - fast));
      value[3] = fmax (0.0, theta[DOSE] - value[0] - central - value[2]);
    }
}

US_CLOSED_FORM (oral, oral)

static gboolean
absorbed_first (const UsSimulator *self,
                const double      *theta)
{
  return theta[KA] > compartments (theta).alpha;
}

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
  return (theta[V1] + theta[V2]) / theta[CL] + 1.0 / theta[KA];
}

static double
area (const UsSimulator *self,
      const double      *theta)
{
  return theta[DOSE] / theta[CL];
}

static const UsParameter parameters[P] = {
  /* a median of about 3 per hour */
  [KA] = US_KINETICS_PARAMETER ("ka", N_("Absorption rate"), "kₐ", "1/h", 1e-3, 100.0, 1.1, 0.6, SOURCE),
  /* a median of about 0.05 L/h/kg */
  [CL] = US_KINETICS_PARAMETER ("CL", N_("Clearance"), "CL", "L/h/kg", 1e-5, 100.0, -3.0, 0.6, SOURCE),
  /* a median of about 0.35 L/kg */
  [V1] = US_KINETICS_PARAMETER ("V1", N_("Central volume"), "V₁", "L/kg", 1e-3, 1e3, -1.05, 0.5, SOURCE),
  /* a median of about 0.1 L/h/kg */
  [Q] = US_KINETICS_PARAMETER ("Q", N_("Exchange between the volumes"), "Q", "L/h/kg", 1e-5, 100.0, -2.3, 0.7, SOURCE),
  /* a median of about 0.25 L/kg */
  [V2] = US_KINETICS_PARAMETER ("V2", N_("Peripheral volume"), "V₂", "L/kg", 1e-3, 1e3, -1.4, 0.6, SOURCE),
  [DOSE] = US_KINETICS_DOSE ("mg/kg", 4.5, "of the theophylline data, some four and a half"),
};

static const UsChannel amounts[] = {
  US_KINETICS_CHANNEL ("gut", N_("Not yet absorbed"), "mg/kg", 5.0),
  US_KINETICS_CHANNEL ("central", N_("Central"), "mg/kg", 5.0),
  US_KINETICS_CHANNEL ("peripheral", N_("Peripheral"), "mg/kg", 5.0),
  US_KINETICS_CHANNEL ("eliminated", N_("Eliminated"), "mg/kg", 5.0),
};

static const UsOutput outputs[] = {
  US_KINETICS_OUTPUT ("concentration", N_("Concentration"), "mg/L", 49, 24.0, 15.0, 1, NULL),
  US_KINETICS_OUTPUT ("amounts", N_("Amounts"), "mg/kg", 49, 24.0, 5.0, 4, amounts),
};

static const UsDerived derived[] = {
  { "half_life", N_("Terminal half-life"), "t½", "h", TRUE, half_life },
  { "half_life_fast", N_("Half-life of the first phase"), "t½₁", "h", TRUE, fast_half_life },
  { "V_steady", N_("Volume at steady state"), "Vₛₛ", "L/kg", TRUE, steady_volume },
  { "residence", N_("Mean residence time"), "MRT", "h", TRUE, residence },
  { "auc", N_("Area under the concentration"), "AUC", "mg·h/L", TRUE, area },
};

const UsSimulator us_simulator_pk_two_oral = {
  .id = "pk-two-oral",
  .version = 1,
  .title = N_("Oral dose, two compartments"),
  .summary = N_("A drug that is absorbed at one rate, leaves the blood for good and for a second volume, and comes back from there."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = oral_run,
  .run_at = oral_run_at,
  .accepts = absorbed_first,
  .constraint = N_("absorption is faster than both ways out: kₐ > α"),
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
