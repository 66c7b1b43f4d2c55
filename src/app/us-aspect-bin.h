/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * UsAspectBin:
 *
 * As high as its width says: height = width × ratio, at most max-height.  For pictures that
 * grow with the window.
 *
 * Properties: "child" (GtkWidget), "ratio" (double, 1), "max-height" (int, 0: none).
 */
#define US_TYPE_ASPECT_BIN (us_aspect_bin_get_type ())
G_DECLARE_FINAL_TYPE (UsAspectBin, us_aspect_bin, US, ASPECT_BIN, GtkWidget)

void us_aspect_bin_set_ratio (UsAspectBin *self,
                              double       ratio);

G_END_DECLS
