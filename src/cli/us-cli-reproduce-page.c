/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report as a page. */
#include "config.h"

#include "us-cli-reproduce-private.h"
#include "us-file.h"
#include "us-symmetry.h"

#include <math.h>
#include <string.h>
#include <sys/utsname.h>

#define N_ANSWERS 4             /* of one input, where many are right */

char *
us_reproduce_seconds (double seconds)
{
  return seconds < 59.5 ? g_strdup_printf ("%.1f s", seconds) : us_cli_duration (seconds);
}

static void
add_figure (UsReproduction *self,
            UsReport       *report,
            const char     *prefix,
            const char     *simulator)
{
  g_autofree char *id = simulator != NULL ? g_strdup_printf ("%s-%s", prefix, simulator) : g_strdup (prefix);
  const UsReproduceFigure *figure = g_hash_table_lookup (self->figures, id);

  if (figure != NULL)
    us_report_figure (report, &(UsReportFigure) { figure->svg, figure->width, figure->alt, figure->caption, figure->link,
                                                  figure->data });
}

/* ---- head --------------------------------------------------------------------- */

/* "AMD EPYC 7B13, 2 processors, Linux x86_64" */
char *
us_reproduce_machine (void)
{
  g_autofree char *cpuinfo = NULL, *model = NULL;
  struct utsname name;
  const char *line = NULL;

  if (g_file_get_contents ("/proc/cpuinfo", &cpuinfo, NULL, NULL))
    line = strstr (cpuinfo, "model name");
  if (line != NULL && (line = strchr (line, ':')) != NULL)
    model = g_strstrip (g_strndup (line + 1, strcspn (line + 1, "\n")));
  if (uname (&name) != 0)
    memset (&name, 0, sizeof name);
  return g_strdup_printf ("%s, %u processor%s, %s %s", model != NULL ? model : "unknown processor", g_get_num_processors (),
                          g_get_num_processors () == 1 ? "" : "s", name.sysname, name.machine);
}

static void
add_summary (UsReproduction *self,
             UsReport       *report)
{
  guint better = 0, equal = 0, published = 0, reached = 0, refined = 0, wanted = 0;

  for (guint i = 0; i < self->parts->len; i++)
    {
      const UsReproducePart *part = self->parts->pdata[i];
      int compared = us_reproduce_compare (part);

      published += part->evidence->published != NULL;
      better += compared > 0;
      equal += part->evidence->published != NULL && compared == 0;
      wanted += part->checks->len;
      for (guint c = 0; c < part->checks->len; c++)
        {
          reached += g_array_index (part->checks, UsReproduceCheck, c).reached;
          refined += g_array_index (part->checks, UsReproduceCheck, c).refined_reached;
        }
    }
  us_report_section (report, "summary", "In short");
  if (self->quick || self->n_draws > 0)
    us_report_notice (report, "This is a quick run: models were trained for %s each, not for the time that a good one takes, and measured "
                      "on %" G_GUINT64_FORMAT " pairs. It shows that everything works and what the report looks like; its numbers say "
                      "little about the method.", self->n_draws > 0 ? "a few draws" : "seconds", self->n_pairs);
  us_report_paragraph (report, "Of %u simulators of the paper, %u come nearer to their ground truth than published%s. Of %u wanted figures "
                       "%u are reached by the encoder alone, %u when the simulator itself refines the encoder’s answers.", published, better,
                       equal > 0 ? ", the others are as near as can be or are marked below" : "", wanted, reached, refined);
  us_report_paragraph (report, "The table of wanted figures names each that is missed, and by how much. Everything is measured on %"
                       G_GUINT64_FORMAT " held-out draws from each simulator's prior (seed 1), which no training has seen.", self->n_pairs);
}

/* ---- Table 1 ------------------------------------------------------------------- */

static void
add_table_1 (UsReproduction *self,
             UsReport       *report)
{
  static const UsReportColumn columns[] = {
    { "simulator", FALSE }, { "published MIG", TRUE }, { "published ground truth", TRUE }, { "MIG, 20 bins", TRUE },
    { "V itself", TRUE }, { "any of V’s class", TRUE }, { "MIG, Chen", TRUE }, { "V itself", TRUE }, { "any of V’s class", TRUE },
    { "nearer to its ground truth than published", FALSE }, { "wanted figures", FALSE },
  };

  us_report_section (report, "table-1", "Table 1: the mutual-information gap");
  us_report_table_begin (report, "Mutual-information gap (MIG) of the encoder’s answers, by two estimators, each beside what V itself and "
                         "a random member of V’s class reach under it. Of dSprites the four factors that have an order.",
                         G_N_ELEMENTS (columns), columns);
  for (guint i = 0; i < self->parts->len; i++)
    {
      const UsReproducePart *part = self->parts->pdata[i];
      const UsEvaluation *evaluation = part->evidence->evaluation;
      const UsPublishedScore *published = part->evidence->published;
      UsReproduceGap gaps[] = { us_reproduce_gap (evaluation, evaluation->histogram), us_reproduce_gap (evaluation, evaluation->chen) };
      int compared = us_reproduce_compare (part);
      guint reached = 0;

      for (guint c = 0; c < part->checks->len; c++)
        reached += g_array_index (part->checks, UsReproduceCheck, c).reached;
      us_report_cell (report, US_REPORT_PLAIN, "%s", part->simulator->title);
      us_report_number (report, US_REPORT_PLAIN, published != NULL ? published->mig : NAN, 2);
      us_report_number (report, US_REPORT_PLAIN, published != NULL ? published->mig_truth : NAN, 2);
      for (guint g = 0; g < 2; g++)
        {
          us_report_number (report, US_REPORT_PLAIN, gaps[g].mig, 3);
          us_report_number (report, US_REPORT_MUTED, gaps[g].truth, 3);
          us_report_number (report, US_REPORT_MUTED, gaps[g].equivalent, 3);
        }
      if (compared > 0)
        us_report_cell (report, US_REPORT_GOOD, "yes");
      else if (compared == 0)
        us_report_cell (report, US_REPORT_PLAIN, "%s", published != NULL ? "equal: both reach it" : "not in the paper");
      else
        us_report_cell (report, US_REPORT_BAD, "no");
      us_report_cell (report, reached == part->checks->len ? US_REPORT_GOOD : US_REPORT_BAD, "%u of %u", reached, part->checks->len);
    }
  us_report_table_end (report);
  us_report_paragraph (report, "How to read it: a code that repeats the true parameters exactly scores what stands under “V itself”; "
                       "where many parameters give the same output (polygon, RLC), nobody can do better by right than a random one of "
                       "them, “any of V’s class”, which is the ground truth that the paper compares with. A score above it comes of "
                       "always choosing one’s member by the same rule. Published numbers: Srivastava, Rosenberg, Gutfreund, Cox 2019, "
                       "arXiv 1911.08051, Table 1; 20 bins is the estimator of disentanglement_lib.");
}

static void
add_checks (UsReproduction *self,
            UsReport       *report)
{
  static const UsReportColumn columns[] = {
    { "simulator", FALSE }, { "what", FALSE }, { "wanted", TRUE }, { "encoder", TRUE }, { "reached", FALSE },
    { "refined in the simulator", TRUE }, { "reached", FALSE },
  };

  us_report_section (report, "wanted", "Wanted figures");
  us_report_table_begin (report, "Each figure that was set as a goal, and whether it is reached; if not, by how much it is missed.",
                         G_N_ELEMENTS (columns), columns);
  for (guint i = 0; i < self->parts->len; i++)
    {
      const UsReproducePart *part = self->parts->pdata[i];

      for (guint c = 0; c < part->checks->len; c++)
        {
          const UsReproduceCheck *check = &g_array_index (part->checks, UsReproduceCheck, c);
          g_autofree char *wanted = us_reproduce_wanted (check);

          us_report_cell (report, US_REPORT_PLAIN, "%s", part->simulator->title);
          us_report_cell (report, US_REPORT_PLAIN, "%s", check->what);
          us_report_cell (report, US_REPORT_PLAIN, "%s", wanted);
          us_report_number (report, US_REPORT_PLAIN, check->value, check->decimals);
          if (check->reached)
            us_report_cell (report, US_REPORT_GOOD, "reached");
          else if (isnan (check->missing))
            us_report_cell (report, US_REPORT_BAD, "not measurable");
          else
            us_report_cell (report, US_REPORT_BAD, "missed by %.2g", check->missing);
          us_report_number (report, US_REPORT_PLAIN, check->refined, check->decimals);
          us_report_cell (report, check->refined_reached ? US_REPORT_GOOD : US_REPORT_BAD, "%s",
                          check->refined_reached ? "reached" : "missed");
        }
    }
  us_report_table_end (report);
  us_report_paragraph (report, "Encoder: the method as published, an answer in milliseconds; where many parameters give the same output it makes "
                       "several, and the one whose decoded output is nearest counts. Refined: that answer is where a least-squares search begins "
                       "that runs the simulator itself, some hundred times and more (the method of Levenberg and Marquardt, from each kind of "
                       "thing and each sixth of a turn); never farther from the data than the encoder’s. It needs a simulator that can be "
                       "run at will. Its intervals would have to be calibrated anew: those given are the encoder’s.");
}

/* ---- accuracy -------------------------------------------------------------------- */

static void
add_accuracy (const UsReproducePart *part,
              UsReport              *report)
{
  static const UsReportColumn columns[] = {
    { "parameter", FALSE }, { "unit", FALSE }, { "R² modulo symmetry", TRUE }, { "told at all", TRUE }, { "RMSE", TRUE },
    { "median error", TRUE }, { "% of range", TRUE }, { "slope", TRUE }, { "inside its interval", TRUE }, { "share right", TRUE },
  };
  const UsEvaluation *evaluation = part->evidence->evaluation;
  const UsDisentanglement *modulo = evaluation->modulo;
  g_autofree char *caption = g_strdup_printf (
    "Answers against the member of the true parameters’ class that lies closest (%s). Disentanglement %.3f (of the truth itself %.3f). "
    "Intervals are meant to hold the truth in %.0f %% of cases.",
    part->simulator->symmetry != NULL ? part->simulator->symmetry : "no symmetry: the true parameters themselves",
    modulo->disentanglement, modulo->disentanglement_truth, 100 * evaluation->level);
  double corners = us_reproduce_corners (part, evaluation);
  gboolean kinds = FALSE;

  for (gsize p = 0; p < evaluation->n_parameters; p++)
    kinds |= modulo->discrete[p];
  us_report_table_begin (report, caption, G_N_ELEMENTS (columns) - !kinds, columns);
  for (gsize p = 0; p < evaluation->n_parameters; p++)
    {
      const UsParameter *parameter = &part->simulator->parameters[p];
      char rmse[32], median[32];

      g_snprintf (rmse, sizeof rmse, "%.3g", modulo->rmse[p]);
      g_snprintf (median, sizeof median, "%.3g", modulo->median_error[p]);
      us_report_cell (report, US_REPORT_PLAIN, "%s (%s)", parameter->label, parameter->symbol);
      us_report_cell (report, US_REPORT_PLAIN, "%s", parameter->unit);
      us_report_number (report, US_REPORT_PLAIN, modulo->accuracy[p], 5);
      us_report_number (report, US_REPORT_PLAIN, modulo->information[p], 5);
      us_report_cell (report, US_REPORT_PLAIN, "%s", isnan (modulo->rmse[p]) ? "–" : rmse);
      us_report_cell (report, US_REPORT_PLAIN, "%s", isnan (modulo->median_error[p]) ? "–" : median);
      us_report_number (report, US_REPORT_PLAIN, 100 * modulo->rmse_share[p], 3);
      us_report_number (report, US_REPORT_PLAIN, modulo->slope[p], 4);
      us_report_number (report, US_REPORT_PLAIN, evaluation->coverage[p], 3);
      if (kinds)
        us_report_number (report, US_REPORT_PLAIN, modulo->right[p], 4);
    }
  us_report_table_end (report);
  if (!isnan (corners))
    us_report_paragraph (report, "Median distance of a corner from the true one, in the order that fits best: %.3f pixels; refined in the "
                         "simulator %.3f.", corners, us_reproduce_corners (part, part->refined));
  for (gsize d = 0; d < evaluation->n_derived; d++)
    us_report_paragraph (report, "%s (%s): slope %.4f, R² %.5f, RMSE %.4g%s.", part->simulator->derived[d].label,
                         part->simulator->derived[d].symbol, evaluation->derived[d].slope, evaluation->derived[d].r2,
                         evaluation->derived[d].rmse, part->simulator->derived[d].logarithmic ? " decades" : "");
  us_report_paragraph (report, "Root mean square error of the output: decoder %.4g, decoder on answer %.4g, simulator on answer %.4g "
                       "(on the answer to another draw %.4g).%s", evaluation->rms_decoder, evaluation->rms_both,
                       evaluation->rms_simulator, evaluation->rms_chance,
                       evaluation->n_failed > 0 ? " Answers on which the simulator is not defined are left out of the latter two." : "");
  us_report_paragraph (report, "Refined in the simulator: mean R² modulo symmetry %.5f (the encoder’s %.5f), simulator on answer %.4g.",
                       part->refined->modulo->mean_accuracy, modulo->mean_accuracy, part->refined->rms_simulator);
  if (evaluation->n_failed > 0)
    us_report_paragraph (report, "Answers on which the simulator is not defined: %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT ".",
                         evaluation->n_failed, evaluation->n_pairs);
}

/* One held-out draw: the answer, and other members of its class, each run again. */
static void
add_answers (UsReproduction  *self,
             UsReproducePart *part,
             UsReport        *report)
{
  const UsSimulator *simulator = part->simulator;
  const UsEvaluation *evaluation = part->evidence->evaluation;
  gsize p_count = simulator->n_parameters, n = us_output_n_values (part->output);
  g_autofree UsReportColumn *columns = g_new0 (UsReportColumn, p_count + 2);
  g_autofree double *answers = g_new (double, N_ANSWERS * p_count), *theta = g_new (double, p_count);
  g_autofree float *x = g_new (float, n), *again = g_new (float, n);
  gsize n_answers;
  gboolean all;

  /* the draws of the evaluation are reproducible: its first answer */
  if (simulator->symmetry == NULL)
    return;
  memcpy (theta, evaluation->v, p_count * sizeof *theta);
  memcpy (answers, evaluation->z, p_count * sizeof *answers);
  if (!us_simulator_check (simulator, answers, NULL))
    return;
  n_answers = 1 + us_symmetry_others (us_simvae_prior (part->model), answers, self->seed, N_ANSWERS - 1, answers + p_count, &all);
  columns[0] = (UsReportColumn) { "", FALSE };
  for (gsize p = 0; p < p_count; p++)
    columns[p + 1] = (UsReportColumn) { simulator->parameters[p].symbol, TRUE };
  columns[p_count + 1] = (UsReportColumn) { "RMS of the simulator from the data", TRUE };

  us_report_heading (report, "Several answers to one question");
  us_report_table_begin (report, "The first held-out draw: the encoder’s answer, other members of its class, each run again in the simulator. No data "
                         "tell them apart; their average is no answer.", p_count + 2, columns);
  for (gsize a = 0; a <= n_answers; a++)
    {
      const double *row = a == 0 ? theta : answers + (a - 1) * p_count;
      UsRng rng;
      double sum = 0;
      char text[32];

      us_rng_init (&rng, self->seed, US_RNG_SIMULATOR, 0);
      if (simulator->run (simulator, row, 0, &rng, a == 0 ? x : again) != US_SIM_OK)
        sum = NAN;
      for (gsize i = 0; a > 0 && i < n; i++)
        sum += ((double) again[i] - x[i]) * ((double) again[i] - x[i]);
      us_report_cell (report, US_REPORT_PLAIN, "%s", a == 0 ? "truth" : a == 1 ? "answer" : "as good");
      for (gsize p = 0; p < p_count; p++)
        us_report_cell (report, US_REPORT_PLAIN, "%.4g", row[p]);
      g_snprintf (text, sizeof text, "%.3g", sqrt (sum / n));
      us_report_cell (report, US_REPORT_PLAIN, "%s", a == 0 ? "–" : text);
    }
  us_report_table_end (report);
}

/* ---- the comparison -------------------------------------------------------------- */

static void
add_rivals (UsReproduction *self,
            UsReport       *report)
{
  static const UsReportColumn columns[] = {
    { "simulator", FALSE }, { "method", FALSE }, { "MIG, 20 bins", TRUE }, { "MIG, Chen", TRUE }, { "R² modulo symmetry", TRUE },
    { "told at all", TRUE }, { "disentanglement", TRUE }, { "RMS decoder on answer", TRUE }, { "RMS simulator on answer", TRUE },
    { "training, s", TRUE },
  };

  if (self->compare_minutes <= 0)
    return;
  us_report_section (report, "comparison", "Other ways to the same end");
  us_report_paragraph (report, "Three methods on the same simulators, the same networks and the same small budget, %s each: SimVAE; a supervised "
                       "inverse, trained on pairs of output and parameters (Eq. 5 of the paper); and a β-VAE, which sees outputs alone "
                       "and whose latents therefore have no names. Of the latter neither accuracy nor the simulator run on its answer "
                       "is defined.", self->n_draws > 0 ? "draws" : "minutes");
  us_report_table_begin (report, "Measured as above. “Told at all”: share of the parameters’ variance that all latents together tell, under any names and "
                         "axes.", G_N_ELEMENTS (columns), columns);
  for (guint i = 0; i < self->parts->len; i++)
    {
      const UsReproducePart *part = self->parts->pdata[i];

      for (guint r = 0; r < part->rivals->len; r++)
        {
          const UsReproduceRival *rival = part->rivals->pdata[r];
          const UsReproduceScores *scores = &rival->scores;
          const UsSimvaeRecord *record = us_simvae_record (rival->model);

          us_report_cell (report, US_REPORT_PLAIN, "%s", part->simulator->title);
          us_report_cell (report, US_REPORT_PLAIN, "%s", us_method_title (rival->method));
          us_report_number (report, US_REPORT_PLAIN, scores->mig_bins, 3);
          us_report_number (report, US_REPORT_PLAIN, scores->mig_chen, 3);
          us_report_number (report, US_REPORT_PLAIN, scores->accuracy, 4);
          us_report_number (report, US_REPORT_PLAIN, scores->information, 4);
          us_report_number (report, US_REPORT_PLAIN, scores->disentanglement, 3);
          us_report_number (report, US_REPORT_PLAIN, scores->rms_both, 4);
          us_report_number (report, US_REPORT_PLAIN, scores->rms_simulator, 4);
          us_report_number (report, US_REPORT_PLAIN, record->seconds[0] + record->seconds[1], 0);
        }
    }
  us_report_table_end (report);
  us_report_paragraph (report, "Where a simulator is one-to-many, the supervised inverse answers with the average of what is right: its R² against the "
                       "parameters that happened to be drawn cannot be beaten, yet the simulator run on that average does not give "
                       "the data back. The last but one column tells them apart.");
}

/* ---- how it was made ---------------------------------------------------------------- */

static void
add_making (UsReproduction *self,
            UsReport       *report)
{
  static const UsReportColumn columns[] = {
    { "simulator", FALSE }, { "model", FALSE }, { "its training, min", TRUE }, { "trained now", TRUE }, { "measured", TRUE },
    { "compared", TRUE }, { "figures", TRUE },
  };
  g_autofree char *where = us_reproduce_machine (), *total = us_cli_duration ((g_get_monotonic_time () - self->began) / 1e6);
  g_autoptr(GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *date = g_date_time_format (now, "%Y-%m-%d %H:%M UTC");

  us_report_section (report, "making", "How this was made");
  us_report_paragraph (report, "Understudy %s, %s, on %s. In all %s.", US_VERSION, date, where, total);
  us_report_verbatim (report, self->command);
  us_report_table_begin (report, "Where each model is from, and what each part of this run took.", G_N_ELEMENTS (columns), columns);
  for (guint i = 0; i < self->parts->len; i++)
    {
      const UsReproducePart *part = self->parts->pdata[i];
      const UsSimvaeRecord *record = us_simvae_record (part->model);
      const double parts[] = { part->train_s, part->measure_s, part->rivals_s, part->figures_s };

      us_report_cell (report, US_REPORT_PLAIN, "%s", part->simulator->title);
      us_report_cell (report, US_REPORT_PLAIN, "%s, preset %s, seed %" G_GUINT64_FORMAT ", Understudy %s", part->origin, record->preset,
                      record->seed, record->program_version);
      us_report_number (report, US_REPORT_PLAIN, (record->seconds[0] + record->seconds[1]) / 60, 1);
      for (guint k = 0; k < G_N_ELEMENTS (parts); k++)
        {
          g_autofree char *text = us_reproduce_seconds (parts[k]);

          us_report_cell (report, US_REPORT_PLAIN, "%s", parts[k] > 0 ? text : "–");
        }
    }
  us_report_table_end (report);
  us_report_paragraph (report, "Each model is made again by its own command:");
  for (guint i = 0; i < self->parts->len; i++)
    us_report_verbatim (report, us_simvae_record (((UsReproducePart *) self->parts->pdata[i])->model)->command);
}

gboolean
us_reproduce_write_page (UsReproduction  *self,
                         GError         **error)
{
  g_autoptr(UsReport) report = us_report_new (self->quick ? "SimVAE, reproduced (quick run)" : "SimVAE, reproduced",
                                              "Table 1 and Figures 1 to 4 of Srivastava, Rosenberg, Gutfreund and Cox (2019, arXiv 1911.08051), "
                                              "made anew from simulators");
  g_autofree char *page = NULL, *path = g_build_filename (self->out, "index.html", NULL);

  add_summary (self, report);
  add_table_1 (self, report);
  add_checks (self, report);
  us_report_section (report, "method", "Figure 1: the method");
  add_figure (self, report, "fig1-method", NULL);
  for (guint i = 0; i < self->parts->len; i++)
    {
      UsReproducePart *part = self->parts->pdata[i];
      const char *id = part->simulator->id;

      us_report_section (report, id, part->simulator->title);
      us_report_paragraph (report, "%s", part->simulator->summary);
      add_figure (self, report, "fig1-rows", id);
      add_figure (self, report, "fig2", id);
      add_figure (self, report, "fig3", id);
      add_figure (self, report, "fig3-derived", id);
      add_figure (self, report, "fig4", id);
      us_report_heading (report, "Accuracy");
      add_accuracy (part, report);
      add_answers (self, part, report);
      us_report_heading (report, "Does it converge, and where is it worst?");
      for (int c = 0; c < US_BUDGET_N_CURVES; c++)
        {
          const UsErrorCurve *curve = &part->evidence->budget->curve[c];
          g_autofree char *sentence = curve->n > 0 ? us_error_curve_to_words (curve, c) : NULL;

          if (sentence != NULL)
            us_report_paragraph (report, "%s", sentence);
        }
      if (us_error_budget_is_empty (part->evidence->budget))
        us_report_paragraph (report, "How the errors fell was not recorded when this model was trained.");
      add_figure (self, report, "budget", id);
      add_figure (self, report, "worst", id);
    }
  add_rivals (self, report);
  add_making (self, report);
  page = us_report_finish (report);
  return us_file_replace (path, page, strlen (page), error);
}
