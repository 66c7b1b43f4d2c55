/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A posterior, a forecast, hidden quantities and a choice of mechanism are trained by the page's own rows and buttons;
 * what is wrong with data or noise stands beside the rows that cause it. */
#include "config.h"

#include "us-chart.h"
#include "us-data-group.h"
#include "us-mechanism-group.h"
#include "us-posterior-data.h"
#include "us-resources.h"
#include "us-train-page.h"
#include "ui-fixture.h"

#include <math.h>

enum { POSTERIOR = 1, QUANTITIES, FORECAST, SELECTION };        /* places in the row "Learn" */

typedef struct
{
  GtkWidget      *window;
  UsTrainPage    *page;
  GtkWidget      *group;        /* UsMechanismGroup */
  GtkWidget      *data;         /* UsDataGroup */
  UsSession      *session;
  char           *said;
} Fixture;

static char *folder;

static void
on_message (Fixture    *f,
            const char *text)
{
  g_free (f->said);
  f->said = g_strdup (text);
}

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  f->session = us_session_new ();
  g_signal_connect_swapped (f->session, "message", G_CALLBACK (on_message), f);
  f->window = gtk_window_new ();
  f->page = g_object_new (US_TYPE_TRAIN_PAGE, "session", f->session, NULL);
  f->group = fixture_find (GTK_WIDGET (f->page), US_TYPE_MECHANISM_GROUP);
  f->data = fixture_find (f->group, US_TYPE_DATA_GROUP);
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
  fixture_close_page (f->session, f->page, f->window, 10);
  g_free (f->said);
}

static gpointer
child (GtkWidget  *of,
       const char *name)
{
  gpointer found = gtk_widget_get_template_child (of, G_OBJECT_TYPE (of), name);

  g_assert_nonnull (found);
  return found;
}

static gboolean
is_settled (gpointer data)
{
  return us_mechanism_group_is_settled (data);
}

static void
settle (Fixture *f)
{
  g_assert_true (fixture_wait (is_settled, f->group, 20));
}

static void
choose (Fixture    *f,
        const char *simulator,
        guint       what)
{
  g_autoptr(GError) error = NULL;

  us_session_set_simulator (f->session, us_registry_find (simulator, &error));
  g_assert_no_error (error);
  gtk_drop_down_set_selected (child (GTK_WIDGET (f->page), "what"), what);
  gtk_spin_button_set_value (child (f->group, "samples"), 400);
  settle (f);
}

static char *
write_data (const char *name,
            const char *text)
{
  g_autoptr(GError) error = NULL;
  char *path = g_build_filename (folder, name, NULL);

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  return path;
}

/* The file of the page's data group, read and checked. */
static void
open_data (Fixture    *f,
           const char *path)
{
  us_learnt_set_data (us_session_get_learnt (f->session), path, NULL);
  settle (f);
}

static gboolean
may_start (Fixture *f)
{
  return gtk_widget_get_sensitive (child (f->group, "start")) && gtk_widget_get_visible (child (f->group, "start"));
}

static gboolean
is_over (gpointer data)
{
  return !us_session_get_training (data);
}

static void
train (Fixture *f)
{
  g_assert_true (may_start (f));
  g_signal_emit_by_name (child (f->group, "start"), "clicked");
  g_assert_true (us_session_get_training (f->session));
  g_assert_false (gtk_widget_get_visible (child (f->group, "start")));
  g_assert_true (gtk_widget_get_visible (child (f->group, "stop")));
  g_assert_true (fixture_wait (is_over, f->session, 120));
}

static const char *yeast = "hour,biomass\n0,9.6\n1,18.3\n2,29\n3,47.2\n4,71.1\n5,119.1\n6,174.6\n7,257.3\n8,350.7\n9,441\n";

static void
test_posterior (Fixture       *f,
                gconstpointer  data)
{
  g_autofree char *path = write_data ("decay.csv", "hour,signal\n0,9.8\n0.5,7.7\n1,6.2\n2,3.7\n4,1.3\n6,\n8,0.2\n");
  UsLearnt *learnt = us_session_get_learnt (f->session);
  UsPosterior *posterior;
  g_autofree float *x = NULL;
  g_autoptr(GError) error = NULL;
  UsPlot *plot;

  choose (f, "decay-one", POSTERIOR);
  open_data (f, path);
  g_assert_nonnull (fixture_find_label (f->data, "7 points"));
  train (f);

  posterior = us_learnt_get_posterior (learnt);
  g_assert_nonnull (posterior);
  g_assert_null (us_learnt_get_predictor (learnt));
  g_assert_cmpuint (us_posterior_record (posterior)->n_rows, ==, 400);
  /* at the times at which something was observed, with the noise that the page chose for values that are no counts */
  g_assert_cmpstr (us_posterior_simulator (posterior)->id, ==, "decay-one@0,0.5,1,2,4,8+normal");
  g_assert_true (us_posterior_is_file (us_learnt_get_path (learnt)));
  g_assert_true (g_str_has_prefix (us_learnt_get_path (learnt), g_get_user_data_dir ()));
  g_assert_nonnull (strstr (us_learnt_get_path (learnt), "/decay-one-normal-posterior-"));
  g_assert_nonnull (strstr (us_posterior_record (posterior)->command, "train posterior"));

  /* the data that were shown are those that it answers for */
  g_assert_cmpstr (us_learnt_get_data (learnt), ==, path);
  x = g_new (float, us_posterior_n_values (posterior));
  us_posterior_read_data (posterior, us_learnt_get_data (learnt), -1, us_learnt_get_data_options (learnt), x, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat_with_epsilon (x[1], 7.7, 1e-5);
  g_assert_cmpfloat_with_epsilon (x[5], 0.2, 1e-5);

  /* and it is all told */
  g_assert_nonnull (f->said);
  g_assert_nonnull (strstr (f->said, "Infer, Attribution and Evidence"));
  plot = us_chart_get_plot (child (fixture_find (GTK_WIDGET (f->page), US_TYPE_LEARNING_VIEW), "loss_chart"));
  g_assert_true (plot != NULL && !us_plot_is_empty (plot));
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "How it was learnt"));
  g_assert_cmpstr (gtk_progress_bar_get_text (child (f->group, "progress")), ==, "Trained");
  g_remove (us_learnt_get_path (learnt));
  g_remove (path);
}

static gboolean
learns (gpointer data)
{
  UsLearningProgress progress;

  us_learning_get_progress (data, &progress);
  return progress.epoch > 0;
}

static gboolean
simulates (gpointer data)
{
  UsLearningProgress progress;

  us_learning_get_progress (data, &progress);
  return progress.simulated > 0;
}

/* In the middle of the simulations, and of the training: nothing is left, and it can be started again. */
static void
test_stop (Fixture       *f,
           gconstpointer  data)
{
  UsLearnt *learnt = us_session_get_learnt (f->session);

  choose (f, "decay-one", POSTERIOR);
  for (guint i = 0; i < 2; i++)
    {
      gtk_spin_button_set_value (child (f->group, "samples"), i == 0 ? 5000000 : 2000);
      g_signal_emit_by_name (child (f->group, "start"), "clicked");
      g_assert_true (fixture_wait (i == 0 ? simulates : learns, us_session_get_learning (f->session), 60));
      g_signal_emit_by_name (child (f->group, "stop"), "clicked");
      g_assert_true (fixture_wait (is_over, f->session, 60));
      g_assert_null (us_learnt_get_posterior (learnt));
      g_assert_null (f->said);
      g_assert_nonnull (strstr (gtk_progress_bar_get_text (child (f->group, "progress")), "nothing was kept"));
      g_assert_true (may_start (f));
    }
}

/* The session ends in the middle: its thread is joined. */
static void
test_close (Fixture       *f,
            gconstpointer  data)
{
  choose (f, "decay-one", POSTERIOR);
  gtk_spin_button_set_value (child (f->group, "samples"), 5000000);
  g_signal_emit_by_name (child (f->group, "start"), "clicked");
  g_assert_true (us_session_get_training (f->session));
  g_assert_false (us_session_start_learning (f->session, &(UsLearningConfig) { .n_priors = 0 }));
  g_assert_true (fixture_wait (simulates, us_session_get_learning (f->session), 60));
}

static void
count (gpointer learning,
       guint   *n)
{
  (*n)++;
}

/* A file that cannot be written is a failure in words, on the page; and news come at most ten times a second. */
static void
test_failure (Fixture       *f,
              gconstpointer  data)
{
  UsLearning *learning = us_session_get_learning (f->session);
  g_autoptr(UsPrior) prior = us_prior_new_default (us_registry_find ("decay-one", NULL));
  UsPrior *priors[] = { prior };
  const UsLearningConfig config = { .kind = US_LEARNING_QUANTITIES, .priors = priors, .n_priors = 1, .samples = 300,
                                    .path = "/dev/null/nowhere/model.safetensors" };
  guint n = 0;
  gint64 start = g_get_monotonic_time ();

  choose (f, "decay-one", QUANTITIES);
  g_signal_connect (learning, "changed", G_CALLBACK (count), &n);
  g_assert_true (us_session_start_learning (f->session, &config));
  g_assert_false (us_session_start_learning (f->session, &config));
  g_assert_true (fixture_wait (is_over, f->session, 120));
  g_assert_cmpuint (n, <=, 2 + 10 * (g_get_monotonic_time () - start) / G_USEC_PER_SEC + 1);
  g_assert_nonnull (us_learning_get_error (learning));
  g_assert_null (us_learning_get_predictor (learning));
  g_assert_null (us_learnt_get_predictor (us_session_get_learnt (f->session)));
  g_assert_nonnull (fixture_find_label (child (f->group, "failure_box"), "/dev/null/nowhere"));
  g_assert_true (may_start (f));
  g_signal_handlers_disconnect_by_data (learning, &n);
}

static const char *
trouble (GtkWidget  *of,
         const char *box,
         const char *label)
{
  return gtk_widget_get_visible (child (of, box)) ? gtk_label_get_label (child (of, label)) : NULL;
}

/* A cell that is no number: with its line, beside the data; left out, the way is free. */
static void
test_bad_cell (Fixture       *f,
               gconstpointer  data)
{
  g_autofree char *path = write_data ("bad.csv", "hour,signal\n0,9.8\n1,6.2\n2,about 4\n4,1.3\n8,0.2\n");
  const UsMeasurements *series;

  choose (f, "decay-one", POSTERIOR);
  open_data (f, path);
  g_assert_nonnull (trouble (f->data, "trouble", "trouble_text"));
  g_assert_nonnull (strstr (trouble (f->data, "trouble", "trouble_text"), "line 4"));
  g_assert_nonnull (strstr (trouble (f->data, "trouble", "trouble_text"), "“about 4”"));
  g_assert_false (may_start (f));
  g_assert_true (adw_expander_row_get_expanded (child (f->data, "reading")));

  gtk_switch_set_active (child (f->data, "mask"), TRUE);
  settle (f);
  g_assert_null (trouble (f->data, "trouble", "trouble_text"));
  series = us_data_group_get_series (US_DATA_GROUP (f->data));
  g_assert_cmpuint (series->n_missing, ==, 1);
  g_assert_true (may_start (f));
  g_assert_true (us_learnt_get_data_options (us_session_get_learnt (f->session))->mask_bad);

  /* without data the way is free as well */
  g_signal_emit_by_name (child (f->data, "clear"), "clicked");
  settle (f);
  g_assert_null (us_data_group_get_series (US_DATA_GROUP (f->data)));
  g_assert_true (may_start (f));
  g_remove (path);
}

static void
select_text (gpointer    row,
             const char *text)
{
  GListModel *model = adw_combo_row_get_model (row);

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    if (g_str_equal (gtk_string_list_get_string (GTK_STRING_LIST (model), i), text))
      {
        adw_combo_row_set_selected (row, i);
        return;
      }
  g_assert_not_reached ();
}

/* Several subjects and several columns: the rows that the file's own header fills lead out. */
static void
test_choices (Fixture       *f,
              gconstpointer  data)
{
  g_autofree char *path = write_data ("subjects.csv", "subject,hour,weight,signal\n1,0,70,9\n1,1,70,6\n1,2,70,4\n2,0,80,8\n"
                                      "2,1,80,5\n2,2,80,3\n");
  const UsMeasurements *series;

  choose (f, "decay-one", POSTERIOR);
  open_data (f, path);
  g_assert_nonnull (trouble (f->data, "trouble", "trouble_text"));
  g_assert_false (may_start (f));

  select_text (child (f->data, "where_row"), "subject");
  settle (f);
  select_text (child (f->data, "is_row"), "2");
  settle (f);
  /* still two columns of numbers */
  g_assert_nonnull (trouble (f->data, "trouble", "trouble_text"));
  g_assert_nonnull (strstr (trouble (f->data, "trouble", "trouble_text"), "weight"));
  select_text (child (f->data, "value1"), "signal");
  settle (f);
  g_assert_null (trouble (f->data, "trouble", "trouble_text"));
  g_assert_true (may_start (f));
  series = us_data_group_get_series (US_DATA_GROUP (f->data));
  g_assert_cmpuint (series->n_times, ==, 3);
  g_assert_cmpfloat (series->values[0], ==, 8);
  g_remove (path);
}

/* Calendar years, two channels, one cell missing: counted from the first, and trained for the gap. */
static void
test_years (Fixture       *f,
            gconstpointer  data)
{
  g_autofree char *path = write_data ("years.csv", "year,hare,lynx\n1900,30,4\n1901,47.2,\n1902,70.2,9.8\n1903,77.4,35.2\n");
  UsLearnt *learnt = us_session_get_learnt (f->session);
  UsPosterior *posterior;
  g_autofree float *x = NULL;
  g_autoptr(GError) error = NULL;

  choose (f, "lotka-volterra", POSTERIOR);
  open_data (f, path);
  g_assert_nonnull (trouble (f->data, "trouble", "trouble_text"));
  g_assert_nonnull (strstr (trouble (f->data, "trouble", "trouble_text"), "1900"));
  g_assert_false (may_start (f));
  gtk_switch_set_active (child (f->data, "from_zero"), TRUE);
  settle (f);
  g_assert_null (trouble (f->data, "trouble", "trouble_text"));
  g_assert_nonnull (fixture_find_label (f->data, "counted from the first one, 1900"));
  train (f);
  posterior = us_learnt_get_posterior (learnt);
  g_assert_nonnull (posterior);
  g_assert_cmpstr (us_posterior_simulator (posterior)->id, ==, "lotka-volterra@0,1,2,3+normal");
  g_assert_true (us_posterior_takes_gaps (posterior));
  x = g_new (float, us_posterior_n_values (posterior));
  us_posterior_read_data (posterior, path, -1, us_learnt_get_data_options (learnt), x, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat_with_epsilon (x[2], 47.2, 1e-4);
  g_assert_true (isnan (x[3]));

  /* one of the populations alone, chosen on this page */
  adw_combo_row_set_selected (child (GTK_WIDGET (f->page), "output_row"), 1);
  settle (f);
  g_assert_cmpuint (us_session_get_output (f->session), ==, 1);
  g_assert_nonnull (trouble (f->data, "trouble", "trouble_text"));
  select_text (child (f->data, "value1"), "hare");
  settle (f);
  g_assert_null (trouble (f->data, "trouble", "trouble_text"));
  g_assert_true (may_start (f));
  g_remove (us_learnt_get_path (learnt));
  g_remove (path);
}

/* Noise that these values cannot have is told beside the noise. */
static void
test_noise (Fixture       *f,
            gconstpointer  data)
{
  choose (f, "linear-gaussian", POSTERIOR);
  g_assert_true (may_start (f));
  adw_combo_row_set_selected (child (f->group, "noise_row"), 2);
  settle (f);
  g_assert_nonnull (trouble (f->group, "noise_trouble_box", "noise_trouble"));
  g_assert_nonnull (strstr (trouble (f->group, "noise_trouble_box", "noise_trouble"), "below zero"));
  g_assert_null (trouble (f->group, "task_trouble_box", "task_trouble"));
  g_assert_false (may_start (f));

  /* counts by day may have all of it */
  choose (f, "sir", QUANTITIES);
  gtk_switch_set_active (child (f->group, "reporting"), TRUE);
  gtk_switch_set_active (child (f->group, "weekday"), TRUE);
  settle (f);
  g_assert_null (trouble (f->group, "noise_trouble_box", "noise_trouble"));
  train (f);
  g_assert_nonnull (us_learnt_get_predictor (us_session_get_learnt (f->session)));
  g_assert_nonnull (g_strrstr (us_predictor_record (us_learnt_get_predictor (us_session_get_learnt (f->session)))->simulators[0],
                               "+reporting+weekday+negative-binomial"));
  g_remove (us_learnt_get_path (us_session_get_learnt (f->session)));
}

/* Pictures have no times: said, and only of what cannot be. */
static void
test_picture (Fixture       *f,
              gconstpointer  data)
{
  choose (f, "fourier", FORECAST);
  g_assert_nonnull (trouble (f->group, "task_trouble_box", "task_trouble"));
  g_assert_nonnull (strstr (trouble (f->group, "task_trouble_box", "task_trouble"), "picture"));
  g_assert_false (may_start (f));
  choose (f, "fourier", POSTERIOR);
  g_assert_null (trouble (f->group, "task_trouble_box", "task_trouble"));
  g_assert_true (may_start (f));
}

static void
test_forecast (Fixture       *f,
               gconstpointer  data)
{
  g_autofree char *path = write_data ("yeast.csv", yeast);
  UsPredictor *predictor;

  choose (f, "growth-logistic", FORECAST);
  open_data (f, path);
  /* a quarter of the time that was measured, unless said otherwise */
  g_assert_cmpfloat (gtk_spin_button_get_value (child (f->group, "horizon")), ==, 2.25);
  gtk_spin_button_set_value (child (f->group, "horizon"), 3);
  settle (f);
  train (f);
  predictor = us_learnt_get_predictor (us_session_get_learnt (f->session));
  g_assert_nonnull (predictor);
  g_assert_null (us_learnt_get_posterior (us_session_get_learnt (f->session)));
  g_assert_cmpstr (us_predictor_record (predictor)->task, ==, "forecast");
  g_assert_cmpfloat (us_predictor_record (predictor)->horizon, ==, 3);
  g_assert_cmpuint (us_predictor_n_values (predictor), ==, 10);
  g_assert_true (us_predictor_is_file (us_learnt_get_path (us_session_get_learnt (f->session))));
  g_remove (us_learnt_get_path (us_session_get_learnt (f->session)));
  g_remove (path);
}

static GtkWidget *
check_of (GtkWidget  *row,
          const char *title)
{
  GtkWidget *label = fixture_find_label (row, title);

  g_assert_nonnull (label);
  return fixture_find (gtk_widget_get_ancestor (label, ADW_TYPE_ACTION_ROW), GTK_TYPE_CHECK_BUTTON);
}

static void
test_selection (Fixture       *f,
                gconstpointer  data)
{
  g_autofree char *path = write_data ("growth.csv", yeast);
  g_autoptr(GPtrArray) checks = NULL;
  UsPredictor *predictor;

  choose (f, "growth-logistic", SELECTION);
  open_data (f, path);
  /* the growth laws share an output, decays do not */
  g_assert_null (fixture_find_label (child (f->group, "others_row"), "Decay"));
  checks = fixture_all_of (child (f->group, "others_row"), GTK_TYPE_CHECK_BUTTON);
  g_assert_cmpuint (checks->len, ==, 4);
  for (guint i = 0; i < checks->len; i++)
    gtk_check_button_set_active (checks->pdata[i], FALSE);
  settle (f);
  g_assert_nonnull (trouble (f->group, "task_trouble_box", "task_trouble"));
  g_assert_false (may_start (f));
  gtk_check_button_set_active (GTK_CHECK_BUTTON (check_of (child (f->group, "others_row"), "Gompertz")), TRUE);
  settle (f);
  train (f);
  predictor = us_learnt_get_predictor (us_session_get_learnt (f->session));
  g_assert_nonnull (predictor);
  g_assert_cmpstr (us_predictor_record (predictor)->task, ==, "selection");
  g_assert_cmpuint (us_predictor_head (predictor)->n_targets, ==, 2);
  g_remove (us_learnt_get_path (us_session_get_learnt (f->session)));
  g_remove (path);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GError) error = NULL;
  int result;

  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_resources_register (us_get_resource ());
  folder = g_dir_make_tmp ("us-mechanism-XXXXXX", &error);
  g_assert_no_error (error);
#define ADD(name, func) g_test_add ("/mechanism-train/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("posterior", test_posterior);
  ADD ("stop", test_stop);
  ADD ("close", test_close);
  ADD ("failure", test_failure);
  ADD ("bad-cell", test_bad_cell);
  ADD ("choices", test_choices);
  ADD ("years", test_years);
  ADD ("noise", test_noise);
  ADD ("picture", test_picture);
  ADD ("forecast", test_forecast);
  ADD ("selection", test_selection);
#undef ADD
  result = g_test_run ();
  g_rmdir (folder);
  g_free (folder);
  return result;
}
