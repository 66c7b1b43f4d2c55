/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Members of the object that a builder is at; name NULL: elements of its array.  Any thread, one builder. */

/* What is not finite is null: JSON has no NaN. */
void us_json_number  (JsonBuilder *builder,
                      const char  *name,
                      double       value);
/* values: (n). */
void us_json_numbers (JsonBuilder  *builder,
                      const char   *name,
                      const double *values,
                      gsize         n);
/* values: (n, n), row by row; NULL: an empty array. */
void us_json_matrix  (JsonBuilder  *builder,
                      const char   *name,
                      const double *values,
                      gsize         n);
/* NULL: "". */
void us_json_text    (JsonBuilder *builder,
                      const char  *name,
                      const char  *value);

G_END_DECLS
