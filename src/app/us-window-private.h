/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-window.h"

G_BEGIN_DECLS

/* Between us-window.c (structure, state) and us-window-files.c (files, questions). */

/* Installs new, open, save, save-as, open-recent and the drop of a file. */
void       us_window_files_init       (UsWindow   *self);
/* The session's unsaved or path has changed. */
void       us_window_files_update     (UsWindow   *self);
/* TRUE: nothing is in the way of closing.  FALSE: a question was put, and its answer closes. */
gboolean   us_window_files_may_close  (UsWindow   *self);
/* Shows the Simulator page and opens a set of pictures there. */
void       us_window_open_dataset     (UsWindow   *self,
                                       const char *path);
/* Reads a posterior or predictor, which becomes the session's, and shows what it says. */
void       us_window_open_network     (UsWindow   *self,
                                       const char *path);
/* Data are for such a network, not for a SimVAE model. */
gboolean   us_window_asks_network     (UsWindow   *self);
/* Data, not a model: the session's where a network is asked, else for the SimVAE model on Infer. */
void       us_window_open_data        (UsWindow   *self,
                                       const char *path);
/* In the menu of recent files. */
void       us_window_remember         (UsWindow   *self,
                                       const char *path);
void       us_window_complain         (UsWindow   *self,
                                       const char *title,
                                       const char *detail);
void       us_window_toast            (UsWindow   *self,
                                       const char *text);
GSettings *us_window_get_settings     (UsWindow   *self);            /* borrowed, or NULL */
void       us_window_set_recent       (UsWindow   *self,
                                       GMenuModel *menu);
/* Closes without a further question. */
void       us_window_close_now        (UsWindow   *self);

G_END_DECLS
