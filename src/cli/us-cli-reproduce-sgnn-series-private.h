/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-cli-reproduce-sgnn-private.h"

G_BEGIN_DECLS

/* The measured series of part “series”, and how they are read.  T times. */

#define US_SGNN_MAX_CANDIDATES 3
#define US_SGNN_MAX_KNOWN      4

/* What others found. */
typedef struct
{
  const char *parameter;
  double      value;
} UsSgnnKnown;

typedef struct
{
  const char *id, *file, *title;
  const char *source;           /* who measured, and under which terms the numbers are */
  gboolean    shipped;          /* the numbers may stand beside the picture */
  const char *columns[3];       /* NULL-terminated */
  const char *where;
  double      origin;           /* taken off the times */
  double      latest;           /* times beyond are left out; 0: none */
  const char *candidates[US_SGNN_MAX_CANDIDATES];       /* NAME[:OUTPUT]+NOISE; the first is the one whose posterior is learnt */
  const char *priors[8];        /* NULL-terminated */
  UsSgnnKnown known[US_SGNN_MAX_KNOWN];
  const char *known_source;
  gsize       n_subjects;       /* further ones, all fitted; 0: none */
} UsSgnnSeries;

/* In the order of the page. */
const UsSgnnSeries *us_sgnn_series_list   (gsize                *n);
/* Among the shipped ones, or in the folder that was named; NULL: neither has it. */
char               *us_sgnn_series_find   (const UsSgnn         *self,
                                           const UsSgnnSeries   *of);
/* where: NULL, or rows of one subject; times as the simulators count them.  Errors: those of us_measurements_read(). */
UsMeasurements     *us_sgnn_series_read   (const UsSgnnSeries   *of,
                                           const char           *where,
                                           const char           *path,
                                           GError              **error);
/* "growth-logistic+normal" at the times of the data. */
char               *us_sgnn_series_id     (const char           *candidate,
                                           const UsMeasurements *data);

G_END_DECLS
