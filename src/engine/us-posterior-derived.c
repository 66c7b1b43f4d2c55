/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quantities that follow from the parameters: of draws, and as targets. */
#include "config.h"

#include "us-posterior-private.h"

#include <math.h>

/* Q parameters of the simulator, D quantities that it derives, P targets. */

double
us_posterior_target_value (const UsSimulator *simulator,
                           gsize              target,
                           const double      *theta)
{
  return target < simulator->n_parameters ? theta[target]
         : simulator->derived[target - simulator->n_parameters].value (simulator, theta);
}

/* Which of the targets a parameter of the simulator is; -1: none. */
static gssize
target_of (const UsPosterior *self,
           gsize              parameter)
{
  for (gsize p = 0; p < self->n_parameters; p++)
    if (self->coordinates[p].parameter == parameter)
      return (gssize) p;
  return -1;
}

gsize
us_posterior_n_derived (const UsPosterior *self)
{
  const UsSimulator *simulator = us_posterior_simulator (self);

  if (simulator == NULL)
    return 0;
  for (gsize q = 0; q < simulator->n_parameters; q++)
    if (target_of (self, q) < 0 && us_prior_distribution (self->prior, q)->kind != US_DISTRIBUTION_FIXED)
      return 0;
  return simulator->n_derived;
}

void
us_posterior_derive (const UsPosterior *self,
                     gsize              n,
                     const double      *theta,
                     double            *derived)
{
  const UsSimulator *simulator = us_posterior_simulator (self);
  double all[US_MAX_PARAMETERS];

  g_return_if_fail (us_posterior_n_derived (self) > 0);

  for (gsize q = 0; q < simulator->n_parameters; q++)
    all[q] = us_prior_distribution (self->prior, q)->a;        /* where it is fixed */
  for (gsize i = 0; i < n; i++)
    {
      for (gsize p = 0; p < self->n_parameters; p++)
        if (self->coordinates[p].parameter < simulator->n_parameters)
          all[self->coordinates[p].parameter] = theta[i * self->n_parameters + p];
      for (gsize d = 0; d < simulator->n_derived; d++)
        derived[i * simulator->n_derived + d] = simulator->derived[d].value (simulator, all);
    }
}

void
us_posterior_targets (const UsPosterior *self,
                      gsize              n,
                      const double      *theta,
                      double            *targets)
{
  const UsSimulator *simulator = us_posterior_simulator (self);

  g_return_if_fail (simulator != NULL);

  for (gsize i = 0; i < n; i++)
    for (gsize p = 0; p < self->n_parameters; p++)
      targets[i * self->n_parameters + p] = us_posterior_target_value (simulator, self->coordinates[p].parameter,
                                                                       theta + i * simulator->n_parameters);
}
