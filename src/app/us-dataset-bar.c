/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Main thread; files are opened in a slot of the bar's own. */
#include "config.h"

#include "us-dataset-bar.h"

#include "us-dataset.h"
#include "us-mailbox.h"
#include "us-preview.h"

#include <glib/gi18n.h>

struct _UsDatasetBar
{
  AdwBin                parent_instance;

  /* Children. */
  GtkStack             *stack;          /* "ask", "work" */
  GtkLabel             *label;
  GtkProgressBar       *bar;

  /* Owned. */
  UsPreview            *slot;
  UsMailbox            *mailbox;
  GtkFileChooserNative *chooser;        /* while it is shown, or NULL */

  /* State. */
  guint64               asked, shown;   /* jobs begun; the last that has ended */
};

enum
{
  OPENED,
  FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UsDatasetBar, us_dataset_bar, ADW_TYPE_BIN)

typedef struct
{
  char      *path;
  guint64    serial;
  UsMailbox *mailbox;
} Job;

/* How far a job is, or how it ended. */
typedef struct
{
  guint64            serial;
  double             fraction;
  const UsSimulator *simulator;         /* or NULL */
  GError            *error;             /* or NULL */
} Letter;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->path);
  us_mailbox_unref (job->mailbox);
  g_free (job);
}

static void
letter_free (gpointer data)
{
  Letter *letter = data;

  g_clear_error (&letter->error);
  g_free (letter);
}

static Letter *
letter_new (const Job *job)
{
  Letter *letter = g_new0 (Letter, 1);

  letter->serial = job->serial;
  return letter;
}

static void
on_unpacked (guint64  done,
             guint64  total,
             gpointer data)
{
  Job *job = data;
  Letter *letter = letter_new (job);

  letter->fraction = (double) done / (double) total;
  us_mailbox_post (job->mailbox, letter);
}

/* The slot's thread. */
static void
run (gpointer    data,
     const gint *cancelled)
{
  Job *job = data;
  g_autoptr(GError) error = NULL;
  const UsSimulator *simulator = us_dataset_open (job->path, on_unpacked, job, cancelled, &error);
  Letter *letter;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  letter = letter_new (job);
  letter->simulator = simulator;
  letter->error = g_steal_pointer (&error);
  us_mailbox_post (job->mailbox, letter);
}

static void
run_nothing (gpointer    data,
             const gint *cancelled)
{
}

static void
end (UsDatasetBar *self)
{
  self->shown = self->asked;
  gtk_stack_set_visible_child_name (self->stack, "ask");
}

static void
on_letter (gpointer owner,
           gpointer data)
{
  UsDatasetBar *self = owner;
  Letter *letter = data;

  if (letter->serial == self->asked && self->shown < self->asked)
    {
      if (letter->simulator != NULL || letter->error != NULL)
        end (self);
      else
        gtk_progress_bar_set_fraction (self->bar, letter->fraction);
      if (letter->simulator != NULL)
        g_signal_emit (self, signals[OPENED], 0, letter->simulator);
      else if (letter->error != NULL)
        g_signal_emit (self, signals[FAILED], 0, letter->error->message);
    }
  letter_free (letter);
}

gboolean
us_dataset_bar_is_busy (UsDatasetBar *self)
{
  g_return_val_if_fail (US_IS_DATASET_BAR (self), FALSE);

  return self->shown < self->asked;
}

void
us_dataset_bar_open (UsDatasetBar *self,
                     const char   *path)
{
  g_autofree char *name = NULL;
  g_autofree char *text = NULL;
  Job *job;

  g_return_if_fail (US_IS_DATASET_BAR (self));
  g_return_if_fail (path != NULL);

  name = g_filename_display_basename (path);
  text = g_strdup_printf (_("Opening %s: its pictures are unpacked once"), name);
  gtk_label_set_label (self->label, text);
  gtk_progress_bar_set_fraction (self->bar, 0);
  gtk_stack_set_visible_child_name (self->stack, "work");

  job = g_new0 (Job, 1);
  job->path = g_strdup (path);
  job->serial = ++self->asked;
  job->mailbox = us_mailbox_ref (self->mailbox);
  us_preview_submit (self->slot, run, job, job_free);
}

void
us_dataset_bar_cancel (UsDatasetBar *self)
{
  g_return_if_fail (US_IS_DATASET_BAR (self));

  if (!us_dataset_bar_is_busy (self))
    return;
  /* Whatever comes into the slot ends what is at work there. */
  us_preview_submit (self->slot, run_nothing, NULL, NULL);
  end (self);
}

static void
on_response (UsDatasetBar *self,
             int           response)
{
  g_autoptr(GtkFileChooserNative) chooser = g_steal_pointer (&self->chooser);
  g_autoptr(GFile) file = NULL;
  g_autofree char *path = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  gtk_native_dialog_hide (GTK_NATIVE_DIALOG (chooser));
  if (file == NULL)
    return;
  path = g_file_get_path (file);
  if (path != NULL)
    us_dataset_bar_open (self, path);
  else
    g_signal_emit (self, signals[FAILED], 0, _("Only files of this computer can be opened"));
}

static void
on_ask (UsDatasetBar *self)
{
  GtkWindow *window = GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self)));
  g_autoptr(GtkFileFilter) sets = gtk_file_filter_new ();

  if (self->chooser == NULL)
    {
      self->chooser = gtk_file_chooser_native_new (_("Open a Dataset"), window, GTK_FILE_CHOOSER_ACTION_OPEN,
                                                   _("_Open"), NULL);
      gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
      gtk_file_filter_set_name (sets, _("Sets of pictures (NPZ)"));
      gtk_file_filter_add_suffix (sets, "npz");
      gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (self->chooser), sets);
      g_signal_connect_object (self->chooser, "response", G_CALLBACK (on_response), self, G_CONNECT_SWAPPED);
    }
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

/* What is seen while a file is being unpacked. */
static GtkWidget *
make_work (UsDatasetBar *self)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12), *words = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *cancel = gtk_button_new_with_mnemonic (_("_Cancel"));

  self->label = GTK_LABEL (gtk_label_new (NULL));
  gtk_label_set_xalign (self->label, 0);
  gtk_label_set_ellipsize (self->label, PANGO_ELLIPSIZE_END);
  self->bar = GTK_PROGRESS_BAR (gtk_progress_bar_new ());
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->bar), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Pictures unpacked"), -1);
  gtk_box_append (GTK_BOX (words), GTK_WIDGET (self->label));
  gtk_box_append (GTK_BOX (words), GTK_WIDGET (self->bar));
  gtk_widget_set_hexpand (words, TRUE);
  gtk_widget_set_valign (words, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (cancel, GTK_ALIGN_CENTER);
  g_signal_connect_object (cancel, "clicked", G_CALLBACK (us_dataset_bar_cancel), self, G_CONNECT_SWAPPED);
  gtk_box_append (GTK_BOX (row), words);
  gtk_box_append (GTK_BOX (row), cancel);
  return row;
}

static void
us_dataset_bar_dispose (GObject *object)
{
  UsDatasetBar *self = US_DATASET_BAR (object);

  g_clear_pointer (&self->slot, us_preview_free);
  g_clear_pointer (&self->mailbox, us_mailbox_close);
  if (self->chooser != NULL)
    gtk_native_dialog_destroy (GTK_NATIVE_DIALOG (self->chooser));
  g_clear_object (&self->chooser);

  G_OBJECT_CLASS (us_dataset_bar_parent_class)->dispose (object);
}

static void
us_dataset_bar_class_init (UsDatasetBarClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = us_dataset_bar_dispose;
  signals[OPENED] = g_signal_new ("opened", US_TYPE_DATASET_BAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[FAILED] = g_signal_new ("failed", US_TYPE_DATASET_BAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
us_dataset_bar_init (UsDatasetBar *self)
{
  GtkWidget *ask = gtk_button_new_with_mnemonic (_("Open _Dataset…"));

  gtk_widget_set_halign (ask, GTK_ALIGN_START);
  gtk_widget_set_tooltip_text (ask, _("A published set of pictures and of what made them, as a simulator: an NPZ like that of dSprites"));
  g_signal_connect_object (ask, "clicked", G_CALLBACK (on_ask), self, G_CONNECT_SWAPPED);
  self->stack = GTK_STACK (gtk_stack_new ());
  gtk_stack_set_vhomogeneous (self->stack, FALSE);
  gtk_stack_add_named (self->stack, ask, "ask");
  gtk_stack_add_named (self->stack, make_work (self), "work");
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->stack));

  self->mailbox = us_mailbox_new (self, on_letter, letter_free);
  self->slot = us_preview_new ("dataset");
}
