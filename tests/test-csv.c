/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-csv.h"
#include "us-error.h"
#include "us-file.h"
#include "us-rng.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define M NAN    /* missing */

typedef struct
{
  const char *text;
  const char *names;            /* joined by '|' */
  gsize       n_rows, n_columns, first_line;
  double      values[6];
} Good;

static const Good good[] = {
  { "a,b\n1,2\n3,4\n", "a|b", 2, 2, 2, { 1, 2, 3, 4 } },
  { "a,b\r\n1,2\r\n3,4", "a|b", 2, 2, 2, { 1, 2, 3, 4 } },
  { "\xef\xbb\xbf" "t;x\n1;2\n", "t|x", 1, 2, 2, { 1, 2 } },
  { "t\tx\n1.5\t-2e-3\n", "t|x", 1, 2, 2, { 1.5, -2e-3 } },
  { "t;x\n1.5;.25\n", "t|x", 1, 2, 2, { 1.5, 0.25 } },
  { "1,2\n3,4\n", "c1|c2", 2, 2, 1, { 1, 2, 3, 4 } },
  { "1\n2\n", "c1", 2, 1, 1, { 1, 2 } },
  { "\n\n  \na\n\n1\n\n2\n\n", "a", 2, 1, 6, { 1, 2 } },
  { "a,b,c\n,NA,nan\nNaN,+5,1.\n", "a|b|c", 2, 3, 2, { M, M, M, M, 5, 1 } },
  { "NA,1\n2,\n", "c1|c2", 2, 2, 1, { M, 1, 2, M } },
  { "\"a, b\",\"say \"\"hi\"\"\",c\n \"1\" , 2 ,3\n", "a, b|say \"hi\"|c", 1, 3, 2, { 1, 2, 3 } },
  { "größe (µm),\"x;y\"\n1,2\n", "größe (µm)|x;y", 1, 2, 2, { 1, 2 } },
  { ",b\n1,2\n", "|b", 1, 2, 2, { 1, 2 } },
  { "a,b\n", "a|b", 0, 2, 2, { 0 } },
  /* the comma that most of Europe writes */
  { "t;x\n0,5;-1,25e3\n2;3\n", "t|x", 2, 2, 2, { 0.5, -1250, 2, 3 } },
  { "1,5;2,5\n", "c1|c2", 1, 2, 1, { 1.5, 2.5 } },
  { "t\tx\n1,5\t2,25\n", "t|x", 1, 2, 2, { 1.5, 2.25 } },
  { "t,x\n\"1,5\",\"2,25\"\n", "t|x", 1, 2, 2, { 1.5, 2.25 } },
  { "t;x\n1,234;0,5\n", "t|x", 1, 2, 2, { 1.234, 0.5 } },
  { "0.1,1e22\n5e-324,1.7976931348623157e308\n", "c1|c2", 2, 2, 1, { 0.1, 1e22, 5e-324, 1.7976931348623157e308 } },
};

static void
test_read (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(UsCsv) csv = us_csv_parse (good[i].text, -1, "t.csv", &error);
      g_autofree char *names = NULL;
      gsize n_missing = 0;

      g_test_message ("%s", good[i].text);
      g_assert_no_error (error);
      names = g_strjoinv ("|", csv->names);
      g_assert_cmpstr (names, ==, good[i].names);
      g_assert_cmpuint (csv->n_rows, ==, good[i].n_rows);
      g_assert_cmpuint (csv->n_columns, ==, good[i].n_columns);
      g_assert_cmpuint (csv->first_line, ==, good[i].first_line);
      for (gsize k = 0; k < csv->n_rows * csv->n_columns; k++)
        {
          g_assert_true (isnan (good[i].values[k]) ? isnan (csv->values[k]) : csv->values[k] == good[i].values[k]);
          n_missing += isnan (csv->values[k]);
        }
      g_assert_cmpuint (csv->n_missing, ==, n_missing);
      g_assert_cmpint (us_csv_column (csv, csv->names[csv->n_columns - 1]), ==, (gssize) csv->n_columns - 1);
      g_assert_cmpint (us_csv_column (csv, "no such column"), ==, -1);
    }
}

static void
test_refused (void)
{
  static const struct { const char *text; UsFormatError code; const char *message; } bad[] = {
    { "", US_FORMAT_ERROR_TRUNCATED, "t.csv, line 1: *" },
    { "\n\r\n", US_FORMAT_ERROR_TRUNCATED, "*empty*" },
    { "a,b\n1,2\n3\n", US_FORMAT_ERROR_SHAPE, "t.csv, line 3: 1 fields*2*" },
    { "a,b\n1,2,3\n", US_FORMAT_ERROR_SHAPE, "t.csv, line 2: *" },
    { "day,cases\n1,5\n2,n/a\n", US_FORMAT_ERROR_VALUE, "t.csv, line 3, column 2 (“cases”): “n/a” is not a number" },
    { "a\n1\ninf\n", US_FORMAT_ERROR_VALUE, "*line 3*“inf”*" },
    { "a\n-Infinity\n", US_FORMAT_ERROR_VALUE, "*“-Infinity”*" },
    { "a\n1e999\n", US_FORMAT_ERROR_VALUE, "*“1e999”*" },
    { "a\n0x10\n", US_FORMAT_ERROR_VALUE, "*“0x10”*" },
    { "a\n1 2\n", US_FORMAT_ERROR_VALUE, "*“1 2”*" },
    { "a\n--1\n", US_FORMAT_ERROR_VALUE, "*“--1”*" },
    { "a\n1.2.3\n", US_FORMAT_ERROR_VALUE, "*“1.2.3”*" },
    { "a\n\"1\n", US_FORMAT_ERROR_SYNTAX, "*line 2*quote*" },
    { "a\n\"1\"2\n", US_FORMAT_ERROR_SYNTAX, "*line 2*quote*" },
    { "a\n1\n\xff\n", US_FORMAT_ERROR_SYNTAX, "*line 3*UTF-8*" },
    { "\xff\xfe" "a", US_FORMAT_ERROR_UNSUPPORTED, "*UTF-16*" },
    { "a;b\n1,5;2.5\n", US_FORMAT_ERROR_VALUE, "*line 2, column 2*mixed*" },
    { "a;b\n1;2\n1,234;12,345\n", US_FORMAT_ERROR_VALUE, "t.csv, line 3: “1,234” may*" },
    { "a;b\n1,234,567;2\n", US_FORMAT_ERROR_VALUE, "*“1,234,567” is not*" },
    { "a\nä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä\n", US_FORMAT_ERROR_VALUE,
      "*“ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-ä-…”*" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (us_csv_parse (bad[i].text, -1, "t.csv", &error));
      g_assert_error (error, US_FORMAT_ERROR, (int) bad[i].code);
      g_test_message ("%s", error->message);
      g_assert_true (g_pattern_match_simple (bad[i].message, error->message));
    }
}

static void
assert_too_large (const char *text,
                  gsize       length)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (us_csv_parse (text, (gssize) length, "t.csv", &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE);
}

static void
test_hostile (void)
{
  const gsize n = 200000;
  g_autofree char *text = g_malloc (n);
  g_autoptr(GError) nul = NULL;
  g_autoptr(UsCsv) wide = NULL;

  memset (text, '1', n);
  assert_too_large (text, n);           /* one endless field */
  text[0] = '"';
  assert_too_large (text, n);
  memset (text, ',', n);
  assert_too_large (text, n);           /* endless columns */
  wide = us_csv_parse (text, 65535, "t.csv", NULL);
  g_assert_cmpuint (wide->n_columns, ==, 65536);
  g_assert_null (us_csv_parse ("a\n1\0002\n", 6, "t.csv", &nul));
  g_assert_error (nul, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX);
}

/* Kinds as letters; text joined by '|', '.' for missing; the numbers of every column. */
static const struct
{
  const char *text, *kinds, *strings;
  double      values[8];
} tables[] = {
  { "day,group,n\n0,a,5\n1,b,NA\n", "NTN", "a|b", { 0, M, 5, 1, M, M } },
  { "date,n\n2020-02-24,5\n2020-03-01,7\n", "DN", "2020-02-24|2020-03-01", { 0, 5, 6, 7 } },
  { "2020-02-24,5\n2020-02-23,7\n", "DN", "2020-02-24|2020-02-23", { 0, 5, -1, 7 } },
  { "when\n\"NA\"\n2000-02-28T12:00\n2000-03-01 18:00:00\n", "D", ".|2000-02-28T12:00|2000-03-01 18:00:00", { M, 0, 2.25 } },
  { "when;n\n2020-01-01T00:00Z;0,5\n2020-01-01T00:00:00.0+12:00;1,25\n", "DN",
    "2020-01-01T00:00Z|2020-01-01T00:00:00.0+12:00", { 0, 0.5, -0.5, 1.25 } },
  /* once text, always text: as it stands, even what could be a number; missing is missing */
  { "a,b\n1,x\n1.50,2\nno,NaN\n", "TT", "1|1.50|no|x|2|.", { M, M, M, M, M, M } },
  { "d\n2020-01-01\n2020-02-30\n", "T", "2020-01-01|2020-02-30", { M, M } },
  { "d\n5\n2020-01-01\n", "T", "5|2020-01-01", { M, M } },
  { "d\n2020-01-01\n5\n", "T", "2020-01-01|5", { M, M } },
  { "w\n60 weeks\n\"say \"\"hi\"\", she\"\n", "T", "60 weeks|say \"hi\", she", { M, M } },
  { "a,b\n,\nNA,1\n", "NN", "", { M, M, M, 1 } },
  { "name,x\n", "NN", "", { 0 } },
  /* versions and commas among words decide nothing of how numbers are written */
  { "v;x\n3.1;0,5\nbeta;1,5\n", "TN", "3.1|beta", { M, 0.5, M, 1.5 } },
  { "20200224,1\n", "NN", "", { 20200224, 1 } },
};

static void
test_tables (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(UsCsv) csv = us_csv_parse_table (tables[i].text, -1, "t.csv", &error);
      g_autoptr(GString) kinds = g_string_new (NULL);
      g_autoptr(GString) strings = g_string_new (NULL);

      g_test_message ("%s", tables[i].text);
      g_assert_no_error (error);
      for (gsize c = 0; c < csv->n_columns; c++)
        {
          g_string_append_c (kinds, "NDT"[csv->kinds[c]]);
          g_assert_true ((csv->text[c] == NULL) == (csv->kinds[c] == US_CSV_NUMBER));
          g_assert_true (us_csv_require_numbers (csv, c, NULL) == (csv->kinds[c] != US_CSV_TEXT));
          for (gsize r = 0; csv->text[c] != NULL && r < csv->n_rows; r++)
            g_string_append_printf (strings, "%s%s", strings->len > 0 ? "|" : "",
                                    csv->text[c][r] != NULL ? csv->text[c][r] : ".");
        }
      g_assert_cmpstr (kinds->str, ==, tables[i].kinds);
      g_assert_cmpstr (strings->str, ==, tables[i].strings);
      for (gsize k = 0; k < csv->n_rows * csv->n_columns; k++)
        g_assert_true (isnan (tables[i].values[k]) ? isnan (csv->values[k]) : csv->values[k] == tables[i].values[k]);
    }
}

/* Numbers asked of a column that has none: which cell, and what was expected. */
static void
test_require (void)
{
  static const struct { const char *text; gsize column; gboolean means; const char *message; } bad[] = {
    { "day,cases\n1,5\n2,n/a\n3,none\n", 1, TRUE, "t.csv, line 3, column 2 (“cases”): “n/a” is not a number" },
    { "day,flag\n\n1,\n\n2,y\n", 1, FALSE, "t.csv, line 5, column 2 (“flag”): “y” is not a number" },
    { "d,x\n2020-01-01,1\n2020-13-01,2\n", 0, FALSE, "t.csv, line 3, column 1 (“d”): “2020-13-01” is not a date*" },
    { "a;b\n1,5;x\n2.5;y\n", 0, TRUE, "t.csv, line 3, column 1 (“a”): “2.5”: decimal commas*mixed" },
  };
  g_autoptr(UsCsv) repeated = us_csv_parse_table ("g\nab\nab\nab\n", -1, "t.csv", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GError) same = NULL;
      g_autoptr(UsCsv) csv = us_csv_parse_table (bad[i].text, -1, "t.csv", NULL);

      g_assert_nonnull (csv);
      g_assert_true (us_csv_means_numbers (csv, bad[i].column) == bad[i].means);
      g_assert_false (us_csv_require_numbers (csv, bad[i].column, &error));
      g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
      g_test_message ("%s", error->message);
      g_assert_true (g_pattern_match_simple (bad[i].message, error->message));
      g_assert_null (us_csv_parse (bad[i].text, -1, "t.csv", &same));
      g_assert_error (same, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
    }
  /* the same text is kept once */
  g_assert_true (repeated->text[0][0] == repeated->text[0][2]);
}

/* Text is bounded by its own limit, below that of the file. */
static void
test_much_text (void)
{
  g_autoptr(GString) text = g_string_new ("a\n");
  g_autoptr(GError) error = NULL;

  for (guint i = 0; text->len < (68 << 20); i++)
    {
      gsize at = text->len;

      g_string_set_size (text, at + 4000);
      memset (text->str + at, 'x', 4000);
      g_string_append_printf (text, "%08u\n", i);
    }
  g_assert_null (us_csv_parse_table (text->str, (gssize) text->len, "t.csv", &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE);
  g_test_message ("%s", error->message);
}

/* The shared series, each with what it is known to hold; skipped where they are not. */
static void
test_shared_series (void)
{
  g_autofree char *folder = g_build_filename (US_TEST_SHARED_DATA, "series", NULL);
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n = 0, n_with_text = 0, n_with_dates = 0;

  if (dir == NULL)
    {
      g_test_skip ("the shared series are not here");
      return;
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_autoptr(GError) error = NULL;
      g_autoptr(UsCsv) csv = NULL;
      gboolean text = FALSE, dates = FALSE;

      if (!g_str_has_suffix (name, ".csv"))
        continue;
      csv = us_csv_read_table (path, &error);
      g_assert_no_error (error);
      for (gsize c = 0; c < csv->n_columns; c++)
        {
          text |= csv->kinds[c] == US_CSV_TEXT;
          dates |= csv->kinds[c] == US_CSV_DATE;
          /* a column called date holds dates, and where days are counted beside it they agree */
          g_assert_true (g_str_equal (csv->names[c], "date") == (csv->kinds[c] == US_CSV_DATE));
          for (gsize r = 0; csv->kinds[c] == US_CSV_DATE && us_csv_column (csv, "day") == 0 && r < csv->n_rows; r++)
            g_assert_true (csv->values[r * csv->n_columns + c] == csv->values[r * csv->n_columns] - csv->values[0]);
        }
      n++;
      n_with_text += text;
      n_with_dates += dates;
      g_test_message ("%s: %" G_GSIZE_FORMAT " × %" G_GSIZE_FORMAT "%s%s", name, csv->n_rows, csv->n_columns,
                      text ? ", text" : "", dates ? ", dates" : "");
    }
  g_assert_cmpuint (n, >=, 35);
  g_assert_cmpuint (n_with_text + n_with_dates, ==, 14);
  g_assert_cmpuint (n_with_dates, ==, 7);
}

static void
try_text (const char *text,
          gsize       n)
{
  g_autofree char *copy = g_memdup2 (text, n);    /* of this size, for the sanitizer */
  g_autoptr(GError) error = NULL;
  g_autoptr(UsCsv) csv = us_csv_parse (copy != NULL ? copy : "", (gssize) n, "t.csv", &error);

  g_autoptr(UsCsv) table = us_csv_parse_table (copy != NULL ? copy : "", (gssize) n, "t.csv", NULL);

  g_assert_true ((csv == NULL) == (error != NULL));
  g_assert_true (csv == NULL || table != NULL);
}

static void
test_damaged (void)
{
  static const char alphabet[] = "\",;\t\r\n 0123456789.eE+-naNAT:Z\xc3\xa9\xef\xbb\xbf";
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      gsize n = strlen (good[i].text);

      for (gsize length = 0; length <= n; length++)
        try_text (good[i].text, length);
      for (int k = 0; k < 1000; k++)
        {
          g_autofree char *copy = g_strdup (good[i].text);

          copy[us_rng_below (&rng, n)] = (char) us_rng_u32 (&rng);
          try_text (copy, n);
        }
    }
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    for (int k = 0; k < 1000; k++)
      {
        g_autofree char *copy = g_strdup (tables[i].text);
        gsize n = strlen (copy);

        copy[us_rng_below (&rng, n)] = alphabet[us_rng_below (&rng, sizeof alphabet - 1)];
        try_text (copy, n);
      }
  for (int i = 0; i < 50000; i++)
    {
      char text[40];
      gsize n = us_rng_below (&rng, sizeof text);

      for (gsize k = 0; k < n; k++)
        text[k] = alphabet[us_rng_below (&rng, sizeof alphabet - 1)];
      try_text (text, n);
    }
}

/* What is written is read: any double, any name, missing values, 1 and 3 columns. */
static void
test_round_trip (void)
{
  static const char *const names[] = { "plain", "with, comma; \"quotes\"", "β\tθ" };
  enum { N_ROWS = 3000 };
  g_autofree char *folder = g_dir_make_tmp ("us-csv-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "t.csv", NULL);
  g_autofree double *values = g_new (double, N_ROWS * 3);
  UsRng rng;

  us_rng_init (&rng, 2, US_RNG_TEST, 0);
  for (gsize i = 0; i < N_ROWS * 3; i++)
    {
      union { guint64 bits; double value; } any = { us_rng_u64 (&rng) };

      values[i] = isinf (any.value) || i % 17 == 0 ? NAN : any.value;
    }

  for (gsize n_columns = 1; n_columns <= 3; n_columns += 2)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(UsCsv) csv = NULL;

      g_assert_true (us_csv_write (path, N_ROWS, n_columns, names, values, &error));
      csv = us_csv_read (path, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (csv->n_rows, ==, N_ROWS);
      g_assert_cmpuint (csv->n_columns, ==, n_columns);
      for (gsize c = 0; c < n_columns; c++)
        g_assert_cmpstr (csv->names[c], ==, names[c]);
      for (gsize i = 0; i < N_ROWS * n_columns; i++)
        g_assert_true (isnan (values[i]) ? isnan (csv->values[i]) : csv->values[i] == values[i]);
    }
  g_remove (path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_write_refused (void)
{
  static const char *const names[] = { "a", "b" };
  static const double values[] = { 1, 2, 3, INFINITY };
  g_autoptr(GError) infinite = NULL;
  g_autoptr(GError) nowhere = NULL;
  g_autoptr(GError) missing = NULL;
  g_autofree char *folder = g_dir_make_tmp ("us-csv-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "t.csv", NULL);

  g_assert_false (us_csv_write (path, 2, 2, names, values, &infinite));
  g_assert_error (infinite, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_assert_true (g_str_has_suffix (infinite->message, "“b” is infinite in row 2"));
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_assert_false (us_csv_write (path, 1, 2, names, values, &nowhere));
  g_assert_error (nowhere, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_null (us_csv_read (path, &missing));
  g_assert_error (missing, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/csv/read", test_read);
  g_test_add_func ("/csv/refused", test_refused);
  g_test_add_func ("/csv/tables", test_tables);
  g_test_add_func ("/csv/require", test_require);
  g_test_add_func ("/csv/much-text", test_much_text);
  g_test_add_func ("/csv/shared-series", test_shared_series);
  g_test_add_func ("/csv/hostile", test_hostile);
  g_test_add_func ("/csv/damaged", test_damaged);
  g_test_add_func ("/csv/round-trip", test_round_trip);
  g_test_add_func ("/csv/write-refused", test_write_refused);

  return g_test_run ();
}
