/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-csv.h"

#include "us-error.h"
#include "us-file.h"

#include <math.h>
#include <string.h>

/* What is beyond these is not a table of numbers made by an instrument. */
#define MAX_FILE_BYTES (G_GUINT64_CONSTANT (1) << 30)
#define MAX_COLUMNS 65536
#define MAX_FIELD 4096

typedef struct
{
  const char *name;             /* of the file, for messages */
  const char *at, *end;
  gsize       line;             /* of the file, from 1 */
  char        separator;
  gboolean    decimal_comma;
  GString    *field;            /* the last one read */
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

/* Reads one field into reader->field and steps over what follows it.
 * last: it ended its line (or the file). */
static gboolean
read_field (Reader    *reader,
            gboolean  *last,
            GError   **error)
{
  gboolean inside = FALSE;

  g_string_truncate (reader->field, 0);
  reader->quoted = FALSE;
  while (reader->at < reader->end)
    {
      char c = *reader->at++;

      if (inside)
        {
          if (c == '"' && reader->at < reader->end && *reader->at == '"')
            reader->at++;               /* a doubled quote stands for one */
          else if (c == '"')
            {
              inside = FALSE;
              continue;
            }
          else if (c == '\n')
            return refuse (reader, US_FORMAT_ERROR_SYNTAX, error, "a quoted field is not closed on its line");
        }
      else if (c == '"' && reader->field->len == 0 && !reader->quoted)
        {
          inside = reader->quoted = TRUE;
          continue;
        }
      else if (c == reader->separator)
        {
          *last = FALSE;
          return TRUE;
        }
      else if (c == '\n' || (c == '\r' && (reader->at == reader->end || *reader->at == '\n')))
        {
          if (c == '\r' && reader->at < reader->end)
            reader->at++;
          *last = TRUE;
          return TRUE;
        }
      if (reader->field->len >= MAX_FIELD)
        return refuse (reader, US_FORMAT_ERROR_TOO_LARGE, error, "a field of more than %d characters", MAX_FIELD);
      g_string_append_c (reader->field, c);
    }
  if (inside)
    return refuse (reader, US_FORMAT_ERROR_SYNTAX, error, "a quoted field is not closed");
  *last = TRUE;
  return TRUE;
}

/* NaN for what is missing; FALSE when it is no number. */
static gboolean
parse_number (const Reader *reader,
              double       *value)
{
  g_autofree char *text = g_strstrip (g_strdup (reader->field->str));
  char *end;

  if (*text == '\0' || g_ascii_strcasecmp (text, "na") == 0 || g_ascii_strcasecmp (text, "nan") == 0)
    {
      *value = NAN;
      return TRUE;
    }
  if (reader->decimal_comma)
    {
      char *comma = strchr (text, ',');

      if (strchr (text, '.') != NULL)
        return FALSE;
      if (comma != NULL)
        *comma = '.';
    }
  /* strtod also takes hexadecimal, "inf" and "nan(…)": not here. */
  if (strspn (text, "+-0123456789.eE") != strlen (text))
    return FALSE;
  *value = g_ascii_strtod (text, &end);
  return *end == '\0' && end != text && isfinite (*value);
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
  reader->separator = semicolons > 0 ? ';' : tabs > 0 ? '\t' : ',';
  /* Where a comma cannot separate fields it separates digits, as most of Europe writes. */
  reader->decimal_comma = reader->separator != ',';
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
        return refuse (reader, US_FORMAT_ERROR_TOO_LARGE, error, "more than %d columns", MAX_COLUMNS);
      *is_header |= !parse_number (reader, &value);
      g_ptr_array_add (names, g_strstrip (g_strdup (reader->field->str)));
    }
  return TRUE;
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
                       "%" G_GSIZE_FORMAT " fields, expected %" G_GSIZE_FORMAT " as in the first line", c, csv->n_columns);
      if (!read_field (reader, &last, error))
        return FALSE;
      if (!parse_number (reader, &value))
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                       "%s, line %" G_GSIZE_FORMAT ", column %" G_GSIZE_FORMAT " (“%s”): “%s” is not a number",
                       reader->name, reader->line, c + 1, csv->names[c], reader->field->str);
          return FALSE;
        }
      csv->n_missing += isnan (value);
      g_array_append_val (values, value);
    }
  if (!last)
    return refuse (reader, US_FORMAT_ERROR_SHAPE, error,
                   "more fields than the %" G_GSIZE_FORMAT " of the first line", csv->n_columns);
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
    return refuse (reader, US_FORMAT_ERROR_TRUNCATED, error, "the table is empty");
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
  Reader reader = { .name = name, .at = text, .end = text + n, .line = 1, .field = field };
  const char *bad;

  if (!g_utf8_validate_len (text, n, &bad))
    {
      for (const char *p = text; p < bad; p++)
        reader.line += *p == '\n';
      refuse (&reader, US_FORMAT_ERROR_SYNTAX, error, "not text in UTF-8");
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
  gboolean plain = strpbrk (name, ",;\"\t\r\n") == NULL && !parse_number (&reader, &value);

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

gboolean
us_csv_write (const char         *path,
              gsize               n_rows,
              gsize               n_columns,
              const char *const  *names,
              const double       *values,
              GError            **error)
{
  g_autoptr(GString) text = g_string_new (NULL);

  g_return_val_if_fail (n_columns > 0, FALSE);
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
          double value = values[r * n_columns + c];
          char buffer[G_ASCII_DTOSTR_BUF_SIZE];

          if (c > 0)
            g_string_append_c (text, ',');
          if (!isnan (value))
            g_string_append (text, us_dtoa (buffer, value));
          else if (n_columns == 1)
            g_string_append (text, "NA");        /* an empty line would be no row */
        }
      g_string_append_c (text, '\n');
    }
  return us_file_replace (path, text->str, text->len, error);
}
