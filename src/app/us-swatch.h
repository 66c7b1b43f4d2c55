/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "us-colour.h"

G_BEGIN_DECLS

/* A dab of a chart colour, for a legend beside a word. Property "colour" (int: of the palette). */
#define US_TYPE_SWATCH (us_swatch_get_type ())
G_DECLARE_FINAL_TYPE (UsSwatch, us_swatch, US, SWATCH, GtkWidget)

G_END_DECLS
