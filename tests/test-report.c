/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The writer of reports: escaping, numbers, a page that an XML parser reads whole. */
#include "config.h"

#include "us-report.h"

#include <math.h>
#include <string.h>

/* What a strict parser sees of a page. */
typedef struct
{
  GHashTable *elements;         /* name → count */
  GHashTable *ids;
  GPtrArray  *targets;          /* of links inside the page */
  GString    *text;
  char       *alt, *source;     /* of the last image */
  guint       cells, marked, numbers;
} Seen;

static void
replace (char       **text,
         const char  *by)
{
  g_free (*text);
  *text = g_strdup (by);
}

static void
on_start (GMarkupParseContext  *context,
          const char           *name,
          const char          **names,
          const char          **values,
          gpointer              data,
          GError              **error)
{
  Seen *seen = data;
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (seen->elements, name));

  g_hash_table_insert (seen->elements, g_strdup (name), GUINT_TO_POINTER (count + 1));
  for (guint i = 0; names[i] != NULL; i++)
    {
      if (g_str_equal (names[i], "id"))
        g_assert_true (g_hash_table_add (seen->ids, g_strdup (values[i])));     /* each once */
      if (g_str_equal (names[i], "href") && values[i][0] == '#')
        g_ptr_array_add (seen->targets, g_strdup (values[i] + 1));
      if (g_str_equal (names[i], "alt"))
        replace (&seen->alt, values[i]);
      if (g_str_equal (names[i], "src"))
        replace (&seen->source, values[i]);
      if (g_str_equal (names[i], "class") && g_str_equal (name, "td"))
        {
          seen->marked += strstr (values[i], "good") != NULL || strstr (values[i], "bad") != NULL;
          seen->numbers += g_str_has_prefix (values[i], "number");
        }
    }
  seen->cells += g_str_equal (name, "td") || (g_str_equal (name, "th"));
}

static void
on_text (GMarkupParseContext  *context,
         const char           *text,
         gsize                 length,
         gpointer              data,
         GError              **error)
{
  g_string_append_len (((Seen *) data)->text, text, (gssize) length);
}

static void
seen_clear (Seen *seen)
{
  g_hash_table_unref (seen->elements);
  g_hash_table_unref (seen->ids);
  g_ptr_array_unref (seen->targets);
  g_string_free (seen->text, TRUE);
  g_free (seen->alt);
  g_free (seen->source);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Seen, seen_clear)

static void
look (Seen       *seen,
      const char *page)
{
  const GMarkupParser parser = { .start_element = on_start, .text = on_text };
  g_autoptr(GMarkupParseContext) context = NULL;
  g_autoptr(GError) error = NULL;

  seen->elements = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  seen->ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  seen->targets = g_ptr_array_new_with_free_func (g_free);
  seen->text = g_string_new (NULL);
  context = g_markup_parse_context_new (&parser, 0, seen, NULL);
  g_markup_parse_context_parse (context, page, (gssize) strlen (page), &error);
  g_assert_no_error (error);
  g_markup_parse_context_end_parse (context, &error);
  g_assert_no_error (error);
}

static guint
count (const Seen *seen,
       const char *name)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (seen->elements, name));
}

#define NASTY "</p><script>alert(1)</script> & \"R\" 'C' <b>"

static void
test_escape (void)
{
  const struct { const char *text, *wanted; } cases[] = {
    { "", "" },
    { "f₀ = 1/(2π√(LC))", "f₀ = 1/(2π√(LC))" },
    { "a < b & c > \"d\" 'e'", "a &lt; b &amp; c &gt; &quot;d&quot; &#39;e&#39;" },
    { "&amp;", "&amp;amp;" },
    { "x\001\033[31m\177y\tz\n", "x[31my\tz\n" },       /* no control characters, not even as numbers */
    { "a\xc2\x85z", "az" },
    { "a\xffz", "a\357\277\275z" },                     /* not UTF-8: U+FFFD */
    { "cut \xe2\x82", "cut \357\277\275\357\277\275" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *escaped = us_report_escape (cases[i].text);

      g_assert_cmpstr (escaped, ==, cases[i].wanted);
    }
}

static void
test_format (void)
{
  const struct { double value; guint decimals; const char *wanted; } cases[] = {
    { 0.125, 2, "0.12" }, { 0.7546, 2, "0.75" }, { -0.1, 2, "−0.10" }, { -0.001, 2, "0.00" }, { -0.0, 1, "0.0" },
    { 12345.678, 0, "12346" }, { NAN, 2, "–" }, { INFINITY, 2, "–" }, { -INFINITY, 0, "–" }, { -0.5, 0, "0" },
    { -1.5, 0, "−2" }, { 1e300, 2, "1e+300" }, { 0.99994, 4, "0.9999" }, { -1e-300, 12, "0.000000000000" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = us_report_format (cases[i].value, cases[i].decimals);

      g_assert_cmpstr (text, ==, cases[i].wanted);
    }
}

/* Whatever the texts hold, the structure is that of the calls. */
static void
test_structure (void)
{
  const UsReportColumn columns[] = { { NASTY, FALSE }, { "MIG", TRUE }, { "verdict", FALSE } };
  const UsReportFigure figure = { .svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><text x=\"5\">50 % &amp; é</text>\n</svg>", .width = 319.6, .alt = NASTY,
                                  .caption = NASTY, .link = "figures/a\"b.svg", .data = "a&b.csv" };
  g_autoptr(UsReport) report = us_report_new (NASTY, NASTY);
  g_autofree char *page = NULL, *svg = NULL;
  g_auto(Seen) seen = { NULL };

  us_report_section (report, "one", NASTY);
  us_report_heading (report, NASTY);
  us_report_paragraph (report, "%s %d", NASTY, 5);
  us_report_notice (report, "%s", NASTY);
  us_report_verbatim (report, NASTY);
  us_report_section (report, "two-2", "second");
  us_report_table_begin (report, NASTY, G_N_ELEMENTS (columns), columns);
  for (guint row = 0; row < 4; row++)
    {
      us_report_cell (report, US_REPORT_PLAIN, "row %u", row);
      us_report_number (report, row == 1 ? US_REPORT_BAD : US_REPORT_PLAIN, row / 3.0, 2);
      us_report_cell (report, row == 2 ? US_REPORT_GOOD : US_REPORT_MUTED, "%s", NASTY);
    }
  us_report_table_end (report);
  us_report_figure (report, &figure);
  page = us_report_finish (report);
  look (&seen, page);

  g_assert_cmpuint (count (&seen, "script"), ==, 0);
  g_assert_cmpuint (count (&seen, "b"), ==, 0);
  g_assert_null (strstr (page, "<svg"));        /* the picture is inside, encoded */
  g_assert_cmpuint (count (&seen, "html"), ==, 1);
  g_assert_cmpuint (count (&seen, "title"), ==, 1);
  g_assert_cmpuint (count (&seen, "section"), ==, 2);
  g_assert_cmpuint (count (&seen, "table"), ==, 1);
  g_assert_cmpuint (count (&seen, "tr"), ==, 5);
  g_assert_cmpuint (seen.cells, ==, 15);
  g_assert_cmpuint (seen.marked, ==, 2);
  g_assert_cmpuint (seen.numbers, ==, 4);
  g_assert_cmpuint (count (&seen, "figure"), ==, 1);
  g_assert_cmpstr (seen.alt, ==, NASTY);
  g_assert_nonnull (strstr (page, "width=\"320\""));
  g_assert_true (g_str_has_prefix (seen.source, "data:image/svg+xml,%3Csvg"));
  svg = g_uri_unescape_string (seen.source + strlen ("data:image/svg+xml,"), NULL);
  g_assert_cmpstr (svg, ==, "<svg xmlns='http://www.w3.org/2000/svg'><text x='5'>50 % &amp; é</text> </svg>");
  g_assert_nonnull (strstr (seen.text->str, NASTY " 5"));
  g_assert_nonnull (strstr (seen.text->str, "✗ 0.33"));
  g_assert_nonnull (strstr (page, "prefers-color-scheme: dark"));
  g_assert_nonnull (strstr (page, "@media print"));
  /* the contents lead to every section */
  g_assert_cmpuint (seen.targets->len, ==, 2);
  for (guint i = 0; i < seen.targets->len; i++)
    g_assert_true (g_hash_table_contains (seen.ids, seen.targets->pdata[i]));
}

static void
test_empty (void)
{
  g_autoptr(UsReport) report = us_report_new ("Nothing", NULL);
  g_autofree char *page = us_report_finish (report);
  g_auto(Seen) seen = { NULL };

  look (&seen, page);
  g_assert_cmpuint (count (&seen, "nav"), ==, 0);
  g_assert_cmpuint (count (&seen, "h1"), ==, 1);
}

/* A defect of the caller is said, not written. */
static void
test_misuse (void)
{
  const UsReportColumn column = { "one", FALSE };
  g_autoptr(UsReport) report = us_report_new ("Misused", NULL);
  g_autofree char *page = NULL;

  g_test_expect_message ("Us-Engine", G_LOG_LEVEL_CRITICAL, "*regex_match*");
  us_report_section (report, "two words", "Two words");
  g_test_assert_expected_messages ();
  g_test_expect_message ("Us-Engine", G_LOG_LEVEL_CRITICAL, "*n_columns > 0*");
  us_report_cell (report, US_REPORT_PLAIN, "nowhere");
  g_test_assert_expected_messages ();
  us_report_table_begin (report, "Table", 1, &column);
  g_test_expect_message ("Us-Engine", G_LOG_LEVEL_CRITICAL, "*n_columns == 0*");
  us_report_paragraph (report, "in a table");
  g_test_assert_expected_messages ();
  us_report_table_end (report);
  page = us_report_finish (report);
  g_assert_null (strstr (page, "nowhere"));
  g_assert_null (strstr (page, "in a table"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/report/escape", test_escape);
  g_test_add_func ("/report/format", test_format);
  g_test_add_func ("/report/structure", test_structure);
  g_test_add_func ("/report/empty", test_empty);
  g_test_add_func ("/report/misuse", test_misuse);
  return g_test_run ();
}
