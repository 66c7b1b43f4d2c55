/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a posterior, or a choice of mechanism, is to be believed. */
#include "config.h"

#include "us-mechanism-verdicts.h"

#include "us-quantity.h"
#include "us-sbc-plots.h"

#include <glib/gi18n.h>
#include <math.h>

/* Q quantities, K mechanisms. */

#define SQUARE_HEIGHT 340
#define RANKS_HEIGHT  260
#define CASE_HEIGHT   240
#define MOST_CASES    4
#define MOST_CHARTS   12        /* quantities that have figures of their own */
#define CLEARLY       0.15      /* wider, narrower, or off the mass claimed, from which on intervals mislead */
#define SHIFTED       0.2       /* posterior standard deviations, likewise */
#define BEYOND        3.0       /* z-scores that are not chance */

static char *
per_cent (double share)
{
  return isnan (share) ? g_strdup ("–") : g_strdup_printf (_("%.1f %%"), 100 * share);
}

static char *
number (double value)
{
  return isfinite (value) ? g_strdup_printf ("%.3f", value) : g_strdup ("–");
}

/* --- a posterior --------------------------------------------------------------------------- */

/* How far regions of some mass are from holding the truth as often. */
static double
most_off (const UsSbc      *sbc,
          const UsSbcRanks *ranks)
{
  double most = 0;

  for (gsize k = 0; k < sbc->band->n_points; k++)
    most = MAX (most, fabs ((double) ranks->covered[k] / sbc->band->n - sbc->band->z[k]));
  return most;
}

/* A fault that misleads, beside one that only many simulations show. */
static gboolean
is_grave (const UsSbc      *sbc,
          const UsSbcRanks *ranks)
{
  if (ranks->verdict == US_SBC_OTHER || (ranks == sbc->density && ranks->verdict != US_SBC_FINE))
    return most_off (sbc, ranks) > CLEARLY;
  return (ranks->verdict & (US_SBC_TOO_LOW | US_SBC_TOO_HIGH) && fabs (ranks->shift) >= SHIFTED)
         || (ranks->verdict & US_SBC_OVER_CONFIDENT && ranks->narrowness >= 1 + CLEARLY)
         || (ranks->verdict & US_SBC_UNDER_CONFIDENT && ranks->narrowness <= 1 - CLEARLY);
}

static const char *
posterior_sentence (UsSbcVerdict verdict,
                    gboolean     grave)
{
  if (verdict == US_SBC_FINE)
    return _("Nothing speaks against this posterior: its intervals hold the truth as often as they say.");
  if (!grave)
    return _("This posterior is slightly off: to be believed, but not to the last digit.");
  if (verdict & US_SBC_OVER_CONFIDENT)
    return _("This posterior is over-confident: its intervals hold the truth less often than they say. Train it on more "
             "simulations, or longer, before it is believed.");
  if (verdict & (US_SBC_TOO_LOW | US_SBC_TOO_HIGH))
    return _("This posterior is biased: its answers lie to one side of the truth. Train it on more simulations, or longer, before "
             "it is believed.");
  if (verdict & US_SBC_UNDER_CONFIDENT)
    return _("This posterior is under-confident: its intervals are wider than they need be.");
  return _("This posterior is not calibrated: its shape is wrong. Train it on more simulations, or longer, before it is believed.");
}

static UsFindings *
begin_posterior (const UsPosteriorEvidence *self)
{
  const UsSbc *sbc = self->sbc;
  GString *words = g_string_new (NULL), *faults = g_string_new (NULL);
  gboolean grave = sbc->density != NULL && is_grave (sbc, sbc->density);
  UsFindings *findings;
  UsSbcVerdict verdict = sbc->verdict & ~US_SBC_NOT_JUDGED;

  for (gsize q = 0; q < self->n_quantities; q++)
    grave = grave || is_grave (sbc, &sbc->ranks[q]);
  g_string_printf (words, _("%zu simulations that it was not trained on, %zu draws of the posterior of each; all verdicts together "
                            "are wrong in at most %.0f %% of cases."),
                   sbc->n_simulations, sbc->n_samples, 100 * (1 - sbc->level));
  if (sbc->n_left_out > 0)
    g_string_append_printf (words, _(" %zu simulations were left out: values that are not finite."), sbc->n_left_out);
  for (gsize q = 0; q <= self->n_quantities; q++)
    {
      const UsSbcRanks *ranks = q < self->n_quantities ? &sbc->ranks[q] : sbc->density;
      g_autofree char *said = ranks != NULL ? us_sbc_words (sbc, ranks) : NULL;

      if (ranks != NULL && (ranks->verdict & ~US_SBC_NOT_JUDGED) != US_SBC_FINE)
        g_string_append_printf (faults, "%s%s: %s", faults->len > 0 ? "\n" : "",
                                q < self->n_quantities ? self->quantities[q].label : _("All together"), said);
    }
  findings = us_findings_new (verdict == US_SBC_FINE ? US_FINDINGS_GOOD : grave ? US_FINDINGS_BAD : US_FINDINGS_DOUBTFUL,
                              g_strdup (posterior_sentence (verdict, grave)), g_string_free (words, FALSE));
  if (faults->len > 0)
    us_findings_add_section (findings, _("What speaks against it"), g_strdup (faults->str));
  g_string_free (faults, TRUE);
  return findings;
}

static void
add_coverage (UsFindingsSection *section,
              const UsSbc       *sbc,
              const UsSbcRanks  *ranks)
{
  static const double masses[] = { 0.5, 0.9, 0.95 };
  gboolean judged = ranks->verdict != US_SBC_NOT_JUDGED;

  for (gsize i = 0; i < G_N_ELEMENTS (masses); i++)
    us_findings_add_cell (section, per_cent (judged ? us_sbc_coverage (sbc, ranks, masses[i]) : NAN));
}

static void
add_posterior_table (const UsPosteriorEvidence *self,
                     UsFindingsSection         *section)
{
  const char *const header[] = { _("Quantity"), "R²", _("Contraction"), _("Coverage, 50 %"), _("Coverage, 90 %"), _("Coverage, 95 %"),
                                 _("Right width"), NULL };

  us_findings_set_header (section, header);
  for (gsize q = 0; q < self->n_quantities; q++)
    {
      const UsSbcRanks *ranks = &self->sbc->ranks[q];
      gboolean judged = ranks->verdict != US_SBC_NOT_JUDGED;

      us_findings_add_cell (section, g_strdup (self->quantities[q].label));
      us_findings_add_cell (section, number (judged ? self->sbc->recovery[q].r2 : NAN));
      us_findings_add_cell (section, number (judged ? self->sbc->recovery[q].mean_contraction : NAN));
      add_coverage (section, self->sbc, ranks);
      us_findings_add_cell (section, judged ? g_strdup_printf ("× %.2f", ranks->narrowness) : g_strdup ("–"));
    }
  if (self->sbc->density == NULL)
    return;
  us_findings_add_cell (section, g_strdup (_("All together")));
  us_findings_add_cell (section, g_strdup (""));
  us_findings_add_cell (section, g_strdup (""));
  add_coverage (section, self->sbc, self->sbc->density);
  us_findings_add_cell (section, g_strdup (""));
}

static void
add_ranks (const UsPosteriorEvidence *self,
           UsFindings                *findings)
{
  UsFindingsSection *section = us_findings_add_section (findings, _("Ranks of the truth"), g_strdup (
    _("Where the truth lies among the draws of each simulation’s posterior. Even: right. High at both ends: over-confident. High in "
      "the middle: under-confident. Rising or falling: answers lie below or above the truth.")));

  for (gsize q = 0; q < MIN (self->n_quantities, MOST_CHARTS); q++)
    if (self->sbc->ranks[q].verdict != US_SBC_NOT_JUDGED)
      {
        g_autofree char *name = g_strdup_printf ("ranks-%s", self->quantities[q].name);

        us_findings_add_figure (section, us_sbc_plot_ranks (self->sbc, &self->sbc->ranks[q], self->quantities[q].label), name,
                                RANKS_HEIGHT, FALSE);
      }
  if (self->sbc->density != NULL)
    us_findings_add_figure (section, us_sbc_plot_ranks (self->sbc, self->sbc->density, _("All parameters together")),
                            "ranks-together", RANKS_HEIGHT, FALSE);
}

static void
add_recovery (const UsPosteriorEvidence *self,
              UsFindings                *findings)
{
  UsFindingsSection *section = us_findings_add_section (findings, _("What is recovered"), g_strdup (
    _("The posterior’s mean against the truth; and how much of the prior’s variance is gone (contraction: 0 nothing is learnt, 1 "
      "all) against how far the mean lies from the truth in the posterior’s own standard deviations, which ought to be between "
      "−2 and 2 in 19 of 20 cases.")));

  for (gsize q = 0; q < MIN (self->n_quantities, MOST_CHARTS / 2); q++)
    if (self->sbc->ranks[q].verdict != US_SBC_NOT_JUDGED)
      {
        g_autofree char *recovery = g_strdup_printf ("recovery-%s", self->quantities[q].name);
        g_autofree char *contraction = g_strdup_printf ("contraction-%s", self->quantities[q].name);

        us_findings_add_figure (section, us_sbc_plot_recovery (self->sbc, q, self->quantities[q].label, self->quantities[q].unit,
                                                               NULL), recovery, SQUARE_HEIGHT, FALSE);
        us_findings_add_figure (section, us_sbc_plot_contraction (self->sbc, q, self->quantities[q].label), contraction,
                                SQUARE_HEIGHT, FALSE);
      }
}

static void
add_cases (const UsPosteriorEvidence *self,
           UsFindings                *findings)
{
  const UsSimulator *simulator = us_posterior_simulator (self->model);
  const UsOutput *output = simulator != NULL ? &simulator->outputs[us_posterior_output (self->model)] : NULL;
  UsFindingsSection *section;

  if (self->n_cases == 0)
    return;
  section = us_findings_add_section (findings, _("What it predicts of simulations"), g_strdup_printf (
    _("Bands of what the posterior predicts hold %.0f and %.0f %% of the values of %zu simulations. 50 and 90, or somewhat more, "
      "are right: the posterior has seen those values."), 100 * self->inside[0], 100 * self->inside[1], self->n_cases));
  for (gsize i = 0; i < MIN (self->n_cases, MOST_CASES); i++)
    for (gsize c = 0; c < output->channels; c++)
      {
        g_autofree char *name = g_strdup_printf ("predictive-%zu-%zu", i + 1, c + 1);

        us_findings_add_figure (section, us_posterior_evidence_plot_case (self, i, c), name, CASE_HEIGHT, FALSE);
      }
}

UsFindings *
us_findings_of_posterior (const UsPosteriorEvidence *self)
{
  UsFindings *findings = begin_posterior (self);
  UsFindingsSection *section = us_findings_add_section (findings, _("Calibration"), g_strdup (
    _("Contraction: how much of the prior’s variance the data take away. Coverage: how often central intervals of that mass "
      "hold the truth; of all together regions of highest density. Right width: what intervals would have to be multiplied with.")));
  g_autofree const char **labels = g_new0 (const char *, self->n_quantities + 1);

  for (gsize q = 0; q < self->n_quantities; q++)
    labels[q] = self->quantities[q].label;
  add_posterior_table (self, section);
  us_findings_add_figure (section, us_sbc_plot_functions (self->sbc, labels, _("Calibration")), "calibration", SQUARE_HEIGHT,
                          FALSE);
  us_findings_add_figure (section, us_sbc_plot_coverage (self->sbc, labels, _("Expected coverage")), "coverage", SQUARE_HEIGHT,
                          FALSE);
  add_ranks (self, findings);
  add_recovery (self, findings);
  add_cases (self, findings);
  return findings;
}

/* --- a choice of mechanism --------------------------------------------------------------------- */

static UsFindings *
begin_selection (const UsSelectionEvidence *self)
{
  gboolean calibrated = fabs (self->network->calibration_z) <= BEYOND, worse;
  GString *sentence = g_string_new (NULL);
  char *words = g_strdup_printf (_("%zu simulations that it was not trained on, its mechanisms equally likely."),
                                 self->network->n_rows);

  g_string_printf (sentence, _("This network takes %.1f %% of simulations for another mechanism’s."),
                   100 * self->network->error_rate);
  g_string_append_c (sentence, ' ');
  g_string_append (sentence, calibrated ? _("Its probabilities are what they say.")
                                        : _("Its probabilities are not what they say."));
  if (self->no_fits != NULL)
    return us_findings_new (calibrated ? US_FINDINGS_GOOD : US_FINDINGS_BAD, g_string_free (sentence, FALSE), words);
  worse = self->scores[US_CHOOSER_NETWORK]->error_rate > self->scores[US_CHOOSER_AICC]->error_rate
          && self->p_same[US_CHOOSER_AICC] < 0.05;
  g_string_append_printf (sentence, _(" On %zu that were fitted too it is wrong in %.1f %%, AIC in %.1f %%, AICc in %.1f %%; nobody can "
                                      "be wrong in fewer than %.1f %%."),
                          self->n_fitted, 100 * self->scores[US_CHOOSER_NETWORK]->error_rate,
                          100 * self->scores[US_CHOOSER_AIC]->error_rate, 100 * self->scores[US_CHOOSER_AICC]->error_rate,
                          100 * self->bayes_error);
  return us_findings_new (worse || !calibrated ? US_FINDINGS_BAD : US_FINDINGS_GOOD, g_string_free (sentence, FALSE), words);
}

static void
add_score (UsFindingsSection *section,
           const char        *name,
           const UsSelection *score,
           double             p)
{
  us_findings_add_cell (section, g_strdup (name));
  us_findings_add_cell (section, g_strdup_printf ("%zu", score->n_rows));
  us_findings_add_cell (section, g_strdup_printf (_("%.1f ± %.1f %%"), 100 * score->error_rate, 100 * score->error_sd));
  us_findings_add_cell (section, number (score->log_loss));
  us_findings_add_cell (section, number (score->calibration_error));
  us_findings_add_cell (section, isfinite (p) ? g_strdup_printf ("%.2g", p) : g_strdup ("–"));
}

UsFindings *
us_findings_of_selection (const UsSelectionEvidence *self)
{
  const char *const header[] = { _("Chosen by"), _("Simulations"), _("Wrong"), _("Log loss"), _("Calibration error"),
                                 _("p of no difference"), NULL };
  UsFindings *findings = begin_selection (self);
  UsFindingsSection *section = us_findings_add_section (findings, _("How often the choice is right"), self->no_fits != NULL
    ? g_strdup_printf (_("There are no fits to compare with: %s"), self->no_fits)
    : g_strdup (_("Log loss: mean of −log of the probability that was given to the truth. Calibration error: between probabilities that "
                  "are stated and how often they come true. p: of the network being wrong as often (McNemar).")));

  us_findings_set_header (section, header);
  add_score (section, _("Network, all"), self->network, NAN);
  for (int c = 0; self->no_fits == NULL && c < US_N_CHOOSERS; c++)
    add_score (section, us_chooser_name (c), self->scores[c], c == US_CHOOSER_NETWORK ? NAN : self->p_same[c]);
  section = us_findings_add_section (findings, _("What is taken for what"), self->n_uncertain > 0
    ? g_strdup_printf (_("Of %zu simulations the evidence of some mechanism is uncertain."), self->n_uncertain) : NULL);
  for (int c = 0; c < (self->no_fits == NULL ? US_N_CHOOSERS : 1); c++)
    {
      g_autofree char *name = g_strdup_printf ("confusion-%s", us_chooser_id (c));

      us_findings_add_figure (section, us_selection_plot_confusion (self, c), name, SQUARE_HEIGHT, FALSE);
    }
  section = us_findings_add_section (findings, _("Whether probabilities are what they say"), NULL);
  us_findings_add_figure (section, us_selection_plot_reliability (self), "reliability", SQUARE_HEIGHT, TRUE);
  return findings;
}
