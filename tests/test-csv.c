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

static void
try_text (const char *text,
          gsize       n)
{
  g_autofree char *copy = g_memdup2 (text, n);    /* of this size, for the sanitizer */
  g_autoptr(GError) error = NULL;
  g_autoptr(UsCsv) csv = us_csv_parse (copy != NULL ? copy : "", (gssize) n, "t.csv", &error);

  g_assert_true ((csv == NULL) == (error != NULL));
}

static void
test_damaged (void)
{
  static const char alphabet[] = "\",;\t\r\n 0123456789.eE+-naNA\xc3\xa9\xef\xbb\xbf";
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
  g_test_add_func ("/csv/hostile", test_hostile);
  g_test_add_func ("/csv/damaged", test_damaged);
  g_test_add_func ("/csv/round-trip", test_round_trip);
  g_test_add_func ("/csv/write-refused", test_write_refused);

  return g_test_run ();
}
