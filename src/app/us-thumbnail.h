/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simulator.h"

G_BEGIN_DECLS

/* An output as a small picture, whatever its kind: an image as it is, a series as white
 * curves on black.  Any thread. */

void us_thumbnail_size   (const UsOutput *output,
                          gsize          *height,
                          gsize          *width,
                          gsize          *channels);
/* x (H, W, C) or (T, C) → pixels (height, width, channels) in output->lower .. upper. */
void us_thumbnail_render (const UsOutput *output,
                          const float    *x,
                          float          *pixels);
/* The same of one draw that is seen by itself: a series that would be lost in its range, or outside, has its own. */
void us_thumbnail_render_alone (const UsOutput *output,
                                const float    *x,
                                float          *pixels);
/* The same as the first with the band of a noisy one's spread under the curve; of an image the mean alone.  sd: like x, or NULL. */
void us_thumbnail_render_spread (const UsOutput *output,
                                 const float    *x,
                                 const float    *sd,
                                 float          *pixels);

G_END_DECLS
