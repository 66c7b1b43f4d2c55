/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matched rows go to the exact posterior as the bank grows: the numbers, and the figure when a FILE is named.
 *
 *     attribution-consistency [FILE.svg [LARGEST]]
 */
#include "config.h"

#include "us-consistency.h"

#include "us-plot.h"

#include <locale.h>
#include <stdio.h>

enum { SIZES = 7, OBSERVATIONS = 10, MOST_DRAWS = 5000 };

static const gsize sizes[SIZES] = { 1000, 3000, 10000, 30000, 100000, 300000, 1000000 };

static void
add (UsPlot            *plot,
     const char        *name,
     int                colour,
     UsDash             dash,
     gsize              n,
     const double      *x,
     const UsConsistency *first,
     gsize              offset)         /* of the member */
{
  g_autofree double *y = g_new (double, n);
  const UsPlotStyle style = { .colour = colour, .dash = dash };

  for (gsize i = 0; i < n; i++)
    y[i] = G_STRUCT_MEMBER (double, first + i, offset);
  us_plot_add_line (plot, name, &style, n, x, y);
}

static gboolean
draw (const char        *path,
      gsize              n,
      const double      *x,
      const UsConsistency *full,
      const UsConsistency *mean,
      GError           **error)
{
  g_autoptr(UsPlot) near = us_plot_new ("How far matched rows are from the exact posterior");
  g_autoptr(UsPlot) told = us_plot_new ("Can a classifier tell them apart?");
  UsPlot *plots[] = { near, told };

  us_plot_set_axis (near, US_AXIS_X, "Rows of the bank", NULL, US_SCALE_LOG);
  us_plot_set_axis (near, US_AXIS_Y, "Sliced Wasserstein distance", "sd", US_SCALE_LOG);
  add (near, "Matched rows", 1, US_DASH_SOLID, n, x, full, G_STRUCT_OFFSET (UsConsistency, wasserstein));
  add (near, "Adjusted by regression", 2, US_DASH_SOLID, n, x, full, G_STRUCT_OFFSET (UsConsistency, wasserstein_adjusted));
  add (near, "As many exact draws", 1, US_DASH_DOTTED, n, x, full, G_STRUCT_OFFSET (UsConsistency, wasserstein_chance));
  add (near, "Not sufficient h: from p(θ | h)", 3, US_DASH_SOLID, n, x, mean, G_STRUCT_OFFSET (UsConsistency, wasserstein));
  add (near, "Not sufficient h: from p(θ | x)", 3, US_DASH_DASHED, n, x, mean, G_STRUCT_OFFSET (UsConsistency, wasserstein_full));
  us_plot_set_legend_visible (near, TRUE);

  us_plot_set_axis (told, US_AXIS_X, "Rows of the bank", NULL, US_SCALE_LOG);
  us_plot_set_axis (told, US_AXIS_Y, "C2ST (0.5: no)", NULL, US_SCALE_LINEAR);
  add (told, "Matched rows", 1, US_DASH_SOLID, n, x, full, G_STRUCT_OFFSET (UsConsistency, c2st));
  add (told, "Adjusted by regression", 2, US_DASH_SOLID, n, x, full, G_STRUCT_OFFSET (UsConsistency, c2st_adjusted));
  add (told, "Not sufficient h: from p(θ | h)", 3, US_DASH_SOLID, n, x, mean, G_STRUCT_OFFSET (UsConsistency, c2st));
  us_plot_set_legend_visible (told, TRUE);

  return us_plot_export_column (G_N_ELEMENTS (plots), plots, path, 640, 360, US_THEME_LIGHT, error);
}

int
main (int   argc,
      char *argv[])
{
  gsize largest = argc > 2 ? g_ascii_strtoull (argv[2], NULL, 10) : sizes[SIZES - 1], n = 0;
  g_autoptr(UsPool) pool = us_pool_new (0, 0);
  g_autoptr(GError) error = NULL;
  UsConsistency full[SIZES], mean[SIZES];
  double x[SIZES];

  setlocale (LC_NUMERIC, "C");
  printf ("rows,k,ess,share,wasserstein,adjusted,chance,c2st,c2st_adjusted,mean_only,mean_only_to_full,mean_only_c2st\n");
  for (; n < SIZES && sizes[n] <= largest; n++)
    {
      const UsConsistency *f = &full[n], *m = &mean[n];

      x[n] = (double) sizes[n];
      if (!us_consistency_measure (US_CONSISTENCY_SUFFICIENT, sizes[n], OBSERVATIONS, MOST_DRAWS, 1, pool, NULL, &full[n], &error))
        g_error ("%s", error->message);
      if (!us_consistency_measure (US_CONSISTENCY_MEAN, sizes[n], OBSERVATIONS, MOST_DRAWS, 1, pool, NULL, &mean[n], &error))
        g_error ("%s", error->message);
      printf ("%zu,%.0f,%.0f,%.5f,%.4f,%.4f,%.4f,%.4f,%.4f,%.4f,%.4f,%.4f\n", sizes[n], f->k, f->ess, f->share, f->wasserstein,
              f->wasserstein_adjusted, f->wasserstein_chance, f->c2st, f->c2st_adjusted, m->wasserstein, m->wasserstein_full,
              m->c2st);
      fflush (stdout);
    }
  if (argc > 1 && !draw (argv[1], n, x, full, mean, &error))
    {
      fprintf (stderr, "%s\n", error->message);
      return 1;
    }
  return 0;
}
