/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page says what the engine measured; it says so only of the model at hand, and stops when that changes. */
#include "config.h"

#include "us-chart.h"
#include "us-evaluate.h"
#include "us-evidence-page.h"
#include "us-resources.h"
#include "us-table.h"
#include "ui-fixture.h"

#include <math.h>

#define FIRST 64
#define ALL   200

typedef struct
{
  GtkWidget      *window;
  UsEvidencePage *page;
  UsSession      *session;
} Fixture;

static char *box_file, *rlc_file, *curve_file;

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  f->session = us_session_new ();
  f->window = gtk_window_new ();
  f->page = g_object_new (US_TYPE_EVIDENCE_PAGE, "session", f->session, NULL);
  us_evidence_page_set_pairs (f->page, FIRST, ALL);
  gtk_window_set_default_size (GTK_WINDOW (f->window), 1200, 760);
  gtk_window_set_child (GTK_WINDOW (f->window), GTK_WIDGET (f->page));
  gtk_window_present (GTK_WINDOW (f->window));
  gtk_test_widget_wait_for_draw (f->window);
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  fixture_close_page (f->session, f->page, f->window, 0);
}

static gboolean
is_done (gpointer data)
{
  return us_evidence_page_is_done (data);
}

static void
open_model (Fixture    *f,
            const char *path)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (fixture_open (f->session, path, &error));
  g_assert_no_error (error);
}

static const char *
visible_state (Fixture *f)
{
  return gtk_stack_get_visible_child_name (GTK_STACK (fixture_find (GTK_WIDGET (f->page), GTK_TYPE_STACK)));
}

static void
test_empty (Fixture       *f,
            gconstpointer  data)
{
  g_assert_cmpstr (visible_state (f), ==, "empty");
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "No evidence yet"));
  g_assert_false (us_evidence_page_is_done (f->page));
}

static void
assert_cell (UsTable    *table,
             gsize       row,
             gsize       column,
             double      value,
             int         decimals)
{
  g_autofree char *text = g_strdup_printf ("%s%.*f", value < 0 && fabs (value) >= 0.5 * pow (10, -decimals) ? "\u2212" : "",
                                           decimals, fabs (value));

  g_assert_cmpstr (us_table_get_cell (table, row, column), ==, text);
}

/* The numbers on the page are those of the engine, for the same pairs. */
static void
test_numbers (Fixture       *f,
              gconstpointer  data)
{
  g_autoptr(UsEvaluation) evaluation = NULL;
  g_autoptr(GPtrArray) tables = fixture_all_of (GTK_WIDGET (f->page), US_TYPE_TABLE);
  g_autoptr(GError) error = NULL;
  UsTable *scores, *accuracy;

  open_model (f, data);
  g_assert_true (fixture_wait (is_done, f->page, 120));
  g_assert_cmpstr (visible_state (f), ==, "work");
  evaluation = us_evaluate (us_session_get_model (f->session), ALL, 1, 1, NULL, &error);
  g_assert_no_error (error);

  g_assert_cmpuint (tables->len, ==, 4);
  scores = tables->pdata[0];
  accuracy = tables->pdata[1];
  assert_cell (scores, 1, 1, evaluation->histogram->mig, 3);
  assert_cell (scores, 1, 2, evaluation->equivalent != NULL ? evaluation->histogram->mig_equivalent
                                                             : evaluation->histogram->mig_truth, 3);
  assert_cell (scores, 2, 1, evaluation->chen->mig, 3);
  for (gsize p = 0; p < evaluation->n_parameters; p++)
    assert_cell (accuracy, p + 1, 1, evaluation->modulo->accuracy[p], 4);
  for (gsize d = 0; d < evaluation->n_derived; d++)
    assert_cell (accuracy, evaluation->n_parameters + 1 + d, 1, evaluation->derived[d].r2, 4);
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "200 held-out draws"));
}

/* What the paper has of this simulator. */
static void
test_published (Fixture       *f,
                gconstpointer  data)
{
  g_autoptr(GPtrArray) tables = fixture_all_of (GTK_WIDGET (f->page), US_TYPE_TABLE);

  open_model (f, box_file);
  g_assert_true (fixture_wait (is_done, f->page, 120));
  g_assert_cmpstr (us_table_get_cell (tables->pdata[0], 1, 3), ==, "0.56");
  g_assert_cmpstr (us_table_get_cell (tables->pdata[0], 1, 4), ==, "0.82");
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (tables->pdata[0]), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       "Scores of this model, the best possible, and what was published");
}

/* Matrices, budget, pictures; nats and bits. */
static void
test_charts (Fixture       *f,
             gconstpointer  data)
{
  gboolean pictures = GPOINTER_TO_INT (data);
  g_autoptr(GPtrArray) charts = NULL;
  GtkWidget *bits;
  g_autofree char *nats_csv = NULL, *bits_csv = NULL;
  UsPlot *plot;

  open_model (f, pictures ? box_file : rlc_file);
  g_assert_true (fixture_wait (is_done, f->page, 120));
  charts = fixture_all_of (GTK_WIDGET (f->page), US_TYPE_CHART);
  /* two matrices, the budget, the cases: one of all pictures, or two channels of four curves */
  g_assert_cmpuint (charts->len, ==, 3 + (pictures ? 1 : 8));
  for (guint i = 0; i < charts->len; i++)
    {
      plot = us_chart_get_plot (charts->pdata[i]);
      g_assert_nonnull (plot);
      g_assert_true (i == 2 || !us_plot_is_empty (plot));
    }
  nats_csv = us_plot_to_csv (us_chart_get_plot (charts->pdata[0]));
  bits = gtk_widget_get_next_sibling (fixture_find (GTK_WIDGET (f->page), GTK_TYPE_TOGGLE_BUTTON));
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (bits), TRUE);
  bits_csv = us_plot_to_csv (us_chart_get_plot (charts->pdata[0]));
  g_assert_cmpstr (nats_csv, !=, bits_csv);
}

/* A model that goes away is not measured to the end, and says nothing any more. */
static void
test_changes (Fixture       *f,
              gconstpointer  data)
{
  us_evidence_page_set_pairs (f->page, 1000000, 1000000);
  open_model (f, curve_file);
  fixture_run_for (0.1);
  g_assert_cmpstr (visible_state (f), ==, "waiting");
  us_session_clear (f->session);
  g_assert_cmpstr (visible_state (f), ==, "empty");
  fixture_run_for (0.1);
  g_assert_cmpstr (visible_state (f), ==, "empty");

  us_evidence_page_set_pairs (f->page, FIRST, ALL);
  open_model (f, rlc_file);
  g_assert_true (fixture_wait (is_done, f->page, 120));
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "Resistance"));
  open_model (f, curve_file);
  g_assert_false (us_evidence_page_is_done (f->page));
  g_assert_true (fixture_wait (is_done, f->page, 120));
  g_assert_null (fixture_find_label (GTK_WIDGET (f->page), "Resistance"));
}

static gboolean
has_ended (gpointer data)
{
  return !us_session_get_training (data);
}

/* Not while the model changes every second; at once when it does no more. */
static void
test_training (Fixture       *f,
               gconstpointer  data)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (us_registry_find ("rlc", NULL));
  UsTrainerConfig config = { .prior = prior, .seed = 1, .samples = 4096, .preset = us_preset_find ("quick", NULL),
                             .n_workers = 1 };
  g_autoptr(GPtrArray) charts = NULL;

  us_session_start_training (f->session, &config);
  g_assert_cmpstr (visible_state (f), ==, "waiting");
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "still learning"));
  g_assert_true (fixture_wait (has_ended, f->session, 120));
  g_assert_true (fixture_wait (is_done, f->page, 120));
  g_assert_cmpstr (visible_state (f), ==, "work");
  /* the budget was recorded */
  charts = fixture_all_of (GTK_WIDGET (f->page), US_TYPE_CHART);
  g_assert_cmpuint (us_plot_get_n_layers (us_chart_get_plot (charts->pdata[2])), ==, 3);
}

/* Closed in the middle of its work. */
static void
test_close (Fixture       *f,
            gconstpointer  data)
{
  us_evidence_page_set_pairs (f->page, 1000000, 1000000);
  open_model (f, box_file);
  fixture_run_for (0.1);
}

/* The wheel over a table scrolls the page: what is inside takes only what goes sideways. */
static void
test_wheel (void)
{
  GtkWidget *table = g_object_ref_sink (g_object_new (US_TYPE_TABLE, NULL));
  GtkWidget *scroller = fixture_find (table, GTK_TYPE_SCROLLED_WINDOW);
  g_autoptr(GListModel) controllers = gtk_widget_observe_controllers (scroller);
  guint n_wheels = 0;

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr(GObject) controller = g_list_model_get_item (controllers, i);

      if (!GTK_IS_EVENT_CONTROLLER_SCROLL (controller))
        continue;
      n_wheels++;
      g_assert_cmpint (gtk_event_controller_scroll_get_flags (GTK_EVENT_CONTROLLER_SCROLL (controller))
                       & GTK_EVENT_CONTROLLER_SCROLL_VERTICAL, ==, 0);
    }
  g_assert_cmpuint (n_wheels, >, 0);
  g_object_unref (table);
}

int
main (int    argc,
      char **argv)
{
  int status;

  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_resources_register (us_get_resource ());
  box_file = fixture_model_file ("box", 0);
  rlc_file = fixture_model_file ("rlc", 0);
  curve_file = fixture_model_file ("fourier", 1);

  g_test_add ("/evidence-page/empty", Fixture, NULL, set_up, test_empty, tear_down);
  g_test_add ("/evidence-page/numbers/series", Fixture, rlc_file, set_up, test_numbers, tear_down);
  g_test_add ("/evidence-page/numbers/pictures", Fixture, box_file, set_up, test_numbers, tear_down);
  g_test_add ("/evidence-page/published", Fixture, NULL, set_up, test_published, tear_down);
  g_test_add ("/evidence-page/charts/series", Fixture, GINT_TO_POINTER (FALSE), set_up, test_charts, tear_down);
  g_test_add ("/evidence-page/charts/pictures", Fixture, GINT_TO_POINTER (TRUE), set_up, test_charts, tear_down);
  g_test_add ("/evidence-page/changes", Fixture, NULL, set_up, test_changes, tear_down);
  g_test_add ("/evidence-page/training", Fixture, NULL, set_up, test_training, tear_down);
  g_test_add_func ("/evidence-page/wheel", test_wheel);
  g_test_add ("/evidence-page/close", Fixture, NULL, set_up, test_close, tear_down);
  status = g_test_run ();
  fixture_remove (box_file);
  fixture_remove (rlc_file);
  fixture_remove (curve_file);
  return status;
}
