/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench-slider [SECONDS [MODEL]]: a slider moved at 60 Hz, with and without training at work; one JSON
 * object a line, in the words of `understudy-cli benchmark --json`.  Run it inside run-ui on a quiet machine. */
#include "config.h"

#include "us-explore-page.h"
#include "us-resources.h"
#include "../slider-hand.h"
#include "../ui-fixture.h"

static gboolean
has_model (gpointer data)
{
  return us_session_get_model (data) != NULL;
}

static void
print_report (const char         *variant,
              guint               threads,
              const SliderReport *report)
{
  g_print ("{\"bench\":\"slider\",\"variant\":\"%s\",\"threads\":%u,\"batch\":1,\"ms\":%.3f,\"ms_p99\":%.3f,\"ms_max\":%.3f,"
           "\"n\":%u,\"frames\":%u,\"frame_cpu_ms\":%.3f,\"frame_cpu_ms_max\":%.3f,\"frame_wall_ms_max\":%.3f,\"turn_cpu_ms_max\":%.3f}\n",
           variant, threads, report->latency.median_ms, report->latency.p99_ms, report->latency.max_ms,
           report->latency.n, report->n_frames, report->frame_cpu_ms, report->frame_cpu_max_ms, report->frame_wall_ms, report->turn_cpu_ms);
}

int
main (int   argc,
      char *argv[])
{
  double seconds = argc > 1 ? g_ascii_strtod (argv[1], NULL) : 10;
  g_autoptr(UsSession) session = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *folder = NULL, *path = NULL;
  UsExplorePage *page;
  GtkWidget *window;
  SliderReport report;

  gtk_init ();
  adw_init ();
  g_resources_register (us_get_resource ());
  slider_hand_load_style ();
  session = us_session_new ();
  if (argc > 2 && !fixture_open (session, argv[2], &error))
    {
      g_printerr ("bench-slider: %s\n", error->message);
      return 1;
    }
  folder = g_dir_make_tmp ("us-bench-XXXXXX", NULL);
  path = g_build_filename (folder, "run.safetensors", NULL);
  page = g_object_new (US_TYPE_EXPLORE_PAGE, "session", session, NULL);
  window = gtk_window_new ();
  gtk_window_set_default_size (GTK_WINDOW (window), 1280, 800);
  gtk_window_set_child (GTK_WINDOW (window), GTK_WIDGET (page));
  gtk_window_present (GTK_WINDOW (window));

  for (guint workers = 0; workers <= 2; workers++)
    {
      g_autofree char *variant = workers == 0 ? g_strdup ("idle") : g_strdup_printf ("training-%u", workers);
      UsTrainerConfig config = { .prior = us_session_get_prior (session), .minutes = 60, .seed = 3,
                                 .preset = us_preset_find ("best", NULL), .n_workers = workers, .niceness = 10,
                                 .path = path };

      if (workers == 0 && argc <= 2)
        continue;
      if (workers > 0)
        {
          us_session_start_training (session, &config);
          /* The model that was opened stays on the sliders. */
          us_session_set_follows_training (session, argc <= 2);
          if (!fixture_wait (has_model, session, 60))
            return 1;
        }
      fixture_run_for (1);
      slider_hand_run (page, seconds, &report);
      print_report (variant, workers, &report);
    }
  us_session_shutdown (session);
  gtk_window_destroy (GTK_WINDOW (window));
  fixture_remove (g_strdup (path));
  return 0;
}
