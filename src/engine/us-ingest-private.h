/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-csv.h"
#include "us-ingest.h"
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* H × W × C the output, N = H W C values. */

/* Where an observation is meant to go. */
typedef struct
{
  const UsSimulator *simulator;
  guint              index;         /* of the output */
  const UsOutput    *output;
  const char        *path;          /* for messages */
} UsIngestTarget;

/* An empty observation of the right size; note may be NULL. */
UsObservation *us_observation_alloc      (const UsIngestTarget *target);
/* Adds a clause to the note. */
void           us_observation_add_note   (UsObservation        *self,
                                          const char           *format,
                                          ...) G_GNUC_PRINTF (2, 3);
UsObservation *us_observation_from_image (const UsIngestTarget *target,
                                          GError              **error);
UsObservation *us_observation_from_npy   (const UsIngestTarget *target,
                                          gsize                 index,
                                          GError              **error);
UsObservation *us_observation_from_csv   (const UsIngestTarget *target,
                                          gsize                 index,
                                          GError              **error);
UsObservation *us_observation_from_json  (const UsIngestTarget *target,
                                          GBytes               *bytes,
                                          gsize                 index,
                                          GError              **error);
/* One JSON object, checked first to be text and nested no deeper than the parser can follow. */
JsonNode      *us_ingest_parse_json      (GBytes               *bytes,
                                          const char           *path,
                                          GError              **error);
/* One member of a file's "drawings"; index is for messages. */
UsObservation *us_observation_from_drawing (const UsIngestTarget *target,
                                          JsonObject           *drawing,
                                          gboolean              y_up,
                                          gsize                 index,
                                          GError              **error);
/* A table of x and one column for each channel of a series, by name or in order, units as the header
 * says; interpolated onto the output's points.  columns: of gsize, those that hold numbers. */
UsObservation *us_ingest_take_channels   (const UsIngestTarget *target,
                                          const UsCsv          *csv,
                                          const GArray         *columns,
                                          GError              **error);
/* Brings points (x right, y up, any units) into the field, keeping the shape: x over the
 * whole width, y centred at the same scale, then lower where it would leave the field
 * or, by the simulator's own fit, the prior.  In place.  Returns what was done. */
char          *us_ingest_fit_into_field  (const UsIngestTarget *target,
                                          gsize                 n_points,
                                          double               *xy);
/* A drawn curve at t_count abscissae, evenly from x_first: the mean of all crossings, linear
 * across gaps, level past the ends.  FALSE: it crosses none; y is 0. */
gboolean       us_ingest_sample_line     (gsize                 n_points,
                                          const double         *xy,
                                          double                x_first,
                                          double                x_step,
                                          gsize                 t_count,
                                          double               *y);           /* (t_count) */
/* A polyline in field units as the output; xy is copied. */
UsObservation *us_ingest_draw            (const UsIngestTarget *target,
                                          gsize                 n_points,
                                          const double         *xy,
                                          GError              **error);

G_END_DECLS
