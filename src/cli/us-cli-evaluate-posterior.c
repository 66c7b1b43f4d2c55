/* SPDX-License-Identifier: GPL-3.0-or-later */
/* evaluate, of a posterior: calibration, coverage, recovery on simulations that it has not seen. */
#include "config.h"

#include "us-cli.h"
#include "us-posterior-evidence.h"

#include <stdio.h>

/* Q quantities. */

static void
on_progress (gsize    done,
             gsize    count,
             gpointer data)
{
  g_autofree char *text = g_strdup_printf ("%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " simulations", done, count);

  us_cli_progress (text);
}

static void
print_words (const UsPosteriorEvidence *self,
             const char                *folder)
{
  const UsSbc *sbc = self->sbc;
  g_autofree char *together = us_sbc_words (sbc, sbc->density);

  printf ("%" G_GSIZE_FORMAT " simulations, %" G_GSIZE_FORMAT " samples of the posterior each\n\n", sbc->n_simulations,
          sbc->n_samples);
  printf ("%-16s %9s %9s %9s %9s %9s  %s\n", "quantity", "R2", "contract", "cover 50", "cover 90", "cover 95", "calibration");
  for (gsize q = 0; q < self->n_quantities; q++)
    {
      const UsSbcRanks *ranks = &sbc->ranks[q];
      g_autofree char *words = us_sbc_words (sbc, ranks);

      printf ("%-16s %9.3f %9.3f %9.3f %9.3f %9.3f  %s\n", self->quantities[q].name, sbc->recovery[q].r2,
              sbc->recovery[q].mean_contraction, us_sbc_coverage (sbc, ranks, 0.5), us_sbc_coverage (sbc, ranks, 0.9),
              us_sbc_coverage (sbc, ranks, 0.95), words);
    }
  printf ("%-16s %9s %9s %9.3f %9.3f %9.3f  %s\n", "all together", "", "", us_sbc_coverage (sbc, sbc->density, 0.5),
          us_sbc_coverage (sbc, sbc->density, 0.9), us_sbc_coverage (sbc, sbc->density, 0.95), together);
  printf ("\nAll verdicts together are wrong in at most %.0f %% of cases; coverage of a parameter is of central intervals, of\n"
          "all together of regions of highest density.  Logarithms where quantities span decades.\n", 100 * (1 - sbc->level));
  if (self->n_cases > 0)
    printf ("Bands of what is predicted hold %.0f and %.0f %% of the values of %" G_GSIZE_FORMAT
            " observations; 50 and 90, or\nsomewhat more, are right: the posterior has seen those values.\n",
            100 * self->inside[0], 100 * self->inside[1], self->n_cases);
  if (sbc->n_left_out > 0)
    printf ("%" G_GSIZE_FORMAT " simulations were left out: values that are not finite, first in row %" G_GSIZE_FORMAT ".\n",
            sbc->n_left_out, sbc->first_left_out);
  printf ("%s: metrics.json, recovery.csv and figures\n", folder);
}

gboolean
us_cli_evaluate_posterior (const char   *path,
                           const char   *bank,
                           guint64       n_simulations,
                           guint64       seed,
                           guint         n_workers,
                           const char   *folder,
                           gboolean      json,
                           GCancellable *cancellable,
                           GError      **error)
{
  g_autoptr(UsPosterior) model = us_posterior_load (path, error);
  g_autoptr(UsPosteriorEvidence) evidence = NULL;
  const UsPosteriorEvidenceConfig config = {
    .n_simulations = n_simulations, .seed = seed, .bank = bank, .n_workers = n_workers, .progress = on_progress,
  };

  if (model == NULL)
    return FALSE;
  evidence = us_posterior_evidence_new (model, &config, cancellable, error);
  us_cli_progress (NULL);
  if (evidence == NULL || !us_posterior_evidence_write (evidence, folder, error))
    return FALSE;
  if (json)
    return us_cli_print_metrics (folder, error);
  print_words (evidence, folder);
  return TRUE;
}
