/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-decimate.h"
#include "us-plot.h"

G_BEGIN_DECLS

/*
 * What the files of the chart family know of each other.  A layer never
 * changes once it is made: new numbers make a new layer, so that plots can
 * share them and a frame can see by the pointer that nothing has changed.
 */

typedef enum
{
  US_LAYER_LINE,
  US_LAYER_BAND,
  US_LAYER_SCATTER,
  US_LAYER_BARS,
  US_LAYER_HEAT_MAP,
  US_LAYER_IMAGE,
  US_LAYER_IMAGE_GRID,
  US_LAYER_RULE,
  US_LAYER_SLOPE,
  US_LAYER_TEXT,
} UsLayerKind;

typedef struct
{
  gatomicrefcount ref_count;
  UsLayerKind     kind;
  char           *name;           /* "" for none; the words of a text layer */
  UsPlotStyle     style;          /* colour is never US_COLOUR_AUTO */

  /* line, band, scatter, bars */
  gsize           n;
  double         *x;              /* (n), or NULL: 0, 1, 2… */
  double         *y;              /* (n); of a band the lower end */
  double         *upper;          /* (n), bands only */
  double          asked_width;    /* of bars; 0: from the smallest distance */
  double          bar_width;      /* in units of x */
  gboolean        rising;         /* x never falls and has no gaps */

  /* heat map, image, image grid */
  char           *unit;           /* "" for none */
  gsize           rows, columns;
  gsize           height, width, channels;
  double         *values;         /* (rows, columns): heat map */
  float          *pixels;         /* (height, width, channels) or (rows, columns, height, width, channels) */
  UsColourMap     map;
  double          asked_lower, asked_upper;     /* NaN: the data's own */
  double          from, to;                     /* what the ends of the colour map stand for; finite, from < to */
  gboolean        smooth;
  gboolean        cell_labels;
  gboolean        has_extent;
  double          extent[4];      /* x0, x1, y0 (of row 0), y1 */
  char          **row_labels, **column_labels;  /* or NULL */

  /* rule: axis and a; slope: a + b x; text: at a, b */
  UsAxis          axis;
  double          a, b;

  /* What is drawable: extremes, and the least positive value for log axes; lower > upper: nothing. */
  double          bounds[2][2];   /* [axis][lower, upper] */
  double          least_positive[2];
} UsLayer;

typedef struct
{
  char       *label;
  char       *unit;
  UsScaleKind kind;
  double      lower, upper;       /* NaN: automatic */
  gboolean    reversed;
  char      **categories;         /* or NULL */
  guint       n_categories;
} UsPlotAxis;

struct _UsPlot
{
  gatomicrefcount ref_count;
  char           *title;
  char           *empty_message;  /* NULL: the usual words */
  UsPlotAxis      axes[2];
  GPtrArray      *layers;         /* of UsLayer */
  gboolean        equal;
  gboolean        axes_visible;
  gboolean        legend_visible;
  guint           next_colour;
};

UsLayer *us_layer_new       (UsLayerKind        kind,
                             const char        *name,
                             const UsPlotStyle *style);
UsLayer *us_layer_ref       (UsLayer           *self);
void     us_layer_unref     (UsLayer           *self);
/* Same looks and place, no numbers yet. */
UsLayer *us_layer_like      (const UsLayer     *other);
/* Finds bounds, order and colour limits; to be called once the numbers are in. */
void     us_layer_complete  (UsLayer           *self);
gboolean us_layer_is_empty  (const UsLayer     *self);
/* The outer edges of heat map or image in data units. */
void     us_layer_extent    (const UsLayer     *self,
                             double             extent[4]);

static inline double
us_layer_x (const UsLayer *self,
            gsize          i)
{
  return self->x != NULL ? self->x[i] : (double) i;
}

static inline const UsLayer *
us_plot_layer (const UsPlot *self,
               guint         i)
{
  return g_ptr_array_index (self->layers, i);
}

/* The image grid of this plot, or NULL. */
const UsLayer *us_plot_get_grid (const UsPlot  *self);
/* The first heat map, or NULL. */
const UsLayer *us_plot_get_heat_map (const UsPlot *self);

/* ---- frame --------------------------------------------------------------- */

/* A layer in pixels, relative to the corner of the data area.  Shared between
 * the frames of one chart while geometry and layer stay the same. */
typedef struct
{
  gatomicrefcount  ref_count;
  UsLayer         *layer;
  UsScale          scales[2];
  double           width, height;       /* of the data area */
  double           device_scale;
  gboolean         vector;              /* for a file without pixels */

  GArray          *points;              /* of UsPoint, or NULL */
  GArray          *lower_points;        /* bands */
  cairo_surface_t *surface;             /* picture, or what is masked with the layer's colour */
  gboolean         is_mask;
  double           place[4];            /* of surface: x, y, width, height; a negative size mirrors */
  double           radius;              /* of points */
  double           opacity;
} UsPrepared;

typedef struct
{
  PangoLayout *layout;
  double       x, y;                    /* top left corner; of upright text the lower left */
  gboolean     upright;                 /* read from bottom to top */
  gboolean     in_area;                 /* clipped to the data area */
  UsColour     colour;
} UsPlotText;

typedef struct
{
  guint  layer;
  double x, y;                          /* left end and middle of the sample */
} UsLegendEntry;

struct _UsPlotFrame
{
  UsPlot               *plot;
  UsPlotOptions         options;        /* font is owned; scale > 0 */
  PangoFontDescription *font;
  PangoContext         *pango;
  gboolean              vector;

  gboolean              has_area;
  cairo_rectangle_t     area;
  UsScale               scales[2];
  UsTicks              *ticks[2];       /* NULL for categories and hidden axes */
  GArray               *texts;          /* of UsPlotText */
  GArray               *legend;         /* of UsLegendEntry */
  GPtrArray            *prepared;       /* of UsPrepared, one a layer, NULL where there is nothing */

  const UsLayer        *bar_layer;      /* of the colour bar, or NULL */
  cairo_rectangle_t     bar;
  UsTicks              *bar_ticks;

  const UsLayer        *grid;           /* of small pictures, or NULL */
  cairo_rectangle_t     cell;           /* of the picture at 0, 0 */
  double                pitch_x, pitch_y;
  cairo_surface_t     **cells;          /* (rows * columns), NULL for empty ones */
};

#define US_TICK_LENGTH 4.0

UsPrepared  *us_prepared_new       (UsLayer           *layer,
                                    const UsScale      scales[2],
                                    double             width,
                                    double             height,
                                    double             device_scale,
                                    gboolean           vector);
UsPrepared  *us_prepared_ref       (UsPrepared        *self);
void         us_prepared_unref     (UsPrepared        *self);
gboolean     us_prepared_is_for    (const UsPrepared  *self,
                                    const UsLayer     *layer,
                                    const UsScale      scales[2],
                                    double             width,
                                    double             height,
                                    double             device_scale,
                                    gboolean           vector);
/* The path of a line, stroked, and of a band, filled, with the present source. */
void         us_prepared_stroke    (const UsPrepared  *self,
                                    cairo_t           *cr);
void         us_prepared_fill      (const UsPrepared  *self,
                                    cairo_t           *cr);
double       us_layer_line_width   (const UsLayer     *self);
void         us_layer_set_dash     (const UsLayer     *self,
                                    cairo_t           *cr);
/* A picture of (height, width, channels) floats, each pixel replicated. */
cairo_surface_t *us_picture_surface (const float      *pixels,
                                     gsize             height,
                                     gsize             width,
                                     gsize             channels,
                                     UsColourMap       map,
                                     double            lower,
                                     double            upper,
                                     guint             replicate);

/* As us_plot_frame_new(), for files: vector is TRUE for SVG and PDF. */
UsPlotFrame *us_plot_frame_new_for (UsPlot              *plot,
                                    const UsPlotOptions *options,
                                    UsPlotFrame         *previous,
                                    gboolean             vector);
/* A text in the chart's font, factor times its size; weight as in Pango.  markup may be NULL: plain is used. */
PangoLayout *us_plot_frame_layout  (const UsPlotFrame *self,
                                    const char        *markup,
                                    const char        *plain,
                                    double             factor,
                                    PangoWeight        weight,
                                    double            *width,
                                    double            *height);
/* Margins, ticks, legend, colour bar, image grid: fills in the frame. */
void         us_plot_frame_arrange (UsPlotFrame       *self);
/* Digits that tell neighbouring pixels apart at value. */
guint        us_plot_frame_digits  (const UsPlotFrame *self,
                                    UsAxis             axis,
                                    double             value);
/* Name of a category, or the number with its unit; plain text. */
char        *us_plot_frame_value   (const UsPlotFrame *self,
                                    UsAxis             axis,
                                    double             value);
/* The empty message as shown. */
const char  *us_plot_empty_message (const UsPlot      *self);

static inline UsPrepared *
us_plot_frame_prepared (const UsPlotFrame *self,
                        guint              i)
{
  return g_ptr_array_index (self->prepared, i);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsLayer, us_layer_unref)

G_END_DECLS
