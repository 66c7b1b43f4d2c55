/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-train-page.h"

#include "us-adaptive-box.h"
#include "us-chart-column.h"
#include "us-learning-view.h"
#include "us-mailbox.h"
#include "us-mechanism-group.h"
#include "us-method-group.h"
#include "us-number-row.h"
#include "us-session.h"
#include "us-train-plots.h"

#include <glib/gi18n.h>
#include <math.h>

/* Columns of the four-row comparison, and how often the charts are made anew. */
#define N_COLUMNS 8
#define CHARTS_EVERY_US (2 * G_USEC_PER_SEC)
/* The window stays ahead of the workers. */
#define NICENESS 10

typedef enum
{
  NUMBER_STEP,
  NUMBER_DRAWS,
  NUMBER_LOSS,
  NUMBER_HELD_OUT,
  NUMBER_SAMPLES_RATE,
  NUMBER_SIMULATIONS_RATE,
  NUMBER_RATE,
  NUMBER_LEFT,
  N_NUMBERS,
} Number;

struct _UsTrainPage
{
  AdwBin        parent_instance;

  /* template children */
  AdwActionRow   *simulator_row;
  AdwComboRow    *output_row;
  GtkDropDown    *what;
  GtkLabel       *what_summary;
  UsMechanismGroup *mechanism_group;
  GtkWidget      *simvae_box;
  AdwPreferencesGroup *settings_group;
  AdwComboRow    *preset_row;
  UsMethodGroup  *method_group;
  GtkSpinButton  *minutes;
  GtkSpinButton  *seed;
  GtkButton      *start_button;
  GtkButton      *resume_button;
  GtkButton      *pause_button;
  GtkButton      *stop_button;
  GtkProgressBar *progress;
  GtkWidget      *notice;
  GtkLabel       *warning;
  GtkListBox     *numbers;
  GtkStack       *results;
  UsChart        *loss_chart;
  GtkBox         *rows_charts;
  UsLearningView *learning_view;
  GtkLabel       *values[N_NUMBERS];

  /* owned */
  UsSession      *session;
  UsMailbox      *mailbox;              /* plots made by workers */

  const UsSimulator *simulator;         /* that the outputs are of; borrowed */
  gboolean        filling;              /* by program */
  gint64          charts_made;          /* monotonic time when they were last asked for */
  gboolean        busy;                 /* a worker is at the charts */
  gboolean        again;                /* and they are wanted anew afterwards */
  gboolean        stale;                /* news came while the page was not to be seen */
  guint           serial;               /* of the run or model that the charts are of */
};

enum
{
  PROP_0,
  PROP_SESSION,
};

G_DEFINE_FINAL_TYPE (UsTrainPage, us_train_page, ADW_TYPE_BIN)

/* What can be learnt: the simulator itself, or something of a mechanism. */
enum
{
  WHAT_SIMVAE,
  WHAT_LEARNING,                /* and the other kinds of a UsLearning */
  N_WHATS = WHAT_LEARNING + US_N_LEARNING_KINDS,
};

static const struct
{
  const char *title, *summary;
} whats[N_WHATS] = {
  [WHAT_SIMVAE] = { N_("The simulator and its inverse"),
                    N_("SimVAE: a decoder learns to be the simulator, then an encoder learns to invert it") },
  [WHAT_LEARNING + US_LEARNING_POSTERIOR] = { N_("Parameters, with their uncertainty"),
    N_("A posterior: which parameters could have made the data, and how likely each is") },
  [WHAT_LEARNING + US_LEARNING_QUANTITIES] = { N_("Hidden quantities"),
    N_("Intervals for parameters, for what follows from them, and for series that nobody measures") },
  [WHAT_LEARNING + US_LEARNING_FORECAST] = { N_("Forecast"), N_("Intervals for what will be measured after the last point") },
  [WHAT_LEARNING + US_LEARNING_SELECTION] = { N_("Which mechanism"),
    N_("The probability of each of several mechanisms, given the data") },
};

/* --- numbers ---------------------------------------------------------------- */

static const char *const number_titles[N_NUMBERS] = {
  [NUMBER_STEP] = N_("Now learning"),
  [NUMBER_DRAWS] = N_("Draws seen"),
  [NUMBER_LOSS] = N_("Loss"),
  [NUMBER_HELD_OUT] = N_("Loss, held-out draws"),
  [NUMBER_SAMPLES_RATE] = N_("Draws trained on per second"),
  [NUMBER_SIMULATIONS_RATE] = N_("Simulations possible per second"),
  [NUMBER_RATE] = N_("Learning rate"),
  [NUMBER_LEFT] = N_("Time left"),
};

static void
add_number_rows (UsTrainPage *self)
{
  for (guint i = 0; i < N_NUMBERS; i++)
    self->values[i] = us_number_row_append (self->numbers, _(number_titles[i]));
}

static void
set_number (UsTrainPage *self,
            Number       number,
            char        *text)          /* taken */
{
  gtk_label_set_text (self->values[number], text);
  g_free (text);
}

static const char *
step_name (const UsTrainerProgress *progress)
{
  if (progress->method == US_METHOD_BETA_VAE)
    return _("Decoder and encoder");
  if (progress->step != 2)
    return _("Step 1, the decoder");
  return progress->method == US_METHOD_SEMI_SUPERVISED ? _("Step 2, encoder and decoder") : _("Step 2, the encoder");
}

static void
show_numbers (UsTrainPage             *self,
              const UsTrainerProgress *progress)
{
  g_autofree char *done = us_format_count (progress->samples);
  g_autofree char *total = us_format_count (progress->total_samples);
  g_autofree char *text = NULL;

  set_number (self, NUMBER_STEP, g_strdup (step_name (progress)));
  set_number (self, NUMBER_DRAWS, g_strdup_printf (_("%s of %s"), done, total));
  set_number (self, NUMBER_LOSS, us_format_loss (progress->loss));
  set_number (self, NUMBER_HELD_OUT, us_format_loss (progress->held_out));
  set_number (self, NUMBER_SAMPLES_RATE, us_format_count (progress->samples_per_s));
  set_number (self, NUMBER_SIMULATIONS_RATE, us_format_count (progress->simulations_per_s));
  set_number (self, NUMBER_RATE, g_strdup_printf ("%.2g", progress->learning_rate));
  set_number (self, NUMBER_LEFT, progress->state == US_TRAINER_RUNNING || progress->state == US_TRAINER_PAUSED
              ? us_format_duration (progress->seconds_left) : g_strdup ("–"));

  gtk_progress_bar_set_fraction (self->progress, CLAMP (progress->fraction, 0, 1));
  switch (progress->state)
    {
    case US_TRAINER_IDLE:
      text = g_strdup ("");
      break;
    case US_TRAINER_RUNNING:
      text = g_strdup_printf (_("%.0f %%"), 100 * progress->fraction);
      break;
    case US_TRAINER_PAUSED:
      text = g_strdup_printf (_("Paused at %.0f %%"), 100 * progress->fraction);
      break;
    case US_TRAINER_DONE:
      text = g_strdup (_("Trained"));
      break;
    case US_TRAINER_STOPPED:
      text = g_strdup_printf (_("Stopped at %.0f %%; what was learnt is kept"), 100 * progress->fraction);
      break;
    case US_TRAINER_FAILED:
      text = g_strdup (_("Failed"));
      break;
    }
  gtk_progress_bar_set_text (self->progress, text);
  gtk_label_set_text (self->warning, progress->warning);
  gtk_widget_set_visible (self->notice, *progress->warning != '\0');
  gtk_widget_set_visible (GTK_WIDGET (self->progress), TRUE);
  gtk_widget_set_visible (GTK_WIDGET (self->numbers), TRUE);
}

/* --- charts ------------------------------------------------------------------- */

/* One letter of the mailbox: plots for the charts. */
typedef struct
{
  UsPlot *loss;
  gsize   n_rows;               /* 0: no news */
  UsPlot **rows;                /* (n_rows) */
  guint   serial;
} Letter;

static void
letter_free (gpointer data)
{
  Letter *letter = data;

  g_clear_pointer (&letter->loss, us_plot_unref);
  for (gsize i = 0; i < letter->n_rows; i++)
    us_plot_unref (letter->rows[i]);
  g_free (letter->rows);
  g_free (letter);
}

typedef struct
{
  UsTrainer *trainer;           /* owned, or NULL: the model's own record is shown */
  UsSimvae  *model;             /* owned, or NULL: losses alone */
  UsMailbox *mailbox;           /* owned */
  guint      serial;
} PlotJob;

static void
plot_job_free (gpointer data)
{
  PlotJob *job = data;

  g_clear_object (&job->trainer);
  g_clear_pointer (&job->model, us_simvae_unref);
  us_mailbox_unref (job->mailbox);
  g_free (job);
}

/* A worker: a few milliseconds of work, at most each second. */
static void
make_plots (GTask        *task,
            gpointer      source,
            gpointer      data,
            GCancellable *cancellable)
{
  PlotJob *job = data;
  Letter *letter = g_new0 (Letter, 1);

  letter->serial = job->serial;
  if (job->trainer != NULL)
    {
      g_autoptr(GArray) first = us_trainer_get_history (job->trainer, 1);
      g_autoptr(GArray) second = us_trainer_get_history (job->trainer, 2);

      letter->loss = us_train_plot_losses (_("Loss"), first, second);
    }
  else
    {
      const UsSimvaeRecord *record = us_simvae_record (job->model);

      letter->loss = us_train_plot_losses (_("Loss while the open model was trained"), record->history[0], record->history[1]);
    }
  if (job->model != NULL)
    {
      const UsOutput *output = &us_simvae_simulator (job->model)->outputs[us_simvae_output (job->model)];
      g_autoptr(UsFourRows) rows = us_four_rows_new (job->model, N_COLUMNS, 20191);

      if (rows != NULL)
        letter->rows = us_train_plot_rows (output, rows, &letter->n_rows);
    }
  us_mailbox_post (job->mailbox, letter);
  g_task_return_boolean (task, TRUE);
}

static void
on_letter (gpointer owner,
           gpointer data)
{
  UsTrainPage *self = owner;
  Letter *letter = data;

  /* Else of a run since replaced by another. */
  if (letter->serial == self->serial)
    {
      us_chart_set_plot (self->loss_chart, letter->loss);
      if (letter->n_rows > 0)
        us_chart_column_set_plots (self->rows_charts, letter->n_rows, letter->rows);
    }
  letter_free (letter);
}

static void refresh_charts (UsTrainPage *self,
                            gboolean     now);

static void
on_plots_made (GObject      *source,
               GAsyncResult *result,
               gpointer      data)
{
  UsTrainPage *self = US_TRAIN_PAGE (source);

  self->busy = FALSE;
  if (self->again && self->mailbox != NULL)
    refresh_charts (self, TRUE);
}

/* Running or paused: what is in training is not what learns from mechanisms. */
static gboolean
trainer_works (UsTrainPage *self)
{
  UsLearningProgress progress;

  us_learning_get_progress (us_session_get_learning (self->session), &progress);
  return us_session_get_training (self->session) && progress.state != US_LEARNING_RUNNING;
}

/* The run that is shown, or NULL when it is over and a model was opened since. */
static UsTrainer *
shown_trainer (UsTrainPage *self)
{
  if (!trainer_works (self) && !us_session_get_follows_training (self->session))
    return NULL;
  return us_session_get_trainer (self->session);
}

/* Asks for new plots; now: even if the last ones are fresh. */
static void
refresh_charts (UsTrainPage *self,
                gboolean     now)
{
  UsTrainer *trainer = shown_trainer (self);
  UsSimvae *model = us_session_get_any_model (self->session);
  gint64 time = g_get_monotonic_time ();
  g_autoptr(GTask) task = NULL;
  PlotJob *job;

  if (self->mailbox == NULL || (trainer == NULL && model == NULL) || (!now && time - self->charts_made < CHARTS_EVERY_US))
    return;
  self->stale = !gtk_widget_get_mapped (GTK_WIDGET (self));
  self->again = self->busy && now;
  if (self->stale || self->busy)
    return;
  self->charts_made = time;
  self->busy = TRUE;
  job = g_new0 (PlotJob, 1);
  job->serial = self->serial;
  job->mailbox = us_mailbox_ref (self->mailbox);
  if (trainer != NULL)
    {
      job->trainer = g_object_ref (trainer);
      job->model = us_trainer_get_model (trainer);
    }
  else
    job->model = us_simvae_ref (model);
  task = g_task_new (self, NULL, on_plots_made, NULL);
  g_task_set_task_data (task, job, plot_job_free);
  g_task_run_in_thread (task, make_plots);
}

/* The charts are of something else from now on. */
static void
empty_charts (UsTrainPage *self)
{
  self->serial++;
  us_chart_set_plot (self->loss_chart, NULL);
  us_chart_column_clear (self->rows_charts);
}

static void
us_train_page_map (GtkWidget *widget)
{
  UsTrainPage *self = US_TRAIN_PAGE (widget);

  GTK_WIDGET_CLASS (us_train_page_parent_class)->map (widget);
  if (self->stale)
    refresh_charts (self, TRUE);
}

/* --- what is learnt ---------------------------------------------------------------- */

static gboolean
is_simvae (UsTrainPage *self)
{
  return gtk_drop_down_get_selected (self->what) == WHAT_SIMVAE;
}

static void
show_results (UsTrainPage *self)
{
  gboolean something = us_session_get_any_model (self->session) != NULL || shown_trainer (self) != NULL;

  gtk_stack_set_visible_child_name (self->results, !is_simvae (self) ? "learning" : something ? "charts" : "empty");
}

static void
on_what_cb (UsTrainPage *self)
{
  guint what = gtk_drop_down_get_selected (self->what);

  if (what >= N_WHATS || self->session == NULL)
    return;
  gtk_label_set_label (self->what_summary, _(whats[what].summary));
  gtk_widget_set_visible (self->simvae_box, what == WHAT_SIMVAE);
  gtk_widget_set_visible (GTK_WIDGET (self->mechanism_group), what != WHAT_SIMVAE);
  if (what != WHAT_SIMVAE)
    us_mechanism_group_set_kind (self->mechanism_group, what - WHAT_LEARNING);
  show_results (self);
}

/* --- what the user does ---------------------------------------------------------- */

static const UsPreset *
selected_preset (UsTrainPage *self)
{
  gsize n;
  const UsPreset *presets = us_preset_list (&n);
  guint selected = adw_combo_row_get_selected (self->preset_row);

  return &presets[selected < n ? selected : 0];
}

static void
on_preset_cb (UsTrainPage *self)
{
  const UsPreset *preset = selected_preset (self);

  adw_action_row_set_subtitle (ADW_ACTION_ROW (self->preset_row), _(preset->summary));
  gtk_spin_button_set_value (self->minutes, preset->minutes);
}

static void
start (UsTrainPage *self,
       gboolean     resume)
{
  UsTrainerConfig config = {
    .prior = us_session_get_prior (self->session),
    .output = us_session_get_output (self->session),
    .preset = selected_preset (self),
    .seed = (guint64) gtk_spin_button_get_value (self->seed),
    .minutes = gtk_spin_button_get_value (self->minutes),
    .niceness = NICENESS,
    .resume = resume,
  };

  us_method_group_fill (self->method_group, &config);
  empty_charts (self);
  us_session_start_training (self->session, &config);
  show_results (self);
}

static void
on_start_clicked_cb (UsTrainPage *self)
{
  start (self, FALSE);
}

static void
on_resume_clicked_cb (UsTrainPage *self)
{
  start (self, TRUE);
}

static void
on_pause_clicked_cb (UsTrainPage *self)
{
  UsTrainer *trainer = us_session_get_trainer (self->session);
  UsTrainerProgress progress;

  if (trainer == NULL)
    return;
  us_trainer_get_progress (trainer, &progress);
  if (progress.state == US_TRAINER_PAUSED)
    us_trainer_resume (trainer);
  else
    us_trainer_pause (trainer);
}

static void
on_stop_clicked_cb (UsTrainPage *self)
{
  us_session_stop_training (self->session);
}

/* --- what the session tells -------------------------------------------------------- */

static void
update_buttons (UsTrainPage *self)
{
  UsTrainer *trainer = us_session_get_trainer (self->session);
  gboolean training = trainer_works (self), busy = us_session_get_training (self->session);
  UsTrainerProgress progress = { .state = US_TRAINER_IDLE };
  gboolean paused;

  if (trainer != NULL)
    us_trainer_get_progress (trainer, &progress);
  paused = progress.state == US_TRAINER_PAUSED;
  /* What runs is what is shown. */
  gtk_widget_set_sensitive (GTK_WIDGET (self->what), !busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->output_row), !busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->settings_group), !training);
  gtk_widget_set_sensitive (GTK_WIDGET (self->method_group), !training);
  gtk_widget_set_visible (GTK_WIDGET (self->start_button), !training);
  gtk_widget_set_visible (GTK_WIDGET (self->resume_button), !training && us_session_can_resume (self->session));
  gtk_widget_set_visible (GTK_WIDGET (self->pause_button), training);
  gtk_widget_set_visible (GTK_WIDGET (self->stop_button), training);
  gtk_button_set_label (self->pause_button, paused ? _("_Resume") : _("_Pause"));
}

static void
on_progress_cb (UsTrainPage *self)
{
  UsTrainer *trainer = us_session_get_trainer (self->session);
  UsTrainerProgress progress;

  /* Else news of what learns from mechanisms. */
  if (trainer == NULL || !is_simvae (self))
    return;
  us_trainer_get_progress (trainer, &progress);
  show_numbers (self, &progress);
  update_buttons (self);
  refresh_charts (self, FALSE);
}

static void
on_training_ended_cb (UsTrainPage *self)
{
  UsTrainer *trainer = us_session_get_trainer (self->session);
  const GError *error = trainer != NULL ? us_trainer_get_error (trainer) : NULL;

  on_progress_cb (self);
  refresh_charts (self, TRUE);
  if (error != NULL)
    us_session_complain (self->session, _("Training ended early"), error->message);
  else if (us_session_get_model (self->session) == NULL)
    us_session_say (self->session, _("Training ended; these latents have no names, so that Explore and Infer have no use for them"));
  else
    us_session_say (self->session, _("Training ended; Explore and Infer now use the new model"));
}

/* A model was opened or forgotten; the newer weights of a run come by its progress. */
static void
on_model_cb (UsTrainPage *self)
{
  show_results (self);
  if (shown_trainer (self) != NULL)
    return;
  empty_charts (self);
  gtk_widget_set_visible (GTK_WIDGET (self->progress), FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->numbers), FALSE);
  gtk_widget_set_visible (self->notice, FALSE);
  refresh_charts (self, TRUE);
}

static void
fill_outputs (UsTrainPage       *self,
              const UsSimulator *simulator)
{
  g_autoptr(GtkStringList) labels = gtk_string_list_new (NULL);

  for (gsize i = 0; i < simulator->n_outputs; i++)
    gtk_string_list_append (labels, _(simulator->outputs[i].label));
  adw_combo_row_set_model (self->output_row, G_LIST_MODEL (labels));
  gtk_widget_set_visible (GTK_WIDGET (self->output_row), simulator->n_outputs > 1);
  self->simulator = simulator;
}

static void
on_simulator_cb (UsTrainPage *self)
{
  const UsSimulator *simulator = us_session_get_simulator (self->session);

  if (simulator == NULL)
    return;
  self->filling = TRUE;
  if (simulator != self->simulator)
    fill_outputs (self, simulator);
  adw_combo_row_set_selected (self->output_row, us_session_get_output (self->session));
  self->filling = FALSE;
  adw_action_row_set_subtitle (self->simulator_row, _(simulator->title));
  update_buttons (self);
}

static void
on_output_chosen_cb (UsTrainPage *self)
{
  guint selected = adw_combo_row_get_selected (self->output_row);

  if (!self->filling && self->session != NULL && selected != GTK_INVALID_LIST_POSITION)
    us_session_set_output (self->session, selected);
}

/* --- object --------------------------------------------------------------------------- */

static void
fill_presets (UsTrainPage *self)
{
  g_autoptr(GtkStringList) titles = gtk_string_list_new (NULL);
  gsize n;
  const UsPreset *presets = us_preset_list (&n);

  for (gsize i = 0; i < n; i++)
    gtk_string_list_append (titles, _(presets[i].title));
  adw_combo_row_set_model (self->preset_row, G_LIST_MODEL (titles));
  on_preset_cb (self);
}

static void
fill_whats (UsTrainPage *self)
{
  g_autoptr(GtkStringList) titles = gtk_string_list_new (NULL);

  for (guint i = 0; i < N_WHATS; i++)
    gtk_string_list_append (titles, _(whats[i].title));
  gtk_drop_down_set_model (self->what, G_LIST_MODEL (titles));
}

static void
us_train_page_set_property (GObject      *object,
                            guint         id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  UsTrainPage *self = US_TRAIN_PAGE (object);

  if (id != PROP_SESSION)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  g_return_if_fail (self->session == NULL);
  self->session = g_value_dup_object (value);
  if (self->session == NULL)
    return;
  self->mailbox = us_mailbox_new (self, on_letter, letter_free);
  g_signal_connect_object (self->session, "notify::simulator", G_CALLBACK (on_simulator_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "notify::output", G_CALLBACK (on_simulator_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "notify::model", G_CALLBACK (on_model_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "notify::training", G_CALLBACK (update_buttons), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "progress", G_CALLBACK (on_progress_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "training-ended", G_CALLBACK (on_training_ended_cb), self, G_CONNECT_SWAPPED);
  us_mechanism_group_set_session (self->mechanism_group, self->session, self->learning_view);
  on_what_cb (self);
  on_simulator_cb (self);
  on_model_cb (self);
}

static void
us_train_page_dispose (GObject *object)
{
  UsTrainPage *self = US_TRAIN_PAGE (object);

  g_clear_pointer (&self->mailbox, us_mailbox_close);
  g_clear_object (&self->session);
  gtk_widget_dispose_template (GTK_WIDGET (self), US_TYPE_TRAIN_PAGE);

  G_OBJECT_CLASS (us_train_page_parent_class)->dispose (object);
}

static void
us_train_page_class_init (UsTrainPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->set_property = us_train_page_set_property;
  object_class->dispose = us_train_page_dispose;
  widget_class->map = us_train_page_map;
  g_object_class_install_property (object_class, PROP_SESSION,
    g_param_spec_object ("session", NULL, NULL, US_TYPE_SESSION,
                         G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));

  g_type_ensure (US_TYPE_ADAPTIVE_BOX);
  g_type_ensure (US_TYPE_CHART);
  g_type_ensure (US_TYPE_LEARNING_VIEW);
  g_type_ensure (US_TYPE_MECHANISM_GROUP);
  g_type_ensure (US_TYPE_METHOD_GROUP);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/understudy/Understudy/us-train-page.ui");
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, output_row);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, what);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, what_summary);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, mechanism_group);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, simvae_box);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, learning_view);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, settings_group);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, simulator_row);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, preset_row);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, method_group);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, minutes);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, seed);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, start_button);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, resume_button);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, pause_button);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, stop_button);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, progress);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, notice);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, warning);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, results);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, numbers);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, loss_chart);
  gtk_widget_class_bind_template_child (widget_class, UsTrainPage, rows_charts);
  gtk_widget_class_bind_template_callback (widget_class, on_output_chosen_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_what_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_preset_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_start_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_resume_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_pause_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_stop_clicked_cb);
}

static void
us_train_page_init (UsTrainPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  add_number_rows (self);
  fill_presets (self);
  fill_whats (self);
}
