/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-mechanism-setup.h"

#include "us-error.h"
#include "us-series-setup.h"

#include <glib/gi18n.h>
#include <math.h>

void
us_mechanism_setup_free (UsMechanismSetup *self)
{
  g_ptr_array_unref (self->priors);
  g_free (self->x);
  g_free (self);
}

const UsOutput *
us_mechanism_setup_observed (const UsMechanismSetup *self)
{
  return &us_prior_simulator (self->priors->pdata[0])->outputs[self->output];
}

gssize
us_mechanism_shared_output (const UsSimulator *simulator,
                            guint              output,
                            const UsSimulator *other)
{
  const UsOutput *mine = &simulator->outputs[output];

  for (gsize i = 0; i < other->n_outputs; i++)
    {
      const UsOutput *its = &other->outputs[i];

      if (g_str_equal (its->id, mine->id) && its->kind == mine->kind && its->channels == mine->channels
          && g_strcmp0 (its->x_unit, mine->x_unit) == 0 && g_strcmp0 (its->y_unit, mine->y_unit) == 0)
        return (gssize) i;
    }
  return -1;
}

/* --- the simulators ---------------------------------------------------------------- */

/* Noise, times and another output than the first make another simulator of it; a posterior can do without them. */
static gboolean
wants_instance (const UsMechanismAsked *asked)
{
  return asked->series != NULL || asked->stages != NULL || asked->kind != US_LEARNING_POSTERIOR;
}

static const UsSimulator *
make_instance (const UsMechanismAsked *asked,
               const UsSimulator      *base,
               gsize                   output,
               UsMechanismPlace       *where,
               GError                **error)
{
  g_autofree char *id = output > 0 ? g_strdup_printf ("%s:%s", base->id, base->outputs[output].id) : g_strdup (base->id);
  g_autofree char *noisy = asked->stages != NULL ? g_strdup_printf ("%s+%s", id, asked->stages) : NULL;
  const UsSimulator *instance;

  /* Without the noise first: what fails then is not its fault. */
  *where = asked->series != NULL ? US_MECHANISM_DATA : US_MECHANISM_TASK;
  instance = asked->series != NULL ? us_series_simulator (id, asked->series, asked->mask_bad, error)
                                   : us_registry_find (id, error);
  if (instance == NULL || noisy == NULL)
    return instance;
  *where = US_MECHANISM_NOISE;
  return asked->series != NULL ? us_series_simulator (noisy, asked->series, asked->mask_bad, error)
                               : us_registry_find (noisy, error);
}

static gboolean
add_prior (UsMechanismSetup       *self,
           const UsMechanismAsked *asked,
           UsPrior                *known,
           gsize                   output,
           UsMechanismPlace       *where,
           GError                **error)
{
  const UsSimulator *instance = make_instance (asked, us_prior_simulator (known), output, where, error);
  UsPrior *prior;

  if (instance == NULL)
    return FALSE;
  *where = US_MECHANISM_TASK;
  prior = us_series_prior (instance, known, error);
  if (prior == NULL)
    return FALSE;
  g_ptr_array_add (self->priors, prior);
  return TRUE;
}

static gboolean
add_others (UsMechanismSetup       *self,
            const UsMechanismAsked *asked,
            UsMechanismPlace       *where,
            GError                **error)
{
  if (asked->n_others == 0)
    {
      *where = US_MECHANISM_TASK;
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING, _("Choose at least one other mechanism to compare with."));
      return FALSE;
    }
  for (gsize i = 0; i < asked->n_others; i++)
    {
      g_autoptr(UsPrior) prior = us_prior_new_default (asked->others[i]);
      gssize output = us_mechanism_shared_output (us_prior_simulator (asked->prior), asked->output, asked->others[i]);

      if (!add_prior (self, asked, prior, (gsize) MAX (output, 0), where, error))
        return FALSE;
    }
  return TRUE;
}

/* --- data and task ------------------------------------------------------------------ */

static gboolean
lay_data (UsMechanismSetup       *self,
          const UsMechanismAsked *asked,
          UsMechanismPlace       *where,
          GError                **error)
{
  const UsOutput *output = us_mechanism_setup_observed (self);
  gsize n = us_output_n_values (output);

  *where = US_MECHANISM_DATA;
  self->x = g_new (float, n);
  if (!us_measurements_to_output (asked->series, output, 1, asked->mask_bad, self->x, error))
    return FALSE;
  for (gsize i = 0; i < n; i++)
    self->n_observed += !isnan (self->x[i]);
  self->gaps = 1 - (double) self->n_observed / n;
  return TRUE;
}

/* What the engine would refuse later is refused now. */
static gboolean
check_task (const UsMechanismSetup *self,
            const UsMechanismAsked *asked,
            GError                **error)
{
  const UsTaskConfig config = { .kind = asked->kind == US_LEARNING_SELECTION ? US_TASK_SELECTION
                                        : asked->kind == US_LEARNING_FORECAST ? US_TASK_FORECAST : US_TASK_QUANTITIES,
                                .priors = (UsPrior *const *) self->priors->pdata, .n_priors = self->priors->len,
                                .hidden = asked->hidden, .horizon = asked->horizon };
  g_autoptr(UsTask) task = us_task_new (&config, error);

  return task != NULL;
}

UsMechanismSetup *
us_mechanism_setup_new (const UsMechanismAsked *asked,
                        UsMechanismPlace       *where,
                        GError                **error)
{
  g_autoptr(UsMechanismSetup) self = g_new0 (UsMechanismSetup, 1);
  const UsSimulator *base = us_prior_simulator (asked->prior);

  self->priors = g_ptr_array_new_with_free_func ((GDestroyNotify) us_prior_unref);
  *where = US_MECHANISM_TASK;
  if (!wants_instance (asked))
    {
      self->output = asked->output;
      g_ptr_array_add (self->priors, us_prior_ref (asked->prior));
      return g_steal_pointer (&self);
    }
  if (base->outputs[asked->output].kind != US_OUTPUT_SERIES)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                   _("“%s” is a picture; this is learnt of series over time. Choose a mechanism on the page Simulator."),
                   _(base->outputs[asked->output].label));
      return NULL;
    }
  if (!add_prior (self, asked, asked->prior, asked->output, where, error)
      || (asked->kind == US_LEARNING_SELECTION && !add_others (self, asked, where, error))
      || (asked->series != NULL && !lay_data (self, asked, where, error)))
    return NULL;
  *where = US_MECHANISM_TASK;
  if (asked->kind != US_LEARNING_POSTERIOR && !check_task (self, asked, error))
    return NULL;
  return g_steal_pointer (&self);
}
