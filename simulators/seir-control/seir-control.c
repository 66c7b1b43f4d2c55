/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SEIR, with fewer contacts from some day on: seir-control.md. */
#include "config.h"

#include "us-epidemic.h"

extern const UsSimulator us_simulator_seir_control, us_simulator_seir_control_chain;

enum { R0, LATENT, INFECTIOUS, INITIAL, INTRODUCTION, CONTROL, CONTROL_DAY, POPULATION, P };

static UsEpidemic
seir_control_model (const double *theta)
{
  return (UsEpidemic) {
    .r0 = theta[R0],
    .latent = theta[LATENT],
    .infectious = theta[INFECTIOUS],
    .initial = theta[INITIAL],
    .introduction = theta[INTRODUCTION],
    .population = theta[POPULATION],
    .control = theta[CONTROL],
    .control_day = theta[CONTROL_DAY],
  };
}

US_EPIDEMIC_FUNCTIONS (seir_control, US_EPIDEMIC_N_LATENT_OUTPUTS)

static double
controlled (const UsSimulator *self,
            const double      *theta)
{
  return theta[R0] * theta[CONTROL];
}

static const UsParameter parameters[P] = {
  [R0] = US_EPIDEMIC_R0,
  [LATENT] = US_EPIDEMIC_LATENT,
  [INFECTIOUS] = US_EPIDEMIC_INFECTIOUS,
  [INITIAL] = US_EPIDEMIC_INITIAL,
  [INTRODUCTION] = US_EPIDEMIC_INTRODUCTION,
  [CONTROL] = US_EPIDEMIC_CONTROL,
  [CONTROL_DAY] = US_EPIDEMIC_CONTROL_DAY,
  [POPULATION] = US_EPIDEMIC_POPULATION,
};

static const UsOutput outputs[] = { US_EPIDEMIC_OUTPUTS (FALSE), US_EPIDEMIC_LATENT_OUTPUTS (FALSE) };
static const UsOutput chain_outputs[] = { US_EPIDEMIC_OUTPUTS (TRUE), US_EPIDEMIC_LATENT_OUTPUTS (TRUE) };

static const UsDerived derived[] = {
  US_EPIDEMIC_DERIVED (seir_control),
  { "controlled", N_("Reproduction number under control"), "R₁", "", FALSE, controlled },
};

const UsSimulator us_simulator_seir_control = {
  .id = "seir-control",
  .version = 1,
  .title = N_("SEIR epidemic under control"),
  .summary = N_("As SEIR, with fewer contacts from some day on: a lockdown, or a disease that people learn to avoid."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = US_EPIDEMIC_N_LATENT_OUTPUTS,
  .run = seir_control_run,
  .run_at = seir_control_run_at,
  .accepts = seir_control_accepts,
  .constraint = US_EPIDEMIC_CONSTRAINT,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};

const UsSimulator us_simulator_seir_control_chain = {
  .id = "seir-control-chain",
  .version = 1,
  .title = N_("SEIR epidemic under control by chance"),
  .summary = N_("The SEIR epidemic of single people with fewer contacts from some day on."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = chain_outputs,
  .n_outputs = US_EPIDEMIC_N_LATENT_OUTPUTS,
  .run = seir_control_chain_run,
  .run_at = seir_control_chain_run_at,
  .accepts = seir_control_accepts,
  .constraint = US_EPIDEMIC_CONSTRAINT,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
