/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "standard-tasks.h"

#include "us-npy.h"
#include "us-prior.h"

#include <math.h>
#include <string.h>

static const StandardTask *const tasks[] = {
  &standard_task_gaussian_linear,
  &standard_task_two_moons,
  &standard_task_slcp,
  &standard_task_sir,
};

const StandardTask *const *
standard_task_list (gsize *n)
{
  *n = G_N_ELEMENTS (tasks);
  return tasks;
}

const StandardTask *
standard_task_find (const char *id)
{
  for (gsize i = 0; i < G_N_ELEMENTS (tasks); i++)
    if (strcmp (tasks[i]->simulator->id, id) == 0)
      return tasks[i];
  return NULL;
}

gsize
standard_task_n_values (const StandardTask *self)
{
  return us_output_n_values (&self->simulator->outputs[0]);
}

void
standard_task_observation (const StandardTask *self,
                           guint               k,
                           float              *x)
{
  gsize n = standard_task_n_values (self);

  g_assert (k >= 1);
  if (k <= self->n_published)
    memcpy (x, self->published + (k - 1) * n, n * sizeof *x);
  else
    {
      g_autoptr(UsPrior) prior = us_prior_new_default (self->simulator);
      g_autofree double *theta = g_new (double, self->simulator->n_parameters);
      gboolean done = us_simulate_rows (prior, 0, 1000000 + k, 0, 1, theta, x, NULL);

      g_assert (done);
    }
}

gboolean
standard_task_write_bank (const StandardTask *self,
                          guint64             count,
                          guint64             seed,
                          const char         *path,
                          GError            **error)
{
  const char *const names[] = { "theta", "x" };
  const gsize theta_shape[] = { count, self->simulator->n_parameters };
  const gsize x_shape[] = { count, standard_task_n_values (self) };
  g_autoptr(UsPrior) prior = us_prior_new_default (self->simulator);
  g_autoptr(UsArray) theta = us_array_new (US_DTYPE_F64, 2, theta_shape);
  g_autoptr(UsArray) x = us_array_new (US_DTYPE_F32, 2, x_shape);
  UsArray *arrays[] = { theta, x };

  return us_simulate_rows (prior, 0, seed, 0, count, theta->data, x->data, error)
         && us_npz_write (path, G_N_ELEMENTS (arrays), names, arrays, FALSE, error);
}

double
standard_task_log_prior (const UsSimulator *simulator,
                         const double      *theta)
{
  double total = 0;

  for (gsize i = 0; i < simulator->n_parameters; i++)
    {
      const UsParameter *parameter = &simulator->parameters[i];
      const UsDistribution *prior = &parameter->prior;

      if (!(theta[i] >= parameter->lower && theta[i] <= parameter->upper))
        return -INFINITY;
      if (prior->kind == US_DISTRIBUTION_NORMAL)
        total -= 0.5 * pow ((theta[i] - prior->a) / prior->b, 2);
      else if (prior->kind == US_DISTRIBUTION_LOG_NORMAL)
        total -= 0.5 * pow ((log (theta[i]) - prior->a) / prior->b, 2) + log (theta[i]);
      else
        g_assert (prior->kind == US_DISTRIBUTION_UNIFORM);
    }
  return total;
}
