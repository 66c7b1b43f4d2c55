/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "us-attributor.h"
#include "us-measurements.h"
#include "us-posterior.h"
#include "us-predictor.h"

G_BEGIN_DECLS

#define US_TYPE_LEARNT (us_learnt_get_type ())
G_DECLARE_FINAL_TYPE (UsLearnt, us_learnt, US, LEARNT, GObject)

/**
 * UsLearnt:
 *
 * What was learnt from mechanisms, apart from SimVAE, and the measured series that it is asked about: a
 * posterior or a predictor (hidden quantities, forecast, choice of mechanism), one at a time, and one file of data.  The
 * session has one, all pages share it.  Networks are const: keep a reference, hand it to workers.  Main thread only.
 *
 * Signals:
 *  "network-changed" (): another posterior or predictor, or none; its simulations are forgotten.
 *  "attributor-changed" (): other simulations to compare the same posterior with, or none.
 *  "data-changed" (): other data, or the same read in another way, or none.
 */
UsLearnt    *us_learnt_new               (void);

/* At most one of them is not NULL; both borrowed. */
UsPosterior *us_learnt_get_posterior     (UsLearnt                    *self);
UsPredictor *us_learnt_get_predictor     (UsLearnt                    *self);
/* The file of the network, or NULL: it has none. */
const char  *us_learnt_get_path          (UsLearnt                    *self);
/* What it is called where it is shown: its file's name, or the mechanism's; NULL: no network.  g_free. */
char        *us_learnt_dup_name          (UsLearnt                    *self);
/* The simulations that the posterior is compared with, once a page has made or read them, so that no other
 * need do so again; forgotten with the network.  Borrowed, or NULL. */
UsAttributor *us_learnt_get_attributor   (UsLearnt                    *self);
void         us_learnt_set_attributor    (UsLearnt                    *self,
                                          UsAttributor                *attributor);
/* At most one is given; references are taken.  Opens that are under way are given up. */
void         us_learnt_set_network       (UsLearnt                    *self,
                                          UsPosterior                 *posterior,
                                          UsPredictor                 *predictor,
                                          const char                  *path);

/* Is this a file of a posterior or predictor?  Reads its head only; any thread. */
gboolean     us_learnt_is_file           (const char                  *path);
/* Reads a posterior or predictor on a worker; on success it is the network.  On failure nothing changes.  The newest call
 * wins: an older one finishes with G_IO_ERROR_CANCELLED. */
void         us_learnt_open_async        (UsLearnt                    *self,
                                          const char                  *path,
                                          GAsyncReadyCallback          callback,
                                          gpointer                     data);
gboolean     us_learnt_open_finish       (UsLearnt                    *self,
                                          GAsyncResult                *result,
                                          GError                     **error);

/* The file of data, NULL: none.  It is read by who shows it, with us_posterior_read_data () or us_measurements_read (). */
const char  *us_learnt_get_data          (UsLearnt                    *self);
/* How it is to be read; strings are borrowed until the next change. */
const UsMeasurementsOptions *us_learnt_get_data_options (UsLearnt     *self);
/* options NULL: as it comes.  Both are copied. */
void         us_learnt_set_data          (UsLearnt                    *self,
                                          const char                  *path,
                                          const UsMeasurementsOptions *options);

/* For workers: a deep copy of its own; NULL for NULL. */
UsMeasurementsOptions *us_measurements_options_copy (const UsMeasurementsOptions *options);
void                   us_measurements_options_free (UsMeasurementsOptions       *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsMeasurementsOptions, us_measurements_options_free)

G_END_DECLS
