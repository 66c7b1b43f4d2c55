/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Axis arithmetic: data value <-> 0..1, ticks, and how a number is written.
 * Pure functions, any thread.
 */

typedef enum
{
  US_SCALE_LINEAR,
  US_SCALE_LOG,       /* values <= 0 have no place: they map to NaN */
} UsScaleKind;

/**
 * UsScale:
 *
 * An interval of data with lower < upper, both finite; on a log scale both
 * positive.  us_scale_init() mends what is not so.
 */
typedef struct
{
  UsScaleKind kind;
  double      lower;
  double      upper;
  gboolean    reversed;       /* lower stands at 1 */
} UsScale;

/* Repairs an impossible interval (equal, swapped or non-finite ends, zero or
 * below on a log scale) into one that can be drawn and holds what was valid. */
void    us_scale_init    (UsScale     *self,
                          UsScaleKind  kind,
                          double       lower,
                          double       upper);
/* Widens to the next round numbers (whole decades on a log scale that spans one). */
void    us_scale_nice    (UsScale     *self);
/* Data to 0..1 (beyond it outside the interval); NaN where there is no place. */
double  us_scale_map     (const UsScale *self,
                          double         value);
/* The other way round. */
double  us_scale_unmap   (const UsScale *self,
                          double         position);
/* Zooms by factor (< 1: closer) about position 0..1, then shifts by delta (of
 * the visible length), both in what is drawn, so that it is right on log scales. */
void    us_scale_zoom    (UsScale       *self,
                          double         position,
                          double         factor,
                          double         delta);

/**
 * UsTicks:
 *
 * Where an axis is marked.  `labels` are Pango markup, without the unit.
 */
typedef struct
{
  guint    n_major;
  double  *major;          /* (n_major), rising */
  char   **labels;         /* (n_major), NULL-terminated */
  guint    n_minor;
  double  *minor;          /* (n_minor), rising */
} UsTicks;

/* About target major ticks, at 1, 2 or 5 times a power of ten; on a log scale
 * at powers of ten (every k-th when there are many; 1-2-5 within few decades). */
UsTicks *us_ticks_new    (const UsScale *scale,
                          guint          target);
void     us_ticks_free   (UsTicks       *self);

/* The distance of 1, 2 or 5 times a power of ten that puts about target ticks in span. */
double   us_ticks_step   (double         span,
                          guint          target);

/* With a true minus sign, digits significant digits, 10^n as markup
 * superscript for the very large and small: "−0.0123",
 * "12 500", "1.2×10<sup>−7</sup>". */
char    *us_format_markup (double        value,
                           guint         digits);
/* The same for plain text: "1.2e−7" is written "1.2×10^−7". */
char    *us_format_plain  (double        value,
                           guint         digits);
/* Appends an ASCII number as it is shown: true minus sign, digits in groups. */
void     us_format_append (GString      *out,
                           const char   *text);
/* "Time", "s" -> "Time (s)"; a unit that is NULL, "" or "1" is left out. */
char    *us_format_label  (const char   *label,
                           const char   *unit);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsTicks, us_ticks_free)

G_END_DECLS
