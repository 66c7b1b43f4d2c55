/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-window-private.h"

#include "us-attribution-page.h"
#include "us-evidence-page.h"
#include "us-explore-page.h"
#include "us-infer-page.h"
#include "us-mechanism-answer.h"
#include "us-mechanism-evidence.h"
#include "us-model-switch.h"
#include "us-resources.h"
#include "us-settings.h"
#include "us-simulator-page.h"
#include "us-train-page.h"

#include <glib/gi18n.h>

struct _UsWindow
{
  AdwApplicationWindow parent_instance;

  /* Template children. */
  AdwToastOverlay     *toasts;
  AdwViewStack        *stack;
  AdwHeaderBar        *header;
  AdwViewSwitcherTitle *switcher_title;
  AdwViewSwitcherBar  *switcher_bar;
  AdwSplitButton      *open_button;
  GtkRevealer         *job_revealer;
  GtkButton           *job_button;
  GtkWidget           *simulator_page;
  GtkWidget           *train_page;
  GtkWidget           *explore_page;
  UsModelSwitch       *infer_switch;
  GtkWidget           *infer_page;
  GtkWidget           *mechanism_answer;
  GtkWidget           *attribution_page;
  UsModelSwitch       *evidence_switch;
  GtkWidget           *evidence_page;
  GtkWidget           *mechanism_evidence;

  /* Owned. */
  UsSession           *session;
  GSettings           *settings;        /* or NULL */
  guint                reveal_id;
  guint                opening;         /* networks that are being read */
  gboolean             closing;         /* questions are answered */
};

G_DEFINE_FINAL_TYPE (UsWindow, us_window, ADW_TYPE_APPLICATION_WINDOW)

UsWindow *
us_window_new (GtkApplication *application)
{
  return g_object_new (US_TYPE_WINDOW, "application", application, NULL);
}

UsSession *
us_window_get_session (UsWindow *self)
{
  g_return_val_if_fail (US_IS_WINDOW (self), NULL);

  return self->session;
}

GSettings *
us_window_get_settings (UsWindow *self)
{
  return self->settings;
}

gboolean
us_window_is_busy (UsWindow *self)
{
  g_return_val_if_fail (US_IS_WINDOW (self), FALSE);

  return us_session_get_training (self->session) || us_session_get_unsaved (self->session);
}

void
us_window_show_page (UsWindow   *self,
                     const char *page)
{
  g_return_if_fail (US_IS_WINDOW (self));

  if (adw_view_stack_get_child_by_name (self->stack, page) != NULL)
    adw_view_stack_set_visible_child_name (self->stack, page);
}

void
us_window_open_dataset (UsWindow   *self,
                        const char *path)
{
  us_window_show_page (self, "simulator");
  us_simulator_page_open_dataset (US_SIMULATOR_PAGE (self->simulator_page), path);
}

/* Where its answer is seen; without data, where they are asked for.  Who is on a page that shows it stays there. */
static void
show_network (UsWindow *self)
{
  UsLearnt *learnt = us_session_get_learnt (self->session);
  const char *page = adw_view_stack_get_visible_child_name (self->stack);
  gboolean posterior = us_learnt_get_posterior (learnt) != NULL;

  us_model_switch_set_mechanism (self->infer_switch, TRUE);
  if (g_strcmp0 (page, "infer") == 0 || (posterior && g_strcmp0 (page, "attribution") == 0))
    return;
  us_window_show_page (self, posterior && us_learnt_get_data (learnt) != NULL ? "attribution" : "infer");
}

static void
on_network_opened (GObject      *source,
                   GAsyncResult *result,
                   gpointer      data)
{
  g_autoptr(UsWindow) self = data;
  g_autoptr(GError) error = NULL;
  g_autofree char *name = NULL, *text = NULL;

  self->opening--;
  if (!us_learnt_open_finish (US_LEARNT (source), result, &error))
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && self->session != NULL)
        us_window_complain (self, _("The model could not be opened"), error->message);
      return;
    }
  if (self->session == NULL)            /* closed since */
    return;
  us_window_remember (self, us_learnt_get_path (US_LEARNT (source)));
  name = us_learnt_dup_name (US_LEARNT (source));
  text = g_strdup_printf (us_learnt_get_posterior (US_LEARNT (source)) != NULL
                          ? _("Opened %s: Infer, Attribution and Evidence now use it")
                          : _("Opened %s: Infer and Evidence now use it"), name);
  us_window_toast (self, text);
  show_network (self);
}

void
us_window_open_network (UsWindow   *self,
                        const char *path)
{
  self->opening++;
  us_learnt_open_async (us_session_get_learnt (self->session), path, on_network_opened, g_object_ref (self));
}

/* A network is there, or about to be, and nobody has turned to the SimVAE model since. */
gboolean
us_window_asks_network (UsWindow *self)
{
  return self->opening > 0 || us_model_switch_get_mechanism (self->infer_switch);
}

void
us_window_open_data (UsWindow   *self,
                     const char *path)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);

  if (us_window_asks_network (self))
    {
      us_learnt_set_data (us_session_get_learnt (self->session), path, NULL);
      if (self->opening == 0)
        show_network (self);
      return;
    }
  us_window_show_page (self, "infer");
  us_infer_page_open_file (US_INFER_PAGE (self->infer_page), file);
}

void
us_window_toast (UsWindow   *self,
                 const char *text)
{
  g_autofree char *markup = g_markup_escape_text (text, -1);

  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (markup));
}

void
us_window_complain (UsWindow   *self,
                    const char *title,
                    const char *detail)
{
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), title, detail);

  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close", _("_Close"));
  gtk_window_present (GTK_WINDOW (dialog));
}

void
us_window_set_recent (UsWindow   *self,
                      GMenuModel *menu)
{
  adw_split_button_set_menu_model (self->open_button, menu);
}

static gboolean
close_now (gpointer data)
{
  gtk_window_close (data);
  return G_SOURCE_REMOVE;
}

void
us_window_close_now (UsWindow *self)
{
  self->closing = TRUE;
  /* Not from inside the answer of a dialog that is transient for this window. */
  g_idle_add_full (G_PRIORITY_DEFAULT, close_now, g_object_ref (self), g_object_unref);
}

static void
on_message (UsWindow   *self,
            const char *text)
{
  us_window_toast (self, text);
}

static void
on_problem (UsWindow   *self,
            const char *title,
            const char *detail)
{
  us_window_complain (self, title, detail);
}

/* The share of the work that is done, beside the menu, on every page. */
static void
on_progress (UsWindow *self)
{
  UsTrainer *trainer = us_session_get_trainer (self->session);
  gboolean training = us_session_get_training (self->session);
  g_autofree char *text = NULL;
  UsTrainerProgress progress;
  UsLearningProgress learning;

  gtk_revealer_set_reveal_child (self->job_revealer, training);
  us_learning_get_progress (us_session_get_learning (self->session), &learning);
  if (learning.state == US_LEARNING_RUNNING)
    {
      gboolean simulating = learning.simulated < learning.samples;

      text = g_strdup_printf (simulating ? _("Simulating %.0f %%") : _("Training %.0f %%"),
                              100 * (simulating ? (double) learning.simulated / learning.samples : learning.fraction));
      gtk_button_set_label (self->job_button, text);
      return;
    }
  if (trainer == NULL || !training)
    return;
  us_trainer_get_progress (trainer, &progress);
  text = g_strdup_printf (progress.state == US_TRAINER_PAUSED ? _("Paused at %.0f %%")
                                                              : _("Training %.0f %%"),
                          100 * progress.fraction);
  gtk_button_set_label (self->job_button, text);
}

static void
on_title (UsWindow *self)
{
  g_autofree char *title = NULL, *network = us_learnt_dup_name (us_session_get_learnt (self->session));
  gboolean simvae = us_session_get_any_model (self->session) != NULL;

  title = g_strdup_printf ("%s%s – Understudy", us_session_get_unsaved (self->session) ? "• " : "",
                           simvae || network == NULL ? us_session_get_title (self->session) : network);
  gtk_window_set_title (GTK_WINDOW (self), title);
  us_window_files_update (self);
}

static gboolean
reveal_bar (gpointer data)
{
  UsWindow *self = data;
  gboolean narrow = adw_view_switcher_title_get_title_visible (self->switcher_title);

  self->reveal_id = 0;
  adw_view_switcher_bar_set_reveal (self->switcher_bar, narrow);
  adw_header_bar_set_centering_policy (self->header, narrow ? ADW_CENTERING_POLICY_LOOSE
                                                            : ADW_CENTERING_POLICY_STRICT);
  return G_SOURCE_REMOVE;
}

/* Notified while sizes are being allocated: the bar may only grow after that. */
static void
on_title_visible (UsWindow *self)
{
  if (self->reveal_id == 0)
    self->reveal_id = g_idle_add (reveal_bar, self);
}

static void
on_page (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       data)
{
  us_window_show_page (data, g_variant_get_string (parameter, NULL));
}

static const GActionEntry actions[] = {
  { .name = "page", .activate = on_page, .parameter_type = "s" },
};

/* Window state. */

static void
restore_state (UsWindow *self)
{
  g_autofree char *page = NULL;

  if (self->settings == NULL)
    {
      gtk_window_set_default_size (GTK_WINDOW (self), 1280, 800);
      us_window_show_page (self, "explore");
      return;
    }
  gtk_window_set_default_size (GTK_WINDOW (self),
                               g_settings_get_int (self->settings, "window-width"),
                               g_settings_get_int (self->settings, "window-height"));
  if (g_settings_get_boolean (self->settings, "window-maximized"))
    gtk_window_maximize (GTK_WINDOW (self));
  page = g_settings_get_string (self->settings, "page");
  us_window_show_page (self, page);
}

static void
keep_state (UsWindow *self)
{
  const char *page = adw_view_stack_get_visible_child_name (self->stack);
  int width, height;

  if (self->settings == NULL)
    return;
  /* The default size follows the user's resizing, and is not touched by maximising. */
  gtk_window_get_default_size (GTK_WINDOW (self), &width, &height);
  g_settings_set_int (self->settings, "window-width", MAX (width, 360));
  g_settings_set_int (self->settings, "window-height", MAX (height, 300));
  g_settings_set_boolean (self->settings, "window-maximized",
                          gtk_window_is_maximized (GTK_WINDOW (self)));
  if (page != NULL)
    g_settings_set_string (self->settings, "page", page);
}

static gboolean
us_window_close_request (GtkWindow *window)
{
  UsWindow *self = US_WINDOW (window);

  if (!self->closing && !us_window_files_may_close (self))
    return GDK_EVENT_STOP;
  keep_state (self);
  us_session_shutdown (self->session);
  return GTK_WINDOW_CLASS (us_window_parent_class)->close_request (window);
}

static void
us_window_dispose (GObject *object)
{
  UsWindow *self = US_WINDOW (object);

  if (self->session != NULL)
    {
      us_session_shutdown (self->session);
      g_signal_handlers_disconnect_by_data (self->session, self);
    }
  g_clear_handle_id (&self->reveal_id, g_source_remove);
  g_clear_object (&self->session);
  g_clear_object (&self->settings);
  gtk_widget_dispose_template (GTK_WIDGET (self), US_TYPE_WINDOW);

  G_OBJECT_CLASS (us_window_parent_class)->dispose (object);
}

static void
us_window_class_init (UsWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = us_window_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = us_window_close_request;

  /* A static library's resources are linked only when something asks for them. */
  g_resources_register (us_get_resource ());
  g_type_ensure (US_TYPE_SIMULATOR_PAGE);
  g_type_ensure (US_TYPE_TRAIN_PAGE);
  g_type_ensure (US_TYPE_EXPLORE_PAGE);
  g_type_ensure (US_TYPE_INFER_PAGE);
  g_type_ensure (US_TYPE_MECHANISM_ANSWER);
  g_type_ensure (US_TYPE_MECHANISM_EVIDENCE);
  g_type_ensure (US_TYPE_MODEL_SWITCH);
  g_type_ensure (US_TYPE_ATTRIBUTION_PAGE);
  g_type_ensure (US_TYPE_EVIDENCE_PAGE);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/understudy/Understudy/us-window.ui");
  gtk_widget_class_bind_template_child (widget_class, UsWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, header);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, switcher_title);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, switcher_bar);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, open_button);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, job_revealer);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, job_button);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, simulator_page);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, train_page);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, explore_page);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, infer_switch);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, infer_page);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, mechanism_answer);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, attribution_page);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, evidence_switch);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, evidence_page);
  gtk_widget_class_bind_template_child (widget_class, UsWindow, mechanism_evidence);
  gtk_widget_class_bind_template_callback (widget_class, on_title_visible);
}

static void
us_window_init (UsWindow *self)
{
  self->settings = us_settings_new ();
  self->session = us_session_new ();
  gtk_widget_init_template (GTK_WIDGET (self));

  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  us_window_files_init (self);
  /* On the window too, where the application's accelerators look for them. */
  gtk_widget_insert_action_group (GTK_WIDGET (self), "explore",
                                  us_explore_page_get_actions (US_EXPLORE_PAGE (self->explore_page)));

  g_object_set (self->simulator_page, "session", self->session, NULL);
  g_object_set (self->train_page, "session", self->session, NULL);
  g_object_set (self->explore_page, "session", self->session, NULL);
  g_object_set (self->infer_switch, "session", self->session, NULL);
  g_object_set (self->infer_page, "session", self->session, NULL);
  g_object_set (self->mechanism_answer, "session", self->session, NULL);
  g_object_set (self->attribution_page, "session", self->session, NULL);
  g_object_set (self->evidence_switch, "session", self->session, NULL);
  g_object_set (self->evidence_page, "session", self->session, NULL);
  g_object_set (self->mechanism_evidence, "session", self->session, NULL);

  g_signal_connect_swapped (self->session, "message", G_CALLBACK (on_message), self);
  g_signal_connect_swapped (self->session, "problem", G_CALLBACK (on_problem), self);
  g_signal_connect_swapped (self->session, "progress", G_CALLBACK (on_progress), self);
  g_signal_connect_swapped (self->session, "notify::training", G_CALLBACK (on_progress), self);
  g_signal_connect_swapped (self->session, "notify::title", G_CALLBACK (on_title), self);
  g_signal_connect_swapped (self->session, "notify::unsaved", G_CALLBACK (on_title), self);
  g_signal_connect_object (us_session_get_learnt (self->session), "network-changed", G_CALLBACK (on_title), self,
                           G_CONNECT_SWAPPED);
  on_title (self);
  restore_state (self);
}
