/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-json.h"

#include <math.h>

static void
set_name (JsonBuilder *builder,
          const char  *name)
{
  if (name != NULL)
    json_builder_set_member_name (builder, name);
}

void
us_json_number (JsonBuilder *builder,
                const char  *name,
                double       value)
{
  set_name (builder, name);
  if (isfinite (value))
    json_builder_add_double_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

void
us_json_numbers (JsonBuilder  *builder,
                 const char   *name,
                 const double *values,
                 gsize         n)
{
  set_name (builder, name);
  json_builder_begin_array (builder);
  for (gsize i = 0; i < n; i++)
    us_json_number (builder, NULL, values[i]);
  json_builder_end_array (builder);
}

void
us_json_matrix (JsonBuilder  *builder,
                const char   *name,
                const double *values,
                gsize         n)
{
  set_name (builder, name);
  json_builder_begin_array (builder);
  for (gsize i = 0; values != NULL && i < n; i++)
    us_json_numbers (builder, NULL, values + i * n, n);
  json_builder_end_array (builder);
}

void
us_json_text (JsonBuilder *builder,
              const char  *name,
              const char  *value)
{
  set_name (builder, name);
  json_builder_add_string_value (builder, value != NULL ? value : "");
}
