/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-colour.h"

#include <math.h>

#define RGB(hex) { ((hex) >> 16 & 0xff) / 255.0, ((hex) >> 8 & 0xff) / 255.0, ((hex) & 0xff) / 255.0 }

/*
 * Found by hill climbing from the hues of Okabe and Ito (2008): the largest least CIELAB distance
 * under the protanopia, deuteranopia and tritanopia of Machado, Oliveira and
 * Fernandes (2009), with a contrast of at least 3:1 to the ground (WCAG 2.1, 1.4.11).
 */
static const UsColour palette_light[US_N_COLOURS] = {
  RGB (0x1453d8), RGB (0xe0660a), RGB (0x008a4e), RGB (0xc95fa2),
  RGB (0x2a1d83), RGB (0x835300), RGB (0x3a93fa), RGB (0x6e1414),
};

static const UsColour palette_dark[US_N_COLOURS] = {
  RGB (0x5cb8fe), RGB (0xff7f32), RGB (0x419a76), RGB (0xf6a1c6),
  RGB (0xf0e442), RGB (0x997bff), RGB (0xdfffea), RGB (0xb0703a),
};

static const struct
{
  UsColour ground, foreground, axis, grid, muted;
} themes[] = {
  [US_THEME_LIGHT] = { RGB (0xffffff), RGB (0x24292f), RGB (0x57606a), RGB (0xe6e9ed), RGB (0x7d858e) },
  [US_THEME_DARK]  = { RGB (0x242424), RGB (0xf2f2f2), RGB (0xb4b8bd), RGB (0x3b3d40), RGB (0x8f959c) },
  [US_THEME_PRINT] = { RGB (0xffffff), RGB (0x000000), RGB (0x333333), RGB (0xe0e0e0), RGB (0x777777) },
};

UsColour
us_colour_get (UsTheme theme,
               int     colour)
{
  if (colour == US_COLOUR_FOREGROUND)
    return themes[theme].foreground;
  if (colour < US_COLOUR_AUTO)
    return themes[theme].muted;
  return (theme == US_THEME_DARK ? palette_dark : palette_light)[(MAX (colour, 1) - 1) % US_N_COLOURS];
}

UsColour
us_colour_ground (UsTheme theme)
{
  return themes[theme].ground;
}

UsColour
us_colour_foreground (UsTheme theme)
{
  return themes[theme].foreground;
}

UsColour
us_colour_axis (UsTheme theme)
{
  return themes[theme].axis;
}

UsColour
us_colour_grid (UsTheme theme)
{
  return themes[theme].grid;
}

/* Polynomial fit to viridis (van der Walt and Smith 2015) of degree 6, by Matt Zucker, CC0. */
static UsColour
sequential (double t)
{
  static const double c[7][3] = {
    { 0.2777273272234177, 0.005407344544966578, 0.3340998053353061 },
    { 0.1050930431085774, 1.404613529898575, 1.384590162594685 },
    { -0.3308618287255563, 0.214847559468213, 0.09509516302823659 },
    { -4.634230498983486, -5.799100973351585, -19.33244095627987 },
    { 6.228269936347081, 14.17993336680509, 56.69055260068105 },
    { 4.776384997670288, -13.74514537774601, -65.35303263337234 },
    { -5.435455855934631, 4.645852612178535, 26.3124352495832 },
  };
  double out[3];

  for (guint k = 0; k < 3; k++)
    {
      out[k] = 0.0;
      for (guint i = G_N_ELEMENTS (c); i-- > 0;)
        out[k] = out[k] * t + c[i][k];
      out[k] = CLAMP (out[k], 0.0, 1.0);
    }
  return (UsColour) { out[0], out[1], out[2] };
}

static double
to_srgb (double linear)
{
  linear = CLAMP (linear, 0.0, 1.0);
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow (linear, 1.0 / 2.4) - 0.055;
}

/* CIELAB (D65) to sRGB. */
static UsColour
from_lab (double lightness,
          double a,
          double b)
{
  double fy = (lightness + 16.0) / 116.0, fx = fy + a / 500.0, fz = fy - b / 200.0;
  double f[3] = { fx, fy, fz }, xyz[3];
  static const double white[3] = { 0.95047, 1.0, 1.08883 };

  for (guint i = 0; i < 3; i++)
    xyz[i] = white[i] * (f[i] > 6.0 / 29.0 ? f[i] * f[i] * f[i] : 3.0 * 36.0 / 841.0 * (f[i] - 4.0 / 29.0));

  return (UsColour) {
    to_srgb (3.2404542 * xyz[0] - 1.5371385 * xyz[1] - 0.4985314 * xyz[2]),
    to_srgb (-0.9692660 * xyz[0] + 1.8760108 * xyz[1] + 0.0415560 * xyz[2]),
    to_srgb (0.0556434 * xyz[0] - 0.2040259 * xyz[1] + 1.0572252 * xyz[2]),
  };
}

/* Both arms have the same lightness and chroma at the same distance from the
 * middle, so that neither sign looks larger; all of it lies inside sRGB. */
static UsColour
diverging (double t)
{
  double distance = fabs (2.0 * t - 1.0);
  double lightness = 96.0 - 64.0 * distance;
  double chroma = 49.0 * sin (G_PI / 2.0 * MIN (distance / 0.6, 1.0));
  double hue = (t < 0.5 ? 285.0 : 34.0) * G_PI / 180.0;

  return from_lab (lightness, chroma * cos (hue), chroma * sin (hue));
}

UsColour
us_colour_map (UsColourMap map,
               double      value)
{
  if (isnan (value))
    return (UsColour) { 0.5, 0.5, 0.5 };
  value = CLAMP (value, 0.0, 1.0);
  switch (map)
    {
    case US_COLOUR_MAP_SEQUENTIAL:
      return sequential (value);
    case US_COLOUR_MAP_DIVERGING:
      return diverging (value);
    case US_COLOUR_MAP_GREY:
    default:
      return (UsColour) { value, value, value };
    }
}

static gpointer
make_tables (gpointer unused)
{
  guint32 (*tables)[256] = g_malloc (3 * sizeof *tables);

  for (guint map = 0; map < 3; map++)
    for (guint i = 0; i < 256; i++)
      {
        UsColour c = us_colour_map (map, i / 255.0);

        tables[map][i] = 0xff000000u | (guint32) lround (c.red * 255) << 16 | (guint32) lround (c.green * 255) << 8 |
                         (guint32) lround (c.blue * 255);
      }
  return tables;
}

const guint32 *
us_colour_map_table (UsColourMap map)
{
  static GOnce once = G_ONCE_INIT;
  guint32 (*tables)[256] = g_once (&once, make_tables, NULL);

  g_return_val_if_fail (map <= US_COLOUR_MAP_GREY, tables[0]);

  return tables[map];
}

static double
to_linear (double srgb)
{
  return srgb <= 0.04045 ? srgb / 12.92 : pow ((srgb + 0.055) / 1.055, 2.4);
}

double
us_colour_luminance (UsColour colour)
{
  return 0.2126 * to_linear (colour.red) + 0.7152 * to_linear (colour.green) + 0.0722 * to_linear (colour.blue);
}

double
us_colour_contrast (UsColour a,
                    UsColour b)
{
  double first = us_colour_luminance (a), second = us_colour_luminance (b);

  return (MAX (first, second) + 0.05) / (MIN (first, second) + 0.05);
}
