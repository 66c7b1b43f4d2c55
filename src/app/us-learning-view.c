/* SPDX-License-Identifier: GPL-3.0-or-later */
/* M simulators, D draws, V values of a series, T points. */
#include "config.h"

#include "us-learning-view.h"

#include "us-chart-column.h"
#include "us-mailbox.h"
#include "us-noise.h"
#include "us-number-row.h"
#include "us-preview.h"
#include "us-series-plot.h"
#include "us-sort.h"

#include <glib/gi18n.h>
#include <math.h>

#define N_DRAWS 40
#define DRAWS_SEED 2025
/* Of the draws' highest points, which the axis of values reaches at least. */
#define SHOWN_SHARE 0.75

struct _UsLearningView
{
  AdwBin       parent_instance;

  /* template children */
  GtkBox      *draws;
  UsChart     *draws_chart;     /* the first of them */
  GtkLabel    *sentence;
  UsChart     *loss_chart;
  GtkWidget   *record_group;
  GtkListBox  *record;
  GtkLabel    *notes;

  /* owned */
  UsLearning  *learning;
  UsPreview   *slot;
  UsMailbox   *mailbox;

  guint64      asked, shown;
};

G_DEFINE_FINAL_TYPE (UsLearningView, us_learning_view, ADW_TYPE_BIN)

/* --- draws and data ------------------------------------------------------------------- */

typedef struct
{
  gsize      n;
  UsPrior  **priors;            /* (M) */
  guint      output;
  float     *x;                 /* (V) or NULL */
  guint64    serial;
  UsMailbox *mailbox;
} Job;

typedef struct
{
  gsize    n_plots;
  UsPlot **plots;
  char    *sentence;
  guint64  serial;
} Letter;

static void
job_free (gpointer data)
{
  Job *job = data;

  for (gsize m = 0; m < job->n; m++)
    us_prior_unref (job->priors[m]);
  g_free (job->priors);
  g_free (job->x);
  us_mailbox_unref (job->mailbox);
  g_free (job);
}

static void
letter_free (gpointer data)
{
  Letter *letter = data;

  for (gsize i = 0; i < letter->n_plots; i++)
    us_plot_unref (letter->plots[i]);
  g_free (letter->plots);
  g_free (letter->sentence);
  g_free (letter);
}

/* The channels of plot `which`: one of them, or all. */
static void
channels_of (const UsOutput *output,
             gsize           which,
             gsize          *first,
             gsize          *end)
{
  gboolean each = us_series_n_plots (output) > 1;

  *first = each ? which : 0;
  *end = each ? which + 1 : output->channels;
}

/* A few draws that run away must not press the data flat: y ends where most draws do, or the data. */
static void
set_range (UsPlot         *plot,
           const UsOutput *output,
           gsize           which,
           const float    *draws,       /* (D, V) */
           gsize           n_draws,
           const float    *x)           /* (V) or NULL */
{
  g_autofree double *highest = g_new (double, n_draws + 1);
  gsize first, end, V = us_output_n_values (output), n = 0;
  double lower = INFINITY, upper = -INFINITY;

  channels_of (output, which, &first, &end);
  for (gsize d = 0; d < n_draws; d++)
    {
      double most = -INFINITY;

      for (gsize t = 0; t < output->height; t++)
        for (gsize c = first; c < end; c++)
          {
            double value = draws[d * V + t * output->channels + c];

            most = fmax (most, value);
            lower = fmin (lower, value);
          }
      highest[n++] = most;
    }
  us_sort_doubles (n, highest);
  if (n > 0)
    upper = highest[(gsize) (SHOWN_SHARE * (n - 1))];
  for (gsize t = 0; x != NULL && t < output->height; t++)
    for (gsize c = first; c < end; c++)
      {
        double value = x[t * output->channels + c];

        if (isfinite (value))
          {
            upper = fmax (upper, 1.2 * value);
            lower = fmin (lower, value);
          }
      }
  if (isfinite (lower) && isfinite (upper) && upper > lower)
    us_plot_set_range (plot, US_AXIS_Y, lower, upper + 0.05 * (upper - lower));
}

static void
add_data (UsPlot         *plot,
          const UsOutput *output,
          gsize           which,
          const float    *x)            /* (V) */
{
  g_autofree double *at = g_new (double, us_output_n_values (output));
  g_autofree double *y = g_new (double, us_output_n_values (output));
  gsize first, end, n = 0;

  channels_of (output, which, &first, &end);
  for (gsize t = 0; t < output->height; t++)
    for (gsize c = first; c < end; c++)
      if (isfinite (x[t * output->channels + c]))
        {
          at[n] = us_output_x (output, t);
          y[n++] = x[t * output->channels + c];
        }
  us_plot_add_scatter (plot, _("Data"), &(UsPlotStyle) { .colour = US_COLOUR_FOREGROUND, .width = 6, .opacity = 1 }, n, at, y);
}

/* Of the mechanism, without the noise that all of them have. */
static const char *
title_of (const UsPrior *prior)
{
  const UsSimulator *simulator = us_prior_simulator (prior), *base = us_noise_base (simulator);

  return _((base != NULL ? base : simulator)->title);
}

static UsPlot *
plot_series (const Job      *job,
             const UsOutput *output,
             gsize           which,
             const float    *draws)     /* (M, D, V) */
{
  UsPlot *plot = us_series_plot_new (output, which, which == 0 ? job->x != NULL ? _("Draws of the mechanism, and the data")
                                                                                : _("Draws of the mechanism") : NULL);
  gsize V = us_output_n_values (output);

  for (gsize m = 0; m < job->n; m++)
    for (gsize d = 0; d < N_DRAWS / job->n; d++)
      /* One name a mechanism: the legend is not forty lines long. */
      us_series_plot_add (plot, output, which, d > 0 ? NULL : job->n > 1 ? title_of (job->priors[m]) : _("Draws"),
                          &(UsPlotStyle) { .colour = 1 + m % US_N_COLOURS, .width = 1, .opacity = 0.35 },
                          draws + (m * (N_DRAWS / job->n) + d) * V);
  if (job->x != NULL)
    add_data (plot, output, which, job->x);
  set_range (plot, output, which, draws, N_DRAWS / job->n * job->n, job->x);
  return plot;
}

static UsPlot *
plot_images (const UsOutput *output,
             const float    *draws)
{
  UsPlot *plot = us_plot_new (_("Draws"));

  us_plot_add_image_grid (plot, NULL, 5, N_DRAWS / 5, output->height, output->width, output->channels, draws,
                          US_COLOUR_MAP_GREY, output->lower, output->upper, NULL, NULL);
  return plot;
}

/* How many values lie outside of all draws: what no draw comes near, no network learns. */
static char *
say_outside (const UsOutput *output,
             const float    *draws,     /* (D, V) */
             gsize           n_draws,
             const float    *x)         /* (V) or NULL */
{
  gsize V = us_output_n_values (output), n_outside = 0, n_observed = 0;

  for (gsize v = 0; x != NULL && v < V; v++)
    {
      float lower = INFINITY, upper = -INFINITY;

      for (gsize d = 0; d < n_draws; d++)
        {
          lower = fminf (lower, draws[d * V + v]);
          upper = fmaxf (upper, draws[d * V + v]);
        }
      n_observed += isfinite (x[v]);
      n_outside += isfinite (x[v]) && (x[v] < lower || x[v] > upper);
    }
  if (n_observed == 0)
    return g_strdup_printf (_("%zu draws from the prior, with the noise."), n_draws);
  if (n_outside == 0)
    return g_strdup_printf (_("All %zu values lie within %zu draws from the prior, value for value."), n_observed, n_draws);
  return g_strdup_printf (_("%zu of %zu values lie outside of all %zu draws from the prior. If these are many, check units, "
                            "mechanism and prior (page Simulator) before you train."), n_outside, n_observed, n_draws);
}

/* The slot's thread. */
static void
run (gpointer    data,
     const gint *cancelled)
{
  Job *job = data;
  const UsSimulator *first = us_prior_simulator (job->priors[0]);
  const UsOutput *output = &first->outputs[job->output];
  gsize V = us_output_n_values (output), each = N_DRAWS / job->n;
  g_autofree float *draws = g_new (float, each * job->n * V);
  Letter *letter = g_new0 (Letter, 1);
  g_autoptr(GError) error = NULL;

  letter->serial = job->serial;
  for (gsize i = 0; i < each * job->n && error == NULL; i++)
    {
      UsPrior *prior = job->priors[i / each];
      g_autofree double *theta = g_new (double, us_prior_simulator (prior)->n_parameters);

      if (g_atomic_int_get (cancelled))
        {
          letter_free (letter);
          return;
        }
      us_simulate_rows (prior, i / each > 0 ? 0 : job->output, DRAWS_SEED, i % each, 1, theta, draws + i * V, &error);
    }
  if (error != NULL)
    letter->sentence = g_strdup (error->message);
  else
    {
      gboolean image = output->kind == US_OUTPUT_IMAGE;

      letter->n_plots = image ? 1 : us_series_n_plots (output);
      letter->plots = g_new (UsPlot *, letter->n_plots);
      for (gsize i = 0; i < letter->n_plots; i++)
        letter->plots[i] = image ? plot_images (output, draws) : plot_series (job, output, i, draws);
      letter->sentence = say_outside (output, draws, each * job->n, job->x);
    }
  us_mailbox_post (job->mailbox, letter);
}

static void
on_letter (gpointer owner,
           gpointer data)
{
  UsLearningView *self = owner;
  Letter *letter = data;

  if (letter->serial > self->shown)
    {
      self->shown = letter->serial;
      if (letter->n_plots > 0)
        us_chart_column_set_plots (self->draws, letter->n_plots, letter->plots);
      else
        us_chart_column_clear (self->draws);
      gtk_label_set_label (self->sentence, letter->sentence);
    }
  letter_free (letter);
}

gboolean
us_learning_view_is_settled (UsLearningView *self)
{
  g_return_val_if_fail (US_IS_LEARNING_VIEW (self), FALSE);

  return self->shown == self->asked;
}

void
us_learning_view_set_setup (UsLearningView *self,
                            gsize           n,
                            UsPrior *const *priors,
                            guint           output,
                            const float    *x)
{
  Job *job;

  g_return_if_fail (US_IS_LEARNING_VIEW (self));

  self->asked++;
  if (n == 0 || n > N_DRAWS)
    {
      self->shown = self->asked;
      us_chart_column_clear (self->draws);
      gtk_label_set_label (self->sentence, "");
      return;
    }
  job = g_new0 (Job, 1);
  job->n = n;
  job->priors = g_new (UsPrior *, n);
  for (gsize m = 0; m < n; m++)
    job->priors[m] = us_prior_ref (priors[m]);
  job->output = output;
  if (x != NULL)
    job->x = g_memdup2 (x, us_output_n_values (&us_prior_simulator (priors[0])->outputs[output]) * sizeof *x);
  job->serial = self->asked;
  job->mailbox = us_mailbox_ref (self->mailbox);
  us_preview_submit (self->slot, run, job, job_free);
}

/* --- the loss ----------------------------------------------------------------------------- */

static UsPlot *
plot_loss (GArray *history)             /* of UsPosteriorPoint */
{
  g_autofree double *epoch = g_new (double, history->len + 1);
  g_autofree double *loss = g_new (double, history->len + 1);
  g_autofree double *held_out = g_new (double, history->len + 1);
  UsPlot *plot = us_plot_new (_("Loss"));

  for (guint i = 0; i < history->len; i++)
    {
      const UsPosteriorPoint *point = &g_array_index (history, UsPosteriorPoint, i);

      epoch[i] = point->epoch;
      loss[i] = point->loss;
      held_out[i] = point->held_out;
    }
  us_plot_set_axis (plot, US_AXIS_X, _("Rounds through the simulations"), NULL, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, _("Loss"), NULL, US_SCALE_LINEAR);
  us_plot_add_line (plot, _("Training"), &(UsPlotStyle) { .colour = 1, .opacity = 0.6 }, history->len, epoch, loss);
  us_plot_add_line (plot, _("Held-out simulations"), &(UsPlotStyle) { .colour = 2, .width = 2.5 }, history->len, epoch, held_out);
  return plot;
}

/* --- the record ---------------------------------------------------------------------------- */

static void
add_text (UsLearningView *self,
          const char     *title,
          char           *value)        /* taken */
{
  gtk_label_set_text (us_number_row_append (self->record, title), value);
  g_free (value);
}

static void
add_posterior (UsLearningView *self,
               UsPosterior    *posterior)
{
  const UsPosteriorRecord *record = us_posterior_record (posterior);
  g_autofree char *notes = record->notes != NULL ? g_strjoinv ("\n", record->notes) : NULL;
  g_autoptr(GString) names = g_string_new (NULL);

  for (gsize p = 0; p < us_posterior_n_parameters (posterior); p++)
    g_string_append_printf (names, "%s%s", p > 0 ? ", " : "", us_posterior_name (posterior, p));
  add_text (self, _("Parameters"), g_strdup (names->str));
  add_text (self, _("Simulations"), us_format_count (record->n_rows));
  if (record->n_dropped > 0)
    add_text (self, _("Left out, not finite"), us_format_count (record->n_dropped));
  add_text (self, _("Rounds"), us_format_count (record->history->len));
  add_text (self, _("Loss, held-out simulations"), us_format_loss (record->held_out));
  add_text (self, _("Time"), us_format_duration (record->seconds));
  gtk_label_set_text (self->notes, notes != NULL ? notes : "");
}

static void
add_predictor (UsLearningView *self,
               UsPredictor    *predictor)
{
  const UsPredictorRecord *record = us_predictor_record (predictor);

  add_text (self, _("Simulations"), us_format_count (record->n_rows));
  add_text (self, _("Rounds"), g_strdup_printf (_("%zu, the best was %zu"), record->n_epochs, record->best_epoch));
  add_text (self, _("Loss, held-out simulations"), us_format_loss (record->held_out));
  if (isfinite (record->error_rate))
    add_text (self, _("Held-out simulations put to the wrong mechanism"), g_strdup_printf (_("%.1f %%"), 100 * record->error_rate));
  if (isfinite (record->coverage))
    add_text (self, _("Held-out values between the outermost quantiles"), g_strdup_printf (_("%.1f %%"), 100 * record->coverage));
  add_text (self, _("Time"), us_format_duration (record->seconds));
  gtk_label_set_text (self->notes, "");
}

static void
show_record (UsLearningView *self)
{
  UsPosterior *posterior = us_learning_get_posterior (self->learning);
  UsPredictor *predictor = us_learning_get_predictor (self->learning);
  GtkWidget *row;

  while ((row = gtk_widget_get_first_child (GTK_WIDGET (self->record))) != NULL)
    gtk_list_box_remove (self->record, row);
  if (posterior != NULL)
    add_posterior (self, posterior);
  if (predictor != NULL)
    add_predictor (self, predictor);
  if (posterior != NULL || predictor != NULL)
    {
      g_autofree char *name = g_filename_display_basename (us_learning_get_path (self->learning));
      GtkLabel *label = us_number_row_append (self->record, _("File"));

      gtk_label_set_ellipsize (label, PANGO_ELLIPSIZE_MIDDLE);
      gtk_label_set_text (label, name);
      gtk_widget_set_tooltip_text (GTK_WIDGET (label), us_learning_get_path (self->learning));
    }
  gtk_widget_set_visible (self->record_group, posterior != NULL || predictor != NULL);
}

static void
on_changed (UsLearningView *self)
{
  UsLearningProgress progress;
  g_autoptr(GArray) history = us_learning_dup_history (self->learning);

  us_learning_get_progress (self->learning, &progress);
  gtk_widget_set_visible (GTK_WIDGET (self->loss_chart), progress.state != US_LEARNING_IDLE);
  if (history->len > 0)
    {
      g_autoptr(UsPlot) plot = plot_loss (history);

      us_chart_set_plot (self->loss_chart, plot);
    }
  else
    us_chart_set_plot (self->loss_chart, NULL);
  if (progress.state == US_LEARNING_RUNNING)
    gtk_widget_set_visible (self->record_group, FALSE);
  else
    show_record (self);
}

void
us_learning_view_set_learning (UsLearningView *self,
                               UsLearning     *learning)
{
  g_return_if_fail (US_IS_LEARNING_VIEW (self));
  g_return_if_fail (self->learning == NULL);

  self->learning = g_object_ref (learning);
  g_signal_connect_object (learning, "changed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
}

/* --- object ------------------------------------------------------------------------------- */

static void
us_learning_view_dispose (GObject *object)
{
  UsLearningView *self = US_LEARNING_VIEW (object);

  g_clear_pointer (&self->slot, us_preview_free);
  g_clear_pointer (&self->mailbox, us_mailbox_close);
  g_clear_object (&self->learning);
  gtk_widget_dispose_template (GTK_WIDGET (object), US_TYPE_LEARNING_VIEW);

  G_OBJECT_CLASS (us_learning_view_parent_class)->dispose (object);
}

static void
us_learning_view_class_init (UsLearningViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = us_learning_view_dispose;
  g_type_ensure (US_TYPE_CHART);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/understudy/Understudy/us-learning-view.ui");
  gtk_widget_class_bind_template_child (widget_class, UsLearningView, draws);
  gtk_widget_class_bind_template_child (widget_class, UsLearningView, draws_chart);
  gtk_widget_class_bind_template_child (widget_class, UsLearningView, sentence);
  gtk_widget_class_bind_template_child (widget_class, UsLearningView, loss_chart);
  gtk_widget_class_bind_template_child (widget_class, UsLearningView, record_group);
  gtk_widget_class_bind_template_child (widget_class, UsLearningView, record);
  gtk_widget_class_bind_template_child (widget_class, UsLearningView, notes);
}

static void
us_learning_view_init (UsLearningView *self)
{
  self->mailbox = us_mailbox_new (self, on_letter, letter_free);
  self->slot = us_preview_new ("draws-and-data");
  gtk_widget_init_template (GTK_WIDGET (self));
}
