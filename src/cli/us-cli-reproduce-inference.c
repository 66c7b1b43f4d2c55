/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures 3 and 4, the error budget and the worst cases. */
#include "config.h"

#include "us-cli-reproduce-private.h"
#include "us-evidence-plots.h"
#include "us-series-plot.h"

#include <math.h>
#include <string.h>

#define N_INPUTS  6             /* of Figure 3 */
#define N_POINTS  2000          /* of the scatter of derived quantities */
#define N_WORST_SERIES 2        /* cases of a series that are drawn */

/* ---- inputs -------------------------------------------------------------------- */

/* Inputs to be read, (n ≤ N_INPUTS, N), and their names. */
typedef struct
{
  gsize  n;
  float *x;
  char  *names[N_INPUTS + 1];
} Inputs;

static void
inputs_clear (Inputs *inputs)
{
  g_free (inputs->x);
  for (gsize i = 0; i < inputs->n; i++)
    g_free (inputs->names[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Inputs, inputs_clear)

static int
by_name (gconstpointer a,
         gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Drawings from outside, where the simulator can plot them; at most half of the places. */
static gboolean
add_drawings (UsReproduction   *self,
              UsReproducePart  *part,
              Inputs           *inputs,
              GError          **error)
{
  gsize n_values = us_output_n_values (part->output);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GDir) folder = NULL;
  const char *name;

  if (part->simulator->draw_polyline == NULL || self->drawings == NULL)
    return TRUE;
  if ((folder = g_dir_open (self->drawings, 0, error)) == NULL)
    return FALSE;
  while ((name = g_dir_read_name (folder)) != NULL)
    if (g_str_has_suffix (name, ".csv") || g_str_has_suffix (name, ".json"))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, by_name);
  for (guint i = 0; i < names->len && inputs->n < N_INPUTS / 2; i++)
    {
      g_autofree char *path = g_build_filename (self->drawings, names->pdata[i], NULL);
      g_autoptr(UsObservation) observation = us_observation_load (part->simulator, 0, path, 0, error);
      char *dot;

      if (observation == NULL)
        return FALSE;
      memcpy (inputs->x + inputs->n * n_values, observation->x, n_values * sizeof *inputs->x);
      inputs->names[inputs->n] = g_strdup (names->pdata[i]);
      if ((dot = strrchr (inputs->names[inputs->n], '.')) != NULL)
        *dot = '\0';
      inputs->n++;
    }
  return TRUE;
}

/* Held-out draws fill the rest: as a hand would have drawn them where the simulator knows how. */
static gboolean
add_held_out (UsReproduction   *self,
              UsReproducePart  *part,
              gsize             n,
              Inputs           *inputs,
              GError          **error)
{
  const UsSimulator *simulator = part->simulator;
  gsize n_values = us_output_n_values (part->output);
  g_autofree double *theta = g_new (double, simulator->n_parameters);

  for (guint64 row = 0; inputs->n < n && row < 1000; row++)
    {
      float *x = inputs->x + inputs->n * n_values;
      UsRng rng;

      if (!us_simulate_rows (us_simvae_prior (part->model), 0, self->seed, (G_GUINT64_CONSTANT (7) << 40) + row, 1, theta, x,
                             error))
        return FALSE;
      us_rng_init (&rng, self->seed, US_RNG_EVALUATE, row);
      if (simulator->run_augmented != NULL && simulator->run_augmented (simulator, theta, 0, 1, &rng, x) != US_SIM_OK)
        continue;
      inputs->names[inputs->n] = simulator->run_augmented != NULL ? g_strdup_printf ("as by hand %u", (guint) row + 1)
                                                                  : g_strdup_printf ("draw %u", (guint) row + 1);
      inputs->n++;
    }
  return TRUE;
}

/* ---- Figure 3 -------------------------------------------------------------------- */

static gboolean
infer_images (UsReproduction   *self,
              UsReproducePart  *part,
              GError          **error)
{
  const UsOutput *output = part->output;
  gsize n_values = us_output_n_values (output);
  g_auto(Inputs) inputs = { .x = g_new (float, N_INPUTS * n_values) };
  g_autoptr(UsPlayer) player = us_player_new (part->model, 1, NULL);
  g_autoptr(UsPlot) plot = us_plot_new (NULL);
  g_autofree float *pixels = g_new (float, 3 * N_INPUTS * n_values);
  const char *const rows[] = { "Input", "Decoder on answer", "Simulator on answer", NULL };
  g_autofree char *id = g_strconcat ("fig3-", part->simulator->id, NULL);
  g_autofree char *caption = NULL, *alt = NULL;

  if (!add_drawings (self, part, &inputs, error) || !add_held_out (self, part, N_INPUTS, &inputs, error))
    return FALSE;
  for (gsize i = 0; i < inputs.n; i++)
    {
      g_autoptr(UsInference) inference = us_player_infer (player, inputs.x + i * n_values, error);
      const float *three[3];

      if (inference == NULL)
        return FALSE;
      three[0] = inputs.x + i * n_values;
      three[1] = inference->decoded;
      three[2] = inference->simulated;
      for (gsize r = 0; r < 3; r++)
        memcpy (pixels + (r * inputs.n + i) * n_values, three[r], n_values * sizeof *pixels);
    }
  us_plot_add_image_grid (plot, NULL, 3, inputs.n, output->height, output->width, output->channels, pixels, US_COLOUR_MAP_GREY,
                          output->lower, output->upper, rows, (const char *const *) inputs.names);
  caption = g_strdup_printf ("Figure 3, %s. Inference: inputs%s, and what decoder and simulator make of the parameters read from them.",
                             part->simulator->title,
                             part->simulator->run_augmented != NULL ? " drawn by hand, and held-out draws as a hand would have drawn them" : "");
  alt = g_strdup_printf ("%" G_GSIZE_FORMAT " inputs as pictures; below each the decoder's and the simulator's picture of the answer.",
                         inputs.n);
  return us_reproduce_add_figure (self, id, us_reproduce_svg_grid (part->simulator->title, 1, &plot, 1, 880, 300), 880, alt,
                                  caption, 0, NULL, error);
}

static gboolean
infer_series (UsReproduction   *self,
              UsReproducePart  *part,
              GError          **error)
{
  static const UsPlotStyle data = { .colour = US_COLOUR_MUTED, .width = 5 }, decoder = { .colour = 1 },
                           simulator = { .colour = 2, .dash = US_DASH_DASHED };
  gsize n_values = us_output_n_values (part->output);
  g_auto(Inputs) inputs = { .x = g_new (float, N_INPUTS * n_values) };
  g_autoptr(UsPlayer) player = us_player_new (part->model, 1, NULL);
  g_autoptr(UsInference) inference = NULL;
  g_autoptr(GPtrArray) plots = g_ptr_array_new_with_free_func ((GDestroyNotify) us_plot_unref);
  g_autofree char *id = g_strconcat ("fig3-", part->simulator->id, NULL);
  g_autofree char *caption = NULL, *alt = NULL;

  if (!add_held_out (self, part, 1, &inputs, error)
      || (inference = us_player_infer (player, inputs.x, error)) == NULL)
    return FALSE;
  for (gsize w = 0; w < us_series_n_plots (part->output); w++)
    {
      UsPlot *plot = us_series_plot_new (part->output, w, NULL);

      us_series_plot_add (plot, part->output, w, "Data", &data, inputs.x);
      us_series_plot_add (plot, part->output, w, "Decoder on answer", &decoder, inference->decoded);
      us_series_plot_add (plot, part->output, w, "Simulator on answer", &simulator, inference->simulated);
      us_plot_set_legend_visible (plot, w == 0);
      g_ptr_array_add (plots, plot);
    }
  caption = g_strdup_printf ("Figure 3, %s. One held-out draw, and what decoder and simulator make of the parameters read from it.",
                             part->simulator->title);
  alt = us_plot_summary (plots->pdata[0]);
  return us_reproduce_add_figure (self, id, us_reproduce_svg_grid (part->simulator->title, plots->len, (UsPlot **) plots->pdata,
                                                                   2, 440, 320),
                                  880, alt, caption, plots->len, (UsPlot **) plots->pdata, error);
}

gboolean
us_reproduce_figure_inference (UsReproduction   *self,
                               UsReproducePart  *part,
                               GError          **error)
{
  return part->output->kind == US_OUTPUT_IMAGE ? infer_images (self, part, error) : infer_series (self, part, error);
}

/* Answers against truth of each quantity that the simulator derives. */
gboolean
us_reproduce_figure_derived (UsReproduction   *self,
                             UsReproducePart  *part,
                             GError          **error)
{
  const UsEvaluation *evaluation = part->evidence->evaluation;
  gsize n = MIN (evaluation->n_pairs, N_POINTS), d_count = evaluation->n_derived;
  g_autoptr(GPtrArray) plots = g_ptr_array_new_with_free_func ((GDestroyNotify) us_plot_unref);
  g_autofree char *id = g_strconcat ("fig3-derived-", part->simulator->id, NULL);
  g_autofree char *caption = NULL, *alt = NULL;
  g_autofree double *v = g_new (double, n), *z = g_new (double, n);

  if (d_count == 0)
    return TRUE;
  for (gsize d = 0; d < d_count; d++)
    {
      const UsDerived *derived = &part->simulator->derived[d];
      UsScaleKind scale = derived->logarithmic ? US_SCALE_LOG : US_SCALE_LINEAR;
      g_autofree char *truth = g_strdup_printf ("%s true", derived->symbol), *answer = g_strdup_printf ("%s inferred", derived->symbol);
      double ends[2] = { INFINITY, -INFINITY };
      UsPlot *plot = us_plot_new (derived->label);

      for (gsize i = 0; i < n; i++)
        {
          v[i] = evaluation->derived_v[i * d_count + d];
          z[i] = evaluation->derived_z[i * d_count + d];
          if (isfinite (v[i]))
            {
              ends[0] = MIN (ends[0], v[i]);
              ends[1] = MAX (ends[1], v[i]);
            }
        }
      us_plot_set_axis (plot, US_AXIS_X, truth, derived->unit, scale);
      us_plot_set_axis (plot, US_AXIS_Y, answer, derived->unit, scale);
      us_plot_add_line (plot, "truth", &(UsPlotStyle) { .colour = US_COLOUR_MUTED, .dash = US_DASH_DASHED }, 2, ends, ends);
      us_plot_add_scatter (plot, "answers", &(UsPlotStyle) { .colour = 1, .width = 3 }, n, v, z);
      us_plot_set_legend_visible (plot, FALSE);
      g_ptr_array_add (plots, plot);
    }
  caption = g_strdup_printf ("Figure 3, %s. What follows from the answers against what followed from the draws, %" G_GSIZE_FORMAT
                             " held-out draws over the whole prior; dashed: equal.", part->simulator->title, n);
  alt = us_plot_summary (plots->pdata[0]);
  return us_reproduce_add_figure (self, id, us_reproduce_svg_grid (part->simulator->title, plots->len, (UsPlot **) plots->pdata,
                                                                   2, 440, 400),
                                  440.0 * MIN (plots->len, 2), alt, caption, plots->len, (UsPlot **) plots->pdata, error);
}

/* ---- Figure 4, budget, worst cases -------------------------------------------------- */

static gboolean
figure_information (UsReproduction   *self,
                    UsReproducePart  *part,
                    GError          **error)
{
  gboolean symmetric = part->evidence->evaluation->histogram->equivalent != NULL;
  g_autoptr(GPtrArray) plots = g_ptr_array_new_with_free_func ((GDestroyNotify) us_plot_unref);
  g_autofree char *id = g_strconcat ("fig4-", part->simulator->id, NULL);
  g_autofree char *caption = NULL, *alt = NULL;

  g_ptr_array_add (plots, us_evidence_plot_information (part->evidence, US_MATRIX_ANSWERS, FALSE, "MIM(Z, V), the encoder's answers"));
  g_ptr_array_add (plots, us_evidence_plot_information (part->evidence, US_MATRIX_TRUTH, FALSE,
                                                        symmetric ? "MIM(V̄, V), any of the class" : "MIM(V, V), ground truth"));
  caption = g_strdup_printf ("Figure 4, %s. Mutual information between answers (rows) and true parameters (columns), 20 bins, beside the "
                             "ground truth%s, on one scale of colours.", part->simulator->title,
                             symmetric ? ": a random member of each draw's class" : "");
  alt = us_plot_summary (plots->pdata[0]);
  return us_reproduce_add_figure (self, id, us_reproduce_svg_grid (part->simulator->title, 2, (UsPlot **) plots->pdata, 2, 440, 400),
                                  880, alt, caption, 2, (UsPlot **) plots->pdata, error);
}

static gboolean
figure_budget (UsReproduction   *self,
               UsReproducePart  *part,
               GError          **error)
{
  g_autoptr(UsPlot) plot = NULL;
  g_autofree char *id = g_strconcat ("budget-", part->simulator->id, NULL), *caption = NULL, *alt = NULL;

  if (us_error_budget_is_empty (part->evidence->budget))
    return TRUE;
  plot = us_evidence_plot_budget (part->evidence, NULL);
  caption = g_strdup_printf ("Error budget, %s. Root mean square error of the output on held-out draws while the model was trained, against "
                             "the draws of the step.", part->simulator->title);
  alt = us_plot_summary (plot);
  return us_reproduce_add_figure (self, id, us_reproduce_svg_grid (part->simulator->title, 1, &plot, 1, 620, 340), 620, alt, caption,
                                  1, &plot, error);
}

static gboolean
figure_worst (UsReproduction   *self,
              UsReproducePart  *part,
              GError          **error)
{
  gboolean image = part->output->kind == US_OUTPUT_IMAGE;
  gsize n_cases = image ? part->evidence->n_worst : MIN (part->evidence->n_worst, N_WORST_SERIES);
  gsize n = image ? us_evidence_n_worst_plots (part->evidence) : n_cases * us_series_n_plots (part->output);
  g_autoptr(GPtrArray) plots = g_ptr_array_new_with_free_func ((GDestroyNotify) us_plot_unref);
  g_autofree char *id = g_strconcat ("worst-", part->simulator->id, NULL), *caption = NULL, *alt = NULL;
  double width = image ? 420 : 440, height = image ? 100.0 * n_cases + 40 : 260;

  if (n == 0)
    return TRUE;
  for (gsize i = 0; i < n; i++)
    g_ptr_array_add (plots, us_evidence_plot_worst (part->evidence, i));
  caption = g_strdup_printf ("Worst cases, %s. Those of %" G_GSIZE_FORMAT " held-out draws on whose answers the simulator comes out "
                             "farthest from the data (root mean square), worst first.", part->simulator->title,
                             part->evidence->evaluation->n_pairs);
  alt = g_strdup_printf ("The %" G_GSIZE_FORMAT " worst held-out cases: data, decoder and simulator on the answer; the worst has an RMS "
                         "error of %.3g.", n_cases, part->evidence->worst[0].rms_simulator);
  return us_reproduce_add_figure (self, id, us_reproduce_svg_grid (part->simulator->title, n, (UsPlot **) plots->pdata,
                                                                   image ? 1 : 2, width, height),
                                  image ? width : 2 * width, alt, caption, 0, NULL, error);
}

gboolean
us_reproduce_figure_evidence (UsReproduction   *self,
                              UsReproducePart  *part,
                              GError          **error)
{
  return figure_information (self, part, error) && figure_budget (self, part, error) && figure_worst (self, part, error);
}
