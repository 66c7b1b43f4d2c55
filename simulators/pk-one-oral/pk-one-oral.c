/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One compartment, the dose by mouth: pk-one-oral.md. */
#include "config.h"

#include "us-kinetics.h"

extern const UsSimulator us_simulator_pk_one_oral;

enum { KA, CL, V, DOSE, P };

#define SOURCE "weakly informative, holds theophylline (Upton, in Boeckmann et al. 1994)"

static void
oral (const double *theta,
      guint         output,
      double        t,
      double       *value)
{
  const double ka = theta[KA], k = theta[CL] / theta[V];
  const double body = theta[DOSE] * ka * us_kinetics_passed (ka, k, t);

  if (output == 0)
    *value = body / theta[V];
  else
    {
      value[0] = theta[DOSE] * exp (-ka * t);
      value[1] = body;
      value[2] = fmax (0.0, theta[DOSE] - value[0] - body);
    }
}

US_CLOSED_FORM (oral, oral)

static gboolean
absorbed_first (const UsSimulator *self,
                const double      *theta)
{
  return theta[KA] > theta[CL] / theta[V];
}

static double
half_life (const UsSimulator *self,
           const double      *theta)
{
  return G_LN2 * theta[V] / theta[CL];
}

/* ln (kₐ/k) / (kₐ − k), also where they are nearly the same */
static double
peak_time (const UsSimulator *self,
           const double      *theta)
{
  const double k = theta[CL] / theta[V], excess = (theta[KA] - k) / k;

  return (fabs (excess) < 1e-8 ? 1.0 - 0.5 * excess : log1p (excess) / excess) / k;
}

static double
peak (const UsSimulator *self,
      const double      *theta)
{
  return theta[DOSE] / theta[V] * exp (-theta[CL] / theta[V] * peak_time (self, theta));
}

static double
area (const UsSimulator *self,
      const double      *theta)
{
  return theta[DOSE] / theta[CL];
}

static const UsParameter parameters[P] = {
  /* a median of about 1.5 per hour */
  [KA] = US_KINETICS_PARAMETER ("ka", N_("Absorption rate"), "kₐ", "1/h", 1e-3, 100.0, 0.4, 0.7, SOURCE),
  /* a median of about 0.05 L/h/kg */
  [CL] = US_KINETICS_PARAMETER ("CL", N_("Clearance"), "CL", "L/h/kg", 1e-5, 100.0, -3.0, 0.6, SOURCE),
  /* a median of about 0.5 L/kg */
  [V] = US_KINETICS_PARAMETER ("V", N_("Volume"), "V", "L/kg", 1e-3, 1e3, -0.69, 0.5, SOURCE),
  [DOSE] = US_KINETICS_DOSE ("mg/kg", 4.5, "of the theophylline data, some four and a half"),
};

static const UsChannel amounts[] = {
  US_KINETICS_CHANNEL ("gut", N_("Not yet absorbed"), "mg/kg", 5.0),
  US_KINETICS_CHANNEL ("body", N_("In the body"), "mg/kg", 5.0),
  US_KINETICS_CHANNEL ("eliminated", N_("Eliminated"), "mg/kg", 5.0),
};

static const UsOutput outputs[] = {
  US_KINETICS_OUTPUT ("concentration", N_("Concentration"), "mg/L", 49, 24.0, 15.0, 1, NULL),
  US_KINETICS_OUTPUT ("amounts", N_("Amounts"), "mg/kg", 49, 24.0, 5.0, 3, amounts),
};

static const UsDerived derived[] = {
  { "half_life", N_("Half-life"), "t½", "h", TRUE, half_life },
  { "t_max", N_("Time of the peak"), "tₘₐₓ", "h", TRUE, peak_time },
  { "c_max", N_("Peak concentration"), "Cₘₐₓ", "mg/L", TRUE, peak },
  { "auc", N_("Area under the concentration"), "AUC", "mg·h/L", TRUE, area },
};

const UsSimulator us_simulator_pk_one_oral = {
  .id = "pk-one-oral",
  .version = 1,
  .title = N_("Oral dose, one compartment"),
  .summary = N_("A drug that is absorbed at one rate and leaves at a slower one: concentration rises and falls."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = oral_run,
  .run_at = oral_run_at,
  .accepts = absorbed_first,
  .constraint = N_("absorption is faster than elimination: kₐ > CL / V"),
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
