/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Colours of the charts: a palette told apart by colour-blind eyes (one for
 * light, one for dark ground) and perceptual colour maps.  Any thread.
 */

typedef enum
{
  US_THEME_LIGHT,
  US_THEME_DARK,
  US_THEME_PRINT,       /* on white paper: black ink, no translucent grounds */
} UsTheme;

/* Colour of a layer: 1 to US_N_COLOURS of the palette, or one of these. */
#define US_N_COLOURS 8
enum
{
  US_COLOUR_AUTO       = 0,     /* the next of the palette */
  US_COLOUR_FOREGROUND = -1,    /* the text's own */
  US_COLOUR_MUTED      = -2,    /* grey, for references */
};

typedef enum
{
  US_COLOUR_MAP_SEQUENTIAL,     /* viridis: dark blue, green, yellow */
  US_COLOUR_MAP_DIVERGING,      /* blue, near-white at the middle, red */
  US_COLOUR_MAP_GREY,           /* black to white */
} UsColourMap;

typedef struct
{
  double red, green, blue;      /* sRGB, 0..1 */
} UsColour;

UsColour us_colour_get        (UsTheme      theme,
                               int          colour);
UsColour us_colour_ground     (UsTheme      theme);
UsColour us_colour_foreground (UsTheme      theme);
/* Axis texts, and the lines of the grid. */
UsColour us_colour_axis       (UsTheme      theme);
UsColour us_colour_grid       (UsTheme      theme);

/* value 0..1, clamped; NaN gives mid grey. */
UsColour us_colour_map        (UsColourMap  map,
                               double       value);
/* (256) as 0xffRRGGBB, what CAIRO_FORMAT_RGB24 and ARGB32 hold; made once, never freed. */
const guint32 *us_colour_map_table (UsColourMap map);

/* Relative luminance and contrast ratio as WCAG 2.1 defines them. */
double   us_colour_luminance  (UsColour     colour);
double   us_colour_contrast   (UsColour     a,
                               UsColour     b);

G_END_DECLS
