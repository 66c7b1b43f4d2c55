/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-mechanism-evidence.h"

#include "us-findings-view.h"
#include "us-read-out.h"
#include "us-session.h"

#include <glib/gi18n.h>

/* Usual numbers of simulations: of a posterior, of a choice of mechanism (which are fitted), of other predictors. */
#define N_POSTERIOR 500
#define N_CHOICE    100
#define N_INTERVALS 2000

struct _UsMechanismEvidence
{
  AdwBin                     parent_instance;

  /* template children */
  GtkWidget                 *bar;
  GtkLabel                  *network_label;
  GtkLabel                  *n_label;
  GtkSpinButton             *n_spin;
  GtkWidget                 *measure_button;
  GtkWidget                 *working_box;
  UsReadOut                 *working_label;
  GtkProgressBar            *progress;
  GtkStack                  *stack;
  AdwStatusPage             *message_page;
  GtkWidget                 *again_button;
  GtkWidget                 *bank_button;
  UsFindingsView            *view;

  /* owned */
  UsSession                 *session;
  UsMailbox                 *mailbox;
  UsMechanismEvidenceWorker *worker;
  UsMechanismVerdict        *verdict;
  char                      *bank;      /* of a posterior that knows no simulator, or NULL */
  GtkFileChooserNative      *chooser;

  guint                      serial;    /* of the newest request */
  gboolean                   working;
  gboolean                   stale;     /* another network came while this was not to be seen */
};

enum
{
  PROP_0,
  PROP_SESSION,
};

G_DEFINE_FINAL_TYPE (UsMechanismEvidence, us_mechanism_evidence, ADW_TYPE_BIN)

static UsPosterior *
posterior_of (UsMechanismEvidence *self)
{
  return us_learnt_get_posterior (us_session_get_learnt (self->session));
}

static UsPredictor *
predictor_of (UsMechanismEvidence *self)
{
  return us_learnt_get_predictor (us_session_get_learnt (self->session));
}

static gboolean
chooses (UsMechanismEvidence *self)
{
  return predictor_of (self) != NULL && us_predictor_head (predictor_of (self))->kind == US_HEAD_CLASSES;
}

/* --- the state ------------------------------------------------------------------------------- */

static void
show_bar (UsMechanismEvidence *self)
{
  g_autofree char *name = us_learnt_dup_name (us_session_get_learnt (self->session));

  gtk_widget_set_visible (self->bar, name != NULL);
  gtk_label_set_text (self->network_label, name != NULL ? name : "");
  gtk_label_set_text_with_mnemonic (self->n_label, chooses (self) ? _("Simulations that are _fitted too") : _("Simulatio_ns"));
  gtk_widget_set_sensitive (self->measure_button, !self->working);
  gtk_widget_set_visible (self->working_box, self->working);
}

static void
show_progress (UsMechanismEvidence *self,
               double               fraction)
{
  g_autofree char *text = g_strdup_printf (_("Asking it about simulations that it was not trained on: %.0f %%"), 100 * fraction);

  us_read_out_set_text (self->working_label, text);
  gtk_progress_bar_set_fraction (self->progress, fraction);
}

/* What is done, or can be, where nothing has been measured. */
static void
show_message (UsMechanismEvidence *self,
              const char          *title,
              const char          *words)
{
  gboolean table = posterior_of (self) != NULL && us_posterior_prior (posterior_of (self)) == NULL;
  g_autofree char *markup = g_markup_escape_text (words, -1);

  adw_status_page_set_title (self->message_page, title);
  adw_status_page_set_description (self->message_page, markup);
  gtk_widget_set_visible (self->again_button, !self->working && (!table || self->bank != NULL));
  gtk_widget_set_visible (self->bank_button, !self->working && table);
  gtk_stack_set_visible_child_name (self->stack, "message");
}

static void
forget (UsMechanismEvidence *self)
{
  us_findings_view_set (self->view, NULL);
  g_clear_pointer (&self->verdict, us_mechanism_verdict_unref);
}

static void
on_letter (gpointer owner,
           gpointer data)
{
  UsMechanismEvidence *self = owner;
  g_autoptr(UsMechanismEvidenceLetter) letter = data;

  if (letter->serial != self->serial)
    return;
  self->working = letter->working;
  show_progress (self, letter->fraction);
  show_bar (self);
  if (letter->verdict != NULL)
    {
      g_clear_pointer (&self->verdict, us_mechanism_verdict_unref);
      self->verdict = us_mechanism_verdict_ref (letter->verdict);
      us_findings_view_set (self->view, self->verdict->findings);
      gtk_stack_set_visible_child_name (self->stack, "work");
    }
  if (letter->error != NULL)
    {
      forget (self);
      show_message (self, _("This model could not be measured"), letter->error->message);
    }
}

/* --- measuring ------------------------------------------------------------------------------------ */

static void
measure (UsMechanismEvidence *self)
{
  UsPosterior *posterior = posterior_of (self);

  if (posterior == NULL && predictor_of (self) == NULL)
    return;
  if (posterior != NULL && us_posterior_prior (posterior) == NULL && self->bank == NULL)
    {
      show_bar (self);
      show_message (self, _("Which simulations?"), _("This model was trained on a table and knows no simulator. Choose a table of "
                                                    "simulations (theta and x) that it was not trained on."));
      return;
    }
  self->working = TRUE;
  show_progress (self, 0);
  show_bar (self);
  if (self->verdict == NULL)
    show_message (self, _("Measuring"), _("The model is asked about simulations that it was not trained on."));
  us_mechanism_evidence_worker_measure (self->worker, ++self->serial, posterior, predictor_of (self),
                                        (gsize) gtk_spin_button_get_value_as_int (self->n_spin), self->bank);
}

static void
on_network_cb (UsMechanismEvidence *self)
{
  gboolean some = posterior_of (self) != NULL || predictor_of (self) != NULL;

  us_mechanism_evidence_worker_cancel (self->worker);
  self->serial++;
  self->working = FALSE;
  g_clear_pointer (&self->bank, g_free);
  forget (self);
  gtk_spin_button_set_value (self->n_spin, posterior_of (self) != NULL ? N_POSTERIOR : chooses (self) ? N_CHOICE : N_INTERVALS);
  show_bar (self);
  if (!some)
    gtk_stack_set_visible_child_name (self->stack, "empty");
  self->stale = some && !gtk_widget_get_mapped (GTK_WIDGET (self));
  if (some && !self->stale)
    measure (self);
}

static void
on_measure_clicked_cb (UsMechanismEvidence *self)
{
  measure (self);
}

void
us_mechanism_evidence_stop (UsMechanismEvidence *self)
{
  g_return_if_fail (US_IS_MECHANISM_EVIDENCE (self));

  us_mechanism_evidence_worker_cancel (self->worker);
  self->serial++;
  self->working = FALSE;
  show_bar (self);
  if (self->verdict == NULL)
    show_message (self, _("Measuring was stopped"), _("Nothing is known yet of whether this model is to be believed."));
}

void
us_mechanism_evidence_set_bank (UsMechanismEvidence *self,
                                const char          *path)
{
  char *bank = g_strdup (path);

  g_return_if_fail (US_IS_MECHANISM_EVIDENCE (self));

  g_free (self->bank);
  self->bank = bank;
  measure (self);
}

static void
on_bank_chosen (GtkNativeDialog     *dialog,
                int                  response,
                UsMechanismEvidence *self)
{
  g_autoptr(GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));

  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;

  if (response == GTK_RESPONSE_ACCEPT && path != NULL)
    us_mechanism_evidence_set_bank (self, path);
  g_clear_object (&self->chooser);
}

static void
on_bank_clicked_cb (UsMechanismEvidence *self)
{
  g_autoptr(GtkFileFilter) filter = gtk_file_filter_new ();

  g_clear_object (&self->chooser);
  self->chooser = gtk_file_chooser_native_new (_("Choose Simulations"), GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))),
                                               GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"), NULL);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
  gtk_file_filter_set_name (filter, _("Tables of simulations"));
  gtk_file_filter_add_suffix (filter, "npz");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (self->chooser), filter);
  g_signal_connect (self->chooser, "response", G_CALLBACK (on_bank_chosen), self);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

void
us_mechanism_evidence_measure (UsMechanismEvidence *self,
                               gsize                n)
{
  g_return_if_fail (US_IS_MECHANISM_EVIDENCE (self));

  gtk_spin_button_set_value (self->n_spin, n);
  measure (self);
}

UsMechanismVerdict *
us_mechanism_evidence_get_verdict (UsMechanismEvidence *self)
{
  g_return_val_if_fail (US_IS_MECHANISM_EVIDENCE (self), NULL);

  return self->verdict;
}

gboolean
us_mechanism_evidence_is_done (UsMechanismEvidence *self)
{
  g_return_val_if_fail (US_IS_MECHANISM_EVIDENCE (self), FALSE);

  return !self->working && self->verdict != NULL && us_findings_view_is_done (self->view);
}

/* --- object ------------------------------------------------------------------------------------------- */

static void
us_mechanism_evidence_map (GtkWidget *widget)
{
  UsMechanismEvidence *self = US_MECHANISM_EVIDENCE (widget);

  GTK_WIDGET_CLASS (us_mechanism_evidence_parent_class)->map (widget);
  if (!self->stale)
    return;
  self->stale = FALSE;
  measure (self);
}

static void
us_mechanism_evidence_set_property (GObject      *object,
                                    guint         id,
                                    const GValue *value,
                                    GParamSpec   *pspec)
{
  UsMechanismEvidence *self = US_MECHANISM_EVIDENCE (object);

  if (id != PROP_SESSION)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  g_return_if_fail (self->session == NULL);
  self->session = g_value_dup_object (value);
  if (self->session == NULL)
    return;
  g_signal_connect_object (us_session_get_learnt (self->session), "network-changed", G_CALLBACK (on_network_cb), self,
                           G_CONNECT_SWAPPED);
  on_network_cb (self);
}

static void
us_mechanism_evidence_dispose (GObject *object)
{
  UsMechanismEvidence *self = US_MECHANISM_EVIDENCE (object);

  g_clear_pointer (&self->worker, us_mechanism_evidence_worker_free);
  g_clear_pointer (&self->mailbox, us_mailbox_close);
  g_clear_pointer (&self->verdict, us_mechanism_verdict_unref);
  g_clear_pointer (&self->bank, g_free);
  g_clear_object (&self->chooser);
  g_clear_object (&self->session);
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), US_TYPE_MECHANISM_EVIDENCE);

  G_OBJECT_CLASS (us_mechanism_evidence_parent_class)->dispose (object);
}

static void
us_mechanism_evidence_class_init (UsMechanismEvidenceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->set_property = us_mechanism_evidence_set_property;
  object_class->dispose = us_mechanism_evidence_dispose;
  widget_class->map = us_mechanism_evidence_map;
  g_object_class_install_property (object_class, PROP_SESSION,
    g_param_spec_object ("session", NULL, NULL, US_TYPE_SESSION, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));

  g_type_ensure (US_TYPE_FINDINGS_VIEW);
  g_type_ensure (US_TYPE_READ_OUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/understudy/Understudy/us-mechanism-evidence.ui");
  gtk_widget_class_bind_template_child (widget_class, UsMechanismEvidence, bar);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismEvidence, network_label);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismEvidence, n_label);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismEvidence, n_spin);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismEvidence, measure_button);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismEvidence, working_box);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismEvidence, working_label);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismEvidence, progress);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismEvidence, stack);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismEvidence, message_page);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismEvidence, again_button);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismEvidence, bank_button);
  gtk_widget_class_bind_template_child (widget_class, UsMechanismEvidence, view);
  gtk_widget_class_bind_template_callback (widget_class, on_measure_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, us_mechanism_evidence_stop);
  gtk_widget_class_bind_template_callback (widget_class, on_bank_clicked_cb);
}

static void
us_mechanism_evidence_init (UsMechanismEvidence *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->mailbox = us_mailbox_new (self, on_letter, (GDestroyNotify) us_mechanism_evidence_letter_free);
  self->worker = us_mechanism_evidence_worker_new (self->mailbox);
}
