/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The classical choice of mechanism, beside the network's: which fits best, for how many parameters it has. */
#include "config.h"

#include "us-mechanism-results.h"

#include "us-mechanism-task.h"

/* K mechanisms, V values. */

void
us_mechanism_fits_free (UsMechanismFits *self)
{
  if (self == NULL)
    return;
  for (gsize k = 0; k < self->n_classes; k++)
    {
      us_fit_free (self->fit[k]);
      g_free (self->why[k]);
    }
  g_free (self->fit);
  g_free (self->why);
  g_free (self);
}

UsMechanismFits *
us_mechanism_fits_new (const UsPredictor  *predictor,
                       const float        *x,
                       void              (*progress) (double fraction, gpointer data),
                       gpointer            data,
                       GCancellable       *cancellable,
                       GError            **error)
{
  g_autoptr(GPtrArray) priors = us_mechanism_priors_new (predictor, error);
  g_autoptr(UsMechanismFits) self = NULL;
  gsize V = us_predictor_n_values (predictor);
  g_autofree double *observed = NULL;

  if (priors == NULL)
    return NULL;
  self = g_new0 (UsMechanismFits, 1);
  self->n_classes = priors->len;
  self->fit = g_new0 (UsFit *, priors->len);
  self->why = g_new0 (char *, priors->len);
  observed = g_new (double, V);
  for (gsize v = 0; v < V; v++)
    observed[v] = x[v];
  for (gsize k = 0; k < priors->len; k++)
    {
      const UsFitOptions options = { .seed = 1 };
      g_autoptr(GError) own = NULL;

      if (progress != NULL)
        progress ((double) k / priors->len, data);
      self->fit[k] = us_fit_new (priors->pdata[k], observed, &options, cancellable, &own);
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      if (self->fit[k] == NULL)
        self->why[k] = g_strdup (own->message);
    }
  return g_steal_pointer (&self);
}
