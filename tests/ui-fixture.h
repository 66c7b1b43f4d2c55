/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the window's tests share: a model that was barely trained, and waiting. */
#pragma once

#include "us-read-out.h"
#include "us-session.h"
#include "us-trainer.h"

#include <adwaita.h>
#include <glib/gstdio.h>

#ifdef __SANITIZE_ADDRESS__
#define FIXTURE_PATIENCE 8
#else
#define FIXTURE_PATIENCE 1
#endif

/* Barely trained: a few steps of the preset `quick`. */
static inline UsSimvae *
fixture_model (const char *id,
               guint       output)
{
  g_autoptr(GError) error = NULL;
  const UsSimulator *simulator = us_registry_find (id, &error);
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  g_autoptr(UsTrainer) trainer = NULL;
  UsTrainerConfig config = { .prior = prior, .output = output, .seed = 1, .samples = 128,
                             .preset = us_preset_find ("quick", &error), .n_workers = 1 };

  g_assert_no_error (error);
  trainer = us_trainer_new (&config);
  us_trainer_run (trainer, NULL, &error);
  g_assert_no_error (error);
  return us_trainer_get_model (trainer);
}

/* Its file in a new folder; free with g_free. */
static inline char *
fixture_model_file (const char *id,
                    guint       output)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsSimvae) model = fixture_model (id, output);
  g_autofree char *folder = g_dir_make_tmp ("us-ui-XXXXXX", &error);
  char *path = g_strdup_printf ("%s/%s-%u.safetensors", folder, id, output);

  us_simvae_save (model, path, &error);
  g_assert_no_error (error);
  return path;
}

static inline void
fixture_remove (char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  g_remove (path);
  g_rmdir (folder);
  g_free (path);
}

/* Runs the main loop until condition (data), at most seconds; longer where every access is checked. */
static inline gboolean
fixture_wait (gboolean (*condition) (gpointer data),
              gpointer   data,
              double     seconds)
{
  gint64 end = g_get_monotonic_time () + seconds * FIXTURE_PATIENCE * G_USEC_PER_SEC;

  while (!condition (data))
    {
      if (g_get_monotonic_time () > end)
        return FALSE;
      if (!g_main_context_iteration (NULL, FALSE))
        g_usleep (1000);
    }
  return TRUE;
}

static inline void
fixture_run_for (double seconds)
{
  gint64 end = g_get_monotonic_time () + seconds * G_USEC_PER_SEC;

  while (g_get_monotonic_time () < end)
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (500);
}

/* The session ends, and the page in its window: neither may be held by anything for longer than
 * `seconds`, which a worker may take to let go. */
static inline void
fixture_close_page (UsSession *session,
                    gpointer   page,
                    gpointer   window,
                    double     seconds)
{
  gint64 end = g_get_monotonic_time () + seconds * G_USEC_PER_SEC;
  gpointer watch = page;

  us_session_shutdown (session);
  g_object_add_weak_pointer (G_OBJECT (page), &watch);
  gtk_window_destroy (GTK_WINDOW (window));
  do
    fixture_run_for (0.02);
  while (watch != NULL && g_get_monotonic_time () < end);
  g_assert_null (watch);
  g_assert_finalize_object (session);
}

static inline void
fixture_store_result (GObject      *source,
                      GAsyncResult *result,
                      gpointer      data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static inline gboolean
fixture_is_set (gpointer data)
{
  return *(gpointer *) data != NULL;
}

static inline gboolean
fixture_open (UsSession   *session,
              const char  *path,
              GError     **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  us_session_open_async (session, path, fixture_store_result, &result);
  g_assert_true (fixture_wait (fixture_is_set, &result, 20));
  return us_session_open_finish (session, result, error);
}

/* The first widget of a type below root, or NULL. */
static inline GtkWidget *
fixture_find (GtkWidget *root,
              GType      type)
{
  if (G_TYPE_CHECK_INSTANCE_TYPE (root, type))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = fixture_find (child, type);

      if (found != NULL)
        return found;
    }
  return NULL;
}

/* The first shown label below root whose text contains part. */
static inline GtkWidget *
fixture_find_label (GtkWidget  *root,
                    const char *part)
{
  if (GTK_IS_LABEL (root) && gtk_widget_get_visible (root) &&
      strstr (gtk_label_get_label (GTK_LABEL (root)), part) != NULL)
    return root;
  if (US_IS_READ_OUT (root) && strstr (us_read_out_get_text (US_READ_OUT (root)), part) != NULL)
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = fixture_find_label (child, part);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static inline void
fixture_collect (GtkWidget *root,
                 GType      type,
                 GPtrArray *into)
{
  if (G_TYPE_CHECK_INSTANCE_TYPE (root, type))
    g_ptr_array_add (into, root);
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL; child = gtk_widget_get_next_sibling (child))
    fixture_collect (child, type, into);
}

/* All widgets of a type below root, in order. */
static inline GPtrArray *
fixture_all_of (GtkWidget *root,
                GType      type)
{
  GPtrArray *found = g_ptr_array_new ();

  fixture_collect (root, type, found);
  return found;
}
