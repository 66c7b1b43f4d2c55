/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window and its session: files, questions, state. */
#include "config.h"

#include "dataset-fixture.h"
#include "us-settings.h"
#include "us-window.h"
#include "ui-fixture.h"

static char *fourier_file;      /* a model of the first output of fourier */
static char *box_file;

static UsWindow *
new_window (void)
{
  UsWindow *window = us_window_new (NULL);

  gtk_window_present (GTK_WINDOW (window));
  gtk_test_widget_wait_for_draw (GTK_WIDGET (window));
  return window;
}

static gboolean
is_gone (gpointer data)
{
  return *(gpointer *) data == NULL;
}

/* Destroys without questions and without a rest. */
static void
drop_window (UsWindow *window)
{
  gpointer watch = window;

  g_object_add_weak_pointer (G_OBJECT (window), &watch);
  gtk_window_destroy (GTK_WINDOW (window));
  g_assert_true (fixture_wait (is_gone, &watch, 10));
}

static AdwMessageDialog *
find_dialog (void)
{
  GListModel *toplevels = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (toplevels); i++)
    {
      g_autoptr(GObject) item = g_list_model_get_item (toplevels, i);

      if (ADW_IS_MESSAGE_DIALOG (item))
        return ADW_MESSAGE_DIALOG (item);
    }
  return NULL;
}

static gboolean
has_dialog (gpointer data)
{
  return find_dialog () != NULL;
}

static gboolean
has_no_dialog (gpointer data)
{
  return find_dialog () == NULL;
}

/* Presses the button, as a user does. */
static void
answer (const char *label)
{
  GtkWidget *button = fixture_find_label (GTK_WIDGET (find_dialog ()), label);

  g_assert_nonnull (button);
  g_signal_emit_by_name (gtk_widget_get_ancestor (button, GTK_TYPE_BUTTON), "clicked");
}

static gboolean
action_enabled (UsWindow   *window,
                const char *name)
{
  return g_action_group_get_action_enabled (G_ACTION_GROUP (window), name);
}

static gboolean
has_model (gpointer data)
{
  return us_session_get_model (us_window_get_session (data)) != NULL;
}

static void
test_empty (void)
{
  UsWindow *window = new_window ();
  UsSession *session = us_window_get_session (window);

  g_assert_null (us_session_get_model (session));
  g_assert_false (us_window_is_busy (window));
  g_assert_false (action_enabled (window, "save"));
  g_assert_false (action_enabled (window, "save-as"));
  g_assert_true (action_enabled (window, "open"));
  g_assert_nonnull (strstr (gtk_window_get_title (GTK_WINDOW (window)), "Understudy"));
  for (const char *const *page = (const char *[]) { "simulator", "train", "explore", "infer", "attribution", "evidence",
                                                     NULL };
       *page != NULL; page++)
    {
      us_window_show_page (window, *page);
      gtk_test_widget_wait_for_draw (GTK_WIDGET (window));
    }
  drop_window (window);
}

static void
test_open (void)
{
  UsWindow *window = new_window ();
  UsSession *session = us_window_get_session (window);
  g_autoptr(GFile) file = g_file_new_for_path (box_file);

  us_window_open (window, file);
  g_assert_true (fixture_wait (has_model, window, 20));
  g_assert_cmpstr (us_simvae_simulator (us_session_get_model (session))->id, ==, "box");
  /* What is to be learnt follows the file. */
  g_assert_cmpstr (us_session_get_simulator (session)->id, ==, "box");
  g_assert_cmpstr (us_session_get_path (session), ==, box_file);
  g_assert_cmpstr (us_session_get_title (session), ==, "box-0");
  g_assert_false (us_session_get_unsaved (session));
  g_assert_true (action_enabled (window, "save-as"));
  g_assert_false (action_enabled (window, "save"));

  us_session_clear (session);
  g_assert_null (us_session_get_model (session));
  drop_window (window);
}

/* Whatever is wrong with a file: it is said, and the old model stays. */
static void
test_bad_files (void)
{
  UsWindow *window = new_window ();
  UsSession *session = us_window_get_session (window);
  g_autoptr(GError) error = NULL;
  g_autofree char *bytes = NULL, *bad = NULL, *folder = NULL;
  UsSimvae *before;
  gsize length;

  g_assert_true (fixture_open (session, fourier_file, &error));
  before = us_session_get_model (session);
  g_assert_true (g_file_get_contents (fourier_file, &bytes, &length, NULL));
  folder = g_dir_make_tmp ("us-bad-XXXXXX", NULL);
  bad = g_build_filename (folder, "bad.safetensors", NULL);

  for (gsize i = 0; i < 5; i++)
    {
      const gsize lengths[] = { 0, 7, 100, length / 2, length - 1 };
      g_autoptr(GFile) file = g_file_new_for_path (bad);
      AdwMessageDialog *dialog;

      g_assert_true (g_file_set_contents (bad, bytes, lengths[i], NULL));
      us_window_open (window, file);
      g_assert_true (fixture_wait (has_dialog, NULL, 20));
      dialog = find_dialog ();
      g_assert_nonnull (strstr (adw_message_dialog_get_body (dialog), "bad.safetensors"));
      answer ("_Close");
      g_assert_true (fixture_wait (has_no_dialog, NULL, 10));
      g_assert_true (us_session_get_model (session) == before);
      g_assert_cmpstr (us_session_get_path (session), ==, fourier_file);
    }
  g_remove (bad);
  g_assert_false (fixture_open (session, bad, &error));
  g_assert_nonnull (error);
  g_rmdir (folder);
  drop_window (window);
}

static void
test_newest_open_wins (void)
{
  g_autoptr(UsSession) session = us_session_new ();
  g_autoptr(GAsyncResult) first = NULL, second = NULL;
  g_autoptr(GError) error = NULL;

  us_session_open_async (session, fourier_file, fixture_store_result, &first);
  us_session_open_async (session, box_file, fixture_store_result, &second);
  g_assert_true (fixture_wait (fixture_is_set, &first, 20));
  g_assert_true (fixture_wait (fixture_is_set, &second, 20));
  g_assert_false (us_session_open_finish (session, first, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_true (us_session_open_finish (session, second, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (us_session_get_path (session), ==, box_file);
}

static void
test_save (void)
{
  g_autoptr(UsSession) session = us_session_new ();
  g_autofree char *folder = g_dir_make_tmp ("us-save-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "mine.safetensors", NULL);
  g_autofree char *nowhere = g_build_filename (folder, "no", "such", "folder.safetensors", NULL);
  g_autoptr(GAsyncResult) saved = NULL, failed = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(UsSimvae) again = NULL;

  g_assert_true (fixture_open (session, fourier_file, &error));
  us_session_save_async (session, path, fixture_store_result, &saved);
  g_assert_true (fixture_wait (fixture_is_set, &saved, 20));
  g_assert_true (us_session_save_finish (session, saved, &error));
  g_assert_cmpstr (us_session_get_path (session), ==, path);
  g_assert_cmpstr (us_session_get_title (session), ==, "mine");
  again = us_simvae_load (path, &error);
  g_assert_no_error (error);

  us_session_save_async (session, nowhere, fixture_store_result, &failed);
  g_assert_true (fixture_wait (fixture_is_set, &failed, 20));
  g_assert_false (us_session_save_finish (session, failed, &error));
  g_assert_nonnull (error);
  g_assert_cmpstr (us_session_get_path (session), ==, path);
  g_remove (path);
  g_rmdir (folder);
}

static gboolean
has_ended (gpointer data)
{
  return !us_session_get_training (data);
}

/* Training in the window: the model appears, is unsaved, and closing asks. */
static void
draw_blank (const double *values,
            guint8       *pixels)
{
  memset (pixels, values[0] > 0, 64);
}

static gboolean
has_dataset (gpointer data)
{
  return g_str_has_prefix (us_session_get_simulator (us_window_get_session (data))->id, "dataset:");
}

/* A set of pictures goes where simulators are. */
static void
test_dataset (void)
{
  static const double levels[] = { 0, 1 };
  const FixtureSet set = { .n_factors = 1, .n = { 2 }, .levels = { levels }, .height = 8, .width = 8, .draw = draw_blank };
  g_autofree char *dir = g_dir_make_tmp ("us-ui-XXXXXX", NULL);
  char *path = g_build_filename (dir, "two.npz", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  UsWindow *window = new_window ();

  fixture_write_set (path, &set);
  us_window_show_page (window, "train");
  us_window_open (window, file);
  g_assert_true (fixture_wait (has_dataset, window, 20));
  g_assert_null (us_session_get_model (us_window_get_session (window)));
  g_assert_null (find_dialog ());
  drop_window (window);
  fixture_remove (path);
}

static void
test_training (void)
{
  UsWindow *window = new_window ();
  UsSession *session = us_window_get_session (window);
  g_autofree char *folder = g_dir_make_tmp ("us-train-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "run.safetensors", NULL);
  g_autofree char *checkpoint = g_strconcat (path, ".checkpoint", NULL);
  UsTrainerConfig config = { .prior = us_session_get_prior (session), .samples = 256, .seed = 3,
                             .preset = us_preset_find ("quick", NULL), .n_workers = 1,
                             .path = path };

  us_session_start_training (session, &config);
  g_assert_true (us_session_get_training (session));
  g_assert_true (us_session_get_follows_training (session));
  g_assert_true (us_window_is_busy (window));
  g_assert_true (fixture_wait (has_ended, session, 60));
  g_assert_nonnull (us_session_get_model (session));
  g_assert_true (us_session_get_unsaved (session));
  g_assert_null (us_session_get_path (session));
  g_assert_true (action_enabled (window, "save"));

  gtk_window_close (GTK_WINDOW (window));
  g_assert_true (fixture_wait (has_dialog, NULL, 5));
  answer ("_Cancel");
  g_assert_true (fixture_wait (has_no_dialog, NULL, 10));
  g_assert_true (gtk_widget_get_visible (GTK_WIDGET (window)));
  g_assert_nonnull (us_session_get_model (session));

  /* A new, empty session asks as well. */
  gtk_widget_activate_action (GTK_WIDGET (window), "win.new", NULL);
  g_assert_true (fixture_wait (has_dialog, NULL, 5));
  answer ("_Discard");
  g_assert_true (fixture_wait (has_no_dialog, NULL, 10));
  g_assert_null (us_session_get_model (session));
  drop_window (window);
  g_remove (path);
  g_remove (checkpoint);
  g_rmdir (folder);
}

/* Closed in the middle of training, by discarding: no thread is left, nothing hangs. */
static void
test_close_while_training (void)
{
  UsWindow *window = new_window ();
  UsSession *session = us_window_get_session (window);
  UsTrainerConfig config = { .prior = us_session_get_prior (session), .minutes = 5, .seed = 3,
                             .preset = us_preset_find ("quick", NULL), .n_workers = 1 };
  g_autofree char *path = us_session_dup_training_path (session);
  gpointer watch = window;

  us_session_start_training (session, &config);
  g_assert_true (fixture_wait (has_model, window, 30));
  g_object_add_weak_pointer (G_OBJECT (window), &watch);
  gtk_window_close (GTK_WINDOW (window));
  g_assert_true (fixture_wait (has_dialog, NULL, 5));
  answer ("_Stop and Quit");
  g_assert_true (fixture_wait (is_gone, &watch, 20));
  g_remove (path);
}

static void
test_state (void)
{
  g_autoptr(GSettings) settings = us_settings_new ();
  UsWindow *window = new_window ();
  g_autofree char *page = NULL;

  us_window_show_page (window, "infer");
  /* The window manager's answer to the first size must not come after the second. */
  fixture_run_for (1.5);
  gtk_window_set_default_size (GTK_WINDOW (window), 900, 640);
  fixture_run_for (0.5);
  gtk_window_close (GTK_WINDOW (window));
  fixture_run_for (0.1);
  page = g_settings_get_string (settings, "page");
  g_assert_cmpstr (page, ==, "infer");
  g_assert_cmpint (g_settings_get_int (settings, "window-width"), ==, 900);
  g_assert_cmpint (g_settings_get_int (settings, "window-height"), ==, 640);
}

int
main (int   argc,
      char *argv[])
{
  int status;

  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  fourier_file = fixture_model_file ("fourier", 0);
  box_file = fixture_model_file ("box", 0);

  g_test_add_func ("/window/empty", test_empty);
  g_test_add_func ("/window/open", test_open);
  g_test_add_func ("/window/bad-files", test_bad_files);
  g_test_add_func ("/window/dataset", test_dataset);
  g_test_add_func ("/window/training", test_training);
  g_test_add_func ("/window/close-while-training", test_close_while_training);
  g_test_add_func ("/window/state", test_state);
  g_test_add_func ("/session/newest-open-wins", test_newest_open_wins);
  g_test_add_func ("/session/save", test_save);
  status = g_test_run ();
  fixture_remove (fourier_file);
  fixture_remove (box_file);
  return status;
}
