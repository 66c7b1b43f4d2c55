/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-report.h"
#include "us-report-private.h"

#include <math.h>
#include <string.h>

struct _UsReport
{
  char           *title;
  char           *summary;
  GString        *contents;     /* entries of the list of sections */
  GString        *body;
  gboolean        in_section;

  /* the table that is being filled; n_columns 0: none */
  gsize           n_columns, column;
  gboolean       *number;       /* (n_columns) */
};

/* ---- texts --------------------------------------------------------------- */

/* Control characters have no place in HTML or XML, not even as numbers. */
static gboolean
is_allowed (gunichar c)
{
  return c == '\t' || c == '\n' || c == '\r'
         || (c >= 0x20 && !(c >= 0x7f && c <= 0x9f) && c != 0xfffe && c != 0xffff);
}

char *
us_report_escape (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr(GString) escaped = g_string_new (NULL);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if (!is_allowed (c))
        continue;
      switch (c)
        {
        case '&':
          g_string_append (escaped, "&amp;");
          break;
        case '<':
          g_string_append (escaped, "&lt;");
          break;
        case '>':
          g_string_append (escaped, "&gt;");
          break;
        case '"':
          g_string_append (escaped, "&quot;");
          break;
        case '\'':
          g_string_append (escaped, "&#39;");
          break;
        default:
          g_string_append_unichar (escaped, c);
        }
    }
  return g_strdup (escaped->str);
}

char *
us_report_format (double value,
                  guint  decimals)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE], format[16];
  const char *sign = "";

  if (!isfinite (value))
    return g_strdup ("–");
  g_snprintf (format, sizeof format, "%%.%uf", MIN (decimals, 12));
  /* large ones would not fit, nor be read */
  if (fabs (value) >= 1e15)
    g_strlcpy (format, "%.6g", sizeof format);
  g_ascii_formatd (digits, sizeof digits, format, fabs (value));
  if (signbit (value) && strpbrk (digits, "123456789") != NULL)
    sign = "−";
  return g_strconcat (sign, digits, NULL);
}

/* <tag>text</tag>, a line of its own. */
static void
element (GString    *to,
         const char *open,
         const char *text,
         const char *close)
{
  g_autofree char *escaped = us_report_escape (text);

  g_string_append_printf (to, "<%s>%s</%s>\n", open, escaped, close);
}

static void
attribute (GString    *to,
           const char *name,
           const char *text)
{
  g_autofree char *escaped = us_report_escape (text);

  g_string_append_printf (to, " %s=\"%s\"", name, escaped);
}

/* ---- the frame ------------------------------------------------------------ */

UsReport *
us_report_new (const char *title,
               const char *summary)
{
  UsReport *self = g_new0 (UsReport, 1);

  g_return_val_if_fail (title != NULL, NULL);

  self->title = g_strdup (title);
  self->summary = g_strdup (summary);
  self->contents = g_string_new (NULL);
  self->body = g_string_new (NULL);
  return self;
}

void
us_report_free (UsReport *self)
{
  if (self == NULL)
    return;
  g_free (self->title);
  g_free (self->summary);
  g_string_free (self->contents, TRUE);
  g_string_free (self->body, TRUE);
  g_free (self->number);
  g_free (self);
}

static void
end_section (UsReport *self)
{
  if (self->in_section)
    g_string_append (self->body, "</section>\n");
  self->in_section = FALSE;
}

void
us_report_section (UsReport   *self,
                   const char *id,
                   const char *title)
{
  g_autofree char *escaped = us_report_escape (title);

  g_return_if_fail (self->n_columns == 0);
  g_return_if_fail (g_regex_match_simple ("^[A-Za-z][A-Za-z0-9-]*$", id, 0, 0));

  end_section (self);
  g_string_append_printf (self->contents, "<li><a href=\"#%s\">%s</a></li>\n", id, escaped);
  g_string_append_printf (self->body, "<section id=\"%s\">\n<h2>%s</h2>\n", id, escaped);
  self->in_section = TRUE;
}

void
us_report_heading (UsReport   *self,
                   const char *title)
{
  g_return_if_fail (self->n_columns == 0);

  element (self->body, "h3", title, "h3");
}

/* start: with its attributes. */
static void
say (UsReport   *self,
     const char *start,
     const char *format,
     va_list     args)
{
  g_autofree char *text = g_strdup_vprintf (format, args);

  g_return_if_fail (self->n_columns == 0);

  element (self->body, start, text, "p");
}

void
us_report_paragraph (UsReport   *self,
                     const char *format,
                     ...)
{
  va_list args;

  va_start (args, format);
  say (self, "p", format, args);
  va_end (args);
}

void
us_report_notice (UsReport   *self,
                  const char *format,
                  ...)
{
  va_list args;

  va_start (args, format);
  say (self, "p class=\"notice\" role=\"note\"", format, args);
  va_end (args);
}

void
us_report_verbatim (UsReport   *self,
                    const char *text)
{
  g_return_if_fail (self->n_columns == 0);

  element (self->body, "pre", text, "pre");
}

/* ---- tables --------------------------------------------------------------- */

void
us_report_table_begin (UsReport             *self,
                       const char           *caption,
                       gsize                 n_columns,
                       const UsReportColumn *columns)
{
  g_return_if_fail (self->n_columns == 0 && n_columns > 0);

  self->n_columns = n_columns;
  self->column = 0;
  self->number = g_renew (gboolean, self->number, n_columns);
  g_string_append (self->body, "<div class=\"scroll\"><table>\n");
  element (self->body, "caption", caption, "caption");
  g_string_append (self->body, "<thead><tr>\n");
  for (gsize c = 0; c < n_columns; c++)
    {
      self->number[c] = columns[c].number;
      element (self->body, columns[c].number ? "th scope=\"col\" class=\"number\"" : "th scope=\"col\"",
               columns[c].title, "th");
    }
  g_string_append (self->body, "</tr></thead>\n<tbody>\n");
}

/* text is plain. */
static void
put_cell (UsReport     *self,
          UsReportMark  mark,
          const char   *text)
{
  static const char *const classes[] = { "", "good", "bad", "muted" };
  static const char *const signs[] = { "", "✓ ", "✗ ", "" };
  gboolean number = self->number[self->column];
  gboolean heading = self->column == 0;
  g_autofree char *escaped = us_report_escape (text);

  if (heading)
    g_string_append (self->body, "<tr>");
  g_string_append (self->body, heading ? "<th scope=\"row\"" : "<td");
  if (number || mark != US_REPORT_PLAIN)
    g_string_append_printf (self->body, " class=\"%s%s%s\"", number ? "number" : "",
                            number && mark != US_REPORT_PLAIN ? " " : "", classes[mark]);
  g_string_append_printf (self->body, ">%s%s</%s>", signs[mark], escaped, heading ? "th" : "td");
  if (++self->column == self->n_columns)
    {
      g_string_append (self->body, "</tr>\n");
      self->column = 0;
    }
}

void
us_report_cell (UsReport     *self,
                UsReportMark  mark,
                const char   *format,
                ...)
{
  g_autofree char *text = NULL;
  va_list args;

  g_return_if_fail (self->n_columns > 0);

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  put_cell (self, mark, text);
}

void
us_report_number (UsReport     *self,
                  UsReportMark  mark,
                  double        value,
                  guint         decimals)
{
  g_autofree char *text = us_report_format (value, decimals);

  g_return_if_fail (self->n_columns > 0);

  put_cell (self, mark, text);
}

void
us_report_table_end (UsReport *self)
{
  g_return_if_fail (self->n_columns > 0 && self->column == 0);

  g_string_append (self->body, "</tbody>\n</table></div>\n");
  self->n_columns = 0;
}

/* ---- figures -------------------------------------------------------------- */

/* For a data URI, and for an attribute in double quotes: a tenth longer, where base64 takes a third. */
static char *
encode (const char *svg)
{
  g_autoptr(GString) text = g_string_new (NULL);
  /* either kind of quotes serves; one of them needs no code */
  gboolean swap = strchr (svg, '\'') == NULL;

  for (const char *at = svg; *at != '\0'; at++)
    {
      guchar c = (guchar) *at;

      if (c == '"' && swap)
        g_string_append_c (text, '\'');
      else if (c == '\n')
        g_string_append_c (text, ' ');
      else if (c <= 0x20 && c != ' ')
        continue;
      else if (c >= 0x7f || strchr ("\"'#%&<>", c) != NULL)
        g_string_append_printf (text, "%%%02X", c);
      else
        g_string_append_c (text, *at);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* As a picture of its own, so that the names inside one do not meet those inside another. */
void
us_report_figure (UsReport             *self,
                  const UsReportFigure *figure)
{
  g_autofree char *data = NULL, *caption = NULL;

  g_return_if_fail (self->n_columns == 0);
  g_return_if_fail (figure->svg != NULL && figure->alt != NULL && figure->caption != NULL);

  data = encode (figure->svg);
  g_string_append_printf (self->body, "<figure>\n<img src=\"data:image/svg+xml,%s\"", data);
  attribute (self->body, "alt", figure->alt);
  if (figure->width > 0)
    g_string_append_printf (self->body, " width=\"%d\"", (int) lround (figure->width));
  caption = us_report_escape (figure->caption);
  g_string_append_printf (self->body, "/>\n<figcaption>%s", caption);
  for (guint i = 0; i < 2; i++)
    {
      const char *link = i == 0 ? figure->link : figure->data;

      if (link == NULL)
        continue;
      g_string_append (self->body, i == 0 || figure->link == NULL ? " (" : ", ");
      g_string_append (self->body, "<a");
      attribute (self->body, "href", link);
      g_string_append_printf (self->body, ">%s</a>", i == 0 ? "figure" : "numbers");
    }
  g_string_append_printf (self->body, "%s</figcaption>\n</figure>\n",
                          figure->link != NULL || figure->data != NULL ? ")" : "");
}

/* ---- the page -------------------------------------------------------------- */

char *
us_report_finish (UsReport *self)
{
  g_autoptr(GString) page = g_string_new ("<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
                                          "<meta charset=\"utf-8\"/>\n"
                                          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                                          "<meta name=\"color-scheme\" content=\"light dark\"/>\n");

  g_return_val_if_fail (self->n_columns == 0, NULL);

  end_section (self);
  element (page, "title", self->title, "title");
  g_string_append_printf (page, "<style>\n%s</style>\n</head>\n<body>\n<header>\n", us_report_style);
  element (page, "h1", self->title, "h1");
  if (self->summary != NULL)
    element (page, "p", self->summary, "p");
  g_string_append (page, "</header>\n");
  if (self->contents->len > 0)
    g_string_append_printf (page, "<nav aria-label=\"Contents\">\n<ol>\n%s</ol>\n</nav>\n", self->contents->str);
  g_string_append_printf (page, "<main>\n%s</main>\n</body>\n</html>\n", self->body->str);
  return g_string_free (g_steal_pointer (&page), FALSE);
}
