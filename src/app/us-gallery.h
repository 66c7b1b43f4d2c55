/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "us-simulator.h"

G_BEGIN_DECLS

/**
 * UsGallery:
 *
 * A card for each simulator with draws that change now and then.  Those that
 * are opened from a file get theirs when they are first selected, and keep it as long
 * as the window lives.  Signal "chosen" (pointer UsSimulator) follows the user.
 */
#define US_TYPE_GALLERY (us_gallery_get_type ())
G_DECLARE_FINAL_TYPE (UsGallery, us_gallery, US, GALLERY, AdwBin)

/* Marks the card, and adds it where there is none; emits nothing. */
void us_gallery_select (UsGallery         *self,
                        const UsSimulator *simulator);

G_END_DECLS
