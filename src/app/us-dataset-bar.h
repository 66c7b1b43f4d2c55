/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * UsDatasetBar:
 *
 * Opens sets of pictures (us-dataset.h): a button that asks for a file, and
 * while one is unpacked by a worker, how far it is and a way to stop it.
 * The newest file wins.
 *
 * Signals:
 *  "opened" (pointer UsSimulator): a set can be used.
 *  "failed" (const char *what): one could not be opened, in words for a dialog.
 */
#define US_TYPE_DATASET_BAR (us_dataset_bar_get_type ())
G_DECLARE_FINAL_TYPE (UsDatasetBar, us_dataset_bar, US, DATASET_BAR, AdwBin)

void     us_dataset_bar_open    (UsDatasetBar *self,
                                 const char   *path);
void     us_dataset_bar_cancel  (UsDatasetBar *self);
gboolean us_dataset_bar_is_busy (UsDatasetBar *self);

G_END_DECLS
