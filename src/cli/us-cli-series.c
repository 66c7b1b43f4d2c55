/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Measured series on the command line: how they are read, and a simulator at their times. */
#include "config.h"

#include "us-cli.h"
#include "us-series-setup.h"

#include <stdio.h>
#include <string.h>

void
us_cli_series_clear (UsCliSeries *self)
{
  g_free (self->time);
  g_free (self->where);
  g_strfreev (self->columns);
}

UsMeasurementsOptions
us_cli_series_options (const UsCliSeries *self)
{
  return (UsMeasurementsOptions) { .time = self->time, .values = (const char *const *) self->columns,
                                   .where = self->where, .sort = self->sort, .mask_bad = self->mask_bad,
                                   .from_zero = self->from_zero };
}

const UsSimulator *
us_cli_series_simulator (const UsCliSeries  *self,
                         const char         *id,
                         const char         *path,
                         gboolean            remark,
                         GError            **error)
{
  UsMeasurementsOptions options = us_cli_series_options (self);
  g_autoptr(UsMeasurements) series = NULL;

  if (memchr (id, '@', strcspn (id, "+")) != NULL)
    {
      us_cli_misused (error, "%s names times of its own: leave them out, or --data", id);
      return NULL;
    }
  series = us_measurements_read (path, &options, error);
  if (series == NULL)
    return NULL;
  for (char **text = series->remarks; remark && *text != NULL; text++)
    us_cli_series_remark (*text);
  return us_series_simulator (id, series, self->mask_bad, error);
}

void
us_cli_series_remark (const char *note)
{
  if (note != NULL)
    fprintf (stderr, "%s\n", note);
}
