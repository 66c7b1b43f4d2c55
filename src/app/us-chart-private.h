/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "us-chart.h"
#include "us-screen-image.h"

G_BEGIN_DECLS

struct _UsChart
{
  GtkWidget parent_instance;

  /* children */
  GtkWidget      *menu_button;
  GtkWidget      *context_menu;

  /* owned */
  UsPlot         *plot;             /* never NULL: empty when none was given */
  char           *empty_message;
  char           *file_name;
  GtkFileChooserNative *chooser;    /* while it is open */
  char           *save_ending;      /* ".svg": what the open chooser is for */

  /* the view */
  UsPlotView      view;
  UsPlotView      drag_view;        /* as the pan began */
  gboolean        panning, banding;
  double          drag_x, drag_y, drag_to_x, drag_to_y;
  double          hover_x, hover_y; /* NaN: the pointer is elsewhere */

  /* cached */
  UsPlotFrame    *frame;            /* NULL: to be made */
  gboolean        frame_is_old;     /* to be made again */
  UsScreenImage  *image;            /* what is shown; NULL: to be painted */
  guint           describe_source;
};

/* Sets what is shown; an end beyond the whole is moved back, the whole itself becomes NaN. */
void us_chart_set_view      (UsChart          *self,
                             const UsPlotView *view);
/* The frame for the present plot, size and theme; NULL before the first allocation. */
UsPlotFrame *us_chart_get_frame (UsChart      *self);
/* Zooms both axes by factor (< 1: closer) about a point in pixels; beyond an axis only along it. */
void us_chart_zoom_at       (UsChart          *self,
                             double            x,
                             double            y,
                             double            factor);
/* Shifts what is shown by pixels. */
void us_chart_pan           (UsChart          *self,
                             const UsPlotView *from,
                             double            dx,
                             double            dy);

/* us-chart-input.c */
void us_chart_init_input    (UsChart          *self);
void us_chart_install_keys  (GtkWidgetClass   *widget_class);
/* us-chart-menu.c */
void us_chart_install_actions (GtkWidgetClass *widget_class);
void us_chart_init_menu     (UsChart          *self);
void us_chart_show_menu     (UsChart          *self,
                             double            x,
                             double            y);

G_END_DECLS
