/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the page says is what the engine answers; it is kept over newer weights, and asked for only when seen. */
#include "config.h"

#include "us-canvas.h"
#include "us-chart.h"
#include "us-estimate-row.h"
#include "us-infer-page.h"
#include "us-infer-words.h"
#include "us-infer-worker.h"
#include "us-ingest-scale.h"
#include "us-resources.h"
#include "ui-fixture.h"

#include <math.h>

#define N 80

typedef struct
{
  GtkWidget  *window;
  UsInferPage *page;
  UsCanvas   *canvas;
  UsSession  *session;
} Fixture;

static char *fourier_file, *curve_file, *box_file;
/* Trained: the answers of one that was not may be outside of what the simulator accepts. */
static const char *rlc_file = US_TEST_SOURCE_ROOT "/data/models/rlc.safetensors";

static void
open_model (Fixture    *f,
            const char *path)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (fixture_open (f->session, path, &error));
  g_assert_no_error (error);
}

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  f->session = us_session_new ();
  f->window = gtk_window_new ();
  f->page = g_object_new (US_TYPE_INFER_PAGE, "session", f->session, NULL);
  gtk_window_set_default_size (GTK_WINDOW (f->window), 1200, 760);
  gtk_window_set_child (GTK_WINDOW (f->window), GTK_WIDGET (f->page));
  gtk_window_present (GTK_WINDOW (f->window));
  gtk_test_widget_wait_for_draw (f->window);
  open_model (f, data);
  f->canvas = US_CANVAS (fixture_find (GTK_WIDGET (f->page), US_TYPE_CANVAS));
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  fixture_close_page (f->session, f->page, f->window, 0);
}

static void
draw (Fixture *f,
      double   phase)
{
  double xy[2 * N];

  for (int i = 0; i < N; i++)
    {
      xy[2 * i] = (i + 0.5) / N;
      xy[2 * i + 1] = 0.4 * sin (2 * G_PI * xy[2 * i] + phase);
    }
  us_canvas_set_points (f->canvas, N, xy);
}

static gboolean
has_answer (gpointer data)
{
  return fixture_find_label (data, "each interval") != NULL;
}

/* What is read of the canvas; scaled: into the prior, and back. */
static UsInference *
ask_engine (Fixture  *f,
            gboolean  scaled)
{
  UsSimvae *model = us_session_get_model (f->session);
  g_autoptr(UsPlayer) player = us_player_new (model, 1, NULL);
  g_autoptr(UsObservation) observation = NULL;
  g_autofree double *xy = NULL;
  g_autoptr(GError) error = NULL;
  UsInference *inference;
  UsIngestScale scale;
  gsize n;

  xy = us_canvas_dup_points (f->canvas, &n);
  us_ingest_scale_find (&scale, us_simvae_prior (model), us_simvae_output (model), n, xy);
  if (scaled)
    us_ingest_scale_apply (&scale, n, xy);
  observation = us_observation_from_polyline (us_simvae_simulator (model), us_simvae_output (model), n, xy, &error);
  g_assert_no_error (error);
  inference = us_player_infer (player, observation->x, &error);
  g_assert_no_error (error);
  for (gsize p = 0; scaled && p < inference->n_parameters; p++)
    {
      inference->mean[p] = us_ingest_scale_undo (&scale, p, inference->mean[p]);
      inference->lower[p] = us_ingest_scale_undo (&scale, p, inference->lower[p]);
      inference->upper[p] = us_ingest_scale_undo (&scale, p, inference->upper[p]);
    }
  return inference;
}

static void
assert_shows (Fixture     *f,
              UsInference *inference)
{
  for (gsize p = 0; p < inference->n_parameters; p++)
    {
      g_autofree char *text = us_estimate_to_string (inference->mean[p], inference->lower[p], inference->upper[p]);

      g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), text));
    }
}

static void
test_answer (Fixture       *f,
             gconstpointer  data)
{
  UsInference *inference;
  GtkWidget *row;

  g_assert_false (has_answer (f->page));
  draw (f, 0);
  g_assert_true (fixture_wait (has_answer, f->page, 30));
  inference = ask_engine (f, TRUE);
  assert_shows (f, inference);
  us_inference_free (inference);

  /* The same model read again: rows stay, the drawing stays. */
  row = fixture_find (GTK_WIDGET (f->page), US_TYPE_ESTIMATE_ROW);
  open_model (f, data);
  fixture_run_for (0.2);
  g_assert_true (fixture_find (GTK_WIDGET (f->page), US_TYPE_ESTIMATE_ROW) == row);
  g_assert_cmpuint (us_canvas_n_points (f->canvas), ==, N);
  g_assert_true (has_answer (f->page));

  gtk_widget_activate_action (GTK_WIDGET (f->page), "infer.clear", NULL);
  fixture_run_for (0.2);
  g_assert_false (has_answer (f->page));
  gtk_widget_activate_action (GTK_WIDGET (f->page), "infer.undo", NULL);
  g_assert_true (fixture_wait (has_answer, f->page, 30));
}

static gboolean
says_read_as_it_stands (gpointer data)
{
  return fixture_find_label (data, "though the prior does not hold it") != NULL;
}

static gboolean
says_prior_holds (gpointer data)
{
  return fixture_find_label (data, "the prior holds it") != NULL;
}

/* A curve that the prior cannot hold is read smaller and said so; without the toggle as it stands. */
static void
test_scale (Fixture       *f,
            gconstpointer  data)
{
  GtkWidget *label, *toggle;
  UsInference *inference;
  double small[2 * N];

  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "beyond the prior is read smaller"));
  draw (f, 0.3);
  g_assert_true (fixture_wait (has_answer, f->page, 30));
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "of its height. Its b₁ is about 0.38, the prior ends at 0.25"));
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "% high"));
  inference = ask_engine (f, TRUE);
  assert_shows (f, inference);
  us_inference_free (inference);

  label = fixture_find_label (GTK_WIDGET (f->page), "_Scale drawing");
  g_assert_nonnull (label);
  toggle = gtk_widget_get_ancestor (label, GTK_TYPE_CHECK_BUTTON);
  gtk_check_button_set_active (GTK_CHECK_BUTTON (toggle), FALSE);
  g_assert_true (fixture_wait (says_read_as_it_stands, f->page, 30));
  g_assert_null (fixture_find_label (GTK_WIDGET (f->page), "% high"));
  inference = ask_engine (f, FALSE);
  assert_shows (f, inference);
  us_inference_free (inference);
  gtk_check_button_set_active (GTK_CHECK_BUTTON (toggle), TRUE);

  for (int i = 0; i < N; i++)
    {
      small[2 * i] = (i + 0.5) / N;
      small[2 * i + 1] = 0.1 * sin (2 * G_PI * small[2 * i]);
    }
  us_canvas_set_points (f->canvas, N, small);
  g_assert_true (fixture_wait (says_prior_holds, f->page, 30));
  inference = ask_engine (f, FALSE);
  assert_shows (f, inference);
  us_inference_free (inference);

  /* Where there is nothing to scale nothing is offered. */
  open_model (f, box_file);
  g_assert_false (gtk_widget_get_mapped (toggle));
}

/* The preview slot belongs to the page that is seen: newer weights are asked when it is shown again. */
static void
test_hidden (Fixture       *f,
             gconstpointer  data)
{
  UsInference *inference;

  draw (f, 0);
  g_assert_true (fixture_wait (has_answer, f->page, 30));
  gtk_widget_set_visible (GTK_WIDGET (f->page), FALSE);
  open_model (f, data);
  draw (f, 1);
  gtk_widget_set_visible (GTK_WIDGET (f->page), TRUE);
  fixture_run_for (0.5);
  inference = ask_engine (f, TRUE);
  assert_shows (f, inference);
  us_inference_free (inference);
}

/* The first chart that is seen. */
static UsChart *
find_chart (GtkWidget *root)
{
  UsChart *found = NULL;

  if (US_IS_CHART (root) && gtk_widget_get_mapped (root))
    return US_CHART (root);
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_chart (child);
  return found;
}

static void
take_letter (gpointer owner,
             gpointer letter)
{
  *(gpointer *) owner = letter;
}

/* Another kind of data: another field, nothing claimed; a series is drawn on too and shown as curves. */
static void
test_other_models (Fixture       *f,
                   gconstpointer  data)
{
  UsInference *inference;

  draw (f, 0);
  g_assert_true (fixture_wait (has_answer, f->page, 30));
  open_model (f, curve_file);
  g_assert_cmpuint (us_canvas_n_points (f->canvas), ==, 0);
  g_assert_false (has_answer (f->page));
  draw (f, 0);
  g_assert_true (fixture_wait (has_answer, f->page, 30));
  inference = ask_engine (f, TRUE);
  assert_shows (f, inference);
  us_inference_free (inference);
  g_assert_false (us_plot_is_empty (us_chart_get_plot (find_chart (GTK_WIDGET (f->page)))));

  open_model (f, box_file);
  g_assert_false (has_answer (f->page));
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "Drop a picture"));
  us_session_clear (f->session);
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "Nothing to infer with yet"));
}

static gboolean
is_read (gpointer data)
{
  return fixture_find_label (data, "Read in") != NULL;
}

static gboolean
has_complaint (gpointer data)
{
  return *(int *) data > 0;
}

static void
count_complaint (int *n)
{
  (*n)++;
}

/* A Bode plot cannot be drawn: it is dropped as a table, shown channel by channel, and what no data can
 * tell is said. */
static void
test_table (Fixture       *f,
            gconstpointer  data)
{
  g_autofree char *folder = g_dir_make_tmp ("us-infer-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "bode.csv", NULL);
  g_autofree char *bad_path = g_build_filename (folder, "bad.csv", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path), bad_file = g_file_new_for_path (bad_path);
  g_autoptr(GString) text = g_string_new ("f (kHz),gain,phase (deg)\n");
  GtkWidget *page = GTK_WIDGET (f->page);
  UsChart *chart;
  GtkWidget *words, *words_of_other;
  int n_complaints = 0;

  for (int i = 0; i < 200; i++)
    {
      double hz = 50 * pow (1e5, i / 199.0), x = 3 * (hz / 5000 - 5000 / hz);

      g_string_append_printf (text, "%.10g,%.10g,%.10g\n", hz / 1000, -10 * log10 (1 + x * x), -atan (x) * 180 / G_PI);
    }
  g_assert_true (g_file_set_contents (path, text->str, -1, NULL));
  g_assert_true (g_file_set_contents (bad_path, "f,gain,phase\n100,0,0\n1000,0,0\n", -1, NULL));

  g_assert_false (gtk_widget_get_mapped (GTK_WIDGET (f->canvas)));
  words = fixture_find_label (page, "Frequency (Hz), Gain (dB), Phase (rad)");
  g_assert_true (gtk_widget_get_mapped (words));
  g_assert_nonnull (strstr (gtk_label_get_label (GTK_LABEL (words)), "from 50.0 Hz to 5.00 MHz"));

  us_infer_page_open_file (f->page, file);
  g_assert_true (fixture_wait (is_read, page, 30));
  chart = find_chart (page);
  g_assert_cmpstr (us_plot_get_axis_label (us_chart_get_plot (chart), US_AXIS_Y), ==, "Gain");
  g_assert_cmpuint (us_plot_get_n_layers (us_chart_get_plot (chart)), ==, 3);
  g_assert_nonnull (strstr (us_plot_get_layer_name (us_chart_get_plot (chart), 1), "dB"));
  chart = US_CHART (gtk_widget_get_next_sibling (GTK_WIDGET (chart)));
  g_assert_cmpstr (us_plot_get_axis_label (us_chart_get_plot (chart), US_AXIS_Y), ==, "Phase");
  g_assert_nonnull (strstr (us_plot_get_layer_name (us_chart_get_plot (chart), 2), "rad"));
  g_assert_nonnull (fixture_find_label (page, "only f₀ and Q can be told"));
  g_assert_nonnull (fixture_find_label (page, "7 of them, spread over all"));
  /* what can be told, with how far: ± */
  g_assert_nonnull (fixture_find_label (page, " ± 0.0"));
  words_of_other = fixture_find_label (page, ": RMS ");
  g_assert_nonnull (words_of_other);
  g_assert_true (gtk_widget_get_mapped (words_of_other));
  g_assert_false (gtk_widget_get_mapped (words));

  /* Refused: the answer to what was read before stays. */
  g_signal_connect_swapped (f->session, "problem", G_CALLBACK (count_complaint), &n_complaints);
  us_infer_page_open_file (f->page, bad_file);
  g_assert_true (fixture_wait (has_complaint, &n_complaints, 30));
  g_assert_true (is_read (page));
  /* Cleared: the way to drop another. */
  gtk_widget_activate_action (page, "infer.clear", NULL);
  g_assert_true (gtk_widget_get_mapped (words));
  g_remove (path);
  g_remove (bad_path);
  g_rmdir (folder);
}

/* A worker that reads one circuit of the RLC model. */
typedef struct
{
  UsSimvae      *model;
  UsPreview     *preview;
  UsInferLetter *letter;        /* the newest */
  UsMailbox     *mailbox;
  UsInferWorker *worker;
} Circuit;

static const double circuit_theta[] = { 100, 10, 100 };

static void
circuit_set_up (Circuit       *f,
                gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  f->model = us_simvae_load (rlc_file, &error);
  g_assert_no_error (error);
  f->preview = us_preview_new ("test");
  f->mailbox = us_mailbox_new (&f->letter, take_letter, (GDestroyNotify) us_infer_letter_free);
  f->worker = us_infer_worker_new (f->preview, f->mailbox);
}

static void
circuit_tear_down (Circuit       *f,
                   gconstpointer  data)
{
  us_infer_worker_close (f->worker);
  us_mailbox_close (f->mailbox);
  us_preview_free (f->preview);
  g_clear_pointer (&f->letter, us_infer_letter_free);
  us_simvae_unref (f->model);
}

/* Waits for what is read of it. */
static const UsReading *
circuit_read (Circuit *f)
{
  const UsSimulator *simulator = us_simvae_simulator (f->model);
  float x[256];
  UsObservation observation = { .n_values = 256, .x = x, .origin = (char *) "", .note = (char *) "" };
  UsRng rng;

  g_clear_pointer (&f->letter, us_infer_letter_free);
  us_rng_init (&rng, 1, US_RNG_SIMULATOR, 0);
  g_assert_cmpint (simulator->run (simulator, circuit_theta, 0, &rng, x), ==, US_SIM_OK);
  us_infer_worker_repeat (f->worker, f->model, &observation);
  g_assert_true (fixture_wait (fixture_is_set, &f->letter, 20));
  g_assert_nonnull (f->letter->reading);
  return f->letter->reading;
}

/* The others of a class are equally good in the simulator, to rounding, and are not the same. */
static void
test_others (Circuit       *f,
             gconstpointer  data)
{
  const UsReading *reading = circuit_read (f);

  g_assert_cmpuint (reading->n_others, ==, 7);
  for (gsize k = 0; k < 7; k++)
    {
      for (gsize c = 0; c < 2; c++)
        g_assert_cmpfloat_with_epsilon (reading->others_rms[2 * k + c],
                                        us_reading_channel_rms (reading, c, reading->inference->simulated), 1e-4);
      g_assert_cmpfloat (fabs (log (reading->others[3 * k] / reading->inference->mean[0])), >, 1e-6);
    }
}

/* Only where it is asked for: the simulator has the last word, and the page's sentence says how far it is then. */
static void
test_refined (Circuit       *f,
              gconstpointer  data)
{
  const double *theta = circuit_theta, *z;
  g_autofree char *words = NULL;
  g_autofree char *runs = NULL;
  const UsReading *reading;

  g_assert_null (circuit_read (f)->refined);
  us_infer_worker_set_refine (f->worker, TRUE);
  reading = circuit_read (f);
  z = reading->refined;
  g_assert_nonnull (z);
  g_assert_cmpfloat (reading->rms_refined, <=, reading->inference->rms_simulator);
  /* what can be told of this circuit: L C and R² C / L */
  g_assert_cmpfloat_with_epsilon (z[1] * z[2] / (theta[1] * theta[2]), 1, 0.005);
  g_assert_cmpfloat_with_epsilon (z[0] * z[0] * z[2] / z[1] / (theta[0] * theta[0] * theta[2] / theta[1]), 1, 0.02);
  words = us_infer_words_refined (reading);
  runs = g_strdup_printf ("After %u runs", reading->n_runs);
  g_assert_nonnull (strstr (words, runs));
  g_assert_nonnull (strstr (words, "RMS"));
}

/* "61 ± 326" would reach below zero, where no resistance is. */
static void
test_ends (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (us_registry_find ("rlc", NULL));
  g_autoptr(GtkSizeGroup) names = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  g_autoptr(GtkSizeGroup) numbers = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  GtkWidget *row = g_object_ref_sink (us_estimate_row_new (prior, 0, names, numbers));

  us_estimate_row_set (US_ESTIMATE_ROW (row), 61.2, 13.14, 665);
  g_assert_nonnull (fixture_find_label (row, "61.2 (13.1 … 665) Ω"));
  us_estimate_row_set (US_ESTIMATE_ROW (row), 61.2, 60.1, 62.3);
  g_assert_nonnull (fixture_find_label (row, "61.2 ± 1.1 Ω"));
  us_estimate_row_set (US_ESTIMATE_ROW (row), NAN, NAN, NAN);
  g_assert_nonnull (fixture_find_label (row, "– Ω"));
  g_object_unref (row);
}

int
main (int   argc,
      char *argv[])
{
  int status;

  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_resources_register (us_get_resource ());
  fourier_file = fixture_model_file ("fourier", 0);
  curve_file = fixture_model_file ("fourier", 1);
  box_file = fixture_model_file ("box", 0);
#define ADD(path, data, function) g_test_add (path, Fixture, data, set_up, function, tear_down)
  ADD ("/infer-page/answer", fourier_file, test_answer);
  ADD ("/infer-page/scale", fourier_file, test_scale);
  ADD ("/infer-page/hidden", fourier_file, test_hidden);
  ADD ("/infer-page/other-models", fourier_file, test_other_models);
  ADD ("/infer-page/table", rlc_file, test_table);
  g_test_add ("/infer-page/others", Circuit, NULL, circuit_set_up, test_others, circuit_tear_down);
  g_test_add ("/infer-page/refined", Circuit, NULL, circuit_set_up, test_refined, circuit_tear_down);
  g_test_add_func ("/infer-page/ends", test_ends);
  status = g_test_run ();
  fixture_remove (fourier_file);
  fixture_remove (curve_file);
  fixture_remove (box_file);
  return status;
}
