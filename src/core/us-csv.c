/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-csv.h"

#include "us-csv-cell.h"
#include "us-error.h"
#include "us-file.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* What is beyond these is not a table of numbers made by an instrument. */
#define MAX_FILE_BYTES (G_GUINT64_CONSTANT (1) << 30)
#define MAX_COLUMNS 65536
#define MAX_FIELD 4096
#define MAX_SHOWN 40            /* characters of a cell in a message */
#define FLUSH_BYTES 65536

/* Of text a table may hold: */
#define MAX_TEXT_CELLS ((gsize) 16 << 20)
#define MAX_TEXT_BYTES ((gsize) 64 << 20)       /* of different strings */

struct _UsCsvColumn
{
  gboolean     seen;            /* a cell that is not missing */
  UsCsvKind    meant;           /* what the first of them is */
  double       origin;          /* of dates: the first */
  UsCsvDecimal decimal;
  gsize        bad_line;        /* where it is no longer what it is meant to be; 0: nowhere */
  UsCsvCell    bad;
  char        *bad_text;
};

typedef struct
{
  const char *name;             /* of the file, for messages */
  const char *at, *end;
  gsize       line;             /* of the file, from 1 */
  char        separator;
  GString    *field;            /* the last one read, without spaces around */
  gboolean    quoted;
} Reader;

void
us_csv_free (UsCsv *self)
{
  if (self == NULL)
    return;
  for (gsize c = 0; c < self->n_columns; c++)
    {
      if (self->text != NULL)
        g_free (self->text[c]);
      if (self->columns != NULL)
        g_free (self->columns[c].bad_text);
    }
  g_clear_pointer (&self->strings, g_string_chunk_free);
  g_strfreev (self->names);
  g_free (self->text);
  g_free (self->columns);
  g_free (self->kinds);
  g_free (self->name);
  g_free (self->values);
  g_free (self);
}

gssize
us_csv_column (const UsCsv *self,
               const char  *name)
{
  for (gsize c = 0; c < self->n_columns; c++)
    if (g_str_equal (self->names[c], name))
      return (gssize) c;
  return -1;
}

static gboolean G_GNUC_PRINTF (4, 5)
refuse (const Reader  *reader,
        UsFormatError  code,
        GError       **error,
        const char    *format,
        ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, US_FORMAT_ERROR, code, "%s, line %" G_GSIZE_FORMAT ": %s", reader->name, reader->line, text);
  return FALSE;
}

/* --- fields ---------------------------------------------------------------- */

static void
strip (GString *field)
{
  gsize spaces = 0;

  while (field->len > 0 && g_ascii_isspace (field->str[field->len - 1]))
    g_string_truncate (field, field->len - 1);
  while (g_ascii_isspace (field->str[spaces]))
    spaces++;
  g_string_erase (field, 0, (gssize) spaces);
}

/* Reads what stands between quotes; the first has been read. */
static gboolean
read_quoted (Reader    *reader,
             GError   **error)
{
  while (reader->at < reader->end)
    {
      char c = *reader->at++;

      if (c == '"')
        {
          if (reader->at == reader->end || *reader->at != '"')
            return TRUE;
          reader->at++;         /* a doubled quote stands for one */
        }
      if (c == '\n')
        break;
      if (reader->field->len >= MAX_FIELD)
        return refuse (reader, US_FORMAT_ERROR_TOO_LARGE, error, _("a field of more than %d characters"), MAX_FIELD);
      g_string_append_c (reader->field, c);
    }

  return refuse (reader, US_FORMAT_ERROR_SYNTAX, error, _("a quoted field is not closed on its line"));
}

/* Reads one field into reader->field and steps over what follows it.
 * last: it ended its line (or the file). */
static gboolean
read_field (Reader    *reader,
            gboolean  *last,
            GError   **error)
{
  g_string_truncate (reader->field, 0);
  reader->quoted = FALSE;
  *last = TRUE;
  while (reader->at < reader->end)
    {
      char c = *reader->at++;

      if (c == reader->separator)
        {
          *last = FALSE;
          break;
        }
      if (c == '\n' || (c == '\r' && (reader->at == reader->end || *reader->at == '\n')))
        {
          if (c == '\r' && reader->at < reader->end)
            reader->at++;
          break;
        }
      if (c == '"' && reader->field->len == 0 && !reader->quoted)
        {
          reader->quoted = TRUE;
          if (!read_quoted (reader, error))
            return FALSE;
          continue;
        }
      if (reader->quoted && c != ' ')
        return refuse (reader, US_FORMAT_ERROR_SYNTAX, error, _("text goes on behind a closing quote"));
      if (reader->field->len == 0 && c == ' ')
        continue;
      if (reader->field->len >= MAX_FIELD)
        return refuse (reader, US_FORMAT_ERROR_TOO_LARGE, error, _("a field of more than %d characters"), MAX_FIELD);
      g_string_append_c (reader->field, c);
    }
  strip (reader->field);
  return TRUE;
}

/* --- lines ------------------------------------------------------------------ */

/* The separator of the first line: the one of ; tab , that stands there outside quotes. */
static void
guess_separator (Reader *reader)
{
  gsize semicolons = 0, tabs = 0, commas = 0;
  gboolean inside = FALSE;

  for (const char *p = reader->at; p < reader->end && *p != '\n'; p++)
    {
      inside ^= *p == '"';
      semicolons += !inside && *p == ';';
      tabs += !inside && *p == '\t';
      commas += !inside && *p == ',';
    }
  /* Where a comma need not separate fields it separates digits, as most of Europe writes. */
  reader->separator = semicolons > 0 ? ';' : tabs > 0 ? '\t' : ',';
}

static gboolean
at_blank_line (const Reader *reader)
{
  for (const char *p = reader->at; p < reader->end; p++)
    {
      if (*p == '\n')
        return TRUE;
      if (*p != ' ' && *p != '\r')
        return FALSE;
    }
  return TRUE;
}

static void
skip_blank_lines (Reader *reader)
{
  while (reader->at < reader->end && at_blank_line (reader))
    {
      const char *newline = memchr (reader->at, '\n', reader->end - reader->at);

      reader->at = newline != NULL ? newline + 1 : reader->end;
      reader->line++;
    }
}

/* The first line: names, and whether they are names at all. */
static gboolean
read_first_line (Reader    *reader,
                 GPtrArray *names,      /* of char * */
                 gboolean  *is_header,
                 GError   **error)
{
  gboolean last = FALSE;

  *is_header = FALSE;
  while (!last)
    {
      UsCsvDecimal any = { .mark = '\0' };       /* names say nothing of how numbers are written */
      double value;

      if (!read_field (reader, &last, error))
        return FALSE;
      if (names->len >= MAX_COLUMNS)
        return refuse (reader, US_FORMAT_ERROR_TOO_LARGE, error, _("more than %d columns"), MAX_COLUMNS);
      *is_header |= us_csv_cell_parse_number (reader->field->str, reader->line, &any, &value) == US_CSV_CELL_NONE
                    && !us_csv_cell_parse_date (reader->field->str, &value);
      g_ptr_array_add (names, g_strdup (reader->field->str));
    }
  return TRUE;
}

static gboolean
refuse_cell (const Reader *reader,
             const UsCsv  *csv,
             gsize         column,
             UsCsvCell     why,
             const char   *cell,
             GError      **error)
{
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
               why == US_CSV_CELL_MIXED
               ? _("%s, line %zu, column %zu (“%s”): “%s”: decimal commas and decimal points are mixed")
               : csv->columns[column].meant == US_CSV_DATE
               ? _("%s, line %zu, column %zu (“%s”): “%s” is not a date such as 2020-02-24")
               : _("%s, line %zu, column %zu (“%s”): “%s” is not a number"),
               reader->name, reader->line, column + 1, csv->names[column], cell);
  return FALSE;
}

/* The first cell that is not what its column began with makes it text, for good. */
static void
spoil (const Reader *reader,
       UsCsvColumn  *column,
       UsCsvCell     why)
{
  g_autofree char *start = NULL;

  if (column->bad_line != 0)
    return;
  start = g_utf8_substring (reader->field->str, 0, MIN (g_utf8_strlen (reader->field->str, -1), MAX_SHOWN));
  column->bad_line = reader->line;
  column->bad = why;
  column->bad_text = g_strconcat (start, strlen (start) < reader->field->len ? "…" : "", NULL);
}

/* The field as its column has it: NaN for what is missing, and for text. */
static double
take_cell (const Reader *reader,
           UsCsvColumn  *column)
{
  char *text = reader->field->str;
  double value = NAN;
  UsCsvCell cell;

  if (us_csv_cell_is_missing (text))
    return NAN;
  if (!column->seen || column->meant == US_CSV_DATE)
    if (us_csv_cell_parse_date (text, &value))
      {
        if (!column->seen)
          column->origin = value;
        column->seen = TRUE;
        column->meant = US_CSV_DATE;
        return value - column->origin;
      }
  if (column->seen && column->meant != US_CSV_NUMBER)
    {
      spoil (reader, column, US_CSV_CELL_NONE);
      return NAN;
    }
  cell = us_csv_cell_parse_number (text, reader->line, &column->decimal, &value);
  if (!column->seen)
    column->meant = cell == US_CSV_CELL_READ ? US_CSV_NUMBER : US_CSV_TEXT;
  column->seen = TRUE;
  if (cell != US_CSV_CELL_READ)
    spoil (reader, column, cell);
  return value;
}

static gboolean
read_row (Reader    *reader,
          UsCsv     *csv,
          GArray    *values,    /* of double */
          GError   **error)
{
  gboolean last = FALSE;

  for (gsize c = 0; c < csv->n_columns; c++)
    {
      double value;

      if (last)
        return refuse (reader, US_FORMAT_ERROR_SHAPE, error,
                       _("%zu fields, expected %zu as in the first line"), c, csv->n_columns);
      if (!read_field (reader, &last, error))
        return FALSE;
      csv->n_missing += us_csv_cell_is_missing (reader->field->str);
      value = take_cell (reader, &csv->columns[c]);
      g_array_append_val (values, value);
    }
  if (!last)
    return refuse (reader, US_FORMAT_ERROR_SHAPE, error,
                   _("more fields than the %zu of the first line"), csv->n_columns);
  reader->line++;
  return TRUE;
}

/* One way to write fractions in the whole file, and no comma that may be either. */
static gboolean
check_decimals (Reader       *reader,
                const UsCsv  *csv,
                GError      **error)
{
  const UsCsvDecimal *grouped = NULL;
  gboolean proven = FALSE;
  gsize with_mark = csv->n_columns;

  for (gsize c = 0; c < csv->n_columns; c++)
    {
      const UsCsvDecimal *decimal = &csv->columns[c].decimal;

      if (csv->kinds[c] != US_CSV_NUMBER || decimal->mark == '\0')
        continue;
      if (with_mark == csv->n_columns)
        with_mark = c;
      if (decimal->mark != csv->columns[with_mark].decimal.mark)
        {
          reader->line = decimal->line;
          return refuse_cell (reader, csv, c, US_CSV_CELL_MIXED, decimal->first, error);
        }
      proven |= decimal->proven;
      if (decimal->grouped_line != 0 && (grouped == NULL || decimal->grouped_line < grouped->grouped_line))
        grouped = decimal;
    }
  if (grouped == NULL || proven)
    return TRUE;
  reader->line = grouped->grouped_line;
  return refuse (reader, US_FORMAT_ERROR_VALUE, error,
                 _("“%s” may stand for a fraction or for thousands; write a decimal point"), grouped->grouped);
}

/* Columns of text hold no numbers, not even where a cell could be one. */
static void
settle_kinds (UsCsv *csv)
{
  for (gsize c = 0; c < csv->n_columns; c++)
    {
      const UsCsvColumn *column = &csv->columns[c];

      csv->kinds[c] = column->bad_line != 0 ? US_CSV_TEXT : column->meant;
      for (gsize r = 0; csv->kinds[c] == US_CSV_TEXT && r < csv->n_rows; r++)
        csv->values[r * csv->n_columns + c] = NAN;
    }
}

/* Each different string is kept once. */
static const char *
keep_string (UsCsv      *csv,
             GHashTable *known,         /* char * → itself */
             gsize      *n_bytes,
             const char *text)
{
  const char *kept = g_hash_table_lookup (known, text);

  if (kept != NULL)
    return kept;
  kept = g_string_chunk_insert (csv->strings, text);
  *n_bytes += strlen (text) + 1;
  g_hash_table_add (known, (gpointer) kept);
  return kept;
}

/* A second time over the rows, for what is not a number. */
static gboolean
read_text (Reader    *reader,
           UsCsv     *csv,
           GError   **error)
{
  g_autoptr(GHashTable) known = g_hash_table_new (g_str_hash, g_str_equal);
  gsize n_text = 0, n_bytes = 0;

  for (gsize c = 0; c < csv->n_columns; c++)
    n_text += csv->kinds[c] != US_CSV_NUMBER;
  if (n_text == 0)
    return TRUE;
  if (csv->n_rows > MAX_TEXT_CELLS / n_text)
    return refuse (reader, US_FORMAT_ERROR_TOO_LARGE, error, _("more than %zu cells of text"), MAX_TEXT_CELLS);
  csv->strings = g_string_chunk_new (4096);
  for (gsize c = 0; c < csv->n_columns; c++)
    if (csv->kinds[c] != US_CSV_NUMBER)
      csv->text[c] = g_new0 (const char *, MAX (csv->n_rows, 1));
  for (gsize r = 0; r < csv->n_rows; r++)
    {
      gboolean last = FALSE;

      for (gsize c = 0; c < csv->n_columns; c++)
        {
          if (!read_field (reader, &last, error))
            return FALSE;
          if (csv->kinds[c] != US_CSV_NUMBER && !us_csv_cell_is_missing (reader->field->str))
            csv->text[c][r] = keep_string (csv, known, &n_bytes, reader->field->str);
        }
      if (n_bytes > MAX_TEXT_BYTES)
        return refuse (reader, US_FORMAT_ERROR_TOO_LARGE, error, _("more than %zu bytes of text"), MAX_TEXT_BYTES);
      reader->line++;
      skip_blank_lines (reader);
    }
  return TRUE;
}

static gboolean
read_all (Reader    *reader,
          UsCsv     *csv,
          GError   **error)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GArray) values = g_array_new (FALSE, FALSE, sizeof (double));
  const char *first;
  gboolean is_header;

  skip_blank_lines (reader);
  guess_separator (reader);
  first = reader->at;
  if (reader->at == reader->end)
    return refuse (reader, US_FORMAT_ERROR_TRUNCATED, error, _("the table is empty"));
  if (!read_first_line (reader, names, &is_header, error))
    return FALSE;
  csv->n_columns = names->len;
  csv->names = g_new0 (char *, names->len + 1);
  csv->kinds = g_new0 (UsCsvKind, names->len);
  csv->columns = g_new0 (UsCsvColumn, names->len);
  csv->text = g_new0 (const char **, names->len);
  for (guint c = 0; c < names->len; c++)
    csv->names[c] = is_header ? g_strdup (names->pdata[c]) : g_strdup_printf ("c%u", c + 1);
  if (is_header)
    reader->line++;
  else
    reader->at = first;
  skip_blank_lines (reader);
  csv->first_line = reader->line;
  first = reader->at;
  while (reader->at < reader->end)
    {
      if (!read_row (reader, csv, values, error))
        return FALSE;
      csv->n_rows++;
      skip_blank_lines (reader);
    }
  csv->values = (double *) (gpointer) g_array_free (g_steal_pointer (&values), FALSE);
  settle_kinds (csv);
  if (!check_decimals (reader, csv, error))
    return FALSE;
  reader->at = first;
  reader->line = csv->first_line;
  return read_text (reader, csv, error);
}

/* --- public ----------------------------------------------------------------- */

gboolean
us_csv_means_numbers (const UsCsv *self,
                      gsize        column)
{
  g_return_val_if_fail (column < self->n_columns, FALSE);

  return !self->columns[column].seen || self->columns[column].meant == US_CSV_NUMBER;
}

gboolean
us_csv_require_numbers (const UsCsv  *self,
                        gsize         column,
                        GError      **error)
{
  const UsCsvColumn *bad;

  g_return_val_if_fail (column < self->n_columns, FALSE);

  bad = &self->columns[column];
  if (bad->bad_line == 0)
    return TRUE;
  return refuse_cell (&(Reader) { .name = self->name, .line = bad->bad_line }, self, column, bad->bad, bad->bad_text, error);
}

/* NULL with the first cell in the way, as one reads; else the table itself. */
static UsCsv *
numbers_only (UsCsv   *self,            /* taken over, or NULL */
              GError **error)
{
  g_autoptr(UsCsv) csv = self;
  gsize first = 0;

  if (csv == NULL)
    return NULL;
  for (gsize c = 1; c < csv->n_columns; c++)
    if (csv->columns[c].bad_line != 0
        && (csv->columns[first].bad_line == 0 || csv->columns[c].bad_line < csv->columns[first].bad_line))
      first = c;
  return us_csv_require_numbers (csv, first, error) ? g_steal_pointer (&csv) : NULL;
}

UsCsv *
us_csv_parse (const char  *text,
              gssize       length,
              const char  *name,
              GError     **error)
{
  return numbers_only (us_csv_parse_table (text, length, name, error), error);
}

UsCsv *
us_csv_read (const char  *path,
             GError     **error)
{
  return numbers_only (us_csv_read_table (path, error), error);
}

UsCsv *
us_csv_parse_table (const char  *text,
                    gssize       length,
                    const char  *name,
                    GError     **error)
{
  g_autoptr(UsCsv) csv = g_new0 (UsCsv, 1);
  g_autoptr(GString) field = g_string_new (NULL);
  gsize n = length < 0 ? strlen (text) : (gsize) length;
  Reader reader = { .at = text, .end = text + n, .line = 1, .field = field };
  g_autofree char *shown = g_filename_display_name (name);
  const char *bad;

  reader.name = shown;
  if (n >= 2 && (memcmp (text, "\xff\xfe", 2) == 0 || memcmp (text, "\xfe\xff", 2) == 0))
    {
      refuse (&reader, US_FORMAT_ERROR_UNSUPPORTED, error, _("text in UTF-16; save it as UTF-8"));
      return NULL;
    }
  if (!g_utf8_validate_len (text, n, &bad))
    {
      for (const char *p = text; p < bad; p++)
        reader.line += *p == '\n';
      refuse (&reader, US_FORMAT_ERROR_SYNTAX, error, _("not text in UTF-8"));
      return NULL;
    }
  if (n >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0)
    reader.at += 3;
  csv->name = g_steal_pointer (&shown);
  return read_all (&reader, csv, error) ? g_steal_pointer (&csv) : NULL;
}

UsCsv *
us_csv_read_table (const char  *path,
                   GError     **error)
{
  g_autoptr(GBytes) bytes = us_file_read (path, MAX_FILE_BYTES, error);
  const char *data;
  gsize n;

  if (bytes == NULL)
    return NULL;
  data = g_bytes_get_data (bytes, &n);
  return us_csv_parse_table (data != NULL ? data : "", (gssize) n, path, error);
}

static void
append_name (GString    *text,
             const char *name)
{
  g_autofree char *copy = g_strdup (name);
  UsCsvDecimal any = { .mark = '\0' };
  double value;
  gboolean plain = strpbrk (name, ",;\"\t\r\n") == NULL
                   && us_csv_cell_parse_number (copy, 0, &any, &value) == US_CSV_CELL_NONE;

  if (plain)
    {
      g_string_append (text, name);
      return;
    }
  g_string_append_c (text, '"');
  for (const char *p = name; *p != '\0'; p++)
    {
      if (*p == '"')
        g_string_append_c (text, '"');
      /* A name is one line. */
      g_string_append_c (text, *p == '\n' || *p == '\r' ? ' ' : *p);
    }
  g_string_append_c (text, '"');
}

static void
append_value (GString *text,
              double   value,
              gboolean alone)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (!isnan (value))
    g_string_append (text, us_dtoa (buffer, value));
  else if (alone)
    g_string_append (text, "NA");       /* an empty line would be no row */
}

/* Infinities would not be read back: better to hear of them now. */
static gboolean
check_values (const char         *path,
              gsize               n_rows,
              gsize               n_columns,
              const char *const  *names,
              const double       *values,
              GError            **error)
{
  for (gsize i = 0; i < n_rows * n_columns; i++)
    if (isinf (values[i]))
      {
        g_autofree char *shown = g_filename_display_name (path);

        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     _("%s: “%s” is infinite in row %zu"), shown, names[i % n_columns], i / n_columns + 1);
        return FALSE;
      }
  return TRUE;
}

gboolean
us_csv_write (const char         *path,
              gsize               n_rows,
              gsize               n_columns,
              const char *const  *names,
              const double       *values,
              GError            **error)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(UsFileWriter) writer = NULL;

  g_return_val_if_fail (path != NULL && n_columns > 0 && names != NULL, FALSE);

  if (!check_values (path, n_rows, n_columns, names, values, error))
    return FALSE;
  writer = us_file_writer_new (path, error);
  if (writer == NULL)
    return FALSE;

  for (gsize c = 0; c < n_columns; c++)
    {
      if (c > 0)
        g_string_append_c (text, ',');
      append_name (text, names[c]);
    }
  g_string_append_c (text, '\n');
  for (gsize r = 0; r < n_rows; r++)
    {
      for (gsize c = 0; c < n_columns; c++)
        {
          if (c > 0)
            g_string_append_c (text, ',');
          append_value (text, values[r * n_columns + c], n_columns == 1);
        }
      g_string_append_c (text, '\n');
      if (text->len >= FLUSH_BYTES)
        {
          if (!us_file_writer_write (writer, text->str, text->len, error))
            return FALSE;
          g_string_truncate (text, 0);
        }
    }

  return us_file_writer_write (writer, text->str, text->len, error)
         && us_file_writer_commit (writer, error);
}
