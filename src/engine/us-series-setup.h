/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-measurements.h"
#include "us-prior.h"

G_BEGIN_DECLS

/* Mechanisms made ready for a measured series: what the terminal and the window do alike.  Any thread. */

/**
 * us_series_simulator:
 * @id: as us_registry_find() takes it, without times: "sir:incidence+poisson"
 * @mask_bad: counts below zero count as not observed
 *
 * The simulator run at the times at which something was observed: of one column the series is then complete.
 * Errors: US_FORMAT_ERROR_SYNTAX: @id names times of its own; SHAPE: nothing was observed; those of us_registry_find().
 */
const UsSimulator *us_series_simulator (const char           *id,
                                        const UsMeasurements *series,
                                        gboolean              mask_bad,
                                        GError              **error);

/**
 * us_series_prior:
 * @instance: made of @known's simulator, or another one
 *
 * The prior of an instance: of parameters that both have, by name, as @known has it where their bounds agree;
 * the others (those of noise) as they come.  Errors: those of us_prior_new().
 */
UsPrior           *us_series_prior     (const UsSimulator    *instance,
                                        const UsPrior        *known,
                                        GError              **error);

/* "understudy-cli … --prior …" of all that differs from the default prior; "" where nothing does. g_free. */
char              *us_series_prior_options (const UsPrior    *prior);

G_END_DECLS
