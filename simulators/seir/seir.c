/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Susceptible, infected but not yet infectious, infectious, immune: seir.md. */
#include "config.h"

#include "us-epidemic.h"

#include <math.h>

extern const UsSimulator us_simulator_seir, us_simulator_seir_chain;

enum { R0, LATENT, INFECTIOUS, INITIAL, INTRODUCTION, POPULATION, P };

static UsEpidemic
seir_model (const double *theta)
{
  return (UsEpidemic) {
    .r0 = theta[R0],
    .latent = theta[LATENT],
    .infectious = theta[INFECTIOUS],
    .initial = theta[INITIAL],
    .introduction = theta[INTRODUCTION],
    .population = theta[POPULATION],
    .control_day = INFINITY,
  };
}

US_EPIDEMIC_FUNCTIONS (seir, US_EPIDEMIC_N_LATENT_OUTPUTS)
US_EPIDEMIC_VALUE (seir, attack_rate, us_epidemic_attack_rate)

static const UsParameter parameters[P] = {
  [R0] = US_EPIDEMIC_R0,
  [LATENT] = US_EPIDEMIC_LATENT,
  [INFECTIOUS] = US_EPIDEMIC_INFECTIOUS,
  [INITIAL] = US_EPIDEMIC_INITIAL,
  [INTRODUCTION] = US_EPIDEMIC_INTRODUCTION,
  [POPULATION] = US_EPIDEMIC_POPULATION,
};

static const UsOutput outputs[] = { US_EPIDEMIC_OUTPUTS (FALSE), US_EPIDEMIC_LATENT_OUTPUTS (FALSE) };
static const UsOutput chain_outputs[] = { US_EPIDEMIC_OUTPUTS (TRUE), US_EPIDEMIC_LATENT_OUTPUTS (TRUE) };

static const UsDerived derived[] = {
  US_EPIDEMIC_DERIVED (seir),
  { "attack_rate", N_("Share infected in the end"), "A", "", FALSE, seir_attack_rate },
};

const UsSimulator us_simulator_seir = {
  .id = "seir",
  .version = 1,
  .title = N_("SEIR epidemic"),
  .summary = N_("As SIR, with a latent period before the infectious one: a later, slower wave."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = US_EPIDEMIC_N_LATENT_OUTPUTS,
  .run = seir_run,
  .run_at = seir_run_at,
  .accepts = seir_accepts,
  .constraint = US_EPIDEMIC_CONSTRAINT,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};

const UsSimulator us_simulator_seir_chain = {
  .id = "seir-chain",
  .version = 1,
  .title = N_("SEIR epidemic by chance"),
  .summary = N_("The SEIR epidemic of single people: infections, onsets and recoveries are drawn."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = chain_outputs,
  .n_outputs = US_EPIDEMIC_N_LATENT_OUTPUTS,
  .run = seir_chain_run,
  .run_at = seir_chain_run_at,
  .accepts = seir_accepts,
  .constraint = US_EPIDEMIC_CONSTRAINT,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
