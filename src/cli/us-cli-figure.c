/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fields and inferences as files. */
#include "config.h"

#include "us-cli.h"
#include "us-csv.h"
#include "us-npy.h"
#include "us-plot.h"
#include "us-series-plot.h"

#include <math.h>
#include <string.h>

#define BAND_NAME "90 % of runs"

static UsPlot *
plot_image (const UsOutput *output,
            const float    *x,
            const char     *title)
{
  UsPlot *plot = us_plot_new (title);
  guint layer = us_plot_add_image (plot, NULL, output->height, output->width, output->channels, x,
                                   US_COLOUR_MAP_GREY, output->lower, output->upper, FALSE);

  us_plot_set_axis (plot, US_AXIS_X, output->x_label, output->x_unit, US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, output->y_label, output->y_unit, US_SCALE_LINEAR);
  us_plot_set_extent (plot, layer, output->x_lower, output->x_upper, output->y_upper, output->y_lower);
  return plot;
}

/* A plot for each channel with a meaning of its own; the same for all that are alike. */
static GPtrArray *
plot_series (const UsOutput      *output,
             const char          *title,
             gsize                n_fields,
             const float *const  *fields,       /* (n_fields) of (T, C) */
             const char *const   *names,        /* (n_fields), or NULL */
             const float         *mean,         /* (T, C) and */
             const float         *sd)           /* (T, C) of a band; NULL: none */
{
  GPtrArray *plots = g_ptr_array_new_with_free_func ((GDestroyNotify) us_plot_unref);

  for (gsize i = 0; i < us_series_n_plots (output); i++)
    {
      UsPlot *plot = us_series_plot_new (output, i, i == 0 ? title : NULL);

      g_ptr_array_add (plots, plot);
      if (sd != NULL)
        us_series_plot_add_band (plot, output, i, BAND_NAME, &(UsPlotStyle) { .colour = US_COLOUR_MUTED }, mean, sd);
      for (gsize f = 0; f < n_fields; f++)
        us_series_plot_add (plot, output, i, names != NULL ? names[f] : NULL, NULL, fields[f]);
    }
  return plots;
}

static gboolean
export_column (GPtrArray   *plots,
               const char  *path,
               double       width,
               double       height,
               GError     **error)
{
  return us_plot_export_column (plots->len, (UsPlot *const *) plots->pdata, path, width,
                                plots->len > 1 ? height * 0.7 : height, US_THEME_PRINT, error);
}

/* Rows of the field; the channels of a pixel side by side: columns c0, c1, …, or by the channels' own names. */
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
    names[c] = output->channel_info != NULL && output->width == 1
               ? g_strdup (output->channel_info[c].id) : g_strdup_printf ("c%" G_GSIZE_FORMAT, c);
  for (gsize i = 0; i < output->height * n_columns; i++)
    values[i] = x[i];
  return us_csv_write (path, output->height, n_columns, (const char *const *) names, values, error);
}

/* The same of mean and spread: columns c0_mean, c0_sd, …, or mean and sd where there is one. */
static gboolean
write_spread_csv (const UsOutput *output,
                  const float    *mean,
                  const float    *sd,
                  const char     *path,
                  GError        **error)
{
  gsize n_columns = output->width * output->channels;
  g_auto(GStrv) names = g_new0 (char *, 2 * n_columns + 1);
  g_autofree double *values = g_new (double, 2 * output->height * n_columns);

  for (gsize c = 0; c < 2 * n_columns; c++)
    {
      const char *what = c % 2 == 0 ? "mean" : "sd";

      if (n_columns == 1)
        names[c] = g_strdup (what);
      else
        names[c] = output->channel_info != NULL && output->width == 1
                   ? g_strdup_printf ("%s_%s", output->channel_info[c / 2].id, what)
                   : g_strdup_printf ("c%" G_GSIZE_FORMAT "_%s", c / 2, what);
    }
  for (gsize i = 0; i < output->height * n_columns; i++)
    {
      values[2 * i] = mean[i];
      values[2 * i + 1] = sd[i];
    }
  return us_csv_write (path, output->height, 2 * n_columns, (const char *const *) names, values, error);
}

/* (2, …): the mean, then the spread. */
static gboolean
write_spread_npy (const UsOutput *output,
                  const float    *mean,
                  const float    *sd,
                  const char     *path,
                  GError        **error)
{
  gsize image[] = { 2, output->height, output->width, output->channels };
  gsize series[] = { 2, output->height, output->channels };
  gboolean is_image = output->kind == US_OUTPUT_IMAGE;
  g_autoptr(UsArray) array = us_array_new (US_DTYPE_F32, is_image ? 4 : 3, is_image ? image : series);
  gsize n = us_output_n_values (output);

  memcpy (array->data, mean, n * sizeof *mean);
  memcpy ((float *) array->data + n, sd, n * sizeof *sd);
  return us_npy_write (path, array, error);
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
  g_autoptr(GPtrArray) plots = NULL;
  g_autoptr(UsPlot) image = NULL;

  if (g_str_has_suffix (path, ".npy"))
    return write_npy (output, x, path, error);
  if (g_str_has_suffix (path, ".csv"))
    return write_csv (output, x, path, error);
  if (!g_str_has_suffix (path, ".png") && !g_str_has_suffix (path, ".svg") && !g_str_has_suffix (path, ".pdf"))
    return us_cli_misused (error, "%s: expected a name ending in .png, .svg, .pdf, .npy or .csv", path);
  if (output->kind == US_OUTPUT_SERIES)
    {
      plots = plot_series (output, title, 1, &x, NULL, NULL, NULL);
      return export_column (plots, path, 480, 480, error);
    }
  image = plot_image (output, x, title);
  return us_plot_export (image, path, 480, 480, US_THEME_PRINT, error);
}

gboolean
us_cli_write_spread (const UsOutput *output,
                     const float    *mean,
                     const float    *sd,
                     const char     *title,
                     const char     *path,
                     GError        **error)
{
  const char *const columns[] = { "mean", "spread", NULL }, *const names[] = { "mean" };
  gsize n = us_output_n_values (output);
  g_autoptr(GPtrArray) plots = NULL;
  g_autoptr(UsPlot) plot = NULL;
  g_autofree float *pixels = NULL;

  if (g_str_has_suffix (path, ".npy"))
    return write_spread_npy (output, mean, sd, path, error);
  if (g_str_has_suffix (path, ".csv"))
    return write_spread_csv (output, mean, sd, path, error);
  if (!g_str_has_suffix (path, ".png") && !g_str_has_suffix (path, ".svg") && !g_str_has_suffix (path, ".pdf"))
    return us_cli_misused (error, "%s: expected a name ending in .png, .svg, .pdf, .npy or .csv", path);
  if (output->kind == US_OUTPUT_SERIES)
    {
      plots = plot_series (output, title, 1, &mean, names, mean, sd);
      return export_column (plots, path, 480, 480, error);
    }
  pixels = g_new (float, 2 * n);
  memcpy (pixels, mean, n * sizeof *pixels);
  memcpy (pixels + n, sd, n * sizeof *pixels);
  plot = us_plot_new (title);
  us_plot_add_image_grid (plot, NULL, 1, 2, output->height, output->width, output->channels, pixels,
                          US_COLOUR_MAP_GREY, output->lower, output->upper, NULL, columns);
  return us_plot_export (plot, path, 640, 360, US_THEME_PRINT, error);
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
  const char *title = "Data, and what the decoder and the simulator make of the parameters read from it";
  g_autoptr(GPtrArray) plots = NULL;

  if (output->kind == US_OUTPUT_IMAGE)
    {
      g_autoptr(UsPlot) plot = us_plot_new (title);
      g_autofree float *pixels = g_new (float, 3 * n);

      for (gsize f = 0; f < G_N_ELEMENTS (fields); f++)
        memcpy (pixels + f * n, fields[f], n * sizeof *pixels);
      us_plot_add_image_grid (plot, NULL, 1, 3, output->height, output->width, output->channels, pixels,
                              US_COLOUR_MAP_GREY, output->lower, output->upper, NULL, columns);
      return us_plot_export (plot, path, 760, 300, US_THEME_PRINT, error);
    }
  plots = plot_series (output, title, G_N_ELEMENTS (fields), fields, columns, inference->decoded, inference->spread);
  return export_column (plots, path, 640, 420, error);
}
