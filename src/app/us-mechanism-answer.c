/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-mechanism-answer.h"

#include "us-attribution-tables.h"
#include "us-file.h"
#include "us-findings-view.h"
#include "us-mechanism-answer-worker.h"
#include "us-read-out.h"
#include "us-session.h"

#include <glib/gi18n.h>
#include <string.h>

struct _UsMechanismAnswer
{
  AdwBin                parent_instance;

  /* template children */
  GtkWidget            *bar;
  GtkLabel             *network_label;
  GtkLabel             *data_label;
  GtkWidget            *save_button;
  GtkWidget            *draws_button;
  GtkWidget            *working_box;
  UsReadOut            *working_label;
  GtkProgressBar       *working_progress;
  GtkStack             *stack;
  AdwStatusPage        *data_page;
  GtkWidget            *reread_button;
  UsReadOut            *waiting_label;
  GtkProgressBar       *waiting_progress;
  UsFindingsView       *view;

  /* owned */
  UsSession            *session;
  UsMailbox            *mailbox;
  UsMechanismWorker    *worker;
  UsMechanismResult    *result;
  UsAttributor         *attributor;     /* that it asked with, or that came of it; NULL: none yet */
  char                 *refused;        /* why the data cannot be read, or NULL */
  GtkFileChooserNative *chooser;

  gsize                 rows;
  guint                 serial;         /* of the newest request */
  gboolean              working;        /* letters are to come */
  gboolean              stale;          /* something changed while it was not to be seen */
};

enum
{
  PROP_0,
  PROP_SESSION,
};

G_DEFINE_FINAL_TYPE (UsMechanismAnswer, us_mechanism_answer, ADW_TYPE_BIN)

static UsLearnt *
learnt_of (UsMechanismAnswer *self)
{
  return us_session_get_learnt (self->session);
}

static gboolean
has_network (UsMechanismAnswer *self)
{
  return us_learnt_get_posterior (learnt_of (self)) != NULL || us_learnt_get_predictor (learnt_of (self)) != NULL;
}

/* --- the state ------------------------------------------------------------------------------ */

static void
show_bar (UsMechanismAnswer *self)
{
  const char *data = us_learnt_get_data (learnt_of (self));
  g_autofree char *network = us_learnt_dup_name (learnt_of (self));
  g_autofree char *name = data != NULL ? g_filename_display_basename (data) : NULL;

  gtk_widget_set_visible (self->bar, has_network (self));
  gtk_label_set_text (self->network_label, network != NULL ? network : "");
  gtk_label_set_text (self->data_label, name != NULL ? name : "");
  gtk_widget_set_sensitive (self->save_button, self->result != NULL);
  gtk_widget_set_sensitive (self->draws_button, self->result != NULL);
  gtk_widget_set_visible (self->draws_button, us_learnt_get_posterior (learnt_of (self)) != NULL);
}

/* What the network takes. */
static char *
words_data (UsMechanismAnswer *self)
{
  UsPredictor *predictor = us_learnt_get_predictor (learnt_of (self));
  const UsOutput *output = predictor != NULL ? us_predictor_observed (predictor) : NULL;

  if (predictor == NULL)
    return us_attribution_words_data (us_learnt_get_posterior (learnt_of (self)));
  if (output == NULL)
    return g_strdup (_("This model was trained on a plain table: it knows no series that data could be laid on."));
  return g_strdup_printf (_("This model takes a table (CSV) with a column of times, %zu of them from %g to %g %s, and a column "
                            "of values."),
                          output->height, us_output_x (output, 0), us_output_x (output, output->height - 1),
                          output->x_unit != NULL ? output->x_unit : "");
}

/* Nothing to show yet: what is to be done next. */
static void
show_state (UsMechanismAnswer *self)
{
  g_autofree char *words = NULL, *text = NULL, *markup = NULL;

  show_bar (self);
  gtk_widget_set_visible (self->working_box, FALSE);
  if (!has_network (self))
    {
      gtk_stack_set_visible_child_name (self->stack, "empty");
      return;
    }
  words = words_data (self);
  text = self->refused != NULL ? g_strdup_printf ("%s\n\n%s", self->refused, words) : g_strdup (words);
  markup = g_markup_escape_text (text, -1);
  adw_status_page_set_title (self->data_page, self->refused != NULL ? _("These data cannot be read") : _("Open your data"));
  adw_status_page_set_description (self->data_page, markup);
  gtk_widget_set_visible (self->reread_button, self->refused != NULL);
  gtk_stack_set_visible_child_name (self->stack, "data");
}

/* With an answer already there, above it; else in its place. */
static void
show_working (UsMechanismAnswer *self,
              UsMechanismPhase   phase,
              double             fraction)
{
  g_autofree char *text = g_strdup_printf (phase == US_MECHANISM_FITTING ? _("Fitting each mechanism: %.0f %%")
                                                                         : _("Making and comparing simulations: %.0f %%"),
                                           100 * fraction);

  gtk_widget_set_visible (self->working_box, self->result != NULL);
  us_read_out_set_text (self->result != NULL ? self->working_label : self->waiting_label, text);
  gtk_progress_bar_set_fraction (self->result != NULL ? self->working_progress : self->waiting_progress, fraction);
  if (self->result == NULL)
    gtk_stack_set_visible_child_name (self->stack, "waiting");
}

static void
forget (UsMechanismAnswer *self)
{
  us_findings_view_set (self->view, NULL);
  g_clear_pointer (&self->result, us_mechanism_result_unref);
  g_clear_pointer (&self->refused, g_free);
}

static void
show_result (UsMechanismAnswer *self,
             UsMechanismResult *result)
{
  if (result == self->result)
    return;
  g_clear_pointer (&self->result, us_mechanism_result_unref);
  self->result = us_mechanism_result_ref (result);
  us_findings_view_set (self->view, result->findings);
  gtk_stack_set_visible_child_name (self->stack, "work");
  show_bar (self);
}

static void
take_attributor (UsMechanismAnswer *self,
                 UsAttributor      *attributor)
{
  g_autoptr(UsAttributor) old = self->attributor;

  self->attributor = attributor != NULL ? us_attributor_ref (attributor) : NULL;
}

static void
on_letter (gpointer owner,
           gpointer data)
{
  UsMechanismAnswer *self = owner;
  g_autoptr(UsMechanismLetter) letter = data;

  if (letter->serial != self->serial)
    return;
  self->working = letter->working;
  if (letter->attributor != NULL && us_learnt_get_attributor (learnt_of (self)) == NULL)
    {
      take_attributor (self, letter->attributor);
      us_learnt_set_attributor (learnt_of (self), letter->attributor);
    }
  if (letter->result != NULL)
    show_result (self, letter->result);
  if (letter->working)
    {
      show_working (self, letter->phase, letter->fraction);
      return;
    }
  gtk_widget_set_visible (self->working_box, FALSE);
  if (letter->result != NULL)
    return;
  g_free (self->refused);
  self->refused = g_strdup (letter->error != NULL ? letter->error->message : "");
  show_state (self);
}

/* --- asking ------------------------------------------------------------------------------------ */

static void
ask (UsMechanismAnswer *self)
{
  UsLearnt *learnt = learnt_of (self);
  const UsMechanismRequest request = {
    .serial = ++self->serial, .posterior = us_learnt_get_posterior (learnt), .predictor = us_learnt_get_predictor (learnt),
    .attributor = us_learnt_get_attributor (learnt), .rows = self->rows, .data_path = us_learnt_get_data (learnt),
    .options = us_learnt_get_data_options (learnt),
  };

  take_attributor (self, request.attributor);
  forget (self);
  show_state (self);
  self->working = FALSE;
  self->stale = !gtk_widget_get_mapped (GTK_WIDGET (self));
  if (self->stale || !has_network (self) || request.data_path == NULL)
    {
      us_mechanism_worker_cancel (self->worker);
      return;
    }
  self->working = TRUE;
  show_working (self, US_MECHANISM_SIMULATING, 0);
  us_mechanism_worker_ask (self->worker, &request);
}

/* Other simulations, chosen or made on another page: what was said beside the old ones holds no longer. */
static void
on_attributor_cb (UsMechanismAnswer *self)
{
  UsAttributor *attributor = us_learnt_get_attributor (learnt_of (self));

  if (attributor != NULL && attributor != self->attributor)
    ask (self);
}

void
us_mechanism_answer_set_rows (UsMechanismAnswer *self,
                              gsize              rows)
{
  g_return_if_fail (US_IS_MECHANISM_ANSWER (self));

  self->rows = rows;
}

UsMechanismResult *
us_mechanism_answer_get_result (UsMechanismAnswer *self)
{
  g_return_val_if_fail (US_IS_MECHANISM_ANSWER (self), NULL);

  return self->result;
}

gboolean
us_mechanism_answer_is_done (UsMechanismAnswer *self)
{
  g_return_val_if_fail (US_IS_MECHANISM_ANSWER (self), FALSE);

  return !self->working && self->result != NULL && us_findings_view_is_done (self->view);
}

/* --- files -------------------------------------------------------------------------------------------- */

typedef struct
{
  UsMechanismResult *result;
  char              *path;
  gboolean           draws;
} Saving;

static void
saving_free (gpointer data)
{
  Saving *saving = data;

  us_mechanism_result_unref (saving->result);
  g_free (saving->path);
  g_free (saving);
}

static void
write_numbers (GTask        *task,
               gpointer      source,
               gpointer      data,
               GCancellable *cancellable)
{
  Saving *saving = data;
  const char *text = saving->draws ? saving->result->draws : saving->result->table;
  GError *error = NULL;

  if (us_file_replace (saving->path, text, strlen (text), &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
us_mechanism_answer_save_async (UsMechanismAnswer   *self,
                                const char          *path,
                                gboolean             draws,
                                GAsyncReadyCallback  callback,
                                gpointer             data)
{
  g_autoptr(GTask) task = NULL;
  Saving *saving;

  g_return_if_fail (US_IS_MECHANISM_ANSWER (self) && path != NULL && self->result != NULL);
  g_return_if_fail ((draws ? self->result->draws : self->result->table) != NULL);

  saving = g_new0 (Saving, 1);
  saving->result = us_mechanism_result_ref (self->result);
  saving->path = g_strdup (path);
  saving->draws = draws;
  task = g_task_new (self, NULL, callback, data);
  g_task_set_source_tag (task, us_mechanism_answer_save_async);
  g_task_set_task_data (task, saving, saving_free);
  g_task_run_in_thread (task, write_numbers);
}

gboolean
us_mechanism_answer_save_finish (UsMechanismAnswer  *self,
                                 GAsyncResult       *result,
                                 GError            **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
open_data (UsMechanismAnswer *self,
           const char        *path)
{
  us_learnt_set_data (learnt_of (self), path, NULL);
}

static void
on_saved (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(UsSession) session = data;
  g_autoptr(GError) error = NULL;

  if (us_mechanism_answer_save_finish (US_MECHANISM_ANSWER (source), result, &error))
    us_session_say (session, _("Numbers saved"));
  else
    us_session_complain (session, _("The numbers could not be saved"), error->message);
}

static void
save (UsMechanismAnswer *self,
      const char        *path,
      gboolean           draws)
{
  /* what was asked for may have gone while the dialog was open */
  if (self->result != NULL && (!draws || self->result->draws != NULL))
    us_mechanism_answer_save_async (self, path, draws, on_saved, g_object_ref (self->session));
}

static void
save_table (UsMechanismAnswer *self,
            const char        *path)
{
  save (self, path, FALSE);
}

static void
save_draws (UsMechanismAnswer *self,
            const char        *path)
{
  save (self, path, TRUE);
}

typedef void (*PathFunc) (UsMechanismAnswer *self,
                          const char        *path);

static void
on_chosen (GtkNativeDialog   *dialog,
           int                response,
           UsMechanismAnswer *self)
{
  PathFunc func = (PathFunc) g_object_get_data (G_OBJECT (dialog), "func");
  g_autoptr(GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;

  if (response == GTK_RESPONSE_ACCEPT && path != NULL)
    func (self, path);
  g_clear_object (&self->chooser);
}

/* name: of the file to write, NULL: one is read. */
static void
choose (UsMechanismAnswer *self,
        const char        *title,
        const char        *name,
        PathFunc           func)
{
  static const char *const suffixes[] = { "csv", "tsv", "txt", "npy", "png", "jpg", "jpeg" };
  g_autoptr(GtkFileFilter) tables = gtk_file_filter_new (), any = gtk_file_filter_new ();

  g_clear_object (&self->chooser);
  self->chooser = gtk_file_chooser_native_new (title, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))),
                                               name != NULL ? GTK_FILE_CHOOSER_ACTION_SAVE : GTK_FILE_CHOOSER_ACTION_OPEN,
                                               name != NULL ? _("_Save") : _("_Open"), NULL);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
  gtk_file_filter_set_name (tables, name != NULL ? _("Tables") : _("Tables and pictures"));
  for (guint i = 0; i < (name != NULL ? 1 : G_N_ELEMENTS (suffixes)); i++)
    gtk_file_filter_add_suffix (tables, suffixes[i]);
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (self->chooser), tables);
  gtk_file_filter_set_name (any, _("All files"));
  gtk_file_filter_add_pattern (any, "*");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (self->chooser), any);
  if (name != NULL)
    gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (self->chooser), name);
  g_object_set_data (G_OBJECT (self->chooser), "func", (gpointer) func);
  g_signal_connect (self->chooser, "response", G_CALLBACK (on_chosen), self);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

static void
on_data_clicked_cb (UsMechanismAnswer *self)
{
  choose (self, _("Open Data"), NULL, open_data);
}

static void
on_save_clicked_cb (UsMechanismAnswer *self)
{
  if (self->result != NULL)
    choose (self, _("Save Numbers"), "answer.csv", save_table);
}

static void
on_draws_clicked_cb (UsMechanismAnswer *self)
{
  if (self->result != NULL)
    choose (self, _("Save Draws"), "draws.csv", save_draws);
}

static gboolean
on_drop_cb (UsMechanismAnswer *self,
            const GValue      *value)
{
  g_autoptr(GSList) files = gdk_file_list_get_files (g_value_get_boxed (value));
  g_autofree char *path = files != NULL ? g_file_get_path (files->data) : NULL;

  if (path == NULL)
    return FALSE;
  if (g_str_has_suffix (path, ".safetensors") || g_str_has_suffix (path, ".npz"))
    gtk_widget_activate_action (GTK_WIDGET (self), "win.open-path", "s", path);
  else
    open_data (self, path);
  return TRUE;
}

/* --- object ------------------------------------------------------------------------------------------------ */

static void
us_mechanism_answer_map (GtkWidget *widget)
{
  UsMechanismAnswer *self = US_MECHANISM_ANSWER (widget);

  GTK_WIDGET_CLASS (us_mechanism_answer_parent_class)->map (widget);
  if (self->stale)
    ask (self);
}

static void
us_mechanism_answer_set_property (GObject      *object,
                                  guint         id,
                                  const GValue *value,
                                  GParamSpec   *pspec)
{
  UsMechanismAnswer *self = US_MECHANISM_ANSWER (object);

  if (id != PROP_SESSION)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  g_return_if_fail (self->session == NULL);
  self->session = g_value_dup_object (value);
  if (self->session == NULL)
    return;
  g_signal_connect_object (learnt_of (self), "network-changed", G_CALLBACK (ask), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (learnt_of (self), "attributor-changed", G_CALLBACK (on_attributor_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (learnt_of (self), "data-changed", G_CALLBACK (ask), self, G_CONNECT_SWAPPED);
  ask (self);
}

static void
us_mechanism_answer_dispose (GObject *object)
{
  UsMechanismAnswer *self = US_MECHANISM_ANSWER (object);

  g_clear_pointer (&self->worker, us_mechanism_worker_free);
  g_clear_pointer (&self->mailbox, us_mailbox_close);
  g_clear_pointer (&self->result, us_mechanism_result_unref);
  g_clear_pointer (&self->attributor, us_attributor_unref);
  g_clear_pointer (&self->refused, g_free);
  g_clear_object (&self->chooser);
  g_clear_object (&self->session);
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), US_TYPE_MECHANISM_ANSWER);

  G_OBJECT_CLASS (us_mechanism_answer_parent_class)->dispose (object);
}

static void
us_mechanism_answer_class_init (UsMechanismAnswerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->set_property = us_mechanism_answer_set_property;
  object_class->dispose = us_mechanism_answer_dispose;
  widget_class->map = us_mechanism_answer_map;
  g_object_class_install_property (object_class, PROP_SESSION,
    g_param_spec_object ("session", NULL, NULL, US_TYPE_SESSION, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));

  g_type_ensure (US_TYPE_FINDINGS_VIEW);
  g_type_ensure (US_TYPE_READ_OUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/understudy/Understudy/us-mechanism-answer.ui");
  gtk_widget_class_bind_template_child (widget_class, UsMechanismAnswer, bar);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismAnswer, network_label);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismAnswer, data_label);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismAnswer, save_button);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismAnswer, draws_button);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismAnswer, working_box);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismAnswer, working_label);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismAnswer, working_progress);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismAnswer, stack);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismAnswer, data_page);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismAnswer, reread_button);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismAnswer, waiting_label);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismAnswer, waiting_progress);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismAnswer, view);
  gtk_widget_class_bind_template_callback (widget_class, on_data_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_save_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_draws_clicked_cb);
}

static void
us_mechanism_answer_init (UsMechanismAnswer *self)
{
  GtkDropTarget *target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

  gtk_widget_init_template (GTK_WIDGET (self));
  self->mailbox = us_mailbox_new (self, on_letter, (GDestroyNotify) us_mechanism_letter_free);
  self->worker = us_mechanism_worker_new (self->mailbox);
  g_signal_connect_swapped (target, "drop", G_CALLBACK (on_drop_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (target));
}
