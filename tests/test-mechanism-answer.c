/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a posterior or a predictor says of data, on the page: the engine's own numbers; doors; networks that come and go. */
#include "config.h"

#include "us-attribution-page-private.h"
#include "us-chart.h"
#include "us-csv.h"
#include "us-mechanism-answer.h"
#include "us-mechanism-task.h"
#include "us-model-switch.h"
#include "us-posterior-data.h"
#include "us-quantity.h"
#include "us-resources.h"
#include "us-table.h"
#include "us-window.h"
#include "ui-fixture.h"

#include <math.h>

#define ROWS 500

typedef struct
{
  GtkWidget         *window;
  UsMechanismAnswer *page;
  UsSession         *session;
  UsLearnt          *learnt;
} Fixture;

static UsPosterior *posterior, *gappy_posterior;
static UsPredictor *choice, *forecast, *gappy;
static char *folder, *data_file, *odd_file, *bad_file, *gap_file;

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  f->session = us_session_new ();
  f->learnt = us_session_get_learnt (f->session);
  f->window = gtk_window_new ();
  f->page = g_object_new (US_TYPE_MECHANISM_ANSWER, "session", f->session, NULL);
  us_mechanism_answer_set_rows (f->page, ROWS);
  gtk_window_set_default_size (GTK_WINDOW (f->window), 1200, 900);
  gtk_window_set_child (GTK_WINDOW (f->window), GTK_WIDGET (f->page));
  gtk_window_present (GTK_WINDOW (f->window));
  gtk_test_widget_wait_for_draw (f->window);
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  fixture_close_page (f->session, f->page, f->window, 10);
}

static const char *
visible_state (Fixture *f)
{
  return gtk_stack_get_visible_child_name (GTK_STACK (fixture_find (GTK_WIDGET (f->page), GTK_TYPE_STACK)));
}

static gboolean
is_done (gpointer data)
{
  return us_mechanism_answer_is_done (data);
}

static gboolean
asks_for_data (gpointer data)
{
  return g_str_equal (visible_state (data), "data");
}

static GPtrArray *
tables_of (Fixture *f)
{
  return fixture_all_of (GTK_WIDGET (f->page), US_TYPE_TABLE);
}

static void
test_empty (Fixture       *f,
            gconstpointer  data)
{
  g_assert_cmpstr (visible_state (f), ==, "empty");
  g_assert_null (us_mechanism_answer_get_result (f->page));
  us_learnt_set_data (f->learnt, data_file, NULL);
  g_assert_cmpstr (visible_state (f), ==, "empty");
  us_learnt_set_data (f->learnt, NULL, NULL);
  us_learnt_set_network (f->learnt, posterior, NULL, NULL);
  g_assert_cmpstr (visible_state (f), ==, "data");
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "column of times"));
}

static gboolean
save (Fixture     *f,
      const char  *path,
      gboolean     draws,
      GError     **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  us_mechanism_answer_save_async (f->page, path, draws, fixture_store_result, &result);
  g_assert_null (result);
  g_assert_true (fixture_wait (fixture_is_set, &result, 30));
  return us_mechanism_answer_save_finish (f->page, result, error);
}

/* The sentence is the attributor's, the medians those of the posterior's draws; the saved table has the same. */
static void
test_posterior (Fixture       *f,
                gconstpointer  data)
{
  const UsAttributorConfig config = { .rows = ROWS };
  g_autoptr(GError) error = NULL;
  g_autoptr(UsAttributor) attributor = us_attributor_new (posterior, &config, NULL, NULL, NULL, &error);
  g_autofree float *x = g_new (float, us_posterior_n_values (posterior));
  g_autofree char *saved = g_build_filename (folder, "saved.csv", NULL), *nowhere = NULL;
  g_autoptr(UsAttributed) expected = NULL;
  g_autoptr(GPtrArray) tables = NULL, charts = NULL;
  g_autoptr(UsCsv) csv = NULL, draws = NULL;
  gsize p_count = us_posterior_n_parameters (posterior);

  g_assert_no_error (error);
  us_posterior_read_data (posterior, data_file, -1, NULL, x, NULL, &error);
  g_assert_no_error (error);
  expected = us_attributor_answer (attributor, x, NULL, NULL, &error);
  g_assert_no_error (error);

  us_learnt_set_network (f->learnt, posterior, NULL, NULL);
  us_learnt_set_data (f->learnt, data_file, NULL);
  g_assert_cmpstr (visible_state (f), ==, "waiting");
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_cmpstr (visible_state (f), ==, "work");
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), expected->sentence));
  g_assert_nonnull (us_learnt_get_attributor (f->learnt));

  tables = tables_of (f);
  charts = fixture_all_of (GTK_WIDGET (f->page), US_TYPE_CHART);
  g_assert_cmpuint (tables->len, ==, 1);
  for (guint i = 0; i < charts->len; i++)
    g_assert_false (us_plot_is_empty (us_chart_get_plot (charts->pdata[i])));
  g_assert_true (save (f, saved, FALSE, &error));
  g_assert_no_error (error);
  csv = us_csv_read_table (saved, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (csv->n_rows, >, p_count);   /* what is derived too */
  g_assert_cmpuint (charts->len, ==, 1 + csv->n_rows);
  for (gsize p = 0; p < p_count; p++)
    {
      double below = 0, median = csv->values[p * csv->n_columns + us_csv_column (csv, "median")];
      double upper = csv->values[p * csv->n_columns + us_csv_column (csv, "upper_95")];
      double below_upper = 0;

      for (gsize m = 0; m < expected->n_samples; m++)
        {
          below += expected->samples[m * p_count + p] < median;
          below_upper += expected->samples[m * p_count + p] < upper;
        }
      g_assert_cmpfloat_with_epsilon (below / expected->n_samples, 0.5, 0.001);
      g_assert_cmpfloat_with_epsilon (below_upper / expected->n_samples, 0.975, 0.001);
    }
  g_assert_true (save (f, saved, TRUE, &error));
  g_assert_no_error (error);
  draws = us_csv_read (saved, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (draws->n_rows, ==, expected->n_samples);
  g_assert_cmpfloat_with_epsilon (draws->values[0], expected->samples[0], 1e-9 * fabs (expected->samples[0]));
  g_remove (saved);
  nowhere = g_build_filename (folder, "none", "saved.csv", NULL);
  g_assert_false (save (f, nowhere, FALSE, &error));
  g_assert_nonnull (error);
}

/* Data that no simulation resembles are called that, on top and in red; then usual ones are not. */
static void
test_odd (Fixture       *f,
          gconstpointer  data)
{
  GtkWidget *label;

  us_learnt_set_network (f->learnt, posterior, NULL, NULL);
  us_learnt_set_data (f->learnt, odd_file, NULL);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  label = fixture_find_label (GTK_WIDGET (f->page), "No simulation resembles");
  g_assert_nonnull (label);
  g_assert_true (gtk_widget_has_css_class (label, "error"));
  us_learnt_set_data (f->learnt, data_file, NULL);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_false (gtk_widget_has_css_class (label, "error"));
}

/* What is wrong is told in words, with line; read in another way, it is not. */
static void
test_doors (Fixture       *f,
            gconstpointer  data)
{
  const UsMeasurementsOptions options = { .sort = TRUE };

  us_learnt_set_network (f->learnt, posterior, NULL, NULL);
  us_learnt_set_data (f->learnt, bad_file, NULL);
  g_assert_true (fixture_wait (asks_for_data, f, 30));
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "These data cannot be read"));
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "line 3"));
  g_assert_null (us_mechanism_answer_get_result (f->page));
  us_learnt_set_data (f->learnt, bad_file, &options);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  us_learnt_set_network (f->learnt, NULL, NULL, NULL);
  g_assert_cmpstr (visible_state (f), ==, "empty");
}

/* A time that was not measured: refused in words by a network that has seen complete series only; one that was trained with
 * gaps takes it, and compares what was observed alone. */
static void
test_gap (Fixture       *f,
          gconstpointer  data)
{
  us_learnt_set_network (f->learnt, NULL, forecast, NULL);
  us_learnt_set_data (f->learnt, gap_file, NULL);
  g_assert_true (fixture_wait (asks_for_data, f, 30));
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "These data cannot be read"));
  us_learnt_set_network (f->learnt, NULL, gappy, NULL);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "These data are"));
}

/* Likewise a posterior: it answers, and says that it cannot tell how unusual they are, though simulations are at hand. */
static void
test_posterior_gap (Fixture       *f,
                    gconstpointer  data)
{
  us_learnt_set_network (f->learnt, posterior, NULL, NULL);
  us_learnt_set_data (f->learnt, gap_file, NULL);
  g_assert_true (fixture_wait (asks_for_data, f, 30));
  us_learnt_set_network (f->learnt, gappy_posterior, NULL, NULL);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "complete series only"));
  g_assert_null (us_learnt_get_attributor (f->learnt));
  us_learnt_set_data (f->learnt, data_file, NULL);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_null (fixture_find_label (GTK_WIDGET (f->page), "complete series only"));
  g_assert_nonnull (us_learnt_get_attributor (f->learnt));
  us_learnt_set_data (f->learnt, gap_file, NULL);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "complete series only"));
}

/* Simulations that another page has chosen meanwhile: the answer is given anew beside them, at once or when it is to be seen. */
static void
test_simulations (Fixture       *f,
                  gconstpointer  data)
{
  const UsAttributorConfig config = { .rows = 2 * ROWS, .seed = 3 };
  g_autoptr(UsAttributor) other = us_attributor_new (posterior, &config, NULL, NULL, NULL, NULL);
  g_autoptr(UsAttributor) own = NULL;

  us_learnt_set_network (f->learnt, posterior, NULL, NULL);
  us_learnt_set_data (f->learnt, data_file, NULL);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  own = us_attributor_ref (us_learnt_get_attributor (f->learnt));
  us_learnt_set_attributor (f->learnt, NULL);
  g_assert_true (us_mechanism_answer_is_done (f->page));        /* others are to come */
  us_learnt_set_attributor (f->learnt, own);
  g_assert_true (us_mechanism_answer_is_done (f->page));        /* the same again */
  us_learnt_set_attributor (f->learnt, other);
  g_assert_false (us_mechanism_answer_is_done (f->page));
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_true (us_learnt_get_attributor (f->learnt) == other);
  gtk_widget_set_visible (GTK_WIDGET (f->page), FALSE);
  us_learnt_set_attributor (f->learnt, own);
  g_assert_null (us_mechanism_answer_get_result (f->page));
  gtk_widget_set_visible (GTK_WIDGET (f->page), TRUE);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_true (us_learnt_get_attributor (f->learnt) == own);
}

static double
cell_number (UsTable *table,
             gsize    row,
             gsize    column)
{
  return g_ascii_strtod (us_table_get_cell (table, row, column), NULL);
}

/* Probabilities as the network gives them, beside weights of fits that sum to one. */
static void
test_choice (Fixture       *f,
             gconstpointer  data)
{
  const UsOutput *output = us_predictor_observed (choice);
  g_autofree float *x = g_new (float, us_predictor_n_values (choice));
  g_autoptr(GError) error = NULL;
  g_autoptr(UsMeasurements) series = us_measurements_read (data_file, NULL, &error);
  g_autoptr(GPtrArray) tables = NULL;
  double p[2], weights = 0;

  g_assert_no_error (error);
  us_measurements_to_output (series, output, 1, FALSE, x, &error);
  g_assert_no_error (error);
  us_predictor_answer (choice, 1, x, p);
  us_learnt_set_network (f->learnt, NULL, choice, NULL);
  us_learnt_set_data (f->learnt, data_file, NULL);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  tables = tables_of (f);
  g_assert_cmpuint (tables->len, ==, 1);
  g_assert_cmpstr (us_table_get_cell (tables->pdata[0], 0, 5), ==, "Weight by AICc");
  for (gsize k = 0; k < 2; k++)
    {
      g_assert_cmpfloat_with_epsilon (cell_number (tables->pdata[0], k + 1, 1), 100 * p[k], 0.051);
      weights += cell_number (tables->pdata[0], k + 1, 5);
    }
  g_assert_cmpfloat_with_epsilon (weights, 100, 0.2);
}

/* Where nothing can be fitted, the choice stands alone and says why. */
static void
test_no_fits (void)
{
  g_autofree float *x = g_new0 (float, us_predictor_n_values (choice));
  g_autoptr(GError) error = NULL;
  g_autoptr(UsMeasurements) series = us_measurements_read (data_file, NULL, &error);
  g_autoptr(UsMechanismResult) result = NULL;
  UsFindingsSection *section;

  g_assert_no_error (error);
  result = us_mechanism_result_new_predictor (choice, series, x, "usual", US_USUAL, NULL, NULL, "a reason");
  section = result->findings->sections->pdata[0];
  g_assert_nonnull (strstr (section->words, "There are no fits to compare with: a reason"));
}

/* The fan begins where the data end. */
static void
test_forecast (Fixture       *f,
               gconstpointer  data)
{
  g_autoptr(GPtrArray) charts = NULL;

  us_learnt_set_network (f->learnt, NULL, forecast, NULL);
  us_learnt_set_data (f->learnt, data_file, NULL);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "What comes next"));
  charts = fixture_all_of (GTK_WIDGET (f->page), US_TYPE_CHART);
  g_assert_cmpuint (charts->len, ==, 1);
  g_assert_cmpuint (us_plot_get_n_layers (us_chart_get_plot (charts->pdata[0])), ==, 5);        /* 3 bands, median, data */
  g_assert_nonnull (strstr (us_mechanism_answer_get_result (f->page)->table, "name,at,unit,q0.025"));
}

/* Networks that change while the page is at work: only the last one's answer is shown. */
static void
test_switching (Fixture       *f,
                gconstpointer  data)
{
  us_learnt_set_data (f->learnt, data_file, NULL);
  for (guint i = 0; i < 3; i++)
    {
      us_learnt_set_network (f->learnt, posterior, NULL, NULL);
      fixture_run_for (0.01);
      us_learnt_set_network (f->learnt, NULL, choice, NULL);
      fixture_run_for (0.03);
    }
  us_learnt_set_network (f->learnt, NULL, forecast, NULL);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "What comes next"));
  g_assert_null (fixture_find_label (GTK_WIDGET (f->page), "Which mechanism"));
}

/* In the middle of its simulations. */
static gboolean
has_begun (gpointer data)
{
  Fixture *f = data;
  g_autoptr(GPtrArray) bars = fixture_all_of (GTK_WIDGET (f->page), GTK_TYPE_PROGRESS_BAR);
  gboolean begun = FALSE;

  for (guint i = 0; i < bars->len; i++)
    begun = begun || gtk_progress_bar_get_fraction (bars->pdata[i]) > 0;
  return begun;
}

static void
test_close (Fixture       *f,
            gconstpointer  data)
{
  us_mechanism_answer_set_rows (f->page, 500000);
  us_learnt_set_network (f->learnt, posterior, NULL, NULL);
  us_learnt_set_data (f->learnt, data_file, NULL);
  g_assert_true (fixture_wait (has_begun, f, 60));
  g_assert_cmpstr (visible_state (f), ==, "waiting");
}

static void
assert_text (char       *text,
             const char *expected)
{
  g_assert_cmpstr (text, ==, expected);
  g_free (text);
}

/* Numbers in tables: as many digits as an interval is worth, and over decades none of its ends is lost. */
static void
test_numbers (void)
{
  assert_text (us_quantity_format_range (1.23456, 2.34567, ""), "1.23 … 2.35");
  assert_text (us_quantity_format_range (0.0232, 4.36, ""), "0.0232 … 4.36");
  assert_text (us_quantity_format_range (-4.36, -0.0232, ""), "\u22124.36 … \u22120.0232");
  assert_text (us_quantity_format_range (-0.0232, 4.36, ""), "0.0 … 4.4");
  assert_text (us_quantity_format_range (0, 4.36, ""), "0.0 … 4.4");
  assert_text (us_quantity_format_range (0.0232, 4.36, "s"), "23.2 ms … 4.36 s");
  assert_text (us_quantity_format_inside (0.0301, 0.0232, 4.36, ""), "0.0301");
  assert_text (us_quantity_format_inside (0.0213, -4.3, 4.4, ""), "0.0213");
  assert_text (us_quantity_format_inside (0, -4.3, 4.4, ""), "0.0");
  assert_text (us_quantity_format_inside (1.2345, 1, 2, ""), "1.23");
}

static double
fraction_of (UsAttributionPage *page)
{
  return gtk_progress_bar_get_fraction (page->progress);
}

static gboolean
simulates (gpointer data)
{
  return fraction_of (data) > 0;
}

/* On the other page: simulations for a posterior are given up as soon as a predictor takes its place. */
static void
test_given_up (void)
{
  UsSession *session = us_session_new ();
  UsLearnt *learnt = us_session_get_learnt (session);
  UsAttributionPage *page = g_object_new (US_TYPE_ATTRIBUTION_PAGE, "session", session, NULL);
  GtkWidget *window = gtk_window_new ();

  us_attribution_page_set_rows (page, 4000000);
  gtk_window_set_child (GTK_WINDOW (window), GTK_WIDGET (page));
  gtk_window_present (GTK_WINDOW (window));
  gtk_test_widget_wait_for_draw (window);
  us_learnt_set_network (learnt, posterior, NULL, NULL);
  us_learnt_set_data (learnt, data_file, NULL);
  g_assert_true (page->working);
  g_assert_true (fixture_wait (simulates, page, 60));
  us_learnt_set_network (learnt, NULL, choice, NULL);
  g_assert_false (page->working);
  g_assert_cmpstr (gtk_stack_get_visible_child_name (page->stack), ==, "empty");
  fixture_run_for (0.2);
  g_assert_false (page->working);
  us_attribution_page_set_rows (page, ROWS);
  us_learnt_set_network (learnt, posterior, NULL, NULL);
  g_assert_true (page->working);
  fixture_close_page (session, page, window, 10);
}

/* The switch: what came last is shown; it is there only where there are two. */
static void
test_switch (void)
{
  UsSession *session = us_session_new ();
  UsLearnt *learnt = us_session_get_learnt (session);
  GtkWidget *simvae = gtk_label_new ("simvae"), *mechanism = gtk_label_new ("mechanism"), *window = gtk_window_new ();
  UsModelSwitch *self = g_object_new (US_TYPE_MODEL_SWITCH, "simvae", simvae, "mechanism", mechanism, "session", session, NULL);
  char *path = fixture_model_file ("box", 0);
  GtkWidget *button = fixture_find (GTK_WIDGET (self), GTK_TYPE_TOGGLE_BUTTON);

  gtk_window_set_child (GTK_WINDOW (window), GTK_WIDGET (self));
  g_assert_false (us_model_switch_get_mechanism (self));
  us_learnt_set_network (learnt, posterior, NULL, NULL);
  g_assert_true (us_model_switch_get_mechanism (self));
  g_assert_false (gtk_widget_get_visible (gtk_widget_get_parent (button)));
  g_assert_true (fixture_open (session, path, NULL));
  g_assert_false (us_model_switch_get_mechanism (self));
  g_assert_true (gtk_widget_get_visible (gtk_widget_get_parent (button)));
  us_model_switch_set_mechanism (self, TRUE);
  us_session_clear (session);
  g_assert_true (us_model_switch_get_mechanism (self));
  us_learnt_set_network (learnt, NULL, NULL, NULL);
  g_assert_false (us_model_switch_get_mechanism (self));
  fixture_remove (path);
  fixture_close_page (session, self, window, 5);
}

static gboolean
has_posterior (gpointer data)
{
  return us_learnt_get_posterior (us_session_get_learnt (us_window_get_session (data))) != NULL;
}

static gboolean
has_predictor (gpointer data)
{
  return us_learnt_get_predictor (us_session_get_learnt (us_window_get_session (data))) != NULL;
}

static const char *
page_of (UsWindow *window)
{
  return adw_view_stack_get_visible_child_name (ADW_VIEW_STACK (fixture_find (GTK_WIDGET (window), ADW_TYPE_VIEW_STACK)));
}

static gboolean
shows_infer (gpointer data)
{
  return g_strcmp0 (page_of (data), "infer") == 0;
}

/* Files of networks and data, opened in the window in the order of a command line: data may come while the network is read. */
static void
test_window (void)
{
  UsWindow *window = us_window_new (NULL);
  UsLearnt *learnt = us_session_get_learnt (us_window_get_session (window));
  g_autofree char *one = g_build_filename (folder, "one.safetensors", NULL), *two = g_build_filename (folder, "two.safetensors", NULL);
  g_autoptr(GFile) first = g_file_new_for_path (one), second = g_file_new_for_path (two), data = g_file_new_for_path (data_file);
  gpointer watch = window;

  g_assert_true (us_posterior_save (posterior, one, NULL) && us_predictor_save (choice, two, NULL));
  gtk_window_present (GTK_WINDOW (window));
  us_window_show_page (window, "explore");
  us_window_open (window, first);
  us_window_open (window, data);
  g_assert_cmpstr (us_learnt_get_data (learnt), ==, data_file);
  g_assert_true (fixture_wait (has_posterior, window, 20));
  g_assert_cmpstr (us_learnt_get_path (learnt), ==, one);
  g_assert_cmpstr (page_of (window), ==, "attribution");
  g_assert_nonnull (strstr (gtk_window_get_title (GTK_WINDOW (window)), "one.safetensors"));
  us_window_open (window, second);
  g_assert_true (fixture_wait (has_predictor, window, 20));
  g_assert_true (fixture_wait (shows_infer, window, 5));
  g_assert_cmpstr (us_learnt_get_data (learnt), ==, data_file);
  g_object_add_weak_pointer (G_OBJECT (window), &watch);
  gtk_window_destroy (GTK_WINDOW (window));
  for (guint i = 0; i < 200 && watch != NULL; i++)
    fixture_run_for (0.05);
  g_assert_null (watch);
  g_remove (one);
  g_remove (two);
}

/* --- networks, barely trained, and data ------------------------------------------------------------- */

static void
write_series (const char     *path,
              const UsOutput *output,
              const float    *x,
              gboolean        swapped)
{
  GString *text = g_string_new ("time,value\n");
  char a[G_ASCII_DTOSTR_BUF_SIZE], b[G_ASCII_DTOSTR_BUF_SIZE];

  for (gsize t = 0; t < output->height; t++)
    {
      gsize at = swapped && t < 2 ? 1 - t : t;

      g_string_append_printf (text, "%s,%s\n", g_ascii_dtostr (a, sizeof a, us_output_x (output, at)),
                              g_ascii_dtostr (b, sizeof b, x[at]));
    }
  g_file_set_contents (path, text->str, -1, NULL);
  g_string_free (text, TRUE);
}

static UsPredictor *
train_predictor (const UsTaskConfig *config,
                 double              gaps)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsTask) task = us_task_new (config, &error);
  const UsPredictorConfig how = { .head = US_HEAD_QUANTILES, .epochs = 3, .seed = 1, .n_workers = 1,
                                  .summary = { .missing = { .gaps = gaps } } };
  UsPredictor *predictor;

  g_assert_no_error (error);
  predictor = us_task_train (task, 400, &how, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  return predictor;
}

static void
make_all (void)
{
  static const char *const ids[] = { "decay-one@0,1,2,3,5,8+normal", "decay-two@0,1,2,3,5,8+normal" };
  g_autoptr(GError) error = NULL;
  UsPrior *priors[2];
  const UsOutput *output;
  g_autofree char *text = NULL, *gap = NULL;
  g_auto(GStrv) lines = NULL;
  g_autofree double *theta = NULL;
  g_autofree float *x = NULL;
  UsPosteriorConfig config = { .samples = 400, .n_workers = 1,
                               .tuning = { .members = 1, .width = 16, .blocks = 1, .epochs = 3, .transforms = 1 } };

  for (gsize k = 0; k < 2; k++)
    {
      const UsSimulator *simulator = us_registry_find (ids[k], &error);

      g_assert_no_error (error);
      priors[k] = us_prior_new_default (simulator);
    }
  output = &us_prior_simulator (priors[0])->outputs[0];
  config.prior = priors[0];
  posterior = us_posterior_train (&config, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  config.missing = (UsMissing) { .gaps = 0.3 };
  gappy_posterior = us_posterior_train (&config, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  choice = train_predictor (&(UsTaskConfig) { .kind = US_TASK_SELECTION, .priors = priors, .n_priors = 2 }, 0);
  forecast = train_predictor (&(UsTaskConfig) { .kind = US_TASK_FORECAST, .priors = priors, .n_priors = 1, .horizon = 4 }, 0);
  gappy = train_predictor (&(UsTaskConfig) { .kind = US_TASK_QUANTITIES, .priors = priors, .n_priors = 1 }, 0.3);

  folder = g_dir_make_tmp ("us-answer-XXXXXX", NULL);
  data_file = g_build_filename (folder, "data.csv", NULL);
  odd_file = g_build_filename (folder, "odd.csv", NULL);
  bad_file = g_build_filename (folder, "bad.csv", NULL);
  gap_file = g_build_filename (folder, "gap.csv", NULL);
  theta = g_new (double, 4 * us_prior_simulator (priors[0])->n_parameters);
  x = g_new (float, 4 * us_output_n_values (output));
  g_assert_true (us_simulate_rows (priors[0], 0, 9, 0, 4, theta, x, NULL));
  write_series (data_file, output, x, FALSE);
  write_series (bad_file, output, x, TRUE);
  g_file_get_contents (data_file, &text, NULL, NULL);
  lines = g_strsplit (text, "\n", 4);   /* the header, two times, and the rest: the second is left out */
  gap = g_strjoin ("\n", lines[0], lines[1], lines[3], NULL);
  g_file_set_contents (gap_file, gap, -1, NULL);
  for (gsize t = 0; t < output->height; t++)
    x[t] = (t % 2) * 1e5f;
  write_series (odd_file, output, x, FALSE);
  us_prior_unref (priors[0]);
  us_prior_unref (priors[1]);
}

int
main (int   argc,
      char *argv[])
{
  int status;

  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_resources_register (us_get_resource ());
  make_all ();
  g_test_add ("/mechanism-answer/empty", Fixture, NULL, set_up, test_empty, tear_down);
  g_test_add ("/mechanism-answer/posterior", Fixture, NULL, set_up, test_posterior, tear_down);
  g_test_add ("/mechanism-answer/odd", Fixture, NULL, set_up, test_odd, tear_down);
  g_test_add ("/mechanism-answer/doors", Fixture, NULL, set_up, test_doors, tear_down);
  g_test_add ("/mechanism-answer/gap", Fixture, NULL, set_up, test_gap, tear_down);
  g_test_add ("/mechanism-answer/posterior-gap", Fixture, NULL, set_up, test_posterior_gap, tear_down);
  g_test_add ("/mechanism-answer/simulations", Fixture, NULL, set_up, test_simulations, tear_down);
  g_test_add ("/mechanism-answer/choice", Fixture, NULL, set_up, test_choice, tear_down);
  g_test_add ("/mechanism-answer/forecast", Fixture, NULL, set_up, test_forecast, tear_down);
  g_test_add ("/mechanism-answer/switching", Fixture, NULL, set_up, test_switching, tear_down);
  g_test_add ("/mechanism-answer/close", Fixture, NULL, set_up, test_close, tear_down);
  g_test_add_func ("/mechanism-answer/no-fits", test_no_fits);
  g_test_add_func ("/mechanism-answer/numbers", test_numbers);
  g_test_add_func ("/mechanism-answer/given-up", test_given_up);
  g_test_add_func ("/mechanism-answer/switch", test_switch);
  g_test_add_func ("/mechanism-answer/window", test_window);
  status = g_test_run ();
  us_posterior_unref (posterior);
  us_posterior_unref (gappy_posterior);
  us_predictor_unref (choice);
  us_predictor_unref (forecast);
  us_predictor_unref (gappy);
  for (char **file = (char *[]) { data_file, odd_file, bad_file, gap_file, NULL }; *file != NULL; file++)
    {
      g_remove (*file);
      g_free (*file);
    }
  g_rmdir (folder);
  g_free (folder);
  return status;
}
