/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-infer-page.h"

#include "us-adaptive-box.h"
#include "us-canvas.h"
#include "us-chart-column.h"
#include "us-derived-facts.h"
#include "us-estimate-row.h"
#include "us-file.h"
#include "us-image-view.h"
#include "us-infer-curves.h"
#include "us-infer-words.h"
#include "us-refine.h"
#include "us-series-plot.h"
#include "us-session.h"
#include "us-swatch.h"

#include <glib/gi18n.h>
#include <math.h>

struct _UsInferPage
{
  AdwBin               parent_instance;

  /* template children */
  GtkStack            *stack;
  AdwStatusPage       *empty_page;
  GtkStack            *field;
  UsCanvas            *canvas;
  AdwStatusPage       *drop_page;
  GtkBox              *data_charts;
  GtkWidget           *undo_button;
  GtkWidget           *redo_button;
  GtkWidget           *overlays;
  GtkLabel            *hint;
  GtkCheckButton      *show_decoder;
  GtkCheckButton      *show_simulator;
  GtkWidget           *scale_box;
  GtkCheckButton      *scale_check;
  GtkLabel            *scale_note;
  GtkLabel            *scale_room;
  GtkListBox          *estimates;
  UsDerivedFacts      *derived;
  GtkLabel            *symmetry;
  GtkWidget           *others_expander;
  GtkBox              *others;
  GtkCheckButton      *refine_check;
  GtkLabel            *refined;
  GtkLabel            *verdict;
  GtkLabel            *remark;
  GtkButton           *save_button;
  GtkStack            *kinds;
  UsChart             *curves;
  UsImageView         *data_view;
  UsImageView         *decoder_view;
  UsImageView         *simulator_view;
  GtkLabel            *data_caption;
  GtkLabel            *decoder_caption;
  GtkLabel            *simulator_caption;

  /* owned */
  UsSession           *session;
  UsMailbox           *mailbox;
  UsInferWorker       *worker;
  UsInferLetter       *answer;          /* the newest, or NULL */
  GtkFileChooserNative *chooser;
  UsPrior             *prior;           /* the rows are of this one */

  /* borrowed */
  const UsOutput      *output;          /* the canvas is of this one; NULL: none yet */
  gboolean             tabular;         /* no pen can draw it: a table of x and several channels */

  gboolean             setting;         /* the canvas changes by our own hand */
  gboolean             stale;           /* newer weights came while it was not to be seen */
  char                *opening;         /* the file whose answer is awaited, or NULL */
};

enum
{
  PROP_0,
  PROP_SESSION,
};

G_DEFINE_FINAL_TYPE (UsInferPage, us_infer_page, ADW_TYPE_BIN)

static const UsOutput *
model_output (UsSimvae *model)
{
  return &us_simvae_simulator (model)->outputs[us_simvae_output (model)];
}

/* --- the answer ------------------------------------------------------------ */

static void show_symmetry (UsInferPage *self);
static void show_refined (UsInferPage *self);
static void choose_field (UsInferPage *self);

static void
forget_answer (UsInferPage *self)
{
  GtkListBoxRow *row;

  g_clear_pointer (&self->answer, us_infer_letter_free);
  for (int p = 0; (row = gtk_list_box_get_row_at_index (self->estimates, p)) != NULL; p++)
    us_estimate_row_set (US_ESTIMATE_ROW (row), NAN, NAN, NAN);
  us_image_view_set_pixels (self->data_view, NULL, 0, 0, 1, 0, 1);
  us_image_view_set_pixels (self->decoder_view, NULL, 0, 0, 1, 0, 1);
  us_image_view_set_pixels (self->simulator_view, NULL, 0, 0, 1, 0, 1);
  us_chart_set_plot (self->curves, NULL);
  us_chart_column_clear (self->data_charts);
  us_derived_facts_set_theta (self->derived, NULL);
  show_symmetry (self);
  show_refined (self);
  choose_field (self);
  gtk_label_set_text (self->verdict, "");
  gtk_label_set_text (self->remark, "");
  gtk_label_set_text (self->scale_note, _("A drawing beyond the prior is read smaller; its numbers are given at its own "
                                          "height."));
  gtk_label_set_text (self->data_caption, _("Data"));
  gtk_label_set_text (self->decoder_caption, _("Decoder"));
  gtk_label_set_text (self->simulator_caption, _("Simulator"));
  gtk_widget_set_sensitive (GTK_WIDGET (self->save_button), FALSE);
  for (guint o = 0; o < US_CANVAS_N_OVERLAYS; o++)
    us_canvas_set_overlay (self->canvas, o, NULL);
}

static void
show_field (UsImageView    *view,
            const UsOutput *output,
            const float    *x)
{
  us_image_view_set_pixels (view, x, output->height, output->width, output->channels, output->lower, output->upper);
}

static void
show_series (UsInferPage    *self,
             const UsOutput *output)
{
  gboolean decoder = !self->tabular || gtk_check_button_get_active (self->show_decoder);
  gboolean simulator = !self->tabular || gtk_check_button_get_active (self->show_simulator);
  gsize n = us_series_n_plots (output);
  g_autoptr(GPtrArray) plots = g_ptr_array_new_with_free_func ((GDestroyNotify) us_plot_unref);

  for (gsize i = 0; i < n; i++)
    g_ptr_array_add (plots, us_infer_curves_new (self->answer->reading, i, decoder, simulator));
  if (self->tabular)
    us_chart_column_set_plots (self->data_charts, n, (UsPlot *const *) plots->pdata);
  else
    us_chart_set_plot (self->curves, plots->pdata[0]);
}

/* What the simulator cannot tell apart, nor anyone. */
static void
show_symmetry (UsInferPage *self)
{
  const UsReading *reading = self->answer != NULL ? self->answer->reading : NULL;
  g_autofree char *text = reading != NULL ? us_infer_words_symmetry (reading) : NULL;
  gsize n = reading != NULL ? reading->n_others : 0;
  GtkWidget *child;

  gtk_label_set_text (self->symmetry, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->symmetry), text != NULL);
  gtk_widget_set_visible (self->others_expander, n > 0);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->others))) != NULL)
    gtk_box_remove (self->others, child);
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *other = us_infer_words_other (reading, i);

      gtk_box_append (self->others, g_object_new (GTK_TYPE_LABEL, "label", other, "xalign", 0.0, "wrap", TRUE,
                                                  "selectable", TRUE, "css-classes", (const char *[]) { "numeric", NULL },
                                                  NULL));
    }
}

/* What the simulator itself makes of the answer, where it was asked for. */
static void
show_refined (UsInferPage *self)
{
  const UsReading *reading = self->answer != NULL ? self->answer->reading : NULL;
  g_autofree char *text = NULL;

  if (reading != NULL && reading->refined != NULL)
    text = us_infer_words_refined (reading);
  else if (reading != NULL && gtk_check_button_get_active (self->refine_check))
    text = g_strdup (us_refine_refusal (us_simvae_prior (reading->model), us_simvae_output (reading->model)));

  gtk_widget_set_visible (GTK_WIDGET (self->refined), text != NULL);
  gtk_label_set_text (self->refined, text != NULL ? text : "");
}

/* The canvas, or for what no pen can draw the place to drop it, or the data. */
static void
choose_field (UsInferPage *self)
{
  gtk_stack_set_visible_child_name (self->field, !self->tabular ? "canvas" : self->answer != NULL ? "data" : "drop");
  gtk_widget_set_visible (self->overlays, !self->tabular || self->answer != NULL);
}

/* Over the drawing, at its own height: a series and the simulator's picture are; the decoder knows
 * only the scaled one, which is stretched. */
static void
show_overlays (UsInferPage *self)
{
  const UsReading *answer = self->answer->reading;
  gboolean stretched = answer->scaled && model_output (answer->model)->kind == US_OUTPUT_IMAGE;
  double scale = stretched ? answer->scale.scale : 1, shift = stretched ? answer->scale.shift : 0;

  us_canvas_set_scaled_overlay (self->canvas, US_CANVAS_DECODER, answer->inference->decoded, scale, shift);
  if (answer->simulated != NULL)
    us_canvas_set_overlay (self->canvas, US_CANVAS_SIMULATOR, answer->simulated);
  else
    us_canvas_set_scaled_overlay (self->canvas, US_CANVAS_SIMULATOR, answer->inference->simulated, scale, shift);
}

static void
show_estimates (UsInferPage *self)
{
  const UsInference *inference = self->answer->reading->inference;
  const UsIngestScale *scale = &self->answer->reading->scale;
  gboolean scaled = self->answer->reading->scaled;

  for (gsize p = 0; p < inference->n_parameters; p++)
    {
      GtkListBoxRow *row = gtk_list_box_get_row_at_index (self->estimates, p);

      if (row != NULL)
        us_estimate_row_set_scaled (US_ESTIMATE_ROW (row), inference->mean[p], inference->lower[p],
                                    inference->upper[p], scaled ? scale->scale : 1,
                                    scaled ? scale->shift * scale->offset[p] : 0);
    }
}

static void
show_answer (UsInferPage *self)
{
  const UsReading *reading = self->answer->reading;
  const UsInference *inference = reading->inference;
  const UsOutput *output = model_output (reading->model);
  g_autofree char *verdict = us_infer_words_fit (reading);
  g_autofree char *remark = us_infer_words_work (self->answer);
  g_autofree char *note = us_infer_words_scale (reading);
  g_autofree char *data = reading->scaled && reading->scale.scale < 1
                          ? g_strdup_printf (_("Data, %.0f %% high"), 100 * reading->scale.scale)
                          : g_strdup (_("Data"));
  g_autofree char *decoder = g_strdup_printf (_("Decoder, RMS %.3f"), inference->rms_decoder);
  g_autofree char *simulator = g_strdup_printf (_("Simulator, RMS %.3f"), inference->rms_simulator);

  show_estimates (self);
  if (output->kind == US_OUTPUT_IMAGE)
    {
      show_field (self->data_view, output, reading->observation->x);
      show_field (self->decoder_view, output, inference->decoded);
      show_field (self->simulator_view, output, inference->simulated);
    }
  else
    show_series (self, output);
  if (!self->tabular)
    show_overlays (self);
  us_derived_facts_set_readings (self->derived, reading->derived);
  show_symmetry (self);
  show_refined (self);
  choose_field (self);
  gtk_label_set_text (self->verdict, verdict);
  gtk_label_set_text (self->remark, remark);
  gtk_label_set_text (self->scale_note, note);
  gtk_label_set_text (self->data_caption, data);
  gtk_label_set_text (self->decoder_caption, decoder);
  gtk_label_set_text (self->simulator_caption, simulator);
  gtk_widget_set_sensitive (GTK_WIDGET (self->save_button), TRUE);
}

/* A file was read: what it holds comes onto the canvas. */
static void
show_observation (UsInferPage         *self,
                  const UsObservation *observation)
{
  if (self->tabular)
    return;
  self->setting = TRUE;
  if (observation->xy != NULL)
    us_canvas_set_points (self->canvas, observation->n_points, observation->xy);
  else
    {
      us_canvas_clear (self->canvas);
      us_canvas_set_picture (self->canvas, observation->x);
    }
  self->setting = FALSE;
}

static void update_actions (UsInferPage *self);

/* An answer of another kind of model, to a file no longer wanted, to a drawing since cleared. */
static gboolean
is_outdated (UsInferPage         *self,
             const UsInferLetter *letter)
{
  UsSimvae *model = us_session_get_model (self->session);

  if (model == NULL || us_simvae_simulator (letter->model) != us_simvae_simulator (model)
      || us_simvae_output (letter->model) != us_simvae_output (model))
    return TRUE;
  if (letter->path != NULL)
    return g_strcmp0 (letter->path, self->opening) != 0;
  return us_canvas_n_points (self->canvas) == 0 && self->answer == NULL;
}

static void
on_letter (gpointer owner,
           gpointer data)
{
  UsInferPage *self = owner;
  UsInferLetter *letter = data;
  gboolean of_file = letter->path != NULL;

  if (is_outdated (self, letter))
    {
      us_infer_letter_free (letter);
      return;
    }
  if (of_file)
    g_clear_pointer (&self->opening, g_free);
  if (letter->reading == NULL)
    {
      /* A drawing of a single point is no news. */
      if (of_file)
        us_session_complain (self->session, _("These data cannot be read"), letter->error->message);
      us_infer_letter_free (letter);
      return;
    }
  if (of_file)
    show_observation (self, letter->reading->observation);
  g_clear_pointer (&self->answer, us_infer_letter_free);
  self->answer = letter;
  show_answer (self);
  update_actions (self);
}

/* --- asking ------------------------------------------------------------------ */

static void
ask_drawing (UsInferPage *self)
{
  UsSimvae *model = us_session_get_model (self->session);
  gsize n_points;
  double *xy;

  if (model == NULL || !us_simvae_has_encoder (model))
    return;
  xy = us_canvas_dup_points (self->canvas, &n_points);
  us_infer_worker_draw (self->worker, model, gtk_check_button_get_active (self->scale_check), n_points, xy);
}

/* The same data, of newer weights. */
static void
ask_again (UsInferPage *self)
{
  UsSimvae *model = us_session_get_model (self->session);

  /* The slot belongs to the page that is seen. */
  self->stale = !gtk_widget_get_mapped (GTK_WIDGET (self));
  if (self->stale || model == NULL || !us_simvae_has_encoder (model))
    return;
  if (self->opening != NULL)
    us_infer_worker_open (self->worker, model, gtk_check_button_get_active (self->scale_check), self->opening, 0);
  else if (us_canvas_n_points (self->canvas) > 0)
    ask_drawing (self);
  else if (self->answer != NULL)
    us_infer_worker_repeat (self->worker, model, self->answer->reading->observation);
}

static void
update_actions (UsInferPage *self)
{
  gboolean something = us_canvas_can_undo (self->canvas) || self->answer != NULL;

  gtk_widget_action_set_enabled (GTK_WIDGET (self), "infer.undo", us_canvas_can_undo (self->canvas));
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "infer.redo", us_canvas_can_redo (self->canvas));
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "infer.clear", something);
  gtk_widget_set_visible (GTK_WIDGET (self->hint), !something);
}

static void
on_canvas_changed_cb (UsInferPage *self)
{
  if (self->setting || self->session == NULL)
    return;
  /* The hand is newer than the file. */
  g_clear_pointer (&self->opening, g_free);
  if (us_canvas_n_points (self->canvas) == 0)
    forget_answer (self);
  else
    ask_drawing (self);
  update_actions (self);
}

static void
on_show_toggled_cb (UsInferPage *self)
{
  us_canvas_show_overlay (self->canvas, US_CANVAS_DECODER, gtk_check_button_get_active (self->show_decoder));
  us_canvas_show_overlay (self->canvas, US_CANVAS_SIMULATOR, gtk_check_button_get_active (self->show_simulator));
  if (self->tabular && self->answer != NULL)
    show_series (self, self->output);
}

static void
on_scale_toggled_cb (UsInferPage *self)
{
  if (self->session != NULL)
    ask_again (self);
}

static void
on_refine_toggled_cb (UsInferPage *self)
{
  if (self->session == NULL)
    return;
  us_infer_worker_set_refine (self->worker, gtk_check_button_get_active (self->refine_check));
  ask_again (self);
}

static void
action_cb (GtkWidget  *widget,
           const char *name,
           GVariant   *parameter)
{
  UsInferPage *self = US_INFER_PAGE (widget);

  if (g_str_equal (name, "infer.undo"))
    us_canvas_undo (self->canvas);
  else if (g_str_equal (name, "infer.redo"))
    us_canvas_redo (self->canvas);
  else if (self->tabular)
    {
      g_clear_pointer (&self->opening, g_free);
      forget_answer (self);
      update_actions (self);
    }
  else
    us_canvas_clear (self->canvas);
}

/* --- files ------------------------------------------------------------------- */

void
us_infer_page_open_file (UsInferPage *self,
                         GFile       *file)
{
  UsSimvae *model = us_session_get_model (self->session);
  g_autofree char *path = g_file_get_path (file);

  if (model == NULL || !us_simvae_has_encoder (model))
    return;
  if (path == NULL)
    {
      us_session_complain (self->session, _("These data cannot be read"), _("Only files on this computer can be opened."));
      return;
    }
  g_free (self->opening);
  self->opening = g_steal_pointer (&path);
  us_infer_worker_open (self->worker, model, gtk_check_button_get_active (self->scale_check), self->opening, 0);
}

static void
on_open_response_cb (GtkNativeDialog *dialog,
                     int              response,
                     UsInferPage     *self)
{
  g_autoptr(GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));

  if (response == GTK_RESPONSE_ACCEPT && file != NULL)
    us_infer_page_open_file (self, file);
  g_clear_object (&self->chooser);
}

static void
add_filter (GtkFileChooser    *chooser,
            const char        *name,
            const char *const *suffixes)
{
  g_autoptr(GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, name);
  for (gsize i = 0; suffixes[i] != NULL; i++)
    gtk_file_filter_add_suffix (filter, suffixes[i]);
  gtk_file_chooser_add_filter (chooser, filter);
}

static void
on_open_clicked_cb (UsInferPage *self)
{
  static const char *const all[] = { "png", "jpg", "jpeg", "bmp", "gif", "tif", "tiff", "webp", "svg", "csv", "tsv",
                                     "txt", "npy", "npz", "json", "ndjson", NULL };
  g_autoptr(GtkFileFilter) any = gtk_file_filter_new ();

  g_clear_object (&self->chooser);
  self->chooser = gtk_file_chooser_native_new (_("Open Data"), GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))),
                                               GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"), NULL);
  add_filter (GTK_FILE_CHOOSER (self->chooser), _("Pictures, tables, arrays, drawings"), all);
  gtk_file_filter_set_name (any, _("All files"));
  gtk_file_filter_add_pattern (any, "*");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (self->chooser), any);
  g_signal_connect (self->chooser, "response", G_CALLBACK (on_open_response_cb), self);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

static gboolean
on_drop_cb (UsInferPage  *self,
            const GValue *value)
{
  GdkFileList *list = g_value_get_boxed (value);
  g_autoptr(GSList) files = gdk_file_list_get_files (list);

  if (files == NULL)
    return FALSE;
  if (g_file_peek_path (files->data) != NULL && g_str_has_suffix (g_file_peek_path (files->data), ".safetensors"))
    gtk_widget_activate_action (GTK_WIDGET (self), "win.open-path", "s", g_file_peek_path (files->data));
  else
    us_infer_page_open_file (self, files->data);
  return TRUE;
}

static void
on_save_response_cb (GtkNativeDialog *dialog,
                     int              response,
                     UsInferPage     *self)
{
  g_autoptr(GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));

  if (response == GTK_RESPONSE_ACCEPT && file != NULL && self->answer != NULL)
    {
      g_autofree char *path = g_file_get_path (file);
      g_autofree char *text = us_reading_to_csv (self->answer->reading);
      g_autoptr(GError) error = NULL;

      /* Under a kilobyte: no worker is worth it. */
      if (path == NULL || !us_file_replace (path, text, strlen (text), &error))
        us_session_complain (self->session, _("The numbers could not be saved"),
                             error != NULL ? error->message : _("Only files on this computer can be written."));
      else
        us_session_say (self->session, _("Numbers saved"));
    }
  g_clear_object (&self->chooser);
}

static void
on_save_clicked_cb (UsInferPage *self)
{
  g_clear_object (&self->chooser);
  self->chooser = gtk_file_chooser_native_new (_("Save Numbers"), GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))),
                                               GTK_FILE_CHOOSER_ACTION_SAVE, _("_Save"), NULL);
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (self->chooser), "parameters.csv");
  g_signal_connect (self->chooser, "response", G_CALLBACK (on_save_response_cb), self);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

/* --- the model ------------------------------------------------------------------ */

static void
rebuild_rows (UsInferPage *self,
              UsPrior     *prior)
{
  g_autoptr(GtkSizeGroup) names = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  g_autoptr(GtkSizeGroup) numbers = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  GtkListBoxRow *row;

  while ((row = gtk_list_box_get_row_at_index (self->estimates, 0)) != NULL)
    gtk_list_box_remove (self->estimates, GTK_WIDGET (row));
  for (gsize p = 0; p < us_prior_simulator (prior)->n_parameters; p++)
    gtk_list_box_append (self->estimates, us_estimate_row_new (prior, p, names, numbers));
}

/* By content: each snapshot of a training has a prior object of its own. */
static gboolean
same_prior (UsPrior *a,
            UsPrior *b)
{
  g_autofree char *text_a = NULL, *text_b = NULL;

  if (a == b)
    return TRUE;
  if (a == NULL || us_prior_simulator (a) != us_prior_simulator (b))
    return FALSE;
  text_a = us_prior_to_json (a);
  text_b = us_prior_to_json (b);
  return g_str_equal (text_a, text_b);
}

/* Another simulator or output: an empty field. */
static void
take_field (UsInferPage *self,
            UsSimvae    *model)
{
  const UsOutput *output = model_output (model);
  gboolean tabular = output->kind == US_OUTPUT_SERIES && output->channel_info != NULL;
  gboolean drawable = !tabular && (output->kind == US_OUTPUT_SERIES || us_simvae_simulator (model)->draw_polyline != NULL);
  g_autofree char *columns = tabular ? us_infer_words_columns (output) : NULL;

  self->output = output;
  self->tabular = tabular;
  adw_status_page_set_description (self->drop_page, columns);
  us_derived_facts_set_simulator (self->derived, us_simvae_simulator (model));
  gtk_widget_set_visible (self->undo_button, !tabular);
  gtk_widget_set_visible (self->redo_button, !tabular);
  gtk_widget_set_visible (GTK_WIDGET (self->kinds), !tabular);
  self->setting = TRUE;
  us_canvas_set_output (self->canvas, output, drawable);
  self->setting = FALSE;
  g_clear_pointer (&self->opening, g_free);
  forget_answer (self);
  gtk_label_set_text (self->hint, us_infer_words_hint (output, drawable));
  gtk_widget_set_visible (self->scale_box, drawable && us_simvae_simulator (model)->fit != NULL);
  gtk_stack_set_visible_child_name (self->kinds, output->kind == US_OUTPUT_IMAGE ? "image" : "series");
}

static void
on_model_cb (UsInferPage *self)
{
  UsSimvae *model = us_session_get_model (self->session);
  gboolean ready = model != NULL && us_simvae_has_encoder (model);

  gtk_stack_set_visible_child_name (self->stack, ready ? "work" : "empty");
  adw_status_page_set_description (self->empty_page, model != NULL
    ? _("This model has a decoder only: it can be explored, but not read parameters with. "
        "While training runs, the encoder comes second.")
    : _("An encoder reads the simulator’s parameters from a drawing, a picture or a table. Train a model, or open one."));
  if (!ready)
    return;
  if (!same_prior (self->prior, us_simvae_prior (model)))
    {
      g_clear_pointer (&self->prior, us_prior_unref);
      self->prior = us_prior_ref (us_simvae_prior (model));
      rebuild_rows (self, self->prior);
    }
  if (self->output != model_output (model))
    take_field (self, model);
  ask_again (self);
  update_actions (self);
}

static void
us_infer_page_map (GtkWidget *widget)
{
  UsInferPage *self = US_INFER_PAGE (widget);

  GTK_WIDGET_CLASS (us_infer_page_parent_class)->map (widget);
  if (self->stale)
    ask_again (self);
}

/* --- object ----------------------------------------------------------------------- */

static void
us_infer_page_set_property (GObject      *object,
                            guint         id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  UsInferPage *self = US_INFER_PAGE (object);

  if (id != PROP_SESSION)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  g_return_if_fail (self->session == NULL);
  self->session = g_value_dup_object (value);
  if (self->session == NULL)
    return;
  self->mailbox = us_mailbox_new (self, on_letter, (GDestroyNotify) us_infer_letter_free);
  self->worker = us_infer_worker_new (us_session_get_preview (self->session), self->mailbox);
  g_signal_connect_object (self->session, "notify::model", G_CALLBACK (on_model_cb), self, G_CONNECT_SWAPPED);
  on_model_cb (self);
}

static void
us_infer_page_dispose (GObject *object)
{
  UsInferPage *self = US_INFER_PAGE (object);

  g_clear_pointer (&self->mailbox, us_mailbox_close);
  g_clear_pointer (&self->worker, us_infer_worker_close);
  g_clear_pointer (&self->answer, us_infer_letter_free);
  g_clear_pointer (&self->prior, us_prior_unref);
  g_clear_pointer (&self->opening, g_free);
  g_clear_object (&self->chooser);
  g_clear_object (&self->session);
  /* GTK unparents a bound child behind the back of AdwBin, which would do it again. */
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), US_TYPE_INFER_PAGE);

  G_OBJECT_CLASS (us_infer_page_parent_class)->dispose (object);
}

static void
us_infer_page_class_init (UsInferPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->set_property = us_infer_page_set_property;
  object_class->dispose = us_infer_page_dispose;
  widget_class->map = us_infer_page_map;
  g_object_class_install_property (object_class, PROP_SESSION,
    g_param_spec_object ("session", NULL, NULL, US_TYPE_SESSION,
                         G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));

  g_type_ensure (US_TYPE_ADAPTIVE_BOX);
  g_type_ensure (US_TYPE_CANVAS);
  g_type_ensure (US_TYPE_CHART);
  g_type_ensure (US_TYPE_DERIVED_FACTS);
  g_type_ensure (US_TYPE_IMAGE_VIEW);
  g_type_ensure (US_TYPE_SWATCH);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/understudy/Understudy/us-infer-page.ui");
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, stack);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, empty_page);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, field);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, canvas);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, drop_page);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, data_charts);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, undo_button);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, redo_button);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, overlays);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, hint);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, show_decoder);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, show_simulator);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, scale_box);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, scale_check);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, scale_note);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, scale_room);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, estimates);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, derived);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, symmetry);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, others_expander);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, others);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, refine_check);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, refined);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, verdict);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, remark);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, save_button);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, kinds);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, curves);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, data_view);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, decoder_view);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, simulator_view);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, data_caption);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, decoder_caption);
  gtk_widget_class_bind_template_child (widget_class, UsInferPage, simulator_caption);
  gtk_widget_class_bind_template_callback (widget_class, on_canvas_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_show_toggled_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_scale_toggled_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_refine_toggled_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_open_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_save_clicked_cb);
  gtk_widget_class_install_action (widget_class, "infer.undo", NULL, action_cb);
  gtk_widget_class_install_action (widget_class, "infer.redo", NULL, action_cb);
  gtk_widget_class_install_action (widget_class, "infer.clear", NULL, action_cb);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_z, GDK_CONTROL_MASK, "infer.undo", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_z, GDK_CONTROL_MASK | GDK_SHIFT_MASK, "infer.redo", NULL);
}

static void
us_infer_page_init (UsInferPage *self)
{
  GtkDropTarget *drop = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);
  g_autofree char *room = us_infer_words_scale_room ();

  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_label_set_text (self->scale_room, room);
  g_signal_connect_swapped (drop, "drop", G_CALLBACK (on_drop_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drop));
  update_actions (self);
}
