/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-csv.h"
#include "us-plot.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  char   *folder;
  UsPlot *plot;
} Fixture;

static const double numbers[] = { 0.1, 1.0 / 3.0, -2.5e-7, 12345.678901234567 };

static void
set_up (Fixture       *f,
        gconstpointer  unused)
{
  f->folder = g_dir_make_tmp ("us-plot-XXXXXX", NULL);
  f->plot = us_plot_new ("Exported");
  us_plot_set_axis (f->plot, US_AXIS_X, "Time", "s", US_SCALE_LINEAR);
  us_plot_set_axis (f->plot, US_AXIS_Y, "Signal", "mV", US_SCALE_LINEAR);
  us_plot_add_line (f->plot, "first, with a comma", NULL, 4, NULL, numbers);
  us_plot_add_band (f->plot, "spread", NULL, 4, NULL, numbers, numbers);
}

static void
tear_down (Fixture       *f,
           gconstpointer  unused)
{
  g_autoptr(GDir) dir = g_dir_open (f->folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (f->folder, name, NULL);

      g_remove (path);
    }
  g_rmdir (f->folder);
  g_free (f->folder);
  us_plot_unref (f->plot);
}

static void
assert_only (Fixture    *f,
             const char *expected)
{
  g_autoptr(GDir) dir = g_dir_open (f->folder, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_assert_cmpstr (name, ==, expected);
      n++;
    }
  g_assert_cmpuint (n, ==, expected != NULL);
}

static char *
export (Fixture    *f,
        const char *name,
        gsize      *length)
{
  g_autofree char *path = g_build_filename (f->folder, name, NULL);
  g_autoptr(GError) error = NULL;
  char *contents;

  us_plot_export (f->plot, path, 400, 300, US_THEME_PRINT, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &contents, length, NULL));
  return contents;
}

static guint32
big_endian (const char *bytes)
{
  guint32 value;

  memcpy (&value, bytes, 4);
  return GUINT32_FROM_BE (value);
}

static void
test_png (Fixture       *f,
          gconstpointer  unused)
{
  gsize length;
  g_autofree char *contents = export (f, "picture.PNG", &length);

  g_assert_cmpmem (contents, 8, "\x89PNG\r\n\x1a\n", 8);
  g_assert_cmpuint (big_endian (contents + 16), ==, 800);
  g_assert_cmpuint (big_endian (contents + 20), ==, 600);
  assert_only (f, "picture.PNG");
}

/* Three plots, one below the other: three times the height, and more in it than one; not as a table. */
static void
test_column (Fixture       *f,
             gconstpointer  unused)
{
  UsPlot *plots[] = { f->plot, f->plot, f->plot };
  g_autofree char *path = g_build_filename (f->folder, "column.png", NULL);
  g_autofree char *table = g_build_filename (f->folder, "column.csv", NULL);
  g_autofree char *contents = NULL;
  g_autofree char *one = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) refused = NULL;
  gsize length, length_of_one;

  g_assert_true (us_plot_export_column (3, plots, path, 400, 300, US_THEME_PRINT, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  g_assert_cmpuint (big_endian (contents + 16), ==, 800);
  g_assert_cmpuint (big_endian (contents + 20), ==, 1800);
  g_assert_false (us_plot_export_column (3, plots, table, 400, 300, US_THEME_PRINT, &refused));
  g_assert_error (refused, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);

  /* A column of one is the plot itself, to the byte. */
  g_assert_true (us_plot_export_column (1, plots, path, 400, 300, US_THEME_PRINT, &error));
  g_clear_pointer (&contents, g_free);
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  one = export (f, "column.png", &length_of_one);
  g_assert_cmpmem (contents, length, one, length_of_one);
  assert_only (f, "column.png");
}

static void
test_svg (Fixture       *f,
          gconstpointer  unused)
{
  gsize length;
  g_autofree char *contents = export (f, "picture.svg", &length);
  GMarkupParser parser = { 0 };
  g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, NULL, NULL);
  g_autoptr(GError) error = NULL;

  g_markup_parse_context_parse (context, contents, (gssize) length, &error);
  g_assert_no_error (error);
  g_markup_parse_context_end_parse (context, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (contents, "<svg"));
  /* Lines stay lines. */
  g_assert_nonnull (strstr (contents, "<path"));
  g_assert_null (strstr (contents, "<image"));
}

static void
test_pdf (Fixture       *f,
          gconstpointer  unused)
{
  gsize length;
  g_autofree char *contents = export (f, "picture.pdf", &length);

  g_assert_true (g_str_has_prefix (contents, "%PDF-"));
  g_assert_nonnull (g_strstr_len (contents + length - 32, 32, "%%EOF"));
}

/* Read back by the reader of tables: the same doubles. */
static void
test_csv_wide (Fixture       *f,
               gconstpointer  unused)
{
  gsize length;
  g_autofree char *contents = export (f, "numbers.csv", &length);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsCsv) table = us_csv_parse (contents, (gssize) length, "numbers", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (table->n_rows, ==, 4);
  g_assert_cmpuint (table->n_columns, ==, 4);
  g_assert_cmpstr (table->names[0], ==, "Time (s)");
  g_assert_cmpstr (table->names[1], ==, "first, with a comma");
  g_assert_cmpstr (table->names[3], ==, "spread (upper)");
  for (guint i = 0; i < 4; i++)
    {
      g_assert_cmpfloat (table->values[4 * i], ==, i);
      g_assert_cmpfloat (table->values[4 * i + 1], ==, numbers[i]);
      g_assert_cmpfloat (table->values[4 * i + 3], ==, numbers[i]);
    }
}

static void
test_csv_long (Fixture       *f,
               gconstpointer  unused)
{
  const double x[] = { 5, 6 }, y[] = { NAN, 2 };
  g_autoptr(UsPlot) plot = us_plot_new (NULL);
  g_autofree char *text = NULL;

  us_plot_add_scatter (plot, "a", NULL, 2, x, y);
  us_plot_add_line (plot, "say \"b\"", NULL, 1, NULL, numbers);
  text = us_plot_to_csv (plot);
  g_assert_cmpstr (text, ==, "layer,x,y,upper\na,5,,\na,6,2,\n\"say \"\"b\"\"\",0,0.1,\n");
}

static void
test_csv_matrix (Fixture       *f,
                 gconstpointer  unused)
{
  const double values[] = { 1, 0.25, NAN, 4 };
  const char *names[] = { "u", "v", NULL };
  const float pixels[] = { 0, 0.5f, 1, 0.1f };
  g_autoptr(UsPlot) plot = us_plot_new (NULL);
  g_autoptr(UsPlot) picture = us_plot_new (NULL);
  g_autofree char *text = NULL, *dots = NULL;

  us_plot_set_categories (plot, US_AXIS_X, names);
  us_plot_set_categories (plot, US_AXIS_Y, names);
  us_plot_add_heat_map (plot, "MI", "bit", 2, 2, values, US_COLOUR_MAP_SEQUENTIAL, NAN, NAN, FALSE);
  text = us_plot_to_csv (plot);
  g_assert_cmpstr (text, ==, "MI,u,v\nu,1,0.25\nv,,4\n");
  us_plot_add_image (picture, "X", 2, 2, 1, pixels, US_COLOUR_MAP_GREY, 0, 1, FALSE);
  dots = us_plot_to_csv (picture);
  g_assert_cmpstr (dots, ==, "0,0.5\n1,0.100000001\n");
}

static void
test_errors (Fixture       *f,
             gconstpointer  unused)
{
  g_autofree char *wrong = g_build_filename (f->folder, "picture.bmp", NULL);
  g_autofree char *missing = g_build_filename (f->folder, "no-such-folder", "picture.svg", NULL);
  g_autofree char *huge = g_build_filename (f->folder, "huge.png", NULL);
  g_autoptr(GError) error = NULL;

  g_assert_false (us_plot_export (f->plot, wrong, 400, 300, US_THEME_PRINT, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_nonnull (strstr (error->message, "picture.bmp"));
  g_clear_error (&error);
  g_assert_false (us_plot_export (f->plot, missing, 400, 300, US_THEME_PRINT, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (us_plot_export (f->plot, huge, 1e6, 1e6, US_THEME_PRINT, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  assert_only (f, NULL);
}

/* A failed export leaves the old file whole. */
static void
test_replaces_whole (Fixture       *f,
                     gconstpointer  unused)
{
  g_autofree char *path = g_build_filename (f->folder, "numbers.csv", NULL);
  g_autofree char *contents = NULL;

  g_assert_true (g_file_set_contents (path, "old", -1, NULL));
  g_free (export (f, "numbers.csv", NULL));
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_true (g_str_has_prefix (contents, "Time (s),"));
  assert_only (f, "numbers.csv");
}

/* Every kind of layer, in every format and theme, also with nothing in it. */
static void
test_all_kinds (Fixture       *f,
                gconstpointer  unused)
{
  static const char *const endings[] = { "a.svg", "a.pdf", "a.png", "a.csv" };
  const float pixels[] = { 0, 0.5f, 1, 0.1f };
  g_autoptr(UsPlot) empty = us_plot_new (NULL);
  g_autoptr(UsPlot) grid = us_plot_new ("Grid");

  us_plot_add_scatter (f->plot, "points", NULL, 4, NULL, numbers);
  us_plot_add_bars (f->plot, "bars", NULL, 4, NULL, numbers, 0);
  us_plot_add_image (f->plot, "picture", 2, 2, 1, pixels, US_COLOUR_MAP_DIVERGING, NAN, NAN, TRUE);
  us_plot_add_text (f->plot, "a <word> & more", NULL, 1, 1);
  us_plot_add_slope (f->plot, "slope", NULL, 0, 1);
  us_plot_add_image_grid (grid, "g", 2, 2, 1, 1, 1, pixels, US_COLOUR_MAP_GREY, 0, 1, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    for (guint theme = 0; theme < 3; theme++)
      {
        g_autofree char *path = g_build_filename (f->folder, endings[i], NULL);
        g_autoptr(GError) error = NULL;
        UsPlot *plots[] = { f->plot, empty, grid };

        for (guint k = 0; k < 3; k++)
          {
            us_plot_export (plots[k], path, 300, 200, theme, &error);
            g_assert_no_error (error);
          }
      }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/plot-export/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("png", test_png);
  ADD ("column", test_column);
  ADD ("svg", test_svg);
  ADD ("pdf", test_pdf);
  ADD ("csv-wide", test_csv_wide);
  ADD ("csv-long", test_csv_long);
  ADD ("csv-matrix", test_csv_matrix);
  ADD ("errors", test_errors);
  ADD ("replaces-whole", test_replaces_whole);
  ADD ("all-kinds", test_all_kinds);
  return g_test_run ();
}
