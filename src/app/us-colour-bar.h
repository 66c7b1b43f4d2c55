/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "us-colour.h"

G_BEGIN_DECLS

/* What the colours of a picture mean: a strip of a colour map. Property "map" (int, UsColourMap). */
#define US_TYPE_COLOUR_BAR (us_colour_bar_get_type ())
G_DECLARE_FINAL_TYPE (UsColourBar, us_colour_bar, US, COLOUR_BAR, GtkWidget)

G_END_DECLS
