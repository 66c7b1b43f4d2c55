/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Numbers with units as one reads them; each is freed with g_free. */

/* Three digits; "15.9 kHz": of units that take them, with a prefix. unit "": none. */
char *us_quantity_format       (double      value,
                                const char *unit);
/* Of an error: two digits, never a power of ten, "0.052 dB". */
char *us_quantity_format_error (double      value,
                                const char *unit);
/* Value and interval in one unit, to two digits of the half width: "15.92 ± 0.03 kHz"; where it is wide,
 * both ends: "61.2 Ω (13.1 Ω … 665 Ω)"; the value alone where an end is NaN. */
char *us_quantity_format_interval (double      value,
                                   double      lower,
                                   double      upper,
                                   const char *unit);
/* Both ends in one unit, to two digits of the half width: "15.89 … 15.95 kHz". */
char *us_quantity_format_range    (double      lower,
                                   double      upper,
                                   const char *unit);
/* A value to the digits that such a range tells: "15.92 kHz". */
char *us_quantity_format_inside   (double      value,
                                   double      lower,
                                   double      upper,
                                   const char *unit);

G_END_DECLS
