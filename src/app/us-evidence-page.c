/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-evidence-page.h"

#include "us-adaptive-box.h"
#include "us-chart.h"
#include "us-evidence-tables.h"
#include "us-evidence-words.h"
#include "us-evidence-worker.h"
#include "us-read-out.h"
#include "us-session.h"
#include "us-table.h"

#include <glib/gi18n.h>

#define BUDGET_HEIGHT 320       /* of the errors against draws, */
#define EMPTY_HEIGHT  110       /* and where none were recorded */
#define CHART_HEIGHT  220       /* of a worst case's curve */
#define PICTURE_SIDE  110       /* of a worst case's picture */
#define PAIR_WIDTH    640       /* two charts stand side by side from here on */

struct _UsEvidencePage
{
  AdwBin            parent_instance;

  /* template children */
  GtkStack         *stack;
  AdwStatusPage    *empty_page;
  AdwStatusPage    *waiting_page;
  GtkWidget        *working;
  UsReadOut        *working_label;
  GtkProgressBar   *progress;
  GtkLabel         *verdict;
  GtkLabel         *measured;
  UsTable          *scores;
  GtkLabel         *scores_words;
  GtkToggleButton  *nats_button;
  GtkLabel         *matrices_words;
  UsChart          *answers_chart;
  UsChart          *truth_chart;
  GtkLabel         *accuracy_words;
  UsTable          *accuracy;
  UsChart          *budget_chart;
  UsTable          *errors;
  GtkLabel         *budget_words;
  GtkLabel         *worst_words;
  GtkBox           *worst_charts;
  UsTable          *worst;
  GtkWidget        *information_section;
  GtkWidget        *accuracy_section;
  GtkWidget        *budget_section;
  GtkWidget        *worst_section;

  /* owned */
  UsSession        *session;
  UsMailbox        *mailbox;
  UsEvidenceWorker *worker;
  UsSimvae         *wanted;             /* what is measured, or was; NULL: nothing */
  UsEvidenceView   *view;               /* what is shown, or about to be */
  GPtrArray        *charts;             /* of UsChart, borrowed: of the worst cases */

  guint             step;               /* the next one to fill */
  guint             tick_id;
  gboolean          finished;           /* no more letters are to come */
};

enum
{
  PROP_0,
  PROP_SESSION,
};

G_DEFINE_FINAL_TYPE (UsEvidencePage, us_evidence_page, ADW_TYPE_BIN)

/* --- what is shown: a step a frame, so that no frame is long ----------------------- */

static void
set_words (GtkLabel *label,
           char     *text)              /* taken */
{
  gtk_label_set_label (label, text);
  g_free (text);
}

static gboolean
shows_bits (UsEvidencePage *self)
{
  return !gtk_toggle_button_get_active (self->nats_button);
}

static void
fill_scores (UsEvidencePage *self)
{
  const UsEvidence *evidence = self->view->evidence;

  set_words (self->verdict, us_evidence_words_verdict (evidence));
  set_words (self->measured, g_strdup_printf (_("%zu held-out draws that training never saw"),
                                              evidence->evaluation->n_pairs));
  us_evidence_fill_scores (self->scores, evidence);
  gtk_stack_set_visible_child_name (self->stack, "work");
}

static void
fill_meaning (UsEvidencePage *self)
{
  set_words (self->scores_words, us_evidence_words_scores (self->view->evidence));
  set_words (self->matrices_words, us_evidence_words_matrices (self->view->evidence));
}

static void
fill_answers (UsEvidencePage *self)
{
  us_chart_set_plot (self->answers_chart, self->view->information[US_MATRIX_ANSWERS][shows_bits (self)]);
  gtk_widget_set_visible (self->information_section, TRUE);
}

static void
fill_truth (UsEvidencePage *self)
{
  us_chart_set_plot (self->truth_chart, self->view->information[US_MATRIX_TRUTH][shows_bits (self)]);
}

static void
fill_accuracy (UsEvidencePage *self)
{
  set_words (self->accuracy_words, us_evidence_words_accuracy (self->view->evidence));
  us_evidence_fill_accuracy (self->accuracy, self->view->evidence);
  gtk_widget_set_visible (self->accuracy_section, TRUE);
}

static void
fill_budget (UsEvidencePage *self)
{
  gtk_widget_set_size_request (GTK_WIDGET (self->budget_chart), -1,
                               us_plot_is_empty (self->view->budget) ? EMPTY_HEIGHT : BUDGET_HEIGHT);
  us_chart_set_plot (self->budget_chart, self->view->budget);
  gtk_widget_set_visible (self->budget_section, TRUE);
}

static void
fill_errors (UsEvidencePage *self)
{
  us_evidence_fill_errors (self->errors, self->view->evidence);
  set_words (self->budget_words, us_evidence_words_budget (self->view->evidence));
}

static GtkWidget *
new_chart (UsEvidencePage *self,
           int             height)
{
  g_autofree char *name = g_strdup_printf ("worst-case-%u", self->charts->len + 1);
  GtkWidget *chart = g_object_new (US_TYPE_CHART, "file-name", name, "height-request", height, NULL);

  g_ptr_array_add (self->charts, chart);
  return chart;
}

/* As many charts as there are plots, two and two. */
static void
make_worst_charts (UsEvidencePage *self)
{
  gsize n = self->view->n_worst;
  GtkWidget *child;

  if (self->charts->len == n)
    return;
  g_ptr_array_set_size (self->charts, 0);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->worst_charts))) != NULL)
    gtk_box_remove (self->worst_charts, child);
  if (n == 1)
    {
      gtk_box_append (self->worst_charts, new_chart (self, PICTURE_SIDE * (int) self->view->evidence->n_worst));
      return;
    }
  for (gsize i = 0; i < n; i += 2)
    {
      GtkWidget *start = new_chart (self, CHART_HEIGHT), *end = i + 1 < n ? new_chart (self, CHART_HEIGHT) : NULL;

      gtk_box_append (self->worst_charts, g_object_new (US_TYPE_ADAPTIVE_BOX, "threshold", PAIR_WIDTH, "spacing", 12,
                                                        "start", start, "end", end, NULL));
    }
}

static void
fill_worst (UsEvidencePage *self)
{
  set_words (self->worst_words, us_evidence_words_worst (self->view->evidence));
  make_worst_charts (self);
  us_evidence_fill_worst (self->worst, self->view->evidence);
  gtk_widget_set_visible (self->worst_section, TRUE);
}

static void (*const steps[]) (UsEvidencePage *) = {
  fill_scores, fill_meaning, fill_answers, fill_truth, fill_accuracy, fill_budget, fill_errors, fill_worst,
};

/* A step a frame, then a chart of a worst case a frame. */
static gboolean
on_tick (GtkWidget     *widget,
         GdkFrameClock *clock,
         gpointer       data)
{
  UsEvidencePage *self = US_EVIDENCE_PAGE (widget);
  guint step = self->step++, chart = step - G_N_ELEMENTS (steps);

  if (step < G_N_ELEMENTS (steps))
    steps[step] (self);
  else if (chart < self->charts->len)
    us_chart_set_plot (self->charts->pdata[chart], self->view->worst[chart]);
  else
    {
      self->tick_id = 0;
      return G_SOURCE_REMOVE;
    }
  return G_SOURCE_CONTINUE;
}

static void
show_view (UsEvidencePage *self,
           UsEvidenceView *view)
{
  if (self->view == view)
    return;
  g_clear_pointer (&self->view, us_evidence_view_unref);
  self->view = us_evidence_view_ref (view);
  self->step = 0;
  if (self->tick_id == 0)
    self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), on_tick, NULL, NULL);
}

static void
stop_ticking (UsEvidencePage *self)
{
  if (self->tick_id != 0)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->tick_id);
  self->tick_id = 0;
}

static void
on_unit_toggled_cb (UsEvidencePage *self)
{
  if (self->view == NULL)
    return;
  fill_answers (self);
  fill_truth (self);
}

/* --- what comes from the worker ----------------------------------------------------- */

static void
show_waiting (UsEvidencePage *self,
              const char     *title,
              const char     *words)
{
  adw_status_page_set_title (self->waiting_page, title);
  adw_status_page_set_description (self->waiting_page, words);
  gtk_stack_set_visible_child_name (self->stack, "waiting");
}

static void
show_progress (UsEvidencePage *self,
               gsize           n_pairs,
               double          fraction)
{
  g_autofree char *text = NULL;

  gtk_widget_set_visible (self->working, n_pairs > 0);
  if (n_pairs == 0)
    return;
  text = g_strdup_printf (_("Measuring %zu held-out draws: %.0f %%"), n_pairs, 100 * fraction);
  us_read_out_set_text (self->working_label, text);
  gtk_progress_bar_set_fraction (self->progress, fraction);
}

static void
on_letter (gpointer owner,
           gpointer data)
{
  UsEvidencePage *self = owner;
  g_autoptr(UsEvidenceLetter) letter = data;

  /* of a model that was at hand when it was written */
  if (letter->model != self->wanted)
    return;
  show_progress (self, letter->n_pairs, letter->fraction);
  if (letter->view != NULL)
    show_view (self, letter->view);
  if (letter->error != NULL)
    show_waiting (self, _("This model could not be measured"), letter->error->message);
  self->finished = letter->n_pairs == 0;
}

/* --- what comes from the session ----------------------------------------------------- */

static void
forget (UsEvidencePage *self)
{
  us_evidence_worker_cancel (self->worker);
  g_clear_pointer (&self->wanted, us_simvae_unref);
  stop_ticking (self);
  g_clear_pointer (&self->view, us_evidence_view_unref);
  self->finished = FALSE;
  show_progress (self, 0, 0);
  /* laid out one by one when there is something to show */
  gtk_widget_set_visible (self->information_section, FALSE);
  gtk_widget_set_visible (self->accuracy_section, FALSE);
  gtk_widget_set_visible (self->budget_section, FALSE);
  gtk_widget_set_visible (self->worst_section, FALSE);
}

static void
measure (UsEvidencePage *self,
         UsSimvae       *model)
{
  self->wanted = us_simvae_ref (model);
  show_waiting (self, _("Measuring"), _("The model is asked about draws that training never saw."));
  gtk_widget_set_visible (self->working, TRUE);
  gtk_progress_bar_set_fraction (self->progress, 0);
  us_read_out_set_text (self->working_label, _("Measuring"));
  us_evidence_worker_measure (self->worker, model);
}

/* The model, or whether it is still in training, changed. */
static void
on_model_cb (UsEvidencePage *self)
{
  UsSimvae *model = us_session_get_model (self->session);
  gboolean changing = us_session_get_training (self->session) && us_session_get_follows_training (self->session);

  if (model != NULL && model == self->wanted && !changing)
    return;
  forget (self);
  if (changing)
    show_waiting (self, _("The model is still learning"), _("Its evidence is measured as soon as training ends."));
  else if (model == NULL || !us_simvae_has_encoder (model))
    {
      adw_status_page_set_description (self->empty_page, model == NULL
        ? _("What a model tells about the simulator’s parameters, how right its answers are, and whether it has converged "
            "is measured here. Train a model, or open one.")
        : _("This model has a decoder only: there are no answers to be measured. While training runs, the encoder comes second."));
      gtk_stack_set_visible_child_name (self->stack, "empty");
    }
  else
    measure (self, model);
}

void
us_evidence_page_set_pairs (UsEvidencePage *self,
                            gsize           first,
                            gsize           all)
{
  g_return_if_fail (US_IS_EVIDENCE_PAGE (self));

  us_evidence_worker_set_pairs (self->worker, first, all);
}

gboolean
us_evidence_page_is_done (UsEvidencePage *self)
{
  g_return_val_if_fail (US_IS_EVIDENCE_PAGE (self), FALSE);

  return self->finished && self->view != NULL && self->tick_id == 0;
}

/* --- object ----------------------------------------------------------------------------- */

static void
us_evidence_page_set_property (GObject      *object,
                               guint         id,
                               const GValue *value,
                               GParamSpec   *pspec)
{
  UsEvidencePage *self = US_EVIDENCE_PAGE (object);

  if (id != PROP_SESSION)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  g_return_if_fail (self->session == NULL);
  self->session = g_value_dup_object (value);
  if (self->session == NULL)
    return;
  g_signal_connect_object (self->session, "notify::model", G_CALLBACK (on_model_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "notify::training", G_CALLBACK (on_model_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "notify::follows-training", G_CALLBACK (on_model_cb), self, G_CONNECT_SWAPPED);
  on_model_cb (self);
}

static void
us_evidence_page_dispose (GObject *object)
{
  UsEvidencePage *self = US_EVIDENCE_PAGE (object);

  g_clear_pointer (&self->worker, us_evidence_worker_free);
  g_clear_pointer (&self->mailbox, us_mailbox_close);
  stop_ticking (self);
  g_clear_pointer (&self->wanted, us_simvae_unref);
  g_clear_pointer (&self->view, us_evidence_view_unref);
  g_clear_pointer (&self->charts, g_ptr_array_unref);
  g_clear_object (&self->session);
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), US_TYPE_EVIDENCE_PAGE);

  G_OBJECT_CLASS (us_evidence_page_parent_class)->dispose (object);
}

static void
us_evidence_page_class_init (UsEvidencePageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->set_property = us_evidence_page_set_property;
  object_class->dispose = us_evidence_page_dispose;
  g_object_class_install_property (object_class, PROP_SESSION,
    g_param_spec_object ("session", NULL, NULL, US_TYPE_SESSION,
                         G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));

  g_type_ensure (US_TYPE_ADAPTIVE_BOX);
  g_type_ensure (US_TYPE_CHART);
  g_type_ensure (US_TYPE_READ_OUT);
  g_type_ensure (US_TYPE_TABLE);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/understudy/Understudy/us-evidence-page.ui");
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, stack);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, empty_page);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, waiting_page);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, working);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, working_label);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, progress);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, verdict);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, measured);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, scores);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, scores_words);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, nats_button);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, matrices_words);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, answers_chart);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, truth_chart);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, accuracy_words);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, accuracy);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, budget_chart);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, errors);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, budget_words);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, worst_words);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, worst_charts);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, worst);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, information_section);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, accuracy_section);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, budget_section);
  gtk_widget_class_bind_template_child (widget_class, UsEvidencePage, worst_section);
  gtk_widget_class_bind_template_callback (widget_class, on_unit_toggled_cb);
}

static void
us_evidence_page_init (UsEvidencePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->mailbox = us_mailbox_new (self, on_letter, (GDestroyNotify) us_evidence_letter_free);
  self->worker = us_evidence_worker_new (self->mailbox);
  self->charts = g_ptr_array_new ();
}
