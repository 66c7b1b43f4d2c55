/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hand that moves sliders of an Explore page at 60 Hz, and what that costs the main thread. */
#pragma once

#include "us-explore-page.h"

#include <math.h>
#include <time.h>

typedef struct
{
  guint          n_frames;
  double         frame_cpu_ms;  /* median of "before-paint" to "after-paint", the thread's CPU time */
  double         frame_cpu_max_ms;      /* the longest: without a GPU, what GTK needs to paint */
  double         frame_wall_ms; /* the longest by the wall clock */
  double         turn_cpu_ms;   /* longest turn of the main loop between two polls without the painting, CPU time */
  UsLatencyStats latency;       /* from a value to its finished picture, wall clock */
} SliderReport;

typedef struct
{
  UsExplorePage *page;
  SliderReport  *report;
  double         paint_cpu, paint_wall;
  GArray        *frames;        /* of double, CPU ms */
  guint          n_moves, n_parameters;
} SliderHand;

static inline double
slider_hand_clock (clockid_t clock)
{
  struct timespec t;

  clock_gettime (clock, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* The poll function has no user data. */
static double slider_hand_turn_start, slider_hand_longest_turn;

static inline int
slider_hand_poll (GPollFD *fds,
                  guint    n,
                  int      timeout)
{
  double now = slider_hand_clock (CLOCK_THREAD_CPUTIME_ID);
  int result;

  slider_hand_longest_turn = MAX (slider_hand_longest_turn, now - slider_hand_turn_start);
  result = g_poll (fds, n, timeout);
  slider_hand_turn_start = slider_hand_clock (CLOCK_THREAD_CPUTIME_ID);
  return result;
}

static inline void
slider_hand_before_paint (SliderHand *hand)
{
  hand->paint_cpu = slider_hand_clock (CLOCK_THREAD_CPUTIME_ID);
  hand->paint_wall = slider_hand_clock (CLOCK_MONOTONIC);
}

static inline void
slider_hand_after_paint (SliderHand *hand)
{
  SliderReport *report = hand->report;
  double cpu = slider_hand_clock (CLOCK_THREAD_CPUTIME_ID) - hand->paint_cpu;

  /* The clock may have been in the middle of a frame when the hand began. */
  if (hand->paint_wall == 0)
    return;
  report->n_frames++;
  g_array_append_val (hand->frames, cpu);
  report->frame_cpu_max_ms = MAX (report->frame_cpu_max_ms, cpu);
  report->frame_wall_ms = MAX (report->frame_wall_ms, slider_hand_clock (CLOCK_MONOTONIC) - hand->paint_wall);
  slider_hand_turn_start += cpu;
}

static inline int
slider_hand_compare (gconstpointer a,
                     gconstpointer b)
{
  const double *x = a, *y = b;

  return (*x > *y) - (*x < *y);
}

static inline gboolean
slider_hand_move (gpointer data)
{
  SliderHand *hand = data;

  us_explore_page_set_value (hand->page, hand->n_moves / 40 % hand->n_parameters, 0.2 * sin (hand->n_moves * 0.15));
  hand->n_moves++;
  return G_SOURCE_CONTINUE;
}

/* What the application loads by itself; without it, shadows cost more than all else. */
static inline void
slider_hand_load_style (void)
{
  g_autoptr(GtkCssProvider) style = gtk_css_provider_new ();

  gtk_css_provider_load_from_resource (style, "/org/understudy/Understudy/style.css");
  gtk_style_context_add_provider_for_display (gdk_display_get_default (), GTK_STYLE_PROVIDER (style),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
}

/* The page is shown and has a model of the Fourier simulator. */
static inline void
slider_hand_run (UsExplorePage *page,
                 double         seconds,
                 SliderReport  *report)
{
  GMainContext *context = g_main_context_default ();
  GPollFunc poll = g_main_context_get_poll_func (context);
  GdkFrameClock *clock = gtk_widget_get_frame_clock (GTK_WIDGET (page));
  g_autoptr(GArray) frames = g_array_new (FALSE, FALSE, sizeof (double));
  SliderHand hand = { .page = page, .report = report, .frames = frames, .n_parameters = 11 };
  gulong before, after;
  guint id;

  *report = (SliderReport) { 0 };
  us_explore_page_reset_latency_stats (page);
  before = g_signal_connect_swapped (clock, "before-paint", G_CALLBACK (slider_hand_before_paint), &hand);
  after = g_signal_connect_swapped (clock, "after-paint", G_CALLBACK (slider_hand_after_paint), &hand);
  slider_hand_longest_turn = 0;
  slider_hand_turn_start = slider_hand_clock (CLOCK_THREAD_CPUTIME_ID);
  g_main_context_set_poll_func (context, slider_hand_poll);
  id = g_timeout_add (1000 / 60, slider_hand_move, &hand);
  for (gint64 end = g_get_monotonic_time () + seconds * G_USEC_PER_SEC; g_get_monotonic_time () < end; )
    g_main_context_iteration (context, TRUE);
  g_source_remove (id);
  g_main_context_set_poll_func (context, poll);
  g_signal_handler_disconnect (clock, before);
  g_signal_handler_disconnect (clock, after);
  report->turn_cpu_ms = slider_hand_longest_turn;
  g_array_sort (frames, slider_hand_compare);
  if (frames->len > 0)
    report->frame_cpu_ms = g_array_index (frames, double, frames->len / 2);
  us_explore_page_get_latency_stats (page, &report->latency);
}
