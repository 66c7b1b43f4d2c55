/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pointer over the data: which simulation a line is, and the one that a click pins. */
#include "config.h"

#include "us-attribution-page-private.h"

#include "us-attribution-tables.h"
#include "us-chart-private.h"

#include <math.h>

#define NEAR 14.0               /* pixels from a line at which it is meant */

/* The match whose line is nearest, or -1. */
static gssize
match_under (UsAttributionPage *self,
             UsChart           *chart,
             double             x,
             double             y)
{
  UsPlotFrame *frame = self->answer != NULL && self->plots != NULL ? us_chart_get_frame (chart) : NULL;
  UsPlotHit hits[US_ATTRIBUTED_SHADES + 2];
  double nearest = NEAR;
  gssize found = -1;
  guint n;

  if (frame == NULL)
    return -1;
  n = us_plot_frame_find (frame, x, y, G_N_ELEMENTS (hits), hits);
  for (guint i = 0; i < n; i++)
    {
      double distance = hypot (hits[i].px - x, hits[i].py - y);
      gssize match = us_attributed_match_at (self->answer, 0, hits[i].layer, hits[i].index);

      if (match >= 0 && distance < nearest)
        {
          nearest = distance;
          found = match;
        }
    }
  return found;
}

static void
on_hover_cb (GtkEventControllerMotion *motion,
             double                    x,
             double                    y,
             UsAttributionPage        *self)
{
  UsChart *chart = US_CHART (gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (motion)));
  gssize match = match_under (self, chart, x, y);
  g_autofree char *words = NULL;

  if (match < 0)
    match = self->pinned;
  if (match < 0)
    return;
  words = us_attribution_words_match (self->answer, (gsize) match);
  us_read_out_set_text (self->hovered, words);
}

static void
on_leave_cb (UsAttributionPage *self)
{
  g_autofree char *words = NULL;

  if (self->answer == NULL || self->pinned < 0)
    return;
  words = us_attribution_words_match (self->answer, (gsize) self->pinned);
  us_read_out_set_text (self->hovered, words);
}

/* A click pins the line under it; on the pinned one, or beside all, it lets go. */
static void
on_released_cb (GtkGestureClick   *click,
                int                n_press,
                double             x,
                double             y,
                UsAttributionPage *self)
{
  UsChart *chart = US_CHART (gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (click)));
  gssize match = match_under (self, chart, x, y);

  if (n_press == 1)
    us_attribution_page_pin (self, match == self->pinned ? -1 : match);
}

void
us_attribution_pointer_watch (UsAttributionPage *self,
                              GtkWidget         *chart)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  g_signal_connect (motion, "motion", G_CALLBACK (on_hover_cb), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (on_leave_cb), self);
  gtk_widget_add_controller (chart, motion);
  g_signal_connect (click, "released", G_CALLBACK (on_released_cb), self);
  gtk_widget_add_controller (chart, GTK_EVENT_CONTROLLER (click));
}
