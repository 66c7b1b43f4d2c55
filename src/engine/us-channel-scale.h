/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simulator.h"

G_BEGIN_DECLS

#define US_MAX_SCALED_CHANNELS 16

/**
 * UsChannelScale:
 *
 * What networks see of an output: (x − offset) / scale, for all values alike or
 * for each channel by its own numbers (decibels beside radians).  A plain value.
 */
typedef struct
{
  gsize  n;                                 /* 1: all alike; else channels */
  double offset[US_MAX_SCALED_CHANNELS];
  double scale[US_MAX_SCALED_CHANNELS];     /* > 0 */
} UsChannelScale;

/* Offset 0, scale 1. */
void     us_channel_scale_init    (UsChannelScale *self);
/* Images stay as they are.  A series is brought to mean 0 and spread 1 over x,
 * (n_values / C, C) of this output: each channel for itself where they mean
 * different things, together otherwise. */
void     us_channel_scale_measure (UsChannelScale *self,
                                   const UsOutput *output,
                                   const float    *x,
                                   gsize           n_values);
/* n values of whole pixels or points; to and from may be the same. */
void     us_channel_scale_apply   (const UsChannelScale *self,
                                   float                *to,
                                   const float          *from,
                                   gsize                 n);
void     us_channel_scale_undo    (const UsChannelScale *self,
                                   float                *x,
                                   gsize                 n);
/* "offset scale", for each channel where there are several. */
char    *us_channel_scale_to_text (const UsChannelScale *self);
/* FALSE: not one pair nor one for each of the output's channels, not finite, or a scale that is not positive. */
gboolean us_channel_scale_parse   (UsChannelScale *self,
                                   const UsOutput *output,
                                   const char     *text);

G_END_DECLS
