/* SPDX-License-Identifier: GPL-3.0-or-later */
/* metrics.json, recovery.csv and the figures of a posterior's evidence. */
#include "config.h"

#include "us-posterior-evidence.h"

#include "us-csv.h"
#include "us-file.h"
#include "us-json.h"
#include "us-sbc-plots.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include <errno.h>
#include <math.h>
#include <string.h>

/* M simulations, Q quantities, V values of x. */

#define WIDTH  480.0
#define HEIGHT 360.0

static const double masses[] = { 0.5, 0.8, 0.9, 0.95 };

/* -- metrics.json -------------------------------------------------------- */

/* "faults": what scripts ask for; empty: none was found. */
static void
add_flags (JsonBuilder *builder,
           UsSbcVerdict verdict)
{
  static const struct
  {
    UsSbcVerdict flag;
    const char  *name;
  } flags[] = {
    { US_SBC_OVER_CONFIDENT, "over-confident" }, { US_SBC_UNDER_CONFIDENT, "under-confident" },
    { US_SBC_TOO_LOW, "too-low" }, { US_SBC_TOO_HIGH, "too-high" }, { US_SBC_OTHER, "shape" },
    { US_SBC_NOT_JUDGED, "not-judged" },
  };

  json_builder_set_member_name (builder, "faults");
  json_builder_begin_array (builder);
  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
    if (verdict & flags[i].flag)
      json_builder_add_string_value (builder, flags[i].name);
  json_builder_end_array (builder);
}

static void
add_count (JsonBuilder *builder,
           const char  *name,
           gsize        count)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, count);
}

static void
add_ranks (JsonBuilder      *builder,
           const UsSbc      *sbc,
           const UsSbcRanks *ranks)
{
  g_autofree char *words = us_sbc_words (sbc, ranks);

  us_json_text (builder, "verdict", words);
  add_flags (builder, ranks->verdict);
  us_json_number (builder, "p", ranks->p);
  us_json_number (builder, "p_band", ranks->p_band);
  us_json_number (builder, "p_bins", ranks->p_bins);
  us_json_number (builder, "p_coverage", ranks->p_coverage);
  for (gsize i = 0; i < G_N_ELEMENTS (masses); i++)
    {
      g_autofree char *name = g_strdup_printf ("coverage_%.0f", 100 * masses[i]);

      us_json_number (builder, name, us_sbc_coverage (sbc, ranks, masses[i]));
    }
}

static void
add_quantity (JsonBuilder               *builder,
              const UsPosteriorEvidence *self,
              gsize                      q)
{
  const UsPosteriorQuantity *quantity = &self->quantities[q];
  const UsSbcRanks *ranks = &self->sbc->ranks[q];
  const UsSbcRecovery *recovery = &self->sbc->recovery[q];

  json_builder_set_member_name (builder, quantity->name);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "derived");
  json_builder_add_boolean_value (builder, quantity->derived);
  json_builder_set_member_name (builder, "log10");
  json_builder_add_boolean_value (builder, quantity->logarithmic);
  us_json_text (builder, "unit", quantity->unit);
  add_ranks (builder, self->sbc, ranks);
  us_json_number (builder, "shift", ranks->shift);
  us_json_number (builder, "narrowness", ranks->narrowness);
  us_json_number (builder, "contraction", recovery->mean_contraction);
  us_json_number (builder, "rmse", recovery->rmse);
  us_json_number (builder, "bias", recovery->bias);
  us_json_number (builder, "r2", recovery->r2);
  json_builder_end_object (builder);
}

static char *
make_metrics (const UsPosteriorEvidence *self)
{
  const UsSimulator *simulator = us_posterior_simulator (self->model);
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonNode) root = NULL;

  json_builder_begin_object (builder);
  us_json_text (builder, "kind", "posterior");
  us_json_text (builder, "simulator", simulator != NULL ? simulator->id : NULL);
  add_count (builder, "simulations", self->sbc->n_simulations);
  add_count (builder, "left_out", self->sbc->n_left_out);
  add_count (builder, "samples", self->sbc->n_samples);
  us_json_number (builder, "level", self->sbc->level);
  us_json_number (builder, "log_density", self->log_density);
  json_builder_set_member_name (builder, "calibrated");
  json_builder_add_boolean_value (builder, self->sbc->verdict == US_SBC_FINE);
  json_builder_set_member_name (builder, "parameters");
  json_builder_begin_object (builder);
  for (gsize q = 0; q < self->n_quantities; q++)
    add_quantity (builder, self, q);
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "together");
  json_builder_begin_object (builder);
  add_ranks (builder, self->sbc, self->sbc->density);
  json_builder_end_object (builder);
  us_json_number (builder, "predictive_inside_50", self->n_cases > 0 ? self->inside[0] : NAN);
  us_json_number (builder, "predictive_inside_90", self->n_cases > 0 ? self->inside[1] : NAN);
  us_json_number (builder, "seconds", self->seconds);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}

/* -- recovery.csv -------------------------------------------------------- */

static gboolean
write_recovery (const UsPosteriorEvidence *self,
                const char                *folder,
                GError                   **error)
{
  static const char *const columns[] = { "true", "mean", "sd", "rank" };
  gsize m_count = self->sbc->n_simulations, n_columns = self->n_quantities * G_N_ELEMENTS (columns);
  g_autofree char *path = g_build_filename (folder, "recovery.csv", NULL);
  g_autofree double *values = g_new (double, m_count * n_columns);
  g_auto(GStrv) names = g_new0 (char *, n_columns + 1);

  for (gsize q = 0; q < self->n_quantities; q++)
    {
      const UsSbcRecovery *recovery = &self->sbc->recovery[q];

      for (gsize c = 0; c < G_N_ELEMENTS (columns); c++)
        names[q * G_N_ELEMENTS (columns) + c] = g_strdup_printf ("%s_%s", self->quantities[q].name, columns[c]);
      for (gsize m = 0; m < m_count; m++)
        {
          double *row = values + m * n_columns + q * G_N_ELEMENTS (columns);

          row[0] = recovery->truth[m];
          row[1] = recovery->mean[m];
          row[2] = recovery->sd[m];
          row[3] = self->sbc->ranks[q].rank[m];
        }
    }
  return us_csv_write (path, m_count, n_columns, (const char *const *) names, values, error);
}

/* -- figures ------------------------------------------------------------- */

/* Takes plot. */
static gboolean
write_plot (UsPlot      *plot,
            const char  *folder,
            const char  *kind,
            const char  *name,          /* or NULL */
            GError     **error)
{
  g_autoptr(UsPlot) own = plot;
  g_autofree char *file = name != NULL ? g_strdup_printf ("%s-%s.svg", kind, name) : g_strdup_printf ("%s.svg", kind);
  g_autofree char *path = NULL;

  /* names come from anybody's table: "a/b" is no folder */
  path = g_build_filename (folder, g_strdelimit (file, G_DIR_SEPARATOR_S, '_'), NULL);
  return us_plot_export (own, path, WIDTH, HEIGHT, US_THEME_LIGHT, error);
}

UsPlot *
us_posterior_evidence_plot_case (const UsPosteriorEvidence *self,
                                 gsize                      index,
                                 gsize                      channel)
{
  const UsPosteriorCase *one = &self->cases[index];
  const UsOutput *output = &us_posterior_simulator (self->model)->outputs[us_posterior_output (self->model)];
  gsize t_count = output->height, c_count = output->channels;
  UsChannel info = us_output_channel (output, channel);
  g_autofree double *x = g_new (double, t_count);
  g_autofree double *y = g_new (double, t_count);
  g_autofree double *ends = g_new (double, 5 * t_count);
  UsPredictiveBand shown = { .n_values = t_count, .n_levels = 2, .levels = one->band->levels, .median = ends,
                             .lower = ends + t_count, .upper = ends + 3 * t_count };
  g_autofree char *title = g_strdup_printf (_("Simulation %zu"), index + 1);
  UsPlot *plot = us_plot_new (title);

  /* one channel of the band */
  for (gsize t = 0; t < t_count; t++)
    {
      gsize at = t * c_count + channel;

      x[t] = us_output_x (output, t);
      y[t] = one->x[at];
      shown.median[t] = one->band->median[at];
      for (gsize q = 0; q < 2; q++)
        {
          shown.lower[q * t_count + t] = one->band->lower[q * one->band->n_values + at];
          shown.upper[q * t_count + t] = one->band->upper[q * one->band->n_values + at];
        }
    }
  us_plot_set_axis (plot, US_AXIS_X, output->x_label, output->x_unit,
                    output->x_logarithmic ? US_SCALE_LOG : US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, info.label, info.unit, US_SCALE_LINEAR);
  us_plot_set_legend_visible (plot, TRUE);
  us_predictive_band_draw (&shown, plot, x, 1);
  us_plot_add_scatter (plot, _("Data"), &(UsPlotStyle) { .colour = US_COLOUR_FOREGROUND, .width = 4 }, t_count, x, y);
  return plot;
}

static gboolean
write_quantity (const UsPosteriorEvidence *self,
                gsize                      q,
                const char                *folder,
                GError                   **error)
{
  const UsPosteriorQuantity *quantity = &self->quantities[q];

  return write_plot (us_sbc_plot_ranks (self->sbc, &self->sbc->ranks[q], quantity->label), folder, "ranks", quantity->name,
                     error)
         && write_plot (us_sbc_plot_recovery (self->sbc, q, quantity->label, quantity->unit, NULL), folder, "recovery",
                        quantity->name, error)
         && write_plot (us_sbc_plot_contraction (self->sbc, q, quantity->label), folder, "contraction", quantity->name,
                        error);
}

static gboolean
write_figures (const UsPosteriorEvidence *self,
               const char                *folder,
               GError                   **error)
{
  g_autofree const char **labels = g_new0 (const char *, self->n_quantities + 1);

  for (gsize q = 0; q < self->n_quantities; q++)
    labels[q] = self->quantities[q].label;
  if (!write_plot (us_sbc_plot_functions (self->sbc, labels, _("Calibration")), folder, "calibration", NULL, error)
      || !write_plot (us_sbc_plot_coverage (self->sbc, labels, _("Expected coverage")), folder, "coverage", NULL, error)
      || !write_plot (us_sbc_plot_ranks (self->sbc, self->sbc->density, _("All parameters together")), folder, "ranks",
                      "together", error))
    return FALSE;
  for (gsize q = 0; q < self->n_quantities; q++)
    if (self->sbc->ranks[q].verdict != US_SBC_NOT_JUDGED && !write_quantity (self, q, folder, error))
      return FALSE;
  for (gsize i = 0; i < self->n_cases; i++)
    for (gsize c = 0; c < us_posterior_simulator (self->model)->outputs[us_posterior_output (self->model)].channels; c++)
      {
        g_autofree char *name = g_strdup_printf (c == 0 ? "%zu" : "%zu-%zu", i + 1, c + 1);

        if (!write_plot (us_posterior_evidence_plot_case (self, i, c), folder, "predictive", name, error))
          return FALSE;
      }
  return TRUE;
}

gboolean
us_posterior_evidence_write (const UsPosteriorEvidence *self,
                             const char                *folder,
                             GError                   **error)
{
  g_autofree char *path = g_build_filename (folder, "metrics.json", NULL);
  g_autofree char *metrics = make_metrics (self);

  if (g_mkdir_with_parents (folder, 0777) != 0)
    {
      int code = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", folder, g_strerror (code));
      return FALSE;
    }
  return us_file_replace (path, metrics, strlen (metrics), error) && write_recovery (self, folder, error)
         && write_figures (self, folder, error);
}
