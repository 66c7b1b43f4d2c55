/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table whose columns are x and the channels of a series: a measured Bode plot. */
#include "config.h"

#include "us-ingest-private.h"

#include "us-error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* T points, C channels, M points of the table. */

/* Of a channel's range: data further out than that are in another unit. */
#define ROOM 0.5

typedef struct
{
  double x, y;
} Point;

/* What a header says: "Phase (deg)" is the word "phase" and the unit "deg". */
static void
split_header (const char  *header,
              char       **word,        /* folded, of letters and digits */
              char       **unit)        /* as it stands; NULL: none */
{
  g_autofree char *folded = g_utf8_casefold (header, -1);
  gsize end = strcspn (folded, "([/_ ");
  const char *rest = header + strcspn (header, "([/_ ");

  *word = g_strndup (folded, end);
  while (*rest != '\0' && strchr ("([/_ ", *rest) != NULL)
    rest++;
  *unit = g_strdup (rest);
  (*unit)[strcspn (*unit, ")]")] = '\0';
  g_strstrip (*unit);
  if (**unit == '\0')
    g_clear_pointer (unit, g_free);
}

/* How much one `unit` is of the wanted one; NaN: another kind of thing. */
static double
unit_factor (const char *unit,
             const char *wanted)
{
  static const struct { const char *unit, *wanted; double factor; } known[] = {
    { "deg", "rad", G_PI / 180 }, { "degree", "rad", G_PI / 180 }, { "degrees", "rad", G_PI / 180 },
    { "°", "rad", G_PI / 180 }, { "rad/s", "Hz", 1 / (2 * G_PI) }, { "radians", "rad", 1 },
    { "hertz", "Hz", 1 },
  };
  static const struct { const char *prefix; double factor; } prefixes[] = {
    { "p", 1e-12 }, { "n", 1e-9 }, { "u", 1e-6 }, { "µ", 1e-6 }, { "μ", 1e-6 }, { "m", 1e-3 },
    { "k", 1e3 }, { "K", 1e3 }, { "M", 1e6 }, { "G", 1e9 },
  };

  if (g_ascii_strcasecmp (unit, wanted) == 0)
    return 1;
  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_ascii_strcasecmp (unit, known[i].unit) == 0 && g_str_equal (wanted, known[i].wanted))
      return known[i].factor;
  for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (unit, prefixes[i].prefix) && *wanted != '\0' &&
        g_ascii_strcasecmp (unit + strlen (prefixes[i].prefix), wanted) == 0)
      return prefixes[i].factor;
  return NAN;
}

/* "f", "freq" and "frequency" are one; so are a channel's name and its label. */
static gboolean
means (const char *word,
       const char *name,
       gsize       shortest)
{
  g_autofree char *folded = g_utf8_casefold (name, -1);

  return strlen (word) >= shortest && g_str_has_prefix (folded, word);
}

/* "Frequency (Hz), Gain (dB), Phase (rad)" */
static char *
list_expected (const UsOutput *output)
{
  g_autoptr(GString) list = g_string_new (output->x_label);

  if (*output->x_unit != '\0')
    g_string_append_printf (list, " (%s)", output->x_unit);
  for (gsize c = 0; c < output->channels; c++)
    {
      const UsChannel *channel = &output->channel_info[c];

      g_string_append_printf (list, ", %s", channel->label);
      if (*channel->unit != '\0')
        g_string_append_printf (list, " (%s)", channel->unit);
    }
  return g_strdup (list->str);
}

/* chosen (1 + C): the columns of x and of the channels, by their names, else by their order. */
static gboolean
choose (const UsIngestTarget *target,
        const UsCsv          *csv,
        const GArray         *columns,          /* of gsize, those of numbers */
        gssize               *chosen,
        GError              **error)
{
  const UsOutput *output = target->output;
  gsize n = output->channels + 1, n_named = 0;
  g_autofree char *expected = list_expected (output);

  for (gsize i = 0; i < n; i++)
    chosen[i] = -1;
  for (guint k = 0; k < columns->len; k++)
    {
      gsize column = g_array_index (columns, gsize, k);
      g_autofree char *word = NULL, *unit = NULL;

      split_header (csv->names[column], &word, &unit);
      if (chosen[0] < 0 && (means (word, output->x_label, 1) || g_str_equal (word, "x")))
        chosen[0] = column;
      else
        for (gsize c = 1; c < n; c++)
          if (chosen[c] < 0 && (means (word, output->channel_info[c - 1].id, 3) ||
                                means (word, output->channel_info[c - 1].label, 3)))
            {
              chosen[c] = column;
              break;
            }
    }
  for (gsize i = 0; i < n; i++)
    n_named += chosen[i] >= 0;
  if (n_named == n)
    return TRUE;
  if (columns->len == n && n_named <= 1)
    {
      for (gsize i = 0; i < n; i++)
        chosen[i] = g_array_index (columns, gsize, i);
      return TRUE;
    }
  for (gsize i = 0; i < n; i++)
    if (chosen[i] < 0)
      {
        const char *label = i == 0 ? output->x_label : output->channel_info[i - 1].label;

        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                     "%s: no column “%s” among its %u columns of numbers; expected %s, so named or in this order",
                     target->path, label, columns->len, expected);
        break;
      }
  return FALSE;
}

/* What the numbers of a column are to be multiplied by; NaN with an error. */
static double
column_factor (const UsIngestTarget *target,
               const UsCsv          *csv,
               gsize                 column,
               const char           *wanted,
               UsObservation        *note,
               GError              **error)
{
  g_autofree char *word = NULL, *unit = NULL;
  double factor;

  split_header (csv->names[column], &word, &unit);
  if (unit == NULL)
    return 1;
  factor = unit_factor (unit, wanted);
  /* "gain measured" names no unit, "gain (V)" does. */
  if (isnan (factor) && strpbrk (csv->names[column], "([/") == NULL)
    return 1;
  if (isnan (factor))
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                 "%s, column %" G_GSIZE_FORMAT " (“%s”): “%s” cannot be read as “%s”", target->path, column + 1,
                 csv->names[column], unit, wanted);
  else if (factor != 1)
    us_observation_add_note (note, "“%s” taken as %s", csv->names[column], wanted);
  return factor;
}

static int
compare_points (const void *a,
                const void *b)
{
  const Point *p = a, *q = b;

  return (p->x > q->x) - (p->x < q->x);
}

/* Linear between the points, level past the ends. */
static double
interpolate (const Point *points,       /* (M), rising */
             gsize        m,
             double       x)
{
  gsize low = 0, high = m - 1;
  double width;

  if (x <= points[0].x)
    return points[0].y;
  if (x >= points[high].x)
    return points[high].y;
  while (high - low > 1)
    {
      gsize middle = (low + high) / 2;

      *(points[middle].x <= x ? &low : &high) = middle;
    }
  width = points[high].x - points[low].x;
  return width > 0 ? points[low].y + (points[high].y - points[low].y) * (x - points[low].x) / width : points[high].y;
}

static gboolean G_GNUC_PRINTF (6, 7)
refuse_cell (const UsIngestTarget *target,
             const UsCsv          *csv,
             gsize                 row,
             gsize                 column,
             GError              **error,
             const char           *format,
             ...)
{
  g_autofree char *reason = NULL;
  va_list arguments;

  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
               "%s, line %" G_GSIZE_FORMAT ", column %" G_GSIZE_FORMAT " (“%s”): %s", target->path,
               csv->first_line + row, column + 1, csv->names[column], reason);
  return FALSE;
}

/* The rows that have both, x as the output spaces it; points (n_rows). */
static gboolean
collect (const UsIngestTarget *target,
         const UsCsv          *csv,
         gsize                 c,
         gsize                 x_column,
         double                x_factor,
         gsize                 column,
         double                factor,
         Point                *points,
         gsize                *m,
         GError              **error)
{
  const UsOutput *output = target->output;
  const UsChannel *channel = &output->channel_info[c];
  double room = ROOM * (channel->upper - channel->lower);

  *m = 0;
  for (gsize i = 0; i < csv->n_rows; i++)
    {
      double x = x_factor * csv->values[i * csv->n_columns + x_column];
      double y = factor * csv->values[i * csv->n_columns + column];

      if (isnan (x) || isnan (y))
        continue;
      if (output->x_logarithmic && x <= 0)
        return refuse_cell (target, csv, i, x_column, error, "%g; expected more than 0", x);
      if (y < channel->lower - room || y > channel->upper + room)
        return refuse_cell (target, csv, i, column, error,
                            "%g; expected %.4g … %.4g %s. If it is in another unit, name that in the header", y,
                            channel->lower, channel->upper, channel->unit);
      points[(*m)++] = (Point) { output->x_logarithmic ? log (x) : x, y };
    }
  qsort (points, *m, sizeof *points, compare_points);
  return TRUE;
}

/* The table reaches both ends of the output, but for half a step. */
static gboolean
check_cover (const UsIngestTarget *target,
             const UsCsv          *csv,
             gsize                 x_column,
             const Point          *points,
             gsize                 m,
             GError              **error)
{
  const UsOutput *output = target->output;
  gboolean log_x = output->x_logarithmic;
  double first = log_x ? log (output->x_lower) : output->x_lower;
  double last = log_x ? log (output->x_upper) : output->x_upper;
  double half = (last - first) / MAX (output->height - 1, 1) / 2;

  if (m < 2)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                   "%s: %" G_GSIZE_FORMAT " rows with numbers; expected two or more", target->path, m);
      return FALSE;
    }
  if (points[0].x <= first + half && points[m - 1].x >= last - half)
    return TRUE;
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
               "%s, column %" G_GSIZE_FORMAT " (“%s”): covers %.4g … %.4g %s; expected %.4g … %.4g %s", target->path,
               x_column + 1, csv->names[x_column], log_x ? exp (points[0].x) : points[0].x,
               log_x ? exp (points[m - 1].x) : points[m - 1].x, output->x_unit, output->x_lower, output->x_upper,
               output->x_unit);
  return FALSE;
}

static gboolean
fill_channels (const UsIngestTarget *target,
               const UsCsv          *csv,
               const gssize         *chosen,    /* (1 + C) */
               UsObservation        *self,
               GError              **error)
{
  const UsOutput *output = target->output;
  gsize C = output->channels, m = 0;
  g_autofree Point *points = g_new (Point, csv->n_rows + 1);
  double x_factor = column_factor (target, csv, chosen[0], output->x_unit, self, error);

  if (isnan (x_factor))
    return FALSE;
  for (gsize c = 0; c < C; c++)
    {
      double factor = column_factor (target, csv, chosen[c + 1], output->channel_info[c].unit, self, error);

      if (isnan (factor) ||
          !collect (target, csv, c, chosen[0], x_factor, chosen[c + 1], factor, points, &m, error) ||
          !check_cover (target, csv, chosen[0], points, m, error))
        return FALSE;
      for (gsize t = 0; t < output->height; t++)
        {
          double x = us_output_x (output, t);

          self->x[t * C + c] = interpolate (points, m, output->x_logarithmic ? log (x) : x);
        }
    }
  us_observation_add_note (self, "interpolated from %" G_GSIZE_FORMAT " rows", m);
  return TRUE;
}

UsObservation *
us_ingest_take_channels (const UsIngestTarget *target,
                         const UsCsv          *csv,
                         const GArray         *columns,
                         GError              **error)
{
  g_autofree gssize *chosen = g_new (gssize, target->output->channels + 1);
  UsObservation *self;

  if (!choose (target, csv, columns, chosen, error))
    return NULL;
  self = us_observation_alloc (target);
  if (!fill_channels (target, csv, chosen, self, error))
    g_clear_pointer (&self, us_observation_free);
  return self;
}
