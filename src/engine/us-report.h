/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UsReport:
 *
 * Writes a report as one page of HTML that needs nothing else: style and
 * pictures are inside, no script, no network; light and dark by the
 * reader's preference, fit for printing.  The page is well-formed XML too.  All
 * texts are plain and are escaped here; what is not UTF-8, and control characters, are
 * replaced or left out.  One thread.
 */
typedef struct _UsReport UsReport;

typedef enum
{
  US_REPORT_PLAIN,
  US_REPORT_GOOD,               /* with a tick: not by colour alone */
  US_REPORT_BAD,                /* with a cross */
  US_REPORT_MUTED,
} UsReportMark;

typedef struct
{
  const char *title;
  gboolean    number;           /* to the right, figures of equal width */
} UsReportColumn;

typedef struct
{
  const char *svg;              /* the picture, a whole document */
  double      width;            /* of the picture as shown, pixels; narrower where the page is */
  const char *alt;              /* for those who do not see it */
  const char *caption;
  const char *link;             /* the file of its own, relative; or NULL */
  const char *data;             /* the table of its numbers, likewise */
} UsReportFigure;

/* summary: the line under the title, or NULL. */
UsReport *us_report_new         (const char           *title,
                                 const char           *summary);
void      us_report_free        (UsReport             *self);
/* A section with an entry in the contents; id: a word of letters, digits and hyphens, unique. */
void      us_report_section     (UsReport             *self,
                                 const char           *id,
                                 const char           *title);
void      us_report_heading     (UsReport             *self,
                                 const char           *title);
void      us_report_paragraph   (UsReport             *self,
                                 const char           *format,
                                 ...) G_GNUC_PRINTF (2, 3);
/* A paragraph that must not be overlooked. */
void      us_report_notice      (UsReport             *self,
                                 const char           *format,
                                 ...) G_GNUC_PRINTF (2, 3);
/* Commands and the like: its lines as they are. */
void      us_report_verbatim    (UsReport             *self,
                                 const char           *text);

/* A table is filled cell by cell; a row ends by itself.  The first cell of a row is its heading. */
void      us_report_table_begin (UsReport             *self,
                                 const char           *caption,
                                 gsize                 n_columns,
                                 const UsReportColumn *columns);
void      us_report_cell        (UsReport             *self,
                                 UsReportMark          mark,
                                 const char           *format,
                                 ...) G_GNUC_PRINTF (3, 4);
/* With this many decimals and a true minus; an en dash for what is not finite. */
void      us_report_number      (UsReport             *self,
                                 UsReportMark          mark,
                                 double                value,
                                 guint                 decimals);
/* All rows must be full. */
void      us_report_table_end   (UsReport             *self);

void      us_report_figure      (UsReport             *self,
                                 const UsReportFigure *figure);

/* The page as a whole; may be asked for once. */
char     *us_report_finish      (UsReport             *self);

/* As text between tags or in a quoted attribute. */
char     *us_report_escape      (const char           *text);
/* 0.1234 with 2 decimals: "0.12"; -0.1: "−0.10"; NaN: "–".  Never "−0.00". */
char     *us_report_format      (double                value,
                                 guint                 decimals);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsReport, us_report_free)

G_END_DECLS
