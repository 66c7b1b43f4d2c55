/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-chart-column.h"

static void
add_chart (GtkBox    *box,
           GtkWidget *first)
{
  g_autofree char *name = NULL;
  int height;

  g_object_get (first, "file-name", &name, "height-request", &height, NULL);
  gtk_box_append (box, g_object_new (US_TYPE_CHART, "file-name", name, "height-request", height, "vexpand", TRUE, NULL));
}

void
us_chart_column_set_plots (GtkBox        *box,
                           gsize          n,
                           UsPlot *const *plots)
{
  GtkWidget *first = gtk_widget_get_first_child (GTK_WIDGET (box)), *chart = first;

  g_return_if_fail (US_IS_CHART (first) && n > 0);

  for (gsize i = 0; i < n; i++)
    {
      if (i > 0 && gtk_widget_get_next_sibling (chart) == NULL)
        add_chart (box, first);
      if (i > 0)
        chart = gtk_widget_get_next_sibling (chart);
      us_chart_set_plot (US_CHART (chart), plots[i]);
    }
  while (gtk_widget_get_next_sibling (chart) != NULL)
    gtk_box_remove (box, gtk_widget_get_next_sibling (chart));
}

void
us_chart_column_clear (GtkBox *box)
{
  us_chart_column_set_plots (box, 1, (UsPlot *[]) { NULL });
}
