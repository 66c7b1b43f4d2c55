/* SPDX-License-Identifier: GPL-3.0-or-later */
/* evaluate, of a classifier of mechanisms: beside AIC, AICc, BIC and the evidence. */
#include "config.h"

#include "us-cli.h"
#include "us-selection-evidence.h"

#include <stdio.h>

static void
on_progress (gsize    done,
             gsize    count,
             gpointer data)
{
  g_autofree char *text = g_strdup_printf ("%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " observations fitted", done, count);

  us_cli_progress (text);
}

static void
print_score (const char        *name,
             const UsSelection *score)
{
  printf ("%-12s %7" G_GSIZE_FORMAT " %9.3f ± %.3f %9.3f %12.3f", name, score->n_rows, score->error_rate, score->error_sd,
          score->log_loss, score->calibration_error);
}

static void
print_words (const UsSelectionEvidence *self,
             const char                *folder)
{
  printf ("%-12s %7s %17s %9s %12s\n", "chosen by", "of", "wrong", "log loss", "calibration");
  print_score ("network", self->network);
  printf ("\n");
  if (self->no_fits == NULL)
    {
      printf ("on the same observations\n");
      for (int c = 0; c < US_N_CHOOSERS; c++)
        {
          print_score (us_chooser_id (c), self->scores[c]);
          printf (c != US_CHOOSER_NETWORK ? "   p = %.3g\n" : "\n", self->p_same[c]);
        }
      printf ("\np: of the network being wrong as often (McNemar).  No choice can be wrong less often than in %.3f of these "
              "cases,\nby the evidences themselves; the least log loss is %.3f.\n", self->bayes_error, self->bayes_log_loss);
    }
  else
    printf ("\nWithout fits to compare: %s\n", self->no_fits);
  if (self->n_uncertain > 0)
    printf ("Of %" G_GSIZE_FORMAT " observations the evidence of some mechanism is uncertain.\n", self->n_uncertain);
  printf ("%s: metrics.json and figures\n", folder);
}

gboolean
us_cli_evaluate_selection (const char   *path,
                           guint64       n_rows,
                           guint64       n_fitted,
                           guint64       seed,
                           guint         n_workers,
                           const char   *folder,
                           gboolean      json,
                           GCancellable *cancellable,
                           GError      **error)
{
  g_autoptr(UsPredictor) model = us_predictor_load (path, error);
  g_autoptr(UsSelectionEvidence) evidence = NULL;
  const UsSelectionConfig config = {
    .n_rows = n_rows, .n_fitted = n_fitted, .seed = seed, .n_workers = n_workers, .progress = on_progress,
  };

  if (model == NULL)
    return FALSE;
  evidence = us_selection_evidence_new (model, &config, cancellable, error);
  us_cli_progress (NULL);
  if (evidence == NULL || !us_selection_evidence_write (evidence, folder, error))
    return FALSE;
  if (json)
    return us_cli_print_metrics (folder, error);
  print_words (evidence, folder);
  return TRUE;
}
