/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-evidence-tables.h"

#include "us-quantity.h"

#include <glib/gi18n.h>
#include <math.h>

#define NONE "–"

/* Texts of a table, row by row; each is owned. */
static void
take (GPtrArray *cells,
      char      *text)
{
  g_ptr_array_add (cells, text);
}

static void
add (GPtrArray  *cells,
     const char *text)
{
  take (cells, g_strdup (text));
}

static void
add_number (GPtrArray *cells,
            double     value,
            int        decimals)
{
  if (!isfinite (value))
    add (cells, NONE);
  else if (value < 0 && fabs (value) >= 0.5 * pow (10, -decimals))
    take (cells, g_strdup_printf ("\u2212%.*f", decimals, -value));
  else
    take (cells, g_strdup_printf ("%.*f", decimals, fabs (value)));
}

static void
add_percent (GPtrArray *cells,
             double     share,
             int        decimals)
{
  take (cells, isfinite (share) ? g_strdup_printf (_("%.*f %%"), decimals, 100 * share) : g_strdup (NONE));
}

static void
show (UsTable   *table,
      GPtrArray *cells,
      gsize      n_columns)
{
  us_table_set_cells (table, cells->len / n_columns - 1, n_columns, (const char *const *) cells->pdata);
}

/* -- scores ------------------------------------------------------------- */

static void
add_score (GPtrArray  *cells,
           const char *name,
           double      score,
           double      ceiling)
{
  add (cells, name);
  add_number (cells, score, 3);
  add_number (cells, ceiling, 3);
}

static double
ceiling_of (const UsInformation *information)
{
  return information->equivalent != NULL ? information->mig_equivalent : information->mig_truth;
}

static double
mean_coverage (const UsEvaluation *evaluation)
{
  double sum = 0;

  for (gsize p = 0; p < evaluation->n_parameters; p++)
    sum += evaluation->coverage[p] / evaluation->n_parameters;
  return sum;
}

void
us_evidence_fill_scores (UsTable          *table,
                         const UsEvidence *evidence)
{
  const UsEvaluation *evaluation = evidence->evaluation;
  const UsDisentanglement *modulo = evaluation->modulo;
  const UsPublishedScore *published = evidence->published;
  g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);
  gboolean symmetric = evaluation->equivalent != NULL;

  add (cells, _("Score"));
  add (cells, _("This model"));
  add (cells, _("Best possible"));
  add (cells, _("Published model"));
  add (cells, _("Published ground truth"));
  add_score (cells, _("MIG by 20 bins"), evaluation->histogram->mig, ceiling_of (evaluation->histogram));
  add_number (cells, published != NULL ? published->mig : NAN, 2);
  add_number (cells, published != NULL ? published->mig_truth : NAN, 2);
  add_score (cells, _("MIG by Chen et al."), evaluation->chen->mig, ceiling_of (evaluation->chen));
  add (cells, NONE);
  add (cells, NONE);
  if (symmetric)
    {
      add_score (cells, _("MIG modulo symmetry"), modulo->mig, modulo->mig_truth);
      add (cells, NONE);
      add (cells, NONE);
    }
  add_score (cells, _("Accuracy"), modulo->mean_accuracy, 1);
  add (cells, NONE);
  add (cells, NONE);
  add_score (cells, _("Information"), modulo->mean_information, 1);
  add (cells, NONE);
  add (cells, NONE);
  add_score (cells, _("Disentanglement"), modulo->disentanglement, modulo->disentanglement_truth);
  add (cells, NONE);
  add (cells, NONE);
  add_score (cells, _("Intervals that hold"), mean_coverage (evaluation), evaluation->level);
  add (cells, NONE);
  add (cells, NONE);
  if (evaluation->spread != NULL)
    {
      add_score (cells, _("Spread: log score, the lower the better"), evaluation->spread->log_score,
                 evaluation->spread->log_score_truth);
      add (cells, NONE);
      add (cells, NONE);
      add_score (cells, _("Spread: bands that hold"), evaluation->spread->coverage, evaluation->spread->level);
      add (cells, NONE);
      add (cells, NONE);
    }
  show (table, cells, 5);
}

/* -- accuracy ----------------------------------------------------------- */

static void
add_parameter (GPtrArray          *cells,
               const UsEvaluation *evaluation,
               const UsParameter  *parameter,
               gsize               p)
{
  const UsDisentanglement *modulo = evaluation->modulo;

  take (cells, g_strdup_printf ("%s (%s)", _(parameter->label), parameter->symbol));
  add_number (cells, modulo->accuracy[p], 4);
  if (modulo->discrete[p])
    {
      take (cells, g_strdup_printf (_("%.1f %% right"), 100 * modulo->right[p]));
      add (cells, NONE);
      add (cells, NONE);
    }
  else
    {
      take (cells, us_quantity_format (modulo->rmse[p], parameter->unit));
      add_percent (cells, modulo->rmse_share[p], 2);
      add_number (cells, modulo->slope[p], 3);
    }
  add_percent (cells, evaluation->coverage[p], 1);
}

static void
add_derived (GPtrArray            *cells,
             const UsDerivedScore *score,
             const UsDerived      *derived)
{
  take (cells, g_strdup_printf ("%s (%s)", _(derived->label), derived->symbol));
  add_number (cells, score->r2, 4);
  if (derived->logarithmic)
    take (cells, g_strdup_printf (_("%.2g decades"), score->rmse));
  else
    take (cells, us_quantity_format (score->rmse, derived->unit));
  add (cells, NONE);
  add_number (cells, score->slope, 3);
  add (cells, NONE);
}

void
us_evidence_fill_accuracy (UsTable          *table,
                           const UsEvidence *evidence)
{
  const UsEvaluation *evaluation = evidence->evaluation;
  const UsSimulator *simulator = us_simvae_simulator (evidence->model);
  g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);

  add (cells, _("Parameter"));
  add (cells, _("Accuracy (R²)"));
  add (cells, _("RMS error"));
  add (cells, _("Of its range"));
  add (cells, _("Slope"));
  take (cells, g_strdup_printf (_("In its %.0f %% interval"), 100 * evaluation->level));
  for (gsize p = 0; p < evaluation->n_parameters; p++)
    add_parameter (cells, evaluation, &simulator->parameters[p], p);
  for (gsize d = 0; d < evaluation->n_derived; d++)
    add_derived (cells, &evaluation->derived[d], &simulator->derived[d]);
  show (table, cells, 6);
}

/* -- errors ------------------------------------------------------------- */

static void
add_error (GPtrArray  *cells,
           const char *name,
           double      rms,
           double      chance,
           const char *unit)
{
  add (cells, name);
  take (cells, isfinite (rms) ? g_strdup_printf ("%.3g%s%s", rms, *unit != '\0' ? " " : "", unit) : g_strdup (NONE));
  add_percent (cells, rms / chance, 1);
}

void
us_evidence_fill_errors (UsTable          *table,
                         const UsEvidence *evidence)
{
  const UsEvaluation *evaluation = evidence->evaluation;
  const UsOutput *output = &us_simvae_simulator (evidence->model)->outputs[us_simvae_output (evidence->model)];
  const char *unit = output->kind == US_OUTPUT_SERIES && output->channel_info == NULL && output->y_unit != NULL
                     ? output->y_unit : "";
  double chance = evaluation->rms_chance;
  g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);

  add (cells, output->noisy ? _("Now, of the means, on held-out draws") : _("Now, on held-out draws"));
  add (cells, _("RMS error"));
  add (cells, _("Of a wrong answer’s"));
  add_error (cells, us_budget_curve_name (US_BUDGET_DECODER), evaluation->rms_decoder, chance, unit);
  add_error (cells, us_budget_curve_name (US_BUDGET_BOTH), evaluation->rms_both, chance, unit);
  add_error (cells, us_budget_curve_name (US_BUDGET_SIMULATOR), evaluation->rms_simulator, chance, unit);
  if (output->noisy)
    add_error (cells, _("The noise itself"), evaluation->rms_noise, chance, unit);
  show (table, cells, 3);
}

/* -- worst cases -------------------------------------------------------- */

void
us_evidence_fill_worst (UsTable          *table,
                        const UsEvidence *evidence)
{
  const UsSimulator *simulator = us_simvae_simulator (evidence->model);
  g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);

  add (cells, evidence->evaluation->equivalent != NULL ? _("Closest right → answered") : _("True → answered"));
  for (gsize k = 0; k < evidence->n_worst; k++)
    take (cells, g_strdup_printf (_("Case %zu"), k + 1));
  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      const UsParameter *parameter = &simulator->parameters[p];

      take (cells, g_strdup_printf ("%s (%s)", _(parameter->label), parameter->symbol));
      for (gsize k = 0; k < evidence->n_worst; k++)
        {
          const UsWorstCase *worst = &evidence->worst[k];
          const double *closest = evidence->evaluation->modulo->closest + worst->row * simulator->n_parameters;
          g_autofree char *right = us_quantity_format (closest[p], parameter->unit);
          g_autofree char *answer = us_quantity_format (worst->answer[p], parameter->unit);

          take (cells, g_strdup_printf ("%s → %s", right, answer));
        }
    }
  show (table, cells, evidence->n_worst + 1);
}
