/* SPDX-License-Identifier: GPL-3.0-or-later */
/* C channels of what is measured. */
#include "config.h"

#include "us-data-group.h"

#include "us-csv.h"

#include <glib/gi18n.h>
#include <string.h>

/* A column with more different values than that does not tell groups of rows apart. */
#define MAX_GROUPS 60
#define MAX_CHANNELS 4

/* What a worker found in a file.  Const once found; atomic reference count. */
typedef struct
{
  gatomicrefcount ref_count;
  char           *path;
  UsMeasurementsOptions *options;
  char          **columns;      /* (n) names, NULL-terminated; NULL: no table */
  char         ***groups;       /* (n) different values of a column, NULL: too many; NULL-terminated each */
  UsMeasurements *series;       /* or */
  GError         *error;
  guint           serial;
} Finding;

struct _UsDataGroup
{
  AdwBin          parent_instance;

  /* template children */
  AdwActionRow   *file_row;
  GtkSpinner     *spinner;
  GtkWidget      *clear;
  AdwExpanderRow *reading;
  AdwComboRow    *time_row;
  AdwComboRow    *value_rows[MAX_CHANNELS];
  AdwComboRow    *where_row;
  AdwComboRow    *is_row;
  GtkSwitch      *sort;
  GtkSwitch      *mask;
  GtkSwitch      *from_zero;
  GtkWidget      *trouble;
  GtkLabel       *trouble_text;

  /* owned */
  UsLearnt       *learnt;
  Finding        *found;        /* or NULL */
  char           *path;         /* of the newest reading, or NULL */
  char           *problem;      /* of who uses the series, or NULL */

  const UsOutput *output;       /* borrowed */
  guint           serial;       /* of the newest reading */
  gboolean        reads;
  gboolean        same;         /* the file that was read before, in another way */
  gboolean        filling;      /* by program */
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UsDataGroup, us_data_group, ADW_TYPE_BIN)

/* --- a worker reads ------------------------------------------------------------------ */

static void
finding_unref (Finding *finding)
{
  if (finding == NULL || !g_atomic_ref_count_dec (&finding->ref_count))
    return;
  for (gsize c = 0; finding->columns != NULL && finding->columns[c] != NULL; c++)
    g_strfreev (finding->groups[c]);
  g_free (finding->groups);
  g_strfreev (finding->columns);
  us_measurements_free (finding->series);
  us_measurements_options_free (finding->options);
  g_clear_error (&finding->error);
  g_free (finding->path);
  g_free (finding);
}

static Finding *
finding_ref (Finding *finding)
{
  g_atomic_ref_count_inc (&finding->ref_count);
  return finding;
}

static char *
cell_text (const UsCsv *csv,
           gsize        row,
           gsize        column)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (csv->text[column] != NULL)
    return g_strdup (csv->text[column][row]);
  return g_strdup (g_ascii_formatd (buffer, sizeof buffer, "%.10g", csv->values[row * csv->n_columns + column]));
}

/* The different values of a column in their order; NULL: one only, or too many. */
static char **
find_groups (const UsCsv *csv,
             gsize        column)
{
  g_autoptr(GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func (g_free);

  for (gsize row = 0; row < csv->n_rows; row++)
    {
      char *text = cell_text (csv, row, column);

      if (text == NULL || g_str_equal (text, "nan") || g_hash_table_contains (seen, text))
        {
          g_free (text);
          continue;
        }
      g_hash_table_add (seen, text);
      g_ptr_array_add (values, text);
      if (values->len > MAX_GROUPS || values->len == csv->n_rows)
        return NULL;
    }
  if (values->len < 2)
    return NULL;
  g_ptr_array_add (values, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&values), FALSE);
}

static void
read_file (GTask        *task,
           gpointer      source,
           gpointer      data,
           GCancellable *cancellable)
{
  Finding *finding = data;
  g_autoptr(UsCsv) csv = us_csv_read_table (finding->path, &finding->error);

  if (csv != NULL)
    {
      finding->columns = g_strdupv (csv->names);
      finding->groups = g_new0 (char **, csv->n_columns);
      for (gsize c = 0; c < csv->n_columns; c++)
        finding->groups[c] = find_groups (csv, c);
      finding->series = us_measurements_read (finding->path, finding->options, &finding->error);
    }
  g_task_return_boolean (task, TRUE);
}

/* --- what is shown ---------------------------------------------------------------------- */

/* The file stands above by its name: its folders say nothing more. */
static char *
without_folder (const char *text,
                const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  g_auto(GStrv) parts = g_strsplit (text, path, -1);

  return g_strjoinv (name, parts);
}

static void
show_trouble (UsDataGroup *self)
{
  const char *path = us_learnt_get_data (self->learnt);
  const char *text = self->found != NULL && self->found->error != NULL ? self->found->error->message : self->problem;
  g_autofree char *shown = text != NULL && path != NULL ? without_folder (text, path) : g_strdup (text);

  gtk_label_set_label (self->trouble_text, shown != NULL ? shown : "");
  gtk_widget_set_visible (self->trouble, shown != NULL);
  /* The way out is among the options. */
  if (shown != NULL && self->found != NULL && self->found->columns != NULL)
    adw_expander_row_set_expanded (self->reading, TRUE);
}

static void
show_file (UsDataGroup *self)
{
  const UsMeasurements *series = us_data_group_get_series (self);
  const char *path = us_learnt_get_data (self->learnt);
  g_autoptr(GString) text = g_string_new (NULL);

  gtk_widget_set_visible (self->clear, path != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->spinner), self->reads);
  gtk_spinner_set_spinning (self->spinner, self->reads);
  /* A file that is read in another way keeps its options in sight, and the focus in them. */
  if (self->found != NULL || path == NULL || !self->same)
    gtk_widget_set_visible (GTK_WIDGET (self->reading), self->found != NULL && self->found->columns != NULL);
  if (path == NULL)
    g_string_append (text, _("None: the mechanism's own times are learnt"));
  else
    {
      g_autofree char *name = g_filename_display_basename (path);

      g_string_append (text, name);
    }
  if (series != NULL)
    {
      g_autofree char *names = g_strjoinv ("”, “", series->names);

      g_string_append_printf (text, "\n");
      g_string_append_printf (text, ngettext ("%zu point, “%s” over “%s” from %g to %g", "%zu points, “%s” over “%s” from %g to %g",
                                              series->n_times), series->n_times, names, series->time_name,
                              series->times[0], series->times[series->n_times - 1]);
      for (char **remark = series->remarks; *remark != NULL; remark++)
        g_string_append_printf (text, "\n%s", *remark);
    }
  adw_action_row_set_subtitle (self->file_row, text->str);
  show_trouble (self);
}

/* Names with one more before them; selected: one of them, or NULL. */
static void
fill_combo (AdwComboRow       *row,
            const char        *first,
            const char *const *names,
            const char        *selected)
{
  g_autoptr(GtkStringList) list = gtk_string_list_new (NULL);
  guint index = 0;

  if (first != NULL)
    gtk_string_list_append (list, first);
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      if (g_strcmp0 (names[i], selected) == 0)
        index = i + (first != NULL);
      gtk_string_list_append (list, names[i]);
    }
  adw_combo_row_set_model (row, G_LIST_MODEL (list));
  adw_combo_row_set_selected (row, index);
}

/* Columns of which some value chooses rows. */
static char **
grouping_columns (const Finding *found)
{
  g_autoptr(GStrvBuilder) names = g_strv_builder_new ();

  for (gsize c = 0; found->columns[c] != NULL; c++)
    if (found->groups[c] != NULL)
      g_strv_builder_add (names, found->columns[c]);
  return g_strv_builder_end (names);
}

static char **
groups_of (const Finding *found,
           const char    *column)
{
  for (gsize c = 0; column != NULL && found->columns[c] != NULL; c++)
    if (g_str_equal (found->columns[c], column))
      return found->groups[c];
  return NULL;
}

/* "subject=3" → "subject" and "3"; of several conditions the first. */
static void
split_where (const char  *where,
             char       **column,
             char       **value)
{
  const char *equals = where != NULL ? strchr (where, '=') : NULL;

  *column = equals != NULL ? g_strstrip (g_strndup (where, (gsize) (equals - where))) : NULL;
  *value = equals != NULL ? g_strstrip (g_strndup (equals + 1, strcspn (equals + 1, ","))) : NULL;
}

static gsize
n_channels (UsDataGroup *self)
{
  return self->output != NULL ? MIN (self->output->channels, MAX_CHANNELS) : 1;
}

/* A column of values for each channel. */
static void
fill_value_rows (UsDataGroup                 *self,
                 const char *const           *columns,
                 const UsMeasurementsOptions *options)
{
  gsize n = n_channels (self), n_chosen = options->values != NULL ? g_strv_length ((char **) options->values) : 0;

  for (gsize c = 0; c < MAX_CHANNELS; c++)
    {
      const char *label = self->output == NULL ? "" : self->output->channels > 1
                          ? us_output_channel (self->output, c < n ? c : 0).label : self->output->label;

      gtk_widget_set_visible (GTK_WIDGET (self->value_rows[c]), c < n);
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->value_rows[c]), *label != '\0' ? _(label) : _("Values"));
      fill_combo (self->value_rows[c], n > 1 ? _("By its name") : _("The other column"), columns,
                  c < n_chosen ? options->values[c] : NULL);
    }
}

static void
fill_options (UsDataGroup *self)
{
  static const UsMeasurementsOptions none;
  const UsMeasurementsOptions *options = us_learnt_get_data_options (self->learnt);
  g_autofree char *column = NULL, *value = NULL;
  g_auto(GStrv) grouping = NULL;
  const char *const *columns;

  if (self->found == NULL || self->found->columns == NULL)
    return;
  options = options != NULL ? options : &none;
  columns = (const char *const *) self->found->columns;
  grouping = grouping_columns (self->found);
  split_where (options->where, &column, &value);
  self->filling = TRUE;
  fill_combo (self->time_row, _("Found by its name"), columns, options->time);
  fill_value_rows (self, columns, options);
  fill_combo (self->where_row, _("All rows"), (const char *const *) grouping, column);
  fill_combo (self->is_row, NULL, (const char *const *) groups_of (self->found, column), value);
  gtk_widget_set_visible (GTK_WIDGET (self->where_row), grouping[0] != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->is_row), column != NULL);
  gtk_switch_set_active (self->sort, options->sort);
  gtk_switch_set_active (self->mask, options->mask_bad);
  gtk_switch_set_active (self->from_zero, options->from_zero);
  self->filling = FALSE;
}

/* --- what the user does ----------------------------------------------------------------- */

/* The text of a combo row; NULL: its first entry, where that stands for none. */
static const char *
chosen_text (AdwComboRow *row,
             gboolean     first_is_none)
{
  guint selected = adw_combo_row_get_selected (row);
  GListModel *model = adw_combo_row_get_model (row);

  if (model == NULL || selected == GTK_INVALID_LIST_POSITION || (first_is_none && selected == 0))
    return NULL;
  return gtk_string_list_get_string (GTK_STRING_LIST (model), selected);
}

/* The rows' choices become the options of the data, which are then read again. */
static void
take_options (UsDataGroup *self)
{
  const char *values[MAX_CHANNELS + 1] = { NULL };
  const char *column = chosen_text (self->where_row, TRUE), *value = chosen_text (self->is_row, FALSE);
  g_autofree char *where = column != NULL && value != NULL ? g_strdup_printf ("%s=%s", column, value) : NULL;
  UsMeasurementsOptions options = { .time = chosen_text (self->time_row, TRUE), .where = where,
                                    .sort = gtk_switch_get_active (self->sort),
                                    .mask_bad = gtk_switch_get_active (self->mask),
                                    .from_zero = gtk_switch_get_active (self->from_zero) };
  gsize n = n_channels (self), n_chosen = 0;

  for (gsize c = 0; c < n; c++)
    {
      values[n_chosen] = chosen_text (self->value_rows[c], TRUE);
      n_chosen += values[n_chosen] != NULL;
    }
  /* One of several alone does not say which. */
  if (n_chosen == n)
    options.values = values;
  us_learnt_set_data (self->learnt, us_learnt_get_data (self->learnt), &options);
}

static void
on_option_cb (UsDataGroup *self)
{
  if (!self->filling && self->learnt != NULL && us_learnt_get_data (self->learnt) != NULL)
    take_options (self);
}

static void
on_where_cb (UsDataGroup *self)
{
  const char *column = chosen_text (self->where_row, TRUE);

  if (self->filling || self->found == NULL || self->found->columns == NULL)
    return;
  self->filling = TRUE;
  fill_combo (self->is_row, NULL, (const char *const *) groups_of (self->found, column), NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->is_row), column != NULL);
  self->filling = FALSE;
  take_options (self);
}

static void
on_clear_cb (UsDataGroup *self)
{
  us_learnt_set_data (self->learnt, NULL, NULL);
}

static void
on_chosen (UsDataGroup          *self,
           int                   response,
           GtkFileChooserNative *chooser)
{
  if (response == GTK_RESPONSE_ACCEPT)
    {
      g_autoptr(GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
      g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;

      if (path != NULL)
        us_learnt_set_data (self->learnt, path, NULL);
    }
  gtk_native_dialog_destroy (GTK_NATIVE_DIALOG (chooser));
  g_object_unref (chooser);
}

static void
on_choose_cb (UsDataGroup *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkFileChooserNative *chooser = gtk_file_chooser_native_new (_("Open Measured Data"), GTK_WINDOW (root),
                                                               GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"), NULL);
  g_autoptr(GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, _("Tables (CSV)"));
  gtk_file_filter_add_suffix (filter, "csv");
  gtk_file_filter_add_suffix (filter, "tsv");
  gtk_file_filter_add_suffix (filter, "txt");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (chooser), filter);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  g_signal_connect_object (chooser, "response", G_CALLBACK (on_chosen), self, G_CONNECT_SWAPPED);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

/* --- reading ------------------------------------------------------------------------------ */

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  UsDataGroup *self = US_DATA_GROUP (source);
  Finding *finding = g_task_get_task_data (G_TASK (result));

  if (finding->serial != self->serial)
    return;
  self->reads = FALSE;
  self->found = finding_ref (finding);
  fill_options (self);
  show_file (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
on_data_changed (UsDataGroup *self)
{
  const char *path = us_learnt_get_data (self->learnt);
  g_autoptr(GTask) task = NULL;
  Finding *finding;

  self->serial++;
  g_clear_pointer (&self->found, finding_unref);
  g_clear_pointer (&self->problem, g_free);
  self->reads = path != NULL;
  /* Another file is not the one whose trouble opened the options. */
  self->same = g_strcmp0 (path, self->path) == 0;
  if (!self->same)
    adw_expander_row_set_expanded (self->reading, FALSE);
  g_free (self->path);
  self->path = g_strdup (path);
  show_file (self);
  g_signal_emit (self, signals[CHANGED], 0);
  if (path == NULL)
    return;
  finding = g_new0 (Finding, 1);
  g_atomic_ref_count_init (&finding->ref_count);
  finding->path = g_strdup (path);
  finding->options = us_measurements_options_copy (us_learnt_get_data_options (self->learnt));
  finding->serial = self->serial;
  task = g_task_new (self, NULL, on_read, NULL);
  g_task_set_task_data (task, finding, (GDestroyNotify) finding_unref);
  g_task_run_in_thread (task, read_file);
}

void
us_data_group_set_learnt (UsDataGroup *self,
                          UsLearnt    *learnt)
{
  g_return_if_fail (US_IS_DATA_GROUP (self));
  g_return_if_fail (self->learnt == NULL);

  self->learnt = g_object_ref (learnt);
  g_signal_connect_object (learnt, "data-changed", G_CALLBACK (on_data_changed), self, G_CONNECT_SWAPPED);
  on_data_changed (self);
}

void
us_data_group_set_output (UsDataGroup    *self,
                          const UsOutput *output)
{
  g_return_if_fail (US_IS_DATA_GROUP (self));

  if (self->output == output)
    return;
  self->output = output;
  if (self->learnt != NULL)
    fill_options (self);
}

const UsMeasurements *
us_data_group_get_series (UsDataGroup *self)
{
  g_return_val_if_fail (US_IS_DATA_GROUP (self), NULL);

  return self->found != NULL ? self->found->series : NULL;
}

gpointer
us_data_group_hold (UsDataGroup *self)
{
  g_return_val_if_fail (US_IS_DATA_GROUP (self), NULL);

  return self->found != NULL && self->found->series != NULL ? finding_ref (self->found) : NULL;
}

void
us_data_group_release (gpointer held)
{
  finding_unref (held);
}

gboolean
us_data_group_get_waiting (UsDataGroup *self)
{
  g_return_val_if_fail (US_IS_DATA_GROUP (self), FALSE);

  return self->learnt != NULL && us_learnt_get_data (self->learnt) != NULL && us_data_group_get_series (self) == NULL;
}

gboolean
us_data_group_get_reading (UsDataGroup *self)
{
  g_return_val_if_fail (US_IS_DATA_GROUP (self), FALSE);

  return self->reads;
}

void
us_data_group_fold (UsDataGroup *self)
{
  g_return_if_fail (US_IS_DATA_GROUP (self));

  adw_expander_row_set_expanded (self->reading, FALSE);
}

void
us_data_group_set_problem (UsDataGroup *self,
                           const char  *text)
{
  g_return_if_fail (US_IS_DATA_GROUP (self));

  if (g_strcmp0 (self->problem, text) == 0)
    return;
  g_free (self->problem);
  self->problem = g_strdup (text);
  show_trouble (self);
}

/* --- object ------------------------------------------------------------------------------- */

static void
us_data_group_dispose (GObject *object)
{
  UsDataGroup *self = US_DATA_GROUP (object);

  self->serial++;
  g_clear_object (&self->learnt);
  gtk_widget_dispose_template (GTK_WIDGET (object), US_TYPE_DATA_GROUP);

  G_OBJECT_CLASS (us_data_group_parent_class)->dispose (object);
}

static void
us_data_group_finalize (GObject *object)
{
  UsDataGroup *self = US_DATA_GROUP (object);

  finding_unref (self->found);
  g_free (self->path);
  g_free (self->problem);

  G_OBJECT_CLASS (us_data_group_parent_class)->finalize (object);
}

static void
us_data_group_class_init (UsDataGroupClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = us_data_group_dispose;
  object_class->finalize = us_data_group_finalize;
  signals[CHANGED] = g_signal_new ("changed", US_TYPE_DATA_GROUP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, "/org/understudy/Understudy/us-data-group.ui");
  gtk_widget_class_bind_template_child (widget_class, UsDataGroup, file_row);
  gtk_widget_class_bind_template_child (widget_class, UsDataGroup, spinner);
  gtk_widget_class_bind_template_child (widget_class, UsDataGroup, clear);
  gtk_widget_class_bind_template_child (widget_class, UsDataGroup, reading);
  gtk_widget_class_bind_template_child (widget_class, UsDataGroup, time_row);
  for (gsize c = 0; c < MAX_CHANNELS; c++)
    {
      g_autofree char *name = g_strdup_printf ("value%zu", c + 1);

      gtk_widget_class_bind_template_child_full (widget_class, name, FALSE,
                                                 G_STRUCT_OFFSET (UsDataGroup, value_rows) + (gssize) (c * sizeof (gpointer)));
    }
  gtk_widget_class_bind_template_child (widget_class, UsDataGroup, where_row);
  gtk_widget_class_bind_template_child (widget_class, UsDataGroup, is_row);
  gtk_widget_class_bind_template_child (widget_class, UsDataGroup, sort);
  gtk_widget_class_bind_template_child (widget_class, UsDataGroup, mask);
  gtk_widget_class_bind_template_child (widget_class, UsDataGroup, from_zero);
  gtk_widget_class_bind_template_child (widget_class, UsDataGroup, trouble);
  gtk_widget_class_bind_template_child (widget_class, UsDataGroup, trouble_text);
  gtk_widget_class_bind_template_callback (widget_class, on_choose_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_clear_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_option_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_where_cb);
}

static void
us_data_group_init (UsDataGroup *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
