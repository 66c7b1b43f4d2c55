/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fields and inferences as files. */
#include "config.h"

#include "us-cli.h"
#include "us-csv.h"
#include "us-npy.h"
#include "us-plot.h"

#include <math.h>
#include <string.h>

/* A series as lines, an image as an image. */
static UsPlot *
plot_field (const UsOutput *output,
            const float    *x,
            const char     *title)
{
  g_autoptr(UsPlot) plot = us_plot_new (title);

  us_plot_set_axis (plot, US_AXIS_X, output->x_label, output->x_unit, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, output->y_label, output->y_unit, US_SCALE_LINEAR);
  if (output->kind == US_OUTPUT_IMAGE)
    {
      guint layer = us_plot_add_image (plot, NULL, output->height, output->width, output->channels, x,
                                       US_COLOUR_MAP_GREY, output->lower, output->upper, FALSE);

      us_plot_set_extent (plot, layer, output->x_lower, output->x_upper, output->y_upper, output->y_lower);
      return g_steal_pointer (&plot);
    }
  for (gsize c = 0; c < output->channels; c++)
    {
      g_autofree double *at = g_new (double, output->height);
      g_autofree double *values = g_new (double, output->height);

      for (gsize t = 0; t < output->height; t++)
        {
          at[t] = output->x_lower + (output->x_upper - output->x_lower) * (t + 0.5) / output->height;
          values[t] = x[t * output->channels + c];
        }
      us_plot_add_line (plot, NULL, NULL, output->height, at, values);
    }
  return g_steal_pointer (&plot);
}

/* Rows of the field; the channels of a pixel side by side: columns c0, c1, … */
static gboolean
write_csv (const UsOutput *output,
           const float    *x,
           const char     *path,
           GError        **error)
{
  gsize n_columns = output->width * output->channels;
  g_auto(GStrv) names = g_new0 (char *, n_columns + 1);
  g_autofree double *values = g_new (double, output->height * n_columns);

  for (gsize c = 0; c < n_columns; c++)
    names[c] = g_strdup_printf ("c%" G_GSIZE_FORMAT, c);
  for (gsize i = 0; i < output->height * n_columns; i++)
    values[i] = x[i];
  return us_csv_write (path, output->height, n_columns, (const char *const *) names, values, error);
}

static gboolean
write_npy (const UsOutput *output,
           const float    *x,
           const char     *path,
           GError        **error)
{
  gsize image[] = { output->height, output->width, output->channels };
  gsize series[] = { output->height, output->channels };
  gboolean is_image = output->kind == US_OUTPUT_IMAGE;
  g_autoptr(UsArray) array = us_array_new (US_DTYPE_F32, is_image ? 3 : 2, is_image ? image : series);

  memcpy (array->data, x, us_output_n_values (output) * sizeof *x);
  return us_npy_write (path, array, error);
}

gboolean
us_cli_write_field (const UsOutput *output,
                    const float    *x,
                    const char     *title,
                    const char     *path,
                    GError        **error)
{
  g_autoptr(UsPlot) plot = NULL;

  if (g_str_has_suffix (path, ".npy"))
    return write_npy (output, x, path, error);
  if (g_str_has_suffix (path, ".csv"))
    return write_csv (output, x, path, error);
  if (!g_str_has_suffix (path, ".png") && !g_str_has_suffix (path, ".svg") && !g_str_has_suffix (path, ".pdf"))
    return us_cli_misused (error, "%s: expected a name ending in .png, .svg, .pdf, .npy or .csv", path);
  plot = plot_field (output, x, title);
  return us_plot_export (plot, path, 480, 480, US_THEME_PRINT, error);
}

gboolean
us_cli_write_inference (UsSimvae            *model,
                        const UsObservation *observation,
                        const UsInference   *inference,
                        const char          *path,
                        GError             **error)
{
  const UsOutput *output = &us_simvae_simulator (model)->outputs[us_simvae_output (model)];
  gsize n = us_output_n_values (output);
  const char *const columns[] = { "data", "decoder", "simulator", NULL };
  const float *fields[] = { observation->x, inference->decoded, inference->simulated };
  g_autoptr(UsPlot) plot = us_plot_new ("Data, and what the decoder and the simulator make of the parameters read from it");

  if (output->kind == US_OUTPUT_IMAGE)
    {
      g_autofree float *pixels = g_new (float, 3 * n);

      for (gsize f = 0; f < G_N_ELEMENTS (fields); f++)
        memcpy (pixels + f * n, fields[f], n * sizeof *pixels);
      us_plot_add_image_grid (plot, NULL, 1, 3, output->height, output->width, output->channels, pixels,
                              US_COLOUR_MAP_GREY, output->lower, output->upper, NULL, columns);
      return us_plot_export (plot, path, 760, 300, US_THEME_PRINT, error);
    }
  us_plot_set_axis (plot, US_AXIS_X, output->x_label, output->x_unit, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, output->y_label, output->y_unit, US_SCALE_LINEAR);
  for (gsize f = 0; f < G_N_ELEMENTS (fields); f++)
    {
      g_autofree double *at = g_new (double, output->height);
      g_autofree double *values = g_new (double, output->height);

      for (gsize t = 0; t < output->height; t++)
        {
          at[t] = output->x_lower + (output->x_upper - output->x_lower) * (t + 0.5) / output->height;
          values[t] = fields[f][t * output->channels];
        }
      us_plot_add_line (plot, columns[f], NULL, output->height, at, values);
    }
  return us_plot_export (plot, path, 640, 420, US_THEME_PRINT, error);
}
