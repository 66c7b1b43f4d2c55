/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-plot-private.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "us-file.h"

/* Files are made in memory and written at once: us_file_replace() then
 * leaves either the old file or the whole new one. */

#define PNG_SCALE 2.0

static cairo_status_t
append (void                *closure,
        const unsigned char *data,
        unsigned int         length)
{
  g_byte_array_append (closure, data, length);
  return CAIRO_STATUS_SUCCESS;
}

/* N plots, one below the other, each of the options' size. */
static void
paint (gsize                n,
       UsPlot *const       *plots,      /* (N) */
       cairo_surface_t     *surface,
       const UsPlotOptions *options,
       gboolean             vector)
{
  cairo_t *cr = cairo_create (surface);

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr(UsPlotFrame) frame = us_plot_frame_new_for (plots[i], options, NULL, vector);

      us_plot_frame_paint (frame, cr);
      cairo_translate (cr, 0.0, options->height);
    }
  cairo_destroy (cr);
}

static cairo_status_t
make_png (gsize          n,
          UsPlot *const *plots,
          UsPlotOptions  options,
          GByteArray    *bytes)
{
  cairo_surface_t *surface;
  cairo_status_t status;

  options.scale = PNG_SCALE;
  surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, (int) ceil (options.width * PNG_SCALE),
                                        (int) ceil (n * options.height * PNG_SCALE));
  cairo_surface_set_device_scale (surface, PNG_SCALE, PNG_SCALE);
  paint (n, plots, surface, &options, FALSE);
  status = cairo_surface_write_to_png_stream (surface, append, bytes);
  cairo_surface_destroy (surface);
  return status;
}

static cairo_status_t
make_vector (gsize          n,
             UsPlot *const *plots,
             UsPlotOptions  options,
             gboolean       pdf,
             GByteArray    *bytes)
{
  cairo_surface_t *surface;
  cairo_status_t status;

  /* Clouds of points that become a mask get print resolution. */
  options.scale = 4.0;
  if (pdf)
    {
      surface = cairo_pdf_surface_create_for_stream (append, bytes, options.width, n * options.height);
      cairo_pdf_surface_set_metadata (surface, CAIRO_PDF_METADATA_TITLE, plots[0]->title);
      cairo_pdf_surface_set_metadata (surface, CAIRO_PDF_METADATA_CREATOR, "Understudy " US_VERSION);
    }
  else
    {
      surface = cairo_svg_surface_create_for_stream (append, bytes, options.width, n * options.height);
      cairo_svg_surface_set_document_unit (surface, CAIRO_SVG_UNIT_PX);
    }
  paint (n, plots, surface, &options, TRUE);
  cairo_surface_finish (surface);
  status = cairo_surface_status (surface);
  cairo_surface_destroy (surface);
  return status;
}

static gboolean
has_ending (const char *path,
            const char *ending)
{
  gsize n = strlen (path), m = strlen (ending);

  return n > m && g_ascii_strcasecmp (path + n - m, ending) == 0;
}

/* Their tables stand for single plots only. */
static gboolean
export_all (gsize                n,
            UsPlot *const       *plots,
            const char          *path,
            const UsPlotOptions *options,
            GError             **error)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();
  cairo_status_t status = CAIRO_STATUS_SUCCESS;
  UsPlotOptions how;

  how = *options;
  how.ground = TRUE;
  if (how.width > 16000 || n * how.height > 16000)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("%s: a picture of %.0f × %.0f is too large (16000 at most)"), path, how.width, n * how.height);
      return FALSE;
    }

  if (has_ending (path, ".png"))
    status = make_png (n, plots, how, bytes);
  else if (has_ending (path, ".svg") || has_ending (path, ".pdf"))
    status = make_vector (n, plots, how, has_ending (path, ".pdf"), bytes);
  else if (has_ending (path, ".csv") && n == 1)
    {
      g_autofree char *text = us_plot_to_csv (plots[0]);

      g_byte_array_append (bytes, (const guint8 *) text, (guint) strlen (text));
    }
  else
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   _("%s: the name must end in .svg, .pdf, .png or .csv"), path);
      return FALSE;
    }

  if (status != CAIRO_STATUS_SUCCESS)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("%s: the picture cannot be drawn: %s"), path,
                   cairo_status_to_string (status));
      return FALSE;
    }
  return us_file_replace (path, bytes->data, bytes->len, error);
}

gboolean
us_plot_export_full (UsPlot              *self,
                     const char          *path,
                     const UsPlotOptions *options,
                     GError             **error)
{
  g_return_val_if_fail (self != NULL && path != NULL && options != NULL, FALSE);
  g_return_val_if_fail (options->width > 0 && options->height > 0, FALSE);

  return export_all (1, &self, path, options, error);
}

gboolean
us_plot_export_column (gsize           n,
                       UsPlot *const  *plots,
                       const char     *path,
                       double          width,
                       double          height,
                       UsTheme         theme,
                       GError        **error)
{
  UsPlotOptions options = { .width = width, .height = height, .theme = theme, .view = US_PLOT_VIEW_ALL };

  g_return_val_if_fail (n > 0 && plots != NULL && path != NULL, FALSE);
  g_return_val_if_fail (width > 0 && height > 0, FALSE);

  return export_all (n, plots, path, &options, error);
}

gboolean
us_plot_export (UsPlot      *self,
                const char  *path,
                double       width,
                double       height,
                UsTheme      theme,
                GError     **error)
{
  UsPlotOptions options = { .width = width, .height = height, .theme = theme, .view = US_PLOT_VIEW_ALL };

  return us_plot_export_full (self, path, &options, error);
}
