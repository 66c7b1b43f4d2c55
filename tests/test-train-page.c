/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run started, paused, stopped by the page's buttons; and while a real one works, the main thread stays
 * free: a slider at 60 Hz on the Explore page under the eye of the frame clock. */
#include "config.h"

#include "us-chart.h"
#include "us-explore-page.h"
#include "us-method-group.h"
#include "us-resources.h"
#include "us-train-page.h"
#include "slider-hand.h"
#include "ui-fixture.h"

typedef struct
{
  GtkWidget     *window;
  GtkWidget     *stack;
  UsTrainPage   *page;
  UsExplorePage *explore;
  UsSession     *session;
} Fixture;

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  f->session = us_session_new ();
  f->window = gtk_window_new ();
  f->stack = gtk_stack_new ();
  f->page = g_object_new (US_TYPE_TRAIN_PAGE, "session", f->session, NULL);
  f->explore = g_object_new (US_TYPE_EXPLORE_PAGE, "session", f->session, NULL);
  gtk_stack_add_named (GTK_STACK (f->stack), GTK_WIDGET (f->page), "train");
  gtk_stack_add_named (GTK_STACK (f->stack), GTK_WIDGET (f->explore), "explore");
  gtk_window_set_default_size (GTK_WINDOW (f->window), 1200, 760);
  gtk_window_set_child (GTK_WINDOW (f->window), f->stack);
  gtk_window_present (GTK_WINDOW (f->window));
  gtk_test_widget_wait_for_draw (f->window);
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  g_autofree char *path = us_session_dup_training_path (f->session);
  g_autofree char *checkpoint = g_strconcat (path, ".checkpoint", NULL);

  /* A worker may still be at the charts. */
  fixture_close_page (f->session, f->page, f->window, 10);
  g_remove (path);
  g_remove (checkpoint);
}

static void
press (Fixture    *f,
       const char *label)
{
  GtkWidget *found = fixture_find_label (GTK_WIDGET (f->page), label);
  GtkWidget *button = found != NULL ? gtk_widget_get_ancestor (found, GTK_TYPE_BUTTON) : NULL;

  g_assert_nonnull (button);
  g_signal_emit_by_name (button, "clicked");
}

static gboolean
has_model (gpointer data)
{
  return us_session_get_model (data) != NULL;
}

static gboolean
is_over (gpointer data)
{
  return !us_session_get_training (data);
}

static UsTrainerProgress
progress (Fixture *f)
{
  UsTrainerProgress result;

  us_trainer_get_progress (us_session_get_trainer (f->session), &result);
  return result;
}

static gboolean
is_paused (gpointer data)
{
  return progress (data).state == US_TRAINER_PAUSED;
}

static gboolean
has_charts (gpointer data)
{
  GtkWidget *chart = fixture_find (GTK_WIDGET (((Fixture *) data)->page), US_TYPE_CHART);
  UsPlot *plot = us_chart_get_plot (US_CHART (chart));

  return plot != NULL && !us_plot_is_empty (plot);
}

static void
test_buttons (Fixture       *f,
              gconstpointer  data)
{
  UsTrainerProgress before;

  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "Nothing Learnt Yet"));
  press (f, "_Start Training");
  g_assert_true (us_session_get_training (f->session));
  g_assert_true (fixture_wait (has_model, f->session, 60));
  g_assert_true (fixture_wait (has_charts, f, 60));

  press (f, "_Pause");
  g_assert_true (fixture_wait (is_paused, f, 30));
  before = progress (f);
  fixture_run_for (0.5);
  g_assert_cmpuint (progress (f).samples, ==, before.samples);
  press (f, "_Resume");
  press (f, "S_top");
  g_assert_true (fixture_wait (is_over, f->session, 60));
  g_assert_nonnull (us_session_get_model (f->session));
  g_assert_true (us_session_get_unsaved (f->session));
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "what was learnt is kept"));
  g_assert_true (us_session_can_resume (f->session));
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "Go On"));

  us_session_clear (f->session);
  fixture_run_for (0.1);
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "Nothing Learnt Yet"));
}

static gboolean
has_any_model (gpointer data)
{
  return us_session_get_any_model (data) != NULL;
}

/* The method that was chosen is the one that runs, with its own rows; those who need names get no such model. */
static void
test_method (Fixture       *f,
             gconstpointer  data)
{
  GtkWidget *group = fixture_find (GTK_WIDGET (f->page), US_TYPE_METHOD_GROUP);
  GtkWidget *combo = fixture_find (group, ADW_TYPE_COMBO_ROW);
  GtkWidget *beta = gtk_widget_get_ancestor (fixture_find_label (group, "beside the error summed"), ADW_TYPE_ACTION_ROW);
  GtkWidget *labelled = gtk_widget_get_ancestor (fixture_find_label (group, "With parameters"), ADW_TYPE_ACTION_ROW);
  UsTrainerConfig config = { NULL };

  us_method_group_fill (US_METHOD_GROUP (group), &config);
  g_assert_cmpint (config.method, ==, US_METHOD_SIMVAE);
  g_assert_cmpfloat (config.kl_weight, ==, 0);
  g_assert_null (config.bank);
  g_assert_false (gtk_widget_get_visible (beta));

  adw_combo_row_set_selected (ADW_COMBO_ROW (combo), US_METHOD_SEMI_SUPERVISED);
  us_method_group_fill (US_METHOD_GROUP (group), &config);
  g_assert_cmpint (config.method, ==, US_METHOD_SEMI_SUPERVISED);
  g_assert_cmpfloat_with_epsilon (config.labelled_share, 0.1, 1e-9);
  g_assert_true (gtk_widget_get_visible (labelled));
  g_assert_nonnull (fixture_find_label (group, us_method_summary (US_METHOD_SEMI_SUPERVISED)));

  adw_combo_row_set_selected (ADW_COMBO_ROW (combo), US_METHOD_BETA_VAE);
  g_assert_true (gtk_widget_get_visible (beta));
  g_assert_false (gtk_widget_get_visible (labelled));
  press (f, "_Start Training");
  g_assert_false (gtk_widget_get_sensitive (group));
  g_assert_true (fixture_wait (has_any_model, f->session, 60));
  g_assert_true (fixture_wait (has_charts, f, 60));
  g_assert_cmpint (progress (f).method, ==, US_METHOD_BETA_VAE);
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "Decoder and encoder"));
  press (f, "S_top");
  g_assert_true (fixture_wait (is_over, f->session, 60));
  g_assert_true (gtk_widget_get_sensitive (group));
  g_assert_null (us_session_get_model (f->session));
  g_assert_true (us_simvae_is_anonymous (us_session_get_any_model (f->session)));
}

/* A model from a file brings its record along. */
static void
test_record (Fixture       *f,
             gconstpointer  data)
{
  char *path = fixture_model_file ("fourier", 0);
  g_autoptr(GError) error = NULL;

  g_assert_true (fixture_open (f->session, path, &error));
  g_assert_no_error (error);
  g_assert_true (fixture_wait (has_charts, f, 30));
  fixture_remove (path);
}

/* Every channel has its chart, over frequencies evenly spaced in the logarithm. */
static void
test_channels (Fixture       *f,
               gconstpointer  data)
{
  char *path = fixture_model_file ("rlc", 0), *picture_path = fixture_model_file ("box", 0);
  g_autoptr(GError) error = NULL;
  GtkWidget *loss, *rows, *chart;

  g_assert_true (fixture_open (f->session, path, &error));
  g_assert_no_error (error);
  g_assert_true (fixture_wait (has_charts, f, 30));
  loss = fixture_find (GTK_WIDGET (f->page), US_TYPE_CHART);
  rows = gtk_widget_get_next_sibling (loss);
  chart = gtk_widget_get_first_child (rows);
  for (int c = 0; c < 2; c++, chart = gtk_widget_get_next_sibling (chart))
    {
      UsPlot *plot = us_chart_get_plot (US_CHART (chart));
      UsScale scale;

      g_assert_cmpstr (us_plot_get_axis_label (plot, US_AXIS_Y), ==, c == 0 ? "Gain" : "Phase");
      us_plot_get_full_scale (plot, US_AXIS_X, &scale);
      g_assert_cmpint (scale.kind, ==, US_SCALE_LOG);
      /* simulator and decoder, of the truth and of what the encoder reads */
      g_assert_cmpuint (us_plot_get_n_layers (plot), ==, 4);
    }
  g_assert_null (chart);

  /* A picture has one. */
  g_assert_true (fixture_open (f->session, picture_path, &error));
  g_assert_no_error (error);
  g_assert_null (gtk_widget_get_next_sibling (gtk_widget_get_first_child (rows)));
  fixture_run_for (0.1);
  fixture_remove (path);
  fixture_remove (picture_path);
}

/* With two workers at a real training, following its weights, no turn of the main loop takes long: 16 ms of the main
 * thread's own time (about 1 is usual).  Painting is counted apart: here GTK does it in software, and its time is the
 * machine's, which only tests/ui/bench-slider judges; here none may be out of all bounds. */
static void
test_frame_clock (Fixture       *f,
                  gconstpointer  data)
{
  UsTrainerConfig config = { .prior = us_session_get_prior (f->session), .minutes = 5, .seed = 3,
                             .preset = us_preset_find ("quick", NULL), .n_workers = 2, .niceness = 10 };
  SliderReport report;

  us_session_start_training (f->session, &config);
  g_assert_true (fixture_wait (has_model, f->session, 60));
  gtk_stack_set_visible_child_name (GTK_STACK (f->stack), "explore");
  fixture_run_for (1);          /* the first showing of a page measures every text of it */

  slider_hand_run (f->explore, 5, &report);
  g_test_message ("%u values in %u frames: main thread at most %.2f ms a turn; to paint in software median %.2f ms, "
                  "at most %.2f ms a frame, all of its own time; by the wall, where others work too: at most %.2f ms a frame, "
                  "value to picture median %.2f ms, p99 %.2f ms", report.latency.n, report.n_frames, report.turn_cpu_ms,
                  report.frame_cpu_ms, report.frame_cpu_max_ms, report.frame_wall_ms, report.latency.median_ms,
                  report.latency.p99_ms);
  g_assert_cmpuint (report.n_frames, >, 10);
  g_assert_cmpuint (report.latency.n, >, 10);
#ifndef __SANITIZE_ADDRESS__
  g_assert_cmpfloat (report.turn_cpu_ms, <=, 16);
  g_assert_cmpfloat (report.frame_cpu_ms, <=, 100);
  g_assert_cmpfloat (report.frame_cpu_max_ms, <=, 500);
#endif
}

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_resources_register (us_get_resource ());
  slider_hand_load_style ();
#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/train-page/buttons", test_buttons);
  ADD ("/train-page/method", test_method);
  ADD ("/train-page/record", test_record);
  ADD ("/train-page/channels", test_channels);
  ADD ("/train-page/frame-clock", test_frame_clock);
  return g_test_run ();
}
