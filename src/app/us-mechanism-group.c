/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-mechanism-group.h"

#include "us-data-group.h"
#include "us-mechanism-setup.h"
#include "us-number-row.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* The window stays ahead of the workers. */
#define NICENESS 10
/* Of gaps that data have, the least and the most that is drawn in training. */
#define LEAST_GAPS 0.02
#define MOST_GAPS 0.5
/* A first horizon: that share of the time that was measured. */
#define HORIZON_SHARE 0.25

typedef enum
{
  NUMBER_SIMULATED,
  NUMBER_ROUND,
  NUMBER_LOSS,
  NUMBER_HELD_OUT,
  NUMBER_LEFT,
  N_NUMBERS,
} Number;

typedef enum
{
  SPREAD_NONE,
  SPREAD_NORMAL,
  SPREAD_POISSON,
  SPREAD_NEGATIVE_BINOMIAL,
  SPREAD_MULTIPLICATIVE,
  N_SPREADS,
} Spread;

struct _UsMechanismGroup
{
  AdwBin            parent_instance;

  /* template children */
  UsDataGroup      *data_group;
  GtkWidget        *noise_box;
  GtkWidget        *noise_group;
  AdwComboRow      *noise_row;
  GtkWidget        *reporting_row, *delay_row, *weekday_row;
  GtkSwitch        *reporting, *delay, *weekday;
  GtkWidget        *task_group;
  GtkSpinButton    *samples;
  AdwActionRow     *horizon_row;
  GtkSpinButton    *horizon;
  AdwExpanderRow   *others_row;
  AdwExpanderRow   *hidden_row;
  GtkSpinButton    *seed;
  GtkWidget        *noise_trouble_box, *task_trouble_box, *failure_box;
  GtkLabel         *noise_trouble, *task_trouble, *failure;
  GtkWidget        *start;
  GtkWidget        *stop;
  GtkProgressBar   *progress;
  GtkListBox       *numbers;
  GtkLabel         *values[N_NUMBERS];

  /* owned */
  UsSession        *session;
  UsLearningView   *view;
  UsMechanismSetup *setup;              /* what start would learn from; NULL: something is wrong, or waits */
  GPtrArray        *other_rows;         /* borrowed, with "simulator" */
  GPtrArray        *hidden_rows;        /* borrowed, with "output" */

  /* state */
  UsLearningKind    kind;
  const UsOutput   *output;             /* that the rows are for */
  double            span;               /* that the horizon was filled for */
  guint             check_id;
  guint             serial;             /* of the newest check */
  gboolean          checking;           /* a worker is at it */
  gboolean          start_when_checked;
  gboolean          filling;            /* by program */
};

G_DEFINE_FINAL_TYPE (UsMechanismGroup, us_mechanism_group, ADW_TYPE_BIN)

static const struct
{
  const char *title, *stage, *summary;
} spreads[N_SPREADS] = {
  [SPREAD_NONE] = { N_("None"), NULL, N_("The values are what the mechanism says, to the last digit") },
  [SPREAD_NORMAL] = { N_("Normal"), "normal", N_("The same spread everywhere, in the unit of the values; how much is learnt") },
  [SPREAD_POISSON] = { N_("Poisson"), "poisson", N_("Independent counts: the variance is the mean") },
  [SPREAD_NEGATIVE_BINOMIAL] = { N_("Negative binomial"), "negative-binomial",
                                 N_("Counts that vary more than independent ones; how much more is learnt") },
  [SPREAD_MULTIPLICATIVE] = { N_("Multiplicative"), "multiplicative",
                              N_("A spread in proportion to the value; how much is learnt") },
};

static const char *const number_titles[N_NUMBERS] = {
  [NUMBER_SIMULATED] = N_("Simulations made"),
  [NUMBER_ROUND] = N_("Rounds through them"),
  [NUMBER_LOSS] = N_("Loss"),
  [NUMBER_HELD_OUT] = N_("Loss, held-out simulations"),
  [NUMBER_LEFT] = N_("Time left, at most"),
};

static gboolean
is_learning (UsMechanismGroup *self)
{
  UsLearningProgress progress;

  us_learning_get_progress (us_session_get_learning (self->session), &progress);
  return progress.state == US_LEARNING_RUNNING;
}

/* --- what was chosen ----------------------------------------------------------------- */

static Spread
chosen_spread (UsMechanismGroup *self)
{
  guint selected = adw_combo_row_get_selected (self->noise_row);

  return selected < N_SPREADS ? selected : SPREAD_NONE;
}

static gboolean
is_on (GtkWidget *row,
       GtkSwitch *toggle)
{
  return gtk_widget_get_visible (row) && gtk_switch_get_active (toggle);
}

/* "reporting+poisson", or NULL. */
static char *
chosen_stages (UsMechanismGroup *self)
{
  g_autoptr(GStrvBuilder) stages = g_strv_builder_new ();
  g_auto(GStrv) list = NULL;

  if (!gtk_widget_get_visible (self->noise_group))
    return NULL;
  if (is_on (self->reporting_row, self->reporting))
    g_strv_builder_add (stages, "reporting");
  if (is_on (self->delay_row, self->delay))
    g_strv_builder_add (stages, "delay");
  if (is_on (self->weekday_row, self->weekday))
    g_strv_builder_add (stages, "weekday");
  if (spreads[chosen_spread (self)].stage != NULL)
    g_strv_builder_add (stages, spreads[chosen_spread (self)].stage);
  list = g_strv_builder_end (stages);
  return list[0] != NULL ? g_strjoinv ("+", list) : NULL;
}

static gboolean
is_checked (GtkWidget *row)
{
  return gtk_check_button_get_active (g_object_get_data (G_OBJECT (row), "check"));
}

static GPtrArray *
chosen_others (UsMechanismGroup *self)
{
  GPtrArray *others = g_ptr_array_new ();

  for (guint i = 0; i < self->other_rows->len; i++)
    if (is_checked (self->other_rows->pdata[i]))
      g_ptr_array_add (others, g_object_get_data (self->other_rows->pdata[i], "simulator"));
  return others;
}

static char **
chosen_hidden (UsMechanismGroup *self)
{
  g_autoptr(GStrvBuilder) ids = g_strv_builder_new ();

  for (guint i = 0; i < self->hidden_rows->len; i++)
    if (is_checked (self->hidden_rows->pdata[i]))
      g_strv_builder_add (ids, ((const UsOutput *) g_object_get_data (self->hidden_rows->pdata[i], "output"))->id);
  return g_strv_builder_end (ids);
}

/* --- what becomes of it -------------------------------------------------------------- */

static void
say (GtkWidget  *box,
     GtkLabel   *label,
     const char *text)          /* NULL: nothing */
{
  gtk_label_set_label (label, text != NULL ? text : "");
  gtk_widget_set_visible (box, text != NULL);
}

static void
update_buttons (UsMechanismGroup *self)
{
  gboolean training = us_session_get_training (self->session), learning = is_learning (self);

  gtk_widget_set_sensitive (GTK_WIDGET (self->data_group), !training);
  gtk_widget_set_sensitive (self->noise_box, !training);
  gtk_widget_set_sensitive (self->task_group, !training);
  /* What cannot be changed now makes room for how far it is. */
  gtk_widget_set_visible (self->noise_box, !learning);
  gtk_widget_set_visible (self->task_group, !learning);
  gtk_widget_set_visible (self->start, !learning);
  gtk_widget_set_sensitive (self->start, !training && self->setup != NULL);
  gtk_widget_set_visible (self->stop, learning);
}

/* What was chosen, for a worker, and what becomes of it. */
typedef struct
{
  UsMechanismAsked  asked;              /* with strings and references of its own */
  gpointer          held;               /* keeps the series, or NULL */
  guint             serial;
  UsMechanismSetup *setup;
  UsMechanismPlace  where;
  GError           *error;
} Check;

static void
check_free (gpointer data)
{
  Check *job = data;

  us_prior_unref (job->asked.prior);
  g_free ((gpointer) job->asked.others);
  g_free ((char *) job->asked.stages);
  g_strfreev ((char **) job->asked.hidden);
  us_data_group_release (job->held);
  g_clear_pointer (&job->setup, us_mechanism_setup_free);
  g_clear_error (&job->error);
  g_free (job);
}

static Check *
check_new (UsMechanismGroup *self)
{
  const UsMeasurementsOptions *options = us_learnt_get_data_options (us_session_get_learnt (self->session));
  GPtrArray *others = chosen_others (self);
  Check *job = g_new0 (Check, 1);

  job->serial = self->serial;
  job->held = us_data_group_hold (self->data_group);
  job->asked = (UsMechanismAsked) {
    .kind = self->kind,
    .prior = us_prior_ref (us_session_get_prior (self->session)),
    .output = us_session_get_output (self->session),
    .n_others = others->len,
    .stages = chosen_stages (self),
    .series = us_data_group_get_series (self->data_group),
    .mask_bad = options != NULL && options->mask_bad,
    .hidden = self->kind == US_LEARNING_QUANTITIES ? (const char *const *) chosen_hidden (self) : NULL,
    .horizon = self->kind == US_LEARNING_FORECAST ? gtk_spin_button_get_value (self->horizon) : 0,
  };
  job->asked.others = (const UsSimulator *const *) g_ptr_array_free (others, FALSE);
  return job;
}

/* A worker: a long series of many mechanisms takes a tenth of a second. */
static void
run_check (GTask        *task,
           gpointer      source,
           gpointer      data,
           GCancellable *cancellable)
{
  Check *job = data;

  job->setup = us_mechanism_setup_new (&job->asked, &job->where, &job->error);
  g_task_return_boolean (task, TRUE);
}

static void start_learning (UsMechanismGroup *self);

static void
show_check (UsMechanismGroup *self,
            const GError     *error,
            UsMechanismPlace  where)
{
  const char *text = error != NULL ? error->message : NULL;

  us_data_group_set_problem (self->data_group, where == US_MECHANISM_DATA ? text : NULL);
  say (self->noise_trouble_box, self->noise_trouble, where == US_MECHANISM_NOISE ? text : NULL);
  say (self->task_trouble_box, self->task_trouble, where == US_MECHANISM_TASK ? text : NULL);
  if (self->setup != NULL)
    us_learning_view_set_setup (self->view, self->setup->priors->len, (UsPrior *const *) self->setup->priors->pdata,
                                self->setup->output, self->setup->x);
  else
    us_learning_view_set_setup (self->view, 0, NULL, 0, NULL);
  update_buttons (self);
}

static void
on_checked (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  UsMechanismGroup *self = US_MECHANISM_GROUP (source);
  Check *job = g_task_get_task_data (G_TASK (result));

  if (job->serial != self->serial || self->session == NULL)
    return;
  self->checking = FALSE;
  g_clear_pointer (&self->setup, us_mechanism_setup_free);
  self->setup = g_steal_pointer (&job->setup);
  show_check (self, job->error, job->where);
  if (self->start_when_checked && self->setup != NULL)
    start_learning (self);
  self->start_when_checked = FALSE;
}

/* Everything is put together as for a start, so that what is wrong is said before. */
static gboolean
check (gpointer data)
{
  UsMechanismGroup *self = data;
  g_autoptr(GTask) task = NULL;

  self->check_id = 0;
  self->serial++;
  self->checking = !us_data_group_get_waiting (self->data_group);
  if (!self->checking)
    {
      /* While the file is read it may still begin; what waits for the user does not. */
      if (!us_data_group_get_reading (self->data_group))
        self->start_when_checked = FALSE;
      g_clear_pointer (&self->setup, us_mechanism_setup_free);
      show_check (self, NULL, US_MECHANISM_TASK);
      return G_SOURCE_REMOVE;
    }
  task = g_task_new (self, NULL, on_checked, NULL);
  g_task_set_task_data (task, check_new (self), check_free);
  g_task_run_in_thread (task, run_check);
  return G_SOURCE_REMOVE;
}

/* Once for all that changes in one go, and only while the page shows it. */
static void
check_soon (UsMechanismGroup *self)
{
  if (self->session != NULL && self->check_id == 0 && gtk_widget_get_mapped (GTK_WIDGET (self)))
    self->check_id = g_idle_add (check, self);
}

gboolean
us_mechanism_group_is_settled (UsMechanismGroup *self)
{
  g_return_val_if_fail (US_IS_MECHANISM_GROUP (self), FALSE);

  return self->check_id == 0 && !self->checking && !us_data_group_get_reading (self->data_group);
}

/* --- rows that depend on the simulator ------------------------------------------------- */

static GtkWidget *
add_check_row (UsMechanismGroup *self,
               AdwExpanderRow   *expander,
               const char       *title,
               gboolean          active)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *toggle = gtk_check_button_new ();

  gtk_check_button_set_active (GTK_CHECK_BUTTON (toggle), active);
  gtk_widget_set_valign (toggle, GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (toggle), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_add_prefix (ADW_ACTION_ROW (row), toggle);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), toggle);
  g_object_set_data (G_OBJECT (row), "check", toggle);
  adw_expander_row_add_row (expander, row);
  g_signal_connect_object (toggle, "toggled", G_CALLBACK (check_soon), self, G_CONNECT_SWAPPED);
  return row;
}

static void
clear_rows (AdwExpanderRow *expander,
            GPtrArray      *rows)
{
  for (guint i = 0; i < rows->len; i++)
    adw_expander_row_remove (expander, rows->pdata[i]);
  g_ptr_array_set_size (rows, 0);
}

/* Other mechanisms that put out the same; those that follow the same by chance stand beside, unchecked. */
static void
fill_others (UsMechanismGroup *self)
{
  const UsSimulator *simulator = us_session_get_simulator (self->session);
  guint output = us_session_get_output (self->session);
  gsize n;
  const UsSimulator *const *list = us_registry_list (&n);

  clear_rows (self->others_row, self->other_rows);
  for (gsize i = 0; i < n; i++)
    if (list[i] != simulator && us_mechanism_shared_output (simulator, output, list[i]) >= 0)
      {
        gboolean alike = g_str_has_suffix (list[i]->id, "-chain") == g_str_has_suffix (simulator->id, "-chain");
        GtkWidget *row = add_check_row (self, self->others_row, _(list[i]->title), alike);

        g_object_set_data (G_OBJECT (row), "simulator", (gpointer) list[i]);
        g_ptr_array_add (self->other_rows, row);
      }
  adw_expander_row_set_subtitle (self->others_row, self->other_rows->len > 0 ? _("Mechanisms that put out the same")
                                                                              : _("No other mechanism puts out the same"));
  adw_expander_row_set_expanded (self->others_row, self->other_rows->len > 0);
}

static void
fill_hidden (UsMechanismGroup *self)
{
  const UsSimulator *simulator = us_session_get_simulator (self->session);
  guint output = us_session_get_output (self->session);

  clear_rows (self->hidden_row, self->hidden_rows);
  for (gsize i = 0; i < simulator->n_outputs; i++)
    if (i != output && simulator->outputs[i].kind == US_OUTPUT_SERIES)
      {
        GtkWidget *row = add_check_row (self, self->hidden_row, _(simulator->outputs[i].label), TRUE);

        g_object_set_data (G_OBJECT (row), "output", (gpointer) &simulator->outputs[i]);
        g_ptr_array_add (self->hidden_rows, row);
      }
  adw_expander_row_set_subtitle (self->hidden_row, self->hidden_rows->len > 0
                                 ? _("Learnt beside the parameters and what follows from them")
                                 : _("None; the parameters are learnt, and what follows from them"));
}

static double
measured_span (UsMechanismGroup *self)
{
  const UsMeasurements *series = us_data_group_get_series (self->data_group);

  if (series != NULL && series->n_times > 1)
    return series->times[series->n_times - 1] - series->times[0];
  return self->output->x_upper - self->output->x_lower;
}

static void
fill_horizon (UsMechanismGroup *self)
{
  g_autofree char *text = NULL;

  if (self->output == NULL || self->output->kind != US_OUTPUT_SERIES)
    return;
  text = *self->output->x_unit != '\0' ? g_strdup_printf (_("How far beyond the last point, in %s"), self->output->x_unit)
                                       : g_strdup (_("How far beyond the last point"));
  adw_action_row_set_subtitle (self->horizon_row, text);
  self->filling = TRUE;
  if (measured_span (self) != self->span)       /* another one is the user's */
    gtk_spin_button_set_value (self->horizon, HORIZON_SHARE * measured_span (self));
  self->span = measured_span (self);
  self->filling = FALSE;
}

static void
fill_noise (UsMechanismGroup *self)
{
  gboolean series = self->output->kind == US_OUTPUT_SERIES;

  self->filling = TRUE;
  gtk_widget_set_visible (self->noise_group, series);
  gtk_widget_set_visible (GTK_WIDGET (self->data_group), series);
  gtk_widget_set_visible (self->reporting_row, series && self->output->counts);
  gtk_widget_set_visible (self->delay_row, series && self->output->counts);
  gtk_widget_set_visible (self->weekday_row, series && self->output->counts
                          && g_strcmp0 (self->output->x_unit, "d") == 0);
  adw_combo_row_set_selected (self->noise_row, self->output->noisy && !self->output->counts ? SPREAD_NONE
                              : self->output->counts ? SPREAD_NEGATIVE_BINOMIAL : SPREAD_NORMAL);
  self->filling = FALSE;
}

static void
show_spread (UsMechanismGroup *self)
{
  adw_action_row_set_subtitle (ADW_ACTION_ROW (self->noise_row), _(spreads[chosen_spread (self)].summary));
}

static void
on_simulator_cb (UsMechanismGroup *self)
{
  const UsSimulator *simulator = us_session_get_simulator (self->session);
  const UsOutput *output = simulator != NULL ? &simulator->outputs[us_session_get_output (self->session)] : NULL;

  if (output == NULL || output == self->output)
    return;
  self->output = output;
  us_data_group_set_output (self->data_group, output);
  fill_noise (self);
  show_spread (self);
  fill_others (self);
  fill_hidden (self);
  fill_horizon (self);
  check_soon (self);
}

void
us_mechanism_group_set_kind (UsMechanismGroup *self,
                             UsLearningKind    kind)
{
  g_return_if_fail (US_IS_MECHANISM_GROUP (self));

  self->kind = kind;
  gtk_widget_set_visible (GTK_WIDGET (self->horizon_row), kind == US_LEARNING_FORECAST);
  gtk_widget_set_visible (GTK_WIDGET (self->others_row), kind == US_LEARNING_SELECTION);
  gtk_widget_set_visible (GTK_WIDGET (self->hidden_row), kind == US_LEARNING_QUANTITIES);
  check_soon (self);
}

/* --- what the user does ----------------------------------------------------------------- */

static void
on_option_cb (UsMechanismGroup *self)
{
  if (self->filling)
    return;
  show_spread (self);
  check_soon (self);
}

static void
on_data_cb (UsMechanismGroup *self)
{
  if (us_data_group_get_series (self->data_group) != NULL)
    fill_horizon (self);
  check_soon (self);
}

static void
start_learning (UsMechanismGroup *self)
{
  g_auto(GStrv) hidden = chosen_hidden (self);
  UsLearningConfig config = {
    .kind = self->kind,
    .priors = (UsPrior *const *) self->setup->priors->pdata,
    .n_priors = self->setup->priors->len,
    .output = self->setup->output,
    .hidden = self->kind == US_LEARNING_QUANTITIES ? (const char *const *) hidden : NULL,
    .horizon = self->kind == US_LEARNING_FORECAST ? gtk_spin_button_get_value (self->horizon) : 0,
    .gaps = self->setup->gaps > 0 ? CLAMP (self->setup->gaps, LEAST_GAPS, MOST_GAPS) : 0,
    .samples = (guint64) gtk_spin_button_get_value (self->samples),
    .seed = (guint64) gtk_spin_button_get_value (self->seed),
    .niceness = NICENESS,
  };

  us_data_group_fold (self->data_group);
  us_session_start_learning (self->session, &config);
}

/* What was changed a moment ago is checked first. */
static void
on_start_cb (UsMechanismGroup *self)
{
  if (self->check_id != 0 || self->checking)
    self->start_when_checked = TRUE;
  else if (self->setup != NULL)
    start_learning (self);
}

static void
on_stop_cb (UsMechanismGroup *self)
{
  us_learning_stop (us_session_get_learning (self->session));
}

/* --- progress ----------------------------------------------------------------------------- */

static void
set_number (UsMechanismGroup *self,
            Number            number,
            char             *text)     /* taken */
{
  gtk_label_set_text (self->values[number], text);
  g_free (text);
}

static char *
say_progress (const UsLearningProgress *progress)
{
  switch (progress->state)
    {
    case US_LEARNING_RUNNING:
      if (progress->simulated < progress->samples)
        return g_strdup_printf (_("Simulating: %.0f %%"), 100.0 * progress->simulated / progress->samples);
      return g_strdup_printf (_("Learning: %.0f %%"), 100 * progress->fraction);
    case US_LEARNING_DONE:
      return g_strdup (_("Trained"));
    case US_LEARNING_STOPPED:
      return g_strdup (_("Stopped; nothing was kept"));
    case US_LEARNING_FAILED:
      return g_strdup (_("Failed"));
    case US_LEARNING_IDLE:
    default:
      return g_strdup ("");
    }
}

static void
on_learning_cb (UsMechanismGroup *self)
{
  UsLearning *learning = us_session_get_learning (self->session);
  const GError *error = us_learning_get_error (learning);
  g_autofree char *made = NULL, *total = NULL, *text = NULL;
  UsLearningProgress progress;
  gboolean running, simulating;

  us_learning_get_progress (learning, &progress);
  running = progress.state == US_LEARNING_RUNNING;
  simulating = running && progress.simulated < progress.samples;
  made = us_format_count (progress.simulated);
  total = us_format_count (progress.samples);
  text = say_progress (&progress);
  gtk_progress_bar_set_fraction (self->progress, simulating ? (double) progress.simulated / progress.samples
                                 : progress.state == US_LEARNING_DONE ? 1 : CLAMP (progress.fraction, 0, 1));
  gtk_progress_bar_set_text (self->progress, text);
  set_number (self, NUMBER_SIMULATED, g_strdup_printf (_("%s of %s"), made, total));
  set_number (self, NUMBER_ROUND, progress.epoch == 0 ? g_strdup ("–")
              : progress.n_epochs > 0 ? g_strdup_printf (_("%zu of at most %zu"), progress.epoch, progress.n_epochs)
                                      : g_strdup_printf ("%zu", progress.epoch));
  set_number (self, NUMBER_LOSS, us_format_loss (progress.loss));
  set_number (self, NUMBER_HELD_OUT, us_format_loss (progress.held_out));
  set_number (self, NUMBER_LEFT, running ? us_format_duration (progress.seconds_left) : g_strdup ("–"));
  gtk_widget_set_visible (GTK_WIDGET (self->progress), progress.state != US_LEARNING_IDLE);
  gtk_widget_set_visible (GTK_WIDGET (self->numbers), running);
  say (self->failure_box, self->failure, error != NULL ? error->message : NULL);
  update_buttons (self);
}

void
us_mechanism_group_set_session (UsMechanismGroup *self,
                                UsSession        *session,
                                UsLearningView   *view)
{
  g_return_if_fail (US_IS_MECHANISM_GROUP (self));
  g_return_if_fail (self->session == NULL);

  self->session = g_object_ref (session);
  self->view = g_object_ref (view);
  us_learning_view_set_learning (view, us_session_get_learning (session));
  us_data_group_set_learnt (self->data_group, us_session_get_learnt (session));
  g_signal_connect_object (session, "notify::simulator", G_CALLBACK (on_simulator_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "notify::output", G_CALLBACK (on_simulator_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "notify::prior", G_CALLBACK (check_soon), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "notify::training", G_CALLBACK (update_buttons), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (us_session_get_learning (session), "changed", G_CALLBACK (on_learning_cb), self, G_CONNECT_SWAPPED);
  on_simulator_cb (self);
  update_buttons (self);
}

/* --- object ------------------------------------------------------------------------------- */

static void
us_mechanism_group_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (us_mechanism_group_parent_class)->map (widget);
  check_soon (US_MECHANISM_GROUP (widget));
}

static void
us_mechanism_group_dispose (GObject *object)
{
  UsMechanismGroup *self = US_MECHANISM_GROUP (object);

  g_clear_handle_id (&self->check_id, g_source_remove);
  g_clear_object (&self->session);
  g_clear_object (&self->view);
  gtk_widget_dispose_template (GTK_WIDGET (object), US_TYPE_MECHANISM_GROUP);

  G_OBJECT_CLASS (us_mechanism_group_parent_class)->dispose (object);
}

static void
us_mechanism_group_finalize (GObject *object)
{
  UsMechanismGroup *self = US_MECHANISM_GROUP (object);

  g_clear_pointer (&self->setup, us_mechanism_setup_free);
  g_ptr_array_unref (self->other_rows);
  g_ptr_array_unref (self->hidden_rows);

  G_OBJECT_CLASS (us_mechanism_group_parent_class)->finalize (object);
}

static void
us_mechanism_group_class_init (UsMechanismGroupClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = us_mechanism_group_dispose;
  object_class->finalize = us_mechanism_group_finalize;
  widget_class->map = us_mechanism_group_map;

  g_type_ensure (US_TYPE_DATA_GROUP);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/understudy/Understudy/us-mechanism-group.ui");
#define BIND(name) gtk_widget_class_bind_template_child (widget_class, UsMechanismGroup, name)
  BIND (data_group);
  BIND (noise_box);
  BIND (noise_group);
  BIND (noise_row);
  BIND (reporting_row);
  BIND (delay_row);
  BIND (weekday_row);
  BIND (reporting);
  BIND (delay);
  BIND (weekday);
  BIND (noise_trouble_box);
  BIND (noise_trouble);
  BIND (task_group);
  BIND (samples);
  BIND (horizon_row);
  BIND (horizon);
  BIND (others_row);
  BIND (hidden_row);
  BIND (seed);
  BIND (task_trouble_box);
  BIND (task_trouble);
  BIND (start);
  BIND (stop);
  BIND (progress);
  BIND (failure_box);
  BIND (failure);
  BIND (numbers);
#undef BIND
  gtk_widget_class_bind_template_callback (widget_class, on_data_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_option_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_start_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_stop_cb);
}

static void
us_mechanism_group_init (UsMechanismGroup *self)
{
  g_autoptr(GtkStringList) titles = gtk_string_list_new (NULL);

  self->other_rows = g_ptr_array_new ();
  self->hidden_rows = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; i < N_SPREADS; i++)
    gtk_string_list_append (titles, _(spreads[i].title));
  self->filling = TRUE;
  adw_combo_row_set_model (self->noise_row, G_LIST_MODEL (titles));
  self->filling = FALSE;
  for (guint i = 0; i < N_NUMBERS; i++)
    self->values[i] = us_number_row_append (self->numbers, _(number_titles[i]));
  us_mechanism_group_set_kind (self, US_LEARNING_POSTERIOR);
}
