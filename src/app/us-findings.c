/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-findings.h"

static void
free_figure (gpointer data)
{
  UsFindingsFigure *figure = data;

  us_plot_unref (figure->plot);
  g_free (figure->name);
  g_free (figure);
}

static void
free_section (gpointer data)
{
  UsFindingsSection *section = data;

  g_free (section->title);
  g_free (section->words);
  g_ptr_array_unref (section->cells);
  g_ptr_array_unref (section->figures);
  g_free (section);
}

UsFindings *
us_findings_new (UsFindingsMood  mood,
                 char           *sentence,
                 char           *words)
{
  UsFindings *self = g_new0 (UsFindings, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->mood = mood;
  self->sentence = sentence;
  self->words = words;
  self->sections = g_ptr_array_new_with_free_func (free_section);
  return self;
}

UsFindings *
us_findings_ref (UsFindings *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
us_findings_unref (UsFindings *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->sentence);
  g_free (self->words);
  g_ptr_array_unref (self->sections);
  g_free (self);
}

UsFindingsSection *
us_findings_add_section (UsFindings *self,
                         const char *title,
                         char       *words)
{
  UsFindingsSection *section = g_new0 (UsFindingsSection, 1);

  section->title = g_strdup (title);
  section->words = words;
  section->cells = g_ptr_array_new_with_free_func (g_free);
  section->figures = g_ptr_array_new_with_free_func (free_figure);
  g_ptr_array_add (self->sections, section);
  return section;
}

void
us_findings_set_header (UsFindingsSection *section,
                        const char *const *header)
{
  for (section->n_columns = 0; header[section->n_columns] != NULL; section->n_columns++)
    g_ptr_array_add (section->cells, g_strdup (header[section->n_columns]));
}

void
us_findings_add_cell (UsFindingsSection *section,
                      char              *text)
{
  g_ptr_array_add (section->cells, text);
}

void
us_findings_add_figure (UsFindingsSection *section,
                        UsPlot            *plot,
                        const char        *name,
                        int                height,
                        gboolean           wide)
{
  UsFindingsFigure *figure = g_new0 (UsFindingsFigure, 1);

  *figure = (UsFindingsFigure) { plot, g_strdup (name), height, wide };
  g_ptr_array_add (section->figures, figure);
}
