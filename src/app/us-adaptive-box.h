/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * UsAdaptiveBox:
 *
 * Two children side by side where there is room, else one over the other.
 *
 * Properties: "start", "end" (GtkWidget), "threshold" (int: side by side from this width on),
 * "start-width" (int: of the start child side by side; 0: half), "spacing" (int),
 * "end-first" (boolean: the end child is on top when stacked), "stacked" (boolean,
 * read-only, notified from an idle, so that a handler may move widgets about).
 */
#define US_TYPE_ADAPTIVE_BOX (us_adaptive_box_get_type ())
G_DECLARE_FINAL_TYPE (UsAdaptiveBox, us_adaptive_box, US, ADAPTIVE_BOX, GtkWidget)

gboolean us_adaptive_box_get_stacked (UsAdaptiveBox *self);

G_END_DECLS
