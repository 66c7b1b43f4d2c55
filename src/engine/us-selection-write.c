/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures and files of a classifier's evidence. */
#include "config.h"

#include "us-selection-evidence.h"

#include "us-file.h"
#include "us-json.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include <errno.h>
#include <math.h>
#include <string.h>

/* K mechanisms. */

static const struct
{
  const char *id, *name;
} choosers[US_N_CHOOSERS] = {
  [US_CHOOSER_NETWORK] = { "network", N_("Network") }, [US_CHOOSER_AIC] = { "aic", "AIC" },
  [US_CHOOSER_AICC] = { "aicc", "AICc" }, [US_CHOOSER_BIC] = { "bic", "BIC" },
  [US_CHOOSER_EVIDENCE] = { "evidence", N_("Evidence") },
};

const char *
us_chooser_id (UsChooser chooser)
{
  return choosers[chooser].id;
}

const char *
us_chooser_name (UsChooser chooser)
{
  return _(choosers[chooser].name);
}

/* What stands before "@" and "+" of the ids: the times and noise are the same for all. */
static char **
short_names (const UsSelectionEvidence *self)
{
  char **names = g_new0 (char *, self->n_classes + 1);

  for (gsize k = 0; k < self->n_classes; k++)
    names[k] = g_strndup (self->names[k], strcspn (self->names[k], "@+"));
  return names;
}

UsPlot *
us_selection_plot_confusion (const UsSelectionEvidence *self,
                             UsChooser                  chooser)
{
  const UsSelection *score = self->no_fits == NULL ? self->scores[chooser] : self->network;
  gsize K = self->n_classes;
  g_auto(GStrv) names = short_names (self);
  g_autofree double *shares = g_new (double, K * K);
  g_autofree char *title = g_strdup_printf (_("%s: %.1f %% wrong"), us_chooser_name (chooser), 100 * score->error_rate);
  UsPlot *plot = us_plot_new (title);

  for (gsize k = 0; k < K; k++)
    {
      gsize sum = 0;

      for (gsize j = 0; j < K; j++)
        sum += us_selection_count (score, k, j);
      for (gsize j = 0; j < K; j++)
        shares[k * K + j] = sum > 0 ? 100.0 * us_selection_count (score, k, j) / sum : NAN;
    }
  us_plot_set_axis (plot, US_AXIS_X, _("Said to be"), NULL, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, _("Made by"), NULL, US_SCALE_LINEAR);
  us_plot_set_categories (plot, US_AXIS_X, (const char *const *) names);
  us_plot_set_categories (plot, US_AXIS_Y, (const char *const *) names);
  us_plot_add_heat_map (plot, _("Share"), "%", K, K, shares, US_COLOUR_MAP_SEQUENTIAL, 0, 100, TRUE);
  return plot;
}

UsPlot *
us_selection_plot_reliability (const UsSelectionEvidence *self)
{
  UsPlot *plot = us_plot_new (_("How sure, and how often true"));

  us_plot_set_axis (plot, US_AXIS_X, _("Probability that is stated"), NULL, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, _("Share that is true"), NULL, US_SCALE_LINEAR);
  us_plot_set_range (plot, US_AXIS_X, 0, 1);
  us_plot_set_range (plot, US_AXIS_Y, 0, 1);
  us_plot_set_equal (plot, TRUE);
  us_plot_set_legend_visible (plot, TRUE);
  us_plot_add_slope (plot, NULL, &(UsPlotStyle) { .colour = US_COLOUR_MUTED, .dash = US_DASH_DASHED }, 0, 1);
  for (int c = 0; c < (self->no_fits == NULL ? US_N_CHOOSERS : 1); c++)
    {
      /* of the network more is known than of the few that were fitted */
      const UsSelection *score = c == US_CHOOSER_NETWORK ? self->network : self->scores[c];
      double stated[US_SELECTION_BINS], seen[US_SELECTION_BINS];

      for (gsize b = 0; b < US_SELECTION_BINS; b++)
        {
          stated[b] = score->bins[b].stated;
          seen[b] = score->bins[b].seen;
        }
      us_plot_add_line (plot, us_chooser_name (c), &(UsPlotStyle) { .colour = c + 1, .dash = c % 3 }, US_SELECTION_BINS,
                        stated, seen);
    }
  return plot;
}

/* -- files --------------------------------------------------------------- */

static char *
make_metrics (const UsSelectionEvidence *self)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonNode) root = NULL;

  json_builder_begin_object (builder);
  us_json_text (builder, "kind", "selection");
  json_builder_set_member_name (builder, "simulators");
  json_builder_begin_array (builder);
  for (gsize k = 0; k < self->n_classes; k++)
    json_builder_add_string_value (builder, self->names[k]);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "network_all");
  us_selection_write (self->network, builder);
  us_json_text (builder, "no_fits", self->no_fits);
  if (self->no_fits == NULL)
    {
      for (int c = 0; c < US_N_CHOOSERS; c++)
        {
          json_builder_set_member_name (builder, us_chooser_id (c));
          us_selection_write (self->scores[c], builder);
        }
      json_builder_set_member_name (builder, "p_same_as_network");
      json_builder_begin_object (builder);
      for (int c = US_CHOOSER_AIC; c < US_N_CHOOSERS; c++)
        us_json_number (builder, us_chooser_id (c), self->p_same[c]);
      json_builder_end_object (builder);
      us_json_number (builder, "bayes_error", self->bayes_error);
      us_json_number (builder, "bayes_log_loss", self->bayes_log_loss);
      json_builder_set_member_name (builder, "fitted");
      json_builder_add_int_value (builder, self->n_fitted);
      json_builder_set_member_name (builder, "uncertain_evidence");
      json_builder_add_int_value (builder, self->n_uncertain);
    }
  us_json_number (builder, "seconds", self->seconds);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}

/* Takes plot. */
static gboolean
write_plot (UsPlot      *plot,
            const char  *folder,
            const char  *name,
            GError     **error)
{
  g_autoptr(UsPlot) own = plot;
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return us_plot_export (own, path, 520, 440, US_THEME_LIGHT, error);
}

gboolean
us_selection_evidence_write (const UsSelectionEvidence *self,
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
  if (!us_file_replace (path, metrics, strlen (metrics), error)
      || !write_plot (us_selection_plot_reliability (self), folder, "reliability.svg", error))
    return FALSE;
  for (int c = 0; c < (self->no_fits == NULL ? US_N_CHOOSERS : 1); c++)
    {
      g_autofree char *name = g_strdup_printf ("confusion-%s.svg", us_chooser_id (c));

      if (!write_plot (us_selection_plot_confusion (self, c), folder, name, error))
        return FALSE;
    }
  return TRUE;
}
