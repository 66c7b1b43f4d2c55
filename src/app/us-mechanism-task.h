/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-attribution.h"
#include "us-predictor-task.h"

G_BEGIN_DECLS

/* What a predictor was trained on, made again from its record: to be compared with, fitted, asked anew.  Any thread. */

/* The priors of its simulators, in their order: of UsPrior.  Errors: US_FORMAT_ERROR_MISMATCH: it was trained on a table;
 * those of us_registry_find() and us_prior_from_json(). */
GPtrArray *us_mechanism_priors_new (const UsPredictor   *predictor,
                                    GError             **error);
/* What was simulated and asked.  Errors: those, and of us_task_new(); MISMATCH: it is not the same any more. */
UsTask    *us_mechanism_task_new   (const UsPredictor   *predictor,
                                    guint64              seed,
                                    GError             **error);
/* How unusual an observation x (V), NaN = not observed, is among n_rows simulations: by what the network sees in it and, where
 * there are not too many values, by these themselves.  NULL: see above, or cancelled. */
char      *us_mechanism_unusual    (const UsPredictor   *predictor,
                                    const float         *x,
                                    gsize                n_rows,
                                    UsAttributionProgress progress,
                                    gpointer             data,
                                    const gint          *cancelled,
                                    UsUsualLevel        *level,
                                    GError             **error);

G_END_DECLS
