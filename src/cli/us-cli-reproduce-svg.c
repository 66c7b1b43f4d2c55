/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Charts put together as one SVG, small and for light and dark alike. */
#include "config.h"

#include "us-cli-reproduce-private.h"
#include "us-file.h"

#include <cairo-svg.h>
#include <math.h>
#include <string.h>

static cairo_status_t
append (void                *closure,
        const unsigned char *data,
        unsigned int         length)
{
  g_byte_array_append (closure, data, length);
  return CAIRO_STATUS_SUCCESS;
}

static void
hex (char     text[8],
     UsColour colour)
{
  g_snprintf (text, 8, "#%02x%02x%02x", (guint) lround (255 * colour.red), (guint) lround (255 * colour.green),
              (guint) lround (255 * colour.blue));
}

/* One colour of the light theme becomes that of the dark one.  Written as attribute or as style, as cairo's version has it. */
static void
add_rule (GString  *style,
          UsColour  light,
          UsColour  dark)
{
  char from[8], to[8];

  hex (from, light);
  hex (to, dark);
  for (guint i = 0; i < 2; i++)
    {
      const char *name = i == 0 ? "fill" : "stroke";

      g_string_append_printf (style, "[style*=\"%s:%s\"],[%s=\"%s\"]{%s:%s!important}\n", name, from, name, from, name, to);
    }
}

static char *
make_style (void)
{
  g_autoptr(GString) style = g_string_new ("<style>\nimage{image-rendering:crisp-edges;image-rendering:pixelated}\n"
                                           "@media screen and (prefers-color-scheme:dark){\n");
  char ground[8];

  hex (ground, us_colour_ground (US_THEME_DARK));
  g_string_append_printf (style, ".ground{fill:%s}\n", ground);
  add_rule (style, us_colour_foreground (US_THEME_LIGHT), us_colour_foreground (US_THEME_DARK));
  add_rule (style, us_colour_axis (US_THEME_LIGHT), us_colour_axis (US_THEME_DARK));
  add_rule (style, us_colour_grid (US_THEME_LIGHT), us_colour_grid (US_THEME_DARK));
  add_rule (style, us_colour_get (US_THEME_LIGHT, US_COLOUR_MUTED), us_colour_get (US_THEME_DARK, US_COLOUR_MUTED));
  for (int c = 1; c <= US_N_COLOURS; c++)
    add_rule (style, us_colour_get (US_THEME_LIGHT, c), us_colour_get (US_THEME_DARK, c));
  g_string_append (style, "}\n</style>\n");
  return g_strdup (style->str);
}

/* "rgb(8%,33%,85%)" → "#1453d8" */
static gboolean
shorten_colour (const GMatchInfo *match,
                GString          *result,
                gpointer          data)
{
  double parts[3];
  char text[8];

  for (int i = 0; i < 3; i++)
    {
      g_autofree char *part = g_match_info_fetch (match, i + 1);

      parts[i] = g_ascii_strtod (part, NULL) / 100;
    }
  hex (text, (UsColour) { parts[0], parts[1], parts[2] });
  g_string_append (result, text);
  return FALSE;
}

/* A number as short as this many decimals allow: ".5", "-12". */
static void
append_number (GString *to,
               double   value,
               guint    decimals)
{
  char format[] = { '%', '.', (char) ('0' + decimals), 'f', '\0' };
  char digits[G_ASCII_DTOSTR_BUF_SIZE];
  const char *start = digits;
  gsize n;

  g_ascii_formatd (digits, sizeof digits, format, value);
  for (n = strlen (digits); strchr (digits, '.') != NULL && (digits[n - 1] == '0' || digits[n - 1] == '.'); n--)
    if (digits[n - 1] == '.')
      {
        n--;
        break;
      }
  digits[n] = '\0';
  if (g_str_equal (digits, "-0"))
    start = "0";
  else if (g_str_has_prefix (digits, "0."))
    start = digits + 1;
  if (g_str_has_prefix (digits, "-0."))
    g_string_append_printf (to, "-%s", digits + 2);
  else
    g_string_append (to, start);
}

/* The same path without what its grammar lets one leave out. */
static void
append_path (GString    *to,
             const char *path,
             guint       decimals)
{
  g_auto(GStrv) words = g_strsplit (path, " ", -1);
  char command = '\0';
  gboolean need_space = FALSE;

  for (guint i = 0; words[i] != NULL; i++)
    if (g_ascii_isalpha (words[i][0]))
      {
        /* cairo ends a closed path by a move that moves nothing */
        if (words[i][0] == 'M' && words[i + 1] != NULL && words[i + 2] != NULL
            && (words[i + 3] == NULL || *words[i + 3] == '\0'))
          break;
        if (words[i][0] != command || command == 'M' || command == 'Z')
          {
            g_string_append_c (to, words[i][0]);
            need_space = FALSE;
          }
        command = words[i][0];
      }
    else if (*words[i] != '\0')
      {
        gsize at = to->len;

        append_number (to, g_ascii_strtod (words[i], NULL), decimals);
        if (need_space && to->str[at] != '-')
          g_string_insert_c (to, (gssize) at, ' ');
        need_space = TRUE;
      }
}

/* Glyphs keep hundredths of a pixel, lines tenths. */
static gboolean
shorten_path (const GMatchInfo *match,
              GString          *result,
              gpointer          data)
{
  g_autofree char *attributes = g_match_info_fetch (match, 1);
  g_autofree char *path = g_match_info_fetch (match, 2);

  g_string_append_printf (result, "<path%s d=\"", attributes);
  append_path (result, path, strstr (attributes, "fill:none") != NULL ? 1 : 2);
  g_string_append_c (result, '"');
  return FALSE;
}

static gboolean
shorten_place (const GMatchInfo *match,
               GString          *result,
               gpointer          data)
{
  g_autofree char *name = g_match_info_fetch (match, 1), *value = g_match_info_fetch (match, 2);

  g_string_append_printf (result, " %s=\"", name);
  append_number (result, g_ascii_strtod (value, NULL), 2);
  g_string_append_c (result, '"');
  return FALSE;
}

static char *
replace_all (char           *text,           /* taken over */
             const char     *pattern,
             GRegexEvalCallback callback)
{
  g_autoptr(GRegex) regex = g_regex_new (pattern, G_REGEX_OPTIMIZE, 0, NULL);
  char *replaced = g_regex_replace_eval (regex, text, -1, 0, 0, callback, NULL, NULL);

  g_free (text);
  return replaced;
}

/* A dot as cairo writes it, two Bézier arcs: left and right ends tell where it is and how wide. */
#define DOT "^<path style=\"[^\"]*fill:(#[0-9a-f]{6});(?:fill-opacity:([0-9.]+);)?\" " \
            "d=\"M([0-9.]+) ([0-9.]+)C\\3 [0-9.]+ ([0-9.]+) [0-9.]+ \\5 \\4 \\5 [0-9.]+ \\3 [0-9.]+ \\3 \\4\"/>$"

/* A cloud of dots of one colour: a group of circles, a fifth as long. */
static char *
shorten_dots (char *text)               /* taken over */
{
  g_autoptr(GRegex) dot = g_regex_new (DOT, G_REGEX_OPTIMIZE, 0, NULL);
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree char *open = NULL;         /* the group's start */
  GString *to = g_string_sized_new (strlen (text));

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autoptr(GMatchInfo) match = NULL;
      g_autofree char *start = NULL;

      if (g_regex_match (dot, lines[i], 0, &match))
        {
          g_autofree char *fill = g_match_info_fetch (match, 1), *opacity = g_match_info_fetch (match, 2);
          g_autofree char *right = g_match_info_fetch (match, 3), *y = g_match_info_fetch (match, 4);
          g_autofree char *left = g_match_info_fetch (match, 5);
          double x0 = g_ascii_strtod (left, NULL), x1 = g_ascii_strtod (right, NULL);

          start = *opacity != '\0' ? g_strdup_printf ("<g fill=\"%s\" fill-opacity=\"%s\">\n", fill, opacity)
                                   : g_strdup_printf ("<g fill=\"%s\">\n", fill);
          if (g_strcmp0 (start, open) != 0)
            g_string_append_printf (to, "%s%s", open != NULL ? "</g>\n" : "", start);
          g_string_append (to, "<circle cx=\"");
          append_number (to, (x0 + x1) / 2, 1);
          g_string_append (to, "\" cy=\"");
          append_number (to, g_ascii_strtod (y, NULL), 1);
          g_string_append (to, "\" r=\"");
          append_number (to, (x1 - x0) / 2, 1);
          g_string_append (to, "\"/>\n");
        }
      else
        g_string_append_printf (to, "%s%s%s", open != NULL ? "</g>\n" : "", lines[i], lines[i + 1] != NULL ? "\n" : "");
      g_free (open);
      open = g_steal_pointer (&start);
    }
  g_free (text);
  return g_string_free (to, FALSE);
}

/* A figure is there twice, as a file and in the page: without digits that nobody sees and words that say what is the case
 * anyway it is half as long. */
static char *
shorten (const char *svg)
{
  static const char *const idle[] = {
    "stroke-linecap:butt;", "stroke-linejoin:miter;", "stroke-opacity:1;", "fill-opacity:1;", " style=\"stroke:none;\"",
    " clip-rule=\"nonzero\"",
  };
  g_autoptr(GString) text = NULL;
  char *short_text = g_strdup (svg);

  short_text = replace_all (short_text, "rgb\\(([0-9.]+)%, ?([0-9.]+)%, ?([0-9.]+)%\\)", shorten_colour);
  short_text = replace_all (short_text, "<path([^>]*) d=\"([^\"]*)\"", shorten_path);
  short_text = replace_all (short_text, " (x|y)=\"([0-9.-]+)\"", shorten_place);
  short_text = replace_all (short_text, "(data:image/png;base64,)([^\"]*)", us_reproduce_shorten_png);
  short_text = shorten_dots (short_text);
  text = g_string_new (short_text);
  g_free (short_text);
  for (gsize i = 0; i < G_N_ELEMENTS (idle); i++)
    g_string_replace (text, idle[i], "", 0);
  return g_strdup (text->str);
}

/* Title, style and ground come first inside the root element. */
static char *
dress (const char *svg,
       const char *title)
{
  g_autofree char *shorter = shorten (svg);
  g_autofree char *style = make_style ();
  g_autofree char *escaped = us_report_escape (title);
  const char *root = strstr (shorter, "<svg");
  const char *inside = root != NULL ? strchr (root, '>') : NULL;

  g_assert (inside != NULL);
  return g_strdup_printf ("%.*s<title>%s</title>\n%s<rect class=\"ground\" width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>%s",
                          (int) (inside + 1 - shorter), shorter, escaped, style, inside + 1);
}

char *
us_reproduce_svg (double               width,
                  double               height,
                  const char          *title,
                  gsize                n,
                  const UsFigureCell  *cells,
                  void               (*paint) (cairo_t *cr, gpointer data),
                  gpointer             data)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();
  cairo_surface_t *surface = cairo_svg_surface_create_for_stream (append, bytes, width, height);
  cairo_t *cr;

  cairo_svg_surface_set_document_unit (surface, CAIRO_SVG_UNIT_PX);
  cr = cairo_create (surface);
  if (paint != NULL)
    paint (cr, data);
  for (gsize i = 0; i < n; i++)
    {
      /* clouds of points get print resolution */
      const UsPlotOptions options = { .width = cells[i].width, .height = cells[i].height, .scale = 3,
                                      .theme = US_THEME_LIGHT, .view = US_PLOT_VIEW_ALL };

      cairo_save (cr);
      cairo_translate (cr, cells[i].x, cells[i].y);
      us_plot_render (cells[i].plot, cr, &options, NULL);
      cairo_restore (cr);
    }
  cairo_destroy (cr);
  cairo_surface_finish (surface);
  cairo_surface_destroy (surface);
  g_byte_array_append (bytes, (const guint8 *) "", 1);
  return dress ((const char *) bytes->data, title);
}

char *
us_reproduce_svg_grid (const char    *title,
                       gsize          n,
                       UsPlot *const *plots,
                       gsize          n_columns,
                       double         width,
                       double         height)
{
  g_autofree UsFigureCell *cells = g_new (UsFigureCell, n);
  gsize n_rows = (n + n_columns - 1) / n_columns;

  for (gsize i = 0; i < n; i++)
    cells[i] = (UsFigureCell) { plots[i], width * (i % n_columns), height * (i / n_columns), width, height };
  return us_reproduce_svg (width * MIN (n, n_columns), height * n_rows, title, n, cells, NULL, NULL);
}

/* ---- kept, and as files ---------------------------------------------------- */

void
us_reproduce_figure_free (UsReproduceFigure *figure)
{
  g_free (figure->id);
  g_free (figure->svg);
  g_free (figure->alt);
  g_free (figure->caption);
  g_free (figure->link);
  g_free (figure->data);
  g_free (figure);
}

gboolean
us_reproduce_add_figure (UsReproduction *self,
                         const char     *id,
                         char           *svg,
                         double          width,
                         const char     *alt,
                         const char     *caption,
                         gsize           n_plots,
                         UsPlot *const  *plots,
                         GError        **error)
{
  UsReproduceFigure *figure = g_new0 (UsReproduceFigure, 1);
  g_autofree char *path = NULL;

  figure->id = g_strdup (id);
  figure->svg = svg;
  figure->width = width;
  figure->alt = g_strdup (alt);
  figure->caption = g_strdup (caption);
  figure->link = g_strdup_printf ("figures/%s.svg", id);
  g_hash_table_insert (self->figures, figure->id, figure);
  path = g_build_filename (self->out, figure->link, NULL);
  if (!us_file_replace (path, svg, strlen (svg), error))
    return FALSE;
  for (gsize i = 0; i < n_plots; i++)
    {
      g_autofree char *csv = us_plot_to_csv (plots[i]);
      g_autofree char *name = i == 0 ? g_strdup_printf ("figures/%s.csv", id)
                                     : g_strdup_printf ("figures/%s-%" G_GSIZE_FORMAT ".csv", id, i + 1);
      g_autofree char *csv_path = g_build_filename (self->out, name, NULL);

      if (!us_file_replace (csv_path, csv, strlen (csv), error))
        return FALSE;
      if (i == 0)
        figure->data = g_steal_pointer (&name);
    }
  return TRUE;
}
