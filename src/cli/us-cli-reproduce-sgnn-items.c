/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the report say: kept until the page is put together, so that its head can name what its end found. */
#include "config.h"

#include "us-cli-reproduce-sgnn-private.h"
#include "us-file.h"

#include <math.h>
#include <string.h>

typedef enum
{
  ITEM_HEADING,
  ITEM_PARAGRAPH,
  ITEM_NOTICE,
  ITEM_TABLE,
  ITEM_FIGURE,
} ItemKind;

typedef struct
{
  UsReportMark mark;
  char        *text;
  double       value;           /* NaN: a text */
} Cell;

typedef struct
{
  ItemKind  kind;
  char     *text;               /* or the caption */
  char     *id;

  /* tables */
  gsize     n_columns;
  char    **titles;
  gboolean *number;
  GArray   *cells;              /* of Cell */

  /* figures */
  char     *svg, *alt, *link, *data;
  double    width;
} Item;

static void
clear_cell (gpointer cell)
{
  g_free (((Cell *) cell)->text);
}

static void
item_free (gpointer data)
{
  Item *item = data;

  g_free (item->text);
  g_free (item->id);
  g_strfreev (item->titles);
  g_free (item->number);
  g_clear_pointer (&item->cells, g_array_unref);
  g_free (item->svg);
  g_free (item->alt);
  g_free (item->link);
  g_free (item->data);
  g_free (item);
}

static void
clear_check (gpointer check)
{
  g_free ((char *) ((UsReproduceCheck *) check)->what);
}

UsSgnnResult *
us_sgnn_result_new (const UsSgnnPart *part)
{
  UsSgnnResult *result = g_new0 (UsSgnnResult, 1);

  result->part = part;
  result->items = g_ptr_array_new_with_free_func (item_free);
  result->checks = g_array_new (FALSE, FALSE, sizeof (UsReproduceCheck));
  g_array_set_clear_func (result->checks, clear_check);
  result->names = g_ptr_array_new_with_free_func (g_free);
  result->values = g_array_new (FALSE, FALSE, sizeof (double));
  result->short_words = g_ptr_array_new_with_free_func (g_free);
  return result;
}

void
us_sgnn_result_free (UsSgnnResult *result)
{
  g_ptr_array_unref (result->items);
  g_array_unref (result->checks);
  g_ptr_array_unref (result->names);
  g_array_unref (result->values);
  g_ptr_array_unref (result->short_words);
  g_free (result->failure);
  g_free (result);
}

/* ---- words ------------------------------------------------------------------ */

static Item *
add (UsSgnn   *self,
     ItemKind  kind,
     char     *text)            /* taken */
{
  Item *item = g_new0 (Item, 1);

  item->kind = kind;
  item->text = text;
  g_ptr_array_add (self->now->items, item);
  return item;
}

void
us_sgnn_heading (UsSgnn     *self,
                 const char *title)
{
  add (self, ITEM_HEADING, g_strdup (title));
}

void
us_sgnn_say (UsSgnn     *self,
             const char *format,
             ...)
{
  va_list args;

  va_start (args, format);
  add (self, ITEM_PARAGRAPH, g_strdup_vprintf (format, args));
  va_end (args);
}

void
us_sgnn_notice (UsSgnn     *self,
                const char *format,
                ...)
{
  va_list args;

  va_start (args, format);
  add (self, ITEM_NOTICE, g_strdup_vprintf (format, args));
  va_end (args);
}

void
us_sgnn_in_short (UsSgnn     *self,
                  const char *format,
                  ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (self->now->short_words, g_strdup_vprintf (format, args));
  va_end (args);
}

/* ---- tables ------------------------------------------------------------------ */

void
us_sgnn_table_begin (UsSgnn               *self,
                     const char           *id,
                     const char           *caption,
                     gsize                 n_columns,
                     const UsReportColumn *columns)
{
  Item *item = add (self, ITEM_TABLE, g_strdup (caption));

  item->id = g_strdup (id);
  item->n_columns = n_columns;
  item->titles = g_new0 (char *, n_columns + 1);
  item->number = g_new (gboolean, n_columns);
  item->cells = g_array_new (FALSE, FALSE, sizeof (Cell));
  g_array_set_clear_func (item->cells, clear_cell);
  for (gsize c = 0; c < n_columns; c++)
    {
      item->titles[c] = g_strdup (columns[c].title);
      item->number[c] = columns[c].number;
    }
}

static void
add_cell (UsSgnn       *self,
          UsReportMark  mark,
          char         *text,           /* taken */
          double        value)
{
  Item *item = self->now->items->pdata[self->now->items->len - 1];
  const Cell cell = { mark, text, value };

  g_assert (item->kind == ITEM_TABLE);
  g_array_append_val (item->cells, cell);
}

void
us_sgnn_cell (UsSgnn       *self,
              UsReportMark  mark,
              const char   *format,
              ...)
{
  va_list args;

  va_start (args, format);
  add_cell (self, mark, g_strdup_vprintf (format, args), NAN);
  va_end (args);
}

void
us_sgnn_value (UsSgnn *self,
               double  value,
               guint   decimals)
{
  add_cell (self, US_REPORT_PLAIN, us_report_format (value, decimals), value);
}

void
us_sgnn_rough (UsSgnn *self,
               double  value)
{
  double size = isfinite (value) && value != 0 ? floor (log10 (fabs (value))) : 0;
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  if (size < -4)
    add_cell (self, US_REPORT_PLAIN, g_strdup (g_ascii_formatd (digits, sizeof digits, "%.1e", value)), value);
  else
    add_cell (self, US_REPORT_PLAIN, us_report_format (value, (guint) CLAMP (2 - size, 0, 6)), value);
}

static void
append_field (GString    *csv,
              const Cell *cell,
              char        end)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  if (isfinite (cell->value))
    g_string_append (csv, us_dtoa (digits, cell->value));
  else if (strcmp (cell->text, "–") != 0)
    {
      g_auto(GStrv) parts = g_strsplit (cell->text, "\"", -1);
      g_autofree char *doubled = g_strjoinv ("\"\"", parts);

      g_string_append_printf (csv, strpbrk (cell->text, ",\"\n") != NULL ? "\"%s\"" : "%s", doubled);
    }
  g_string_append_c (csv, end);
}

gboolean
us_sgnn_table_end (UsSgnn  *self,
                   GError **error)
{
  const Item *item = self->now->items->pdata[self->now->items->len - 1];
  g_autofree char *file = g_strconcat (item->id, ".csv", NULL);
  g_autofree char *path = g_build_filename (self->out, file, NULL);
  g_autoptr(GString) csv = g_string_new (NULL);

  g_assert (item->kind == ITEM_TABLE && item->cells->len % item->n_columns == 0);
  for (gsize c = 0; c < item->n_columns; c++)
    {
      const Cell title = { US_REPORT_PLAIN, item->titles[c], NAN };

      append_field (csv, &title, c + 1 < item->n_columns ? ',' : '\n');
    }
  for (guint i = 0; i < item->cells->len; i++)
    append_field (csv, &g_array_index (item->cells, Cell, i), (i + 1) % item->n_columns != 0 ? ',' : '\n');
  return us_file_replace (path, csv->str, csv->len, error);
}

/* ---- figures ------------------------------------------------------------------- */

static gboolean
write_data (UsSgnn      *self,
            Item        *item,
            gsize        n,
            UsPlot     **plots,
            GError     **error)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *csv = us_plot_to_csv (plots[i]);
      g_autofree char *name = i == 0 ? g_strdup_printf ("figures/%s.csv", item->id)
                                     : g_strdup_printf ("figures/%s-%" G_GSIZE_FORMAT ".csv", item->id, i + 1);
      g_autofree char *path = g_build_filename (self->out, name, NULL);

      if (!us_file_replace (path, csv, strlen (csv), error))
        return FALSE;
      if (i == 0)
        item->data = g_steal_pointer (&name);
    }
  return TRUE;
}

gboolean
us_sgnn_figure (UsSgnn      *self,
                const char  *id,
                const char  *alt,
                const char  *caption,
                gsize        n,
                UsPlot     **plots,
                gsize        n_columns,
                double       width,
                double       height,
                gboolean     with_data,
                GError     **error)
{
  Item *item = add (self, ITEM_FIGURE, g_strdup (caption));
  g_autofree char *path = NULL;
  gboolean done;

  item->id = g_strdup (id);
  item->alt = g_strdup (alt);
  item->svg = us_reproduce_svg_grid (caption, n, plots, n_columns, width, height);
  item->width = width * (double) MIN (n, n_columns);
  item->link = g_strdup_printf ("figures/%s.svg", id);
  path = g_build_filename (self->out, item->link, NULL);
  done = us_file_replace (path, item->svg, strlen (item->svg), error)
         && (!with_data || write_data (self, item, n, plots, error));
  for (gsize i = 0; i < n; i++)
    us_plot_unref (plots[i]);
  return done;
}

/* ---- numbers --------------------------------------------------------------------- */

void
us_sgnn_number (UsSgnn     *self,
                const char *name,
                double      value)
{
  g_ptr_array_add (self->now->names, g_strdup (name));
  g_array_append_val (self->now->values, value);
}

void
us_sgnn_want (UsSgnn     *self,
              const char *what,
              double      value,
              guint       decimals,
              UsWant      want,
              double      target)
{
  UsReproduceCheck check = { .what = g_strdup (what), .value = value, .decimals = decimals, .want = want, .target = target,
                             .missing = want == US_WANT_AT_LEAST ? target - value : value - target, .refined = NAN };

  /* what could not be measured is not reached */
  check.reached = check.missing <= 0;
  if (check.reached)
    check.missing = 0;
  g_array_append_val (self->now->checks, check);
}

/* ---- onto the page ----------------------------------------------------------------- */

static void
replay_table (const Item *item,
              UsReport   *report)
{
  g_autofree UsReportColumn *columns = g_new (UsReportColumn, item->n_columns);

  for (gsize c = 0; c < item->n_columns; c++)
    columns[c] = (UsReportColumn) { item->titles[c], item->number[c] };
  us_report_table_begin (report, item->text, item->n_columns, columns);
  /* a row that an error cut off is left out */
  for (guint i = 0; i < item->cells->len - item->cells->len % item->n_columns; i++)
    {
      const Cell *cell = &g_array_index (item->cells, Cell, i);

      us_report_cell (report, cell->mark, "%s", cell->text);
    }
  us_report_table_end (report);
}

void
us_sgnn_replay (const UsSgnnResult *result,
                UsReport           *report)
{
  for (guint i = 0; i < result->items->len; i++)
    {
      const Item *item = result->items->pdata[i];

      switch (item->kind)
        {
        case ITEM_HEADING:
          us_report_heading (report, item->text);
          break;
        case ITEM_PARAGRAPH:
          us_report_paragraph (report, "%s", item->text);
          break;
        case ITEM_NOTICE:
          us_report_notice (report, "%s", item->text);
          break;
        case ITEM_TABLE:
          replay_table (item, report);
          break;
        case ITEM_FIGURE:
        default:
          us_report_figure (report, &(UsReportFigure) { item->svg, item->width, item->alt, item->text, item->link, item->data });
        }
    }
}
