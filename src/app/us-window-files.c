/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-window-private.h"

#include "us-shipped.h"

#include <glib/gi18n.h>

#define MAX_RECENT 8

typedef enum
{
  AFTER_SAVE_NOTHING,
  AFTER_SAVE_CLOSE,
} AfterSave;

typedef struct
{
  UsWindow *window;     /* owned */
  char     *path;
  AfterSave after;
  gboolean  quiet;      /* neither toast nor recent entry: the shipped model */
} FileJob;

static FileJob *
file_job_new (UsWindow   *self,
              const char *path,
              AfterSave   after)
{
  FileJob *job = g_new0 (FileJob, 1);

  job->window = g_object_ref (self);
  job->path = g_strdup (path);
  job->after = after;
  return job;
}

static void
file_job_free (FileJob *job)
{
  g_object_unref (job->window);
  g_free (job->path);
  g_free (job);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FileJob, file_job_free)

/* Recent models. */

static void
rebuild_recent_menu (UsWindow *self)
{
  GSettings *settings = us_window_get_settings (self);
  g_autoptr(GMenu) menu = g_menu_new ();
  g_auto(GStrv) paths = NULL;

  if (settings != NULL)
    paths = g_settings_get_strv (settings, "recent-files");
  for (gsize i = 0; paths != NULL && paths[i] != NULL; i++)
    {
      g_autofree char *name = g_filename_display_basename (paths[i]);
      g_auto(GStrv) parts = g_strsplit (name, "_", -1);
      g_autofree char *label = g_strjoinv ("__", parts);        /* a lone _ is a mnemonic */
      g_autoptr(GMenuItem) item = g_menu_item_new (label, NULL);

      g_menu_item_set_action_and_target (item, "win.open-path", "s", paths[i]);
      g_menu_append_item (menu, item);
    }
  us_window_set_recent (self, G_MENU_MODEL (menu));
}

void
us_window_remember (UsWindow   *self,
                    const char *path)
{
  GSettings *settings = us_window_get_settings (self);
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *folder = g_path_get_dirname (path);
  g_auto(GStrv) paths = NULL;
  g_auto(GStrv) newer = NULL;
  gsize n = 1;

  if (settings == NULL)
    return;
  paths = g_settings_get_strv (settings, "recent-files");
  g_strv_builder_add (builder, path);
  for (gsize i = 0; paths[i] != NULL && n < MAX_RECENT; i++)
    if (strcmp (paths[i], path) != 0)
      {
        g_strv_builder_add (builder, paths[i]);
        n++;
      }
  newer = g_strv_builder_end (builder);
  g_settings_set_strv (settings, "recent-files", (const char *const *) newer);
  g_settings_set_string (settings, "folder", folder);
  rebuild_recent_menu (self);
}

/* Open. */

static void
on_opened (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(FileJob) job = data;
  g_autoptr(GError) error = NULL;

  if (us_session_open_finish (US_SESSION (source), result, &error))
    {
      g_autofree char *name = g_filename_display_basename (job->path);
      g_autofree char *text = g_strdup_printf (_("Opened %s: Explore, Infer and Evidence now use it"), name);

      if (job->quiet)
        return;
      us_window_remember (job->window, job->path);
      us_window_toast (job->window, text);
    }
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    us_window_complain (job->window, _("The model could not be opened"), error->message);
}

static void
open_path (UsWindow   *self,
           const char *path,
           gboolean    quiet)
{
  FileJob *job = file_job_new (self, path, AFTER_SAVE_NOTHING);

  job->quiet = quiet;
  us_session_open_async (us_window_get_session (self), path, on_opened, job);
}

static void
on_discard_answer (UsWindow         *self,
                   const char       *response,
                   AdwMessageDialog *dialog)
{
  const char *path = g_object_get_data (G_OBJECT (dialog), "path");

  if (strcmp (response, "discard") != 0)
    return;
  if (path != NULL)
    open_path (self, path, FALSE);
  else
    us_session_clear (us_window_get_session (self));
}

/* A network learns from mechanisms; SimVAE does not train meanwhile. */
static gboolean
is_learning (UsSession *session)
{
  UsLearningProgress progress;

  us_learning_get_progress (us_session_get_learning (session), &progress);
  return progress.state == US_LEARNING_RUNNING;
}

/* A trained model that is in no file is not thrown away unasked.  path NULL: for a new session. */
static void
replace_model (UsWindow   *self,
               const char *path)
{
  UsSession *session = us_window_get_session (self);
  AdwMessageDialog *dialog;

  if (!us_session_get_unsaved (session) || (us_session_get_training (session) && !is_learning (session)))
    {
      if (path != NULL)
        open_path (self, path, FALSE);
      else
        us_session_clear (session);
      return;
    }
  dialog = ADW_MESSAGE_DIALOG (adw_message_dialog_new (GTK_WINDOW (self),
             _("Discard the trained model?"),
             _("What was learnt has not been saved to a file of yours.")));
  adw_message_dialog_add_responses (dialog, "cancel", _("_Cancel"), "discard", _("_Discard"), NULL);
  adw_message_dialog_set_response_appearance (dialog, "discard", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (dialog, "cancel");
  adw_message_dialog_set_close_response (dialog, "cancel");
  g_object_set_data_full (G_OBJECT (dialog), "path", g_strdup (path), g_free);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_discard_answer), self,
                           G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

gboolean
us_window_is_data (GFile *file)
{
  g_autofree char *name = g_file_get_basename (file);

  return name != NULL && (g_str_has_suffix (name, ".csv") || g_str_has_suffix (name, ".tsv"));
}

void
us_window_open (UsWindow *self,
                GFile    *file)
{
  g_autofree char *path = g_file_get_path (file);
  g_autofree char *uri = NULL;

  if (path != NULL)
    {
      if (g_str_has_suffix (path, ".npz"))
        us_window_open_dataset (self, path);
      else if (us_window_is_data (file))
        us_window_open_data (self, path);
      else if (us_learnt_is_file (path))
        us_window_open_network (self, path);
      else
        replace_model (self, path);
      return;
    }
  uri = g_file_get_uri (file);
  us_window_complain (self, _("Only files of this computer can be opened"), uri);
}

void
us_window_open_shipped_model (UsWindow *self)
{
  g_autofree char *path = us_shipped_model_path ("fourier");

  if (path != NULL)
    open_path (self, path, TRUE);
}

static GtkFileChooserNative *
file_chooser (UsWindow             *self,
              const char           *title,
              GtkFileChooserAction  action,
              const char           *accept)
{
  GtkFileChooserNative *chooser;
  GSettings *settings = us_window_get_settings (self);
  g_autoptr(GtkFileFilter) models = gtk_file_filter_new ();
  g_autoptr(GtkFileFilter) all = gtk_file_filter_new ();
  g_autofree char *folder = settings != NULL ? g_settings_get_string (settings, "folder") : NULL;

  chooser = gtk_file_chooser_native_new (title, GTK_WINDOW (self), action, accept, NULL);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  gtk_file_filter_set_name (models, _("Models"));
  gtk_file_filter_add_suffix (models, "safetensors");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (chooser), models);
  gtk_file_filter_set_name (all, _("All files"));
  gtk_file_filter_add_pattern (all, "*");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (chooser), all);
  if (folder != NULL && *folder != '\0')
    {
      g_autoptr(GFile) file = g_file_new_for_path (folder);

      gtk_file_chooser_set_current_folder (GTK_FILE_CHOOSER (chooser), file, NULL);
    }
  return chooser;
}

static void
on_open_chosen (UsWindow             *self,
                int                   response,
                GtkFileChooserNative *chooser)
{
  g_autoptr(GFile) file = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  gtk_native_dialog_destroy (GTK_NATIVE_DIALOG (chooser));
  if (file != NULL)
    us_window_open (self, file);
  g_object_unref (chooser);
}

static void
on_open (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       data)
{
  GtkFileChooserNative *chooser = file_chooser (data, _("Open a Model"),
                                                GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"));

  g_signal_connect_object (chooser, "response", G_CALLBACK (on_open_chosen), data,
                           G_CONNECT_SWAPPED);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

static void
on_open_path (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       data)
{
  g_autoptr(GFile) file = g_file_new_for_path (g_variant_get_string (parameter, NULL));

  us_window_open (data, file);
}

static void
on_new (GSimpleAction *action,
        GVariant      *parameter,
        gpointer       data)
{
  replace_model (data, NULL);
}

/* Save. */

static void
on_saved (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(FileJob) job = data;
  g_autoptr(GError) error = NULL;

  if (us_session_save_finish (US_SESSION (source), result, &error))
    {
      g_autofree char *name = g_filename_display_basename (job->path);
      g_autofree char *text = g_strdup_printf (_("Saved %s"), name);

      us_window_remember (job->window, job->path);
      us_window_toast (job->window, text);
      if (job->after == AFTER_SAVE_CLOSE)
        us_window_close_now (job->window);
    }
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    us_window_complain (job->window, _("The model could not be saved"), error->message);
}

static void
save_to (UsWindow   *self,
         const char *path,
         AfterSave   after)
{
  us_session_save_async (us_window_get_session (self), path, on_saved,
                         file_job_new (self, path, after));
}

static void
on_save_chosen (UsWindow             *self,
                int                   response,
                GtkFileChooserNative *chooser)
{
  AfterSave after = GPOINTER_TO_INT (g_object_get_data (G_OBJECT (chooser), "after"));
  g_autoptr(GFile) file = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  gtk_native_dialog_destroy (GTK_NATIVE_DIALOG (chooser));
  if (file != NULL && us_session_get_any_model (us_window_get_session (self)) != NULL)
    {
      g_autofree char *path = g_file_get_path (file);

      if (path != NULL)
        save_to (self, path, after);
      else
        us_window_complain (self, _("The model could not be saved"),
                            _("Only a folder of this computer can be written to."));
    }
  g_object_unref (chooser);
}

static void
ask_where_to_save (UsWindow  *self,
                   AfterSave  after)
{
  UsSession *session = us_window_get_session (self);
  UsSimvae *model = us_session_get_any_model (session);
  GtkFileChooserNative *chooser;
  g_autofree char *stem = NULL;
  g_autofree char *name = NULL;

  if (model == NULL)
    return;
  stem = us_simulator_file_stem (us_simvae_simulator (model));
  chooser = file_chooser (self, _("Save the Model"), GTK_FILE_CHOOSER_ACTION_SAVE, _("_Save"));
  name = us_session_get_path (session) != NULL
           ? g_path_get_basename (us_session_get_path (session))
           : g_strconcat (stem, ".safetensors", NULL);
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (chooser), name);
  g_object_set_data (G_OBJECT (chooser), "after", GINT_TO_POINTER (after));
  g_signal_connect_object (chooser, "response", G_CALLBACK (on_save_chosen), self,
                           G_CONNECT_SWAPPED);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

static void
on_save (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       data)
{
  const char *path = us_session_get_path (us_window_get_session (data));

  if (path != NULL)
    save_to (data, path, AFTER_SAVE_NOTHING);
  else
    ask_where_to_save (data, AFTER_SAVE_NOTHING);
}

static void
on_save_as (GSimpleAction *action,
            GVariant      *parameter,
            gpointer       data)
{
  ask_where_to_save (data, AFTER_SAVE_NOTHING);
}

/* Closing. */

static void
on_training_ended (UsWindow *self)
{
  g_signal_handlers_disconnect_by_func (us_window_get_session (self), on_training_ended, self);
  ask_where_to_save (self, AFTER_SAVE_CLOSE);
}

static void
on_close_answer (UsWindow         *self,
                 const char       *response,
                 AdwMessageDialog *dialog)
{
  UsSession *session = us_window_get_session (self);

  if (strcmp (response, "discard") == 0)
    us_window_close_now (self);
  else if (strcmp (response, "save") == 0 && us_session_get_training (session) && !is_learning (session))
    {
      /* The model to be saved is the one that the trainer leaves behind. */
      g_signal_connect_object (session, "training-ended", G_CALLBACK (on_training_ended), self,
                               G_CONNECT_SWAPPED);
      us_session_stop_training (session);
    }
  else if (strcmp (response, "save") == 0)
    ask_where_to_save (self, AFTER_SAVE_CLOSE);
}

gboolean
us_window_files_may_close (UsWindow *self)
{
  UsSession *session = us_window_get_session (self);
  gboolean training = us_session_get_training (session), learning = is_learning (session);
  gboolean unsaved = us_session_get_unsaved (session);
  g_autofree char *lost = NULL;
  AdwMessageDialog *dialog;

  if (!training && !unsaved)
    return TRUE;
  lost = learning && unsaved
         ? g_strdup_printf ("%s %s", _("If it is stopped now, what the network has learnt so far is lost."),
                            _("The SimVAE model beside it has not been saved to a file of yours."))
         : g_strdup (_("If it is stopped now, what the network has learnt so far is lost."));

  dialog = ADW_MESSAGE_DIALOG (adw_message_dialog_new (GTK_WINDOW (self),
             training ? _("Training is still at work") : _("Save the trained model?"),
             learning ? lost
             : training ? _("If it is stopped now, it can go on later from its last checkpoint.")
                      : _("What was learnt has not been saved to a file of yours.")));
  adw_message_dialog_add_responses (dialog,
                                    "cancel", _("_Cancel"),
                                    "discard", training ? _("_Stop and Quit") : _("_Discard"),
                                    "save", training ? _("Stop and _Save…") : _("_Save…"),
                                    NULL);
  adw_message_dialog_set_response_appearance (dialog, "discard", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_response_appearance (dialog, "save", ADW_RESPONSE_SUGGESTED);
  /* Before the first weights there is nothing to save. */
  adw_message_dialog_set_response_enabled (dialog, "save", us_session_get_any_model (session) != NULL && (!learning || unsaved));
  adw_message_dialog_set_default_response (dialog, "save");
  adw_message_dialog_set_close_response (dialog, "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_close_answer), self,
                           G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
  return FALSE;
}

/* Drag and drop. */

static gboolean
on_drop (GtkDropTarget *target,
         const GValue  *value,
         double         x,
         double         y,
         gpointer       data)
{
  GSList *files = g_value_get_boxed (value);
  g_autofree char *name = NULL;

  if (files == NULL)
    return FALSE;
  name = g_file_get_basename (files->data);
  if (name == NULL || (!g_str_has_suffix (name, ".safetensors") && !g_str_has_suffix (name, ".npz")
                       && !(us_window_is_data (files->data) && us_window_asks_network (data))))
    {
      us_window_toast (data, _("Only .safetensors models and .npz sets of pictures can be dropped here"));
      return FALSE;
    }
  us_window_open (data, files->data);
  return TRUE;
}

static const GActionEntry actions[] = {
  { .name = "new", .activate = on_new },
  { .name = "open", .activate = on_open },
  { .name = "open-path", .activate = on_open_path, .parameter_type = "s" },
  { .name = "save", .activate = on_save },
  { .name = "save-as", .activate = on_save_as },
};

static void
set_enabled (UsWindow   *self,
             const char *name,
             gboolean    enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

void
us_window_files_update (UsWindow *self)
{
  UsSession *session = us_window_get_session (self);
  gboolean some = us_session_get_any_model (session) != NULL;

  set_enabled (self, "save", some && us_session_get_unsaved (session));
  set_enabled (self, "save-as", some);
  set_enabled (self, "new", some);
}

void
us_window_files_init (UsWindow *self)
{
  GtkDropTarget *target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

  g_signal_connect (target, "drop", G_CALLBACK (on_drop), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (target));
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  rebuild_recent_menu (self);
}
