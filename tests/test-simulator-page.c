/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of priors, its messages, and the sheet that follows it. */
#include "config.h"

#include "dataset-fixture.h"
#include "us-chart.h"
#include "us-dataset-bar.h"
#include "us-image-view.h"
#include "us-gallery.h"
#include "us-parameter-row.h"
#include "us-resources.h"
#include "us-simulator-page.h"
#include "ui-fixture.h"

typedef struct
{
  GtkWidget *window;
  GtkWidget *page;
  UsSession *session;
} Fixture;

static gboolean
is_settled (gpointer data)
{
  return us_simulator_page_is_settled (data);
}

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  f->session = us_session_new ();
  f->window = gtk_window_new ();
  f->page = g_object_new (US_TYPE_SIMULATOR_PAGE, "session", f->session, NULL);
  gtk_window_set_default_size (GTK_WINDOW (f->window), 1200, 760);
  gtk_window_set_child (GTK_WINDOW (f->window), f->page);
  gtk_window_present (GTK_WINDOW (f->window));
  gtk_test_widget_wait_for_draw (f->page);
  g_assert_true (fixture_wait (is_settled, f->page, 10));
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  fixture_close_page (f->session, f->page, f->window, 0);
}

static GtkWidget *
nth_row (Fixture *f,
         int      n)
{
  GtkWidget *row = fixture_find (f->page, US_TYPE_PARAMETER_ROW);

  while (n-- > 0)
    row = gtk_widget_get_next_sibling (row);
  return row;
}

/* The lower end, or the first number of the prior. */
static GtkEditable *
first_entry (GtkWidget *row)
{
  return GTK_EDITABLE (fixture_find (row, GTK_TYPE_ENTRY));
}

static UsDistribution
prior_of (Fixture *f,
          gsize    parameter)
{
  return *us_prior_distribution (us_session_get_prior (f->session), parameter);
}

static void
test_number (Fixture       *f,
             gconstpointer  data)
{
  UsPlot *before = us_chart_get_plot (US_CHART (fixture_find (f->page, US_TYPE_CHART)));
  gint64 start;

  g_assert_nonnull (before);
  us_plot_ref (before);
  start = g_get_monotonic_time ();
  gtk_editable_set_text (first_entry (nth_row (f, 1)), "-0.1");
  g_assert_cmpfloat (prior_of (f, 1).a, ==, -0.1);
  g_assert_false (us_simulator_page_is_settled (US_SIMULATOR_PAGE (f->page)));
  g_assert_true (fixture_wait (is_settled, f->page, 10));
  g_test_message ("sheet followed in %.1f ms", (g_get_monotonic_time () - start) / 1000.0);
  g_assert_true (us_chart_get_plot (US_CHART (fixture_find (f->page, US_TYPE_CHART))) != before);
  us_plot_unref (before);

  /* Decimal commas and typographers' minus signs are numbers too. */
  gtk_editable_set_text (first_entry (nth_row (f, 1)), "−0,2");
  g_assert_cmpfloat (prior_of (f, 1).a, ==, -0.2);
}

static void
test_wrong (Fixture       *f,
            gconstpointer  data)
{
  const struct
  {
    const char *text;
    const char *says;
  } cases[] = {
    { "abc", "“abc” is not a number" }, { "", "missing" }, { "1e999", "not a number" },
    { "nan", "not a number" }, { "-7", NULL }, { "0.9", NULL },
  };
  GtkWidget *row = nth_row (f, 2);
  UsDistribution before = prior_of (f, 2), now, shown;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gtk_editable_set_text (first_entry (row), cases[i].text);
      g_assert_false (us_parameter_row_get (US_PARAMETER_ROW (row), &shown));
      g_assert_true (gtk_widget_has_css_class (GTK_WIDGET (first_entry (row)), "error"));
      if (cases[i].says != NULL)
        g_assert_nonnull (fixture_find_label (row, cases[i].says));
      /* What is wrong goes no further than the table. */
      now = prior_of (f, 2);
      g_assert_true (us_distribution_equal (&before, &now));
    }
  gtk_editable_set_text (first_entry (row), "-0.05");
  g_assert_true (us_parameter_row_get (US_PARAMETER_ROW (row), &shown));
  g_assert_false (gtk_widget_has_css_class (GTK_WIDGET (first_entry (row)), "error"));
  g_assert_cmpfloat (prior_of (f, 2).a, ==, -0.05);
}

/* From every kind to every other the table proposes numbers; where the parameter is never
 * positive, the logarithmic kinds say so instead. */
static void
test_kinds (Fixture       *f,
            gconstpointer  data)
{
  const UsSimulator *box = us_registry_find ("box", NULL);
  GtkWidget *row, *kind;

  us_session_set_simulator (f->session, box);
  for (gsize p = 0; p < box->n_parameters; p++)
    {
      row = nth_row (f, p);
      kind = fixture_find (row, GTK_TYPE_DROP_DOWN);
      for (guint from = 0; from <= US_DISTRIBUTION_FIXED; from++)
        for (guint to = 0; to <= US_DISTRIBUTION_FIXED; to++)
          {
            UsDistribution shown;
            gboolean valid;

            gtk_drop_down_set_selected (GTK_DROP_DOWN (kind), from);
            gtk_drop_down_set_selected (GTK_DROP_DOWN (kind), to);
            valid = us_parameter_row_get (US_PARAMETER_ROW (row), &shown);
            if (to != US_DISTRIBUTION_LOG_UNIFORM && to != US_DISTRIBUTION_LOG_NORMAL &&
                from != US_DISTRIBUTION_LOG_UNIFORM && from != US_DISTRIBUTION_LOG_NORMAL)
              g_assert_true (valid);
            if (valid)
              g_assert_cmpuint (shown.kind, ==, to);
          }
    }
}

static void
test_reset (Fixture       *f,
            gconstpointer  data)
{
  GtkWidget *reset = gtk_widget_get_ancestor (fixture_find_label (f->page, "Reset"), GTK_TYPE_BUTTON);

  g_assert_false (gtk_widget_get_sensitive (reset));
  gtk_editable_set_text (first_entry (nth_row (f, 0)), "0");
  gtk_editable_set_text (first_entry (nth_row (f, 3)), "wrong");
  g_assert_true (gtk_widget_get_sensitive (reset));
  g_signal_emit_by_name (reset, "clicked");
  g_assert_true (us_prior_is_default (us_session_get_prior (f->session)));
  g_assert_false (gtk_widget_get_sensitive (reset));
  g_assert_cmpstr (gtk_editable_get_text (first_entry (nth_row (f, 3))), !=, "wrong");
}

/* The prior of an opened model comes into the table. */
static void
test_prior_from_outside (Fixture       *f,
                         gconstpointer  data)
{
  const UsSimulator *simulator = us_session_get_simulator (f->session);
  g_autofree UsDistribution *distributions = g_new (UsDistribution, simulator->n_parameters);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsPrior) prior = NULL;
  UsDistribution shown;

  for (gsize i = 0; i < simulator->n_parameters; i++)
    distributions[i] = simulator->parameters[i].prior;
  distributions[4] = (UsDistribution) { US_DISTRIBUTION_TRIANGULAR, -0.1, 0.1, 0.02 };
  prior = us_prior_new (simulator, distributions, &error);
  g_assert_no_error (error);
  us_session_set_prior (f->session, prior);
  g_assert_true (us_parameter_row_get (US_PARAMETER_ROW (nth_row (f, 4)), &shown));
  g_assert_true (us_distribution_equal (&shown, &distributions[4]));
}

static void
test_simulator (Fixture       *f,
                gconstpointer  data)
{
  const UsSimulator *box = us_registry_find ("box", NULL);

  us_session_set_simulator (f->session, box);
  g_assert_true (fixture_wait (is_settled, f->page, 10));
  g_assert_nonnull (fixture_find_label (f->page, box->constraint));
  g_assert_nonnull (nth_row (f, 3));
  g_assert_null (nth_row (f, 4));
}

static GtkWidget *
find_opener (GtkWidget *widget)
{
  if (GTK_IS_ACTIONABLE (widget)
      && g_strcmp0 (gtk_actionable_get_action_name (GTK_ACTIONABLE (widget)), "win.open-path") == 0)
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_opener (child);

      if (found != NULL)
        return found;
    }
  return NULL;
}

/* A trained model is offered for the simulators that have one, and it is theirs. */
static void
test_shipped (Fixture       *f,
              gconstpointer  data)
{
  GtkWidget *opener = find_opener (f->page);
  gsize n, n_offered = 0;
  const UsSimulator *const *simulators = us_registry_list (&n);

  g_assert_nonnull (opener);
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *name = g_strconcat (simulators[i]->id, ".safetensors", NULL);
      g_autofree char *path = g_build_filename (US_TEST_SOURCE_ROOT, "data", "models", name, NULL);
      g_autoptr(GError) error = NULL;
      g_autoptr(UsSimvae) model = NULL;
      g_autofree char *target = NULL;

      us_session_set_simulator (f->session, simulators[i]);
      g_assert_true (fixture_wait (is_settled, f->page, 10));
      g_assert_true (gtk_widget_get_visible (opener) == g_file_test (path, G_FILE_TEST_EXISTS));
      if (!gtk_widget_get_visible (opener))
        continue;
      n_offered++;
      g_variant_get (gtk_actionable_get_action_target_value (GTK_ACTIONABLE (opener)), "s", &target);
      model = us_simvae_load (target, &error);
      g_assert_no_error (error);
      g_assert_true (us_simvae_simulator (model) == simulators[i]);
      g_assert_true (us_simvae_has_encoder (model));
    }
  g_assert_cmpuint (n_offered, >=, 2);
}

/* An entry shows six digits of 2π: the bound all the same, also when another number changes. */
static void
test_rounded_bound (Fixture       *f,
                    gconstpointer  data)
{
  const UsSimulator *dsprites = us_registry_find ("dsprites", NULL);
  UsDistribution shown;

  us_session_set_simulator (f->session, dsprites);
  g_assert_true (fixture_wait (is_settled, f->page, 10));
  g_assert_true (us_parameter_row_get (US_PARAMETER_ROW (nth_row (f, 2)), &shown));
  gtk_editable_set_text (first_entry (nth_row (f, 2)), "1");
  g_assert_cmpfloat (prior_of (f, 2).a, ==, 1.0);
  g_assert_cmpfloat (prior_of (f, 2).b, ==, dsprites->parameters[2].upper);
  gtk_editable_set_text (first_entry (nth_row (f, 2)), "7");
  g_assert_false (us_parameter_row_get (US_PARAMETER_ROW (nth_row (f, 2)), &shown));
}

static guint
n_charts (Fixture *f)
{
  GtkWidget *first = fixture_find (f->page, US_TYPE_CHART);
  guint n = 0;

  for (GtkWidget *chart = first; chart != NULL; chart = gtk_widget_get_next_sibling (chart))
    n++;
  return n;
}

/* Gain and phase have a chart each, and only as long as they are shown. */
static void
test_channels (Fixture       *f,
               gconstpointer  data)
{
  g_assert_cmpuint (n_charts (f), ==, 1);
  for (guint i = 0; i < 4; i++)
    {
      us_session_set_simulator (f->session, us_registry_find (i % 2 == 0 ? "rlc" : "polygon", NULL));
      g_assert_true (fixture_wait (is_settled, f->page, 10));
      g_assert_cmpuint (n_charts (f), ==, i % 2 == 0 ? 2 : 1);
    }
}

static void
test_output (Fixture       *f,
             gconstpointer  data)
{
  us_session_set_output (f->session, 1);
  g_assert_true (fixture_wait (is_settled, f->page, 10));
  g_assert_nonnull (fixture_find_label (f->page, "series of"));
}

/* ---- sets of pictures ---- */

#define SET_SIZE 32

static void
draw_bar (const double *values,
          guint8       *pixels)
{
  for (gsize i = 0; i < SET_SIZE * SET_SIZE; i++)
    pixels[i] = i % SET_SIZE < (gsize) values[0] % SET_SIZE && i / SET_SIZE < (gsize) values[1] % SET_SIZE;
}

/* n × m pictures in a new folder; fixture_remove. */
static char *
dataset_file (gsize n,
              gsize m)
{
  g_autofree char *dir = g_dir_make_tmp ("us-ui-XXXXXX", NULL);
  char *path = g_build_filename (dir, "bars of mine.npz", NULL);
  g_autofree double *levels = g_new (double, MAX (n, m));
  FixtureSet set = { .n_factors = 2, .n = { n, m }, .levels = { levels, levels },
                     .height = SET_SIZE, .width = SET_SIZE, .draw = draw_bar };

  for (gsize i = 0; i < MAX (n, m); i++)
    levels[i] = (double) i;
  fixture_write_set (path, &set);
  return path;
}

static UsDatasetBar *
dataset_bar (Fixture *f)
{
  return US_DATASET_BAR (fixture_find (f->page, US_TYPE_DATASET_BAR));
}

static gboolean
is_idle (gpointer data)
{
  return !us_dataset_bar_is_busy (data);
}

static guint
n_views (GtkWidget *widget)
{
  guint n = US_IS_IMAGE_VIEW (widget);

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    n += n_views (child);
  return n;
}

/* Unpacked beside the main thread, then the simulator of the page, with a card that stays. */
static void
test_dataset (Fixture       *f,
              gconstpointer  data)
{
  const UsSimulator *box = us_registry_find ("box", NULL), *opened;
  char *path = dataset_file (16, 16);
  guint cards = n_views (fixture_find (f->page, US_TYPE_GALLERY));
  gint64 start = g_get_monotonic_time ();

  us_simulator_page_open_dataset (US_SIMULATOR_PAGE (f->page), path);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 50000);
  g_assert_true (us_dataset_bar_is_busy (dataset_bar (f)));
  g_assert_nonnull (fixture_find_label (f->page, "bars of mine.npz"));
  g_assert_true (fixture_wait (is_idle, dataset_bar (f), 20));
  opened = us_session_get_simulator (f->session);
  g_assert_cmpstr (opened->title, ==, "bars of mine");
  g_assert_true (fixture_wait (is_settled, f->page, 10));
  g_assert_nonnull (fixture_find_label (f->page, "Factor 2"));
  g_assert_cmpuint (n_views (fixture_find (f->page, US_TYPE_GALLERY)), ==, cards + 1);

  /* Its card brings it back, and is not made twice. */
  us_session_set_simulator (f->session, box);
  us_session_set_simulator (f->session, opened);
  us_session_set_simulator (f->session, box);
  g_assert_cmpuint (n_views (fixture_find (f->page, US_TYPE_GALLERY)), ==, cards + 1);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (gtk_widget_get_ancestor (fixture_find_label (f->page, "bars of mine"),
                                                                            GTK_TYPE_TOGGLE_BUTTON)), TRUE);
  g_assert_true (us_session_get_simulator (f->session) == opened);
  g_assert_true (fixture_wait (is_settled, f->page, 10));
  fixture_remove (path);
}

static gboolean
has_begun (gpointer data)
{
  GtkWidget *bar = fixture_find (data, GTK_TYPE_PROGRESS_BAR);

  return gtk_progress_bar_get_fraction (GTK_PROGRESS_BAR (bar)) > 0;
}

/* In the middle of it: nothing is opened, nothing is said, and the next one can be. */
static void
test_dataset_cancel (Fixture       *f,
                     gconstpointer  data)
{
  const UsSimulator *before = us_session_get_simulator (f->session);
  char *large = dataset_file (400, 200), *small = dataset_file (9, 9);
  GtkWidget *cancel = gtk_widget_get_ancestor (fixture_find_label (f->page, "_Cancel"), GTK_TYPE_BUTTON);

  us_simulator_page_open_dataset (US_SIMULATOR_PAGE (f->page), large);
  g_assert_true (fixture_wait (has_begun, f->page, 20));
  g_assert_true (us_dataset_bar_is_busy (dataset_bar (f)));
  g_signal_emit_by_name (cancel, "clicked");
  g_assert_false (us_dataset_bar_is_busy (dataset_bar (f)));
  fixture_run_for (0.3);
  g_assert_true (us_session_get_simulator (f->session) == before);

  /* The newest wins. */
  us_simulator_page_open_dataset (US_SIMULATOR_PAGE (f->page), large);
  us_simulator_page_open_dataset (US_SIMULATOR_PAGE (f->page), small);
  g_assert_true (fixture_wait (is_idle, dataset_bar (f), 20));
  g_assert_cmpfloat (us_session_get_simulator (f->session)->parameters[0].upper, ==, 8);

  /* Closed in the middle of it: joined by the tear-down. */
  us_simulator_page_open_dataset (US_SIMULATOR_PAGE (f->page), large);
  g_assert_true (fixture_wait (has_begun, f->page, 20));
  fixture_remove (large);
  fixture_remove (small);
}

static void
on_problem (UsSession  *session,
            const char *title,
            const char *detail,
            char      **what)
{
  g_free (*what);
  *what = g_strdup (detail);
}

static void
test_dataset_wrong (Fixture       *f,
                    gconstpointer  data)
{
  const UsSimulator *before = us_session_get_simulator (f->session);
  g_autofree char *what = NULL;

  g_signal_connect (f->session, "problem", G_CALLBACK (on_problem), &what);
  us_simulator_page_open_dataset (US_SIMULATOR_PAGE (f->page), "/nowhere/at/all.npz");
  g_assert_true (fixture_wait (is_idle, dataset_bar (f), 20));
  g_assert_nonnull (what);
  g_assert_nonnull (strstr (what, "/nowhere/at/all.npz"));
  g_assert_true (us_session_get_simulator (f->session) == before);
}

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_resources_register (us_get_resource ());

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/simulator-page/number", test_number);
  ADD ("/simulator-page/wrong", test_wrong);
  ADD ("/simulator-page/kinds", test_kinds);
  ADD ("/simulator-page/reset", test_reset);
  ADD ("/simulator-page/prior-from-outside", test_prior_from_outside);
  ADD ("/simulator-page/simulator", test_simulator);
  ADD ("/simulator-page/shipped", test_shipped);
  ADD ("/simulator-page/rounded-bound", test_rounded_bound);
  ADD ("/simulator-page/channels", test_channels);
  ADD ("/simulator-page/output", test_output);
  ADD ("/simulator-page/dataset", test_dataset);
  ADD ("/simulator-page/dataset-cancel", test_dataset_cancel);
  ADD ("/simulator-page/dataset-wrong", test_dataset_wrong);
  return g_test_run ();
}
