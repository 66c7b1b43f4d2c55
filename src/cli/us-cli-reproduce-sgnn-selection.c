/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Part “selection”: which mechanism made a curve, by a network, by AIC, AICc, BIC of fits, and by the exact evidence. */
#include "config.h"

#include "us-cli-reproduce-sgnn-private.h"
#include "us-selection-evidence.h"

#include <math.h>
#include <string.h>

/* K mechanisms. */

typedef struct
{
  const char *id;               /* of tables and figures: a word */
  const char *title;
  const char *story;
  gsize       n_ids;
  const char *ids[4];
  const char *priors[8];        /* NULL-terminated */
  gsize       rows, quick_rows; /* of the training */
  gsize       fitted, quick_fitted;
  gboolean    wanted;           /* half of AIC's errors */
} Question;

#define GROWTH_AT   "@0,2,4,6,8,10+multiplicative"
#define EPIDEMIC_AT "@0,3,6,9,12,15,18,21+negative-binomial"

static const Question questions[] = {
  { "growth", "Growth of a known strain",
    "Exponential, logistic or Gompertz growth, measured at 0, 2, … 10 hours with multiplicative noise of 2 to 50 %. Start, rate and capacity are known "
    "to 15 % from earlier cultures (log-normal, medians 15, 0.30 per hour, 490): the network and the evidence are told, AIC and its like have no "
    "place for it.",
    3, { "growth-exponential" GROWTH_AT, "growth-logistic" GROWTH_AT, "growth-gompertz" GROWTH_AT },
    { "N0=log-normal:2.7:0.15", "r=log-normal:-1.2:0.15", "K=log-normal:6.2:0.15", NULL }, 60000, 8000, 200, 40, TRUE },
  { "epidemic-known", "Curves of an epidemic that is known",
    "SIR, SEIR or SIRS in a population of 763: new cases of the day at days 0, 3, … 21, negative binomial of size 10 to 100. It began in the week before; R₀ is "
    "log-uniform from 2 to 6; the periods are known to 15 %: infectious 3 days, latent 3 days, immune 15 days.",
    3, { "sir" EPIDEMIC_AT, "seir" EPIDEMIC_AT, "sirs" EPIDEMIC_AT },
    { "infectious=log-normal:1.0986:0.15", "latent=log-normal:1.0986:0.15", "immunity=log-normal:2.708:0.15", "R0=log-uniform:2:6",
      "introduction=uniform:-7:0", "dispersion=log-uniform:10:100", NULL }, 60000, 8000, 100, 15, TRUE },
  { "epidemic", "Early curves of an epidemic",
    "SIR, SEIR or SIRS in a population of 763: new cases of the day at days 0, 3, … 21, negative binomial. R₀, the first cases and their day are wide; the periods "
    "are known to 15 %: infectious 3 days, latent 3 days, immune 15 days.",
    3, { "sir" EPIDEMIC_AT, "seir" EPIDEMIC_AT, "sirs" EPIDEMIC_AT },
    { "infectious=log-normal:1.0986:0.15", "latent=log-normal:1.0986:0.15", "immunity=log-normal:2.708:0.15", NULL }, 60000, 8000, 100, 15, TRUE },
  { "growth-wide", "Growth of an unknown strain",
    "The same three laws with the simulators’ own, wide priors. Here even the best possible choice is wrong so often that no classifier can halve "
    "AIC’s errors: what helps is knowledge.",
    3, { "growth-exponential" GROWTH_AT, "growth-logistic" GROWTH_AT, "growth-gompertz" GROWTH_AT },
    { NULL }, 30000, 5000, 200, 30, FALSE },
};

static void
on_fitted (gsize    done,
           gsize    count,
           gpointer data)
{
  us_sgnn_progress (data, "%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " observations fitted", done, count);
}

static gboolean
add_table (UsSgnn                    *self,
           const Question            *question,
           const UsSelectionEvidence *evidence,
           GError                   **error)
{
  static const UsReportColumn columns[] = {
    { "chosen by", FALSE }, { "curves", TRUE }, { "wrong, %", TRUE }, { "±", TRUE }, { "log loss", TRUE }, { "calibration error", TRUE },
    { "p: errs as often as the network", TRUE },
  };
  g_autofree char *id = g_strdup_printf ("selection-%s", question->id);
  g_autofree char *caption = g_strdup_printf ("%s. No choice can be wrong less often than in %.1f %% of the fitted curves (by the evidences), "
                                              "nor have a log loss below %.3f. Calibration error: mean of |stated − true share|.", question->title,
                                              100 * evidence->bayes_error, evidence->bayes_log_loss);

  us_sgnn_table_begin (self, id, caption, G_N_ELEMENTS (columns), columns);
  for (int c = -1; c < (evidence->no_fits == NULL ? US_N_CHOOSERS : 0); c++)
    {
      const UsSelection *score = c < 0 ? evidence->network : evidence->scores[c];
      g_autofree char *name = g_strdup_printf ("%s.error.%s", question->id, c < 0 ? "network_all" : us_chooser_id (c));

      us_sgnn_cell (self, US_REPORT_PLAIN, "%s", c < 0 ? "network, all" : us_chooser_name (c));
      us_sgnn_value (self, (double) score->n_rows, 0);
      us_sgnn_value (self, 100 * score->error_rate, 1);
      us_sgnn_value (self, 100 * score->error_sd, 1);
      us_sgnn_value (self, score->log_loss, 3);
      us_sgnn_value (self, score->calibration_error, 3);
      us_sgnn_rough (self, c <= US_CHOOSER_NETWORK ? NAN : evidence->p_same[c]);
      us_sgnn_number (self, name, score->error_rate);
    }
  return us_sgnn_table_end (self, error);
}

static gboolean
add_figure (UsSgnn                    *self,
            const Question            *question,
            const UsSelectionEvidence *evidence,
            GError                   **error)
{
  g_autofree char *id = g_strdup_printf ("selection-%s", question->id);
  g_autofree char *caption = g_strdup_printf ("%s: what was taken for what, by the network (of the fitted curves) and by AIC; and how often choices are "
                                              "right against how sure they were.", question->title);
  UsPlot *plots[3] = { us_selection_plot_confusion (evidence, US_CHOOSER_NETWORK), NULL, NULL };
  gsize n = 1;

  if (evidence->no_fits == NULL)
    plots[n++] = us_selection_plot_confusion (evidence, US_CHOOSER_AIC);
  plots[n++] = us_selection_plot_reliability (evidence);
  return us_sgnn_figure (self, id, caption, caption, n, plots, n, 384, 380, TRUE, error);
}

static gboolean
ask (UsSgnn         *self,
     const Question *question,
     GError        **error)
{
  g_autofree char *name = g_strdup_printf ("selection-%s", question->id);
  g_autofree char *bayes = g_strdup_printf ("%s.bayes_error", question->id), *want = NULL, *want_bayes = NULL;
  gsize rows = us_sgnn_rows (self, question->rows, question->quick_rows);
  const UsSelectionConfig config = {
    .n_rows = us_sgnn_count (self, 10000, 4000, 200), .n_fitted = us_sgnn_count (self, question->fitted, question->quick_fitted, 6),
    .seed = self->seed + 1, .n_workers = self->n_workers, .progress = on_fitted, .data = self,
  };
  g_autoptr(UsPredictor) model = us_sgnn_predictor (self, name, US_TASK_SELECTION, US_HEAD_CLASSES, question->n_ids, question->ids,
                                                    question->priors, rows, error);
  g_autoptr(UsSelectionEvidence) evidence = model != NULL ? us_selection_evidence_new (model, &config, self->cancellable, error) : NULL;
  double network, aic;

  if (evidence == NULL)
    return FALSE;
  us_sgnn_heading (self, question->title);
  us_sgnn_say (self, "%s The network has seen %" G_GSIZE_FORMAT " simulations.", question->story, rows);
  if (evidence->no_fits != NULL)
    us_sgnn_notice (self, "Without fits to compare: %s", evidence->no_fits);
  else
    {
      network = evidence->scores[US_CHOOSER_NETWORK]->error_rate;
      aic = evidence->scores[US_CHOOSER_AIC]->error_rate;
      us_sgnn_number (self, bayes, evidence->bayes_error);
      if (evidence->n_uncertain > 0)
        us_sgnn_say (self, "Of %" G_GSIZE_FORMAT " of the fitted curves some evidence is uncertain.", evidence->n_uncertain);
      if (question->wanted)
        {
          want = g_strdup_printf ("%s: network’s errors over AIC’s, same curves", question->title);
          want_bayes = g_strdup_printf ("%s: network’s error, all curves, over the least possible, by the evidences of the fitted", question->title);
          us_sgnn_want (self, want, network / aic, 2, US_WANT_AT_MOST, 0.5);
          us_sgnn_want (self, want_bayes, evidence->network->error_rate / evidence->bayes_error, 2, US_WANT_AT_MOST, 1.1);
        }
      us_sgnn_in_short (self, "Choice of mechanism, %s: the network is wrong in %.1f %% of curves (%.1f %% of all %" G_GSIZE_FORMAT "), AIC in %.1f %%, the exact "
                        "evidence in %.1f %%.", question->title, 100 * network, 100 * evidence->network->error_rate, evidence->network->n_rows, 100 * aic,
                        100 * evidence->scores[US_CHOOSER_EVIDENCE]->error_rate);
    }
  return add_table (self, question, evidence, error) && add_figure (self, question, evidence, error);
}

gboolean
us_sgnn_part_selection (UsSgnn  *self,
                        GError **error)
{
  us_sgnn_say (self, "A classifier over simulators, beside maximum-likelihood fits of each candidate and the exact evidence (importance sampling): all on the same "
               "curves, whose mechanism is known; candidates are equally likely. What the evidence makes of the prior is Bayes’ own choice, "
               "which no other can better on average; few curves are fitted, so that shares are uncertain by what stands behind ±.");
  for (gsize i = 0; i < G_N_ELEMENTS (questions); i++)
    if (!ask (self, &questions[i], error))
      return FALSE;
  return TRUE;
}
