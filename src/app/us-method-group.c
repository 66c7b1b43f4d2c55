/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-method-group.h"

#include <glib/gi18n.h>

struct _UsMethodGroup
{
  AdwBin          parent_instance;

  /* template children */
  AdwComboRow    *method_row;
  GtkWidget      *expander;
  GtkWidget      *kl_row;
  GtkWidget      *beta_row;
  GtkWidget      *labelled_row;
  GtkSpinButton  *kl_weight;
  GtkSpinButton  *beta;
  GtkSpinButton  *labelled;             /* percent */
  AdwActionRow   *bank_row;
  GtkWidget      *bank_clear;

  /* owned */
  char           *bank;                 /* path; NULL: fresh draws */
};

G_DEFINE_FINAL_TYPE (UsMethodGroup, us_method_group, ADW_TYPE_BIN)

static UsMethod
selected (UsMethodGroup *self)
{
  guint method = adw_combo_row_get_selected (self->method_row);

  return method < US_N_METHODS ? method : US_METHOD_SIMVAE;
}

static void
on_method_cb (UsMethodGroup *self)
{
  UsMethod method = selected (self);

  adw_action_row_set_subtitle (ADW_ACTION_ROW (self->method_row), _(us_method_summary (method)));
  gtk_widget_set_visible (self->kl_row, method != US_METHOD_BETA_VAE && method != US_METHOD_SUPERVISED);
  gtk_widget_set_visible (self->beta_row, method == US_METHOD_BETA_VAE);
  gtk_widget_set_visible (self->labelled_row, method == US_METHOD_SEMI_SUPERVISED);
}

/* -- rows to train on -------------------------------------------------- */

static void
set_bank (UsMethodGroup *self,
          const char    *path)
{
  g_autofree char *name = path != NULL ? g_filename_display_basename (path) : NULL;
  g_autofree char *subtitle = name != NULL ? g_strdup_printf (_("The rows of “%s”, shuffled anew each time round"), name)
                                           : g_strdup (_("Fresh draws from the simulator, no row twice"));

  g_free (self->bank);
  self->bank = g_strdup (path);
  adw_action_row_set_subtitle (self->bank_row, subtitle);
  gtk_widget_set_visible (self->bank_clear, path != NULL);
}

static void
on_bank_chosen (UsMethodGroup        *self,
                int                   response,
                GtkFileChooserNative *chooser)
{
  if (response == GTK_RESPONSE_ACCEPT)
    {
      g_autoptr(GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
      g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;

      if (path != NULL)
        set_bank (self, path);
    }
  gtk_native_dialog_destroy (GTK_NATIVE_DIALOG (chooser));
  g_object_unref (chooser);
}

static void
on_bank_open_cb (UsMethodGroup *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkFileChooserNative *chooser = gtk_file_chooser_native_new (_("Open a Bank of Runs"), GTK_WINDOW (root),
                                                               GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, _("_Open"), NULL);

  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  g_signal_connect_object (chooser, "response", G_CALLBACK (on_bank_chosen), self, G_CONNECT_SWAPPED);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

static void
on_bank_clear_cb (UsMethodGroup *self)
{
  set_bank (self, NULL);
}

void
us_method_group_fill (UsMethodGroup   *self,
                      UsTrainerConfig *config)
{
  g_return_if_fail (US_IS_METHOD_GROUP (self));

  config->method = selected (self);
  if (gtk_widget_get_visible (self->kl_row))
    config->kl_weight = gtk_spin_button_get_value (self->kl_weight);
  if (gtk_widget_get_visible (self->beta_row))
    config->beta = gtk_spin_button_get_value (self->beta);
  if (gtk_widget_get_visible (self->labelled_row))
    config->labelled_share = gtk_spin_button_get_value (self->labelled) / 100;
  config->bank = self->bank;
}

/* -- object ------------------------------------------------------------ */

static void
us_method_group_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), US_TYPE_METHOD_GROUP);

  G_OBJECT_CLASS (us_method_group_parent_class)->dispose (object);
}

static void
us_method_group_finalize (GObject *object)
{
  g_free (US_METHOD_GROUP (object)->bank);

  G_OBJECT_CLASS (us_method_group_parent_class)->finalize (object);
}

static void
us_method_group_class_init (UsMethodGroupClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = us_method_group_dispose;
  object_class->finalize = us_method_group_finalize;

  gtk_widget_class_set_template_from_resource (widget_class, "/org/understudy/Understudy/us-method-group.ui");
  gtk_widget_class_bind_template_child (widget_class, UsMethodGroup, method_row);
  gtk_widget_class_bind_template_child (widget_class, UsMethodGroup, expander);
  gtk_widget_class_bind_template_child (widget_class, UsMethodGroup, kl_row);
  gtk_widget_class_bind_template_child (widget_class, UsMethodGroup, beta_row);
  gtk_widget_class_bind_template_child (widget_class, UsMethodGroup, labelled_row);
  gtk_widget_class_bind_template_child (widget_class, UsMethodGroup, kl_weight);
  gtk_widget_class_bind_template_child (widget_class, UsMethodGroup, beta);
  gtk_widget_class_bind_template_child (widget_class, UsMethodGroup, labelled);
  gtk_widget_class_bind_template_child (widget_class, UsMethodGroup, bank_row);
  gtk_widget_class_bind_template_child (widget_class, UsMethodGroup, bank_clear);
  gtk_widget_class_bind_template_callback (widget_class, on_method_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_bank_open_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_bank_clear_cb);
}

static void
us_method_group_init (UsMethodGroup *self)
{
  g_autoptr(GtkStringList) titles = gtk_string_list_new (NULL);

  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; i < US_N_METHODS; i++)
    gtk_string_list_append (titles, _(us_method_title (i)));
  adw_combo_row_set_model (self->method_row, G_LIST_MODEL (titles));
  on_method_cb (self);
  set_bank (self, NULL);
}
