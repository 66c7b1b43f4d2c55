/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models, data and tables of simulations, chosen or dropped; the matches, saved. */
#include "config.h"

#include "us-attribution-page-private.h"

#include <glib/gi18n.h>

typedef void (*OpenFunc) (UsAttributionPage *self,
                          const char        *path);

static void
on_chosen (GtkNativeDialog   *dialog,
           int                response,
           UsAttributionPage *self)
{
  OpenFunc open = (OpenFunc) g_object_get_data (G_OBJECT (dialog), "open");
  g_autoptr(GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;

  if (response == GTK_RESPONSE_ACCEPT && path != NULL)
    open (self, path);
  g_clear_object (&self->chooser);
}

static void
choose (UsAttributionPage    *self,
        const char           *title,
        GtkFileChooserAction  action,
        const char           *accept,
        const char           *kind,
        const char *const    *suffixes,
        OpenFunc              open)
{
  g_autoptr(GtkFileFilter) filter = gtk_file_filter_new (), any = gtk_file_filter_new ();

  g_clear_object (&self->chooser);
  self->chooser = gtk_file_chooser_native_new (title, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), action,
                                               accept, NULL);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
  gtk_file_filter_set_name (filter, kind);
  for (guint i = 0; suffixes[i] != NULL; i++)
    gtk_file_filter_add_suffix (filter, suffixes[i]);
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (self->chooser), filter);
  gtk_file_filter_set_name (any, _("All files"));
  gtk_file_filter_add_pattern (any, "*");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (self->chooser), any);
  g_object_set_data (G_OBJECT (self->chooser), "open", (gpointer) open);
  g_signal_connect (self->chooser, "response", G_CALLBACK (on_chosen), self);
  if (action == GTK_FILE_CHOOSER_ACTION_SAVE)
    gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (self->chooser), "matched-simulations.csv");
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

static void
on_model_clicked_cb (UsAttributionPage *self)
{
  static const char *const suffixes[] = { "safetensors", NULL };

  choose (self, _("Open a Posterior Model"), GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"), _("Models"), suffixes,
          us_attribution_page_open_model);
}

static void
on_data_clicked_cb (UsAttributionPage *self)
{
  static const char *const suffixes[] = { "csv", "tsv", "txt", "png", "jpg", "jpeg", "npy", NULL };

  choose (self, _("Open Data"), GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"), _("Tables and pictures"), suffixes,
          us_attribution_page_open_data);
}

static void
on_bank_clicked_cb (UsAttributionPage *self)
{
  static const char *const suffixes[] = { "npz", NULL };

  choose (self, _("Choose Simulations"), GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"), _("Tables of simulations"), suffixes,
          us_attribution_page_set_bank);
}

static void
save_matches (UsAttributionPage *self,
              const char        *path)
{
  g_autoptr(GError) error = NULL;

  /* a few kilobytes: no worker is worth it */
  if (self->answer == NULL)
    return;
  if (us_attributed_write (self->answer, US_ATTRIBUTION_DRAWN, path, &error))
    us_session_say (self->session, _("The matched simulations are saved"));
  else
    us_session_complain (self->session, _("The table could not be saved"), error->message);
}

static void
on_save_clicked_cb (UsAttributionPage *self)
{
  static const char *const suffixes[] = { "csv", NULL };

  if (self->answer != NULL)
    choose (self, _("Save Matched Simulations"), GTK_FILE_CHOOSER_ACTION_SAVE, _("_Save"), _("Tables"), suffixes,
            save_matches);
}

static gboolean
on_drop_cb (UsAttributionPage *self,
            const GValue      *value)
{
  g_autoptr(GSList) files = gdk_file_list_get_files (g_value_get_boxed (value));
  g_autofree char *path = files != NULL ? g_file_get_path (files->data) : NULL;

  if (path == NULL)
    return FALSE;
  if (g_str_has_suffix (path, ".safetensors"))
    us_attribution_page_open_model (self, path);
  else if (g_str_has_suffix (path, ".npz"))
    us_attribution_page_set_bank (self, path);
  else
    us_attribution_page_open_data (self, path);
  return TRUE;
}

void
us_attribution_files_bind (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_callback (widget_class, on_model_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_data_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_bank_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_save_clicked_cb);
}

void
us_attribution_files_init (UsAttributionPage *self)
{
  GtkDropTarget *target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

  g_signal_connect_swapped (target, "drop", G_CALLBACK (on_drop_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (target));
}
