/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures 1 and 2: the method, the four rows, the latents one by one. */
#include "config.h"

#include "us-cli-reproduce-private.h"
#include "us-series-plot.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

#define N_COLUMNS    6          /* of the four rows */
#define N_CIRCUITS   3          /* the same for a series */
#define N_STEPS      7          /* of a traversal */
#define N_SCAN       401        /* latents tried to find where a simulator is defined */

/* ---- Figure 1: the sketch --------------------------------------------------- */

#define SKETCH_WIDTH  920.0
#define SKETCH_HEIGHT 330.0
#define PICTURE       96.0

static void
ink (cairo_t  *cr,
     UsColour  colour)
{
  cairo_set_source_rgb (cr, colour.red, colour.green, colour.blue);
}

/* Lines of text around a point. */
static void
words (cairo_t    *cr,
       double      x,
       double      y,
       const char *text,
       double      size)
{
  g_autoptr(PangoLayout) layout = pango_cairo_create_layout (cr);
  g_autoptr(PangoFontDescription) font = pango_font_description_from_string ("Sans");
  int width, height;

  pango_font_description_set_absolute_size (font, size * PANGO_SCALE);
  pango_layout_set_font_description (layout, font);
  pango_layout_set_alignment (layout, PANGO_ALIGN_CENTER);
  pango_layout_set_text (layout, text, -1);
  pango_layout_get_pixel_size (layout, &width, &height);
  ink (cr, us_colour_foreground (US_THEME_LIGHT));
  cairo_move_to (cr, x - width / 2.0, y - height / 2.0);
  pango_cairo_show_layout (cr, layout);
}

/* A network or the simulator: a frame with its name; colour says whether it learns. */
static void
box (cairo_t    *cr,
     double      x,
     double      y,
     const char *text,
     int         colour)
{
  cairo_rectangle (cr, x - 62, y - 26, 124, 52);
  ink (cr, us_colour_get (US_THEME_LIGHT, colour));
  cairo_set_line_width (cr, 2);
  cairo_stroke (cr);
  words (cr, x, y, text, 14);
}

static void
arrow (cairo_t *cr,
       double   x0,
       double   y0,
       double   x1,
       double   y1)
{
  double angle = atan2 (y1 - y0, x1 - x0);

  ink (cr, us_colour_axis (US_THEME_LIGHT));
  cairo_set_line_width (cr, 1.5);
  cairo_move_to (cr, x0, y0);
  cairo_line_to (cr, x1 - 6 * cos (angle), y1 - 6 * sin (angle));
  cairo_stroke (cr);
  cairo_move_to (cr, x1, y1);
  cairo_line_to (cr, x1 - 9 * cos (angle - 0.4), y1 - 9 * sin (angle - 0.4));
  cairo_line_to (cr, x1 - 9 * cos (angle + 0.4), y1 - 9 * sin (angle + 0.4));
  cairo_fill (cr);
}

/* Where the pictures stand: X(Z), X̄(Z); X̄(Z̄), X(Z̄). */
static const double places[4][2] = { { 318, 14 }, { 318, 202 }, { 790, 202 }, { 790, 14 } };

static void
paint_sketch (cairo_t  *cr,
              gpointer  data)
{
  words (cr, 44, 160, "Z\nparameters\nof a draw", 14);
  arrow (cr, 62, 128, 110, 84);
  arrow (cr, 62, 192, 110, 236);
  box (cr, 176, 66, "Simulator S", 3);
  box (cr, 176, 254, "Decoder G", 1);
  words (cr, 176, 300, "step 1 learns to be S", 12);
  arrow (cr, 240, 66, 312, 66);
  arrow (cr, 240, 254, 312, 254);
  words (cr, 370, 130, "X(Z)", 13);
  words (cr, 370, 192, "X̄(Z)", 13);
  words (cr, 370, 161, "step 1 compares", 12);
  arrow (cr, 428, 66, 458, 66);
  box (cr, 524, 66, "Encoder µ", 2);
  words (cr, 524, 20, "step 2 learns to invert G", 12);
  arrow (cr, 524, 94, 524, 144);
  words (cr, 524, 160, "Z̄, the answer", 14);
  arrow (cr, 578, 148, 640, 94);
  box (cr, 694, 66, "Simulator S", 3);
  words (cr, 694, 20, "checks every answer", 12);
  arrow (cr, 758, 66, 786, 66);
  words (cr, 842, 130, "X(Z̄)", 13);
  arrow (cr, 578, 172, 640, 226);
  box (cr, 694, 254, "Decoder G", 1);
  words (cr, 694, 300, "kept as it is", 12);
  arrow (cr, 758, 254, 786, 254);
  words (cr, 842, 192, "X̄(Z̄)", 13);
  words (cr, 842, 161, "step 2 compares\nwith X(Z)", 12);
}

gboolean
us_reproduce_figure_method (UsReproduction  *self,
                            GError         **error)
{
  const UsReproducePart *part = NULL;
  g_autoptr(UsFourRows) rows = NULL;
  g_autoptr(GPtrArray) plots = g_ptr_array_new_with_free_func ((GDestroyNotify) us_plot_unref);
  UsFigureCell cells[4];
  gsize n = 0;

  for (guint i = 0; part == NULL && i < self->parts->len; i++)
    if (((UsReproducePart *) self->parts->pdata[i])->output->kind == US_OUTPUT_IMAGE)
      part = self->parts->pdata[i];
  if (part != NULL)
    {
      const UsOutput *output = part->output;
      const float *pixels[4];

      rows = us_four_rows_new (part->model, 1, self->seed);
      pixels[0] = rows->x;
      pixels[1] = rows->decoded;
      pixels[2] = rows->both;
      pixels[3] = rows->simulated;
      for (n = 0; n < G_N_ELEMENTS (cells); n++)
        {
          UsPlot *plot = us_plot_new (NULL);

          us_plot_add_image_grid (plot, NULL, 1, 1, output->height, output->width, output->channels, pixels[n],
                                  US_COLOUR_MAP_GREY, output->lower, output->upper, NULL, NULL);
          g_ptr_array_add (plots, plot);
          cells[n] = (UsFigureCell) { plot, places[n][0], places[n][1], PICTURE + 8, PICTURE + 8 };
        }
    }
  return us_reproduce_add_figure (self, "fig1-method",
                                  us_reproduce_svg (SKETCH_WIDTH, SKETCH_HEIGHT, "The method", n, cells, paint_sketch, NULL),
                                  SKETCH_WIDTH,
                                  "Sketch. Parameters Z go to the simulator and to the decoder; step 1 makes the decoder's picture like the "
                                  "simulator's. Step 2 trains the encoder: its answer Z-bar, played by the same decoder, has to look like "
                                  "the simulator's picture. The simulator run on the answer checks it.",
                                  "Figure 1. SimVAE: the decoder learns to be the simulator, then the encoder learns to invert the decoder. "
                                  "The pictures are one held-out draw.", 0, NULL, error);
}

/* ---- Figure 1: the four rows -------------------------------------------------- */

static const char *const row_names[] = { "X(Z) simulator", "X̄(Z) decoder", "X(Z̄) simulator on answer", "X̄(Z̄) decoder on answer", NULL };

static gboolean
rows_of_images (UsReproduction   *self,
                UsReproducePart  *part,
                const char       *id,
                const char       *caption,
                GError          **error)
{
  const UsOutput *output = part->output;
  g_autoptr(UsFourRows) rows = us_four_rows_new (part->model, N_COLUMNS, self->seed);
  gsize size = rows->n * rows->n_values;
  const float *from[] = { rows->x, rows->decoded, rows->simulated, rows->both };
  g_autofree float *pixels = g_new (float, 4 * size);
  g_autoptr(UsPlot) plot = us_plot_new (NULL);
  g_autofree char *alt = g_strdup_printf ("%d held-out draws of %s as pictures in four rows: simulator, decoder, simulator run on the "
                                          "encoder's answer, decoder run on the encoder's answer.", N_COLUMNS,
                                          part->simulator->title);

  for (gsize r = 0; r < 4; r++)
    memcpy (pixels + r * size, from[r], size * sizeof *pixels);
  us_plot_add_image_grid (plot, NULL, 4, rows->n, output->height, output->width, output->channels, pixels, US_COLOUR_MAP_GREY,
                          output->lower, output->upper, row_names, NULL);
  return us_reproduce_add_figure (self, id, us_reproduce_svg_grid (part->simulator->title, 1, &plot, 1, 880, 340), 880, alt,
                                  caption, 0, NULL, error);
}

static gboolean
rows_of_series (UsReproduction   *self,
                UsReproducePart  *part,
                const char       *id,
                const char       *caption,
                GError          **error)
{
  static const UsPlotStyle styles[] = {
    { .colour = US_COLOUR_MUTED, .width = 5 }, { .colour = 1, .width = 1.5 },
    { .colour = 2, .width = 1.5, .dash = US_DASH_DASHED }, { .colour = 3, .width = 1.5, .dash = US_DASH_DOTTED },
  };
  g_autoptr(UsFourRows) rows = us_four_rows_new (part->model, N_CIRCUITS, self->seed);
  g_autoptr(GPtrArray) plots = g_ptr_array_new_with_free_func ((GDestroyNotify) us_plot_unref);
  gsize n_plots = us_series_n_plots (part->output);
  const float *from[] = { rows->x, rows->decoded, rows->simulated, rows->both };
  g_autofree char *alt = g_strdup_printf ("%d held-out draws of %s as curves, each four times: simulator, decoder, simulator run on the "
                                          "encoder's answer, decoder run on the encoder's answer.", N_CIRCUITS,
                                          part->simulator->title);

  for (gsize w = 0; w < n_plots; w++)
    for (gsize i = 0; i < rows->n; i++)
      {
        UsPlot *plot = us_series_plot_new (part->output, w, NULL);

        for (gsize r = 0; r < 4; r++)
          us_series_plot_add (plot, part->output, w, row_names[r], &styles[r], from[r] + i * rows->n_values);
        us_plot_set_legend_visible (plot, w == 0 && i == 0);
        g_ptr_array_add (plots, plot);
      }
  return us_reproduce_add_figure (self, id, us_reproduce_svg_grid (part->simulator->title, plots->len, (UsPlot **) plots->pdata,
                                                                   N_CIRCUITS, 340, 270),
                                  340 * N_CIRCUITS, alt, caption, plots->len, (UsPlot **) plots->pdata, error);
}

gboolean
us_reproduce_figure_rows (UsReproduction   *self,
                          UsReproducePart  *part,
                          GError          **error)
{
  g_autofree char *id = g_strconcat ("fig1-rows-", part->simulator->id, NULL);
  g_autofree char *caption = g_strdup_printf ("Figure 1, %s. Held-out draws: the simulator's output X(Z), the decoder's X̄(Z), and both "
                                              "run on the encoder's answer Z̄.", part->simulator->title);

  return part->output->kind == US_OUTPUT_IMAGE ? rows_of_images (self, part, id, caption, error)
                                               : rows_of_series (self, part, id, caption, error);
}

/* ---- Figure 2 ------------------------------------------------------------------ */

/* What stays while one latent moves: the prior's middle, unless that shows little. */
static void
find_base (const UsReproducePart *part,
           double                *base)        /* (P) latents */
{
  static const struct { const char *id, *name; double value; } chosen[] = {
    { "polygon", "x1", 16 }, { "polygon", "y1", 14 }, { "polygon", "x2", 48 }, { "polygon", "y2", 18 },
    { "polygon", "x3", 52 }, { "polygon", "y3", 46 }, { "polygon", "x4", 12 }, { "polygon", "y4", 50 },
    { "dsprites", "shape", 3 }, { "dsprites", "scale", 0.8 }, { "dsprites", "orientation", 0.5 },
    { "dsprites", "posX", 0.5 }, { "dsprites", "posY", 0.5 },
    { "box", "x", 18 }, { "box", "y", 22 }, { "box", "w", 24 }, { "box", "h", 20 },
  };
  UsPrior *prior = us_simvae_prior (part->model);
  gsize p_count = part->simulator->n_parameters;
  g_autofree double *theta = g_new0 (double, p_count);

  memset (base, 0, p_count * sizeof *base);
  us_prior_from_latent (prior, base, theta);
  for (gsize i = 0; i < G_N_ELEMENTS (chosen); i++)
    {
      gssize p = g_str_equal (chosen[i].id, part->simulator->id)
                 ? us_simulator_parameter_index (part->simulator, chosen[i].name) : -1;

      if (p >= 0)
        theta[p] = chosen[i].value;
    }
  us_prior_to_latent (prior, theta, base);
}

/* The interval of latent p around the base on which the simulator is defined. */
static void
find_interval (const UsReproducePart *part,
               const double          *base,
               gsize                  p,
               double                *lower,
               double                *upper)
{
  const UsSimulator *simulator = part->simulator;
  g_autofree double *z = g_memdup2 (base, simulator->n_parameters * sizeof *base);
  g_autofree double *theta = g_new (double, simulator->n_parameters);

  *lower = *upper = base[p];
  for (int direction = -1; direction <= 1; direction += 2)
    for (gsize i = 0; i < N_SCAN; i++)
      {
        z[p] = base[p] + direction * 2.0 * i / (N_SCAN - 1);
        if (direction * z[p] > 1)
          z[p] = direction;
        us_prior_from_latent (us_simvae_prior (part->model), z, theta);
        if (simulator->accepts != NULL && !simulator->accepts (simulator, theta))
          break;
        *(direction < 0 ? lower : upper) = z[p];
        if (direction * z[p] >= 1)
          break;
      }
}

/* Steps of one parameter: theta (N_STEPS, P). */
static void
make_steps (const UsReproducePart *part,
            const double          *base,
            gsize                  p,
            double                *theta)
{
  gsize p_count = part->simulator->n_parameters;
  g_autofree double *z = g_memdup2 (base, p_count * sizeof *base);
  double lower, upper;

  find_interval (part, base, p, &lower, &upper);
  for (gsize i = 0; i < N_STEPS; i++)
    {
      z[p] = lower + (upper - lower) * i / (N_STEPS - 1);
      us_prior_from_latent (us_simvae_prior (part->model), z, theta + i * p_count);
    }
}

static char *
step_label (const UsReproducePart *part,
            gsize                  p,
            const double          *theta)
{
  const UsParameter *parameter = &part->simulator->parameters[p];
  gsize p_count = part->simulator->n_parameters;
  g_autoptr(GString) text = g_string_new (NULL);

  g_string_append_printf (text, "%s: %.4g … %.4g %s", parameter->symbol, theta[p], theta[(N_STEPS - 1) * p_count + p],
                          parameter->unit);
  g_string_replace (text, "-", "−", 0);
  return g_strdup (g_strchomp (text->str));
}

static gboolean
traverse_images (UsReproduction   *self,
                 UsReproducePart  *part,
                 const double     *base,
                 const char       *id,
                 const char       *caption,
                 GError          **error)
{
  const UsOutput *output = part->output;
  gsize n = us_output_n_values (output), p_count = part->simulator->n_parameters;
  g_autoptr(UsPlayer) player = us_player_new (part->model, N_STEPS, NULL);
  g_autofree float *pixels = g_new (float, p_count * N_STEPS * n);
  g_autofree double *theta = g_new (double, N_STEPS * p_count);
  g_auto(GStrv) labels = g_new0 (char *, p_count + 1);
  g_autoptr(UsPlot) plot = us_plot_new (NULL);
  g_autofree char *alt = g_strdup_printf ("Pictures of the decoder of %s: a row for each of %" G_GSIZE_FORMAT " parameters, which rises "
                                          "from left to right over its range while the others stay.", part->simulator->title,
                                          p_count);
  double height = 76.0 * p_count + 20;

  for (gsize p = 0; p < p_count; p++)
    {
      make_steps (part, base, p, theta);
      us_player_decode (player, N_STEPS, theta, pixels + p * N_STEPS * n);
      labels[p] = step_label (part, p, theta);
    }
  us_plot_add_image_grid (plot, NULL, p_count, N_STEPS, output->height, output->width, output->channels, pixels,
                          US_COLOUR_MAP_GREY, output->lower, output->upper, (const char *const *) labels, NULL);
  return us_reproduce_add_figure (self, id, us_reproduce_svg_grid (part->simulator->title, 1, &plot, 1, 860, height), 860, alt,
                                  caption, 0, NULL, error);
}

static gboolean
traverse_series (UsReproduction   *self,
                 UsReproducePart  *part,
                 const double     *base,
                 const char       *id,
                 const char       *caption,
                 GError          **error)
{
  gsize n = us_output_n_values (part->output), p_count = part->simulator->n_parameters;
  gsize n_plots = us_series_n_plots (part->output);
  g_autoptr(UsPlayer) player = us_player_new (part->model, N_STEPS, NULL);
  g_autoptr(GPtrArray) plots = g_ptr_array_new_with_free_func ((GDestroyNotify) us_plot_unref);
  g_autofree float *x = g_new (float, N_STEPS * n);
  g_autofree double *theta = g_new (double, N_STEPS * p_count);
  g_autofree char *alt = g_strdup_printf ("Curves of the decoder of %s: a column for each parameter, four values of it from the lower "
                                          "to the upper end of its range while the others stay.", part->simulator->title);

  for (gsize w = 0; w < n_plots; w++)
    for (gsize p = 0; p < p_count; p++)
      {
        g_autofree char *label = NULL;
        UsPlot *plot;

        make_steps (part, base, p, theta);
        us_player_decode (player, N_STEPS, theta, x);
        label = step_label (part, p, theta);
        plot = us_series_plot_new (part->output, w, w == 0 ? label : NULL);
        for (gsize i = 0; i < N_STEPS; i += 2)
          {
            g_autofree char *name = g_strdup_printf ("%s %.3g", part->simulator->parameters[p].symbol, theta[i * p_count + p]);

            us_series_plot_add (plot, part->output, w, name, NULL, x + i * n);
          }
        us_plot_set_legend_visible (plot, FALSE);
        g_ptr_array_add (plots, plot);
      }
  return us_reproduce_add_figure (self, id, us_reproduce_svg_grid (part->simulator->title, plots->len, (UsPlot **) plots->pdata,
                                                                   p_count, 340, 250),
                                  340 * p_count, alt, caption, plots->len, (UsPlot **) plots->pdata, error);
}

gboolean
us_reproduce_figure_traversal (UsReproduction   *self,
                               UsReproducePart  *part,
                               GError          **error)
{
  g_autofree char *id = g_strconcat ("fig2-", part->simulator->id, NULL);
  g_autofree double *base = g_new (double, part->simulator->n_parameters);
  g_autofree char *caption = g_strdup_printf ("Figure 2, %s. The decoder while one latent moves over the range on which the simulator is "
                                              "defined, and the others stay.%s", part->simulator->title,
                                              part->output->kind == US_OUTPUT_SERIES
                                              ? " From the lowest value to the highest: blue, orange, green, pink." : "");

  find_base (part, base);
  return part->output->kind == US_OUTPUT_IMAGE ? traverse_images (self, part, base, id, caption, error)
                                               : traverse_series (self, part, base, id, caption, error);
}
