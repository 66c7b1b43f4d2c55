/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-explore-charts.h"

#include "us-adaptive-box.h"
#include "us-chart.h"
#include "us-series-plot.h"

/* One pair stands one over the other; of several, the curves beside the differences where there is room. */
#define THRESHOLD 560
#define SPACING 12

struct _UsExploreCharts
{
  GtkBox          parent_instance;

  GPtrArray      *charts;       /* of UsChart, borrowed, in the order of UsExploreView's plots */
  const UsOutput *output;
};

G_DEFINE_FINAL_TYPE (UsExploreCharts, us_explore_charts, GTK_TYPE_BOX)

static void
add_chart (UsExploreCharts *self,
           GtkWidget       *home,
           const char      *file_name,
           const char      *id,
           int              height)
{
  g_autofree char *name = *id != '\0' ? g_strdup_printf ("%s-%s", file_name, id) : g_strdup (file_name);
  GtkWidget *chart = g_object_new (US_TYPE_CHART, "file-name", name, "height-request", height, NULL);

  g_ptr_array_add (self->charts, chart);
  gtk_box_append (GTK_BOX (home), chart);
}

void
us_explore_charts_set_output (UsExploreCharts *self,
                              const UsOutput  *output)
{
  GtkWidget *child, *curves = GTK_WIDGET (self), *differences = curves;
  gsize n = us_series_n_plots (output);

  g_return_if_fail (US_IS_EXPLORE_CHARTS (self));

  if (output == self->output)
    return;
  self->output = output;
  g_ptr_array_set_size (self->charts, 0);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))) != NULL)
    gtk_box_remove (GTK_BOX (self), child);
  if (n > 1)
    {
      curves = gtk_box_new (GTK_ORIENTATION_VERTICAL, SPACING);
      differences = gtk_box_new (GTK_ORIENTATION_VERTICAL, SPACING);
      gtk_box_append (GTK_BOX (self), g_object_new (US_TYPE_ADAPTIVE_BOX, "threshold", THRESHOLD, "spacing", SPACING,
                                                    "start", curves, "end", differences, NULL));
    }
  for (gsize i = 0; i < n; i++)
    {
      const char *id = us_series_plot_id (output, i);

      add_chart (self, curves, "decoder-and-simulator", id, n > 1 ? 200 : 260);
      add_chart (self, differences, "difference", id, n > 1 ? 200 : 150);
    }
}

void
us_explore_charts_paint (UsExploreCharts *self,
                         UsExploreJob    *job)
{
  g_return_if_fail (US_IS_EXPLORE_CHARTS (self));

  for (guint i = 0; i < self->charts->len; i++)
    us_explore_job_paint (job, i, us_chart_begin_painting (self->charts->pdata[i]));
}

void
us_explore_charts_show (UsExploreCharts *self,
                        UsExploreView   *view)
{
  g_return_if_fail (US_IS_EXPLORE_CHARTS (self));

  for (guint i = 0; i < MIN (self->charts->len, view->n_plots); i++)
    us_chart_set_painted (self->charts->pdata[i], view->plots[i], view->paintings[i]);
}

static void
us_explore_charts_finalize (GObject *object)
{
  g_ptr_array_unref (US_EXPLORE_CHARTS (object)->charts);

  G_OBJECT_CLASS (us_explore_charts_parent_class)->finalize (object);
}

static void
us_explore_charts_class_init (UsExploreChartsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = us_explore_charts_finalize;
}

static void
us_explore_charts_init (UsExploreCharts *self)
{
  self->charts = g_ptr_array_new ();
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
  gtk_box_set_spacing (GTK_BOX (self), SPACING);
}
