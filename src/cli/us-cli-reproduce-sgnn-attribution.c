/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Part “attribution”: matched simulations go to the exact posterior as there are more of them. */
#include "config.h"

#include "us-cli-reproduce-sgnn-private.h"
#include "us-consistency.h"

#include <math.h>

/* K sizes of the bank. */

static const gsize sizes[] = { 1000, 3000, 10000, 30000, 100000 };

#define K G_N_ELEMENTS (sizes)

static void
add (UsPlot              *plot,
     const char          *name,
     int                  colour,
     UsDash               dash,
     gsize                n,
     const double        *x,
     const UsConsistency *first,        /* (n) */
     gsize                offset)       /* of the member */
{
  const UsPlotStyle style = { .colour = colour, .dash = dash };
  double y[K];

  for (gsize i = 0; i < n; i++)
    y[i] = G_STRUCT_MEMBER (double, first + i, offset);
  us_plot_add_line (plot, name, &style, n, x, y);
}

static gboolean
draw (UsSgnn              *self,
      gsize                n,
      const double        *rows,
      const UsConsistency *full,
      const UsConsistency *mean,
      GError             **error)
{
  UsPlot *plots[2] = { us_plot_new ("How far matched rows are from the exact posterior"), us_plot_new ("Can a classifier tell them apart?") };

  for (gsize i = 0; i < 2; i++)
    {
      us_plot_set_axis (plots[i], US_AXIS_X, "Rows of the bank", NULL, US_SCALE_LOG);
      us_plot_set_legend_visible (plots[i], TRUE);
    }
  us_plot_set_axis (plots[0], US_AXIS_Y, "Sliced Wasserstein distance", "posterior sd", US_SCALE_LOG);
  add (plots[0], "Matched rows", 1, US_DASH_SOLID, n, rows, full, G_STRUCT_OFFSET (UsConsistency, wasserstein));
  add (plots[0], "Adjusted by regression", 2, US_DASH_SOLID, n, rows, full, G_STRUCT_OFFSET (UsConsistency, wasserstein_adjusted));
  add (plots[0], "As many exact draws", 1, US_DASH_DOTTED, n, rows, full, G_STRUCT_OFFSET (UsConsistency, wasserstein_chance));
  add (plots[0], "h = mean: from p(θ | h)", 3, US_DASH_SOLID, n, rows, mean, G_STRUCT_OFFSET (UsConsistency, wasserstein));
  add (plots[0], "h = mean: from p(θ | x)", 3, US_DASH_DASHED, n, rows, mean, G_STRUCT_OFFSET (UsConsistency, wasserstein_full));
  us_plot_set_axis (plots[1], US_AXIS_Y, "C2ST (0.5: no)", NULL, US_SCALE_LINEAR);
  us_plot_set_range (plots[1], US_AXIS_Y, 0.45, 1);
  add (plots[1], "Matched rows", 1, US_DASH_SOLID, n, rows, full, G_STRUCT_OFFSET (UsConsistency, c2st));
  add (plots[1], "Adjusted by regression", 2, US_DASH_SOLID, n, rows, full, G_STRUCT_OFFSET (UsConsistency, c2st_adjusted));
  add (plots[1], "h = mean: from p(θ | h)", 3, US_DASH_SOLID, n, rows, mean, G_STRUCT_OFFSET (UsConsistency, c2st));
  return us_sgnn_figure (self, "attribution-consistency", "Distances of matched rows from the exact posterior fall as the bank grows; adjusted by regression "
                         "they are as near as chance allows; with an insufficient summary they go to another limit.",
                         "Accelerated motion: matched simulations against the exact posterior, as the bank grows. Blue: the summary is sufficient. Green: the "
                         "summary is the mean of the series only; the rows go to p(θ | h), and stay away from p(θ | x).", 2, plots, 2, 540, 400, TRUE,
                         error);
}

gboolean
us_sgnn_part_attribution (UsSgnn  *self,
                          GError **error)
{
  static const UsReportColumn columns[] = {
    { "rows", TRUE }, { "matched", TRUE }, { "share, %", TRUE }, { "Wasserstein, sd", TRUE }, { "adjusted", TRUE }, { "chance", TRUE },
    { "C2ST", TRUE }, { "adjusted", TRUE }, { "h = mean: from p(θ | h)", TRUE }, { "from p(θ | x)", TRUE },
  };
  gsize most = us_sgnn_rows (self, sizes[K - 1], 10000), n_observations = us_sgnn_count (self, 10, 4, 2), n = 0;
  gsize draws = self->quick || self->rows > 0 ? 500 : 2000;
  g_autoptr(UsPool) pool = us_pool_new (self->n_workers, 0);
  UsConsistency full[K], mean[K];
  double rows[K];

  for (; n < K && (sizes[n] <= most || n == 0); n++)
    {
      us_sgnn_progress (self, "a bank of %" G_GSIZE_FORMAT " rows", sizes[n]);
      rows[n] = (double) sizes[n];
      if (!us_consistency_measure (US_CONSISTENCY_SUFFICIENT, sizes[n], n_observations, draws, self->seed, pool, &self->cancelled, &full[n], error)
          || !us_consistency_measure (US_CONSISTENCY_MEAN, sizes[n], n_observations, draws, self->seed, pool, &self->cancelled, &mean[n], error))
        return FALSE;
    }
  us_sgnn_say (self, "An observation is laid beside all rows of a bank; those most like it, weighted, are an approximate posterior. As the bank grows, and the "
               "share that is matched falls, they have to go to p(θ | h(x)), h what is compared. On accelerated motion that is a formula. Distances are "
               "in standard deviations of the exact posterior, means of %" G_GSIZE_FORMAT " observations; “chance” is what as many exact draws "
               "give. Where h is not sufficient (the mean of the series only) the limit is another, wider one, which more simulations do not "
               "mend.", n_observations);
  us_sgnn_table_begin (self, "attribution-consistency", "Matched rows against the exact posterior.", G_N_ELEMENTS (columns), columns);
  for (gsize i = 0; i < n; i++)
    {
      us_sgnn_value (self, rows[i], 0);
      us_sgnn_value (self, full[i].k, 0);
      us_sgnn_value (self, 100 * full[i].share, 2);
      us_sgnn_value (self, full[i].wasserstein, 3);
      us_sgnn_value (self, full[i].wasserstein_adjusted, 3);
      us_sgnn_value (self, full[i].wasserstein_chance, 3);
      us_sgnn_value (self, full[i].c2st, 3);
      us_sgnn_value (self, full[i].c2st_adjusted, 3);
      us_sgnn_value (self, mean[i].wasserstein, 3);
      us_sgnn_value (self, mean[i].wasserstein_full, 3);
    }
  us_sgnn_number (self, "wasserstein.first", full[0].wasserstein);
  us_sgnn_number (self, "wasserstein.last", full[n - 1].wasserstein);
  us_sgnn_number (self, "wasserstein_adjusted.last", full[n - 1].wasserstein_adjusted);
  us_sgnn_number (self, "c2st.last", full[n - 1].c2st);
  us_sgnn_number (self, "c2st_adjusted.last", full[n - 1].c2st_adjusted);
  us_sgnn_want (self, "attribution: distance at the largest bank over that at the smallest", full[n - 1].wasserstein / full[0].wasserstein, 2,
                US_WANT_AT_MOST, 0.5);
  us_sgnn_want (self, "attribution, adjusted: distance at the largest bank over what chance leaves",
                full[n - 1].wasserstein_adjusted / full[n - 1].wasserstein_chance, 2, US_WANT_AT_MOST, 1.5);
  us_sgnn_in_short (self, "Attribution: matched simulations are %.2f posterior standard deviations from the exact posterior with %.0f rows and %.2f with %.0f; "
                    "adjusted by regression %.2f and %.2f, where chance leaves %.2f.", full[0].wasserstein, rows[0], full[n - 1].wasserstein, rows[n - 1],
                    full[0].wasserstein_adjusted, full[n - 1].wasserstein_adjusted, full[n - 1].wasserstein_chance);
  return us_sgnn_table_end (self, error) && draw (self, n, rows, full, mean, error);
}
