/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <cairo.h>
#include <gio/gio.h>
#include <pango/pango.h>

#include <math.h>

#include "us-colour.h"
#include "us-scale.h"

G_BEGIN_DECLS

/*
 * The one chart family: what is to be drawn (UsPlot), the same made ready for
 * a size and theme (UsPlotFrame), pictures and tables as files.  No GTK.
 *
 * A UsPlot is built by one thread, any, and is from then on treated as const:
 * it may be drawn, exported and unreffed by any.  To show new numbers, take
 * us_plot_copy() (which shares every layer), replace the data of one layer, and
 * hand the copy to the chart: only the replaced layer is prepared anew.
 *
 * All data are copied.  NaN is a gap.  Infinite values are treated as gaps.
 */

typedef struct _UsPlot UsPlot;
typedef struct _UsPlotFrame UsPlotFrame;

typedef enum
{
  US_AXIS_X,
  US_AXIS_Y,
} UsAxis;

typedef enum
{
  US_DASH_SOLID,
  US_DASH_DASHED,
  US_DASH_DOTTED,
} UsDash;

/**
 * UsPlotStyle:
 *
 * How a layer looks; every zero stands for the default, so that
 * `&(UsPlotStyle) { .colour = 2, .dash = US_DASH_DASHED }` says all.
 */
typedef struct
{
  int    colour;        /* 1 to US_N_COLOURS, US_COLOUR_AUTO, _FOREGROUND, _MUTED */
  double width;         /* of a line; of a point its diameter; in pixels */
  double opacity;       /* 0..1; 0 is the default: 1, for bands 0.22, for points by their number */
  UsDash dash;
} UsPlotStyle;

/* ---- what is drawn ---------------------------------------------------- */

UsPlot     *us_plot_new             (const char *title);        /* NULL: none */
UsPlot     *us_plot_copy            (const UsPlot *self);
UsPlot     *us_plot_ref             (UsPlot *self);
void        us_plot_unref           (UsPlot *self);

void        us_plot_set_title         (UsPlot *self, const char *title);
const char *us_plot_get_title         (const UsPlot *self);     /* "" when there is none */
/* Shown in place of axes while no layer holds a drawable value. */
void        us_plot_set_empty_message (UsPlot *self, const char *message);
/* NULL: the usual words. */
const char *us_plot_get_empty_message (const UsPlot *self);
/* label and unit: NULL or "" for none; a unit of "1" is not written. */
void        us_plot_set_axis          (UsPlot      *self,
                                       UsAxis       axis,
                                       const char  *label,
                                       const char  *unit,
                                       UsScaleKind  kind);
/* NaN: this end follows the data (and is rounded outward). */
void        us_plot_set_range         (UsPlot      *self,
                                       UsAxis       axis,
                                       double       lower,
                                       double       upper);
void        us_plot_set_reversed      (UsPlot      *self,
                                       UsAxis       axis,
                                       gboolean     reversed);
/* Names for the values 0, 1, 2… in place of numbers; NULL-terminated. */
void        us_plot_set_categories    (UsPlot            *self,
                                       UsAxis             axis,
                                       const char *const *names);
/* One unit is as long on x as on y (pictures, true against inferred). */
void        us_plot_set_equal         (UsPlot *self, gboolean equal);
/* FALSE: no axes, ticks or grid (pictures). */
void        us_plot_set_axes_visible  (UsPlot *self, gboolean visible);
void        us_plot_set_legend_visible (UsPlot *self, gboolean visible);

/* ---- layers, painted in the order in which they are added -------------- *
 * Each returns the layer's index.  name: for legend, read-out and tables;
 * NULL keeps it out of the legend.  style: NULL for the defaults. */

/* x (n), rising or not; NULL: 0, 1, 2…   y (n). */
guint us_plot_add_line      (UsPlot            *self,
                             const char        *name,
                             const UsPlotStyle *style,
                             gsize              n,
                             const double      *x,
                             const double      *y);
/* The area between lower (n) and upper (n). */
guint us_plot_add_band      (UsPlot            *self,
                             const char        *name,
                             const UsPlotStyle *style,
                             gsize              n,
                             const double      *x,
                             const double      *lower,
                             const double      *upper);
guint us_plot_add_scatter   (UsPlot            *self,
                             const char        *name,
                             const UsPlotStyle *style,
                             gsize              n,
                             const double      *x,
                             const double      *y);
/* From 0 to height (n), centred at x (n); width in units of x, 0: 0.8 of the smallest
 * distance. Several bar layers stand over each other: give them opacity, or shift x. */
guint us_plot_add_bars      (UsPlot            *self,
                             const char        *name,
                             const UsPlotStyle *style,
                             gsize              n,
                             const double      *x,
                             const double      *height,
                             double             width);
/* values (rows, columns), row 0 on top; cell centres at 0, 1, 2… unless
 * us_plot_set_extent().  lower, upper: NaN for the data's own (diverging: made
 * symmetric about 0).  cell_labels: writes the numbers where they fit.  name
 * stands at the colour bar, unit beside it. */
guint us_plot_add_heat_map  (UsPlot            *self,
                             const char        *name,
                             const char        *unit,
                             gsize              rows,
                             gsize              columns,
                             const double      *values,
                             UsColourMap        map,
                             double             lower,
                             double             upper,
                             gboolean           cell_labels);
/* pixels (height, width, channels), row 0 on top; channels 1 (map, usually
 * US_COLOUR_MAP_GREY, from lower to upper) or 3 (RGB; map is ignored). */
guint us_plot_add_image     (UsPlot            *self,
                             const char        *name,
                             gsize              height,
                             gsize              width,
                             gsize              channels,
                             const float       *pixels,
                             UsColourMap        map,
                             double             lower,
                             double             upper,
                             gboolean           smooth);
/* rows x columns small pictures, pixels (rows, columns, height, width,
 * channels); a picture whose first pixel is NaN stays empty.  row_labels (rows), column_labels
 * (columns): NULL, or NULL-terminated.  A plot with a grid shows nothing else. */
guint us_plot_add_image_grid (UsPlot            *self,
                              const char        *name,
                              gsize              rows,
                              gsize              columns,
                              gsize              height,
                              gsize              width,
                              gsize              channels,
                              const float       *pixels,
                              UsColourMap        map,
                              double             lower,
                              double             upper,
                              const char *const *row_labels,
                              const char *const *column_labels);
/* A reference: US_AXIS_X is an upright line at x = value. */
guint us_plot_add_rule      (UsPlot            *self,
                             const char        *name,
                             const UsPlotStyle *style,
                             UsAxis             axis,
                             double             value);
/* The identity y = x and its like: a straight line through all that is visible. */
guint us_plot_add_slope     (UsPlot            *self,
                             const char        *name,
                             const UsPlotStyle *style,
                             double             intercept,
                             double             slope);
/* A word beside a point of the data. */
guint us_plot_add_text      (UsPlot            *self,
                             const char        *text,
                             const UsPlotStyle *style,
                             double             x,
                             double             y);

/* Replace the numbers of one layer of a plot not yet handed on.  The first
 * serves lines, scatter, bars (upper NULL) and bands; the other two keep
 * the shape that the layer has. */
void  us_plot_set_data      (UsPlot            *self,
                             guint              layer,
                             gsize              n,
                             const double      *x,
                             const double      *y,
                             const double      *upper);
void  us_plot_set_values    (UsPlot            *self,
                             guint              layer,
                             const double      *values);
void  us_plot_set_pixels    (UsPlot            *self,
                             guint              layer,
                             const float       *pixels);
/* Where the outer edges of a heat map or image lie; y0 is the edge of row 0. */
void  us_plot_set_extent    (UsPlot            *self,
                             guint              layer,
                             double             x0,
                             double             x1,
                             double             y0,
                             double             y1);

guint       us_plot_get_n_layers   (const UsPlot *self);
const char *us_plot_get_layer_name (const UsPlot *self,
                                    guint         layer);
const char *us_plot_get_axis_label (const UsPlot *self,
                                    UsAxis        axis);
/* The interval that an axis shows when nobody has zoomed. */
void        us_plot_get_full_scale (const UsPlot *self,
                                    UsAxis        axis,
                                    UsScale      *scale);
/* No layer holds a value that could be drawn. */
gboolean    us_plot_is_empty       (const UsPlot *self);

/* For those who do not see it: title, axes with ranges, each layer with first,
 * last, least and largest value and a word on its trend. */
char       *us_plot_summary        (const UsPlot *self);

/* ---- made ready for a size -------------------------------------------- */

/* The part of the data that is shown; NaN: as the plot itself says. */
typedef struct
{
  double x0, x1;
  double y0, y1;
} UsPlotView;

#define US_PLOT_VIEW_ALL ((UsPlotView) { NAN, NAN, NAN, NAN })

typedef struct
{
  double                      width;        /* pixels, or points in a file */
  double                      height;
  double                      scale;        /* device pixels a pixel; 0: 1 */
  UsTheme                     theme;
  UsPlotView                  view;
  const PangoFontDescription *font;         /* NULL: Sans 10 */
  gboolean                    ground;       /* paint the background too */
  double                      corner;       /* kept free of title and legend at the top right, for a button */
} UsPlotOptions;

typedef struct
{
  guint  layer;
  gsize  index;         /* of the point, cell or pixel */
  double x, y;          /* its data */
  double value;         /* of a cell or pixel; of a band the upper end; else NaN */
  double px, py;        /* where it stands, pixels */
} UsPlotHit;

/* Measures the texts, places everything, decimates.  previous: NULL, or the
 * frame that this one replaces: what did not change is taken over.  Any thread, but a
 * frame, and those made from it, stay in the thread that made the first (fonts). */
UsPlotFrame *us_plot_frame_new         (UsPlot               *plot,
                                        const UsPlotOptions  *options,
                                        UsPlotFrame          *previous);
void         us_plot_frame_free        (UsPlotFrame          *self);
void         us_plot_frame_paint       (const UsPlotFrame    *self,
                                        cairo_t              *cr);
/* The read-out for the pointer at x, y; paints nothing outside the data area. */
void         us_plot_frame_paint_hover (const UsPlotFrame    *self,
                                        cairo_t              *cr,
                                        double                x,
                                        double                y);
/* The data area in pixels; FALSE when there is none (empty, image grid). */
gboolean     us_plot_frame_get_area    (const UsPlotFrame    *self,
                                        cairo_rectangle_t    *area);
/* The scales as shown (also after rounding outward). */
void         us_plot_frame_get_scale   (const UsPlotFrame    *self,
                                        UsAxis                axis,
                                        UsScale              *scale);
void         us_plot_frame_to_pixel    (const UsPlotFrame    *self,
                                        double                x,
                                        double                y,
                                        double               *px,
                                        double               *py);
void         us_plot_frame_to_data     (const UsPlotFrame    *self,
                                        double                px,
                                        double                py,
                                        double               *x,
                                        double               *y);
/* The point nearest to the pointer of each layer, at most max; how many. */
guint        us_plot_frame_find        (const UsPlotFrame    *self,
                                        double                px,
                                        double                py,
                                        guint                 max,
                                        UsPlotHit            *hits);
/* What the read-out says, as plain lines: "Step 120\nLoss 0.0123"; NULL: nothing there. */
char        *us_plot_frame_describe    (const UsPlotFrame    *self,
                                        double                px,
                                        double                py);

/* All at once, for terminals and tests; hover: NULL, or x and y in pixels. */
void         us_plot_render            (UsPlot               *plot,
                                        cairo_t              *cr,
                                        const UsPlotOptions  *options,
                                        const double         *hover);

/* ---- files ------------------------------------------------------------- */

/* By the ending of path: .svg, .pdf (points), .png (twice the pixels), .csv
 * (us_plot_to_csv()).  Written aside and renamed.
 * Errors: G_IO_ERROR, with the path and the reason. */
gboolean us_plot_export      (UsPlot            *self,
                              const char        *path,
                              double             width,
                              double             height,
                              UsTheme            theme,
                              GError           **error);
/* n > 0 of them, one below the other, each of this size; not as .csv. */
gboolean us_plot_export_column (gsize            n,
                                UsPlot *const   *plots,         /* (n) */
                                const char      *path,
                                double           width,
                                double           height,
                                UsTheme          theme,
                                GError         **error);
/* The same with view and font of options (ground is always painted). */
gboolean us_plot_export_full (UsPlot              *self,
                              const char          *path,
                              const UsPlotOptions *options,
                              GError             **error);
/* Lines, points, bars: one column x when all share it, and one for each layer; else
 * the columns layer,x,y,upper.  A matrix as a matrix with its names.  Numbers round-trip. */
char    *us_plot_to_csv      (const UsPlot *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsPlot, us_plot_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsPlotFrame, us_plot_frame_free)

G_END_DECLS
