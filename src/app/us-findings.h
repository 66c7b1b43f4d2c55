/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-plot.h"

G_BEGIN_DECLS

/**
 * UsFindingsMood:
 *
 * How the sentence on top is to be taken.
 */
typedef enum
{
  US_FINDINGS_PLAIN,
  US_FINDINGS_GOOD,
  US_FINDINGS_DOUBTFUL,
  US_FINDINGS_BAD,
} UsFindingsMood;

typedef struct
{
  UsPlot *plot;
  char   *name;                 /* what its file is called at first */
  int     height;
  gboolean wide;                /* a row of its own; else two stand side by side where there is room */
} UsFindingsFigure;

typedef struct
{
  char      *title;
  char      *words;             /* or NULL */
  gsize      n_columns;         /* of the table; 0: none */
  GPtrArray *cells;             /* texts, row by row, the header first */
  GPtrArray *figures;           /* of UsFindingsFigure */
} UsFindingsSection;

/**
 * UsFindings:
 *
 * What a worker found out, as it is to be read: a sentence, then sections of words, a table and figures.  Built by one thread,
 * const from then on; atomic reference count.  UsFindingsView shows it.
 */
typedef struct
{
  gatomicrefcount ref_count;
  char          *sentence;
  UsFindingsMood mood;
  char          *words;         /* under the sentence, or NULL */
  GPtrArray     *sections;      /* of UsFindingsSection */
} UsFindings;

/* sentence, words: taken. */
UsFindings        *us_findings_new         (UsFindingsMood     mood,
                                            char              *sentence,
                                            char              *words);
UsFindings        *us_findings_ref         (UsFindings        *self);
void               us_findings_unref       (UsFindings        *self);
/* Borrowed; words: taken, or NULL. */
UsFindingsSection *us_findings_add_section (UsFindings        *self,
                                            const char        *title,
                                            char              *words);
/* The table's header, NULL-terminated; then cells, row by row. */
void               us_findings_set_header  (UsFindingsSection *section,
                                            const char *const *header);
void               us_findings_add_cell    (UsFindingsSection *section,
                                            char              *text);          /* taken */
/* plot: taken. */
void               us_findings_add_figure  (UsFindingsSection *section,
                                            UsPlot            *plot,
                                            const char        *name,
                                            int                height,
                                            gboolean           wide);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsFindings, us_findings_unref)

G_END_DECLS
