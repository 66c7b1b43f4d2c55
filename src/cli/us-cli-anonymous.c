/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-cli.h"

#include "us-evaluate-anonymous.h"

#include <math.h>
#include <stdio.h>

gboolean
us_cli_evaluate_anonymous (UsSimvae               *model,
                           const UsEvaluateConfig *config,
                           GCancellable           *cancellable,
                           const char             *folder,
                           gboolean                json,
                           GError                **error)
{
  const UsSimulator *simulator = us_simvae_simulator (model);
  g_autoptr(UsAnonymousEvaluation) self = us_evaluate_anonymous (model, config, cancellable, error);

  if (self == NULL || !us_anonymous_evaluation_write (self, model, folder, error))
    return FALSE;
  if (json)
    return us_cli_print_metrics (folder, error);

  printf ("Latents without names: what they tell of each parameter, in nats\n\n%-10s", "");
  for (gsize l = 0; l < self->n_latents; l++)
    printf (" latent %-2" G_GSIZE_FORMAT, l + 1);
  printf (" %9s %9s\n", "entropy", "R² of all");
  for (gsize p = 0; p < self->n_factors; p++)
    {
      printf ("%-10s", simulator->parameters[p].name);
      for (gsize l = 0; l < self->n_latents; l++)
        printf (" %9.4f", self->histogram->information[l * self->n_factors + p]);
      printf (" %9.4f", self->histogram->entropy[p]);
      if (isfinite (self->told[p]))
        printf (" %9.5f\n", self->told[p]);
      else
        printf (" %9s\n", "–");
    }
  printf ("\n%-32s %9s %9s\n", "mutual-information gap", "latents", "V itself");
  printf ("%-32s %9.4f %9.4f\n", "means, 20 bins", self->histogram->mig, self->histogram->mig_truth);
  printf ("%-32s %9.4f %9.4f\n", "Chen et al. 2018", self->chen->mig, self->chen->mig_truth);
  printf ("\n%" G_GSIZE_FORMAT " pairs\nRMS error of the output: decoder after encoder %.5g\n", self->n_pairs, self->rms_both);
  return TRUE;
}
