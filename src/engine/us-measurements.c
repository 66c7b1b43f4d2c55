/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The door for measured series: what a table says, checked, with nothing dropped or filled in silence. */
#include "config.h"

#include "us-measurements.h"

#include "us-csv.h"
#include "us-error.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* T times, C value columns. */

/* One condition of `where`. */
typedef struct
{
  gsize  column;
  char  *wanted;
} Condition;

static void
clear_condition (gpointer data)
{
  g_free (((Condition *) data)->wanted);
}

static char *
list_columns (const UsCsv *csv)
{
  g_autoptr(GString) list = g_string_new (NULL);

  for (gsize c = 0; c < csv->n_columns; c++)
    g_string_append_printf (list, "%s“%s”", c > 0 ? ", " : "", csv->names[c]);
  return g_string_free (g_steal_pointer (&list), FALSE);
}

static gssize
find_column (const UsCsv *csv,
             const char  *name,
             GError     **error)
{
  gssize column = us_csv_column (csv, name);

  if (column < 0)
    {
      g_autofree char *list = list_columns (csv);

      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING, _("%s: no column “%s”; it has: %s"), csv->name,
                   name, list);
    }
  return column;
}

/* --- which rows -------------------------------------------------------------- */

/* "subject=3,arm=a"; NULL with an error. */
static GArray *
parse_where (const UsCsv *csv,
             const char  *where,
             GError     **error)
{
  g_autoptr(GArray) conditions = g_array_new (FALSE, FALSE, sizeof (Condition));
  g_auto(GStrv) parts = g_strsplit (where != NULL ? where : "", ",", -1);

  g_array_set_clear_func (conditions, clear_condition);
  for (char **part = parts; *part != NULL; part++)
    {
      char *equals = strchr (*part, '=');
      gssize column;
      Condition condition;

      if (equals == NULL)
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX,
                       _("“%s” does not say which rows; expected COLUMN=VALUE"), *part);
          return NULL;
        }
      *equals = '\0';
      column = find_column (csv, g_strstrip (*part), error);
      if (column < 0)
        return NULL;
      condition = (Condition) { column, g_strdup (g_strstrip (equals + 1)) };
      g_array_append_val (conditions, condition);
    }
  return g_steal_pointer (&conditions);
}

static gboolean
row_meets (const UsCsv  *csv,
           const GArray *conditions,
           gsize         row)
{
  for (guint i = 0; i < conditions->len; i++)
    {
      const Condition *c = &g_array_index (conditions, Condition, i);
      const char *text = csv->text[c->column] != NULL ? csv->text[c->column][row] : NULL;
      double value = csv->values[row * csv->n_columns + c->column];
      char *end;
      double wanted = g_ascii_strtod (c->wanted, &end);
      gboolean number = *c->wanted != '\0' && *end == '\0';

      if (text != NULL ? !g_str_equal (text, c->wanted) : !(number && value == wanted))
        return FALSE;
    }
  return TRUE;
}

/* The rows that are meant; (0) of gsize with an error. */
static GArray *
choose_rows (const UsCsv *csv,
             const char  *where,
             GError     **error)
{
  g_autoptr(GArray) conditions = parse_where (csv, where, error), rows = NULL;

  if (conditions == NULL)
    return NULL;
  rows = g_array_new (FALSE, FALSE, sizeof (gsize));
  for (gsize i = 0; i < csv->n_rows; i++)
    if (row_meets (csv, conditions, i))
      g_array_append_val (rows, i);
  if (rows->len > 0)
    return g_steal_pointer (&rows);
  if (conditions->len > 0)
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING, _("%s: no row with “%s” among its %zu"),
                 csv->name, where, csv->n_rows);
  else
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING, _("%s: a header and no row below it"), csv->name);
  return NULL;
}

/* --- which columns ----------------------------------------------------------- */

/* "Day", "time (h)", "week_no" … name a time. */
static gboolean
names_time (const char *name)
{
  static const char *const words[] = { "time", "times", "t", "day", "days", "hour", "hours", "h", "week", "weeks",
                                       "month", "months", "year", "years", "minute", "minutes", "min", "second",
                                       "seconds", "s", "date" };
  g_autofree char *folded = g_utf8_casefold (name, -1);

  folded[strcspn (folded, " ([_/")] = '\0';
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (folded, words[i]))
      return TRUE;
  return FALSE;
}

/* A number before a date: "day, date, cases" counts days itself. */
static gssize
choose_time (const UsCsv *csv,
             const char  *wanted,
             GError     **error)
{
  gssize first = -1, date = -1;

  if (wanted != NULL)
    return find_column (csv, wanted, error);
  for (gsize c = 0; c < csv->n_columns; c++)
    {
      if (csv->kinds[c] == US_CSV_DATE)
        date = date < 0 ? (gssize) c : date;
      else if (us_csv_means_numbers (csv, c) && names_time (csv->names[c]))
        return c;
      else if (us_csv_means_numbers (csv, c))
        first = first < 0 ? (gssize) c : first;
    }
  if (date >= 0 || first >= 0)
    return date >= 0 ? date : first;
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING, _("%s: no column of numbers or dates that could be the time"),
               csv->name);
  return -1;
}

static gboolean
named_in (const UsMeasurementsOptions *options,
          const char                  *name)
{
  g_auto(GStrv) parts = g_strsplit (options->where != NULL ? options->where : "", ",", -1);

  for (char **part = parts; *part != NULL; part++)
    {
      (*part)[strcspn (*part, "=")] = '\0';
      if (g_str_equal (g_strstrip (*part), name))
        return TRUE;
    }
  return FALSE;
}

/* The value columns, of gsize; those that conditions are about are not meant. */
static GArray *
choose_values (const UsCsv                 *csv,
               const UsMeasurementsOptions *options,
               gsize                        time,
               GError                     **error)
{
  g_autoptr(GArray) chosen = g_array_new (FALSE, FALSE, sizeof (gsize));

  for (const char *const *name = options->values; name != NULL && *name != NULL; name++)
    {
      gssize column = find_column (csv, *name, error);

      if (column < 0)
        return NULL;
      g_array_append_val (chosen, column);
    }
  for (gsize c = 0; options->values == NULL && c < csv->n_columns; c++)
    if (c != time && csv->kinds[c] != US_CSV_DATE && us_csv_means_numbers (csv, c) && !named_in (options, csv->names[c]))
      g_array_append_val (chosen, c);
  if (chosen->len > 0)
    return g_steal_pointer (&chosen);
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING, _("%s: no column of numbers beside the time “%s”"),
               csv->name, csv->names[time]);
  return NULL;
}

/* --- times ------------------------------------------------------------------- */

static int
compare_rows (gconstpointer a,
              gconstpointer b,
              gpointer      data)
{
  const double *times = data;
  double p = times[*(const gsize *) a], q = times[*(const gsize *) b];

  return (p > q) - (p < q);
}

static gboolean
refuse_time (const UsCsv *csv,
             gsize        row,
             gsize        column,
             const char  *reason,
             GError     **error)
{
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
               _("%s, line %zu, column %zu (“%s”): %s"), csv->name,
               csv->first_line + row, column + 1, csv->names[column], reason);
  return FALSE;
}

/* Fills self->times and lines from the rows, in order. */
static gboolean
take_times (UsMeasurements              *self,
            const UsCsv                 *csv,
            GArray                      *rows,
            gsize                        column,
            const UsMeasurementsOptions *options,
            GPtrArray                   *remarks,
            GError                     **error)
{
  g_autofree double *of_row = g_new (double, csv->n_rows);
  gboolean ordered = TRUE;

  for (gsize i = 0; i < csv->n_rows; i++)
    of_row[i] = csv->values[i * csv->n_columns + column];
  for (guint i = 0; i < rows->len; i++)
    {
      gsize row = g_array_index (rows, gsize, i);

      if (isnan (of_row[row]))
        return refuse_time (csv, row, column, _("the time is missing"), error);
      if (i > 0 && of_row[row] < of_row[g_array_index (rows, gsize, i - 1)] && !options->sort)
        {
          g_autofree char *reason = g_strdup_printf (_("time %g after %g; expected rising times. If the table holds several "
                                                       "subjects, choose one of them (subject=1); if the rows are "
                                                       "merely mixed, have them sorted"), of_row[row],
                                                     of_row[g_array_index (rows, gsize, i - 1)]);

          return refuse_time (csv, row, column, reason, error);
        }
      ordered = ordered && (i == 0 || of_row[row] >= of_row[g_array_index (rows, gsize, i - 1)]);
    }
  if (!ordered)
    {
      g_array_sort_with_data (rows, compare_rows, of_row);
      g_ptr_array_add (remarks, g_strdup (_("The rows were put in the order of their times.")));
    }
  for (guint i = 0; i < rows->len; i++)
    {
      gsize row = g_array_index (rows, gsize, i);

      self->times[i] = of_row[row];
      self->lines[i] = csv->first_line + row;
      if (i > 0 && self->times[i] == self->times[i - 1])
        {
          g_autofree char *reason = g_strdup_printf (_("time %g stands in line %zu already; expected each "
                                                       "once. If the table holds several subjects, choose one of them "
                                                       "(subject=1)"), of_row[row], self->lines[i - 1]);

          return refuse_time (csv, row, column, reason, error);
        }
    }
  return TRUE;
}

/* --- values ------------------------------------------------------------------ */

/* A cell of a column in which some other cell is no number, so that all stand as text; NaN: it is none. */
static double
parse_cell (const char *text)
{
  g_autofree char *copy = g_strstrip (g_strdup (text));
  char *comma = strchr (copy, ','), *end;
  double value;

  if (comma != NULL && strchr (copy, '.') == NULL)
    *comma = '.';
  value = g_ascii_strtod (copy, &end);
  return end != copy && *end == '\0' && isfinite (value) ? value : NAN;
}

/* Fills column c of self->values; text cells are refused or masked. */
static gboolean
take_column (UsMeasurements              *self,
             const UsCsv                 *csv,
             const GArray                *rows,
             gsize                        c,
             gsize                        column,
             const UsMeasurementsOptions *options,
             GPtrArray                   *remarks,
             GError                     **error)
{
  gsize missing = 0, masked = 0, first_missing = 0;

  for (guint i = 0; i < rows->len; i++)
    {
      gsize row = g_array_index (rows, gsize, i);
      double value = csv->values[row * csv->n_columns + column];
      const char *text = csv->text[column] != NULL ? csv->text[column][row] : NULL;
      gboolean wrong;

      if (isnan (value) && text != NULL)
        value = parse_cell (text);
      wrong = isnan (value) && text != NULL;
      if (wrong && !options->mask_bad)
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                       _("%s, line %zu, column %zu (“%s”): “%s” is not a number; "
                         "mend it, choose other columns, or have such cells taken as not observed"), csv->name,
                       csv->first_line + row, column + 1, csv->names[column], text);
          return FALSE;
        }
      masked += wrong;
      missing += isnan (value) && !wrong;
      if (isnan (value) && missing + masked == 1)
        first_missing = csv->first_line + row;
      self->values[i * self->n_columns + c] = value;
    }
  self->n_missing += missing + masked;
  if (missing + masked > 0)
    g_ptr_array_add (remarks, g_strdup_printf (_("“%s”: %zu of %u values are not there (the first in line %zu) "
                                                 "and count as not observed."), csv->names[column],
                                               missing + masked, rows->len, first_missing));
  if (masked > 0)
    g_ptr_array_add (remarks, g_strdup_printf (_("“%s”: %zu of them are not numbers."),
                                               csv->names[column], masked));
  return TRUE;
}

/* Calendar years, where a model begins at 0. */
static void
count_from_first (UsMeasurements *self,
                  GPtrArray      *remarks)
{
  double first = self->times[0];

  g_ptr_array_add (remarks, g_strdup_printf (_("The time is counted from the first one, %g."), first));
  for (gsize t = 0; t < self->n_times; t++)
    self->times[t] -= first;
}

static gboolean
fill (UsMeasurements              *self,
      const UsCsv                 *csv,
      GArray                      *rows,
      gsize                        time,
      const GArray                *columns,
      const UsMeasurementsOptions *options,
      GError                     **error)
{
  g_autoptr(GPtrArray) remarks = g_ptr_array_new_with_free_func (g_free);

  if (!take_times (self, csv, rows, time, options, remarks, error))
    return FALSE;
  if (csv->kinds[time] == US_CSV_DATE)
    g_ptr_array_add (remarks, g_strdup_printf (_("The time is days since the first date of “%s”."), csv->names[time]));
  if (options->from_zero)
    count_from_first (self, remarks);
  for (guint c = 0; c < columns->len; c++)
    if (!take_column (self, csv, rows, c, g_array_index (columns, gsize, c), options, remarks, error))
      return FALSE;
  if (rows->len < csv->n_rows)
    g_ptr_array_add (remarks, g_strdup_printf (_("%u of %zu rows were chosen (%s)."), rows->len,
                                               csv->n_rows, options->where));
  g_ptr_array_add (remarks, NULL);
  self->remarks = (char **) g_ptr_array_free (g_steal_pointer (&remarks), FALSE);
  return TRUE;
}

UsMeasurements *
us_measurements_read (const char                  *path,
                      const UsMeasurementsOptions *options,
                      GError                     **error)
{
  static const UsMeasurementsOptions none;
  g_autoptr(UsCsv) csv = us_csv_read_table (path, error);
  g_autoptr(GArray) rows = NULL, columns = NULL;
  g_autoptr(UsMeasurements) self = NULL;
  gssize time;

  options = options != NULL ? options : &none;
  if (csv == NULL)
    return NULL;
  time = choose_time (csv, options->time, error);
  if (time < 0)
    return NULL;
  if (csv->kinds[time] == US_CSV_TEXT && !us_csv_require_numbers (csv, time, error))
    return NULL;
  columns = choose_values (csv, options, time, error);
  rows = columns != NULL ? choose_rows (csv, options->where, error) : NULL;
  if (rows == NULL)
    return NULL;

  self = g_new0 (UsMeasurements, 1);
  self->n_times = rows->len;
  self->n_columns = columns->len;
  self->times = g_new (double, rows->len);
  self->lines = g_new (gsize, rows->len);
  self->values = g_new (double, rows->len * columns->len);
  self->time_name = g_strdup (csv->names[time]);
  self->names = g_new0 (char *, columns->len + 1);
  for (guint c = 0; c < columns->len; c++)
    self->names[c] = g_strdup (csv->names[g_array_index (columns, gsize, c)]);
  self->origin = g_path_get_basename (path);
  return fill (self, csv, rows, time, columns, options, error) ? g_steal_pointer (&self) : NULL;
}

void
us_measurements_free (UsMeasurements *self)
{
  if (self == NULL)
    return;
  g_free (self->times);
  g_free (self->values);
  g_free (self->time_name);
  g_strfreev (self->names);
  g_free (self->lines);
  g_free (self->origin);
  g_strfreev (self->remarks);
  g_free (self);
}
