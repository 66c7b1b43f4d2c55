/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Main thread; the sheet of draws is made in a slot of the page's own. */
#include "config.h"

#include "us-simulator-page.h"

#include "us-adaptive-box.h"
#include "us-chart.h"
#include "us-dataset-bar.h"
#include "us-draw-sheet.h"
#include "us-gallery.h"
#include "us-shipped.h"
#include "us-mailbox.h"
#include "us-parameter-row.h"
#include "us-session.h"

#include <glib/gi18n.h>

#define SHEET_ROWS 5
#define SHEET_COLUMNS 5

struct _UsSimulatorPage
{
  AdwBin             parent_instance;

  /* Template children. */
  UsAdaptiveBox     *panes;
  GtkBox            *column;
  GtkBox            *side;
  UsGallery         *gallery;
  UsDatasetBar      *datasets;
  GtkWidget         *about;
  GtkWidget         *draws;
  GtkLabel          *title;
  GtkLabel          *summary;
  GtkButton         *shipped;
  GtkLabel          *facts;
  GtkWidget         *output_box;
  GtkDropDown       *output;
  GtkListBox        *parameters;
  GtkLabel          *constraint;
  GtkWidget         *reset;
  GtkSpinButton     *seed;
  GtkBox            *sheets;
  UsChart           *sheet;             /* the first of them, always there */
  GtkLabel          *trouble;

  /* Owned. */
  UsSession         *session;
  GPtrArray         *rows;              /* (P) of UsParameterRow, borrowed from the list */
  GtkSizeGroup      *names, *kinds;
  UsPreview         *slot;
  UsMailbox         *mailbox;

  /* State. */
  const UsSimulator *simulator;         /* of the rows */
  gboolean           filling;           /* by program */
  gboolean           stale;             /* changed while it was not to be seen */
  guint64            asked, shown;
};

enum
{
  PROP_0,
  PROP_SESSION,
};

G_DEFINE_FINAL_TYPE (UsSimulatorPage, us_simulator_page, ADW_TYPE_BIN)

gboolean
us_simulator_page_is_settled (UsSimulatorPage *self)
{
  g_return_val_if_fail (US_IS_SIMULATOR_PAGE (self), FALSE);

  return self->asked == self->shown;
}

/* ---- the sheet ---- */

typedef struct
{
  UsPrior   *prior;
  guint      output;
  guint64    seed;
  guint64    serial;
  UsMailbox *mailbox;
} Job;

typedef struct
{
  UsDrawSheet *sheet;
  guint64      serial;
} Letter;

static void
job_free (gpointer data)
{
  Job *job = data;

  us_prior_unref (job->prior);
  us_mailbox_unref (job->mailbox);
  g_free (job);
}

static void
letter_free (gpointer data)
{
  Letter *letter = data;

  us_draw_sheet_free (letter->sheet);
  g_free (letter);
}

/* The slot's thread. */
static void
run (gpointer    data,
     const gint *cancelled)
{
  Job *job = data;
  UsDrawSheet *sheet = us_draw_sheet_new (job->prior, job->output, job->seed,
                                          SHEET_ROWS, SHEET_COLUMNS, cancelled);
  Letter *letter;

  if (sheet == NULL)
    return;
  letter = g_new0 (Letter, 1);
  letter->sheet = sheet;
  letter->serial = job->serial;
  us_mailbox_post (job->mailbox, letter);
}

static void
ask (UsSimulatorPage *self)
{
  Job *job;

  if (self->session == NULL || self->filling)
    return;
  if (!gtk_widget_get_mapped (GTK_WIDGET (self)))
    {
      self->stale = TRUE;
      return;
    }
  self->stale = FALSE;
  job = g_new0 (Job, 1);
  job->prior = us_prior_ref (us_session_get_prior (self->session));
  job->output = us_session_get_output (self->session);
  job->seed = gtk_spin_button_get_value (self->seed);
  job->serial = ++self->asked;
  job->mailbox = us_mailbox_ref (self->mailbox);
  us_preview_submit (self->slot, run, job, job_free);
}

static void
say_facts (UsSimulatorPage *self,
           double           run_us)
{
  const UsOutput *output = &self->simulator->outputs[us_session_get_output (self->session)];
  g_autofree char *shape = NULL, *count = NULL, *text = NULL;

  count = g_strdup_printf (ngettext ("%u parameter", "%u parameters", self->simulator->n_parameters),
                           (guint) self->simulator->n_parameters);
  if (output->kind == US_OUTPUT_IMAGE)
    shape = g_strdup_printf (output->channels == 3 ? _("picture of %u × %u in colour")
                                                   : _("picture of %u × %u"),
                             (guint) output->width, (guint) output->height);
  else
    shape = g_strdup_printf (_("series of %u points"), (guint) output->height);
  if (run_us > 0)
    text = g_strdup_printf (_("%s · %s · %.0f µs a run, %.0f runs a second on one core"), count,
                            shape, run_us, 1e6 / run_us);
  else
    text = g_strdup_printf ("%s · %s", count, shape);
  gtk_label_set_label (self->facts, text);
}

static void
say_trouble (UsSimulatorPage *self,
             const char      *text)
{
  gtk_label_set_label (self->trouble, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->trouble), text != NULL);
}

/* One chart a plot: those of further channels come and go. */
static void
show_sheet (UsSimulatorPage   *self,
            const UsDrawSheet *sheet)
{
  GtkWidget *chart = GTK_WIDGET (self->sheet);

  for (gsize i = 0; i < sheet->n_plots; i++)
    {
      if (i > 0 && gtk_widget_get_next_sibling (chart) == NULL)
        gtk_box_append (self->sheets, g_object_new (US_TYPE_CHART, "vexpand", TRUE, "height-request", 200,
                                                    "file-name", "draws", NULL));
      if (i > 0)
        chart = gtk_widget_get_next_sibling (chart);
      us_chart_set_plot (US_CHART (chart), sheet->plots[i]);
    }
  while (gtk_widget_get_next_sibling (chart) != NULL)
    gtk_box_remove (self->sheets, gtk_widget_get_next_sibling (chart));
  gtk_widget_set_size_request (GTK_WIDGET (self->sheet), -1, sheet->n_plots > 1 ? 200 : 300);
}

static void
on_sheet (gpointer owner,
          gpointer data)
{
  UsSimulatorPage *self = owner;
  Letter *letter = data;

  if (letter->serial > self->shown)
    {
      self->shown = letter->serial;
      if (letter->sheet->n_plots > 0)
        {
          show_sheet (self, letter->sheet);
          say_facts (self, letter->sheet->run_us);
        }
      say_trouble (self, letter->sheet->error != NULL ? letter->sheet->error->message : NULL);
    }
  letter_free (letter);
}

static void
on_new_seed (UsSimulatorPage *self)
{
  gtk_spin_button_set_value (self->seed, g_random_int_range (0, 1000000));
}

/* ---- the table ---- */

static gboolean
is_default (UsSimulatorPage      *self,
            const UsDistribution *distributions)
{
  for (gsize i = 0; i < self->simulator->n_parameters; i++)
    if (!us_distribution_equal (&distributions[i], &self->simulator->parameters[i].prior))
      return FALSE;
  return TRUE;
}

/* The session takes the table once every row is valid; a wrong row says so itself. */
static void
on_row_changed (UsSimulatorPage *self)
{
  g_autofree UsDistribution *distributions = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(UsPrior) prior = NULL;

  if (self->filling)
    return;
  distributions = g_new (UsDistribution, self->rows->len);
  for (guint i = 0; i < self->rows->len; i++)
    if (!us_parameter_row_get (self->rows->pdata[i], &distributions[i]))
      {
        say_trouble (self, _("The draws wait for a valid table."));
        gtk_widget_set_sensitive (self->reset, TRUE);
        return;
      }
  prior = us_prior_new (self->simulator, distributions, &error);
  gtk_widget_set_sensitive (self->reset, !is_default (self, distributions));
  if (prior == NULL)
    {
      say_trouble (self, error->message);
      return;
    }
  us_session_set_prior (self->session, prior);
}

static void
fill_rows (UsSimulatorPage *self)
{
  UsPrior *prior = us_session_get_prior (self->session);
  g_autofree UsDistribution *distributions = g_new (UsDistribution, self->rows->len);

  self->filling = TRUE;
  for (guint i = 0; i < self->rows->len; i++)
    {
      UsDistribution shown;

      distributions[i] = *us_prior_distribution (prior, i);
      /* What the user is writing is not written over. */
      if (!us_parameter_row_get (self->rows->pdata[i], &shown) ||
          !us_distribution_equal (&shown, &distributions[i]))
        us_parameter_row_set (self->rows->pdata[i], &distributions[i]);
    }
  self->filling = FALSE;
  gtk_widget_set_sensitive (self->reset, !is_default (self, distributions));
}

static void
on_reset (UsSimulatorPage *self)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (self->simulator);

  us_session_set_prior (self->session, prior);
  fill_rows (self);
  say_trouble (self, NULL);
  ask (self);
}

static void
build_rows (UsSimulatorPage *self)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->parameters))) != NULL)
    gtk_list_box_remove (self->parameters, child);
  g_ptr_array_set_size (self->rows, 0);
  for (gsize i = 0; i < self->simulator->n_parameters; i++)
    {
      GtkWidget *row = us_parameter_row_new (&self->simulator->parameters[i], self->names,
                                             self->kinds);

      g_signal_connect_object (row, "changed", G_CALLBACK (on_row_changed), self,
                               G_CONNECT_SWAPPED);
      gtk_list_box_append (self->parameters, row);
      g_ptr_array_add (self->rows, row);
    }
}

static void
fill_outputs (UsSimulatorPage *self)
{
  g_autoptr(GtkStringList) list = gtk_string_list_new (NULL);

  for (gsize i = 0; i < self->simulator->n_outputs; i++)
    gtk_string_list_append (list, _(self->simulator->outputs[i].label));
  gtk_drop_down_set_model (self->output, G_LIST_MODEL (list));
  gtk_widget_set_visible (self->output_box, self->simulator->n_outputs > 1);
}

/* ---- the session ---- */

static void
offer_shipped (UsSimulatorPage *self)
{
  g_autofree char *path = us_shipped_model_path (self->simulator->id);

  gtk_widget_set_visible (GTK_WIDGET (self->shipped), path != NULL);
  if (path != NULL)
    gtk_actionable_set_action_target (GTK_ACTIONABLE (self->shipped), "s", path);
}

static void
on_simulator (UsSimulatorPage *self)
{
  const UsSimulator *simulator = us_session_get_simulator (self->session);

  if (simulator == self->simulator || simulator == NULL)
    return;
  self->simulator = simulator;
  us_gallery_select (self->gallery, simulator);
  gtk_label_set_label (self->title, _(simulator->title));
  gtk_label_set_label (self->summary, _(simulator->summary));
  offer_shipped (self);
  gtk_widget_set_visible (GTK_WIDGET (self->constraint), simulator->constraint != NULL);
  if (simulator->constraint != NULL)
    {
      g_autofree char *text = g_strdup_printf (_("Only draws that obey this are used: %s."),
                                               _(simulator->constraint));

      gtk_label_set_label (self->constraint, text);
    }
  self->filling = TRUE;
  build_rows (self);
  fill_outputs (self);
  self->filling = FALSE;
}

static void
on_output (UsSimulatorPage *self)
{
  self->filling = TRUE;
  gtk_drop_down_set_selected (self->output, us_session_get_output (self->session));
  self->filling = FALSE;
  say_facts (self, 0);
  ask (self);
}

static void
on_prior (UsSimulatorPage *self)
{
  /* notify::simulator comes first, and us_session_set_simulator freezes: be sure of the rows. */
  on_simulator (self);
  fill_rows (self);
  ask (self);
}

static void
on_chosen (UsSimulatorPage   *self,
           const UsSimulator *simulator)
{
  us_session_set_simulator (self->session, simulator);
}

static void
on_not_opened (UsSimulatorPage *self,
               const char      *what)
{
  us_session_complain (self->session, _("The dataset could not be opened"), what);
}

void
us_simulator_page_open_dataset (UsSimulatorPage *self,
                                const char      *path)
{
  g_return_if_fail (US_IS_SIMULATOR_PAGE (self));

  us_dataset_bar_open (self->datasets, path);
}

static void
on_output_selected (UsSimulatorPage *self)
{
  guint selected = gtk_drop_down_get_selected (self->output);

  if (!self->filling && selected != GTK_INVALID_LIST_POSITION)
    us_session_set_output (self->session, selected);
}

/* Narrow: the draws move into the one column, between words and table. */
static void
on_stacked (UsSimulatorPage *self)
{
  gboolean stacked = us_adaptive_box_get_stacked (self->panes);
  GtkBox *home = stacked ? self->column : self->side;

  if (gtk_widget_get_parent (self->draws) == GTK_WIDGET (home))
    return;
  g_object_ref (self->draws);
  gtk_box_remove (GTK_BOX (gtk_widget_get_parent (self->draws)), self->draws);
  if (stacked)
    gtk_box_insert_child_after (home, self->draws, self->about);
  else
    gtk_box_append (home, self->draws);
  g_object_unref (self->draws);
  gtk_widget_set_visible (GTK_WIDGET (self->side), !stacked);
}

static void
us_simulator_page_map (GtkWidget *widget)
{
  UsSimulatorPage *self = US_SIMULATOR_PAGE (widget);

  GTK_WIDGET_CLASS (us_simulator_page_parent_class)->map (widget);
  if (self->stale)
    ask (self);
}

static void
us_simulator_page_set_property (GObject      *object,
                                guint         id,
                                const GValue *value,
                                GParamSpec   *pspec)
{
  UsSimulatorPage *self = US_SIMULATOR_PAGE (object);

  if (id != PROP_SESSION)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  if (!g_set_object (&self->session, g_value_get_object (value)) || self->session == NULL)
    return;
  g_signal_connect_object (self->session, "notify::simulator", G_CALLBACK (on_simulator), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "notify::output", G_CALLBACK (on_output), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "notify::prior", G_CALLBACK (on_prior), self,
                           G_CONNECT_SWAPPED);
  on_simulator (self);
  on_output (self);
  on_prior (self);
}

static void
us_simulator_page_dispose (GObject *object)
{
  UsSimulatorPage *self = US_SIMULATOR_PAGE (object);

  g_clear_pointer (&self->slot, us_preview_free);
  g_clear_pointer (&self->mailbox, us_mailbox_close);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_clear_object (&self->names);
  g_clear_object (&self->kinds);
  g_clear_object (&self->session);
  /* GTK unparents a bound child behind the back of AdwBin, which would do it again. */
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), US_TYPE_SIMULATOR_PAGE);

  G_OBJECT_CLASS (us_simulator_page_parent_class)->dispose (object);
}

static void
us_simulator_page_class_init (UsSimulatorPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->set_property = us_simulator_page_set_property;
  object_class->dispose = us_simulator_page_dispose;
  widget_class->map = us_simulator_page_map;
  g_object_class_install_property (object_class, PROP_SESSION,
    g_param_spec_object ("session", NULL, NULL, US_TYPE_SESSION,
                         G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));

  g_type_ensure (US_TYPE_ADAPTIVE_BOX);
  g_type_ensure (US_TYPE_CHART);
  g_type_ensure (US_TYPE_DATASET_BAR);
  g_type_ensure (US_TYPE_GALLERY);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/understudy/Understudy/us-simulator-page.ui");
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, panes);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, column);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, side);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, about);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, draws);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, gallery);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, datasets);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, title);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, summary);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, shipped);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, facts);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, output_box);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, output);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, parameters);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, constraint);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, reset);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, seed);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, sheets);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, sheet);
  gtk_widget_class_bind_template_child (widget_class, UsSimulatorPage, trouble);
  gtk_widget_class_bind_template_callback (widget_class, on_chosen);
  gtk_widget_class_bind_template_callback (widget_class, on_not_opened);
  gtk_widget_class_bind_template_callback (widget_class, on_output_selected);
  gtk_widget_class_bind_template_callback (widget_class, on_reset);
  gtk_widget_class_bind_template_callback (widget_class, on_new_seed);
  gtk_widget_class_bind_template_callback (widget_class, on_stacked);
  gtk_widget_class_bind_template_callback (widget_class, ask);
}

static void
us_simulator_page_init (UsSimulatorPage *self)
{
  self->rows = g_ptr_array_new ();
  self->names = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  self->kinds = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  self->mailbox = us_mailbox_new (self, on_sheet, letter_free);
  self->slot = us_preview_new ("sheet");
  gtk_widget_init_template (GTK_WIDGET (self));
}
