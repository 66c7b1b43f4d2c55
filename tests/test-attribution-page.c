/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page says what the engine says of the same model, simulations and data; hover, pin, sort, and doors. */
#include "config.h"

#include "us-attribution-page.h"
#include "us-chart.h"
#include "us-posterior-data.h"
#include "us-resources.h"
#include "us-table.h"
#include "ui-fixture.h"

#include <math.h>

#define ROWS 1500

typedef struct
{
  GtkWidget         *window;
  UsAttributionPage *page;
  UsSession         *session;
  char              *problem;
} Fixture;

static char *folder, *model_file, *table_model_file, *data_file, *odd_file;
static const UsSimulator *simulator;

static void
on_problem (Fixture    *f,
            const char *title,
            const char *detail)
{
  g_free (f->problem);
  f->problem = g_strdup_printf ("%s: %s", title, detail);
}

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  f->session = us_session_new ();
  g_signal_connect_swapped (f->session, "problem", G_CALLBACK (on_problem), f);
  f->window = gtk_window_new ();
  f->page = g_object_new (US_TYPE_ATTRIBUTION_PAGE, "session", f->session, NULL);
  us_attribution_page_set_rows (f->page, ROWS);
  gtk_window_set_default_size (GTK_WINDOW (f->window), 1200, 900);
  gtk_window_set_child (GTK_WINDOW (f->window), GTK_WIDGET (f->page));
  gtk_window_present (GTK_WINDOW (f->window));
  gtk_test_widget_wait_for_draw (f->window);
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  g_signal_handlers_disconnect_by_data (f->session, f);
  fixture_close_page (f->session, f->page, f->window, 5);
  g_free (f->problem);
}

static const char *
visible_state (Fixture *f)
{
  return gtk_stack_get_visible_child_name (GTK_STACK (fixture_find (GTK_WIDGET (f->page), GTK_TYPE_STACK)));
}

static gboolean
is_done (gpointer data)
{
  return us_attribution_page_is_done (data);
}

static gboolean
waits_for_data (gpointer data)
{
  return g_str_equal (visible_state (data), "data");
}

static gboolean
waits_for_bank (gpointer data)
{
  return g_str_equal (visible_state (data), "bank");
}

static gboolean
has_problem (gpointer data)
{
  return ((Fixture *) data)->problem != NULL;
}

static void
open_all (Fixture    *f,
          const char *data)
{
  us_attribution_page_open_model (f->page, model_file);
  g_assert_cmpstr (visible_state (f), ==, "waiting");
  g_assert_true (fixture_wait (waits_for_data, f, 120));
  us_attribution_page_open_data (f->page, data);
  g_assert_true (fixture_wait (is_done, f->page, 120));
  g_assert_cmpstr (visible_state (f), ==, "work");
}

/* The engine's own answer, on this thread. */
static UsAttributed *
expected_answer (const char *data,
                 gboolean    adjust)
{
  const UsAttributorConfig config = { .rows = ROWS };
  const UsAttributedOptions options = { .adjust = adjust };
  g_autoptr(GError) error = NULL;
  g_autoptr(UsPosterior) posterior = us_posterior_load (model_file, &error);
  g_autoptr(UsAttributor) attributor = us_attributor_new (posterior, &config, NULL, NULL, NULL, &error);
  g_autofree float *x = g_new (float, us_posterior_n_values (posterior));
  UsAttributed *answer;

  g_assert_no_error (error);
  g_assert_true (us_posterior_read_data (posterior, data, -1, NULL, x, NULL, &error));
  answer = us_attributor_answer (attributor, x, &options, NULL, &error);
  g_assert_no_error (error);
  return answer;
}

static void
test_empty (Fixture       *f,
            gconstpointer  data)
{
  g_assert_cmpstr (visible_state (f), ==, "empty");
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "on the page Train"));
  us_attribution_page_open_data (f->page, data_file);
  g_assert_true (has_problem (f));
  g_assert_cmpstr (visible_state (f), ==, "empty");
  g_assert_null (us_attribution_page_get_answer (f->page));
}

static void
test_answer (Fixture       *f,
             gconstpointer  data)
{
  g_autoptr(UsAttributed) expected = expected_answer (data_file, FALSE);
  g_autoptr(GPtrArray) tables = NULL, charts = NULL;
  UsAttributed *answer;

  open_all (f, data_file);
  answer = us_attribution_page_get_answer (f->page);
  g_assert_cmpstr (answer->sentence, ==, expected->sentence);
  g_assert_cmpmem (answer->matches->row, answer->matches->n * sizeof (gsize), expected->matches->row,
                   expected->matches->n * sizeof (gsize));
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), expected->sentence));
  tables = fixture_all_of (GTK_WIDGET (f->page), US_TYPE_TABLE);
  charts = fixture_all_of (GTK_WIDGET (f->page), US_TYPE_CHART);
  g_assert_cmpuint (tables->len, ==, 2);
  g_assert_cmpuint (charts->len, ==, 1 + simulator->n_parameters);
  for (guint i = 0; i < charts->len; i++)
    g_assert_false (us_plot_is_empty (us_chart_get_plot (charts->pdata[i])));
  for (gsize p = 0; p < simulator->n_parameters; p++)
    g_assert_cmpstr (us_table_get_cell (tables->pdata[0], p + 1, 0), ==, simulator->parameters[p].label);
  g_assert_cmpstr (us_table_get_cell (tables->pdata[1], 1, 0), ==, "1");
  g_assert_null (f->problem);
}

/* What no simulation resembles is said on top, in red. */
static void
test_odd (Fixture       *f,
          gconstpointer  data)
{
  GtkWidget *label;

  open_all (f, odd_file);
  g_assert_cmpint (us_attribution_page_get_answer (f->page)->level, ==, US_UNLIKE_ANY);
  label = fixture_find_label (GTK_WIDGET (f->page), "No simulation resembles");
  g_assert_nonnull (label);
  g_assert_true (gtk_widget_has_css_class (label, "error"));
  /* and no longer, of usual data */
  us_attribution_page_open_data (f->page, data_file);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_false (gtk_widget_has_css_class (label, "error"));
}

static gboolean
shows_layer (GPtrArray  *charts,
             const char *name)
{
  guint n = 0;

  for (guint c = 0; c < charts->len; c++)
    for (guint i = 0; i < us_plot_get_n_layers (us_chart_get_plot (charts->pdata[c])); i++)
      n += g_strcmp0 (us_plot_get_layer_name (us_chart_get_plot (charts->pdata[c]), i), name) == 0;
  return n == charts->len;
}

/* Pinned from the keyboard's control: marked in each chart, in the table, and told. */
static void
test_pin (Fixture       *f,
          gconstpointer  data)
{
  g_autoptr(GPtrArray) charts = NULL, tables = NULL;
  GtkWidget *spin;

  open_all (f, data_file);
  charts = fixture_all_of (GTK_WIDGET (f->page), US_TYPE_CHART);
  tables = fixture_all_of (GTK_WIDGET (f->page), US_TYPE_TABLE);
  spin = fixture_find (GTK_WIDGET (f->page), GTK_TYPE_SPIN_BUTTON);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (spin)), ==, "none");
  g_assert_false (shows_layer (charts, "Pinned simulation"));
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (spin), 3);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_true (shows_layer (charts, "Pinned simulation"));
  g_assert_cmpstr (us_table_get_cell (tables->pdata[1], 3, 0), ==, "● 3");
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "Match 3, simulation"));
  us_attribution_page_pin (f->page, -1);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (spin)), ==, "none");
  g_assert_false (shows_layer (charts, "Pinned simulation"));
}

/* The table in order of a parameter, up and down: the same matches. */
static void
test_sort (Fixture       *f,
           gconstpointer  data)
{
  g_autoptr(GPtrArray) tables = NULL;
  const UsMatches *matches;
  gsize drawn, least = 0, greatest = 0;
  g_autofree char *least_text = NULL, *greatest_text = NULL;

  open_all (f, data_file);
  tables = fixture_all_of (GTK_WIDGET (f->page), US_TYPE_TABLE);
  matches = us_attribution_page_get_answer (f->page)->matches;
  drawn = MIN (60, matches->n);
  for (gsize k = 0; k < drawn; k++)
    {
      if (matches->theta[k * matches->n_parameters] < matches->theta[least * matches->n_parameters])
        least = k;
      if (matches->theta[k * matches->n_parameters] > matches->theta[greatest * matches->n_parameters])
        greatest = k;
    }
  least_text = g_strdup_printf ("%zu", least + 1);
  greatest_text = g_strdup_printf ("%zu", greatest + 1);
  gtk_drop_down_set_selected (GTK_DROP_DOWN (fixture_find (GTK_WIDGET (f->page), GTK_TYPE_DROP_DOWN)), 2);
  g_assert_cmpstr (us_table_get_cell (tables->pdata[1], 1, 0), ==, greatest_text);
  for (GtkWidget *row = gtk_widget_get_first_child (gtk_widget_get_parent (fixture_find (GTK_WIDGET (f->page),
                                                                                         GTK_TYPE_DROP_DOWN)));
       row != NULL; row = gtk_widget_get_next_sibling (row))
    if (GTK_IS_TOGGLE_BUTTON (row))
      gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (row), FALSE);
  g_assert_cmpstr (us_table_get_cell (tables->pdata[1], 1, 0), ==, least_text);
}

/* Adjusted by regression: another answer, the engine's own. */
static void
test_adjust (Fixture       *f,
             gconstpointer  data)
{
  g_autoptr(UsAttributed) expected = expected_answer (data_file, TRUE);
  GtkWidget *check;

  open_all (f, data_file);
  check = fixture_find (GTK_WIDGET (f->page), GTK_TYPE_CHECK_BUTTON);
  gtk_check_button_set_active (GTK_CHECK_BUTTON (check), TRUE);
  g_assert_false (us_attribution_page_is_done (f->page));
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_cmpmem (us_attribution_page_get_answer (f->page)->matched, 3 * simulator->n_parameters * sizeof (double),
                   expected->matched, 3 * simulator->n_parameters * sizeof (double));
}

/* A model of a table asks for the table; a missing file and a wrong table are told, and the page stays as it was. */
static void
test_doors (Fixture       *f,
            gconstpointer  data)
{
  g_autofree char *missing = g_build_filename (folder, "missing.safetensors", NULL);
  g_autofree char *narrow = g_build_filename (folder, "narrow.csv", NULL);

  us_attribution_page_open_model (f->page, missing);
  g_assert_true (fixture_wait (has_problem, f, 20));
  g_assert_cmpstr (visible_state (f), ==, "empty");
  g_clear_pointer (&f->problem, g_free);
  us_attribution_page_open_model (f->page, table_model_file);
  g_assert_true (fixture_wait (waits_for_bank, f, 60));
  us_attribution_page_open_model (f->page, model_file);
  g_assert_true (fixture_wait (waits_for_data, f, 120));
  g_file_set_contents (narrow, "1,2\n", -1, NULL);
  us_attribution_page_open_data (f->page, narrow);
  g_assert_true (fixture_wait (has_problem, f, 20));
  g_assert_true (fixture_wait (waits_for_data, f, 20));
  g_assert_nonnull (strstr (f->problem, "These data cannot be read"));
}

/* Closed while simulations are made. */
static void
test_close (Fixture       *f,
            gconstpointer  data)
{
  us_attribution_page_set_rows (f->page, 200000);
  us_attribution_page_open_model (f->page, model_file);
  fixture_run_for (0.3);
}

static void
train (const UsPosteriorConfig *config,
       const char              *path)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsPosterior) posterior = us_posterior_train (config, NULL, NULL, NULL, &error);

  g_assert_no_error (error);
  us_posterior_save (posterior, path, &error);
  g_assert_no_error (error);
}

static void
write_data (const char  *path,
            gsize        n,
            const float *x)
{
  GString *text = g_string_new ("size\n");

  for (gsize v = 0; v < n; v++)
    {
      char number[G_ASCII_DTOSTR_BUF_SIZE];

      g_string_append_printf (text, "%s\n", g_ascii_dtostr (number, sizeof number, x[v]));
    }
  g_file_set_contents (path, text->str, -1, NULL);
  g_string_free (text, TRUE);
}

/* Models that were barely trained, and their data. */
static void
make_files (void)
{
  g_autoptr(UsPrior) prior = NULL;
  g_autofree double *theta = NULL;
  g_autofree float *x = NULL;
  UsPosteriorConfig config = { .samples = 600, .n_workers = 1,
                               .tuning = { .members = 1, .width = 16, .blocks = 1, .epochs = 3, .transforms = 1 } };
  gsize n;

  simulator = us_registry_find ("growth-logistic", NULL);
  prior = us_prior_new_default (simulator);
  config.prior = prior;
  folder = g_dir_make_tmp ("us-attribution-XXXXXX", NULL);
  model_file = g_build_filename (folder, "growth.safetensors", NULL);
  table_model_file = g_build_filename (folder, "table.safetensors", NULL);
  data_file = g_build_filename (folder, "data.csv", NULL);
  odd_file = g_build_filename (folder, "odd.csv", NULL);
  train (&config, model_file);
  n = us_output_n_values (&simulator->outputs[0]);
  theta = g_new (double, 600 * simulator->n_parameters);
  x = g_new (float, 600 * n);
  g_assert_true (us_simulate_rows (prior, 0, 9, 0, 600, theta, x, NULL));
  write_data (data_file, n, x + 3 * n);
  config.prior = NULL;
  config.theta = theta;
  config.x = x;
  config.n_rows = 600;
  config.n_parameters = simulator->n_parameters;
  config.n_values = n;
  train (&config, table_model_file);
  for (gsize v = 0; v < n; v++)
    x[v] = (v % 2) * 500.0f;
  write_data (odd_file, n, x);
}

int
main (int   argc,
      char *argv[])
{
  int status;

  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_resources_register (us_get_resource ());
  make_files ();
  g_test_add ("/attribution-page/empty", Fixture, NULL, set_up, test_empty, tear_down);
  g_test_add ("/attribution-page/answer", Fixture, NULL, set_up, test_answer, tear_down);
  g_test_add ("/attribution-page/odd", Fixture, NULL, set_up, test_odd, tear_down);
  g_test_add ("/attribution-page/pin", Fixture, NULL, set_up, test_pin, tear_down);
  g_test_add ("/attribution-page/sort", Fixture, NULL, set_up, test_sort, tear_down);
  g_test_add ("/attribution-page/adjust", Fixture, NULL, set_up, test_adjust, tear_down);
  g_test_add ("/attribution-page/doors", Fixture, NULL, set_up, test_doors, tear_down);
  g_test_add ("/attribution-page/close", Fixture, NULL, set_up, test_close, tear_down);
  status = g_test_run ();
  for (char **file = (char *[]) { model_file, table_model_file, data_file, odd_file, NULL }; *file != NULL; file++)
    {
      g_remove (*file);
      g_free (*file);
    }
  g_free (folder);
  return status;
}
