/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-findings-view.h"

#include "us-adaptive-box.h"
#include "us-chart.h"
#include "us-mailbox.h"
#include "us-preview.h"
#include "us-table.h"

#define PAIR_WIDTH 640          /* two charts stand side by side from here on */
#define TEXT_CHARS 100          /* no line is longer */

/* The widgets of a section. */
typedef struct
{
  GtkWidget *box;
  GtkWidget *title, *words, *table;
  GtkWidget *pair;              /* a row with room for one more chart, or NULL */
  GPtrArray *charts;            /* borrowed */
  gboolean   stripped;          /* on its way out: some of these are gone */
} Shown;

struct _UsFindingsView
{
  AdwBin      parent_instance;

  /* children */
  GtkWidget  *scroller;
  GtkBox     *column;
  GtkLabel   *sentence;
  GtkLabel   *words;

  /* owned */
  UsFindings *findings;         /* that are shown, or about to be; NULL: none */
  GPtrArray  *shown;            /* of Shown */
  GPtrArray  *painted;          /* of UsChartPainting, in the order of the charts; NULL: at work */
  UsPreview  *preview;
  UsMailbox  *mailbox;

  guint       serial;           /* of what is painted */
  gsize       section, figure;  /* the next to be filled */
  gsize       chart;            /* the next to be given its picture */
  guint       tick_id;
};

G_DEFINE_FINAL_TYPE (UsFindingsView, us_findings_view, ADW_TYPE_BIN)

/* --- painting, on its own thread ------------------------------------------------------- */

typedef struct
{
  guint       serial;
  UsFindings *findings;
  GPtrArray  *paintings;        /* of UsChartPainting or NULL */
  UsMailbox  *mailbox;          /* of jobs; NULL in a letter */
} Painting;

static void
painting_free (gpointer data)
{
  Painting *self = data;

  us_findings_unref (self->findings);
  g_clear_pointer (&self->paintings, g_ptr_array_unref);
  g_clear_pointer (&self->mailbox, us_mailbox_unref);
  g_free (self);
}

static void
paint (gpointer    data,
       const gint *cancelled)
{
  Painting *job = data, *letter;
  guint n = 0;

  for (guint s = 0; s < job->findings->sections->len; s++)
    {
      const UsFindingsSection *section = job->findings->sections->pdata[s];

      for (guint f = 0; f < section->figures->len && !g_atomic_int_get (cancelled); f++, n++)
        if (job->paintings->pdata[n] != NULL)
          us_chart_painting_paint (job->paintings->pdata[n], ((UsFindingsFigure *) section->figures->pdata[f])->plot);
    }
  if (g_atomic_int_get (cancelled))
    return;
  letter = g_new0 (Painting, 1);
  letter->serial = job->serial;
  letter->findings = us_findings_ref (job->findings);
  letter->paintings = g_steal_pointer (&job->paintings);
  us_mailbox_post (job->mailbox, letter);
}

static void
ask_paint (UsFindingsView *self)
{
  Painting *job = g_new0 (Painting, 1);

  job->serial = self->serial;
  job->findings = us_findings_ref (self->findings);
  job->mailbox = us_mailbox_ref (self->mailbox);
  job->paintings = g_ptr_array_new_with_free_func ((GDestroyNotify) us_chart_painting_free);
  for (guint s = 0; s < self->shown->len; s++)
    for (guint f = 0; f < ((Shown *) self->shown->pdata[s])->charts->len; f++)
      g_ptr_array_add (job->paintings, us_chart_begin_painting (((Shown *) self->shown->pdata[s])->charts->pdata[f]));
  us_preview_submit (self->preview, paint, job, painting_free);
}

/* --- widgets ----------------------------------------------------------------------------- */

static GtkWidget *
new_label (const char *css_class)
{
  GtkWidget *label = g_object_new (GTK_TYPE_LABEL, "xalign", 0.0, "wrap", TRUE, "selectable", TRUE, "halign", GTK_ALIGN_START,
                                   "natural-wrap-mode", GTK_NATURAL_WRAP_NONE, "max-width-chars", TEXT_CHARS, NULL);

  if (css_class != NULL)
    gtk_widget_add_css_class (label, css_class);
  return label;
}

static void
shown_free (gpointer data)
{
  Shown *shown = data;

  g_ptr_array_unref (shown->charts);
  g_free (shown);
}

static Shown *
new_shown (const UsFindingsSection *section)
{
  Shown *shown = g_new0 (Shown, 1);

  shown->charts = g_ptr_array_new ();
  shown->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  shown->title = new_label ("heading");
  gtk_label_set_text (GTK_LABEL (shown->title), section->title);
  gtk_label_set_selectable (GTK_LABEL (shown->title), FALSE);
  gtk_box_append (GTK_BOX (shown->box), shown->title);
  shown->words = new_label (NULL);
  gtk_box_append (GTK_BOX (shown->box), shown->words);
  if (section->n_columns > 0)
    {
      shown->table = g_object_new (US_TYPE_TABLE, "label", section->title, NULL);
      gtk_box_append (GTK_BOX (shown->box), shown->table);
    }
  return shown;
}

static gboolean
same_make (const Shown             *shown,
           const UsFindingsSection *section)
{
  if (shown->stripped || g_strcmp0 (gtk_label_get_text (GTK_LABEL (shown->title)), section->title) != 0
      || (shown->table != NULL) != (section->n_columns > 0) || shown->charts->len != section->figures->len)
    return FALSE;
  for (guint f = 0; f < section->figures->len; f++)
    {
      const UsFindingsFigure *figure = section->figures->pdata[f];
      g_autofree char *name = NULL;

      g_object_get (shown->charts->pdata[f], "file-name", &name, NULL);
      if (g_strcmp0 (name, figure->name) != 0)
        return FALSE;
    }
  return TRUE;
}

/* Sections from `first` on, a widget at a time: each chart takes its time to go.  FALSE: all are gone. */
static gboolean
remove_from (UsFindingsView *self,
             guint           first)
{
  Shown *last;

  if (self->shown->len <= first)
    return FALSE;
  last = self->shown->pdata[self->shown->len - 1];
  last->stripped = TRUE;
  if (gtk_widget_get_first_child (last->box) != NULL)
    {
      gtk_box_remove (GTK_BOX (last->box), gtk_widget_get_last_child (last->box));
      return TRUE;
    }
  gtk_box_remove (self->column, last->box);
  g_ptr_array_set_size (self->shown, self->shown->len - 1);
  return TRUE;
}

static void
add_chart (Shown                  *shown,
           const UsFindingsFigure *figure)
{
  GtkWidget *chart = g_object_new (US_TYPE_CHART, "file-name", figure->name, "height-request", figure->height, NULL);

  g_ptr_array_add (shown->charts, chart);
  if (figure->wide)
    {
      gtk_box_append (GTK_BOX (shown->box), chart);
      shown->pair = NULL;
    }
  else if (shown->pair != NULL)
    {
      g_object_set (shown->pair, "end", chart, NULL);
      shown->pair = NULL;
    }
  else
    {
      shown->pair = g_object_new (US_TYPE_ADAPTIVE_BOX, "threshold", PAIR_WIDTH, "spacing", 12, "start", chart, NULL);
      gtk_box_append (GTK_BOX (shown->box), shown->pair);
    }
}

/* --- a step a frame ------------------------------------------------------------------------ */

static void
show_sentence (UsFindingsView *self)
{
  static const char *const classes[] = { NULL, "success", "warning", "error" };

  for (guint i = 1; i < G_N_ELEMENTS (classes); i++)
    gtk_widget_remove_css_class (GTK_WIDGET (self->sentence), classes[i]);
  if (self->findings->mood != US_FINDINGS_PLAIN)
    gtk_widget_add_css_class (GTK_WIDGET (self->sentence), classes[self->findings->mood]);
  gtk_label_set_text (self->sentence, self->findings->sentence != NULL ? self->findings->sentence : "");
  gtk_widget_set_visible (GTK_WIDGET (self->sentence), self->findings->sentence != NULL);
  gtk_label_set_text (self->words, self->findings->words != NULL ? self->findings->words : "");
  gtk_widget_set_visible (GTK_WIDGET (self->words), self->findings->words != NULL);
}

static void
show_section (UsFindingsView          *self,
              const UsFindingsSection *section)
{
  Shown *shown;

  if (self->section == self->shown->len)
    {
      g_ptr_array_add (self->shown, new_shown (section));
      gtk_box_append (self->column, ((Shown *) self->shown->pdata[self->section])->box);
    }
  shown = self->shown->pdata[self->section];
  gtk_label_set_text (GTK_LABEL (shown->words), section->words != NULL ? section->words : "");
  gtk_widget_set_visible (shown->words, section->words != NULL);
  if (section->n_columns > 0)
    us_table_set_cells (US_TABLE (shown->table), section->cells->len / section->n_columns - 1, section->n_columns,
                        (const char *const *) section->cells->pdata);
}

/* The next section or chart; then what was there before, and is not any more.  FALSE: all is done. */
static gboolean
fill (UsFindingsView *self)
{
  const UsFindingsSection *section;
  Shown *shown;

  if (self->section >= self->findings->sections->len)
    return remove_from (self, self->findings->sections->len);
  section = self->findings->sections->pdata[self->section];
  if (self->figure == 0)
    {
      if (self->section < self->shown->len && !same_make (self->shown->pdata[self->section], section))
        return remove_from (self, (guint) self->section);
      show_section (self, section);
    }
  shown = self->shown->pdata[self->section];
  if (shown->charts->len < section->figures->len && self->figure > 0)
    add_chart (shown, section->figures->pdata[shown->charts->len]);
  self->figure++;
  if (shown->charts->len == section->figures->len)
    {
      self->section++;
      self->figure = 0;
    }
  return TRUE;
}

/* The next chart's picture; FALSE: all have theirs. */
static gboolean
set_next (UsFindingsView *self)
{
  gsize first = 0;

  for (guint s = 0; s < self->shown->len; s++)
    {
      Shown *shown = self->shown->pdata[s];
      const UsFindingsSection *section = self->findings->sections->pdata[s];

      if (self->chart < first + shown->charts->len)
        {
          gsize f = self->chart - first;

          us_chart_set_painted (shown->charts->pdata[f], ((UsFindingsFigure *) section->figures->pdata[f])->plot,
                                self->painted->pdata[self->chart]);
          self->chart++;
          return TRUE;
        }
      first += shown->charts->len;
    }
  return FALSE;
}

static gboolean
on_tick (GtkWidget     *widget,
         GdkFrameClock *clock,
         gpointer       data)
{
  UsFindingsView *self = US_FINDINGS_VIEW (widget);

  if (self->painted != NULL)
    {
      if (set_next (self))
        return G_SOURCE_CONTINUE;
    }
  else if (fill (self))
    return G_SOURCE_CONTINUE;
  else
    ask_paint (self);
  self->tick_id = 0;
  return G_SOURCE_REMOVE;
}

static void
start_ticking (UsFindingsView *self)
{
  if (self->tick_id == 0)
    self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), on_tick, NULL, NULL);
}

static void
stop_ticking (UsFindingsView *self)
{
  if (self->tick_id != 0)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->tick_id);
  self->tick_id = 0;
}

static void
on_letter (gpointer owner,
           gpointer data)
{
  UsFindingsView *self = owner;
  Painting *letter = data;

  if (letter->serial == self->serial && self->findings != NULL)
    {
      self->painted = g_steal_pointer (&letter->paintings);
      self->chart = 0;
      start_ticking (self);
    }
  painting_free (letter);
}

void
us_findings_view_set (UsFindingsView *self,
                      UsFindings     *findings)
{
  gboolean first;

  g_return_if_fail (US_IS_FINDINGS_VIEW (self));

  if (findings == self->findings)
    return;
  first = self->findings == NULL;
  stop_ticking (self);
  self->serial++;
  g_clear_pointer (&self->findings, us_findings_unref);
  g_clear_pointer (&self->painted, g_ptr_array_unref);
  self->section = self->figure = 0;
  /* widgets stay, out of sight, for what comes next */
  if (findings == NULL)
    return;
  self->findings = us_findings_ref (findings);
  show_sentence (self);
  if (first)
    gtk_adjustment_set_value (gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (self->scroller)), 0);
  start_ticking (self);
}

gboolean
us_findings_view_is_done (UsFindingsView *self)
{
  g_return_val_if_fail (US_IS_FINDINGS_VIEW (self), FALSE);

  return self->findings != NULL && self->painted != NULL && self->tick_id == 0;
}

/* --- object ----------------------------------------------------------------------------------- */

static void
us_findings_view_dispose (GObject *object)
{
  UsFindingsView *self = US_FINDINGS_VIEW (object);

  g_clear_pointer (&self->preview, us_preview_free);
  g_clear_pointer (&self->mailbox, us_mailbox_close);
  stop_ticking (self);
  g_clear_pointer (&self->findings, us_findings_unref);
  g_clear_pointer (&self->painted, g_ptr_array_unref);
  g_clear_pointer (&self->shown, g_ptr_array_unref);

  G_OBJECT_CLASS (us_findings_view_parent_class)->dispose (object);
}

static void
us_findings_view_class_init (UsFindingsViewClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = us_findings_view_dispose;
}

static void
us_findings_view_init (UsFindingsView *self)
{
  GtkWidget *top = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *clamp = g_object_new (ADW_TYPE_CLAMP, "maximum-size", 1120, "tightening-threshold", 900, NULL);

  self->shown = g_ptr_array_new_with_free_func (shown_free);
  self->preview = us_preview_new ("findings");
  self->mailbox = us_mailbox_new (self, on_letter, painting_free);
  self->sentence = GTK_LABEL (new_label ("title-4"));
  self->words = GTK_LABEL (new_label ("dim-label"));
  gtk_box_append (GTK_BOX (top), GTK_WIDGET (self->sentence));
  gtk_box_append (GTK_BOX (top), GTK_WIDGET (self->words));
  self->column = GTK_BOX (g_object_new (GTK_TYPE_BOX, "orientation", GTK_ORIENTATION_VERTICAL, "spacing", 24, "margin-top", 18,
                                        "margin-bottom", 24, "margin-start", 18, "margin-end", 18, NULL));
  gtk_box_append (self->column, top);
  adw_clamp_set_child (ADW_CLAMP (clamp), GTK_WIDGET (self->column));
  self->scroller = g_object_new (GTK_TYPE_SCROLLED_WINDOW, "hscrollbar-policy", GTK_POLICY_NEVER, "child", clamp, NULL);
  adw_bin_set_child (ADW_BIN (self), self->scroller);
}
