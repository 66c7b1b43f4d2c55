/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the intervals of a predictor hold what they say. */
#include "config.h"

#include "us-mechanism-verdicts.h"

#include "us-mechanism-task.h"
#include "us-quantity.h"

#include <glib/gi18n.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

/* N rows, D targets, L levels, V values. */

#define FIRST_ROW     (G_GUINT64_CONSTANT (9) << 40)    /* far from what anybody trains on */
#define LEVEL         0.05      /* of all verdicts together */
#define GRAVE         0.05      /* of what is claimed, from which on it misleads */
#define SQUARE_HEIGHT 340
#define MOST_CHARTS   12

typedef struct
{
  const UsPredictor *predictor;
  const UsHead      *head;
  gsize              n_rows, each;      /* L, or 1 */
  double            *truth;             /* (N, D) */
  double            *answer;            /* (N, D, each) */
} Work;

void
us_interval_evidence_free (UsIntervalEvidence *self)
{
  if (self == NULL)
    return;
  for (gsize g = 0; g < self->n_groups; g++)
    {
      UsIntervalGroup *group = &self->groups[g];

      g_free (group->name);
      g_free (group->label);
      g_free (group->unit);
      g_free (group->stated);
      g_free (group->inside);
      g_free (group->truth);
      g_free (group->middle);
    }
  g_free (self->groups);
  g_free (self);
}

static double
middle_of (const Work *work,
           gsize       row,
           gsize       d)
{
  const double *q = work->answer + (row * work->head->n_targets + d) * work->each;
  gsize half = work->each / 2;

  return work->each % 2 == 1 ? q[half] : (q[half - 1] + q[half]) / 2;
}

static double
truth_of (const Work *work,
          gsize       row,
          gsize       d)
{
  return work->truth[row * work->head->n_targets + d];
}

/* Shares of the truths of some targets inside each pair of quantiles. */
static void
measure_inside (const Work      *work,
                const gsize     *targets,       /* (n) */
                gsize            n,
                UsIntervalGroup *group)
{
  group->n_levels = work->each / 2;
  group->stated = g_new (double, group->n_levels + 1);
  group->inside = g_new0 (double, group->n_levels + 1);
  for (gsize pair = 0; pair < group->n_levels; pair++)
    {
      gsize last = work->each - 1 - pair, n_told = 0, n_inside = 0;

      group->stated[pair] = work->head->levels[last] - work->head->levels[pair];
      for (gsize row = 0; row < work->n_rows; row++)
        for (gsize i = 0; i < n; i++)
          {
            const double *q = work->answer + (row * work->head->n_targets + targets[i]) * work->each;
            double truth = truth_of (work, row, targets[i]);

            n_told += isfinite (truth);
            n_inside += truth >= q[pair] && truth <= q[last];
          }
      group->inside[pair] = n_told > 0 ? (double) n_inside / n_told : NAN;
    }
}

static void
measure_errors (const Work      *work,
                const gsize     *targets,
                gsize            n,
                UsIntervalGroup *group)
{
  double sum = 0, squares = 0, errors = 0;
  gsize n_told = 0;

  for (gsize row = 0; row < work->n_rows; row++)
    for (gsize i = 0; i < n; i++)
      {
        double truth = truth_of (work, row, targets[i]), error = middle_of (work, row, targets[i]) - truth;

        if (!isfinite (error))
          continue;
        sum += truth;
        squares += truth * truth;
        errors += error * error;
        n_told++;
      }
  group->rmse = n_told > 0 ? sqrt (errors / n_told) : NAN;
  group->r2 = n_told > 1 && squares > sum * sum / n_told ? 1 - errors / (squares - sum * sum / n_told) : NAN;
}

static void
keep_pairs (const Work      *work,
            gsize            d,
            UsIntervalGroup *group)
{
  group->n = work->n_rows;
  group->truth = g_new (double, work->n_rows);
  group->middle = g_new (double, work->n_rows);
  for (gsize row = 0; row < work->n_rows; row++)
    {
      group->truth[row] = truth_of (work, row, d);
      group->middle[row] = middle_of (work, row, d);
    }
}

static UsIntervalEvidence *
measure (const Work *work)
{
  UsIntervalEvidence *self = g_new0 (UsIntervalEvidence, 1);
  gsize D = work->head->n_targets;
  g_autofree gboolean *done = g_new0 (gboolean, D);
  g_autofree gsize *targets = g_new (gsize, D);

  self->n_rows = work->n_rows;
  self->has_intervals = work->each > 1;
  self->groups = g_new0 (UsIntervalGroup, D);
  for (gsize d = 0; d < D; d++)
    {
      const UsPredictorTarget *first = us_predictor_target (work->predictor, d);
      UsIntervalGroup *group = &self->groups[self->n_groups];
      gsize n = 0;

      if (done[d])
        continue;
      for (gsize e = d; e < D; e++)
        if (e == d || (isfinite (first->at) && isfinite (us_predictor_target (work->predictor, e)->at)
                       && g_str_equal (us_predictor_target (work->predictor, e)->name, first->name)))
          {
            targets[n++] = e;
            done[e] = TRUE;
          }
      group->name = g_strdup (first->name);
      group->label = g_strdup (*first->label != '\0' ? _(first->label) : first->name);
      group->unit = g_strdup (first->unit);
      group->series = isfinite (first->at);
      measure_inside (work, targets, n, group);
      measure_errors (work, targets, n, group);
      if (!group->series)
        keep_pairs (work, d, group);
      self->n_groups++;
    }
  return self;
}

UsIntervalEvidence *
us_interval_evidence_new (const UsPredictor  *predictor,
                          gsize               n_rows,
                          guint64             seed,
                          guint               n_workers,
                          void              (*progress) (gsize done, gsize count, gpointer data),
                          gpointer            data,
                          const gint         *cancelled,
                          GError            **error)
{
  g_autoptr(UsTask) task = us_mechanism_task_new (predictor, seed, error);
  const UsHead *head = us_predictor_head (predictor);
  Work work = { .predictor = predictor, .head = head, .n_rows = n_rows,
                .each = head->kind == US_HEAD_QUANTILES ? head->n_levels : 1 };
  g_autofree float *x = NULL;
  g_autofree double *truth = NULL, *answer = NULL;

  g_return_val_if_fail (head->kind != US_HEAD_CLASSES, NULL);

  if (task == NULL)
    return NULL;
  x = g_new (float, n_rows * us_task_n_values (task));
  work.truth = truth = g_new (double, n_rows * head->n_targets);
  work.answer = answer = g_new (double, n_rows * us_head_n_answers (head));
  if (!us_task_simulate (task, FIRST_ROW, n_rows, n_workers, x, truth, NULL, progress, data, cancelled, error))
    return NULL;
  us_predictor_answer (predictor, n_rows, x, answer);
  return measure (&work);
}

/* --- in words ------------------------------------------------------------------------------------ */

/* How far a share is from what is stated, in standard errors.  Points of one series are taken as one: no more is known. */
static double
z_of (const UsIntervalEvidence *self,
      const UsIntervalGroup    *group,
      gsize                     level)
{
  double p = group->stated[level];

  return (group->inside[level] - p) / sqrt (p * (1 - p) / self->n_rows);
}

/* How many shares are judged. */
static gsize
count_looks (const UsIntervalEvidence *self)
{
  gsize n = 0;

  for (gsize g = 0; g < self->n_groups; g++)
    for (gsize i = 0; i < self->groups[g].n_levels; i++)
      n += isfinite (z_of (self, &self->groups[g], i));
  return n;
}

/* The group and interval that is farthest off to one side, side: -1 holds the truth too seldom, 1 too often; NULL: none is by
 * more than limit.  *grave: one of them misleads. */
static const UsIntervalGroup *
find_worst (const UsIntervalEvidence *self,
            int                       side,
            double                    limit,
            gsize                    *level,
            gboolean                 *grave)
{
  const UsIntervalGroup *worst = NULL;
  double most = limit;

  *grave = FALSE;
  for (gsize g = 0; g < self->n_groups; g++)
    for (gsize i = 0; i < self->groups[g].n_levels; i++)
      {
        const UsIntervalGroup *group = &self->groups[g];
        double z = side * z_of (self, group, i);

        if (!isfinite (z) || z <= limit)
          continue;
        *grave = *grave || side * (group->inside[i] - group->stated[i]) > GRAVE;
        if (z > most)
          {
            most = z;
            worst = group;
            *level = i;
          }
      }
  return worst;
}

static UsFindings *
begin (const UsIntervalEvidence *self)
{
  char *words = g_strdup_printf (_("%zu simulations that it was not trained on."), self->n_rows);
  const UsIntervalGroup *worst;
  gsize level = 0, n_looks = count_looks (self);
  double limit = n_looks > 0 ? gsl_cdf_ugaussian_Qinv (LEVEL / 2 / n_looks) : INFINITY;
  gboolean grave;

  if (!self->has_intervals)
    return us_findings_new (US_FINDINGS_PLAIN,
                            g_strdup (_("This network tells means only: how far to believe them is in the table.")), words);
  /* intervals that are too narrow mislead: no wide one elsewhere may hide them */
  worst = find_worst (self, -1, limit, &level, &grave);
  if (worst != NULL)
    return us_findings_new (grave ? US_FINDINGS_BAD : US_FINDINGS_DOUBTFUL,
      g_strdup_printf (_("This network is over-confident: intervals of %.0f %% of %s hold the truth in %.1f %% of cases."),
                       100 * worst->stated[level], worst->label, 100 * worst->inside[level]), words);
  worst = find_worst (self, 1, limit, &level, &grave);
  if (worst != NULL)
    return us_findings_new (US_FINDINGS_DOUBTFUL,
      g_strdup_printf (_("This network is under-confident: intervals of %.0f %% of %s hold the truth in %.1f %% of cases."),
                       100 * worst->stated[level], worst->label, 100 * worst->inside[level]), words);
  return us_findings_new (US_FINDINGS_GOOD,
                          g_strdup (_("Nothing speaks against this network: its intervals hold the truth as often as they say.")),
                          words);
}

static void
add_table (const UsIntervalEvidence *self,
           UsFindings               *findings)
{
  UsFindingsSection *section = us_findings_add_section (findings, _("How right each answer is"), self->has_intervals
    ? g_strdup (_("Coverage: how often intervals hold the truth; of series all points together. Error: root mean square of the middle, R²: "
                  "share of the truth’s variance that it explains.")) : NULL);
  g_autoptr(GPtrArray) header = g_ptr_array_new_with_free_func (g_free);
  gsize n_levels = self->n_groups > 0 ? self->groups[0].n_levels : 0;

  g_ptr_array_add (header, g_strdup (_("Quantity")));
  g_ptr_array_add (header, g_strdup (_("Error")));
  g_ptr_array_add (header, g_strdup ("R²"));
  for (gsize i = 0; i < n_levels; i++)
    g_ptr_array_add (header, g_strdup_printf (_("Coverage, %.0f %%"), 100 * self->groups[0].stated[i]));
  g_ptr_array_add (header, NULL);
  us_findings_set_header (section, (const char *const *) header->pdata);
  for (gsize g = 0; g < self->n_groups; g++)
    {
      const UsIntervalGroup *group = &self->groups[g];

      us_findings_add_cell (section, g_strdup (group->label));
      us_findings_add_cell (section, us_quantity_format (group->rmse, group->unit));
      us_findings_add_cell (section, isfinite (group->r2) ? g_strdup_printf ("%.3f", group->r2) : g_strdup ("–"));
      for (gsize i = 0; i < n_levels; i++)
        us_findings_add_cell (section, g_strdup_printf (_("%.1f %%"), 100 * group->inside[i]));
    }
}

static UsPlot *
plot_coverage (const UsIntervalEvidence *self)
{
  UsPlot *plot = us_plot_new (_("Expected coverage"));

  us_plot_set_axis (plot, US_AXIS_X, _("Mass of the interval"), NULL, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, _("How often the truth is inside"), NULL, US_SCALE_LINEAR);
  us_plot_set_range (plot, US_AXIS_X, 0, 1);
  us_plot_set_range (plot, US_AXIS_Y, 0, 1);
  us_plot_set_equal (plot, TRUE);
  us_plot_set_legend_visible (plot, TRUE);
  us_plot_add_slope (plot, NULL, &(UsPlotStyle) { .colour = US_COLOUR_MUTED, .dash = US_DASH_DASHED }, 0, 1);
  for (gsize g = 0; g < self->n_groups; g++)
    us_plot_add_line (plot, self->groups[g].label, &(UsPlotStyle) { .colour = 1 + g % US_N_COLOURS,
                                                                    .dash = g / US_N_COLOURS % 3 },
                      self->groups[g].n_levels, self->groups[g].stated, self->groups[g].inside);
  return plot;
}

static UsPlot *
plot_recovery (const UsIntervalGroup *group)
{
  g_autofree char *truth = g_strdup_printf (_("True %s"), group->label);
  g_autofree char *middle = g_strdup_printf (_("Answer for %s"), group->label);
  UsPlot *plot = us_plot_new (NULL);

  us_plot_set_axis (plot, US_AXIS_X, truth, group->unit, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, middle, group->unit, US_SCALE_LINEAR);
  us_plot_set_equal (plot, TRUE);
  us_plot_add_slope (plot, NULL, &(UsPlotStyle) { .colour = US_COLOUR_MUTED, .dash = US_DASH_DASHED }, 0, 1);
  us_plot_add_scatter (plot, group->label, &(UsPlotStyle) { .colour = 1 }, group->n, group->truth, group->middle);
  return plot;
}

UsFindings *
us_findings_of_intervals (const UsIntervalEvidence *self)
{
  UsFindings *findings = begin (self);
  UsFindingsSection *section = NULL;

  add_table (self, findings);
  if (self->has_intervals)
    us_findings_add_figure (findings->sections->pdata[0], plot_coverage (self), "coverage", SQUARE_HEIGHT, FALSE);
  for (gsize g = 0; g < MIN (self->n_groups, MOST_CHARTS); g++)
    {
      g_autofree char *name = g_strdup_printf ("recovery-%s", self->groups[g].name);

      if (self->groups[g].series)
        continue;
      if (section == NULL)
        section = us_findings_add_section (findings, _("What is recovered"), NULL);
      us_findings_add_figure (section, plot_recovery (&self->groups[g]), name, SQUARE_HEIGHT, FALSE);
    }
  return findings;
}
