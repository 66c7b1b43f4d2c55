/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-evidence-words.h"

#include <glib/gi18n.h>
#include <math.h>

#define MUCH       1.25         /* an error so many times another is the weak part */
#define ALMOST_ALL 0.9995       /* would be rounded to all */
#define PARAGRAPH  "\n<span size=\"5000\"> </span>\n"

static const char *
symmetry_of (const UsEvidence *self)
{
  const char *symmetry = us_simvae_simulator (self->model)->symmetry;

  return symmetry != NULL ? _(symmetry) : NULL;
}

char *
us_evidence_words_verdict (const UsEvidence *self)
{
  const UsInformation *histogram = self->evaluation->histogram;
  gboolean symmetric = histogram->equivalent != NULL;
  double ceiling = symmetric ? histogram->mig_equivalent : histogram->mig_truth;
  double accuracy = MAX (self->evaluation->modulo->mean_accuracy, 0);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, symmetric ? _("MIG is %.2f; any equally right answer would reach %.2f.")
                                          : _("MIG is %.2f; perfect answers would reach %.2f."),
                          histogram->mig, ceiling);
  if (self->published != NULL)
    {
      g_string_append_c (text, ' ');
      g_string_append_printf (text, _("The SimVAE paper reports %.2f for its model, where the truth has %.2f."),
                              self->published->mig, self->published->mig_truth);
    }
  g_string_append_c (text, ' ');
  if (accuracy >= ALMOST_ALL)
    /* xgettext:no-c-format */
    g_string_append (text, _("The answers get more than 99.9 % of what varies in the parameters right."));
  else
    g_string_append_printf (text, _("The answers get %.1f %% of what varies in the parameters right."), 100 * accuracy);
  return g_string_free (text, FALSE);
}

static void
add_paragraph (GString    *text,
               const char *name,
               const char *words)
{
  g_autofree char *markup = g_markup_printf_escaped ("<b>%s</b>  %s", name, words);

  if (text->len > 0)
    g_string_append (text, PARAGRAPH);
  g_string_append (text, markup);
}

char *
us_evidence_words_scores (const UsEvidence *self)
{
  GString *text = g_string_new (NULL);
  const char *symmetry = symmetry_of (self);

  add_paragraph (text, _("MIG, the mutual-information gap"),
                 _("For each parameter, how much more the best of the answers tells about it than the second best, as a "
                   "share of all there is to know. 1 means that every answer speaks of one parameter alone. Counting "
                   "in 20 bins, or blurring as Chen et al. do, keeps even perfect answers below 1: the best possible "
                   "says how far."));
  if (symmetry != NULL)
    {
      g_autofree char *words =
        g_strdup_printf (_("Several parameters give the same output here: %s. No reader of the output can tell them "
                           "apart, so the best possible is what any equally right answer reaches; a model that always "
                           "picks its answer by one rule can reach more. “Modulo symmetry” compares each answer with "
                           "the closest of the equally right ones."), symmetry);

      add_paragraph (text, _("Symmetry"), words);
    }
  add_paragraph (text, _("Accuracy"),
                 _("Is the answer the parameter? 1 is always right, 0 is no better than one fixed answer to everything, "
                   "below 0 is worse than that."));
  add_paragraph (text, _("Information"),
                 _("Is the parameter told by all the answers together, whatever they are called and however they are mixed?"));
  add_paragraph (text, _("Disentanglement"),
                 _("Is each parameter told by one answer only, so that moving one slider changes one thing?"));
  add_paragraph (text, _("Intervals that hold"),
                 _("How often the truth lies inside the interval that the model gives. It should be as often as promised."));
  if (self->evaluation->spread != NULL)
    add_paragraph (text, _("Spread"),
                   _("This output is noisy: the decoder gives its mean and how widely runs spread about it. Log score: how "
                     "surprised it is by new runs, in nats a value; the best possible is what the simulator’s own mean and "
                     "spread reach, if values are normal. Bands that hold: how many values of new runs lie in its band; it "
                     "should be as many as promised."));
  return g_string_free (text, FALSE);
}

char *
us_evidence_words_matrices (const UsEvidence *self)
{
  return g_strdup (symmetry_of (self) != NULL
    ? _("How much each answer (row) tells about each true parameter (column). The other matrix: the same of parameters drawn "
        "at random among those that give the same output. The closer the two look, the better; both have the same colours.")
    : _("How much each answer (row) tells about each true parameter (column). The other matrix: the same of the true "
        "parameters themselves. The closer the two look, the better; both have the same colours."));
}

char *
us_evidence_words_accuracy (const UsEvidence *self)
{
  GString *text = g_string_new (NULL);

  if (symmetry_of (self) != NULL)
    g_string_append (text, _("Each answer is compared with the closest of the equally right parameters. "));
  g_string_append (text, _("A slope below 1 means answers drawn towards the middle."));
  if (self->evaluation->n_derived > 0)
    {
      g_string_append_c (text, ' ');
      g_string_append (text, _("Derived quantities are computed from the answers, and spread over decades are compared by "
                               "their logarithm."));
    }
  return g_string_free (text, FALSE);
}

/* Which part the error comes from. */
static const char *
weak_part (const UsEvaluation *evaluation)
{
  if (evaluation->rms_decoder > MUCH * evaluation->rms_simulator)
    return _("The weakest part is the decoder: the answers, run in the true simulator, come closer to the data than the "
             "decoder does.");
  if (evaluation->rms_simulator > MUCH * evaluation->rms_decoder)
    return _("The weakest part is the encoder: even in the true simulator its answers stay farther from the data than the "
             "decoder is from the simulator.");
  return _("Decoder and encoder are about equally good: neither holds the other back.");
}

static void
add_sentence (GString    *text,
              const char *words)
{
  g_autofree char *markup = g_markup_escape_text (words, -1);

  if (text->len > 0)
    g_string_append (text, PARAGRAPH);
  g_string_append (text, markup);
}

char *
us_evidence_words_budget (const UsEvidence *self)
{
  GString *text = g_string_new (NULL);

  add_sentence (text, weak_part (self->evaluation));
  if (us_simvae_simulator (self->model)->outputs[us_simvae_output (self->model)].noisy)
    add_sentence (text, _("This output is noisy. Means are compared, the decoder’s and those of repeated runs, so that the noise "
                          "is in none of these errors; no answer can be nearer to the truth than the noise allows."));

  if (us_error_budget_is_empty (self->budget))
    return g_string_free (text, FALSE);
  for (int c = 0; c < US_BUDGET_N_CURVES; c++)
    {
      g_autofree char *words = us_error_curve_to_words (&self->budget->curve[c], c);

      add_sentence (text, words);
    }
  add_sentence (text, _("Powers are of the last factor of four of the draws. Learning slows down on purpose towards the "
                        "end, so more draws means a longer training from its start."));
  return g_string_free (text, FALSE);
}

char *
us_evidence_words_worst (const UsEvidence *self)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, _("Of %zu pairs, those whose answer, run again in the simulator, is "
                                  "farthest from the data, with the RMS difference."), self->evaluation->n_pairs);
  if (self->evaluation->n_failed > 0)
    {
      g_string_append_c (text, ' ');
      g_string_append_printf (text, ngettext ("On %zu answer the simulator does not run.",
                                               "On %zu answers the simulator does not run.",
                                               self->evaluation->n_failed), self->evaluation->n_failed);
    }
  return g_string_free (text, FALSE);
}
