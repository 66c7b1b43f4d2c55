/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "us-session.h"

G_BEGIN_DECLS

#define US_TYPE_WINDOW (us_window_get_type ())
G_DECLARE_FINAL_TYPE (UsWindow, us_window, US, WINDOW, AdwApplicationWindow)

/**
 * UsWindow:
 *
 * The window: header, pages, files, questions.  One session a window.
 */
UsWindow  *us_window_new                (GtkApplication *application);
UsSession *us_window_get_session        (UsWindow       *self);      /* borrowed */
/* Reads a model, opens a set of pictures (.npz) or data (us_window_is_data()); an error dialog tells what is wrong with the file, and the old model stays. */
void       us_window_open               (UsWindow       *self,
                                         GFile          *file);
/* By its name a table, to be read with the model that is open. */
gboolean   us_window_is_data            (GFile          *file);
/* The model that comes with the program, when it is there. */
void       us_window_open_shipped_model (UsWindow       *self);
/* Training runs or something is not saved. */
gboolean   us_window_is_busy            (UsWindow       *self);
/* "simulator", "train", "explore", "infer", "attribution", "evidence" */
void       us_window_show_page          (UsWindow       *self,
                                         const char     *page);

G_END_DECLS
