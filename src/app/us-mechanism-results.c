/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-mechanism-results.h"

#include "us-file.h"

#include <math.h>
#include <string.h>

UsMechanismResult *
us_mechanism_result_new (UsFindings *findings)
{
  UsMechanismResult *self = g_new0 (UsMechanismResult, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->findings = findings;
  return self;
}

UsMechanismResult *
us_mechanism_result_ref (UsMechanismResult *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
us_mechanism_result_unref (UsMechanismResult *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  us_findings_unref (self->findings);
  g_free (self->table);
  g_free (self->draws);
  g_free (self);
}

void
us_mechanism_pad_x (UsPlot         *plot,
                    const UsOutput *output,
                    double          last)
{
  double first = us_output_x (output, 0), room = 0.015 * (last - first);

  if (!output->x_logarithmic && last > first)
    us_plot_set_range (plot, US_AXIS_X, first - room, last + room);
}

void
us_mechanism_csv_number (GString *text,
                         double   value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (isfinite (value))
    g_string_append (text, us_dtoa (buffer, value));
}

void
us_mechanism_csv_text (GString    *text,
                       const char *value)
{
  if (strpbrk (value, ",;\"\n") == NULL)
    {
      g_string_append (text, value);
      return;
    }
  g_string_append_c (text, '"');
  for (; *value != '\0'; value++)
    g_string_append (text, *value == '"' ? "\"\"" : (char[2]) { *value, '\0' });
  g_string_append_c (text, '"');
}
