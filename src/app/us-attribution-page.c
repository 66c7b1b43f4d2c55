/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-attribution-page-private.h"

#include "us-adaptive-box.h"
#include "us-attribution-tables.h"
#include "us-chart.h"

#include <glib/gi18n.h>
#include <math.h>

#define ROWS 12                 /* of the table that are seen */
#define SERIES_HEIGHT 340
#define MARGINAL_HEIGHT 220
#define PAIR_WIDTH 640          /* two charts stand side by side from here on */
#define MARGINALS 12            /* parameters that have a chart */

enum
{
  PROP_0,
  PROP_SESSION,
};

G_DEFINE_FINAL_TYPE (UsAttributionPage, us_attribution_page, ADW_TYPE_BIN)

/* --- what is shown: a step a frame, so that no frame is long ------------------------- */

static void
show_sentence (UsAttributionPage *self)
{
  static const char *const classes[] = { "success", "warning", "error" };
  g_autofree char *words = us_attribution_words_matches (self->answer);
  g_autofree char *all = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (classes); i++)
    gtk_widget_remove_css_class (GTK_WIDGET (self->sentence), classes[i]);
  if (self->answer->level != US_USUAL)
    gtk_widget_add_css_class (GTK_WIDGET (self->sentence), classes[self->answer->level]);
  gtk_label_set_text (self->sentence, self->answer->sentence);
  all = self->note != NULL ? g_strdup_printf ("%s\n%s", self->note, words) : g_strdup (words);
  gtk_label_set_text (self->measured, all);
  gtk_stack_set_visible_child_name (self->stack, "work");
}

static void
show_estimates (UsAttributionPage *self)
{
  us_attribution_fill_estimates (self->estimates, self->answer);
  gtk_widget_set_visible (self->parameters_section, TRUE);
}

static void
show_matches (UsAttributionPage *self)
{
  guint by = gtk_drop_down_get_selected (self->sort_drop);

  us_attribution_fill_matches (self->matches, self->answer, US_ATTRIBUTION_DRAWN, ROWS, by != GTK_INVALID_LIST_POSITION ? by : 0,
                               gtk_toggle_button_get_active (self->falling_button), self->pinned);
  gtk_widget_set_visible (self->matches_section, TRUE);
}

/* The columns to sort by, where the parameters are others than before. */
static void
set_columns (UsAttributionPage *self)
{
  g_auto(GStrv) names = us_attribution_sort_names (self->answer);
  GListModel *model = gtk_drop_down_get_model (self->sort_drop);
  gboolean same = model != NULL && g_list_model_get_n_items (model) == g_strv_length (names);

  for (guint i = 0; same && names[i] != NULL; i++)
    same = g_str_equal (gtk_string_list_get_string (GTK_STRING_LIST (model), i), names[i]);
  if (same)
    return;
  self->setting = TRUE;
  gtk_drop_down_set_model (self->sort_drop, G_LIST_MODEL (gtk_string_list_new ((const char *const *) names)));
  gtk_drop_down_set_selected (self->sort_drop, 0);
  self->setting = FALSE;
}

static GtkWidget *
new_chart (UsAttributionPage *self,
           int                height,
           gboolean           series)
{
  g_autofree char *name = g_strdup_printf (series ? "matched-simulations" : "parameter-%u", self->charts->len);
  GtkWidget *chart = g_object_new (US_TYPE_CHART, "file-name", name, "height-request", height, NULL);

  g_ptr_array_add (self->charts, chart);
  if (series)
    us_attribution_pointer_watch (self, chart);
  return chart;
}

static void
empty_box (GtkBox *box)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (box))) != NULL)
    gtk_box_remove (box, child);
}

static gsize
n_marginals (UsAttributionPage *self)
{
  return MIN (MARGINALS, self->answer->matches->n_parameters);
}

/* Another number of charts than there are: from the beginning. */
static void
prepare_charts (UsAttributionPage *self)
{
  gsize n_series = us_attributed_n_series (self->answer);

  if (self->n_series == n_series && self->charts->len == n_series + n_marginals (self))
    return;
  g_ptr_array_set_size (self->charts, 0);
  empty_box (self->series_box);
  empty_box (self->marginals_box);
  self->n_series = n_series;
}

/* One more chart, two marginals side by side; FALSE: all are there. */
static gboolean
add_chart (UsAttributionPage *self)
{
  gsize n = self->charts->len;

  if (n >= self->n_series + n_marginals (self))
    return FALSE;
  if (n < self->n_series)
    gtk_box_append (self->series_box, new_chart (self, SERIES_HEIGHT, TRUE));
  else if ((n - self->n_series) % 2 == 0)
    gtk_box_append (self->marginals_box, g_object_new (US_TYPE_ADAPTIVE_BOX, "threshold", PAIR_WIDTH, "spacing", 12,
                                                       "start", new_chart (self, MARGINAL_HEIGHT, FALSE), NULL));
  else
    g_object_set (gtk_widget_get_last_child (GTK_WIDGET (self->marginals_box)), "end",
                  new_chart (self, MARGINAL_HEIGHT, FALSE), NULL);
  return TRUE;
}

/* Comes round again until all charts are there. */
static void
make_charts (UsAttributionPage *self)
{
  if (add_chart (self))
    self->step--;
}

static void
show_series (UsAttributionPage *self)
{
  gtk_widget_set_visible (self->series_section, TRUE);
}

static void
show_pin_control (UsAttributionPage *self)
{
  self->setting = TRUE;
  gtk_adjustment_set_upper (gtk_spin_button_get_adjustment (self->pin_spin), MIN (US_ATTRIBUTION_DRAWN, self->answer->matches->n));
  gtk_spin_button_set_value (self->pin_spin, self->pinned + 1);
  self->setting = FALSE;
}

/* Figures of what is at hand; the charts have their sizes by now. */
static void
ask_paint (UsAttributionPage *self)
{
  GPtrArray *paintings = g_ptr_array_new_with_free_func ((GDestroyNotify) us_chart_painting_free);

  for (guint i = 0; i < self->charts->len; i++)
    g_ptr_array_add (paintings, us_chart_begin_painting (self->charts->pdata[i]));
  self->working = TRUE;
  us_attribution_worker_paint (self->worker, self->serial, self->answer, self->pinned, paintings);
}

static void (*const steps[]) (UsAttributionPage *) = {
  show_sentence, prepare_charts, show_series, show_pin_control, show_estimates, make_charts, set_columns, show_matches,
  ask_paint,
};

/* First the steps, then a chart a frame once the figures are there. */
static gboolean
on_tick (GtkWidget     *widget,
         GdkFrameClock *clock,
         gpointer       data)
{
  UsAttributionPage *self = US_ATTRIBUTION_PAGE (widget);
  guint step = self->step++, chart = step - G_N_ELEMENTS (steps);

  if (step < G_N_ELEMENTS (steps))
    {
      steps[step] (self);
      return G_SOURCE_CONTINUE;
    }
  if (self->plots != NULL && chart < self->charts->len && chart < self->plots->len)
    {
      us_chart_set_painted (self->charts->pdata[chart], self->plots->pdata[chart],
                            chart < self->paintings->len ? self->paintings->pdata[chart] : NULL);
      return G_SOURCE_CONTINUE;
    }
  self->tick_id = 0;
  return G_SOURCE_REMOVE;
}

static void
start_ticking (UsAttributionPage *self,
               guint              step)
{
  self->step = step;
  if (self->tick_id == 0)
    self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), on_tick, NULL, NULL);
}

static void
stop_ticking (UsAttributionPage *self)
{
  if (self->tick_id != 0)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->tick_id);
  self->tick_id = 0;
}

/* --- the state ----------------------------------------------------------------------- */

static void
show_labels (UsAttributionPage *self)
{
  g_autofree char *name = self->posterior != NULL ? us_learnt_dup_name (us_session_get_learnt (self->session)) : NULL;
  g_autofree char *bank = self->bank != NULL ? g_filename_display_basename (self->bank)
                                             : g_strdup (_("simulations made anew"));

  gtk_widget_set_visible (self->bar, self->posterior != NULL);
  gtk_widget_set_visible (self->anew_button, self->bank != NULL && self->posterior != NULL
                          && us_posterior_prior (self->posterior) != NULL);
  gtk_label_set_text (self->model_label, name != NULL ? name : "");
  gtk_label_set_text (self->bank_label, bank);
}

/* refused: NULL, or what is said first; status pages take markup. */
static void
set_description (AdwStatusPage *page,
                 const char    *refused,
                 const char    *words)
{
  g_autofree char *text = refused != NULL ? g_strdup_printf ("%s\n\n%s", refused, words) : g_strdup (words);
  g_autofree char *markup = g_markup_escape_text (text, -1);

  adw_status_page_set_description (page, markup);
}

/* Where there is nothing to show yet: what is to be done next. */
static void
show_state (UsAttributionPage *self)
{
  g_autofree char *words = NULL;

  show_labels (self);
  if (self->answer != NULL)
    gtk_stack_set_visible_child_name (self->stack, "work");
  else if (self->posterior == NULL)
    {
      adw_status_page_set_description (self->empty_page, us_learnt_get_predictor (us_session_get_learnt (self->session)) != NULL
        ? _("The network that is open answers another question, on the page Infer: simulations are matched with a posterior. "
            "Train one, or open one.")
        : _("A network that has learnt the posterior of a mechanism, and your measurements: the simulations that it holds most like "
            "them are laid over them, with their parameters, and you are told how unusual your data are among all that was "
            "simulated. Train such a network on the page Train, or open one."));
      gtk_stack_set_visible_child_name (self->stack, self->opening > 0 ? "waiting" : "empty");
    }
  else if (self->attributor == NULL && self->bank == NULL && us_posterior_prior (self->posterior) == NULL)
    gtk_stack_set_visible_child_name (self->stack, "bank");
  else
    {
      words = us_attribution_words_data (self->posterior);
      adw_status_page_set_title (self->data_page, self->refused != NULL ? _("These data cannot be read") : _("Open your data"));
      set_description (self->data_page, self->refused, words);
      gtk_widget_set_visible (self->reread_button, self->refused != NULL);
      gtk_stack_set_visible_child_name (self->stack, "data");
    }
}

static void
show_waiting (UsAttributionPage *self,
              double             fraction)
{
  g_autofree char *text = self->posterior == NULL ? g_strdup (_("Opening the model"))
                          : g_strdup_printf (self->bank != NULL ? _("Reading and comparing simulations: %.0f %%")
                                                                : _("Making and comparing simulations: %.0f %%"),
                                             100 * fraction);

  us_read_out_set_text (self->waiting_label, text);
  gtk_progress_bar_set_fraction (self->progress, fraction);
  gtk_stack_set_visible_child_name (self->stack, "waiting");
}

static void
forget_answer (UsAttributionPage *self)
{
  stop_ticking (self);
  g_clear_pointer (&self->answer, us_attributed_unref);
  g_clear_pointer (&self->plots, g_ptr_array_unref);
  g_clear_pointer (&self->paintings, g_ptr_array_unref);
  self->pinned = -1;
  /* laid out one by one when there is something to show */
  gtk_widget_set_visible (self->series_section, FALSE);
  gtk_widget_set_visible (self->parameters_section, FALSE);
  gtk_widget_set_visible (self->matches_section, FALSE);
  us_read_out_set_text (self->hovered, _("Point at a line to see which simulation it is; click to pin it."));
}

/* Gives up what is at work for a posterior: a request without data to be read takes its place, and ends at once. */
static void
give_up (UsAttributionPage *self,
         UsPosterior       *posterior)
{
  const UsAttributionRequest nothing = { .serial = self->serial, .posterior = posterior, .data_path = "" };

  if (!self->working)
    return;
  self->working = FALSE;
  self->serial++;               /* no letter of it counts */
  us_attribution_worker_ask (self->worker, &nothing);
}

static void
ask (UsAttributionPage *self)
{
  UsLearnt *learnt = us_session_get_learnt (self->session);
  UsAttributionRequest request = {
    .serial = ++self->serial, .posterior = self->posterior, .bank = self->bank, .rows = self->rows,
    .data_path = us_learnt_get_data (learnt), .options = us_learnt_get_data_options (learnt),
    .adjust = gtk_check_button_get_active (self->adjust_check),
  };

  self->stale = self->posterior != NULL && !gtk_widget_get_mapped (GTK_WIDGET (self));
  if (self->posterior == NULL || self->stale)
    {
      if (self->posterior != NULL)
        give_up (self, self->posterior);
      show_state (self);
      return;
    }
  /* another page may have made the simulations */
  if (self->attributor == NULL && self->bank == NULL && us_learnt_get_attributor (learnt) != NULL)
    self->attributor = us_attributor_ref (us_learnt_get_attributor (learnt));
  request.attributor = self->attributor;
  g_clear_pointer (&self->refused, g_free);
  stop_ticking (self);
  self->working = TRUE;
  if (self->answer == NULL)
    show_waiting (self, 0);
  us_attribution_worker_ask (self->worker, &request);
}

static void
complain (UsAttributionPage         *self,
          const UsAttributionLetter *letter)
{
  if (letter->failure == US_ATTRIBUTION_FAILED_SIMULATIONS)
    {
      g_clear_pointer (&self->bank, g_free);
      us_session_complain (self->session, _("The simulations could not be compared"), letter->error->message);
      return;
    }
  self->refused = g_strdup (letter->error->message);
  if (self->tell)
    us_session_complain (self->session, _("These data cannot be read"), self->refused);
}

/* Keeps what was found out. */
static void
take_news (UsAttributionPage         *self,
           const UsAttributionLetter *letter)
{
  if (letter->attributor == NULL || self->attributor != NULL)
    return;
  self->attributor = us_attributor_ref (letter->attributor);
  us_learnt_set_attributor (us_session_get_learnt (self->session), self->attributor);
}

static void
on_letter (gpointer owner,
           gpointer data)
{
  UsAttributionPage *self = owner;
  g_autoptr(UsAttributionLetter) letter = data;

  if (letter->serial != self->serial)
    return;
  self->working = letter->working;
  if (letter->plots != NULL)
    {
      g_clear_pointer (&self->plots, g_ptr_array_unref);
      g_clear_pointer (&self->paintings, g_ptr_array_unref);
      self->plots = g_steal_pointer (&letter->plots);
      self->paintings = g_steal_pointer (&letter->paintings);
      start_ticking (self, G_N_ELEMENTS (steps));
      return;
    }
  take_news (self, letter);
  if (letter->error != NULL)
    complain (self, letter);
  if (letter->working)
    {
      show_labels (self);
      if (self->answer == NULL)
        show_waiting (self, letter->fraction);
      return;
    }
  if (letter->answer != NULL)
    {
      forget_answer (self);
      self->answer = us_attributed_ref (letter->answer);
      g_free (self->note);
      self->note = g_steal_pointer (&letter->note);
      show_labels (self);
      start_ticking (self, 0);
      return;
    }
  show_state (self);
}

/* --- what is asked for ------------------------------------------------------------------ */

static void
on_opened (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(UsAttributionPage) self = data;
  g_autoptr(GError) error = NULL;

  self->opening--;
  if (us_learnt_open_finish (US_LEARNT (source), result, &error) || self->session == NULL)
    return;
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    us_session_complain (self->session, _("This model could not be opened"), error->message);
  if (self->opening == 0 && !self->working)
    show_state (self);
}

void
us_attribution_page_open_model (UsAttributionPage *self,
                                const char        *path)
{
  g_return_if_fail (US_IS_ATTRIBUTION_PAGE (self) && path != NULL && self->session != NULL);

  self->opening++;
  us_learnt_open_async (us_session_get_learnt (self->session), path, on_opened, g_object_ref (self));
  if (self->posterior == NULL)
    show_waiting (self, 0);
}

/* Another posterior; a predictor is none. */
static void
on_network_cb (UsAttributionPage *self)
{
  UsPosterior *posterior = us_learnt_get_posterior (us_session_get_learnt (self->session));
  g_autoptr(UsPosterior) old = g_steal_pointer (&self->posterior);

  if (old != NULL)
    give_up (self, old);
  forget_answer (self);
  g_clear_pointer (&self->attributor, us_attributor_unref);
  g_clear_pointer (&self->bank, g_free);        /* of the other one */
  self->posterior = posterior != NULL ? us_posterior_ref (posterior) : NULL;
  self->tell = FALSE;
  ask (self);
}

static void
on_data_cb (UsAttributionPage *self)
{
  forget_answer (self);
  self->tell = TRUE;
  ask (self);
}

void
us_attribution_page_set_bank (UsAttributionPage *self,
                              const char        *path)
{
  g_return_if_fail (US_IS_ATTRIBUTION_PAGE (self));

  forget_answer (self);
  g_free (self->bank);
  self->bank = g_strdup (path);
  us_learnt_set_attributor (us_session_get_learnt (self->session), NULL);
  g_clear_pointer (&self->attributor, us_attributor_unref);
  ask (self);
}

gboolean
us_attribution_page_has_model (UsAttributionPage *self)
{
  g_return_val_if_fail (US_IS_ATTRIBUTION_PAGE (self), FALSE);

  return self->posterior != NULL || self->opening > 0;
}

void
us_attribution_page_open_data (UsAttributionPage *self,
                               const char        *path)
{
  g_return_if_fail (US_IS_ATTRIBUTION_PAGE (self) && path != NULL && self->session != NULL);

  if (self->posterior == NULL)
    us_session_complain (self->session, _("Which model?"), _("Open a posterior model first; then the data."));
  else
    us_learnt_set_data (us_session_get_learnt (self->session), path, NULL);
}

void
us_attribution_page_set_rows (UsAttributionPage *self,
                              gsize              rows)
{
  g_return_if_fail (US_IS_ATTRIBUTION_PAGE (self));

  self->rows = rows;
}

UsAttributed *
us_attribution_page_get_answer (UsAttributionPage *self)
{
  g_return_val_if_fail (US_IS_ATTRIBUTION_PAGE (self), NULL);

  return self->answer;
}

gboolean
us_attribution_page_is_done (UsAttributionPage *self)
{
  g_return_val_if_fail (US_IS_ATTRIBUTION_PAGE (self), FALSE);

  return !self->working && self->tick_id == 0 && self->answer != NULL && self->plots != NULL;
}

void
us_attribution_page_pin (UsAttributionPage *self,
                         gssize             match)
{
  g_autofree char *words = NULL;

  g_return_if_fail (US_IS_ATTRIBUTION_PAGE (self));

  if (self->answer == NULL || match >= (gssize) self->answer->matches->n || match == self->pinned)
    return;
  self->pinned = match;
  show_pin_control (self);
  show_matches (self);
  words = match >= 0 ? us_attribution_words_match (self->answer, (gsize) match) : NULL;
  us_read_out_set_text (self->hovered, words != NULL ? words : _("Point at a line to see which simulation it is; click to "
                                                                 "pin it."));
  ask_paint (self);
}

/* --- controls ------------------------------------------------------------------------------- */

static void
on_pin_changed_cb (UsAttributionPage *self)
{
  if (!self->setting && self->answer != NULL)
    us_attribution_page_pin (self, gtk_spin_button_get_value_as_int (self->pin_spin) - 1);
}

/* 0 is written as "none". */
static gboolean
on_pin_output_cb (UsAttributionPage *self)
{
  int value = gtk_spin_button_get_value_as_int (self->pin_spin);
  g_autofree char *text = value > 0 ? g_strdup_printf ("%d", value) : g_strdup (_("none"));

  if (!g_str_equal (gtk_editable_get_text (GTK_EDITABLE (self->pin_spin)), text))
    gtk_editable_set_text (GTK_EDITABLE (self->pin_spin), text);
  return TRUE;
}

static void
on_sort_cb (UsAttributionPage *self)
{
  if (!self->setting && self->answer != NULL)
    show_matches (self);
}

static void
on_adjust_toggled_cb (UsAttributionPage *self)
{
  if (self->answer != NULL)
    ask (self);
}

static void
on_anew_clicked_cb (UsAttributionPage *self)
{
  us_attribution_page_set_bank (self, NULL);
}

/* --- object ----------------------------------------------------------------------------------- */

static void
us_attribution_page_set_property (GObject      *object,
                                  guint         id,
                                  const GValue *value,
                                  GParamSpec   *pspec)
{
  UsAttributionPage *self = US_ATTRIBUTION_PAGE (object);

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
  g_signal_connect_object (us_session_get_learnt (self->session), "data-changed", G_CALLBACK (on_data_cb), self,
                           G_CONNECT_SWAPPED);
  on_network_cb (self);
}

static void
us_attribution_page_map (GtkWidget *widget)
{
  UsAttributionPage *self = US_ATTRIBUTION_PAGE (widget);

  GTK_WIDGET_CLASS (us_attribution_page_parent_class)->map (widget);
  if (self->stale)
    ask (self);
}

static void
us_attribution_page_dispose (GObject *object)
{
  UsAttributionPage *self = US_ATTRIBUTION_PAGE (object);

  g_clear_pointer (&self->worker, us_attribution_worker_free);
  g_clear_pointer (&self->mailbox, us_mailbox_close);
  stop_ticking (self);
  g_clear_pointer (&self->answer, us_attributed_unref);
  g_clear_pointer (&self->attributor, us_attributor_unref);
  g_clear_pointer (&self->posterior, us_posterior_unref);
  g_clear_pointer (&self->plots, g_ptr_array_unref);
  g_clear_pointer (&self->paintings, g_ptr_array_unref);
  g_clear_pointer (&self->charts, g_ptr_array_unref);
  g_clear_pointer (&self->bank, g_free);
  g_clear_pointer (&self->refused, g_free);
  g_clear_pointer (&self->note, g_free);
  g_clear_object (&self->chooser);
  g_clear_object (&self->session);
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), US_TYPE_ATTRIBUTION_PAGE);

  G_OBJECT_CLASS (us_attribution_page_parent_class)->dispose (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, bar);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, model_label);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, bank_label);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, anew_button);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, adjust_check);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, stack);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, empty_page);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, data_page);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, reread_button);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, progress);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, waiting_label);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, sentence);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, measured);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, series_box);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, hovered);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, pin_spin);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, marginals_box);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, estimates);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, matches);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, sort_drop);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, falling_button);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, series_section);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, parameters_section);
  gtk_widget_class_bind_template_child (widget_class, UsAttributionPage, matches_section);
}

static void
us_attribution_page_class_init (UsAttributionPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->set_property = us_attribution_page_set_property;
  object_class->dispose = us_attribution_page_dispose;
  GTK_WIDGET_CLASS (klass)->map = us_attribution_page_map;
  g_object_class_install_property (object_class, PROP_SESSION,
    g_param_spec_object ("session", NULL, NULL, US_TYPE_SESSION, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));

  g_type_ensure (US_TYPE_READ_OUT);
  g_type_ensure (US_TYPE_TABLE);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/understudy/Understudy/us-attribution-page.ui");
  bind_children (widget_class);
  us_attribution_files_bind (widget_class);
  gtk_widget_class_bind_template_callback (widget_class, on_anew_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_adjust_toggled_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_pin_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_pin_output_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_sort_cb);
}

static void
us_attribution_page_init (UsAttributionPage *self)
{
  self->charts = g_ptr_array_new ();
  self->pinned = -1;
  gtk_widget_init_template (GTK_WIDGET (self));
  self->mailbox = us_mailbox_new (self, on_letter, (GDestroyNotify) us_attribution_letter_free);
  self->worker = us_attribution_worker_new (self->mailbox);
  us_attribution_files_init (self);
}
