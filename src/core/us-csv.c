/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-csv.h"

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

typedef enum
{
  NUMBER_READ,                  /* or missing */
  NUMBER_NONE,                  /* some other text */
  NUMBER_MIXED,                 /* a decimal comma where others have a point, or the reverse */
} Number;

/* What separates digits: '.' or ',', from the first number that has one; 0 before.
 * "1,234" alone may also be 1234: until another number proves that commas are
 * decimal, the first such one is remembered. */
typedef struct
{
  char  mark;
  gboolean proven;
  gsize grouped_line;           /* 0: none */
  char  grouped[16];
} Decimal;

typedef struct
{
  const char *name;             /* of the file, for messages */
  const char *at, *end;
  gsize       line;             /* of the file, from 1 */
  char        separator;
  Decimal     decimal;
  GString    *field;            /* the last one read, without spaces around */
  gboolean    quoted;
} Reader;

void
us_csv_free (UsCsv *self)
{
  if (self == NULL)
    return;
  g_strfreev (self->names);
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

/* "1,234", "-12,345": as likely 1234 as 1.234. */
static gboolean
looks_grouped (const char *text)
{
  gsize digits;

  text += *text == '+' || *text == '-';
  digits = strspn (text, "0123456789");
  return *text != '0' && digits >= 1 && digits <= 3 && text[digits] == ','
         && strlen (text + digits + 1) == 3 && strspn (text + digits + 1, "0123456789") == 3;
}

/* NaN for what is missing. */
static Number
parse_number (Reader *reader,
              double *value)
{
  Decimal *decimal = &reader->decimal;
  char *text = reader->field->str;
  char *mark, *end;
  char found;

  if (*text == '\0' || g_ascii_strcasecmp (text, "na") == 0 || g_ascii_strcasecmp (text, "nan") == 0)
    {
      *value = NAN;
      return NUMBER_READ;
    }

  /* strtod also takes hexadecimal, "inf" and "nan(…)": not here. */
  if (strspn (text, "+-0123456789.,eE") != reader->field->len)
    return NUMBER_NONE;
  mark = strpbrk (text, ".,");
  if (mark == NULL)
    {
      *value = g_ascii_strtod (text, &end);
      return *end == '\0' && isfinite (*value) ? NUMBER_READ : NUMBER_NONE;
    }

  found = *mark;
  *mark = '.';
  *value = g_ascii_strtod (text, &end);
  *mark = found;
  if (*end != '\0' || end == text || !isfinite (*value))
    return NUMBER_NONE;
  if (decimal->mark != '\0' && decimal->mark != found)
    return NUMBER_MIXED;

  decimal->mark = found;
  if (found == ',' && !looks_grouped (text))
    decimal->proven = TRUE;
  else if (found == ',' && decimal->grouped_line == 0)
    {
      decimal->grouped_line = reader->line;
      g_strlcpy (decimal->grouped, text, sizeof decimal->grouped);
    }
  return NUMBER_READ;
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
      double value;

      if (!read_field (reader, &last, error))
        return FALSE;
      if (names->len >= MAX_COLUMNS)
        return refuse (reader, US_FORMAT_ERROR_TOO_LARGE, error, _("more than %d columns"), MAX_COLUMNS);
      *is_header |= parse_number (reader, &value) == NUMBER_NONE;
      g_ptr_array_add (names, g_strdup (reader->field->str));
    }
  /* Names say nothing of how numbers are written; a row of numbers is read again. */
  reader->decimal = (Decimal) { .mark = '\0' };
  return TRUE;
}

static gboolean
refuse_cell (const Reader *reader,
             const UsCsv  *csv,
             gsize         column,
             Number        why,
             GError      **error)
{
  g_autofree char *start = g_utf8_substring (reader->field->str, 0,
                                             MIN (g_utf8_strlen (reader->field->str, -1), MAX_SHOWN));
  g_autofree char *cell = g_strconcat (start, strlen (start) < reader->field->len ? "…" : "", NULL);

  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
               why == NUMBER_MIXED
               ? _("%s, line %" G_GSIZE_FORMAT ", column %" G_GSIZE_FORMAT " (“%s”): “%s”: decimal commas and decimal points are mixed")
               : _("%s, line %" G_GSIZE_FORMAT ", column %" G_GSIZE_FORMAT " (“%s”): “%s” is not a number"),
               reader->name, reader->line, column + 1, csv->names[column], cell);
  return FALSE;
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
      Number number;

      if (last)
        return refuse (reader, US_FORMAT_ERROR_SHAPE, error,
                       _("%" G_GSIZE_FORMAT " fields, expected %" G_GSIZE_FORMAT " as in the first line"), c, csv->n_columns);
      if (!read_field (reader, &last, error))
        return FALSE;
      number = parse_number (reader, &value);
      if (number != NUMBER_READ)
        return refuse_cell (reader, csv, c, number, error);
      csv->n_missing += isnan (value);
      g_array_append_val (values, value);
    }
  if (!last)
    return refuse (reader, US_FORMAT_ERROR_SHAPE, error,
                   _("more fields than the %" G_GSIZE_FORMAT " of the first line"), csv->n_columns);
  reader->line++;
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
  for (guint c = 0; c < names->len; c++)
    csv->names[c] = is_header ? g_strdup (names->pdata[c]) : g_strdup_printf ("c%u", c + 1);
  if (is_header)
    reader->line++;
  else
    reader->at = first;
  skip_blank_lines (reader);
  csv->first_line = reader->line;
  while (reader->at < reader->end)
    {
      if (!read_row (reader, csv, values, error))
        return FALSE;
      csv->n_rows++;
      skip_blank_lines (reader);
    }
  if (reader->decimal.mark == ',' && !reader->decimal.proven)
    {
      reader->line = reader->decimal.grouped_line;
      return refuse (reader, US_FORMAT_ERROR_VALUE, error,
                     _("“%s” may stand for a fraction or for thousands; write a decimal point"), reader->decimal.grouped);
    }
  csv->values = (double *) (gpointer) g_array_free (g_steal_pointer (&values), FALSE);
  return TRUE;
}

/* --- public ----------------------------------------------------------------- */

UsCsv *
us_csv_parse (const char  *text,
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
  return read_all (&reader, csv, error) ? g_steal_pointer (&csv) : NULL;
}

UsCsv *
us_csv_read (const char  *path,
             GError     **error)
{
  g_autoptr(GBytes) bytes = us_file_read (path, MAX_FILE_BYTES, error);
  const char *data;
  gsize n;

  if (bytes == NULL)
    return NULL;
  data = g_bytes_get_data (bytes, &n);
  return us_csv_parse (data != NULL ? data : "", (gssize) n, path, error);
}

static void
append_name (GString    *text,
             const char *name)
{
  double value;
  Reader reader = { .field = g_string_new (name) };
  gboolean plain = strpbrk (name, ",;\"\t\r\n") == NULL && parse_number (&reader, &value) == NUMBER_NONE;

  g_string_free (reader.field, TRUE);
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
                     _("%s: “%s” is infinite in row %" G_GSIZE_FORMAT), shown, names[i % n_columns], i / n_columns + 1);
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
