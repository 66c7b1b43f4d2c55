/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-series-setup.h"

#include "us-error.h"
#include "us-file.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* Something at that time counts as observed. */
static gboolean
is_observed (const UsMeasurements *series,
             gsize                 row,
             gboolean              positive)
{
  for (gsize c = 0; c < series->n_columns; c++)
    {
      double value = series->values[row * series->n_columns + c];

      if (!isnan (value) && !(positive && value < 0))
        return TRUE;
    }
  return FALSE;
}

const UsSimulator *
us_series_simulator (const char           *id,
                     const UsMeasurements *series,
                     gboolean              mask_bad,
                     GError              **error)
{
  g_autoptr(GString) timed = NULL;
  const UsSimulator *untimed;
  gsize base = strcspn (id, "+"), n = 0;

  g_return_val_if_fail (series != NULL, NULL);

  if (memchr (id, '@', base) != NULL)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX,
                   _("%s names times of its own: leave them out, or the data"), id);
      return NULL;
    }
  untimed = us_registry_find (id, error);
  if (untimed == NULL)
    return NULL;
  timed = g_string_new_len (id, base);
  for (gsize t = 0; t < series->n_times; t++)
    {
      char buffer[G_ASCII_DTOSTR_BUF_SIZE];

      if (is_observed (series, t, mask_bad && untimed->outputs[0].counts))
        g_string_append_printf (timed, "%c%s", n++ == 0 ? '@' : ',', us_dtoa (buffer, series->times[t]));
    }
  if (n == 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE, _("%s: nothing was observed at any of its %zu times"),
                   series->origin, series->n_times);
      return NULL;
    }
  g_string_append (timed, id + base);
  return us_registry_find (timed->str, error);
}

UsPrior *
us_series_prior (const UsSimulator  *instance,
                 const UsPrior      *known,
                 GError            **error)
{
  const UsSimulator *from = us_prior_simulator (known);
  g_autofree UsDistribution *distributions = g_new (UsDistribution, instance->n_parameters);
  gboolean changed = FALSE;

  for (gsize p = 0; p < instance->n_parameters; p++)
    {
      const UsParameter *mine = &instance->parameters[p];
      gssize theirs = us_simulator_parameter_index (from, mine->name);

      distributions[p] = mine->prior;
      if (theirs < 0 || from->parameters[theirs].lower != mine->lower || from->parameters[theirs].upper != mine->upper
          || us_distribution_equal (us_prior_distribution (known, (gsize) theirs), &from->parameters[theirs].prior))
        continue;
      distributions[p] = *us_prior_distribution (known, (gsize) theirs);
      changed = TRUE;
    }
  return changed ? us_prior_new (instance, distributions, error) : us_prior_new_default (instance);
}

char *
us_series_prior_options (const UsPrior *prior)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  GString *text = g_string_new (NULL);

  for (gsize p = 0; p < simulator->n_parameters; p++)
    if (!us_distribution_equal (us_prior_distribution (prior, p), &simulator->parameters[p].prior))
      {
        g_autofree char *distribution = us_distribution_to_string (us_prior_distribution (prior, p));

        g_string_append_printf (text, " --prior %s=%s", simulator->parameters[p].name, distribution);
      }
  return g_string_free (text, FALSE);
}
