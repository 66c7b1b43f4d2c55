/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The small parts under the pages: letter box, latency, thumbnails, layout, density. */
#include "config.h"

#include "us-adaptive-box.h"
#include "us-aspect-bin.h"
#include "us-density-view.h"
#include "us-draw-sheet.h"
#include "us-explore-lab.h"
#include "us-latency.h"
#include "us-mailbox.h"
#include "us-settings.h"
#include "us-thumbnail.h"
#include "ui-fixture.h"

#include <math.h>

/* ---- letter box ---- */

typedef struct
{
  int        read;              /* letters that came */
  int        last;
  gint       freed;             /* letters thrown away unread, atomic */
} Owner;

static Owner *free_counter;

static void
read_letter (gpointer owner,
             gpointer letter)
{
  Owner *self = owner;

  self->read++;
  self->last = *(int *) letter;
  g_free (letter);
}

static void
free_letter (gpointer letter)
{
  g_atomic_int_inc (&free_counter->freed);
  g_free (letter);
}

static gpointer
write_letters (gpointer data)
{
  for (int i = 1; i <= 1000; i++)
    us_mailbox_post (data, g_memdup2 (&i, sizeof i));
  return NULL;
}

static void
test_mailbox_newest (void)
{
  Owner owner = { 0 };
  UsMailbox *box = us_mailbox_new (&owner, read_letter, free_letter);

  free_counter = &owner;
  write_letters (box);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  /* Nobody read before all were written: one arrives, the last. */
  g_assert_cmpint (owner.read, ==, 1);
  g_assert_cmpint (owner.last, ==, 1000);
  g_assert_cmpint (owner.freed, ==, 999);
  us_mailbox_close (box);
}

static void
test_mailbox_thread (void)
{
  Owner owner = { 0 };
  UsMailbox *box = us_mailbox_new (&owner, read_letter, free_letter);
  GThread *thread;

  free_counter = &owner;
  thread = g_thread_new ("writer", write_letters, box);
  while (owner.last != 1000)
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);
  g_assert_cmpint (owner.read + owner.freed, ==, 1000);
  us_mailbox_close (box);
}

static void
test_mailbox_closed (void)
{
  Owner owner = { 0 };
  UsMailbox *box = us_mailbox_new (&owner, read_letter, free_letter);
  UsMailbox *worker = us_mailbox_ref (box);

  free_counter = &owner;
  us_mailbox_post (worker, g_new0 (int, 1));
  us_mailbox_close (box);
  us_mailbox_post (worker, g_new0 (int, 1));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpint (owner.read, ==, 0);
  g_assert_cmpint (owner.freed, ==, 2);
  us_mailbox_unref (worker);
}

/* ---- latency ---- */

static void
test_latency (void)
{
  g_autofree UsLatency *latency = g_new0 (UsLatency, 1);
  UsLatencyStats stats;

  us_latency_measure (latency, &stats);
  g_assert_cmpuint (stats.n, ==, 0);

  /* Wishes 1 and 2 were skipped: they waited for the picture of 3. */
  us_latency_ask (latency, 1, 1000);
  us_latency_ask (latency, 2, 5000);
  us_latency_ask (latency, 3, 9000);
  us_latency_ask (latency, 4, 10000);
  us_latency_answer (latency, 3, 11000);
  us_latency_measure (latency, &stats);
  g_assert_cmpuint (stats.n, ==, 3);
  g_assert_cmpfloat_with_epsilon (stats.max_ms, 10, 1e-6);
  g_assert_cmpfloat_with_epsilon (stats.median_ms, 6, 1e-6);

  /* An old picture answers nothing; 99 of 100 at 2 ms, one at 50: the 99th per cent is the worst. */
  us_latency_answer (latency, 2, 99000);
  us_latency_clear (latency);
  for (int i = 1; i <= 200; i++)
    {
      us_latency_ask (latency, i, i * 100000);
      us_latency_answer (latency, i, i * 100000 + (i % 50 == 0 ? 50000 : 2000));
    }
  us_latency_measure (latency, &stats);
  g_assert_cmpuint (stats.n, ==, 200);
  g_assert_cmpfloat_with_epsilon (stats.median_ms, 2, 1e-6);
  g_assert_cmpfloat_with_epsilon (stats.p99_ms, 50, 1e-6);
}

static void
test_latency_unanswered (void)
{
  g_autofree UsLatency *latency = g_new0 (UsLatency, 1);
  UsLatencyStats stats;

  for (int i = 1; i <= 3 * US_LATENCY_PENDING; i++)
    us_latency_ask (latency, i, i);
  us_latency_answer (latency, 3 * US_LATENCY_PENDING, 10000);
  us_latency_measure (latency, &stats);
  g_assert_cmpuint (stats.n, ==, US_LATENCY_PENDING);
}

/* ---- thumbnails ---- */

static void
test_thumbnail_series (void)
{
  const UsSimulator *fourier = us_registry_find ("fourier", NULL);
  gssize curve = us_simulator_output_index (fourier, "curve");
  const UsOutput *output = &fourier->outputs[curve];
  g_autofree float *x = g_new (float, us_output_n_values (output));
  g_autofree float *pixels = NULL;
  gsize height, width, channels, brightest = 0;

  us_thumbnail_size (output, &height, &width, &channels);
  g_assert_cmpuint (channels, ==, 1);
  pixels = g_new (float, height * width);

  /* A level line three quarters up: the brightest row of the middle column is there. */
  for (gsize t = 0; t < output->height; t++)
    x[t] = output->lower + 0.75 * (output->upper - output->lower);
  us_thumbnail_render (output, x, pixels);
  for (gsize i = 0; i < height; i++)
    if (pixels[i * width + width / 2] > pixels[brightest * width + width / 2])
      brightest = i;
  g_assert_cmpint (ABS ((int) brightest - (int) (2 + 0.25 * (height - 4))), <=, 1);
  g_assert_cmpfloat_with_epsilon (pixels[0], output->lower, 1e-6);
}

/* The row of a thumbnail whose pixel in a column is brightest. */
static gsize
brightest_row (const float *pixels,     /* (height, width) */
               gsize        height,
               gsize        width,
               gsize        column)
{
  gsize brightest = 0;

  for (gsize i = 0; i < height; i++)
    if (pixels[i * width + column] > pixels[brightest * width + column])
      brightest = i;
  return brightest;
}

/* A draw alone that hardly rises, and one that rises beyond its range, fill their pictures; points lie where they say. */
static void
test_thumbnail_alone (void)
{
  const UsSimulator *growth = us_registry_find ("growth-logistic@0,15,20", NULL);
  const UsOutput *output = &growth->outputs[0];
  g_autofree float *pixels = NULL;
  gsize height, width, channels;

  us_thumbnail_size (output, &height, &width, &channels);
  pixels = g_new (float, height * width);
  for (float top = 20; top < 20000; top *= 100)
    {
      const float x[] = { 0, 0.75f * top, top };

      us_thumbnail_render (output, x, pixels);
      g_assert_true (top > 1000 || brightest_row (pixels, height, width, width * 3 / 4) > height - 6);
      us_thumbnail_render_alone (output, x, pixels);
      g_assert_cmpint (ABS ((int) brightest_row (pixels, height, width, width * 3 / 4) - (int) height / 4), <=, 2);
      g_assert_cmpint (ABS ((int) brightest_row (pixels, height, width, width / 4) - (int) height * 3 / 4), <=, 2);
    }
}

/* ---- the lab of the Explore page ---- */

static void
test_lab_picture (void)
{
  g_autoptr(UsSimvae) model = fixture_model ("fourier", 0);
  g_autoptr(UsExploreLab) lab = us_explore_lab_new ();
  g_autoptr(UsPlayer) player = us_player_new (model, 1, NULL);
  const UsSimulator *simulator = us_simvae_simulator (model);
  gsize N = us_output_n_values (&simulator->outputs[0]);
  g_autofree float *decoded = g_new (float, N), *simulated = g_new (float, N);
  double theta[US_MAX_PARAMETERS], square = 0, largest = 0;
  g_autoptr(UsExplorePicture) picture = NULL;
  UsRng rng;

  us_rng_init (&rng, 5, US_RNG_TEST, 0);
  g_assert_true (us_prior_sample (us_simvae_prior (model), &rng, theta));
  picture = us_explore_lab_picture (lab, model, theta, 42);

  /* Decoder and simulator asked directly. */
  us_player_decode (player, 1, theta, decoded);
  g_assert_cmpint (simulator->run (simulator, theta, 0, &rng, simulated), ==, US_SIM_OK);
  for (gsize i = 0; i < N; i++)
    {
      double d = (double) decoded[i] - simulated[i];

      square += d * d;
      largest = MAX (largest, fabs (d));
      g_assert_cmpfloat (picture->decoded[i], ==, decoded[i]);
      g_assert_cmpfloat (picture->simulated[i], ==, simulated[i]);
      g_assert_cmpfloat_with_epsilon (picture->difference[i], d, 1e-6);
    }
  g_assert_cmpuint (picture->serial, ==, 42);
  g_assert_cmpfloat_with_epsilon (picture->rms, sqrt (square / N), 1e-9);
  g_assert_cmpfloat_with_epsilon (picture->largest, largest, 1e-9);
  g_assert_null (picture->refusal);
}

static void
test_lab_refusal (void)
{
  g_autoptr(UsSimvae) model = fixture_model ("box", 0);
  g_autoptr(UsExploreLab) lab = us_explore_lab_new ();
  const UsSimulator *simulator = us_simvae_simulator (model);
  double theta[US_MAX_PARAMETERS];
  g_autoptr(UsExplorePicture) picture = NULL;

  /* Every parameter at its upper end: the box leaves the field. */
  for (gsize i = 0; i < simulator->n_parameters; i++)
    {
      double lower;

      us_prior_range (us_simvae_prior (model), i, &lower, &theta[i]);
    }
  g_assert_false (simulator->accepts (simulator, theta));
  picture = us_explore_lab_picture (lab, model, theta, 1);
  g_assert_null (picture->simulated);
  g_assert_null (picture->difference);
  g_assert_nonnull (strstr (picture->refusal, simulator->constraint));
  g_assert_true (isfinite (picture->decoded[0]));
}

static void
test_lab_strips (void)
{
  g_autoptr(UsSimvae) model = fixture_model ("fourier", 0);
  g_autoptr(UsExploreLab) lab = us_explore_lab_new ();
  g_autoptr(UsExploreStrips) strips = NULL, with = NULL;
  double theta[US_MAX_PARAMETERS] = { 0 };
  gint cancelled = 1;

  strips = us_explore_lab_strips (lab, model, theta, 9, FALSE, NULL);
  g_assert_cmpfloat_with_epsilon (strips->ratio, 11 / 9.0, 1e-9);
  g_assert_false (us_plot_is_empty (strips->plot));
  with = us_explore_lab_strips (lab, model, theta, 9, TRUE, NULL);
  g_assert_cmpfloat_with_epsilon (with->ratio, 22 / 9.0, 1e-9);
  g_assert_null (us_explore_lab_strips (lab, model, theta, 9, FALSE, &cancelled));
}

/* ---- the sheet of draws ---- */

static void
test_sheet (void)
{
  const UsSimulator *fourier = us_registry_find ("fourier", NULL);
  g_autoptr(UsPrior) prior = us_prior_new_default (fourier);
  g_autoptr(UsDrawSheet) images = us_draw_sheet_new (prior, 0, 1, 2, 3, NULL);
  g_autoptr(UsDrawSheet) curves = us_draw_sheet_new (prior, 1, 1, 2, 3, NULL);
  gint cancelled = 1;

  g_assert_no_error (images->error);
  g_assert_cmpuint (images->n_draws, ==, 6);
  g_assert_cmpfloat (images->run_us, >=, 0);
  g_assert_false (us_plot_is_empty (images->plots[0]));
  g_assert_cmpuint (us_plot_get_n_layers (curves->plots[0]), ==, 6);
  g_assert_cmpuint (images->n_plots, ==, 1);
  g_assert_cmpuint (curves->n_plots, ==, 1);
  g_assert_null (us_draw_sheet_new (prior, 0, 1, 2, 3, &cancelled));
}

/* Channels that mean different things: a chart each, with its own unit and range, over the logarithm of x. */
static void
test_sheet_of_channels (void)
{
  const UsSimulator *rlc = us_registry_find ("rlc", NULL);
  g_autoptr(UsPrior) prior = us_prior_new_default (rlc);
  g_autoptr(UsDrawSheet) sheet = us_draw_sheet_new (prior, 0, 1, 2, 3, NULL);
  const char *labels[] = { "Gain", "Phase" };

  g_assert_no_error (sheet->error);
  g_assert_cmpuint (sheet->n_plots, ==, 2);
  for (gsize c = 0; c < 2; c++)
    {
      UsScale x, y;
      UsChannel channel = us_output_channel (&rlc->outputs[0], c);

      us_plot_get_full_scale (sheet->plots[c], US_AXIS_X, &x);
      us_plot_get_full_scale (sheet->plots[c], US_AXIS_Y, &y);
      g_assert_cmpuint (us_plot_get_n_layers (sheet->plots[c]), ==, 6);
      g_assert_cmpstr (us_plot_get_axis_label (sheet->plots[c], US_AXIS_Y), ==, labels[c]);
      g_assert_cmpint (x.kind, ==, US_SCALE_LOG);
      g_assert_cmpfloat_with_epsilon (x.lower, 50.0, 1e-9);
      g_assert_cmpfloat_with_epsilon (x.upper, 5e6, 1e-3);
      g_assert_cmpint (y.kind, ==, US_SCALE_LINEAR);
      g_assert_cmpfloat_with_epsilon (y.lower, channel.lower, 1e-9);
      g_assert_cmpfloat_with_epsilon (y.upper, channel.upper, 1e-9);
    }
}

static void
test_sheet_impossible (void)
{
  const UsSimulator *box = us_registry_find ("box", NULL);
  g_autofree UsDistribution *distributions = g_new (UsDistribution, box->n_parameters);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsPrior) prior = NULL;
  g_autoptr(UsDrawSheet) sheet = NULL;

  /* All at the upper bound: no draw can be accepted, which is said and not waited for. */
  for (gsize i = 0; i < box->n_parameters; i++)
    distributions[i] = (UsDistribution) { US_DISTRIBUTION_FIXED, box->parameters[i].upper, 0, 0 };
  prior = us_prior_new (box, distributions, &error);
  if (prior == NULL)
    {
      g_assert_nonnull (error);
      return;
    }
  sheet = us_draw_sheet_new (prior, 0, 1, 2, 3, NULL);
  g_assert_cmpuint (sheet->n_plots, ==, 0);
  g_assert_nonnull (sheet->error);
}

/* ---- layout ---- */

static GtkWidget *
block (int width,
       int height)
{
  GtkWidget *widget = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);

  gtk_widget_set_size_request (widget, width, height);
  return widget;
}

static void
test_adaptive_box (void)
{
  GtkWidget *start = block (100, 40), *end = block (150, 70);
  GtkWidget *box = g_object_ref_sink (g_object_new (US_TYPE_ADAPTIVE_BOX, "start", start, "end", end,
                                                    "threshold", 400, "start-width", 120,
                                                    "spacing", 10, NULL));
  int minimum, natural;

  gtk_widget_measure (box, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, &natural, NULL, NULL);
  g_assert_cmpint (minimum, ==, 150);
  g_assert_cmpint (natural, ==, 260);
  gtk_widget_measure (box, GTK_ORIENTATION_VERTICAL, 500, &minimum, NULL, NULL, NULL);
  g_assert_cmpint (minimum, ==, 70);
  gtk_widget_measure (box, GTK_ORIENTATION_VERTICAL, 300, &minimum, NULL, NULL, NULL);
  g_assert_cmpint (minimum, ==, 120);

  gtk_widget_measure (box, GTK_ORIENTATION_HORIZONTAL, -1, NULL, NULL, NULL, NULL);
  gtk_widget_size_allocate (box, &(GtkAllocation) { 0, 0, 500, 200 }, -1);
  g_assert_false (us_adaptive_box_get_stacked (US_ADAPTIVE_BOX (box)));
  g_assert_cmpint (gtk_widget_get_width (start), ==, 120);
  g_assert_cmpint (gtk_widget_get_width (end), ==, 370);
  gtk_widget_size_allocate (box, &(GtkAllocation) { 0, 0, 300, 200 }, -1);
  g_assert_true (us_adaptive_box_get_stacked (US_ADAPTIVE_BOX (box)));
  g_assert_cmpint (gtk_widget_get_width (start), ==, 300);
  g_assert_cmpint (gtk_widget_get_height (start), ==, 40);
  g_assert_cmpint (gtk_widget_get_height (end), ==, 150);

  /* Without one of the two the other has it all. */
  gtk_widget_set_visible (end, FALSE);
  gtk_widget_measure (box, GTK_ORIENTATION_VERTICAL, 500, &minimum, NULL, NULL, NULL);
  g_assert_cmpint (minimum, ==, 40);
  g_object_unref (box);
}

static void
test_aspect_bin (void)
{
  GtkWidget *bin = g_object_ref_sink (g_object_new (US_TYPE_ASPECT_BIN, "child", block (20, 10),
                                                    "ratio", 0.5, "max-height", 90, NULL));
  int minimum, natural;

  gtk_widget_measure (bin, GTK_ORIENTATION_VERTICAL, 100, &minimum, &natural, NULL, NULL);
  g_assert_cmpint (minimum, ==, 50);
  g_assert_cmpint (natural, ==, 50);
  gtk_widget_measure (bin, GTK_ORIENTATION_VERTICAL, 1000, &minimum, NULL, NULL, NULL);
  g_assert_cmpint (minimum, ==, 90);
  g_object_unref (bin);
}

/* Whether the area of a density is painted, half way up, at a share of the view's width. */
static gboolean
is_painted (GtkWidget *view,
            double     share)
{
  g_autoptr(GdkPaintable) paintable = gtk_widget_paintable_new (view);
  GtkSnapshot *snapshot = gtk_snapshot_new ();
  int width = gtk_widget_get_width (view), height = gtk_widget_get_height (view);
  g_autoptr(GskRenderNode) node = NULL;
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
  cairo_t *cr = cairo_create (surface);
  gboolean painted;

  gdk_paintable_snapshot (paintable, snapshot, width, height);
  node = gtk_snapshot_free_to_node (snapshot);
  gsk_render_node_draw (node, cr);
  cairo_surface_flush (surface);
  painted = cairo_image_surface_get_data (surface)[(height / 2) * cairo_image_surface_get_stride (surface)
                                                   + 4 * (int) (share * (width - 1)) + 3] != 0;
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  return painted;
}

/* A prior that is flat over decades is drawn flat, not as a spike at its lower end. */
static void
test_density (void)
{
  const UsSimulator *rlc = us_registry_find ("rlc", NULL);
  GtkWidget *window = gtk_window_new (), *view = g_object_new (US_TYPE_DENSITY_VIEW, NULL);
  const UsParameter *resistance = &rlc->parameters[0];
  UsDistribution bell = { US_DISTRIBUTION_LOG_NORMAL, 0, 0.3, 0 };
  UsDistribution flat = { US_DISTRIBUTION_UNIFORM, resistance->lower, resistance->upper, 0 };

  gtk_window_set_default_size (GTK_WINDOW (window), 200, 40);
  gtk_window_set_child (GTK_WINDOW (window), view);
  gtk_window_present (GTK_WINDOW (window));
  gtk_test_widget_wait_for_draw (window);

  g_assert_cmpint (resistance->prior.kind, ==, US_DISTRIBUTION_LOG_UNIFORM);
  us_density_view_set (US_DENSITY_VIEW (view), resistance, &resistance->prior);
  fixture_run_for (0.1);
  g_assert_true (is_painted (view, 0.15));
  g_assert_true (is_painted (view, 0.5));
  g_assert_true (is_painted (view, 0.85));
  g_assert_false (is_painted (view, 0.01));

  bell.a = 0.5 * (log (resistance->lower) + log (resistance->upper));
  us_density_view_set (US_DENSITY_VIEW (view), resistance, &bell);
  fixture_run_for (0.1);
  g_assert_true (is_painted (view, 0.5));
  g_assert_false (is_painted (view, 0.15));
  g_assert_false (is_painted (view, 0.85));

  us_density_view_set (US_DENSITY_VIEW (view), resistance, &flat);
  fixture_run_for (0.1);
  g_assert_true (is_painted (view, 0.15));
  g_assert_true (is_painted (view, 0.85));
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_settings (void)
{
  g_autoptr(GSettings) settings = us_settings_new ();

  /* The build folder's schema is found without being installed. */
  g_assert_nonnull (settings);
  g_assert_cmpint (g_settings_get_int (settings, "window-width"), ==, 1280);
}

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();

  g_test_add_func ("/app/mailbox/newest", test_mailbox_newest);
  g_test_add_func ("/app/mailbox/thread", test_mailbox_thread);
  g_test_add_func ("/app/mailbox/closed", test_mailbox_closed);
  g_test_add_func ("/app/latency", test_latency);
  g_test_add_func ("/app/latency/unanswered", test_latency_unanswered);
  g_test_add_func ("/app/thumbnail/series", test_thumbnail_series);
  g_test_add_func ("/app/thumbnail/alone", test_thumbnail_alone);
  g_test_add_func ("/app/explore-lab/picture", test_lab_picture);
  g_test_add_func ("/app/explore-lab/refusal", test_lab_refusal);
  g_test_add_func ("/app/explore-lab/strips", test_lab_strips);
  g_test_add_func ("/app/draw-sheet", test_sheet);
  g_test_add_func ("/app/draw-sheet/channels", test_sheet_of_channels);
  g_test_add_func ("/app/draw-sheet/impossible", test_sheet_impossible);
  g_test_add_func ("/app/adaptive-box", test_adaptive_box);
  g_test_add_func ("/app/aspect-bin", test_aspect_bin);
  g_test_add_func ("/app/density", test_density);
  g_test_add_func ("/app/settings", test_settings);
  return g_test_run ();
}
