/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Susceptible, infectious, immune: sir.md. */
#include "config.h"

#include "us-epidemic.h"

#include <math.h>

extern const UsSimulator us_simulator_sir, us_simulator_sir_chain;

enum { R0, INFECTIOUS, INITIAL, INTRODUCTION, POPULATION, P };

static UsEpidemic
sir_model (const double *theta)
{
  return (UsEpidemic) {
    .r0 = theta[R0],
    .infectious = theta[INFECTIOUS],
    .initial = theta[INITIAL],
    .introduction = theta[INTRODUCTION],
    .population = theta[POPULATION],
    .control_day = INFINITY,
  };
}

US_EPIDEMIC_FUNCTIONS (sir, US_EPIDEMIC_N_OUTPUTS)
US_EPIDEMIC_VALUE (sir, attack_rate, us_epidemic_attack_rate)

static const UsParameter parameters[P] = {
  [R0] = US_EPIDEMIC_R0,
  [INFECTIOUS] = US_EPIDEMIC_INFECTIOUS,
  [INITIAL] = US_EPIDEMIC_INITIAL,
  [INTRODUCTION] = US_EPIDEMIC_INTRODUCTION,
  [POPULATION] = US_EPIDEMIC_POPULATION,
};

static const UsOutput outputs[] = { US_EPIDEMIC_OUTPUTS (FALSE) };
static const UsOutput chain_outputs[] = { US_EPIDEMIC_OUTPUTS (TRUE) };

static const UsDerived derived[] = {
  US_EPIDEMIC_DERIVED (sir),
  { "attack_rate", N_("Share infected in the end"), "A", "", FALSE, sir_attack_rate },
};

const UsSimulator us_simulator_sir = {
  .id = "sir",
  .version = 1,
  .title = N_("SIR epidemic"),
  .summary = N_("Susceptibles are infected, infectious for a while, then immune for life: one wave."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = US_EPIDEMIC_N_OUTPUTS,
  .run = sir_run,
  .run_at = sir_run_at,
  .accepts = sir_accepts,
  .constraint = US_EPIDEMIC_CONSTRAINT,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};

const UsSimulator us_simulator_sir_chain = {
  .id = "sir-chain",
  .version = 1,
  .title = N_("SIR epidemic by chance"),
  .summary = N_("The SIR epidemic of single people: infections and recoveries are drawn, and the few first cases may die out."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = chain_outputs,
  .n_outputs = US_EPIDEMIC_N_OUTPUTS,
  .run = sir_chain_run,
  .run_at = sir_chain_run_at,
  .accepts = sir_accepts,
  .constraint = US_EPIDEMIC_CONSTRAINT,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
