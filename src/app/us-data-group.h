/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-learnt.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * UsDataGroup:
 *
 * The rows in which a file of measurements is chosen, and how it is read.  File and options stand in a UsLearnt, so that
 * all pages have the same; the file is read by a worker.  What is wrong with it stands below, in words.
 *
 * Signal "changed" (): other measurements, or none, or they cannot be read.
 */
#define US_TYPE_DATA_GROUP (us_data_group_get_type ())
G_DECLARE_FINAL_TYPE (UsDataGroup, us_data_group, US, DATA_GROUP, AdwBin)

/* Once. */
void                  us_data_group_set_learnt  (UsDataGroup    *self,
                                                 UsLearnt       *learnt);
/* What is measured, which says how many columns there are to choose; NULL: not known.  The simulators' own, borrowed. */
void                  us_data_group_set_output  (UsDataGroup    *self,
                                                 const UsOutput *output);
/* What was read; NULL: no file, or not yet, or not readable.  Borrowed until "changed". */
const UsMeasurements *us_data_group_get_series  (UsDataGroup    *self);
/* Keeps these measurements for a worker, until us_data_group_release (), which any thread may call; NULL: none. */
gpointer              us_data_group_hold        (UsDataGroup    *self);
void                  us_data_group_release     (gpointer        held);
/* There is a file, which is being read or was found wrong. */
gboolean              us_data_group_get_waiting (UsDataGroup    *self);
/* A worker is at the file. */
gboolean              us_data_group_get_reading (UsDataGroup    *self);
/* Closes the options of reading. */
void                  us_data_group_fold        (UsDataGroup    *self);
/* What the user of the series found wrong with it; NULL: nothing. */
void                  us_data_group_set_problem (UsDataGroup    *self,
                                                 const char     *text);

G_END_DECLS
