/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Susceptible, infectious, immune for a time: sirs.md. */
#include "config.h"

#include "us-epidemic.h"

#include <math.h>

extern const UsSimulator us_simulator_sirs, us_simulator_sirs_chain;

enum { R0, INFECTIOUS, IMMUNITY, INITIAL, INTRODUCTION, POPULATION, P };

static UsEpidemic
sirs_model (const double *theta)
{
  return (UsEpidemic) {
    .r0 = theta[R0],
    .infectious = theta[INFECTIOUS],
    .immunity = theta[IMMUNITY],
    .initial = theta[INITIAL],
    .introduction = theta[INTRODUCTION],
    .population = theta[POPULATION],
    .control_day = INFINITY,
  };
}

US_EPIDEMIC_FUNCTIONS (sirs, US_EPIDEMIC_N_OUTPUTS)
US_EPIDEMIC_VALUE (sirs, endemic, us_epidemic_endemic)

static const UsParameter parameters[P] = {
  [R0] = US_EPIDEMIC_R0,
  [INFECTIOUS] = US_EPIDEMIC_INFECTIOUS,
  [IMMUNITY] = US_EPIDEMIC_IMMUNITY,
  [INITIAL] = US_EPIDEMIC_INITIAL,
  [INTRODUCTION] = US_EPIDEMIC_INTRODUCTION,
  [POPULATION] = US_EPIDEMIC_POPULATION,
};

static const UsOutput outputs[] = { US_EPIDEMIC_OUTPUTS (FALSE) };
static const UsOutput chain_outputs[] = { US_EPIDEMIC_OUTPUTS (TRUE) };

static const UsDerived derived[] = {
  US_EPIDEMIC_DERIVED (sirs),
  { "endemic", N_("Share infectious in the long run"), "i*", "", FALSE, sirs_endemic },
};

const UsSimulator us_simulator_sirs = {
  .id = "sirs",
  .version = 1,
  .title = N_("SIRS epidemic"),
  .summary = N_("As SIR, but immunity wanes: waves that settle where infection stays."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = US_EPIDEMIC_N_OUTPUTS,
  .run = sirs_run,
  .run_at = sirs_run_at,
  .accepts = sirs_accepts,
  .constraint = US_EPIDEMIC_CONSTRAINT,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};

const UsSimulator us_simulator_sirs_chain = {
  .id = "sirs-chain",
  .version = 1,
  .title = N_("SIRS epidemic by chance"),
  .summary = N_("The SIRS epidemic of single people: infections, recoveries and the loss of immunity are drawn."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = chain_outputs,
  .n_outputs = US_EPIDEMIC_N_OUTPUTS,
  .run = sirs_chain_run,
  .run_at = sirs_chain_run_at,
  .accepts = sirs_accepts,
  .constraint = US_EPIDEMIC_CONSTRAINT,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
