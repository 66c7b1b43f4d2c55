/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simulator.h"

G_BEGIN_DECLS

/* N pictures, H height, W width, C channels, K factors of the file. */

/**
 * A published set of pictures as a simulator: an NPZ with `imgs` (N, H, W[, C])
 * uint8 or bool and `latents_values` (N, K) float, one row for each combination
 * of the factors' values, in any order, is opened as a table whose `run` looks
 * the picture up.  Parameters are the factors that vary; between the values of
 * the grid the nearest counts.  `latents_names` (K) names them, where it is
 * there; the layout of dSprites is known by its values.  `metadata` and other
 * members are never read, least of all unpickled.  Pictures of 0 and 1 (or 0
 * and 255) come out as 0 and 1, others as bytes / 255.
 *
 * The pictures are unpacked once, streamed, into a file of the user's cache
 * folder (one bit a value where that is enough), which is then mapped: no more
 * than a few megabytes of memory are taken.  The table lives as long as the
 * program.  Its id is "dataset:" and the absolute path; its version is made
 * from the contents, so that a model knows its own set again wherever it lies.
 */
#define US_DATASET_PREFIX "dataset:"

/* Called on the thread that opens, after each megabyte or so. */
typedef void (*UsDatasetProgress) (guint64  done,
                                   guint64  total,       /* pictures */
                                   gpointer data);

gboolean           us_dataset_is_id       (const char         *id);
/* Opens a file; at the first time that unpacks it, which may take a minute.
 * cancelled (or NULL): read atomically, non-zero ends with G_IO_ERROR_CANCELLED.
 * Any thread.  Errors: US_FORMAT_ERROR_* with file, member and what was expected;
 * G_IO_ERROR of the files, NO_SPACE before anything is written. */
const UsSimulator *us_dataset_open        (const char         *path,
                                           UsDatasetProgress   progress,
                                           gpointer            data,
                                           const gint         *cancelled,
                                           GError            **error);
/* The set of an id, by way of the monitor.  version 0: as it is now.  Otherwise only
 * the one with these contents: where the id says, among the sets that are open, beside
 * the file `beside` (or NULL), at the paths of UNDERSTUDY_DATASETS (files or folders,
 * colons between).  US_FORMAT_ERROR_MISSING, MISMATCH say what can be done. */
const UsSimulator *us_dataset_find        (const char         *id,
                                           guint               version,
                                           const char         *beside,
                                           GError            **error);
/* Told of what us_dataset_find and us_registry_find unpack.  Once, before there are threads. */
void               us_dataset_set_monitor (UsDatasetProgress   progress,
                                           gpointer            data,
                                           const gint         *cancelled);

G_END_DECLS
